package plan

import (
	"encoding/base64"
	"net/netip"
	"strconv"
	"strings"

	"github.com/canreach/canreach/internal/located"
)

// function evaluates an intrinsic function; ok is false where key is none.
// A function whose arguments are not known is not known.
//
// AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
func (e *evaluator) function(key string, v located.Value, depth int) (x, u any, ok bool) {
	if key == "Ref" {
		x, known := e.ref(v.Text)
		return orUnknown(x, known)
	}
	name, isFunction := strings.CutPrefix(key, "Fn::")
	if !isFunction {
		return nil, nil, false
	}
	f, known := functions[name]
	if !known {
		return nil, true, true // a macro, or a function of tomorrow
	}
	x, have := f(e, v, depth)
	return orUnknown(x, have)
}

func orUnknown(x any, known bool) (any, any, bool) {
	if !known {
		return nil, true, true
	}
	return x, nil, true
}

var functions map[string]func(*evaluator, located.Value, int) (any, bool)

func init() { // a variable's initializer may not refer to itself through eval
	functions = map[string]func(*evaluator, located.Value, int) (any, bool){
		"GetAtt": getAtt, "Sub": sub, "Join": join, "Select": selectItem, "Split": split, "If": choose, "FindInMap": findInMap,
		"ImportValue": importValue, "Base64": base64Of, "Cidr": cidr, "Equals": compare,
		"And": every(true), "Or": every(false), "Not": not,
	}
}

// ref is a parameter's value, a pseudo parameter's, or a resource's id.
func (e *evaluator) ref(name string) (any, bool) {
	switch name {
	case "AWS::AccountId":
		return e.stack.Account, e.stack.Account != ""
	case "AWS::Region":
		return e.stack.Region, e.stack.Region != ""
	case "AWS::Partition":
		return "aws", e.stack.Region == "" || !strings.HasPrefix(e.stack.Region, "cn-") && !strings.HasPrefix(e.stack.Region, "us-gov-")
	case "AWS::StackName":
		return e.stack.Name, true
	case "AWS::URLSuffix":
		return "amazonaws.com", true
	case "AWS::NoValue":
		return noValue, true
	}
	if p, ok := e.parameters[name]; ok {
		return e.parameter(name, p)
	}
	r, ok := e.resources[name]
	if !ok {
		return nil, false
	}
	return e.refOf(name, r)
}

// parameter is the value given, or the default. SSM parameters hold a name, not
// the value.
func (e *evaluator) parameter(name string, p located.Value) (any, bool) {
	typ, _ := p.Get("Type")
	value, given := e.stack.Parameters[name]
	if !given {
		d, ok := p.Get("Default")
		if !ok || strings.HasPrefix(typ.Text, "AWS::SSM::Parameter::Value") {
			return nil, false
		}
		value = d.Text
	}
	if strings.HasPrefix(typ.Text, "List<") || typ.Text == "CommaDelimitedList" {
		out := []any{}
		for part := range strings.SplitSeq(value, ",") {
			out = append(out, strings.TrimSpace(part))
		}
		return out, true
	}
	return value, true
}

// sub evaluates Fn::Sub: a text, or a text and a map of variables.
func sub(e *evaluator, v located.Value, depth int) (any, bool) {
	text, own := v.Text, located.Value{}
	if v.Kind == located.List && len(v.Items) == 2 {
		text, own = v.Items[0].Text, v.Items[1]
	}
	var b strings.Builder
	for text != "" {
		start := strings.Index(text, "${")
		if start < 0 {
			b.WriteString(text)
			break
		}
		b.WriteString(text[:start])
		end := strings.IndexByte(text[start:], '}')
		if end < 0 {
			return nil, false
		}
		name := text[start+2 : start+end]
		text = text[start+end+1:]
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			b.WriteString("${" + literal + "}")
			continue
		}
		s, ok := e.variable(strings.TrimSpace(name), own, depth)
		if !ok {
			return nil, false
		}
		b.WriteString(s)
	}
	return b.String(), true
}

func (e *evaluator) variable(name string, own located.Value, depth int) (string, bool) {
	if v, ok := own.Get(name); ok {
		return e.text(v, depth+1)
	}
	var x any
	var ok bool
	if logical, attr, dotted := strings.Cut(name, "."); dotted {
		x, ok = e.attribute(logical, attr)
	} else {
		x, ok = e.ref(name)
	}
	if _, gone := x.(absent); gone || !ok {
		return "", false
	}
	return asText(x), true
}

// items evaluates a list whose elements are all known.
func (e *evaluator) items(v located.Value, depth int) ([]any, bool) {
	x, u := e.eval(v, depth)
	list, ok := x.([]any)
	return list, ok && u == nil
}

func join(e *evaluator, v located.Value, depth int) (any, bool) {
	if len(v.Items) != 2 {
		return nil, false
	}
	list, ok := e.items(v.Items[1], depth)
	var parts []string
	for _, x := range list {
		parts = append(parts, asText(x))
	}
	return strings.Join(parts, v.Items[0].Text), ok
}

func selectItem(e *evaluator, v located.Value, depth int) (any, bool) {
	if len(v.Items) != 2 {
		return nil, false
	}
	index, ok := e.text(v.Items[0], depth)
	n, err := strconv.Atoi(index)
	list, known := e.items(v.Items[1], depth)
	if !ok || err != nil || !known || n < 0 || n >= len(list) {
		return nil, false
	}
	return list[n], true
}

func split(e *evaluator, v located.Value, depth int) (any, bool) {
	if len(v.Items) != 2 || v.Items[0].Text == "" {
		return nil, false
	}
	text, ok := e.text(v.Items[1], depth)
	out := []any{}
	for part := range strings.SplitSeq(text, v.Items[0].Text) {
		out = append(out, part)
	}
	return out, ok
}

// choose evaluates Fn::If.
func choose(e *evaluator, v located.Value, depth int) (any, bool) {
	if len(v.Items) != 3 {
		return nil, false
	}
	on, known := e.condition(v.Items[0].Text)
	if !known {
		return nil, false
	}
	branch := v.Items[2]
	if on {
		branch = v.Items[1]
	}
	x, u := e.eval(branch, depth+1)
	return x, u == nil
}

func (e *evaluator) condition(name string) (value, known bool) {
	v, ok := e.conditions[name]
	if !ok || e.visiting[name] {
		return false, false
	}
	e.visiting[name] = true
	defer delete(e.visiting, name)
	return e.truth(v, 0)
}

func (e *evaluator) truth(v located.Value, depth int) (value, known bool) {
	if name, ok := v.Get("Condition"); ok && len(v.Members) == 1 {
		return e.condition(name.Text)
	}
	if v.Kind == located.Bool || v.Kind == located.String {
		return v.Text == "true", true
	}
	x, u := e.eval(v, depth+1)
	on, ok := x.(bool)
	return on, ok && u == nil
}

func compare(e *evaluator, v located.Value, depth int) (any, bool) {
	if len(v.Items) != 2 {
		return nil, false
	}
	a, known := e.text(v.Items[0], depth)
	b, known2 := e.text(v.Items[1], depth)
	return a == b, known && known2
}

// every evaluates Fn::And (unit true) and Fn::Or (false): one element that is
// not the unit decides, whatever is unknown.
func every(unit bool) func(*evaluator, located.Value, int) (any, bool) {
	return func(e *evaluator, v located.Value, depth int) (any, bool) {
		whole := true
		for _, i := range v.Items {
			on, known := e.truth(i, depth)
			if known && on != unit {
				return !unit, true
			}
			whole = whole && known
		}
		return unit, whole
	}
}

func not(e *evaluator, v located.Value, depth int) (any, bool) {
	if len(v.Items) != 1 {
		return nil, false
	}
	on, known := e.truth(v.Items[0], depth)
	return !on, known
}

func findInMap(e *evaluator, v located.Value, depth int) (any, bool) {
	if len(v.Items) < 3 {
		return nil, false
	}
	name, ok1 := e.text(v.Items[0], depth)
	top, ok2 := e.text(v.Items[1], depth)
	second, ok3 := e.text(v.Items[2], depth)
	if !ok1 || !ok2 || !ok3 {
		return nil, false
	}
	first, _ := e.mappings[name].Get(top)
	value, ok := first.Get(second)
	if !ok {
		return nil, false
	}
	x, u := e.eval(value, depth+1)
	return x, u == nil
}

func importValue(e *evaluator, v located.Value, depth int) (any, bool) {
	name, ok := e.text(v, depth)
	value, known := e.stack.Exports[name]
	return value, ok && known
}

func base64Of(e *evaluator, v located.Value, depth int) (any, bool) {
	s, ok := e.text(v, depth)
	return base64.StdEncoding.EncodeToString([]byte(s)), ok
}

// maxCIDRs is how many blocks Fn::Cidr gives at most.
const maxCIDRs = 256

func cidr(e *evaluator, v located.Value, depth int) (any, bool) {
	if len(v.Items) < 2 {
		return nil, false
	}
	block, ok := e.text(v.Items[0], depth)
	count, ok2 := e.text(v.Items[1], depth)
	n, err := strconv.Atoi(count)
	p, err2 := netip.ParsePrefix(block)
	if !ok || !ok2 || err != nil || err2 != nil || n < 1 || n > maxCIDRs {
		return nil, false
	}
	bits := 8
	if len(v.Items) > 2 {
		text, known := e.text(v.Items[2], depth)
		if bits, err = strconv.Atoi(text); err != nil || !known {
			return nil, false
		}
	}
	length := p.Addr().BitLen() - bits
	if bits < 1 || length < p.Bits() {
		return nil, false
	}
	out := []any{}
	addr := p.Masked().Addr()
	for range n {
		if !p.Contains(addr) {
			return nil, false
		}
		sub := netip.PrefixFrom(addr, length)
		out = append(out, sub.String())
		addr = after(sub)
	}
	return out, true
}

// after is the first address behind a block.
func after(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	bit := p.Bits() - 1
	for i := bit / 8; i >= 0; i-- {
		add := byte(1)
		if i == bit/8 {
			add = 1 << (7 - bit%8)
		}
		b[i] += add
		if b[i] >= add {
			break
		}
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}
