package symbolic

import (
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/canreach/canreach/internal/strset"
	"github.com/canreach/canreach/rules/policy"
)

// Subject is one row of a matrix: a caller with the layers that are its own.
type Subject struct {
	// Layers holds the caller's side: identity policies, boundary, session
	// policies, SCPs, and the endpoint that carries its requests.
	Layers policy.Layers
	// Base holds the caller, the action and the context. Its resource is the
	// target's.
	Base policy.Request
}

// Target is one column of a matrix: a set of resources with the layers that
// are its owner's.
type Target struct {
	Resource   string // an ARN in which * and ? are wildcards
	Account    string // the owner; "" when not known
	Policy     *policy.Policy
	Kind       policy.Kind // how Policy is read
	RCPs       [][]policy.Policy
	RCPUnknown string
	// Context holds keys that the target adds to every request, e.g.
	// aws:resourceaccount, by lower-case name.
	Context map[string]policy.Value
}

// Matrix decides every subject against every target, as Decide would one by
// one: row i, column j is the outcome for subjects[i] and targets[j]. The
// resources of a target are parted once, by the patterns of all subjects that
// can match one of them.
func Matrix(subjects []Subject, targets []Target) [][]Outcome {
	m := newMatrix(subjects, targets)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(targets)) {
		wg.Go(func() {
			w := matrixWorker{matrix: m, contexts: make([]map[string]policy.Value, len(subjects))}
			for {
				j := int(next.Add(1)) - 1
				if j >= len(targets) {
					return
				}
				w.column(j)
			}
		})
	}
	wg.Wait()
	return m.out
}

type matrix struct {
	subjects []Subject
	targets  []Target
	patterns []strset.Pattern // of the subjects' documents, both readings (P47)
	alone    []bool           // subjects whose patterns hold variables: decided by Decide
	own      [][]uint64       // per subject, which patterns are its documents'
	out      [][]Outcome
}

func newMatrix(subjects []Subject, targets []Target) *matrix {
	subjects, targets = slices.Clone(subjects), slices.Clone(targets)
	for i := range subjects {
		subjects[i].Base.Context = folded(subjects[i].Base.Context)
	}
	for j := range targets {
		targets[j].Context = folded(targets[j].Context)
	}
	m := &matrix{subjects: subjects, targets: targets, alone: make([]bool, len(subjects)), out: make([][]Outcome, len(subjects))}
	c := newCollector()
	for i := range subjects {
		m.out[i] = make([]Outcome, len(targets))
		for _, d := range documents(&subjects[i].Layers) {
			m.alone[i] = c.add(d).variable || m.alone[i]
		}
		m.alone[i] = m.alone[i] || subjects[i].Base.AccessPoint != ""
	}
	m.patterns = c.patterns
	m.own = make([][]uint64, len(subjects))
	for i := range subjects {
		m.own[i] = make([]uint64, len(m.patterns)/64+1)
		for _, d := range documents(&subjects[i].Layers) {
			for _, p := range c.documents[d].patterns {
				m.own[i][p/64] |= 1 << (p % 64)
			}
		}
	}
	return m
}

// collector gathers the patterns of documents, each once.
type collector struct {
	documents map[*policy.Document]*collected
	texts     map[string][]int
	patterns  []strset.Pattern
}

// collected is what one document holds.
type collected struct {
	variable bool  // one of its resources has a policy variable
	patterns []int // numbers in collector.patterns
}

func newCollector() *collector {
	return &collector{documents: make(map[*policy.Document]*collected), texts: make(map[string][]int)}
}

func (c *collector) add(d *policy.Document) *collected {
	if known, ok := c.documents[d]; ok {
		return known
	}
	out := &collected{}
	for i := range d.Statements {
		for _, text := range d.Statements[i].Resources {
			if d.Variables() && strings.Contains(text, "${") {
				out.variable = true
				continue
			}
			out.patterns = append(out.patterns, c.text(text)...)
		}
	}
	c.documents[d] = out
	return out
}

// text numbers both readings of a pattern.
func (c *collector) text(text string) []int {
	if known, ok := c.texts[text]; ok {
		return known
	}
	var out []int
	list, _ := readings(text, false, &policy.Request{})
	for k, p := range list {
		if !p.All() && (k == 0 || p.Key() != list[0].Key()) {
			out = append(out, len(c.patterns))
			c.patterns = append(c.patterns, p)
		}
	}
	c.texts[text] = out
	return out
}

type matrixWorker struct {
	*matrix
	contexts  []map[string]policy.Value // copies that the worker may change
	evaluator policy.Evaluator
	mask      []uint64
	classes   []int
}

// parts is a target's resources, parted.
type parts struct {
	words  []string
	rows   [][]uint64 // per word, which of the patterns it matches
	near   []int      // numbers of the first patterns in matrix.patterns
	stride int
}

// column decides all subjects against one target.
func (w *matrixWorker) column(j int) {
	t := &w.targets[j]
	p, ok := w.parts(t)
	for i := range w.subjects {
		s := &w.subjects[i]
		l := s.Layers
		l.Resource, l.ResourceKind, l.RCPs, l.RCPUnknown = t.Policy, t.Kind, t.RCPs, t.RCPUnknown
		r := s.Base
		r.Resource, r.ResourceAccount, r.Context = t.Resource, t.Account, w.context(i, t)
		if !ok || w.alone[i] {
			w.out[i][j] = Decide(&l, Question{Base: r}).Outcome
		} else {
			w.out[i][j] = w.outcome(&l, &r, p, w.relevant(i, p))
		}
		for k := range t.Context {
			restore(w.contexts[i], k, s.Base.Context)
		}
	}
}

// context is the subject's context with the target's keys.
func (w *matrixWorker) context(i int, t *Target) map[string]policy.Value {
	if w.contexts[i] == nil {
		w.contexts[i] = clone(w.subjects[i].Base.Context)
	}
	for k, v := range t.Context {
		w.contexts[i][k] = v
	}
	return w.contexts[i]
}

func restore(to map[string]policy.Value, key string, from map[string]policy.Value) {
	if v, ok := from[key]; ok {
		to[key] = v
	} else {
		delete(to, key)
	}
}

// relevant numbers a word of each class that the patterns of one subject and
// of the target tell apart.
func (w *matrixWorker) relevant(subject int, p *parts) []int {
	w.mask = append(w.mask[:0], make([]uint64, p.stride)...)
	for at := range p.stride * 64 {
		if at >= len(p.near) { // the target's own
			w.mask[at/64] |= 1 << (at % 64)
		} else if n := p.near[at]; w.own[subject][n/64]>>(n%64)&1 == 1 {
			w.mask[at/64] |= 1 << (at % 64)
		}
	}
	w.classes = w.classes[:0]
	for i := range p.words {
		if !w.seen(p, i) {
			w.classes = append(w.classes, i)
		}
	}
	return w.classes
}

// seen reports whether a word is of the class of one before it.
func (w *matrixWorker) seen(p *parts, word int) bool {
	for _, other := range w.classes {
		same := true
		for k, m := range w.mask {
			same = same && (p.rows[word][k]^p.rows[other][k])&m == 0
		}
		if same {
			return true
		}
	}
	return false
}

// parts parts a target's resources; false where there are too many classes.
func (w *matrixWorker) parts(t *Target) (*parts, bool) {
	if !strings.ContainsAny(t.Resource, "*?") || t.Resource == "*" {
		return &parts{words: []string{t.Resource}, rows: [][]uint64{nil}}, true
	}
	lang := questionLanguage(t.Resource)
	out := &parts{}
	var near []strset.Pattern
	for i, p := range w.patterns {
		if !p.Apart(lang.Must[0]) {
			near = append(near, p)
			out.near = append(out.near, i)
		}
	}
	c := newCollector()
	l := policy.Layers{Resource: t.Policy, RCPs: t.RCPs}
	for _, d := range documents(&l) {
		if c.add(d).variable {
			return nil, false
		}
	}
	near = append(near, c.patterns...)
	atoms, err := strset.Atoms(near, lang, decideStates)
	if err != nil {
		return nil, false
	}
	out.stride = (len(near) + 63) / 64
	for i := range atoms.Len() {
		row := make([]uint64, out.stride)
		for k := range near {
			if atoms.In(i, k) {
				row[k/64] |= 1 << (k % 64)
			}
		}
		out.words = append(out.words, atoms.Word(i))
		out.rows = append(out.rows, row)
	}
	return out, true
}

func (w *matrixWorker) outcome(l *policy.Layers, r *policy.Request, p *parts, classes []int) Outcome {
	allowed, denied, unknown := false, false, false
	for _, i := range classes {
		r.Resource = p.words[i]
		switch w.evaluator.Decide(l, r) {
		case policy.True:
			allowed = true
		case policy.False:
			denied = true
		case policy.Unknown:
			unknown = true
		}
		if allowed && denied {
			return Some
		}
	}
	switch {
	case unknown || !allowed && !denied:
		return Unknown
	case allowed:
		return All
	}
	return None
}
