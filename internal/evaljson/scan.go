package evaljson

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// lineError is what is wrong with a line.
type lineError struct {
	code, message, pointer string
}

func (e *lineError) Error() string { return e.message }

// Codes of errors.
const (
	codePolicy  = "POLICY_MALFORMED"
	codeRequest = "REQUEST_MALFORMED"
	codeLine    = "LINE_TOO_LONG"
)

// cursor reads one line of JSON in place. Texts that it returns share the
// line's memory where they hold no escape: they live as long as the line.
type cursor struct {
	b    []byte
	pos  int
	path []string
}

func (c *cursor) fail(format string, args ...any) *lineError {
	var p strings.Builder
	for _, t := range c.path {
		p.WriteByte('/')
		p.WriteString(strings.ReplaceAll(strings.ReplaceAll(t, "~", "~0"), "/", "~1"))
	}
	return &lineError{codeRequest, fmt.Sprintf(format, args...) + " (byte " + strconv.Itoa(c.pos) + " of the line)", p.String()}
}

// peek skips white space and returns the next byte, 0 at the end.
func (c *cursor) peek() byte {
	for c.pos < len(c.b) {
		switch ch := c.b[c.pos]; ch {
		case ' ', '\t', '\r', '\n':
			c.pos++
		default:
			return ch
		}
	}
	return 0
}

func (c *cursor) here() string {
	if c.pos >= len(c.b) {
		return "the end of the line"
	}
	r, _ := utf8.DecodeRune(c.b[c.pos:])
	return strconv.QuoteRune(r)
}

// object calls member at each value. Keys are unique.
func (c *cursor) object(what string, member func(key string) *lineError) *lineError {
	if c.peek() != '{' {
		return c.fail("%s must be an object, got %s", what, c.here())
	}
	c.pos++
	if c.peek() == '}' {
		c.pos++
		return nil
	}
	for {
		if c.peek() != '"' {
			return c.fail("expected a key in quotes, got %s", c.here())
		}
		key, err := c.text()
		if err != nil {
			return err
		}
		c.path = append(c.path, key)
		if c.peek() != ':' {
			return c.fail("expected ':', got %s", c.here())
		}
		c.pos++
		c.peek()
		if err := member(key); err != nil {
			return err
		}
		c.path = c.path[:len(c.path)-1]
		switch c.peek() {
		case ',':
			c.pos++
		case '}':
			c.pos++
			return nil
		default:
			return c.fail("expected ',' or '}', got %s", c.here())
		}
	}
}

// array calls item at each value.
func (c *cursor) array(what string, item func(i int) *lineError) *lineError {
	if c.peek() != '[' {
		return c.fail("%s must be an array, got %s", what, c.here())
	}
	c.pos++
	if c.peek() == ']' {
		c.pos++
		return nil
	}
	for i := 0; ; i++ {
		c.path = append(c.path, strconv.Itoa(i))
		c.peek()
		if err := item(i); err != nil {
			return err
		}
		c.path = c.path[:len(c.path)-1]
		switch c.peek() {
		case ',':
			c.pos++
		case ']':
			c.pos++
			return nil
		default:
			return c.fail("expected ',' or ']', got %s", c.here())
		}
	}
}

// text reads a string.
func (c *cursor) text() (string, *lineError) {
	start := c.pos + 1
	for i := start; i < len(c.b); i++ {
		switch ch := c.b[i]; {
		case ch == '"':
			c.pos = i + 1
			return view(c.b[start:i]), nil
		case ch == '\\' || ch >= utf8.RuneSelf:
			c.pos = start
			return c.slowText()
		case ch < 0x20:
			c.pos = i
			return "", c.fail("control character in a string")
		}
	}
	c.pos = len(c.b)
	return "", c.fail("string is not closed")
}

// view is b as a string that shares its memory.
func view(b []byte) string {
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// slowText reads a string with escapes or characters beyond ASCII. The cursor
// stands behind the opening quote.
func (c *cursor) slowText() (string, *lineError) {
	var out []byte
	for c.pos < len(c.b) {
		switch ch := c.b[c.pos]; {
		case ch == '"':
			c.pos++
			return string(out), nil
		case ch == '\\':
			r, err := c.escape()
			if err != nil {
				return "", err
			}
			out = utf8.AppendRune(out, r)
		case ch < 0x20:
			return "", c.fail("control character in a string")
		default:
			r, n := utf8.DecodeRune(c.b[c.pos:])
			if r == utf8.RuneError && n == 1 {
				return "", c.fail("invalid UTF-8")
			}
			out = append(out, c.b[c.pos:c.pos+n]...)
			c.pos += n
		}
	}
	return "", c.fail("string is not closed")
}

func (c *cursor) escape() (rune, *lineError) {
	if c.pos+1 >= len(c.b) {
		return 0, c.fail("string is not closed")
	}
	ch := c.b[c.pos+1]
	if i := strings.IndexByte(`"\/bfnrt`, ch); i >= 0 {
		c.pos += 2
		return rune("\"\\/\b\f\n\r\t"[i]), nil
	}
	r, ok := c.unit()
	if !ok {
		return 0, c.fail("invalid escape sequence")
	}
	if utf16.IsSurrogate(r) {
		low, ok := c.unit()
		pair := utf16.DecodeRune(r, low)
		if !ok || pair == utf8.RuneError {
			return 0, c.fail("lone surrogate")
		}
		return pair, nil
	}
	return r, nil
}

// unit reads \uXXXX.
func (c *cursor) unit() (rune, bool) {
	if c.pos+6 > len(c.b) || c.b[c.pos] != '\\' || c.b[c.pos+1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(c.b[c.pos+2:c.pos+6]), 16, 16)
	if err != nil {
		return 0, false
	}
	c.pos += 6
	return rune(n), true
}

// null reads null, where it stands here.
func (c *cursor) null() bool {
	if bytes.HasPrefix(c.b[c.pos:], []byte("null")) {
		c.pos += 4
		return true
	}
	return false
}

// number reads a number and returns its text.
func (c *cursor) number() (string, bool) {
	start := c.pos
	i := c.pos
	if i < len(c.b) && c.b[i] == '-' {
		i++
	}
	whole := i
	i = digits(c.b, i)
	if i == whole || i > whole+1 && c.b[whole] == '0' {
		return "", false
	}
	if i < len(c.b) && c.b[i] == '.' {
		from := i + 1
		if i = digits(c.b, from); i == from {
			return "", false
		}
	}
	if i < len(c.b) && c.b[i]|0x20 == 'e' {
		i++
		if i < len(c.b) && (c.b[i] == '+' || c.b[i] == '-') {
			i++
		}
		from := i
		if i = digits(c.b, i); i == from {
			return "", false
		}
	}
	c.pos = i
	return view(c.b[start:i]), true
}

func digits(b []byte, i int) int {
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	return i
}

// raw skips an object, array or string and returns its bytes. It only finds
// where the value ends: what it holds is checked when it is parsed.
func (c *cursor) raw() ([]byte, *lineError) {
	start, depth := c.pos, 0
	for i := c.pos; i < len(c.b); i++ {
		switch c.b[i] {
		case '"':
			end := closing(c.b, i+1)
			if end < 0 {
				c.pos = len(c.b)
				return nil, c.fail("string is not closed")
			}
			i = end
			if depth == 0 {
				c.pos = i + 1
				return c.b[start:c.pos], nil
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth <= 0 {
				c.pos = i + 1
				return c.b[start:c.pos], nil
			}
		default:
			if depth == 0 {
				return nil, c.fail("expected an object, an array or a string, got %s", c.here())
			}
		}
	}
	c.pos = len(c.b)
	return nil, c.fail("value is not closed")
}

// closing finds the quote that closes the string whose text begins at i.
func closing(b []byte, i int) int {
	for {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return -1
		}
		end := i + n
		slashes := 0
		for end-1-slashes >= i && b[end-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return end
		}
		i = end + 1
	}
}
