package capture

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/klauspost/compress/zstd"

	"github.com/canreach/canreach/rules/policy/sar"
	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/capture/calls"
)

func TestEveryOperationIsBoundToTheSDK(t *testing.T) {
	listed := map[calls.ID]bool{}
	for _, op := range calls.All() {
		if listed[op.ID()] {
			t.Errorf("%s is listed twice", op.ID())
		}
		listed[op.ID()] = true
		b, ok := bindings[op.ID()]
		if !ok {
			t.Errorf("%s is listed, but not bound", op.ID())
			continue
		}
		if b.target != "" {
			continue
		}
		in := b.input().Elem()
		items, ok := b.output.FieldByName(op.Items)
		if op.Items != "" && (!ok || items.Type.Kind() != reflect.Slice) {
			t.Errorf("%s: its output has no list %s", op.ID(), op.Items)
		}
		if ok && op.SortBy != "" {
			if _, ok := items.Type.Elem().FieldByName(op.SortBy); !ok {
				t.Errorf("%s: its %s have no %s", op.ID(), op.Items, op.SortBy)
			}
		}
		for _, p := range op.Page {
			if _, ok := b.output.FieldByName(p.Out); !ok {
				t.Errorf("%s: its output has no page token %s", op.ID(), p.Out)
			}
			if !in.FieldByName(p.In).IsValid() {
				t.Errorf("%s: its input has no page token %s", op.ID(), p.In)
			}
		}
		if op.Limit != "" && !in.FieldByName(op.Limit).IsValid() {
			t.Errorf("%s: its input has no %s", op.ID(), op.Limit)
		}
	}
	for id := range bindings {
		if !listed[id] {
			t.Errorf("%s is bound, but not listed", id)
		}
	}
}

// TestAnUnscopedCapture compares the whole file; UPDATE=1 rewrites it.
func TestAnUnscopedCapture(t *testing.T) {
	got, rep, err := newFakeAWS(t).capture(t, calls.Request{MaxJobs: 50}, nil)
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "everything.json")
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, []byte(got+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != strings.TrimSpace(string(want)) {
		t.Errorf("the snapshot differs from %s:\n%s", golden, got)
	}
	if len(rep.Gaps) != 0 {
		t.Errorf("gaps: %+v", rep.Gaps)
	}
	for _, secret := range []string{"hunter2", "AKIDEXAMPLE", "SECRETEXAMPLE"} {
		if strings.Contains(got, secret) {
			t.Errorf("the snapshot holds %q", secret)
		}
	}
	again, _, err := newFakeAWS(t).capture(t, calls.Request{MaxJobs: 50}, func(o *calls.Options) { o.Concurrency = 1 })
	if err != nil || again != got {
		t.Errorf("a second capture gave other bytes (%v)", err)
	}
}

// TestTheSnapshotReadsBack loads the capture with the program's own reader.
func TestTheSnapshotReadsBack(t *testing.T) {
	text, _, err := newFakeAWS(t).capture(t, calls.Request{MaxJobs: 50}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := snapshot.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	a := s.Accounts[0]
	g := a.Regions[0]
	for what, ok := range map[string]bool{
		"both pages of VPCs":              len(g.EC2.VPCs.Items) == 2 && g.EC2.VPCs.Complete,
		"block public access off":         len(g.EC2.BlockPublicAccess.Items) == 1 && g.EC2.BlockPublicAccess.Items[0].Mode == "off",
		"an exclusion":                    len(g.EC2.BPAExclusions.Items) == 1,
		"an encryption control":           len(g.EC2.EncryptionControls.Items) == 1 && g.EC2.EncryptionControls.Items[0].Mode == "enforce" && len(g.EC2.EncryptionControls.Items[0].Exclusions) == 2,
		"the S3 list's addresses":         len(g.EC2.PrefixLists.Items) == 2 && g.EC2.PrefixLists.Items[0].EntriesKnown,
		"a VPN connection's static route": len(g.EC2.VPNConnections.Items) == 1 && len(g.EC2.VPNConnections.Items[0].StaticRoutes) == 1,
		"a Resolver endpoint":             len(g.Resolver.Endpoints.Items) == 1 && g.Resolver.Endpoints.Items[0].VPC == "vpc-00000001",
		"what a table propagates":         len(g.EC2.TGWRouteTables.Items) == 1 && g.EC2.TGWRouteTables.Items[0].PropagationsKnown && len(g.EC2.TGWRouteTables.Items[0].Propagations) == 1,
		"a job of each kind":              len(g.SageMaker.Jobs.Items) == 8,
		"transit gateway routes":          len(g.EC2.TGWRouteTables.Items) == 1 && g.EC2.TGWRouteTables.Items[0].RoutesKnown,
		"the zone's records, both pages":  len(g.Resolver.PrivateZones.Items) == 1 && len(g.Resolver.PrivateZones.Items[0].Records) == 2,
		"firewall domains":                len(g.Resolver.FirewallDomains.Items) == 2 && g.Resolver.FirewallDomains.Items[0].DomainsKnown,
		"no domains of AWS's own list":    !g.Resolver.FirewallDomains.Items[1].DomainsKnown,
		"the bucket's region":             a.S3.Buckets.Items[0].Region == "eu-west-1",
		"the bucket's policy":             a.S3.Buckets.Items[0].Policy.Presence == snapshot.Collected && len(a.S3.Buckets.Items[0].Policy.Raw) > 0,
		"no account public access block":  a.S3.AccountPublicAccessBlock.Presence == snapshot.Collected && a.S3.AccountPublicAccessBlock.None,
		"an access point without policy":  len(a.S3.AccessPoints.Items) == 1 && a.S3.AccessPoints.Items[0].Policy.Presence == snapshot.Collected,
		"the role's known lack of tags":   a.IAM.Roles.Items[0].TagsKnown,
		"only policies that roles use":    len(a.IAM.Policies.Items) == 1,
		"the key with policy and grants":  len(a.KMS.Keys.Items) == 1 && a.KMS.Keys.Items[0].Policy.Presence == snapshot.Collected && len(a.KMS.Keys.Items[0].Grants) == 1,
		"the organization's path":         slices.Equal(a.OrganizationPath, []string{"r-1", "ou-1"}) && a.ManagementAccount.Value,
		"the SCP at the root":             len(s.Organizations.SCPs.Items) == 1 && slices.Equal(s.Organizations.SCPs.Items[0].Targets, []string{"r-1"}),
		"no RCPs, and known so":           s.Organizations.RCPs.Presence == snapshot.Collected,
		"VPC attributes of each VPC":      len(g.EC2.VPCAttributes.Items) == 2,
		"the bucket's known lack of tags": a.S3.Buckets.Items[0].TagsPresence == snapshot.Collected,
	} {
		if !ok {
			t.Errorf("missing: %s", what)
		}
	}
}

// everyRequest are requests that together make every call.
func everyRequest() map[string]calls.Request {
	return map[string]calls.Request{
		"everything": {AllRegions: true, MaxJobs: 50},
		"every job":  {Jobs: []string{"compile-resnet", "training-job/t", "processing-job/p", "transform-job/t", "notebook-instance/n", "domain/d-1", "optimization-job/o"}},
		"resources": {Resources: []string{"arn:aws:secretsmanager:us-east-1:111122223333:secret:db-AbCdEf", "arn:aws:ecr:us-east-1:111122223333:repository/ml/train",
			"arn:aws:sqs:us-east-1:111122223333:jobs", "arn:aws:sns:eu-west-1:111122223333:done"}},
		"one of each": {VPCs: []string{"vpc-00000001"}, Buckets: []string{"models"}, Roles: []string{"Neo"}},
	}
}

// TestPermissionsAreExactlyThoseOfTheCallsMade holds that the printed policy is
// enough and no more: a capture with nothing refused makes a call for each of
// its actions, and no call beyond them.
func TestPermissionsAreExactlyThoseOfTheCallsMade(t *testing.T) {
	called := map[string]bool{}
	for name, request := range everyRequest() {
		f := newFakeAWS(t)
		if _, _, err := f.capture(t, request, nil); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		operations := map[string]calls.Operation{}
		for _, op := range request.Operations() {
			operations[string(op.ID())] = op
		}
		needed := map[string]bool{}
		for id := range f.called {
			called[id] = true
			op, ok := operations[id]
			if !ok {
				t.Errorf("%s: calls %s, which its request does not list", name, id)
			}
			if op.InsteadOf != "" {
				t.Errorf("%s: calls %s, though nothing is refused", name, id)
			}
			for _, action := range op.Actions {
				needed[action] = true
			}
		}
		allowed := actionsOf(t, calls.Permissions(request))
		if want := sortedKeys(needed); !slices.Equal(allowed, want) {
			t.Errorf("%s: the policy allows\n%v\nand the calls need\n%v", name, allowed, want)
		}
	}
	for _, op := range calls.All() {
		if !called[string(op.ID())] && op.InsteadOf == "" && op.Need != calls.Members { // TestAnOrganizationIsOneFileAnAccount
			t.Errorf("%s is listed, but nothing calls it", op.ID())
		}
	}
}

// actionsOf returns the actions of a policy, sorted.
func actionsOf(t *testing.T, policy []byte) []string {
	t.Helper()
	var p struct{ Statement []struct{ Action []string } }
	if err := json.Unmarshal(policy, &p); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range p.Statement {
		out = append(out, s.Action...)
	}
	slices.Sort(out)
	return out
}

// TestActionsAreIAMs looks every action up in the Service Authorization
// Reference: S3's operations and actions differ in name. None may be able to
// change anything or read objects.
func TestActionsAreIAMs(t *testing.T) {
	for _, op := range calls.All() {
		if len(op.Actions) == 0 && op.Service != "sts" {
			t.Errorf("%s needs no action", op.ID())
		}
		for _, action := range op.Actions {
			prefix, name, _ := strings.Cut(action, ":")
			service, ok := sar.FindService(prefix)
			if !ok {
				t.Errorf("%s: there is no service %q", op.ID(), prefix)
				continue
			}
			a, ok := service.FindAction(name)
			if !ok || a.Name != name {
				t.Errorf("%s: %s is not an action of the reference", op.ID(), action)
			}
			if !slices.ContainsFunc([]string{"Get", "List", "Describe", "Search"}, func(verb string) bool { return strings.HasPrefix(name, verb) }) {
				t.Errorf("%s: %s does more than read", op.ID(), action)
			}
		}
	}
}

// TestABucketWithoutListing finds a named bucket by its head where the buckets
// can't be listed, with a gap all the same.
func TestABucketWithoutListing(t *testing.T) {
	f := newFakeAWS(t)
	f.hook = refuse("s3.ListBuckets")
	text, rep, err := f.capture(t, calls.Request{Buckets: []string{"models"}}, nil)
	if err != nil || f.called["s3.HeadBucket"] != 1 || len(rep.Gaps) != 1 || !strings.Contains(text, `"Name":"models"`) {
		t.Errorf("err %v, gaps %+v:\n%s", err, rep, text)
	}
}

// refuse is a hook that refuses operations.
func refuse(operations ...string) func(string) (int, string) {
	return func(op string) (int, string) {
		if slices.Contains(operations, op) {
			return 403, "AccessDenied"
		}
		return 0, ""
	}
}

// TestADeniedCallIsAGap denies every operation in turn.
func TestADeniedCallIsAGap(t *testing.T) {
	tried := map[calls.ID]bool{}
	for _, name := range []string{"everything", "every job", "one of each"} {
		request := everyRequest()[name]
		for _, op := range request.Operations() {
			if tried[op.ID()] || op.Service == "sts" || op.Name == "DescribeRegions" || op.Name == "HeadBucket" {
				continue
			}
			f := newFakeAWS(t)
			f.hook = refuse(string(op.ID()))
			text, rep, err := f.capture(t, request, nil)
			if err != nil {
				t.Errorf("%s without %s: %v", name, op.ID(), err)
				continue
			}
			if f.called[string(op.ID())] == 0 {
				continue // this request happens not to need it
			}
			tried[op.ID()] = true
			named := func(g snapshot.Gap) bool {
				return g.Service == op.Service && g.Operation == op.Name && g.Code == "AccessDenied" && g.Account == "111122223333"
			}
			if !slices.ContainsFunc(rep.Gaps, named) {
				t.Errorf("%s without %s: gaps %+v", name, op.ID(), rep.Gaps)
			}
			if _, err := snapshot.Parse([]byte(text)); err != nil {
				t.Errorf("%s without %s: %v", name, op.ID(), err)
			}
		}
	}
}

func TestNoSuchMeansThereIsNone(t *testing.T) {
	f := newFakeAWS(t)
	f.hook = func(op string) (int, string) {
		if op == "s3.GetBucketPolicy" || op == "s3.GetBucketPolicyStatus" {
			return 404, "NoSuchBucketPolicy"
		}
		return 0, ""
	}
	text, rep, err := f.capture(t, calls.Request{Buckets: []string{"models"}}, nil)
	if err != nil || len(rep.Gaps) > 0 || !strings.Contains(text, `"Policy":null`) {
		t.Errorf("err %v, gaps %+v:\n%s", err, rep.Gaps, text)
	}
}

func TestAScopedCaptureFollowsAJob(t *testing.T) {
	f := newFakeAWS(t)
	text, rep, err := f.capture(t, calls.Request{Jobs: []string{"compile-resnet"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := snapshot.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	a := s.Accounts[0]
	if len(a.IAM.Roles.Items) != 1 || a.IAM.Roles.Items[0].BoundaryARN == "" || len(a.IAM.Policies.Items) != 1 {
		t.Errorf("the role, its policies and its boundary: %+v", a.IAM)
	}
	if a.Regions[0].EC2.VPCs.Complete || a.IAM.Roles.Complete {
		t.Error("a scoped capture says that it is complete")
	}
	if !a.Regions[0].EC2.TransitGateways.Complete {
		t.Error("a call that can't be narrowed is complete all the same")
	}
	if !strings.Contains(text, `"CreationTime":"2023-11-14T22:13:20.123Z"`) {
		t.Error("the job's time is no RFC 3339 string")
	}
	foreign := func(g snapshot.Gap) bool {
		return g.Code == "NotInCapturedAccounts" && g.Resource == "arn:aws:s3:::elsewhere"
	}
	if !slices.ContainsFunc(rep.Gaps, foreign) {
		t.Errorf("a bucket of another account is a gap: %+v", rep.Gaps)
	}
	if !f.hosts["models.s3.eu-west-1.amazonaws.com"] {
		t.Errorf("the bucket was not asked in its own region: %v", sortedKeys(f.hosts))
	}
}

func TestNamesThatDoNotExist(t *testing.T) {
	f := newFakeAWS(t)
	output := filepath.Join(t.TempDir(), "s.json")
	to := func(o *calls.Options) { o.Output = output }
	if _, _, err := f.capture(t, calls.Request{VPCs: []string{"vpc-0badbadbad"}}, to); err == nil || !strings.Contains(err.Error(), "vpc-0badbadbad") {
		t.Errorf("err = %v", err)
	}
	if left, _ := filepath.Glob(output + "*"); len(left) > 0 {
		t.Errorf("there is nothing to go on with, and yet %v", left)
	}
	f.hook = refuse("ec2.DescribeNatGateways") // that is no reason not to find a VPC
	if _, _, err := f.capture(t, calls.Request{VPCs: []string{"vpc-0badbadbad"}}, nil); err == nil || !strings.Contains(err.Error(), "vpc-0badbadbad") {
		t.Errorf("with a gap elsewhere: err = %v", err)
	}
	f.hook = refuse("ec2.DescribeVpcs")
	if _, rep, err := f.capture(t, calls.Request{VPCs: []string{"vpc-0badbadbad"}}, nil); err != nil || len(rep.Gaps) == 0 {
		t.Errorf("with a gap that may be why: err = %v", err)
	}
	f.hook = func(op string) (int, string) {
		if strings.HasPrefix(op, "sagemaker.") {
			return 400, "ValidationException"
		}
		return 0, ""
	}
	if _, _, err := f.capture(t, calls.Request{Jobs: []string{"nojob"}}, nil); err == nil || !strings.Contains(err.Error(), `no job "nojob"`) {
		t.Errorf("err = %v", err)
	}
}

func TestAnInterruptedCaptureLeavesTheOldFileAndResumes(t *testing.T) {
	whole, _, err := newFakeAWS(t).capture(t, calls.Request{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	f := newFakeAWS(t)
	load := f.load(t)
	output := filepath.Join(t.TempDir(), "s.json")
	if err := os.WriteFile(output, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	made := 0
	f.hook = func(string) (int, string) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if made++; made == 40 {
			cancel()
		}
		return 0, ""
	}
	o := calls.Options{Request: calls.Request{Regions: []string{"us-east-1"}}, Output: output, Tool: "canreach test", Now: func() time.Time { return someTime }}
	if _, err := Run(ctx, o, load...); !errors.Is(err, context.Canceled) {
		t.Fatalf("err = %v", err)
	}
	if b, _ := os.ReadFile(output); string(b) != "old" {
		t.Errorf("the old file holds %q", b)
	}
	journal, err := os.ReadFile(output + calls.JournalSuffix)
	if err != nil {
		t.Fatal(err)
	}
	// Killed while it wrote: the last line is cut.
	if err := os.WriteFile(output+calls.JournalSuffix, append(journal, `{"call":"111122223333 us-east-1 ec2.Desc`...), 0o600); err != nil {
		t.Fatal(err)
	}
	f.hook = nil
	o.Resume = true
	rep, err := Run(context.Background(), o, load...)
	if err != nil {
		t.Fatal(err)
	}
	if answers := strings.Count(string(journal), "\n") - 1; rep.Resumed != answers || answers < 20 {
		t.Errorf("%d answers were taken from before, of %d in the journal", rep.Resumed, answers)
	}
	got, _ := os.ReadFile(output)
	if want := strings.Replace(whole, "\"gaps\"", "\"resumed\": true,\n    \"gaps\"", 1); strings.TrimSpace(string(got)) != want {
		t.Errorf("the resumed snapshot differs:\n%s", got)
	}
	if _, err := os.Stat(output + calls.JournalSuffix); !os.IsNotExist(err) {
		t.Error("the journal is still there")
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(output), "*")); len(left) != 1 {
		t.Errorf("files left: %v", left)
	}
}

func TestNothingToResume(t *testing.T) {
	_, _, err := newFakeAWS(t).capture(t, calls.Request{}, func(o *calls.Options) { o.Resume = true })
	if err == nil || !strings.Contains(err.Error(), "nothing to resume") {
		t.Errorf("err = %v", err)
	}
}

func TestFilesArePrivateAndCompressedByName(t *testing.T) {
	plain, _, err := newFakeAWS(t).capture(t, calls.Request{Buckets: []string{"models"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for ending, open := range map[string]func(io.Reader) (io.Reader, error){
		".json":     func(r io.Reader) (io.Reader, error) { return r, nil },
		".json.gz":  func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		".json.zst": func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r) },
	} {
		path := filepath.Join(t.TempDir(), "s"+ending)
		if _, _, err := newFakeAWS(t).capture(t, calls.Request{Buckets: []string{"models"}}, func(o *calls.Options) { o.Output = path }); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if st, _ := f.Stat(); st.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", ending, st.Mode())
		}
		r, err := open(f)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		f.Close()
		if err != nil || strings.TrimSpace(string(text)) != plain {
			t.Errorf("%s does not hold the snapshot (%v)", ending, err)
		}
	}
}

func TestAPageTokenThatRepeatsEndsTheCall(t *testing.T) {
	f := newFakeAWS(t)
	f.answers["ec2.DescribeVpcs#page2"] = f.answers["ec2.DescribeVpcs"]
	_, rep, err := f.capture(t, calls.Request{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(rep.Gaps, func(g snapshot.Gap) bool { return g.Operation == "DescribeVpcs" }) {
		t.Errorf("gaps: %+v", rep.Gaps)
	}
}

func TestThrottledCallsAreTriedAgain(t *testing.T) {
	f := newFakeAWS(t)
	f.hook = func(op string) (int, string) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if op == "ec2.DescribeSubnets" && f.called[op] == 1 {
			return 503, "RequestLimitExceeded"
		}
		return 0, ""
	}
	load := append(f.load(t), config.WithRetryer(func() aws.Retryer { // ours, without the waits
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		})
	}))
	o := calls.Options{Request: calls.Request{VPCs: []string{"vpc-00000001"}, Regions: []string{"us-east-1"}},
		Output: filepath.Join(t.TempDir(), "s.json"), Now: func() time.Time { return someTime }}
	rep, err := Run(context.Background(), o, load...)
	if err != nil || len(rep.Gaps) > 0 || f.called["ec2.DescribeSubnets"] < 2 {
		t.Errorf("err %v, gaps %+v", err, rep)
	}
}

func TestRequestsThatMakeNoSense(t *testing.T) {
	for want, r := range map[string]calls.Request{
		"--vpc":         {VPCs: []string{"subnet-1"}},
		"--region":      {Regions: []string{"Virginia"}},
		"--bucket":      {Buckets: []string{"a/../b\x1b"}},
		"--role":        {Roles: []string{"arn:aws:iam::1:user/x"}},
		"--assume-role": {AssumeRoles: []string{"Auditor"}},
		"--all":         {AllRegions: true, Regions: []string{"us-east-1"}},
		"--external-id": {ExternalID: "x"},
		"--max-jobs":    {MaxJobs: -1},
	} {
		if err := r.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: err = %v", r, err)
		}
	}
}

func TestThePolicyNamesWhatTheRequestNames(t *testing.T) {
	var p struct {
		Version   string
		Statement []struct {
			Sid, Effect      string
			Action, Resource []string
		}
	}
	if err := json.Unmarshal(calls.Permissions(calls.Request{Buckets: []string{"models"}, Roles: []string{"arn:aws:iam::111122223333:role/Neo"}}), &p); err != nil {
		t.Fatal(err)
	}
	resources := map[string][]string{}
	for _, s := range p.Statement {
		for _, a := range s.Action {
			if strings.HasPrefix(a, "ec2:") {
				t.Errorf("no network is asked for, but %s is", a)
			}
			resources[a] = s.Resource
		}
	}
	if got := resources["s3:GetBucketPolicy"]; !slices.Equal(got, []string{"arn:aws:s3:::models"}) {
		t.Errorf("GetBucketPolicy on %v", got)
	}
	if got := resources["iam:GetRole"]; !slices.Equal(got, []string{"arn:aws:iam::111122223333:role/Neo"}) {
		t.Errorf("GetRole on %v", got)
	}
	for region, partition := range map[string]string{"cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov", "eu-west-1": "aws"} {
		text := string(calls.Permissions(calls.Request{Buckets: []string{"models"}, Roles: []string{"Neo"}, Regions: []string{region}}))
		for _, arn := range []string{"arn:" + partition + ":s3:::models", "arn:" + partition + ":iam::*:role/Neo", "arn:" + partition + ":iam::*:role/*/Neo"} {
			if !strings.Contains(text, `"`+arn+`"`) {
				t.Errorf("%s: no %s in %s", region, arn, text)
			}
		}
	}
}
