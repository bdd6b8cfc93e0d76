package access

import (
	"cmp"
	"slices"

	"github.com/canreach/canreach/sim"
)

// Matrix is roles × buckets: what each role can do to each bucket from the
// source that lets it do most.
type Matrix struct {
	By      string   `json:"by,omitempty"` // "job": Roles names classes of jobs
	Action  string   `json:"action"`
	Roles   []string `json:"roles"`
	Buckets []string `json:"buckets"`
	// Cells[i][j] is of Roles[i] and Buckets[j].
	Cells [][]Cell `json:"cells"`
}

// Cell is one role and one bucket. The zero value claims nothing.
type Cell struct {
	Verdict sim.Verdict `json:"verdict"`
	Sources []int       `json:"sources,omitempty"` // from which some request passes
	Unknown []int       `json:"unknown,omitempty"` // from which it is not known
}

// Matrix sorts the table's rows of one action into cells. A cell is REACHABLE
// or PARTIAL where some source is, else UNKNOWN where one is, else BLOCKED.
func (t *Table) Matrix(action string, roles, buckets []string) *Matrix {
	m := &Matrix{Action: action, Roles: roles, Buckets: buckets, Cells: make([][]Cell, len(roles))}
	row, column := positions(roles), positions(buckets)
	for i := range m.Cells {
		m.Cells[i] = make([]Cell, len(buckets))
		for j := range m.Cells[i] {
			m.Cells[i][j].Verdict = sim.Blocked
		}
	}
	for k := range t.Rows {
		r := &t.Rows[k]
		i, known := row[r.Role]
		j, known2 := column[r.Resource]
		if r.Action != action || !known || !known2 {
			continue
		}
		c := &m.Cells[i][j]
		if r.Reaches() {
			c.Sources = append(c.Sources, r.Source)
		} else {
			c.Unknown = append(c.Unknown, r.Source)
		}
		c.Verdict = stronger(c.Verdict, r.Verdict)
	}
	return m
}

func positions(list []string) map[string]int {
	out := make(map[string]int, len(list))
	for i, s := range list {
		out[s] = i
	}
	return out
}

// stronger is the verdict that lets more through.
func stronger(a, b sim.Verdict) sim.Verdict {
	order := []sim.Verdict{sim.Blocked, sim.Unknown, sim.Partial, sim.Reachable}
	if slices.Index(order, a) >= slices.Index(order, b) {
		return a
	}
	return b
}

// Names lists the roles and resources of the table's rows, in order.
func (t *Table) Names() (roles, resources []string) {
	for i := range t.Rows {
		roles, resources = append(roles, t.Rows[i].Role), append(resources, t.Rows[i].Resource)
	}
	slices.SortFunc(roles, cmp.Compare[string])
	slices.SortFunc(resources, cmp.Compare[string])
	return slices.Compact(roles), slices.Compact(resources)
}
