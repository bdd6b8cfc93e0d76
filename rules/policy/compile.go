package policy

import (
	"encoding/base64"
	"net/netip"
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
	byAction atomic.Pointer[map[string][]int32]
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

// statementsFor lists the statements whose action part matches, in order.
func (p *program) statementsFor(action string) []int32 {
	known := p.byAction.Load()
	if known != nil {
		if list, ok := (*known)[action]; ok {
			return list
		}
	}
	list := p.findStatements(lower(action))
	const limit = 128 // distinct actions remembered for a document
	next := map[string][]int32{}
	if known != nil {
		if len(*known) >= limit {
			return list
		}
		for k, v := range *known {
			next[k] = v
		}
	}
	next[strings.Clone(action)] = list
	p.byAction.CompareAndSwap(known, &next)
	return list
}

func (p *program) findStatements(folded string) []int32 {
	list := []int32{}
	for i := range p.statements {
		if p.statements[i].matchesAction(folded) {
			list = append(list, int32(i))
		}
	}
	return list
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
