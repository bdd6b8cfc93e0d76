package access_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/canreach/canreach/internal/testkit/synth"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/access"
	"github.com/canreach/canreach/snapshot"
)

const (
	example = "../../testdata/examples/neo-compile/"
	models  = "arn:aws:s3:::neo-models-111122223333-use1"
	neoRole = "arn:aws:iam::111122223333:role/service-role/NeoCompilationRole"
)

func load(t testing.TB, path string) *sim.World {
	t.Helper()
	s, err := snapshot.Load(example+path, snapshot.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return sim.NewWorld(s)
}

func exampleJob(t testing.TB) snapshot.Job {
	t.Helper()
	j, err := snapshot.LoadJob(example+"job.json", snapshot.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestWhoCan(t *testing.T) {
	tab, err := access.Decide(context.Background(), load(t, "snapshot.json"), access.Query{Resource: models, Actions: []string{"s3:GetObject"}, Jobs: []snapshot.Job{exampleJob(t)}})
	if err != nil {
		t.Fatal(err)
	}
	groups := tab.Groups()
	if len(groups) != 1 || !reflect.DeepEqual(groups[0].Roles, []string{neoRole}) || groups[0].Objects != "all" || groups[0].Witness == nil || len(groups[0].Allows) < 2 {
		t.Fatalf("%+v", groups)
	}
	s := tab.Sources[groups[0].Sources[0]]
	if len(groups[0].Sources) != 1 || len(s.Classes) != 2 || s.Kind != "interfaces" {
		t.Errorf("from %+v: the two subnets of the job share one path, and nothing else has one", groups[0].Sources)
	}
}

// The models' bucket denies what does not come through its endpoint: without
// the Deny the role's credentials would work from the internet.
func TestCredentialsUsedFromOutside(t *testing.T) {
	tab, err := access.Decide(context.Background(), load(t, "snapshot.json"), access.Query{Actions: []string{"s3:GetObject"}})
	if err != nil {
		t.Fatal(err)
	}
	outside := map[string]bool{}
	for i := range tab.Rows {
		if r := &tab.Rows[i]; tab.Sources[r.Source].Kind == "internet" && r.Reaches() {
			outside[r.Resource] = true
		}
	}
	if outside[models] || !outside["arn:aws:s3:::neo-compiled-111122223333-use1"] {
		t.Errorf("reachable from outside: %v", outside)
	}
}

// synthetic is a made-up account with n interfaces.
func synthetic(t testing.TB, n int) *snapshot.Snapshot {
	t.Helper()
	var native bytes.Buffer
	if err := synth.New(synth.Options{Seed: 7, Interfaces: n}).Write(&native); err != nil {
		t.Fatal(err)
	}
	s, err := snapshot.Parse(native.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Every row is what a question of its own answers for every member of the
// class, and what no row says is blocked.
func TestClassesAgreeWithSingleQuestions(t *testing.T) {
	s := synthetic(t, 60)
	w := sim.NewWorld(s)
	q := access.Query{Actions: []string{"s3:GetObject"}}
	tab, err := access.Decide(context.Background(), w, q)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]sim.Verdict{}
	for i := range tab.Rows {
		r := &tab.Rows[i]
		for _, c := range tab.Sources[r.Source].Classes {
			rows[fmt.Sprint(r.Role, r.Resource, c.Subnet, c.Groups, c.Public)] = r.Verdict
		}
	}
	asked := 0
	for _, a := range s.Accounts {
		for i := range a.S3.Buckets.Items {
			if i%3 != 0 {
				continue
			}
			bucket := "arn:aws:s3:::" + a.S3.Buckets.Items[i].Name
			for j := range a.IAM.Roles.Items {
				if j%3 != 0 {
					continue
				}
				asked += single(t, w, tab, rows, a.IAM.Roles.Items[j].ARN, bucket)
			}
		}
	}
	if asked < 100 {
		t.Fatalf("%d questions only", asked)
	}
}

func single(t *testing.T, w *sim.World, tab *access.Table, rows map[string]sim.Verdict, role, bucket string) (asked int) {
	t.Helper()
	for _, s := range tab.Sources {
		for _, c := range s.Classes {
			if c.Example == "" {
				continue
			}
			a, err := w.Check(t.Context(), sim.Question{Source: string(c.Example), Job: snapshot.Job{RoleARN: role}, Bucket: bucket, Actions: []string{"s3:GetObject"}})
			if err != nil {
				t.Fatal(err)
			}
			want, known := rows[fmt.Sprint(role, bucket, c.Subnet, c.Groups, c.Public)]
			if !known {
				want = sim.Blocked
			}
			if a.Verdict != want {
				t.Errorf("%s from %s to %s: %v, the table says %v", role, c.Example, bucket, a.Verdict, want)
			}
			asked++
		}
	}
	return asked
}

func TestTheOrderOfWorkChangesNothing(t *testing.T) {
	var first *access.Table
	for _, workers := range []int{1, 2, 7} {
		tab, err := access.Decide(context.Background(), load(t, "snapshot.json"), access.Query{Workers: workers, Jobs: []snapshot.Job{exampleJob(t)}})
		if err != nil {
			t.Fatal(err)
		}
		if first != nil && !reflect.DeepEqual(first.Rows, tab.Rows) {
			t.Errorf("%d workers give other rows", workers)
		}
		first = tab
	}
}

func TestAnInterruptEndsTheWork(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := access.Decide(ctx, load(t, "snapshot.json"), access.Query{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestReview(t *testing.T) {
	for _, tt := range []struct {
		broken       string
		lost, gained bool
		component    string
	}{
		{"broken/wrong-route-table.json", true, true, "rtb-"},
		{"broken/sg-and-bucket-policy.json", true, false, "sg-0e9f1a2b3c4d5e6f7"},
		{"snapshot.json", false, false, ""},
	} {
		for _, turned := range []bool{false, true} {
			before, after := load(t, "snapshot.json"), load(t, tt.broken)
			if turned {
				before, after = after, before
			}
			r, err := access.Compare(context.Background(), before, after, access.Query{Jobs: []snapshot.Job{exampleJob(t)}})
			if err != nil {
				t.Fatal(err)
			}
			lost, gained := len(r.Lost) > 0, len(r.Gained) > 0
			if turned {
				lost, gained = gained, lost
			}
			if lost != tt.lost || gained != tt.gained || !r.Exact() {
				t.Errorf("%s turned %v: %+v", tt.broken, turned, r)
			}
			for _, c := range append(r.Lost, r.Gained...) {
				if len(c.Causes) == 0 || c.Witness == nil {
					t.Errorf("%s: a change without cause or witness: %+v", tt.broken, c)
				}
			}
		}
	}
}

// A job's row says what check says of the job, on the example and on each of its
// broken variants.
func TestJobsAgainstBuckets(t *testing.T) {
	files, err := filepath.Glob(example + "broken/*.json")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	seen := map[sim.Verdict]int{}
	for _, file := range append(files, example+"snapshot.json") {
		s, err := snapshot.Load(file, snapshot.Options{})
		if err != nil {
			t.Fatal(err)
		}
		w, job := sim.NewWorld(s), exampleJob(t)
		tab, err := access.Decide(t.Context(), w, access.Query{Jobs: []snapshot.Job{job}})
		if err != nil {
			t.Fatal(err)
		}
		for _, action := range []string{"s3:GetObject", "s3:PutObject"} {
			m, err := tab.JobMatrix(t.Context(), action, access.Buckets(s))
			if err != nil {
				t.Fatal(err)
			}
			if len(m.Roles) != 1 || m.Roles[0] != "CompilationJob resnet50-ml-c5" {
				t.Fatalf("%s: rows %q", file, m.Roles)
			}
			for j, bucket := range m.Buckets {
				a, err := w.Check(t.Context(), sim.Question{Job: job, Bucket: bucket, Actions: []string{action}})
				if err != nil {
					t.Fatal(err)
				}
				seen[a.Verdict]++
				if got := m.Cells[0][j].Verdict; got != a.Verdict {
					t.Errorf("%s: %s on %s: %v, check says %v", file, action, bucket, got, a.Verdict)
				}
			}
		}
	}
	if len(seen) < 2 {
		t.Errorf("the example shows %v only", seen)
	}
}
