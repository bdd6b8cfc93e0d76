package change

import (
	"fmt"
	"strings"

	"github.com/canreach/canreach/internal/located"
)

// shape is the form that a parameter takes.
type shape struct {
	kind   located.Kind
	fields []field  // of a structure
	elem   *shape   // of a list
	words  []string // of text: a closed set, any case
	policy bool     // a policy document: a mapping, or text that holds one
	value  bool     // a boolean in AWS's {"Value": …} wrapping
}

// field is one member of a structure, or one parameter of an operation.
type field struct {
	name     string
	shape    *shape
	required bool
	doc      string
}

var (
	text      = &shape{kind: located.String}
	number    = &shape{kind: located.Number}
	boolean   = &shape{kind: located.Bool}
	boolValue = &shape{kind: located.Map, value: true, fields: []field{opt("Value", boolean, "")}}
	texts     = list(text)
	document  = &shape{kind: located.Map, policy: true}
)

func list(elem *shape) *shape                { return &shape{kind: located.List, elem: elem} }
func structure(fields ...field) *shape       { return &shape{kind: located.Map, fields: fields} }
func oneOf(words ...string) *shape           { return &shape{kind: located.String, words: words} }
func opt(n string, s *shape, d string) field { return field{name: n, shape: s, doc: d} }
func req(n string, s *shape, d string) field {
	return field{name: n, shape: s, doc: d, required: true}
}

// fold makes GroupId, groupId, group-id and GroupID one.
func fold(name string) string { return strings.ToLower(separators.Replace(name)) }

var separators = strings.NewReplacer("-", "", "_", "")

// conform checks v against s and gives its members AWS's spelling.
func conform(v located.Value, s *shape, where string) (located.Value, error) {
	switch {
	case s.policy:
		return conformPolicy(v, where)
	case s.value && v.Kind == located.Bool:
		return located.Value{Kind: located.Map, At: v.At, Members: []located.Member{{Key: "Value", At: v.At, Value: v}}}, nil
	case s.kind == located.Map:
		return conformStructure(v, s, where)
	case s.kind == located.List:
		return conformList(v, s, where)
	}
	return conformScalar(v, s, where)
}

func conformScalar(v located.Value, s *shape, where string) (located.Value, error) {
	switch s.kind {
	case located.String:
		if v.Kind == located.Number || v.Kind == located.Bool {
			v.Kind = located.String // an account id without quotes
		}
	case located.Number:
		if _, ok := v.Int(); ok {
			v.Kind = located.Number
		} else if v.Kind == located.Number || v.Kind == located.String {
			return v, v.Errorf("%s takes a whole number, not %q", where, v.Text)
		}
	case located.Bool:
		if v.Kind == located.String && (strings.EqualFold(v.Text, "true") || strings.EqualFold(v.Text, "false")) {
			v.Kind, v.Text = located.Bool, strings.ToLower(v.Text)
		}
	}
	if v.Kind != s.kind {
		return v, v.Errorf("%s takes %s, not %s", where, s.kind, v.Kind)
	}
	if len(s.words) == 0 {
		return v, nil
	}
	for _, w := range s.words {
		if strings.EqualFold(w, v.Text) {
			v.Text = w
			return v, nil
		}
	}
	return v, v.Errorf("%s is %q; it may be %s", where, v.Text, strings.Join(s.words, ", "))
}

func conformList(v located.Value, s *shape, where string) (located.Value, error) {
	if v.Kind != located.List && v.Kind != located.Null { // one element may stand for its list
		v = located.Value{Kind: located.List, At: v.At, Items: []located.Value{v}}
	}
	out := located.Value{Kind: located.List, At: v.At}
	for i, item := range v.Items {
		c, err := conform(item, s.elem, fmt.Sprintf("%s[%d]", where, i))
		if err != nil {
			return v, err
		}
		out.Items = append(out.Items, c)
	}
	return out, nil
}

func conformStructure(v located.Value, s *shape, where string) (located.Value, error) {
	if v.Kind != located.Map {
		return v, v.Errorf("%s takes a mapping, not %s", where, v.Kind)
	}
	out := located.Value{Kind: located.Map, At: v.At}
	for _, m := range v.Members {
		f, err := s.field(m, where)
		if err != nil {
			return v, err
		}
		if _, twice := out.Get(f.name); twice {
			return v, &located.Error{At: m.At, Problem: fmt.Sprintf("%s has %s twice", where, f.name)}
		}
		if m.Value.Kind == located.Null {
			continue // as good as absent
		}
		value, err := conform(m.Value, f.shape, where+"."+f.name)
		if err != nil {
			return v, err
		}
		out.Members = append(out.Members, located.Member{Key: f.name, At: m.At, Value: value})
	}
	for _, f := range s.fields {
		if _, ok := out.Get(f.name); f.required && !ok {
			return v, v.Errorf("%s lacks %s", where, f.name)
		}
	}
	return out, nil
}

func (s *shape) field(m located.Member, where string) (field, error) {
	names := make([]string, 0, len(s.fields))
	for _, f := range s.fields {
		if fold(f.name) == fold(m.Key) {
			return f, nil
		}
		names = append(names, f.name)
	}
	problem := fmt.Sprintf("%s has no parameter %q", where, m.Key)
	if n := located.Nearest(m.Key, names); n != "" {
		problem += fmt.Sprintf("; did you mean %s?", n)
	} else {
		problem += "; it takes " + strings.Join(names, ", ")
	}
	return field{}, &located.Error{At: m.At, Problem: problem}
}

// conformPolicy takes a document or text that holds one, and returns it as
// text: compact JSON of a mapping, text as it stands. Numbers become text, as
// YAML takes account ids for numbers and no policy element takes one.
func conformPolicy(v located.Value, where string) (located.Value, error) {
	switch v.Kind {
	case located.String:
		return v, nil
	case located.Map:
		return located.Value{Kind: located.String, At: v.At, Text: string(numbersAsText(v).JSON())}, nil
	}
	return v, v.Errorf("%s takes a policy document, not %s", where, v.Kind)
}

func numbersAsText(v located.Value) located.Value {
	out := v
	if v.Kind == located.Number {
		out.Kind = located.String
	}
	out.Items = make([]located.Value, len(v.Items))
	for i, e := range v.Items {
		out.Items[i] = numbersAsText(e)
	}
	out.Members = make([]located.Member, len(v.Members))
	for i, m := range v.Members {
		out.Members[i] = located.Member{Key: m.Key, At: m.At, Value: numbersAsText(m.Value)}
	}
	return out
}

// parameters reads the conformed parameters of a change.
type parameters struct{ located.Value }

func (p parameters) has(name string) bool    { _, ok := p.Get(name); return ok }
func (p parameters) text(name string) string { v, _ := p.Get(name); return v.Text }
func (p parameters) items(name string) []located.Value {
	v, _ := p.Get(name)
	return v.Items
}

func (p parameters) texts(name string) []string {
	var out []string
	for _, v := range p.items(name) {
		out = append(out, v.Text)
	}
	return out
}

func (p parameters) sub(name string) parameters { v, _ := p.Get(name); return parameters{v} }
func (p parameters) int(name string) int        { v, _ := p.Get(name); i, _ := v.Int(); return i }
func (p parameters) yes(name string) bool       { return p.text(name) == "true" }
