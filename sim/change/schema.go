package change

import (
	"bytes"
	"encoding/json"

	"github.com/canreach/canreach/internal/located"
)

// SchemaURL is where the JSON Schema of change files is published.
const SchemaURL = "https://raw.githubusercontent.com/canreach/canreach/main/docs/schema/change.schema.json"

// JSONSchema returns the JSON Schema (2020-12) of change files, for editors.
// Operations and parameters are in camel case there; the program takes AWS's
// other spellings too.
func JSONSchema() []byte {
	items := located.Pairs()
	for _, o := range operations {
		key := o.key()
		if ambiguous(o) {
			key = o.service + "." + key
		}
		var body located.Value
		if o == patchOperation {
			body = located.Pairs("$ref", "#/$defs/patch")
		} else {
			body = structure(o.parameters...).schema()
		}
		body.Members = append([]located.Member{{Key: "description", Value: located.Of(o.doc)}}, body.Members...)
		items.Members = append(items.Members, located.Member{Key: key, Value: body})
	}
	for _, p := range [][2]string{{"account", "The account that is meant, where ids alone don't tell."}, {"region", "The region that is meant."},
		{"as", "The id to give what the operation creates, so that later changes can name it."}, {"comment", "For people."}} {
		items.Members = append(items.Members, located.Member{Key: p[0], Value: located.Pairs("type", "string", "description", p[1])})
	}
	one := located.Pairs("type", "object", "properties", items, "additionalProperties", false, "minProperties", 1)
	step := located.Pairs("type", "object", "required", []string{"op", "path"}, "properties", located.Pairs(
		"op", located.Pairs("enum", []string{"add", "remove", "replace", "move", "copy", "test"}),
		"path", located.Pairs("type", "string"), "from", located.Pairs("type", "string"), "value", true))
	ref := func(name string) located.Value { return located.Pairs("$ref", "#/$defs/"+name) }
	many := located.Pairs("type", "array", "items", ref("change"))
	root := located.Pairs(
		"$schema", "https://json-schema.org/draft/2020-12/schema", "$id", SchemaURL, "title", "canreach changes",
		"description", "Edits of an AWS snapshot by AWS's own operations, for canreach whatif --change.",
		"anyOf", []located.Value{many, ref("patch"), ref("change"), located.Pairs("type", "object", "required", []string{"changes"},
			"properties", located.Pairs("$schema", located.Pairs("type", "string"), "schema", located.Pairs("const", Schema),
				"comment", located.Pairs("type", "string"), "description", located.Pairs("type", "string"),
				"changes", located.Pairs("anyOf", []located.Value{many, ref("patch")})), "additionalProperties", false)},
		"$defs", located.Pairs("change", one, "patch", located.Pairs("type", "array", "items", step, "minItems", 1)))
	var b bytes.Buffer
	if err := json.Indent(&b, root.JSON(), "", "  "); err != nil {
		panic("unreachable: " + err.Error())
	}
	b.WriteByte('\n')
	return b.Bytes()
}

func (s *shape) schema() located.Value {
	switch {
	case s.policy:
		return located.Pairs("type", []string{"object", "string"})
	case s.value:
		return located.Pairs("anyOf", []located.Value{located.Pairs("type", "boolean"), located.Pairs("type", "object", "properties", located.Pairs("value", located.Pairs("type", "boolean")))})
	case len(s.words) > 0:
		return located.Pairs("enum", s.words)
	}
	switch s.kind {
	case located.String:
		return located.Pairs("type", []string{"string", "integer"})
	case located.Number:
		return located.Pairs("type", "integer")
	case located.Bool:
		return located.Pairs("type", "boolean")
	case located.List:
		elem := s.elem.schema()
		return located.Pairs("anyOf", []located.Value{located.Pairs("type", "array", "items", elem), elem})
	}
	properties, required := located.Pairs(), []string{}
	for _, f := range s.fields {
		v := f.shape.schema()
		if f.doc != "" {
			v.Members = append(v.Members, located.Member{Key: "description", Value: located.Of(f.doc)})
		}
		properties.Members = append(properties.Members, located.Member{Key: camel(f.name), Value: v})
		if f.required {
			required = append(required, camel(f.name))
		}
	}
	out := located.Pairs("type", "object", "properties", properties, "additionalProperties", false)
	if len(required) > 0 {
		out.Members = append(out.Members, located.Member{Key: "required", Value: located.Of(required)})
	}
	return out
}
