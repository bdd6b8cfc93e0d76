package sim_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	. "github.com/canreach/canreach/internal/world"
	"github.com/canreach/canreach/sim"
)

// Every pointer of an answer resolves in the native snapshot, so that a
// finding can be checked by eye.
func TestPointersResolve(t *testing.T) {
	for i := range traps {
		t.Run(traps[i].id, func(t *testing.T) {
			w := Policy(traps[i].edits...)
			a, err := sim.NewWorld(w.Snapshot(t)).Check(traps[i].question())
			if err != nil {
				t.Fatal(err)
			}
			var root any
			if err := json.Unmarshal(w.JSON(), &root); err != nil {
				t.Fatal(err)
			}
			for _, p := range pointersOf(a) {
				if !resolves(root, p) {
					t.Errorf("%s does not resolve", p)
				}
			}
			for _, f := range a.Findings {
				if f.Pointer == "" && f.Severity == sim.Blocker {
					t.Errorf("%s has no pointer", f.Code)
				}
			}
		})
	}
}

func pointersOf(a *sim.Answer) []string {
	var out []string
	add := func(p string) {
		if p != "" {
			out = append(out, p)
		}
	}
	for _, f := range a.Findings {
		add(f.Pointer)
	}
	for _, u := range a.Unknowns {
		add(u.Pointer)
	}
	for _, p := range a.Placements {
		for _, h := range p.Network.Path {
			add(h.Pointer)
		}
		for _, path := range p.Network.Paths {
			for _, h := range path.Hops {
				add(h.Pointer)
			}
		}
		for _, r := range p.Requests {
			for _, l := range r.Layers {
				for _, s := range l.Statements {
					add(s.Pointer)
				}
			}
		}
	}
	return out
}

func resolves(v any, pointer string) bool {
	for _, token := range strings.Split(pointer, "/")[1:] {
		token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		switch x := v.(type) {
		case map[string]any:
			var ok bool
			if v, ok = x[token]; !ok {
				return false
			}
		case []any:
			n, err := strconv.Atoi(token)
			if err != nil || n < 0 || n >= len(x) {
				return false
			}
			v = x[n]
		default:
			return false
		}
	}
	return true
}
