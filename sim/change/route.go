package change

import (
	"net/netip"
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
)

// Quotas of routes in a table, per family (rule N40).
//
// AWS: https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
const (
	routesDefault = 500
	routesMost    = 1000
)

// routeTargets are the parameters that name a route's target, with the
// collection that holds it; of an empty kind the snapshot has no collection.
var routeTargets = []struct {
	parameter string
	kind      ec2Kind
	vpcKey    string // the member that names the target's VPC
}{
	{"GatewayId", ec2Kind{}, ""},
	{"NatGatewayId", natGateways, "VpcId"},
	{"TransitGatewayId", tgws, ""},
	{"VpcPeeringConnectionId", peerings, ""},
	{"NetworkInterfaceId", interfaces, "VpcId"},
	{"InstanceId", ec2Kind{}, ""},
	{"EgressOnlyInternetGatewayId", eigws, ""},
	{"VpcEndpointId", endpoints, "VpcId"},
	{"LocalGatewayId", ec2Kind{}, ""},
	{"CarrierGatewayId", ec2Kind{}, ""},
	{"CoreNetworkArn", ec2Kind{}, ""},
}

var destinationKeys = []string{"DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"}

// destination returns the member and the value of a route's destination.
func (e routeEdits) destination(p parameters) (key, value string, err error) {
	for _, k := range destinationKeys {
		if !p.has(k) {
			continue
		}
		if key != "" {
			return "", "", e.refuse("InvalidParameterCombination", "a route has one destination, not %s and %s", key, k)
		}
		key, value = k, p.text(k)
	}
	switch key {
	case "":
		return "", "", e.refuse("MissingParameter", "a route takes destinationCidrBlock, destinationIpv6CidrBlock or destinationPrefixListId")
	case "DestinationPrefixListId":
		return key, value, nil
	}
	c, perr := netip.ParsePrefix(value)
	if perr != nil || c.Addr().Is4() != (key == "DestinationCidrBlock") || c.Addr().Zone() != "" {
		return "", "", e.refuse("InvalidParameterValue", "%q is not a CIDR block for %s", value, key)
	}
	return key, c.Masked().String(), nil
}

func propagated(r *jsontree.Node) bool {
	return r.Get("Origin").Text() == "EnableVgwRoutePropagation" || r.Get("Origin").Text() == "Advertisement"
}

// staticRoute finds the static route to a destination.
func staticRoute(table *jsontree.Node, key, value string) int {
	for i, r := range table.Get("Routes").Elements() {
		if canonicalCIDR(r.Get(key).Text()) == value && !propagated(r) {
			return i
		}
	}
	return -1
}

func createRoute(e *editor, p parameters) error {
	table, err := e.need(routeTables, p.text("RouteTableId"))
	if err != nil {
		return err
	}
	key, value, err := e.routeEdits().destination(p)
	if err != nil {
		return err
	}
	if staticRoute(table.Node, key, value) >= 0 {
		return e.refuse("RouteAlreadyExists", "the route identified by %s already exists in %s; replaceRoute changes it", value, p.text("RouteTableId"))
	}
	if key == "DestinationPrefixListId" {
		if err := e.needPrefixList(value); err != nil {
			return err
		}
	}
	targetKey, target, err := e.routeEdits().routeTarget(table, p)
	if err != nil {
		return err
	}
	if err := e.routeEdits().checkInsideVPC(table, key, value, targetKey); err != nil {
		return err
	}
	routes := member(table.Node, "Routes")
	routes.Append(jsontree.NewObject(key, value, targetKey, target, "Origin", "CreateRoute", "State", "active"))
	return e.routeEdits().checkRoutes(table, routes)
}

func (e routeEdits) checkRoutes(table found, routes *jsontree.Node) error {
	n, id := 0, table.Get("RouteTableId").Text()
	for _, r := range routes.Elements() {
		if !propagated(r) && r.Get("DestinationIpv6CidrBlock") == nil {
			n++
		}
	}
	switch {
	case n > routesMost:
		return e.refuse("RouteLimitExceeded", "%s would have %d routes; the quota can't be raised above %d", id, n, routesMost)
	case n > routesDefault:
		e.note("%s has %d routes: more than the %d that AWS allows unless the quota is raised.", id, n, routesDefault)
	}
	return nil
}

// routeTarget checks the one target of a route and returns it as
// describe-route-tables prints it.
func (e routeEdits) routeTarget(table found, p parameters) (key, id string, err error) {
	vpc := table.Get("VpcId").Text()
	for _, t := range routeTargets {
		if !p.has(t.parameter) {
			continue
		}
		if key != "" {
			return "", "", e.refuse("InvalidParameterCombination", "a route has one target, not %s and %s", key, t.parameter)
		}
		key, id = t.parameter, p.text(t.parameter)
		if err := e.checkTarget(t.kind, t.vpcKey, id, vpc); err != nil {
			return "", "", err
		}
	}
	switch {
	case key == "":
		return "", "", e.refuse("MissingParameter", "a route takes a target, e.g. gatewayId or natGatewayId")
	case key == "GatewayId":
		return key, id, e.checkGateway(id, vpc)
	case key == "VpcEndpointId": // printed as a gateway
		if ep, ok := e.find(endpoints.collection, "VpcEndpointId", id); ok && !strings.EqualFold(ep.Get("VpcEndpointType").Text(), "GatewayLoadBalancer") {
			return "", "", e.refuse("InvalidParameterValue", "%s is not a Gateway Load Balancer endpoint; a gateway endpoint's routes come with modifyVpcEndpoint addRouteTableIds", id)
		}
		return "GatewayId", id, nil
	}
	return key, id, nil
}

func (e routeEdits) checkTarget(kind ec2Kind, vpcKey, id, vpc string) error {
	if kind.collection == "" {
		return nil
	}
	f, err := e.need(kind, id)
	if err != nil {
		return err
	}
	if vpcKey != "" && f.Get(vpcKey).Text() != "" && f.Get(vpcKey).Text() != vpc {
		return e.refuse("InvalidParameterValue", "%s belongs to %s, the route table to %s: they are different networks", id, f.Get(vpcKey).Text(), vpc)
	}
	switch kind.collection {
	case peerings.collection:
		if f.Get("RequesterVpcInfo").Get("VpcId").Text() != vpc && f.Get("AccepterVpcInfo").Get("VpcId").Text() != vpc {
			return e.refuse("InvalidParameterValue", "%s does not connect %s", id, vpc)
		}
	case tgws.collection:
		return e.checkAttached(id, vpc)
	}
	return nil
}

// checkAttached refuses a route to a transit gateway that the VPC is not attached to.
func (e routeEdits) checkAttached(tgw, vpc string) error {
	attached, collected := false, false
	for _, k := range []ec2Kind{tgwAttachments, tgwAnyAttach} {
		for _, s := range e.regions() {
			collected = collected || s.region.Get("ec2").Get(k.collection) != nil
		}
		e.each(k.collection, func(f found) bool {
			at := f.Get("VpcId").Text() == vpc || f.Get("ResourceId").Text() == vpc
			attached = attached || at && f.Get("TransitGatewayId").Text() == tgw
			return !attached
		})
	}
	if collected && !attached {
		return e.refuse("InvalidTransitGatewayID.NotFound", "%s is not attached to %s", vpc, tgw)
	}
	return nil
}

func (e routeEdits) checkGateway(id, vpc string) error {
	kind, attachments := igws, "Attachments"
	switch {
	case strings.HasPrefix(id, "vpce-"):
		ep, err := e.need(endpoints, id)
		if err != nil {
			return err
		}
		if strings.EqualFold(ep.Get("VpcEndpointType").Text(), "Gateway") {
			return e.refuse("InvalidParameterValue", "routes to a gateway endpoint can't be made by hand (rule N45); use modifyVpcEndpoint with addRouteTableIds")
		}
		return nil
	case strings.HasPrefix(id, "vgw-"):
		kind, attachments = vgws, "VpcAttachments"
	case id == "local":
		return e.refuse("InvalidParameterValue", "local routes can't be made by hand")
	}
	f, err := e.need(kind, id)
	if err != nil {
		return err
	}
	for _, a := range f.Get(attachments).Elements() {
		if a.Get("VpcId").Text() == vpc {
			return nil
		}
	}
	return e.refuse("InvalidParameterValue", "route table and gateway %s belong to different networks: the gateway is not attached to %s", id, vpc)
}

// checkInsideVPC refuses routes to parts of the VPC that AWS does not take:
// only whole subnets, and only to a NAT gateway, an interface or a Gateway
// Load Balancer endpoint (rule N20).
func (e routeEdits) checkInsideVPC(table found, key, value, targetKey string) error {
	if key == "DestinationPrefixListId" {
		return nil
	}
	vpc, ok := e.find(vpcs.collection, "VpcId", table.Get("VpcId").Text())
	if !ok {
		return nil
	}
	dest := netip.MustParsePrefix(value)
	inside := false
	for _, c := range vpcBlocks(vpc.Node) {
		inside = inside || c.Contains(dest.Addr()) && c.Bits() < dest.Bits()
	}
	if !inside {
		return nil
	}
	whole := false
	e.each(subnets.collection, func(f found) bool {
		whole = whole || f.Get("VpcId").Text() == table.Get("VpcId").Text() && canonicalCIDR(f.Get("CidrBlock").Text()) == value
		return !whole
	})
	if whole && (targetKey == "NatGatewayId" || targetKey == "NetworkInterfaceId" || targetKey == "InstanceId" || targetKey == "GatewayId" || targetKey == "LocalGatewayId") {
		return nil
	}
	return e.refuse("InvalidParameterValue", "%s lies inside the VPC: a route more specific than local must be a whole subnet's, to a NAT gateway, an interface or a Gateway Load Balancer endpoint", value)
}

// vpcBlocks returns a VPC's CIDR blocks of both families.
func vpcBlocks(vpc *jsontree.Node) []netip.Prefix {
	var out []netip.Prefix
	add := func(s string) {
		if p, err := netip.ParsePrefix(s); err == nil {
			for _, o := range out {
				if o == p.Masked() {
					return
				}
			}
			out = append(out, p.Masked())
		}
	}
	add(vpc.Get("CidrBlock").Text())
	for _, set := range []struct{ list, key, state string }{
		{"CidrBlockAssociationSet", "CidrBlock", "CidrBlockState"}, {"Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock", "Ipv6CidrBlockState"},
	} {
		for _, a := range vpc.Get(set.list).Elements() {
			if state := a.Get(set.state).Get("State").Text(); state == "" || state == "associated" {
				add(a.Get(set.key).Text())
			}
		}
	}
	return out
}

// editableRoute finds a static route that may be changed by hand.
func (e routeEdits) editableRoute(p parameters) (found, int, string, error) {
	table, err := e.need(routeTables, p.text("RouteTableId"))
	if err != nil {
		return table, 0, "", err
	}
	key, value, err := e.destination(p)
	if err != nil {
		return table, 0, "", err
	}
	i := staticRoute(table.Node, key, value)
	if i < 0 {
		return table, 0, "", e.refuse("InvalidRoute.NotFound", "%s has no static route to %s", p.text("RouteTableId"), value)
	}
	r := table.Get("Routes").At(i)
	if gw := r.Get("GatewayId").Text(); strings.HasPrefix(gw, "vpce-") && key == "DestinationPrefixListId" {
		return table, 0, "", e.refuse("InvalidParameterValue", "cannot change VPC endpoint route %s of %s; modifyVpcEndpoint with removeRouteTableIds does it (rule N45)", value, p.text("RouteTableId"))
	}
	return table, i, key, nil
}

func deleteRoute(e *editor, p parameters) error {
	table, i, _, err := e.routeEdits().editableRoute(p)
	if err != nil {
		return err
	}
	r := table.Get("Routes").At(i)
	if r.Get("GatewayId").Text() == "local" || r.Get("Origin").Text() == "CreateRouteTable" {
		return e.refuse("InvalidParameterValue", "cannot remove local route of %s", p.text("RouteTableId"))
	}
	table.Get("Routes").RemoveAt(i)
	return nil
}

func replaceRoute(e *editor, p parameters) error {
	table, i, key, err := e.routeEdits().editableRoute(p)
	if err != nil {
		return err
	}
	r := table.Get("Routes").At(i)
	value := r.Get(key).Text()
	if p.yes("LocalTarget") {
		if r.Get("Origin").Text() != "CreateRouteTable" {
			return e.refuse("InvalidParameterValue", "only a local route can be reset to local")
		}
		table.Get("Routes").ReplaceAt(i, jsontree.NewObject(key, value, "GatewayId", "local", "Origin", "CreateRouteTable", "State", "active"))
		return nil
	}
	targetKey, target, err := e.routeEdits().routeTarget(table, p)
	if err != nil {
		return err
	}
	origin := r.Get("Origin").Text()
	if origin == "" {
		origin = "CreateRoute"
	}
	table.Get("Routes").ReplaceAt(i, jsontree.NewObject(key, value, targetKey, target, "Origin", origin, "State", "active"))
	return nil
}
