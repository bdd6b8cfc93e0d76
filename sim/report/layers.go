package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/picture"
	"github.com/canreach/canreach/sim"
)

// addLayers adds a stage for every policy layer that some request meets.
func (w *pathGroup) addLayers(a *sim.Answer, requests []sim.Request) {
	var names []string
	for _, r := range requests {
		for _, l := range r.Layers {
			names = addNew(names, l.Layer)
		}
	}
	slices.SortStableFunc(names, func(x, y string) int { return cmp.Compare(layerLook(x).gate, layerLook(y).gate) })
	for _, n := range names {
		w.addLayer(a, n, requests)
	}
}

func (w *pathGroup) addLayer(a *sim.Answer, name string, requests []sim.Request) {
	l := layerLook(name)
	s := newStage(l.gate, l.icon, l.label, "", picture.None)
	s.names = nil
	var all []*said
	for _, r := range requests {
		for _, layer := range r.Layers {
			if layer.Layer != name {
				continue
			}
			mark := w.layerMark(a, l.gate, layer, r)
			text := layerText(layer)
			if mark == picture.None && r.Verdict == sim.Reachable {
				text = "allows nothing here, and need not"
			}
			i := slices.IndexFunc(all, func(o *said) bool { return o.mark == mark && o.text == text })
			if i < 0 {
				all = append(all, &said{mark: mark, text: text})
				i = len(all) - 1
			}
			all[i].asked(r)
			for _, st := range layer.Statements {
				s.decided(Place{st.Pointer, st.Index})
			}
			for _, p := range layerPolicies(layer) {
				s.names = addNew(s.names, p)
			}
		}
	}
	several := slices.ContainsFunc(requests, func(r sim.Request) bool { return bucketOf(r.Resource) != bucketOf(requests[0].Resource) })
	silent := false // the layer says nothing to some requests, and need not
	for _, o := range all {
		s.Mark = joinMarks(s.Mark, o.mark)
		silent = silent || o.mark == picture.None
		s.add(picture.Line{Mark: o.mark, Text: o.who(several) + ": " + o.text})
	}
	if silent && s.Mark == picture.Stop {
		s.Mark = picture.Partial
	}
	if len(a.Gates) > 0 {
		s.Mark = stateMark(a.GateState(l.gate), s.Mark)
	}
	if len(s.names) == 0 {
		s.names = w.owners(l.gate, requests)
	}
	w.stations = append(w.stations, s)
}

// said is what a layer says to some of the requests.
type said struct {
	mark    picture.Mark
	text    string
	buckets []string
	actions [][]string // of each bucket
}

func (o *said) asked(r sim.Request) {
	bucket := bucketOf(r.Resource)
	i := slices.Index(o.buckets, bucket)
	if i < 0 {
		i = len(o.buckets)
		o.buckets = append(o.buckets, bucket)
		o.actions = append(o.actions, nil)
	}
	o.actions[i] = addNew(o.actions[i], r.Action)
}

// who names the requests, with their buckets where there are several.
func (o *said) who(several bool) string {
	parts := make([]string, len(o.buckets))
	for i, b := range o.buckets {
		parts[i] = strings.Join(o.actions[i], ", ")
		if several {
			parts[i] += " on " + b
		}
	}
	return strings.Join(parts, "; ")
}

// owners name a layer whose policies have no names of their own.
func (w *pathGroup) owners(gate sim.Gate, requests []sim.Request) []string {
	var names []string
	switch {
	case gate == sim.GateEndpointPolicy && w.endpoint != "":
		return []string{w.endpoint}
	case gate == sim.GateBucketPolicy:
		for _, r := range requests {
			names = addNew(names, bucketOf(r.Resource))
		}
		return names
	}
	return []string{"(none)"}
}

// bucketOf is the bucket of an ARN of it or of objects in it.
func bucketOf(arn string) string {
	bucket, _, _ := strings.Cut(strings.TrimPrefix(arn, "arn:aws:s3:::"), "/")
	return bucket
}

// joinMarks is the mark over requests that fare differently.
func joinMarks(m, o picture.Mark) picture.Mark {
	switch {
	case m == picture.None:
		return o
	case o == picture.None || m == o:
		return m
	case m == picture.Unknown || o == picture.Unknown:
		return picture.Unknown
	}
	return picture.Partial
}

// layerMark reads a layer's decision. A layer that says nothing stops a
// request only where it had to allow it: then a blocker names its gate.
func (w *pathGroup) layerMark(a *sim.Answer, gate sim.Gate, l sim.Layer, r sim.Request) picture.Mark {
	mark := decisionMark(l.Decision)
	if l.Decision != "implicitDeny" {
		return mark
	}
	if r.Verdict == sim.Reachable || !blockedFor(a, &a.Placements[w.placement], gate, r.Action) {
		return picture.None
	}
	return mark
}

// blockedAt tells whether a blocker of p stands at gate.
func blockedAt(a *sim.Answer, p *sim.Placement, gate sim.Gate) bool {
	return blockedFor(a, p, gate, "")
}

// blockedFor tells whether one stands there for an action; an empty action is any.
func blockedFor(a *sim.Answer, p *sim.Placement, gate sim.Gate, action string) bool {
	for _, n := range p.Findings {
		if n >= 0 && n < len(a.Findings) && a.Findings[n].Gate == gate && a.Findings[n].Severity == sim.Blocker && concernsAction(&a.Findings[n], action) {
			return true
		}
	}
	return false
}

func concernsAction(f *sim.Finding, action string) bool {
	return action == "" || f.Example == nil || f.Example.Action == "" || f.Example.Action == action
}

func layerPolicies(l sim.Layer) []string {
	var names []string
	if l.Policy != "" {
		names = append(names, l.Policy)
	}
	for _, s := range l.Statements {
		if s.Policy != "" {
			names = addNew(names, s.Policy)
		}
	}
	return names
}

// layerText says what a layer did and which statements did it.
func layerText(l sim.Layer) string {
	words := map[string]string{
		"allow": "allowed", "explicitDeny": "denied", "implicitDeny": "no statement allows it",
		"partial": "allowed in part", "unknown": "not known",
	}
	text, ok := words[l.Decision]
	if !ok {
		text = l.Decision
	}
	var by []string
	for _, s := range l.Statements {
		if s.Near == "" {
			by = addNew(by, statementName(s))
		}
	}
	if len(by) > 0 {
		text += " by " + some(by, 3)
	}
	// A layer that denies is explained by its finding.
	if l.Reason != "" && l.Decision != "implicitDeny" && l.Decision != "explicitDeny" {
		text += " (" + l.Reason + ")"
	}
	return text
}

func statementName(s sim.Statement) string {
	if s.Sid != "" {
		return fmt.Sprintf("statement %d “%s”", s.Index, s.Sid)
	}
	return fmt.Sprintf("statement %d", s.Index)
}
