// Package concrete decides what the network does to one packet: from one
// address to one address, port to port, hop by hop, there and back. It is
// written to be read against docs/semantics/network.md, not to be fast: every
// look-up is a scan, and nothing is shared with packages rules and packetset.
// It is the slow twin that the sets of package network are compared with, and
// it replays the examples of findings.
package concrete

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/canreach/canreach/snapshot"
)

// Outcome is what happened to a packet, or what one gate did to it.
type Outcome uint8

const (
	Unknown Outcome = iota // a fact is missing
	Passes
	Blocks
)

// String returns the outcome in a word.
func (o Outcome) String() string { return [...]string{"unknown", "passes", "blocks"}[o] }

// Case is one concrete case: a client address and port, a server address and
// port, and the choices that AWS makes on the way.
type Case struct {
	Interface snapshot.NetworkInterfaceID // an interface that exists; empty: a job's
	Subnet    snapshot.SubnetID           // of a job's interface
	Groups    []snapshot.SecurityGroupID  // of a job's interface
	Source    netip.Addr

	Destination netip.Addr
	// MemberOf is the prefix list whose address Destination stands for, where
	// the list's entries are not in the snapshot (N33). Destination is then
	// not looked at.
	MemberOf snapshot.PrefixListID

	Protocol                    int
	SourcePort, DestinationPort int
	NATPort                     int // that a NAT gateway on the way uses
	// Pick chooses among the attachment subnets where a transit gateway may
	// deliver to several.
	Pick int
	// Strict: settings that are off by default and were not collected are
	// unknown, not off (N161).
	Strict bool
}

// The stand-ins are carried by packets to an address that is known as a list's
// only: public, and compared by family alone.
var (
	standIn   = netip.MustParseAddr("192.0.2.1")
	standIn6  = netip.MustParseAddr("2001:db8::1")
	standIn64 = netip.MustParseAddr("64:ff9b::192.0.2.1")
)

func standInFor(list snapshot.PrefixListID, v6 bool) netip.Addr {
	switch {
	case strings.HasPrefix(string(list), string(Synthesised)):
		return standIn64
	case v6 || list == ElsewhereV6:
		return standIn6
	}
	return standIn
}

// Step is one component that the packet met, and what it did.
type Step struct {
	Component string
	Kind      string
	Reply     bool
	Outcome   Outcome
	Rule      string // of docs/semantics/network.md
	Why       string
}

// String returns the step as one line.
func (s Step) String() string {
	way := "→"
	if s.Reply {
		way = "←"
	}
	return fmt.Sprintf("%s %s %s: %s (%s: %s)", way, s.Kind, s.Component, s.Outcome, s.Rule, s.Why)
}

// Trace is the decision with every hop.
type Trace struct {
	Outcome  Outcome
	Steps    []Step
	Via      string // "gateway-endpoint", "interface-endpoint", "public", "" where nothing came through
	Endpoint snapshot.VPCEndpointID
	Public   netip.Addr // that S3 sees
}

// String returns the trace, a line a hop.
func (t Trace) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", t.Outcome)
	for _, s := range t.Steps {
		b.WriteString("\n  " + s.String())
	}
	return b.String()
}

// Evaluator decides cases in one snapshot.
type Evaluator struct{ snap *snapshot.Snapshot }

// New returns an evaluator of s.
func New(s *snapshot.Snapshot) *Evaluator { return &Evaluator{snap: s} }

// Decide sends the packet of c and, where it arrives, its reply.
func (e *Evaluator) Decide(c Case) Trace {
	if c.MemberOf != "" {
		l := e.prefixList(c.MemberOf)
		c.Destination = standInFor(c.MemberOf, l != nil && is(l.Family, "IPv6"))
	}
	p := &packet{e: e, c: c, src: c.Source, dst: c.Destination, member: c.MemberOf, srcPort: c.SourcePort, dstPort: c.DestinationPort, out: &Trace{}, detour: new(bool)}
	if c.Interface != "" {
		p.eni = e.networkInterface(c.Interface)
		if p.eni == nil {
			return Trace{Steps: []Step{{Component: string(c.Interface), Kind: "network-interface", Rule: "N12", Why: "not in the snapshot"}}}
		}
		c.Subnet, c.Groups = p.eni.Subnet, p.eni.Groups
		p.c = c
	}
	p.subnet = e.subnet(c.Subnet)
	if p.subnet == nil {
		return Trace{Steps: []Step{{Component: string(c.Subnet), Kind: "subnet", Rule: "N12", Why: "not in the snapshot"}}}
	}
	p.client = p.subnet
	p.out.Outcome = p.leaveSource()
	return *p.out
}

// find scans every account and region for the first item that is meant.
func find[T any](e *Evaluator, of func(*snapshot.Region) []T, meant func(*T) bool) *T {
	for _, a := range e.snap.Accounts {
		for _, r := range a.Regions {
			items := of(r)
			for i := range items {
				if meant(&items[i]) {
					return &items[i]
				}
			}
		}
	}
	return nil
}

func (e *Evaluator) subnet(id snapshot.SubnetID) *snapshot.Subnet {
	return find(e, func(r *snapshot.Region) []snapshot.Subnet { return r.EC2.Subnets.Items }, func(s *snapshot.Subnet) bool { return s.ID == id })
}

func (e *Evaluator) vpc(id snapshot.VPCID) *snapshot.VPC {
	return find(e, func(r *snapshot.Region) []snapshot.VPC { return r.EC2.VPCs.Items }, func(v *snapshot.VPC) bool { return v.ID == id })
}

func (e *Evaluator) networkInterface(id snapshot.NetworkInterfaceID) *snapshot.NetworkInterface {
	return find(e, interfaces, func(i *snapshot.NetworkInterface) bool { return i.ID == id })
}

func interfaces(r *snapshot.Region) []snapshot.NetworkInterface { return r.EC2.NetworkInterfaces.Items }

// interfaceAt finds the interface in a VPC that has the private address.
func (e *Evaluator) interfaceAt(vpc snapshot.VPCID, a netip.Addr) *snapshot.NetworkInterface {
	return find(e, interfaces, func(i *snapshot.NetworkInterface) bool {
		return i.VPC == vpc && (slices.Contains(i.IPv6, a) || slices.ContainsFunc(i.Addresses, func(x snapshot.InterfaceAddress) bool { return x.Private == a }))
	})
}

func (e *Evaluator) endpoint(id string) *snapshot.VPCEndpoint {
	return find(e, func(r *snapshot.Region) []snapshot.VPCEndpoint { return r.EC2.VPCEndpoints.Items },
		func(v *snapshot.VPCEndpoint) bool { return string(v.ID) == id })
}

func (e *Evaluator) prefixList(id snapshot.PrefixListID) *snapshot.PrefixList {
	return find(e, func(r *snapshot.Region) []snapshot.PrefixList { return r.EC2.PrefixLists.Items },
		func(l *snapshot.PrefixList) bool { return l.ID == id })
}

// is compares AWS's enum words, in whose case pages and output differ (N11).
func is(word string, any ...string) bool {
	return slices.ContainsFunc(any, func(w string) bool { return strings.EqualFold(w, word) })
}

// inside tells whether any of the blocks holds the address.
func inside(a netip.Addr, blocks ...netip.Prefix) bool {
	return slices.ContainsFunc(blocks, func(b netip.Prefix) bool { return b.IsValid() && b.Contains(a) })
}

func subnetHolds(s *snapshot.Subnet, a netip.Addr) bool {
	return s != nil && (inside(a, s.CIDR) || inside(a, s.IPv6CIDRs...))
}
