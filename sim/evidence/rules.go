package evidence

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/sim"
)

// SchemaRules names the JSON contract of rules.json.
const SchemaRules = "canreach.rules/v1"

// rulesFile is every place in the snapshot that an answer points at.
type rulesFile struct {
	Schema string `json:"schema"`
	Rules  []rule `json:"rules"`
}

// rule is one place in the snapshot, with what stands there.
type rule struct {
	Pointer string   `json:"pointer"`
	By      []string `json:"by"` // what points at it
	Found   bool     `json:"found"`
	// Encoded: the snapshot has it as a string that holds JSON, as AWS prints
	// policies; Text is what the string holds.
	Encoded bool            `json:"encoded,omitempty"`
	Text    json.RawMessage `json:"text,omitempty"`
}

// decidingRules collects the places that a points at, sorted by pointer, and
// reads what the native snapshot has there.
func decidingRules(native []byte, a *sim.Answer) ([]rule, error) {
	by := map[string][]string{}
	note := func(pointer, who string) {
		if pointer != "" && !slices.Contains(by[pointer], who) {
			by[pointer] = append(by[pointer], who)
		}
	}
	for _, f := range a.Findings {
		note(f.Pointer, "finding "+f.Code.String())
	}
	for _, m := range a.Unknowns {
		note(m.Pointer, "unknown "+m.Code.String())
	}
	for i := range a.Placements {
		notePlacement(&a.Placements[i], note)
	}
	tree, err := jsontree.Parse(native)
	if err != nil {
		return nil, err
	}
	rules := make([]rule, 0, len(by))
	for pointer, who := range by {
		slices.Sort(who)
		r := rule{Pointer: pointer, By: who}
		r.read(tree.Root)
		rules = append(rules, r)
	}
	slices.SortFunc(rules, func(x, y rule) int { return strings.Compare(x.Pointer, y.Pointer) })
	return rules, nil
}

func notePlacement(p *sim.Placement, note func(pointer, who string)) {
	hops := slices.Clone(p.Network.Path)
	for _, path := range p.Network.Paths {
		hops = append(hops, path.Hops...)
	}
	for _, h := range hops {
		note(h.Pointer, "path "+h.Component)
	}
	for _, r := range p.Requests {
		for _, l := range r.Layers {
			for _, s := range l.Statements {
				note(s.Pointer, "layer "+l.Layer+" for "+r.Action)
			}
		}
	}
}

// read takes what stands at the pointer. A policy document may be a string
// that holds JSON, and pointers lead into it.
func (r *rule) read(root *jsontree.Node) {
	n := root.Resolve(r.Pointer)
	for end := len(r.Pointer); n == nil; {
		if end = strings.LastIndexByte(r.Pointer[:end], '/'); end <= 0 {
			return
		}
		outer := root.Resolve(r.Pointer[:end])
		if outer == nil {
			continue
		}
		inner := document(outer)
		if inner == nil {
			return
		}
		if n = inner.Resolve(r.Pointer[end:]); n == nil {
			return
		}
		r.Encoded = true
	}
	if inner := document(n); inner != nil {
		n, r.Encoded = inner, true
	}
	r.Text = compact(n.Raw())
	r.Found = r.Text != nil
}

// document is the JSON object that a string holds; nil: it holds none.
func document(n *jsontree.Node) *jsontree.Node {
	if n.Kind() != jsontree.String {
		return nil
	}
	inner, err := jsontree.Parse([]byte(n.Text()))
	if err != nil || inner.Root.Kind() != jsontree.Object {
		return nil
	}
	return inner.Root
}

func compact(raw []byte) json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return nil
	}
	return b.Bytes()
}

// pretty is the text of a rule for people.
func (r *rule) pretty() string {
	if !r.Found {
		return ""
	}
	var b bytes.Buffer
	if json.Indent(&b, r.Text, "", "  ") != nil {
		return string(r.Text)
	}
	return b.String()
}
