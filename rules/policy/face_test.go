package policy_test

import (
	"testing"

	"github.com/canreach/canreach/rules/policy"
)

const faceRole = "arn:aws:iam::111111111111:role/R"

func parsed(t *testing.T, kind policy.Kind, statement string) *policy.Policy {
	t.Helper()
	d, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":`+statement+`}`), kind)
	if err != nil {
		t.Fatal(err)
	}
	return &policy.Policy{Name: "p", Document: d}
}

// Condition keys have no case: a request may spell them as AWS's pages do.
func TestContextKeysInAnyCase(t *testing.T) {
	p, err := policy.ParsePrincipal(faceRole)
	if err != nil {
		t.Fatal(err)
	}
	l := policy.Layers{Identity: []policy.Policy{*parsed(t, policy.KindIdentity, `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"}}}`)}}
	r := policy.Request{Principal: p, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", ResourceAccount: "111111111111"}
	for _, c := range []struct {
		context map[string]policy.Value
		unknown []string
		want    policy.Truth
	}{
		{nil, nil, policy.False},
		{map[string]policy.Value{"aws:SourceVpce": {State: policy.KeyKnown, Values: []string{"vpce-1"}}}, nil, policy.True},
		{map[string]policy.Value{"AWS:SOURCEVPCE": {State: policy.KeyKnown, Values: []string{"vpce-1"}}}, nil, policy.True},
		{map[string]policy.Value{"aws:SourceVpc": {State: policy.KeyKnown, Values: []string{"vpce-1"}}}, nil, policy.False},
		{nil, []string{"aws:SourceVpce"}, policy.Unknown},
		{nil, []string{"aws:Source*"}, policy.Unknown},
	} {
		r.Context, r.UnknownKeys = c.context, c.unknown
		if got := policy.Evaluate(&l, &r).Outcome; got != c.want {
			t.Errorf("%v, unknown %v: %v, want %v", c.context, c.unknown, got, c.want)
		}
	}
}

// What a layer is said to be, its zero value does not claim: a key whose policy
// grants nothing is closed, and a bucket is open to its own account.
func TestResourceKindFollowsTheAction(t *testing.T) {
	p, _ := policy.ParsePrincipal(faceRole)
	l := policy.Layers{Identity: []policy.Policy{*parsed(t, policy.KindIdentity, `{"Effect":"Allow","Action":"*","Resource":"*"}`)}}
	for action, c := range map[string]struct {
		resource string
		want     policy.Truth
	}{
		"s3:GetObject":    {"arn:aws:s3:::b/k", policy.True},
		"kms:Decrypt":     {"arn:aws:kms:us-east-1:111111111111:key/k", policy.False},
		"sts:AssumeRole":  {"arn:aws:iam::111111111111:role/Other", policy.False},
		"sqs:SendMessage": {"arn:aws:sqs:us-east-1:111111111111:q", policy.True},
	} {
		r := policy.Request{Principal: p, Action: action, Resource: c.resource, ResourceAccount: "111111111111", Context: policy.NewContext(p)}
		if got := policy.Evaluate(&l, &r).Outcome; got != c.want {
			t.Errorf("%s: %v, want %v", action, got, c.want)
		}
	}
	if _, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[]}`), 0); err == nil {
		t.Error("a document is read as no kind")
	}
}
