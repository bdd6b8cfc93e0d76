package snapshot

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/canreach/canreach/internal/jsonscan"
)

// sameJSON tells whether two values say the same, whatever the order of their
// members and elements: no array of an AWS description is told apart by order.
func sameJSON(a, b []byte) bool {
	return bytes.Equal(a, b) || bytes.Equal(canonical(a), canonical(b))
}

// canonical returns a text that is equal for values that say the same.
func canonical(value []byte) []byte { return canonicalValue(jsonscan.At(value, 0)) }

func canonicalValue(s *jsonscan.Scanner) []byte {
	switch s.Peek() {
	case jsonscan.Object:
		var members [][]byte
		for ok := s.EnterObject(); ok && s.NextKey(); {
			key := strconv.AppendQuote(nil, s.Key())
			members = append(members, append(append(key, ':'), canonicalValue(s)...))
		}
		return wrapSorted('{', members, '}')
	case jsonscan.Array:
		var items [][]byte
		for ok := s.EnterArray(); ok && s.NextItem(); {
			items = append(items, canonicalValue(s))
		}
		return wrapSorted('[', items, ']')
	case jsonscan.String:
		return strconv.AppendQuote(nil, s.Text())
	default:
		return bytes.Clone(s.Raw())
	}
}

func wrapSorted(open byte, parts [][]byte, end byte) []byte {
	slices.SortFunc(parts, bytes.Compare)
	return append(append([]byte{open}, bytes.Join(parts, []byte{','})...), end)
}
