package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/rules/policy/sar"
)

// maxTypesCompared bounds the actions that are held against a statement's
// resources, and maxCells the work on a document's patterns: what is beyond
// them is taken to be right.
const (
	maxTypesCompared = 2000
	maxCells         = 20_000_000
)

// otherTypes finds actions of other services than S3 whose resource types the
// statement's resources never meet, as deadResourceTypes does for S3 (P230).
func (l *linter) otherTypes() {
	s := l.s
	told := func(f LintFinding) bool { return f.Statement == s.Index && f.Code == "ARN_NEVER_MATCHES" }
	if s.NotAction || s.NotResource || len(s.Resources) == 0 || slices.ContainsFunc(l.out, told) {
		return
	}
	asked := 0
	for i, a := range s.Actions {
		matched, _ := l.matching(a)
		if asked += len(matched) * len(s.Resources); len(matched) == 0 || asked > maxTypesCompared {
			continue
		}
		var wants []string
		alive := slices.ContainsFunc(matched, func(m matchedAction) bool {
			d, ok := sar.FindDetail(m.service.Prefix + ":" + m.Name)
			if !ok || strings.HasPrefix(m.service.Prefix, "s3") {
				return true
			}
			for name, form := range d.Types {
				if form == "" { // the tables have none
					return true
				}
				wants = append(wants, fmt.Sprintf("%s (%s)", strings.TrimSuffix(name, "*"), form))
			}
			return slices.ContainsFunc(s.Resources, func(r string) bool { return l.meetsForm(d, r) })
		})
		if alive {
			continue
		}
		fix := `it needs "Resource": "*"`
		if slices.Sort(wants); len(wants) > 0 {
			wants = slices.Compact(wants)
			fix = "it needs one of the type " + strings.Join(wants[:min(len(wants), 3)], ", ")
		}
		l.add("ACTION_NEVER_MATCHES", LintWarning, "P230", item("/Action", s.Actions, i), fix, "%s never applies to %s (Service Authorization Reference of %s)", quote(a), quoted(s.Resources), sar.Date())
	}
}

// meetsForm tells whether a resource pattern may match an ARN of one of the
// action's types.
func (l *linter) meetsForm(d *sar.Detail, pattern string) bool {
	if strings.Contains(pattern, "${") || strings.HasPrefix(pattern, "*") || pattern == "arn:*" || len(splitARNPattern(pattern)) < 6 {
		return true
	}
	parts := splitARNPattern(pattern)
	for _, form := range d.Types {
		if l.cells += len(form) * len(pattern); l.cells > maxCells {
			return true
		}
		of := strings.SplitN(ofForm(form), ":", 6)
		meet := true
		for i := 0; meet && i < len(of) && len(of) == len(parts); i++ {
			meet = globsMeet(of[i], parts[i])
		}
		if meet {
			return true
		}
	}
	return false
}

// ofForm is the pattern of the ARNs of a form: what varies is a wildcard.
func ofForm(form string) string {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(form, "${")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		b.WriteByte('*')
		_, form, _ = strings.Cut(after, "}")
	}
}

// globsMeet tells whether some text matches two patterns with * and ?.
func globsMeet(a, b string) bool {
	row := make([]bool, len(b)+1) // the rest of a meets the rest of b
	for i := len(a); i >= 0; i-- {
		next := slices.Clone(row)
		for j := len(b); j >= 0; j-- {
			switch {
			case i == len(a) && j == len(b):
				row[j] = true
			case i < len(a) && a[i] == '*':
				row[j] = next[j] || j < len(b) && row[j+1]
			case j < len(b) && b[j] == '*':
				row[j] = row[j+1] || i < len(a) && next[j]
			default:
				row[j] = i < len(a) && j < len(b) && (a[i] == b[j] || a[i] == '?' || b[j] == '?') && next[j+1]
			}
		}
	}
	return row[0]
}

// everyResource finds actions on every resource that take the ARN of one: what
// parliament calls RESOURCE_STAR, and policy_sentry an action without resource
// constraints. Actions that list are left out.
func (l *linter) everyResource() {
	s := l.s
	if s.Deny || s.NotAction || l.kind != KindIdentity || len(s.Conditions) > 0 || s.NotResource || !slices.Contains(s.Resources, "*") || everything(s.Actions) {
		return
	}
	var names []string
	for _, a := range s.Actions {
		matched, _ := l.matching(a)
		for _, m := range matched {
			name := m.service.Prefix + ":" + m.Name
			if d, ok := sar.FindDetail(name); ok && d.Level != "List" && len(d.Types) > 0 && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		if len(names) > maxTypesCompared {
			break
		}
	}
	if len(names) == 0 {
		return
	}
	text := strings.Join(names[:min(len(names), 3)], ", ")
	if more := len(names) - 3; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	l.add("RESOURCE_STAR", LintInfo, "P395", l.resourcePath(), "name the resources that are needed", "%s may be allowed on named resources, and are on all", text)
}

// regions are AWS's, by the partition metadata of aws-sdk-go-v2 1.48.
//
// AWS: https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
var regions = strings.Fields(`af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2
	ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 cn-north-1 cn-northwest-1 eu-central-1 eu-central-2 eu-isoe-west-1
	eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 eusc-de-east-1 il-central-1 me-central-1 me-south-1 me-west-1 mx-central-1 sa-east-1 sa-west-1 us-east-1
	us-east-2 us-gov-east-1 us-gov-west-1 us-iso-east-1 us-iso-west-1 us-isob-east-1 us-isob-west-1 us-isof-east-1 us-isof-south-1 us-west-1 us-west-2`)

// knownRegion tells whether a text is a Region of the list, or one of the
// words that stand for all.
func knownRegion(s string) bool {
	return slices.Contains(regions, s) || s == "aws-global"
}

func (l *linter) unknownRegion(path, text string) {
	fix := ""
	if near := located.Nearest(text, regions); near != "" {
		fix = "did you mean " + near + "?"
	}
	l.add("REGION_UNKNOWN", LintWarning, "P395", path, fix, "%s is no Region that this version knows", quote(text))
}
