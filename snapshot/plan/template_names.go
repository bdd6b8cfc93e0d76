package plan

import (
	"strings"

	"github.com/canreach/canreach/internal/located"
)

// named lists the property that Ref returns for types that are known by name.
var named = map[string]string{
	"AWS::S3::Bucket": "BucketName", "AWS::IAM::Role": "RoleName", "AWS::IAM::InstanceProfile": "InstanceProfileName", "AWS::KMS::Alias": "AliasName",
	"AWS::Lambda::Function": "FunctionName", "AWS::SageMaker::Model": "ModelName",
	"AWS::ECR::Repository": "RepositoryName", "AWS::S3Express::DirectoryBucket": "BucketName",
}

func (e *evaluator) refOf(logical string, r located.Value) (any, bool) {
	typ, _ := r.Get("Type")
	switch physical := e.stack.Physical[logical]; {
	case typ.Text == "AWS::IAM::ManagedPolicy",
		physical == "" && (typ.Text == "AWS::SNS::Topic" || typ.Text == "AWS::SecretsManager::Secret"):
		return e.arn(logical, r)
	case physical == "" && typ.Text == "AWS::SQS::Queue":
		arn, ok := e.arn(logical, r)
		p := strings.SplitN(asText(arn), ":", 6)
		if !ok || len(p) < 6 {
			return nil, false
		}
		return "https://sqs." + p[3] + ".amazonaws.com/" + p[4] + "/" + p[5], true
	}
	if e.stack.Physical[logical] == "" && named[typ.Text] != "" {
		properties, _ := r.Get("Properties")
		if name, ok := properties.Get(named[typ.Text]); ok {
			return first(e.text(name, 0))
		}
	}
	return e.id(logical), true
}

func first(s string, ok bool) (any, bool) { return s, ok }

// arn is the ARN of a resource of the template, as far as its name tells.
func (e *evaluator) arn(logical string, r located.Value) (any, bool) {
	typ, _ := r.Get("Type")
	properties, _ := r.Get("Properties")
	property := func(key, otherwise string) string {
		if v, ok := properties.Get(key); ok {
			if s, ok := e.text(v, 0); ok {
				return s
			}
		}
		return otherwise
	}
	account, region := e.stack.Account, e.stack.Region
	id := e.id(logical)
	switch typ.Text {
	case "AWS::S3::Bucket":
		name, ok := e.refOf(logical, r)
		return "arn:aws:s3:::" + asText(name), ok
	case "AWS::IAM::Role":
		return "arn:aws:iam::" + account + ":role" + property("Path", "/") + property("RoleName", id), account != ""
	case "AWS::IAM::ManagedPolicy":
		if strings.HasPrefix(id, "arn:") {
			return id, true
		}
		return "arn:aws:iam::" + account + ":policy" + property("Path", "/") + property("ManagedPolicyName", id), account != ""
	case "AWS::KMS::Key":
		return "arn:aws:kms:" + region + ":" + account + ":key/" + id, account != "" && region != ""
	case "AWS::SNS::Topic", "AWS::SecretsManager::Secret":
		if strings.HasPrefix(id, "arn:") {
			return id, true
		}
		if typ.Text == "AWS::SNS::Topic" {
			return "arn:aws:sns:" + region + ":" + account + ":" + property("TopicName", id), account != "" && region != ""
		}
		return "arn:aws:secretsmanager:" + region + ":" + account + ":secret:" + property("Name", id) + "-known-after-apply", account != "" && region != ""
	case "AWS::SQS::Queue":
		return "arn:aws:sqs:" + region + ":" + account + ":" + property("QueueName", id[strings.LastIndexByte(id, '/')+1:]), account != "" && region != ""
	case "AWS::ECR::Repository":
		return "arn:aws:ecr:" + region + ":" + account + ":repository/" + property("RepositoryName", id), account != "" && region != ""
	case "AWS::Lambda::Function":
		return "arn:aws:lambda:" + region + ":" + account + ":function:" + property("FunctionName", id), account != "" && region != ""
	}
	return nil, false
}

func getAtt(e *evaluator, v located.Value, _ int) (any, bool) {
	parts := v.Items
	if v.Kind == located.String {
		name, attr, _ := strings.Cut(v.Text, ".")
		parts = []located.Value{located.Of(name), located.Of(attr)}
	}
	if len(parts) != 2 {
		return nil, false
	}
	return e.attribute(parts[0].Text, parts[1].Text)
}

func (e *evaluator) attribute(logical, attr string) (any, bool) {
	r, ok := e.resources[logical]
	if !ok {
		return nil, false
	}
	typ, _ := r.Get("Type")
	switch attr {
	case "Arn":
		return e.arn(logical, r)
	case "GroupId", "VpcId", "SubnetId", "InternetGatewayId", "NatGatewayId", "RouteTableId", "NetworkAclId", "Id", "PrefixListId", "KeyId", "AllocationId", "AttachmentId":
		if typ.Text == "AWS::EC2::VPC" || attr != "VpcId" {
			return e.id(logical), true
		}
	case "DefaultSecurityGroup":
		return e.id(logical) + ".default_security_group_id", true
	case "DefaultNetworkAcl":
		return e.id(logical) + ".default_network_acl_id", true
	}
	properties, _ := r.Get("Properties")
	if p, ok := properties.Get(attr); ok {
		return first(e.text(p, 0))
	}
	return nil, false
}
