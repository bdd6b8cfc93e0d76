package symbolic

import (
	"slices"
	"strings"

	"github.com/canreach/canreach/rules/policy"
)

// Example is a request that shows an answer.
type Example struct {
	Request policy.Request
	// Statement is the one that allows the request.
	Statement policy.StatementRef
}

// exampleRole is the caller of examples that any caller would do for.
const exampleRole = "arn:aws:iam::111122223333:role/Example"

// request makes a request of an assignment.
func (s *space) request(a *assignment) policy.Request {
	r := policy.Request{Resource: a.values[s.resource][0], Action: a.values[s.action][0]}
	caller := "example:" + exampleRole
	if v := a.values[s.caller]; len(v) > 0 {
		caller = v[0]
	} else if arn := s.fixed["aws:principalarn"]; arn != "" {
		caller = "example:" + arn
	} else if account := s.fixed["aws:principalaccount"]; account != "" {
		caller = "example:arn:aws:iam::" + account + ":role/Example"
	}
	r.Principal = principal(caller)
	r.Context = policy.NewContext(r.Principal)
	for name, d := range s.keys {
		delete(r.Context, name)
		if v := a.values[d]; v != nil {
			r.Context[name] = policy.Value{State: policy.KeyKnown, Values: v, Multi: d.multi}
		}
	}
	for name, v := range s.fixed {
		if _, ok := s.viewOf(name); !ok {
			r.Context[name] = policy.Value{State: policy.KeyKnown, Values: []string{v}}
		}
	}
	for alias, name := range aliases {
		if v, ok := r.Context[name]; ok {
			r.Context[alias] = v
		}
	}
	if strings.HasPrefix(caller, "federated/") || strings.HasPrefix(caller, "canonical/") {
		delete(r.Context, "aws:principalisawsservice")
		delete(r.Context, "aws:principalservicename")
		delete(r.Context, "aws:principalservicenameslist")
	}
	return r
}

// principal reads a caller as space.caller writes it.
func principal(caller string) policy.Principal {
	for _, prefix := range []string{"federated/", "canonical/"} {
		// The evaluator knows neither; both are names compared as a whole,
		// as services are. See renamed.
		if strings.HasPrefix(caller, prefix) {
			return policy.Principal{Kind: policy.PrincipalService, Service: caller}
		}
	}
	if name, ok := strings.CutPrefix(caller, "service/"); ok {
		return policy.Principal{Kind: policy.PrincipalService, Service: name}
	}
	session, arn, ok := strings.Cut(caller, ":")
	if !ok {
		return policy.Principal{Kind: policy.PrincipalAnonymous}
	}
	p, err := policy.ParsePrincipal(arn)
	if err != nil {
		return policy.Principal{}
	}
	if session != "" && p.Kind == policy.PrincipalRole {
		p.Session = session
		name := arn[strings.LastIndexByte(arn, '/')+1:]
		p.ARN = "arn:" + p.Partition() + ":sts::" + p.Account + ":assumed-role/" + name + "/" + session
	}
	return p
}

// renamed is the document with identity providers and canonical users written
// as services, so that the concrete evaluator compares their names.
func renamed(d *policy.Document) *policy.Document {
	touched := false
	for i := range d.Statements {
		p := d.Statements[i].Principals
		touched = touched || p != nil && len(p.Federated)+len(p.Canonical) > 0
	}
	if !touched {
		return d
	}
	out := &policy.Document{Version: d.Version, Kind: d.Kind, Statements: slices.Clone(d.Statements)}
	for i := range out.Statements {
		old := out.Statements[i].Principals
		if old == nil {
			continue
		}
		p := *old
		p.Service = slices.Clone(p.Service)
		for _, v := range old.Federated {
			p.Service = append(p.Service, "federated/"+v)
		}
		for _, v := range old.Canonical {
			p.Service = append(p.Service, "canonical/"+v)
		}
		p.Federated, p.Canonical = nil, nil
		out.Statements[i].Principals = &p
	}
	return out
}

// allowAll is an identity policy that allows everything.
var allowAll = func() *policy.Document {
	d, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`), policy.KindIdentity)
	if err != nil {
		panic("unreachable: " + err.Error())
	}
	return d
}()

// decide asks the concrete evaluator whether a document alone allows r: all
// other layers that r has to pass allow it. endpoint is the type of endpoint
// that an endpoint policy is on.
func decide(d *policy.Document, kind policy.Kind, endpoint policy.EndpointType, r *policy.Request) policy.Decision {
	p := policy.Policy{Name: "policy", Document: d}
	all := []policy.Policy{{Name: "all", Document: allowAll}}
	q := *r
	l := &policy.Layers{Identity: all, ResourceKind: policy.KindResource}
	switch kind {
	case policy.KindIdentity, policy.KindBoundary, policy.KindSession, policy.KindSCP:
		l.Identity = []policy.Policy{p}
		q.ResourceAccount = q.Principal.Account
	case policy.KindEndpoint:
		l.Endpoint, l.EndpointType = &p, endpoint
		l.Resource = &policy.Policy{Name: "all", Document: grantAll}
		q.ResourceAccount = q.Principal.Account
	default:
		// The caller's own side allows it; the resource is another account's,
		// so that the document has to allow it, too.
		l.Resource = &p
		q.ResourceAccount = "999999999999"
		if q.Principal.Account == q.ResourceAccount {
			q.ResourceAccount = "888888888888"
		}
	}
	return policy.Evaluate(l, &q)
}

// grantAll is a resource policy that allows everything to everyone.
var grantAll = func() *policy.Document {
	d, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`), policy.KindResource)
	if err != nil {
		panic("unreachable: " + err.Error())
	}
	return d
}()

// allowing is the statement that allowed a request in the layer named as in
// decide, denying the one that denied it.
func allowing(d policy.Decision) policy.StatementRef { return deciding(d, policy.Allow) }
func denying(d policy.Decision) policy.StatementRef  { return deciding(d, policy.ExplicitDeny) }

// deciding is the first statement that made the layer decide so.
func deciding(d policy.Decision, outcome policy.Outcome) policy.StatementRef {
	for _, l := range d.Layers {
		if l.Outcome != outcome {
			continue
		}
		for _, st := range l.Statements {
			if st.Policy == "policy" {
				st.Policy = ""
				return st
			}
		}
	}
	return policy.StatementRef{Index: -1}
}
