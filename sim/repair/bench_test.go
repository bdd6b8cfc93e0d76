package repair

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/internal/testkit/synth"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/snapshot"
)

// BenchmarkFind repairs a job of a large account, loaded before: its role, its
// group, its subnets' ACLs and tables and its buckets are all wrong.
func BenchmarkFind(b *testing.B) {
	plan := synth.New(synth.Options{Interfaces: 66_000, Seed: 1})
	var native bytes.Buffer
	if err := plan.Write(&native); err != nil {
		b.Fatal(err)
	}
	job, err := snapshot.ParseJob(plan.Job)
	if err != nil {
		b.Fatal(err)
	}
	first, err := snapshot.Parse(native.Bytes())
	if err != nil {
		b.Fatal(err)
	}
	applied, err := change.Apply(native.Bytes(), tenBlockers(first, &job))
	if err != nil {
		b.Fatal(err)
	}
	base, err := change.Open(applied.Native)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(native.Len()))
	for b.Loop() {
		res, err := Find(context.Background(), base, Query{Check: sim.Question{Job: job}}, Options{})
		if err != nil {
			b.Fatal(err)
		}
		blockers := 0
		for _, f := range res.Before.Findings {
			if f.Severity == sim.Blocker {
				blockers++
			}
		}
		b.ReportMetric(float64(blockers), "blockers")
		b.ReportMetric(float64(res.Tried), "tries")
		b.ReportMetric(float64(len(res.Repairs)), "repairs")
	}
}

// tenBlockers breaks what the job needs: DNS, the network ACL of each subnet,
// the role, and the buckets.
func tenBlockers(s *snapshot.Snapshot, job *snapshot.Job) []change.Change {
	var out []change.Change
	deny := func(principal bool, resource string) string {
		who := ""
		if principal {
			who = `"Principal":"*",`
		}
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Deny",` + who + `"Action":["s3:GetObject","s3:ListBucket","s3:PutObject"],"Resource":[` + resource + `]}]}`
	}
	names := map[string]bool{}
	for _, l := range append(job.Inputs, job.Outputs...) {
		if !names[l.Bucket] {
			names[l.Bucket] = true
			out = append(out, change.New("PutBucketPolicy", "Bucket", l.Bucket, "Policy", deny(true, `"arn:aws:s3:::`+l.Bucket+`","arn:aws:s3:::`+l.Bucket+`/*"`)))
		}
	}
	out = append(out, change.New("PutRolePolicy", "RoleName", job.RoleARN[strings.LastIndexByte(job.RoleARN, '/')+1:], "PolicyName", "stop", "PolicyDocument", deny(false, `"*"`)))
	vpcs := map[string]bool{}
	for _, a := range s.Accounts {
		for _, r := range a.Regions {
			for i := range r.EC2.Subnets.Items {
				if n := &r.EC2.Subnets.Items[i]; slices.Contains(job.Subnets, n.ID) {
					vpcs[string(n.VPC)] = true
				}
			}
			for i := range r.EC2.NetworkACLs.Items {
				acl := &r.EC2.NetworkACLs.Items[i]
				if !slices.ContainsFunc(job.Subnets, func(id snapshot.SubnetID) bool { return slices.Contains(acl.Subnets, id) }) {
					continue
				}
				for _, egress := range []bool{true, false} {
					out = append(out, change.New("CreateNetworkAclEntry", "NetworkAclId", string(acl.ID), "RuleNumber", 90, "Egress", egress, "Protocol", "-1", "RuleAction", "deny", "CidrBlock", "0.0.0.0/0"))
				}
			}
		}
	}
	for id := range vpcs {
		out = append(out, change.New("ModifyVpcAttribute", "VpcId", id, "EnableDnsSupport", located.Pairs("Value", false)))
	}
	return out
}
