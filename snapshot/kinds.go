package snapshot

import (
	"slices"
	"strconv"
	"strings"
)

// A kind is one collection of the native form: how it is read, what a gap of
// it marks, and how the outputs of the AWS CLI fill it. Whoever adds a kind of
// resource adds a row here, and a type with tags that says what is read.
type kind struct {
	service, key string
	ids          []string                                      // the members that hold an item's id, the first that is there; "A+B": both
	operation    string                                        // that lists it, where the key does not say
	read         func(r *reader, v *regionReader, base string) // nil: kept for people, not used
	part         func(v *Region) part                          // what a gap or "complete" marks
}

// regionReader is a region that is being read, with the collections that
// several kinds fill together.
type regionReader struct {
	*Region
	prefixLists, managedLists, listEntries Collection[PrefixList]
	attachments, vpcAttachments            Collection[TGWAttachment]
	tables, routes                         Collection[TGWRouteTable]
	// What the routes of a table follow from.
	staticRoutes, tableAssociations, propagations Collection[TGWRouteTable]
	reservations, instances                       Collection[Instance]
	rules                                         Collection[groupRule]
}

// listed is a kind that is told apart by one member, and that no other kind
// adds to.
func listed[T any](service, key, id string, of func(v *Region) *Collection[T]) kind {
	return shaped(service, key, []string{id}, of, described[T](id))
}

// shaped is listed with a shape of its own.
func shaped[T any](service, key string, ids []string, of func(v *Region) *Collection[T], s shape[T]) kind {
	return kind{service: service, key: key, ids: ids,
		read: func(r *reader, v *regionReader, base string) { collect(r, of(v.Region), base, s) },
		part: func(v *Region) part { return of(v) }}
}

// joined is a kind that is read on its own, and then joined with others.
func joinedKind[T any](key, id string, s shape[T], of func(v *regionReader) *Collection[T], part func(v *Region) part) kind {
	return kind{service: "ec2", key: key, ids: []string{id}, part: part,
		read: func(r *reader, v *regionReader, base string) { collect(r, of(v), base, s) }}
}

// kept is a kind that the program does not use.
func kept(service, key string, ids ...string) kind { return kind{service: service, key: key, ids: ids} }

var kinds = []kind{
	listed("ec2", "Vpcs", "VpcId", func(v *Region) *Collection[VPC] { return &v.EC2.VPCs }),
	{service: "ec2", key: "VpcAttributes", ids: []string{"VpcId"}, operation: "DescribeVpcAttribute", part: func(v *Region) part { return &v.EC2.VPCAttributes },
		read: func(r *reader, v *regionReader, base string) { r.vpcAttributes(&v.EC2.VPCAttributes, base) }},
	listed("ec2", "Subnets", "SubnetId", func(v *Region) *Collection[Subnet] { return &v.EC2.Subnets }),
	listed("ec2", "RouteTables", "RouteTableId", func(v *Region) *Collection[RouteTable] { return &v.EC2.RouteTables }),
	listed("ec2", "NetworkAcls", "NetworkAclId", func(v *Region) *Collection[NetworkACL] { return &v.EC2.NetworkACLs }),
	listed("ec2", "SecurityGroups", "GroupId", func(v *Region) *Collection[SecurityGroup] { return &v.EC2.SecurityGroups }),
	joinedKind("SecurityGroupRules", "SecurityGroupRuleId", shape[groupRule]{(*reader).groupRule, func(v *groupRule) string { return v.id }, "SecurityGroupRuleId"},
		func(v *regionReader) *Collection[groupRule] { return &v.rules }, nil),
	shaped("ec2", "SecurityGroupVpcAssociations", []string{"GroupId+VpcId"}, func(v *Region) *Collection[SecurityGroupVPC] { return &v.EC2.SecurityGroupVPCs },
		shape[SecurityGroupVPC]{tagged[SecurityGroupVPC](), func(v *SecurityGroupVPC) string { return together(string(v.Group), string(v.VPC)) }, "GroupId"}),
	{service: "ec2", key: "NetworkInterfaces", ids: []string{"NetworkInterfaceId"}, part: func(v *Region) part { return &v.EC2.NetworkInterfaces },
		read: func(r *reader, v *regionReader, base string) {
			collectLong(r, &v.EC2.NetworkInterfaces, base, described[NetworkInterface]("NetworkInterfaceId"), shiftInterface)
		}},
	{service: "ec2", key: "Reservations", ids: []string{"ReservationId"}, operation: "DescribeInstances", part: func(v *Region) part { return &v.EC2.Instances },
		read: func(r *reader, v *regionReader, base string) { r.reservations(&v.reservations, base) }},
	joinedKind("Instances", "InstanceId", instanceShape, func(v *regionReader) *Collection[Instance] { return &v.instances },
		func(v *Region) part { return &v.EC2.Instances }),
	listed("ec2", "VpcEndpoints", "VpcEndpointId", func(v *Region) *Collection[VPCEndpoint] { return &v.EC2.VPCEndpoints }),
	joinedKind("PrefixLists", "PrefixListId", described[PrefixList]("PrefixListId"), func(v *regionReader) *Collection[PrefixList] { return &v.prefixLists }, prefixListsOf),
	joinedKind("ManagedPrefixLists", "PrefixListId", described[PrefixList]("PrefixListId"), func(v *regionReader) *Collection[PrefixList] { return &v.managedLists }, prefixListsOf),
	joinedKind("ManagedPrefixListEntries", "PrefixListId", described[PrefixList]("PrefixListId"), func(v *regionReader) *Collection[PrefixList] { return &v.listEntries }, nil),
	listed("ec2", "DhcpOptions", "DhcpOptionsId", func(v *Region) *Collection[DHCPOptions] { return &v.EC2.DHCPOptions }),
	listed("ec2", "InternetGateways", "InternetGatewayId", func(v *Region) *Collection[InternetGateway] { return &v.EC2.InternetGateways }),
	listed("ec2", "EgressOnlyInternetGateways", "EgressOnlyInternetGatewayId", func(v *Region) *Collection[InternetGateway] { return &v.EC2.EgressOnlyGateways }),
	listed("ec2", "NatGateways", "NatGatewayId", func(v *Region) *Collection[NATGateway] { return &v.EC2.NATGateways }),
	listed("ec2", "VpcPeeringConnections", "VpcPeeringConnectionId", func(v *Region) *Collection[Peering] { return &v.EC2.Peerings }),
	listed("ec2", "TransitGateways", "TransitGatewayId", func(v *Region) *Collection[TransitGateway] { return &v.EC2.TransitGateways }),
	joinedKind("TransitGatewayAttachments", "TransitGatewayAttachmentId", described[TGWAttachment]("TransitGatewayAttachmentId"),
		func(v *regionReader) *Collection[TGWAttachment] { return &v.attachments }, attachmentsOf),
	joinedKind("TransitGatewayVpcAttachments", "TransitGatewayAttachmentId",
		shape[TGWAttachment]{readTGWVPCAttachment, func(v *TGWAttachment) string { return string(v.ID) }, "TransitGatewayAttachmentId"},
		func(v *regionReader) *Collection[TGWAttachment] { return &v.vpcAttachments }, attachmentsOf),
	joinedKind("TransitGatewayRouteTables", "TransitGatewayRouteTableId", described[TGWRouteTable]("TransitGatewayRouteTableId"),
		func(v *regionReader) *Collection[TGWRouteTable] { return &v.tables }, func(v *Region) part { return &v.EC2.TGWRouteTables }),
	joinedKind("TransitGatewayRoutes", "TransitGatewayRouteTableId", described[TGWRouteTable]("TransitGatewayRouteTableId"),
		func(v *regionReader) *Collection[TGWRouteTable] { return &v.routes }, nil),
	joinedKind("TransitGatewayStaticRoutes", "TransitGatewayRouteTableId", described[TGWRouteTable]("TransitGatewayRouteTableId"),
		func(v *regionReader) *Collection[TGWRouteTable] { return &v.staticRoutes }, nil),
	joinedKind("TransitGatewayRouteTableAssociations", "TransitGatewayRouteTableId", described[TGWRouteTable]("TransitGatewayRouteTableId"),
		func(v *regionReader) *Collection[TGWRouteTable] { return &v.tableAssociations }, nil),
	joinedKind("TransitGatewayPropagations", "TransitGatewayRouteTableId", described[TGWRouteTable]("TransitGatewayRouteTableId"),
		func(v *regionReader) *Collection[TGWRouteTable] { return &v.propagations }, nil),
	listed("ec2", "VpnGateways", "VpnGatewayId", func(v *Region) *Collection[VPNGateway] { return &v.EC2.VPNGateways }),
	{service: "ec2", key: "VpcBlockPublicAccessOptions", part: func(v *Region) part { return &v.EC2.BlockPublicAccess },
		read: func(r *reader, v *regionReader, base string) { r.blockPublicAccess(&v.EC2.BlockPublicAccess, base) }},
	listed("ec2", "VpcBlockPublicAccessExclusions", "ExclusionId", func(v *Region) *Collection[BPAExclusion] { return &v.EC2.BPAExclusions }),
	listed("ec2", "VpcEncryptionControls", "VpcEncryptionControlId", func(v *Region) *Collection[VPCEncryptionControl] { return &v.EC2.EncryptionControls }),
	shaped("ec2", "Addresses", []string{"AllocationId", "PublicIp"}, func(v *Region) *Collection[ElasticIP] { return &v.EC2.Addresses }, addressShape),
	listed("resources", "ResourcePolicies", "ResourceArn", func(v *Region) *Collection[ResourcePolicy] { return &v.ResourcePolicies }),
	listed("lambda", "Functions", "FunctionArn", func(v *Region) *Collection[Function] { return &v.Functions }),
	listed("route53resolver", "ResolverRules", "Id", func(v *Region) *Collection[ResolverRule] { return &v.Resolver.Rules }),
	shaped("route53resolver", "ResolverRuleAssociations", []string{"Id"}, func(v *Region) *Collection[ResolverRuleAssociation] { return &v.Resolver.RuleAssociations },
		shape[ResolverRuleAssociation]{tagged[ResolverRuleAssociation](), func(v *ResolverRuleAssociation) string { return together(v.Rule, string(v.VPC)) }, "ResolverRuleId"}),
	shaped("route53resolver", "FirewallRuleGroupAssociations", []string{"Id"}, func(v *Region) *Collection[FirewallRuleGroupAssociation] { return &v.Resolver.FirewallGroups },
		shape[FirewallRuleGroupAssociation]{tagged[FirewallRuleGroupAssociation](),
			func(v *FirewallRuleGroupAssociation) string { return together(v.ID, v.Group, string(v.VPC)) }, "FirewallRuleGroupId"}),
	shaped("route53resolver", "FirewallRules", []string{"FirewallRuleGroupId+FirewallDomainListId+Name"}, func(v *Region) *Collection[FirewallRule] { return &v.Resolver.FirewallRules },
		shape[FirewallRule]{tagged[FirewallRule](), func(v *FirewallRule) string {
			return together(v.Group, v.DomainList, v.Name, strconv.Itoa(v.Priority), v.QueryType)
		}, "FirewallRuleGroupId"}),
	listed("route53resolver", "FirewallDomainLists", "Id", func(v *Region) *Collection[FirewallDomainList] { return &v.Resolver.FirewallDomains }),
	listed("route53resolver", "FirewallConfigs", "ResourceId", func(v *Region) *Collection[FirewallConfig] { return &v.Resolver.FirewallConfigs }),
	listed("route53resolver", "ResolverEndpoints", "Id", func(v *Region) *Collection[ResolverEndpoint] { return &v.Resolver.Endpoints }),
	listed("route53profiles", "ProfileAssociations", "Id", func(v *Region) *Collection[ProfileAssociation] { return &v.Resolver.Profiles }),
	listed("route53profiles", "ProfileResourceAssociations", "Id", func(v *Region) *Collection[ProfileResource] { return &v.Resolver.ProfileResources }),
	kept("route53resolver", "FirewallRuleGroups", "Id"),
	kept("ec2", "CustomerGateways", "CustomerGatewayId"),
	listed("ec2", "VpnConnections", "VpnConnectionId", func(v *Region) *Collection[VPNConnection] { return &v.EC2.VPNConnections }),
	kept("ec2", "CarrierGateways", "CarrierGatewayId"),
	kept("ec2", "LocalGateways", "LocalGatewayId"),
	kept("ec2", "FlowLogs", "FlowLogId"),
	kept("ec2", "TransitGatewayPeeringAttachments", "TransitGatewayAttachmentId"),
	kept("ec2", "TransitGatewayConnects", "TransitGatewayAttachmentId"),
	kept("ec2", "TransitGatewayPolicyTables", "TransitGatewayPolicyTableId"),
	kept("ec2", "VpcEndpointConnections", "VpcEndpointConnectionId", "VpcEndpointId"),
	kept("ec2", "VpcEndpointServiceConfigurations", "ServiceId"),
	kept("ec2", "ServiceDetails", "ServiceId", "ServiceName"),
	kept("ec2", "ServiceConfigurations", "ServiceId"),
	kept("ec2", "AvailabilityZones", "ZoneId", "ZoneName"),
	kept("ec2", "IamInstanceProfileAssociations", "AssociationId"),
	kept("ec2", "RouteServers", "RouteServerId"),
	kept("ec2", "NetworkInsightsPaths", "NetworkInsightsPathId"),
	kept("ec2", "InstanceConnectEndpoints", "InstanceConnectEndpointId"),
}

func prefixListsOf(v *Region) part { return &v.EC2.PrefixLists }
func attachmentsOf(v *Region) part { return &v.EC2.TGWAttachments }

// kindsByKey finds a kind by its key, which no two have in common.
var kindsByKey = func() map[string]*kind {
	m := make(map[string]*kind, len(kinds))
	for i := range kinds {
		m[kinds[i].key] = &kinds[i]
	}
	return m
}()

// service reads one service's collections of a region.
func (r *reader) service(v *regionReader, service, base string) {
	for ok := r.object(); ok && r.NextKey(); {
		if k := kindsByKey[r.Key()]; k != nil && k.service == service && k.read != nil {
			k.read(r, v, base+"/"+k.key)
			continue
		}
		r.Skip()
	}
}

// join settles what several of EC2's kinds fill together.
func (r *reader) join(v *regionReader) {
	e := &v.EC2
	if len(r.inlineAttributes) > 0 {
		if e.VPCAttributes.Presence == NotCollected {
			e.VPCAttributes.Presence, e.VPCAttributes.At = Collected, e.VPCs.At
		}
		e.VPCAttributes.Items = r.mergeAttributes(e.VPCAttributes.Items, r.inlineAttributes)
	}
	e.PrefixLists = r.mergePrefixLists(v.prefixLists, v.managedLists, v.listEntries)
	e.TGWAttachments = r.mergeAttachments(v.attachments, v.vpcAttachments)
	e.TGWRouteTables = r.mergeTGWRoutes(v.tables, v.routes)
	r.linkTables(v)
	e.Instances = v.reservations
	if v.instances.Presence == Collected {
		appendTo(&e.Instances, v.instances)
	}
	if e.NetworkInterfaces.Presence == NotCollected && len(r.ofInstances) > 0 {
		// Those of instances alone: the collection stays not collected.
		e.NetworkInterfaces.Items, e.NetworkInterfaces.At = firstOfEach(r.ofInstances), e.Instances.At
	}
	e.fillInterfaceVPCs()
	if v.rules.Presence == Collected {
		e.ruledGroups = addRules(e.SecurityGroups.Items, v.rules.Items)
		if e.SecurityGroups.Presence == NotCollected && len(v.rules.Items) > 0 {
			r.warnings = append(r.warnings, Warning{At: v.rules.At,
				Message: "rules of security groups that are not here (SecurityGroups was not collected): not read, as nothing tells the groups' VPCs"})
		}
	}
	r.inlineAttributes, r.ofInstances = nil, nil
}

// fillInterfaceVPCs tells the VPC of an interface that lacks it by its subnet's.
func (e *EC2) fillInterfaceVPCs() {
	var of map[SubnetID]VPCID
	for i := range e.NetworkInterfaces.Items {
		n := &e.NetworkInterfaces.Items[i]
		if n.VPC != "" {
			continue
		}
		if of == nil {
			of = make(map[SubnetID]VPCID, len(e.Subnets.Items))
			for k := range e.Subnets.Items {
				of[e.Subnets.Items[k].ID] = e.Subnets.Items[k].VPC
			}
		}
		n.VPC = of[n.Subnet]
	}
}

// operationOf returns the operation that prints a collection.
func operationOf(service, key string) string {
	if k := kindsByKey[key]; k != nil && k.operation != "" {
		return k.operation
	}
	if operation, ok := otherOperations[key]; ok {
		return operation
	}
	if service == "ec2" {
		return "Describe" + key
	}
	return "List" + strings.ToUpper(key[:1]) + key[1:]
}

// otherOperations are those that the key does not tell, of kinds without a field for it.
var otherOperations = map[string]string{"RoleDetailList": "GetAccountAuthorizationDetails",
	"TransitGatewayRouteTableAssociations": "GetTransitGatewayRouteTableAssociations", "TransitGatewayPropagations": "GetTransitGatewayRouteTablePropagations",
	"TransitGatewayStaticRoutes": "SearchTransitGatewayRoutes", "ManagedPrefixListEntries": "GetManagedPrefixListEntries", "TransitGatewayRoutes": "SearchTransitGatewayRoutes"}

// firstOfEach drops interfaces that were listed before: one that two instances
// claim stays with the first.
func firstOfEach(items []NetworkInterface) []NetworkInterface {
	seen := make(map[NetworkInterfaceID]bool, len(items))
	return slices.DeleteFunc(items, func(e NetworkInterface) bool {
		dup := seen[e.ID]
		seen[e.ID] = true
		return dup
	})
}
