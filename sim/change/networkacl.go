package change

import (
	"net/netip"
	"strconv"

	"github.com/canreach/canreach/internal/jsontree"
)

// Quotas of network ACL rules per direction: 20 unless raised, never above 40
// (rule N96b).
//
// AWS: https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
const (
	aclRulesDefault = 20
	aclRulesMost    = 40
)

func sameEntry(n *jsontree.Node, egress bool, number int) bool {
	got, ok := n.Get("RuleNumber").Int()
	return ok && got == number && n.Get("Egress").True() == egress
}

func findEntry(entries *jsontree.Node, egress bool, number int) int {
	for i, n := range entries.Elements() {
		if sameEntry(n, egress, number) {
			return i
		}
	}
	return -1
}

func createACLEntry(e *editor, p parameters) error {
	acl, entry, err := e.aclEntry(p)
	if err != nil {
		return err
	}
	egress, number := p.yes("Egress"), p.int("RuleNumber")
	entries := member(acl.Node, "Entries")
	if findEntry(entries, egress, number) >= 0 {
		return e.refuse("NetworkAclEntryAlreadyExists", "%s has %s rule %d already; replaceNetworkAclEntry changes it",
			p.text("NetworkAclId"), direction(egress), number)
	}
	at, rules := entries.Len(), 1
	for i, n := range entries.Elements() {
		if n.Get("Egress").True() != egress {
			continue
		}
		if other, _ := n.Get("RuleNumber").Int(); other > number && at == entries.Len() {
			at = i
		}
		if other, _ := n.Get("RuleNumber").Int(); other <= 32766 {
			rules++
		}
	}
	entries.InsertAt(at, entry)
	switch {
	case rules > aclRulesMost:
		return e.refuse("NetworkAclEntryLimitExceeded", "%s would have %d %s rules; the quota can't be raised above %d",
			p.text("NetworkAclId"), rules, direction(egress), aclRulesMost)
	case rules > aclRulesDefault:
		e.note("%s has %d %s rules: more than the %d that AWS allows unless the quota is raised.",
			p.text("NetworkAclId"), rules, direction(egress), aclRulesDefault)
	}
	return nil
}

func direction(egress bool) string {
	if egress {
		return "egress"
	}
	return "ingress"
}

func replaceACLEntry(e *editor, p parameters) error {
	acl, entry, err := e.aclEntry(p)
	if err != nil {
		return err
	}
	i := findEntry(acl.Get("Entries"), p.yes("Egress"), p.int("RuleNumber"))
	if i < 0 {
		return e.refuse("InvalidNetworkAclEntry.NotFound", "%s has no %s rule %d", p.text("NetworkAclId"), direction(p.yes("Egress")), p.int("RuleNumber"))
	}
	acl.Get("Entries").ReplaceAt(i, entry)
	return nil
}

func deleteACLEntry(e *editor, p parameters) error {
	acl, err := e.need(networkACLs, p.text("NetworkAclId"))
	if err != nil {
		return err
	}
	number := p.int("RuleNumber")
	if number > 32766 {
		return e.refuse("InvalidParameterValue", "rule %d is the final deny, which can't be deleted", number)
	}
	i := findEntry(acl.Get("Entries"), p.yes("Egress"), number)
	if i < 0 {
		return e.refuse("InvalidNetworkAclEntry.NotFound", "%s has no %s rule %d", p.text("NetworkAclId"), direction(p.yes("Egress")), number)
	}
	acl.Get("Entries").RemoveAt(i)
	return nil
}

// aclEntry checks the parameters of one rule and returns it as
// describe-network-acls prints it, members in AWS's order.
func (e *editor) aclEntry(p parameters) (found, *jsontree.Node, error) {
	acl, err := e.need(networkACLs, p.text("NetworkAclId"))
	if err != nil {
		return acl, nil, err
	}
	number := p.int("RuleNumber")
	if number < 1 || number > 32766 {
		return acl, nil, e.refuse("InvalidParameterValue", "rule number %d is not between 1 and 32766", number)
	}
	protocol, err := e.aclProtocol(p)
	if err != nil {
		return acl, nil, err
	}
	v4, v6, err := e.aclBlock(p)
	if err != nil {
		return acl, nil, err
	}
	var ports, icmp *jsontree.Node
	if (protocol == "6" || protocol == "17") && p.has("PortRange") {
		r := p.sub("PortRange")
		ports = jsontree.NewObject("From", r.int("From"), "To", r.int("To"))
	}
	if (protocol == "1" || protocol == "58") && p.has("IcmpTypeCode") {
		c := p.sub("IcmpTypeCode")
		icmp = jsontree.NewObject("Code", c.int("Code"), "Type", c.int("Type"))
	}
	return acl, jsontree.NewObject("CidrBlock", v4, "Egress", p.yes("Egress"), "IcmpTypeCode", icmp, "Ipv6CidrBlock", v6,
		"PortRange", ports, "Protocol", protocol, "RuleAction", p.text("RuleAction"), "RuleNumber", number), nil
}

func (e *editor) aclProtocol(p parameters) (string, error) {
	protocol := p.text("Protocol")
	for n, name := range protocolNames {
		if name == protocol && n != "all" {
			protocol = n
		}
	}
	if protocol == "all" {
		protocol = "-1"
	}
	if n, err := strconv.Atoi(protocol); err != nil || n < -1 || n > 255 {
		return "", e.refuse("InvalidParameterValue", "%q is not an IP protocol number", p.text("Protocol"))
	}
	switch {
	case (protocol == "6" || protocol == "17") && !p.has("PortRange"):
		return "", e.refuse("MissingParameter", "protocol %s takes portRange", protocol)
	case protocol == "6" || protocol == "17":
		r := p.sub("PortRange")
		if from, to := r.int("From"), r.int("To"); from < 0 || to > 65535 || from > to {
			return "", e.refuse("InvalidParameterValue", "invalid port range (%d:%d)", from, to)
		}
	case (protocol == "1" || protocol == "58") && !p.has("IcmpTypeCode"):
		return "", e.refuse("MissingParameter", "protocol %s takes icmpTypeCode", protocol)
	}
	return protocol, nil
}

// aclBlock returns the one CIDR block of a rule, host bits cleared as AWS does.
func (e *editor) aclBlock(p parameters) (v4, v6 *jsontree.Node, err error) {
	if p.has("CidrBlock") == p.has("Ipv6CidrBlock") {
		return nil, nil, e.refuse("InvalidParameterCombination", "a rule takes one of cidrBlock and ipv6CidrBlock")
	}
	name := "CidrBlock"
	if p.has("Ipv6CidrBlock") {
		name = "Ipv6CidrBlock"
	}
	c, perr := netip.ParsePrefix(p.text(name))
	if perr != nil || c.Addr().Is4() != (name == "CidrBlock") || c.Addr().Zone() != "" {
		return nil, nil, e.refuse("InvalidParameterValue", "%q is not a CIDR block for %s", p.text(name), name)
	}
	n := jsontree.NewString(c.Masked().String())
	if name == "CidrBlock" {
		return n, nil, nil
	}
	return nil, n, nil
}

func createACL(e *editor, p parameters) error {
	vpc, err := e.need(vpcs, p.text("VpcId"))
	if err != nil {
		return err
	}
	id, err := e.newID(networkACLs, "acl-")
	if err != nil {
		return err
	}
	entries := jsontree.NewArray()
	for _, egress := range []bool{true, false} {
		entries.Append(jsontree.NewObject("CidrBlock", "0.0.0.0/0", "Egress", egress, "Protocol", "-1", "RuleAction", "deny", "RuleNumber", 32767))
	}
	insertSorted(vpc.scope.collection(networkACLs.collection), jsontree.NewObject("Associations", jsontree.NewArray(), "Entries", entries,
		"IsDefault", false, "NetworkAclId", id, "OwnerId", vpc.scope.accountID(), "Tags", jsontree.NewArray(), "VpcId", p.text("VpcId")), "NetworkAclId")
	return nil
}

func deleteACL(e *editor, p parameters) error {
	acl, err := e.need(networkACLs, p.text("NetworkAclId"))
	switch {
	case err != nil:
		return err
	case acl.Get("IsDefault").True():
		return e.refuse("InvalidParameterValue", "%s is its VPC's default network ACL", p.text("NetworkAclId"))
	case acl.Get("Associations").Len() > 0:
		return e.refuse("DependencyViolation", "%s is associated with %s", p.text("NetworkAclId"), acl.Get("Associations").At(0).Get("SubnetId").Text())
	}
	acl.remove()
	return nil
}

func replaceACLAssociation(e *editor, p parameters) error {
	acl, err := e.need(networkACLs, p.text("NetworkAclId"))
	if err != nil {
		return err
	}
	old, i := e.association(networkACLs.collection, "NetworkAclAssociationId", p)
	if old.Node == nil {
		return e.refuse("InvalidAssociationID.NotFound", "no network ACL of the snapshot has the association %s", associationName(p))
	}
	subnet := old.Get("Associations").At(i).Get("SubnetId").Text()
	if old.Get("VpcId").Text() != acl.Get("VpcId").Text() {
		return e.refuse("InvalidParameterValue", "%s and %s belong to different networks", subnet, p.text("NetworkAclId"))
	}
	if old.Get("NetworkAclId").Text() == p.text("NetworkAclId") {
		e.note("%s was associated with %s already.", subnet, p.text("NetworkAclId")) // AWS: an idempotent operation
		return nil
	}
	old.Get("Associations").RemoveAt(i)
	insertSorted(member(acl.Node, "Associations"), jsontree.NewObject("NetworkAclAssociationId", e.partID("aclassoc-", subnet),
		"NetworkAclId", p.text("NetworkAclId"), "SubnetId", subnet), "SubnetId")
	return nil
}

// association finds an association by its id or, as people know that better,
// by its subnet.
func (e *editor) association(collection, idKey string, p parameters) (found, int) {
	var hit found
	at := -1
	e.each(collection, func(f found) bool {
		for i, a := range f.Get("Associations").Elements() {
			byID := p.has("AssociationId") && a.Get(idKey).Text() == p.text("AssociationId")
			bySubnet := p.has("SubnetId") && a.Get("SubnetId").Text() == p.text("SubnetId")
			if byID || bySubnet {
				hit, at = f, i
			}
		}
		return hit.Node == nil
	})
	return hit, at
}

func associationName(p parameters) string {
	if p.has("AssociationId") {
		return p.text("AssociationId")
	}
	return "of " + p.text("SubnetId")
}
