package idd

// The operations that the cache tells apart. Quantifiers add their level.
const (
	opAnd uint32 = iota
	opOr
	opDiff
	opXor
	opExists
)

// And is the intersection of x and y.
func (a *Arena) And(x, y ID) ID { return a.apply(opAnd, x, y) }

// Or is the union of x and y.
func (a *Arena) Or(x, y ID) ID { return a.apply(opOr, x, y) }

// Diff is what is in x and not in y.
func (a *Arena) Diff(x, y ID) ID { return a.apply(opDiff, x, y) }

// Xor is what is in exactly one of x and y.
func (a *Arena) Xor(x, y ID) ID { return a.apply(opXor, x, y) }

// Not is the complement of x.
func (a *Arena) Not(x ID) ID { return a.apply(opDiff, True, x) }

// Ite is what is in both cond and then, or in els and not in cond.
func (a *Arena) Ite(cond, then, els ID) ID {
	return a.Or(a.And(cond, then), a.Diff(els, cond))
}

// Union is the union of all ids. It combines them in pairs of equal rank, so
// that many small sets stay small for as long as they can.
func (a *Arena) Union(ids ...ID) ID {
	switch len(ids) {
	case 0:
		return False
	case 1:
		return ids[0]
	}
	half := len(ids) / 2
	return a.Or(a.Union(ids[:half]...), a.Union(ids[half:]...))
}

// Implies reports whether x is a subset of y.
func (a *Arena) Implies(x, y ID) bool { return a.Diff(x, y) == False && a.err == nil }

// trivial answers an operation that needs no descent.
func trivial(op uint32, x, y ID) (ID, bool) {
	switch op {
	case opAnd:
		switch {
		case x == False || y == False:
			return False, true
		case x == True || x == y:
			return y, true
		case y == True:
			return x, true
		}
	case opOr:
		switch {
		case x == True || y == True:
			return True, true
		case x == False || x == y:
			return y, true
		case y == False:
			return x, true
		}
	case opDiff:
		switch {
		case x == False || y == True || x == y:
			return False, true
		case y == False:
			return x, true
		}
	case opXor:
		switch {
		case x == y:
			return False, true
		case x == False:
			return y, true
		case y == False:
			return x, true
		}
	}
	return False, false
}

func (a *Arena) apply(op uint32, x, y ID) ID {
	if a.err != nil {
		return False
	}
	if id, ok := trivial(op, x, y); ok {
		return id
	}
	if op != opDiff && x > y {
		x, y = y, x
	}
	h := cacheHash(op, x, y)
	if c := &a.cache[h&uint64(len(a.cache)-1)]; c.epoch == a.epoch && c.op == op && c.a == x && c.b == y {
		return c.res
	}
	id := a.descend(op, x, y)
	if a.err != nil {
		return False
	}
	// The cache may have grown meanwhile.
	a.cache[h&uint64(len(a.cache)-1)] = cached{a.epoch, op, x, y, id}
	return id
}

func cacheHash(op uint32, x, y ID) uint64 {
	h := (uint64(x)<<32 | uint64(y)) * mix
	h = (h ^ uint64(op)) * mix
	return h ^ h>>32
}

// descend applies op run by run at the first level that x or y tests.
func (a *Arena) descend(op uint32, x, y ID) ID {
	nx, ny := a.nodes[x], a.nodes[y]
	level := min(nx.level, ny.level)
	base := len(a.stackKids)
	var i, j uint32
	for a.err == nil {
		kx, bx := x, a.max[level]
		if nx.level == level {
			kx, bx = a.kids[nx.off+i], a.bounds[nx.off+i]
		}
		ky, by := y, a.max[level]
		if ny.level == level {
			ky, by = a.kids[ny.off+j], a.bounds[ny.off+j]
		}
		if !a.spend(1) {
			break
		}
		bound := min(bx, by)
		a.push(base, bound, a.apply(op, kx, ky))
		if bound == a.max[level] {
			break
		}
		if bx == bound {
			i++
		}
		if by == bound {
			j++
		}
	}
	return a.pop(int(level), base)
}

// Exists projects a level away: the points that are in x for some value of
// that level, whatever value they have there.
func (a *Arena) Exists(level int, x ID) ID {
	n := a.nodes[x]
	if int(n.level) > level || a.err != nil {
		return x
	}
	op := opExists + uint32(level)
	h := cacheHash(op, x, False)
	if c := &a.cache[h&uint64(len(a.cache)-1)]; c.epoch == a.epoch && c.op == op && c.a == x {
		return c.res
	}
	var id ID
	if int(n.level) == level {
		for i := range n.n {
			id = a.Or(id, a.kids[n.off+i])
		}
	} else {
		base := len(a.stackKids)
		for i := range n.n {
			if !a.spend(1) {
				break
			}
			bound := a.bounds[n.off+i]
			a.push(base, bound, a.Exists(level, a.kids[n.off+i]))
		}
		id = a.pop(int(n.level), base)
	}
	if a.err != nil {
		return False
	}
	a.cache[h&uint64(len(a.cache)-1)] = cached{a.epoch, op, x, False, id}
	return id
}

// Restrict is the set of points that are in x once their value at level is
// replaced by v: the result does not depend on that level.
func (a *Arena) Restrict(level int, v uint64, x ID) ID {
	return a.Exists(level, a.And(x, a.Interval(level, v, v)))
}
