package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// runGraph runs canreach with args and returns its status and streams.
func runGraph(t *testing.T, stdin string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	env := &Env{Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs, Version: "1.2.3",
		Now:    func() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) },
		Getenv: func(string) string { return "" }}
	return Main(args, env), out.String(), errs.String()
}

const savedAnswer = "../../sim/report/testdata/two.json"

func TestGraphDrawsASavedAnswerInEveryFormat(t *testing.T) {
	for format, start := range map[string]string{"svg": "<svg ", "dot": "digraph ", "mermaid": "%%{init", "html": "<!DOCTYPE html>"} {
		status, out, errs := runGraph(t, "", "graph", "--answer", savedAnswer, "-o", format)
		if status != ExitHolds || !strings.HasPrefix(out, start) || errs != "" {
			t.Errorf("%s: status %d, %.60q, %s", format, status, out, errs)
		}
	}
}

func TestGraphTakesTheFormatFromTheFileNameAndWritesTheFileWhole(t *testing.T) {
	text, err := os.ReadFile(savedAnswer)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "path.html")
	if status, out, errs := runGraph(t, string(text), "graph", "--answer", "-", "--out", file); status != ExitHolds || out != "" {
		t.Fatalf("status %d, %q, %s", status, out, errs)
	}
	got, err := os.ReadFile(file)
	if err != nil || !bytes.HasPrefix(got, []byte("<!DOCTYPE html>")) {
		t.Errorf("%v, %.40q", err, got)
	}
	if left, _ := os.ReadDir(filepath.Dir(file)); len(left) != 1 {
		t.Errorf("%d files are left", len(left))
	}
}

func TestGraphRefusesWhatIsNoAnswer(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"no JSON":        {"x", "not an answer"},
		"another schema": {`{"schema":"x"}`, `its schema is "x"`},
		"a bad verdict":  {`{"schema":"canreach.verdict/v1","verdict":"MAYBE"}`, "unknown verdict MAYBE"},
	} {
		status, out, errs := runGraph(t, c.in, "graph", "--answer", "-")
		if status != ExitUsage || out != "" || !strings.Contains(errs, c.want) {
			t.Errorf("%s: status %d, %q, %q", name, status, out, errs)
		}
	}
	for _, args := range [][]string{{"graph"}, {"graph", "--answer", "-", "-s", "x"}, {"graph", "--answer", savedAnswer, "-o", "png"}} {
		if status, out, errs := runGraph(t, "", args...); status != ExitUsage || out != "" || errs == "" {
			t.Errorf("%v: status %d, %q, %q", args, status, out, errs)
		}
	}
}
