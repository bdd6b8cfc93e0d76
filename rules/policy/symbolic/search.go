package symbolic

import (
	"slices"

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

// search follows the paths of a diagram to requests that exist. A path says of
// each hard pattern whether it matches; the word is sought only then.
type search struct {
	*space
	runs  []idd.Range // per level, the values that the path leaves open
	set   []bool      // per level, whether the path bounds it
	given []string    // the condition keys that the path needs to be present
	pairs map[pairKey]bool
	known map[int]*atomActions
	spent *Trouble
	// lazyAction is the action by form of the path at work.
	lazyAction struct {
		word       string
		sought, ok bool
	}
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
		space: s, visit: visit,
		runs: make([]idd.Range, s.arena.Levels()), set: make([]bool, s.arena.Levels()),
		pairs: make(map[pairKey]bool),
	}
	for level := range w.runs {
		w.runs[level] = idd.Range{Lo: 0, Hi: s.arena.Max(level)}
	}
	w.walk(set)
	return w.spent
}

// over takes a step off the budget, and reports whether that is spent.
func (w *search) over(d *dimension) bool {
	if w.budget.steps--; w.budget.steps >= 0 && w.budget.find.Steps >= 0 {
		return false
	}
	if w.spent == nil {
		w.spent = w.tooMuch("string constraints over budget: ", d, searchSteps)
	}
	return true
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

// hardAt is the dimension of a level that stands for a hard pattern, and which
// of them it is.
func (w *search) hardAt(level int) (*dimension, int) {
	for _, d := range w.dims {
		if d.lazy() && level > d.level && level <= d.level+len(d.hard) {
			return d, level - d.level - 1
		}
	}
	return nil, 0
}

// plausible checks the hard pattern that the path has just decided against
// what was decided before it: two that exclude one another can't both match,
// and what includes another must match with it.
func (w *search) plausible(level int) bool {
	d, at := w.hardAt(level)
	if d == nil {
		return true
	}
	p, matches := d.hard[at].pattern, w.runs[level].Lo == 1
	for l := d.level + 1; l < level; l++ {
		if w.set[l] && !w.goTogether(d, p, matches, d.hard[l-d.level-1].pattern, w.runs[l].Lo == 1) {
			return false
		}
	}
	run := w.runs[d.level]
	if atom := int(run.Lo) - d.first(); run.Lo == run.Hi && atom >= 0 {
		for q := range d.patterns {
			if d.matches(atom, int32(q)) && !w.goTogether(d, p, matches, int32(q), true) {
				return false
			}
		}
	}
	return true
}

// goTogether reports whether a word may match p, or not match it, and the same
// of q.
func (w *search) goTogether(d *dimension, p int32, matchesP bool, q int32, matchesQ bool) bool {
	switch {
	case matchesP && matchesQ:
		return !w.pair(d, p, q, false)
	case matchesP:
		return !w.pair(d, p, q, true)
	case matchesQ:
		return !w.pair(d, q, p, true)
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
		_, found, err = w.budget.find.Find([]strset.Pattern{d.patterns[p]}, []strset.Pattern{d.patterns[q]}, pairStates)
	} else {
		_, found, err = w.budget.find.Find([]strset.Pattern{d.patterns[p], d.patterns[q]}, nil, pairStates)
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
	w.given = w.given[:0]
	for name, d := range w.keys {
		if out.values[d] != nil {
			w.given = append(w.given, name)
		}
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
	if d.multi {
		for i := range d.atoms() {
			if w.set[d.level+i] && w.runs[d.level+i].Lo == 1 {
				values = append(values, d.sample(i))
			}
		}
		return values, true
	}
	at := int(w.runs[d.level].Lo)
	if d.optional && at == 0 {
		return nil, true
	}
	if d.lazy() {
		word, ok := w.word(d)
		return []string{word}, ok
	}
	return []string{d.sample(at - d.first())}, true
}

// word is a word of a text dimension that matches what the path says.
func (w *search) word(d *dimension) (string, bool) {
	if word, ok := w.readable(d, anyWord); ok {
		return word, true
	}
	return w.sought(d, anyWord)
}

var anyWord = strset.Glob("*")

// readable is the first of the atoms' readable words on the path that is of
// the kind; that there is none says nothing.
func (w *search) readable(d *dimension, kind strset.Pattern) (string, bool) {
	if len(d.patterns) == 0 {
		return "", false
	}
	first, last := w.atomsOf(d)
	for i := first; i <= last; i++ {
		if word := d.words.Readable(i); kind.Match(word) && w.hardAgree(d, word) {
			return word, true
		}
	}
	return "", false
}

// sought is any word on the path that is of the kind.
func (w *search) sought(d *dimension, kind strset.Pattern) (string, bool) {
	if len(d.patterns) == 0 {
		return w.find(d, append([]strset.Pattern{kind}, d.lang.Must...), nil)
	}
	first, last := w.atomsOf(d)
	for i := first; i <= last; i++ {
		if word, ok := w.within(d, i, kind); ok || w.spent != nil {
			return word, ok
		}
	}
	return "", false
}

// atomsOf are the first and the last atom of a single-valued dimension that
// the path leaves open.
func (w *search) atomsOf(d *dimension) (first, last int) {
	run := w.runs[d.level]
	return max(int(run.Lo)-d.first(), 0), int(run.Hi) - d.first()
}

// hardAgree reports whether a word matches the hard patterns as the path says.
func (w *search) hardAgree(d *dimension, word string) bool {
	for i, h := range d.hard {
		if l := d.level + 1 + i; w.set[l] && d.patterns[h.pattern].Match(word) != (w.runs[l].Lo == 1) {
			return false
		}
	}
	return true
}

// within is a word of an atom that matches the hard patterns as the path says,
// and is of the kind.
func (w *search) within(d *dimension, atom int, kind strset.Pattern) (string, bool) {
	in, out := d.words.Sides(atom)
	in = append(append(in, kind), d.lang.Must...)
	for i, h := range d.hard {
		p := d.patterns[h.pattern]
		if h.stem >= 0 && !d.words.In(atom, int(h.stem)) {
			continue // the pattern does not match here, whatever its level says
		}
		switch l := d.level + 1 + i; {
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
	// What shares no word with one of in need not be kept out.
	out = slices.DeleteFunc(out, func(p strset.Pattern) bool { return slices.ContainsFunc(in, p.Apart) })
	shapes := d.lang.Or
	if len(shapes) == 0 {
		shapes = []strset.Pattern{anyWord}
	}
	in = append(in, strset.Pattern{})
	for _, shape := range shapes {
		if w.over(d) {
			return "", false
		}
		in[len(in)-1] = shape
		word, ok, err := w.budget.find.Find(in, out, findStates)
		if err != nil {
			w.budget.steps = 0
			w.over(d)
			return "", false
		}
		if ok {
			return word, true
		}
	}
	return "", false
}
