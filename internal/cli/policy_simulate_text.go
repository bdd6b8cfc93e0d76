package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

func writeEvalTable(env *Env, results []evalResult) error {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "ACTION\tRESOURCE\tDECISION\tDECIDED BY")
	for i := range results {
		q := &results[i]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", safeText(q.Action), safeText(q.Resource), q.Decision, safeText(q.DecidedBy.words()))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for i := range results {
		results[i].explain(&b)
	}
	_, err := io.WriteString(env.Stdout, b.String())
	return err
}

// words name a layer and its statements.
func (l *evalLayer) words() string {
	if l == nil {
		return "-"
	}
	out := l.Layer
	if l.Decision == "implicitDeny" {
		out += ": no statement allows it"
	}
	for i := range l.Statements {
		out += map[bool]string{true: ": ", false: ", "}[i == 0] + l.Statements[i].words(l.Layer)
	}
	return out
}

func (s *evalStatement) words(layer string) string {
	out := fmt.Sprintf("statement %d", s.Index)
	if s.Sid != "" {
		out += " (" + s.Sid + ")"
	}
	if s.Policy != "" && s.Policy != layer {
		out += " of " + s.Policy
	}
	return out
}

// explain says what would change a decision that is not ALLOW.
func (q *evalResult) explain(b *strings.Builder) {
	var lines []string
	if l := q.DecidedBy; l != nil && q.Decision != "ALLOW" {
		if l.Reason != "" {
			lines = append(lines, l.Reason)
		}
		for i := range l.Near {
			n := &l.Near[i]
			lines = append(lines, "nearest: "+n.words(l.Layer)+", "+n.Part+": "+n.Detail)
		}
	}
	if q.Decision == "UNKNOWN" {
		for _, k := range q.UnknownKeys {
			lines = append(lines, "not known: "+k+" (--context "+k+"=VALUE)")
		}
		for _, f := range q.UnknownFacts {
			if strings.HasPrefix(f, "which account owns") {
				f += " (--resource-account)"
			}
			lines = append(lines, "not known: "+f)
		}
	}
	for _, a := range q.Assumptions {
		lines = append(lines, "assumed: "+a)
	}
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s on %s: %s\n", safeText(q.Action), safeText(q.Resource), q.Decision)
	for _, line := range lines {
		fmt.Fprintf(b, "  %s\n", safeText(line))
	}
}
