package access

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/canreach/canreach/sim"
)

// Group is rows that fare alike: roles that can do the same, from the same
// sources, by the same paths.
type Group struct {
	Resource string          `json:"resource"`
	Action   string          `json:"action"`
	Verdict  sim.Verdict     `json:"verdict"`
	Objects  string          `json:"objects,omitempty"`
	Roles    []string        `json:"roles"`
	Sources  []int           `json:"sources"` // indexes into Table.Sources
	Via      []string        `json:"via,omitempty"`
	Witness  *sim.Example    `json:"witness,omitempty"` // of the first role and source
	Allows   []sim.Statement `json:"allows,omitempty"`
	Missing  []string        `json:"missing,omitempty"`
}

// Groups joins rows that fare alike: first the sources of each role, then the
// roles whose sources and statements are the same. What passes comes first,
// then what is UNKNOWN.
func (t *Table) Groups() []Group {
	index := map[string]int{}
	var out []Group
	for _, one := range t.join() {
		g := one.Group
		d := t.Explain(one.first)
		g.Witness, g.Allows, g.Missing = d.Witness, d.Allows, d.Facts()
		key := fmt.Sprint(g.Resource, "\n", g.Action, g.Verdict, g.Sources, g.Via, g.Missing, statementKey(g.Allows))
		if n, known := index[key]; known {
			out[n].Roles = append(out[n].Roles, g.Roles...)
			continue
		}
		index[key] = len(out)
		out = append(out, g)
	}
	slices.SortStableFunc(out, func(a, b Group) int {
		return cmp.Or(cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Action, b.Action), cmp.Compare(rank(a.Verdict), rank(b.Verdict)), slices.Compare(a.Roles, b.Roles))
	})
	return out
}

// joined is a group of one role with its first row.
type joined struct {
	Group
	first *Row
}

// join makes a group of the sources from which one role fares alike.
func (t *Table) join() []joined {
	index := map[string]int{}
	var out []joined
	for i := range t.Rows {
		r := &t.Rows[i]
		var missing []string
		if r.Verdict == sim.Unknown {
			d := t.Explain(r)
			missing = d.Facts()
		}
		key := fmt.Sprint(r.Resource, "\n", r.Action, "\n", r.Role, "\n", r.Verdict, r.Via, missing)
		n, known := index[key]
		if !known {
			n = len(out)
			index[key] = n
			out = append(out, joined{Group{Resource: r.Resource, Action: r.Action, Verdict: r.Verdict, Objects: r.Objects, Roles: []string{r.Role}, Via: r.Via}, r})
		}
		out[n].Sources = append(out[n].Sources, r.Source)
	}
	return out
}

// statementKey tells statements apart by what they are, not whose role holds
// them: roles with the same inline policy fare alike.
func statementKey(list []sim.Statement) string {
	var key string
	for _, s := range list {
		key += fmt.Sprint(s.Policy, "#", s.Index, s.Sid, ";")
	}
	return key
}

func rank(v sim.Verdict) int {
	switch v {
	case sim.Reachable:
		return 0
	case sim.Partial:
		return 1
	}
	return 2
}
