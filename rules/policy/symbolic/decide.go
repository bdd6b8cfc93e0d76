package symbolic

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/strset"
	"github.com/canreach/canreach/rules/policy"
)

// Budgets of one question: what goes beyond is answered Unknown.
const (
	cellLimit    = 1024      // combinations of ranged keys
	listLimit    = 256       // addresses told apart one by one
	decideStates = 3000      // automaton states, before resources are split region by region
	decideSteps  = 400_000   // positions of patterns visited by each automaton
	crowdMost    = 1_000_000 // ways in which loose patterns may meet, before it is not even tried to part them
	regionSteps  = 2_000_000 // positions of patterns visited in all searches for a region
	regionWork   = 200_000   // statements and patterns looked at in all rewriting for a region
	samplesMost  = 400       // patterns of which one resource is tried before that
)

// Decide decides every request of the question against the layers. Each
// request that it shows has been decided by policy.Evaluate.
//
// The resources are parted by the automata of the patterns that the policies
// name, and the ranged keys by the operands of their conditions, so that the
// evaluator decides one request of each part for all of it. Where the patterns
// overlap in too many ways, resources are split into regions only as far as
// the decision hangs on it; what is still open then is Unknown, by name.
func Decide(l *policy.Layers, q Question) Result {
	d := newDecider(l, &q)
	cells, trouble := d.cells()
	if trouble != nil {
		needs := []policy.Need{trouble.need()}
		return Result{Cases: []Case{{Outcome: Unknown, Needs: needs}}}
	}
	var cases []Case
	for _, c := range cells {
		cases = append(cases, d.cell(c))
	}
	cases = merge(cases)
	return Result{Outcome: overall(cases), Cases: cases}
}

func (t *Trouble) need() policy.Need { return policy.Need{Fact: t.Text, Budget: true} }

// decider is one call of Decide.
type decider struct {
	layers    *policy.Layers
	question  *Question
	documents []*policy.Document
	evaluator policy.Evaluator
	parted    parted
	meter     strset.Meter // what is left to all searches for a region
	work      int          // what is left to all rewriting for a region
}

func newDecider(l *policy.Layers, q *Question) *decider {
	q.Addresses, q.Values, q.Base.Context = folded(q.Addresses), folded(q.Values), folded(q.Base.Context)
	return &decider{layers: l, question: q, documents: documents(l), meter: strset.Meter{Steps: regionSteps}, work: regionWork}
}

// folded is m with its keys in lower case.
func folded[V any](m map[string]V) map[string]V {
	for k := range m {
		if strings.ToLower(k) == k {
			continue
		}
		out := make(map[string]V, len(m))
		for _, k := range slices.Sorted(maps.Keys(m)) {
			out[strings.ToLower(k)] = m[k]
		}
		return out
	}
	return m
}

// documents lists the layers' documents in a fixed order.
func documents(l *policy.Layers) []*policy.Document {
	var out []*policy.Document
	eachPolicy(l, func(p *policy.Policy) {
		if p.Document != nil {
			out = append(out, p.Document)
		}
	})
	return out
}

func eachPolicy(l *policy.Layers, f func(*policy.Policy)) {
	list := func(ps []policy.Policy) {
		for i := range ps {
			f(&ps[i])
		}
	}
	one := func(p *policy.Policy) {
		if p != nil {
			f(p)
		}
	}
	list(l.Identity)
	one(l.Boundary)
	list(l.Session)
	for _, level := range l.SCPs {
		list(level)
	}
	for _, level := range l.RCPs {
		list(level)
	}
	one(l.Endpoint)
	one(l.Resource)
	one(l.AccessPoint)
}

// asksFor reports whether a statement may apply to the question's action.
func (d *decider) asksFor(st *policy.Statement) bool {
	action := strings.ToLower(d.question.Base.Action)
	for _, a := range st.Actions {
		if strings.EqualFold(a, action) || strings.ContainsAny(a, "*?") && policy.Glob(strings.ToLower(a), action) {
			return !st.NotAction
		}
	}
	return st.NotAction && len(st.Actions) > 0
}

// tally is what the parts of a case came to.
type tally struct {
	allowed, denied *policy.Request
	needs           []policy.Need
	unknown         bool
}

func (t *tally) settled() bool { return t.allowed != nil && t.denied != nil }

// see decides one request, which stands for its part.
func (d *decider) see(t *tally, r policy.Request) policy.Truth {
	switch truth := d.evaluator.Decide(d.layers, &r); truth {
	case policy.True:
		if t.allowed == nil {
			t.allowed = &r
		}
		return truth
	case policy.False:
		if t.denied == nil {
			t.denied = &r
		}
		return truth
	case policy.Unknown:
		if !t.unknown {
			t.needs = append(t.needs, policy.Evaluate(d.layers, &r).Needs...)
		}
		t.unknown = true
		return truth
	}
	panic("unreachable: no such truth")
}

// cell decides the requests that agree on the ranged keys.
func (d *decider) cell(c cell) Case {
	base := d.question.Base
	base.Context = make(map[string]policy.Value, len(d.question.Base.Context)+len(c.values))
	for k, v := range d.question.Base.Context {
		base.Context[k] = v
	}
	for k, v := range c.values {
		base.Context[k] = policy.Value{State: policy.KeyKnown, Values: []string{v}}
	}
	var t tally
	d.resources(&t, base)
	out := Case{Addresses: c.addresses, Values: c.lists, Allowed: t.allowed, Denied: t.denied}
	switch {
	case t.settled():
		out.Outcome = Some
	case t.unknown:
		out.Outcome, out.Needs = Unknown, t.needs
	case t.allowed != nil:
		out.Outcome = All
	case t.denied != nil:
		out.Outcome = None
	default:
		out.Outcome = Unknown
		out.Needs = []policy.Need{{Fact: fmt.Sprintf("no resource fits %q", base.Resource)}}
	}
	d.confirm(&out)
	return out
}

// confirm replays the examples of a case.
func (d *decider) confirm(c *Case) {
	for _, x := range []struct {
		request  *policy.Request
		decision *policy.Decision
		want     policy.Truth
	}{{c.Allowed, &c.AllowedDecision, policy.True}, {c.Denied, &c.DeniedDecision, policy.False}} {
		if x.request == nil {
			continue
		}
		*x.decision = policy.Evaluate(d.layers, x.request)
		if x.decision.Outcome == x.want {
			continue
		}
		disagree(x.request, x.decision.Outcome)
		c.Outcome = Unknown
		c.Needs = append(c.Needs, policy.Need{Fact: "internal error: two evaluations of " + x.request.Resource + " disagree; please report it"})
	}
}

// disagree is called where two evaluators disagree on a request. Tests set it
// to panic.
var disagree = func(*policy.Request, policy.Truth) {}

// resources decides the requests for every resource of the question.
func (d *decider) resources(t *tally, base policy.Request) {
	if !strings.ContainsAny(base.Resource, "*?") || base.Resource == "*" {
		d.see(t, base)
		return
	}
	lang := questionLanguage(base.Resource)
	patterns, texts := d.patterns(&base)
	atoms, ok := d.atoms(patterns, lang)
	if !ok {
		d.regions(t, base, lang, texts)
		return
	}
	for i := range atoms.Len() {
		base.Resource = atoms.Readable(i)
		if d.see(t, base); t.settled() {
			return
		}
	}
}

// atoms parts the language; false where that takes too much. Cells whose
// patterns are the same, which is most of them, share the work.
func (d *decider) atoms(patterns []strset.Pattern, lang strset.Language) (*strset.Partition, bool) {
	same := func(a, b strset.Pattern) bool { return a.Key() == b.Key() }
	if d.parted.done && slices.EqualFunc(d.parted.patterns, patterns, same) {
		return d.parted.atoms, d.parted.ok
	}
	d.parted = parted{patterns: patterns, done: true}
	if slices.Max(append(crowdsOf(patterns), 0)) < crowdMost {
		m := strset.Meter{Steps: decideSteps}
		atoms, err := m.Atoms(patterns, lang, decideStates)
		d.parted.atoms, d.parted.ok = atoms, err == nil
	}
	return d.parted.atoms, d.parted.ok
}

// parted is the last partition of the resources.
type parted struct {
	patterns []strset.Pattern
	atoms    *strset.Partition
	ok, done bool
}

// questionLanguage is the resources that a question names: a wildcard in one
// of the first five parts holds no colon, and an object's key is not empty.
func questionLanguage(resource string) strset.Language {
	must := []strset.Pattern{strset.ARN(resource)}
	if parts := strings.SplitN(resource, ":", 6); len(parts) == 6 && parts[2] == "s3" && strings.Contains(parts[5], "/") {
		must = append(must, strset.Glob("*/?*"))
	}
	return strset.Language{Must: must}
}

// patterns lists the sets of resources that the decision may hang on.
func (d *decider) patterns(r *policy.Request) (patterns []strset.Pattern, texts []string) {
	seen := make(map[string]bool)
	add := func(p strset.Pattern, text string) {
		if key := p.Key(); !seen[key] && !p.All() && p.Least() <= longestARN {
			seen[key] = true
			patterns = append(patterns, p)
			texts = append(texts, text)
		}
	}
	for _, doc := range d.documents {
		for i := range doc.Statements {
			st := &doc.Statements[i]
			if !d.asksFor(st) {
				continue
			}
			for _, text := range st.Resources {
				if apart(text, r) {
					continue
				}
				for _, text := range d.expansions(text, doc.Variables(), r) {
					list, _ := readings(text, doc.Variables(), r)
					for _, p := range list {
						add(p, text)
					}
				}
			}
		}
	}
	return patterns, texts
}

// apart tells that no resource of a request is of a pattern: their texts differ
// before the first wildcard or variable of either. Through an access point a
// resource has two names.
func apart(pattern string, r *policy.Request) bool {
	if r.AccessPoint != "" {
		return false
	}
	n := min(len(pattern), len(r.Resource))
	for i := range n {
		p, q := pattern[i], r.Resource[i]
		if p == '*' || p == '?' || p == '$' || q == '*' || q == '?' {
			return false
		}
		if p != q {
			return true
		}
	}
	return false
}

// expansions are a pattern, and what it becomes where a variable of it that is
// not known has a value that some condition compares it with: there the
// condition and the resource hang on the same unknown (P219).
func (d *decider) expansions(text string, variables bool, r *policy.Request) []string {
	out := []string{text}
	if !variables {
		return out
	}
	for i := 0; i < len(out) && len(out) < 64; i++ {
		name, whole, ok := firstVariable(out[i])
		if !ok {
			continue
		}
		if v, known := r.Key(name); known && v.State == policy.KeyKnown {
			continue // substituted by readings
		}
		for _, value := range d.comparedWith(name) {
			out = append(out, strings.Replace(out[i], whole, value, 1))
		}
	}
	return out
}

// firstVariable finds the first ${key} or ${key, 'default'} of a text.
func firstVariable(text string) (key, whole string, ok bool) {
	start := strings.Index(text, "${")
	if start < 0 {
		return "", "", false
	}
	end := strings.Index(text[start:], "}")
	if end < 0 {
		return "", "", false
	}
	whole = text[start : start+end+1]
	key, _, _ = strings.Cut(whole[2:len(whole)-1], ",")
	key = strings.ToLower(strings.TrimSpace(key))
	return key, whole, strings.Contains(key, ":")
}

// comparedWith lists the values that conditions compare a key with, each once.
func (d *decider) comparedWith(key string) []string {
	var out []string
	for _, doc := range d.documents {
		for i := range doc.Statements {
			for _, c := range doc.Statements[i].Conditions {
				if !strings.EqualFold(c.Key, key) {
					continue
				}
				for _, v := range c.Values {
					if !slices.Contains(out, v) && !strings.Contains(v, "${") {
						out = append(out, v)
					}
				}
			}
		}
	}
	return out
}
