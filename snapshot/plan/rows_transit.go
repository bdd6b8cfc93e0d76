package plan

import "github.com/canreach/canreach/internal/jsontree"

var transitRows = []row{
	ec2("aws_ec2_transit_gateway", "TransitGateways", "TransitGatewayId", "", func(_ *overlay, r *resource, o object) {
		o["State"] = "available"
		options := object{}
		for key, attr := range map[string]string{"SecurityGroupReferencingSupport": "security_group_referencing_support",
			"DefaultRouteTableAssociation": "default_route_table_association", "DefaultRouteTablePropagation": "default_route_table_propagation"} {
			if s := r.text(attr); s != "" {
				options[key] = s
			}
		}
		o["Options"] = options
	}),
	ec2("aws_ec2_transit_gateway_route_table", "TransitGatewayRouteTables", "TransitGatewayRouteTableId", "TransitGatewayId=transit_gateway_id!", func(_ *overlay, r *resource, o object) {
		o["State"] = "available"
		if r.created() {
			o["Routes"] = []object{}
		}
	}),
	ec2("aws_ec2_transit_gateway_vpc_attachment", "TransitGatewayVpcAttachments", "TransitGatewayAttachmentId",
		"TransitGatewayId=transit_gateway_id! VpcId=vpc_id! SubnetIds=subnet_ids*", tgwAttachment),
	part("aws_ec2_transit_gateway_vpc_attachment_accepter", func(v *overlay, r *resource) {
		if n := v.networkParts().attachment(v.id(r, "transit_gateway_attachment_id")); n != nil {
			n.Set("State", jsontree.NewString("available"))
		}
	}, nil),
	ec2("aws_ec2_transit_gateway_peering_attachment", "TransitGatewayAttachments", "TransitGatewayAttachmentId",
		"TransitGatewayId=transit_gateway_id! ResourceId=peer_transit_gateway_id!", func(_ *overlay, r *resource, o object) {
			o["ResourceType"], o["State"] = "peering", "pendingAcceptance"
			if s := r.text("state"); s != "" {
				o["State"] = s
			}
		}),
	part("aws_ec2_transit_gateway_peering_attachment_accepter", func(v *overlay, r *resource) {
		if n := v.networkParts().attachment(v.id(r, "transit_gateway_attachment_id")); n != nil {
			n.Set("State", jsontree.NewString("available"))
		}
	}, nil),
	part("aws_ec2_transit_gateway_route_table_association", func(v *overlay, r *resource) {
		if n := v.networkParts().attachment(v.id(r, "transit_gateway_attachment_id")); n != nil {
			n.Set("Association", node(object{"TransitGatewayRouteTableId": v.id(r, "transit_gateway_route_table_id"), "State": "associated"}))
		}
	}, func(v *overlay, r *resource) {
		if n := v.networkParts().attachment(v.id(r, "transit_gateway_attachment_id")); n != nil {
			n.Set("Association", jsontree.NewObject())
		}
	}),
	part("aws_ec2_transit_gateway_route_table_propagation", propagateTGW, removePropagation),
	part("aws_ec2_transit_gateway_route", tgwRoute, removeTGWRoute),
	part("aws_ec2_transit_gateway_prefix_list_reference", func(v *overlay, r *resource) {
		v.networkParts().tgwPut(r, object{"PrefixListId": v.id(r, "prefix_list_id")})
	}, without(owner("ec2", "TransitGatewayRouteTables", "TransitGatewayRouteTableId", "transit_gateway_route_table_id"), "Routes", "PrefixListId", "prefix_list_id")),
}

func (v networkParts) attachment(id string) *jsontree.Node {
	if n := v.within("ec2", "TransitGatewayVpcAttachments", "TransitGatewayAttachmentId", id); n != nil {
		return n
	}
	return v.within("ec2", "TransitGatewayAttachments", "TransitGatewayAttachmentId", id)
}

func (v networkParts) tgwTable(id string) *jsontree.Node {
	return v.within("ec2", "TransitGatewayRouteTables", "TransitGatewayRouteTableId", id)
}

func tgwAttachment(v *overlay, r *resource, o object) {
	o["State"] = "available"
	o["Options"] = object{"ApplianceModeSupport": orText(r.text("appliance_mode_support"), "disable")}
	if on, known := r.get("transit_gateway_default_route_table_association"); !known || on != true {
		return
	}
	gateway := v.within("ec2", "TransitGateways", "TransitGatewayId", v.id(r, "transit_gateway_id"))
	if table := gateway.Get("Options").Get("AssociationDefaultRouteTableId").Text(); gateway != nil && table != "" {
		o["Association"] = object{"TransitGatewayRouteTableId": table, "State": "associated"}
	}
}

func orText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// propagateTGW adds the routes that an attachment's VPC brings to a table.
func propagateTGW(v *overlay, r *resource) {
	id := v.id(r, "transit_gateway_attachment_id")
	n := v.networkParts().attachment(id)
	if n == nil {
		v.note("%s: its attachment is not in the snapshot", r.address)
		return
	}
	vpc := v.within("ec2", "Vpcs", "VpcId", n.Get("VpcId").Text())
	for _, b := range vpc.Get("CidrBlockAssociationSet").Elements() {
		o := object{"DestinationCidrBlock": b.Get("CidrBlock").Text(), "Type": "propagated", "State": "active"}
		v.networkParts().tgwAppend(v.id(r, "transit_gateway_route_table_id"), o, id, "vpc", n.Get("VpcId").Text())
	}
}

func removePropagation(v *overlay, r *resource) {
	if t := v.networkParts().tgwTable(v.id(r, "transit_gateway_route_table_id")); t != nil {
		id := v.id(r, "transit_gateway_attachment_id")
		removeWhere(t.Get("Routes"), func(x *jsontree.Node) bool {
			return x.Get("Type").Text() == "propagated" && x.Get("TransitGatewayAttachments").Len() > 0 && x.Get("TransitGatewayAttachments").At(0).Get("TransitGatewayAttachmentId").Text() == id
		})
	}
}

func (v networkParts) tgwAppend(table string, o object, attachment, kind, resource string) {
	t := v.tgwTable(table)
	if t == nil {
		return
	}
	o["TransitGatewayAttachments"] = []object{{"TransitGatewayAttachmentId": attachment, "ResourceType": kind, "ResourceId": resource}}
	putUnique(list(t, "Routes"), o, "DestinationCidrBlock", "PrefixListId", "Type")
}

func tgwRoute(v *overlay, r *resource) {
	o := object{}
	v.networkParts().rule(r, o, "DestinationCidrBlock", plain, "destination_cidr_block")
	v.networkParts().tgwPut(r, o)
}

// tgwPut adds a static route or prefix-list reference.
func (v networkParts) tgwPut(r *resource, o object) {
	table := v.id(r, "transit_gateway_route_table_id")
	o["Type"], o["State"] = "static", "active"
	if on, _ := r.get("blackhole"); on == true {
		o["State"] = "blackhole"
		if t := v.tgwTable(table); t != nil {
			putUnique(list(t, "Routes"), o, "DestinationCidrBlock", "PrefixListId", "Type")
		}
		return
	}
	id := v.id(r, "transit_gateway_attachment_id")
	kind, resource := "vpc", ""
	if n := v.attachment(id); n != nil {
		kind, resource = orText(n.Get("ResourceType").Text(), "vpc"), orText(n.Get("VpcId").Text(), n.Get("ResourceId").Text())
	}
	v.tgwAppend(table, o, id, kind, resource)
}

func removeTGWRoute(v *overlay, r *resource) {
	t := v.networkParts().tgwTable(r.text("transit_gateway_route_table_id"))
	if t == nil {
		return
	}
	block := r.text("destination_cidr_block")
	removeWhere(t.Get("Routes"), func(x *jsontree.Node) bool {
		return x.Get("DestinationCidrBlock").Text() == block && x.Get("Type").Text() == "static"
	})
}
