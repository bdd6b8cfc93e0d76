package access

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/sim"
)

// use is a job or function that gets interfaces of a class, and the question
// that asks for it.
type use struct {
	name, role string
	ask        *sim.Question
}

// jobClass is jobs of one kind and role whose interfaces are of the same classes.
type jobClass struct {
	names   []string
	first   use
	sources []int
}

// name is the class in a table.
func (c *jobClass) name() string {
	if n := len(c.names); n > 1 {
		return fmt.Sprintf("%s and %d more", c.names[0], n-1)
	}
	return c.names[0]
}

// jobClasses sorts the jobs and functions that the sources' interfaces are for.
func (t *Table) jobClasses() (out []*jobClass) {
	type place struct{ source, class int }
	of := map[use][]place{}
	var order []use
	for i := range t.Sources {
		for k := range t.Sources[i].Classes {
			for _, u := range t.Sources[i].Classes[k].uses {
				if of[u] == nil {
					order = append(order, u)
				}
				of[u] = append(of[u], place{i, k})
			}
		}
	}
	slices.SortStableFunc(order, func(a, b use) int { return strings.Compare(a.name+"\n"+a.role, b.name+"\n"+b.role) })
	index := map[string]*jobClass{}
	for _, u := range order {
		kind, _, _ := strings.Cut(u.name, " ")
		key := fmt.Sprint(kind, " ", u.role, of[u])
		c := index[key]
		if c == nil {
			c = &jobClass{first: u}
			for _, p := range of[u] {
				if !slices.Contains(c.sources, p.source) {
					c.sources = append(c.sources, p.source)
				}
			}
			index[key] = c
			out = append(out, c)
		}
		c.names = append(c.names, u.name)
	}
	return out
}

// JobMatrix is job classes × buckets: what a job with its own role can do,
// wherever it is placed, as sim.World.Check says. Its rows are named in Roles.
func (t *Table) JobMatrix(ctx context.Context, action string, buckets []string) (*Matrix, error) {
	m := &Matrix{By: "job", Action: action, Roles: []string{}, Buckets: buckets, Cells: [][]Cell{}}
	type key struct {
		role, resource string
		source         int
	}
	rows := map[key]*Row{}
	for i := range t.Rows {
		if r := &t.Rows[i]; strings.EqualFold(r.Action, action) {
			rows[key{r.Role, r.Resource, r.Source}] = r
		}
	}
	for _, c := range t.jobClasses() {
		_, known := t.w.FindRole(c.first.role)
		line := make([]Cell, len(buckets))
		for j, b := range buckets {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			cell := &line[j]
			cell.Verdict = sim.Blocked
			for _, s := range c.sources {
				if r := rows[key{c.first.role, b, s}]; r != nil && r.Reaches() {
					cell.Sources = append(cell.Sources, s)
				} else if r != nil || !known {
					cell.Unknown = append(cell.Unknown, s)
				}
			}
			if len(cell.Sources)+len(cell.Unknown) == 0 {
				continue
			}
			q := *c.first.ask
			q.Bucket, q.Actions, q.Options = b, []string{action}, t.options
			out, err := t.w.Decide(q)
			if err != nil {
				return nil, fmt.Errorf("%s to %s: %w", c.names[0], b, err)
			}
			if cell.Verdict = out[0].Verdict; cell.Verdict == sim.Blocked { // the job itself is stopped
				*cell = Cell{Verdict: sim.Blocked}
			}
		}
		m.Roles, m.Cells = append(m.Roles, c.name()), append(m.Cells, line)
	}
	return m, nil
}
