package repair

import (
	"slices"
	"strconv"
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/snapshot"
)

// holder is a policy document with the way to replace it.
type holder struct {
	doc   *snapshot.Document
	name  string
	cost  int
	actor string
	wide  string
	// set returns the changes that put the text in place.
	set func(text string) []change.Change
}

// holders lists the documents that a gate's Deny may stand in.
func (g policyRepairs) holders(gate sim.Gate) []holder {
	switch gate {
	case sim.GateJob:
		return append(g.roleHolders(), g.orgHolders(g.snap.Organizations.SCPs.Items)...)
	case sim.GateEndpointPolicy:
		return g.endpointHolders()
	case sim.GateBucketPolicy:
		return g.bucketHolders()
	case sim.GateRole:
		return g.roleHolders()
	case sim.GateSCP:
		return g.orgHolders(g.snap.Organizations.SCPs.Items)
	case sim.GateRCP:
		return g.orgHolders(g.snap.Organizations.RCPs.Items)
	case sim.GateKMS:
		return g.keyHolders()
	case sim.GateBucket:
		return g.accessPointHolders()
	}
	return nil
}

func (g policyRepairs) endpointHolders() []holder {
	var out []holder
	for _, r := range g.regions() {
		for i := range r.EC2.VPCEndpoints.Items {
			e := &r.EC2.VPCEndpoints.Items[i]
			out = append(out, holder{&e.Policy, "the policy of " + string(e.ID), costShared, g.actor(e.OwnerID, "the endpoint's owner"), "", func(text string) []change.Change {
				return []change.Change{change.New("ModifyVpcEndpoint", "VpcEndpointId", string(e.ID), "PolicyDocument", text)}
			}})
		}
	}
	return out
}

func (g policyRepairs) bucketHolders() []holder {
	var out []holder
	for _, name := range g.bucketNames() {
		b := g.bucket(name)
		if b == nil || b.Account == nil {
			continue
		}
		out = append(out, holder{&b.Policy, "the policy of bucket " + name, costShared, g.actor(b.Account.ID, "the bucket's owner"), "", func(text string) []change.Change {
			return []change.Change{change.New("PutBucketPolicy", "Bucket", name, "Policy", text)}
		}})
	}
	return out
}

func (g policyRepairs) roleHolders() []holder {
	role := g.role()
	if role == nil {
		return nil
	}
	var out []holder
	for i := range role.Inline {
		p := &role.Inline[i]
		out = append(out, holder{&p.Document, "the inline policy " + p.Name, costExact, "", "", func(text string) []change.Change {
			return []change.Change{g.iam(change.New("PutRolePolicy", "RoleName", role.Name, "PolicyName", p.Name, "PolicyDocument", text))}
		}})
	}
	arns := []string{role.BoundaryARN}
	for _, a := range role.Attached {
		arns = append(arns, a.ARN)
	}
	for _, arn := range arns {
		m := g.managed(arn)
		if m == nil || strings.Contains(arn, ":iam::aws:policy/") {
			continue
		}
		out = append(out, holder{&m.Document, "the policy " + m.Name, costPolicy, "", "every principal under " + arn + " that is exempted alike", func(text string) []change.Change {
			return []change.Change{change.New("CreatePolicyVersion", "PolicyArn", arn, "PolicyDocument", text, "SetAsDefault", true)}
		}})
	}
	return out
}

func (g policyRepairs) orgHolders(list []snapshot.OrgPolicy) []holder {
	var out []holder
	for i := range list {
		p := &list[i]
		if p.AWSManaged {
			continue
		}
		out = append(out, holder{&p.Document, "the control policy " + p.Name, costOrg, "the organization's management account", "", func(text string) []change.Change {
			return []change.Change{change.New("UpdatePolicy", "PolicyId", p.ID, "Content", text)}
		}})
	}
	return out
}

func (g policyRepairs) keyHolders() []holder {
	var out []holder
	for _, a := range g.snap.Accounts {
		for i := range a.KMS.Keys.Items {
			k := &a.KMS.Keys.Items[i]
			out = append(out, holder{&k.Policy, "the policy of key " + k.ID, costShared, g.actor(k.Account, "the key's owner"), "", func(text string) []change.Change {
				return []change.Change{change.New("PutKeyPolicy", "KeyId", k.ID, "Policy", text)}
			}})
		}
	}
	return out
}

// exempt narrows the Deny that a finding points at, so that it spares this
// request: by the value that its own condition lets through, where it has one
// (another endpoint in the list of endpoints), else by the job's role.
func (g policyRepairs) exempt(f *sim.Finding) []candidate {
	for _, h := range g.holders(f.Gate) {
		at := h.doc.At.Pointer()
		if at == "" || f.Pointer != at && !strings.HasPrefix(f.Pointer, at+"/") {
			continue
		}
		index := statementIndex(f, at)
		var out []candidate
		for _, edit := range g.exemptions(f) {
			if c, ok := narrowed(h, index, edit); ok {
				out = append(out, c)
			}
		}
		return out
	}
	return nil
}

// statementIndex is the position of the statement that a finding names.
func statementIndex(f *sim.Finding, document string) int {
	if rest, ok := strings.CutPrefix(f.Pointer, document+"/Statement/"); ok {
		first, _, _ := strings.Cut(rest, "/")
		if i, err := strconv.Atoi(first); err == nil {
			return i
		}
	}
	if f.RuleIndex != nil {
		return *f.RuleIndex
	}
	return 0
}

// exemption is one way to narrow a Deny.
type exemption struct {
	key, value string
	cost       int
	add        bool // a condition of its own where the statement has none on the key
	why        string
}

func (g policyRepairs) exemptions(f *sim.Finding) []exemption {
	var out []exemption
	value := func(key string) string {
		if f.Example == nil {
			return ""
		}
		return f.Example.Context[key]
	}
	for _, key := range []string{"aws:SourceVpce", "aws:SourceVpc"} {
		if v := value(key); v != "" {
			out = append(out, exemption{key, v, 0, false, "let " + v + " through"})
		}
	}
	for _, s := range g.placements(f) {
		if s.Item.CIDR.IsValid() {
			out = append(out, exemption{"aws:VpcSourceIp", s.Item.CIDR.Masked().String(), 1, false, "let the addresses of " + string(s.Item.ID) + " through"})
		}
	}
	if g.source.role != "" {
		out = append(out, exemption{"aws:PrincipalArn", g.source.role, 2, true, "spare the job's role"})
	}
	return out
}

// negated are the operators whose list of values names what a Deny spares.
var negated = []string{"StringNotEquals", "StringNotLike", "StringNotEqualsIgnoreCase", "ArnNotEquals", "ArnNotLike", "NotIpAddress"}

// narrowed returns the candidate that makes one exemption in one statement.
func narrowed(h holder, index int, x exemption) (candidate, bool) {
	t, err := document(h.doc)
	if err != nil {
		return candidate{}, false
	}
	s := t.Root.Get("Statement")
	if s.Kind() == jsontree.Array {
		if index < 0 || index >= s.Len() {
			return candidate{}, false
		}
		s = s.At(index)
	}
	if s.Kind() != jsontree.Object || s.Get("Effect").Text() != "Deny" {
		return candidate{}, false
	}
	if !extend(s.Get("Condition"), x) && !(x.add && addCondition(s, x)) {
		return candidate{}, false
	}
	text, err := compact(t)
	if err != nil {
		return candidate{}, false
	}
	name := s.Get("Sid").Text()
	if name == "" {
		name = "statement " + strconv.Itoa(index)
	}
	return candidate{changes: h.set(text), cost: h.cost + x.cost, actor: h.actor, wide: h.wide, target: h.name,
		why: "Narrow the Deny " + name + " in " + h.name + ": " + x.why + "."}, true
}

// extend adds the value to the condition of the statement that lists what the
// Deny spares by this key.
func extend(condition *jsontree.Node, x exemption) bool {
	for i := range condition.Len() {
		if !slices.Contains(negated, strings.TrimSuffix(condition.Key(i), "IfExists")) {
			continue
		}
		block := condition.At(i)
		for j := range block.Len() {
			if !strings.EqualFold(block.Key(j), x.key) {
				continue
			}
			values := block.At(j)
			if values.Kind() == jsontree.String {
				block.ReplaceAt(j, jsontree.NewStrings(values.Text(), x.value))
				return true
			}
			if values.Kind() == jsontree.Array && !slices.ContainsFunc(values.Elements(), func(n *jsontree.Node) bool { return n.Text() == x.value }) {
				values.Append(jsontree.NewString(x.value))
				return true
			}
		}
	}
	return false
}

// addCondition adds a condition that spares the value, beside the others: all
// of a statement's conditions must hold for it to deny.
func addCondition(s *jsontree.Node, x exemption) bool {
	if s.Get("Condition").Kind() != jsontree.Object {
		s.Set("Condition", jsontree.NewObject())
	}
	c := s.Get("Condition")
	if c.Get("ArnNotEquals").Kind() != jsontree.Object {
		c.Set("ArnNotEquals", jsontree.NewObject())
	}
	block := c.Get("ArnNotEquals")
	if block.Get(x.key) != nil {
		return false
	}
	block.Set(x.key, jsontree.NewString(x.value))
	return true
}
