package snapshot

import (
	"fmt"
	"net/netip"
	"slices"
)

// TransitGateway is one of describe-transit-gateways.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-transit-gateways.html
type TransitGateway struct {
	At                       Source
	ID                       TransitGatewayID `aws:"TransitGatewayId"`
	OwnerID                  string           `aws:"OwnerId"`
	State                    string           `aws:"State"`
	Tags                     []Tag            `aws:"Tags"`
	SecurityGroupReferencing string           `aws:"Options.SecurityGroupReferencingSupport"` // Options.SecurityGroupReferencingSupport
}

// TGWAttachment merges describe-transit-gateway-attachments and -vpc-attachments.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-transit-gateway-attachments.html
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-transit-gateway-vpc-attachments.html
type TGWAttachment struct {
	At                       Source
	ID                       TGWAttachmentID  `aws:"TransitGatewayAttachmentId"`
	Gateway                  TransitGatewayID `aws:"TransitGatewayId,required"`
	ResourceType             string           `aws:"ResourceType"`     // "vpc", "vpn", "direct-connect-gateway", "peering", "connect", …
	ResourceID               string           `aws:"ResourceId|VpcId"` // the VPC's id for "vpc"
	ResourceOwner            string           `aws:"ResourceOwnerId|VpcOwnerId"`
	GatewayOwner             string           `aws:"TransitGatewayOwnerId"` // TransitGatewayOwnerId: its account sees associations and routes
	State                    string           `aws:"State"`
	Subnets                  []SubnetID       `aws:"SubnetIds"`
	SubnetsKnown             bool             `known:"SubnetIds"`
	AssociatedTable          TGWRouteTableID  `aws:"Association.TransitGatewayRouteTableId"` // Association.TransitGatewayRouteTableId
	AssociationState         string           `aws:"Association.State"`
	AssociationKnown         bool             `known:"Association"`
	ApplianceMode            string           `aws:"Options.ApplianceModeSupport"` // Options.ApplianceModeSupport
	IPv6Support              string           `aws:"Options.Ipv6Support"`
	SecurityGroupReferencing string           `aws:"Options.SecurityGroupReferencingSupport"`
	Tags                     []Tag            `aws:"Tags"`
}

// TGWRoute is one route of a transit gateway route table.
type TGWRoute struct {
	At          Source
	CIDR        netip.Prefix         `aws:"DestinationCidrBlock"`
	PrefixList  PrefixListID         `aws:"PrefixListId"`
	Type        string               `aws:"Type"`  // "static" or "propagated"
	State       string               `aws:"State"` // "active" or "blackhole"
	Attachments []TGWRouteAttachment `aws:"TransitGatewayAttachments"`
}

// TGWRouteAttachment is one next hop of a transit gateway route.
type TGWRouteAttachment struct {
	ID           TGWAttachmentID `aws:"TransitGatewayAttachmentId,required"`
	ResourceType string          `aws:"ResourceType"`
	ResourceID   string          `aws:"ResourceId"`
}

// TGWRouteTable is one of describe-transit-gateway-route-tables with its
// routes from search-transit-gateway-routes.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/search-transit-gateway-routes.html
type TGWRouteTable struct {
	At          Source
	ID          TGWRouteTableID  `aws:"TransitGatewayRouteTableId"`
	Gateway     TransitGatewayID `aws:"TransitGatewayId"`
	State       string           `aws:"State"`
	Routes      []TGWRoute       `aws:"Routes"`
	RoutesKnown bool             `known:"Routes"`
	MoreRoutes  bool             `aws:"AdditionalRoutesAvailable"` // AdditionalRoutesAvailable
	RoutesGap   *Gap
	Tags        []Tag `aws:"Tags"`

	// What the routes follow from, where they were not searched (N165).
	StaticRoutes      []TGWRoute // TransitGatewayStaticRoutes
	StaticRoutesKnown bool
	Associations      []TGWLink `aws:"Associations"`
	AssociationsKnown bool      `known:"Associations"`
	Propagations      []TGWLink `aws:"TransitGatewayRouteTablePropagations"`
	PropagationsKnown bool      `known:"TransitGatewayRouteTablePropagations"`
}

// TGWLink ties an attachment to a route table that it looks up, or propagates to.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/get-transit-gateway-route-table-associations.html
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/get-transit-gateway-route-table-propagations.html
type TGWLink struct {
	At           Source
	Attachment   TGWAttachmentID `aws:"TransitGatewayAttachmentId,required"`
	ResourceType string          `aws:"ResourceType"`
	ResourceID   string          `aws:"ResourceId"`
	State        string          `aws:"State"` // "associated", "enabled", …
}

// VPNConnection is one of describe-vpn-connections.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-vpn-connections.html
type VPNConnection struct {
	At           Source
	ID           string           `aws:"VpnConnectionId"`
	VPNGateway   string           `aws:"VpnGatewayId"`
	Gateway      TransitGatewayID `aws:"TransitGatewayId"`
	State        string           `aws:"State"`
	StaticOnly   Flag             `aws:"Options.StaticRoutesOnly"` // false: BGP brings routes
	StaticRoutes []VPNRoute       `aws:"Routes"`
	Tags         []Tag            `aws:"Tags"`
}

// VPNRoute is one static route of a VPN connection.
type VPNRoute struct {
	At    Source
	CIDR  netip.Prefix `aws:"DestinationCidrBlock"`
	State string       `aws:"State"`
}

// mergeAttachments joins what the two calls tell of one attachment.
// describe-transit-gateway-attachments leaves Association out where there is
// none, so an attachment that it lists has a known association.
func (r *reader) mergeAttachments(all, ofVPCs Collection[TGWAttachment]) Collection[TGWAttachment] {
	out := all
	for i := range out.Items {
		out.Items[i].AssociationKnown = true
	}
	if ofVPCs.Presence == NotCollected {
		return out
	}
	if out.Presence == NotCollected {
		return ofVPCs
	}
	byID := make(map[TGWAttachmentID]int, len(out.Items))
	for i, a := range out.Items {
		byID[a.ID] = i
	}
	for _, a := range ofVPCs.Items {
		i, found := byID[a.ID]
		if !found {
			out.Items = append(out.Items, a)
			continue
		}
		into := &out.Items[i]
		gateway := string(into.Gateway)
		same := fill(&gateway, string(a.Gateway)) && fill(&into.ResourceType, a.ResourceType) &&
			fill(&into.ResourceID, a.ResourceID) && fill(&into.ResourceOwner, a.ResourceOwner) && fill(&into.State, a.State)
		into.Gateway = TransitGatewayID(gateway)
		fill(&into.ApplianceMode, a.ApplianceMode)
		fill(&into.IPv6Support, a.IPv6Support)
		fill(&into.SecurityGroupReferencing, a.SecurityGroupReferencing)
		if !into.SubnetsKnown {
			into.Subnets, into.SubnetsKnown = a.Subnets, a.SubnetsKnown
		} else if a.SubnetsKnown && !slices.Equal(sorted(into.Subnets), sorted(a.Subnets)) {
			same = false
		}
		if !same {
			r.contradiction(a.At, "TransitGatewayAttachmentId", string(a.ID), into.At)
		}
	}
	return out
}

func sorted[T ~string](ids []T) []T {
	out := slices.Clone(ids)
	slices.Sort(out)
	return out
}

// mergeTGWRoutes gives the tables the routes that were listed on their own.
func (r *reader) mergeTGWRoutes(tables, routes Collection[TGWRouteTable]) Collection[TGWRouteTable] {
	if routes.Presence == NotCollected {
		return tables
	}
	if tables.Presence == NotCollected {
		return routes
	}
	byID := make(map[TGWRouteTableID]int, len(tables.Items))
	for i, t := range tables.Items {
		byID[t.ID] = i
	}
	for _, t := range routes.Items {
		i, found := byID[t.ID]
		switch {
		case !found:
			tables.Items = append(tables.Items, t)
		case !tables.Items[i].RoutesKnown:
			into := &tables.Items[i]
			into.Routes, into.RoutesKnown, into.MoreRoutes = t.Routes, t.RoutesKnown, t.MoreRoutes
		case !sameTGWRoutes(t.Routes, tables.Items[i].Routes):
			r.contradiction(t.At, "TransitGatewayRouteTableId", string(t.ID), tables.Items[i].At)
		}
	}
	return tables
}

// linkTables gives the tables what their routes follow from, and attachments
// the table that one of them lists them under.
func (r *reader) linkTables(v *regionReader) {
	e := &v.EC2
	for _, links := range []Collection[TGWRouteTable]{v.staticRoutes, v.tableAssociations, v.propagations} {
		if links.Presence != Collected {
			continue
		}
		if e.TGWRouteTables.Presence == NotCollected {
			e.TGWRouteTables.Presence, e.TGWRouteTables.At = Collected, links.At
		}
		for _, t := range links.Items {
			i := slices.IndexFunc(e.TGWRouteTables.Items, func(have TGWRouteTable) bool { return have.ID == t.ID })
			if i < 0 {
				i = len(e.TGWRouteTables.Items)
				e.TGWRouteTables.Items = append(e.TGWRouteTables.Items, TGWRouteTable{At: t.At, ID: t.ID})
			}
			into := &e.TGWRouteTables.Items[i]
			if t.RoutesKnown {
				into.StaticRoutes, into.StaticRoutesKnown = t.Routes, !t.MoreRoutes
			}
			if t.AssociationsKnown {
				into.Associations, into.AssociationsKnown = t.Associations, true
			}
			if t.PropagationsKnown {
				into.Propagations, into.PropagationsKnown = t.Propagations, true
			}
		}
	}
	for _, t := range e.TGWRouteTables.Items {
		for _, link := range t.Associations {
			for i := range e.TGWAttachments.Items {
				if a := &e.TGWAttachments.Items[i]; a.ID == link.Attachment && a.AssociatedTable == "" {
					a.AssociatedTable, a.AssociationState, a.AssociationKnown = t.ID, link.State, true
				}
			}
		}
	}
}

// sameTGWRoutes tells whether two lists hold the same routes, in any order.
func sameTGWRoutes(a, b []TGWRoute) bool {
	lines := func(routes []TGWRoute) []string {
		out := make([]string, len(routes))
		for i, v := range routes {
			out[i] = fmt.Sprint(v.CIDR, " ", v.PrefixList, " ", v.Type, " ", v.State, " ", v.Attachments)
		}
		slices.Sort(out)
		return out
	}
	return slices.Equal(lines(a), lines(b))
}

var readTGWAttachment = tagged[TGWAttachment]()

// readTGWVPCAttachment reads an item of a call that lists attachments of VPCs only.
func readTGWVPCAttachment(r *reader, at Source, v *TGWAttachment) {
	v.ResourceType = "vpc"
	readTGWAttachment(r, at, v)
}
