package snapshot

import "strings"

var routeTableShape = shape[RouteTable]{(*reader).routeTable, func(v *RouteTable) string { return string(v.ID) }, "RouteTableId"}

// routeTable reads one of describe-route-tables.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-route-tables.html
func (r *reader) routeTable(at Source, v *RouteTable) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "RouteTableId":
			readText(r, &v.ID)
		case "VpcId":
			readText(r, &v.VPC)
		case "OwnerId":
			v.OwnerID = r.text()
		case "Tags":
			v.Tags = r.tags()
		case "Associations":
			v.Associations, v.AssociationsKnown = r.routeTableAssociations(r.child(at, "Associations"))
		case "Routes":
			v.Routes, v.RoutesKnown = r.routeList(r.child(at, "Routes"))
		case "PropagatingVgws":
			for ok := r.array(); ok && r.NextItem(); {
				v.PropagatingVGWs = append(v.PropagatingVGWs, r.nestedText("GatewayId"))
			}
		default:
			r.Skip()
		}
	}
}

func (r *reader) routeTableAssociations(base string) ([]RouteTableAssociation, bool) {
	if !r.array() {
		return nil, false
	}
	var buf [8]RouteTableAssociation
	out := buf[:0]
	for i := 0; r.NextItem(); i++ {
		a := RouteTableAssociation{At: Source{base, int32(i)}}
		for ok := r.object(); ok && r.NextKey(); {
			switch r.Key() {
			case "RouteTableAssociationId":
				a.ID = r.text()
			case "Main":
				a.Main = r.bool()
			case "SubnetId":
				readText(r, &a.Subnet)
			case "GatewayId":
				a.Gateway = r.text()
			case "AssociationState":
				a.State = r.nestedText("State")
			default:
				r.Skip()
			}
		}
		out = append(out, a)
	}
	return keep(&r.slabs.associations, out), true
}

func (r *reader) routeList(base string) ([]Route, bool) {
	if !r.array() {
		return nil, false
	}
	var buf [16]Route
	out := buf[:0]
	for i := 0; r.NextItem(); i++ {
		out = append(out, Route{At: Source{base, int32(i)}})
		r.route(&out[i])
	}
	return keep(&r.slabs.routes, out), true
}

// route reads one route. Whatever it does not know of it is kept by name: such
// a route takes part in the look-up (N37).
//
// AWS: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html
func (r *reader) route(v *Route) {
	r.Peek()
	offset := r.Offset()
	if !r.object() {
		return
	}
	var instance string
	for r.NextKey() {
		switch key := r.Key(); key {
		case "DestinationCidrBlock":
			v.CIDR = firstValid(r.prefix(ipv4), v.CIDR)
		case "DestinationIpv6CidrBlock":
			v.CIDR = firstValid(r.prefix(ipv6), v.CIDR)
		case "DestinationPrefixListId":
			readText(r, &v.PrefixList)
		case "State":
			v.State = r.text()
		case "Origin":
			v.Origin = r.text()
		case "InstanceOwnerId":
			v.TargetOwner = r.text()
		case "InstanceId":
			instance = r.text()
		case "GatewayId", "VpcEndpointId", "EgressOnlyInternetGatewayId", "NatGatewayId", "NetworkInterfaceId",
			"VpcPeeringConnectionId", "TransitGatewayId", "CarrierGatewayId", "LocalGatewayId", "CoreNetworkArn",
			"OdbNetworkArn", "IpAddress":
			if id := r.text(); id != "" {
				r.setTarget(v, key, id)
			}
		default:
			r.unknown(&v.UnknownFields, "")
		}
	}
	if instance != "" && v.Target == "" {
		v.TargetKind, v.Target, v.TargetField = TargetInstance, instance, "InstanceId"
	}
	if r.Err() == nil && !v.CIDR.IsValid() && v.PrefixList == "" && len(v.UnknownFields) == 0 && !r.problemSince(offset) {
		r.problemAt(offset, "this route has no destination")
	}
}

func (r *reader) setTarget(v *Route, field, id string) {
	if v.Target != "" {
		r.problemAt(r.KeyOffset(), "this route has two targets, %s and %s", v.TargetField, field)
		return
	}
	v.Target, v.TargetField, v.TargetKind = id, field, targetKind(field, id)
}

var targetFields = map[string]TargetKind{
	"VpcEndpointId":               TargetVPCEndpoint,
	"EgressOnlyInternetGatewayId": TargetEgressOnlyGateway,
	"NatGatewayId":                TargetNATGateway,
	"NetworkInterfaceId":          TargetNetworkInterface,
	"VpcPeeringConnectionId":      TargetPeering,
	"TransitGatewayId":            TargetTransitGateway,
	"CarrierGatewayId":            TargetCarrierGateway,
	"LocalGatewayId":              TargetLocalGateway,
	"CoreNetworkArn":              TargetCoreNetwork,
	"OdbNetworkArn":               TargetODBNetwork,
	"IpAddress":                   TargetIPAddress,
}

// targetKind returns what a route's target is. GatewayId holds several kinds,
// which the id's beginning tells apart, or, for what a plan creates, the type
// in its Terraform address.
func targetKind(field, id string) TargetKind {
	if field != "GatewayId" {
		return targetFields[field]
	}
	switch {
	case id == "local":
		return TargetLocal
	case strings.HasPrefix(id, "vpce-"), strings.Contains(id, "aws_vpc_endpoint."):
		return TargetVPCEndpoint
	case strings.HasPrefix(id, "igw-"), strings.Contains(id, "aws_internet_gateway."):
		return TargetInternetGateway
	case strings.HasPrefix(id, "vgw-"), strings.Contains(id, "aws_vpn_gateway."):
		return TargetVPNGateway
	case strings.HasPrefix(id, "eigw-"), strings.Contains(id, "aws_egress_only_internet_gateway."):
		return TargetEgressOnlyGateway
	}
	return TargetUnknown
}
