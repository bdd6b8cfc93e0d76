package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/canreach/canreach/sim"
)

const neoCompile = "../../testdata/examples/neo-compile"

// TestNeoCompileIsAsItsREADMESays asks about every file of the example.
func TestNeoCompileIsAsItsREADMESays(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(neoCompile, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `([a-z-]+)\\.json` \\|.*\\| ([A-Z]+) \\| (.*) \\|$").FindAllStringSubmatch(string(readme), -1)
	broken, err := filepath.Glob(filepath.Join(neoCompile, "broken", "*.json"))
	if err != nil || len(rows) != len(broken) {
		t.Fatalf("the table has %d rows, broken/ %d files (%v)", len(rows), len(broken), err)
	}
	check(t, "snapshot.json", "REACHABLE", nil)
	check(t, "aws", "REACHABLE", nil)
	for _, row := range rows {
		check(t, "broken/"+row[1]+".json", row[2], strings.Fields(strings.ReplaceAll(row[3], "`", "")))
	}
}

func check(t *testing.T, snapshot, verdict string, codes []string) {
	t.Run(snapshot, func(t *testing.T) {
		args := []string{"check", "--snapshot", snapshot, "--job", "job.json", "-o", "json"}
		_, stdout, stderr := run(neoCompile, args)
		var a sim.Answer
		if err := json.Unmarshal([]byte(stdout), &a); err != nil {
			t.Fatalf("%v\n%s", err, stderr)
		}
		if a.Verdict.String() != verdict {
			t.Errorf("verdict %s, want %s", a.Verdict, verdict)
		}
		if stderr != "" {
			t.Errorf("warnings: %s", stderr)
		}
		found := map[string]bool{}
		for _, f := range a.Findings {
			found[f.Code.String()] = true
			if f.Severity == sim.Blocker && !slices.Contains(codes, f.Code.String()) {
				t.Errorf("a blocker that is not in the table: %s", f.Code.String())
			}
		}
		for _, c := range codes {
			if !found[c] {
				t.Errorf("no finding %s; findings %s", c, findings(&a))
			}
		}
	})
}
