package network

import (
	"fmt"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// peeringAttachment is one side of a transit gateway peering. Both sides have
// one id, in the captures of their gateways.
func (x *index) peeringAttachment(id snapshot.TGWAttachmentID, is func(*snapshot.TGWAttachment) bool) *snapshot.TGWAttachment {
	for _, acc := range x.Snapshot.Accounts {
		for _, r := range acc.Regions {
			for i := range r.EC2.TGWAttachments.Items {
				if t := &r.EC2.TGWAttachments.Items[i]; t.ID == id && is(t) {
					return t
				}
			}
		}
	}
	return nil
}

// transitPeering takes traffic over a peering of two transit gateways. in is
// the attachment that it entered the first by (N166).
//
// AWS: https://docs.aws.amazon.com/vpc/latest/tgw/tgw-peering.html
func (a links) transitPeering(t *flow, gw snapshot.TransitGatewayID, in *snapshot.TGWAttachment, id snapshot.TGWAttachmentID, h Hop) {
	if a.spent(t) {
		return
	}
	near := a.x.peeringAttachment(id, func(x *snapshot.TGWAttachment) bool { return x.Gateway == gw })
	far := a.x.peeringAttachment(id, func(x *snapshot.TGWAttachment) bool { return x.Gateway != gw })
	if near == nil || far == nil {
		a.beyondPeering(t, near, h)
		return
	}
	for _, side := range []*snapshot.TGWAttachment{near, far} {
		h.At = side.At
		a.badState(t, h, rules.AttachmentState(side.State), Finding{Code: finding.BadStateAttachment, Gate: finding.GateRoute, Component: h.Component, Name: nameOf(side.Tags), Rule: "N166", URL: urlTGWPeering,
			Message: fmt.Sprintf("The peering attachment %s of %s is in state %q.", id, side.Gateway, side.State), Fix: fmt.Sprintf("Accept %s, or create the peering anew.", id)}, side.State)
	}
	v := t.view
	t.back = append(t.back, func(a *walk, t *flow) { a.replies().transitBack(t, in, near, v) })
	t.via = append(t.via, string(far.Gateway))
	a.transitRoute(t, far.Gateway, far)
}

// beyondPeering leaves traffic open at a peering whose other side is not in
// the snapshot. What stops it at its destination stops it all the same.
func (a links) beyondPeering(t *flow, near *snapshot.TGWAttachment, h Hop) {
	peer := h.Component
	if near != nil && near.ResourceID != "" {
		peer = near.ResourceID
	}
	a.leaveOpen(t, h, t.cases, finding.GateRoute, rules.Need{Code: finding.UnknownCrossAccount, Component: h.Component, At: h.At,
		Fact: "where " + peer + ", on the other side of the peering " + h.Component + ", sends the traffic", Collect: "a snapshot of the account and Region that owns it"})
	for i := range a.targets {
		y := &a.targets[i]
		v := a.x.VPCs.Get(y.vpc)
		cases := a.s.And(t.cases, y.cases)
		if cases == packetset.None || v.Item == nil {
			continue
		}
		c := t.with(cases)
		c.vpc, c.vpcID, c.region = v.Item, y.vpc, v.Region
		c.home = home{kind: snapshot.TargetTransitGateway, link: peer, client: a.from.vpcID}
		a.delivery().receive(c, y)
		t.cases = a.s.Diff(t.cases, cases)
	}
	if t.cases != packetset.None {
		a.end(t, Context{Via: "public", Region: a.s3Region()}, true)
	}
}
