package repair

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/change"
)

const webRole = "arn:aws:iam::" + world.AccountID + ":role/Web"

// webServer is an instance on subnet-1 whose role reads a bucket of its own.
func webServer(group string) world.Edit {
	role := world.RoleObj(webRole, world.Trust("ec2.amazonaws.com"), world.Doc(world.Allow("s3:*", world.List{"arn:aws:s3:::assets", "arn:aws:s3:::assets/*"})))
	profile := "arn:aws:iam::" + world.AccountID + ":instance-profile/web"
	role["InstanceProfileList"] = world.List{world.Obj{"Arn": profile}}
	return world.All(world.Add("RoleDetailList", role), world.AddBucket("assets", "us-east-1", nil), world.Interface("eni-web", "subnet-1", "10.0.1.77", group),
		world.Set("NetworkInterfaces", "eni-web", "Attachment", world.Obj{"InstanceId": "i-web", "Status": "attached"}),
		world.Add("Reservations", world.Obj{"ReservationId": "r-1", "Instances": world.List{world.Obj{"InstanceId": "i-web", "VpcId": "vpc-a", "SubnetId": "subnet-1",
			"State": world.Obj{"Name": "running"}, "IamInstanceProfile": world.Obj{"Arn": profile}, "Tags": world.List{world.Obj{"Key": "Name", "Value": "web"}},
			"NetworkInterfaces": world.List{world.Obj{"NetworkInterfaceId": "eni-web"}}}}}))
}

var throughNAT = world.All(world.NAT(), world.Routes("rtb-1", world.To("0.0.0.0/0", "nat-1")), world.NoS3Route(), world.Remove("VpcEndpoints", "vpce-g"))

// A new endpoint on a table that others use must not have a policy for this
// job alone; one on a table of its own may.
func TestANewEndpointOnASharedTableStopsNobody(t *testing.T) {
	needsEndpoint := world.BucketPolicy(world.Bucket, world.Doc(world.If("Null", "aws:SourceVpce", "true", world.For("*", world.Deny("s3:*", world.List{"arn:aws:s3:::reports", "arn:aws:s3:::reports/*"})))))
	for _, tc := range []struct {
		name   string
		edit   world.Edit
		policy bool
	}{{"shared", world.All(world.Group("sg-web", "vpc-a", nil, []world.Obj{world.Rule("tcp", "0.0.0.0/0")}), webServer("sg-web")), false}, {"its own", world.All(), true}} {
		t.Run(tc.name, func(t *testing.T) {
			native := world.Network(throughNAT, world.Egress("sg-1", world.Rule("tcp", "0.0.0.0/0")), needsEndpoint, tc.edit).JSON()
			res := mustFind(t, native, question("arn:aws:s3:::reports"))
			i := slices.IndexFunc(res.Repairs, func(r Repair) bool {
				return slices.ContainsFunc(r.Changes, func(c change.Change) bool { return c.Operation == "CreateVpcEndpoint" })
			})
			if i < 0 {
				t.Fatalf("%v: %q, stuck %+v", res.Before.Verdict, whys(res), res.Stuck)
			}
			r := &res.Repairs[i]
			if text := change.YAML(r.Changes); strings.Contains(text, "policyDocument") != tc.policy {
				t.Errorf("policy wanted: %v, got\n%s", tc.policy, text)
			}
			if r.harms() != 0 {
				t.Errorf("harms %+v", r.Neighbours)
			}
		})
	}
}

// Whom a change breaks or opens is said by name.
func TestNeighboursAreAskedBeforeAndAfter(t *testing.T) {
	native := world.Network(throughNAT, world.Egress("sg-1", world.Rule("tcp", "0.0.0.0/0")), webServer("sg-1")).JSON()
	base, err := change.Open(native)
	if err != nil {
		t.Fatal(err)
	}
	s := &search{ctx: context.Background(), base: base, q: Query{Check: question("arn:aws:s3:::reports")}, world: sim.NewWorld(base.Snapshot()), res: &Result{}, opt: Options{Checks: 9}}
	changes, err := change.Parse("c.yaml", []byte(`
- as: vpce-narrow
  createVpcEndpoint:
    vpcId: vpc-a
    serviceName: com.amazonaws.us-east-1.s3
    routeTableIds: [rtb-1]
    policyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: "*", Action: "s3:*", Resource: ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"]}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	snap, _, err := base.Try(changes)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := s.neighbours().ask(t.Context(), changes, sim.NewWorld(snap))
	want := Neighbour{"i-web (web)", "s3:GetObject on arn:aws:s3:::assets/*", sim.Reachable, sim.Blocked, "breaks"}
	if !slices.Contains(got, want) {
		t.Errorf("got %+v, want %+v among them", got, want)
	}
	// The same by an interface whose role is not known.
	s.others = nil
	base, _ = change.Open(world.Network(throughNAT, world.Egress("sg-1", world.Rule("tcp", "0.0.0.0/0")), world.Interface("eni-x", "subnet-1", "10.0.1.78", "sg-1")).JSON())
	s.base, s.world = base, sim.NewWorld(base.Snapshot())
	snap, _, err = base.Try(changes)
	if err != nil {
		t.Fatal(err)
	}
	got, _ = s.neighbours().ask(t.Context(), changes, sim.NewWorld(snap))
	if len(got) != 1 || got[0].Who != "eni-x" || got[0].Effect != "breaks" || !strings.Contains(got[0].What, "vpce-narrow") {
		t.Errorf("%+v", got)
	}
}

// Roles and buckets under a policy that a change touches are asked, too.
func TestWhoIsUnderATouchedPolicyIsAsked(t *testing.T) {
	const boundary, partner = "arn:aws:iam::111122223333:policy/Boundary", "arn:aws:iam::111122223333:role/Partner"
	other := world.Add("RoleDetailList", world.RoleObj(partner, world.Trust("ec2.amazonaws.com"), world.Doc(world.Allow("s3:*", "*"))))
	bound := world.Set("RoleDetailList", partner, "PermissionsBoundary", world.Obj{"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary})
	res := mustFind(t, world.Network(world.Boundary(world.Role, world.Doc(world.Allow("ec2:*", "*"))), other, bound).JSON(), question("arn:aws:s3:::reports"))
	want := Neighbour{"role Partner", "s3:GetObject on arn:aws:s3:::reports/*", sim.Blocked, sim.Reachable, "opens"}
	if len(res.Repairs) == 0 || !slices.Contains(res.Repairs[0].Neighbours, want) {
		t.Errorf("%q: %+v", whys(res), res.Repairs)
	}
	// A bucket's policy that lets an endpoint through lets through who else uses it.
	deny := world.BucketPolicy(world.Bucket, world.Doc(world.If("StringNotEquals", "aws:SourceVpce", "vpce-x", world.For("*", world.Deny("s3:*", world.List{"arn:aws:s3:::reports", "arn:aws:s3:::reports/*"})))))
	web := world.All(webServer("sg-1"), world.Identity(webRole, world.Doc(world.Allow("s3:*", "*"))))
	res = mustFind(t, world.Network(deny, web).JSON(), question("arn:aws:s3:::reports"))
	want = Neighbour{"i-web (web)", "s3:GetObject on arn:aws:s3:::reports/*", sim.Blocked, sim.Reachable, "opens"}
	i := slices.IndexFunc(res.Repairs, func(r Repair) bool { return strings.Contains(r.Why[0], "let vpce-g through") })
	if i < 0 || !slices.Contains(res.Repairs[i].Neighbours, want) {
		t.Errorf("%q: %+v", whys(res), res.Repairs)
	}
}

// The groups, subnets and role are those of what the question names.
func TestTheSourceIsRepairedWithItsOwnGroupsAndRole(t *testing.T) {
	function := world.Do(func(w *world.World) {
		w.Region(world.AccountID, "us-east-1")["lambda"] = world.Obj{"Functions": world.List{world.Obj{"FunctionName": "metrics", "FunctionArn": "arn:aws:lambda:us-east-1:" + world.AccountID + ":function:metrics",
			"Role": world.Role, "VpcConfig": world.Obj{"VpcId": "vpc-a", "SubnetIds": world.List{"subnet-1"}, "SecurityGroupIds": world.List{"sg-f"}}}}}
	})
	closed := world.Group("sg-f", "vpc-a", nil, nil)
	for _, tc := range []struct{ name, source, role, want string }{
		{"a function", "metrics", "", "Let sg-f send HTTPS to S3 (pl-s3)."},
		{"an instance", "i-web", "", "Let sg-f send HTTPS to S3 (pl-s3)."},
		{"an interface", "eni-web", world.Role, "Let sg-f send HTTPS to S3 (pl-s3)."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			q := sim.Question{Source: tc.source, Bucket: "arn:aws:s3:::reports"}
			q.Job.RoleARN = tc.role
			if tc.source == "i-web" {
				q.Bucket = "arn:aws:s3:::assets"
			}
			res := mustFind(t, world.Network(closed, function, webServer("sg-f")).JSON(), q)
			if got := whys(res); len(got) == 0 || got[0] != tc.want {
				t.Errorf("%q, stuck %+v, before %v", got, res.Stuck, res.Before.Verdict)
			}
		})
	}
	res := mustFind(t, world.Network(webServer("sg-1")).JSON(), sim.Question{Source: "i-web", Bucket: "arn:aws:s3:::reports"})
	if got := whys(res); len(got) == 0 || got[0] != "Let the role Web do what the job asks for." {
		t.Errorf("%q, stuck %+v, before %v", got, res.Stuck, res.Before.Verdict)
	}
}

// What AWS is about to finish is waited for, not replaced.
func TestAPassingStateIsWaitedFor(t *testing.T) {
	for _, state := range []string{"pending", "Pending"} {
		native := world.Network(world.Set("VpcEndpoints", "vpce-g", "State", state)).JSON()
		res := mustFind(t, native, question("arn:aws:s3:::reports"))
		if len(res.Wait) != 1 || res.Wait[0].Component != "vpce-g" || len(res.Repairs) != 0 {
			t.Fatalf("%s: %+v, %q", state, res.Wait, whys(res))
		}
	}
	// What else is wrong is repaired on top.
	native := world.Network(world.Set("VpcEndpoints", "vpce-g", "State", "pending"), world.Egress("sg-1")).JSON()
	res := mustFind(t, native, question("arn:aws:s3:::reports"))
	if len(res.Wait) != 1 || len(res.Repairs) == 0 || res.Repairs[0].Why[0] != "Let sg-1 send HTTPS to S3 (pl-s3)." || len(res.Repairs[0].Changes) != 1 {
		t.Fatalf("%+v, %q", res.Wait, whys(res))
	}
	// What the other side has to accept is not ours to change.
	native = world.Network(world.VPC("vpc-b", "10.1.0.0/16"), world.Subnet("subnet-b", "vpc-b", "10.1.1.0/24", "use1-az1"), world.Peering("pcx-1", "vpc-b", "vpc-a"), world.DNS("vpc-b", true, true),
		world.Set("VpcPeeringConnections", "pcx-1", "Status", world.Obj{"Code": "pending-acceptance"}), world.Group("sg-b", "vpc-b", nil, []world.Obj{world.Rule("-1", "0.0.0.0/0")}),
		world.Table("rtb-b", "vpc-b", []string{"subnet-b"}, world.To("10.0.0.0/16", "pcx-1")), world.Routes("rtb-1", world.To("10.1.0.0/16", "pcx-1")), world.ACL("acl-b", "vpc-b", true, world.AllowIn, world.AllowOut),
		world.Group("sg-a", "vpc-a", []world.Obj{world.Rule("-1", "10.1.0.0/16")}, nil), world.Interface("eni-a", "subnet-1", "10.0.1.50", "sg-a"), world.Interface("eni-b", "subnet-b", "10.1.1.50", "sg-b")).JSON()
	base, err := change.Open(native)
	if err != nil {
		t.Fatal(err)
	}
	res, err = Find(context.Background(), base, Query{Trace: &sim.TraceQuestion{From: "eni-b", To: "eni-a"}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Wait) != 1 || len(res.Repairs) != 0 || !strings.Contains(res.Wait[0].Advice, "must accept it; collect again when it is active") {
		t.Fatalf("%+v, %q, stuck %+v, before %+v", res.Wait, whys(res), res.Stuck, res.Before.Findings)
	}
	res = mustFind(t, world.Network(world.Set("Subnets", "subnet-1", "State", "pending")).JSON(), question("arn:aws:s3:::reports"))
	if len(res.Wait) != 1 || res.Wait[0].Component != "subnet-1" || len(res.Repairs)+len(res.Stuck) != 0 {
		t.Fatalf("%+v, %q, stuck %+v", res.Wait, whys(res), res.Stuck)
	}
	// A failed endpoint is not.
	res = mustFind(t, world.Network(world.Set("VpcEndpoints", "vpce-g", "State", "failed")).JSON(), question("arn:aws:s3:::reports"))
	if len(res.Wait) != 0 || len(res.Repairs) == 0 {
		t.Fatalf("%+v, %q", res.Wait, whys(res))
	}
}

// A name that may be misspelt widens no policy.
func TestNoPolicyIsWidenedForAMisspeltBucket(t *testing.T) {
	narrow := world.EndpointPolicy("vpce-g", world.Doc(world.For("*", world.Allow("s3:*", world.List{"arn:aws:s3:::reports", "arn:aws:s3:::reports/*"}))))
	res := mustFind(t, world.Network(narrow).JSON(), question("arn:aws:s3:::report"))
	if len(res.Repairs)+len(res.Stuck) != 0 || res.Before.Verdict != sim.Unknown {
		t.Errorf("%v, %q, %+v", res.Before.Verdict, whys(res), res.Stuck)
	}
	res = mustFind(t, world.Network(narrow).JSON(), question("arn:aws:s3:::somebody-elses-data"))
	if len(res.Repairs) != 0 || len(res.Stuck) == 0 || !strings.Contains(res.Stuck[0].Reason, "bucket somebody-elses-data is not in the snapshot.") {
		t.Errorf("%q, %+v", whys(res), res.Stuck)
	}
}

// Nor for a bucket that does not exist.
func TestNoPolicyIsWidenedForABucketThatDoesNotExist(t *testing.T) {
	narrow := world.EndpointPolicy("vpce-g", world.Doc(world.For("*", world.Allow("s3:*", world.List{"arn:aws:s3:::reports", "arn:aws:s3:::reports/*"}))))
	gone := world.All(world.AddBucket("elsewhere", world.RegionID, nil), world.Set("buckets", "elsewhere", "missing", true))
	res := mustFind(t, world.Network(narrow, gone).JSON(), question("arn:aws:s3:::elsewhere"))
	if len(res.Repairs) != 0 || len(res.Stuck) == 0 || !slices.ContainsFunc(res.Stuck, func(s Stuck) bool { return strings.Contains(s.Reason, "There is no bucket elsewhere") }) {
		t.Errorf("%q, %+v", whys(res), res.Stuck)
	}
}

// Another account's bucket that the snapshot does not hold, and that is meant
// as written: our side is repaired, and the answer stays UNKNOWN by name.
func TestOurSideOfAnotherAccountsBucketIsRepaired(t *testing.T) {
	narrow := world.EndpointPolicy("vpce-g", world.Doc(world.For("*", world.Allow("s3:*", world.List{"arn:aws:s3:::reports", "arn:aws:s3:::reports/*"}))))
	q := question("arn:aws:s3:::somebody-elses-data")
	q.Options.MayBeAbsent = true
	res := mustFind(t, world.Network(narrow).JSON(), q)
	if len(res.Repairs) == 0 {
		t.Fatalf("no repair; stuck %+v, before %v", res.Stuck, res.Before.Verdict)
	}
	r := &res.Repairs[0]
	if r.Verdict != sim.Unknown || len(r.Unknown) == 0 || r.Why[0] != "Let the policy of vpce-g allow what the job asks for, to its role only." {
		t.Errorf("%v %+v %q", r.Verdict, r.Unknown, r.Why)
	}
}

func TestTheNetworkAloneIsRepaired(t *testing.T) {
	peer := world.All(world.Group("sg-a", "vpc-a", nil, nil), world.Group("sg-b", "vpc-a", nil, nil), world.Interface("eni-a", "subnet-1", "10.0.1.50", "sg-a"), world.Interface("eni-b", "subnet-1", "10.0.1.51", "sg-b"))
	for _, tc := range []struct {
		q    sim.TraceQuestion
		want string
	}{
		{sim.TraceQuestion{From: "eni-a", To: "s3"}, "Let sg-a send TCP port 443 to S3 (pl-s3)."},
		{sim.TraceQuestion{From: "eni-a", To: "eni-b", Protocol: "udp"}, "Let sg-a send UDP to the group sg-b. + Let sg-b take UDP from sg-a."},
		{sim.TraceQuestion{From: "eni-a", To: "dynamodb"}, "Let sg-a send TCP port 443 to DynamoDB (pl-dynamo). + Create a DynamoDB gateway endpoint in vpc-a for rtb-1, with AWS's default policy: the role's and the resource's policies decide."},
	} {
		base, err := change.Open(world.Network(peer).JSON())
		if err != nil {
			t.Fatal(err)
		}
		res, err := Find(context.Background(), base, Query{Trace: &tc.q}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := whys(res); len(got) == 0 || got[0] != tc.want {
			t.Errorf("%s → %s: %q, stuck %+v", tc.q.From, tc.q.To, got, res.Stuck)
		}
	}
}

// The same statement is added once.
func TestAStatementIsAddedOnce(t *testing.T) {
	deny := world.Identity(world.Role, world.Doc(world.Allow("ec2:*", "*")))
	for _, r := range mustFind(t, world.Network(deny, world.EndpointPolicy("vpce-g", world.Doc())).JSON(), question("arn:aws:s3:::reports")).Repairs {
		for _, c := range r.Changes {
			for _, text := range c.Texts() {
				if n := strings.Count(text, `"s3:GetObject"`); n > 1 {
					t.Errorf("%d times in %s", n, text)
				}
			}
		}
	}
}
