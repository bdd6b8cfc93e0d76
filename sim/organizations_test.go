package sim_test

import (
	"strings"
	"testing"

	. "github.com/canreach/canreach/internal/testkit/world"
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
		{id: "no place, every unit allows everything", edits: []Edit{noPlace}, want: sim.Reachable},
		{id: "no place, a unit allows something else", edits: []Edit{noPlace, Detach("serviceControlPolicies", "p-FullAWSAccess", "ou-1"), SCP("p-some", Doc(Allow("*", "arn:aws:s3:::b/*")), "ou-1")}, want: sim.Unknown},
		{id: "no place, targets of one not known", edits: []Edit{noPlace, NoTargets("serviceControlPolicies", "p-FullAWSAccess")}, want: sim.Unknown},
		{id: "no place, SCP on the account", edits: []Edit{noPlace, SCP("p-deny", deny, accountA)}, want: sim.Blocked, code: "SCP_EXPLICIT_DENY"},
		{id: "no place, SCP on the root", edits: []Edit{noPlace, SCP("p-deny", deny, "r-1")}, want: sim.Blocked, code: "SCP_EXPLICIT_DENY"},
		{id: "no place, SCP on some unit", edits: []Edit{noPlace, SCP("p-deny", deny, "ou-1")}, want: sim.Unknown},
		{id: "no place, SCP on another account", edits: []Edit{noPlace, SCP("p-deny", deny, accountX)}, want: sim.Reachable},
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

// TestPolicyTypeNotEnabled is P96: a policy type that no root of the
// organization lists is not enabled, so nothing of it applies.
func TestPolicyTypeNotEnabled(t *testing.T) {
	roots := func(types ...string) Edit {
		return Do(func(w *World) {
			list := List{}
			for _, t := range types {
				list = append(list, Obj{"Type": t, "Status": "ENABLED"})
			}
			w.Root()["organizations"].(Obj)["Roots"] = List{Obj{"Id": "r-1", "PolicyTypes": list}}
		})
	}
	for _, tr := range []trap{
		{id: "RCPs not collected", edits: []Edit{NotCollected("resourceControlPolicies")}, want: sim.Unknown},
		{id: "RCPs not enabled", edits: []Edit{NotCollected("resourceControlPolicies"), roots("SERVICE_CONTROL_POLICY")}, want: sim.Reachable},
		{id: "RCPs enabled, not collected", edits: []Edit{NotCollected("resourceControlPolicies"), roots("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")}, want: sim.Unknown},
		{id: "SCPs not enabled", edits: []Edit{NotCollected("serviceControlPolicies"), roots("RESOURCE_CONTROL_POLICY")}, want: sim.Reachable},
		{id: "neither enabled", edits: []Edit{NotCollected("serviceControlPolicies", "resourceControlPolicies"), roots()}, want: sim.Reachable},
		{id: "the roots of another organization", edits: []Edit{NotCollected("resourceControlPolicies"), roots("SERVICE_CONTROL_POLICY"),
			Do(func(w *World) { w.Root()["organizations"].(Obj)["organizationId"] = "o-2" })}, want: sim.Unknown},
		{id: "not enabled, and yet there", edits: []Edit{roots("SERVICE_CONTROL_POLICY"), RCP("p-deny", Doc(For("*", Deny("s3:*", "*"))), accountA)}, want: sim.Blocked, code: "RCP_EXPLICIT_DENY"},
	} {
		t.Run(tr.id, func(t *testing.T) { checkTrap(t, &tr) })
	}
}

// TestPoliciesOfAnotherOrganization is P99: the policies of one organization
// answer for no account of another, nor for one of which that is not known.
func TestPoliciesOfAnotherOrganization(t *testing.T) {
	of := func(id string) Edit {
		return Do(func(w *World) { w.Root()["organizations"].(Obj)["organizationId"] = id })
	}
	deny := SCP("p-deny", Doc(Deny("s3:*", "*")), "r-1")
	noMember := Do(func(w *World) {
		delete(w.Account(accountA), "organizationId")
		delete(w.Account(accountA), "organizationPath")
	})
	other := Do(func(w *World) { w.Account(accountX)["organizationId"] = "o-2" })
	detached := []Edit{noMember, Detach("serviceControlPolicies", "p-FullAWSAccess", accountA), Detach("resourceControlPolicies", "p-RCPFullAWSAccess", accountA)}
	for _, tr := range []trap{
		{id: "its own organization", edits: []Edit{of("o-1")}, want: sim.Reachable},
		{id: "its own organization denies", edits: []Edit{of("o-1"), deny}, want: sim.Blocked, code: "SCP_EXPLICIT_DENY"},
		{id: "another organization", edits: []Edit{of("o-2")}, want: sim.Unknown},
		{id: "another organization denies", edits: []Edit{of("o-2"), deny}, want: sim.Unknown},
		{id: "one of two organizations", edits: []Edit{of(""), other}, want: sim.Unknown},
		{id: "membership not known, a policy is attached to it", edits: []Edit{noMember}, want: sim.Reachable},
		{id: "membership not known", edits: detached, want: sim.Unknown},
	} {
		t.Run(tr.id, func(t *testing.T) { checkTrap(t, &tr) })
	}
}

// TestTraceFromNowhere: an end that is not in the snapshot is what is wrong,
// whatever it leaves open of the other end.
func TestTraceFromNowhere(t *testing.T) {
	w := sim.NewWorld(Policy().Snapshot(t))
	for _, from := range []string{"eni-zz", "i-zz", "subnet-zz"} {
		_, err := w.Trace(t.Context(), sim.TraceQuestion{From: from, To: "s3"})
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
