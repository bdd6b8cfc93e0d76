package sim_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	. "github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/finding"
)

// An instance whose role was not collected still has its network judged: what
// blocks it blocks it, and the layers that hang on the role are unknown. No
// policy that names principals is taken to leave it out.
func TestAnInstanceWhoseRoleWasNotCollected(t *testing.T) {
	const profile = "arn:aws:iam::" + PolicyAccount + ":instance-profile/App"
	instance := func(more Obj) Edit {
		i := Obj{"InstanceId": "i-1", "VpcId": "vpc-1", "SubnetId": "subnet-1", "State": Obj{"Name": "running"}}
		maps.Copy(i, more)
		return All(Interface("eni-1", "subnet-1", "10.0.1.9", "sg-1"), Add("Reservations", Obj{"ReservationId": "r-1", "Instances": List{i}}), NotCollected("RoleDetailList"))
	}
	named := BucketPolicy(PolicyBucket, Doc(For(Obj{"AWS": "arn:aws:iam::" + PolicyAccount + ":role/App"}, Deny("s3:*", "arn:aws:s3:::b/*"))))
	foreign := AddBucket("theirs", RegionID, Doc(For(Obj{"AWS": "arn:aws:iam::" + PolicyAccount + ":role/App"}, Allow("s3:*", "arn:aws:s3:::theirs/*"))))
	for name, tt := range map[string]struct {
		edits  []Edit
		bucket string
		want   sim.Verdict
		gates  []sim.Gate // that stop
	}{
		"nothing in the way":              {nil, "b", sim.Unknown, nil},
		"a closed group":                  {[]Edit{Egress("sg-1")}, "b", sim.Blocked, []sim.Gate{sim.GateSGEgress}},
		"a policy that may name it":       {[]Edit{named}, "b", sim.Unknown, nil},
		"another account's that may":      {[]Edit{In(ForeignAccount, RegionID, foreign)}, "theirs", sim.Unknown, nil},
		"an endpoint that stops everyone": {[]Edit{EndpointPolicy("vpce-1", Doc(For("*", Deny("*", "*"))))}, "b", sim.Blocked, []sim.Gate{sim.GateEndpointPolicy}},
	} {
		w := sim.NewWorld(Policy(append([]Edit{instance(Obj{"IamInstanceProfile": Obj{"Arn": profile}})}, tt.edits...)...).Snapshot(t))
		a, err := w.Check(t.Context(), sim.Question{Source: "i-1", Bucket: "arn:aws:s3:::" + tt.bucket + "/k", Actions: []string{get}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var stop []sim.Gate
		for _, g := range sim.Gates() {
			if a.GateState(g) == sim.GateStops {
				stop = append(stop, g)
			}
		}
		told := slices.ContainsFunc(a.Unknowns, func(m sim.Missing) bool {
			return m.Gate == sim.GateRole && m.Code == finding.UnknownRole
		})
		if a.Verdict != tt.want || !slices.Equal(stop, tt.gates) || !told {
			t.Errorf("%s: %v, stopped at %v, %+v", name, a.Verdict, stop, a.Unknowns)
		}
	}
	if _, err := sim.NewWorld(Policy(instance(nil)).Snapshot(t)).Check(t.Context(),
		sim.Question{Source: "i-1", Bucket: "arn:aws:s3:::b/k", Actions: []string{get}}); err == nil || !strings.Contains(err.Error(), "no role") {
		t.Errorf("an instance without a profile: %v", err)
	}
}
