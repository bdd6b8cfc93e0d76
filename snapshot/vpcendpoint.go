package snapshot

var vpcEndpointShape = shape[VPCEndpoint]{(*reader).vpcEndpoint, func(v *VPCEndpoint) string { return string(v.ID) }, "VpcEndpointId"}

// vpcEndpoint reads one of describe-vpc-endpoints.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-vpc-endpoints.html
func (r *reader) vpcEndpoint(at Source, v *VPCEndpoint) {
	v.At = at
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "VpcEndpointId":
			readText(r, &v.ID)
		case "VpcId":
			readText(r, &v.VPC)
		case "OwnerId":
			v.OwnerID = r.text()
		case "Tags":
			v.Tags = r.tags()
		case "VpcEndpointType":
			v.Type = r.text()
		case "ServiceName":
			v.ServiceName = r.text()
		case "ServiceRegion":
			v.ServiceRegion = r.text()
		case "State":
			v.State = r.text()
		case "RouteTableIds":
			v.RouteTables = readTexts[RouteTableID](r, &v.RouteTablesKnown)
		case "SubnetIds":
			v.Subnets = readTexts[SubnetID](r, nil)
		case "NetworkInterfaceIds":
			v.Interfaces = readTexts[NetworkInterfaceID](r, &v.InterfacesKnown)
		case "Groups":
			v.Groups, v.GroupsKnown = r.interfaceGroups()
		case "PrivateDnsEnabled":
			v.PrivateDNS = r.flag(at, "PrivateDnsEnabled")
		case "DnsOptions":
			r.endpointDNSOptions(at, v)
		case "IpAddressType":
			v.IPAddressType = r.text()
		case "DnsEntries":
			for ok := r.array(); ok && r.NextItem(); {
				if name := r.nestedText("DnsName"); name != "" {
					v.DNSNames = append(v.DNSNames, name)
				}
			}
		case "PolicyDocument":
			v.Policy = r.document(at, "PolicyDocument")
		default:
			r.Skip()
		}
	}
}

func (r *reader) endpointDNSOptions(at Source, v *VPCEndpoint) {
	for ok := r.object(); ok && r.NextKey(); {
		switch r.Key() {
		case "DnsRecordIpType":
			v.DNSRecordIPType = r.text()
		case "PrivateDnsOnlyForInboundResolverEndpoint":
			v.PrivateDNSInboundOnly = r.flag(at.Child("DnsOptions"), "PrivateDnsOnlyForInboundResolverEndpoint")
		default:
			r.Skip()
		}
	}
}
