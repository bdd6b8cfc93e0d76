package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// whyNot says, of traffic that does not use an endpoint, what keeps it from it,
// in the order in which AWS decides: the VPC and the service, the route of a
// gateway endpoint, the DNS answer that leads to an interface endpoint, the
// family of addresses, and a policy that would let nothing pass (N185).
//
// AWS: https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
// AWS: https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html
func (w tracer) whyNot(id string, n *network.Query, res *network.Result) *network.Result {
	p, ok := w.x.VPCEndpoints.Find(snapshot.VPCEndpointID(id))
	uses := func(f network.Flow) bool { return string(f.Context.Endpoint) == id || passes(&f, id, false) }
	if !ok || !slices.ContainsFunc(res.Flows, func(f network.Flow) bool { return !uses(f) }) {
		return res
	}
	out := *res
	out.Findings = slices.Clone(res.Findings)
	add := func(gate Gate, rule, message, fix string) {
		out.Findings = append(out.Findings, network.Finding{Code: finding.EndpointNotUsed, Gate: gate, Severity: finding.Info, Component: id, Name: nameTag(p.Item.Tags), At: p.Item.At, Message: message, Fix: fix, Rule: rule})
	}
	vpc := w.vpcOf(res)
	gateway := strings.EqualFold(p.Item.Type, "Gateway")
	if service := serviceOf(n); service != "" && service != p.Item.ServiceName {
		add(GateEndpoint, "N59", fmt.Sprintf("%s serves %s; the traffic goes to %s.", id, p.Item.ServiceName, service), "Use an endpoint of "+service+".")
		return &out
	}
	if vpc != "" && vpc != p.Item.VPC {
		where := "other VPCs reach an interface endpoint by its own DNS names, over peering or a transit gateway"
		if gateway {
			where = "a gateway endpoint serves its own VPC only"
		}
		add(GateEndpoint, "N185", fmt.Sprintf("%s is of %s, the traffic starts in %s: %s.", id, p.Item.VPC, vpc, where), "Create an endpoint in "+string(vpc)+".")
		return &out
	}
	if s := p.Item.State; s != "" && !strings.EqualFold(s, "available") {
		add(GateEndpoint, "N185", fmt.Sprintf("%s is %s, not available.", id, s), "Wait until it is available.")
	}
	for i := range res.Flows {
		if f := &res.Flows[i]; !uses(*f) {
			w.whyNotFlow(add, p.Item, f, gateway)
		}
	}
	if doc := w.layering().policyOf(id, &p.Item.Policy, policy.KindEndpoint); doc != nil && doc.Document != nil && !slices.ContainsFunc(doc.Document.Statements, func(s policy.Statement) bool { return !s.Deny }) {
		add(GateEndpointPolicy, "P129", "The policy of "+id+" has no Allow statement, so it would let nothing pass.", "Add an Allow statement for what has to pass.")
	}
	return &out
}

// whyNotFlow is what keeps one flow from the endpoint: its route, or the answer
// to its DNS query.
func (w tracer) whyNotFlow(add func(gate Gate, rule, message, fix string), e *snapshot.VPCEndpoint, f *network.Flow, gateway bool) {
	id := string(e.ID)
	if gateway {
		at := slices.IndexFunc(f.Hops, func(h network.Hop) bool { return h.Kind == "route-table" && !h.Reply })
		if at < 0 {
			return
		}
		h := &f.Hops[at]
		switch {
		case !e.RouteTablesKnown:
		case !slices.Contains(e.RouteTables, snapshot.RouteTableID(h.Component)):
			add(GateRoute, "N185", fmt.Sprintf("%s, which the traffic uses, is not among the route tables of %s (%s), so it has no route to it.", h.Component, id, listOr(e.RouteTables, "none")),
				fmt.Sprintf("Associate %s with %s.", h.Component, id))
		default:
			add(GateRoute, "N185", fmt.Sprintf("%s has a route to %s, but another one takes the traffic: %s.", h.Component, id, h.Via), "Remove the route, or let it cover other addresses.")
		}
		return
	}
	switch {
	case e.PrivateDNS.Presence == snapshot.Collected && !e.PrivateDNS.Value:
		add(GateDNS, "N185", fmt.Sprintf("Private DNS of %s is off, so the service's name is answered with public addresses; only the endpoint's own names lead to it.", id),
			"Switch private DNS on, or call one of the endpoint's own names.")
	case e.PrivateDNSInboundOnly.Value:
		add(GateDNS, "N185", fmt.Sprintf("%s answers the service's name for inbound Resolver endpoints only (PrivateDnsOnlyForInboundResolverEndpoint): in the VPC the name has public addresses.", id),
			"Switch the option off, or call one of the endpoint's own names.")
	case e.PrivateDNS.Value:
		add(GateDNS, "N185", fmt.Sprintf("Private DNS of %s is on, but the client's query is not answered with its addresses: its DNS server, the VPC's DNS attributes or a hosted zone decide.", id),
			"Let the client use the VPC's own resolver, with DNS support and DNS host names on.")
	}
	if t := strings.ToLower(e.IPAddressType); t != "" && slices.ContainsFunc(f.Destinations, func(d network.AddrRange) bool { return d.From.Is4() == (t == "ipv6") }) && t != "dualstack" {
		add(GateDNS, "N185", fmt.Sprintf("%s has %s addresses only, and the traffic is of the other family.", id, t), "Make the endpoint dual-stack.")
	}
}

func listOr(ids []snapshot.RouteTableID, none string) string {
	if len(ids) == 0 {
		return none
	}
	return joinIDs(ids)
}

func joinIDs[T ~string](ids []T) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = string(id)
	}
	return strings.Join(out, ", ")
}

// vpcOf is the VPC that an answer's traffic starts in, "" outside.
func (w tracer) vpcOf(res *network.Result) snapshot.VPCID {
	if list := w.x.Subnets.All(res.Subnet); len(list) > 0 {
		return list[0].Item.VPC
	}
	return ""
}

// serviceOf is the endpoint service of a query's destination, "" where it is none.
func serviceOf(n *network.Query) string {
	if n.To.S3 != nil && n.To.S3.Region != "" {
		return "com.amazonaws." + n.To.S3.Region + ".s3"
	}
	return n.To.Service
}

// unusedEndpoints notes endpoints of the job's VPC that nothing can use: a
// gateway endpoint that no route table leads to, an interface endpoint without
// interfaces or whose groups let nothing in (N185).
func (r *jobRun) unusedEndpoints() {
	r.w.x.VPCEndpoints.Find("") // builds the index
	for _, id := range slices.Sorted(maps.Keys(r.w.x.VPCEndpoints.Map())) {
		e := r.w.x.VPCEndpoints.Get(id)
		if r.vpc == "" || e.Item.VPC != r.vpc {
			continue
		}
		if gate, why, fix := r.w.tracer().idle(e.Item); why != "" {
			r.c.add(Finding{Code: finding.EndpointNotUsed, Gate: gate, Severity: Info, Component: string(id), Name: nameTag(e.Item.Tags), Pointer: e.Item.At.Pointer(), Rule: "N185",
				Message: fmt.Sprintf("%s %s, so nothing in %s uses it.", id, why, r.vpc), Fix: fix}, everywhere)
		}
	}
}

// idle is why nothing can use an endpoint; "": something may.
func (w tracer) idle(e *snapshot.VPCEndpoint) (gate Gate, why, fix string) {
	switch {
	case strings.EqualFold(e.Type, "Gateway") && e.RouteTablesKnown && len(e.RouteTables) == 0:
		return GateRoute, "is associated with no route table", "Associate the route tables that need it, or delete it."
	case !strings.EqualFold(e.Type, "Interface"):
	case e.InterfacesKnown && len(e.Interfaces) == 0:
		return GateEndpoint, "has no network interface", "Add a subnet to it, or delete it."
	case e.GroupsKnown && len(e.Groups) > 0 && !slices.ContainsFunc(e.Groups, w.mayLetIn):
		return GateSGIngress, fmt.Sprintf("has security groups that let nothing in (%s)", joinIDs(e.Groups)), "Let TCP port 443 in from its clients, or delete it."
	}
	return 0, "", ""
}

// mayLetIn tells whether a group lets anything in, for all that is known.
func (w tracer) mayLetIn(id snapshot.SecurityGroupID) bool {
	list := w.x.SecurityGroups.All(id)
	return len(list) == 0 || slices.ContainsFunc(list, func(p snapshot.Located[snapshot.SecurityGroup]) bool {
		return !p.Item.IngressKnown || len(p.Item.Ingress) > 0
	})
}
