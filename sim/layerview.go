package sim

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules/policy"
)

// layerView gathers what the layers of all flows and cases did to one
// request, for the answer.
type layerView struct {
	w               *World
	order           []string
	byName          map[string]*Layer
	allowed, denied *Example
	all             []Layer // once complete
}

// at is a complete view with its examples moved to another source address.
func (v *layerView) at(source netip.Addr) *layerView {
	return &layerView{w: v.w, all: v.all, allowed: placed(v.allowed, source), denied: placed(v.denied, source)}
}

func newLayerView(w *World) *layerView { return &layerView{w: w, byName: make(map[string]*Layer)} }

func (v *layerView) add(d *decided) {
	any := false
	for i := range d.result.Cases {
		c := &d.result.Cases[i]
		if c.Allowed != nil {
			any = true
			v.decision(&c.AllowedDecision)
			if v.allowed == nil && !d.gate.fail {
				v.allowed = placed(requestExample(c.Allowed), d.source)
			}
		}
		if c.Denied != nil {
			any = true
			v.decision(&c.DeniedDecision)
			if v.denied == nil {
				v.denied = placed(requestExample(c.Denied), d.source)
			}
		}
	}
	if !any {
		v.decision(&d.sample)
	}
	for i := range d.blockers {
		v.decision(&policy.Decision{Layers: []policy.LayerDecision{d.blockers[i].layer}})
	}
	for i := range d.kms {
		v.decision(&policy.Decision{Layers: []policy.LayerDecision{keyLayer(&d.kms[i])}})
	}
	for _, g := range d.gates {
		if g.finding.Severity != Blocker || g.finding.Gate == GateKMS && len(d.kms) > 0 {
			continue // what KMS decided stands already
		}
		word := "explicitDeny"
		if strings.HasSuffix(g.finding.Code.String(), "_NO_ALLOW") {
			word = "implicitDeny"
		}
		v.merge(Layer{Layer: g.finding.Gate.String(), Decision: word, Policy: g.finding.Component, Reason: g.finding.Message})
	}
}

// keyLayer is what KMS did with one use of a key, as one layer: the key policy
// alone does not decide it (P306), so the statements are those of the layer
// that did.
func keyLayer(d *policy.Decision) policy.LayerDecision {
	out := policy.LayerDecision{Layer: policy.LayerKey, Outcome: policy.ImplicitDeny, Level: -1}
	switch d.Outcome {
	case policy.True:
		out.Outcome = policy.Allow
	case policy.Unknown:
		out.Outcome, out.Reason = policy.LayerUnknown, needsText(d.Needs)
	case policy.False:
		if slices.ContainsFunc(d.Layers, func(l policy.LayerDecision) bool { return l.Outcome == policy.ExplicitDeny }) {
			out.Outcome = policy.ExplicitDeny
		}
	}
	for _, l := range d.Layers {
		if l.Outcome != out.Outcome || l.Outcome == policy.Allow && l.Layer != policy.LayerKey && l.Layer != policy.LayerRole {
			continue
		}
		if out.Reason == "" {
			out.Reason = l.Reason
		}
		out.Statements = append(out.Statements, l.Statements...)
		out.Near = append(out.Near, l.Near...)
	}
	return out
}

func (v *layerView) decision(d *policy.Decision) {
	for i := range d.Layers {
		l := &d.Layers[i]
		out := Layer{Layer: l.Layer, Decision: l.Outcome.String(), Reason: l.Reason}
		for _, s := range l.Statements {
			out.Policy = s.Policy
			out.Statements = append(out.Statements, Statement{Policy: s.Policy, Index: s.Index, Sid: s.Sid, Pointer: s.Pointer})
		}
		for _, s := range l.Near {
			if l.Outcome == policy.Allow {
				break
			}
			out.Statements = append(out.Statements, Statement{Policy: s.Policy, Index: s.Index, Sid: s.Sid, Pointer: s.Pointer, Near: s.Part + ": " + s.Detail})
		}
		v.merge(out)
	}
}

// merge joins what a layer did in different cases: where they differ, it is
// partial.
func (v *layerView) merge(l Layer) {
	have, ok := v.byName[l.Layer]
	if !ok {
		v.order = append(v.order, l.Layer)
		c := l
		v.byName[l.Layer] = &c
		return
	}
	if have.Decision != l.Decision {
		switch {
		case have.Decision == "unknown" || l.Decision == "unknown":
			have.Decision = "unknown"
		case (have.Decision == "allow" || have.Decision == "partial") != (l.Decision == "allow"):
			have.Decision = "partial"
		case l.Decision == "explicitDeny":
			have.Decision = "explicitDeny"
		}
		if have.Reason == "" || l.Decision != "allow" {
			have.Reason = l.Reason
		}
	}
	for _, s := range l.Statements {
		dup := false
		for _, h := range have.Statements {
			dup = dup || h == s
		}
		if !dup {
			have.Statements = append(have.Statements, s)
		}
	}
	if have.Policy == "" {
		have.Policy = l.Policy
	}
}

var layerOrder = []string{policy.LayerEndpoint, policy.LayerRole, policy.LayerBoundary, policy.LayerSession, policy.LayerSCP,
	policy.LayerRCP, policy.LayerBucket, policy.LayerAccessPoint, "bucket", policy.LayerKey}

func (v *layerView) layers() []Layer {
	if v.all != nil {
		return v.all
	}
	var out []Layer
	done := make(map[string]bool)
	for _, n := range append(append([]string{}, layerOrder...), v.order...) {
		if l, ok := v.byName[n]; ok && !done[n] {
			done[n] = true
			out = append(out, *l)
		}
	}
	return out
}

// placed gives an example of a shared decision a placement's own address. The
// example itself stays as it is.
func placed(e *Example, source netip.Addr) *Example {
	if e == nil || !source.IsValid() || e.Context["aws:VpcSourceIp"] == "" {
		return e
	}
	c := *e
	c.Context = maps.Clone(e.Context)
	c.Context["aws:VpcSourceIp"] = source.String()
	c.Source = source.String()
	return &c
}
