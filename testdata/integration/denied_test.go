//go:build integration

package integration

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

// decisive are the calls whose answers the job's way to its bucket hangs on:
// without one, nobody knows whether it can reach it. Without any of the others
// it can, whatever they would have said: no route leads to a NAT or transit
// gateway, and the bucket is open neither to the public nor to others.
var decisive = []string{
	"ec2.DescribeVpcs", "ec2.DescribeVpcAttribute", "ec2.DescribeSubnets", "ec2.DescribeRouteTables", "ec2.DescribeNetworkAcls",
	"ec2.DescribeSecurityGroups", "ec2.DescribeVpcEndpoints", "ec2.DescribeDhcpOptions",
	"route53resolver.ListResolverRules", "route53resolver.ListResolverRuleAssociations", "route53resolver.ListFirewallRuleGroupAssociations", "route53.ListHostedZonesByVPC", "route53profiles.ListProfileAssociations",
	"iam.GetRole", "iam.ListRolePolicies", "iam.GetRolePolicy", "iam.ListAttachedRolePolicies", "iam.GetPolicy", "iam.GetPolicyVersion", "iam.GetAccountAuthorizationDetails",
	"organizations.DescribeOrganization",
	"s3.GetBucketLocation", "s3.GetBucketPolicy", "s3.GetBucketEncryption",
}

// TestEveryCallDenied refuses the calls of a capture one after the other: the
// rest is captured, a gap tells of the call, and the verdict is UNKNOWN and
// names it if it hangs on it, and what it was if not.
func TestEveryCallDenied(t *testing.T) {
	w, p := setUp(t)
	furnish(w, p)
	tried := map[string]bool{"sts.GetCallerIdentity": true} // without it there is no capture: see below
	for _, args := range [][]string{{"--job", w.job}, nil} {
		p.proxy.cause(nil)
		p.mustCapture("calm.json", args...)
		for _, denied := range slices.Sorted(maps.Keys(p.proxy.calls)) {
			if tried[denied] {
				continue
			}
			tried[denied] = true
			p.proxy.cause(refuse(denied))
			stderr, status := p.capture(append([]string{"--out", "denied.json", "--strict"}, args...)...)
			service, operation, _ := strings.Cut(denied, ".")
			if status != 3 || !strings.Contains(stderr, operation+" ") && !strings.Contains(stderr, operation+":") {
				t.Errorf("without %s: status %d\n%s", denied, status, stderr)
				continue
			}
			if !slices.ContainsFunc(p.gaps("denied.json"), func(g snapshot.Gap) bool {
				return g.Account == account && g.Service == service && g.Operation == operation && g.Code == "AccessDenied"
			}) {
				t.Errorf("without %s: no gap tells of it", denied)
			}
			p.hangsOn(denied, w.job)
		}
	}
	for _, op := range decisive {
		if !tried[op] {
			t.Errorf("%s was never called", op)
		}
	}
	p.proxy.cause(refuse("sts.GetCallerIdentity"))
	if stderr, status := p.capture("--out", "none.json"); status != 2 || !strings.Contains(stderr, "GetCallerIdentity") {
		t.Errorf("status %d\n%s", status, stderr)
	}
	if left, _ := filepath.Glob(filepath.Join(p.dir, "none*")); len(left) > 0 {
		t.Errorf("files left: %v", left)
	}
}

// hangsOn asks the capture that lacks an operation's answers.
func (p program) hangsOn(operation, job string) {
	p.t.Helper()
	a, codes := p.check("denied.json", job)
	want := sim.Reachable
	if slices.Contains(decisive, operation) {
		want = sim.Unknown
	}
	if a.Verdict != want {
		p.t.Errorf("without %s: %s, not %s: %v %+v", operation, a.Verdict, want, codes, a.Unknowns)
	}
	called := strings.Replace(operation, ".", " ", 1) + " answered AccessDenied"
	if want == sim.Unknown && !slices.ContainsFunc(a.Unknowns, func(m sim.Missing) bool { return strings.Contains(m.Gap, called) }) {
		p.t.Errorf("without %s: the answer does not name it: %+v", operation, a.Unknowns)
	}
}

// refuse is trouble: every call of an operation is denied.
func refuse(denied string) func(string, int) trouble {
	return func(op string, _ int) trouble {
		if op == denied {
			return trouble{status: 403, code: "AccessDenied"}
		}
		return trouble{}
	}
}

// gaps reads a capture's gaps.
func (p program) gaps(name string) []snapshot.Gap {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, name))
	if err != nil {
		p.t.Fatal(err)
	}
	var file struct{ Capture struct{ Gaps []snapshot.Gap } }
	if err := json.Unmarshal(text, &file); err != nil {
		p.t.Fatal(err)
	}
	return file.Capture.Gaps
}

// TestThePolicyIsWhatTheServerSaw compares the printed policies with the calls
// that reached the server: they are enough for each capture, and what they
// allow is needed.
func TestThePolicyIsWhatTheServerSaw(t *testing.T) {
	w, p := setUp(t)
	furnish(w, p)
	var job map[string]any
	if text, err := os.ReadFile(w.job); err != nil || json.Unmarshal(text, &job) != nil {
		t.Fatal(err)
	}
	job["StoppingCondition"] = map[string]any{"MaxRuntimeInSeconds": 900}
	w.sagemaker("CreateCompilationJob", job)
	for name, args := range map[string][]string{
		"everything": nil, "a job's file": {"--job", w.job}, "a job": {"--job", "it-compile"}, "a VPC": {"--vpc", w.vpc},
		"a role and a bucket": {"--role", "it-neo", "--bucket", bucket},
	} {
		p.proxy.cause(nil)
		p.mustCapture("s.json", args...)
		needed := map[string]bool{}
		for op := range p.proxy.calls {
			needed[actionOf(op)] = true
		}
		delete(needed, "")
		out, errs, status := p.run(append([]string{"snapshot", "permissions"}, args...)...)
		var policy struct{ Statement []struct{ Action []string } }
		if status != 0 || json.Unmarshal([]byte(out), &policy) != nil {
			t.Fatalf("status %d\n%s%s", status, out, errs)
		}
		allowed := map[string]bool{}
		for _, s := range policy.Statement {
			for _, action := range s.Action {
				allowed[action] = true
				if !needed[action] && !strings.HasPrefix(action, "kms:") && !lackingState[action] {
					t.Errorf("%s: the policy allows %s, and nothing needed it", name, action)
				}
			}
		}
		for action := range needed {
			if !allowed[action] {
				t.Errorf("%s: the policy lacks %s, which was needed", name, action)
			}
		}
		if name == "everything" && (!needed["kms:ListGrants"] || !needed["kms:GetKeyPolicy"] || !needed["kms:DescribeKey"] || !needed["kms:ListAliases"]) {
			t.Errorf("no key was asked about: %v", needed) // of the other buckets some have none
		}
	}
}

// lackingState are actions for what the server can't hold: rule groups of the
// DNS Firewall, Route 53 Profiles, and the kinds of jobs that nothing here makes.
var lackingState = map[string]bool{"route53resolver:ListFirewallRules": true, "route53resolver:ListFirewallDomains": true,
	"route53profiles:ListProfileResourceAssociations": true,
	"sagemaker:DescribeTrainingJob":                   true, "sagemaker:DescribeProcessingJob": true, "sagemaker:DescribeTransformJob": true, "sagemaker:DescribeModel": true,
	"sagemaker:DescribeNotebookInstance": true, "sagemaker:DescribeDomain": true, "sagemaker:DescribeOptimizationJob": true}

// actionOf is the IAM action of an operation, written down here a second time
// from the Service Authorization Reference; empty: none.
func actionOf(op string) string {
	service, name, _ := strings.Cut(op, ".")
	switch op {
	case "sts.GetCallerIdentity":
		return ""
	case "s3.ListBuckets":
		return "s3:ListAllMyBuckets"
	case "s3.HeadBucket":
		return "s3:ListBucket"
	case "s3.GetPublicAccessBlock":
		return "s3:GetBucketPublicAccessBlock"
	case "s3.GetBucketEncryption":
		return "s3:GetEncryptionConfiguration"
	case "s3control.GetPublicAccessBlock":
		return "s3:GetAccountPublicAccessBlock"
	}
	if service == "s3control" {
		service = "s3"
	}
	return service + ":" + name
}
