package concrete

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/canreach/canreach/snapshot"
)

// remote is the other end of a flow as a filter sees it.
type remote struct {
	addr netip.Addr
	// memberOf is set where the address is known as a list's only (N33).
	memberOf snapshot.PrefixListID
	// groups are those of the interface at the other end, where security-group
	// references hold on the way between (N83); nil otherwise.
	groups []snapshot.SecurityGroupID
}

// groupsPermit decides whether the groups admit a flow with the remote end
// and the server's port: the union of their rules (N78).
func (e *Evaluator) groupsPermit(ids []snapshot.SecurityGroupID, inbound bool, protocol, port int, far remote) (Outcome, string) {
	missing := ""
	for _, id := range ids {
		g := find(e, func(r *snapshot.Region) []snapshot.SecurityGroup { return r.EC2.SecurityGroups.Items },
			func(g *snapshot.SecurityGroup) bool { return g.ID == id })
		if g == nil {
			missing = "group " + string(id) + " is not in the snapshot"
			continue
		}
		perms, known := g.Egress, g.EgressKnown
		if inbound {
			perms, known = g.Ingress, g.IngressKnown
		}
		if !known {
			missing = "the rules of " + string(id) + " were not collected"
			continue
		}
		for i := range perms {
			switch e.permissionMatches(&perms[i], protocol, port, far) {
			case Passes:
				return Passes, fmt.Sprintf("rule %d of %s", i, id)
			case Unknown:
				missing = fmt.Sprintf("what rule %d of %s covers", i, id)
			}
		}
	}
	if missing != "" {
		return Unknown, missing
	}
	return Blocks, "no rule of any group matches"
}

// permissionMatches: Passes means that the rule admits the flow, Blocks that it does not.
func (e *Evaluator) permissionMatches(p *snapshot.Permission, protocol, port int, far remote) Outcome {
	if len(p.UnknownFields) > 0 {
		return Unknown
	}
	if !permissionCovers(p, protocol, port) {
		return Blocks
	}
	result := Blocks
	for _, r := range p.Ranges {
		result = either(result, cidrHolds(r.CIDR, far))
	}
	for _, l := range p.PrefixLists {
		result = either(result, e.listHolds(l.List, far))
	}
	for _, g := range p.Groups {
		if slices.Contains(far.groups, g.Group) {
			result = Passes
		}
	}
	return result
}

// either is Kleene's or, with Passes as true.
func either(a, b Outcome) Outcome {
	switch {
	case a == Passes || b == Passes:
		return Passes
	case a == Unknown || b == Unknown:
		return Unknown
	}
	return Blocks
}

// cidrHolds decides whether a block holds the remote address. An address
// known as a list's only is public and in no block that is longer than /8 for
// certain (N33).
func cidrHolds(block netip.Prefix, far remote) Outcome {
	if far.memberOf != "" {
		if strings.HasPrefix(string(far.memberOf), string(Synthesised)) {
			return synthesisedHolds(block)
		}
		switch {
		case block.Addr().Is6() != far.addr.Is6():
			return Blocks
		case block.Bits() == 0:
			return Passes
		case notPublic(block):
			return Blocks
		}
		return Unknown
	}
	if block.Contains(far.addr) {
		return Passes
	}
	return Blocks
}

// listExcludes tells what is in none of AWS's lists but one: every entry is
// public (N33, N75), and no two services share any (N32).
func (e *Evaluator) listExcludes(l *snapshot.PrefixList, far remote) bool {
	switch {
	case !is(l.OwnerID, "AWS"):
		return false
	case far.memberOf != "":
		return true // of another list
	case far.addr.IsPrivate(), nat64.Contains(far.addr), inside(far.addr, examples...):
		return true
	}
	return find(e, func(r *snapshot.Region) []snapshot.PrefixList { return r.EC2.PrefixLists.Items }, func(o *snapshot.PrefixList) bool {
		return o.ID != l.ID && is(o.OwnerID, "AWS") && slices.ContainsFunc(o.Entries, func(c snapshot.PrefixListEntry) bool { return c.CIDR.Contains(far.addr) })
	}) != nil
}

// inNoList tells addresses that none of AWS's lists in the snapshot has: those
// of another Region, of a family whose list is missing, or synthesised ones.
func inNoList(member snapshot.PrefixListID) bool {
	return member == Elsewhere || member == ElsewhereV6 || strings.HasPrefix(string(member), string(Synthesised))
}

// notPublic reports whether a block is in space that is not on the internet.
func notPublic(b netip.Prefix) bool {
	return b.Addr().IsPrivate() || inside(b.Addr(), sharedSpace, nat64, documentation) && b.Bits() >= 10
}

// examples are the blocks set aside for documentation, which no service answers from.
var examples = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), documentation}

var documentation = netip.MustParsePrefix("2001:db8::/32")

// synthesisedHolds decides whether a block holds an address in 64:ff9b::/96
// with a public IPv4 address that is not known (N109).
func synthesisedHolds(block netip.Prefix) Outcome {
	switch {
	case !block.Addr().Is6():
		return Blocks
	case block.Bits() <= nat64.Bits():
		if block.Contains(nat64.Addr()) {
			return Passes
		}
		return Blocks
	case !nat64.Contains(block.Addr()):
		return Blocks
	}
	return cidrHolds(netip.PrefixFrom(embedded(block.Addr()), block.Bits()-96), remote{addr: standIn, memberOf: Elsewhere})
}

func embedded(a netip.Addr) netip.Addr {
	b := a.As16()
	return netip.AddrFrom4([4]byte(b[12:]))
}

func (e *Evaluator) listHolds(id snapshot.PrefixListID, far remote) Outcome {
	if far.memberOf == id {
		return Passes
	}
	l := e.prefixList(id)
	if l != nil && is(l.OwnerID, "AWS") && inNoList(far.memberOf) {
		return Blocks // N41
	}
	if l == nil || !l.EntriesKnown {
		if far.addr.Is6() && l != nil && is(l.Family, "IPv4") {
			return Blocks
		}
		if l != nil && e.listExcludes(l, far) {
			return Blocks
		}
		return Unknown
	}
	result := Blocks
	for _, entry := range l.Entries {
		result = either(result, cidrHolds(entry.CIDR, far))
	}
	return result
}

// permissionCovers compares protocol and port (N81, N82).
func permissionCovers(p *snapshot.Permission, protocol, port int) bool {
	switch word := strings.ToLower(p.Protocol); word {
	case "-1":
		return true
	case "tcp", "6":
		return protocol == 6 && covers(p, port)
	case "udp", "17":
		return protocol == 17 && covers(p, port)
	case "icmp", "1", "icmpv6", "58":
		return false // this package sends TCP and UDP
	default:
		n, err := strconv.Atoi(word)
		return err == nil && n == protocol
	}
}

func covers(p *snapshot.Permission, port int) bool {
	from, to := 0, 65535
	if p.FromPort != nil && *p.FromPort != -1 {
		from = *p.FromPort
	}
	if p.ToPort != nil && *p.ToPort != -1 {
		to = *p.ToPort
	}
	return from <= port && port <= to
}

// acl finds the network ACL of a subnet (N93), or nil where the snapshot does
// not tell it, or tells two.
func (e *Evaluator) acl(s *snapshot.Subnet) *snapshot.NetworkACL {
	all := func(r *snapshot.Region) []snapshot.NetworkACL { return r.EC2.NetworkACLs.Items }
	own := find(e, all, func(a *snapshot.NetworkACL) bool { return slices.Contains(a.Subnets, s.ID) })
	if own != nil {
		if find(e, all, func(a *snapshot.NetworkACL) bool { return a.ID != own.ID && slices.Contains(a.Subnets, s.ID) }) != nil {
			return nil
		}
		return own
	}
	return nil
}

// aclPermits sends one packet through a subnet's ACL. far is the packet's
// source inbound and its destination outbound; port its destination port.
func (e *Evaluator) aclPermits(s *snapshot.Subnet, inbound bool, protocol, port int, far remote) (string, Outcome, string) {
	a := e.acl(s)
	if a == nil || !a.EntriesKnown {
		return "network ACL of " + string(s.ID), Unknown, "not in the snapshot"
	}
	entries := slices.Clone(a.Entries)
	slices.SortFunc(entries, func(x, y snapshot.ACLEntry) int { return x.RuleNumber - y.RuleNumber })
	doubt := false
	decided := Unknown // what a doubtful entry and those after it would do, if they agree
	for _, n := range entries {
		if n.Egress == inbound || !entryCovers(&n, protocol, port) {
			continue
		}
		match := cidrHolds(n.CIDR, far)
		if match == Blocks {
			continue
		}
		does := Blocks
		if n.Allow {
			does = Passes
		}
		if doubt && does != decided {
			return string(a.ID), Unknown, "which entry matches first"
		}
		if slices.ContainsFunc(entries, func(o snapshot.ACLEntry) bool {
			return o.RuleNumber == n.RuleNumber && o.Egress == n.Egress && o.Allow != n.Allow && entryCovers(&o, protocol, port) && cidrHolds(o.CIDR, far) != Blocks
		}) {
			return string(a.ID), Unknown, "which of two entries of one number is real"
		}
		if match == Passes {
			return string(a.ID), does, fmt.Sprintf("entry %d", n.RuleNumber)
		}
		doubt, decided = true, does
	}
	if doubt && decided != Blocks {
		return string(a.ID), Unknown, "which entry matches first"
	}
	return string(a.ID), Blocks, "no entry matches"
}

func entryCovers(n *snapshot.ACLEntry, protocol, port int) bool {
	switch {
	case n.Protocol == "-1":
		return true
	case n.Protocol != strconv.Itoa(protocol):
		return false
	case n.PortRange == nil:
		return true
	}
	return (n.PortRange.From == -1 || n.PortRange.From <= port) && (n.PortRange.To == -1 || port <= n.PortRange.To)
}

// MayLeave decides a client's own groups for a packet to an address that
// nobody knows: Blocks where no rule has its port, whatever the address.
func (e *Evaluator) MayLeave(groups []snapshot.SecurityGroupID, protocol, port int) Outcome {
	for _, id := range groups {
		g := find(e, func(r *snapshot.Region) []snapshot.SecurityGroup { return r.EC2.SecurityGroups.Items },
			func(g *snapshot.SecurityGroup) bool { return g.ID == id })
		if g == nil || !g.EgressKnown {
			return Unknown
		}
		for i := range g.Egress {
			p := &g.Egress[i]
			if len(p.UnknownFields) > 0 || permissionCovers(p, protocol, port) && len(p.Ranges)+len(p.PrefixLists)+len(p.Groups) > 0 {
				return Unknown
			}
		}
	}
	return Blocks
}
