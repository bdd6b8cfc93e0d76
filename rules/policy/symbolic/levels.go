package symbolic

import "github.com/canreach/canreach/internal/idd"

// levels are the largest values of the levels that the dimension takes: of a
// multivalued key one Boolean for each atom; else one level of atoms, in which
// the absent key comes first, and one Boolean for each hard pattern.
func (d *dimension) levels() []uint64 {
	var out []uint64
	booleans := len(d.hard)
	if d.multi {
		booleans = d.atoms()
	} else {
		out = append(out, uint64(max(d.atoms()+d.first()-1, 0)))
	}
	for range booleans {
		out = append(out, 1)
	}
	return out
}

// first is the value of the level at which the first atom stands; below it is
// the absent key.
func (d *dimension) first() int {
	if d.optional {
		return 1
	}
	return 0
}

// present is the set of requests that have the key.
func (d *dimension) present(a *idd.Arena) idd.ID {
	switch {
	case !d.optional:
		return idd.True
	case d.multi:
		some := idd.False
		for i := d.atoms() - 1; i >= 0; i-- {
			some = a.Or(a.Interval(d.level+i, 1, 1), some)
		}
		return some
	default:
		return a.Interval(d.level, 1, a.Max(d.level))
	}
}

// in is the set of requests whose value passes the test, the key being
// present: for a multivalued key, one of whose values does, or where inverse
// is set does not.
func (d *dimension) in(a *idd.Arena, t *test, inverse bool) idd.ID {
	if d.multi {
		return d.anyIn(a, t, inverse)
	}
	set := a.Ranges(d.level, d.runs(t)...)
	if d.lazy() {
		set = a.Or(set, d.hardIn(a, t))
	}
	if inverse {
		set = a.Diff(d.present(a), set)
	}
	return set
}

// anyIn is in for a multivalued key.
func (d *dimension) anyIn(a *idd.Arena, t *test, inverse bool) idd.ID {
	passes := make([]bool, d.atoms())
	for _, run := range d.runs(t) {
		for at := run.Lo; at <= run.Hi; at++ {
			passes[int(at)-d.first()] = true
		}
	}
	set := idd.False
	for i := d.atoms() - 1; i >= 0; i-- {
		if passes[i] != inverse {
			set = a.Or(a.Interval(d.level+i, 1, 1), set)
		}
	}
	return set
}

// hardIn is the set of requests whose value matches a hard pattern of the test.
func (d *dimension) hardIn(a *idd.Arena, t *test) idd.ID {
	asked := make(map[int32]bool)
	for _, p := range t.patterns {
		if d.easy[p] < 0 {
			asked[p] = true
		}
	}
	byStem := make(map[int32][]idd.ID) // Booleans
	for i := len(d.hard) - 1; i >= 0; i-- {
		if h := d.hard[i]; asked[h.pattern] {
			byStem[h.stem] = append(byStem[h.stem], a.Interval(d.level+1+i, 1, 1))
		}
	}
	set := idd.False
	for _, h := range d.hard { // in a fixed order
		booleans, ok := byStem[h.stem]
		if !ok {
			continue
		}
		delete(byStem, h.stem)
		within := d.present(a)
		if h.stem >= 0 {
			mask := d.words.Mask()
			mask.Set(int(h.stem))
			within = a.Ranges(d.level, d.runsIn(mask)...)
		}
		set = a.Or(set, a.And(within, a.Union(booleans...)))
	}
	return set
}
