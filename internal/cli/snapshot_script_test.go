package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/canreach/canreach/snapshot/capture/calls"
)

// fakeAWS answers from a directory of outputs, by the command and the words
// that name what it is about. What it lacks it refuses as HasNone.
const fakeAWS = `#!/bin/sh
echo "$2" >>"$FAKE_LOG"
case "$*" in
*get-caller-identity*--query*) echo 111122223333; exit ;;
*list-buckets*--query*) printf 'neo-models-111122223333-use1\tneo-compiled-111122223333-use1\n'; exit ;;
*describe-subnets*--query*|*describe-security-groups*--query*) echo vpc-0c3f9e1a7b2d84e65; exit ;;
esac
files=$(find "$FAKE_DIR/111122223333" "$FAKE_DIR/organizations" -name "$2*.json")
[ "$1" = s3api ] && files=$(echo "$files" | grep /s3/)
[ "$1" = s3control ] && files=$(echo "$files" | grep /s3control/)
command=$2
shift 2
option=
for word; do
	case $word in --*) option=$word; continue ;; esac
	case $option in --query|--output|--filter*|--name|--sort*|--max*|--vpc-region) continue ;; esac
	files=$(echo "$files" | grep -F -e "$word")
done
file=$(echo "$files" | head -n 1)
[ -n "$file" ] && [ -f "${file%.json}.err" ] && { cat "${file%.json}.err" >&2; exit 254; }
[ -n "$file" ] && exec cat "$file"
echo "An error occurred (HasNone) when calling the $command operation: none" >&2
exit 254
`

// runScript runs the script that the flags make, with the fake aws first on
// PATH, and returns the directory and the commands that were called.
func runScript(t *testing.T, flags ...string) (dir string, called []string) {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	env, out, errs := captureEnv(nil)
	if status := Main(append([]string{"snapshot", "script"}, flags...), env); status != 0 {
		t.Fatalf("status %d: %s", status, errs)
	}
	tmp := t.TempDir()
	dir = filepath.Join(tmp, "out")
	outputs, err := filepath.Abs("../../testdata/examples/neo-compile/aws")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"aws": fakeAWS, "script.sh": out.String()} {
		if err := os.WriteFile(filepath.Join(tmp, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(sh, filepath.Join(tmp, "script.sh"), dir)
	cmd.Env = []string{"PATH=" + tmp + string(os.PathListSeparator) + os.Getenv("PATH"), "FAKE_DIR=" + outputs, "FAKE_LOG=" + filepath.Join(tmp, "log"), "AWS_REGION=us-east-1"}
	if text, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(text), "not found") {
		t.Fatalf("%v\n%s", err, text)
	}
	removeNone(t, dir)
	log, err := os.ReadFile(filepath.Join(tmp, "log"))
	if err != nil {
		t.Fatal(err)
	}
	called = strings.Fields(string(log))
	slices.Sort(called)
	return dir, slices.Compact(called)
}

// removeNone leaves out what the fake has no answer to.
func removeNone(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".err") {
			return err
		}
		if text, err := os.ReadFile(path); err != nil || !strings.Contains(string(text), "HasNone") {
			return err
		}
		return os.Remove(path)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTheScriptsDirectoryAnswers as the outputs that the calls were answered
// with, and calls what the capture would and nothing else.
func TestTheScriptsDirectoryAnswers(t *testing.T) {
	const job = "../../testdata/examples/neo-compile/job.json"
	dir, called := runScript(t)
	env, out, errs := captureEnv(nil)
	if status := Main([]string{"check", "--snapshot", dir, "--job", job}, env); status != 0 || !strings.Contains(out.String(), "REACHABLE") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	listed := map[string]bool{}
	for _, o := range (calls.Request{MaxJobs: 50}).Operations() {
		listed[o.Command()] = true
		if o.Per <= calls.Region && !slices.Contains(called, o.Command()) {
			t.Errorf("%s is not called", o.Command())
		}
	}
	for _, command := range called {
		if !listed[command] {
			t.Errorf("%s is called, and is none of the capture's", command)
		}
	}
}

// TestAScopedScript narrows its calls as the capture does.
func TestAScopedScript(t *testing.T) {
	dir, called := runScript(t, "--job", "../../testdata/examples/neo-compile/job.json", "--region", "us-east-1")
	if text, err := os.ReadFile(filepath.Join(dir, "111122223333/us-east-1/describe-subnets.json")); err == nil {
		t.Errorf("a file outside its service's folder: %s", text)
	}
	for command, want := range map[string]bool{"describe-subnets": true, "get-role": true, "get-bucket-policy": true,
		"get-account-authorization-details": false, "list-training-jobs": false} {
		if slices.Contains(called, command) != want {
			t.Errorf("%s called: %v", command, !want)
		}
	}
	for _, bucket := range []string{"neo-models-111122223333-use1", "neo-compiled-111122223333-use1"} {
		if _, err := os.Stat(filepath.Join(dir, "111122223333/s3", bucket, "get-bucket-policy.json")); err != nil {
			t.Error(err)
		}
	}
}

func TestAScriptAssumesNoRole(t *testing.T) {
	env, _, errs := captureEnv(nil)
	if status := Main([]string{"snapshot", "script", "--assume-role", "arn:aws:iam::111122223333:role/Auditor"}, env); status != 2 || !strings.Contains(errs.String(), "--profile") {
		t.Errorf("status %d: %s", status, errs)
	}
}

// TestAScriptAsksForResourcePolicies of the named resources, in their Regions.
func TestAScriptAsksForResourcePolicies(t *testing.T) {
	status, out, errs := runWith(t, nil, "", "snapshot", "script", "--region", "us-east-1", "--resource", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db/x-AbCdEf",
		"--resource", "arn:aws:ecr:us-east-1:111122223333:repository/ml/train", "--resource", "arn:aws:sqs:us-east-1:111122223333:jobs", "--resource", "arn:aws:sns:us-east-1:111122223333:done")
	for _, want := range []string{
		`save "eu-west-1/secretsmanager/get-resource-policy.secret_db_x-AbCdEf" secretsmanager get-resource-policy --region eu-west-1 --secret-id arn:aws:secretsmanager:eu-west-1:111122223333:secret:db/x-AbCdEf`,
		"ecr get-repository-policy --region us-east-1 --registry-id 111122223333 --repository-name ml/train", "sqs get-queue-attributes --region us-east-1", "sns get-topic-attributes --region us-east-1",
	} {
		if status != ExitHolds || !strings.Contains(out, want) {
			t.Errorf("exit %d, %s: no %s", status, errs, want)
		}
	}
	if strings.Contains(out, "describe-vpcs") || strings.Contains(out, "list-buckets") {
		t.Error("more is asked for than the resources")
	}
}
