package network

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// natGateway hands traffic to a NAT gateway (N115 to N123).
func (a gateways) natGateway(t *flow, r *snapshot.Route, subnet snapshot.Located[snapshot.Subnet]) {
	g := a.x.NATGateways.Get(snapshot.NATGatewayID(r.Target))
	if g.Item == nil {
		ec2 := a.collections(t.vpcID).ec2
		a.absent(t, r.Target, "nat-gateway", finding.UnknownNAT, ec2 != nil && knownAbsent(&ec2.NATGateways), r, "aws ec2 describe-nat-gateways --nat-gateway-ids "+r.Target)
		return
	}
	n, h := g.Item, Hop{Component: r.Target, Kind: "nat-gateway", At: g.Item.At}
	f := Finding{Code: finding.BadState, Gate: finding.GateRoute, Component: h.Component, Name: nameOf(n.Tags),
		Message: fmt.Sprintf("The NAT gateway %s is in state %q and carries no traffic.", n.ID, n.State),
		Fix:     fmt.Sprintf("Create a NAT gateway, and route the traffic to %s.", a.explanation().wayOut("it")), Rule: "N115", URL: urlNAT}
	if slices.Contains(t.via, r.Target) || n.Subnet != "" && subnet.Item != nil && n.Subnet == subnet.Item.ID {
		f.Code, f.Rule = finding.NATSameSubnetLoop, "N117"
		f.Message = fmt.Sprintf("%s sits behind the route that leads to it: what it sends comes back to it.", n.ID)
		f.Fix = fmt.Sprintf("Move %s to a subnet whose route table leads to an internet gateway.", n.ID)
		a.deny(t, h, t.cases, f)
		a.end(t, Context{}, true)
		return
	}
	a.badState(t, h, rules.NATState(n.State), f, n.State)
	a.lints().lintCrossing(t.vpcID, h, crossNATGateway)
	a.natAccepts(t, h, n, f)
	if n.HasAppliances {
		a.opaque(t, h, "the appliances attached to "+h.Component)
	}
	if len(a.translations(t)) >= 2 {
		a.overBudget(t)
		return
	}
	a.translate(t, n, h, subnet)
}

func (a gateways) translations(t *flow) []string {
	var out []string
	for _, v := range t.via {
		if strings.HasPrefix(v, "nat-") {
			out = append(out, v)
		}
	}
	return out
}

// natAccepts judges what a NAT gateway takes: its own VPC's traffic, TCP, UDP
// and ICMP, and from which zone.
func (a gateways) natAccepts(t *flow, h Hop, n *snapshot.NATGateway, f Finding) {
	if n.VPC != "" && n.VPC != t.vpcID || t.home.kind == snapshot.TargetPeering {
		f.Code, f.Rule = finding.NGWRequiresSourceInVPC, "N119"
		f.Message = fmt.Sprintf("%s takes traffic of its own VPC, %s, only.", n.ID, n.VPC)
		f.Fix = "Use a NAT gateway in the client's own VPC."
		a.deny(t, h, t.cases, f)
	}
	if p := a.q.Protocol; p != 6 && p != 17 && p != 1 {
		f.Code, f.Rule = finding.ProtocolRestriction, "N115"
		f.Message = fmt.Sprintf("%s translates TCP, UDP and ICMP only.", n.ID)
		f.Fix = "Use TCP."
		a.deny(t, h, t.cases, f)
	}
	if c := strings.ToLower(n.Connectivity); c != "" && c != "public" && c != "private" {
		a.leaveOpen(t, h, t.cases, finding.GateRoute, rules.Need{Code: finding.UnknownNAT, Component: string(n.ID), At: n.At,
			Fact: fmt.Sprintf("what %s does: its connectivity type is %q", n.ID, n.Connectivity)})
	}
	if !strings.EqualFold(n.Connectivity, "private") && len(publicOf(n)) == 0 && rules.NATState(n.State) == rules.StateWorks {
		f.Code, f.Rule = finding.IGWPublicIPAssociationForEgress, "N115"
		f.Message = fmt.Sprintf("The public NAT gateway %s has no Elastic IP address.", n.ID)
		f.Fix = fmt.Sprintf("Associate an Elastic IP address with %s.", n.ID)
		a.deny(t, h, t.cases, f)
	}
	if regional(n) {
		a.regionalZone(t, h, n, f)
	}
	v6 := a.s.And(t.cases, a.s.OfFamily(true))
	if bad := a.s.Diff(v6, a.synthesised()); bad != packetset.None {
		f.Code, f.Rule = finding.ProtocolRestriction, "N123"
		f.Message = fmt.Sprintf("%s takes IPv6 traffic to 64:ff9b::/96 only.", n.ID)
		f.Fix = "Route IPv6 to an egress-only internet gateway."
		a.deny(t, h, bad, f)
	}
}

// synthesised is the cases whose destination is DNS64's (N109).
func (a *space) synthesised() packetset.Set {
	x := a.s.Prefix(packetset.Destination, rules.NAT64())
	for i := range a.symbols {
		if a.symbols[i].embedded {
			x = a.s.Or(x, a.s.Exactly(a.symbols[i].family))
		}
	}
	return x
}

func regional(n *snapshot.NATGateway) bool {
	return strings.EqualFold(n.AvailabilityMode, "regional") || n.Subnet == "" && n.RouteTable != ""
}

// regionalZone judges a regional NAT gateway's reach into the client's zone (N121).
func (a gateways) regionalZone(t *flow, h Hop, n *snapshot.NATGateway, f Finding) {
	zone, id := a.from.subnet.Item.AvailabilityZone, a.from.subnet.Item.AZID
	for _, x := range n.Addresses {
		if x.Zone != "" && x.Zone == zone || x.ZoneID != "" && x.ZoneID == id || x.Zone == "" && x.ZoneID == "" {
			return
		}
	}
	if strings.EqualFold(n.AutoScaling, "disabled") {
		f.Code, f.Rule, f.URL = finding.RegionalNGWRouteAZRestriction, "N121", urlRegionalNAT
		f.Message = fmt.Sprintf("The regional NAT gateway %s has no address in %s, and does not expand by itself.", n.ID, orElse(zone, id))
		f.Fix = fmt.Sprintf("Add an address in %s to %s.", orElse(zone, id), n.ID)
		a.deny(t, h, t.cases, f)
		return
	}
	if a.explain {
		a.note(Finding{Code: finding.RegionalNGWRouteAZRestriction, Gate: finding.GateRoute, Severity: finding.Info, Component: string(n.ID), Name: nameOf(n.Tags), At: n.At,
			Message: fmt.Sprintf("%s has no address in %s yet; until it expands, another zone's serves it.", n.ID, orElse(zone, id)), Rule: "N121", URL: urlRegionalNAT})
	}
}

func publicOf(n *snapshot.NATGateway) []netip.Addr {
	var out []netip.Addr
	for _, x := range n.Addresses {
		if x.Public.IsValid() && !equalFold(x.Status, "failed") && !slices.Contains(out, x.Public) {
			out = append(out, x.Public)
		}
	}
	return out
}

// translator returns what a NAT gateway makes of source addresses.
func (a *space) translator(n *snapshot.NATGateway, second bool) *translator {
	k := natKey{n, second}
	if x, ok := a.nats[k]; ok {
		return x
	}
	x := &translator{id: string(n.ID), at: n.At, public: publicOf(n), private: strings.EqualFold(n.Connectivity, "private"),
		port: packetset.TranslatedPort, choice: packetset.TranslatedChoice}
	if second {
		x.port, x.choice = packetset.SecondPort, packetset.SecondChoice
	}
	for _, y := range n.Addresses {
		if y.Private.IsValid() && !equalFold(y.Status, "failed") && len(x.addrs) < 4096 {
			x.addrs = append(x.addrs, y.Private)
		}
	}
	a.nats[k] = x
	return x
}

// translate sends traffic through a NAT gateway: into its subnet, with
// another source, and out again by its own table (N96, N120).
func (a gateways) translate(t *flow, n *snapshot.NATGateway, h Hop, from snapshot.Located[snapshot.Subnet]) {
	client, home := t.view, t.home
	t.via = append(t.via, string(n.ID))
	after := view{nat: a.translator(n, t.view.nat != nil), embedded: t.view.embedded}
	if a.s.And(t.cases, a.synthesised()) == t.cases {
		after.embedded = true // N123
	}
	if regional(n) {
		tb := a.x.RouteTables.Get(n.RouteTable).Item
		t.back = append(t.back, func(a *walk, t *flow) {
			a.replies().routeBackBy(t, tb, snapshot.Located[snapshot.Subnet]{}, client, home)
		})
		t.view = after
		if tb == nil {
			a.leaveOpen(t, h, t.cases, finding.GateRoute, rules.Need{Code: finding.UnknownRouteTable, Component: h.Component, At: h.At,
				Fact: "the route table of the regional NAT gateway " + h.Component, Collect: "aws ec2 describe-route-tables"})
			a.end(t, Context{Via: "public"}, true)
			return
		}
		a.routeBy(t, tb, snapshot.Located[snapshot.Subnet]{})
		return
	}
	subnet, ok := a.x.Subnets.Find(n.Subnet)
	if !ok {
		a.leaveOpen(t, h, t.cases, finding.GateRoute, rules.Need{Code: finding.UnknownNAT, Component: h.Component, At: h.At,
			Fact: "the subnet of the NAT gateway " + h.Component, Collect: "aws ec2 describe-subnets"})
		a.end(t, Context{Via: "public"}, true)
		return
	}
	t.back = append(t.back, func(a *walk, t *flow) {
		a.replies().routeBack(t, subnet, client, home)
		a.throughACLView(t, subnet, client, side{dir: rules.Outbound, reply: true})
	})
	a.throughACL(t, subnet, side{dir: rules.Inbound})
	t.view = after
	a.leave(t, subnet)
}

// appliance hands traffic to an interface: a NAT instance or firewall (N124).
func (a gateways) appliance(t *flow, r *snapshot.Route, subnet snapshot.Located[snapshot.Subnet]) {
	e, inst := a.applianceInterface(r)
	if e.Item == nil {
		a.absent(t, r.Target, "network-interface", finding.UnknownRouteTarget, false, r, "aws ec2 describe-network-interfaces")
		return
	}
	id := string(e.Item.ID)
	h := Hop{Component: id, Kind: "network-interface", Via: "appliance", At: e.Item.At}
	f := Finding{Code: finding.ENISourceDestCheckRestriction, Gate: finding.GateRoute, Component: id, Name: nameOf(e.Item.Tags), Rule: "N124", URL: urlRouteOptions,
		Message: fmt.Sprintf("%s checks source and destination, so it drops traffic that is not its own.", id),
		Fix:     fmt.Sprintf("Turn off the source/destination check of %s.", id)}
	if e.Item.SourceDestCheck.Presence == snapshot.Collected && e.Item.SourceDestCheck.Value {
		a.deny(t, h, t.cases, f)
	}
	if dead := e.Item.AttachmentState == "" || strings.EqualFold(e.Item.AttachmentState, "detached"); dead || inst.Item != nil && rules.InstanceState(inst.Item.State) == rules.StateBroken {
		f.Code = finding.BadState
		f.Message = fmt.Sprintf("%s is not attached to a running instance.", id)
		f.Fix = fmt.Sprintf("Start the instance, or route the traffic to %s.", a.explanation().wayOut("a NAT gateway"))
		a.deny(t, h, t.cases, f)
	}
	if subnet.Item != nil && e.Item.Subnet == subnet.Item.ID {
		f.Code, f.Rule = finding.RoutingLoop, "N143"
		f.Message = fmt.Sprintf("%s sits in %s, whose own route table leads to it: what it sends comes back to it.", id, subnet.Item.ID)
		f.Fix = fmt.Sprintf("Move %s to a subnet with another route table.", id)
		a.deny(t, h, t.cases, f)
		a.end(t, Context{}, true)
		return
	}
	a.throughAppliance(t, e, h)
}

func (a *question) applianceInterface(r *snapshot.Route) (snapshot.Located[snapshot.NetworkInterface], snapshot.Located[snapshot.Instance]) {
	nics, instances := a.x.NetworkInterfaces, a.x.Instances
	if r.TargetKind == snapshot.TargetInstance {
		inst := instances.Get(r.Target)
		if inst.Item == nil || len(inst.Item.Interfaces) == 0 {
			return snapshot.Located[snapshot.NetworkInterface]{}, inst
		}
		return nics.Get(inst.Item.Interfaces[0]), inst
	}
	e := nics.Get(snapshot.NetworkInterfaceID(r.Target))
	if e.Item == nil {
		return e, snapshot.Located[snapshot.Instance]{}
	}
	return e, instances.Get(e.Item.InstanceID)
}

// throughAppliance judges what surrounds an appliance. What it does itself is
// not in a snapshot, so that nothing passes for certain.
func (a gateways) throughAppliance(t *flow, e snapshot.Located[snapshot.NetworkInterface], h Hop) {
	n, ok := a.x.Subnets.Find(e.Item.Subnet)
	t.via = append(t.via, string(e.Item.ID))
	if ok {
		a.throughACL(t, n, side{dir: rules.Inbound})
	}
	filtered := e.Item.GroupsKnown && !rules.Unfiltered(e.Item)
	if filtered {
		a.delivery().groupStep(t, e.Item.Groups, string(e.Item.ID), side{dir: rules.Inbound})
	}
	a.opaque(t, h, "the appliance "+h.Component)
	if !ok || e.Item.VPC != t.vpcID {
		a.end(t, Context{}, true)
		return
	}
	if filtered {
		a.delivery().groupStep(t, e.Item.Groups, string(e.Item.ID), side{dir: rules.Outbound})
	}
	a.throughACL(t, n, side{dir: rules.Outbound})
	a.onward(t, n, e)
	a.end(t, Context{Via: "public", Region: a.s3Region()}, true)
}

// onward finds what stops an appliance from sending on, where its subnet's
// table leaves no way.
func (a gateways) onward(t *flow, n snapshot.Located[snapshot.Subnet], e snapshot.Located[snapshot.NetworkInterface]) {
	tb, need := a.tableOf(n.Item)
	if need != nil {
		return
	}
	routes := a.routesOf(tb)
	for _, p := range a.lookUp(tb, t.view, false) {
		cases := a.s.And(p.Cases, t.cases)
		if cases == packetset.None || len(p.Routes) > 1 {
			continue
		}
		h := Hop{Component: string(tb.ID), Kind: "route-table", At: tb.At}
		if p.Routes[0] == rules.NoRoute {
			h.Via = "no route"
			a.deny(t, h, cases, a.explanation().noRoute(t, tb, n))
			continue
		}
		r := &routes[p.Routes[0]]
		h.Via, h.At = routeText(r), r.At
		switch {
		case rules.Blackhole(r):
			a.deny(t, h, cases, Finding{Code: finding.BadStateRoute, Gate: finding.GateRoute, Component: string(tb.ID), Name: nameOf(tb.Tags), RuleIndex: &p.Routes[0],
				Message: fmt.Sprintf("The route %s of %s is a blackhole.", routeText(r), tb.ID), Fix: "Point the route at a target that exists.", Rule: "N35", URL: urlRoute})
		case r.TargetKind == snapshot.TargetInternetGateway && !hasPublic(e.Item):
			if v4 := a.s.And(cases, a.s.OfFamily(false)); v4 != packetset.None {
				a.deny(t, Hop{Component: r.Target, Kind: "internet-gateway", At: r.At}, v4, Finding{Code: finding.IGWPublicIPAssociationForEgress,
					Gate: finding.GateRoute, Component: string(e.Item.ID), Name: nameOf(e.Item.Tags), At: e.Item.At, Rule: "N124", URL: urlIGW,
					Message: fmt.Sprintf("The appliance %s sends to %s and has no public IPv4 address.", e.Item.ID, r.Target),
					Fix:     fmt.Sprintf("Associate an Elastic IP address with %s.", e.Item.ID)})
			}
		}
	}
}

func hasPublic(e *snapshot.NetworkInterface) bool {
	return slices.ContainsFunc(e.Addresses, func(x snapshot.InterfaceAddress) bool { return x.Public.IsValid() })
}
