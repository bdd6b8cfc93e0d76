package access

import (
	"context"
	"slices"

	"github.com/canreach/canreach/sim"
)

// plan is which questions stand for which: one class holds every role, source
// and bucket that no rule and no policy tells apart.
type plan struct {
	w         *sim.World
	roles     []string
	resources []string
	actions   []string
	policies  *sim.Classes
	sources   *sources
	classes   []item // the first of each class
	pairs     []pair // ordered by resource and role
}

// pair is a role and a resource of which something may be allowed.
type pair struct {
	role, resource int
	actions        []int // which of the plan's
	of             []int // the class of each source that may arrive there
	from           []int // those sources
}

// questionKey tells classes apart.
type questionKey struct {
	pair      sim.Pair
	endpoints uint32 // what the policies of those say, and the bucket's of them
	asked     uint32 // what the role's say of them
	source    int    // the first source of its kind
}

func newPlan(w *sim.World, q *Query, roles, resources []string) (*plan, error) {
	p := &plan{w: w, roles: distinct(roles), resources: distinct(resources), actions: distinct(q.Actions)}
	var err error
	p.policies, err = sim.NewClasses(w, p.roles, p.resources, p.actions, q.Options)
	return p, err
}

// sort finds the classes of the questions from the sources; of a part, of those
// that are asked.
func (p *plan) sort(ctx context.Context, s *sources, of *part) error {
	p.sources = s
	allowed := map[sim.Pair][]int{}
	index := map[questionKey]int{}
	for j, resource := range p.resources {
		if err := ctx.Err(); err != nil {
			return err
		}
		open := s.toward(p.w, resource)
		endpoints := make([]uint32, len(s.list))
		for _, n := range open {
			endpoints[n] = p.policies.Endpoints(s.list[n].endpoints, resource)
		}
		for i, role := range p.roles {
			from := of.narrow(role, resource, open)
			if len(from) == 0 {
				continue
			}
			k := p.policies.Of(role, resource)
			actions, known := allowed[k]
			if !known {
				actions = p.grantable(role, resource)
				allowed[k] = actions
			}
			if len(actions) == 0 {
				continue
			}
			one := pair{role: i, resource: j, actions: actions, from: from, of: make([]int, len(from))}
			for x, n := range from {
				key := questionKey{k, endpoints[n], p.policies.Asked(role, s.list[n].endpoints), s.list[n].like}
				at, known := index[key]
				if !known {
					at = len(p.classes)
					index[key] = at
					p.classes = append(p.classes, p.first(&one, n))
				}
				one.of[x] = at
			}
			p.pairs = append(p.pairs, one)
		}
	}
	return nil
}

func distinct(list []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(list)))
}

func (p *plan) first(of *pair, source int) item {
	it := item{role: p.roles[of.role], source: source, resource: p.resources[of.resource]}
	for _, a := range of.actions {
		it.actions = append(it.actions, p.actions[a])
	}
	return it
}

// grantable lists the actions that some statement may allow a role on a
// resource; nothing else is worth a question.
func (p *plan) grantable(role, resource string) (out []int) {
	for i, a := range p.actions {
		if p.w.MayAllow(role, resource, a) {
			out = append(out, i)
		}
	}
	return out
}

// rows gives every member of a class the class's answer.
func (p *plan) rows(answers [][]*Answer) []Row {
	out := []Row{}
	for first := 0; first < len(p.pairs); {
		last := first
		for last < len(p.pairs) && p.pairs[last].resource == p.pairs[first].resource {
			last++
		}
		for a := range p.actions {
			for i := range p.pairs[first:last] {
				one := &p.pairs[first+i]
				at := slices.Index(one.actions, a)
				if at < 0 {
					continue
				}
				for x, class := range one.of {
					if answer := answers[class][at]; answer != nil {
						out = append(out, Row{Role: p.roles[one.role], Source: one.from[x], Resource: p.resources[one.resource], Action: answer.action, Answer: answer})
					}
				}
			}
		}
		first = last
	}
	return out
}
