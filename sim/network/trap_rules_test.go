package network_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim/network"
)

// Single sentences of the rules that no row of the catalogue shows, in the
// catalogue's form: the id names the rule.

const (
	noRoute  = "NO_ROUTE_TO_DESTINATION"
	noPublic = "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"
)

var ruleTraps = []trap{
	// N1, N111: whatever the gateway is, a job's interface has no public address.
	{id: "N1 gateway not collected", edits: and(igwDefault, world.NotCollected("InternetGateways")), want: blocked, code: noPublic},
	{id: "N12 gateway not in the snapshot", edits: and(igwDefault, world.Remove("InternetGateways", "igw-1")), want: blocked, code: noPublic},
	{id: "N12 gateway not in the snapshot, public address", edits: and(igwDefault, withEIP, world.Remove("InternetGateways", "igw-1")), from: fromInterface("eni-x"),
		want: unknown, code: "UNK_ROUTE_TARGET"},

	// N10: a member that was not collected is not an empty one.
	{id: "N10 routes", edits: edits(world.Unset("RouteTables", "rtb-1", "Routes")), want: unknown, code: "UNK_ROUTE_TABLE"},
	{id: "N10 associations of a table", edits: edits(world.Unset("RouteTables", "rtb-1", "Associations"), world.Table("rtb-2", "vpc-a", nil)),
		want: unknown, code: "UNK_ROUTE_TABLE"},
	{id: "N10 associations of another table", edits: edits(world.Table("rtb-2", "vpc-a", nil), world.Unset("RouteTables", "rtb-2", "Associations")),
		want: reachable, flows: viaGateway},
	{id: "N10 associations of an ACL", edits: edits(world.ACL("acl-2", "vpc-a", false), world.Unset("NetworkAcls", "acl-2", "Associations"),
		world.Set("NetworkAcls", "acl-1", "Associations", world.List{})), want: unknown, code: "UNK_NACL"},
	{id: "N93 no ACL lists the subnet", edits: edits(world.Set("NetworkAcls", "acl-1", "Associations", world.List{})), want: unknown, code: "UNK_NACL"},
	{id: "N93 the subnet's own ACL is left out", edits: edits(world.Filter("subnet-1", world.Entry(100, "out", "deny", "6", "0.0.0.0/0", 443, 443)), world.Remove("NetworkAcls", "acl-of-subnet-1")),
		want: unknown, code: "UNK_NACL"},
	{id: "N12 a table that a gateway endpoint names is left out", edits: edits(world.Table("rtb-m", "vpc-a", nil), world.Remove("RouteTables", "rtb-1")),
		want: unknown, code: "UNK_ROUTE_TABLE"},
	{id: "N12 and one that no endpoint names", edits: edits(world.Table("rtb-m", "vpc-a", nil), world.Set("VpcEndpoints", "vpce-g", "RouteTableIds", world.List{}), world.Remove("RouteTables", "rtb-1")),
		want: blocked, code: "NO_ROUTE_TO_DESTINATION"},
	{id: "N12 an endpoint that its interface names is left out", edits: edits(world.IFE(), world.NoS3Route(), world.Egress("sg-1", world.Rule("tcp", "sg-5")), world.Remove("VpcEndpoints", "vpce-i")),
		want: unknown, code: "UNK_DNS"},
	{id: "N93 two ACLs list the subnet", edits: edits(world.ACL("acl-2", "vpc-a", false),
		world.Set("NetworkAcls", "acl-2", "Associations", world.List{world.Obj{"SubnetId": "subnet-1"}}),
		world.Set("NetworkAcls", "acl-1", "Associations", world.List{world.Obj{"SubnetId": "subnet-1"}})), want: unknown, code: "UNK_NACL"},

	// N31: nothing but its service's prefix list leads to a gateway endpoint.
	{id: "N31 CIDR route to a gateway endpoint", edits: edits(world.NoS3Route(), defaultTo("vpce-g")), want: unknown, code: "SNAPSHOT_INCONSISTENT"},
	// N32: what is in S3's list is in no other service's, listed or not.
	{id: "N32 group names another service's list", edits: edits(world.Unset("PrefixLists", world.PLDynamo, "Cidrs"), world.Egress("sg-1", world.Rule("tcp", world.PLDynamo))),
		want: blocked, code: "ENI_SG_RULES_MISMATCH"},
	{id: "N32 route to another service's list", edits: edits(world.Unset("PrefixLists", world.PLDynamo, "Cidrs"), world.NoS3Route(),
		world.Gateway("vpce-d", "vpc-a", "rtb-1"), world.Set("VpcEndpoints", "vpce-d", "ServiceName", "com.amazonaws.us-east-1.dynamodb"),
		world.Routes("rtb-1", world.ToList(world.PLDynamo, "vpce-d"))), want: blocked, code: noRoute},
	{id: "N33 neither list has entries", edits: edits(noCIDRs, world.Unset("PrefixLists", world.PLDynamo, "Cidrs"), world.Egress("sg-1", world.Rule("tcp", world.PLDynamo))),
		want: blocked, code: "ENI_SG_RULES_MISMATCH"},
	// N73: a deleted endpoint stays in the listing, and its private DNS does not.
	{id: "N73 deleted interface endpoint", edits: edits(world.IFE(), world.Set("VpcEndpoints", "vpce-i", "State", "deleted")), want: reachable, flows: viaGateway},
	// N42: right service, wrong Region.
	{id: "N42 endpoint of another Region's service", edits: edits(world.Set("VpcEndpoints", "vpce-g", "ServiceName", "com.amazonaws.eu-west-1.s3")),
		want: blocked, code: "VPCE_REGION_MISMATCH"},
	{id: "N42 endpoint of another Region's service, both members", edits: edits(world.Set("VpcEndpoints", "vpce-g", "ServiceName", "com.amazonaws.eu-west-1.s3"),
		world.Set("VpcEndpoints", "vpce-g", "ServiceRegion", "us-east-1")), want: blocked, code: "VPCE_REGION_MISMATCH"},

	// N58: a route table that holds copies of S3's ranges.
	{id: "N58 routes that copy every range", edits: edits(world.NAT(), world.NoS3Route(),
		world.Routes("rtb-1", world.To("52.216.0.0/15", "nat-1"), world.To("54.231.0.0/16", "nat-1"), world.To("3.5.0.0/19", "nat-1"))),
		want: reachable, also: []string{"S3_RANGES_COPIED"}, flows: viaNAT},
	{id: "N58 routes that copy some ranges", edits: edits(world.NAT(), world.NoS3Route(),
		world.Routes("rtb-1", world.To("52.216.0.0/15", "nat-1"))), want: partial, code: noRoute, also: []string{"S3_RANGES_COPIED"}},

	// N59: out of scope, and not nonsense.
	{id: "N59 multi-Region access point", to: toS3("us-east-1", "mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com"), want: unknown, code: "VPCE_SERVICE_MISMATCH"},

	{id: "N115 the Elastic IP could not be associated", edits: and(natDefault, world.Do(func(w *world.World) {
		w.Get("NatGateways", "nat-1")["NatGatewayAddresses"].(world.List)[0].(world.Obj)["Status"] = "failed"
	})), want: blocked, code: noPublic},
	// N65: an endpoint for which no group was chosen has the VPC's default one.
	{id: "N65 no group told", edits: edits(world.IFE(), world.NoS3Route(), defaultGroupOfA,
		world.Set("VpcEndpoints", "vpce-i", "Groups", world.List{}), world.Set("NetworkInterfaces", "eni-i-1", "Groups", world.List{})),
		want: blocked, code: "ENI_SG_RULES_MISMATCH"},

	// N67: private DNS that only waits for enableDnsSupport is no missing route.
	{id: "N67 support off, private DNS on", edits: edits(world.IFE(), world.NoS3Route(), world.DNS("vpc-a", false, true)), want: blocked, code: "DNS_DISABLED"},
}

var defaultGroupOfA = world.All(world.Group("sg-0", "vpc-a", []world.Obj{world.Rule("-1", "sg-0")}, []world.Obj{world.Rule("-1", "0.0.0.0/0")}),
	world.Set("SecurityGroups", "sg-0", "GroupName", "default"))

func ruleTrap(t *testing.T, id string) *network.Result {
	t.Helper()
	i := slices.IndexFunc(ruleTraps, func(tr trap) bool { return tr.id == id })
	r, err := network.NewModel(ruleTraps[i].world().Snapshot(t)).Ask(ruleTraps[i].query())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// N67: the way is judged as it is once the resolver answers, so that nothing
// is called a blocker that goes with it.
func TestDNSDisabledNamesOnlyItself(t *testing.T) {
	r := ruleTrap(t, "N67 support off, private DNS on")
	for _, f := range r.Findings {
		if f.Severity == 2 && f.Code.String() != "DNS_DISABLED" {
			t.Errorf("blocker %s: %s", f.Code.String(), f.Message)
		}
	}
}

// N98: the packet that shows that a DNS server can't be reached is a query.
func TestUnreachableDNSServerShowsTheQuery(t *testing.T) {
	w := world.Network(world.Egress("sg-1", world.Ports(443, 443, world.Rule("tcp", "0.0.0.0/0"))),
		world.Subnet("subnet-7", "vpc-a", "10.0.7.0/24", "us-east-1a"),
		world.Set("DhcpOptions", "dopt-1", "DhcpConfigurations", world.List{world.Obj{"Key": "domain-name-servers", "Values": world.List{world.Obj{"Value": "10.0.7.53"}}}}))
	r, err := network.NewModel(w.Snapshot(t)).Ask((&trap{}).query())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(r.Findings, func(f network.Finding) bool { return f.Code.String() == "DNS_SERVER_UNREACHABLE" })
	if i < 0 {
		t.Fatalf("findings %v", codes(r))
	}
	p := r.Findings[i].Example
	if p == nil || p.Destination.String() != "10.0.7.53" || p.DestinationPort != 53 || p.Protocol != 17 {
		t.Errorf("example %+v, want a query to 10.0.7.53 by UDP port 53", p)
	}
}

// A split names a packet of each side, and what it says of them is so: asked
// about that packet alone, the answer is whole (N3).
func TestSplitNamesAPacketOfEach(t *testing.T) {
	n := 0
	for _, rows := range allTraps {
		for _, tr := range rows {
			if tr.want != partial {
				continue
			}
			n++
			t.Run(tr.id, func(t *testing.T) {
				r, err := network.NewModel(tr.world().Snapshot(t)).Ask(tr.query())
				if err != nil {
					t.Fatal(err)
				}
				if r.Passes == nil || r.Fails == nil {
					t.Fatalf("passes %v, fails %v", r.Passes, r.Fails)
				}
				if *r.Passes == *r.Fails {
					t.Errorf("the same packet passes and fails: %+v", *r.Passes)
				}
				for _, f := range r.Flows {
					whole := f.Blocked.Empty && f.Open.Empty
					if whole && holds(f.Destinations, r.Fails.Destination) && !f.Context.Uncertain {
						t.Errorf("%v fails by a way that passes whole", r.Fails.Destination)
					}
					if f.Passed.Empty && holds(f.Destinations, r.Passes.Destination) && r.Passes.Destination.IsValid() {
						t.Errorf("%v passes by a way that passes nothing", r.Passes.Destination)
					}
				}
			})
		}
	}
	if n == 0 {
		t.Fatal("no row is PARTIAL")
	}
}

func holds(ranges []network.AddrRange, x netip.Addr) bool {
	return slices.ContainsFunc(ranges, func(r network.AddrRange) bool {
		return r.From.BitLen() == x.BitLen() && r.From.Compare(x) <= 0 && x.Compare(r.To) <= 0
	})
}

// N63: a zonal name of a zone in which the endpoint has no interface is none
// of its names. The twin knows names by DnsEntries only.
func TestZonalNameWithoutInterface(t *testing.T) {
	tr := trap{id: "N63", edits: edits(world.IFE(), world.NoS3Route()), to: toS3("us-east-1", "b.vpce-i-x-us-east-1f.s3.us-east-1.vpce.amazonaws.com"),
		want: blocked, code: "VPCE_SERVICE_NOT_INSTALLED_IN_AZ"}
	report(t, tr.failures(t))
}
