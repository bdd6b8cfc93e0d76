package concrete

import (
	"net/netip"
	"slices"

	"github.com/canreach/canreach/snapshot"
)

// packet is the request on its way, and what its reply will have to pass.
// It is copied where the way forks, so that the branches do not disturb each
// other; the trace is shared.
type packet struct {
	e   *Evaluator
	c   Case
	out *Trace

	src, dst         netip.Addr
	member           snapshot.PrefixListID // the list whose address dst stands for (N33)
	srcPort, dstPort int

	eni    *snapshot.NetworkInterface // the client's, where it exists; nil: a job's
	client *snapshot.Subnet           // the client's subnet
	subnet *snapshot.Subnet           // where the packet is
	// foreign is how the packet entered the VPC that it is in: "" for the
	// client's own VPC, else "tgw" or "pcx" with the component in via.
	foreign, via string

	detour  *bool                      // the reply went home by another link, past what is left of replies (N160)
	doubt   bool                       // a gate behind us is unknown
	replies []func() Outcome           // what the reply will meet, last first
	visited map[string]bool            // route tables that decided (N143)
	passed  map[string]bool            // transit gateways, each with the VPC that it was entered from
	nat     *snapshot.Subnet           // the NAT gateway's subnet, once one translated
	natZone bool                       // one did
	group   []snapshot.SecurityGroupID // the client's groups, while references to them hold (N83)
}

// note records a step and returns its outcome.
func (p *packet) note(o Outcome, component, kind, rule, why string) Outcome {
	p.out.Steps = append(p.out.Steps, Step{Component: component, Kind: kind, Outcome: o, Rule: rule, Why: why})
	return o
}

func (p *packet) noteReply(o Outcome, component, kind, rule, why string) Outcome {
	p.note(o, component, kind, rule, why)
	p.out.Steps[len(p.out.Steps)-1].Reply = true
	return o
}

// gate passes the packet through a filter: false means that it ends here. A
// filter that is unknown is remembered, and the packet goes on (N1).
func (p *packet) gate(o Outcome) bool {
	p.doubt = p.doubt || o == Unknown
	return o != Blocks
}

func (p *packet) toFar() remote    { return remote{addr: p.dst, memberOf: p.member} }
func (p *packet) fromHere() remote { return remote{addr: p.src} }

// leaveSource is the client's own interface and subnet.
func (p *packet) leaveSource() Outcome {
	far := p.toFar()
	if p.member == "" {
		far.groups = p.groupsAt(p.dst)
	}
	if p.eni == nil || !managed(p.eni) {
		o, why := p.e.groupsPermit(p.c.Groups, false, p.c.Protocol, p.dstPort, far)
		if !p.gate(p.note(o, "groups", "security-group", "N78", "out to the server: "+why)) {
			return Blocks
		}
	}
	p.group = p.c.Groups
	if p.member == "" && subnetHolds(p.client, p.dst) { // layer 2 (N22)
		return p.deliver(p.client.VPC)
	}
	if !p.aclOut(p.client, p.dst, p.dstPort) {
		return Blocks
	}
	server, client, port := p.toFar(), p.client, p.srcPort
	p.replies = append(p.replies, func() Outcome { return p.aclReply(client, true, server, port) })
	return p.look()
}

// groupsAt is the groups of the interface at an address in the client's VPC,
// or in a VPC peered with it in the same Region (N83).
func (p *packet) groupsAt(a netip.Addr) []snapshot.SecurityGroupID {
	if i := p.e.interfaceAt(p.client.VPC, a); i != nil {
		return i.Groups
	}
	for _, pcx := range p.e.peeringsOf(p.client.VPC) {
		if far := pcx.far(p.client.VPC); pcx.sameRegion() && pcx.active() {
			if i := p.e.interfaceAt(far.VPC, a); i != nil {
				return i.Groups
			}
		}
	}
	return nil
}

// aclOut and aclIn send the request itself through a subnet's ACL.
func (p *packet) aclOut(s *snapshot.Subnet, to netip.Addr, port int) bool {
	far := remote{addr: to}
	if to == p.dst {
		far.memberOf = p.member
	}
	id, o, why := p.e.aclPermits(s, false, p.c.Protocol, port, far)
	return p.gate(p.note(o, id, "network-acl", "N94", "out of "+string(s.ID)+": "+why))
}

func (p *packet) aclIn(s *snapshot.Subnet, from netip.Addr, port int) bool {
	id, o, why := p.e.aclPermits(s, true, p.c.Protocol, port, remote{addr: from})
	return p.gate(p.note(o, id, "network-acl", "N94", "into "+string(s.ID)+": "+why))
}

// aclReply sends the reply through a subnet's ACL.
func (p *packet) aclReply(s *snapshot.Subnet, inbound bool, far remote, port int) Outcome {
	id, o, why := p.e.aclPermits(s, inbound, p.c.Protocol, port, far)
	way := "reply out of "
	if inbound {
		way = "reply into "
	}
	return p.noteReply(o, id, "network-acl", "N96", way+string(s.ID)+": "+why)
}

// arrived ends the request's way and sends the reply back.
func (p *packet) arrived(via string, endpoint snapshot.VPCEndpointID, public netip.Addr) Outcome {
	*p.detour = false
	for _, reply := range slices.Backward(p.replies) {
		if !p.gate(reply()) {
			return Blocks
		}
		if *p.detour {
			break
		}
	}
	p.out.Via, p.out.Endpoint, p.out.Public = via, endpoint, public
	if p.doubt {
		return Unknown
	}
	return Passes
}

// look asks the route table of the subnet that the packet is in.
func (p *packet) look() Outcome {
	t, ok := p.e.tableOf(p.subnet)
	if !ok {
		return p.note(Unknown, "route table of "+string(p.subnet.ID), "route-table", "N16", "not in the snapshot, or two of them")
	}
	return p.follow(t)
}

func (p *packet) follow(t *snapshot.RouteTable) Outcome {
	key := string(t.ID) + p.src.String()
	if p.visited[key] {
		return p.note(Blocks, string(t.ID), "route-table", "N143", "the packet was here before")
	}
	visited := map[string]bool{key: true}
	for k := range p.visited {
		visited[k] = true
	}
	p.visited = visited
	ways := p.e.choices(t, p.dst, p.memberOf())
	if len(ways) == 1 {
		return p.take(t, ways[0])
	}
	var outcomes []Outcome
	for _, w := range ways {
		branch := *p
		branch.replies = slices.Clone(p.replies)
		outcomes = append(outcomes, branch.take(t, w))
	}
	p.note(Unknown, string(t.ID), "route-table", "N2", "which route takes it")
	return agreed(outcomes)
}

func (p *packet) memberOf() snapshot.PrefixListID { return p.member }

// agreed joins branches of which nobody knows which is taken (N2).
func agreed(branches []Outcome) Outcome {
	for _, o := range branches[1:] {
		if o != branches[0] {
			return Unknown
		}
	}
	return branches[0]
}

// take follows one route (N30, N35 to N38).
func (p *packet) take(t *snapshot.RouteTable, w choice) Outcome {
	id := string(t.ID)
	if w.route == nil {
		return p.note(Blocks, id, "route-table", "N38", "no route")
	}
	r := w.route
	if blackhole(r) {
		return p.note(Blocks, id, "route-table", "N35", "a blackhole")
	}
	if !is(r.State, "active", "") {
		return p.note(Unknown, id, "route-table", "N11", "route state "+r.State)
	}
	p.note(Passes, id, "route-table", "N24", "to "+r.Target)
	o := p.hand(t, r)
	if o == Unknown {
		// Whatever the unknown hop does, the replies meet these (N1).
		for _, reply := range slices.Backward(p.replies) {
			if reply() == Blocks {
				return Blocks
			}
		}
	}
	return o
}

// hand gives the packet to a route's target.
func (p *packet) hand(t *snapshot.RouteTable, r *snapshot.Route) Outcome {
	switch r.TargetKind {
	case snapshot.TargetLocal:
		return p.deliver(t.VPC)
	case snapshot.TargetVPCEndpoint:
		return p.toEndpoint(r)
	case snapshot.TargetInternetGateway:
		return p.toInternetGateway(t, r)
	case snapshot.TargetEgressOnlyGateway:
		return p.toEgressOnlyGateway(t, r)
	case snapshot.TargetNATGateway:
		return p.toNAT(r)
	case snapshot.TargetNetworkInterface, snapshot.TargetInstance:
		return p.toMiddlebox(r)
	case snapshot.TargetPeering:
		return p.toPeering(t, r)
	case snapshot.TargetTransitGateway:
		return p.toTransitGateway(t, r)
	case snapshot.TargetVPNGateway:
		return p.toVPNGateway(t, r)
	case snapshot.TargetUnknown, snapshot.TargetCarrierGateway, snapshot.TargetLocalGateway, snapshot.TargetCoreNetwork,
		snapshot.TargetODBNetwork, snapshot.TargetIPAddress:
		return p.note(Unknown, r.Target, "route target", "N37", "not modelled")
	}
	panic("unreachable: target kind")
}

// deliver hands the packet to the interface in the VPC that has its
// destination address: an interface endpoint, or any other server.
func (p *packet) deliver(vpc snapshot.VPCID) Outcome {
	if v := p.e.vpc(vpc); v != nil && !inside(p.dst, v.CIDRs...) && !inside(p.dst, v.IPv6CIDRs...) {
		return p.note(Blocks, string(vpc), "vpc", "N19", "the address is not the VPC's")
	}
	i := p.e.interfaceAt(vpc, p.dst)
	if i == nil {
		return p.deliverToNobody(vpc)
	}
	home := p.e.subnet(i.Subnet)
	if home == nil {
		return p.note(Unknown, string(i.Subnet), "subnet", "N12", "not in the snapshot")
	}
	via, endpoint := "private", snapshot.VPCEndpointID("")
	if v := p.e.endpointOf(i.ID); v != nil {
		via, endpoint = "interface-endpoint", v.ID
		if !p.gate(p.note(stateOf(v.State, "available"), string(v.ID), "vpc-endpoint", "N73", "state "+v.State)) || !p.gate(p.encrypted(v)) {
			return Blocks
		}
	}
	sameSubnet := p.subnet.ID == home.ID
	if !sameSubnet && !p.aclIn(home, p.src, p.dstPort) {
		return Blocks
	}
	if !i.GroupsKnown {
		p.doubt = true
	}
	far := p.fromHere()
	far.groups = p.group
	if managed(i) || is(i.InterfaceType, "network_load_balancer") {
		p.gate(p.note(Unknown, string(i.ID), "network-interface", "N159", "what listens there is not in the snapshot"))
	}
	if !managed(i) {
		o, why := p.e.groupsPermit(i.Groups, true, p.c.Protocol, p.dstPort, far)
		if !p.gate(p.note(o, string(i.ID), "security-group", "N64", "into the server: "+why)) {
			return Blocks
		}
	}
	if !sameSubnet {
		p.answersFrom(home)
	}
	return p.arrived(via, endpoint, netip.Addr{})
}

// managed tells an interface of AWS's own that no group filters (N159).
func managed(i *snapshot.NetworkInterface) bool {
	return i.GroupsKnown && len(i.Groups) == 0 &&
		is(i.InterfaceType, "nat_gateway", "natGateway", "transit_gateway", "gateway_load_balancer", "gateway_load_balancer_endpoint", "network_load_balancer")
}

// answersFrom prepares the reply's way out of the server's subnet.
func (p *packet) answersFrom(home *snapshot.Subnet) {
	client, port := p.fromHere(), p.srcPort
	p.replies = append(p.replies, func() Outcome { return p.returnRoute(home) },
		func() Outcome { return p.aclReply(home, false, client, port) })
}

// deliverToNobody is an address that no interface in the snapshot has: whoever
// has it, the ACL of its subnet and the replies' way are certain (N1).
func (p *packet) deliverToNobody(vpc snapshot.VPCID) Outcome {
	p.doubt = true
	home := find(p.e, func(r *snapshot.Region) []snapshot.Subnet { return r.EC2.Subnets.Items },
		func(s *snapshot.Subnet) bool { return s.VPC == vpc && subnetHolds(s, p.dst) })
	if home != nil && home.ID != p.subnet.ID {
		if !p.aclIn(home, p.src, p.dstPort) {
			return Blocks
		}
		p.answersFrom(home)
	}
	p.note(Unknown, p.dst.String(), "network-interface", "N62", "no interface in the snapshot has it")
	return p.arrived("private", "", netip.Addr{})
}

// endpointOf finds the endpoint that an interface belongs to.
func (e *Evaluator) endpointOf(id snapshot.NetworkInterfaceID) *snapshot.VPCEndpoint {
	return find(e, func(r *snapshot.Region) []snapshot.VPCEndpoint { return r.EC2.VPCEndpoints.Items },
		func(v *snapshot.VPCEndpoint) bool { return slices.Contains(v.Interfaces, id) })
}

// stateOf reads a state word: a good one passes, a known bad one blocks, any
// other is unknown (N11, N42).
func stateOf(state string, good ...string) Outcome {
	switch {
	case is(state, good...):
		return Passes
	case is(state, "pending", "pendingAcceptance", "pending-acceptance", "deleting", "deleted", "failed", "rejected", "expired",
		"initiating-request", "provisioning", "detached", "detaching", "failing", "rejecting", "rollingBack"):
		return Blocks
	}
	return Unknown
}

// returnRoute looks for the reply's way from the subnet that answers, or from
// a NAT gateway's, to the client (N19, N120, N136, N140).
func (p *packet) returnRoute(from *snapshot.Subnet) Outcome {
	if subnetHolds(from, p.src) {
		return Passes
	}
	t, ok := p.e.tableOf(from)
	if !ok {
		return p.noteReply(Unknown, "route table of "+string(from.ID), "route-table", "N16", "not in the snapshot")
	}
	var outcomes []Outcome
	choices := p.e.choices(t, p.src, "")
	if len(choices) == 1 && choices[0].route != nil && !blackhole(choices[0].route) && choices[0].route.Target != p.via {
		if o, home := p.otherLink(from, choices[0].route); home {
			*p.detour = true
			return o
		}
	}
	for _, w := range choices {
		outcomes = append(outcomes, p.returnBy(from, t, w))
	}
	return agreed(outcomes)
}

func (p *packet) returnBy(from *snapshot.Subnet, t *snapshot.RouteTable, w choice) Outcome {
	id := string(t.ID)
	if w.route == nil {
		return p.noteReply(Blocks, id, "route-table", "N38", "no route back to "+p.src.String())
	}
	r := w.route
	if blackhole(r) {
		return p.noteReply(Blocks, id, "route-table", "N35", "the way back is a blackhole")
	}
	switch r.TargetKind {
	case snapshot.TargetLocal:
		if p.foreign == "" {
			return p.noteReply(Passes, id, "route-table", "N19", "local")
		}
		return p.noteReply(Blocks, id, "route-table", "N19", "the client is in another VPC")
	case snapshot.TargetTransitGateway, snapshot.TargetPeering:
		if p.foreign == "tgw" && r.Target == p.via && !p.entersGateway(from, r.Target) {
			return p.noteReply(Blocks, r.Target, "transit-gateway", "N133", "the reply can't enter it from "+from.AvailabilityZone)
		}
		if p.foreign != "" && r.Target == p.via {
			return p.noteReply(Passes, id, "route-table", "N136", "back to "+r.Target)
		}
		return p.noteReply(Blocks, id, "route-table", "N136", "back to "+r.Target+", which is not the way it came")
	case snapshot.TargetNetworkInterface, snapshot.TargetInstance, snapshot.TargetVPCEndpoint:
		return p.noteReply(Unknown, id, "route-table", "N125", "back through "+r.Target)
	case snapshot.TargetInternetGateway, snapshot.TargetNATGateway, snapshot.TargetEgressOnlyGateway:
		return p.noteReply(Blocks, id, "route-table", "N120", "back to "+r.Target)
	default:
		return p.noteReply(Unknown, id, "route-table", "N37", "back to "+r.Target)
	}
}
