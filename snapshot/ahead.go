package snapshot

import (
	"bytes"
	"runtime"

	"github.com/canreach/canreach/internal/jsonscan"
)

// A long array is read by two goroutines: while the reader works on one
// stretch, a fork of it works on the next. Where an element begins in the next
// stretch is guessed from how elements are set apart before it. The guess is
// checked by the reader itself, which must arrive at that very byte as the
// beginning of an element: else the fork's work is thrown away. So the result
// is the same as reading in one go, whatever the file holds.

// stretch is how many bytes one goroutine reads before the two meet. It is a
// variable for tests.
var stretch = 512 << 10

// maxMisses is how many wrong guesses end the guessing: the file is set in a
// way that gives no hold.
const maxMisses = 3

// forked is what a fork has read.
type forked[T any] struct {
	r      *reader
	items  chunks[T]
	count  int  // elements met, those without an id too
	onItem bool // stopped on an element, not at the array's end
}

// collectAhead reads the elements of the array that r has entered.
func collectAhead[T any](r *reader, base string, s shape[T], shift func(*T, int32)) []T {
	var out [][]T
	var guesser guesser
	misses, index, onItem := 0, 0, false
	var side *reader
	for {
		if index >= maxItems { // collectLong says so
			for onItem || r.NextItem() {
				r.Skip()
				onItem = false
			}
			return concat(out)
		}
		guess := 0
		if misses < maxMisses && runtime.GOMAXPROCS(0) > 1 {
			guess = guesser.find(r)
		}
		var done chan *forked[T]
		if guess > 0 {
			if side == nil {
				side = &reader{}
			}
			side.Scanner, side.problems = r.Fork(guess), nil
			done = make(chan *forked[T], 1)
			go func() { done <- readAhead(side, base, guess+stretch, s) }()
		}
		items, count, state := readUntil(r, base, index, guess, onItem, &guesser, s)
		out = items.appendTo(out)
		index += count
		if done != nil {
			ahead := <-done
			if state != hitGuess {
				misses++
			} else {
				misses = 0
				for _, chunk := range ahead.items.appendTo(nil) {
					for i := range chunk {
						shift(&chunk[i], int32(index))
					}
					out = append(out, chunk)
				}
				index += ahead.count
				r.problems = append(r.problems, ahead.r.problems...)
				r.Join(ahead.r.Scanner)
				if !ahead.onItem {
					return concat(out)
				}
			}
		}
		if state == atEnd {
			return concat(out)
		}
		onItem = true // r stands on the next element
	}
}

// meeting is where a stretch ended.
type meeting uint8

const (
	atEnd      meeting = iota // of the array, or at an error
	hitGuess                  // on the element that the fork began with
	beyondThis                // on a later element: the guess was wrong, or there was none
)

// readUntil reads elements up to the guess, or for one stretch. OnItem tells
// that r stands on an element already.
func readUntil[T any](r *reader, base string, index, guess int, onItem bool, g *guesser, s shape[T]) (items chunks[T], count int, state meeting) {
	begin := r.Offset()
	for {
		if !onItem {
			end := r.Offset()
			if !r.NextItem() {
				return items, count, atEnd
			}
			r.Peek()
			g.learn(r.Data(), end, r.Offset())
		}
		onItem = false
		at := r.Offset()
		switch {
		case guess > 0 && at == guess:
			return items, count, hitGuess
		case guess > 0 && at > guess, at > begin+stretch && count > 0:
			return items, count, beyondThis
		}
		readItem(r, &items, Source{Base: base, Index: int32(index + count)}, s)
		count++
		if r.Err() != nil {
			return items, count, atEnd
		}
	}
}

// readAhead reads elements up to the first that begins at or after limit.
func readAhead[T any](r *reader, base string, limit int, s shape[T]) *forked[T] {
	out := &forked[T]{r: r}
	for r.NextItem() {
		r.Peek()
		if r.Offset() >= limit {
			out.onItem = true
			return out
		}
		readItem(r, &out.items, Source{Base: base, Index: int32(out.count)}, s)
		out.count++
		if r.Err() != nil {
			break
		}
	}
	return out
}

// guesser knows how elements are set apart.
type guesser struct {
	mark []byte // what stands before and at the beginning of an element
	lead int    // how much of mark stands before the element
}

// learn looks at the text between the end of one element and the beginning of
// the next.
func (g *guesser) learn(data []byte, end, begin int) {
	if g.mark != nil || end >= begin || data[end] != ',' {
		return
	}
	g.lead = begin - end
	stop := begin + 1
	if !bytes.Contains(data[end:begin], []byte{'\n'}) { // no layout to go by: take the first key as well
		if i := bytes.IndexByte(data[begin:min(begin+64, len(data))], ':'); i > 0 {
			stop = begin + i
		}
	}
	g.mark = data[end:min(stop, len(data))]
}

// find returns where an element may begin about one stretch ahead; 0: nowhere.
func (g *guesser) find(r *reader) int {
	from := r.Offset() + stretch
	if g.mark == nil || from >= len(r.Data()) {
		return 0
	}
	window := r.Data()[from:min(from+stretch/4, len(r.Data()))]
	if i := bytes.Index(window, g.mark); i >= 0 {
		return from + i + g.lead
	}
	return 0
}

// readItem reads one element into items, unless it is no object or has no id.
func readItem[T any](r *reader, items *chunks[T], at Source, s shape[T]) {
	if r.Peek() != jsonscan.Object {
		r.badItem()
		return
	}
	offset := r.Offset()
	s.read(r, at, items.next())
	member := r.incomplete
	r.incomplete = ""
	switch {
	case s.id == nil || r.Err() != nil:
		return
	case s.id(items.current()) == "":
	case member != "": // cannot be read: a gap, and not among the items
		r.lacksItem(at, s.id(items.current()), member)
		items.drop()
		return
	default:
		return
	}
	if !r.problemSince(offset) {
		r.problemAt(offset, "no %s here", s.name)
	}
	items.drop()
}
