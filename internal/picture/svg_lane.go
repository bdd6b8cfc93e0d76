package picture

import (
	"fmt"
	"strings"
)

// lane draws l at the origin and returns its height.
func (p *painter) lane(l *Lane) float64 {
	y := p.laneHead(l)
	// The rails lie under the stations but hang on where these end up, so the
	// stations are drawn aside first.
	aside := &painter{id: p.id}
	var stops []stop
	for i := range l.Sections {
		y = aside.section(&l.Sections[i], y, &stops)
	}
	p.replyRail(stops)
	p.rail(stops)
	p.b.WriteString(aside.b.String())
	return y
}

// stop is where a station lies on the rails.
type stop struct {
	y       float64
	station *Station
}

func (p *painter) laneHead(l *Lane) float64 {
	rows := lineFont.wrap(Clean(l.Note), laneWidth-58, 4)
	h := 40 + float64(len(rows))*lineHeight
	for i := min(len(l.Members), 3) - 1; i > 0; i-- { // a stack, where there are several
		d := float64(i) * 4
		p.tag("rect", "class", "lh under", "x", num(d), "y", num(d), "width", num(laneWidth-2*d), "height", num(h), "rx", "9")
	}
	p.b.WriteString("<g>")
	p.tooltip(l.Title + ": " + l.Word + ". " + strings.Join(l.Members, ", "))
	p.tag("rect", "class", "lh "+l.Mark.String(), "width", num(laneWidth), "height", num(h), "rx", "9")
	p.mark(l.Mark, 22, 21, 1)
	word := labelFont.fit(Clean(l.Word), 120)
	p.textEnd("lw "+l.Mark.String(), laneWidth-12, 25, word)
	p.text("lt", 42, 26, laneFont.fit(Clean(l.Title), laneWidth-42-24-labelFont.width(word)*1.15))
	for i, row := range rows {
		p.text("ln", 42, 45+float64(i)*lineHeight, row)
	}
	p.b.WriteString("</g>\n")
	return h + 8 + float64(max(0, min(len(l.Members), 3)-1))*4
}

func (p *painter) section(s *Section, y float64, stops *[]stop) float64 {
	if s.Title != "" {
		y += 16
		p.text("st", cardX, y, labelFont.fit(Clean(s.Title), cardWidth*0.8))
		y += 8
	}
	for i := range s.Stations {
		if len(*stops) == maxStations {
			p.text("ln", cardX, y+10, fmt.Sprintf("and %d more stations, not drawn", len(s.Stations)-i))
			return y + 20
		}
		*stops = append(*stops, stop{y + cardHead/2, &s.Stations[i]})
		y = p.station(&s.Stations[i], y) + cardGap
	}
	return y
}

// station draws the card and its marks on the rails, and returns the card's lower edge.
func (p *painter) station(s *Station, y float64) float64 {
	rows := s.rows()
	h := cardHead
	if len(rows) > 0 {
		h += 5
		for _, r := range rows {
			h += r.height()
		}
	}
	overall, word := s.overall()
	class := overall.String()
	if s.Off {
		class += " off"
	}
	if s.Link != "" {
		p.b.WriteString(`<a href="` + escape(Clean(s.Link)) + `" aria-label="` + escape(clip(s.sentence(), maxTooltip)) + "\">")
	}
	p.b.WriteString(`<g class="station ` + class + `" data-mark="` + s.Mark.String() + `" data-reply="` + s.Reply.String() + "\">")
	p.tooltip(s.tooltip())
	if overall == Unknown {
		p.tag("rect", "class", "hb", "x", num(cardX), "y", num(y), "width", "8", "height", num(h), "fill", "url(#"+p.id+"-h)")
	}
	p.tag("rect", "class", "card", "x", num(cardX), "y", num(y), "width", num(cardWidth), "height", num(h), "rx", "7")
	p.icon(s.Icon, cardX+cardPad, y+13)
	tx := cardX + cardPad + 30
	p.textEnd("sw", cardX+cardWidth-cardPad, y+18, word)
	p.text("sl", tx, y+18, labelFont.fit(Clean(s.Label), cardWidth-50-cardPad-labelFont.width(word)*1.12))
	p.text("sn", tx, y+35, nameFont.fitMiddle(Clean(s.Name), cardWidth-41-cardPad))
	at := y + cardHead - 2
	for _, r := range rows {
		p.row(r, cardX+cardPad, at+r.height()-lineHeight)
		at += r.height()
	}
	p.b.WriteString("</g>")
	if s.Link != "" {
		p.b.WriteString("</a>")
	}
	p.b.WriteString("\n")
	if s.Mark != None {
		p.mark(s.Mark, railX, y+cardHead/2, 1)
	}
	return y + h
}

// overall is the mark of the whole card, both ways, and its word.
func (s *Station) overall() (Mark, string) {
	if s.Reply == None || s.Mark.Worse(s.Reply) == s.Mark {
		if s.Mark == Warn {
			return Warn, "passes"
		}
		return s.Mark, s.Mark.Word()
	}
	switch s.Reply {
	case Stop:
		return Stop, "stops replies"
	case Partial:
		return Partial, "replies in part"
	case Unknown:
		return Unknown, "replies unknown"
	}
	return s.Reply, s.Reply.Word()
}

func (s *Station) tooltip() string {
	_, word := s.overall()
	t := s.Label + " " + s.full() + ": " + word
	for _, l := range s.Lines {
		t += "\n" + strings.TrimSpace(l.Tag+" "+l.Code+" "+l.full())
	}
	return strings.ReplaceAll(t, "\n", " · ")
}

func (p *painter) icon(i Icon, x, y float64) {
	p.b.WriteString(`<path class="icon" transform="translate(` + num(x) + " " + num(y) + `)" d="` + iconPaths[i] + "\"/>\n")
}

// row is one row of text in a card.
type row struct {
	mark      Mark
	tag, code string
	text      string
	indent    float64
	more      bool // goes on with the remark above
}

// height is the room that the row takes.
func (r row) height() float64 {
	if r.more {
		return lineHeight
	}
	return lineHeight + lineGap
}

// rows lays the station's remarks out.
func (s *Station) rows() []row {
	var rows []row
	room := cardWidth - 2*cardPad
	for i, l := range s.Lines {
		if i == maxLines && len(s.Lines) > maxLines+1 {
			return append(rows, row{mark: None, text: fmt.Sprintf("and %d more", len(s.Lines)-i)})
		}
		indent := 0.0
		if l.Mark != None {
			indent = 16
		}
		tag := clip(Clean(l.Tag), 12)
		lead := indent
		if tag != "" {
			lead += labelFont.width(tag) + 14
		}
		code := codeFont.fitMiddle(Clean(l.Code), room-lead)
		first := row{mark: l.Mark, tag: tag, code: code, indent: indent}
		if code != "" {
			lead += codeFont.width(code) + 6
		}
		texts := lineFont.wrapAfter(lead-indent, Clean(l.Text), room-indent, maxWrap)
		if len(texts) > 0 {
			first.text = texts[0]
			texts = texts[1:]
		}
		rows = append(rows, first)
		for _, t := range texts {
			rows = append(rows, row{mark: None, text: t, indent: indent, more: true})
		}
	}
	return rows
}

func (p *painter) row(r row, x, y float64) {
	if r.mark != None {
		p.mark(r.mark, x+5, y+4.5, 0.56)
	}
	x += r.indent
	if r.tag != "" {
		w := labelFont.width(r.tag) + 8
		p.tag("rect", "class", "tag", "x", num(x), "y", num(y-3), "width", num(w), "height", "14", "rx", "3")
		p.text("tt", x+4, y+7.5, r.tag)
		x += w + 6
	}
	if r.code != "" {
		p.text("co", x, y+8, r.code)
		x += codeFont.width(r.code) + 6
	}
	if r.text != "" {
		p.text("ll", x, y+8, r.text)
	}
}

// rail draws what goes forward: a line from each mark to the next, in the
// style of what is left of it there.
func (p *painter) rail(stops []stop) {
	state, from, any := Pass, 0.0, false
	for _, s := range stops {
		if s.station.Mark == None || s.station.Off {
			continue
		}
		if any {
			p.line("rail "+state.String(), railX, from, railX, s.y)
			if s.y-from > 40 {
				p.arrow(state, railX, (from+s.y)/2, 1)
			}
		}
		state, from, any = after(state, s.station.Mark), s.y, true
	}
}

// after says what is left of a flow in the given state behind a station.
func after(state, m Mark) Mark {
	switch {
	case state == Unreached || m == Stop:
		return Unreached
	case state == Unknown || m == Unknown:
		return Unknown
	case state == Partial || m == Partial:
		return Partial
	}
	return Pass
}

// replyRail draws what comes back: from the last station on the way up to the
// first, with a mark wherever somebody looks at replies.
func (p *painter) replyRail(stops []stop) {
	first, last := -1, -1
	judged := false
	for i, s := range stops {
		if s.station.Off || s.station.Mark == None {
			continue
		}
		if first < 0 {
			first = i
		}
		last = i
		judged = judged || s.station.Reply != None
	}
	if !judged || first == last {
		return
	}
	// Replies begin where something answers: below the lowest station that judges them.
	bottom := last
	state, from := Pass, stops[bottom].y
	p.line("reply pass", railX, from, replyX, from)
	var marks []stop
	for i := bottom; i > first; i-- {
		s := stops[i]
		if s.station.Off || s.station.Reply == None {
			continue
		}
		p.replySpan(state, from, s.y)
		marks = append(marks, s)
		state, from = after(state, s.station.Reply), s.y
	}
	p.replySpan(state, from, stops[first].y)
	p.line("reply "+state.String(), replyX, stops[first].y, railX-13, stops[first].y)
	p.b.WriteString(`<path class="head ` + state.String() + `" d="M` + num(railX-17) + " " + num(stops[first].y-4) + `l6 4-6 4z"/>` + "\n")
	for _, s := range marks {
		p.mark(s.station.Reply, replyX, s.y, 0.75)
	}
}

func (p *painter) replySpan(state Mark, from, to float64) {
	p.line("reply "+state.String(), replyX, from, replyX, to)
	if from-to > 44 {
		p.arrow(state, replyX, (from+to)/2, -1)
	}
}

// arrow draws a head on a vertical line, downwards for 1 and upwards for -1.
func (p *painter) arrow(state Mark, x, y, direction float64) {
	d := "M" + num(x-6) + " " + num(y-4*direction) + "l6 " + num(8*direction) + " 6 " + num(-8*direction) + "z"
	p.tag("path", "class", "head "+state.String(), "d", d)
}
