package policy

import (
	"encoding/base64"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
)

// program is a document made ready for requests. It may be used from several
// goroutines.
type program struct {
	doc        *Document
	statements []compiledStatement
	keys       []string // condition keys that it asks for, lower case
	multi      []bool   // by key: AWS gives it as a list (P170)
	// byAction remembers which statements' action part matches an action.
	byAction atomic.Pointer[map[string]*candidates]
}

// compiledStatement is a statement with its patterns compiled.
type compiledStatement struct {
	*Statement
	actions    []matcher // over the lower-case action
	resources  []resourcePattern
	conditions []compiledCondition
	entries    []principalEntry // of Principals.AWS
	// plain are the resources where each is a literal ARN, or one that ends in
	// the only wildcard, "*"; nil where some is more than that.
	plain []plainText
}

// plainText is a text, or the beginning of one.
type plainText struct {
	text   string
	prefix bool
}

// matches looks at the last byte first: the beginnings of ARNs are alike.
func (p *plainText) matches(s string) bool {
	n := len(p.text)
	if len(s) < n || !p.prefix && len(s) != n || n > 0 && s[n-1] != p.text[n-1] {
		return false
	}
	return s[:n] == p.text
}

// plainMiss tells that the resource part of a statement with plain resources
// does not match: most statements fail there.
func (s *compiledStatement) plainMiss(resource string) bool {
	for i := range s.plain {
		if s.plain[i].matches(resource) {
			return s.NotResource
		}
	}
	return !s.NotResource
}

// plainResources fills in plain.
func (s *compiledStatement) plainResources() {
	for i := range s.resources {
		r := &s.resources[i]
		m := &r.parts[5]
		if !r.whole || r.allBuckets || m.kind != matchExact && m.kind != matchPrefix {
			s.plain = nil
			return
		}
		s.plain = append(s.plain, plainText{m.a, m.kind == matchPrefix})
	}
}

// compiledCondition is a condition with its values compiled.
type compiledCondition struct {
	*Condition
	operatorTraits
	slot   int
	values []compiledValue
	deny   bool // the statement's effect, for P178
}

// compiledValue is one value of a condition, as its operator reads it. ok is
// false for a value that its type can't be read from: it never matches.
type compiledValue struct {
	ok      bool
	text    string  // String: the value; lower case for IgnoreCase; Binary: the bytes
	pattern matcher // StringLike, and String operators with variables
	arn     *arnPattern
	number  decimal
	instant int64
	network netip.Prefix
	truth   bool
}

// compiled returns the document's program, compiled when it is first evaluated:
// what is only compared or linted needs none.
func (d *Document) compiled() *program {
	if p := d.program.Load(); p != nil {
		return p
	}
	d.program.CompareAndSwap(nil, compile(d))
	return d.program.Load()
}

func compile(d *Document) *program {
	p := &program{doc: d, statements: make([]compiledStatement, len(d.Statements))}
	slots := map[string]int{}
	for i := range d.Statements {
		p.statements[i] = p.statement(&d.Statements[i], slots)
	}
	return p
}

// slot numbers the keys that the program asks for.
func (p *program) slot(key string, slots map[string]int) int {
	key = lower(key)
	i, ok := slots[key]
	if !ok {
		i = len(p.keys)
		slots[key] = i
		p.keys = append(p.keys, key)
		p.multi = append(p.multi, Multivalued(key))
	}
	return i
}

func (p *program) statement(s *Statement, slots map[string]int) compiledStatement {
	c := compiledStatement{Statement: s, actions: make([]matcher, 0, len(s.Actions)), resources: make([]resourcePattern, 0, len(s.Resources))}
	for _, a := range s.Actions {
		c.actions = append(c.actions, compileAction(a))
	}
	for _, r := range s.Resources {
		c.resources = append(c.resources, p.resource(r, slots))
	}
	c.plainResources()
	if s.Principals != nil {
		for _, v := range s.Principals.AWS {
			c.entries = append(c.entries, parsePrincipalEntry(v))
		}
	}
	for i := range s.Conditions {
		c.conditions = append(c.conditions, p.condition(&s.Conditions[i], s.Deny, slots))
	}
	return c
}

// compileAction makes an action pattern comparable with lower-case actions (P36).
func compileAction(pattern string) matcher {
	return newMatcher(tokenize(lower(pattern), false, true))
}

// bind numbers the variables of tokens.
func (p *program) bind(tokens []token, slots map[string]int) []token {
	for i := range tokens {
		if tokens[i].kind == tokenVariable {
			tokens[i].slot = p.slot(tokens[i].text, slots)
		}
	}
	return tokens
}

func (p *program) condition(c *Condition, deny bool, slots map[string]int) compiledCondition {
	out := compiledCondition{Condition: c, operatorTraits: operators[strings.ToLower(c.Operator.Base)], deny: deny}
	out.slot = p.slot(c.Key, slots)
	for _, v := range c.Values {
		out.values = append(out.values, p.value(out.family, v, slots))
	}
	return out
}

func (p *program) value(f family, v string, slots map[string]int) compiledValue {
	out := compiledValue{ok: true, text: v}
	variables := p.doc.Variables()
	switch f {
	case familyString, familyStringFold:
		// Wildcards are literal (P150), variables are not.
		out.pattern = newMatcher(p.bind(tokenize(v, variables, false), slots))
		if out.pattern.kind != matchVariable {
			out.text = out.pattern.a
		}
		if f == familyStringFold {
			out.text = lower(out.text)
		}
	case familyLike:
		out.pattern = newMatcher(p.bind(tokenize(v, variables, true), slots))
	case familyARN:
		a := p.arn(v, slots)
		out.arn = &a
	case familyNumeric:
		out.number, out.ok = parseDecimal(v)
	case familyDate:
		out.instant, out.ok = parseInstant(v)
	case familyIP:
		out.network, out.ok = parseNetwork(v)
	case familyBool, familyNull:
		out.truth = strings.EqualFold(v, "true")
	case familyBinary:
		b, err := base64.StdEncoding.DecodeString(v)
		out.text, out.ok = string(b), err == nil
	}
	return out
}

// candidates are the statements whose action part matches an action.
type candidates struct {
	all []int32 // in order
	// by has those whose resources may match ARNs with that beginning, up to the
	// first "/"; rest are those that may match any other. Of a few statements by
	// is nil.
	by   map[string][]int32
	rest []int32
}

// of lists those whose resource part may match, in order.
func (c *candidates) of(resource string) []int32 {
	if c.by == nil {
		return c.all
	}
	if list, ok := c.by[beginning(resource)]; ok {
		return list
	}
	return c.rest
}

// beginning is an ARN up to its first "/": the bucket of an object.
func beginning(arn string) string {
	if i := strings.IndexByte(arn, '/'); i >= 0 {
		return arn[:i]
	}
	return arn
}

// statementsFor finds the statements whose action part matches.
func (p *program) statementsFor(action string) *candidates {
	known := p.byAction.Load()
	if known != nil {
		if c, ok := (*known)[action]; ok {
			return c
		}
	}
	c := p.findStatements(lower(action))
	const limit = 128 // distinct actions remembered for a document
	next := map[string]*candidates{}
	if known != nil {
		if len(*known) >= limit {
			return c
		}
		for k, v := range *known {
			next[k] = v
		}
	}
	c.sort(p)
	next[strings.Clone(action)] = c
	p.byAction.CompareAndSwap(known, &next)
	return c
}

func (p *program) findStatements(folded string) *candidates {
	c := &candidates{all: []int32{}}
	for i := range p.statements {
		if p.statements[i].matchesAction(folded) {
			c.all = append(c.all, int32(i))
		}
	}
	return c
}

// sort files the statements by the beginnings of their resources.
func (c *candidates) sort(p *program) {
	const few, most = 6, 4096 // statements; entries of all lists together
	if len(c.all) <= few {
		return
	}
	own := map[string][]int32{}
	for _, n := range c.all {
		names := p.statements[n].beginnings()
		for _, name := range names {
			own[name] = append(own[name], n)
		}
		if names == nil {
			c.rest = append(c.rest, n)
		}
	}
	if len(own) == 0 || len(own)*(len(c.rest)+1)+len(c.all) > most {
		c.rest = nil
		return
	}
	for name, list := range own {
		list = append(list, c.rest...)
		slices.Sort(list)
		own[name] = slices.Compact(list)
	}
	c.by = own
}

// beginnings are those that every ARN has that the statement's resources match;
// nil: any.
func (s *compiledStatement) beginnings() (out []string) {
	if s.plain == nil || s.NotResource {
		return nil
	}
	for i := range s.plain {
		name := beginning(s.plain[i].text)
		if s.plain[i].prefix && name == s.plain[i].text {
			return nil
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// matchesAction decides Action and NotAction (P35 to P41). An empty list
// matches nothing, negated or not (P15).
func (s *compiledStatement) matchesAction(folded string) bool {
	if len(s.actions) == 0 {
		return false
	}
	for i := range s.actions {
		if s.actions[i].match(folded) {
			return !s.NotAction
		}
	}
	return s.NotAction
}
