package network

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/canreach/canreach/internal/packetset"
	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/snapshot"
)

// decideInbound is a question from the internet to an interface: by the VPC's
// internet gateway, to a public address that is mapped to it.
func (a *asking) decideInbound() (*Result, error) {
	a.from = source{component: "internet", kind: "internet", v4: true, v6: true, groupsKnown: true, groupsKey: "internet"}
	a.from.addresses = a.internetSources()
	to := &a.q.To
	if to.Address.IsValid() {
		if err := a.publicTargets(to.Address.Masked()); err != nil {
			return nil, err
		}
	} else if to.Interface == "" && to.Instance == "" && to.Subnet == "" {
		return nil, nonsense("from the internet, only interfaces, instances, subnets and addresses can be asked about")
	} else if _, err := a.destinations(); err != nil {
		return nil, err
	}
	a.pose(resolution{branches: []branch{{destinations: a.targetCases()}}})
	for i := range a.targets {
		a.enterFromInternet(&a.targets[i])
	}
	return a.result(), nil
}

func (a *asking) internetSources() packetset.Set {
	x := a.s.Or(a.s.Prefix(packetset.Source, netip.MustParsePrefix("0.0.0.0/0")), a.s.Prefix(packetset.Source, netip.MustParsePrefix("2000::/3")))
	for _, p := range rules.SpecialPurpose() {
		x = a.s.Diff(x, a.s.Prefix(packetset.Source, p))
	}
	return x
}

// publicTargets finds the interfaces that have a public or private address in p.
func (a *asking) publicTargets(p netip.Prefix) error {
	for _, acc := range a.x.snap.Accounts {
		for _, r := range acc.Regions {
			for i := range r.EC2.NetworkInterfaces.Items {
				e := &r.EC2.NetworkInterfaces.Items[i]
				has := func(x snapshot.InterfaceAddress) bool { return p.Contains(x.Public) || p.Contains(x.Private) }
				if slices.ContainsFunc(e.Addresses, has) || slices.ContainsFunc(e.IPv6, p.Contains) {
					a.addTarget(located[snapshot.NetworkInterface]{of: e, in: r}, located[snapshot.VPCEndpoint]{}, func(x netip.Addr) bool {
						return p.Contains(x) || slices.ContainsFunc(e.Addresses, func(y snapshot.InterfaceAddress) bool { return y.Private == x && p.Contains(y.Public) })
					})
				}
			}
		}
	}
	if len(a.targets) == 0 {
		return nonsense("no interface in the snapshot has an address in %s", p)
	}
	return nil
}

// enterFromInternet sends traffic through the internet gateway to one target.
func (a *asking) enterFromInternet(y *target) {
	cases := a.s.And(a.cases, y.cases)
	n, v := a.x.subnets[y.subnet], a.x.vpcs[y.vpc]
	if cases == packetset.None || n.of == nil {
		return
	}
	t := &trail{cases: cases, vpc: v.of, vpcID: y.vpc, region: v.in, home: home{kind: snapshot.TargetInternetGateway}}
	t.pass(Hop{Component: "internet", Kind: "internet"})
	g := a.gatewayOf(y.vpc)
	h := Hop{Component: string(y.vpc), Kind: "internet-gateway", At: n.of.At}
	if g == nil {
		if v.in == nil || v.in.EC2.InternetGateways.Presence != snapshot.Collected {
			a.doubt(t, h, cases, gateRoute, rules.Need{Code: "UNK_ROUTE_TARGET", Component: string(y.vpc), At: n.of.At, Fact: "the internet gateway of " + string(y.vpc), Collect: "aws ec2 describe-internet-gateways"})
		} else {
			a.deny(t, h, cases, Finding{Code: "BAD_STATE_ATTACHMENT", AnalyzerCode: "BAD_STATE_ATTACHMENT", Gate: gateRoute, Component: string(y.vpc),
				Message: fmt.Sprintf("No internet gateway is attached to %s.", y.vpc), Fix: "Attach an internet gateway.", Rule: "N110", URL: urlIGW})
		}
		a.end(t, Context{}, true)
		return
	}
	h.Component, h.At = string(g.ID), g.At
	t.home.link = h.Component
	t.pass(h)
	a.lintCrossing(y.vpc, h, crossInternetGateway)
	a.mappedOnly(t, h, y)
	a.inboundBPA(t, n)
	a.inboundEdge(t, n)
	a.enter(t, n)
}

func (a *asking) gatewayOf(vpc snapshot.VPCID) *snapshot.InternetGateway {
	for _, acc := range a.x.snap.Accounts {
		for _, r := range acc.Regions {
			for i := range r.EC2.InternetGateways.Items {
				g := &r.EC2.InternetGateways.Items[i]
				if slices.ContainsFunc(g.Attachments, func(x snapshot.GatewayAttachment) bool {
					return x.VPC == vpc && rules.GatewayAttachmentState(x.State) == rules.StateWorks
				}) {
					return g
				}
			}
		}
	}
	return nil
}

// mappedOnly drops IPv4 for addresses that no public one is mapped to (N110).
func (a *asking) mappedOnly(t *trail, h Hop, y *target) {
	has := packetset.None
	if e, ok := a.x.nics().byID[snapshot.NetworkInterfaceID(y.component)]; ok {
		for _, p := range e.of.Addresses {
			if p.Public.IsValid() {
				has = a.s.Or(has, a.s.Addresses(packetset.Destination, p.Private, p.Private))
			}
		}
	}
	if bad := a.s.Diff(a.onWire(t, false), has); bad != packetset.None {
		a.deny(t, h, bad, Finding{Code: "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", AnalyzerCode: "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", Gate: gateRoute, Component: y.component, Name: y.name, At: y.at,
			Message: fmt.Sprintf("No public IPv4 address leads to %s.", y.component), Fix: fmt.Sprintf("Associate an Elastic IP address with %s.", y.component), Rule: "N110", URL: urlIGW})
	}
}

// inboundBPA is Block Public Access for traffic that starts outside: both
// modes stop it, unless an exclusion allows both directions.
func (a *asking) inboundBPA(t *trail, n located[snapshot.Subnet]) {
	a.from.subnet = n // exclusions are looked up by the only subnet there is
	a.blockPublicAccess(t, n, false)
	a.from.subnet = located[snapshot.Subnet]{}
}

// inboundEdge judges the gateway's own route table (N39).
func (a *asking) inboundEdge(t *trail, n located[snapshot.Subnet]) {
	tb := a.x.routeTables[a.x.edgeTable[t.home.link]].of
	if tb == nil {
		return
	}
	routes := a.routesOf(tb)
	for _, p := range a.lookUp(tb, t.view, false) {
		cases := a.s.And(p.Cases, t.cases)
		if cases == packetset.None || p.Routes[0] == rules.NoRoute || routes[p.Routes[0]].TargetKind == snapshot.TargetLocal {
			continue
		}
		r := &routes[p.Routes[0]]
		a.doubt(t, Hop{Component: string(tb.ID), Kind: "route-table", Via: routeText(r), At: r.At}, cases, gateRoute, rules.Need{Code: "MIDDLEBOX_OPAQUE", Component: r.Target, At: r.At,
			Fact: "what " + r.Target + ", to which the edge route table " + string(tb.ID) + " sends the traffic, does with it; that is not in a snapshot"})
	}
}
