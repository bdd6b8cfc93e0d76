package capture

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/canreach/canreach/internal/testkit/awswire"
	"github.com/canreach/canreach/snapshot/capture/calls"
)

// TestNothingButTheIdentityIsNoSnapshot: a file without a fact is worth less
// than the older one.
func TestNothingButTheIdentityIsNoSnapshot(t *testing.T) {
	for name, r := range map[string]calls.Request{"everything": {}, "a bucket": {Buckets: []string{"models"}}, "a role": {Roles: []string{"Neo"}}} {
		f := newFakeAWS(t)
		f.hook = func(op string) (int, string) {
			if strings.HasPrefix(op, "sts.") || op == "organizations.DescribeOrganization" {
				return 0, ""
			}
			return 403, "AccessDenied"
		}
		output := filepath.Join(t.TempDir(), "s.json")
		if err := os.WriteFile(output, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Run(context.Background(), optionsTo(output, r), f.load(t)...)
		if err == nil || !strings.Contains(err.Error(), "nothing could be read") || !strings.Contains(err.Error(), "AccessDenied") {
			t.Errorf("%s: err = %v", name, err)
		}
		if text, _ := os.ReadFile(output); string(text) != "old" {
			t.Errorf("%s: the old file holds %q", name, text)
		}
		if left, _ := filepath.Glob(output + "?*"); len(left) > 0 {
			t.Errorf("%s: left behind %v", name, left)
		}
	}
}

// TestAFileThatCannotBeReadReplacesNothing: the answer's CIDR is none.
func TestAFileThatCannotBeReadReplacesNothing(t *testing.T) {
	f := newFakeAWS(t)
	for name, answer := range f.answers {
		if strings.HasPrefix(name, "ec2.DescribeSubnets") {
			f.answers[name] = strings.ReplaceAll(answer, "<cidrBlock>", "<cidrBlock>none-of-")
		}
	}
	output := filepath.Join(t.TempDir(), "s.json")
	if err := os.WriteFile(output, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Run(context.Background(), optionsTo(output, calls.Request{}), f.load(t)...)
	if err == nil || !strings.Contains(err.Error(), "does not make a readable snapshot") || !strings.Contains(err.Error(), "none-of-") {
		t.Errorf("err = %v", err)
	}
	if text, _ := os.ReadFile(output); string(text) != "old" {
		t.Errorf("the old file holds %q", text)
	}
}

const vpcPage = `<DescribeVpcsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><vpcSet><item><vpcId>vpc-00000001</vpcId><cidrBlock>%s</cidrBlock></item></vpcSet>%s</DescribeVpcsResponse>`

// TestRepeatedItems: equal items of two pages are one; differing ones are a gap.
func TestRepeatedItems(t *testing.T) {
	for name, c := range map[string]struct {
		second string
		status status
	}{"equal": {"10.0.0.0/16", done}, "differing": {"10.1.0.0/16", failed}} {
		w := newWired(t, func(call int, _ string) string {
			if call == 1 {
				return fmt.Sprintf(vpcPage, "10.0.0.0/16", "<nextToken>two</nextToken>")
			}
			return fmt.Sprintf(vpcPage, c.second, "")
		})
		res := w.call(w.r.operations["ec2.DescribeVpcs"])
		if res.status != c.status || c.status == done && len(res.lists["Vpcs"]) != 1 {
			t.Errorf("%s: %+v", name, res)
		}
		if c.status == failed && (len(w.r.gaps) != 1 || w.r.gaps[0].Code != "Inconsistent" || !strings.Contains(w.r.gaps[0].Message, "vpc-00000001")) {
			t.Errorf("%s: gaps %+v", name, w.r.gaps)
		}
	}
}

// hanging does not answer the first attempts of an operation.
type hanging struct {
	*fakeAWS
	operation string
	times     int
}

func (h *hanging) Do(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
		req.Body = io.NopCloser(strings.NewReader(string(body)))
	}
	h.mu.Lock()
	hang := awswire.Operation(req, body) == h.operation && h.times > 0
	if hang {
		h.times--
	}
	h.mu.Unlock()
	if hang {
		<-req.Context().Done()
		return nil, req.Context().Err()
	}
	return h.fakeAWS.Do(req)
}

// TestAConnectionThatHangsIsTriedAgain after 30 seconds; the timeout bounds
// all attempts together.
func TestAConnectionThatHangsIsTriedAgain(t *testing.T) {
	for operation, r := range map[string]calls.Request{
		"s3.ListBuckets":                   {Buckets: []string{"models"}},
		"sagemaker.DescribeCompilationJob": {Jobs: []string{"compile-resnet"}},
	} {
		f := newFakeAWS(t)
		load := f.load(t)
		output := filepath.Join(t.TempDir(), "s.json")
		synctest.Test(t, func(t *testing.T) {
			for _, c := range []struct {
				times, gaps int
				least, most time.Duration
			}{{1, 0, 30 * time.Second, 60 * time.Second}, {9, 1, 2 * time.Minute, 3 * time.Minute}} {
				h := &hanging{f, operation, c.times}
				start := time.Now()
				rep, err := Run(t.Context(), optionsTo(output, r), append(slices.Clone(load), config.WithHTTPClient(h))...)
				took := time.Since(start)
				if err != nil || took < c.least || took > c.most || gapsOf(rep, operation) != c.gaps {
					t.Errorf("%s hangs %d times: %v, %+v, %v", operation, c.times, took, rep, err)
				}
			}
		})
	}
}

func gapsOf(rep *calls.Report, operation string) int {
	n := 0
	for _, g := range rep.Gaps {
		if strings.HasSuffix(operation, "."+g.Operation) {
			n++
		}
	}
	return n
}

// accounts are told apart by the access key; the first may assume no role.
type accounts struct{ *fakeAWS }

func (a accounts) Do(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
		req.Body = io.NopCloser(strings.NewReader(string(body)))
	}
	op, who := awswire.Operation(req, body), req.Header.Get("Authorization")
	text, status := "", http.StatusOK
	switch {
	case op == "sts.AssumeRole" && strings.Contains(who, "AKIDONE"):
		text, status = awswire.Error(op, "AccessDenied"), http.StatusForbidden
	case op == "sts.GetCallerIdentity" && strings.Contains(who, "AKIDONE"):
		text = strings.ReplaceAll(callerAnswer, "111122223333", "777788889999")
	case op == "sts.GetCallerIdentity" && strings.Contains(who, "AKIDTWO"):
		text = strings.ReplaceAll(callerAnswer, "111122223333", "444455556666")
	default:
		return a.fakeAWS.Do(req)
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Request: req, Body: io.NopCloser(strings.NewReader(text)), ContentLength: int64(len(text))}, nil
}

// TestProfilesAndRolesAllCount: the role is assumed with the profile that may;
// the other profile's account is captured, too.
func TestProfilesAndRolesAllCount(t *testing.T) {
	f := newFakeAWS(t)
	f.load(t) // for the environment
	file := filepath.Join(t.TempDir(), "credentials")
	text := "[one]\naws_access_key_id = AKIDONE\naws_secret_access_key = S\n[two]\naws_access_key_id = AKIDTWO\naws_secret_access_key = S\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file)
	for _, c := range []struct {
		profiles, want []string
	}{
		{[]string{"one", "two"}, []string{"111122223333", "777788889999"}},
		{[]string{"two", "one"}, []string{"111122223333", "777788889999"}},
		{[]string{"two"}, []string{"111122223333"}},
	} {
		o := optionsTo(filepath.Join(t.TempDir(), "s.json"), calls.Request{Profiles: c.profiles, AssumeRoles: []string{auditor}, Buckets: []string{"models"}})
		rep, err := Run(context.Background(), o, config.WithHTTPClient(accounts{f}))
		if err != nil || !slices.Equal(rep.Accounts, c.want) {
			t.Errorf("%v: %+v, %v", c.profiles, rep, err)
		}
	}
}

// TestKeysThatAliasesName are captured with everything, in each region, though
// no bucket or job names them; a scoped capture leaves them alone.
func TestKeysThatAliasesName(t *testing.T) {
	for want, r := range map[bool]calls.Request{true: {}, false: {Buckets: []string{"models"}}} {
		f := newFakeAWS(t)
		f.answers["kms.ListAliases"] = `{"Aliases":[{"AliasName":"alias/other","AliasArn":"arn:aws:kms:us-east-1:111122223333:alias/other","TargetKeyId":"k2"}]}`
		f.answers["kms.DescribeKey@k2"] = `{"KeyMetadata":{"AWSAccountId":"111122223333","KeyId":"k2","Arn":"arn:aws:kms:us-east-1:111122223333:key/k2","Enabled":true,"KeyState":"Enabled"}}`
		text, _, err := f.capture(t, r, nil)
		if err != nil || strings.Contains(text, `"Arn":"arn:aws:kms:us-east-1:111122223333:key/k2"`) != want {
			t.Errorf("%+v: %v\n%s", r, err, text)
		}
	}
}

// once fails the test when a request reaches AWS a second time.
type once struct {
	*fakeAWS
	t    *testing.T
	seen map[string]bool
}

func (o *once) Do(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
		req.Body = io.NopCloser(strings.NewReader(string(body)))
	}
	key := awswire.Operation(req, body) + " " + req.URL.String() + " " + string(body)
	o.mu.Lock()
	if o.seen[key] {
		o.t.Errorf("asked twice: %s", key)
	}
	o.seen[key] = true
	o.mu.Unlock()
	return o.fakeAWS.Do(req)
}

// TestNoCallIsMadeTwice: two answers of one capture could differ, and an
// interrupted one would resume with fewer answers than it uses. The key here
// is a bucket's by its ARN, and an alias's by its id.
func TestNoCallIsMadeTwice(t *testing.T) {
	for name, r := range everyRequest() {
		f := newFakeAWS(t)
		load := f.load(t)
		r.AllRegions, r.Regions = false, []string{"us-east-1"}
		o := optionsTo(filepath.Join(t.TempDir(), "s.json"), r)
		if _, err := Run(context.Background(), o, append(load, config.WithHTTPClient(&once{f, t, map[string]bool{}}))...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTheNewestJobsOfEverything: pages are followed to the number asked for; a
// kind with more is a gap that names the flag, with one refused the rest is
// described all the same, and with 0 nothing is listed.
func TestTheNewestJobsOfEverything(t *testing.T) {
	for most, want := range map[int]struct{ jobs, gaps int }{0: {0, 0}, 1: {1, 1}, 2: {2, 0}, 250: {2, 0}} {
		f := newFakeAWS(t)
		f.answers["sagemaker.ListTrainingJobs"] = `{"TrainingJobSummaries":[{"TrainingJobName":"t2"}],"NextToken":"page2"}`
		f.answers["sagemaker.ListTrainingJobs#page2"] = `{"TrainingJobSummaries":[{"TrainingJobName":"t1"}]}`
		f.answers["sagemaker.DescribeTrainingJob@t1"] = `{"TrainingJobName":"t1","OutputDataConfig":{"KmsKeyId":"arn:aws:kms:us-east-1:111122223333:key/gone"}}`
		f.answers["sagemaker.DescribeTrainingJob@t2"] = `{"TrainingJobName":"t2","RoleArn":"arn:aws:iam::999988887777:role/Theirs"}`
		f.answers["kms.DescribeKey@gone"] = "!400 NotFoundException"
		f.hook = refuse("sagemaker.ListModels")
		text, rep, err := f.capture(t, calls.Request{MaxJobs: most}, nil)
		if err != nil || strings.Count(text, `"TrainingJobName":"t`) != want.jobs {
			t.Errorf("%d: %v\n%s", most, err, text)
		}
		said := 0
		for _, g := range rep.Gaps {
			if g.Operation == "ListTrainingJobs" && g.Resource == "training-job/*" && strings.Contains(g.Message, "--max-jobs") {
				said++
			} else if g.Operation != "ListModels" {
				t.Errorf("%d: gap %+v", most, g)
			}
		}
		if said != want.gaps {
			t.Errorf("%d: gaps %+v", most, rep.Gaps)
		}
	}
}

// narrowed tells an EC2 call that names ids or filters.
var narrowed = regexp.MustCompile(`(^|&)(Filter\.1\.|[A-Za-z]+Ids?\.1=|[A-Za-z]+Id=)`)

// TestAScopeAsksForNothingElse: what a scope narrows is told by docs/capture.md,
// and so is what AWS cannot narrow.
func TestAScopeAsksForNothingElse(t *testing.T) {
	whole := []string{"DescribeAddresses", "DescribeDhcpOptions", "DescribeEgressOnlyInternetGateways", "DescribeManagedPrefixLists", "DescribePrefixLists",
		"DescribeTransitGatewayAttachments", "DescribeTransitGatewayRouteTables", "DescribeTransitGatewayVpcAttachments", "DescribeTransitGateways",
		"DescribeVpcBlockPublicAccessExclusions", "DescribeVpcBlockPublicAccessOptions", "DescribeVpcEncryptionControls", "DescribeVpcPeeringConnections", "DescribeVpnConnections"}
	f := newFakeAWS(t)
	if _, _, err := f.capture(t, calls.Request{Jobs: []string{"compile-resnet"}}, nil); err != nil {
		t.Fatal(err)
	}
	var wide []string
	for op, bodies := range f.bodies {
		name, ec2 := strings.CutPrefix(op, "ec2.")
		if ec2 && slices.ContainsFunc(bodies, func(b string) bool { return !narrowed.MatchString(b) }) {
			wide = append(wide, name)
		}
	}
	slices.Sort(wide)
	if !slices.Equal(wide, whole) {
		t.Errorf("asked of the whole Region: %q, want %q", wide, whole)
	}
	for _, op := range []string{"iam.GetAccountAuthorizationDetails", "iam.ListRoles", "kms.ListKeys", "sagemaker.ListCompilationJobs", "sagemaker.ListTrainingJobs"} {
		if f.called[op] > 0 {
			t.Errorf("%s lists what no scope asks for", op)
		}
	}
	for op, bodies := range f.bodies {
		for _, b := range bodies {
			if strings.HasPrefix(op, "iam.GetRole") && !strings.Contains(b, "RoleName=") || strings.HasPrefix(op, "kms.Describe") && !strings.Contains(b, "KeyId") {
				t.Errorf("%s asks for %q", op, b)
			}
		}
	}
	for host := range f.hosts {
		if bucket, _, ok := strings.Cut(host, ".s3."); ok && bucket != "models" && bucket != "elsewhere" && !strings.Contains(bucket, "s3-control") {
			t.Errorf("bucket %s is none of the job's", bucket)
		}
	}
}
