//go:build integration

package integration

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/canreach/canreach/sim"
)

// TestTheScriptAnswersAsTheCapture runs "snapshot script" with the AWS CLI
// against the server, before and after something is broken.
func TestTheScriptAnswersAsTheCapture(t *testing.T) {
	aws := os.Getenv("CANREACH_AWS")
	if aws == "" {
		t.Fatal("run scripts/integration.sh: CANREACH_AWS is not set")
	}
	w, p := setUp(t)
	run := func(name string, args ...string) {
		t.Helper()
		out, errs, status := p.run(append([]string{"snapshot", "script"}, args...)...)
		if status != 0 {
			t.Fatalf("status %d\n%s", status, errs)
		}
		script := filepath.Join(p.dir, name+".sh")
		if err := os.WriteFile(script, []byte(out), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("sh", script, filepath.Join(p.dir, name))
		cmd.Env = append(p.environ(), "PATH="+filepath.Dir(aws)+string(os.PathListSeparator)+os.Getenv("PATH"))
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	}
	compare := func(name, captured string) sim.Verdict {
		t.Helper()
		got, gotCodes := p.check(name, w.job)
		want, wantCodes := p.check(captured, w.job)
		if got.Verdict != want.Verdict || !slices.Equal(gotCodes, wantCodes) {
			t.Errorf("%s: %s %v %+v; the capture says %s %v", name, got.Verdict, gotCodes, got.Unknowns, want.Verdict, wantCodes)
		}
		return got.Verdict
	}
	p.mustCapture("job.json", "--job", w.job)
	run("scoped", "--job", w.job)
	if v := compare("scoped", "job.json"); v != sim.Reachable {
		t.Errorf("before anything is broken: %s", v)
	}
	w.endpointPolicy(strings.ReplaceAll(openPolicy, bucket, "another-bucket"))
	p.mustCapture("all.json")
	run("all")
	if v := compare("all", "all.json"); v != sim.Blocked {
		t.Errorf("without the endpoint's policy: %s", v)
	}
}
