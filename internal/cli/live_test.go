package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/capture/calls"
)

const exampleDir = "../../testdata/examples/neo-compile/"

// liveEnv captures what answer returns, by the number of the capture.
func liveEnv(t *testing.T, answer func(n int, o calls.Options) (string, []snapshot.Gap, error)) (*Env, func() (stdout, stderr string), *[]calls.Options) {
	t.Helper()
	var asked []calls.Options
	env, out, errs := captureEnv(func(_ context.Context, o calls.Options) (*calls.Report, error) {
		asked = append(asked, o)
		text, gaps, err := answer(len(asked), o)
		if err != nil {
			return nil, err
		}
		return &calls.Report{Gaps: gaps}, os.WriteFile(o.Output, []byte(text), 0o600)
	})
	return env, func() (string, string) { return out.String(), errs.String() }, &asked
}

func exampleSnapshot(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(exampleDir + "snapshot.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestLiveAnswersAsTheFileDoes, for each command, and keeps nothing unless
// told to.
func TestLiveAnswersAsTheFileDoes(t *testing.T) {
	whole := exampleSnapshot(t)
	job := exampleDir + "job.json"
	for name, args := range map[string][]string{
		"check":  {"check", "--job", job},
		"trace":  {"trace", "--job", job, "--to", "s3"},
		"graph":  {"graph", "--job", job, "-o", "dot"},
		"whatif": {"whatif", "--job", job, "--fix"},
		"ready":  {"ready", "--job", job},
	} {
		env, read, asked := liveEnv(t, func(int, calls.Options) (string, []snapshot.Gap, error) { return whole, nil, nil })
		status := Main(append(args, "--live", "--region", "us-east-1", "--profile", "p", "--assume-role", "arn:aws:iam::111122223333:role/A"), env)
		got, errs := read()
		env, read, _ = liveEnv(t, nil)
		want := Main(append(args, "--snapshot", exampleDir+"snapshot.json"), env)
		wanted, _ := read()
		if status != want || got != wanted || got == "" {
			t.Errorf("%s: status %d, want %d; %s\n%s\nwant\n%s", name, status, want, errs, got, wanted)
		}
		if len(*asked) != 1 {
			t.Fatalf("%s: %d captures", name, len(*asked))
		}
		r := (*asked)[0].Request
		if !reflect.DeepEqual(r, calls.Request{Jobs: []string{job}, Regions: []string{"us-east-1"}, Profiles: []string{"p"}, AssumeRoles: []string{"arn:aws:iam::111122223333:role/A"}}) {
			t.Errorf("%s: asked for %+v", name, r)
		}
		if _, err := os.Stat((*asked)[0].Output); err == nil {
			t.Errorf("%s: %s is still there", name, (*asked)[0].Output)
		}
	}
	kept := filepath.Join(t.TempDir(), "kept.json")
	env, read, _ := liveEnv(t, func(int, calls.Options) (string, []snapshot.Gap, error) { return whole, nil, nil })
	if status := Main([]string{"check", "--live", "--job", job, "--save", kept}, env); status != 0 {
		_, errs := read()
		t.Errorf("status %d: %s", status, errs)
	}
	if text, _ := os.ReadFile(kept); string(text) != whole {
		t.Error("the snapshot was not kept")
	}
}

// TestALiveJobByName is looked for among the kinds of jobs.
func TestALiveJobByName(t *testing.T) {
	whole := exampleSnapshot(t)
	env, read, asked := liveEnv(t, func(_ int, o calls.Options) (string, []snapshot.Gap, error) {
		if o.Request.Jobs[0] != "training-job/resnet" {
			return "", nil, fmt.Errorf("no job: %w", calls.ErrNotThere)
		}
		return whole, nil, nil
	})
	status := Main([]string{"check", "--live", "--job", "resnet"}, env)
	if _, errs := read(); status != ExitUsage || !strings.Contains(errs, "--job resnet: no such file, and the snapshot holds no job") {
		t.Errorf("status %d: %s", status, errs) // the example holds no job: the name without its kind was looked for
	}
	if n := len(*asked); n < 2 || (*asked)[n-1].Request.Jobs[0] != "training-job/resnet" {
		t.Errorf("asked %+v", *asked)
	}
	env, read, _ = liveEnv(t, func(int, calls.Options) (string, []snapshot.Gap, error) {
		return "", nil, fmt.Errorf("no job: %w", calls.ErrNotThere)
	})
	status = Main([]string{"check", "--live", "--job", "resnet"}, env)
	if _, errs := read(); status != ExitUsage || !strings.Contains(errs, "no job of that name in the account and region; tried compilation-job") {
		t.Errorf("status %d: %s", status, errs)
	}
}

// TestALiveQuestionGrows until it is answered; what AWS refuses is not asked
// for again, and the permission is named.
func TestALiveQuestionGrows(t *testing.T) {
	whole := exampleSnapshot(t)
	without := strings.Replace(whole, `"buckets":`, `"elsewhere":`, -1)
	args := []string{"check", "--live", "--job", exampleDir + "job.json"}
	env, read, asked := liveEnv(t, func(n int, _ calls.Options) (string, []snapshot.Gap, error) {
		if n == 1 {
			return without, nil, nil
		}
		return whole, nil, nil
	})
	status := Main(args, env)
	if out, errs := read(); status != 0 || len(*asked) != 2 || len((*asked)[1].Request.Buckets) == 0 {
		t.Errorf("status %d, %d captures: %s%s", status, len(*asked), errs, out)
	}
	gap := snapshot.Gap{Account: "111122223333", Service: "s3", Operation: "ListBuckets", Code: "AccessDenied", Message: "no"}
	refused := strings.Replace(without, `"gaps":[]`, `"gaps":[{"account":"111122223333","service":"s3","operation":"ListBuckets","code":"AccessDenied","message":"no"}]`, 1)
	env, read, asked = liveEnv(t, func(int, calls.Options) (string, []snapshot.Gap, error) { return refused, []snapshot.Gap{gap}, nil })
	status = Main(args, env)
	if out, errs := read(); status != ExitUnknown || !strings.Contains(errs, "could not read: 111122223333 s3 ListBuckets: AccessDenied: allow s3:ListAllMyBuckets") {
		t.Errorf("status %d, %d captures: %s%s", status, len(*asked), errs, out)
	}
}

func TestLiveRefuses(t *testing.T) {
	for want, args := range map[string][]string{
		"no job: --live needs --job": {"check", "--live", "--bucket", "models"},
		"--save goes with --live":    {"check", "-s", exampleDir + "snapshot.json", "--job", exampleDir + "job.json", "--save", "x.json"},
		"without the AWS SDK":        {"check", "--live", "--job", "x"},
	} {
		env, _, errs := captureEnv(nil)
		if status := Main(args, env); status != ExitUsage || !strings.Contains(errs.String(), want) {
			t.Errorf("%v: status %d: %s", args, status, errs)
		}
	}
}

// TestALiveQuestionReadsResourcePolicies of the resource that it names, and of
// those on which its answer hangs.
func TestALiveQuestionReadsResourcePolicies(t *testing.T) {
	whole := exampleSnapshot(t)
	const queue = "arn:aws:sqs:us-east-1:111122223333:jobs"
	env, _, asked := liveEnv(t, func(int, calls.Options) (string, []snapshot.Gap, error) { return whole, nil, nil })
	Main([]string{"check", "--live", "--job", exampleDir + "job.json", "--resource", queue, "--action", "sqs:SendMessage"}, env)
	if len(*asked) == 0 || !reflect.DeepEqual((*asked)[0].Request.Resources, []string{queue}) {
		t.Errorf("asked %+v", *asked)
	}
	r := calls.Request{}
	if !grow(&r, &snapshot.Snapshot{}, []sim.Missing{{Code: finding.UnknownResourcePolicy, Component: queue}}) || !reflect.DeepEqual(r.Resources, []string{queue}) {
		t.Errorf("grown to %+v", r)
	}
	if r = (calls.Request{}); grow(&r, &snapshot.Snapshot{}, []sim.Missing{{Code: finding.UnknownResourcePolicy, Component: "arn:aws:logs:us-east-1:111122223333:log-group:x"}}) {
		t.Errorf("grown to %+v", r)
	}
}
