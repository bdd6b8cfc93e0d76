package network

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/canreach/canreach/internal/packetset"
	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// gone words that an id is not in the snapshot: it does not exist where the
// capture is complete, and is unknown otherwise (N12).
func gone[T any](c *snapshot.Collection[T]) bool {
	return c != nil && c.Presence == snapshot.Collected && c.Complete
}

// absent ends a trail at a target that is not in the snapshot.
func (a *asking) absent(t *trail, id, kind string, code finding.Code, complete bool, r *snapshot.Route, collect string) {
	h := Hop{Component: id, Kind: kind, At: r.At}
	if complete {
		a.deny(t, h, t.cases, Finding{Code: finding.BadState, Gate: finding.GateRoute, Component: id,
			Message: fmt.Sprintf("The route leads to %s, which does not exist.", id),
			Fix:     "Point the route at a target that exists.", Rule: "N12", URL: urlRoute})
	} else {
		a.doubt(t, h, t.cases, finding.GateRoute, a.lacking(r, code, collect))
	}
	ctx := Context{}
	if kind == "nat-gateway" {
		ctx = Context{Via: "public", Region: a.s3Region()} // whatever it is, no endpoint is on the way
	}
	a.end(t, ctx, true)
}

// lacking words that a route's target is not in the snapshot.
func (a *asking) lacking(r *snapshot.Route, code finding.Code, collect string) rules.Need {
	return rules.Need{Code: code, Component: r.Target, At: r.At, Collect: collect,
		Fact: "the state of " + r.Target + ", which the route leads to and the snapshot lacks"}
}

// badState notes a component whose state stops traffic, or leaves it open.
// It does not end the trail.
func (a *asking) badState(t *trail, h Hop, st rules.State, f Finding, state string) {
	switch st {
	case rules.StateWorks:
		t.pass(h)
	case rules.StateBroken:
		a.deny(t, h, t.cases, f)
	default:
		a.doubt(t, h, t.cases, f.Gate, rules.Need{Code: unknownCode(h.Kind), Component: h.Component, At: h.At,
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
func (a *asking) endpoint(t *trail, tb *snapshot.RouteTable, r *snapshot.Route) {
	id := snapshot.VPCEndpointID(r.Target)
	e := a.x.endpoints[id]
	if e.of == nil {
		// A participant of a shared VPC may be unable to see it (N57).
		a.absent(t, r.Target, "vpc-endpoint", finding.UnknownRouteTarget, gone(a.collections(tb.VPC).endpoints), r, "aws ec2 describe-vpc-endpoints --vpc-endpoint-ids "+r.Target)
		return
	}
	switch rules.KindOfEndpoint(e.of) {
	case rules.EndpointGateway:
		if r.PrefixList == "" {
			a.doubt(t, Hop{Component: r.Target, Kind: "vpc-endpoint", At: e.of.At}, t.cases, finding.GateEndpoint, rules.Need{Code: finding.SnapshotInconsistent, Component: string(tb.ID), At: r.At,
				Fact:    fmt.Sprintf("whether %s carries what the route %s of %s sends it: AWS leads to a gateway endpoint by its service's prefix list only", r.Target, routeText(r), tb.ID),
				Collect: "aws ec2 describe-route-tables --route-table-ids " + string(tb.ID)})
		}
		if e.of.RouteTablesKnown && !slices.Contains(e.of.RouteTables, tb.ID) {
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
		a.doubt(t, Hop{Component: r.Target, Kind: "vpc-endpoint", At: e.of.At}, t.cases, finding.GateEndpoint, rules.Need{Code: finding.UnknownRouteTarget, Component: r.Target, At: e.of.At,
			Fact: "what a route to an endpoint of type " + e.of.Type + " does"})
		a.end(t, Context{}, true)
	}
}

// unattachedEndpoint is a route to an endpoint that does not list the table:
// one of the two is out of date (N44).
func (a *asking) unattachedEndpoint(t *trail, tb *snapshot.RouteTable, r *snapshot.Route, e located[snapshot.VPCEndpoint]) {
	rest := without(tb, r.Target)
	n := rules.Need{Code: finding.SnapshotInconsistent, Component: string(e.of.ID), At: e.of.At,
		Fact:    fmt.Sprintf("whether %s is attached to %s: the table has its route, and the endpoint does not list the table", e.of.ID, tb.ID),
		Collect: "aws ec2 describe-route-tables and describe-vpc-endpoints, taken together"}
	a.fork(t, finding.GateEndpoint, n,
		func(t *trail) { a.gatewayEndpoint(t, e) },
		func(t *trail) { t.via = append(t.via, string(tb.ID)); a.routeBy(t, rest, located[snapshot.Subnet]{}) })
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
func (a *asking) translatedHere(t *trail) bool {
	if t.view.nat == nil {
		return false
	}
	n := a.x.nats[snapshot.NATGatewayID(t.view.nat.id)].of
	return n != nil && n.VPC == t.vpcID
}

// translatedToEndpoint is a NAT gateway's traffic for which its own table has
// the endpoint's route: whether it takes the endpoint, or can't, is not
// documented (N47). Both readings are followed, and neither passes for certain.
func (a *asking) translatedToEndpoint(t *trail, tb *snapshot.RouteTable, r *snapshot.Route, e located[snapshot.VPCEndpoint]) {
	n := rules.Need{Code: finding.UnknownNATViaGatewayEndpoint, Component: string(e.of.ID), At: e.of.At,
		Fact: "whether a NAT gateway can send traffic over a gateway endpoint in its own subnet's route table; AWS does not document it"}
	a.fork(t, finding.GateEndpoint, n,
		func(t *trail) { a.gatewayEndpoint(t, e) },
		func(t *trail) {
			t.via = append(t.via, string(tb.ID))
			a.doubt(t, Hop{Component: string(e.of.ID), Kind: "vpc-endpoint", Via: "passed by", At: e.of.At}, t.cases, finding.GateEndpoint, n)
			a.routeBy(t, without(tb, r.Target), located[snapshot.Subnet]{})
		})
}

// unlistedEndpoint finds a gateway endpoint for the destination that lists
// the table while the table has no route to it (N44). It follows both
// readings and reports whether it did.
func (a *asking) unlistedEndpoint(t *trail, tb *snapshot.RouteTable, subnet located[snapshot.Subnet]) bool {
	if slices.Contains(t.via, string(tb.ID)) {
		return false
	}
	for _, id := range a.x.vpcEndpoints[tb.VPC] {
		e := a.x.endpoints[id]
		if rules.KindOfEndpoint(e.of) != rules.EndpointGateway || !a.servesDestination(e.of) || rules.EndpointState(e.of.State) != rules.StateWorks ||
			!slices.Contains(e.of.RouteTables, tb.ID) || routesTo(tb, string(id)) {
			continue
		}
		cases := a.s.Diff(t.cases, a.targetCases())
		if cases == packetset.None {
			continue
		}
		n := rules.Need{Code: finding.SnapshotInconsistent, Component: string(id), At: e.of.At,
			Fact:    fmt.Sprintf("whether %s is attached to %s: the endpoint lists the table, and the table has no route to it", id, tb.ID),
			Collect: "aws ec2 describe-route-tables and describe-vpc-endpoints, taken together"}
		rest := t.with(a.s.Diff(t.cases, cases))
		rest.via = append(rest.via, string(tb.ID))
		a.fork(t.with(cases), finding.GateEndpoint, n,
			func(t *trail) { t.via = append(t.via, string(tb.ID)); a.routeBy(t, tb, subnet) },
			func(t *trail) { a.gatewayEndpoint(t, e) })
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
func (a *asking) servesDestination(e *snapshot.VPCEndpoint) bool {
	if a.q.To.S3 != nil {
		return rules.ServesService(e, a.name.Region, "s3")
	}
	return a.q.To.Service != "" && e.ServiceName == a.q.To.Service
}

// named tells whether the question names a service, not addresses: those that
// are routed to a gateway endpoint are its service's.
func (a *asking) named() bool { return a.q.To.S3 != nil || a.q.To.Service != "" }

// gatewayEndpoint is a gateway endpoint that a route leads to (N42 to N50).
func (a *asking) gatewayEndpoint(t *trail, e located[snapshot.VPCEndpoint]) {
	id := string(e.of.ID)
	h := Hop{Component: id, Kind: "vpc-endpoint", Via: "gateway endpoint for " + e.of.ServiceName, At: e.of.At}
	f := Finding{Code: finding.BadState, Gate: finding.GateEndpoint, Component: id, Name: nameOf(e.of.Tags),
		Message: fmt.Sprintf("The gateway endpoint %s is in state %q and carries no traffic.", id, e.of.State),
		Fix:     fmt.Sprintf("Create a gateway endpoint for %s and associate it with the route table.", e.of.ServiceName), Rule: "N42", URL: urlGatewayEndpoint}
	a.badState(t, h, rules.EndpointState(e.of.State), f, e.of.State)
	if a.named() && !a.servesDestination(e.of) {
		f.Code, f.Rule = finding.VPCEServiceMismatch, "N59"
		if a.q.To.S3 != nil && rules.ServiceOf(e.of) == "s3" {
			f.Code, f.Rule = finding.VPCERegionMismatch, "N41"
		}
		f.Message = fmt.Sprintf("%s is an endpoint for %s, which is not the destination's service and Region.", id, e.of.ServiceName)
		f.Fix = "Route the destination's own prefix list to an endpoint for its service."
		a.deny(t, h, t.cases, f)
	}
	switch {
	case e.of.VPC == "":
		a.doubt(t, h, t.cases, finding.GateEndpoint, rules.Need{Code: finding.UnknownVPC, Component: id, At: e.of.At, Fact: "the VPC of " + id + " (VpcId)", Collect: "aws ec2 describe-vpc-endpoints --vpc-endpoint-ids " + id})
	case e.of.VPC != t.vpcID:
		f.Code, f.Rule = finding.BadStateAttachment, "N42"
		f.Message = fmt.Sprintf("%s belongs to %s, not to %s.", id, e.of.VPC, t.vpcID)
		a.deny(t, h, t.cases, f)
	}
	a.gatewayOrigin(t, h, e)
	a.lintGatewayEndpoints(e)
	a.lintGatewayCleartext(t, e)
	if bad := a.notCarried(); bad != packetset.None {
		f.Code, f.Rule = finding.VPCEGatewayProtocolRestriction, "N49"
		f.Message = fmt.Sprintf("Gateway endpoints carry TCP and ICMP echo requests only; %s drops protocol %d.", id, a.q.Protocol)
		f.Fix = "Use TCP."
		a.deny(t, h, a.s.And(bad, t.cases), f)
	}
	a.end(t, a.endpointContext("gateway-endpoint", e), false)
}

// notCarried is the cases that a gateway endpoint drops by protocol (N49).
func (a *asking) notCarried() packetset.Set {
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
func (a *asking) gatewayOrigin(t *trail, h Hop, e located[snapshot.VPCEndpoint]) {
	switch {
	case t.home.kind != snapshot.TargetLocal && !a.translatedHere(t):
		a.deny(t, h, t.cases, Finding{Code: finding.VPCENotFromOutsideVPC, Gate: finding.GateEndpoint, Component: h.Component, Name: nameOf(e.of.Tags),
			Message: fmt.Sprintf("%s serves interfaces of %s only; traffic that entered the VPC by %s can't use it.", e.of.ID, e.of.VPC, t.home.link),
			Fix:     "Create a gateway endpoint in the client's own VPC, or use an interface endpoint.", Rule: "N46", URL: urlEndpointS3})
	case t.view.nat != nil:
		a.doubt(t, h, t.cases, finding.GateEndpoint, rules.Need{Code: finding.UnknownNATViaGatewayEndpoint, Component: h.Component, At: h.At,
			Fact: "whether a NAT gateway can send traffic over a gateway endpoint in its own subnet's route table; AWS does not document it"})
	}
}

func (a *asking) endpointContext(via string, e located[snapshot.VPCEndpoint]) Context {
	c := Context{Via: via, Endpoint: e.of.ID, EndpointVPC: e.of.VPC, EndpointOwner: e.of.OwnerID, Region: rules.ServiceRegion(e.of), SourceIsClient: true}
	if e.in != nil {
		c.Account = accountID(e.in)
	}
	return c
}

// loadBalancerEndpoint is a Gateway Load Balancer or firewall endpoint: what
// stands behind it is not in the snapshot (N125).
func (a *asking) loadBalancerEndpoint(t *trail, e located[snapshot.VPCEndpoint]) {
	h := Hop{Component: string(e.of.ID), Kind: "vpc-endpoint", Via: "Gateway Load Balancer endpoint", At: e.of.At}
	f := Finding{Code: finding.BadState, Gate: finding.GateEndpoint, Component: h.Component, Name: nameOf(e.of.Tags),
		Message: fmt.Sprintf("The Gateway Load Balancer endpoint %s is in state %q and carries no traffic.", e.of.ID, e.of.State),
		Fix:     "Route the traffic to an endpoint that is available.", Rule: "N125", URL: urlGWLB}
	a.badState(t, h, rules.EndpointState(e.of.State), f, e.of.State)
	var in located[snapshot.Subnet]
	if len(e.of.Subnets) == 1 {
		if n, ok := a.x.subnets[e.of.Subnets[0]]; ok {
			in = n
			a.throughACL(t, n, side{dir: rules.Inbound})
		}
	}
	a.lintEncryptedEndpoint(e)
	a.opaque(t, h, "the appliances behind "+h.Component)
	if in.of == nil || in.of.VPC != t.vpcID || !rules.OfNetworkFirewall(e.of) {
		a.end(t, Context{}, true)
		return
	}
	a.behindFirewall(t, e, in)
}

// behindFirewall takes what Network Firewall lets through on its way, by the
// table of the endpoint's subnet: nothing else can happen to it, so that what
// stops it there is definite. Appliances behind a Gateway Load Balancer may
// send traffic out on their own (N125).
func (a *asking) behindFirewall(t *trail, e located[snapshot.VPCEndpoint], in located[snapshot.Subnet]) {
	id := string(e.of.ID)
	if slices.Contains(t.via, id) {
		a.deny(t, Hop{Component: id, Kind: "vpc-endpoint", At: e.of.At}, t.cases, Finding{Code: finding.RoutingLoop, Gate: finding.GateRoute, Component: id, Name: nameOf(e.of.Tags),
			Message: fmt.Sprintf("What %s sends on comes back to it: the table of %s leads to it.", id, in.of.ID),
			Fix:     fmt.Sprintf("Point the routes of %s at a NAT gateway or an internet gateway.", in.of.ID), Rule: "N143", URL: urlGWLB})
		a.end(t, Context{}, true)
		return
	}
	t.via = append(t.via, id)
	v := t.view
	t.back = append(t.back, func(a *asking, t *trail) { a.throughACLView(t, in, v, side{dir: rules.Outbound, reply: true}) })
	a.leave(t, in)
}

// opaque leaves traffic open at something that decides by itself (N124, N125).
func (a *asking) opaque(t *trail, h Hop, what string) {
	t.opaque = true
	a.doubt(t, h, t.cases, finding.GateRoute, rules.Need{Code: finding.MiddleboxOpaque, Component: h.Component, At: h.At,
		Fact: "what " + what + " does with the traffic; that is not in a snapshot"})
}

// ownView tells whether a VPC was captured in its owner's account. A
// participant of a shared VPC is shown its own interfaces, the subnets shared
// with it, and few of the gateways: its lists, complete as they are, do not
// hold everything of the VPC (N12, N57, N150).
//
// AWS: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-sharing-permissions.html
func ownView(v located[snapshot.VPC]) bool {
	return v.in != nil && (v.of.OwnerID == "" || v.of.OwnerID == accountID(v.in))
}

// collections are the parts of a VPC's own capture.
type collections struct {
	endpoints *snapshot.Collection[snapshot.VPCEndpoint]
	ec2       *snapshot.EC2
	in        *snapshot.Region
}

func (a *asking) collections(vpc snapshot.VPCID) collections {
	v := a.x.vpcs[vpc]
	if !ownView(v) {
		return collections{}
	}
	return collections{&v.in.EC2.VPCEndpoints, &v.in.EC2, v.in}
}

// internetGateway is an internet gateway (N110 to N114).
func (a *asking) internetGateway(t *trail, r *snapshot.Route, subnet located[snapshot.Subnet]) {
	id := snapshot.InternetGatewayID(r.Target)
	g := a.x.internet[id]
	h := Hop{Component: r.Target, Kind: "internet-gateway", At: r.At}
	switch ec2 := a.collections(t.vpcID).ec2; {
	case g.of != nil:
		h.At = g.of.At
		a.attached(t, h, g.of, nameOf(g.of.Tags))
	case ec2 != nil && gone(&ec2.InternetGateways):
		a.absent(t, r.Target, h.Kind, finding.UnknownRouteTarget, true, r, "")
		return
	default: // a client without a public address is stopped whatever its state is (N1)
		a.doubt(t, h, t.cases, finding.GateRoute, a.lacking(r, finding.UnknownRouteTarget, "aws ec2 describe-internet-gateways"))
	}
	a.lintCrossing(t.vpcID, h, crossInternetGateway)
	v4, v6 := a.onWire(t, false), a.onWire(t, true)
	a.notPrivateDestination(t, h, v4)
	a.notSynthesised(t, h)
	ctx := Context{Via: "public", Region: a.s3Region()}
	public := a.publicSources(t, h, v4, &ctx)
	a.publicSources6(&ctx, v6)
	a.blockPublicAccess(t, subnet, t.view.nat != nil)
	a.edgeRoute(t, string(id), subnet, public)
	if a.backInside(t, &ctx); t.cases == packetset.None {
		return
	}
	a.end(t, ctx, false)
}

// onWire is the cases whose packets are of a family here, NAT64 behind them.
func (a *asking) onWire(t *trail, v6 bool) packetset.Set {
	if t.view.embedded {
		if v6 {
			return packetset.None
		}
		return t.cases
	}
	return a.s.And(t.cases, a.s.OfFamily(v6))
}

func (a *asking) s3Region() string {
	if a.q.To.S3 != nil {
		return a.name.Region
	}
	return ""
}

// attached judges a gateway's attachment to the VPC that it is used from (N36).
func (a *asking) attached(t *trail, h Hop, g *snapshot.InternetGateway, name string) {
	st, state := rules.StateBroken, "detached"
	if len(g.Attachments) == 0 && !g.AttachmentsKnown {
		a.doubt(t, h, t.cases, finding.GateRoute, rules.Need{Code: finding.UnknownRouteTarget, Component: h.Component, At: h.At,
			Fact: "which VPC " + h.Component + " is attached to (Attachments)", Collect: "aws ec2 describe-internet-gateways --internet-gateway-ids " + h.Component})
		return
	}
	for _, x := range g.Attachments {
		if x.VPC == t.vpcID {
			st, state = rules.GatewayAttachmentState(x.State), x.State
		}
	}
	a.badState(t, h, st, Finding{Code: finding.BadStateAttachment, Gate: finding.GateRoute, Component: h.Component, Name: name,
		Message: fmt.Sprintf("%s is not attached to %s.", h.Component, t.vpcID),
		Fix:     fmt.Sprintf("Attach %s to %s.", h.Component, t.vpcID), Rule: "N36", URL: urlIGW}, state)
}

// notPrivateDestination drops what an internet gateway drops (N113).
func (a *asking) notPrivateDestination(t *trail, h Hop, v4 packetset.Set) {
	for _, p := range []struct {
		code finding.Code
		list []netip.Prefix
	}{{finding.IGWDestinationAddressNotInRFC1918Egress, rules.RFC1918()}, {finding.IGWDestinationAddressNotInRFC6598Egress, rules.RFC6598()}} {
		bad := packetset.None
		for _, c := range p.list {
			bad = a.s.Or(bad, a.s.And(v4, a.destination(t.view, c).Yes))
		}
		if bad == packetset.None {
			continue
		}
		a.deny(t, h, bad, Finding{Code: p.code, Gate: finding.GateRoute, Component: h.Component,
			Message: fmt.Sprintf("%s drops traffic to private addresses.", h.Component),
			Fix:     "Route private destinations by peering, a transit gateway or the local route.", Rule: "N113", URL: urlIGW})
	}
}

// notSynthesised drops what DNS64 made up: nobody on the internet has an
// address in 64:ff9b::/96, and only NAT gateways translate it (N109, N123).
func (a *asking) notSynthesised(t *trail, h Hop) {
	if t.view.embedded {
		return
	}
	if bad := a.s.And(t.cases, a.synthesised()); bad != packetset.None {
		a.deny(t, h, bad, Finding{Code: finding.Nat64Required, Gate: finding.GateRoute, Component: h.Component,
			Message: fmt.Sprintf("The route leads to %s, but the destination is an IPv4 address that DNS64 put into 64:ff9b::/96; only a NAT gateway translates it.", h.Component),
			Fix:     "Route 64:ff9b::/96 to a NAT gateway, or use a name that has IPv6 addresses of its own.", Rule: "N123", URL: urlNAT64})
	}
}

// publicSources is the IPv4 cases whose source has a public address, with the
// addresses that the other end may see (N110, N111, N118).
func (a *asking) publicSources(t *trail, h Hop, v4 packetset.Set, ctx *Context) packetset.Set {
	if v4 == packetset.None {
		return v4
	}
	has := packetset.None
	f := Finding{Code: finding.IGWPublicIPAssociationForEgress, Gate: finding.GateRoute, Component: h.Component, Rule: "N110", URL: urlIGW,
		Message: fmt.Sprintf("The route leads to %s, but %s has no public IPv4 address.", h.Component, a.from.words()),
		Fix:     fmt.Sprintf("Route the traffic to %s.", a.wayOut("a NAT gateway in a public subnet"))}
	switch n := t.view.nat; {
	case n != nil && n.private:
		f.Code, f.Rule, f.Component, f.At, f.URL = finding.NATPrivateToIGW, "N118", n.id, n.at, urlNAT
		f.Message = fmt.Sprintf("%s is a private NAT gateway; %s drops what comes from it.", n.id, h.Component)
		f.Fix = "Use a public NAT gateway."
	case n != nil:
		ctx.PublicIPs = n.public
		return v4
	case t.home.kind != snapshot.TargetLocal:
		f.Rule = "N113"
		f.Message = fmt.Sprintf("%s drops traffic that entered the VPC by %s: its source has no public address here.", h.Component, t.home.link)
		f.Fix = "Send the traffic through a NAT gateway in this VPC."
	default:
		for _, p := range a.from.public {
			has = a.s.Or(has, a.s.Addresses(packetset.Source, p.Private, p.Private))
			ctx.PublicIPs = append(ctx.PublicIPs, p.Public)
		}
		if a.from.job {
			f.Rule = "N111"
		}
	}
	if bad := a.s.Diff(v4, has); bad != packetset.None {
		a.deny(t, h, bad, f)
	}
	return a.s.And(v4, has)
}

// publicSources6 adds the client's own IPv6 addresses, which need no mapping (N112).
func (a *asking) publicSources6(ctx *Context, v6 packetset.Set) {
	if v6 != packetset.None {
		ctx.PublicIPs = append(ctx.PublicIPs, a.from.v6addrs...)
	}
}

// egressOnlyGateway carries IPv6 out, and replies back (N126).
func (a *asking) egressOnlyGateway(t *trail, r *snapshot.Route, subnet located[snapshot.Subnet]) {
	g := a.x.egressOnly[snapshot.InternetGatewayID(r.Target)]
	if g.of == nil {
		ec2 := a.collections(t.vpcID).ec2
		a.absent(t, r.Target, "egress-only-internet-gateway", finding.UnknownRouteTarget, ec2 != nil && gone(&ec2.EgressOnlyGateways), r, "aws ec2 describe-egress-only-internet-gateways")
		return
	}
	h := Hop{Component: r.Target, Kind: "egress-only-internet-gateway", At: g.of.At}
	a.attached(t, h, g.of, nameOf(g.of.Tags))
	a.lintCrossing(t.vpcID, h, crossEgressOnly)
	if v4 := a.onWire(t, false); v4 != packetset.None {
		a.deny(t, h, v4, Finding{Code: finding.ProtocolRestriction, Gate: finding.GateRoute, Component: h.Component,
			Message: h.Component + " carries IPv6 only.", Fix: "Route IPv4 to a NAT gateway.", Rule: "N126", URL: urlEIGW})
	}
	a.notSynthesised(t, h)
	a.blockPublicAccess(t, subnet, true)
	ctx := Context{Via: "public", Region: a.s3Region()}
	a.publicSources6(&ctx, t.cases)
	if a.backInside(t, &ctx); t.cases == packetset.None {
		return
	}
	a.end(t, ctx, false)
}

// vpnGateway leads out of AWS, where nothing is known (N141).
func (a *asking) vpnGateway(t *trail, r *snapshot.Route) {
	g := a.x.vpns[r.Target]
	h := Hop{Component: r.Target, Kind: "vpn-gateway", At: r.At}
	if g.of != nil {
		st, state := rules.StateBroken, "detached"
		for _, x := range g.of.Attachments {
			if x.VPC == t.vpcID {
				st, state = rules.GatewayAttachmentState(x.State), x.State
			}
		}
		h.At = g.of.At
		if len(g.of.Attachments) == 0 && !g.of.AttachmentsKnown {
			st, state = rules.StateUnknown, ""
		}
		a.badState(t, h, st, Finding{Code: finding.BadStateAttachment, Gate: finding.GateRoute, Component: h.Component, Name: nameOf(g.of.Tags),
			Message: fmt.Sprintf("%s is not attached to %s.", r.Target, t.vpcID), Fix: "Route the traffic elsewhere, or attach the gateway.", Rule: "N141", URL: urlRoute}, state)
	}
	a.lintCrossing(t.vpcID, h, crossVPNGateway)
	a.onPremises(t, h)
}

// onPremises ends a trail where the traffic leaves AWS.
func (a *asking) onPremises(t *trail, h Hop) {
	a.doubt(t, h, t.cases, finding.GateRoute, rules.Need{Code: finding.OnpremOpaque, Component: h.Component, At: h.At,
		Fact: "where the network behind " + h.Component + " sends the traffic; it leaves AWS there"})
	a.end(t, Context{Via: "public", Region: a.s3Region()}, true)
}

func (a *asking) badStateNeed(t *trail, h Hop, st rules.State, f Finding, n rules.Need) {
	switch st {
	case rules.StateWorks:
	case rules.StateBroken:
		a.deny(t, h, t.cases, f)
	default:
		a.doubt(t, h, t.cases, f.Gate, n)
	}
}

// edgeRoute judges the table that is associated with an internet gateway: it
// steers the replies (N39).
func (a *asking) edgeRoute(t *trail, gateway string, subnet located[snapshot.Subnet], public packetset.Set) {
	id, ok := a.x.edgeTable[gateway]
	if !ok {
		return
	}
	tb := a.x.routeTables[id].of
	if tb == nil || tb.VPC != t.vpcID {
		return
	}
	routes := a.routesOf(tb)
	for _, p := range a.lookUp(tb, t.view, true) {
		cases := a.s.And(p.Cases, t.cases)
		if cases == packetset.None || p.Routes[0] == rules.NoRoute {
			continue
		}
		r := &routes[p.Routes[0]]
		if r.TargetKind == snapshot.TargetLocal || slices.Contains(t.via, r.Target) {
			continue
		}
		i := p.Routes[0]
		a.deny(t, Hop{Component: string(id), Kind: "route-table", Reply: true, Via: routeText(r), At: r.At}, cases,
			Finding{Code: finding.IngressRTBTrafficRedirection, Gate: finding.GateRoute, Component: string(id), Name: nameOf(tb.Tags), RuleIndex: &i,
				Message: fmt.Sprintf("%s, the edge route table of %s, sends the replies to %s, which the traffic did not pass on its way out.", id, gateway, r.Target),
				Fix:     fmt.Sprintf("Route the traffic out through %s, too, or remove the edge route.", r.Target), Rule: "N39", URL: urlEdge})
	}
}
