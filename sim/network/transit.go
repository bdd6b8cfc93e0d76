package network

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// peering hands traffic to a VPC peering connection, which takes what is
// addressed into the other VPC, and nothing else (N139, N140).
func (a links) peering(t *flow, r *snapshot.Route) {
	p := a.x.Peerings.Get(snapshot.PeeringID(r.Target))
	if p.Item == nil {
		ec2 := a.collections(t.vpcID).ec2
		a.absent(t, r.Target, "vpc-peering-connection", finding.UnknownRouteTarget, ec2 != nil && knownAbsent(&ec2.Peerings), r, "aws ec2 describe-vpc-peering-connections")
		return
	}
	h := Hop{Component: r.Target, Kind: "vpc-peering-connection", At: p.Item.At}
	f := Finding{Code: finding.BadState, Gate: finding.GateRoute, Component: r.Target, Name: nameOf(p.Item.Tags), Rule: "N140", URL: urlPeering,
		Message: fmt.Sprintf("The peering %s is in state %q, not active.", r.Target, p.Item.Status), Fix: fmt.Sprintf("Accept %s, or create the peering anew.", r.Target)}
	a.badState(t, h, rules.PeeringState(p.Item.Status), f, p.Item.Status)
	_, other, ok := rules.PeeringSides(p.Item, t.vpcID)
	if !ok {
		f.Code, f.Message = finding.BadStateAttachment, fmt.Sprintf("%s does not belong to %s.", r.Target, t.vpcID)
		a.deny(t, h, t.cases, f)
		a.end(t, Context{}, true)
		return
	}
	a.lints().lintPeering(p.Item, h, t.vpcID, other.VPC)
	inside, sure := a.inPeer(t, other)
	f.Code, f.Rule = finding.PCXRequiresAddressInVPCCidr, "N139"
	f.Message = fmt.Sprintf("%s carries traffic to addresses of %s only; the destination is none of them.", r.Target, other.VPC)
	f.Fix = fmt.Sprintf("Route the traffic to %s, in the client's own VPC.", a.explanation().wayOut("a NAT gateway"))
	switch out := a.s.Diff(t.cases, inside); {
	case out == packetset.None:
	case sure:
		a.deny(t, h, out, f)
	default:
		a.leaveOpen(t, h, out, finding.GateRoute, rules.Need{Code: finding.UnknownVPC, Component: string(other.VPC), At: h.At, Fact: "the CIDRs of the peer VPC " + string(other.VPC), Collect: "aws ec2 describe-vpcs"})
	}
	if t.home.kind != snapshot.TargetLocal {
		f.Message = fmt.Sprintf("Peering is not transitive: %s does not carry traffic that entered %s by %s.", r.Target, t.vpcID, t.home.link)
		a.deny(t, h, t.cases, f)
	}
	if inside == packetset.None {
		a.end(t, Context{}, true)
		return
	}
	if rest := a.s.Diff(t.cases, inside); rest != packetset.None {
		a.end(t.with(rest), Context{}, true)
		t.cases = inside
	}
	a.arrive(t, other.VPC, home{kind: snapshot.TargetPeering, link: r.Target, client: t.vpcID}, h)
}

// inPeer is the cases addressed into the other side's CIDRs.
func (a links) inPeer(t *flow, other snapshot.PeeringSide) (packetset.Set, bool) {
	cidrs := other.CIDRs
	if v := a.x.VPCs.Get(other.VPC).Item; v != nil {
		cidrs = append(append([]netip.Prefix(nil), v.CIDRs...), v.IPv6CIDRs...)
	}
	x := packetset.None
	for _, c := range cidrs {
		x = a.s.Or(x, a.destination(t.view, c).Yes)
	}
	return a.s.And(x, t.cases), len(cidrs) > 0
}

// arrive takes traffic into another VPC, at no subnet in particular.
func (a links) arrive(t *flow, vpc snapshot.VPCID, h home, via Hop) {
	v := a.x.VPCs.Get(vpc)
	if v.Item == nil {
		a.leaveOpen(t, via, t.cases, finding.GateRoute, rules.Need{Code: finding.UnknownCrossAccount, Component: string(vpc), At: via.At,
			Fact: "what is in " + string(vpc) + ", which the snapshot lacks", Collect: "a snapshot of the account and Region that owns it"})
		a.end(t, Context{}, true)
		return
	}
	t.vpc, t.vpcID, t.region, t.home = v.Item, vpc, v.Region, h
	a.local(t, snapshot.Located[snapshot.Subnet]{})
}

// transit hands traffic to a transit gateway (N133 to N138).
func (a links) transit(t *flow, r *snapshot.Route, subnet snapshot.Located[snapshot.Subnet]) {
	h := Hop{Component: r.Target, Kind: "transit-gateway", At: r.At}
	gw := snapshot.TransitGatewayID(r.Target)
	if g := a.x.TransitGateways.Get(gw); g.Item != nil {
		h.At = g.Item.At
	}
	if slices.Contains(t.via, r.Target+"@"+string(t.vpcID)) {
		a.deny(t, h, t.cases, Finding{Code: finding.RoutingLoop, Gate: finding.GateRoute, Component: r.Target, Message: fmt.Sprintf("The traffic comes back to %s from %s: it goes round in circles.", r.Target, t.vpcID),
			Fix: "Route the traffic out of the VPC by another gateway.", Rule: "N143", URL: urlTGW})
		t.back = t.back[:min(len(t.back), 1)] // replies come by no part of the circle
		a.end(t, Context{}, true)
		return
	}
	t.via = append(t.via, r.Target+"@"+string(t.vpcID))
	t.pass(h)
	att, ok := a.attachmentOf(t, gw, h)
	if !ok {
		return
	}
	if !a.zoneCovered(t, att, subnet) {
		return
	}
	a.attachmentACL(t, att, subnet)
	if t.home.kind != snapshot.TargetLocal && subnet.Item != nil {
		// The replies cross this VPC, too: from the attachment's subnet.
		v, home, door := t.view, t.home, subnet
		if n, ok := a.attachmentSubnet(att, subnet.Item); ok {
			door = n
		}
		t.back = append(t.back, func(a *walk, t *flow) { a.replies().routeBack(t, door, v, home) })
	}
	t.entered = subnet.Item
	a.transitRoute(t, gw, att)
}

// attachmentOf finds this VPC's attachment to a transit gateway. Where there
// is none that could carry anything, it ends the flow.
func (a links) attachmentOf(t *flow, gw snapshot.TransitGatewayID, h Hop) (*snapshot.TGWAttachment, bool) {
	id, ok := a.x.vpcAttachment[tgwVPC{gw, t.vpcID}]
	if !ok {
		ec2 := a.collections(t.vpcID).ec2
		if ec2 != nil && knownAbsent(&ec2.TGWAttachments) {
			a.deny(t, h, t.cases, Finding{Code: finding.BadStateAttachment, Gate: finding.GateRoute, Component: h.Component,
				Message: fmt.Sprintf("%s has no attachment to %s.", t.vpcID, gw), Fix: fmt.Sprintf("Attach %s to %s.", t.vpcID, gw), Rule: "N133", URL: urlTGW})
		} else {
			a.leaveOpen(t, h, t.cases, finding.GateRoute, rules.Need{Code: finding.UnknownTGWRoutes, Component: h.Component, At: h.At,
				Fact: fmt.Sprintf("the attachment of %s to %s", t.vpcID, gw), Collect: "aws ec2 describe-transit-gateway-attachments, describe-transit-gateway-vpc-attachments"})
		}
		a.end(t, Context{}, true)
		return nil, false
	}
	att := a.x.TGWAttachments.Get(id).Item
	ah := Hop{Component: string(att.ID), Kind: "transit-gateway-attachment", At: att.At}
	a.badState(t, ah, rules.AttachmentState(att.State), Finding{Code: finding.BadStateAttachment, Gate: finding.GateRoute, Component: string(att.ID), Name: nameOf(att.Tags),
		Message: fmt.Sprintf("The attachment %s of %s to %s is in state %q.", att.ID, t.vpcID, gw, att.State), Fix: "Create the attachment anew, or accept it.", Rule: "N133", URL: urlTGW}, att.State)
	return att, true
}

// zoneCovered applies the rule that a transit gateway is reached only from
// zones in which its attachment has a subnet (N133).
func (a links) zoneCovered(t *flow, att *snapshot.TGWAttachment, subnet snapshot.Located[snapshot.Subnet]) bool {
	if subnet.Item == nil {
		return true
	}
	h := Hop{Component: string(att.ID), Kind: "transit-gateway-attachment", At: att.At}
	switch a.zoneState(att, subnet.Item) {
	case rules.StateWorks:
		return true
	case rules.StateUnknown:
		a.leaveOpen(t, h, t.cases, finding.GateRoute, rules.Need{Code: finding.UnknownTGWRoutes, Component: h.Component, At: h.At,
			Fact: "in which availability zones " + h.Component + " has subnets", Collect: "aws ec2 describe-transit-gateway-vpc-attachments"})
		return true
	}
	a.deny(t, h, t.cases, a.zoneFinding(att, subnet.Item))
	a.end(t, Context{}, true)
	return false
}

func (a links) zoneFinding(att *snapshot.TGWAttachment, n *snapshot.Subnet) Finding {
	return Finding{Code: finding.TGWRouteAZRestriction, Gate: finding.GateRoute, Component: string(att.ID), Name: nameOf(att.Tags), At: att.At,
		Message: fmt.Sprintf("%s has no subnet in %s, the availability zone of %s, so the transit gateway can't be reached from there.", att.ID, orElse(n.AvailabilityZone, n.AZID), n.ID),
		Fix:     fmt.Sprintf("Add a subnet in %s to %s.", orElse(n.AvailabilityZone, n.AZID), att.ID), Rule: "N133", URL: urlTGW}
}

func (a links) zoneState(att *snapshot.TGWAttachment, n *snapshot.Subnet) rules.State {
	if !att.SubnetsKnown {
		return rules.StateUnknown
	}
	st := rules.StateBroken
	for _, id := range att.Subnets {
		s := a.x.Subnets.Get(id).Item
		switch {
		case s == nil:
			st = rules.StateUnknown
		case sameZone(s, n):
			return rules.StateWorks
		}
	}
	return st
}

func sameZone(x, y *snapshot.Subnet) bool {
	return x.AvailabilityZone != "" && x.AvailabilityZone == y.AvailabilityZone || x.AZID != "" && x.AZID == y.AZID
}

// attachmentSubnet is the one that serves a zone, else none.
func (a links) attachmentSubnet(att *snapshot.TGWAttachment, n *snapshot.Subnet) (snapshot.Located[snapshot.Subnet], bool) {
	for _, id := range att.Subnets {
		if s := a.x.Subnets.Get(id); s.Item != nil && n != nil && sameZone(s.Item, n) {
			return s, true
		}
	}
	return snapshot.Located[snapshot.Subnet]{}, false
}

// attachmentACL judges the network ACL of the attachment's subnet in the
// client's VPC, which sees the traffic enter and the replies leave (N96).
func (a links) attachmentACL(t *flow, att *snapshot.TGWAttachment, subnet snapshot.Located[snapshot.Subnet]) {
	n, ok := a.attachmentSubnet(att, subnet.Item)
	if !ok {
		return
	}
	v := t.view
	a.throughACL(t, n, side{dir: rules.Inbound})
	if n.Item.ID != subnet.Item.ID {
		t.back = append(t.back, func(a *walk, t *flow) { a.throughACLView(t, n, v, side{dir: rules.Outbound, reply: true}) })
		return
	}
	// In one subnet, what comes from the transit gateway is not evaluated:
	// drop the reply's entry into the client's subnet.
	t.back = t.back[:max(len(t.back)-1, 0)]
}

// transitRoute looks the destination up in the table that the attachment is
// associated with (N134).
func (a links) transitRoute(t *flow, gw snapshot.TransitGatewayID, att *snapshot.TGWAttachment) {
	tb, ok := a.transitTable(t, att, false)
	if !ok {
		a.end(t, Context{}, true)
		return
	}
	v := t.view
	rt := &rules.RouteTraffic{Space: a.s, Cases: t.cases, Entries: a.entries,
		Remote: func(p netip.Prefix) rules.Match { return a.destination(v, p) }}
	rt.List = func(id snapshot.PrefixListID) rules.Match { return a.list(id, v, true) }
	for _, p := range rules.LookUpTransit(tb, rt) {
		c := t.with(p.Cases)
		if r, ok := a.transitWinner(c, tb, p, false); ok {
			a.transitOut(c, gw, att, r)
			continue
		}
		a.end(c, Context{}, true)
	}
}

// transitTable is the table associated with an attachment; where there is
// none to look into, it says so on the flow.
func (a links) transitTable(t *flow, att *snapshot.TGWAttachment, reply bool) (*snapshot.TGWRouteTable, bool) {
	h := Hop{Component: string(att.ID), Kind: "transit-gateway-attachment", Reply: reply, At: att.At}
	unknown := rules.Need{Code: finding.UnknownTGWRoutes, Component: string(att.ID), At: att.At, Fact: "the routes of the transit gateway table of " + string(att.ID),
		Collect: "aws ec2 describe-transit-gateway-attachments, search-transit-gateway-routes"}
	st := rules.AssociationState(att.AssociationState)
	switch {
	case att.AssociatedTable == "" && (!att.AssociationKnown || a.seenByParticipant(att)), att.AssociatedTable != "" && st == rules.StateUnknown:
		unknown.Fact = "which transit gateway route table " + string(att.ID) + " is associated with"
		a.leaveOpen(t, h, t.cases, finding.GateRoute, unknown)
		return nil, false
	case att.AssociatedTable == "" || st == rules.StateBroken:
		a.deny(t, h, t.cases, Finding{Code: finding.TGWAttachMissingTGWRTBAssociation, Gate: finding.GateRoute, Component: string(att.ID), Name: nameOf(att.Tags),
			Message: fmt.Sprintf("%s is associated with no transit gateway route table.", att.ID), Fix: fmt.Sprintf("Associate a transit gateway route table with %s.", att.ID), Rule: "N134", URL: urlTGW})
		return nil, false
	}
	tb := a.x.TGWRouteTables.Get(att.AssociatedTable).Item
	if tb == nil || !tb.RoutesKnown {
		unknown.Component = string(att.AssociatedTable)
		a.leaveOpen(t, h, t.cases, finding.GateRoute, unknown)
		return nil, false
	}
	return tb, true
}

// seenByParticipant reports whether an attachment was captured only by an
// account that the transit gateway is shared with, which need not see what
// the attachment is associated with.
func (a *question) seenByParticipant(att *snapshot.TGWAttachment) bool {
	return att.GatewayOwner != "" && accountID(a.x.TGWAttachments.Get(att.ID).Region) != att.GatewayOwner
}

// transitWinner notes the route that a part takes. ok is false where it ends there.
func (a links) transitWinner(t *flow, tb *snapshot.TGWRouteTable, p rules.TGWPart, reply bool) (*snapshot.TGWRoute, bool) {
	h := Hop{Component: string(tb.ID), Kind: "transit-gateway-route-table", Reply: reply, At: tb.At}
	if p.Unknown {
		a.leaveOpen(t, h, p.Cases, finding.GateRoute, rules.Need{Code: finding.UnknownTGWRoutes, Component: string(tb.ID), At: tb.At,
			Fact: "which route of " + string(tb.ID) + " takes the traffic", Collect: "aws ec2 search-transit-gateway-routes"})
	}
	if p.Route == rules.NoRoute {
		if !p.Unknown {
			h.Via = "no route"
			a.deny(t, h, p.Cases, Finding{Code: finding.TGWRTBNoRouteToTGWAttachment, Gate: finding.GateRoute, Component: string(tb.ID), Name: nameOf(tb.Tags),
				Message: fmt.Sprintf("The transit gateway route table %s has no route for %s.", tb.ID, replyOr(reply, "the replies", "the destination")),
				Fix:     fmt.Sprintf("Add a route to %s.", tb.ID), Rule: "N134", URL: urlTGW})
		}
		return nil, false
	}
	r := &tb.Routes[p.Route]
	h.Via, h.At = transitText(r), r.At
	i := p.Route
	if r.State != "" && !equalFold(r.State, "active") {
		a.deny(t, h, p.Cases, Finding{Code: finding.TGWRTBBadStateRoute, Gate: finding.GateRoute, Component: string(tb.ID), Name: nameOf(tb.Tags), RuleIndex: &i,
			Message: fmt.Sprintf("The route %s of %s is in state %q and drops the traffic.", transitText(r), tb.ID, r.State), Fix: fmt.Sprintf("Replace the route in %s.", tb.ID), Rule: "N134", URL: urlTGW})
		return nil, false
	}
	t.pass(h)
	return r, true
}

func replyOr(reply bool, yes, no string) string {
	if reply {
		return yes
	}
	return no
}

// transitOut follows a transit gateway route to its attachment (N135, N138).
func (a links) transitOut(t *flow, gw snapshot.TransitGatewayID, in *snapshot.TGWAttachment, r *snapshot.TGWRoute) {
	if len(r.Attachments) != 1 {
		a.leaveOpen(t, Hop{Component: string(gw), Kind: "transit-gateway", At: r.At}, t.cases, finding.GateRoute, rules.Need{Code: finding.UnknownTGWRoutes, Component: string(gw), At: r.At,
			Fact: "which attachment the transit gateway route " + transitText(r) + " leads to"})
		a.end(t, Context{}, true)
		return
	}
	to := r.Attachments[0]
	att := a.x.TGWAttachments.Get(to.ID)
	h := Hop{Component: string(to.ID), Kind: "transit-gateway-attachment", At: r.At}
	kind := to.ResourceType
	if att.Item != nil {
		h.At = att.Item.At
		kind = orElse(att.Item.ResourceType, kind)
	}
	switch {
	case kind == "peering":
		t.pass(h)
		a.transitPeering(t, gw, in, to.ID, h)
		return
	case kind != "vpc":
		t.pass(h)
		a.gateways().onPremises(t, h)
		return
	}
	if att.Item == nil {
		a.leaveOpen(t, h, t.cases, finding.GateRoute, rules.Need{Code: finding.UnknownTGWRoutes, Component: h.Component, At: h.At, Fact: "the attachment " + h.Component,
			Collect: "aws ec2 describe-transit-gateway-vpc-attachments"})
		a.end(t, Context{}, true)
		return
	}
	a.badState(t, h, rules.AttachmentState(att.Item.State), Finding{Code: finding.BadStateAttachment, Gate: finding.GateRoute, Component: h.Component, Name: nameOf(att.Item.Tags),
		Message: fmt.Sprintf("The attachment %s is in state %q.", h.Component, att.Item.State), Fix: "Create the attachment anew, or accept it.", Rule: "N134", URL: urlTGW}, att.Item.State)
	a.transitIPv6(t, h, in, att.Item)
	a.emergeFrom(t, gw, in, att.Item, h)
}

// transitIPv6 judges IPv6 over attachments that must support it (N138).
func (a links) transitIPv6(t *flow, h Hop, atts ...*snapshot.TGWAttachment) {
	v6 := a.s.And(t.cases, a.s.OfFamily(true))
	for _, x := range atts {
		if v6 == packetset.None || !equalFold(x.IPv6Support, "disable") {
			continue
		}
		a.deny(t, h, v6, Finding{Code: finding.ProtocolRestriction, Gate: finding.GateRoute, Component: string(x.ID), Name: nameOf(x.Tags), At: x.At,
			Message: fmt.Sprintf("%s does not support IPv6.", x.ID), Fix: fmt.Sprintf("Turn on IPv6 support of %s.", x.ID), Rule: "N138", URL: urlTGW})
	}
}

// emergeFrom takes traffic out of the transit gateway into a VPC (N135), and
// notes the replies' way through it (N136).
func (a links) emergeFrom(t *flow, gw snapshot.TransitGatewayID, in, out *snapshot.TGWAttachment, h Hop) {
	vpc := snapshot.VPCID(out.ResourceID)
	v := a.x.VPCs.Get(vpc)
	if v.Item == nil || !out.SubnetsKnown {
		a.leaveOpen(t, h, t.cases, finding.GateRoute, rules.Need{Code: finding.UnknownCrossAccount, Component: string(vpc), At: h.At,
			Fact: "what is in " + string(vpc) + ", which the snapshot lacks", Collect: "a snapshot of the account that owns it"})
		a.end(t, Context{}, true)
		return
	}
	client := t.view
	t.back = append(t.back, func(a *walk, t *flow) { a.replies().transitBack(t, in, out, client) })
	t.vpc, t.vpcID, t.region = v.Item, vpc, v.Region
	t.home = home{kind: snapshot.TargetTransitGateway, link: string(gw), attachment: out.ID, client: snapshot.VPCID(in.ResourceID)}
	zone := a.from.subnet.Item
	if t.entered != nil {
		zone = t.entered
	}
	if n, ok := a.attachmentSubnet(out, zone); ok {
		a.emerge(t, n)
		return
	}
	var branches []func(*flow)
	for _, id := range out.Subnets {
		if n := a.x.Subnets.Get(id); n.Item != nil {
			branches = append(branches, func(t *flow) { a.emerge(t, n) })
		}
	}
	switch len(branches) {
	case 0:
		a.leaveOpen(t, h, t.cases, finding.GateRoute, rules.Need{Code: finding.UnknownTGWRoutes, Component: h.Component, At: h.At, Fact: "the subnets of the attachment " + h.Component})
		a.end(t, Context{}, true)
	case 1:
		branches[0](t)
	default:
		a.fork(t, finding.GateRoute, rules.Need{Code: finding.UnknownTGWRoutes, Component: h.Component, At: h.At,
			Fact: "through which of its subnets " + h.Component + " sends traffic of another availability zone"}, branches...)
	}
}

// emerge takes traffic from an attachment's subnet onwards: its table, and
// its ACL unless the destination is in the same subnet (N96).
func (a links) emerge(t *flow, n snapshot.Located[snapshot.Subnet]) {
	if a.spent(t) {
		return
	}
	v, home := t.view, t.home
	if same := a.s.And(t.cases, a.inSubnet(v, n.Item)); same != packetset.None {
		c := t.with(same)
		c.back = append(c.back, func(a *walk, t *flow) {
			a.throughACLView(t, n, v, side{dir: rules.Outbound, reply: true})
			a.throughACLView(t, n, v, side{dir: rules.Inbound, reply: true})
			a.replies().routeBack(t, n, v, home)
		})
		a.delivery().deliver(c, n)
		t.cases = a.s.Diff(t.cases, same)
	}
	if t.cases == packetset.None {
		return
	}
	a.throughACL(t, n, side{dir: rules.Outbound})
	t.back = append(t.back, func(a *walk, t *flow) { a.throughACLView(t, n, v, side{dir: rules.Inbound, reply: true}) })
	a.route(t, n)
}
