package sim

import (
	"fmt"
	"slices"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// maxLints bounds what is said about one document.
const maxLints = 8

// lintLayers adds, for every layer that denies or is unknown, what is wrong
// with its documents: a dead statement or a principal that cannot match is
// often the reason.
func (r policyReport) lintLayers(n int, d *decided) {
	done := make(map[string]bool)
	for i := range d.blockers {
		r.lintLayer(n, d, d.blockers[i].layer.Layer, done)
		if d.blockers[i].either { // the bucket policy might have granted instead (P206)
			r.lintLayer(n, d, policy.LayerBucket, done)
		}
	}
	for _, l := range d.sample.Layers {
		if l.Outcome == policy.LayerUnknown {
			r.lintLayer(n, d, l.Layer, done)
		}
	}
}

func (r policyReport) lintLayer(n int, d *decided, layer string, done map[string]bool) {
	if done[layer] {
		return
	}
	done[layer] = true
	l := &d.layers
	one := func(p *policy.Policy, kind policy.Kind) {
		if p != nil {
			r.lintPolicy(n, p, kind, layer, l.EndpointType)
		}
	}
	each := func(list []policy.Policy, kind policy.Kind) {
		for i := range list {
			one(&list[i], kind)
		}
	}
	switch layer {
	case policy.LayerRole:
		each(l.Identity, policy.KindIdentity)
	case policy.LayerBoundary:
		one(l.Boundary, policy.KindBoundary)
	case policy.LayerEndpoint:
		one(l.Endpoint, policy.KindEndpoint)
	case policy.LayerBucket:
		one(l.Resource, policy.KindBucket)
	case policy.LayerAccessPoint:
		one(l.AccessPoint, policy.KindAccessPoint)
	case policy.LayerSCP:
		for _, level := range l.SCPs {
			each(level, policy.KindSCP)
		}
	case policy.LayerRCP:
		for _, level := range l.RCPs {
			each(level, policy.KindRCP)
		}
	}
}

func (r policyReport) lintPolicy(n int, p *policy.Policy, kind policy.Kind, layer string, endpoint policy.EndpointType) {
	if p.Document == nil {
		return
	}
	said := 0
	for _, f := range policy.Lint(p.Document, kind, policy.LintOptions{EndpointType: endpoint}) {
		if f.Severity < policy.LintWarning || f.Code == finding.VPCEDenyOnly.String() || said == maxLints {
			continue // the endpoint gate says VPCE_DENY_ONLY in its own words
		}
		said++
		entry, _ := finding.Lookup(f.Code) // TestCatalogueHasEveryLint
		out := Finding{Code: entry.Code, Gate: gateLayers[layer].gate, Severity: Warning, Component: p.Name, Pointer: p.Pointer,
			Message: sentence(f.Message), Fix: sentence(f.Fix), Rule: f.Rule}
		if f.Statement >= 0 {
			at := f.Statement
			out.RuleIndex = &at
			out.Pointer = p.StatementPointer(at)
		}
		r.c.add(out, n)
	}
}

// missingKeyNote tells that a read of a missing key looks like a denial where
// the caller may not list the bucket (P238).
func (r policyReport) missingKeyNote(d *decided, t *target, action string) (Finding, bool) {
	if !readsData(action) || t.directoryBucket() {
		return Finding{}, false
	}
	req := d.request
	req.Action, req.Resource = "s3:ListBucket", t.bucketARN()
	if policy.Decide(&d.layers, &req) != policy.False {
		return Finding{}, false
	}
	return Finding{Code: finding.MissingKeyLooksDenied, Gate: GateRole, Severity: Info, Component: r.who.id(), Pointer: r.rolePointer(), Rule: "P238",
		URL:     "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html",
		Message: "The role may not list " + t.bucketARN() + ", so S3 answers a read of a key that does not exist with 403 AccessDenied instead of 404.",
		Fix:     "Allow s3:ListBucket on " + t.bucketARN() + ", or read such a 403 as \"no such key\"."}, true
}

// unsignedNote warns where an endpoint policy lets the role's requests pass to
// another account's bucket, and not those that nobody signs, as package
// managers send them to their repositories (P127, P361).
func (r policyReport) unsignedNote(d *decided, s *placing, t *target, action string, ctx *network.Context) (Finding, bool) {
	if !r.who.signed() || r.existing.from == nil || !readsData(action) || r.ownerOf(t) == r.who.account || d.layers.EndpointType == policy.EndpointNone {
		return Finding{}, false
	}
	l := policy.Layers{Endpoint: d.layers.Endpoint, EndpointType: d.layers.EndpointType}
	signed := d.request
	signed.Resource = concreteResource(signed.Resource)
	nobody := r.w.layering().askerFor(caller{principal: policy.Principal{Kind: policy.PrincipalAnonymous}}, r.q.Options.AssumeNoOrganization)
	unsigned := r.w.layering().requestFor(r.q, &nobody, t, action, ctx, r.ownerOf(t), s.to)
	unsigned.Resource = signed.Resource
	passes := func(req *policy.Request) policy.LayerDecision {
		decision := policy.Evaluate(&l, req)
		return decision.Layers[slices.IndexFunc(decision.Layers, func(l policy.LayerDecision) bool { return l.Layer == policy.LayerEndpoint })]
	}
	does := passes(&unsigned)
	if passes(&signed).Outcome != policy.Allow || does.Outcome != policy.ImplicitDeny && does.Outcome != policy.ExplicitDeny {
		return Finding{}, false
	}
	place, _ := r.layerPlace(d, t, does)
	why := nearest(&does)
	if len(does.Statements) > 0 {
		why = "; " + statementText(does.Statements[0]) + " denies them"
	}
	return Finding{Code: finding.UnsignedRequests, Gate: GateEndpointPolicy, Severity: Warning, Component: place.id, Name: place.name, Pointer: place.pointer, Rule: "P127",
		URL:     "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html",
		Message: sentence("The policy of " + place.id + " does not let unsigned requests to " + t.bucketName() + " pass, as yum, dnf and apt send them to repositories" + why),
		Fix:     "If such requests have to pass, allow " + action + " on " + t.resourceFor(action) + " in the endpoint policy without a condition on the caller; --caller unsigned asks about them."}, true
}

// kmsPathNote tells that nobody documents from where a job's own KMS calls
// come (N154).
func (r *jobRun) kmsPathNote() {
	for i := range r.q.Job.Outputs {
		if r.q.Job.Outputs[i].KMSKeyID == "" || !r.q.Job.InVPC() {
			continue
		}
		r.c.add(Finding{Code: finding.KMSPathUndocumented, Gate: GateKMS, Severity: Info, Component: r.jobName(), Rule: "N154", URL: docNeoVPC,
			Message: "The job names a KMS key for its output. AWS does not document whether any call to KMS leaves from the job's own interfaces; S3's calls to KMS do not.",
			Fix:     "If the job hangs at its end, give the VPC an interface endpoint for KMS."}, everywhere)
		return
	}
}

// deadEndpoint warns where traffic finds no way and the VPC's one S3 gateway
// endpoint, which would be its way once the route is mended, does not work
// itself. It is no blocker: a new endpoint would do as well.
func (r policyReport) deadEndpoint(n int, s *placing, net *netAnswer) {
	for i := range net.flows {
		if net.flows[i].Context.Via != "" {
			continue
		}
		e, ok := r.w.onlyS3Gateway(r.vpc, s.to)
		if !ok || rules.EndpointState(e.Item.State) != rules.StateBroken {
			continue
		}
		r.c.add(Finding{Code: finding.BadState, Gate: GateEndpoint, Severity: Warning, Component: string(e.Item.ID), Name: nameTag(e.Item.Tags),
			Pointer: e.Item.At.Child("State").Pointer(), Rule: "N42", URL: "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html",
			Message: fmt.Sprintf("The S3 gateway endpoint of %s, %s, is %s: a route to it would not help.", r.vpc, e.Item.ID, e.Item.State),
			Fix:     deadEndpointFix(e.Item)}, n)
		return
	}
}

func deadEndpointFix(e *snapshot.VPCEndpoint) string {
	if rules.Pending(e.State) {
		return fmt.Sprintf("Wait until %s is no longer %s, then collect again.", e.ID, e.State)
	}
	return "Create a new S3 gateway endpoint in its place."
}
