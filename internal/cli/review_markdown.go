package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/canreach/canreach/sim/access"
)

// maxCauseLines is how many of a comment's thirty lines are for changes, before
// the rest is folded; maxFolded how many lines a fold has, and maxShownChanges
// how many changes a cause.
const maxCauseLines, maxFolded, maxShownChanges = 20, 300, 4

// writeReviewMarkdown writes a comment for a pull request: at most thirty
// lines, the rest folded. Names from the snapshot stand in code spans.
func writeReviewMarkdown(w io.Writer, res *reviewResult) {
	r := res.Review
	fmt.Fprintf(w, "### canreach: %s\n\n", reviewTitle(res))
	var shown, folded []string
	more := 0
	for _, part := range []struct {
		title string
		list  []access.Change
	}{{"Loses access", r.Lost}, {"Gains access", r.Gained}, {"No longer known", r.Opened}, {"Known now", r.Settled}} {
		heading := []string{"**" + part.title + "**", ""}
		for _, g := range byCause(part.list) {
			lines := markdownCause(g, res.named)
			if len(folded) == 0 && len(shown)+len(heading)+len(lines) <= maxCauseLines {
				shown = append(append(shown, heading...), lines...)
			} else {
				folded = append(append(folded, heading...), lines...)
				more++
			}
			heading = nil
		}
		if len(folded) == 0 && len(shown) > 0 && shown[len(shown)-1] != "" {
			shown = append(shown, "")
		} else if len(folded) > 0 {
			folded = append(folded, "")
		}
	}
	for i, t := range res.Against {
		line := fmt.Sprintf("- test %s: %v → %v", codeSpan(t.Name), t.Before, t.After.Outcome)
		if i < 3 && len(shown) < maxCauseLines+3 {
			shown = append(shown, line)
		} else {
			folded, more = append(folded, line), more+1
		}
	}
	for _, line := range shown {
		fmt.Fprintln(w, line)
	}
	fold(w, fmt.Sprintf("%d more", more), folded)
	var changes, notes []string
	for _, a := range res.Plan {
		changes = append(changes, "- "+a.Action+" "+codeSpan(a.Address))
	}
	for _, n := range res.Notes {
		notes = append(notes, "- "+codeSpan(n))
	}
	fold(w, counted(len(changes), "resource change"), changes)
	fold(w, counted(len(notes), "note"), notes)
	touched := ""
	if res.Plan != nil {
		touched = " that the change can touch,"
	}
	fmt.Fprintf(w, "\n%s%s decided on each side", counted(r.Asked, "question"), touched)
	if r.StillUnknown > 0 {
		fmt.Fprintf(w, "; %s UNKNOWN on both", isAre(r.StillUnknown))
	}
	fmt.Fprintln(w, ".")
}

func fold(w io.Writer, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	if n := len(lines); n > maxFolded {
		lines = append(lines[:maxFolded:maxFolded], "", fmt.Sprintf("and %d more lines: `-o json` has them all", n-maxFolded))
	}
	fmt.Fprintf(w, "<details><summary>%s</summary>\n\n%s\n\n</details>\n", title, strings.TrimRight(strings.Join(lines, "\n"), "\n"))
}

func isAre(n int) string {
	if n == 1 {
		return "1 is"
	}
	return fmt.Sprintf("%d are", n)
}

// reviewTitle says the outcome; that nothing is gained or lost only where
// every question is decided.
func reviewTitle(res *reviewResult) string {
	r := res.Review
	var parts []string
	if n := len(r.Lost); n > 0 {
		parts = append(parts, fmt.Sprintf("%d lost", n))
	}
	if n := len(r.Gained); n > 0 {
		parts = append(parts, fmt.Sprintf("%d gained", n))
	}
	if n := len(r.Opened); n > 0 {
		parts = append(parts, fmt.Sprintf("%d no longer known", n))
	}
	if n := len(res.Against); n > 0 {
		parts = append(parts, counted(n, "test")+" changed")
	}
	switch {
	case len(parts) > 0:
		return strings.Join(parts, ", ")
	case res.Exact:
		return "nothing gained and nothing lost"
	}
	why := []string{}
	if r.StillUnknown > 0 {
		why = append(why, isAre(r.StillUnknown)+" UNKNOWN on both sides")
	}
	if len(res.Open) > 0 {
		why = append(why, "the plan does not tell all ("+counted(len(res.Open), "note")+")")
	}
	return "no decided access changes; " + strings.Join(why, "; ")
}

// byCause groups changes that have the same causes, whichever role and bucket
// they name; most changes first.
func byCause(list []access.Change) [][]access.Change {
	index := map[string]int{}
	var out [][]access.Change
	for _, c := range list {
		key := ""
		for _, cause := range c.Causes {
			key += cause.Code + " " + cause.Component + "\n"
		}
		n, known := index[key]
		if !known {
			n = len(out)
			index[key] = n
			out = append(out, nil)
		}
		out[n] = append(out[n], c)
	}
	slices.SortStableFunc(out, func(a, b []access.Change) int { return len(b) - len(a) })
	return out
}

// markdownCause is the lines of the changes that share their causes.
func markdownCause(list []access.Change, named func(string) string) (lines []string) {
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for i, cause := range list[0].Causes {
		if i == maxMembers {
			add("- and %d more causes", len(list[0].Causes)-i)
			break
		}
		add("- %s: %s", causeName(&cause, named), codeSpan(named(cause.Message)))
	}
	if len(list[0].Causes) == 0 {
		add("- no single cause: a role, a bucket or a source appears or disappears")
	}
	for i := range list {
		c := &list[i]
		if i == maxShownChanges {
			add("  - and %d more", len(list)-i)
			break
		}
		from := "the internet"
		if len(c.Subnets) > 0 {
			from = codeSpan(named(listed(c.Subnets, maxMembers)))
		}
		via := ""
		if len(c.Via) > 0 {
			via = " via " + codeSpan(named(listed(c.Via, maxMembers)))
		}
		add("  - %s: %s on %s, %v → %v, from %s%s", codeSpan(roleName(c.Role)), codeSpan(c.Action), codeSpan(c.Resource), c.Before, c.After, from, via)
	}
	if e := list[0].Witness; e != nil {
		add("  - for example %s", codeSpan(exampleText(e)))
	}
	return lines
}

// causeName is a cause's component, with its address in the plan and where it
// is written.
func causeName(c *access.Cause, named func(string) string) string {
	name := codeSpan(named(c.Component))
	switch {
	case c.Address != "" && c.Address != c.Component && c.File != "":
		name += fmt.Sprintf(" (%s, %s)", codeSpan(c.Address), codeSpan(fmt.Sprintf("%s:%d", c.File, c.Line)))
	case c.Address != "" && c.Address != c.Component:
		name += " (" + codeSpan(c.Address) + ")"
	case c.File != "":
		name += " (" + codeSpan(fmt.Sprintf("%s:%d", c.File, c.Line)) + ")"
	}
	return name
}

// codeSpan makes a stranger's text inert in Markdown.
func codeSpan(s string) string {
	return "`" + strings.NewReplacer("`", "'", "|", "¦", "<", "‹", ">", "›").Replace(oneLine(s)) + "`"
}

func roleName(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
