package concrete

import (
	"net/netip"

	"github.com/seancfoley/ipaddress-go/ipaddr"

	"github.com/canreach/canreach/snapshot"
)

// toTransitGateway carries the packet to another VPC and prepares the reply's
// way back (N133 to N138).
func (p *packet) toTransitGateway(t *snapshot.RouteTable, r *snapshot.Route) Outcome {
	if p.foreign != "" && p.passed[r.Target+"@"+string(t.VPC)] {
		return p.note(Blocks, r.Target, "transit-gateway", "N143", "it was here before")
	}
	passed := map[string]bool{r.Target + "@" + string(t.VPC): true}
	for k := range p.passed {
		passed[k] = true
	}
	p.passed = passed
	near := p.e.attachment(func(a *snapshot.TGWAttachment) bool {
		return string(a.Gateway) == r.Target && is(a.ResourceType, "vpc") && a.ResourceID == string(t.VPC)
	})
	if near == nil {
		return p.note(Unknown, r.Target, "transit-gateway", "N133", "no attachment of this VPC in the snapshot")
	}
	if is(near.State, "modifying") {
		p.doubt = true
	} else if !p.gate(p.note(stateOf(near.State, "available"), string(near.ID), "transit-gateway-attachment", "N133", "state "+near.State)) {
		return Blocks
	}
	door := p.subnetIn(near, p.subnet.AvailabilityZone)
	if door == nil {
		return p.note(Blocks, string(near.ID), "transit-gateway-attachment", "N133", "no subnet in "+p.subnet.AvailabilityZone)
	}
	if !p.intoAttachment(door) {
		return Blocks
	}
	if p.foreign != "" { // the reply crosses this VPC, too
		before := *p
		p.replies = append(p.replies, func() Outcome { return before.returnRoute(door) })
	}
	far, o := p.e.transit(near, p.dst, p.memberOf())
	if far == nil {
		return p.note(o, r.Target, "transit-gateway-route-table", "N134", "no attachment for "+p.dst.String())
	}
	for is(far.ResourceType, "peering") {
		if near, far, o = p.overPeering(near, far); far == nil {
			return p.note(o, r.Target, "transit-gateway-attachment", "N166", "over the peering to "+p.dst.String())
		}
	}
	if !is(far.ResourceType, "vpc") {
		return p.note(Unknown, string(far.ID), "transit-gateway-attachment", "N138", far.ResourceType+": outside the snapshot")
	}
	client := p.src
	p.replies = append(p.replies, func() Outcome {
		back, o := p.e.transit(far, client, "")
		if back == nil || back.ID != near.ID {
			if back != nil {
				o = Blocks
			}
			return p.noteReply(o, r.Target, "transit-gateway-route-table", "N136", "the way back to "+client.String())
		}
		return Passes
	})
	return p.outOfAttachment(far, string(far.Gateway))
}

// overPeering takes the packet to the next transit gateway (N166). The reply
// must find the peering there, and the way on here. It returns the side of the
// peering by which the packet comes in, and where that gateway's table sends it.
func (p *packet) overPeering(near, peering *snapshot.TGWAttachment) (door, far *snapshot.TGWAttachment, o Outcome) {
	here := p.e.attachment(func(a *snapshot.TGWAttachment) bool { return a.ID == peering.ID && a.Gateway == near.Gateway })
	there := p.e.attachment(func(a *snapshot.TGWAttachment) bool { return a.ID == peering.ID && a.Gateway != near.Gateway })
	if here == nil || there == nil {
		return nil, nil, Unknown
	}
	if !p.gate(stateOf(here.State, "available")) || !p.gate(stateOf(there.State, "available")) {
		return nil, nil, Blocks
	}
	client := p.src
	p.replies = append(p.replies, func() Outcome {
		back, o := p.e.transit(here, client, "")
		if back != nil && back.ID != near.ID {
			o = Blocks
		}
		return o
	})
	far, o = p.e.transit(there, p.dst, p.memberOf())
	return there, far, o
}

// intoAttachment is the network ACLs between the source's subnet and the
// attachment's subnet of the same VPC (N96).
func (p *packet) intoAttachment(door *snapshot.Subnet) bool {
	if !p.aclIn(door, p.src, p.dstPort) {
		return false
	}
	client, port := p.fromHere(), p.srcPort
	if door.ID != p.subnet.ID {
		p.replies = append(p.replies, func() Outcome { return p.aclReply(door, false, client, port) })
		return true
	}
	// In the same subnet, what comes from the transit gateway is not filtered:
	// take back the source subnet's own check of the reply.
	p.replies = p.replies[:len(p.replies)-1]
	return true
}

// outOfAttachment continues in an attachment subnet of the other VPC.
func (p *packet) outOfAttachment(far *snapshot.TGWAttachment, tgw string) Outcome {
	if !p.gate(stateOf(far.State, "available")) {
		return p.note(Blocks, string(far.ID), "transit-gateway-attachment", "N135", "state "+far.State)
	}
	door := p.subnetIn(far, p.subnet.AvailabilityZone)
	if door == nil && len(far.Subnets) > 0 {
		door = p.e.subnet(far.Subnets[p.c.Pick%len(far.Subnets)])
	}
	if door == nil {
		return p.note(Unknown, string(far.ID), "transit-gateway-attachment", "N12", "its subnets are not in the snapshot")
	}
	p.foreign, p.via, p.subnet, p.group = "tgw", tgw, door, nil
	if subnetHolds(door, p.dst) {
		return p.deliver(door.VPC)
	}
	if !p.aclOut(door, p.dst, p.dstPort) {
		return Blocks
	}
	server, port := remote{addr: p.dst, memberOf: p.memberOf()}, p.srcPort
	p.replies = append(p.replies, func() Outcome { return p.aclReply(door, true, server, port) })
	return p.look()
}

// entersGateway reports whether packets of a subnet reach the transit gateway:
// the VPC's attachment must have a subnet in their zone (N133).
func (p *packet) entersGateway(from *snapshot.Subnet, tgw string) bool {
	a := p.e.attachment(func(a *snapshot.TGWAttachment) bool {
		return string(a.Gateway) == tgw && is(a.ResourceType, "vpc") && a.ResourceID == string(from.VPC)
	})
	return a != nil && p.subnetIn(a, from.AvailabilityZone) != nil
}

func (p *packet) subnetIn(a *snapshot.TGWAttachment, zone string) *snapshot.Subnet {
	for _, id := range a.Subnets {
		if s := p.e.subnet(id); s != nil && s.AvailabilityZone == zone {
			return s
		}
	}
	return nil
}

func (e *Evaluator) attachment(meant func(*snapshot.TGWAttachment) bool) *snapshot.TGWAttachment {
	return find(e, func(r *snapshot.Region) []snapshot.TGWAttachment { return r.EC2.TGWAttachments.Items }, meant)
}

// transit looks an address up in the table that the attachment is associated
// with (N134). Without an attachment to go to it returns Blocks or Unknown.
func (e *Evaluator) transit(from *snapshot.TGWAttachment, a netip.Addr, memberOf snapshot.PrefixListID) (*snapshot.TGWAttachment, Outcome) {
	if from.AssociatedTable == "" {
		if from.AssociationKnown {
			return nil, Blocks
		}
		return nil, Unknown
	}
	t := find(e, func(r *snapshot.Region) []snapshot.TGWRouteTable { return r.EC2.TGWRouteTables.Items },
		func(t *snapshot.TGWRouteTable) bool { return t.ID == from.AssociatedTable })
	if t == nil || !t.RoutesKnown || t.MoreRoutes {
		return nil, Unknown
	}
	trie := ipaddr.NewAssociativeTrie[*ipaddr.IPAddress, *snapshot.TGWRoute]()
	for i := range t.Routes {
		route := &t.Routes[i]
		if cidrHolds(route.CIDR, remote{addr: a, memberOf: memberOf}) != Passes {
			continue
		}
		key, err := ipaddr.NewIPAddressFromNetNetIPPrefix(route.CIDR.Masked())
		if err != nil {
			panic("unreachable: a route's prefix is no prefix: " + err.Error())
		}
		if old, there := trie.Get(key); !there || !is(old.Type, "static") && is(route.Type, "static") {
			trie.Put(key, route)
		}
	}
	node := trie.LongestPrefixMatchNode(ipaddr.NewIPAddressFromNetNetIPAddr(a))
	if node == nil {
		return nil, Blocks
	}
	best := node.GetValue()
	if tgwBlackhole(best) || len(best.Attachments) == 0 {
		return nil, Blocks
	}
	next := best.Attachments[0].ID
	to := e.attachment(func(x *snapshot.TGWAttachment) bool { return x.ID == next })
	if to == nil {
		return nil, Unknown
	}
	return to, Passes
}

func tgwBlackhole(r *snapshot.TGWRoute) bool { return is(r.State, "blackhole") }
