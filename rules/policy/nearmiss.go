package policy

import (
	"cmp"
	"slices"
	"strings"
)

// maxNear is how many near misses a layer reports.
const maxNear = 3

// nearMisses finds the Allow statements that failed in the fewest parts.
func (e *explainer) nearMisses(id layerID) []NearMiss {
	type candidate struct {
		NearMiss
		failures int
	}
	var found []candidate
	for level, list := range e.listsOf(id) {
		if id == layerSCP && level != e.t.scpLevel {
			continue
		}
		for i := range list {
			pol := &list[i]
			if pol.Document == nil {
				continue
			}
			for n := range pol.Document.Statements {
				if pol.Document.Statements[n].Deny {
					continue
				}
				miss, failures := e.miss(pol, n, id)
				if failures > 0 {
					found = append(found, candidate{miss, failures})
				}
			}
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Compare(a.failures, b.failures) })
	var out []NearMiss
	for _, c := range found {
		if len(out) == maxNear || len(out) > 0 && c.failures > 1 {
			break
		}
		out = append(out, c.NearMiss)
	}
	return out
}

// listsOf are a layer's policies by level.
func (e *explainer) listsOf(id layerID) [][]Policy {
	one := func(p *Policy) [][]Policy {
		if p == nil {
			return nil
		}
		return [][]Policy{{*p}}
	}
	switch id {
	case layerEndpoint:
		return one(e.l.Endpoint)
	case layerIdentity, layerIdentityDirect:
		return [][]Policy{e.l.Identity}
	case layerBoundary:
		return one(e.l.Boundary)
	case layerSession:
		return [][]Policy{e.l.Session}
	case layerSCP:
		return e.l.SCPs
	case layerRCP:
		return e.l.RCPs
	case layerResource:
		return one(e.l.Resource)
	case layerAccessPoint:
		return one(e.l.AccessPoint)
	}
	panic("unreachable: layer")
}

// miss counts the parts in which an Allow statement fails, and describes the
// last of them.
func (e *explainer) miss(pol *Policy, n int, id layerID) (NearMiss, int) {
	p := pol.Document.compiled()
	e.turn++
	for len(e.slots) < len(p.keys) {
		e.slots = append(e.slots, slot{})
	}
	s := &p.statements[n]
	m := NearMiss{StatementRef: StatementRef{Policy: pol.Name, Index: s.Index, Sid: s.Sid, Pointer: pol.StatementPointer(n)}}
	failures := 0
	fail := func(part, detail string) {
		failures++
		m.Part, m.Detail = part, detail
	}
	resource := e.through
	if id == layerResource || id == layerRCP {
		resource = &e.resource
	}
	for i := range s.conditions {
		if e.condition(p, &s.conditions[i]) == False {
			fail("condition", e.missedCondition(p, &s.conditions[i]))
		}
	}
	if e.resources(p, s, resource) == False {
		fail("resource", missedResource(s, resource.text))
	}
	if yes, maybe := e.principal(s, id); yes|maybe == 0 {
		fail("principal", e.missedPrincipal(s))
	}
	if !s.matchesAction(lower(e.r.Action)) {
		fail("action", missedAction(s, e.r.Action))
		failures++ // whoever debugs looks for the statement about this action first
	}
	return m, failures
}

func missedAction(s *compiledStatement, action string) string {
	if s.NotAction {
		return "NotAction " + quoted(s.Actions) + " excludes " + action
	}
	return "Action " + quoted(s.Actions) + " does not match " + action
}

func missedResource(s *compiledStatement, resource string) string {
	if s.NotResource {
		return "NotResource " + quoted(s.Resources) + " excludes " + resource
	}
	return "Resource " + quoted(s.Resources) + " does not match " + resource
}

func (e *explainer) missedPrincipal(s *compiledStatement) string {
	who := e.r.Principal.ARN
	switch e.r.Principal.Kind {
	case PrincipalAnonymous:
		who = "the anonymous caller"
	case PrincipalService:
		who = e.r.Principal.Service
	default:
	}
	if s.NotPrincipal {
		return "NotPrincipal excludes " + who
	}
	values := slices.Concat(s.Principals.AWS, s.Principals.Service, s.Principals.Federated, s.Principals.Canonical)
	return "Principal " + quoted(values) + " does not match " + who
}

func (e *explainer) missedCondition(p *program, c *compiledCondition) string {
	text := c.Operator.String() + " " + c.Key + " " + quoted(c.Values) + ": the request has "
	switch v := e.key(p, c.slot); v.State {
	case KeyAbsent:
		return text + "no " + c.Key
	case KeyKnown, KeyMaybe:
		if len(v.Values) == 1 && !v.Multi {
			return text + quote(v.Values[0])
		}
		return text + quoted(v.Values)
	case KeyValueUnknown, KeyUnknown:
	}
	return text + "an unknown value"
}

func quote(s string) string { return `"` + clip(s) + `"` }

// quoted writes a few values as a JSON-like list, in an order that does not
// hang on the document's.
func quoted(values []string) string {
	const limit = 4
	values = slices.Sorted(slices.Values(values))
	var b strings.Builder
	b.WriteByte('[')
	for i, v := range values {
		if i == limit {
			b.WriteString(", …")
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quote(v))
	}
	b.WriteByte(']')
	return b.String()
}
