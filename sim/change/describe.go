package change

import (
	"cmp"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/located"
)

// Described is an operation as shown to who makes a form of it.
type Described struct {
	Key        string // as change files spell it, e.g. "createRoute"
	Name       string // AWS's own, e.g. "CreateRoute"
	Service    string
	Doc        string
	Parameters []Parameter
	Example    string // JSON with every parameter
}

// Parameter is one parameter of an operation.
type Parameter struct {
	Name     string // AWS's spelling, e.g. "RouteTableId"
	Doc      string
	Required bool
	Form     Form
	Words    []string // that a FormChoice takes
	Example  string   // how JSON of a FormJSON looks, with every member; empty: any policy
	// Parts are the members of a FormJSON that has few, by their path in it:
	// "0.IpRanges.0.CidrIp". Of a list they are the first element's.
	Parts []Parameter
}

// Form is how a parameter is written.
type Form uint8

const (
	FormText   Form = iota // one line
	FormNumber             // a whole number
	FormChoice             // one of Words
	FormTexts              // several texts
	FormJSON               // anything else: a policy, a list of rules
)

// Operations lists the operations by service and name; a JSON Patch is not
// among them.
func Operations() []Described {
	var out []Described
	for _, o := range operations {
		if o == patchOperation {
			continue
		}
		d := Described{Key: o.key(), Name: o.name, Service: o.service, Doc: o.doc}
		if ambiguous(o) {
			d.Key = o.service + "." + d.Key
		}
		for _, f := range o.parameters {
			d.Parameters = append(d.Parameters, f.describe())
		}
		d.Example = string(located.Pairs(d.Key, o.unfold(structure(o.parameters...).example())).JSON())
		out = append(out, d)
	}
	slices.SortStableFunc(out, func(a, b Described) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func (f field) describe() Parameter {
	p := Parameter{Name: f.name, Doc: f.doc, Required: f.required, Form: FormJSON}
	s := f.shape
	switch {
	case s.policy:
		return p
	case s.kind == located.Bool || s.value:
		p.Form, p.Words = FormChoice, []string{"true", "false"}
	case len(s.words) > 0:
		p.Form, p.Words = FormChoice, s.words
	case s.kind == located.String:
		p.Form = FormText
	case s.kind == located.Number:
		p.Form = FormNumber
	case s.kind == located.List && s.elem.kind == located.String && len(s.elem.words) == 0:
		p.Form = FormTexts
	default:
		p.Example = string(s.example().JSON())
		if p.Parts = s.parts(""); len(p.Parts) > maxParts {
			p.Parts = nil
		}
	}
	return p
}

// maxParts is how many members a small form has.
const maxParts = 24

// parts are the members below a path, the lists' first elements.
func (s *shape) parts(path string) []Parameter {
	if s.kind == located.List && s.elem.kind == located.Map && !s.elem.policy {
		return s.elem.parts(path + "0.")
	}
	var out []Parameter
	for _, f := range s.fields {
		p := f.describe()
		p.Required = false // where nothing of it is given, nothing is missing
		if p.Form == FormJSON && p.Example != "" {
			out = append(out, f.shape.parts(path+f.name+".")...)
			continue
		}
		p.Name = path + f.name
		out = append(out, p)
	}
	return out
}

// example is a value of the shape with every member.
func (s *shape) example() located.Value {
	switch {
	case len(s.words) > 0:
		return located.Of(strings.Join(s.words, "|"))
	case s.kind == located.Number:
		return located.Of(0)
	case s.kind == located.Bool:
		return located.Of(true)
	case s.kind == located.List:
		return located.Of([]located.Value{s.elem.example()})
	case s.policy:
		return located.Pairs("Version", "2012-10-17", "Statement", []located.Value{})
	case s.kind == located.Map:
		out := located.Pairs()
		for _, f := range s.fields {
			out.Members = append(out.Members, located.Member{Key: f.name, Value: f.shape.example()})
		}
		return out
	}
	return located.Of("…")
}
