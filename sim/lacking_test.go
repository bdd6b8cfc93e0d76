package sim_test

import (
	"slices"
	"testing"

	. "github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
)

// Rules about what a snapshot says by what it lacks, each beside its twin.
func TestWhatIsLackingSays(t *testing.T) {
	ecs := Set("RoleDetailList", roleR, "AssumeRolePolicyDocument", Trust("ecs-tasks.amazonaws.com"))
	plain := func(q *sim.Question) { q.Job.Kind, q.Job.Name = "", "" }
	none := Identity(roleR, Doc(Allow("ec2:*", "*")))
	listed := Do(func(w *World) { w.Account(accountA)["s3"].(Obj)["complete"] = List{"buckets"} })
	deny := SCP("p-x", Doc(Deny("s3:*", "*")), "r-1")
	strange := func(destination string) Edit {
		return func(w *World) {
			for _, r := range w.Get("RouteTables", "rtb-1")["Routes"].(List) {
				if o := r.(Obj); o["DestinationPrefixListId"] == destination || o["DestinationCidrBlock"] == destination {
					o["Weight"] = 7
				}
			}
		}
	}
	boundary := Boundary(roleR, Doc(Allow("ec2:*", "*")))
	for _, tt := range []struct {
		name string
		tr   trap
		want sim.Verdict
		gate sim.Gate // that stops
	}{
		{"P360 a compilation job's role has to trust SageMaker", trap{edits: []Edit{ecs}}, sim.Blocked, sim.GateJob},
		{"P360 plain subnets and groups ask nothing of a role's trust", trap{edits: []Edit{ecs}, change: plain}, sim.Reachable, 0},
		{"P363 a bucket that may be the account's own: its policy may let the role in", trap{edits: []Edit{none}, bucket: "arn:aws:s3:::theirs/k"}, sim.Unknown, 0},
		{"P363 a bucket outside of a complete list: the role itself must be let", trap{edits: []Edit{none, listed}, bucket: "arn:aws:s3:::theirs/k"}, sim.Blocked, sim.GateRole},
		{"N37 a member of the route to S3 that is not known", trap{edits: []Edit{strange(PL)}}, sim.Unknown, 0},
		{"N37 its destination is one", trap{edits: []Edit{Routes("rtb-1", Obj{"DestinationService": "s3", "GatewayId": "igw-9", "State": "active"})}}, sim.Unknown, 0},
		{"N37 the one of a route that S3's traffic does not take", trap{edits: []Edit{Routes("rtb-1", To("192.0.2.0/24", "igw-9")), strange("192.0.2.0/24")}}, sim.Reachable, 0},
		{"P371 a control policy that denies", trap{edits: []Edit{deny}}, sim.Blocked, sim.GateSCP},
		{"P371 its Content is null", trap{edits: []Edit{SCP("p-x", nil, "r-1")}}, sim.Unknown, 0},
		{"P371 a boundary that allows too little", trap{edits: []Edit{boundary}}, sim.Blocked, sim.GateRole},
		{"P371 a boundary without its ARN", trap{edits: []Edit{boundary, Set("RoleDetailList", roleR, "PermissionsBoundary", Obj{"PermissionsBoundaryType": "Policy"})}}, sim.Unknown, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, err := sim.NewWorld(Policy(tt.tr.edits...).Snapshot(t)).Check(t.Context(), tt.tr.question())
			if err != nil {
				t.Fatal(err)
			}
			stops := slices.IndexFunc(sim.Gates(), func(g sim.Gate) bool { return a.GateState(g) == sim.GateStops })
			if a.Verdict != tt.want || tt.want == sim.Blocked && (stops < 0 || sim.Gates()[stops] != tt.gate) {
				t.Errorf("%v, %+v, %+v", a.Verdict, a.Gates, a.Unknowns)
			}
		})
	}
}
