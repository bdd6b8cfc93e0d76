package plan

import (
	"fmt"
	"strings"

	"github.com/canreach/canreach/internal/located"
)

// serverless is the transform of AWS SAM.
const serverless = "AWS::Serverless-2016-10-31"

// expandSAM makes the Lambda functions and roles of AWS::Serverless functions,
// as the transform does: properties of Globals are merged in, and a function
// without a role gets one, <LogicalId>Role. Its other types are left alone.
//
// AWS: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources-function.html
func expandSAM(root, resources located.Value) located.Value {
	globals, _ := root.Get("Globals")
	shared, _ := globals.Get("Function")
	out := located.Value{Kind: located.Map, At: resources.At}
	for _, m := range resources.Members {
		typ, _ := m.Value.Get("Type")
		if typ.Text != "AWS::Serverless::Function" {
			out.Members = append(out.Members, m)
			continue
		}
		own, _ := m.Value.Get("Properties")
		p := mergeGlobals(shared, own)
		if _, given := p.Get("Role"); !given {
			p.Members = append(p.Members, located.Member{Key: "Role", Value: located.Pairs("Fn::GetAtt", []string{m.Key + "Role", "Arn"})})
			out.Members = append(out.Members, located.Member{Key: m.Key + "Role", At: m.At, Value: like(m.Value, "AWS::IAM::Role", functionRole(p))})
		}
		out.Members = append(out.Members, located.Member{Key: m.Key, At: m.At, Value: like(m.Value, "AWS::Lambda::Function", p)})
	}
	return out
}

// like is a resource of another type under the same condition.
func like(v located.Value, typ string, properties located.Value) located.Value {
	out := located.Pairs("Type", typ, "Properties", properties)
	if c, ok := v.Get("Condition"); ok {
		out.Members = append(out.Members, located.Member{Key: "Condition", Value: c})
	}
	return out
}

// mergeGlobals merges shared properties into a resource's own: maps are merged,
// lists are joined, and of anything else the own counts.
//
// AWS: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html
func mergeGlobals(shared, own located.Value) located.Value {
	out := located.Value{Kind: located.Map, At: own.At, Members: append([]located.Member{}, own.Members...)}
	for _, m := range shared.Members {
		i := 0
		for i < len(out.Members) && out.Members[i].Key != m.Key {
			i++
		}
		switch {
		case i == len(out.Members):
			out.Members = append(out.Members, m)
		case m.Value.Kind == located.Map && out.Members[i].Value.Kind == located.Map && !isIntrinsic(m.Value) && !isIntrinsic(out.Members[i].Value):
			out.Members[i].Value = mergeGlobals(m.Value, out.Members[i].Value)
		case m.Value.Kind == located.List && out.Members[i].Value.Kind == located.List:
			out.Members[i].Value.Items = append(append([]located.Value{}, m.Value.Items...), out.Members[i].Value.Items...)
		}
	}
	return out
}

func isIntrinsic(v located.Value) bool {
	return len(v.Members) == 1 && (v.Members[0].Key == "Ref" || strings.HasPrefix(v.Members[0].Key, "Fn::"))
}

const lambdaTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["lambda.amazonaws.com"]},"Action":["sts:AssumeRole"]}]}`

// functionRole is the role that the transform makes for a function.
func functionRole(function located.Value) located.Value {
	out := located.Value{Kind: located.Map}
	set := func(key string, v any) {
		out.Members = append(out.Members, located.Member{Key: key, Value: located.Of(v)})
	}
	trust, given := function.Get("AssumeRolePolicyDocument")
	if !given {
		trust = located.Of(lambdaTrust)
	}
	set("AssumeRolePolicyDocument", trust)
	for from, to := range map[string]string{"RolePath": "Path", "PermissionsBoundary": "PermissionsBoundary"} {
		if v, ok := function.Get(from); ok {
			set(to, v)
		}
	}
	managed := []located.Value{located.Of(awsManaged + "service-role/AWSLambdaBasicExecutionRole")}
	if _, ok := function.Get("VpcConfig"); ok {
		managed = append(managed, located.Of(awsManaged+"service-role/AWSLambdaVPCAccessExecutionRole"))
	}
	if v, ok := function.Get("Tracing"); ok && v.Text != "Disabled" {
		managed = append(managed, located.Of(awsManaged+"AWSXRayDaemonWriteAccess"))
	}
	var inline []located.Value
	policies, _ := function.Get("Policies")
	if policies.Kind != located.List {
		policies = located.Value{Kind: located.List, Items: []located.Value{policies}}
	}
	for _, p := range policies.Items {
		switch {
		case p.Kind == located.Null:
		case p.Kind == located.String && !strings.HasPrefix(p.Text, "arn:"):
			managed = append(managed, located.Of(awsManaged+p.Text))
		case p.Kind == located.String || isIntrinsic(p):
			managed = append(managed, p)
		default:
			inline = append(inline, located.Pairs("PolicyName", fmt.Sprint("Policy", len(inline)), "PolicyDocument", policyTemplate(p)))
		}
	}
	set("ManagedPolicyArns", managed)
	set("Policies", inline)
	return out
}

const awsManaged = "arn:aws:iam::aws:policy/"

// s3Templates are SAM's policy templates for S3 as data: what each allows on a
// bucket, and on its objects.
//
// AWS: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-template-list.html
var s3Templates = map[string][]string{
	"S3ReadPolicy":  {"s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation", "s3:GetObjectVersion", "s3:GetLifecycleConfiguration"},
	"S3WritePolicy": {"s3:PutObject", "s3:PutObjectAcl", "s3:PutLifecycleConfiguration"},
	"S3CrudPolicy": {"s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation", "s3:GetObjectVersion", "s3:PutObject", "s3:PutObjectAcl",
		"s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration", "s3:DeleteObject"},
	"S3FullAccessPolicy": {"s3:GetObject", "s3:GetObjectAcl", "s3:GetObjectVersion", "s3:PutObject", "s3:PutObjectAcl", "s3:DeleteObject", "s3:DeleteObjectTagging",
		"s3:DeleteObjectVersionTagging", "s3:GetObjectTagging", "s3:GetObjectVersionTagging", "s3:PutObjectTagging", "s3:PutObjectVersionTagging",
		"s3:ListBucket", "s3:GetBucketLocation", "s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration"},
}

// policyTemplate is a statement list as it is, or what a policy template
// becomes. Another template than those for S3 only allows, and what it allows
// is not known here: a function that is none leaves it open.
func policyTemplate(p located.Value) located.Value {
	if _, ok := p.Get("Statement"); ok || len(p.Members) != 1 {
		return p
	}
	name := p.Members[0].Key
	actions, known := s3Templates[name]
	bucket, given := p.Members[0].Value.Get("BucketName")
	if !known || !given {
		unknown := located.Pairs("Fn::SAM"+name, "")
		return located.Pairs("Version", "2012-10-17", "Statement", []located.Value{located.Pairs("Sid", name, "Effect", "Allow", "Action", unknown, "Resource", "*")})
	}
	resource := func(rest string) located.Value {
		return located.Pairs("Fn::Join", []any{"", []any{"arn:", located.Pairs("Ref", "AWS::Partition"), ":s3:::", bucket, rest}})
	}
	return located.Pairs("Version", "2012-10-17", "Statement", []located.Value{
		located.Pairs("Sid", name, "Effect", "Allow", "Action", actions, "Resource", []located.Value{resource(""), resource("/*")})})
}

// managedByAWS are default versions of AWS managed policies that roles of
// functions commonly have, for snapshots that do not hold them.
//
// AWS: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaVPCAccessExecutionRole.html
var managedByAWS = map[string]string{
	"service-role/AWSLambdaBasicExecutionRole": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}`,
	"service-role/AWSLambdaVPCAccessExecutionRole": `{"Version":"2012-10-17","Statement":[{"Sid":"AWSLambdaVPCAccessExecutionPermissions","Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents",` +
		`"ec2:CreateNetworkInterface","ec2:DescribeNetworkInterfaces","ec2:DescribeSubnets","ec2:DeleteNetworkInterface","ec2:AssignPrivateIpAddresses","ec2:UnassignPrivateIpAddresses"],"Resource":"*"}]}`,
	"AWSXRayDaemonWriteAccess": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["xray:PutTraceSegments","xray:PutTelemetryRecords","xray:GetSamplingRules","xray:GetSamplingTargets","xray:GetSamplingStatisticSummaries"],"Resource":["*"]}]}`,
}

// managedPolicies adds those of AWS's that a role has and the snapshot lacks.
func (v *overlay) managedPolicies(r *resource, arns []string) {
	for _, arn := range arns {
		name, aws := strings.CutPrefix(arn, awsManaged)
		text := managedByAWS[name]
		l := list(v.accountOf(r), "iam", "Policies")
		if !aws || text == "" || v.find(l, "Arn", arn) != nil {
			continue
		}
		v.upsert(l, "Arn", arn, object{"PolicyName": name[strings.LastIndexByte(name, '/')+1:], "DefaultVersionId": "v1",
			"PolicyVersionList": []object{{"VersionId": "v1", "IsDefaultVersion": true, "Document": text}}})
	}
}
