package strset

import (
	"errors"
	"slices"
	"unicode/utf16"
)

// ErrBudget tells that a question took more automaton states than allowed.
var ErrBudget = errors.New("string patterns over budget")

// Partition is the classes of words that a list of patterns tells apart: the
// words of a class match exactly the same patterns. Classes are numbered in
// the order of their shortest words' lengths.
type Partition struct {
	patterns []Pattern
	lang     Language
	stride   int      // words of bits for each class
	bits     []uint64 // which patterns match
	states   []int32  // the state that the class was found in
	words    []string // where the classes were not found in an automaton: one of each
	parent   []int32
	by       []uint16
}

// Len is the number of classes.
func (p *Partition) Len() int { return max(len(p.states), len(p.words)) }

// In reports whether the words of a class match a pattern.
func (p *Partition) In(class, pattern int) bool {
	return p.bits[class*p.stride+pattern/64]>>(pattern%64)&1 == 1
}

// Mask is a choice of patterns.
type Mask []uint64

// Mask is a choice of none of the partition's patterns.
func (p *Partition) Mask() Mask { return make(Mask, p.stride) }

// Set adds a pattern to the choice.
func (m Mask) Set(pattern int) { m[pattern/64] |= 1 << (pattern % 64) }

// Meets reports whether the words of a class match one of the mask's patterns.
func (p *Partition) Meets(class int, m Mask) bool {
	for i, w := range m {
		if w&p.bits[class*p.stride+i] != 0 {
			return true
		}
	}
	return false
}

// Sides lists the patterns that the words of a class match, and those that
// they do not.
func (p *Partition) Sides(class int) (in, out []Pattern) {
	for i, q := range p.patterns {
		if p.In(class, i) {
			in = append(in, q)
		} else {
			out = append(out, q)
		}
	}
	return in, out
}

// Word is the shortest word of a class, and of those the most readable.
func (p *Partition) Word(class int) string {
	if p.words != nil {
		return p.words[class]
	}
	return spell(p.parent, p.by, p.states[class])
}

// Readable is Word with x put behind it where it is empty or ends in a slash
// and the patterns and the language do not tell the two apart.
func (p *Partition) Readable(class int) string {
	word := p.Word(class)
	if word != "" && word[len(word)-1] != '/' {
		return word
	}
	if longer := word + "x"; p.Holds(class, longer) {
		return longer
	}
	return word
}

// Holds reports whether a class holds a word.
func (p *Partition) Holds(class int, word string) bool {
	for i := range p.patterns {
		if p.patterns[i].Match(word) != p.In(class, i) {
			return false
		}
	}
	return p.lang.has(word)
}

func (l *Language) has(word string) bool {
	for _, p := range l.Must {
		if !p.Match(word) {
			return false
		}
	}
	for _, p := range l.Or {
		if p.Match(word) {
			return true
		}
	}
	return len(l.Or) == 0
}

// Language bounds the words in question: they match all of Must, and where Or
// is not empty at least one of it.
type Language struct {
	Must, Or []Pattern
}

// Atoms parts the words of a language into the classes that the patterns tell
// apart: no class is empty, they are disjoint, and together they are the
// language. It fails with ErrBudget where the automaton has more than the
// given number of states, or long patterns make these too large.
func Atoms(patterns []Pattern, lang Language, states int) (*Partition, error) {
	m := Meter{Steps: states * stepsPerState}
	return m.Atoms(patterns, lang, states)
}

// Atoms is [Atoms] for at most the given number of states, and what is left of
// the meter's steps.
func (m *Meter) Atoms(patterns []Pattern, lang Language, states int) (*Partition, error) {
	all := make([]Pattern, 0, len(patterns)+len(lang.Must)+len(lang.Or))
	all = append(append(append(all, patterns...), lang.Must...), lang.Or...)
	d := &determinizer{
		m:        newMachine(all),
		patterns: int32(len(patterns)),
		must:     int32(len(lang.Must)),
		or:       len(lang.Or) > 0,
		limit:    states,
		meter:    m,
	}
	d.out = &Partition{patterns: patterns, lang: lang, stride: (len(patterns) + 63) / 64}
	d.bits = make([]uint64, d.out.stride)
	d.hits = make([]uint32, len(all))
	err := d.run()
	return d.out, err
}

// Sample parts words of a language as [Atoms] parts all of it: the classes are
// those of a word of each pattern, as far as the meter's steps reach.
func (m *Meter) Sample(patterns []Pattern, lang Language, states int) *Partition {
	p := &Partition{patterns: patterns, lang: lang, stride: (len(patterns) + 63) / 64}
	shapes := lang.Or
	if len(shapes) == 0 {
		shapes = []Pattern{Glob("*")}
	}
	seen := make(map[string]bool)
	for _, q := range append([]Pattern{Glob("*")}, patterns...) {
		for _, shape := range shapes {
			word, ok, _ := m.Find(append([]Pattern{q, shape}, lang.Must...), nil, states)
			if ok && !seen[word] {
				seen[word] = true
				p.note(word)
			}
		}
	}
	return p
}

// note adds the class of a word, unless it is there.
func (p *Partition) note(word string) {
	bits := make(Mask, p.stride)
	for i, q := range p.patterns {
		if q.Match(word) {
			bits.Set(i)
		}
	}
	for class := range p.words {
		if slices.Equal(p.bits[class*p.stride:(class+1)*p.stride], bits) {
			return
		}
	}
	p.words = append(p.words, word)
	p.bits = append(p.bits, bits...)
}

// determinizer walks the deterministic automaton breadth first.
type determinizer struct {
	m        *machine
	patterns int32
	must     int32
	or       bool
	limit    int
	meter    *Meter

	table   stateTable
	classes bitTable
	out     *Partition
	bits    []uint64
	hits    []uint32
	round   uint32
	letters []uint16
	next    []int32
}

func (d *determinizer) run() error {
	d.visit(d.m.start(), -1, 0)
	for at := 0; at < d.table.len(); at++ {
		if d.table.len() > d.limit || d.meter.Steps < 0 {
			return ErrBudget
		}
		d.letters = append(d.letters[:0], d.m.alphabet(d.table.get(at), true)...)
		d.meter.Steps -= len(d.letters) * len(d.table.get(at))
		for _, u := range d.letters {
			d.next = d.m.step(d.next[:0], d.table.get(at), u)
			d.visit(d.next, int32(at), u)
		}
	}
	return nil
}

func (d *determinizer) visit(s []int32, parent int32, u uint16) {
	if !d.alive(s) {
		return
	}
	if _, isNew := d.table.put(s); !isNew {
		return
	}
	d.out.parent = append(d.out.parent, parent)
	d.out.by = append(d.out.by, u)
	d.collect(s)
}

// alive reports whether some word of the language may start like this.
func (d *determinizer) alive(s []int32) bool {
	if d.must == 0 && !d.or {
		return true
	}
	d.round++
	musts, or := int32(0), false
	for i := len(s) - 1; i >= 0; i-- {
		owner := d.m.owner[s[i]]
		if owner < d.patterns {
			break
		}
		if owner >= d.patterns+d.must {
			or = true
		} else if d.hits[owner] != d.round {
			d.hits[owner] = d.round
			musts++
		}
	}
	return musts == d.must && or == d.or
}

// collect records the class of the word that leads to s, if it is one of the
// language and the first of its class.
func (d *determinizer) collect(s []int32) {
	clear(d.bits)
	musts, or := int32(0), !d.or
	d.m.accepts(s, func(p int32) {
		switch {
		case p < d.patterns:
			d.bits[p/64] |= 1 << (p % 64)
		case p < d.patterns+d.must:
			musts++
		default:
			or = true
		}
	})
	if musts != d.must || !or {
		return
	}
	if d.classes.put(d.out.bits, d.bits) {
		d.out.bits = append(d.out.bits, d.bits...)
		d.out.states = append(d.out.states, int32(d.table.len()-1))
	}
}

// bitTable finds equal runs of bits in a slab of them.
type bitTable struct {
	count int
	slots []int32 // number+1
}

// put reports whether bits are not yet in the slab, and notes them as the next.
func (t *bitTable) put(slab, bits []uint64) (isNew bool) {
	if 2*(t.count+1) > len(t.slots) {
		t.grow(slab, len(bits))
	}
	i, found := t.find(slab, bits)
	if found {
		return false
	}
	t.count++
	t.slots[i] = int32(t.count)
	return true
}

func (t *bitTable) find(slab, bits []uint64) (at int, found bool) {
	h := uint64(0)
	for _, w := range bits {
		h = (h ^ w) * 0x9E3779B97F4A7C15
		h ^= h >> 32
	}
	mask := len(t.slots) - 1
	for i := int(h) & mask; ; i = (i + 1) & mask {
		if t.slots[i] == 0 {
			return i, false
		}
		n := int(t.slots[i]-1) * len(bits)
		if slices.Equal(slab[n:n+len(bits)], bits) {
			return i, true
		}
	}
}

func (t *bitTable) grow(slab []uint64, stride int) {
	t.slots = make([]int32, max(16, 2*len(t.slots)))
	for n := range t.count {
		i, _ := t.find(slab[:n*stride], slab[n*stride:(n+1)*stride])
		t.slots[i] = int32(n + 1)
	}
}

// spell reads the word that leads to a state off the search tree.
func spell(parent []int32, by []uint16, at int32) string {
	var word []uint16
	for ; parent[at] >= 0; at = parent[at] {
		word = append(word, by[at])
	}
	for i, j := 0, len(word)-1; i < j; i, j = i+1, j-1 {
		word[i], word[j] = word[j], word[i]
	}
	return string(utf16.Decode(word))
}

// stateTable numbers lists of positions.
type stateTable struct {
	slab  []int32
	start []int32
	slots []int32 // number+1
}

func (t *stateTable) len() int { return len(t.start) }

func (t *stateTable) get(i int) []int32 {
	stop := len(t.slab)
	if i+1 < len(t.start) {
		stop = int(t.start[i+1])
	}
	return t.slab[t.start[i]:stop]
}

func (t *stateTable) put(s []int32) (number int, isNew bool) {
	if 2*(len(t.start)+1) > len(t.slots) {
		t.grow()
	}
	mask := len(t.slots) - 1
	i := int(hashState(s)) & mask
	for ; t.slots[i] != 0; i = (i + 1) & mask {
		if n := int(t.slots[i] - 1); sameState(t.get(n), s) {
			return n, false
		}
	}
	n := len(t.start)
	t.slots[i] = int32(n + 1)
	t.start = append(t.start, int32(len(t.slab)))
	t.slab = append(t.slab, s...)
	return n, true
}

func (t *stateTable) grow() {
	t.slots = make([]int32, max(64, 2*len(t.slots)))
	mask := len(t.slots) - 1
	for n := range t.start {
		i := int(hashState(t.get(n))) & mask
		for t.slots[i] != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = int32(n + 1)
	}
}

func sameState(a, b []int32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func hashState(s []int32) uint64 {
	h := uint64(len(s))
	for _, x := range s {
		h = (h ^ uint64(x)) * 0x9E3779B97F4A7C15
		h ^= h >> 32
	}
	return h
}
