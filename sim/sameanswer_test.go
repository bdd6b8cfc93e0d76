package sim_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
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

// The same question has the same answer to the byte, whatever the world was
// asked before, in whatever order, and whenever its memos were emptied.
func TestAnswersHangOnNoMemory(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range traps {
		t.Run(traps[i].id, func(t *testing.T) {
			snap := Policy(traps[i].edits...).Snapshot(t)
			questions := variants(&traps[i])
			var fresh [][]byte
			for _, q := range questions {
				fresh = append(fresh, answerOrError(t, sim.NewWorld(snap), q))
			}
			for _, limit := range []int{0, 1} {
				w := sim.NewWorld(snap)
				w.RememberAtMost(limit)
				for _, n := range r.Perm(2 * len(questions)) {
					q := questions[n/2]
					if n%2 == 0 {
						_, _ = w.Decide(q) // remembers, too
						continue
					}
					if got := answerOrError(t, w, q); !bytes.Equal(got, fresh[n/2]) {
						t.Fatalf("question %d with memos of %d:\n%s\nin a fresh world:\n%s", n/2, limit, got, fresh[n/2])
					}
				}
			}
		})
	}
}

// variants are a trap's question and questions that share some of its layers.
func variants(tr *trap) []sim.Question {
	base := tr.question()
	out := []sim.Question{base}
	change := func(edit func(*sim.Question)) {
		q := base
		edit(&q)
		out = append(out, q)
	}
	change(func(q *sim.Question) { q.Actions = []string{get, "s3:PutObject", list} })
	change(func(q *sim.Question) { q.Bucket, q.Actions = "arn:aws:s3:::b", nil })
	change(func(q *sim.Question) { q.Bucket = "arn:aws:s3:::b/other/*" })
	change(func(q *sim.Question) { q.Options.Strict = true })
	change(func(q *sim.Question) { q.Options.AssumeSSES3, q.Options.AssumeNoOrganization = true, true })
	change(func(q *sim.Question) { q.Options.Caller = "unsigned" })
	change(func(q *sim.Question) { q.Job.RoleARN += "-not-there" })
	change(func(q *sim.Question) { q.Job.Kind = "" })
	change(func(q *sim.Question) { q.Options.Hostname = "s3.amazonaws.com" })
	return out
}

func answerOrError(t *testing.T, w *sim.World, q sim.Question) []byte {
	t.Helper()
	a, err := w.Check(t.Context(), q)
	if err != nil {
		return []byte(err.Error())
	}
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
