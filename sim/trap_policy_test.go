package sim_test

import (
	"slices"
	"testing"

	. "github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

const (
	accountA  = PolicyAccount
	accountX  = ForeignAccount
	roleR     = PolicyRole
	sessionR  = "arn:aws:sts::111111111111:assumed-role/R/SageMaker"
	get, list = "s3:GetObject", "s3:ListBucket"
	put       = "s3:PutObject"
)

// trap is a row of docs/semantics/policy.md, section 12, as the whole program
// sees it: a world, a request, the verdict and the first blocker's code.
type trap struct {
	id     string
	edits  []Edit
	bucket string // default arn:aws:s3:::b/k, or arn:aws:s3:::b for a listing
	action string // default s3:GetObject
	role   string
	want   sim.Verdict
	code   string // of a blocker, or "" for none
	also   string // code of a further finding of any severity
	change func(*sim.Question)
}

func (tr *trap) question() sim.Question {
	action := tr.action
	if action == "" {
		action = get
	}
	bucket := tr.bucket
	if bucket == "" {
		bucket = "arn:aws:s3:::b/k"
		if action == list {
			bucket = "arn:aws:s3:::b"
		}
	}
	role := tr.role
	if role == "" {
		role = roleR
	}
	q := sim.Question{Bucket: bucket, Actions: []string{action}, Job: snapshot.Job{RoleARN: role, HasVPCConfig: true, Instances: 1,
		Name: "job", Kind: "CompilationJob", Subnets: []snapshot.SubnetID{"subnet-1"}, SecurityGroups: []snapshot.SecurityGroupID{"sg-1"}}}
	if tr.change != nil {
		tr.change(&q)
	}
	return q
}

func checkTrap(t *testing.T, tr *trap) {
	t.Helper()
	a, err := sim.NewWorld(Policy(tr.edits...).Snapshot(t)).Check(t.Context(), tr.question())
	if err != nil {
		t.Fatal(err)
	}
	if a.Verdict != tr.want {
		t.Errorf("verdict %v, want %v", a.Verdict, tr.want)
	}
	var blockers, all []string
	for _, f := range a.Findings {
		all = append(all, f.Code.String())
		if f.Severity == sim.Blocker {
			blockers = append(blockers, f.Code.String())
		}
	}
	switch {
	case tr.code == "" && len(blockers) > 0 && tr.want != sim.Partial:
		t.Errorf("blockers %v, want none", blockers)
	case tr.code != "" && !slices.Contains(blockers, tr.code):
		t.Errorf("blockers %v, want %s", blockers, tr.code)
	}
	if tr.also != "" && !slices.Contains(all, tr.also) {
		t.Errorf("findings %v, want %s among them", all, tr.also)
	}
	if a.Verdict == sim.Unknown && len(a.Unknowns) == 0 {
		t.Error("UNKNOWN without a missing fact")
	}
	if t.Failed() {
		for _, f := range a.Findings {
			t.Logf("%v [%v] %s %s: %s", f.Severity, f.Gate, f.Code.String(), f.Component, f.Message)
		}
		for _, u := range a.Unknowns {
			t.Logf("unknown [%v] %s: %s", u.Gate, u.Code.String(), u.Fact)
		}
		for _, p := range a.Placements {
			t.Logf("placement %s %v network %v", p.Subnet, p.Verdict, p.Network.Verdict)
			for _, r := range p.Requests {
				t.Logf("  %s %s %v %+v", r.Action, r.Resource, r.Verdict, r.Layers)
			}
		}
	}
}

// objects is the ARN of keys in the base bucket.
func objects(keys ...string) List {
	out := List{}
	for _, k := range keys {
		out = append(out, "arn:aws:s3:::b"+k)
	}
	return out
}

func role(edits ...Obj) Edit { return Identity(roleR, Doc(edits...)) }

// none takes role R's S3 permissions away.
func none() Edit { return role(Allow("ec2:DescribeVpcs", "*")) }

func bucketDoc(st ...Obj) Edit   { return BucketPolicy("b", Doc(st...)) }
func endpointDoc(st ...Obj) Edit { return EndpointPolicy("vpce-1", Doc(st...)) }

// neoSample is the policy that the SageMaker Neo guide shows.
func neoSample(endpoint string) Obj {
	return If("StringNotEquals", "aws:SourceVpce", endpoint, For(Obj{"AWS": "*"}, Deny(get, objects("", "/*"))))
}

// inline replaces role R's inline policy pN.
func inline(n int, document Obj) Edit {
	return Do(func(w *World) {
		w.Get("RoleDetailList", roleR)["RolePolicyList"].(List)[n].(Obj)["PolicyDocument"] = document
	})
}

var traps = []trap{
	{id: "T12 an account grant is only a delegation", edits: []Edit{none(), bucketDoc(For(accountA, Allow(get, objects("/*"))))}, want: sim.Blocked, code: "ROLE_NO_ALLOW"},
	{id: "T13 in a gateway endpoint policy an account is its root user", edits: []Edit{endpointDoc(For(accountA, Allow("s3:*", "*")))}, want: sim.Blocked, code: "ENDPOINT_POLICY_NO_ALLOW"},
	{id: "T15 a service principal is not the job's role", edits: []Edit{none(), bucketDoc(For(Obj{"Service": "sagemaker.amazonaws.com"}, Allow(get, objects("/*"))))}, want: sim.Blocked, code: "ROLE_NO_ALLOW"},
	{id: "T23 s3:Get* does not cover ListBucket", edits: []Edit{role(Allow("s3:Get*", "*"))}, want: sim.Blocked, code: "ROLE_NO_ALLOW", action: list},
	{id: "T26 the last part's star crosses slashes", edits: []Edit{role(Allow(get, objects("/*")))}, want: sim.Reachable, bucket: "arn:aws:s3:::b/x/y/z"},
	{id: "T31 b* covers the bucket and its objects", edits: []Edit{role(Allow("s3:*", "arn:aws:s3:::b*"))}, want: sim.Reachable, action: list},
	{id: "T32 ListBucket is checked on the bucket", edits: []Edit{role(Allow(list, objects("/*")))}, want: sim.Blocked, code: "ROLE_NO_ALLOW", action: list},
	{id: "T35 Deny NotResource hits the bucket too", edits: []Edit{role(Allow("s3:*", "*"), Obj{"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::b/*"})}, want: sim.Blocked, code: "ROLE_EXPLICIT_DENY", action: list},
	{id: "T35 twin: and spares the objects", edits: []Edit{role(Allow("s3:*", "*"), Obj{"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::b/*"})}, want: sim.Reachable},
	{id: "T37 a bucket policy on another bucket does nothing", edits: []Edit{bucketDoc(For("*", Deny("s3:*", "arn:aws:s3:::other/*")))}, want: sim.Reachable},
	{id: "T42 aws:username is absent for a role", edits: []Edit{role(Allow("s3:*", "arn:aws:s3:::b/home/${aws:username}/*"))}, want: sim.Blocked, code: "ROLE_NO_ALLOW", bucket: "arn:aws:s3:::b/home/R/k"},
	{id: "T46 no bucket policy is needed in one account", want: sim.Reachable},
	{id: "T47 neither side grants: one blocker, two fixes", edits: []Edit{none()}, want: sim.Blocked, code: "ROLE_NO_ALLOW"},
	{id: "T48 a role grant in the bucket policy is enough", edits: []Edit{none(), bucketDoc(For(roleR, Allow(get, objects("/*"))))}, want: sim.Reachable},
	{id: "T49 but a boundary caps it", edits: []Edit{none(), bucketDoc(For(roleR, Allow(get, objects("/*")))), Boundary(roleR, Doc(Allow("ec2:*", "*")))}, want: sim.Blocked, code: "ROLE_NO_ALLOW"},
	{id: "T50 a session grant is not capped by a boundary", edits: []Edit{none(), bucketDoc(For(sessionR, Allow(get, objects("/*")))), Boundary(roleR, Doc(Allow("ec2:*", "*")))}, want: sim.Reachable},
	{id: "T51 nor is a grant to everybody", edits: []Edit{none(), bucketDoc(If("ArnEquals", "aws:PrincipalArn", roleR, For("*", Allow(get, objects("/*"))))), Boundary(roleR, Doc(Allow("ec2:*", "*")))}, want: sim.Reachable},
	{id: "T55 nobody in the snapshot owns the bucket", want: sim.Unknown, bucket: "arn:aws:s3:::stranger/k"},
	{id: "T63 a level with only a Deny list allows nothing", edits: []Edit{Detach("serviceControlPolicies", "p-FullAWSAccess", "ou-1"), SCP("p-deny", Doc(Deny("ec2:RunInstances", "*")), "ou-1")}, want: sim.Blocked, code: "SCP_NO_ALLOW"},
	{id: "T64 an Allow is needed at every level", edits: []Edit{Detach("serviceControlPolicies", "p-FullAWSAccess", "ou-1"), Detach("serviceControlPolicies", "p-FullAWSAccess", accountA), SCP("p-s3", Doc(Allow("s3:*", "*"), Allow("ec2:*", "*")), "ou-1"), SCP("p-ec2", Doc(Allow("ec2:*", "*")), accountA)}, want: sim.Blocked, code: "SCP_NO_ALLOW"},
	{id: "T65 SCPs that are a gap", edits: []Edit{NotCollected("serviceControlPolicies")}, want: sim.Unknown},
	{id: "T65 twin: a definite denial stands", edits: []Edit{none(), NotCollected("serviceControlPolicies")}, want: sim.Blocked, code: "ROLE_NO_ALLOW"},
	{id: "T72 an endpoint whose document is missing is not known", edits: []Edit{Unset("VpcEndpoints", "vpce-1", "PolicyDocument")}, want: sim.Unknown},
	{id: "T72 nor one whose document is null", edits: []Edit{EndpointPolicy("vpce-1", nil)}, want: sim.Unknown},
	{id: "T72 twin: a definite denial stands", edits: []Edit{none(), EndpointPolicy("vpce-1", nil)}, want: sim.Blocked, code: "ROLE_NO_ALLOW"},
	{id: "T73 the Neo sample on the endpoint allows nothing", edits: []Edit{endpointDoc(neoSample("vpce-1"))}, want: sim.Blocked, code: "ENDPOINT_POLICY_NO_ALLOW", also: "VPCE_DENY_ONLY"},
	{id: "T73 for writes too", edits: []Edit{endpointDoc(neoSample("vpce-1"))}, want: sim.Blocked, code: "ENDPOINT_POLICY_NO_ALLOW", also: "VPCE_DENY_ONLY", action: put},
	{id: "T77 the principal counts in an endpoint policy", edits: []Edit{endpointDoc(For(accountX, Allow("s3:*", "*")))}, want: sim.Blocked, code: "ENDPOINT_POLICY_NO_ALLOW"},
	{id: "T78 narrow by aws:PrincipalArn", edits: []Edit{endpointDoc(If("ArnEquals", "aws:PrincipalArn", roleR, For("*", Allow("s3:*", "*"))))}, want: sim.Reachable},
	{id: "T79 a role as principal of a gateway endpoint policy is unclear", edits: []Edit{endpointDoc(For(roleR, Allow("s3:*", "*")))}, want: sim.Unknown},
	{id: "T81 objects alone do not let it list", edits: []Edit{endpointDoc(For("*", Allow(get, objects("/*"))))}, want: sim.Blocked, code: "ENDPOINT_POLICY_NO_ALLOW", action: list},
	{id: "T82 a Deny on the endpoint's own id never fires", edits: []Edit{endpointDoc(For("*", Allow("s3:*", "*")), If("StringNotEquals", "aws:SourceVpce", "vpce-1", For("*", Deny("s3:*", "*"))))}, want: sim.Reachable},
	{id: "T83 on another id it always fires", edits: []Edit{endpointDoc(neoSample("vpce-9"))}, want: sim.Blocked, code: "ENDPOINT_POLICY_EXPLICIT_DENY", also: "VPCE_DENY_ONLY"},
	{id: "T84 aws:ResourceAccount of the endpoint policy", edits: []Edit{endpointDoc(If("StringEquals", "aws:ResourceAccount", accountA, For("*", Allow("s3:*", "*"))))}, want: sim.Reachable},
	{id: "T88 the Neo sample on the bucket lets the endpoint through", edits: []Edit{bucketDoc(neoSample("vpce-1"))}, want: sim.Reachable},
	{id: "T90 and grants nothing by itself", edits: []Edit{none(), bucketDoc(neoSample("vpce-1"))}, want: sim.Blocked, code: "ROLE_NO_ALLOW"},
	{id: "T96 negated values are a list of exemptions", edits: []Edit{bucketDoc(If("StringNotEquals", "aws:SourceVpce", List{"vpce-1", "vpce-2"}, For("*", Deny("s3:*", objects("", "/*")))))}, want: sim.Reachable},
	{id: "T99 aws:SourceIp is absent through an endpoint", edits: []Edit{bucketDoc(If("NotIpAddress", "aws:SourceIp", "203.0.113.0/24", For("*", Deny("s3:*", objects("", "/*")))))}, want: sim.Blocked, code: "BUCKET_POLICY_EXPLICIT_DENY"},
	{id: "T107 Null true spares the endpoint", edits: []Edit{bucketDoc(If("Null", "aws:SourceVpce", "true", For("*", Deny("s3:*", objects("", "/*")))))}, want: sim.Reachable},
	{id: "T109 the clock is unknown", edits: []Edit{role(If("DateLessThan", "aws:CurrentTime", "2026-06-01T00:00:00Z", Allow("s3:*", "*")))}, want: sim.Unknown},
	{id: "T109 --at tells", edits: []Edit{role(If("DateLessThan", "aws:CurrentTime", "2026-06-01T00:00:00Z", Allow("s3:*", "*")))}, want: sim.Reachable, change: func(q *sim.Question) { q.Options.At = "2026-01-01T00:00:00Z" }},
	{id: "T113 a private range for aws:SourceIp denies everyone", edits: []Edit{bucketDoc(If("NotIpAddress", "aws:SourceIp", "10.0.0.0/16", For("*", Deny("s3:*", objects("", "/*")))))}, want: sim.Blocked, code: "BUCKET_POLICY_EXPLICIT_DENY"},
	{id: "T113 whichever way is mended", edits: []Edit{NoRoute("rtb-1", PL), Remove("VpcEndpoints", "vpce-1"), bucketDoc(If("NotIpAddress", "aws:SourceIp", "10.0.0.0/16", For("*", Deny("s3:*", objects("", "/*")))))}, want: sim.Blocked, code: "BUCKET_POLICY_EXPLICIT_DENY", also: "NO_ROUTE_TO_DESTINATION"},
	{id: "T114 aws:VpcSourceIp is the key that holds it", edits: []Edit{bucketDoc(If("NotIpAddress", "aws:VpcSourceIp", "10.0.0.0/16", For("*", Deny("s3:*", objects("", "/*")))))}, want: sim.Reachable},
	{id: "T120 aws:SourceVpcArn", edits: []Edit{none(), bucketDoc(If("ArnEquals", "aws:SourceVpcArn", "arn:aws:ec2:us-east-1:111111111111:vpc/vpc-1", For(roleR, Allow(get, objects("/*")))))}, want: sim.Reachable},
	{id: "T122 endpoint keys and aws:SourceIp never stand together", edits: []Edit{role(If("StringEquals", "aws:SourceVpce", "vpce-1", If("IpAddress", "aws:SourceIp", "203.0.113.0/24", Allow("s3:*", "*"))))}, want: sim.Blocked, code: "ROLE_NO_ALLOW"},
	{id: "T124 aws:PrincipalArn is never a session's ARN", edits: []Edit{bucketDoc(If("ArnNotEquals", "aws:PrincipalArn", sessionR, For("*", Deny("s3:*", objects("", "/*")))))}, want: sim.Blocked, code: "BUCKET_POLICY_EXPLICIT_DENY"},
	{id: "T129 object tags are not in a snapshot", edits: []Edit{bucketDoc(If("StringEquals", "s3:ExistingObjectTag/pii", "yes", For("*", Deny(get, objects("/*")))))}, want: sim.Unknown},
	{id: "T129 stated tags settle it", edits: []Edit{bucketDoc(If("StringEquals", "s3:ExistingObjectTag/pii", "yes", For("*", Deny(get, objects("/*")))))}, want: sim.Reachable, change: func(q *sim.Question) { q.Options.ObjectTags = []string{"none"} }},
	{id: "T130 a definite denial beats a gap", edits: []Edit{Unset("buckets", "b", "Policy"), endpointDoc(neoSample("vpce-1"))}, want: sim.Blocked, code: "ENDPOINT_POLICY_NO_ALLOW"},
	{id: "T131 half of the subnet's addresses", edits: []Edit{endpointDoc(If("IpAddress", "aws:VpcSourceIp", "10.0.1.0/25", For("*", Allow("s3:*", "*"))))}, want: sim.Partial, code: "ENDPOINT_POLICY_NO_ALLOW"},
	{id: "T132 all of them", edits: []Edit{endpointDoc(If("IpAddress", "aws:VpcSourceIp", "10.0.0.0/16", For("*", Allow("s3:*", "*"))))}, want: sim.Reachable},
	{id: "T133 some of the objects", edits: []Edit{role(Allow(get, objects("/data/*")))}, want: sim.Partial, code: "ROLE_NO_ALLOW", bucket: "arn:aws:s3:::b/*"},
	{id: "T134 keys of one character", edits: []Edit{role(Allow(get, objects("/?")))}, want: sim.Partial, code: "ROLE_NO_ALLOW", bucket: "arn:aws:s3:::b/*"},
	{id: "T135 two conditions that cover each other", edits: []Edit{none(), bucketDoc(If("StringEquals", "s3:ExistingObjectTag/t", "a", For(roleR, Allow(get, objects("/*")))), If("StringNotEquals", "s3:ExistingObjectTag/t", "a", For(roleR, Allow(get, objects("/*")))))}, want: sim.Reachable},
	{id: "T136 the bucket policy could not be read", edits: []Edit{Unset("buckets", "b", "Policy")}, want: sim.Unknown},
	{id: "T165 trust to another service", edits: []Edit{Set("RoleDetailList", roleR, "AssumeRolePolicyDocument", Trust("ec2.amazonaws.com"))}, want: sim.Blocked, code: "JOB_ROLE_TRUST"},
	{id: "T165 twin: trust that lists several", edits: []Edit{Set("RoleDetailList", roleR, "AssumeRolePolicyDocument", Doc(Obj{"Effect": "Allow", "Principal": Obj{"Service": List{"ec2.amazonaws.com", "sagemaker.amazonaws.com"}}, "Action": "sts:AssumeRole"}))}, want: sim.Reachable},
	{id: "T166 a confused-deputy guard for another account", edits: []Edit{Set("RoleDetailList", roleR, "AssumeRolePolicyDocument", Doc(If("StringEquals", "aws:SourceAccount", accountX, Obj{"Effect": "Allow", "Principal": Obj{"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"})))}, want: sim.Blocked, code: "JOB_ROLE_TRUST"},
	{id: "T166 twin: for this account's jobs", edits: []Edit{Set("RoleDetailList", roleR, "AssumeRolePolicyDocument", Doc(If("ArnLike", "aws:SourceArn", "arn:aws:sagemaker:us-east-1:111111111111:*", Obj{"Effect": "Allow", "Principal": Obj{"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"})))}, want: sim.Reachable},
	{id: "T168 a scoped Resource kills the Describe actions", edits: []Edit{inline(1, Doc(Allow("ec2:*", "arn:aws:ec2:us-east-1:111111111111:*")))}, want: sim.Blocked, code: "JOB_ROLE_EC2_ACTIONS"},
	{id: "T169 endpoint keys are absent in the service's EC2 calls", edits: []Edit{inline(1, Doc(Allow("ec2:*", "*"), If("StringNotEquals", "aws:SourceVpce", "vpce-1", Deny("ec2:*", "*"))))}, want: sim.Blocked, code: "JOB_ROLE_EC2_ACTIONS"},
	{id: "T174 a grant to another session", edits: []Edit{none(), bucketDoc(For("arn:aws:sts::111111111111:assumed-role/R/Other", Allow(get, objects("/*"))))}, want: sim.Blocked, code: "ROLE_NO_ALLOW"},
	{id: "T175 the service's own pre-checks may come from outside", edits: []Edit{bucketDoc(If("StringNotEquals", "aws:SourceVpce", "vpce-1", For("*", Deny("s3:*", objects("", "/*")))))}, want: sim.Reachable, also: "JOB_PRECHECK_OUTSIDE_VPC"},
	{id: "T176 a role that lacks only ModifyNetworkInterfaceAttribute", edits: []Edit{inline(1, Doc(Allow("ec2:*", "*"), Deny("ec2:ModifyNetworkInterfaceAttribute", "*")))}, want: sim.Reachable, also: "JOB_ROLE_EC2_ACTIONS"},
	{id: "T188 a Region lock", edits: []Edit{SCP("p-eu", Doc(If("StringNotEquals", "aws:RequestedRegion", "eu-west-1", Deny("s3:*", "*"))), accountA)}, want: sim.Blocked, code: "SCP_EXPLICIT_DENY"},
	{id: "T189 a boundary that is not in the snapshot", edits: []Edit{Set("RoleDetailList", roleR, "PermissionsBoundary", Obj{"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": "arn:aws:iam::111111111111:policy/Gone"})}, want: sim.Unknown},
	{id: "T193 a condition does not lift the delegation", edits: []Edit{none(), bucketDoc(If("ArnEquals", "aws:PrincipalArn", roleR, For(accountA, Allow(get, objects("/*")))))}, want: sim.Blocked, code: "ROLE_NO_ALLOW"},
	{id: "T194 an SCP caps grants of the bucket policy", edits: []Edit{none(), bucketDoc(For(roleR, Allow(get, objects("/*")))), Detach("serviceControlPolicies", "p-FullAWSAccess", accountA), SCP("p-ec2", Doc(Allow("ec2:*", "*")), accountA)}, want: sim.Blocked, code: "SCP_NO_ALLOW"},
	{id: "T195 a session ARN for aws:PrincipalArn", edits: []Edit{endpointDoc(If("StringEquals", "aws:PrincipalArn", sessionR, For("*", Allow("s3:*", "*"))))}, want: sim.Blocked, code: "ENDPOINT_POLICY_NO_ALLOW"},
}

func TestPolicyTraps(t *testing.T) {
	for i := range traps {
		t.Run(traps[i].id, func(t *testing.T) { checkTrap(t, &traps[i]) })
	}
}

// The group lets through one of the list's ranges and the ACL another: no
// single blocker stops everything, and both are named as a set.
func TestNoSingleCulprit(t *testing.T) {
	w := Policy(
		Egress("sg-1", Rule("tcp", "52.216.0.0/15"), Rule("-1", "10.0.0.0/16")),
		FilterExactly("subnet-1",
			Entry(100, "out", "allow", "6", "54.231.0.0/16"),
			Entry(100, "in", "allow", "-1", "0.0.0.0/0")),
	)
	tr := trap{}
	a, err := sim.NewWorld(w.Snapshot(t)).Check(t.Context(), tr.question())
	if err != nil {
		t.Fatal(err)
	}
	if a.Verdict != sim.Blocked {
		t.Errorf("verdict %v, want BLOCKED", a.Verdict)
	}
	gates := map[sim.Gate]int{}
	for _, f := range a.Findings {
		if f.Severity == sim.Blocker {
			gates[f.Gate]++
			if len(f.With) == 0 {
				t.Errorf("%s is named alone", f.Code.String())
			}
		}
	}
	if gates[sim.GateSGEgress] == 0 || gates[sim.GateNACLEgress] == 0 {
		t.Errorf("blockers at %v, want one at sg-egress and one at nacl-egress", gates)
	}
}

func TestSubnetEgressGuideline(t *testing.T) {
	checkTrap(t, &trap{edits: []Edit{Egress("sg-1", Rule("tcp", "52.216.0.0/15"), Rule("tcp", "54.231.0.0/16"), Rule("tcp", "3.5.0.0/19"))},
		want: sim.Reachable, also: "JOB_SG_SUBNET_EGRESS"})
}

// Lints stand beside the blocker they explain.
func TestLintsExplainBlockers(t *testing.T) {
	for _, tr := range []trap{
		{id: "T32 a dead statement", edits: []Edit{role(Allow(list, objects("/*")))}, action: list, want: sim.Blocked, code: "ROLE_NO_ALLOW", also: "STATEMENT_NEVER_MATCHES"},
		{id: "T16 a principal with a partial wildcard", edits: []Edit{none(), bucketDoc(For("arn:aws:iam::111111111111:role/*", Allow(get, objects("/*"))))}, want: sim.Blocked, code: "ROLE_NO_ALLOW", also: "PRINCIPAL_NEVER_MATCHES"},
		{id: "T17 a principal that was deleted", edits: []Edit{none(), bucketDoc(For("AROAOLDOLDOLDOLDOLDOL", Allow(get, objects("/*"))))}, want: sim.Blocked, code: "ROLE_NO_ALLOW", also: "PRINCIPAL_DELETED"},
		{id: "T79 a role as principal of a gateway endpoint", edits: []Edit{endpointDoc(For(roleR, Allow("s3:*", "*")))}, want: sim.Unknown, also: "VPCE_PRINCIPAL_UNSUPPORTED"},
		{id: "T141 a missing key looks like a denial", edits: []Edit{role(Allow(get, objects("/*")))}, want: sim.Reachable, also: "MISSING_KEY_LOOKS_DENIED"},
	} {
		t.Run(tr.id, func(t *testing.T) { checkTrap(t, &tr) })
	}
}

// TestACLHeader is T142: where access control lists are off, S3 refuses a write
// that brings one.
func TestACLHeader(t *testing.T) {
	send := func(acl string) func(*sim.Question) {
		return func(q *sim.Question) { q.Options.Assume = []string{"s3:x-amz-acl=" + acl} }
	}
	for _, tr := range []trap{
		{id: "T142 public-read", action: put, change: send("public-read"), want: sim.Blocked, code: "ACL_NOT_SUPPORTED"},
		{id: "T142 bucket-owner-full-control", action: put, change: send("bucket-owner-full-control"), want: sim.Reachable},
		{id: "T142 no header", action: put, want: sim.Reachable},
		{id: "T142 lists are on", action: put, change: send("public-read"), edits: []Edit{Set("buckets", "b", "OwnershipControls", Obj{"Rules": List{Obj{"ObjectOwnership": "ObjectWriter"}}})}, want: sim.Reachable},
		{id: "T142 nobody knows", action: put, change: send("public-read"), edits: []Edit{Unset("buckets", "b", "OwnershipControls")}, want: sim.Unknown},
	} {
		t.Run(tr.id, func(t *testing.T) { checkTrap(t, &tr) })
	}
}

// TestAccessLists is P245 to P250: where access control lists are not known to
// be off, one that nobody collected may grant what policies do not.
func TestAccessLists(t *testing.T) {
	const bucket = "shared"
	foreign := func(policy any, ownership any, more Obj) Edit {
		return In(accountX, RegionID, AddBucket(bucket, RegionID, policy), Do(func(w *World) {
			b := w.Get("buckets", bucket)
			b["OwnershipControls"] = ownership
			if ownership == "gone" {
				delete(b, "OwnershipControls")
			}
			for k, v := range more {
				b[k] = v
			}
		}))
	}
	is := func(s string) Obj { return Obj{"Rules": List{Obj{"ObjectOwnership": s}}} }
	list0 := func(grants ...Obj) Obj {
		gs := List{Obj{"Grantee": Obj{"Type": "CanonicalUser", "ID": "owner"}, "Permission": "FULL_CONTROL"}}
		for _, g := range grants {
			gs = append(gs, g)
		}
		return Obj{"AccessControlPolicy": Obj{"Owner": Obj{"ID": "owner"}, "Grants": gs}}
	}
	somebody := Obj{"Grantee": Obj{"Type": "CanonicalUser", "ID": "somebody"}, "Permission": "READ"}
	const object, whole = "arn:aws:s3:::shared/k", "arn:aws:s3:::shared"
	for _, tr := range []trap{
		{id: "P245 they are off", edits: []Edit{foreign(nil, is("BucketOwnerEnforced"), nil)}, bucket: object, want: sim.Blocked, code: "BUCKET_POLICY_NO_ALLOW"},
		{id: "P250 an object's list is in no snapshot", edits: []Edit{foreign(nil, is("ObjectWriter"), list0())}, bucket: object, want: sim.Unknown},
		{id: "P247 no controls", edits: []Edit{foreign(nil, nil, list0())}, bucket: object, want: sim.Unknown},
		{id: "P222 controls that nobody collected", edits: []Edit{foreign(nil, "gone", list0())}, bucket: object, want: sim.Unknown},
		{id: "P250 the policy suffices", edits: []Edit{foreign(Doc(For(accountA, Allow(get, object))), is("ObjectWriter"), list0())}, bucket: object, want: sim.Reachable},
		{id: "P249 a list does not lift a Deny", edits: []Edit{foreign(Doc(For("*", Deny(get, object))), is("ObjectWriter"), list0())}, bucket: object, want: sim.Blocked, code: "BUCKET_POLICY_EXPLICIT_DENY"},
		{id: "P248 nor stands for the role's own Allow", edits: []Edit{none(), foreign(nil, is("ObjectWriter"), list0())}, bucket: object, want: sim.Blocked, code: "ROLE_NO_ALLOW"},
		{id: "P248 the bucket's list is the owner's own", edits: []Edit{foreign(nil, is("ObjectWriter"), list0())}, bucket: whole, action: list, want: sim.Blocked, code: "BUCKET_POLICY_NO_ALLOW"},
		{id: "P248 it names somebody", edits: []Edit{foreign(nil, is("ObjectWriter"), list0(somebody))}, bucket: whole, action: list, want: sim.Unknown},
		{id: "P220 the bucket's list was not collected", edits: []Edit{foreign(nil, is("ObjectWriter"), nil)}, bucket: whole, action: list, want: sim.Unknown},
	} {
		t.Run(tr.id, func(t *testing.T) { checkTrap(t, &tr) })
	}
}
