package change_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim/change"
)

// everything is a world with one of each kind that some operation changes.
func everything() []byte {
	type o = world.Obj
	type l = world.List
	w := world.Network(world.NAT(), world.IFE(),
		world.VPC("vpc-b", "10.1.0.0/16"), world.Subnet("subnet-b", "vpc-b", "10.1.1.0/24", "us-east-1a"),
		world.Subnet("subnet-8", "vpc-a", "10.0.8.0/24", "us-east-1b"),
		world.Table("rtb-main", "vpc-a", nil), world.Table("rtb-free", "vpc-a", nil), world.Set("RouteTables", "rtb-free", "Associations", world.List{}), world.Table("rtb-b", "vpc-b", []string{"subnet-b"}),
		world.Group("sg-b", "vpc-b", nil, nil), world.Group("sg-2", "vpc-a", nil, nil),
		world.ACL("acl-2", "vpc-a", false), world.ACL("acl-b", "vpc-b", true, world.AllowAll...),
		world.Interface("eni-1", "subnet-1", "10.0.1.20", "sg-1"),
		world.Add("InternetGateways", o{"InternetGatewayId": "igw-free", "Attachments": l{}}),
		world.VGW("vgw-1", "vpc-a"), world.Peering("pcx-1", "vpc-a", "vpc-b"), world.Peering("pcx-2", "vpc-a", "vpc-b"),
		world.Set("VpcPeeringConnections", "pcx-2", "Status", o{"Code": "pending-acceptance"}),
		world.TransitGateway("tgw-1", world.TGWRoute("10.0.0.0/16", "tgw-attach-a")),
		world.Attach("tgw-attach-a", "tgw-1", "vpc-a", "subnet-1"), world.Attach("tgw-attach-b", "tgw-1", "vpc-b", "subnet-b"),
		world.Do(func(w *world.World) { delete(w.Get("TransitGatewayAttachments", "tgw-attach-b"), "Association") }),
		world.Add("DhcpOptions", o{"DhcpOptionsId": "dopt-2", "DhcpConfigurations": l{}}),
		world.Add("Addresses", o{"AllocationId": "eipalloc-1", "PublicIp": "203.0.113.77"}, o{"AllocationId": "eipalloc-2", "PublicIp": "203.0.113.78", "AssociationId": "eipassoc-2"}),
		world.Add("ManagedPrefixLists", o{"PrefixListId": "pl-own", "PrefixListName": "own", "OwnerId": world.AccountID, "AddressFamily": "IPv4", "MaxEntries": 2, "Version": 3,
			"Entries": l{o{"Cidr": "192.0.2.0/24"}}}),
		world.BPAExclusion("subnet-9", "allow-egress"),
		world.Add("Policies", managed("One", "v1"), managed("Two", "v2", "v1")),
		world.SCP("p-1", anything(), world.AccountID), world.SCP("p-2", anything()), world.SCP("p-3", anything(), "r-1"), world.RCP("p-4", forAnyone()),
		world.Do(func(w *world.World) {
			w.Region(world.AccountID, world.RegionID)["kms"] = o{"Keys": l{
				o{"KeyId": "k-1", "Arn": "arn:aws:kms:us-east-1:111122223333:key/k-1", "KeyState": "Enabled", "KeyManager": "CUSTOMER", "Policy": forAnyone()},
				o{"KeyId": "k-2", "Arn": "arn:aws:kms:us-east-1:111122223333:key/k-2", "KeyState": "PendingDeletion", "KeyManager": "CUSTOMER", "Policy": forAnyone()},
				o{"KeyId": "k-aws", "Arn": "arn:aws:kms:us-east-1:111122223333:key/k-aws", "KeyState": "Enabled", "KeyManager": "AWS", "Policy": forAnyone()}}}
			w.Account(world.AccountID)["s3"].(o)["accessPoints"] = l{o{"Name": "reports-ap", "Bucket": world.Bucket, "NetworkOrigin": "Internet",
				"AccessPointArn": "arn:aws:s3:us-east-1:111122223333:accesspoint/reports-ap", "Policy": nil}}
		}),
	)
	return w.JSON()
}

func anything() world.Obj  { return world.Doc(world.Allow("*", "*")) }
func forAnyone() world.Obj { return world.Doc(world.For("*", world.Allow("*", "*"))) }

func managed(name string, versions ...string) world.Obj {
	list := world.List{}
	for i, v := range versions {
		list = append(list, world.Obj{"VersionId": v, "IsDefaultVersion": i == 0, "Document": anything()})
	}
	return world.Obj{"Arn": "arn:aws:iam::111122223333:policy/" + name, "PolicyName": name, "Path": "/", "DefaultVersionId": versions[0], "PolicyVersionList": list}
}

// refusal is a change that fails, with words of the reason.
type refusal struct{ do, why string }

const (
	identityText = `{Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::reports/*"}]}`
	resourceText = `{Version: "2012-10-17", Statement: [{Effect: Deny, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::reports/*"}]}`
	keyText      = `{Version: "2012-10-17", Statement: [{Effect: Allow, Principal: "*", Action: "kms:*", Resource: "*"}]}`
	trustText    = `{Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: sagemaker.amazonaws.com}, Action: "sts:AssumeRole"}]}`
	rcpText      = `{Version: "2012-10-17", Statement: [{Effect: Deny, Principal: "*", Action: "s3:*", Resource: "*"}]}`
	scpText      = `{Version: "2012-10-17", Statement: [{Effect: Deny, Action: "s3:*", Resource: "*"}]}`
	badText      = `{Version: "2012-10-17", Statement: [{Effect: Perhaps}]}`
	one          = "arn:aws:iam::111122223333:policy/One"
	two          = "arn:aws:iam::111122223333:policy/Two"
)

// every operation once as AWS takes it, and as AWS refuses it. The AWS CLI's
// own parser (1.46.3) has taken the commands of all of them.
var every = []struct {
	do      string
	refused []refusal
}{
	{`authorizeSecurityGroupEgress: {groupId: sg-2, ipPermissions: [{ipProtocol: tcp, fromPort: 443, toPort: 443, prefixListIds: [{prefixListId: pl-s3, description: "it's"}]}]}`, []refusal{
		{`authorizeSecurityGroupEgress: {groupId: sg-nope, ipPermissions: [{ipProtocol: "-1", ipRanges: [{cidrIp: 0.0.0.0/0}]}]}`, "InvalidGroup.NotFound"},
		{`authorizeSecurityGroupEgress: {groupId: sg-2, ipPermissions: [{ipProtocol: tcp, fromPort: 443, toPort: 80, ipRanges: [{cidrIp: 0.0.0.0/0}]}]}`, "InvalidParameterValue"},
		{`authorizeSecurityGroupEgress: {groupId: sg-2, ipPermissions: [{ipProtocol: tcp, ipRanges: [{cidrIp: 0.0.0.0/0}]}]}`, "MissingParameter"},
		{`authorizeSecurityGroupEgress: {groupId: sg-2, ipPermissions: [{ipProtocol: "-1", ipRanges: [{cidrIp: 10.0.0.0/33}]}]}`, "InvalidParameterValue"},
		{`authorizeSecurityGroupEgress: {groupId: sg-2, ipPermissions: [{ipProtocol: "-1", ipRanges: [{cidrIp: "::/0"}]}]}`, "InvalidParameterValue"},
		{`authorizeSecurityGroupEgress: {groupId: sg-2, ipPermissions: [{ipProtocol: tpc, fromPort: 1, toPort: 2, ipRanges: [{cidrIp: 0.0.0.0/0}]}]}`, "InvalidParameterValue"},
		{`authorizeSecurityGroupEgress: {groupId: sg-2, ipPermissions: []}`, "MissingParameter"},
	}},
	{`authorizeSecurityGroupIngress: {groupId: sg-2, ipPermissions: [{ipProtocol: "58", fromPort: -1, toPort: -1, ipv6Ranges: [{cidrIpv6: "2001:db8::/32"}]}]}`, []refusal{
		{`authorizeSecurityGroupIngress: {groupId: sg-1, ipPermissions: [{ipProtocol: "-1", userIdGroupPairs: [{groupId: sg-nope}]}]}`, "InvalidGroup.NotFound"}}},
	{`revokeSecurityGroupEgress: {groupId: sg-1, ipPermissions: [{ipProtocol: "-1", ipRanges: [{cidrIp: 0.0.0.0/0}]}]}`, []refusal{
		{`revokeSecurityGroupEgress: {groupId: sg-2, ipPermissions: [{ipProtocol: "-1", ipRanges: [{cidrIp: 0.0.0.0/0}]}]}`, "InvalidPermission.NotFound"}}},
	{`revokeSecurityGroupIngress: {groupId: sg-5, ipPermissions: [{ipProtocol: tcp, fromPort: 443, toPort: 443, ipRanges: [{cidrIp: 10.0.0.0/16}]}]}`, []refusal{
		{`revokeSecurityGroupIngress: {groupId: sg-5, ipPermissions: [{ipProtocol: udp, fromPort: 443, toPort: 443, ipRanges: [{cidrIp: 10.0.0.0/16}]}]}`, "InvalidPermission.NotFound"}}},
	{`createSecurityGroup: {groupName: n, vpcId: vpc-a, description: d}`, []refusal{
		{`createSecurityGroup: {groupName: sg-2, vpcId: vpc-a}`, "InvalidParameterValue"},
		{`{as: sg-2, createSecurityGroup: {groupName: n, vpcId: vpc-a}}`, "is in the snapshot already"},
		{`createSecurityGroup: {groupName: Default, vpcId: vpc-a}`, "InvalidParameterValue"}}},
	{`deleteSecurityGroup: {groupId: sg-2}`, []refusal{{`deleteSecurityGroup: {groupId: sg-1}`, "DependencyViolation"}}},
	{`modifyNetworkInterfaceAttribute: {networkInterfaceId: eni-1, groups: [sg-2]}`, []refusal{
		{`modifyNetworkInterfaceAttribute: {networkInterfaceId: eni-1, groups: [sg-b]}`, "InvalidGroup.NotFound"},
		{`modifyNetworkInterfaceAttribute: {networkInterfaceId: eni-1, groups: []}`, "InvalidParameterValue"},
		{`modifyNetworkInterfaceAttribute: {networkInterfaceId: eni-1, groups: [sg-2], sourceDestCheck: false}`, "InvalidParameterCombination"},
		{`modifyNetworkInterfaceAttribute: {networkInterfaceId: eni-nope, sourceDestCheck: false}`, "InvalidNetworkInterfaceID.NotFound"}}},
	{`createNetworkAclEntry: {networkAclId: acl-2, ruleNumber: 90, protocol: icmp, icmpTypeCode: {type: -1, code: -1}, ruleAction: deny, egress: false, cidrBlock: 52.216.0.0/15}`, []refusal{
		{`createNetworkAclEntry: {networkAclId: acl-2, ruleNumber: 0, protocol: -1, ruleAction: deny, egress: false, cidrBlock: 52.216.0.0/15}`, "InvalidParameterValue"},
		{`createNetworkAclEntry: {networkAclId: acl-2, ruleNumber: 5, protocol: tcp, ruleAction: deny, egress: false, cidrBlock: 52.216.0.0/15}`, "MissingParameter"},
		{`createNetworkAclEntry: {networkAclId: acl-2, ruleNumber: 5, protocol: 1, ruleAction: deny, egress: false, cidrBlock: 52.216.0.0/15}`, "MissingParameter"},
		{`createNetworkAclEntry: {networkAclId: acl-2, ruleNumber: 5, protocol: 300, ruleAction: deny, egress: false, cidrBlock: 52.216.0.0/15}`, "InvalidParameterValue"},
		{`createNetworkAclEntry: {networkAclId: acl-2, ruleNumber: 5, protocol: -1, ruleAction: deny, egress: false}`, "InvalidParameterCombination"}}},
	{`replaceNetworkAclEntry: {networkAclId: acl-1, ruleNumber: 100, protocol: 6, portRange: {from: 1024, to: 65535}, ruleAction: allow, egress: false, cidrBlock: 0.0.0.0/0}`, []refusal{
		{`replaceNetworkAclEntry: {networkAclId: acl-1, ruleNumber: 101, protocol: -1, ruleAction: allow, egress: false, cidrBlock: 0.0.0.0/0}`, "InvalidNetworkAclEntry.NotFound"}}},
	{`deleteNetworkAclEntry: {networkAclId: acl-1, ruleNumber: 100, egress: true}`, []refusal{{`deleteNetworkAclEntry: {networkAclId: acl-1, ruleNumber: 101, egress: true}`, "InvalidNetworkAclEntry.NotFound"}}},
	{`createNetworkAcl: {vpcId: vpc-a}`, []refusal{{`createNetworkAcl: {vpcId: vpc-nope}`, "InvalidVpcID.NotFound"}}},
	{`deleteNetworkAcl: {networkAclId: acl-2}`, []refusal{{`deleteNetworkAcl: {networkAclId: acl-1}`, "InvalidParameterValue"}}},
	{`replaceNetworkAclAssociation: {subnetId: subnet-1, networkAclId: acl-2}`, []refusal{
		{`replaceNetworkAclAssociation: {subnetId: subnet-1, networkAclId: acl-b}`, "different networks"},
		{`replaceNetworkAclAssociation: {associationId: aclassoc-nope, networkAclId: acl-2}`, "InvalidAssociationID.NotFound"}}},
	{`createRoute: {routeTableId: rtb-free, destinationCidrBlock: 0.0.0.0/0, natGatewayId: nat-1}`, []refusal{
		{`createRoute: {routeTableId: rtb-free, destinationCidrBlock: 0.0.0.0/0}`, "MissingParameter"},
		{`createRoute: {routeTableId: rtb-free, gatewayId: igw-1}`, "MissingParameter"},
		{`createRoute: {routeTableId: rtb-free, destinationCidrBlock: 0.0.0.0/0, gatewayId: igw-1, natGatewayId: nat-1}`, "InvalidParameterCombination"},
		{`createRoute: {routeTableId: rtb-free, destinationCidrBlock: 0.0.0.0/0, natGatewayId: nat-nope}`, "InvalidNatGatewayID.NotFound"},
		{`createRoute: {routeTableId: rtb-b, destinationCidrBlock: 0.0.0.0/0, natGatewayId: nat-1}`, "different networks"},
		{`createRoute: {routeTableId: rtb-9, destinationCidrBlock: 0.0.0.0/0, natGatewayId: nat-1}`, "RouteAlreadyExists"},
		{`createRoute: {routeTableId: rtb-free, destinationIpv6CidrBlock: 0.0.0.0/0, gatewayId: igw-1}`, "InvalidParameterValue"},
		{`createRoute: {routeTableId: rtb-free, destinationCidrBlock: 0.0.0.0/0, gatewayId: igw-free}`, "not attached"},
		{`createRoute: {routeTableId: rtb-free, destinationCidrBlock: 0.0.0.0/0, vpcEndpointId: vpce-i}`, "not a Gateway Load Balancer endpoint"}}},
	{`replaceRoute: {routeTableId: rtb-9, destinationCidrBlock: 0.0.0.0/0, natGatewayId: nat-1}`, []refusal{
		{`replaceRoute: {routeTableId: rtb-9, destinationCidrBlock: 192.0.2.0/24, natGatewayId: nat-1}`, "InvalidRoute.NotFound"}}},
	{`deleteRoute: {routeTableId: rtb-9, destinationCidrBlock: 0.0.0.0/0}`, []refusal{{`deleteRoute: {routeTableId: rtb-9, destinationCidrBlock: 1.0.0.0/8}`, "InvalidRoute.NotFound"}}},
	{`createRouteTable: {vpcId: vpc-a}`, []refusal{{`createRouteTable: {vpcId: vpc-nope}`, "InvalidVpcID.NotFound"}}},
	{`deleteRouteTable: {routeTableId: rtb-free}`, []refusal{{`deleteRouteTable: {routeTableId: rtb-1}`, "DependencyViolation"}}},
	{`associateRouteTable: {routeTableId: rtb-free, subnetId: subnet-8}`, []refusal{
		{`associateRouteTable: {routeTableId: rtb-free, subnetId: subnet-b}`, "different networks"},
		{`associateRouteTable: {routeTableId: rtb-free, subnetId: subnet-1}`, "Resource.AlreadyAssociated"}}},
	{`disassociateRouteTable: {subnetId: subnet-1}`, []refusal{{`disassociateRouteTable: {subnetId: subnet-8}`, "InvalidAssociationID.NotFound"}}},
	{`replaceRouteTableAssociation: {subnetId: subnet-1, routeTableId: rtb-free}`, []refusal{
		{`replaceRouteTableAssociation: {subnetId: subnet-1, routeTableId: rtb-b}`, "different networks"}}},
	{`enableVgwRoutePropagation: {gatewayId: vgw-1, routeTableId: rtb-free}`, []refusal{{`enableVgwRoutePropagation: {gatewayId: vgw-1, routeTableId: rtb-b}`, "different networks"}}},
	{`disableVgwRoutePropagation: {gatewayId: vgw-1, routeTableId: rtb-free}`, nil},
	{`modifyManagedPrefixList: {prefixListId: pl-own, currentVersion: 3, addEntries: [{cidr: 198.51.100.0/24}]}`, []refusal{
		{`modifyManagedPrefixList: {prefixListId: pl-own, currentVersion: 2, addEntries: [{cidr: 198.51.100.0/24}]}`, "PrefixListVersionMismatch"},
		{`modifyManagedPrefixList: {prefixListId: pl-own, addEntries: [{cidr: 198.51.100.0/24}, {cidr: 203.0.113.0/24}]}`, "PrefixListMaxEntriesExceeded"},
		{`modifyManagedPrefixList: {prefixListId: pl-own, removeEntries: [{cidr: 198.51.100.0/24}]}`, "InvalidPrefixListModification"},
		{`modifyManagedPrefixList: {prefixListId: pl-s3, addEntries: [{cidr: 198.51.100.0/24}]}`, "InvalidPrefixListID.NotFound"}}},
	{`createVpcEndpoint: {vpcId: vpc-b, serviceName: com.amazonaws.us-east-1.s3, routeTableIds: [rtb-b], policyDocument: ` + resourceText + `}`, []refusal{
		{`createVpcEndpoint: {vpcId: vpc-b, serviceName: com.amazonaws.us-east-1.ec2, routeTableIds: [rtb-b]}`, "InvalidServiceName"},
		{`createVpcEndpoint: {vpcId: vpc-b, serviceName: com.amazonaws.us-east-1.s3, subnetIds: [subnet-b]}`, "InvalidParameter"},
		{`createVpcEndpoint: {vpcId: vpc-b, vpcEndpointType: Interface, serviceName: com.amazonaws.us-east-1.s3}`, "MissingParameter"},
		{`createVpcEndpoint: {vpcId: vpc-b, vpcEndpointType: Interface, serviceName: com.amazonaws.us-east-1.s3, subnetIds: [subnet-b], securityGroupIds: [sg-1]}`, "InvalidGroup.NotFound"},
		{`createVpcEndpoint: {vpcId: vpc-b, vpcEndpointType: Interface, serviceName: com.amazonaws.us-east-1.s3, subnetIds: [subnet-b], securityGroupIds: [sg-b]}`, "gateway endpoint"},
		{`createVpcEndpoint: {vpcId: vpc-a, vpcEndpointType: Interface, serviceName: com.amazonaws.us-east-1.s3, subnetIds: [subnet-8], securityGroupIds: [sg-2], privateDnsEnabled: true}`, "conflicting DNS domain"}}},
	{`modifyVpcEndpoint: {vpcEndpointId: vpce-i, addSubnetIds: [subnet-8], addSecurityGroupIds: [sg-2], removeSecurityGroupIds: [sg-5], dnsOptions: {privateDnsOnlyForInboundResolverEndpoint: true}}`, []refusal{
		{`modifyVpcEndpoint: {vpcEndpointId: vpce-g, addSubnetIds: [subnet-8]}`, "InvalidParameter"},
		{`modifyVpcEndpoint: {vpcEndpointId: vpce-i, addRouteTableIds: [rtb-free]}`, "InvalidParameter"},
		{`modifyVpcEndpoint: {vpcEndpointId: vpce-i, removeSecurityGroupIds: [sg-1]}`, "InvalidGroup.NotFound"},
		{`modifyVpcEndpoint: {vpcEndpointId: vpce-i, addSubnetIds: [subnet-9]}`, "DuplicateSubnetsInSameZone"},
		{`modifyVpcEndpoint: {vpcEndpointId: vpce-i, policyDocument: ` + badText + `}`, "InvalidPolicyDocument"}}},
	{`deleteVpcEndpoints: {vpcEndpointIds: [vpce-i, vpce-g]}`, []refusal{{`deleteVpcEndpoints: {vpcEndpointIds: [vpce-i, vpce-i]}`, "InvalidVpcEndpointId.NotFound"}}},
	{`modifyVpcAttribute: {vpcId: vpc-a, enableDnsHostnames: {value: false}}`, []refusal{
		{`modifyVpcAttribute: {vpcId: vpc-a, enableDnsHostnames: false, enableDnsSupport: false}`, "InvalidParameterCombination"},
		{"- modifyVpcAttribute: {vpcId: vpc-a, enableDnsSupport: false}\n- modifyVpcAttribute: {vpcId: vpc-a, enableDnsHostnames: true}", "DNS hostnames need DNS support"}}},
	{`associateVpcCidrBlock: {vpcId: vpc-a, cidrBlock: 10.9.0.0/16}`, []refusal{
		{`associateVpcCidrBlock: {vpcId: vpc-a, cidrBlock: 10.0.128.0/17}`, "InvalidVpc.Range"}, {`associateVpcCidrBlock: {vpcId: vpc-a, cidrBlock: 10.8.0.0/15}`, "InvalidVpc.Range"}}},
	{`associateDhcpOptions: {vpcId: vpc-a, dhcpOptionsId: dopt-2}`, []refusal{{`associateDhcpOptions: {vpcId: vpc-a, dhcpOptionsId: dopt-9}`, "InvalidDhcpOptionID.NotFound"}}},
	{`createSubnet: {vpcId: vpc-a, cidrBlock: 10.0.77.0/24}`, []refusal{
		{`createSubnet: {vpcId: vpc-a, cidrBlock: 10.0.77.0/29}`, "InvalidSubnet.Range"}, {`createSubnet: {vpcId: vpc-a, cidrBlock: 10.0.77.0/24, availabilityZone: eu-west-1a}`, "InvalidParameterValue"}}},
	{`deleteSubnet: {subnetId: subnet-8}`, []refusal{{`deleteSubnet: {subnetId: subnet-1}`, "DependencyViolation"}}},
	{`modifySubnetAttribute: {subnetId: subnet-8, mapPublicIpOnLaunch: true}`, []refusal{{`modifySubnetAttribute: {subnetId: subnet-8, mapPublicIpOnLaunch: true, enableDns64: true}`, "one attribute at a time"}}},
	{`modifyVpcBlockPublicAccessOptions: {internetGatewayBlockMode: block-bidirectional}`, nil},
	{`createVpcBlockPublicAccessExclusion: {subnetId: subnet-1, internetGatewayExclusionMode: allow-bidirectional}`, []refusal{
		{`createVpcBlockPublicAccessExclusion: {subnetId: subnet-1, vpcId: vpc-a, internetGatewayExclusionMode: allow-egress}`, "InvalidParameterCombination"}}},
	{`deleteVpcBlockPublicAccessExclusion: {exclusionId: vpcbpa-exclude-subnet-9}`, []refusal{{`deleteVpcBlockPublicAccessExclusion: {exclusionId: x}`, "NotFound"}}},
	{`createVpcEncryptionControl: {vpcId: vpc-a}`, []refusal{{"- {as: vpcec-1, createVpcEncryptionControl: {vpcId: vpc-a}}\n- createVpcEncryptionControl: {vpcId: vpc-a}", "already"}}},
	{`modifyVpcEncryptionControl: {vpcEncryptionControlId: vpcec-b, mode: enforce, vpcPeeringExclusion: enable, elasticFileSystemExclusion: enable}`, []refusal{
		{`modifyVpcEncryptionControl: {vpcEncryptionControlId: vpcec-9, mode: enforce}`, "InvalidVpcEncryptionControlId.NotFound"}}},
	{`deleteVpcEncryptionControl: {vpcEncryptionControlId: vpcec-b}`, []refusal{{`deleteVpcEncryptionControl: {vpcEncryptionControlId: vpcec-9}`, "NotFound"}}},
	{`createTags: {resources: [eni-1, vpc-a], tags: [{key: tier, value: private}]}`, []refusal{
		{`createTags: {resources: [vpc-a], tags: [{key: "aws:x", value: y}]}`, "InvalidParameterValue"}, {`createTags: {resources: [vpc-nope], tags: [{key: x, value: y}]}`, "InvalidID"}}},
	{`deleteTags: {resources: [vpc-a], tags: [{key: Name}]}`, nil},
	{`createInternetGateway: {}`, []refusal{{`{as: igw-1, createInternetGateway: {}}`, "is in the snapshot already"}}},
	{`attachInternetGateway: {internetGatewayId: igw-free, vpcId: vpc-b}`, []refusal{
		{`attachInternetGateway: {internetGatewayId: igw-1, vpcId: vpc-b}`, "Resource.AlreadyAssociated"}, {`attachInternetGateway: {internetGatewayId: igw-free, vpcId: vpc-a}`, "InvalidParameterValue"}}},
	{`detachInternetGateway: {internetGatewayId: igw-1, vpcId: vpc-a}`, []refusal{{`detachInternetGateway: {internetGatewayId: igw-1, vpcId: vpc-b}`, "Gateway.NotAttached"}}},
	{`deleteInternetGateway: {internetGatewayId: igw-free}`, []refusal{{`deleteInternetGateway: {internetGatewayId: igw-1}`, "DependencyViolation"}}},
	{`createNatGateway: {subnetId: subnet-9, allocationId: eipalloc-1}`, []refusal{
		{`createNatGateway: {subnetId: subnet-9}`, "MissingParameter"}, {`createNatGateway: {subnetId: subnet-9, allocationId: eipalloc-2}`, "associated"},
		{"- createNatGateway: {subnetId: subnet-9, allocationId: eipalloc-1}\n- createNatGateway: {subnetId: subnet-9, allocationId: eipalloc-1}", "associated"}}},
	{`deleteNatGateway: {natGatewayId: nat-1}`, []refusal{{"- deleteNatGateway: {natGatewayId: nat-1}\n- deleteNatGateway: {natGatewayId: nat-1}", "NatGatewayNotFound"}}},
	{`acceptVpcPeeringConnection: {vpcPeeringConnectionId: pcx-2}`, []refusal{{`acceptVpcPeeringConnection: {vpcPeeringConnectionId: pcx-1}`, "InvalidStateTransition"}}},
	{`deleteVpcPeeringConnection: {vpcPeeringConnectionId: pcx-1}`, []refusal{{"- deleteVpcPeeringConnection: {vpcPeeringConnectionId: pcx-1}\n- deleteVpcPeeringConnection: {vpcPeeringConnectionId: pcx-1}", "InvalidStateTransition"}}},
	{`createTransitGatewayRoute: {transitGatewayRouteTableId: tgw-rtb-1, destinationCidrBlock: 10.1.0.0/16, transitGatewayAttachmentId: tgw-attach-b}`, []refusal{
		{`createTransitGatewayRoute: {transitGatewayRouteTableId: tgw-rtb-1, destinationCidrBlock: 10.0.0.0/16, blackhole: true}`, "RouteAlreadyExists"},
		{`createTransitGatewayRoute: {transitGatewayRouteTableId: tgw-rtb-1, destinationCidrBlock: 10.1.0.0/16}`, "MissingParameter"}}},
	{`replaceTransitGatewayRoute: {transitGatewayRouteTableId: tgw-rtb-1, destinationCidrBlock: 10.0.0.0/16, blackhole: true}`, []refusal{
		{`replaceTransitGatewayRoute: {transitGatewayRouteTableId: tgw-rtb-1, destinationCidrBlock: 10.1.0.0/16, blackhole: true}`, "InvalidRoute.NotFound"}}},
	{`deleteTransitGatewayRoute: {transitGatewayRouteTableId: tgw-rtb-1, destinationCidrBlock: 10.0.0.0/16}`, []refusal{
		{`deleteTransitGatewayRoute: {transitGatewayRouteTableId: tgw-rtb-9, destinationCidrBlock: 10.0.0.0/16}`, "InvalidRouteTableID.NotFound"}}},
	{`associateTransitGatewayRouteTable: {transitGatewayRouteTableId: tgw-rtb-1, transitGatewayAttachmentId: tgw-attach-b}`, []refusal{
		{`associateTransitGatewayRouteTable: {transitGatewayRouteTableId: tgw-rtb-1, transitGatewayAttachmentId: tgw-attach-a}`, "Resource.AlreadyAssociated"}}},
	{`disassociateTransitGatewayRouteTable: {transitGatewayRouteTableId: tgw-rtb-1, transitGatewayAttachmentId: tgw-attach-a}`, []refusal{
		{`disassociateTransitGatewayRouteTable: {transitGatewayRouteTableId: tgw-rtb-1, transitGatewayAttachmentId: tgw-attach-b}`, "InvalidAssociation.NotFound"}}},
	{`putBucketPolicy: {bucket: reports, policy: ` + resourceText + `}`, []refusal{{`putBucketPolicy: {bucket: nope, policy: ` + resourceText + `}`, "NoSuchBucket"}, {`putBucketPolicy: {bucket: reports, policy: "{"}`, "MalformedPolicy"}}},
	{`deleteBucketPolicy: {bucket: reports}`, []refusal{{`deleteBucketPolicy: {bucket: nope}`, "NoSuchBucket"}}},
	{`putPublicAccessBlock: {bucket: reports, publicAccessBlockConfiguration: {restrictPublicBuckets: true}}`, []refusal{{`putPublicAccessBlock: {publicAccessBlockConfiguration: {}}`, "InvalidRequest"}}},
	{`deletePublicAccessBlock: {accountId: 111122223333}`, []refusal{{`deletePublicAccessBlock: {accountId: "999999999999"}`, "not in the snapshot"}}},
	{`putBucketOwnershipControls: {bucket: reports, ownershipControls: {rules: [{objectOwnership: ObjectWriter}]}}`, nil},
	{`deleteBucketOwnershipControls: {bucket: reports}`, nil},
	{`putBucketEncryption: {bucket: reports, serverSideEncryptionConfiguration: {rules: [{applyServerSideEncryptionByDefault: {SSEAlgorithm: "aws:kms", KMSMasterKeyID: k-1}, bucketKeyEnabled: true}]}}`, nil},
	{`deleteBucketEncryption: {bucket: reports}`, nil},
	{`putAccessPointPolicy: {accountId: 111122223333, name: reports-ap, policy: {Version: "2012-10-17", Statement: [{Effect: Deny, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:us-east-1:111122223333:accesspoint/reports-ap/object/*"}]}}`, []refusal{
		{`putAccessPointPolicy: {accountId: 111122223333, name: nope, policy: ` + resourceText + `}`, "NoSuchAccessPoint"}}},
	{`deleteAccessPointPolicy: {accountId: 111122223333, name: reports-ap}`, []refusal{{`deleteAccessPointPolicy: {accountId: 111122223333, name: nope}`, "NoSuchAccessPoint"}}},
	{`putRolePolicy: {roleName: "arn:aws:iam::111122223333:role/service-role/Neo", policyName: n, policyDocument: ` + identityText + `}`, []refusal{
		{`putRolePolicy: {roleName: Neo, policyName: "it's", policyDocument: ` + identityText + `}`, "ValidationError"}}},
	{`deleteRolePolicy: {roleName: Neo, policyName: p0}`, []refusal{{`deleteRolePolicy: {roleName: Neo, policyName: p9}`, "NoSuchEntity"}}},
	{`attachRolePolicy: {roleName: Neo, policyArn: "` + one + `"}`, []refusal{{`attachRolePolicy: {roleName: Neo, policyArn: "arn:aws:iam::aws:policy/Nope"}`, "NoSuchEntity"}}},
	{`detachRolePolicy: {roleName: Neo, policyArn: "` + one + `"}`, nil},
	{`putRolePermissionsBoundary: {roleName: Neo, permissionsBoundary: "` + one + `"}`, []refusal{{`putRolePermissionsBoundary: {roleName: Neo, permissionsBoundary: "arn:aws:iam::111122223333:policy/No"}`, "NoSuchEntity"}}},
	{`deleteRolePermissionsBoundary: {roleName: Neo}`, nil},
	{`updateAssumeRolePolicy: {roleName: Neo, policyDocument: ` + trustText + `}`, []refusal{{`updateAssumeRolePolicy: {roleName: Neo, policyDocument: ` + identityText + `}`, "MalformedPolicyDocument"}}},
	{`tagRole: {roleName: Neo, tags: [{key: team, value: ml}]}`, []refusal{{`tagRole: {roleName: Nope, tags: []}`, "NoSuchEntity"}}},
	{`untagRole: {roleName: Neo, tagKeys: [team]}`, nil},
	{`iam.createPolicy: {policyName: Three, policyDocument: ` + identityText + `}`, []refusal{{`iam.createPolicy: {policyName: One, policyDocument: ` + identityText + `}`, "EntityAlreadyExists"}}},
	{`createPolicyVersion: {policyArn: "` + one + `", policyDocument: ` + identityText + `, setAsDefault: true}`, []refusal{{`createPolicyVersion: {policyArn: "` + one + `", policyDocument: ` + badText + `}`, "MalformedPolicyDocument"}}},
	{`setDefaultPolicyVersion: {policyArn: "` + two + `", versionId: v1}`, []refusal{{`setDefaultPolicyVersion: {policyArn: "` + two + `", versionId: v9}`, "NoSuchEntity"}}},
	{`deletePolicyVersion: {policyArn: "` + two + `", versionId: v1}`, []refusal{{`deletePolicyVersion: {policyArn: "` + two + `", versionId: v2}`, "DeleteConflict"}}},
	{`attachPolicy: {policyId: p-2, targetId: r-1}`, []refusal{{`attachPolicy: {policyId: p-3, targetId: r-1}`, "DuplicatePolicyAttachmentException"}, {`attachPolicy: {policyId: p-9, targetId: r-1}`, "PolicyNotFoundException"}}},
	{"- attachPolicy: {policyId: p-2, targetId: r-1}\n- detachPolicy: {policyId: p-3, targetId: r-1}", []refusal{{`detachPolicy: {policyId: p-2, targetId: r-1}`, "PolicyNotAttachedException"}}},
	{`updatePolicy: {policyId: p-4, content: ` + rcpText + `, name: n}`, []refusal{{`updatePolicy: {policyId: p-3, content: ` + rcpText + `}`, "MalformedPolicyDocumentException"}}},
	{`organizations.createPolicy: {name: n, type: SERVICE_CONTROL_POLICY, content: ` + scpText + `}`, []refusal{{`organizations.createPolicy: {name: n, type: RESOURCE_CONTROL_POLICY, content: ` + scpText + `}`, "MalformedPolicyDocumentException"}}},
	{`organizations.deletePolicy: {policyId: p-2}`, []refusal{{`organizations.deletePolicy: {policyId: p-3}`, "PolicyInUseException"}}},
	{`putKeyPolicy: {keyId: k-1, policy: ` + keyText + `}`, []refusal{{`putKeyPolicy: {keyId: k-9, policy: ` + keyText + `}`, "NotFoundException"}, {`putKeyPolicy: {keyId: k-1, policy: ` + identityText + `}`, "MalformedPolicyDocumentException"}}},
	{`disableKey: {keyId: k-1}`, []refusal{{`disableKey: {keyId: k-aws}`, "UnsupportedOperationException"}}},
	{`enableKey: {keyId: "arn:aws:kms:us-east-1:111122223333:key/k-1"}`, []refusal{{`enableKey: {keyId: k-2}`, "KMSInvalidStateException"}}},
	{`scheduleKeyDeletion: {keyId: k-1, pendingWindowInDays: 30}`, []refusal{{`scheduleKeyDeletion: {keyId: k-1, pendingWindowInDays: 3}`, "ValidationException"}}},
	{`cancelKeyDeletion: {keyId: k-2}`, []refusal{{`cancelKeyDeletion: {keyId: k-1}`, "KMSInvalidStateException"}}},
	{`[{op: add, path: /x, value: 1}]`, []refusal{{`[{op: remove, path: /y}]`, "nothing is there"}}},
}

// prepared are the operations whose row needs something in place first.
var prepared = map[string]string{
	"modifyVpcEncryptionControl":    "{as: vpcec-b, createVpcEncryptionControl: {vpcId: vpc-b}}",
	"deleteVpcEncryptionControl":    "{as: vpcec-b, createVpcEncryptionControl: {vpcId: vpc-b}}",
	"detachRolePolicy":              "attachRolePolicy: {roleName: Neo, policyArn: \"" + one + "\"}",
	"deleteRolePermissionsBoundary": "putRolePermissionsBoundary: {roleName: Neo, permissionsBoundary: \"" + one + "\"}",
}

var operationName = regexp.MustCompile(`^[A-Za-z.]+`)

// Every operation is made once, loads, and is refused as AWS refuses it. Each
// is written in camel case here; AWS's Pascal case, the CLI's kebab case and
// JSON come to the same bytes.
func TestEveryOperation(t *testing.T) {
	native := everything()
	done := map[string]bool{}
	for _, row := range every {
		name := operationName.FindString(row.do)
		t.Run(strings.ReplaceAll(row.do[:min(40, len(row.do))], "/", "_"), func(t *testing.T) {
			before := native
			if first, ok := prepared[name]; ok {
				before = mustApply(t, native, first)
			}
			after := mustApply(t, before, row.do)
			for _, c := range parse(t, row.do) {
				done[c.Service()+"."+c.Key()] = true
				if command, ok := c.Command(); ok && strings.ContainsAny(command, "\n") {
					t.Errorf("not one line: %s", command)
				}
			}
			for spelling, text := range spellings(t, row.do) {
				if got := mustApply(t, before, text); string(got) != string(after) {
					t.Errorf("%s: other bytes than in camel case:\n%s", spelling, text)
				}
			}
			for _, r := range row.refused {
				_, err := apply(t, before, r.do)
				var refused *change.RefusedError
				if !errors.As(err, &refused) || !strings.Contains(err.Error(), r.why) {
					t.Errorf("%s\ngot  %v\nwant %s", r.do, err, r.why)
				}
			}
		})
	}
	for _, name := range published(t) {
		if !done[name] {
			t.Errorf("no row makes %s", name)
		}
	}
}

func parse(t *testing.T, text string) []change.Change {
	t.Helper()
	changes, err := change.Parse("c.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

// published lists the operations of the JSON Schema as service.key.
func published(t *testing.T) []string {
	var schema struct {
		Defs struct {
			Change struct{ Properties map[string]any } `json:"change"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(change.JSONSchema(), &schema); err != nil {
		t.Fatal(err)
	}
	var out []string
	for key := range schema.Defs.Change.Properties {
		switch key {
		case "account", "region", "as", "comment":
			continue
		case "patch":
			out = append(out, ".patch")
			continue
		}
		c := change.Operation(key)
		if c == "" {
			t.Errorf("the schema has %s, and the program does not", key)
		}
		out = append(out, c)
	}
	return out
}

// spellings are a change file in AWS's other ways to write it.
func spellings(t *testing.T, text string) map[string]string {
	asJSON := string(change.JSON(parse(t, text)))
	out := map[string]string{"JSON": asJSON, "YAML as printed": change.YAML(parse(t, text))}
	if strings.Contains(text, "op: ") {
		return out
	}
	docs, err := located.Parse("c.json", []byte(asJSON))
	if err != nil {
		t.Fatal(err)
	}
	for name, spell := range map[string]func(string) string{
		"Pascal case": func(s string) string { return strings.ToUpper(s[:1]) + s[1:] },
		"kebab case": func(s string) string {
			return strings.ToLower(regexp.MustCompile(`([a-z0-9])([A-Z])`).ReplaceAllString(s, "$1-$2"))
		},
	} {
		var b strings.Builder
		b.Write(respelt(docs[0], spell).JSON())
		out[name] = b.String()
	}
	return out
}

// respelt spells the keys of operations and parameters anew, not those of
// policies, which begin with a capital in AWS's own way already.
func respelt(v located.Value, spell func(string) string) located.Value {
	out := v
	out.Items, out.Members = nil, nil
	for _, e := range v.Items {
		out.Items = append(out.Items, respelt(e, spell))
	}
	for _, m := range v.Members {
		service, key, ok := strings.Cut(m.Key, ".")
		if !ok {
			service, key = "", m.Key
		}
		switch {
		case reflect.DeepEqual(spell("aB"), "AB") && service != "":
			key = service + "." + strings.ToUpper(key[:1]) + key[1:]
		case service != "":
			key = service + "." + spell(key)
		default:
			key = spell(key)
		}
		value := m.Value
		if _, isPolicy := value.Get("Statement"); !isPolicy {
			value = respelt(value, spell)
		}
		out.Members = append(out.Members, located.Member{Key: key, At: m.At, Value: value})
	}
	return out
}

// What an operation creates can be named by the changes after it, and the
// ids that are made up differ from those of changes made before.
func TestMadeUpIDsDoNotCollide(t *testing.T) {
	const create = "createRouteTable: {vpcId: vpc-a}"
	once := mustApply(t, everything(), create)
	twice := mustApply(t, once, create)
	if !strings.Contains(string(twice), "rtb-new1") || !strings.Contains(string(twice), "rtb-new2") {
		t.Error("the second table took the first one's id")
	}
}

// A NAT gateway's interface and address are gone with it, and a route that lost its
// target works again when the target is back.
func TestTargetsComeAndGo(t *testing.T) {
	mustApply(t, everything(), "- deleteNatGateway: {natGatewayId: nat-1}\n- createNatGateway: {subnetId: subnet-9, allocationId: eipalloc-1}")
	gone := mustApply(t, everything(), "detachInternetGateway: {internetGatewayId: igw-1, vpcId: vpc-a}")
	if strings.Count(string(gone), `"blackhole"`) != strings.Count(string(everything()), `"blackhole"`)+1 {
		t.Error("the route to igw-1 is no blackhole")
	}
	back := mustApply(t, gone, "attachInternetGateway: {internetGatewayId: igw-1, vpcId: vpc-a}")
	if strings.Contains(string(back), `"blackhole"`) {
		t.Error("the route to igw-1 is still a blackhole")
	}
}
