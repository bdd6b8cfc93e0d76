package network

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/canreach/canreach/snapshot"
)

// world is the catalogue's BASE, with its parts at hand to change.
type world struct {
	snap   *snapshot.Snapshot
	region *snapshot.Region
	ec2    *snapshot.EC2
}

func pfx(s string) netip.Prefix { return netip.MustParsePrefix(s) }
func num(n int) *int            { return &n }

func got[T any](items ...T) snapshot.Collection[T] {
	return snapshot.Collection[T]{Presence: snapshot.Collected, Items: items}
}

func flag(v bool) snapshot.Flag { return snapshot.Flag{Presence: snapshot.Collected, Value: v} }

func base() *world {
	acc := &snapshot.Account{ID: "111122223333"}
	r := &snapshot.Region{Account: acc, Name: "us-east-1", At: snapshot.At("/accounts/0/regions/0")}
	acc.Regions = []*snapshot.Region{r}
	e := &r.EC2
	local := snapshot.Route{CIDR: pfx("10.0.0.0/16"), TargetKind: snapshot.TargetLocal, Target: "local", State: "active", Origin: "CreateRouteTable"}
	e.VPCs = got(snapshot.VPC{ID: "vpc-1", OwnerID: acc.ID, CIDRs: []netip.Prefix{pfx("10.0.0.0/16")}, Tenancy: "default", DHCPOptionsID: "dopt-1", BPAMode: "off", At: snapshot.At("/v/0")})
	e.VPCAttributes = got(snapshot.VPCAttribute{VPC: "vpc-1", EnableDNSSupport: flag(true), EnableDNSHostnames: flag(true)})
	e.DHCPOptions = got(snapshot.DHCPOptions{ID: "dopt-1", DNSServers: []string{"AmazonProvidedDNS"}})
	e.Subnets = got(snapshot.Subnet{ID: "s1", VPC: "vpc-1", OwnerID: acc.ID, CIDR: pfx("10.0.1.0/24"), AvailabilityZone: "us-east-1a", FreeAddresses: 40, FreeKnown: true, State: "available", At: snapshot.At("/s/0")})
	e.RouteTables = got(
		snapshot.RouteTable{ID: "rt1", VPC: "vpc-1", AssociationsKnown: true, RoutesKnown: true, At: snapshot.At("/rt/0"), Associations: []snapshot.RouteTableAssociation{{Subnet: "s1"}},
			Routes: []snapshot.Route{local, {PrefixList: "pl-s3", TargetKind: snapshot.TargetVPCEndpoint, Target: "vpce-g", State: "active", Origin: "CreateRoute"}}},
		snapshot.RouteTable{ID: "rt-main", VPC: "vpc-1", AssociationsKnown: true, RoutesKnown: true, At: snapshot.At("/rt/1"), Associations: []snapshot.RouteTableAssociation{{Main: true}}, Routes: []snapshot.Route{local}},
	)
	e.NetworkACLs = got(allowAll("acl-1", true, "s1", "s5", "s9"))
	e.SecurityGroups = got(egressAll("sg1"))
	e.VPCEndpoints = got(snapshot.VPCEndpoint{ID: "vpce-g", VPC: "vpc-1", OwnerID: acc.ID, Type: "Gateway", ServiceName: "com.amazonaws.us-east-1.s3", State: "available", RouteTables: []snapshot.RouteTableID{"rt1"}, RouteTablesKnown: true})
	e.PrefixLists = got(snapshot.PrefixList{ID: "pl-s3", Name: "com.amazonaws.us-east-1.s3", OwnerID: "AWS", EntriesKnown: true,
		Entries: []snapshot.PrefixListEntry{{CIDR: pfx("52.216.0.0/15")}, {CIDR: pfx("54.231.0.0/16")}, {CIDR: pfx("3.5.0.0/19")}}})
	e.BlockPublicAccess = got(snapshot.BPAOptions{Mode: "off", State: "default-state"})
	e.BPAExclusions = got[snapshot.BPAExclusion]()
	r.Resolver = snapshot.Resolver{Rules: got[snapshot.ResolverRule](), RuleAssociations: got[snapshot.ResolverRuleAssociation](), FirewallGroups: got[snapshot.FirewallRuleGroupAssociation](),
		FirewallRules: got[snapshot.FirewallRule](), FirewallDomains: got[snapshot.FirewallDomainList](), PrivateZones: got[snapshot.PrivateZone](), Profiles: got[snapshot.ProfileAssociation]()}
	return &world{snap: &snapshot.Snapshot{Accounts: []*snapshot.Account{acc}}, region: r, ec2: e}
}

func allowAll(id snapshot.NetworkACLID, def bool, subnets ...snapshot.SubnetID) snapshot.NetworkACL {
	return snapshot.NetworkACL{ID: id, VPC: "vpc-1", IsDefault: def, Subnets: subnets, SubnetsKnown: true, EntriesKnown: true, At: snapshot.At("/acl/" + string(id)), Entries: []snapshot.ACLEntry{
		{RuleNumber: 100, Egress: true, Allow: true, Protocol: "-1", CIDR: pfx("0.0.0.0/0")},
		{RuleNumber: 100, Allow: true, Protocol: "-1", CIDR: pfx("0.0.0.0/0")}}}
}

func egressAll(id snapshot.SecurityGroupID) snapshot.SecurityGroup {
	return snapshot.SecurityGroup{ID: id, VPC: "vpc-1", At: snapshot.At("/sg/" + string(id)), EgressKnown: true, IngressKnown: true,
		Egress: []snapshot.Permission{{Protocol: "-1", Ranges: []snapshot.Range{{CIDR: pfx("0.0.0.0/0")}}}}}
}

func rule(protocol string, from, to int, cidrs ...string) snapshot.Permission {
	p := snapshot.Permission{Protocol: protocol, FromPort: num(from), ToPort: num(to)}
	for _, c := range cidrs {
		p.Ranges = append(p.Ranges, snapshot.Range{CIDR: pfx(c)})
	}
	return p
}

func (w *world) table(id snapshot.RouteTableID) *snapshot.RouteTable {
	for i := range w.ec2.RouteTables.Items {
		if t := &w.ec2.RouteTables.Items[i]; t.ID == id {
			return t
		}
	}
	return nil
}

func (w *world) route(id snapshot.RouteTableID, cidr string, kind snapshot.TargetKind, target string) {
	t := w.table(id)
	t.Routes = append(t.Routes, snapshot.Route{CIDR: pfx(cidr), TargetKind: kind, Target: target, State: "active", Origin: "CreateRoute"})
}

func (w *world) noPL(id snapshot.RouteTableID) {
	t := w.table(id)
	t.Routes = t.Routes[:1]
	w.ec2.VPCEndpoints.Items[0].RouteTables = nil
}

func (w *world) nat() {
	e := w.ec2
	e.Subnets.Items = append(e.Subnets.Items, snapshot.Subnet{ID: "s9", VPC: "vpc-1", CIDR: pfx("10.0.9.0/24"), AvailabilityZone: "us-east-1a", State: "available"})
	e.RouteTables.Items = append(e.RouteTables.Items, snapshot.RouteTable{ID: "rt9", VPC: "vpc-1", AssociationsKnown: true, RoutesKnown: true, Associations: []snapshot.RouteTableAssociation{{Subnet: "s9"}},
		Routes: []snapshot.Route{{CIDR: pfx("10.0.0.0/16"), TargetKind: snapshot.TargetLocal, Target: "local", State: "active"}}})
	w.route("rt9", "0.0.0.0/0", snapshot.TargetInternetGateway, "igw1")
	e.InternetGateways = got(snapshot.InternetGateway{ID: "igw1", Attachments: []snapshot.GatewayAttachment{{VPC: "vpc-1", State: "available"}}})
	e.NATGateways = got(snapshot.NATGateway{ID: "nat1", VPC: "vpc-1", Subnet: "s9", State: "available", Connectivity: "public",
		Addresses: []snapshot.NATGatewayAddress{{Public: netip.MustParseAddr("203.0.113.7"), Private: netip.MustParseAddr("10.0.9.20")}}})
}

// ife adds an interface endpoint in s5, with private DNS for everybody.
func (w *world) ife() *snapshot.VPCEndpoint {
	e := w.ec2
	e.Subnets.Items = append(e.Subnets.Items, snapshot.Subnet{ID: "s5", VPC: "vpc-1", CIDR: pfx("10.0.5.0/24"), AvailabilityZone: "us-east-1a", State: "available"})
	g := egressAll("sg5")
	g.Ingress = []snapshot.Permission{rule("tcp", 443, 443, "10.0.0.0/16")}
	e.SecurityGroups.Items = append(e.SecurityGroups.Items, g)
	e.NetworkInterfaces = got(snapshot.NetworkInterface{ID: "eni-5", VPC: "vpc-1", Subnet: "s5", Groups: []snapshot.SecurityGroupID{"sg5"}, GroupsKnown: true,
		Addresses: []snapshot.InterfaceAddress{{Private: netip.MustParseAddr("10.0.5.10"), Primary: true}}})
	e.VPCEndpoints.Items = append(e.VPCEndpoints.Items, snapshot.VPCEndpoint{ID: "vpce-i", VPC: "vpc-1", Type: "Interface", ServiceName: "com.amazonaws.us-east-1.s3", State: "available",
		Subnets: []snapshot.SubnetID{"s5"}, Interfaces: []snapshot.NetworkInterfaceID{"eni-5"}, InterfacesKnown: true, Groups: []snapshot.SecurityGroupID{"sg5"}, GroupsKnown: true,
		PrivateDNS: flag(true), PrivateDNSInboundOnly: flag(false), IPAddressType: "ipv4"})
	return &e.VPCEndpoints.Items[len(e.VPCEndpoints.Items)-1]
}

func (w *world) s3() Query {
	return Query{From: Endpoint{Job: &HypotheticalInterface{Subnet: "s1", Groups: []snapshot.SecurityGroupID{"sg1"}}}, To: Endpoint{S3: &S3Destination{Region: "us-east-1"}}, Protocol: 6}
}

var outcomeWords = map[Outcome]string{Unknown: "?", Reachable: "R", Partial: "P", Blocked: "U"}

func codes(r *Result) string {
	var out []string
	for _, f := range r.Findings {
		out = append(out, f.Code.String())
	}
	for _, u := range r.Unknowns {
		out = append(out, u.Code.String())
	}
	return strings.Join(out, " ")
}

func TestScenarios(t *testing.T) {
	type scenario struct {
		id, want, code string
		change         func(w *world, q *Query)
	}
	acl := func(w *world) *snapshot.NetworkACL { return &w.ec2.NetworkACLs.Items[0] }
	sg := func(w *world) *snapshot.SecurityGroup { return &w.ec2.SecurityGroups.Items[0] }
	for _, s := range []scenario{
		{"T1", "R", "", func(w *world, q *Query) {}},
		{"T2", "U", "NO_ROUTE_TO_DESTINATION", func(w *world, q *Query) { w.noPL("rt1") }},
		{"T6", "U", "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", func(w *world, q *Query) {
			w.noPL("rt1")
			w.nat()
			w.route("rt1", "0.0.0.0/0", snapshot.TargetInternetGateway, "igw1")
		}},
		{"T10", "R", "", func(w *world, q *Query) {
			w.noPL("rt1")
			w.nat()
			w.route("rt1", "0.0.0.0/0", snapshot.TargetNATGateway, "nat1")
		}},
		{"T12", "R", "HIGHER_PRIORITY_ROUTE", func(w *world, q *Query) {
			w.nat()
			w.route("rt1", "52.216.0.0/15", snapshot.TargetNATGateway, "nat1")
		}},
		{"T13", "P", "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", func(w *world, q *Query) {
			w.nat()
			w.route("rt1", "52.216.8.0/24", snapshot.TargetInternetGateway, "igw1")
		}},
		{"T24", "R", "", func(w *world, q *Query) {
			w.ec2.PrefixLists.Items[0].EntriesKnown, w.ec2.PrefixLists.Items[0].Entries = false, nil
		}},
		{"T25", "?", "UNK_PREFIX_LIST", func(w *world, q *Query) {
			w.ec2.PrefixLists.Items[0].EntriesKnown, w.ec2.PrefixLists.Items[0].Entries = false, nil
			w.nat()
			w.route("rt1", "52.216.0.0/16", snapshot.TargetInternetGateway, "igw1")
		}},
		{"T36", "?", "UNK_NAT_VIA_GATEWAY_ENDPOINT", func(w *world, q *Query) {
			w.noPL("rt1")
			w.nat()
			w.route("rt1", "0.0.0.0/0", snapshot.TargetNATGateway, "nat1")
			t := w.table("rt9")
			t.Routes = append(t.Routes, snapshot.Route{PrefixList: "pl-s3", TargetKind: snapshot.TargetVPCEndpoint, Target: "vpce-g", State: "active"})
			w.ec2.VPCEndpoints.Items[0].RouteTables = []snapshot.RouteTableID{"rt9"}
		}},
		{"T37", "U", "SG_HAS_NO_RULES", func(w *world, q *Query) { sg(w).Egress = nil }},
		{"T47", "P", "ENI_SG_RULES_MISMATCH", func(w *world, q *Query) { sg(w).Egress = []snapshot.Permission{rule("tcp", 443, 443, "52.216.0.0/15")} }},
		{"T49", "?", "UNK_SG", func(w *world, q *Query) { sg(w).EgressKnown, sg(w).Egress = false, nil }},
		{"T51", "U", "DNS_SERVER_UNREACHABLE", func(w *world, q *Query) {
			sg(w).Egress = []snapshot.Permission{rule("tcp", 443, 443, "0.0.0.0/0")}
			w.ec2.DHCPOptions.Items[0].DNSServers = []string{"10.0.7.53"}
		}},
		{"T52", "?", "UNK_DNS_CUSTOM", func(w *world, q *Query) { w.ec2.DHCPOptions.Items[0].DNSServers = []string{"10.0.7.53"} }},
		{"T54", "U", "SUBNET_ACL_RESTRICTION", func(w *world, q *Query) {
			acl(w).Entries[1] = snapshot.ACLEntry{RuleNumber: 100, Allow: true, Protocol: "6", CIDR: pfx("0.0.0.0/0"), PortRange: &snapshot.PortRange{From: 443, To: 443}}
		}},
		{"T56", "P", "SUBNET_ACL_RESTRICTION", func(w *world, q *Query) {
			acl(w).Entries[1] = snapshot.ACLEntry{RuleNumber: 100, Allow: true, Protocol: "6", CIDR: pfx("0.0.0.0/0"), PortRange: &snapshot.PortRange{From: 49152, To: 65535}}
		}},
		{"T75", "R", "", func(w *world, q *Query) { w.ife() }},
		{"T76", "R", "", func(w *world, q *Query) { w.ife().PrivateDNS.Value = false }},
		{"T39", "U", "ENI_SG_RULES_MISMATCH", func(w *world, q *Query) {
			w.ife()
			sg(w).Egress = []snapshot.Permission{{Protocol: "tcp", FromPort: num(443), ToPort: num(443), PrefixLists: []snapshot.PrefixListRef{{List: "pl-s3"}}}}
		}},
		{"T92", "U", "NAT_SAME_SUBNET_LOOP", func(w *world, q *Query) {
			w.nat()
			w.table("rt9").Routes[1] = snapshot.Route{CIDR: pfx("0.0.0.0/0"), TargetKind: snapshot.TargetNATGateway, Target: "nat1", State: "active"}
			q.From.Job.Subnet = "s9"
		}},
		{"T102", "U", "VPC_BLOCK_PUBLIC_ACCESS_ENABLED", func(w *world, q *Query) {
			w.noPL("rt1")
			w.nat()
			w.route("rt1", "0.0.0.0/0", snapshot.TargetNATGateway, "nat1")
			w.ec2.BlockPublicAccess.Items[0].Mode = "block-bidirectional"
			w.ec2.VPCs.Items[0].BPAMode = "block-bidirectional"
		}},
		{"T121", "P", "ENI_SG_RULES_MISMATCH", func(w *world, q *Query) {
			w.ife()
			w.ec2.SecurityGroups.Items[1].Ingress = []snapshot.Permission{rule("tcp", 443, 443, "10.0.1.7/32")}
		}},
		{"T124", "?", "SNAPSHOT_INCONSISTENT", func(w *world, q *Query) { w.table("rt1").Routes = w.table("rt1").Routes[:1] }},
		{"T130", "U", "VPCE_IP_FAMILY", func(w *world, q *Query) { w.ife().IPAddressType = "ipv6" }},
	} {
		t.Run(s.id, func(t *testing.T) {
			w := base()
			q := w.s3()
			s.change(w, &q)
			r, err := NewModel(w.snap).Ask(q)
			if err != nil {
				t.Fatal(err)
			}
			if got := outcomeWords[r.Outcome]; got != s.want || s.code != "" && !strings.Contains(codes(r), s.code) || s.code == "" && codes(r) != "" {
				t.Errorf("%s: got %s with %q, want %s with %q", s.id, got, codes(r), s.want, s.code)
				for _, f := range r.Flows {
					for _, h := range f.Hops {
						t.Logf("  %+v", h)
					}
				}
			}
		})
	}
}
