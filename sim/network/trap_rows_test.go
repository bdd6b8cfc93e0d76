package network_test

import (
	"github.com/canreach/canreach/internal/testkit/world"
)

// The rows of the catalogue that one Ask answers. Short names: rtb-1 is rt1,
// subnet-1 is s1, and so on; w.NAT and w.IFE are "NAT" and "IFE" there.

var (
	defaultTo = func(target string) world.Edit { return world.Routes("rtb-1", world.To("0.0.0.0/0", target)) }
	// onlyDefault is rt1 = {local, 0.0.0.0/0 → target}.
	onlyDefault = func(target string) world.Edit { return world.All(world.NoS3Route(), defaultTo(target)) }

	igwDefault = edits(world.IGW("igw-1", "vpc-a"), onlyDefault("igw-1")) // T6
	natDefault = edits(world.NAT(), onlyDefault("nat-1"))                 // T10
	withEIP    = world.All(world.Interface("eni-x", "subnet-1", "10.0.1.10", "sg-1"), world.PublicIP("eni-x", "198.51.100.7"))
	peerB      = world.All(world.VPC("vpc-b", "10.1.0.0/16"), world.ACL("acl-b", "vpc-b", true, world.AllowAll...),
		world.Subnet("subnet-b", "vpc-b", "10.1.1.0/24", "us-east-1a"),
		world.Group("sg-b", "vpc-b", nil, []world.Obj{world.Rule("-1", "0.0.0.0/0")}))
	noCIDRs = world.Unset("PrefixLists", world.PL, "Cidrs")
	gwlb    = world.All(world.Subnet("subnet-7", "vpc-a", "10.0.7.0/24", "us-east-1a"),
		world.Table("rtb-7", "vpc-a", []string{"subnet-7"}, world.To("0.0.0.0/0", "igw-7")),
		world.IGW("igw-7", "vpc-a"), world.GWLB("vpce-w", "vpc-a", "subnet-7"))
)

var routeTraps = []trap{
	{id: "T1", want: reachable, flows: viaGateway},
	{id: "T2", edits: edits(world.NoS3Route()), want: blocked, code: "NO_ROUTE_TO_DESTINATION"},
	{id: "T3", edits: edits(world.NoS3Route(), world.Table("rtb-2", "vpc-a", nil, world.ToList(world.PL, "vpce-g")),
		world.Set("VpcEndpoints", "vpce-g", "RouteTableIds", world.List{"rtb-2"})),
		want: blocked, code: "NO_ROUTE_TO_DESTINATION"},
	{id: "T4", edits: edits(world.NoAssociation("rtb-1", "subnet-1"), world.Table("rtb-2", "vpc-a", nil, world.ToList(world.PL, "vpce-g")),
		world.Append("VpcEndpoints", "vpce-g", "RouteTableIds", "rtb-2")),
		want: reachable, flows: viaGateway},
	{id: "T5", edits: edits(world.NoS3Route(), world.Gateway("vpce-m", "vpc-a", "rtb-2"), world.Table("rtb-2", "vpc-a", nil, world.ToList(world.PL, "vpce-m"))),
		want: blocked, code: "NO_ROUTE_TO_DESTINATION"},
	{id: "T6", edits: igwDefault, want: blocked, code: "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"},
	{id: "T7", edits: and(igwDefault, world.Set("Subnets", "subnet-1", "MapPublicIpOnLaunch", true)),
		want: blocked, code: "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"},
	{id: "T8", edits: and(igwDefault, withEIP), from: fromInterface("eni-x"), want: reachable,
		flows: []flow{{via: "public", publicIP: "198.51.100.7"}}},
	{id: "T9", edits: and(igwDefault, world.Interface("eni-x", "subnet-1", "10.0.1.10", "sg-1"),
		world.Append("NetworkInterfaces", "eni-x", "PrivateIpAddresses",
			world.Obj{"Primary": false, "PrivateIpAddress": "10.0.1.11", "Association": world.Obj{"PublicIp": "198.51.100.7"}})),
		from: fromInterface("eni-x"), want: blocked, code: "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"},
	{id: "T10", edits: natDefault, want: reachable, flows: viaNAT},
	{id: "T11", edits: edits(world.NAT(), defaultTo("nat-1")), want: reachable, flows: viaGateway},
	{id: "T12", edits: edits(world.NAT(), defaultTo("nat-1"), world.Routes("rtb-1", world.To("52.216.0.0/15", "nat-1"))),
		want: reachable, also: []string{"HIGHER_PRIORITY_ROUTE"}, flows: []flow{viaGateway[0], viaNAT[0]}},
	{id: "T13", edits: edits(world.IGW("igw-1", "vpc-a"), world.Routes("rtb-1", world.To("52.216.8.0/24", "igw-1"))),
		want: partial, code: "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", flows: viaGateway},
	{id: "T14", edits: edits(peerB, world.Peering("pcx-1", "vpc-a", "vpc-b"), world.Routes("rtb-1", world.To("52.0.0.0/8", "pcx-1"))),
		want: reachable, flows: viaGateway},
	{id: "T15", edits: edits(world.VGW("vgw-1", "vpc-a"), world.Routes("rtb-1", world.Propagated("52.216.0.0/15", "vgw-1"))),
		want: reachable, flows: viaGateway},
	{id: "T16", edits: edits(world.VGW("vgw-1", "vpc-a"), world.Routes("rtb-1", world.Propagated("54.231.128.0/17", "vgw-1"))),
		want: unknown, code: "ONPREM_OPAQUE"},
	{id: "T17", edits: edits(
		world.Add("PrefixLists", world.Obj{"PrefixListId": "pl-own", "PrefixListName": "own", "OwnerId": world.AccountID, "AddressFamily": "IPv4", "MaxEntries": 5,
			"Entries": world.List{world.Obj{"Cidr": "52.216.0.0/15"}}}),
		world.TransitGateway("tgw-1"), world.Attach("tgw-attach-a", "tgw-1", "vpc-a", "subnet-1"),
		world.Routes("rtb-1", world.ToList("pl-own", "tgw-1"))),
		want: unknown, code: "UNK_OVERLAPPING_PREFIX_LISTS"},
	{id: "T18", edits: edits(world.Routes("rtb-1", world.Blackhole(world.To("3.5.0.0/19", "nat-old")))), want: partial, code: "BAD_STATE_ROUTE"},
	{id: "T19", edits: edits(world.NoS3Route(), world.Routes("rtb-1", world.Blackhole(world.To("0.0.0.0/0", "nat-deleted")))),
		want: blocked, code: "BAD_STATE_ROUTE"},
	{id: "T20", edits: edits(world.NoS3Route(), world.TransitGateway("tgw-1"), world.Attach("tgw-attach-a", "tgw-1", "vpc-a", "subnet-1"),
		world.Routes("rtb-1", world.ToList(world.PL, "tgw-1"))),
		want: blocked, code: "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT"},
	{id: "T21", edits: edits(gwlb, onlyDefault("vpce-w")), want: unknown, code: "MIDDLEBOX_OPAQUE"},
	{id: "T22", edits: edits(world.NoS3Route(), world.Gateway("vpce-d", "vpc-a", "rtb-1"),
		world.Set("VpcEndpoints", "vpce-d", "ServiceName", "com.amazonaws.us-east-1.dynamodb"),
		world.Routes("rtb-1", world.ToList(world.PLDynamo, "vpce-d"))),
		want: blocked, code: "NO_ROUTE_TO_DESTINATION"},
	{id: "T23", edits: edits(onlyDefault("arn:aws:networkmanager::111122223333:core-network/core-network-0a1b")),
		want: unknown, code: "UNK_ROUTE_TARGET"},
	{id: "T24", edits: edits(noCIDRs), want: reachable, flows: viaGateway},
	{id: "T25", edits: edits(noCIDRs, world.IGW("igw-1", "vpc-a"), world.Routes("rtb-1", world.To("52.216.0.0/16", "igw-1"))),
		want: unknown, code: "UNK_PREFIX_LIST"},
	{id: "T28", edits: edits(world.Append("Vpcs", "vpc-a", "CidrBlockAssociationSet",
		world.Obj{"CidrBlock": "52.216.0.0/16", "CidrBlockState": world.Obj{"State": "associated"}}),
		world.Routes("rtb-1", world.To("52.216.0.0/16", "local"))),
		want: unknown, code: "UNK_LOCAL_OVERLAPS_S3"},
}

var endpointTraps = []trap{
	{id: "T26", edits: edits(world.Set("VpcEndpoints", "vpce-g", "State", "pending")), want: blocked, code: "BAD_STATE"},
	{id: "T27", edits: edits(world.Set("VpcEndpoints", "vpce-g", "State", "Available")), want: reachable, flows: viaGateway},
	{id: "T29", edits: edits(world.NoRoute("rtb-1", world.PL), world.Table("rtb-2", "vpc-a", nil, world.ToList(world.PL, "vpce-g")),
		world.Set("VpcEndpoints", "vpce-g", "RouteTableIds", world.List{"rtb-2"}),
		world.Gateway("vpce-g2", "vpc-a", "rtb-1"), world.Routes("rtb-1", world.ToList(world.PL, "vpce-g2"))),
		want: reachable, flows: []flow{{via: "gateway-endpoint", endpoint: "vpce-g2", vpc: "vpc-a"}}},
	{id: "T30", to: toS3("eu-west-1", ""), want: blocked, code: "NO_ROUTE_TO_DESTINATION", also: []string{"VPCE_REGION_MISMATCH"}},
	{id: "T31", edits: edits(world.NAT(), defaultTo("nat-1")), to: toS3("eu-west-1", ""), want: reachable, flows: viaNAT},
	{id: "T32", edits: edits(world.IFE(), world.Set("VpcEndpoints", "vpce-i", "ServiceRegion", "eu-west-1"),
		world.Set("VpcEndpoints", "vpce-i", "ServiceName", "com.amazonaws.eu-west-1.s3"),
		world.Set("VpcEndpoints", "vpce-i", "DnsEntries", world.List{
			world.Obj{"DnsName": "*.vpce-i-x.s3.eu-west-1.vpce.amazonaws.com"},
			world.Obj{"DnsName": "s3.eu-west-1.amazonaws.com"}, world.Obj{"DnsName": "*.s3.eu-west-1.amazonaws.com"}})),
		to: toS3("eu-west-1", ""), want: reachable, flows: viaIFE},
	{id: "T33", to: toS3("us-west-2", "s3.amazonaws.com"), want: blocked, code: "NO_ROUTE_TO_DESTINATION"},
	{id: "T34", edits: edits(peerB, world.Peering("pcx-1", "vpc-b", "vpc-a"),
		world.Table("rtb-b", "vpc-b", []string{"subnet-b"}, world.To("0.0.0.0/0", "pcx-1"))),
		from: fromJob("subnet-b", "sg-b"), want: blocked, code: "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR"},
	{id: "T35", edits: edits(onlyDefault("tgw-1"), hub, world.Gateway("vpce-hub", "vpc-h", "rtb-h1"),
		world.Table("rtb-h1", "vpc-h", []string{"subnet-h1"}, world.ToList(world.PL, "vpce-hub"), world.To("10.0.0.0/16", "tgw-1"))),
		want: blocked, code: "VPCE_NOT_FROM_OUTSIDE_VPC"},
	{id: "T36", edits: and(natDefault, world.Gateway("vpce-9", "vpc-a", "rtb-9"), world.Routes("rtb-9", world.ToList(world.PL, "vpce-9"))),
		want: unknown, code: "UNK_NAT_VIA_GATEWAY_ENDPOINT"},
	{id: "T124", edits: edits(world.NoRoute("rtb-1", world.PL)), want: unknown, code: "SNAPSHOT_INCONSISTENT"},
}

var groupTraps = []trap{
	{id: "T37", edits: edits(world.Egress("sg-1")), want: blocked, code: "SG_HAS_NO_RULES"},
	{id: "T38", edits: edits(world.Egress("sg-1", world.Rule("tcp", world.PL))), want: reachable, flows: viaGateway},
	{id: "T39", edits: edits(world.Egress("sg-1", world.Rule("tcp", world.PL)), world.IFE()), want: blocked, code: "ENI_SG_RULES_MISMATCH"},
	{id: "T40", edits: edits(world.Egress("sg-1", world.Rule("tcp", "10.0.0.0/16"))), want: blocked, code: "ENI_SG_RULES_MISMATCH"},
	{id: "T41", edits: edits(world.Egress("sg-1", world.Rule("tcp", "10.0.0.0/16")), world.IFE()), want: reachable, flows: viaIFE},
	{id: "T42", edits: edits(world.Egress("sg-1", world.Rule("tcp", "sg-1"))), want: blocked, code: "ENI_SG_RULES_MISMATCH"},
	{id: "T43", edits: edits(world.IFE(), world.Egress("sg-1", world.Rule("tcp", "sg-5")), world.Ingress("sg-5", world.Rule("tcp", "sg-1"))),
		want: reachable, flows: viaIFE},
	{id: "T44", edits: edits(world.Egress("sg-1", world.Ports(0, 0, world.Rule("tcp", "0.0.0.0/0")))), want: blocked, code: "ENI_SG_RULES_MISMATCH"},
	{id: "T45", edits: edits(world.Egress("sg-1", world.Rule("-1", "::/0"))), want: blocked, code: "ENI_SG_RULES_MISMATCH"},
	{id: "T46", edits: edits(world.Egress("sg-1", world.Rule("tcp", "10.0.0.0/16")), world.Group("sg-2", "vpc-a", nil, []world.Obj{world.Rule("tcp", "0.0.0.0/0")})),
		from: fromJob("subnet-1", "sg-1", "sg-2"), want: reachable, flows: viaGateway},
	{id: "T47", edits: edits(world.Egress("sg-1", world.Rule("tcp", "52.216.0.0/15"))), want: partial, code: "ENI_SG_RULES_MISMATCH", also: []string{"P_DST_SUBSET"}},
	{id: "T48", edits: edits(world.Egress("sg-1", world.Ports(443, 443, world.Rule("50", "0.0.0.0/0")))), want: blocked, code: "ENI_SG_RULES_MISMATCH"},
	{id: "T49", edits: edits(world.Unset("SecurityGroups", "sg-1", "IpPermissionsEgress")), want: unknown, code: "UNK_SG"},
	{id: "T50", edits: edits(https), want: reachable, flows: viaGateway},
	{id: "T51", edits: edits(https, customDNS), want: blocked, code: "DNS_SERVER_UNREACHABLE"},
	{id: "T52", edits: edits(customDNS), want: unknown, code: "UNK_DNS_CUSTOM"},
	{id: "T127", edits: edits(gwlb, onlyDefault("vpce-w"), world.Egress("sg-1", world.Rule("tcp", "10.0.0.0/16"))),
		want: blocked, code: "ENI_SG_RULES_MISMATCH"},
}

var (
	https     = world.Egress("sg-1", world.Rule("tcp", "0.0.0.0/0"))
	customDNS = world.Set("DhcpOptions", "dopt-1", "DhcpConfigurations", world.List{
		world.Obj{"Key": "domain-name-servers", "Values": world.List{world.Obj{"Value": "10.0.7.53"}}}})
)

var aclTraps = []trap{
	{id: "T53", edits: edits(world.FilterExactly("subnet-1", world.Entry(100, "out", "allow", "6", "0.0.0.0/0", 443, 443))),
		want: blocked, code: "SUBNET_ACL_RESTRICTION"},
	{id: "T54", edits: edits(world.Filter("subnet-1", world.Entry(100, "in", "allow", "6", "0.0.0.0/0", 443, 443))),
		want: blocked, code: "SUBNET_ACL_RESTRICTION"},
	{id: "T55", edits: edits(world.Filter("subnet-1", world.Entry(100, "in", "allow", "6", "0.0.0.0/0", 1024, 65535))),
		want: reachable, flows: viaGateway},
	{id: "T56", edits: edits(world.Filter("subnet-1", world.Entry(100, "in", "allow", "6", "0.0.0.0/0", 49152, 65535))),
		want: partial, code: "SUBNET_ACL_RESTRICTION", also: []string{"P_EPHEMERAL_SUBSET"}},
	{id: "T57", edits: edits(world.Filter("subnet-1", world.Entry(100, "out", "deny", "6", "0.0.0.0/0", 443, 443), world.Entry(200, "out", "allow", "-1", "0.0.0.0/0"))),
		want: blocked, code: "SUBNET_ACL_RESTRICTION"},
	{id: "T58", edits: edits(world.Filter("subnet-1", world.Entry(200, "out", "allow", "-1", "0.0.0.0/0"), world.Entry(100, "out", "deny", "6", "0.0.0.0/0", 443, 443))),
		want: blocked, code: "SUBNET_ACL_RESTRICTION"},
	{id: "T59", edits: edits(world.Filter("subnet-1", world.Entry(100, "out", "allow", "-1", "52.216.0.0/15"), world.Entry(100, "in", "allow", "-1", "52.216.0.0/15"))),
		want: partial, code: "SUBNET_ACL_RESTRICTION", also: []string{"P_DST_SUBSET"}},
	{id: "T60", edits: edits(world.Filter("subnet-1", world.Entry(100, "out", "allow", "-1", "10.0.0.0/16"), world.Entry(100, "in", "allow", "-1", "10.0.0.0/16"))),
		want: blocked, code: "SUBNET_ACL_RESTRICTION"},
	{id: "T61", edits: and(natDefault, world.Filter("subnet-1", world.Entry(100, "in", "allow", "-1", "10.0.9.0/24"))),
		want: blocked, code: "SUBNET_ACL_RESTRICTION"},
	{id: "T62", edits: and(natDefault, world.Filter("subnet-9", world.Entry(100, "in", "allow", "6", "10.0.0.0/16", 443, 443), world.Entry(110, "in", "allow", "6", "0.0.0.0/0", 32768, 65535))),
		want: partial, code: "SUBNET_ACL_RESTRICTION", also: []string{"P_EPHEMERAL_SUBSET"}},
	{id: "T63", edits: and(natDefault, world.Filter("subnet-9", world.Entry(90, "in", "deny", "6", "0.0.0.0/0", 3389, 3389), world.Entry(100, "in", "allow", "-1", "0.0.0.0/0"))),
		want: partial, code: "SUBNET_ACL_RESTRICTION", also: []string{"P_EPHEMERAL_SUBSET"}},
	{id: "T64", edits: edits(world.Filter("subnet-1", world.Entry(90, "in", "deny", "6", "0.0.0.0/0", 3389, 3389), world.Entry(100, "in", "allow", "-1", "0.0.0.0/0"))),
		want: reachable, flows: viaGateway},
	{id: "T65", edits: and(natDefault, world.Filter("subnet-9", world.Entry(100, "out", "allow", "6", "0.0.0.0/0", 443, 443))),
		want: blocked, code: "SUBNET_ACL_RESTRICTION"},
}

var interfaceTraps = []trap{
	{id: "T66", edits: edits(world.Group("sg-5", "vpc-a", []world.Obj{world.Rule("tcp", "10.0.0.0/16")}, nil),
		world.InterfaceEndpoint("vpce-i", "vpc-a", "sg-5", "subnet-1"), world.FilterExactly("subnet-1")), want: reachable, flows: viaIFE},
	{id: "T67", edits: edits(world.IFE(), world.Filter("subnet-5", world.Entry(100, "in", "allow", "6", "10.0.2.0/24", 443, 443))),
		want: blocked, code: "SUBNET_ACL_RESTRICTION"},
	{id: "T68", edits: edits(
		world.Subnet("subnet-5", "vpc-a", "10.0.5.0/24", "us-east-1a"), world.Subnet("subnet-6", "vpc-a", "10.0.6.0/24", "us-east-1b"),
		world.Table("rtb-5", "vpc-a", []string{"subnet-5", "subnet-6"}),
		world.Group("sg-5", "vpc-a", []world.Obj{world.Rule("tcp", "10.0.0.0/16")}, nil),
		world.InterfaceEndpoint("vpce-i", "vpc-a", "sg-5", "subnet-5", "subnet-6"),
		world.Filter("subnet-6", world.Entry(90, "in", "deny", "-1", "10.0.1.0/24"), world.AllowIn)),
		want: partial, code: "SUBNET_ACL_RESTRICTION", also: []string{"P_ENDPOINT_ENI_CHOICE"}, flows: viaIFE},
	{id: "T69", edits: edits(
		world.Subnet("subnet-5", "vpc-a", "10.0.5.0/24", "us-east-1a"), world.Table("rtb-5", "vpc-a", []string{"subnet-5"}),
		world.Group("sg-default", "vpc-a", []world.Obj{world.Rule("-1", "sg-default")}, []world.Obj{world.Rule("-1", "0.0.0.0/0")}),
		world.Set("SecurityGroups", "sg-default", "GroupName", "default"),
		world.InterfaceEndpoint("vpce-i", "vpc-a", "sg-default", "subnet-5")),
		want: blocked, code: "ENI_SG_RULES_MISMATCH"},
	{id: "T70", edits: edits(world.IFE(), world.Egress("sg-5")), want: reachable, flows: viaIFE},
	{id: "T71", edits: edits(world.IFE(), world.DNS("vpc-a", true, false), world.NoS3Route()), want: blocked, code: "NO_ROUTE_TO_DESTINATION"},
	{id: "T72", edits: edits(world.IFE(), world.PrivateDNS("vpce-i", true, true), world.NoS3Route(),
		world.Table("rtb-2", "vpc-a", nil, world.ToList(world.PL, "vpce-g")), world.Set("VpcEndpoints", "vpce-g", "RouteTableIds", world.List{"rtb-2"})),
		want: blocked, code: "NO_ROUTE_TO_DESTINATION"},
	{id: "T73", edits: edits(world.IFE(), world.PrivateDNS("vpce-i", false, false), world.NoS3Route()), want: blocked, code: "NO_ROUTE_TO_DESTINATION"},
	{id: "T74", edits: edits(world.IFE(), world.PrivateDNS("vpce-i", false, false), world.NoS3Route()),
		to: toS3("us-east-1", "bucket.vpce-i-x.s3.us-east-1.vpce.amazonaws.com"), want: reachable, flows: viaIFE},
	{id: "T75", edits: edits(world.IFE()), want: reachable, flows: viaIFE},
	{id: "T76", edits: edits(world.IFE(), world.PrivateDNS("vpce-i", false, false)), want: reachable, flows: viaGateway},
	{id: "T77", edits: edits(world.IFE(), world.NoS3Route(), world.Set("VpcEndpoints", "vpce-i", "ServiceName", "com.amazonaws.us-east-1.s3-fips"),
		world.Set("VpcEndpoints", "vpce-i", "DnsEntries", world.List{world.Obj{"DnsName": "s3-fips.us-east-1.amazonaws.com"}, world.Obj{"DnsName": "*.s3-fips.us-east-1.amazonaws.com"}})),
		want: blocked, code: "NO_ROUTE_TO_DESTINATION"},
	{id: "T78", edits: peeredIFE, from: fromJob("subnet-b", "sg-b"), to: toS3("us-east-1", endpointName), want: reachable, flows: viaIFE},
	{id: "T79", edits: peeredIFE, from: fromJob("subnet-b", "sg-b"), want: blocked, code: "NO_ROUTE_TO_DESTINATION"},
	{id: "T80", edits: and(peeredIFE, world.NoRoute("rtb-5", "10.1.0.0/16")), from: fromJob("subnet-b", "sg-b"), to: toS3("us-east-1", endpointName),
		want: blocked, code: "NO_ROUTE_TO_DESTINATION"},
	{id: "T81", edits: edits(world.IFE(), peerB, world.TransitGateway("tgw-1", world.TGWRoute("10.0.0.0/16", "tgw-attach-a"), world.TGWRoute("10.1.0.0/16", "tgw-attach-b")),
		world.Attach("tgw-attach-a", "tgw-1", "vpc-a", "subnet-5"), world.Attach("tgw-attach-b", "tgw-1", "vpc-b", "subnet-b"),
		world.Table("rtb-b", "vpc-b", []string{"subnet-b"}, world.To("10.0.0.0/16", "tgw-1")), world.Routes("rtb-5", world.To("10.1.0.0/16", "tgw-1")),
		world.Ingress("sg-5", world.Rule("tcp", "sg-b"))),
		from: fromJob("subnet-b", "sg-b"), to: toS3("us-east-1", endpointName),
		want: blocked, code: "ENI_SG_RULES_MISMATCH", also: []string{"SG_REFERENCES_NOT_PRESERVED"}},
	{id: "T121", edits: edits(world.IFE(), world.Ingress("sg-5", world.Rule("tcp", "10.0.1.7/32"))),
		want: partial, code: "ENI_SG_RULES_MISMATCH", also: []string{"P_SOURCE_ADDRESS"}},
	{id: "T129", edits: and(peeredIFE, world.Set("VpcPeeringConnections", "pcx-1", "Status", world.Obj{"Code": "pending-acceptance"})),
		from: fromJob("subnet-b", "sg-b"), to: toS3("us-east-1", endpointName), want: blocked, code: "BAD_STATE"},
	{id: "T130", edits: edits(world.IFE(), world.Set("VpcEndpoints", "vpce-i", "IpAddressType", "ipv6"),
		world.Set("NetworkInterfaces", "eni-i-1", "PrivateIpAddresses", world.List{}), world.Unset("NetworkInterfaces", "eni-i-1", "PrivateIpAddress"),
		world.Set("NetworkInterfaces", "eni-i-1", "Ipv6Addresses", world.List{world.Obj{"Ipv6Address": "2600:1f18::50"}})),
		want: blocked, code: "VPCE_IP_FAMILY"},
}

const endpointName = "bucket.vpce-i-x.s3.us-east-1.vpce.amazonaws.com"

// peeredIFE is T78: IFE in vpc-a, peered with vpc-b, routes and rules both ways.
var peeredIFE = edits(world.IFE(), peerB, world.Peering("pcx-1", "vpc-b", "vpc-a"),
	world.Table("rtb-b", "vpc-b", []string{"subnet-b"}, world.To("10.0.0.0/16", "pcx-1")),
	world.Routes("rtb-5", world.To("10.1.0.0/16", "pcx-1")), world.Ingress("sg-5", world.Rule("tcp", "10.0.0.0/16", "10.1.0.0/16")))

// zone is a private zone for vpc-a with A records.
func zone(name string, records ...string) world.Edit {
	sets := world.List{}
	for _, r := range records {
		sets = append(sets, world.Obj{"Name": r, "Type": "A", "TTL": 300, "ResourceRecords": world.List{world.Obj{"Value": "10.0.1.99"}}})
	}
	return world.Add("HostedZones", world.Obj{"Id": "/hostedzone/Z1", "Name": name, "Config": world.Obj{"PrivateZone": true},
		"VPCs": world.List{world.Obj{"VPCRegion": "us-east-1", "VPCId": "vpc-a"}}, "ResourceRecordSets": sets})
}

var forwardAll = forward(".")

// forward is a Resolver rule that sends a domain to on-premises servers.
func forward(domain string) world.Edit {
	return world.All(
		world.Add("ResolverRules", world.Obj{"Id": "rslvr-rr-1", "DomainName": domain, "RuleType": "FORWARD", "Status": "COMPLETE",
			"TargetIps": world.List{world.Obj{"Ip": "192.168.0.53", "Port": 53}}}),
		world.Add("ResolverRuleAssociations", world.Obj{"Id": "rslvr-rrassoc-1", "ResolverRuleId": "rslvr-rr-1", "VPCId": "vpc-a", "Status": "COMPLETE"}))
}

var dnsTraps = []trap{
	{id: "T82", edits: edits(world.DNS("vpc-a", false, true)), want: blocked, code: "DNS_DISABLED"},
	{id: "T83", edits: edits(world.DNS("vpc-a", true, false)), want: reachable, also: []string{"DNS_HOSTNAMES_OFF"}, flows: viaGateway},
	{id: "T84", edits: edits(world.Set("Vpcs", "vpc-a", "DhcpOptionsId", "default")), want: unknown, code: "UNK_DHCP"},
	{id: "T85", edits: edits(zone("s3.us-east-1.amazonaws.com.", "s3.us-east-1.amazonaws.com.")), to: toS3("us-east-1", "reports.s3.us-east-1.amazonaws.com"),
		want: blocked, code: "DNS_PHZ_NXDOMAIN"},
	{id: "N171 profiles that nobody asked for", edits: edits(world.NotCollected("ProfileAssociations")), want: reachable, also: []string{"DNS_NOT_COLLECTED"}, flows: viaGateway},
	{id: "N171 strict", edits: edits(world.NotCollected("ProfileAssociations")), ask: strict, want: unknown, code: "UNK_DNS"},
	{id: "T86", edits: edits(forwardAll), want: unknown, code: "UNK_DNS_FORWARDED"},
	{id: "T87", edits: edits(forwardAll, world.IFE()), want: reachable, flows: viaIFE},
	{id: "T88", edits: edits(
		world.Add("FirewallRuleGroupAssociations", world.Obj{"Id": "rslvr-frgassoc-1", "FirewallRuleGroupId": "rslvr-frg-1", "VpcId": "vpc-a", "Priority": 101, "Status": "COMPLETE"}),
		world.Add("FirewallRules", world.Obj{"FirewallRuleGroupId": "rslvr-frg-1", "FirewallDomainListId": "rslvr-fdl-1", "Name": "no-aws", "Priority": 1, "Action": "BLOCK", "BlockResponse": "NXDOMAIN"}),
		world.Add("FirewallDomainLists", world.Obj{"Id": "rslvr-fdl-1", "Name": "aws", "Domains": world.List{"*.amazonaws.com."}})),
		want: blocked, code: "DNS_FIREWALL_BLOCK"},
	{id: "T122", edits: edits(dualStack), from: fromInterface("eni-6"), to: toS3("us-east-1", "s3.dualstack.us-east-1.amazonaws.com"),
		want: partial, code: "NO_ROUTE_TO_DESTINATION", also: []string{"P_IP_FAMILY"}, flows: viaGateway},
	{id: "T123", edits: edits(world.NAT(), dualStack, world.Set("Subnets", "subnet-1", "Ipv6Native", true), world.Unset("Subnets", "subnet-1", "CidrBlock"),
		world.Set("Subnets", "subnet-1", "EnableDns64", true), world.Set("NetworkInterfaces", "eni-6", "PrivateIpAddresses", world.List{}),
		world.Unset("NetworkInterfaces", "eni-6", "PrivateIpAddress"), world.Routes("rtb-1", world.To("64:ff9b::/96", "nat-1"))),
		from: fromInterface("eni-6"), want: reachable, flows: viaNAT},
}

// dualStack gives vpc-a, subnet-1, sg-1 and acl-1 IPv6, and adds eni-6 with
// one address of each family.
var dualStack = world.All(
	world.Set("Vpcs", "vpc-a", "Ipv6CidrBlockAssociationSet", world.List{world.Obj{"Ipv6CidrBlock": "2600:1f18:1::/56", "Ipv6CidrBlockState": world.Obj{"State": "associated"}}}),
	world.Set("Subnets", "subnet-1", "Ipv6CidrBlockAssociationSet", world.List{world.Obj{"Ipv6CidrBlock": "2600:1f18:1:1::/64", "Ipv6CidrBlockState": world.Obj{"State": "associated"}}}),
	world.Routes("rtb-1", world.To("2600:1f18:1::/56", "local")),
	world.Egress("sg-1", world.Rule("-1", "0.0.0.0/0", "::/0")),
	world.Append("NetworkAcls", "acl-1", "Entries", world.Entry(101, "out", "allow", "-1", "::/0"), world.Entry(101, "in", "allow", "-1", "::/0")),
	world.Interface("eni-6", "subnet-1", "10.0.1.66", "sg-1"),
	world.Set("NetworkInterfaces", "eni-6", "Ipv6Addresses", world.List{world.Obj{"Ipv6Address": "2600:1f18:1:1::66"}}))

// hub is an egress VPC behind tgw-1: subnet-h1 10.9.1.0/24 for the attachment
// and subnet-h2 10.9.2.0/24 for the NAT gateway nat-h; both attachments
// associated with tgw-rtb-1 = {0.0.0.0/0 → hub, 10.0.0.0/16 → vpc-a}.
var hub = world.All(
	world.VPC("vpc-h", "10.9.0.0/16"), world.ACL("acl-h", "vpc-h", true, world.AllowAll...),
	world.Subnet("subnet-h1", "vpc-h", "10.9.1.0/24", "us-east-1a"), world.Subnet("subnet-h2", "vpc-h", "10.9.2.0/24", "us-east-1a"),
	world.TransitGateway("tgw-1", world.TGWRoute("0.0.0.0/0", "tgw-attach-h"), world.TGWRoute("10.0.0.0/16", "tgw-attach-a")),
	world.Attach("tgw-attach-a", "tgw-1", "vpc-a", "subnet-1"), world.Attach("tgw-attach-h", "tgw-1", "vpc-h", "subnet-h1"))

const hubAddress = "203.0.113.77"

// egressHub is T95 but for the way back.
var egressHub = edits(onlyDefault("tgw-1"), hub, world.IGW("igw-h", "vpc-h"), world.NATGateway("nat-h", "subnet-h2", "10.9.2.20", hubAddress),
	world.Table("rtb-h1", "vpc-h", []string{"subnet-h1"}, world.To("0.0.0.0/0", "nat-h"), world.To("10.0.0.0/16", "tgw-1")),
	world.Table("rtb-h2", "vpc-h", []string{"subnet-h2"}, world.To("0.0.0.0/0", "igw-h")))

// egressBothWays is T96.
var egressBothWays = and(egressHub, world.Routes("rtb-h2", world.To("10.0.0.0/16", "tgw-1")))

var transitTraps = []trap{
	{id: "T89", edits: and(natDefault, world.Set("NatGateways", "nat-1", "State", "failed")), want: blocked, code: "BAD_STATE"},
	{id: "T90", edits: and(natDefault, world.Set("NatGateways", "nat-1", "ConnectivityType", "private"),
		world.Set("NatGateways", "nat-1", "NatGatewayAddresses", world.List{world.Obj{"PrivateIp": "10.0.9.20", "NetworkInterfaceId": "eni-nat-1", "IsPrimary": true, "Status": "succeeded"}})),
		want: blocked, code: "NAT_PRIVATE_TO_IGW"},
	{id: "T91", edits: and(natDefault, world.NoRoute("rtb-9", "0.0.0.0/0")), want: blocked, code: "NO_ROUTE_TO_DESTINATION"},
	{id: "T92", edits: edits(world.NAT(), world.NoRoute("rtb-9", "0.0.0.0/0"), world.Routes("rtb-9", world.To("0.0.0.0/0", "nat-1"))),
		from: fromJob("subnet-9", "sg-1"), want: blocked, code: "NAT_SAME_SUBNET_LOOP"},
	{id: "T93", edits: edits(world.IGW("igw-1", "vpc-a"), world.Table("rtb-r", "vpc-a", nil, world.To("0.0.0.0/0", "igw-1")),
		world.Set("RouteTables", "rtb-r", "Associations", world.List{}),
		world.Add("NatGateways", world.Obj{"NatGatewayId": "nat-r", "VpcId": "vpc-a", "State": "available", "ConnectivityType": "public", "AvailabilityMode": "regional",
			"AutoScalingIps": "enabled", "AutoProvisionZones": "enabled", "RouteTableId": "rtb-r", "NatGatewayAddresses": world.List{
				world.Obj{"PublicIp": world.NATAddress, "AllocationId": "eipalloc-r1", "AvailabilityZone": "us-east-1a", "Status": "succeeded"},
				world.Obj{"PublicIp": "203.0.113.10", "AllocationId": "eipalloc-r2", "AvailabilityZone": "us-east-1b", "Status": "succeeded"}}}),
		onlyDefault("nat-r")), want: reachable, flows: viaNAT},
	{id: "T94", edits: edits(world.NAT(), defaultTo("nat-1"), peerB, world.Peering("pcx-1", "vpc-b", "vpc-a"),
		world.Table("rtb-b", "vpc-b", []string{"subnet-b"}, world.To("0.0.0.0/0", "pcx-1"))),
		from: fromJob("subnet-b", "sg-b"), want: blocked, code: "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR"},
	{id: "T95", edits: egressHub, want: blocked, code: "NO_ROUTE_TO_DESTINATION"},
	{id: "T96", edits: egressBothWays, want: reachable, flows: []flow{{via: "public", publicIP: hubAddress}}},
	{id: "T98", edits: edits(onlyDefault("tgw-1"), hub, world.IGW("igw-h", "vpc-h"),
		world.Table("rtb-h1", "vpc-h", []string{"subnet-h1"}, world.To("0.0.0.0/0", "igw-h"), world.To("10.0.0.0/16", "tgw-1"))),
		want: blocked, code: "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"},
	{id: "T128", edits: edits(world.VGW("vgw-1", "vpc-a"), world.Routes("rtb-1", world.To("52.216.0.0/15", "vgw-1"), world.To("54.231.0.0/16", "vgw-1"), world.To("3.5.0.0/19", "vgw-1"))),
		want: unknown, code: "ONPREM_OPAQUE"},
}

// natInstance is an instance that forwards, in a public subnet, with an
// address of its own and everything open.
var natInstance = edits(world.IGW("igw-1", "vpc-a"), world.Subnet("subnet-9", "vpc-a", "10.0.9.0/24", "us-east-1a"),
	world.Table("rtb-9", "vpc-a", []string{"subnet-9"}, world.To("0.0.0.0/0", "igw-1")),
	world.Group("sg-n", "vpc-a", []world.Obj{world.Rule("-1", "0.0.0.0/0")}, []world.Obj{world.Rule("-1", "0.0.0.0/0")}),
	world.Interface("eni-n", "subnet-9", "10.0.9.30", "sg-n"), world.PublicIP("eni-n", "198.51.100.30"),
	world.Add("Reservations", world.Obj{"ReservationId": "r-n", "Instances": world.List{world.Obj{"InstanceId": "i-n", "SubnetId": "subnet-9", "VpcId": "vpc-a",
		"State": world.Obj{"Name": "running"}, "NetworkInterfaces": world.List{world.Obj{"NetworkInterfaceId": "eni-n"}}}}}),
	onlyDefault("eni-n"))

var middleTraps = []trap{
	{id: "T99", edits: natInstance, want: blocked, code: "ENI_SOURCE_DEST_CHECK_RESTRICTION"},
	{id: "N124 its instance is stopped", edits: and(natInstance, world.Set("NetworkInterfaces", "eni-n", "SourceDestCheck", false), instanceOf("eni-n", "stopped")), want: blocked, code: "BAD_STATE"},
	{id: "N124 its instance is in a state that nobody here knows", edits: and(natInstance, world.Set("NetworkInterfaces", "eni-n", "SourceDestCheck", false), instanceOf("eni-n", "hibernating")), want: unknown, code: "MIDDLEBOX_OPAQUE"},
	{id: "T100", edits: and(natInstance, world.Set("NetworkInterfaces", "eni-n", "SourceDestCheck", false)), want: unknown, code: "MIDDLEBOX_OPAQUE"},
	{id: "T101", edits: edits(world.BPA("block-bidirectional")), want: reachable, flows: viaGateway},
	{id: "T102", edits: and(natDefault, world.BPA("block-bidirectional")), want: blocked, code: "VPC_BLOCK_PUBLIC_ACCESS_ENABLED"},
	{id: "T103", edits: and(natDefault, world.BPA("block-ingress")), want: reachable, flows: viaNAT},
	{id: "T104", edits: and(igwDefault, withEIP, world.BPA("block-ingress")), from: fromInterface("eni-x"), want: blocked, code: "VPC_BLOCK_PUBLIC_ACCESS_ENABLED"},
	{id: "T105", edits: and(igwDefault, withEIP, world.BPA("block-bidirectional"), world.BPAExclusion("subnet-1", "allow-egress")),
		from: fromInterface("eni-x"), want: blocked, code: "VPC_BLOCK_PUBLIC_ACCESS_ENABLED"},
	{id: "T106", edits: and(natDefault, world.BPA("block-bidirectional"), world.BPAExclusion("subnet-9", "allow-bidirectional")), want: unknown, code: "UNK_BPA_SCOPE"},
	{id: "T107", edits: and(natDefault, world.NotCollected("VpcBlockPublicAccessOptions", "VpcBlockPublicAccessExclusions")), ask: strict, want: unknown, code: "UNK_BPA"},
	{id: "T108", edits: edits(world.NotCollected("VpcBlockPublicAccessOptions", "VpcBlockPublicAccessExclusions")), want: reachable, flows: viaGateway},
	{id: "T109", edits: and(natDefault, world.Subnet("subnet-7", "vpc-a", "10.0.7.0/24", "us-east-1a"), world.Table("rtb-7", "vpc-a", []string{"subnet-7"}),
		world.GWLB("vpce-w", "vpc-a", "subnet-7"),
		world.Table("rtb-edge", "vpc-a", nil, world.To("10.0.9.0/24", "vpce-w")),
		world.Set("RouteTables", "rtb-edge", "Associations", world.List{world.Obj{"Main": false, "RouteTableId": "rtb-edge", "GatewayId": "igw-1", "AssociationState": world.Obj{"State": "associated"}}})),
		want: blocked, code: "INGRESS_RTB_TRAFFIC_REDIRECTION"},
	{id: "T125", edits: edits(world.IFE(), world.Subnet("subnet-7", "vpc-a", "10.0.7.0/24", "us-east-1a"), world.Table("rtb-7", "vpc-a", []string{"subnet-7"}),
		world.Group("sg-n", "vpc-a", []world.Obj{world.Rule("-1", "0.0.0.0/0")}, []world.Obj{world.Rule("-1", "0.0.0.0/0")}),
		world.Interface("eni-app", "subnet-7", "10.0.7.10", "sg-n"), world.Set("NetworkInterfaces", "eni-app", "SourceDestCheck", false),
		world.Add("Reservations", world.Obj{"ReservationId": "r-app", "Instances": world.List{world.Obj{"InstanceId": "i-app", "SubnetId": "subnet-7", "VpcId": "vpc-a",
			"State": world.Obj{"Name": "running"}, "NetworkInterfaces": world.List{world.Obj{"NetworkInterfaceId": "eni-app"}}}}}),
		world.NoRoute("rtb-1", "10.0.0.0/16"), world.Routes("rtb-1", world.To("10.0.0.0/16", "eni-app"))),
		want: unknown, code: "MIDDLEBOX_OPAQUE"},
	{id: "T126", edits: edits(world.IFE(), gwlb, world.Routes("rtb-1", world.To("10.0.5.0/24", "vpce-w"))), want: unknown, code: "MIDDLEBOX_OPAQUE"},
}

// instanceOf attaches an interface to an instance in a state.
func instanceOf(eni, state string) world.Edit {
	return world.All(
		world.Set("NetworkInterfaces", eni, "Attachment", world.Obj{"InstanceId": "i-1", "Status": "attached"}),
		world.Add("Instances", world.Obj{"InstanceId": "i-1", "VpcId": "vpc-a", "State": world.Obj{"Name": state}}))
}
