package network_test

import (
	"testing"

	"github.com/canreach/canreach/internal/testkit/world"
)

// chain is the whole way of chainTheme: vpc-a, tgw-1, vpc-h, tgw-2 (attached
// in subnet-h3), vpc-c, nat-c, with ways back.
func chain(h3 ...world.Obj) world.Edit {
	return world.All(hub, onlyDefault("tgw-1"), world.VPC("vpc-c", "10.8.0.0/16"), world.ACL("acl-c", "vpc-c", true, world.AllowAll...),
		world.Subnet("subnet-h3", "vpc-h", "10.9.3.0/24", "us-east-1a"), world.Subnet("subnet-c1", "vpc-c", "10.8.1.0/24", "us-east-1a"), world.Subnet("subnet-c2", "vpc-c", "10.8.2.0/24", "us-east-1a"),
		world.IGW("igw-c", "vpc-c"), world.NATGateway("nat-c", "subnet-c2", "10.8.2.20", "203.0.113.88"),
		secondGateway(world.TGWRoute("0.0.0.0/0", "tgw-attach-c"), world.TGWRoute("10.0.0.0/16", "tgw-attach-h2")),
		attachTo2("tgw-attach-h2", "vpc-h", "subnet-h3"), attachTo2("tgw-attach-c", "vpc-c", "subnet-c1"),
		world.Table("rtb-h1", "vpc-h", []string{"subnet-h1"}, world.To("0.0.0.0/0", "tgw-2"), world.To("10.0.0.0/16", "tgw-1")), world.Table("rtb-h3", "vpc-h", []string{"subnet-h3"}, h3...),
		world.Table("rtb-c1", "vpc-c", []string{"subnet-c1"}, world.To("0.0.0.0/0", "nat-c"), world.To("10.0.0.0/16", "tgw-2")),
		world.Table("rtb-c2", "vpc-c", []string{"subnet-c2"}, world.To("0.0.0.0/0", "igw-c"), world.To("10.0.0.0/16", "tgw-2")))
}

// viaZoneB puts vpc-h into zone b, and a second subnet of vpc-c, which has no
// way out, into it as well.
var viaZoneB = world.All(world.Set("Subnets", "subnet-h1", "AvailabilityZone", "us-east-1b"), world.Set("Subnets", "subnet-h1", "AvailabilityZoneId", "use1-az2"),
	world.Set("Subnets", "subnet-h3", "AvailabilityZone", "us-east-1b"), world.Set("Subnets", "subnet-h3", "AvailabilityZoneId", "use1-az2"),
	world.Subnet("subnet-c3", "vpc-c", "10.8.3.0/24", "us-east-1b"), world.Table("rtb-c3", "vpc-c", []string{"subnet-c3"}, world.To("10.0.0.0/16", "tgw-2")),
	world.Set("TransitGatewayVpcAttachments", "tgw-attach-c", "SubnetIds", world.List{"subnet-c1", "subnet-c3"}))

func TestTwoTransitGateways(t *testing.T) {
	throughC := []flow{{via: "public", publicIP: "203.0.113.88"}}
	for _, tr := range []trap{
		{id: "N135 there and back", edits: edits(chain(world.To("10.0.0.0/16", "tgw-1"))), want: reachable, flows: throughC},
		{id: "N136 replies enter the hub by the second gateway's subnet, whose table has no way on", edits: edits(chain()), want: blocked, code: "NO_ROUTE_TO_DESTINATION"},
		{id: "N135 the zone that the traffic keeps is the hub's", edits: edits(chain(world.To("10.0.0.0/16", "tgw-1")), viaZoneB), want: blocked, code: "NO_ROUTE_TO_DESTINATION"},
	} {
		t.Run(tr.id, func(t *testing.T) {
			report(t, tr.failures(t))
			if said, seen := newTwin(t, tr.world().Snapshot(t), tr.query()).ask(t); said != tr.want {
				t.Errorf("packets say %s, want %s\n%s", word(said), word(tr.want), traces(seen))
			}
		})
	}
}
