package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/canreach/canreach/internal/cli"
	"github.com/canreach/canreach/sim"
)

const scenarios = "../../testdata/scenarios"

// TestScenarios runs the corpus: testdata/scenarios/<component>/<fact>.txtar.
// Each script starts in a folder that holds base/, in which everything works,
// with the files of the script over it. UPDATE_GOLDEN=1 (make golden) rewrites
// what scripts compare output with.
func TestScenarios(t *testing.T) {
	components, err := os.ReadDir(scenarios)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range components {
		if !c.IsDir() || c.Name() == "base" {
			continue
		}
		t.Run(c.Name(), func(t *testing.T) {
			testscript.Run(t, testscript.Params{
				Dir: filepath.Join(scenarios, c.Name()), Setup: layBase, UpdateScripts: os.Getenv("UPDATE_GOLDEN") != "", RequireUniqueNames: true,
				Cmds: map[string]func(*testscript.TestScript, bool, []string){
					"exits": cmdExits, "verdict": cmdVerdict, "blocker": cmdBlocker, "no": cmdNo, "mentions": cmdMentions, "missing": cmdMissing,
				},
			})
		})
	}
}

// TestEveryScenarioHasItsTwin: a scenario names a twin that stands beside it,
// names it back, and has another verdict.
func TestEveryScenarioHasItsTwin(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(scenarios, "*", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	head := func(path string) (twin, verdict string) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
		}
		for line := range strings.Lines(string(data)) {
			if rest, ok := strings.CutPrefix(line, "# Twin: "); ok {
				twin = strings.TrimSpace(rest)
			}
			if rest, ok := strings.CutPrefix(line, "verdict "); ok {
				verdict = strings.TrimSpace(rest)
			}
		}
		return twin, verdict
	}
	for _, f := range files {
		twin, verdict := head(f)
		back, other := head(filepath.Join(filepath.Dir(f), twin))
		if back != filepath.Base(f) || other == verdict {
			t.Errorf("%s (%s): its twin %q names %q and has %s", f, verdict, twin, back, other)
		}
	}
}

// layBase puts the base files where the script has none of its own.
func layBase(env *testscript.Env) error {
	base := os.DirFS(filepath.Join(scenarios, "base"))
	env.Values[answerKey{}] = &answer{}
	laid, err := filesBelow(env.WorkDir)
	if err != nil {
		return err
	}
	return fs.WalkDir(base, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		to := filepath.Join(env.WorkDir, path)
		// What the CLI printed on standard error goes with the output of base.
		output := strings.TrimSuffix(to, ".err")
		if output != to {
			output += ".json"
		}
		if slices.ContainsFunc([]string{to, output}, func(f string) bool { return laid[f] }) {
			return nil
		}
		data, err := fs.ReadFile(base, path)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		return os.WriteFile(to, data, 0o644)
	})
}

func filesBelow(dir string) (map[string]bool, error) {
	files := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		files[path] = true
		return err
	})
	return files, err
}

type answerKey struct{}

// answer is the last verdict that a script got.
type answer struct{ *sim.Answer }

func answerOf(ts *testscript.TestScript) *sim.Answer {
	a := ts.Value(answerKey{}).(*answer)
	if a.Answer == nil {
		ts.Fatalf("no answer yet: run canreach with -o json first")
	}
	return a.Answer
}

// run executes canreach in this process. Arguments that name files of the
// script's folder are made absolute, and the folder taken out of what is printed.
func run(workdir string, args []string) (status int, stdout, stderr string) {
	abs := slices.Clone(args)
	for i, a := range abs {
		if _, err := os.Stat(filepath.Join(workdir, a)); err == nil && !strings.HasPrefix(a, "-") && filepath.IsLocal(a) {
			abs[i] = filepath.Join(workdir, a)
		}
	}
	var out, errs bytes.Buffer
	env := &cli.Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Version: "test",
		Now:    func() time.Time { return time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC) },
		Getenv: func(string) string { return "" }}
	status = cli.Main(abs, env)
	strip := strings.NewReplacer(workdir+string(filepath.Separator), "", workdir, ".")
	return status, strip.Replace(out.String()), strip.Replace(errs.String())
}

// cmdExits is "exits N canreach …". "!" would accept any failure, and a crash
// must not pass for "blocked".
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || args[1] != "canreach" {
		ts.Fatalf("usage: exits N canreach …")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	workdir := ts.MkAbs(".")
	status, stdout, stderr := run(workdir, args[2:])
	_, err = ts.Stdout().Write([]byte(stdout))
	ts.Check(err)
	_, err = ts.Stderr().Write([]byte(stderr))
	ts.Check(err)
	if status != want {
		ts.Fatalf("exit status %d, want %d", status, want)
	}
	if status == cli.ExitUsage && stdout != "" {
		ts.Fatalf("exit status 2 with something on standard output")
	}
	if args[2] != "check" && args[2] != "trace" || !strings.HasPrefix(stdout, "{") {
		return
	}
	var a sim.Answer
	ts.Check(json.Unmarshal([]byte(stdout), &a))
	ts.Value(answerKey{}).(*answer).Answer = &a
	if args[2] == "trace" {
		return
	}
	for _, problem := range properties(workdir, args[2:], stdout) {
		ts.Fatalf("%s", problem)
	}
}

func cmdVerdict(ts *testscript.TestScript, _ bool, args []string) {
	a := answerOf(ts)
	if len(args) != 1 || a.Verdict.String() != args[0] {
		ts.Fatalf("verdict %s, want %v; findings %s; unknowns %+v", a.Verdict, args, findings(a), a.Unknowns)
	}
}

// cmdBlocker is "blocker CODE [GATE [COMPONENT]]"; a * is any.
func cmdBlocker(ts *testscript.TestScript, _ bool, want []string) {
	a := answerOf(ts)
	found := slices.ContainsFunc(a.Findings, func(f sim.Finding) bool {
		return f.Severity == sim.Blocker && fits(want, f.Code.String(), f.Gate.String(), f.Component)
	})
	if !found {
		ts.Fatalf("no blocker %v; findings %s", want, findings(a))
	}
}

func fits(want []string, got ...string) bool {
	for i, w := range want {
		if w != "*" && w != got[i] {
			return false
		}
	}
	return true
}

// cmdNo is "no blocker".
func cmdNo(ts *testscript.TestScript, _ bool, args []string) {
	a := answerOf(ts)
	if !slices.Equal(args, []string{"blocker"}) {
		ts.Fatalf("usage: no blocker")
	}
	if slices.ContainsFunc(a.Findings, func(f sim.Finding) bool { return f.Severity == sim.Blocker }) {
		ts.Fatalf("findings %s", findings(a))
	}
}

func cmdMentions(ts *testscript.TestScript, _ bool, args []string) {
	a := answerOf(ts)
	for _, code := range args {
		if !slices.ContainsFunc(a.Findings, func(f sim.Finding) bool { return f.Is(code) }) {
			ts.Fatalf("%s is not mentioned; findings %s", code, findings(a))
		}
	}
}

// cmdMissing is "missing CODE [GATE [COMPONENT]]".
func cmdMissing(ts *testscript.TestScript, _ bool, want []string) {
	a := answerOf(ts)
	if !slices.ContainsFunc(a.Unknowns, func(m sim.Missing) bool { return fits(want, m.Code.String(), m.Gate.String(), m.Component) }) {
		ts.Fatalf("no unknown %v; unknowns %+v", want, a.Unknowns)
	}
}

func findings(a *sim.Answer) string {
	var out []string
	for _, f := range a.Findings {
		out = append(out, fmt.Sprintf("%s@%s/%s(%s)%v", f.Code.String(), f.Gate, f.Component, f.Severity, f.Also))
	}
	return strings.Join(out, " ")
}
