package symbolic

import (
	"slices"
	"sort"
	"strings"

	"github.com/canreach/canreach/internal/idd"
	"github.com/canreach/canreach/rules/policy"
)

// Relation is how much a new policy allows, against an old one.
type Relation uint8

const (
	RelationUnknown Relation = iota
	Equivalent               // both allow the same requests
	NoNewAccess              // the new one allows less
	NewAccess                // the new one allows more
	Incomparable             // each allows something that the other does not
)

// String is the relation's name in answers.
func (r Relation) String() string {
	switch r {
	case RelationUnknown:
		return "UNKNOWN"
	case Equivalent:
		return "equivalent"
	case NoNewAccess:
		return "no-new-access"
	case NewAccess:
		return "new-access"
	case Incomparable:
		return "incomparable"
	}
	panic("unreachable: no such relation")
}

// Options tell what a comparison may take for granted.
type Options struct {
	// Fixed are condition keys, by name, that have this one value
	// in every request, e.g. aws:principalaccount.
	Fixed map[string]string
	// Endpoint is the type of endpoint that policies of [policy.KindEndpoint]
	// are on. Where it is neither gateway nor interface, the answer is what
	// both types agree on.
	Endpoint policy.EndpointType
	// attempt is the first of cutText's attempts that is made; not 0 in tests.
	attempt int
	budget  *budget // of the comparison that this one is part of
	// sampled: of each dimension of text only a sample is looked at.
	sampled bool
}

// Difference tells whether one document allows a request that the other does
// not.
type Difference struct {
	Exists  policy.Truth
	Example *Example // replayed on the concrete evaluator; set iff Exists is True
	// Endpoint is the type of endpoint that the example is of, where it shows
	// nothing on one of the other type.
	Endpoint policy.EndpointType
	Trouble  *Trouble // set iff Exists is Unknown
}

// Comparison is the answer to Compare.
type Comparison struct {
	Relation Relation
	New      Difference // allowed by the new document, not by the old one
	Less     Difference // allowed by the old document, not by the new one
}

// Compare tells whether the new document allows any request that the old one
// does not, and conversely. Both are read as one layer of the given kind that
// all other layers agree with: a request is any caller, action, resource and
// context that can exist together (P350, P351, P355).
//
// A difference that is reported has an example on which the concrete evaluator
// agrees. What the two can't settle together is Unknown.
//
// AWS answers the first half of it, without an example:
// https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CheckNoNewAccess.html
func Compare(old, new *policy.Document, kind policy.Kind, o Options) Comparison {
	if kind == policy.KindEndpoint && o.Endpoint != policy.EndpointGateway && o.Endpoint != policy.EndpointInterface {
		return compareOnBoth(old, new, o)
	}
	c := Comparison{}
	o.budget = newBudget()
	p := newPair(old, new, kind, o)
	c.New = p.difference(p.new, p.old)
	p.budget.refill()
	c.Less = p.difference(p.old, p.new)
	p.release()
	c.Relation = Relate(c.New.Exists, c.Less.Exists)
	return c
}

// Relate is the relation of two policies, by whether the new one allows more,
// and whether it allows less.
func Relate(more, less policy.Truth) Relation {
	switch {
	case more == policy.Unknown:
		return RelationUnknown
	case more == policy.True && less == policy.True:
		return Incomparable
	case more == policy.True:
		return NewAccess
	case less == policy.False:
		return Equivalent
	}
	return NoNewAccess
}

// side is one of the documents under comparison.
type side struct {
	doc   *policy.Document
	plain *policy.Document // as the concrete evaluator reads it
	set   idd.ID
}

// pair is two documents in one space.
type pair struct {
	*space
	old, new *side
	world    idd.ID
	trouble  *Trouble
	depth    int
}

func newPair(old, new *policy.Document, kind policy.Kind, o Options) *pair {
	p := &pair{space: newSpace(kind, folded(o.Fixed), old, new)}
	p.endpoint = o.Endpoint
	p.attempt, p.budget, p.sampled = o.attempt, o.budget, o.sampled
	p.old = &side{doc: old, plain: renamed(old)}
	p.new = &side{doc: new, plain: renamed(new)}
	if kind == policy.KindIdentity {
		old, new = withoutNeedless(old), withoutNeedless(new)
	}
	oldExpr, newExpr := p.document(old), p.document(new)
	world := p.constraints()
	if p.trouble = p.layOut(); p.trouble != nil {
		return p
	}
	p.old.set, p.new.set = p.diagram(oldExpr), p.diagram(newExpr)
	p.world = p.diagram(world)
	p.trouble = p.overBudget()
	return p
}

// withoutNeedless is an identity policy without the actions that are allowed
// whatever it says (P364).
func withoutNeedless(d *policy.Document) *policy.Document {
	needless := func(s policy.Statement) bool {
		return !s.NotAction && slices.ContainsFunc(s.Actions, policy.NeedsNoPermission)
	}
	if !slices.ContainsFunc(d.Statements, needless) {
		return d
	}
	out := &policy.Document{Version: d.Version, ID: d.ID, Kind: d.Kind, Single: d.Single, Statements: slices.Clone(d.Statements)}
	for i := range out.Statements {
		if s := &out.Statements[i]; needless(*s) {
			s.Actions = slices.DeleteFunc(slices.Clone(s.Actions), policy.NeedsNoPermission)
		}
	}
	return out
}

// overBudget is the trouble of a diagram that became too large.
func (s *space) overBudget() *Trouble {
	if s.arena.Err() == nil {
		return nil
	}
	return s.tooMuch("decision diagram over budget: ", nil, edgeBudget)
}

// replays bounds the examples that are tried before an answer stays open.
const replays = 24

// difference looks for a request that more allows and less does not. Where all
// requests are too many to look at, a sample of them may show one.
func (p *pair) difference(more, less *side) Difference {
	d := p.amongAll(more, less)
	if d.Exists != policy.Unknown || d.Trouble.Budget == 0 || p.sampled || p.depth > 0 {
		return d
	}
	sub := newPair(less.doc, more.doc, p.kind, Options{Fixed: p.fixed, Endpoint: p.endpoint, budget: newBudget(), sampled: true})
	defer sub.release()
	if shown := sub.amongAll(sub.new, sub.old); shown.Exists == policy.True {
		return shown
	}
	return d
}

// amongAll looks at all requests of the space.
func (p *pair) amongAll(more, less *side) Difference {
	if p.trouble != nil {
		return Difference{Trouble: p.trouble}
	}
	set := p.arena.And(p.arena.Diff(more.set, less.set), p.world)
	if p.trouble = p.overBudget(); p.trouble != nil {
		return Difference{Trouble: p.trouble}
	}
	var example *Example
	tried, anyOpaque := 0, false
	trouble := p.each(set, func(a *assignment) bool {
		anyOpaque = anyOpaque || a.opaque
		if !a.opaque {
			r := p.request(a)
			example = p.replay(more, less, &r)
		}
		tried++
		return example != nil || tried == replays
	})
	switch {
	case example != nil:
		return Difference{Exists: policy.True, Example: example}
	case trouble == nil && tried == 0:
		return Difference{Exists: policy.False}
	}
	if d, ok := p.specialise(more, less, set); ok {
		return d
	}
	if trouble == nil {
		trouble = p.openFacts(anyOpaque)
	}
	return Difference{Trouble: trouble}
}

// replay asks the concrete evaluator for both sides; nil where it does not
// confirm the difference.
func (p *pair) replay(more, less *side, r *policy.Request) *Example {
	yes := decide(more.plain, p.kind, p.endpoint, r)
	if yes.Outcome != policy.True || decide(less.plain, p.kind, p.endpoint, r).Outcome != policy.False {
		return nil
	}
	return &Example{Request: *r, Statement: allowing(yes)}
}

// openFacts names the facts that an answer hangs on.
func (p *pair) openFacts(opaque bool) *Trouble {
	if !opaque {
		return &Trouble{Text: "the concrete evaluator leaves the examples of a difference open"}
	}
	var texts []string
	for _, o := range p.opaques {
		texts = append(texts, strings.ReplaceAll(o.text, "\x00", " "))
	}
	sort.Strings(texts)
	list, more := few(texts)
	return &Trouble{
		Text:     "the answer hangs on what these stand for: " + strings.Join(list, "; ") + more,
		Count:    len(texts),
		Patterns: list,
	}
}

// Bounds of the case split over the values of policy variables.
const (
	variablesSplit = 3
	casesSplit     = 32
)

// specialise gives each policy variable values in turn, which makes its
// patterns plain, and looks for an example there. Where the set of possible
// values is finite, that settles the question either way.
func (p *pair) specialise(more, less *side, set idd.ID) (Difference, bool) {
	if len(p.variables) == 0 || p.depth == variablesSplit {
		return Difference{}, false
	}
	names := make([]string, 0, len(p.variables))
	for name := range p.variables {
		if policy.Multivalued(name) { // P62
			return Difference{}, false
		}
		names = append(names, name)
	}
	sort.Strings(names)
	name := names[0]
	values, complete := p.candidates(name, set)
	for _, v := range values[:min(casesSplit, len(values))] {
		if p.budget.cases--; p.budget.cases < 0 || p.budget.edges < 0 {
			return Difference{}, false
		}
		d := p.withValue(more, less, name, v)
		if d.Exists == policy.True {
			return d, true
		}
		complete = complete && d.Exists == policy.False
	}
	if complete && len(values) <= casesSplit {
		return Difference{Exists: policy.False}, true
	}
	return Difference{}, false
}

// withValue is the difference among the requests whose key has one value.
func (p *pair) withValue(more, less *side, key, value string) Difference {
	fixed := map[string]string{key: value}
	for k, x := range p.fixed {
		fixed[k] = x
	}
	sub := newPair(less.doc, more.doc, p.kind, Options{Fixed: fixed, attempt: p.attempt, Endpoint: p.endpoint, budget: p.budget, sampled: p.sampled})
	sub.depth = p.depth + 1
	d := sub.difference(sub.new, sub.old)
	if sub.arena != nil {
		p.budget.edges -= sub.arena.Edges()
	}
	sub.release()
	return d
}

// fresh are values that a policy is not likely to name.
var fresh = map[string]string{
	"aws:principalaccount": "111122223333", "aws:resourceaccount": "444455556666", "aws:principalorgid": "o-exampleorgid",
	"aws:principaltype": "AssumedRole", "aws:principalarn": exampleRole,
	"aws:sourcevpce": "vpce-0123456789abcdef0", "aws:sourcevpc": "vpc-0123456789abcdef0",
}

// candidates lists values of a key that may tell the documents apart: one of
// each class of its own dimension that the set leaves open, and a fresh one.
// complete tells that these are all that the key can have in the set.
func (p *pair) candidates(name string, set idd.ID) (values []string, complete bool) {
	d := p.keys[name]
	if d != nil && !d.lazy() && !d.multi && d.family == familyText {
		complete = true
		for _, run := range p.arena.Project(d.level, set) {
			for at := run.Lo; at <= run.Hi; at++ {
				if at == 0 {
					complete = false // absent: the variable's pattern then matches nothing
					continue
				}
				i := int(at) - d.first()
				values = append(values, d.sample(i))
				complete = complete && d.single(i)
			}
		}
	}
	if !complete {
		v := fresh[name]
		if v == "" {
			v = "example"
		}
		values = append([]string{v}, values...)
	}
	return values, complete
}

// single reports whether an atom holds one word only.
func (d *dimension) single(atom int) bool {
	for i, p := range d.patterns {
		if d.words.In(atom, i) && p.Fixed() {
			return true
		}
	}
	return false
}
