package sim

import (
	"slices"
	"strings"
	"unicode"

	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// nameGaps tells of each missing fact which calls of the capture failed to
// bring it, so that its reader knows what to allow and capture again.
func (w *World) nameGaps(missing []Missing) {
	if len(w.snap.Capture.Gaps) == 0 {
		return
	}
	for i := range missing {
		m := &missing[i]
		var named []string
		for k := range w.snap.Capture.Gaps {
			if g := &w.snap.Capture.Gaps[k]; explains(g, m) {
				named = append(named, strings.TrimSpace(g.Service+" "+gapText(g)))
			}
		}
		slices.Sort(named)
		m.Gap = strings.Join(slices.Compact(named), ", ")
	}
}

// families are the services and calls whose facts a reader collects with one
// command, whichever of several calls the capture made for it.
var families = map[string][]Code{
	"iam": {finding.UnknownRole, finding.UnknownRoleTrust}, "organizations": {finding.UnknownSCP, finding.UnknownRCP},
	"route53resolver": {finding.UnknownDNS}, "route53": {finding.UnknownDNS}, "kms": {finding.UnknownKMS},
	"s3.ListBuckets":       {finding.UnknownBucketPolicy, finding.UnknownBucketRegion},
	"s3.GetBucketLocation": {finding.UnknownBucketRegion}, // head-bucket tells, too (N41)
}

// explains tells whether a gap is why a fact is missing: the fact's own words
// or the command that would collect it name the call, or its family; and where
// the gap is about one resource, they name that.
func explains(g *snapshot.Gap, m *Missing) bool {
	text := strings.Join([]string{m.Fact, m.Component, m.Collect}, " ")
	service := g.Service
	if service == "s3" {
		service = "s3api" // so the AWS CLI calls it
	}
	named := hasWord(text, g.Operation) || hasWord(m.Collect, "aws "+service+" "+cliName(g.Operation)) || slices.Contains(families[g.Service], m.Code) ||
		slices.Contains(families[g.Service+"."+g.Operation], m.Code)
	if !named || g.Resource == "" || g.Service == "organizations" {
		return named
	}
	return hasWord(text, g.Resource[strings.LastIndexAny(g.Resource, ":/")+1:])
}

// hasWord reports whether text holds word, and not only as part of a longer
// name.
func hasWord(text, word string) bool {
	for word != "" {
		i := strings.Index(text, word)
		if i < 0 {
			return false
		}
		before, after := text[:i], text[i+len(word):]
		if !endsInName(before) && (after == "" || !inName(rune(after[0]))) {
			return true
		}
		text = after
	}
	return false
}

func endsInName(s string) bool { return s != "" && inName(rune(s[len(s)-1])) }

func inName(r rune) bool { return r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// cliName turns "DescribeVpcs" into "describe-vpcs".
func cliName(operation string) string {
	var b strings.Builder
	for i, r := range operation {
		if unicode.IsUpper(r) && i > 0 && !unicode.IsUpper(rune(operation[i-1])) {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
