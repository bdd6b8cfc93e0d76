package policy

import (
	"encoding/base64"
	"strings"
)

// condition decides one condition for the request (P140 to P182, P215).
func (e *Evaluator) condition(p *program, c *compiledCondition) Truth {
	v := e.key(p, c.slot)
	switch v.State {
	case KeyAbsent:
		return e.whenAbsent(c)
	case KeyKnown:
		if len(v.Values) == 0 {
			return e.whenAbsent(c) // an empty list is no value at all (P166)
		}
		return e.whenPresent(p, c, v)
	case KeyValueUnknown:
		e.touchKey(c.Key, p.keys[c.slot])
		return whenValueUnknown(c, v.Multi)
	case KeyUnknown:
		e.touchKey(c.Key, p.keys[c.slot])
		return join(e.whenAbsent(c), whenValueUnknown(c, v.Multi))
	case KeyMaybe:
		e.touchKey(c.Key, p.keys[c.slot])
		return join(e.whenAbsent(c), e.whenPresent(p, c, v))
	}
	panic("unreachable: key state")
}

// whenAbsent decides for a missing key (P145 to P147, P156, P166, P167, P169).
func (e *Evaluator) whenAbsent(c *compiledCondition) Truth {
	switch {
	case c.family == familyNull:
		return truth(anyTruth(c.values, true))
	case c.Operator.Qualifier == ForAllValues:
		return True
	case c.Operator.Qualifier == ForAnyValue && c.Operator.IfExists:
		return e.fact(variable{kind: factForAnyIfExists})
	case c.Operator.Qualifier == ForAnyValue:
		return False
	}
	return truth(c.Operator.IfExists || c.negated)
}

func anyTruth(values []compiledValue, want bool) bool {
	for i := range values {
		if values[i].truth == want {
			return true
		}
	}
	return false
}

// whenValueUnknown decides for a key that is present with a value that nobody
// knows (P215).
func whenValueUnknown(c *compiledCondition, multi bool) Truth {
	switch {
	case c.family == familyNull:
		return truth(anyTruth(c.values, false))
	case len(c.values) == 0 || multi && c.Operator.Qualifier == NoQualifier:
		return False // P165, P170
	case c.matchesAnything():
		return truth(!c.negated)
	}
	return Unknown
}

// matchesAnything tells a condition with a value "*" that globs.
func (c *compiledCondition) matchesAnything() bool {
	for i := range c.values {
		if c.family == familyLike && c.values[i].pattern.kind == matchAll || c.family == familyARN && c.values[i].arn.all {
			return true
		}
	}
	return false
}

// whenPresent decides for a key whose values are known.
func (e *Evaluator) whenPresent(p *program, c *compiledCondition, v Value) Truth {
	if c.family == familyNull {
		return truth(anyTruth(c.values, false))
	}
	if len(c.values) == 0 {
		return False // P165
	}
	switch c.Operator.Qualifier {
	case NoQualifier:
		if v.Multi || len(v.Values) > 1 {
			return False // P170
		}
		return e.compare(p, c, v.Values[0])
	case ForAllValues:
		t := True
		for _, one := range v.Values {
			t = t.And(e.compare(p, c, one))
		}
		return t
	case ForAnyValue:
		t := False
		for _, one := range v.Values {
			t = t.Or(e.compare(p, c, one))
		}
		return t
	}
	panic("unreachable: qualifier")
}

// compare decides the operator for one request value: some policy value
// matches, or with a negated operator none does (P141, P142, P168).
func (e *Evaluator) compare(p *program, c *compiledCondition, v string) Truth {
	t := False
	switch c.family {
	case familyString, familyStringFold, familyLike:
		t = e.compareText(p, c, v)
	case familyNumeric:
		if d, ok := parseDecimal(v); ok {
			t = c.anyValue(func(o *compiledValue) bool { return c.relation.holds(d.compare(o.number)) })
		}
	case familyDate:
		if at, ok := parseInstant(v); ok {
			t = c.anyValue(func(o *compiledValue) bool { return c.relation.holds(compareInstants(at, o.instant)) })
		}
	case familyBool:
		yes, no := strings.EqualFold(v, "true"), strings.EqualFold(v, "false")
		t = c.anyValue(func(o *compiledValue) bool { return yes && o.truth || no && !o.truth })
	case familyBinary:
		if b, err := base64.StdEncoding.DecodeString(v); err == nil {
			t = c.anyValue(func(o *compiledValue) bool { return string(b) == o.text })
		}
	case familyIP:
		a, ok := parseRequestAddr(v)
		if !ok {
			return False // P174: neither form matches
		}
		t = c.anyValue(func(o *compiledValue) bool { return o.network.Contains(a) })
	case familyARN:
		a := splitARN(v)
		if !a.ok {
			return False // P174
		}
		t = e.compareARN(p, c, &a)
	case familyNull:
		panic("unreachable: Null compares no values")
	}
	if c.negated {
		t = t.Not()
	}
	return t
}

func compareInstants(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// anyValue tells whether some well-formed policy value satisfies f.
func (c *compiledCondition) anyValue(f func(*compiledValue) bool) Truth {
	for i := range c.values {
		if c.values[i].ok && f(&c.values[i]) {
			return True
		}
	}
	return False
}

func (e *Evaluator) compareText(p *program, c *compiledCondition, v string) Truth {
	fold := c.family == familyStringFold
	if fold {
		v = lower(v)
	}
	t := False
	for i := range c.values {
		o := &c.values[i]
		var m Truth
		switch {
		case o.pattern.kind == matchVariable:
			m = e.expanded(p, o.pattern.tokens, v, fold)
		case c.family == familyLike:
			m = truth(o.pattern.match(v))
		default:
			m = truth(o.text == v)
		}
		if t = t.Or(m); t == True {
			return t
		}
	}
	return t
}

func (e *Evaluator) compareARN(p *program, c *compiledCondition, v *arnText) Truth {
	t := False
	for i := range c.values {
		a := c.values[i].arn
		m := True
		switch {
		case a.all:
		case a.short && a.wild && !c.deny:
			m = False // P152: parts do not line up
		case a.short:
			m = e.fact(variable{kind: factMalformedARN, n: boolInt(c.deny)})
		default:
			m = e.arnMatches(p, a, v)
		}
		if t = t.Or(m); t == True {
			return t
		}
	}
	return t
}

func boolInt(b bool) int32 {
	if b {
		return 1
	}
	return 0
}

// arnMatches compares an ARN part by part (P46, P152).
func (e *Evaluator) arnMatches(p *program, a *arnPattern, v *arnText) Truth {
	if a.whole {
		return e.matches(p, &a.parts[5], v.text)
	}
	if v.split(); !v.ok {
		return False
	}
	t := True
	for i := range a.parts {
		if t = t.And(e.matches(p, &a.parts[i], v.parts[i])); t == False {
			return t
		}
	}
	return t
}

func (e *Evaluator) matches(p *program, m *matcher, s string) Truth {
	if m.kind == matchVariable {
		return e.expanded(p, m.tokens, s, false)
	}
	return truth(m.match(s))
}

// expanded matches a pattern with variables. What a variable stands for is
// literal text (P63). A variable that can't be resolved makes the pattern match
// nothing (P62, P65), and sets e.unresolved.
func (e *Evaluator) expanded(p *program, tokens []token, s string, fold bool) Truth {
	units := e.units[:0]
	unknown, unresolved := false, false
	for _, t := range tokens {
		switch t.kind {
		case tokenStar:
			units = append(units, unitStar)
		case tokenAny:
			units = append(units, unitAny)
		case tokenLiteral:
			units = appendFolded(units, t.text, fold)
		case tokenVariable:
			v := e.key(p, t.slot)
			switch {
			case v.Multi || len(v.Values) > 1:
				unresolved = true
			case v.State == KeyKnown && len(v.Values) == 1:
				units = appendFolded(units, v.Values[0], fold)
			case v.State == KeyKnown || v.State == KeyAbsent:
				unresolved = unresolved || !t.hasDefault
				units = appendFolded(units, t.fallback, fold)
			default:
				e.touchKey(t.written, t.text)
				unknown = true
				units = append(units, unitStar)
			}
		}
	}
	e.units = units
	if unresolved {
		e.unresolved = true
		return False
	}
	if !matchUnitText(units, s) {
		return False
	}
	if unknown {
		return Unknown
	}
	return True
}

func appendFolded(to []int32, s string, fold bool) []int32 {
	if fold {
		s = lower(s)
	}
	return appendText(to, s)
}
