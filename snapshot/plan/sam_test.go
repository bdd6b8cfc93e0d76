package plan_test

import (
	"strings"
	"testing"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/plan"
)

const samTemplate = `
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: python3.13
    VpcConfig: {SubnetIds: [!Ref Subnet], SecurityGroupIds: [!Ref Group]}
    Environment: {Variables: {TOKEN: SECRETWORD}}
Resources:
  VPC: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref VPC, CidrBlock: 10.0.0.0/24, AvailabilityZone: us-east-1a}}
  Table: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref VPC}}
  Association: {Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {RouteTableId: !Ref Table, SubnetId: !Ref Subnet}}
  Endpoint: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref VPC, ServiceName: com.amazonaws.us-east-1.s3, RouteTableIds: [!Ref Table]}}
  Group: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: jobs, VpcId: !Ref VPC}}
  Models: {Type: AWS::S3::Bucket, Properties: {BucketName: models}}
  Reader:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: reader
      Handler: index.handler
      Policies:
        - S3ReadPolicy: {BucketName: !Ref Models}
`

// sam is the template with some text replaced, as a snapshot.
func sam(t *testing.T, edits ...string) *snapshot.Snapshot {
	t.Helper()
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(samTemplate, edits[i]) {
			t.Fatalf("%q is not in the template", edits[i])
		}
	}
	p, err := plan.ReadTemplate("app.yaml", []byte(strings.NewReplacer(edits...).Replace(samTemplate)), plan.Stack{Name: "app", Account: "111122223333", Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	res, err := p.Apply([]byte(`{"schema":"canreach.snapshot/v1","accounts":[{"accountId":"111122223333","organizationId":null,"regions":[{"region":"us-east-1","ec2":{"PrefixLists":[
		{"PrefixListId":"pl-63a5400a","PrefixListName":"com.amazonaws.us-east-1.s3","Cidrs":["52.216.0.0/15"]}]}}]}]}`), plan.Options{Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(res.Native), "SECRETWORD") {
		t.Error("the environment is in the snapshot")
	}
	s, err := snapshot.Parse(res.Native)
	if err != nil {
		t.Fatalf("%v\n%s", err, res.Native)
	}
	return s
}

func TestServerlessFunctions(t *testing.T) {
	policy := "- S3ReadPolicy: {BucketName: !Ref Models}"
	for _, tt := range []struct {
		name    string
		edits   []string
		action  string
		verdict sim.Verdict
		says    string
	}{
		{"a policy template and Globals", nil, "s3:GetObject", sim.Reachable, ""},
		{"it does not write", nil, "s3:PutObject", sim.Blocked, "No identity-based policy"},
		{"another bucket's template", []string{"!Ref Models}", "other}"}, "s3:GetObject", sim.Blocked, "No identity-based policy"},
		{"a statement of its own", []string{policy, "- Statement: [{Effect: Allow, Action: s3:PutObject, Resource: !Sub \"${Models.Arn}/*\"}]"}, "s3:PutObject", sim.Reachable, ""},
		{"a template that is not known here", []string{policy, "- AthenaQueryPolicy: {WorkGroupName: w}"}, "s3:GetObject", sim.Unknown, "app/ReaderRole"},
		{"a managed policy that the snapshot lacks", []string{policy, "- AmazonS3ReadOnlyAccess"}, "s3:GetObject", sim.Unknown, "AmazonS3ReadOnlyAccess"},
		{"a role of its own", []string{"      Policies:\n        " + policy, "      Role: arn:aws:iam::111122223333:role/other"}, "s3:GetObject", sim.Unknown, "role/other"},
		{"Globals give no network", []string{"    VpcConfig: {SubnetIds: [!Ref Subnet], SecurityGroupIds: [!Ref Group]}\n", ""}, "", 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := sam(t, tt.edits...)
			functions := s.Accounts[0].Regions[0].Functions.Items
			if len(functions) != 1 {
				t.Fatalf("%d functions", len(functions))
			}
			f := &functions[0]
			if tt.action == "" {
				if len(f.Subnets) != 0 {
					t.Errorf("subnets %v", f.Subnets)
				}
				return
			}
			job := snapshot.Job{Kind: "Lambda", RoleARN: f.RoleARN, Subnets: f.Subnets, SecurityGroups: f.Groups, HasVPCConfig: true, Instances: 1}
			a, err := sim.NewWorld(s).Check(t.Context(), sim.Question{Job: job, Bucket: "arn:aws:s3:::models/*", Actions: []string{tt.action}})
			if err != nil {
				t.Fatal(err)
			}
			if a.Verdict != tt.verdict || !strings.Contains(codes(a), tt.says) {
				t.Errorf("%v, want %v and %q\n%s", a.Verdict, tt.verdict, tt.says, codes(a))
			}
		})
	}
}
