package plan

import (
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
)

func aclAllow(number int, egress bool) object {
	return object{"RuleNumber": number, "Protocol": "-1", "RuleAction": "allow", "Egress": egress, "CidrBlock": "0.0.0.0/0"}
}

// aclRest is the last entry of every network ACL.
func aclRest(egress bool) object {
	return object{"RuleNumber": 32767, "Protocol": "-1", "RuleAction": "deny", "Egress": egress, "CidrBlock": "0.0.0.0/0"}
}

func networkACL(v *overlay, r *resource, o object) {
	id := v.idOf(r)
	if r.created() {
		o["IsDefault"], o["Associations"] = false, []object{}
	}
	v.networkParts().inlineEntries(r, o)
	if r.manages("subnet_ids") {
		subnets, whole := v.ids(r, "subnet_ids")
		if !whole {
			v.gap(r, "ec2", "DescribeNetworkAcls", id, "subnet_ids")
		}
		vpc := v.id(r, "vpc_id")
		v.late = append(v.late, func() {
			if !whole {
				v.networkParts().noACL(vpc)
			}
			for _, s := range subnets {
				v.networkParts().associateACL(id, s)
			}
		})
	}
}

// inlineEntries writes the ingress and egress blocks of a network ACL. Blocks
// that the configuration leaves out are not managed by it.
func (v networkParts) inlineEntries(r *resource, o object) {
	if !r.created() && !r.configured("ingress") && !r.configured("egress") {
		return
	}
	entries := []object{}
	for _, side := range []string{"ingress", "egress"} {
		for i := range r.blocks(side) {
			e := object{"Egress": side == "egress"}
			v.aclEntry(r, e, []any{side, i}, "rule_no", "action")
			entries = append(entries, e)
		}
		if _, known := r.get(side); !known && r.configured(side) {
			v.gap(r, "ec2", "DescribeNetworkAcls", v.idOf(r), side)
		}
	}
	o["Entries"] = append(entries, aclRest(false), aclRest(true))
}

func (v networkParts) aclEntry(r *resource, e object, at []any, number, action string) {
	path := func(attr string) []any { return append(append([]any{}, at...), attr) }
	if n, known := r.get(path(number)...); known {
		e["RuleNumber"] = n
	} else {
		e["KnownAfterApply"] = r.place(path(number)...)
	}
	e["Protocol"] = protocolNumber(r.text(path("protocol")...))
	v.rule(r, e, "RuleAction", plain, path(action)...)
	if r.text(path("ipv6_cidr_block")...) != "" {
		v.rule(r, e, "Ipv6CidrBlock", plain, path("ipv6_cidr_block")...)
	} else {
		v.rule(r, e, "CidrBlock", plain, path("cidr_block")...)
		if e["CidrBlock"] == nil && e["KnownAfterApply"] != nil {
			e["CidrBlock"] = "0.0.0.0/0" // at most
		}
	}
	from, _ := r.get(path("from_port")...)
	to, _ := r.get(path("to_port")...)
	switch e["Protocol"] {
	case "6", "17":
		e["PortRange"] = object{"From": from, "To": to}
	case "1", "58":
		e["IcmpTypeCode"] = object{"Type": orMinusOne(r, path("icmp_type")), "Code": orMinusOne(r, path("icmp_code"))}
	}
}

func orMinusOne(r *resource, path []any) any {
	if n, known := r.get(path...); known && n != nil {
		return n
	}
	return -1
}

var protocolNumbers = map[string]string{"all": "-1", "icmp": "1", "tcp": "6", "udp": "17", "icmpv6": "58"}

func protocolNumber(word string) string {
	if n, ok := protocolNumbers[strings.ToLower(word)]; ok {
		return n
	}
	return word
}

func (v networkParts) acl(id string) *jsontree.Node {
	return v.within("ec2", "NetworkAcls", "NetworkAclId", id)
}

// defaultNetworkACL: Terraform adopts the VPC's default ACL and removes the
// entries that the configuration does not list.
func defaultNetworkACL(v *overlay, r *resource) {
	id := orText(v.id(r, "default_network_acl_id"), r.text("id"))
	n := v.networkParts().acl(id)
	if n == nil {
		n = v.adopt(r, "NetworkAcls", "NetworkAclId", id, object{"IsDefault": true, "Associations": []object{}})
		subnets, _ := v.ids(r, "subnet_ids")
		v.late = append(v.late, func() {
			for _, s := range subnets {
				v.networkParts().associateACL(id, s)
			}
		})
	} else if v.places[id] = r.address; r.unchanged() {
		return
	}
	if n == nil {
		return
	}
	o := object{}
	v.networkParts().inlineEntries(r, o)
	if o["Entries"] == nil {
		o["Entries"] = []object{aclRest(false), aclRest(true)}
	}
	n.Set("Entries", node(o["Entries"]))
}

func aclRule(v *overlay, r *resource) {
	id := v.id(r, "network_acl_id")
	n := v.networkParts().acl(id)
	egress, _ := r.get("egress")
	e := object{"Egress": egress == true}
	v.networkParts().aclEntry(r, e, nil, "rule_number", "rule_action")
	if n == nil {
		v.note("%s: its network ACL is not in the snapshot", r.address)
		if id == "" {
			v.mayAdd(v.candidates("aws_network_acl", "NetworkAcls", "NetworkAclId"), "Entries", e, r.place("network_acl_id"))
		}
		return
	}
	putUnique(list(n, "Entries"), e, "RuleNumber", "Egress")
}

func removeACLRule(v *overlay, r *resource) {
	n := v.networkParts().acl(v.id(r, "network_acl_id"))
	if n == nil {
		return
	}
	number, egress := r.text("rule_number"), r.text("egress")
	removeWhere(n.Get("Entries"), func(e *jsontree.Node) bool {
		return string(e.Get("RuleNumber").Raw()) == number && string(e.Get("Egress").Raw()) == egress
	})
}

// removeWhere removes the items of a list that match.
func removeWhere(l *jsontree.Node, match func(*jsontree.Node) bool) {
	if l == nil {
		return
	}
	for i := l.Len() - 1; i >= 0; i-- {
		if match(l.At(i)) {
			l.RemoveAt(i)
		}
	}
}

func aclAssociation(v *overlay, r *resource) {
	acl, subnet := v.id(r, "network_acl_id"), v.id(r, "subnet_id")
	v.late = append(v.late, func() { v.networkParts().associateACL(acl, subnet) })
}

// removeACLAssociation gives the subnet back to its VPC's default ACL.
func removeACLAssociation(v *overlay, r *resource) {
	v.networkParts().backToDefault(v.networkParts().acl(v.id(r, "network_acl_id")), v.id(r, "subnet_id"))
}

func (v networkParts) backToDefault(acl *jsontree.Node, subnet string) {
	if acl == nil || subnet == "" {
		return
	}
	removeWhere(acl.Get("Associations"), func(x *jsontree.Node) bool { return x.Get("SubnetId").Text() == subnet })
	v.defaultACL(acl.Get("VpcId").Text(), subnet)
}

// aclRow removes an ACL after its subnets have gone back to the default one.
func aclRow(w row) row {
	remove := w.remove
	w.remove = func(v *overlay, r *resource) {
		n := v.networkParts().acl(v.idOf(r))
		for _, a := range n.Get("Associations").Elements() {
			v.networkParts().backToDefault(n, a.Get("SubnetId").Text())
		}
		remove(v, r)
	}
	return w
}

// associateACL moves a subnet to a network ACL: a subnet has one.
func (v networkParts) associateACL(id, subnet string) {
	n := v.acl(id)
	if n == nil || subnet == "" {
		return
	}
	v.each("NetworkAcls", func(a *jsontree.Node) {
		removeWhere(a.Get("Associations"), func(x *jsontree.Node) bool { return x.Get("SubnetId").Text() == subnet })
	})
	list(n, "Associations").Append(node(object{"NetworkAclId": id, "SubnetId": subnet, "NetworkAclAssociationId": id + "." + subnet}))
}

// noACL takes the subnets of a VPC from their ACLs: which one they have is known
// after apply only.
func (v networkParts) noACL(vpc string) {
	v.each("NetworkAcls", func(a *jsontree.Node) {
		if a.Get("VpcId").Text() == vpc {
			a.Set("Associations", jsontree.NewArray())
		}
	})
}

// defaultACL gives a new subnet the default ACL of its VPC, unless another ACL
// takes it.
func (v networkParts) defaultACL(vpc, subnet string) {
	id, taken := "", false
	v.each("NetworkAcls", func(a *jsontree.Node) {
		if a.Get("VpcId").Text() == vpc && a.Get("IsDefault").True() {
			id = a.Get("NetworkAclId").Text()
		}
		for _, x := range a.Get("Associations").Elements() {
			taken = taken || x.Get("SubnetId").Text() == subnet
		}
	})
	if !taken {
		v.associateACL(id, subnet)
	}
}
