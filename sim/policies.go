package sim

import (
	"bytes"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/jsonscan"
	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/snapshot"
)

// policyOf parses a document once. nil means that there is no policy.
func (w layering) policyOf(name string, d *snapshot.Document, kind policy.Kind) *policy.Policy {
	switch d.Presence {
	case snapshot.Unreadable:
		return &policy.Policy{Name: name, Pointer: d.At.Pointer(), Gap: gapText(d.Gap)}
	case snapshot.NotCollected:
		return &policy.Policy{Name: name, Pointer: d.At.Pointer(), Gap: "it was not collected"}
	}
	if d.Raw == nil {
		return nil
	}
	at := d.At.Pointer()
	if at == "" { // of AWS's own buckets, which no snapshot holds
		p := parsePolicy(name, d, kind)
		return &p
	}
	p := w.policies.get(policyKey{at, kind}, func() policy.Policy { return parsePolicy(name, d, kind) })
	p.Name = name
	return &p
}

func parsePolicy(name string, d *snapshot.Document, kind policy.Kind) policy.Policy {
	p := policy.Policy{Name: name, Pointer: d.At.Pointer(), Text: !bytes.HasPrefix(bytes.TrimSpace(d.Raw), []byte("{"))}
	text, err := jsonscan.DecodeDocument(d.Raw)
	if err == nil {
		p.Document, err = policy.Parse(text, kind)
	}
	if err != nil {
		p.Document, p.Malformed = nil, err
	}
	return p
}

// gapText says in one clause why something could not be read.
func gapText(g *snapshot.Gap) string {
	if g == nil {
		return "it could not be read"
	}
	t := g.Operation
	if t == "" {
		t = "the capture"
	}
	if g.Code != "" {
		t += " answered " + g.Code
	} else {
		t += " failed"
	}
	return t
}

// identityPolicies lists a role's inline and attached managed policies.
func (w layering) identityPolicies(r *snapshot.Role) (list []policy.Policy, unknown string) {
	if r.InlinePresence != snapshot.Collected {
		unknown = "the inline policies of " + r.Name + " were not collected"
	}
	for i := range r.Inline {
		in := &r.Inline[i]
		if p := w.policyOf(in.Name, &in.Document, policy.KindIdentity); p != nil {
			list = append(list, *p)
		}
	}
	if r.AttachedPresence != snapshot.Collected {
		unknown = "the policies attached to " + r.Name + " were not collected"
	}
	for i := range r.Attached {
		list = append(list, w.managedPolicy(r.Attached[i].ARN, policy.KindIdentity, r.Attached[i].At))
	}
	return list, unknown
}

// managedPolicy finds a managed policy's default version by its ARN (P73).
func (w layering) managedPolicy(arn string, kind policy.Kind, at snapshot.Source) policy.Policy {
	m, ok := w.x.ManagedPolicy(arn)
	if !ok {
		return policy.Policy{Name: arn, Pointer: at.Pointer(), Gap: "its document is not in the snapshot"}
	}
	p := w.policyOf(arn, &m.Document, kind)
	if p == nil {
		return policy.Policy{Name: arn, Pointer: m.At.Pointer(), Gap: "its document is not in the snapshot"}
	}
	return *p
}

// boundary returns a role's permissions boundary, nil for none (P105, P109).
func (w layering) boundary(r *snapshot.Role) *policy.Policy {
	switch {
	case r.BoundaryARN != "":
		p := w.managedPolicy(r.BoundaryARN, policy.KindBoundary, r.BoundaryAt)
		return &p
	case r.BoundaryPresence != snapshot.Collected:
		return &policy.Policy{Name: "permissions boundary of " + r.Name, Pointer: r.At.Pointer(), Gap: "whether there is one was not collected"}
	}
	return nil
}

// controlPolicies returns the SCPs or RCPs that apply to an account, by level,
// root first. A nil result with an empty text: none applies. The text says
// why they are unknown (P95 to P104).
func (w layering) controlPolicies(account string, kind policy.Kind, assumeNone bool) (levels [][]policy.Policy, unknown string, assumed string) {
	a := w.x.Account(account)
	if account == awsOwned {
		return nil, "", ""
	}
	if a == nil {
		return nil, "account " + account + " is not in the snapshot, so its organization is not known", ""
	}
	org := &w.snap.Organizations
	list, enabled := &org.SCPs, slices.Contains(org.PolicyTypes, "SERVICE_CONTROL_POLICY")
	if kind == policy.KindRCP {
		list, enabled = &org.RCPs, slices.Contains(org.PolicyTypes, "RESOURCE_CONTROL_POLICY")
	}
	if a.ManagementAccount.Presence == snapshot.Collected && a.ManagementAccount.Value || org.ManagementAccount == a.ID && a.ID != "" {
		return nil, "", ""
	}
	switch {
	case a.Organization == snapshot.Collected && a.OrganizationID == "":
		return nil, "", ""
	case a.Organization == snapshot.Unreadable:
		return nil, "the organization of account " + account + " could not be read", ""
	case a.OrganizationID == "" && len(list.Items) == 0 && list.Presence != snapshot.Unreadable:
		if !assumeNone { // often the cause, so that a guess would be one (P99, P372)
			return nil, "the organization of account " + account + " was not collected (--assume-no-organization takes it to be in none)", ""
		}
		return nil, "", "Account " + account + " is taken to be in no organization, as the snapshot names none: no SCP and no RCP applies."
	case org.PolicyTypesKnown && !enabled && a.OrganizationID == org.ID && len(list.Items) == 0:
		return nil, "", "" // its root does not have the policy type (P96)
	case list.Presence == snapshot.Unreadable:
		return nil, "the organization's policies could not be read (" + gapText(list.Gap) + ")", ""
	case list.Presence == snapshot.NotCollected:
		return nil, "account " + account + " is in organization " + a.OrganizationID + ", whose policies were not collected", ""
	}
	if gap := w.foreignOrganization(a, list.Items); gap != "" {
		return nil, gap, ""
	}
	if len(list.Items) == 0 {
		return nil, "", "" // the policy type is not enabled (P96)
	}
	return w.controlLevels(a, list.Items, kind)
}

// foreignOrganization says why the organization's policies in the snapshot tell
// nothing of an account: they are another organization's, or may be. An account
// of which that is not known is a member where a policy is attached to it.
func (w layering) foreignOrganization(a *snapshot.Account, items []snapshot.OrgPolicy) string {
	org := &w.snap.Organizations
	others := func(o *snapshot.Account) bool { return o.OrganizationID != "" && o.OrganizationID != a.OrganizationID }
	switch {
	case a.OrganizationID == "" && len(a.OrganizationPath) == 0 && !slices.ContainsFunc(items, func(p snapshot.OrgPolicy) bool { return contains(p.Targets, a.ID) }):
		return "whether account " + a.ID + " is in the organization whose policies are in the snapshot was not collected"
	case a.OrganizationID == "" || a.OrganizationID == org.ID:
		return ""
	case org.ID != "":
		return "account " + a.ID + " is in organization " + a.OrganizationID + "; the policies in the snapshot are those of " + org.ID
	case slices.ContainsFunc(w.snap.Accounts, others):
		return "account " + a.ID + " is in organization " + a.OrganizationID + ", and the snapshot does not tell which of its accounts' organizations the policies are of"
	}
	return ""
}

// controlLevels sorts an organization's policies by the levels above an
// account. What is not known of some stands beside the others as a gap, so
// that it hides no Deny of theirs (P214, P220).
func (w layering) controlLevels(a *snapshot.Account, items []snapshot.OrgPolicy, kind policy.Kind) ([][]policy.Policy, string, string) {
	path := append(append([]string{}, a.OrganizationPath...), a.ID)
	lost := -1 // the level that stands for organizational units nobody knows
	if len(a.OrganizationPath) == 0 {
		path = []string{a.ID}
		switch root, ok := attachedAbove(items, a.ID); {
		case ok && root != "" && w.unitsAllowAll(items, kind):
			path = []string{root, a.ID}
		case ok && root != "":
			path, lost = []string{root, "", a.ID}, 1
		case ok:
			path, lost = []string{"", a.ID}, 0
		}
	}
	levels := make([][]policy.Policy, len(path))
	if lost >= 0 {
		levels[lost] = []policy.Policy{{Name: "of the organizational units", Gap: "the place of account " + a.ID + " in its organization is not in the snapshot"}}
	}
	for i := range items {
		p := &items[i]
		name := p.Name
		if name == "" {
			name = p.ID
		}
		for l, id := range path {
			switch {
			case l == lost:
			case p.TargetsPresence != snapshot.Collected:
				levels[l] = append(levels[l], policy.Policy{Name: name, Gap: "what policy " + p.ID + " is attached to is not in the snapshot"})
			case contains(p.Targets, id):
				if parsed := w.policyOf(name, &p.Document, kind); parsed != nil {
					levels[l] = append(levels[l], *parsed)
				}
			}
		}
	}
	if kind == policy.KindSCP {
		for l := range levels {
			if len(levels[l]) == 0 {
				// AWS keeps at least one SCP on every root, OU and account: a
				// level without any means that the snapshot does not have them.
				levels[l] = []policy.Policy{{Name: "SCPs of " + path[l], Gap: "none is listed, though every root, OU and account has at least one"}}
			}
		}
	}
	return levels, "", ""
}

// unitsAllowAll tells that no organizational unit restricts anything, whichever
// an account is in: what is attached to units allows everything. As every unit
// has a policy, one to which none is attached does not exist (P96).
func (w layering) unitsAllowAll(items []snapshot.OrgPolicy, kind policy.Kind) bool {
	for i := range items {
		p := &items[i]
		if p.TargetsPresence != snapshot.Collected {
			return false
		}
		if !slices.ContainsFunc(p.Targets, func(t string) bool { return !isAccountID(t) && !strings.HasPrefix(t, "r-") }) {
			continue
		}
		if parsed := w.policyOf(p.Name, &p.Document, kind); parsed == nil || !allowsAll(parsed.Document) {
			return false
		}
	}
	return true
}

// allowsAll recognises FullAWSAccess and RCPFullAWSAccess.
func allowsAll(d *policy.Document) bool {
	if d == nil || len(d.Statements) != 1 {
		return false
	}
	s := &d.Statements[0]
	return !s.Deny && !s.NotAction && !s.NotResource && len(s.Conditions) == 0 &&
		slices.Equal(s.Actions, []string{"*"}) && slices.Equal(s.Resources, []string{"*"})
}

// attachedAbove tells whether a policy is attached to more than accounts, and
// to which root: an organization has one.
func attachedAbove(items []snapshot.OrgPolicy, account string) (root string, ok bool) {
	for i := range items {
		ok = ok || items[i].TargetsPresence != snapshot.Collected
		for _, t := range items[i].Targets {
			ok = ok || t != account && !isAccountID(t)
			if strings.HasPrefix(t, "r-") {
				root = t
			}
		}
	}
	return root, ok
}

func isAccountID(s string) bool { return len(s) == 12 && isNumber(s) }

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// mentions tells whether any document of the layers names the condition key,
// as a condition or as a policy variable. prefix asks for keys that begin so.
func (w layering) mentions(l *policy.Layers, key string, prefix bool) bool {
	found := false
	eachDocument(l, func(d *policy.Document) {
		for _, k := range w.keysOf(d) {
			found = found || k == key || prefix && strings.HasPrefix(k, key)
		}
	})
	return found
}

// keysOf lists the condition keys that a document names, lower case, each once.
func (w layering) keysOf(d *policy.Document) []string {
	return w.keysIn.get(d, func() []string { return documentKeys(d) })
}

func documentKeys(d *policy.Document) []string {
	var out []string
	add := func(k string) {
		if k = strings.ToLower(strings.TrimSpace(k)); !contains(out, k) {
			out = append(out, k)
		}
	}
	variables := func(text string) {
		for {
			_, rest, ok := strings.Cut(text, "${")
			if !ok {
				return
			}
			name, after, _ := strings.Cut(rest, "}")
			name, _, _ = strings.Cut(name, ",")
			add(name)
			text = after
		}
	}
	for i := range d.Statements {
		s := &d.Statements[i]
		for _, c := range s.Conditions {
			add(c.Key)
			for _, v := range c.Values {
				variables(v)
			}
		}
		for _, r := range s.Resources {
			variables(r)
		}
	}
	return out
}

func eachDocument(l *policy.Layers, do func(*policy.Document)) {
	one := func(p *policy.Policy) {
		if p != nil && p.Document != nil {
			do(p.Document)
		}
	}
	each := func(list []policy.Policy) {
		for i := range list {
			one(&list[i])
		}
	}
	each(l.Identity)
	one(l.Boundary)
	each(l.Session)
	for _, level := range l.SCPs {
		each(level)
	}
	for _, level := range l.RCPs {
		each(level)
	}
	one(l.Endpoint)
	one(l.Resource)
	one(l.AccessPoint)
}

// Restricted tells whether an organization's policies of a kind (SCPs or RCPs)
// apply to an account, and whether that is known.
func (w *World) Restricted(account string, kind policy.Kind) (applied, known bool) {
	levels, unknown, _ := w.layering().controlPolicies(account, kind, false)
	return len(levels) > 0, unknown == ""
}

// Relation tells that a principal's account and a resource's are one
// ("INTRA_ACCOUNT") or of one organization ("INTRA_ORG"); "" where they are
// not, or where it is not known.
func (w *World) Relation(principal, resource string) string {
	if principal == resource {
		return "INTRA_ACCOUNT"
	}
	a, b := w.x.Account(principal), w.x.Account(resource)
	if a != nil && b != nil && a.OrganizationID != "" && a.OrganizationID == b.OrganizationID {
		return "INTRA_ORG"
	}
	return ""
}
