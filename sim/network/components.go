package network

import (
	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// component is one kind of next hop.
type component struct {
	kind snapshot.TargetKind
	hand func(*walk, *flow, *snapshot.RouteTable, *snapshot.Route, snapshot.Located[snapshot.Subnet])
	// traps are rows of the catalogue (docs/semantics/network.md, section 11)
	// that show it, one that lets traffic through and one that does not where
	// it can do either.
	traps []string
}

// components lists every kind of next hop that a route may have. To add one:
// a row here, a file in rules with what it does, and a trap with its twin.
// Kinds that are not modelled take part in the look-up like any other, and
// are unknown where they win (N37).
var components []component

func init() {
	type (
		table  = *snapshot.RouteTable
		route  = *snapshot.Route
		subnet = snapshot.Located[snapshot.Subnet]
	)
	components = []component{
		{snapshot.TargetLocal, func(a *walk, t *flow, _ table, _ route, s subnet) { a.local(t, s) }, []string{"T41", "T40"}},
		{snapshot.TargetVPCEndpoint, func(a *walk, t *flow, tb table, r route, _ subnet) { a.endpoints().endpoint(t, tb, r) }, []string{"T1", "T26", "T21"}},
		{snapshot.TargetInternetGateway, func(a *walk, t *flow, _ table, r route, s subnet) { a.gateways().internetGateway(t, r, s) }, []string{"T8", "T6"}},
		{snapshot.TargetEgressOnlyGateway, func(a *walk, t *flow, _ table, r route, s subnet) { a.gateways().egressOnlyGateway(t, r, s) }, []string{"T122"}},
		{snapshot.TargetNATGateway, func(a *walk, t *flow, _ table, r route, s subnet) { a.gateways().natGateway(t, r, s) }, []string{"T10", "T91"}},
		{snapshot.TargetPeering, func(a *walk, t *flow, _ table, r route, _ subnet) { a.links().peering(t, r) }, []string{"T78", "T34"}},
		{snapshot.TargetTransitGateway, func(a *walk, t *flow, _ table, r route, s subnet) { a.links().transit(t, r, s) }, []string{"T96", "T95"}},
		{snapshot.TargetVPNGateway, func(a *walk, t *flow, _ table, r route, _ subnet) { a.gateways().vpnGateway(t, r) }, []string{"T128"}},
		{snapshot.TargetNetworkInterface, func(a *walk, t *flow, _ table, r route, s subnet) { a.gateways().appliance(t, r, s) }, []string{"T100", "T99"}},
		{snapshot.TargetInstance, func(a *walk, t *flow, _ table, r route, s subnet) { a.gateways().appliance(t, r, s) }, []string{"T100", "T99"}},
		{snapshot.TargetCoreNetwork, notModelled, []string{"T23"}},
		{snapshot.TargetCarrierGateway, notModelled, []string{"T23"}},
		{snapshot.TargetLocalGateway, notModelled, []string{"T23"}},
		{snapshot.TargetODBNetwork, notModelled, []string{"T23"}},
		{snapshot.TargetIPAddress, notModelled, []string{"T23"}},
		{snapshot.TargetUnknown, notModelled, []string{"T23"}},
	}
}

// notModelled is a kind of next hop of which nobody has modelled what it does.
func notModelled(a *walk, t *flow, tb *snapshot.RouteTable, r *snapshot.Route, _ snapshot.Located[snapshot.Subnet]) {
	name := orElse(r.Target, string(tb.ID))
	a.leaveOpen(t, Hop{Component: name, Kind: "route-target", At: r.At}, t.cases, finding.GateRoute,
		rules.Need{Code: finding.UnknownRouteTarget, Component: name, At: r.At,
			Fact: "what " + orElse(r.Target, "the target") + " (" + orElse(r.TargetField, "of a kind not known here") + ") does with the traffic; it is not modelled"})
	a.end(t, Context{}, true)
}
