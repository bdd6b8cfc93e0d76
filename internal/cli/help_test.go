package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/capture/calls"
)

// commands lists every command of the tree that --help shows, parents first.
func commands(c *cobra.Command) []*cobra.Command {
	out := []*cobra.Command{c}
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			out = append(out, commands(sub)...)
		}
	}
	return out
}

func tree() []*cobra.Command {
	return commands(NewRoot(&Env{Getenv: func(string) string { return "" }}))
}

// TestEveryHelpIsShort: three lines at most that fit a terminal, three
// examples, and every flag under a heading of its own choice.
func TestEveryHelpIsShort(t *testing.T) {
	for _, c := range tree() {
		lines := strings.Split(c.Long, "\n")
		if c.Long == "" || len(lines) > 3 || slices.ContainsFunc(lines, func(l string) bool { return utf8.RuneCountInString(l) > 80 }) {
			t.Errorf("%s: %d lines of help\n%s", c.CommandPath(), len(lines), c.Long)
		}
		if n := len(strings.Split(strings.TrimSpace(c.Example), "\n")); c.Example == "" || n != 3 {
			t.Errorf("%s: %d examples", c.CommandPath(), n)
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			var in []string
			for _, g := range flagGroups {
				if slices.Contains(g.flags, f.Name) {
					in = append(in, g.title)
				}
			}
			if len(in) != 1 {
				t.Errorf("%s --%s is under the headings %v", c.CommandPath(), f.Name, in)
			}
		})
	}
}

// exampleCapture takes the shipped example for what AWS has, with one job in it.
func exampleCapture(_ context.Context, o calls.Options) (*calls.Report, error) {
	text, err := os.ReadFile("snapshot.json")
	if err != nil {
		return nil, err
	}
	job, err := os.ReadFile("job.json")
	if err != nil {
		return nil, err
	}
	var s, j map[string]any
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(job, &j); err != nil {
		return nil, err
	}
	j["CompilationJobName"], j["CompilationJobArn"] = "compile-resnet", "arn:aws:sagemaker:us-east-1:111122223333:compilation-job/compile-resnet"
	accounts := s["accounts"].([]any)
	accounts[0].(map[string]any)["regions"].([]any)[0].(map[string]any)["sagemaker"] = map[string]any{"CompilationJobs": []any{j}}
	write := func(path string) error {
		out, err := json.Marshal(s)
		if err != nil {
			return err
		}
		return os.WriteFile(path, out, 0o600)
	}
	if o.Request.OrganizationRole == "" {
		return &calls.Report{}, write(o.Output)
	}
	index := snapshot.CaptureIndex{Schema: snapshot.SchemaIndex}
	if err := os.MkdirAll(o.Output, 0o700); err != nil {
		return nil, err
	}
	for _, a := range accounts {
		s["accounts"] = []any{a}
		file := filepath.Join(o.Output, a.(map[string]any)["accountId"].(string)+".json")
		if err := write(file); err != nil {
			return nil, err
		}
		e, err := snapshot.NewIndexEntry(file)
		if err != nil {
			return nil, err
		}
		index.Accounts = append(index.Accounts, e)
	}
	out, err := json.Marshal(index)
	if err != nil {
		return nil, err
	}
	return &calls.Report{}, os.WriteFile(filepath.Join(o.Output, calls.IndexName), out, 0o600)
}

// exampleWorld is a directory to run examples in: the shipped example's files,
// where they are in the repository, and canreach in the PATH.
func exampleWorld(t *testing.T) (dir string, environ []string) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	top, bin := t.TempDir(), t.TempDir()
	dir = filepath.Join(top, "testdata", "examples", "neo-compile")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	links := map[string]string{filepath.Join(bin, "canreach"): self, filepath.Join(top, "testdata", "plans"): filepath.Join(root, "testdata", "plans")}
	for _, name := range []string{"aws", "broken", "job.json", "policies", "snapshot.json", "uses"} {
		links[filepath.Join(dir, name)] = filepath.Join(root, "testdata", "examples", "neo-compile", name)
	}
	for to, from := range links {
		if err := os.Symlink(from, to); err != nil {
			t.Fatal(err)
		}
	}
	return dir, append(os.Environ(), "CANREACH_TEST_AS_PROGRAM=1", "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// TestTheExamplesOfTheHelpRun in the order of the commands, since some read what
// others wrote.
func TestTheExamplesOfTheHelpRun(t *testing.T) {
	dir, environ := exampleWorld(t)
	_, openssl := exec.LookPath("openssl")
	for _, c := range tree() {
		for line := range strings.Lines(strings.TrimSpace(c.Example)) {
			line = strings.TrimSpace(line)
			if openssl != nil && strings.Contains(line, "openssl ") {
				continue
			}
			cmd := exec.Command("sh", "-c", line)
			cmd.Dir, cmd.Env = dir, environ
			if c.Name() == "explore" {
				serve(t, cmd, line)
				continue
			}
			out, err := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code == ExitUsage || code > ExitUnknown || code < 0 {
				t.Errorf("%s: %v\n%s", line, err, out)
			}
		}
	}
}

// serve runs an example that serves until it is interrupted.
func serve(t *testing.T, cmd *exec.Cmd, line string) {
	t.Helper()
	cmd.Args[2] = "exec " + line
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said string
	for lines := bufio.NewScanner(out); !strings.Contains(said, "http://127.0.0.1:") && lines.Scan(); {
		said += lines.Text() + "\n"
	}
	if !strings.Contains(said, "http://127.0.0.1:") {
		t.Errorf("%s: %s", line, said)
	}
	_ = cmd.Process.Signal(os.Interrupt)
	_ = cmd.Wait()
}

func TestHelpGroupsTheOptions(t *testing.T) {
	_, out, _ := runWith(t, nil, "", "check", "--help")
	last := -1
	for _, title := range []string{"Usage:", "Examples:", "Question:", "Source:", "Options:", "Output:"} {
		at := strings.Index(out, "\n"+title+"\n")
		if at <= last {
			t.Errorf("%s is missing or out of order:\n%s", title, out)
		}
		last = at
	}
}

// TestTheManualSaysMore than the help, of every command that has more to say.
func TestTheManualSaysMore(t *testing.T) {
	for _, c := range tree() {
		more := c.Annotations[annotationManual]
		path := strings.Fields(c.CommandPath())[1:]
		_, out, _ := runWith(t, nil, "", append([]string{"man"}, path...)...)
		if !strings.HasPrefix(out, ".") || more != "" && !strings.Contains(strings.ReplaceAll(out, `\-`, "-"), strings.Fields(more)[0]) {
			t.Errorf("man %v:\n%.300s", path, out)
		}
	}
}
