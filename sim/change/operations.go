package change

import (
	"fmt"
	"strings"

	"github.com/canreach/canreach/internal/located"
)

// operation is one AWS operation that changes can make.
type operation struct {
	name       string // "CreateRoute"
	service    string // the AWS CLI's: "ec2", "s3api", "s3control", "iam", "organizations", "kms"
	doc        string
	parameters []field
	apply      func(*editor, parameters) error
}

// key is how change files spell the operation, e.g. "createRoute".
func (o *operation) key() string { return strings.ToLower(o.name[:1]) + o.name[1:] }

var tagShape = list(structure(req("Key", text, ""), opt("Value", text, "")))

var (
	groupParameters = []field{req("GroupId", text, "security group"), req("IpPermissions", list(permissionShape), "rules")}
	aclKey          = []field{req("NetworkAclId", text, "network ACL"), req("RuleNumber", number, "1 to 32766; lowest first"), req("Egress", boolean, "true: outbound")}
	aclRule         = append(append([]field{}, aclKey...),
		req("Protocol", text, "protocol number, or -1 for all"), req("RuleAction", oneOf("allow", "deny"), ""),
		opt("CidrBlock", text, "IPv4 block"), opt("Ipv6CidrBlock", text, "IPv6 block"),
		opt("PortRange", structure(req("From", number, ""), req("To", number, "")), "destination ports"),
		opt("IcmpTypeCode", structure(req("Type", number, ""), req("Code", number, "")), ""))
	routeKey = []field{req("RouteTableId", text, "route table"), opt("DestinationCidrBlock", text, ""),
		opt("DestinationIpv6CidrBlock", text, ""), opt("DestinationPrefixListId", text, "")}
	routeParameters = append(append([]field{}, routeKey...),
		opt("GatewayId", text, "igw-… or vgw-…"), opt("NatGatewayId", text, ""), opt("TransitGatewayId", text, ""),
		opt("VpcPeeringConnectionId", text, ""), opt("NetworkInterfaceId", text, ""), opt("InstanceId", text, ""),
		opt("EgressOnlyInternetGatewayId", text, ""), opt("VpcEndpointId", text, "a Gateway Load Balancer endpoint"),
		opt("LocalGatewayId", text, ""), opt("CarrierGatewayId", text, ""), opt("CoreNetworkArn", text, ""))
	dnsOptionsShape  = structure(opt("DnsRecordIpType", text, ""), opt("PrivateDnsOnlyForInboundResolverEndpoint", boolean, ""))
	tgwRouteKey      = []field{req("TransitGatewayRouteTableId", text, ""), req("DestinationCidrBlock", text, "")}
	tgwRouteFields   = append(append([]field{}, tgwRouteKey...), opt("TransitGatewayAttachmentId", text, ""), opt("Blackhole", boolean, ""))
	tgwAssociation   = []field{req("TransitGatewayRouteTableId", text, ""), req("TransitGatewayAttachmentId", text, "")}
	associationKey   = []field{opt("AssociationId", text, ""), opt("SubnetId", text, "instead of associationId (ours)")}
	blockShape       = structure(opt("BlockPublicAcls", boolean, ""), opt("IgnorePublicAcls", boolean, ""), opt("BlockPublicPolicy", boolean, ""), opt("RestrictPublicBuckets", boolean, ""))
	ownershipShape   = structure(req("Rules", list(structure(req("ObjectOwnership", oneOf("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"), ""))), ""))
	encryptionShape  = structure(req("Rules", list(structure(opt("ApplyServerSideEncryptionByDefault", structure(req("SSEAlgorithm", text, ""), opt("KMSMasterKeyID", text, "")), ""), opt("BucketKeyEnabled", boolean, ""))), ""))
	prefixEntryShape = list(structure(req("Cidr", text, ""), opt("Description", text, "")))
)

func with(fields []field, more ...field) []field {
	return append(append([]field{}, fields...), more...)
}

// operations lists every operation. To add one: a row here and a function
// that applies it; the JSON Schema and the CLI commands follow.
var operations = []*operation{
	{name: "AuthorizeSecurityGroupEgress", service: "ec2", doc: "Add outbound rules to a security group.", parameters: groupParameters, apply: authorize("IpPermissionsEgress")},
	{name: "AuthorizeSecurityGroupIngress", service: "ec2", doc: "Add inbound rules to a security group.", parameters: groupParameters, apply: authorize("IpPermissions")},
	{name: "RevokeSecurityGroupEgress", service: "ec2", doc: "Remove outbound rules from a security group.", parameters: groupParameters, apply: revoke("IpPermissionsEgress")},
	{name: "RevokeSecurityGroupIngress", service: "ec2", doc: "Remove inbound rules from a security group.", parameters: groupParameters, apply: revoke("IpPermissions")},
	{name: "CreateSecurityGroup", service: "ec2", doc: "Create a security group.", parameters: []field{req("GroupName", text, ""), req("VpcId", text, ""), opt("Description", text, "")}, apply: createSecurityGroup},
	{name: "DeleteSecurityGroup", service: "ec2", doc: "Delete a security group.", parameters: []field{req("GroupId", text, "")}, apply: deleteSecurityGroup},
	{name: "ModifyNetworkInterfaceAttribute", service: "ec2", doc: "Change an interface's groups or its source/destination check.",
		parameters: []field{req("NetworkInterfaceId", text, ""), opt("Groups", texts, ""), opt("SourceDestCheck", boolValue, "")}, apply: modifyInterface},

	{name: "CreateNetworkAclEntry", service: "ec2", doc: "Add a rule to a network ACL.", parameters: aclRule, apply: createACLEntry},
	{name: "ReplaceNetworkAclEntry", service: "ec2", doc: "Replace a rule of a network ACL.", parameters: aclRule, apply: replaceACLEntry},
	{name: "DeleteNetworkAclEntry", service: "ec2", doc: "Delete a rule of a network ACL.", parameters: aclKey, apply: deleteACLEntry},
	{name: "CreateNetworkAcl", service: "ec2", doc: "Create a network ACL, which denies everything.", parameters: []field{req("VpcId", text, "")}, apply: createACL},
	{name: "DeleteNetworkAcl", service: "ec2", doc: "Delete a network ACL.", parameters: []field{req("NetworkAclId", text, "")}, apply: deleteACL},
	{name: "ReplaceNetworkAclAssociation", service: "ec2", doc: "Put a subnet under another network ACL.", parameters: with(associationKey, req("NetworkAclId", text, "")), apply: replaceACLAssociation},

	{name: "CreateRoute", service: "ec2", doc: "Add a route to a route table.", parameters: routeParameters, apply: createRoute},
	{name: "ReplaceRoute", service: "ec2", doc: "Give a route another target.", parameters: with(routeParameters, opt("LocalTarget", boolean, "")), apply: replaceRoute},
	{name: "DeleteRoute", service: "ec2", doc: "Delete a route.", parameters: routeKey, apply: deleteRoute},
	{name: "CreateRouteTable", service: "ec2", doc: "Create a route table, with the local routes.", parameters: []field{req("VpcId", text, "")}, apply: createRouteTable},
	{name: "DeleteRouteTable", service: "ec2", doc: "Delete a route table.", parameters: []field{req("RouteTableId", text, "")}, apply: deleteRouteTable},
	{name: "AssociateRouteTable", service: "ec2", doc: "Associate a subnet with a route table.", parameters: []field{req("RouteTableId", text, ""), opt("SubnetId", text, ""), opt("GatewayId", text, "")}, apply: associateRouteTable},
	{name: "DisassociateRouteTable", service: "ec2", doc: "Take an association away: the main table applies.", parameters: associationKey, apply: disassociateRouteTable},
	{name: "ReplaceRouteTableAssociation", service: "ec2", doc: "Move a subnet, or the VPC's main association, to another route table.", parameters: with(associationKey, req("RouteTableId", text, "")), apply: replaceTableAssociation},
	{name: "EnableVgwRoutePropagation", service: "ec2", doc: "Let a virtual private gateway propagate routes.", parameters: []field{req("GatewayId", text, ""), req("RouteTableId", text, "")}, apply: setPropagation(true)},
	{name: "DisableVgwRoutePropagation", service: "ec2", doc: "Stop a virtual private gateway's propagation.", parameters: []field{req("GatewayId", text, ""), req("RouteTableId", text, "")}, apply: setPropagation(false)},
	{name: "ModifyManagedPrefixList", service: "ec2", doc: "Change the entries of a customer's prefix list.", parameters: []field{req("PrefixListId", text, ""), opt("AddEntries", prefixEntryShape, ""), opt("RemoveEntries", prefixEntryShape, ""), opt("CurrentVersion", number, "")}, apply: modifyPrefixList},

	{name: "CreateVpcEndpoint", service: "ec2", doc: "Create a gateway or interface endpoint.", parameters: []field{
		req("VpcId", text, ""), req("ServiceName", text, "e.g. com.amazonaws.us-east-1.s3"), opt("VpcEndpointType", oneOf("Gateway", "Interface"), "Gateway unless told"),
		opt("RouteTableIds", texts, ""), opt("SubnetIds", texts, ""), opt("SecurityGroupIds", texts, ""), opt("PolicyDocument", document, ""),
		opt("PrivateDnsEnabled", boolean, ""), opt("DnsOptions", dnsOptionsShape, ""), opt("IpAddressType", oneOf("ipv4", "dualstack", "ipv6"), ""), opt("ServiceRegion", text, "")}, apply: createEndpoint},
	{name: "ModifyVpcEndpoint", service: "ec2", doc: "Change an endpoint's route tables, subnets, groups, policy or DNS.", parameters: []field{
		req("VpcEndpointId", text, ""), opt("AddRouteTableIds", texts, ""), opt("RemoveRouteTableIds", texts, ""), opt("AddSubnetIds", texts, ""), opt("RemoveSubnetIds", texts, ""),
		opt("AddSecurityGroupIds", texts, ""), opt("RemoveSecurityGroupIds", texts, ""), opt("PolicyDocument", document, ""), opt("ResetPolicy", boolean, "back to full access"),
		opt("PrivateDnsEnabled", boolean, ""), opt("DnsOptions", dnsOptionsShape, ""), opt("IpAddressType", oneOf("ipv4", "dualstack", "ipv6"), "")}, apply: modifyEndpoint},
	{name: "DeleteVpcEndpoints", service: "ec2", doc: "Delete endpoints, with their routes and interfaces.", parameters: []field{req("VpcEndpointIds", texts, "")}, apply: deleteEndpoints},

	{name: "ModifyVpcAttribute", service: "ec2", doc: "Turn a VPC's DNS support or DNS hostnames on or off.", parameters: []field{req("VpcId", text, ""), opt("EnableDnsSupport", boolValue, ""), opt("EnableDnsHostnames", boolValue, "")}, apply: modifyVPCAttribute},
	{name: "AssociateVpcCidrBlock", service: "ec2", doc: "Add a CIDR block to a VPC.", parameters: []field{req("VpcId", text, ""), req("CidrBlock", text, "")}, apply: associateVPCBlock},
	{name: "AssociateDhcpOptions", service: "ec2", doc: "Give a VPC another DHCP option set.", parameters: []field{req("VpcId", text, ""), req("DhcpOptionsId", text, "")}, apply: associateDHCP},
	{name: "CreateSubnet", service: "ec2", doc: "Create a subnet.", parameters: []field{req("VpcId", text, ""), req("CidrBlock", text, ""), opt("AvailabilityZone", text, "")}, apply: createSubnet},
	{name: "DeleteSubnet", service: "ec2", doc: "Delete a subnet.", parameters: []field{req("SubnetId", text, "")}, apply: deleteSubnet},
	{name: "ModifySubnetAttribute", service: "ec2", doc: "Change a subnet's attributes.", parameters: []field{req("SubnetId", text, ""), opt("MapPublicIpOnLaunch", boolValue, ""), opt("EnableDns64", boolValue, ""), opt("AssignIpv6AddressOnCreation", boolValue, "")}, apply: modifySubnet},
	{name: "ModifyVpcBlockPublicAccessOptions", service: "ec2", doc: "Change VPC Block Public Access.", parameters: []field{req("InternetGatewayBlockMode", oneOf("off", "block-ingress", "block-bidirectional"), "")}, apply: modifyBPA},
	{name: "CreateVpcBlockPublicAccessExclusion", service: "ec2", doc: "Exclude a VPC or subnet from VPC Block Public Access.", parameters: []field{opt("VpcId", text, ""), opt("SubnetId", text, ""), req("InternetGatewayExclusionMode", oneOf("allow-bidirectional", "allow-egress"), "")}, apply: createBPAExclusion},
	{name: "DeleteVpcBlockPublicAccessExclusion", service: "ec2", doc: "Delete such an exclusion.", parameters: []field{req("ExclusionId", text, "")}, apply: deleteBPAExclusion},
	{name: "CreateVpcEncryptionControl", service: "ec2", doc: "Turn on a VPC's encryption control, in monitor mode.", parameters: []field{req("VpcId", text, "")}, apply: createControl},
	{name: "ModifyVpcEncryptionControl", service: "ec2", doc: "Change the mode and the exclusions of a VPC's encryption control.", parameters: modifyControlFields(), apply: modifyControl},
	{name: "DeleteVpcEncryptionControl", service: "ec2", doc: "Delete a VPC's encryption control.", parameters: []field{req("VpcEncryptionControlId", text, "")}, apply: deleteControl},
	{name: "CreateTags", service: "ec2", doc: "Tag resources of EC2.", parameters: []field{req("Resources", texts, ""), req("Tags", tagShape, "")}, apply: createTags},
	{name: "DeleteTags", service: "ec2", doc: "Remove tags from resources of EC2.", parameters: []field{req("Resources", texts, ""), req("Tags", tagShape, "")}, apply: deleteTags},

	{name: "CreateInternetGateway", service: "ec2", doc: "Create an internet gateway.", apply: createInternetGateway},
	{name: "AttachInternetGateway", service: "ec2", doc: "Attach an internet gateway to a VPC.", parameters: []field{req("InternetGatewayId", text, ""), req("VpcId", text, "")}, apply: attachInternetGateway},
	{name: "DetachInternetGateway", service: "ec2", doc: "Detach an internet gateway; routes to it become blackholes.", parameters: []field{req("InternetGatewayId", text, ""), req("VpcId", text, "")}, apply: detachInternetGateway},
	{name: "DeleteInternetGateway", service: "ec2", doc: "Delete an internet gateway.", parameters: []field{req("InternetGatewayId", text, "")}, apply: deleteInternetGateway},
	{name: "CreateNatGateway", service: "ec2", doc: "Create a zonal NAT gateway.", parameters: []field{req("SubnetId", text, ""), opt("AllocationId", text, "an Elastic IP's"), opt("ConnectivityType", oneOf("public", "private"), "")}, apply: createNATGateway},
	{name: "DeleteNatGateway", service: "ec2", doc: "Delete a NAT gateway; routes to it become blackholes.", parameters: []field{req("NatGatewayId", text, "")}, apply: deleteNATGateway},
	{name: "AcceptVpcPeeringConnection", service: "ec2", doc: "Accept a VPC peering connection.", parameters: []field{req("VpcPeeringConnectionId", text, "")}, apply: acceptPeering},
	{name: "DeleteVpcPeeringConnection", service: "ec2", doc: "Delete a VPC peering connection; routes to it become blackholes.", parameters: []field{req("VpcPeeringConnectionId", text, "")}, apply: deletePeering},
	{name: "CreateTransitGatewayRoute", service: "ec2", doc: "Add a static route to a transit gateway route table.", parameters: tgwRouteFields, apply: setTGWRoute(false)},
	{name: "ReplaceTransitGatewayRoute", service: "ec2", doc: "Replace a static route of a transit gateway route table.", parameters: tgwRouteFields, apply: setTGWRoute(true)},
	{name: "DeleteTransitGatewayRoute", service: "ec2", doc: "Delete a static route of a transit gateway route table.", parameters: tgwRouteKey, apply: deleteTGWRoute},
	{name: "AssociateTransitGatewayRouteTable", service: "ec2", doc: "Associate an attachment with a transit gateway route table.", parameters: tgwAssociation, apply: setTGWAssociation(true)},
	{name: "DisassociateTransitGatewayRouteTable", service: "ec2", doc: "Take such an association away.", parameters: tgwAssociation, apply: setTGWAssociation(false)},

	{name: "PutBucketPolicy", service: "s3api", doc: "Put a policy on a bucket.", parameters: []field{req("Bucket", text, "bucket name"), req("Policy", document, "")}, apply: putBucketPolicy},
	{name: "DeleteBucketPolicy", service: "s3api", doc: "Delete a bucket's policy.", parameters: []field{req("Bucket", text, "")}, apply: deleteBucketPolicy},
	{name: "PutPublicAccessBlock", service: "s3api", doc: "Set Block Public Access of a bucket or of an account.", parameters: []field{opt("Bucket", text, ""), opt("AccountId", text, ""), req("PublicAccessBlockConfiguration", blockShape, "")}, apply: putPublicAccessBlock},
	{name: "DeletePublicAccessBlock", service: "s3api", doc: "Delete Block Public Access of a bucket or of an account.", parameters: []field{opt("Bucket", text, ""), opt("AccountId", text, "")}, apply: deletePublicAccessBlock},
	{name: "PutBucketOwnershipControls", service: "s3api", doc: "Set a bucket's object ownership.", parameters: []field{req("Bucket", text, ""), req("OwnershipControls", ownershipShape, "")}, apply: putBucketMember("OwnershipControls", "OwnershipControls")},
	{name: "DeleteBucketOwnershipControls", service: "s3api", doc: "Delete a bucket's ownership controls.", parameters: []field{req("Bucket", text, "")}, apply: putBucketMember("OwnershipControls", "")},
	{name: "PutBucketEncryption", service: "s3api", doc: "Set a bucket's default encryption.", parameters: []field{req("Bucket", text, ""), req("ServerSideEncryptionConfiguration", encryptionShape, "")}, apply: putBucketMember("ServerSideEncryptionConfiguration", "ServerSideEncryptionConfiguration")},
	{name: "DeleteBucketEncryption", service: "s3api", doc: "Delete a bucket's default encryption.", parameters: []field{req("Bucket", text, "")}, apply: putBucketMember("ServerSideEncryptionConfiguration", "")},
	{name: "PutAccessPointPolicy", service: "s3control", doc: "Put a policy on an access point.", parameters: []field{req("AccountId", text, ""), req("Name", text, ""), req("Policy", document, "")}, apply: putAccessPointPolicy},
	{name: "DeleteAccessPointPolicy", service: "s3control", doc: "Delete an access point's policy.", parameters: []field{req("AccountId", text, ""), req("Name", text, "")}, apply: putAccessPointPolicy},

	{name: "PutRolePolicy", service: "iam", doc: "Put an inline policy on a role.", parameters: []field{req("RoleName", text, "name, or ARN"), req("PolicyName", text, ""), req("PolicyDocument", document, "")}, apply: putRolePolicy},
	{name: "DeleteRolePolicy", service: "iam", doc: "Delete an inline policy of a role.", parameters: []field{req("RoleName", text, ""), req("PolicyName", text, "")}, apply: deleteRolePolicy},
	{name: "AttachRolePolicy", service: "iam", doc: "Attach a managed policy to a role.", parameters: []field{req("RoleName", text, ""), req("PolicyArn", text, "")}, apply: attachRolePolicy},
	{name: "DetachRolePolicy", service: "iam", doc: "Detach a managed policy from a role.", parameters: []field{req("RoleName", text, ""), req("PolicyArn", text, "")}, apply: detachRolePolicy},
	{name: "PutRolePermissionsBoundary", service: "iam", doc: "Set a role's permissions boundary.", parameters: []field{req("RoleName", text, ""), req("PermissionsBoundary", text, "ARN of a managed policy")}, apply: putBoundary},
	{name: "DeleteRolePermissionsBoundary", service: "iam", doc: "Remove a role's permissions boundary.", parameters: []field{req("RoleName", text, "")}, apply: deleteBoundary},
	{name: "UpdateAssumeRolePolicy", service: "iam", doc: "Replace a role's trust policy.", parameters: []field{req("RoleName", text, ""), req("PolicyDocument", document, "")}, apply: updateTrust},
	{name: "TagRole", service: "iam", doc: "Tag a role.", parameters: []field{req("RoleName", text, ""), req("Tags", tagShape, "")}, apply: tagRole(true)},
	{name: "UntagRole", service: "iam", doc: "Remove a role's tags.", parameters: []field{req("RoleName", text, ""), req("TagKeys", texts, "")}, apply: tagRole(false)},
	{name: "CreatePolicy", service: "iam", doc: "Create a managed policy.", parameters: []field{req("PolicyName", text, ""), opt("Path", text, ""), req("PolicyDocument", document, "")}, apply: createManagedPolicy},
	{name: "CreatePolicyVersion", service: "iam", doc: "Add a version to a managed policy.", parameters: []field{req("PolicyArn", text, ""), req("PolicyDocument", document, ""), opt("SetAsDefault", boolean, "")}, apply: createPolicyVersion},
	{name: "SetDefaultPolicyVersion", service: "iam", doc: "Make a version of a managed policy the default one.", parameters: []field{req("PolicyArn", text, ""), req("VersionId", text, "")}, apply: setDefaultPolicyVersion},
	{name: "DeletePolicyVersion", service: "iam", doc: "Delete a version of a managed policy.", parameters: []field{req("PolicyArn", text, ""), req("VersionId", text, "")}, apply: deletePolicyVersion},

	{name: "AttachPolicy", service: "organizations", doc: "Attach an SCP or RCP to a root, organizational unit or account.", parameters: []field{req("PolicyId", text, ""), req("TargetId", text, "")}, apply: attachPolicy},
	{name: "DetachPolicy", service: "organizations", doc: "Detach an SCP or RCP.", parameters: []field{req("PolicyId", text, ""), req("TargetId", text, "")}, apply: detachPolicy},
	{name: "UpdatePolicy", service: "organizations", doc: "Change an SCP or RCP.", parameters: []field{req("PolicyId", text, ""), opt("Name", text, ""), opt("Content", document, ""), opt("Description", text, "")}, apply: updateOrgPolicy},
	{name: "CreatePolicy", service: "organizations", doc: "Create an SCP or RCP.", parameters: []field{req("Name", text, ""), req("Type", oneOf(typeSCP, typeRCP), ""), req("Content", document, ""), opt("Description", text, "")}, apply: createOrgPolicy},
	{name: "DeletePolicy", service: "organizations", doc: "Delete an SCP or RCP that is attached to nothing.", parameters: []field{req("PolicyId", text, "")}, apply: deleteOrgPolicy},

	{name: "PutKeyPolicy", service: "kms", doc: "Replace a key's policy.", parameters: []field{req("KeyId", text, "id or ARN"), req("Policy", document, ""), opt("PolicyName", text, "")}, apply: putKeyPolicy},
	{name: "EnableKey", service: "kms", doc: "Enable a key.", parameters: []field{req("KeyId", text, "")}, apply: setKeyState("Enabled")},
	{name: "DisableKey", service: "kms", doc: "Disable a key.", parameters: []field{req("KeyId", text, "")}, apply: setKeyState("Disabled")},
	{name: "ScheduleKeyDeletion", service: "kms", doc: "Schedule a key's deletion.", parameters: []field{req("KeyId", text, ""), opt("PendingWindowInDays", number, "")}, apply: setKeyState("PendingDeletion")},
	{name: "CancelKeyDeletion", service: "kms", doc: "Cancel a key's deletion; it is disabled then.", parameters: []field{req("KeyId", text, "")}, apply: cancelKeyDeletion},
}

// Operation names the operation that a key of a change file stands for, as
// "ec2.createRoute"; "" where there is none.
func Operation(key string) string {
	o, err := findOperation(key, located.Value{})
	if err != nil {
		return ""
	}
	return o.service + "." + o.key()
}

// findOperation finds an operation by its name in any of AWS's spellings, with
// or without the service before it: createRoute, CreateRoute, create-route,
// ec2.createRoute. Of two with one name the one that knows the parameters is meant.
func findOperation(key string, parameters located.Value) (*operation, error) {
	service, name := "", key
	if i := strings.IndexAny(key, ".:"); i >= 0 {
		service, name = strings.ToLower(key[:i]), key[i+1:]
	}
	var hits []*operation
	var names []string
	for _, o := range operations {
		names = append(names, o.key())
		if fold(o.name) == fold(name) && (service == "" || service == o.service || service == "s3" && strings.HasPrefix(o.service, "s3")) {
			hits = append(hits, o)
		}
	}
	switch len(hits) {
	case 0:
		if n := located.Nearest(name, names); n != "" {
			return nil, fmt.Errorf("%q is not an operation that can be made here; did you mean %s?", key, n)
		}
		return nil, fmt.Errorf("%q is not an operation that can be made here; what no operation covers, a JSON Patch under the key patch does", key)
	case 1:
		return hits[0], nil
	}
	best, most := hits[0], -1
	for _, o := range hits {
		n := 0
		for _, m := range parameters.Members {
			for _, f := range o.parameters {
				if fold(f.name) == fold(m.Key) {
					n++
				}
			}
		}
		if n > most {
			best, most = o, n
		}
	}
	return best, nil
}
