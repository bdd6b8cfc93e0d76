package access

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/canreach/canreach/sim"
)

// Review is what two snapshots let different roles do: who gains access, who
// loses it, and for whom it is no longer known.
type Review struct {
	Gained  []Change `json:"gained"`
	Lost    []Change `json:"lost"`
	Opened  []Change `json:"unknown"` // UNKNOWN now, and decided before
	Settled []Change `json:"settled"` // decided now, UNKNOWN before, and not gained or lost
	// StillUnknown counts questions that are UNKNOWN in both snapshots: about
	// these the review says nothing.
	StillUnknown int `json:"stillUnknown"`
	Asked        int `json:"asked"`
}

// Exact tells whether the review covers every question: nothing is UNKNOWN on
// either side.
func (r *Review) Exact() bool {
	return r.StillUnknown == 0 && len(r.Opened) == 0 && len(r.Settled) == 0
}

// Change is an access that differs, for all classes that share it.
type Change struct {
	Role     string      `json:"role"`
	Resource string      `json:"resource"`
	Action   string      `json:"action"`
	Before   sim.Verdict `json:"before"`
	After    sim.Verdict `json:"after"`
	Source   string      `json:"source"` // "interfaces" or "internet"
	Subnets  []string    `json:"subnets,omitempty"`
	Via      []string    `json:"via,omitempty"` // of the side that passes
	// Witness is a request that passes on one side alone.
	Witness *sim.Example `json:"witness,omitempty"`
	// Causes are the blockers that are new (lost) or gone (gained), or the
	// missing facts.
	Causes []Cause `json:"causes"`
}

// Cause is one finding or missing fact behind a change.
type Cause struct {
	Code      string `json:"code"`
	Component string `json:"component"`
	Pointer   string `json:"pointer,omitempty"` // into the snapshot that holds it
	Message   string `json:"message"`
	// Address is the component's in the plan, and File and Line where it is written.
	Address string `json:"address,omitempty"`
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
}

// entry is one role, bucket and action from one class.
type entry struct {
	role, resource, action string
	class                  string
}

type decision struct {
	verdict sim.Verdict
	row     *Row
	of      *Table // the row's
	source  *Source
	class   *Class
}

// Compare decides the query on both worlds and says what differs.
func Compare(ctx context.Context, before, after *sim.World, q Query) (*Review, error) {
	a, err := Decide(ctx, before, q)
	if err != nil {
		return nil, fmt.Errorf("before: %w", err)
	}
	b, err := Decide(ctx, after, q)
	if err != nil {
		return nil, fmt.Errorf("after: %w", err)
	}
	return compare(ctx, before, after, q, a, b)
}

// compare says what differs between what was decided on both sides.
func compare(ctx context.Context, before, after *sim.World, q Query, a, b *Table) (*Review, error) {
	x, y := entriesOf(a, b)
	r := &Review{Gained: []Change{}, Lost: []Change{}, Opened: []Change{}, Settled: []Change{}, Asked: max(a.Asked, b.Asked)}
	index := map[string]int{}
	var groups []*Change
	var sides []decision
	for _, e := range keysOf(x, y) {
		p, q2 := x[e], y[e]
		if p.row == nil {
			p.verdict = sim.Blocked
		}
		if q2.row == nil {
			q2.verdict = sim.Blocked
		}
		if p.verdict == sim.Unknown && q2.verdict == sim.Unknown {
			r.StillUnknown++
		}
		if p.verdict == q2.verdict {
			continue
		}
		side := q2
		if side.row == nil || reach(p.verdict) && !reach(q2.verdict) {
			side = p
		}
		key := fmt.Sprint(e.role, "\n", e.resource, "\n", e.action, p.verdict, q2.verdict, side.row.Via, side.source.Kind)
		at, known := index[key]
		if !known {
			at = len(groups)
			index[key] = at
			sides = append(sides, side)
			groups = append(groups, &Change{Role: e.role, Resource: e.resource, Action: e.action, Before: p.verdict, After: q2.verdict,
				Source: side.source.Kind, Via: side.row.Via, Causes: []Cause{}})
		}
		c := groups[at]
		if side.class != nil && !slices.Contains(c.Subnets, string(side.class.Subnet)) {
			c.Subnets = append(c.Subnets, string(side.class.Subnet))
		}
	}
	if err := Each(ctx, Query{Workers: q.Workers}, len(groups), func(i int) error {
		groups[i].Witness = sides[i].of.Explain(sides[i].row).Witness
		groups[i].explain(ctx, before, after, q, sides[i])
		return nil
	}); err != nil {
		return nil, err
	}
	for _, c := range groups {
		r.file(*c)
	}
	return r, nil
}

func reach(v sim.Verdict) bool { return v == sim.Reachable || v == sim.Partial }

func (r *Review) file(c Change) {
	list := &r.Settled
	switch {
	case c.After == sim.Unknown:
		list = &r.Opened
	case c.Before == sim.Unknown && c.After == sim.Blocked:
	case c.Before == sim.Unknown:
	case weight(c.After) > weight(c.Before):
		list = &r.Gained
	default:
		list = &r.Lost
	}
	*list = append(*list, c)
}

func weight(v sim.Verdict) int {
	return slices.Index([]sim.Verdict{sim.Unknown, sim.Blocked, sim.Partial, sim.Reachable}, v)
}

// entriesOf parts the rows of two tables alike.
func entriesOf(a, b *Table) (x, y map[entry]decision) {
	split := map[string]bool{}
	a.split(split)
	b.split(split)
	return a.entries(split), b.entries(split)
}

// split adds the keys of several classes: their interfaces fare differently.
func (t *Table) split(out map[string]bool) {
	seen := map[string]bool{}
	for i := range t.Sources {
		for k := range t.Sources[i].Classes {
			key := fmt.Sprint(t.Sources[i].Classes[k].key())
			out[key] = out[key] || seen[key]
			seen[key] = true
		}
	}
}

// entries parts the rows by class, and by interface where that is split.
func (t *Table) entries(split map[string]bool) map[entry]decision {
	out := map[entry]decision{}
	for i := range t.Rows {
		r := &t.Rows[i]
		s := &t.Sources[r.Source]
		if s.Kind == "internet" {
			out[entry{r.Role, r.Resource, r.Action, "internet"}] = decision{r.Verdict, r, t, s, nil}
		}
		for k := range s.Classes {
			c := &s.Classes[k]
			d := decision{r.Verdict, r, t, s, c}
			key := fmt.Sprint(c.key())
			if !split[key] || len(c.Members) == 0 {
				out[entry{r.Role, r.Resource, r.Action, key}] = d
				continue
			}
			for _, id := range c.Members {
				one := *c
				one.Example, d.class = id, &one
				out[entry{r.Role, r.Resource, r.Action, key + string(id)}] = d
			}
		}
	}
	return out
}

func keysOf(x, y map[entry]decision) []entry {
	seen := make(map[entry]bool, len(x)+len(y))
	for e := range x {
		seen[e] = true
	}
	for e := range y {
		seen[e] = true
	}
	out := make([]entry, 0, len(seen))
	for e := range seen {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.resource, b.resource), cmp.Compare(a.role, b.role), cmp.Compare(a.action, b.action), cmp.Compare(a.class, b.class))
	})
	return out
}

// explain asks the changed question on both sides and keeps the findings and
// missing facts that only one of them has.
func (c *Change) explain(ctx context.Context, before, after *sim.World, q Query, d decision) {
	question := d.source.question
	if d.class != nil {
		question = d.class.question()
	}
	question.Job.RoleARN, question.Bucket, question.Actions, question.Options = c.Role, c.Resource, []string{c.Action}, q.Options
	x, err1 := before.Check(ctx, question)
	y, err2 := after.Check(ctx, question)
	if err1 != nil || err2 != nil {
		c.Causes = append(c.Causes, Cause{Component: c.Source, Message: "only one of the snapshots knows this source"})
		return
	}
	if weight(c.After) > weight(c.Before) && c.Before != sim.Unknown {
		x, y = y, x // the cause is what stopped it before
	}
	had := map[string]bool{}
	for i := range x.Findings {
		had[causeKey(&x.Findings[i])] = true
	}
	for i := range y.Findings {
		if f := &y.Findings[i]; f.Severity == sim.Blocker && !had[causeKey(f)] {
			c.Causes = append(c.Causes, Cause{Code: fmt.Sprint(f.Code), Component: f.Component, Pointer: f.Pointer, Message: f.Message})
		}
	}
	if c.After == sim.Unknown {
		for _, u := range y.DecisiveUnknowns() {
			c.Causes = append(c.Causes, Cause{Code: fmt.Sprint(u.Code), Component: u.Component, Pointer: u.Pointer, Message: u.Fact})
		}
	}
}

func causeKey(f *sim.Finding) string { return fmt.Sprint(f.Code, "\n", f.Component, "\n", f.Severity) }
