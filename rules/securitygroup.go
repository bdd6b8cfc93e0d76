package rules

import (
	"fmt"
	"net/netip"

	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// Direction of traffic as a component sees it.
type Direction bool

// The two directions.
const (
	Outbound Direction = false
	Inbound  Direction = true
)

// String returns the EC2 API's word.
func (d Direction) String() string {
	if d == Inbound {
		return "inbound"
	}
	return "outbound"
}

// Permissions returns the rules of g in one direction, and whether they are
// in the snapshot at all (N79).
func Permissions(g *snapshot.SecurityGroup, d Direction) (rules []snapshot.Permission, known bool) {
	if d == Inbound {
		return g.Ingress, g.IngressKnown
	}
	return g.Egress, g.EgressKnown
}

// PermittedByGroups reports what an interface with all of groups lets through
// in direction d: the union of their rules, and nothing else (N78). A nil
// group is one that the snapshot lacks. The zero Filter of no groups denies.
//
// AWS: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
func PermittedByGroups(groups []*snapshot.SecurityGroup, ids []snapshot.SecurityGroupID, d Direction, t *Traffic) Filter {
	f := Filter{}
	var sum Match
	for i, g := range groups {
		m, needs, odd := groupMatch(g, ids[i], d, t)
		sum = t.or(sum, m)
		f.Needs = append(f.Needs, needs...)
		f.Odd = append(f.Odd, odd...)
	}
	f.Permit = sum.Yes
	f.Deny = t.Space.Diff(t.Space.Diff(t.Cases, sum.Yes), sum.Maybe)
	if sum.Maybe == packetset.None {
		f.Needs = nil
	}
	return f
}

func groupMatch(g *snapshot.SecurityGroup, id snapshot.SecurityGroupID, d Direction, t *Traffic) (Match, []Need, []Oddity) {
	if g == nil {
		n := Need{Code: finding.UnknownSG, Component: string(id), Fact: "the rules of security group " + string(id),
			Collect: "aws ec2 describe-security-groups --group-ids " + string(id)}
		return Match{Maybe: t.Cases, Why: n}, []Need{n}, nil
	}
	perms, known := Permissions(g, d)
	if !known {
		n := Need{Code: finding.UnknownSG, Component: string(g.ID), At: g.At, Fact: fmt.Sprintf("the %s rules of security group %s", d, g.ID),
			Collect: "aws ec2 describe-security-groups --group-ids " + string(g.ID)}
		return Match{Maybe: t.Cases, Why: n}, []Need{n}, nil
	}
	var sum Match
	var needs []Need
	var odd []Oddity
	for i := range perms {
		m, o := permissionMatch(&perms[i], g, t)
		if m.Maybe != packetset.None {
			needs = append(needs, m.Why)
		}
		sum = t.or(sum, m)
		if o != nil {
			odd = append(odd, *o)
		}
	}
	return sum, needs, odd
}

// permissionMatch is the cases that one rule admits.
func permissionMatch(p *snapshot.Permission, g *snapshot.SecurityGroup, t *Traffic) (Match, *Oddity) {
	from, to, speaks, sure := permissionPorts(p, t.Protocol)
	if !speaks {
		return Match{}, nil
	}
	ports := t.Space.And(t.Ports(from, to), t.Cases)
	if ports == packetset.None {
		return Match{}, nil
	}
	m := remotesMatch(p, t)
	if p.Incomplete {
		m = t.or(m, Match{Maybe: ports, Why: Need{Code: finding.UnknownSG, Component: string(g.ID), At: p.At,
			Fact: "whom a rule of security group " + string(g.ID) + " is about: a part that AWS always sends is missing"}})
	}
	m = t.and(m, ports)
	if !sure || len(p.UnknownFields) > 0 {
		m = t.leaveOpen(m, Need{Code: finding.UnknownSG, Component: string(g.ID), At: p.At,
			Fact: "what a rule of security group " + string(g.ID) + " admits that has a protocol or a member not known here"})
	}
	return m, portOddity(p, g)
}

func remotesMatch(p *snapshot.Permission, t *Traffic) Match {
	var m Match
	yes := make([]packetset.Set, 0, len(p.Ranges))
	for _, r := range p.Ranges {
		n := t.Remote(r.CIDR)
		if n.Yes != packetset.None {
			yes = append(yes, n.Yes)
		}
		if n.Maybe != packetset.None {
			m = t.or(m, Match{Maybe: n.Maybe, Why: n.Why})
		}
	}
	m = t.or(m, Match{Yes: t.Space.Union(yes...)})
	for _, l := range p.PrefixLists {
		m = t.or(m, t.List(l.List))
	}
	for _, g := range p.Groups {
		m = t.or(m, t.Group(g))
	}
	return m.within(t)
}

// permissionPorts is matchedPorts of a rule: a group has the ICMP type and code
// where it has the ports of other protocols.
func permissionPorts(p *snapshot.Permission, protocol int) (from, to int, speaks, sure bool) {
	bounds := [2]*int{p.FromPort, p.ToPort}
	return matchedPorts(p.Protocol, protocol, bounds, bounds)
}

// portOddity tells of absent bounds, which are read as every port, and of
// bounds that match nothing (N82).
func portOddity(p *snapshot.Permission, g *snapshot.SecurityGroup) *Oddity {
	n, ok := ProtocolNumber(p.Protocol)
	if !ok || !hasPorts(n) {
		return nil
	}
	switch {
	case p.FromPort == nil || p.ToPort == nil || *p.FromPort == -1 || *p.ToPort == -1:
		return &Oddity{Group: g.ID, At: p.At, Message: fmt.Sprintf("A rule of %s has no port range; it is read as every port.", g.ID)}
	case *p.FromPort > *p.ToPort:
		return &Oddity{Group: g.ID, At: p.At, Message: fmt.Sprintf("A rule of %s has the port range %d to %d, which matches nothing.", g.ID, *p.FromPort, *p.ToPort)}
	}
	return nil
}

// GroupPacket is one packet as a security group sees it.
type GroupPacket struct {
	Remote   netip.Addr
	Protocol int
	Port     int // destination port, or ICMPPort
	// InList and InGroup report whether the remote is in a prefix list, or is
	// an interface that carries a group.
	InList  func(snapshot.PrefixListID) bool
	InGroup func(snapshot.GroupReference) bool
}

// DecideGroups reports whether some rule of groups admits p, and which: its
// group's and its own position. It is the plain twin of PermittedByGroups for
// snapshots that lack nothing.
func DecideGroups(groups []*snapshot.SecurityGroup, d Direction, p GroupPacket) (group, rule int, ok bool) {
	for i, g := range groups {
		if g == nil {
			continue
		}
		perms, _ := Permissions(g, d)
		for j := range perms {
			if admits(&perms[j], p) {
				return i, j, true
			}
		}
	}
	return 0, 0, false
}

func admits(r *snapshot.Permission, p GroupPacket) bool {
	from, to, speaks, sure := permissionPorts(r, p.Protocol)
	if !speaks || !sure || p.Port < from || p.Port > to {
		return false
	}
	for _, c := range r.Ranges {
		if c.CIDR.IsValid() && c.CIDR.Masked().Contains(p.Remote) {
			return true
		}
	}
	for _, l := range r.PrefixLists {
		if p.InList != nil && p.InList(l.List) {
			return true
		}
	}
	for _, g := range r.Groups {
		if p.InGroup != nil && p.InGroup(g) {
			return true
		}
	}
	return false
}
