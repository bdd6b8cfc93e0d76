// Package repair searches for the smallest sets of changes that make a
// question REACHABLE. Candidates come from the blockers that the answer
// reports; every set that is returned has been applied and asked about, and
// so has every set with one element less.
package repair

import (
	"container/heap"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/snapshot"
)

// Options bound the search.
type Options struct {
	Limit  int // repairs to return; 0: 10
	Checks int // changed snapshots to ask; 0: 500
	Depth  int // candidates in one set; 0: 8
	// Ask decides the question on a native snapshot; nil: the real thing.
	Ask func(native []byte, q sim.Question) (*sim.Answer, *snapshot.Snapshot, error)
}

// Repair is one minimal set of changes that was tried out.
type Repair struct {
	Changes  []change.Change `json:"changes"`
	Commands []string        `json:"commands"`
	Why      []string        `json:"why"`            // one sentence a candidate
	Others   []string        `json:"others"`         // who else must act: "account 444455556666 (the bucket's owner)", …
	Wide     []string        `json:"wide,omitempty"` // what it opens beyond the question, in words
	Notes    []string        `json:"notes,omitempty"`
	Warnings []sim.Finding   `json:"warnings,omitempty"` // that the changed snapshot has and the first one has not
	Breaks   []string        `json:"breaks,omitempty"`   // assertions that held and would not; whoever has some fills it in
	cost     int
	key      string
}

// Stuck is a blocker for which no candidate is known.
type Stuck struct {
	Finding sim.Finding `json:"finding"`
	Reason  string      `json:"reason"`
}

// Result is what the search found, best first.
type Result struct {
	Before  *sim.Answer   `json:"before"`
	Repairs []Repair      `json:"repairs"`
	Stuck   []Stuck       `json:"stuck,omitempty"`
	Unknown []sim.Missing `json:"unknown,omitempty"` // facts that keep repaired snapshots UNKNOWN
	Tried   int           `json:"tried"`             // changed snapshots that were asked
	Whole   bool          `json:"complete"`          // no bound cut the search
	// OwnersMustAct tells that no repair is on the role's own side.
	OwnersMustAct string `json:"ownersMustAct,omitempty"`
}

// candidate is one element of a repair: changes that go together.
type candidate struct {
	changes []change.Change
	cost    int    // least privilege is cheapest
	why     string // one sentence
	actor   string // who makes it, where that is not the role's account
	wide    string // what it opens beyond the question
	target  string // what it replaces whole, e.g. "policy of vpce-1": a later one with the same takes its place
}

func (c *candidate) key() string { return string(change.JSON(c.changes)) }

// set is a state of the search.
type set struct {
	list []candidate
	cost int
	key  string
}

func newSet(list []candidate) *set {
	s := &set{list: list}
	keys := make([]string, len(list))
	for i := range list {
		s.cost += list[i].cost
		keys[i] = list[i].key()
	}
	sort.Strings(keys)
	s.key = strings.Join(keys, "\n")
	return s
}

// with returns the set with one candidate more.
func (s *set) with(c candidate) *set {
	list := slices.Clone(s.list)
	for i := range list {
		if c.target != "" && list[i].target == c.target {
			c.cost = max(c.cost, list[i].cost)
			list[i] = c
			return newSet(list)
		}
	}
	return newSet(append(list, c))
}

func (s *set) changes() []change.Change {
	var out []change.Change
	for i := range s.list {
		out = append(out, s.list[i].changes...)
	}
	return out
}

// queue is a heap of sets, cheapest first; ties by size, then by content.
type queue []*set

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	a, b := q[i], q[j]
	switch {
	case a.cost != b.cost:
		return a.cost < b.cost
	case len(a.list) != len(b.list):
		return len(a.list) < len(b.list)
	}
	return a.key < b.key
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(*set)) }
func (q *queue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}

// search is one search under way.
type search struct {
	native  []byte
	q       sim.Question
	opt     Options
	res     *Result
	home    string // the role's account
	seen    map[string]bool
	repairs map[string]bool
	stuck   map[string]bool
	left    []sim.Finding // blockers that were left where nothing more could be tried
}

// Find searches. An error means that the question makes no sense.
func Find(native []byte, q sim.Question, opt Options) (*Result, error) {
	if opt.Limit <= 0 {
		opt.Limit = 10
	}
	if opt.Checks <= 0 {
		opt.Checks = 500
	}
	if opt.Depth <= 0 {
		opt.Depth = 8
	}
	if opt.Ask == nil {
		opt.Ask = ask
	}
	s := &search{native: native, q: q, opt: opt, res: &Result{Repairs: []Repair{}, Whole: true}, home: accountOf(q.Job.RoleARN),
		seen: map[string]bool{}, repairs: map[string]bool{}, stuck: map[string]bool{}}
	if err := s.run(); err != nil {
		return nil, err
	}
	s.finish()
	return s.res, nil
}

func ask(native []byte, q sim.Question) (*sim.Answer, *snapshot.Snapshot, error) {
	snap, err := snapshot.Parse(native)
	if err != nil {
		return nil, nil, err
	}
	a, err := sim.NewWorld(snap).Check(q)
	return a, snap, err
}

func accountOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[4]
	}
	return ""
}

func (s *search) run() error {
	first, snap, err := s.opt.Ask(s.native, s.q)
	if err != nil {
		return err
	}
	s.res.Before = first
	if first.Verdict == sim.Reachable {
		return nil
	}
	q := &queue{}
	s.expand(q, newSet(nil), first, snap)
	for q.Len() > 0 {
		if len(s.res.Repairs) >= s.opt.Limit || s.res.Tried >= s.opt.Checks {
			s.res.Whole = false
			return nil
		}
		n := heap.Pop(q).(*set)
		if s.covers(n) {
			continue
		}
		a, applied, snap := s.try(n.changes())
		switch {
		case a == nil: // refused: AWS does not take these together
		case a.Verdict == sim.Reachable:
			s.keep(n, a, applied)
		case len(n.list) >= s.opt.Depth:
			s.res.Whole = false
		default:
			s.expand(q, n, a, snap)
		}
	}
	return nil
}

// try applies changes and asks. A nil answer means that they were refused.
func (s *search) try(changes []change.Change) (*sim.Answer, *change.Applied, *snapshot.Snapshot) {
	applied, err := change.Apply(s.native, changes)
	if err != nil {
		return nil, nil, nil
	}
	s.res.Tried++
	a, snap, err := s.opt.Ask(applied.Native, s.q)
	if err != nil {
		return nil, nil, nil
	}
	return a, applied, snap
}

// covers tells whether a repair that was found is part of the set.
func (s *search) covers(n *set) bool {
	have := map[string]bool{}
	for _, k := range strings.Split(n.key, "\n") {
		have[k] = true
	}
	for _, r := range s.res.Repairs {
		all := true
		for _, k := range strings.Split(r.key, "\n") {
			all = all && have[k]
		}
		if all {
			return true
		}
	}
	return false
}

// expand queues the sets that mend one more blocker. Every blocker must be
// mended, so it is enough to branch on one: the one with the fewest ways to
// mend it. A way of another blocker that makes this one vanish is found when
// the set that has both is made minimal.
func (s *search) expand(q *queue, n *set, a *sim.Answer, snap *snapshot.Snapshot) {
	g := &generator{snap: snap, q: s.q, answer: a, home: s.home}
	var best []candidate
	blockers := 0
	for i := range a.Findings {
		f := &a.Findings[i]
		if f.Severity != sim.Blocker {
			continue
		}
		blockers++
		found := s.fresh(n, g.candidates(f))
		if len(found) == 0 {
			s.noWay(f, len(n.list) == 0)
			continue
		}
		if best == nil || len(found) < len(best) {
			best = found
		}
	}
	if blockers == 0 && a.Verdict == sim.Unknown {
		for _, m := range a.Unknowns {
			if !slices.Contains(s.res.Unknown, m) {
				s.res.Unknown = append(s.res.Unknown, m)
			}
		}
	}
	if best == nil && blockers > 0 {
		for i := range a.Findings {
			if a.Findings[i].Severity == sim.Blocker {
				s.left = append(s.left, a.Findings[i])
			}
		}
	}
	for _, c := range best {
		if next := n.with(c); !s.seen[next.key] {
			s.seen[next.key] = true
			heap.Push(q, next)
		}
	}
}

// fresh drops candidates that the set has already: they did not help.
func (s *search) fresh(n *set, list []candidate) []candidate {
	var out []candidate
	for _, c := range list {
		if !slices.ContainsFunc(n.list, func(o candidate) bool { return o.key() == c.key() }) {
			out = append(out, c)
		}
	}
	return out
}

// noWay records a blocker of the question itself that nothing here mends.
func (s *search) noWay(f *sim.Finding, first bool) {
	key := f.Code.String() + "\x00" + f.Component
	if first && !s.stuck[key] {
		s.stuck[key] = true
		s.res.Stuck = append(s.res.Stuck, Stuck{Finding: *f, Reason: stuckReason(f)})
	}
}

func stuckReason(f *sim.Finding) string {
	if f.Gate == sim.GateJob {
		return "the job itself has to change: " + f.Fix
	}
	if f.Fix != "" {
		return "no change that could be tried out is known here; by hand: " + f.Fix
	}
	return "no change that could be tried out is known here"
}

// keep makes a set that works minimal and records it.
func (s *search) keep(n *set, a *sim.Answer, applied *change.Applied) {
	list := slices.Clone(n.list)
	for i := 0; i < len(list); {
		less := newSet(slices.Delete(slices.Clone(list), i, i+1))
		b, other, _ := s.try(less.changes())
		if b != nil && b.Verdict == sim.Reachable {
			list, a, applied = less.list, b, other
			continue
		}
		i++
	}
	list, a, applied = s.trim(list, a, applied)
	m := newSet(list)
	if s.repairs[m.key] || s.covers(m) {
		return
	}
	s.repairs[m.key] = true
	s.res.Repairs = append(s.res.Repairs, s.describe(m, a, applied))
}

// trim drops single changes inside candidates that make several, e.g. one of
// many network ACL rules.
func (s *search) trim(list []candidate, a *sim.Answer, applied *change.Applied) ([]candidate, *sim.Answer, *change.Applied) {
	for i := range list {
		for j := 0; len(list[i].changes) > 1 && j < len(list[i].changes); {
			shorter := slices.Clone(list)
			shorter[i].changes = slices.Delete(slices.Clone(list[i].changes), j, j+1)
			b, other, _ := s.try(newSet(shorter).changes())
			if b != nil && b.Verdict == sim.Reachable {
				list, a, applied = shorter, b, other
				continue
			}
			j++
		}
	}
	return list, a, applied
}

func (s *search) describe(m *set, a *sim.Answer, applied *change.Applied) Repair {
	r := Repair{Changes: m.changes(), cost: m.cost, key: m.key, Others: []string{}, Notes: applied.Notes, Commands: []string{}}
	for i := range m.list {
		c := &m.list[i]
		r.Why = append(r.Why, c.why)
		if c.actor != "" && !slices.Contains(r.Others, c.actor) {
			r.Others = append(r.Others, c.actor)
		}
		if c.wide != "" {
			r.Wide = append(r.Wide, c.wide)
		}
	}
	for _, c := range r.Changes {
		if cmd, ok := c.Command(); ok {
			r.Commands = append(r.Commands, cmd)
		}
	}
	for _, f := range a.Findings {
		isNew := !slices.ContainsFunc(s.res.Before.Findings, func(o sim.Finding) bool { return o.Code == f.Code && o.Component == f.Component })
		if f.Severity == sim.Warning && isNew {
			r.Warnings = append(r.Warnings, f)
		}
	}
	return r
}

// finish ranks the repairs: those on the role's own side first, then by cost.
func (s *search) finish() {
	if len(s.res.Repairs) == 0 && len(s.res.Stuck) == 0 {
		for i := range s.left {
			if f := &s.left[i]; !s.stuck[f.Code.String()+"\x00"+f.Component] {
				s.stuck[f.Code.String()+"\x00"+f.Component] = true
				s.res.Stuck = append(s.res.Stuck, Stuck{Finding: *f, Reason: "what was tried did not mend it; by hand: " + f.Fix})
			}
		}
	}
	slices.SortStableFunc(s.res.Repairs, func(a, b Repair) int {
		switch {
		case (len(a.Others) == 0) != (len(b.Others) == 0):
			return len(a.Others) - len(b.Others)
		case a.cost != b.cost:
			return a.cost - b.cost
		}
		return strings.Compare(a.key, b.key)
	})
	if len(s.res.Repairs) == 0 || len(s.res.Repairs[0].Others) == 0 {
		return
	}
	s.res.OwnersMustAct = fmt.Sprintf("No repair on our side: %s must act.", strings.Join(s.res.Repairs[0].Others, " and "))
}

// errNoChange is returned by builders of candidates that find nothing to change.
var errNoChange = errors.New("nothing to change")
