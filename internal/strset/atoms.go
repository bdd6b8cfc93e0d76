package strset

import (
	"encoding/binary"
	"errors"
	"unicode/utf16"
)

// ErrBudget tells that a question took more automaton states than allowed.
var ErrBudget = errors.New("string patterns over budget")

// Atom is one class of words: those that match exactly the same patterns.
type Atom struct {
	Word string // the shortest word of the class, and of those the most readable
	in   []uint64
}

// In reports whether the words of the class match the i-th pattern.
func (a Atom) In(i int) bool { return a.in[i/64]>>(i%64)&1 == 1 }

// Language bounds the words in question: they match all of Must, and where Or
// is not empty at least one of it.
type Language struct {
	Must, Or []Pattern
}

// Atoms parts the words of a language into the classes that the patterns tell
// apart: no class is empty, they are disjoint, and together they are the
// language. Their order is that of their words' lengths.
func Atoms(patterns []Pattern, lang Language, states int) ([]Atom, error) {
	all := make([]Pattern, 0, len(patterns)+len(lang.Must)+len(lang.Or))
	all = append(append(append(all, patterns...), lang.Must...), lang.Or...)
	d := &determinizer{
		m:        newMachine(all),
		patterns: int32(len(patterns)),
		must:     int32(len(lang.Must)),
		or:       len(lang.Or) > 0,
		limit:    states,
		atoms:    make(map[string]int),
	}
	d.bits = make([]uint64, (len(patterns)+63)/64)
	d.hits = make([]uint32, len(all))
	return d.run()
}

// determinizer walks the deterministic automaton breadth first.
type determinizer struct {
	m        *machine
	patterns int32
	must     int32
	or       bool
	limit    int

	table  stateTable
	parent []int32
	by     []uint16
	atoms  map[string]int
	out    []Atom
	bits   []uint64
	hits   []uint32
	round  uint32
	key    []byte
}

func (d *determinizer) run() ([]Atom, error) {
	d.visit(d.m.start(), -1, 0)
	var buf []int32
	for at := 0; at < d.table.len(); at++ {
		if d.table.len() > d.limit {
			return nil, ErrBudget
		}
		letters := append([]uint16(nil), d.m.alphabet(d.table.get(at), true)...)
		for _, u := range letters {
			buf = d.m.step(buf[:0], d.table.get(at), u)
			d.visit(buf, int32(at), u)
		}
	}
	return d.out, nil
}

func (d *determinizer) visit(s []int32, parent int32, u uint16) {
	if !d.alive(s) {
		return
	}
	if _, isNew := d.table.put(s); !isNew {
		return
	}
	d.parent = append(d.parent, parent)
	d.by = append(d.by, u)
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
	d.key = d.key[:0]
	for _, w := range d.bits {
		d.key = binary.LittleEndian.AppendUint64(d.key, w)
	}
	if _, ok := d.atoms[string(d.key)]; ok {
		return
	}
	d.atoms[string(d.key)] = len(d.out)
	d.out = append(d.out, Atom{Word: spell(d.parent, d.by, int32(d.table.len()-1)), in: append([]uint64(nil), d.bits...)})
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

// Extend is the word followed by a suffix where the patterns and the language
// do not tell the two apart, else the word itself.
func (a Atom) Extend(suffix string, patterns []Pattern, lang Language) string {
	word := a.Word + suffix
	for i, p := range patterns {
		if p.Match(word) != a.In(i) {
			return a.Word
		}
	}
	for _, p := range lang.Must {
		if !p.Match(word) {
			return a.Word
		}
	}
	for _, p := range lang.Or {
		if p.Match(word) {
			return word
		}
	}
	if len(lang.Or) > 0 {
		return a.Word
	}
	return word
}
