package synth

import (
	"encoding/json"
	"fmt"
)

var allowAll = obj{"Statement": []obj{{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}}

// text is a policy as an API prints it: JSON in a string.
func text(document any) string {
	b, err := json.Marshal(document)
	if err != nil {
		panic("unreachable: " + err.Error())
	}
	return string(b)
}

func doc(statements ...obj) obj { return obj{"Version": "2012-10-17", "Statement": statements} }

// endpointPolicy: half of the VPCs left the default, the others name the
// organization, and some their buckets.
func (p *Plan) endpointPolicy(v vpc) any {
	switch v.n % 4 {
	case 0, 1:
		return allowAll
	case 2:
		return doc(obj{"Sid": "Perimeter", "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*",
			"Condition": obj{"StringEquals": obj{"aws:PrincipalOrgID": "o-synth00001"}}})
	}
	resources := []string{}
	for i := v.n % 7; i < len(p.Buckets) && len(resources) < 60; i += 7 {
		resources = append(resources, "arn:aws:s3:::"+p.Buckets[i], "arn:aws:s3:::"+p.Buckets[i]+"/*")
	}
	return doc(obj{"Sid": "OurBuckets", "Effect": "Allow", "Principal": "*", "Action": []string{"s3:GetObject", "s3:PutObject", "s3:ListBucket"}, "Resource": resources})
}

func (p *Plan) writeIAM(out *writer, acct int) {
	id := account(acct)
	boundary := "arn:aws:iam::" + id + ":policy/Boundary"
	out.array("RoleDetailList", true, func(item func(any)) {
		for i := acct; i < len(p.Roles); i += p.opt.accounts() {
			role := obj{"Path": "/service-role/", "RoleName": fmt.Sprintf("Job%03d", i), "RoleId": fmt.Sprintf("AROASYNTH%010dXX", i), "Arn": p.Roles[i], "CreateDate": "2026-01-12T09:00:00+00:00",
				"AssumeRolePolicyDocument": doc(obj{"Effect": "Allow", "Principal": obj{"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}),
				"InstanceProfileList":      []obj{}, "Tags": []obj{{"Key": "team", "Value": words[i%len(words)]}},
				"RolePolicyList":          []obj{{"PolicyName": "Job", "PolicyDocument": p.rolePolicy(i)}, {"PolicyName": "Vpc", "PolicyDocument": doc(obj{"Effect": "Allow", "Action": vpcActions, "Resource": "*"})}},
				"AttachedManagedPolicies": []obj{{"PolicyName": "Base", "PolicyArn": "arn:aws:iam::" + id + ":policy/Base"}}}
			if i%5 == 4 {
				role["PermissionsBoundary"] = obj{"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary}
			}
			item(role)
		}
	})
	managed := func(arn, name string, d obj) obj {
		return obj{"PolicyName": name, "Arn": arn, "Path": "/", "DefaultVersionId": "v1", "PolicyVersionList": []obj{{"VersionId": "v1", "IsDefaultVersion": true, "Document": d}}}
	}
	out.array("Policies", false, func(item func(any)) {
		item(managed("arn:aws:iam::"+id+":policy/Base", "Base", doc(
			obj{"Effect": "Allow", "Action": []string{"logs:*", "cloudwatch:PutMetricData"}, "Resource": "*"},
			obj{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": obj{"Bool": obj{"aws:SecureTransport": "false"}}})))
		item(managed(boundary, "Boundary", doc(obj{"Effect": "Allow", "Action": []string{"s3:*", "ec2:*", "logs:*"}, "Resource": "*"})))
	})
}

var vpcActions = []string{"ec2:CreateNetworkInterface", "ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface", "ec2:DeleteNetworkInterfacePermission",
	"ec2:ModifyNetworkInterfaceAttribute", "ec2:Describe*"}

func (p *Plan) rolePolicy(i int) obj {
	read, write := []string{}, []string{}
	for k := range 8 {
		b := p.Buckets[(i*3+k*5)%len(p.Buckets)]
		read = append(read, "arn:aws:s3:::"+b+"/*")
		if k < 3 {
			write = append(write, "arn:aws:s3:::"+b+"/"+words[i%len(words)]+"/*")
		}
	}
	statements := []obj{{"Sid": "Read", "Effect": "Allow", "Action": []string{"s3:GetObject", "s3:GetObjectVersion"}, "Resource": read},
		{"Sid": "Write", "Effect": "Allow", "Action": []string{"s3:PutObject", "s3:AbortMultipartUpload"}, "Resource": write},
		{"Sid": "List", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::*"}}
	if i == 0 {
		statements = append(statements, obj{"Sid": "Everything", "Effect": "Allow", "Action": "s3:*", "Resource": "*"})
	}
	return doc(statements...)
}

func (p *Plan) writeS3(out *writer, acct int) {
	out.array("buckets", true, func(item func(any)) {
		for i := acct; i < len(p.Buckets); i += p.opt.accounts() {
			b := obj{"Name": p.Buckets[i], "region": Region, "Policy": nil,
				"PublicAccessBlockConfiguration":    obj{"BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true},
				"OwnershipControls":                 obj{"Rules": []obj{{"ObjectOwnership": "BucketOwnerEnforced"}}},
				"ServerSideEncryptionConfiguration": obj{"Rules": []obj{{"ApplyServerSideEncryptionByDefault": obj{"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": true}}}}
			if policy := p.bucketPolicy(i); policy != nil {
				b["Policy"] = policy
			}
			item(b)
		}
	})
	fmt.Fprintf(out, `,"accountPublicAccessBlock":{"BlockPublicAcls":true,"IgnorePublicAcls":true,"BlockPublicPolicy":true,"RestrictPublicBuckets":true}`)
}

// bucketPolicy: a fifth have none; the others ask for TLS, and beyond that
// for an endpoint, a VPC, the organization, or let another account read.
func (p *Plan) bucketPolicy(i int) any {
	arns := []string{"arn:aws:s3:::" + p.Buckets[i], "arn:aws:s3:::" + p.Buckets[i] + "/*"}
	tls := obj{"Sid": "TLSOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": arns, "Condition": obj{"Bool": obj{"aws:SecureTransport": "false"}}}
	deny := func(condition obj) any {
		return doc(tls, obj{"Sid": "Perimeter", "Effect": "Deny", "Principal": "*", "Action": []string{"s3:GetObject", "s3:PutObject"}, "Resource": arns, "Condition": condition})
	}
	v := p.vpcs[i%len(p.vpcs)]
	switch i % 5 {
	case 1:
		return doc(tls)
	case 2:
		return deny(obj{"StringNotEquals": obj{"aws:SourceVpce": []string{v.id("vpce", 0), p.vpcs[(i+1)%len(p.vpcs)].id("vpce", 0)}}})
	case 3:
		return deny(obj{"StringNotEquals": obj{"aws:SourceVpc": v.id("vpc", 0)}})
	case 4:
		return doc(tls, obj{"Sid": "Partners", "Effect": "Allow", "Principal": obj{"AWS": p.Roles[i%len(p.Roles)]}, "Action": []string{"s3:GetObject", "s3:ListBucket"}, "Resource": arns,
			"Condition": obj{"StringEquals": obj{"aws:PrincipalOrgID": "o-synth00001"}}})
	}
	return nil
}

func (p *Plan) organizations() obj {
	targets := []obj{{"TargetId": "r-root"}, {"TargetId": "ou-root-work"}}
	for n := range p.opt.accounts() {
		targets = append(targets, obj{"TargetId": account(n)})
	}
	full := doc(obj{"Effect": "Allow", "Action": "*", "Resource": "*"})
	fullRCP := doc(obj{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"})
	return obj{"organizationId": "o-synth00001", "managementAccountId": "999988887777",
		"serviceControlPolicies": []obj{
			{"Id": "p-FullAWSAccess", "Name": "FullAWSAccess", "AwsManaged": true, "Content": full, "Targets": targets},
			{"Id": "p-0synthregions", "Name": "Regions", "AwsManaged": false, "Targets": targets[:1],
				"Content": doc(obj{"Sid": "Regions", "Effect": "Deny", "NotAction": []string{"iam:*", "sts:*"}, "Resource": "*", "Condition": obj{"StringNotEquals": obj{"aws:RequestedRegion": []string{Region, "eu-west-1"}}}})}},
		"resourceControlPolicies": []obj{{"Id": "p-RCPFullAWSAccess", "Name": "RCPFullAWSAccess", "AwsManaged": true, "Content": fullRCP, "Targets": targets}}}
}
