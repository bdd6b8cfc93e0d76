package concrete

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/canreach/canreach/snapshot"
)

func isS3(service string) bool { return strings.HasSuffix(service, ".s3") }

// toEndpoint is a route to "vpce-…": a gateway endpoint, or a Gateway Load
// Balancer endpoint (N31).
func (p *packet) toEndpoint(r *snapshot.Route) Outcome {
	v := p.e.endpoint(r.Target)
	if v == nil {
		return p.note(Unknown, r.Target, "vpc-endpoint", "N57", "not in the snapshot")
	}
	state := p.note(stateOf(v.State, "available"), r.Target, "vpc-endpoint", "N42", "state "+v.State)
	if !p.gate(state) {
		return Blocks
	}
	switch {
	case is(v.Type, "GatewayLoadBalancer"):
		return p.throughGWLB(v)
	case !is(v.Type, "Gateway"):
		return p.note(Unknown, r.Target, "vpc-endpoint", "N31", "a route to an endpoint of type "+v.Type)
	case p.foreign != "":
		return p.note(Blocks, r.Target, "vpc-endpoint", "N46", "the packet came from outside the VPC")
	case v.VPC != p.subnet.VPC || !strings.HasSuffix(v.ServiceName, "."+p.e.regionOf(v.VPC).Name+".s3"):
		return p.note(Blocks, r.Target, "vpc-endpoint", "N42", "another VPC's, service's or Region's")
	case r.PrefixList == "":
		p.doubt = true // N31
	}
	if p.c.Protocol != 6 {
		return p.note(Blocks, r.Target, "vpc-endpoint", "N49", "TCP only")
	}
	return p.arrived("gateway-endpoint", v.ID, netip.Addr{})
}

// throughGWLB is opaque, and what lies behind it decides nothing (N125); only
// the ACL of the endpoint's subnet is certain (N96).
func (p *packet) throughGWLB(v *snapshot.VPCEndpoint) Outcome {
	for _, id := range v.Subnets {
		if s := p.e.subnet(id); s != nil && s.ID != p.subnet.ID && !p.aclIn(s, p.src, p.dstPort) {
			return Blocks
		}
	}
	for _, reply := range slices.Backward(p.replies) {
		if reply() == Blocks {
			return Blocks
		}
	}
	return p.note(Unknown, string(v.ID), "vpc-endpoint", "N125", "an appliance looks at it")
}

// toInternetGateway is an internet gateway in the VPC of table t.
func (p *packet) toInternetGateway(t *snapshot.RouteTable, r *snapshot.Route) Outcome {
	if o := p.attachedGateway(t, r); o != Passes {
		if o == Blocks {
			return Blocks
		}
		p.doubt = true
	}
	if p.dst.Is4() && (p.dst.IsPrivate() || inside(p.dst, sharedSpace)) {
		return p.note(Blocks, r.Target, "internet-gateway", "N113", "a private destination")
	}
	if nat64.Contains(p.dst) {
		return p.note(Blocks, r.Target, "internet-gateway", "N123", "only NAT gateways translate 64:ff9b::/96")
	}
	public := p.publicAddress()
	if !public.IsValid() {
		return p.note(Blocks, r.Target, "internet-gateway", "N110", "no public address for "+p.src.String())
	}
	if !p.gate(p.note(p.publicAccess(false), r.Target, "block-public-access", "N128", "directly")) {
		return Blocks
	}
	if !p.gate(p.edge(t.VPC, r.Target)) {
		return Blocks
	}
	return p.arrived("public", "", public)
}

// attachedGateway looks whether the internet gateway is the VPC's (N36, N110).
func (p *packet) attachedGateway(t *snapshot.RouteTable, r *snapshot.Route) Outcome {
	g := find(p.e, func(r *snapshot.Region) []snapshot.InternetGateway { return r.EC2.InternetGateways.Items },
		func(g *snapshot.InternetGateway) bool { return string(g.ID) == r.Target })
	if g == nil {
		return p.note(Unknown, r.Target, "internet-gateway", "N12", "not in the snapshot")
	}
	for _, a := range g.Attachments {
		if a.VPC == t.VPC {
			if is(a.State, "available", "attached") {
				return Passes
			}
			return p.note(stateOf(a.State), r.Target, "internet-gateway", "N110", "attachment "+a.State)
		}
	}
	if len(g.Attachments) == 0 && !g.AttachmentsKnown {
		return p.note(Unknown, r.Target, "internet-gateway", "N10", "its attachments are not told")
	}
	return p.note(Blocks, r.Target, "internet-gateway", "N36", "not attached to the VPC")
}

// publicAddress is the address that an internet gateway maps the source to.
func (p *packet) publicAddress() netip.Addr {
	switch {
	case p.foreign != "" || p.natZone:
		return netip.Addr{}
	case p.src.Is6():
		return p.src // N112
	case p.eni == nil:
		return netip.Addr{}
	}
	for _, a := range p.eni.Addresses {
		if a.Private == p.src {
			return a.Public
		}
	}
	return netip.Addr{}
}

func (p *packet) toEgressOnlyGateway(t *snapshot.RouteTable, r *snapshot.Route) Outcome {
	g := find(p.e, func(r *snapshot.Region) []snapshot.InternetGateway { return r.EC2.EgressOnlyGateways.Items },
		func(g *snapshot.InternetGateway) bool { return string(g.ID) == r.Target })
	if g == nil {
		return p.note(Unknown, r.Target, "egress-only-internet-gateway", "N12", "not in the snapshot")
	}
	if !slices.ContainsFunc(g.Attachments, func(a snapshot.GatewayAttachment) bool { return a.VPC == t.VPC && is(a.State, "attached", "available") }) {
		return p.note(Blocks, r.Target, "egress-only-internet-gateway", "N36", "not attached to the VPC")
	}
	switch {
	case p.dst.Is4():
		return p.note(Blocks, r.Target, "egress-only-internet-gateway", "N126", "IPv6 only")
	case nat64.Contains(p.dst):
		return p.note(Blocks, r.Target, "egress-only-internet-gateway", "N123", "only NAT gateways translate 64:ff9b::/96")
	case !p.gate(p.note(p.publicAccess(true), r.Target, "block-public-access", "N128", "egress only")):
		return Blocks
	}
	return p.arrived("public", "", p.src)
}

// publicAccess is VPC Block Public Access (N127 to N130) for the source's
// subnet, or, behind a NAT gateway, for that and the gateway's subnet.
func (p *packet) publicAccess(translated bool) Outcome {
	v := p.e.vpc(p.subnet.VPC)
	if v == nil {
		return Unknown
	}
	region := p.e.regionOf(p.subnet.VPC)
	if region.EC2.BlockPublicAccess.Presence == snapshot.NotCollected && v.BPAMode == "" && !p.c.Strict {
		return Passes // N161
	}
	if region.EC2.BlockPublicAccess.Presence != snapshot.Collected {
		return Unknown
	}
	mode := "off"
	for _, o := range region.EC2.BlockPublicAccess.Items {
		if strings.HasSuffix(strings.ToLower(o.State), "in-progress") {
			return Unknown
		}
		mode = strings.ToLower(o.Mode)
	}
	switch {
	case mode == "off":
		return Passes
	case mode == "block-ingress" && translated:
		return Passes
	case mode != "block-ingress" && mode != "block-bidirectional":
		return Unknown
	case region.EC2.BPAExclusions.Presence != snapshot.Collected:
		return Unknown
	}
	helps := func(s *snapshot.Subnet) bool {
		return slices.ContainsFunc(region.EC2.BPAExclusions.Items, func(x snapshot.BPAExclusion) bool {
			covers := strings.HasSuffix(x.Resource, "/"+string(s.ID)) || strings.HasSuffix(x.Resource, "/"+string(s.VPC))
			return covers && is(x.State, "create-complete", "update-complete") &&
				(is(x.Mode, "allow-bidirectional") || translated && is(x.Mode, "allow-egress"))
		})
	}
	if !translated {
		if helps(p.subnet) {
			return Passes
		}
		return Blocks
	}
	if p.nat == nil && p.foreign == "" && !p.natZone { // an egress-only gateway
		if helps(p.subnet) {
			return Passes
		}
		return Blocks
	}
	client, nat := p.foreign != "" || helps(p.client), p.nat == nil || helps(p.nat)
	switch {
	case client && nat:
		return Passes
	case client != nat && p.foreign == "":
		return Unknown // N129
	}
	return Blocks
}

func (e *Evaluator) regionOf(vpc snapshot.VPCID) *snapshot.Region {
	for _, a := range e.snap.Accounts {
		for _, r := range a.Regions {
			if slices.ContainsFunc(r.EC2.VPCs.Items, func(v snapshot.VPC) bool { return v.ID == vpc }) {
				return r
			}
		}
	}
	return &snapshot.Region{}
}

// edge is the gateway route table that replies enter through (N39).
func (p *packet) edge(vpc snapshot.VPCID, gateway string) Outcome {
	t := find(p.e, func(r *snapshot.Region) []snapshot.RouteTable { return r.EC2.RouteTables.Items }, func(t *snapshot.RouteTable) bool {
		return t.VPC == vpc && slices.ContainsFunc(t.Associations, func(a snapshot.RouteTableAssociation) bool { return a.Gateway == gateway })
	})
	if t == nil {
		return Passes
	}
	for _, w := range p.e.choices(t, p.src, "") {
		if w.route != nil && w.route.TargetKind != snapshot.TargetLocal {
			return p.noteReply(Blocks, string(t.ID), "route-table", "N39", "the reply is sent to "+w.route.Target)
		}
	}
	return Passes
}

// toNAT is a NAT gateway (N115 to N123).
func (p *packet) toNAT(r *snapshot.Route) Outcome {
	n := find(p.e, func(r *snapshot.Region) []snapshot.NATGateway { return r.EC2.NATGateways.Items },
		func(n *snapshot.NATGateway) bool { return string(n.ID) == r.Target })
	if n == nil {
		return p.note(Unknown, r.Target, "nat-gateway", "N12", "not in the snapshot")
	}
	state := stateOf(n.State, "available")
	if is(n.State, "deleting") {
		state = Unknown // N115
	}
	if !p.gate(p.note(state, r.Target, "nat-gateway", "N115", "state "+n.State)) {
		return Blocks
	}
	switch {
	case p.foreign == "pcx" || n.VPC != p.subnet.VPC:
		return p.note(Blocks, r.Target, "nat-gateway", "N119", "the source is not in its VPC")
	case p.natZone:
		return p.note(Blocks, r.Target, "nat-gateway", "N117", "translated before")
	case p.dst.Is6() && !nat64.Contains(p.dst):
		return p.note(Blocks, r.Target, "nat-gateway", "N123", "IPv6")
	case n.HasAppliances:
		p.doubt = true
	}
	p.group = nil
	if is(n.AvailabilityMode, "regional") {
		return p.regionalNAT(n)
	}
	home := p.e.subnet(n.Subnet)
	if home == nil {
		return p.note(Unknown, string(n.Subnet), "subnet", "N12", "not in the snapshot")
	}
	return p.translate(n, home)
}

func (p *packet) translate(n *snapshot.NATGateway, home *snapshot.Subnet) Outcome {
	if p.foreign == "" && home.ID == p.subnet.ID {
		return p.note(Blocks, string(n.ID), "nat-gateway", "N117", "it is in the client's own subnet")
	}
	apart := home.ID != p.subnet.ID
	if apart && !p.aclIn(home, p.src, p.dstPort) {
		return Blocks
	}
	client, port, before := p.fromHere(), p.srcPort, *p
	if apart {
		p.replies = append(p.replies, func() Outcome { return p.aclReply(home, false, client, port) })
	}
	p.replies = append(p.replies, func() Outcome { return before.returnRoute(home) })
	public, private := netip.Addr{}, netip.Addr{}
	for _, a := range n.Addresses {
		if !private.IsValid() && !is(a.Status, "failed") {
			public, private = a.Public, a.Private
		}
	}
	p.src, p.srcPort, p.nat, p.natZone = private, p.c.NATPort, home, true
	p.subnet = home
	if p.dst.Is6() { // N123
		p.dst, p.member = embedded(p.dst), snapshot.PrefixListID(strings.TrimPrefix(string(p.member), string(Synthesised)))
	}
	if !p.aclOut(home, p.dst, p.dstPort) {
		return Blocks
	}
	server := remote{addr: p.dst, memberOf: p.memberOf()}
	p.replies = append(p.replies, func() Outcome { return p.aclReply(home, true, server, p.c.NATPort) })
	t, ok := p.e.tableOf(home)
	if !ok {
		return p.note(Unknown, "route table of "+string(home.ID), "route-table", "N16", "not in the snapshot")
	}
	return p.afterNAT(n, t, public)
}

// regionalNAT has no subnet and a route table of its own (N121).
func (p *packet) regionalNAT(n *snapshot.NATGateway) Outcome {
	t := find(p.e, func(r *snapshot.Region) []snapshot.RouteTable { return r.EC2.RouteTables.Items },
		func(t *snapshot.RouteTable) bool { return t.ID == n.RouteTable })
	if t == nil {
		return p.note(Unknown, string(n.ID), "nat-gateway", "N121", "its route table is not in the snapshot")
	}
	public, serves := netip.Addr{}, false
	for _, a := range n.Addresses {
		if a.Zone == p.client.AvailabilityZone {
			serves = true
		}
		if !public.IsValid() || a.Zone == p.client.AvailabilityZone {
			public = a.Public
		}
	}
	if !serves && is(n.AutoScaling, "disabled") {
		return p.note(Blocks, string(n.ID), "nat-gateway", "N121", "not in the client's Availability Zone")
	}
	p.natZone = true
	if p.dst.Is6() { // N123
		p.dst, p.member = embedded(p.dst), snapshot.PrefixListID(strings.TrimPrefix(string(p.member), string(Synthesised)))
	}
	return p.afterNAT(n, t, public)
}

// afterNAT routes the translated packet on.
func (p *packet) afterNAT(n *snapshot.NATGateway, t *snapshot.RouteTable, public netip.Addr) Outcome {
	var outcomes []Outcome
	for _, w := range p.e.choices(t, p.dst, p.memberOf()) {
		branch := *p
		branch.replies = slices.Clone(p.replies)
		outcomes = append(outcomes, branch.afterNATBy(n, t, w, public))
	}
	return agreed(outcomes)
}

func (p *packet) afterNATBy(n *snapshot.NATGateway, t *snapshot.RouteTable, w choice, public netip.Addr) Outcome {
	if w.route == nil || blackhole(w.route) {
		return p.note(Blocks, string(t.ID), "route-table", "N116", "the NAT gateway has no way on")
	}
	r := w.route
	switch r.TargetKind {
	case snapshot.TargetInternetGateway:
		return p.natToInternet(n, t, r, public)
	case snapshot.TargetVPCEndpoint:
		if v := p.e.endpoint(r.Target); v != nil && is(v.Type, "Gateway") {
			return p.natOverEndpoint(n, t, r, public)
		}
		return p.toEndpoint(r)
	case snapshot.TargetNATGateway:
		return p.note(Blocks, r.Target, "nat-gateway", "N117", "from NAT gateway to NAT gateway")
	default:
		return p.take(t, w)
	}
}

func (p *packet) natToInternet(n *snapshot.NATGateway, t *snapshot.RouteTable, r *snapshot.Route, public netip.Addr) Outcome {
	o := p.attachedGateway(t, r)
	if !p.gate(o) {
		return Blocks
	}
	if is(n.Connectivity, "private") || !public.IsValid() {
		return p.note(Blocks, string(n.ID), "nat-gateway", "N118", "it has no public address")
	}
	if !p.gate(p.note(p.publicAccess(true), r.Target, "block-public-access", "N128", "through NAT")) || !p.gate(p.edge(t.VPC, r.Target)) {
		return Blocks
	}
	return p.arrived("public", "", public)
}

// natOverEndpoint: no page says whether a NAT gateway's packets may take a
// gateway endpoint (N47). Both readings are followed.
func (p *packet) natOverEndpoint(n *snapshot.NATGateway, t *snapshot.RouteTable, r *snapshot.Route, public netip.Addr) Outcome {
	over := *p
	over.replies, over.foreign = slices.Clone(p.replies), ""
	past := *p
	past.replies = slices.Clone(p.replies)
	rest := *t
	rest.Routes = slices.DeleteFunc(slices.Clone(t.Routes), func(x snapshot.Route) bool { return x.Target == r.Target })
	if v := p.e.endpoint(r.Target); v != nil && slices.Contains(v.RouteTables, t.ID) {
		rest.ID += " without " + snapshot.RouteTableID(r.Target)
	}
	p.note(Unknown, r.Target, "vpc-endpoint", "N47", "whether a NAT gateway's packets may take it")
	a, b := over.toEndpoint(r), past.afterNAT(n, &rest, public)
	if a == Blocks && b == Blocks {
		return Blocks
	}
	return Unknown // the contexts differ, so the request does
}

// toMiddlebox is an interface or instance that may forward (N124).
func (p *packet) toMiddlebox(r *snapshot.Route) Outcome {
	i := p.e.networkInterface(snapshot.NetworkInterfaceID(r.Target))
	if i == nil {
		return p.note(Unknown, r.Target, "network-interface", "N12", "not in the snapshot")
	}
	if i.SourceDestCheck.Presence == snapshot.Collected && i.SourceDestCheck.Value {
		return p.note(Blocks, r.Target, "network-interface", "N124", "it drops what is not addressed to it")
	}
	home := p.e.subnet(i.Subnet)
	if home == nil {
		return p.note(Unknown, r.Target, "network-interface", "N12", "its subnet is not in the snapshot")
	}
	if !is(i.AttachmentState, "attached") || p.stopped(i.InstanceID) {
		return p.note(Blocks, r.Target, "network-interface", "N124", "not attached to a running instance")
	}
	if home.ID == p.subnet.ID {
		return p.note(Blocks, r.Target, "network-interface", "N124", "it is in the source's own subnet")
	}
	if !p.aclIn(home, p.src, p.dstPort) {
		return Blocks
	}
	in, why := p.e.groupsPermit(i.Groups, true, p.c.Protocol, p.dstPort, remote{addr: p.src, groups: p.group})
	out, _ := p.e.groupsPermit(i.Groups, false, p.c.Protocol, p.dstPort, p.toFar())
	if in == Blocks || out == Blocks {
		return p.note(Blocks, r.Target, "security-group", "N124", why)
	}
	if !p.aclOut(home, p.dst, p.dstPort) || p.noWayOn(home, i) {
		return Blocks
	}
	return p.note(Unknown, r.Target, "network-interface", "N124", "whether it forwards")
}

// noWayOn reports whether the table of a middlebox's own subnet leaves it no
// way on (N124: "its table, no public IP toward IGW").
func (p *packet) noWayOn(home *snapshot.Subnet, i *snapshot.NetworkInterface) bool {
	t, ok := p.e.tableOf(home)
	if !ok {
		return false
	}
	ways := p.e.choices(t, p.dst, p.memberOf())
	if len(ways) != 1 {
		return false
	}
	r := ways[0].route
	public := slices.ContainsFunc(i.Addresses, func(a snapshot.InterfaceAddress) bool { return a.Public.IsValid() })
	if r == nil || blackhole(r) || r.TargetKind == snapshot.TargetInternetGateway && p.dst.Is4() && !public {
		p.note(Blocks, string(t.ID), "route-table", "N124", "the middlebox has no way on")
		return true
	}
	return false
}

func (p *packet) stopped(instance string) bool {
	i := find(p.e, func(r *snapshot.Region) []snapshot.Instance { return r.EC2.Instances.Items }, func(i *snapshot.Instance) bool { return i.ID == instance })
	return i != nil && is(i.State, "pending", "shutting-down", "terminated", "stopping", "stopped")
}

func (p *packet) toVPNGateway(t *snapshot.RouteTable, r *snapshot.Route) Outcome {
	g := find(p.e, func(r *snapshot.Region) []snapshot.VPNGateway { return r.EC2.VPNGateways.Items },
		func(g *snapshot.VPNGateway) bool { return g.ID == r.Target })
	if g != nil && !slices.ContainsFunc(g.Attachments, func(a snapshot.GatewayAttachment) bool { return a.VPC == t.VPC && is(a.State, "attached") }) {
		return p.note(Blocks, r.Target, "vpn-gateway", "N141", "not attached to the VPC")
	}
	return p.note(Unknown, r.Target, "vpn-gateway", "N141", "on-premises decides")
}

// pcx is a peering connection as read here.
type pcx struct{ *snapshot.Peering }

func (e *Evaluator) peeringsOf(vpc snapshot.VPCID) []pcx {
	var out []pcx
	for _, a := range e.snap.Accounts {
		for _, r := range a.Regions {
			for i := range r.EC2.Peerings.Items {
				if c := &r.EC2.Peerings.Items[i]; c.Requester.VPC == vpc || c.Accepter.VPC == vpc {
					out = append(out, pcx{c})
				}
			}
		}
	}
	return out
}

func (c pcx) active() bool     { return is(c.Status, "active") }
func (c pcx) sameRegion() bool { return c.Requester.Region == c.Accepter.Region }

func (c pcx) far(near snapshot.VPCID) snapshot.PeeringSide {
	if c.Requester.VPC == near {
		return c.Accepter
	}
	return c.Requester
}

// toPeering carries packets to the peer's own addresses only (N139, N140).
func (p *packet) toPeering(t *snapshot.RouteTable, r *snapshot.Route) Outcome {
	c := find(p.e, func(r *snapshot.Region) []snapshot.Peering { return r.EC2.Peerings.Items },
		func(c *snapshot.Peering) bool { return string(c.ID) == r.Target })
	if c == nil {
		return p.note(Unknown, r.Target, "vpc-peering-connection", "N12", "not in the snapshot")
	}
	if p.foreign != "" || p.natZone && p.client.VPC != p.subnet.VPC {
		return p.note(Blocks, r.Target, "vpc-peering-connection", "N139", "peering is not transitive")
	}
	if !(pcx{c}).active() {
		return p.note(Blocks, r.Target, "vpc-peering-connection", "N140", "status "+c.Status)
	}
	far := pcx{c}.far(t.VPC)
	if p.memberOf() != "" || !inside(p.dst, far.CIDRs...) {
		return p.note(Blocks, r.Target, "vpc-peering-connection", "N139", "the destination is not the peer's")
	}
	if !(pcx{c}).sameRegion() {
		p.group = nil
	}
	if p.e.vpc(far.VPC) == nil {
		return p.note(Unknown, string(far.VPC), "vpc", "N12", "not in the snapshot")
	}
	p.foreign, p.via, p.subnet = "pcx", r.Target, &snapshot.Subnet{VPC: far.VPC}
	return p.deliver(far.VPC)
}
