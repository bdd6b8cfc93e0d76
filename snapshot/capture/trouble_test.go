package capture

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/canreach/canreach/snapshot/capture/calls"
)

// optionsTo are a capture's options for us-east-1 to a file.
func optionsTo(output string, r calls.Request) calls.Options {
	r.Regions = []string{"us-east-1"}
	return calls.Options{Request: r, Output: output, Tool: "canreach test", Now: func() time.Time { return someTime }}
}

// TestExpiredCredentialsEndTheCapture: what is left would all be refused, and
// the file that is there is worth more than one full of gaps.
func TestExpiredCredentialsEndTheCapture(t *testing.T) {
	for _, code := range expired {
		f := newFakeAWS(t)
		var made atomic.Int64
		f.hook = func(string) (int, string) {
			if made.Add(1) > 30 {
				return 403, code
			}
			return 0, ""
		}
		load := f.load(t)
		output := filepath.Join(t.TempDir(), "s.json")
		if err := os.WriteFile(output, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		o := optionsTo(output, calls.Request{})
		_, err := Run(context.Background(), o, load...)
		if err == nil || !strings.Contains(err.Error(), code) || !strings.Contains(err.Error(), "account 111122223333") || !strings.Contains(err.Error(), "sign in again") {
			t.Errorf("%s: err = %v", code, err)
		}
		if text, _ := os.ReadFile(output); string(text) != "old" {
			t.Errorf("%s: the old file holds %q", code, text)
		}
		if n := made.Load(); n > 60 {
			t.Errorf("%s: %d calls more were made", code, n-30)
		}
		f.hook, o.Resume = nil, true
		rep, err := Run(context.Background(), o, load...)
		if err != nil || rep.Resumed < 20 || len(rep.Gaps) > 0 {
			t.Errorf("%s: resumed: %+v, %v", code, rep, err)
		}
	}
}

// TestCredentialsThatCannotBeRenewed are as good as expired.
func TestCredentialsThatCannotBeRenewed(t *testing.T) {
	f := newFakeAWS(t)
	var asked atomic.Int64
	load := append(f.load(t), config.WithCredentialsProvider(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		if asked.Add(1) > 5 {
			return aws.Credentials{}, errors.New("the SSO session has ended")
		}
		return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b", CanExpire: true, Expires: time.Now().Add(-time.Minute)}, nil
	})))
	_, err := Run(context.Background(), optionsTo(filepath.Join(t.TempDir(), "s.json"), calls.Request{}), load...)
	if err == nil || !strings.Contains(err.Error(), "the SSO session has ended") || !strings.Contains(err.Error(), "sign in again") {
		t.Errorf("err = %v", err)
	}
}

// full opens a device that has no room.
func full(t *testing.T) *os.File {
	t.Helper()
	f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no /dev/full")
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// TestNoRoomForTheJournal: what can't be kept is not asked for.
func TestNoRoomForTheJournal(t *testing.T) {
	f := newFakeAWS(t)
	output := filepath.Join(t.TempDir(), "s.json")
	o := optionsTo(output, calls.Request{})
	o.Concurrency = 1
	r := newRun(o, f.load(t))
	var ctx context.Context
	ctx, r.cancel = context.WithCancel(context.Background())
	defer r.cancel()
	var err error
	if r.journal, err = openJournal(output, false, someTime); err != nil {
		t.Fatal(err)
	}
	kept := r.journal.file
	r.journal.file = full(t)
	if _, err := r.capture(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
	if r.fatal == nil || !strings.HasPrefix(r.fatal.Error(), "can't keep what AWS answered: ") || !errors.Is(r.fatal, syscall.ENOSPC) {
		t.Errorf("fatal = %v", r.fatal)
	}
	if n := r.calls.Load(); n != 1 {
		t.Errorf("%d calls were made", n)
	}
	// There is room again: the journal is still one that --resume can read.
	r.journal.file = kept
	if err := r.journal.add("later", result{status: done}); err != nil || r.journal.lines != 0 {
		t.Errorf("after a line that is only half written another was written (%v)", err)
	}
}

// TestNoRoomForTheSnapshot: compressed or not, a full disk is an error.
func TestNoRoomForTheSnapshot(t *testing.T) {
	for _, name := range []string{"s.json", "s.json.gz", "s.json.zst"} {
		if _, err := fill(full(t), name, &world{}); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: err = %v", name, err)
		}
	}
}

func TestAFolderThatIsNotThere(t *testing.T) {
	f := newFakeAWS(t)
	output := filepath.Join(t.TempDir(), "nowhere", "s.json")
	if _, err := Run(context.Background(), optionsTo(output, calls.Request{}), f.load(t)...); err == nil || !strings.Contains(err.Error(), output) || len(f.called) > 0 {
		t.Errorf("err = %v after %v", err, f.called)
	}
}

// TestNoEnvironmentIsKept neither in the file nor in what stays beside it
// after an interruption.
func TestNoEnvironmentIsKept(t *testing.T) {
	f := newFakeAWS(t)
	for op, name := range map[string]string{"sagemaker.DescribeTrainingJob": "TrainingJobName", "sagemaker.DescribeProcessingJob": "ProcessingJobName"} {
		f.answers[op] = `{"` + name + `":"x","RoleArn":"arn:aws:iam::111122223333:role/Neo","Environment":{"TOKEN":"hunter3"}}`
	}
	f.answers["sagemaker.DescribeModel"] = `{"ModelName":"m","Containers":[{"Image":"i","Environment":{"TOKEN":"hunter4"}}],"PrimaryContainer":{"Environment":{"TOKEN":"hunter5"}}}`
	for name, request := range map[string]calls.Request{
		"everything": {},
		"jobs":       {Jobs: []string{"training-job/x", "processing-job/x", "transform-job/x", "model/m"}},
	} {
		output := filepath.Join(t.TempDir(), "s.json")
		load := f.load(t)
		r := newRun(optionsTo(output, request), load)
		var ctx context.Context
		ctx, r.cancel = context.WithCancel(context.Background())
		j, err := openJournal(output, false, someTime)
		if err != nil {
			t.Fatal(err)
		}
		r.journal = j
		w, err := r.capture(ctx)
		r.cancel()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		j.close()
		if _, err := writeFile(output, w); err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{output, output + calls.JournalSuffix} {
			text, err := os.ReadFile(file)
			if err != nil || len(text) == 0 {
				t.Fatal(err)
			}
			for _, secret := range []string{"hunter", "PRESHAREDSECRET", "AKIDEXAMPLE", "SECRETEXAMPLE"} {
				if strings.Contains(string(text), secret) {
					t.Errorf("%s: %s holds %q", name, filepath.Base(file), secret)
				}
			}
			if !strings.Contains(string(text), `"x"`) && !strings.Contains(string(text), `"f"`) {
				t.Errorf("%s: %s lacks the job or function", name, filepath.Base(file))
			}
		}
	}
}

func TestRolesThatAreNotThere(t *testing.T) {
	f := newFakeAWS(t)
	f.hook = func(op string) (int, string) {
		if op == "iam.GetRole" {
			return 404, "NoSuchEntity"
		}
		return 0, ""
	}
	if _, _, err := f.capture(t, calls.Request{Roles: []string{"Typo"}}, nil); err == nil || !strings.Contains(err.Error(), "no role Typo") {
		t.Errorf("err = %v", err)
	}
	f.hook = nil
	_, rep, err := f.capture(t, calls.Request{Roles: []string{"Neo", "arn:aws:iam::999988887777:role/Theirs"}}, nil)
	if err != nil || len(rep.Gaps) != 1 || rep.Gaps[0].Code != "NotInCapturedAccounts" || rep.Gaps[0].Resource != "arn:aws:iam::999988887777:role/Theirs" {
		t.Errorf("%+v, %v", rep, err)
	}
	if _, _, err := f.capture(t, calls.Request{Roles: []string{"Neo", "arn:aws:iam::111122223333:role/Neo"}}, nil); err != nil {
		t.Errorf("by name and by ARN: %v", err)
	}
}

func TestRegionsThatCannotBeListed(t *testing.T) {
	f := newFakeAWS(t)
	f.hook = refuse("ec2.DescribeRegions")
	if _, _, err := f.capture(t, calls.Request{AllRegions: true}, nil); err == nil || !strings.Contains(err.Error(), "AccessDenied") || !strings.Contains(err.Error(), "--region") {
		t.Errorf("err = %v", err)
	}
}

// TestAScopedCaptureLeavesOtherBucketsAccessPointsAlone: an account may have
// ten thousand of them.
func TestAScopedCaptureLeavesOtherBucketsAccessPointsAlone(t *testing.T) {
	f := newFakeAWS(t)
	f.answers["s3control.ListAccessPoints"] = strings.ReplaceAll(f.answers["s3control.ListAccessPoints"], "<Bucket>models<", "<Bucket>logs<")
	text, _, err := f.capture(t, calls.Request{Buckets: []string{"models"}}, nil)
	if err != nil || f.called["s3control.GetAccessPoint"] > 0 || !json.Valid([]byte(text)) || strings.Contains(text, "ap1") {
		t.Errorf("%v, %d calls:\n%s", err, f.called["s3control.GetAccessPoint"], text)
	}
}

// TestTheRegionAskedForIsWhereOneSignsIn: AWS_REGION may be another
// partition's.
func TestTheRegionAskedForIsWhereOneSignsIn(t *testing.T) {
	f := newFakeAWS(t)
	load := f.load(t)
	t.Setenv("AWS_REGION", "eu-west-3")
	o := optionsTo(filepath.Join(t.TempDir(), "s.json"), calls.Request{Roles: []string{"Neo"}})
	o.Request.Regions = []string{"us-gov-west-1"}
	if _, err := Run(context.Background(), o, load...); err != nil {
		t.Fatal(err)
	}
	if !f.hosts["sts.us-gov-west-1.amazonaws.com"] {
		t.Errorf("hosts: %v", sortedKeys(f.hosts))
	}
}
