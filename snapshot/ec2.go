package snapshot

import "slices"

// ec2Parts are collections that several keys of "ec2" fill together.
type ec2Parts struct {
	prefixLists, managedLists, listEntries Collection[PrefixList]
	attachments, vpcAttachments            Collection[TGWAttachment]
	tables, routes                         Collection[TGWRouteTable]
	reservations, instances                Collection[Instance]
	rules                                  Collection[groupRule]
}

// ec2 reads "ec2" of a region. Whoever adds a collection adds a case here, a
// row to ec2Collections, and a file that reads one item.
func (r *reader) ec2(v *EC2, base string) {
	var p ec2Parts
	outer := r.inlineAttributes
	r.inlineAttributes, r.ofInstances = nil, nil
	for ok := r.object(); ok && r.NextKey(); {
		key := r.Key()
		if !r.ec2Network(v, key, base+"/"+key) && !r.ec2Gateways(v, &p, key, base+"/"+key) {
			r.Skip()
		}
	}
	if len(r.inlineAttributes) > 0 {
		if v.VPCAttributes.Presence == NotCollected {
			v.VPCAttributes.Presence, v.VPCAttributes.At = Collected, v.VPCs.At
		}
		v.VPCAttributes.Items = r.mergeAttributes(v.VPCAttributes.Items, r.inlineAttributes)
	}
	r.inlineAttributes = outer
	v.PrefixLists = r.mergePrefixLists(p.prefixLists, p.managedLists, p.listEntries)
	v.TGWAttachments = r.mergeAttachments(p.attachments, p.vpcAttachments)
	v.TGWRouteTables = r.mergeTGWRoutes(p.tables, p.routes)
	v.Instances = p.reservations
	if p.instances.Presence == Collected {
		appendTo(&v.Instances, p.instances)
	}
	if v.NetworkInterfaces.Presence == NotCollected && len(r.ofInstances) > 0 {
		// Those of instances alone: the collection stays not collected.
		v.NetworkInterfaces.Items, v.NetworkInterfaces.At = firstOfEach(r.ofInstances), v.Instances.At
	}
	if p.rules.Presence == Collected {
		v.ruledGroups = addRules(v.SecurityGroups.Items, p.rules.Items)
		if v.SecurityGroups.Presence == NotCollected && len(p.rules.Items) > 0 {
			r.warnings = append(r.warnings, Warning{At: p.rules.At,
				Message: "rules of security groups that are not here (SecurityGroups was not collected): not read, as nothing tells the groups' VPCs"})
		}
	}
}

// ec2Network reads the collections inside a VPC; false: key is none of them.
func (r *reader) ec2Network(v *EC2, key, base string) bool {
	switch key {
	case "Vpcs":
		collect(r, &v.VPCs, base, vpcShape)
	case "VpcAttributes":
		r.vpcAttributes(&v.VPCAttributes, base)
	case "Subnets":
		collect(r, &v.Subnets, base, subnetShape)
	case "RouteTables":
		collect(r, &v.RouteTables, base, routeTableShape)
	case "NetworkAcls":
		collect(r, &v.NetworkACLs, base, networkACLShape)
	case "SecurityGroups":
		collect(r, &v.SecurityGroups, base, securityGroupShape)
	case "SecurityGroupVpcAssociations":
		collect(r, &v.SecurityGroupVPCs, base, securityGroupVPCShape)
	case "NetworkInterfaces":
		collectLong(r, &v.NetworkInterfaces, base, networkInterfaceShape, shiftInterface)
	case "VpcEndpoints":
		collect(r, &v.VPCEndpoints, base, vpcEndpointShape)
	case "DhcpOptions":
		collect(r, &v.DHCPOptions, base, dhcpOptionsShape)
	case "VpcBlockPublicAccessOptions":
		r.blockPublicAccess(&v.BlockPublicAccess, base)
	case "VpcBlockPublicAccessExclusions":
		collect(r, &v.BPAExclusions, base, bpaExclusionShape)
	case "VpcEncryptionControls":
		collect(r, &v.EncryptionControls, base, encryptionControlShape)
	default:
		return false
	}
	return true
}

// ec2Gateways reads the collections at a VPC's edge, and those that several
// calls fill together; false: key is none of them.
func (r *reader) ec2Gateways(v *EC2, p *ec2Parts, key, base string) bool {
	switch key {
	case "PrefixLists":
		collect(r, &p.prefixLists, base, prefixListShape)
	case "ManagedPrefixLists":
		collect(r, &p.managedLists, base, prefixListShape)
	case "ManagedPrefixListEntries":
		collect(r, &p.listEntries, base, prefixListShape)
	case "InternetGateways":
		collect(r, &v.InternetGateways, base, internetGatewayShape)
	case "EgressOnlyInternetGateways":
		collect(r, &v.EgressOnlyGateways, base, egressOnlyShape)
	case "NatGateways":
		collect(r, &v.NATGateways, base, natGatewayShape)
	case "VpcPeeringConnections":
		collect(r, &v.Peerings, base, peeringShape)
	case "TransitGateways":
		collect(r, &v.TransitGateways, base, transitGatewayShape)
	case "TransitGatewayAttachments":
		collect(r, &p.attachments, base, tgwAttachmentShape)
	case "TransitGatewayVpcAttachments":
		collect(r, &p.vpcAttachments, base, tgwVPCAttachmentShape)
	case "TransitGatewayRouteTables":
		collect(r, &p.tables, base, tgwRouteTableShape)
	case "TransitGatewayRoutes":
		collect(r, &p.routes, base, tgwRouteTableShape)
	case "VpnGateways":
		collect(r, &v.VPNGateways, base, vpnGatewayShape)
	case "Addresses":
		collect(r, &v.Addresses, base, addressShape)
	case "Reservations":
		r.reservations(&p.reservations, base)
	case "Instances":
		collect(r, &p.instances, base, instanceShape)
	case "SecurityGroupRules":
		collect(r, &p.rules, base, groupRuleShape)
	default:
		return false
	}
	return true
}

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
