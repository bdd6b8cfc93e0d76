package symbolic

import "github.com/canreach/canreach/internal/idd"

// expr is a condition on requests, before it is known how the dimensions are
// laid out in the diagram.
type expr struct {
	op   exprOp
	kids []*expr
	dim  *dimension
	test test
	// inverse: of a value, that it does not pass the test.
	inverse bool
	opaque  int
}

type exprOp uint8

const (
	opFalse exprOp = iota
	opTrue
	opAnd
	opOr
	opNot
	opIn      // dim is present, and its value (one of its values) passes the test
	opPresent // dim is present
	opOpaque  // a fact that is not modelled, by its number
)

var (
	exprFalse = &expr{op: opFalse}
	exprTrue  = &expr{op: opTrue}
)

func and(kids ...*expr) *expr {
	out := make([]*expr, 0, len(kids))
	for _, k := range kids {
		switch k.op {
		case opFalse:
			return exprFalse
		case opTrue:
		default:
			out = append(out, k)
		}
	}
	switch len(out) {
	case 0:
		return exprTrue
	case 1:
		return out[0]
	}
	return &expr{op: opAnd, kids: out}
}

func or(kids ...*expr) *expr {
	out := make([]*expr, 0, len(kids))
	for _, k := range kids {
		switch k.op {
		case opTrue:
			return exprTrue
		case opFalse:
		default:
			out = append(out, k)
		}
	}
	switch len(out) {
	case 0:
		return exprFalse
	case 1:
		return out[0]
	}
	return &expr{op: opOr, kids: out}
}

func not(e *expr) *expr {
	switch e.op {
	case opFalse:
		return exprTrue
	case opTrue:
		return exprFalse
	case opNot:
		return e.kids[0]
	}
	return &expr{op: opNot, kids: []*expr{e}}
}

// diagram is the set of requests for which e holds.
func (s *space) diagram(e *expr) idd.ID {
	a := s.arena
	switch e.op {
	case opFalse:
		return idd.False
	case opTrue:
		return idd.True
	case opAnd:
		set := idd.True
		for i := len(e.kids) - 1; i >= 0; i-- {
			set = a.And(s.diagram(e.kids[i]), set)
		}
		return set
	case opOr:
		sets := make([]idd.ID, len(e.kids))
		for i, k := range e.kids {
			sets[i] = s.diagram(k)
		}
		return a.Union(sets...)
	case opNot:
		return a.Not(s.diagram(e.kids[0]))
	case opIn:
		return e.dim.in(a, &e.test, e.inverse)
	case opPresent:
		return e.dim.present(a)
	case opOpaque:
		return a.Interval(s.opaqueLevel+e.opaque, 1, 1)
	}
	panic("unreachable: no such expression")
}
