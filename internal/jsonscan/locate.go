package jsonscan

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Position is a place in a document for people: Line and Column count from 1,
// Column in characters; Pointer is the RFC 6901 pointer of the value there.
type Position struct {
	Line, Column int
	Pointer      string
}

// Locate finds the position of a byte offset. The document may be malformed
// from there on.
func Locate(data []byte, offset int) Position { return LocateAll(data, []int{offset})[0] }

// LocateAll finds the positions of many offsets, in ascending order, in one pass.
func LocateAll(data []byte, offsets []int) []Position {
	l := locator{data: data}
	out := make([]Position, 0, len(offsets))
	line, bol, counted := 1, 0, 0
	for _, offset := range offsets {
		offset = min(max(offset, 0), len(data))
		for ; counted < offset; counted++ {
			if data[counted] == '\n' {
				line++
				bol = counted + 1
			}
		}
		column := utf8.RuneCount(data[min(bol, offset):offset]) + 1
		out = append(out, Position{Line: line, Column: column, Pointer: l.pointer(offset)})
	}
	return out
}

// step is one array or object on the way to a place.
type step struct {
	array bool
	index int
	key   string
	named bool // the current member's key has been read
}

// locator walks a document's tokens and keeps the way to where it stands.
type locator struct {
	data    []byte
	at      int
	stack   []step
	wantKey bool
}

// pointer walks up to offset, which must not lie before an earlier one.
func (l *locator) pointer(offset int) string {
	for l.at < offset && len(l.stack) <= MaxDepth+1 {
		end := l.at + 1
		if l.data[l.at] == '"' {
			end = closingQuote(l.data, end)
		}
		if end > offset && l.data[l.at] == '"' && !l.wantKey {
			break // inside a value: the way to it is known
		}
		l.step(end)
		l.at = end
	}
	if l.wantKey && l.at == offset && offset < len(l.data) && l.data[offset] == '"' { // a key itself is at fault
		l.name()
	}
	return l.render()
}

// step takes in the token that begins at l.at and ends before end.
func (l *locator) step(end int) {
	n := len(l.stack) - 1
	switch c := l.data[l.at]; c {
	case '{', '[':
		l.stack = append(l.stack, step{array: c == '['})
		l.wantKey = c == '{'
	case '}', ']':
		l.stack = l.stack[:max(n, 0)]
		l.wantKey = false
	case ',':
		if n >= 0 {
			l.stack[n].index++
			l.stack[n].named = false
			l.wantKey = !l.stack[n].array
		}
	case '"':
		if l.wantKey && end <= len(l.data) {
			l.name()
			l.wantKey = false
		}
	}
}

// name notes the key that begins at l.at.
func (l *locator) name() {
	s := At(l.data, l.at)
	if k := s.str(); s.err == nil && len(l.stack) > 0 {
		top := &l.stack[len(l.stack)-1]
		top.key, top.named = k, true
	}
}

// closingQuote returns the offset after the quote that ends the string which
// begins at i, or one past the end of data.
func closingQuote(data []byte, i int) int {
	for ; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(data) + 1
}

var escaper = strings.NewReplacer("~", "~0", "/", "~1")

func (l *locator) render() string {
	var b strings.Builder
	for _, st := range l.stack {
		switch {
		case st.array:
			b.WriteString("/" + strconv.Itoa(st.index))
		case st.named:
			b.WriteString("/" + escaper.Replace(st.key))
		}
	}
	return b.String()
}

// Find returns the offset of the value that an RFC 6901 pointer names.
func Find(data []byte, pointer string) (offset int, ok bool) {
	s := At(data, 0)
	if strings.HasPrefix(string(data[:min(3, len(data))]), "\xef\xbb\xbf") {
		s.pos = 3
	}
	for _, token := range strings.Split(pointer, "/")[1:] {
		if !s.descend(unescaper.Replace(token)) {
			return 0, false
		}
	}
	s.Peek()
	return s.pos, s.err == nil
}

var unescaper = strings.NewReplacer("~1", "/", "~0", "~")

// descend steps to the member or element that token names.
func (s *Scanner) descend(token string) bool {
	switch s.Peek() {
	case Object:
		for ok := s.EnterObject(); ok && s.NextKey(); {
			if s.Key() == token {
				return true
			}
			s.Skip()
		}
	case Array:
		n, err := strconv.Atoi(token)
		if err != nil {
			return false
		}
		for i, ok := 0, s.EnterArray(); ok && s.NextItem(); i++ {
			if i == n {
				return true
			}
			s.Skip()
		}
	}
	return false
}
