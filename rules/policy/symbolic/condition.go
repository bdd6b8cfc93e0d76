package symbolic

import (
	"encoding/base64"
	"net/netip"
	"sort"
	"strings"

	"github.com/canreach/canreach/internal/strset"
	"github.com/canreach/canreach/rules/policy"
)

// aliases are keys that state the same fact (P219).
var aliases = map[string]string{"s3:resourceaccount": "aws:resourceaccount"}

// canonicalKey is the key's lower-case name, or that of the key which states
// the same fact.
func canonicalKey(key string) string {
	key = strings.ToLower(key)
	if a, ok := aliases[key]; ok {
		return a
	}
	return key
}

// keyTest is a key under comparison.
type keyTest struct {
	multi   bool
	present *expr
	// yes: present, and the value (a value) matches one of the operands. no:
	// present, and the value (a value) matches none.
	yes, no *expr
}

// condition is the set of requests for which a condition holds.
func (s *space) condition(c *policy.Condition, variables bool) *expr {
	key := canonicalKey(c.Key)
	op := c.Operator
	if op.Base == "Null" {
		return s.null(key, c.Values)
	}
	t := s.compare(key, c, variables)
	negated := op.Negated()
	if len(c.Values) == 0 { // P165
		t.yes, t.no = exprFalse, exprFalse
		if op.Qualifier == policy.ForAllValues {
			return not(t.present)
		}
	}
	match, other := t.yes, t.no
	if negated {
		match, other = other, match
	}
	switch op.Qualifier {
	case policy.ForAllValues:
		if t.multi {
			return not(other)
		}
		return or(match, not(t.present))
	case policy.ForAnyValue:
		if op.IfExists { // disputed: what an absent key gives (P169)
			return or(match, and(not(t.present), s.unknown(conditionText(c), nil)))
		}
		return match
	case policy.NoQualifier:
		if t.multi {
			match = exprFalse // P170
		}
		if op.IfExists || negated { // P146, P147
			return or(match, not(t.present))
		}
		return match
	}
	panic("unreachable: no such qualifier")
}

func (s *space) null(key string, values []string) *expr {
	present := s.presence(key)
	var each []*expr
	for _, v := range values {
		if strings.EqualFold(v, "true") {
			each = append(each, not(present))
		} else {
			each = append(each, present)
		}
	}
	return or(each...)
}

// presence is the set of requests that have the key.
func (s *space) presence(key string) *expr {
	if v, ok := s.viewOf(key); ok {
		return s.callers(key, v.present...)
	}
	return &expr{op: opPresent, dim: s.key(key)}
}

// conditionText identifies a condition whose truth is not modelled.
func conditionText(c *policy.Condition) string {
	values := append([]string(nil), c.Values...)
	sort.Strings(values)
	return c.Operator.String() + " " + canonicalKey(c.Key) + " " + strings.Join(values, "\x00")
}

// compare is the truth of the operator's comparison on the key.
func (s *space) compare(key string, c *policy.Condition, variables bool) keyTest {
	if v, ok := s.viewOf(key); ok {
		return s.compareView(key, v, c, variables)
	}
	d := s.key(key)
	t := keyTest{multi: d.multi, present: s.presence(key)}
	kind, family := operatorFamily(c.Operator.Base)
	mixed := s.usage[key] == usedPlain|usedInSets && c.Operator.Qualifier == policy.NoQualifier
	if mixed || !d.claim(family) {
		t.multi = t.multi && !mixed
		t.yes = and(t.present, s.unknown(conditionText(c), nil))
		t.no = and(t.present, not(t.yes))
		return t
	}
	switch family {
	case familyText:
		return s.compareText(d, t, kind, c, variables)
	case familyNumber, familyDate:
		set := s.compareOrder(d, family, c)
		t.yes, t.no = value(d, set, false), value(d, set, true)
	case familyAddress:
		var set test
		for _, v := range c.Values {
			if n, ok := policy.ParseNetwork(v); ok {
				set.networks = append(set.networks, n)
				d.networks = append(d.networks, n)
			}
		}
		t.yes, t.no = value(d, set, false), value(d, set, true)
	case familyNone:
		panic("unreachable: an operator without a family")
	}
	return t
}

func value(d *dimension, set test, inverse bool) *expr {
	return &expr{op: opIn, dim: d, test: set, inverse: inverse}
}

// textKind is how an operator reads text.
type textKind uint8

const (
	textExact textKind = iota
	textFold
	textLike
	textARN
	textBool
	textBinary
)

func operatorFamily(base string) (textKind, family) {
	switch {
	case strings.HasPrefix(base, "Numeric"):
		return 0, familyNumber
	case strings.HasPrefix(base, "Date"):
		return 0, familyDate
	case strings.HasSuffix(base, "IpAddress"):
		return 0, familyAddress
	case strings.HasPrefix(base, "Arn"):
		return textARN, familyText
	case base == "Bool":
		return textBool, familyText
	case base == "BinaryEquals":
		return textBinary, familyText
	case strings.HasSuffix(base, "IgnoreCase"):
		return textFold, familyText
	case strings.HasSuffix(base, "Like"):
		return textLike, familyText
	}
	return textExact, familyText
}

func (s *space) compareOrder(d *dimension, f family, c *policy.Condition) test {
	op := equal
	switch {
	case strings.HasSuffix(c.Operator.Base, "LessThan"):
		op = less
	case strings.HasSuffix(c.Operator.Base, "LessThanEquals"):
		op = lessEqual
	case strings.HasSuffix(c.Operator.Base, "GreaterThan"):
		op = greater
	case strings.HasSuffix(c.Operator.Base, "GreaterThanEquals"):
		op = greaterEqual
	}
	var set test
	for _, v := range c.Values {
		if f == familyNumber {
			if _, ok := policy.CompareNumbers(v, v); ok {
				set.compare = append(set.compare, comparison{op: op, number: v, isNumber: true})
				d.numbers = append(d.numbers, v)
			}
		} else if at, ok := policy.ParseInstant(v); ok {
			set.compare = append(set.compare, comparison{op: op, instant: at})
			d.dates = append(d.dates, at)
		}
	}
	return set
}

// operand compiles one value of a text operator. It is false for one that
// matches nothing.
func (s *space) operand(kind textKind, v string, variables bool) (p strset.Pattern, loose, ok bool) {
	switch kind {
	case textExact:
		p, loose = s.pattern(v, variables, false, false)
	case textFold:
		p, loose = s.pattern(v, variables, false, false)
		p = p.Fold()
	case textLike:
		p, loose = s.pattern(v, variables, true, false)
	case textARN:
		if v == "*" {
			return arnShape, false, true
		}
		p, loose = s.pattern(v, variables, true, true)
		if strings.Count(v, ":") < 5 || !strings.HasPrefix(v, "arn:") { // P178
			return strset.Glob("*"), true, true
		}
	case textBool:
		p = strset.Literal("false")
		if strings.EqualFold(v, "true") {
			p = strset.Literal("true")
		}
	case textBinary:
		b, err := base64.StdEncoding.DecodeString(v)
		return strset.Literal(base64.StdEncoding.EncodeToString(b)), false, err == nil
	}
	return p, loose, true
}

var arnShape = strset.ARN("arn:*:*:*:*:*")

func (s *space) compareText(d *dimension, t keyTest, kind textKind, c *policy.Condition, variables bool) keyTest {
	switch {
	case kind == textBool:
		d.lang = strset.Language{Or: []strset.Pattern{strset.Literal("true"), strset.Literal("false")}}
	case strings.HasSuffix(d.name, "arn") && len(d.lang.Or) == 0:
		d.lang = strset.Language{Must: []strset.Pattern{arnShape}}
	}
	var set test
	var loose []*expr
	for _, v := range c.Values {
		p, isLoose, ok := s.operand(kind, v, variables)
		if !ok {
			continue
		}
		at := d.pattern(p, v)
		if isLoose {
			loose = append(loose, s.unknown(conditionOperand(c, v), &expr{op: opIn, dim: d, test: test{patterns: []int32{at}}}))
			continue
		}
		set.patterns = append(set.patterns, at)
	}
	t.yes, t.no = value(d, set, false), value(d, set, true)
	if kind == textARN && !t.multi { // P174: what is no ARN matches neither way
		shape := d.pattern(arnShape, "arn:*:*:*:*:*")
		t.no = and(value(d, test{patterns: []int32{shape}}, false), t.no)
	}
	switch {
	case len(loose) == 0:
	case t.multi:
		t.yes = and(t.present, s.unknown(conditionText(c), nil))
		t.no = and(t.present, s.unknown("not "+conditionText(c), nil))
	default:
		t.yes = or(append(loose, t.yes)...)
		t.no = and(t.no, not(or(loose...)))
	}
	return t
}

func conditionOperand(c *policy.Condition, v string) string {
	return c.Operator.Base + " " + canonicalKey(c.Key) + " " + v
}

// compareView is compare for a key that follows from the caller.
func (s *space) compareView(key string, view view, c *policy.Condition, variables bool) keyTest {
	t := keyTest{present: s.presence(key), yes: exprFalse}
	kind, family := operatorFamily(c.Operator.Base)
	if family != familyText || kind == textBinary {
		t.yes = and(t.present, s.unknown(conditionText(c), nil))
		t.no = and(t.present, not(t.yes))
		return t
	}
	each := make([]*expr, 0, len(c.Values))
	for _, v := range c.Values {
		p, loose, ok := s.operand(kind, v, variables)
		if !ok {
			continue
		}
		who := s.callers(v, view.where(p)...)
		if loose {
			who = s.unknown(conditionOperand(c, v), who)
		}
		each = append(each, who)
	}
	t.yes = or(each...)
	t.no = and(t.present, not(t.yes))
	if kind == textARN && key != "aws:principalarn" {
		t.no = exprFalse
	}
	return t
}

// constraints are facts of the world: without them a witness would be
// nonsense (P355).
func (s *space) constraints() *expr {
	all := []*expr{}
	var endpoint []*expr
	for _, key := range []string{"aws:sourcevpce", "aws:sourcevpc", "aws:sourcevpcarn", "aws:vpcsourceip", "aws:vpceaccount"} {
		if d := s.keys[key]; d != nil {
			endpoint = append(endpoint, &expr{op: opPresent, dim: d})
		}
	}
	for i := 1; i < len(endpoint); i++ { // P190
		all = append(all, or(and(endpoint[0], endpoint[i]), not(or(endpoint[0], endpoint[i]))))
	}
	d := s.keys["aws:sourceip"]
	switch {
	case s.kind == policy.KindEndpoint: // what it carries comes through it (P124)
		all = append(all, endpoint...)
		if d != nil {
			all = append(all, not(&expr{op: opPresent, dim: d}))
		}
	case d != nil && len(endpoint) > 0:
		all = append(all, not(and(endpoint[0], &expr{op: opPresent, dim: d})))
	}
	for _, o := range s.opaques {
		if o.upper != nil {
			all = append(all, or(not(&expr{op: opOpaque, opaque: s.opaqueIndex[o.text]}), o.upper))
		}
	}
	names := make([]string, 0, len(s.fixed))
	for name := range s.fixed {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		all = append(all, s.given(name, s.fixed[name]))
	}
	return and(all...)
}

// given is the set of requests whose key has the given value.
func (s *space) given(name, v string) *expr {
	if view, ok := s.viewOf(name); ok {
		return s.callers(v, view.where(strset.Literal(v))...)
	}
	d := s.keys[name]
	if d == nil {
		return exprTrue
	}
	var set test
	switch d.family {
	case familyNone:
		return &expr{op: opPresent, dim: d}
	case familyText:
		set.patterns = []int32{d.pattern(strset.Literal(v), v)}
	case familyNumber:
		if _, ok := policy.CompareNumbers(v, v); !ok {
			return exprTrue
		}
		d.numbers = append(d.numbers, v)
		set.compare = []comparison{{number: v, isNumber: true}}
	case familyDate:
		at, ok := policy.ParseInstant(v)
		if !ok {
			return exprTrue
		}
		d.dates = append(d.dates, at)
		set.compare = []comparison{{instant: at}}
	case familyAddress:
		a, err := netip.ParseAddr(v)
		if err != nil {
			return exprTrue
		}
		n := netip.PrefixFrom(a, a.BitLen())
		d.networks = append(d.networks, n)
		set.networks = []netip.Prefix{n}
	}
	return value(d, set, false)
}

// How the policies use a condition key.
const (
	usedPlain uint8 = 1 << iota
	usedInSets
)

// survey notes how a document uses the condition keys of services whose keys'
// types are not known here: one used under set operators holds many values; of
// one used both ways it is not known (P170).
func (s *space) survey(d *policy.Document) {
	for i := range d.Statements {
		for _, c := range d.Statements[i].Conditions {
			key := canonicalKey(c.Key)
			if strings.HasPrefix(key, "aws:") || strings.HasPrefix(key, "s3:") || policy.Multivalued(key) || c.Operator.Base == "Null" {
				continue
			}
			if c.Operator.Qualifier == policy.NoQualifier {
				s.usage[key] |= usedPlain
			} else {
				s.usage[key] |= usedInSets
			}
		}
	}
}
