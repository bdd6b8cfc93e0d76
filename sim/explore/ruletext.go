package explore

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/sim/report"
	"github.com/canreach/canreach/snapshot"
)

// resource is one resource of a snapshot as text, with what decided marked.
type resource struct {
	pointer string
	node    *jsontree.Node
	decided []*jsontree.Node // inside it, without those that are the whole
	lines   []textLine
}

// textLine is one line of a resource's text.
type textLine struct {
	text   string
	marked bool
}

// Bounds of what is shown of one resource.
const (
	maxLines     = 150 // shown whole up to here
	contextLines = 12  // around what is marked, beyond that
)

// resources reads the resources in which the places lie, in the order of the
// places. What is not there is left out.
func resources(root *jsontree.Node, places []report.Place) []*resource {
	var out []*resource
	marks := map[string][]string{}
	for _, p := range places {
		at := resourcePointer(p.Pointer)
		node := root.Resolve(at)
		if node == nil {
			continue
		}
		i := slices.IndexFunc(out, func(r *resource) bool { return r.pointer == at })
		if i < 0 {
			out = append(out, &resource{pointer: at, node: node})
		}
		for _, m := range deciding(root, p) {
			if m != at {
				marks[at] = append(marks[at], m)
			}
		}
	}
	for _, r := range out {
		w := textWriter{r: r, marks: marks[r.pointer]}
		w.node(r.node, r.pointer, 0, "", "", false)
	}
	return out
}

// resourcePointer cuts a pointer after the resource: the first element of a
// list below an account, a region or the organization.
func resourcePointer(pointer string) string {
	parts := strings.Split(pointer, "/")
	i := 1
	for i+1 < len(parts) && (parts[i] == "accounts" || parts[i] == "regions" || parts[i] == "organizations") {
		i += 2
	}
	for ; i < len(parts); i++ {
		if _, err := strconv.Atoi(parts[i]); err == nil {
			return strings.Join(parts[:i+1], "/")
		}
	}
	return pointer
}

// deciding are the pointers to mark for a place: the statement, where the
// place is a policy and a statement of it decided.
func deciding(root *jsontree.Node, p report.Place) []string {
	n := root.Resolve(p.Pointer)
	if p.Statement < 0 || n == nil {
		return []string{p.Pointer}
	}
	if inner := policyIn(n); inner != nil {
		n = inner
	}
	if n.Kind() != jsontree.Object {
		return []string{p.Pointer}
	}
	list := n.Get("Statement")
	switch {
	case list == nil:
		return []string{p.Pointer}
	case list.Kind() == jsontree.Array && p.Statement < list.Len():
		return []string{fmt.Sprintf("%s/Statement/%d", p.Pointer, p.Statement)}
	}
	return []string{p.Pointer + "/Statement"}
}

// policyIn is the JSON object that a string holds; nil: it holds none.
func policyIn(n *jsontree.Node) *jsontree.Node {
	if n.Kind() != jsontree.String || !strings.HasPrefix(strings.TrimSpace(n.Text()), "{") {
		return nil
	}
	t, err := jsontree.Parse([]byte(n.Text()))
	if err != nil || t.Root.Kind() != jsontree.Object {
		return nil
	}
	return t.Root
}

// textWriter indents a resource; policies in strings are opened.
type textWriter struct {
	r     *resource
	marks []string
}

func (w *textWriter) line(depth int, text string, marked bool) {
	w.r.lines = append(w.r.lines, textLine{strings.Repeat("  ", depth) + text, marked})
}

// node writes n. lead is its key, tail the comma behind it.
func (w *textWriter) node(n *jsontree.Node, pointer string, depth int, lead, tail string, marked bool) {
	if !marked && slices.Contains(w.marks, pointer) {
		marked = true
		w.r.decided = append(w.r.decided, n)
	}
	note := ""
	if inner := policyIn(n); inner != nil {
		n, note = inner, "   (a string that holds JSON)"
	}
	switch n.Kind() {
	case jsontree.Object, jsontree.Array:
		open, end := "{", "}"
		if n.Kind() == jsontree.Array {
			open, end = "[", "]"
		}
		if n.Len() == 0 {
			w.line(depth, lead+open+end+tail, marked)
			return
		}
		w.line(depth, lead+open+note, marked)
		for i := range n.Len() {
			key, name := "", strconv.Itoa(i)
			if n.Kind() == jsontree.Object {
				name = snapshot.EscapePointer(n.Key(i))
				key = string(jsontree.Quote(n.Key(i))) + ": "
			}
			comma := ","
			if i == n.Len()-1 {
				comma = ""
			}
			w.node(n.At(i), pointer+"/"+name, depth+1, key, comma, marked)
		}
		w.line(depth, end+tail, marked)
	default:
		w.line(depth, lead+string(n.Raw())+tail, marked)
	}
}

// window are the lines to show: all of a short text, else those around marks,
// with the number of lines that were left out before each.
func (r *resource) window() (lines []textLine, skipped map[int]int) {
	if len(r.lines) <= maxLines {
		return r.lines, nil
	}
	skipped = map[int]int{}
	last := 0
	for i := range r.lines {
		near := i < contextLines
		for j := max(0, i-contextLines); j <= min(i+contextLines, len(r.lines)-1) && !near; j++ {
			near = r.lines[j].marked
		}
		if !near || len(lines) == maxLines {
			continue
		}
		if i > last {
			skipped[len(lines)] = i - last
		}
		lines = append(lines, r.lines[i])
		last = i + 1
	}
	if last < len(r.lines) {
		skipped[len(lines)] = len(r.lines) - last
	}
	return lines, skipped
}
