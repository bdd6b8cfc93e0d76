package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestTraceRepairsTheNetworkAlone(t *testing.T) {
	args := "trace -s " + neo + "broken/sg-without-egress.json --from subnet-0a7c1e5b93d2f4681 --security-groups sg-0e9f1a2b3c4d5e6f7 --to s3 --fix"
	code, out, errs := runUses(t, "", strings.Fields(args)...)
	want := "Let sg-0e9f1a2b3c4d5e6f7 send TCP port 443 to S3 (pl-63a5400a)."
	if code != ExitHolds || !strings.Contains(strings.Join(strings.Fields(out), " "), want) || strings.Contains(out, "Deny") {
		t.Errorf("exit %d, want 0 and %q\n%s%s", code, want, out, errs)
	}
	code, out, _ = runUses(t, "", strings.Fields(args+" --show 1")...)
	if code != ExitHolds || !strings.Contains(out, "aws ec2 authorize-security-group-egress --group-id sg-0e9f1a2b3c4d5e6f7") {
		t.Errorf("exit %d\n%s", code, out)
	}
	code, out, _ = runUses(t, "", strings.Fields(args+" -o json")...)
	var got struct {
		Schema  string
		Repairs []struct{ Verdict string }
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != ExitHolds || got.Schema != schemaRepairs || len(got.Repairs) == 0 || got.Repairs[0].Verdict != "REACHABLE" {
		t.Errorf("exit %d, %v\n%s", code, err, out)
	}
	// What a network alone lacks nothing of is not repaired by policies.
	code, out, _ = runUses(t, "", strings.Fields("trace -s "+neo+"broken/deny-only-endpoint-policy.json --from subnet-0a7c1e5b93d2f4681 --security-groups sg-0e9f1a2b3c4d5e6f7 --to s3 --fix")...)
	if code != ExitHolds || !strings.Contains(out, "There is nothing to repair.") {
		t.Errorf("exit %d\n%s", code, out)
	}
}

// A terminal sees how far the search is; a file does not.
func TestASearchForRepairsShowsItsProgress(t *testing.T) {
	for _, terminal := range []bool{true, false} {
		var out, errs bytes.Buffer
		env := &Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, StderrTerminal: terminal, Getenv: func(string) string { return "" }, Now: time.Now, Version: "1"}
		Main([]string{"whatif", "-s", neo + "broken/wrong-route-table.json", "-j", neo + "job.json", "--fix"}, env)
		if got := strings.Contains(errs.String(), "\r3 changed snapshots tried"); got != terminal {
			t.Errorf("terminal %v: %q", terminal, errs.String())
		}
		if strings.Contains(out.String(), "\r") {
			t.Errorf("%q", out.String())
		}
	}
}
