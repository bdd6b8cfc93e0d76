package sim

import (
	"slices"
	"strings"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// Outcome is what Decide says of one action.
type Outcome struct {
	Action  string
	Verdict Verdict
	Via     []string      // endpoints, or "internet", by which some traffic may arrive
	Paths   []PathVerdict // what becomes of the requests by each of them
	Witness *Example      // a request that passes; nil: none is known to
	Allows  []Statement   // that allow the witness
	Missing []Missing     // on which an UNKNOWN verdict hangs
}

// PathVerdict is an endpoint or "internet", with the verdict on what takes it; UNKNOWN
// where it is not known whether anything does.
type PathVerdict struct {
	Via     string
	Verdict Verdict
}

// Decide gives the verdict that Check gives for each action of a question, each
// on its own, without findings, lints, layers or the search for blockers. Its
// errors are those of Check.
func (w *World) Decide(q Question) ([]Outcome, error) {
	r, _, slots, err := w.start(&q, true)
	if err != nil {
		return nil, err
	}
	var out []Outcome
	verdicts := map[string]*verdictParts{}
	missing := map[string]*collector{}
	shared := r.c
	for n := range slots {
		s := &slots[n]
		s.gate = andGate(s.gate, r.jobGate())
		net := &netAnswer{outcome: Unknown}
		if !s.missing {
			net = r.networkRun().askNetwork(n, s)
		}
		for _, t := range s.targets {
			for _, action := range t.actions {
				i := slices.IndexFunc(out, func(o Outcome) bool { return o.Action == action })
				if i < 0 {
					i = len(out)
					out = append(out, Outcome{Action: action})
					verdicts[action], missing[action] = &verdictParts{}, newCollector()
				}
				v := s.gate
				if !s.missing {
					r.c = missing[action]
					v = r.requests().outcome(&out[i], n, s, t, net)
					r.c = shared
				}
				verdicts[action].join(v)
			}
		}
	}
	for i := range out {
		o := &out[i]
		o.Verdict = verdicts[o.Action].judge()
		o.settle(shared, missing[o.Action])
		w.nameGaps(o.Missing)
		slices.Sort(o.Via)
	}
	return out, nil
}

// outcome adds what one placement does to one action.
func (r requests) outcome(o *Outcome, n int, s *placing, t *target, net *netAnswer) verdictParts {
	r.perPath = r.perPath[:0]
	req, v := r.request(n, s, t, o.Action, net)
	if o.Witness == nil && req.Allowed != nil {
		o.Witness = req.Allowed
		for _, l := range req.Layers {
			o.Allows = append(o.Allows, l.Statements...)
		}
	}
	for i := range net.flows {
		f := &net.flows[i]
		via := string(f.Context.Endpoint)
		if via == "" && f.Context.Via == "public" {
			via = "internet"
		}
		if via == "" || f.Outcome == network.Blocked {
			continue
		}
		way := andGate(r.perPath[i], s.gate)
		if f.Context.Uncertain && way.pass {
			way = verdictParts{open: true}
		}
		o.Paths = append(o.Paths, PathVerdict{via, way.judge()})
		if !slices.Contains(o.Via, via) {
			o.Via = append(o.Via, via)
		}
	}
	return v
}

// settle drops what the verdict does not hang on.
func (o *Outcome) settle(lists ...*collector) {
	switch o.Verdict {
	case Reachable, Partial:
	case Blocked:
		o.Witness, o.Allows = nil, nil
	case Unknown:
		o.Witness, o.Allows = nil, nil
		for _, c := range lists {
			for _, m := range c.unknowns {
				if !slices.Contains(o.Missing, m) {
					o.Missing = append(o.Missing, m)
				}
			}
		}
		slices.SortFunc(o.Missing, compareMissing)
	}
}

// witness is the brief form of show: a request that passes on some flow, and
// the layers that allow it.
func (r requests) witness(net *netAnswer, decisions []*decided) *layerView {
	out := &layerView{w: r.w, all: []Layer{}}
	for i, d := range decisions {
		for _, m := range d.missing(r.w) {
			r.c.missing(m)
		}
		if out.allowed != nil {
			continue
		}
		e, c := passing(&net.flows[i], d)
		if e == nil {
			continue
		}
		view := newLayerView(r.w)
		view.decision(&c.AllowedDecision)
		out.allowed, out.all = e, view.layers()
	}
	return out
}

// MayAllow tells whether an Allow statement of the role's own policies or of
// the bucket's policy, or an access control list, may apply to the action on
// the bucket or its objects. Where none does, every question is BLOCKED by the
// implicit deny, whatever the path.
//
// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
func (w *World) MayAllow(roleARN, resource, action string) bool {
	return w.mayAllow(w.layering().askerOf(roleARN, sessionName, true), resource, action)
}

// UserMayAllow is MayAllow for a user of the snapshot.
func (w *World) UserMayAllow(arn, resource, action string) bool {
	p, err := policy.ParsePrincipal(arn)
	return err != nil || w.mayAllow(w.layering().askerFor(caller{principal: p}, true), resource, action)
}

func (w *World) mayAllow(who signer, resource, action string) bool {
	t, err := parseTarget(resource)
	if err != nil || t.accessPoint != nil || t.directoryBucket() || len(action) < 3 {
		return true
	}
	b, ok := w.FindBucket(t.bucket)
	if !ok || b.Account == nil || b.OwnershipPresence != snapshot.Collected || b.Ownership != "BucketOwnerEnforced" {
		return true // what lists grant is decided with the rest
	}
	if who.role == nil || who.unknown != "" {
		return true
	}
	arn := strings.ToLower(t.resourceFor(canonicalActions([]string{action})[0]))
	action = strings.ToLower(action)
	for i := range who.identity {
		if mayGrant(&who.identity[i], action, arn, nil) {
			return true
		}
	}
	p := w.layering().policyOf(t.bucket, &b.Policy, policy.KindBucket)
	return p != nil && mayGrant(p, action, arn, &who)
}

// mayGrant tells whether an Allow statement of a policy may apply to a request;
// who is the caller where the policy names principals.
func mayGrant(p *policy.Policy, action, arn string, who *signer) bool {
	if p.Document == nil || p.Gap != "" || p.Malformed != nil {
		return true
	}
	for i := range p.Document.Statements {
		s := &p.Document.Statements[i]
		if !s.Deny && (who == nil || mayName(s, who)) && mayCover(s, action, arn) {
			return true
		}
	}
	return false
}

// mayName tells whether a statement's principals may include a role's session.
func mayName(s *policy.Statement, who *signer) bool {
	if s.Principals == nil || s.NotPrincipal || s.Principals.All {
		return true
	}
	return slices.ContainsFunc(s.Principals.AWS, func(a string) bool {
		account := arnField(a, 4)
		if isAccountID(a) {
			account = a
		}
		return account == "" || account == who.account
	})
}

// mayCover tells whether a statement may cover an action (lower case) on an ARN
// or a pattern of ARNs (lower case): of resources only the literal beginnings
// are compared.
func mayCover(s *policy.Statement, action, arn string) bool {
	if i := strings.IndexAny(arn, "*?"); i >= 0 {
		arn = arn[:i]
	}
	covers := func(pattern string) bool {
		head, wild := cutWild(strings.ToLower(pattern))
		return head == action || wild && strings.HasPrefix(action, head)
	}
	overlaps := func(pattern string) bool {
		head, _ := cutWild(strings.ToLower(pattern))
		return strings.HasPrefix(head, arn) || strings.HasPrefix(arn, head)
	}
	return (s.NotAction || slices.ContainsFunc(s.Actions, covers)) && (s.NotResource || slices.ContainsFunc(s.Resources, overlaps))
}

// cutWild cuts a pattern at its first wildcard or policy variable.
func cutWild(pattern string) (head string, wild bool) {
	i := strings.IndexAny(pattern, "*?$")
	if i < 0 {
		return pattern, false
	}
	return pattern[:i], true
}
