package idd

import "sort"

// Contains reports whether the point, one value for each level, is in x.
func (a *Arena) Contains(x ID, point []uint64) bool {
	for x > True {
		n := a.nodes[x]
		bounds, kids := a.edges(n)
		v := point[n.level]
		x = kids[sort.Search(len(bounds)-1, func(i int) bool { return v <= bounds[i] })]
	}
	return x == True
}

// Witness is the least point of x, comparing level by level; ok is false
// where x is empty.
func (a *Arena) Witness(x ID) (point []uint64, ok bool) {
	if x == False || a.err != nil {
		return nil, false
	}
	point = make([]uint64, len(a.max))
	for x > True {
		n := a.nodes[x]
		// In normal form only the empty set is False, so of two
		// neighbouring runs at most one is empty.
		bounds, kids := a.edges(n)
		if kids[0] != False {
			x = kids[0]
		} else {
			point[n.level], x = bounds[0]+1, kids[1]
		}
	}
	return point, true
}

// Boxes yields disjoint boxes that make up x, one range for each level, in
// ascending order. The slice is reused: copy what is to be kept. It stops
// after limit boxes, or when yield returns false, and reports whether it
// yielded all. Neighbouring boxes are joined only as far as the diagram
// shares them, so the number is not the least possible.
func (a *Arena) Boxes(x ID, limit int, yield func([]Range) bool) (complete bool) {
	w := boxWalk{arena: a, box: make([]Range, len(a.max)), left: limit, yield: yield}
	for level := range w.box {
		w.box[level] = Range{0, a.max[level]}
	}
	return a.err == nil && w.walk(x)
}

type boxWalk struct {
	arena *Arena
	box   []Range
	left  int
	yield func([]Range) bool
}

func (w *boxWalk) walk(x ID) bool {
	switch x {
	case False:
		return true
	case True:
		if w.left == 0 {
			return false
		}
		w.left--
		return w.yield(w.box)
	}
	n := w.arena.nodes[x]
	bounds, kids := w.arena.edges(n)
	low := uint64(0)
	for i, kid := range kids {
		w.box[n.level] = Range{low, bounds[i]}
		if !w.walk(kid) {
			return false
		}
		low = bounds[i] + 1
	}
	w.box[n.level] = Range{0, w.arena.max[n.level]}
	return true
}

// Project lists the values that level takes in x, as ascending ranges that
// neither overlap nor touch.
func (a *Arena) Project(level int, x ID) []Range {
	for other := range a.max {
		if other != level {
			x = a.Exists(other, x)
		}
	}
	var out []Range
	a.Boxes(x, -1, func(box []Range) bool {
		out = append(out, box[level])
		return true
	})
	return out
}

// Node is the first decision of x, for walks of one's own: the level that it
// tests, the inclusive upper bounds of its runs, and where each leads. The
// slices must not be changed, and hold until the next operation. The level of
// False and True is [Arena.Levels], and they have no runs.
func (a *Arena) Node(x ID) (level int, bounds []uint64, kids []ID) {
	n := a.nodes[x]
	bounds, kids = a.edges(n)
	return int(n.level), bounds, kids
}

// Size is the number of nodes of x, False and True not counted.
func (a *Arena) Size(x ID) int {
	seen := make(map[ID]bool)
	var walk func(ID)
	walk = func(x ID) {
		if x <= True || seen[x] {
			return
		}
		seen[x] = true
		_, kids := a.edges(a.nodes[x])
		for _, k := range kids {
			walk(k)
		}
	}
	walk(x)
	return len(seen)
}
