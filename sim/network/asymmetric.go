package network

import (
	"fmt"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// otherLink takes replies home by another peering or transit gateway than the
// one that brought the request: VPC routers keep no state and check no reverse
// path, and a group's state sits at the interface (N160). It reports false
// where the link does not lead to the client's VPC, or where something on the
// way needs to see both directions: a translator or an appliance.
//
// AWS: https://docs.aws.amazon.com/vpc/latest/tgw/tgw-best-design-practices.html
func (a replies) otherLink(t *flow, tb *snapshot.RouteTable, r *snapshot.Route, cases packetset.Set, subnet snapshot.Located[snapshot.Subnet], h home, v view) bool {
	if v.nat != nil || t.opaque || a.from.subnet.Item == nil || subnet.Item == nil || h.kind != snapshot.TargetPeering && h.kind != snapshot.TargetTransitGateway {
		return false
	}
	home := false
	a.onlyFor(t, cases, func(u *flow) {
		u.pass(Hop{Component: string(tb.ID), Kind: "route-table", Reply: true, Via: routeText(r), At: r.At})
		switch r.TargetKind {
		case snapshot.TargetPeering:
			home = a.replyByPeering(u, tb.VPC, snapshot.PeeringID(r.Target), v)
		case snapshot.TargetTransitGateway:
			home = a.replyByTransit(u, tb.VPC, snapshot.TransitGatewayID(r.Target), subnet, v)
		}
	})
	if !home {
		return false
	}
	t.otherLink = a.s.Or(t.otherLink, cases)
	if a.explain {
		a.note(Finding{Code: finding.AsymmetricPath, Gate: finding.GateRoute, Severity: finding.Warning, Component: string(tb.ID), Name: nameOf(tb.Tags), At: r.At,
			Message: fmt.Sprintf("%s sends replies for the client to %s; the request came by %s. Where their MTUs differ, packets too large for one of them are lost.", tb.ID, r.Target, h.link),
			Fix:     fmt.Sprintf("Route both directions by the same link: point the client's CIDR in %s at %s.", tb.ID, h.link), Rule: "N160", URL: urlTGWPractices})
	}
	return true
}

// onlyFor runs f and keeps its steps for some of the cases, provided that the
// last of them was reached at all.
func (a replies) onlyFor(t *flow, cases packetset.Set, f func(*flow)) {
	u := t.with(cases)
	before := len(u.steps)
	f(u)
	for _, s := range u.steps[before:] {
		t.add(a.limited(s, cases))
	}
}

// limited is a step that touches only some cases.
func (a replies) limited(s *step, cases packetset.Set) *step {
	c := *s
	c.deny, c.permit = a.s.And(s.deny, cases), a.s.Or(s.permit, a.s.Not(cases))
	return &c
}

// withoutOtherLink takes back what was said, since a step, of replies that do
// not come by this link.
func (a replies) withoutOtherLink(t *flow, since int, gone packetset.Set) {
	if gone == packetset.None {
		return
	}
	rest := a.s.Diff(t.cases, gone)
	if rest == packetset.None {
		t.steps = t.steps[:since]
		return
	}
	for i, s := range t.steps[since:] {
		t.steps[since+i] = a.limited(s, rest)
	}
}

// replyByPeering takes replies over a peering into the client's subnet.
func (a replies) replyByPeering(t *flow, from snapshot.VPCID, id snapshot.PeeringID, v view) bool {
	p := a.x.Peerings.Get(id).Item
	if p == nil {
		return false
	}
	_, other, ok := rules.PeeringSides(p, from)
	if !ok || other.VPC != a.from.vpcID {
		return false
	}
	a.badState(t, Hop{Component: string(id), Kind: "vpc-peering-connection", Reply: true, At: p.At}, rules.PeeringState(p.Status), Finding{Code: finding.BadState,
		Gate: finding.GateRoute, Component: string(id), Name: nameOf(p.Tags), Rule: "N140", URL: urlPeering,
		Message: fmt.Sprintf("The peering %s, by which the replies would come, is in state %q, not active.", id, p.Status), Fix: fmt.Sprintf("Accept %s, or create the peering anew.", id)}, p.Status)
	a.throughACLView(t, a.from.subnet, v, side{dir: rules.Inbound, reply: true})
	return true
}

// replyByTransit takes replies over a transit gateway to which both VPCs are
// attached.
func (a replies) replyByTransit(t *flow, from snapshot.VPCID, gw snapshot.TransitGatewayID, subnet snapshot.Located[snapshot.Subnet], v view) bool {
	near := a.x.TGWAttachments.Get(a.x.vpcAttachment[tgwVPC{gw, from}]).Item
	far := a.x.TGWAttachments.Get(a.x.vpcAttachment[tgwVPC{gw, a.from.vpcID}]).Item
	if near == nil || far == nil {
		return false
	}
	for _, at := range []*snapshot.TGWAttachment{near, far} {
		a.badState(t, Hop{Component: string(at.ID), Kind: "transit-gateway-attachment", Reply: true, At: at.At}, rules.AttachmentState(at.State), Finding{Code: finding.BadStateAttachment,
			Gate: finding.GateRoute, Component: string(at.ID), Name: nameOf(at.Tags), Rule: "N133", URL: urlTGW,
			Message: fmt.Sprintf("The attachment %s, by which the replies would come, is in state %q.", at.ID, at.State), Fix: "Create the attachment anew, or accept it."}, at.State)
	}
	a.replyZone(t, Hop{Reply: true}, t.cases, subnet, home{kind: snapshot.TargetTransitGateway, attachment: near.ID})
	if n, ok := a.links().attachmentSubnet(near, subnet.Item); ok {
		a.throughACLView(t, n, v, side{dir: rules.Inbound, reply: true})
	}
	a.transitBack(t, far, near, v)
	a.replyEmerges(t, far, subnet, v)
	return true
}

// replyEmerges takes replies out of the client's VPC's attachment into the
// client's subnet. What comes out in that subnet itself passes no ACL (N96).
func (a replies) replyEmerges(t *flow, att *snapshot.TGWAttachment, from snapshot.Located[snapshot.Subnet], v view) {
	n, ok := a.links().attachmentSubnet(att, from.Item)
	if !ok && len(att.Subnets) == 1 {
		n, ok = a.x.Subnets.Find(att.Subnets[0])
	}
	switch {
	case !ok:
		h := Hop{Component: string(att.ID), Kind: "transit-gateway-attachment", Reply: true, At: att.At}
		a.leaveOpen(t, h, t.cases, finding.GateRoute, rules.Need{Code: finding.UnknownTGWRoutes, Component: h.Component, At: h.At,
			Fact: "through which of its subnets " + h.Component + " sends the replies", Collect: "aws ec2 describe-transit-gateway-vpc-attachments"})
	case n.Item.ID != a.from.subnet.Item.ID:
		a.throughACLView(t, n, v, side{dir: rules.Outbound, reply: true})
		a.routeBack(t, n, v, home{kind: snapshot.TargetLocal})
		a.throughACLView(t, a.from.subnet, v, side{dir: rules.Inbound, reply: true})
	}
}
