package policy

import "strings"

// family groups condition operators by how they compare.
type family uint8

const (
	familyString family = iota
	familyStringFold
	familyLike
	familyNumeric
	familyDate
	familyBool
	familyBinary
	familyIP
	familyARN
	familyNull
)

// relation is the comparison of numeric and date operators.
type relation uint8

const (
	relEqual relation = iota
	relLess
	relLessEqual
	relGreater
	relGreaterEqual
)

// operatorTraits is what a base operator does.
type operatorTraits struct {
	name     string // canonical spelling
	family   family
	negated  bool
	relation relation
}

var operatorList = [...]operatorTraits{
	{name: "StringEquals", family: familyString},
	{name: "StringNotEquals", family: familyString, negated: true},
	{name: "StringEqualsIgnoreCase", family: familyStringFold},
	{name: "StringNotEqualsIgnoreCase", family: familyStringFold, negated: true},
	{name: "StringLike", family: familyLike},
	{name: "StringNotLike", family: familyLike, negated: true},
	{name: "NumericEquals", family: familyNumeric},
	{name: "NumericNotEquals", family: familyNumeric, negated: true},
	{name: "NumericLessThan", family: familyNumeric, relation: relLess},
	{name: "NumericLessThanEquals", family: familyNumeric, relation: relLessEqual},
	{name: "NumericGreaterThan", family: familyNumeric, relation: relGreater},
	{name: "NumericGreaterThanEquals", family: familyNumeric, relation: relGreaterEqual},
	{name: "DateEquals", family: familyDate},
	{name: "DateNotEquals", family: familyDate, negated: true},
	{name: "DateLessThan", family: familyDate, relation: relLess},
	{name: "DateLessThanEquals", family: familyDate, relation: relLessEqual},
	{name: "DateGreaterThan", family: familyDate, relation: relGreater},
	{name: "DateGreaterThanEquals", family: familyDate, relation: relGreaterEqual},
	{name: "Bool", family: familyBool},
	{name: "BinaryEquals", family: familyBinary},
	{name: "IpAddress", family: familyIP},
	{name: "NotIpAddress", family: familyIP, negated: true},
	{name: "ArnEquals", family: familyARN},
	{name: "ArnLike", family: familyARN},
	{name: "ArnNotEquals", family: familyARN, negated: true},
	{name: "ArnNotLike", family: familyARN, negated: true},
	{name: "Null", family: familyNull},
}

// operators finds a base operator by its lower-case name (P144), or by the
// canonical one.
var operators = func() map[string]operatorTraits {
	m := make(map[string]operatorTraits, 2*len(operatorList))
	for _, t := range operatorList {
		m[strings.ToLower(t.name)], m[t.name] = t, t
	}
	return m
}()

// ParseOperator takes a condition operator apart, e.g.
// "ForAllValues:StringNotLikeIfExists". It is false for an unknown one, for
// Null with IfExists (P147) and for Null with a set qualifier (P165).
func ParseOperator(text string) (Operator, bool) {
	op := Operator{}
	rest := text
	if _, canonical := operators[text]; !canonical {
		rest = lower(text)
	}
	if q, ok := strings.CutPrefix(rest, "forallvalues:"); ok {
		op.Qualifier, rest = ForAllValues, q
	} else if q, ok := strings.CutPrefix(rest, "foranyvalue:"); ok {
		op.Qualifier, rest = ForAnyValue, q
	}
	rest, op.IfExists = strings.CutSuffix(rest, "ifexists")
	t, ok := operators[rest]
	if !ok || t.family == familyNull && (op.IfExists || op.Qualifier != NoQualifier) {
		return Operator{}, false
	}
	op.Base = t.name
	return op, true
}

// Negated tells whether the operator holds where nothing matches (P146).
func (o Operator) Negated() bool { return operators[strings.ToLower(o.Base)].negated }

// String returns the operator as a policy writes it.
func (o Operator) String() string {
	s := o.Base
	switch o.Qualifier {
	case NoQualifier:
	case ForAllValues:
		s = "ForAllValues:" + s
	case ForAnyValue:
		s = "ForAnyValue:" + s
	}
	if o.IfExists {
		s += "IfExists"
	}
	return s
}
