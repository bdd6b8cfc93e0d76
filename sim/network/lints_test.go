package network_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim/network"
)

// lintRow is a world with what must be said about it beside the outcome.
type lintRow struct {
	rule, name string
	edits      []world.Edit
	from       *network.Endpoint // nil: a job's interface in subnet-1 with sg-1
	want       network.Outcome
	code       string // empty: no finding may cite the rule
	component  string
	severity   int
	says       string
}

// rulesOf is n rules for n addresses.
func rulesOf(n int) []world.Obj {
	out := []world.Obj{world.Rule("-1", "0.0.0.0/0")}
	for i := 1; i < n; i++ {
		out = append(out, world.Rule("6", fmt.Sprintf("10.9.%d.%d/32", i/250, i%250+1)))
	}
	return out
}

// routesTo is n static routes.
func routesTo(n int, route func(cidr string) world.Obj) []world.Obj {
	var out []world.Obj
	for i := range n {
		out = append(out, route(fmt.Sprintf("10.200.%d.%d/32", i/250, i%250+1)))
	}
	return out
}

func static(c string) world.Obj     { return world.To(c, "vgw-1") }
func propagated(c string) world.Obj { return world.Propagated(c, "vgw-1") }

// customerList is pl-c with room for some entries.
func customerList(max int, cidrs ...string) world.Edit {
	entries := world.List{}
	for _, c := range cidrs {
		entries = append(entries, world.Obj{"Cidr": c})
	}
	return world.Add("ManagedPrefixLists", world.Obj{"PrefixListId": "pl-c", "PrefixListName": "mine", "OwnerId": world.AccountID, "AddressFamily": "IPv4",
		"MaxEntries": max, "State": "create-complete", "Entries": entries})
}

// gateways is n gateway endpoints for DynamoDB beside vpce-g.
func gateways(n int) world.Edit {
	return world.Do(func(w *world.World) {
		for i := range n {
			id := fmt.Sprintf("vpce-d%d", i)
			w.Apply(world.Gateway(id, "vpc-a"), world.Set("VpcEndpoints", id, "ServiceName", "com.amazonaws.us-east-1.dynamodb"))
		}
	})
}

// grouped adds eni-g with n groups, all but one of them with so many rules.
func grouped(n, rules int) world.Edit {
	return world.Do(func(w *world.World) {
		all := world.List{world.Obj{"GroupId": "sg-1"}}
		for i := range n - 1 {
			id := fmt.Sprintf("sg-x%d", i)
			w.Apply(world.Group(id, "vpc-a", nil, rulesOf(rules)))
			all = append(all, world.Obj{"GroupId": id})
		}
		w.Apply(world.Interface("eni-g", "subnet-1", "10.0.1.77", "sg-1"), world.Set("NetworkInterfaces", "eni-g", "Groups", all))
	})
}

var fromGrouped = network.Endpoint{Interface: "eni-g"}

var lintRows = []lintRow{
	{rule: "N19", name: "every CIDR has its local route", want: reachable},
	{rule: "N19", name: "no local route", edits: edits(world.NoRoute("rtb-1", "10.0.0.0/16")), want: reachable,
		code: "SNAPSHOT_INCONSISTENT", component: "rtb-1", severity: 1, says: "no route for 10.0.0.0/16 of vpc-a"},

	{rule: "N28", name: "lists that do not overlap", edits: edits(customerList(4, "10.77.0.0/16"), world.VGW("vgw-1", "vpc-a"), world.Routes("rtb-1", world.ToList("pl-c", "vgw-1"))), want: reachable},
	{rule: "N28", name: "one target", edits: edits(customerList(4, "52.0.0.0/8"), world.Routes("rtb-1", world.ToList("pl-c", "vpce-g"))), want: reachable},
	{rule: "N28", name: "S3's own entries are the longer ones", edits: edits(customerList(4, "52.0.0.0/8"), world.VGW("vgw-1", "vpc-a"), world.Routes("rtb-1", world.ToList("pl-c", "vgw-1"))), want: reachable,
		code: "OVERLAPPING_PREFIX_LISTS", component: "rtb-1", severity: 1, says: "52.216.0.0/15 is longer than 52.0.0.0/8"},
	{rule: "N28", name: "the other list's entry is the longer one", edits: edits(customerList(4, "54.231.4.0/24"), world.VGW("vgw-1", "vpc-a"), world.Routes("rtb-1", world.ToList("pl-c", "vgw-1"))), want: unknown,
		code: "OVERLAPPING_PREFIX_LISTS", component: "rtb-1", severity: 1, says: "54.231.4.0/24 is longer than 54.231.0.0/16"},

	{rule: "N36", name: "the target works", edits: natDefault, want: reachable},
	{rule: "N36", name: "the NAT gateway failed", edits: and(natDefault, world.Set("NatGateways", "nat-1", "State", "failed")), want: blocked,
		code: "SNAPSHOT_INCONSISTENT", component: "rtb-1", severity: 1, says: "0.0.0.0/0 -> nat-1 of rtb-1 is in state active"},
	{rule: "N36", name: "the endpoint goes", edits: edits(world.Set("VpcEndpoints", "vpce-g", "State", "deleting")), want: blocked,
		code: "SNAPSHOT_INCONSISTENT", component: "rtb-1", severity: 1, says: "-> vpce-g of rtb-1"},
	{rule: "N36", name: "the internet gateway is elsewhere", edits: and(natDefault, world.Set("InternetGateways", "igw-1", "Attachments", world.List{})), want: blocked,
		code: "SNAPSHOT_INCONSISTENT", component: "rtb-9", severity: 1, says: "-> igw-1 of rtb-9"},
	{rule: "N36", name: "the attachment is refused", edits: and(egressBothWays, world.Set("TransitGatewayVpcAttachments", "tgw-attach-a", "State", "rejected"),
		world.Set("TransitGatewayAttachments", "tgw-attach-a", "State", "rejected")), want: blocked,
		code: "SNAPSHOT_INCONSISTENT", component: "rtb-1", severity: 1, says: "-> tgw-1 of rtb-1"},

	{rule: "N40", name: "at the quota", edits: edits(world.VGW("vgw-1", "vpc-a"), world.Routes("rtb-1", routesTo(498, static)...)), want: reachable},
	{rule: "N40", name: "one too many", edits: edits(world.VGW("vgw-1", "vpc-a"), world.Routes("rtb-1", routesTo(499, static)...)), want: reachable,
		code: "LIMIT_ROUTES", component: "rtb-1", says: "501 IPv4 routes"},
	{rule: "N40", name: "a customer's list counts what it may hold", edits: edits(customerList(499, "10.77.0.0/16"), world.VGW("vgw-1", "vpc-a"), world.Routes("rtb-1", world.ToList("pl-c", "vgw-1"))), want: reachable,
		code: "LIMIT_ROUTES", component: "rtb-1", says: "501 IPv4 routes"},
	{rule: "N40", name: "propagated, at the quota", edits: edits(world.VGW("vgw-1", "vpc-a"), world.Routes("rtb-1", routesTo(100, propagated)...)), want: reachable},
	{rule: "N40", name: "propagated, one too many", edits: edits(world.VGW("vgw-1", "vpc-a"), world.Routes("rtb-1", routesTo(101, propagated)...)), want: reachable,
		code: "LIMIT_ROUTES", component: "rtb-1", says: "101 propagated routes"},

	{rule: "N60", name: "at the Region's quota", edits: edits(gateways(19)), want: reachable},
	{rule: "N60", name: "over the Region's quota", edits: edits(gateways(20)), want: reachable, code: "LIMIT_GATEWAY_ENDPOINTS", component: "us-east-1", says: "21 gateway endpoints"},
	{rule: "N60", name: "over the VPC's bound", edits: edits(gateways(255)), want: reachable, code: "LIMIT_GATEWAY_ENDPOINTS", component: "vpc-a", says: "256 gateway endpoints"},

	{rule: "N92", name: "at the quota", edits: edits(world.Egress("sg-1", rulesOf(60)...)), want: reachable},
	{rule: "N92", name: "one too many", edits: edits(world.Egress("sg-1", rulesOf(61)...)), want: reachable, code: "LIMIT_SG_RULES", component: "sg-1", says: "61 outbound rules for IPv4"},
	{rule: "N92", name: "S3's list counts one", edits: edits(world.Egress("sg-1", append(rulesOf(59), world.Rule("6", world.PL))...)), want: reachable},
	{rule: "N92", name: "a customer's list counts what it may hold", edits: edits(customerList(60, "10.77.0.0/16"), world.Egress("sg-1", world.Rule("-1", "0.0.0.0/0"), world.Rule("-1", "pl-c"))), want: reachable,
		code: "LIMIT_SG_RULES", component: "sg-1", says: "61 outbound rules for IPv4"},
	{rule: "N92", name: "five groups", edits: edits(grouped(5, 1)), from: &fromGrouped, want: reachable},
	{rule: "N92", name: "six groups", edits: edits(grouped(6, 1)), from: &fromGrouped, want: reachable, code: "LIMIT_SG_PER_INTERFACE", component: "eni-g", says: "6 security groups; AWS's default quota is 5, and 16"},
	{rule: "N92", name: "the product", edits: edits(grouped(4, 251)), from: &fromGrouped, want: reachable, code: "LIMIT_SG_PER_INTERFACE", component: "eni-g", says: "4 security groups with up to 251 outbound rules"},

	{rule: "N132", name: "a gateway endpoint needs no exclusion", edits: edits(enforced), want: reachable},
	{rule: "N132", name: "monitor mode asks for none", edits: and(natDefault, world.EncryptionControl("vpc-a", "monitor")), want: reachable},
	{rule: "N132", name: "not collected", edits: and(natDefault, world.NotCollected("VpcEncryptionControls")), want: reachable},
	{rule: "N132", name: "a NAT gateway", edits: and(natDefault, enforced), want: reachable,
		code: "ENCRYPTION_CONTROLS", component: "nat-1", severity: 1, says: "NAT gateways can't be without an exclusion, and there is none"},
	{rule: "N132", name: "the internet gateway behind it", edits: and(natDefault, world.EncryptionControl("vpc-a", "enforce", "NatGateway")), want: reachable,
		code: "ENCRYPTION_CONTROLS", component: "igw-1", severity: 1, says: "internet gateways can't be without an exclusion"},
	{rule: "N132", name: "excluded", edits: and(natDefault, world.EncryptionControl("vpc-a", "enforce", "NatGateway", "InternetGateway")), want: reachable,
		code: "ENCRYPTION_CONTROLS", component: "nat-1", severity: 0, says: "excludes NAT gateways"},
	{rule: "N132", name: "the exclusion is being taken away", edits: and(natDefault, enforced, excludedAs("NatGateway", "disabling")), want: reachable,
		code: "ENCRYPTION_CONTROLS", component: "nat-1", severity: 1, says: "its exclusion for NAT gateways is being changed"},
	{rule: "N132", name: "the mode is being changed", edits: and(natDefault, enforced, world.Set("VpcEncryptionControls", "vpcec-vpc-a", "State", "monitor-in-progress")), want: reachable,
		code: "ENCRYPTION_CONTROLS", component: "nat-1", severity: 1, says: `the mode of vpcec-vpc-a is "enforce" in state "monitor-in-progress"`},
	{rule: "N132", name: "an internet gateway", edits: and(igwDefault, withEIP, enforced), from: fromInterface("eni-x"), want: reachable,
		code: "ENCRYPTION_CONTROLS", component: "igw-1", severity: 1, says: "internet gateways can't be without an exclusion"},
	{rule: "N132", name: "a virtual private gateway", edits: edits(world.VGW("vgw-1", "vpc-a"), onlyDefault("vgw-1"), enforced), want: unknown,
		code: "ENCRYPTION_CONTROLS", component: "vgw-1", severity: 1, says: "virtual private gateways can't be"},
	{rule: "N132", name: "a peering with a VPC that does not enforce", edits: edits(world.NoS3Route(), peerB, world.Peering("pcx-1", "vpc-a", "vpc-b"), defaultTo("pcx-1"), enforced), want: blocked,
		code: "ENCRYPTION_CONTROLS", component: "pcx-1", severity: 1, says: "vpc-a enforces encryption (vpcec-vpc-a), where VPC peering can't be"},
	{rule: "N132", name: "a peering with a VPC that does, from one that does not", edits: edits(world.NoS3Route(), peerB, world.Peering("pcx-1", "vpc-a", "vpc-b"), defaultTo("pcx-1"), world.EncryptionControl("vpc-b", "enforce")), want: blocked,
		code: "ENCRYPTION_CONTROLS", component: "pcx-1", severity: 1, says: "vpc-b enforces encryption"},
	{rule: "N132", name: "a peering of two that both enforce", edits: edits(world.NoS3Route(), peerB, world.Peering("pcx-1", "vpc-a", "vpc-b"), defaultTo("pcx-1"), enforced, world.EncryptionControl("vpc-b", "enforce")), want: blocked},
	{rule: "N132", name: "a peering of two that both enforce, one with an exclusion", edits: edits(world.NoS3Route(), peerB, world.Peering("pcx-1", "vpc-a", "vpc-b"), defaultTo("pcx-1"), enforced, world.EncryptionControl("vpc-b", "enforce", "Lambda")), want: blocked,
		code: "ENCRYPTION_CONTROLS", component: "pcx-1", severity: 1, says: "vpc-a enforces encryption"},
	{rule: "N132", name: "a Gateway Load Balancer endpoint", edits: edits(world.NoS3Route(), gwlb, defaultTo("vpce-w"), enforced), want: unknown,
		code: "SNAPSHOT_INCONSISTENT", component: "vpce-w", severity: 1, says: "there can be no Gateway Load Balancer"},
	{rule: "N132", name: "a Gateway Load Balancer endpoint in monitor mode", edits: edits(world.NoS3Route(), gwlb, defaultTo("vpce-w"), world.EncryptionControl("vpc-a", "monitor")), want: unknown},
	{rule: "N132", name: "a Local Zone's subnet", edits: edits(world.Set("Subnets", "subnet-1", "AvailabilityZone", "us-west-2-lax-1a"), enforced), want: reachable,
		code: "SNAPSHOT_INCONSISTENT", component: "subnet-1", severity: 1, says: "there can be no subnets in Local Zones"},
	{rule: "N132", name: "a Local Zone's subnet in monitor mode", edits: edits(world.Set("Subnets", "subnet-1", "AvailabilityZone", "us-west-2-lax-1a"), world.EncryptionControl("vpc-a", "monitor")), want: reachable},
}

var enforced = world.EncryptionControl("vpc-a", "enforce")

func excludedAs(resource, state string) world.Edit {
	return world.Do(func(w *world.World) {
		w.Get("VpcEncryptionControls", "vpcec-vpc-a")["ResourceExclusions"].(world.Obj)[resource] = world.Obj{"State": state}
	})
}

func TestLints(t *testing.T) {
	for _, row := range lintRows {
		t.Run(row.rule+" "+row.name, func(t *testing.T) {
			w := world.Network(row.edits...)
			q := network.Query{From: job("subnet-1", "sg-1"), To: s3("us-east-1", ""), Protocol: 6}
			if row.from != nil {
				q.From = *row.from
			}
			r, err := network.NewModel(w.Snapshot(t)).Ask(q)
			if err != nil {
				t.Fatal(err)
			}
			if r.Outcome != row.want {
				t.Errorf("outcome %s, want %s; findings %v, missing %v", word(r.Outcome), word(row.want), codes(r), missing(r))
			}
			if row.code == "" {
				for _, f := range r.Findings {
					if f.Rule == row.rule {
						t.Errorf("%s %s: %s", f.Code.String(), f.Component, f.Message)
					}
				}
				return
			}
			for _, f := range r.Findings {
				if f.Rule == row.rule && f.Code.String() == row.code && f.Component == row.component && int(f.Severity) == row.severity && strings.Contains(f.Message, row.says) {
					return
				}
			}
			t.Errorf("no %s of %s at severity %d that says %q; findings %v", row.code, row.component, row.severity, row.says, codes(r))
			for _, f := range r.Findings {
				t.Logf("%s: %s", f.Rule, f.Message)
			}
		})
	}
}
