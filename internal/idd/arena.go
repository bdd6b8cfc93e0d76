// Package idd implements interval decision diagrams: canonical, hash-consed
// representations of sets of points in a product of integer ranges.
//
// A diagram tests one dimension (level) after another, the lowest level
// first. A node cuts its level's range 0..max into runs of consecutive values,
// each leading to a diagram over later levels. Reduction (no two neighbouring
// runs lead to the same diagram, no node with a single run, no two equal
// nodes) makes the form unique: two sets of one [Arena] are equal exactly if
// their [ID]s are.
//
// All diagrams live in an Arena, which is not safe for concurrent use: give
// each goroutine its own. There is no garbage collection: [Arena.Reset]
// forgets everything at once and keeps the memory.
//
// Work is bounded. Once an arena has spent its budget every operation returns
// [False] at once and [Arena.Err] returns [ErrBudget] until the next Reset.
// As with bufio.Scanner, call a batch of operations, then ask Err before
// believing any of their results.
//
//	a := idd.New(idd.DefaultBudget, math.MaxUint32, 65535) // address, port
//	web := a.Box(idd.Range{0, math.MaxUint32}, idd.Range{443, 443})
//	net := a.Interval(0, 0x0a000000, 0x0affffff)
//	set := a.Diff(web, net)
//	point, ok := a.Witness(set)
//	if err := a.Err(); err != nil { … }
package idd

import "errors"

// ErrBudget is reported by [Arena.Err] after a computation that would have
// taken more nodes or steps than the arena may spend. Its results are void.
var ErrBudget = errors.New("decision diagram over budget")

// DefaultBudget is a budget in edges that no realistic VPC or policy comes
// near, and that bounds an arena to about 50 MB and a few seconds.
const DefaultBudget = 1 << 20

// ID names a set in one arena. Equal IDs are equal sets, and conversely.
type ID uint32

// The two sets that exist in every arena: the empty one and the full one.
const (
	False ID = 0
	True  ID = 1
)

// Range is a run of values of one level, inclusive at both ends. It is empty
// where Lo > Hi.
type Range struct{ Lo, Hi uint64 }

// node is one decision; its edges are bounds[off:off+n] and kids[off:off+n].
// The i-th edge is taken by values above the bound before it, up to its own.
type node struct {
	off   uint32
	n     uint32
	level uint32
}

// slot is one entry of the unique table; it is empty unless its epoch is the
// arena's. That makes Reset independent of the table's size.
type slot struct {
	epoch uint32
	id    ID
}

// cached is one entry of the direct-mapped cache of results.
type cached struct {
	epoch uint32
	op    uint32
	a, b  ID
	res   ID
}

// Arena holds diagrams over a fixed list of levels.
type Arena struct {
	max    []uint64 // per level, the largest value
	nodes  []node
	bounds []uint64
	kids   []ID
	unique []slot
	cache  []cached
	epoch  uint32

	budget int // edges
	steps  int // that may still be taken
	err    error

	// Stacks of the edges of nodes under construction.
	stackBounds []uint64
	stackKids   []ID
}

// stepsPerEdge is how many edge visits one unit of the budget buys: enough
// that well-behaved work ends on memory first.
const stepsPerEdge = 32

const (
	firstUnique = 1 << 8
	firstCache  = 1 << 9
	maxCache    = 1 << 20
)

// New makes an arena over len(max) levels; level i has the values 0..max[i].
// The budget is the number of edges that may be stored.
func New(budget int, max ...uint64) *Arena {
	a := &Arena{
		max:    append([]uint64(nil), max...),
		unique: make([]slot, firstUnique),
		cache:  make([]cached, firstCache),
		budget: budget,
	}
	a.Reset()
	return a
}

// Reset forgets all diagrams and any error, and keeps the memory. IDs from
// before, but for False and True, must not be used any more.
func (a *Arena) Reset() {
	end := uint32(len(a.max))
	a.nodes = append(a.nodes[:0], node{level: end}, node{level: end})
	a.bounds, a.kids = a.bounds[:0], a.kids[:0]
	a.stackBounds, a.stackKids = a.stackBounds[:0], a.stackKids[:0]
	a.steps = a.budget * stepsPerEdge
	a.err = nil
	a.epoch++
	if a.epoch == 0 { // wrapped: the tables may hold entries of the same name
		clear(a.unique)
		clear(a.cache)
		a.epoch = 1
	}
}

// ResetLevels is Reset with another list of levels.
func (a *Arena) ResetLevels(max ...uint64) {
	a.max = append(a.max[:0], max...)
	a.Reset()
}

// Err is ErrBudget once the budget is spent, else nil.
func (a *Arena) Err() error { return a.err }

// Levels is the number of levels.
func (a *Arena) Levels() int { return len(a.max) }

// Max is the largest value of a level.
func (a *Arena) Max(level int) uint64 { return a.max[level] }

// Edges is the number of edges stored, the measure of the budget.
func (a *Arena) Edges() int { return len(a.kids) }

// spend takes n steps off the budget and reports whether work may go on.
func (a *Arena) spend(n int) bool {
	a.steps -= n
	if a.err == nil && (a.steps < 0 || len(a.kids) > a.budget) {
		a.err = ErrBudget
	}
	return a.err == nil
}

// push adds a run up to bound, leading to kid, to the node whose edges start
// at base on the stacks.
func (a *Arena) push(base int, bound uint64, kid ID) {
	if top := len(a.stackKids); top > base && a.stackKids[top-1] == kid {
		a.stackBounds[top-1] = bound
		return
	}
	a.stackBounds = append(a.stackBounds, bound)
	a.stackKids = append(a.stackKids, kid)
}

// pop makes the node whose edges start at base, and takes them off the stacks.
func (a *Arena) pop(level, base int) ID {
	bounds, kids := a.stackBounds[base:], a.stackKids[base:]
	var id ID
	switch {
	case a.err != nil:
		id = False
	case len(kids) == 1:
		id = kids[0]
	default:
		id = a.intern(uint32(level), bounds, kids)
	}
	a.stackBounds, a.stackKids = a.stackBounds[:base], a.stackKids[:base]
	return id
}

// intern finds or stores a node in normal form.
func (a *Arena) intern(level uint32, bounds []uint64, kids []ID) ID {
	mask := len(a.unique) - 1
	i := int(hashNode(level, bounds, kids)) & mask
	for a.unique[i].epoch == a.epoch {
		if id := a.unique[i].id; a.equal(id, level, bounds, kids) {
			return id
		}
		i = (i + 1) & mask
	}
	if !a.spend(len(kids)) {
		return False
	}
	id := ID(len(a.nodes))
	a.unique[i] = slot{a.epoch, id}
	a.nodes = append(a.nodes, node{off: uint32(len(a.kids)), n: uint32(len(kids)), level: level})
	a.bounds = append(a.bounds, bounds...)
	a.kids = append(a.kids, kids...)
	if 2*len(a.nodes) > len(a.unique) {
		a.grow()
	}
	return id
}

func (a *Arena) equal(id ID, level uint32, bounds []uint64, kids []ID) bool {
	n := a.nodes[id]
	if n.level != level || int(n.n) != len(kids) {
		return false
	}
	haveBounds, haveKids := a.edges(n)
	for i, k := range kids {
		if haveKids[i] != k || haveBounds[i] != bounds[i] {
			return false
		}
	}
	return true
}

func (a *Arena) edges(n node) ([]uint64, []ID) {
	return a.bounds[n.off : n.off+n.n], a.kids[n.off : n.off+n.n]
}

// grow doubles the unique table, and the cache with it up to its limit.
func (a *Arena) grow() {
	a.unique = make([]slot, 2*len(a.unique))
	mask := len(a.unique) - 1
	for id := 2; id < len(a.nodes); id++ {
		n := a.nodes[id]
		bounds, kids := a.edges(n)
		i := int(hashNode(n.level, bounds, kids)) & mask
		for a.unique[i].epoch == a.epoch {
			i = (i + 1) & mask
		}
		a.unique[i] = slot{a.epoch, ID(id)}
	}
	if len(a.cache) < maxCache && len(a.cache) < 2*len(a.unique) {
		a.cache = make([]cached, 2*len(a.cache))
	}
}

const mix = 0x9E3779B97F4A7C15

func hashNode(level uint32, bounds []uint64, kids []ID) uint64 {
	h := uint64(level)*mix + uint64(len(kids))
	for i, k := range kids {
		h = (h ^ bounds[i]) * mix
		h ^= h >> 29
		h = (h ^ uint64(k)) * mix
		h ^= h >> 32
	}
	return h ^ h>>32
}
