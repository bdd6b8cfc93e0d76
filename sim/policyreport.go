package sim

import (
	"fmt"
	"sort"
	"strings"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/rules/policy/symbolic"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// gateLayers maps a policy layer, and what stands in its place in a policy.Need, to its gate and its codes.
var gateLayers = map[string]struct {
	gate                   Gate
	deny, noAllow, unknown Code
	call                   string // AWS's own name of the layer (P205)
}{
	policy.LayerEndpoint:    {GateEndpointPolicy, finding.EndpointPolicyExplicitDeny, finding.EndpointPolicyNoAllow, finding.UnknownEndpointPolicy, "VPC endpoint policy"},
	policy.LayerRole:        {GateRole, finding.RoleExplicitDeny, finding.RoleNoAllow, finding.UnknownRole, "identity-based policy"},
	policy.LayerBoundary:    {GateRole, finding.RoleExplicitDeny, finding.RoleNoAllow, finding.UnknownRole, "permissions boundary"},
	policy.LayerSession:     {GateRole, finding.RoleExplicitDeny, finding.RoleNoAllow, finding.UnknownRole, "session policy"},
	policy.LayerSCP:         {GateSCP, finding.SCPExplicitDeny, finding.SCPNoAllow, finding.UnknownSCP, "service control policy"},
	policy.LayerRCP:         {GateRCP, finding.RCPExplicitDeny, finding.RCPNoAllow, finding.UnknownRCP, "resource control policy"},
	policy.LayerBucket:      {GateBucketPolicy, finding.BucketPolicyExplicitDeny, finding.BucketPolicyNoAllow, finding.UnknownBucketPolicy, "resource-based policy"},
	policy.LayerResource:    {GateResourcePolicy, finding.ResourcePolicyExplicitDeny, finding.ResourcePolicyNoAllow, finding.UnknownResourcePolicy, "resource-based policy"},
	policy.LayerTrust:       {GateResourcePolicy, finding.ResourcePolicyExplicitDeny, finding.ResourcePolicyNoAllow, finding.UnknownResourcePolicy, "role trust policy"},
	policy.LayerAccessPoint: {GateBucket, finding.AccessPointPolicyExplicitDeny, finding.AccessPointPolicyNoAllow, finding.UnknownAccessPointPolicy, "access point policy"},
	policy.LayerKey:         {GateKMS, finding.KMSExplicitDeny, finding.KMSNoAllow, finding.UnknownKMS, "KMS key policy"},
	policy.TheResource:      {gate: GateBucket, unknown: finding.UnknownBucket, call: "bucket"},
}

// reportPolicies files the findings and missing facts of one decision. Where
// the way is one of several and nobody knows whether it is taken, nothing on
// it is called a blocker.
func (r policyReport) reportPolicies(n int, t *target, action string, d *decided, perhaps bool) {
	for i := range d.blockers {
		r.reportBlock(n, t, action, d, &d.blockers[i], perhaps)
	}
	for _, g := range d.gates {
		f := g.finding
		f.Example = placed(f.Example, d.source)
		r.c.add(onlyPerhaps(f, perhaps), n)
	}
	for _, m := range d.missing(r.w) {
		r.c.missing(m)
	}
	for _, m := range d.unknownLayers() {
		r.c.alsoUnknown(m)
	}
	for _, a := range decisionAssumptions(d) {
		r.c.assume(a)
	}
	r.reportMalformed(n, &d.layers)
	r.lintLayers(n, d)
}

// onlyPerhaps words a blocker of a way that may not be taken.
func onlyPerhaps(f Finding, perhaps bool) Finding {
	if perhaps && f.Severity == Blocker {
		f.Severity = Warning
		f.Message = "If the traffic goes this way: " + f.Message
	}
	return f
}

func decisionAssumptions(d *decided) []string {
	set := make(map[string]bool)
	for _, c := range d.result.Cases {
		for _, a := range c.AllowedDecision.Assumptions {
			set[a] = true
		}
		for _, a := range c.DeniedDecision.Assumptions {
			set[a] = true
		}
	}
	var out []string
	for a := range set {
		out = append(out, a)
	}
	sort.Strings(out)
	return out
}

// gateBlock is a blocker of one of S3's own gates, or of KMS.
type gateBlock struct{ finding Finding }

func (r policyReport) reportBlock(n int, t *target, action string, d *decided, b *layerBlock, perhaps bool) {
	g := gateLayers[b.layer.Layer]
	f := Finding{Gate: g.gate, Severity: Blocker, URL: "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html",
		Example: placed(requestExample(&b.request), d.source)}
	comp, doc := r.layerPlace(d, t, b.layer)
	f.Component, f.Name = comp.id, comp.name
	f.Pointer = comp.pointer
	if b.layer.Outcome == policy.ExplicitDeny {
		f.Code, f.Rule = g.deny, "P80"
		if len(b.layer.Statements) > 0 {
			s := b.layer.Statements[0]
			f.Pointer = nonEmpty(s.Pointer, f.Pointer)
			idx := s.Index
			f.RuleIndex = &idx
		}
	} else {
		f.Code, f.Rule = g.noAllow, noAllowRule(b.layer.Layer)
	}
	f.Message = r.blockMessage(t, action, b, comp, g.call)
	f.Fix = r.blockFix(t, b, doc, comp, g.call)
	r.c.add(onlyPerhaps(f, perhaps), n)
	if b.layer.Layer == policy.LayerEndpoint {
		r.reportEndpointPolicy(n, d, comp)
	}
}

func noAllowRule(layer string) string {
	switch layer {
	case policy.LayerEndpoint:
		return "P112"
	case policy.LayerSCP:
		return "P96"
	case policy.LayerBucket:
		return "P85"
	}
	return "P84"
}

// component is what a policy finding is about.
type component struct{ id, name, pointer string }

// layerPlace finds the resource that a layer's policies belong to.
func (r policyReport) layerPlace(d *decided, t *target, l policy.LayerDecision) (component, *snapshot.Document) {
	switch l.Layer {
	case policy.LayerEndpoint:
		id := ""
		if v, ok := d.request.Context["aws:sourcevpce"]; ok && len(v.Values) > 0 {
			id = v.Values[0]
		}
		if e, ok := r.w.x.VPCEndpoints.Find(snapshot.VPCEndpointID(id)); ok {
			return component{id, nameTag(e.Item.Tags), documentPointer(&e.Item.Policy, e.Item.At)}, &e.Item.Policy
		}
		return component{id: id}, nil
	case policy.LayerBucket:
		if b, ok := r.w.FindBucket(t.bucket); ok {
			return component{t.bucketARN(), "", documentPointer(&b.Policy, b.At)}, &b.Policy
		}
		return component{id: t.bucketARN()}, nil
	case policy.LayerAccessPoint:
		return component{id: t.accessPoint.arn}, nil
	case policy.LayerResource, policy.LayerTrust, policy.LayerKey:
		return r.requests().servicePlace(t)
	case policy.LayerSCP, policy.LayerRCP:
		if len(l.Statements) > 0 {
			return component{id: l.Statements[0].Policy, pointer: l.Statements[0].Pointer}, nil
		}
		kind := &r.w.snap.Organizations.SCPs
		if l.Layer == policy.LayerRCP {
			kind = &r.w.snap.Organizations.RCPs
		}
		return component{id: r.who.account, pointer: kind.At.Pointer()}, nil
	}
	role := r.who.role
	if role == nil {
		return component{id: r.who.id()}, nil
	}
	if l.Layer == policy.LayerBoundary && role.BoundaryARN != "" {
		return component{role.BoundaryARN, role.Name, role.BoundaryAt.Pointer()}, nil
	}
	return component{role.ARN, role.Name, role.At.Pointer()}, nil
}

func documentPointer(d *snapshot.Document, owner snapshot.Source) string {
	if p := d.At.Pointer(); p != "" {
		return p
	}
	return owner.Pointer()
}

// documentOf finds the document that holds a statement; fallback where the
// layer has just one.
func (r policyReport) documentOf(s policy.StatementRef, fallback *snapshot.Document) *snapshot.Document {
	if fallback != nil {
		return fallback
	}
	if m, ok := r.w.x.ManagedPolicy(s.Policy); ok {
		return &m.Document
	}
	if role := r.who.role; role != nil {
		for i := range role.Inline {
			if role.Inline[i].Name == s.Policy {
				return &role.Inline[i].Document
			}
		}
	}
	for _, list := range [][]snapshot.OrgPolicy{r.w.snap.Organizations.SCPs.Items, r.w.snap.Organizations.RCPs.Items} {
		for i := range list {
			if list[i].Name == s.Policy || list[i].ID == s.Policy {
				return &list[i].Document
			}
		}
	}
	return nil
}

// keyNames spells the keys that examples show as AWS does.
var keyNames = map[string]string{
	"aws:sourcevpce": "aws:SourceVpce", "aws:sourcevpc": "aws:SourceVpc", "aws:vpcsourceip": "aws:VpcSourceIp",
	"aws:sourceip": "aws:SourceIp", "aws:principalarn": "aws:PrincipalArn", "s3:prefix": "s3:prefix",
	"aws:resourceaccount": "aws:ResourceAccount", "aws:principalorgid": "aws:PrincipalOrgID",
}

func requestExample(q *policy.Request) *Example {
	e := &Example{Principal: q.Principal.ARN, Action: q.Action, Resource: q.Resource, Context: make(map[string]string)}
	for k, name := range keyNames {
		if v, ok := q.Context[k]; ok && v.State == policy.KeyKnown && len(v.Values) == 1 {
			e.Context[name] = v.Values[0]
		}
	}
	if v, ok := e.Context["aws:VpcSourceIp"]; ok {
		e.Source = v
	}
	return e
}

// reportEndpointPolicy adds the finding for a document that only denies: on
// an endpoint it allows nothing (P112, P129).
func (r policyReport) reportEndpointPolicy(n int, d *decided, c component) {
	p := d.layers.Endpoint
	if p == nil || p.Document == nil {
		return
	}
	for i := range p.Document.Statements {
		if !p.Document.Statements[i].Deny {
			return
		}
	}
	r.c.add(Finding{Code: finding.VPCEDenyOnly, Gate: GateEndpointPolicy, Severity: Warning, Component: c.id, Name: c.name, Pointer: c.pointer, Rule: "P129", URL: docNeoVPC,
		Message: "The policy of " + c.id + " only denies, and so allows nothing: it is a bucket policy that was put on the endpoint. The endpoint's default policy, which allows everything, is gone once a policy is set.",
		Fix:     "Put this document on the bucket, and give the endpoint a policy that allows what the job needs."}, n)
}

func (r policyReport) reportMalformed(n int, l *policy.Layers) {
	one := func(p *policy.Policy, gate Gate) {
		if p != nil && p.Malformed != nil {
			r.c.add(Finding{Code: finding.PolicyMalformed, Gate: gate, Severity: Warning, Component: p.Name, Pointer: p.Pointer, Rule: "P17",
				Message: fmt.Sprintf("The policy document of %s is malformed, so what it does is not known: %v.", p.Name, p.Malformed),
				Fix:     "Take the document again from AWS: AWS refuses malformed policies, so this one was damaged on its way or written by hand."}, n)
		}
	}
	each := func(list []policy.Policy, gate Gate) {
		for i := range list {
			one(&list[i], gate)
		}
	}
	one(l.Endpoint, GateEndpointPolicy)
	each(l.Identity, GateRole)
	one(l.Boundary, GateRole)
	for _, level := range l.SCPs {
		each(level, GateSCP)
	}
	for _, level := range l.RCPs {
		each(level, GateRCP)
	}
	one(l.Resource, map[bool]Gate{true: GateBucketPolicy, false: GateResourcePolicy}[l.ResourceKind == policy.KindBucket])
	one(l.AccessPoint, GateBucket)
}

// missing lists the facts that keep the decision open.
func (d *decided) missing(w *World) []Missing {
	var out []Missing
	open := d.result.Outcome == symbolic.Unknown
	var needs []policy.Need
	for _, c := range d.result.Cases {
		open = open || c.Outcome == symbolic.Unknown
		needs = append(needs, c.Needs...)
	}
	if !open {
		return nil
	}
	for _, n := range needs {
		g, ok := gateLayers[n.Layer]
		if !ok {
			g = gateLayers[policy.LayerRole] // of no one layer
		}
		m := Missing{Code: g.unknown, Gate: g.gate, Component: d.about(g.gate), Fact: n.Fact, Pointer: needPointer(n), Collect: collectHint(g.gate, d)}
		switch {
		case n.Key != "":
			m.Code, m.Component, m.Fact = finding.UnknownConditionKey, n.Key, "the value of condition key "+n.Key
			m.Collect = "--assume '" + n.Key + "=VALUE' or '" + n.Key + "=absent'"
		case n.Fact == "":
			continue
		case n.Budget:
			m.Code, m.Collect, m.Component = finding.UnknownBudget, "", d.request.Resource
		}
		out = append(out, m)
	}
	if len(out) > 0 {
		return out
	}
	return d.unknownLayers()
}

// unknownLayers is the layers that are not known for one concrete request.
func (d *decided) unknownLayers() []Missing {
	var out []Missing
	for _, l := range d.sample.Layers {
		if l.Outcome == policy.LayerUnknown {
			g := gateLayers[l.Layer]
			out = append(out, Missing{Code: g.unknown, Gate: g.gate, Fact: strings.TrimSuffix(l.Reason, "."), Component: d.request.Resource, Collect: collectHint(g.gate, d)})
		}
	}
	return out
}

func needPointer(n policy.Need) string {
	if n.Statement == nil {
		return ""
	}
	return n.Statement.Pointer
}

// about is what a gate's missing fact is about.
func (d *decided) about(g Gate) string {
	switch q := &d.request; g {
	case GateEndpointPolicy:
		if v, ok := q.Context["aws:sourcevpce"]; ok && len(v.Values) > 0 {
			return v.Values[0]
		}
		return ""
	case GateRole:
		return q.Principal.RoleARN
	case GateSCP:
		return q.Principal.Account
	default:
		bucket, _, _ := strings.Cut(q.Resource, "/")
		return bucket
	}
}

// collectHint is a call that tells what a gate lacks, by whom it can be made.
func collectHint(g Gate, d *decided) string {
	bucket, _, _ := strings.Cut(arnField(d.request.Resource, 5), "/")
	owner := ""
	if d.request.ForeignResource {
		owner = "the bucket's owner can: "
	}
	switch g {
	case GateBucketPolicy:
		return owner + "aws s3api get-bucket-policy --bucket " + bucket
	case GateRole:
		return "aws iam get-account-authorization-details"
	case GateSCP:
		return "aws organizations list-policies --filter SERVICE_CONTROL_POLICY"
	case GateRCP:
		return owner + "aws organizations list-policies --filter RESOURCE_CONTROL_POLICY"
	}
	return ""
}
