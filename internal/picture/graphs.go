package picture

import (
	"fmt"
	"io"
	"strings"
)

// Labels in DOT and Mermaid are broken into lines here, for neither does it.
const (
	graphWidth = 46 * 0.62 // of graphFont: about 46 characters
	graphRows  = 5         // of one remark
)

var graphFont = font{size: 1, mono: true}

// DOT writes d for Graphviz: one cluster for each lane, its stations in a row.
func DOT(w io.Writer, d *Diagram) error {
	var b strings.Builder
	b.WriteString("digraph canreach {\n")
	b.WriteString("  graph [rankdir=TB, labelloc=t, fontname=\"Helvetica\", label=" + dotString(Clean(d.Word)+": "+Clean(d.Title)) + "];\n")
	b.WriteString("  node [shape=box, style=\"rounded,filled\", fillcolor=\"#f8fafc\", color=\"#94a3b8\", fontname=\"Helvetica\", fontsize=11];\n")
	b.WriteString("  edge [fontname=\"Helvetica\", fontsize=10];\n")
	for i := range d.Lanes {
		l := &d.Lanes[i]
		fmt.Fprintf(&b, "  subgraph cluster_%d {\n    label=%s; color=%q; style=rounded;\n",
			i, dotString(l.Mark.Glyph()+" "+Clean(l.Title)+": "+Clean(l.Word)+"\n"+Clean(l.Note)), dotColours[l.Mark])
		for j, s := range l.Stations() {
			overall, word := s.overall()
			fmt.Fprintf(&b, "    n%d_%d [label=%s, %s];\n", i, j, dotString(s.label(overall, word)), dotNode(overall, s.Off))
		}
		edges(l, func(e edge) {
			fmt.Fprintf(&b, "    n%d_%d -> n%d_%d [%s];\n", i, e.from, i, e.to, dotEdge(e))
		})
		aside(l, func(from, to int) {
			fmt.Fprintf(&b, "    n%d_%d -> n%d_%d [style=invis];\n", i, from, i, to)
		})
		b.WriteString("  }\n")
	}
	b.WriteString("}\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// label is a station in a few lines: its name, and what stops or worries there.
func (s *Station) label(overall Mark, word string) string {
	t := strings.TrimSpace(overall.Glyph() + " " + Clean(s.Label))
	if word != "" {
		t += ", " + word
	}
	t += "\n" + Clean(s.Name)
	for _, l := range s.Lines {
		if l.Mark == Stop || l.Mark == Unknown || l.Mark == Partial || l.Mark == Warn {
			t += "\n" + l.Mark.Glyph() + " " + strings.TrimSpace(Clean(l.Code)+" "+Clean(l.Text))
		}
	}
	return t
}

// edge leads from one station to another, in what is left of the flow there.
type edge struct {
	from, to int
	state    Mark
	reply    bool
}

// edges calls yield for every edge of l: forward in order, then the replies.
func edges(l *Lane, yield func(edge)) {
	stations := l.Stations()
	state, from, first := Pass, -1, -1
	for i, s := range stations {
		if s.Mark == None || s.Off {
			continue
		}
		if from >= 0 {
			yield(edge{from, i, state, false})
		} else {
			first = i
		}
		state, from = after(state, s.Mark), i
	}
	if first < 0 || first == from {
		return
	}
	state = Pass
	judged := false
	for i := from; i > first; i-- {
		s := stations[i]
		if s.Reply == None || s.Off {
			continue
		}
		if i != from {
			yield(edge{from, i, state, true})
		}
		judged = true
		state, from = after(state, s.Reply), i
	}
	if judged {
		yield(edge{from, first, state, true})
	}
}

// aside calls yield for neighbours of which one is not on the way, so that it
// can be kept in its place.
func aside(l *Lane, yield func(from, to int)) {
	stations := l.Stations()
	off := func(i int) bool { return stations[i].Mark == None || stations[i].Off }
	for i := 1; i < len(stations); i++ {
		if off(i-1) || off(i) {
			yield(i-1, i)
		}
	}
}

var dotColours = [...]string{
	Unknown: "#b45309", Pass: "#15803d", Warn: "#b45309", Partial: "#c2410c",
	Stop: "#b91c1c", Unreached: "#94a3b8", None: "#94a3b8",
}

func dotNode(m Mark, off bool) string {
	style := "rounded,filled"
	pen := 1
	switch {
	case m == Stop:
		pen = 3
	case m == Unknown:
		style += ",dashed"
	case m == Unreached || off:
		style += ",dotted"
	}
	return fmt.Sprintf("style=%q, color=%q, penwidth=%d", style, dotColours[m], pen)
}

func dotEdge(e edge) string {
	style := "solid"
	switch {
	case e.state == Unreached:
		style = "dotted"
	case e.state != Pass || e.reply:
		style = "dashed"
	}
	t := fmt.Sprintf("style=%s, color=%q", style, dotColours[e.state])
	if e.reply {
		t += ", label=\"reply\", constraint=false"
	}
	return t
}

// dotString quotes text for DOT. Graphviz reads backslashes and HTML entities
// in a label, so both are escaped; a line break in s stays one.
func dotString(s string) string {
	return `"` + strings.Join(graphLines(s, func(l string) string {
		return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "&", "&amp;").Replace(l)
	}), `\n`) + `"`
}

// graphLines breaks cleaned text into lines of moderate length and escapes each.
func graphLines(s string, escape func(string) string) []string {
	var lines []string
	for l := range strings.SplitSeq(s, "\n") {
		for _, row := range graphFont.wrap(Clean(l), graphWidth, graphRows) {
			lines = append(lines, escape(row))
		}
	}
	return lines
}

// mermaidHead lets labels be as wide as graphLines makes them, so that they
// are not broken twice.
const mermaidHead = "%%{init: {\"flowchart\": {\"wrappingWidth\": 420}}}%%\nflowchart TB\n"

// Mermaid writes d as a Mermaid flowchart.
func Mermaid(w io.Writer, d *Diagram) error {
	var b strings.Builder
	b.WriteString(mermaidHead)
	links := 0
	var styles strings.Builder
	for i := range d.Lanes {
		l := &d.Lanes[i]
		fmt.Fprintf(&b, "  subgraph lane%d[%s]\n    direction TB\n", i, mermaidString(mermaidTitle(l)))
		for j, s := range l.Stations() {
			overall, word := s.overall()
			fmt.Fprintf(&b, "    n%d_%d[%s]:::%s\n", i, j, mermaidString(s.label(overall, word)), overall)
		}
		edges(l, func(e edge) {
			arrow := "-->"
			switch {
			case e.reply:
				arrow = "-. reply .->"
			case e.state == Unreached:
				arrow = "-.->"
			}
			fmt.Fprintf(&b, "    n%d_%d %s n%d_%d\n", i, e.from, arrow, i, e.to)
			fmt.Fprintf(&styles, "  linkStyle %d stroke:%s\n", links, dotColours[e.state])
			links++
		})
		b.WriteString("  end\n")
	}
	mermaidClasses(&b)
	b.WriteString(styles.String())
	_, err := io.WriteString(w, b.String())
	return err
}

// mermaidTitle is short: Mermaid lays a title of two lines over the first node.
func mermaidTitle(l *Lane) string {
	t := l.Mark.Glyph() + " " + Clean(l.Word)
	if len(l.Members) > 1 {
		t += ", " + Clean(l.Title)
	}
	return font{size: 1, mono: true}.fit(t, 26*0.62)
}

// mermaidClasses writes the style of each mark.
func mermaidClasses(b *strings.Builder) {
	for _, m := range []Mark{Unknown, Pass, Warn, Partial, Stop, Unreached, None} {
		fmt.Fprintf(b, "  classDef %s stroke:%s,stroke-width:%dpx%s\n", m, dotColours[m], mermaidWidth(m), mermaidDash(m))
	}
}

func mermaidWidth(m Mark) int {
	if m == Stop {
		return 3
	}
	return 1
}

func mermaidDash(m Mark) string {
	switch m {
	case Unknown:
		return ",stroke-dasharray:6 3"
	case Unreached:
		return ",stroke-dasharray:2 3"
	}
	return ""
}

// mermaidString quotes text for Mermaid. Everything that its grammar, its
// directives, Markdown or HTML could read is written as a character code.
func mermaidString(s string) string {
	return `"` + strings.Join(graphLines(s, mermaidEscape), "<br/>") + `"`
}

func mermaidEscape(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r > 0x7e || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || strings.ContainsRune(" .,:()/-", r) {
			b.WriteRune(r)
			continue
		}
		fmt.Fprintf(&b, "#%d;", r)
	}
	return b.String()
}
