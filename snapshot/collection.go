package snapshot

import (
	"strings"

	"github.com/canreach/canreach/internal/jsonscan"
)

// shape says how the items of a collection are read.
type shape[T any] struct {
	read func(r *reader, at Source, v *T)
	id   func(v *T) string // what tells one item from another; nil: nothing does
	name string            // the member that holds the id, for messages
}

// collect reads the array that comes next into c, whose array stands at base.
func collect[T any](r *reader, c *Collection[T], base string, s shape[T]) {
	collectLong(r, c, base, s, nil)
}

// collectLong is collect for arrays that may be long. Shift adds to the index
// of an item's places, which is all that must be known of an item's position;
// nil where more of them hangs on it, and then the array is read in one go.
func collectLong[T any](r *reader, c *Collection[T], base string, s shape[T], shift func(v *T, delta int32)) {
	r.Peek()
	start := r.Offset()
	if !r.array() {
		return
	}
	c.Presence, c.At = Collected, At(base)
	if shift != nil && len(r.Data())-start > 2*stretch {
		c.Items = collectAhead(r, base, s, shift)
	} else {
		var items chunks[T]
		for i := 0; r.NextItem(); i++ {
			if items.count >= maxItems {
				r.Skip()
				continue
			}
			readItem(r, &items, Source{Base: base, Index: int32(i)}, s)
		}
		c.Items = items.all()
	}
	if len(c.Items) >= maxItems && r.Err() == nil {
		r.problemAt(start, "more than %d items", maxItems-1)
		r.hinted("no account holds so many: is it a snapshot?")
		return
	}
	if s.id != nil && r.Err() == nil && !ascending(c.Items, s.id) {
		c.Items = distinct(r, c.Items, start, s)
	}
}

// ascending tells whether ids rise from item to item, as a capture writes them:
// then none stands twice.
func ascending[T any](items []T, id func(*T) string) bool {
	last := ""
	for i := range items {
		next := id(&items[i])
		if next <= last {
			return false
		}
		last = next
	}
	return true
}

// badItem notes an element that is no object, and steps over it.
func (r *reader) badItem() {
	at, kind := r.Offset(), r.Peek()
	r.Skip()
	if r.Err() == nil {
		r.problemAt(at, "expected an object, found %s", kind)
	}
}

// distinct drops items that stand twice with the same content, and notes those
// that stand twice with different ones. The array begins at offset start.
func distinct[T any](r *reader, items []T, start int, s shape[T]) []T {
	first := make(map[string]int, len(items))
	var texts []span
	kept := items[:0]
	for i := range items {
		id := s.id(&items[i])
		j, dup := first[id]
		if !dup {
			first[id] = i
			kept = append(kept, items[i])
			continue
		}
		if texts == nil {
			texts = itemSpans(r.Data(), start)
		}
		if len(texts) == len(items) && !sameJSON(texts[i].of(r.Data()), texts[j].of(r.Data())) {
			r.problemAt(texts[i].start, "duplicate %s %q with different contents: here and at item %d", s.name, short(id), j)
			r.hinted("remove the one that is out of date")
		}
	}
	return kept
}

// span is a part of a text.
type span struct{ start, end int }

func (p span) of(data []byte) []byte { return data[p.start:p.end] }

// itemSpans returns where every object in the array that begins at start stands.
func itemSpans(data []byte, start int) []span {
	var out []span
	s := jsonscan.At(data, start)
	for ok := s.EnterArray(); ok && s.NextItem(); {
		object := s.Peek() == jsonscan.Object
		from := s.Offset()
		s.Skip()
		if object {
			out = append(out, span{from, s.Offset()})
		}
	}
	return out
}

// chunks collects items without moving them: an array of unknown length grows
// at the cost of one copy, and a pointer to an item holds while it is read.
type chunks[T any] struct {
	full  [][]T
	last  []T
	count int
}

// maxItems bounds a collection: a short text may not ask for much more memory
// than it has bytes.
const maxItems = 2_000_000

const (
	firstChunk = 8
	largeChunk = 2048
)

func (c *chunks[T]) next() *T {
	if len(c.last) == cap(c.last) {
		size := firstChunk
		if c.last != nil {
			c.full = append(c.full, c.last)
			size = min(4*cap(c.last), largeChunk)
		}
		c.last = make([]T, 0, size)
	}
	c.count++
	c.last = c.last[:len(c.last)+1]
	return &c.last[len(c.last)-1]
}

// current is the item that next returned last.
func (c *chunks[T]) current() *T { return &c.last[len(c.last)-1] }

// drop takes the last item back.
func (c *chunks[T]) drop() {
	n := len(c.last) - 1
	var zero T
	c.last[n] = zero
	c.last = c.last[:n]
	c.count--
}

// appendTo adds the items, as they lie, to out.
func (c *chunks[T]) appendTo(out [][]T) [][]T {
	out = append(out, c.full...)
	if len(c.last) > 0 {
		out = append(out, c.last)
	}
	return out
}

// all returns the items; never nil.
func (c *chunks[T]) all() []T { return concat(c.appendTo(nil)) }

// concat joins chunks, without a copy where there is one; never nil.
func concat[T any](chunks [][]T) []T {
	if len(chunks) == 1 {
		return chunks[0]
	}
	n := 0
	for _, c := range chunks {
		n += len(c)
	}
	out := make([]T, 0, n)
	for _, c := range chunks {
		out = append(out, c...)
	}
	return out
}

// together is the id of an item that several members identify; empty where all
// of them are.
func together(parts ...string) string {
	if joined := strings.Join(parts, "\n"); strings.Trim(joined, "\n") != "" {
		return joined
	}
	return ""
}
