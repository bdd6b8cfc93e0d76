package network_test

import (
	"pgregory.net/rapid"

	"github.com/canreach/canreach/internal/testkit/world"
)

// chainTheme is a way over two transit gateways: from vpc-a by tgw-1 into
// vpc-h, from there by tgw-2 into vpc-c, and out by a NAT gateway there.
func chainTheme(t *rapid.T, w *world.World) {
	w.Apply(onlyDefault("tgw-1"), world.VPC("vpc-c", "10.8.0.0/16"), world.ACL("acl-c", "vpc-c", true, world.AllowAll...),
		world.Subnet("subnet-c1", "vpc-c", "10.8.1.0/24", zonePool.Draw(t, "zone of subnet-c1")), world.Subnet("subnet-c2", "vpc-c", "10.8.2.0/24", "us-east-1a"),
		world.IGW("igw-c", "vpc-c"), world.NATGateway("nat-c", "subnet-c2", "10.8.2.20", "203.0.113.88"))
	doors := []string{"subnet-h1"}
	if chance(t, 2, "a door of its own") {
		w.Apply(world.Subnet("subnet-h3", "vpc-h", "10.9.3.0/24", zonePool.Draw(t, "zone of subnet-h3")))
		doors = append(doors[:0], "subnet-h3")
	}
	routes := []world.Obj{world.TGWRoute("0.0.0.0/0", "tgw-attach-c"), world.TGWRoute("10.0.0.0/16", "tgw-attach-h2")}
	if chance(t, 5, "no way back by tgw-2") {
		routes = routes[:1]
	}
	arrivals := []string{"subnet-c1"}
	if chance(t, 3, "two zones") { // vpc-h is in zone b, so that the traffic changes its zone there
		w.Apply(world.Set("Subnets", "subnet-h1", "AvailabilityZone", "us-east-1b"), world.Set("Subnets", "subnet-h1", "AvailabilityZoneId", "use1-az2"),
			world.Subnet("subnet-c3", "vpc-c", "10.8.3.0/24", "us-east-1b"),
			world.Table("rtb-c3", "vpc-c", []string{"subnet-c3"}, world.To("0.0.0.0/0", rapid.SampledFrom([]string{"nat-c", "nat-c", "igw-c"}).Draw(t, "c3")), world.To("10.0.0.0/16", "tgw-2")))
		arrivals = append(arrivals, "subnet-c3")
	}
	w.Apply(secondGateway(routes...), attachTo2("tgw-attach-h2", "vpc-h", doors...), attachTo2("tgw-attach-c", "vpc-c", arrivals...))
	back := rapid.SampledFrom([]string{"tgw-2", "tgw-2", "tgw-2", "igw-c"}).Draw(t, "c2 back")
	w.Apply(world.Table("rtb-c1", "vpc-c", []string{"subnet-c1"}, world.To("0.0.0.0/0", rapid.SampledFrom([]string{"nat-c", "nat-c", "nat-c", "tgw-2", "igw-c"}).Draw(t, "c1")), world.To("10.0.0.0/16", "tgw-2")),
		world.Table("rtb-c2", "vpc-c", []string{"subnet-c2"}, world.To("0.0.0.0/0", "igw-c"), world.To("10.0.0.0/16", back)))
	if len(doors) > 0 && doors[0] == "subnet-h3" {
		w.Apply(world.Table("rtb-h3", "vpc-h", []string{"subnet-h3"}, world.To(rapid.SampledFrom([]string{"10.0.0.0/16", "10.0.0.0/16", "10.0.1.128/25"}).Draw(t, "h3 back"), rapid.SampledFrom([]string{"tgw-1", "tgw-1", "tgw-1", "nat-h"}).Draw(t, "h3 by"))))
	}
}

var zonePool = rapid.SampledFrom([]string{"us-east-1a", "us-east-1a", "us-east-1b"})

// chainTables is hubTables for it: vpc-h hands on to tgw-2.
func chainTables(t *rapid.T, w *world.World) {
	h1 := []world.Obj{world.To("0.0.0.0/0", rapid.SampledFrom([]string{"tgw-2", "tgw-2", "tgw-2", "tgw-2", "tgw-1", "nat-h"}).Draw(t, "h1"))}
	if !chance(t, 5, "no way back") {
		h1 = append(h1, world.To("10.0.0.0/16", rapid.SampledFrom([]string{"tgw-1", "tgw-1", "tgw-1", "tgw-2"}).Draw(t, "h1 back")))
	}
	w.Apply(world.Table("rtb-h1", "vpc-h", []string{"subnet-h1"}, h1...), world.Table("rtb-h2", "vpc-h", []string{"subnet-h2"}, world.To("0.0.0.0/0", "igw-h"), world.To("10.0.0.0/16", "tgw-1")))
}

// secondGateway is tgw-2 with its table tgw-rtb-2.
func secondGateway(routes ...world.Obj) world.Edit {
	return func(w *world.World) {
		list := world.List{}
		for _, r := range routes {
			list = append(list, r)
		}
		w.Apply(world.Add("TransitGateways", world.Obj{"TransitGatewayId": "tgw-2", "OwnerId": world.AccountID, "State": "available", "Options": world.Obj{"SecurityGroupReferencingSupport": "disable"}}),
			world.Add("TransitGatewayRouteTables", world.Obj{"TransitGatewayRouteTableId": "tgw-rtb-2", "TransitGatewayId": "tgw-2", "State": "available", "Routes": list}))
	}
}

// attachTo2 is world.Attach to tgw-2 and tgw-rtb-2.
func attachTo2(id, vpc string, subnets ...string) world.Edit {
	return func(w *world.World) {
		w.Apply(world.Attach(id, "tgw-2", vpc, subnets...))
		w.Get("TransitGatewayAttachments", id)["Association"].(world.Obj)["TransitGatewayRouteTableId"] = "tgw-rtb-2"
	}
}
