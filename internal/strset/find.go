package strset

import "container/heap"

// Find looks for a word that is in every pattern of in and in none of out. ok
// is false where there is none. The error is ErrBudget where the search visits
// more than the given number of states without an answer, or long patterns
// make these too large.
//
// The search goes forward over sets of positions, nearest to a match of all
// of in first. Of two states that agree on in, the one with fewer live
// positions of out makes the other needless (an antichain), and a state in
// which a pattern of out can't fail any more is dropped.
func Find(in, out []Pattern, states int) (word string, ok bool, err error) {
	m := Meter{Steps: states * stepsPerState}
	return m.Find(in, out, states)
}

// stepsPerState is how many positions a search without a meter of its own may
// visit for each state: patterns of a hundred characters stay far below it,
// and of those of ten thousand no search takes memory without end.
const stepsPerState = 1000

// Meter is a budget that many searches share.
type Meter struct {
	Steps int // left: positions of patterns that may still be visited
}

// Find is [Find] for at most the given number of states, and what is left of
// the meter's steps.
func (m *Meter) Find(in, out []Pattern, states int) (word string, ok bool, err error) {
	if len(in) == 0 {
		in = []Pattern{Glob("*")}
	}
	f := &finder{
		m:     newMachine(append(append(make([]Pattern, 0, len(in)+len(out)), in...), out...)),
		in:    int32(len(in)),
		limit: states,
		meter: m,
		hits:  make([]uint32, len(in)),
	}
	m.Steps -= len(f.m.toks)
	return f.run()
}

type finder struct {
	m     *machine
	in    int32
	limit int
	meter *Meter

	states stateTable
	parent []int32
	by     []uint16
	depth  []int32
	queue  searchQueue
	// rivals lists the kept states for each list of positions of in.
	wanted stateTable
	rivals [][]int32
	hits   []uint32
	round  uint32
}

func (f *finder) run() (string, bool, error) {
	if at, done := f.visit(f.m.start(), -1, 0); done {
		return spell(f.parent, f.by, at), true, nil
	}
	var buf []int32
	for f.queue.Len() > 0 {
		if f.states.len() > f.limit || f.meter.Steps < 0 {
			return "", false, ErrBudget
		}
		at := heap.Pop(&f.queue).(searchItem).state
		letters := append([]uint16(nil), f.m.alphabet(f.states.get(int(at)), false)...)
		for _, u := range letters {
			from := f.states.get(int(at))
			f.meter.Steps -= len(from)
			buf = f.m.step(buf[:0], from, u)
			if found, done := f.visit(buf, at, u); done {
				return spell(f.parent, f.by, found), true, nil
			}
		}
	}
	return "", false, nil
}

// visit records a state unless it is hopeless or no better than another.
func (f *finder) visit(s []int32, parent int32, u uint16) (at int32, done bool) {
	left, split, accepted, ok := f.judge(s)
	if !ok || f.beaten(s, split) {
		return 0, false
	}
	n, isNew := f.states.put(s)
	if !isNew {
		return 0, false
	}
	depth := int32(0)
	if parent >= 0 {
		depth = f.depth[parent] + 1
	}
	f.parent = append(f.parent, parent)
	f.by = append(f.by, u)
	f.depth = append(f.depth, depth)
	w, fresh := f.wanted.put(s[:split])
	if fresh {
		f.rivals = append(f.rivals, nil)
	}
	f.rivals[w] = append(f.rivals[w], int32(n))
	heap.Push(&f.queue, searchItem{left: left, depth: depth, state: int32(n)})
	return int32(n), accepted
}

// judge tells what is left to match, where the positions of out begin, whether
// the word so far is an answer, and whether it may still become one.
func (f *finder) judge(s []int32) (left int32, split int, accepted, ok bool) {
	f.round++
	live, done := int32(0), int32(0)
	for split < len(s) && f.m.owner[s[split]] < f.in {
		owner := f.m.owner[s[split]]
		least := f.m.need[s[split]]
		for split < len(s) && f.m.owner[s[split]] == owner {
			least = min(least, f.m.need[s[split]])
			if f.m.toks[s[split]].kind == end {
				done++
			}
			split++
		}
		live++
		left += least
	}
	if live < f.in {
		return 0, 0, false, false
	}
	accepted = done == f.in
	for i := split; i < len(s); i++ {
		if f.m.toks[s[i]].kind != end {
			continue
		}
		accepted = false
		if i > split {
			if t := f.m.toks[s[i-1]]; s[i-1] == s[i]-1 && t.kind == many && t.class == Any {
				return 0, 0, false, false // matched for good
			}
		}
	}
	return left, split, accepted, true
}

// beaten reports whether a kept state with the same positions of in has no
// more positions of out.
func (f *finder) beaten(s []int32, split int) bool {
	if f.wanted.len() == 0 {
		return false
	}
	w, ok := f.wanted.find(s[:split])
	if !ok {
		return false
	}
	for _, r := range f.rivals[w] {
		f.meter.Steps--
		if subset(f.states.get(int(r))[split:], s[split:]) {
			return true
		}
	}
	return false
}

func (t *stateTable) find(s []int32) (int, bool) {
	mask := len(t.slots) - 1
	for i := int(hashState(s)) & mask; t.slots[i] != 0; i = (i + 1) & mask {
		if n := int(t.slots[i] - 1); sameState(t.get(n), s) {
			return n, true
		}
	}
	return 0, false
}

func subset(a, b []int32) bool {
	if len(a) > len(b) {
		return false
	}
	j := 0
	for _, x := range a {
		for j < len(b) && b[j] < x {
			j++
		}
		if j == len(b) || b[j] != x {
			return false
		}
	}
	return true
}

type searchItem struct {
	left, depth, state int32
}

// searchQueue is ordered by what is left to match, then by length, then by age.
type searchQueue []searchItem

func (q searchQueue) Len() int { return len(q) }

func (q searchQueue) Less(i, j int) bool {
	if q[i].left != q[j].left {
		return q[i].left < q[j].left
	}
	if q[i].depth != q[j].depth {
		return q[i].depth < q[j].depth
	}
	return q[i].state < q[j].state
}

func (q searchQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *searchQueue) Push(x any)   { *q = append(*q, x.(searchItem)) }

func (q *searchQueue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}
