package symbolic

import (
	"fmt"
	"slices"

	"github.com/canreach/canreach/internal/strset"
	"github.com/canreach/canreach/rules/policy"
)

// regions decides resources whose patterns overlap in too many ways to list
// them all. A region is the resources that match some patterns and not some
// others. In the best case for a region, every pattern that it does not settle
// matches in an Allow and fails in a Deny; in the worst case the reverse. The
// decision is monotone in both, so that a region whose best case is denied, or
// whose worst case is allowed, is decided; others are split at a pattern.
func (d *decider) regions(t *tally, base policy.Request, lang strset.Language, texts []string) {
	r := &splitter{decider: d, tally: t, base: base, lang: lang.Must, texts: texts}
	if base.AccessPoint != "" {
		r.giveUp() // two ARNs at once
		return
	}
	r.prepare()
	word, ok := r.find(nil, nil)
	switch {
	case !ok:
		if r.spent {
			r.giveUp()
		}
		return
	case r.sample(word):
		return
	}
	r.split(nil, nil, word, r.beforehand(word))
	if r.spent && !t.settled() {
		r.giveUp()
	}
}

type splitter struct {
	*decider
	*tally
	base  policy.Request
	lang  []strset.Pattern
	texts []string
	items []regionItem
	index map[string]int
	lists map[*policy.Statement][]int // of the items of its resources
	spent bool
}

// regionItem is a pattern of some statements. It matches the words of sure,
// and no word that is not in wide; between them, which may be nothing, only
// the evaluator knows: the two readings of a star differ there, or a variable
// is not known.
type regionItem struct {
	sure, wide strset.Pattern
	none       bool // sure is nothing
}

// exact reports whether nothing is left between the two.
func (i *regionItem) exact() bool { return !i.none && i.sure.Key() == i.wide.Key() }

// state is what an item is in a region.
type state uint8

const (
	undecided state = iota
	fails
	matches
	open // between sure and wide
)

func (r *splitter) giveUp() {
	r.unknown = true
	trouble := Trouble{
		Text: fmt.Sprintf("string constraints over budget: %d patterns interact in Resource: %q", len(r.texts), r.texts[:min(5, len(r.texts))]),
	}
	r.needs = append(r.needs, trouble.need())
}

// prepare lists the patterns.
func (r *splitter) prepare() {
	r.index = make(map[string]int)
	r.lists = make(map[*policy.Statement][]int)
	for _, doc := range r.documents {
		for i := range doc.Statements {
			if st := &doc.Statements[i]; r.asksFor(st) {
				for _, text := range st.Resources {
					r.lists[st] = append(r.lists[st], r.item(text, doc.Variables()))
				}
			}
		}
	}
}

// item numbers a pattern; -1 is one that matches nothing.
func (r *splitter) item(text string, variables bool) int {
	key := fmt.Sprint(variables, text)
	if i, ok := r.index[key]; ok {
		return i
	}
	i := -1
	if list, loose := readings(text, variables, &r.base); list != nil && list[1].Least() <= longestARN {
		i = len(r.items)
		r.items = append(r.items, regionItem{sure: list[0], wide: list[1], none: loose})
	}
	r.index[key] = i
	return i
}

// beforehand tells which patterns hold all resources of the question, and
// which hold none.
func (r *splitter) beforehand(word string) []state {
	states := make([]state, len(r.items))
	for i := range r.items {
		p := &r.items[i]
		if p.wide.Match(word) {
			if !p.none {
				if _, ok := r.find(nil, []strset.Pattern{p.sure}); !ok && !r.spent {
					states[i] = matches
				}
			}
		} else if _, ok := r.find([]strset.Pattern{p.wide}, nil); !ok && !r.spent {
			states[i] = fails
		}
	}
	r.spent = false
	return states
}

func (r *splitter) find(in, out []strset.Pattern) (string, bool) {
	all := append(append(make([]strset.Pattern, 0, len(r.lang)+len(in)), r.lang...), in...)
	word, ok, err := r.meter.Find(all, out, findStates)
	r.spent = r.spent || err != nil
	return word, ok && err == nil
}

// sample decides one resource of each pattern: most questions that have both
// answers show them here.
func (r *splitter) sample(word string) bool {
	try := func(word string) bool {
		q := r.base
		q.Resource = word
		r.see(r.tally, q)
		return r.settled()
	}
	// What is unknown here is unknown in a region, too, and is found there.
	if try(word) {
		return true
	}
	for i := range r.items[:min(samplesMost, len(r.items))] {
		if word, ok := r.find([]strset.Pattern{r.items[i].wide}, nil); ok && try(word) {
			return true
		}
	}
	r.spent = false
	return false
}

// split decides the region of in and not out, of which word is one, and of
// which states tells what each item is there.
func (r *splitter) split(in, out []strset.Pattern, word string, states []state) {
	if r.settled() || r.spent {
		return
	}
	q := r.base
	q.Resource = word
	at := slices.Index(states, undecided)
	if at < 0 || r.settles(&q, states) {
		r.see(r.tally, q)
		return
	}
	p := &r.items[at]
	if !p.none {
		r.branch(append(in[:len(in):len(in)], p.sure), out, word, states, at, matches)
	}
	if !p.exact() {
		outside := out
		if !p.none {
			outside = append(out[:len(out):len(out)], p.sure)
		}
		r.branch(append(in[:len(in):len(in)], p.wide), outside, "", states, at, open)
	}
	r.branch(in, append(out[:len(out):len(out)], p.wide), word, states, at, fails)
}

// branch is split for the part of a region where an item is in a state. word
// is one of the region, and may be one of the part.
func (r *splitter) branch(in, out []strset.Pattern, word string, states []state, item int, to state) {
	if r.settled() || r.spent {
		return
	}
	p := &r.items[item]
	fits := to == matches && p.sure.Match(word) || to == fails && !p.wide.Match(word)
	if !fits {
		var ok bool
		if word, ok = r.find(in, out); !ok {
			return
		}
	}
	next := slices.Clone(states)
	next[item] = to
	for i := range next {
		if to != fails && next[i] == undecided && r.items[i].wide.Apart(p.wide) {
			next[i] = fails
		}
	}
	r.split(in, out, word, next)
}

// settles reports whether the best or the worst case decides a region.
func (r *splitter) settles(q *policy.Request, states []state) bool {
	best := r.evaluator.Decide(r.rewritten(states, true), q)
	if best == policy.False {
		return true
	}
	return best == policy.True && r.evaluator.Decide(r.rewritten(states, false), q) == policy.True
}

// rewritten is the layers with each statement's resources replaced by what
// they come to in a region.
func (r *splitter) rewritten(states []state, best bool) *policy.Layers {
	l := *r.layers
	one := func(p *policy.Policy) *policy.Policy {
		if p == nil || p.Document == nil {
			return p
		}
		q := *p
		q.Document = r.document(p.Document, states, best)
		return &q
	}
	list := func(ps []policy.Policy) []policy.Policy {
		if ps == nil {
			return nil
		}
		out := make([]policy.Policy, len(ps))
		for i := range ps {
			out[i] = *one(&ps[i])
		}
		return out
	}
	levels := func(in [][]policy.Policy) [][]policy.Policy {
		if in == nil {
			return nil
		}
		out := make([][]policy.Policy, len(in))
		for i := range in {
			out[i] = list(in[i])
		}
		return out
	}
	l.Identity, l.Session = list(l.Identity), list(l.Session)
	l.Boundary, l.Endpoint, l.Resource, l.AccessPoint = one(l.Boundary), one(l.Endpoint), one(l.Resource), one(l.AccessPoint)
	l.SCPs, l.RCPs = levels(l.SCPs), levels(l.RCPs)
	return &l
}

func (r *splitter) document(d *policy.Document, states []state, best bool) *policy.Document {
	out := &policy.Document{Version: d.Version, Kind: d.Kind, Single: d.Single}
	for i := range d.Statements {
		items, asked := r.lists[&d.Statements[i]]
		st := d.Statements[i]
		if r.work -= 10 + len(items); r.work < 0 {
			r.spent = true
		}
		if !asked && (st.HasResource || !r.asksFor(&st)) || asked && !resources(&st, items, states, best) {
			continue
		}
		out.Statements = append(out.Statements, st)
	}
	return out
}

// resources rewrites a statement's resources for a region; false where they
// do not match.
func resources(st *policy.Statement, items []int, states []state, best bool) bool {
	found := fails
	var left []string
	for i, text := range st.Resources {
		is := matches
		switch {
		case text == "*":
		case items[i] >= 0:
			is = states[items[i]]
		default:
			is = open // a variable without a value (P65, P66)
		}
		if is == open {
			left = append(left, text)
			continue
		}
		if is == matches || is == undecided && found == fails {
			found = is
		}
		if found == matches {
			break
		}
	}
	if found == undecided {
		found = fails
		if best != st.Deny != st.NotResource {
			found = matches
		}
	}
	switch {
	case found == matches:
		st.Resources = []string{"*"}
	case len(left) > 0:
		st.Resources = left // for the evaluator
	default:
		if !st.NotResource {
			return false
		}
		st.Resources, st.NotResource = []string{"*"}, false
	}
	return true
}
