package sim_test

import (
	"testing"

	. "github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
)

// AWS's own buckets are known without a snapshot; the endpoint's policy decides (P384).
func TestAWSBucketTraps(t *testing.T) {
	const layers, repos, modules, history = "arn:aws:s3:::prod-us-east-1-starport-layer-bucket/*", "arn:aws:s3:::al2023-repos-us-east-1-de612dc2/*", "arn:aws:s3:::aws-ssm-us-east-1/*", "arn:aws:s3:::prod.us-east-1.appinfo.src/*"
	org := If("StringEquals", "aws:PrincipalOrgID", "o-1", For("*", Allow("s3:*", "*")))
	notOrg := If("StringNotEquals", "aws:PrincipalOrgID", "o-1", For("*", Deny("s3:*", "*")))
	everything := For("*", Allow("*", "*"))
	exactly := func(arn string) Edit {
		return endpointDoc(For("*", Allow("s3:GetObject", arn)))
	}
	const deny = "ENDPOINT_POLICY_NO_ALLOW"
	for _, tr := range []trap{
		{id: "T390 layers by the default policy", bucket: layers, want: sim.Reachable},
		{id: "T390 layers, admitted by name", bucket: layers, edits: []Edit{exactly(layers)}, want: sim.Reachable},
		{id: "T390 layers of another Region only", bucket: layers, edits: []Edit{exactly("arn:aws:s3:::prod-us-west-2-starport-layer-bucket/*")}, want: sim.Blocked, code: deny},
		{id: "T390 layers: AWS signs, so the organization's condition does not hold", bucket: layers, edits: []Edit{endpointDoc(org)}, want: sim.Blocked, code: deny},
		{id: "T390 layers: nor does its account's", bucket: layers, edits: []Edit{endpointDoc(If("StringEquals", "aws:PrincipalAccount", PolicyAccount, everything))}, want: sim.Blocked, code: deny},
		{id: "T390 layers: the bucket is not of the organization", bucket: layers, edits: []Edit{endpointDoc(If("StringEquals", "aws:ResourceOrgID", "o-1", everything))}, want: sim.Blocked, code: deny},
		{id: "T390 layers: a Deny to strangers takes AWS for one", bucket: layers, edits: []Edit{endpointDoc(everything, notOrg)}, want: sim.Blocked, code: "ENDPOINT_POLICY_EXPLICIT_DENY"},
		{id: "T390 layers: a Deny on the resource's account", bucket: layers, want: sim.Blocked, code: "ENDPOINT_POLICY_EXPLICIT_DENY",
			edits: []Edit{endpointDoc(everything, If("StringNotEquals", "aws:ResourceAccount", PolicyAccount, For("*", Deny("s3:*", "*"))))}},
		{id: "T390 packages: nobody signs, so a condition on the principal does not hold", bucket: repos, edits: []Edit{endpointDoc(org)}, want: sim.Blocked, code: deny},
		{id: "T390 packages, admitted by name", bucket: repos, edits: []Edit{exactly(repos)}, want: sim.Reachable},
		{id: "T390 packages are read, not written", bucket: repos, action: "s3:PutObject", want: sim.Blocked, code: "BUCKET_POLICY_NO_ALLOW"},
		{id: "T390 Systems Manager's modules: the role signs", bucket: modules, edits: []Edit{endpointDoc(org)}, want: sim.Reachable},
		{id: "T390 and has to be allowed", bucket: modules, edits: []Edit{inline(0, Doc(Allow("s3:*", "arn:aws:s3:::b/*")))}, want: sim.Blocked, code: "ROLE_NO_ALLOW"},
		{id: "T390 packages, asked about as the role's", bucket: repos, edits: []Edit{endpointDoc(org)}, want: sim.Reachable,
			change: func(q *sim.Question) { q.Options.Caller = "role" }},
		{id: "T390 EMR's application history: AWS documents no policy", bucket: history, want: sim.Unknown},
	} {
		t.Run(tr.id, func(t *testing.T) { checkTrap(t, &tr) })
	}
}

// A bucket of that name in the snapshot is the snapshot's.
func TestASnapshotsBucketIsNotAWSs(t *testing.T) {
	checkTrap(t, &trap{bucket: "arn:aws:s3:::aws-ssm-us-east-1/*", want: sim.Blocked, code: "BUCKET_POLICY_EXPLICIT_DENY",
		edits: []Edit{AddBucket("aws-ssm-us-east-1", RegionID, Doc(For("*", Deny("s3:*", "arn:aws:s3:::aws-ssm-us-east-1/*"))))}})
}
