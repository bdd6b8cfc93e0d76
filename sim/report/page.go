package report

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"github.com/canreach/canreach/internal/picture"
	"github.com/canreach/canreach/sim"
)

// Page is what the HTML page shows: an answer, and what else is known of it.
type Page struct {
	Answer *sim.Answer
	// Rules are the rules that decided, with their text; may be empty.
	Rules []Rule
	// Gaps are the facts that the capture could not read; may be empty.
	Gaps []string
	// Facts are shown at the end, in order: program version, hashes and the like.
	Facts []Fact
}

// Rule is a place in the snapshot that decided, and what stands there.
type Rule struct {
	Pointer string   // RFC 6901, into the native snapshot
	Text    string   // JSON; empty: there is nothing at the place
	By      []string // what names it: finding codes, layers, hops
}

// Fact is one line of a page's record.
type Fact struct{ Name, Value string }

// HTML writes p as one self-contained page, without script and without
// anything to load.
func HTML(w io.Writer, p Page) error {
	h := &page{}
	a := p.Answer
	style := picture.StyleSheet + pageStyle
	sum := sha256.Sum256([]byte(style))
	h.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
	h.raw(`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-` +
		base64.StdEncoding.EncodeToString(sum[:]) + `'; base-uri 'none'; form-action 'none'">` + "\n")
	h.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" content=\"light dark\">\n")
	h.el("title", "", a.Verdict.String()+": "+question(a))
	h.raw("<style>" + style + "</style>\n</head>\n<body>\n<main>\n")
	d := Diagram(a)
	h.header(a, d)
	if err := h.lanes(d); err != nil {
		return err
	}
	h.findings(a)
	h.unknowns(a)
	h.placements(a)
	h.list("Assumptions", "assumptions", a.Assumptions)
	h.list("What the capture could not read", "gaps", p.Gaps)
	h.rules(p.Rules)
	h.facts(a, p.Facts)
	h.raw("</main>\n</body>\n</html>\n")
	_, err := io.WriteString(w, h.b.String())
	return err
}

func (h *page) header(a *sim.Answer, d *picture.Diagram) {
	h.open("header")
	h.open("p", "class", "verdict "+d.Mark.String())
	h.raw(picture.MarkSVG(d.Mark, 24))
	h.text(a.Verdict.String())
	h.close("p")
	h.el("h1", "", d.Title)
	for _, n := range d.Notes {
		h.el("p", "note", n)
	}
	h.el("p", "summary", summary(a))
	h.close("header")
}

// summary says in a sentence what the page is about.
func summary(a *sim.Answer) string {
	count := map[sim.Verdict]int{}
	for _, p := range a.Placements {
		count[p.Verdict]++
	}
	var parts []string
	for _, v := range []sim.Verdict{sim.Blocked, sim.Partial, sim.Unknown, sim.Reachable} {
		if n := count[v]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	blockers, warnings := 0, 0
	for _, f := range a.Findings {
		switch f.Severity {
		case sim.Blocker:
			blockers++
		case sim.Warning:
			warnings++
		}
	}
	return fmt.Sprintf("%s: %s. %s, %s, %s.", plural(len(a.Placements), "placement"), strings.Join(parts, ", "),
		plural(blockers, "blocker"), plural(warnings, "warning"), plural(len(a.DecisiveUnknowns()), "unknown fact"))
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// lanes draws each lane as a picture of its own, so that they stand side by
// side on a wide page and below each other on a phone.
func (h *page) lanes(d *picture.Diagram) error {
	h.open("section", "class", "lanes", "aria-label", "The paths")
	for i := range d.Lanes {
		one := *d
		one.Lanes = d.Lanes[i : i+1]
		l := &d.Lanes[i]
		h.open("figure")
		var svg strings.Builder
		opt := picture.SVGOptions{Columns: 1, ID: fmt.Sprintf("p%d", i), Inline: true, Bare: true}
		if err := picture.SVG(&svg, &one, opt); err != nil {
			return err
		}
		h.raw(svg.String())
		if len(l.Members) > 1 {
			h.open("details")
			h.el("summary", "", "The "+plural(len(l.Members), "subnet"))
			h.open("ul", "class", "ids")
			for _, m := range l.Members {
				h.el("li", "", m)
			}
			h.close("ul", "details")
		}
		h.close("figure")
	}
	h.close("section")
	return nil
}

func (h *page) findings(a *sim.Answer) {
	if len(a.Findings) == 0 {
		return
	}
	h.raw("<section class=\"findings\">\n<h2>Findings</h2>\n")
	for _, severity := range []sim.Severity{sim.Blocker, sim.Warning, sim.Info} {
		for i := range a.Findings {
			if f := &a.Findings[i]; f.Severity == severity {
				h.finding(a, f)
			}
		}
	}
	h.close("section")
}

var severityMarks = [...]picture.Mark{sim.Info: picture.None, sim.Warning: picture.Warn, sim.Blocker: picture.Stop}

func (h *page) finding(a *sim.Answer, f *sim.Finding) {
	mark := severityMarks[f.Severity]
	h.open("article", "class", "finding "+mark.String())
	h.open("h3")
	h.raw(picture.MarkSVG(mark, 16))
	h.open("code")
	h.text(f.Code.String())
	h.close("code")
	h.el("span", "where", f.Severity.String()+" at "+f.Gate.String())
	h.close("h3")
	h.el("p", "", f.Message)
	h.open("dl")
	component := f.Component
	if f.Name != "" {
		component += " (" + f.Name + ")"
	}
	h.pair("Component", component)
	if f.RuleNumber != nil {
		h.pair("Rule number", fmt.Sprint(*f.RuleNumber))
	} else if f.RuleIndex != nil {
		h.pair("Rule", fmt.Sprintf("number %d of its list, from 0", *f.RuleIndex))
	}
	h.pair("Example", exampleText(f.Example))
	h.pair("Repair", f.Fix)
	h.pair("Concerns", concerned(a, f))
	h.pair("In the snapshot", f.Pointer)
	if f.Rule != "" || f.URL != "" {
		h.el("dt", "", "Why")
		h.open("dd")
		h.link(f.URL, strings.TrimSpace(f.Rule+" "+strings.TrimPrefix(f.URL, "https://docs.aws.amazon.com")))
		h.close("dd")
	}
	h.close("dl", "article")
}

// concerned names the placements of a finding, where it is not all of them.
func concerned(a *sim.Answer, f *sim.Finding) string {
	var names []string
	for _, i := range f.Placements {
		if i >= 0 && i < len(a.Placements) {
			names = addNew(names, a.Placements[i].Subnet)
		}
	}
	return some(names, 8)
}

func (h *page) pair(name, value string) {
	if value == "" {
		return
	}
	h.el("dt", "", name)
	h.el("dd", "", value)
}

func (h *page) unknowns(a *sim.Answer) {
	if len(a.Unknowns) == 0 {
		return
	}
	h.raw("<section class=\"findings\">\n<h2>Facts that are missing</h2>\n")
	for _, m := range a.Unknowns {
		title := "unknown at " + m.Gate.String()
		if !m.Decisive {
			title += ", without changing the verdict"
		}
		h.open("article", "class", "finding unknown")
		h.open("h3")
		h.raw(picture.MarkSVG(picture.Unknown, 16))
		h.open("code")
		h.text(m.Code.String())
		h.close("code")
		h.el("span", "where", title)
		h.close("h3")
		h.el("p", "", m.Fact)
		h.open("dl")
		h.pair("Component", m.Component)
		h.pair("Find out", m.Collect)
		h.pair("Not captured", m.Gap)
		h.pair("In the snapshot", m.Pointer)
		h.close("dl", "article")
	}
	h.close("section")
}

// placements is the whole verdict as a table, one row for each placement.
func (h *page) placements(a *sim.Answer) {
	if len(a.Placements) == 0 {
		return
	}
	h.raw("<section>\n<details open>\n<summary><h2>Every placement</h2></summary>\n<div class=\"scroll\"><table>\n<thead><tr><th>Subnet</th><th>Zone</th><th>Verdict</th><th>Network</th><th>Requests</th></tr></thead>\n<tbody>\n")
	for i := range a.Placements {
		p := &a.Placements[i]
		h.open("tr")
		subnet := p.Subnet
		if p.Target != "" {
			subnet += " → " + p.Target
		}
		h.el("th", "", subnet)
		h.open("td")
		h.text(p.AvailabilityZone)
		h.close("td")
		h.cell("Verdict", p.Verdict)
		h.cell("Network", p.Network.Verdict)
		h.open("td")
		for _, r := range p.Requests {
			h.open("div")
			h.raw(picture.MarkSVG(verdictMark(r.Verdict), 12) + " ")
			h.text(r.Action + " on " + r.Resource + ": " + r.Verdict.String())
			h.close("div")
		}
		h.close("td", "tr")
	}
	h.raw("</tbody>\n</table></div>\n</details>\n</section>\n")
}

func (h *page) cell(label string, v sim.Verdict) {
	m := verdictMark(v)
	h.open("td", "class", m.String(), "data-label", label)
	h.raw(picture.MarkSVG(m, 14) + " ")
	h.text(v.String())
	h.close("td")
}

func (h *page) list(title, class string, items []string) {
	if len(items) == 0 {
		return
	}
	h.open("section", "class", class)
	h.el("h2", "", title)
	h.open("ul")
	for _, i := range items {
		h.el("li", "", i)
	}
	h.close("ul", "section")
}

func (h *page) rules(rules []Rule) {
	if len(rules) == 0 {
		return
	}
	h.raw("<section class=\"rules\">\n<h2>Rules that decided, as the snapshot has them</h2>\n")
	for _, r := range rules {
		h.open("details")
		h.open("summary")
		h.open("code")
		h.text(r.Pointer)
		h.close("code")
		h.el("span", "where", strings.Join(r.By, ", "))
		h.close("summary")
		h.open("pre")
		if r.Text == "" {
			h.text("(nothing there)")
		}
		h.lines(r.Text)
		h.close("pre", "details")
	}
	h.close("section")
}

func (h *page) facts(a *sim.Answer, facts []Fact) {
	h.raw("<footer>\n<h2>Record</h2>\n<dl>\n")
	h.pair("Snapshot sha256", a.Snapshot.SHA256)
	h.pair("Captured", a.Snapshot.CapturedAt)
	h.pair("Contract", a.Schema)
	for _, f := range facts {
		h.pair(f.Name, f.Value)
	}
	h.close("dl", "footer")
}
