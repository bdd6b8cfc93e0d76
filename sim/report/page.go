package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/canreach/canreach/internal/markup"
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

// page is an HTML page that shows parts of answers.
type page struct {
	*markup.Page
	anchors bool                        // findings and missing facts have ids
	place   func(pointer string) string // where a place in the snapshot is shown; nil: nowhere
	subnet  func(id string) string      // where the map's subnets lead; nil: nowhere
	home    string                      // where the map leads back to; empty: nowhere
	rules   []Rule                      // the text of what decided
	command string                      // that draws the same map; empty: it is not shown
}

func newPage() *page { return &page{Page: &markup.Page{}} }

// StyleSheet is the style of pages that show parts of answers.
const StyleSheet = picture.StyleSheet + pageStyle

// Head writes verdict and question into h.
func Head(h *markup.Page, a *sim.Answer, d *picture.Diagram) { (&page{Page: h}).header(a, d) }

// Body writes what an answer's page has between these and the record, with
// the picture d. place says where a place in the snapshot is shown.
func Body(h *markup.Page, a *sim.Answer, d *picture.Diagram, place func(pointer string) string) error {
	return (&page{Page: h, place: place}).body(a, d)
}

func (h *page) body(a *sim.Answer, d *picture.Diagram) error {
	beside := [...]string{1: "beside one", 2: "beside two"} // on a wide screen what is said stands beside one or two lanes
	class := "below"
	if n := len(d.Lanes); n > 0 && n < len(beside) {
		class = beside[n]
	}
	h.Open("div", "class", class)
	if err := h.lanes(d); err != nil {
		return err
	}
	h.Open("div", "class", "said")
	h.findings(a)
	h.unknowns(a)
	h.placements(a)
	h.list("Assumptions", "assumptions", a.Assumptions)
	h.Close("div", "div")
	return nil
}

// Stopped writes the findings and missing facts of one station into h.
func (s *Stop) Stopped(h *markup.Page, a *sim.Answer, place func(pointer string) string) {
	p := &page{Page: h, place: place}
	for _, n := range s.Findings {
		p.finding(a, n)
	}
	for _, n := range s.Missing {
		p.unknown(a, n)
	}
}

// Fact is one line of a page's record.
type Fact struct{ Name, Value string }

// HTML writes p as one self-contained page, without script and without
// anything to load.
func HTML(w io.Writer, p Page) error {
	h := newPage()
	a := p.Answer
	h.start(a.Verdict.String()+": "+question(a), StyleSheet)
	d := anchored(a)
	h.anchors, h.rules = true, p.Rules
	h.header(a, d)
	if err := h.body(a, d); err != nil {
		return err
	}
	h.list("What the capture could not read", "gaps", p.Gaps)
	h.decidingRules()
	h.facts(a, p.Facts)
	h.Raw("</main>\n</body>\n</html>\n")
	_, err := io.WriteString(w, h.String())
	return err
}

// anchored is Diagram with each card linked to what it says, further down.
func anchored(a *sim.Answer) *picture.Diagram {
	d, stops := LinkedDiagram(a, func(int, int) string { return "" })
	for i := range stops {
		drawn := d.Lanes[i].Stations()
		for n := range stops[i] {
			drawn[n].Link = stops[i][n].anchor(a)
		}
	}
	return d
}

// anchor is the place on the page of the worst that a station stands for.
func (s *Stop) anchor(a *sim.Answer) string {
	worst := -1
	for _, n := range s.Findings {
		if worst < 0 || a.Findings[n].Severity > a.Findings[worst].Severity {
			worst = n
		}
	}
	switch {
	case worst >= 0 && a.Findings[worst].Severity == sim.Blocker || worst >= 0 && len(s.Missing) == 0:
		return fmt.Sprint("#finding-", worst)
	case len(s.Missing) > 0:
		return fmt.Sprint("#missing-", s.Missing[0])
	}
	return ""
}

// article opens a finding or missing fact.
func (h *page) article(mark picture.Mark, kind string, n int) {
	class := "finding " + mark.String()
	if !h.anchors {
		h.Open("article", "class", class)
		return
	}
	h.Open("article", "class", class, "id", fmt.Sprint(kind, "-", n))
}

func (h *page) header(a *sim.Answer, d *picture.Diagram) {
	h.Open("header")
	h.Open("p", "class", "verdict "+d.Mark.String())
	h.Raw(picture.MarkSVG(d.Mark, 24))
	h.Text(a.Verdict.String())
	h.Close("p")
	h.El("h1", "", d.Title)
	for _, n := range d.Notes {
		h.El("p", "note", n)
	}
	h.El("p", "summary", summary(a))
	h.gates(a)
	h.Close("header")
}

// gates lists every gate that something was asked of, with its state.
func (h *page) gates(a *sim.Answer) {
	if len(a.Gates) == 0 {
		return
	}
	h.Open("ol", "class", "gates", "aria-label", "The gates, in order")
	for _, g := range a.Gates {
		mark := stateMark(g.State, picture.Partial)
		h.Open("li", "class", mark.String(), "data-gate", g.Gate.String())
		h.Raw(picture.MarkSVG(mark, 12))
		h.Text(g.Gate.String() + ": " + strings.ReplaceAll(g.State.String(), "-", " "))
		h.Close("li")
	}
	h.Close("ol")
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
func (h *page) lanes(d *picture.Diagram) error { return h.lanesOf(d, 0) }

// lanesOf numbers the pictures from first, as a page may hold several diagrams.
func (h *page) lanesOf(d *picture.Diagram, first int) error {
	h.Open("section", "class", "lanes", "aria-label", "The paths")
	for i := range d.Lanes {
		one := *d
		one.Lanes = d.Lanes[i : i+1]
		l := &d.Lanes[i]
		h.Open("figure")
		var svg strings.Builder
		opt := picture.SVGOptions{Columns: 1, ID: fmt.Sprintf("p%d", first+i), Inline: true, Bare: true}
		if err := picture.SVG(&svg, &one, opt); err != nil {
			return err
		}
		h.Raw(svg.String())
		h.pathText(l)
		if len(l.Members) > 1 {
			h.Open("details")
			h.El("summary", "", "The "+plural(len(l.Members), "subnet"))
			h.Open("ul", "class", "ids")
			for _, m := range l.Members {
				h.El("li", "", m)
			}
			h.Close("ul", "details")
		}
		h.Close("figure")
	}
	h.Close("section")
	return nil
}

// pathText says in text what the picture of a lane shows: paper has no room for a
// picture whose words can be read.
func (h *page) pathText(l *picture.Lane) {
	h.Open("ol", "class", "path")
	for _, s := range l.Stations() {
		h.Open("li")
		text := s.Mark.Glyph() + " " + s.Label + " " + cmp.Or(s.Full, s.Name)
		if word := s.Mark.Word(); word != "" {
			text += ": " + word
		}
		h.Text(text)
		for _, line := range s.Lines {
			h.El("div", "note", strings.Join(strings.Fields(line.Tag+" "+line.Code+" "+cmp.Or(line.Full, line.Text)), " "))
		}
		h.Close("li")
	}
	h.Close("ol")
}

// pointer names a place in the snapshot, as a link where it is shown.
func (h *page) pointer(p string) {
	if p == "" || h.place == nil {
		h.Pair("In the snapshot", p)
		return
	}
	h.El("dt", "", "In the snapshot")
	h.Open("dd")
	h.Open("a", "href", h.place(p))
	h.Text(p)
	h.Close("a", "dd")
}

// placements is the whole verdict as a table, one row for each placement.
func (h *page) placements(a *sim.Answer) {
	if len(a.Placements) == 0 {
		return
	}
	h.Raw("<section>\n<details open>\n<summary><h2>Every placement</h2></summary>\n<div class=\"scroll\"><table>\n<thead><tr><th>Subnet</th><th>Zone</th><th>Verdict</th><th>Network</th><th>Requests</th></tr></thead>\n<tbody>\n")
	for i := range a.Placements {
		p := &a.Placements[i]
		h.Open("tr")
		subnet := p.Subnet
		if p.Target != "" {
			subnet += " → " + p.Target
		}
		h.El("th", "", subnet)
		h.Open("td")
		h.Text(p.AvailabilityZone)
		h.Close("td")
		h.cell("Verdict", p.Verdict)
		h.cell("Network", p.Network.Verdict)
		h.Open("td")
		for _, r := range p.Requests {
			h.Open("div")
			h.Raw(picture.MarkSVG(VerdictMark(r.Verdict), 12) + " ")
			h.Text(r.Action + " on " + r.Resource + ": " + r.Verdict.String())
			for _, e := range []*sim.Example{r.Allowed, r.Denied} {
				h.El("div", "note", contextText(e))
			}
			h.Close("div")
		}
		h.Close("td", "tr")
	}
	h.Raw("</tbody>\n</table></div>\n</details>\n</section>\n")
}

func (h *page) cell(label string, v sim.Verdict) {
	m := VerdictMark(v)
	h.Open("td", "class", m.String(), "data-label", label)
	h.Raw(picture.MarkSVG(m, 14) + " ")
	h.Text(v.String())
	h.Close("td")
}

func (h *page) list(title, class string, items []string) {
	if len(items) == 0 {
		return
	}
	h.Open("section", "class", class)
	h.El("h2", "", title)
	h.Open("ul")
	for _, i := range items {
		h.El("li", "", i)
	}
	h.Close("ul", "section")
}

func (h *page) decidingRules() {
	if len(h.rules) == 0 {
		return
	}
	h.Raw("<section class=\"rules\">\n<h2>Rules that decided, as the snapshot has them</h2>\n")
	for _, r := range h.rules {
		h.Open("details")
		h.Open("summary")
		h.Open("code")
		h.Text(r.Pointer)
		h.Close("code")
		h.El("span", "where", strings.Join(r.By, ", "))
		h.Close("summary")
		h.Open("pre")
		if r.Text == "" {
			h.Text("(nothing there)")
		}
		h.Lines(r.Text)
		h.Close("pre", "details")
	}
	h.Close("section")
}

func (h *page) facts(a *sim.Answer, facts []Fact) {
	h.Raw("<footer>\n<h2>Record</h2>\n<dl>\n")
	h.Pair("Snapshot sha256", a.Snapshot.SHA256)
	h.Pair("Captured", a.Snapshot.CapturedAt)
	h.Pair("Contract", a.Schema)
	for _, f := range facts {
		h.Pair(f.Name, f.Value)
	}
	h.Close("dl", "footer")
}
