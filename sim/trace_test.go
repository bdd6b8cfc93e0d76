package sim_test

import (
	"slices"
	"testing"

	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/network"
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
			a, err := w.Trace(c.q)
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
		if a, err := w.Trace(q); err == nil {
			t.Errorf("%+v has an answer: %s", q, a.Verdict)
		}
	}
}

// A hop that lets a part through says which.
func TestTraceSaysWhatPasses(t *testing.T) {
	w := sim.NewWorld(world.Network(twoInterfaces, world.FilterExactly("subnet-2", world.Entry(50, "in", "deny", "6", "10.0.1.0/24", 21, 21), world.Entry(60, "in", "allow", "-1", "0.0.0.0/0"), world.Entry(60, "out", "allow", "-1", "0.0.0.0/0"))).Snapshot(t))
	a, err := w.Trace(sim.TraceQuestion{From: "eni-1", To: "eni-2", Ports: []network.PortRange{{From: 20, To: 25}}})
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
		a, err := w.Trace(q)
		if err != nil {
			t.Fatalf("%+v: %v", q, err)
		}
		if a.Verdict != sim.Unknown || len(a.Unknowns) != 1 || a.Unknowns[0].Code != "UNKNOWN_RESOURCE" || a.Unknowns[0].Collect == "" {
			t.Errorf("%+v: %s, %+v", q, a.Verdict, a.Unknowns)
		}
	}
	if a, err := w.Trace(sim.TraceQuestion{From: "subnet-99", To: "s3"}); err == nil {
		t.Errorf("a subnet that is not among those collected has an answer: %s", a.Verdict)
	}
}
