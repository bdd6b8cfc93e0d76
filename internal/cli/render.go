package cli

import (
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"

	"github.com/canreach/canreach/sim"
)

// renderAnswer writes what a tired engineer reads at night: the verdict
// first, then the gates, then each blocker with its place and its repair.
func renderAnswer(w io.Writer, a *sim.Answer, p painter) {
	fmt.Fprintf(w, "%s  %s\n", p.verdict(a.Verdict), oneLine(questionText(a)))
	renderGates(w, p, a)
	renderPlacements(w, p, a)
	renderFindings(w, p, a, sim.Blocker, "What stops it")
	renderUnknowns(w, p, a)
	renderFindings(w, p, a, sim.Warning, "Warnings")
	renderFindings(w, p, a, sim.Info, "Notes")
	if len(a.Assumptions) > 0 {
		fmt.Fprintf(w, "\nAssumptions\n")
		for _, t := range a.Assumptions {
			fmt.Fprintf(w, "  - %s\n", p.wrap(safeText(t), 4))
		}
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

// gateState is what the chain of gates shows of one gate.
func gateState(a *sim.Answer, g sim.Gate) sim.Verdict {
	blocked := make(map[int]bool)
	some := false
	for _, f := range a.Findings {
		if f.Gate == g && f.Severity == sim.Blocker {
			some = true
			for _, n := range f.Placements {
				blocked[n] = true
			}
		}
	}
	switch {
	case some && len(blocked) == len(a.Placements) && a.Verdict == sim.Blocked:
		return sim.Blocked
	case some && len(blocked) == len(a.Placements):
		return sim.Partial
	case some:
		return sim.Partial
	}
	for _, u := range a.Unknowns {
		if u.Gate == g {
			return sim.Unknown
		}
	}
	return sim.Reachable
}

// renderGates draws the path as a chain of gates with a mark each.
func renderGates(w io.Writer, p painter, a *sim.Answer) {
	var parts []string
	for _, g := range sim.Gates() {
		if g == sim.GateSGIngress && gateState(a, g) == sim.Reachable {
			continue // replies are tracked: the gate does not exist
		}
		if g != sim.GateJob && !asked(a) {
			parts = append(parts, "· "+g.String())
			continue
		}
		parts = append(parts, p.mark(gateState(a, g))+" "+g.String())
	}
	fmt.Fprintf(w, "\n  %s\n", strings.Join(parts[:7], " → "))
	fmt.Fprintf(w, "  → %s\n", strings.Join(parts[7:], " → "))
}

// asked tells that the question got as far as the network, at some placement.
func asked(a *sim.Answer) bool {
	for i := range a.Placements {
		if len(a.Placements[i].Requests) > 0 {
			return true
		}
	}
	return false
}

func renderPlacements(w io.Writer, p painter, a *sim.Answer) {
	fmt.Fprintf(w, "\nPlacements\n")
	for i := range a.Placements {
		pl := &a.Placements[i]
		name := pl.Subnet
		if name == "" {
			name = "(no subnet)"
		}
		if pl.AvailabilityZone != "" {
			name += " (" + pl.AvailabilityZone + ")"
		}
		if pl.Target != "" {
			name += " to " + pl.Target
		}
		fmt.Fprintf(w, "  %s %s  network %s\n", p.mark(pl.Verdict), oneLine(name), p.verdict(pl.Network.Verdict))
		renderPaths(w, pl)
		for _, r := range pl.Requests {
			fmt.Fprintf(w, "    %s %s on %s\n", p.mark(r.Verdict), oneLine(r.Action), oneLine(r.Resource))
			if r.Verdict == sim.Partial {
				renderExamples(w, &r)
			}
		}
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
		if h.Direction == "reply" {
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
	head := false
	n := 0
	for i := range a.Findings {
		f := &a.Findings[i]
		if f.Severity != s {
			continue
		}
		if !head {
			fmt.Fprintf(w, "\n%s\n", p.paint("1", title))
			head = true
		}
		n++
		renderFinding(w, p, a, n, f)
	}
}

func renderFinding(w io.Writer, p painter, a *sim.Answer, n int, f *sim.Finding) {
	name := f.Component
	if f.Name != "" && !strings.Contains(f.Component, f.Name) {
		name += " (" + f.Name + ")"
	}
	fmt.Fprintf(w, "  %d. [%s] %s %s\n", n, f.Gate, p.paint("1", oneLine(f.Code)), oneLine(name))
	fmt.Fprintf(w, "     %s\n", p.wrap(safeText(f.Message), 5))
	if len(f.With) > 0 {
		fmt.Fprintf(w, "     %s\n", p.wrap("It lets some of the traffic through; only together with "+numbersText(a, f.With)+" does it stop all.", 5))
	}
	if where := placementsText(a, f); where != "" {
		fmt.Fprintf(w, "     affects: %s\n", p.wrap(safeText(where), 14))
	}
	if rule := ruleText(f); rule != "" {
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
		n := 0
		for i := 0; i <= want && i < len(a.Findings); i++ {
			if a.Findings[i].Severity == a.Findings[want].Severity {
				n++
			}
		}
		parts = append(parts, fmt.Sprint(n))
	}
	return strings.Join(parts, ", ")
}

// placementsText names the subnets that a finding is about, where there are several.
func placementsText(a *sim.Answer, f *sim.Finding) string {
	if len(f.Placements) == 0 || len(a.Placements) < 2 {
		return ""
	}
	var out []string
	for _, n := range f.Placements {
		s := a.Placements[n].Subnet
		if a.Placements[n].Target != "" {
			s += " to " + a.Placements[n].Target
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

func renderUnknowns(w io.Writer, p painter, a *sim.Answer) {
	if len(a.Unknowns) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", p.paint("1", "What the snapshot does not tell"))
	for i, u := range a.Unknowns {
		fmt.Fprintf(w, "  %d. [%s] %s %s\n", i+1, u.Gate, p.paint("1", oneLine(u.Code)), oneLine(u.Component))
		fmt.Fprintf(w, "     %s\n", p.wrap(safeText(u.Fact), 5))
		if u.Collect != "" {
			fmt.Fprintf(w, "     collect: %s\n", p.wrap(safeText(u.Collect), 14))
		}
		if u.Gap != "" && !strings.Contains(u.Fact, strings.TrimSpace(u.Gap[strings.Index(u.Gap, " ")+1:])) {
			fmt.Fprintf(w, "     not captured: %s\n", p.wrap(safeText(u.Gap), 19))
		}
	}
}
