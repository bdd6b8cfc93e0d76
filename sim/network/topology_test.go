package network

import (
	"fmt"
	"testing"

	"github.com/canreach/canreach/snapshot"
)

func TestTopologyFindsTheShortestChain(t *testing.T) {
	w := base()
	w.nat()
	w.route("rt1", "0.0.0.0/0", snapshot.TargetNATGateway, "nat1")
	m := NewModel(w.snap)
	p, ok := m.Topology().Path("s1", NodeS3)
	if got, want := fmt.Sprint(p), "[s1 rt1 vpce-g s3]"; !ok || got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	w.noPL("rt1")
	w.route("rt1", "0.0.0.0/0", snapshot.TargetNATGateway, "nat1")
	p, _ = NewModel(w.snap).Topology().Path("s1", NodeS3)
	if got, want := fmt.Sprint(p), "[s1 rt1 nat1 s9 rt9 igw1 internet s3]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if _, ok := m.Topology().Path("s1", "vpc-of-nobody"); ok {
		t.Error("a chain to what is not there")
	}
}

func TestCirclesAreWhereALoopIsPossible(t *testing.T) {
	w := base()
	w.nat()
	w.route("rt1", "0.0.0.0/0", snapshot.TargetNATGateway, "nat1")
	if c := NewModel(w.snap).Circles(); len(c) != 0 {
		t.Errorf("a NAT gateway in another subnet is no circle: %v", c)
	}
	w.table("rt9").Routes[1] = snapshot.Route{CIDR: pfx("0.0.0.0/0"), TargetKind: snapshot.TargetNATGateway, Target: "nat1", State: "active"}
	if got, want := fmt.Sprint(NewModel(w.snap).Circles()), "[[nat1 rt9 s9]]"; got != want {
		t.Errorf("got %s, want %s (N117)", got, want)
	}
}

func TestGroupCircles(t *testing.T) {
	w := base()
	refer := func(id, to snapshot.SecurityGroupID) snapshot.SecurityGroup {
		return snapshot.SecurityGroup{ID: id, Ingress: []snapshot.Permission{{Protocol: "-1", Groups: []snapshot.GroupReference{{Group: to}}}}}
	}
	w.ec2.SecurityGroups = got(refer("a", "b"), refer("b", "a"), refer("c", "a"), refer("d", "d"))
	if got, want := fmt.Sprint(NewModel(w.snap).GroupCircles()), "[[a b]]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
