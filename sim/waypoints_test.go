package sim_test

import (
	"strings"
	"testing"

	. "github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

// Traffic that gets there by another way than it should has failed (N184).
func TestWaypoints(t *testing.T) {
	through := func(ids ...string) func(*sim.Question) {
		return func(q *sim.Question) { q.Options.Through = ids }
	}
	avoid := func(ids ...string) func(*sim.Question) {
		return func(q *sim.Question) { q.Options.Avoid = ids }
	}
	second := All(Subnet("subnet-2", "vpc-1", "10.0.2.0/24", "us-east-1b"), Table("rtb-2", "vpc-1", []string{"subnet-2"}, To("0.0.0.0/0", "nat-1")))
	both := func(change func(*sim.Question)) func(*sim.Question) {
		return func(q *sim.Question) {
			q.Job.Subnets = []snapshot.SubnetID{"subnet-1", "subnet-2"}
			change(q)
		}
	}
	unknownDNS := Set("Vpcs", "vpc-1", "DhcpOptionsId", "dopt-9")
	for _, tr := range []trap{
		{id: "N184 through the endpoint", change: through("vpce-1"), want: sim.Reachable},
		{id: "N184 through the NAT gateway, and it goes by the endpoint", edits: []Edit{natWay()}, change: through("nat-1"), want: sim.Blocked, code: "WAYPOINT_MISSED"},
		{id: "N184 through the NAT gateway", edits: []Edit{natWay("rtb-1")}, change: through("nat-1"), want: sim.Reachable},
		{id: "N184 through both of two", edits: []Edit{natWay("rtb-1")}, change: through("nat-1", "igw-1"), want: sim.Reachable},
		{id: "N184 through one and another that it does not pass", edits: []Edit{natWay("rtb-1")}, change: through("nat-1", "vpce-1"), want: sim.Blocked, code: "WAYPOINT_MISSED"},
		{id: "N184 never by the internet gateway", edits: []Edit{natWay("rtb-1")}, change: avoid("igw-1"), want: sim.Blocked, code: "WAYPOINT_NOT_AVOIDED"},
		{id: "N184 never by the internet gateway, and it goes by the endpoint", edits: []Edit{natWay()}, change: avoid("igw-1"), want: sim.Reachable},
		{id: "N184 one subnet of two", edits: []Edit{natWay(), second}, change: both(avoid("nat-1")), want: sim.Partial, code: "WAYPOINT_NOT_AVOIDED"},
		{id: "N184 what is stopped anyway is stopped", edits: []Edit{natWay(), Egress("sg-1")}, change: through("nat-1"), want: sim.Blocked, code: "SG_HAS_NO_RULES"},
		{id: "N184 a way that is not known violates nothing yet", edits: []Edit{unknownDNS}, change: avoid("vpce-1"), want: sim.Unknown},
	} {
		t.Run(tr.id, func(t *testing.T) { checkTrap(t, &tr) })
	}
}

func TestAWaypointIsOfTheSnapshot(t *testing.T) {
	_, err := sim.NewWorld(Policy().Snapshot(t)).Check(t.Context(), sim.Question{Job: snapshot.Job{Kind: "CompilationJob", RoleARN: roleR, HasVPCConfig: true, Instances: 1,
		Subnets: []snapshot.SubnetID{"subnet-1"}, SecurityGroups: []snapshot.SecurityGroupID{"sg-1"}}, Bucket: "arn:aws:s3:::b/k", Options: sim.Options{Avoid: []string{"nat-9"}}})
	if err == nil || !strings.Contains(err.Error(), `"nat-9"`) {
		t.Errorf("%v", err)
	}
}

// The example of a violated waypoint is a packet, and a trace says the way.
func TestTraceSaysTheWay(t *testing.T) {
	w := sim.NewWorld(Policy(natWay("rtb-1")).Snapshot(t))
	job := &snapshot.Job{Subnets: []snapshot.SubnetID{"subnet-1"}, SecurityGroups: []snapshot.SecurityGroupID{"sg-1"}}
	a, err := w.Trace(t.Context(), sim.TraceQuestion{Job: job, To: "s3", Avoid: []string{"nat-1"}})
	if err != nil {
		t.Fatal(err)
	}
	if a.Verdict != sim.Blocked || len(a.Findings) == 0 {
		t.Fatalf("%v %v", a.Verdict, a.Findings)
	}
	f := a.Findings[0]
	if f.Code.String() != "WAYPOINT_NOT_AVOIDED" || f.Example == nil || f.Example.Destination == "" || !strings.Contains(f.Message, "rtb-1, nat-1") || f.Pointer == "" {
		t.Errorf("%+v", f)
	}
}
