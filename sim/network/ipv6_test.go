package network_test

import (
	"testing"

	"github.com/canreach/canreach/internal/testkit/world"
)

// ipv6Only is T123 without the NAT gateway and its route: eni-6 has an IPv6
// address alone, and its subnet DNS64.
var ipv6Only = world.All(dualStack, world.Set("Subnets", "subnet-1", "Ipv6Native", true), world.Unset("Subnets", "subnet-1", "CidrBlock"),
	world.Set("Subnets", "subnet-1", "EnableDns64", true), world.Set("NetworkInterfaces", "eni-6", "PrivateIpAddresses", world.List{}),
	world.Unset("NetworkInterfaces", "eni-6", "PrivateIpAddress"))

// synthesised are cases of N109 and N123: addresses that DNS64 makes up are in
// nobody's prefix list, and only NAT gateways translate them.
var synthesised = []trap{
	{id: "N109 the list route does not take them", edits: edits(ipv6Only), from: fromInterface("eni-6"), want: blocked, code: "NO_ROUTE_TO_DESTINATION"},
	{id: "N109 nor where the list's entries are missing", edits: edits(ipv6Only, noCIDRs), from: fromInterface("eni-6"), want: blocked, code: "NO_ROUTE_TO_DESTINATION"},
	{id: "N109 IPv4 beside them goes by the list, whose entries are missing", edits: edits(dualStack, dns64, noCIDRs), from: fromInterface("eni-6"),
		want: partial, code: "NO_ROUTE_TO_DESTINATION", flows: viaGateway},
	{id: "N123 an egress-only gateway does not translate", edits: edits(ipv6Only, egressOnly), from: fromInterface("eni-6"), want: blocked, code: "NAT64_REQUIRED"},
	{id: "N123 nor does an internet gateway", edits: edits(ipv6Only, world.IGW("igw-1", "vpc-a"), world.Routes("rtb-1", world.To("::/0", "igw-1"))), from: fromInterface("eni-6"),
		want: blocked, code: "NAT64_REQUIRED"},
	{id: "N123 a NAT gateway beside the egress-only gateway does", edits: edits(ipv6Only, egressOnly, world.NAT(), world.Routes("rtb-1", world.To("64:ff9b::/96", "nat-1"))), from: fromInterface("eni-6"),
		want: reachable, flows: viaNAT},
	{id: "N106 the dual-stack name needs no translation", edits: edits(ipv6Only, egressOnly), from: fromInterface("eni-6"), to: dualName, want: reachable},
}

func TestSynthesisedAddresses(t *testing.T) {
	for _, tr := range synthesised {
		t.Run(tr.id, func(t *testing.T) {
			report(t, tr.failures(t))
			if said, seen := newTwin(t, tr.world().Snapshot(t), tr.query()).ask(t); said != tr.want {
				t.Errorf("packets say %s, want %s\n%s", word(said), word(tr.want), traces(seen))
			}
		})
	}
}
