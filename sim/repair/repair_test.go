package repair

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/snapshot"
)

func question(bucket string) sim.Question {
	return sim.Question{Bucket: bucket, Job: snapshot.Job{Kind: "CompilationJob", Name: "j", RoleARN: world.Role, Subnets: []snapshot.SubnetID{"subnet-1"},
		SecurityGroups: []snapshot.SecurityGroupID{"sg-1"}, HasVPCConfig: true, Instances: 1}}
}

func mustFind(_ testing.TB, native []byte, q sim.Question) *Result {
	res, err := findIn(native, q, Options{})
	if err != nil {
		panic(err)
	}
	return res
}

func findIn(native []byte, q sim.Question, o Options) (*Result, error) {
	base, err := change.Open(native)
	if err != nil {
		return nil, err
	}
	return Find(context.Background(), base, Query{Check: q}, o)
}

// ask is the slow twin of what the search asks: the text is changed and read anew.
func ask(native []byte, q sim.Question) (*sim.Answer, error) {
	snap, err := snapshot.Parse(native)
	if err != nil {
		return nil, err
	}
	return sim.NewWorld(snap).Check(context.Background(), q)
}

func whys(res *Result) []string {
	var out []string
	for _, r := range res.Repairs {
		out = append(out, strings.Join(r.Why, " + "))
	}
	return out
}

// verify applies a repair from its printed form and asks; then with each
// change left out.
func verify(t interface{ Fatalf(string, ...any) }, native []byte, q sim.Question, r *Repair) {
	changes, err := change.Parse("repair.yaml", []byte(change.YAML(r.Changes)))
	if err != nil {
		t.Fatalf("the repair does not read back: %v\n%s", err, change.YAML(r.Changes))
	}
	asked := func(list []change.Change) sim.Verdict {
		applied, err := change.Apply(native, list)
		if err != nil {
			return sim.Blocked // refused
		}
		a, err := ask(applied.Native, q)
		if err != nil {
			t.Fatalf("%v", err)
		}
		return a.Verdict
	}
	if v := asked(changes); v != sim.Reachable {
		t.Fatalf("the repair gives %v:\n%s", v, change.YAML(r.Changes))
	}
	for i := range changes {
		if v := asked(slices.Delete(slices.Clone(changes), i, i+1)); v == sim.Reachable && len(changes) > 1 {
			t.Fatalf("change %d of the repair is not needed:\n%s", i, change.YAML(r.Changes))
		}
	}
}

// broken is one thing gone wrong each, with what the best repair does.
var broken = []struct {
	name string
	edit world.Edit
	best string
}{
	{"no egress rule (T37)", world.Egress("sg-1"), "Let sg-1 send HTTPS to S3 (pl-s3)."},
	{"egress to the VPC only (T40)", world.Egress("sg-1", world.Rule("tcp", "10.0.0.0/16")), "Let sg-1 send HTTPS to S3 (pl-s3)."},
	{"endpoint on another table (T3)", world.NoS3Route(), "Associate rtb-1 with the S3 gateway endpoint vpce-g."},
	{"replies denied (T53)", world.FilterExactly("subnet-1", world.AllowOut), "Let acl-of-subnet-1 pass TCP ports 32768 to 60999 in from S3's addresses."},
	{"a lower-numbered deny (T57)", world.Filter("subnet-1", world.Entry(100, "out", "deny", "6", "0.0.0.0/0", 443, 443), world.Entry(200, "out", "allow", "-1", "0.0.0.0/0")),
		"Let acl-of-subnet-1 pass TCP port 443 out to S3's addresses."},
	{"no room before the deny", world.Filter("subnet-1", world.Entry(1, "out", "deny", "6", "0.0.0.0/0", 443, 443), world.Entry(200, "out", "allow", "-1", "0.0.0.0/0")),
		"Delete the rule 1 of acl-of-subnet-1, which denies."},
	{"a blackhole slice (T18)", world.Routes("rtb-1", world.Blackhole(world.To("3.5.0.0/19", "nat-old"))), "Delete the route 3.5.0.0/19 of rtb-1, which leads to nat-old."},
	{"no DNS support (T82)", world.DNS("vpc-a", false, true), "Turn DNS support of vpc-a on."},
	{"a deny-only endpoint policy (T73)", world.EndpointPolicy("vpce-g", world.Doc(world.For("*", world.Deny("s3:GetObject", "arn:aws:s3:::x/*")))),
		"Let the policy of vpce-g allow what the job asks for, to its role only."},
	{"an endpoint policy that denies", world.EndpointPolicy("vpce-g", world.Doc(world.For("*", world.Allow("*", "*")), world.For("*", world.Deny("s3:GetObject", "arn:aws:s3:::reports/*")))),
		"Narrow the Deny statement 1 in the policy of vpce-g: spare the job's role."},
	{"the role may not read", world.Identity(world.Role, world.Doc(world.Allow("ec2:*", "*"))), "Let the role Neo do what the job asks for."},
	{"the role may not place interfaces", world.Identity(world.Role, world.Doc(world.Allow("s3:*", "*"))), "Let the role Neo place the job's network interfaces."},
	{"the role is denied the interfaces", world.Set("RoleDetailList", world.Role, "RolePolicyList", world.List{
		world.Obj{"PolicyName": "p0", "PolicyDocument": world.Doc(world.Allow(world.List{"s3:*", "ec2:*"}, "*"))},
		world.Obj{"PolicyName": "p1", "PolicyDocument": world.Doc(world.Allow("sts:*", "*"), world.Deny("ec2:CreateNetworkInterface*", "*"))}}),
		"Narrow the Deny statement 1 in the inline policy p1: spare the job's role."},
	{"the bucket wants another endpoint", world.BucketPolicy(world.Bucket, world.Doc(world.If("StringNotEquals", "aws:SourceVpce", "vpce-x",
		world.For("*", world.Deny("s3:*", world.List{"arn:aws:s3:::reports", "arn:aws:s3:::reports/*"}))))), "Narrow the Deny statement 0 in the policy of bucket reports: let vpce-g through."},
	{"a boundary without S3", world.Boundary(world.Role, world.Doc(world.Allow("ec2:*", "*"))), "Let the permissions boundary of Neo allow what the job asks for."},
	{"the trust policy names another service", world.Set("RoleDetailList", world.Role, "AssumeRolePolicyDocument", world.Trust("ec2.amazonaws.com")), "Let sagemaker.amazonaws.com assume the role Neo."},
}

func TestOneThingWrong(t *testing.T) {
	for _, tc := range broken {
		t.Run(tc.name, func(t *testing.T) {
			native, q := world.Network(tc.edit).JSON(), question("arn:aws:s3:::reports")
			res := mustFind(t, native, q)
			if got := whys(res); len(got) == 0 || got[0] != tc.best {
				t.Fatalf("repairs %q, want first %q; stuck %+v, unknown %+v, before %v %+v", got, tc.best, res.Stuck, res.Unknown, res.Before.Verdict, res.Before.Findings)
			}
			for i := range res.Repairs {
				verify(t, native, q, &res.Repairs[i])
			}
			if res.Limit != "" {
				t.Error("the search was cut:", res.Limit)
			}
		})
	}
}

// Every proposal for pairs of things gone wrong is tried out and minimal, and
// the order is by cost.
func TestTwoThingsWrong(t *testing.T) {
	same := map[string]bool{"T53": true, "T57": true, "no room": true}
	class := func(name string) string {
		for word := range same {
			if strings.Contains(name, word) {
				return "acl"
			}
		}
		for _, word := range []string{"the role may not", "endpoint policy"} {
			if strings.Contains(name, word) {
				return word
			}
		}
		return name
	}
	for i := range broken {
		for j := i + 1; j < len(broken); j++ {
			if (3*i+j)%4 != 0 || class(broken[i].name) == class(broken[j].name) {
				continue
			}
			t.Run(broken[i].name+" and "+broken[j].name, func(t *testing.T) {
				native, q := world.Network(world.NAT(), broken[i].edit, broken[j].edit).JSON(), question("arn:aws:s3:::reports")
				res, err := findIn(native, q, Options{Limit: 2, Checks: 60})
				if err != nil || len(res.Repairs) == 0 {
					t.Fatalf("no repair: %v, %+v, stuck %+v", err, res.Before.Findings, res.Stuck)
				}
				for n := range res.Repairs {
					verify(t, native, q, &res.Repairs[n])
					if n > 0 && res.Repairs[n].cost < res.Repairs[n-1].cost {
						t.Fatalf("a cheaper repair comes later: %v", whys(res))
					}
					for _, c := range res.Repairs[n].Changes {
						notWider(t, c)
					}
				}
			})
		}
	}
}

// notWider fails on a statement of ours that grants with a "*", but for the
// actions that have no resource types (P316).
func notWider(t *testing.T, c change.Change) {
	t.Helper()
	for _, text := range c.Texts() {
		doc, err := located.FromJSON([]byte(text))
		if err != nil {
			continue
		}
		statements, _ := doc.Get("Statement")
		for _, s := range statements.Items {
			sid, _ := s.Get("Sid")
			action, _ := s.Get("Action")
			resource, _ := s.Get("Resource")
			ours := strings.HasPrefix(sid.Text, "Allow") || sid.Text == "JobNetworkInterfaces"
			if ours && (strings.Contains(string(action.JSON()), "*") || string(resource.JSON()) == `"*"` && sid.Text != "JobNetworkInterfaces") {
				t.Errorf("a policy is widened: %s", s.JSON())
			}
		}
	}
}

// A rule for S3's prefix list, one for its addresses of today and one for
// anywhere are one repair, and the narrowest stands for it.
func TestTheNarrowestOfAKindStandsForIt(t *testing.T) {
	res := mustFind(t, world.Network(world.Egress("sg-1")).JSON(), question("arn:aws:s3:::reports"))
	if got := whys(res); !slices.Equal(got, []string{"Let sg-1 send HTTPS to S3 (pl-s3)."}) {
		t.Errorf("got %q", got)
	}
	if !strings.Contains(res.Repairs[0].Commands[0], `"PrefixListId":"pl-s3"`) || len(res.Repairs[0].Wide) != 0 {
		t.Errorf("%+v", res.Repairs)
	}
}

func TestAnInterfaceEndpointsGroupIsOpenedToTheJobsGroup(t *testing.T) {
	native := world.Network(world.IFE(), world.Ingress("sg-5"), world.NoS3Route()).JSON()
	res := mustFind(t, native, question("arn:aws:s3:::reports"))
	if got := whys(res); len(got) == 0 || got[0] != "Let sg-5 take HTTPS from sg-1." {
		t.Fatalf("%q, stuck %+v", got, res.Stuck)
	}
	verify(t, native, question("arn:aws:s3:::reports"), &res.Repairs[0])
}

func TestWithoutAnEndpointOneIsCreatedForTheRoleOnly(t *testing.T) {
	native := world.Network(world.NoS3Route(), world.Remove("VpcEndpoints", "vpce-g")).JSON()
	q := question("arn:aws:s3:::reports/data/*")
	res := mustFind(t, native, q)
	if len(res.Repairs) != 1 || res.Repairs[0].Changes[0].Operation != "CreateVpcEndpoint" {
		t.Fatalf("%q", whys(res))
	}
	text := string(change.JSON(res.Repairs[0].Changes))
	for _, want := range []string{`"s3:GetObject","Resource":"arn:aws:s3:::reports/data/*"`, `"aws:PrincipalArn":"` + world.Role + `"`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	verify(t, native, q, &res.Repairs[0])
}

const foreign = "444455556666"

func TestTheBucketsOwnerMustAct(t *testing.T) {
	shared := world.In(foreign, "us-east-1", world.AddBucket("theirs", "us-east-1", nil))
	native := world.Network(shared).JSON()
	res := mustFind(t, native, question("arn:aws:s3:::theirs"))
	if len(res.Repairs) != 1 || res.OwnersMustAct != "No repair on our side: account 444455556666 (the bucket's owner) must act." {
		t.Fatalf("%q %q", res.OwnersMustAct, whys(res))
	}
	text := string(change.JSON(res.Repairs[0].Changes))
	if !strings.Contains(text, `"Principal":{"AWS":"`+world.Role+`"}`) {
		t.Errorf("the grant names somebody else: %s", text)
	}
	verify(t, native, question("arn:aws:s3:::theirs"), &res.Repairs[0])
}

func TestAnOrganizationsPolicyIsTheManagementAccountsToChange(t *testing.T) {
	org := func(w *world.World) {
		a := w.Account(world.AccountID)
		a["organizationId"], a["organizationPath"] = "o-1", world.List{"r-1"}
	}
	all := world.Doc(world.Allow("*", "*"))
	native := world.Network(org, world.SCP("p-full", all, "r-1", world.AccountID), world.RCP("p-rfull", world.Doc(world.For("*", world.Allow("*", "*"))), "r-1", world.AccountID),
		world.SCP("p-deny", world.Doc(world.Deny("s3:GetObject", "*")), "r-1")).JSON()
	res := mustFind(t, native, question("arn:aws:s3:::reports"))
	if len(res.Repairs) == 0 || !slices.Equal(res.Repairs[0].Others, []string{"the organization's management account"}) {
		t.Fatalf("%q, stuck %+v, before %+v", whys(res), res.Stuck, res.Before.Findings)
	}
	verify(t, native, question("arn:aws:s3:::reports"), &res.Repairs[0])
}

func TestWhatTheJobItselfMustChangeIsSaid(t *testing.T) {
	native := world.Network(world.Set("Vpcs", "vpc-a", "InstanceTenancy", "dedicated")).JSON()
	res := mustFind(t, native, question("arn:aws:s3:::reports"))
	if len(res.Repairs) != 0 || len(res.Stuck) != 1 || res.Stuck[0].Finding.Code.String() != "JOB_TENANCY" {
		t.Errorf("%q, %+v", whys(res), res.Stuck)
	}
}

// A Deny that stands in AWS's own policy is nobody's to narrow: that is said.
func TestWhatNothingMendsIsSaid(t *testing.T) {
	native := world.Network(world.Add("Policies", world.ManagedPolicy("arn:aws:iam::aws:policy/AWSDenyAll", world.Doc(world.Deny("*", "*")))),
		world.Set("RoleDetailList", world.Role, "AttachedManagedPolicies", world.List{world.Obj{"PolicyArn": "arn:aws:iam::aws:policy/AWSDenyAll", "PolicyName": "AWSDenyAll"}})).JSON()
	res := mustFind(t, native, question("arn:aws:s3:::reports"))
	if len(res.Repairs) != 0 || len(res.Stuck) == 0 || !strings.Contains(res.Stuck[0].Reason, "AWSDenyAll") {
		t.Errorf("%q, %+v", whys(res), res.Stuck)
	}
}

func TestNothingToRepair(t *testing.T) {
	res := mustFind(t, world.Network().JSON(), question("arn:aws:s3:::reports"))
	if res.Before.Verdict != sim.Reachable || len(res.Repairs) != 0 || res.Tried != 0 {
		t.Errorf("%+v", res)
	}
}

func TestTheSearchIsBounded(t *testing.T) {
	native, q := world.Network(world.Egress("sg-1"), world.NoS3Route(), world.NAT()).JSON(), question("arn:aws:s3:::reports")
	res, err := findIn(native, q, Options{Checks: 1})
	if err != nil || res.Whole || !strings.Contains(res.Limit, "--max-checks") || res.Tried != 1 {
		t.Errorf("%d tried, complete %v, %q, %v", res.Tried, res.Whole, res.Limit, err)
	}
	if res, err := findIn(native, q, Options{Time: time.Nanosecond}); err != nil || res.Whole || !strings.Contains(res.Limit, "--fix-timeout") {
		t.Errorf("%q, %v", res.Limit, err)
	}
	base, err := change.Open(native)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if res, err := Find(ctx, base, Query{Check: q}, Options{}); err != nil || res.Whole || res.Tried != 0 || len(res.Repairs) != 0 {
		t.Errorf("interrupted: %+v, %v", res, err)
	}
}

// Each broken variant of the shipped example has a repair, which is verified.
func TestTheShippedExample(t *testing.T) {
	dir := filepath.Join("..", "..", "testdata", "examples", "neo-compile")
	j, err := snapshot.LoadJob(filepath.Join(dir, "job.json"), snapshot.Options{})
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "broken", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		native, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		q := sim.Question{Job: j}
		res := mustFind(t, native, q)
		if len(res.Repairs) == 0 || res.OwnersMustAct != "" {
			t.Errorf("%s: %q, stuck %+v", name, whys(res), res.Stuck)
			continue
		}
		verify(t, native, q, &res.Repairs[0])
	}
}

const keyARN = "arn:aws:kms:us-east-1:111122223333:key/k-1"

// withKey encrypts the bucket with a key that has this policy.
func withKey(policy world.Obj) world.Edit {
	return world.All(
		world.Add("Keys", world.Obj{"KeyId": "k-1", "Arn": keyARN, "AWSAccountId": world.AccountID, "KeyManager": "CUSTOMER", "KeyState": "Enabled", "Policy": policy, "Grants": world.List{}}),
		world.Set("buckets", world.Bucket, "ServerSideEncryptionConfiguration", world.Obj{"Rules": world.List{world.Obj{
			"ApplyServerSideEncryptionByDefault": world.Obj{"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": keyARN}}}}))
}

func TestAKeyIsOpenedWhereItIsClosed(t *testing.T) {
	delegates := world.Doc(world.For("arn:aws:iam::111122223333:root", world.Allow("kms:*", "*")))
	for _, tc := range []struct {
		name   string
		policy world.Obj
		best   string
	}{
		{"the key's policy delegates, and the role has no grant (P306)", delegates, "Let the role Neo use the key k-1."},
		{"the key's policy names somebody else (P306)", world.Doc(world.For("arn:aws:iam::111122223333:role/Other", world.Allow("kms:*", "*"))),
			"Let the policy of the key k-1 allow the role to use it."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			native, q := world.Network(withKey(tc.policy)).JSON(), question("arn:aws:s3:::reports")
			res := mustFind(t, native, q)
			if got := whys(res); len(got) == 0 || got[0] != tc.best {
				t.Fatalf("%q, stuck %+v, unknown %+v, before %v %+v", got, res.Stuck, res.Unknown, res.Before.Verdict, res.Before.Findings)
			}
			for i := range res.Repairs {
				verify(t, native, q, &res.Repairs[i])
			}
		})
	}
}

// An interface endpoint that a change creates carries the job's traffic.
func TestACreatedInterfaceEndpointWorks(t *testing.T) {
	native := world.Network(world.NoS3Route(), world.Group("sg-5", "vpc-a", []world.Obj{world.Rule("tcp", "10.0.0.0/16")}, nil)).JSON()
	changes, err := change.Parse("c.yaml", []byte(`
as: vpce-new
createVpcEndpoint:
  vpcId: vpc-a
  vpcEndpointType: Interface
  serviceName: com.amazonaws.us-east-1.s3
  subnetIds: [subnet-1]
  securityGroupIds: [sg-5]
  dnsOptions: {privateDnsOnlyForInboundResolverEndpoint: false}
`))
	if err != nil {
		t.Fatal(err)
	}
	applied, err := change.Apply(native, changes)
	if err != nil {
		t.Fatal(err)
	}
	a, err := ask(applied.Native, question("arn:aws:s3:::reports"))
	if err != nil || a.Verdict != sim.Reachable || a.Placements[0].Network.Paths[0].Endpoint != "vpce-new" {
		t.Errorf("%v %+v %+v", err, a.Verdict, a.Findings)
	}
}

// Through a NAT gateway two subnets' ACLs and two tables count (N96, N116).
func TestOnTheWayThroughANATGateway(t *testing.T) {
	nat := world.All(world.NAT(), world.NoS3Route(), world.Remove("VpcEndpoints", "vpce-g"), world.Routes("rtb-1", world.To("0.0.0.0/0", "nat-1")))
	for _, tc := range []struct {
		name string
		edit world.Edit
		want string // some repair does it
	}{
		{"replies to the gateway's own ports (T62)", world.Filter("subnet-9", world.Entry(100, "in", "allow", "6", "10.0.0.0/16", 443, 443), world.Entry(110, "in", "allow", "6", "0.0.0.0/0", 32768, 65535)),
			"Let acl-of-subnet-9 pass TCP ports 1024 to 65535 in from S3's addresses."},
		{"replies to the client (T65)", world.Filter("subnet-9", world.Entry(100, "out", "allow", "6", "0.0.0.0/0", 443, 443)),
			"Let acl-of-subnet-9 pass TCP ports 1024 to 65535 out to 10.0.1.0/24."},
		{"the gateway's subnet has no way out (T91)", world.NoRoute("rtb-9", "0.0.0.0/0"), "Route rtb-9 to the internet gateway igw-1."},
		{"Block Public Access (T102)", world.BPA("block-bidirectional"), "Exclude vpc-a from VPC Block Public Access for egress."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			native, q := world.Network(nat, tc.edit).JSON(), question("arn:aws:s3:::reports")
			res := mustFind(t, native, q)
			if !slices.Contains(whys(res), tc.want) {
				t.Fatalf("%q, want %q; stuck %+v, before %v %+v", whys(res), tc.want, res.Stuck, res.Before.Verdict, res.Before.Findings)
			}
			for i := range res.Repairs {
				verify(t, native, q, &res.Repairs[i])
			}
		})
	}
}
