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

// Named is a principal, other than the snapshot's roles, that a bucket policy
// lets in, or a user whose own policies may do so.
type Named struct {
	Principal string `json:"principal"`
	Kind      string `json:"kind"` // "public", "account", "role", "user", "service", "federated" or "canonical"
	Sid       string `json:"sid,omitempty"`
	Statement int    `json:"statement"` // position in the bucket policy; -1: it names no one, a user's own policies do
	Pointer   string `json:"pointer"`
	// Access is what it can do: that of the public and of services follows from
	// the snapshot, that of others hangs on policies of their own.
	Access []Group `json:"access,omitempty"`
}

// Principals are the principals that NamedPrincipals lists with what each can
// do to a resource: what is not BLOCKED, by action and verdict.
func (t *Table) Principals(ctx context.Context, resource string, actions []string) ([]Named, error) {
	out := NamedPrincipals(t.w, resource)
	named := len(out)
	out = append(out, t.users(out, resource, actions)...)
	for i := range out {
		n := &out[i]
		caller := n.caller()
		if caller == "" {
			continue
		}
		for _, action := range actions {
			if err := t.access(ctx, n, caller, resource, action); err != nil {
				return nil, err
			}
		}
	}
	return append(out[:named], slices.DeleteFunc(out[named:], func(n Named) bool { return len(n.Access) == 0 })...), nil
}

// users are those of the snapshot that the bucket policy does not name and that
// may be allowed something.
func (t *Table) users(named []Named, resource string, actions []string) (out []Named) {
	for _, a := range t.w.Snapshot().Accounts {
		for i := range a.IAM.Users.Items {
			u := &a.IAM.Users.Items[i]
			if !slices.ContainsFunc(named, func(n Named) bool { return n.Principal == u.ARN }) &&
				slices.ContainsFunc(actions, func(action string) bool { return t.w.UserMayAllow(u.ARN, resource, action) }) {
				out = append(out, Named{Principal: u.ARN, Kind: "user", Statement: -1, Pointer: u.At.Pointer()})
			}
		}
	}
	slices.SortFunc(out, func(a, b Named) int { return strings.Compare(a.Principal, b.Principal) })
	return out
}

// UsersMissing are the accounts whose roles the snapshot has and whose users it
// lacks.
func UsersMissing(s *snapshot.Snapshot) (out []string) {
	for _, a := range s.Accounts {
		if a.IAM.Users.Presence != snapshot.Collected && a.IAM.Roles.Presence == snapshot.Collected {
			out = append(out, a.ID)
		}
	}
	slices.Sort(out)
	return out
}

// caller is the principal as sim.Options.Caller has it; "" where no question
// can be asked for it.
func (n *Named) caller() string {
	account := accountOf(n.Principal)
	switch n.Kind {
	case "public":
		return "unsigned"
	case "service":
		return "service " + n.Principal
	case "account":
		return "principal arn:aws:iam::" + account + ":root"
	case "role", "user":
		return "principal " + n.Principal
	}
	return ""
}

// accountOf is the account of an ARN, or the account id that stands alone.
func accountOf(arn string) string {
	if f := strings.SplitN(arn, ":", 6); len(f) == 6 {
		return f[4]
	}
	return arn
}

// access asks for one principal and action from each source; a service calls
// from AWS's own network, whatever the source.
func (t *Table) access(ctx context.Context, n *Named, caller, resource, action string) error {
	answers := map[int]*sim.Outcome{}
	for i := range t.Sources {
		s := &t.Sources[i]
		if n.Kind == "service" && s.Kind != "internet" {
			continue
		}
		o, known := answers[s.like]
		if !known {
			if err := ctx.Err(); err != nil {
				return err
			}
			q := t.question(item{"", i, resource, []string{action}})
			q.Options.Caller = caller
			list, err := t.w.Decide(q)
			if err != nil {
				return fmt.Errorf("%s from %s to %s: %w", n.Principal, s.Name(), resource, err)
			}
			o = &list[0]
			answers[s.like] = o
		}
		if o.Verdict != sim.Blocked {
			n.add(o, resource, i)
		}
	}
	return nil
}

// add joins the sources that fare alike.
func (n *Named) add(o *sim.Outcome, resource string, source int) {
	d := detailOf(o)
	for i := range n.Access {
		if g := &n.Access[i]; g.Action == o.Action && g.Verdict == o.Verdict && slices.Equal(g.Via, o.Via) && slices.Equal(g.Missing, d.Facts()) {
			g.Sources = append(g.Sources, source)
			return
		}
	}
	n.Access = append(n.Access, Group{Resource: resource, Action: o.Action, Verdict: o.Verdict, Objects: objects(o.Verdict), Roles: []string{}, Sources: []int{source},
		Via: o.Via, Witness: d.Witness, Allows: d.Allows, Missing: d.Facts()})
}

// NamedPrincipals lists the principals, other than the snapshot's roles, that
// the Allow statements of a bucket's policy name, in the policy's order.
func NamedPrincipals(w *sim.World, resource string) []Named {
	b, ok := w.FindBucket(bucketName(resource))
	if !ok || b.Policy.Raw == nil {
		return nil
	}
	doc, err := policy.Parse(b.Policy.Raw, policy.KindBucket)
	if err != nil {
		return nil
	}
	var out []Named
	for i := range doc.Statements {
		s := &doc.Statements[i]
		if s.Deny || s.Principals == nil {
			continue
		}
		add := func(kind, principal string) {
			n := Named{Principal: principal, Kind: kind, Sid: s.Sid, Statement: i, Pointer: b.Policy.At.Pointer() + doc.StatementPointer(i)}
			if !slices.ContainsFunc(out, func(o Named) bool { return o.Principal == principal && o.Kind == kind && o.Statement == i }) {
				out = append(out, n)
			}
		}
		p := s.Principals
		if p.All || s.NotPrincipal {
			add("public", "*")
		}
		for _, a := range p.AWS {
			if kind := principalKind(a); kind != "role" {
				add(kind, a)
			} else if _, known := w.FindRole(a); !known {
				add(kind, a)
			}
		}
		for _, a := range p.Service {
			add("service", a)
		}
		for _, a := range p.Federated {
			add("federated", a)
		}
		for _, a := range p.Canonical {
			add("canonical", a)
		}
	}
	return out
}

func principalKind(arn string) string {
	switch {
	case arn == "*":
		return "public"
	case strings.Contains(arn, ":role/"), strings.Contains(arn, ":assumed-role/"):
		return "role"
	case strings.Contains(arn, ":user/"):
		return "user"
	}
	return "account"
}
