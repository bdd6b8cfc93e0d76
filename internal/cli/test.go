package cli

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/assert"
	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/capture/calls"
)

// testFlags are what canreach test was asked for.
type testFlags struct {
	snapshot         snapshotFlags
	format           string
	watch, init, all bool
	schema           bool
	library          []string
	parameters       []string
	jobs             []string
	interval         time.Duration
}

// testFormats writes a report in each output format.
var testFormats = map[string]func(w io.Writer, env *Env, f *testFlags, r *assert.Report) error{
	"text": writeTestText, "json": writeTestJSON, "junit": writeJUnit, "sarif": writeSARIF, "github": writeGitHub, "tap": writeTAP,
}

func newTestCommand(env *Env) *cobra.Command {
	f := &testFlags{}
	cmd := &cobra.Command{
		Use:   "test FILE…",
		Short: "Check assertions about snapshots",
		Long: `Test runs assertions that are kept in YAML files: what reaches what, by which
way, and what must not (docs/guide-tests.md). With --init it writes a first file
instead: what a snapshot answers today.`,
		Annotations: manual(`A JSON Schema for editors is printed by canreach test --schema.

Exit status: 0 every assertion holds, 1 some fail, 3 some are undecided because
a fact is missing, 2 if a file could not be read.`),
		Example: `  canreach test uses/tests.yaml
  canreach test --library data-perimeter --parameter trusted-buckets='datalake-*'
  canreach test --init -j job.json > tests.yaml`,
		RunE: func(_ *cobra.Command, files []string) error { return runTestCommand(env, f, files) },
	}
	fs := cmd.Flags()
	f.snapshot.register(fs)
	f.snapshot.registerLive(fs)
	formatFlag(fs, &f.format, "text", "json", "junit", "sarif", "github", "tap")
	fs.BoolVarP(&f.watch, "watch", "w", false, "run again whenever a file changes")
	fs.BoolVar(&f.init, "init", false, "write a test file that says what the snapshot answers today")
	fs.StringArrayVarP(&f.jobs, "job", "j", nil, "with --init: a job file to ask about, repeatable; default: the jobs in the snapshot")
	fs.BoolVar(&f.all, "show-passed", false, "text: list the assertions that hold, too")
	fs.StringArrayVar(&f.library, "library", nil, "a test file that comes with canreach: data-perimeter")
	fs.StringArrayVar(&f.parameters, "parameter", nil, "NAME=VALUE in place of a parameter of the test files, repeatable; VALUE is a list with commas")
	fs.BoolVar(&f.schema, "schema", false, "print the JSON Schema of test files")
	f.interval = time.Second
	return cmd
}

func runTestCommand(env *Env, f *testFlags, files []string) error {
	if f.schema {
		_, err := env.Stdout.Write(assert.JSONSchema())
		return err
	}
	if f.init {
		return writeBaseline(env, f, files)
	}
	if len(files)+len(f.library) == 0 {
		return withHint(errors.New("no test file"), "name one, or write a first one with canreach test --init")
	}
	if f.snapshot.live.on {
		defer f.snapshot.discard()
		r := f.snapshot.liveRequest(calls.Request{}) // assertions may be about anything
		if _, err := f.snapshot.capture(env, &r); err != nil {
			return err
		}
	}
	if f.watch {
		return watchTests(env, f, files)
	}
	return runTests(env, f, files)
}

// runTests reads, runs and reports once.
func runTests(env *Env, f *testFlags, names []string) error {
	files, err := readTests(env, names, f.parameters)
	if err != nil {
		return err
	}
	for _, name := range f.library {
		text, err := assert.Library(name)
		if err != nil {
			return err
		}
		file, err := assert.ParseWith(name, text, readSmallFile, f.parameters)
		if err != nil {
			return err
		}
		files = append(files, file)
	}
	found := f.snapshot
	if found.path == "" && slices.ContainsFunc(files, assert.NamesNoSnapshot) {
		_ = found.find(env) // where there is none, the runner says which file lacks it
	}
	runner := assert.Runner{Snapshot: f.snapshot.path, Default: found.path, Now: env.Now(), Load: func(path string) (assert.Checker, error) {
		sf := f.snapshot
		sf.path = path
		s, err := sf.load(env)
		if err != nil {
			return nil, err
		}
		return sim.NewWorld(s), nil
	}}
	report, err := runner.Run(env.context(), files)
	if err != nil {
		return err
	}
	var b bytes.Buffer // nothing on standard output unless all of it
	if err := testFormats[f.format](&b, env, f, report); err != nil {
		return err
	}
	if _, err := env.Stdout.Write(b.Bytes()); err != nil {
		return err
	}
	return exit(testStatus(report))
}

func testStatus(r *assert.Report) int {
	switch {
	case r.Counts[assert.Failed] > 0:
		return ExitViolated
	case r.Counts[assert.Undecided] > 0:
		return ExitUnknown
	}
	return ExitHolds
}

func readTests(env *Env, names, parameters []string) ([]*assert.File, error) {
	var files []*assert.File
	var problems []error
	for _, name := range names {
		text, err := readInput(env, name, located.MaxBytes)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		file, err := assert.ParseWith(name, text, readSmallFile, parameters)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		files = append(files, file)
	}
	return files, errors.Join(problems...)
}

// readSmallFile reads a file that another file names, bounded: no FIFO or
// device, which whoever wrote that other file could name to stop the reader.
func readSmallFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", name)
	}
	return readInput(&Env{Stdin: strings.NewReader("")}, name, located.MaxBytes)
}

// watchTests runs again whenever a test file, or what it names, changes. It
// ends when standard output can't be written any more, or by a signal.
func watchTests(env *Env, f *testFlags, names []string) error {
	last := [sha256.Size]byte{}
	for {
		now := fingerprint(f, names)
		if now != last {
			last = now
			fmt.Fprintf(env.Stdout, "--- %s\n", env.Now().Format(time.TimeOnly))
			code := status(runTests(env, f, names), env)
			if _, err := fmt.Fprintf(env.Stdout, "--- exit status %d; waiting for a change\n", code); err != nil {
				return err
			}
		}
		time.Sleep(f.interval)
	}
}

// fingerprint changes when a file of the run changes: by name, size and time.
func fingerprint(f *testFlags, names []string) [sha256.Size]byte {
	h := sha256.New()
	add := func(root string) {
		_ = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			if err != nil {
				fmt.Fprintln(h, path, "unreadable")
				return nil
			}
			if info, err := d.Info(); err == nil {
				fmt.Fprintln(h, path, info.Size(), info.ModTime().UnixNano())
			}
			return nil
		})
	}
	for _, name := range names {
		add(name)
		if text, err := readSmallFile(name); err == nil {
			file, _ := assert.Parse(name, text, func(job string) ([]byte, error) { add(job); return readSmallFile(job) })
			if file != nil && file.Snapshot != "" && f.snapshot.path == "" {
				add(filepath.Join(filepath.Dir(name), file.Snapshot))
			}
		}
	}
	if f.snapshot.path != "" {
		add(f.snapshot.path)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// writeBaseline writes a first test file: to the one that is named, which must
// not be there, or to standard output.
func writeBaseline(env *Env, f *testFlags, files []string) error {
	if len(files) > 1 {
		return errors.New("--init writes one file")
	}
	s, err := f.snapshot.load(env)
	if err != nil {
		return err
	}
	base := "."
	if len(files) == 1 {
		base = filepath.Dir(files[0])
	}
	jobs := assert.JobsOf(s)
	if len(f.jobs) > 0 {
		jobs = nil
	}
	for _, name := range f.jobs {
		j, err := snapshot.LoadJob(name, f.snapshot.options(env))
		if err != nil {
			return err
		}
		title := j.Name
		if title == "" {
			title = filepath.Base(name)
		}
		jobs = append(jobs, assert.BaselineJob{Name: title, Ref: located.Of(relativeTo(base, name)), Job: j})
	}
	text, err := assert.Baseline(env.context(), sim.NewWorld(s), relativeTo(base, f.snapshot.path), jobs)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		_, err := env.Stdout.Write(text)
		return err
	}
	if _, err := os.Lstat(files[0]); err == nil {
		return fmt.Errorf("%s is there already: a baseline never replaces a file", files[0])
	}
	return replaceFile(files[0], text)
}

// relativeTo names a file as another file in the directory base would.
func relativeTo(base, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	if r, err := filepath.Rel(base, name); err == nil {
		return filepath.ToSlash(r)
	}
	return name
}

var testMarks = map[assert.Outcome]struct{ word, color string }{
	assert.Passed: {"PASS", "32"}, assert.Failed: {"FAIL", "1;31"}, assert.Skipped: {"SKIP", "2"}, assert.Undecided: {"UNKNOWN", "1;33"},
}

func writeTestText(out io.Writer, env *Env, f *testFlags, r *assert.Report) error {
	w := bufio.NewWriter(out)
	p := env.painter()
	for _, res := range r.Results {
		if res.Outcome == assert.Passed && res.Note == "" && !f.all {
			continue
		}
		mark := testMarks[res.Outcome]
		fmt.Fprintf(w, "%s %s  (%s:%d)\n", p.paint(mark.color, mark.word), oneLine(res.Name), oneLine(res.File), res.Line)
		if res.Note != "" {
			fmt.Fprintf(w, "     %s\n", wrap(safeText(res.Note), 5))
		}
		for i := range res.Problems {
			writeProblem(w, &res.Problems[i])
		}
	}
	fmt.Fprintf(w, "%d passed, %d failed, %d unknown, %d skipped\n", r.Counts[assert.Passed], r.Counts[assert.Failed], r.Counts[assert.Undecided], r.Counts[assert.Skipped])
	return w.Flush()
}

// oneLine makes text from strangers safe where it must not begin a line of its
// own: a line that begins with :: is a command to GitHub's runner.
func oneLine(s string) string { return strings.Join(strings.Fields(safeText(s)), " ") }

// maxShown is how many findings of one problem are shown.
const maxShown = 4

func writeProblem(w io.Writer, p *assert.Problem) {
	lead := ""
	if p.Question != "" {
		lead = p.Question + ": "
	}
	fmt.Fprintf(w, "     %s\n", wrap(safeText(lead+p.Message), 5))
	if p.Subnet != "" && len(p.Path) > 0 {
		fmt.Fprintf(w, "       path:    %s\n", wrap(safeText(pathText(p.Path)), 16))
	}
	if p.Example != nil {
		fmt.Fprintf(w, "       example: %s\n", wrap(safeText(exampleText(p.Example)), 16))
	}
	for i, fd := range p.Findings {
		if i == maxShown {
			fmt.Fprintf(w, "       and %d more\n", len(p.Findings)-i)
			break
		}
		fmt.Fprintf(w, "       [%s] %s %s\n", fd.Gate, oneLine(fd.Code.String()), oneLine(fd.Component))
		fmt.Fprintf(w, "         %s\n", wrap(safeText(fd.Message), 9))
	}
	for i, u := range p.Unknowns {
		if i == maxShown {
			fmt.Fprintf(w, "       and %d more\n", len(p.Unknowns)-i)
			break
		}
		fmt.Fprintf(w, "       [%s] %s %s\n         %s\n", u.Gate, oneLine(u.Code.String()), oneLine(u.Component), wrap(safeText(u.Fact), 9))
	}
}
