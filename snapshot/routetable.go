package snapshot

import (
	"net/netip"
	"strings"
)

// TargetKind is what a route points at. Unknown kinds take part in the lookup (N37).
type TargetKind uint8

const (
	TargetUnknown           TargetKind = iota // a field this program does not know, or none
	TargetLocal                               // GatewayId "local"
	TargetVPCEndpoint                         // GatewayId or VpcEndpointId "vpce-…": gateway, or Gateway Load Balancer
	TargetInternetGateway                     // GatewayId "igw-…"
	TargetVPNGateway                          // GatewayId "vgw-…"
	TargetEgressOnlyGateway                   // EgressOnlyInternetGatewayId
	TargetNATGateway                          // NatGatewayId
	TargetNetworkInterface                    // NetworkInterfaceId (with or without InstanceId)
	TargetInstance                            // InstanceId alone
	TargetPeering                             // VpcPeeringConnectionId
	TargetTransitGateway                      // TransitGatewayId
	TargetCarrierGateway                      // CarrierGatewayId
	TargetLocalGateway                        // LocalGatewayId
	TargetCoreNetwork                         // CoreNetworkArn
	TargetODBNetwork                          // OdbNetworkArn
	TargetIPAddress                           // IpAddress next hop
)

// TargetKinds lists every kind of target.
func TargetKinds() []TargetKind {
	out := make([]TargetKind, TargetIPAddress+1)
	for i := range out {
		out[i] = TargetKind(i)
	}
	return out
}

// Route is one row of a route table.
type Route struct {
	At            Source
	CIDR          netip.Prefix // DestinationCidrBlock or DestinationIpv6CidrBlock, as given; invalid with PrefixList set
	PrefixList    PrefixListID // DestinationPrefixListId
	TargetKind    TargetKind
	Target        string // the target's id as AWS prints it, e.g. "nat-0a1b"; "local" for the local route
	TargetField   string // the JSON member it came from, e.g. "NatGatewayId"
	TargetOwner   string // InstanceOwnerId
	State         string // "active", "blackhole", …; any case
	Origin        string // CreateRouteTable, CreateRoute, EnableVgwRoutePropagation, Advertisement
	UnknownFields []string
}

// RouteTableAssociation ties a table to a subnet, a gateway (edge), or the VPC as its main table.
type RouteTableAssociation struct {
	At      Source
	ID      string   `aws:"RouteTableAssociationId"`
	Main    bool     `aws:"Main"`
	Subnet  SubnetID `aws:"SubnetId"`
	Gateway string   `aws:"GatewayId"`              // igw-… or vgw-…: an edge association
	State   string   `aws:"AssociationState.State"` // AssociationState.State; empty: not told
}

func (v *RouteTableAssociation) finish(r *reader) {
	if v.Subnet == "" && v.Gateway == "" && !v.Main {
		r.incomplete = "SubnetId"
	}
}

// RouteTable is one of describe-route-tables.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-route-tables.html
type RouteTable struct {
	At              Source
	ID              RouteTableID            `aws:"RouteTableId"`
	VPC             VPCID                   `aws:"VpcId,required"`
	OwnerID         string                  `aws:"OwnerId"`
	Tags            []Tag                   `aws:"Tags"`
	Associations    []RouteTableAssociation `aws:"Associations"`
	Routes          []Route                 `aws:"Routes"`
	PropagatingVGWs []string                `aws:"PropagatingVgws[].GatewayId"`
	// The arrays are in the file, and could be read.
	AssociationsKnown bool `known:"Associations"`
	RoutesKnown       bool `known:"Routes"`
}

// route reads one route. Whatever it does not know of it is kept by name: such
// a route takes part in the look-up (N37).
//
// AWS: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html
func (r *reader) route(at Source, v *Route) {
	v.At = at
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
