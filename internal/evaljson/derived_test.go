package evaljson

import (
	"strings"
	"testing"
)

// Keys that follow from principal and resource, and actions that no resource
// policy is asked for (P364, P365).
func TestWhatFollowsFromTheRequest(t *testing.T) {
	line := func(principal, action, resource, statement string) string {
		return `{"request":{"principal":` + principal + `,"action":"` + action + `","resource":"` + resource + `","resourceAccount":"111122223333"},"identityPolicies":[{"Version":"2012-10-17","Statement":[` + statement + `]}]}`
	}
	const user, role, object, key = `"arn:aws:iam::111122223333:user/U"`, `"arn:aws:iam::111122223333:role/R"`, "arn:aws:s3:::b/k", "arn:aws:kms:us-east-1:111122223333:key/1"
	allow := func(action, condition string) string {
		return `{"Effect":"Allow","Action":"` + action + `","Resource":"*","Condition":` + condition + `}`
	}
	for _, tt := range []struct{ name, line, want string }{
		{"the resource's account", line(user, "s3:GetObject", object, allow("s3:*", `{"StringEquals":{"aws:ResourceAccount":"111122223333","s3:ResourceAccount":"111122223333"}}`)), "ALLOW"},
		{"the user's name", line(user, "s3:GetObject", object, allow("s3:*", `{"StringEquals":{"aws:username":"U"}}`)), "ALLOW"},
		{"a user's id is there, and not known", line(user, "s3:GetObject", object, allow("s3:*", `{"StringEquals":{"aws:userid":"AIDA1"}}`)), "UNKNOWN"},
		{"the clock is there, and not known", line(role, "s3:GetObject", object, allow("s3:*", `{"DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}}`)), "UNKNOWN"},
		{"no service asks", line(role, "s3:GetObject", object, allow("s3:*", `{"Bool":{"aws:PrincipalIsAWSService":"false"}}`)), "ALLOW"},
		{"the caller's account is a key of KMS alone", line(role, "s3:GetObject", object, allow("s3:*", `{"StringEquals":{"kms:CallerAccount":"111122223333"}}`)), "DENY"},
		{"an action on no key", line(role, "kms:ListKeys", "*", `{"Effect":"Allow","Action":"kms:ListKeys","Resource":"*"}`), "ALLOW"},
		{"the alias side of an alias action", line(role, "kms:CreateAlias", "arn:aws:kms:us-east-1:111122223333:alias/a", `{"Effect":"Allow","Action":"kms:*","Resource":"*"}`), "ALLOW"},
		{"and the key side asks the key policy", line(role, "kms:CreateAlias", key, `{"Effect":"Allow","Action":"kms:*","Resource":"*"}`), "DENY"},
		{"who am I needs nothing", line(role, "sts:GetCallerIdentity", "*", `{"Effect":"Deny","Action":"*","Resource":"*"}`), "ALLOW"},
		{"no resource is in the caller's account", strings.Replace(line(role, "sts:GetCallerIdentity", "*", `{"Effect":"Deny","Action":"*","Resource":"*"}`), `,"resourceAccount":"111122223333"`, "", 1), "ALLOW"},
		{"whose an object is does not follow", strings.Replace(line(role, "s3:GetObject", object, `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`), `,"resourceAccount":"111122223333"`, "", 1), "UNKNOWN"},
		{"a role is assumed by its trust policy", line(role, "sts:AssumeRole", "arn:aws:iam::111122223333:role/S", `{"Effect":"Allow","Action":"sts:*","Resource":"*"}`), "DENY"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := decide(t, tt.line); !strings.Contains(got, `"decision":"`+tt.want+`","layers"`) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
