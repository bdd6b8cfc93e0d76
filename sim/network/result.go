package network

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/sim/finding"
)

// result sums the ways up (N1 to N3).
func (a summary) result() *Result {
	r := &Result{}
	if n := a.from.subnet.Item; n != nil {
		r.Subnet = n.ID
	}
	passed, blocked := a.sum(a.paths)
	open := a.s.Diff(a.s.Diff(a.cases, passed), blocked)
	if outcome(passed, blocked, open) == Partial && a.answersDiffer() {
		passed, blocked, open = packetset.None, packetset.None, a.cases
	}
	r.Outcome = outcome(passed, blocked, open)
	if a.s.Err() != nil {
		return &Result{Unknowns: []Missing{{Code: finding.UnknownBudget, Gate: finding.GateRoute, Component: a.from.component,
			Fact: "the answer: the rules on the way interact in more ways than the budget allows"}}}
	}
	if a.explain || a.nested {
		r.Passes, r.Fails = a.examplePackets(passed, blocked)
	}
	if !a.explain {
		return r
	}
	for _, w := range a.paths {
		r.Flows = append(r.Flows, a.flow(w))
	}
	if r.Outcome == Blocked {
		a.disconnected()
	}
	a.findings(r, blocked, open)
	r.Unknowns = a.unknowns(open)
	for _, n := range a.needs {
		r.PathFacts = append(r.PathFacts, n.need)
	}
	r.PathFacts = sortedMissing(r.PathFacts)
	r.Also = sortedMissing(slices.Concat(a.unknowns(blocked), a.off, r.PathFacts))
	r.Judged = a.judged(r.Also)
	r.Assumptions = append([]string(nil), a.assumed...)
	slices.Sort(r.Assumptions)
	r.Assumptions = slices.Compact(r.Assumptions)
	return r
}

// examplePackets shows a packet of each side. Where the client's own packets look the
// same, what tells them examplePackets is a translator's choice of address and port
// (N96a), and they are shown as they leave it.
func (a summary) examplePackets(passed, blocked packetset.Set) (passes, fails *Packet) {
	yes, some := a.s.Witness(passed)
	no, others := a.s.Witness(blocked)
	if some {
		passes = a.packet(yes, view{}, side{})
	}
	if others {
		fails = a.packet(no, view{}, side{})
	}
	if !some || !others || *passes != *fails {
		return passes, fails
	}
	for _, w := range a.paths {
		for _, s := range w.steps {
			if v := s.key.view; v.nat != nil {
				if x, y := a.packet(yes, v, side{}), a.packet(no, v, side{}); *x != *y {
					return x, y
				}
			}
		}
	}
	return passes, fails
}

// sum says which cases pass and which are blocked, whichever of the ways they
// take; the others are open.
func (a summary) sum(ways []*path) (passed, blocked packetset.Set) {
	passed, blocked = packetset.None, packetset.None
	notPassed, notBlocked := packetset.None, packetset.None
	for _, w := range ways {
		passed, blocked = a.s.Or(passed, w.passed), a.s.Or(blocked, w.blocked)
		notPassed = a.s.Or(notPassed, a.s.Or(w.blocked, w.open))
		notBlocked = a.s.Or(notBlocked, a.s.Or(w.passed, w.open))
	}
	return a.s.Diff(passed, notPassed), a.s.Diff(blocked, notBlocked)
}

// answersDiffer tells whether the outcome hangs on which of several answers
// the name gets (N2). Answers with different addresses share no case, so that
// one that passes and one that is blocked are no split of the cases; nor are
// several that are each open.
func (a summary) answersDiffer() bool {
	answers := map[int][]*path{}
	for _, w := range a.paths {
		answers[w.branch] = append(answers[w.branch], w)
	}
	var first Outcome
	started := false
	for _, ways := range answers {
		cases := packetset.None
		for _, w := range ways {
			cases = a.s.Or(cases, w.cases)
		}
		passed, blocked := a.sum(ways)
		o := outcome(passed, blocked, a.s.Diff(a.s.Diff(cases, passed), blocked))
		if started && o != first {
			return true
		}
		first, started = o, true
	}
	return len(answers) > 1 && first == Unknown
}

func outcome(passed, blocked, open packetset.Set) Outcome {
	switch {
	case passed != packetset.None && blocked != packetset.None:
		return Partial
	case open != packetset.None:
		return Unknown
	case passed != packetset.None:
		return Reachable
	case blocked != packetset.None:
		return Blocked
	}
	return Unknown
}

const maxRanges = 4096

// flow words one way.
func (a summary) flow(w *path) Flow {
	f := Flow{Outcome: outcome(w.passed, w.blocked, w.open), Context: w.ctx}
	for _, s := range w.steps {
		for _, h := range s.hops {
			h.Decision = a.decision(s, w.cases)
			if h.Decision == "partial" {
				h.Through = a.through(s, w.cases)
			}
			f.Hops = appendHop(f.Hops, h)
		}
	}
	for _, r := range a.s.AddressRanges(packetset.Destination, w.cases, maxRanges) {
		f.Destinations = append(f.Destinations, AddrRange{r.From, r.To})
	}
	f.Passed, f.Blocked, f.Open = a.casesOf(w, w.passed), a.casesOf(w, w.blocked), a.casesOf(w, w.open)
	return f
}

// decisionRank orders decisions by how much they stop.
var decisionRank = []string{"permit", "unknown", "partial", "deny"}

// appendHop adds a hop, or joins it with the same one just before: a
// component that is judged in several respects is one hop.
func appendHop(hops []Hop, h Hop) []Hop {
	if n := len(hops); n > 0 {
		if l := &hops[n-1]; l.Component == h.Component && l.Kind == h.Kind && l.Reply == h.Reply && (l.Via == h.Via || h.Via == "" || l.Via == "") {
			l.Via = orElse(l.Via, h.Via)
			if slices.Index(decisionRank, h.Decision) > slices.Index(decisionRank, l.Decision) {
				l.Decision, l.Through = h.Decision, h.Through
			}
			return hops
		}
	}
	return append(hops, h)
}

// decision is what a step did to the traffic that came by it.
func (a summary) decision(s *step, cases packetset.Set) string {
	permit, deny := a.s.And(s.permit, cases), a.s.And(s.deny, cases)
	switch {
	case permit == cases:
		return "permit"
	case deny == cases:
		return "deny"
	case a.s.Or(permit, deny) == cases || permit != packetset.None && deny != packetset.None:
		return "partial"
	}
	return "unknown"
}

// through says what a step lets through of the traffic that came by it.
func (a summary) through(s *step, cases packetset.Set) *Through {
	y := a.s.And(s.permit, cases)
	var out Through
	addresses := func(e packetset.End) []AddrRange {
		have := a.s.OnlyAddress(e, y)
		if have == a.s.OnlyAddress(e, cases) {
			return nil
		}
		return addrRanges(a.s.AddressRanges(e, have, maxRanges))
	}
	out.Sources, out.Destinations = addresses(packetset.Source), addresses(packetset.Destination)
	if a.q.Protocol != 6 && a.q.Protocol != 17 {
		return &out
	}
	ports := func(l packetset.Level) []PortRange {
		if a.s.Only(l, y) == a.s.Only(l, cases) {
			return nil
		}
		var list []PortRange
		for _, r := range a.s.Values(l, y) {
			list = append(list, PortRange{uint16(r.Lo), uint16(r.Hi)})
		}
		return list
	}
	out.Ports = ports(packetset.DestinationPort)
	for _, l := range []packetset.Level{packetset.SourcePort, packetset.TranslatedPort, packetset.SecondPort} {
		if out.SourcePorts == nil {
			out.SourcePorts = ports(l)
		}
	}
	return &out
}

func (a summary) casesOf(w *path, x packetset.Set) Cases {
	if x == packetset.None {
		return Cases{Empty: true}
	}
	c := Cases{}
	not := a.s.OnlyAddress(packetset.Source, a.s.Diff(w.cases, x))
	have := a.s.OnlyAddress(packetset.Source, x)
	c.Sources = addrRanges(a.s.AddressRanges(packetset.Source, have, maxRanges))
	c.Whole = addrRanges(a.s.AddressRanges(packetset.Source, a.s.Diff(have, not), maxRanges))
	c.Example = a.example(x, side{})
	return c
}

func addrRanges(in []packetset.AddressRange) []AddrRange {
	var out []AddrRange
	for _, r := range in {
		out = append(out, AddrRange{r.From, r.To})
	}
	return out
}

// example is one case of x as a packet, at its start; for a reply, as it
// comes back.
func (a *question) example(x packetset.Set, d side) *Packet {
	if x == packetset.None {
		return nil
	}
	c, ok := a.s.Witness(a.s.And(x, a.cases))
	if !ok {
		if c, ok = a.s.Witness(x); !ok {
			return nil
		}
	}
	return a.packet(c, view{}, d)
}

func (a *question) packet(c packetset.Case, v view, d side) *Packet {
	p := &Packet{Source: c.Source, Destination: c.Destination, Protocol: c.Protocol, SourcePort: c.SourcePort, DestinationPort: c.DestinationPort, Reply: d.reply}
	if v.nat != nil {
		p.Source = v.nat.address(c)
		switch v.nat.port {
		case packetset.TranslatedPort:
			p.SourcePort = c.TranslatedPort
		case packetset.SecondPort:
			p.SourcePort = c.SecondPort
		}
	}
	if v.embedded && p.Destination.Is6() {
		b := p.Destination.As16()
		p.Destination = netip.AddrFrom4([4]byte(b[12:]))
	}
	if d.reply {
		p.Source, p.Destination = p.Destination, p.Source
		p.SourcePort, p.DestinationPort = p.DestinationPort, p.SourcePort
	}
	if kind, ok := echoReply(c.Protocol); ok {
		p.SourcePort, p.DestinationPort, p.ICMPType = 0, 0, c.DestinationPort>>8
		if d.reply {
			p.ICMPType = kind >> 8
		}
	}
	return p
}

// findings words every step that stops cases (N5), and the notes.
func (a summary) findings(r *Result, blocked, open packetset.Set) {
	var order []stepKey
	denied, first := map[stepKey]packetset.Set{}, map[stepKey]*step{}
	for _, w := range a.paths {
		for _, s := range w.steps {
			x := a.s.And(s.deny, w.cases)
			if x == packetset.None {
				continue
			}
			k := s.key
			if first[k] == nil {
				first[k] = s
				order = append(order, k)
			}
			denied[k] = a.s.Or(denied[k], x)
		}
	}
	alone := false
	var out []Finding
	for _, k := range order {
		x := denied[k]
		real := a.s.And(x, blocked)
		if real == a.cases {
			alone = true
		}
		for _, f := range first[k].findings(orSet(real, x)) {
			if real == packetset.None {
				f.Severity = finding.Warning
				f.Message = "If the traffic goes this way: " + f.Message
			}
			if f.Gate == finding.GateJob { // the network's own gates all come after it
				f.Gate = first[k].gate
			}
			if f.Example == nil {
				f.Example = a.example(orSet(real, x), k.side)
			}
			f.Also = append(slices.Clone(f.Also), a.part(x)...)
			out = append(out, f)
		}
	}
	blockers := 0
	for _, f := range out {
		if f.Severity == finding.Blocker {
			blockers++
		}
	}
	for i := range out {
		out[i].Together = r.Outcome == Blocked && !alone && blockers > 1 && out[i].Severity == finding.Blocker
	}
	out = append(out, a.notes...)
	for i := range out {
		out[i].Name = orElse(out[i].Name, a.x.nameFor(out[i].Component))
	}
	slices.SortStableFunc(out, compareFindings)
	r.Findings = slices.CompactFunc(out, func(x, y Finding) bool {
		return compareFindings(x, y) == 0 && x.Message == y.Message && x.Severity == y.Severity
	})
}

// disconnected notes that nothing at all links the client's VPC with the
// destination's: no route would help before there is a peering or the like.
func (a summary) disconnected() {
	if len(a.targets) == 0 || a.from.vpcID == "" {
		return
	}
	to := a.targets[0].vpc
	for _, y := range a.targets {
		if y.vpc == a.from.vpcID || y.vpc != to {
			return
		}
	}
	if _, ok := topologyOf(a.x).Path(string(a.from.vpcID), string(to)); !ok {
		a.note(Finding{Code: finding.DisconnectedVPCS, Gate: finding.GateRoute, Severity: finding.Info, Component: string(a.from.vpcID), At: a.from.at,
			Message: fmt.Sprintf("No peering, transit gateway or other link that a route leads to connects %s with %s.", a.from.vpcID, to), Rule: "N139", URL: urlPeering})
	}
}

func orSet(x, y packetset.Set) packetset.Set {
	if x == packetset.None {
		return y
	}
	return x
}

func compareFindings(x, y Finding) int {
	return cmp.Or(cmp.Compare(y.Severity, x.Severity), cmp.Compare(x.Gate, y.Gate), cmp.Compare(x.Component, y.Component),
		cmp.Compare(x.At.Pointer(), y.At.Pointer()), strings.Compare(x.Code.String(), y.Code.String()), strings.Compare(x.Message, y.Message))
}

// part says in which respects x is only a part of the question: the
// semantics' P_ codes.
func (a summary) part(x packetset.Set) []finding.Code {
	x = a.s.And(x, a.cases)
	var out []finding.Code
	if a.s.OnlyAddress(packetset.Destination, x) != a.s.OnlyAddress(packetset.Destination, a.cases) {
		code := finding.PDstSubset
		if t := a.targetCases(); t != packetset.None && a.s.And(x, t) == x && len(a.targets) > 1 {
			code = finding.PEndpointENIChoice
		}
		if a.familyWhole(x) {
			code = finding.PIPFamily
		}
		out = append(out, code)
	}
	for _, l := range []packetset.Level{packetset.SourcePort, packetset.TranslatedPort, packetset.SecondPort} {
		if a.s.Only(l, x) != a.s.Only(l, a.cases) {
			out = append(out, finding.PEphemeralSubset)
			break
		}
	}
	if a.from.iface == "" && a.sourcePart(x) {
		out = append(out, finding.PSourceAddress)
	}
	return out
}

// familyWhole tells whether x is every destination of some families and none
// of another.
func (a summary) familyWhole(x packetset.Set) bool {
	v4, v6 := a.s.And(a.cases, a.s.OfFamily(false)), a.s.And(a.cases, a.s.OfFamily(true))
	if v4 == packetset.None || v6 == packetset.None {
		return false
	}
	in4, in6 := a.s.And(x, v4), a.s.And(x, v6)
	whole := func(part, all packetset.Set) bool {
		return part == packetset.None || a.s.OnlyAddress(packetset.Destination, part) == a.s.OnlyAddress(packetset.Destination, all)
	}
	return whole(in4, v4) && whole(in6, v6)
}

func (a summary) sourcePart(x packetset.Set) bool {
	fam := a.s.OnlyAddress(packetset.Source, a.cases)
	in := a.s.Exists(int(packetset.Family), a.s.OnlyAddress(packetset.Source, x))
	return a.s.And(fam, in) != fam
}

// note adds a finding that stops nothing, once.
func (a *question) note(f Finding) {
	if !slices.ContainsFunc(a.notes, func(o Finding) bool { return o.Code == f.Code && o.Component == f.Component && o.Message == f.Message }) {
		a.notes = append(a.notes, f)
	}
}
