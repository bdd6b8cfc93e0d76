package synth

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
)

// The kinds of subnets that each VPC has in each zone.
const (
	appSubnet = iota
	dataSubnet
	mlSubnet
	publicSubnet
	transitSubnet
	kinds
)

var kindNames = [kinds]string{"app", "data", "ml", "public", "transit"}

const groupsInVPC = 12

func zoneName(zone int) string { return Region + string(rune('a'+zone)) }

func (v vpc) subnet(kind, zone int) string { return v.id("subnet", kind*zones+zone) }

// VPCs are /18 blocks of 10.0.0.0/8, subnets /22 blocks of them.
func (v vpc) cidr() string { return fmt.Sprintf("10.%d.%d.0/18", v.n/4, v.n%4*64) }

func (v vpc) subnetCIDR(kind, zone int) string {
	return fmt.Sprintf("10.%d.%d.0/22", v.n/4, v.n%4*64+(kind*zones+zone)*4)
}

func (v vpc) address(kind, zone, n int) string {
	return fmt.Sprintf("10.%d.%d.%d", v.n/4, v.n%4*64+(kind*zones+zone)*4+(n+10)/256, (n+10)%256)
}

func (p *Plan) vpcsOf(acct int) []vpc {
	return slices.DeleteFunc(slices.Clone(p.vpcs), func(v vpc) bool { return v.account != acct })
}

func tags(name string) []obj {
	return []obj{{"Key": "Name", "Value": name}, {"Key": "cost-center", "Value": "4711"}, {"Key": "managed-by", "Value": "terraform"}}
}

func (p *Plan) writeEC2(out *writer, acct int) {
	own, id := p.vpcsOf(acct), account(acct)
	forEach := func(f func(vpc, func(any))) func(func(any)) {
		return func(item func(any)) {
			for _, v := range own {
				f(v, item)
			}
		}
	}
	out.array("Vpcs", true, forEach(func(v vpc, item func(any)) { item(v.describe(id)) }))
	out.array("VpcAttributes", false, forEach(func(v vpc, item func(any)) {
		item(obj{"VpcId": v.id("vpc", 0), "EnableDnsSupport": obj{"Value": true}, "EnableDnsHostnames": obj{"Value": true}})
	}))
	out.array("Subnets", false, forEach(func(v vpc, item func(any)) { v.subnets(id, item) }))
	out.array("RouteTables", false, forEach(func(v vpc, item func(any)) { p.routeTables(v, id, item) }))
	out.array("NetworkAcls", false, forEach(func(v vpc, item func(any)) { v.acls(id, item) }))
	out.array("SecurityGroups", false, forEach(func(v vpc, item func(any)) { p.groups(v, id, item) }))
	out.array("VpcEndpoints", false, forEach(func(v vpc, item func(any)) { p.endpoints(v, id, item) }))
	out.array("PrefixLists", false, func(item func(any)) { p.prefixLists(acct, item) })
	out.array("DhcpOptions", false, func(item func(any)) {
		item(obj{"DhcpOptionsId": "dopt-0synth" + id, "OwnerId": id, "DhcpConfigurations": []obj{{"Key": "domain-name-servers", "Values": []obj{{"Value": "AmazonProvidedDNS"}}}}})
	})
	out.array("InternetGateways", false, forEach(func(v vpc, item func(any)) {
		item(obj{"InternetGatewayId": v.id("igw", 0), "OwnerId": id, "Attachments": []obj{{"State": "available", "VpcId": v.id("vpc", 0)}}, "Tags": tags(v.name())})
	}))
	out.array("NatGateways", false, forEach(func(v vpc, item func(any)) { v.nats(item) }))
	p.writeTransit(out, own, id)
	for _, none := range []string{"EgressOnlyInternetGateways", "VpcPeeringConnections", "VpnGateways", "VpcBlockPublicAccessExclusions", "VpcEncryptionControls", "Reservations"} {
		out.array(none, false, func(func(any)) {})
	}
	out.array("VpcBlockPublicAccessOptions", false, func(item func(any)) {
		item(obj{"AwsAccountId": id, "AwsRegion": Region, "State": "default-state", "InternetGatewayBlockMode": "off"})
	})
	out.array("NetworkInterfaces", false, func(item func(any)) { p.interfaces(acct, own, item) })
}

func (v vpc) name() string { return fmt.Sprintf("%s-%03d", words[v.n%len(words)], v.n) }

func (v vpc) describe(owner string) obj {
	return obj{"VpcId": v.id("vpc", 0), "OwnerId": owner, "InstanceTenancy": "default", "IsDefault": false, "State": "available",
		"CidrBlock": v.cidr(), "DhcpOptionsId": "dopt-0synth" + owner, "Tags": tags(v.name()),
		"CidrBlockAssociationSet": []obj{{"AssociationId": v.id("vpc-cidr-assoc", 0), "CidrBlock": v.cidr(), "CidrBlockState": obj{"State": "associated"}}}}
}

func (v vpc) subnets(owner string, item func(any)) {
	for kind := range kinds {
		for zone := range zones {
			item(obj{"SubnetId": v.subnet(kind, zone), "VpcId": v.id("vpc", 0), "OwnerId": owner, "State": "available", "CidrBlock": v.subnetCIDR(kind, zone),
				"AvailabilityZone": zoneName(zone), "AvailabilityZoneId": fmt.Sprintf("use1-az%d", zone+1), "AvailableIpAddressCount": 700,
				"Ipv6CidrBlockAssociationSet": []obj{}, "Ipv6Native": false, "EnableDns64": false, "MapPublicIpOnLaunch": kind == publicSubnet,
				"Tags": tags(fmt.Sprintf("%s-%s-%s", v.name(), kindNames[kind], zoneName(zone)))})
		}
	}
}

func route(key, value, targetKey, target string) obj {
	return obj{key: value, targetKey: target, "Origin": "CreateRoute", "State": "active"}
}

// routeTables: one table a zone for app and data (NAT, transit gateway, and in
// two VPCs of three S3's list), one for ml (S3's list only; one VPC in ten
// forgot it), one for public, and the main one.
func (p *Plan) routeTables(v vpc, owner string, item func(any)) {
	table := func(n int, main bool, subnets []string, routes ...obj) {
		assocs := []obj{}
		if main {
			assocs = append(assocs, obj{"Main": true, "RouteTableId": v.id("rtb", n), "RouteTableAssociationId": v.id("rtbassoc", n), "AssociationState": obj{"State": "associated"}})
		}
		for i, s := range subnets {
			assocs = append(assocs, obj{"Main": false, "RouteTableId": v.id("rtb", n), "SubnetId": s, "RouteTableAssociationId": v.id("rtbassoc", 100*n+i), "AssociationState": obj{"State": "associated"}})
		}
		all := append([]obj{{"DestinationCidrBlock": v.cidr(), "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"}}, routes...)
		item(obj{"RouteTableId": v.id("rtb", n), "VpcId": v.id("vpc", 0), "OwnerId": owner, "PropagatingVgws": []obj{}, "Associations": assocs, "Routes": all, "Tags": tags(v.name())})
	}
	list := route("DestinationPrefixListId", s3List, "GatewayId", v.id("vpce", 0))
	transit := route("DestinationCidrBlock", "10.0.0.0/8", "TransitGatewayId", transitGateway(owner))
	table(0, true, nil)
	for zone := range zones {
		routes := []obj{route("DestinationCidrBlock", "0.0.0.0/0", "NatGatewayId", v.id("nat", zone)), transit}
		if v.usesList(1 + zone) {
			routes = append(routes, list)
		}
		table(1+zone, false, []string{v.subnet(appSubnet, zone), v.subnet(dataSubnet, zone)}, routes...)
	}
	var ml, public []string
	for zone := range zones {
		ml, public = append(ml, v.subnet(mlSubnet, zone)), append(public, v.subnet(publicSubnet, zone))
	}
	if v.usesList(4) {
		table(4, false, ml, list)
	} else {
		table(4, false, ml)
	}
	table(5, false, public, route("DestinationCidrBlock", "0.0.0.0/0", "GatewayId", v.id("igw", 0)))
}

// usesList tells whether S3's endpoint is associated with the VPC's n-th table.
func (v vpc) usesList(n int) bool {
	if n == 4 {
		return v.n%10 != 9
	}
	return v.n%3 != 2 && n < 4
}

func (v vpc) acls(owner string, item func(any)) {
	entry := func(no int, egress bool, action, proto, cidr string, ports ...int) obj {
		e := obj{"RuleNumber": no, "Egress": egress, "RuleAction": action, "Protocol": proto, "CidrBlock": cidr}
		if len(ports) == 2 {
			e["PortRange"] = obj{"From": ports[0], "To": ports[1]}
		}
		return e
	}
	acl := func(n int, isDefault bool, kinds []int, entries ...obj) {
		assocs := []obj{}
		for _, kind := range kinds {
			for zone := range zones {
				assocs = append(assocs, obj{"NetworkAclAssociationId": v.id("aclassoc", kind*zones+zone), "NetworkAclId": v.id("acl", n), "SubnetId": v.subnet(kind, zone)})
			}
		}
		entries = append(entries, entry(32767, true, "deny", "-1", "0.0.0.0/0"), entry(32767, false, "deny", "-1", "0.0.0.0/0"))
		item(obj{"NetworkAclId": v.id("acl", n), "VpcId": v.id("vpc", 0), "OwnerId": owner, "IsDefault": isDefault, "Associations": assocs, "Entries": entries, "Tags": tags(v.name())})
	}
	acl(0, true, []int{appSubnet, publicSubnet, transitSubnet}, entry(100, true, "allow", "-1", "0.0.0.0/0"), entry(100, false, "allow", "-1", "0.0.0.0/0"))
	acl(1, false, []int{dataSubnet}, entry(100, true, "allow", "-1", "10.0.0.0/8"), entry(110, true, "allow", "6", "0.0.0.0/0", 443, 443),
		entry(90, false, "deny", "6", "0.0.0.0/0", 3389, 3389), entry(100, false, "allow", "-1", "10.0.0.0/8"), entry(110, false, "allow", "6", "0.0.0.0/0", 1024, 65535))
	replies := 1024
	if v.n%7 == 6 {
		replies = 49152 // too narrow for Linux clients
	}
	acl(2, false, []int{mlSubnet}, entry(100, true, "allow", "6", "0.0.0.0/0", 443, 443), entry(110, true, "allow", "-1", v.cidr()),
		entry(100, false, "allow", "6", "0.0.0.0/0", replies, 65535), entry(110, false, "allow", "-1", v.cidr()))
}

func (p *Plan) groups(v vpc, owner string, item func(any)) {
	r := rand.New(rand.NewPCG(p.opt.Seed, uint64(1000+v.n)))
	for g := range groupsInVPC {
		var in, out []obj
		for range 3 + r.IntN(20) {
			port := []int{22, 80, 443, 3306, 5432, 6379, 8080, 9092, 9200}[r.IntN(9)]
			in = append(in, permission("tcp", port, port, obj{"CidrIp": fmt.Sprintf("10.%d.%d.0/%d", r.IntN(16), r.IntN(256), 20+r.IntN(9)), "Description": "team " + words[r.IntN(len(words))]}))
		}
		self := permission("-1", 0, 0, nil)
		self["UserIdGroupPairs"] = []obj{{"GroupId": v.id("sg", g), "UserId": owner}}
		in = append(in, self)
		switch g % 4 {
		case 0:
			out = append(out, permission("-1", 0, 0, obj{"CidrIp": "0.0.0.0/0"}))
		case 1:
			p := permission("tcp", 443, 443, obj{"CidrIp": v.cidr()})
			p["PrefixListIds"] = []obj{{"PrefixListId": s3List, "Description": "S3"}}
			out = append(out, p)
		case 2:
			out = append(out, permission("tcp", 443, 443, obj{"CidrIp": v.cidr(), "Description": "inside only"}), permission("tcp", 5432, 5432, obj{"CidrIp": "10.0.0.0/8"}))
		case 3:
			p := permission("tcp", 443, 443, nil)
			p["PrefixListIds"] = []obj{{"PrefixListId": customerList(v.account, g), "Description": "partners"}}
			out = append(out, p)
		}
		item(obj{"GroupId": v.id("sg", g), "GroupName": fmt.Sprintf("%s-%02d", v.name(), g), "Description": "managed by terraform", "VpcId": v.id("vpc", 0), "OwnerId": owner,
			"IpPermissions": in, "IpPermissionsEgress": out, "Tags": tags(fmt.Sprintf("%s-%02d", v.name(), g))})
	}
}

func permission(proto string, from, to int, r obj) obj {
	p := obj{"IpProtocol": proto, "IpRanges": []obj{}, "Ipv6Ranges": []obj{}, "PrefixListIds": []obj{}, "UserIdGroupPairs": []obj{}}
	if proto != "-1" {
		p["FromPort"], p["ToPort"] = from, to
	}
	if r != nil {
		p["IpRanges"] = []obj{r}
	}
	return p
}

func (v vpc) nats(item func(any)) {
	for zone := range zones {
		item(obj{"NatGatewayId": v.id("nat", zone), "VpcId": v.id("vpc", 0), "SubnetId": v.subnet(publicSubnet, zone), "State": "available", "ConnectivityType": "public",
			"AvailabilityMode": "zonal", "CreateTime": "2026-01-12T10:02:44+00:00", "Tags": tags(v.name()), "NatGatewayAddresses": []obj{{"AllocationId": v.id("eipalloc", zone),
				"NetworkInterfaceId": v.id("eni", zone), "PrivateIp": v.address(publicSubnet, zone, 0), "PublicIp": publicIP(v.n*zones + zone), "IsPrimary": true, "Status": "succeeded"}}})
	}
}

func publicIP(n int) string {
	a := netip.MustParseAddr("198.51.100.0").As4()
	return netip.AddrFrom4([4]byte{a[0], a[1], byte(100 + n/256), byte(n)}).String()
}

// s3CIDRs is S3's list in us-east-1, as public pages show it.
var s3CIDRs = []string{"3.5.0.0/19", "16.15.176.0/20", "16.15.192.0/18", "16.182.0.0/16", "18.34.0.0/19", "18.34.232.0/21",
	"44.192.134.240/28", "44.192.140.64/28", "52.216.0.0/15", "54.231.0.0/16"}

func customerList(acct, n int) string {
	return fmt.Sprintf("pl-0%03x%04x%09x", acct, n, mix(uint64(acct<<8|n)))
}

// prefixLists: Amazon's two, and one long list of partners for each group that names one.
func (p *Plan) prefixLists(acct int, item func(any)) {
	item(obj{"PrefixListId": s3List, "PrefixListName": "com.amazonaws." + Region + ".s3", "OwnerId": "AWS", "AddressFamily": "IPv4", "Cidrs": s3CIDRs})
	item(obj{"PrefixListId": "pl-02cd2c6b", "PrefixListName": "com.amazonaws." + Region + ".dynamodb", "OwnerId": "AWS", "AddressFamily": "IPv4", "Cidrs": []string{"52.94.0.0/22", "52.119.224.0/20"}})
	r := p.random(uint64(5000 + acct))
	for g := 3; g < groupsInVPC; g += 4 {
		entries := []obj{}
		for i := range 240 {
			entries = append(entries, obj{"Cidr": fmt.Sprintf("%d.%d.%d.0/24", 60+g, i, r.IntN(256)), "Description": fmt.Sprintf("partner %d", i)})
		}
		item(obj{"PrefixListId": customerList(acct, g), "PrefixListName": fmt.Sprintf("partners-%d", g), "OwnerId": account(acct), "AddressFamily": "IPv4", "MaxEntries": 300, "State": "modify-complete", "Entries": entries})
	}
}

func (p *Plan) endpoints(v vpc, owner string, item func(any)) {
	tables := []string{}
	for n := 1; n <= 4; n++ {
		if v.usesList(n) {
			tables = append(tables, v.id("rtb", n))
		}
	}
	base := func(n int, kind, service string, policy any) obj {
		return obj{"VpcEndpointId": v.id("vpce", n), "VpcEndpointType": kind, "VpcId": v.id("vpc", 0), "OwnerId": owner, "ServiceName": "com.amazonaws." + Region + "." + service,
			"State": "available", "PolicyDocument": text(policy), "RouteTableIds": []string{}, "SubnetIds": []string{}, "NetworkInterfaceIds": []string{}, "Groups": []obj{},
			"PrivateDnsEnabled": kind == "Interface", "IpAddressType": "ipv4", "DnsOptions": obj{"DnsRecordIpType": "ipv4"}, "DnsEntries": []obj{}, "Tags": tags(v.name() + "-" + service)}
	}
	gateway := base(0, "Gateway", "s3", p.endpointPolicy(v))
	gateway["RouteTableIds"] = tables
	item(gateway)
	for n, service := range []string{"sts", "logs", "ecr.api", "ecr.dkr"} {
		e := base(1+n, "Interface", service, allowAll)
		e["SubnetIds"] = []string{v.subnet(appSubnet, 0), v.subnet(appSubnet, 1)}
		e["Groups"] = []obj{{"GroupId": v.id("sg", 0), "GroupName": v.name() + "-00"}}
		item(e)
	}
}

func transitGateway(owner string) string { return "tgw-0synth" + owner }

func (p *Plan) writeTransit(out *writer, own []vpc, owner string) {
	table := "tgw-rtb-0synth" + owner
	out.array("TransitGateways", false, func(item func(any)) {
		item(obj{"TransitGatewayId": transitGateway(owner), "OwnerId": owner, "State": "available", "Options": obj{"AssociationDefaultRouteTableId": table}})
	})
	out.array("TransitGatewayAttachments", false, func(item func(any)) {
		for _, v := range own {
			item(obj{"TransitGatewayAttachmentId": v.id("tgw-attach", 0), "TransitGatewayId": transitGateway(owner), "ResourceType": "vpc", "ResourceId": v.id("vpc", 0),
				"ResourceOwnerId": owner, "State": "available", "Association": obj{"TransitGatewayRouteTableId": table, "State": "associated"}})
		}
	})
	out.array("TransitGatewayVpcAttachments", false, func(item func(any)) {
		for _, v := range own {
			item(obj{"TransitGatewayAttachmentId": v.id("tgw-attach", 0), "TransitGatewayId": transitGateway(owner), "VpcId": v.id("vpc", 0), "VpcOwnerId": owner, "State": "available",
				"SubnetIds": []string{v.subnet(transitSubnet, 0), v.subnet(transitSubnet, 1), v.subnet(transitSubnet, 2)}, "Options": obj{"ApplianceModeSupport": "disable", "Ipv6Support": "disable"}})
		}
	})
	out.array("TransitGatewayRouteTables", false, func(item func(any)) {
		routes := []obj{}
		for _, v := range own {
			routes = append(routes, obj{"DestinationCidrBlock": v.cidr(), "Type": "propagated", "State": "active",
				"TransitGatewayAttachments": []obj{{"TransitGatewayAttachmentId": v.id("tgw-attach", 0), "ResourceType": "vpc", "ResourceId": v.id("vpc", 0)}}})
		}
		item(obj{"TransitGatewayRouteTableId": table, "TransitGatewayId": transitGateway(owner), "State": "available", "Routes": routes})
	})
}

// The members of one interface, in the CLI's order. A struct, because there
// are many.
type networkInterface struct {
	Attachment struct {
		AttachTime, AttachmentId, InstanceId, InstanceOwnerId, Status string
		DeleteOnTermination                                           bool
		DeviceIndex, NetworkCardIndex                                 int
	}
	AvailabilityZone, Description                 string
	Groups                                        []groupName
	InterfaceType                                 string
	Ipv6Addresses                                 []string
	MacAddress, NetworkInterfaceId, OwnerId       string
	PrivateDnsName, PrivateIpAddress              string
	PrivateIpAddresses                            []privateAddress
	RequesterId                                   string
	RequesterManaged, SourceDestCheck             bool
	Status, SubnetId                              string
	TagSet                                        []obj
	VpcId                                         string
	ConnectionTrackingConfiguration               obj
	Operator                                      obj
	DenyAllIgwTraffic                             bool
	AvailabilityZoneId, PublicIpDnsNameOptionType string
}

type groupName struct{ GroupId, GroupName string }

type privateAddress struct {
	Primary                          bool
	PrivateDnsName, PrivateIpAddress string
}

// interfaces spreads the account's share of interfaces over app, data and ml
// subnets of its VPCs. Most sets of groups are popular in few subnets.
func (p *Plan) interfaces(acct int, own []vpc, item func(any)) {
	share := p.opt.Interfaces / p.opt.accounts()
	if acct < p.opt.Interfaces%p.opt.accounts() {
		share++
	}
	r := p.random(uint64(9000 + acct))
	for n := range share {
		v := own[n%len(own)]
		i := n / len(own) // within the VPC
		kind, zone := i%3, i/3%zones
		item(p.networkInterface(v, kind, zone, i, r))
	}
}

func (p *Plan) networkInterface(v vpc, kind, zone, i int, r *rand.Rand) *networkInterface {
	ip := v.address(kind, zone, i/(3*zones)%1000)
	dns := "ip-" + slug(ip) + ".ec2.internal"
	e := &networkInterface{AvailabilityZone: zoneName(zone), AvailabilityZoneId: fmt.Sprintf("use1-az%d", zone+1), InterfaceType: "interface", Ipv6Addresses: []string{},
		Description: fmt.Sprintf("amazonEKS aws-K8S-%s", v.id("i", 10+i)), NetworkInterfaceId: v.id("eni", 10+i), OwnerId: account(v.account),
		MacAddress: fmt.Sprintf("0a:ff:%02x:%02x:%02x:%02x", v.n, i>>16&255, i>>8&255, i&255), PrivateDnsName: dns, PrivateIpAddress: ip,
		PrivateIpAddresses: []privateAddress{{true, dns, ip}}, RequesterId: "AROAEXAMPLE0SYNTHETIC:eks", SourceDestCheck: true, Status: "in-use", SubnetId: v.subnet(kind, zone), VpcId: v.id("vpc", 0),
		ConnectionTrackingConfiguration: obj{"TcpEstablishedTimeout": 350}, Operator: obj{"Managed": false}, PublicIpDnsNameOptionType: "public-ipv4-dns-name",
		TagSet: []obj{{"Key": "cluster.k8s.amazonaws.com/name", "Value": v.name()}, {"Key": "node.k8s.amazonaws.com/instance_id", "Value": v.id("i", 10+i)},
			{"Key": "Name", "Value": fmt.Sprintf("%s-%s-%05d", v.name(), kindNames[kind], i)}, {"Key": "eks:eni:owner", "Value": "amazon-vpc-cni"}, {"Key": "node.k8s.amazonaws.com/createdAt", "Value": "2026-11-02T05:30:11Z"}}}
	e.Attachment.AttachTime, e.Attachment.AttachmentId, e.Attachment.InstanceId = "2026-11-02T05:30:11+00:00", v.id("eni-attach", 10+i), v.id("i", 10+i)
	e.Attachment.InstanceOwnerId, e.Attachment.Status, e.Attachment.DeleteOnTermination = account(v.account), "attached", true
	for _, g := range v.sets[r.IntN(setsInVPC)] {
		e.Groups = append(e.Groups, groupName{g, v.name()})
	}
	return e
}

func slug(ip string) string {
	b := []byte(ip)
	for i := range b {
		if b[i] == '.' {
			b[i] = '-'
		}
	}
	return string(b)
}
