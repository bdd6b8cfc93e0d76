//go:build integration

package integration

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/canreach/canreach/sim"
)

// program is the canreach under test, its surroundings set to the proxy.
type program struct {
	t     *testing.T
	proxy *proxy
	dir   string

	config string // the AWS configuration file with profiles; empty: none, and credentials from the environment
}

func (p program) environ() []string {
	env := []string{"AWS_ENDPOINT_URL=" + p.proxy.URL, "AWS_REGION=" + region,
		"AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "AWS_EC2_METADATA_DISABLED=true"}
	if p.config == "" {
		env = append(env, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_CONFIG_FILE="+os.DevNull)
	} else {
		env = append(env, "AWS_CONFIG_FILE="+p.config)
	}
	for _, name := range []string{"PATH", "HOME", "TMPDIR"} {
		env = append(env, name+"="+os.Getenv(name))
	}
	return env
}

func (p program) command(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Getenv("CANREACH"), args...)
	cmd.Env, cmd.Dir = p.environ(), p.dir
	return cmd
}

// run returns standard output, standard error and the exit status.
func (p program) run(args ...string) (stdout, stderr string, status int) {
	p.t.Helper()
	cmd := p.command(args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func (p program) capture(args ...string) (stderr string, status int) {
	p.t.Helper()
	_, stderr, status = p.run(append([]string{"snapshot"}, args...)...)
	return stderr, status
}

// mustCapture captures to a file of the name.
func (p program) mustCapture(name string, args ...string) {
	p.t.Helper()
	if stderr, status := p.capture(append([]string{"--strict", "--out", name}, args...)...); status != 0 {
		p.t.Fatalf("status %d:\n%s", status, stderr)
	}
}

// check asks about reading the bucket, and returns the answer with its blockers' codes.
func (p program) check(snapshot, job string) (sim.Answer, []string) {
	p.t.Helper()
	return p.checkBucket(snapshot, job, bucket)
}

func (p program) checkBucket(snapshot, job, bucket string) (sim.Answer, []string) {
	p.t.Helper()
	out, errs, status := p.run("check", "--snapshot", snapshot, "--job", job, "--bucket", "arn:aws:s3:::"+bucket+"/*", "-o", "json")
	var a sim.Answer
	if err := json.Unmarshal([]byte(out), &a); err != nil {
		p.t.Fatalf("status %d: %v\n%s%s", status, err, out, errs)
	}
	if want := map[sim.Verdict]int{sim.Reachable: 0, sim.Partial: 1, sim.Blocked: 1, sim.Unknown: 3}[a.Verdict]; status != want {
		p.t.Errorf("%s with status %d", a.Verdict, status)
	}
	var codes []string
	for _, f := range a.Findings {
		if f.Severity == sim.Blocker {
			codes = append(codes, f.Code.String())
		}
	}
	return a, codes
}

func setUp(t *testing.T) (*world, program) {
	t.Helper()
	server, p := newServer(t)
	return newWorld(t, server), p
}

// newServer empties the server, and puts a proxy before it.
func newServer(t *testing.T) (string, program) {
	t.Helper()
	server := os.Getenv("CANREACH_API_SERVER")
	if server == "" || os.Getenv("CANREACH") == "" {
		t.Fatal("run scripts/integration.sh: CANREACH_API_SERVER and CANREACH are not set")
	}
	resp, err := http.Post(server+"/moto-api/reset", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return server, program{t: t, proxy: newProxy(t, server), dir: t.TempDir()}
}

func TestCaptureAndVerdictsFollowTheAPI(t *testing.T) {
	w, p := setUp(t)
	p.mustCapture("all.json")
	validate(t, filepath.Join(p.dir, "all.json"))
	if out, errs, status := p.run("snapshot", "validate", "all.json"); status != 0 {
		t.Errorf("validate: status %d\n%s%s", status, out, errs)
	}
	if a, codes := p.check("all.json", w.job); a.Verdict != sim.Reachable {
		t.Fatalf("before anything is broken: %s %v %+v", a.Verdict, codes, a.Unknowns)
	}
	for _, c := range []struct {
		name       string
		break_     func()
		mend       func()
		verdict    sim.Verdict
		code, gate string
	}{
		{"the route to the endpoint", func() { w.routeTables(nil, []string{w.table}) }, func() { w.routeTables([]string{w.table}, nil) }, sim.Blocked, "", "route"},
		{"the group's way out", func() {
			must[*ec2.RevokeSecurityGroupEgressOutput](t)(w.ec2.RevokeSecurityGroupEgress(w.ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: &w.group, IpPermissions: w.egressRule()}))
		}, func() {
			must[*ec2.AuthorizeSecurityGroupEgressOutput](t)(w.ec2.AuthorizeSecurityGroupEgress(w.ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: &w.group, IpPermissions: w.egressRule()}))
		}, sim.Blocked, "", "sg-egress"},
		{"the ACL's way out", func() { w.removeEntry(true, 100) }, func() { w.entry(true, 100, 443, 443) }, sim.Blocked, "", "nacl-egress"},
		{"the ACL's way back", func() { w.removeEntry(false, 100) }, func() { w.entry(false, 100, 1024, 65535) }, sim.Blocked, "", "nacl-ingress"},
		{"the endpoint's policy", func() { w.endpointPolicy(strings.ReplaceAll(openPolicy, bucket, "another-bucket")) }, func() { w.endpointPolicy(openPolicy) },
			sim.Blocked, "ENDPOINT_POLICY_NO_ALLOW", "endpoint-policy"},
		{"DNS", func() { w.dnsSupport(false) }, func() { w.dnsSupport(true) }, sim.Blocked, "DNS_DISABLED", "dns"},
		{"S3 in the boundary", func() { w.bound("ec2:*") }, func() { w.bound("s3:*", "ec2:*", "kms:*") }, sim.Blocked, "ROLE_NO_ALLOW", "role"},
		{"the managed policy", func() {
			must[*iam.DetachRolePolicyOutput](t)(w.iam.DetachRolePolicy(w.ctx, &iam.DetachRolePolicyInput{RoleName: aws.String("it-neo"), PolicyArn: &w.managed}))
		}, func() {
			must[*iam.AttachRolePolicyOutput](t)(w.iam.AttachRolePolicy(w.ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("it-neo"), PolicyArn: &w.managed}))
		}, sim.Blocked, "", "job"},
		{"SageMaker's trust", func() { w.trust("ec2.amazonaws.com") }, func() { w.trust("sagemaker.amazonaws.com") }, sim.Blocked, "", "job"},
		{"the role's policy", func() { w.inline(false) }, func() { w.inline(true) }, sim.Blocked, "ROLE_NO_ALLOW", "role"},
		{"the bucket's policy", func() { w.bucketPolicy("vpce-00000000000000000") }, func() { w.bucketPolicy(w.endpoint) }, sim.Blocked, "BUCKET_POLICY_EXPLICIT_DENY", "bucket-policy"},
	} {
		c.break_()
		p.mustCapture("broken.json", "--job", w.job)
		a, codes := p.check("broken.json", w.job)
		gates := func(f sim.Finding) bool {
			return f.Severity == sim.Blocker && f.Gate.String() == c.gate && (c.code == "" || f.Code.String() == c.code)
		}
		if a.Verdict != c.verdict || !slices.ContainsFunc(a.Findings, gates) {
			t.Errorf("without %s: %s %v %+v", c.name, a.Verdict, codes, a.Unknowns)
		}
		c.mend()
	}
	p.mustCapture("mended.json", "--job", w.job)
	if a, codes := p.check("mended.json", w.job); a.Verdict != sim.Reachable {
		t.Errorf("mended: %s %v %+v", a.Verdict, codes, a.Unknowns)
	}
	p.redacted(w)
}

func (w *world) dnsSupport(on bool) {
	must[*ec2.ModifyVpcAttributeOutput](w.t)(w.ec2.ModifyVpcAttribute(w.ctx, &ec2.ModifyVpcAttributeInput{VpcId: &w.vpc, EnableDnsSupport: &types.AttributeBooleanValue{Value: &on}}))
}

// bound gives the role a boundary that allows actions.
func (w *world) bound(actions ...string) {
	p := must[*iam.CreatePolicyOutput](w.t)(w.iam.CreatePolicy(w.ctx, &iam.CreatePolicyInput{PolicyName: aws.String("it-boundary-" + strings.ReplaceAll(strings.Join(actions, "-"), ":*", "")), PolicyDocument: document("Allow", "*", actions...)})).Policy.Arn
	must[*iam.PutRolePermissionsBoundaryOutput](w.t)(w.iam.PutRolePermissionsBoundary(w.ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: aws.String("it-neo"), PermissionsBoundary: p}))
}

func (w *world) trust(service string) {
	text := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}]}`
	must[*iam.UpdateAssumeRolePolicyOutput](w.t)(w.iam.UpdateAssumeRolePolicy(w.ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("it-neo"), PolicyDocument: &text}))
}

// routeTables adds and removes the endpoint's tables.
func (w *world) routeTables(add, remove []string) {
	must[*ec2.ModifyVpcEndpointOutput](w.t)(w.ec2.ModifyVpcEndpoint(w.ctx, &ec2.ModifyVpcEndpointInput{VpcEndpointId: aws.String(w.endpoint), AddRouteTableIds: add, RemoveRouteTableIds: remove}))
	// moto leaves the routes as they are, where AWS makes and removes them.
	for _, table := range remove {
		must[*ec2.DeleteRouteOutput](w.t)(w.ec2.DeleteRoute(w.ctx, &ec2.DeleteRouteInput{RouteTableId: &table, DestinationPrefixListId: &w.list}))
	}
	for _, table := range add {
		must[*ec2.CreateRouteOutput](w.t)(w.ec2.CreateRoute(w.ctx, &ec2.CreateRouteInput{RouteTableId: &table, DestinationPrefixListId: &w.list, GatewayId: &w.endpoint}))
	}
}

// redacted asks the redacted capture.
func (p program) redacted(w *world) {
	p.t.Helper()
	if _, errs, status := p.run("snapshot", "redact", "all.json", "--out", "shared.json", "--seed", "x", "--names", "names.json"); status != 0 {
		p.t.Fatal(errs)
	}
	var names map[string]string
	text, err := os.ReadFile(filepath.Join(p.dir, "names.json"))
	if err != nil || json.Unmarshal(text, &names) != nil {
		p.t.Fatal(err)
	}
	out, errs, _ := p.run("check", "--snapshot", "shared.json", "--subnets", w.subnetA+","+w.subnetB, "--security-groups", w.group, "--role", names[w.role], "--bucket", "arn:aws:s3:::"+names[bucket]+"/*", "-o", "json")
	if !strings.Contains(out, `"verdict": "REACHABLE"`) || names[bucket] == bucket {
		p.t.Errorf("redacted: %s%s", out, errs)
	}
}

// validate checks a snapshot against the published JSON Schema.
func validate(t *testing.T, path string) {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile("../../snapshot/snapshot.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err == nil {
		err = schema.Validate(doc)
	}
	if err != nil {
		t.Errorf("%s: %v", path, err)
	}
}

func TestSameStateSameBytes(t *testing.T) {
	_, p := setUp(t)
	p.mustCapture("a.json", "--concurrency", "1")
	p.mustCapture("b.json", "--concurrency", "16")
	a, b := withoutHeader(t, filepath.Join(p.dir, "a.json")), withoutHeader(t, filepath.Join(p.dir, "b.json"))
	if a != b {
		t.Error("two captures of one state differ")
	}
}

func withoutHeader(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), `"accounts": [`)
	if !ok {
		t.Fatal("no accounts")
	}
	return rest
}

func TestTrouble(t *testing.T) {
	w, p := setUp(t)
	p.mustCapture("calm.json")
	calm := withoutHeader(t, filepath.Join(p.dir, "calm.json"))
	for name, cause := range map[string]func(string, int) trouble{
		"throttling": func(op string, call int) trouble {
			if call == 1 && (op == "ec2.DescribeVpcs" || op == "s3.GetBucketPolicy" || op == "iam.GetAccountAuthorizationDetails") {
				return trouble{status: 503, code: map[bool]string{true: "RequestLimitExceeded", false: "SlowDown"}[strings.HasPrefix(op, "ec2")]}
			}
			return trouble{}
		},
		"a throttling storm": func(op string, call int) trouble {
			service, _, _ := strings.Cut(op, ".")
			if call == 1 && slices.Contains([]string{"iam", "organizations", "route53", "lambda"}, service) {
				return trouble{status: 400, code: throttled(op)}
			}
			return trouble{}
		},
		"cut connections": func(op string, call int) trouble {
			return trouble{cut: call == 1 && strings.HasPrefix(op, "ec2.DescribeS")}
		},
		"slow answers": func(op string, _ int) trouble {
			if op == "ec2.DescribeSubnets" {
				return trouble{slow: 400 * time.Millisecond}
			}
			return trouble{}
		},
	} {
		p.proxy.cause(cause)
		p.mustCapture("troubled.json")
		if withoutHeader(t, filepath.Join(p.dir, "troubled.json")) != calm {
			t.Errorf("%s changed the snapshot", name)
		}
	}

	p.proxy.cause(func(op string, _ int) trouble {
		if op == "s3.GetBucketPolicy" || op == "ec2.DescribeNetworkAcls" {
			return trouble{status: 403, code: "AccessDenied"}
		}
		return trouble{}
	})
	stderr, status := p.capture("--out", "denied.json", "--strict")
	if status != 3 || !strings.Contains(stderr, "GetBucketPolicy") || !strings.Contains(stderr, "2 gaps") {
		t.Errorf("denied: status %d\n%s", status, stderr)
	}
	if a, codes := p.check("denied.json", w.job); a.Verdict != sim.Unknown || len(a.Unknowns) == 0 {
		t.Errorf("denied: %s %v", a.Verdict, codes)
	}

	p.proxy.cause(func(op string, _ int) trouble {
		if op == "ec2.DescribeRouteTables" {
			return trouble{slow: 3 * time.Second}
		}
		return trouble{}
	})
	if stderr, status := p.capture("--out", "late.json", "--timeout", "1s", "--strict"); status != 3 || !strings.Contains(stderr, "Timeout") {
		t.Errorf("too slow: status %d\n%s", status, stderr)
	}
}

// throttled is what a service says to who asks too often.
func throttled(op string) string {
	switch service, _, _ := strings.Cut(op, "."); service {
	case "ec2":
		return "RequestLimitExceeded"
	case "s3":
		return "SlowDown"
	case "organizations", "lambda":
		return "TooManyRequestsException"
	}
	return "ThrottlingException"
}

// TestExpiredCredentials end the capture in the middle: the old file stays,
// and the capture goes on with new ones.
func TestExpiredCredentials(t *testing.T) {
	_, p := setUp(t)
	p.mustCapture("s.json")
	whole := withoutHeader(t, filepath.Join(p.dir, "s.json"))
	old, err := os.ReadFile(filepath.Join(p.dir, "s.json"))
	if err != nil {
		t.Fatal(err)
	}
	made := 0
	p.proxy.cause(func(string, int) trouble {
		if made++; made > 30 {
			return trouble{status: 403, code: "ExpiredToken"}
		}
		return trouble{}
	})
	stderr, status := p.capture("--out", "s.json")
	if status != 2 || !strings.Contains(stderr, "sign in again") || !strings.Contains(stderr, "hint: ") || !strings.Contains(stderr, "--resume") {
		t.Errorf("status %d\n%s", status, stderr)
	}
	if text, _ := os.ReadFile(filepath.Join(p.dir, "s.json")); !bytes.Equal(text, old) {
		t.Error("the old file is not what it was")
	}
	p.proxy.cause(nil)
	if stderr, status := p.capture("--out", "s.json", "--resume", "--strict"); status != 0 || withoutHeader(t, filepath.Join(p.dir, "s.json")) != whole {
		t.Errorf("resumed: status %d\n%s", status, stderr)
	}
}

func TestWhereNothingCanBeWritten(t *testing.T) {
	_, p := setUp(t)
	for what, file := range map[string]string{"a folder that is not there": "nowhere/s.json", "a file for a folder": "s.json/s.json"} {
		if err := os.WriteFile(filepath.Join(p.dir, "s.json"), []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		p.proxy.cause(nil)
		stderr, status := p.capture("--out", file)
		if status != 2 || !strings.Contains(stderr, file) || len(p.proxy.calls) > 0 {
			t.Errorf("%s: status %d after %d calls\n%s", what, status, len(p.proxy.calls), stderr)
		}
	}
}

// TestKilledAndInterrupted ends captures in the middle, politely and not.
func TestKilledAndInterrupted(t *testing.T) {
	_, p := setUp(t)
	p.mustCapture("s.json")
	whole := withoutHeader(t, filepath.Join(p.dir, "s.json"))
	for _, end := range []struct {
		signal os.Signal
		after  int
	}{{os.Kill, 4}, {os.Kill, 30}, {os.Kill, 55}, {os.Interrupt, 30}} {
		signal := end.signal
		if err := os.WriteFile(filepath.Join(p.dir, "s.json"), []byte("the old file"), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := p.command("snapshot", "--out", "s.json", "--concurrency", "2")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		made := 0
		p.proxy.cause(func(string, int) trouble {
			if made++; made == end.after {
				return trouble{then: func() { _ = cmd.Process.Signal(signal) }, slow: 200 * time.Millisecond}
			}
			return trouble{slow: 5 * time.Millisecond}
		})
		if err := cmd.Run(); err == nil {
			t.Fatalf("%v did not end the capture", signal)
		}
		if signal == os.Interrupt && (cmd.ProcessState.ExitCode() != 130 || !strings.Contains(stderr.String(), "--resume")) {
			t.Errorf("interrupted: %v\n%s", cmd.ProcessState, stderr.String())
		}
		if text, _ := os.ReadFile(filepath.Join(p.dir, "s.json")); string(text) != "the old file" {
			t.Errorf("%v: the old file holds %.60q", signal, text)
		}
		p.proxy.cause(nil)
		errs, status := p.capture("--out", "s.json", "--resume", "--strict")
		if status != 0 || !strings.Contains(errs, "taken from before") {
			t.Errorf("resumed after %v at call %d: status %d\n%s", signal, end.after, status, errs)
		}
		if withoutHeader(t, filepath.Join(p.dir, "s.json")) != whole {
			t.Errorf("resumed after %v: another snapshot", signal)
		}
	}
}

func TestPermissionsAreOneValidPolicy(t *testing.T) {
	_, p := setUp(t)
	out, errs, status := p.run("snapshot", "permissions")
	var policy struct {
		Version   string
		Statement []struct{ Action []string }
	}
	if status != 0 || json.Unmarshal([]byte(out), &policy) != nil || policy.Version != "2012-10-17" {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	if u, err := url.Parse(p.proxy.URL); err != nil || u.Hostname() != "127.0.0.1" {
		t.Errorf("the proxy is not on the loopback: %v", p.proxy.URL)
	}
}
