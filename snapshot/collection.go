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
	r.Peek()
	start := r.Offset()
	if !r.array() {
		return
	}
	c.Presence, c.At = Collected, At(base)
	var items chunks[T]
	sorted, last := true, ""
	for i := 0; r.NextItem(); i++ {
		if r.Peek() != jsonscan.Object {
			r.badItem()
			continue
		}
		offset := r.Offset()
		v := items.next()
		s.read(r, Source{Base: base, Index: int32(i)}, v)
		if s.id == nil || r.Err() != nil {
			continue
		}
		id := s.id(v)
		if id == "" {
			if !r.problemSince(offset) {
				r.problemAt(offset, "no %s here", s.name)
			}
			items.drop()
			continue
		}
		sorted = sorted && id > last
		last = id
	}
	c.Items = items.all()
	if !sorted && r.Err() == nil {
		c.Items = distinct(r, c.Items, start, s)
	}
}

// badItem notes an element that is no object, and steps over it.
func (r *reader) badItem() {
	at, kind := r.Offset(), r.Peek()
	r.Skip()
	if r.Err() == nil {
		r.problemAt(at, "%s where an object should stand", kind)
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
			r.problemAt(texts[i].start, "%s %q stands twice with different contents: here and at item %d", s.name, short(id), j)
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
	full [][]T
	last []T
}

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
	c.last = c.last[:len(c.last)+1]
	return &c.last[len(c.last)-1]
}

// drop takes the last item back.
func (c *chunks[T]) drop() {
	n := len(c.last) - 1
	var zero T
	c.last[n] = zero
	c.last = c.last[:n]
}

// all returns the items; never nil.
func (c *chunks[T]) all() []T {
	if len(c.full) == 0 {
		if c.last == nil {
			return []T{}
		}
		return c.last
	}
	n := len(c.last)
	for _, f := range c.full {
		n += len(f)
	}
	out := make([]T, 0, n)
	for _, f := range c.full {
		out = append(out, f...)
	}
	return append(out, c.last...)
}

// together is the id of an item that several members identify; empty where all
// of them are.
func together(parts ...string) string {
	if joined := strings.Join(parts, "\n"); strings.Trim(joined, "\n") != "" {
		return joined
	}
	return ""
}
