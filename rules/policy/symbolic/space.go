package symbolic

import (
	"slices"
	"strings"
	"sync"

	"github.com/canreach/canreach/internal/idd"
	"github.com/canreach/canreach/internal/strset"
	"github.com/canreach/canreach/rules/policy"
)

// space is the set of all requests as the policies in question see it: one
// dimension for each part of a request that they mention.
type space struct {
	kind     policy.Kind
	endpoint policy.EndpointType // of policies on endpoints
	fixed    map[string]string   // keys whose value is given, by lower-case name
	resource *dimension
	action   *dimension
	caller   *dimension
	shapes   *shapes
	keys     map[string]*dimension
	usage    map[string]uint8
	dims     []*dimension // in the order of their levels, once laid out

	opaques     []opaque
	opaqueIndex map[string]int
	variables   map[string]bool // keys that patterns refer to and that are not fixed

	attempt     int // see Options, for sampled, too
	sampled     bool
	budget      *budget
	arena       *idd.Arena
	opaqueLevel int
}

// opaque is a fact that the dimensions don't express: a pattern with a policy
// variable, or a comparison whose rule is disputed. It may be true or false
// wherever upper holds, and is false elsewhere.
type opaque struct {
	text  string
	upper *expr
}

func newSpace(kind policy.Kind, fixed map[string]string, docs ...*policy.Document) *space {
	s := &space{
		kind:        kind,
		fixed:       fixed,
		resource:    &dimension{name: "Resource", family: familyText},
		action:      &dimension{name: "Action", family: familyText},
		caller:      &dimension{name: "Principal", family: familyText},
		keys:        make(map[string]*dimension),
		usage:       make(map[string]uint8),
		opaqueIndex: make(map[string]int),
		variables:   make(map[string]bool),
	}
	for _, d := range docs {
		s.survey(d)
	}
	// Policies live in one partition (P57); where they name none but aws, it is that.
	partitions := slices.ContainsFunc(docs, namesPartition)
	s.shapes = shapesOf(partitions, kind)
	s.caller.lang.Or = s.shapes.all
	s.resource.lang.Must = s.shapes.resource
	s.action.lang.Must = actionShape
	return s
}

var actionShape = []strset.Pattern{strset.Pattern{}.One(strset.NotColon, 1).Many(strset.NotColon).Literal(":").One(strset.NotColon, 1).Many(strset.NotColon)}

// namesPartition reports whether a document names a partition besides aws.
func namesPartition(d *policy.Document) bool {
	in := func(list []string) bool {
		return slices.ContainsFunc(list, func(s string) bool {
			rest, ok := strings.CutPrefix(s, "arn:")
			partition, _, _ := strings.Cut(rest, ":")
			return ok && partition != "aws" && partition != "*"
		})
	}
	for i := range d.Statements {
		st := &d.Statements[i]
		if in(st.Resources) || st.Principals != nil && in(st.Principals.AWS) {
			return true
		}
		for _, c := range st.Conditions {
			if in(c.Values) {
				return true
			}
		}
	}
	return false
}

// key is the dimension of a condition key.
func (s *space) key(name string) *dimension {
	d := s.keys[name]
	if d == nil {
		d = &dimension{name: name, optional: true, multi: policy.Multivalued(name) || s.usage[name]&usedInSets != 0}
		s.keys[name] = d
	}
	return d
}

// unknown is a fact by its text: the same text is the same fact.
func (s *space) unknown(text string, upper *expr) *expr {
	i, ok := s.opaqueIndex[text]
	if !ok {
		i = len(s.opaques)
		s.opaqueIndex[text] = i
		s.opaques = append(s.opaques, opaque{text: text, upper: upper})
	}
	return &expr{op: opOpaque, opaque: i}
}

// pattern compiles the text of a pattern. Variables with a fixed value stand
// for its characters (P63); other ones make it loose.
func (s *space) pattern(text string, variables, glob, arn bool) (p strset.Pattern, loose bool) {
	return compilePattern(policy.PatternParts(text, variables, glob), arn, func(part policy.PatternPart) (string, bool) {
		value, ok := s.fixed[part.Variable]
		if !ok {
			s.variables[part.Variable] = true
		}
		return value, ok
	})
}

// document is the set of requests that a document allows and does not deny.
func (s *space) document(d *policy.Document) *expr {
	var allows, denies []*expr
	for i := range d.Statements {
		st := &d.Statements[i]
		e := s.statement(st, d.Variables())
		if st.Deny {
			denies = append(denies, e)
		} else {
			allows = append(allows, e)
		}
	}
	return and(or(allows...), not(or(denies...)))
}

func (s *space) statement(st *policy.Statement, variables bool) *expr {
	parts := []*expr{s.resources(st, variables), s.actions(st)}
	if st.Principals != nil {
		parts = append(parts, s.principals(st))
	}
	for i := range st.Conditions {
		parts = append(parts, s.condition(&st.Conditions[i], variables))
	}
	return and(parts...)
}

// resources is the set of requests for a resource that the statement names.
func (s *space) resources(st *policy.Statement, variables bool) *expr {
	if !st.HasResource {
		return exprTrue
	}
	if len(st.Resources) == 0 {
		return exprFalse // P15
	}
	e := s.named(st.Resources, variables)
	if st.NotResource {
		return not(e)
	}
	return e
}

// named is the set of requests for a resource in one of the patterns.
func (s *space) named(texts []string, variables bool) *expr {
	if slices.Contains(texts, "*") {
		return exprTrue
	}
	var sharp test
	var kids []*expr
	for _, text := range texts {
		p, loose := s.pattern(text, variables, true, true)
		if short(text) {
			p = p.Literal(":").Many(strset.Any)
		}
		if p.Least() > longestARN {
			continue
		}
		at := s.resource.pattern(p, text)
		if !loose {
			sharp.patterns = append(sharp.patterns, at)
			continue
		}
		upper := &expr{op: opIn, dim: s.resource, test: test{patterns: []int32{at}}}
		kids = append(kids, s.unknown(s.resource.name+" "+text, upper))
	}
	if len(sharp.patterns) > 0 {
		kids = append([]*expr{{op: opIn, dim: s.resource, test: sharp}}, kids...)
	}
	return or(kids...)
}

func (s *space) actions(st *policy.Statement) *expr {
	if len(st.Actions) == 0 {
		return exprFalse // P15
	}
	e := exprTrue
	if !slices.Contains(st.Actions, "*") {
		e = &expr{op: opIn, dim: s.action}
		for _, a := range st.Actions {
			folded := strings.ToLower(a)
			e.test.patterns = append(e.test.patterns, s.action.pattern(strset.Pattern{}.Glob(folded, strset.Any), a))
		}
	}
	if st.NotAction {
		return not(e)
	}
	return e
}

// Budgets of one comparison: what goes beyond is answered Unknown.
const (
	atomStates  = 20_000     // automaton states of one attempt to part one dimension
	atomSteps   = 6_000_000  // positions of patterns visited by all automata
	multiAtoms  = 64         // classes of values of one multivalued key
	findStates  = 30_000     // states of one lazy search for a word
	findSteps   = 12_000_000 // positions of patterns visited by all searches
	searchSteps = 40_000     // diagram edges followed, and searches made
	edgeBudget  = 400_000    // of the diagram
	caseBudget  = 96         // values of policy variables tried, one by one or together
)

// budget is what is left of a comparison's budgets. The comparisons into which
// it is split by the values of policy variables share it.
type budget struct {
	cut, find strset.Meter
	steps     int
	cases     int
	edges     int
}

func newBudget() *budget {
	b := &budget{cut: strset.Meter{Steps: atomSteps}}
	b.refill()
	return b
}

// refill readies the budget for another search through the same diagrams.
func (b *budget) refill() {
	b.find.Steps, b.steps, b.cases, b.edges = findSteps, searchSteps, caseBudget, edgeBudget
}

// layOut cuts the dimensions into atoms and gives them their levels. The
// largest dimension stands on top (engine: order matters).
func (s *space) layOut() *Trouble {
	s.dims = s.dims[:0]
	for _, d := range []*dimension{s.resource, s.action, s.caller} {
		if len(d.patterns) > 0 {
			s.dims = append(s.dims, d)
		}
	}
	names := make([]string, 0, len(s.keys))
	for name := range s.keys {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		s.dims = append(s.dims, s.keys[name])
	}
	var levels []uint64
	for _, d := range s.dims {
		if s.sampled && d.family == familyText && !d.multi {
			d.sampleText(&s.budget.cut)
		} else {
			d.cut(s.attempt, &s.budget.cut)
		}
		if d.multi && (d.lazy() || d.atoms() > multiAtoms) {
			return s.tooMuch("classes of values over budget: ", d, multiAtoms)
		}
		d.level = len(levels)
		levels = append(levels, d.levels()...)
	}
	s.opaqueLevel = len(levels)
	for range s.opaques {
		levels = append(levels, 1)
	}
	s.arena = arenas.Get().(*idd.Arena)
	s.arena.ResetLevels(levels...)
	return nil
}

// arenas are kept from one comparison to the next.
var arenas = sync.Pool{New: func() any { return idd.New(edgeBudget) }}

// release gives the arena back; the space must not be used any more.
func (s *space) release() {
	if s.arena != nil {
		arenas.Put(s.arena)
		s.arena = nil
	}
}
