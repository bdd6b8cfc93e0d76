package snapshot

import (
	"reflect"
)

// arena hands out slices cut from large ones, so that a hundred thousand
// interfaces with two groups each are not a hundred thousand allocations.
type arena[T any] struct {
	free []T
	size int // of the last piece
}

const largeArena = 512

func arenaOf[T any](r *reader) *arena[T] {
	key := reflect.TypeFor[T]()
	for i := range r.arenas {
		if r.arenas[i].key == key {
			return r.arenas[i].arena.(*arena[T])
		}
	}
	a := &arena[T]{size: 4}
	r.arenas = append(r.arenas, keyedArena{key, a})
	return a
}

type keyedArena struct {
	key   reflect.Type
	arena any
}

// slot returns element n of the slice that is being filled.
func (a *arena[T]) slot(n int) *T {
	if n >= len(a.free) {
		a.size = min(2*a.size, largeArena)
		grown := make([]T, max(a.size, 2*n))
		copy(grown, a.free[:n])
		a.free = grown
	}
	return &a.free[n]
}

// cut returns the first n elements, without spare capacity, so that an append
// to them cannot reach a neighbour.
func (a *arena[T]) cut(n int) []T {
	if n == 0 {
		return []T{}
	}
	out := a.free[:n:n]
	a.free = a.free[n:]
	return out
}

// keep copies items into an arena.
func keep[T any](r *reader, items []T) []T {
	a := arenaOf[T](r)
	for i := range items {
		*a.slot(i) = items[i]
	}
	return a.cut(len(items))
}
