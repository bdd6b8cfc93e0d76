package network

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// Model is a snapshot indexed for queries; safe for concurrent use once built.
type Model struct {
	x     *index
	pool  *enginePool
	given *given // nil: it works its answers out
}

// enginePool keeps what was compiled. Models that share objects share it: its
// keys are the objects themselves.
type enginePool struct {
	mu   sync.Mutex
	idle []*engine
}

// NewModel indexes s, which must not change afterwards.
func NewModel(s *snapshot.Snapshot) *Model { return &Model{x: newIndex(s), pool: &enginePool{}} }

// Index returns the index of the model's snapshot.
func (m *Model) Index() *snapshot.Index { return &m.x.Index }

// take hands out an engine that nobody else uses.
func (m *Model) take() *engine {
	m.pool.mu.Lock()
	defer m.pool.mu.Unlock()
	if n := len(m.pool.idle); n > 0 {
		e := m.pool.idle[n-1]
		m.pool.idle = m.pool.idle[:n-1]
		return e
	}
	return newEngine()
}

func (m *Model) give(e *engine) {
	if e.s.Err() != nil || e.s.Edges() > maxEdges || len(e.symbols) > 64 {
		return // forget it
	}
	m.pool.mu.Lock()
	m.pool.idle = append(m.pool.idle, e)
	m.pool.mu.Unlock()
}

// Ask decides q. An error means that the query makes no sense, e.g. an id
// that the snapshot lacks; everything else is in the Result.
func (m *Model) Ask(q Query) (*Result, error) {
	if m.given != nil {
		return m.given.ask(&q)
	}
	e := m.take()
	defer m.give(e)
	a := newWalk(e, m.x, question{explain: true})
	return a.decide(q)
}

// ask is a question inside a question, with the same engine.
func (a *question) ask(q Query) (*Result, error) {
	return newWalk(a.engine, a.x, question{nested: true}).decide(q)
}

func (a *walk) decide(q Query) (*Result, error) {
	a.q, a.protocol = q, q.Protocol
	if err := a.normalise(); err != nil {
		return nil, err
	}
	if a.q.From.Internet || a.startsOutside() {
		return a.inbound().decideInbound()
	}
	if err := a.begin(); err != nil {
		return nil, err
	}
	if a.from.v6Open {
		return a.eitherReading(q)
	}
	res, err := a.resolver().destinations()
	if err != nil {
		return nil, err
	}
	a.setCases(res)
	if a.cases == packetset.None && a.s.Err() == nil {
		return nil, nonsense("%s and the destination have no family of addresses in common", a.from.words())
	}
	for i, b := range res.branches {
		a.start(b, i, len(res.branches) > 1)
	}
	if len(res.branches) > 1 {
		a.needs = append(a.needs, ambiguity{a.cases, missing(finding.GateDNS, res.why)})
	}
	if a.q.To.S3 != nil && a.q.To.S3.Bucket != "" && a.explain {
		a.otherNames()
	}
	return a.summary().result(), nil
}

// normalise fills in what a question leaves out (N6).
func (a *question) normalise() error {
	q := &a.q
	if q.Protocol < 0 || q.Protocol > 255 {
		return nonsense("%d is not an IP protocol number", q.Protocol)
	}
	if len(q.Ports) == 0 {
		switch {
		case q.Protocol == 6:
			q.Ports = []PortRange{{443, 443}}
		case q.Protocol == 1 || q.Protocol == 58:
			q.Ports = []PortRange{icmpRange(q)}
		default:
			q.Ports = []PortRange{{0, 65535}}
		}
	}
	if len(q.SourcePorts) == 0 {
		q.SourcePorts = []PortRange{{32768, 60999}}
	}
	for _, r := range append(slices.Clone(q.Ports), q.SourcePorts...) {
		if r.From > r.To {
			return nonsense("the port range %d to %d is empty", r.From, r.To)
		}
	}
	return nil
}

// icmpRange is the types and codes asked about; ICMPType 0 without ports is an
// echo request, which is what a zero Query means by ICMP. An echo request has
// code 0 and no other (N164).
func icmpRange(q *Query) PortRange {
	kind, echo := q.ICMPType, echoRequest(q.Protocol)
	switch {
	case kind < 0:
		return PortRange{0, 65535}
	case kind == 0 || kind == echo>>8:
		return PortRange{uint16(echo), uint16(echo)}
	}
	return PortRange{uint16(kind&255) << 8, uint16(kind&255)<<8 | 255}
}

// setCases fixes the cases of the question.
func (a *question) setCases(r resolution) {
	d := packetset.None
	for _, b := range r.branches {
		d = a.s.Or(d, b.destinations)
	}
	u := a.s.And(d, a.s.Between(packetset.Protocol, uint64(a.q.Protocol), uint64(a.q.Protocol)))
	u = a.s.And(u, a.s.Among(packetset.DestinationPort, ports(a.q.Ports)))
	if a.q.Protocol == 6 || a.q.Protocol == 17 {
		u = a.s.And(u, a.s.Among(packetset.SourcePort, ports(a.q.SourcePorts)))
	} else {
		u = a.s.And(u, a.s.Between(packetset.SourcePort, 0, 0))
	}
	for _, l := range []packetset.Level{packetset.TranslatedPort, packetset.SecondPort} {
		u = a.s.And(u, a.s.Between(l, 1024, 65535))
	}
	a.universe = u
	a.asked, a.casesSet = a.addressesOf(d), true
	a.cases = a.s.And(u, a.from.addresses)
}

func ports(list []PortRange) []packetset.Range {
	out := make([]packetset.Range, len(list))
	for i, r := range list {
		out[i] = packetset.Range{Lo: uint64(r.From), Hi: uint64(r.To)}
	}
	return out
}

// start sends one answer's traffic on its way.
func (a *walk) start(b branch, n int, uncertain bool) {
	t := &flow{cases: a.s.And(a.cases, b.destinations), branch: n, vpcID: a.from.vpcID, home: home{kind: snapshot.TargetLocal}, uncertain: uncertain}
	v := a.vpc()
	t.vpc, t.region = v.Item, v.Region
	if t.cases == packetset.None {
		return
	}
	t.pass(Hop{Component: a.from.component, Kind: a.from.kind, At: a.from.at})
	for _, f := range b.denies {
		a.deny(t, b.at, t.cases, f)
	}
	for _, n := range b.needs {
		a.leaveOpen(t, b.at, t.cases, finding.GateDNS, n)
	}
	if b.nowhere {
		a.end(t, Context{}, true)
		return
	}
	if b.unknown {
		a.startElsewhere(t, b)
		return
	}
	a.toItself(t)
	a.toHost(t)
	if t.cases == packetset.None {
		return
	}
	a.sourceGroups(t)
	a.leave(t, a.from.subnet)
}

// toItself ends what an interface sends to an address of its own: it never
// leaves the host, so that no group, ACL or route sees it.
func (a *walk) toItself(t *flow) {
	own := a.s.And(t.cases, addrSet(a.s, packetset.Destination, a.ownAddresses()))
	if own == packetset.None {
		return
	}
	a.assumed = append(a.assumed, fmt.Sprintf("What %s sends to its own address stays inside the host: no security group, network ACL or route table sees it.", a.from.component))
	a.end(t.with(own), Context{SourceIsClient: true}, false)
	t.cases = a.s.Diff(t.cases, own)
}

// ownAddresses are those of the interface that the traffic comes from, if it
// is one that exists.
func (a *question) ownAddresses() []netip.Addr {
	if a.from.iface == "" {
		return nil // nor is the index of interfaces needed
	}
	e, ok := a.x.NetworkInterfaces.Find(a.from.iface)
	if !ok {
		return nil
	}
	out := slices.Clone(e.Item.IPv6)
	for _, p := range e.Item.Addresses {
		out = append(out, p.Private)
	}
	return out
}

// sourceGroups judges the client's own groups.
func (a *walk) sourceGroups(t *flow) {
	if a.from.unfiltered {
		return
	}
	if !a.from.groupsKnown {
		a.leaveOpen(t, Hop{Component: a.from.component, Kind: "security-group", At: a.from.at}, t.cases, finding.GateSGEgress,
			rules.Need{Code: finding.UnknownSG, Component: a.from.component, At: a.from.at, Fact: "the security groups of " + a.from.component, Collect: "aws ec2 describe-network-interfaces"})
		return
	}
	a.delivery().groupStep(t, a.from.groups, a.from.component, side{dir: rules.Outbound})
	if a.explain {
		a.explanation().groupDrift(a.groupsOf(a.from.groups))
	}
}
