package assert

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/access"
	"github.com/canreach/canreach/snapshot"
)

// pair names a row of an access table.
type pair struct {
	resource, role, action string
	source                 int
}

// judge compares every answer that the invariant selects with what it says.
func (c *scope) judge(ctx context.Context, w *sim.World, tab *access.Table, part *part, res *Result, counts map[bool]int) {
	rows := make(map[pair]*access.Row, len(tab.Rows))
	for i := range tab.Rows {
		r := &tab.Rows[i]
		rows[pair{r.Resource, r.Role, r.Action, r.Source}] = r
	}
	for _, resource := range part.query.Resources {
		for _, role := range part.query.Roles {
			selected, unsure := c.selected(role, resource)
			if !selected {
				continue
			}
			for s := range tab.Sources {
				k := c.class(&tab.Sources[s])
				if k < 0 {
					continue
				}
				for _, action := range part.query.Actions {
					res.Asked++
					r := rows[pair{resource, role, action, s}]
					if r == nil {
						r = &access.Row{Role: role, Source: s, Resource: resource, Action: action, Answer: &access.Answer{Verdict: sim.Blocked}}
					}
					p := c.problem(r, unsure)
					if p == nil {
						continue
					}
					counts[p.Unknown]++
					if len(res.Problems) < worst {
						p.describe(ctx, w, tab, r, k, part)
						res.Problems = append(res.Problems, *p)
					}
				}
			}
		}
	}
	slices.SortStableFunc(res.Problems, func(a, b Problem) int { // violations first
		switch {
		case a.Unknown == b.Unknown:
			return 0
		case b.Unknown:
			return -1
		}
		return 1
	})
}

// problem is what of one answer breaks the invariant, or leaves it undecided;
// nil: the answer agrees. unsure says what is not known of the selection.
func (c *scope) problem(r *access.Row, unsure string) *Problem {
	p := &Problem{Verdict: &r.Verdict}
	switch c.inv.Kind {
	case "always":
		if r.Verdict == sim.Reachable {
			return nil
		}
		p.Unknown, p.Message = r.Verdict == sim.Unknown, "always, but it is "+r.Verdict.String()
	case "never":
		if r.Verdict == sim.Blocked {
			return nil
		}
		p.Unknown, p.Message = r.Verdict == sim.Unknown, "never, but it is "+r.Verdict.String()
	default:
		message, unknown := c.otherWay(r)
		if message == "" {
			return nil
		}
		p.Unknown, p.Message = unknown, message
	}
	if unsure != "" {
		p.Unknown = true
		p.Message += "; " + unsure
	}
	return p
}

// otherWay finds a way that none of the endpoints is; what surely passes comes
// before what is not known to.
func (c *scope) otherWay(r *access.Row) (message string, unknown bool) {
	if r.Verdict == sim.Blocked {
		return "", false
	}
	wanted := strings.Join(c.inv.Endpoints, " or ")
	if slices.Contains(c.inv.Endpoints, "any") {
		wanted = "VPC endpoints"
	}
	for _, way := range r.Ways {
		if slices.Contains(c.inv.Endpoints, way.Via) || way.Via != "internet" && slices.Contains(c.inv.Endpoints, "any") || way.Verdict == sim.Blocked {
			continue
		}
		if way.Verdict != sim.Unknown {
			return "goes through " + theWay(way.Via) + ", not only through " + wanted, false
		}
		message, unknown = "it is not known whether requests pass through "+theWay(way.Via)+", not only through "+wanted, true
	}
	if message == "" && len(r.Ways) == 0 {
		return "it is not known which way requests take", true
	}
	return message, unknown
}

func theWay(via string) string {
	if via == "internet" {
		return "the internet"
	}
	return via
}

// describe adds who asks, the path, what is missing and, where something passes,
// the request.
func (p *Problem) describe(ctx context.Context, w *sim.World, tab *access.Table, r *access.Row, class int, part *part) {
	s := &tab.Sources[r.Source]
	detail := tab.Explain(r)
	p.Unknowns, p.Example = detail.Missing, detail.Witness
	from := s.Name()
	if class < len(s.Classes) {
		p.Subnet = string(s.Classes[class].Subnet)
		from += " in " + p.Subnet
		if others := len(s.Classes) - 1; others > 0 {
			from += fmt.Sprintf(" and %d more classes", others)
		}
	}
	p.Question = fmt.Sprintf("%s by %s from %s on %s", r.Action, r.Role, from, r.Resource)
	a, err := w.Check(ctx, tab.Question(r, class, part.query.Options))
	if err != nil || len(a.Placements) == 0 {
		return
	}
	p.Path = a.Placements[0].Network.Path
	if p.Verdict != nil && *p.Verdict == sim.Blocked {
		p.Findings = withSeverity(a, sim.Blocker)
	}
}

// selected tells whether a role and a bucket belong to the invariant, and what
// is not known about that.
func (c *scope) selected(role, resource string) (ok bool, unsure string) {
	explicit := len(c.inv.Roles) == 0 || anyGlob(c.inv.Roles, role) || !c.own[role]
	if c.foreign {
		return explicit, ""
	}
	if !explicit { // a role of the snapshot is a stranger to buckets of another organization
		out, known := c.outside(role, resource)
		if known && !out {
			return false, ""
		}
		if !known {
			unsure = c.unsure(role, resource)
		}
	}
	name, _, _ := strings.Cut(resource[strings.LastIndexByte(resource, ':')+1:], "/")
	owner := c.owners[name]
	for _, b := range c.inv.Buckets {
		switch b {
		case outsideAccount:
			ok = ok || owner != nil && owner.ID != accountOf(role)
		case outsideOrganization:
			out, known := c.outside(role, resource)
			if !known {
				unsure = c.unsure(role, resource)
			}
			ok = ok || out || !known
		default:
			return true, unsure
		}
	}
	return ok || len(c.inv.Buckets) == 0, unsure
}

func (c *scope) unsure(role, resource string) string {
	return "whether the owner of " + resource + " is in the organization of " + accountOf(role) + " is not in the snapshot"
}

// outside tells whether a bucket's owner is in another organization than a
// role's account, or, without one, another account.
func (c *scope) outside(role, resource string) (out, known bool) {
	name, _, _ := strings.Cut(resource[strings.LastIndexByte(resource, ':')+1:], "/")
	owner, account := c.owners[name], accountOf(role)
	if owner == nil || owner.ID == account {
		return owner == nil, true
	}
	for _, a := range c.snap.Accounts {
		if a.ID != account {
			continue
		}
		if a.OrganizationID != "" && owner.OrganizationID != "" {
			return a.OrganizationID != owner.OrganizationID, true
		}
		if a.Organization == snapshot.Collected && a.OrganizationID == "" || owner.Organization == snapshot.Collected && owner.OrganizationID == "" {
			return true, true // one of them is in no organization
		}
		return false, false
	}
	return true, role == outsider
}

func accountOf(arn string) string {
	if f := strings.SplitN(arn, ":", 6); len(f) == 6 {
		return f[4]
	}
	return ""
}
