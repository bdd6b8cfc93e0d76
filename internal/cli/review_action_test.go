package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The Action's script posts one comment and updates it, with a gh and a
// canreach that only write down what they are asked.
func TestTheActionCommentsOnce(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("the script needs bash")
	}
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	tool := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/usr/bin/env bash\n"+text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	tool("canreach", `while [ $# -gt 0 ]; do [ "$1" = --out ] && echo "### canreach: 1 lost" >"$2"; shift; done; exit 1`)
	for _, tt := range []struct{ known, want string }{{"", "--method POST repos/o/r/issues/7/comments"}, {"42", "--method PATCH repos/o/r/issues/comments/42"}} {
		tool("gh", `echo "$@" >>"`+log+`"; case "$*" in *--paginate*) echo "`+tt.known+`";; esac`)
		os.Remove(log)
		summary := filepath.Join(dir, "summary"+tt.known)
		cmd := exec.Command(bash, "../../scripts/run-action.sh")
		cmd.Env = append(os.Environ(), "CANREACH_BIN="+dir, "CANREACH_COMMAND=review", "CANREACH_ARGS=--base\na.json\n--head\nb.json", "CANREACH_FAIL_ON_UNKNOWN=true",
			"CANREACH_COMMENT=true", "CANREACH_PULL_REQUEST=7", "GITHUB_REPOSITORY=o/r", "GITHUB_STEP_SUMMARY="+summary, "GITHUB_OUTPUT=")
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != 1 {
			t.Fatalf("%v\n%s", err, out)
		}
		calls, _ := os.ReadFile(log)
		if !strings.Contains(string(calls), tt.want) {
			t.Errorf("gh was asked\n%swant %s", calls, tt.want)
		}
		if text, _ := os.ReadFile(summary); !strings.Contains(string(text), "1 lost") {
			t.Errorf("the job summary is %q", text)
		}
	}
}

func TestReviewFormats(t *testing.T) {
	for format, says := range map[string]string{"sarif": `"ruleId": "ACCESS_LOST"`, "gitlab": `"check_name": "ACCESS_LOST"`} {
		code, out, errs := runGraph(t, "", "review", "--base", neo+"snapshot.json", "-j", neo+"job.json", "--plan", plans+"split-route-table.json", "-o", format)
		if code != 1 || !strings.Contains(out, says) || !strings.Contains(out, "aws_route_table.ml_b") {
			t.Errorf("%s: exit %d\n%s%s", format, code, out, errs)
		}
	}
}

func TestReviewOfATemplate(t *testing.T) {
	code, out, errs := runGraph(t, "", "review", "--base", neo+"snapshot.json", "--plan", plans+"network.template.yaml", "--parameter", "ModelBucket=new-models", "--account", "111122223333", "--region", "us-east-1")
	if code != 1 || !strings.Contains(out, "Gains access") || !strings.Contains(out, "`arn:aws:s3:::new-models`") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	code, out, errs = runGraph(t, "", "whatif", "-s", neo+"snapshot.json", "--plan", plans+"network.template.yaml", "--parameter", "ModelBucket=new-models", "--account", "111122223333", "--region", "us-east-1",
		"--subnets", "network/SubnetA", "--security-groups", "network/Group", "--role", "arn:aws:iam::111122223333:role/job", "--bucket", "arn:aws:s3:::new-models/*", "-a", "s3:GetObject")
	if code != 0 || !strings.Contains(out, "REACHABLE") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}
