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

// transitBack looks the client up in the table of the attachment that the
// replies enter by (N136).
func (a replies) transitBack(t *flow, client, here *snapshot.TGWAttachment, v view) {
	tb, ok := a.links().transitTable(t, here, true)
	if !ok {
		return
	}
	rt := &rules.RouteTraffic{Space: a.s, Cases: t.cases, Entries: a.entries,
		Remote: func(p netip.Prefix) rules.Match { return a.source(v, p) }}
	rt.List = func(id snapshot.PrefixListID) rules.Match { return a.list(id, v, false) }
	for _, p := range rules.LookUpTransit(tb, rt) {
		r, ok := a.links().transitWinner(t, tb, p, true)
		if !ok || slices.ContainsFunc(r.Attachments, func(x snapshot.TGWRouteAttachment) bool { return x.ID == client.ID }) {
			continue
		}
		i := p.Route
		a.deny(t, Hop{Component: string(tb.ID), Kind: "transit-gateway-route-table", Reply: true, Via: transitText(r), At: r.At}, p.Cases,
			Finding{Code: finding.TGWRTBNoRouteToTGWAttachment, Gate: finding.GateRoute, Component: string(tb.ID), Name: nameOf(tb.Tags), RuleIndex: &i,
				Message: fmt.Sprintf("%s sends the replies elsewhere than to the client's attachment %s.", tb.ID, client.ID),
				Fix:     fmt.Sprintf("Add a route for the client's CIDR to %s, to %s.", client.ID, tb.ID), Rule: "N136", URL: urlTGW})
	}
}

// routeBack judges whether the replies find their way from a subnet to the client.
func (a replies) routeBack(t *flow, subnet snapshot.Located[snapshot.Subnet], v view, h home) {
	tb, n := a.tableOf(subnet.Item)
	if n != nil {
		a.leaveOpen(t, Hop{Component: string(subnet.Item.ID), Kind: "route-table", Reply: true, At: subnet.Item.At}, t.cases, finding.GateRoute, *n)
		return
	}
	a.routeBackBy(t, tb, subnet, v, h)
}

func (a replies) routeBackBy(t *flow, tb *snapshot.RouteTable, subnet snapshot.Located[snapshot.Subnet], v view, h home) {
	if tb == nil {
		return
	}
	a.lints().lintTable(tb.ID)
	routes := a.routesOf(tb)
	for _, p := range a.lookUp(tb, v, true) {
		cases := a.s.And(p.Cases, t.cases)
		if cases == packetset.None {
			continue
		}
		if len(p.Routes) > 1 {
			a.leaveOpen(t, Hop{Component: string(tb.ID), Kind: "route-table", Reply: true, At: tb.At}, cases, finding.GateRoute, rules.Need{Code: p.Code, Component: string(tb.ID), Fact: p.Fact, At: tb.At})
			continue
		}
		if i := p.Routes[0]; i != rules.NoRoute && !rules.Blackhole(&routes[i]) && routes[i].Target != h.link && a.otherLink(t, tb, &routes[i], cases, subnet, h, v) {
			continue
		}
		a.replyRoute(t, tb, routes, p.Routes[0], cases, subnet, h)
	}
}

// replyRoute judges the route that replies take: it must lead to where the
// client's traffic came from.
func (a replies) replyRoute(t *flow, tb *snapshot.RouteTable, routes []snapshot.Route, i int, cases packetset.Set, subnet snapshot.Located[snapshot.Subnet], h home) {
	hop := Hop{Component: string(tb.ID), Kind: "route-table", Reply: true, At: tb.At}
	f := Finding{Code: finding.NoRouteToDestination, Gate: finding.GateRoute, Component: string(tb.ID), Name: nameOf(tb.Tags), Rule: "N120", URL: urlRoute,
		Message: fmt.Sprintf("%s has no route by which replies get back to the client.", tb.ID),
		Fix:     fmt.Sprintf("Add a route for the client's CIDR to %s, to %s.", orElse(h.link, "local"), tb.ID)}
	if h.kind == snapshot.TargetInternetGateway {
		f.Message = fmt.Sprintf("%s has no route to %s, by which replies would leave.", tb.ID, h.link)
		f.Fix = fmt.Sprintf("Add a default route to %s, to %s.", h.link, tb.ID)
	}
	if h.kind == snapshot.TargetTransitGateway {
		f.Rule, f.Also = "N136", []finding.Code{finding.ResponseRTBHasNoRouteToTransitGateway}
	}
	if i == rules.NoRoute {
		hop.Via = "no route"
		a.deny(t, hop, cases, f)
		return
	}
	r := &routes[i]
	hop.Via, hop.At = routeText(r), r.At
	f.RuleIndex = &i
	switch {
	case rules.Blackhole(r):
		f.Code, f.Rule = finding.BadStateRoute, "N35"
		f.Message = fmt.Sprintf("The route %s of %s, which replies to the client take, is a blackhole.", routeText(r), tb.ID)
		a.deny(t, hop, cases, f)
	case r.TargetKind == snapshot.TargetLocal && h.kind == snapshot.TargetLocal, r.TargetKind == h.kind && r.Target == h.link:
		t.pass(hop)
		a.replyZone(t, hop, cases, subnet, h)
	case r.TargetKind == snapshot.TargetNetworkInterface, r.TargetKind == snapshot.TargetInstance, r.TargetKind == snapshot.TargetVPCEndpoint && !a.isGateway(r.Target):
		a.leaveOpen(t, hop, cases, finding.GateRoute, rules.Need{Code: finding.MiddleboxOpaque, Component: r.Target, At: r.At, Fact: "what " + r.Target + ", to which the replies go, does with them; that is not in a snapshot"})
	case r.TargetKind == snapshot.TargetTransitGateway || r.TargetKind == snapshot.TargetPeering || r.TargetKind == snapshot.TargetUnknown || r.TargetKind > snapshot.TargetTransitGateway:
		if h.kind == snapshot.TargetLocal || r.TargetKind == snapshot.TargetUnknown || r.TargetKind > snapshot.TargetTransitGateway {
			a.leaveOpen(t, hop, cases, finding.GateRoute, rules.Need{Code: finding.UnknownRouteTarget, Component: r.Target, At: r.At, Fact: "whether replies that go to " + r.Target + " get back to the client"})
			return
		}
		fallthrough
	default:
		f.Message = fmt.Sprintf("%s sends replies for the client to %s, not back the way that the traffic came.", tb.ID, r.Target)
		a.deny(t, hop, cases, f)
	}
}

func (a *question) isGateway(id string) bool {
	e := a.x.VPCEndpoints.Get(snapshot.VPCEndpointID(id)).Item
	return e != nil && rules.KindOfEndpoint(e) == rules.EndpointGateway
}

// replyZone applies the zone rule to replies that enter a transit gateway.
func (a replies) replyZone(t *flow, hop Hop, cases packetset.Set, subnet snapshot.Located[snapshot.Subnet], h home) {
	att := a.x.TGWAttachments.Get(h.attachment).Item
	if h.kind != snapshot.TargetTransitGateway || att == nil || subnet.Item == nil || a.links().zoneState(att, subnet.Item) != rules.StateBroken {
		return
	}
	hop.Component, hop.Kind, hop.At = string(att.ID), "transit-gateway-attachment", att.At
	a.deny(t, hop, cases, a.links().zoneFinding(att, subnet.Item))
}
