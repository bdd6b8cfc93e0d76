package explore

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/sim/change"
)

// suggested are the operations that change a resource, by its list in a snapshot.
var suggested = map[string][]string{
	"SecurityGroups":          {"authorizeSecurityGroupEgress", "revokeSecurityGroupEgress", "authorizeSecurityGroupIngress", "revokeSecurityGroupIngress"},
	"NetworkAcls":             {"createNetworkAclEntry", "replaceNetworkAclEntry", "deleteNetworkAclEntry"},
	"RouteTables":             {"createRoute", "replaceRoute", "deleteRoute", "associateRouteTable"},
	"VpcEndpoints":            {"modifyVpcEndpoint", "deleteVpcEndpoints"},
	"Subnets":                 {"replaceRouteTableAssociation", "replaceNetworkAclAssociation", "modifySubnetAttribute"},
	"Vpcs":                    {"modifyVpcAttribute", "associateDhcpOptions", "createVpcEndpoint"},
	"VpcAttributes":           {"modifyVpcAttribute"},
	"NatGateways":             {"deleteNatGateway"},
	"InternetGateways":        {"attachInternetGateway", "detachInternetGateway"},
	"NetworkInterfaces":       {"modifyNetworkInterfaceAttribute"},
	"ManagedPrefixLists":      {"modifyManagedPrefixList"},
	"VpcPeeringConnections":   {"acceptVpcPeeringConnection", "deleteVpcPeeringConnection"},
	"buckets":                 {"putBucketPolicy", "deleteBucketPolicy", "putPublicAccessBlock", "putBucketEncryption"},
	"RoleDetailList":          {"putRolePolicy", "attachRolePolicy", "updateAssumeRolePolicy", "putRolePermissionsBoundary"},
	"Policies":                {"createPolicyVersion", "setDefaultPolicyVersion"},
	"Keys":                    {"putKeyPolicy", "enableKey"},
	"serviceControlPolicies":  {"updatePolicy"},
	"resourceControlPolicies": {"updatePolicy"},
}

// changeForms offers the operations that change what was found, filled in as
// far as the snapshot tells.
func (v changeForms) changeForms(st *state, found []*resource) {
	v.section("", "Change it")
	defer v.h.Close("section")
	ops := change.Operations()
	var shown []change.Described
	n := 0
	for _, r := range found {
		for _, key := range suggested[collection(r.pointer)] {
			i := slices.IndexFunc(ops, func(o change.Described) bool { return o.Key == key })
			if i < 0 {
				continue
			}
			n++
			shown = append(shown, ops[i])
			v.h.Open("details", "class", "op")
			v.h.Open("summary")
			v.h.Text(ops[i].Name)
			if len(found) > 1 {
				v.h.El("span", "where", " "+r.pointer)
			}
			v.h.Close("summary")
			v.form(&ops[i], prefill(&ops[i], r), "f"+strconv.Itoa(n))
			v.h.Close("details")
		}
	}
	v.h.Open("p")
	v.offers(st.world.Snapshot(), shown)
	v.anchor("", v.link("change"), "Any other operation, or a change file")
	v.h.Close("p")
}

// collection is the name of the list that a resource is in.
func collection(pointer string) string {
	parts := strings.Split(pointer, "/")
	if len(parts) < 2 {
		return ""
	}
	return parts[len(parts)-2]
}

// alias are members whose value a parameter of another name takes, in order.
var alias = map[string][]string{
	"Bucket": {"Name"}, "PolicyArn": {"Arn"}, "KeyId": {"KeyId", "Arn"}, "PolicyId": {"PolicyId", "Id"},
	"PolicyDocument": {"PolicyDocument", "Document"}, "Policy": {"Policy"}, "Content": {"Content"},
	"PermissionsBoundary": {}, "RuleAction": {"RuleAction"},
}

// prefill fills in a form: from the rule that decided, then from its resource.
func prefill(o *change.Described, r *resource) url.Values {
	out := url.Values{}
	for i := range o.Parameters {
		p := &o.Parameters[i]
		if text := r.special(o, p); text != "" {
			out.Set("p."+p.Name, text)
			continue
		}
		nodes := r.decided
		if p.Required || p.Form == change.FormJSON && p.Example == "" { // else what is left empty stays as it is
			nodes = append(slices.Clone(nodes), r.node)
		}
		names := []string{p.Name}
		if other, ok := alias[p.Name]; ok {
			names = other
		}
		for _, n := range nodes {
			if text, ok := member(n, names, p); ok {
				out.Set("p."+p.Name, text)
				break
			}
		}
	}
	for i := range o.Parameters {
		intoParts(out, &o.Parameters[i])
	}
	return out
}

// intoParts spreads a parameter's JSON over the fields of its members, where
// no list in it has several elements.
func intoParts(out url.Values, p *change.Parameter) {
	text := out.Get("p." + p.Name)
	if text == "" || len(p.Parts) == 0 {
		return
	}
	t, err := jsontree.Parse([]byte(text))
	if err != nil || !single(t.Root) {
		return
	}
	out.Del("p." + p.Name)
	for _, part := range p.Parts {
		if n := t.Root.Resolve("/" + strings.ReplaceAll(part.Name, ".", "/")); n != nil {
			out.Set("p."+p.Name+"."+part.Name, field(n, &part))
		}
	}
}

// single tells whether no list in n has more than one element.
func single(n *jsontree.Node) bool {
	if n.Kind() != jsontree.Array && n.Kind() != jsontree.Object {
		return true
	}
	if n.Kind() == jsontree.Array && n.Len() > 1 {
		return false
	}
	for i := range n.Len() {
		if !single(n.At(i)) {
			return false
		}
	}
	return true
}

// field is a value as a field holds it.
func field(n *jsontree.Node, p *change.Parameter) string {
	if p.Form == change.FormTexts && n.Kind() == jsontree.Array {
		var out []string
		for _, e := range n.Elements() {
			out = append(out, text(e))
		}
		return strings.Join(out, "\n")
	}
	return text(n)
}

// special are the parameters that no member of the same name fills in.
func (r *resource) special(o *change.Described, p *change.Parameter) string {
	switch {
	case p.Name == "IpPermissions":
		for _, n := range r.decided {
			if n.Kind() == jsontree.Object && n.Get("IpProtocol") != nil && strings.HasPrefix(o.Name, "Revoke") {
				return indented([]byte("[" + string(n.Raw()) + "]"))
			}
		}
	case p.Name == "VpcEndpointIds":
		return text(r.node.Get("VpcEndpointId"))
	case o.Name == "UpdateAssumeRolePolicy" && p.Name == "PolicyDocument":
		return document(r.node.Get("AssumeRolePolicyDocument"))
	case o.Name == "PutRolePolicy" && (p.Name == "PolicyDocument" || p.Name == "PolicyName"):
		if list := r.node.Get("RolePolicyList"); list != nil && list.Kind() == jsontree.Array && list.Len() > 0 && list.At(0).Kind() == jsontree.Object {
			if p.Name == "PolicyName" {
				return text(list.At(0).Get("PolicyName"))
			}
			return document(list.At(0).Get("PolicyDocument"))
		}
	case o.Name == "CreatePolicyVersion" && p.Name == "PolicyDocument":
		return r.defaultVersion()
	case o.Name == "CreatePolicyVersion" && p.Name == "SetAsDefault":
		return "true"
	}
	return ""
}

// defaultVersion is the document of a managed policy's default version.
func (r *resource) defaultVersion() string {
	list := r.node.Get("PolicyVersionList")
	if list == nil || list.Kind() != jsontree.Array {
		return ""
	}
	for _, n := range list.Elements() {
		if n.Kind() == jsontree.Object && n.Get("IsDefaultVersion") != nil && n.Get("IsDefaultVersion").True() {
			return document(n.Get("Document"))
		}
	}
	return ""
}

// member is a node's member as a field holds it.
func member(n *jsontree.Node, names []string, p *change.Parameter) (string, bool) {
	if n.Kind() != jsontree.Object {
		return "", false
	}
	for _, name := range names {
		m := n.Get(name)
		if m == nil || m.Kind() == jsontree.Null {
			continue
		}
		switch {
		case p.Form == change.FormJSON:
			return document(m), true
		case p.Form == change.FormTexts:
			return "", false // what to add or to remove is the reader's choice
		case m.Kind() == jsontree.Object && m.Get("Value") != nil:
			return text(m.Get("Value")), true
		}
		return text(m), true
	}
	return "", false
}

func text(n *jsontree.Node) string {
	switch {
	case n == nil:
		return ""
	case n.Kind() == jsontree.String:
		return n.Text()
	}
	return string(n.Raw())
}

// document is a policy, or any other JSON, as a field holds it.
func document(n *jsontree.Node) string {
	if n == nil {
		return ""
	}
	if inner := policyIn(n); inner != nil {
		n = inner
	}
	return indented(n.Raw())
}
