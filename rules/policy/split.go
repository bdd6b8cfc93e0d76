package policy

import (
	"cmp"
	"slices"
)

// The case split of P218 and P219. Kleene's logic is sound but not complete:
// where it leaves an outcome open, the unknown keys and facts that it met are
// given every value that makes a difference, one after another, until each
// branch is decided. An outcome that all branches share stands.

// splitBudget bounds the statements that one case split looks at.
const splitBudget = 50_000

// branchWork is what a branch costs besides its statements.
const branchWork = 10

// maxVariables bounds the unknowns that one case split tells apart.
const maxVariables = 24

// target is what a case split settles: an outcome as a small number, 0 for open.
type target func(*Evaluator) int8

// settled is the result of a case split.
type settled struct {
	outcomes map[int8]bool
	open     string  // non-empty: why some branch stayed open
	needs    []touch // the variables on which the outcome hangs, in a fixed order
}

// only is the outcome that all branches share, 0 where there is none.
func (s settled) only() int8 {
	if s.open != "" || len(s.outcomes) != 1 {
		return 0
	}
	for o := range s.outcomes {
		return o
	}
	return 0
}

func (s settled) truth() Truth { return Truth(s.only()) }

// splitter is one case split at work.
type splitter struct {
	e       *Evaluator
	f       target
	limit   int
	order   map[variable]int // variables in the order in which they were met
	met     []touch
	domains map[variable]domain
	nodes   map[splitNode]uint32 // shared branches, so that equal ones are the same number
	names   []splitNode
	result  settled
}

// splitNode is a branching: on which variable, into what.
type splitNode struct {
	variable int
	branches string
}

// settle runs the case split for f. The evaluator's tallies are those of the
// plain evaluation again when it returns.
func (e *Evaluator) settle(f target) settled {
	s := &splitter{
		e: e, f: f, limit: e.work + splitBudget,
		order: map[variable]int{}, domains: map[variable]domain{}, nodes: map[splitNode]uint32{},
		result: settled{outcomes: map[int8]bool{}},
	}
	e.tracing = true
	e.keys, e.facts = map[string]Value{}, map[variable]Truth{}
	root := s.branch()
	support := make([]bool, len(s.met))
	s.support(root, support, map[uint32]bool{})
	for i, in := range support {
		if in || s.result.open != "" && len(s.result.outcomes) < 2 {
			s.result.needs = append(s.result.needs, s.met[i])
		}
	}
	e.keys, e.facts, e.tracing = nil, nil, false
	e.collect()
	return s.result
}

// Numbers below firstNode are outcomes, 0 for a branch that stayed open.
const (
	impossible = 127 // a branch that no completion reaches
	firstNode  = 128
)

// branch decides the target under what is assumed so far and returns the
// number of the branching that it found; equal numbers mean equal branches.
func (s *splitter) branch() uint32 {
	if s.e.work > s.limit {
		s.result.open = "too many combinations of unknown keys and facts"
		return 0
	}
	s.e.work += branchWork
	s.e.collect()
	if o := s.f(s.e); o != 0 {
		s.result.outcomes[o] = true
		return uint32(o)
	}
	v, ok := s.next()
	if !ok {
		if s.result.open == "" {
			s.result.open = "an unknown that is not understood"
		}
		return 0
	}
	d := s.domain(v)
	if !d.complete {
		s.result.open = "the values of " + v.describeShort() + " can't all be told apart"
	}
	var branches []uint32
	same := true
	for _, c := range d.choices {
		undo, possible := s.e.assign(v, c)
		if possible {
			if n := s.branch(); n != impossible {
				branches = append(branches, n)
				same = same && n == branches[0]
			}
		}
		undo()
	}
	if len(branches) == 0 {
		return impossible
	}
	if same {
		return branches[0]
	}
	return s.node(s.order[v.variable], branches)
}

func (s *splitter) node(v int, branches []uint32) uint32 {
	b := make([]byte, 0, 4*len(branches))
	for _, n := range branches {
		b = append(b, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
	}
	key := splitNode{variable: v, branches: string(b)}
	n, ok := s.nodes[key]
	if !ok {
		n = uint32(firstNode + len(s.names))
		s.nodes[key] = n
		s.names = append(s.names, key)
	}
	return n
}

// support marks the variables on which the outcome depends.
func (s *splitter) support(n uint32, in []bool, seen map[uint32]bool) {
	if n < firstNode || seen[n] {
		return
	}
	seen[n] = true
	node := s.names[n-firstNode]
	in[node.variable] = true
	for i := 0; i < len(node.branches); i += 4 {
		b := node.branches[i:]
		s.support(uint32(b[0])|uint32(b[1])<<8|uint32(b[2])<<16|uint32(b[3])<<24, in, seen)
	}
}

// next is the variable to split on: of those that the evaluation met, the one
// that was met first of all.
func (s *splitter) next() (touch, bool) {
	for _, t := range s.e.touched {
		if _, ok := s.order[t.variable]; !ok {
			if len(s.met) == maxVariables {
				s.result.open = "too many unknown keys and facts"
				return touch{}, false
			}
			s.order[t.variable] = len(s.met)
			s.met = append(s.met, t)
		}
	}
	if len(s.e.touched) == 0 {
		return touch{}, false
	}
	return slices.MinFunc(s.e.touched, func(a, b touch) int {
		return cmp.Compare(s.order[a.variable], s.order[b.variable])
	}), true
}

func (t touch) describeShort() string {
	if t.name != "" {
		return t.name
	}
	return "a fact"
}

// domain is what a variable may be, as far as it makes a difference.
type domain struct {
	choices  []choice
	complete bool
}

// choice is one value of a variable: a key's state, or a fact's truth.
type choice struct {
	value Value
	fact  Truth
}

var factDomain = domain{choices: []choice{{fact: True}, {fact: False}}, complete: true}

func (s *splitter) domain(v touch) domain {
	if v.kind != keyVariable {
		return factDomain
	}
	d, ok := s.domains[v.variable]
	if !ok {
		d = s.e.domains().keyDomain(v.key)
		s.domains[v.variable] = d
	}
	return s.e.domains().possible(v.key, d)
}

// assign assumes a choice, and what follows from it for other unknowns (P190,
// P219). It is false where that contradicts what is known. undo takes it back.
func (e *Evaluator) assign(v touch, c choice) (undo func(), possible bool) {
	type change struct {
		key   string
		value Value
		had   bool
	}
	var changes []change
	var setFacts []variable
	undo = func() {
		for _, c := range slices.Backward(changes) {
			if c.had {
				e.keys[c.key] = c.value
			} else {
				delete(e.keys, c.key)
			}
		}
		for _, f := range setFacts {
			delete(e.facts, f)
		}
	}
	set := func(key string, value Value) {
		old, had := e.keys[key]
		changes = append(changes, change{key, old, had})
		e.keys[key] = value
	}
	if v.kind != keyVariable {
		e.facts[v.variable] = c.fact
		setFacts = append(setFacts, v.variable)
		if v.kind == factOwner && c.fact == True {
			for _, k := range ownerKeys {
				if open(e.state(k)) {
					set(k, Value{State: KeyKnown, Values: []string{e.r.Principal.Account}})
				}
			}
		}
		return undo, true
	}
	set(v.key, c.value)
	owner := variable{kind: factOwner}
	if isOwnerKey(v.key) {
		for _, k := range ownerKeys {
			if open(e.state(k)) {
				set(k, c.value)
			}
		}
		if _, ok := e.facts[owner]; !ok && e.r.ResourceAccount == "" && c.value.State == KeyKnown {
			e.facts[owner] = truth(c.value.Values[0] == e.r.Principal.Account)
			setFacts = append(setFacts, owner)
		}
	}
	return undo, e.domains().assignPresence(v.key, c.value.State != KeyAbsent, set)
}
