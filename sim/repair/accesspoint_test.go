package repair

import (
	"slices"
	"strings"
	"testing"

	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim/change"
)

// A request through an access point is repaired at each of its policies, which
// see the access point's ARN; an endpoint's sees the bucket's as well (P59, P123, P267, P268).
func TestARequestThroughAnAccessPointIsRepaired(t *testing.T) {
	const other = "444455556666"
	point := func(account string, policy any) world.Edit {
		return world.Do(func(w *world.World) {
			w.Account(account)["s3"].(world.Obj)["accessPoints"] = world.List{world.Obj{"Name": "reports-ap", "Bucket": world.Bucket, "NetworkOrigin": "Internet",
				"AccessPointArn": "arn:aws:s3:us-east-1:" + account + ":accesspoint/reports-ap", "Policy": policy}}
		})
	}
	delegates := func(account string) world.Edit {
		return world.BucketPolicy(world.Bucket, world.Doc(world.If("StringEquals", "s3:DataAccessPointAccount", account, world.For("*", world.Allow("s3:*", world.List{"arn:aws:s3:::reports", "arn:aws:s3:::reports/*"})))))
	}
	const objects, reports = "accesspoint/reports-ap/object/x", "arn:aws:s3:::reports/x"
	for _, tc := range []struct {
		name    string
		account string
		edits   []world.Edit
		why     []string
		says    []string
	}{
		{"the role lacks the access point", world.AccountID, []world.Edit{point(world.AccountID, nil), delegates(world.AccountID), world.Identity(world.Role, world.Doc(world.Allow("ec2:*", "*")))},
			[]string{"Let the role Neo do what the job asks for."}, []string{objects}},
		{"the access point's policy denies", world.AccountID, []world.Edit{point(world.AccountID, world.Doc(world.For("*", world.Deny("s3:GetObject", "*"))))},
			[]string{"Narrow the Deny statement 0 in the policy of the access point reports-ap: spare the job's role."}, []string{"put-access-point-policy", world.Role}},
		{"the endpoint's policy knows neither", world.AccountID, []world.Edit{point(world.AccountID, nil), world.EndpointPolicy("vpce-g", world.Doc(world.For("*", world.Allow("s3:*", "arn:aws:s3:::x/*"))))},
			[]string{"Let the policy of vpce-g allow what the job asks for, to its role only."}, []string{objects, reports}},
		{"another account's access point grants nothing", other, []world.Edit{
			delegates(other), world.Do(func(w *world.World) {
				w.Account(other)["organizationId"] = nil
				w.Account(other)["s3"] = world.Obj{"buckets": world.List{}, "accountPublicAccessBlock": nil}
			}), point(other, nil)},
			[]string{"Let the policy of the access point reports-ap allow the role what the job asks for."}, []string{"put-access-point-policy", objects}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			q := question("arn:aws:s3:us-east-1:" + tc.account + ":accesspoint/reports-ap/object/x")
			q.Actions = []string{"s3:GetObject"}
			native := world.Network(tc.edits...).JSON()
			res := mustFind(t, native, q)
			if len(res.Repairs) == 0 || !slices.Equal(res.Repairs[0].Why, tc.why) {
				t.Fatalf("%q, stuck %+v, before %v %+v, unknown %+v", whys(res), res.Stuck, res.Before.Verdict, res.Before.Findings, res.Before.Unknowns)
			}
			verify(t, native, q, &res.Repairs[0])
			text := strings.Join(res.Repairs[0].Commands, "\n") + change.YAML(res.Repairs[0].Changes)
			for _, s := range tc.says {
				if !strings.Contains(text, s) {
					t.Errorf("%s is not in\n%s", s, text)
				}
			}
		})
	}
}
