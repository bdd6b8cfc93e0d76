package plan

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// resource is one instance of a resource or data source, as it will be.
type resource struct {
	address, module string // "module.net.aws_subnet.a[0]", "module.net"
	typ, name       string
	index           any // the key of count (a number) or for_each (text); nil: neither
	data            bool
	actions         tfjson.Actions
	values, prior   map[string]any // after and before
	unknown         any            // mirrors values: true where a value is known after apply only
	secret          any            // mirrors values: true where a value is sensitive
	config          *tfjson.ConfigResource
	evaluated       bool // of a template: what is not in values is not set
}

func (r *resource) created() bool {
	return r.actions.Create() || r.actions.Replace()
}

func (r *resource) deleted() bool { return r.actions.Delete() || r.actions.Replace() }

// removed tells whether nothing is left of the resource.
func (r *resource) removed() bool { return r.actions.Delete() || r.actions.Forget() }

func (r *resource) unchanged() bool {
	return len(r.actions) == 0 || r.actions.NoOp() || r.actions.Read() || r.actions.Forget()
}

// get returns an attribute; false: it is known after apply only, or sensitive,
// and a sensitive value is not read. Nil and true say that it is not set.
func (r *resource) get(path ...any) (any, bool) {
	var v any = r.values
	u, s := r.unknown, r.secret
	for _, step := range path {
		if u == true || s == true {
			return nil, false
		}
		v, u, s = child(v, step), child(u, step), child(s, step)
	}
	if u == true || s == true {
		return nil, false
	}
	return v, true
}

func child(v any, step any) any {
	switch c := v.(type) {
	case map[string]any:
		if k, ok := step.(string); ok {
			return c[k]
		}
	case []any:
		if i, ok := step.(int); ok && i >= 0 && i < len(c) {
			return c[i]
		}
	}
	return nil
}

// text returns a known attribute as text; "" where it is null or unknown.
func (r *resource) text(path ...any) string {
	v, _ := r.get(path...)
	return asText(v)
}

func asText(v any) string {
	switch t := v.(type) {
	case string:
		return t
	case float64:
		return strconv.FormatFloat(t, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(t)
	}
	return ""
}

// list returns the elements of a list attribute that are known, and whether
// all are.
func (r *resource) list(path ...any) ([]any, bool) {
	v, known := r.get(path...)
	if !known {
		return nil, false
	}
	l, _ := v.([]any)
	marks, _ := at(r.unknown, path).([]any)
	known = len(marks) <= len(l)
	for i := range l {
		if _, ok := r.get(append(append([]any{}, path...), i)...); !ok {
			known = false
		}
	}
	return l, known
}

func at(v any, path []any) any {
	for _, step := range path {
		v = child(v, step)
	}
	return v
}

// texts is list, as text.
func (r *resource) texts(path ...any) ([]string, bool) {
	l, known := r.list(path...)
	var out []string
	for _, v := range l {
		if s := asText(v); s != "" {
			out = append(out, s)
		}
	}
	return out, known
}

// blocks is how many nested blocks (or list elements) stand at path.
func (r *resource) blocks(path ...any) int {
	v, _ := r.get(path...)
	l, _ := v.([]any)
	return len(l)
}

// configured tells whether the configuration sets an attribute or block: one
// that it leaves out is not managed by this resource. Without a configuration
// (a state) a value says so.
func (r *resource) configured(key string) bool {
	if r.evaluated {
		_, known := r.get(key)
		return !known || r.values[key] != nil
	}
	if r.config == nil || r.data {
		return r.blocks(key) > 0
	}
	return r.config.Expressions[key] != nil
}

// manages tells whether a list is all there is: the resource is new, sets it,
// or stands in a state. A data source lists none where it tells none.
func (r *resource) manages(key string) bool {
	return r.created() || r.configured(key) || r.config == nil && !r.data
}

// listed tells whether a state tells a list, even one without elements.
func (r *resource) listed(key string) bool {
	_, ok := r.values[key].([]any)
	return ok && r.config == nil && !r.data && !r.evaluated
}

// place is an attribute's address, e.g. "aws_route.r.gateway_id".
func (r *resource) place(path ...any) string {
	var b strings.Builder
	b.WriteString(r.address)
	for _, p := range path {
		if i, ok := p.(int); ok {
			fmt.Fprintf(&b, "[%d]", i)
		} else {
			fmt.Fprintf(&b, ".%v", p)
		}
	}
	return b.String()
}

var indexPart = regexp.MustCompile(`\[(?:\d+|"(?:[^"\\]|\\.)*")\]`)

// findConfig finds the configuration of the resource at an address.
func findConfig(c *tfjson.Config, address string) *tfjson.ConfigResource {
	if c == nil {
		return nil
	}
	modules, local := splitModules(address)
	m := c.RootModule
	for _, name := range modules {
		if m = callee(m, name); m == nil {
			return nil
		}
	}
	return configResource(m, local)
}
