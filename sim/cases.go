package sim

import (
	"net/netip"

	"github.com/canreach/canreach/rules/policy/symbolic"
	"github.com/canreach/canreach/sim/network"
)

// passing is a request that the policies allow, by a way and from an address
// that the network lets through, with its case; nil: there is none.
func passing(f *network.Flow, d *decided) (*Example, *symbolic.Case) {
	if f.Passed.Empty || d.gate.fail || d.gate.open {
		return nil, nil
	}
	for i := range d.result.Cases {
		c := &d.result.Cases[i]
		if c.Allowed == nil {
			continue
		}
		if !f.Context.SourceIsClient {
			return requestExample(c.Allowed), c
		}
		if from, ok := firstCommon(f.Passed.Sources, c.Addresses["aws:vpcsourceip"]); ok {
			return placed(requestExample(c.Allowed), from), c
		}
	}
	return nil, nil
}

// firstCommon is the first address of list that is also in part (nil: any).
func firstCommon(list []network.AddrRange, part []symbolic.AddrRange) (netip.Addr, bool) {
	for _, a := range list {
		if part == nil {
			return a.From, true
		}
		for _, b := range part {
			from := a.From
			if b.From.BitLen() == from.BitLen() && b.From.Compare(from) > 0 {
				from = b.From
			}
			if from.BitLen() == b.To.BitLen() && from.Compare(a.To) <= 0 && from.Compare(b.To) <= 0 {
				return from, true
			}
		}
	}
	return netip.Addr{}, false
}

// settleAlternatives joins ways of which one is taken and nobody knows which
// (N2): a common verdict stands; anything else is open, and settled is false.
func settleAlternatives(ways []verdictParts) (way verdictParts, settled bool) {
	if len(ways) == 0 {
		return verdictParts{}, true
	}
	first := ways[0].judge()
	for _, v := range ways[1:] {
		if v.judge() != first {
			return verdictParts{open: true}, false
		}
	}
	return ways[0], true
}

// joinFlow multiplies a flow's cases with the policies' cases.
func joinFlow(f *network.Flow, d *decided) verdictParts {
	total := verdictParts{}
	for i := range d.result.Cases {
		c := &d.result.Cases[i]
		part := c.Addresses["aws:vpcsourceip"]
		if !f.Context.SourceIsClient {
			part = nil
		}
		v := caseTally(c.Outcome)
		v = andGate(v, d.gate)
		total.join(joinNetwork(f, part, v))
	}
	if len(d.result.Cases) == 0 {
		total.join(joinNetwork(f, nil, andGate(caseTally(d.result.Outcome), d.gate)))
	}
	return total
}

func caseTally(o symbolic.Outcome) verdictParts {
	switch o {
	case symbolic.All:
		return verdictParts{pass: true}
	case symbolic.None:
		return verdictParts{fail: true}
	case symbolic.Some:
		return verdictParts{pass: true, fail: true}
	case symbolic.Unknown:
		return verdictParts{open: true}
	}
	panic("unreachable: outcome")
}

// andGate puts a further gate, the same for all cases, behind v.
func andGate(v, gate verdictParts) verdictParts {
	switch {
	case gate.fail && !gate.pass && !gate.open:
		return verdictParts{fail: true}
	case gate.fail: // in part; what passes or is open beside it stays so
		return verdictParts{pass: v.pass && gate.pass, fail: true, open: v.open || gate.open && v.pass}
	case gate.open && v.pass:
		return verdictParts{fail: v.fail, open: true}
	}
	return v
}

// joinNetwork joins the network's cases from part of the source addresses
// (nil: all of them) with the policies' verdict on them.
func joinNetwork(f *network.Flow, part []symbolic.AddrRange, v verdictParts) verdictParts {
	passed, blocked, open := present(&f.Passed, part), present(&f.Blocked, part), present(&f.Open, part)
	total := verdictParts{}
	if passed {
		total.join(v)
	}
	if open {
		if v.pass || v.open {
			total.open = true
		}
		if v.fail {
			total.fail = true
		}
	}
	if blocked {
		total.fail = true
	}
	return total
}

func present(c *network.Cases, part []symbolic.AddrRange) bool {
	if c.Empty {
		return false
	}
	if part == nil || len(c.Sources) == 0 {
		return true
	}
	for _, a := range c.Sources {
		for _, b := range part {
			if a.From.BitLen() == b.From.BitLen() && a.From.Compare(b.To) <= 0 && b.From.Compare(a.To) <= 0 {
				return true
			}
		}
	}
	return false
}
