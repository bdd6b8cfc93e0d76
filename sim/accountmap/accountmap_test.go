package accountmap_test

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/canreach/canreach/internal/testkit/synth"
	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/accountmap"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

const neo = "../../testdata/examples/neo-compile/snapshot.json"

func load(t testing.TB, path string) *sim.World {
	t.Helper()
	s, err := snapshot.Load(path, snapshot.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return sim.NewWorld(s)
}

func build(t testing.TB, w *sim.World, q accountmap.Query) *accountmap.Map {
	t.Helper()
	m, err := accountmap.Build(context.Background(), w, q)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// groupOf finds the group of a subnet by its name or id.
func groupOf(t *testing.T, m *accountmap.Map, subnet string) *accountmap.Group {
	t.Helper()
	for i := range m.VPCs {
		for j := range m.VPCs[i].Groups {
			g := &m.VPCs[i].Groups[j]
			if slices.ContainsFunc(g.Subnets, func(s accountmap.Subnet) bool { return s.Name == subnet || s.ID == subnet }) {
				return g
			}
		}
	}
	t.Fatalf("no tile for %s", subnet)
	return nil
}

func verdicts(g *accountmap.Group) string {
	var out []string
	for _, a := range g.Answers {
		out = append(out, a.Verdict.String()[:1])
	}
	return fmt.Sprint(out)
}

func TestExample(t *testing.T) {
	m := build(t, load(t, neo), accountmap.Query{})
	if m.Subnets != 6 || len(m.VPCs) != 1 || len(m.Views) != 5 {
		t.Fatalf("%d subnets, %d VPCs, %d views", m.Subnets, len(m.VPCs), len(m.Views))
	}
	// The private subnets share a table and the endpoint: one group. S3's own
	// addresses, which the endpoint carries, are not the internet.
	g := groupOf(t, m, "ml-private-1a")
	if len(g.Subnets) != 2 || verdicts(g) != "[R B R B R]" {
		t.Errorf("ml-private: %d subnets, %s", len(g.Subnets), verdicts(g))
	}
	if want := [][]string{{"rtb-0b9d3c7a5e1f28460", "vpce-0a1b2c3d4e5f60718"}}; !reflect.DeepEqual(g.Answers[0].Chains, want) {
		t.Errorf("to S3 through %v", g.Answers[0].Chains)
	}
	if s := g.Subnets[0]; s.Ranges[0] != "10.20.10.0/24" || !s.FreeKnown || s.Free != 251 || s.Zone != "us-east-1a" {
		t.Errorf("tile %+v", s)
	}
	batch := groupOf(t, m, "batch-1a")
	if want := [][]string{{"rtb-0e7b5d3f1a9c82640", "nat-0f3e2d1c4b5a69780", "rtb-0c4a8e6f2d1b39750", "igw-0d1c2b3a4f5e69788"}}; !reflect.DeepEqual(batch.Answers[1].Chains, want) {
		t.Errorf("to the internet through %v", batch.Answers[1].Chains)
	}
	if g := groupOf(t, m, "endpoints-1a"); verdicts(g) != "[B B B B B]" || g.Answers[0].Why[0].Code.String() != "NO_ROUTE_TO_DESTINATION" {
		t.Errorf("endpoints: %s, %v", verdicts(g), g.Answers[0].Why)
	}
	for _, c := range m.VPCs[0].Components {
		if idle := c.Name == "ml-prod-main" || c.Name == "sts"; c.Carries == idle {
			t.Errorf("%s carries traffic: %v", c.Name, c.Carries)
		}
	}
	// A link leads somewhere only if some group's traffic takes it.
	for _, l := range m.Links {
		if l.From == "vpce-0a1b2c3d4e5f60718" && l.To == network.NodeInternet {
			t.Error("the gateway endpoint leads to the internet")
		}
	}
}

func TestOneVPC(t *testing.T) {
	if m := build(t, load(t, neo), accountmap.Query{VPC: "vpc-0c3f9e1a7b2d84e65"}); m.Subnets != 6 {
		t.Errorf("%d subnets", m.Subnets)
	}
	if _, err := accountmap.Build(context.Background(), load(t, neo), accountmap.Query{VPC: "vpc-none"}); err == nil {
		t.Error("a VPC that the snapshot lacks is no error")
	}
}

// What the snapshot lacks is UNKNOWN, and no link is drawn through it.
func TestUnknownIsNoLink(t *testing.T) {
	w := world.Network(world.NotCollected("RouteTables"))
	m := build(t, sim.NewWorld(w.Snapshot(t)), accountmap.Query{})
	if m.Subnets == 0 {
		t.Fatal("no subnets")
	}
	for i := range m.VPCs {
		for _, g := range m.VPCs[i].Groups {
			if g.Answers[0].Verdict != sim.Unknown || len(g.Answers[0].Why) == 0 {
				t.Errorf("%s: %s, %v", g.Subnets[0].ID, g.Answers[0].Verdict, g.Answers[0].Why)
			}
		}
	}
	if len(m.Links) > 0 {
		t.Errorf("links %v", m.Links)
	}
}

func TestSameMapWhateverTheWorkers(t *testing.T) {
	w := synthetic(t, 200)
	one, many := build(t, w, accountmap.Query{Workers: 1}), build(t, w, accountmap.Query{Workers: 8})
	if !reflect.DeepEqual(one, many) {
		t.Error("the map depends on the number of workers")
	}
}

func synthetic(t testing.TB, interfaces int) *sim.World {
	t.Helper()
	var b bytes.Buffer
	if err := synth.New(synth.Options{Interfaces: interfaces, Seed: 1}).Write(&b); err != nil {
		t.Fatal(err)
	}
	s, err := snapshot.Parse(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return sim.NewWorld(s)
}

func BenchmarkMap(b *testing.B) {
	for _, n := range []int{1_000, 34_000} {
		b.Run(fmt.Sprintf("%d-interfaces", n), func(b *testing.B) {
			w := synthetic(b, n)
			b.ResetTimer()
			for b.Loop() {
				m := build(b, w, accountmap.Query{})
				b.ReportMetric(float64(m.Subnets), "subnets")
			}
		})
	}
}

// A peering carries what routes and security groups of both sides let through,
// in the direction that they do; one without routes carries nothing.
func TestTrafficBetweenVPCs(t *testing.T) {
	peer := world.All(world.VPC("vpc-b", "10.1.0.0/16"), world.ACL("acl-b", "vpc-b", true, world.AllowAll...),
		world.Subnet("subnet-b", "vpc-b", "10.1.1.0/24", "us-east-1a"),
		world.Group("sg-b", "vpc-b", []world.Obj{world.Ports(5432, 5432, world.Rule("tcp", "10.0.0.0/16"))}, nil),
		world.Interface("eni-b", "subnet-b", "10.1.1.10", "sg-b"), world.Interface("eni-a", "subnet-1", "10.0.1.10", "sg-1"),
		world.Egress("sg-1", world.Rule("-1", "0.0.0.0/0")), world.Peering("pcx-1", "vpc-a", "vpc-b"))
	routes := world.All(world.Routes("rtb-1", world.To("10.1.0.0/16", "pcx-1")), world.Table("rtb-b", "vpc-b", []string{"subnet-b"}, world.To("10.0.0.0/16", "pcx-1")))
	for _, c := range []struct {
		name  string
		edits []world.Edit
		want  string
	}{
		{"routes on both sides", []world.Edit{peer, routes}, "[{vpc-a vpc-b tcp 5432}]"},
		{"no route back", []world.Edit{peer, world.Routes("rtb-1", world.To("10.1.0.0/16", "pcx-1")), world.Table("rtb-b", "vpc-b", []string{"subnet-b"})}, "[]"},
		{"routes not collected", []world.Edit{peer, routes, world.NotCollected("RouteTables")}, "[]"},
	} {
		m := build(t, sim.NewWorld(world.Network(c.edits...).Snapshot(t)), accountmap.Query{})
		between := m.Between[0]
		if got := fmt.Sprint(between.Crossings); got != c.want || between.Carries != (c.want != "[]") {
			t.Errorf("%s: %s carries %s, want %s", c.name, between.ID, got, c.want)
		}
		linked := slices.ContainsFunc(m.Links, func(l accountmap.Link) bool { return l.To == "pcx-1" && slices.Contains(l.Kinds, "tcp 5432 to vpc-b") })
		if linked != (c.want != "[]") {
			t.Errorf("%s: links %v", c.name, m.Links)
		}
	}
}
