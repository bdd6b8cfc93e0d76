package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const plans = "../../testdata/plans/"

func TestWhatifPlan(t *testing.T) {
	for _, tt := range []struct {
		plan string
		exit int
		says string
	}{
		{"split-route-table.json", 1, "aws_route_table.ml_b"},
		{"narrow-endpoint-policy.json", 1, "ENDPOINT_POLICY_NO_ALLOW"},
		{"clean.json", 0, "Nothing of the answer is different"},
	} {
		code, out, errs := runGraph(t, "", "whatif", "-s", neo+"snapshot.json", "-j", neo+"job.json", "--plan", plans+tt.plan)
		if code != tt.exit || !strings.Contains(out, tt.says) {
			t.Errorf("%s: exit %d, want %d\n%s%s", tt.plan, code, tt.exit, out, errs)
		}
	}
}

// A plan alone tells less than a snapshot: what neither tells is UNKNOWN.
func TestAPlanWithoutASnapshot(t *testing.T) {
	code, out, errs := runGraph(t, "", "whatif", "-j", neo+"job.json", "--plan", plans+"clean.json")
	if code != 3 || !strings.Contains(out, "UNKNOWN") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	code, out, errs = runGraph(t, "", "check", "-s", plans+"split-route-table.json", "-j", neo+"job.json")
	if code == 0 || code == 2 || !strings.Contains(out, "aws_route_table.ml_b") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}

// What is often given instead of a plan's JSON form is named, with the command
// that makes it, wherever a plan may stand.
func TestAPlanThatIsNone(t *testing.T) {
	for text, says := range map[string]string{"PK\x03\x04": "terraform show -json PLANFILE", `{"version":4,"serial":3,"lineage":"x","resources":[]}`: "terraform show -json > state.json",
		`{"version":3,"deployment":{"manifest":{}}}`: "Pulumi", `{"format_version":"2.0","resource_changes":[]}`: "2.0.0"} {
		dir := t.TempDir()
		file := filepath.Join(dir, "tfplan")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"whatif", "-j", neo + "job.json", "--plan", file}, {"check", "-j", neo + "job.json", "-s", file},
			{"snapshot", "import", file, "--out", filepath.Join(dir, "out.json")}, {"review", "--base", neo + "snapshot.json", "--head", file}} {
			code, out, errs := runGraph(t, "", args...)
			if code != 2 || !strings.Contains(errs, says) || !strings.Contains(errs, "tfplan") {
				t.Errorf("%s: exit %d, want %q\n%s%s", args[0], code, says, out, errs)
			}
		}
	}
}
