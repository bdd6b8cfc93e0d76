package plan

import (
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
)

var routeRows = []row{
	taking(ec2("aws_route_table", "RouteTables", "RouteTableId", "VpcId=vpc_id!", routeTable), func(v *overlay, id string) {
		v.networkParts().each("VpcEndpoints", func(e *jsontree.Node) {
			removeWhere(e.Get("RouteTableIds"), func(x *jsontree.Node) bool { return x.Text() == id })
		})
	}),
	{typ: "aws_default_route_table", put: defaultRouteTable},
	part("aws_route_table_association", associateTable, removeTableAssociation),
	part("aws_main_route_table_association", mainTable, formerMainTable),
	part("aws_route", route, removeRoute),
	part("aws_vpn_gateway_route_propagation", propagation, without(owner("ec2", "RouteTables", "RouteTableId", "route_table_id"), "PropagatingVgws", "GatewayId", "vpn_gateway_id")),
}

// routeTargets are the attributes that name a route's next hop, with AWS's
// member for it.
var routeTargets = []struct{ attr, key string }{
	{"gateway_id", "GatewayId"}, {"nat_gateway_id", "NatGatewayId"}, {"transit_gateway_id", "TransitGatewayId"},
	{"vpc_peering_connection_id", "VpcPeeringConnectionId"}, {"network_interface_id", "NetworkInterfaceId"},
	{"egress_only_gateway_id", "EgressOnlyInternetGatewayId"}, {"vpc_endpoint_id", "GatewayId"}, {"local_gateway_id", "LocalGatewayId"},
	{"carrier_gateway_id", "CarrierGatewayId"}, {"core_network_arn", "CoreNetworkArn"},
}

// readRoute reads a route; destinations are named with a prefix in aws_route.
func (v networkParts) readRoute(r *resource, at []any, prefix string) object {
	path := func(attr string) []any { return append(append([]any{}, at...), attr) }
	o := object{"State": "active", "Origin": "CreateRoute"}
	for _, d := range []struct{ attr, key string }{{prefix + "cidr_block", "DestinationCidrBlock"},
		{strings.TrimSuffix(prefix, "_") + ipv6Attr(prefix), "DestinationIpv6CidrBlock"}, {"destination_prefix_list_id", "DestinationPrefixListId"}} {
		v.rule(r, o, d.key, refKind, path(d.attr)...)
	}
	if place := o["KnownAfterApply"]; place != nil && !hasAny(o, routeKeys) {
		o["DestinationPrefixListId"] = place
	}
	for _, t := range routeTargets {
		if value, known := r.get(path(t.attr)...); !known && !r.set(append(append([]any{}, at...), t.attr)) || known && asText(value) == "" {
			continue
		}
		v.rule(r, o, t.key, refKind, path(t.attr)...)
	}
	return o
}

func hasAny(o object, keys []string) bool {
	return slices.ContainsFunc(keys, func(k string) bool { return o[k] != nil })
}

func ipv6Attr(prefix string) string {
	if prefix == "" {
		return "ipv6_cidr_block"
	}
	return "_ipv6_cidr_block"
}

// set tells whether the configuration sets an attribute: an unknown one that
// it does not set is computed by AWS.
func (r *resource) set(path []any) bool {
	if r.config == nil {
		return true
	}
	e := nested(r.config.Expressions, path)
	return e != nil
}

func routeTable(v *overlay, r *resource, o object) {
	if r.data {
		r.move("routes", "route")
		o["Associations"] = tableAssociations(r)
	}
	if !r.manages("route") {
		return
	}
	id := v.idOf(r)
	routes := v.networkParts().inlineRoutes(r, v.id(r, "vpc_id"))
	if old := v.find(list(v.regionOf(r), "ec2", "RouteTables"), "RouteTableId", id); old != nil {
		routes = append(routes, endpointRoutes(old)...)
	} else if !r.data {
		o["Associations"] = []object{}
	}
	o["Routes"] = routes
	vgws, _ := v.ids(r, "propagating_vgws")
	o["PropagatingVgws"] = gatewayList(vgws)
}

// tableAssociations are those that a data source lists.
func tableAssociations(r *resource) []object {
	out := []object{}
	for i := range r.blocks("associations") {
		a := object{"Main": r.text("associations", i, "main") == "true", "AssociationState": object{"State": "associated"}}
		for key, attr := range map[string]string{"RouteTableAssociationId": "route_table_association_id", "RouteTableId": "route_table_id", "SubnetId": "subnet_id", "GatewayId": "gateway_id"} {
			if s := r.text("associations", i, attr); s != "" {
				a[key] = s
			}
		}
		out = append(out, a)
	}
	return out
}

// inlineRoutes are a table's local routes and those of its blocks.
func (v networkParts) inlineRoutes(r *resource, vpc string) []object {
	routes := v.localRoutesOf(vpc)
	for i := range r.blocks("route") {
		routes = append(routes, v.readRoute(r, []any{"route", i}, ""))
	}
	if _, known := r.get("route"); !known && r.configured("route") {
		routes = append(routes, v.unknownRoutes(r)...)
	}
	return routes
}

// unknownRoutes are the route blocks of a set that is unknown as a whole: what
// their expressions tell.
func (v networkParts) unknownRoutes(r *resource) (out []object) {
	e := r.config.Expressions["route"]
	if e == nil || e.ExpressionData == nil || len(e.NestedBlocks) == 0 {
		return []object{{"KnownAfterApply": r.place("route"), "DestinationPrefixListId": r.place("route")}}
	}
	for i, block := range e.NestedBlocks {
		o := object{"State": "active", "Origin": "CreateRoute"}
		constant := func(attr, key string) bool {
			x := block[attr]
			if x == nil || x.ExpressionData == nil {
				return false
			}
			if s, ok := x.ConstantValue.(string); ok {
				o[key] = s
				return s != ""
			}
			links, whole := v.graph.links(r, "route", i, attr)
			if whole && len(links) == 1 && v.linked(links[0]) != "" {
				o[key] = v.linked(links[0])
				return true
			}
			o["KnownAfterApply"] = r.place("route", i, attr)
			return true
		}
		constant("cidr_block", "DestinationCidrBlock")
		constant("ipv6_cidr_block", "DestinationIpv6CidrBlock")
		constant("destination_prefix_list_id", "DestinationPrefixListId")
		if place := o["KnownAfterApply"]; place != nil && !hasAny(o, routeKeys) {
			o["DestinationPrefixListId"] = place
		}
		for _, t := range routeTargets {
			if constant(t.attr, t.key) {
				break
			}
		}
		out = append(out, o)
	}
	return out
}

// localRoutesOf are the routes that every table of a VPC has.
func (v networkParts) localRoutesOf(vpc string) []object {
	out := []object{}
	n := v.within("ec2", "Vpcs", "VpcId", vpc)
	if n == nil {
		return out
	}
	for _, key := range []string{"CidrBlock", "Ipv6CidrBlock"} {
		for _, a := range n.Get(key + "AssociationSet").Elements() {
			out = append(out, object{"Destination" + key: a.Get(key).Text(), "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"})
		}
	}
	return out
}

// endpointRoutes are the routes that gateway endpoints keep in a table.
func endpointRoutes(table *jsontree.Node) (out []object) {
	for _, n := range table.Get("Routes").Elements() {
		if list, id := n.Get("DestinationPrefixListId").Text(), n.Get("GatewayId").Text(); list != "" && strings.HasPrefix(id, "vpce-") {
			out = append(out, object{"DestinationPrefixListId": list, "GatewayId": id, "State": n.Get("State").Text(), "Origin": "CreateRoute"})
		}
	}
	return out
}

func gatewayList(ids []string) []object {
	out := []object{}
	for _, id := range ids {
		out = append(out, object{"GatewayId": id})
	}
	return out
}

func (v networkParts) table(id string) *jsontree.Node {
	return v.within("ec2", "RouteTables", "RouteTableId", id)
}

// defaultRouteTable: Terraform adopts the VPC's main table and removes the
// routes that the configuration does not list.
func defaultRouteTable(v *overlay, r *resource) {
	id := orText(v.id(r, "default_route_table_id"), r.text("id"))
	n := v.networkParts().table(id)
	if n == nil {
		n = v.adopt(r, "RouteTables", "RouteTableId", id, object{"PropagatingVgws": []object{}, "Associations": []object{
			{"Main": true, "RouteTableId": id, "RouteTableAssociationId": id + ".main", "AssociationState": object{"State": "associated"}}}})
	} else if v.places[id] = r.address; r.unchanged() {
		return
	}
	if n == nil {
		return
	}
	routes := v.networkParts().inlineRoutes(r, n.Get("VpcId").Text())
	n.Set("Routes", node(append(routes, endpointRoutes(n)...)))
}

func associateTable(v *overlay, r *resource) {
	id := v.id(r, "route_table_id")
	n := v.networkParts().table(id)
	subnet, gateway := v.id(r, "subnet_id"), v.id(r, "gateway_id")
	if subnet == "" && gateway == "" || n == nil {
		v.note("%s: what it associates is known after apply only, or not in the snapshot", r.address)
		v.networkParts().mayAssociate(r, n, id, subnet)
		return
	}
	key, what := "SubnetId", subnet
	if subnet == "" {
		key, what = "GatewayId", gateway
	}
	v.networkParts().each("RouteTables", func(t *jsontree.Node) {
		removeWhere(t.Get("Associations"), func(a *jsontree.Node) bool { return a.Get(key).Text() == what })
	})
	list(n, "Associations").Append(node(object{"Main": false, "RouteTableId": id, key: what,
		"RouteTableAssociationId": v.idOf(r), "AssociationState": object{"State": "associated"}}))
}

// mayAssociate: a subnet whose table is not known has one of which nothing is
// told; of a table whose subnet is not known, any subnet that uses its VPC's
// main one may be.
func (v networkParts) mayAssociate(r *resource, table *jsontree.Node, id, subnet string) {
	switch {
	case table != nil && subnet == "":
		vpc := table.Get("VpcId").Text()
		v.late = append(v.late, func() {
			v.each("RouteTables", func(t *jsontree.Node) {
				if t.Get("VpcId").Text() == vpc {
					removeWhere(t.Get("Associations"), func(a *jsontree.Node) bool { return a.Get("Main").True() })
				}
			})
		})
	case id == "" && subnet != "" && v.vpcOf(subnet) != "":
		place := r.place("route_table_id")
		v.upsert(list(v.regionOf(r), "ec2", "RouteTables"), "RouteTableId", place, object{"VpcId": v.vpcOf(subnet), "Associations": []object{
			{"Main": false, "RouteTableId": place, "SubnetId": subnet, "RouteTableAssociationId": v.idOf(r), "AssociationState": object{"State": "associated"}}}})
	}
}

func removeTableAssociation(v *overlay, r *resource) {
	n := v.networkParts().table(v.id(r, "route_table_id"))
	if n == nil {
		return
	}
	subnet, gateway := r.text("subnet_id"), r.text("gateway_id")
	removeWhere(n.Get("Associations"), func(a *jsontree.Node) bool {
		return subnet != "" && a.Get("SubnetId").Text() == subnet || gateway != "" && a.Get("GatewayId").Text() == gateway
	})
}

func mainTable(v *overlay, r *resource) {
	vpc, id := v.id(r, "vpc_id"), v.id(r, "route_table_id")
	n := v.networkParts().table(id)
	if n == nil {
		v.note("%s: its route table is not in the snapshot", r.address)
		return
	}
	v.networkParts().each("RouteTables", func(t *jsontree.Node) {
		if t.Get("VpcId").Text() == vpc {
			removeWhere(t.Get("Associations"), func(a *jsontree.Node) bool { return a.Get("Main").True() })
		}
	})
	list(n, "Associations").Append(node(object{"Main": true, "RouteTableId": id, "RouteTableAssociationId": v.idOf(r), "AssociationState": object{"State": "associated"}}))
}

// formerMainTable makes the table the main one that was so before.
func formerMainTable(v *overlay, r *resource) {
	former := *r
	former.values = map[string]any{"vpc_id": r.values["vpc_id"], "route_table_id": r.values["original_route_table_id"], "id": r.values["id"]}
	mainTable(v, &former)
}

// routeKeys tell one route of a table from another.
var routeKeys = []string{"DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"}

// putRoute adds a route to a table whose routes are told: one route more does
// not tell the others.
func putRoute(table *jsontree.Node, o object) {
	if l := table.Get("Routes"); l != nil {
		putUnique(l, o, routeKeys...)
	}
}

func route(v *overlay, r *resource) {
	id := v.id(r, "route_table_id")
	n := v.networkParts().table(id)
	o := v.networkParts().readRoute(r, nil, "destination_")
	if n == nil {
		v.note("%s: its route table is not in the snapshot", r.address)
		if id == "" {
			v.mayRoute(v.candidates("aws_route_table", "RouteTables", "RouteTableId"), o, r.place("route_table_id"))
		}
		return
	}
	if r.unchanged() && r.text("state") != "" {
		o["State"] = r.text("state")
	}
	if l := n.Get("Routes"); o["KnownAfterApply"] != nil && l != nil {
		l.Append(node(o))
		return
	}
	putRoute(n, o)
}

func removeRoute(v *overlay, r *resource) {
	n := v.networkParts().table(v.id(r, "route_table_id"))
	if n == nil {
		return
	}
	for _, d := range []string{"destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id"} {
		if value := r.text(d); value != "" {
			removeWhere(n.Get("Routes"), func(x *jsontree.Node) bool {
				return x.Get("DestinationCidrBlock").Text() == value || x.Get("DestinationIpv6CidrBlock").Text() == value || x.Get("DestinationPrefixListId").Text() == value
			})
		}
	}
}

func propagation(v *overlay, r *resource) {
	if n := v.networkParts().table(v.id(r, "route_table_id")); n != nil {
		putUnique(list(n, "PropagatingVgws"), object{"GatewayId": v.id(r, "vpn_gateway_id")}, "GatewayId")
	}
}
