package repair

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/snapshot"
)

// search is one search under way.
type search struct {
	ctx    context.Context
	base   *change.Base
	q      Query
	opt    Options
	res    *Result
	source source
	world  *sim.World // without changes
	first  *tried
	stuck  map[string]bool
	left   []sim.Finding // blockers that were left where nothing more could be tried
	others *neighbours
	ready  []change.Change // what AWS does by itself while one waits
}

// tried is a set of candidates with its answer.
type tried struct {
	list   []candidate
	answer *sim.Answer
	world  *sim.World
	notes  []string
}

func (t *tried) snap() *snapshot.Snapshot { return t.world.Snapshot() }

func changesOf(list []candidate) []change.Change {
	var out []change.Change
	for i := range list {
		out = append(out, list[i].changes...)
	}
	return out
}

func keyOf(list []candidate) string {
	keys := make([]string, len(list))
	for i := range list {
		keys[i] = list[i].key()
	}
	sort.Strings(keys)
	return strings.Join(keys, "\n")
}

// with returns the list with one candidate more; one for the same target is
// replaced in its place.
func with(list []candidate, c candidate) []candidate {
	list = slices.Clone(list)
	for i := range list {
		if c.target != "" && list[i].target == c.target {
			c.cost = max(c.cost, list[i].cost)
			list[i] = c
			return list
		}
	}
	return append(list, c)
}

// stopped tells whether a bound is reached, and notes which.
func (s *search) stopped() bool {
	switch {
	case errors.Is(s.ctx.Err(), context.DeadlineExceeded):
		s.cut(fmt.Sprintf("the search stopped after %s, at %d changed snapshots; --fix-timeout raises that", s.opt.Time, s.res.Tried))
	case s.ctx.Err() != nil:
		s.cut(fmt.Sprintf("the search was stopped after %d changed snapshots", s.res.Tried))
	case s.res.Tried >= s.opt.Checks:
		s.cut(fmt.Sprintf("the search stopped at %d changed snapshots; --max-checks raises that", s.opt.Checks))
	default:
		return false
	}
	return true
}

func (s *search) cut(limit string) {
	s.res.Whole = false
	if s.res.Limit == "" {
		s.res.Limit = limit
	}
}

func (s *search) run() error {
	s.world = sim.NewWorld(s.base.Snapshot())
	first, err := s.q.Ask(context.WithoutCancel(s.ctx), s.world)
	if err != nil {
		return err
	}
	s.res.Before = first
	if first.Verdict == sim.Reachable {
		return nil
	}
	s.source = sourceOf(s.base.Snapshot(), &s.q, first)
	s.first = &tried{answer: first, world: s.world}
	if s.wait() {
		return nil
	}
	s.noWays()
	s.explore()
	return nil
}

// explore finds a set that works, and then others that do without one of its
// elements: without that very element where the set harms somebody, else
// without its kind of change.
func (s *search) explore() {
	queue, seen := [][]string{nil}, map[string]bool{}
	for len(queue) > 0 {
		if s.enough() {
			s.cut("")
			return
		}
		if s.stopped() {
			return
		}
		bans := queue[0]
		queue = queue[1:]
		found := s.solve(bans)
		if found == nil {
			continue
		}
		found = s.minimal(found)
		harms := s.keep(found)
		for i := range found.list {
			ban := found.list[i].operations()
			if harms {
				ban = found.list[i].key()
			}
			next := append(slices.Clone(bans), ban)
			slices.Sort(next)
			if id := strings.Join(next, "\n"); !seen[id] && len(queue) < maxQueue {
				seen[id] = true
				queue = append(queue, next)
			}
		}
	}
}

// maxQueue bounds the memory of the search.
const maxQueue = 1_000

// enough tells whether the repairs that would be returned are all there.
func (s *search) enough() bool {
	if len(s.res.Repairs) >= 4*s.opt.Limit {
		return true
	}
	kinds := map[string]bool{}
	for i := range s.res.Repairs {
		if r := &s.res.Repairs[i]; r.harms() == 0 && r.Verdict == sim.Reachable {
			kinds[strings.Join(r.operations, "\n")] = true
		}
	}
	return len(kinds) >= s.opt.Limit
}

// solve adds, round by round, the cheapest candidate for each blocker until
// the question is REACHABLE. Nil: that can't be had without what is banned.
func (s *search) solve(bans []string) *tried {
	now := s.first
	for range s.opt.Depth {
		add := s.additions(now, bans)
		if len(add) == 0 {
			s.leave(now.answer)
			return nil
		}
		next := s.extend(now, add)
		if next == nil {
			return nil
		}
		now = next
		if s.works(now.answer) {
			return now
		}
	}
	s.cut("")
	return nil
}

// works tells whether nothing is left to repair: the question is REACHABLE, or
// only facts that the snapshot lacks are in the way.
func (s *search) works(a *sim.Answer) bool {
	if a.Verdict == sim.Reachable {
		return true
	}
	return a.Verdict == sim.Unknown && !slices.ContainsFunc(a.Findings, func(f sim.Finding) bool { return f.Severity == sim.Blocker })
}

// additions picks the cheapest candidate for each blocker.
func (s *search) additions(now *tried, bans []string) []candidate {
	g := s.generator(now)
	var out []candidate
	for i := range now.answer.Findings {
		f := &now.answer.Findings[i]
		if f.Severity != sim.Blocker {
			continue
		}
		var best *candidate
		for _, c := range g.candidates(f) {
			key, taken := c.key(), func(o candidate) bool { return o.key() == c.key() }
			if slices.Contains(bans, key) || slices.Contains(bans, c.operations()) || slices.ContainsFunc(now.list, taken) {
				continue
			}
			if best == nil || c.cost < best.cost {
				best = &c
			}
		}
		clash := func(o candidate) bool { return o.key() == best.key() || o.target != "" && o.target == best.target }
		if best != nil && !slices.ContainsFunc(out, clash) {
			out = append(out, *best)
		}
	}
	return out
}

func (s *search) generator(t *tried) *generator {
	return &generator{snap: t.snap(), q: s.q, answer: t.answer, source: s.source, others: s.neighbours()}
}

// extend adds candidates, all at once or, where AWS refuses them together, as
// many as it takes. Nil: none could be added.
func (s *search) extend(now *tried, add []candidate) *tried {
	list := now.list
	for _, c := range add {
		list = with(list, c)
	}
	if t := s.try(list); t != nil || len(add) == 1 {
		return t
	}
	var out *tried
	list = now.list
	for _, c := range add {
		if t := s.try(with(list, c)); t != nil {
			out, list = t, t.list
		}
	}
	return out
}

// try applies a set and asks. Nil means that it was refused or a bound is reached.
func (s *search) try(list []candidate) *tried {
	if s.stopped() {
		return nil
	}
	snap, notes, err := s.base.Try(append(slices.Clone(s.ready), changesOf(list)...))
	if err != nil {
		return nil
	}
	s.res.Tried++
	if s.opt.Progress != nil {
		s.opt.Progress(s.res.Tried)
	}
	w := sim.NewWorld(snap)
	a, err := s.q.Ask(context.WithoutCancel(s.ctx), w)
	if err != nil {
		return nil
	}
	return &tried{list: list, answer: a, world: w, notes: notes}
}

// minimal drops every candidate, and every single change of those that make
// several, without which the set still works.
func (s *search) minimal(t *tried) *tried {
	works := func(list []candidate) *tried {
		if b := s.try(list); b != nil && b.answer.Verdict == t.answer.Verdict && s.works(b.answer) {
			return b
		}
		return nil
	}
	for i := 0; i < len(t.list) && len(t.list) > 1; {
		if b := works(slices.Delete(slices.Clone(t.list), i, i+1)); b != nil {
			t = b
			continue
		}
		i++
	}
	for i := range t.list {
		for j := 0; len(t.list[i].changes) > 1 && j < len(t.list[i].changes); {
			shorter := slices.Clone(t.list)
			shorter[i].changes = slices.Delete(slices.Clone(shorter[i].changes), j, j+1)
			if b := works(shorter); b != nil {
				t = b
				continue
			}
			j++
		}
	}
	return t
}

// keep records a set that works, and tells whether it harms somebody.
func (s *search) keep(t *tried) bool {
	key := keyOf(t.list)
	for i := range s.res.Repairs {
		if s.res.Repairs[i].key == key {
			return s.res.Repairs[i].harms() > 0
		}
	}
	r := s.describe(t)
	r.key = key
	s.res.Repairs = append(s.res.Repairs, r)
	return r.harms() > 0
}

func (s *search) describe(t *tried) Repair {
	r := Repair{Verdict: t.answer.Verdict, Changes: changesOf(t.list), Others: []string{}, Notes: t.notes}
	r.Commands = change.Commands(r.Changes)
	for i := range t.list {
		c := &t.list[i]
		r.cost += c.cost
		r.Why = append(r.Why, c.why)
		if c.actor != "" && !slices.Contains(r.Others, c.actor) {
			r.Others = append(r.Others, c.actor)
		}
		if c.wide != "" && !slices.Contains(r.Wide, c.wide) {
			r.Wide = append(r.Wide, c.wide)
		}
		for _, o := range strings.Split(c.operations(), "+") {
			if o += " " + c.actor; !slices.Contains(r.operations, o) {
				r.operations = append(r.operations, o)
			}
		}
	}
	slices.Sort(r.operations)
	if r.Verdict == sim.Unknown {
		r.Unknown = t.answer.DecisiveUnknowns()
	}
	for _, f := range t.answer.Findings {
		isNew := !slices.ContainsFunc(s.res.Before.Findings, func(o sim.Finding) bool { return o.Code == f.Code && o.Component == f.Component })
		if f.Severity == sim.Warning && isNew {
			r.Warnings = append(r.Warnings, f)
		}
	}
	r.Neighbours, r.NotAsked = s.neighbours().ask(context.WithoutCancel(s.ctx), r.Changes, t.world)
	if s.opt.Breaks != nil {
		var err error
		if r.Breaks, err = s.opt.Breaks(t.world); err != nil {
			r.Notes = append(r.Notes, "the assertions could not be run: "+err.Error())
		}
	}
	return r
}

// noWays records the blockers of the question itself for which there is no candidate.
func (s *search) noWays() {
	g := s.generator(s.first)
	for i := range s.first.answer.Findings {
		if f := &s.first.answer.Findings[i]; f.Severity == sim.Blocker && len(g.candidates(f)) == 0 {
			s.noWay(f, g.stuckReason(f))
		}
	}
	if s.works(s.first.answer) {
		s.res.Unknown = s.first.answer.DecisiveUnknowns()
	}
}

func (s *search) noWay(f *sim.Finding, reason string) {
	if key := f.Code.String() + "\x00" + f.Component; !s.stuck[key] {
		s.stuck[key] = true
		s.res.Stuck = append(s.res.Stuck, Stuck{Finding: *f, Reason: reason})
	}
}

func (g *generator) stuckReason(f *sim.Finding) string {
	if wrong := g.wrongName(); wrong != "" && f.Gate != sim.GateJob {
		return wrong + " No policy is widened for a name that may be wrong"
	}
	switch {
	case f.Gate == sim.GateJob:
		return "the job itself has to change: " + f.Fix
	case f.Fix != "":
		return "no automatic fix for it; by hand: " + f.Fix
	}
	return "no automatic fix for it"
}

// leave notes the blockers of a set to which nothing more can be added.
func (s *search) leave(a *sim.Answer) {
	for i := range a.Findings {
		if a.Findings[i].Severity == sim.Blocker {
			s.left = append(s.left, a.Findings[i])
		}
	}
	if a.Verdict == sim.Unknown && len(s.res.Unknown) == 0 {
		s.res.Unknown = a.DecisiveUnknowns()
	}
}
