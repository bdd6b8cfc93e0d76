package network

import (
	"strings"

	"github.com/canreach/canreach/snapshot"
)

// nameOf is a resource's Name tag.
func nameOf(tags []snapshot.Tag) string {
	n, _ := snapshot.TagValue(tags, "Name")
	return n
}

// nameFor is what people call a component: its Name tag, or a security group's
// own name where it has none. Empty where the snapshot has no name for it.
func (x *index) nameFor(id string) string {
	kind := id
	if i := strings.LastIndexByte(id, '-'); i > 0 {
		kind = id[:i]
	}
	switch kind {
	case "vpc":
		return tagged(x.VPCs, snapshot.VPCID(id), func(v *snapshot.VPC) []snapshot.Tag { return v.Tags })
	case "subnet":
		return tagged(x.Subnets, snapshot.SubnetID(id), func(v *snapshot.Subnet) []snapshot.Tag { return v.Tags })
	case "rtb":
		return tagged(x.RouteTables, snapshot.RouteTableID(id), func(v *snapshot.RouteTable) []snapshot.Tag { return v.Tags })
	case "acl":
		return tagged(x.NetworkACLs, snapshot.NetworkACLID(id), func(v *snapshot.NetworkACL) []snapshot.Tag { return v.Tags })
	case "sg":
		return groupName(x.SecurityGroups.Get(snapshot.SecurityGroupID(id)).Item)
	case "vpce":
		return tagged(x.VPCEndpoints, snapshot.VPCEndpointID(id), func(v *snapshot.VPCEndpoint) []snapshot.Tag { return v.Tags })
	case "igw":
		return tagged(x.InternetGateways, snapshot.InternetGatewayID(id), func(v *snapshot.InternetGateway) []snapshot.Tag { return v.Tags })
	case "eigw":
		return tagged(x.EgressOnlyGateways, snapshot.InternetGatewayID(id), func(v *snapshot.InternetGateway) []snapshot.Tag { return v.Tags })
	case "nat":
		return tagged(x.NATGateways, snapshot.NATGatewayID(id), func(v *snapshot.NATGateway) []snapshot.Tag { return v.Tags })
	case "pcx":
		return tagged(x.Peerings, snapshot.PeeringID(id), func(v *snapshot.Peering) []snapshot.Tag { return v.Tags })
	case "tgw":
		return tagged(x.TransitGateways, snapshot.TransitGatewayID(id), func(v *snapshot.TransitGateway) []snapshot.Tag { return v.Tags })
	case "tgw-attach":
		return tagged(x.TGWAttachments, snapshot.TGWAttachmentID(id), func(v *snapshot.TGWAttachment) []snapshot.Tag { return v.Tags })
	case "tgw-rtb":
		return tagged(x.TGWRouteTables, snapshot.TGWRouteTableID(id), func(v *snapshot.TGWRouteTable) []snapshot.Tag { return v.Tags })
	case "vgw":
		return tagged(x.VPNGateways, id, func(v *snapshot.VPNGateway) []snapshot.Tag { return v.Tags })
	case "eni":
		return tagged(x.NetworkInterfaces, snapshot.NetworkInterfaceID(id), func(v *snapshot.NetworkInterface) []snapshot.Tag { return v.Tags })
	}
	return ""
}

func tagged[K comparable, T any](t *snapshot.Table[K, T], id K, tags func(*T) []snapshot.Tag) string {
	if v := t.Get(id).Item; v != nil {
		return nameOf(tags(v))
	}
	return ""
}

func groupName(g *snapshot.SecurityGroup) string {
	if g == nil {
		return ""
	}
	return orElse(nameOf(g.Tags), g.Name)
}
