package sim_test

import (
	"strings"
	"testing"

	. "github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
)

// TestNearestStatement: whichever layer allows nothing, its finding names the
// statement that comes nearest and the condition of it that does not match.
func TestNearestStatement(t *testing.T) {
	near := func(s Obj) Obj {
		s["Sid"] = "Near"
		return Doc(For("*", Allow("sqs:*", "*")), If("StringEquals", "aws:PrincipalTag/team", "ml", s))
	}
	own := func(s Obj) Obj {
		s["Sid"] = "Near"
		return Doc(Allow("iam:*", "*"), If("StringEquals", "aws:PrincipalTag/team", "ml", s))
	}
	any, some := func() Obj { return For("*", Allow("*", "*")) }, func() Obj { return Allow("*", "*") }
	assume := func(action, sid string) Obj {
		return Obj{"Sid": sid, "Effect": "Allow", "Principal": Obj{"Service": "sagemaker.amazonaws.com"}, "Action": action}
	}
	trust := func(d Obj) Edit {
		return Do(func(w *World) { w.Get("RoleDetailList", roleR)["AssumeRolePolicyDocument"] = d })
	}
	nobody := Identity(roleR, Doc(Allow("iam:*", "*")))
	ec2Only := Doc(Allow("ec2:*", "*"), If("StringEquals", "aws:PrincipalTag/team", "ml", Obj{"Sid": "Near", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}))
	for _, tr := range []struct {
		name  string
		edits []Edit
		code  string
	}{
		{"endpoint policy", []Edit{EndpointPolicy("vpce-1", near(any()))}, "ENDPOINT_POLICY_NO_ALLOW"},
		{"identity policy", []Edit{Identity(roleR, ec2Only)}, "ROLE_NO_ALLOW"},
		{"bucket policy, the other grant", []Edit{nobody, BucketPolicy(PolicyBucket, near(any()))}, "ROLE_NO_ALLOW"},
		{"permissions boundary", []Edit{Boundary(roleR, own(some()))}, "ROLE_NO_ALLOW"},
		{"service control policy", []Edit{Detach("serviceControlPolicies", "p-FullAWSAccess", accountA), SCP("p-near", own(some()), accountA)}, "SCP_NO_ALLOW"},
		{"key policy", []Edit{encrypted(false, near(any()))}, "KMS_NO_ALLOW"},
		{"interface actions", []Edit{inline(1, own(some()))}, "JOB_ROLE_EC2_ACTIONS"},
		{"trust policy", []Edit{trust(Doc(assume("sts:TagSession", ""), If("StringEquals", "aws:PrincipalTag/team", "ml", assume("sts:AssumeRole", "Near"))))}, "JOB_ROLE_TRUST"},
	} {
		t.Run(tr.name, func(t *testing.T) {
			a, err := sim.NewWorld(Policy(tr.edits...).Snapshot(t)).Check(t.Context(), (&trap{}).question())
			if err != nil {
				t.Fatal(err)
			}
			for i := range a.Findings {
				f := &a.Findings[i]
				if f.Code.String() == tr.code && strings.Contains(f.Message, "statement 1 (Near) of ") &&
					strings.Contains(f.Message, `its condition does not match: StringEquals aws:PrincipalTag/team ["ml"]: the request has no aws:PrincipalTag/team`) {
					return
				}
			}
			t.Errorf("no %s that names the statement and its condition:\n%+v", tr.code, a.Findings)
		})
	}
}
