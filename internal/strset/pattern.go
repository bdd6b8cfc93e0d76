// Package strset decides questions about sets of strings that wildcard
// patterns describe: which words are in all of these and in none of those,
// and into which classes a list of patterns parts all words.
//
// A word is a sequence of UTF-16 code units, because that is what AWS's "?"
// counts. Words that the package returns hold only characters of the Basic
// Multilingual Plane: shortest first, and as readable as the patterns let
// them be.
//
// Work is bounded by a budget of automaton states; what goes beyond it ends in
// [ErrBudget].
package strset

import (
	"slices"
	"strings"
	"unicode/utf16"
)

// Class is a set of characters that a wildcard stands for.
type Class uint8

const (
	Any      Class = iota
	NotColon       // all but ':', which separates the parts of an ARN
	NotSlash       // all but '/' and ':'
	Digit          // '0' to '9'
	NotWild        // all but '*', '?' and ':', which no name of IAM's holds
)

func (c Class) has(u uint16) bool {
	switch c {
	case Any:
		return true
	case NotColon:
		return u != ':'
	case NotSlash:
		return u != ':' && u != '/'
	case Digit:
		return '0' <= u && u <= '9'
	case NotWild:
		return u != ':' && u != '*' && u != '?'
	}
	panic("unreachable: no such class")
}

type kind uint8

const (
	lit  kind = iota // one given character
	fold             // one given lower-case ASCII letter, in either case
	one              // one character of a class
	many             // any number of characters of a class
	end              // the pattern is matched
)

// token is one step of a pattern.
type token struct {
	unit  uint16
	kind  kind
	class Class
}

func (t token) takes(u uint16) bool {
	switch t.kind {
	case lit:
		return t.unit == u
	case fold:
		return t.unit == lower(u)
	case one, many:
		return t.class.has(u)
	}
	return false
}

func lower(u uint16) uint16 {
	if 'A' <= u && u <= 'Z' {
		return u + 'a' - 'A'
	}
	return u
}

func upper(u uint16) uint16 {
	if 'a' <= u && u <= 'z' {
		return u - ('a' - 'A')
	}
	return u
}

// Pattern is a set of words: a concatenation of characters and wildcards. The
// zero value holds the empty word only.
type Pattern struct {
	toks []token
	// need[i] is the least number of characters that toks[i:] take.
	need []int32
}

// Literal is the one word s.
func Literal(s string) Pattern { return Pattern{}.Literal(s) }

// Glob is all words that match s, in which "*" stands for any number of
// characters and "?" for one.
func Glob(s string) Pattern { return Pattern{}.Glob(s, Any) }

// ARN is all words that match s part by part: s is split at its first five
// colons, and a wildcard before the fifth stands for no colon. A pattern of
// fewer parts holds no colon that its wildcards do not match: its last part
// reaches to the end of the word.
func ARN(s string) Pattern { return Pattern{}.ARN(s) }

// Literal is p followed by the characters of s.
func (p Pattern) Literal(s string) Pattern {
	toks := p.copy(len(s))
	for _, u := range units(s) {
		toks = append(toks, token{unit: u, kind: lit})
	}
	return finish(toks)
}

// Glob is p followed by s, whose wildcards stand for characters of class.
func (p Pattern) Glob(s string, class Class) Pattern {
	toks := p.copy(len(s))
	for _, u := range units(s) {
		toks = append(toks, wild(u, class))
	}
	return finish(toks)
}

func wild(u uint16, class Class) token {
	switch u {
	case '*':
		return token{kind: many, class: class}
	case '?':
		return token{kind: one, class: class}
	}
	return token{unit: u, kind: lit}
}

// Builder puts a pattern together piece by piece.
type Builder struct{ toks []token }

// Grow makes room for n more characters.
func (b *Builder) Grow(n int) { b.toks = slices.Grow(b.toks, n) }

// Literal adds the characters of s.
func (b *Builder) Literal(s string) {
	for i := range len(s) {
		if s[i] >= 0x80 {
			for _, u := range units(s[i:]) {
				b.toks = append(b.toks, token{unit: u, kind: lit})
			}
			return
		}
		b.toks = append(b.toks, token{unit: uint16(s[i]), kind: lit})
	}
}

// Many adds any number of characters of class.
func (b *Builder) Many(class Class) { b.toks = append(b.toks, token{kind: many, class: class}) }

// One adds one character of class.
func (b *Builder) One(class Class) { b.toks = append(b.toks, token{kind: one, class: class}) }

// Pattern is what was built. The builder must not be used afterwards.
func (b *Builder) Pattern() Pattern { return finish(b.toks) }

// ARN is p followed by the words of [ARN].
func (p Pattern) ARN(s string) Pattern {
	toks := p.copy(len(s))
	colons := min(strings.Count(s, ":"), 5)
	class := NotColon
	if colons == 0 {
		class = Any
	}
	seen := 0
	for _, u := range units(s) {
		if u == ':' && seen < 5 {
			if seen++; seen == colons {
				class = Any
			}
		}
		toks = append(toks, wild(u, class))
	}
	return finish(toks)
}

// Many is p followed by any number of characters of class.
func (p Pattern) Many(class Class) Pattern {
	return finish(append(p.copy(1), token{kind: many, class: class}))
}

// One is p followed by n characters of class.
func (p Pattern) One(class Class, n int) Pattern {
	toks := p.copy(n)
	for range n {
		toks = append(toks, token{kind: one, class: class})
	}
	return finish(toks)
}

// Then is p followed by q.
func (p Pattern) Then(q Pattern) Pattern {
	return finish(append(p.copy(len(q.toks)), q.toks...))
}

// Fold is p with ASCII letters matched in either case.
func (p Pattern) Fold() Pattern {
	toks := p.copy(0)
	for i, t := range toks {
		if t.kind == lit && lower(t.unit) != upper(t.unit) {
			toks[i] = token{unit: lower(t.unit), kind: fold}
		}
	}
	return finish(toks)
}

func (p Pattern) copy(more int) []token {
	return append(make([]token, 0, len(p.toks)+more), p.toks...)
}

// finish puts tokens in order: of neighbouring stars the wider one stays.
func finish(toks []token) Pattern {
	out := toks[:0]
	for _, t := range toks {
		if n := len(out); n > 0 && t.kind == many && out[n-1].kind == many {
			switch {
			case out[n-1].class == t.class || out[n-1].class == Any:
				continue
			case t.class == Any:
				out[n-1] = t
				continue
			}
		}
		out = append(out, t)
	}
	need := make([]int32, len(out)+1)
	for i := len(out) - 1; i >= 0; i-- {
		need[i] = need[i+1]
		if out[i].kind != many {
			need[i]++
		}
	}
	return Pattern{toks: out, need: need}
}

func units(s string) []uint16 {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return utf16.Encode([]rune(s))
		}
	}
	out := make([]uint16, len(s))
	for i := range len(s) {
		out[i] = uint16(s[i])
	}
	return out
}

// Fixed reports whether p holds exactly one word.
func (p Pattern) Fixed() bool {
	for _, t := range p.toks {
		if t.kind != lit {
			return false
		}
	}
	return true
}

// Apart reports whether p and q can be told to share no word by their first
// characters; false says nothing.
func (p Pattern) Apart(q Pattern) bool {
	for i := range min(len(p.toks), len(q.toks)) {
		a, b := p.toks[i], q.toks[i]
		if a.kind != lit || b.kind != lit {
			return false
		}
		if a.unit != b.unit {
			return true
		}
	}
	return false
}

// Loose is how many of p's wildcards leave it open where the words that they
// stand for end. A last star is none, nor is a star before the one character
// that it excludes; each of the others may double the states of an automaton
// in which it meets its like.
func (p Pattern) Loose() int {
	n := 0
	for i := range p.toks {
		if p.loose(i) {
			n++
		}
	}
	return n
}

func (p Pattern) loose(at int) bool {
	switch t := p.toks[at]; t.kind {
	case one:
		return t.class != Digit
	case many:
		if at+1 == len(p.toks) {
			return false
		}
		next := p.toks[at+1]
		return next.kind != lit || t.class.has(next.unit)
	}
	return false
}

// Stem is a set that holds p and has no loose wildcard: p's beginning up to
// the first of them, and whatever follows.
func (p Pattern) Stem() Pattern {
	for i := range p.toks {
		if p.loose(i) {
			return Pattern{toks: p.toks[:i:i], need: p.need}.Many(Any)
		}
	}
	return p
}

// Least is the least number of characters in a word of p.
func (p Pattern) Least() int {
	if len(p.toks) == 0 {
		return 0
	}
	return int(p.need[0])
}

// All reports whether p is the single wildcard that stands for every word.
func (p Pattern) All() bool {
	return len(p.toks) == 1 && p.toks[0] == token{kind: many, class: Any}
}

// Key identifies the pattern: patterns of equal keys hold the same words.
func (p Pattern) Key() string {
	var b strings.Builder
	b.Grow(len(p.toks) + 8)
	for _, t := range p.toks {
		switch t.kind {
		case lit:
			if t.unit >= 0x80 || t.unit < 8 {
				b.WriteByte(1)
				b.WriteByte(byte(t.unit >> 8))
			}
			b.WriteByte(byte(t.unit))
		case fold:
			b.WriteByte(2)
			b.WriteByte(byte(t.unit))
		case one:
			b.WriteByte(3)
			b.WriteByte(byte(t.class))
		case many:
			b.WriteByte(4)
			b.WriteByte(byte(t.class))
		}
	}
	return b.String()
}

// Within is the words of p that hold only characters of class; false where
// there are none because p asks for another character.
// NotWild is not nested in the others and is not taken.
func (p Pattern) Within(class Class) (Pattern, bool) {
	toks := p.copy(0)
	for i, t := range toks {
		switch t.kind {
		case lit, fold:
			if !class.has(t.unit) {
				return Pattern{}, false
			}
		case one, many:
			toks[i].class = max(t.class, class)
		}
	}
	return finish(toks), true
}

// After is what may follow a prefix in the words of p, as a union.
func (p Pattern) After(prefix string) []Pattern {
	m := newMachine([]Pattern{p})
	s := m.start()
	for _, u := range units(prefix) {
		s = m.step(nil, s, u)
	}
	out := make([]Pattern, 0, len(s))
	for i, at := range s {
		if i > 0 && m.toks[at-1].kind == many && s[i-1] == at-1 {
			continue // reached from the star before it, which stands for it, too
		}
		out = append(out, Pattern{toks: p.toks[at:], need: p.need[at:]})
	}
	return out
}
