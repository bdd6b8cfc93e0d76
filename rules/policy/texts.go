package policy

import (
	"encoding/binary"
	"slices"
	"unicode/utf16"
)

// Units of a textPattern beside those of pattern.go.
const (
	unitStarInPart int32 = -3 // a star that does not cross ':'
	unitAnyInPart  int32 = -4
	unitNever      int32 = -5 // matches nothing
)

// textPattern is a pattern over UTF-16 units; with fold, ASCII case is not told apart.
type textPattern struct {
	fold  bool
	units []int32
}

// Bounds on the search of distinctTexts.
const (
	maxTextStates = 4000
	maxTexts      = 48
)

// distinctTexts finds one text for every set of patterns that some text matches
// exactly: the minterms of the patterns, by a breadth-first walk of their
// automata side by side. With arns the form of an ARN is one pattern more. It
// is false where the bounds cut the walk short.
func distinctTexts(patterns []textPattern, arns bool) ([]string, bool) {
	if arns {
		star := []int32{unitStarInPart, ':'}
		units := appendText(nil, "arn:")
		units = append(append(append(append(units, star...), star...), star...), star...)
		patterns = append(slices.Clone(patterns), textPattern{units: append(units, unitStar)})
	}
	w := &textWalk{patterns: patterns, seen: map[string]bool{}, signatures: map[string]bool{}}
	w.alphabet()
	return w.run()
}

// textWalk is the product of the patterns' automata, explored on demand. A
// state is the set of positions that each pattern may be at.
type textWalk struct {
	patterns   []textPattern
	letters    []int32
	seen       map[string]bool
	signatures map[string]bool
	texts      []string
}

type textState struct {
	sets [][]uint64
	text []uint16
}

// alphabet is every unit that some pattern names, and one that none does.
func (w *textWalk) alphabet() {
	for _, p := range w.patterns {
		for _, u := range p.units {
			switch {
			case u >= 0:
				w.letters = append(w.letters, u)
				if p.fold {
					w.letters = append(w.letters, swapCase(u))
				}
			case u == unitStarInPart || u == unitAnyInPart:
				w.letters = append(w.letters, ':')
			}
		}
	}
	slices.Sort(w.letters)
	w.letters = slices.Compact(w.letters)
	fresh := int32('x')
	for slices.Contains(w.letters, fresh) || slices.Contains(w.letters, swapCase(fresh)) {
		fresh = fresh%0x3000 + 1
		if fresh < 0x20 {
			fresh = 0x20
		}
	}
	w.letters = append([]int32{fresh}, w.letters...)
}

func swapCase(u int32) int32 {
	if u >= 'a' && u <= 'z' || u >= 'A' && u <= 'Z' {
		return u ^ 0x20
	}
	return u
}

func (w *textWalk) run() ([]string, bool) {
	start := textState{sets: make([][]uint64, len(w.patterns))}
	for i, p := range w.patterns {
		start.sets[i] = make([]uint64, len(p.units)/64+1)
		start.sets[i][0] = 1
		p.close(start.sets[i])
	}
	queue := []textState{start}
	w.seen[w.key(start)] = true
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		if !w.visit(s) {
			return w.texts, false
		}
		for _, c := range w.letters {
			n := textState{sets: make([][]uint64, len(s.sets))}
			for i, p := range w.patterns {
				n.sets[i] = p.step(s.sets[i], c)
			}
			k := w.key(n)
			if w.seen[k] {
				continue
			}
			if len(w.seen) >= maxTextStates {
				return w.texts, false
			}
			w.seen[k] = true
			n.text = append(slices.Clone(s.text), uint16(c))
			queue = append(queue, n)
		}
	}
	return w.texts, true
}

// visit notes the state's text where it is the first of its kind.
func (w *textWalk) visit(s textState) bool {
	signature := make([]byte, len(w.patterns))
	for i, p := range w.patterns {
		n := len(p.units)
		signature[i] = byte(s.sets[i][n/64] >> (n % 64) & 1)
	}
	if w.signatures[string(signature)] {
		return true
	}
	if len(w.texts) >= maxTexts {
		return false
	}
	w.signatures[string(signature)] = true
	w.texts = append(w.texts, string(utf16.Decode(s.text)))
	return true
}

func (w *textWalk) key(s textState) string {
	var b []byte
	for _, set := range s.sets {
		for _, word := range set {
			b = binary.LittleEndian.AppendUint64(b, word)
		}
	}
	return string(b)
}

// close adds the positions that a star reaches without a unit.
func (p *textPattern) close(set []uint64) {
	for i, u := range p.units {
		if set[i/64]>>(i%64)&1 == 1 && (u == unitStar || u == unitStarInPart) {
			set[(i+1)/64] |= 1 << ((i + 1) % 64)
		}
	}
}

// step is the set of positions after one unit more.
func (p *textPattern) step(from []uint64, c int32) []uint64 {
	to := make([]uint64, len(from))
	for i, u := range p.units {
		if from[i/64]>>(i%64)&1 == 0 {
			continue
		}
		switch {
		case u == unitStar, u == unitStarInPart && c != ':':
			to[i/64] |= 1 << (i % 64)
		case u == unitAny, u == unitAnyInPart && c != ':', u == c, p.fold && u == swapCase(c):
			to[(i+1)/64] |= 1 << ((i + 1) % 64)
		}
	}
	p.close(to)
	return to
}
