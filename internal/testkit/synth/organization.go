package synth

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Organization says how large an organization is. Its first account owns the
// network: a transit gateway in each Region that every account's VPC is
// attached to, and an egress VPC with the only NAT gateway.
type Organization struct {
	Accounts int
	Regions  int // of each account, at most 4
	Roles    int // of each account
	Buckets  int // of each account, spread over its Regions
	Seed     uint64
}

// OrganizationRegions are the Regions that an organization may have.
var OrganizationRegions = []string{"us-east-1", "eu-west-1", "us-west-2", "ap-southeast-2"}

const organizationID = "o-synth00001"

// Account is the id of an organization's n-th account.
func (o Organization) Account(n int) string { return account(n) }

// s3Lists are S3's prefix lists with some of their blocks, by Region.
var s3Lists = map[string]struct {
	id    string
	cidrs []string
}{
	"us-east-1":      {s3List, s3CIDRs},
	"eu-west-1":      {"pl-6da54004", []string{"3.5.64.0/21", "16.12.22.0/23", "52.218.0.0/17", "52.92.0.0/17"}},
	"us-west-2":      {"pl-68a54001", []string{"3.5.76.0/22", "18.34.244.0/22", "52.218.128.0/17", "52.92.128.0/17"}},
	"ap-southeast-2": {"pl-6ca54005", []string{"3.5.164.0/22", "52.95.128.0/21", "52.92.52.0/22"}},
}

// lan is an account's VPC in a Region.
type lan struct {
	vpc
	region int
	owner  string
	egress bool
}

func (o Organization) lan(acct, region int, egress bool) lan {
	n := (acct*4+region)*2 + 1
	if egress {
		n = region * 2
	}
	return lan{vpc{account: acct, n: n}, region, account(acct), egress}
}

func (l lan) regionName() string { return OrganizationRegions[l.region] }

// cidr: accounts are /18 blocks of 10.0.0.0/8, the same in each Region, which
// nothing joins; the egress VPC is beside them.
func (l lan) cidr() string {
	if l.egress {
		return "100.64.0.0/18"
	}
	return fmt.Sprintf("10.%d.%d.0/18", l.account/4, l.account%4*64)
}

func (l lan) part(n int) string {
	if l.egress {
		return fmt.Sprintf("100.64.%d.0/22", n*4)
	}
	return fmt.Sprintf("10.%d.%d.0/22", l.account/4, l.account%4*64+n*4)
}

func (l lan) address(n, host int) string {
	if l.egress {
		return fmt.Sprintf("100.64.%d.%d", n*4, host)
	}
	return fmt.Sprintf("10.%d.%d.%d", l.account/4, l.account%4*64+n*4, host)
}

// subnetNames are each VPC's: two for jobs, one that forgot its routes, one for
// the transit gateway; the egress VPC has a public one instead of jobs'.
var subnetNames = []string{"app-a", "app-b", "closed", "transit"}

func (o Organization) hub(region int) string     { return fmt.Sprintf("tgw-0hub%013d", region) }
func (o Organization) hubTable(r int) string     { return fmt.Sprintf("tgw-rtb-0hub%013d", r) }
func (l lan) attachment() string                 { return l.id("tgw-attach", 0) }
func (o Organization) bucket(acct, n int) string { return words[n%len(words)] + "-" + account(acct) }
func (o Organization) role(acct, n int) string {
	return fmt.Sprintf("arn:aws:iam::%s:role/jobs/Job%02d", account(acct), n)
}

// AccountFile is the native snapshot of the n-th account.
func (o Organization) AccountFile(n int) []byte {
	regions := []obj{}
	for r := range o.Regions {
		regions = append(regions, o.region(n, r))
	}
	return o.native([]obj{{
		"accountId": account(n), "organizationId": organizationID, "organizationPath": []string{"r-root", o.unit(n)}, "managementAccount": false,
		"regions": regions, "iam": o.iam(n), "s3": o.s3(n), "kms": obj{"Keys": []obj{}, "Aliases": []obj{}},
	}}, nil)
}

// OrganizationFile is the native snapshot of the organization's policies.
func (o Organization) OrganizationFile() []byte { return o.native([]obj{}, o.controlPolicies()) }

func (o Organization) native(accounts []obj, organizations obj) []byte {
	doc := obj{"schema": "canreach.snapshot/v1", "accounts": accounts,
		"capture": obj{"startedAt": "2026-11-23T08:00:00Z", "finishedAt": "2026-11-23T08:04:00Z", "tool": "testdata/gen", "gaps": []obj{}}}
	if organizations != nil {
		doc["organizations"] = organizations
	}
	b, err := json.Marshal(doc)
	if err != nil {
		panic("unreachable: " + err.Error())
	}
	return append(b, '\n')
}

func (o Organization) unit(n int) string { return []string{"ou-root-prod", "ou-root-dev"}[n%2] }

func (o Organization) region(acct, region int) obj {
	ec2 := obj{}
	lans := []lan{o.lan(acct, region, false)}
	if acct == 0 {
		lans = append(lans, o.lan(acct, region, true))
	}
	add := func(key string, items ...obj) {
		have, _ := ec2[key].([]obj)
		ec2[key] = append(have, items...)
	}
	for _, none := range []string{"NatGateways", "EgressOnlyInternetGateways", "InternetGateways", "VpcPeeringConnections", "VpnGateways", "VpcBlockPublicAccessExclusions", "VpcEncryptionControls",
		"Reservations", "NetworkInterfaces", "VpcEndpoints", "TransitGatewayRouteTables"} {
		ec2[none] = []obj{}
	}
	name := OrganizationRegions[region]
	list := s3Lists[name]
	add("PrefixLists", obj{"PrefixListId": list.id, "PrefixListName": "com.amazonaws." + name + ".s3", "OwnerId": "AWS", "AddressFamily": "IPv4", "Cidrs": list.cidrs})
	add("DhcpOptions", obj{"DhcpOptionsId": "dopt-0synth" + account(acct), "OwnerId": account(acct), "DhcpConfigurations": []obj{{"Key": "domain-name-servers", "Values": []obj{{"Value": "AmazonProvidedDNS"}}}}})
	add("VpcBlockPublicAccessOptions", obj{"AwsAccountId": account(acct), "AwsRegion": name, "State": "default-state", "InternetGatewayBlockMode": "off"})
	add("TransitGateways", obj{"TransitGatewayId": o.hub(region), "OwnerId": account(0), "State": "available", "Options": obj{"AssociationDefaultRouteTableId": o.hubTable(region)}})
	for _, l := range lans {
		o.lanParts(l, add)
	}
	if acct == 0 {
		o.hubParts(region, add)
	}
	return obj{"region": name, "ec2": ec2, "lambda": obj{"Functions": []obj{}},
		"route53resolver": obj{"ResolverRules": []obj{}, "ResolverRuleAssociations": []obj{}, "FirewallRuleGroupAssociations": []obj{}},
		"route53":         obj{"HostedZones": []obj{}},
		"route53profiles": obj{"ProfileAssociations": []obj{}},
		"sagemaker":       obj{},
		"complete":        []string{"VpcEndpoints", "Subnets", "SecurityGroups"}}
}

func (o Organization) lanParts(l lan, add func(string, ...obj)) {
	add("Vpcs", obj{"VpcId": l.id("vpc", 0), "OwnerId": l.owner, "InstanceTenancy": "default", "IsDefault": false, "State": "available", "CidrBlock": l.cidr(), "DhcpOptionsId": "dopt-0synth" + l.owner,
		"Tags": tags(l.name()), "CidrBlockAssociationSet": []obj{{"AssociationId": l.id("vpc-cidr-assoc", 0), "CidrBlock": l.cidr(), "CidrBlockState": obj{"State": "associated"}}}})
	add("VpcAttributes", obj{"VpcId": l.id("vpc", 0), "EnableDnsSupport": obj{"Value": true}, "EnableDnsHostnames": obj{"Value": true}})
	assocs := []obj{}
	for n, name := range subnetNames {
		zone := l.regionName() + string(rune('a'+n%2))
		add("Subnets", obj{"SubnetId": l.id("subnet", n), "VpcId": l.id("vpc", 0), "OwnerId": l.owner, "State": "available", "CidrBlock": l.part(n), "AvailabilityZone": zone, "AvailableIpAddressCount": 700,
			"Ipv6CidrBlockAssociationSet": []obj{}, "Ipv6Native": false, "EnableDns64": false, "MapPublicIpOnLaunch": false, "Tags": tags(l.name() + "-" + name)})
		assocs = append(assocs, obj{"NetworkAclAssociationId": l.id("aclassoc", n), "NetworkAclId": l.id("acl", 0), "SubnetId": l.id("subnet", n)})
	}
	entry := func(no int, egress bool, action string) obj {
		return obj{"RuleNumber": no, "Egress": egress, "RuleAction": action, "Protocol": "-1", "CidrBlock": "0.0.0.0/0"}
	}
	add("NetworkAcls", obj{"NetworkAclId": l.id("acl", 0), "VpcId": l.id("vpc", 0), "OwnerId": l.owner, "IsDefault": true, "Associations": assocs, "Tags": tags(l.name()),
		"Entries": []obj{entry(100, true, "allow"), entry(100, false, "allow"), entry(32767, true, "deny"), entry(32767, false, "deny")}})
	subnets := []string{l.id("subnet", 3)}
	add("TransitGatewayAttachments", obj{"TransitGatewayAttachmentId": l.attachment(), "TransitGatewayId": o.hub(l.region), "TransitGatewayOwnerId": account(0), "ResourceType": "vpc", "ResourceId": l.id("vpc", 0),
		"ResourceOwnerId": l.owner, "State": "available", "Association": obj{"TransitGatewayRouteTableId": o.hubTable(l.region), "State": "associated"}})
	add("TransitGatewayVpcAttachments", obj{"TransitGatewayAttachmentId": l.attachment(), "TransitGatewayId": o.hub(l.region), "VpcId": l.id("vpc", 0), "VpcOwnerId": l.owner, "State": "available",
		"SubnetIds": subnets, "Options": obj{"ApplianceModeSupport": "disable", "Ipv6Support": "disable"}})
	if l.egress {
		o.egressParts(l, add)
		return
	}
	o.groups(l, add)
	o.spokeParts(l, add)
}

func (l lan) table(add func(string, ...obj), n int, main bool, subnets []int, routes ...obj) {
	assocs := []obj{}
	if main {
		assocs = append(assocs, obj{"Main": true, "RouteTableAssociationId": l.id("rtbassoc", 90), "RouteTableId": l.id("rtb", n), "AssociationState": obj{"State": "associated"}})
	}
	for _, s := range subnets {
		assocs = append(assocs, obj{"Main": false, "RouteTableAssociationId": l.id("rtbassoc", s), "RouteTableId": l.id("rtb", n), "SubnetId": l.id("subnet", s), "AssociationState": obj{"State": "associated"}})
	}
	all := append([]obj{{"DestinationCidrBlock": l.cidr(), "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"}}, routes...)
	add("RouteTables", obj{"RouteTableId": l.id("rtb", n), "VpcId": l.id("vpc", 0), "OwnerId": l.owner, "PropagatingVgws": []obj{}, "Associations": assocs, "Routes": all, "Tags": tags(l.name())})
}

// spokeParts: what S3 is reached by differs by account: an endpoint, the hub's
// NAT gateway, both, by subnet.
func (o Organization) spokeParts(l lan, add func(string, ...obj)) {
	hub := route("DestinationCidrBlock", "0.0.0.0/0", "TransitGatewayId", o.hub(l.region))
	list := route("DestinationPrefixListId", s3Lists[l.regionName()].id, "GatewayId", l.id("vpce", 0))
	l.table(add, 0, true, nil)
	first, second := []obj{hub}, []obj{hub}
	tables := []string{}
	if l.account%4 != 3 {
		first, tables = append(first, list), append(tables, l.id("rtb", 1))
	}
	if l.account%3 == 0 {
		second, tables = append(second, list), append(tables, l.id("rtb", 2))
	}
	l.table(add, 1, false, []int{0}, first...)
	l.table(add, 2, false, []int{1}, second...)
	l.table(add, 3, false, []int{2})
	l.table(add, 4, false, []int{3})
	endpoint := obj{"VpcEndpointId": l.id("vpce", 0), "VpcEndpointType": "Gateway", "VpcId": l.id("vpc", 0), "OwnerId": l.owner, "ServiceName": "com.amazonaws." + l.regionName() + ".s3",
		"State": "available", "PolicyDocument": text(o.endpointPolicy(l)), "RouteTableIds": tables, "SubnetIds": []string{}, "NetworkInterfaceIds": []string{}, "Groups": []obj{},
		"PrivateDnsEnabled": false, "IpAddressType": "ipv4", "DnsOptions": obj{"DnsRecordIpType": "ipv4"}, "DnsEntries": []obj{}, "Tags": tags(l.name())}
	add("VpcEndpoints", endpoint)
	host := 20
	for n := range 3 {
		for g := range 3 {
			for range 2 {
				host++
				ip := l.address(n, host)
				add("NetworkInterfaces", obj{"NetworkInterfaceId": l.id("eni", host), "InterfaceType": "interface", "SubnetId": l.id("subnet", n), "VpcId": l.id("vpc", 0), "OwnerId": l.owner,
					"AvailabilityZone": l.regionName() + string(rune('a'+n%2)), "Groups": []obj{{"GroupId": l.id("sg", g), "GroupName": l.name()}}, "PrivateIpAddress": ip, "Status": "in-use",
					"PrivateIpAddresses": []obj{{"Primary": true, "PrivateIpAddress": ip}}, "Ipv6Addresses": []obj{}, "SourceDestCheck": true, "RequesterManaged": false, "TagSet": tags(l.name())})
			}
		}
	}
}

func (o Organization) groups(l lan, add func(string, ...obj)) {
	open := permission("-1", 0, 0, obj{"CidrIp": "0.0.0.0/0"})
	s3 := permission("tcp", 443, 443, nil)
	s3["PrefixListIds"] = []obj{{"PrefixListId": s3Lists[l.regionName()].id}}
	inside := permission("tcp", 443, 443, obj{"CidrIp": "10.0.0.0/8"})
	for g, out := range []obj{open, s3, inside} {
		add("SecurityGroups", obj{"GroupId": l.id("sg", g), "GroupName": fmt.Sprintf("%s-%d", l.name(), g), "Description": "managed by terraform", "VpcId": l.id("vpc", 0), "OwnerId": l.owner,
			"IpPermissions": []obj{}, "IpPermissionsEgress": []obj{out}, "Tags": tags(l.name())})
	}
}

func (o Organization) egressParts(l lan, add func(string, ...obj)) {
	hub := route("DestinationCidrBlock", "10.0.0.0/8", "TransitGatewayId", o.hub(l.region))
	l.table(add, 0, true, nil)
	l.table(add, 1, false, []int{0, 1, 2}, route("DestinationCidrBlock", "0.0.0.0/0", "GatewayId", l.id("igw", 0)), hub)
	l.table(add, 2, false, []int{3}, route("DestinationCidrBlock", "0.0.0.0/0", "NatGatewayId", l.id("nat", 0)))
	add("InternetGateways", obj{"InternetGatewayId": l.id("igw", 0), "OwnerId": l.owner, "Attachments": []obj{{"State": "available", "VpcId": l.id("vpc", 0)}}, "Tags": tags(l.name())})
	add("NatGateways", obj{"NatGatewayId": l.id("nat", 0), "VpcId": l.id("vpc", 0), "SubnetId": l.id("subnet", 1), "State": "available", "ConnectivityType": "public", "AvailabilityMode": "zonal",
		"Tags": tags(l.name()), "NatGatewayAddresses": []obj{{"AllocationId": l.id("eipalloc", 0), "NetworkInterfaceId": l.id("eni", 0), "PrivateIp": l.address(1, 10), "PublicIp": publicIP(l.region), "IsPrimary": true, "Status": "succeeded"}}})
}

// hubParts is what only the transit gateway's owner sees.
func (o Organization) hubParts(region int, add func(string, ...obj)) {
	to := func(cidr, kind string, l lan) obj {
		return obj{"DestinationCidrBlock": cidr, "Type": kind, "State": "active",
			"TransitGatewayAttachments": []obj{{"TransitGatewayAttachmentId": l.attachment(), "ResourceType": "vpc", "ResourceId": l.id("vpc", 0)}}}
	}
	routes := []obj{to("0.0.0.0/0", "static", o.lan(0, region, true))}
	for n := range o.Accounts {
		l := o.lan(n, region, false)
		routes = append(routes, to(l.cidr(), "propagated", l))
		if n > 0 {
			add("TransitGatewayAttachments", obj{"TransitGatewayAttachmentId": l.attachment(), "TransitGatewayId": o.hub(region), "TransitGatewayOwnerId": account(0), "ResourceType": "vpc", "ResourceId": l.id("vpc", 0),
				"ResourceOwnerId": l.owner, "State": "available", "Association": obj{"TransitGatewayRouteTableId": o.hubTable(region), "State": "associated"}})
		}
	}
	add("TransitGatewayRouteTables", obj{"TransitGatewayRouteTableId": o.hubTable(region), "TransitGatewayId": o.hub(region), "State": "available", "Routes": routes})
}

func (o Organization) endpointPolicy(l lan) any {
	if l.account%2 == 0 {
		return allowAll
	}
	return doc(obj{"Sid": "Perimeter", "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": obj{"StringEquals": obj{"aws:PrincipalOrgID": organizationID, "aws:ResourceOrgID": organizationID}}})
}

// iam: roles of four kinds, so that many share their policies: of the
// account's own buckets, of one of them, of buckets that others share, of none.
func (o Organization) iam(acct int) obj {
	roles := []obj{}
	for n := range o.Roles {
		name := fmt.Sprintf("Job%02d", n)
		roles = append(roles, obj{"Path": "/jobs/", "RoleName": name, "RoleId": fmt.Sprintf("AROASYNTH%05d%07d", acct, n), "Arn": o.role(acct, n), "CreateDate": "2026-01-12T09:00:00+00:00",
			"AssumeRolePolicyDocument": doc(obj{"Effect": "Allow", "Principal": obj{"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}), "InstanceProfileList": []obj{},
			"Tags":                    []obj{{"Key": "team", "Value": words[n%2]}},
			"RolePolicyList":          []obj{{"PolicyName": "S3", "PolicyDocument": o.rolePolicy(acct, n)}},
			"AttachedManagedPolicies": []obj{{"PolicyName": "Base", "PolicyArn": "arn:aws:iam::" + account(acct) + ":policy/Base"}}})
	}
	base := obj{"PolicyName": "Base", "Arn": "arn:aws:iam::" + account(acct) + ":policy/Base", "Path": "/", "DefaultVersionId": "v1",
		"PolicyVersionList": []obj{{"VersionId": "v1", "IsDefaultVersion": true, "Document": doc(obj{"Effect": "Allow", "Action": []string{"logs:*", "cloudwatch:PutMetricData"}, "Resource": "*"})}}}
	return obj{"RoleDetailList": roles, "Policies": []obj{base}, "complete": []string{"RoleDetailList", "Policies"}}
}

func (o Organization) rolePolicy(acct, n int) obj {
	objects := func(buckets ...string) []string {
		out := []string{}
		for _, b := range buckets {
			out = append(out, "arn:aws:s3:::"+b+"/*")
		}
		return out
	}
	read := func(resources any) obj {
		return obj{"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": resources}
	}
	if n == 6 {
		return doc(read("arn:aws:s3:::" + words[1] + "-*")) // what every account shares
	}
	switch n % 4 {
	case 0:
		own, out := []string{}, []string{}
		for k := range o.Buckets {
			own, out = append(own, "arn:aws:s3:::"+o.bucket(acct, k)+"/*"), append(out, "arn:aws:s3:::"+o.bucket(acct, k)+"/out/*")
		}
		return doc(read(own), obj{"Sid": "Write", "Effect": "Allow", "Action": "s3:PutObject", "Resource": out})
	case 1:
		return doc(read(objects(o.bucket(acct, n%max(o.Buckets, 1)))))
	case 2:
		return doc(read(objects(o.bucket((acct+1)%o.Accounts, 1), o.bucket((acct+7)%o.Accounts, 1), o.bucket(0, 0))))
	}
	return doc(obj{"Sid": "Queue", "Effect": "Allow", "Action": "sqs:*", "Resource": "*"})
}

// s3: an account's second bucket is shared with the organization, its third is
// for its own endpoint, its fourth for one role of the next account.
func (o Organization) s3(acct int) obj {
	buckets := []obj{}
	for n := range o.Buckets {
		b := obj{"Name": o.bucket(acct, n), "region": OrganizationRegions[n%o.Regions], "Policy": nil,
			"PublicAccessBlockConfiguration":    obj{"BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true},
			"OwnershipControls":                 obj{"Rules": []obj{{"ObjectOwnership": "BucketOwnerEnforced"}}},
			"ServerSideEncryptionConfiguration": obj{"Rules": []obj{{"ApplyServerSideEncryptionByDefault": obj{"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": true}}}}
		if policy := o.bucketPolicy(acct, n); policy != nil {
			b["Policy"] = policy
		}
		buckets = append(buckets, b)
	}
	slices.SortFunc(buckets, func(a, b obj) int { return slices.Compare([]byte(a["Name"].(string)), []byte(b["Name"].(string))) })
	return obj{"buckets": buckets, "complete": []string{"buckets"}, "accountPublicAccessBlock": obj{"BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true}}
}

func (o Organization) bucketPolicy(acct, n int) any {
	arns := []string{"arn:aws:s3:::" + o.bucket(acct, n), "arn:aws:s3:::" + o.bucket(acct, n) + "/*"}
	tls := obj{"Sid": "TLSOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": arns, "Condition": obj{"Bool": obj{"aws:SecureTransport": "false"}}}
	switch n % 4 {
	case 1:
		return doc(tls, obj{"Sid": "Shared", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": arns[1], "Condition": obj{"StringEquals": obj{"aws:PrincipalOrgID": organizationID}}})
	case 2:
		l := o.lan(acct, n%o.Regions, false)
		return doc(tls, obj{"Sid": "OwnEndpoint", "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": arns[1], "Condition": obj{"StringNotEquals": obj{"aws:SourceVpce": l.id("vpce", 0)}}})
	case 3:
		return doc(tls, obj{"Sid": "Partner", "Effect": "Allow", "Principal": obj{"AWS": o.role((acct+1)%o.Accounts, 2)}, "Action": "s3:GetObject", "Resource": arns[1]})
	}
	return nil
}

func (o Organization) controlPolicies() obj {
	targets := []obj{{"TargetId": "r-root"}, {"TargetId": "ou-root-prod"}, {"TargetId": "ou-root-dev"}}
	for n := range o.Accounts {
		targets = append(targets, obj{"TargetId": account(n)})
	}
	full := doc(obj{"Effect": "Allow", "Action": "*", "Resource": "*"})
	fullRCP := doc(obj{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"})
	perimeter := doc(obj{"Sid": "OrganizationOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
		"Condition": obj{"StringNotEqualsIfExists": obj{"aws:PrincipalOrgID": organizationID}, "BoolIfExists": obj{"aws:PrincipalIsAWSService": "false"}}})
	devWrites := doc(obj{"Sid": "NoWrites", "Effect": "Deny", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::*/out/locked/*"})
	return obj{"Organization": obj{"Id": organizationID, "MasterAccountId": "999988887777"}, "complete": []string{"serviceControlPolicies", "resourceControlPolicies"},
		"Roots": []obj{{"Id": "r-root", "PolicyTypes": []obj{{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}, {"Type": "RESOURCE_CONTROL_POLICY", "Status": "ENABLED"}}}},
		"serviceControlPolicies": []obj{
			{"Id": "p-FullAWSAccess", "Name": "FullAWSAccess", "AwsManaged": true, "Content": full, "Targets": targets},
			{"Id": "p-0synthdevelop", "Name": "Development", "AwsManaged": false, "Targets": []obj{{"TargetId": "ou-root-dev"}}, "Content": devWrites}},
		"resourceControlPolicies": []obj{
			{"Id": "p-RCPFullAWSAccess", "Name": "RCPFullAWSAccess", "AwsManaged": true, "Content": fullRCP, "Targets": targets},
			{"Id": "p-0synthperimet", "Name": "Perimeter", "AwsManaged": false, "Targets": targets[:1], "Content": perimeter}}}
}
