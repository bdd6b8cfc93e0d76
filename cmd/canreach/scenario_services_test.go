package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/canreach/canreach/rules/services"
	"github.com/canreach/canreach/snapshot"
)

// TestEveryServiceHasAScenario: each row of rules/services is the job of a
// scenario in testdata/scenarios/service, or of base.
func TestEveryServiceHasAScenario(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(scenarios, "service", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	add := func(name, text string) {
		j, err := snapshot.ParseJob([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		have[j.Kind] = true
	}
	base, err := os.ReadFile(filepath.Join(scenarios, "base", "job.json"))
	if err != nil {
		t.Fatal(err)
	}
	add("base", string(base))
	word := regexp.MustCompile(`--service (\S+)`)
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if m := word.FindStringSubmatch(string(text)); m != nil {
			w, _ := services.Named(m[1])
			have[w.Kind] = true
		}
		if _, job, ok := strings.Cut(string(text), "-- job.json --\n"); ok {
			job, _, _ = strings.Cut(job, "\n-- ")
			add(f, job)
		}
	}
	for _, w := range services.All() {
		if !have[w.Kind] {
			t.Errorf("%s (%s) has no scenario", w.Kind, w.Title)
		}
	}
}
