package picture

import (
	"fmt"
	"io"
	"strings"
)

// Sizes of a chart, in CSS pixels.
const (
	nodeWidth   = 300.0
	nodeGap     = 12.0 // below a node
	rankGap     = 74.0 // between columns, for the links
	clusterPad  = 14.0
	clusterHead = 50.0
	maxNodeRows = 400
)

// place is where a node stands.
type place struct{ x, y, height float64 }

// ChartSVG writes c as a self-contained SVG: places below each other, links
// from left to right. Nodes of a cluster without a title stand at the top of
// their column.
func ChartSVG(w io.Writer, c *Chart) error {
	p := &painter{id: "p"}
	ranks := 1
	for i := range c.Clusters {
		for _, n := range c.Clusters[i].Nodes {
			ranks = max(ranks, n.Rank+1)
		}
	}
	width := 2*margin + 2*clusterPad + float64(ranks)*nodeWidth + float64(ranks-1)*rankGap
	y := p.chartHeading(c, width)
	top, frames := y, &painter{id: p.id}
	places := map[string]place{}
	bottom := y
	for i := range c.Clusters {
		g := &c.Clusters[i]
		if g.Title == "" {
			bottom = max(bottom, arrange(g, places, top+clusterHead))
			continue
		}
		end := arrange(g, places, y+clusterHead) + clusterPad - nodeGap
		frames.frame(g, y, end, clusterWidth(g))
		y = end + 2*nodeGap
	}
	p.b.WriteString(frames.b.String())
	for i := range c.Links {
		p.chartLink(&c.Links[i], places)
	}
	for i := range c.Clusters {
		for j := range c.Clusters[i].Nodes {
			n := &c.Clusters[i].Nodes[j]
			p.chartNode(n, places[n.ID])
		}
	}
	y = p.footer(&Diagram{}, width, max(y, bottom)+8)
	_, err := io.WriteString(w, chartDocument(c, width, y+margin, p.b.String()))
	return err
}

func chartDocument(c *Chart, width, height float64, body string) string {
	size := `width="` + num(width) + `" height="` + num(height) + `"`
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" class="pic" role="img" %s viewBox="0 0 %s %s" aria-labelledby="p-t p-d">`, size, num(width), num(height)) +
		"\n<title id=\"p-t\">" + escape(clip(Clean(c.Title), maxTooltip)) + "</title>\n<desc id=\"p-d\">" + escape(c.description()) + "</desc>\n" +
		"<style>" + StyleSheet + "</style>\n<rect class=\"paper\" " + size + "/>\n" + body + "</svg>\n"
}

// description says in sentences what the chart shows.
func (c *Chart) description() string {
	var b strings.Builder
	for i := range c.Clusters {
		g := &c.Clusters[i]
		if g.Title != "" {
			b.WriteString(Clean(g.Title) + ": ")
		}
		for j := range g.Nodes {
			n := &g.Nodes[j]
			b.WriteString(strings.TrimSpace(Clean(n.Label)+" "+Clean(n.Name)) + " " + n.Mark.Word() + ". ")
		}
	}
	return clip(strings.TrimSpace(b.String()), maxDescription)
}

func (p *painter) chartHeading(c *Chart, width float64) float64 {
	y := margin + 22
	for _, row := range titleFont.wrap(Clean(c.Title), width-2*margin, 3) {
		p.text("pt", margin+4, y, row)
		y += 22
	}
	for _, n := range c.Notes {
		for _, row := range noteFont.wrap(Clean(n), width-2*margin, 3) {
			p.text("pn", margin+4, y, row)
			y += 17
		}
	}
	return y
}

// arrange gives each node of g its place below y and returns where they end.
func arrange(g *Cluster, places map[string]place, y float64) float64 {
	next := map[int]float64{}
	end := y
	for i := range g.Nodes {
		n := &g.Nodes[i]
		at, used := next[n.Rank]
		if !used {
			at = y
		}
		h := 2*cardPad + lineHeight*float64(1+min(len(n.Lines), maxNodeRows))
		if n.Name != "" {
			h += lineHeight + 2
		}
		places[n.ID] = place{rankX(n.Rank), at, h}
		next[n.Rank] = at + h + nodeGap
		end = max(end, next[n.Rank])
	}
	return end
}

func rankX(rank int) float64 { return margin + clusterPad + float64(rank)*(nodeWidth+rankGap) }

func clusterWidth(g *Cluster) float64 {
	last := 0
	for i := range g.Nodes {
		last = max(last, g.Nodes[i].Rank)
	}
	return rankX(last) + nodeWidth + clusterPad - margin
}

func (p *painter) frame(g *Cluster, y, end, width float64) {
	p.tag("rect", "class", "lh under", "x", num(margin), "y", num(y), "width", num(width), "height", num(end-y), "rx", "8")
	p.text("lt", margin+clusterPad, y+21, laneFont.fitMiddle(Clean(g.Title), width-2*clusterPad))
	p.text("ln", margin+clusterPad, y+38, lineFont.fit(Clean(g.Note), width-2*clusterPad))
}

func (p *painter) chartNode(n *ChartNode, at place) {
	p.b.WriteString(`<g class="station ` + n.Mark.String() + "\">\n")
	p.tooltip(n.text())
	p.tag("rect", "class", "card", "x", num(at.x), "y", num(at.y), "width", num(nodeWidth), "height", num(at.height), "rx", "7")
	room, y := nodeWidth-2*cardPad, at.y+cardPad+9
	label := room
	if n.Mark != None {
		p.mark(n.Mark, at.x+nodeWidth-16, at.y+16, 0.8)
		label -= 24
	}
	p.text("sl", at.x+cardPad, y, labelFont.fit(Clean(n.Label), label))
	if n.Name != "" {
		y += lineHeight + 2
		p.text("sn", at.x+cardPad, y, nameFont.fitMiddle(Clean(n.Name), room))
	}
	for i, l := range n.Lines {
		y += lineHeight
		if i == maxNodeRows-1 && len(n.Lines) > maxNodeRows {
			p.text("sl", at.x+cardPad, y, fmt.Sprintf("and %d more", len(n.Lines)-i))
			break
		}
		lead := 0.0
		if l.Mark != None {
			p.mark(l.Mark, at.x+cardPad+6, y-4, 0.55)
			lead = 17
		}
		p.text("", at.x+cardPad+lead, y, lineFont.fit(strings.TrimSpace(Clean(l.Tag)+" "+Clean(l.Text)), room-lead))
	}
	p.b.WriteString("</g>\n")
}

// chartLink draws a link as a curve from the right edge of its start.
func (p *painter) chartLink(l *ChartLink, places map[string]place) {
	from, ok := places[l.From]
	to, known := places[l.To]
	if !ok || !known {
		return
	}
	x1, y1 := from.x+nodeWidth, from.y+min(from.height/2, 40)
	x2, y2 := to.x, to.y+to.height/2
	b1, b2 := x1+rankGap*0.6, x2-rankGap*0.6
	if x2 < x1 { // the same column, or back
		x2 = to.x + nodeWidth
		b2 = x2 + rankGap*0.6
	}
	if to.x < from.x {
		x1, b1 = from.x, from.x-rankGap*0.6
	}
	p.b.WriteString("<g>\n")
	p.tooltip(l.Label)
	p.tag("path", "class", "rail "+l.Mark.String(), "style", "stroke-width:2", "d",
		"M"+num(x1)+" "+num(y1)+"C"+num(b1)+" "+num(y1)+" "+num(b2)+" "+num(y2)+" "+num(x2)+" "+num(y2))
	p.tag("circle", "class", "head "+l.Mark.String(), "cx", num(x2), "cy", num(y2), "r", "4")
	p.b.WriteString("</g>\n")
}
