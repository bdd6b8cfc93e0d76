package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/capture/calls"
)

// captureEnv is an environment whose AWS is do.
func captureEnv(do Capturer) (*Env, *bytes.Buffer, *bytes.Buffer) {
	var out, errs bytes.Buffer
	return &Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Now: func() time.Time { return time.Unix(0, 0) },
		Getenv: func(string) string { return "" }, Version: "test", Capture: do}, &out, &errs
}

func TestSnapshotPassesTheRequestOn(t *testing.T) {
	var got calls.Options
	env, _, errs := captureEnv(func(_ context.Context, o calls.Options) (*calls.Report, error) {
		got = o
		o.Progress.Started()
		o.Progress.Finished("111122223333", "us-east-1", calls.Operation{Service: "ec2"})
		return &calls.Report{Accounts: []string{"111122223333"}, Regions: []string{"us-east-1"}, Things: 3, Calls: 2, Bytes: 10, Duration: 1234 * time.Millisecond,
			Gaps: []snapshot.Gap{{Account: "111122223333", Service: "s3", Operation: "GetBucketPolicy", Code: "AccessDenied", Message: "no\x1b[31m"}}}, nil
	})
	args := []string{"snapshot", "--out", "x.json.zst", "--vpc", "vpc-0a1b2c3d", "--region", "us-east-1,eu-west-1", "--job", "j", "--bucket", "models", "--role", "Neo",
		"--profile", "p", "--assume-role", "arn:aws:iam::111122223333:role/Auditor", "--external-id", "e", "--resume", "--concurrency", "3", "--max-jobs", "7", "--timeout", "9s"}
	if status := Main(args, env); status != 0 {
		t.Fatalf("status %d: %s", status, errs)
	}
	want := calls.Request{VPCs: []string{"vpc-0a1b2c3d"}, Jobs: []string{"j"}, Buckets: []string{"models"}, Roles: []string{"Neo"}, Regions: []string{"us-east-1", "eu-west-1"},
		Profiles: []string{"p"}, AssumeRoles: []string{"arn:aws:iam::111122223333:role/Auditor"}, ExternalID: "e", MaxJobs: 7}
	a, _ := json.Marshal(got.Request)
	b, _ := json.Marshal(want)
	if string(a) != string(b) || got.Output != "x.json.zst" || !got.Resume || got.Concurrency != 3 || got.Timeout != 9*time.Second || got.Tool != "canreach test" {
		t.Errorf("got %+v", got)
	}
	wantText := "asking 111122223333 us-east-1\ngap: 111122223333 s3 GetBucketPolicy: AccessDenied: no\\u001b[31m\n" +
		"captured 1 account, 1 region: 3 resources, 2 calls, 1 gap, in 1.2s; 10 bytes written to x.json.zst\n"
	if errs.String() != wantText {
		t.Errorf("got  %q\nwant %q", errs.String(), wantText)
	}
	errs.Reset()
	if status := Main(append(args, "--strict"), env); status != ExitUnknown {
		t.Errorf("--strict with a gap: status %d", status)
	}
}

func TestSnapshotRefuses(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no file":                {nil, "pass --out"},
		"an unknown ending":      {[]string{"--out", "x.xml"}, "must end in"},
		"a folder":               {[]string{"--out", dir + "/d.json"}, "regular file"},
		"nonsense for a VPC":     {[]string{"--out", "x.json", "--vpc", "10.0.0.0/8"}, "--vpc"},
		"no calls at a time":     {[]string{"--out", "x.json", "--concurrency", "0"}, "--concurrency"},
		"no time":                {[]string{"--out", "x.json", "--timeout", "0s"}, "--timeout"},
		"every region and one":   {[]string{"--out", "x.json", "--all", "--region", "us-east-1"}, "--region"},
		"an argument too many":   {[]string{"--out", "x.json", "y"}, "y"},
		"a build without an SDK": {[]string{"--out", "x.json"}, "without the AWS SDK"},
	} {
		if err := os.MkdirAll(filepath.Join(dir, "d.json"), 0o755); err != nil {
			t.Fatal(err)
		}
		env, out, errs := captureEnv(nil)
		if status := Main(append([]string{"snapshot"}, c.args...), env); status != ExitUsage || out.Len() > 0 || !strings.Contains(errs.String(), c.want) {
			t.Errorf("%s: status %d: %s%s", name, status, out, errs)
		}
	}
}

func TestAnInterruptedSnapshotTellsHowToGoOn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.json")
	env, _, errs := captureEnv(func(ctx context.Context, o calls.Options) (*calls.Report, error) {
		if err := os.WriteFile(o.Output+calls.JournalSuffix, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if p, err := os.FindProcess(os.Getpid()); err != nil || p.Signal(os.Interrupt) != nil {
			t.Fatal("can't signal")
		}
		<-ctx.Done()
		return nil, ctx.Err()
	})
	if status := Main([]string{"snapshot", "--out", file}, env); status != exitInterrupted || !strings.Contains(errs.String(), "--resume") {
		t.Errorf("status %d: %s", status, errs)
	}
}

func TestDryRunAndPermissionsCallNothing(t *testing.T) {
	env, out, errs := captureEnv(func(context.Context, calls.Options) (*calls.Report, error) { return nil, errors.New("called") })
	if status := Main([]string{"snapshot", "--dry-run", "--role", "Neo"}, env); status != 0 || !strings.Contains(out.String(), "get-role-policy") || strings.Contains(out.String(), "describe-vpcs") {
		t.Errorf("status %d: %s%s", status, out, errs)
	}
	out.Reset()
	if status := Main([]string{"snapshot", "permissions"}, env); status != 0 || !json.Valid(out.Bytes()) {
		t.Errorf("status %d: %s%s", status, out, errs)
	}
	for _, verb := range []string{":Put", ":Create", ":Delete", ":Update", ":Modify", ":Attach", ":*", ":GetObject", ":Decrypt"} {
		if strings.Contains(out.String(), verb) {
			t.Errorf("the policy allows something with %q", verb)
		}
	}
}

func TestRedactWritesPrivatelyAndRepeatably(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join("..", "..", "testdata", "examples", "neo-compile", "snapshot.json")
	for _, name := range []string{"a.json", "b.json", "c.json.gz"} {
		env, out, errs := captureEnv(nil)
		seed := map[string]string{"a.json": "x", "b.json": "x", "c.json.gz": "y"}[name]
		args := []string{"snapshot", "redact", in, "--out", filepath.Join(dir, name), "--seed", seed, "--names", filepath.Join(dir, "names.json")}
		if status := Main(args, env); status != 0 || out.Len() > 0 {
			t.Fatalf("status %d: %s%s", status, out, errs)
		}
		if st, err := os.Stat(filepath.Join(dir, name)); err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, st.Mode(), err)
		}
		if _, err := snapshot.Load(filepath.Join(dir, name), snapshot.Options{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	a, _ := os.ReadFile(filepath.Join(dir, "a.json"))
	b, _ := os.ReadFile(filepath.Join(dir, "b.json"))
	if len(a) == 0 || !bytes.Equal(a, b) {
		t.Error("one seed, two redactions")
	}
	var names map[string]string
	text, _ := os.ReadFile(filepath.Join(dir, "names.json"))
	if json.Unmarshal(text, &names) != nil || names["111122223333"] == "" || names["111122223333"] == "111122223333" {
		t.Errorf("names: %s", text)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	env, _, errs := captureEnv(nil)
	if status := Main([]string{"snapshot", "redact", in, "--out", filepath.Join(dir, "d.json"), "--key", "/nonexistent", "--seed", "x"}, env); status != ExitUsage {
		t.Errorf("--key and --seed: status %d: %s", status, errs)
	}
}

func TestProgressOnATerminal(t *testing.T) {
	env, _, _ := captureEnv(nil)
	env.StderrTerminal = true
	var b bytes.Buffer
	env.Stderr = io.Writer(&b)
	p := newProgress(env)
	for range 5 {
		p.Started()
		p.Finished("111122223333", "us-east-1", calls.Operation{Service: "ec2"})
	}
	p.close()
	if !strings.Contains(b.String(), "asking AWS") && !strings.Contains(b.String(), "111122223333") {
		t.Errorf("no bar: %q", b.String())
	}
}

func TestAnOrganizationGoesToADirectory(t *testing.T) {
	dir := t.TempDir()
	var got calls.Options
	env, _, errs := captureEnv(func(_ context.Context, o calls.Options) (*calls.Report, error) {
		got = o
		return &calls.Report{Accounts: []string{"111122223333", "444455556666"}, Regions: []string{"us-east-1"}}, nil
	})
	args := []string{"snapshot", "--organization-role", "Reader", "--external-id", "e", "--rate", "20", "--out", dir}
	if status := Main(args, env); status != 0 || got.Request.OrganizationRole != "Reader" || got.Rate != 20 || got.Output != dir {
		t.Fatalf("status %d: %s: %+v", status, errs, got)
	}
	file := filepath.Join(dir, "f.json")
	if err := os.WriteFile(file, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, want string }{
		{"--organization-role Reader --out " + file, "not a directory"},
		{"--organization-role arn:aws:iam::111122223333:role/Reader --out " + dir, "a role's name"},
		{"--organization-role Reader --vpc vpc-0a1b2c3d --out " + dir, "leave out"},
		{"--organization-role Reader --rate -1 --out " + dir, "--rate"},
		{"--organization-role Reader", "pass --out"},
	} {
		errs.Reset()
		if status := Main(append([]string{"snapshot"}, strings.Fields(c.args)...), env); status != ExitUsage || !strings.Contains(errs.String(), c.want) {
			t.Errorf("%s: status %d: %s", c.args, status, errs)
		}
	}
}

func TestAnIndexIsMergedWhole(t *testing.T) {
	dir := t.TempDir()
	var index snapshot.CaptureIndex
	index.Schema = snapshot.SchemaIndex
	for _, id := range []string{"111122223333", "444455556666"} {
		path := filepath.Join(dir, id+".json")
		text := `{"schema":"canreach.snapshot/v1","accounts":[{"accountId":"` + id + `","regions":[{"region":"us-east-1"}]}]}`
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		e, err := snapshot.NewIndexEntry(path)
		if err != nil {
			t.Fatal(err)
		}
		index.Accounts = append(index.Accounts, e)
	}
	path := filepath.Join(dir, "index.json")
	if err := index.Write(path); err != nil {
		t.Fatal(err)
	}
	env, out, errs := captureEnv(nil)
	if status := Main([]string{"snapshot", "merge", path, "--out", "-"}, env); status != 0 || strings.Count(out.String(), "accountId") != 2 {
		t.Fatalf("status %d: %s%s", status, out, errs)
	}
	if status := Main([]string{"who-can", "b", "-s", path}, env); status != ExitUsage || !strings.Contains(errs.String(), "snapshot merge") {
		t.Errorf("status %d: %s", status, errs)
	}
	if err := os.WriteFile(filepath.Join(dir, "444455556666.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	errs.Reset()
	if status := Main([]string{"snapshot", "merge", path, "--out", "-"}, env); status != ExitUsage || !strings.Contains(errs.String(), "not the file that was indexed") {
		t.Errorf("a changed file: status %d: %s", status, errs)
	}
}
