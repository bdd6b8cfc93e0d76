package sim_test

import (
	"strings"
	"testing"

	. "github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
)

// TestUnsignedRequests is P127: an endpoint policy that asks who calls stops the
// requests that package managers send to another account's bucket.
func TestUnsignedRequests(t *testing.T) {
	ofAccount := EndpointPolicy("vpce-1", Doc(If("StringEquals", "aws:PrincipalAccount", accountA, For("*", Allow("*", "*")))))
	for _, tt := range []struct {
		name   string
		edit   Edit
		bucket string
		source string
		want   bool
	}{
		{"a condition on the caller", ofAccount, "repos", "eni-1", true},
		{"no condition", EndpointPolicy("vpce-1", Doc(For("*", Allow("*", "*")))), "repos", "eni-1", false},
		{"a Deny that spares the signed", EndpointPolicy("vpce-1", Doc(For("*", Allow("*", "*")), If("StringNotEquals", "aws:PrincipalAccount", accountA, For("*", Deny("*", "*"))))), "repos", "eni-1", true},
		{"nothing passes", EndpointPolicy("vpce-1", Doc(For("*", Allow("sqs:*", "*")))), "repos", "eni-1", false},
		{"its own bucket", ofAccount, "b", "eni-1", false},
		{"a job", ofAccount, "repos", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := sim.NewWorld(Policy(Interface("eni-1", "subnet-1", "10.0.1.9", "sg-1"), tt.edit).Snapshot(t))
			q := (&trap{bucket: "arn:aws:s3:::" + tt.bucket + "/*"}).question()
			q.Source = tt.source
			if tt.source != "" {
				q.Job.Subnets, q.Job.SecurityGroups, q.Job.HasVPCConfig, q.Job.Kind = nil, nil, false, ""
			}
			a, err := w.Check(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			said := false
			for i := range a.Findings {
				said = said || a.Findings[i].Code.String() == "UNSIGNED_REQUESTS" && strings.Contains(a.Findings[i].Message, "unsigned requests to bucket repos")
			}
			if said != tt.want {
				t.Errorf("said %v, want %v: %+v", said, tt.want, a.Findings)
			}
		})
	}
}
