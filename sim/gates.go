package sim

import (
	"slices"
	"strings"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/sim/network"
)

// GateStatus is what is known of one gate. The zero value claims least.
type GateStatus uint8

const (
	GateUnknown    GateStatus = iota // a fact about it is missing
	GateNotReached                   // nothing was asked of it: the traffic ends before it, or does not meet it
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
// and what was decided there. Everything that shows a gate reads it. A gate
// passes only where something was decided that lets the traffic through: one
// that nothing met is not reached, whatever stands behind it.
func (a *Answer) judgeGates(judged map[Gate]network.Judged) {
	for _, g := range Gates() {
		if !a.concerns(g) {
			continue
		}
		a.Gates = append(a.Gates, GateState{g, a.gateStatus(g, judged[g])})
	}
}

// concerns tells that a gate is one of the question's: S3 has a bucket's, other
// services have their resources' own.
func (a *Answer) concerns(g Gate) bool {
	service := arnField(a.Question.Bucket, 2)
	if service == "" && len(a.Question.Actions) > 0 {
		service, _, _ = strings.Cut(a.Question.Actions[0], ":")
	}
	s3 := service == "" || service == "s3" || service == "s3express"
	switch g {
	case GateBucketPolicy, GateBucket:
		return s3
	case GateResourcePolicy:
		return !s3 && service != "kms"
	case GateKMS:
		return s3 || service == "kms"
	}
	return true
}

// grantOpen tells of a request that no policy of the role allows, and that the
// resource's own policy, which is not known, may: whether the role's stop it is open.
func (a *Answer) grantOpen() bool {
	for _, p := range a.Placements {
		for _, r := range p.Requests {
			role, resource := false, false
			for _, l := range r.Layers {
				role = role || l.Layer == policy.LayerRole && l.Decision == "implicitDeny"
				of := gateLayers[l.Layer].gate
				resource = resource || (of == GateBucketPolicy || of == GateResourcePolicy) && l.Decision == "unknown"
			}
			if role && resource {
				return true
			}
		}
	}
	return false
}

func (a *Answer) gateStatus(g Gate, j network.Judged) GateStatus {
	if stopped, some := a.stoppedBy(g); some {
		if stopped && a.Verdict == Blocked {
			return GateStops
		}
		return GateInPart
	}
	a.layers(g, func(r *Request, l *Layer) {
		j.Pass, j.Open = true, j.Open || l.Decision == "unknown" || !r.spared(l)
	})
	switch {
	case j.Open || j.Stop || g == GateRole && a.grantOpen() || slices.ContainsFunc(a.Unknowns, func(m Missing) bool { return m.Gate == g }):
		return GateUnknown
	case j.Pass:
		return GatePasses
	}
	return GateNotReached
}

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
func (a *Answer) layers(g Gate, f func(*Request, *Layer)) {
	for i := range a.Placements {
		for j := range a.Placements[i].Requests {
			r := &a.Placements[i].Requests[j]
			for k := range r.Layers {
				if of, ok := gateLayers[r.Layers[k].Layer]; ok && of.gate == g {
					f(r, &r.Layers[k])
				}
			}
		}
	}
}

// spared tells that a layer does not stop the request: it allows it, or need
// not, since the request passes or the other of role and bucket policy grants
// it. One that denies on a way that may not be taken is no blocker, and has not
// let it pass either.
func (r *Request) spared(l *Layer) bool {
	if l.Decision == "allow" || r.Verdict == Reachable {
		return true
	}
	resource := []string{policy.LayerBucket, policy.LayerResource, policy.LayerTrust}
	others := map[string][]string{policy.LayerRole: resource, policy.LayerBucket: {policy.LayerRole}, policy.LayerResource: {policy.LayerRole}}[l.Layer]
	return l.Decision == "implicitDeny" && slices.ContainsFunc(r.Layers, func(o Layer) bool { return o.Decision == "allow" && slices.Contains(others, o.Layer) })
}
