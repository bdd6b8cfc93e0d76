package network_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

// jobTrap is a row of the catalogue that is about a whole job: the guards of
// section 8, or a verdict over several subnets or buckets.
type jobTrap struct {
	id    string
	edits []world.Edit
	job   func(*snapshot.Job) // changes the job of BASE: {subnet-1}, {sg-1}, bucket reports
	want  sim.Verdict
	gate  sim.Gate
	code  string // of the first blocker, or the first missing fact
	also  string
	// blockedUse, where given, is the use ("input" or "output") that is
	// blocked, while the other is reachable.
	blockedUse string
}

var jobTraps = []jobTrap{
	{id: "T97", edits: and(egressBothWays, world.Subnet("subnet-2", "vpc-a", "10.0.2.0/24", "us-east-1b"), world.OnTable("rtb-1", "subnet-2")),
		job: subnets("subnet-1", "subnet-2"), want: sim.Partial, gate: sim.GateRoute, code: "TGW_ROUTE_AZ_RESTRICTION", also: "P_SUBNET_CHOICE"},
	{id: "T110", edits: edits(world.Subnet("subnet-2", "vpc-a", "10.0.2.0/24", "us-east-1b"), world.Table("rtb-2", "vpc-a", []string{"subnet-2"})),
		job: subnets("subnet-1", "subnet-2"), want: sim.Partial, gate: sim.GateRoute, code: "NO_ROUTE_TO_DESTINATION", also: "P_SUBNET_CHOICE"},
	{id: "T111", edits: edits(world.Set("Vpcs", "vpc-a", "InstanceTenancy", "dedicated")), want: sim.Blocked, code: "JOB_TENANCY"},
	{id: "T112", edits: edits(world.Set("Subnets", "subnet-1", "AvailableIpAddressCount", 1)), want: sim.Blocked, code: "JOB_SUBNET_IPS"},
	{id: "T113", edits: edits(manySubnets(17)), job: func(j *snapshot.Job) {
		j.Subnets = nil
		for i := range 17 {
			j.Subnets = append(j.Subnets, snapshot.SubnetID(fmt.Sprintf("subnet-m%d", i)))
		}
	}, want: sim.Blocked, code: "JOB_SUBNET_COUNT"},
	{id: "T114", edits: edits(manyGroups(6)), job: func(j *snapshot.Job) {
		j.SecurityGroups = nil
		for i := range 6 {
			j.SecurityGroups = append(j.SecurityGroups, snapshot.SecurityGroupID(fmt.Sprintf("sg-m%d", i)))
		}
	}, want: sim.Blocked, code: "JOB_SG_COUNT"},
	{id: "N169 a processing job without a domain name", edits: edits(noDomainName), job: kind("ProcessingJob"), want: sim.Blocked, code: "JOB_DHCP_OPTIONS"},
	{id: "N169 and with one", job: kind("ProcessingJob"), want: sim.Reachable},
	{id: "N169 a compilation job is warned", edits: edits(noDomainName), want: sim.Reachable, also: "JOB_DHCP_OPTIONS"},
	{id: "N10 an unknown way is not judged by the endpoint that it may not take", edits: edits(world.Unset("RouteTables", "rtb-1", "Routes"),
		world.Set("VpcEndpoints", "vpce-g", "PolicyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::other/*"}]}`)),
		want: sim.Unknown, gate: sim.GateRoute, code: "UNK_ROUTE_TABLE"},
	{id: "N168 a private zone without the bucket's own name", edits: edits(zone("s3.us-east-1.amazonaws.com.", "s3.us-east-1.amazonaws.com.")),
		want: sim.Blocked, gate: sim.GateDNS, code: "DNS_PHZ_NXDOMAIN", also: "S3_NAME_FORM"},
	{id: "N168 a private zone for another domain", edits: edits(zone("corp.example.", "corp.example.")), want: sim.Reachable},
	{id: "T115", edits: edits(peerB), job: subnets("subnet-1", "subnet-b"), want: sim.Blocked, code: "JOB_SUBNETS_SPAN_VPCS"},
	{id: "T116", edits: edits(peerB), job: groups("sg-b"), want: sim.Blocked, code: "JOB_SG_OTHER_VPC"},
	{id: "T117", edits: edits(peerB, world.Add("SecurityGroupVpcAssociations",
		world.Obj{"GroupId": "sg-b", "VpcId": "vpc-a", "VpcOwnerId": world.AccountID, "GroupOwnerId": world.AccountID, "State": "associated"})),
		job: groups("sg-b"), want: sim.Unknown, code: "UNK_SG"},
	{id: "T118", edits: edits(shared, world.Group("sg-default", "vpc-a", nil, []world.Obj{world.Rule("-1", "0.0.0.0/0")}),
		world.Set("SecurityGroups", "sg-default", "GroupName", "default"), world.Set("SecurityGroups", "sg-default", "OwnerId", owner)),
		job: groups("sg-default"), want: sim.Blocked, code: "JOB_SHARED_SG"},
	{id: "T119", edits: edits(shared, onlyDefault("nat-x")), want: sim.Unknown, gate: sim.GateRoute, code: "UNK_NAT"},
	{id: "T120", edits: edits(world.AddBucket("results", "eu-west-1", nil)), job: func(j *snapshot.Job) {
		j.Outputs = []snapshot.S3Location{{URI: "s3://results/out/", Bucket: "results", Prefix: "out/"}}
	}, want: sim.Partial, gate: sim.GateRoute, code: "NO_ROUTE_TO_DESTINATION", blockedUse: "output"},
}

const owner = "444455556666"

// shared makes vpc-a another account's, shared with the job's account.
var shared = world.All(world.Set("Vpcs", "vpc-a", "OwnerId", owner), world.Set("Subnets", "subnet-1", "OwnerId", owner),
	world.Set("RouteTables", "rtb-1", "OwnerId", owner), world.Set("NetworkAcls", "acl-1", "OwnerId", owner))

var noDomainName = world.Set("DhcpOptions", "dopt-1", "DhcpConfigurations", world.List{world.Obj{"Key": "domain-name-servers", "Values": world.List{world.Obj{"Value": "AmazonProvidedDNS"}}}})

func kind(k string) func(*snapshot.Job) { return func(j *snapshot.Job) { j.Kind = k } }

func subnets(ids ...snapshot.SubnetID) func(*snapshot.Job) {
	return func(j *snapshot.Job) { j.Subnets = ids }
}

func groups(ids ...snapshot.SecurityGroupID) func(*snapshot.Job) {
	return func(j *snapshot.Job) { j.SecurityGroups = ids }
}

func manySubnets(n int) world.Edit {
	return world.Do(func(w *world.World) {
		for i := range n {
			id := fmt.Sprintf("subnet-m%d", i)
			w.Apply(world.Subnet(id, "vpc-a", fmt.Sprintf("10.0.%d.0/24", 100+i), "us-east-1a"), world.OnTable("rtb-1", id))
		}
	})
}

func manyGroups(n int) world.Edit {
	return world.Do(func(w *world.World) {
		for i := range n {
			w.Apply(world.Group(fmt.Sprintf("sg-m%d", i), "vpc-a", nil, []world.Obj{world.Rule("-1", "0.0.0.0/0")}))
		}
	})
}

func TestJobTraps(t *testing.T) {
	for _, tr := range jobTraps {
		t.Run(tr.id, func(t *testing.T) {
			report(t, tr.failures(t))
		})
	}
}

func (tr *jobTrap) failures(t *testing.T) []string {
	t.Helper()
	j := snapshot.Job{Kind: "CompilationJob", Name: "compile", RoleARN: world.Role, Subnets: []snapshot.SubnetID{"subnet-1"},
		SecurityGroups: []snapshot.SecurityGroupID{"sg-1"}, HasVPCConfig: true, Instances: 1,
		Inputs:  []snapshot.S3Location{{URI: "s3://reports/in/model.tar.gz", Bucket: "reports", Prefix: "in/model.tar.gz"}},
		Outputs: []snapshot.S3Location{{URI: "s3://reports/out/", Bucket: "reports", Prefix: "out/"}}}
	if tr.job != nil {
		tr.job(&j)
	}
	a, err := sim.NewWorld(world.Network(tr.edits...).Snapshot(t)).Check(t.Context(), sim.Question{Job: j})
	if err != nil {
		return []string{"Check: " + err.Error()}
	}
	return tr.judge(a)
}

func (tr *jobTrap) judge(a *sim.Answer) []string {
	var out []string
	failf := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if a.Verdict != tr.want {
		failf("verdict %s, want %s; findings %v, unknowns %v", a.Verdict, tr.want, answerCodes(a), a.Unknowns)
	}
	if tr.want == sim.Unknown {
		if len(a.DecisiveUnknowns()) == 0 || a.DecisiveUnknowns()[0].Code.String() != tr.code {
			failf("missing facts %v, want first %s", a.Unknowns, tr.code)
		}
		return out
	}
	i := slices.IndexFunc(a.Findings, func(f sim.Finding) bool { return f.Severity == sim.Blocker })
	if tr.want != sim.Reachable && (i < 0 || a.Findings[i].Code.String() != tr.code || a.Findings[i].Gate != tr.gate) {
		failf("first blocker is not %s at %s: %v", tr.code, tr.gate, answerCodes(a))
	}
	if tr.also != "" && !slices.ContainsFunc(a.Findings, func(f sim.Finding) bool { return f.Is(tr.also) }) {
		failf("%s is not mentioned: %v", tr.also, answerCodes(a))
	}
	if tr.blockedUse != "" {
		out = append(out, tr.judgeUses(a)...)
	}
	return out
}

// judgeUses checks that exactly the placements for blockedUse are blocked.
func (tr *jobTrap) judgeUses(a *sim.Answer) []string {
	var out []string
	for _, target := range a.Question.Targets {
		want := sim.Reachable
		if target.Use == tr.blockedUse {
			want = sim.Blocked
		}
		for _, p := range a.Placements {
			if p.Target == target.Bucket && p.Verdict != want {
				out = append(out, fmt.Sprintf("%s is %s, want %s", target.Use, p.Verdict, want))
			}
		}
	}
	if len(a.Question.Targets) < 2 {
		out = append(out, "the question does not list input and output")
	}
	return out
}

func answerCodes(a *sim.Answer) []string {
	var out []string
	for _, f := range a.Findings {
		out = append(out, fmt.Sprintf("%s@%s/%s(%s)%v", f.Code.String(), f.Gate, f.Component, f.Severity, f.Also))
	}
	return out
}

// TestPlacementsOfTraps asks about each subnet of T97 and T110 alone.
func TestPlacementsOfTraps(t *testing.T) {
	for _, tr := range []trap{
		{id: "T97/subnet-1", edits: and(egressBothWays, world.Subnet("subnet-2", "vpc-a", "10.0.2.0/24", "us-east-1b"), world.OnTable("rtb-1", "subnet-2")), want: reachable},
		{id: "T97/subnet-2", edits: and(egressBothWays, world.Subnet("subnet-2", "vpc-a", "10.0.2.0/24", "us-east-1b"), world.OnTable("rtb-1", "subnet-2")),
			from: fromJob("subnet-2", "sg-1"), want: blocked, code: "TGW_ROUTE_AZ_RESTRICTION"},
		{id: "T110/subnet-2", edits: edits(world.Subnet("subnet-2", "vpc-a", "10.0.2.0/24", "us-east-1b"), world.Table("rtb-2", "vpc-a", []string{"subnet-2"})),
			from: fromJob("subnet-2", "sg-1"), want: blocked, code: "NO_ROUTE_TO_DESTINATION"},
	} {
		t.Run(tr.id, func(t *testing.T) {
			report(t, tr.failures(t))
		})
	}
}

// TestCatalogueIsWhole: every id from T1 to T130 has a row, once.
func TestCatalogueIsWhole(t *testing.T) {
	seen := map[string]int{}
	for _, rows := range allTraps {
		for _, tr := range rows {
			seen[tr.id]++
		}
	}
	for _, tr := range jobTraps {
		seen[tr.id]++
	}
	for i := range 130 {
		if id := fmt.Sprintf("T%d", i+1); seen[id] != 1 {
			t.Errorf("%s has %d rows, want 1", id, seen[id])
		}
	}
}
