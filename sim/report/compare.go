package report

import (
	"fmt"
	"io"
	"slices"

	"github.com/canreach/canreach/internal/picture"
	"github.com/canreach/canreach/sim"
)

// Comparison is two answers to one question, side by side.
type Comparison struct {
	Before, After *sim.Answer
	Changes       []string // what was changed between them, in words
	Gone, New     []sim.Finding
}

// Diagram draws the lanes of both answers. Cards that the other side does not
// have are marked.
func (c *Comparison) Diagram() *picture.Diagram {
	before, after := c.sides()
	out := *after
	out.Word = c.Before.Verdict.String() + " → " + c.After.Verdict.String()
	out.Lanes = slices.Concat(sideLanes("Before", before.Lanes), sideLanes("After", after.Lanes))
	return &out
}

func (c *Comparison) sides() (before, after *picture.Diagram) {
	before, after = Diagram(c.Before), Diagram(c.After)
	was, is := cards(before), cards(after)
	markOthers(before, is, "changes")
	markOthers(after, was, "changed")
	return before, after
}

func sideLanes(side string, lanes []picture.Lane) []picture.Lane {
	for i := range lanes {
		lanes[i].Title = side + ": " + lanes[i].Title
	}
	return lanes
}

// cards are the texts of a diagram's cards.
func cards(d *picture.Diagram) map[string]bool {
	out := map[string]bool{}
	for i := range d.Lanes {
		for _, s := range d.Lanes[i].Stations() {
			out[cardText(s)] = true
		}
	}
	return out
}

func cardText(s *picture.Station) string {
	return fmt.Sprint(s.Label, "\n", s.Name, s.Mark, s.Reply, s.Off, s.Lines)
}

func markOthers(d *picture.Diagram, other map[string]bool, tag string) {
	for i := range d.Lanes {
		for _, s := range d.Lanes[i].Stations() {
			if !other[cardText(s)] {
				s.Lines = append([]picture.Line{{Mark: picture.None, Tag: tag}}, s.Lines...)
			}
		}
	}
}

// ComparisonHTML writes a comparison as one self-contained page.
func ComparisonHTML(w io.Writer, c *Comparison) error {
	_, after := c.sides()
	h := comparing(c.Before.Verdict.String()+" → "+c.After.Verdict.String()+": "+question(c.After), after.Title, after.Notes)
	h.list("What was changed", "changes", c.Changes)
	if _, err := h.comparison(c, 0, 0); err != nil {
		return err
	}
	return h.compared(w, c)
}

// ComparisonsHTML writes several comparisons of the same two snapshots as one
// self-contained page.
func ComparisonsHTML(w io.Writer, title string, notes []string, list []Comparison) error {
	h := comparing(title, title, notes)
	lanes := 0
	for i := range list {
		c := &list[i]
		_, after := c.sides()
		h.Open("section", "class", "difference", "aria-label", fmt.Sprintf("Difference %d of %d", i+1, len(list)))
		h.El("h2", "", after.Title)
		for _, n := range after.Notes {
			h.El("p", "note", n)
		}
		if len(c.Changes) > 0 {
			h.El("h3", "", "Because of")
			h.Open("ul", "class", "changes")
			for _, x := range c.Changes {
				h.El("li", "", x)
			}
			h.Close("ul")
		}
		var err error
		if lanes, err = h.comparison(c, lanes, 1); err != nil {
			return err
		}
		h.Close("section")
	}
	if len(list) == 0 {
		return h.compared(w, nil)
	}
	return h.compared(w, &list[0])
}

// comparing begins a page.
func comparing(title, heading string, notes []string) *page {
	h := newPage()
	h.start(title, StyleSheet+compareStyle)
	h.Open("header")
	h.El("h1", "", heading)
	for _, n := range notes {
		h.El("p", "note", n)
	}
	h.Close("header")
	return h
}

// compared ends a page; c is one of its comparisons, nil where it has none.
func (h *page) compared(w io.Writer, c *Comparison) error {
	h.Raw("<footer>\n<dl>\n")
	if c != nil {
		h.Pair("Snapshot sha256 before", c.Before.Snapshot.SHA256)
		h.Pair("Snapshot sha256 after", c.After.Snapshot.SHA256)
	}
	h.Raw("</dl>\n</footer>\n</main>\n</body>\n</html>\n")
	_, err := io.WriteString(w, h.String())
	return err
}

// comparison writes the two sides, below headings of level deep; the page has
// so many lanes before it, and next after it.
func (h *page) comparison(c *Comparison, lanes, deep int) (next int, err error) {
	before, after := c.sides()
	h.Raw("<div class=\"sides\">\n")
	for _, s := range []struct {
		title, only string
		a           *sim.Answer
		d           *picture.Diagram
		findings    []sim.Finding
	}{{"Before", "What is gone", c.Before, before, c.Gone}, {"After", "What is new", c.After, after, c.New}} {
		h.Open("section", "aria-label", s.title)
		h.El(fmt.Sprintf("h%d", 2+deep), "", s.title)
		h.Open("p", "class", "verdict "+s.d.Mark.String())
		h.Raw(picture.MarkSVG(s.d.Mark, 24))
		h.Text(s.a.Verdict.String())
		h.Close("p")
		if err := h.lanesOf(s.d, lanes); err != nil {
			return 0, err
		}
		lanes += len(s.d.Lanes)
		if len(s.findings) > 0 {
			h.El(fmt.Sprintf("h%d", 3+deep), "", s.only)
		}
		shown := sim.Answer{Findings: s.findings, Placements: s.a.Placements}
		for n := range s.findings {
			h.finding(&shown, n)
		}
		h.Close("section")
	}
	h.Close("div")
	return lanes, nil
}

const compareStyle = `
@media screen and (min-width:820px){.sides{display:grid;grid-template-columns:1fr 1fr;gap:0 24px}}
.sides>section+section{border-left:1px solid #94a3b8}
@media print{.sides{display:grid;grid-template-columns:1fr 1fr;gap:0 8mm}.sides figure{width:100%}}
@media screen and (max-width:819px){.sides>section+section{border-left:0}}
`
