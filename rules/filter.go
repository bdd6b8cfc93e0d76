// Package rules says what one component does: a security group, a network
// ACL, a route table, an endpoint, a gateway. It sees no graph and reads no
// files. Every decision follows docs/semantics/network.md; the numbers in the
// comments (N78) are its rules.
package rules

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// Match is the cases that a rule surely speaks of, and those it may speak of
// because a fact is missing. Why names the fact; the two sets are disjoint.
type Match struct {
	Yes, Maybe packetset.Set
	Why        Need
}

// Need is a fact that the snapshot lacks.
type Need struct {
	Code      finding.Code
	Component string
	Fact      string
	Collect   string
	At        snapshot.Source
}

// Traffic translates what the rules of a filter say of packets at one place
// on the way into sets of cases.
type Traffic struct {
	Space    *packetset.Space
	Cases    packetset.Set // those in question; results are within it
	Protocol int           // IP protocol number of the packets
	// Remote is the cases whose packets have the other side's address in a
	// prefix: the destination of an outbound packet, the source of an inbound one.
	Remote func(netip.Prefix) Match
	// Ports is the cases whose packets have a destination port (ICMP: 256 ×
	// type + code) in a range.
	Ports func(from, to int) packetset.Set
	List  func(snapshot.PrefixListID) Match
	Group func(snapshot.GroupReference) Match
}

// Filter is what a filter does to the cases of a Traffic. Cases in neither
// set hang on one of the Needs.
type Filter struct {
	Permit, Deny packetset.Set
	Needs        []Need
	Odd          []Oddity
}

// Oddity is a rule that AWS accepts and that does not do what it seems to.
type Oddity struct {
	Group   snapshot.SecurityGroupID // whose rule it is
	At      snapshot.Source
	Message string
}

func (m Match) within(t *Traffic) Match {
	m.Yes = t.Space.And(m.Yes, t.Cases)
	m.Maybe = t.Space.Diff(t.Space.And(m.Maybe, t.Cases), m.Yes)
	return m
}

func (t *Traffic) and(m Match, x packetset.Set) Match {
	m.Yes, m.Maybe = t.Space.And(m.Yes, x), t.Space.And(m.Maybe, x)
	return m
}

func (t *Traffic) or(m, n Match) Match {
	if n.Maybe != packetset.None && m.Maybe == packetset.None {
		m.Why = n.Why
	}
	m.Yes = t.Space.Or(m.Yes, n.Yes)
	m.Maybe = t.Space.Diff(t.Space.Or(m.Maybe, n.Maybe), m.Yes)
	return m
}

// leaveOpen turns a sure match into a possible one.
func (t *Traffic) leaveOpen(m Match, why Need) Match {
	return Match{Maybe: t.Space.Or(m.Yes, m.Maybe), Why: why}
}

// ICMPPort packs an ICMP type and code into a destination port.
func ICMPPort(kind, code int) int { return kind<<8 | code }

// protocolNumbers has the names that the EC2 API accepts (API_IpPermission).
var protocolNumbers = map[string]int{"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58}

// AllProtocols is the number that stands for every protocol.
const AllProtocols = -1

// ProtocolNumber reads a protocol as the EC2 API writes it: a name, a number,
// or "-1" for all of them. ok is false for anything else.
func ProtocolNumber(s string) (n int, ok bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	if n, ok := protocolNumbers[s]; ok {
		return n, true
	}
	if s == "all" {
		return AllProtocols, true
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= -1 && n <= 255
}

// hasPorts tells whether a protocol's rules have a port range (N81).
func hasPorts(protocol int) bool { return protocol == 6 || protocol == 17 }

func isICMP(protocol int) bool { return protocol == 1 || protocol == 58 }

// icmpPorts is the packed range of a rule's ICMP type and code, -1 for any (N81).
func icmpPorts(kind, code *int) (from, to int, ok bool) {
	switch {
	case kind == nil || *kind == -1:
		return 0, 65535, true
	case *kind < 0 || *kind > 255:
		return 0, 0, false
	case code == nil || *code == -1:
		return ICMPPort(*kind, 0), ICMPPort(*kind, 255), true
	case *code < 0 || *code > 255:
		return 0, 0, false
	}
	return ICMPPort(*kind, *code), ICMPPort(*kind, *code), true
}

// matchedPorts is the range of ports, or of ICMPPorts, in which a rule of a
// group or of an ACL matches packets of protocol (N81, N82, N95). A bound that
// is absent or -1 is open. speaks is false where the rule says nothing about
// the protocol; sure is false where its protocol can't be read.
func matchedPorts(rule string, protocol int, icmp, ports [2]*int) (from, to int, speaks, sure bool) {
	n, ok := ProtocolNumber(rule)
	switch {
	case !ok:
		return 0, 65535, true, false
	case n == AllProtocols:
		return 0, 65535, true, true
	case n != protocol:
		return 0, 0, false, true
	case isICMP(n):
		from, to, ok = icmpPorts(icmp[0], icmp[1])
		return from, to, ok, true
	case !hasPorts(n):
		return 0, 65535, true, true
	}
	from, to = bound(ports[0], 0), bound(ports[1], 65535)
	return from, to, from <= to, true
}

func bound(p *int, open int) int {
	if p == nil || *p == -1 {
		return open
	}
	return *p
}
