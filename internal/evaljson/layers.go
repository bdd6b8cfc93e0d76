package evaljson

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/canreach/canreach/rules/policy"
)

// field is a member of a line that holds policies.
type field uint8

const (
	identityPolicies field = iota
	permissionsBoundary
	sessionPolicies
	serviceControlPolicies
	resourceControlPolicies
	endpointPolicy
	resourcePolicy
	accessPointPolicy
	fieldCount
)

var fieldNames = [fieldCount]string{"identityPolicies", "permissionsBoundary", "sessionPolicies", "serviceControlPolicies", "resourceControlPolicies", "endpointPolicy", "resourcePolicy", "accessPointPolicy"}

var fieldKinds = [fieldCount]policy.Kind{policy.KindIdentity, policy.KindBoundary, policy.KindSession, policy.KindSCP, policy.KindRCP, policy.KindEndpoint, policy.KindBucket, policy.KindAccessPoint}

// layer is what a field holds, parsed.
type layer struct {
	one    *policy.Policy
	list   []policy.Policy
	levels [][]policy.Policy
	err    *lineError
}

// layerOf parses the field's text, or remembers what it made of it before.
func (w *Worker) layerOf(f field, kind policy.Kind, raw []byte) *layer {
	tag := byte(f)<<4 | byte(kind)
	if last := w.last[f]; w.line.known[f] && last.tag == tag {
		return last.value
	}
	e, ok := w.fields.find(tag, raw)
	if !ok {
		l := &layer{}
		c := &cursor{b: raw, path: []string{fieldNames[f]}}
		switch f {
		case identityPolicies, sessionPolicies:
			l.list, l.err = w.policies(c, kind, fieldNames[f])
		case serviceControlPolicies, resourceControlPolicies:
			l.levels = [][]policy.Policy{}
			l.err = c.array(fieldNames[f], func(i int) *lineError {
				list, err := w.policies(c, kind, fieldNames[f]+"/"+strconv.Itoa(i))
				l.levels = append(l.levels, list)
				return err
			})
		default:
			var p policy.Policy
			p, l.err = w.document(c, kind, fieldNames[f])
			l.one = &p
		}
		e = w.fields.add(tag, raw, l)
	}
	w.last[f] = e
	return e.value
}

// policies reads a list of policies.
func (w *Worker) policies(c *cursor, kind policy.Kind, name string) ([]policy.Policy, *lineError) {
	list := []policy.Policy{}
	err := c.array(name, func(i int) *lineError {
		p, err := w.named(c, kind, name+"/"+strconv.Itoa(i))
		list = append(list, p)
		return err
	})
	return list, err
}

// named reads a policy that may be wrapped: {"name": …, "document": …}.
func (w *Worker) named(c *cursor, kind policy.Kind, name string) (policy.Policy, *lineError) {
	if c.peek() != '{' {
		return w.document(c, kind, name)
	}
	start := c.pos
	raw, err := c.raw()
	if err != nil {
		return policy.Policy{}, err
	}
	if !wrapped(raw) {
		return w.parse(c, raw, kind, name)
	}
	end := c.pos
	c.pos = start
	p := policy.Policy{Name: name}
	seen := map[string]bool{}
	err = c.object("a policy", func(key string) *lineError {
		if seen[key] {
			return c.fail("duplicate key %q", key)
		}
		seen[key] = true
		switch key {
		case "name":
			if c.peek() != '"' {
				return c.fail("name must be a string, got %s", c.here())
			}
			text, err := c.text()
			p.Name = string([]byte(text))
			return err
		case "document":
			d, err := w.document(c, kind, name)
			p.Document = d.Document
			return err
		}
		return c.fail("unknown key: a policy has name and document")
	})
	if err == nil && p.Document == nil {
		err = c.fail("a policy needs a document")
	}
	if err == nil {
		c.pos = end
	}
	return p, err
}

// wrapped tells an object with a key "document" from a policy document.
func wrapped(raw []byte) bool {
	c := &cursor{b: raw}
	found := false
	_ = c.object("a policy", func(key string) *lineError {
		found = found || key == "document" || key == "name"
		if ch := c.peek(); ch == '{' || ch == '[' || ch == '"' {
			_, err := c.raw()
			return err
		}
		for c.pos < len(c.b) && c.b[c.pos] != ',' && c.b[c.pos] != '}' {
			c.pos++
		}
		return nil
	})
	return found
}

// document reads a policy document: an object, or a string that holds one (P18).
func (w *Worker) document(c *cursor, kind policy.Kind, name string) (policy.Policy, *lineError) {
	if ch := c.peek(); ch != '{' && ch != '"' {
		err := c.fail("a policy document is an object, or a string that holds one, got %s", c.here())
		err.code = codePolicy
		return policy.Policy{}, err
	}
	raw, err := c.raw()
	if err != nil {
		return policy.Policy{}, err
	}
	return w.parse(c, raw, kind, name)
}

// parse parses a document, or remembers what it made of it before.
func (w *Worker) parse(c *cursor, raw []byte, kind policy.Kind, name string) (policy.Policy, *lineError) {
	e, ok := w.documents.find(byte(kind), raw)
	if !ok {
		d, err := policy.Parse(raw, kind)
		e = w.documents.add(byte(kind), raw, parsed{d, err})
	}
	if err := e.value.err; err != nil {
		out := c.fail("")
		out.code, out.message = codePolicy, err.Error()
		var se *policy.SyntaxError
		if errors.As(err, &se) {
			out.pointer += se.Pointer
			out.message = fmt.Sprintf("%s (line %d, column %d of the document)", se.Problem, se.Line, se.Column)
		}
		return policy.Policy{}, out
	}
	return policy.Policy{Name: name, Document: e.value.document}, nil
}

// parsed is what came of a document.
type parsed struct {
	document *policy.Document
	err      error
}
