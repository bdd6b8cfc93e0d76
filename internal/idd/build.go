package idd

import (
	"cmp"
	"fmt"
	"slices"
)

// Interval is the set of points whose value at level is in lo..hi, inclusive;
// hi beyond the level's largest value means that value.
func (a *Arena) Interval(level int, lo, hi uint64) ID {
	return a.Ranges(level, Range{lo, hi})
}

// Ranges is the set of points whose value at level is in one of the ranges,
// which may overlap and stand in any order.
func (a *Arena) Ranges(level int, ranges ...Range) ID {
	return a.ranges(level, ranges, True)
}

// ranges leads the values in any of the ranges to kid, the others to False.
func (a *Arena) ranges(level int, ranges []Range, kid ID) ID {
	if a.err != nil {
		return False
	}
	if len(ranges) > 1 && !slices.IsSortedFunc(ranges, compareRanges) {
		ranges = slices.Clone(ranges)
		slices.SortFunc(ranges, compareRanges)
	}
	top := a.max[level]
	base := len(a.stackKids)
	next := uint64(0) // first value not yet covered
	done := false     // all values up to top are
	for _, r := range ranges {
		r.Hi = min(r.Hi, top)
		if done || r.Lo > r.Hi || r.Hi < next {
			continue
		}
		if r.Lo > next {
			a.push(base, r.Lo-1, False)
		}
		a.push(base, r.Hi, kid)
		next, done = r.Hi+1, r.Hi == top
	}
	if !done {
		a.push(base, top, False)
	}
	return a.pop(level, base)
}

func compareRanges(x, y Range) int { return cmp.Compare(x.Lo, y.Lo) }

// Box is the product of one range for each level, in their order; levels
// without one are unconstrained.
func (a *Arena) Box(ranges ...Range) ID {
	id := True
	for level := len(ranges) - 1; level >= 0; level-- {
		r := ranges[level]
		if r.Lo == 0 && r.Hi >= a.max[level] {
			continue
		}
		id = a.ranges(level, ranges[level:level+1], id)
	}
	return id
}

// Rule is one line of an ordered list: a box, given as for [Arena.Box], and
// what becomes of the points in it that no rule before it takes.
type Rule struct {
	Box    []Range
	Permit bool
}

// FirstMatch is the set of points whose first matching rule permits. A point
// that no rule matches is not in it. A list of permits only is their union.
//
// It is far cheaper than combining the rules one by one: it works top-down,
// cuts each level at the ends of the rules that are still in question, and
// compiles each list of survivors once.
func (a *Arena) FirstMatch(rules []Rule) ID {
	for i := range rules {
		if len(rules[i].Box) > len(a.max) {
			panic(fmt.Sprintf("idd: rule %d has %d ranges, the arena %d levels", i, len(rules[i].Box), len(a.max)))
		}
	}
	c := compiler{arena: a, rules: rules, memo: make(map[string]ID)}
	all := make([]uint32, 0, len(rules))
	for i := range rules {
		if !c.empty(&rules[i]) {
			all = append(all, uint32(i))
		}
	}
	return c.compile(0, all)
}

// compiler turns an ordered rule list into a diagram.
type compiler struct {
	arena *Arena
	rules []Rule
	memo  map[string]ID // by level and list of survivors
	key   []byte
}

func (c *compiler) at(rule uint32, level int) Range {
	box := c.rules[rule].Box
	top := c.arena.max[level]
	if level >= len(box) {
		return Range{0, top}
	}
	return Range{box[level].Lo, min(box[level].Hi, top)}
}

func (c *compiler) empty(r *Rule) bool {
	for level, x := range r.Box {
		if x.Lo > min(x.Hi, c.arena.max[level]) {
			return true
		}
	}
	return false
}

func (c *compiler) full(rule uint32, level int) bool {
	for ; level < len(c.rules[rule].Box); level++ {
		if x := c.at(rule, level); x.Lo > 0 || x.Hi < c.arena.max[level] {
			return false
		}
	}
	return true
}

// prune drops the rules that can't matter any more: those behind a rule that
// takes everything, and a tail of denies, since no match is a deny, too.
func (c *compiler) prune(level int, live []uint32) []uint32 {
	for i, r := range live {
		if c.full(r, level) {
			live = live[:i+1]
			break
		}
	}
	for len(live) > 0 && !c.rules[live[len(live)-1]].Permit {
		live = live[:len(live)-1]
	}
	return live
}

// compile gives the diagram over level and those after it, for points that
// the rules in live, and no others, matched so far.
func (c *compiler) compile(level int, live []uint32) ID {
	a := c.arena
	if !a.spend(1 + len(live)) {
		return False
	}
	live = c.prune(level, live)
	if len(live) == 0 {
		return False
	}
	if c.full(live[0], level) {
		return True // a full rule is last, and a last rule permits
	}
	c.key = appendKey(c.key[:0], level, live)
	if id, ok := c.memo[string(c.key)]; ok {
		return id
	}
	key := string(c.key)
	id := c.cut(level, live)
	c.memo[key] = id
	return id
}

func appendKey(b []byte, level int, live []uint32) []byte {
	b = append(b, byte(level), byte(level>>8))
	for _, r := range live {
		b = append(b, byte(r), byte(r>>8), byte(r>>16), byte(r>>24))
	}
	return b
}

// event is the first value at which a rule starts or has stopped to match.
type event struct {
	at    uint64
	rule  uint32
	start bool
}

// cut sweeps over a level from the lowest value to the highest, and compiles
// the rules that match each run of values.
func (c *compiler) cut(level int, live []uint32) ID {
	a := c.arena
	top := a.max[level]
	events := make([]event, 0, 2*len(live))
	active := make([]uint32, 0, len(live))
	for _, r := range live {
		x := c.at(r, level)
		if x.Lo == 0 {
			active = append(active, r)
		} else {
			events = append(events, event{x.Lo, r, true})
		}
		if x.Hi < top {
			events = append(events, event{x.Hi + 1, r, false})
		}
	}
	slices.SortFunc(events, func(x, y event) int { return cmp.Compare(x.at, y.at) })
	base := len(a.stackKids)
	for i := 0; i < len(events); {
		at := events[i].at
		a.push(base, at-1, c.compile(level+1, active))
		for ; i < len(events) && events[i].at == at; i++ {
			active = toggle(active, events[i])
		}
		if a.err != nil {
			break
		}
	}
	a.push(base, top, c.compile(level+1, active))
	return a.pop(level, base)
}

// toggle adds or removes a rule in a sorted list.
func toggle(active []uint32, e event) []uint32 {
	i, found := slices.BinarySearch(active, e.rule)
	if e.start == found {
		panic("unreachable: a rule starts twice or stops before it started")
	}
	if e.start {
		return slices.Insert(active, i, e.rule)
	}
	return slices.Delete(active, i, i+1)
}
