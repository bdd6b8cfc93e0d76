package access

import (
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
// credentials that are used from the internet. A first principal that the
// snapshot does not hold makes it UNKNOWN.
//
// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
type Chain struct {
	Principals []string    `json:"principals"` // ARNs; of one alone, who may assume it is not known
	Verdict    sim.Verdict `json:"verdict"`
	Missing    []string    `json:"missing,omitempty"`
}

// Chains are the chains of at most depth calls that end (or, with from, begin)
// with one of the roles, shortest first; left counts those beyond a bound.
func Chains(ctx context.Context, w *sim.World, roles []string, depth int, from bool, o sim.Options) (list []Chain, left int, err error) {
	a := &assumptions{w: w, roles: Roles(w.Snapshot()), o: o, steps: map[[2]string]Chain{}}
	level := make([]Chain, 0, len(roles))
	for _, r := range roles {
		level = append(level, Chain{Principals: []string{r}, Verdict: sim.Reachable})
	}
	for range min(depth, MaxDepth) {
		var next []Chain
		for i := range level {
			c := &level[i]
			end := c.Principals[0]
			if from {
				end = c.Principals[len(c.Principals)-1]
			}
			steps, err := a.from(ctx, end, from)
			if err != nil {
				return nil, 0, err
			}
			for _, s := range steps {
				joined, ok := c.join(&s, from)
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
func (c *Chain) join(s *Chain, from bool) (Chain, bool) {
	if len(s.Principals) == 1 {
		if len(c.Principals) > 1 || from {
			return Chain{}, false
		}
		return *s, true
	}
	out := Chain{Verdict: sim.Reachable, Missing: unite(c.Missing, s.Missing)}
	new := s.Principals[0]
	if out.Principals = append([]string{new}, c.Principals...); from {
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

// assumptions decides which role can assume which.
type assumptions struct {
	w     *sim.World
	roles []string
	o     sim.Options
	steps map[[2]string]Chain // decided; a chain without principals leads nowhere
}

// from lists the steps to a role, or from it.
func (a *assumptions) from(ctx context.Context, end string, forward bool) ([]Chain, error) {
	var out []Chain
	if forward {
		for _, target := range a.roles {
			if p, ok := a.trusted(target); ok && p.admits(end) {
				step, err := a.step(ctx, end, target)
				if err != nil {
					return nil, err
				}
				out = append(out, step)
			}
		}
	} else {
		p, ok := a.trusted(end)
		if !ok {
			return []Chain{{Principals: []string{end}, Verdict: sim.Unknown, Missing: []string{"the trust policy of " + end}}}, nil
		}
		for _, caller := range a.roles {
			if p.admits(caller) {
				step, err := a.step(ctx, caller, end)
				if err != nil {
					return nil, err
				}
				out = append(out, step)
			}
		}
		out = append(out, p.strangers(a.w, end)...)
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
		out, err := a.w.Decide(sim.Question{Source: sim.FromInternet, Job: snapshot.Job{RoleARN: caller}, Bucket: target, Actions: []string{"sts:AssumeRole"}, Options: a.o})
		if err != nil {
			return Chain{}, fmt.Errorf("%s assumes %s: %w", caller, target, err)
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

// trust is whom a role's trust policy names.
type trust []string

// trusted reads a role's trust policy; ok is false where the snapshot lacks it.
func (a *assumptions) trusted(arn string) (trust, bool) {
	r, ok := a.w.FindRole(arn)
	if !ok || r.Trust.Raw == nil {
		return nil, false
	}
	doc, err := policy.Parse(r.Trust.Raw, policy.KindTrust)
	if err != nil {
		return nil, false
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
	return out, true
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
