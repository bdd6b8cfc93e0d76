package assert

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/canreach/canreach/sim"
)

// Runner runs tests.
type Runner struct {
	// Load reads the snapshot with the path and makes it ready for questions.
	Load func(path string) (Checker, error)
	// Snapshot, where it is set, is asked instead of what the files name.
	Snapshot string
	// Default is the snapshot of files that name none, or "": there is none.
	Default string
	Now     time.Time
	Workers int // 0: as many as there are processors
}

// Report is what became of all tests, in the order of the files.
type Report struct {
	Results []Result
	Counts  map[Outcome]int
}

// worst is how many problems of one test are reported in full.
const worst = 5

// Run runs the tests of all files, in parallel. An error means that a file
// can't be run at all: its snapshot is missing or can't be read; or that ctx ended.
func (r *Runner) Run(ctx context.Context, files []*File) (*Report, error) {
	worlds, err := r.load(files)
	if err != nil {
		return nil, err
	}
	var tests []*Test
	for _, f := range files {
		tests = append(tests, f.Tests...)
	}
	snapshotOf := func(t *Test) string { return r.snapshotPath(t, files) }
	results := make([]Result, len(tests))
	errs := make([]error, len(tests))
	parallel(len(tests), r.workers(), func(i int) {
		if ctx.Err() == nil {
			results[i], errs[i] = r.one(ctx, tests[i], worlds[snapshotOf(tests[i])])
		}
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	report := &Report{Results: results, Counts: map[Outcome]int{}}
	for _, res := range results {
		report.Counts[res.Outcome]++
	}
	return report, nil
}

func (r *Runner) workers() int {
	if r.Workers > 0 {
		return r.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// parallel calls do for 0 to n-1 from several goroutines and waits.
func parallel(n, workers int, do func(int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(workers, n) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				do(i)
			}
		}()
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// snapshotPath is where a test's snapshot is: the runner's, the test's own,
// or its file's, the latter two relative to the file.
func (r *Runner) snapshotPath(t *Test, files []*File) string {
	if r.Snapshot != "" {
		return r.Snapshot
	}
	name := t.Snapshot
	for _, f := range files {
		if name == "" && f.Path == t.File {
			name = f.Snapshot
		}
	}
	if name == "" {
		return r.Default
	}
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.FromSlash(path.Join(path.Dir(filepath.ToSlash(t.File)), filepath.ToSlash(name)))
}

// NamesNoSnapshot tells whether a test of f is about a snapshot that the file does not name.
func NamesNoSnapshot(f *File) bool {
	return f.Snapshot == "" && slices.ContainsFunc(f.Tests, func(t *Test) bool { return t.Snapshot == "" })
}

func (r *Runner) load(files []*File) (map[string]Checker, error) {
	worlds := map[string]Checker{}
	var errs []error
	for _, f := range files {
		for _, t := range f.Tests {
			name := r.snapshotPath(t, files)
			if _, ok := worlds[name]; ok {
				continue
			}
			worlds[name] = nil
			if name == "" {
				errs = append(errs, fmt.Errorf("%s:%d: no snapshot: the file names none, and --snapshot is missing", t.File, t.At.Line))
				continue
			}
			w, err := r.Load(name)
			if err != nil {
				errs = append(errs, err)
			}
			worlds[name] = w
		}
	}
	return worlds, errors.Join(errs...)
}

func (r *Runner) one(ctx context.Context, t *Test, w Checker) (Result, error) {
	res := Result{Name: t.Name, File: t.File, Line: t.At.Line}
	if t.Skip != nil {
		if !r.expired(t.Skip) {
			res.Outcome, res.Note = Skipped, t.Skip.Reason
			if t.Skip.Until != "" {
				res.Note += " (until " + t.Skip.Until + ")"
			}
			return res, nil
		}
		res.Note = fmt.Sprintf("the skip %q has expired on %s", t.Skip.Reason, t.Skip.Until)
	}
	if t.Invariant != nil {
		err := t.prove(ctx, w, &res)
		return res, err
	}
	questions, err := t.questions(w.Snapshot())
	if err == nil && len(questions) == 0 && !t.AllowEmpty {
		err = errNothing
	}
	if err != nil {
		res.fail(err)
		return res, nil
	}
	if problems := t.misnamed(w, questions); len(problems) > 0 {
		res.Outcome, res.Problems = Failed, problems
		return res, nil
	}
	res.Asked = len(questions)
	err = r.ask(ctx, t, w, questions, &res)
	return res, err
}

func (r *Runner) expired(s *Skip) bool {
	until, err := time.Parse(time.DateOnly, s.Until)
	return s.Until != "" && err == nil && !r.Now.UTC().Before(until.AddDate(0, 0, 1))
}

func (r *Runner) ask(ctx context.Context, t *Test, w Checker, questions []asked, res *Result) error {
	res.Outcome = Passed
	failed, open := 0, 0
	for _, q := range questions {
		if ctx.Err() != nil {
			return nil // Run says so
		}
		a, err := w.Check(ctx, q.question)
		if err != nil {
			return fmt.Errorf("%s:%d: %s: %w", t.File, t.At.Line, q.name, err)
		}
		for _, p := range t.judge(a) {
			p.Question = q.name
			if p.Unknown {
				open++
			} else {
				failed++
			}
			if len(res.Problems) < worst {
				res.Problems = append(res.Problems, p)
			}
		}
	}
	if more := failed + open - len(res.Problems); more > 0 {
		res.Note = joinNotes(res.Note, fmt.Sprintf("%d more problems of the same test", more))
	}
	switch {
	case failed > 0:
		res.Outcome = Failed
	case open > 0:
		res.Outcome = Undecided
	}
	return nil
}

func (res *Result) fail(err error) {
	text := err.Error()
	if q := (*sim.QuestionError)(nil); errors.As(err, &q) {
		text = strings.Replace(text, q.Error(), q.In(words), 1)
	}
	res.Outcome, res.Problems = Failed, []Problem{{Message: text}}
}

// words are the members of a test that set a question's fields.
var words = map[sim.Field]string{
	sim.FieldJob: "job", sim.FieldRole: "from.role", sim.FieldSubnets: "from.subnets", sim.FieldSecurityGroups: "from.securityGroups",
	sim.FieldBucket: "bucket", sim.FieldActions: "actions", sim.FieldAssume: "options.assume", sim.FieldAt: "options.at",
	sim.FieldHostname: "options.hostname", sim.FieldCaller: "caller", sim.FieldThrough: "through", sim.FieldAvoid: "avoid",
}

func joinNotes(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}
