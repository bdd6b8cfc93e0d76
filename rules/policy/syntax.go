package policy

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// SyntaxError is a document that AWS would refuse. Line and Column are
// 1-based and count characters of the document's own text, after the decoding
// of P18. Pointer is an RFC 6901 JSON pointer from the document's root.
type SyntaxError struct {
	Line, Column int
	Pointer      string
	Problem      string // lower case, e.g. `Effect must be "Allow" or "Deny"`
}

// Error implements error.
func (e *SyntaxError) Error() string {
	at := e.Pointer
	if at == "" {
		at = "document"
	}
	return fmt.Sprintf("line %d, column %d: %s: %s", e.Line, e.Column, at, e.Problem)
}

// scanner reads JSON strictly, token by token (RFC 8259; P10, P11), and knows
// where it is. It never reads on after an error.
type scanner struct {
	text  string
	ascii bool // the text has one byte a character
	pos   int
	last  textPlace // that was asked for
	path  []string  // unescaped reference tokens of the place being read
	// latin1 refuses characters beyond U+00FF (P14).
	latin1 bool
}

func (s *scanner) push(token string) { s.path = append(s.path, token) }
func (s *scanner) pop()              { s.path = s.path[:len(s.path)-1] }

// fail makes the error for the byte offset off.
func (s *scanner) fail(off int, format string, args ...any) error {
	line, column := s.position(off)
	return &SyntaxError{Line: line, Column: column, Pointer: pointer(s.path), Problem: fmt.Sprintf(format, args...)}
}

// textPlace is a byte offset with the lines before it and the characters before it
// in its line.
type textPlace struct{ off, lines, characters int }

// position turns a byte offset into line and column, both from 1. It counts on
// from where it was asked last.
func (s *scanner) position(off int) (line, column int) {
	off = min(off, len(s.text))
	if off < s.last.off {
		s.last = textPlace{}
	}
	p := &s.last
	if part := s.text[p.off:off]; s.ascii {
		p.characters += len(part)
		if n := strings.Count(part, "\n"); n > 0 {
			p.lines, p.characters = p.lines+n, len(part)-1-strings.LastIndexByte(part, '\n')
		}
	} else {
		for _, c := range part {
			if p.characters++; c == '\n' {
				p.lines, p.characters = p.lines+1, 0
			}
		}
	}
	p.off = off
	return p.lines + 1, p.characters + 1
}

// isASCII looks at eight bytes at a time.
func isASCII(s string) bool {
	for ; len(s) >= 8; s = s[8:] {
		if s[0]|s[1]|s[2]|s[3]|s[4]|s[5]|s[6]|s[7] >= utf8.RuneSelf {
			return false
		}
	}
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

// pointer joins reference tokens to a JSON pointer.
func pointer(path []string) string {
	var b strings.Builder
	for _, t := range path {
		b.WriteByte('/')
		_, _ = pointerEscaper.WriteString(&b, t)
	}
	return b.String()
}

// space skips white space and returns the next byte, 0 at the end.
func (s *scanner) space() byte {
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; c {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return c
		}
	}
	return 0
}

// end holds the text to what has been read.
func (s *scanner) end() error {
	if s.space() != 0 || s.pos < len(s.text) {
		return s.fail(s.pos, "unexpected text after the end of the document")
	}
	return nil
}

func (s *scanner) describe() string {
	if s.pos >= len(s.text) {
		return "the end of the text"
	}
	r, _ := utf8.DecodeRuneInString(s.text[s.pos:])
	return strconv.QuoteRune(r)
}

// keySet is the keys of an object: most have few, which are compared.
type keySet struct {
	n    int
	few  [8]string
	many map[string]bool
}

// add is false for a key that is there, with fold in whichever case.
func (k *keySet) add(key string, fold bool) bool {
	if k.n < len(k.few) {
		for _, f := range k.few[:k.n] {
			if f == key || fold && lower(f) == lower(key) {
				return false
			}
		}
		k.few[k.n] = key
		k.n++
		return true
	}
	if fold {
		key = lower(key)
	}
	if k.many == nil {
		k.many = map[string]bool{}
		for _, f := range k.few {
			if fold {
				f = lower(f)
			}
			k.many[f] = true
		}
	}
	known := k.many[key]
	k.many[key] = true
	return !known
}

// object reads an object, calling member at each value. Keys that are equal
// are refused, with fold also those that differ only by case.
func (s *scanner) object(fold bool, member func(key string, keyOffset int) error) error {
	s.pos++ // '{'
	var seen keySet
	if s.space() == '}' {
		s.pos++
		return nil
	}
	for {
		if s.space() != '"' {
			return s.fail(s.pos, "expected an element name in quotes, got %s", s.describe())
		}
		off := s.pos
		key, err := s.str()
		if err != nil {
			return err
		}
		s.push(key)
		if !seen.add(key, fold) {
			return s.fail(off, "duplicate key %q", key)
		}
		if s.space() != ':' {
			return s.fail(s.pos, "expected ':', got %s", s.describe())
		}
		s.pos++
		s.space()
		if err := member(key, off); err != nil {
			return err
		}
		s.pop()
		more, err := s.more('}')
		if err != nil || !more {
			return err
		}
	}
}

// array reads an array, calling item at each value.
func (s *scanner) array(item func(i int) error) error {
	s.pos++ // '['
	if s.space() == ']' {
		s.pos++
		return nil
	}
	for i := 0; ; i++ {
		s.push(strconv.Itoa(i))
		s.space()
		if err := item(i); err != nil {
			return err
		}
		s.pop()
		more, err := s.more(']')
		if err != nil || !more {
			return err
		}
	}
}

// more reads the comma or the closing bracket after a member or item.
func (s *scanner) more(closing byte) (bool, error) {
	switch s.space() {
	case ',':
		s.pos++
		return true, nil
	case closing:
		s.pos++
		return false, nil
	}
	return false, s.fail(s.pos, "expected ',' or '%c', got %s", closing, s.describe())
}

// plainByte is what stands for itself in a string, of ASCII.
var plainByte = func() (t [256]bool) {
	for c := byte(0x20); c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// str reads a string. The scanner stands at its opening quote.
func (s *scanner) str() (string, error) {
	start := s.pos
	s.pos++
	plain := s.pos
	var b []byte
	for {
		for s.pos < len(s.text) && plainByte[s.text[s.pos]] {
			s.pos++
		}
		if s.pos >= len(s.text) {
			return "", s.fail(start, "string is not closed")
		}
		c := s.text[s.pos]
		switch {
		case c == '"':
			run := s.text[plain:s.pos]
			s.pos++
			if b == nil {
				return run, nil
			}
			return string(append(b, run...)), nil
		case c == '\\':
			b = append(b, s.text[plain:s.pos]...)
			r, err := s.escape()
			if err != nil {
				return "", err
			}
			b = utf8.AppendRune(b, r)
			plain = s.pos
		case c < 0x20:
			return "", s.fail(s.pos, "control character U+%04X in a string", c)
		default:
			r, n := utf8.DecodeRuneInString(s.text[s.pos:])
			if r == utf8.RuneError && n == 1 {
				return "", s.fail(s.pos, "invalid UTF-8")
			}
			if err := s.legal(s.pos, r); err != nil {
				return "", err
			}
			s.pos += n
		}
	}
}

func (s *scanner) legal(off int, r rune) error {
	if s.latin1 && r > 0xff {
		return s.fail(off, "character %U is not legal in an IAM policy: only U+0009, U+000A, U+000D and U+0020 to U+00FF are", r)
	}
	return nil
}

// escape reads an escape sequence; lone surrogates are refused.
func (s *scanner) escape() (rune, error) {
	start := s.pos
	s.pos++
	if s.pos >= len(s.text) {
		return 0, s.fail(start, "string is not closed")
	}
	c := s.text[s.pos]
	s.pos++
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		return rune("\"\\/\b\f\n\r\t"[i]), nil
	}
	if c != 'u' {
		return 0, s.fail(start, "unknown escape sequence")
	}
	r, ok := s.hex4()
	if !ok {
		return 0, s.fail(start, `\u needs four hexadecimal digits`)
	}
	if r >= 0xdc00 && r < 0xe000 {
		return 0, s.fail(start, "lone surrogate U+%04X", r)
	}
	if r >= 0xd800 && r < 0xdc00 {
		if s.pos+1 >= len(s.text) || s.text[s.pos] != '\\' || s.text[s.pos+1] != 'u' {
			return 0, s.fail(start, "lone surrogate U+%04X", r)
		}
		s.pos += 2
		low, ok := s.hex4()
		if !ok || low < 0xdc00 || low >= 0xe000 {
			return 0, s.fail(start, "lone surrogate U+%04X", r)
		}
		r = (r-0xd800)<<10 + (low - 0xdc00) + 0x10000
	}
	return r, nil // an escape stands for its character, whichever it is (P369)
}

func (s *scanner) hex4() (rune, bool) {
	if s.pos+4 > len(s.text) {
		return 0, false
	}
	var r rune
	for _, c := range []byte(s.text[s.pos : s.pos+4]) {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	s.pos += 4
	return r, true
}

// number reads a number and returns its text.
func (s *scanner) number() (string, error) {
	start := s.pos
	if s.pos < len(s.text) && s.text[s.pos] == '-' {
		s.pos++
	}
	whole := s.digits()
	if whole == 0 || whole > 1 && s.text[s.pos-whole] == '0' {
		return "", s.fail(start, "invalid number")
	}
	if s.pos < len(s.text) && s.text[s.pos] == '.' {
		s.pos++
		if s.digits() == 0 {
			return "", s.fail(start, "invalid number")
		}
	}
	if s.pos < len(s.text) && s.text[s.pos]|0x20 == 'e' {
		s.pos++
		if s.pos < len(s.text) && (s.text[s.pos] == '+' || s.text[s.pos] == '-') {
			s.pos++
		}
		if s.digits() == 0 {
			return "", s.fail(start, "invalid number")
		}
	}
	return s.text[start:s.pos], nil
}

func (s *scanner) digits() int {
	start := s.pos
	for s.pos < len(s.text) && s.text[s.pos] >= '0' && s.text[s.pos] <= '9' {
		s.pos++
	}
	return s.pos - start
}

// word reads true, false or null.
func (s *scanner) word() (string, error) {
	for _, w := range [...]string{"true", "false", "null"} {
		if strings.HasPrefix(s.text[s.pos:], w) {
			s.pos += len(w)
			return w, nil
		}
	}
	return "", s.fail(s.pos, "expected a value, got %s", s.describe())
}

// lower folds ASCII letters, and leaves the string alone where there are none.
func lower(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' {
			return strings.ToLower(s)
		}
	}
	return s
}
