package plan

import (
	"github.com/canreach/canreach/internal/jsontree"
)

var endpointRows = []row{
	taking(ec2("aws_vpc_endpoint", "VpcEndpoints", "VpcEndpointId",
		"VpcId=vpc_id! ServiceName=service_name VpcEndpointType=vpc_endpoint_type IpAddressType=ip_address_type ServiceRegion=service_region PrivateDnsEnabled=private_dns_enabled", endpoint), func(v *overlay, id string) {
		v.networkParts().each("RouteTables", func(t *jsontree.Node) { removeEndpointRoutes(t, id) })
		v.removeEndpointInterfaces(id)
	}),
	part("aws_vpc_endpoint_policy", func(v *overlay, r *resource) {
		if n := v.endpoint(r); n != nil {
			v.documents().document(r, n, "PolicyDocument", "policy")
		} else if v.id(r, "vpc_endpoint_id") == "" {
			for _, n := range v.candidates("aws_vpc_endpoint", "VpcEndpoints", "VpcEndpointId") {
				n.Set("PolicyDocument", jsontree.NewString(unknownDocument(r.place("vpc_endpoint_id"))))
			}
		}
	}, func(v *overlay, r *resource) {
		if n := v.endpoint(r); n != nil {
			n.Set("PolicyDocument", jsontree.NewString(fullAccess))
		}
	}),
	part("aws_vpc_endpoint_route_table_association", func(v *overlay, r *resource) {
		n, table := v.endpoint(r), v.id(r, "route_table_id")
		switch {
		case n != nil && table != "":
			v.endpointTable(n, table)
		case n != nil:
			v.late = append(v.late, func() { v.mayLead(n, r.place("route_table_id")) })
		case v.networkParts().table(table) != nil && v.id(r, "vpc_endpoint_id") == "":
			for _, n := range v.candidates("aws_vpc_endpoint", "VpcEndpoints", "VpcEndpointId") {
				v.mayRoute([]*jsontree.Node{v.networkParts().table(table)}, v.endpointRoute(n), r.place("vpc_endpoint_id"))
			}
		}
	}, func(v *overlay, r *resource) {
		n, id := v.within("ec2", "VpcEndpoints", "VpcEndpointId", r.text("vpc_endpoint_id")), r.text("route_table_id")
		if n != nil {
			removeWhere(n.Get("RouteTableIds"), func(x *jsontree.Node) bool { return x.Text() == id })
		}
		if t := v.networkParts().table(id); t != nil && n != nil {
			removeEndpointRoutes(t, n.Get("VpcEndpointId").Text())
		}
	}),
	part("aws_vpc_endpoint_subnet_association", endpointPart("SubnetIds", "subnet_id"), without((*overlay).endpoint, "SubnetIds", "", "subnet_id")),
	part("aws_vpc_endpoint_security_group_association", func(v *overlay, r *resource) {
		if n, id := v.endpoint(r), v.id(r, "security_group_id"); n != nil && id != "" {
			putUnique(list(n, "Groups"), object{"GroupId": id}, "GroupId")
		}
	}, without((*overlay).endpoint, "Groups", "GroupId", "security_group_id")),
	part("aws_vpc_endpoint_private_dns", func(v *overlay, r *resource) {
		if n := v.endpoint(r); n != nil {
			n.Set("PrivateDnsEnabled", jsontree.NewBool(r.text("private_dns_enabled") == "true"))
		}
	}, nil),
}

func (v *overlay) endpoint(r *resource) *jsontree.Node {
	n := v.within("ec2", "VpcEndpoints", "VpcEndpointId", v.id(r, "vpc_endpoint_id"))
	if n == nil {
		v.note("%s: its endpoint is not in the snapshot", r.address)
	}
	return n
}

func endpoint(v *overlay, r *resource, o object) {
	id := v.idOf(r)
	o["State"] = "available"
	if s := r.text("state"); s != "" && !r.created() {
		o["State"] = s
	}
	if o["VpcEndpointType"] == nil {
		o["VpcEndpointType"] = "Gateway"
	}
	if options := r.blocks("dns_options"); options > 0 {
		dns := object{}
		v.set(r, dns, "DnsRecordIpType", plain, "dns_options", 0, "dns_record_ip_type")
		v.set(r, dns, "PrivateDnsOnlyForInboundResolverEndpoint", plain, "dns_options", 0, "private_dns_only_for_inbound_resolver_endpoint")
		o["DnsOptions"] = dns
	}
	v.idList(r, o, "RouteTableIds", "route_table_ids", id)
	v.idList(r, o, "SubnetIds", "subnet_ids", id)
	if groups, whole := v.ids(r, "security_group_ids"); whole && (r.configured("security_group_ids") || len(groups) > 0) {
		pairs := []object{}
		for _, g := range groups {
			pairs = append(pairs, object{"GroupId": g})
		}
		o["Groups"] = pairs
	}
	if r.created() && !r.configured("policy") {
		o["PolicyDocument"] = fullAccess
	} else {
		v.documents().policyMember(r, o, "PolicyDocument", "ec2", "DescribeVpcEndpoints", id, "policy")
	}
	tables, _ := o["RouteTableIds"].([]string)
	_, whole := v.ids(r, "route_table_ids")
	v.late = append(v.late, func() {
		n := v.within("ec2", "VpcEndpoints", "VpcEndpointId", id)
		if n != nil && !whole && r.configured("route_table_ids") {
			v.networkParts().each("RouteTables", func(t *jsontree.Node) { removeEndpointRoutes(t, id) })
			v.mayLead(n, r.place("route_table_ids"))
		} else if n != nil {
			v.dropOtherTables(n, tables)
			for _, t := range tables {
				v.endpointTable(n, t)
			}
		}
	})
}

// fullAccess is the policy of an endpoint that is made without one.
//
// AWS: https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
const fullAccess = `{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`

// idList sets a list of ids that the configuration sets; one that it leaves
// out is set by association resources.
func (v *overlay) idList(r *resource, o object, key, attr, id string) {
	ids, whole := v.ids(r, attr)
	switch {
	case whole && (r.configured(attr) || len(ids) > 0):
		o[key] = orEmpty(ids)
	case !whole && r.configured(attr):
		v.gap(r, "ec2", "DescribeVpcEndpoints", id, attr)
	case r.created():
		o[key] = []string{}
	}
}

// dropOtherTables removes the endpoint's routes from tables that it is no
// longer associated with.
func (v *overlay) dropOtherTables(n *jsontree.Node, keep []string) {
	if len(keep) == 0 {
		return
	}
	id := n.Get("VpcEndpointId").Text()
	v.networkParts().each("RouteTables", func(t *jsontree.Node) {
		for _, k := range keep {
			if k == t.Get("RouteTableId").Text() {
				return
			}
		}
		removeEndpointRoutes(t, id)
	})
}

// removeEndpointInterfaces removes the interfaces that AWS made for an endpoint.
func (v *overlay) removeEndpointInterfaces(id string) {
	v.networkParts().eachList("NetworkInterfaces", func(l *jsontree.Node) {
		removeWhere(l, func(n *jsontree.Node) bool { return n.Get("Description").Text() == "VPC Endpoint Interface "+id })
		delete(v.index, l)
	})
}

func removeEndpointRoutes(t *jsontree.Node, id string) {
	removeWhere(t.Get("Routes"), func(x *jsontree.Node) bool { return x.Get("GatewayId").Text() == id })
}

// endpointTable associates a route table with a gateway endpoint, whose route
// to the service's prefix list follows.
func (v *overlay) endpointTable(n *jsontree.Node, table string) {
	t := v.networkParts().table(table)
	if t == nil || n.Get("VpcEndpointType").Text() != "Gateway" {
		return
	}
	ids := list(n, "RouteTableIds")
	if !hasText(ids, table) {
		ids.Append(jsontree.NewString(table))
	}
	putRoute(t, v.endpointRoute(n))
}

func (v *overlay) endpointRoute(n *jsontree.Node) object {
	return object{"DestinationPrefixListId": v.prefixListOf(n.Get("ServiceName").Text()), "GatewayId": n.Get("VpcEndpointId").Text(), "Origin": "CreateRoute", "State": "active"}
}

func hasText(l *jsontree.Node, s string) bool {
	for _, n := range l.Elements() {
		if n.Text() == s {
			return true
		}
	}
	return false
}

// servicePrefixList is the prefix list of the service of an endpoint resource.
func (v *overlay) servicePrefixList(r *resource) string {
	return v.prefixListOf(r.text("service_name"))
}

// prefixListOf finds the AWS-managed prefix list of a service; one that the
// snapshot lacks gets a name of its own, so that its contents are not known.
func (v *overlay) prefixListOf(service string) string {
	id := ""
	for _, kind := range []string{"PrefixLists", "ManagedPrefixLists"} {
		v.networkParts().each(kind, func(n *jsontree.Node) {
			if n.Get("PrefixListName").Text() == service && id == "" {
				id = n.Get("PrefixListId").Text()
			}
		})
	}
	if id == "" {
		id = "pl-of." + service
	}
	return id
}

func endpointPart(key, attr string) func(*overlay, *resource) {
	return func(v *overlay, r *resource) {
		if n, id := v.endpoint(r), v.id(r, attr); n != nil && id != "" && !hasText(list(n, key), id) {
			list(n, key).Append(jsontree.NewString(id))
		}
	}
}
