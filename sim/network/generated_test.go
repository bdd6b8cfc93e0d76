package network_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/canreach/canreach/internal/testkit/concrete"
	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim/network"
)

// Topologies are drawn from small pools, so that rules collide: a planted
// shadowing bug survives uniform addresses and ports, and does not survive these.
var (
	cidrPool = rapid.SampledFrom([]string{"0.0.0.0/0", "52.216.0.0/15", "52.216.0.0/16", "54.231.0.0/16", "3.5.0.0/19", "3.0.0.0/8",
		"10.0.0.0/16", "10.0.1.0/24", "10.0.1.128/25", "10.0.9.0/24", "10.1.1.0/24", "10.0.5.0/24"})
	publicPool = rapid.SampledFrom([]string{"0.0.0.0/0", "52.216.0.0/15", "52.216.0.0/16", "54.231.0.0/16", "3.5.0.0/19", "3.0.0.0/8"})
	portPool   = rapid.SampledFrom([][2]int{{0, 65535}, {443, 443}, {1024, 65535}, {32768, 60999}, {49152, 65535}, {3389, 3389}, {0, 0}})
	targetPool = rapid.SampledFrom([]string{"igw-1", "nat-1", "nat-1", "tgw-1", "pcx-1", "vgw-1", "eni-n", "vpce-w", "nat-gone", "blackhole"})
	statePool  = rapid.SampledFrom([]string{"available", "available", "available", "Available", "pending", "failed", "partial"})
)

// chance is true once in n.
func chance(t *rapid.T, n int, label string) bool { return rapid.IntRange(0, n-1).Draw(t, label) == 0 }

func drawRule(t *rapid.T, remotes ...string) world.Obj {
	remote := rapid.OneOf(cidrPool, rapid.SampledFrom(append(remotes, world.PL))).Draw(t, "remote")
	proto := rapid.SampledFrom([]string{"-1", "tcp", "tcp", "6", "udp", "50"}).Draw(t, "protocol")
	r := world.Rule(proto, remote)
	if proto != "-1" && proto != "50" {
		p := portPool.Draw(t, "ports")
		r = world.Ports(p[0], p[1], r)
	}
	return r
}

func drawRules(t *rapid.T, label string, remotes ...string) []world.Obj {
	if !chance(t, 3, label+" drawn") {
		return []world.Obj{world.Rule("-1", "0.0.0.0/0")}
	}
	var out []world.Obj
	for range rapid.IntRange(0, 3).Draw(t, label) {
		out = append(out, drawRule(t, remotes...))
	}
	return out
}

func drawEntries(t *rapid.T, label string) []world.Obj {
	var out []world.Obj
	for _, direction := range []string{"in", "out"} {
		for i := range rapid.IntRange(0, 3).Draw(t, label+" "+direction) {
			action := rapid.SampledFrom([]string{"allow", "allow", "deny"}).Draw(t, "action")
			proto := rapid.SampledFrom([]string{"-1", "6", "6", "17"}).Draw(t, "protocol")
			p := portPool.Draw(t, "ports")
			number := 10*rapid.IntRange(1, 9).Draw(t, "number") + i // distinct within a direction
			out = append(out, world.Entry(number, direction, action, proto, cidrPool.Draw(t, "cidr"), p[0], p[1]))
		}
		out = append(out, world.Entry(200, direction, rapid.SampledFrom([]string{"allow", "deny"}).Draw(t, "last"), "-1", "0.0.0.0/0"))
	}
	return out
}

// drawRoutes draws routes with distinct destinations, as AWS demands.
func drawRoutes(t *rapid.T, label string, targets *rapid.Generator[string]) []world.Obj {
	var out []world.Obj
	for _, cidr := range rapid.SliceOfNDistinct(publicPool, 0, 3, func(s string) string { return s }).Draw(t, label) {
		target := targets.Draw(t, "target")
		switch {
		case target == "blackhole":
			out = append(out, world.Blackhole(world.To(cidr, "nat-gone")))
		case target == "vgw-1" && chance(t, 2, "propagated"):
			out = append(out, world.Propagated(cidr, target))
		default:
			out = append(out, world.To(cidr, target))
		}
	}
	return out
}

// themes are the ways to S3. Each topology has one that is whole, and a few
// things drawn over it: were everything drawn at once, most of it would be
// hidden behind the first thing that blocks.
var themes = map[string]func(t *rapid.T, w *world.World){
	"gateway endpoint": func(t *rapid.T, w *world.World) {},
	"NAT gateway":      func(t *rapid.T, w *world.World) { w.Apply(onlyDefault("nat-1")) },
	"public address": func(t *rapid.T, w *world.World) {
		w.Apply(onlyDefault("igw-1"))
		blockPublicAccess(t, w)
	},
	"transit gateway": func(t *rapid.T, w *world.World) { w.Apply(onlyDefault("tgw-1")) },
	"interface endpoint": func(t *rapid.T, w *world.World) {
		w.Apply(world.IFE(), world.Ingress("sg-5", drawRules(t, "sg-5", "sg-1", "sg-2")...))
		if chance(t, 3, "second interface") {
			w.Apply(world.Remove("VpcEndpoints", "vpce-i"), world.Remove("NetworkInterfaces", "eni-i-1"),
				world.Subnet("subnet-6", "vpc-a", "10.0.6.0/24", "us-east-1b"), world.OnTable("rtb-5", "subnet-6"),
				world.InterfaceEndpoint("vpce-i", "vpc-a", "sg-5", "subnet-5", "subnet-6"))
		}
		if chance(t, 3, "private DNS") {
			w.Apply(world.PrivateDNS("vpce-i", rapid.Bool().Draw(t, "on"), rapid.Bool().Draw(t, "inbound only")))
		}
		if chance(t, 6, "host names off") {
			w.Apply(world.DNS("vpc-a", true, false))
		}
	},
	"peered client": func(t *rapid.T, w *world.World) {
		endpointFor(t, w, "pcx-1")
		if chance(t, 6, "peering") {
			w.Apply(world.Set("VpcPeeringConnections", "pcx-1", "Status", world.Obj{"Code": rapid.SampledFrom([]string{"pending-acceptance", "deleted", "active"}).Draw(t, "status")}))
		}
	},
	"spoke client": func(t *rapid.T, w *world.World) {
		doors := []string{"subnet-b"}
		if chance(t, 2, "a subnet of its own") {
			w.Apply(world.Subnet("subnet-b2", "vpc-b", "10.1.2.0/24", rapid.SampledFrom([]string{"us-east-1a", "us-east-1a", "us-east-1a", "us-east-1b"}).Draw(t, "zone")))
			doors = []string{"subnet-b2"}
		}
		w.Apply(world.Attach("tgw-attach-b", "tgw-1", "vpc-b", doors...))
		w.Apply(world.Append("TransitGatewayRouteTables", "tgw-rtb-1", "Routes", world.TGWRoute("10.1.0.0/16", "tgw-attach-b")))
		for _, cidr := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"10.1.0.0/16", "10.1.1.0/25", "10.0.0.0/16", "10.0.5.0/24"}), 0, max(0, rapid.IntRange(-3, 2).Draw(t, "further tgw routes")), func(s string) string { return s }).Draw(t, "tgw routes") {
			tgwRoute(t, w, cidr)
		}
		endpointFor(t, w, "tgw-1")
		if chance(t, 4, "attachment") {
			state := statePool.Draw(t, "attachment state")
			w.Apply(world.Set("TransitGatewayVpcAttachments", "tgw-attach-b", "State", state), world.Set("TransitGatewayAttachments", "tgw-attach-b", "State", state))
		}
	},
	"two transit gateways": chainTheme,
	"names":                resolverTheme,
	"IPv6":                 ipv6Theme,
	"anything": func(t *rapid.T, w *world.World) {
		if chance(t, 3, "no list route") {
			w.Apply(world.NoS3Route())
		}
	},
}

// tgwRoute adds a route to the transit gateway's table, in place of one to the same CIDR.
func tgwRoute(t *rapid.T, w *world.World, cidr string) {
	to := rapid.SampledFrom([]string{"tgw-attach-a", "tgw-attach-b", "tgw-attach-b", "tgw-attach-h"}).Draw(t, "tgw target")
	table := w.Get("TransitGatewayRouteTables", "tgw-rtb-1")
	table["Routes"] = append(slices.DeleteFunc(table["Routes"].(world.List), func(r any) bool { return r.(world.Obj)["DestinationCidrBlock"] == cidr }), world.TGWRoute(cidr, to))
}

// endpointFor adds vpce-i in vpc-a for clients in subnet-b, which come by a
// link, and ways there and back.
func endpointFor(t *rapid.T, w *world.World, link string) {
	w.Apply(world.IFE())
	if chance(t, 2, "second interface") {
		w.Apply(world.Remove("VpcEndpoints", "vpce-i"), world.Remove("NetworkInterfaces", "eni-i-1"),
			world.Subnet("subnet-6", "vpc-a", "10.0.6.0/24", rapid.SampledFrom([]string{"us-east-1a", "us-east-1b"}).Draw(t, "zone of subnet-6")), world.OnTable("rtb-5", "subnet-6"),
			world.InterfaceEndpoint("vpce-i", "vpc-a", "sg-5", "subnet-5", "subnet-6"))
	}
	there := rapid.SampledFrom([]string{"10.0.0.0/16", "10.0.0.0/16", "10.0.0.0/8", "10.0.5.0/24", "0.0.0.0/0"}).Draw(t, "there")
	back := rapid.SampledFrom([]string{"10.1.0.0/16", "10.1.0.0/16", "10.0.0.0/8", "10.1.1.0/25", "0.0.0.0/0"}).Draw(t, "back")
	w.Apply(world.Table("rtb-b", "vpc-b", nil, world.To(there, rapid.SampledFrom([]string{link, link, link, link, link, "nat-gone"}).Draw(t, "by"))))
	w.Apply(world.Routes("rtb-5", world.To(back, rapid.SampledFrom([]string{link, link, link, link, link, link, "pcx-1", "tgw-1", "igw-1"}).Draw(t, "back by"))))
	if chance(t, 2, "ingress of sg-5") {
		w.Apply(world.Ingress("sg-5", drawRules(t, "sg-5", "sg-1", "sg-b", "10.1.1.0/24", "10.1.1.128/25")...))
	} else {
		w.Apply(world.Ingress("sg-5", world.Rule("tcp", "10.0.0.0/8")))
	}
	if chance(t, 2, "egress of sg-b") {
		w.Apply(world.Egress("sg-b", drawRules(t, "sg-b", "sg-5", "10.0.5.0/24", "10.0.6.0/24")...))
	}
}

// filtered is the subnet whose ACL is drawn most often.
var filtered = map[string]string{"gateway endpoint": "subnet-1", "public address": "subnet-1", "NAT gateway": "subnet-9",
	"interface endpoint": "subnet-5", "transit gateway": "subnet-h2",
	"peered client": "subnet-b", "spoke client": "subnet-b", "two transit gateways": "subnet-h3"}

// topology draws a VPC with everything on the way to S3, some of it broken.
func topology(t *rapid.T, theme string) *world.World {
	w := world.Network(peerB, world.Peering("pcx-1", "vpc-a", "vpc-b"), world.VGW("vgw-1", "vpc-a"), world.NAT(), hub,
		world.NATGateway("nat-h", "subnet-h2", "10.9.2.20", hubAddress), world.IGW("igw-h", "vpc-h"), applianceAndGWLB, withEIP)
	themes[theme](t, w)
	if theme == "anything" || chance(t, 4, "further routes") {
		drawTables(t, w)
	}
	if theme == "two transit gateways" {
		chainTables(t, w)
	} else {
		hubTables(t, w)
	}
	if w.Find("SecurityGroups", "sg-5") == nil {
		w.Apply(world.Group("sg-5", "vpc-a", nil, nil))
	}
	w.Apply(world.Group("sg-2", "vpc-a", nil, drawRules(t, "sg-2", "sg-1")), world.Egress("sg-1", drawRules(t, "sg-1", "sg-1", "sg-5")...))
	if theme == "IPv6" {
		ipv6Filters(t, w)
	}
	for _, s := range []string{"subnet-1", "subnet-9", "subnet-5", "subnet-6", "subnet-h1", "subnet-h2", "subnet-b", "subnet-b2", "subnet-h3", "subnet-c1", "subnet-c2"} {
		odds := 4
		if s == filtered[theme] {
			odds = 2
		}
		if w.Find("Subnets", s) != nil && w.Find("NetworkAcls", "acl-of-"+s) == nil && chance(t, odds, "acl of "+s) {
			w.Apply(world.FilterExactly(s, drawEntries(t, s)...))
		}
	}
	if chance(t, 6, "states") {
		w.Apply(world.Set("VpcEndpoints", "vpce-g", "State", statePool.Draw(t, "vpce-g")), world.Set("NatGateways", "nat-1", "State", statePool.Draw(t, "nat-1")))
	}
	if chance(t, 4, "BPA") {
		blockPublicAccess(t, w)
	}
	if odds := map[bool]int{true: 2, false: 6}[theme == "interface endpoint"]; chance(t, odds, "encryption controls") {
		encryptionControls(t, w)
	}
	if chance(t, 8, "unlisted") {
		w.Apply(world.Unset("PrefixLists", world.PL, "Cidrs"))
	}
	return w
}

// drawTables draws routes beside those of the theme. A table has one route
// for a destination, unless a VPN gateway propagates another.
func drawTables(t *rapid.T, w *world.World) {
	addRoutes(t, w, "rtb-1", targetPool)
	if chance(t, 3, "own list") {
		w.Apply(world.Add("PrefixLists", world.Obj{"PrefixListId": "pl-own", "PrefixListName": "own", "OwnerId": world.AccountID, "AddressFamily": "IPv4",
			"MaxEntries": 5, "Entries": world.List{world.Obj{"Cidr": publicPool.Draw(t, "own entry")}}}),
			world.Routes("rtb-1", world.ToList("pl-own", rapid.SampledFrom([]string{"nat-1", "tgw-1", "igw-1"}).Draw(t, "own target"))))
	}
	if chance(t, 3, "rtb-9") {
		w.Apply(world.NoRoute("rtb-9", "0.0.0.0/0"))
		addRoutes(t, w, "rtb-9", rapid.SampledFrom([]string{"igw-1", "igw-1", "nat-1", "vgw-1", "blackhole"}))
	}
}

func addRoutes(t *rapid.T, w *world.World, table string, targets *rapid.Generator[string]) {
	for _, r := range drawRoutes(t, table, targets) {
		taken := slices.ContainsFunc(w.Get("RouteTables", table)["Routes"].(world.List), func(old any) bool {
			return old.(world.Obj)["DestinationCidrBlock"] == r["DestinationCidrBlock"]
		})
		if !taken || r["Origin"] == "EnableVgwRoutePropagation" {
			w.Apply(world.Routes(table, r))
		}
	}
}

// applianceAndGWLB is what eni-n and vpce-w in targetPool are.
var applianceAndGWLB = world.All(world.Subnet("subnet-7", "vpc-a", "10.0.7.0/24", "us-east-1a"), world.Table("rtb-7", "vpc-a", []string{"subnet-7"}),
	world.GWLB("vpce-w", "vpc-a", "subnet-7"), world.Group("sg-n", "vpc-a", []world.Obj{world.Rule("-1", "10.0.0.0/16")}, []world.Obj{world.Rule("-1", "0.0.0.0/0")}),
	world.Interface("eni-n", "subnet-7", "10.0.7.30", "sg-n"), world.Set("NetworkInterfaces", "eni-n", "SourceDestCheck", false),
	world.Add("Reservations", world.Obj{"ReservationId": "r-n", "Instances": world.List{world.Obj{"InstanceId": "i-n", "SubnetId": "subnet-7", "VpcId": "vpc-a",
		"State": world.Obj{"Name": "running"}, "NetworkInterfaces": world.List{world.Obj{"NetworkInterfaceId": "eni-n"}}}}}))

func hubTables(t *rapid.T, w *world.World) {
	h1 := []world.Obj{world.To("10.0.0.0/16", "tgw-1"), world.To("0.0.0.0/0", rapid.SampledFrom([]string{"nat-h", "nat-h", "igw-h", "tgw-1"}).Draw(t, "h1"))}
	h2 := []world.Obj{world.To("0.0.0.0/0", "igw-h")}
	if !chance(t, 4, "no way back") {
		h2 = append(h2, world.To("10.0.0.0/16", rapid.SampledFrom([]string{"tgw-1", "tgw-1", "tgw-1", "igw-h"}).Draw(t, "h2 back")))
	}
	w.Apply(world.Table("rtb-h1", "vpc-h", []string{"subnet-h1"}, h1...), world.Table("rtb-h2", "vpc-h", []string{"subnet-h2"}, h2...))
}

func blockPublicAccess(t *rapid.T, w *world.World) {
	w.Apply(world.BPA(rapid.SampledFrom([]string{"block-ingress", "block-bidirectional"}).Draw(t, "BPA mode")))
	for _, r := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"subnet-1", "subnet-9", "vpc-a"}), 0, 2, func(s string) string { return s }).Draw(t, "excluded") {
		if w.Find("VpcBlockPublicAccessExclusions", "vpcbpa-exclude-"+r) != nil {
			continue
		}
		w.Apply(world.BPAExclusion(r, rapid.SampledFrom([]string{"allow-bidirectional", "allow-egress"}).Draw(t, "exclusion")))
	}
}

// encryptionControls draws a control, told in either place, in both, or in none.
func encryptionControls(t *rapid.T, w *world.World) {
	mode := rapid.SampledFrom([]string{"monitor", "enforce", "enforce", "Enforce"})
	state := rapid.SampledFrom([]string{"available", "available", "available", "creating", "enforce-in-progress", "monitor-failed", "deleting", "delete-failed", "deleted"})
	switch rapid.SampledFrom([]string{"listed", "listed", "inline", "both", "not collected"}).Draw(t, "told") {
	case "not collected":
		w.Apply(world.NotCollected("VpcEncryptionControls"))
	case "both":
		w.Apply(world.Set("Vpcs", "vpc-a", "EncryptionControl", world.Obj{"Mode": mode.Draw(t, "inline mode"), "State": state.Draw(t, "inline state")}))
		fallthrough
	case "listed":
		w.Apply(world.EncryptionControl("vpc-a", mode.Draw(t, "mode")), world.Set("VpcEncryptionControls", "vpcec-vpc-a", "State", state.Draw(t, "state")))
	case "inline":
		w.Apply(world.Set("Vpcs", "vpc-a", "EncryptionControl", world.Obj{"VpcEncryptionControlId": "vpcec-vpc-a", "Mode": mode.Draw(t, "mode"), "State": state.Draw(t, "state")}))
	}
}

func drawQuery(t *rapid.T, theme string) network.Query {
	q := network.Query{From: job("subnet-1", "sg-1"), To: s3("us-east-1", ""), Protocol: 6}
	if odds := map[bool]int{true: 3, false: 8}[theme == "interface endpoint"]; chance(t, odds, "other ports") {
		q.Ports = rapid.SampledFrom([][]network.PortRange{{{From: 80, To: 80}}, {{From: 80, To: 80}, {From: 443, To: 443}}, {{From: 79, To: 81}, {From: 443, To: 444}}}).Draw(t, "destination ports")
	}
	if theme == "peered client" || theme == "spoke client" {
		q.From = job("subnet-b", "sg-b")
		if !chance(t, 8, "public name") {
			q.To = s3("us-east-1", endpointName)
		}
		return q
	}
	if theme == "names" {
		q.To = s3("us-east-1", namePool.Draw(t, "name"))
		q.StrictDNS, q.AssumePublicDNS = chance(t, 4, "strict"), chance(t, 6, "assume public")
	}
	if theme == "IPv6" {
		ipv6Query(t, &q)
		return q
	}
	switch {
	case theme == "public address" || chance(t, 6, "from interface"):
		q.From = network.Endpoint{Interface: "eni-x"}
	case chance(t, 4, "two groups"):
		q.From = job("subnet-1", "sg-1", "sg-2")
	}
	return q
}

// TestSetsAgreeWithPackets compares the engine of sets with the concrete
// evaluator on drawn topologies: the verdict over all cases, and every
// example that the answer gives.
func TestSetsAgreeWithPackets(t *testing.T) {
	for theme := range themes {
		t.Run(theme, func(t *testing.T) { rapid.Check(t, func(rt *rapid.T) { setsAgree(t, rt, theme) }) })
	}
}

func setsAgree(t *testing.T, rt *rapid.T, theme string) {
	w := topology(rt, theme)
	q := drawQuery(rt, theme)
	snap := w.Snapshot(t)
	tw := newTwin(t, snap, q)
	r, err := network.NewModel(snap).Ask(q)
	if err != nil {
		rt.Fatalf("Ask: %v", err)
	}
	want, seen := tw.ask(t)
	if r.Outcome != want {
		rt.Fatalf("sets say %s, packets %s; findings %v, missing %v\n%s", word(r.Outcome), word(want), codes(r), missing(r), traces(seen))
	}
	for _, problem := range tw.replay(t, r) {
		rt.Errorf("%s\nfindings %v", problem, codes(r))
	}
}

// replay puts the examples of the answer through the concrete evaluator.
func (w twin) replay(t testing.TB, r *network.Result) []string {
	t.Helper()
	var out []string
	check := func(p *network.Packet, want concrete.Outcome, what string) {
		if p == nil || want == concrete.Unknown && (p.Source.Is6() || p.Destination.Is6()) && len(w.variants(t)) > 1 {
			return // nobody tells whether there is such a packet
		}
		got, last := w.fate(t, *p)
		if !slices.Contains(got, want) {
			out = append(out, fmt.Sprintf("example of %s %+v: packets say %v, want %s\n%s", what, *p, got, want, last))
		}
	}
	for i, f := range r.Flows {
		if f.Context.Uncertain {
			continue // one of several ways that the traffic may take: the packets' verdict is over all of them
		}
		check(f.Passed.Example, concrete.Passes, fmt.Sprintf("flow %d passing", i))
		check(f.Blocked.Example, concrete.Blocks, fmt.Sprintf("flow %d blocked", i))
		check(f.Open.Example, concrete.Unknown, fmt.Sprintf("flow %d open", i))
	}
	for _, f := range r.Findings {
		if f.Severity == 2 {
			check(f.Example, concrete.Blocks, f.Code.String())
		}
	}
	return out
}

// fate runs the cases that an example may stand for: a reply is turned round,
// and what an example does not say (a translator's port) is tried.
func (w twin) fate(t testing.TB, p network.Packet) (seen []concrete.Outcome, last concrete.Trace) {
	t.Helper()
	if p.Reply {
		p.Source, p.Destination, p.SourcePort, p.DestinationPort = p.Destination, p.Source, p.DestinationPort, p.SourcePort
	}
	var all []reading
	for _, v := range w.variants(t) {
		all = append(all, v.readings(t)...)
	}
	for _, r := range all {
		if len(r.cases) == 0 || r.answer.Query == concrete.Blocks {
			for o := range w.fates(r) {
				seen = append(seen, o)
			}
			continue
		}
		for _, c := range w.like(t, r.cases, p) {
			last = w.eval.Decide(c)
			if r.answer.Query == concrete.Unknown && last.Outcome == concrete.Passes {
				last.Outcome = concrete.Unknown
			}
			if !slices.Contains(seen, last.Outcome) {
				seen = append(seen, last.Outcome)
			}
		}
	}
	return seen, last
}

// like is the cases that an example fits, in place of its representatives.
func (w twin) like(t testing.TB, cases []concrete.Case, p network.Packet) (out []concrete.Case) {
	isClient, seen := w.isClient(t, p.Source), map[string]bool{}
	for _, c := range cases {
		switch {
		case !isClient: // a translator's packet
		case c.Source.Is4() == p.Source.Is4():
			c.Source = p.Source
		default:
			continue
		}
		if p.Destination.IsValid() && c.MemberOf == "" && p.Destination.Is4() == c.Destination.Is4() {
			c.Destination = p.Destination
		}
		c.DestinationPort = p.DestinationPort
		if isClient {
			c.SourcePort = p.SourcePort
		} else {
			c.NATPort = p.SourcePort
		}
		if key := fmt.Sprint(c); !seen[key] {
			seen[key] = true
			out = append(out, c)
		}
	}
	return out
}

func (w twin) isClient(t testing.TB, a netip.Addr) bool {
	t.Helper()
	_, sources, subnet := w.client(t)
	if w.q.From.Interface != "" {
		return slices.Contains(sources, a)
	}
	return subnet.CIDR.Contains(a) || slices.ContainsFunc(subnet.IPv6CIDRs, func(p netip.Prefix) bool { return p.Contains(a) })
}
