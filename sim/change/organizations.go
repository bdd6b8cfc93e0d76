package change

import (
	"fmt"
	"slices"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/rules/policy"
)

// Quotas of organization policies: characters, whitespace included, and
// policies of one type on one target (rule P16).
//
// AWS: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
const (
	orgPolicySize      = 5_120
	orgPoliciesPerNode = 5
)

const (
	typeSCP = "SERVICE_CONTROL_POLICY"
	typeRCP = "RESOURCE_CONTROL_POLICY"
)

// orgLists are where the control policies stand.
var orgLists = []struct{ key, kind string }{{"serviceControlPolicies", typeSCP}, {"resourceControlPolicies", typeRCP}}

// orgPolicy is a control policy with its list and type.
type orgPolicy struct {
	found
	kind string
}

// holder returns the object that has the member of a control policy, which may be nested as
// describe-policy prints it.
func (o orgPolicy) holder(key string) *jsontree.Node {
	for _, nested := range []*jsontree.Node{o.Get("Policy").Get("PolicySummary"), o.Get("Policy"), o.Get("PolicySummary")} {
		if nested.Get(key) != nil {
			return nested
		}
	}
	return o.Node
}

func (e *editor) needOrgPolicy(id string) (orgPolicy, error) {
	for _, l := range orgLists {
		list := e.root.Get("organizations").Get(l.key)
		for i, n := range list.Elements() {
			o := orgPolicy{found{Node: n, list: list, index: i}, l.kind}
			if o.holder("Id").Get("Id").Text() == id {
				return o, nil
			}
		}
	}
	return orgPolicy{}, e.refuse("PolicyNotFoundException", "the policy %q is not in the snapshot", id)
}

func targetID(n *jsontree.Node) string {
	if n.Kind() == jsontree.String {
		return n.Text()
	}
	return n.Get("TargetId").Text()
}

func (o orgPolicy) target(id string) int {
	return slices.IndexFunc(o.Get("Targets").Elements(), func(n *jsontree.Node) bool { return targetID(n) == id })
}

// attachedTo counts the policies of a type on a target.
func (e *editor) attachedTo(kind, target string) int {
	n := 0
	for _, l := range orgLists {
		for _, p := range e.root.Get("organizations").Get(l.key).Elements() {
			if l.kind == kind && (orgPolicy{found: found{Node: p}}).target(target) >= 0 {
				n++
			}
		}
	}
	return n
}

func attachPolicy(e *editor, p parameters) error {
	o, err := e.needOrgPolicy(p.text("PolicyId"))
	if err != nil {
		return err
	}
	if o.target(p.text("TargetId")) >= 0 {
		return e.refuse("DuplicatePolicyAttachmentException", "%s is attached to %s already", p.text("PolicyId"), p.text("TargetId"))
	}
	if !e.knowsTarget(p.text("TargetId")) {
		return e.refuse("TargetNotFoundException", "%q is not a root, organizational unit or account of the snapshot", p.text("TargetId"))
	}
	if e.attachedTo(o.kind, p.text("TargetId")) >= orgPoliciesPerNode {
		return e.refuse("ConstraintViolationException", "%s has %d policies of this type already, the most that AWS takes", p.text("TargetId"), orgPoliciesPerNode)
	}
	targets := member(o.Node, "Targets")
	value := jsontree.NewObject("TargetId", p.text("TargetId"))
	if targets.Len() > 0 && targets.At(0).Kind() == jsontree.String {
		value = jsontree.NewString(p.text("TargetId"))
	}
	targets.Append(value)
	return nil
}

// knowsTarget tells whether some account's path or id, or another policy, names the target.
func (e *editor) knowsTarget(id string) bool {
	for _, a := range e.root.Get("accounts").Elements() {
		if a.Get("accountId").Text() == id || slices.Contains(textsOf(a.Get("organizationPath")), id) {
			return true
		}
	}
	return e.attachedTo(typeSCP, id)+e.attachedTo(typeRCP, id) > 0
}

func detachPolicy(e *editor, p parameters) error {
	o, err := e.needOrgPolicy(p.text("PolicyId"))
	if err != nil {
		return err
	}
	i := o.target(p.text("TargetId"))
	switch {
	case i < 0:
		return e.refuse("PolicyNotAttachedException", "%s is not attached to %s", p.text("PolicyId"), p.text("TargetId"))
	case o.kind == typeRCP && o.holder("Name").Get("Name").Text() == "RCPFullAWSAccess":
		return e.refuse("ConstraintViolationException", "RCPFullAWSAccess can't be detached (rule P101)")
	case o.kind == typeSCP && e.attachedTo(o.kind, p.text("TargetId")) == 1:
		return e.refuse("ConstraintViolationException", "%s is the only service control policy on %s; attach another first", p.text("PolicyId"), p.text("TargetId"))
	}
	o.Get("Targets").RemoveAt(i)
	return nil
}

func (e *editor) checkOrgPolicy(kind, text string) error {
	k := policy.KindSCP
	if kind == typeRCP {
		k = policy.KindRCP
	}
	if len(text) > orgPolicySize {
		return e.refuse("ConstraintViolationException", "POLICY_TOO_LARGE: %d characters; a control policy takes %d, whitespace included", len(text), orgPolicySize)
	}
	return e.checkPolicy(text, k, "MalformedPolicyDocumentException")
}

func updateOrgPolicy(e *editor, p parameters) error {
	o, err := e.needOrgPolicy(p.text("PolicyId"))
	if err != nil {
		return err
	}
	if o.holder("AwsManaged").Get("AwsManaged").True() {
		return e.refuse("PolicyChangesInProgressException", "%s is AWS's own", p.text("PolicyId"))
	}
	if p.has("Content") {
		if err := e.checkOrgPolicy(o.kind, p.text("Content")); err != nil {
			return err
		}
		setDocument(o.holder("Content"), "Content", p.text("Content"), false)
	}
	if p.has("Name") {
		o.holder("Name").Set("Name", jsontree.NewString(p.text("Name")))
	}
	return nil
}

func createOrgPolicy(e *editor, p parameters) error {
	key := orgLists[0].key
	if p.text("Type") == typeRCP {
		key = orgLists[1].key
	}
	if err := e.checkOrgPolicy(p.text("Type"), p.text("Content")); err != nil {
		return err
	}
	org := e.root.Get("organizations")
	if org.Get(key).Kind() != jsontree.Array {
		return e.refuse("", "the snapshot holds no %s: which others apply is not known", key)
	}
	id, err := e.newPolicyID()
	if err != nil {
		return err
	}
	value := jsontree.NewObject("Id", id, "Name", p.text("Name"), "AwsManaged", false, "Content", jsontree.NewObject(), "Targets", jsontree.NewArray())
	insertSorted(org.Get(key), value, "Id")
	setDocument(value, "Content", p.text("Content"), false)
	return nil
}

func (e *editor) newPolicyID() (string, error) {
	if id := e.change.As; id != "" {
		if _, err := e.needOrgPolicy(id); err == nil {
			return "", e.refuse("", "the policy %s is in the snapshot already", id)
		}
		return id, nil
	}
	for {
		e.made++
		id := fmt.Sprintf("p-new%d", e.made)
		if _, err := e.needOrgPolicy(id); err != nil {
			return id, nil
		}
	}
}

func deleteOrgPolicy(e *editor, p parameters) error {
	o, err := e.needOrgPolicy(p.text("PolicyId"))
	if err != nil {
		return err
	}
	if o.Get("Targets").Len() > 0 {
		return e.refuse("PolicyInUseException", "%s is attached to %s", p.text("PolicyId"), targetID(o.Get("Targets").At(0)))
	}
	o.remove()
	return nil
}
