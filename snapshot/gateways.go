package snapshot

import (
	"net/netip"
	"slices"
)

// GatewayAttachment ties an internet or VPN gateway to a VPC.
type GatewayAttachment struct {
	VPC   VPCID  `aws:"VpcId,required"`
	State string `aws:"State"`
}

// InternetGateway is one of describe-internet-gateways or describe-egress-only-internet-gateways.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-internet-gateways.html
type InternetGateway struct {
	At          Source
	ID          InternetGatewayID   `aws:"InternetGatewayId|EgressOnlyInternetGatewayId"`
	OwnerID     string              `aws:"OwnerId"`
	Tags        []Tag               `aws:"Tags"`
	Attachments []GatewayAttachment `aws:"Attachments"`
	// AttachmentsKnown: AWS lists them, if only an empty list.
	AttachmentsKnown bool `known:"Attachments"`
}

// NATGatewayAddress is one address of a NAT gateway.
type NATGatewayAddress struct {
	Public     netip.Addr         `aws:"PublicIp,ipv4"`
	Private    netip.Addr         `aws:"PrivateIp,ipv4"`
	Allocation string             `aws:"AllocationId"`
	Interface  NetworkInterfaceID `aws:"NetworkInterfaceId"`
	Zone       string             `aws:"AvailabilityZone"` // AvailabilityZone (regional NAT gateways)
	ZoneID     string             `aws:"AvailabilityZoneId"`
	Status     string             `aws:"Status"`
}

// NATGateway is one of describe-nat-gateways.
//
// AWS: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NatGateway.html
type NATGateway struct {
	At               Source
	ID               NATGatewayID        `aws:"NatGatewayId"`
	VPC              VPCID               `aws:"VpcId,required"`
	Subnet           SubnetID            `aws:"SubnetId"` // empty for a regional gateway
	State            string              `aws:"State"`
	Connectivity     string              `aws:"ConnectivityType"`                  // ConnectivityType: "public" or "private"; empty: not told
	AvailabilityMode string              `aws:"AvailabilityMode"`                  // "zonal" or "regional"; empty: zonal
	AutoScaling      string              `aws:"AutoScalingIps|AutoProvisionZones"` // AutoScalingIps / AutoProvisionZones: "enabled" or "disabled"; empty: not told
	RouteTable       RouteTableID        `aws:"RouteTableId"`
	Addresses        []NATGatewayAddress `aws:"NatGatewayAddresses,required"`
	HasAppliances    bool                // AttachedAppliances is not empty
	Tags             []Tag               `aws:"Tags"`
}

func (v *NATGateway) member(r *reader, key string) bool {
	if key != "AttachedAppliances" {
		return false
	}
	for ok := r.array(); ok && r.NextItem(); {
		v.HasAppliances = true
		r.Skip()
	}
	return true
}

// finish notes that a public gateway in use has no public address.
func (v *NATGateway) finish(r *reader) {
	if v.Connectivity == "private" || v.State != "available" || len(v.Addresses) == 0 {
		return
	}
	if !slices.ContainsFunc(v.Addresses, func(a NATGatewayAddress) bool { return a.Public.IsValid() }) {
		r.incomplete = "PublicIp"
	}
}

// PeeringSide is the requester or the accepter of a peering.
type PeeringSide struct {
	VPC     VPCID          `aws:"VpcId"`
	OwnerID string         `aws:"OwnerId"`
	Region  string         `aws:"Region"`
	CIDRs   []netip.Prefix // IPv4 and IPv6
	main    netip.Prefix   // CidrBlock, while it is read
}

func (v *PeeringSide) member(r *reader, key string) bool {
	switch key {
	case "CidrBlock": // one of CidrBlockSet, where that is told
		v.main = r.prefix(ipv4)
	case "CidrBlockSet":
		r.peeringCIDRs(v, "CidrBlock", ipv4)
	case "Ipv6CidrBlockSet":
		r.peeringCIDRs(v, "Ipv6CidrBlock", ipv6)
	default:
		return false
	}
	return true
}

func (v *PeeringSide) finish(*reader) {
	if v.main.IsValid() && !slices.ContainsFunc(v.CIDRs, func(c netip.Prefix) bool { return c.Addr().Is4() }) {
		v.CIDRs = append([]netip.Prefix{v.main}, v.CIDRs...)
	}
	v.main = netip.Prefix{}
}

// Peering is one of describe-vpc-peering-connections.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-vpc-peering-connections.html
type Peering struct {
	At        Source
	ID        PeeringID   `aws:"VpcPeeringConnectionId"`
	Status    string      `aws:"Status.Code"` // Status.Code
	Requester PeeringSide `aws:"RequesterVpcInfo"`
	Accepter  PeeringSide `aws:"AccepterVpcInfo"`
	Tags      []Tag       `aws:"Tags"`
}

// VPNGateway is one of describe-vpn-gateways.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-vpn-gateways.html
type VPNGateway struct {
	At          Source
	ID          string              `aws:"VpnGatewayId"`
	State       string              `aws:"State"`
	Attachments []GatewayAttachment `aws:"VpcAttachments"`
	// AttachmentsKnown: AWS lists them, if only an empty list.
	AttachmentsKnown bool  `known:"VpcAttachments"`
	Tags             []Tag `aws:"Tags"`
}

func (r *reader) peeringCIDRs(v *PeeringSide, member string, f family) {
	for ok := r.array(); ok && r.NextItem(); {
		for ok := r.object(); ok && r.NextKey(); {
			if r.Key() != member {
				r.Skip()
			} else if c := r.prefix(f); c.IsValid() {
				v.CIDRs = append(v.CIDRs, c)
			}
		}
	}
}

func (v *Peering) finish(r *reader) {
	if v.Requester.VPC == "" || v.Accepter.VPC == "" {
		r.incomplete = "VpcId"
	}
}

var readPeeringSide = tagged[PeeringSide]()
