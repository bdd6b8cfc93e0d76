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
	Pointer string          `json:"pointer"`
	By      []string        `json:"by"` // what points at it
	Found   bool            `json:"found"`
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
		note(f.Pointer, "finding "+f.Code)
	}
	for _, m := range a.Unknowns {
		note(m.Pointer, "unknown "+m.Code)
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
		if text := resolve(tree.Root, pointer); text != nil {
			r.Found, r.Text = true, text
		}
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

// resolve returns the value at pointer. A policy document may be a string
// that holds JSON, and pointers lead into it.
func resolve(root *jsontree.Node, pointer string) json.RawMessage {
	if n := root.Resolve(pointer); n != nil {
		return compact(n.Raw())
	}
	for end := strings.LastIndexByte(pointer, '/'); end > 0; end = strings.LastIndexByte(pointer[:end], '/') {
		n := root.Resolve(pointer[:end])
		if n == nil {
			continue
		}
		if n.Kind() != jsontree.String {
			return nil
		}
		inner, err := jsontree.Parse([]byte(n.Text()))
		if err != nil {
			return nil
		}
		return resolve(inner.Root, pointer[end:])
	}
	return nil
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
