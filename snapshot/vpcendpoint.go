package snapshot

// VPCEndpoint is one of describe-vpc-endpoints.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-vpc-endpoints.html
type VPCEndpoint struct {
	At                    Source
	ID                    VPCEndpointID        `aws:"VpcEndpointId"`
	VPC                   VPCID                `aws:"VpcId,required"`
	OwnerID               string               `aws:"OwnerId"`
	Tags                  []Tag                `aws:"Tags"`
	Type                  string               `aws:"VpcEndpointType,required"` // "Gateway", "Interface", "GatewayLoadBalancer", …; any case
	ServiceName           string               `aws:"ServiceName,required"`     // "com.amazonaws.us-east-1.s3"
	ServiceRegion         string               `aws:"ServiceRegion"`            // empty: the VPC's
	State                 string               `aws:"State"`                    // any case
	RouteTables           []RouteTableID       `aws:"RouteTableIds"`
	RouteTablesKnown      bool                 `known:"RouteTableIds"`
	Subnets               []SubnetID           `aws:"SubnetIds"`
	Interfaces            []NetworkInterfaceID `aws:"NetworkInterfaceIds"`
	InterfacesKnown       bool                 `known:"NetworkInterfaceIds"`
	Groups                []SecurityGroupID    `aws:"Groups[].GroupId"`
	GroupsKnown           bool                 `known:"Groups"`
	PrivateDNS            Flag                 `aws:"PrivateDnsEnabled"`                                   // PrivateDnsEnabled
	PrivateDNSInboundOnly Flag                 `aws:"DnsOptions.PrivateDnsOnlyForInboundResolverEndpoint"` // DnsOptions.PrivateDnsOnlyForInboundResolverEndpoint
	DNSRecordIPType       string               `aws:"DnsOptions.DnsRecordIpType"`
	IPAddressType         string               `aws:"IpAddressType"`           // "ipv4", "dualstack", "ipv6"; empty: not told
	DNSNames              []string             `aws:"DnsEntries[].DnsName"`    // DnsEntries[].DnsName
	Policy                Document             `aws:"PolicyDocument,required"` // of gateway and interface endpoints
}
