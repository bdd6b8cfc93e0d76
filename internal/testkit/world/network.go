package world

import "strings"

// The ids of the network base world.
const (
	AccountID = "111122223333"
	RegionID  = "us-east-1"
	PL        = "pl-s3"     // com.amazonaws.us-east-1.s3
	PLDynamo  = "pl-dynamo" // com.amazonaws.us-east-1.dynamodb
	Role      = "arn:aws:iam::111122223333:role/service-role/Neo"
	Bucket    = "reports"
)

// Network returns BASE of docs/semantics/network.md, section 11, edited:
// vpc-a 10.0.0.0/16 with subnet s1 10.0.1.0/24 (us-east-1a) on rtb-1 = {local,
// PL → vpce-g}, sg-1 open outwards, the default ACL acl-1, and the prefix
// list PL = {52.216.0.0/15, 54.231.0.0/16, 3.5.0.0/19}. Further subnets join
// acl-1 unless an edit says otherwise. The role Neo and the bucket reports
// allow everything, so that a whole question hangs on the network alone.
//
// Ids are short: subnet-1, rtb-1, acl-1, sg-1, vpce-g, igw-1, nat-1.
func Network(edits ...Edit) *World { return NetworkIn(RegionID, edits...) }

// NetworkIn is Network in another region, with that region's S3 list.
func NetworkIn(region string, edits ...Edit) *World {
	w := New(AccountID, region)
	w.Apply(
		VPC("vpc-a", "10.0.0.0/16"),
		Add("RouteTables"), Add("VpcEndpoints"), Add("NetworkInterfaces"), Add("Reservations"),
		Add("InternetGateways"), Add("EgressOnlyInternetGateways"), Add("NatGateways"), Add("VpcPeeringConnections"),
		Add("TransitGateways"), Add("TransitGatewayAttachments"), Add("TransitGatewayVpcAttachments"), Add("TransitGatewayRouteTables"), Add("VpnGateways"),
		Add("SecurityGroupVpcAssociations"), Add("Addresses"),
		Add("DhcpOptions", Obj{"DhcpOptionsId": "dopt-1", "DhcpConfigurations": List{
			Obj{"Key": "domain-name", "Values": List{Obj{"Value": "ec2.internal"}}},
			Obj{"Key": "domain-name-servers", "Values": List{Obj{"Value": "AmazonProvidedDNS"}}}}}),
		BPA("off"), Add("VpcEncryptionControls"),
		Add("ResolverRules"), Add("ResolverRuleAssociations"), Add("FirewallRuleGroupAssociations"), Add("HostedZones"), Add("ProfileAssociations"),
		Add("PrefixLists",
			Obj{"PrefixListId": PL, "PrefixListName": "com.amazonaws." + region + ".s3", "OwnerId": "AWS", "AddressFamily": "IPv4",
				"Cidrs": List{"52.216.0.0/15", "54.231.0.0/16", "3.5.0.0/19"}},
			Obj{"PrefixListId": PLDynamo, "PrefixListName": "com.amazonaws." + region + ".dynamodb", "OwnerId": "AWS", "AddressFamily": "IPv4",
				"Cidrs": List{"52.94.0.0/22"}}),
		ACL("acl-1", "vpc-a", true, AllowAll...),
		Subnet("subnet-1", "vpc-a", "10.0.1.0/24", region+"a"),
		Table("rtb-1", "vpc-a", []string{"subnet-1"}, ToList(PL, "vpce-g")),
		Gateway("vpce-g", "vpc-a", "rtb-1"),
		Group("sg-1", "vpc-a", nil, []Obj{Rule("-1", "0.0.0.0/0")}),
		roleAndBucket(region),
	)
	return w.Apply(edits...)
}

// roleAndBucket adds a role and a bucket that stop nothing.
func roleAndBucket(region string) Edit {
	allow := func(actions any) Obj {
		return Obj{"Version": "2012-10-17", "Statement": List{Obj{"Effect": "Allow", "Action": actions, "Resource": "*"}}}
	}
	return All(
		Add("RoleDetailList", RoleObj(Role, Obj{"Version": "2012-10-17", "Statement": List{
			Obj{"Effect": "Allow", "Principal": Obj{"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}}},
			allow(List{"s3:*", "ec2:*"}))),
		AddBucket(Bucket, region, nil),
	)
}

// VPC adds a VPC of default tenancy, both DNS attributes on, with Amazon's DNS.
func VPC(id string, cidrs ...string) Edit {
	blocks := List{}
	for _, c := range cidrs {
		blocks = append(blocks, Obj{"CidrBlock": c, "CidrBlockState": Obj{"State": "associated"}})
	}
	return func(w *World) {
		w.Apply(
			Add("Vpcs", Obj{"VpcId": id, "OwnerId": w.account, "CidrBlock": cidrs[0], "CidrBlockAssociationSet": blocks,
				"Ipv6CidrBlockAssociationSet": List{}, "InstanceTenancy": "default", "DhcpOptionsId": "dopt-1", "State": "available",
				"IsDefault": false}),
			Add("VpcAttributes", Obj{"VpcId": id, "EnableDnsSupport": Obj{"Value": true}, "EnableDnsHostnames": Obj{"Value": true}}))
	}
}

// DNS sets a VPC's two DNS attributes.
func DNS(vpc string, support, hostnames bool) Edit {
	return All(Set("VpcAttributes", vpc, "EnableDnsSupport", Obj{"Value": support}),
		Set("VpcAttributes", vpc, "EnableDnsHostnames", Obj{"Value": hostnames}))
}

// Subnet adds a subnet with 40 free addresses and ties it to the VPC's
// default ACL where there is one. It is on the main route table until Table
// or OnTable says otherwise.
func Subnet(id, vpc, cidr, zone string) Edit {
	return func(w *World) {
		w.Apply(Add("Subnets", Obj{"SubnetId": id, "VpcId": vpc, "OwnerId": w.account, "CidrBlock": cidr,
			"Ipv6CidrBlockAssociationSet": List{}, "AvailabilityZone": zone, "AvailabilityZoneId": "use1-az" + string(zone[len(zone)-1]-'a'+'1'),
			"AvailableIpAddressCount": 40, "State": "available", "Ipv6Native": false, "EnableDns64": false, "MapPublicIpOnLaunch": false}))
		for _, a := range w.holder("NetworkAcls")["NetworkAcls"].(List) {
			if acl := a.(Obj); acl["VpcId"] == vpc && acl["IsDefault"] == true {
				acl["Associations"] = append(acl["Associations"].(List), Obj{"NetworkAclId": acl["NetworkAclId"], "SubnetId": id})
			}
		}
	}
}

// A route in the words of describe-route-tables.

// To is a route to a CIDR. The target's kind follows from its id; state
// defaults to active.
func To(cidr, target string) Obj {
	key := "DestinationCidrBlock"
	if strings.Contains(cidr, ":") {
		key = "DestinationIpv6CidrBlock"
	}
	return Obj{key: cidr, targetKey(target): target, "Origin": "CreateRoute", "State": "active"}
}

// ToList is a route to a prefix list.
func ToList(list, target string) Obj {
	return Obj{"DestinationPrefixListId": list, targetKey(target): target, "Origin": "CreateRoute", "State": "active"}
}

// Propagated is a route that a VPN gateway propagated.
func Propagated(cidr, target string) Obj {
	r := To(cidr, target)
	r["Origin"] = "EnableVgwRoutePropagation"
	return r
}

// Blackhole is a route in state blackhole.
func Blackhole(r Obj) Obj {
	r["State"] = "blackhole"
	return r
}

func targetKey(target string) string {
	kind, _, _ := strings.Cut(target, "-")
	switch kind {
	case "nat":
		return "NatGatewayId"
	case "eni":
		return "NetworkInterfaceId"
	case "i":
		return "InstanceId"
	case "pcx":
		return "VpcPeeringConnectionId"
	case "tgw":
		return "TransitGatewayId"
	case "eigw":
		return "EgressOnlyInternetGatewayId"
	}
	if strings.HasPrefix(target, "arn:aws:networkmanager:") {
		return "CoreNetworkArn"
	}
	return "GatewayId" // local, igw-, vgw-, vpce-
}

// Table adds a route table with the VPC's local routes, the given ones, and
// explicit associations; without subnets it is the VPC's main table.
func Table(id, vpc string, subnets []string, routes ...Obj) Edit {
	return func(w *World) {
		all := List{}
		v := w.Get("Vpcs", vpc)
		for _, b := range v["CidrBlockAssociationSet"].(List) {
			all = append(all, Obj{"DestinationCidrBlock": b.(Obj)["CidrBlock"], "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"})
		}
		for _, b := range v["Ipv6CidrBlockAssociationSet"].(List) {
			all = append(all, Obj{"DestinationIpv6CidrBlock": b.(Obj)["Ipv6CidrBlock"], "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"})
		}
		for _, r := range routes {
			all = append(all, r)
		}
		assocs := List{}
		for _, s := range subnets {
			assocs = append(assocs, Obj{"Main": false, "RouteTableId": id, "SubnetId": s, "AssociationState": Obj{"State": "associated"}})
		}
		if len(subnets) == 0 {
			assocs = append(assocs, Obj{"Main": true, "RouteTableId": id, "AssociationState": Obj{"State": "associated"}})
		}
		w.Apply(Add("RouteTables", Obj{"RouteTableId": id, "VpcId": vpc, "OwnerId": w.account, "Associations": assocs, "Routes": all, "PropagatingVgws": List{}}))
	}
}

// Routes adds routes to a table.
func Routes(table string, routes ...Obj) Edit {
	return func(w *World) {
		for _, r := range routes {
			Append("RouteTables", table, "Routes", r)(w)
		}
	}
}

// NoRoute takes out the route to a CIDR or prefix list.
func NoRoute(table, destination string) Edit {
	return func(w *World) {
		t := w.Get("RouteTables", table)
		before := t["Routes"].(List)
		t["Routes"] = without(before, func(r Obj) bool {
			return r["DestinationCidrBlock"] == destination || r["DestinationPrefixListId"] == destination || r["DestinationIpv6CidrBlock"] == destination
		})
		if len(t["Routes"].(List)) == len(before) {
			panic("world: " + table + " has no route to " + destination)
		}
	}
}

// NoS3Route takes S3's route out of rtb-1, and the table from vpce-g's list,
// as dissociating the endpoint does.
func NoS3Route() Edit {
	return All(NoRoute("rtb-1", PL), Set("VpcEndpoints", "vpce-g", "RouteTableIds", List{}))
}

// NoAssociation takes away a subnet's explicit route-table association.
func NoAssociation(table, subnet string) Edit {
	return func(w *World) {
		t := w.Get("RouteTables", table)
		t["Associations"] = without(t["Associations"].(List), func(a Obj) bool { return a["SubnetId"] == subnet })
	}
}

// OnTable ties a subnet to a table that is there.
func OnTable(table, subnet string) Edit {
	return Append("RouteTables", table, "Associations",
		Obj{"Main": false, "RouteTableId": table, "SubnetId": subnet, "AssociationState": Obj{"State": "associated"}})
}

// Rule is one permission of a security group: protocol "tcp", "-1", …, and
// remotes, which are CIDRs, prefix lists (pl-…) and groups (sg-…). For tcp
// and udp it covers port 443; Ports says otherwise.
func Rule(protocol string, remotes ...string) Obj {
	p := Obj{"IpProtocol": protocol, "IpRanges": List{}, "Ipv6Ranges": List{}, "PrefixListIds": List{}, "UserIdGroupPairs": List{}}
	if protocol == "tcp" || protocol == "udp" || protocol == "6" {
		p["FromPort"], p["ToPort"] = 443, 443
	}
	add := func(key string, v Obj) { p[key] = append(p[key].(List), v) }
	for _, r := range remotes {
		switch {
		case strings.HasPrefix(r, "pl-"):
			add("PrefixListIds", Obj{"PrefixListId": r})
		case strings.HasPrefix(r, "sg-"):
			add("UserIdGroupPairs", Obj{"GroupId": r, "UserId": AccountID})
		case strings.Contains(r, ":"):
			add("Ipv6Ranges", Obj{"CidrIpv6": r})
		default:
			add("IpRanges", Obj{"CidrIp": r})
		}
	}
	return p
}

// Ports sets a permission's ports.
func Ports(from, to int, p Obj) Obj {
	p["FromPort"], p["ToPort"] = from, to
	return p
}

// Group adds a security group.
func Group(id, vpc string, ingress, egress []Obj) Edit {
	return func(w *World) {
		Add("SecurityGroups", Obj{"GroupId": id, "GroupName": id, "VpcId": vpc, "OwnerId": w.account,
			"IpPermissions": list(ingress), "IpPermissionsEgress": list(egress)})(w)
	}
}

// Egress replaces a group's outbound rules.
func Egress(group string, rules ...Obj) Edit {
	return Set("SecurityGroups", group, "IpPermissionsEgress", list(rules))
}

// Ingress replaces a group's inbound rules.
func Ingress(group string, rules ...Obj) Edit {
	return Set("SecurityGroups", group, "IpPermissions", list(rules))
}

// list copies objs, so that worlds share nothing.
func list(objs []Obj) List {
	l := List{}
	for _, o := range objs {
		l = append(l, clone(o))
	}
	return l
}

func clone(v any) any {
	switch v := v.(type) {
	case Obj:
		c := make(Obj, len(v))
		for k, e := range v {
			c[k] = clone(e)
		}
		return c
	case List:
		c := make(List, len(v))
		for i, e := range v {
			c[i] = clone(e)
		}
		return c
	}
	return v
}

// Entry is one rule of a network ACL: direction "in" or "out", action
// "allow" or "deny". Ports, where given, are from and to.
func Entry(number int, direction, action, protocol, cidr string, ports ...int) Obj {
	key := "CidrBlock"
	if strings.Contains(cidr, ":") {
		key = "Ipv6CidrBlock"
	}
	e := Obj{"RuleNumber": number, "Egress": direction == "out", "RuleAction": action, "Protocol": protocol, key: cidr}
	if len(ports) == 2 {
		e["PortRange"] = Obj{"From": ports[0], "To": ports[1]}
	}
	return e
}

// AllowOut and AllowIn are the default ACL's two open entries.
var (
	AllowOut = Entry(100, "out", "allow", "-1", "0.0.0.0/0")
	AllowIn  = Entry(100, "in", "allow", "-1", "0.0.0.0/0")
	// AllowAll is the default ACL as AWS makes it.
	AllowAll = []Obj{AllowOut, Entry(32767, "out", "deny", "-1", "0.0.0.0/0"), AllowIn, Entry(32767, "in", "deny", "-1", "0.0.0.0/0")}
)

// ACL adds a network ACL that is associated with no subnet yet.
func ACL(id, vpc string, isDefault bool, entries ...Obj) Edit {
	return func(w *World) {
		Add("NetworkAcls", Obj{"NetworkAclId": id, "VpcId": vpc, "OwnerId": w.account, "IsDefault": isDefault,
			"Associations": List{}, "Entries": list(entries)})(w)
	}
}

// Filter gives a subnet a network ACL of its own with the entries; a
// direction of which they say nothing is open.
func Filter(subnet string, entries ...Obj) Edit {
	return func(w *World) {
		in, out := false, false
		for _, e := range entries {
			in, out = in || e["Egress"] == false, out || e["Egress"] == true
		}
		if !in {
			entries = append(entries, AllowIn)
		}
		if !out {
			entries = append(entries, AllowOut)
		}
		w.Apply(FilterExactly(subnet, entries...))
	}
}

// FilterExactly gives a subnet a network ACL with these entries and no others.
func FilterExactly(subnet string, entries ...Obj) Edit {
	return func(w *World) {
		for _, a := range w.holder("NetworkAcls")["NetworkAcls"].(List) {
			acl := a.(Obj)
			acl["Associations"] = without(acl["Associations"].(List), func(o Obj) bool { return o["SubnetId"] == subnet })
		}
		id := "acl-of-" + subnet
		w.Apply(ACL(id, w.Get("Subnets", subnet)["VpcId"].(string), false, entries...),
			Append("NetworkAcls", id, "Associations", Obj{"NetworkAclId": id, "SubnetId": subnet}))
	}
}

// Gateway adds an S3 gateway endpoint with the default policy. The routes are
// the tables' own business.
func Gateway(id, vpc string, tables ...string) Edit {
	return func(w *World) {
		ids := List{}
		for _, t := range tables {
			ids = append(ids, t)
		}
		Add("VpcEndpoints", Obj{"VpcEndpointId": id, "VpcEndpointType": "Gateway", "VpcId": vpc, "OwnerId": w.account,
			"ServiceName": "com.amazonaws." + w.region + ".s3", "State": "available", "RouteTableIds": ids, "SubnetIds": List{},
			"NetworkInterfaceIds": List{}, "Groups": List{}, "PrivateDnsEnabled": false, "IpAddressType": "ipv4",
			"DnsOptions":     Obj{"DnsRecordIpType": "service-defined"},
			"PolicyDocument": `{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`})(w)
	}
}

// InterfaceEndpoint adds an S3 interface endpoint with full private DNS and
// one interface, eni-<id>-<n>, in each subnet, at the subnet's address .50.
func InterfaceEndpoint(id, vpc, group string, subnets ...string) Edit {
	return func(w *World) {
		enis, ids := List{}, List{}
		for i, s := range subnets {
			eni := "eni-" + strings.TrimPrefix(id, "vpce-") + "-" + string(rune('1'+i))
			cidr := w.Get("Subnets", s)["CidrBlock"].(string)
			ip := cidr[:strings.LastIndex(cidr, ".")] + ".50"
			w.Apply(Interface(eni, s, ip, group), Set("NetworkInterfaces", eni, "InterfaceType", "vpc_endpoint"),
				Set("NetworkInterfaces", eni, "Description", "VPC Endpoint Interface "+id))
			enis, ids = append(enis, eni), append(ids, s)
		}
		Add("VpcEndpoints", Obj{"VpcEndpointId": id, "VpcEndpointType": "Interface", "VpcId": vpc, "OwnerId": w.account,
			"ServiceName": "com.amazonaws." + w.region + ".s3", "State": "available", "RouteTableIds": List{}, "SubnetIds": ids,
			"NetworkInterfaceIds": enis, "Groups": List{Obj{"GroupId": group, "GroupName": group}}, "PrivateDnsEnabled": true, "IpAddressType": "ipv4",
			"DnsOptions": Obj{"DnsRecordIpType": "ipv4", "PrivateDnsOnlyForInboundResolverEndpoint": false},
			"DnsEntries": List{
				Obj{"DnsName": "*." + id + "-x.s3." + w.region + ".vpce.amazonaws.com"},
				Obj{"DnsName": "s3." + w.region + ".amazonaws.com"}, Obj{"DnsName": "*.s3." + w.region + ".amazonaws.com"}},
			"PolicyDocument": `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`})(w)
	}
}

// Interface adds a network interface with one private address.
func Interface(id, subnet, ip string, groups ...string) Edit {
	return func(w *World) {
		gs := List{}
		for _, g := range groups {
			gs = append(gs, Obj{"GroupId": g, "GroupName": g})
		}
		s := w.Get("Subnets", subnet)
		Add("NetworkInterfaces", Obj{"NetworkInterfaceId": id, "SubnetId": subnet, "VpcId": s["VpcId"], "OwnerId": w.account,
			"AvailabilityZone": s["AvailabilityZone"], "InterfaceType": "interface", "PrivateIpAddress": ip,
			"PrivateIpAddresses": List{Obj{"Primary": true, "PrivateIpAddress": ip}}, "Ipv6Addresses": List{},
			"Groups": gs, "SourceDestCheck": true, "Status": "in-use",
			"Attachment": Obj{"AttachmentId": "eni-attach-" + id, "Status": "attached", "InstanceId": "i-" + strings.TrimPrefix(id, "eni-")}})(w)
	}
}

// PublicIP maps a public address to an interface's primary private address.
func PublicIP(eni, ip string) Edit {
	return func(w *World) {
		e := w.Get("NetworkInterfaces", eni)
		e["PrivateIpAddresses"].(List)[0].(Obj)["Association"] = Obj{"PublicIp": ip, "IpOwnerId": AccountID}
		e["Association"] = Obj{"PublicIp": ip, "IpOwnerId": AccountID}
	}
}

// IGW adds an internet gateway attached to the VPC.
func IGW(id, vpc string) Edit {
	return func(w *World) {
		Add("InternetGateways", Obj{"InternetGatewayId": id, "OwnerId": w.account, "Attachments": List{Obj{"VpcId": vpc, "State": "available"}}})(w)
	}
}

// NATAddress is the Elastic IP of nat-1 in NAT.
const NATAddress = "203.0.113.9"

// NAT adds "NAT" of the catalogue: igw-1, subnet-9 10.0.9.0/24 in us-east-1a
// on rtb-9 = {local, 0.0.0.0/0 → igw-1}, and the public gateway nat-1 in it.
func NAT() Edit {
	return All(
		IGW("igw-1", "vpc-a"),
		Subnet("subnet-9", "vpc-a", "10.0.9.0/24", "us-east-1a"),
		Table("rtb-9", "vpc-a", []string{"subnet-9"}, To("0.0.0.0/0", "igw-1")),
		NATGateway("nat-1", "subnet-9", "10.0.9.20", NATAddress),
	)
}

// NATGateway adds a public zonal NAT gateway.
func NATGateway(id, subnet, private, public string) Edit {
	return func(w *World) {
		s := w.Get("Subnets", subnet)
		Add("NatGateways", Obj{"NatGatewayId": id, "SubnetId": subnet, "VpcId": s["VpcId"], "State": "available",
			"ConnectivityType": "public", "AvailabilityMode": "zonal",
			"NatGatewayAddresses": List{Obj{"PrivateIp": private, "PublicIp": public, "AllocationId": "eipalloc-" + id,
				"NetworkInterfaceId": "eni-" + id, "IsPrimary": true, "Status": "succeeded"}}})(w)
	}
}

// IFE adds "IFE" of the catalogue: the interface endpoint vpce-i in subnet-5
// 10.0.5.0/24 (us-east-1a, on rtb-5 = {local}) with sg-5, which admits tcp
// 443 from 10.0.0.0/16; private DNS in full.
func IFE() Edit {
	return All(
		Subnet("subnet-5", "vpc-a", "10.0.5.0/24", "us-east-1a"),
		Table("rtb-5", "vpc-a", []string{"subnet-5"}),
		Group("sg-5", "vpc-a", []Obj{Rule("tcp", "10.0.0.0/16")}, []Obj{Rule("-1", "0.0.0.0/0")}),
		InterfaceEndpoint("vpce-i", "vpc-a", "sg-5", "subnet-5"),
	)
}

// PrivateDNS sets how an interface endpoint's private DNS works.
func PrivateDNS(endpoint string, enabled, inboundOnly bool) Edit {
	return func(w *World) {
		e := w.Get("VpcEndpoints", endpoint)
		e["PrivateDnsEnabled"] = enabled
		e["DnsOptions"].(Obj)["PrivateDnsOnlyForInboundResolverEndpoint"] = inboundOnly
		if !enabled {
			e["DnsEntries"] = e["DnsEntries"].(List)[:1]
		}
	}
}

// BPA sets the region's VPC Block Public Access mode, without exclusions.
func BPA(mode string) Edit {
	return func(w *World) {
		ec2 := w.holder("VpcBlockPublicAccessOptions")
		ec2["VpcBlockPublicAccessOptions"] = List{Obj{"AwsAccountId": w.account, "AwsRegion": w.region, "State": "update-complete", "InternetGatewayBlockMode": mode}}
		if ec2["VpcBlockPublicAccessExclusions"] == nil {
			ec2["VpcBlockPublicAccessExclusions"] = List{}
		}
	}
}

// BPAExclusion exempts a subnet or a VPC: mode "allow-bidirectional" or "allow-egress".
func BPAExclusion(resource, mode string) Edit {
	kind, _, _ := strings.Cut(resource, "-")
	return func(w *World) {
		Add("VpcBlockPublicAccessExclusions", Obj{"ExclusionId": "vpcbpa-exclude-" + resource, "InternetGatewayExclusionMode": mode,
			"ResourceArn": "arn:aws:ec2:" + w.region + ":" + w.account + ":" + kind + "/" + resource, "State": "create-complete"})(w)
	}
}

// EncryptionControl adds the control vpcec-<vpc> of a VPC: mode "monitor" or
// "enforce", state available, with exclusions for the named resources
// ("NatGateway", …) and none for the others.
func EncryptionControl(vpc, mode string, excluded ...string) Edit {
	return func(w *World) {
		states := Obj{}
		for _, r := range []string{"InternetGateway", "EgressOnlyInternetGateway", "NatGateway", "VirtualPrivateGateway", "VpcPeering", "Lambda", "VpcLattice", "ElasticFileSystem"} {
			states[r] = Obj{"State": "disabled"}
		}
		for _, r := range excluded {
			if states[r] == nil {
				panic("world: no exclusion is for " + r)
			}
			states[r] = Obj{"State": "enabled"}
		}
		w.Apply(Add("VpcEncryptionControls", Obj{"VpcEncryptionControlId": "vpcec-" + vpc, "VpcId": vpc, "Mode": mode, "State": "available", "ResourceExclusions": states}))
	}
}

// Peering adds an active peering of two VPCs of this region.
func Peering(id, requester, accepter string) Edit {
	return func(w *World) {
		side := func(vpc string) Obj {
			v := w.Get("Vpcs", vpc)
			blocks := List{}
			for _, b := range v["CidrBlockAssociationSet"].(List) {
				blocks = append(blocks, Obj{"CidrBlock": b.(Obj)["CidrBlock"]})
			}
			return Obj{"VpcId": vpc, "OwnerId": w.account, "Region": w.region, "CidrBlock": v["CidrBlock"], "CidrBlockSet": blocks}
		}
		Add("VpcPeeringConnections", Obj{"VpcPeeringConnectionId": id, "Status": Obj{"Code": "active", "Message": "Active"},
			"RequesterVpcInfo": side(requester), "AccepterVpcInfo": side(accepter)})(w)
	}
}

// TransitGateway adds a transit gateway with one route table, tgw-rtb-1, and these routes.
func TransitGateway(id string, routes ...Obj) Edit {
	return func(w *World) {
		w.Apply(
			Add("TransitGateways", Obj{"TransitGatewayId": id, "OwnerId": w.account, "State": "available", "Options": Obj{"SecurityGroupReferencingSupport": "disable"}}),
			Add("TransitGatewayRouteTables", Obj{"TransitGatewayRouteTableId": "tgw-rtb-1", "TransitGatewayId": id, "State": "available", "Routes": list(routes)}))
	}
}

// TGWRoute is a static route of a transit gateway's table to a VPC attachment.
func TGWRoute(cidr, attachment string) Obj {
	return Obj{"DestinationCidrBlock": cidr, "Type": "static", "State": "active",
		"TransitGatewayAttachments": List{Obj{"TransitGatewayAttachmentId": attachment, "ResourceType": "vpc"}}}
}

// Attach attaches a VPC to a transit gateway in subnets, associated with tgw-rtb-1.
func Attach(id, tgw, vpc string, subnets ...string) Edit {
	return func(w *World) {
		ids := List{}
		for _, s := range subnets {
			ids = append(ids, s)
		}
		w.Apply(
			Add("TransitGatewayAttachments", Obj{"TransitGatewayAttachmentId": id, "TransitGatewayId": tgw, "TransitGatewayOwnerId": w.account,
				"ResourceType": "vpc", "ResourceId": vpc, "ResourceOwnerId": w.account, "State": "available",
				"Association": Obj{"TransitGatewayRouteTableId": "tgw-rtb-1", "State": "associated"}}),
			Add("TransitGatewayVpcAttachments", Obj{"TransitGatewayAttachmentId": id, "TransitGatewayId": tgw, "VpcId": vpc, "VpcOwnerId": w.account,
				"State": "available", "SubnetIds": ids,
				"Options": Obj{"ApplianceModeSupport": "disable", "Ipv6Support": "disable", "SecurityGroupReferencingSupport": "disable"}}))
	}
}

// VGW adds a VPN gateway attached to the VPC.
func VGW(id, vpc string) Edit {
	return func(w *World) {
		Add("VpnGateways", Obj{"VpnGatewayId": id, "State": "available", "VpcAttachments": List{Obj{"VpcId": vpc, "State": "attached"}}})(w)
	}
}

// GWLB adds a Gateway Load Balancer endpoint with one interface in the subnet.
func GWLB(id, vpc, subnet string) Edit {
	return func(w *World) {
		Add("VpcEndpoints", Obj{"VpcEndpointId": id, "VpcEndpointType": "GatewayLoadBalancer", "VpcId": vpc, "OwnerId": w.account,
			"ServiceName": "com.amazonaws.vpce." + w.region + ".vpce-svc-1", "State": "available", "RouteTableIds": List{}, "SubnetIds": List{subnet},
			"NetworkInterfaceIds": List{}, "Groups": List{}})(w)
	}
}
