package jsonscan

import (
	"encoding/binary"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// Text reads a string. The result aliases the input unless it had escapes.
func (s *Scanner) Text() string {
	if s.Peek() != String {
		s.failHere("a string")
		return ""
	}
	return s.str()
}

// str reads the string whose opening quote the scanner stands on.
func (s *Scanner) str() string {
	start := s.pos + 1
	end, plain := s.stringEnd(start)
	if end < 0 {
		return ""
	}
	s.pos = end + 1
	body := s.data[start:end]
	if plain {
		return unsafe.String(unsafe.SliceData(body), len(body))
	}
	return s.unescape(body, start)
}

// stringEnd finds the closing quote of the string that begins at i. Plain
// tells that it has no escapes. Minus one is an error, which is noted.
func (s *Scanner) stringEnd(i int) (end int, plain bool) {
	data := s.data
	plain = true
	for {
		for i+8 <= len(data) {
			w := binary.LittleEndian.Uint64(data[i:])
			q, b := w^(0x22*ones), w^(0x5c*ones)
			m := ((q-ones)&^q | (b-ones)&^b | (w-blanks)&^w) & highs
			if m != 0 {
				i += bits.TrailingZeros64(m) / 8
				break
			}
			i += 8
		}
		if i >= len(data) {
			s.fail(len(data), "the text ends inside a string: is it truncated?")
			return -1, false
		}
		switch c := data[i]; {
		case c == '"':
			return i, plain
		case c == '\\':
			plain = false
			n := s.escapeLen(i)
			if n == 0 {
				return -1, false
			}
			i += n
		case c < ' ':
			s.fail(i, "control character in a string: write it as an escape")
			return -1, false
		default:
			i++
		}
	}
}

// escapeLen returns how long the escape at i is; 0 is an error, which is noted.
func (s *Scanner) escapeLen(i int) int {
	if i+1 >= len(s.data) {
		s.fail(len(s.data), "the text ends inside a string: is it truncated?")
		return 0
	}
	switch s.data[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := hex4(s.data, i+2); ok {
			return 6
		}
	}
	s.fail(i, "no such escape in a string")
	return 0
}

func hex4(data []byte, i int) (rune, bool) {
	if i+4 > len(data) {
		return 0, false
	}
	var r rune
	for _, c := range data[i : i+4] {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// unescape decodes body, whose escapes are known to be well formed and which
// begins at offset at.
func (s *Scanner) unescape(body []byte, at int) string {
	out := make([]byte, 0, len(body))
	for i := 0; i < len(body); {
		c := body[i]
		if c != '\\' {
			out = append(out, c)
			i++
			continue
		}
		if body[i+1] != 'u' {
			out = append(out, unescaped[body[i+1]])
			i += 2
			continue
		}
		r, _ := hex4(body, i+2)
		n := 6
		if utf16.IsSurrogate(r) {
			var low rune
			if i+8 <= len(body) && body[i+6] == '\\' && body[i+7] == 'u' {
				low, _ = hex4(body, i+8)
			}
			if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
				s.fail(at+i, "half of a surrogate pair in a string")
				return ""
			}
			n = 12
		}
		out = utf8.AppendRune(out, r)
		i += n
	}
	return unsafe.String(unsafe.SliceData(out), len(out))
}

var unescaped = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// Bool reads true or false.
func (s *Scanner) Bool() bool {
	if s.Peek() != Bool {
		s.failHere("true or false")
		return false
	}
	v := s.data[s.pos] == 't'
	s.literal()
	return v
}

// Null reads null.
func (s *Scanner) Null() {
	if s.Peek() != Null {
		s.failHere("null")
		return
	}
	s.literal()
}

// literal steps over the true, false or null that the scanner stands on.
func (s *Scanner) literal() {
	word := "null"
	switch s.data[s.pos] {
	case 't':
		word = "true"
	case 'f':
		word = "false"
	}
	end := s.pos + len(word)
	if end > len(s.data) || string(s.data[s.pos:end]) != word {
		if end > len(s.data) && word[:len(s.data)-s.pos] == string(s.data[s.pos:]) {
			s.fail(len(s.data), "the text ends inside "+word+": is it truncated?")
			return
		}
		s.failHere("a value")
		return
	}
	s.pos = end
}

// Digits reads a number and returns its text as it stands in the input.
func (s *Scanner) Digits() string {
	if s.Peek() != Number {
		s.failHere("a number")
		return ""
	}
	start := s.pos
	s.number()
	if s.err != nil {
		return ""
	}
	t := s.data[start:s.pos]
	return unsafe.String(unsafe.SliceData(t), len(t))
}

// Int reads a number that must be a whole one; ok is false where it is not,
// or does not fit an int32.
func (s *Scanner) Int() (n int, ok bool) {
	v, err := strconv.ParseInt(s.Digits(), 10, 32)
	return int(v), err == nil
}

func (s *Scanner) number() {
	data, i := s.data, s.pos
	if i < len(data) && data[i] == '-' {
		i++
	}
	digits := func() bool {
		start := i
		for i < len(data) && '0' <= data[i] && data[i] <= '9' {
			i++
		}
		return i > start
	}
	ok := true
	if i < len(data) && data[i] == '0' {
		i++
	} else {
		ok = digits()
	}
	if ok && i < len(data) && data[i] == '.' {
		i++
		ok = digits()
	}
	if ok && i < len(data) && data[i]|0x20 == 'e' {
		i++
		if i < len(data) && (data[i] == '+' || data[i] == '-') {
			i++
		}
		ok = digits()
	}
	s.pos = i
	if !ok {
		s.failHere("a digit")
	}
}

// Raw steps over the value that comes next and returns its text.
func (s *Scanner) Raw() []byte {
	s.space()
	start := s.pos
	s.Skip()
	if s.err != nil {
		return nil
	}
	return s.data[start:s.pos:s.pos]
}

// Skip steps over the value that comes next, checking its grammar.
func (s *Scanner) Skip() {
	switch s.Peek() {
	case String:
		if end, _ := s.stringEnd(s.pos + 1); end >= 0 {
			s.pos = end + 1
		}
	case Number:
		s.number()
	case Bool, Null:
		s.literal()
	case Object:
		s.skipObject()
	case Array:
		if s.EnterArray() {
			for s.NextItem() {
				s.Skip()
			}
		}
	case None:
		s.failHere("a value")
	}
}

func (s *Scanner) skipObject() {
	if s.Thorough {
		if s.EnterObject() {
			for s.NextKey() {
				s.Skip()
			}
		}
		return
	}
	if !s.deeper() {
		return
	}
	s.pos++
	for first := true; ; first = false {
		s.space()
		if s.pos < len(s.data) && s.data[s.pos] == '}' {
			s.pos++
			break
		}
		if !first {
			if s.pos >= len(s.data) || s.data[s.pos] != ',' {
				s.failHere("\",\" or \"}\"")
				return
			}
			s.pos++
			s.space()
		}
		if s.pos >= len(s.data) || s.data[s.pos] != '"' {
			s.failHere("a key in double quotes")
			return
		}
		end, _ := s.stringEnd(s.pos + 1)
		if end < 0 {
			return
		}
		s.pos = end + 1
		s.colon()
		s.Skip()
		if s.err != nil {
			return
		}
	}
	s.depth--
	s.first = false
}
