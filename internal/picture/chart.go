package picture

import (
	"fmt"
	"io"
	"strings"
)

// Chart is places with things in them, and links between the things. Unlike a
// Diagram it may fork and join.
type Chart struct {
	Title    string
	Notes    []string
	Clusters []Cluster
	Links    []ChartLink
}

// Cluster is one place. An empty title draws its nodes without a frame.
type Cluster struct {
	Title string
	Note  string
	Nodes []ChartNode
}

// ChartNode is one thing. IDs tell nodes of a chart apart and are not shown.
type ChartNode struct {
	ID    string
	Label string // what kind of thing it is
	Name  string
	Mark  Mark
	Rank  int // column, from 0: links lead from lower ranks to higher ones
	Lines []Line
}

// ChartLink leads from one node to another. Links whose ends are not in the
// chart are left out.
type ChartLink struct {
	From, To string
	Mark     Mark
	Label    string
}

// numbered gives each node the name that DOT and Mermaid use.
func (c *Chart) numbered() map[string]string {
	ids := map[string]string{}
	for i := range c.Clusters {
		for j := range c.Clusters[i].Nodes {
			ids[c.Clusters[i].Nodes[j].ID] = fmt.Sprintf("n%d_%d", i, j)
		}
	}
	return ids
}

// drawn calls yield for each link whose ends are in the chart.
func (c *Chart) drawn(ids map[string]string, yield func(from, to string, l *ChartLink)) {
	for i := range c.Links {
		l := &c.Links[i]
		if from, to := ids[l.From], ids[l.To]; from != "" && to != "" {
			yield(from, to, l)
		}
	}
}

// text is a node in a few lines.
func (n *ChartNode) text() string {
	t := strings.TrimSpace(n.Mark.Glyph() + " " + Clean(n.Label))
	if n.Name != "" {
		t += "\n" + Clean(n.Name)
	}
	for _, l := range n.Lines {
		t += "\n" + strings.TrimSpace(l.Mark.Glyph()+" "+strings.TrimSpace(Clean(l.Tag)+" "+Clean(l.Text)))
	}
	return t
}

// ChartDOT writes c for Graphviz: one cluster for each place.
func ChartDOT(w io.Writer, c *Chart) error {
	var b strings.Builder
	b.WriteString("digraph canreach {\n")
	b.WriteString("  graph [rankdir=LR, labelloc=t, fontname=\"Helvetica\", label=" + dotString(Clean(c.Title)) + "];\n")
	b.WriteString("  node [shape=box, style=\"rounded,filled\", fillcolor=\"#f8fafc\", color=\"#94a3b8\", fontname=\"Helvetica\", fontsize=11];\n")
	b.WriteString("  edge [fontname=\"Helvetica\", fontsize=10];\n")
	ids := c.numbered()
	for i := range c.Clusters {
		g := &c.Clusters[i]
		indent := "  "
		if g.Title != "" {
			fmt.Fprintf(&b, "  subgraph cluster_%d {\n    label=%s; color=\"#94a3b8\"; style=rounded;\n", i, dotString(Clean(g.Title)+"\n"+Clean(g.Note)))
			indent = "    "
		}
		for j := range g.Nodes {
			n := &g.Nodes[j]
			fmt.Fprintf(&b, "%s%s [label=%s, %s];\n", indent, ids[n.ID], dotString(n.text()), dotNode(n.Mark, false))
		}
		if g.Title != "" {
			b.WriteString("  }\n")
		}
	}
	c.drawn(ids, func(from, to string, l *ChartLink) {
		fmt.Fprintf(&b, "  %s -> %s [%s, label=%s];\n", from, to, dotEdge(edge{state: l.Mark}), dotString(Clean(l.Label)))
	})
	b.WriteString("}\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// ChartMermaid writes c as a Mermaid flowchart.
func ChartMermaid(w io.Writer, c *Chart) error {
	var b, styles strings.Builder
	b.WriteString(strings.Replace(mermaidHead, "flowchart TB", "flowchart LR", 1))
	ids := c.numbered()
	for i := range c.Clusters {
		g := &c.Clusters[i]
		indent := "  "
		if g.Title != "" {
			fmt.Fprintf(&b, "  subgraph place%d[%s]\n    direction LR\n", i, mermaidString(font{size: 1, mono: true}.fit(Clean(g.Title), graphWidth)))
			indent = "    "
		}
		for j := range g.Nodes {
			n := &g.Nodes[j]
			fmt.Fprintf(&b, "%s%s[%s]:::%s\n", indent, ids[n.ID], mermaidString(n.text()), n.Mark)
		}
		if g.Title != "" {
			b.WriteString("  end\n")
		}
	}
	links := 0
	c.drawn(ids, func(from, to string, l *ChartLink) {
		label := ""
		if l.Label != "" {
			label = "|" + mermaidString(Clean(l.Label)) + "|"
		}
		fmt.Fprintf(&b, "  %s -->%s %s\n", from, label, to)
		fmt.Fprintf(&styles, "  linkStyle %d stroke:%s\n", links, dotColours[l.Mark])
		links++
	})
	mermaidClasses(&b)
	b.WriteString(styles.String())
	_, err := io.WriteString(w, b.String())
	return err
}
