package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/picture"
	"github.com/canreach/canreach/sim"
)

// Diagram draws a: one lane for all subnets that fare alike, the worst first.
func Diagram(a *sim.Answer) *picture.Diagram { return diagram(a, mergedWays(a)) }

// Stop is one station of the picture, with what it was made of.
type Stop struct {
	picture.Station
	Names    []string // the components that it stands for
	Places   []Place  // what decided there
	Findings []int    // indexes into the answer's findings
	Missing  []int    // and its missing facts
}

// Place is a place in the snapshot that decided.
type Place struct {
	Pointer string
	// Statement is the position of the statement that decided, where Pointer is
	// a policy's; -1: none.
	Statement int
}

// LinkedDiagram is Diagram with each station linked to where link says, and
// the stations of each lane.
func LinkedDiagram(a *sim.Answer, link func(lane, stop int) string) (*picture.Diagram, [][]Stop) {
	ways := mergedWays(a)
	d := diagram(a, ways)
	stops := make([][]Stop, len(ways))
	for i, w := range ways {
		drawn := d.Lanes[i].Stations()
		n := 0
		for part := range sections {
			for _, s := range w.stations {
				if s.section() != part {
					continue
				}
				drawn[n].Link = link(i, n)
				stops[i] = append(stops[i], Stop{*drawn[n], s.names, s.places, s.findings, s.missing})
				n++
			}
		}
	}
	return d, stops
}

func diagram(a *sim.Answer, ways []*pathGroup) *picture.Diagram {
	d := &picture.Diagram{
		Title: question(a),
		Notes: notes(a),
		Mark:  VerdictMark(a.Verdict), Word: a.Verdict.String(),
		Footnote: footnote(a),
	}
	for _, w := range ways {
		d.Lanes = append(d.Lanes, w.lane(a))
	}
	return d
}

// mergedWays are the ways of all placements; those that fare alike are one.
func mergedWays(a *sim.Answer) []*pathGroup {
	var merged []*pathGroup
	index := map[string]*pathGroup{}
	for i := range a.Placements {
		for _, w := range placementWays(a, i) {
			key := w.signature()
			if first := index[key]; first != nil {
				first.merge(w)
				continue
			}
			index[key] = w
			merged = append(merged, w)
		}
	}
	slices.SortStableFunc(merged, func(x, y *pathGroup) int { return verdictOrder(x.verdict) - verdictOrder(y.verdict) })
	return merged
}

// question is the question in one line.
func question(a *sim.Answer) string {
	q := a.Question
	if q.To != "" {
		t := q.From + " → " + q.To
		if q.Protocol != "" {
			t += " (" + q.Protocol
			if q.Port != 0 {
				t += fmt.Sprintf(" %d", q.Port)
			}
			t += ")"
		}
		return t
	}
	job := cmp.Or(q.Job, q.From, "the job")
	to := destinations(q)
	if len(to) > 1 {
		for i, t := range to {
			to[i] = bucketOf(t)
		}
		to = addNew(nil, to...)
	}
	return job + " → " + strings.Join(to, ", ")
}

func destinations(q sim.AskedOf) []string {
	if len(q.Targets) == 0 {
		return []string{q.Bucket}
	}
	var all []string
	for _, t := range q.Targets {
		if !slices.Contains(all, t.Bucket) {
			all = append(all, t.Bucket)
		}
	}
	return all
}

func notes(a *sim.Answer) []string {
	q := a.Question
	var n []string
	if len(q.Actions) > 0 {
		n = append(n, strings.Join(q.Actions, ", "))
	}
	if q.Role != "" {
		n = append(n, "as "+q.Role)
	}
	return n
}

func footnote(a *sim.Answer) string {
	var f string
	if a.Snapshot.SHA256 != "" {
		f = "Snapshot sha256 " + a.Snapshot.SHA256
	}
	if a.Snapshot.CapturedAt != "" {
		f += ", captured " + a.Snapshot.CapturedAt
	}
	return f
}

// VerdictMark is the mark that stands for a verdict.
func VerdictMark(v sim.Verdict) picture.Mark {
	switch v {
	case sim.Unknown:
		return picture.Unknown
	case sim.Reachable:
		return picture.Pass
	case sim.Partial:
		return picture.Partial
	case sim.Blocked:
		return picture.Stop
	}
	panic("unreachable: verdict")
}

// verdictOrder puts first what a reader has to mend.
func verdictOrder(v sim.Verdict) int {
	return slices.Index([]sim.Verdict{sim.Blocked, sim.Partial, sim.Unknown, sim.Reachable}, v)
}

// pathGroup is one path of one placement, or of several that fare alike.
type pathGroup struct {
	verdict      sim.Verdict
	target       string
	via          string // what carries it, as in sim.Path
	endpoint     string
	destinations []string
	split        string // which part of the traffic, where it splits
	subnets      []string
	zones        []string
	stations     []*card
	placement    int
}

// lane turns w into what the picture package draws.
func (w *pathGroup) lane(a *sim.Answer) picture.Lane {
	l := picture.Lane{Mark: VerdictMark(w.verdict), Word: w.verdict.String(), Members: w.subnets}
	switch n := len(w.subnets); {
	case n == 1 && w.subnets[0] == "":
		l.Title = "the network path"
	case n == 1:
		l.Title = w.subnets[0]
	default:
		l.Title = fmt.Sprintf("%d subnets", n)
	}
	var parts []string
	if zones := strings.Join(slices.Sorted(slices.Values(w.zones)), ", "); zones != "" {
		parts = append(parts, zones)
	}
	if len(w.subnets) > 1 {
		parts = append(parts, some(w.subnets, 4))
	}
	for _, p := range []string{w.target, w.split, strings.ReplaceAll(w.via, "-", " ")} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	l.Note = strings.Join(parts, " · ")
	l.Sections = w.sections(a)
	return l
}

func (w *pathGroup) sections(a *sim.Answer) []picture.Section {
	network := "NETWORK"
	if a.Question.VPC != "" {
		network += " · " + a.Question.VPC
	}
	all := [sections]picture.Section{{Title: network}, {Title: "POLICIES"}, {Title: "DESTINATION"}}
	for _, s := range w.stations {
		part := &all[s.section()]
		part.Stations = append(part.Stations, s.draw())
	}
	return slices.DeleteFunc(all[:], func(s picture.Section) bool { return len(s.Stations) == 0 })
}

// signature is equal for ways that look alike but for names and words.
func (w *pathGroup) signature() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %q %q %q", w.verdict, w.target, w.split, w.via)
	for _, s := range w.stations {
		fmt.Fprintf(&b, "|%d %q %d %d %t", s.gate, s.Label, s.Mark, s.Reply, s.Off)
		for _, l := range s.Lines {
			fmt.Fprintf(&b, ";%d %q %q", l.Mark, l.Tag, l.Code)
		}
	}
	return b.String()
}

// merge adds o, which has the same signature.
func (w *pathGroup) merge(o *pathGroup) {
	w.subnets = addNew(w.subnets, o.subnets...)
	w.zones = addNew(w.zones, o.zones...)
	w.destinations = addNew(w.destinations, o.destinations...)
	for i, s := range w.stations {
		s.names = addNew(s.names, o.stations[i].names...)
		s.places = addNew(s.places, o.stations[i].places...)
		s.findings = addNew(s.findings, o.stations[i].findings...)
		s.missing = addNew(s.missing, o.stations[i].missing...)
		for j := range s.texts {
			s.texts[j] = addNew(s.texts[j], o.stations[i].texts[j]...)
		}
	}
}

func addNew[T comparable](list []T, more ...T) []T {
	for _, m := range more {
		if !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	return list
}
