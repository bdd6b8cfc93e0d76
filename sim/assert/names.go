package assert

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// misnamed lists what a test names and nothing has: codes outside of the
// catalogue, and, unless the test says mayBeAbsent, literal buckets, roles,
// subnets, groups and components that the snapshot lacks. Such a test would
// pass or fail for want of what it is about.
func (t *Test) misnamed(w Checker, questions []asked) []Problem {
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
	for i := range questions {
		if a, lacks := w.AbsentSource(questions[i].question); lacks { // nothing can be asked of it
			add(a.String())
		}
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
		} else if strings.HasPrefix(id, "pl-") {
			add("prefix list " + id + " is no component that traffic passes: name a route table or an endpoint")
		}
	}
	return out
}

// absentVPC is the error for a VPC that a class of interfaces names and the
// snapshot lacks, though it holds others.
func absentVPC(s *snapshot.Snapshot, id string) error {
	var have []string
	for _, a := range s.Accounts {
		for _, r := range a.Regions {
			for i := range r.EC2.VPCs.Items {
				have = append(have, string(r.EC2.VPCs.Items[i].ID))
			}
		}
	}
	if id == "" || len(have) == 0 || slices.Contains(have, id) {
		return nil
	}
	return errors.New(sim.AbsentName{Kind: "VPC", Name: id, Nearest: located.Nearest(id, have)}.String())
}

// absentSubnet is the error for a subnet that a class of interfaces names and the
// snapshot lacks, or has outside of the class.
func (f *Source) absentSubnet(s *snapshot.Snapshot, id string) error {
	var have []string
	for _, a := range s.Accounts {
		for _, r := range a.Regions {
			for i := range r.EC2.Subnets.Items {
				n := &r.EC2.Subnets.Items[i]
				have = append(have, string(n.ID))
				if string(n.ID) == id && f.VPC != "" && f.VPC != string(n.VPC) {
					return fmt.Errorf("subnet %s is in %s, not in %s, the vpc that the test names", id, n.VPC, f.VPC)
				}
			}
		}
	}
	if slices.Contains(have, id) {
		return fmt.Errorf("subnet %s is not among those that the test names by account, region or tags", id)
	}
	return errors.New(sim.AbsentName{Kind: "subnet", Name: id, Nearest: located.Nearest(id, have)}.String())
}
