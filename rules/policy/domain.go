package policy

import (
	"net/netip"
	"slices"
	"strconv"
)

// domains are the values that the keys of a request may have, as far as its
// policies can tell them apart.
type domains struct{ *Evaluator }

func (e *Evaluator) domains() domains { return domains{e} }

// keyDomain finds the values of an unknown key that the policies tell apart:
// one for each way in which its conditions can fare together. It is complete
// where every other value fares like one of them.
func (e domains) keyDomain(key string) domain {
	now := e.baseState(key)
	d := domain{complete: true}
	if presenceOpen(now) {
		d.choices = append(d.choices, choice{value: Value{Multi: now.Multi}})
	}
	if now.State == KeyMaybe {
		d.choices = append(d.choices, choice{value: Value{State: KeyKnown, Values: now.Values, Multi: now.Multi}})
		return d
	}
	if v, ok := e.principalKey(key); ok {
		d.choices = append(d.choices, choice{value: v})
		return d
	}
	u := e.uses(key)
	if now.Within != "" {
		u.patterns = append(u.patterns, textPattern{units: appendUnits(nil, tokenize(now.Within, false, true))})
	}
	values, complete := u.values()
	d.complete = complete
	if now.Within != "" {
		values = slices.DeleteFunc(values, func(v string) bool { return !Glob(now.Within, v) })
	}
	if (key == sourceIP || key == vpcSourceIP) && u.families == 1 && len(u.networks) > 0 {
		values = slices.DeleteFunc(values, func(v string) bool { return !addressOf(key, v) })
	}
	if isOwnerKey(key) {
		if e.r.ResourceAccount != "" {
			values = []string{e.r.ResourceAccount}
		} else if a := e.r.Principal.Account; a != "" && !slices.Contains(values, a) {
			values = append(values, a)
		}
	}
	if !u.multi {
		for _, v := range values {
			d.choices = append(d.choices, choice{value: Value{State: KeyKnown, Values: []string{v}}})
		}
		return d
	}
	sets, all := subsets(values)
	d.complete = d.complete && all
	for _, set := range sets {
		d.choices = append(d.choices, choice{value: Value{State: KeyKnown, Values: set, Multi: true}})
	}
	return d
}

const vpcSourceIP = "aws:vpcsourceip"

// addressOf tells whether AWS may give one of the keys of addresses a value:
// it is an address, and that of aws:SourceIp a public one (P162).
func addressOf(key, value string) bool {
	a, ok := parseRequestAddr(value)
	return ok && !(key == sourceIP && (a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast()))
}

// baseState is the state of a key without what the case split assumes.
func (e domains) baseState(key string) Value {
	keys := e.keys
	e.keys = nil
	v := e.state(key)
	e.keys = keys
	return v
}

// principalKey is the value of a key that follows from the principal, which a
// completion can't choose (P219).
func (e domains) principalKey(key string) (Value, bool) {
	v, ok := DerivedKeys(e.r.Principal)[key]
	return v, ok
}

// subsets lists the non-empty sets of values of a multivalued key.
func subsets(values []string) (sets [][]string, all bool) {
	const limit = 6
	if len(values) > limit {
		for _, v := range values {
			sets = append(sets, []string{v})
		}
		return append(sets, values), false
	}
	for mask := 1; mask < 1<<len(values); mask++ {
		var set []string
		for i, v := range values {
			if mask>>i&1 == 1 {
				set = append(set, v)
			}
		}
		sets = append(sets, set)
	}
	return sets, true
}

// keyUses is how the policies ask for one key.
type keyUses struct {
	multi    bool
	patterns []textPattern // String and Arn operators, and Bool
	arns     bool          // some operator asks whether the value is an ARN
	numbers  []string
	dates    []int64
	networks []netip.Prefix
	stands   []string // texts that make a pattern match in which the key is a variable
	bytes    []string // Binary values
	as       struct{ text, number, date, network, binary bool }
	families int // how many of these value types are in use
	// partial tells that some use can't be enumerated.
	partial bool
}

// uses collects the conditions on a key, and the patterns that it stands in as
// a variable, of every statement that speaks of the action.
func (e domains) uses(key string) *keyUses {
	u := &keyUses{multi: Multivalued(key) || e.baseState(key).Multi}
	e.eachStatement(func(p *program, s *compiledStatement) {
		for i := range s.resources {
			if tokens := s.resources[i].tokensOf(); u.holds(p, tokens, key) {
				u.as.text = true
				u.asVariable(p, tokens, key, e.resource.text, e.through.text)
			}
		}
		for i := range s.conditions {
			c := &s.conditions[i]
			for j := range c.values {
				tokens := c.values[j].tokensOf()
				if !u.holds(p, tokens, key) {
					continue
				}
				u.as.text = true
				v := e.baseState(p.keys[c.slot])
				u.partial = u.partial || open(v)
				if c.family == familyStringFold {
					u.partial = true
				}
				u.asVariable(p, tokens, key, v.Values...)
			}
			if p.keys[c.slot] == key {
				u.compared(e, p, c)
			}
		}
	})
	for _, used := range [...]bool{u.as.text, u.as.number, u.as.date, u.as.network, u.as.binary} {
		u.families += int(boolInt(used))
	}
	return u
}

// compared notes what a condition on the key compares it with.
func (u *keyUses) compared(e domains, p *program, c *compiledCondition) {
	switch c.family {
	case familyString, familyStringFold, familyLike, familyARN, familyBool:
		u.as.text = true
		u.text(e, p, c)
	case familyNumeric:
		u.as.number = true
		for j := range c.values {
			if c.values[j].ok {
				u.numbers = append(u.numbers, c.Values[j])
			}
		}
	case familyDate:
		u.as.date = true
		for j := range c.values {
			if c.values[j].ok {
				u.dates = append(u.dates, c.values[j].instant)
			}
		}
	case familyIP:
		u.as.network = true
		for j := range c.values {
			if c.values[j].ok {
				u.networks = append(u.networks, c.values[j].network)
			}
		}
	case familyBinary:
		u.as.binary = true
		u.bytes = append(u.bytes, c.Values...)
	case familyNull:
	}
}

// eachStatement calls f for every statement that speaks of the action.
func (e domains) eachStatement(f func(*program, *compiledStatement)) {
	each := func(list ...Policy) {
		for i := range list {
			if list[i].Document == nil {
				continue
			}
			p := list[i].Document.compiled()
			for _, n := range p.statementsFor(e.r.Action).all {
				f(p, &p.statements[n])
			}
		}
	}
	one := func(p *Policy) {
		if p != nil {
			each(*p)
		}
	}
	each(e.l.Identity...)
	one(e.l.Boundary)
	each(e.l.Session...)
	for _, level := range e.l.SCPs {
		each(level...)
	}
	for _, level := range e.l.RCPs {
		each(level...)
	}
	one(e.l.Endpoint)
	one(e.l.Resource)
	one(e.l.AccessPoint)
}

// text adds the patterns of a condition on text.
func (u *keyUses) text(e domains, p *program, c *compiledCondition) {
	for i := range c.values {
		o := &c.values[i]
		switch {
		case c.family == familyBool:
			u.patterns = append(u.patterns, textPattern{fold: true, units: appendText(nil, strconv.FormatBool(o.truth))},
				textPattern{fold: true, units: appendText(nil, strconv.FormatBool(!o.truth))})
		case c.family == familyARN:
			u.arns = true
			if units, ok := e.arnUnits(p, o.arn); ok {
				u.patterns = append(u.patterns, textPattern{units: units})
			} else {
				u.partial = u.partial || o.arn.hasVariable
			}
		case o.pattern.kind == matchVariable:
			if units, ok := e.expand(p, o.pattern.tokens); ok {
				u.patterns = append(u.patterns, textPattern{fold: c.family == familyStringFold, units: units})
			} else {
				u.partial = true
			}
		case c.family == familyLike:
			u.patterns = append(u.patterns, textPattern{units: appendUnits(nil, tokenize(c.Values[i], p.doc.Variables(), true))})
		default:
			u.patterns = append(u.patterns, textPattern{fold: c.family == familyStringFold, units: appendText(nil, o.text)})
		}
	}
}

// expand writes a pattern with variables out, where all are known. A variable
// that can't be resolved gives a pattern that matches nothing.
func (e domains) expand(p *program, tokens []token) ([]int32, bool) {
	out := make([]token, 0, len(tokens))
	for _, t := range tokens {
		if t.kind != tokenVariable {
			out = append(out, t)
			continue
		}
		switch v := e.baseState(p.keys[t.slot]); {
		case open(v):
			return nil, false
		case v.State == KeyKnown && len(v.Values) == 1 && !v.Multi:
			out = append(out, token{text: v.Values[0]})
		case v.State == KeyAbsent && t.hasDefault:
			out = append(out, token{text: t.fallback})
		default:
			return []int32{unitNever}, true
		}
	}
	return appendUnits(nil, out), true
}

// arnUnits is an ARN pattern as units, with stars that do not cross colons in
// its first five parts.
func (e domains) arnUnits(p *program, a *arnPattern) ([]int32, bool) {
	if a.all || a.short {
		return nil, true
	}
	if a.whole {
		return e.matcherUnits(p, &a.parts[5])
	}
	var units []int32
	for i := range a.parts {
		part, ok := e.matcherUnits(p, &a.parts[i])
		if !ok {
			return nil, false
		}
		for _, c := range part {
			switch {
			case i < 5 && c == unitStar:
				c = unitStarInPart
			case i < 5 && c == unitAny:
				c = unitAnyInPart
			}
			units = append(units, c)
		}
		if i < 5 {
			units = append(units, ':')
		}
	}
	return units, true
}

func (e domains) matcherUnits(p *program, m *matcher) ([]int32, bool) {
	switch m.kind {
	case matchVariable:
		return e.expand(p, m.tokens)
	case matchUnits:
		return m.units, true
	default:
		return appendUnits(nil, m.literals()), true
	}
}

// literals gives back the tokens of a pattern of literals and stars.
func (m *matcher) literals() []token {
	star := token{kind: tokenStar}
	switch m.kind {
	case matchAll:
		return []token{star}
	case matchExact:
		return []token{{text: m.a}}
	case matchPrefix:
		return []token{{text: m.a}, star}
	case matchSuffix:
		return []token{star, {text: m.b}}
	case matchEnds:
		return []token{{text: m.a}, star, {text: m.b}}
	case matchContains:
		return []token{star, {text: m.a}, star}
	case matchStars:
		out := []token{{text: m.a}, star}
		for _, run := range m.middle {
			out = append(out, token{text: run}, star)
		}
		return append(out, token{text: m.b})
	case matchNothing, matchUnits, matchVariable:
	}
	panic("unreachable: pattern without literals")
}

// tokensOf gives back the tokens of a pattern with variables, nil of others.
func (a *arnPattern) tokensOf() []token {
	switch {
	case !a.hasVariable:
		return nil
	case a.short:
		return a.loose.tokens
	case a.whole:
		return a.parts[5].tokens
	}
	var out []token
	for i := range a.parts {
		if i > 0 {
			out = append(out, token{text: ":"})
		}
		switch m := &a.parts[i]; m.kind {
		case matchVariable:
			out = append(out, m.tokens...)
		case matchUnits:
			out = append(out, token{kind: tokenStar})
		default:
			out = append(out, m.literals()...)
		}
	}
	return out
}

func (v *compiledValue) tokensOf() []token {
	if v.arn != nil {
		return v.arn.tokensOf()
	}
	return v.pattern.tokens
}

// holds tells whether the key stands in the pattern as a variable.
func (u *keyUses) holds(p *program, tokens []token, key string) bool {
	return slices.ContainsFunc(tokens, func(t token) bool { return t.kind == tokenVariable && p.keys[t.slot] == key })
}

// Bounds on the texts that may stand for a variable.
const (
	maxTarget = 300
	maxStands = 24
)

// asVariable adds what the key must be for a pattern that it stands in to match
// one of the targets: parts of them, for nothing else can make it match.
func (u *keyUses) asVariable(p *program, tokens []token, key string, targets ...string) {
	for _, target := range targets {
		if len(target) > maxTarget {
			u.partial = true
			continue
		}
		from, to := 0, len(target)
		if len(tokens) > 1 && tokens[0].kind == tokenLiteral && tokens[1].kind == tokenVariable {
			from = len(tokens[0].text)
			to = from
		}
		for i := from; i <= to && i <= len(target); i++ {
			for j := i; j <= len(target); j++ {
				if v := target[i:j]; !slices.Contains(u.stands, v) && matchUnitText(standIn(p, tokens, key, v), target) {
					u.stands = append(u.stands, v)
				}
			}
		}
	}
	if len(u.stands) > maxStands {
		u.stands, u.partial = u.stands[:maxStands], true
	}
}

// standIn is the pattern with v in place of the key, and anything in place of
// other variables.
func standIn(p *program, tokens []token, key, v string) []int32 {
	var out []int32
	for _, t := range tokens {
		switch {
		case t.kind == tokenVariable && p.keys[t.slot] == key:
			out = appendText(out, v)
		case t.kind == tokenVariable:
			out = append(out, unitStar)
		default:
			out = appendUnits(out, []token{t})
		}
	}
	return out
}
