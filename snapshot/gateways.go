package snapshot

import "net/netip"

var (
	internetGatewayShape = shape[InternetGateway]{(*reader).internetGateway,
		func(v *InternetGateway) string { return string(v.ID) }, "InternetGatewayId"}
	egressOnlyShape = shape[InternetGateway]{(*reader).internetGateway,
		func(v *InternetGateway) string { return string(v.ID) }, "EgressOnlyInternetGatewayId"}
	vpnGatewayShape = shape[VPNGateway]{(*reader).vpnGateway, func(v *VPNGateway) string { return v.ID }, "VpnGatewayId"}
	natGatewayShape = shape[NATGateway]{(*reader).natGateway, func(v *NATGateway) string { return string(v.ID) }, "NatGatewayId"}
)

// internetGateway reads one of describe-internet-gateways or
// describe-egress-only-internet-gateways.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-internet-gateways.html
func (r *reader) internetGateway(at Source, v *InternetGateway) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "InternetGatewayId", "EgressOnlyInternetGatewayId":
			readText(r, &v.ID)
		case "OwnerId":
			v.OwnerID = r.text()
		case "Tags":
			v.Tags = r.tags()
		case "Attachments":
			v.Attachments = r.gatewayAttachments()
		default:
			r.Skip()
		}
	}
}

func (r *reader) gatewayAttachments() []GatewayAttachment {
	var out []GatewayAttachment
	for ok := r.array(); ok && r.NextItem(); {
		var a GatewayAttachment
		for ok := r.object(); ok && r.NextKey(); {
			switch r.Key() {
			case "VpcId":
				readText(r, &a.VPC)
			case "State":
				a.State = r.text()
			default:
				r.Skip()
			}
		}
		out = append(out, a)
	}
	return out
}

// vpnGateway reads one of describe-vpn-gateways.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-vpn-gateways.html
func (r *reader) vpnGateway(at Source, v *VPNGateway) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "VpnGatewayId":
			v.ID = r.text()
		case "State":
			v.State = r.text()
		case "VpcAttachments":
			v.Attachments = r.gatewayAttachments()
		case "Tags":
			v.Tags = r.tags()
		default:
			r.Skip()
		}
	}
}

// natGateway reads one of describe-nat-gateways.
//
// AWS: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NatGateway.html
func (r *reader) natGateway(at Source, v *NATGateway) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "NatGatewayId":
			readText(r, &v.ID)
		case "VpcId":
			readText(r, &v.VPC)
		case "SubnetId":
			readText(r, &v.Subnet)
		case "State":
			v.State = r.text()
		case "ConnectivityType":
			v.Connectivity = r.text()
		case "AvailabilityMode":
			v.AvailabilityMode = r.text()
		case "AutoScalingIps", "AutoProvisionZones":
			fill(&v.AutoScaling, r.text())
		case "RouteTableId":
			readText(r, &v.RouteTable)
		case "NatGatewayAddresses":
			for ok := r.array(); ok && r.NextItem(); {
				v.Addresses = append(v.Addresses, r.natGatewayAddress())
			}
		case "AttachedAppliances":
			for ok := r.array(); ok && r.NextItem(); {
				v.HasAppliances = true
				r.Skip()
			}
		case "Tags":
			v.Tags = r.tags()
		default:
			r.Skip()
		}
	}
}

func (r *reader) natGatewayAddress() NATGatewayAddress {
	var a NATGatewayAddress
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "PublicIp":
			a.Public = r.addr(ipv4)
		case "PrivateIp":
			a.Private = r.addr(ipv4)
		case "AllocationId":
			a.Allocation = r.text()
		case "NetworkInterfaceId":
			readText(r, &a.Interface)
		case "AvailabilityZone":
			a.Zone = r.text()
		case "AvailabilityZoneId":
			a.ZoneID = r.text()
		case "Status":
			a.Status = r.text()
		default:
			r.Skip()
		}
	}
	return a
}

var peeringShape = shape[Peering]{(*reader).peering, func(v *Peering) string { return string(v.ID) }, "VpcPeeringConnectionId"}

// peering reads one of describe-vpc-peering-connections.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-vpc-peering-connections.html
func (r *reader) peering(at Source, v *Peering) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "VpcPeeringConnectionId":
			readText(r, &v.ID)
		case "Status":
			v.Status = r.nestedText("Code")
		case "RequesterVpcInfo":
			v.Requester = r.peeringSide()
		case "AccepterVpcInfo":
			v.Accepter = r.peeringSide()
		case "Tags":
			v.Tags = r.tags()
		default:
			r.Skip()
		}
	}
}

func (r *reader) peeringSide() PeeringSide {
	var v PeeringSide
	var main netip.Prefix
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "VpcId":
			readText(r, &v.VPC)
		case "OwnerId":
			v.OwnerID = r.text()
		case "Region":
			v.Region = r.text()
		case "CidrBlock":
			main = r.prefix(ipv4)
		case "CidrBlockSet":
			r.peeringCIDRs(&v, "CidrBlock", ipv4)
		case "Ipv6CidrBlockSet":
			r.peeringCIDRs(&v, "Ipv6CidrBlock", ipv6)
		default:
			r.Skip()
		}
	}
	hasIPv4 := false
	for _, c := range v.CIDRs {
		hasIPv4 = hasIPv4 || c.Addr().Is4()
	}
	if !hasIPv4 && main.IsValid() {
		v.CIDRs = append([]netip.Prefix{main}, v.CIDRs...)
	}
	return v
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
