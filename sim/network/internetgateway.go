package network

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// internetGateway is an internet gateway (N110 to N114).
func (a gateways) internetGateway(t *flow, r *snapshot.Route, subnet snapshot.Located[snapshot.Subnet]) {
	id := snapshot.InternetGatewayID(r.Target)
	g := a.x.InternetGateways.Get(id)
	h := Hop{Component: r.Target, Kind: "internet-gateway", At: r.At}
	switch ec2 := a.collections(t.vpcID).ec2; {
	case g.Item != nil:
		h.At = g.Item.At
		a.attached(t, h, g.Item, nameOf(g.Item.Tags))
	case ec2 != nil && knownAbsent(&ec2.InternetGateways):
		a.absent(t, r.Target, h.Kind, finding.UnknownRouteTarget, true, r, "")
		return
	default: // a client without a public address is stopped whatever its state is (N1)
		a.leaveOpen(t, h, t.cases, finding.GateRoute, a.missingTarget(r, finding.UnknownRouteTarget, "aws ec2 describe-internet-gateways"))
	}
	a.lints().lintCrossing(t.vpcID, h, crossInternetGateway)
	v4, v6 := a.onWire(t, false), a.onWire(t, true)
	a.notPrivateDestination(t, h, v4)
	a.notSynthesised(t, h)
	ctx := Context{Via: "public", Region: a.s3Region()}
	public := a.publicSources(t, h, v4, &ctx)
	a.publicSources6(&ctx, v6)
	a.blockPublicAccess(t, subnet, t.view.nat != nil)
	a.edgeRoute(t, string(id), subnet, public)
	if a.inbound().backInside(t, &ctx); t.cases == packetset.None {
		return
	}
	a.end(t, ctx, false)
}

// onWire is the cases whose packets are of a family here, NAT64 behind them.
func (a gateways) onWire(t *flow, v6 bool) packetset.Set {
	if t.view.embedded {
		if v6 {
			return packetset.None
		}
		return t.cases
	}
	return a.s.And(t.cases, a.s.OfFamily(v6))
}

func (a *question) s3Region() string {
	if a.q.To.S3 != nil {
		return a.name.Region
	}
	return ""
}

// attached judges a gateway's attachment to the VPC that it is used from (N36).
func (a gateways) attached(t *flow, h Hop, g *snapshot.InternetGateway, name string) {
	st, state := rules.StateBroken, "detached"
	here := slices.ContainsFunc(g.Attachments, func(x snapshot.GatewayAttachment) bool { return x.VPC == t.vpcID })
	if !here && !g.AttachmentsKnown {
		a.leaveOpen(t, h, t.cases, finding.GateRoute, rules.Need{Code: finding.UnknownRouteTarget, Component: h.Component, At: h.At,
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
func (a gateways) notPrivateDestination(t *flow, h Hop, v4 packetset.Set) {
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
func (a gateways) notSynthesised(t *flow, h Hop) {
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
func (a gateways) publicSources(t *flow, h Hop, v4 packetset.Set, ctx *Context) packetset.Set {
	if v4 == packetset.None {
		return v4
	}
	has := packetset.None
	f := Finding{Code: finding.IGWPublicIPAssociationForEgress, Gate: finding.GateRoute, Component: h.Component, Rule: "N110", URL: urlIGW,
		Message: fmt.Sprintf("The route leads to %s, but %s has no public IPv4 address.", h.Component, a.from.words()),
		Fix:     fmt.Sprintf("Route the traffic to %s.", a.explanation().wayOut("a NAT gateway in a public subnet"))}
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
		switch a.from.jobPublic {
		case NoPublicAddress:
		case SomePublicAddress:
			return v4 // which address, nobody knows
		case PublicAddressUnknown:
			a.leaveOpen(t, h, v4, finding.GateRoute, rules.Need{Code: finding.UnknownVPC, Component: string(a.from.subnet.Item.ID), At: a.from.subnet.Item.At,
				Fact: "whether instances in " + string(a.from.subnet.Item.ID) + " get a public address (MapPublicIpOnLaunch)", Collect: "aws ec2 describe-subnets --subnet-ids " + string(a.from.subnet.Item.ID)})
			return v4
		}
	}
	if bad := a.s.Diff(v4, has); bad != packetset.None {
		a.deny(t, h, bad, f)
	}
	return a.s.And(v4, has)
}

// publicSources6 adds the client's own IPv6 addresses, which need no mapping (N112).
func (a gateways) publicSources6(ctx *Context, v6 packetset.Set) {
	if v6 != packetset.None {
		ctx.PublicIPs = append(ctx.PublicIPs, a.from.v6addrs...)
	}
}

// egressOnlyGateway carries IPv6 out, and replies back (N126).
func (a gateways) egressOnlyGateway(t *flow, r *snapshot.Route, subnet snapshot.Located[snapshot.Subnet]) {
	g := a.x.EgressOnlyGateways.Get(snapshot.InternetGatewayID(r.Target))
	if g.Item == nil {
		ec2 := a.collections(t.vpcID).ec2
		a.absent(t, r.Target, "egress-only-internet-gateway", finding.UnknownRouteTarget, ec2 != nil && knownAbsent(&ec2.EgressOnlyGateways), r, "aws ec2 describe-egress-only-internet-gateways")
		return
	}
	h := Hop{Component: r.Target, Kind: "egress-only-internet-gateway", At: g.Item.At}
	a.attached(t, h, g.Item, nameOf(g.Item.Tags))
	a.lints().lintCrossing(t.vpcID, h, crossEgressOnly)
	if v4 := a.onWire(t, false); v4 != packetset.None {
		a.deny(t, h, v4, Finding{Code: finding.ProtocolRestriction, Gate: finding.GateRoute, Component: h.Component,
			Message: h.Component + " carries IPv6 only.", Fix: "Route IPv4 to a NAT gateway.", Rule: "N126", URL: urlEIGW})
	}
	a.notSynthesised(t, h)
	a.blockPublicAccess(t, subnet, true)
	ctx := Context{Via: "public", Region: a.s3Region()}
	a.publicSources6(&ctx, t.cases)
	if a.inbound().backInside(t, &ctx); t.cases == packetset.None {
		return
	}
	a.end(t, ctx, false)
}

// vpnGateway leads out of AWS, where nothing is known (N141).
func (a gateways) vpnGateway(t *flow, r *snapshot.Route) {
	g := a.x.VPNGateways.Get(r.Target)
	h := Hop{Component: r.Target, Kind: "vpn-gateway", At: r.At}
	if g.Item != nil {
		st, state := rules.StateBroken, "detached"
		for _, x := range g.Item.Attachments {
			if x.VPC == t.vpcID {
				st, state = rules.GatewayAttachmentState(x.State), x.State
			}
		}
		h.At = g.Item.At
		if len(g.Item.Attachments) == 0 && !g.Item.AttachmentsKnown {
			st, state = rules.StateUnknown, ""
		}
		a.badState(t, h, st, Finding{Code: finding.BadStateAttachment, Gate: finding.GateRoute, Component: h.Component, Name: nameOf(g.Item.Tags),
			Message: fmt.Sprintf("%s is not attached to %s.", r.Target, t.vpcID), Fix: "Route the traffic elsewhere, or attach the gateway.", Rule: "N141", URL: urlRoute}, state)
	}
	a.lints().lintCrossing(t.vpcID, h, crossVPNGateway)
	a.onPremises(t, h)
}

// onPremises ends a flow where the traffic leaves AWS.
func (a gateways) onPremises(t *flow, h Hop) {
	a.leaveOpen(t, h, t.cases, finding.GateRoute, rules.Need{Code: finding.OnpremOpaque, Component: h.Component, At: h.At,
		Fact: "where the network behind " + h.Component + " sends the traffic; it leaves AWS there"})
	a.end(t, Context{Via: "public", Region: a.s3Region()}, true)
}

func (a gateways) badStateNeed(t *flow, h Hop, st rules.State, f Finding, n rules.Need) {
	switch st {
	case rules.StateWorks:
	case rules.StateBroken:
		a.deny(t, h, t.cases, f)
	default:
		a.leaveOpen(t, h, t.cases, f.Gate, n)
	}
}

// edgeRoute judges the table that is associated with an internet gateway: it
// steers the replies (N39).
func (a gateways) edgeRoute(t *flow, gateway string, subnet snapshot.Located[snapshot.Subnet], public packetset.Set) {
	id, ok := a.x.edgeTable[gateway]
	if !ok {
		return
	}
	tb := a.x.RouteTables.Get(id).Item
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
		if len(p.Routes) > 1 {
			a.leaveOpen(t, Hop{Component: string(id), Kind: "route-table", Reply: true, Via: routeText(r), At: r.At}, cases, finding.GateRoute, rules.Need{Code: p.Code, Component: string(id), Fact: p.Fact, At: tb.At})
			continue
		}
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
