package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheExamplesOfTheHelpRun runs the examples in a folder that holds what they
// name. Those of --live need an account.
func TestTheExamplesOfTheHelpRun(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir, bin := t.TempDir(), t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	example := filepath.Join(root, "testdata", "examples", "neo-compile")
	for to, from := range map[string]string{filepath.Join(bin, "canreach"): self, filepath.Join(dir, "testdata"): filepath.Join(root, "testdata"),
		filepath.Join(dir, "snapshot.json"): filepath.Join(example, "snapshot.json"), filepath.Join(dir, "job.json"): filepath.Join(example, "job.json")} {
		if err := os.Symlink(from, to); err != nil {
			t.Fatal(err)
		}
	}
	tree := NewRoot(&Env{Getenv: func(string) string { return "" }})
	for _, path := range []string{"check", "graph", "explain", "version", "help", "snapshot show", "snapshot validate"} {
		c, _, err := tree.Find(strings.Fields(path))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(c.Long, "\n"); n > 2 {
			t.Errorf("%s: %d lines of help", path, n+1)
		}
		examples := strings.Split(strings.TrimSpace(c.Example), "\n")
		if len(examples) != 3 {
			t.Errorf("%s: %d examples", path, len(examples))
		}
		for _, line := range examples {
			if strings.Contains(line, "--live") {
				continue
			}
			cmd := exec.Command("sh", "-c", line)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "CANREACH_TEST_AS_PROGRAM=1", "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
			out, err := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code == ExitUsage || code > ExitUnknown || code < 0 {
				t.Errorf("%s: %v\n%s", strings.TrimSpace(line), err, out)
			}
		}
	}
}

func TestHelpGroupsTheOptions(t *testing.T) {
	_, out, _ := runWith(t, nil, "", "check", "--help")
	last := -1
	for _, title := range []string{"Usage:", "Examples:", "Question:", "Source:", "Output:"} {
		at := strings.Index(out, "\n"+title+"\n")
		if at <= last {
			t.Errorf("%s is missing or out of order:\n%s", title, out)
		}
		last = at
	}
}
