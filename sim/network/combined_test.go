package network_test

import (
	"slices"
	"testing"

	"github.com/canreach/canreach/internal/testkit/world"
)

// Rules that meet: what two of them say together, where the catalogue has a
// row for each alone.
var combined = []trap{
	{id: "N99 private DNS is more specific than a zone for a parent domain", edits: edits(zone("amazonaws.com."), world.IFE()), want: reachable, flows: viaIFE},
	{id: "N99 a zone for the bucket is more specific than private DNS", edits: edits(zone("reports.s3.us-east-1.amazonaws.com."), world.IFE()),
		to: toS3("us-east-1", "reports.s3.us-east-1.amazonaws.com"), want: blocked, code: "DNS_PHZ_NXDOMAIN"},
	{id: "N99 a forward rule for private DNS's own domain beats it", edits: edits(forward("s3.us-east-1.amazonaws.com."), world.IFE()), want: unknown, code: "UNK_DNS_FORWARDED"},
	{id: "N99 private DNS beats a forward rule for a parent domain, whatever zone there is", edits: edits(forward("amazonaws.com."), zone("amazonaws.com."), world.IFE()), want: reachable, flows: viaIFE},
	{id: "N47 a NAT gateway behind a transit gateway is a source in its own VPC", edits: edits(world.All(egressBothWays...),
		world.Gateway("vpce-hub", "vpc-h", "rtb-h2"), world.Routes("rtb-h2", world.ToList(world.PL, "vpce-hub"))),
		want: unknown, code: "UNK_NAT_VIA_GATEWAY_ENDPOINT"},
	{id: "N46 a NAT gateway before the transit gateway makes no source in the hub", edits: edits(hub, world.Subnet("subnet-8", "vpc-a", "10.0.8.0/24", "us-east-1a"),
		world.NATGateway("nat-p", "subnet-8", "10.0.8.20", "203.0.113.8"), world.Set("NatGateways", "nat-p", "ConnectivityType", "private"),
		world.Set("NatGateways", "nat-p", "NatGatewayAddresses", world.List{world.Obj{"PrivateIp": "10.0.8.20", "NetworkInterfaceId": "eni-nat-p", "IsPrimary": true, "Status": "succeeded"}}),
		world.Table("rtb-8", "vpc-a", []string{"subnet-8"}, world.To("0.0.0.0/0", "tgw-1")), onlyDefault("nat-p"),
		world.Gateway("vpce-hub", "vpc-h", "rtb-h1"),
		world.Table("rtb-h1", "vpc-h", []string{"subnet-h1"}, world.ToList(world.PL, "vpce-hub"), world.To("10.0.0.0/16", "tgw-1"))),
		want: blocked, code: "VPCE_NOT_FROM_OUTSIDE_VPC"},
	{id: "N134 the search prints a list's route once for each entry", edits: and(egressBothWays,
		world.Set("TransitGatewayRouteTables", "tgw-rtb-1", "Routes", world.List{ofList("52.216.0.0/15"), ofList("54.231.0.0/16"), ofList("3.5.0.0/19"), world.TGWRoute("10.0.0.0/16", "tgw-attach-a")})),
		want: reachable, flows: []flow{{via: "public", publicIP: hubAddress}}},
}

// dualJob is a job in a subnet of both families.
func dualJob(assign any, more ...world.Edit) []world.Edit {
	list := edits(dualStack)
	if assign != nil {
		list = and(list, world.Set("Subnets", "subnet-1", "AssignIpv6AddressOnCreation", assign))
	}
	return and(list, more...)
}

var (
	dualName   = toS3("us-east-1", "s3.dualstack.us-east-1.amazonaws.com")
	dns64      = world.Set("Subnets", "subnet-1", "EnableDns64", true)
	egressOnly = world.All(world.Add("EgressOnlyInternetGateways", world.Obj{"EgressOnlyInternetGatewayId": "eigw-1", "Attachments": world.List{world.Obj{"VpcId": "vpc-a", "State": "attached"}}}),
		world.Routes("rtb-1", world.Obj{"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-1", "State": "active", "Origin": "CreateRoute"}))
)

// What a job's interface in a dual-stack subnet is judged on.
var dualStackJobs = []trap{
	{id: "N53 A records only: the Regional name", edits: dualJob(true), want: reachable, flows: viaGateway},
	{id: "N53 the dual-stack name, IPv6 without a route", edits: dualJob(true), to: dualName, want: partial, code: "NO_ROUTE_TO_DESTINATION", also: []string{"P_IP_FAMILY"}, flows: viaGateway},
	{id: "N126 the dual-stack name, IPv6 by an egress-only gateway", edits: dualJob(true, egressOnly), to: dualName, want: reachable, flows: viaGateway},
	{id: "N53 the group lets IPv4 out only", edits: dualJob(true, egressOnly, world.Egress("sg-1", world.Rule("-1", "0.0.0.0/0"))), to: dualName, want: partial, code: "ENI_SG_RULES_MISMATCH"},
	{id: "N53 an interface without IPv6 uses A records only", edits: dualJob(false), to: dualName, want: reachable, flows: viaGateway},
	{id: "N2 nobody tells whether it has IPv6, and it matters", edits: dualJob(nil), to: dualName, want: unknown, code: "UNK_VPC"},
	{id: "N2 nobody tells, and it does not matter", edits: dualJob(nil, egressOnly), to: dualName, want: reachable, flows: viaGateway},
	{id: "N2 nobody tells, and IPv4 is blocked", edits: dualJob(nil, egressOnly, world.NoS3Route()), to: dualName, want: unknown, code: "UNK_VPC"},
	{id: "N109 DNS64 answers both families, and 64:ff9b::/96 has no route", edits: dualJob(true, dns64), want: partial, code: "NO_ROUTE_TO_DESTINATION", flows: viaGateway},
	{id: "N123 DNS64 with NAT64", edits: dualJob(true, dns64, world.NAT(), world.Routes("rtb-1", world.To("64:ff9b::/96", "nat-1"))), want: reachable, flows: []flow{viaGateway[0], viaNAT[0]}},
}

// blockType is a DNS Firewall rule that blocks one type of query.
func blockType(queryType string) world.Edit {
	return world.All(
		world.Add("FirewallRuleGroupAssociations", world.Obj{"Id": "rslvr-frgassoc-1", "FirewallRuleGroupId": "rslvr-frg-1", "VpcId": "vpc-a", "Priority": 101, "Status": "COMPLETE"}),
		world.Add("FirewallRules", world.Obj{"FirewallRuleGroupId": "rslvr-frg-1", "FirewallDomainListId": "rslvr-fdl-1", "Name": "one-type", "Priority": 1, "Action": "BLOCK", "BlockResponse": "NODATA", "Qtype": queryType}),
		world.Add("FirewallDomainLists", world.Obj{"Id": "rslvr-fdl-1", "Name": "aws", "Domains": world.List{"*.amazonaws.com."}}))
}

// firewalled is a NAT gateway behind Network Firewall: subnet-7 has the endpoint.
var firewalled = edits(world.NAT(), world.Subnet("subnet-7", "vpc-a", "10.0.7.0/24", "us-east-1a"), world.Table("rtb-7", "vpc-a", []string{"subnet-7"}, world.To("0.0.0.0/0", "nat-1")),
	world.GWLB("vpce-w", "vpc-a", "subnet-7"), world.Set("VpcEndpoints", "vpce-w", "Tags", world.List{world.Obj{"Key": "AWSNetworkFirewallManaged", "Value": "true"}}), onlyDefault("vpce-w"))

var middle = []trap{
	{id: "N102 a block of AAAA queries stops no IPv4 client", edits: edits(blockType("AAAA")), want: reachable, flows: viaGateway},
	{id: "N102 a block of A queries does", edits: edits(blockType("TYPE1")), want: blocked, code: "DNS_FIREWALL_BLOCK"},
	{id: "N102 a client of both families, one type blocked", edits: dualJob(true, egressOnly, blockType("AAAA")), to: dualName, want: unknown, code: "UNK_DNS"},
	{id: "N125 Network Firewall, all open", edits: firewalled, want: unknown, code: "MIDDLEBOX_OPAQUE"},
	{id: "N125 no route behind Network Firewall", edits: and(firewalled, world.NoRoute("rtb-7", "0.0.0.0/0")), want: blocked, code: "NO_ROUTE_TO_DESTINATION"},
	{id: "N125 a failed NAT gateway behind it", edits: and(firewalled, world.Set("NatGateways", "nat-1", "State", "failed")), want: blocked, code: "BAD_STATE"},
	{id: "N143 the firewall's subnet leads to the firewall", edits: and(firewalled, world.NoRoute("rtb-7", "0.0.0.0/0"), world.Routes("rtb-7", world.To("0.0.0.0/0", "vpce-w"))),
		want: blocked, code: "ROUTING_LOOP"},
	{id: "N125 appliances behind a load balancer may have a way of their own", edits: and(firewalled, world.NoRoute("rtb-7", "0.0.0.0/0"), world.Set("VpcEndpoints", "vpce-w", "Tags", world.List{})),
		want: unknown, code: "MIDDLEBOX_OPAQUE"},
}

// ofList is a route that a transit gateway table has by a list whose entries
// the snapshot lacks.
func ofList(cidr string) world.Obj {
	r := world.TGWRoute(cidr, "tgw-attach-h")
	r["PrefixListId"] = "pl-own"
	return r
}

func TestCombinedRules(t *testing.T) {
	for _, tr := range slices.Concat(combined, dualStackJobs, middle) {
		t.Run(tr.id, func(t *testing.T) { report(t, tr.failures(t)) })
	}
}
