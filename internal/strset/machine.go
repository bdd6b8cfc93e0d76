package strset

import "slices"

// machine is the patterns as one nondeterministic automaton. A state is an
// ascending list of positions; those of pattern i are base[i]..base[i+1]-1,
// the last of which is its end.
type machine struct {
	toks  []token
	need  []int32
	owner []int32
	base  []int32
	last  []int32 // per position, the last star over Any at or before it in its pattern, or -1
	mark  []uint32
	epoch uint32

	seen   [256]uint32 // which characters the tokens of a state name
	round  uint32
	letter []uint16
}

func newMachine(patterns []Pattern) *machine {
	size := 0
	for _, p := range patterns {
		size += len(p.toks) + 1
	}
	m := &machine{
		toks:  make([]token, 0, size),
		need:  make([]int32, 0, size),
		owner: make([]int32, 0, size),
		base:  make([]int32, 0, len(patterns)+1),
		last:  make([]int32, 0, size),
		mark:  make([]uint32, size),
	}
	for i, p := range patterns {
		m.base = append(m.base, int32(len(m.toks)))
		star := int32(-1)
		for j := 0; j <= len(p.toks); j++ {
			t := token{kind: end}
			need := int32(0)
			if j < len(p.toks) {
				t, need = p.toks[j], p.need[j]
			}
			if t.kind == many && t.class == Any {
				star = int32(len(m.toks))
			}
			m.toks = append(m.toks, t)
			m.need = append(m.need, need)
			m.owner = append(m.owner, int32(i))
			m.last = append(m.last, star)
		}
	}
	m.base = append(m.base, int32(len(m.toks)))
	return m
}

// start is the state before the first character.
func (m *machine) start() []int32 {
	m.epoch++
	var s []int32
	for _, b := range m.base[:len(m.base)-1] {
		s = m.enter(s, b)
	}
	return m.thin(s)
}

// enter adds a position, and those that are reached from it for free.
func (m *machine) enter(s []int32, at int32) []int32 {
	for {
		if m.mark[at] != m.epoch {
			m.mark[at] = m.epoch
			s = append(s, at)
		}
		if m.toks[at].kind != many {
			return s
		}
		at++
	}
}

// step appends to dst the state that u leads to from s.
func (m *machine) step(dst, s []int32, u uint16) []int32 {
	m.epoch++
	for _, at := range s {
		t := m.toks[at]
		switch {
		case !t.takes(u):
		case t.kind == many:
			dst = m.enter(dst, at)
		default:
			dst = m.enter(dst, at+1)
		}
	}
	return m.thin(dst)
}

// thin drops the positions of a pattern that lie before a star over all
// characters which the state has reached, too: whatever is matched from there
// is matched from the star. Positions ascend, so the last reached star of a
// pattern is known from its last position.
func (m *machine) thin(s []int32) []int32 {
	out := s[:0]
	for i := 0; i < len(s); {
		owner := m.owner[s[i]]
		j := i
		for j < len(s) && m.owner[s[j]] == owner {
			j++
		}
		from := i
		for k := j - 1; k > i; k-- {
			if m.last[s[k]] == s[k] {
				from = k
				break
			}
		}
		out = append(out, s[from:j]...)
		i = j
	}
	return out
}

// alphabet lists one character for each class of characters that the tokens
// of s tell apart, most readable first. Characters that no token takes are
// left out, except that with dead set one is included.
func (m *machine) alphabet(s []int32, dead bool) []uint16 {
	m.round++
	out := m.letter[:0]
	add := func(u uint16) {
		if u < 256 {
			if m.seen[u] == m.round {
				return
			}
			m.seen[u] = m.round
		} else {
			for _, v := range out {
				if v == u {
					return
				}
			}
		}
		out = append(out, u)
	}
	var classes [NotWild + 1]bool
	for _, at := range s {
		switch t := m.toks[at]; t.kind {
		case lit:
			add(t.unit)
		case fold:
			add(t.unit)
			add(upper(t.unit))
		case one, many:
			classes[t.class] = true
		}
	}
	if classes[NotColon] || classes[NotSlash] || classes[NotWild] {
		add(':')
	}
	if classes[NotWild] {
		add('*')
		add('?')
	}
	if classes[NotSlash] {
		add('/')
	}
	if classes[Digit] {
		if u, ok := m.unnamed("1234567890"); ok {
			add(u)
		}
	}
	if dead || classes[Any] || classes[NotColon] || classes[NotSlash] || classes[NotWild] {
		add(m.other(out, classes[Digit]))
	}
	for i := 1; i < len(out); i++ { // insertion sort: short, and nearly in order
		for j := i; j > 0 && rank(out[j]) < rank(out[j-1]); j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	m.letter = out
	return out
}

// unnamed is the first of the characters that no token of the state names.
func (m *machine) unnamed(from string) (uint16, bool) {
	for i := range len(from) {
		if u := uint16(from[i]); m.seen[u] != m.round {
			return u, true
		}
	}
	return 0, false
}

// other is a character that no token names, nor is in the list; not a digit,
// where digits matter.
func (m *machine) other(list []uint16, digits bool) uint16 {
	u, ok := m.unnamed("xyzabcdefghijklmnopqrstuvwXYZABCDEFGHIJKLMNOPQRSTUVW-_.@=+,/:")
	if !ok && !digits {
		u, ok = m.unnamed("1234567890")
	}
	for v := uint16(0xC0); !ok; v++ {
		u, ok = v, !slices.Contains(list, v)
	}
	return u
}

// rank orders characters by how well they read in an example.
func rank(u uint16) int {
	switch {
	case u == 'x':
		return 0
	case 'a' <= u && u <= 'z':
		return int(u)
	case '0' <= u && u <= '9':
		return 0x100 + int(u)
	case 'A' <= u && u <= 'Z':
		return 0x200 + int(u)
	case u == '/' || u == '-':
		return 0x300 + int(u)
	case u > ' ' && u < 0x7F:
		return 0x400 + int(u)
	}
	return 0x10000 + int(u)
}

// accepts reports whether a state has a position at its pattern's end; calls
// f with each such pattern.
func (m *machine) accepts(s []int32, f func(pattern int32)) {
	for _, at := range s {
		if m.toks[at].kind == end {
			f(m.owner[at])
		}
	}
}
