package network

import (
	"fmt"
	"slices"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// onPremisesSources is the public addresses that some table of a VPC sends to
// a VPN or Direct Connect: they are used on premises, and what comes from them
// comes in there, not by the internet gateway (N162). A default route makes no
// range on-premises. links collects the gateways.
func (a inbound) onPremisesSources(vpc snapshot.VPCID, links *[]string) packetset.Set {
	x := packetset.None
	v := a.x.VPCs.Get(vpc)
	if v.Region == nil {
		return x
	}
	for i := range v.Region.EC2.RouteTables.Items {
		tb := &v.Region.EC2.RouteTables.Items[i]
		for j := range tb.Routes {
			r := &tb.Routes[j]
			if tb.VPC != vpc || !r.CIDR.IsValid() || r.CIDR.Bits() == 0 || !rules.OnInternet(r.CIDR) || rules.Blackhole(r) || !a.leadsOnPremises(vpc, r) {
				continue
			}
			x = a.s.Or(x, a.s.Prefix(packetset.Source, r.CIDR))
			if links != nil {
				*links = append(*links, r.Target)
			}
		}
	}
	return x
}

// leadsOnPremises reports whether a route's target is a VPN gateway, or a
// transit gateway whose table sends the range to a VPN, Direct Connect or
// Connect attachment.
func (a inbound) leadsOnPremises(vpc snapshot.VPCID, r *snapshot.Route) bool {
	if r.TargetKind == snapshot.TargetVPNGateway {
		return true
	}
	att := a.x.TGWAttachments.Get(a.x.vpcAttachment[tgwVPC{snapshot.TransitGatewayID(r.Target), vpc}]).Item
	if r.TargetKind != snapshot.TargetTransitGateway || att == nil {
		return false
	}
	tb := a.x.TGWRouteTables.Get(att.AssociatedTable).Item
	if tb == nil {
		return false
	}
	best := -1
	outside := false
	for i := range tb.Routes {
		t := &tb.Routes[i]
		if !t.CIDR.IsValid() || t.CIDR.Bits() > r.CIDR.Bits() || !t.CIDR.Overlaps(r.CIDR) || t.CIDR.Bits() <= best {
			continue
		}
		best = t.CIDR.Bits()
		outside = slices.ContainsFunc(t.Attachments, func(x snapshot.TGWRouteAttachment) bool {
			return x.ResourceType != "" && x.ResourceType != "vpc" && x.ResourceType != "peering"
		})
	}
	return outside
}

// entrance is a gateway by which a VPC's traffic with other networks enters.
type entrance struct {
	home home
	hop  Hop
	need rules.Need
}

// enterFromElsewhere sends traffic of a private address that is in no VPC of
// the snapshot into the target's, by each gateway that may bring it. Whether
// it does is not in a snapshot; what stops it behind the gateway is (N141).
func (a inbound) enterFromElsewhere(y *target, cases packetset.Set, list []entrance) {
	n, v := a.x.Subnets.Get(y.subnet), a.x.VPCs.Get(y.vpc)
	if cases == packetset.None || n.Item == nil {
		return
	}
	t := &flow{cases: cases, vpc: v.Item, vpcID: y.vpc, region: v.Region}
	t.pass(Hop{Component: a.from.component, Kind: a.from.kind})
	if len(list) == 0 {
		a.noEntrance(t, v)
		return
	}
	var ways []func(*flow)
	for _, in := range list {
		ways = append(ways, func(t *flow) {
			t.home = in.home
			a.leaveOpen(t, in.hop, t.cases, finding.GateRoute, in.need)
			a.enter(t, n)
		})
	}
	if len(ways) == 1 {
		ways[0](t)
		return
	}
	a.fork(t, finding.GateRoute, list[0].need, ways...)
}

func (a inbound) noEntrance(t *flow, v snapshot.Located[snapshot.VPC]) {
	h := Hop{Component: string(t.vpcID), Kind: "vpc"}
	if v.Item != nil {
		h.At = v.Item.At
	}
	if v.Region == nil || v.Region.EC2.VPNGateways.Presence != snapshot.Collected || v.Region.EC2.TGWAttachments.Presence != snapshot.Collected || v.Region.EC2.Peerings.Presence != snapshot.Collected {
		a.leaveOpen(t, h, t.cases, finding.GateRoute, rules.Need{Code: finding.OnpremOpaque, Component: h.Component, At: h.At, Fact: "which gateways lead from other networks into " + h.Component,
			Collect: "aws ec2 describe-vpn-gateways, describe-transit-gateway-vpc-attachments, describe-vpc-peering-connections"})
	} else {
		a.deny(t, h, t.cases, Finding{Code: finding.NoPath, Gate: finding.GateRoute, Component: h.Component,
			Message: fmt.Sprintf("Nothing leads from %s into %s: the address is private and in no VPC of the snapshot, and %s has no VPN gateway, transit gateway or peering with its network.", a.from.component, h.Component, h.Component),
			Fix:     "Ask from an interface or subnet of the snapshot, or connect the networks.", Rule: "N113", URL: urlIGW})
	}
	a.end(t, Context{}, true)
}

// entrances lists a VPC's gateways to networks that are not in the snapshot.
func (a inbound) entrances(vpc snapshot.VPCID, r *snapshot.Region) []entrance {
	if r == nil {
		return nil
	}
	var out []entrance
	add := func(code finding.Code, id, kind string, at snapshot.Source, h home) {
		out = append(out, entrance{home: h, hop: Hop{Component: id, Kind: kind, At: at},
			need: rules.Need{Code: code, Component: id, At: at, Fact: fmt.Sprintf("whether %s brings traffic from %s, which is in no VPC of the snapshot, into %s", id, a.from.component, vpc)}})
	}
	for i := range r.EC2.VPNGateways.Items {
		g := &r.EC2.VPNGateways.Items[i]
		if slices.ContainsFunc(g.Attachments, func(x snapshot.GatewayAttachment) bool {
			return x.VPC == vpc && rules.GatewayAttachmentState(x.State) != rules.StateBroken
		}) {
			add(finding.OnpremOpaque, g.ID, "vpn-gateway", g.At, home{kind: snapshot.TargetVPNGateway, link: g.ID})
		}
	}
	for i := range r.EC2.TGWAttachments.Items {
		t := &r.EC2.TGWAttachments.Items[i]
		if t.ResourceID == string(vpc) && rules.AttachmentState(t.State) != rules.StateBroken {
			add(finding.OnpremOpaque, string(t.ID), "transit-gateway-attachment", t.At, home{kind: snapshot.TargetTransitGateway, link: string(t.Gateway), attachment: t.ID})
		}
	}
	for i := range r.EC2.Peerings.Items {
		p := &r.EC2.Peerings.Items[i]
		_, other, ok := rules.PeeringSides(p, vpc)
		if !ok || rules.PeeringState(p.Status) == rules.StateBroken || a.x.VPCs.Get(other.VPC).Item != nil || len(other.CIDRs) > 0 && !slices.ContainsFunc(other.CIDRs, a.q.From.Address.Overlaps) {
			continue
		}
		add(finding.UnknownCrossAccount, string(p.ID), "vpc-peering-connection", p.At, home{kind: snapshot.TargetPeering, link: string(p.ID), client: other.VPC})
	}
	return out
}
