package assert_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/assert"
	"github.com/canreach/canreach/snapshot"
)

const neoExample = "../../testdata/examples/neo-compile/"

func prove(t *testing.T, text string, edit func(*snapshot.Snapshot), parameters ...string) []assert.Result {
	t.Helper()
	f, err := assert.ParseWith("t.yaml", []byte(text), func(name string) ([]byte, error) { return os.ReadFile(name) }, parameters)
	if err != nil {
		t.Fatal(err)
	}
	s, err := snapshot.Load(neoExample+"snapshot.json", snapshot.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if edit != nil {
		edit(s)
	}
	r := assert.Runner{Snapshot: "s", Now: time.Unix(0, 0), Load: func(string) (assert.Checker, error) { return sim.NewWorld(s), nil }}
	report, err := r.Run(t.Context(), []*assert.File{f})
	if err != nil {
		t.Fatal(err)
	}
	return report.Results
}

// shut leaves the endpoint, whose policy names buckets, as the only way to S3.
func shut(s *snapshot.Snapshot) {
	ec2 := &s.Accounts[0].Regions[0].EC2
	for i := range ec2.RouteTables.Items {
		t := &ec2.RouteTables.Items[i]
		t.Routes = slices.DeleteFunc(t.Routes, func(r snapshot.Route) bool {
			return r.TargetKind != snapshot.TargetVPCEndpoint && r.TargetKind != snapshot.TargetLocal
		})
	}
}

func TestInvariants(t *testing.T) {
	const models, compiled = "neo-models-111122223333-use1", "neo-compiled-111122223333-use1"
	generous := func(s *snapshot.Snapshot) {
		for _, a := range s.Accounts {
			for i := range a.IAM.Policies.Items {
				a.IAM.Policies.Items[i].Document.Raw = []byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)
			}
		}
	}
	ungroup := func(s *snapshot.Snapshot) { // whose organization is no longer known
		generous(s)
		for _, a := range s.Accounts {
			a.OrganizationID, a.Organization = "", snapshot.NotCollected
		}
	}
	for _, tt := range []struct {
		name, body string
		want       assert.Outcome
		says       string
		edit       func(*snapshot.Snapshot)
	}{
		{"models are not read by batch", "never: {from: {roles: '*:role/Batch*'}, to: {buckets: " + models + "}}", assert.Passed, "", nil},
		{"compiled models are", "never: {from: {roles: '*:role/Batch*'}, to: {buckets: " + compiled + "}}", assert.Failed, "BatchWorkerRole", nil},
		{"never from the internet", "never: {from: {network: internet}, to: {buckets: " + models + "}}", assert.Passed, "", nil},
		{"from the internet", "never: {from: {network: internet}, to: {buckets: '*'}}", assert.Failed, "the internet, outside of every VPC", nil},
		{"always", "always: {from: {roles: '*:role/Batch*', network: vpc, subnets: subnet-0e5d4c3b2a1f09876}, to: {buckets: " + compiled + "}}\n    actions: [s3:GetObject]", assert.Passed, "", nil},
		{"not always", "always: {from: {roles: '*:role/Batch*', network: vpc}, to: {buckets: " + models + "}}", assert.Failed, "always, but it is BLOCKED", nil},
		{"by any endpoint", "only-through: {endpoints: any, to: {buckets: " + models + "}}", assert.Passed, "", nil},
		{"by the internet", "only-through: {endpoints: any, to: {buckets: " + compiled + "}}", assert.Failed, "goes through the internet", nil},
		{"a tag", "never: {from: {tag: 'Name=batch-*'}, to: {buckets: " + compiled + "}}", assert.Failed, "subnet-0e5d4c3b2a1f09876", nil},
		{"a tag that nothing has", "never: {from: {subnets: 'tag:tier=none'}}", assert.Failed, "vacuously", nil},
		{"a role that is not there", "never: {from: {roles: 'arn:aws:iam::*:role/Nobody'}}", assert.Failed, "vacuously", nil},
		{"a bucket that is not there", "never: {to: {buckets: 'none-*'}}", assert.Failed, "vacuously", nil},
		{"another account", "never: {to: {buckets: outside-account, except: '*outside*'}}", assert.Passed, "", nil},
		{"a bucket that anybody could make", "never: {to: {buckets: outside-organization, except: 'datalake-*'}}", assert.Failed, "bucket-outside-the-organization: never, but it is REACHABLE", generous},
		{"roles that name every bucket they use", "never: {to: {buckets: outside-organization}}", assert.Passed, "", nil},
		{"and from a job", "never: {from: {jobs: " + neoExample + "job.json}, to: {buckets: outside-organization}}", assert.Failed, "datalake-models", nil},
		{"no way out of the VPC but the endpoint", "never: {from: {network: vpc}, to: {buckets: outside-organization, except: 'datalake-*'}}", assert.Passed, "", func(s *snapshot.Snapshot) { generous(s); shut(s) }},
		{"unknown is never passed", "never: {to: {buckets: outside-organization}}", assert.Undecided, "UNKNOWN", ungroup},
	} {
		res := prove(t, "tests:\n  - name: x\n    "+tt.body+"\n", tt.edit)[0]
		text := ""
		for _, p := range res.Problems {
			text += p.Question + ": " + p.Message + p.Subnet + "\n"
			if strings.HasPrefix(p.Message, "never") && !p.Unknown && p.Example == nil {
				t.Errorf("%s: no witness", tt.name)
			}
		}
		if res.Outcome != tt.want || !strings.Contains(text, tt.says) {
			t.Errorf("%s: %v, want %v\n%s", tt.name, res.Outcome, tt.want, text)
		}
	}
}

// A condition that names networks or accounts of others is not passed over.
func TestStrangersOfConditions(t *testing.T) {
	const body = "tests:\n  - name: x\n    never: {from: {roles: outside-organization}}\n"
	if res := prove(t, body, nil)[0]; res.Outcome != assert.Passed || res.Asked == 0 {
		t.Fatalf("%+v", res)
	}
	for _, condition := range []string{`"StringEquals":{"aws:SourceVpce":"vpce-0fedcba9876543210"}`, `"StringEquals":{"aws:PrincipalAccount":"555566667777"}`, `"StringEquals":{"aws:PrincipalOrgID":"o-zzzzzzzzzz"}`} {
		res := prove(t, body, func(s *snapshot.Snapshot) {
			for _, a := range s.Accounts {
				for i := range a.S3.Buckets.Items {
					a.S3.Buckets.Items[i].Policy.Raw = []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*","Condition":{` + condition + `}}]}`)
				}
			}
		})[0]
		if res.Outcome == assert.Passed {
			t.Errorf("%s: passed", condition)
		}
	}
}

func TestTheDataPerimeterLibrary(t *testing.T) {
	text, err := assert.Library("data-perimeter")
	if err != nil {
		t.Fatal(err)
	}
	results := prove(t, string(text), nil)
	want := func(results []assert.Result, want ...assert.Outcome) {
		t.Helper()
		var got []assert.Outcome
		for i := range results {
			got = append(got, results[i].Outcome)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	}
	const pass, fail = assert.Passed, assert.Failed
	want(results, pass, fail, pass, pass, fail, fail)
	want(prove(t, string(text), nil, "jobs="+neoExample+"job.json"), fail, fail, fail, fail, fail, fail)
	want(prove(t, string(text), nil, "jobs="+neoExample+"job.json", "trusted-buckets=datalake-*", "public-buckets=datalake-*"), pass, fail, pass, pass, fail, fail)
	want(prove(t, string(text), shut, "jobs="+neoExample+"job.json", "trusted-buckets=datalake-*", "public-buckets=datalake-*"), pass, pass, pass, pass, fail, fail)
	exempt := prove(t, string(text), nil, "exempt-roles=*:role/Batch*,*:role/service-role/Neo*")
	if exempt[4].Outcome != assert.Failed || !strings.Contains(exempt[4].Problems[0].Message, "vacuously") {
		t.Errorf("with every role exempt: %+v", exempt[4])
	}
	if _, err := assert.Library("x"); err == nil || !strings.Contains(err.Error(), "data-perimeter") {
		t.Error(err)
	}
	if _, err := assert.ParseWith("t", text, nil, []string{"exempt=1"}); err == nil {
		t.Error("an unknown parameter is taken")
	}
}
