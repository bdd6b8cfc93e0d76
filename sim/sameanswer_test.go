package sim_test

import (
	"encoding/json"
	"testing"

	. "github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

// Decisions are shared among placements that differ in nothing but their
// addresses; the examples of each are its own, whichever asked first.
func TestExamplesHangOnNoEarlierQuestion(t *testing.T) {
	edits := []Edit{
		Subnet("subnet-2", "vpc-1", "10.0.2.0/24", "us-east-1b"), Table("rtb-2", "vpc-1", []string{"subnet-2"}, ToList(PL, "vpce-1")),
		BucketPolicy(PolicyBucket, Doc(For("*", If("StringNotEquals", "aws:SourceVpce", "vpce-7", Deny("*", "arn:aws:s3:::b/*"))))),
	}
	ask := func(w *sim.World, subnets ...snapshot.SubnetID) string {
		tr := trap{change: func(q *sim.Question) { q.Job.Subnets = subnets }}
		a, err := w.Check(t.Context(), tr.question())
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.MarshalIndent(a, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	fresh, used := sim.NewWorld(Policy(edits...).Snapshot(t)), sim.NewWorld(Policy(edits...).Snapshot(t))
	ask(used, "subnet-2")
	if a, b := ask(fresh, "subnet-1", "subnet-2"), ask(used, "subnet-1", "subnet-2"); a != b {
		t.Errorf("asked first:\n%s\nafter another question:\n%s", a, b)
	}
}
