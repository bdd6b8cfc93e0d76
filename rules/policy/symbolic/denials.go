package symbolic

import (
	"fmt"

	"github.com/canreach/canreach/rules/policy"
)

// compareOnBoth compares endpoint policies whose endpoint may be of either
// type. The two read principals differently (P118 to P121), so that one may
// allow what the other does not.
func compareOnBoth(old, new *policy.Document, o Options) Comparison {
	o.Endpoint = policy.EndpointInterface
	c := Compare(old, new, policy.KindEndpoint, o)
	if readAlike(old) && readAlike(new) {
		return c
	}
	o.Endpoint = policy.EndpointGateway
	gateway := Compare(old, new, policy.KindEndpoint, o)
	c.New = eitherType(gateway.New, c.New, old, new)
	c.Less = eitherType(gateway.Less, c.Less, new, old)
	c.Relation = Relate(c.New.Exists, c.Less.Exists)
	return c
}

// readAlike reports whether endpoints of both types read a document's
// principals alike: it names everyone, or nobody but services.
func readAlike(d *policy.Document) bool {
	for i := range d.Statements {
		st := &d.Statements[i]
		if p := st.Principals; p != nil && (st.NotPrincipal || len(p.AWS) > 0) && !p.All {
			return false
		}
	}
	return true
}

// eitherType is what the differences on a gateway and on an interface endpoint
// agree on.
func eitherType(gateway, iface Difference, less, more *policy.Document) Difference {
	switch {
	case gateway.Exists == policy.True && iface.Exists == policy.True:
		for _, d := range []Difference{gateway, iface} {
			r := &d.Example.Request
			if decide(renamed(more), policy.KindEndpoint, policy.EndpointUnspecified, r).Outcome == policy.True &&
				decide(renamed(less), policy.KindEndpoint, policy.EndpointUnspecified, r).Outcome == policy.False {
				return d // of both types
			}
		}
		iface.Endpoint = policy.EndpointInterface
		return iface
	case gateway.Exists == iface.Exists && gateway.Exists == policy.False:
		return iface
	case gateway.Exists == policy.Unknown && iface.Exists == policy.Unknown:
		return iface
	}
	return Difference{Trouble: &Trouble{
		Text: fmt.Sprintf("it hangs on the endpoint's type: %s on a gateway endpoint, %s on an interface endpoint (P118 to P121)", answer(gateway), answer(iface)),
	}}
}

func answer(d Difference) string {
	switch d.Exists {
	case policy.True:
		return "yes"
	case policy.False:
		return "no"
	case policy.Unknown:
		return "unknown (" + d.Trouble.Text + ")"
	}
	panic("unreachable: no such truth")
}

// CompareDenials tells whether the new document leaves any request undenied
// that the old one denies, and conversely: New is what the new one no longer
// denies. Unlike [Compare] it tells guardrails apart, which allow nothing
// themselves: what another policy allows of New is new access. The statement
// of an example is the one that denies it.
func CompareDenials(old, new *policy.Document, kind policy.Kind, o Options) Comparison {
	was, is := guardrail(old, kind), guardrail(new, kind)
	c := Compare(was, is, kind, o)
	for _, x := range []struct {
		d      *Difference
		denies *policy.Document
	}{{&c.New, was}, {&c.Less, is}} {
		if x.d.Example == nil {
			continue
		}
		endpoint := x.d.Endpoint
		if endpoint == policy.EndpointNone {
			endpoint = o.Endpoint
		}
		if kind == policy.KindEndpoint && endpoint == policy.EndpointNone {
			endpoint = policy.EndpointUnspecified
		}
		x.d.Example.Statement = denying(decide(renamed(x.denies), kind, endpoint, &x.d.Example.Request))
	}
	return c
}

// guardrail allows everything that d does not deny.
func guardrail(d *policy.Document, kind policy.Kind) *policy.Document {
	everything := policy.Statement{Index: -1, Actions: []string{"*"}, HasResource: kind != policy.KindTrust, Resources: []string{"*"}}
	if namesPrincipals(kind) {
		everything.Principals = &policy.Principals{All: true}
	}
	out := &policy.Document{Version: d.Version, Kind: d.Kind, Statements: []policy.Statement{everything}}
	for _, st := range d.Statements {
		if st.Deny {
			out.Statements = append(out.Statements, st)
		}
	}
	return out
}

// namesPrincipals reports whether policies of a kind name principals.
func namesPrincipals(kind policy.Kind) bool {
	switch kind {
	case policy.KindIdentity, policy.KindBoundary, policy.KindSession, policy.KindSCP:
		return false
	}
	return true
}
