package strset

import (
	"math/bits"
)

// Match reports whether the word is in p.
func (p Pattern) Match(word string) bool {
	if len(p.toks) < 64 {
		for i := range len(word) {
			if word[i] >= 0x80 {
				return p.matchUnits(units(word))
			}
		}
		return p.matchASCII(word)
	}
	return p.matchUnits(units(word))
}

// matchASCII keeps the positions that the word so far leads to as bits.
func (p Pattern) matchASCII(word string) bool {
	var stars uint64
	for i, t := range p.toks {
		if t.kind == many {
			stars |= 1 << i
		}
	}
	state := free(1, stars)
	for i := range len(word) {
		var next uint64
		for s := state &^ (1 << len(p.toks)); s != 0; s &= s - 1 {
			at := bits.TrailingZeros64(s)
			t := p.toks[at]
			if !t.takes(uint16(word[i])) {
				continue
			}
			if t.kind == many {
				next |= 1 << at
			} else {
				next |= 2 << at
			}
		}
		if next == 0 {
			return false
		}
		state = free(next, stars)
	}
	return state>>len(p.toks)&1 == 1
}

// free adds the positions behind stars, which may stand for nothing.
func free(state, stars uint64) uint64 {
	for {
		next := state | (state&stars)<<1
		if next == state {
			return state
		}
		state = next
	}
}

func (p Pattern) matchUnits(word []uint16) bool {
	m := newMachine([]Pattern{p})
	s := m.start()
	var next []int32
	for _, u := range word {
		if next = m.step(next[:0], s, u); len(next) == 0 {
			return false
		}
		s, next = next, s
	}
	return len(s) > 0 && m.toks[s[len(s)-1]].kind == end
}
