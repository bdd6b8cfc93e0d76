package finding_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/canreach/canreach/sim/finding"
)

const codesPage = "../../docs/codes.md"

func page() string {
	var b strings.Builder
	b.WriteString("# Codes\n\nEvery code that canreach prints, from the catalogue in `sim/finding` (generated: `UPDATE_GOLDEN=1 go test ./sim/finding`).\n" +
		"`canreach explain CODE` prints one. A missing fact's last column says what to collect.\n")
	for _, k := range []finding.Kind{finding.Blocking, finding.MissingFact, finding.PartOf, finding.Lint} {
		b.WriteString("\n## " + map[finding.Kind]string{finding.Blocking: "Findings", finding.MissingFact: "Missing facts", finding.PartOf: "Parts of a question", finding.Lint: "Policy lint and eval"}[k] +
			"\n\n| Code | Gates | Meaning | What to do | Reachability Analyzer | Rules |\n| --- | --- | --- | --- | --- | --- |\n")
		for _, e := range finding.All() {
			if e.Kind != k {
				continue
			}
			var gates []string
			for _, g := range e.Gates {
				gates = append(gates, g.String())
			}
			b.WriteString("| `" + e.Code.String() + "` | " + strings.Join(gates, ", ") + " | " + e.Title + ". " + e.Meaning + " | " + e.Do + " | " + e.Analyzer + " | " + strings.Join(e.Rules, ", ") + " |\n")
		}
	}
	return b.String()
}

// docs/codes.md is the catalogue.
func TestCodesPage(t *testing.T) {
	want := page()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(codesPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(codesPage)
	if err != nil || string(got) != want {
		t.Errorf("docs/codes.md is not the catalogue (%v): run UPDATE_GOLDEN=1 go test ./sim/finding", err)
	}
}

func TestEntriesAreWhole(t *testing.T) {
	for _, e := range finding.All() {
		if e.Title == "" || e.Meaning == "" || e.Do == "" || e.Since == "" {
			t.Errorf("%s lacks text", e.Code)
		}
		if strings.HasSuffix(e.Title, ".") || e.Kind != finding.MissingFact && !strings.HasSuffix(e.Do, ".") || !strings.HasSuffix(e.Meaning, ".") {
			t.Errorf("%s: full stops: %q %q %q", e.Code, e.Title, e.Meaning, e.Do)
		}
		if (e.Kind == finding.Blocking || e.Kind == finding.MissingFact) && len(e.Gates) == 0 {
			t.Errorf("%s has no gate", e.Code)
		}
	}
}

func TestCodesAreReadAndWrittenAsWords(t *testing.T) {
	b, err := json.Marshal(finding.NoRouteToDestination)
	if err != nil || string(b) != `"NO_ROUTE_TO_DESTINATION"` {
		t.Fatalf("%s, %v", b, err)
	}
	var c finding.Code
	if err := json.Unmarshal(b, &c); err != nil || c != finding.NoRouteToDestination {
		t.Errorf("%v, %v", c, err)
	}
	if err := json.Unmarshal([]byte(`"NO_SUCH_CODE"`), &c); err == nil {
		t.Error("an unknown code was read")
	}
}

var lintCode = regexp.MustCompile(`l\.add\("([A-Z0-9_]+)"`)

// Lint's codes are words in rules/policy, which knows no gates.
func TestCatalogueHasEveryLint(t *testing.T) {
	files, err := filepath.Glob("../../rules/policy/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range lintCode.FindAllSubmatch(b, -1) {
			if _, ok := finding.Lookup(string(m[1])); !ok {
				t.Errorf("%s: the catalogue lacks %s", filepath.Base(f), m[1])
			}
		}
	}
}
