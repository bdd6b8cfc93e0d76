package network

import (
	"net/netip"
	"strings"

	"github.com/canreach/canreach/snapshot"
)

// propagate works out the routes of transit gateway tables that were not
// searched, from their static routes and propagations (N165): a VPC brings its
// CIDR blocks, a VPN with static routes only brings those. What BGP brings is
// not told, and may be more specific than any route that is: the routes of a
// table with such an attachment stay unknown.
func (x *index) propagate() {
	for id, t := range x.TGWRouteTables.Map() {
		if t.Item.RoutesKnown || t.Item.RoutesGap != nil || !t.Item.StaticRoutesKnown || !t.Item.PropagationsKnown {
			continue
		}
		table := *t.Item
		table.RoutesKnown = true
		table.Routes = append([]snapshot.TGWRoute{}, table.StaticRoutes...)
		for _, link := range table.Propagations {
			if link.State != "" && !strings.EqualFold(link.State, "enabled") {
				continue
			}
			blocks, whole := x.propagated(link)
			table.RoutesKnown = table.RoutesKnown && whole
			for _, b := range blocks {
				table.Routes = append(table.Routes, snapshot.TGWRoute{At: link.At, CIDR: b, Type: "propagated", State: "active",
					Attachments: []snapshot.TGWRouteAttachment{{ID: link.Attachment, ResourceType: link.ResourceType, ResourceID: link.ResourceID}}})
			}
		}
		if !table.RoutesKnown {
			continue
		}
		x.TGWRouteTables, _ = x.TGWRouteTables.Replace(id, &table)
	}
}

// propagated returns the blocks that an attachment propagates; whole tells that
// there are no others.
func (x *index) propagated(link snapshot.TGWLink) (blocks []netip.Prefix, whole bool) {
	switch link.ResourceType {
	case "vpc":
		v := x.VPCs.Get(snapshot.VPCID(link.ResourceID)).Item
		if v == nil {
			return nil, false
		}
		return append(append([]netip.Prefix{}, v.CIDRs...), v.IPv6CIDRs...), len(v.CIDRs) > 0
	case "vpn":
		for _, a := range x.Snapshot.Accounts {
			for _, r := range a.Regions {
				for i := range r.EC2.VPNConnections.Items {
					if c := &r.EC2.VPNConnections.Items[i]; c.ID == link.ResourceID {
						for _, route := range c.StaticRoutes {
							blocks = append(blocks, route.CIDR)
						}
						return blocks, c.StaticOnly.Presence == snapshot.Collected && c.StaticOnly.Value
					}
				}
			}
		}
	}
	return nil, false
}
