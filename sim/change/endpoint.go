package change

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/rules/policy"
)

// defaultEndpointPolicy is what AWS puts on an endpoint that is given none.
const defaultEndpointPolicy = `{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`

// gatewayService is the form of a service name that gateway endpoints serve (rule N108).
var gatewayService = regexp.MustCompile(`^(?:cn\.)?com\.amazonaws\.([a-z0-9-]+)\.(?:s3|dynamodb|s3express)$`)

// s3Service matches S3's own service, by gateway or interface.
var s3Service = regexp.MustCompile(`^(?:cn\.)?com\.amazonaws\.([a-z0-9-]+)\.s3$`)

func createEndpoint(e *editor, p parameters) error {
	vpc, err := e.need(vpcs, p.text("VpcId"))
	if err != nil {
		return err
	}
	id, err := e.newID(endpoints, "vpce-")
	if err != nil {
		return err
	}
	kind := p.text("VpcEndpointType")
	if kind == "" {
		kind = "Gateway"
	}
	ep := jsontree.NewObject("Groups", jsontree.NewArray(), "NetworkInterfaceIds", jsontree.NewArray(), "OwnerId", vpc.scope.accountID(),
		"PolicyDocument", defaultEndpointPolicy, "PrivateDnsEnabled", false, "RequesterManaged", false, "RouteTableIds", jsontree.NewArray(),
		"ServiceName", p.text("ServiceName"), "State", "available", "SubnetIds", jsontree.NewArray(),
		"Tags", jsontree.NewArray(), "VpcEndpointId", id, "VpcEndpointType", kind, "VpcId", p.text("VpcId"))
	insertSorted(vpc.scope.collection(endpoints.collection), ep, "VpcEndpointId")
	f, _ := e.find(endpoints.collection, "VpcEndpointId", id)
	if p.has("PolicyDocument") {
		if err := e.endpointEdits().setEndpointPolicy(f, p.text("PolicyDocument")); err != nil {
			return err
		}
	}
	if kind == "Gateway" {
		return e.endpointEdits().createGatewayEndpoint(f, p)
	}
	return e.endpointEdits().createInterfaceEndpoint(f, p)
}

func (e endpointEdits) createGatewayEndpoint(ep found, p parameters) error {
	m := gatewayService.FindStringSubmatch(p.text("ServiceName"))
	if m == nil {
		return e.refuse("InvalidServiceName", "the service %q has no gateway endpoints", p.text("ServiceName"))
	}
	if m[1] != ep.scope.regionName() {
		return e.refuse("InvalidServiceName", "the VPC endpoint service %s does not exist in %s", p.text("ServiceName"), ep.scope.regionName())
	}
	for _, name := range []string{"SubnetIds", "SecurityGroupIds", "PrivateDnsEnabled"} {
		if p.has(name) {
			return e.refuse("InvalidParameter", "a gateway endpoint takes no %s", name)
		}
	}
	for _, rtb := range p.texts("RouteTableIds") {
		if err := e.attachTable(ep, rtb); err != nil {
			return err
		}
	}
	return nil
}

// attachTable associates a gateway endpoint with a route table: the table
// gets the endpoint's route, at most one for each service (rule N43).
func (e endpointEdits) attachTable(ep found, rtb string) error {
	table, err := e.need(routeTables, rtb)
	if err != nil {
		return err
	}
	id := ep.Get("VpcEndpointId").Text()
	if table.Get("VpcId").Text() != ep.Get("VpcId").Text() {
		return e.refuse("InvalidRouteTableId.NotFound", "%s belongs to %s, not to the endpoint's %s", rtb, table.Get("VpcId").Text(), ep.Get("VpcId").Text())
	}
	list, err := e.servicePrefixList(ep)
	if err != nil {
		return err
	}
	if i := staticRoute(table.Node, "DestinationPrefixListId", list); i >= 0 {
		r := table.Get("Routes").At(i)
		if r.Get("GatewayId").Text() == id {
			return e.refuse("RouteAlreadyExists", "%s is associated with %s already", rtb, id)
		}
		return e.refuse("RouteAlreadyExists", "route table %s already has a route with destination-prefix-list-id %s, by %s: a table takes one endpoint for each service",
			rtb, list, routeTargetOf(r))
	}
	addText(member(ep.Node, "RouteTableIds"), rtb)
	member(table.Node, "Routes").Append(jsontree.NewObject("DestinationPrefixListId", list, "GatewayId", id, "Origin", "CreateRoute", "State", "active"))
	e.note("%s got the route %s to %s.", rtb, list, id)
	return nil
}

func routeTargetOf(r *jsontree.Node) string {
	for _, t := range routeTargets {
		if s := r.Get(t.parameter).Text(); s != "" {
			return s
		}
	}
	return "another target"
}

func (e endpointEdits) detachTable(ep found, rtb string) error {
	id := ep.Get("VpcEndpointId").Text()
	if !removeText(ep.Get("RouteTableIds"), rtb) {
		return e.refuse("InvalidRouteTableId.NotFound", "%s is not associated with %s", rtb, id)
	}
	if table, ok := e.find(routeTables.collection, "RouteTableId", rtb); ok {
		dropEndpointRoutes(table.Node, id)
		e.note("%s lost the route to %s.", rtb, id)
	}
	return nil
}

func dropEndpointRoutes(table *jsontree.Node, endpoint string) {
	routes := table.Get("Routes")
	for i := routes.Len() - 1; i >= 0; i-- {
		if routes.At(i).Get("GatewayId").Text() == endpoint && routes.At(i).Get("DestinationPrefixListId") != nil {
			routes.RemoveAt(i)
		}
	}
}

// servicePrefixList finds the id of the list of a gateway endpoint's service:
// by the list's name, or by a route that the endpoint has already.
func (e endpointEdits) servicePrefixList(ep found) (string, error) {
	service, id := ep.Get("ServiceName").Text(), ""
	for _, k := range []ec2Kind{prefixLists, managedLists} {
		e.each(k.collection, func(f found) bool {
			if f.scope.region == ep.scope.region && f.Get("PrefixListName").Text() == service {
				id = f.Get("PrefixListId").Text()
			}
			return id == ""
		})
	}
	e.each(routeTables.collection, func(f found) bool {
		for _, r := range f.Get("Routes").Elements() {
			if id == "" && r.Get("GatewayId").Text() == ep.Get("VpcEndpointId").Text() {
				id = r.Get("DestinationPrefixListId").Text()
			}
		}
		return id == ""
	})
	if id == "" {
		return "", e.refuse("", "the snapshot does not tell the id of the prefix list %s, which the new route would name; collect aws ec2 describe-prefix-lists", service)
	}
	return id, nil
}

func (e endpointEdits) createInterfaceEndpoint(ep found, p parameters) error {
	if p.has("RouteTableIds") {
		return e.refuse("InvalidParameter", "only gateway endpoints have route tables")
	}
	if len(p.items("SubnetIds")) == 0 {
		return e.refuse("MissingParameter", "an interface endpoint takes subnetIds")
	}
	groups := p.texts("SecurityGroupIds")
	if len(groups) == 0 { // the VPC's default group then (rule N65)
		e.each(securityGroups.collection, func(f found) bool {
			if f.Get("VpcId").Text() == p.text("VpcId") && f.Get("GroupName").Text() == "default" {
				groups = []string{f.Get("GroupId").Text()}
			}
			return len(groups) == 0
		})
	}
	if err := e.setEndpointGroups(ep, groups, nil); err != nil {
		return err
	}
	if p.has("ServiceRegion") {
		ep.Set("ServiceRegion", jsontree.NewString(p.text("ServiceRegion")))
	}
	if p.has("IpAddressType") {
		ep.Set("IpAddressType", jsontree.NewString(p.text("IpAddressType")))
	}
	for _, s := range p.texts("SubnetIds") {
		if err := e.addEndpointSubnet(ep, s); err != nil {
			return err
		}
	}
	private := p.yes("PrivateDnsEnabled") || !p.has("PrivateDnsEnabled") // on unless told otherwise
	return e.setPrivateDNS(ep, private, p)
}

func (e endpointEdits) setEndpointGroups(ep found, add, remove []string) error {
	list := member(ep.Node, "Groups")
	for _, id := range remove {
		i := slices.IndexFunc(list.Elements(), func(n *jsontree.Node) bool { return n.Get("GroupId").Text() == id })
		if i < 0 {
			return e.refuse("InvalidGroup.NotFound", "%s is not on %s", id, ep.Get("VpcEndpointId").Text())
		}
		list.RemoveAt(i)
	}
	for _, id := range add {
		g, err := e.need(securityGroups, id)
		if err != nil {
			return err
		}
		if g.Get("VpcId").Text() != ep.Get("VpcId").Text() {
			return e.refuse("InvalidGroup.NotFound", "%s belongs to %s, the endpoint to %s", id, g.Get("VpcId").Text(), ep.Get("VpcId").Text())
		}
		if slices.ContainsFunc(list.Elements(), func(n *jsontree.Node) bool { return n.Get("GroupId").Text() == id }) {
			continue
		}
		insertSorted(list, jsontree.NewObject("GroupId", id, "GroupName", g.Get("GroupName").Text()), "GroupId")
	}
	for _, eni := range ep.Get("NetworkInterfaceIds").Elements() {
		if f, ok := e.find(interfaces.collection, "NetworkInterfaceId", eni.Text()); ok {
			f.Set("Groups", list.Copy())
		}
	}
	return nil
}

// addEndpointSubnet gives an interface endpoint an interface in a subnet: one
// in each zone at most, with the first address that nothing else has.
func (e endpointEdits) addEndpointSubnet(ep found, id string) error {
	subnet, err := e.need(subnets, id)
	if err != nil {
		return err
	}
	if subnet.Get("VpcId").Text() != ep.Get("VpcId").Text() {
		return e.refuse("InvalidSubnetId.NotFound", "%s belongs to %s, the endpoint to %s", id, subnet.Get("VpcId").Text(), ep.Get("VpcId").Text())
	}
	for _, other := range ep.Get("SubnetIds").Elements() {
		o, ok := e.find(subnets.collection, "SubnetId", other.Text())
		if ok && o.Get("AvailabilityZone").Text() == subnet.Get("AvailabilityZone").Text() {
			return e.refuse("DuplicateSubnetsInSameZone", "%s and %s are in the same zone %s", other.Text(), id, subnet.Get("AvailabilityZone").Text())
		}
	}
	addr, ok := e.freeAddress(subnet.Node)
	if !ok {
		return e.refuse("InsufficientFreeAddressesInSubnet", "%s has no free address", id)
	}
	eni := "eni-" + strings.TrimPrefix(ep.Get("VpcEndpointId").Text(), "vpce-") + "-" + strings.TrimPrefix(id, "subnet-")
	addText(member(ep.Node, "SubnetIds"), id)
	addText(member(ep.Node, "NetworkInterfaceIds"), eni)
	insertSorted(ep.scope.collection(interfaces.collection), jsontree.NewObject("AvailabilityZone", subnet.Get("AvailabilityZone").Text(),
		"Description", "VPC Endpoint Interface "+ep.Get("VpcEndpointId").Text(), "Groups", ep.Get("Groups").Copy(), "InterfaceType", "vpc_endpoint",
		"NetworkInterfaceId", eni, "OwnerId", ep.Get("OwnerId").Text(), "PrivateIpAddress", addr.String(),
		"PrivateIpAddresses", jsontree.NewArray(jsontree.NewObject("Primary", true, "PrivateIpAddress", addr.String())),
		"SourceDestCheck", true, "Status", "in-use", "SubnetId", id, "VpcId", ep.Get("VpcId").Text()), "NetworkInterfaceId")
	e.note("AWS chooses the address of %s in %s; %s is assumed.", ep.Get("VpcEndpointId").Text(), id, addr)
	return nil
}

// freeAddress returns the first address of a subnet after the four that AWS
// reserves at its beginning that no interface of the snapshot has.
func (e endpointEdits) freeAddress(subnet *jsontree.Node) (netip.Addr, bool) {
	block, err := netip.ParsePrefix(subnet.Get("CidrBlock").Text())
	if err != nil {
		return netip.Addr{}, false
	}
	taken := map[string]bool{}
	e.each(interfaces.collection, func(f found) bool {
		for _, a := range f.Get("PrivateIpAddresses").Elements() {
			taken[a.Get("PrivateIpAddress").Text()] = true
		}
		taken[f.Get("PrivateIpAddress").Text()] = true
		return true
	})
	a := block.Masked().Addr()
	for range 4 {
		a = a.Next()
	}
	for block.Contains(a) && block.Contains(a.Next()) { // the last one is reserved
		if !taken[a.String()] {
			return a, true
		}
		a = a.Next()
	}
	return netip.Addr{}, false
}

func (e endpointEdits) removeEndpointSubnet(ep found, id string) error {
	if !removeText(ep.Get("SubnetIds"), id) {
		return e.refuse("InvalidSubnetId.NotFound", "%s has no interface in %s", ep.Get("VpcEndpointId").Text(), id)
	}
	for _, n := range ep.Get("NetworkInterfaceIds").Elements() {
		if f, ok := e.find(interfaces.collection, "NetworkInterfaceId", n.Text()); ok && f.Get("SubnetId").Text() == id {
			f.remove()
			removeText(ep.Get("NetworkInterfaceIds"), n.Text())
		}
	}
	return nil
}

// setPrivateDNS turns private DNS on or off with AWS's conditions: both DNS
// attributes of the VPC, no other endpoint that has the name, and for S3's
// default of inbound resolver endpoints only a gateway endpoint (N67, N68).
func (e endpointEdits) setPrivateDNS(ep found, on bool, p parameters) error {
	inboundOnly := p.sub("DnsOptions").yes("PrivateDnsOnlyForInboundResolverEndpoint")
	isS3 := s3Service.MatchString(ep.Get("ServiceName").Text())
	if !p.sub("DnsOptions").has("PrivateDnsOnlyForInboundResolverEndpoint") {
		inboundOnly = isS3
		if old := ep.Get("DnsOptions").Get("PrivateDnsOnlyForInboundResolverEndpoint"); old != nil {
			inboundOnly = old.True()
		}
	}
	if on {
		if err := e.checkPrivateDNS(ep, isS3 && inboundOnly); err != nil {
			return err
		}
	}
	ep.Set("PrivateDnsEnabled", jsontree.NewBool(on))
	if isS3 && on || p.has("DnsOptions") {
		options := ep.Get("DnsOptions")
		if options.Kind() != jsontree.Object {
			ep.Set("DnsOptions", jsontree.NewObject())
			options = ep.Get("DnsOptions")
		}
		options.Set("PrivateDnsOnlyForInboundResolverEndpoint", jsontree.NewBool(inboundOnly))
		if t := p.sub("DnsOptions").text("DnsRecordIpType"); t != "" {
			options.Set("DnsRecordIpType", jsontree.NewString(t))
		}
	}
	return nil
}

func (e endpointEdits) checkPrivateDNS(ep found, needsGateway bool) error {
	vpc := ep.Get("VpcId").Text()
	e2 := e.vpcAttribute(vpc)
	for _, name := range []string{"EnableDnsSupport", "EnableDnsHostnames"} {
		if v := attributeValue(e2.Get(name)); v != nil && !v.True() {
			return e.refuse("InvalidParameter", "private DNS needs both DNS attributes of %s set; %s is off", vpc, name)
		}
	}
	gateway, rival := false, ""
	e.each(endpoints.collection, func(f found) bool {
		if f.Get("VpcId").Text() != vpc || f.Get("VpcEndpointId").Text() == ep.Get("VpcEndpointId").Text() || f.Get("ServiceName").Text() != ep.Get("ServiceName").Text() {
			return true
		}
		if strings.EqualFold(f.Get("VpcEndpointType").Text(), "Gateway") {
			gateway = true
		} else if f.Get("PrivateDnsEnabled").True() {
			rival = f.Get("VpcEndpointId").Text()
		}
		return true
	})
	switch {
	case rival != "":
		return e.refuse("InvalidParameter", "private-dns-enabled cannot be set because there is already a conflicting DNS domain in %s, by %s", vpc, rival)
	case needsGateway && !gateway:
		return e.refuse("InvalidParameter", "private DNS for inbound resolver endpoints only, S3's default, needs an S3 gateway endpoint in %s; set dnsOptions.privateDnsOnlyForInboundResolverEndpoint to false, or create one", vpc)
	}
	return nil
}

func (e endpointEdits) setEndpointPolicy(ep found, text string) error {
	if len(text) > 20480 {
		return e.refuse("InvalidPolicyDocument", "POLICY_TOO_LARGE: %d characters; an endpoint policy takes 20,480, whitespace included", len(text))
	}
	if err := e.checkPolicy(text, policy.KindEndpoint, "InvalidPolicyDocument"); err != nil {
		return err
	}
	setDocument(ep.Node, "PolicyDocument", text, true)
	return nil
}

func modifyEndpoint(e *editor, p parameters) error {
	ep, err := e.need(endpoints, p.text("VpcEndpointId"))
	if err != nil {
		return err
	}
	gateway := strings.EqualFold(ep.Get("VpcEndpointType").Text(), "Gateway")
	if gateway && (p.has("AddSubnetIds") || p.has("RemoveSubnetIds") || p.has("AddSecurityGroupIds") || p.has("RemoveSecurityGroupIds") || p.has("PrivateDnsEnabled")) {
		return e.refuse("InvalidParameter", "%s is a gateway endpoint: it has no subnets, security groups or private DNS", p.text("VpcEndpointId"))
	}
	if !gateway && (p.has("AddRouteTableIds") || p.has("RemoveRouteTableIds")) {
		return e.refuse("InvalidParameter", "%s is not a gateway endpoint: it has no route tables", p.text("VpcEndpointId"))
	}
	if p.has("PolicyDocument") && p.yes("ResetPolicy") {
		return e.refuse("InvalidParameterCombination", "policyDocument and resetPolicy exclude each other")
	}
	return e.endpointEdits().modifyEndpointParts(ep, p)
}

func (e endpointEdits) modifyEndpointParts(ep found, p parameters) error {
	for _, part := range []struct {
		name  string
		apply func(found, string) error
	}{
		{"RemoveRouteTableIds", e.detachTable}, {"AddRouteTableIds", e.attachTable},
		{"RemoveSubnetIds", e.removeEndpointSubnet}, {"AddSubnetIds", e.addEndpointSubnet},
	} {
		for _, id := range p.texts(part.name) {
			if err := part.apply(ep, id); err != nil {
				return err
			}
		}
	}
	if p.has("AddSecurityGroupIds") || p.has("RemoveSecurityGroupIds") {
		if err := e.setEndpointGroups(ep, p.texts("AddSecurityGroupIds"), p.texts("RemoveSecurityGroupIds")); err != nil {
			return err
		}
	}
	if p.yes("ResetPolicy") {
		setDocument(ep.Node, "PolicyDocument", defaultEndpointPolicy, true)
	}
	if p.has("PolicyDocument") {
		if err := e.setEndpointPolicy(ep, p.text("PolicyDocument")); err != nil {
			return err
		}
	}
	if p.has("IpAddressType") {
		ep.Set("IpAddressType", jsontree.NewString(p.text("IpAddressType")))
	}
	if p.has("PrivateDnsEnabled") || p.has("DnsOptions") {
		on := ep.Get("PrivateDnsEnabled").True()
		if p.has("PrivateDnsEnabled") {
			on = p.yes("PrivateDnsEnabled")
		}
		return e.setPrivateDNS(ep, on, p)
	}
	return nil
}

func deleteEndpoints(e *editor, p parameters) error {
	for _, id := range p.texts("VpcEndpointIds") {
		ep, err := e.need(endpoints, id)
		if err != nil {
			return err
		}
		e.each(routeTables.collection, func(f found) bool {
			before := f.Get("Routes").Len()
			dropEndpointRoutes(f.Node, id)
			if f.Get("Routes").Len() < before {
				e.note("%s lost the route to %s.", f.Get("RouteTableId").Text(), id)
			}
			return true
		})
		for _, eni := range ep.Get("NetworkInterfaceIds").Elements() {
			if f, ok := e.find(interfaces.collection, "NetworkInterfaceId", eni.Text()); ok {
				f.remove()
			}
		}
		e.setRouteState(id, "", "blackhole") // of a Gateway Load Balancer endpoint
		ep.remove()
	}
	return nil
}
