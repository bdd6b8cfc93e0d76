package sim_test

import (
	"fmt"
	"slices"
	"testing"

	. "github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/rules/services"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

// trusts lets service principals assume the role of the policy world.
func trusts(actions List, principals ...string) Edit {
	list := List{}
	for _, p := range principals {
		list = append(list, p)
	}
	return Set("RoleDetailList", roleR, "AssumeRolePolicyDocument", Obj{"Version": "2012-10-17", "Statement": List{
		Obj{"Effect": "Allow", "Principal": Obj{"Service": list}, "Action": actions}}})
}

func selfRule() Edit {
	return Set("SecurityGroups", "sg-1", "IpPermissions", List{Obj{"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535,
		"UserIdGroupPairs": List{Obj{"GroupId": "sg-1", "UserId": PolicyAccount}}, "IpRanges": List{}, "Ipv6Ranges": List{}, "PrefixListIds": List{}}})
}

// rowWorld is a world in which a job of a row passes every gate.
func rowWorld(w *services.Workload) []Edit {
	out := []Edit{
		trusts(append(List{"sts:AssumeRole"}, List{"sts:TagSession"}...), w.Trust.Principals...),
		Subnet("subnet-2", "vpc-1", "10.0.2.0/24", "us-east-1b"),
		OnTable("rtb-1", "subnet-2"),
		Group("sg-0", "vpc-1", nil, []Obj{Rule("-1", "0.0.0.0/0")}), Set("SecurityGroups", "sg-0", "GroupName", "default"),
	}
	for _, s := range []string{"subnet-1", "subnet-2"} {
		out = append(out, Set("Subnets", s, "MapPublicIpOnLaunch", false))
	}
	if w.SelfIngress {
		out = append(out, selfRule())
	}
	return out
}

func rowJob(w *services.Workload) snapshot.Job {
	j := snapshot.Job{Kind: w.Kind, Name: "job", File: "job.json", RoleARN: roleR, HasVPCConfig: true, Instances: 1,
		Subnets: []snapshot.SubnetID{"subnet-1"}, SecurityGroups: []snapshot.SecurityGroupID{"sg-1"}}
	if w.Subnets.Min == 2 {
		j.Subnets = append(j.Subnets, "subnet-2")
	}
	return j
}

func askRow(t *testing.T, j snapshot.Job, edits ...Edit) *sim.Answer {
	t.Helper()
	a, err := sim.NewWorld(Policy(edits...).Snapshot(t)).Check(t.Context(), sim.Question{Job: j, Bucket: "arn:aws:s3:::b/k", Actions: []string{get}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// expectRow wants a verdict with exactly one blocker of the job gate, or none.
func expectRow(t *testing.T, what string, a *sim.Answer, code string) {
	t.Helper()
	var codes []string
	for _, f := range a.Findings {
		if f.Severity == sim.Blocker && !slices.Contains(codes, f.Code.String()) {
			codes = append(codes, f.Code.String())
		}
	}
	want, verdict := []string{code}, sim.Blocked
	if code == "" {
		want, verdict = nil, sim.Reachable
	}
	if a.Verdict != verdict || !slices.Equal(codes, want) {
		t.Errorf("%s: %v by %v (unknown %v), want %v by %v", what, a.Verdict, codes, a.Unknowns, verdict, want)
	}
}

// Every row of the table is asked of a job of its kind, and nothing else.
func TestEveryRowIsAsked(t *testing.T) {
	for _, w := range services.All() {
		t.Run(w.Kind, func(t *testing.T) {
			base := rowWorld(&w)
			with := func(e ...Edit) []Edit { return append(slices.Clone(base), e...) }
			expectRow(t, "as AWS asks", askRow(t, rowJob(&w), base...), "")
			expectRow(t, "a trust to a stranger", askRow(t, rowJob(&w), with(trusts(List{"sts:AssumeRole", "sts:TagSession"}, "toaster.amazonaws.com"))...), "JOB_ROLE_TRUST")
			if w.Trust.All {
				expectRow(t, "one of all principals", askRow(t, rowJob(&w), with(trusts(List{"sts:AssumeRole"}, w.Trust.Principals[0]))...), "JOB_ROLE_TRUST")
			}
			if len(w.Trust.Actions) > 0 {
				expectRow(t, "without "+w.Trust.Actions[0], askRow(t, rowJob(&w), with(trusts(List{"sts:AssumeRole"}, w.Trust.Principals...))...), "JOB_ROLE_TRUST")
			}
			code := ""
			if w.Interfaces.By == services.ByRole {
				code = "JOB_ROLE_EC2_ACTIONS"
			}
			expectRow(t, "no EC2 actions", askRow(t, rowJob(&w), with(inline(1, Doc(Allow("ec2:DescribeVpcs", "*"))))...), code)
			rowLimits(t, &w, base)
			rowVPC(t, &w, base)
		})
	}
}

func rowLimits(t *testing.T, w *services.Workload, base []Edit) {
	t.Helper()
	if w.Subnets.Max > 0 {
		j, edits := rowJob(w), slices.Clone(base)
		for i := len(j.Subnets); i <= w.Subnets.Max; i++ {
			id := fmt.Sprintf("subnet-x%d", i)
			edits = append(edits, Subnet(id, "vpc-1", fmt.Sprintf("10.0.%d.0/24", 100+i), "us-east-1a"), OnTable("rtb-1", id), Set("Subnets", id, "MapPublicIpOnLaunch", false))
			j.Subnets = append(j.Subnets, snapshot.SubnetID(id))
		}
		expectRow(t, "a subnet too many", askRow(t, j, edits...), "JOB_SUBNET_COUNT")
	}
	if w.Groups.Max > 0 {
		j, edits := rowJob(w), slices.Clone(base)
		for i := range w.Groups.Max {
			id := fmt.Sprintf("sg-x%d", i)
			edits = append(edits, Group(id, "vpc-1", nil, []Obj{Rule("-1", "0.0.0.0/0")}))
			j.SecurityGroups = append(j.SecurityGroups, snapshot.SecurityGroupID(id))
		}
		expectRow(t, "a group too many", askRow(t, j, edits...), "JOB_SG_COUNT")
	}
	if w.Groups.Default {
		j := rowJob(w)
		j.SecurityGroups = nil
		expectRow(t, "no group: the VPC's default one", askRow(t, j, base...), "")
		expectRow(t, "no group: a default one that lets nothing out", askRow(t, j, append(slices.Clone(base), Egress("sg-0"))...), "SG_HAS_NO_RULES")
	}
	if w.Subnets.Zones > 1 {
		expectRow(t, "one zone", askRow(t, rowJob(w), append(slices.Clone(base), Set("Subnets", "subnet-2", "AvailabilityZone", "us-east-1a"))...), "JOB_SUBNET_ZONES")
	}
	if w.SelfIngress {
		expectRow(t, "no rule from itself", askRow(t, rowJob(w), append(slices.Clone(base), Ingress("sg-1", Rule("tcp", "192.168.0.0/16")))...), "JOB_SG_SELF_INGRESS")
		expectRow(t, "a rule for the subnets", askRow(t, rowJob(w), append(slices.Clone(base), Ingress("sg-1", Rule("-1", "10.0.0.0/16")))...), "")
	}
}

func rowVPC(t *testing.T, w *services.Workload, base []Edit) {
	t.Helper()
	code := ""
	if w.DefaultTenancy {
		code = "JOB_TENANCY"
	}
	expectRow(t, "dedicated tenancy", askRow(t, rowJob(w), append(slices.Clone(base), Set("Vpcs", "vpc-1", "InstanceTenancy", "dedicated"))...), code)
	code = ""
	if w.DHCP == services.DHCPRefused {
		code = "JOB_DHCP_OPTIONS"
	}
	noName := Set("DhcpOptions", "dopt-1", "DhcpConfigurations", List{Obj{"Key": "domain-name-servers", "Values": List{Obj{"Value": "AmazonProvidedDNS"}}}})
	expectRow(t, "no domain name", askRow(t, rowJob(w), append(slices.Clone(base), noName)...), code)
	if w.Addresses > 0 && len(rowJob(w).Subnets) == 1 {
		few := Set("Subnets", "subnet-1", "AvailableIpAddressCount", w.Addresses-1)
		expectRow(t, "no free address", askRow(t, rowJob(w), append(slices.Clone(base), few)...), "JOB_SUBNET_IPS")
	}
	rowPublic(t, w, base)
}

// rowPublic routes the job's traffic to an internet gateway, which carries
// only what has a public address (N183).
func rowPublic(t *testing.T, w *services.Workload, base []Edit) {
	t.Helper()
	edits := append(slices.Clone(base), IGW("igw-1", "vpc-1"), NoRoute("rtb-1", PL), Set("VpcEndpoints", "vpce-1", "RouteTableIds", List{}), Routes("rtb-1", To("0.0.0.0/0", "igw-1")))
	const private = "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"
	open := All(Set("Subnets", "subnet-1", "MapPublicIpOnLaunch", true), Set("Subnets", "subnet-2", "MapPublicIpOnLaunch", true))
	asked := rowJob(w)
	asked.AssignPublicIP = true
	bySubnet, byJob := private, private
	switch w.PublicAddress {
	case services.NeverPublic:
	case services.PublicAsAsked:
		byJob = ""
	case services.PublicBySubnet:
		bySubnet = ""
		a := askRow(t, rowJob(w), append(edits, Unset("Subnets", "subnet-1", "MapPublicIpOnLaunch"))...)
		if a.Verdict != sim.Unknown {
			t.Errorf("whether the subnet gives public addresses is not known: %v", a.Verdict)
		}
	}
	expectRow(t, "internet gateway, nothing said", askRow(t, rowJob(w), edits...), private)
	expectRow(t, "internet gateway, the subnet gives public addresses", askRow(t, rowJob(w), append(edits, open)...), bySubnet)
	expectRow(t, "internet gateway, the job asks for one", askRow(t, asked, edits...), byJob)
}

func trustIf(operator, key string, value any, principal Obj, actions List) Edit {
	return Set("RoleDetailList", roleR, "AssumeRolePolicyDocument", Obj{"Version": "2012-10-17", "Statement": List{
		Obj{"Effect": "Allow", "Principal": principal, "Action": actions, "Condition": Obj{operator: Obj{key: value}}}}})
}

func kindOf(kind string) func(*sim.Question) {
	return func(q *sim.Question) { q.Job.Kind = kind }
}

// The trust policies and policies of other services' roles (P380 to P383).
func TestServiceRoleTraps(t *testing.T) {
	ecs, assume := Obj{"Service": "ecs-tasks.amazonaws.com"}, List{"sts:AssumeRole"}
	const issuer = "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE"
	oidc, web := Obj{"Federated": "arn:aws:iam::" + PolicyAccount + ":oidc-provider/" + issuer}, List{"sts:AssumeRoleWithWebIdentity"}
	pod := func(account string) func(*sim.Question) {
		return func(q *sim.Question) { q.Job.Kind, q.Job.ServiceAccount = "Pod", account }
	}
	build := Doc(
		If("StringEquals", "ec2:AuthorizedService", "codebuild.amazonaws.com",
			If("ArnEquals", "ec2:Subnet", "arn:aws:ec2:us-east-1:"+PolicyAccount+":subnet/subnet-1", Allow("ec2:CreateNetworkInterfacePermission", "arn:aws:ec2:us-east-1:"+PolicyAccount+":network-interface/*"))),
		Allow(List{"ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:Describe*"}, "*"))
	for _, tr := range []trap{
		{id: "P380 every source of the account", change: kindOf("ECSTask"), want: sim.Reachable,
			edits: []Edit{trustIf("ArnLike", "aws:SourceArn", "arn:aws:ecs:us-east-1:"+PolicyAccount+":*", ecs, assume)}},
		{id: "P380 one source, where AWS does not say which it is", change: kindOf("ECSTask"), want: sim.Unknown,
			edits: []Edit{trustIf("ArnLike", "aws:SourceArn", "arn:aws:ecs:us-east-1:"+PolicyAccount+":task/c/1", ecs, assume)}},
		{id: "P380 another account's source", change: kindOf("ECSTask"), want: sim.Blocked, code: "JOB_ROLE_TRUST",
			edits: []Edit{trustIf("StringEquals", "aws:SourceAccount", "999999999999", ecs, assume)}},
		{id: "P380 the role that starts the task is asked, too", want: sim.Blocked, code: "JOB_ROLE_TRUST",
			change: func(q *sim.Question) {
				q.Job.Kind, q.Job.ExecutionRoleARN = "ECSTask", "arn:aws:iam::"+PolicyAccount+":role/Start"
			},
			edits: []Edit{trusts(assume, "ecs-tasks.amazonaws.com"), Add("RoleDetailList", RoleObj("arn:aws:iam::"+PolicyAccount+":role/Start", Trust("ec2.amazonaws.com")))}},
		{id: "P382 the pod's service account", change: pod("ml:train"), want: sim.Reachable,
			edits: []Edit{trustIf("StringEquals", issuer+":sub", "system:serviceaccount:ml:train", oidc, web)}},
		{id: "P382 another service account", change: pod("ml:serve"), want: sim.Blocked, code: "JOB_ROLE_TRUST",
			edits: []Edit{trustIf("StringEquals", issuer+":sub", "system:serviceaccount:ml:train", oidc, web)}},
		{id: "P382 a pod whose service account is not said", change: pod(""), want: sim.Unknown,
			edits: []Edit{trustIf("StringEquals", issuer+":sub", "system:serviceaccount:ml:train", oidc, web)}},
		{id: "P382 a provider is trusted for a web identity only", change: pod("ml:train"), want: sim.Blocked, code: "JOB_ROLE_TRUST",
			edits: []Edit{trustIf("StringEquals", issuer+":sub", "system:serviceaccount:ml:train", oidc, assume)}},
		{id: "P382 the audience is STS", change: pod("ml:train"), want: sim.Reachable,
			edits: []Edit{trustIf("StringEquals", issuer+":aud", "sts.amazonaws.com", oidc, web)}},
		{id: "P381 CodeBuild's permission by service and subnet", change: kindOf("BuildProject"), want: sim.Reachable,
			edits: []Edit{trusts(assume, "codebuild.amazonaws.com"), inline(1, build)}},
		{id: "P381 for the subnet of another project", want: sim.Blocked, code: "JOB_ROLE_EC2_ACTIONS",
			change: func(q *sim.Question) { q.Job.Kind, q.Job.Subnets = "BuildProject", []snapshot.SubnetID{"subnet-2"} },
			edits: []Edit{trusts(assume, "codebuild.amazonaws.com"), inline(1, build),
				Subnet("subnet-2", "vpc-1", "10.0.2.0/24", "us-east-1b"), OnTable("rtb-1", "subnet-2")}},
		{id: "P383 a function's own ARN is in its calls", change: kindOf("Function"), want: sim.Unknown,
			edits: []Edit{trusts(assume, "lambda.amazonaws.com"), bucketDoc(If("ArnNotEquals", "lambda:SourceFunctionArn", "arn:aws:lambda:us-east-1:"+PolicyAccount+":function:f", For("*", Deny("s3:*", objects("", "/*")))))}},
		{id: "P383 and not in a task's", change: kindOf("ECSTask"), want: sim.Blocked, code: "BUCKET_POLICY_EXPLICIT_DENY",
			edits: []Edit{trusts(assume, "ecs-tasks.amazonaws.com"), bucketDoc(If("ArnNotEquals", "lambda:SourceFunctionArn", "arn:aws:lambda:us-east-1:"+PolicyAccount+":function:f", For("*", Deny("s3:*", objects("", "/*")))))}},
		{id: "P318 the session of a task is its id, which nobody knows", change: kindOf("ECSTask"), want: sim.Unknown,
			edits: []Edit{trusts(assume, "ecs-tasks.amazonaws.com"), bucketDoc(For(Obj{"AWS": "arn:aws:sts::" + PolicyAccount + ":assumed-role/R/1234"}, Deny("s3:*", objects("", "/*"))))}},
		{id: "P320 only SageMaker looks from outside of the VPC before the job starts", change: kindOf("ECSTask"), want: sim.Reachable,
			edits: []Edit{trusts(assume, "ecs-tasks.amazonaws.com"), bucketDoc(If("StringNotEquals", "aws:SourceVpce", "vpce-1", For("*", Deny("s3:*", objects("", "/*")))))}},
	} {
		t.Run(tr.id, func(t *testing.T) { checkTrap(t, &tr) })
	}
}
