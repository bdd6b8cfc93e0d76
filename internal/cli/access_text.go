package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/access"
)

// maxMembers is how many roles and subnets of an entry are listed unasked.
const maxMembers = 3

func writeAccessText(w io.Writer, p painter, world *sim.World, res *accessResult, members bool) {
	limit := maxMembers
	if members {
		limit = 1 << 30
	}
	renderAbsent(w, res.Absent, p)
	title := ""
	for i := range res.Groups {
		g := &res.Groups[i]
		if next := g.Action + " on " + g.Resource; next != title {
			title = next
			fmt.Fprintf(w, "%s\n", p.paint("1", oneLine(title)))
		}
		what := g.Objects + " objects"
		if g.Verdict == sim.Unknown {
			what = "not known"
		}
		fmt.Fprintf(w, "  %s  %s, %s\n", p.verdict(g.Verdict), what, counted(len(g.Roles), "role"))
		fmt.Fprintf(w, "    who   %s\n", wrap(listed(g.Roles, limit), 10))
		writeAccessSources(w, world, res, "    from  ", g.Sources, limit)
		if len(g.Via) > 0 {
			fmt.Fprintf(w, "    via   %s\n", wrap(p.named(listed(g.Via, limit), ""), 10))
		}
		if len(g.Allows) > 0 {
			fmt.Fprintf(w, "    by    %s\n", wrap(p.named(statementList(g.Allows), ""), 10))
		}
		writeMissing(w, p, "    lacks ", g.Missing, limit)
	}
	if len(res.Groups) == 0 {
		fmt.Fprintln(w, "Nobody, from the internet and from the interfaces that the snapshot holds; --job adds those of a job.")
	}
	writeNamed(w, p, world, res, limit)
	writeChains(w, p, world, res, limit)
	fmt.Fprintln(w)
	if len(res.UsersMissing) > 0 {
		fmt.Fprintf(w, "%s\n", wrap(usersMissing(res.UsersMissing, limit), 0))
	}
	fmt.Fprintf(w, "%s decided; what is not listed is BLOCKED.\n", counted(res.Asked, "question"))
}

const namedTitle = "Users, and others that the bucket policy names"

func writeNamed(w io.Writer, p painter, world *sim.World, res *accessResult, limit int) {
	if len(res.Named) == 0 {
		return
	}
	fmt.Fprintln(w, "\n"+namedTitle)
	for i := range res.Named {
		n := &res.Named[i]
		fmt.Fprintf(w, "  %s\n", oneLine(n.Kind+" "+n.Principal+": "+statementOf(n)))
		for k := range n.Access {
			g := &n.Access[k]
			fmt.Fprintf(w, "    %s  %s%s\n", p.verdict(g.Verdict), g.Action, map[bool]string{true: ", " + g.Objects + " objects"}[g.Objects != ""])
			if n.Kind == "service" {
				fmt.Fprintln(w, "      from  AWS's own network")
			} else {
				writeAccessSources(w, world, res, "      from  ", g.Sources, limit)
			}
			if len(g.Via) > 0 {
				fmt.Fprintf(w, "      via   %s\n", wrap(p.named(listed(g.Via, limit), ""), 12))
			}
			writeMissing(w, p, "      lacks ", g.Missing, limit)
		}
		if len(n.Access) == 0 {
			fmt.Fprintf(w, "    %s\n", noAccess(n))
		}
	}
}

func usersMissing(accounts []string, limit int) string {
	return "The IAM users of " + listed(accounts, limit) + " are not in the snapshot (aws iam get-account-authorization-details tells them): what their own policies allow is not listed."
}

// statementOf is the statement that names a principal.
func statementOf(n *access.Named) string {
	if n.Statement < 0 {
		return "its own policies"
	}
	if n.Sid != "" {
		return fmt.Sprintf("statement %d (%s)", n.Statement, n.Sid)
	}
	return fmt.Sprintf("statement %d", n.Statement)
}

// noAccess says why a named principal has no entries.
func noAccess(n *access.Named) string {
	if n.Kind == "federated" || n.Kind == "canonical" {
		return "not known: what it may do by its own policies is not in the snapshot"
	}
	return "BLOCKED from everywhere"
}

func writeAccessSources(w io.Writer, world *sim.World, res *accessResult, label string, sources []int, limit int) {
	for _, s := range sources {
		fmt.Fprintf(w, "%s%s\n", label, wrap(accessSourceText(world, &res.Sources[s], limit), len(label)))
	}
}

func writeMissing(w io.Writer, p painter, label string, missing []string, limit int) {
	for k, m := range missing {
		if k == limit {
			fmt.Fprintf(w, "%s%d more facts\n", label, len(missing)-k)
			break
		}
		fmt.Fprintf(w, "%s%s\n", label, wrap(p.named(safeText(m), ""), len(label)))
	}
}

const chainsTitle = "By sts:AssumeRole, each chain with credentials that are used from one source"

// chainText is a chain in one line.
func chainText(world *sim.World, c *access.Chain) string {
	if len(c.Principals) == 1 {
		return "who may assume " + world.NameOf(c.Principals[0])
	}
	var out []string
	for _, p := range c.Principals {
		out = append(out, world.NameOf(p))
	}
	return strings.Join(out, " → ")
}

func writeChains(w io.Writer, p painter, world *sim.World, res *accessResult, limit int) {
	if len(res.Chains) == 0 {
		return
	}
	fmt.Fprintln(w, "\n"+chainsTitle)
	for i := range res.Chains {
		c := &res.Chains[i]
		fmt.Fprintf(w, "  %s  %s\n", p.verdict(c.Verdict), wrap(safeText(chainText(world, c)), 4))
		for _, n := range c.Sources {
			through := ""
			if slices.Contains(c.Reaches, n) {
				through = "; the last role's requests pass from there"
			}
			fmt.Fprintf(w, "    from  %s\n", wrap(accessSourceText(world, &res.Sources[n], limit)+through, 10))
		}
		writeMissing(w, p, "    lacks ", c.Missing, limit)
	}
	if res.ChainsLeftOut > 0 {
		fmt.Fprintf(w, "  and %d more: a smaller --assume-role-depth lists fewer\n", res.ChainsLeftOut)
	}
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// listed names the first of a list and counts the rest.
func listed(list []string, limit int) string {
	if len(list) <= limit {
		return oneLine(strings.Join(list, ", "))
	}
	return fmt.Sprintf("%s and %d more", oneLine(strings.Join(list[:limit], ", ")), len(list)-limit)
}

func accessSourceText(world *sim.World, s *access.Source, limit int) string {
	if s.Kind == "internet" {
		return s.Name()
	}
	var subnets, groups, users []string
	for i := range s.Classes {
		c := &s.Classes[i]
		subnets = append(subnets, world.NameOf(string(c.Subnet)))
		for _, g := range c.Groups {
			groups = append(groups, world.NameOf(string(g)))
		}
		users = append(users, c.Users...)
	}
	text := counted(s.Count, "interface")
	if s.Count == 0 {
		text = "interfaces to come"
	}
	text += " in " + listed(unique(subnets), limit)
	if len(groups) > 0 {
		text += " with " + listed(unique(groups), limit)
	}
	if len(users) > 0 {
		text += ": " + listed(unique(users), limit)
	}
	return text
}

func statementList(list []sim.Statement) string {
	var out []string
	for _, s := range list {
		name := s.Sid
		if name == "" {
			name = fmt.Sprintf("statement %d", s.Index)
		}
		out = append(out, name+" of "+s.Policy)
	}
	return oneLine(strings.Join(unique(out), ", "))
}
