package sim_test

import (
	"strings"
	"testing"

	. "github.com/canreach/canreach/internal/world"
	"github.com/canreach/canreach/sim"
)

// TestOrganizationKnownInPart is P214 for organizations: what is not known of
// an account's place, or of one policy's targets, hides no Deny of a policy
// that certainly applies.
func TestOrganizationKnownInPart(t *testing.T) {
	noPlace := Do(func(w *World) { delete(w.Account(accountA), "organizationPath") })
	deny := Doc(Deny("s3:*", "*"))
	denyAll := Doc(For("*", Deny("s3:*", "*")))
	for _, tr := range []trap{
		{id: "no place, nothing denies", edits: []Edit{noPlace}, want: sim.Unknown},
		{id: "no place, SCP on the account", edits: []Edit{noPlace, SCP("p-deny", deny, accountA)}, want: sim.Blocked, code: "SCP_EXPLICIT_DENY"},
		{id: "no place, SCP on the root", edits: []Edit{noPlace, SCP("p-deny", deny, "r-1")}, want: sim.Blocked, code: "SCP_EXPLICIT_DENY"},
		{id: "no place, SCP on some unit", edits: []Edit{noPlace, SCP("p-deny", deny, "ou-1")}, want: sim.Unknown},
		{id: "no place, SCP on another account", edits: []Edit{noPlace, SCP("p-deny", deny, accountX)}, want: sim.Unknown},
		{id: "no place, RCP on the account", edits: []Edit{noPlace, RCP("p-deny", denyAll, accountA)}, want: sim.Blocked, code: "RCP_EXPLICIT_DENY"},
		{id: "no place, the account allows nothing", edits: []Edit{noPlace, Detach("serviceControlPolicies", "p-FullAWSAccess", accountA), SCP("p-ec2", Doc(Allow("ec2:*", "*")), accountA)},
			want: sim.Blocked, code: "SCP_NO_ALLOW"},
		{id: "no targets of one, another denies", edits: []Edit{SCP("p-deny", deny, "ou-1"), SCP("p-else", deny), NoTargets("serviceControlPolicies", "p-else")}, want: sim.Blocked, code: "SCP_EXPLICIT_DENY"},
		{id: "no targets of a Deny", edits: []Edit{SCP("p-else", deny), NoTargets("serviceControlPolicies", "p-else")}, want: sim.Unknown},
		{id: "no targets of the Allow", edits: []Edit{SCP("p-else", Doc(Deny("iam:*", "*")), "ou-1"), NoTargets("serviceControlPolicies", "p-FullAWSAccess")}, want: sim.Unknown},
	} {
		t.Run(tr.id, func(t *testing.T) { checkTrap(t, &tr) })
	}
}

// TestTraceFromNowhere: an end that is not in the snapshot is what is wrong,
// whatever it leaves open of the other end.
func TestTraceFromNowhere(t *testing.T) {
	w := sim.NewWorld(Policy().Snapshot(t))
	for _, from := range []string{"eni-zz", "i-zz", "subnet-zz"} {
		_, err := w.Trace(sim.TraceQuestion{From: from, To: "s3"})
		if err == nil || !strings.Contains(err.Error(), from+" is not in the snapshot") {
			t.Errorf("%s: %v", from, err)
		}
	}
}

// TestBucketOfAnotherPartition is N108: the same name in another partition is
// another bucket, which the role can't reach.
func TestBucketOfAnotherPartition(t *testing.T) {
	checkTrap(t, &trap{bucket: "arn:aws-cn:s3:::b/k", want: sim.Blocked, code: "JOB_PARTITION"})
	checkTrap(t, &trap{bucket: "s3://b/k", want: sim.Reachable})
}
