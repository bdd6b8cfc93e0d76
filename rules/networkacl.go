package rules

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// ACLDefault is the last line of every network ACL, which denies (N94).
const ACLDefault = -1

// ACLOrder returns the positions in a.Entries of the rules for direction d,
// in the order in which AWS evaluates them: by rule number, not by place in
// the file (N94).
func ACLOrder(a *snapshot.NetworkACL, d Direction) []int {
	var order []int
	for i := range a.Entries {
		if a.Entries[i].Egress == (d == Outbound) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(x, y int) int { return a.Entries[x].RuleNumber - a.Entries[y].RuleNumber })
	return order
}

// PermittedByACL reports what a network ACL lets through in direction d. The
// first rule that matches decides; where none does, the packet is denied. A
// nil ACL, or one whose entries the snapshot lacks, decides nothing.
//
// AWS: https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html
func PermittedByACL(a *snapshot.NetworkACL, d Direction, t *Traffic) Filter {
	if a == nil || !a.EntriesKnown {
		return Filter{}
	}
	// Backwards: what the rules from here on permit and deny for certain,
	// whichever of the possible matches are real ones.
	f := Filter{Deny: t.Cases}
	order := ACLOrder(a, d)
	s := t.Space
	for end := len(order); end > 0; {
		first := end - 1
		for first > 0 && a.Entries[order[first-1]].RuleNumber == a.Entries[order[first]].RuleNumber {
			first--
		}
		f = precede(a, order[first:end], t, f)
		end = first
	}
	if s.Or(f.Permit, f.Deny) == t.Cases {
		f.Needs = nil
	}
	return f
}

// precede puts the rules of one number before what f does. AWS gives a number
// once; where a snapshot has it twice, the two may contradict each other, and
// which is real is not known.
func precede(a *snapshot.NetworkACL, same []int, t *Traffic, f Filter) Filter {
	s := t.Space
	var yes, either [2]packetset.Set // denied, allowed
	for _, i := range same {
		e := &a.Entries[i]
		m := entryMatch(a, e, t)
		if m.Maybe != packetset.None {
			f.Needs = append(f.Needs, m.Why)
		}
		does := 0
		if e.Allow {
			does = 1
		}
		yes[does], either[does] = s.Or(yes[does], m.Yes), s.Or(either[does], s.Or(m.Yes, m.Maybe))
	}
	if s.And(either[0], either[1]) != packetset.None {
		e := &a.Entries[same[0]]
		f.Needs = append(f.Needs, Need{Code: finding.UnknownNACL, Component: string(a.ID), At: a.At,
			Fact: fmt.Sprintf("which of several rules %d of network ACL %s is real: AWS gives a number once", e.RuleNumber, a.ID), Collect: "aws ec2 describe-network-acls"})
	}
	f.Permit = s.Diff(s.Or(f.Permit, yes[1]), either[0])
	f.Deny = s.Diff(s.Or(f.Deny, yes[0]), either[1])
	return f
}

func entryMatch(a *snapshot.NetworkACL, e *snapshot.ACLEntry, t *Traffic) Match {
	from, to, speaks, sure := entryPorts(e, t.Protocol)
	if !speaks {
		return Match{}
	}
	ports := t.Space.And(t.Ports(from, to), t.Cases)
	if ports == packetset.None {
		return Match{}
	}
	m := t.and(t.Remote(e.CIDR), ports)
	if !sure || len(e.UnknownFields) > 0 {
		m = t.leaveOpen(m, Need{Code: finding.UnknownNACL, Component: string(a.ID), At: e.At,
			Fact: "what a rule of network ACL " + string(a.ID) + " matches that has a protocol or a member not known here, or lacks one"})
	}
	return m
}

// entryPorts is matchedPorts of an entry (N95).
func entryPorts(e *snapshot.ACLEntry, protocol int) (from, to int, speaks, sure bool) {
	ports := [2]*int{}
	if e.PortRange != nil {
		ports = [2]*int{&e.PortRange.From, &e.PortRange.To}
	}
	return matchedPorts(e.Protocol, protocol, [2]*int{e.ICMPType, e.ICMPCode}, ports)
}

// ACLPacket is one packet as a network ACL sees it.
type ACLPacket struct {
	Remote   netip.Addr // source of an inbound packet, destination of an outbound one
	Protocol int
	Port     int // destination port, or ICMPPort
}

// DecideACL reports what a does to p, and which entry decided, as its
// position in Entries or ACLDefault. It is the plain twin of PermittedByACL
// for ACLs that have nothing unknown in them.
func DecideACL(a *snapshot.NetworkACL, d Direction, p ACLPacket) (entry int, permit bool) {
	for _, i := range ACLOrder(a, d) {
		e := &a.Entries[i]
		from, to, speaks, _ := entryPorts(e, p.Protocol)
		if speaks && p.Port >= from && p.Port <= to && e.CIDR.IsValid() && e.CIDR.Masked().Contains(p.Remote) {
			return i, e.Allow
		}
	}
	return ACLDefault, false
}

// DeciderOf returns the part of denied that entry decides, as DecideACL
// numbers it: what the entry matches and none before it does.
func DeciderOf(a *snapshot.NetworkACL, d Direction, entry int, denied packetset.Set, t *Traffic) packetset.Set {
	for _, i := range ACLOrder(a, d) {
		m := entryMatch(a, &a.Entries[i], t)
		if i == entry {
			return t.Space.And(denied, m.Yes)
		}
		denied = t.Space.Diff(denied, m.Yes)
	}
	return denied
}
