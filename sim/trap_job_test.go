package sim_test

import (
	"slices"
	"strings"
	"testing"

	. "github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

// natWay gives the policy world a NAT gateway, and sends the route table's S3
// traffic there instead of to the endpoint.
func natWay(tables ...string) Edit {
	edits := []Edit{
		IGW("igw-1", "vpc-1"),
		Subnet("subnet-9", "vpc-1", "10.0.9.0/24", "us-east-1a"),
		Table("rtb-9", "vpc-1", []string{"subnet-9"}, To("0.0.0.0/0", "igw-1")),
		NATGateway("nat-1", "subnet-9", "10.0.9.20", "203.0.113.9"),
	}
	for _, t := range tables {
		edits = append(edits, NoRoute(t, PL), Routes(t, To("0.0.0.0/0", "nat-1")), Set("VpcEndpoints", "vpce-1", "RouteTableIds", List{}))
	}
	return All(edits...)
}

// fullAccess is the S3 and EC2 part of AmazonSageMakerFullAccess as P317
// describes it; a check of an account takes the document from the snapshot.
func fullAccess() Obj {
	named := List{"arn:aws:s3:::*SageMaker*", "arn:aws:s3:::*Sagemaker*", "arn:aws:s3:::*sagemaker*", "arn:aws:s3:::*aws-glue*"}
	return Doc(
		Allow(List{"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"}, named),
		If("StringEqualsIgnoreCase", "s3:ExistingObjectTag/SageMaker", "true", Allow("s3:GetObject", "arn:aws:s3:::*")),
		If("StringEquals", "s3:ExistingObjectTag/servicecatalog:provisioning", "true", Allow("s3:GetObject", "arn:aws:s3:::*")),
		Allow(List{"s3:CreateBucket", "s3:GetBucketLocation", "s3:ListBucket", "s3:ListAllMyBuckets", "s3:GetBucketCors", "s3:PutBucketCors"}, "*"),
		Allow(List{"ec2:CreateNetworkInterface", "ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface",
			"ec2:DeleteNetworkInterfacePermission", "ec2:DescribeDhcpOptions", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups",
			"ec2:DescribeSubnets", "ec2:DescribeVpcEndpoints", "ec2:DescribeVpcs"}, "*"),
	)
}

func sageMakerRole() Edit { return All(inline(0, fullAccess()), inline(1, Doc(Allow("logs:*", "*")))) }

func untagged(q *sim.Question) { q.Options.ObjectTags = []string{"none"} }

// ownBucket adds a bucket of account A.
func ownBucket(name string) Edit { return AddBucket(name, RegionID, nil) }

func TestJobTraps(t *testing.T) {
	secondSubnet := All(Subnet("subnet-2", "vpc-1", "10.0.2.0/24", "us-east-1b"), Table("rtb-2", "vpc-1", []string{"subnet-2"}, To("0.0.0.0/0", "nat-1")))
	both := func(q *sim.Question) { q.Job.Subnets = []snapshot.SubnetID{"subnet-1", "subnet-2"} }
	for _, tr := range []trap{
		{id: "T75 traffic that goes by NAT meets no endpoint policy", edits: []Edit{natWay("rtb-1"), endpointDoc(For("*", Deny("*", "*")))}, want: sim.Reachable},
		{id: "T76 nor has it the endpoint's id", edits: []Edit{natWay("rtb-1"), bucketDoc(If("StringNotEquals", "aws:SourceVpce", "vpce-1", For("*", Deny("s3:*", objects("", "/*")))))},
			want: sim.Blocked, code: "BUCKET_POLICY_EXPLICIT_DENY"},
		{id: "T100 StringEqualsIfExists holds without the key, in a Deny too", edits: []Edit{natWay("rtb-1"), bucketDoc(If("StringEqualsIfExists", "aws:SourceVpce", "vpce-9", For("*", Deny("s3:*", objects("", "/*")))))},
			want: sim.Blocked, code: "BUCKET_POLICY_EXPLICIT_DENY"},
		{id: "the NAT gateway's Elastic IP is aws:SourceIp", edits: []Edit{natWay("rtb-1"), bucketDoc(If("NotIpAddress", "aws:SourceIp", "203.0.113.0/24", For("*", Deny("s3:*", objects("", "/*")))))},
			want: sim.Reachable},
		{id: "T92 a multi-Region access point is not on the Region's list", bucket: "arn:aws:s3::111111111111:accesspoint/mfzwi23gnjvgw.mrap/object/k", want: sim.Blocked, code: "NO_ROUTE_TO_DESTINATION"},
		{id: "T93 s3:* is worth nothing on a directory bucket", edits: []Edit{ownBucket("x--use1-az4--x-s3")}, bucket: "arn:aws:s3:::x--use1-az4--x-s3/k", want: sim.Blocked, code: "ROLE_NO_ALLOW"},
		{id: "P300 twin: a session may be opened, but its network is not modelled (N59)", edits: []Edit{ownBucket("x--use1-az4--x-s3"), role(Allow("s3express:CreateSession", "*"))},
			bucket: "arn:aws:s3:::x--use1-az4--x-s3/k", want: sim.Unknown},
		{id: "N42 no route, and the endpoint that it would lead to is dead", edits: []Edit{NoRoute("rtb-1", PL), Set("VpcEndpoints", "vpce-1", "RouteTableIds", List{}), Set("VpcEndpoints", "vpce-1", "State", "failed")},
			want: sim.Blocked, code: "NO_ROUTE_TO_DESTINATION", also: "BAD_STATE"},
		{id: "T167 nobody needs iam:PassRole for what the job does", want: sim.Reachable},
		{id: "T170 FullAccess lists a bucket outside its names", edits: []Edit{sageMakerRole(), ownBucket("my-models")}, action: list, bucket: "arn:aws:s3:::my-models", want: sim.Reachable},
		{id: "T170 but does not read its untagged objects", edits: []Edit{sageMakerRole(), ownBucket("my-models")}, bucket: "arn:aws:s3:::my-models/x", change: untagged, want: sim.Blocked, code: "ROLE_NO_ALLOW"},
		{id: "T170 and nobody knows without the tags", edits: []Edit{sageMakerRole(), ownBucket("my-models")}, bucket: "arn:aws:s3:::my-models/x", want: sim.Unknown},
		{id: "T171 the star crosses slashes", edits: []Edit{sageMakerRole(), ownBucket("my-models")}, bucket: "arn:aws:s3:::my-models/sagemaker/x", want: sim.Reachable},
		{id: "T172 with case", edits: []Edit{sageMakerRole(), ownBucket("my-models")}, bucket: "arn:aws:s3:::my-models/SAGEMAKER/x", change: untagged, want: sim.Blocked, code: "ROLE_NO_ALLOW"},
		{id: "T173 a bucket of the expected name", edits: []Edit{sageMakerRole(), ownBucket("sagemaker-us-east-1-111111111111")}, action: put, bucket: "arn:aws:s3:::sagemaker-us-east-1-111111111111/k", want: sim.Reachable},
		{id: "T187 one subnet by the endpoint that denies, one by NAT", edits: []Edit{natWay(), secondSubnet, endpointDoc(For("*", Deny("*", "*")))}, change: both, want: sim.Partial, code: "ENDPOINT_POLICY_EXPLICIT_DENY"},
		{id: "T191 FullAccess lacks one action and works", edits: []Edit{sageMakerRole(), ownBucket("sagemaker-x")}, bucket: "arn:aws:s3:::sagemaker-x/k", want: sim.Reachable, also: "JOB_ROLE_EC2_ACTIONS"},
	} {
		t.Run(tr.id, func(t *testing.T) { checkTrap(t, &tr) })
	}
}

// An action that no request is ever checked against makes no question (P39).
func TestOperationsAreNoActions(t *testing.T) {
	for action, want := range map[string]string{"s3:HeadObject": "s3:GetObject", "s3:ListObjectsV2": "s3:ListBucket", "s3:Foo": "unknown"} {
		tr := trap{action: action}
		_, err := sim.NewWorld(Policy().Snapshot(t)).Check(t.Context(), tr.question())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one that names %s", action, err, want)
		}
	}
}

// A job without groups is refused for that, and for nothing that no group did.
func TestNoGroupsIsOneBlocker(t *testing.T) {
	tr := trap{change: func(q *sim.Question) { q.Job.SecurityGroups = nil }}
	a, err := sim.NewWorld(Policy().Snapshot(t)).Check(t.Context(), tr.question())
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, f := range a.Findings {
		if f.Severity == sim.Blocker {
			codes = append(codes, f.Code.String())
		}
	}
	if a.Verdict != sim.Blocked || !slices.Equal(codes, []string{"JOB_SG_COUNT"}) {
		t.Errorf("%v by %v, want BLOCKED by JOB_SG_COUNT alone", a.Verdict, codes)
	}
}
