// Package reachtest runs canreach's assertions from go test: the YAML files of
// canreach test, each assertion a subtest, or questions asked in Go.
//
//	func TestNetwork(t *testing.T) {
//		reachtest.RunFiles(t, "testdata/network.yaml")
//	}
//
//	func TestJobReads(t *testing.T) {
//		s := reachtest.Load(t, "testdata/snapshot.json")
//		s.Job(t, "testdata/job.json").Reaches("arn:aws:s3:::models/*")
//	}
package reachtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/assert"
	"github.com/canreach/canreach/snapshot"
)

// Snapshot is a snapshot ready for questions. It may be asked from several
// tests at once.
type Snapshot struct{ world *sim.World }

var loaded struct {
	sync.Mutex
	byPath map[string]*Snapshot
}

// Load reads a snapshot: a native file, or a directory of AWS CLI outputs. A
// path is read once in a test binary.
func Load(t testing.TB, path string) *Snapshot {
	t.Helper()
	s, err := load(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func load(path string) (*Snapshot, error) {
	loaded.Lock()
	defer loaded.Unlock()
	if s := loaded.byPath[path]; s != nil {
		return s, nil
	}
	snap, err := snapshot.Load(path, snapshot.Options{})
	if err != nil {
		return nil, err
	}
	s := &Snapshot{sim.NewWorld(snap)}
	if loaded.byPath == nil {
		loaded.byPath = map[string]*Snapshot{}
	}
	loaded.byPath[path] = s
	return s, nil
}

// RunFiles runs the assertions of test files, each as a subtest named after
// it. What is undecided because a fact is missing fails.
func RunFiles(t *testing.T, files ...string) {
	t.Helper()
	runFiles(t, time.Now(), files)
}

func runFiles(t *testing.T, now time.Time, names []string) {
	t.Helper()
	var files []*assert.File
	var problems []error
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err == nil {
			var f *assert.File
			f, err = assert.Parse(name, text, os.ReadFile)
			files = append(files, f)
		}
		problems = append(problems, err)
	}
	if err := errors.Join(problems...); err != nil {
		t.Fatal(err)
	}
	r := assert.Runner{Now: now, Load: func(path string) (assert.Checker, error) {
		s, err := load(path)
		if err != nil {
			return nil, err
		}
		return s.world, nil
	}}
	report, err := r.Run(context.Background(), files)
	if err != nil {
		t.Fatal(err)
	}
	for i := range report.Results {
		res := &report.Results[i]
		t.Run(res.Name, func(t *testing.T) {
			switch res.Outcome {
			case assert.Skipped:
				t.Skipf("%s:%d: %s", res.File, res.Line, res.Note)
			case assert.Failed, assert.Undecided:
				t.Errorf("%s:%d: %s\n%s", res.File, res.Line, res.Outcome, problemsText(res.Problems))
			}
		})
	}
}

func problemsText(problems []assert.Problem) string {
	var b strings.Builder
	for i := range problems {
		p := &problems[i]
		fmt.Fprintf(&b, "%s: %s\n", p.Question, p.Message)
		for _, f := range p.Findings {
			fmt.Fprintf(&b, "  [%s] %s %s: %s\n", f.Gate, f.Code, f.Component, f.Message)
		}
		for _, u := range p.Unknowns {
			fmt.Fprintf(&b, "  [%s] %s: %s\n", u.Gate, u.Code, u.Fact)
		}
	}
	return b.String()
}

// Source is a job whose questions a test asks. Each assertion reports through
// the test that the source was made with, and goes on.
type Source struct {
	t    testing.TB
	snap *Snapshot
	q    sim.Question
}

// Job returns a source for a job file as AWS prints it.
func (s *Snapshot) Job(t testing.TB, file string) *Source {
	t.Helper()
	j, err := snapshot.LoadJob(file, snapshot.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s.Source(t, j)
}

// Source returns a source for a job that is put together in Go.
func (s *Snapshot) Source(t testing.TB, job snapshot.Job) *Source {
	if job.Instances == 0 {
		job.Instances = 1
	}
	return &Source{t: t, snap: s, q: sim.Question{Job: job}}
}

// Ask returns the whole answer about a bucket or object ARN; "" asks about
// the job's own input and output.
func (s *Source) Ask(bucket string, actions ...string) *sim.Answer {
	s.t.Helper()
	q := s.q
	q.Bucket, q.Actions = bucket, actions
	a, err := s.snap.world.Check(s.t.Context(), q)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

// Reaches fails the test unless the verdict is REACHABLE.
func (s *Source) Reaches(bucket string, actions ...string) *Source {
	s.t.Helper()
	return s.expect(sim.Reachable, bucket, actions)
}

// DoesNotReach fails the test unless the verdict is BLOCKED.
func (s *Source) DoesNotReach(bucket string, actions ...string) *Source {
	s.t.Helper()
	return s.expect(sim.Blocked, bucket, actions)
}

func (s *Source) expect(want sim.Verdict, bucket string, actions []string) *Source {
	s.t.Helper()
	a := s.Ask(bucket, actions...)
	if a.Verdict == want {
		return s
	}
	var b strings.Builder
	for _, f := range a.Findings {
		if f.Severity == sim.Blocker {
			fmt.Fprintf(&b, "\n  [%s] %s %s: %s", f.Gate, f.Code, f.Component, f.Message)
		}
	}
	for _, u := range a.DecisiveUnknowns() {
		fmt.Fprintf(&b, "\n  [%s] %s: %s", u.Gate, u.Code, u.Fact)
	}
	s.t.Errorf("%s: expected %s, is %s%s", bucket, want, a.Verdict, b.String())
	return s
}
