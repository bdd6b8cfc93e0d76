package sim_test

import (
	"slices"
	"strings"
	"testing"

	. "github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// Whichever key another account's bucket has, a role that may use none is told so.
func TestARoleThatMayUseNoKey(t *testing.T) {
	for name, want := range map[string]bool{"s3:*": true, "kms:*": false, "*": false} {
		tr := trap{bucket: "arn:aws:s3:::elsewhere/x", edits: []Edit{Identity(roleR, Doc(Allow("s3:*", "*"), Allow(name, "*")))}}
		a, err := sim.NewWorld(Policy(tr.edits...).Snapshot(t)).Check(t.Context(), tr.question())
		if err != nil {
			t.Fatal(err)
		}
		said := slices.ContainsFunc(a.Unknowns, func(m sim.Missing) bool {
			return m.Code == finding.UnknownEncryption && strings.Contains(m.Fact, "role R may do kms:Decrypt with no key")
		})
		if said != want {
			t.Errorf("%s: said %v, %+v", name, said, a.Unknowns)
		}
	}
}

// Encryption that nobody collected is a missing fact, not SSE-S3 (P370).
func TestEncryptionThatWasNotCollected(t *testing.T) {
	load := func(change func(*snapshot.Bucket)) *sim.World {
		s, err := snapshot.Load("../testdata/examples/neo-compile/snapshot.json", snapshot.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range s.Accounts {
			for i := range a.S3.Buckets.Items {
				change(&a.S3.Buckets.Items[i])
			}
		}
		return sim.NewWorld(s)
	}
	job, err := snapshot.LoadJob("../testdata/examples/neo-compile/job.json", snapshot.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		change func(*snapshot.Bucket)
		assume bool
		want   sim.Verdict
	}{
		{"collected", func(*snapshot.Bucket) {}, false, sim.Reachable},
		{"not collected", func(b *snapshot.Bucket) { b.Encryption.Presence = snapshot.NotCollected }, false, sim.Unknown},
		{"not collected, assumed", func(b *snapshot.Bucket) { b.Encryption.Presence = snapshot.NotCollected }, true, sim.Reachable},
		{"an algorithm that is not told", func(b *snapshot.Bucket) { b.Encryption.Algorithm = "" }, false, sim.Unknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, err := load(tt.change).Check(t.Context(), sim.Question{Job: job, Options: sim.Options{AssumeSSES3: tt.assume}})
			if err != nil {
				t.Fatal(err)
			}
			if (a.WithDefaults != nil) != (tt.want == sim.Unknown) || a.WithDefaults != nil && (a.WithDefaults.Verdict != sim.Reachable || len(a.WithDefaults.Assumptions) == 0) {
				t.Errorf("with defaults: %+v", a.WithDefaults)
			}
			if a.Verdict != tt.want {
				t.Errorf("%v, want %v: %+v", a.Verdict, tt.want, a.Unknowns)
			}
		})
	}
}

// An organization that nobody collected is a missing fact; one that could not
// be read has no default (P99, P372).
func TestAnOrganizationThatWasNotCollected(t *testing.T) {
	job, err := snapshot.LoadJob("../testdata/examples/neo-compile/job.json", snapshot.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		presence snapshot.Presence
		defaults bool // there are defaults for it
	}{{snapshot.NotCollected, true}, {snapshot.Unreadable, false}} {
		s, err := snapshot.Load("../testdata/examples/neo-compile/snapshot.json", snapshot.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range s.Accounts {
			a.Organization, a.OrganizationID = tt.presence, ""
		}
		w := sim.NewWorld(s)
		a, err := w.Check(t.Context(), sim.Question{Job: job})
		if err != nil {
			t.Fatal(err)
		}
		if a.Verdict != sim.Unknown || (a.WithDefaults != nil) != tt.defaults {
			t.Errorf("%v: %v, with defaults %+v", tt.presence, a.Verdict, a.WithDefaults)
		}
		b, err := w.Check(t.Context(), sim.Question{Job: job, Options: sim.Options{AssumeNoOrganization: true}})
		if err != nil {
			t.Fatal(err)
		}
		if (b.Verdict == sim.Reachable) != tt.defaults {
			t.Errorf("%v, assumed: %v", tt.presence, b.Verdict)
		}
	}
}
