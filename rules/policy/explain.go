package policy

import (
	"slices"
	"strings"
)

// layerRow is a layer as it is reported: in the order of P81 as findings use it.
type layerRow struct {
	id    layerID
	name  string
	words string // AWS's own words (P205)
}

// explainer says what decided. It owns what explanations are written into.
type explainer struct {
	*Evaluator
	rowsBuffer   []layerRow
	layersBuffer []LayerDecision
	refsBuffer   []StatementRef
}

// explainer is the evaluator's own.
func (e *Evaluator) explainer() *explainer {
	e.explaining.Evaluator = e
	return &e.explaining
}

// rows lists the layers that apply to the request, in a fixed order.
func (e *explainer) rows() []layerRow {
	rows := e.rowsBuffer[:0]
	add := func(applies bool, id layerID, words string) {
		if applies {
			rows = append(rows, layerRow{id, e.layerName(id), words})
		}
	}
	l := e.l
	identity := e.hasIdentity()
	scp := !(e.r.Principal.Kind == PrincipalService || e.r.Principal.Kind == PrincipalAnonymous || e.r.Principal.serviceLinked())
	add(l.EndpointType != EndpointNone, layerEndpoint, "VPC endpoint policy")
	add(identity, layerIdentity, "identity-based policy")
	add(identity && l.Boundary != nil, layerBoundary, "permissions boundary")
	add(identity && len(l.Session) > 0, layerSession, "session policy")
	add(scp && (l.SCPs != nil || l.SCPUnknown != ""), layerSCP, "service control policy")
	add(!e.r.Principal.serviceLinked() && (l.RCPs != nil || l.RCPUnknown != ""), layerRCP, "resource control policy")
	add(l.Resource != nil || e.needsResourcePolicy(), layerResource, "resource-based policy")
	add(l.AccessPoint != nil, layerAccessPoint, "resource-based policy")
	e.rowsBuffer = rows
	return rows
}

// layerName is the name of a layer in decisions.
func (e *explainer) layerName(id layerID) string {
	switch id {
	case layerEndpoint:
		return LayerEndpoint
	case layerIdentity, layerIdentityDirect:
		return LayerRole
	case layerBoundary:
		return LayerBoundary
	case layerSession:
		return LayerSession
	case layerSCP:
		return LayerSCP
	case layerRCP:
		return LayerRCP
	case layerResource:
		return resourceLayerName(e.kind)
	case layerAccessPoint:
		return LayerAccessPoint
	}
	panic("unreachable: layer")
}

func resourceLayerName(k Kind) string {
	switch k {
	case KindKey:
		return LayerKey
	case KindTrust:
		return LayerTrust
	case KindResource:
		return LayerResource
	case KindAccessPoint:
		return LayerAccessPoint
	case KindUnspecified, KindIdentity, KindBoundary, KindSession, KindSCP, KindRCP, KindEndpoint, KindBucket:
	}
	return LayerBucket
}

// needsResourcePolicy tells that nothing passes without a grant of the
// resource's own policy.
func (e *explainer) needsResourcePolicy() bool {
	return !e.hasIdentity() && e.r.Principal.Kind != PrincipalRoot || e.mandatoryResourcePolicy() || !e.sameAccount()
}

func (e *explainer) tallyOf(id layerID) *tally {
	t := &e.t
	switch id {
	case layerEndpoint:
		return &t.endpoint
	case layerIdentity:
		return &t.identity
	case layerBoundary:
		return &t.boundary
	case layerSession:
		return &t.session
	case layerSCP:
		return &t.scp
	case layerRCP:
		return &t.rcp
	case layerResource:
		return &t.resource
	case layerAccessPoint:
		return &t.accessPoint
	case layerIdentityDirect:
		return &t.identityDirect
	}
	panic("unreachable: layer")
}

// layerOutcome is what a layer did (P72), LayerUnknown where it is open.
func (e *explainer) layerOutcome(id layerID) Outcome {
	t := e.tallyOf(id)
	switch {
	case t.deny == True:
		return ExplicitDeny
	case t.deny == False && t.allow == True:
		return Allow
	case t.deny == False && t.allow == False:
		return ImplicitDeny
	}
	return LayerUnknown
}

// Evaluate decides one request, with reasons. The decision is the caller's to
// keep.
func (e *Evaluator) Evaluate(l *Layers, r *Request) Decision {
	x := e.explainer()
	x.layersBuffer, x.refsBuffer = nil, nil
	d := e.Judge(l, r)
	x.layersBuffer, x.refsBuffer = nil, nil
	x.explain(&d)
	return d
}

// Judge is Evaluate without the words: no reasons, no near misses. The decision
// shares the evaluator's memory and is good until its next call.
func (e *Evaluator) Judge(l *Layers, r *Request) Decision {
	e.begin(l, r)
	e.collect()
	return e.explainer().judge()
}

func (e *explainer) judge() Decision {
	d := Decision{Outcome: e.outcome()}
	if d.Outcome == Unknown {
		s := e.settle((*Evaluator).outcomeNumber)
		d.Outcome = s.truth()
		if d.Outcome == Unknown {
			d.Needs = e.needs(s)
		}
	}
	rows := e.rows()
	e.layersBuffer = slices.Grow(e.layersBuffer[:0], len(rows))[:len(rows)]
	e.refsBuffer = e.refsBuffer[:0]
	d.Layers = e.layersBuffer
	for i, row := range rows {
		o := e.layerOutcome(row.id)
		if o == LayerUnknown {
			o = Outcome(e.settle(func(e *Evaluator) int8 { return int8(e.explainer().layerOutcome(row.id)) }).only())
		}
		d.Layers[i] = LayerDecision{Layer: row.name, Outcome: o, Level: -1, Statements: e.deciders(row.id, o)}
		switch row.id {
		case layerSCP:
			if o != Allow {
				d.Layers[i].Level = e.t.scpLevel
			}
		case layerRCP:
			if o != Allow {
				d.Layers[i].Level = e.t.rcpLevel
			}
		default:
		}
	}
	if d.Outcome == False {
		e.blocking(&d, rows)
	}
	d.Assumptions = e.assume.texts()
	return d
}

// deciders are the statements that made a layer's outcome.
func (e *explainer) deciders(id layerID, o Outcome) []StatementRef {
	start := len(e.refsBuffer)
	for _, h := range e.hits {
		if h.layer != id {
			continue
		}
		wanted := false
		switch o {
		case ExplicitDeny:
			wanted = h.deny && h.truth != False
		case Allow:
			wanted = !h.deny
		case LayerUnknown:
			wanted = h.truth == Unknown
		case ImplicitDeny:
		}
		if !wanted {
			continue
		}
		ref := e.reference(h)
		if !slices.Contains(e.refsBuffer[start:], ref) {
			e.refsBuffer = append(e.refsBuffer, ref)
		}
	}
	end := len(e.refsBuffer)
	return e.refsBuffer[start:end:end]
}

func (e *explainer) reference(h hit) StatementRef {
	p := e.policyOf(h.layer, h.level, h.policy)
	s := &p.Document.Statements[h.statement]
	return StatementRef{Policy: p.Name, Index: s.Index, Sid: s.Sid, Pointer: p.StatementPointer(int(h.statement))}
}

// needs names what would settle an unknown outcome.
func (e *explainer) needs(s settled) []Need {
	var out []Need
	for i := range s.needs {
		t := &s.needs[i]
		n := Need{Layer: e.layerOf(t)}
		if t.kind == keyVariable {
			n.Key = t.name
		} else {
			n.Fact = e.describe(t.variable)
		}
		if at := t.at.statement; at != (StatementRef{}) {
			n.Statement = &at
		}
		out = append(out, n)
	}
	if s.open != "" && len(s.outcomes) < 2 {
		out = append(out, Need{Fact: s.open, Budget: true})
	}
	return out
}

// blocking fills Blocking and EitherGrant (P206).
func (e *explainer) blocking(d *Decision, rows []layerRow) {
	same := e.sameAccount()
	blocking := map[layerID]bool{}
	for i, row := range rows {
		switch o := d.Layers[i].Outcome; {
		case o == ExplicitDeny:
			blocking[row.id] = !(row.id == layerResource && e.lockOutExempt(same))
		case o == ImplicitDeny && (row.id == layerEndpoint || row.id == layerSCP || row.id == layerRCP):
			blocking[row.id] = true
		}
	}
	if e.granted(same) != True {
		e.blockingGrants(same, blocking, d)
	}
	if len(blocking) == 0 && d.Outcome != Unknown { // together they deny, whatever each does
		for i, row := range rows {
			if d.Layers[i].Outcome != Allow {
				blocking[row.id] = true
			}
		}
	}
	for i, row := range rows {
		if blocking[row.id] {
			d.Blocking = append(d.Blocking, i)
		}
	}
}

// blockingGrants adds the layers whose missing Allow keeps the request from being
// granted. A layer of which that is not known is none: what would be a blocker
// in one case is not in another.
func (e *explainer) blockingGrants(same bool, blocking map[layerID]bool, d *Decision) {
	t := &e.t
	missing := func(id layerID) {
		if e.tallyOf(id).allow == False {
			blocking[id] = true
		}
	}
	resource := layerResource
	if e.r.AccessPoint != "" {
		resource = layerAccessPoint
		if t.resource.allow == False {
			blocking[layerResource] = true
		}
	}
	switch {
	case !e.hasIdentity():
		missing(resource)
	case !same:
		missing(layerIdentity)
		missing(layerBoundary)
		missing(layerSession)
		missing(resource)
	case e.mandatoryResourcePolicy():
		account, role := t.resource.grant(gradeAccount), t.resource.grant(gradeRole)
		if account == False && role == False {
			blocking[resource] = true
			return
		}
		if role == False {
			missing(layerIdentity)
		}
		missing(layerBoundary)
		missing(layerSession)
	default:
		if e.tallyOf(resource).grant(gradeRole) == False && t.identity.allow == False {
			blocking[layerIdentity] = true
			d.EitherGrant = true
		}
		missing(layerBoundary)
		missing(layerSession)
	}
}

// explain adds the words: reasons in AWS's own (P205), and near misses.
func (e *explainer) explain(d *Decision) {
	for i, row := range e.rows() {
		ld := &d.Layers[i]
		switch ld.Outcome {
		case ExplicitDeny:
			ld.Reason = "explicit deny in " + article(row.words) + row.words
		case ImplicitDeny:
			ld.Reason = "no " + row.words + " allows the " + e.r.Action + " action"
			ld.Near = e.nearMisses(row.id)
		case LayerUnknown:
			ld.Reason = "it is not known whether " + article(row.words) + row.words + " allows the " + e.r.Action + " action"
		case Allow:
		}
	}
}

func article(words string) string {
	if strings.ContainsRune("aeiou", rune(words[0])) {
		return "an "
	}
	return "a "
}
