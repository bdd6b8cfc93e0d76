package network

import (
	"slices"

	"github.com/canreach/canreach/sim/finding"
)

// reading is how a question takes what the snapshot does not tell of the
// families that a job's interface has.
type reading uint8

const (
	asTold reading = iota
	withoutIPv6
	withIPv6
)

// eitherReading decides a question about a job in a dual-stack subnet of which
// nobody knows whether new interfaces get an IPv6 address: both ways. Where
// they differ, what goes by IPv6 is open (N2, N53).
func (a *walk) eitherReading(q Query) (*Result, error) {
	read := func(r reading) (*Result, error) {
		return newWalk(a.engine, a.x, question{explain: a.explain, nested: a.nested, reading: r}).decide(q)
	}
	without, err := read(withoutIPv6)
	if err != nil {
		return nil, err
	}
	with, err := read(withIPv6)
	if err != nil || with.Outcome == without.Outcome {
		return without, err
	}
	n := a.from.subnet.Item
	with.Outcome = Unknown
	with.Flows = slices.Clone(with.Flows)
	for i := range with.Flows {
		openIPv6(&with.Flows[i])
	}
	for i := range with.Findings {
		if f := &with.Findings[i]; f.Severity == finding.Blocker && f.Example != nil && f.Example.Source.Is6() {
			f.Severity, f.Together = finding.Warning, false
			f.Message = "If the job's interface has an IPv6 address: " + f.Message
		}
	}
	with.Unknowns = append(with.Unknowns, Missing{Code: finding.UnknownVPC, Gate: finding.GateRoute, Component: string(n.ID), At: n.At, Collect: "aws ec2 describe-subnets --subnet-ids " + string(n.ID),
		Fact: "whether new interfaces in " + string(n.ID) + " get an IPv6 address (AssignIpv6AddressOnCreation)"})
	return with, nil
}

// openIPv6 leaves a flow open that IPv6 takes.
func openIPv6(f *Flow) {
	for _, c := range []*Cases{&f.Passed, &f.Blocked} {
		if !c.Empty && c.Example != nil && c.Example.Source.Is6() {
			f.Open, *c, f.Outcome = *c, Cases{Empty: true}, Unknown
		}
	}
}
