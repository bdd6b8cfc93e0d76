package policy

import (
	"math/bits"
	"slices"
	"strings"
)

// Evaluate decides one request against every layer (P80 to P109, P210 to
// P223). It does not modify its arguments, and may be called from several
// goroutines with the same layers.
//
// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
func Evaluate(l *Layers, r *Request) Decision {
	var e Evaluator
	return e.Evaluate(l, r)
}

// Decide is the outcome of Evaluate alone. With compiled policies it allocates
// nothing where the outcome does not hang on an unknown.
func Decide(l *Layers, r *Request) Truth {
	var e Evaluator
	return e.Decide(l, r)
}

// Evaluator decides requests one after another and keeps its working memory
// from one to the next. It is not for concurrent use.
type Evaluator struct {
	l    *Layers
	r    *Request
	kind Kind // of the resource's policy
	t    tallies

	resource    arnText  // the bucket's, object's or other resource's own ARN
	accessPoint arnText  // the same as an access point shows it (P59)
	through     *arnText // which of the two the request names

	slots []slot // keys of the program at work
	turn  uint32 // which slots are fresh
	units []int32
	hits  []hit
	work  int // statements looked at

	explaining explainer

	unresolved bool // a variable of the last pattern could not be resolved
	assume     assumptions

	// The case split: what is assumed of unknown keys and facts, and which of
	// them the outcome met.
	tracing bool
	keys    map[string]Value
	facts   map[variable]Truth
	touched []touch
	at      place
}

// slot is the state of one key for the request at hand.
type slot struct {
	turn  uint32
	value Value
}

// layerID is a layer at work.
type layerID uint8

const (
	layerEndpoint layerID = iota
	layerIdentity
	layerBoundary
	layerSession
	layerSCP
	layerRCP
	layerResource
	layerAccessPoint
	layerIdentityDirect // identity policies on the bucket's own ARN, asked for P267 alone
)

// hit is a statement that matches, or may.
type hit struct {
	layer     layerID
	deny      bool
	truth     Truth
	level     int32
	policy    int32
	statement int32
}

// tally is what the statements of a layer come to (P72, P212).
type tally struct {
	deny, allow Truth
	grants      [gradeCount]Truth // allow by grade
}

func newTally() tally {
	return tally{deny: False, allow: False, grants: [gradeCount]Truth{False, False, False, False}}
}

// openTally is that of a layer that does not apply.
func openTally() tally {
	return tally{deny: False, allow: True, grants: [gradeCount]Truth{True, True, True, True}}
}

func (t *tally) grant(g grades) Truth { return t.grants[bits.TrailingZeros8(uint8(g))] }

// gap adds a policy that nobody knows (P220). f is True in its best case,
// False in its worst: the outcome is monotone in both halves.
func (t *tally) gap(f Truth) {
	t.deny, t.allow = t.deny.Or(f.Not()), t.allow.Or(f)
	for i := range t.grants {
		t.grants[i] = t.grants[i].Or(f)
	}
}

func (t *tally) add(deny bool, m Truth, yes, maybe grades) {
	if deny {
		t.deny = t.deny.Or(m)
		return
	}
	t.allow = t.allow.Or(m)
	for i := range t.grants {
		switch g := grades(1) << i; {
		case yes&g != 0:
			t.grants[i] = t.grants[i].Or(m)
		case maybe&g != 0:
			t.grants[i] = t.grants[i].Or(m.And(Unknown))
		}
	}
}

// tallies are the layers of one request.
type tallies struct {
	endpoint, identity, boundary, session, scp, rcp, resource, accessPoint tally
	identityDirect                                                         tally
	scpLevel, rcpLevel                                                     int // the level that fails, or -1
}

func (e *Evaluator) begin(l *Layers, r *Request) {
	e.l, e.r, e.kind = l, r, l.ResourceKind
	if e.kind == KindUnspecified {
		e.kind = KindOfResource(r.Action, r.Resource)
	}
	e.resource = arnText{text: r.Resource}
	e.through = &e.resource
	if r.AccessPoint != "" {
		e.accessPoint = splitARN(accessPointResource(r.AccessPoint, splitARN(r.Resource)))
		e.through = &e.accessPoint
	}
	e.assume = 0
	e.tracing = false
}

// AccessPointResource is the ARN under which an access point shows a bucket or
// object (P265). One that is the access point's already stays.
func AccessPointResource(ap, resource string) string {
	return accessPointResource(ap, splitARN(resource))
}

func accessPointResource(ap string, resource arnText) string {
	if resource.text == ap || strings.HasPrefix(resource.text, ap+"/object/") {
		return resource.text
	}
	if _, key, ok := strings.Cut(resource.parts[5], "/"); ok {
		return ap + "/object/" + key
	}
	return ap
}

// Decide is Evaluate's outcome alone.
func (e *Evaluator) Decide(l *Layers, r *Request) Truth {
	e.begin(l, r)
	e.collect()
	t := e.outcome()
	if t != Unknown {
		return t
	}
	return e.settle((*Evaluator).outcomeNumber).truth()
}

// collect tallies every layer for the request.
func (e *Evaluator) collect() {
	e.hits = e.hits[:0]
	e.touched = e.touched[:0]
	t := &e.t
	*t = tallies{scpLevel: -1, rcpLevel: -1}
	t.endpoint = e.endpoint()
	t.identity, t.boundary, t.session, t.identityDirect = openTally(), openTally(), openTally(), openTally()
	if e.hasIdentity() {
		t.identity = e.policies(e.l.Identity, layerIdentity, -1, e.through)
		if e.l.IdentityUnknown != "" {
			e.at = place{}
			t.identity.gap(e.fact(variable{kind: factGap, layer: layerIdentity, n: -1}))
		}
		if e.l.Boundary != nil {
			t.boundary = newTally()
			e.onePolicy(e.l.Boundary, layerBoundary, -1, 0, e.through, &t.boundary)
		}
		if len(e.l.Session) > 0 {
			t.session = e.policies(e.l.Session, layerSession, -1, e.through)
		}
		if e.r.AccessPoint != "" {
			t.identityDirect = e.policies(e.l.Identity, layerIdentityDirect, -1, &e.resource)
		}
	}
	t.scp = e.scps()
	t.rcp = e.rcps()
	t.resource = newTally()
	if e.l.Resource != nil {
		mark := len(e.touched)
		e.onePolicy(e.l.Resource, layerResource, -1, 0, &e.resource, &t.resource)
		e.dropSettled(mark, t.resource.grant(gradeStar).Or(t.resource.grant(gradeDirect)), t.resource.deny)
	}
	e.at = place{}
	e.acls(&t.resource)
	t.accessPoint = newTally()
	if e.l.AccessPoint != nil {
		e.onePolicy(e.l.AccessPoint, layerAccessPoint, -1, 0, e.through, &t.accessPoint)
	}
	e.at = place{}
}

// absent tells that there is no policy, which is known.
func absent(p *Policy) bool {
	return p == nil || p.Document == nil && p.Gap == "" && p.Malformed == nil
}

// hasIdentity tells a principal with identity policies, boundary and session
// policies: not the root user (P88), services (P90) or anonymous callers (P91).
func (e *Evaluator) hasIdentity() bool {
	switch e.r.Principal.Kind {
	case PrincipalRole, PrincipalUser, PrincipalFederatedUser, PrincipalUnknown:
		return true
	case PrincipalRoot, PrincipalService, PrincipalAnonymous:
	}
	return false
}

func (e *Evaluator) policies(list []Policy, layer layerID, level int, resource *arnText) tally {
	t := newTally()
	mark := len(e.touched)
	for i := range list {
		e.onePolicy(&list[i], layer, level, i, resource, &t)
	}
	e.dropSettled(mark, t.allow, t.deny)
	return t
}

// dropSettled forgets the unknowns of statements that can't change a layer any
// more, so that the case split does not branch on them.
func (e *Evaluator) dropSettled(mark int, allow, deny Truth) {
	if !e.tracing || allow != True && deny != True {
		return
	}
	e.touched = append(e.touched[:mark], slices.DeleteFunc(e.touched[mark:], func(t touch) bool {
		return t.kind != factGap && (t.at.deny && deny == True || !t.at.deny && allow == True)
	})...)
}

// onePolicy adds a policy's statements to the tally. What can't be read is a
// gap, malformed or not (P17, P220).
func (e *Evaluator) onePolicy(pol *Policy, layer layerID, level, index int, resource *arnText, t *tally) {
	if pol.Document == nil {
		if pol.Gap != "" || pol.Malformed != nil {
			e.at = place{}
			t.gap(e.fact(variable{kind: factGap, layer: layer, level: int32(level), n: int32(index)}))
		}
		return
	}
	p := pol.Document.compiled()
	e.turn++
	for len(e.slots) < len(p.keys) {
		e.slots = append(e.slots, slot{})
	}
	for _, i := range p.statementsFor(e.r.Action).of(resource.text) {
		s := &p.statements[i]
		e.work++
		if s.plain != nil && s.plainMiss(resource.text) {
			continue
		}
		if e.tracing {
			e.at = place{
				statement: StatementRef{Policy: pol.Name, Index: s.Index, Sid: s.Sid, Pointer: pol.StatementPointer(int(i))},
				layer:     e.explainer().layerName(layer), deny: s.Deny,
			}
		}
		m, yes, maybe := e.statementTruth(p, s, layer, resource)
		if m == False {
			continue
		}
		t.add(s.Deny, m, yes, maybe)
		e.hits = append(e.hits, hit{layer: layer, deny: s.Deny, truth: m, level: int32(level), policy: int32(index), statement: i})
	}
}

// endpoint tallies the endpoint policy (P110 to P123). Through an access point
// both forms of the resource must be allowed.
func (e *Evaluator) endpoint() tally {
	if e.l.EndpointType == EndpointNone || absent(e.l.Endpoint) {
		return openTally()
	}
	t := newTally()
	mark := len(e.touched)
	e.onePolicy(e.l.Endpoint, layerEndpoint, -1, 0, e.through, &t)
	e.dropSettled(mark, t.allow, t.deny)
	if e.r.AccessPoint != "" {
		own := newTally()
		e.onePolicy(e.l.Endpoint, layerEndpoint, -1, 0, &e.resource, &own)
		t.deny, t.allow = t.deny.Or(own.deny), t.allow.And(own.allow)
	}
	return t
}

// scps tallies the service control policies: an Allow at every level (P96).
func (e *Evaluator) scps() tally {
	who := &e.r.Principal
	exempt := who.Kind == PrincipalService || who.Kind == PrincipalAnonymous || who.serviceLinked() // P95
	if exempt || e.l.SCPs == nil && e.l.SCPUnknown == "" {
		return openTally()
	}
	t := openTally()
	for i := range e.l.SCPs {
		level := e.policies(e.l.SCPs[i], layerSCP, i, e.through)
		t.deny = t.deny.Or(level.deny)
		t.allow = t.allow.And(level.allow)
		if level.allow == False && e.t.scpLevel < 0 || level.deny == True {
			e.t.scpLevel = i
		}
	}
	if e.l.SCPUnknown != "" {
		e.at = place{}
		f := e.fact(variable{kind: factGap, layer: layerSCP, n: -1})
		t.deny, t.allow = t.deny.Or(f.Not()), t.allow.And(f)
	}
	return t
}

// rcps tallies the resource control policies. RCPFullAWSAccess is attached
// everywhere and is the Allow (P101).
func (e *Evaluator) rcps() tally {
	exempt := e.r.Principal.serviceLinked() || strings.EqualFold(e.r.Action, "kms:RetireGrant") // P100
	t := openTally()
	if exempt {
		return t
	}
	for i := range e.l.RCPs {
		level := e.policies(e.l.RCPs[i], layerRCP, i, &e.resource)
		t.deny = t.deny.Or(level.deny)
		if level.deny == True {
			e.t.rcpLevel = i
		}
	}
	if e.l.RCPUnknown != "" {
		e.at = place{}
		t.deny = t.deny.Or(e.fact(variable{kind: factGap, layer: layerRCP, n: -1}).Not())
	}
	if len(e.l.RCPs) > 0 && e.r.Principal.Kind == PrincipalAnonymous && t.deny != False {
		e.assume |= assumeRCPAnonymous
	}
	return t
}

// key is the state of a key of the program at work.
func (e *Evaluator) key(p *program, i int) Value {
	s := &e.slots[i]
	if s.turn != e.turn {
		v := e.state(p.keys[i])
		v.Multi = v.Multi || p.multi[i]
		s.turn, s.value = e.turn, v
	}
	return s.value
}

// state is the state of a key by its lower-case name.
func (e *Evaluator) state(key string) Value {
	if e.keys != nil {
		if v, ok := e.keys[key]; ok {
			return v
		}
	}
	if v, ok := e.r.Key(key); ok {
		return v
	}
	if len(e.r.UnknownKeys) > 0 && matchesKey(e.r.UnknownKeys, key) && SuppliesKey(e.r.Action, key) != False {
		return Value{State: KeyUnknown}
	}
	return Value{}
}

// Key is the value of a condition key, and whether Context has it, whatever
// the case in which the two spell its name.
func (r *Request) Key(name string) (Value, bool) {
	if v, ok := r.Context[name]; ok {
		return v, true
	}
	found := ""
	for k := range r.Context {
		if len(k) == len(name) && strings.EqualFold(k, name) && (found == "" || k < found) {
			found = k
		}
	}
	return r.Context[found], found != ""
}

// Open tells that the request leaves a key unknown.
func (r *Request) Open(key string) bool {
	if v, ok := r.Key(key); ok {
		return v.State != KeyKnown && v.State != KeyAbsent
	}
	return matchesKey(r.UnknownKeys, key)
}

func matchesKey(patterns []string, key string) bool {
	for _, p := range patterns {
		if prefix, ok := strings.CutSuffix(p, "*"); ok && len(prefix) <= len(key) && strings.EqualFold(key[:len(prefix)], prefix) || strings.EqualFold(p, key) {
			return true
		}
	}
	return false
}
