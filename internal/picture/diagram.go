package picture

import (
	"slices"
	"strings"
)

// Mark says what a station does to what arrives there. Each has a shape and a
// line style of its own, so that a picture can be read without colours.
type Mark uint8

const (
	Unknown   Mark = iota // nobody knows: a diamond with a question mark, dashed and hatched
	Pass                  // everything passes: a disc with a tick, solid
	Warn                  // everything passes, but look at it: a triangle
	Partial               // some pass and some do not: a half-filled disc
	Stop                  // nothing passes: an octagon with a cross, thick
	Unreached             // nothing arrives here: a small ring, dotted
	None                  // no mark at all: a remark
)

var markNames = [...]string{"unknown", "pass", "warn", "partial", "stop", "unreached", "none"}

// String returns the mark's name, which is its CSS class, too.
func (m Mark) String() string { return markNames[m] }

var markWords = [...]string{"unknown", "passes", "passes, with a warning", "passes in part", "stops here", "not reached", ""}

// Word returns the mark in words, e.g. "stops here".
func (m Mark) Word() string { return markWords[m] }

var markGlyphs = [...]string{"?", "✓", "!", "◐", "✗", "○", "·"}

// Glyph returns the mark as one character, for text.
func (m Mark) Glyph() string { return markGlyphs[m] }

// rank orders marks by how much they matter to a reader.
var markRanks = [...]int{Unknown: 4, Pass: 2, Warn: 3, Partial: 5, Stop: 6, Unreached: 1, None: 0}

// Worse returns the mark of m and o that a reader must see first.
func (m Mark) Worse(o Mark) Mark {
	if markRanks[o] > markRanks[m] {
		return o
	}
	return m
}

// Diagram is one picture: ways side by side, under a heading.
type Diagram struct {
	Title    string   // the question
	Notes    []string // under the title, one line each
	Mark     Mark
	Word     string // the answer, e.g. "BLOCKED"
	Lanes    []Lane
	Footnote string
}

// Lane is one way, for all members that fare alike.
type Lane struct {
	Title    string // e.g. "3 subnets"
	Note     string // e.g. the members' names
	Mark     Mark
	Word     string
	Members  []string // all of them; drawn as a stack where there are several
	Sections []Section
}

// Section is a run of stations in one place, e.g. inside one network.
type Section struct {
	Title    string
	Stations []Station
}

// Station is one thing on the way.
type Station struct {
	Icon  Icon
	Label string // what kind of thing it is, e.g. "Route table"
	Name  string // which one
	Full  string // the long form of Name; empty: Name
	Mark  Mark   // what it does to what goes forward
	// Reply is what it does to what comes back; None: replies don't pass it.
	Reply Mark
	Lines []Line
	// Off is true for what is not on the way itself, e.g. a thing that is
	// missing or that only comes up in a remark: the rail goes past it.
	Off bool
	// Link is where the card leads: an address of the program's own. Empty: nowhere.
	Link string
}

// Line is one remark in a station, e.g. the rule that decided.
type Line struct {
	Mark Mark
	Tag  string // short, set apart, e.g. "reply"
	Code string // monospaced and bold, e.g. a rule's number
	Text string
	Full string // the long form, shown on hover and read aloud; empty: Text
}

// Stations returns the lane's stations in order.
func (l *Lane) Stations() []*Station {
	var all []*Station
	for i := range l.Sections {
		for j := range l.Sections[i].Stations {
			all = append(all, &l.Sections[i].Stations[j])
		}
	}
	return all
}

// linked tells whether a card leads somewhere.
func (d *Diagram) linked() bool {
	for i := range d.Lanes {
		if slices.ContainsFunc(d.Lanes[i].Stations(), func(s *Station) bool { return s.Link != "" }) {
			return true
		}
	}
	return false
}

// Description says in sentences what the diagram shows, for those who can't
// see it.
func (d *Diagram) Description() string {
	var b strings.Builder
	b.WriteString(Clean(d.Word) + ". ")
	for i := range d.Lanes {
		l := &d.Lanes[i]
		b.WriteString(Clean(l.Title) + ": " + Clean(l.Word) + ". ")
		for _, s := range l.Stations() {
			b.WriteString(s.sentence() + " ")
		}
	}
	return clip(strings.TrimSpace(b.String()), maxDescription)
}

func (s *Station) sentence() string {
	t := Clean(s.Label) + " " + Clean(s.full())
	if w := s.Mark.Word(); w != "" {
		t += ": " + w
	}
	for _, l := range s.Lines {
		if l.Mark == Stop || l.Mark == Unknown || l.Mark == Partial {
			t += "; " + strings.TrimSpace(Clean(l.Code)+" "+Clean(l.full()))
		}
	}
	if s.Reply == Stop || s.Reply == Unknown || s.Reply == Partial {
		t += "; replies: " + s.Reply.Word()
	}
	return t + "."
}

func (l *Line) full() string {
	if l.Full != "" {
		return l.Full
	}
	return l.Text
}

func (s *Station) full() string {
	if s.Full != "" {
		return s.Full
	}
	return s.Name
}
