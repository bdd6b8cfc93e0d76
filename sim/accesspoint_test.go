package sim_test

import (
	"strings"
	"testing"

	. "github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
)

const accessPoint = "arn:aws:s3:us-east-1:111111111111:accesspoint/ap"

// Through an access point the findings name the ARN that policies see, and the
// VPCs that the request comes from and that the access point wants (P265, P269).
func TestAccessPointFindings(t *testing.T) {
	point := func(more Obj) Edit {
		return Do(func(w *World) {
			ap := Obj{"Name": "ap", "Bucket": PolicyBucket, "NetworkOrigin": "Internet", "AccessPointArn": accessPoint,
				"Policy": Doc(For("arn:aws:iam::111111111111:role/Other", Allow("s3:GetObject", accessPoint+"/object/*")))}
			for k, v := range more {
				ap[k] = v
			}
			w.Account(accountA)["s3"].(Obj)["accessPoints"] = List{ap}
		})
	}
	objects := Identity(roleR, Doc(Allow("s3:*", "arn:aws:s3:::b/*")))
	for _, tt := range []struct {
		name, bucket string
		edits        []Edit
		code         string
		says         []string // in the message and the fix, or in a missing fact
	}{
		{"a role with the bucket's ARN only", accessPoint + "/object/k", []Edit{point(nil), objects}, "ROLE_NO_ALLOW",
			[]string{"to perform s3:GetObject on " + accessPoint + "/object/k", "does not match " + accessPoint + "/object/k", "nor does the access point's policy grant it", "Allow s3:GetObject on " + accessPoint + "/object/k"}},
		{"an endpoint policy with the bucket's ARN only", accessPoint + "/object/k", []Edit{point(nil), EndpointPolicy("vpce-1", Doc(For("*", Allow("s3:*", "arn:aws:s3:::b/*"))))}, "ENDPOINT_POLICY_NO_ALLOW",
			[]string{"on " + accessPoint + "/object/k", "allows s3:GetObject on " + accessPoint + "/object/k"}},
		{"another VPC's", accessPoint + "/object/k", []Edit{point(Obj{"NetworkOrigin": "VPC", "VpcConfiguration": Obj{"VpcId": "vpc-2"}})}, "ACCESS_POINT_ORIGIN",
			[]string{"Access point " + accessPoint + " takes requests from vpc-2 only, and this one comes from vpc-1 by vpce-1", "Send the request from vpc-2"}},
		{"one that the snapshot lacks", "arn:aws:s3:us-east-1:111111111111:accesspoint/none/object/k", []Edit{EndpointPolicy("vpce-1", Doc(For("*", Allow("s3:*", "arn:aws:s3:::b/*"))))}, "ENDPOINT_POLICY_NO_ALLOW",
			[]string{"does not match arn:aws:s3:us-east-1:111111111111:accesspoint/none/object/k"}},
		{"a multi-Region one", "arn:aws:s3::111111111111:accesspoint/mfzwi23gnjvgw.mrap/object/k", nil, "NO_ROUTE_TO_DESTINATION",
			[]string{"no route for S3 multi-Region access points", "interface endpoint for com.amazonaws.s3-global.accesspoint"}},
		{"another account's bucket", "arn:aws:s3:::theirs/k", []Edit{Do(func(w *World) { w.Account(accountA)["s3"].(Obj)["complete"] = List{"buckets"} })}, "UNK_BUCKET_POLICY",
			[]string{"bucket theirs is not one of account 111111111111: it is another account's", "the bucket's owner can: aws s3api get-bucket-policy --bucket theirs"}},
		{"a bucket whose Region is not told", "arn:aws:s3:::theirs/k", nil, "UNK_BUCKET_REGION", []string{"aws s3api head-bucket --bucket theirs"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, err := sim.NewWorld(Policy(tt.edits...).Snapshot(t)).Check(t.Context(), (&trap{bucket: tt.bucket}).question())
			if err != nil {
				t.Fatal(err)
			}
			text := ""
			for i := range a.Findings {
				if f := &a.Findings[i]; f.Code.String() == tt.code {
					text += f.Message + " " + f.Fix + "\n"
				}
			}
			for i := range a.Unknowns {
				if m := &a.Unknowns[i]; m.Code.String() == tt.code {
					text += m.Fact + " " + m.Collect + "\n"
				}
			}
			for _, want := range tt.says {
				if !strings.Contains(text, want) {
					t.Errorf("%s does not say %q:\n%s", tt.code, want, text)
				}
			}
		})
	}
}
