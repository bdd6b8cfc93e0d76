package network

import (
	"fmt"
	"slices"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// knownAbsent words that an id is not in the snapshot: it does not exist where the
// capture is complete, and is unknown otherwise (N12).
func knownAbsent[T any](c *snapshot.Collection[T]) bool {
	return c != nil && c.Presence == snapshot.Collected && c.Complete
}

// absent ends a flow at a target that is not in the snapshot.
func (a *walk) absent(t *flow, id, kind string, code finding.Code, complete bool, r *snapshot.Route, collect string) {
	h := Hop{Component: id, Kind: kind, At: r.At}
	if complete {
		a.deny(t, h, t.cases, Finding{Code: finding.BadState, Gate: finding.GateRoute, Component: id,
			Message: fmt.Sprintf("The route leads to %s, which does not exist.", id),
			Fix:     "Point the route at a target that exists.", Rule: "N12", URL: urlRoute})
	} else {
		a.leaveOpen(t, h, t.cases, finding.GateRoute, a.missingTarget(r, code, collect))
	}
	ctx := Context{}
	if kind == "nat-gateway" {
		ctx = Context{Via: "public", Region: a.s3Region()} // whatever it is, no endpoint is on the way
	}
	a.end(t, ctx, true)
}

// missingTarget words that a route's target is not in the snapshot.
func (a *question) missingTarget(r *snapshot.Route, code finding.Code, collect string) rules.Need {
	return rules.Need{Code: code, Component: r.Target, At: r.At, Collect: collect,
		Fact: "the state of " + r.Target + ", which the route leads to and the snapshot lacks"}
}

// badState notes a component whose state stops traffic, or leaves it open.
// It does not end the flow.
func (a *walk) badState(t *flow, h Hop, st rules.State, f Finding, state string) {
	switch st {
	case rules.StateWorks:
		t.pass(h)
	case rules.StateBroken:
		if rules.Pending(state) {
			f.Fix = fmt.Sprintf("Wait until %s is no longer %s, then collect again.", h.Component, state)
		}
		a.deny(t, h, t.cases, f)
	default:
		a.leaveOpen(t, h, t.cases, f.Gate, rules.Need{Code: unknownCode(h.Kind), Component: h.Component, At: h.At,
			Fact: fmt.Sprintf("whether %s works: its state is %q", h.Component, state)})
	}
}

// unknownCode is the code for a component of a kind whose state is open.
func unknownCode(kind string) finding.Code {
	switch kind {
	case "nat-gateway":
		return finding.UnknownNAT
	case "transit-gateway", "transit-gateway-attachment", "transit-gateway-route-table":
		return finding.UnknownTGWRoutes
	}
	return finding.UnknownRouteTarget
}

// endpoint hands traffic to a gateway or Gateway Load Balancer endpoint (N31).
func (a endpoints) endpoint(t *flow, tb *snapshot.RouteTable, r *snapshot.Route) {
	id := snapshot.VPCEndpointID(r.Target)
	e := a.x.VPCEndpoints.Get(id)
	if e.Item == nil {
		// A participant of a shared VPC may be unable to see it (N57).
		a.absent(t, r.Target, "vpc-endpoint", finding.UnknownRouteTarget, knownAbsent(a.collections(tb.VPC).endpoints), r, "aws ec2 describe-vpc-endpoints --vpc-endpoint-ids "+r.Target)
		return
	}
	switch rules.KindOfEndpoint(e.Item) {
	case rules.EndpointGateway:
		if r.PrefixList == "" {
			a.leaveOpen(t, Hop{Component: r.Target, Kind: "vpc-endpoint", At: e.Item.At}, t.cases, finding.GateEndpoint, rules.Need{Code: finding.SnapshotInconsistent, Component: string(tb.ID), At: r.At,
				Fact:    fmt.Sprintf("whether %s carries what the route %s of %s sends it: AWS leads to a gateway endpoint by its service's prefix list only", r.Target, routeText(r), tb.ID),
				Collect: "aws ec2 describe-route-tables --route-table-ids " + string(tb.ID)})
		}
		if e.Item.RouteTablesKnown && !slices.Contains(e.Item.RouteTables, tb.ID) {
			a.unattachedEndpoint(t, tb, r, e)
			return
		}
		if a.translatedHere(t) {
			a.translatedToEndpoint(t, tb, r, e)
			return
		}
		a.gatewayEndpoint(t, e)
	case rules.EndpointLoadBalancer:
		a.loadBalancerEndpoint(t, e)
	default:
		a.leaveOpen(t, Hop{Component: r.Target, Kind: "vpc-endpoint", At: e.Item.At}, t.cases, finding.GateEndpoint, rules.Need{Code: finding.UnknownRouteTarget, Component: r.Target, At: e.Item.At,
			Fact: "what a route to an endpoint of type " + e.Item.Type + " does"})
		a.end(t, Context{}, true)
	}
}

// unattachedEndpoint is a route to an endpoint that does not list the table:
// one of the two is out of date (N44).
func (a endpoints) unattachedEndpoint(t *flow, tb *snapshot.RouteTable, r *snapshot.Route, e snapshot.Located[snapshot.VPCEndpoint]) {
	rest := without(tb, r.Target)
	n := rules.Need{Code: finding.SnapshotInconsistent, Component: string(e.Item.ID), At: e.Item.At,
		Fact:    fmt.Sprintf("whether %s is attached to %s: the table has its route, and the endpoint does not list the table", e.Item.ID, tb.ID),
		Collect: "aws ec2 describe-route-tables and describe-vpc-endpoints, taken together"}
	a.fork(t, finding.GateEndpoint, n,
		func(t *flow) { a.gatewayEndpoint(t, e) },
		func(t *flow) {
			t.via = append(t.via, string(tb.ID))
			a.routeBy(t, rest, snapshot.Located[snapshot.Subnet]{})
		})
}

// without is a table less its routes to a target.
func without(tb *snapshot.RouteTable, target string) *snapshot.RouteTable {
	rest := *tb
	rest.Routes = nil
	for i := range tb.Routes {
		if tb.Routes[i].Target != target {
			rest.Routes = append(rest.Routes, tb.Routes[i])
		}
	}
	return &rest
}

// translatedHere reports whether a NAT gateway of the VPC where the traffic is
// has made it its own: a new source there, wherever it came from (N47).
func (a endpoints) translatedHere(t *flow) bool {
	if t.view.nat == nil {
		return false
	}
	n := a.x.NATGateways.Get(snapshot.NATGatewayID(t.view.nat.id)).Item
	return n != nil && n.VPC == t.vpcID
}

// translatedToEndpoint is a NAT gateway's traffic for which its own table has
// the endpoint's route: whether it takes the endpoint, or can't, is not
// documented (N47). Both readings are followed, and neither passes for certain.
func (a endpoints) translatedToEndpoint(t *flow, tb *snapshot.RouteTable, r *snapshot.Route, e snapshot.Located[snapshot.VPCEndpoint]) {
	n := rules.Need{Code: finding.UnknownNATViaGatewayEndpoint, Component: string(e.Item.ID), At: e.Item.At,
		Fact: "whether a NAT gateway can send traffic over a gateway endpoint in its own subnet's route table; AWS does not document it"}
	a.fork(t, finding.GateEndpoint, n,
		func(t *flow) { a.gatewayEndpoint(t, e) },
		func(t *flow) {
			t.via = append(t.via, string(tb.ID))
			a.leaveOpen(t, Hop{Component: string(e.Item.ID), Kind: "vpc-endpoint", Via: "passed by", At: e.Item.At}, t.cases, finding.GateEndpoint, n)
			a.routeBy(t, without(tb, r.Target), snapshot.Located[snapshot.Subnet]{})
		})
}

// unlistedEndpoint finds a gateway endpoint for the destination that lists
// the table while the table has no route to it (N44). It follows both
// readings and reports whether it did.
func (a endpoints) unlistedEndpoint(t *flow, tb *snapshot.RouteTable, subnet snapshot.Located[snapshot.Subnet]) bool {
	if slices.Contains(t.via, string(tb.ID)) {
		return false
	}
	for _, id := range a.x.vpcEndpoints[tb.VPC] {
		e := a.x.VPCEndpoints.Get(id)
		if rules.KindOfEndpoint(e.Item) != rules.EndpointGateway || !a.servesDestination(e.Item) || rules.EndpointState(e.Item.State) != rules.StateWorks ||
			!slices.Contains(e.Item.RouteTables, tb.ID) || routesTo(tb, string(id)) {
			continue
		}
		cases := a.s.Diff(t.cases, a.targetCases())
		if cases == packetset.None {
			continue
		}
		n := rules.Need{Code: finding.SnapshotInconsistent, Component: string(id), At: e.Item.At,
			Fact:    fmt.Sprintf("whether %s is attached to %s: the endpoint lists the table, and the table has no route to it", id, tb.ID),
			Collect: "aws ec2 describe-route-tables and describe-vpc-endpoints, taken together"}
		rest := t.with(a.s.Diff(t.cases, cases))
		rest.via = append(rest.via, string(tb.ID))
		a.fork(t.with(cases), finding.GateEndpoint, n,
			func(t *flow) { t.via = append(t.via, string(tb.ID)); a.routeBy(t, tb, subnet) },
			func(t *flow) { a.gatewayEndpoint(t, e) })
		if rest.cases != packetset.None {
			a.routeBy(rest, tb, subnet)
		}
		return true
	}
	return false
}

func routesTo(tb *snapshot.RouteTable, id string) bool {
	return slices.ContainsFunc(tb.Routes, func(r snapshot.Route) bool { return r.Target == id })
}

// servesDestination reports whether e is for the service and Region asked about.
func (a *question) servesDestination(e *snapshot.VPCEndpoint) bool {
	if a.q.To.S3 != nil {
		return rules.ServesService(e, a.name.Region, "s3")
	}
	return a.q.To.Service != "" && e.ServiceName == a.q.To.Service
}

// named tells whether the question names a service, not addresses: those that
// are routed to a gateway endpoint are its service's.
func (a *question) named() bool { return a.q.To.S3 != nil || a.q.To.Service != "" }

// gatewayEndpoint is a gateway endpoint that a route leads to (N42 to N50).
func (a endpoints) gatewayEndpoint(t *flow, e snapshot.Located[snapshot.VPCEndpoint]) {
	id := string(e.Item.ID)
	h := Hop{Component: id, Kind: "vpc-endpoint", Via: "gateway endpoint for " + e.Item.ServiceName, At: e.Item.At}
	f := Finding{Code: finding.BadState, Gate: finding.GateEndpoint, Component: id, Name: nameOf(e.Item.Tags),
		Message: fmt.Sprintf("The gateway endpoint %s is in state %q and carries no traffic.", id, e.Item.State),
		Fix:     fmt.Sprintf("Create a gateway endpoint for %s and associate it with the route table.", e.Item.ServiceName), Rule: "N42", URL: urlGatewayEndpoint}
	a.badState(t, h, rules.EndpointState(e.Item.State), f, e.Item.State)
	if a.named() && !a.servesDestination(e.Item) {
		f.Code, f.Rule = finding.VPCEServiceMismatch, "N59"
		if a.q.To.S3 != nil && rules.ServiceOf(e.Item) == "s3" {
			f.Code, f.Rule = finding.VPCERegionMismatch, "N41"
		}
		f.Message = fmt.Sprintf("%s is an endpoint for %s, which is not the destination's service and Region.", id, e.Item.ServiceName)
		f.Fix = "Route the destination's own prefix list to an endpoint for its service."
		a.deny(t, h, t.cases, f)
	}
	switch {
	case e.Item.VPC == "":
		a.leaveOpen(t, h, t.cases, finding.GateEndpoint, rules.Need{Code: finding.UnknownVPC, Component: id, At: e.Item.At, Fact: "the VPC of " + id + " (VpcId)", Collect: "aws ec2 describe-vpc-endpoints --vpc-endpoint-ids " + id})
	case e.Item.VPC != t.vpcID:
		f.Code, f.Rule = finding.BadStateAttachment, "N42"
		f.Message = fmt.Sprintf("%s belongs to %s, not to %s.", id, e.Item.VPC, t.vpcID)
		a.deny(t, h, t.cases, f)
	}
	a.gatewayOrigin(t, h, e)
	a.lints().lintGatewayEndpoints(e)
	a.lints().lintGatewayCleartext(t, e)
	if bad := a.notCarried(); bad != packetset.None {
		f.Code, f.Rule = finding.VPCEGatewayProtocolRestriction, "N49"
		f.Message = fmt.Sprintf("Gateway endpoints carry TCP and ICMP echo requests only; %s drops protocol %d.", id, a.q.Protocol)
		f.Fix = "Use TCP."
		a.deny(t, h, a.s.And(bad, t.cases), f)
	}
	a.end(t, a.endpointContext("gateway-endpoint", e), false)
}

// notCarried is the cases that a gateway endpoint drops by protocol (N49).
func (a *question) notCarried() packetset.Set {
	switch a.q.Protocol {
	case 6:
		return packetset.None
	case 1, 58:
		return a.s.Not(a.echo())
	}
	return packetset.All
}

// gatewayOrigin judges where the traffic came from: the endpoint serves its
// own VPC (N46), and whether it serves a NAT gateway in it is not documented (N47).
func (a endpoints) gatewayOrigin(t *flow, h Hop, e snapshot.Located[snapshot.VPCEndpoint]) {
	switch {
	case t.home.kind != snapshot.TargetLocal && !a.translatedHere(t):
		a.deny(t, h, t.cases, Finding{Code: finding.VPCENotFromOutsideVPC, Gate: finding.GateEndpoint, Component: h.Component, Name: nameOf(e.Item.Tags),
			Message: fmt.Sprintf("%s serves interfaces of %s only; traffic that entered the VPC by %s can't use it.", e.Item.ID, e.Item.VPC, t.home.link),
			Fix:     "Create a gateway endpoint in the client's own VPC, or use an interface endpoint.", Rule: "N46", URL: urlEndpointS3})
	case t.view.nat != nil:
		a.leaveOpen(t, h, t.cases, finding.GateEndpoint, rules.Need{Code: finding.UnknownNATViaGatewayEndpoint, Component: h.Component, At: h.At,
			Fact: "whether a NAT gateway can send traffic over a gateway endpoint in its own subnet's route table; AWS does not document it"})
	}
}

func (a *question) endpointContext(via string, e snapshot.Located[snapshot.VPCEndpoint]) Context {
	c := Context{Via: via, Endpoint: e.Item.ID, EndpointVPC: e.Item.VPC, EndpointOwner: e.Item.OwnerID, Region: rules.ServiceRegion(e.Item), SourceIsClient: true}
	if e.Region != nil {
		c.Account = accountID(e.Region)
	}
	return c
}

// loadBalancerEndpoint is a Gateway Load Balancer or firewall endpoint: what
// stands behind it is not in the snapshot (N125).
func (a endpoints) loadBalancerEndpoint(t *flow, e snapshot.Located[snapshot.VPCEndpoint]) {
	h := Hop{Component: string(e.Item.ID), Kind: "vpc-endpoint", Via: "Gateway Load Balancer endpoint", At: e.Item.At}
	f := Finding{Code: finding.BadState, Gate: finding.GateEndpoint, Component: h.Component, Name: nameOf(e.Item.Tags),
		Message: fmt.Sprintf("The Gateway Load Balancer endpoint %s is in state %q and carries no traffic.", e.Item.ID, e.Item.State),
		Fix:     "Route the traffic to an endpoint that is available.", Rule: "N125", URL: urlGWLB}
	a.badState(t, h, rules.EndpointState(e.Item.State), f, e.Item.State)
	var in snapshot.Located[snapshot.Subnet]
	if len(e.Item.Subnets) == 1 {
		if n, ok := a.x.Subnets.Find(e.Item.Subnets[0]); ok {
			in = n
			a.throughACL(t, n, side{dir: rules.Inbound})
		}
	}
	a.lints().lintEncryptedEndpoint(e)
	a.opaque(t, h, "the appliances behind "+h.Component)
	if in.Item == nil || in.Item.VPC != t.vpcID || !rules.OfNetworkFirewall(e.Item) {
		a.end(t, Context{}, true)
		return
	}
	a.behindFirewall(t, e, in)
}

// behindFirewall takes what Network Firewall lets through on its way, by the
// table of the endpoint's subnet: nothing else can happen to it, so that what
// stops it there is definite. Appliances behind a Gateway Load Balancer may
// send traffic out on their own (N125).
func (a endpoints) behindFirewall(t *flow, e snapshot.Located[snapshot.VPCEndpoint], in snapshot.Located[snapshot.Subnet]) {
	id := string(e.Item.ID)
	if slices.Contains(t.via, id) {
		a.deny(t, Hop{Component: id, Kind: "vpc-endpoint", At: e.Item.At}, t.cases, Finding{Code: finding.RoutingLoop, Gate: finding.GateRoute, Component: id, Name: nameOf(e.Item.Tags),
			Message: fmt.Sprintf("What %s sends on comes back to it: the table of %s leads to it.", id, in.Item.ID),
			Fix:     fmt.Sprintf("Point the routes of %s at a NAT gateway or an internet gateway.", in.Item.ID), Rule: "N143", URL: urlGWLB})
		a.end(t, Context{}, true)
		return
	}
	t.via = append(t.via, id)
	v := t.view
	t.back = append(t.back, func(a *walk, t *flow) { a.throughACLView(t, in, v, side{dir: rules.Outbound, reply: true}) })
	a.leave(t, in)
}

// opaque leaves traffic open at something that decides by itself (N124, N125).
func (a *walk) opaque(t *flow, h Hop, what string) {
	t.opaque = true
	a.leaveOpen(t, h, t.cases, finding.GateRoute, rules.Need{Code: finding.MiddleboxOpaque, Component: h.Component, At: h.At,
		Fact: "what " + what + " does with the traffic; that is not in a snapshot"})
}

// ownView tells whether a VPC was captured in its owner's account. A
// participant of a shared VPC is shown its own interfaces, the subnets shared
// with it, and few of the gateways: its lists, complete as they are, do not
// hold everything of the VPC (N12, N57, N150).
//
// AWS: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-sharing-permissions.html
func ownView(v snapshot.Located[snapshot.VPC]) bool {
	return v.Region != nil && (v.Item.OwnerID == "" || v.Item.OwnerID == accountID(v.Region))
}

// collections are the parts of a VPC's own capture.
type collections struct {
	endpoints *snapshot.Collection[snapshot.VPCEndpoint]
	ec2       *snapshot.EC2
	in        *snapshot.Region
}

func (a *question) collections(vpc snapshot.VPCID) collections {
	v := a.x.VPCs.Get(vpc)
	if !ownView(v) {
		return collections{}
	}
	return collections{&v.Region.EC2.VPCEndpoints, &v.Region.EC2, v.Region}
}
