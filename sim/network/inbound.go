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

// startsOutside reports whether the source is an address that is in no VPC of
// the snapshot and of no interface in it.
func (a *question) startsOutside() bool {
	p := a.q.From.Address
	if !p.IsValid() || p.IsSingleIP() && len(a.interfacesIn(p))+len(a.publicOwners(p)) > 0 {
		return false
	}
	for _, v := range a.x.VPCs.Map() {
		if slices.ContainsFunc(v.Item.CIDRs, p.Overlaps) || slices.ContainsFunc(v.Item.IPv6CIDRs, p.Overlaps) {
			return false
		}
	}
	for _, n := range a.x.Subnets.Map() {
		if n.Item.CIDR.IsValid() && n.Item.CIDR.Overlaps(p) || slices.ContainsFunc(n.Item.IPv6CIDRs, p.Overlaps) {
			return false
		}
	}
	return true
}

// decideInbound is a question from outside of every VPC to an interface: from
// the internet by the VPC's internet gateway to a public address that is
// mapped to it, and from a private address by a gateway to other networks.
func (a inbound) decideInbound() (*Result, error) {
	private := a.fromThere()
	to := &a.q.To
	switch {
	case to.Address.IsValid() && !private && rules.OffInternet(to.Address.Masked()):
		return a.toPrivateAddress(to.Address.Masked()), nil
	case to.Address.IsValid():
		if err := a.publicTargets(to.Address.Masked()); err != nil {
			return nil, err
		}
	case to.Interface == "" && to.Instance == "" && to.Subnet == "" && to.VPCEndpoint == "":
		return nil, nonsense("from %s, only interfaces, instances, subnets, interface endpoints and addresses can be asked about", a.from.component)
	default:
		if _, err := a.resolver().destinations(); err != nil {
			return nil, err
		}
	}
	if a.q.From.Internet {
		for i := range a.targets {
			a.from.addresses = a.s.Diff(a.from.addresses, a.onPremisesSources(a.targets[i].vpc, nil))
		}
	}
	a.setCases(resolution{branches: []branch{{destinations: a.targetCases()}}})
	if a.cases == packetset.None && a.s.Err() == nil {
		return nil, nonsense("%s and the destination have no family of addresses in common", a.from.component)
	}
	for i := range a.targets {
		y := &a.targets[i]
		cases := a.s.And(a.cases, y.cases)
		if private {
			a.enterFromElsewhere(y, cases, a.entrances(y.vpc, a.x.VPCs.Get(y.vpc).Region))
			continue
		}
		var links []string
		onPremises := a.s.And(cases, a.onPremisesSources(y.vpc, &links))
		a.enterFromElsewhere(y, onPremises, slices.DeleteFunc(a.entrances(y.vpc, a.x.VPCs.Get(y.vpc).Region), func(e entrance) bool { return !slices.Contains(links, e.home.link) }))
		a.enterFromInternet(y, a.s.Diff(cases, onPremises))
	}
	return a.summary().result(), nil
}

// toPrivateAddress is traffic from the internet to a private address: no such
// packet exists (N167). The public address that leads to its interface is named.
func (a inbound) toPrivateAddress(p netip.Prefix) *Result {
	d := a.s.Prefix(packetset.Destination, p)
	a.setCases(resolution{branches: []branch{{destinations: d}}})
	t := &flow{cases: a.cases}
	t.pass(Hop{Component: a.from.component, Kind: a.from.kind})
	word := strings.TrimSuffix(strings.TrimSuffix(p.String(), "/32"), "/128")
	f := Finding{Code: finding.NoPossibleDestination, Gate: finding.GateRoute, Component: word, Rule: "N167", URL: urlIGW,
		Message: fmt.Sprintf("The internet carries no packets to the private address %s.", word),
		Fix:     "Ask about a public address, or start inside the VPC."}
	for _, e := range a.interfacesIn(p) {
		for _, x := range e.Item.Addresses {
			if p.Contains(x.Private) && x.Public.IsValid() {
				f.Component, f.Name, f.At = string(e.Item.ID), nameOf(e.Item.Tags), e.Item.At
				f.Message += fmt.Sprintf(" %s, which has it, is reached from the internet at %s.", e.Item.ID, x.Public)
				f.Fix = fmt.Sprintf("Ask about %s.", x.Public)
			}
		}
	}
	a.deny(t, Hop{Component: word, Kind: "address", At: f.At}, t.cases, f)
	a.end(t, Context{}, true)
	return a.summary().result()
}

// fromThere words the source, and reports whether it is a private address.
func (a inbound) fromThere() (private bool) {
	p := a.q.From.Address
	if !p.IsValid() {
		a.from = source{component: "internet", kind: "internet", v4: true, v6: true, groupsKnown: true, groupsKey: "internet"}
		a.from.addresses = a.internetSources()
		return false
	}
	p = p.Masked()
	word := strings.TrimSuffix(strings.TrimSuffix(p.String(), "/32"), "/128")
	a.from = source{component: word, kind: "address", v4: p.Addr().Is4(), v6: p.Addr().Is6(), groupsKnown: true, groupsKey: "outside"}
	a.from.addresses = a.s.Prefix(packetset.Source, p)
	return !rules.OnInternet(p)
}

func (a inbound) internetSources() packetset.Set {
	x := a.s.Or(a.s.Prefix(packetset.Source, netip.MustParsePrefix("0.0.0.0/0")), a.s.Prefix(packetset.Source, netip.MustParsePrefix("2000::/3")))
	return a.s.Diff(x, a.resolver().notInternet(packetset.Source))
}

// publicTargets finds the interfaces that have a public or private address in p.
func (a inbound) publicTargets(p netip.Prefix) error {
	for _, acc := range a.x.Snapshot.Accounts {
		for _, r := range acc.Regions {
			for i := range r.EC2.NetworkInterfaces.Items {
				e := &r.EC2.NetworkInterfaces.Items[i]
				has := func(x snapshot.InterfaceAddress) bool { return p.Contains(x.Public) || p.Contains(x.Private) }
				if slices.ContainsFunc(e.Addresses, has) || slices.ContainsFunc(e.IPv6, p.Contains) {
					a.addTarget(snapshot.Located[snapshot.NetworkInterface]{Item: e, Region: r}, snapshot.Located[snapshot.VPCEndpoint]{}, func(x netip.Addr) bool {
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
func (a inbound) enterFromInternet(y *target, cases packetset.Set) {
	if cases == packetset.None || a.x.Subnets.Get(y.subnet).Item == nil {
		return
	}
	t := &flow{cases: cases, home: home{kind: snapshot.TargetInternetGateway}}
	t.pass(Hop{Component: a.from.component, Kind: a.from.kind})
	a.throughInternetGateway(t, y, true)
}

// throughInternetGateway takes traffic from the internet into the target's
// VPC. mapped: it is addressed to the target's private address here, so that
// whether a public one leads to it is to be judged.
func (a inbound) throughInternetGateway(t *flow, y *target, mapped bool) {
	n, v := a.x.Subnets.Get(y.subnet), a.x.VPCs.Get(y.vpc)
	t.vpc, t.vpcID, t.region, t.home = v.Item, y.vpc, v.Region, home{kind: snapshot.TargetInternetGateway}
	g := a.gatewayOf(y.vpc)
	h := Hop{Component: string(y.vpc), Kind: "internet-gateway", At: n.Item.At}
	if g == nil {
		if v.Region == nil || v.Region.EC2.InternetGateways.Presence != snapshot.Collected || slices.ContainsFunc(v.Region.EC2.InternetGateways.Items, func(g snapshot.InternetGateway) bool { return len(g.Attachments) == 0 && !g.AttachmentsKnown }) {
			a.leaveOpen(t, h, t.cases, finding.GateRoute, rules.Need{Code: finding.UnknownRouteTarget, Component: string(y.vpc), At: n.Item.At, Fact: "the internet gateway of " + string(y.vpc), Collect: "aws ec2 describe-internet-gateways"})
		} else {
			a.deny(t, h, t.cases, Finding{Code: finding.BadStateAttachment, Gate: finding.GateRoute, Component: string(y.vpc),
				Message: fmt.Sprintf("No internet gateway is attached to %s.", y.vpc), Fix: "Attach an internet gateway.", Rule: "N110", URL: urlIGW})
		}
		a.end(t, Context{}, true)
		return
	}
	h.Component, h.At = string(g.ID), g.At
	t.home.link = h.Component
	t.pass(h)
	a.lints().lintCrossing(y.vpc, h, crossInternetGateway)
	if mapped {
		a.mappedOnly(t, h, y)
	}
	a.gateways().blockPublicAccess(t, n, false) // both modes stop what starts outside, unless an exclusion allows both directions
	a.inboundEdge(t, n)
	a.enter(t, n)
}

func (a *question) gatewayOf(vpc snapshot.VPCID) *snapshot.InternetGateway {
	for _, acc := range a.x.Snapshot.Accounts {
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
func (a inbound) mappedOnly(t *flow, h Hop, y *target) {
	has := packetset.None
	if e, ok := a.x.NetworkInterfaces.Find(snapshot.NetworkInterfaceID(y.component)); ok {
		for _, p := range e.Item.Addresses {
			if p.Public.IsValid() {
				has = a.s.Or(has, a.s.Addresses(packetset.Destination, p.Private, p.Private))
			}
		}
	}
	if bad := a.s.Diff(a.gateways().onWire(t, false), has); bad != packetset.None {
		a.deny(t, h, bad, Finding{Code: finding.IGWPrivateIPAssociationForIngress, Gate: finding.GateRoute, Component: y.component, Name: y.name, At: y.at,
			Message: fmt.Sprintf("No public IPv4 address leads to %s.", y.component), Fix: fmt.Sprintf("Associate an Elastic IP address with %s.", y.component), Rule: "N110", URL: urlIGW})
	}
}

// inboundEdge judges the gateway's own route table (N39).
func (a inbound) inboundEdge(t *flow, n snapshot.Located[snapshot.Subnet]) {
	tb := a.x.RouteTables.Get(a.x.edgeTable[t.home.link]).Item
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
		a.leaveOpen(t, Hop{Component: string(tb.ID), Kind: "route-table", Via: routeText(r), At: r.At}, cases, finding.GateRoute, rules.Need{Code: finding.MiddleboxOpaque, Component: r.Target, At: r.At,
			Fact: "what " + r.Target + ", to which the edge route table " + string(tb.ID) + " sends the traffic, does with it; that is not in a snapshot"})
	}
}

// addPublicTargets finds the interfaces to which public addresses in p are
// mapped: traffic to them that leaves by an internet gateway comes back by
// theirs.
func (a *question) addPublicTargets(p netip.Prefix) {
	if !rules.OnInternet(p) {
		return
	}
	for _, e := range a.publicOwners(p) {
		for _, x := range e.Item.Addresses {
			if p.Contains(x.Public) {
				y := target{component: string(e.Item.ID), kind: "network-interface", name: nameOf(e.Item.Tags), at: e.Item.At, vpc: e.Item.VPC, subnet: e.Item.Subnet,
					groups: e.Item.Groups, groupsKnown: e.Item.GroupsKnown, public: true, cases: a.s.Addresses(packetset.Destination, x.Public, x.Public)}
				y.managed(e.Item)
				a.targets = append(a.targets, y)
			}
		}
	}
}

// backInside takes what left by an internet gateway, for a public address
// that is mapped to a known interface or for an IPv6 address of one, into
// that one's VPC. It is seen there with its public source, and takes no
// group's membership along. No way leads back to a private IPv4 address.
func (a inbound) backInside(t *flow, ctx *Context) {
	for i := range a.targets {
		y := &a.targets[i]
		cases := a.s.And(t.cases, y.cases)
		if cases == packetset.None || a.x.Subnets.Get(y.subnet).Item == nil {
			continue
		}
		if v4 := a.s.And(cases, a.s.OfFamily(false)); !y.public && v4 != packetset.None {
			a.deny(t, Hop{Component: y.component, Kind: y.kind, At: y.at}, v4, Finding{Code: finding.NoPossibleDestination, Gate: finding.GateRoute, Component: y.component, Name: y.name,
				Message: fmt.Sprintf("The traffic leaves the VPC by an internet gateway, which no way leads back from to the private address of %s.", y.component),
				Fix:     fmt.Sprintf("Route the traffic to %s by the local route, a peering or a transit gateway.", y.vpc), Rule: "N113", URL: urlIGW})
			continue
		}
		t.cases = a.s.Diff(t.cases, cases)
		c := t.with(cases)
		if len(ctx.PublicIPs) > 0 {
			c.view.nat = a.seenAs(c.view, ctx.PublicIPs)
		}
		a.throughInternetGateway(c, y, false)
	}
}

// seenAs is a source as the internet sees it.
func (a *space) seenAs(v view, public []netip.Addr) *translator {
	n := &translator{id: "public", addrs: slices.Clone(public), public: public, port: v.sourcePort(), choice: packetset.TranslatedChoice}
	if v.nat != nil {
		n.choice = v.nat.choice
	}
	key := fmt.Sprint(public, n.port, n.choice)
	if old, ok := a.seen[key]; ok {
		return old
	}
	a.seen[key] = n
	return n
}
