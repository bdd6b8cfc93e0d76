package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/canreach/canreach/internal/picture"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/sim/diff"
	"github.com/canreach/canreach/sim/report"
)

func writeWhatif(env *Env, format string, res *whatifResult) error {
	var b bytes.Buffer
	var err error
	switch format {
	case "json":
		err = writeJSON(&b, res)
	case "yaml":
		err = writeYAML(&b, res)
	case "html", "svg":
		err = writeWhatifPicture(&b, format, res)
	default:
		p := env.painter()
		p.names = res.names
		writeWhatifText(&b, p, res)
	}
	if err != nil {
		return err
	}
	_, err = env.Stdout.Write(b.Bytes())
	return err
}

// writeWhatifPicture draws the answers before and after side by side.
func writeWhatifPicture(w io.Writer, format string, res *whatifResult) error {
	if res.Delta == nil {
		return withHint(errors.New("no question to draw: -o "+format+" shows one job before and after"), "name it with --job, or take -o text")
	}
	c := &report.Comparison{Before: res.Before, After: res.After, Changes: change.Lines(res.Changes), Gone: res.Delta.Removed, New: res.Delta.New}
	for _, a := range res.Plan {
		c.Changes = append(c.Changes, fmt.Sprint(a.Action, " ", a.Address))
	}
	if format == "svg" {
		return picture.SVG(w, c.Diagram(), picture.SVGOptions{})
	}
	return report.ComparisonHTML(w, c)
}

func writeWhatifText(w io.Writer, p painter, res *whatifResult) {
	if res.Delta != nil {
		fmt.Fprintf(w, "%s\n  before  %s\n  after   %s\n", oneLine(questionText(res.After)), p.verdict(res.Delta.Before), p.verdict(res.Delta.After))
		renderAbsent(w, res.After.Absent, p)
	}
	fmt.Fprintf(w, "\n%s\n", p.paint("1", "Changed"))
	for i, a := range res.Plan {
		fmt.Fprintf(w, "  %d. %s %s\n", i+1, a.Action, oneLine(a.Address))
	}
	for i, line := range change.Lines(res.Changes) {
		fmt.Fprintf(w, "  %d. %s\n", len(res.Plan)+i+1, wrap(safeText(line), 5))
	}
	for _, n := range res.Notes {
		fmt.Fprintf(w, "     %s\n", wrap(safeText(n), 5))
	}
	if res.Delta != nil {
		writeDelta(w, p, res.Delta, "")
		if !res.Delta.Differs() {
			fmt.Fprintf(w, "\nNothing of the answer is different.\n")
		}
	}
	writeAlso(w, p, res.Also)
	writeAgainst(w, p, res.Against)
}

// writeDelta writes what differs between two answers.
func writeDelta(w io.Writer, p painter, d *diff.Delta, indent string) {
	for _, part := range []struct {
		title    string
		findings []string
	}{{"Gone", findingLines(p, d.Removed, len(indent))}, {"New", findingLines(p, d.New, len(indent))}} {
		if len(part.findings) > 0 {
			fmt.Fprintf(w, "\n%s%s\n", indent, p.paint("1", part.title))
		}
		for _, line := range part.findings {
			fmt.Fprintf(w, "%s  %s\n", indent, line)
		}
	}
	for _, u := range d.Settled {
		fmt.Fprintf(w, "\n%sSettled: [%s] %s %s\n", indent, u.Gate, oneLine(u.Code.String()), p.component(u.Component, ""))
	}
	for _, u := range d.Opened {
		fmt.Fprintf(w, "\n%sNot known now: [%s] %s %s: %s\n", indent, u.Gate, oneLine(u.Code.String()), p.component(u.Component, ""), wrap(p.named(safeText(u.Fact), u.Component), len(indent)+4))
	}
	for _, way := range d.Paths {
		fmt.Fprintf(w, "\n%s%s now goes through %s, not %s: connections that are open break once (N56).\n", indent, p.component(way.Subnet, ""),
			p.named(oneLine(strings.Join(way.After, ", ")), ""), p.named(oneLine(strings.Join(way.Before, ", ")), ""))
	}
}

func findingLines(p painter, findings []sim.Finding, indent int) []string {
	var out []string
	for i := range findings {
		f := &findings[i]
		out = append(out, fmt.Sprintf("[%s] %s %s (%s)", f.Gate, p.paint("1", oneLine(f.Code.String())), p.component(f.Component, f.Name), f.Severity),
			"  "+wrap(p.named(safeText(f.Message), f.Component), indent+4))
	}
	return out
}

func writeAlso(w io.Writer, p painter, also []alsoResult) {
	if len(also) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", p.paint("1", "Other jobs"))
	for i := range also {
		a := &also[i]
		fmt.Fprintf(w, "  %s: %s (%s → %s)\n", oneLine(a.Job), a.Effect, p.verdict(a.Delta.Before), p.verdict(a.Delta.After))
		if a.Delta.Before != a.Delta.After {
			writeDelta(w, p, &a.Delta, "    ")
		}
	}
}

func writeAgainst(w io.Writer, p painter, against []testDelta) {
	if against == nil {
		return
	}
	fmt.Fprintf(w, "\n%s\n", p.paint("1", "Assertions"))
	if len(against) == 0 {
		fmt.Fprintf(w, "  None changes its outcome.\n")
	}
	for i := range against {
		t := &against[i]
		fmt.Fprintf(w, "  %s → %s  %s  (%s:%d)\n", t.Before, p.paint(testMarks[t.After.Outcome].color, t.After.Outcome.String()), oneLine(t.Name), oneLine(t.File), t.After.Line)
		for j := range t.After.Problems {
			writeProblem(w, &t.After.Problems[j])
		}
	}
}
