package sim

import "slices"

// GateStatus is what is known of one gate. The zero value claims least.
type GateStatus uint8

const (
	GateUnknown    GateStatus = iota // a fact about it is missing
	GateNotReached                   // the traffic ends before it, so that it was not judged
	GateStops                        // it stops every case
	GateInPart                       // it stops some cases, and lets others through
	GatePasses                       // it lets every case through
)

var gateStatusNames = [...]string{"unknown", "not-reached", "stops", "passes-in-part", "passes"}

// String returns the contract's word.
func (s GateStatus) String() string { return gateStatusNames[s] }

// MarshalText implements encoding.TextMarshaler.
func (s GateStatus) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *GateStatus) UnmarshalText(b []byte) error {
	i := slices.Index(gateStatusNames[:], string(b))
	if i < 0 {
		return &UnknownWordError{Kind: "gate state", Word: string(b)}
	}
	*s = GateStatus(i)
	return nil
}

// GateState is the state of one gate over all placements.
type GateState struct {
	Gate  Gate       `json:"gate"`
	State GateStatus `json:"state"`
}

// GateState returns the state of g; GateUnknown where the answer has none.
func (a *Answer) GateState(g Gate) GateStatus {
	for _, s := range a.Gates {
		if s.Gate == g {
			return s.State
		}
	}
	return GateUnknown
}

// judgeGates settles every gate's state from the findings, the missing facts,
// and what the hops and layers decided. Everything that shows a gate reads it.
func (a *Answer) judgeGates() {
	asked := slices.ContainsFunc(a.Placements, func(p Placement) bool { return len(p.Requests) > 0 })
	trace := a.Question.To != ""
	for _, g := range Gates() {
		state := a.gateStatus(g)
		if state == GatePasses && g != GateJob && !asked && (!trace || policyGate(g)) {
			state = GateNotReached
		}
		a.Gates = append(a.Gates, GateState{g, state})
	}
}

func (a *Answer) gateStatus(g Gate) GateStatus {
	if stopped, some := a.stoppedBy(g); some {
		if stopped && a.Verdict == Blocked {
			return GateStops
		}
		return GateInPart
	}
	if slices.ContainsFunc(a.Unknowns, func(m Missing) bool { return m.Gate == g }) || a.layerUnknown(g) {
		return GateUnknown
	}
	if (g == GateEndpoint || g == GateEndpointPolicy) && a.endsBeforeEndpoint() && !a.layerJudged(g) {
		return GateNotReached
	}
	return GatePasses
}

func policyGate(g Gate) bool { return g >= GateEndpointPolicy && g <= GateKMS }

// stoppedBy tells whether blockers of g concern all placements, or some.
func (a *Answer) stoppedBy(g Gate) (all, some bool) {
	at := make(map[int]bool)
	for i := range a.Findings {
		f := &a.Findings[i]
		if f.Gate != g || f.Severity != Blocker {
			continue
		}
		some = true
		for _, n := range f.Placements {
			at[n] = true
		}
	}
	return some && len(at) == len(a.Placements), some
}

// layers calls f with every policy layer of g.
func (a *Answer) layers(g Gate, f func(*Layer)) {
	for i := range a.Placements {
		for j := range a.Placements[i].Requests {
			for k := range a.Placements[i].Requests[j].Layers {
				l := &a.Placements[i].Requests[j].Layers[k]
				if of, ok := gateLayers[l.Layer]; ok && of.gate == g {
					f(l)
				}
			}
		}
	}
}

func (a *Answer) layerUnknown(g Gate) (unknown bool) {
	a.layers(g, func(l *Layer) { unknown = unknown || l.Decision == "unknown" })
	return unknown
}

func (a *Answer) layerJudged(g Gate) (judged bool) {
	a.layers(g, func(*Layer) { judged = true })
	return judged
}

// endsBeforeEndpoint tells that no traffic is known to get as far as S3, and
// none leads through an endpoint.
func (a *Answer) endsBeforeEndpoint() bool {
	for i := range a.Placements {
		n := &a.Placements[i].Network
		if n.Verdict == Reachable || n.Verdict == Partial || slices.ContainsFunc(n.Paths, func(p Path) bool { return p.Via != "" }) {
			return false
		}
		if slices.ContainsFunc(n.Path, func(h Hop) bool { return h.Kind == "vpc-endpoint" }) {
			return false
		}
	}
	return len(a.Placements) > 0
}
