// Package cdk reads what the AWS CDK synthesizes, and asks.
package cdk

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/plan"
)

const empty = `{"schema":"canreach.snapshot/v1","accounts":[{"accountId":"111122223333","organizationId":null,"regions":[{"region":"us-east-1","ec2":{"PrefixLists":[
	{"PrefixListId":"pl-63a5400a","PrefixListName":"com.amazonaws.us-east-1.s3","Cidrs":["52.216.0.0/15","3.5.0.0/19"]}]}}]}]}`

// synthesized lays the stacks over a snapshot, in the order of their names,
// each with the exports of the others; edit changes a template.
func synthesized(t *testing.T, edit func(name, text string) string) (*sim.World, []string) {
	t.Helper()
	dir := os.Getenv("CANREACH_CDK")
	if dir == "" {
		t.Skip("make cdk synthesizes the templates")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.template.json"))
	if err != nil || len(files) != 3 {
		t.Fatalf("%d templates, %v", len(files), err)
	}
	slices.Sort(files)
	stack := plan.Stack{Account: "111122223333", Region: "us-east-1", Exports: map[string]string{}}
	plans := make([]*plan.Plan, len(files))
	for range files {
		for i, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			stack.Name = strings.TrimSuffix(filepath.Base(file), ".template.json")
			if plans[i], err = plan.ReadTemplate(file, []byte(edit(stack.Name, string(text))), stack); err != nil {
				t.Fatal(err)
			}
			for name, value := range plans[i].Exports() {
				stack.Exports[name] = value
			}
		}
	}
	native, notes := []byte(empty), []string(nil)
	for _, i := range []int{2, 0, 1} { // Net, Data, Jobs
		res, err := plans[i].Apply(native, plan.Options{Account: "111122223333", Region: "us-east-1"})
		if err != nil {
			t.Fatal(err)
		}
		native, notes = res.Native, append(notes, res.Notes...)
	}
	if strings.Contains(string(native), "SECRETWORD") {
		t.Error("a function's environment is in the snapshot")
	}
	s, err := snapshot.Parse(native)
	if err != nil {
		t.Fatalf("%v\n%s", err, native)
	}
	return sim.NewWorld(s), notes
}

func TestSynthesizedStacks(t *testing.T) {
	same := func(_, text string) string { return text }
	replaced := func(in, old, with string) func(string, string) string {
		return func(name, text string) string {
			if name == in && !strings.Contains(text, old) {
				t.Fatalf("%s does not hold %s", name, old)
			}
			if name == in {
				return strings.Replace(text, old, with, 1)
			}
			return text
		}
	}
	for _, tt := range []struct {
		name, role, bucket string
		edit               func(string, string) string
		verdict            sim.Verdict
		code               string
	}{
		{"the job reads the models", "job", "models", same, sim.Reachable, ""},
		{"and what a key of the stack encrypts", "job", "sealed", same, sim.Reachable, ""},
		{"another role of the stack does not", "stranger", "models", same, sim.Blocked, "ROLE_NO_ALLOW"},
		{"without the group's rule nothing leaves", "job", "models", replaced("Net", `"IpProtocol": "tcp"`, `"IpProtocol": "udp"`), sim.Blocked, "JobGroup"},
		{"a bucket policy that names another endpoint", "job", "models", replaced("Data", `"aws:SourceVpce"`, `"aws:SourceVpc"`), sim.Blocked, "BUCKET_POLICY_EXPLICIT_DENY"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, notes := synthesized(t, tt.edit)
			for _, n := range notes {
				if strings.Contains(n, "does not read the type") {
					t.Errorf("note: %s", n)
				}
			}
			e := &w.Snapshot().Accounts[0].Regions[0].EC2
			job := snapshot.Job{RoleARN: "arn:aws:iam::111122223333:role/" + tt.role, HasVPCConfig: true, Instances: 1}
			for i := range e.Subnets.Items {
				job.Subnets = append(job.Subnets, e.Subnets.Items[i].ID)
			}
			for i := range e.SecurityGroups.Items {
				if id := e.SecurityGroups.Items[i].ID; strings.Contains(string(id), "JobGroup") {
					job.SecurityGroups = append(job.SecurityGroups, id)
				}
			}
			if len(job.Subnets) != 2 || len(job.SecurityGroups) != 1 {
				t.Fatalf("%d subnets and %d groups", len(job.Subnets), len(job.SecurityGroups))
			}
			a, err := w.Check(t.Context(), sim.Question{Job: job, Bucket: "arn:aws:s3:::" + tt.bucket + "-111122223333/*", Actions: []string{"s3:GetObject"}})
			if err != nil {
				t.Fatal(err)
			}
			var codes []string
			for i := range a.Findings {
				if a.Findings[i].Severity == sim.Blocker {
					codes = append(codes, a.Findings[i].Code.String()+" "+a.Findings[i].Message)
				}
			}
			for _, u := range a.Unknowns {
				codes = append(codes, u.Code.String()+" "+u.Fact)
			}
			if a.Verdict != tt.verdict || !strings.Contains(strings.Join(codes, "\n"), tt.code) {
				t.Errorf("%v, want %v %s\n%s", a.Verdict, tt.verdict, tt.code, strings.Join(codes, "\n"))
			}
		})
	}
}
