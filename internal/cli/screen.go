package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/canreach/canreach/sim"
)

// detail is how much of an answer is shown.
type detail struct{ verbose, quiet bool }

// renderAnswer writes an answer: the first screen, all of it, or the verdict alone.
func renderAnswer(w io.Writer, a *sim.Answer, p painter, d detail) {
	switch {
	case d.quiet:
		fmt.Fprintln(w, p.verdict(a.Verdict))
	case d.verbose:
		renderFull(w, a, p)
	default:
		_, _ = io.WriteString(w, firstScreen(a, p))
	}
}

// screenHeight is how many lines are seen at once, the prompt's own apart.
const screenHeight = 23

// space is what the parts of a screen may take.
type space struct {
	lines  int // of a message or a fix; 0: any number
	causes int // that are spelt out
}

// firstScreen writes an answer so that it fits a screen: without blank lines,
// then with its texts cut, then with the causes counted that do not fit.
func firstScreen(a *sim.Answer, p painter) string {
	causes := len(causesOf(a, sim.Blocker))
	tries := []space{{0, causes}, {3, causes}, {2, causes}, {1, causes}}
	for n := causes - 1; n > 0; n-- {
		tries = append(tries, space{1, n})
	}
	var text string
	for _, s := range tries {
		var b strings.Builder
		renderScreen(&b, a, p, s)
		if text = b.String(); strings.Count(text, "\n") <= screenHeight {
			return text
		}
		if text = strings.ReplaceAll(text, "\n\n", "\n"); strings.Count(text, "\n") <= screenHeight {
			return text
		}
	}
	return text
}

// cut wraps a text and leaves out what is beyond the lines that it may take.
func (s space) cut(p painter, text string, indent int) string {
	lines := strings.Split(p.wrap(text, indent), "\n")
	if s.lines == 0 || len(lines) <= s.lines {
		return strings.Join(lines, "\n")
	}
	last := []rune(lines[s.lines-1])
	if most := p.width - indent - len(" …"); s.lines == 1 && len(last) > most || len(last) > p.width-len(" …") {
		last = last[:strings.LastIndexByte(string(last), ' ')]
	}
	lines[s.lines-1] = string(last) + " …"
	return strings.Join(lines[:s.lines], "\n")
}

// renderScreen writes what fits 80 columns by 24 lines: the verdict, each
// cause with its place and fix, and a line each on what else is unknown, where
// it holds and what -v shows.
func renderScreen(w io.Writer, a *sim.Answer, p painter, s space) {
	renderHead(w, a, p)
	causes := causesOf(a, sim.Blocker)
	for i, c := range causes[:s.causes] {
		renderCause(w, a, p, i+1, c, s)
	}
	if left := causes[s.causes:]; len(left) > 0 {
		var names []string
		for _, c := range left {
			names = append(names, fmt.Sprintf("[%s] %s", c.Gate, c.Code))
		}
		fmt.Fprintf(w, "\n%s\n", p.wrap(oneLine("And "+plural(len(left), "cause")+" more (-v): "+strings.Join(slices.Compact(names), ", ")), 0))
	}
	renderMixed(w, a, p)
	decisive, other := missingFacts(a)
	for i, m := range decisive {
		if i == shownMissing {
			fmt.Fprintf(w, "\n   … and %s more on which the answer hangs (-v)\n", plural(len(decisive)-i, "fact"))
			break
		}
		renderMissing(w, p, m, s)
	}
	fmt.Fprintln(w)
	if len(other) > 0 {
		fmt.Fprintln(w, p.wrap(alsoUnknown(other), 0))
	}
	if where := whereText(a, p); where != "" {
		fmt.Fprintln(w, p.wrap(where, 0))
	}
	fmt.Fprintln(w, p.wrap(moreText(a), 0))
}

// renderHead writes the verdict with the question, and the chain of gates.
func renderHead(w io.Writer, a *sim.Answer, p painter) {
	verdict := a.Verdict.String()
	text := wrapAt(oneLine(shortQuestion(a)), len(verdict)+2, p.width)
	fmt.Fprintf(w, "%s  %s\n", p.verdict(a.Verdict), text)
	if d := a.WithDefaults; d != nil {
		fmt.Fprintf(w, "  with AWS's defaults for what was never collected: %s (--assume-defaults)\n", p.verdict(d.Verdict))
	}
	renderAbsent(w, a.Absent, p)
	renderGates(w, p, a)
}

// renderAbsent names what the question names and the snapshot lacks.
func renderAbsent(w io.Writer, list []sim.AbsentName, p painter) {
	for _, n := range list {
		fmt.Fprintf(w, "  %s\n", p.wrap(safeText(n.String()), 2))
	}
}

// shortQuestion is the question with buckets by name.
func shortQuestion(a *sim.Answer) string {
	q := &a.Question
	who := cmp.Or(q.Job, q.From, q.Role[strings.LastIndex(q.Role, "/")+1:])
	switch {
	case q.Caller != "" && who != "":
		who += " (caller: " + q.Caller + ")"
	case q.Caller != "":
		who = q.Caller
	}
	targets := q.Targets
	if len(targets) == 0 {
		targets = []sim.Target{{Bucket: q.Bucket, Actions: q.Actions}}
	}
	var parts []string
	for _, t := range targets {
		parts = append(parts, strings.Join(t.Actions, ", ")+" on "+shortARN(t.Bucket))
	}
	return who + ": " + strings.Join(parts, "; ")
}

// shortARN is a bucket's or object's name without what every S3 ARN begins with.
func shortARN(arn string) string {
	if _, name, ok := strings.Cut(arn, ":s3:::"); ok && strings.HasPrefix(arn, "arn:") {
		return name
	}
	return arn
}

// cause is one reason, whatever number of requests and placements it affects.
type cause struct {
	*sim.Finding
	index      []int // of the findings that say it
	placements []int // empty: all
	also       []string
}

// causesOf gathers the findings of a severity by what they point at.
func causesOf(a *sim.Answer, s sim.Severity) []*cause {
	var out []*cause
	by := map[string]*cause{}
	for i := range a.Findings {
		f := &a.Findings[i]
		if f.Severity != s {
			continue
		}
		rule := -1
		if f.RuleIndex != nil {
			rule = *f.RuleIndex
		}
		key := fmt.Sprint(f.Code, "\x00", f.Gate, "\x00", f.Component, "\x00", f.Pointer, "\x00", rule)
		c := by[key]
		if c == nil {
			c = &cause{Finding: f, placements: slices.Clone(f.Placements)}
			by[key] = c
			out = append(out, c)
		} else {
			c.join(f)
		}
		c.index = append(c.index, i)
	}
	return out
}

// join adds a finding that says the same of another request or placement.
func (c *cause) join(f *sim.Finding) {
	if len(f.Placements) == 0 {
		c.placements = nil
	} else if len(c.placements) > 0 {
		c.placements = append(c.placements, f.Placements...)
		slices.Sort(c.placements)
		c.placements = slices.Compact(c.placements)
	}
	if f.Example == nil || c.Example == nil || f.Example.Action == "" {
		return
	}
	text := f.Example.Action + " on " + shortARN(f.Example.Resource)
	if (f.Example.Action != c.Example.Action || f.Example.Resource != c.Example.Resource) && !slices.Contains(c.also, text) {
		c.also = append(c.also, text)
	}
}

// renderCause writes a blocker: what, why, where it stands and what to do.
func renderCause(w io.Writer, a *sim.Answer, p painter, n int, c *cause, s space) {
	component := p.component(c.Component, c.Name)
	gap := " "
	if title := fmt.Sprintf("%d. [%s] %s %s", n, c.Gate, oneLine(c.Code.String()), component); utf8.RuneCountInString(title) > p.width {
		gap = "\n   "
	}
	fmt.Fprintf(w, "\n%d. [%s] %s%s%s\n", n, c.Gate, p.link(c.URL, p.paint("1", oneLine(c.Code.String()))), gap, component)
	fmt.Fprintf(w, "   %s\n", s.cut(p, p.named(safeText(c.Message), c.Component), 3))
	if len(c.With) > 0 {
		fmt.Fprintf(w, "   %s\n", p.wrap("It lets some of the traffic through; only together with "+numbersText(a, c.With)+" does it stop all.", 3))
	}
	if len(c.also) > 0 {
		fmt.Fprintf(w, "   %s\n", s.cut(p, "It stops as well: "+safeText(strings.Join(c.also, "; "))+".", 3))
	}
	if c.Pointer != "" {
		fmt.Fprintf(w, "   at:  %s\n", oneLine(c.Pointer))
	}
	if fix := c.Fix; fix != "" { // as it is: a command in it takes ids and ARNs
		if len(c.also) > 0 {
			fix += " Likewise for the other requests."
		}
		fmt.Fprintf(w, "   fix: %s\n", s.cut(p, safeText(fix), 8))
	}
}

// renderMixed writes a case that succeeds and one that fails, of a PARTIAL answer.
func renderMixed(w io.Writer, a *sim.Answer, p painter) {
	if a.Verdict != sim.Partial {
		return
	}
	var good, bad *sim.Example
	for i := range a.Placements {
		pl := &a.Placements[i]
		good, bad = cmp.Or(good, pl.Network.Passes), cmp.Or(bad, pl.Network.Fails)
		for j := range pl.Requests {
			good, bad = cmp.Or(good, pl.Requests[j].Allowed), cmp.Or(bad, pl.Requests[j].Denied)
		}
	}
	if good == nil || bad == nil {
		return
	}
	fmt.Fprintf(w, "\n   succeeds: %s\n", p.wrap(safeText(exampleText(good)), 13))
	fmt.Fprintf(w, "   fails:    %s\n", p.wrap(safeText(exampleText(bad)), 13))
}

// shownMissing is how many missing facts the first screen spells out.
const shownMissing = 3

// missingFacts parts the missing facts into those on which the answer hangs
// and the others. The same fact about several resources is one.
func missingFacts(a *sim.Answer) (decisive, other []sim.Missing) {
	seen := map[string]bool{}
	for _, m := range a.Unknowns {
		key := m.Code.String() + "\x00" + m.Gate.String() + "\x00" + m.Collect
		if m.Collect == "" {
			key += m.Fact
		}
		if seen[key] {
			continue
		}
		seen[key] = true
		if m.Decisive {
			decisive = append(decisive, m)
		} else {
			other = append(other, m)
		}
	}
	return decisive, other
}

func renderMissing(w io.Writer, p painter, m sim.Missing, s space) {
	fmt.Fprintf(w, "\n%s [%s] %s %s\n", p.paint("33", "?"), m.Gate, p.paint("1", oneLine(m.Code.String())), p.component(m.Component, ""))
	fmt.Fprintf(w, "   %s\n", s.cut(p, p.named(safeText(m.Fact), m.Component), 3))
	if m.Collect != "" {
		fmt.Fprintf(w, "   collect: %s\n", s.cut(p, safeText(m.Collect), 12))
	}
}

func alsoUnknown(list []sim.Missing) string {
	var gates []string
	for _, m := range list {
		if g := m.Gate.String(); !slices.Contains(gates, g) {
			gates = append(gates, g)
		}
	}
	return fmt.Sprintf("Also unknown, without changing the verdict: %s (%s).", plural(len(list), "fact"), strings.Join(gates, ", "))
}

// whereText says where the answer holds, subnets that fare alike together.
func whereText(a *sim.Answer, p painter) string {
	type class struct {
		verdict sim.Verdict
		causes  string
		subnets []string
	}
	var classes []*class
	causes := causesOf(a, sim.Blocker)
	for i := range a.Placements {
		pl := &a.Placements[i]
		if pl.Subnet == "" || pl.Subnet == a.Question.From || strings.HasSuffix(pl.Subnet, ".amazonaws.com") {
			continue // the source itself, outside of every subnet
		}
		var numbers []string
		for n, c := range causes {
			if len(c.placements) == 0 || slices.Contains(c.placements, i) {
				numbers = append(numbers, fmt.Sprint(n+1))
			}
		}
		name := p.short(pl.Subnet)
		if pl.Target != "" {
			name += " to " + shortARN(pl.Target)
		}
		of := strings.Join(numbers, ", ")
		at := slices.IndexFunc(classes, func(c *class) bool { return c.verdict == pl.Verdict && c.causes == of })
		if at < 0 {
			at, classes = len(classes), append(classes, &class{verdict: pl.Verdict, causes: of})
		}
		if !slices.Contains(classes[at].subnets, name) {
			classes[at].subnets = append(classes[at].subnets, name)
		}
	}
	switch {
	case len(classes) == 0:
		return ""
	case len(classes) == 1 && len(classes[0].subnets) == 1:
		return "Holds in subnet " + oneLine(classes[0].subnets[0]) + "."
	case len(classes) == 1:
		return fmt.Sprintf("Holds in %s alike: %s.", plural(len(classes[0].subnets), "subnet"), oneLine(strings.Join(classes[0].subnets, ", ")))
	}
	var parts []string
	for _, c := range classes {
		text := c.verdict.String() + " in " + oneLine(strings.Join(c.subnets, ", "))
		if c.causes != "" {
			text += " (" + c.causes + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ") + "."
}

// moreText says what -v would show.
func moreText(a *sim.Answer) string {
	parts := []string{"path", "layers"}
	var codes []string
	for _, c := range causesOf(a, sim.Warning) {
		codes = append(codes, c.Code.String())
	}
	if len(codes) > 0 {
		parts = append(parts, plural(len(codes), "warning")+" ("+oneLine(strings.Join(slices.Compact(codes), ", "))+")")
	}
	if n := len(a.Assumptions); n > 0 {
		parts = append(parts, plural(n, "assumption"))
	}
	return "-v shows " + strings.Join(parts, ", ") + "."
}
