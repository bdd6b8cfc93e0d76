package plan

import "github.com/canreach/canreach/internal/jsontree"

var gatewayRows = []row{
	ec2("aws_eip", "Addresses", "AllocationId", "PublicIp=public_ip PrivateIpAddress=private_ip NetworkInterfaceId=network_interface! InstanceId=instance!", nil),
	ec2("aws_internet_gateway", "InternetGateways", "InternetGatewayId", "", func(v *overlay, r *resource, o object) {
		if vpc := v.id(r, "vpc_id"); vpc != "" {
			o["Attachments"] = []object{{"VpcId": vpc, "State": "available"}}
		} else if r.created() && !r.configured("vpc_id") {
			o["Attachments"] = []object{}
		}
	}),
	part("aws_internet_gateway_attachment", func(v *overlay, r *resource) {
		if n := v.within("ec2", "InternetGateways", "InternetGatewayId", v.id(r, "internet_gateway_id")); n != nil {
			putUnique(list(n, "Attachments"), object{"VpcId": v.id(r, "vpc_id"), "State": "available"}, "VpcId")
		}
	}, without(owner("ec2", "InternetGateways", "InternetGatewayId", "internet_gateway_id"), "Attachments", "VpcId", "vpc_id")),
	ec2("aws_egress_only_internet_gateway", "EgressOnlyInternetGateways", "EgressOnlyInternetGatewayId", "", func(v *overlay, r *resource, o object) {
		o["Attachments"] = []object{{"VpcId": v.id(r, "vpc_id"), "State": "attached"}}
	}),
	ec2("aws_nat_gateway", "NatGateways", "NatGatewayId", "SubnetId=subnet_id! ConnectivityType=connectivity_type", natGateway),
	ec2("aws_vpn_gateway", "VpnGateways", "VpnGatewayId", "", func(v *overlay, r *resource, o object) {
		o["State"], o["Type"] = "available", "ipsec.1"
		o["VpcAttachments"] = []object{}
		if vpc := v.id(r, "vpc_id"); vpc != "" {
			o["VpcAttachments"] = []object{{"VpcId": vpc, "State": "attached"}}
		}
	}),
	part("aws_vpn_gateway_attachment", func(v *overlay, r *resource) {
		if n := v.within("ec2", "VpnGateways", "VpnGatewayId", v.id(r, "vpn_gateway_id")); n != nil {
			putUnique(list(n, "VpcAttachments"), object{"VpcId": v.id(r, "vpc_id"), "State": "attached"}, "VpcId")
		}
	}, without(owner("ec2", "VpnGateways", "VpnGatewayId", "vpn_gateway_id"), "VpcAttachments", "VpcId", "vpc_id")),
	ec2("aws_vpn_connection", "VpnConnections", "VpnConnectionId", "VpnGatewayId=vpn_gateway_id! TransitGatewayId=transit_gateway_id! CustomerGatewayId=customer_gateway_id!", state("available")),
	ec2("aws_vpc_peering_connection", "VpcPeeringConnections", "VpcPeeringConnectionId", "", peering),
	part("aws_vpc_peering_connection_accepter", func(v *overlay, r *resource) {
		if n := v.within("ec2", "VpcPeeringConnections", "VpcPeeringConnectionId", v.id(r, "vpc_peering_connection_id")); n != nil && r.text("auto_accept") == "true" {
			n.Set("Status", node(object{"Code": "active"}))
		}
	}, nil),
	part("aws_vpc_peering_connection_options", nothing, nil),
	ec2("aws_network_interface", "NetworkInterfaces", "NetworkInterfaceId", "SubnetId=subnet_id! PrivateIpAddress=private_ip InterfaceType=interface_type Description=description", networkInterface),
	part("aws_network_interface_sg_attachment", func(v *overlay, r *resource) {
		n, group := v.eni(r), v.id(r, "security_group_id")
		if n == nil || group == "" {
			v.note("%s: its interface or its group is not known", r.address)
			return
		}
		putUnique(list(n, "Groups"), object{"GroupId": group}, "GroupId")
	}, without((*overlay).eni, "Groups", "GroupId", "security_group_id")),
	part("aws_network_interface_attachment", func(v *overlay, r *resource) {
		if n := v.eni(r); n != nil {
			n.Set("Status", jsontree.NewString("in-use"))
			n.Set("Attachment", node(object{"InstanceId": v.id(r, "instance_id"), "Status": "attached"}))
		}
	}, func(v *overlay, r *resource) {
		if n := v.eni(r); n != nil {
			n.Set("Status", jsontree.NewString("available"))
			n.Delete("Attachment")
		}
	}),
	part("aws_eip_association", associateAddress, func(v *overlay, r *resource) {
		address := v.within("ec2", "Addresses", "AllocationId", v.id(r, "allocation_id"))
		for _, key := range []string{"NetworkInterfaceId", "InstanceId", "PrivateIpAddress"} {
			if address != nil {
				address.Delete(key)
			}
		}
		if n := v.eni(r); n != nil {
			setAssociation(n, nil)
		}
	}),
	ec2("aws_instance", "Instances", "InstanceId", "SubnetId=subnet_id! PrivateIpAddress=private_ip PublicIpAddress=public_ip", instance),
}

func natGateway(v *overlay, r *resource, o object) {
	o["State"] = "available"
	if subnet := v.within("ec2", "Subnets", "SubnetId", v.id(r, "subnet_id")); subnet != nil {
		o["VpcId"] = subnet.Get("VpcId").Text()
	}
	if o["ConnectivityType"] == nil {
		o["ConnectivityType"] = "public"
	}
	a := object{"Status": "succeeded", "IsPrimary": true}
	for key, attr := range map[string]string{"PublicIp": "public_ip", "PrivateIp": "private_ip", "AllocationId": "allocation_id", "NetworkInterfaceId": "network_interface_id"} {
		if s := r.text(attr); s != "" {
			a[key] = s
		}
	}
	if id := v.id(r, "allocation_id"); id != "" {
		a["AllocationId"] = id
	}
	o["NatGatewayAddresses"] = []object{a}
}

func peering(v *overlay, r *resource, o object) {
	status := r.text("accept_status")
	if status == "" {
		status = "pending-acceptance"
		if r.text("auto_accept") == "true" {
			status = "active"
		}
	}
	o["Status"] = object{"Code": status}
	for key, attr := range map[string]string{"RequesterVpcInfo": "vpc_id", "AccepterVpcInfo": "peer_vpc_id"} {
		info := object{"VpcId": v.id(r, attr), "Region": v.regionName(r), "OwnerId": v.accountOf(r).Get("accountId").Text()}
		if key == "AccepterVpcInfo" {
			if s := r.text("peer_region"); s != "" {
				info["Region"] = s
			}
			if s := r.text("peer_owner_id"); s != "" {
				info["OwnerId"] = s
			}
		}
		if n := v.within("ec2", "Vpcs", "VpcId", info["VpcId"].(string)); n != nil {
			info["CidrBlock"] = n.Get("CidrBlock").Text()
			blocks := []object{}
			for _, b := range n.Get("CidrBlockAssociationSet").Elements() {
				blocks = append(blocks, object{"CidrBlock": b.Get("CidrBlock").Text()})
			}
			info["CidrBlockSet"] = blocks
		}
		o[key] = info
	}
}

// vpcOf is the VPC of a subnet; "" where the snapshot lacks the subnet.
func (v *overlay) vpcOf(subnet string) string {
	if n := v.within("ec2", "Subnets", "SubnetId", subnet); n != nil {
		return n.Get("VpcId").Text()
	}
	return ""
}

func networkInterface(v *overlay, r *resource, o object) {
	o["Status"] = "available"
	if o["InterfaceType"] == nil {
		o["InterfaceType"] = "interface"
	}
	o["VpcId"] = v.vpcOf(v.id(r, "subnet_id"))
	groups, _ := v.ids(r, "security_groups")
	o["Groups"] = idObjects("GroupId", groups)
	if check, known := r.get("source_dest_check"); known && check != nil {
		o["SourceDestCheck"] = check
	}
	addresses := []object{}
	ips, _ := r.texts("private_ips")
	for i, ip := range ips {
		addresses = append(addresses, object{"PrivateIpAddress": ip, "Primary": i == 0})
	}
	if len(addresses) > 0 {
		o["PrivateIpAddresses"] = addresses
	}
}

// eni is the interface that a part names, or the primary one of its instance.
func (v *overlay) eni(r *resource) *jsontree.Node {
	if n := v.within("ec2", "NetworkInterfaces", "NetworkInterfaceId", v.id(r, "network_interface_id")); n != nil {
		return n
	}
	links, whole := v.graph.links(r, "network_interface_id")
	instance := v.id(r, "instance_id")
	if whole && len(links) == 1 && links[0].attr == "primary_network_interface_id" {
		instance = v.idOf(links[0].to)
	}
	var found *jsontree.Node
	v.networkParts().each("NetworkInterfaces", func(n *jsontree.Node) {
		at := n.Get("Attachment")
		if instance != "" && at.Get("InstanceId").Text() == instance && (at.Get("DeviceIndex") == nil || string(at.Get("DeviceIndex").Raw()) == "0") {
			found = n
		}
	})
	return found
}

// associateAddress gives an interface a public address. Where that is not known
// yet, the interface's addresses are not.
func associateAddress(v *overlay, r *resource) {
	n := v.eni(r)
	address := v.within("ec2", "Addresses", "AllocationId", v.id(r, "allocation_id"))
	if n == nil {
		v.note("%s: its interface is not in the snapshot", r.address)
		return
	}
	public := r.text("public_ip")
	if address != nil {
		address.Set("NetworkInterfaceId", jsontree.NewString(n.Get("NetworkInterfaceId").Text()))
		public = orText(public, address.Get("PublicIp").Text())
	}
	if public != "" {
		setAssociation(n, object{"PublicIp": public})
		return
	}
	v.note("%s: the public address is known after apply only", r.address)
	for _, key := range []string{"PrivateIpAddress", "PrivateIpAddresses", "Association"} {
		n.Delete(key)
	}
}

// setAssociation sets or removes the public address of an interface's primary one.
func setAssociation(n *jsontree.Node, association object) {
	at := append([]*jsontree.Node{n}, n.Get("PrivateIpAddresses").Elements()[:min(1, n.Get("PrivateIpAddresses").Len())]...)
	for _, x := range at {
		if association == nil {
			x.Delete("Association")
		} else {
			x.Set("Association", node(association))
		}
	}
}

func idObjects(key string, ids []string) []object {
	out := []object{}
	for _, id := range ids {
		out = append(out, object{key: id})
	}
	return out
}

// instance adds the instance and its primary interface.
func instance(v *overlay, r *resource, o object) {
	o["State"] = object{"Name": "running"}
	if s := r.text("instance_state"); s != "" && !r.created() {
		o["State"] = object{"Name": s}
	}
	vpc := v.vpcOf(v.id(r, "subnet_id"))
	o["VpcId"] = vpc
	if profile := v.id(r, "iam_instance_profile"); profile != "" {
		o["IamInstanceProfile"] = object{"Arn": "arn:aws:iam::" + v.account + ":instance-profile/" + profile}
	}
	eni := r.text("primary_network_interface_id")
	if eni == "" {
		eni = v.idOf(r) + ".primary_network_interface_id"
	}
	groups, _ := v.ids(r, "vpc_security_group_ids")
	l := list(v.regionOf(r), "ec2", "NetworkInterfaces")
	if v.find(l, "NetworkInterfaceId", eni) != nil {
		return
	}
	e := object{"SubnetId": o["SubnetId"], "VpcId": vpc, "Groups": idObjects("GroupId", groups), "Status": "in-use", "InterfaceType": "interface",
		"SourceDestCheck": r.text("source_dest_check") != "false", "OwnerId": v.account,
		"Attachment": object{"InstanceId": v.idOf(r), "DeviceIndex": 0, "Status": "attached"}}
	if ip := r.text("private_ip"); ip != "" {
		e["PrivateIpAddress"] = ip
		e["PrivateIpAddresses"] = []object{{"PrivateIpAddress": ip, "Primary": true}}
	}
	if ip := r.text("public_ip"); ip != "" {
		e["Association"] = object{"PublicIp": ip}
	}
	v.upsert(l, "NetworkInterfaceId", eni, e)
}
