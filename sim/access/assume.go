package access

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

// MaxDepth is how many calls of sts:AssumeRole a chain may have.
const MaxDepth = 5

// maxChains is how many chains are listed.
const maxChains = 1000

// Chain is principals each of which can assume the next by sts:AssumeRole, with
// credentials that are used from the same source throughout. A first principal
// that the snapshot does not hold makes it UNKNOWN.
//
// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
type Chain struct {
	Principals []string    `json:"principals"` // ARNs; of one alone, who may assume it is not known
	Verdict    sim.Verdict `json:"verdict"`
	Sources    []int       `json:"sources"` // indexes into Table.Sources: from where every call can be made
	// Reaches are those of the sources from which the last role surely passes
	// some of the table's requests, too.
	Reaches []int    `json:"reaches,omitempty"`
	Missing []string `json:"missing,omitempty"`
}

// Chains are the chains of at most depth calls that end (or, with forward,
// begin) with one of the roles, from each source of the table, shortest first;
// left counts those beyond a bound. The query has to have asked for them.
func (t *Table) Chains(ctx context.Context, roles []string, depth int, forward bool) (list []Chain, left int, err error) {
	a := &assumptions{t: t, roles: Roles(t.w.Snapshot()), forward: forward, trusts: map[string]*trust{}}
	like := map[string][]int{} // sources whose calls of STS fare alike
	var order []string
	for i := range t.Sources {
		s := &t.Sources[i]
		if like[s.calls] == nil {
			order = append(order, s.calls)
		}
		like[s.calls] = append(like[s.calls], i)
	}
	index := map[string]int{}
	for _, calls := range order {
		a.source, a.steps = like[calls][0], map[[2]string]Chain{}
		found, more, err := a.chains(ctx, roles, min(depth, MaxDepth))
		if err != nil {
			return nil, 0, err
		}
		left += more
		for _, c := range found {
			key := fmt.Sprint(c.Principals, c.Verdict, c.Missing)
			at, known := index[key]
			if !known {
				at = len(list)
				index[key] = at
				list = append(list, c)
			}
			list[at].Sources = append(list[at].Sources, like[calls]...)
		}
	}
	t.follow(list)
	slices.SortStableFunc(list, func(a, b Chain) int {
		return cmp.Or(cmp.Compare(len(a.Principals), len(b.Principals)), slices.Compare(a.Principals, b.Principals))
	})
	if len(list) > maxChains {
		left += len(list) - maxChains
		list = list[:maxChains]
	}
	return list, left, nil
}

// follow finds out whether the last role of a chain gets through from where
// the chain's calls can be made.
func (t *Table) follow(list []Chain) {
	type from struct {
		role   string
		source int
	}
	passes := map[from]bool{}
	for i := range t.Rows {
		if r := &t.Rows[i]; r.Reaches() {
			passes[from{r.Role, r.Source}] = true
		}
	}
	for i := range list {
		c := &list[i]
		slices.Sort(c.Sources)
		for _, s := range c.Sources {
			if passes[from{c.Principals[len(c.Principals)-1], s}] {
				c.Reaches = append(c.Reaches, s)
			}
		}
	}
}

// Only keeps the rows of some roles.
func (t *Table) Only(roles []string) {
	t.Rows = slices.DeleteFunc(t.Rows, func(r Row) bool { return !slices.Contains(roles, r.Role) })
}

// assumptions decides which role can assume which from one source.
type assumptions struct {
	t       *Table
	source  int
	roles   []string
	forward bool
	trusts  map[string]*trust   // nil: the snapshot lacks the policy
	steps   map[[2]string]Chain // decided; a chain without principals leads nowhere
}

// chains are those from one source, shortest first.
func (a *assumptions) chains(ctx context.Context, roles []string, depth int) (list []Chain, left int, err error) {
	level := make([]Chain, 0, len(roles))
	for _, r := range roles {
		level = append(level, Chain{Principals: []string{r}, Verdict: sim.Reachable})
	}
	for range depth {
		var next []Chain
		for i := range level {
			c := &level[i]
			end := c.Principals[0]
			if a.forward {
				end = c.Principals[len(c.Principals)-1]
			}
			steps, err := a.from(ctx, end)
			if err != nil {
				return nil, 0, err
			}
			for _, s := range steps {
				joined, ok := c.join(&s, a.forward)
				if !ok {
					continue
				}
				if len(list) == maxChains {
					left++
					continue
				}
				list = append(list, joined)
				next = append(next, joined)
			}
		}
		level = next
	}
	return list, left, nil
}

// join puts a step before or behind a chain; ok is false where that makes a
// circle, or leads nowhere.
func (c *Chain) join(s *Chain, forward bool) (Chain, bool) {
	if len(s.Principals) == 1 {
		if len(c.Principals) > 1 || forward {
			return Chain{}, false
		}
		return *s, true
	}
	out := Chain{Verdict: sim.Reachable, Missing: unite(c.Missing, s.Missing)}
	new := s.Principals[0]
	if out.Principals = append([]string{new}, c.Principals...); forward {
		new = s.Principals[1]
		out.Principals = append(slices.Clone(c.Principals), new)
	}
	for _, v := range []sim.Verdict{sim.Partial, sim.Unknown} { // the later one prevails
		if c.Verdict == v || s.Verdict == v {
			out.Verdict = v
		}
	}
	return out, !slices.Contains(c.Principals, new)
}

func unite(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

// from lists the steps to a role, or from it.
func (a *assumptions) from(ctx context.Context, end string) ([]Chain, error) {
	var out []Chain
	add := func(caller, target string) error {
		step, err := a.step(ctx, caller, target)
		out = append(out, step)
		return err
	}
	if a.forward {
		for _, target := range a.roles {
			if p := a.trusted(target); p != nil && p.admits(end) {
				if err := add(end, target); err != nil {
					return nil, err
				}
			}
		}
	} else {
		p := a.trusted(end)
		if p == nil {
			return []Chain{{Principals: []string{end}, Verdict: sim.Unknown, Missing: []string{"the trust policy of " + end}}}, nil
		}
		for _, caller := range a.roles {
			if p.admits(caller) {
				if err := add(caller, end); err != nil {
					return nil, err
				}
			}
		}
		out = append(out, p.strangers(a.t.w, end)...)
	}
	return slices.DeleteFunc(out, func(c Chain) bool { return len(c.Principals) == 0 }), nil
}

// step decides one call.
func (a *assumptions) step(ctx context.Context, caller, target string) (Chain, error) {
	key := [2]string{caller, target}
	if c, ok := a.steps[key]; ok {
		return c, nil
	}
	if err := ctx.Err(); err != nil {
		return Chain{}, err
	}
	var c Chain
	if caller != target {
		q := a.t.question(item{caller, a.source, target, []string{assumeRole}})
		if q.Region == "" && q.Source == sim.FromInternet {
			q.Region = firstRegion(a.t.w.Snapshot())
		}
		out, err := a.t.w.Decide(q)
		if err != nil {
			return Chain{}, fmt.Errorf("%s assumes %s from %s: %w", caller, target, a.t.Sources[a.source].Name(), err)
		}
		if v := out[0].Verdict; v != sim.Blocked {
			c = Chain{Principals: []string{caller, target}, Verdict: v}
			if v == sim.Unknown {
				for _, m := range out[0].Missing {
					c.Missing = unite(c.Missing, []string{m.Fact})
				}
			}
		}
	}
	a.steps[key] = c
	return c, nil
}

const assumeRole = "sts:AssumeRole"

// firstRegion is one of those whose STS a client on the internet may call.
func firstRegion(s *snapshot.Snapshot) string {
	var out []string
	for _, a := range s.Accounts {
		for _, r := range a.Regions {
			out = append(out, r.Name)
		}
	}
	if len(out) == 0 {
		return "us-east-1"
	}
	return slices.Min(out)
}

// trust is whom a role's trust policy names.
type trust []string

// trusted reads a role's trust policy; nil: the snapshot lacks it.
func (a *assumptions) trusted(arn string) *trust {
	p, known := a.trusts[arn]
	if !known {
		p = readTrust(a.t.w, arn)
		a.trusts[arn] = p
	}
	return p
}

func readTrust(w *sim.World, arn string) *trust {
	r, ok := w.FindRole(arn)
	if !ok || r.Trust.Raw == nil {
		return nil
	}
	doc, err := policy.Parse(r.Trust.Raw, policy.KindTrust)
	if err != nil {
		return nil
	}
	var out trust
	for i := range doc.Statements {
		if s := &doc.Statements[i]; !s.Deny && s.Principals != nil {
			if s.Principals.All || s.NotPrincipal {
				out = append(out, "*")
			}
			out = append(out, s.Principals.AWS...)
		}
	}
	return &out
}

// admits tells whether a principal that the policy names may be the role: it
// only leaves out what no condition could let in.
func (t trust) admits(role string) bool {
	account := strings.SplitN(role, ":", 6)[4]
	return slices.ContainsFunc(t, func(p string) bool {
		return p == "*" || p == role || p == account || strings.HasSuffix(p, "::"+account+":root") || strings.Contains(p, ":assumed-role/") && strings.Contains(p, ":"+account+":")
	})
}

// strangers are the steps of principals that the snapshot does not hold.
func (t trust) strangers(w *sim.World, target string) (out []Chain) {
	for _, p := range t {
		account := p
		if part := strings.SplitN(p, ":", 6); len(part) == 6 {
			account = part[4]
		}
		_, role := w.FindRole(p)
		known := slices.ContainsFunc(w.Snapshot().Accounts, func(a *snapshot.Account) bool { return a.ID == account && a.IAM.Roles.Presence == snapshot.Collected })
		if role || p != "*" && known && !strings.Contains(p, ":user/") && !strings.Contains(p, ":role/") {
			continue // its roles are asked about
		}
		out = append(out, Chain{Principals: []string{p, target}, Verdict: sim.Unknown, Missing: []string{"what the policies of " + p + " allow"}})
	}
	return out
}
