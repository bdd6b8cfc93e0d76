package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/canreach/canreach/internal/picture"
	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

// gateFacts names the gates that a member's facts decide, by world ("": in all)
// and the end of its pointer. A gate that passes in a world and whose facts are
// taken away has to stop passing.
var gateFacts = []struct{ world, member, gates string }{
	{"", "accounts", "job dns sg-egress nacl-egress route endpoint endpoint-policy role bucket-policy bucket kms nacl-ingress sg-ingress"},
	{"", "0/regions", "job dns sg-egress nacl-egress route endpoint endpoint-policy nacl-ingress sg-ingress"},
	{"", "0/ec2", "job dns sg-egress nacl-egress route endpoint endpoint-policy nacl-ingress sg-ingress"},
	{"", "0/iam", "job role"}, {"", "0/s3", "bucket-policy bucket kms"}, {"", "0/kms", "kms"},
	{"", "Vpcs", "dns"}, {"", "VpcAttributes", "dns"}, {"", "DhcpOptions", "dns"}, {"", "DhcpConfigurations", "dns"}, {"", "DhcpOptionsId", "dns"},
	{"", "route53resolver", "dns"}, {"", "route53", "dns"}, {"", "route53profiles", "dns"},
	{"", "ResolverRules", "dns"}, {"", "ResolverRuleAssociations", "dns"}, {"", "HostedZones", "dns"},
	{"", "FirewallRuleGroupAssociations", "dns"}, {"", "ProfileAssociations", "dns"},
	{"", "Subnets", "job"}, {"", "Subnets/0/AvailableIpAddressCount", "job"},
	{"", "SecurityGroups", "job sg-egress sg-ingress"}, {"network", "IpPermissionsEgress", "sg-egress"}, {"interface endpoint", "SecurityGroups/1/IpPermissions", "sg-ingress"},
	{"", "NetworkAcls", "nacl-egress nacl-ingress"}, {"", "NetworkAcls/0/Associations", "nacl-egress nacl-ingress"}, {"", "NetworkAcls/0/Entries", "nacl-egress nacl-ingress"},
	{"", "RouteTables", "route"}, {"", "RouteTables/0/Associations", "route"}, {"", "RouteTables/0/Routes", "route"},
	{"NAT", "NatGateways", "route"}, {"NAT", "NatGatewayAddresses", "route"}, {"NAT", "InternetGateways", "route"}, {"NAT", "Attachments", "route"},
	{"NAT", "RouteTables/1/Routes", "route"}, {"NAT", "VpcBlockPublicAccessOptions", "route"},
	{"", "VpcEndpoints", "endpoint endpoint-policy"}, {"interface endpoint", "NetworkInterfaces", "endpoint"},
	{"network", "VpcEndpointType", "endpoint endpoint-policy"}, {"network", "ServiceName", "endpoint endpoint-policy"}, {"network", "VpcEndpoints/0/VpcId", "endpoint endpoint-policy"},
	{"network", "VpcEndpoints/0/PolicyDocument", "endpoint-policy"}, {"interface endpoint", "VpcEndpoints/1/PolicyDocument", "endpoint-policy"},
	{"interface endpoint", "VpcEndpoints/1/VpcEndpointType", "endpoint endpoint-policy"}, {"interface endpoint", "VpcEndpoints/1/ServiceName", "endpoint endpoint-policy"},
	{"", "0/iam/RoleDetailList", "job role"}, {"", "AssumeRolePolicyDocument", "job"}, {"policies", "RolePolicyList", "role"}, {"policies", "RolePolicyList/0/PolicyDocument", "role"},
	{"attached", "0/iam/Policies", "role"}, {"attached", "AttachedManagedPolicies", "role"}, {"attached", "PolicyArn", "role"}, {"attached", "PolicyVersionList", "role"}, {"attached", "Document", "role"},
	{"policies", "PermissionsBoundaryArn", "role"}, {"policies", "0/iam/Policies", "role"},
	{"", "0/s3/buckets", "bucket-policy bucket kms"}, {"policies", "buckets/0/Policy", "bucket-policy"},
	{"", "ServerSideEncryptionConfiguration", "kms"}, {"", "SSEAlgorithm", "kms"}, {"", "Keys", "kms"}, {"", "Keys/0/Policy", "kms"}, {"", "KeyState", "kms"},
	{"", "organizations", "scp rcp"}, {"", "serviceControlPolicies", "scp"}, {"", "resourceControlPolicies", "rcp"},
	{"", "serviceControlPolicies/0/Content", "scp"}, {"", "resourceControlPolicies/0/Content", "rcp"},
	{"", "serviceControlPolicies/0/Targets", "scp"}, {"", "resourceControlPolicies/0/Targets", "rcp"},
	{"queue", "ResourcePolicies", "resource-policy"}, {"queue", "ResourcePolicies/0/Policy", "resource-policy"},
}

const queue = "arn:aws:sqs:us-east-1:111111111111:jobs"

// gateWorlds are worlds in which between them every gate passes.
func gateWorlds() map[string]*world.World {
	kms := world.All(world.Add("Keys", world.Obj{"KeyId": "key-1", "Arn": "arn:aws:kms:us-east-1:111111111111:key/key-1", "KeyManager": "CUSTOMER", "KeyState": "Enabled",
		"Policy": world.Doc(world.Obj{"Effect": "Allow", "Principal": world.Obj{"AWS": world.PolicyRole}, "Action": "kms:*", "Resource": "*"}), "Grants": world.List{}}),
		world.Set("buckets", world.PolicyBucket, "ServerSideEncryptionConfiguration", world.Obj{"Rules": world.List{world.Obj{"ApplyServerSideEncryptionByDefault": world.Obj{
			"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:aws:kms:us-east-1:111111111111:key/key-1"}}}}))
	return map[string]*world.World{
		"policies": world.Policy(kms, world.Boundary(world.PolicyRole, world.Doc(world.Allow("*", "*"))),
			world.BucketPolicy(world.PolicyBucket, world.Doc(world.For(world.PolicyRole, world.Allow("s3:*", world.List{"arn:aws:s3:::" + world.PolicyBucket, "arn:aws:s3:::" + world.PolicyBucket + "/*"}))))),
		"attached": world.Policy(world.Set("RoleDetailList", world.PolicyRole, "RolePolicyList", world.List{}),
			world.Set("RoleDetailList", world.PolicyRole, "AttachedManagedPolicies", world.List{world.Obj{"PolicyArn": "arn:aws:iam::111111111111:policy/All", "PolicyName": "All"}}),
			world.Add("Policies", world.ManagedPolicy("arn:aws:iam::111111111111:policy/All", world.Doc(world.Allow("*", "*"))))),
		"queue": world.Policy(world.Identity(world.PolicyRole, world.Doc(world.Allow("*", "*"))), world.Group("sg-9", "vpc-1", []world.Obj{world.Rule("tcp", "10.0.0.0/16")}, nil),
			world.InterfaceEndpoint("vpce-sqs", "vpc-1", "sg-9", "subnet-1"), world.Set("VpcEndpoints", "vpce-sqs", "ServiceName", "com.amazonaws.us-east-1.sqs"),
			world.Set("VpcEndpoints", "vpce-sqs", "DnsEntries", world.List{world.Obj{"DnsName": "sqs.us-east-1.amazonaws.com"}}),
			world.Add("ResourcePolicies", world.Obj{"ResourceArn": queue, "Policy": world.Doc(world.For(world.PolicyRole, world.Allow("sqs:*", queue)))})),
		"network":            world.Network(),
		"interface endpoint": world.Network(world.IFE(), world.NoS3Route()),
		"NAT":                world.Network(world.NAT(), world.NoS3Route(), world.Routes("rtb-1", world.To("0.0.0.0/0", "nat-1"))),
	}
}

func gateQuestion(w *world.World) sim.Question {
	role, bucket := world.Role, world.Bucket
	if w.Find("buckets", world.PolicyBucket) != nil {
		role, bucket = world.PolicyRole, world.PolicyBucket
	}
	resource, action := "arn:aws:s3:::"+bucket+"/k", "s3:GetObject"
	if w.Find("ResourcePolicies", queue) != nil {
		resource, action = queue, "sqs:SendMessage"
	}
	return sim.Question{Bucket: resource, Actions: []string{action}, Job: snapshot.Job{RoleARN: role, HasVPCConfig: true, Instances: 1,
		Name: "job", Kind: "CompilationJob", Subnets: []snapshot.SubnetID{"subnet-1"}, SecurityGroups: []snapshot.SecurityGroupID{"sg-1"}}}
}

// Nothing unknown is drawn as passing: take any collection, policy or field
// away, and no gate whose facts are gone passes, in the answer or a picture.
func TestNoGatePassesWhoseFactsAreGone(t *testing.T) {
	passed := map[sim.Gate]bool{}
	tried, n := map[int]bool{}, 0
	for name, w := range gateWorlds() {
		q := gateQuestion(w)
		base, err := sim.NewWorld(w.Snapshot(t)).Check(t.Context(), q)
		if err != nil || base.Verdict != sim.Reachable {
			t.Fatalf("%s: %v %v, want REACHABLE", name, err, base)
		}
		for _, g := range base.Gates {
			passed[g.Gate] = passed[g.Gate] || g.State == sim.GatePasses
		}
		eachDeletion(w.Root(), "", func(pointer string) {
			s, err := snapshot.Parse(w.JSON())
			if err != nil {
				return // said, with its place
			}
			a, err := sim.NewWorld(s).Check(t.Context(), q)
			if err != nil {
				return
			}
			if n++; n%4 == 0 {
				sameEverywhere(t, name+" without "+pointer, a)
			}
			for i, f := range gateFacts {
				if !strings.HasSuffix(pointer, "/"+f.member) || f.world != "" && f.world != name {
					continue
				}
				for _, word := range strings.Fields(f.gates) {
					g := gateNamed(t, word)
					tried[i] = tried[i] || base.GateState(g) == sim.GatePasses
					if base.GateState(g) == sim.GatePasses && a.GateState(g) == sim.GatePasses {
						t.Errorf("%s without %s: %s still passes", name, pointer, g)
					}
				}
			}
		})
	}
	for _, g := range sim.Gates() {
		if !passed[g] {
			t.Errorf("%s passes in no world, so that nothing is seen of it", g)
		}
	}
	for i, f := range gateFacts {
		if !tried[i] {
			t.Errorf("%v: in no world does such a gate pass", f)
		}
	}
}

func gateNamed(t *testing.T, word string) (g sim.Gate) {
	t.Helper()
	if err := g.UnmarshalText([]byte(word)); err != nil {
		t.Fatal(err)
	}
	return g
}

// sameEverywhere: what the page says of every gate is what the answer says, and
// no station of a gate that is unknown passes for what a hop did not decide.
func sameEverywhere(t *testing.T, what string, a *sim.Answer) {
	t.Helper()
	page := string(render(t, "html", a))
	for _, g := range a.Gates {
		if want := fmt.Sprintf(`data-gate="%s"`, g.Gate); !strings.Contains(page, want) || !strings.Contains(page, g.Gate.String()+": "+strings.ReplaceAll(g.State.String(), "-", " ")) {
			t.Errorf("%s: the page does not say that %s is %s", what, g.Gate, g.State)
		}
		if g.State == sim.GateUnknown && len(a.Unknowns) == 0 {
			t.Errorf("%s: %s is unknown, and no fact is missing", what, g.Gate)
		}
	}
	for i := range a.Placements {
		for _, w := range placementWays(a, i) {
			for _, s := range w.stations {
				if !s.hop && !s.Off && s.Mark == picture.Pass && a.GateState(s.gate) == sim.GateUnknown {
					t.Errorf("%s: %s %v is drawn as passing, and %s is unknown", what, s.Label, s.names, s.gate)
				}
			}
		}
	}
}

// eachDeletion takes every member and element out of a tree, one at a time.
func eachDeletion(v any, pointer string, f func(pointer string)) {
	switch v := v.(type) {
	case world.Obj:
		for key, e := range v {
			delete(v, key)
			f(pointer + "/" + key)
			v[key] = e
			eachDeletion(e, pointer+"/"+key, f)
		}
	case world.List:
		for i, e := range v {
			eachDeletion(e, fmt.Sprintf("%s/%d", pointer, i), f)
		}
	}
}
