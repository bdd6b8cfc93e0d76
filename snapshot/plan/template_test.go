package plan_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/plan"
)

const template = "../../testdata/plans/network.template.yaml"

// stackOf is what a test knows of the stack of the template.
func stackOf(parameters ...string) plan.Stack {
	s := plan.Stack{Name: "net", Account: "111122223333", Region: "us-east-1", Parameters: map[string]string{}, Exports: map[string]string{}}
	for _, p := range parameters {
		k, v, _ := strings.Cut(p, "=")
		s.Parameters[k] = v
	}
	return s
}

// evaluated is the template, with some text replaced, laid over nothing but S3's prefix list.
func evaluated(t *testing.T, s plan.Stack, edits ...string) *snapshot.Snapshot {
	t.Helper()
	text, err := os.ReadFile(template)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(string(text), edits[i]) {
			t.Fatalf("%q is not in the template", edits[i])
		}
	}
	p, err := plan.ReadTemplate("net.yaml", []byte(strings.NewReplacer(edits...).Replace(string(text))), s)
	if err != nil {
		t.Fatal(err)
	}
	base := `{"schema":"canreach.snapshot/v1","accounts":[{"accountId":"111122223333","organizationId":null,"regions":[{"region":"us-east-1","ec2":{"PrefixLists":[
		{"PrefixListId":"pl-63a5400a","PrefixListName":"com.amazonaws.us-east-1.s3","Cidrs":["52.216.0.0/15","3.5.0.0/19"]}]}}]}]}`
	res, err := p.Apply([]byte(base), plan.Options{Account: s.Account, Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	snap, err := snapshot.Parse(res.Native)
	if err != nil {
		t.Fatalf("%v\n%s", err, res.Native)
	}
	return snap
}

func TestTemplates(t *testing.T) {
	given := stackOf("ModelBucket=models")
	for _, tt := range []struct {
		name    string
		stack   plan.Stack
		edits   []string
		verdict sim.Verdict
		says    string
	}{
		{"every intrinsic is known", given, nil, sim.Reachable, ""},
		{"a condition that is false leaves a resource out", stackOf("ModelBucket=models", "Environment=dev"), nil, sim.Partial, "net/VPC.main_route_table_id"},
		{"a parameter without a value is unknown, by name", stackOf(), nil, sim.Unknown, ".Statement.Resource"},
		{"a dynamic reference is unknown", given, []string{`!Sub "arn:aws:s3:::${ModelBucket}/*"`, `"{{resolve:ssm:models}}"`}, sim.Unknown, ".Statement.Resource"},
		{"a group without egress rules keeps AWS's own", given, []string{"      SecurityGroupEgress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}]\n", ""}, sim.Reachable, ""},
		{"an egress rule for another port", given, []string{"FromPort: 443, ToPort: 443", "FromPort: 80, ToPort: 80"}, sim.Blocked, "net/Group"},
		{"an endpoint without tables", given, []string{"      RouteTableIds: [!Ref Table]\n", ""}, sim.Blocked, "net/Table"},
		{"an import that no stack exports", given, []string{"RouteTableIds: [!Ref Table]", "RouteTableIds: [!ImportValue other-table]"}, sim.Unknown, "net/Endpoint.route_table_ids"},
		{"a statement that is not known may deny", given, []string{`- {Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: !Sub "arn:aws:s3:::${ModelBucket}/*"}`,
			`- {Effect: Allow, Principal: "*", Action: "*", Resource: "*"}
          - "{{resolve:ssm:statement}}"`}, sim.Unknown, "net/Endpoint.policy_document.Statement/Deny"},
		{"NoValue removes a property", given, []string{"AvailabilityZone: !Select [1, !Ref Zones]", "AvailabilityZone: !Ref AWS::NoValue"}, sim.Reachable, ""},
		{"Fn::If picks a branch", given, []string{"Action: \"s3:GetObject\", Resource: !Sub", "Action: !If [IsProd, \"s3:PutObject\", \"s3:GetObject\"], Resource: !Sub"}, sim.Blocked, "vpce-net/Endpoint"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := evaluated(t, tt.stack, tt.edits...)
			bucket := "arn:aws:s3:::models/*"
			job := snapshot.Job{RoleARN: "arn:aws:iam::111122223333:role/job", Subnets: []snapshot.SubnetID{"net/SubnetA", "net/SubnetB"},
				SecurityGroups: []snapshot.SecurityGroupID{"net/Group"}, HasVPCConfig: true, Instances: 1}
			a, err := sim.NewWorld(s).Check(t.Context(), sim.Question{Job: job, Bucket: bucket, Actions: []string{"s3:GetObject"}})
			if err != nil {
				t.Fatal(err)
			}
			if a.Verdict != tt.verdict || !strings.Contains(codes(a), tt.says) {
				t.Errorf("%v, want %v and %q\n%s", a.Verdict, tt.verdict, tt.says, codes(a))
			}
		})
	}
}

// A resource whose condition is not known is neither there nor absent: the
// condition's parameters are asked for.
func TestAConditionThatIsNotKnown(t *testing.T) {
	const text = `Parameters: {On: {Type: String}}
Conditions: {C: !Equals [!Ref On, "yes"]}
Resources:
  Queue: {Type: "AWS::SQS::Queue", Condition: C, Properties: {}}
  Alarm: {Type: "AWS::CloudWatch::Alarm", Condition: C, Properties: {}}
`
	_, err := plan.ReadTemplate("net.yaml", []byte(text), stackOf())
	if err == nil || !strings.Contains(err.Error(), "net/Queue") || strings.Contains(err.Error(), "Alarm") || !strings.Contains(err.Error(), "--parameter") {
		t.Errorf("%v", err)
	}
	p, err := plan.ReadTemplate("net.yaml", []byte(text), stackOf("On=no"))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Actions()) != 0 {
		t.Errorf("%v", p.Actions())
	}
}

func TestExports(t *testing.T) {
	text, err := os.ReadFile(template)
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.ReadTemplate("net.yaml", text, stackOf("ModelBucket=models"))
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Exports()["prod-table"]; got != "net/Table" {
		t.Errorf("prod-table is %q", got)
	}
}

func TestWhatIsNoTemplate(t *testing.T) {
	for text, says := range map[string]string{
		"Resources: [":                        "a.yaml:1:",
		"AWSTemplateFormatVersion: x\n":       "the member Resources is missing",
		"Resources: {}\n---\nResources: {}\n": "expected one document, found 2",
	} {
		if _, err := plan.ReadTemplate("a.yaml", []byte(text), plan.Stack{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v does not say %q", text, err, says)
		}
	}
}

func TestChangeSets(t *testing.T) {
	set := func(action, replacement, context string) string {
		key := "AfterContext"
		if action == "Remove" {
			key = "BeforeContext"
		}
		return `{"ChangeSetName":"c","StackName":"net","Changes":[{"Type":"Resource","ResourceChange":{"Action":"` + action + `","LogicalResourceId":"Endpoint","PhysicalResourceId":"vpce-0a1b2c3d4e5f60718",
			"ResourceType":"AWS::EC2::VPCEndpoint","Replacement":"` + replacement + `","` + key + `":` + string(quote(context)) + `}}]}`
	}
	properties := `{"Properties":{"VpcId":"vpc-0c3f9e1a7b2d84e65","ServiceName":"com.amazonaws.us-east-1.s3","VpcEndpointType":"Gateway","RouteTableIds":["rtb-0b9d3c7a5e1f28460"],"PolicyDocument":%s}}`
	full := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`
	for _, tt := range []struct {
		name, text string
		verdict    sim.Verdict
	}{
		{"a policy that allows all", set("Modify", "False", strings.Replace(properties, "%s", full, 1)), sim.Reachable},
		{"a policy that allows nothing that the job asks", set("Modify", "False", strings.Replace(properties, "%s", strings.Replace(full, `"Action":"*"`, `"Action":"s3:DeleteObject"`, 1), 1)), sim.Blocked},
		{"a policy known after the change set is executed", set("Modify", "False", strings.Replace(properties, "%s", `"{{changeSet:KNOWN_AFTER_APPLY}}"`, 1)), sim.Unknown},
		{"the endpoint is removed", set("Remove", "", strings.Replace(properties, "%s", full, 1)), sim.Blocked},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := plan.ReadChangeSet("c.json", []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			base, _, err := snapshot.Native("../../testdata/examples/neo-compile/snapshot.json", snapshot.Options{})
			if err != nil {
				t.Fatal(err)
			}
			res, err := p.Apply(base, plan.Options{})
			if err != nil {
				t.Fatal(err)
			}
			s, err := snapshot.Parse(res.Native)
			if err != nil {
				t.Fatal(err)
			}
			job, err := snapshot.LoadJob("../../testdata/examples/neo-compile/job.json", snapshot.Options{})
			if err != nil {
				t.Fatal(err)
			}
			a, err := sim.NewWorld(s).Check(t.Context(), sim.Question{Job: job})
			if err != nil {
				t.Fatal(err)
			}
			if a.Verdict != tt.verdict {
				t.Errorf("%v, want %v\n%s", a.Verdict, tt.verdict, codes(a))
			}
		})
	}
	if _, err := plan.ReadChangeSet("c.json", []byte(`{"ChangeSetName":"c","Changes":[{"ResourceChange":{"Action":"Add","LogicalResourceId":"X","ResourceType":"AWS::EC2::VPC"}}]}`)); err == nil || !strings.Contains(err.Error(), "--include-property-values") {
		t.Errorf("%v", err)
	}
}

func FuzzTemplate(f *testing.F) {
	text, err := os.ReadFile(template)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"Resources":{"A":{"Type":"AWS::EC2::VPC","Properties":{"CidrBlock":{"Fn::If":["A",{"Ref":"A"},1]}}}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := plan.ReadTemplate("a.yaml", text, plan.Stack{})
		if err == nil {
			_, _ = p.Apply(nil, plan.Options{Account: "111122223333"})
		}
	})
}

func quote(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return b
}
