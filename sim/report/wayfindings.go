package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/picture"
	"github.com/canreach/canreach/sim"
)

// addFinding puts f where it happens; if its component is not on the way, at
// a stage of its own beside it.
func (w *pathGroup) addFinding(a *sim.Answer, n int) {
	f := &a.Findings[n]
	reply := f.Gate == sim.GateNACLIngress || f.Gate == sim.GateSGIngress || f.Example != nil && f.Example.Reply
	s := w.find(f.Gate, f.Component)
	if s == nil {
		l := gateLooks[f.Gate]
		name := f.Component
		if name == "" {
			name = "(none)"
		}
		s = newStage(l.gate, l.icon, l.label, name, picture.None)
		s.Off = true
		w.insert(s)
	}
	s.decidedAt(f.Pointer)
	s.findings = addNew(s.findings, n)
	line := picture.Line{Mark: picture.None, Code: f.Code.String(), Text: f.Message}
	if reply {
		line.Tag = "reply"
	}
	switch f.Severity {
	case sim.Blocker:
		line.Mark = picture.Stop
		s.Off = false
		w.stop(s, reply)
	case sim.Warning:
		line.Mark = picture.Warn
		if s.Mark == picture.Pass || s.Mark == picture.None {
			s.Mark = picture.Warn
		}
	}
	s.addLike(f.Code.String(), line)
	if f.Severity == sim.Blocker {
		if e := exampleText(f.Example); e != "" {
			s.addLike(f.Code.String(), picture.Line{Mark: picture.None, Tag: "e.g.", Text: e})
		}
		if f.Fix != "" {
			s.addLike(f.Code.String(), picture.Line{Mark: picture.None, Tag: "fix", Text: f.Fix})
		}
	}
}

// onSomePath tells whether a component lies on a path of the answer: what is
// missing of it concerns that path and no other.
func onSomePath(a *sim.Answer, component string) bool {
	on := func(h sim.Hop) bool { return h.Component == component }
	return component != "" && slices.ContainsFunc(a.Placements, func(p sim.Placement) bool {
		return p.Subnet == component || slices.ContainsFunc(p.Network.Path, on) ||
			slices.ContainsFunc(p.Network.Paths, func(q sim.Path) bool { return slices.ContainsFunc(q.Hops, on) })
	})
}

// addMissing draws what is not known, whatever the verdict: never as passing.
func (w *pathGroup) addMissing(a *sim.Answer, n int) {
	m := &a.Unknowns[n]
	if w.verdict == sim.Reachable && m.Decisive {
		return // another lane hangs on it
	}
	s := w.find(m.Gate, m.Component)
	if s == nil {
		if onSomePath(a, m.Component) {
			return
		}
		l := gateLooks[m.Gate]
		name := m.Component
		if name == "" {
			name = "(not in the snapshot)"
		}
		s = newStage(l.gate, l.icon, l.label, name, picture.Unknown)
		w.insert(s)
	}
	if s.Mark == picture.Pass || s.Mark == picture.None {
		s.Mark = picture.Unknown
	}
	s.decidedAt(m.Pointer)
	s.missing = addNew(s.missing, n)
	s.add(picture.Line{Mark: picture.Unknown, Code: m.Code.String(), Text: m.Fact})
	if m.Collect != "" {
		s.add(picture.Line{Mark: picture.None, Tag: "find out", Text: m.Collect})
	}
}

// exampleText is a packet or a request in one line.
func exampleText(e *sim.Example) string {
	switch {
	case e == nil:
		return ""
	case e.Destination != "":
		return strings.TrimSpace(e.Protocol + " " + withPort(e.Source, e.SourcePort) + " → " + withPort(e.Destination, e.DestinationPort))
	case e.Action != "" && e.Source != "":
		return strings.TrimSpace(e.Action+" "+e.Resource) + " from " + e.Source
	case e.Action != "":
		return strings.TrimSpace(e.Action + " " + e.Resource)
	}
	return e.Source
}

func withPort(address string, port int) string {
	switch {
	case port == 0:
		return address
	case strings.Contains(address, ":"):
		return fmt.Sprintf("[%s]:%d", address, port)
	}
	return fmt.Sprintf("%s:%d", address, port)
}
