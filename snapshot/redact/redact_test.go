package redact_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/canreach/canreach/internal/testkit/synth"
	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/redact"
)

const example = "../../testdata/examples/neo-compile"

func exampleSnapshots(t *testing.T) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	files, err := filepath.Glob(example + "/broken/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no examples", err)
	}
	for _, f := range append(files, example+"/snapshot.json") {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(f)] = text
	}
	return out
}

// outcome is what a verdict says, without names.
type outcome struct {
	Verdict    string
	Findings   []string
	Placements []string
	Unknowns   int
}

func outcomeOf(t *testing.T, native []byte, q sim.Question) outcome {
	t.Helper()
	s, err := snapshot.Parse(native)
	if err != nil {
		t.Fatal(err)
	}
	a, err := sim.NewWorld(s).Check(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	o := outcome{Verdict: a.Verdict.String(), Unknowns: len(a.Unknowns)}
	for _, f := range a.Findings {
		o.Findings = append(o.Findings, f.Code.String()+" "+f.Gate.String()+" "+f.Severity.String())
	}
	slices.Sort(o.Findings)
	for _, p := range a.Placements {
		line := p.Verdict.String() + " " + p.Network.Verdict.String()
		for _, r := range p.Requests {
			line += " " + r.Action + "=" + r.Verdict.String()
		}
		o.Placements = append(o.Placements, line)
	}
	slices.Sort(o.Placements)
	return o
}

// redacted returns the question as the redacted snapshot has its names.
func redacted(r *redact.Redactor, q sim.Question) sim.Question {
	q.Bucket = r.Text(q.Bucket)
	q.Job.RoleARN = r.Text(q.Job.RoleARN)
	q.Job.Account = r.Text(q.Job.Account)
	q.Account = r.Text(q.Account)
	locations := func(in []snapshot.S3Location) []snapshot.S3Location {
		out := slices.Clone(in)
		for i := range out {
			out[i].URI, out[i].Bucket, out[i].Prefix, out[i].KMSKeyID = r.Text(in[i].URI), r.Text(in[i].Bucket), r.Text(in[i].Prefix), r.Text(in[i].KMSKeyID)
		}
		return out
	}
	q.Job.Inputs, q.Job.Outputs = locations(q.Job.Inputs), locations(q.Job.Outputs)
	return q
}

// TestARedactedSnapshotGivesTheSameVerdicts asks the example and its broken
// variants the same questions before and after, with several keys.
func TestARedactedSnapshotGivesTheSameVerdicts(t *testing.T) {
	job, err := snapshot.LoadJob(example+"/job.json", snapshot.Options{})
	if err != nil {
		t.Fatal(err)
	}
	questions := map[string]sim.Question{
		"what the job says": {Job: job},
		"read objects":      {Job: job, Bucket: "arn:aws:s3:::" + job.Inputs[0].Bucket + "/*"},
		"delete":            {Job: job, Bucket: "arn:aws:s3:::" + job.Inputs[0].Bucket + "/*", Actions: []string{"s3:DeleteObject"}},
		"another bucket":    {Job: job, Bucket: "arn:aws:s3:::no-such-bucket-of-ours/x"},
	}
	for name, native := range exampleSnapshots(t) {
		for _, key := range []string{"a", "b", "c"} {
			r, err := redact.New(native, []byte(key))
			if err != nil {
				t.Errorf("%s, key %s: %v", name, key, err)
				continue
			}
			after := r.Snapshot(native)
			for asked, q := range questions {
				was, is := outcomeOf(t, native, q), outcomeOf(t, after, redacted(r, q))
				if a, b := asText(t, was), asText(t, is); a != b {
					t.Errorf("%s, key %s, %s:\nbefore %s\nafter  %s", name, key, asked, a, b)
				}
			}
		}
	}
}

// TestARedactedLargeAccountGivesTheSameVerdicts does so for generated accounts,
// with every class of their interfaces.
func TestARedactedLargeAccountGivesTheSameVerdicts(t *testing.T) {
	for seed := range uint64(2) {
		plan := synth.New(synth.Options{Interfaces: 300, Seed: seed})
		var b bytes.Buffer
		if err := plan.Write(&b); err != nil {
			t.Fatal(err)
		}
		r, err := redact.New(b.Bytes(), []byte("k"))
		if err != nil {
			t.Fatal(err)
		}
		after := r.Snapshot(b.Bytes())
		for i, class := range plan.Classes[:min(12, len(plan.Classes))] {
			job := snapshot.Job{Account: class.Account, RoleARN: plan.Roles[i%len(plan.Roles)], HasVPCConfig: true, Instances: 1, Subnets: []snapshot.SubnetID{snapshot.SubnetID(class.Subnet)}}
			for _, g := range class.Groups {
				job.SecurityGroups = append(job.SecurityGroups, snapshot.SecurityGroupID(g))
			}
			for _, bucket := range plan.Buckets[:3] {
				q := sim.Question{Job: job, Bucket: "arn:aws:s3:::" + bucket + "/*"}
				was, is := asText(t, outcomeOf(t, b.Bytes(), q)), asText(t, outcomeOf(t, after, redacted(r, q)))
				if was != is {
					t.Errorf("seed %d, %s, %s:\nbefore %s\nafter  %s", seed, class.Subnet, bucket, was, is)
				}
			}
		}
	}
}

// TestARedactedWorldGivesTheSameVerdict breaks the worlds of the tests in ways
// of every gate, two at a time, and asks before and after.
func TestARedactedWorldGivesTheSameVerdict(t *testing.T) {
	tag := func(key, value string) world.Obj { return world.Obj{"Key": key, "Value": value} }
	role := world.Set("RoleDetailList", world.Role, "Tags", world.List{tag("pin", "48151623"), tag("team", "genomics")})
	pin := func(value string) world.Edit {
		return world.BucketPolicy("reports", world.Doc(world.For("*", world.If("StringNotEquals", "aws:PrincipalTag/pin", value, world.Deny("s3:*", "*")))))
	}
	edits := []world.Edit{
		world.All(), world.NoS3Route(), world.NAT(), world.IFE(), world.Egress("sg-1"), world.Filter("subnet-1"), world.BPA("block-bidirectional"),
		world.EncryptionControl("vpc-1", "enforce"), world.NotCollected("VpcEndpoints"), world.NotCollected("NetworkAcls"),
		world.All(role, pin("48151623")), world.All(role, pin("48151624")),
		world.Identity(world.Role, world.Doc(world.If("NumericLessThan", "s3:max-keys", "1000", world.Allow("s3:*", "*")))),
		world.Identity(world.Role, world.Doc(world.If("DateLessThan", "aws:CurrentTime", "1735689600", world.Allow("s3:*", "*")))),
		world.BucketPolicy("reports", world.Doc(world.For("*", world.If("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*", world.Deny("s3:GetObject", "arn:aws:s3:::rep*/2024/*"))))),
		world.BucketPolicy("reports", world.Doc(world.For("*", world.If("NotIpAddress", "aws:VpcSourceIp", "10.0.0.0/16", world.Deny("s3:*", "*"))))),
		world.BucketPolicy("reports", world.Doc(world.For("*", world.If("StringNotEquals", "aws:SourceVpce", "vpce-0123456789abcdef0", world.Deny("s3:*", "*"))))),
	}
	job := snapshot.Job{RoleARN: world.Role, HasVPCConfig: true, Instances: 1, Subnets: []snapshot.SubnetID{"subnet-1"}, SecurityGroups: []snapshot.SecurityGroupID{"sg-1"}}
	q := sim.Question{Job: job, Bucket: "arn:aws:s3:::reports/2024/*", Actions: []string{"s3:GetObject", "s3:ListBucket"}}
	seen := map[string]bool{}
	for i, one := range edits {
		for j, other := range edits[:max(i, 1)] {
			native := world.Network(other, one).JSON()
			r, err := redact.New(native, []byte("k"))
			if err != nil {
				t.Fatalf("edits %d and %d: %v", i, j, err)
			}
			was := outcomeOf(t, native, q)
			seen[was.Verdict] = true
			if a, b := asText(t, was), asText(t, outcomeOf(t, r.Snapshot(native), redacted(r, q))); a != b {
				t.Errorf("edits %d and %d:\nbefore %s\nafter  %s", i, j, a, b)
			}
		}
	}
	if len(seen) < 3 {
		t.Errorf("only %v: the edits do not reach the verdicts", seen)
	}
}

// What the owner made up is replaced wherever it stands, what AWS made up is
// not, and the map of names tells of all that was replaced.
func TestNumbersKeysAndIDs(t *testing.T) {
	native := small(`{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::genomes-raw/patients/2024/*","Condition":{` +
		`"NumericGreaterThan":{"s3:max-keys":"100000"},"ArnEquals":{"aws:SourceArn":"arn:aws:ec2:us-east-1:111122223333:instance/i-0abc12345678def01"},` +
		`"StringEquals":{"ec2:ImageID":"arn:aws:ec2:us-east-1::image/ami-0123456789abcdef0","aws:PrincipalTag/pin":"48151623"}}}]}`)
	extra := `,"Lambda":[{"Environment":{"Variables":{"DB_PASSWORD":"20482048","Version":"tiger"}},"Tags":{"Reason":"walrus","zebra":"penguin"}}],"Kms":[{"Tags":[{"TagKey":"badger","TagValue":"31337"}]}]`
	native = append(bytes.TrimSuffix(native, []byte("]}")), []byte("]"+extra+"}")...)
	r, err := redact.New(native, []byte("k"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(r.Snapshot(native))
	for _, gone := range []string{"48151623", "20482048", "DB_PASSWORD", "tiger", "walrus", "penguin", "owner\":", "badger", "31337", "patients", "2024", "PrincipalTag/pin"} {
		if strings.Contains(text, gone) {
			t.Errorf("%s is left in %s", gone, text)
		}
	}
	for _, stays := range []string{"100000", ":instance/i-0abc12345678def01", "us-east-1::image/ami-0123456789abcdef0", `"TagKey"`, `"Variables"`} {
		if !strings.Contains(text, stays) {
			t.Errorf("no %s in %s", stays, text)
		}
	}
	names := r.Names(native)
	for _, name := range []string{"arn:aws:s3:::genomes-raw/patients/2024/*", "48151623", "DB_PASSWORD", "10.20.0.0/16", "111122223333", "genomes-raw", "zebra", "walrus"} {
		if names[name] == "" || names[name] == name || !strings.Contains(text, names[name]) {
			t.Errorf("%s is named %q", name, names[name])
		}
	}
}

// Each range was once compared with every VPC at every bit.
func TestManyVPCsAndRanges(t *testing.T) {
	var vpcs, ranges []string
	for i := range 4000 {
		vpcs = append(vpcs, fmt.Sprintf(`{"VpcId":"vpc-%d","CidrBlock":"10.%d.%d.0/24"}`, i, i>>8, i&255))
		ranges = append(ranges, fmt.Sprintf(`{"CidrIp":"100.%d.%d.0/24"}`, 64+i>>8, i&255))
	}
	native := []byte(`{"schema":"canreach.snapshot/v1","accounts":[{"accountId":"111122223333","regions":[{"region":"us-east-1","ec2":{"Vpcs":[` + strings.Join(vpcs, ",") +
		`],"SecurityGroups":[{"GroupId":"sg-1","VpcId":"vpc-1","IpPermissions":[{"IpProtocol":"-1","IpRanges":[` + strings.Join(ranges, ",") + `]}],"IpPermissionsEgress":[]}]}}]}]}`)
	start := time.Now()
	r, err := redact.New(native, []byte("k"))
	if err != nil {
		t.Fatal(err)
	}
	r.Snapshot(native)
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("%v for 4,000 VPCs and as many ranges", took)
	}
}

func asText(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestNothingOfTheOwnerIsLeft(t *testing.T) {
	native := exampleSnapshots(t)["snapshot.json"]
	s, err := snapshot.Parse(native)
	if err != nil {
		t.Fatal(err)
	}
	r, err := redact.New(native, []byte("k"))
	if err != nil {
		t.Fatal(err)
	}
	after := string(r.Snapshot(native))
	var secrets []string
	for _, a := range s.Accounts {
		secrets = append(secrets, a.ID)
		for _, b := range a.S3.Buckets.Items {
			secrets = append(secrets, b.Name)
		}
		for _, role := range a.IAM.Roles.Items {
			if !strings.Contains(role.ARN, "aws-service-role") {
				secrets = append(secrets, ":role/"+role.Name+`"`, role.ID)
			}
		}
		for _, g := range a.Regions {
			for _, v := range g.EC2.VPCs.Items {
				for _, c := range v.CIDRs {
					secrets = append(secrets, `"`+c.String()+`"`)
				}
			}
		}
	}
	left := 0
	for _, secret := range secrets {
		if strings.Contains(after, secret) {
			t.Logf("still there: %s", secret)
			left++
		}
	}
	// A /16 of 10.0.0.0/8 may be its own replacement (1 of 256), a name of public words only stays.
	if left > 0 {
		t.Errorf("%d of %d names and addresses are still there", left, len(secrets))
	}
	if again := string(r.Snapshot(native)); again != after {
		t.Error("the second time it is redacted otherwise")
	}
}

// small is a small snapshot with text in place of POLICY.
func small(policy string) []byte {
	return []byte(`{"schema":"canreach.snapshot/v1","accounts":[{"accountId":"111122223333","regions":[{"region":"us-east-1","ec2":{` +
		`"Vpcs":[{"VpcId":"vpc-1","CidrBlock":"10.20.0.0/16"}],"PrefixLists":[{"PrefixListId":"pl-1","PrefixListName":"com.amazonaws.us-east-1.s3","Cidrs":["52.216.0.0/15"]}],` +
		`"VpcEndpoints":[{"VpcEndpointId":"vpce-1","PolicyDocument":` + asString(policy) + `}]}}],` +
		`"s3":{"buckets":[{"Name":"genomes-raw","region":"us-east-1"},{"Name":"genomeling","region":"us-east-1"},{"Name":"reports","region":"us-east-1"}]}}]}`)
}

func asString(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func TestReplacements(t *testing.T) {
	native := small(`{"Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:Get*"],"Resource":["arn:aws:s3:::genome*","arn:aws:s3:::*orts/*"],` +
		`"Condition":{"IpAddress":{"aws:VpcSourceIp":["10.20.1.0/24","10.0.0.0/8"],"aws:SourceIp":"52.216.0.0/16"},"StringLike":{"aws:PrincipalTag/Team":"${aws:PrincipalTag/team}"}}}]}`)
	r, err := redact.New(native, []byte("k"))
	if err != nil {
		t.Fatal(err)
	}
	same := func(s string) {
		t.Helper()
		if got := r.Text(s); got != s {
			t.Errorf("%s became %s", s, got)
		}
	}
	for _, s := range []string{"us-east-1", "vpc-0a1b2c3d4e5f60718", "com.amazonaws.us-east-1.s3", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "0.0.0.0/0", "10.0.0.0/8",
		"52.216.0.0/15", "52.216.3.0/24", "sagemaker.amazonaws.com", "ecs-tasks.amazonaws.com", "states.us-east-1.amazonaws.com", "sagemaker.application-autoscaling.amazonaws.com", "::/0",
		"VPC Endpoint Interface vpce-0a1b2c3d4e5f60718", "ReadOnly", "169.254.169.254", "AmazonProvidedDNS", "2026-11-23T08:00:00Z"} {
		same(s)
	}
	for _, s := range []string{"genomes-raw", "arn:aws:iam::111122223333:role/Neo", "10.20.1.5", "203.0.114.7/32", "2001:db8:1::/48", "s3://genomes-raw/in", "genomes-raw.s3.amazonaws.com", "genomes-raw.s3.us-east-1.amazonaws.com", "ip-10-20-1-5.ec2.internal", "AROAABCDEFGHIJKLMNOPQ"} {
		if got := r.Text(s); got == s || len(got) != len(s) && !strings.Contains(s, ".") && !strings.Contains(s, ":") {
			t.Errorf("%s became %s", s, got)
		}
	}
	genomes, genomeling, pattern := r.Text("genomes-raw"), r.Text("genomeling"), r.Text("genome*")
	prefix := strings.TrimSuffix(pattern, "*")
	if !strings.HasPrefix(genomes, prefix) || !strings.HasPrefix(genomeling, prefix) || strings.HasPrefix(r.Text("reports"), prefix) {
		t.Errorf("genome* became %s; the names %s, %s", pattern, genomes, genomeling)
	}
	if a, b := r.Text("Team"), r.Text("team"); !strings.EqualFold(a, b) || a == b {
		t.Errorf("case: %s and %s", a, b)
	}
	text := string(r.Snapshot(native))
	for _, pattern := range []string{`"s3:Get\*`, `aws:VpcSourceIp`, `aws:PrincipalTag/[A-Z][a-z]{3}\\"`, `\$\{aws:PrincipalTag/[a-z]{4}\}`, `"10\.0\.0\.0/8`} {
		if !regexp.MustCompile(strings.ReplaceAll(pattern, `"`, `\\?"`)).MatchString(text) {
			t.Errorf("no %s in\n%s", pattern, text)
		}
	}
	if strings.Contains(text, "10.20.") || strings.Contains(text, "enom") {
		t.Errorf("left:\n%s", text)
	}
}

// TestEncryptionControlsStayReadable: their words and ids say nothing of the
// owner, and their messages may.
func TestEncryptionControlsStayReadable(t *testing.T) {
	native := []byte(`{"schema":"canreach.snapshot/v1","accounts":[{"accountId":"111122223333","regions":[{"region":"us-east-1","ec2":{"VpcEncryptionControls":[` +
		`{"VpcEncryptionControlId":"vpcec-0a1b2c3d4e5f60718","VpcId":"vpc-1","Mode":"enforce","State":"available","StateMessage":"ask genomics",` +
		`"ResourceExclusions":{"NatGateway":{"State":"enabled"}},"Tags":[{"Key":"team","Value":"genomics"}]}]}}]}]}`)
	r, err := redact.New(native, []byte("k"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(r.Snapshot(native))
	for _, kept := range []string{`"vpcec-0a1b2c3d4e5f60718"`, `"Mode":"enforce"`, `"State":"available"`, `{"NatGateway":{"State":"enabled"}}`} {
		if !strings.Contains(text, kept) {
			t.Errorf("no %s in %s", kept, text)
		}
	}
	if strings.Contains(text, "genomics") {
		t.Errorf("left: %s", text)
	}
}

func TestAPatternThatCannotBeKept(t *testing.T) {
	// Part of an account id: no replacement of the whole keeps what it matches.
	native := []byte(`{"schema":"canreach.snapshot/v1","accounts":[{"accountId":"111122223333"},{"accountId":"111144445555"},{"accountId":"222244445555"}],` +
		`"organizations":{"serviceControlPolicies":[{"Id":"p-1","Content":{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalAccount":"1111*5"}}}]}}]}}`)
	if _, err := redact.New(native, []byte("k")); err == nil || !strings.Contains(err.Error(), "1111*5") {
		t.Errorf("err = %v", err)
	}
}
