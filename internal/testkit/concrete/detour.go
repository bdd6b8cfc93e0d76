package concrete

import "github.com/canreach/canreach/snapshot"

// otherLink sends the reply home by a peering or transit gateway that the
// request did not come by (N160). home is false where it does not lead to the
// client's VPC, or where a translator needs the reply.
func (p *packet) otherLink(from *snapshot.Subnet, r *snapshot.Route) (o Outcome, home bool) {
	if p.foreign == "" || p.natZone || p.nat != nil {
		return Blocks, false
	}
	server, port := remote{addr: p.dst, memberOf: p.member}, p.srcPort
	switch r.TargetKind {
	case snapshot.TargetPeering:
		for _, c := range p.e.peeringsOf(from.VPC) {
			if string(c.ID) != r.Target || c.far(from.VPC).VPC != p.client.VPC {
				continue
			}
			if !c.active() {
				return p.noteReply(stateOf(c.Status, "active"), r.Target, "vpc-peering-connection", "N140", "status "+c.Status), true
			}
			return p.aclReply(p.client, true, server, port), true
		}
	case snapshot.TargetTransitGateway:
		near, far := p.e.attachmentTo(r.Target, from.VPC), p.e.attachmentTo(r.Target, p.client.VPC)
		if near != nil && far != nil {
			return p.overTransit(from, near, far), true
		}
	}
	return Blocks, false
}

// attachmentTo is a VPC's attachment to a transit gateway.
func (e *Evaluator) attachmentTo(tgw string, vpc snapshot.VPCID) *snapshot.TGWAttachment {
	return e.attachment(func(a *snapshot.TGWAttachment) bool {
		return string(a.Gateway) == tgw && is(a.ResourceType, "vpc") && a.ResourceID == string(vpc)
	})
}

// overTransit is the reply's way through a transit gateway: the ACLs of both
// attachments' subnets, the gateway's table, and the client's own subnet.
func (p *packet) overTransit(from *snapshot.Subnet, near, far *snapshot.TGWAttachment) Outcome {
	client, server, port := p.fromHere(), remote{addr: p.dst, memberOf: p.member}, p.srcPort
	result := Passes
	join := func(o Outcome) {
		if o == Blocks || result == Passes {
			result = o
		}
	}
	join(stateOf(near.State, "available"))
	join(stateOf(far.State, "available"))
	door := p.subnetIn(near, from.AvailabilityZone)
	if door == nil {
		return p.noteReply(Blocks, string(near.ID), "transit-gateway-attachment", "N133", "no subnet in "+from.AvailabilityZone)
	}
	join(p.aclReply(door, true, server, port))
	back, o := p.e.transit(near, p.src, "")
	if back != nil && back.ID != far.ID {
		o = Blocks
	}
	join(o)
	out := p.subnetIn(far, from.AvailabilityZone)
	if out == nil && len(far.Subnets) == 1 {
		out = p.e.subnet(far.Subnets[0])
	}
	switch {
	case out == nil:
		join(Unknown)
	case out.ID != p.client.ID:
		join(p.aclReply(out, false, client, port))
		inside := *p
		inside.foreign, inside.via = "", ""
		join(inside.returnRoute(out))
		join(p.aclReply(p.client, true, server, port))
	}
	return result
}
