package network_test

import (
	"net/netip"
	"testing"

	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim/network"
)

func at(prefix string) *network.Endpoint {
	return &network.Endpoint{Address: netip.MustParsePrefix(prefix)}
}

// public is a VPC with eni-x, 10.0.1.10 and 198.51.100.7, behind an internet gateway.
var public = and(igwDefault, withEIP)

// second adds eni-y, 10.0.1.20 and 198.51.100.8, beside eni-x, with sg-y.
func second(ingress world.Obj) world.Edit {
	return world.All(world.Group("sg-y", "vpc-a", []world.Obj{ingress}, []world.Obj{world.Rule("-1", "0.0.0.0/0")}),
		world.Interface("eni-y", "subnet-1", "10.0.1.20", "sg-y"), world.PublicIP("eni-y", "198.51.100.8"))
}

// Ends that are no interface of the job: outside of every VPC, an interface
// itself, a public address of another one.
var ends = []trap{
	{id: "an address of the internet to a public one", edits: and(public, world.Ingress("sg-1", world.Rule("tcp", "203.0.113.0/24"))),
		from: at("203.0.113.9/32"), to: at("198.51.100.7/32"), want: reachable},
	{id: "N78 another address of the internet", edits: and(public, world.Ingress("sg-1", world.Rule("tcp", "203.0.113.0/24"))),
		from: at("192.0.2.9/32"), to: at("198.51.100.7/32"), want: blocked, code: "ENI_SG_RULES_MISMATCH"},
	{id: "the whole internet, of which the group admits a part", edits: and(public, world.Ingress("sg-1", world.Rule("tcp", "203.0.113.0/24"))),
		from: &network.Endpoint{Internet: true}, to: at("198.51.100.7/32"), want: partial, code: "ENI_SG_RULES_MISMATCH"},
	{id: "N141 a private address behind a VPN gateway", edits: and(public, world.VGW("vgw-1", "vpc-a"), world.Routes("rtb-1", world.Propagated("192.168.0.0/16", "vgw-1")),
		world.Ingress("sg-1", world.Rule("tcp", "192.168.0.0/16"))),
		from: at("192.168.5.5/32"), to: fromInterface("eni-x"), want: unknown, code: "ONPREM_OPAQUE"},
	{id: "N141 what stops it in the VPC stops it whatever is behind the gateway", edits: and(public, world.VGW("vgw-1", "vpc-a"), world.Routes("rtb-1", world.Propagated("192.168.0.0/16", "vgw-1")),
		world.Ingress("sg-1", world.Rule("tcp", "172.16.0.0/12"))),
		from: at("192.168.5.5/32"), to: fromInterface("eni-x"), want: blocked, code: "ENI_SG_RULES_MISMATCH"},
	{id: "N120 no route back by the VPN gateway", edits: edits(withEIP, world.VGW("vgw-1", "vpc-a"), world.Ingress("sg-1", world.Rule("tcp", "192.168.0.0/16"))),
		from: at("192.168.5.5/32"), to: fromInterface("eni-x"), want: blocked, code: "NO_ROUTE_TO_DESTINATION"},
	{id: "N113 nothing leads from a private address into the VPC", edits: and(public, world.Ingress("sg-1", world.Rule("tcp", "192.168.0.0/16")),
		world.Routes("rtb-1", world.To("192.168.0.0/16", "igw-1"))),
		from: at("192.168.5.5/32"), to: fromInterface("eni-x"), want: blocked, code: "NO_PATH"},
	{id: "an interface to its own address", edits: and(public, world.Egress("sg-1")), from: fromInterface("eni-x"), to: at("10.0.1.10/32"), want: reachable},
	{id: "N110 a public address of another interface, which admits the client's public one", edits: and(public, second(world.Rule("tcp", "198.51.100.7/32"))),
		from: fromInterface("eni-x"), to: at("198.51.100.8/32"), want: reachable},
	{id: "N110 and which admits the client's private one only", edits: and(public, second(world.Rule("tcp", "10.0.1.10/32"))),
		from: fromInterface("eni-x"), to: at("198.51.100.8/32"), want: blocked, code: "ENI_SG_RULES_MISMATCH"},
	{id: "N115 and which admits the NAT gateway's", edits: and(natDefault, world.Interface("eni-z", "subnet-9", "10.0.9.40", "sg-z"), world.PublicIP("eni-z", "198.51.100.9"),
		world.Group("sg-z", "vpc-a", []world.Obj{world.Rule("tcp", world.NATAddress+"/32")}, nil)),
		to: at("198.51.100.9/32"), want: reachable},
	{id: "T9 a secondary address without a public one, by address", edits: and(public,
		world.Append("NetworkInterfaces", "eni-x", "PrivateIpAddresses", world.Obj{"Primary": false, "PrivateIpAddress": "10.0.1.11"})),
		from: at("10.0.1.11/32"), want: blocked, code: "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"},
	{id: "N89 the VPC's resolver, past groups and ACLs", edits: and(public, world.Egress("sg-1"), world.FilterExactly("subnet-1")), from: fromInterface("eni-x"), to: at("10.0.0.2/32"), want: reachable},
	{id: "N97 the resolver is off", edits: and(public, world.DNS("vpc-a", false, true)), from: fromInterface("eni-x"), to: at("169.254.169.253/32"), want: blocked, code: "DNS_DISABLED"},
	{id: "N96c instance metadata", edits: and(public, world.Egress("sg-1"), world.FilterExactly("subnet-1")), from: fromInterface("eni-x"), to: at("169.254.169.254/32"), want: reachable},
	{id: "N112 the IPv6 address of a VPC that the internet does not lead to", edits: edits(dualStack, egressOnly, farIPv6), from: fromInterface("eni-6"), to: fromInterface("eni-b6"),
		want: blocked, code: "BAD_STATE_ATTACHMENT"},
	{id: "N112 and of one that it does", edits: edits(dualStack, egressOnly, farIPv6, world.IGW("igw-b", "vpc-b"), world.Routes("rtb-b6", world.To("::/0", "igw-b"))),
		from: fromInterface("eni-6"), to: fromInterface("eni-b6"), want: reachable},
	{id: "T8 its primary address", edits: public, from: at("10.0.1.10/32"), want: reachable},
	{id: "T8 a public address of the snapshot is its interface", edits: public, from: at("198.51.100.7/32"), want: reachable},
}

// farIPv6 is another VPC, with eni-b6 of IPv6 only and all open.
var farIPv6 = world.All(peerB,
	world.Set("Vpcs", "vpc-b", "Ipv6CidrBlockAssociationSet", world.List{world.Obj{"Ipv6CidrBlock": "2600:1f18:2::/56", "Ipv6CidrBlockState": world.Obj{"State": "associated"}}}),
	world.Set("Subnets", "subnet-b", "Ipv6CidrBlockAssociationSet", world.List{world.Obj{"Ipv6CidrBlock": "2600:1f18:2:1::/64", "Ipv6CidrBlockState": world.Obj{"State": "associated"}}}),
	world.Table("rtb-b6", "vpc-b", []string{"subnet-b"}, world.To("2600:1f18:2::/56", "local")),
	world.Append("NetworkAcls", "acl-b", "Entries", world.Entry(101, "out", "allow", "-1", "::/0"), world.Entry(101, "in", "allow", "-1", "::/0")),
	world.Ingress("sg-b", world.Rule("-1", "::/0")), world.Interface("eni-b6", "subnet-b", "10.1.1.66", "sg-b"),
	world.Set("NetworkInterfaces", "eni-b6", "PrivateIpAddresses", world.List{}), world.Unset("NetworkInterfaces", "eni-b6", "PrivateIpAddress"),
	world.Set("NetworkInterfaces", "eni-b6", "Ipv6Addresses", world.List{world.Obj{"Ipv6Address": "2600:1f18:2:1::66"}}))

func TestEnds(t *testing.T) {
	for _, tr := range ends {
		t.Run(tr.id, func(t *testing.T) { report(t, tr.failures(t)) })
	}
}

// An address that two VPCs have, or that no packet can have, is no end.
func TestEndsThatAreNone(t *testing.T) {
	twice := and(public, world.VPC("vpc-b", "10.0.0.0/16"), world.ACL("acl-b", "vpc-b", true, world.AllowAll...), world.Subnet("subnet-b", "vpc-b", "10.0.1.0/24", "us-east-1a"),
		world.Group("sg-b", "vpc-b", nil, nil), world.Interface("eni-b", "subnet-b", "10.0.1.10", "sg-b"))
	for _, tr := range []trap{
		{id: "the interface of two VPCs", edits: twice, from: at("10.0.1.10/32")},
		{id: "a subnet of two VPCs", edits: twice, from: at("10.0.1.77/32")},
		{id: "more than one subnet", edits: public, from: at("10.0.0.0/8")},
		{id: "another family", edits: public, from: fromInterface("eni-x"), to: at("2001:db8::1/128")},
	} {
		t.Run(tr.id, func(t *testing.T) {
			if r, err := network.NewModel(tr.world().Snapshot(t)).Ask(tr.query()); err == nil {
				t.Errorf("it has an answer: %s", word(r.Outcome))
			}
		})
	}
}
