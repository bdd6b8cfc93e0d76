package change

import (
	"cmp"

	"github.com/canreach/canreach/internal/jsontree"
)

func createRouteTable(e *editor, p parameters) error {
	vpc, err := e.need(vpcs, p.text("VpcId"))
	if err != nil {
		return err
	}
	id, err := e.newID(routeTables, "rtb-")
	if err != nil {
		return err
	}
	routes := jsontree.NewArray()
	for _, c := range vpcBlocks(vpc.Node) {
		key := "DestinationCidrBlock"
		if c.Addr().Is6() {
			key = "DestinationIpv6CidrBlock"
		}
		routes.Append(jsontree.NewObject(key, c.String(), "GatewayId", "local", "Origin", "CreateRouteTable", "State", "active"))
	}
	insertSorted(vpc.scope.collection(routeTables.collection), jsontree.NewObject("Associations", jsontree.NewArray(), "OwnerId", vpc.scope.accountID(),
		"PropagatingVgws", jsontree.NewArray(), "RouteTableId", id, "Routes", routes, "Tags", jsontree.NewArray(), "VpcId", p.text("VpcId")), "RouteTableId")
	return nil
}

func deleteRouteTable(e *editor, p parameters) error {
	table, err := e.need(routeTables, p.text("RouteTableId"))
	if err != nil {
		return err
	}
	if table.Get("Associations").Len() > 0 {
		a := table.Get("Associations").At(0)
		if a.Get("Main").True() {
			return e.refuse("DependencyViolation", "%s is the main route table of its VPC", p.text("RouteTableId"))
		}
		return e.refuse("DependencyViolation", "%s is associated with %s", p.text("RouteTableId"), a.Get("SubnetId").Text()+a.Get("GatewayId").Text())
	}
	e.each(endpoints.collection, func(f found) bool {
		removeText(f.Get("RouteTableIds"), p.text("RouteTableId"))
		return true
	})
	table.remove()
	return nil
}

func newTableAssociation(id, table, subnet string) *jsontree.Node {
	return jsontree.NewObject("AssociationState", jsontree.NewObject("State", "associated"), "Main", false,
		"RouteTableAssociationId", id, "RouteTableId", table, "SubnetId", subnet)
}

func associateRouteTable(e *editor, p parameters) error {
	table, err := e.need(routeTables, p.text("RouteTableId"))
	if err != nil {
		return err
	}
	if !p.has("SubnetId") {
		return e.refuse("", "associateRouteTable takes subnetId; an association with a gateway is not modelled as a change, use a JSON Patch")
	}
	subnet, err := e.need(subnets, p.text("SubnetId"))
	if err != nil {
		return err
	}
	if subnet.Get("VpcId").Text() != table.Get("VpcId").Text() {
		return e.refuse("InvalidParameterValue", "route table %s and subnet %s belong to different networks", p.text("RouteTableId"), p.text("SubnetId"))
	}
	if old, _ := e.association(routeTables.collection, "RouteTableAssociationId", p); old.Node != nil {
		return e.refuse("Resource.AlreadyAssociated", "%s is associated with %s already; replaceRouteTableAssociation moves it", p.text("SubnetId"), old.Get("RouteTableId").Text())
	}
	member(table.Node, "Associations").Append(newTableAssociation(e.partID("rtbassoc-", p.text("SubnetId")), p.text("RouteTableId"), p.text("SubnetId")))
	return nil
}

func disassociateRouteTable(e *editor, p parameters) error {
	table, i := e.association(routeTables.collection, "RouteTableAssociationId", p)
	if table.Node == nil {
		return e.refuse("InvalidAssociationID.NotFound", "no route table of the snapshot has the association %s", associationName(p))
	}
	if table.Get("Associations").At(i).Get("Main").True() {
		return e.refuse("InvalidParameterValue", "cannot disassociate the main route table association %s", associationName(p))
	}
	table.Get("Associations").RemoveAt(i)
	return nil
}

func replaceTableAssociation(e *editor, p parameters) error {
	table, err := e.need(routeTables, p.text("RouteTableId"))
	if err != nil {
		return err
	}
	old, i := e.association(routeTables.collection, "RouteTableAssociationId", p)
	if old.Node == nil {
		return e.refuse("InvalidAssociationID.NotFound", "no route table of the snapshot has the association %s", associationName(p))
	}
	if old.Get("VpcId").Text() != table.Get("VpcId").Text() {
		return e.refuse("InvalidParameterValue", "%s and %s belong to different networks", old.Get("RouteTableId").Text(), p.text("RouteTableId"))
	}
	if old.Get("RouteTableId").Text() == p.text("RouteTableId") {
		e.note("The association %s was with %s already.", associationName(p), p.text("RouteTableId"))
		return nil
	}
	a := old.Get("Associations").At(i).Copy()
	old.Get("Associations").RemoveAt(i)
	added := member(table.Node, "Associations")
	added.Append(a)
	a.Set("RouteTableAssociationId", jsontree.NewString(e.partID("rtbassoc-", cmp.Or(a.Get("SubnetId").Text(), a.Get("GatewayId").Text(), old.Get("VpcId").Text()))))
	a.Set("RouteTableId", jsontree.NewString(p.text("RouteTableId")))
	return nil
}

func setPropagation(on bool) func(*editor, parameters) error {
	return func(e *editor, p parameters) error {
		table, err := e.need(routeTables, p.text("RouteTableId"))
		if err != nil {
			return err
		}
		list := member(table.Node, "PropagatingVgws")
		at := -1
		for i, g := range list.Elements() {
			if g.Get("GatewayId").Text() == p.text("GatewayId") {
				at = i
			}
		}
		if !on {
			if at >= 0 {
				list.RemoveAt(at)
			}
			routes := table.Get("Routes")
			for i := routes.Len() - 1; i >= 0; i-- {
				if r := routes.At(i); propagated(r) && r.Get("GatewayId").Text() == p.text("GatewayId") {
					routes.RemoveAt(i)
				}
			}
			return nil
		}
		if err := e.routeEdits().checkGateway(p.text("GatewayId"), table.Get("VpcId").Text()); err != nil {
			return err
		}
		if at < 0 {
			list.Append(jsontree.NewObject("GatewayId", p.text("GatewayId")))
			e.note("Which routes %s would propagate is not in the snapshot: none was added to %s.", p.text("GatewayId"), p.text("RouteTableId"))
		}
		return nil
	}
}
