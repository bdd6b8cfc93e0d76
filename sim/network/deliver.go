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

// target is an interface, or several alike, that the destination stands for.
type target struct {
	cases       packetset.Set // by destination address
	component   string
	kind        string
	name        string
	at          snapshot.Source
	vpc         snapshot.VPCID
	subnet      snapshot.SubnetID
	groups      []snapshot.SecurityGroupID
	groupsKnown bool
	unfiltered  bool   // AWS manages it, and no group filters it (N159)
	answers     string // what would tell whether it answers, where the snapshot does not: a load balancer's listeners
	endpoint    snapshot.Located[snapshot.VPCEndpoint]
	// public: cases are addressed to a public address that is mapped to it.
	public bool
	// addressUnknown: cases holds every address that it may have (N62).
	addressUnknown bool
}

// targetCases is the cases addressed to a known interface.
func (a *question) targetCases() packetset.Set {
	x := packetset.None
	for i := range a.targets {
		x = a.s.Or(x, a.targets[i].cases)
	}
	return x
}

// deliver hands traffic to the interfaces in subnet that it is addressed to.
func (a delivery) deliver(t *flow, subnet snapshot.Located[snapshot.Subnet]) {
	a.lints().lintZone(subnet)
	rest := t.cases
	for i := range a.targets {
		y := &a.targets[i]
		if y.subnet != subnet.Item.ID {
			continue
		}
		if cases := a.s.And(rest, y.cases); cases != packetset.None {
			rest = a.s.Diff(rest, cases)
			a.receive(t.with(cases), y)
		}
	}
	if rest == packetset.None {
		return
	}
	t.cases = rest
	h := Hop{Component: string(subnet.Item.ID), Kind: "subnet", At: subnet.Item.At}
	v := a.x.VPCs.Get(subnet.Item.VPC)
	if !a.nested && ownView(v) && knownAbsent(&v.Region.EC2.NetworkInterfaces) {
		a.deny(t, h, rest, Finding{Code: finding.NoSuchInterface, Gate: finding.GateRoute, Component: h.Component, Name: nameOf(subnet.Item.Tags),
			Message: fmt.Sprintf("No interface in %s has the destination's address, so nothing answers there.", subnet.Item.ID), Fix: "Use the address of an interface that exists.", Rule: "N170", URL: urlSubnetRoute})
	} else {
		a.leaveOpen(t, h, rest, finding.GateRoute, rules.Need{Code: finding.UnknownDestination, Component: h.Component, At: h.At,
			Fact: "which interface in " + h.Component + " has the destination's address, and its security groups", Collect: "aws ec2 describe-network-interfaces"})
	}
	a.end(t, Context{}, true)
}

// receive is the far interface: its state, its groups, and what it sees.
func (a delivery) receive(t *flow, y *target) {
	h := Hop{Component: y.component, Kind: y.kind, At: y.at}
	if e := y.endpoint.Item; e != nil {
		h.Via = "interface endpoint for " + e.ServiceName
		a.badState(t, h, rules.EndpointState(e.State), Finding{Code: finding.BadState, Gate: finding.GateEndpoint, Component: string(e.ID), Name: y.name, At: e.At,
			Message: fmt.Sprintf("The interface endpoint %s is in state %q and carries no traffic.", e.ID, e.State), Fix: "Wait until the endpoint is available, or create it anew.", Rule: "N73", URL: urlInterfaceEndpoint}, e.State)
		if a.q.Protocol != 6 {
			a.deny(t, h, t.cases, Finding{Code: finding.ProtocolRestriction, Gate: finding.GateEndpoint, Component: string(e.ID), Name: y.name, At: e.At,
				Message: fmt.Sprintf("The interface endpoint %s answers TCP only.", e.ID), Fix: "Use TCP port 443.", Rule: "N73", URL: urlInterfaceEndpoint})
		}
		a.cleartext(t, h, y)
	} else {
		t.pass(h)
	}
	if y.addressUnknown {
		a.leaveOpen(t, h, t.cases, finding.GateEndpoint, rules.Need{Code: finding.UnknownEndpointInterfaces, Component: y.component, At: y.at,
			Fact: "the address that " + y.component + " has in " + string(y.subnet), Collect: "aws ec2 describe-network-interfaces"})
	}
	if y.answers != "" {
		a.leaveOpen(t, h, t.cases, finding.GateRoute, rules.Need{Code: finding.UnknownListeners, Component: y.component, At: y.at,
			Fact: "whether " + y.component + " answers: " + y.answers, Collect: "aws elbv2 describe-listeners"})
	}
	switch {
	case y.unfiltered:
	case y.groupsKnown:
		a.groupStep(t, y.groups, y.component, side{dir: rules.Inbound})
	default:
		a.leaveOpen(t, h, t.cases, finding.GateSGIngress, rules.Need{Code: finding.UnknownSG, Component: y.component, At: y.at, Fact: "the security groups of " + y.component, Collect: "aws ec2 describe-network-interfaces"})
	}
	if y.endpoint.Item != nil {
		a.end(t, a.interfaceContext(t, y), false)
		return
	}
	a.end(t, Context{SourceIsClient: t.view.nat == nil}, false)
}

func (a delivery) interfaceContext(t *flow, y *target) Context {
	c := a.endpointContext("interface-endpoint", y.endpoint)
	if n := t.view.nat; n != nil {
		c.SourceIsClient = false
		for _, p := range n.addrs {
			c.VPCSourceIP = append(c.VPCSourceIP, AddrRange{p, p})
		}
	}
	return c
}

// groupStep judges the groups of one interface.
func (a delivery) groupStep(t *flow, ids []snapshot.SecurityGroupID, owner string, d side) {
	groups := a.groupsOf(ids)
	v := t.view
	relation := a.relation(t)
	k := filterKey{what: a.groupsKey(groups, ids), view: v, side: d, universe: a.universe, protocol: a.q.Protocol}
	if d.dir == rules.Inbound {
		k.peer = fmt.Sprint(a.from.groupsKey, relation, t.opaque || v.nat != nil)
	} else {
		k.peer = a.targetsKey()
	}
	f, ok := a.filters[k]
	if !ok {
		tr := a.traffic(v, d)
		tr.Group = a.groupMatcher(t, d, relation)
		f = rules.PermittedByGroups(groups, ids, d.dir, tr)
		a.filters[k] = f
	}
	gate := finding.GateSGEgress
	if d.dir == rules.Inbound {
		gate = finding.GateSGIngress
	}
	var hops []Hop
	for i, g := range groups {
		h := Hop{Component: string(ids[i]), Kind: "security-group", Via: d.dir.String() + " of " + owner}
		if g != nil {
			h.At = g.At
		}
		hops = append(hops, h)
	}
	if len(hops) == 0 {
		hops = []Hop{{Component: owner, Kind: "security-group", Via: d.dir.String() + ": no group"}}
	}
	var blame func(packetset.Set) []Finding
	if a.explain {
		a.lints().lintGroups(groups, owner, gate, d.dir)
		blame = func(denied packetset.Set) []Finding {
			return a.explanation().blameGroups(groups, ids, owner, v, d, gate, relation, t.opaque, denied)
		}
		for _, o := range f.Odd {
			a.note(Finding{Code: finding.SGPortRange, Gate: gate, Severity: finding.Warning, Component: string(o.Group), At: o.At, Message: o.Message, Rule: "N82", URL: urlSG})
		}
	}
	a.filter(t, hops, gate, stepKey{kind: "security-group", component: k.what.(string) + owner, side: d, view: v}, f, blame)
}

func (a delivery) targetsKey() string {
	var b strings.Builder
	for i := range a.targets {
		fmt.Fprintf(&b, "%s/%d,", a.targets[i].component, a.targets[i].cases)
	}
	return b.String()
}

// relation is how the client's VPC and the one where traffic is are linked.
type relation uint8

const (
	sameVPC relation = iota
	peered
	peeredMaybe // whether in one Region, or whether active, is not told
	transited
	referencing // by a transit gateway that supports references on both sides
	unrelated
)

func (a delivery) relation(t *flow) relation {
	switch {
	case t.home.kind == snapshot.TargetLocal && t.vpcID == a.from.vpcID:
		return sameVPC
	case t.home.kind == snapshot.TargetPeering:
		p := a.x.Peerings.Get(snapshot.PeeringID(t.home.link)).Item
		return peeringRelation(p)
	case t.home.kind == snapshot.TargetTransitGateway:
		g := a.x.TransitGateways.Get(snapshot.TransitGatewayID(t.home.link)).Item
		out := a.x.TGWAttachments.Get(t.home.attachment).Item
		in := a.x.TGWAttachments.Get(a.x.vpcAttachment[tgwVPC{snapshot.TransitGatewayID(t.home.link), t.home.client}]).Item
		if g != nil && in != nil && out != nil && equalFold(g.SecurityGroupReferencing, "enable") && equalFold(in.SecurityGroupReferencing, "enable") && equalFold(out.SecurityGroupReferencing, "enable") {
			return referencing
		}
		return transited
	}
	return unrelated
}

func peeringRelation(p *snapshot.Peering) relation {
	if p == nil {
		return peeredMaybe
	}
	same, known := rules.SameRegion(p)
	switch {
	case rules.PeeringState(p.Status) == rules.StateBroken || known && !same:
		return unrelated
	case rules.PeeringState(p.Status) == rules.StateUnknown || !known:
		return peeredMaybe
	}
	return peered
}

// groupMatcher words references to groups (N83 to N86): membership of the
// interface at the other end, hypothetical ones included.
func (a delivery) groupMatcher(t *flow, d side, rel relation) func(snapshot.GroupReference) rules.Match {
	if d.dir == rules.Inbound {
		lost := t.opaque || t.view.nat != nil
		toEndpoint := slices.ContainsFunc(a.targets, func(y target) bool { return y.endpoint.Item != nil })
		return func(g snapshot.GroupReference) rules.Match { return a.memberSource(g, rel, lost, toEndpoint) }
	}
	return a.memberTarget
}

func (a delivery) memberSource(g snapshot.GroupReference, rel relation, lost, toEndpoint bool) rules.Match {
	need := rules.Need{Code: finding.UnknownSG, Component: string(g.Group), At: g.At, Fact: "whether " + a.from.words() + " carries " + string(g.Group)}
	switch {
	case lost || rel == unrelated || rel == transited || rel == referencing && toEndpoint: // N72
		return rules.Match{}
	case !a.from.groupsKnown:
		return rules.Match{Maybe: packetset.All, Why: need}
	case !slices.Contains(a.from.groups, g.Group):
		return rules.Match{}
	case rel == peeredMaybe:
		need.Fact = "whether the peering by which " + string(g.Group) + " is referenced is active and within one Region"
		return rules.Match{Maybe: packetset.All, Why: need}
	}
	return rules.Match{Yes: packetset.All}
}

// memberTarget is the cases addressed to an interface that carries a group.
func (a delivery) memberTarget(g snapshot.GroupReference) rules.Match {
	var m rules.Match
	for i := range a.targets {
		y := &a.targets[i]
		rel := a.targetRelation(y)
		if rel == unrelated || rel == transited {
			continue
		}
		switch {
		case !y.groupsKnown || rel == peeredMaybe && slices.Contains(y.groups, g.Group):
			m.Maybe = a.s.Or(m.Maybe, y.cases)
			m.Why = rules.Need{Code: finding.UnknownSG, Component: y.component, At: y.at, Fact: "whether " + y.component + " carries " + string(g.Group)}
		case slices.Contains(y.groups, g.Group):
			m.Yes = a.s.Or(m.Yes, y.cases)
		}
	}
	return m
}

// targetRelation is how a target's VPC is linked with the client's, for the
// client's outbound rules, which see no transit gateway (N83).
func (a delivery) targetRelation(y *target) relation {
	if y.vpc == a.from.vpcID {
		return sameVPC
	}
	best := unrelated
	for _, acc := range a.x.Snapshot.Accounts {
		for _, r := range acc.Regions {
			for i := range r.EC2.Peerings.Items {
				p := &r.EC2.Peerings.Items[i]
				_, other, ok := rules.PeeringSides(p, a.from.vpcID)
				if ok && other.VPC == y.vpc {
					best = min(best, peeringRelation(p))
				}
			}
		}
	}
	return best
}

// addTarget makes a target of an interface. An endpoint's keeps its endpoint.
func (a *question) addTarget(n snapshot.Located[snapshot.NetworkInterface], e snapshot.Located[snapshot.VPCEndpoint], within func(netip.Addr) bool) {
	y := target{component: string(n.Item.ID), kind: "network-interface", name: nameOf(n.Item.Tags), at: n.Item.At, vpc: n.Item.VPC, subnet: n.Item.Subnet,
		groups: n.Item.Groups, groupsKnown: n.Item.GroupsKnown, endpoint: e}
	y.managed(n.Item)
	var addrs []netip.Addr
	for _, p := range n.Item.Addresses {
		if within == nil || within(p.Private) {
			addrs = append(addrs, p.Private)
		}
	}
	for _, p := range n.Item.IPv6 {
		if within == nil || within(p) {
			addrs = append(addrs, p)
		}
	}
	if e.Item != nil {
		y.component, y.kind, y.name = string(e.Item.ID), "vpc-endpoint", nameOf(e.Item.Tags)
		a.endpointGroups(&y, e.Item)
	}
	y.cases = addrSet(a.s, packetset.Destination, addrs)
	if y.cases != packetset.None {
		a.targets = append(a.targets, y)
	}
}

// managed notes what differs for an interface that AWS manages (N159).
func (y *target) managed(n *snapshot.NetworkInterface) {
	y.unfiltered = rules.Unfiltered(n)
	switch {
	case rules.OfNetworkLoadBalancer(n):
		y.answers = fmt.Sprintf("it is an interface of a Network Load Balancer (%s), whose listeners are not in the snapshot", orElse(n.Description, n.InterfaceType))
	case y.unfiltered:
		y.answers = fmt.Sprintf("AWS manages it (%s), and the snapshot does not hold what it listens to", n.InterfaceType)
	}
}

// endpointGroups gives an endpoint's interface the groups that the endpoint
// tells where its own are not known or none; and where the endpoint has none
// either, the VPC's default one, which AWS attaches if none is chosen (N65).
func (a *question) endpointGroups(y *target, e *snapshot.VPCEndpoint) {
	if len(y.groups) == 0 && e.GroupsKnown {
		y.groups, y.groupsKnown = e.Groups, true
	}
	if n := a.x.Subnets.Get(y.subnet); y.groupsKnown && len(y.groups) == 0 && n.Item != nil {
		y.groups, y.groupsKnown = a.defaultGroup(n)
	}
}

func equalFold(x, y string) bool { return strings.EqualFold(x, y) }
