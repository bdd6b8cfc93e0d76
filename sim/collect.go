package sim

import (
	"cmp"
	"slices"
	"strings"

	"github.com/canreach/canreach/sim/network"
)

// collector gathers findings, missing facts and assumptions, once each, and
// remembers which placements they are about.
type collector struct {
	findings    []collected
	index       map[string]int
	unknowns    []Missing
	unknownSet  map[Missing]bool
	assumptions map[string]bool
	judged      map[Gate]network.Judged
}

type collected struct {
	Finding
	placements map[int]bool
	together   bool // no single blocker stops every case, but these together do
}

// everywhere is the placement index of what concerns the whole question.
const everywhere = -1

func newCollector() *collector {
	return &collector{index: make(map[string]int), unknownSet: make(map[Missing]bool), assumptions: make(map[string]bool), judged: make(map[Gate]network.Judged)}
}

// judge notes what was decided at a gate.
func (c *collector) judge(g Gate, j network.Judged) {
	c.judged[g] = c.judged[g].And(j)
}

func (c *collector) add(f Finding, placements ...int) {
	c.addAs(findingID(&f, f.Message), f, placements...)
}

// addShared files a finding whose words name the placement: what is the same
// rule of the same component elsewhere is the same finding.
func (c *collector) addShared(f Finding, placement int, together bool) {
	id := findingID(&f, "")
	if i, ok := c.index[id]; ok && c.findings[i].placements[placement] && c.findings[i].Message != f.Message {
		id = findingID(&f, f.Message)
	}
	c.addAs(id, f, placement)
	if together {
		c.findings[c.index[id]].together = true
	}
}

// joinTogether names, at each blocker that stops everything only together with
// others, those others: they are to be mended as a set.
func (c *collector) joinTogether(a *Answer) {
	for i := range c.findings {
		for j := range c.findings {
			if i != j && c.findings[i].together && c.findings[j].together && share(c.findings[i].placements, c.findings[j].placements) {
				a.Findings[i].With = append(a.Findings[i].With, j)
			}
		}
	}
}

func share(a, b map[int]bool) bool {
	for p := range a {
		if b[p] {
			return true
		}
	}
	return false
}

func findingID(f *Finding, message string) string {
	return strings.Join([]string{f.Gate.String(), f.Severity.String(), f.Code.String(), f.Component, f.Pointer, message}, "\x00")
}

func (c *collector) addAs(id string, f Finding, placements ...int) {
	f.AnalyzerCode = f.Code.Analyzer()
	i, ok := c.index[id]
	if !ok {
		i = len(c.findings)
		c.index[id] = i
		c.findings = append(c.findings, collected{Finding: f, placements: make(map[int]bool)})
	}
	for _, p := range placements {
		c.findings[i].placements[p] = true
	}
}

// missing files a fact that may decide.
func (c *collector) missing(m Missing) {
	m.Decisive = true
	c.file(m)
}

// alsoUnknown files a fact that changes no verdict.
func (c *collector) alsoUnknown(m Missing) {
	m.Decisive = false
	c.file(m)
}

func (c *collector) file(m Missing) {
	if !c.unknownSet[m] {
		c.unknownSet[m] = true
		c.unknowns = append(c.unknowns, m)
	}
}

// absorb takes over another collector's assumptions and missing facts.
func (c *collector) absorb(o *collector) {
	for a := range o.assumptions {
		c.assumptions[a] = true
	}
	for _, m := range o.unknowns {
		c.file(m)
	}
	for g, j := range o.judged {
		c.judge(g, j)
	}
}

func (c *collector) assume(text string) { c.assumptions[text] = true }

// finish writes what was gathered into the answer, in the contract's order:
// by gate, then the more severe first, then component, code and words. Where
// things stand in the snapshot's arrays decides last: their order says nothing.
func (c *collector) finish(a *Answer) {
	slices.SortStableFunc(c.findings, func(x, y collected) int {
		return cmp.Or(compareFindings(&x.Finding, &y.Finding), cmp.Compare(x.first(), y.first()), comparePointers(x.Pointer, y.Pointer))
	})
	a.Findings = make([]Finding, 0, len(c.findings))
	for p := range a.Placements {
		a.Placements[p].Findings = []int{}
	}
	for i, f := range c.findings {
		f.Placements = nil
		for p := range a.Placements {
			if f.placements[p] || f.placements[everywhere] {
				a.Placements[p].Findings = append(a.Placements[p].Findings, i)
				f.Placements = append(f.Placements, p)
			}
		}
		a.Findings = append(a.Findings, f.Finding)
	}
	c.joinTogether(a)
	slices.SortFunc(c.unknowns, compareMissing)
	a.Unknowns = make([]Missing, 0, len(c.unknowns))
	for _, m := range c.unknowns {
		decisive := m
		decisive.Decisive = true
		if m.Decisive || !c.unknownSet[decisive] {
			a.Unknowns = append(a.Unknowns, m)
		}
	}
	a.Assumptions = make([]string, 0, len(c.assumptions))
	for t := range c.assumptions {
		a.Assumptions = append(a.Assumptions, t)
	}
	slices.Sort(a.Assumptions)
}

func compareFindings(x, y *Finding) int {
	return cmp.Or(
		cmp.Compare(x.Gate, y.Gate),
		cmp.Compare(y.Severity, x.Severity),
		strings.Compare(x.Component, y.Component),
		strings.Compare(x.Code.String(), y.Code.String()),
		strings.Compare(x.Message, y.Message),
	)
}

// first is the first placement that a finding is about.
func (f *collected) first() int {
	first := int(^uint(0) >> 1)
	for p := range f.placements {
		first = min(first, p)
	}
	return first
}

func compareMissing(x, y Missing) int {
	return cmp.Or(cmp.Compare(x.Gate, y.Gate), strings.Compare(x.Code.String(), y.Code.String()), strings.Compare(x.Component, y.Component), strings.Compare(x.Fact, y.Fact))
}

// comparePointers orders JSON pointers with array indexes by number, so that
// /Rules/9 stands before /Rules/10.
func comparePointers(x, y string) int {
	a, b := strings.Split(x, "/"), strings.Split(y, "/")
	for i := 0; i < len(a) && i < len(b); i++ {
		if a[i] == b[i] {
			continue
		}
		if isNumber(a[i]) && isNumber(b[i]) && len(a[i]) != len(b[i]) {
			return cmp.Compare(len(a[i]), len(b[i]))
		}
		return strings.Compare(a[i], b[i])
	}
	return cmp.Compare(len(a), len(b))
}

func isNumber(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != ""
}
