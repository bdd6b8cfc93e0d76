package access

import (
	"context"
	"fmt"
	"slices"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/diff"
	"github.com/canreach/canreach/snapshot"
)

// CompareChanged is Compare for two worlds that differ in the changes and in
// nothing else: it decides again only what they can bear on. What it leaves out
// has the same answer on both sides.
func CompareChanged(ctx context.Context, before, after *sim.World, q Query, changes []diff.ResourceChange) (*Review, error) {
	s := scopeOf(before, after, changes)
	if s.all {
		return Compare(ctx, before, after, q)
	}
	if err := q.fill(); err != nil {
		return nil, err
	}
	p := &pruned{scope: s, q: &q, shared: map[classKey]pathAnswer{}}
	for i, w := range []*sim.World{before, after} {
		plan, err := newPlan(w, &q, q.roles(w.Snapshot()), q.resources(w.Snapshot()))
		if err != nil {
			return nil, err
		}
		p.sides[i].plan = plan
	}
	if err := p.survey(ctx); err != nil {
		return nil, err
	}
	var tables [2]*Table
	for i := range p.sides {
		t, err := p.decide(ctx, i)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", []string{"before", "after"}[i], err)
		}
		tables[i] = t
	}
	r, err := compare(ctx, before, after, q, tables[0], tables[1])
	if err == nil && q.Hidden {
		err = r.countUnknown(ctx, before, q, tables[0])
	}
	return r, err
}

// countUnknown adds what was not decided because the changes cannot bear on
// it, and is UNKNOWN: the facts that both snapshots lack may differ.
func (r *Review) countUnknown(ctx context.Context, w *sim.World, q Query, decided *Table) error {
	all, err := Decide(ctx, w, q)
	if err != nil {
		return err
	}
	done, every := entriesOf(decided, all)
	for e, d := range every {
		if _, known := done[e]; !known && d.verdict == sim.Unknown {
			r.StillUnknown++
		}
	}
	r.Asked = all.Asked
	return nil
}

// pruned is a comparison of what a change can bear on.
type pruned struct {
	*scope
	q      *Query
	sides  [2]prunedSide
	whole  bool                    // some role or bucket is touched: every class counts
	names  bool                    // S3's host names may fare differently
	shared map[classKey]pathAnswer // of classes that are the same on both sides
}

type prunedSide struct {
	plan    *plan
	classes []Class
	answers map[classKey]pathAnswer
	survey  survey
}

// survey finds the classes whose paths differ: those that only one side has,
// and of those that the change may touch the ones with different answers.
func (p *pruned) survey(ctx context.Context) error {
	p.whole = len(p.roles)+len(p.buckets)+len(p.bucketsOf) > 0
	var all survey
	for i := range p.sides {
		s := &p.sides[i]
		s.classes = interfaceClasses(s.plan.w, p.q)
		v := newSurvey(s.plan.w, s.plan.resources, s.plan.policies)
		names, _ := s.plan.w.Network().NamesMatter()
		p.names = p.names || names
		all.regions, all.perAddress, all.publicIP = distinct(append(all.regions, v.regions...)), all.perAddress || v.perAddress, all.publicIP || v.publicIP
	}
	var both [2]map[classKey]int
	for i := range p.sides {
		s := &p.sides[i]
		s.survey = all
		s.survey.world, s.survey.exact = s.plan.w, true
		both[i] = make(map[classKey]int, len(s.classes))
		for n := range s.classes {
			both[i][s.classes[n].key()] = n
		}
	}
	for i := range p.sides {
		if err := p.surveySide(ctx, &p.sides[i], both[1-i]); err != nil {
			return err
		}
	}
	a, b := &p.sides[0], &p.sides[1]
	for k, x := range a.answers {
		if y, ok := b.answers[k]; ok && p.same(&a.classes[both[0][k]], &b.classes[both[1][k]], &x, &y) {
			p.shared[k] = x
		}
	}
	if !p.whole {
		return nil
	}
	return p.surveyRest(ctx, a)
}

// surveySide asks for the classes that the change may touch or that the other
// side lacks.
func (p *pruned) surveySide(ctx context.Context, s *prunedSide, other map[classKey]int) error {
	var list []Class
	for i := range s.classes {
		if _, known := other[s.classes[i].key()]; !known || p.mayTouch(&s.classes[i]) {
			list = append(list, s.classes[i])
		}
	}
	return s.ask(ctx, p.q, list)
}

func (s *prunedSide) ask(ctx context.Context, q *Query, list []Class) error {
	answers, err := s.survey.answers(ctx, q, list)
	if s.answers == nil {
		s.answers = make(map[classKey]pathAnswer, len(list))
	}
	for i := range list {
		s.answers[list[i].key()] = answers[i]
	}
	return err
}

// surveyRest asks for the classes that the change cannot touch, once for both
// sides.
func (p *pruned) surveyRest(ctx context.Context, s *prunedSide) error {
	rest := prunedSide{survey: s.survey}
	rest.survey.exact = false
	var list []Class
	for i := range s.classes {
		if _, known := s.answers[s.classes[i].key()]; !known {
			list = append(list, s.classes[i])
		}
	}
	if err := rest.ask(ctx, p.q, list); err != nil {
		return err
	}
	for k, a := range rest.answers {
		p.shared[k] = a
	}
	return nil
}

// same tells whether nothing that a class meets differs: the answers, the
// endpoints that they lead through, and what the class itself is.
func (p *pruned) same(a, b *Class, x, y *pathAnswer) bool {
	if p.names { // the answers are for one name; other names may fare differently
		return false
	}
	if len(x.members)+len(y.members) > 0 && !slices.Equal(a.Members, b.Members) {
		return false
	}
	own := []string{string(a.Subnet), p.vpcOf(a), string(a.Example)}
	for _, g := range a.Groups {
		own = append(own, string(g))
	}
	differs := func(id string) bool { return p.components[id] }
	return a.Example == b.Example && x.exact == y.exact && x.signs == y.signs && !slices.ContainsFunc(own, differs) && !slices.ContainsFunc(x.endpoints, func(id snapshot.VPCEndpointID) bool { return differs(string(id)) })
}

func (p *pruned) vpcOf(c *Class) string {
	if homes := p.before.extent.Homes(string(c.Subnet)); len(homes) == 1 {
		return homes[0]
	}
	return ""
}

// decide asks on one side for what the change touches.
func (p *pruned) decide(ctx context.Context, i int) (*Table, error) {
	s := &p.sides[i]
	var answers []pathAnswer
	touched := map[string]bool{}
	for n := range s.classes {
		a, same := p.shared[s.classes[n].key()]
		if !same {
			a = s.answers[s.classes[n].key()]
			a.touch(touched)
		}
		a.class = s.classes[n] // which shares its answer with the other side's
		if !same || p.whole {
			answers = append(answers, a)
		}
	}
	sources := joinSources(p.q, answers, s.survey.regions)
	narrowed := &part{pruned: p}
	for n := range sources.list {
		if touched[sources.list[n].signs] {
			narrowed.touched = append(narrowed.touched, n)
		}
	}
	if err := s.plan.sort(ctx, sources, narrowed); err != nil {
		return nil, err
	}
	t, err := s.plan.decide(ctx, p.q)
	if err != nil {
		return nil, err
	}
	for _, resource := range s.plan.resources {
		for _, role := range s.plan.roles {
			t.Asked += narrowed.count(role, resource, len(sources.list)) * len(s.plan.actions)
		}
	}
	return t, nil
}

// touch sets an answer apart from those that are the same on both sides.
func (a *pathAnswer) touch(touched map[string]bool) {
	a.signs, a.like = "touched "+a.signs, "touched "+a.like
	touched[a.signs] = true
	a.members = slices.Clone(a.members)
	for i := range a.members {
		a.members[i].touch(touched)
	}
}

// part is the questions of one side that a change can bear on; nil: all.
type part struct {
	*pruned
	touched []int // sources
}

// count is from how many of all sources a role and a resource are asked about.
func (p *part) count(role, resource string, all int) int {
	if p == nil || p.touchesRole(role) || p.touchesBucket(resource) {
		return all
	}
	return len(p.touched)
}

// narrow picks those of the sources from which a role and a resource must be
// asked about.
func (p *part) narrow(role, resource string, from []int) []int {
	if p == nil || p.touchesRole(role) || p.touchesBucket(resource) {
		return from
	}
	var out []int
	for _, n := range p.touched {
		if slices.Contains(from, n) {
			out = append(out, n)
		}
	}
	return out
}
