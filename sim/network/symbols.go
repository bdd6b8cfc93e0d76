package network

import (
	"net/netip"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// symbol is a set of addresses that can't be listed (N33): the body of a
// prefix list that the snapshot lacks, another Region's S3, a public service.
type symbol struct {
	family   uint64
	v6       bool
	list     snapshot.PrefixListID // empty: in no list that is known
	embedded bool                  // the addresses are 64:ff9b::/96 with those of an IPv4 symbol (N109)
	name     string
}

// symbol returns the set of cases whose destination is named by key.
func (e *engine) symbol(key string, y symbol) packetset.Set {
	i, ok := e.byKey[key]
	if !ok {
		fam, room := e.s.Symbolic(y.v6)
		if !room {
			return packetset.None
		}
		y.family = fam
		i = len(e.symbols)
		e.symbols, e.byKey[key] = append(e.symbols, y), i
	}
	fam := e.symbols[i].family
	return e.s.And(e.s.Exactly(fam), e.s.And(e.s.Between(packetset.DestinationHigh, 0, 0), e.s.Between(packetset.DestinationLow, 0, 0)))
}

// symbolic is every case whose destination has no address.
func (e *engine) symbolic() packetset.Set {
	x := packetset.None
	for _, y := range e.symbols {
		x = e.s.Or(x, e.s.Exactly(y.family))
	}
	return x
}

// symbolSets is each of them.
func (e *engine) symbolSets() []packetset.Set {
	out := make([]packetset.Set, len(e.symbols))
	for i, y := range e.symbols {
		out[i] = e.s.Exactly(y.family)
	}
	return out
}

// destination is the cases whose packets are addressed into p.
func (a *space) destination(v view, p netip.Prefix) rules.Match {
	if !p.IsValid() {
		return rules.Match{}
	}
	e := a.engine
	p = p.Masked()
	var m rules.Match
	switch {
	case v.embedded:
		m.Yes = e.embeddedIn(p)
	case a.askedOf(p):
		m.Yes = e.s.Prefix(packetset.Destination, p)
	}
	for i := range e.symbols {
		y := &e.symbols[i]
		if v.embedded != y.embedded && v.embedded {
			continue
		}
		switch y.in(v, p) {
		case rules.StateWorks:
			m.Yes = e.s.Or(m.Yes, e.s.Exactly(y.family))
		case rules.StateUnknown:
			m.Maybe = e.s.Or(m.Maybe, e.s.Exactly(y.family))
			m.Why = rules.Need{Code: finding.UnknownPrefixList, Component: string(y.list), Fact: "the addresses of " + y.name,
				Collect: "aws ec2 get-managed-prefix-list-entries, or aws ec2 describe-prefix-lists"}
		}
	}
	return m
}

// embeddedIn is the cases whose destination 64:ff9b::/96 has an IPv4 address in p.
func (e *engine) embeddedIn(p netip.Prefix) packetset.Set {
	if !p.Addr().Is4() {
		return packetset.None
	}
	high, _ := packetset.Halves(rules.NAT64().Addr())
	_, from := packetset.Halves(p.Addr())
	_, to := packetset.Halves(packetset.Last(p))
	return e.s.And(e.s.Exactly(packetset.IPv6), e.s.And(e.s.Between(packetset.DestinationHigh, high, high), e.s.Between(packetset.DestinationLow, from, to)))
}

// in tells whether all (works), none (broken) or who knows how many of the
// symbol's addresses are in p (N33).
func (y *symbol) in(v view, p netip.Prefix) rules.State {
	if y.embedded && !v.embedded {
		return embeddedPrefix(p)
	}
	v6 := y.v6 && !y.embedded
	switch {
	case p.Addr().Is6() != v6:
		return rules.StateBroken
	case p.Bits() == 0:
		return rules.StateWorks
	case rules.MayBePublic(p):
		return rules.StateUnknown
	}
	return rules.StateBroken
}

func embeddedPrefix(p netip.Prefix) rules.State {
	n := rules.NAT64()
	switch {
	case !p.Addr().Is6() || !p.Overlaps(n):
		return rules.StateBroken
	case p.Bits() <= n.Bits():
		return rules.StateWorks
	}
	_, low := packetset.Halves(p.Addr())
	if !rules.MayBePublic(netip.PrefixFrom(packetset.Address(false, 0, low), p.Bits()-96)) {
		return rules.StateBroken
	}
	return rules.StateUnknown
}

// source is the cases whose packets come from p.
func (e *engine) source(v view, p netip.Prefix) rules.Match {
	if !p.IsValid() {
		return rules.Match{}
	}
	if v.nat == nil {
		return rules.Match{Yes: e.s.Prefix(packetset.Source, p)}
	}
	var ranges []packetset.Range
	for i, a := range v.nat.addrs {
		if p.Masked().Contains(a) {
			ranges = append(ranges, v.nat.slice(i))
		}
	}
	if len(ranges) == 0 {
		return rules.Match{}
	}
	return rules.Match{Yes: e.s.Among(v.nat.choice, ranges)}
}
