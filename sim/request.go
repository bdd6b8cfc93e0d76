package sim

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/rules/policy/symbolic"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// decided is what all policy layers do to one action on one target by one
// path: the symbolic decision, and every layer whose repair is needed.
type decided struct {
	result   symbolic.Result
	layers   policy.Layers
	request  policy.Request
	sample   policy.Decision // of one concrete request, for what no case shows
	blockers []layerBlock
	gates    []gateBlock  // S3's own gates and KMS
	gate     verdictParts // of those gates
	kms      []policy.Decision
	extra    []Finding  // warnings and notes
	view     *layerView // what the layers did, for the answer
	notes    *collector // assumptions and missing facts met on the way
	source   netip.Addr // of this placement, where the decision is shared; invalid: none
}

// layerBlock is a layer that denies some request of the set, with one such
// request.
type layerBlock struct {
	layer    policy.LayerDecision
	decision policy.Decision
	request  policy.Request
	either   bool // the bucket policy's grant is the other fix (P206)
}

// request decides one action on one target at a placement: for every flow of
// the network, every case of the policies.
func (r requests) request(n int, s *placing, t *target, action string, net *netAnswer) (Request, verdictParts) {
	out := Request{Action: action, Resource: t.resourceFor(action)}
	total := verdictParts{}
	var alternatives []verdictParts
	decisions := make([]*decided, len(net.flows))
	for i := range net.flows {
		f := &net.flows[i]
		d := r.decide(s, t, action, f)
		decisions[i] = d
		v := joinFlow(f, d)
		if r.brief {
			r.perPath = append(r.perPath, v)
		}
		if f.Context.Uncertain {
			alternatives = append(alternatives, v)
		} else {
			total.join(v)
		}
	}
	way, settled := settleAlternatives(alternatives)
	total.join(way)
	if !settled {
		for i := range net.ambiguous {
			r.c.missing(networkMissing(&net.ambiguous[i]))
		}
	}
	show := r.show(n, t, action, net, decisions, settled)
	if !s.known && net.differs {
		r.unknownRegion(t, s)
		if total.pass {
			total.pass, total.open = false, true
		}
	}
	if t.accessPoint != nil && strings.HasSuffix(t.accessPoint.name, ".mrap") && total.pass {
		total.pass, total.open = false, true
		r.c.missing(Missing{Code: finding.UnknownMRAP, Gate: GateBucket, Component: t.accessPoint.arn, Fact: "what a multi-Region access point allows: it is not modelled (P272)",
			Collect: "aws s3control list-multi-region-access-points --account-id " + t.accessPoint.account + " --region us-west-2; then ask about each of its buckets"})
	}
	if t.directoryBucket() && total.pass {
		total.pass, total.open = false, true
		r.c.missing(Missing{Code: finding.VPCEServiceMismatch, Gate: GateEndpoint, Component: t.bucket,
			Fact:    "how the job reaches directory bucket " + t.bucket + ": S3 Express has endpoints and addresses of its own (com.amazonaws." + s.to + ".s3express), which are not modelled (N59, P137)",
			Collect: "aws ec2 describe-vpc-endpoints --filters Name=service-name,Values=com.amazonaws." + s.to + ".s3express"})
	}
	total = andGate(total, s.gate) // where the job gets no interface, no request is made
	out.Verdict = total.judge()
	out.Layers = show.layers()
	out.Allowed, out.Denied = show.allowed, show.denied
	if !total.pass {
		out.Allowed = nil
	}
	if out.Layers == nil {
		out.Layers = []Layer{}
	}
	return out, total
}

func (r requests) unknownRegion(t *target, s *placing) {
	r.c.missing(Missing{Code: finding.UnknownBucketRegion, Gate: GateBucket, Component: t.bucket,
		Fact:    fmt.Sprintf("the Region of bucket %s: in another Region than %s its traffic takes another way (N41)", t.bucket, s.region),
		Collect: "aws s3api head-bucket --bucket " + t.bucket + " (its answer names the Region, a refusal too)"})
}

// show files what the decisions over the network's flows found, and joins
// their layers to what is shown of the request.
func (r requests) show(n int, t *target, action string, net *netAnswer, decisions []*decided, settled bool) *layerView {
	if r.brief {
		return r.witness(net, decisions)
	}
	show := newLayerView(r.w)
	for i, d := range decisions {
		f := &net.flows[i]
		r.policyReport().reportPolicies(n, t, action, d, f.Context.Uncertain && !settled)
		for _, f := range d.extra {
			r.c.add(f, n)
		}
		if len(net.flows) == 1 {
			show = d.view.at(d.source)
			if f.Blocked.Empty && f.Open.Empty {
				continue
			}
			show.allowed = nil
		} else {
			before := show.allowed
			show.add(d)
			show.allowed = before
		}
		if show.allowed == nil {
			show.allowed, _ = passing(f, d)
		}
	}
	return show
}

// decide runs the policies over one flow's requests, once for each distinct
// context: placements that share an endpoint share the decision.
func (r requests) decide(s *placing, t *target, action string, f *network.Flow) *decided {
	ctx := r.contextOf(f, s)
	layers, notes := r.layersFor(t, action, &ctx)
	ranged := r.w.layering().mentions(&layers, "aws:vpcsourceip", false) && len(clientRanges(&ctx, f)) > 0
	key := r.decisionKey(s, t, action, &ctx)
	if ranged {
		key += fmt.Sprint(clientRanges(&ctx, f))
	}
	d := r.w.decisions.get(key, func() *decided {
		outer := r.c
		r.c = notes
		d := r.decideFresh(s, t, action, f, &ctx, layers)
		d.notes, r.c = r.c, outer
		return d
	})
	r.c.absorb(d.notes)
	if ranged || len(clientRanges(&ctx, f)) == 0 {
		return d
	}
	here := *d
	here.source = clientRanges(&ctx, f)[0].From
	return &here
}

func (r requests) decideFresh(s *placing, t *target, action string, f *network.Flow, ctx *network.Context, layers policy.Layers) *decided {
	owner := r.ownerOf(t)
	req := r.w.layering().requestFor(r.q, &r.who, t, action, ctx, owner, s.to)
	q := symbolic.Question{Base: req}
	r.rangeKeys(&q, &layers, ctx, f)
	d := &decided{layers: layers, request: req}
	d.result = symbolic.Decide(&layers, q)
	if d.result.Outcome != symbolic.All && (!r.brief || d.result.Outcome != symbolic.None) {
		sample := req
		sample.Resource = concreteResource(req.Resource)
		d.sample = policy.Evaluate(&layers, &sample)
	}
	if t.service != nil {
		r.serviceGates(d, t, action)
	} else {
		r.bucketGates().s3Gates(d, s, t, action, ctx)
	}
	if r.brief {
		return d
	}
	if d.result.Outcome != symbolic.All {
		d.blockers = r.findBlockers(layers, q, d.result)
	}
	r.bucketGates().assumeKeys(&layers, t, action)
	d.extra = r.precheck(s, t, action, d)
	if note, ok := r.policyReport().missingKeyNote(d, t, action); ok && d.result.Outcome == symbolic.All {
		d.extra = append(d.extra, note)
	}
	if note, ok := r.policyReport().unsignedNote(d, s, t, action, ctx); ok {
		d.extra = append(d.extra, note)
	}
	d.view = newLayerView(r.w)
	d.view.add(d)
	d.view.all = d.view.layers()
	return d
}

// layersFor gathers the layers that a request by this context passes, with
// what had to be assumed for it.
func (r requests) layersFor(t *target, action string, ctx *network.Context) (policy.Layers, *collector) {
	outer := r.c
	r.c = newCollector()
	layers := r.who.layers()
	if t.service != nil {
		r.serviceLayers(&layers, t, action)
	} else if assumed := r.w.layering().bucketLayers(&layers, t, r.ownerOf(t), r.q.Options.AssumeNoOrganization); assumed != "" {
		r.c.assume(assumed)
	}
	if ctx.Via == "gateway-endpoint" || ctx.Via == "interface-endpoint" {
		r.w.layering().endpointLayer(&layers, ctx.Endpoint)
	}
	if t.accessPoint != nil {
		r.bucketGates().accessPointLayer(&layers, t)
	}
	if r.who.unnamed() {
		for _, p := range []**policy.Policy{&layers.Resource, &layers.AccessPoint} {
			if *p != nil {
				*p = &policy.Policy{Name: (*p).Name, Pointer: (*p).Pointer, Gap: "whether it means the caller: " + r.who.unknown}
			}
		}
	}
	if t.service == nil {
		r.bucketGates().accessLists(&layers, t, action)
	}
	notes := r.c
	r.c = outer
	return layers, notes
}

// decisionKey names everything that a decision depends on, but for the
// snapshot and the ranged addresses.
func (r requests) decisionKey(s *placing, t *target, action string, ctx *network.Context) string {
	o := &r.q.Options
	var b strings.Builder
	word := func(s string) {
		b.WriteString(s)
		b.WriteByte(0)
	}
	for _, s := range []string{r.who.id(), r.who.principal.ARN, r.who.principal.RoleID, t.arn, t.key, deref(t.listPrefix), t.kmsKey, action, s.to,
		ctx.Via, string(ctx.Endpoint), string(ctx.EndpointVPC), ctx.EndpointOwner, o.At, r.q.Job.Kind} {
		word(s)
	}
	for _, flag := range []bool{t.listPrefix != nil, ctx.SourceIsClient, r.existing.function, r.existing.from != nil, r.brief, o.AssumeSSES3, o.AssumeNoOrganization, o.AssumeNoResourcePolicy, o.Presigned || r.who.presigned} {
		if flag {
			b.WriteByte(1)
		}
		word("")
	}
	for _, list := range [][]string{o.Assume, o.ObjectTags} {
		for _, s := range list {
			word(s)
		}
		word("")
	}
	for _, ip := range ctx.PublicIPs {
		word(ip.String())
	}
	for _, a := range slices.Concat(ctx.VPCSourceIP, ctx.ClientIPs) {
		word(a.From.String() + "-" + a.To.String())
	}
	return b.String()
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// clientRanges are the private addresses that the endpoint sees.
func clientRanges(ctx *network.Context, f *network.Flow) []network.AddrRange {
	switch {
	case ctx.Via != "gateway-endpoint" && ctx.Via != "interface-endpoint":
		return nil
	case ctx.SourceIsClient:
		return flowSources(f)
	}
	return ctx.VPCSourceIP
}

func (r *jobRun) ownerOf(t *target) string {
	if t.service != nil {
		return nonEmpty(t.service.account, r.who.account)
	}
	if b, ok := r.w.FindBucket(t.bucket); ok && b.Account != nil {
		return b.Account.ID
	}
	return ""
}

// contextOf is the flow's request context. Traffic that finds no way still
// gets its policies judged, as far as they do not hang on the way: through
// the VPC's one S3 endpoint if it has just one, as that is the way it would
// take once the network is repaired. Where the way is not known, no endpoint's
// policy is taken to apply.
func (r *jobRun) contextOf(f *network.Flow, s *placing) network.Context {
	if f.Context.Via != "" || f.Outcome != network.Blocked || f.Context.Uncertain || s.targets[0].service != nil {
		return f.Context
	}
	if e, ok := r.w.onlyS3Gateway(r.vpc, s.to); ok {
		return network.Context{Via: "gateway-endpoint", Endpoint: e.Item.ID, EndpointVPC: e.Item.VPC, EndpointOwner: e.Item.OwnerID,
			Region: s.to, SourceIsClient: true, Account: e.Region.Account.ID}
	}
	return f.Context
}

// onlyS3Gateway finds the VPC's S3 gateway endpoint, if there is just one.
func (w *World) onlyS3Gateway(vpc snapshot.VPCID, region string) (snapshot.Located[snapshot.VPCEndpoint], bool) {
	w.x.VPCEndpoints.Find("") // builds the index
	var found []snapshot.Located[snapshot.VPCEndpoint]
	for _, e := range w.x.VPCEndpoints.Map() {
		if e.Item.VPC == vpc && strings.EqualFold(e.Item.Type, "Gateway") && strings.HasSuffix(e.Item.ServiceName, "."+region+".s3") {
			found = append(found, e)
		}
	}
	if len(found) != 1 {
		return snapshot.Located[snapshot.VPCEndpoint]{}, false
	}
	return found[0], true
}

// rangeKeys lets keys that range over a known set do so (marked S in section
// 6 of the semantics), where a policy asks for them.
func (r requests) rangeKeys(q *symbolic.Question, l *policy.Layers, ctx *network.Context, f *network.Flow) {
	if _, settled := settledByCaller(r.q.Options.Assume, "aws:vpcsourceip"); !settled && (ctx.Via == "gateway-endpoint" || ctx.Via == "interface-endpoint") {
		if ranges := clientRanges(ctx, f); len(ranges) > 0 {
			r.w.setAddress(q, l, "aws:vpcsourceip", ranges)
		}
	}
	if len(ctx.ClientIPs) > 0 {
		r.w.setAddress(q, l, "aws:sourceip", ctx.ClientIPs)
	}
	if len(ctx.PublicIPs) > 1 {
		var ranges []network.AddrRange
		for _, ip := range ctx.PublicIPs {
			ranges = append(ranges, network.AddrRange{From: ip, To: ip})
		}
		r.w.setAddress(q, l, "aws:sourceip", ranges)
	}
	if _, settled := settledByCaller(r.q.Options.Assume, "s3:tlsversion"); !settled && r.w.layering().mentions(l, "s3:tlsversion", false) {
		q.Values = map[string][]string{"s3:tlsversion": {"1.2", "1.3"}}
	}
}

func settledByCaller(assume []string, key string) (string, bool) {
	for _, a := range assume {
		k, v, _ := strings.Cut(a, "=")
		if strings.EqualFold(strings.TrimSpace(k), key) {
			return v, true
		}
	}
	return "", false
}

// setAddress ranges a key over addresses where a policy asks for it; else one
// of them stands for all.
func (w *World) setAddress(q *symbolic.Question, l *policy.Layers, key string, ranges []network.AddrRange) {
	q.Base.Context[key] = known(ranges[0].From.String())
	if !w.layering().mentions(l, key, false) {
		return
	}
	if q.Addresses == nil {
		q.Addresses = make(map[string][]symbolic.AddrRange)
	}
	for _, a := range ranges {
		q.Addresses[key] = append(q.Addresses[key], symbolic.AddrRange(a))
	}
}

// flowSources is every source address of a flow.
func flowSources(f *network.Flow) []network.AddrRange {
	var out []network.AddrRange
	for _, c := range []*network.Cases{&f.Passed, &f.Open, &f.Blocked} {
		if !c.Empty {
			out = append(out, c.Sources...)
		}
	}
	return mergeRanges(out)
}

func mergeRanges(in []network.AddrRange) []network.AddrRange {
	slices.SortFunc(in, func(a, b network.AddrRange) int { return a.From.Compare(b.From) })
	var out []network.AddrRange
	for _, a := range in {
		if n := len(out); n > 0 && a.From.BitLen() == out[n-1].To.BitLen() {
			next := out[n-1].To.Next()
			if !next.IsValid() || a.From.Compare(next) <= 0 {
				if a.To.Compare(out[n-1].To) > 0 {
					out[n-1].To = a.To
				}
				continue
			}
		}
		out = append(out, a)
	}
	return out
}

// concreteResource makes one ARN out of a pattern.
func concreteResource(pattern string) string {
	if pattern == "*" {
		return pattern
	}
	return strings.NewReplacer("*", "key", "?", "k").Replace(pattern)
}

// findBlockers lists every layer whose repair is needed: it takes a request
// that is denied, notes the layers that deny it, mends those, and asks again
// until nothing is denied. So no blocker hides behind another, and a layer
// that denies one half of the objects does not hide the one that denies the
// other half.
func (r requests) findBlockers(l policy.Layers, q symbolic.Question, res symbolic.Result) []layerBlock {
	var out []layerBlock
	seen := make(map[string]bool)
	for range 16 {
		progress := false
		for i := range res.Cases {
			c := &res.Cases[i]
			if c.Denied == nil {
				continue
			}
			for _, b := range c.DeniedDecision.Blocking {
				layer := c.DeniedDecision.Layers[b]
				id := fmt.Sprint(layer.Layer, layer.Outcome, layer.Level)
				if layer.Outcome == policy.ExplicitDeny && len(layer.Statements) > 0 {
					id += fmt.Sprint(layer.Statements[0])
				}
				if seen[id] {
					continue
				}
				seen[id], progress = true, true
				out = append(out, layerBlock{layer: layer, decision: c.DeniedDecision, request: *c.Denied, either: c.DeniedDecision.EitherGrant && layer.Layer == policy.LayerRole})
				l = mended(l, layer)
			}
		}
		if !progress {
			return out
		}
		res = symbolic.Decide(&l, q)
		if res.Outcome == symbolic.All || res.Outcome == symbolic.Unknown {
			return out
		}
	}
	return out
}
