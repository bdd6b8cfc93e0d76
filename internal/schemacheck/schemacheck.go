// Package schemacheck checks a document against a JSON Schema while it reads
// it, so that a file of any size costs no more memory than its depth. It knows
// the keywords that this repository's schemas use, and refuses a schema with
// any other rather than pass over it.
package schemacheck

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/jsonscan"
)

// maxProblems is how many problems one check reports.
const maxProblems = 200

// Problem is a place that the schema forbids.
type Problem struct {
	Offset int
	Text   string
}

// Schema is a compiled schema. The zero value allows everything.
type Schema struct {
	ref        string
	kinds      []jsonscan.Kind // empty: any
	integer    bool            // numbers must be whole
	properties map[string]*Schema
	additional *Schema
	required   []string
	items      *Schema
	values     []string // of enum and const: JSON texts of strings
	pattern    *regexp.Regexp
	minLength  int
	defs       map[string]*Schema
}

var kindNames = map[string]jsonscan.Kind{"object": jsonscan.Object, "array": jsonscan.Array, "string": jsonscan.String,
	"number": jsonscan.Number, "integer": jsonscan.Number, "boolean": jsonscan.Bool, "null": jsonscan.Null}

// Compile reads a schema.
func Compile(text []byte) (*Schema, error) {
	s := jsonscan.New(text)
	out, err := compile(s)
	s.End()
	if e := s.Err(); e != nil {
		return nil, e
	}
	if err != nil {
		return nil, err
	}
	return out, out.resolve(out.defs)
}

func compile(s *jsonscan.Scanner) (*Schema, error) {
	v := &Schema{}
	if s.Peek() == jsonscan.Bool {
		if !s.Bool() {
			return nil, fmt.Errorf("schema false is not supported")
		}
		return v, nil
	}
	for ok := s.EnterObject(); ok && s.NextKey(); {
		if err := v.keyword(s, s.Key()); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func (v *Schema) keyword(s *jsonscan.Scanner, key string) (err error) {
	switch key {
	case "$schema", "$id", "$comment", "title", "description", "examples":
		s.Skip()
	case "$ref":
		v.ref = s.Text()
	case "$defs":
		v.defs, err = compileMap(s)
	case "properties":
		v.properties, err = compileMap(s)
	case "additionalProperties":
		v.additional, err = compile(s)
	case "items":
		v.items, err = compile(s)
	case "required":
		v.required = texts(s)
	case "enum", "const":
		v.values = texts(s)
	case "pattern":
		v.pattern, err = regexp.Compile(s.Text())
	case "minLength":
		v.minLength, _ = s.Int()
	case "type":
		for _, name := range texts(s) {
			k, ok := kindNames[name]
			if !ok {
				return fmt.Errorf("type %q is unknown", name)
			}
			v.integer = v.integer || name == "integer"
			v.kinds = append(v.kinds, k)
		}
	default:
		return fmt.Errorf("keyword %q is not supported", key)
	}
	return err
}

func compileMap(s *jsonscan.Scanner) (map[string]*Schema, error) {
	out := map[string]*Schema{}
	for ok := s.EnterObject(); ok && s.NextKey(); {
		key := s.Key()
		one, err := compile(s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		out[key] = one
	}
	return out, nil
}

// texts reads a string or an array of strings.
func texts(s *jsonscan.Scanner) []string {
	if s.Peek() == jsonscan.String {
		return []string{s.Text()}
	}
	var out []string
	for ok := s.EnterArray(); ok && s.NextItem(); {
		out = append(out, s.Text())
	}
	return out
}

// resolve puts definitions in the place of references.
func (v *Schema) resolve(defs map[string]*Schema) error {
	for _, m := range []map[string]*Schema{v.defs, v.properties} {
		for k, one := range m {
			if err := one.resolve(defs); err != nil {
				return err
			}
			target, err := follow(one, defs)
			if err != nil {
				return err
			}
			m[k] = target
		}
	}
	for _, at := range []**Schema{&v.items, &v.additional} {
		if *at == nil {
			continue
		}
		if err := (*at).resolve(defs); err != nil {
			return err
		}
		target, err := follow(*at, defs)
		if err != nil {
			return err
		}
		*at = target
	}
	return nil
}

func follow(v *Schema, defs map[string]*Schema) (*Schema, error) {
	for range 32 {
		if v.ref == "" {
			return v, nil
		}
		name, ok := strings.CutPrefix(v.ref, "#/$defs/")
		target, found := defs[name]
		if !ok || !found {
			return nil, fmt.Errorf("reference %q leads nowhere", v.ref)
		}
		v = target
	}
	return nil, fmt.Errorf("references lead in a circle")
}

// checker reads one document.
type checker struct {
	*jsonscan.Scanner
	problems []Problem
}

// Check returns what the schema forbids in data, in order of place. What is no
// JSON is one problem more, the last.
func (v *Schema) Check(data []byte) []Problem {
	c := &checker{Scanner: jsonscan.New(data)}
	c.value(v)
	c.End()
	if e := c.Err(); e != nil {
		c.problems = append(c.problems, Problem{e.Offset, e.Problem})
	}
	return c.problems
}

func (c *checker) problem(offset int, format string, args ...any) {
	if len(c.problems) < maxProblems {
		c.problems = append(c.problems, Problem{offset, fmt.Sprintf(format, args...)})
	}
}

func (c *checker) value(v *Schema) {
	kind := c.Peek()
	at := c.Offset()
	if len(v.kinds) > 0 && kind != jsonscan.None && !slices.Contains(v.kinds, kind) {
		c.problem(at, "expected %s, found %s", alternatives(v.kinds), kind)
		c.Skip()
		return
	}
	switch kind {
	case jsonscan.Object:
		c.object(v, at)
	case jsonscan.Array:
		for ok := c.EnterArray(); ok && c.NextItem(); {
			if v.items == nil {
				c.Skip()
			} else {
				c.value(v.items)
			}
		}
	case jsonscan.String:
		c.text(v, at)
	case jsonscan.Number:
		if t := c.Digits(); v.integer && strings.ContainsAny(t, ".eE") {
			c.problem(at, "%s is not a whole number", t)
		}
	default:
		c.Skip()
	}
}

func alternatives(kinds []jsonscan.Kind) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.String()
	}
	return strings.Join(names, " or ")
}

func (c *checker) object(v *Schema, at int) {
	missing := slices.Clone(v.required)
	for ok := c.EnterObject(); ok && c.NextKey(); {
		key := c.Key()
		if i := slices.Index(missing, key); i >= 0 {
			missing = slices.Delete(missing, i, i+1)
		}
		switch one, known := v.properties[key]; {
		case known:
			c.value(one)
		case v.additional != nil:
			c.value(v.additional)
		default:
			c.Skip()
		}
	}
	if c.Err() == nil && len(missing) > 0 {
		c.problem(at, "this object lacks %q", missing)
	}
}

func (c *checker) text(v *Schema, at int) {
	t := c.Text()
	switch {
	case c.Err() != nil:
	case len(v.values) > 0 && !slices.Contains(v.values, t):
		c.problem(at, "%q is none of %q", clip(t), v.values)
	case len(t) < v.minLength:
		c.problem(at, "expected a name, found an empty string")
	case v.pattern != nil && !v.pattern.MatchString(t):
		c.problem(at, "%q is not of the form %s", clip(t), v.pattern)
	}
}

func clip(t string) string {
	if len(t) > 80 {
		return t[:77] + "..."
	}
	return t
}
