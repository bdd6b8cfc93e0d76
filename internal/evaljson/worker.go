// Package evaljson is the JSON-lines form of policy decisions: one request a
// line in, one decision a line out, in order, in constant memory.
package evaljson

import (
	"strings"

	"github.com/canreach/canreach/rules/policy"
)

// Options change what a stream answers.
type Options struct {
	// Assume settles keys that a line names as unknown, by lower-case name.
	Assume map[string]policy.Value
	// Explain adds reasons, near misses and facts to each decision.
	Explain bool
}

// Worker decides lines one after another. It is not for concurrent use.
type Worker struct {
	options   Options
	documents *cache[parsed]
	fields    *cache[*layer]
	last      [fieldCount]*cacheEntry[*layer]

	evaluator  policy.Evaluator
	layers     policy.Layers
	request    policy.Request
	principals map[string]identity
	keys       map[string]keyName // by the key as written
	cursor     cursor
	line       line
	values     []string // backing of the context's values
	written    []string // the context's keys as the line writes them
	unknown    []string // the unknown keys as the line writes them
	assumed    []string
}

// identity is a principal with the keys that follow from it.
type identity struct {
	principal policy.Principal
	keys      []derivedKey
	err       string
}

type derivedKey struct {
	name  string
	value policy.Value
}

// line is what one line holds, as far as it is read.
type line struct {
	id        []byte // raw JSON; nil where there is none
	raw       [fieldCount][]byte
	known     [fieldCount]bool // the field's text is that of Worker.last
	endpoint  policy.EndpointType
	seen      uint32 // which members were met
	request   bool
	session   string
	principal identity
}

// NewWorker makes a worker with empty caches.
func NewWorker(o Options) *Worker {
	return &Worker{
		options: o, documents: newCache[parsed](), fields: newCache[*layer](),
		principals: map[string]identity{}, keys: map[string]keyName{},
		request: policy.Request{Context: map[string]policy.Value{}},
	}
}

// Decide appends the answer to one line to out, without a newline. It is false
// where the line could not be read: then the answer says why.
func (w *Worker) Decide(text, out []byte) ([]byte, bool) {
	err := w.read(text)
	if err == nil {
		err = w.gather()
	}
	if err != nil {
		if w.line.id == nil {
			w.findID(text)
		}
		return appendError(out, w.line.id, err), false
	}
	var d policy.Decision
	if w.options.Explain {
		d = w.evaluator.Evaluate(&w.layers, &w.request)
	} else {
		d = w.evaluator.Judge(&w.layers, &w.request)
	}
	d.Assumptions = append(d.Assumptions, w.assumed...)
	w.spell(d.Needs)
	return appendDecision(out, w.line.id, &d, w.options.Explain), true
}

// spell writes the keys that would settle a request as its line does, where it
// names them; else they stay as the policy writes them.
func (w *Worker) spell(needs []policy.Need) {
	for i := range needs {
		for _, name := range w.unknown {
			if strings.EqualFold(name, needs[i].Key) {
				needs[i].Key = name
			}
		}
	}
}

var endpointTypes = map[string]policy.EndpointType{"Gateway": policy.EndpointGateway, "Interface": policy.EndpointInterface, "gateway": policy.EndpointGateway, "interface": policy.EndpointInterface}

// read takes the line apart.
func (w *Worker) read(text []byte) *lineError {
	w.line = line{endpoint: policy.EndpointUnspecified}
	w.assumed = w.assumed[:0]
	c := &w.cursor
	*c = cursor{b: text, path: c.path[:0]}
	err := c.object("a line", func(key string) *lineError { return w.member(c, key) })
	if err != nil {
		return err
	}
	if c.peek() != 0 || c.pos < len(c.b) {
		return c.fail("unexpected text after the object")
	}
	if !w.line.request {
		return c.fail("request is missing")
	}
	return nil
}

func (w *Worker) member(c *cursor, key string) *lineError {
	for f, name := range fieldNames {
		if key == name {
			if err := w.once(c, uint(f)); err != nil {
				return err
			}
			return w.rawField(c, field(f))
		}
	}
	switch key {
	case "id":
		if err := w.once(c, 16); err != nil {
			return err
		}
		return w.readID(c)
	case "request":
		if err := w.once(c, 17); err != nil {
			return err
		}
		w.line.request = true
		return w.readRequest(c)
	case "endpointType":
		if err := w.once(c, 18); err != nil {
			return err
		}
		if c.null() {
			return nil
		}
		if c.peek() != '"' {
			return c.fail("endpointType must be a string, got %s", c.here())
		}
		t, err := c.text()
		if err != nil {
			return err
		}
		e, ok := endpointTypes[t]
		if !ok {
			e, ok = endpointTypes[strings.ToLower(t)]
		}
		if !ok {
			return c.fail("endpointType is Gateway or Interface, got %q", clip(t))
		}
		w.line.endpoint = e
		return nil
	}
	return c.fail("unknown key %q", clip(key))
}

// once refuses a key that was met before; bit is its number.
func (w *Worker) once(c *cursor, bit uint) *lineError {
	if w.line.seen>>bit&1 == 1 {
		return c.fail("duplicate key")
	}
	w.line.seen |= 1 << bit
	return nil
}

// rawField finds the text of a field. The text that the field had last is
// recognised without looking for its end.
func (w *Worker) rawField(c *cursor, f field) *lineError {
	if c.null() {
		return nil
	}
	if e := w.last[f]; e != nil && len(c.b)-c.pos >= len(e.text) && string(c.b[c.pos:c.pos+len(e.text)]) == string(e.text) {
		w.line.raw[f], w.line.known[f] = c.b[c.pos:c.pos+len(e.text)], true
		c.pos += len(e.text)
		return nil
	}
	raw, err := c.raw()
	w.line.raw[f] = raw
	return err
}

func (w *Worker) readID(c *cursor) *lineError {
	start := c.pos
	switch ch := c.peek(); {
	case ch == '"':
		if _, err := c.text(); err != nil {
			return err
		}
	case ch == '-' || ch >= '0' && ch <= '9':
		if _, ok := c.number(); !ok {
			return c.fail("invalid number")
		}
	case c.null():
	default:
		return c.fail("id must be a string or a number, got %s", c.here())
	}
	w.line.id = c.b[start:c.pos]
	return nil
}

// findID looks for the id behind the place where a line could not be read.
func (w *Worker) findID(text []byte) {
	c := &cursor{b: text}
	_ = c.object("a line", func(key string) *lineError {
		if key == "id" {
			return w.readID(c)
		}
		if ch := c.peek(); ch == '{' || ch == '[' || ch == '"' {
			_, err := c.raw()
			return err
		}
		for c.pos < len(c.b) && c.b[c.pos] != ',' && c.b[c.pos] != '}' {
			c.pos++
		}
		return nil
	})
}

// gather makes the layers and the request ready.
func (w *Worker) gather() *lineError {
	w.layers = policy.Layers{ResourceKind: policy.KindOfResource(w.request.Action, w.request.Resource)}
	if policy.NeedsNoPermission(w.request.Action) {
		w.layers.Identity = policy.NothingNeeded
		return nil
	}
	for f, raw := range w.line.raw {
		if raw == nil {
			continue
		}
		kind := fieldKinds[f]
		if field(f) == resourcePolicy {
			kind = w.layers.ResourceKind
		}
		l := w.layerOf(field(f), kind, raw)
		if l.err != nil {
			return l.err
		}
		w.place(field(f), l)
	}
	return nil
}

func (w *Worker) place(f field, l *layer) {
	to := &w.layers
	switch f {
	case identityPolicies:
		to.Identity = l.list
	case permissionsBoundary:
		to.Boundary = l.one
	case sessionPolicies:
		to.Session = l.list
	case serviceControlPolicies:
		if len(l.levels) > 0 {
			to.SCPs = l.levels
		}
	case resourceControlPolicies:
		if len(l.levels) > 0 {
			to.RCPs = l.levels
		}
	case endpointPolicy:
		to.Endpoint, to.EndpointType = l.one, w.line.endpoint
	case resourcePolicy:
		to.Resource = l.one
	case accessPointPolicy:
		to.AccessPoint = l.one
	case fieldCount:
	}
}

func clip(s string) string {
	const limit = 100
	if len(s) > limit {
		return strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return s
}
