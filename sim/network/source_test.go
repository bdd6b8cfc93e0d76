package network

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/snapshot"
)

// AWS keeps the first four addresses of a subnet and the last one.
func TestUsableAddresses(t *testing.T) {
	for cidr, want := range map[string]string{
		"10.0.1.0/24":  "[{10.0.1.4 10.0.1.254}]",
		"10.0.1.16/28": "[{10.0.1.20 10.0.1.30}]",
		"10.0.1.0/30":  "[]",
		"10.0.1.0/32":  "[]",
	} {
		s := packetset.New(packetset.DefaultBudget)
		x := usable(s, packetset.Source, &snapshot.Subnet{CIDR: pfx(cidr)}, true, true)
		if got := fmt.Sprint(s.AddressRanges(packetset.Source, x, 10)); got != want {
			t.Errorf("%s: %s, want %s", cidr, got, want)
		}
	}
}

func server(w *world, public string) {
	g := snapshot.SecurityGroup{ID: "sg-web", VPC: "vpc-1", IngressKnown: true, EgressKnown: true, Ingress: []snapshot.Permission{rule("tcp", 443, 443, "0.0.0.0/0")}}
	w.ec2.SecurityGroups.Items = append(w.ec2.SecurityGroups.Items, g)
	a := snapshot.InterfaceAddress{Private: netip.MustParseAddr("10.0.9.80"), Primary: true}
	if public != "" {
		a.Public = netip.MustParseAddr(public)
	}
	w.ec2.NetworkInterfaces = got(snapshot.NetworkInterface{ID: "eni-web", VPC: "vpc-1", Subnet: "s9", Groups: []snapshot.SecurityGroupID{"sg-web"}, GroupsKnown: true, Addresses: []snapshot.InterfaceAddress{a}})
}

func TestFromTheInternet(t *testing.T) {
	for _, c := range []struct {
		name, want, code string
		change           func(w *world)
	}{
		{"a public address, a route back, open rules", "R", "", func(*world) {}},
		{"N110 no public address", "U", "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", func(w *world) { w.ec2.NetworkInterfaces.Items[0].Addresses[0].Public = netip.Addr{} }},
		{"no route by which replies leave", "U", "NO_ROUTE_TO_DESTINATION", func(w *world) { w.table("rt9").Routes = w.table("rt9").Routes[:1] }},
		{"N78 the group admits another port", "U", "ENI_SG_RULES_MISMATCH", func(w *world) {
			w.ec2.SecurityGroups.Items[1].Ingress = []snapshot.Permission{rule("tcp", 22, 22, "0.0.0.0/0")}
		}},
		{"N96 the ACL stops the replies", "U", "SUBNET_ACL_RESTRICTION", func(w *world) { w.ec2.NetworkACLs.Items[0].Entries = w.ec2.NetworkACLs.Items[0].Entries[1:] }},
		{"N128 block-ingress stops what starts outside", "U", "VPC_BLOCK_PUBLIC_ACCESS_ENABLED", func(w *world) {
			w.ec2.BlockPublicAccess.Items[0].Mode, w.ec2.VPCs.Items[0].BPAMode = "block-ingress", "block-ingress"
		}},
		{"the gateway is attached elsewhere", "U", "BAD_STATE_ATTACHMENT", func(w *world) { w.ec2.InternetGateways.Items[0].Attachments[0].VPC = "vpc-2" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := base()
			w.nat()
			server(w, "203.0.113.80")
			c.change(w)
			r, err := NewModel(w.snap).Ask(Query{From: Endpoint{Internet: true}, To: Endpoint{Interface: "eni-web"}, Protocol: 6})
			if err != nil {
				t.Fatal(err)
			}
			first := ""
			if len(r.Findings) > 0 {
				first = r.Findings[0].Code.String()
			}
			if got := outcomeWords[r.Outcome]; got != c.want || first != c.code {
				t.Errorf("got %s %s, want %s %s", got, codes(r), c.want, c.code)
			}
		})
	}
}

func TestBetweenInterfaces(t *testing.T) {
	w := base()
	w.nat()
	server(w, "")
	q := Query{From: Endpoint{Subnet: "s1"}, To: Endpoint{Address: pfx("10.0.9.80/32")}, Protocol: 6}
	g := egressAll("sg-default")
	g.Name = "default"
	w.ec2.SecurityGroups.Items = append(w.ec2.SecurityGroups.Items, g)
	r, err := NewModel(w.snap).Ask(q)
	if err != nil || r.Outcome != Reachable {
		t.Fatalf("%v %v", r, err)
	}
	q.Ports = []PortRange{{400, 443}}
	if r, _ = NewModel(w.snap).Ask(q); r.Outcome != Partial {
		t.Errorf("ports 400 to 443, of which 443 is open: %v", r.Outcome)
	}
	q.Ports, q.Protocol = nil, 1
	if r, _ = NewModel(w.snap).Ask(q); r.Outcome != Blocked {
		t.Errorf("ICMP, which the group does not admit: %v", r.Outcome)
	}
	w.ec2.SecurityGroups.Items[1].Ingress = []snapshot.Permission{{Protocol: "icmp", FromPort: num(8), ToPort: num(-1), Ranges: []snapshot.Range{{CIDR: pfx("10.0.0.0/16")}}}}
	if r, _ = NewModel(w.snap).Ask(q); r.Outcome != Reachable {
		t.Errorf("an echo request: %v %s", r.Outcome, codes(r))
	}
}

// Nothing that a question may hold makes Ask panic.
func TestSenselessQuestions(t *testing.T) {
	w := base()
	m := NewModel(w.snap)
	for _, q := range []Query{
		{}, {From: w.s3().From}, {From: Endpoint{Internet: true}}, {From: Endpoint{Internet: true}, To: Endpoint{Internet: true}},
		{From: Endpoint{S3: &S3Destination{}}, To: w.s3().To}, {From: w.s3().From, To: Endpoint{S3: &S3Destination{Hostname: "example.com"}}},
		{From: w.s3().From, To: w.s3().To, Protocol: 999}, {From: w.s3().From, To: w.s3().To, Ports: []PortRange{{5, 4}}},
		{From: Endpoint{Interface: "eni-none"}, To: w.s3().To}, {From: Endpoint{Address: pfx("8.8.8.8/32")}, To: w.s3().To},
		{From: w.s3().From, To: Endpoint{VPCEndpoint: "vpce-g"}}, {From: w.s3().From, To: Endpoint{Service: "sts"}},
		{From: Endpoint{Job: &HypotheticalInterface{Subnet: "s-none"}}, To: w.s3().To},
	} {
		if r, err := m.Ask(q); err == nil {
			t.Errorf("%+v has an answer: %+v", q, r)
		}
	}
	if _, err := NewModel(&snapshot.Snapshot{}).Ask(w.s3()); err == nil {
		t.Error("an empty snapshot has no subnet to ask about")
	}
}

// A table far beyond AWS's limits, and rules by the thousand, are decided, or
// said to be over budget; they neither panic nor run away.
func TestHostileSizes(t *testing.T) {
	w := base()
	for i := range 3000 {
		w.route("rt1", fmt.Sprintf("52.%d.%d.0/24", 216+i%2, i%256), snapshot.TargetNATGateway, fmt.Sprintf("nat-%d", i))
	}
	g := &w.ec2.SecurityGroups.Items[0]
	g.Egress = nil
	for i := range 3000 {
		g.Egress = append(g.Egress, rule("tcp", i, i+500, fmt.Sprintf("52.%d.%d.0/25", 216+i%2, i%256)))
	}
	r, err := NewModel(w.snap).Ask(w.s3())
	if err != nil || r.Outcome == Reachable {
		t.Fatalf("%v %v", r, err)
	}
}
