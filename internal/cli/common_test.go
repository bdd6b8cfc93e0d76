package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// runWith runs canreach with the environment variables given.
func runWith(t *testing.T, vars map[string]string, stdin string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	env := &Env{Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs, Version: "1.2.3",
		Now:    func() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) },
		Getenv: func(name string) string { return vars[name] }}
	return Main(args, env), out.String(), errs.String()
}

func TestMistypedWordsAreUsageErrorsWithASuggestion(t *testing.T) {
	for _, c := range []struct{ args, hint string }{
		{"chekc", "did you mean canreach check?"},
		{"frobnicate", "canreach --help"},
		{"policy lnit", "did you mean canreach policy lint?"},
		{"policy eval x", ""},
		{"snapshot imprt", "did you mean canreach snapshot import?"},
		{"evidence verfy", "did you mean canreach evidence verify?"},
		{"completion bsh", "did you mean canreach completion bash?"},
		{"help chekc", "did you mean canreach check?"},
		{"help policy lnit", "did you mean canreach policy lint?"},
		{"check --snapshto x", "did you mean --snapshot?"},
		{"check --colour always", "did you mean --color?"},
		{"check -o jsno", "did you mean json?"},
		{"check -o x.json", "did you mean --out x.json?"},
		{"graph -o x.svg", "did you mean --out x.svg?"},
		{"graph -o sv", "did you mean svg?"},
		{"snapshot -o x.json", "did you mean --out x.json?"},
		{"snapshot import d -o x.json", "did you mean --out x.json?"},
		{"evidence -o folder", "did you mean --out folder?"},
		{"policy lint -o dir/x.txt p.json", "did you mean --out dir/x.txt?"},
		{"test -o junti t.yaml", "did you mean junit?"},
		{"version --color alwys", "did you mean always?"},
	} {
		status, out, errs := runWith(t, nil, "", strings.Fields(c.args)...)
		if status != ExitUsage || out != "" || !strings.Contains(errs, c.hint) || !strings.HasPrefix(errs, "error: ") {
			t.Errorf("%s: status %d, %q, %s", c.args, status, out, errs)
		}
	}
}

func TestEveryFlagCanComeFromTheEnvironment(t *testing.T) {
	vars := map[string]string{"CANREACH_SNAPSHOT": neo + "snapshot.json", "CANREACH_JOB": neo + "job.json", "CANREACH_OUTPUT": "json",
		"CANREACH_VERSION": "v9", "CANREACH_ACTION": "s3:GetObject\ns3:ListBucket", "CANREACH_BUCKET": "arn:aws:s3:::neo-models-111122223333-use1"}
	status, out, errs := runWith(t, vars, "", "check")
	var a struct{ Question struct{ Actions []string } }
	if err := json.Unmarshal([]byte(out), &a); err != nil || status != ExitHolds || len(a.Question.Actions) != 2 {
		t.Errorf("status %d, %v, %+v, %s", status, err, a, errs)
	}
	if _, out, _ := runWith(t, vars, "", "check", "-o", "text"); !strings.HasPrefix(out, "REACHABLE") {
		t.Errorf("the command line does not win: %.80s", out)
	}
	if status, _, errs := runWith(t, map[string]string{"CANREACH_PORT": "x"}, "", "check"); status != ExitUsage || !strings.Contains(errs, "CANREACH_PORT") {
		t.Errorf("status %d, %s", status, errs)
	}
}

func TestTheSnapshotOfTheWorkingDirectoryIsTakenAndSaid(t *testing.T) {
	text, err := os.ReadFile(neo + "snapshot.json")
	if err != nil {
		t.Fatal(err)
	}
	job, err := filepath.Abs(neo + "job.json")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if status, out, errs := runWith(t, nil, "", "check", "-j", job); status != ExitUsage || out != "" || !strings.Contains(errs, "snapshot.json[.gz|.zst]") {
		t.Fatalf("status %d, %s", status, errs)
	}
	for _, name := range []string{"snapshot", "snapshot.json.zst", "snapshot.json.gz", "snapshot.json"} {
		make := func() error { return writeSnapshotFile(name, text) }
		if name == "snapshot" {
			make = func() error { return os.Symlink(filepath.Join(filepath.Dir(job), "aws"), name) }
		}
		if err := make(); err != nil {
			t.Fatal(err)
		}
		want := "using " + name + "\n"
		for _, command := range []string{"check", "graph", "whatif --fix"} {
			if command != "check" && name != "snapshot.json" {
				continue
			}
			if status, _, errs := runWith(t, nil, "", append(strings.Fields(command), "-j", job)...); status != ExitHolds || !strings.HasPrefix(errs, want) {
				t.Errorf("%s with %s: status %d, %s", command, name, status, errs)
			}
		}
	}
}

func TestStandardInputWhereverAFileIs(t *testing.T) {
	read := func(name string) string {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for _, c := range []struct{ args, stdin string }{
		{"check -s - -j " + neo + "job.json", read(neo + "snapshot.json")},
		{"check -j - -s " + neo + "snapshot.json", read(neo + "job.json")},
		{"snapshot show -", read(neo + "snapshot.json")},
		{"snapshot validate -", read(neo + "snapshot.json")},
		{"diff - " + neo + "snapshot.json -j " + neo + "job.json", read(neo + "snapshot.json")},
		{"test -", "snapshot: " + neo + "snapshot.json\ntests:\n- {job: " + neo + "job.json, expect: reach}\n"},
	} {
		if status, out, errs := runWith(t, nil, c.stdin, strings.Fields(c.args)...); status != ExitHolds {
			t.Errorf("%s: status %d, %s%s", c.args, status, out, errs)
		}
	}
	if status, _, errs := runWith(t, nil, "", "check", "-s", "-", "-j", "-"); status != ExitUsage || !strings.Contains(errs, "--job and --snapshot") {
		t.Errorf("twice: status %d, %s", status, errs)
	}
}

func TestOutWritesTheFileAndTheStatusStays(t *testing.T) {
	file := filepath.Join(t.TempDir(), "answer.json")
	args := []string{"check", "-s", neo + "broken/wrong-route-table.json", "-j", neo + "job.json", "-o", "json"}
	_, want, _ := runWith(t, nil, "", args...)
	status, out, errs := runWith(t, nil, "", append(args, "--out", file)...)
	got, err := os.ReadFile(file)
	if status != ExitViolated || out != "" || err != nil || string(got) != want {
		t.Errorf("status %d, %v, %s%s", status, err, out, errs)
	}
	if status, _, _ := runWith(t, nil, "", "check", "-s", "nope.json", "-j", neo+"job.json", "--out", file+"2"); status != ExitUsage {
		t.Errorf("status %d", status)
	}
	if _, err := os.Stat(file + "2"); err == nil {
		t.Error("an error writes a file")
	}
}

func TestColorFollowsFlagsAndEnvironment(t *testing.T) {
	for _, c := range []struct {
		vars  map[string]string
		color string
		want  bool
	}{
		{nil, "auto", false}, {nil, "always", true}, {map[string]string{"NO_COLOR": "1"}, "always", true}, {map[string]string{"FORCE_COLOR": "1"}, "auto", true},
		{map[string]string{"FORCE_COLOR": "0"}, "auto", false}, {map[string]string{"FORCE_COLOR": "1", "NO_COLOR": "1"}, "auto", false}, {map[string]string{"FORCE_COLOR": "1"}, "never", false},
	} {
		_, out, _ := runWith(t, c.vars, "", "check", "-s", neo+"snapshot.json", "-j", neo+"job.json", "--color", c.color)
		if got := strings.Contains(out, "\x1b["); got != c.want {
			t.Errorf("%v, --color %s: %v", c.vars, c.color, got)
		}
	}
	for term, want := range map[string]bool{"dumb": false, "xterm": true} {
		env := &Env{StdoutTerminal: true, Getenv: func(name string) string { return map[string]string{"TERM": term}[name] }}
		if env.Color() != want {
			t.Errorf("TERM=%s", term)
		}
	}
}

func TestVersionSaysWhatItWasBuiltFrom(t *testing.T) {
	status, out, _ := runWith(t, nil, "", "version", "-o", "json")
	var v versionInfo
	if err := json.Unmarshal([]byte(out), &v); err != nil || status != ExitHolds || v.Version != "1.2.3" || len(v.Schemas) == 0 {
		t.Errorf("%v %+v", err, v)
	}
	if _, out, _ := runWith(t, nil, "", "version"); !strings.HasPrefix(out, "canreach 1.2.3") {
		t.Errorf("%s", out)
	}
}

// Every command is held to -o for the format and --out for the file.
func TestEveryCommandNamesFormatAndFileAlike(t *testing.T) {
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			walk(sub)
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if (f.Name == "output") != (f.Shorthand == "o") || f.Name == "format" || f.Name == "output" && f.Annotations[annotationValues] == nil {
				t.Errorf("%s: --%s -%s", c.CommandPath(), f.Name, f.Shorthand)
			}
		})
	}
	walk(NewRoot(&Env{Getenv: func(string) string { return "" }}))
}
