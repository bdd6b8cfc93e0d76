package symbolic

import (
	"github.com/canreach/canreach/internal/idd"
	"github.com/canreach/canreach/internal/strset"
)

// Trouble is why an answer stays open: a dimension over its budget, or facts
// that the policies leave open.
type Trouble struct {
	Text      string
	Dimension string   // "Resource", "Action", "Principal", a condition key, or "" for the whole
	Count     int      // of the patterns that interact
	Budget    int      // that was spent
	Patterns  []string // a few of them
}

func (t *Trouble) Error() string { return t.Text }

// search follows the paths of a diagram to requests that exist. In the lazy
// mode a path says of each pattern whether it matches; the word is sought only
// then.
type search struct {
	*space
	runs  []idd.Range // per level, the values that the path leaves open
	set   []bool      // per level, whether the path bounds it
	steps int
	pairs map[pairKey]bool
	known map[int][]string // actions of the table, per atom
	spent *Trouble
	// visit is called with each request found; it returns true to stop.
	visit func(*assignment) bool
}

// assignment is the value of each dimension that a path leads to.
type assignment struct {
	values map[*dimension][]string // absent keys have none
	opaque bool                    // the path depends on a fact that is not modelled
}

type pairKey struct {
	dim      *dimension
	p, q     int32
	includes bool // p is within q; else p and q are disjoint
}

// each calls visit for requests in set until it returns true. It reports
// trouble where it had to give up before it had seen them all.
func (s *space) each(set idd.ID, visit func(*assignment) bool) *Trouble {
	w := &search{
		space: s, visit: visit, steps: searchSteps,
		runs: make([]idd.Range, s.arena.Levels()), set: make([]bool, s.arena.Levels()),
		pairs: make(map[pairKey]bool),
	}
	for level := range w.runs {
		w.runs[level] = idd.Range{Lo: 0, Hi: s.arena.Max(level)}
	}
	w.walk(set)
	return w.spent
}

func (w *search) over(d *dimension) bool {
	if w.steps--; w.steps >= 0 {
		return false
	}
	if w.spent == nil {
		if d == nil {
			d = w.largest()
		}
		w.spent = &Trouble{
			Text: "string constraints over budget: " + d.describe(), Dimension: d.name,
			Count: len(d.patterns), Budget: searchSteps, Patterns: d.texts[:min(5, len(d.texts))],
		}
	}
	return true
}

// largest is the dimension with the most patterns.
func (s *space) largest() *dimension {
	best := s.resource
	for _, d := range s.dims {
		if len(d.patterns) > len(best.patterns) {
			best = d
		}
	}
	return best
}

// walk explores the paths below x; true means stop.
func (w *search) walk(x idd.ID) bool {
	if x == idd.False {
		return false
	}
	if w.over(nil) {
		return true
	}
	if x == idd.True {
		return w.leaf()
	}
	level, bounds, kids := w.arena.Node(x)
	full := w.runs[level]
	defer func() { w.runs[level], w.set[level] = full, false }()
	w.set[level] = true
	low := uint64(0)
	for i := range kids {
		w.runs[level] = idd.Range{Lo: low, Hi: bounds[i]}
		low = bounds[i] + 1
		if kids[i] == idd.False || !w.plausible(level) {
			continue
		}
		if w.walk(kids[i]) {
			return true
		}
		_, bounds, kids = w.arena.Node(x)
	}
	return false
}

// lazyAt is the lazy dimension that a level belongs to, and the pattern.
func (w *search) lazyAt(level int) (*dimension, int) {
	for _, d := range w.dims {
		if d.lazy && level >= d.level && level < d.level+d.first()+len(d.patterns) {
			return d, level - d.level - d.first()
		}
	}
	return nil, 0
}

// plausible checks the pattern that the path has just decided against each of
// those before it: two that exclude one another can't both match, and what
// includes another must match with it.
func (w *search) plausible(level int) bool {
	d, at := w.lazyAt(level)
	if d == nil || at < 0 {
		return true
	}
	matches := w.runs[level].Lo == 1
	for l := d.level + d.first(); l < level; l++ {
		if !w.set[l] {
			continue
		}
		other := l - d.level - d.first()
		switch otherMatches := w.runs[l].Lo == 1; {
		case matches && otherMatches:
			if w.pair(d, int32(at), int32(other), false) {
				return false
			}
		case matches:
			if w.pair(d, int32(at), int32(other), true) {
				return false
			}
		case otherMatches:
			if w.pair(d, int32(other), int32(at), true) {
				return false
			}
		}
	}
	return true
}

// pairStates bounds one comparison of two patterns; where it does not do, they
// are taken to be unrelated, which costs time only.
const pairStates = 500

// pair reports whether p and q are disjoint, or p is included in q.
func (w *search) pair(d *dimension, p, q int32, includes bool) bool {
	if d.patterns[p].Apart(d.patterns[q]) {
		return !includes // no pattern is empty
	}
	k := pairKey{d, p, q, includes}
	if holds, ok := w.pairs[k]; ok {
		return holds
	}
	if w.over(d) {
		return false
	}
	var found bool
	var err error
	if includes {
		_, found, err = strset.Find([]strset.Pattern{d.patterns[p]}, []strset.Pattern{d.patterns[q]}, pairStates)
	} else {
		_, found, err = strset.Find([]strset.Pattern{d.patterns[p], d.patterns[q]}, nil, pairStates)
	}
	holds := !found && err == nil
	w.pairs[k] = holds
	return holds
}

// leaf makes a request of a path that leads to True.
func (w *search) leaf() bool {
	out := &assignment{values: make(map[*dimension][]string, len(w.dims))}
	for l := w.opaqueLevel; l < len(w.set); l++ {
		out.opaque = out.opaque || w.set[l]
	}
	for _, d := range w.dims {
		if d == w.resource || d == w.action {
			continue
		}
		value, ok := w.value(d)
		if !ok {
			return w.spent != nil
		}
		out.values[d] = value
	}
	action, resource, ok := w.operation()
	if !ok {
		return w.spent != nil
	}
	out.values[w.action] = []string{action}
	out.values[w.resource] = []string{resource}
	return w.visit(out)
}

// value is a value of d on the path; nil where the key is absent, not ok where
// no value will do.
func (w *search) value(d *dimension) (values []string, ok bool) {
	if d.lazy {
		if d.optional && (!w.set[d.level] || w.runs[d.level].Hi == 0) {
			return nil, true
		}
		word, ok := w.word(d, nil)
		return []string{word}, ok
	}
	if d.multi {
		for i := range d.atoms() {
			if w.set[d.level+i] && w.runs[d.level+i].Lo == 1 {
				values = append(values, d.sample(i))
			}
		}
		return values, true
	}
	run := w.runs[d.level]
	at := int(run.Lo)
	if d.optional && at == 0 {
		return nil, true
	}
	return []string{d.sample(at - d.first())}, true
}

// word is a word of a lazy dimension that matches what the path says, and the
// further patterns.
func (w *search) word(d *dimension, further []strset.Pattern) (string, bool) {
	in := append([]strset.Pattern(nil), d.lang.Must...)
	in = append(in, further...)
	var out []strset.Pattern
	for i, p := range d.patterns {
		l := d.level + d.first() + i
		switch {
		case !w.set[l]:
		case w.runs[l].Lo == 1:
			in = append(in, p)
		default:
			out = append(out, p)
		}
	}
	return w.find(d, in, out)
}

// find is strset.Find in the language of d, on this search's budget.
func (w *search) find(d *dimension, in, out []strset.Pattern) (string, bool) {
	shapes := d.lang.Or
	if len(shapes) == 0 {
		shapes = []strset.Pattern{strset.Glob("*")}
	}
	in = append(in, strset.Pattern{})
	for _, shape := range shapes {
		if w.over(d) {
			return "", false
		}
		in[len(in)-1] = shape
		word, ok, err := strset.Find(in, out, findStates)
		if err != nil {
			w.steps = 0
			w.over(d)
			return "", false
		}
		if ok {
			return word, true
		}
	}
	return "", false
}
