package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"

	"github.com/canreach/canreach/sim"
)

// renderFull writes all of an answer: the verdict first, then the gates, the
// placements, each blocker with its place and its repair, and the rest.
func renderFull(w io.Writer, a *sim.Answer, p painter) {
	renderHead(w, a, p)
	renderPlacements(w, p, a)
	renderFindings(w, p, a, sim.Blocker, "What stops it")
	renderUnknowns(w, p, a)
	renderFindings(w, p, a, sim.Warning, "Warnings")
	renderFindings(w, p, a, sim.Info, "Notes")
	renderAssumptions(w, p, a)
}

func renderAssumptions(w io.Writer, p painter, a *sim.Answer) {
	for i, t := range a.Assumptions {
		if i == 0 {
			fmt.Fprintf(w, "\n%s\n", p.paint("1", "Assumptions"))
		}
		fmt.Fprintf(w, "  - %s\n", p.wrap(safeText(t), 4))
	}
}

func questionText(a *sim.Answer) string {
	q := &a.Question
	who := q.Job
	if who == "" {
		who = q.From
	}
	if who == "" {
		who = q.Role
	}
	if len(q.Targets) > 0 {
		var parts []string
		for _, t := range q.Targets {
			parts = append(parts, strings.Join(t.Actions, " + ")+" on "+t.Bucket)
		}
		return who + ": " + strings.Join(parts, "; ")
	}
	return who + ": " + strings.Join(q.Actions, " + ") + " on " + q.Bucket
}

// renderGates draws the path as a chain of gates with a mark each.
func renderGates(w io.Writer, p painter, a *sim.Answer) {
	var parts, plain []string // plain: without colours
	for _, s := range a.Gates {
		g, state := s.Gate, s.State
		if g == sim.GateSGIngress && state == sim.GateNotReached {
			continue // replies are tracked: the gate does not exist
		}
		parts, plain = append(parts, p.gateMark(state)+g.String()), append(plain, "·"+g.String())
	}
	col := 0
	for i, part := range parts {
		sep, n := "  ", len([]rune(plain[i]))
		switch {
		case i > 0 && col+1+n > p.width:
			fmt.Fprintln(w)
			col = 0
		case i > 0:
			sep = " "
		}
		fmt.Fprint(w, sep, part)
		col += len(sep) + n
	}
	fmt.Fprintln(w)
}

// renderPlacements writes each placement; those that fare alike are one.
func renderPlacements(w io.Writer, p painter, a *sim.Answer) {
	type group struct {
		names []string
		head  string
		body  string
	}
	var groups []*group
	for i := range a.Placements {
		pl := &a.Placements[i]
		name := cmp.Or(pl.Subnet, "(no subnet)")
		if pl.Subnet != "" {
			name = p.component(pl.Subnet, "")
		}
		if pl.AvailabilityZone != "" {
			name += ", " + pl.AvailabilityZone
		}
		if pl.Target != "" {
			name += ", to " + shortARN(pl.Target)
		}
		var b strings.Builder
		renderPaths(&b, pl)
		for j := range pl.Requests {
			renderRequest(&b, p, &pl.Requests[j])
		}
		g := &group{[]string{oneLine(name)}, p.mark(pl.Verdict) + " %s  network " + p.verdict(pl.Network.Verdict), b.String()}
		if at := slices.IndexFunc(groups, func(x *group) bool { return x.head == g.head && x.body == g.body }); at >= 0 {
			groups[at].names = append(groups[at].names, g.names...)
		} else {
			groups = append(groups, g)
		}
	}
	fmt.Fprintf(w, "\n%s\n", p.paint("1", "Placements"))
	for _, g := range groups {
		fmt.Fprintf(w, "  %s\n%s", strings.Replace(g.head, "%s", strings.Join(g.names, "\n    "), 1), g.body)
	}
}

// renderRequest writes a request with what each layer did to it.
func renderRequest(w io.Writer, p painter, r *sim.Request) {
	fmt.Fprintf(w, "    %s %s on %s\n", p.mark(r.Verdict), oneLine(r.Action), oneLine(shortARN(r.Resource)))
	var layers []string
	for _, l := range r.Layers {
		layers = append(layers, l.Layer+" "+l.Decision)
	}
	if len(layers) > 0 {
		fmt.Fprintf(w, "        %s\n", p.wrap(safeText(strings.Join(layers, ", ")), 8))
	}
	if r.Verdict == sim.Partial {
		renderExamples(w, r)
	}
}

func renderExamples(w io.Writer, r *sim.Request) {
	if r.Allowed != nil {
		fmt.Fprintf(w, "        succeeds: %s\n", oneLine(exampleText(r.Allowed)))
	}
	if r.Denied != nil {
		fmt.Fprintf(w, "        fails:    %s\n", oneLine(exampleText(r.Denied)))
	}
}

func pathText(path []sim.Hop) string {
	var parts []string
	for _, h := range path {
		if h.Direction == "reply" || h.Kind == "subnet" {
			continue
		}
		if len(parts) > 0 && parts[len(parts)-1] == h.Component {
			continue
		}
		parts = append(parts, h.Component)
	}
	return strings.Join(parts, " → ")
}

// renderPaths draws the way of a placement's traffic; where some of it gets
// through and some does not, a way of each, and a packet of each.
func renderPaths(w io.Writer, p *sim.Placement) {
	n := &p.Network
	if n.Verdict != sim.Partial {
		if len(n.Path) > 0 {
			fmt.Fprintf(w, "      %s\n", oneLine(pathText(n.Path)+pathEnd(n.Verdict)))
		}
		return
	}
	shown := make(map[sim.Verdict]bool)
	for i := range n.Paths {
		if q := &n.Paths[i]; !shown[q.Verdict] && len(q.Hops) > 0 {
			shown[q.Verdict] = true
			fmt.Fprintf(w, "      %s\n", oneLine(pathText(q.Hops)+pathEnd(q.Verdict)))
		}
	}
	renderPackets(w, n, "      ")
}

// renderPackets writes a packet that gets through and one that does not,
// where there are both.
func renderPackets(w io.Writer, n *sim.Network, indent string) {
	if n.Verdict != sim.Partial {
		return
	}
	if n.Passes != nil {
		fmt.Fprintf(w, "%spasses: %s\n", indent, oneLine(exampleText(n.Passes)))
	}
	if n.Fails != nil {
		fmt.Fprintf(w, "%sfails:  %s\n", indent, oneLine(exampleText(n.Fails)))
	}
}

// pathEnd closes a path that gets through.
func pathEnd(v sim.Verdict) string {
	if v == sim.Blocked {
		return " ✗"
	}
	return " → S3"
}

func renderFindings(w io.Writer, p painter, a *sim.Answer, s sim.Severity, title string) {
	for i, c := range causesOf(a, s) {
		if i == 0 {
			fmt.Fprintf(w, "\n%s\n", p.paint("1", title))
		}
		renderFinding(w, p, a, i+1, c)
	}
}

func renderFinding(w io.Writer, p painter, a *sim.Answer, n int, f *cause) {
	fmt.Fprintf(w, "  %d. [%s] %s %s\n", n, f.Gate, p.link(f.URL, p.paint("1", oneLine(f.Code.String()))), p.component(f.Component, f.Name))
	fmt.Fprintf(w, "     %s\n", p.wrap(safeText(f.Message), 5))
	if len(f.also) > 0 {
		fmt.Fprintf(w, "     also:    %s\n", p.wrap(safeText(strings.Join(f.also, "; ")), 14))
	}
	if len(f.With) > 0 {
		fmt.Fprintf(w, "     %s\n", p.wrap("It lets some of the traffic through; only together with "+numbersText(a, f.With)+" does it stop all.", 5))
	}
	if where := placementsText(a, p, f); where != "" {
		fmt.Fprintf(w, "     affects: %s\n", p.wrap(safeText(where), 14))
	}
	if rule := ruleText(f.Finding); rule != "" {
		fmt.Fprintf(w, "     rule:    %s\n", p.wrap(safeText(rule), 14))
	}
	if f.Example != nil {
		fmt.Fprintf(w, "     example: %s\n", p.wrap(safeText(exampleText(f.Example)), 14))
	}
	if f.Fix != "" {
		fmt.Fprintf(w, "     fix:     %s\n", p.wrap(safeText(f.Fix), 14))
	}
}

// numbersText gives findings the numbers under which they are listed.
func numbersText(a *sim.Answer, list []int) string {
	var parts []string
	for _, want := range list {
		for n, c := range causesOf(a, a.Findings[want].Severity) {
			if slices.Contains(c.index, want) && !slices.Contains(parts, fmt.Sprint(n+1)) {
				parts = append(parts, fmt.Sprint(n+1))
			}
		}
	}
	return strings.Join(parts, ", ")
}

// placementsText names the subnets that a finding is about, where there are several.
func placementsText(a *sim.Answer, p painter, c *cause) string {
	if len(c.placements) == 0 || len(a.Placements) < 2 {
		return ""
	}
	var out []string
	for _, n := range c.placements {
		s := p.component(a.Placements[n].Subnet, "")
		if a.Placements[n].Target != "" {
			s += " to " + shortARN(a.Placements[n].Target)
		}
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return strings.Join(out, ", ")
}

func ruleText(f *sim.Finding) string {
	var parts []string
	if f.Pointer != "" {
		parts = append(parts, f.Pointer)
	}
	if f.RuleNumber != nil {
		parts = append(parts, fmt.Sprintf("rule number %d", *f.RuleNumber))
	}
	if f.Rule != "" {
		parts = append(parts, f.Rule)
	}
	return strings.Join(parts, ", ")
}

func exampleText(e *sim.Example) string {
	if e.Action != "" {
		text := e.Action + " " + e.Resource
		if e.Principal != "" {
			text += " by " + e.Principal
		}
		keys := make([]string, 0, len(e.Context))
		for k := range e.Context {
			if k != "aws:PrincipalArn" && k != "aws:ResourceAccount" && k != "aws:PrincipalOrgID" {
				keys = append(keys, k)
			}
		}
		sort.Strings(keys)
		for i, k := range keys {
			if i == 0 {
				text += " with"
			} else {
				text += ","
			}
			text += " " + k + "=" + e.Context[k]
		}
		return text
	}
	text := fmt.Sprintf("%s %s → %s", e.Protocol, hostPort(e.Source, e.SourcePort), hostPort(e.Destination, e.DestinationPort))
	if e.Reply {
		text += " (the reply)"
	}
	return text
}

func hostPort(host string, port int) string {
	switch {
	case host == "":
		host = "any"
	case strings.Contains(host, ":"):
		host = "[" + host + "]"
	}
	if port == 0 {
		return host
	}
	return fmt.Sprintf("%s:%d", host, port)
}

// renderUnknowns spells out the missing facts on which the verdict hangs, and
// names the gates of the others in a line.
func renderUnknowns(w io.Writer, p painter, a *sim.Answer) {
	if _, other := missingFacts(a); len(other) > 0 {
		defer fmt.Fprintf(w, "\n%s\n", p.wrap(alsoUnknown(other), 0))
	}
	decisive := a.DecisiveUnknowns()
	if len(decisive) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", p.paint("1", "What the snapshot does not tell"))
	for i, u := range decisive {
		fmt.Fprintf(w, "  %d. [%s] %s %s\n", i+1, u.Gate, p.paint("1", oneLine(u.Code.String())), oneLine(u.Component))
		fmt.Fprintf(w, "     %s\n", p.wrap(safeText(u.Fact), 5))
		if u.Collect != "" {
			fmt.Fprintf(w, "     collect: %s\n", p.wrap(safeText(u.Collect), 14))
		}
		if u.Gap != "" && !strings.Contains(u.Fact, strings.TrimSpace(u.Gap[strings.Index(u.Gap, " ")+1:])) {
			fmt.Fprintf(w, "     not captured: %s\n", p.wrap(safeText(u.Gap), 19))
		}
	}
}
