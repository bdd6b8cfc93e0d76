package policy

import (
	"strings"
	"testing"
)

func TestLint(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		kind       Kind
		want       string // codes, in order
	}{
		{"nothing to say", baseIdentity, KindIdentity, ""},
		{"T32 ListBucket on objects", allow(`"Action":"s3:ListBucket","Resource":"arn:aws:s3:::b/*"`), KindIdentity, "STATEMENT_NEVER_MATCHES"},
		{"T33 GetObject on the bucket", allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b"`), KindIdentity, "STATEMENT_NEVER_MATCHES"},
		{"T31 b* covers both", allow(`"Action":["s3:GetObject","s3:ListBucket"],"Resource":"arn:aws:s3:::b*"`), KindIdentity, ""},
		{"P230 the usual pair", allow(`"Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]`), KindIdentity, ""},
		{"P230 one of two actions", allow(`"Action":["s3:GetObject","s3:ListBucket"],"Resource":"arn:aws:s3:::b/*"`), KindIdentity, "ACTION_NEVER_MATCHES"},
		{"P54 ListAllMyBuckets", allow(`"Action":"s3:ListAllMyBuckets","Resource":"arn:aws:s3:::*"`), KindIdentity, ""},
		{"T24 an API operation", allow(`"Action":"s3:HeadObject","Resource":"*"`), KindIdentity, "ACTION_UNKNOWN"},
		{"P41 a space", allow(`"Action":"s3: GetObject","Resource":"*"`), KindIdentity, "ACTION_UNKNOWN"},
		{"P37 a wildcard prefix", allow(`"Action":"s*:GetObject","Resource":"*"`), KindIdentity, ""},
		{"P148 a typing mistake", allow(onAll + cond(`"StringEquals":{"aws:SourceVPCEndpoint":"vpce-1"}`)), KindIdentity, "CONDITION_KEY_UNKNOWN"},
		{"P149 prefix on GetObject", allow(`"Action":"s3:GetObject","Resource":"*"` + cond(`"StringLike":{"s3:prefix":"a/*"}`)), KindIdentity, "CONDITION_KEY_NOT_SUPPLIED"},
		{"P149 prefix on s3:*", allow(onAll + cond(`"StringLike":{"s3:prefix":"a/*"}`)), KindIdentity, ""},
		{"P15 an empty condition block", allow(onAll + `,"Condition":{}`), KindIdentity, "CONDITION_EMPTY"},
		{"T73 Deny only", neoSample("vpce-1"), KindEndpoint, "VPCE_DENY_ONLY"},
		{"T79 a role in an endpoint policy", grant(isRole, onAll), KindEndpoint, "VPCE_PRINCIPAL_UNSUPPORTED"},
		{"T13 an account in an endpoint policy", grant(isA, onAll), KindEndpoint, "VPCE_PRINCIPAL_ROOT_ONLY"},
		{"T16 a partial wildcard", grant(`{"AWS":"arn:aws:iam::111111111111:role/*"}`, onAll), KindBucket, "PRINCIPAL_NEVER_MATCHES"},
		{"T14 a session ARN with a path", grant(`{"AWS":"arn:aws:sts::111111111111:assumed-role/service-role/R/s"}`, onAll), KindBucket, "PRINCIPAL_NEVER_MATCHES"},
		{"T17 a deleted role", grant(`{"AWS":"AROAOLDOLDOLDOLD"}`, onAll), KindBucket, "PRINCIPAL_DELETED"},
		{"P31 P32 NotPrincipal", `{"Effect":"Allow","NotPrincipal":{"AWS":"111111111111"},` + onAll + `}`, KindResource, "NOT_PRINCIPAL_ALLOW"},
		{"P166 no guard", allow(onAll + cond(`"ForAllValues:StringEquals":{"aws:CalledVia":"x"}`)), KindIdentity, "FOR_ALL_VALUES_VACUOUS"},
		{"P166 a guard", allow(onAll + cond(`"ForAllValues:StringEquals":{"aws:CalledVia":"x"},"Null":{"aws:CalledVia":"false"}`)), KindIdentity, ""},
		{"P166 a Deny", deny(onAll + cond(`"ForAllValues:StringEquals":{"aws:CalledVia":"x"}`)), KindIdentity, ""},
		{"P170 plain operator", deny(onAll + cond(`"StringNotLike":{"aws:PrincipalOrgPaths":"o-1/*"}`)), KindIdentity, "SET_OPERATOR_MISSING"},
		{"T113 private ranges", ban(cond(`"NotIpAddress":{"aws:SourceIp":["10.0.0.0/16","192.168.0.0/24"]}`)), KindBucket, "SOURCE_IP_PRIVATE"},
		{"P162 a public range among them", ban(cond(`"NotIpAddress":{"aws:SourceIp":["10.0.0.0/16","203.0.113.0/24"]}`)), KindBucket, ""},
		{"T2 a variable without Version", `{"Statement":[` + allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:PrincipalAccount}/*"`) + `]}`, KindIdentity, "VARIABLE_NOT_EXPANDED"},
		{"T102 StringEquals with a star", allow(onAll + cond(`"StringEquals":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/*"}`)), KindIdentity, "WILDCARD_IS_LITERAL"},
		{"T124 a session ARN as PrincipalArn", ban(cond(`"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:sts::111111111111:assumed-role/R/s"}`)), KindBucket, "PRINCIPAL_ARN_SESSION"},
		{"T111 host bits of IPv6", ban(cond(`"IpAddress":{"aws:VpcSourceIp":"2001:db8::1/32"}`)), KindBucket, "VALUE_NEVER_MATCHES"},
		{"T28 a short ARN", allow(`"Action":"s3:*","Resource":"arn:aws:s3"`), KindIdentity, "ARN_SHORT"},
		{"P178 a short operand", allow(onAll + cond(`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam"}`)), KindIdentity, "ARN_OPERAND_MALFORMED"},
		{"P15 no actions", allow(`"Action":[],"Resource":"*"`), KindIdentity, "STATEMENT_NEVER_MATCHES"},
		{"P165 no values", allow(onAll + cond(`"StringEquals":{"aws:SourceVpce":[]}`)), KindIdentity, "CONDITION_NEVER_MATCHES"},
		{"P308 KMS in a bucket policy", grant(anyone, `"Action":["s3:GetObject","kms:Decrypt"],"Resource":"*"`), KindBucket, "ACTION_OF_OTHER_SERVICE"},
		{"P16 too large", allow(`"Action":"s3:GetObject","Resource":["arn:aws:s3:::` + strings.Repeat("x", 6144) + `/*"]`), KindIdentity, "POLICY_TOO_LARGE"},
		{"P16 white space does not count for IAM", allow(`"Action":"s3:GetObject",` + strings.Repeat(" ", 6144) + `"Resource":"*"`), KindIdentity, ""},
		{"P16 white space counts for endpoints", grant(anyone, `"Action":"s3:GetObject",`+strings.Repeat(" ", 20480)+`"Resource":"*"`), KindEndpoint, "POLICY_TOO_LARGE"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := parsed(t, tt.text, tt.kind).Document
			var codes []string
			for _, f := range Lint(d, tt.kind, LintOptions{EndpointType: EndpointGateway}) {
				codes = append(codes, f.Code)
				if f.Message == "" || f.Line < 1 || f.Rule == "" {
					t.Errorf("incomplete finding %+v", f)
				}
			}
			if got := strings.Join(codes, " "); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// versioned is a policy document in which variables work.
func versioned(statements string) string {
	return `{"Version":"2012-10-17","Statement":[` + statements + `]}`
}

// What explains no denial is looked for where it is asked for.
func TestLintStrict(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		kind       Kind
		want       string // codes with severities, in order
	}{
		{"P258 a public bucket", grant(anyone, `"Action":"s3:GetObject","Resource":"arn:aws:s3:::abc/*"`), KindBucket, "warning PUBLIC_ACCESS"},
		{"P258 narrowed", grant(anyone, `"Action":"s3:GetObject","Resource":"arn:aws:s3:::abc/*"`+cond(`"StringEquals":{"aws:PrincipalOrgID":"o-1"}`)), KindBucket, ""},
		{"P258 a Deny", ban(""), KindBucket, ""},
		{"P35 everything", allow(`"Action":"*","Resource":"*"`), KindIdentity, "warning FULL_ACCESS"},
		{"P35 everything with a condition", allow(`"Action":"*","Resource":"*"` + cond(`"Bool":{"aws:SecureTransport":"true"}`)), KindIdentity, ""},
		{"P35 a control policy", allow(`"Action":"*","Resource":"*"`), KindSCP, ""},
		{"P155 Bool", deny(onAll + cond(`"Bool":{"aws:MultiFactorAuthPresent":"false"}`)), KindIdentity, "warning MFA_KEY_ABSENT"},
		{"P155 BoolIfExists", deny(onAll + cond(`"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}`)), KindIdentity, ""},
		{"P155 an Allow", allow(onAll + cond(`"Bool":{"aws:MultiFactorAuthPresent":"true"}`)), KindIdentity, ""},
		{"an endpoint as a VPC", ban(cond(`"StringNotEquals":{"aws:SourceVpc":"vpce-1"}`)), KindBucket, "error VALUE_NEVER_MATCHES"},
		{"a VPC as an endpoint", ban(cond(`"StringNotLike":{"aws:SourceVpce":"vpc-1"}`)), KindBucket, "error VALUE_NEVER_MATCHES"},
		{"the right ids", ban(cond(`"StringNotEquals":{"aws:SourceVpce":"vpce-1","aws:SourceVpc":"vpc-1"}`)), KindBucket, ""},
		{"a bucket's URL", allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::s3://abc/*"`), KindIdentity, "warning BUCKET_NAME_INVALID"},
		{"a short name", allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::ab/*"`), KindIdentity, "info BUCKET_NAME_INVALID"},
		{"any role to any service", allow(`"Action":"iam:PassRole","Resource":"*"`), KindIdentity, "warning PASS_ROLE_ANY info RESOURCE_STAR"},
		{"any role to one service", allow(`"Action":"iam:PassRole","Resource":"*"` + cond(`"StringEquals":{"iam:PassedToService":"glue.amazonaws.com"}`)), KindIdentity, ""},
		{"P149 another service's key", allow(onAll + cond(`"StringEquals":{"ec2:InstanceType":"t3.micro"}`)), KindIdentity, "warning CONDITION_KEY_NOT_SUPPLIED"},
		{"P149 what the caller's credentials bring", allow(onAll + cond(`"ArnEquals":{"ec2:SourceInstanceARN":"arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789abcdef0"}`)), KindIdentity, ""},
		{"a name of old", allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::My_Bucket/*"`), KindIdentity, "info BUCKET_NAME_INVALID"},
		{"a pattern", allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::a*/*"`), KindIdentity, ""},
		{"a variable", `{"Version":"2012-10-17","Statement":[` + allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::${aws:username}/*"`) + `]}`, KindIdentity, ""},
		{"P149 a key of another service", allow(`"Action":"ec2:RunInstances","Resource":"*"` + cond(`"StringEquals":{"s3:prefix":"a"}`)), KindIdentity, "warning CONDITION_KEY_NOT_SUPPLIED"},
		{"P159 a date", allow(onAll + cond(`"DateLessThan":{"aws:CurrentTime":"tomorrow"}`)), KindIdentity, "error VALUE_NEVER_MATCHES"},
		{"P158 a number", allow(`"Action":"s3:ListBucket","Resource":"*"` + cond(`"NumericEquals":{"s3:max-keys":"ten"}`)), KindIdentity, "error VALUE_NEVER_MATCHES"},
		{"P160 an address", allow(onAll + cond(`"IpAddress":{"aws:SourceIp":"203.0.113.300"}`)), KindIdentity, "error VALUE_NEVER_MATCHES"},
		{"P178 an ARN", allow(onAll + cond(`"ArnEquals":{"aws:PrincipalArn":"role/R"}`)), KindIdentity, "error VALUE_NEVER_MATCHES"},
		{"P178 a variable", `{"Version":"2012-10-17","Statement":[` + allow(onAll+cond(`"ArnEquals":{"aws:PrincipalArn":"${aws:SourceArn}"}`)) + `]}`, KindIdentity, ""},
		{"a boolean", allow(onAll + cond(`"Bool":{"aws:SecureTransport":"yes"}`)), KindIdentity, "error VALUE_NEVER_MATCHES"},
		{"P395 StringLike on an address", allow(onAll + cond(`"StringLike":{"aws:SourceIp":"203.0.113.*"}`)), KindIdentity, "warning OPERATOR_OF_OTHER_TYPE"},
		{"P395 StringEquals on a Boolean", deny(onAll + cond(`"StringEquals":{"aws:SecureTransport":"false"}`)), KindIdentity, "warning OPERATOR_OF_OTHER_TYPE"},
		{"P395 Bool on a Boolean", deny(onAll + cond(`"Bool":{"aws:SecureTransport":"false"}`)), KindIdentity, ""},
		{"P395 StringLike on an ARN", allow(onAll + cond(`"StringLike":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/*"}`)), KindIdentity, ""},
		{"P395 Null goes with every key", allow(onAll + cond(`"Null":{"aws:SourceIp":"false"}`)), KindIdentity, ""},
		{"P395 both Booleans", allow(onAll + cond(`"Bool":{"aws:SecureTransport":["true","false"]}`)), KindIdentity, "error CONDITION_ALWAYS_MATCHES"},
		{"P395 NotAction on everything", allow(`"NotAction":["iam:*","organizations:*"],"Resource":"*"`), KindIdentity, "warning ALLOW_NOT_ACTION"},
		{"P395 NotAction that leaves IAM", allow(`"NotAction":"s3:*","Resource":"*"`), KindIdentity, "warning ALLOW_NOT_ACTION warning PASS_ROLE_ANY info SERVICE_LINKED_ROLE_ANY"},
		{"P395 NotAction in a Deny", deny(`"NotAction":"s3:*","Resource":"*"`), KindIdentity, ""},
		{"P395 NotAction on one bucket", allow(`"NotAction":"s3:Delete*","Resource":"arn:aws:s3:::abc/*"`), KindIdentity, ""},
		{"P395 all of IAM", allow(`"Action":"iam:*","Resource":"*"`), KindIdentity, "warning PASS_ROLE_ANY info SERVICE_LINKED_ROLE_ANY warning PRIVILEGE_ESCALATION info RESOURCE_STAR"},
		{"P395 all of IAM, as a boundary", allow(`"Action":"iam:*","Resource":"*"`), KindBoundary, ""},
		{"P395 one escalation", allow(`"Action":"iam:AttachRolePolicy","Resource":"*"`), KindIdentity, "warning PRIVILEGE_ESCALATION info RESOURCE_STAR"},
		{"P395 on one role", allow(`"Action":"iam:AttachRolePolicy","Resource":"arn:aws:iam::111111111111:role/app"`), KindIdentity, ""},
		{"P395 NotResource", allow(`"Action":"iam:PassRole","NotResource":"arn:aws:iam::111111111111:role/admin"`), KindIdentity, "warning PASS_ROLE_ANY"},
		{"P395 any service-linked role", allow(`"Action":"iam:CreateServiceLinkedRole","Resource":"*"`), KindIdentity, "info SERVICE_LINKED_ROLE_ANY info RESOURCE_STAR"},
		{"P395 one service's", allow(`"Action":"iam:CreateServiceLinkedRole","Resource":"*"` + cond(`"StringEquals":{"iam:AWSServiceName":"ecs.amazonaws.com"}`)), KindIdentity, ""},
		{"P395 a service for anyone", grant(`{"Service":"cloudtrail.amazonaws.com"}`, `"Action":"s3:PutObject","Resource":"arn:aws:s3:::abc/*"`), KindBucket, "warning SERVICE_PRINCIPAL_OPEN"},
		{"P395 a service for one account", grant(`{"Service":"cloudtrail.amazonaws.com"}`, `"Action":"s3:PutObject","Resource":"arn:aws:s3:::abc/*"`+cond(`"StringEquals":{"aws:SourceAccount":"111111111111"}`)), KindBucket, ""},
		{"P395 no service", grant(`{"Service":"cloudtrail"}`, `"Action":"sts:AssumeRole"`), KindTrust, "warning PRINCIPAL_NEVER_MATCHES"},
		{"P395 any repository", grant(`{"Federated":"arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"}`, `"Action":"sts:AssumeRoleWithWebIdentity"`+cond(`"StringLike":{"token.actions.githubusercontent.com:sub":"repo:*"}`)), KindTrust, "warning OIDC_SUBJECT_ANY"},
		{"P395 one repository", grant(`{"Federated":"arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"}`, `"Action":"sts:AssumeRoleWithWebIdentity"`+cond(`"StringLike":{"token.actions.githubusercontent.com:sub":"repo:acme/app:*"}`)), KindTrust, ""},
		{"P395 a bucket with an account", allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3::111111111111:abc/*"`), KindIdentity, "error ARN_NEVER_MATCHES"},
		{"P395 an access point has one", allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:us-east-1:111111111111:accesspoint/ap/object/*"`), KindIdentity, ""},
		{"P395 no partition", allow(`"Action":"s3:GetObject","Resource":"arn:amazon:s3:::abc/*"`), KindIdentity, "error ARN_NEVER_MATCHES"},
		{"P395 a service in upper case", allow(`"Action":"ec2:StartInstances","Resource":"arn:aws:EC2:*:*:instance/*"`), KindIdentity, "error ARN_NEVER_MATCHES"},
		{"P395 no Region", allow(`"Action":"ec2:StartInstances","Resource":"arn:aws:ec2:us-east:111111111111:instance/*"`), KindIdentity, "error ARN_NEVER_MATCHES"},
		{"P395 IAM has no Region", allow(`"Action":"iam:GetRole","Resource":"arn:aws:iam:us-east-1:111111111111:role/R"`), KindIdentity, "error ARN_NEVER_MATCHES"},
		{"P395 eleven digits", allow(`"Action":"ec2:StartInstances","Resource":"arn:aws:ec2:us-east-1:11111111111:instance/*"`), KindIdentity, "error ARN_NEVER_MATCHES"},
		{"P395 all of them right", allow(`"Action":"ec2:StartInstances","Resource":"arn:aws-us-gov:ec2:us-gov-west-1:111111111111:instance/*"`), KindIdentity, ""},
		{"P395 no VPC", ban(cond(`"StringNotEquals":{"aws:SourceVpc":"vpc_1"}`)), KindBucket, "error VALUE_NEVER_MATCHES"},
		{"P395 no account", allow(onAll + cond(`"StringEquals":{"aws:ResourceAccount":"1111-1111-1111"}`)), KindIdentity, "error VALUE_NEVER_MATCHES"},
		{"P395 a variable without an end", versioned(allow(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::abc/${aws:username/*"`)), KindIdentity, "error VARIABLE_MALFORMED"},
		{"P395 an empty variable", versioned(allow(onAll + cond(`"StringLike":{"s3:ExistingObjectTag/owner":"${}"}`))), KindIdentity, "error VARIABLE_MALFORMED"},
		{"P395 a default without quotes", versioned(allow(onAll + cond(`"StringLike":{"s3:ExistingObjectTag/owner":"${aws:username, nobody}"}`))), KindIdentity, "error VARIABLE_MALFORMED"},
		{"P395 a default", versioned(allow(onAll + cond(`"StringLike":{"s3:ExistingObjectTag/owner":"${aws:username, 'nobody'}"}`))), KindIdentity, ""},
		{"P395 a variable as a number", versioned(allow(`"Action":"s3:ListBucket","Resource":"*"` + cond(`"NumericEquals":{"s3:max-keys":"${aws:PrincipalTag/max}"}`))), KindIdentity, "error VARIABLE_NOT_EXPANDED"},
		{"P395 a wildcard service", allow(`"Action":"*:GetObject","Resource":"*"`), KindIdentity, "info SERVICE_IS_WILDCARD info RESOURCE_STAR"},
		{"P395 an action twice", allow(`"Action":["s3:Get*","s3:GetObject"],"Resource":"*"`), KindIdentity, "info VALUE_REDUNDANT info RESOURCE_STAR"},
		{"P395 a resource twice", allow(`"Action":"s3:GetObject","Resource":["arn:aws:s3:::abc/*","arn:aws:s3:::abc/*"]`), KindIdentity, "info VALUE_REDUNDANT"},
		{"P395 two that overlap", allow(`"Action":"s3:GetObject","Resource":["arn:aws:s3:::abc/a*","arn:aws:s3:::abc/*z"]`), KindIdentity, ""},
		{"P395 parliament's RESOURCE_STAR", allow(`"Action":["sqs:SendMessage","ec2:DescribeInstances"],"Resource":"*"`), KindIdentity, "info RESOURCE_STAR"},
		{"P395 an action without a resource type", allow(`"Action":["ec2:DescribeInstances","s3:ListAllMyBuckets"],"Resource":"*"`), KindIdentity, ""},
		{"P395 one that lists", allow(`"Action":"s3:ListBucket","Resource":"*"`), KindIdentity, ""},
		{"P395 on a named resource", allow(`"Action":"sqs:SendMessage","Resource":"arn:aws:sqs:us-east-1:111111111111:q"`), KindIdentity, ""},
		{"P395 in a key policy", grant(isRole, `"Action":"kms:Decrypt","Resource":"*"`), KindKey, ""},
		{"P230 another service's resource", allow(`"Action":"sqs:SendMessage","Resource":"arn:aws:sns:us-east-1:111111111111:t"`), KindIdentity, "warning ACTION_NEVER_MATCHES"},
		{"P230 another type of the service", allow(`"Action":"kms:Decrypt","Resource":"arn:aws:kms:us-east-1:111111111111:alias/a"`), KindIdentity, "warning ACTION_NEVER_MATCHES"},
		{"P230 its own type", allow(`"Action":"kms:Decrypt","Resource":"arn:aws:kms:*:111111111111:key/*"`), KindIdentity, ""},
		{"P230 a pattern that may be its type", allow(`"Action":"dynamodb:PutItem","Resource":"arn:aws:dynamodb:*:*:ta*e/x"`), KindIdentity, ""},
		{"P230 a type misspelt", allow(`"Action":"dynamodb:PutItem","Resource":"arn:aws:dynamodb:*:*:tabel/x"`), KindIdentity, "warning ACTION_NEVER_MATCHES"},
		{"P230 an action without a type on an ARN", allow(`"Action":"ec2:DescribeInstances","Resource":"arn:aws:ec2:*:*:instance/*"`), KindIdentity, "warning ACTION_NEVER_MATCHES"},
		{"P230 one of several resources is enough", allow(`"Action":["sqs:SendMessage","sns:Publish"],"Resource":["arn:aws:sns:us-east-1:111111111111:t","arn:aws:sqs:us-east-1:111111111111:q"]`), KindIdentity, ""},
		{"P149 a key of others of the service's actions", allow(`"Action":"kms:ListKeys","Resource":"*"` + cond(`"StringEquals":{"kms:ViaService":"s3.us-east-1.amazonaws.com"}`)), KindIdentity, "warning CONDITION_KEY_NOT_SUPPLIED"},
		{"P149 a key of the action", allow(`"Action":"ec2:RunInstances","Resource":"*"` + cond(`"StringEquals":{"ec2:InstanceType":"t3.micro"}`)), KindIdentity, ""},
		{"P395 a Region misspelt", deny(onAll + cond(`"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","us-esat-1"]}`)), KindIdentity, "warning REGION_UNKNOWN"},
		{"P395 in an ARN", allow(`"Action":"sqs:SendMessage","Resource":"arn:aws:sqs:us-esat-1:111111111111:q"`), KindIdentity, "warning REGION_UNKNOWN"},
		{"P395 Regions", deny(onAll + cond(`"StringNotLike":{"aws:RequestedRegion":["eu-*","us-east-1","aws-global"]}`)), KindIdentity, ""},
		{"P366 zeros", allow(onAll + cond(`"IpAddress":{"aws:SourceIp":"203.000.113.0/024"}`)), KindIdentity, "info ADDRESS_ODD"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, f := range Lint(parsed(t, tt.text, tt.kind).Document, tt.kind, LintOptions{Strict: true}) {
				got = append(got, f.Severity.String()+" "+f.Code)
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// globsMeet agrees with a search for a text that matches both.
func TestGlobsMeet(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"a*", "*b", true}, {"a*c", "*b*", true}, {"abc", "a?c", true}, {"a", "b", false}, {"a*b", "a*c", false}, {"", "*", true}, {"", "?", false}, {"*:x", "y:*", true}, {"?*", "", false}, {"a?", "*aa", true},
	} {
		if globsMeet(tt.a, tt.b) != tt.want || globsMeet(tt.b, tt.a) != tt.want {
			t.Errorf("%q and %q: want %v", tt.a, tt.b, tt.want)
		}
	}
}
