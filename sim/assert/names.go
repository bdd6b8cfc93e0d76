package assert

import (
	"errors"
	"fmt"
	"slices"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// misnamed lists what a test names and nothing has: codes outside of the
// catalogue, and, unless the test says mayBeAbsent, literal buckets, roles,
// subnets, groups and components that the snapshot lacks. Such a test would
// pass or fail for want of what it is about.
func (t *Test) misnamed(w Asker, questions []asked) []Problem {
	var out []Problem
	add := func(text string) {
		if !slices.ContainsFunc(out, func(p Problem) bool { return p.Message == text }) {
			out = append(out, Problem{Message: text})
		}
	}
	var codes []string
	for _, e := range finding.All() {
		codes = append(codes, e.Code.String())
	}
	for _, code := range slices.Concat(t.Findings, t.NoFindings, t.Unknowns) {
		if slices.Contains(codes, code) {
			continue
		}
		text := code + " is not a finding code"
		if near := located.Nearest(code, codes); near != "" {
			text += "; did you mean " + near + "?"
		}
		add(text)
	}
	if t.MayBeAbsent {
		return out
	}
	for i := range questions {
		for _, a := range w.AbsentNames(&questions[i].question) {
			add(a.String())
		}
	}
	for _, id := range slices.Concat(t.OnlyThrough, t.Avoid, []string{t.Through}) {
		if id == "" {
			continue
		}
		if a, lacks := w.AbsentComponent(id); lacks {
			add(a.String())
		}
	}
	return out
}

// absentSubnet is the error for a subnet that a class of interfaces names and the
// snapshot lacks, or has outside of the class.
func absentSubnet(s *snapshot.Snapshot, id string) error {
	var have []string
	for _, a := range s.Accounts {
		for _, r := range a.Regions {
			for i := range r.EC2.Subnets.Items {
				have = append(have, string(r.EC2.Subnets.Items[i].ID))
			}
		}
	}
	if slices.Contains(have, id) {
		return fmt.Errorf("subnet %s is not in the account and region that the test names", id)
	}
	return errors.New(sim.AbsentName{Kind: "subnet", Name: id, Nearest: located.Nearest(id, have)}.String())
}
