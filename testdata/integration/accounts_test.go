//go:build integration

package integration

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/canreach/canreach/sim"
)

const otherBucket = "it-elsewhere"

// owner is a member account of the organization that owns a bucket and the
// key that the bucket's objects are encrypted with. The account of world has
// the VPC and the role, and manages the organization.
type owner struct {
	*world
	id, unit, key string
	creds         aws.Credentials
	s3            *s3.Client
	kms           *kms.Client
}

func auditor(account string) string { return "arn:aws:iam::" + account + ":role/Auditor" }

// member adds an account to the organization, in a unit of its own. The
// server takes the account of an assumed role for the caller's, as AWS does.
func (w *world) member(name string) (id, unit string, keys aws.Credentials) {
	t := w.t
	t.Helper()
	created := must[*organizations.CreateAccountOutput](t)(w.org.CreateAccount(w.ctx, &organizations.CreateAccountInput{AccountName: &name, Email: aws.String(name + "@example.com")}))
	id = *created.CreateAccountStatus.AccountId
	root := must[*organizations.ListRootsOutput](t)(w.org.ListRoots(w.ctx, &organizations.ListRootsInput{})).Roots[0].Id
	unit = *must[*organizations.CreateOrganizationalUnitOutput](t)(w.org.CreateOrganizationalUnit(w.ctx, &organizations.CreateOrganizationalUnitInput{ParentId: root, Name: &name})).OrganizationalUnit.Id
	must[*organizations.MoveAccountOutput](t)(w.org.MoveAccount(w.ctx, &organizations.MoveAccountInput{AccountId: &id, SourceParentId: root, DestinationParentId: &unit}))
	assumed := must[*sts.AssumeRoleOutput](t)(sts.NewFromConfig(w.cfg).AssumeRole(w.ctx, &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::" + id + ":role/Builder"), RoleSessionName: aws.String("build")})).Credentials
	return id, unit, aws.Credentials{AccessKeyID: *assumed.AccessKeyId, SecretAccessKey: *assumed.SecretAccessKey, SessionToken: *assumed.SessionToken}
}

func newOwner(t *testing.T, w *world) *owner {
	t.Helper()
	o := &owner{world: w}
	o.id, o.unit, o.creds = w.member("data")
	cfg := w.cfg.Copy()
	cfg.Credentials = credentials.StaticCredentialsProvider{Value: o.creds}
	o.s3, o.kms = s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }), kms.NewFromConfig(cfg)

	o.key = *must[*kms.CreateKeyOutput](t)(o.kms.CreateKey(w.ctx, &kms.CreateKeyInput{})).KeyMetadata.Arn
	o.keyPolicy(w.role)
	must[*s3.CreateBucketOutput](t)(o.s3.CreateBucket(w.ctx, &s3.CreateBucketInput{Bucket: aws.String(otherBucket)}))
	must[*s3.PutBucketOwnershipControlsOutput](t)(o.s3.PutBucketOwnershipControls(w.ctx, &s3.PutBucketOwnershipControlsInput{Bucket: aws.String(otherBucket),
		OwnershipControls: &s3types.OwnershipControls{Rules: []s3types.OwnershipControlsRule{{ObjectOwnership: s3types.ObjectOwnershipBucketOwnerEnforced}}}}))
	must[*s3.PutBucketEncryptionOutput](t)(o.s3.PutBucketEncryption(w.ctx, &s3.PutBucketEncryptionInput{Bucket: aws.String(otherBucket), ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{
		Rules: []s3types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{SSEAlgorithm: s3types.ServerSideEncryptionAwsKms, KMSMasterKeyID: &o.key}}}}}))
	o.grant(w.role)

	w.endpointPolicy(strings.ReplaceAll(openPolicy, bucket, otherBucket))
	must[*iam.PutRolePolicyOutput](t)(w.iam.PutRolePolicy(w.ctx, &iam.PutRolePolicyInput{RoleName: aws.String("it-neo"), PolicyName: aws.String("it-kms"), PolicyDocument: document("Allow", o.key, "kms:Decrypt")}))
	return o
}

// keyPolicy lets the owner's account and one role use the key.
func (o *owner) keyPolicy(role string) {
	text := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::%s:root"},"Action":"kms:*","Resource":"*"},{"Effect":"Allow","Principal":{"AWS":"%s"},"Action":"kms:Decrypt","Resource":"*"}]}`, o.id, role)
	must[*kms.PutKeyPolicyOutput](o.t)(o.kms.PutKeyPolicy(o.ctx, &kms.PutKeyPolicyInput{KeyId: &o.key, PolicyName: aws.String("default"), Policy: &text}))
}

// grant lets a principal of another account read the bucket.
func (o *owner) grant(principal string) {
	text := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"%[2]s"},"Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::%[1]s","arn:aws:s3:::%[1]s/*"]}]}`, otherBucket, principal)
	must[*s3.PutBucketPolicyOutput](o.t)(o.s3.PutBucketPolicy(o.ctx, &s3.PutBucketPolicyInput{Bucket: aws.String(otherBucket), Policy: &text}))
}

// control attaches a control policy, and returns what takes it away again.
func (w *world) control(kind orgtypes.PolicyType, target, action string) (remove func()) {
	text := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"%s","Resource":"*"}]}`, action)
	if kind == orgtypes.PolicyTypeResourceControlPolicy {
		text = strings.Replace(text, `"Action"`, `"Principal":"*","Action"`, 1)
	}
	id := must[*organizations.CreatePolicyOutput](w.t)(w.org.CreatePolicy(w.ctx, &organizations.CreatePolicyInput{Type: kind, Name: aws.String("it-" + action), Description: aws.String("d"), Content: &text})).Policy.PolicySummary.Id
	must[*organizations.AttachPolicyOutput](w.t)(w.org.AttachPolicy(w.ctx, &organizations.AttachPolicyInput{PolicyId: id, TargetId: &target}))
	return func() {
		must[*organizations.DetachPolicyOutput](w.t)(w.org.DetachPolicy(w.ctx, &organizations.DetachPolicyInput{PolicyId: id, TargetId: &target}))
		must[*organizations.DeletePolicyOutput](w.t)(w.org.DeletePolicy(w.ctx, &organizations.DeletePolicyInput{PolicyId: id}))
	}
}

// TestTwoAccountsInOneSnapshot captures the account with the VPC and the role
// and the account with the bucket and the key in one run, and breaks what
// each of the two owns.
func TestTwoAccountsInOneSnapshot(t *testing.T) {
	w, p := setUp(t)
	o := newOwner(t, w)
	both := []string{"--assume-role", auditor(account), "--assume-role", auditor(o.id)}
	// PARTIAL below: GetObject fails, ListBucket does not.
	ask := func(file string) (sim.Answer, []string) { return p.checkBucket(file, w.job, otherBucket) }

	p.mustCapture("both.json", both...)
	validate(t, filepath.Join(p.dir, "both.json"))
	p.mustCapture("both-job.json", append(both, "--job", w.job, "--bucket", otherBucket)...)
	for _, file := range []string{"both.json", "both-job.json"} {
		if a, codes := ask(file); a.Verdict != sim.Reachable {
			t.Fatalf("%s, before anything is broken: %s %v %+v", file, a.Verdict, codes, a.Unknowns)
		}
	}

	var remove func()
	for _, c := range []struct {
		name         string
		break_, mend func()
		verdict      sim.Verdict
		gate, code   string
	}{
		{"the bucket's policy names another role", func() { o.grant("arn:aws:iam::" + account + ":role/another") }, func() { o.grant(w.role) }, sim.Blocked, "bucket-policy", "BUCKET_POLICY_NO_ALLOW"},
		{"the bucket's policy trusts the whole account", func() { o.grant(account) }, func() { o.grant(w.role) }, sim.Reachable, "", ""},
		{"the role's policy lacks S3", func() { w.inline(false) }, func() { w.inline(true) }, sim.Blocked, "role", "ROLE_NO_ALLOW"},
		{"the key's policy names another role", func() { o.keyPolicy("arn:aws:iam::" + account + ":role/another") }, func() { o.keyPolicy(w.role) }, sim.Partial, "kms", ""},
		{"an RCP above the bucket's account", func() { remove = o.control(orgtypes.PolicyTypeResourceControlPolicy, o.unit, "s3:GetObject") }, func() { remove() }, sim.Partial, "rcp", ""},
		{"an SCP above the bucket's account is not the caller's", func() { remove = o.control(orgtypes.PolicyTypeServiceControlPolicy, o.unit, "s3:*") }, func() { remove() }, sim.Reachable, "", ""},
	} {
		c.break_()
		p.mustCapture("broken.json", append(both, "--job", w.job, "--bucket", otherBucket)...)
		a, codes := ask("broken.json")
		at := func(f sim.Finding) bool {
			return f.Severity == sim.Blocker && f.Gate.String() == c.gate && (c.code == "" || f.Code.String() == c.code)
		}
		if a.Verdict != c.verdict || c.gate != "" && !slices.ContainsFunc(a.Findings, at) {
			t.Errorf("%s: %s %v %+v", c.name, a.Verdict, codes, a.Unknowns)
		}
		c.mend()
	}
	p.mustCapture("mended.json", both...)
	if withoutHeader(t, filepath.Join(p.dir, "mended.json")) != withoutHeader(t, filepath.Join(p.dir, "both.json")) {
		t.Error("mended, the accounts are not as they were")
	}
}

// TestOneOfTwoAccounts captures without the account that owns the bucket.
func TestOneOfTwoAccounts(t *testing.T) {
	w, p := setUp(t)
	o := newOwner(t, w)
	p.mustCapture("one.json")
	if a, codes := p.checkBucket("one.json", w.job, otherBucket); a.Verdict != sim.Unknown || len(a.Unknowns) == 0 {
		t.Errorf("without the owner's account: %s %v", a.Verdict, codes)
	}

	// The owner's account refuses: the other is captured all the same.
	p.proxy.cause(func(op string, call int) trouble {
		if op == "sts.AssumeRole" && call == 2 {
			return trouble{status: 403, code: "AccessDenied"}
		}
		return trouble{}
	})
	stderr, status := p.capture("--out", "refused.json", "--strict", "--assume-role", auditor(account), "--assume-role", auditor(o.id))
	if status != 3 || !strings.Contains(stderr, "gap: "+o.id) || !strings.Contains(stderr, "AssumeRole") {
		t.Errorf("status %d\n%s", status, stderr)
	}
	if a, codes := p.checkBucket("refused.json", w.job, otherBucket); a.Verdict != sim.Unknown {
		t.Errorf("without the owner's account: %s %v", a.Verdict, codes)
	}
	if a, codes := p.checkBucket("refused.json", w.job, bucket); a.Verdict == sim.Unknown {
		t.Errorf("a bucket of the account that was captured: %s %v %+v", a.Verdict, codes, a.Unknowns)
	}
}

// TestProfilesAreAccounts captures the two accounts by profiles of the AWS
// configuration, which gives what their roles give.
func TestProfilesAreAccounts(t *testing.T) {
	w, p := setUp(t)
	o := newOwner(t, w)
	p.mustCapture("roles.json", "--assume-role", auditor(account), "--assume-role", auditor(o.id))
	p.config = filepath.Join(p.dir, "config")
	text := fmt.Sprintf("[profile vpc]\nregion = %s\naws_access_key_id = test\naws_secret_access_key = test\n[profile data]\naws_access_key_id = %s\naws_secret_access_key = %s\naws_session_token = %s\n",
		region, o.creds.AccessKeyID, o.creds.SecretAccessKey, o.creds.SessionToken)
	if err := os.WriteFile(p.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p.mustCapture("profiles.json", "--profile", "data,vpc")
	if withoutHeader(t, filepath.Join(p.dir, "profiles.json")) != withoutHeader(t, filepath.Join(p.dir, "roles.json")) {
		t.Error("by profiles, another snapshot than by roles")
	}
	for _, file := range []string{"profiles.json", "roles.json"} {
		captured, err := os.ReadFile(filepath.Join(p.dir, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{o.creds.SecretAccessKey, o.creds.SessionToken, o.creds.AccessKeyID} {
			if strings.Contains(string(captured), secret) {
				t.Errorf("%s holds %q", file, secret)
			}
		}
	}
}

// TestControlPoliciesOfAMember: the job, its role and its bucket are a member
// account's, and what the organization forbids above it counts.
func TestControlPoliciesOfAMember(t *testing.T) {
	server, p := newServer(t)
	management := &world{t: t, ctx: context.Background(), cfg: configOf(t, server, ownKeys)}
	management.org = organizations.NewFromConfig(management.cfg)
	management.organization()
	id, unit, keys := management.member("jobs")
	w := newAccount(t, configOf(t, server, keys))
	both := []string{"--assume-role", auditor(account), "--assume-role", auditor(id), "--job", w.job}

	root := must[*organizations.ListRootsOutput](t)(management.org.ListRoots(w.ctx, &organizations.ListRootsInput{})).Roots[0].Id
	open := func() (remove func()) { return func() {} }
	for _, c := range []struct {
		name    string
		attach  func() (remove func())
		verdict sim.Verdict
		code    string
	}{
		{"nothing", open, sim.Reachable, ""},
		{"an SCP at the root", func() func() { return management.control(orgtypes.PolicyTypeServiceControlPolicy, *root, "s3:*") }, sim.Blocked, "SCP_EXPLICIT_DENY"},
		{"an SCP at the unit", func() func() {
			return management.control(orgtypes.PolicyTypeServiceControlPolicy, unit, "s3:GetObject")
		}, sim.Partial, "SCP_EXPLICIT_DENY"},
		{"an SCP at the account", func() func() { return management.control(orgtypes.PolicyTypeServiceControlPolicy, id, "s3:*") }, sim.Blocked, "SCP_EXPLICIT_DENY"},
		{"an SCP at another unit", func() func() {
			return management.control(orgtypes.PolicyTypeServiceControlPolicy, management.unit, "s3:*")
		}, sim.Reachable, ""},
		{"an RCP at the unit", func() func() {
			return management.control(orgtypes.PolicyTypeResourceControlPolicy, unit, "s3:GetObject")
		}, sim.Partial, "RCP_EXPLICIT_DENY"},
		{"nothing again", open, sim.Reachable, ""},
	} {
		remove := c.attach()
		p.mustCapture("s.json", both...)
		a, codes := p.check("s.json", w.job)
		if a.Verdict != c.verdict || c.code != "" && !slices.Contains(codes, c.code) {
			t.Errorf("%s: %s %v %+v", c.name, a.Verdict, codes, a.Unknowns)
		}
		remove()
	}

	// As on AWS, a member may not list the organization's policies.
	p.proxy.cause(func(op string, _ int) trouble {
		if strings.HasPrefix(op, "organizations.") && op != "organizations.DescribeOrganization" {
			return trouble{status: 400, code: "AccessDeniedException"}
		}
		return trouble{}
	})
	if stderr, status := p.capture("--out", "member.json", "--strict", "--assume-role", auditor(id), "--job", w.job); status != 3 {
		t.Errorf("status %d\n%s", status, stderr)
	}
	a, codes := p.check("member.json", w.job)
	if named := func(m sim.Missing) bool { return strings.Contains(m.Gap, "organizations ListP") }; a.Verdict != sim.Unknown || !slices.ContainsFunc(a.Unknowns, named) {
		t.Errorf("a member alone: %s %v %+v", a.Verdict, codes, a.Unknowns)
	}
}

// TestTheOrganizationByItsRole captures every account of the organization by
// the name of a role; merged, the files are what one capture of both gives.
func TestTheOrganizationByItsRole(t *testing.T) {
	w, p := setUp(t)
	o := newOwner(t, w)
	p.mustCapture("both.json", "--assume-role", auditor(account), "--assume-role", auditor(o.id))
	p.mustCapture("org", "--organization-role", "Auditor")
	if out, errs, status := p.run("snapshot", "merge", "org/index.json", "--out", "merged.json"); status != 0 {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	for _, file := range []string{"both.json", "merged.json"} {
		if a, codes := p.checkBucket(file, w.job, otherBucket); a.Verdict != sim.Reachable {
			t.Errorf("%s: %s %v %+v", file, a.Verdict, codes, a.Unknowns)
		}
	}
	stderr, status := p.capture("--out", "org", "--organization-role", "Auditor", "--resume")
	if status != 2 || !strings.Contains(stderr, "nothing to resume") {
		t.Errorf("status %d\n%s", status, stderr)
	}
}
