package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/access"
	"github.com/canreach/canreach/sim/report"
)

// writeAccessHTML writes the entries as a page.
func writeAccessHTML(w io.Writer, world *sim.World, res *accessResult, title string) error {
	l := &report.Listing{Title: title, Snapshot: res.Snapshot, Notes: []string{counted(res.Asked, "question") + " decided; what is not listed is BLOCKED."}}
	if len(res.UsersMissing) > 0 {
		l.Notes = append(l.Notes, usersMissing(res.UsersMissing, 1<<30))
	}
	for i := range res.Groups {
		g := &res.Groups[i]
		heading := g.Action + " on " + g.Resource
		if n := len(l.Sections); n == 0 || l.Sections[n-1].Title != heading {
			l.Sections = append(l.Sections, report.ListingSection{Title: heading})
		}
		what := g.Objects + " objects, "
		if g.Verdict == sim.Unknown {
			what = ""
		}
		e := report.ListingEntry{Verdict: g.Verdict, Title: what + counted(len(g.Roles), "role"), Parts: []report.ListingPart{{Term: "Who", Items: g.Roles}}}
		var from []string
		for _, s := range g.Sources {
			from = append(from, accessSourceText(world, &res.Sources[s], maxMembers))
		}
		var by []string
		for _, s := range g.Allows {
			by = append(by, statementList([]sim.Statement{s}))
		}
		e.Parts = append(e.Parts, report.ListingPart{Term: "From", Items: from}, report.ListingPart{Term: "Via", Items: g.Via}, report.ListingPart{Term: "By", Items: unique(by)})
		if g.Witness != nil {
			e.Parts = append(e.Parts, report.ListingPart{Term: "For example", Items: []string{g.Witness.Principal + ": " + g.Witness.Action + " on " + g.Witness.Resource}})
		}
		e.Parts = append(e.Parts, report.ListingPart{Term: "Not known", Items: g.Missing})
		s := &l.Sections[len(l.Sections)-1]
		s.Entries = append(s.Entries, e)
	}
	if len(res.Groups) == 0 {
		l.Sections = []report.ListingSection{{Title: "Nobody."}}
	}
	if len(res.Named) > 0 {
		l.Sections = append(l.Sections, namedListing(world, res))
	}
	if len(res.Chains) > 0 {
		chains := report.ListingSection{Title: chainsTitle}
		for i := range res.Chains {
			c := &res.Chains[i]
			chains.Entries = append(chains.Entries, report.ListingEntry{Verdict: c.Verdict, Title: chainText(world, c), Parts: []report.ListingPart{
				{Term: "From", Items: sourceTexts(world, res, c.Sources)}, {Term: "The last role's requests pass from", Items: sourceTexts(world, res, c.Reaches)}, {Term: "Not known", Items: c.Missing}}})
		}
		l.Sections = append(l.Sections, chains)
	}
	return report.ListingHTML(w, l)
}

// namedListing is what the principals can do that the bucket policy names
// beside roles.
func namedListing(world *sim.World, res *accessResult) report.ListingSection {
	out := report.ListingSection{Title: namedTitle}
	for i := range res.Named {
		n := &res.Named[i]
		statement := report.ListingPart{Term: "Statement", Items: []string{strings.TrimSpace(n.Pointer + " " + n.Sid)}}
		title := n.Kind + " " + n.Principal
		for k := range n.Access {
			g := &n.Access[k]
			out.Entries = append(out.Entries, report.ListingEntry{Verdict: g.Verdict, Title: title + ": " + g.Action, Parts: []report.ListingPart{
				statement, {Term: "From", Items: sourceTexts(world, res, g.Sources)}, {Term: "Via", Items: g.Via}, {Term: "Not known", Items: g.Missing}}})
		}
		if len(n.Access) == 0 {
			verdict := sim.Blocked
			if n.Kind == "federated" || n.Kind == "canonical" {
				verdict = sim.Unknown
			}
			out.Entries = append(out.Entries, report.ListingEntry{Verdict: verdict, Title: title, Parts: []report.ListingPart{statement}})
		}
	}
	return out
}

func sourceTexts(world *sim.World, res *accessResult, list []int) (out []string) {
	for _, s := range list {
		out = append(out, accessSourceText(world, &res.Sources[s], 1<<30))
	}
	return out
}

// analyzerFinding is a finding as IAM Access Analyzer's GetFindingV2 returns it,
// with what canreach knows beside it.
//
// AWS: https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_GetFindingV2.html
type analyzerFinding struct {
	ID                   string           `json:"id"`
	FindingType          string           `json:"findingType"`
	Status               string           `json:"status"`
	Resource             string           `json:"resource"`
	ResourceType         string           `json:"resourceType"`
	ResourceOwnerAccount string           `json:"resourceOwnerAccount,omitempty"`
	AnalyzedAt           string           `json:"analyzedAt,omitempty"`
	Error                string           `json:"error,omitempty"`
	FindingDetails       []map[string]any `json:"findingDetails"`
	Canreach             analyzerExtra    `json:"canreach"`
}

// analyzerExtra is what Access Analyzer does not tell: from where, and how.
type analyzerExtra struct {
	Verdict sim.Verdict     `json:"verdict"`
	From    []string        `json:"from"`
	Via     []string        `json:"via,omitempty"`
	Witness *sim.Example    `json:"witness,omitempty"`
	Allows  []sim.Statement `json:"allows,omitempty"`
	Missing []string        `json:"missing,omitempty"`
}

// writeAccessAnalyzer writes a finding for each principal and bucket of which some
// request passes, or may, in the shape of Access Analyzer.
func writeAccessAnalyzer(w io.Writer, world *sim.World, res *accessResult) error {
	found := map[[2]string]*analyzerFinding{}
	var order [][2]string
	add := func(principal string, g *access.Group) {
		key := [2]string{principal, g.Resource}
		f := found[key]
		if f == nil {
			f = newAnalyzerFinding(world, principal, g.Resource, res.Snapshot.CapturedAt)
			found[key] = f
			order = append(order, key)
		}
		f.add(world, res, g)
	}
	for i := range res.Groups {
		for _, role := range res.Groups[i].Roles {
			add(role, &res.Groups[i])
		}
	}
	for i := range res.Named {
		for k := range res.Named[i].Access {
			add(res.Named[i].Principal, &res.Named[i].Access[k])
		}
	}
	slices.SortFunc(order, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	out := struct {
		Findings []*analyzerFinding `json:"findings"`
	}{[]*analyzerFinding{}}
	for _, key := range order {
		out.Findings = append(out.Findings, found[key])
	}
	return writeJSON(w, out)
}

func newAnalyzerFinding(world *sim.World, principal, resource, at string) *analyzerFinding {
	sum := sha256.Sum256([]byte(principal + "\n" + resource))
	f := &analyzerFinding{ID: hex.EncodeToString(sum[:16]), Status: "ACTIVE", Resource: resource, ResourceType: "AWS::S3::Bucket", AnalyzedAt: at}
	account, element, kind := principal, map[string]string{"AWS": principal}, "IAM_ROLE"
	switch arn := strings.SplitN(principal, ":", 6); {
	case len(arn) == 6:
		account = arn[4]
		if strings.HasPrefix(arn[5], "user/") {
			kind = "IAM_USER"
		}
	case strings.Contains(principal, "."):
		element = map[string]string{"Service": principal}
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(resource[strings.LastIndex(resource, ":")+1:], ":"), "/")
	if b, ok := world.FindBucket(name); ok && b.Account != nil {
		f.ResourceOwnerAccount = b.Account.ID
	}
	access := world.Relation(account, f.ResourceOwnerAccount)
	details := map[string]any{"action": []string{}, "condition": map[string]string{}, "principal": element,
		"resourceControlPolicyRestriction": restriction("RCP", world, f.ResourceOwnerAccount, policy.KindRCP)}
	f.FindingType = "ExternalAccess"
	if access != "" {
		f.FindingType = "InternalAccess"
		details["accessType"], details["principalType"], details["principalOwnerAccount"] = access, kind, account
		details["serviceControlPolicyRestriction"] = restriction("SCP", world, account, policy.KindSCP)
	} else {
		details["isPublic"] = principal == "*"
	}
	f.FindingDetails = []map[string]any{{map[bool]string{true: "internalAccessDetails", false: "externalAccessDetails"}[access != ""]: details}}
	return f
}

// restriction is what an organization's policies did to a finding.
func restriction(kind string, world *sim.World, account string, of policy.Kind) string {
	switch applied, known := world.Restricted(account, of); {
	case !known:
		return "FAILED_TO_EVALUATE_" + kind
	case applied:
		return "APPLIED"
	}
	return "NOT_APPLICABLE"
}

func (f *analyzerFinding) add(world *sim.World, res *accessResult, g *access.Group) {
	x := &f.Canreach
	for _, s := range g.Sources {
		x.From = append(x.From, accessSourceText(world, &res.Sources[s], maxMembers))
	}
	x.From, x.Via = unique(x.From), unique(slices.Concat(x.Via, g.Via))
	if g.Verdict == sim.Unknown {
		x.Missing = unique(slices.Concat(x.Missing, g.Missing))
		f.Error = "not known: " + strings.Join(x.Missing, "; ")
		return
	}
	if x.Verdict != sim.Reachable {
		x.Verdict = g.Verdict
	}
	if x.Witness == nil {
		x.Witness = g.Witness
	}
	x.Allows = append(x.Allows, g.Allows...)
	for _, d := range f.FindingDetails {
		for _, details := range d {
			m := details.(map[string]any)
			m["action"] = unique(append(m["action"].([]string), g.Action))
		}
	}
}
