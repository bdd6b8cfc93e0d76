package network

import (
	"cmp"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/sim/finding"
)

// unknowns is the facts on which some of the open cases hang.
func (a summary) unknowns(open packetset.Set) []Missing {
	if open == packetset.None {
		return nil
	}
	var out []Missing
	for _, n := range a.needs {
		if a.s.And(n.cases, open) != packetset.None {
			out = append(out, n.need)
		}
	}
	for _, w := range a.paths {
		for _, s := range w.steps {
			x := a.s.Diff(a.s.Diff(a.s.And(w.cases, open), s.permit), s.deny)
			if x == packetset.None {
				continue
			}
			for _, n := range s.needs {
				out = append(out, missing(s.gate, n))
			}
		}
	}
	return sortedMissing(out)
}

// hopGates are the gates of components that have one for themselves; those
// that are missing here are part of the route, or of the way's ends.
var hopGates = map[string]finding.Gate{"dns-name": finding.GateDNS, "vpc-endpoint": finding.GateEndpoint}

// ends are the kinds of hops at which nothing is decided but who sends.
var ends = []string{"subnet", "network-interface", "instance", "vpc", "destination", "address", "security-group"}

// judged sums up, gate by gate, what the ways' steps decided.
func (a summary) judged(unknown []Missing) map[finding.Gate]Judged {
	out := make(map[finding.Gate]Judged)
	join := func(g finding.Gate, j Judged) {
		out[g] = out[g].And(j)
	}
	for _, m := range unknown {
		join(m.Gate, Judged{Open: true})
	}
	for _, w := range a.paths {
		if a.name.Host != "" && w.cases != packetset.None {
			join(finding.GateDNS, Judged{Pass: true})
		}
		for _, s := range w.steps {
			g, ok := s.judgedAt()
			if !ok {
				continue
			}
			left := a.s.Diff(a.s.Diff(w.cases, s.permit), s.deny)
			join(g, Judged{Pass: a.s.And(s.permit, w.cases) != packetset.None, Stop: a.s.And(s.deny, w.cases) != packetset.None, Open: left != packetset.None})
		}
	}
	return out
}

// judgedAt is the gate at which a step decides.
func (s *step) judgedAt() (finding.Gate, bool) {
	if s.gate != finding.GateJob {
		return s.gate, true
	}
	kind := s.hops[0].Kind
	if g, ok := hopGates[kind]; ok {
		return g, true
	}
	return finding.GateRoute, !slices.Contains(ends, kind)
}

func sortedMissing(out []Missing) []Missing {
	slices.SortStableFunc(out, func(x, y Missing) int {
		return cmp.Or(cmp.Compare(x.Gate, y.Gate), cmp.Compare(x.Component, y.Component), strings.Compare(x.Code.String(), y.Code.String()), cmp.Compare(x.Fact, y.Fact))
	})
	return slices.Compact(out)
}
