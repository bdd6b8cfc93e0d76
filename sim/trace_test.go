package sim_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

var twoInterfaces = interfacesOf("subnet-1")

// interfacesOf is an instance with an interface in subnet-1, which has a NAT
// gateway, and one in subnet-2, which has none. Its primary one is in the subnet.
func interfacesOf(primary string) world.Edit {
	return world.All(world.NAT(), world.Routes("rtb-1", world.To("0.0.0.0/0", "nat-1")),
		world.Subnet("subnet-2", "vpc-a", "10.0.2.0/24", "us-east-1b"), world.Table("rtb-2", "vpc-a", []string{"subnet-2"}),
		world.Group("sg-in", "vpc-a", []world.Obj{world.Ports(22, 22, world.Rule("tcp", "10.0.0.0/16"))}, []world.Obj{world.Rule("-1", "0.0.0.0/0")}),
		world.Interface("eni-1", "subnet-1", "10.0.1.10", "sg-in"), world.Interface("eni-2", "subnet-2", "10.0.2.10", "sg-in"),
		world.Add("Reservations", world.Obj{"ReservationId": "r-1", "Instances": world.List{world.Obj{"InstanceId": "i-1", "SubnetId": primary, "VpcId": "vpc-a",
			"NetworkInterfaces": world.List{world.Obj{"NetworkInterfaceId": "eni-1"}, world.Obj{"NetworkInterfaceId": "eni-2"}}}}}))
}

func TestTrace(t *testing.T) {
	w := sim.NewWorld(world.Network(twoInterfaces).Snapshot(t))
	ssh := []network.PortRange{{From: 22, To: 22}}
	for _, c := range []struct {
		name       string
		q          sim.TraceQuestion
		want       sim.Verdict
		placements int
	}{
		{"every interface of an instance", sim.TraceQuestion{From: "i-1", To: "8.8.8.8"}, sim.Partial, 2},
		{"one of them", sim.TraceQuestion{From: "eni-1", To: "8.8.8.8"}, sim.Reachable, 1},
		{"to every interface of an instance", sim.TraceQuestion{From: "10.0.2.10", To: "i-1", Ports: ssh}, sim.Reachable, 1},
		{"one protocol", sim.TraceQuestion{From: "eni-1", To: "eni-2", Protocol: "tcp", Ports: ssh}, sim.Reachable, 1},
		{"all protocols, of which some ports pass", sim.TraceQuestion{From: "eni-1", To: "eni-2", Protocol: "all"}, sim.Partial, 1},
		{"all protocols by their number", sim.TraceQuestion{From: "eni-1", To: "eni-2", Protocol: "-1"}, sim.Partial, 1},
		{"N81 a protocol without ports", sim.TraceQuestion{From: "eni-1", To: "eni-2", Protocol: "50"}, sim.Blocked, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := w.Trace(t.Context(), c.q)
			if err != nil {
				t.Fatal(err)
			}
			if a.Verdict != c.want || len(a.Placements) != c.placements {
				t.Errorf("%s with %d placements, want %s with %d; %+v", a.Verdict, len(a.Placements), c.want, c.placements, a.Findings)
			}
		})
	}
	if ids := network.NewModel(world.Network(interfacesOf("subnet-2")).Snapshot(t)).InterfacesOf("i-1"); ids[0] != "eni-2" {
		t.Errorf("the primary interface is not the first: %v", ids)
	}
	for _, q := range []sim.TraceQuestion{
		{From: "eni-1", To: "eni-2", Protocol: "icmp", Ports: ssh},
		{From: "10.0.1.10", To: "2001:db8::1"},
		{From: "eni-1", To: "eni-2", Protocol: "-2"},
	} {
		if a, err := w.Trace(t.Context(), q); err == nil {
			t.Errorf("%+v has an answer: %s", q, a.Verdict)
		}
	}
}

// A hop that lets a part through says which.
func TestTraceSaysWhatPasses(t *testing.T) {
	w := sim.NewWorld(world.Network(twoInterfaces, world.FilterExactly("subnet-2", world.Entry(50, "in", "deny", "6", "10.0.1.0/24", 21, 21), world.Entry(60, "in", "allow", "-1", "0.0.0.0/0"), world.Entry(60, "out", "allow", "-1", "0.0.0.0/0"))).Snapshot(t))
	a, err := w.Trace(t.Context(), sim.TraceQuestion{From: "eni-1", To: "eni-2", Ports: []network.PortRange{{From: 20, To: 25}}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, h := range a.Placements[0].Network.Path {
		if (h.Passes != nil) != (h.Decision == "partial") {
			t.Errorf("%s: decision %s, passes %+v", h.Component, h.Decision, h.Passes)
		}
		if h.Passes != nil {
			got[h.Kind] = h.Passes.Ports
			if h.Passes.Destinations != nil || h.Passes.Sources != nil || h.Passes.SourcePorts != nil {
				t.Errorf("%s splits ports only: %+v", h.Component, h.Passes)
			}
		}
	}
	if !slices.Equal(got["security-group"], []string{"22"}) || !slices.Equal(got["network-acl"], []string{"20", "22-25"}) {
		t.Errorf("passes %v", got)
	}
	if !slices.Equal(a.Question.Ports, []string{"20-25"}) {
		t.Errorf("asked of ports %v", a.Question.Ports)
	}
}

// An end of a kind that nobody collected is not known; one that is not among
// those collected is a slip of the pen (N10).
func TestTraceOfWhatWasNotCollected(t *testing.T) {
	w := sim.NewWorld(world.Network(twoInterfaces, world.NotCollected("NetworkInterfaces", "Reservations")).Snapshot(t))
	for _, q := range []sim.TraceQuestion{{From: "eni-1", To: "s3"}, {From: "i-1", To: "eni-2"}, {From: "subnet-1", To: "eni-2"}} {
		a, err := w.Trace(t.Context(), q)
		if err != nil {
			t.Fatalf("%+v: %v", q, err)
		}
		if a.Verdict != sim.Unknown || len(a.Unknowns) != 1 || a.Unknowns[0].Code.String() != "UNKNOWN_RESOURCE" || a.Unknowns[0].Collect == "" {
			t.Errorf("%+v: %s, %+v", q, a.Verdict, a.Unknowns)
		}
	}
	if a, err := w.Trace(t.Context(), sim.TraceQuestion{From: "subnet-99", To: "s3"}); err == nil {
		t.Errorf("a subnet that is not among those collected has an answer: %s", a.Verdict)
	}
}

// The ends that error messages and people name: URLs, host names, services.
func TestTraceNames(t *testing.T) {
	noNAT := world.Network(twoInterfaces, world.NoRoute("rtb-1", "0.0.0.0/0"))
	withNAT := sim.NewWorld(world.Network(twoInterfaces).Snapshot(t))
	without := sim.NewWorld(noNAT.Snapshot(t))
	for to, wantPort := range map[string]int{"sts": 443, "https://sts.us-east-1.amazonaws.com/": 443, "iam.amazonaws.com": 443, "pypi.org": 443, "http://example.com/x?y": 80, "example.com:8443": 8443} {
		a, err := withNAT.Trace(t.Context(), sim.TraceQuestion{From: "eni-1", To: to})
		if err != nil || a.Verdict != sim.Reachable || a.Question.Port != wantPort {
			t.Errorf("%s: %v %v", to, a, err)
			continue
		}
		if host := to == "pypi.org" || wantPort != 443; host != slices.ContainsFunc(a.Assumptions, func(s string) bool { return strings.Contains(s, "is a host on the internet") }) {
			t.Errorf("%s: assumptions %q", to, a.Assumptions)
		}
		b, err := without.Trace(t.Context(), sim.TraceQuestion{From: "eni-1", To: to})
		if err != nil || b.Verdict != sim.Blocked || len(b.Findings) == 0 || strings.Contains(b.Findings[0].Fix+b.Findings[0].Message, "S3") {
			t.Errorf("%s without a way out: %+v %v", to, b, err)
		}
	}
	for _, to := range []string{"nosuchservice", "com.amazonaws.us-east-1.nosuchservice", "a..b", "s3 of mine"} {
		if a, err := withNAT.Trace(t.Context(), sim.TraceQuestion{From: "eni-1", To: to}); err == nil {
			t.Errorf("%s has an answer: %v", to, a.Verdict)
		}
	}
}

// A source that does not run yet: a subnet with groups, or a job.
func TestTraceOfWhatDoesNotRun(t *testing.T) {
	w := sim.NewWorld(world.Network(twoInterfaces).Snapshot(t))
	job := &snapshot.Job{Name: "j", Subnets: []snapshot.SubnetID{"subnet-1", "subnet-2"}, SecurityGroups: []snapshot.SecurityGroupID{"sg-1"}, HasVPCConfig: true}
	for _, c := range []struct {
		name       string
		q          sim.TraceQuestion
		want       sim.Verdict
		placements int
	}{
		{"a subnet with groups", sim.TraceQuestion{From: "subnet-1", SecurityGroups: []snapshot.SecurityGroupID{"sg-1"}, To: "8.8.8.8"}, sim.Reachable, 1},
		{"a job in each of its subnets", sim.TraceQuestion{Job: job, To: "8.8.8.8"}, sim.Partial, 2},
	} {
		a, err := w.Trace(t.Context(), c.q)
		if err != nil || a.Verdict != c.want || len(a.Placements) != c.placements {
			t.Errorf("%s: %+v %v", c.name, a, err)
		}
	}
	for _, q := range []sim.TraceQuestion{{From: "eni-1", SecurityGroups: []snapshot.SecurityGroupID{"sg-1"}, To: "8.8.8.8"}, {From: "eni-1", Job: job, To: "8.8.8.8"}, {Job: &snapshot.Job{}, To: "8.8.8.8"}} {
		if a, err := w.Trace(t.Context(), q); err == nil {
			t.Errorf("%+v has an answer: %v", q, a.Verdict)
		}
	}
}

// An answer of DNS that is not known is one path, and every fact that keeps it
// open is named.
func TestUnknownAnswerIsOnePath(t *testing.T) {
	w := sim.NewWorld(world.Network(twoInterfaces, world.NotCollected("VpcEndpoints", "DhcpOptions", "VpcAttributes")).Snapshot(t))
	a, err := w.Trace(t.Context(), sim.TraceQuestion{From: "eni-1", To: "s3"})
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, m := range a.Unknowns {
		codes = append(codes, m.Code.String())
	}
	if n := a.Placements[0].Network; a.Verdict != sim.Unknown || len(n.Paths) > 1 || !slices.Contains(codes, "UNK_DHCP") || !slices.Contains(codes, "UNK_DNS") || !slices.Contains(codes, "UNK_DNS_ATTRS") {
		t.Errorf("%s, %d paths, %v", a.Verdict, len(n.Paths), codes)
	}
}
