package change

import (
	"net/netip"
	"slices"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/internal/located"
)

func createInternetGateway(e *editor, _ parameters) error {
	scopes := e.regions()
	if len(scopes) != 1 {
		return e.refuse("", "the snapshot has %d regions; say which with account and region beside the operation", len(scopes))
	}
	id, err := e.newID(igws, "igw-")
	if err != nil {
		return err
	}
	insertSorted(scopes[0].collection(igws.collection), jsontree.NewObject("Attachments", jsontree.NewArray(), "InternetGatewayId", id,
		"OwnerId", scopes[0].accountID(), "Tags", jsontree.NewArray()), "InternetGatewayId")
	return nil
}

func attachInternetGateway(e *editor, p parameters) error {
	igw, err := e.need(igws, p.text("InternetGatewayId"))
	if err != nil {
		return err
	}
	if _, err := e.need(vpcs, p.text("VpcId")); err != nil {
		return err
	}
	if igw.Get("Attachments").Len() > 0 {
		return e.refuse("Resource.AlreadyAssociated", "%s is attached to %s already", p.text("InternetGatewayId"), igw.Get("Attachments").At(0).Get("VpcId").Text())
	}
	rival := ""
	e.each(igws.collection, func(f found) bool {
		for _, a := range f.Get("Attachments").Elements() {
			if a.Get("VpcId").Text() == p.text("VpcId") {
				rival = f.Get("InternetGatewayId").Text()
			}
		}
		return rival == ""
	})
	if rival != "" {
		return e.refuse("InvalidParameterValue", "%s has the internet gateway %s already", p.text("VpcId"), rival)
	}
	return e.encryptionEdits().encrypting(p.text("VpcId"), func() error {
		member(igw.Node, "Attachments").Append(jsontree.NewObject("State", "available", "VpcId", p.text("VpcId")))
		e.setRouteState(p.text("InternetGatewayId"), p.text("VpcId"), "active")
		return nil
	})
}

// setRouteState marks the static routes to a target, as AWS does when the
// target comes or goes.
func (e *editor) setRouteState(target, vpc, state string) {
	e.each(routeTables.collection, func(f found) bool {
		if vpc != "" && f.Get("VpcId").Text() != vpc {
			return true
		}
		for _, r := range f.Get("Routes").Elements() {
			if routeTargetOf(r) == target && r.Get("State").Text() != state {
				r.Set("State", jsontree.NewString(state))
				e.note("The route to %s in %s is now %s.", target, f.Get("RouteTableId").Text(), state)
			}
		}
		return true
	})
}

func detachInternetGateway(e *editor, p parameters) error {
	igw, err := e.need(igws, p.text("InternetGatewayId"))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(igw.Get("Attachments").Elements(), func(a *jsontree.Node) bool { return a.Get("VpcId").Text() == p.text("VpcId") })
	if i < 0 {
		return e.refuse("Gateway.NotAttached", "%s is not attached to %s", p.text("InternetGatewayId"), p.text("VpcId"))
	}
	igw.Get("Attachments").RemoveAt(i)
	e.setRouteState(p.text("InternetGatewayId"), p.text("VpcId"), "blackhole")
	return nil
}

func deleteInternetGateway(e *editor, p parameters) error {
	igw, err := e.need(igws, p.text("InternetGatewayId"))
	if err != nil {
		return err
	}
	if igw.Get("Attachments").Len() > 0 {
		return e.refuse("DependencyViolation", "%s is attached to %s", p.text("InternetGatewayId"), igw.Get("Attachments").At(0).Get("VpcId").Text())
	}
	igw.remove()
	return nil
}

func createNATGateway(e *editor, p parameters) error {
	subnet, err := e.need(subnets, p.text("SubnetId"))
	if err != nil {
		return err
	}
	kind := p.text("ConnectivityType")
	if kind == "" {
		kind = "public"
	}
	private, ok := e.endpointEdits().freeAddress(subnet.Node)
	if !ok {
		return e.refuse("InsufficientFreeAddressesInSubnet", "%s has no free address", p.text("SubnetId"))
	}
	address := jsontree.NewObject("IsPrimary", true, "PrivateIp", private.String(), "Status", "succeeded")
	if kind == "public" {
		if !p.has("AllocationId") {
			return e.refuse("MissingParameter", "a public NAT gateway takes allocationId, an Elastic IP's")
		}
		address.Set("AllocationId", jsontree.NewString(p.text("AllocationId")))
		eip, err := e.need(addresses, p.text("AllocationId"))
		if err != nil {
			return err
		}
		if eip.Get("AssociationId").Text() != "" {
			return e.refuse("InvalidParameterCombination", "%s is associated with something already", p.text("AllocationId"))
		}
		address.Set("PublicIp", jsontree.NewString(eip.Get("PublicIp").Text()))
		eip.Set("AssociationId", jsontree.NewString(e.partID("eipassoc-", p.text("AllocationId"))))
	}
	id, err := e.newID(natGateways, "nat-")
	if err != nil {
		return err
	}
	gateway := jsontree.NewObject("ConnectivityType", kind, "NatGatewayAddresses", jsontree.NewArray(address),
		"NatGatewayId", id, "State", "available", "SubnetId", p.text("SubnetId"), "Tags", jsontree.NewArray(), "VpcId", subnet.Get("VpcId").Text())
	return e.encryptionEdits().encrypting(subnet.Get("VpcId").Text(), func() error {
		insertSorted(subnet.scope.collection(natGateways.collection), gateway, "NatGatewayId")
		return nil
	})
}

func deleteNATGateway(e *editor, p parameters) error {
	nat, err := e.need(natGateways, p.text("NatGatewayId"))
	if err != nil {
		return err
	}
	if state := nat.Get("State").Text(); state == "deleting" || state == "deleted" {
		return e.refuse("NatGatewayNotFound", "%s is %s already", p.text("NatGatewayId"), state)
	}
	nat.Set("State", jsontree.NewString("deleted"))
	for _, a := range nat.Get("NatGatewayAddresses").Elements() { // its interfaces go, its addresses are free again
		if eni, ok := e.find(interfaces.collection, interfaces.idKey, a.Get("NetworkInterfaceId").Text()); ok {
			eni.remove()
		}
		if eip, ok := e.find(addresses.collection, addresses.idKey, a.Get("AllocationId").Text()); ok {
			eip.Delete("AssociationId")
		}
	}
	e.setRouteState(p.text("NatGatewayId"), "", "blackhole")
	return nil
}

func acceptPeering(e *editor, p parameters) error {
	pcx, err := e.need(peerings, p.text("VpcPeeringConnectionId"))
	if err != nil {
		return err
	}
	if code := pcx.Get("Status").Get("Code").Text(); code != "pending-acceptance" {
		return e.refuse("InvalidStateTransition", "%s is %s, not pending-acceptance", p.text("VpcPeeringConnectionId"), code)
	}
	return e.encryptionEdits().encrypting(pcx.Get("RequesterVpcInfo").Get("VpcId").Text(), func() error {
		pcx.Set("Status", jsontree.NewObject("Code", "active", "Message", "Active"))
		e.setRouteState(p.text("VpcPeeringConnectionId"), "", "active")
		return nil
	})
}

func deletePeering(e *editor, p parameters) error {
	pcx, err := e.need(peerings, p.text("VpcPeeringConnectionId"))
	if err != nil {
		return err
	}
	if code := pcx.Get("Status").Get("Code").Text(); code != "active" && code != "pending-acceptance" {
		return e.refuse("InvalidStateTransition", "%s is %s", p.text("VpcPeeringConnectionId"), code)
	}
	pcx.Set("Status", jsontree.NewObject("Code", "deleted"))
	e.setRouteState(p.text("VpcPeeringConnectionId"), "", "blackhole")
	return nil
}

// tgwRoutes finds the routes of a transit gateway route table: beside it, or
// in a collection of their own, as search-transit-gateway-routes gives them.
func (e *editor) tgwRoutes(id string) (found, *jsontree.Node, error) {
	table, err := e.need(tgwRouteTables, id)
	if err != nil {
		return table, nil, err
	}
	if table.Get("Routes").Kind() == jsontree.Array {
		return table, table.Get("Routes"), nil
	}
	if f, ok := e.find("TransitGatewayRoutes", "TransitGatewayRouteTableId", id); ok && f.Get("Routes").Kind() == jsontree.Array {
		return table, f.Get("Routes"), nil
	}
	return table, nil, e.refuse("", "the routes of %s are not in the snapshot; collect aws ec2 search-transit-gateway-routes", id)
}

func (e *editor) tgwRouteAt(routes *jsontree.Node, p parameters) (at int, cidr string, err error) {
	c, perr := netip.ParsePrefix(p.text("DestinationCidrBlock"))
	if perr != nil {
		return 0, "", e.refuse("InvalidParameterValue", "%q is not a CIDR block", p.text("DestinationCidrBlock"))
	}
	cidr = c.Masked().String()
	return slices.IndexFunc(routes.Elements(), func(r *jsontree.Node) bool {
		return canonicalCIDR(r.Get("DestinationCidrBlock").Text()) == cidr && r.Get("Type").Text() != "propagated"
	}), cidr, nil
}

func setTGWRoute(replace bool) func(*editor, parameters) error {
	return func(e *editor, p parameters) error {
		_, routes, err := e.tgwRoutes(p.text("TransitGatewayRouteTableId"))
		if err != nil {
			return err
		}
		at, cidr, err := e.tgwRouteAt(routes, p)
		switch {
		case err != nil:
			return err
		case replace && at < 0:
			return e.refuse("InvalidRoute.NotFound", "%s has no static route to %s", p.text("TransitGatewayRouteTableId"), cidr)
		case !replace && at >= 0:
			return e.refuse("RouteAlreadyExists", "%s has a static route to %s already", p.text("TransitGatewayRouteTableId"), cidr)
		}
		route, err := e.tgwRoute(cidr, p)
		if err != nil {
			return err
		}
		if replace {
			routes.ReplaceAt(at, route)
		} else {
			routes.Append(route)
		}
		return nil
	}
}

func (e *editor) tgwRoute(cidr string, p parameters) (*jsontree.Node, error) {
	if p.yes("Blackhole") {
		return jsontree.NewObject("DestinationCidrBlock", cidr, "State", "blackhole", "Type", "static"), nil
	}
	if !p.has("TransitGatewayAttachmentId") {
		return nil, e.refuse("MissingParameter", "a route takes transitGatewayAttachmentId or blackhole")
	}
	a, err := e.tgwAttachment(p.text("TransitGatewayAttachmentId"))
	if err != nil {
		return nil, err
	}
	resource, kind := a.Get("ResourceId").Text(), a.Get("ResourceType").Text()
	if kind == "" {
		resource, kind = a.Get("VpcId").Text(), "vpc"
	}
	return jsontree.NewObject("DestinationCidrBlock", cidr, "State", "active", "TransitGatewayAttachments", jsontree.NewArray(jsontree.NewObject(
		"ResourceId", resource, "ResourceType", kind, "TransitGatewayAttachmentId", p.text("TransitGatewayAttachmentId"))), "Type", "static"), nil
}

func (e *editor) tgwAttachment(id string) (found, error) {
	if f, ok := e.find(tgwAnyAttach.collection, tgwAnyAttach.idKey, id); ok {
		return f, nil
	}
	return e.need(tgwAttachments, id)
}

func deleteTGWRoute(e *editor, p parameters) error {
	_, routes, err := e.tgwRoutes(p.text("TransitGatewayRouteTableId"))
	if err != nil {
		return err
	}
	at, cidr, err := e.tgwRouteAt(routes, p)
	if err != nil {
		return err
	}
	if at < 0 {
		return e.refuse("InvalidRoute.NotFound", "%s has no static route to %s", p.text("TransitGatewayRouteTableId"), cidr)
	}
	routes.RemoveAt(at)
	return nil
}

func setTGWAssociation(on bool) func(*editor, parameters) error {
	return func(e *editor, p parameters) error {
		if _, err := e.need(tgwRouteTables, p.text("TransitGatewayRouteTableId")); err != nil {
			return err
		}
		a, err := e.tgwAttachment(p.text("TransitGatewayAttachmentId"))
		if err != nil {
			return err
		}
		current := a.Get("Association").Get("TransitGatewayRouteTableId").Text()
		if on && current != "" {
			return e.refuse("Resource.AlreadyAssociated", "%s is associated with %s already", p.text("TransitGatewayAttachmentId"), current)
		}
		if !on && current != p.text("TransitGatewayRouteTableId") {
			return e.refuse("InvalidAssociation.NotFound", "%s is not associated with %s", p.text("TransitGatewayAttachmentId"), p.text("TransitGatewayRouteTableId"))
		}
		if !on {
			a.Delete("Association")
			return nil
		}
		a.Set("Association", jsontree.NewObject("State", "associated", "TransitGatewayRouteTableId", p.text("TransitGatewayRouteTableId")))
		return nil
	}
}

// listEntries finds the array that holds a prefix list's entries.
func (e *editor) listEntries(id string) (found, *jsontree.Node, error) {
	l, err := e.need(managedLists, id)
	if err != nil {
		return l, nil, err
	}
	if l.Get("OwnerId").Text() == "AWS" {
		return l, nil, e.refuse("InvalidPrefixListModification", "%s is AWS's own", id)
	}
	if l.Get("Entries").Kind() == jsontree.Array {
		return l, l.Get("Entries"), nil
	}
	if f, ok := e.find("ManagedPrefixListEntries", "PrefixListId", id); ok {
		return l, member(f.Node, "Entries"), nil
	}
	return l, nil, e.refuse("", "the entries of %s are not in the snapshot; collect aws ec2 get-managed-prefix-list-entries", id)
}

func modifyPrefixList(e *editor, p parameters) error {
	l, entries, err := e.listEntries(p.text("PrefixListId"))
	if err != nil {
		return err
	}
	at := func(v located.Value) int {
		cidr := canonicalCIDR(parameters{v}.text("Cidr"))
		return slices.IndexFunc(entries.Elements(), func(n *jsontree.Node) bool { return canonicalCIDR(n.Get("Cidr").Text()) == cidr })
	}
	version, known := l.Get("Version").Int()
	if p.has("CurrentVersion") && known && p.int("CurrentVersion") != version {
		return e.refuse("PrefixListVersionMismatch", "%s has the version %d, not %d", p.text("PrefixListId"), version, p.int("CurrentVersion"))
	}
	for _, v := range p.items("RemoveEntries") {
		i := at(v)
		if i < 0 {
			return e.refuse("InvalidPrefixListModification", "%s has no entry %s", p.text("PrefixListId"), parameters{v}.text("Cidr"))
		}
		entries.RemoveAt(i)
	}
	for _, v := range p.items("AddEntries") {
		q := parameters{v}
		if _, perr := netip.ParsePrefix(q.text("Cidr")); perr != nil {
			return e.refuse("InvalidParameterValue", "%q is not a CIDR block", q.text("Cidr"))
		}
		if at(v) >= 0 {
			return e.refuse("InvalidPrefixListModification", "%s has the entry %s already", p.text("PrefixListId"), q.text("Cidr"))
		}
		entry := jsontree.NewObject("Cidr", canonicalCIDR(q.text("Cidr")))
		if q.has("Description") {
			entry.Set("Description", jsontree.NewString(q.text("Description")))
		}
		insertSorted(entries, entry, "Cidr")
	}
	if most, ok := l.Get("MaxEntries").Int(); ok && entries.Len() > most {
		return e.refuse("PrefixListMaxEntriesExceeded", "%s would have %d entries; its maximum is %d", p.text("PrefixListId"), entries.Len(), most)
	}
	if known && (p.has("AddEntries") || p.has("RemoveEntries")) {
		l.Set("Version", jsontree.NewInt(version+1))
	}
	return nil
}
