// Package diff tells two answers, and two snapshots, apart: what is answered
// differently, and which resource's change caused it.
package diff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/sim"
)

// Delta is what became different between two answers to one question.
type Delta struct {
	Before  sim.Verdict   `json:"before"`
	After   sim.Verdict   `json:"after"`
	Removed []sim.Finding `json:"gone"` // blockers and warnings that are no more
	New     []sim.Finding `json:"new"`
	// Settled and Opened are facts that were missing and are not now, and the
	// other way round.
	Settled []sim.Missing `json:"settled,omitempty"`
	Opened  []sim.Missing `json:"opened,omitempty"`
	// Paths lists subnets whose traffic takes another way now.
	Paths []PathChange `json:"ways,omitempty"`
}

// PathChange is how one subnet's traffic went before and goes now. Changing it breaks
// open connections once (rule N56).
type PathChange struct {
	Subnet string   `json:"subnet"`
	Target string   `json:"target,omitempty"`
	Before []string `json:"before"` // endpoints, "public", or "" for none that delivers
	After  []string `json:"after"`
}

// Differs tells whether anything is different.
func (d *Delta) Differs() bool {
	return d.Before != d.After || len(d.Removed)+len(d.New)+len(d.Settled)+len(d.Opened)+len(d.Paths) > 0
}

// Answers compares two answers to one question.
func Answers(before, after *sim.Answer) Delta {
	d := Delta{Before: before.Verdict, After: after.Verdict}
	d.Removed = missingFindings(before, after)
	d.New = missingFindings(after, before)
	d.Settled = missingUnknowns(before, after)
	d.Opened = missingUnknowns(after, before)
	d.Paths = changedWays(before, after)
	return d
}

// findingKey is what makes a finding the same one in two answers. Pointers and
// indexes move when something else is added, and messages quote the other.
func findingKey(a *sim.Answer, f *sim.Finding) string {
	parts := []string{f.Code.String(), f.Gate.String(), f.Severity.String(), f.Component}
	if len(f.Placements) < len(a.Placements) {
		for _, n := range f.Placements {
			if n >= 0 && n < len(a.Placements) {
				parts = append(parts, a.Placements[n].Subnet, a.Placements[n].Target)
			}
		}
	}
	return strings.Join(parts, "\x00")
}

func missingFindings(in, from *sim.Answer) []sim.Finding {
	there := map[string]int{}
	for i := range from.Findings {
		there[findingKey(from, &from.Findings[i])]++
	}
	out := []sim.Finding{}
	for i := range in.Findings {
		f := &in.Findings[i]
		key := findingKey(in, f)
		if there[key] > 0 {
			there[key]--
			continue
		}
		if f.Severity != sim.Info {
			out = append(out, *f)
		}
	}
	return out
}

func missingUnknowns(in, from *sim.Answer) []sim.Missing {
	var out []sim.Missing
	for _, m := range in.DecisiveUnknowns() {
		if !slices.ContainsFunc(from.DecisiveUnknowns(), func(o sim.Missing) bool { return o.Code == m.Code && o.Gate == m.Gate && o.Component == m.Component }) {
			out = append(out, m)
		}
	}
	return out
}

// waysOf lists the ways of each placement on which traffic may get through.
func waysOf(a *sim.Answer) map[[2]string][]string {
	out := map[[2]string][]string{}
	for _, pl := range a.Placements {
		key := [2]string{pl.Subnet, pl.Target}
		paths := pl.Network.Paths
		if len(paths) == 0 {
			paths = []sim.Path{{Verdict: pl.Network.Verdict}}
		}
		for _, p := range paths {
			if p.Verdict == sim.Blocked {
				continue
			}
			name := p.Endpoint
			if name == "" {
				name = p.Via
			}
			if !slices.Contains(out[key], name) {
				out[key] = append(out[key], name)
			}
		}
		slices.Sort(out[key])
	}
	return out
}

func changedWays(before, after *sim.Answer) []PathChange {
	was, is := waysOf(before), waysOf(after)
	var out []PathChange
	for _, pl := range after.Placements {
		key := [2]string{pl.Subnet, pl.Target}
		old, known := was[key]
		if known && !slices.Equal(old, is[key]) && len(old) > 0 && len(is[key]) > 0 {
			out = append(out, PathChange{Subnet: pl.Subnet, Target: pl.Target, Before: old, After: is[key]})
		}
	}
	return out
}

// Direction says in a word what a change of verdict means.
func Direction(before, after sim.Verdict) string {
	rank := map[sim.Verdict]int{sim.Blocked: 0, sim.Partial: 1, sim.Reachable: 2}
	b, okB := rank[before]
	a, okA := rank[after]
	switch {
	case before == after:
		return "unchanged"
	case okA && okB && a > b:
		return "opens"
	case okA && okB:
		return "breaks"
	case !okA:
		return "becomes unknown"
	}
	return fmt.Sprintf("becomes %s", after)
}
