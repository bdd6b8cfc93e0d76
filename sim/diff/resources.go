package diff

import (
	"slices"
	"sort"
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/rules/policy/symbolic"
)

// ResourceChange is one resource that two snapshots hold differently.
type ResourceChange struct {
	Account string   `json:"account,omitempty"`
	Region  string   `json:"region,omitempty"`
	Kind    string   `json:"kind"` // the collection: "RouteTables", "RoleDetailList", "buckets", …
	ID      string   `json:"id,omitempty"`
	Change  string   `json:"change"`            // "added", "removed" or "changed"
	Members []string `json:"members,omitempty"` // what differs, e.g. "Routes"
	// Policies says of each policy that differs how the new one compares:
	// "equivalent", "no-new-access", "new-access", "incomparable", "UNKNOWN".
	Policies []PolicyChange `json:"policies,omitempty"`
	// SameMeaning: only policies differ, and they allow and deny the same requests.
	SameMeaning bool `json:"sameMeaning,omitempty"`

	keys     []step
	old, new *jsontree.Node
}

// Old is the resource in the first snapshot; nil: it has none.
func (r *ResourceChange) Old() *jsontree.Node { return r.old }

// New is the resource in the second snapshot; nil: it has none.
func (r *ResourceChange) New() *jsontree.Node { return r.new }

// PolicyChange is one policy document that differs.
type PolicyChange struct {
	Policy   string `json:"policy"`
	Relation string `json:"relation"`
}

// step is one token of the way to a resource: a member, or an array's element
// by its id.
type step struct{ member, idKey, id string }

// idKeys are the members that tell resources of a collection apart.
var idKeys = map[string]string{
	"accounts": "accountId", "regions": "region",
	"Vpcs": "VpcId", "VpcAttributes": "VpcId", "Subnets": "SubnetId", "RouteTables": "RouteTableId", "NetworkAcls": "NetworkAclId",
	"SecurityGroups": "GroupId", "SecurityGroupRules": "SecurityGroupRuleId", "NetworkInterfaces": "NetworkInterfaceId",
	"VpcEndpoints": "VpcEndpointId", "PrefixLists": "PrefixListId", "ManagedPrefixLists": "PrefixListId", "ManagedPrefixListEntries": "PrefixListId",
	"DhcpOptions": "DhcpOptionsId", "InternetGateways": "InternetGatewayId", "EgressOnlyInternetGateways": "EgressOnlyInternetGatewayId",
	"NatGateways": "NatGatewayId", "VpcPeeringConnections": "VpcPeeringConnectionId", "TransitGateways": "TransitGatewayId",
	"TransitGatewayAttachments": "TransitGatewayAttachmentId", "TransitGatewayVpcAttachments": "TransitGatewayAttachmentId",
	"TransitGatewayRouteTables": "TransitGatewayRouteTableId", "TransitGatewayRoutes": "TransitGatewayRouteTableId", "VpnGateways": "VpnGatewayId",
	"VpcBlockPublicAccessExclusions": "ExclusionId", "VpcEncryptionControls": "VpcEncryptionControlId", "Addresses": "AllocationId", "Instances": "InstanceId", "Reservations": "ReservationId",
	"RoleDetailList": "Arn", "Policies": "Arn", "buckets": "Name", "accessPoints": "Name", "Keys": "KeyId", "Aliases": "AliasName",
	"serviceControlPolicies": "Id", "resourceControlPolicies": "Id", "ResolverRules": "Id", "HostedZones": "Id",
	"CompilationJobs": "CompilationJobName", "TrainingJobs": "TrainingJobName", "ProcessingJobs": "ProcessingJobName", "TransformJobs": "TransformJobName",
	"Functions": "FunctionName",
}

// groups are members that hold collections rather than being one.
var groups = map[string]bool{"ec2": true, "iam": true, "s3": true, "kms": true, "organizations": true, "sagemaker": true, "lambda": true,
	"route53": true, "route53resolver": true, "resolver": true}

// header are members that say when and by whom, and change no answer.
var header = map[string]bool{"schema": true, "startedAt": true, "finishedAt": true, "tool": true, "caller": true}

// Resources lists what two native snapshots hold differently, in order of the
// way to it.
func Resources(a, b *jsontree.Tree) []ResourceChange {
	var out []ResourceChange
	compareObjects(a.Root, b.Root, nil, ResourceChange{}, &out)
	return out
}

// Edits lists what somebody changed in a native snapshot.
func Edits(t *jsontree.Tree) []ResourceChange { return Resources(t.Original(), t) }

func keysOf(a, b *jsontree.Node) []string {
	seen := map[string]bool{}
	for _, n := range []*jsontree.Node{a, b} {
		if n.Kind() == jsontree.Object {
			for i := range n.Len() {
				seen[n.Key(i)] = true
			}
		}
	}
	out := make([]string, 0, len(seen))
	for k := range seen {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// compareObjects goes into the objects that hold collections.
func compareObjects(a, b *jsontree.Node, way []step, where ResourceChange, out *[]ResourceChange) {
	for _, key := range keysOf(a, b) {
		x, y := a.Get(key), b.Get(key)
		down := append(slices.Clone(way), step{member: key})
		switch {
		case header[key] || jsontree.SameText(x, y):
		case key == "capture" || groups[key] && x.Kind() == jsontree.Object && y.Kind() == jsontree.Object:
			compareObjects(x, y, down, where, out)
		case idKeys[key] != "" && (x.Kind() == jsontree.Array && y.Kind() == jsontree.Array):
			compareLists(key, x, y, way, where, out)
		default:
			compareWhole(key, "", x, y, down, where, out)
		}
	}
}

// compareLists matches the elements of two collections by id. One that has
// elements without an id, or an id twice, is compared as a whole.
func compareLists(key string, a, b *jsontree.Node, way []step, where ResourceChange, out *[]ResourceChange) {
	idKey := idKeys[key]
	x, okA := byID(a, idKey)
	y, okB := byID(b, idKey)
	if !okA || !okB {
		compareWhole(key, "", a, b, append(slices.Clone(way), step{member: key}), where, out)
		return
	}
	ids := map[string]bool{}
	for id := range x {
		ids[id] = true
	}
	for id := range y {
		ids[id] = true
	}
	sorted := make([]string, 0, len(ids))
	for id := range ids {
		sorted = append(sorted, id)
	}
	sort.Strings(sorted)
	for _, id := range sorted {
		if jsontree.SameText(x[id], y[id]) {
			continue
		}
		down := append(slices.Clone(way), step{key, idKey, id})
		inner := where
		switch key {
		case "accounts":
			inner.Account = id
		case "regions":
			inner.Region = id
		}
		if (key == "accounts" || key == "regions") && x[id] != nil && y[id] != nil {
			compareObjects(x[id], y[id], down, inner, out)
			continue
		}
		compareWhole(key, id, x[id], y[id], down, inner, out)
	}
}

func byID(list *jsontree.Node, idKey string) (map[string]*jsontree.Node, bool) {
	out := map[string]*jsontree.Node{}
	for _, n := range list.Elements() {
		id := n.Get(idKey).Text()
		if id == "" {
			id = n.Get("KeyMetadata").Get(idKey).Text()
		}
		if id == "" {
			id = n.Get("Policy").Get("PolicySummary").Get(idKey).Text()
		}
		if id == "" || out[id] != nil {
			return nil, false
		}
		out[id] = n
	}
	return out, true
}

// compareWhole records a difference of one resource.
func compareWhole(kind, id string, a, b *jsontree.Node, way []step, where ResourceChange, out *[]ResourceChange) {
	if jsontree.SameText(a, b) || a != nil && b != nil && canonical(a) == canonical(b) {
		return
	}
	r := where
	r.Kind, r.ID, r.keys, r.old, r.new = kind, id, way, a, b
	switch {
	case a == nil:
		r.Change = "added"
	case b == nil:
		r.Change = "removed"
	default:
		r.Change = "changed"
		r.compareMembers()
	}
	*out = append(*out, r)
}

// compareMembers says which members differ, and what became of policies.
func (r *ResourceChange) compareMembers() {
	if r.old.Kind() != jsontree.Object || r.new.Kind() != jsontree.Object {
		return
	}
	same := true
	for _, key := range keysOf(r.old, r.new) {
		x, y := r.old.Get(key), r.new.Get(key)
		if jsontree.SameText(x, y) || x != nil && y != nil && canonical(x) == canonical(y) {
			continue
		}
		r.Members = append(r.Members, key)
		changed, understood := policiesIn(r.Kind, key, x, y, endpointType(r.old, r.new))
		r.Policies = append(r.Policies, changed...)
		same = same && understood
	}
	for _, p := range r.Policies {
		same = same && p.Relation == symbolic.Equivalent.String()
	}
	r.SameMeaning = same && len(r.Policies) > 0
}

// policyMembers are the members that hold a policy document, with its kind.
var policyMembers = map[[2]string]policy.Kind{
	{"VpcEndpoints", "PolicyDocument"}: policy.KindEndpoint, {"buckets", "Policy"}: policy.KindBucket, {"accessPoints", "Policy"}: policy.KindAccessPoint,
	{"RoleDetailList", "AssumeRolePolicyDocument"}: policy.KindTrust, {"Keys", "Policy"}: policy.KindKey,
	{"serviceControlPolicies", "Content"}: policy.KindSCP, {"resourceControlPolicies", "Content"}: policy.KindRCP,
}

// policiesIn compares the policies of a member by meaning. Understood tells
// that nothing of the member's difference is left out by that.
func policiesIn(kind, member string, a, b *jsontree.Node, endpoint policy.EndpointType) (changed []PolicyChange, understood bool) {
	if k, ok := policyMembers[[2]string{kind, member}]; ok {
		return []PolicyChange{{member, relation(a, b, k, endpoint)}}, a.Kind() != jsontree.Null && b.Kind() != jsontree.Null
	}
	if kind == "RoleDetailList" && member == "RolePolicyList" {
		return inlinePolicies(a, b)
	}
	if kind == "Policies" && member == "PolicyVersionList" {
		return []PolicyChange{{"default version", relation(defaultVersion(a), defaultVersion(b), policy.KindIdentity, policy.EndpointNone)}}, true
	}
	return nil, kind == "Policies" && (member == "DefaultVersionId" || member == "UpdateDate")
}

func inlinePolicies(a, b *jsontree.Node) ([]PolicyChange, bool) {
	x, okA := byID(a, "PolicyName")
	y, okB := byID(b, "PolicyName")
	if !okA || !okB || len(x) != len(y) {
		return nil, false
	}
	var out []PolicyChange
	names := make([]string, 0, len(x))
	for name := range x {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if y[name] == nil {
			return nil, false
		}
		if canonical(x[name]) != canonical(y[name]) {
			out = append(out, PolicyChange{name, relation(x[name].Get("PolicyDocument"), y[name].Get("PolicyDocument"), policy.KindIdentity, policy.EndpointNone)})
		}
	}
	return out, true
}

func defaultVersion(versions *jsontree.Node) *jsontree.Node {
	for _, v := range versions.Elements() {
		if v.Get("IsDefaultVersion").True() {
			return v.Get("Document")
		}
	}
	return nil
}

// relation compares two documents by meaning; UNKNOWN where one can't be read.
// A layer's Deny counts beside what other layers allow, so the requests that
// are denied are compared as well as those that are allowed.
func relation(a, b *jsontree.Node, kind policy.Kind, endpoint policy.EndpointType) string {
	x, okA := parsed(a, kind)
	y, okB := parsed(b, kind)
	if !okA || !okB {
		return symbolic.RelationUnknown.String()
	}
	o := symbolic.Options{Endpoint: endpoint}
	allowed, denied := symbolic.Compare(x, y, kind, o), symbolic.CompareDenials(x, y, kind, o)
	more := allowed.New.Exists.Or(denied.New.Exists)
	less := allowed.Less.Exists.Or(denied.Less.Exists)
	if less == policy.Unknown {
		return symbolic.RelationUnknown.String() // new access, or incomparable
	}
	return symbolic.Relate(more, less).String()
}

// endpointType is the type of a VPC endpoint, where it did not change.
func endpointType(a, b *jsontree.Node) policy.EndpointType {
	x, y := a.Get("VpcEndpointType").Text(), b.Get("VpcEndpointType").Text()
	switch {
	case x != y:
		return policy.EndpointUnspecified
	case strings.EqualFold(x, "Gateway"):
		return policy.EndpointGateway
	case strings.EqualFold(x, "Interface"):
		return policy.EndpointInterface
	}
	return policy.EndpointUnspecified
}

func parsed(n *jsontree.Node, kind policy.Kind) (*policy.Document, bool) {
	n = inside(n)
	if n.Kind() != jsontree.Object {
		return nil, false
	}
	d, err := policy.Parse(n.Raw(), kind)
	return d, err == nil
}

// inside opens text that holds JSON.
func inside(n *jsontree.Node) *jsontree.Node {
	for range 2 {
		if n.Kind() != jsontree.String || !strings.HasPrefix(strings.TrimSpace(n.Text()), "{") {
			return n
		}
		t, err := jsontree.Parse([]byte(n.Text()))
		if err != nil {
			return n
		}
		n = t.Root
	}
	return n
}

// canonical returns text that is equal for values that say the same: no array
// of an AWS description is told apart by order, and a document may be text.
func canonical(n *jsontree.Node) string {
	n = inside(n)
	var parts []string
	switch n.Kind() {
	case jsontree.Object:
		for i := range n.Len() {
			parts = append(parts, string(jsontree.Quote(n.Key(i)))+":"+canonical(n.At(i)))
		}
		sort.Strings(parts)
		return "{" + strings.Join(parts, ",") + "}"
	case jsontree.Array:
		for _, e := range n.Elements() {
			parts = append(parts, canonical(e))
		}
		sort.Strings(parts)
		return "[" + strings.Join(parts, ",") + "]"
	case jsontree.String:
		return string(jsontree.Quote(n.Text()))
	}
	return string(n.Raw())
}

// put makes r's change in a tree that holds r's old value.
func (r *ResourceChange) put(root *jsontree.Node) bool {
	n := root
	for _, s := range r.keys[:len(r.keys)-1] {
		if n = s.from(n); n == nil {
			return false
		}
	}
	last := r.keys[len(r.keys)-1]
	if last.idKey == "" {
		if n.Kind() != jsontree.Object {
			return false
		}
		if r.new == nil {
			return n.Delete(last.member)
		}
		n.Set(last.member, r.new.Copy())
		return true
	}
	list := n.Get(last.member)
	if list.Kind() != jsontree.Array {
		return false
	}
	for i, e := range list.Elements() {
		if found, _ := byID(jsontree.NewArray(e.Copy()), last.idKey); found[last.id] == nil {
			continue
		}
		if r.new == nil {
			list.RemoveAt(i)
		} else {
			list.ReplaceAt(i, r.new.Copy())
		}
		return true
	}
	if r.new == nil {
		return false
	}
	list.Append(r.new.Copy())
	return true
}

func (s step) from(n *jsontree.Node) *jsontree.Node {
	n = n.Get(s.member)
	if s.idKey == "" {
		return n
	}
	for _, e := range n.Elements() {
		if e.Get(s.idKey).Text() == s.id {
			return e
		}
	}
	return nil
}
