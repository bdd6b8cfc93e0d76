package network_test

import (
	"pgregory.net/rapid"

	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim/network"
)

// IPv6: a VPC of both families, S3's dual-stack names, DNS64 with NAT64, and
// what leads out: an egress-only gateway, an internet gateway, a NAT gateway.
const plS3v6 = "pl-s3-6"

var (
	cidr6Pool   = rapid.SampledFrom([]string{"::/0", "64:ff9b::/96", "64:ff9b::34d8:0/111", "64:ff9b::a00:0/104", "2600:1fa0::/28", "2600:1fa0:8000::/33", "2600::/12", "2600:1f18:1:1::/64"})
	route6Pool  = rapid.SampledFrom([]string{"::/0", "64:ff9b::/96", "64:ff9b::34d8:0/111", "2600:1fa0::/28", "2600:1fa0:8000::/33", "2600::/12"})
	target6Pool = rapid.SampledFrom([]string{"eigw-1", "eigw-1", "igw-1", "nat-1", "nat-1", "tgw-1", "pcx-1", "blackhole"})
	name6Pool   = rapid.SampledFrom([]string{"", "s3.us-east-1.amazonaws.com", "s3.dualstack.us-east-1.amazonaws.com", "reports.s3.dualstack.us-east-1.amazonaws.com"})
)

func ipv6Theme(t *rapid.T, w *world.World) {
	w.Apply(dualStack, world.Add("EgressOnlyInternetGateways", world.Obj{"EgressOnlyInternetGatewayId": "eigw-1",
		"Attachments": world.List{world.Obj{"VpcId": rapid.SampledFrom([]string{"vpc-a", "vpc-a", "vpc-a", "vpc-b"}).Draw(t, "eigw-1 of"), "State": rapid.SampledFrom([]string{"attached", "attached", "detached"}).Draw(t, "eigw-1 state")}}}))
	listed := drawList6(t, w)
	for _, cidr := range rapid.SliceOfNDistinct(route6Pool, 0, 3, rapid.ID).Draw(t, "IPv6 routes") {
		r := world.To(cidr, target6Pool.Filter(func(s string) bool { return s != "blackhole" }).Draw(t, "IPv6 target"))
		if chance(t, 6, "IPv6 blackhole") {
			r = world.Blackhole(r)
		}
		w.Apply(world.Routes("rtb-1", r))
	}
	if listed && chance(t, 2, "IPv6 list route") {
		w.Apply(world.Routes("rtb-1", world.ToList(plS3v6, "vpce-g")))
	}
	if chance(t, 3, "no S3 route") && !listed {
		w.Apply(world.NoS3Route())
	}
	if chance(t, 2, "DNS64") {
		w.Apply(world.Set("Subnets", "subnet-1", "EnableDns64", true))
	}
	if chance(t, 3, "assigned") {
		w.Apply(world.Set("Subnets", "subnet-1", "AssignIpv6AddressOnCreation", rapid.Bool().Draw(t, "assigns")))
	}
	if chance(t, 3, "IPv6 only") {
		w.Apply(world.Set("Subnets", "subnet-1", "Ipv6Native", true), world.Set("NetworkInterfaces", "eni-6", "PrivateIpAddresses", world.List{}),
			world.Unset("NetworkInterfaces", "eni-6", "PrivateIpAddress"))
	}
}

// ipv6Filters draws the client's groups and network ACL.
func ipv6Filters(t *rapid.T, w *world.World) {
	list := []world.Obj{world.Rule("-1", "0.0.0.0/0", "::/0")}
	if chance(t, 3, "IPv6 groups") {
		list = nil
		for range rapid.IntRange(0, 3).Draw(t, "IPv6 rules") {
			list = append(list, drawRule6(t))
		}
	}
	w.Apply(world.Egress("sg-1", list...))
	if chance(t, 3, "IPv6 ACL") {
		w.Apply(world.FilterExactly("subnet-1", drawEntries6(t)...))
	}
}

// drawList6 adds AWS's list of S3's IPv6 addresses, or none.
func drawList6(t *rapid.T, w *world.World) bool {
	l := world.Obj{"PrefixListId": plS3v6, "PrefixListName": "com.amazonaws.ipv6.us-east-1.s3", "OwnerId": "AWS", "AddressFamily": "IPv6"}
	switch rapid.IntRange(0, 3).Draw(t, "IPv6 list") {
	case 0:
		return false
	case 1:
	default:
		l["Cidrs"] = world.List{"2600:1fa0::/28", "2600:1ff9:4000::/40"}
	}
	w.Apply(world.Add("PrefixLists", l))
	return true
}

func drawRule6(t *rapid.T) world.Obj {
	remote := rapid.OneOf(cidr6Pool, cidrPool, rapid.SampledFrom([]string{world.PL, "0.0.0.0/0", "::/0", "64:ff9b::/96"})).Draw(t, "remote")
	r := world.Rule(rapid.SampledFrom([]string{"-1", "tcp", "6"}).Draw(t, "protocol"), remote)
	if r["IpProtocol"] != "-1" {
		p := portPool.Draw(t, "ports")
		r = world.Ports(p[0], p[1], r)
	}
	return r
}

func drawEntries6(t *rapid.T) []world.Obj {
	var out []world.Obj
	for _, direction := range []string{"in", "out"} {
		for i := range rapid.IntRange(0, 3).Draw(t, direction) {
			p := portPool.Draw(t, "ports")
			out = append(out, world.Entry(10*rapid.IntRange(1, 9).Draw(t, "number")+i, direction, rapid.SampledFrom([]string{"allow", "allow", "deny"}).Draw(t, "action"),
				rapid.SampledFrom([]string{"-1", "6"}).Draw(t, "protocol"), rapid.OneOf(cidr6Pool, cidrPool).Draw(t, "cidr"), p[0], p[1]))
		}
		out = append(out, world.Entry(200, direction, "allow", "-1", "0.0.0.0/0"), world.Entry(201, direction, rapid.SampledFrom([]string{"allow", "allow", "deny"}).Draw(t, "last"), "-1", "::/0"))
	}
	return out
}

func ipv6Query(t *rapid.T, q *network.Query) {
	q.To = s3("us-east-1", name6Pool.Draw(t, "name"))
	if rapid.Bool().Draw(t, "from eni-6") {
		q.From = network.Endpoint{Interface: "eni-6"}
	}
}
