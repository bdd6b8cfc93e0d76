package network

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/canreach/canreach/snapshot"
)

// Every kind of next hop has one row, and its traps are in the catalogue's tests.
func TestEveryKindHasARow(t *testing.T) {
	rows := make(map[snapshot.TargetKind]int)
	for _, c := range components {
		rows[c.kind]++
		if c.hand == nil || len(c.traps) == 0 {
			t.Errorf("kind %d does nothing, or is shown by no trap", c.kind)
		}
	}
	for _, k := range snapshot.TargetKinds() {
		if rows[k] != 1 {
			t.Errorf("kind %d has %d rows", k, rows[k])
		}
	}
	files, err := filepath.Glob("trap*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	named := make(map[string]bool)
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range regexp.MustCompile(`\bT\d+\b`).FindAllString(string(text), -1) {
			named[id] = true
		}
	}
	for _, c := range components {
		for _, id := range c.traps {
			if !named[id] {
				t.Errorf("kind %d: no test of %s", c.kind, id)
			}
		}
	}
}
