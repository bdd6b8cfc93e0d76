package network_test

import (
	"testing"

	"github.com/canreach/canreach/internal/world"
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

// ofList is a route that a transit gateway table has by a list whose entries
// the snapshot lacks.
func ofList(cidr string) world.Obj {
	r := world.TGWRoute(cidr, "tgw-attach-h")
	r["PrefixListId"] = "pl-own"
	return r
}

func TestCombinedRules(t *testing.T) {
	for _, tr := range combined {
		t.Run(tr.id, func(t *testing.T) { report(t, tr.failures(t)) })
	}
}
