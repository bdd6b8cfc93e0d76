package diff

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/sim"
)

// findCauses tells for each difference which resource's change gives the new
// verdict: by making single changes of the second snapshot in the first, and
// asking. Where no single one does, a smallest set that does.
func findCauses(ctx context.Context, x *side, res *Result, o Options) {
	if len(res.Differences) == 0 {
		return
	}
	most := o.Causes
	if most <= 0 {
		most = min(200, max(1, singleBytes/(len(x.native)+1)))
	}
	live := make([]int, len(res.Resources)) // all: what is the same in meaning gives the same answers
	for i := range live {
		live[i] = i
	}
	c := &causes{base: x, res: res, worlds: map[string]*sim.World{}}
	if len(live) > most {
		res.Notes = append(res.Notes, fmt.Sprintf("%d resources differ: causes are searched for by halves, not one by one.", len(live)))
	} else {
		c.singles(ctx, live, o.workers())
	}
	for i := range res.Differences {
		if d := &res.Differences[i]; len(d.Causes) == 0 {
			c.search(ctx, d, live)
		}
	}
}

// singleBytes is how much snapshot is read to try every change alone: each try
// reads all of it. More is searched by halves.
const singleBytes = 100 << 20

// search finds the causes of one difference by halves: one that gives the new
// verdict alone, then others that do so without it; else a smallest set.
func (c *causes) search(ctx context.Context, d *Difference, live []int) {
	for range 8 {
		set := c.together(ctx, d, live)
		if len(set) != 1 {
			if len(d.Causes) == 0 {
				d.Together = c.named(set)
			}
			sort.Slice(d.Causes, func(i, j int) bool { return d.Causes[i].Resource < d.Causes[j].Resource })
			return
		}
		d.Causes = append(d.Causes, c.named(set)...)
		live = slices.DeleteFunc(slices.Clone(live), func(i int) bool { return i == set[0] })
	}
}

func (c *causes) named(set []int) []Cause {
	var out []Cause
	for _, i := range slices.Sorted(slices.Values(set)) {
		out = append(out, c.cause(i))
	}
	return out
}

type causes struct {
	base   *side
	res    *Result
	worlds map[string]*sim.World // by the changes made; nil: can't be read
}

// with returns the first snapshot with some changes of the second made.
func (c *causes) with(changes []int) *sim.World {
	tree, err := jsontree.Parse(c.base.native)
	if err != nil {
		return nil
	}
	for _, i := range changes {
		if !c.res.Resources[i].put(tree.Root) {
			return nil
		}
	}
	w, err := worldOf(tree.Bytes())
	if err != nil {
		return nil
	}
	return w
}

// singles tries each change alone against all differences.
func (c *causes) singles(ctx context.Context, live []int, workers int) {
	hits := make([][]bool, len(live))
	each(len(live), workers, func(n int) {
		hits[n] = make([]bool, len(c.res.Differences))
		w := c.with(live[n : n+1])
		if w == nil {
			return
		}
		for d := range c.res.Differences {
			hits[n][d] = gives(ctx, w, &c.res.Differences[d])
		}
	})
	for n, i := range live {
		for d := range c.res.Differences {
			if hits[n][d] {
				c.res.Differences[d].Causes = append(c.res.Differences[d].Causes, c.cause(i))
			}
		}
	}
}

// gives tells whether a world answers as the second snapshot does.
func gives(ctx context.Context, w *sim.World, d *Difference) bool {
	a, err := w.Check(ctx, d.q)
	return err == nil && a.Verdict == d.Delta.After
}

// together finds a smallest set of changes that gives the new verdict, by
// QuickXplain: about as many questions as the set has elements, times the
// logarithm of the number of changes.
//
// Junker, QuickXplain: preferred explanations and relaxations for
// over-constrained problems, AAAI 2004.
func (c *causes) together(ctx context.Context, d *Difference, live []int) []int {
	holds := func(set []int) bool {
		sorted := append([]int(nil), set...)
		sort.Ints(sorted)
		key := fmt.Sprint(sorted)
		w, ok := c.worlds[key]
		if !ok {
			w = c.with(sorted)
			if len(c.worlds) < 32 { // worlds are large
				c.worlds[key] = w
			}
		}
		return w != nil && gives(ctx, w, d)
	}
	if !holds(live) {
		return nil // the header, or what is compared as a whole, or nothing that can be made alone
	}
	return quickXplain(nil, nil, live, holds)
}

// quickXplain returns a minimal part of rest that holds together with base.
func quickXplain(base, added, rest []int, holds func([]int) bool) []int {
	if len(added) > 0 && holds(base) {
		return nil
	}
	if len(rest) <= 1 {
		return rest
	}
	half := len(rest) / 2
	left, right := rest[:half], rest[half:]
	second := quickXplain(join(base, left), left, right, holds)
	first := quickXplain(join(base, second), second, left, holds)
	return join(first, second)
}

func join(a, b []int) []int {
	return append(append(make([]int, 0, len(a)+len(b)), a...), b...)
}

func (c *causes) cause(i int) Cause {
	r := &c.res.Resources[i]
	text := r.Kind
	if r.ID != "" {
		text += " " + r.ID
	}
	text += " " + r.Change
	if len(r.Members) > 0 {
		text += " (" + strings.Join(r.Members, ", ") + ")"
	}
	for _, p := range r.Policies {
		text += ", " + p.Policy + ": " + p.Relation
	}
	return Cause{Resource: i, Text: text}
}
