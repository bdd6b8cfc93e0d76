// Package jsonscan reads JSON strictly and fast from bytes in memory: a pull
// scanner whose strings alias its input. It accepts exactly RFC 8259 in UTF-8,
// and is stricter than encoding/json where a record must not be ambiguous:
// bytes that are no UTF-8, lone surrogates, and a key that stands twice in an
// object that is read are errors.
//
// The first error sticks: every later call does nothing and reports the end.
// Its line, column and JSON pointer are worked out only when asked for
// (Locate), so that a good document pays nothing for them.
package jsonscan

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"unicode/utf8"
	"unsafe"
)

// MaxDepth is how deep arrays and objects may nest.
const MaxDepth = 512

// Kind is the kind of a JSON value.
type Kind uint8

// The kinds of a value. None is the end of the input, or what is no value.
const (
	None Kind = iota
	Object
	Array
	String
	Number
	Bool
	Null
)

// String returns the kind with its article, as error messages want it.
func (k Kind) String() string {
	switch k {
	case None:
		return "nothing"
	case Object:
		return "an object"
	case Array:
		return "an array"
	case String:
		return "a string"
	case Number:
		return "a number"
	case Bool:
		return "true or false"
	case Null:
		return "null"
	}
	panic("unreachable: kind")
}

// Error is a place where the input is not the JSON that it should be.
type Error struct {
	Offset  int // of the byte at fault, 0-based
	Problem string
}

func (e *Error) Error() string { return fmt.Sprintf("%s (byte %d)", e.Problem, e.Offset) }

// Scanner reads one document from front to back. The zero value is not usable.
type Scanner struct {
	data []byte
	pos  int
	// first tells that the array or object just entered has had no element.
	// One flag is enough: whatever was inside an element, after it there has
	// been one.
	first  bool
	depth  int
	err    *Error
	keyAt  int
	key    string
	frames []frame
	keys   []keyMark
	// Thorough makes Skip look for duplicate keys as well.
	Thorough bool
}

// frame is an object that is being read: where its keys begin on the key
// stack, and a filter over their hashes.
type frame struct {
	start int
	bloom uint64
	many  map[string]struct{} // non-nil from manyKeys keys on
}

type keyMark struct {
	hash uint64
	key  string
}

const manyKeys = 64

// New returns a scanner at the beginning of data, having checked that all of
// it is UTF-8. The caller must not change data while strings from it are used.
func New(data []byte) *Scanner {
	s := At(data, 0)
	if !utf8.Valid(data) {
		s.fail(invalidUTF8At(data), "not UTF-8 text")
	} else if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		s.pos = 3 // a byte order mark, as PowerShell's redirection writes it
	}
	return s
}

// At returns a scanner in the middle of data, which must be known to be UTF-8.
func At(data []byte, offset int) *Scanner { return &Scanner{data: data, pos: offset} }

func invalidUTF8At(data []byte) int {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(data)
}

// Err returns the first error, or nil.
func (s *Scanner) Err() *Error { return s.err }

// Offset returns where the scanner stands: before a value, its first byte once
// Peek was called.
func (s *Scanner) Offset() int { return s.pos }

// Data returns the whole input.
func (s *Scanner) Data() []byte { return s.data }

func (s *Scanner) fail(at int, problem string) {
	if s.err == nil {
		s.err = &Error{Offset: at, Problem: problem}
	}
	s.pos = len(s.data)
}

// failHere reports what stands at the position where want was expected.
func (s *Scanner) failHere(want string) {
	if s.pos >= len(s.data) {
		s.fail(len(s.data), "the text ends where "+want+" should follow: is it truncated?")
		return
	}
	s.fail(s.pos, fmt.Sprintf("expected %s, found %q", want, s.runeHere()))
}

func (s *Scanner) runeHere() rune {
	r, _ := utf8.DecodeRune(s.data[s.pos:])
	return r
}

const (
	ones   = 0x0101010101010101
	highs  = 0x8080808080808080
	blanks = 0x2020202020202020
)

func (s *Scanner) space() {
	data, i := s.data, s.pos
	if i < len(data) && data[i] > ' ' {
		return
	}
	for i < len(data) {
		switch data[i] {
		case '\n', ' ':
			i++
			for i+8 <= len(data) && binary.LittleEndian.Uint64(data[i:]) == blanks {
				i += 8
			}
		case '\t', '\r':
			i++
		default:
			s.pos = i
			return
		}
	}
	s.pos = i
}

// Peek returns the kind of the value that comes next.
func (s *Scanner) Peek() Kind {
	s.space()
	if s.pos >= len(s.data) {
		return None
	}
	return kinds[s.data[s.pos]]
}

var kinds = func() (t [256]Kind) {
	t['{'], t['['], t['"'], t['t'], t['f'], t['n'], t['-'] = Object, Array, String, Bool, Bool, Null, Number
	for c := '0'; c <= '9'; c++ {
		t[c] = Number
	}
	return t
}()

func (s *Scanner) deeper() bool {
	s.depth++
	if s.depth > MaxDepth {
		s.fail(s.pos, fmt.Sprintf("nested deeper than %d levels", MaxDepth))
		return false
	}
	return true
}

// EnterObject steps into the object that comes next; NextKey goes on.
func (s *Scanner) EnterObject() bool {
	if s.Peek() != Object {
		s.failHere("an object")
		return false
	}
	if !s.deeper() {
		return false
	}
	s.pos++
	s.first = true
	s.frames = append(s.frames, frame{start: len(s.keys)})
	return true
}

// NextKey steps to the next member, whose value the caller reads or skips
// before it asks for another. False is the object's end, or an error.
func (s *Scanner) NextKey() bool {
	s.space()
	if s.pos >= len(s.data) {
		s.failHere("\",\" or \"}\"")
		return false
	}
	switch c := s.data[s.pos]; {
	case c == '}':
		s.leaveObject()
		return false
	case s.first:
	case c == ',':
		s.pos++
		s.space()
	default:
		s.failHere("\",\" or \"}\"")
		return false
	}
	s.first = false
	if s.pos >= len(s.data) || s.data[s.pos] != '"' {
		s.failHere("a key in double quotes")
		return false
	}
	s.keyAt = s.pos
	s.key = s.str()
	s.colon()
	return s.err == nil && s.pushKey()
}

func (s *Scanner) leaveObject() {
	s.pos++
	s.depth--
	s.first = false
	n := len(s.frames) - 1
	s.keys = s.keys[:s.frames[n].start]
	s.frames[n].many = nil
	s.frames = s.frames[:n]
}

func (s *Scanner) colon() {
	s.space()
	if s.pos < len(s.data) && s.data[s.pos] == ':' {
		s.pos++
		return
	}
	s.failHere("\":\"")
}

// pushKey notes the key and refuses it where the object has had it.
func (s *Scanner) pushKey() bool {
	f := &s.frames[len(s.frames)-1]
	h := hashKey(s.key)
	bit := uint64(1) << (h >> 58)
	if f.many != nil {
		if _, dup := f.many[s.key]; dup {
			return s.duplicate()
		}
		f.many[s.key] = struct{}{}
		return true
	}
	if f.bloom&bit != 0 {
		for _, k := range s.keys[f.start:] {
			if k.hash == h && k.key == s.key {
				return s.duplicate()
			}
		}
	}
	f.bloom |= bit
	s.keys = append(s.keys, keyMark{h, s.key})
	if len(s.keys)-f.start >= manyKeys {
		f.many = make(map[string]struct{}, 2*manyKeys)
		for _, k := range s.keys[f.start:] {
			f.many[k.key] = struct{}{}
		}
	}
	return true
}

func (s *Scanner) duplicate() bool {
	s.fail(s.keyAt, fmt.Sprintf("duplicate key %q in one object", clip(s.key)))
	return false
}

func clip(t string) string {
	if len(t) > 60 {
		return t[:57] + "..."
	}
	return t
}

func hashKey(k string) uint64 {
	var a, b uint64
	switch n := len(k); {
	case n >= 8:
		p := unsafe.Slice(unsafe.StringData(k), n)
		a, b = binary.LittleEndian.Uint64(p), binary.LittleEndian.Uint64(p[n-8:])
	case n > 0:
		a = uint64(k[0]) | uint64(k[n/2])<<8 | uint64(k[n-1])<<16
	}
	hi, lo := bits.Mul64(a^0x9e3779b97f4a7c15, b^uint64(len(k))*0xff51afd7ed558ccd)
	return hi ^ lo
}

// Key returns the key of the current member. It may alias the input.
func (s *Scanner) Key() string { return s.key }

// KeyOffset returns where the key of the current member begins.
func (s *Scanner) KeyOffset() int { return s.keyAt }

// EnterArray steps into the array that comes next; NextItem goes on.
func (s *Scanner) EnterArray() bool {
	if s.Peek() != Array {
		s.failHere("an array")
		return false
	}
	if !s.deeper() {
		return false
	}
	s.pos++
	s.first = true
	return true
}

// NextItem steps to the next element, which the caller reads or skips before
// it asks for another. False is the array's end, or an error.
func (s *Scanner) NextItem() bool {
	s.space()
	if s.pos >= len(s.data) {
		s.failHere("\",\" or \"]\"")
		return false
	}
	switch c := s.data[s.pos]; {
	case c == ']':
		s.pos++
		s.depth--
		s.first = false
		return false
	case s.first:
		s.first = false
		return true
	case c != ',':
		s.failHere("\",\" or \"]\"")
		return false
	}
	s.pos++
	s.space()
	if s.pos < len(s.data) && s.data[s.pos] == ']' {
		s.failHere("a value")
		return false
	}
	return true
}

// End checks that nothing follows the document.
func (s *Scanner) End() {
	s.space()
	if s.err == nil && s.pos < len(s.data) {
		s.fail(s.pos, fmt.Sprintf("%q after the end of the document", s.runeHere()))
	}
}

// Fork returns a scanner that stands on the element at offset of the array that
// s is in, for reading ahead of s. That an element begins there is a guess:
// the fork's results hold only if s arrives at that very offset by NextItem.
// The fork's own NextItem must be called before it reads the element.
func (s *Scanner) Fork(offset int) *Scanner {
	return &Scanner{data: s.data, pos: offset, first: true, depth: s.depth, Thorough: s.Thorough}
}

// Join moves s to where a fork of it has come to.
func (s *Scanner) Join(fork *Scanner) {
	s.pos, s.first, s.depth, s.err = fork.pos, fork.first, fork.depth, fork.err
}
