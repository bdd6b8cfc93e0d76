package picture

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// SVGOptions say how an SVG is written. The zero value is a file of its own.
type SVGOptions struct {
	Columns int    // lanes side by side; 0: as many as there are, up to three
	ID      string // prefix of element ids; empty: "p". Must differ between the SVGs of one page
	// Inline leaves the style sheet out: the page has StyleSheet already.
	Inline bool
	// Bare leaves title, notes and legend out: the page says the same in words.
	Bare bool
}

// Sizes, in CSS pixels. One lane fills a phone.
const (
	laneWidth   = 374.0
	laneGap     = 26.0
	margin      = 8.0
	replyX      = 15.0 // rail of the replies
	railX       = 40.0 // rail of what goes forward
	cardX       = 62.0
	cardWidth   = laneWidth - cardX
	cardPad     = 11.0
	cardHead    = 46.0 // of a station without lines
	cardGap     = 10.0
	lineHeight  = 15.0
	lineGap     = 3.0 // above each remark
	maxLanes    = 24  // more are counted, not drawn
	maxLines    = 12  // remarks in one station
	maxWrap     = 5   // rows of one remark
	maxStations = 200
)

var (
	titleFont = font{size: 17, bold: true}
	noteFont  = font{size: 12.5}
	laneFont  = font{size: 14.5, bold: true}
	labelFont = font{size: 12}
	nameFont  = font{size: 12.5, mono: true}
	lineFont  = font{size: 12}
	codeFont  = font{size: 12, mono: true, bold: true}
)

// SVG writes d as a self-contained SVG: no script, no link, no font or image
// from elsewhere.
func SVG(w io.Writer, d *Diagram, opt SVGOptions) error {
	if opt.ID == "" {
		opt.ID = "p"
	}
	p := &painter{id: opt.ID}
	lanes := d.Lanes[:min(len(d.Lanes), maxLanes)]
	columns := opt.Columns
	if columns <= 0 {
		columns = min(len(lanes), 3)
	}
	columns = max(1, min(columns, len(lanes)))
	width := 2*margin + float64(columns)*laneWidth + float64(columns-1)*laneGap
	y := margin
	if !opt.Bare {
		y = p.heading(d, width, y)
	}
	y = p.lanes(lanes, columns, y)
	if n := len(d.Lanes) - len(lanes); n > 0 {
		p.text("pn", margin, y+10, fmt.Sprintf("and %d more ways, not drawn", n))
		y += 24
	}
	if !opt.Bare {
		y = p.footer(d, width, y)
	}
	_, err := io.WriteString(w, p.document(d, opt, width, y+margin))
	return err
}

// painter collects the drawing.
type painter struct {
	b  strings.Builder
	id string
}

func (p *painter) document(d *Diagram, opt SVGOptions, width, height float64) string {
	var b strings.Builder
	wh := num(width) + `" height="` + num(height)
	role := "img"
	if d.linked() { // what is inside an image is read to nobody
		role = "group"
	}
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="pic" role="`+role+`" width="%s" viewBox="0 0 %s %s" aria-labelledby="%s-t %s-d">`,
		wh, num(width), num(height), opt.ID, opt.ID)
	fmt.Fprintf(&b, "\n<title id=\"%s-t\">%s</title>\n<desc id=\"%s-d\">%s</desc>\n",
		opt.ID, escape(clip(Clean(d.Word+": "+d.Title), maxTooltip)), opt.ID, escape(d.Description()))
	if !opt.Inline {
		b.WriteString("<style>" + StyleSheet + "</style>\n")
	}
	fmt.Fprintf(&b, `<defs><pattern id="%s-h" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M0 0v6"/></pattern></defs>`, opt.ID)
	if !opt.Inline {
		fmt.Fprintf(&b, "\n<rect class=\"paper\" width=\"%s\"/>", wh)
	}
	b.WriteString("\n" + p.b.String() + "</svg>\n")
	return b.String()
}

func (p *painter) heading(d *Diagram, width, y float64) float64 {
	room := width - 2*margin
	badge := p.badge(d.Mark, d.Word, margin+4, y+4)
	y += 4
	if rows := titleFont.wrap(Clean(d.Title), room-badge-18, 3); width > 2*laneWidth && len(rows) == 1 {
		p.text("pt", margin+badge+18, y+19, rows[0])
		y += 34
	} else {
		y += 48
		for _, row := range titleFont.wrap(Clean(d.Title), room-8, 4) {
			p.text("pt", margin+4, y, row)
			y += 22
		}
		y -= 8
	}
	for _, n := range d.Notes {
		for _, row := range noteFont.wrap(Clean(n), room-8, 3) {
			y += 16
			p.text("pn", margin+4, y-4, row)
		}
	}
	return y + 12
}

// badge draws the answer in a box and returns its width.
func (p *painter) badge(m Mark, word string, x, y float64) float64 {
	word = titleFont.fit(Clean(word), 260)
	w := titleFont.width(word) + 46
	p.tag("rect", "class", "badge "+m.String(), "x", num(x), "y", num(y), "width", num(w), "height", "30", "rx", "15")
	p.mark(m, x+18, y+15, 1)
	p.text("bt "+m.String(), x+34, y+21, word)
	return w
}

func (p *painter) lanes(lanes []Lane, columns int, y float64) float64 {
	for start := 0; start < len(lanes); start += columns {
		row := lanes[start:min(start+columns, len(lanes))]
		tallest := 0.0
		for i := range row {
			x := margin + float64(i)*(laneWidth+laneGap)
			fmt.Fprintf(&p.b, "<g class=\"lane\" transform=\"translate(%s %s)\">\n", num(x), num(y))
			tallest = max(tallest, p.lane(&row[i]))
			p.b.WriteString("</g>\n")
		}
		y += tallest + laneGap
	}
	return y - 8
}

// footer draws the legend: every mark with its word.
func (p *painter) footer(d *Diagram, width, y float64) float64 {
	x := margin + 14
	y += 10
	for _, m := range []Mark{Pass, Warn, Partial, Stop, Unknown, Unreached} {
		w := labelFont.width(m.Word()) + 38
		if x+w > width-margin {
			x = margin + 14
			y += 24
		}
		p.mark(m, x, y, 0.8)
		p.text("pl", x+13, y+4, m.Word())
		x += w
	}
	for _, rail := range []struct{ class, word string }{{"rail pass", "request"}, {"reply pass", "reply"}} {
		w := labelFont.width(rail.word) + 44
		if x+w > width-margin {
			x = margin + 14
			y += 24
		}
		p.line(rail.class, x-8, y, x+14, y)
		p.text("pl", x+20, y+4, rail.word)
		x += w
	}
	y += 22
	for _, row := range labelFont.wrap(Clean(d.Footnote), width-2*margin-8, 4) {
		p.text("pl", margin+4, y+4, row)
		y += 15
	}
	return y
}

// tag writes an empty element; the attribute values are escaped.
func (p *painter) tag(name string, attrs ...string) {
	p.b.WriteString("<" + name)
	for i := 0; i < len(attrs); i += 2 {
		p.b.WriteString(" " + attrs[i] + `="` + escape(attrs[i+1]) + `"`)
	}
	p.b.WriteString("/>\n")
}

func (p *painter) text(class string, x, y float64, s string) {
	if s == "" {
		return
	}
	p.b.WriteString(`<text class="` + class + `" x="` + num(x) + `" y="` + num(y) + `">` + escape(s) + "</text>\n")
}

func (p *painter) textEnd(class string, x, y float64, s string) { p.text(class+" end", x, y, s) }

// tooltip is shown on hover, and must be the first child of its group.
func (p *painter) tooltip(s string) {
	p.b.WriteString("<title>" + escape(clip(Clean(s), maxTooltip)) + "</title>\n")
}

func (p *painter) line(class string, x1, y1, x2, y2 float64) {
	p.tag("path", "class", class, "d", "M"+num(x1)+" "+num(y1)+"L"+num(x2)+" "+num(y2))
}

// MarkSVG is a mark as a small picture of its own, size pixels wide, for a page
// that has StyleSheet. It is hidden from screen readers: its word must stand beside it.
func MarkSVG(m Mark, size int) string {
	p := &painter{}
	p.mark(m, 0, 0, 1)
	return fmt.Sprintf(`<svg class="pic sign" width="%d" height="%d" viewBox="-11 -11 22 22" aria-hidden="true">%s</svg>`, size, size, strings.TrimSpace(p.b.String()))
}

func (p *painter) mark(m Mark, x, y, scale float64) {
	outline, sign := markPath(m)
	at := "translate(" + num(x) + " " + num(y) + ")"
	if scale != 1 {
		at += " scale(" + num(scale) + ")"
	}
	p.b.WriteString(`<g class="mark ` + m.String() + `" transform="` + at + "\">")
	p.b.WriteString(`<path class="mo" d="` + outline + `"/>`)
	if m == Partial {
		p.b.WriteString(`<path class="half" d="M0-8.5a8.5 8.5 0 0 0 0 17z"/>`)
	}
	if sign != "" {
		p.b.WriteString(`<path class="ms" d="` + sign + `"/>`)
	}
	p.b.WriteString("</g>\n")
}

// num prints a coordinate with at most one decimal.
func num(f float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0")
}

var xmlEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")

// escape makes cleaned text safe between tags and in quoted attributes of XML
// and HTML.
func escape(s string) string { return xmlEscaper.Replace(s) }
