package capture

import (
	"context"
	"errors"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/capture/calls"
)

const auditor, other = "arn:aws:iam::111122223333:role/Auditor", "arn:aws:iam::444455556666:role/Auditor"

func TestAnAccountByItsRole(t *testing.T) {
	f := newFakeAWS(t)
	text, rep, err := f.capture(t, calls.Request{AssumeRoles: []string{auditor}, Buckets: []string{"models"}}, nil)
	if err != nil || f.called["sts.AssumeRole"] != 1 || !slices.Equal(rep.Accounts, []string{"111122223333"}) {
		t.Fatalf("err %v, calls %v", err, f.called)
	}
	for _, secret := range []string{"ASIAEXAMPLE", "ASSUMEDSECRET", "TOKENEXAMPLE"} {
		if strings.Contains(text, secret) {
			t.Errorf("the snapshot holds %q", secret)
		}
	}
}

func TestTwoRolesOfOneAccountAreRefused(t *testing.T) {
	_, _, err := newFakeAWS(t).capture(t, calls.Request{AssumeRoles: []string{auditor, other}}, nil)
	if err == nil || !strings.Contains(err.Error(), "111122223333") {
		t.Errorf("err = %v", err)
	}
}

func TestAnAccountThatCannotBeSignedInTo(t *testing.T) {
	f := newFakeAWS(t)
	f.hook = func(op string) (int, string) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if op == "sts.AssumeRole" && f.called[op] == 2 {
			return 403, "AccessDenied"
		}
		return 0, ""
	}
	_, rep, err := f.capture(t, calls.Request{AssumeRoles: []string{auditor, other}, Buckets: []string{"models"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(rep.Gaps, func(g snapshot.Gap) bool {
		return g.Account == "444455556666" && g.Operation == "AssumeRole" && g.Code == "AccessDenied"
	}) {
		t.Errorf("gaps: %+v", rep.Gaps)
	}
	f = newFakeAWS(t)
	f.hook = func(op string) (int, string) {
		if strings.HasPrefix(op, "sts.") {
			return 403, "ExpiredToken"
		}
		return 0, ""
	}
	if _, _, err := f.capture(t, calls.Request{}, nil); err == nil || !strings.Contains(err.Error(), "the default credentials: GetCallerIdentity answered ExpiredToken: said the test: sign in again") {
		t.Errorf("err = %v", err)
	}
}

// TestWhySigningInFailed: a person must see what to do from the message.
func TestWhySigningInFailed(t *testing.T) {
	request := calls.Request{Roles: []string{"Neo"}}
	for name, c := range map[string]struct {
		change func(*fakeAWS) func(*config.LoadOptions) error
		want   string
		wait   time.Duration
	}{
		"no credentials": {func(*fakeAWS) func(*config.LoadOptions) error {
			return config.WithCredentialsProvider(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{}, errors.New("no EC2 IMDS role found")
			}))
		}, "the default credentials: no credentials (no EC2 IMDS role found): sign in", time.Minute},
		"a region that is not there": {func(f *fakeAWS) func(*config.LoadOptions) error {
			return config.WithHTTPClient(failing{&net.DNSError{Err: "no such host", Name: "sts.us-moon-1.amazonaws.com", IsNotFound: true}})
		}, "there is no host sts.us-moon-1.amazonaws.com: is the region us-moon-1 right?", time.Minute},
		"no way to AWS": {func(f *fakeAWS) func(*config.LoadOptions) error {
			return config.WithHTTPClient(failing{context.DeadlineExceeded})
		}, "no answer within 50ms (--timeout): can this machine reach AWS", 50 * time.Millisecond},
	} {
		f := newFakeAWS(t)
		load := append(f.load(t), c.change(f))
		o := optionsTo(filepath.Join(t.TempDir(), "s.json"), request)
		o.Request.Regions, o.Timeout = []string{"us-moon-1"}, c.wait
		if _, err := Run(context.Background(), o, load...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: err = %v", name, err)
		}
		if left, _ := filepath.Glob(o.Output + "*"); len(left) > 0 {
			t.Errorf("%s: left behind %v", name, left)
		}
	}
}

// failing is a network that gives an error for an answer.
type failing struct{ error }

func (f failing) Do(*http.Request) (*http.Response, error) { return nil, f.error }

// TestPartitions captures in AWS's other partitions: each has hosts and ARNs
// of its own.
func TestPartitions(t *testing.T) {
	for region, p := range map[string]struct{ name, domain, global string }{
		"us-gov-west-1": {"aws-us-gov", "amazonaws.com", "us-gov-west-1"},
		"cn-north-1":    {"aws-cn", "amazonaws.com.cn", "cn-northwest-1"},
	} {
		f := newFakeAWS(t)
		for section, text := range f.answers {
			f.answers[section] = strings.NewReplacer("arn:aws:", "arn:"+p.name+":", "us-east-1", region, "eu-west-1", region).Replace(text)
		}
		f.hook = func(op string) (int, string) {
			if op == "s3.GetBucketPolicy" {
				return 403, "AccessDenied"
			}
			return 0, ""
		}
		text, rep, err := f.capture(t, calls.Request{Regions: []string{region}}, nil)
		if err != nil {
			t.Fatalf("%s: %v", region, err)
		}
		if strings.Contains(text, "arn:aws:") {
			t.Errorf("%s: the snapshot holds ARNs of another partition:\n%s", region, text)
		}
		if len(rep.Gaps) != 1 || rep.Gaps[0].Resource != "arn:"+p.name+":s3:::models" {
			t.Errorf("%s: gaps %+v", region, rep.Gaps)
		}
		s, err := snapshot.Parse([]byte(text))
		if err != nil || len(s.Accounts) != 1 || len(s.Accounts[0].IAM.Policies.Items) != 1 {
			t.Errorf("%s: %v", region, err)
		}
		for host := range f.hosts {
			if !strings.HasSuffix(host, "."+p.domain) {
				t.Errorf("%s: %s was asked", region, host)
			}
		}
		for _, host := range []string{"ec2." + region + "." + p.domain, "models.s3." + region + "." + p.domain, "111122223333.s3-control." + region + "." + p.domain} {
			if !f.hosts[host] {
				t.Errorf("%s: %s was not asked, but %v", region, host, sortedKeys(f.hosts))
			}
		}
	}
}

// TestEndpointsWithoutNamesBelow: moto, LocalStack and their like stand at an
// address or at localhost, where neither "models.localhost" nor
// "111122223333.localhost" resolves.
func TestEndpointsWithoutNamesBelow(t *testing.T) {
	for endpoint, hosts := range map[string][]string{
		"http://127.0.0.1:5000": {"127.0.0.1:5000"}, "http://localhost:5000": {"localhost:5000"}, "http://moto:5000": {"moto:5000"}, "http://[::1]:5000": {"[::1]:5000"},
		"https://aws.example.com": {"111122223333.aws.example.com", "aws.example.com", "models.aws.example.com"},
	} {
		f := newFakeAWS(t)
		load := f.load(t)
		t.Setenv("AWS_ENDPOINT_URL", endpoint)
		f.answers["s3.HeadBucket"] = ""
		o := optionsTo(filepath.Join(t.TempDir(), "s.json"), calls.Request{Buckets: []string{"models"}})
		rep, err := Run(context.Background(), o, load...)
		if err != nil || len(rep.Gaps) > 0 {
			t.Errorf("%s: %+v, %v", endpoint, rep, err)
		}
		if got := sortedKeys(f.hosts); !slices.Equal(got, hosts) {
			t.Errorf("%s: asked at %v", endpoint, got)
		}
	}
}
