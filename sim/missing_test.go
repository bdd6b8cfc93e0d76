package sim_test

import (
	"testing"

	. "github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
)

// A missing fact is filed at the gate of the layer that asks for it, whatever
// the policies are called.
func TestMissingFactsGate(t *testing.T) {
	tagged := func(s Obj) Obj { return If("StringEquals", "s3:ExistingObjectTag/env", "prod", s) }
	ec2 := Doc(Allow("ec2:*", "*"))
	for _, tt := range []struct {
		name, bucket, action string
		edits                []Edit
		code                 string
		gate                 sim.Gate
	}{
		{"a role's policy with the bucket's name", "arn:aws:s3:::p0/k", get, []Edit{
			AddBucket("p0", RegionID, Doc(For(accountX, Allow(list, "arn:aws:s3:::p0")))),
			Set("RoleDetailList", roleR, "RolePolicyList", List{
				Obj{"PolicyName": "p0", "PolicyDocument": Doc(tagged(Allow(get, "*")))}, Obj{"PolicyName": "p1", "PolicyDocument": ec2}}),
		}, "UNK_CONDITION_KEY", sim.GateRole},
		{"the bucket's policy, with the name of one of the role's", "arn:aws:s3:::p1/k", get, []Edit{
			AddBucket("p1", RegionID, Doc(For("*", tagged(Deny(get, "arn:aws:s3:::p1/*"))))),
		}, "UNK_CONDITION_KEY", sim.GateBucketPolicy},
		{"an endpoint policy", "", get, []Edit{EndpointPolicy("vpce-1", Doc(For("*", tagged(Allow(get, "*")))))}, "UNK_CONDITION_KEY", sim.GateEndpointPolicy},
		{"a service control policy", "", get, []Edit{SCP("p-x", Doc(tagged(Deny(get, "*"))), "r-1")}, "UNK_CONDITION_KEY", sim.GateSCP},
		{"a resource control policy", "", get, []Edit{RCP("p-y", Doc(For("*", tagged(Deny(get, "*")))), "r-1")}, "UNK_CONDITION_KEY", sim.GateRCP},
		{"the policy of a bucket that is not in the snapshot", "arn:aws:s3:::nobody-knows/k", get, nil, "UNK_BUCKET_POLICY", sim.GateBucketPolicy},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr := trap{edits: tt.edits, bucket: tt.bucket, action: tt.action}
			a, err := sim.NewWorld(Policy(tr.edits...).Snapshot(t)).Check(t.Context(), tr.question())
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range a.Unknowns {
				if m.Code.String() == tt.code && m.Gate == tt.gate {
					return
				}
			}
			t.Errorf("want %s at %s: %v, %+v", tt.code, tt.gate, a.Verdict, a.Unknowns)
		})
	}
}
