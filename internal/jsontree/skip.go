package jsontree

import (
	"strings"
)

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// skipString returns the index after the string that begins at i.
func skipString(b []byte, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// ends tells where long containers end, by where they begin in the tree's
// text: so that no level that is opened scans them again.
type ends map[int]int

// long is the length from which a container's end is worth a note. It is a
// variable for tests.
var long = 1 << 16

// skipValue returns the index after the value that begins at i in b, which
// begins at base in the text. The text is valid, so counting brackets outside
// strings is enough.
func (e ends) skipValue(b []byte, i, base int) int {
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		if end, ok := e[base+i]; ok {
			return end - base
		}
		return e.skipContainer(b, i, base)
	}
	for i < len(b) && strings.IndexByte(",]} \t\r\n", b[i]) < 0 {
		i++
	}
	return i
}

func (e ends) skipContainer(b []byte, i, base int) int {
	var small [16]int
	starts := small[:0]
	for {
		switch b[i] {
		case '"':
			i = skipString(b, i)
			continue
		case '{', '[':
			starts = append(starts, i)
		case '}', ']':
			last := len(starts) - 1
			if i-starts[last] >= long && e != nil {
				e[base+starts[last]] = base + i + 1
			}
			if starts = starts[:last]; last == 0 {
				return i + 1
			}
		}
		i++
	}
}
