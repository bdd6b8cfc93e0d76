package plan

import (
	"net/netip"

	"github.com/canreach/canreach/internal/jsontree"
)

var networkRows = []row{
	{typ: "aws_caller_identity", put: nothing}, {typ: "aws_region", put: nothing}, {typ: "aws_iam_policy_document", put: nothing},
	ec2("aws_vpc_dhcp_options", "DhcpOptions", "DhcpOptionsId", "", dhcpOptions),
	ec2("aws_default_vpc_dhcp_options", "DhcpOptions", "DhcpOptionsId", "", dhcpOptions),
	taking(ec2("aws_vpc", "Vpcs", "VpcId", "CidrBlock=cidr_block InstanceTenancy=instance_tenancy DhcpOptionsId=dhcp_options_id", vpc), func(v *overlay, id string) {
		for _, kind := range []string{"VpcAttributes", "RouteTables", "NetworkAcls", "SecurityGroups"} { // what is made with a VPC goes with it
			v.networkParts().eachList(kind, func(l *jsontree.Node) {
				removeWhere(l, func(x *jsontree.Node) bool { return x.Get("VpcId").Text() == id })
				delete(v.index, l)
			})
		}
	}),
	ec2("aws_default_vpc", "Vpcs", "VpcId", "CidrBlock=cidr_block InstanceTenancy=instance_tenancy DhcpOptionsId=dhcp_options_id", vpc),
	part("aws_vpc_ipv4_cidr_block_association", vpcBlock("CidrBlock", "cidr_block"), removeVPCBlock("CidrBlock", "cidr_block")),
	part("aws_vpc_ipv6_cidr_block_association", vpcBlock("Ipv6CidrBlock", "ipv6_cidr_block"), removeVPCBlock("Ipv6CidrBlock", "ipv6_cidr_block")),
	part("aws_vpc_dhcp_options_association", func(v *overlay, r *resource) {
		if n := v.within("ec2", "Vpcs", "VpcId", v.id(r, "vpc_id")); n != nil {
			n.Set("DhcpOptionsId", jsontree.NewString(v.id(r, "dhcp_options_id")))
		}
	}, func(v *overlay, r *resource) { // the provider associates AWS's "default" then
		if n := v.within("ec2", "Vpcs", "VpcId", v.id(r, "vpc_id")); n != nil {
			n.Set("DhcpOptionsId", jsontree.NewString("default"))
		}
	}),
	taking(ec2("aws_subnet", "Subnets", "SubnetId", subnetSpec, subnet), func(v *overlay, id string) {
		for _, kind := range []string{"RouteTables", "NetworkAcls"} {
			v.networkParts().each(kind, func(n *jsontree.Node) {
				removeWhere(n.Get("Associations"), func(x *jsontree.Node) bool { return x.Get("SubnetId").Text() == id })
			})
		}
	}),
	ec2("aws_default_subnet", "Subnets", "SubnetId", subnetSpec, subnet),
	ec2("aws_ec2_managed_prefix_list", "ManagedPrefixLists", "PrefixListId", "PrefixListName=name AddressFamily=address_family MaxEntries=max_entries", prefixList),
	ec2("aws_prefix_list", "PrefixLists", "PrefixListId", "PrefixListName=name Cidrs=cidr_blocks", nil),
	part("aws_ec2_managed_prefix_list_entry", prefixEntry, without(owner("ec2", "ManagedPrefixLists", "PrefixListId", "prefix_list_id"), "Entries", "Cidr", "cidr")),
	ec2("aws_vpc_encryption_control", "VpcEncryptionControls", "VpcEncryptionControlId", "VpcId=vpc_id!+ Mode=mode", encryptionControl),
	ec2("aws_vpc_block_public_access_options", "VpcBlockPublicAccessOptions", "AwsAccountId", "InternetGatewayBlockMode=internet_gateway_block_mode", state("update-complete")),
	ec2("aws_vpc_block_public_access_exclusion", "VpcBlockPublicAccessExclusions", "ExclusionId", "InternetGatewayExclusionMode=internet_gateway_exclusion_mode", bpaExclusion),
}

func nothing(*overlay, *resource) {}

// taking removes with an item what there is of it elsewhere.
func taking(w row, rest func(v *overlay, id string)) row {
	remove := w.remove
	w.remove = func(v *overlay, r *resource) {
		remove(v, r)
		rest(v, v.idOf(r))
	}
	return w
}

const subnetSpec = "VpcId=vpc_id! CidrBlock=cidr_block AvailabilityZone=availability_zone AvailabilityZoneId=availability_zone_id " +
	"MapPublicIpOnLaunch=map_public_ip_on_launch AssignIpv6AddressOnCreation=assign_ipv6_address_on_creation EnableDns64=enable_dns64"

func dhcpOptions(_ *overlay, r *resource, o object) {
	config := []object{}
	add := func(key string, values []string) {
		var list []object
		for _, s := range values {
			list = append(list, object{"Value": s})
		}
		if list != nil {
			config = append(config, object{"Key": key, "Values": list})
		}
	}
	if name := r.text("domain_name"); name != "" {
		add("domain-name", []string{name})
	}
	servers, _ := r.texts("domain_name_servers")
	add("domain-name-servers", servers)
	ntp, _ := r.texts("ntp_servers")
	add("ntp-servers", ntp)
	o["DhcpConfigurations"] = config
}

func vpc(v *overlay, r *resource, o object) {
	id := v.idOf(r)
	o["State"], o["IsDefault"] = "available", r.typ == "aws_default_vpc"
	v.partial[id] = r.data
	if block := r.text("cidr_block"); block != "" {
		o["CidrBlockAssociationSet"] = []object{{"CidrBlock": block, "CidrBlockState": object{"State": "associated"}}}
	}
	if block := r.text("ipv6_cidr_block"); block != "" {
		o["Ipv6CidrBlockAssociationSet"] = []object{{"Ipv6CidrBlock": block, "Ipv6CidrBlockState": object{"State": "associated"}}}
	}
	if r.created() && o["DhcpOptionsId"] == nil {
		o["DhcpOptionsId"] = v.networkParts().defaultDHCP(r)
	}
	attributes := object{}
	for key, attr := range map[string]string{"EnableDnsSupport": "enable_dns_support", "EnableDnsHostnames": "enable_dns_hostnames"} {
		if on, known := r.get(attr); known && on != nil {
			attributes[key] = object{"Value": on}
		}
	}
	if len(attributes) > 0 {
		v.upsert(list(v.regionOf(r), "ec2", "VpcAttributes"), "VpcId", id, attributes)
	}
	if r.created() {
		v.networkParts().vpcDefaults(r, id)
	}
}

// defaultDHCP is the Region's default DHCP option set, which a new VPC uses.
//
// AWS: https://docs.aws.amazon.com/vpc/latest/userguide/DHCPOptionSet.html
func (v networkParts) defaultDHCP(r *resource) string {
	id, domain := "default-of."+v.regionName(r), v.regionName(r)+".compute.internal"
	if v.regionName(r) == "us-east-1" {
		domain = "ec2.internal"
	}
	v.upsert(list(v.regionOf(r), "ec2", "DhcpOptions"), "DhcpOptionsId", id, object{"DhcpConfigurations": []object{
		{"Key": "domain-name", "Values": []object{{"Value": domain}}},
		{"Key": "domain-name-servers", "Values": []object{{"Value": "AmazonProvidedDNS"}}}}})
	return id
}

// vpcDefaults adds what AWS makes with a VPC: its main route table, default
// network ACL and default security group.
//
// AWS: https://docs.aws.amazon.com/vpc/latest/userguide/how-it-works.html
func (v networkParts) vpcDefaults(r *resource, id string) {
	e := v.regionOf(r)
	owner := v.accountOf(r).Get("accountId").Text()
	var routes []object
	if block := r.text("cidr_block"); block != "" {
		routes = append(routes, object{"DestinationCidrBlock": block, "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"})
	}
	if block := r.text("ipv6_cidr_block"); block != "" {
		routes = append(routes, object{"DestinationIpv6CidrBlock": block, "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"})
	}
	main := id + ".main_route_table_id"
	v.upsert(list(e, "ec2", "RouteTables"), "RouteTableId", main, object{"VpcId": id, "OwnerId": owner, "Routes": routes, "PropagatingVgws": []any{},
		"Associations": []object{{"Main": true, "RouteTableAssociationId": main + ".assoc", "RouteTableId": main, "AssociationState": object{"State": "associated"}}}})
	v.upsert(list(e, "ec2", "NetworkAcls"), "NetworkAclId", id+".default_network_acl_id", object{"VpcId": id, "OwnerId": owner, "IsDefault": true,
		"Associations": []object{}, "Entries": []object{aclAllow(100, false), aclAllow(100, true), aclRest(false), aclRest(true)}})
	group := id + ".default_security_group_id"
	v.upsert(list(e, "ec2", "SecurityGroups"), "GroupId", group, object{"VpcId": id, "OwnerId": owner, "GroupName": "default",
		"IpPermissions":       []object{{"IpProtocol": "-1", "UserIdGroupPairs": []object{{"GroupId": group, "UserId": owner}}}},
		"IpPermissionsEgress": []object{{"IpProtocol": "-1", "IpRanges": []object{{"CidrIp": "0.0.0.0/0"}}}}})
}

func vpcBlock(key, attr string) func(*overlay, *resource) {
	return func(v *overlay, r *resource) {
		n := v.within("ec2", "Vpcs", "VpcId", v.id(r, "vpc_id"))
		block := r.text(attr)
		if n == nil || block == "" {
			v.note("%s: the block is not known", r.place(attr))
			return
		}
		l := list(n, key+"AssociationSet")
		if v.find(l, key, block) == nil {
			v.upsert(l, key, block, object{key + "State": object{"State": "associated"}})
			v.late = append(v.late, func() { v.networkParts().localRoutes(n.Get("VpcId").Text(), "Destination"+key, block) })
		}
	}
}

func removeVPCBlock(key, attr string) func(*overlay, *resource) {
	return func(v *overlay, r *resource) {
		vpc, block := v.id(r, "vpc_id"), r.text(attr)
		if n := v.within("ec2", "Vpcs", "VpcId", vpc); n != nil && block != "" {
			removeWhere(n.Get(key+"AssociationSet"), func(x *jsontree.Node) bool { return x.Get(key).Text() == block })
			v.networkParts().each("RouteTables", func(t *jsontree.Node) {
				if t.Get("VpcId").Text() == vpc {
					removeWhere(t.Get("Routes"), func(x *jsontree.Node) bool {
						return x.Get("GatewayId").Text() == "local" && x.Get("Destination"+key).Text() == block
					})
				}
			})
		}
	}
}

// localRoutes adds a VPC's new block to its tables.
func (v networkParts) localRoutes(vpc, key, block string) {
	v.each("RouteTables", func(t *jsontree.Node) {
		if t.Get("VpcId").Text() == vpc {
			putRoute(t, object{key: block, "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"})
		}
	})
}

// each visits every item of a regional EC2 collection.
func (v networkParts) each(collection string, visit func(*jsontree.Node)) {
	v.eachList(collection, func(l *jsontree.Node) {
		for _, n := range l.Elements() {
			visit(n)
		}
	})
}

func (v networkParts) eachList(collection string, visit func(*jsontree.Node)) {
	for _, a := range v.root.Get("accounts").Elements() {
		for _, g := range a.Get("regions").Elements() {
			if e := g.Get("ec2"); e != nil && e.Get(collection) != nil {
				visit(e.Get(collection))
			}
		}
	}
}

// reserved is how many addresses of a subnet AWS keeps.
//
// AWS: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
const reserved = 5

func subnet(v *overlay, r *resource, o object) {
	o["State"] = "available"
	if block := r.text("ipv6_cidr_block"); block != "" {
		o["Ipv6CidrBlockAssociationSet"] = []object{{"Ipv6CidrBlock": block, "Ipv6CidrBlockState": object{"State": "associated"}}}
	}
	if p, err := netip.ParsePrefix(r.text("cidr_block")); err == nil && r.created() && p.Addr().Is4() {
		o["AvailableIpAddressCount"] = 1<<(32-p.Bits()) - reserved
	}
	if vpc := v.id(r, "vpc_id"); r.created() && vpc != "" {
		id := v.idOf(r)
		v.late = append(v.late, func() { v.networkParts().defaultACL(vpc, id) })
	}
}

func prefixList(v *overlay, r *resource, o object) {
	o["State"] = "create-complete"
	if r.data {
		r.move("entries", "entry")
	}
	if r.manages("entry") {
		entries := []object{}
		for i := range r.blocks("entry") {
			e := object{}
			v.networkParts().rule(r, e, "Cidr", plain, "entry", i, "cidr")
			entries = append(entries, e)
		}
		o["Entries"] = entries
	}
}

func prefixEntry(v *overlay, r *resource) {
	n := v.within("ec2", "ManagedPrefixLists", "PrefixListId", v.id(r, "prefix_list_id"))
	if n == nil {
		v.note("%s: its prefix list is not in the snapshot", r.address)
		return
	}
	e := object{}
	v.networkParts().rule(r, e, "Cidr", plain, "cidr")
	putUnique(list(n, "Entries"), e, "Cidr")
}

// encryptionExclusions are the kinds of gateways that a control may leave out.
var encryptionExclusions = map[string]string{"EgressOnlyInternetGateway": "egress_only_internet_gateway_exclusion", "ElasticFileSystem": "elastic_file_system_exclusion",
	"InternetGateway": "internet_gateway_exclusion", "Lambda": "lambda_exclusion", "NatGateway": "nat_gateway_exclusion",
	"VirtualPrivateGateway": "virtual_private_gateway_exclusion", "VpcLattice": "vpc_lattice_exclusion", "VpcPeering": "vpc_peering_exclusion"}

func encryptionControl(_ *overlay, r *resource, o object) {
	exclusions := object{}
	for key, attr := range encryptionExclusions {
		if s := r.text(attr); s == "enable" {
			exclusions[key] = object{"State": "enabled"}
		} else if s == "disable" {
			exclusions[key] = object{"State": "disabled"}
		}
	}
	o["State"], o["ResourceExclusions"] = "available", exclusions
}

func bpaExclusion(v *overlay, r *resource, o object) {
	o["State"] = "create-complete"
	for _, kind := range []string{"vpc", "subnet"} {
		if id := v.id(r, kind+"_id"); id != "" {
			o["ResourceArn"] = "arn:aws:ec2:" + v.regionName(r) + ":" + v.account + ":" + kind + "/" + id
		}
	}
}

// rule sets a member of a rule; one known after apply only is named by a
// member of its own, so that what hangs on the rule is UNKNOWN.
func (v networkParts) rule(r *resource, to object, key string, kind kind, path ...any) {
	before := len(to)
	if v.set(r, to, key, kind, path...) || len(to) > before {
		return
	}
	to["KnownAfterApply"] = r.place(path...)
}

// putUnique adds an item to a list unless one has the same members.
func putUnique(l *jsontree.Node, o object, keys ...string) {
	fresh := node(o)
	for i, n := range l.Elements() {
		same := true
		for _, k := range keys {
			same = same && n.Get(k).Text() == fresh.Get(k).Text()
		}
		if same {
			l.ReplaceAt(i, fresh)
			return
		}
	}
	l.Append(fresh)
}
