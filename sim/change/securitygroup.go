package change

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
)

// Quotas of security-group rules per direction and family: 60 unless raised,
// never above 1,000 (rule N92).
//
// AWS: https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
const (
	groupRulesDefault = 60
	groupRulesMost    = 1000
)

// remoteKinds are the lists of an IpPermission, each with the member that
// names the remote and the rule's own noun.
var remoteKinds = []struct{ list, key string }{
	{"IpRanges", "CidrIp"}, {"Ipv6Ranges", "CidrIpv6"}, {"PrefixListIds", "PrefixListId"}, {"UserIdGroupPairs", "GroupId"},
}

func authorize(direction string) func(*editor, parameters) error {
	return func(e *editor, p parameters) error {
		group, err := e.need(securityGroups, p.text("GroupId"))
		if err != nil {
			return err
		}
		if group.Get(direction).Kind() != jsontree.Array {
			return e.refuse("", "the snapshot does not hold %s of %s as describe-security-groups prints it; collect that", direction, p.text("GroupId"))
		}
		permissions := group.Get(direction)
		if len(p.items("IpPermissions")) == 0 {
			return e.refuse("MissingParameter", "ipPermissions names no rule")
		}
		for _, v := range p.items("IpPermissions") {
			if err := e.authorizeOne(group, permissions, parameters{v}); err != nil {
				return err
			}
		}
		return e.checkGroupRules(group, permissions)
	}
}

func (e *editor) authorizeOne(group found, permissions *jsontree.Node, p parameters) error {
	remotes, err := e.remotes(group, p)
	if err != nil {
		return err
	}
	perm, err := e.permission(permissions, p, true)
	if err != nil {
		return err
	}
	for _, r := range remotes {
		list := member(perm, r.list)
		if i := r.in(list); i >= 0 {
			return e.refuse("InvalidPermission.Duplicate", "%s has the rule for %s already", group.Get("GroupId").Text(), r.id)
		}
		list.Append(r.value)
	}
	return nil
}

func revoke(direction string) func(*editor, parameters) error {
	return func(e *editor, p parameters) error {
		group, err := e.need(securityGroups, p.text("GroupId"))
		if err != nil {
			return err
		}
		permissions := group.Get(direction)
		if len(p.items("IpPermissions")) == 0 {
			return e.refuse("MissingParameter", "ipPermissions names no rule")
		}
		for _, v := range p.items("IpPermissions") {
			if err := e.revokeOne(group, permissions, parameters{v}); err != nil {
				return err
			}
		}
		return nil
	}
}

func (e *editor) revokeOne(group found, permissions *jsontree.Node, p parameters) error {
	remotes, err := e.remotes(group, p)
	if err != nil {
		return err
	}
	perm, err := e.permission(permissions, p, false)
	if err != nil {
		return err
	}
	for _, r := range remotes {
		i := -1
		if perm != nil {
			i = r.in(perm.Get(r.list))
		}
		if i < 0 {
			return e.refuse("InvalidPermission.NotFound", "%s has no rule of this protocol and these ports for %s", group.Get("GroupId").Text(), r.id)
		}
		perm.Get(r.list).RemoveAt(i)
	}
	for _, k := range remoteKinds {
		if perm.Get(k.list).Len() > 0 {
			return nil
		}
	}
	for i, n := range permissions.Elements() {
		if n == perm {
			permissions.RemoveAt(i)
		}
	}
	return nil
}

// remote is one rule's other side.
type remote struct {
	list, key, id string
	value         *jsontree.Node
}

func (r remote) in(list *jsontree.Node) int {
	return slices.IndexFunc(list.Elements(), func(n *jsontree.Node) bool {
		return n.Get(r.key).Text() == r.id || canonicalCIDR(n.Get(r.key).Text()) == r.id
	})
}

// remotes reads and checks the remotes of one IpPermission parameter.
func (e *editor) remotes(group found, p parameters) ([]remote, error) {
	var out []remote
	for _, k := range remoteKinds {
		for _, v := range p.items(k.list) {
			r := remote{list: k.list, key: k.key}
			q := parameters{v}
			r.id = q.text(k.key)
			if err := e.checkRemote(group, &r, q); err != nil {
				return nil, err
			}
			r.value = fresh(v)
			r.value.Set(k.key, jsontree.NewString(r.id))
			if k.key == "GroupId" && !q.has("UserId") {
				r.value.Set("UserId", jsontree.NewString(group.Get("OwnerId").Text()))
			}
			out = append(out, r)
		}
	}
	if len(out) == 0 {
		return nil, e.refuse("MissingParameter", "a rule names no remote: ipRanges, ipv6Ranges, prefixListIds or userIdGroupPairs")
	}
	return out, nil
}

func (e *editor) checkRemote(group found, r *remote, p parameters) error {
	switch r.key {
	case "CidrIp", "CidrIpv6":
		want4 := r.key == "CidrIp"
		c, err := netip.ParsePrefix(r.id)
		if err != nil || c.Addr().Is4() != want4 || c.Addr().Zone() != "" {
			return e.refuse("InvalidParameterValue", "CIDR block %s is malformed", r.id)
		}
		r.id = c.Masked().String()
	case "PrefixListId":
		return e.needPrefixList(r.id)
	case "GroupId":
		other, ok := e.find(securityGroups.collection, "GroupId", r.id)
		if !ok && !p.has("UserId") {
			return e.absent("InvalidGroup.NotFound", "security group", r.id, e.ids(securityGroups))
		}
		if ok && other.Get("VpcId").Text() != group.Get("VpcId").Text() && !e.peered(other.Get("VpcId").Text(), group.Get("VpcId").Text()) {
			return e.refuse("InvalidGroup.NotFound", "%s belongs to %s, which is neither the VPC of %s nor peered with it",
				r.id, other.Get("VpcId").Text(), group.Get("GroupId").Text())
		}
	}
	return nil
}

// needPrefixList refuses a prefix list that the snapshot knows not to exist.
func (e *editor) needPrefixList(id string) error {
	collected := false
	for _, s := range e.regions() {
		collected = collected || s.region.Get("ec2").Get(prefixLists.collection) != nil || s.region.Get("ec2").Get(managedLists.collection) != nil
	}
	for _, k := range []ec2Kind{prefixLists, managedLists} {
		if _, ok := e.find(k.collection, k.idKey, id); ok {
			return nil
		}
	}
	if collected {
		return e.absent("InvalidPrefixListID.NotFound", "prefix list", id, e.ids(prefixLists, managedLists))
	}
	e.note("The snapshot holds no prefix lists: that %s exists is taken on trust.", id)
	return nil
}

func (e *editor) peered(a, b string) bool {
	hit := false
	e.each(peerings.collection, func(f found) bool {
		x, y := f.Get("RequesterVpcInfo").Get("VpcId").Text(), f.Get("AccepterVpcInfo").Get("VpcId").Text()
		hit = hit || f.Get("Status").Get("Code").Text() == "active" && (x == a && y == b || x == b && y == a)
		return !hit
	})
	return hit
}

// permission finds the IpPermission of the same protocol and ports, as AWS
// groups rules by these, or makes it.
func (e *editor) permission(permissions *jsontree.Node, p parameters, make bool) (*jsontree.Node, error) {
	protocol, from, to, err := e.protocolAndPorts(p)
	if err != nil {
		return nil, err
	}
	for _, n := range permissions.Elements() {
		if protocolName(n.Get("IpProtocol").Text()) != protocol {
			continue
		}
		f, hasFrom := n.Get("FromPort").Int()
		t, hasTo := n.Get("ToPort").Int()
		if protocol == "-1" || from == nil && !hasFrom && !hasTo || from != nil && hasFrom && hasTo && *from == f && *to == t {
			return n, nil
		}
	}
	if !make {
		return nil, nil
	}
	var first, last *jsontree.Node
	if from != nil {
		first, last = jsontree.NewInt(*from), jsontree.NewInt(*to)
	}
	n := jsontree.NewObject("FromPort", first, "IpProtocol", protocol, "IpRanges", jsontree.NewArray(), "Ipv6Ranges", jsontree.NewArray(),
		"PrefixListIds", jsontree.NewArray(), "ToPort", last, "UserIdGroupPairs", jsontree.NewArray())
	permissions.Append(n)
	return n, nil
}

var protocolNames = map[string]string{"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}

// protocolName returns a protocol as describe-security-groups spells it.
func protocolName(s string) string {
	s = strings.ToLower(s)
	if n, ok := protocolNames[s]; ok {
		return n
	}
	return s
}

func (e *editor) protocolAndPorts(p parameters) (protocol string, from, to *int, err error) {
	protocol = protocolName(p.text("IpProtocol"))
	switch protocol {
	case "-1":
		return protocol, nil, nil, nil
	case "tcp", "udp", "icmp", "icmpv6":
	default:
		if n, err := strconv.Atoi(protocol); err != nil || n < 0 || n > 255 {
			return "", nil, nil, e.refuse("InvalidParameterValue", "invalid value %q for IP protocol", p.text("IpProtocol"))
		}
		return protocol, nil, nil, nil
	}
	if !p.has("FromPort") || !p.has("ToPort") {
		if protocol == "icmpv6" {
			return protocol, nil, nil, nil
		}
		return "", nil, nil, e.refuse("MissingParameter", "protocol %s takes fromPort and toPort", protocol)
	}
	f, t := p.int("FromPort"), p.int("ToPort")
	if (protocol == "tcp" || protocol == "udp") && (f < 0 || t > 65535 || f > t) {
		return "", nil, nil, e.refuse("InvalidParameterValue", "invalid TCP/UDP port range (%d:%d)", f, t)
	}
	return protocol, &f, &t, nil
}

func (e *editor) checkGroupRules(group found, permissions *jsontree.Node) error {
	count := map[string]int{}
	for _, p := range permissions.Elements() {
		for _, k := range remoteKinds {
			count[k.list] += p.Get(k.list).Len()
		}
	}
	rules := max(count["IpRanges"], count["Ipv6Ranges"]) + count["PrefixListIds"] + count["UserIdGroupPairs"]
	switch id := group.Get("GroupId").Text(); {
	case rules > groupRulesMost:
		return e.refuse("RulesPerSecurityGroupLimitExceeded", "%s would have %d rules; the quota can't be raised above %d", id, rules, groupRulesMost)
	case rules > groupRulesDefault:
		e.note("%s has %d rules in one direction: more than the %d that AWS allows unless the quota is raised.", id, rules, groupRulesDefault)
	}
	return nil
}

// canonicalCIDR clears host bits (rule N13); text that is no CIDR stays.
func canonicalCIDR(s string) string {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked().String()
	}
	return s
}

func createSecurityGroup(e *editor, p parameters) error {
	vpc, err := e.need(vpcs, p.text("VpcId"))
	if err != nil {
		return err
	}
	id, err := e.newID(securityGroups, "sg-")
	if err != nil {
		return err
	}
	if name := strings.ToLower(p.text("GroupName")); name == "default" || strings.HasPrefix(name, "sg-") {
		return e.refuse("InvalidParameterValue", "%q is a reserved name of a security group", p.text("GroupName"))
	}
	duplicate := false
	e.each(securityGroups.collection, func(f found) bool {
		duplicate = duplicate || f.Get("VpcId").Text() == p.text("VpcId") && f.Get("GroupName").Text() == p.text("GroupName")
		return !duplicate
	})
	if duplicate {
		return e.refuse("InvalidGroup.Duplicate", "%s has a security group named %q already", p.text("VpcId"), p.text("GroupName"))
	}
	// A new group lets everything out: a rule, and it can be revoked (rule N79).
	all := jsontree.NewObject("IpProtocol", "-1", "IpRanges", jsontree.NewArray(jsontree.NewObject("CidrIp", "0.0.0.0/0")),
		"Ipv6Ranges", jsontree.NewArray(), "PrefixListIds", jsontree.NewArray(), "UserIdGroupPairs", jsontree.NewArray())
	group := jsontree.NewObject("Description", p.text("Description"), "GroupId", id, "GroupName", p.text("GroupName"),
		"IpPermissions", jsontree.NewArray(), "IpPermissionsEgress", jsontree.NewArray(all),
		"OwnerId", vpc.scope.accountID(), "VpcId", p.text("VpcId"))
	insertSorted(vpc.scope.collection(securityGroups.collection), group, "GroupId")
	return nil
}

func deleteSecurityGroup(e *editor, p parameters) error {
	id := p.text("GroupId")
	group, err := e.need(securityGroups, id)
	if err != nil {
		return err
	}
	if group.Get("GroupName").Text() == "default" {
		return e.refuse("CannotDelete", "%s is its VPC's default security group", id)
	}
	user := ""
	e.each(interfaces.collection, func(f found) bool {
		for _, g := range f.Get("Groups").Elements() {
			if g.Get("GroupId").Text() == id {
				user = f.Get("NetworkInterfaceId").Text()
			}
		}
		return user == ""
	})
	e.each(securityGroups.collection, func(f found) bool {
		if f.Get("GroupId").Text() != id && user == "" && refersTo(f.Node, id) {
			user = f.Get("GroupId").Text()
		}
		return user == ""
	})
	if user != "" {
		return e.refuse("DependencyViolation", "%s is in use by %s", id, user)
	}
	group.remove()
	return nil
}

func refersTo(group *jsontree.Node, id string) bool {
	for _, direction := range []string{"IpPermissions", "IpPermissionsEgress"} {
		for _, p := range group.Get(direction).Elements() {
			for _, g := range p.Get("UserIdGroupPairs").Elements() {
				if g.Get("GroupId").Text() == id {
					return true
				}
			}
		}
	}
	return false
}

func modifyInterface(e *editor, p parameters) error {
	eni, err := e.need(interfaces, p.text("NetworkInterfaceId"))
	if err != nil {
		return err
	}
	if p.has("Groups") && p.has("SourceDestCheck") {
		return e.refuse("InvalidParameterCombination", "one attribute at a time: groups or sourceDestCheck")
	}
	if p.has("Groups") {
		groups := jsontree.NewArray()
		for _, id := range p.texts("Groups") {
			g, err := e.need(securityGroups, id)
			if err != nil {
				return err
			}
			if g.Get("VpcId").Text() != eni.Get("VpcId").Text() {
				return e.refuse("InvalidGroup.NotFound", "%s belongs to %s, the interface to %s", id, g.Get("VpcId").Text(), eni.Get("VpcId").Text())
			}
			groups.Append(jsontree.NewObject("GroupId", id, "GroupName", g.Get("GroupName").Text()))
		}
		if groups.Len() == 0 || groups.Len() > 16 {
			return e.refuse("InvalidParameterValue", "an interface has 1 to 16 security groups, not %d", groups.Len())
		}
		eni.Set("Groups", groups)
	}
	if p.has("SourceDestCheck") {
		eni.Set("SourceDestCheck", jsontree.NewBool(p.sub("SourceDestCheck").yes("Value")))
	}
	return nil
}

// permissionShape is AWS's IpPermission.
var permissionShape = structure(
	req("IpProtocol", text, "tcp, udp, icmp, icmpv6, a number, or -1 for all"),
	opt("FromPort", number, "first port, or the ICMP type"),
	opt("ToPort", number, "last port, or the ICMP code"),
	opt("IpRanges", list(structure(req("CidrIp", text, ""), opt("Description", text, ""))), "IPv4 CIDR blocks"),
	opt("Ipv6Ranges", list(structure(req("CidrIpv6", text, ""), opt("Description", text, ""))), "IPv6 CIDR blocks"),
	opt("PrefixListIds", list(structure(req("PrefixListId", text, ""), opt("Description", text, ""))), "prefix lists"),
	opt("UserIdGroupPairs", list(structure(req("GroupId", text, ""), opt("UserId", text, ""), opt("VpcId", text, ""),
		opt("VpcPeeringConnectionId", text, ""), opt("Description", text, ""))), "security groups"),
)
