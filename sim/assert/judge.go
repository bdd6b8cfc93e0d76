package assert

import (
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/sim"
)

// judge compares one answer with what the test says.
func (t *Test) judge(a *sim.Answer) []Problem {
	var out []Problem
	add := func(p *Problem) {
		if p != nil {
			out = append(out, *p)
		}
	}
	want := t.Expect
	if want == nil && t.Through != "" {
		reachable := sim.Reachable
		want = &reachable
	}
	if want != nil {
		add(judgeVerdict(a, *want))
	}
	if t.Through != "" && len(out) == 0 {
		add(judgeWay(a, func(p *sim.Path) string {
			if p.Endpoint != t.Through && !meets(p, t.Through) {
				return "does not go through " + t.Through
			}
			return ""
		}))
	}
	if len(t.OnlyThrough) > 0 {
		add(judgeWay(a, func(p *sim.Path) string {
			if !slices.Contains(t.OnlyThrough, p.Endpoint) {
				return "goes another way than through " + strings.Join(t.OnlyThrough, " or ")
			}
			return ""
		}))
	}
	for _, id := range t.Avoid {
		add(judgeWay(a, func(p *sim.Path) string {
			if p.Endpoint == id || meets(p, id) {
				return "passes " + id
			}
			return ""
		}))
	}
	if t.NeverInternet {
		add(judgeWay(a, func(p *sim.Path) string {
			if p.Via == "public" {
				return "goes through the internet"
			}
			return ""
		}))
	}
	for _, code := range t.Findings {
		add(judgeFinding(a, code, true))
	}
	for _, code := range t.NoFindings {
		add(judgeFinding(a, code, false))
	}
	for _, code := range t.Unknowns {
		if !slices.ContainsFunc(a.Unknowns, func(m sim.Missing) bool { return m.Code.String() == code }) {
			out = append(out, Problem{Message: fmt.Sprintf("the unknown %s is not named", code), Verdict: &a.Verdict, Unknowns: a.Unknowns})
		}
	}
	return out
}

// judgeVerdict compares verdicts. Where another was expected, the problem has
// the counterexample: what stops it where it should get through, and what
// gets through where it should not.
func judgeVerdict(a *sim.Answer, want sim.Verdict) *Problem {
	if a.Verdict == want {
		return nil
	}
	p := &Problem{Message: fmt.Sprintf("expected %s, is %s", want, a.Verdict), Verdict: &a.Verdict}
	switch {
	case a.Verdict == sim.Unknown:
		p.Unknown, p.Unknowns = true, a.DecisiveUnknowns()
	case want == sim.Reachable:
		p.Findings = withSeverity(a, sim.Blocker)
		p.stopped(a)
	default:
		p.passed(a)
	}
	return p
}

func withSeverity(a *sim.Answer, s sim.Severity) []sim.Finding {
	var out []sim.Finding
	for _, f := range a.Findings {
		if f.Severity == s {
			out = append(out, f)
		}
	}
	return out
}

// stopped takes the first placement that fails as the counterexample.
func (p *Problem) stopped(a *sim.Answer) {
	for _, pl := range a.Placements {
		if pl.Verdict == sim.Reachable {
			continue
		}
		p.Subnet, p.Path = pl.Subnet, pl.Network.Path
		for _, i := range pl.Findings {
			if i >= 0 && i < len(a.Findings) && a.Findings[i].Severity == sim.Blocker && a.Findings[i].Example != nil {
				p.Example = a.Findings[i].Example
				return
			}
		}
		for _, r := range pl.Requests {
			if r.Verdict != sim.Reachable {
				p.Example = r.Denied
				if p.Example == nil {
					p.Example = &sim.Example{Action: r.Action, Resource: r.Resource}
				}
				return
			}
		}
		return
	}
}

// passed takes the first request that gets through as the counterexample.
func (p *Problem) passed(a *sim.Answer) {
	for _, pl := range a.Placements {
		for _, r := range pl.Requests {
			if r.Verdict != sim.Reachable && r.Verdict != sim.Partial {
				continue
			}
			p.Subnet, p.Path, p.Example = pl.Subnet, pl.Network.Path, r.Allowed
			if p.Example == nil {
				p.Example = &sim.Example{Action: r.Action, Resource: r.Resource}
			}
			return
		}
	}
}

// pathsOf lists the paths of a placement's network.
func pathsOf(pl *sim.Placement) []sim.Path {
	if len(pl.Network.Paths) > 0 {
		return pl.Network.Paths
	}
	return []sim.Path{{Verdict: pl.Network.Verdict, Hops: pl.Network.Path}}
}

// judgeWay looks for a way that is wrong and on which something may get
// through. A way that surely delivers is a violation; one of which it is not
// known whether it does leaves the test undecided.
func judgeWay(a *sim.Answer, wrong func(*sim.Path) string) *Problem {
	var open *Problem
	for i := range a.Placements {
		pl := &a.Placements[i]
		for _, way := range pathsOf(pl) {
			problem := wrong(&way)
			if problem == "" || way.Verdict == sim.Blocked {
				continue
			}
			p := &Problem{Message: fmt.Sprintf("%s: traffic %s", pl.Subnet, problem), Verdict: &a.Verdict, Subnet: pl.Subnet, Path: way.Hops}
			if len(way.Destinations) > 0 {
				p.Example = &sim.Example{Destination: way.Destinations[0]}
			}
			if way.Verdict == sim.Reachable || way.Verdict == sim.Partial {
				return p
			}
			p.Unknown, p.Unknowns = true, a.DecisiveUnknowns()
			p.Message = fmt.Sprintf("%s: it is not known whether traffic %s", pl.Subnet, problem)
			open = p
		}
	}
	return open
}

// meets tells whether a path, or its replies, meets a component.
func meets(p *sim.Path, id string) bool {
	return slices.ContainsFunc(p.Hops, func(h sim.Hop) bool { return h.Component == id })
}

func judgeFinding(a *sim.Answer, code string, want bool) *Problem {
	var hits []sim.Finding
	for _, f := range a.Findings {
		if f.Is(code) {
			hits = append(hits, f)
		}
	}
	switch {
	case want && len(hits) == 0:
		return &Problem{Message: fmt.Sprintf("the finding %s is not reported", code), Verdict: &a.Verdict, Findings: a.Findings}
	case !want && len(hits) > 0:
		return &Problem{Message: fmt.Sprintf("the finding %s is reported", code), Verdict: &a.Verdict, Findings: hits}
	}
	return nil
}
