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

func TestAPlanThatIsNone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tfplan")
	if err := os.WriteFile(file, []byte("PK\x03\x04"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := runGraph(t, "", "whatif", "-j", neo+"job.json", "--plan", file)
	if code != 2 || out != "" || !strings.Contains(errs, "terraform show -json") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}
