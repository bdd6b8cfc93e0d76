package repair

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// policyLayers are the layers of an answer that a gate stands for.
var policyLayers = map[sim.Gate][]string{
	sim.GateEndpointPolicy: {"endpoint-policy"}, sim.GateRole: {"role", "permissions-boundary", "session-policy"},
	sim.GateSCP: {"scp"}, sim.GateRCP: {"rcp"}, sim.GateBucketPolicy: {"bucket-policy"}, sim.GateKMS: {"kms"}, sim.GateBucket: {"access-point-policy"},
}

// policy proposes statements that allow exactly what is asked for, or
// exemptions from the Deny that stops it.
func (g policyRepairs) policy(f *sim.Finding) []candidate {
	if g.wrongName() != "" {
		return nil
	}
	if strings.HasSuffix(f.Code.String(), "_EXPLICIT_DENY") {
		out := g.exempt(f)
		if f.Gate == sim.GateBucketPolicy && f.Example != nil && f.Example.Context["aws:SourceVpce"] == "" {
			out = append(out, g.networkRepairs().ownEndpoint(f, "")...) // a Deny of what comes by no endpoint
		}
		return out
	}
	switch f.Gate {
	case sim.GateEndpointPolicy:
		return g.allowAtEndpoint(f)
	case sim.GateRole:
		return g.allowRole(f)
	case sim.GateBucketPolicy:
		return g.allowAtBuckets(f)
	case sim.GateKMS:
		return g.allowKey(f)
	case sim.GateSCP:
		return g.allowSCP()
	case sim.GateBucket:
		return g.accessPoint(f)
	}
	return nil
}

// request is an action on a resource.
type request struct{ action, resource string }

// requests are those that a layer does not allow.
func (g policyRepairs) requests(gate sim.Gate) []request {
	var out []request
	for _, p := range g.answer.Placements {
		for _, r := range p.Requests {
			for _, l := range r.Layers {
				q := request{r.Action, r.Resource}
				if slices.Contains(policyLayers[gate], l.Layer) && (l.Decision == "implicitDeny" || l.Decision == "partial") && !slices.Contains(out, q) {
					out = append(out, q)
				}
			}
		}
	}
	return g.through(out, gate)
}

// allRequests are those that an endpoint's policy must allow.
func (g policyRepairs) allRequests() []request {
	var out []request
	for _, p := range g.answer.Placements {
		for _, r := range p.Requests {
			if q := (request{r.Action, r.Resource}); !slices.Contains(out, q) {
				out = append(out, q)
			}
		}
	}
	return g.through(out, sim.GateEndpointPolicy)
}

// onlyRole is the condition that narrows a statement to the job's role.
func (g policyRepairs) onlyRole() located.Value {
	if g.source.signer == "" {
		return located.Value{} // nobody signs, or another than the role
	}
	return located.Pairs("ArnEquals", located.Pairs("aws:PrincipalArn", g.source.signer))
}

// forWhom words whom a statement with onlyRole lets pass.
func (g policyRepairs) forWhom() string {
	if g.source.signer == "" {
		return "whoever signs it"
	}
	return "to its role only"
}

// grants returns statements that allow the requests and nothing else: resources
// that are asked for the same actions share one. The principal may be nil (an
// identity policy has none).
func (g policyRepairs) grants(requests []request, principal any, condition located.Value) []located.Value {
	actions := map[string][]string{}
	var resources []string
	for _, r := range requests {
		if !slices.Contains(resources, r.resource) {
			resources = append(resources, r.resource)
		}
		if !slices.Contains(actions[r.resource], r.action) {
			actions[r.resource] = append(actions[r.resource], r.action)
		}
	}
	slices.Sort(resources)
	var out []located.Value
	done := map[string]bool{}
	for _, r := range resources {
		slices.Sort(actions[r])
		key := strings.Join(actions[r], ",")
		if done[key] {
			continue
		}
		done[key] = true
		var same []string
		for _, o := range resources {
			slices.Sort(actions[o])
			if strings.Join(actions[o], ",") == key {
				same = append(same, o)
			}
		}
		s := located.Pairs("Sid", sid(actions[r], len(out)), "Effect", "Allow")
		if principal != nil {
			s.Members = append(s.Members, located.Member{Key: "Principal", Value: located.Of(principal)})
		}
		s.Members = append(s.Members, located.Member{Key: "Action", Value: oneOrMany(actions[r])}, located.Member{Key: "Resource", Value: oneOrMany(same)})
		if condition.Kind == located.Map {
			s.Members = append(s.Members, located.Member{Key: "Condition", Value: condition})
		}
		out = append(out, s)
	}
	return out
}

func oneOrMany(list []string) located.Value {
	if len(list) == 1 {
		return located.Of(list[0])
	}
	return located.Of(list)
}

// sid names a statement after what it allows, e.g. "AllowGetObject".
func sid(actions []string, n int) string {
	name := "Allow"
	for i, a := range actions {
		if _, verb, ok := strings.Cut(a, ":"); ok && i < 2 {
			name += verb
		}
	}
	if n > 0 {
		name += fmt.Sprint(n + 1)
	}
	return name
}

// document returns a policy as an object to edit; a fresh one where there is none.
func document(d *snapshot.Document) (*jsontree.Tree, error) {
	raw := bytes.TrimSpace(d.Raw)
	if d.Presence == snapshot.Unreadable {
		return nil, errNoChange // what is there is not known: it must not be replaced
	}
	if len(raw) == 0 || string(raw) == "null" {
		return jsontree.Parse([]byte(`{"Version":"2012-10-17","Statement":[]}`))
	}
	for range 2 {
		t, err := jsontree.Parse(raw)
		if err != nil {
			return nil, err
		}
		if t.Root.Kind() != jsontree.String {
			return t, nil
		}
		raw = []byte(t.Root.Text())
	}
	return jsontree.Parse(raw)
}

// addStatements returns the policy with statements more. Sids that are taken
// get a number.
func addStatements(d *snapshot.Document, statements ...located.Value) (string, error) {
	t, err := document(d)
	if err != nil || t.Root.Kind() != jsontree.Object {
		return "", errNoChange
	}
	if t.Root.Get("Statement").Kind() == jsontree.Object { // one statement may stand without its array
		t.Root.Set("Statement", jsontree.NewArray(t.Root.Get("Statement").Copy()))
	}
	list := t.Root.Get("Statement")
	if list.Kind() != jsontree.Array {
		return "", errNoChange
	}
	taken, there, added := map[string]bool{}, map[string]bool{}, 0
	for _, s := range list.Elements() {
		taken[s.Get("Sid").Text()] = true
		there[withoutSid(s)] = true
	}
	for _, s := range statements {
		n, err := jsontree.NewRaw(s.JSON())
		if err != nil {
			return "", err
		}
		if same := withoutSid(n); there[same] {
			continue
		} else {
			there[same] = true
		}
		added++
		name := n.Get("Sid").Text()
		for i := 2; taken[n.Get("Sid").Text()]; i++ {
			n.Set("Sid", jsontree.NewString(fmt.Sprintf("%s%d", name, i)))
		}
		taken[n.Get("Sid").Text()] = true
		list.Append(n)
	}
	if added == 0 {
		return "", errNoChange
	}
	return compact(t)
}

// withoutSid is what a statement says.
func withoutSid(s *jsontree.Node) string {
	c := s.Copy()
	c.Delete("Sid")
	return string(c.Raw())
}

// compact returns a policy without layout: what the changes print is one line.
func compact(t *jsontree.Tree) (string, error) {
	v, err := located.FromJSON(t.Bytes())
	return string(v.JSON()), err
}

func (g policyRepairs) role() *snapshot.Role { return g.roleOf(g.source.role) }

func (g policyRepairs) roleOf(arn string) *snapshot.Role {
	for _, a := range g.snap.Accounts {
		for i := range a.IAM.Roles.Items {
			if a.IAM.Roles.Items[i].ARN == arn {
				return &a.IAM.Roles.Items[i]
			}
		}
	}
	return nil
}

// iam scopes a change of the role to its account where names alone may not do.
func (g policyRepairs) iam(c change.Change) change.Change {
	if len(g.snap.Accounts) > 1 {
		c.Account = g.source.account
	}
	return c
}

// inline puts statements into an inline policy of the role, beside what a
// policy of that name has already.
func (g policyRepairs) inline(name, why string, statements ...located.Value) []candidate {
	role := g.role()
	existing := &snapshot.Document{}
	for i := range role.Inline {
		if role.Inline[i].Name == name {
			existing = &role.Inline[i].Document
		}
	}
	text, err := addStatements(existing, statements...)
	if err != nil {
		return nil
	}
	return []candidate{{changes: []change.Change{g.iam(change.New("PutRolePolicy", "RoleName", role.Name, "PolicyName", name, "PolicyDocument", text))},
		cost: costExact, why: why, target: "inline policy " + name + " of " + role.ARN}}
}

func (g policyRepairs) endpoint(id string) (snapshot.Located[snapshot.VPCEndpoint], bool) {
	return find(g.generator, func(r *snapshot.Region) []snapshot.VPCEndpoint { return r.EC2.VPCEndpoints.Items }, func(e *snapshot.VPCEndpoint) bool { return string(e.ID) == id })
}

func (g policyRepairs) allowAtEndpoint(f *sim.Finding) []candidate {
	e, ok := g.endpoint(f.Component)
	statements := g.grants(g.requests(sim.GateEndpointPolicy), "*", g.onlyRole())
	if !ok {
		return nil
	}
	second := g.networkRepairs().ownEndpoint(f, e.Item.ID)
	text, err := addStatements(&e.Item.Policy, statements...)
	if err != nil || len(statements) == 0 {
		return second
	}
	return append(second, candidate{changes: []change.Change{change.New("ModifyVpcEndpoint", "VpcEndpointId", string(e.Item.ID), "PolicyDocument", text)}, cost: costShared,
		why: "Let the policy of " + string(e.Item.ID) + " allow what the job asks for, " + g.forWhom() + ".", target: "policy of " + string(e.Item.ID), actor: g.actor(e.Item.OwnerID, "the endpoint's owner")})
}

// allowRole grants to the role itself; where the role is under a boundary that
// does not allow it, the boundary. A bucket policy's grant is the other way in
// the same account (P206).
func (g policyRepairs) allowRole(f *sim.Finding) []candidate {
	role := g.role()
	requests := g.requests(sim.GateRole)
	if role == nil || len(requests) == 0 {
		return nil
	}
	if role.BoundaryARN != "" && f.Component == role.BoundaryARN {
		return g.versionOf(role.BoundaryARN, "the permissions boundary of "+role.Name, g.grants(requests, nil, located.Value{})...)
	}
	out := g.inline("canreach-access", "Let the role "+role.Name+" do what the job asks for.", g.grants(requests, nil, located.Value{})...)
	return append(out, g.grantInBuckets(requests, true)...)
}

// versionOf adds statements to a customer's managed policy by a new version.
func (g policyRepairs) versionOf(arn, what string, statements ...located.Value) []candidate {
	m := g.managed(arn)
	if m == nil || strings.Contains(arn, ":iam::aws:policy/") {
		return nil
	}
	text, err := addStatements(&m.Document, statements...)
	if err != nil {
		return nil
	}
	return []candidate{{changes: []change.Change{change.New("CreatePolicyVersion", "PolicyArn", arn, "PolicyDocument", text, "SetAsDefault", true)}, cost: costPolicy,
		why: "Let " + what + " allow what the job asks for.", wide: "the same for every principal under " + arn, target: "policy " + arn}}
}

func (g policyRepairs) managed(arn string) *snapshot.ManagedPolicy {
	for _, a := range g.snap.Accounts {
		for i := range a.IAM.Policies.Items {
			if a.IAM.Policies.Items[i].ARN == arn {
				return &a.IAM.Policies.Items[i]
			}
		}
	}
	return nil
}

func (g policyRepairs) allowAtBuckets(*sim.Finding) []candidate {
	return g.grantInBuckets(g.requests(sim.GateBucketPolicy), false)
}

// grantInBuckets lets the bucket policies grant the requests to the role, all
// buckets of one owner in one candidate.
func (g policyRepairs) grantInBuckets(requests []request, sameAccount bool) []candidate {
	var out []candidate
	for _, name := range g.bucketNames() {
		b := g.bucket(name)
		if b == nil || b.Account == nil || sameAccount && b.Account.ID != g.source.account {
			continue
		}
		var own []request
		for _, r := range requests {
			if _, rest, ok := strings.Cut(r.resource, ":s3:::"); ok && (rest == name || strings.HasPrefix(rest, name+"/")) {
				own = append(own, r)
			}
		}
		statements := g.grants(own, located.Pairs("AWS", g.source.role), located.Value{})
		if len(statements) == 0 {
			continue
		}
		text, err := addStatements(&b.Policy, statements...)
		if err != nil {
			continue
		}
		cost := costShared
		if sameAccount {
			cost = costShared + costExact
		}
		out = append(out, candidate{changes: []change.Change{change.New("PutBucketPolicy", "Bucket", name, "Policy", text)}, cost: cost,
			why: "Let the policy of " + name + " allow the role what the job asks for.", target: "policy of bucket " + name, actor: g.actor(b.Account.ID, "the bucket's owner")})
	}
	return out
}

func (g policyRepairs) key(id string) *snapshot.Key {
	for _, a := range g.snap.Accounts {
		for i := range a.KMS.Keys.Items {
			k := &a.KMS.Keys.Items[i]
			if k.ARN == id || k.ID == id {
				return k
			}
		}
	}
	return nil
}

// allowKey lets the role, and where needed the key's policy, do what S3 does
// with the key in the role's name.
func (g policyRepairs) allowKey(f *sim.Finding) []candidate {
	k, role := g.key(f.Component), g.role()
	if k == nil || role == nil || f.Example == nil || f.Example.Action == "" {
		return nil
	}
	if f.Code == finding.KMSKeyState {
		return []candidate{{changes: []change.Change{change.New("EnableKey", "KeyId", k.ID)}, cost: costShared, why: "Enable the key " + k.ID + ".", actor: g.actor(k.Account, "the key's owner")}}
	}
	var actions []string
	for i := range g.answer.Findings {
		if o := &g.answer.Findings[i]; o.Gate == sim.GateKMS && o.Component == f.Component && o.Example != nil && !slices.Contains(actions, o.Example.Action) {
			actions = append(actions, o.Example.Action)
		}
	}
	slices.Sort(actions)
	statement := located.Pairs("Sid", sid(actions, 0), "Effect", "Allow", "Action", oneOrMany(actions), "Resource", k.ARN)
	out := g.inline("canreach-kms-access", "Let the role "+role.Name+" use the key "+k.ID+".", statement)
	grant := located.Pairs("Sid", sid(actions, 0), "Effect", "Allow", "Principal", located.Pairs("AWS", g.source.role), "Action", oneOrMany(actions), "Resource", "*")
	if text, err := addStatements(&k.Policy, grant); err == nil && k.Policy.Presence == snapshot.Collected {
		out = append(out, candidate{changes: []change.Change{change.New("PutKeyPolicy", "KeyId", k.ID, "Policy", text)}, cost: costShared,
			why: "Let the policy of the key " + k.ID + " allow the role to use it.", target: "policy of key " + k.ID, actor: g.actor(k.Account, "the key's owner")})
	}
	return out
}

// allowSCP lets one of the customer's own SCPs allow the actions, at whichever
// level allows them not: each is tried.
func (g policyRepairs) allowSCP() []candidate {
	requests := g.requests(sim.GateSCP)
	if len(requests) == 0 {
		return nil
	}
	var out []candidate
	for i := range g.snap.Organizations.SCPs.Items {
		p := &g.snap.Organizations.SCPs.Items[i]
		if p.AWSManaged || len(p.Targets) == 0 {
			continue
		}
		text, err := addStatements(&p.Document, g.grants(requests, nil, located.Value{})...)
		if err != nil {
			continue
		}
		out = append(out, g.updateOrg(p, text, "Let the service control policy "+p.Name+" allow what the job asks for."))
	}
	return out
}

func (g policyRepairs) updateOrg(p *snapshot.OrgPolicy, text, why string) candidate {
	return candidate{changes: []change.Change{change.New("UpdatePolicy", "PolicyId", p.ID, "Content", text)}, cost: costOrg, why: why,
		target: "policy " + p.ID, actor: "the organization's management account", wide: "the same for every account under " + p.Name}
}
