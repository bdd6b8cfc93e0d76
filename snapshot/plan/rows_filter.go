package plan

import (
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
)

var filterRows = []row{
	aclRow(ec2("aws_network_acl", "NetworkAcls", "NetworkAclId", "VpcId=vpc_id!", networkACL)),
	{typ: "aws_default_network_acl", put: defaultNetworkACL},
	part("aws_network_acl_rule", aclRule, removeACLRule),
	part("aws_network_acl_association", aclAssociation, removeACLAssociation),
	ec2("aws_security_group", "SecurityGroups", "GroupId", "GroupName=name VpcId=vpc_id! Description=description", securityGroup),
	{typ: "aws_default_security_group", put: defaultSecurityGroup},
	part("aws_security_group_rule", groupRule, removeGroupRule),
	part("aws_vpc_security_group_ingress_rule", singleGroupRule("IpPermissions"), removeSingleGroupRule("IpPermissions")),
	part("aws_vpc_security_group_egress_rule", singleGroupRule("IpPermissionsEgress"), removeSingleGroupRule("IpPermissionsEgress")),
	part("aws_vpc_security_group_vpc_association", groupVPC, removeGroupVPC),
}

// securityGroup: blocks that the configuration leaves out are not managed by
// it, but Terraform removes the egress rule that AWS gives a new group.
//
// Terraform: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/security_group
func securityGroup(v *overlay, r *resource, o object) {
	if o["GroupName"] == nil {
		o["GroupName"] = r.address
	}
	for _, side := range groupSides {
		if r.manages(side.attr) {
			o[side.key] = v.networkParts().inlinePermissions(r, side.attr, v.idOf(r))
		}
	}
}

// groupSides are the blocks of a group, with AWS's lists.
var groupSides = []struct{ attr, key string }{{"ingress", "IpPermissions"}, {"egress", "IpPermissionsEgress"}}

// inlinePermissions reads the ingress or egress blocks of a group.
func (v networkParts) inlinePermissions(r *resource, attr, group string) []object {
	if _, known := r.get(attr); !known && r.configured(attr) {
		return v.configuredPermissions(r, attr)
	}
	permissions := []object{}
	for i := range r.blocks(attr) {
		permissions = append(permissions, v.permission(r, []any{attr, i}, group)...)
	}
	return permissions
}

// configuredPermissions is what a whole unknown set of blocks says: each block
// of the configuration is a rule whose parts are known after apply only.
func (v networkParts) configuredPermissions(r *resource, attr string) []object {
	return []object{{"IpProtocol": "-1", "IpRanges": []object{{"CidrIp": "0.0.0.0/0"}}, "KnownAfterApply": r.place(attr)}}
}

func defaultSecurityGroup(v *overlay, r *resource) {
	id := r.text("id")
	if id == "" {
		if vpc := v.id(r, "vpc_id"); vpc != "" {
			id = vpc + ".default_security_group_id"
		}
	}
	n := v.within("ec2", "SecurityGroups", "GroupId", id)
	if n == nil {
		n = v.adopt(r, "SecurityGroups", "GroupId", id, object{"GroupName": "default"})
	} else if v.places[id] = r.address; r.unchanged() {
		return
	}
	if n == nil {
		return
	}
	for _, side := range groupSides {
		n.Set(side.key, node(v.networkParts().inlinePermissions(r, side.attr, id)))
	}
}

// permission reads one inline rule, or (with no path) an aws_security_group_rule.
func (v networkParts) permission(r *resource, at []any, group string) []object {
	path := func(attr string) []any { return append(append([]any{}, at...), attr) }
	o := object{}
	v.rulePorts(r, o, path("protocol"), path("from_port"), path("to_port"))
	for _, f := range []struct{ list, key, attr string }{
		{"IpRanges", "CidrIp", "cidr_blocks"}, {"Ipv6Ranges", "CidrIpv6", "ipv6_cidr_blocks"}, {"PrefixListIds", "PrefixListId", "prefix_list_ids"},
	} {
		values, whole := v.ids(r, path(f.attr)...)
		if !whole {
			if _, known := r.get(path(f.attr)...); !known {
				o["KnownAfterApply"] = r.place(path(f.attr)...)
			}
		}
		var items []object
		for _, s := range values {
			items = append(items, object{f.key: s})
		}
		if items != nil {
			o[f.list] = items
		}
	}
	if o["KnownAfterApply"] != nil && o["IpRanges"] == nil {
		o["IpRanges"] = []object{{"CidrIp": "0.0.0.0/0"}} // at most
	}
	var groups []string
	for _, attr := range []string{"security_groups", "source_security_group_id"} {
		if v, known := r.get(path(attr)...); known && v == nil {
			continue
		}
		ids, whole := v.ids(r, path(attr)...)
		if id := v.id(r, path(attr)...); id != "" {
			ids, whole = []string{id}, true
		}
		if !whole {
			o["KnownAfterApply"] = r.place(path(attr)...)
		}
		groups = append(groups, ids...)
	}
	if self, _ := r.get(path("self")...); self == true {
		groups = append(groups, group)
	}
	if groups != nil {
		o["UserIdGroupPairs"] = groupPairs(groups)
	}
	return []object{o}
}

func groupPairs(ids []string) (out []object) {
	for _, id := range ids {
		if account, group, ok := strings.Cut(id, "/"); ok {
			out = append(out, object{"GroupId": group, "UserId": account})
		} else {
			out = append(out, object{"GroupId": id})
		}
	}
	return out
}

func (v networkParts) rulePorts(r *resource, o object, protocol, from, to []any) {
	p := strings.ToLower(r.text(protocol...))
	if p == "all" {
		p = "-1"
	}
	o["IpProtocol"] = p
	if _, known := r.get(protocol...); !known {
		o["IpProtocol"], o["KnownAfterApply"] = "-1", r.place(protocol...)
	}
	if o["IpProtocol"] != "-1" {
		v.rule(r, o, "FromPort", plain, from...)
		v.rule(r, o, "ToPort", plain, to...)
	}
}

func (v networkParts) group(id string) *jsontree.Node {
	return v.within("ec2", "SecurityGroups", "GroupId", id)
}

func permissionKey(ingress bool) string {
	if ingress {
		return "IpPermissions"
	}
	return "IpPermissionsEgress"
}

func groupRule(v *overlay, r *resource) {
	id := v.id(r, "security_group_id")
	v.networkParts().addPermissions(r, id, permissionKey(r.text("type") == "ingress"), v.networkParts().permission(r, nil, id))
}

// addPermissions adds rules to a group. A rule that is there already is not
// added again.
func (v networkParts) addPermissions(r *resource, id, key string, fresh []object) {
	n := v.group(id)
	if n == nil {
		v.note("%s: its security group is not in the snapshot", r.address)
		if id == "" {
			v.mayAdd(v.candidates("aws_security_group", "SecurityGroups", "GroupId"), key, fresh[0], r.place("security_group_id"))
		}
		return
	}
	l := n.Get(key)
	if l == nil {
		v.note("%s: the other rules of its security group are not known", r.address)
		return
	}
	for _, o := range fresh {
		if r.unchanged() && hasPermission(l, o) {
			continue
		}
		l.Append(node(o))
	}
}

// rangeKeys are the lists of a permission with the member that names an item.
var rangeKeys = []struct{ list, key string }{
	{"IpRanges", "CidrIp"}, {"Ipv6Ranges", "CidrIpv6"}, {"PrefixListIds", "PrefixListId"}, {"UserIdGroupPairs", "GroupId"},
}

func samePorts(n, o *jsontree.Node) bool {
	return n.Get("IpProtocol").Text() == o.Get("IpProtocol").Text() && raw(n.Get("FromPort")) == raw(o.Get("FromPort")) && raw(n.Get("ToPort")) == raw(o.Get("ToPort"))
}

func raw(n *jsontree.Node) string {
	if n == nil {
		return ""
	}
	return string(n.Raw())
}

// hasPermission tells whether the list allows every range of o on its ports.
func hasPermission(l *jsontree.Node, o object) bool {
	want := node(o)
	for _, k := range rangeKeys {
		for _, item := range want.Get(k.list).Elements() {
			found := false
			for _, n := range l.Elements() {
				for _, have := range n.Get(k.list).Elements() {
					found = found || samePorts(n, want) && have.Get(k.key).Text() == item.Get(k.key).Text()
				}
			}
			if !found {
				return false
			}
		}
	}
	return true
}

func removeGroupRule(v *overlay, r *resource) {
	id := v.id(r, "security_group_id")
	v.networkParts().removePermissions(id, permissionKey(r.text("type") == "ingress"), v.networkParts().permission(r, nil, id))
}

func (v networkParts) removePermissions(id, key string, gone []object) {
	n := v.group(id)
	if n == nil {
		return
	}
	for _, o := range gone {
		want := node(o)
		for _, p := range n.Get(key).Elements() {
			if !samePorts(p, want) {
				continue
			}
			for _, k := range rangeKeys {
				for _, item := range want.Get(k.list).Elements() {
					removeWhere(p.Get(k.list), func(x *jsontree.Node) bool { return x.Get(k.key).Text() == item.Get(k.key).Text() })
				}
			}
		}
		removeWhere(n.Get(key), func(p *jsontree.Node) bool {
			for _, k := range rangeKeys {
				if l := p.Get(k.list); l != nil && l.Len() > 0 {
					return false
				}
			}
			return true
		})
	}
}

// singleRule reads an aws_vpc_security_group_ingress_rule or …egress_rule.
func (v networkParts) singleRule(r *resource) []object {
	o := object{}
	v.rulePorts(r, o, []any{"ip_protocol"}, []any{"from_port"}, []any{"to_port"})
	for _, f := range []struct {
		list, key, attr string
		kind            kind
	}{
		{"IpRanges", "CidrIp", "cidr_ipv4", refKind}, {"Ipv6Ranges", "CidrIpv6", "cidr_ipv6", refKind},
		{"PrefixListIds", "PrefixListId", "prefix_list_id", refKind}, {"UserIdGroupPairs", "GroupId", "referenced_security_group_id", refKind},
	} {
		item := object{}
		v.rule(r, item, f.key, f.kind, f.attr)
		if place, unknown := item["KnownAfterApply"]; unknown {
			o["KnownAfterApply"], o["IpRanges"] = place, []object{{"CidrIp": "0.0.0.0/0"}}
		} else if len(item) > 0 {
			o[f.list] = []object{item}
		}
	}
	return []object{o}
}

func singleGroupRule(key string) func(*overlay, *resource) {
	return func(v *overlay, r *resource) {
		v.networkParts().addPermissions(r, v.id(r, "security_group_id"), key, v.networkParts().singleRule(r))
	}
}

func removeSingleGroupRule(key string) func(*overlay, *resource) {
	return func(v *overlay, r *resource) {
		v.networkParts().removePermissions(v.id(r, "security_group_id"), key, v.networkParts().singleRule(r))
	}
}

func removeGroupVPC(v *overlay, r *resource) {
	removeWhere(list(v.regionOf(r), "ec2", "SecurityGroupVpcAssociations"), func(x *jsontree.Node) bool {
		return x.Get("GroupId").Text() == v.id(r, "security_group_id") && x.Get("VpcId").Text() == v.id(r, "vpc_id")
	})
}

func groupVPC(v *overlay, r *resource) {
	l := list(v.regionOf(r), "ec2", "SecurityGroupVpcAssociations")
	if v.id(r, "security_group_id") == "" || v.id(r, "vpc_id") == "" {
		v.gap(r, "ec2", "DescribeSecurityGroupVpcAssociations", "", "security_group_id")
		return
	}
	l.Append(node(object{"GroupId": v.id(r, "security_group_id"), "VpcId": v.id(r, "vpc_id"), "State": "associated"}))
}
