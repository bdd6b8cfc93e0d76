package symbolic

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/canreach/canreach/rules/policy"
)

// doc is a document of a kind: statements without their braces.
func cond(effect, action, resource, condition string) string {
	s := fmt.Sprintf(`"Effect":"%s","Action":"%s","Resource":"%s"`, effect, action, resource)
	if condition != "" {
		s += `,"Condition":{` + condition + `}`
	}
	return s
}

func by(principal, rest string) string { return `"Principal":` + principal + `,` + rest }

func TestCompare(t *testing.T) {
	all := func(c string) string { return cond("Allow", "s3:*", "*", c) }
	nothing := cond("Deny", "*", "*", "")
	tests := []struct {
		name     string
		old, new []string
		want     Relation
	}{
		{"T176 a Deny added", []string{allow("arn:aws:s3:::b/*")}, []string{allow("arn:aws:s3:::b/*"), deny("arn:aws:s3:::b/secret/*")}, NoNewAccess},
		{"T176 a Deny taken away", []string{allow("arn:aws:s3:::b/*"), deny("arn:aws:s3:::b/secret/*")}, []string{allow("arn:aws:s3:::b/*")}, NewAccess},
		{"T177 a redundant statement", []string{allow("arn:aws:s3:::b/a*"), allow("arn:aws:s3:::b/*")}, []string{allow("arn:aws:s3:::b/*")}, Equivalent},
		{"T178 overlapping globs", []string{allow("arn:aws:s3:::b/a*b")}, []string{allow("arn:aws:s3:::b/*c*")}, Incomparable},
		{"T179 a variable, any account", []string{allow("arn:aws:s3:::b/${aws:PrincipalAccount}/*")}, []string{allow("arn:aws:s3:::b/111111111111/*")}, Incomparable},
		{"T180 contradictory principal keys", []string{nothing}, []string{all(`"StringEquals":{"aws:PrincipalAccount":"111111111111"},"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::222222222222:*"}`)}, Equivalent},
		{"T180 the same, consistent", []string{nothing}, []string{all(`"StringEquals":{"aws:PrincipalAccount":"111111111111"},"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111111111111:*"}`)}, NewAccess},
		{"T122 endpoint and public address", []string{nothing}, []string{all(`"StringEquals":{"aws:SourceVpce":"vpce-1"},"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}`)}, Equivalent},
		{"T122 endpoint keys come together", []string{all(`"Null":{"aws:SourceVpc":"false"}`)}, []string{all(`"Null":{"aws:SourceVpce":"false"}`)}, Equivalent},

		{"P36 case of actions", []string{cond("Allow", "S3:getobject", "*", "")}, []string{cond("Allow", "s3:GetObject", "*", "")}, Equivalent},
		{"P40 NotAction", []string{`"Effect":"Allow","NotAction":"iam:*","Resource":"*"`}, []string{cond("Allow", "s3:*", "*", "")}, NoNewAccess},
		{"P56 NotResource", []string{allow("*"), `"Effect":"Deny","Action":"*","NotResource":"arn:aws:s3:::b/*"`}, []string{allow("arn:aws:s3:::b/*")}, Equivalent},
		{"P46 a star stays in its part", []string{allow("arn:aws:s3:::b/*")}, []string{allow("arn:aws:s3:*:*:b/*")}, Equivalent}, // S3's ARNs have neither Region nor account
		{"P46 a star stays in its part, elsewhere", []string{cond("Allow", "sns:*", "arn:aws:sns:us-*:1:t", "")}, []string{cond("Allow", "sns:*", "arn:aws:sns:us-*-1:1:t", "")}, NoNewAccess},

		{"T183 an action without its resources", []string{nothing}, []string{cond("Allow", "s3:ListBucket", "arn:aws:s3:::b/*", "")}, Equivalent},
		{"T183 an object's action on a bucket", []string{nothing}, []string{cond("Allow", "s3:GetObject", "arn:aws:s3:::b", "")}, Equivalent},
		{"T183 a pattern of actions, one of which fits", []string{nothing}, []string{cond("Allow", "s3:List*", "arn:aws:s3:::b/*", "")}, NewAccess},
		{"T183 no action of the pattern fits", []string{nothing}, []string{cond("Allow", "s3:ListB*", "arn:aws:s3:::b/*", "")}, Equivalent},
		{"T183 bucket and objects", []string{nothing}, []string{cond("Allow", "s3:ListBucket", "arn:aws:s3:::b*", "")}, NewAccess},

		{"P39 an operation is no action", []string{nothing}, []string{cond("Allow", "s3:HeadObject", "*", "")}, Equivalent},
		{"P39 no action has such a name", []string{nothing}, []string{cond("Allow", "s3:Head*", "*", "")}, Equivalent},
		{"P39 nor in another service", []string{nothing}, []string{cond("Allow", "ec2:LaunchInstance", "*", "")}, Equivalent},
		{"P39 a service that the tables lack", []string{nothing}, []string{cond("Allow", "example:HeadObject", "*", "")}, NewAccess},
		{"P37 some service with such an action", []string{nothing}, []string{cond("Allow", "s*:HeadObject", "*", "")}, NewAccess},
		{"P149 a key that the action never has", []string{nothing}, []string{cond("Allow", "s3:GetObject", "*", `"StringLike":{"s3:prefix":"a/*"}`)}, Equivalent},
		{"P149 which is absent then", []string{cond("Allow", "s3:GetObject", "*", "")}, []string{cond("Allow", "s3:GetObject", "*", `"StringNotLike":{"s3:prefix":"a/*"}`)}, Equivalent},
		{"P149 another action has it", []string{nothing}, []string{cond("Allow", "s3:*", "*", `"StringLike":{"s3:prefix":"a/*"}`)}, NewAccess},
		{"P149 two keys of different actions", []string{nothing}, []string{cond("Allow", "s3:*", "*", `"StringLike":{"s3:prefix":"a/*","s3:ExistingObjectTag/t":"x"}`)}, Equivalent},
		{"P149 a set of what never is", []string{nothing}, []string{cond("Allow", "s3:GetObject", "*", `"ForAnyValue:StringEquals":{"s3:RequestObjectTagKeys":"a"}`)}, Equivalent},
		{"P149 a tag that the action has", []string{nothing}, []string{cond("Allow", "s3:GetObject", "*", `"StringEquals":{"s3:ExistingObjectTag/t":"x"}`)}, NewAccess},

		{"P364 what needs no permission", []string{cond("Allow", "sts:GetCallerIdentity", "*", "")}, []string{cond("Deny", "sts:GetCallerIdentity", "*", "")}, Equivalent},
		{"P364 and what needs one", []string{cond("Allow", "sts:GetCallerIdentity", "*", "")}, []string{cond("Allow", "sts:AssumeRole", "*", "")}, NewAccess},

		{"P141 values OR", []string{all(`"StringEquals":{"k:v":["a","b"]}`)}, []string{all(`"StringEquals":{"k:v":"a"}`), all(`"StringEquals":{"k:v":"b"}`)}, Equivalent},
		{"P142 values NOR", []string{all(`"StringNotEquals":{"k:v":["a","b"]}`)}, []string{all(`"StringNotEquals":{"k:v":"a"}`)}, NewAccess},
		{"P145 missing key", []string{all(`"StringLike":{"k:v":"*"}`)}, []string{all(``)}, NewAccess},
		{"P146 negated on a missing key", []string{all(`"StringNotEquals":{"k:v":"a"},"Null":{"k:v":"false"}`)}, []string{all(`"StringNotEquals":{"k:v":"a"}`)}, NewAccess},
		{"P147 IfExists", []string{all(`"StringEqualsIfExists":{"k:v":"a"}`)}, []string{all(`"StringEquals":{"k:v":"a"}`), all(`"Null":{"k:v":"true"}`)}, Equivalent},
		{"P150 StringEquals is no glob", []string{all(`"StringEquals":{"k:v":"a*"}`)}, []string{all(`"StringLike":{"k:v":"a*"}`)}, NewAccess},
		{"IgnoreCase", []string{all(`"StringEqualsIgnoreCase":{"k:v":"AB"}`)}, []string{all(`"StringEquals":{"k:v":["ab","Ab","aB","AB"]}`)}, Equivalent},
		{"IgnoreCase is wider", []string{all(`"StringEquals":{"k:v":"ab"}`)}, []string{all(`"StringEqualsIgnoreCase":{"k:v":"ab"}`)}, NewAccess},
		{"P157 numbers", []string{all(`"NumericLessThanEquals":{"k:n":"10"}`)}, []string{all(`"NumericLessThan":{"k:n":"10.0"}`)}, NoNewAccess},
		{"P157 numbers that meet", []string{all(`"NumericLessThan":{"k:n":"10"}`), all(`"NumericGreaterThanEquals":{"k:n":"1e1"}`)}, []string{all(`"Null":{"k:n":"false"}`)}, Equivalent},
		{"P159 dates", []string{all(`"DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}`)}, []string{all(`"DateGreaterThan":{"aws:CurrentTime":"2026-01-01"}`)}, Equivalent},
		{"P160 networks", []string{all(`"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}`)}, []string{all(`"IpAddress":{"aws:SourceIp":["10.0.0.0/9","10.128.0.0/9"]}`)}, Equivalent},
		{"P161 families", []string{all(`"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}`)}, []string{all(`"Null":{"aws:SourceIp":"false"}`)}, NewAccess},
		{"P160 both families", []string{all(`"IpAddress":{"aws:SourceIp":["0.0.0.0/0","::/0"]}`)}, []string{all(`"Null":{"aws:SourceIp":"false"}`)}, Equivalent},
		{"P155 Bool", []string{all(`"Bool":{"aws:SecureTransport":"true"}`), all(`"Bool":{"aws:SecureTransport":"false"}`)}, []string{all(`"Null":{"aws:SecureTransport":"false"}`)}, Equivalent},
		{"P153 ArnEquals is ArnLike", []string{all(`"ArnEquals":{"aws:SourceArn":"arn:aws:s3:::a*"}`)}, []string{all(`"ArnLike":{"aws:SourceArn":"arn:aws:s3:::a*"}`)}, Equivalent},
		{"P152 StringLike crosses parts", []string{all(`"ArnLike":{"aws:SourceArn":"arn:aws:iam::*:role/R"}`)}, []string{all(`"StringLike":{"aws:SourceArn":"arn:aws:iam::*role/R"}`)}, NewAccess},

		{"P166 ForAllValues holds of none", []string{all(`"ForAllValues:StringEquals":{"aws:TagKeys":["a"]},"Null":{"aws:TagKeys":"false"}`)}, []string{all(`"ForAllValues:StringEquals":{"aws:TagKeys":["a"]}`)}, NewAccess},
		{"P167 ForAnyValue", []string{all(`"ForAnyValue:StringEquals":{"aws:TagKeys":["a"]}`)}, []string{all(`"ForAllValues:StringEquals":{"aws:TagKeys":["a"]},"Null":{"aws:TagKeys":"false"}`)}, NoNewAccess},
		{"P168 negated under ForAllValues", []string{all(`"ForAllValues:StringNotEquals":{"aws:TagKeys":["a"]}`)}, []string{all(``), cond("Deny", "*", "*", `"ForAnyValue:StringEquals":{"aws:TagKeys":"a"}`)}, Equivalent},
		{"P170 plain operator on many values", []string{nothing}, []string{all(`"StringEquals":{"aws:TagKeys":"a"}`)}, Equivalent},
		{"P171 set operator on a single value", []string{all(`"StringEqualsIfExists":{"aws:SourceVpce":"vpce-1"}`)}, []string{all(`"ForAllValues:StringEquals":{"aws:SourceVpce":"vpce-1"}`)}, Equivalent},
		{"a service's own list", []string{all(`"ForAnyValue:StringEquals":{"k:list":["a","b"]}`)}, []string{all(`"ForAnyValue:StringEquals":{"k:list":["a"]}`), all(`"ForAnyValue:StringEquals":{"k:list":["b"]}`)}, Equivalent},

		{"the same variable", []string{allow("arn:aws:s3:::b/${aws:username}/*")}, []string{allow("arn:aws:s3:::b/${aws:username}/*")}, Equivalent},
		{"a variable within a star", []string{allow("arn:aws:s3:::b/*")}, []string{allow("arn:aws:s3:::b/${aws:username}/*")}, NoNewAccess},
		{"a star in place of a variable", []string{allow("arn:aws:s3:::b/${aws:username}/*")}, []string{allow("arn:aws:s3:::b/*")}, NewAccess},
		{"a variable pinned by a condition", []string{allow("arn:aws:s3:::b/alice/*")}, []string{cond("Allow", "s3:GetObject", "arn:aws:s3:::b/${aws:PrincipalTag/u}/*", `"StringEquals":{"aws:PrincipalTag/u":"alice"}`)}, NoNewAccess},
		{"a variable in a condition", []string{all(`"StringEquals":{"k:v":"${aws:PrincipalTag/u}"}`)}, []string{all(`"StringLike":{"k:v":"*"}`)}, NewAccess},
		{"P2 no variable without Version, both alike", []string{allow("arn:aws:s3:::b/x")}, []string{allow("arn:aws:s3:::b/x")}, Equivalent},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			old, new := statements(t, policy.KindIdentity, tt.old...), statements(t, policy.KindIdentity, tt.new...)
			checkRelation(t, Compare(old, new, policy.KindIdentity, Options{}), tt.want)
			opposite := map[Relation]Relation{NewAccess: NoNewAccess, NoNewAccess: NewAccess}
			if o, ok := opposite[tt.want]; ok {
				tt.want = o
			}
			checkRelation(t, Compare(new, old, policy.KindIdentity, Options{}), tt.want)
		})
	}
}

func checkRelation(t *testing.T, got Comparison, want Relation) {
	t.Helper()
	if got.Relation == want {
		return
	}
	t.Errorf("%s, want %s", got.Relation, want)
	for _, d := range []Difference{got.New, got.Less} {
		switch {
		case d.Example != nil:
			t.Logf("example %+v, statement %d", d.Example.Request, d.Example.Statement.Index)
		case d.Trouble != nil:
			t.Logf("open: %s", d.Trouble.Text)
		}
	}
}

func TestCompareResourcePolicies(t *testing.T) {
	grant := func(principal string) string { return by(principal, cond("Allow", "s3:*", "*", "")) }
	const (
		roleR   = `{"AWS":"arn:aws:iam::111122223333:role/p/R"}`
		account = `{"AWS":"arn:aws:iam::111122223333:root"}`
	)
	tests := []struct {
		name     string
		old, new []string
		want     Relation
	}{
		{"P22 a bare account id", []string{grant(account)}, []string{grant(`{"AWS":"111122223333"}`)}, Equivalent},
		{"P23 a role of the account", []string{grant(account)}, []string{grant(roleR)}, NoNewAccess},
		{"P24 a session of the role", []string{grant(roleR)}, []string{grant(`{"AWS":"arn:aws:sts::111122223333:assumed-role/R/S"}`)}, Incomparable},
		{"P24 a session of the account", []string{grant(account)}, []string{grant(`{"AWS":"arn:aws:sts::111122223333:assumed-role/R/S"}`)}, NoNewAccess},
		{"P25 a user", []string{grant(account)}, []string{grant(`{"AWS":"arn:aws:iam::111122223333:user/u"}`)}, NoNewAccess},
		{"P26 a service", []string{grant(`"*"`)}, []string{grant(`{"Service":"s3.amazonaws.com"}`)}, NoNewAccess},
		{"P26 a service is no account", []string{grant(account)}, []string{grant(`{"Service":"s3.amazonaws.com"}`)}, Incomparable},
		{"P20 several forms", []string{grant(`{"AWS":["111122223333","444455556666"],"Service":"a.amazonaws.com"}`)}, []string{grant(`{"AWS":"444455556666"}`), grant(`{"Service":"a.amazonaws.com"}`), grant(account)}, Equivalent},
		{"P21 star and AWS star", []string{grant(`"*"`)}, []string{grant(`{"AWS":"*"}`)}, Equivalent},
		{"P31 NotPrincipal with Allow", []string{grant(`"*"`)}, []string{`"NotPrincipal":{"AWS":"111122223333"},` + cond("Allow", "s3:*", "*", "")}, NoNewAccess},
		{"P31 everyone but an account", []string{`"NotPrincipal":{"AWS":"111122223333"},` + cond("Allow", "s3:*", "*", "")}, []string{grant(roleR)}, Incomparable},
		{"P32 NotPrincipal with Deny", []string{grant(account)}, []string{grant(account), `"NotPrincipal":{"AWS":["111122223333"]},` + cond("Deny", "s3:*", "*", "")}, NoNewAccess},
		{"P117 a role by its key", []string{grant(roleR)}, []string{by(`"*"`, cond("Allow", "s3:*", "*", `"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/p/R"}`))}, Equivalent},
		{"an account by its key", []string{grant(account)}, []string{by(`"*"`, cond("Allow", "s3:*", "*", `"StringEquals":{"aws:PrincipalAccount":"111122223333"}`))}, Equivalent},
		{"a type by its key", []string{by(`"*"`, cond("Allow", "s3:*", "*", `"StringEquals":{"aws:PrincipalType":"Anonymous"}`))}, []string{grant(account)}, Incomparable},
		{"P27 identity providers", []string{grant(`{"Federated":"cognito-identity.amazonaws.com"}`)}, []string{grant(`{"Federated":["cognito-identity.amazonaws.com","accounts.google.com"]}`)}, NewAccess},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			old, new := statements(t, policy.KindResource, tt.old...), statements(t, policy.KindResource, tt.new...)
			checkRelation(t, Compare(old, new, policy.KindResource, Options{}), tt.want)
		})
	}
}

func TestCompareFixed(t *testing.T) { // T179
	a := statements(t, policy.KindIdentity, allow("arn:aws:s3:::b/${aws:PrincipalAccount}/*"))
	b := statements(t, policy.KindIdentity, allow("arn:aws:s3:::b/111111111111/*"))
	o := Options{Fixed: map[string]string{"aws:principalaccount": "111111111111"}}
	checkRelation(t, Compare(a, b, policy.KindIdentity, o), Equivalent)
}

func TestCompareExamples(t *testing.T) {
	old := statements(t, policy.KindIdentity, allow("arn:aws:s3:::b/*"), deny("arn:aws:s3:::b/secret/*"))
	new := statements(t, policy.KindIdentity, `"Sid":"all",`+allow("arn:aws:s3:::b/*"))
	got := Compare(old, new, policy.KindIdentity, Options{})
	x := got.New.Example
	if x == nil || !strings.HasPrefix(x.Request.Resource, "arn:aws:s3:::b/secret/") || x.Request.Action != "s3:GetObject" || x.Statement.Sid != "all" {
		t.Errorf("%+v", x)
	}
}

var (
	comparePrincipals = []string{"x:arn:aws:iam::111122223333:role/R", "S:arn:aws:iam::111122223333:role/p/R", "S:arn:aws:iam::111122223333:role/Q",
		":arn:aws:iam::111122223333:user/u", ":arn:aws:iam::111122223333:root", ":arn:aws:iam::444455556666:root", "x:arn:aws:iam::444455556666:role/R",
		":arn:aws:sts::111122223333:federated-user/f", "service/s3.amazonaws.com", "anonymous"}
	compareEntries = []string{`"*"`, `{"AWS":"111122223333"}`, `{"AWS":["arn:aws:iam::111122223333:role/R","444455556666"]}`, `{"AWS":"arn:aws:iam::111122223333:role/p/R"}`,
		`{"AWS":["111122223333","arn:aws:iam::111122223333:role/p/R","arn:aws:sts::111122223333:assumed-role/R/S"]}`, `{"AWS":["111122223333","arn:aws:iam::111122223333:user/u"]}`,
		`{"Service":"s3.amazonaws.com"}`, `{"AWS":["arn:aws:sts::111122223333:federated-user/f","111122223333"],"Service":"*"}`}
	compareConditions = []string{"", "", "", `"StringEquals":{"k:v":["a","b"]}`, `"StringNotEquals":{"k:v":"a"}`, `"StringLikeIfExists":{"k:v":"a*"}`, `"Null":{"k:v":"true"}`,
		`"StringEqualsIgnoreCase":{"k:v":"A"}`, `"StringNotLike":{"k:v":"?"}`, `"NumericLessThan":{"k:n":"10"}`, `"NumericEquals":{"k:n":["10","11"]}`, `"NumericNotEquals":{"k:n":"10.5"}`,
		`"DateGreaterThan":{"k:d":"2026-01-01"}`, `"DateLessThanEquals":{"k:d":"2026-01-01T00:00:00Z"}`, `"IpAddress":{"aws:SourceIp":"10.0.0.0/30"}`, `"NotIpAddress":{"aws:SourceIp":["10.0.0.2/31","::1"]}`,
		`"Bool":{"k:b":"true"}`, `"BoolIfExists":{"k:b":"false"}`, `"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}`, `"ForAnyValue:StringLike":{"aws:TagKeys":"a*"}`,
		`"ForAllValues:StringNotLike":{"aws:TagKeys":"a*"}`, `"ForAnyValue:StringNotEquals":{"aws:TagKeys":"a"}`, `"ForAnyValue:StringEqualsIfExists":{"aws:TagKeys":"a"}`, `"StringNotEquals":{"aws:TagKeys":"a"}`,
		`"ForAllValues:StringEquals":{"k:v":"a"}`, `"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/R"}`, `"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:*"}`,
		`"StringEquals":{"aws:PrincipalAccount":"111122223333"}`, `"StringNotEquals":{"aws:PrincipalType":["User","Anonymous"]}`, `"StringLike":{"aws:username":"u*"}`, `"Null":{"aws:PrincipalArn":"true"}`,
		`"StringEquals":{"k:v":"${aws:PrincipalAccount}"}`, `"ArnNotLike":{"k:arn":"arn:aws:s3:::a*"}`, `"ArnEquals":{"k:a":["arn:aws:s3:::a*","*"]}`, `"ArnNotLike":{"k:a":"arn:aws:s3"}`,
		`"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}`, `"StringEquals":{"k:v":"a"},"NumericGreaterThan":{"k:n":"3"}`, `"Null":{"aws:SourceVpce":"false"}`, `"StringNotEquals":{"aws:SourceVpc":"vpc-1"}`}
	compareValues = map[string][][]string{
		"k:v": {nil, {"a"}, {"b"}, {"A"}, {"ab"}, {"111122223333"}}, "k:n": {nil, {"9"}, {"10"}, {"10.5"}, {"11"}}, "k:d": {nil, {"2025-12-31T00:00:00Z"}, {"2026-01-01T00:00:00Z"}, {"2026-01-02"}},
		"aws:sourceip": {nil, {"10.0.0.1"}, {"10.0.0.3"}, {"10.0.0.4"}, {"::1"}}, "k:b": {nil, {"true"}, {"false"}}, "aws:tagkeys": {nil, {"a"}, {"a", "b"}, {"ab", "c"}, {"c"}},
		"k:arn": {nil, {"arn:aws:s3:::a"}, {"arn:aws:s3:::b"}}, "k:a": {nil, {"arn:aws:s3:::ab"}, {"x"}}, "aws:sourcevpce": {nil, {"vpce-1"}},
	}
	compareActions   = []string{"s3:GetObject", "s3:PutObject", "iam:GetRole"}
	compareResources = []string{"arn:aws:s3:::b/a", "arn:aws:s3:::b/ab", "arn:aws:s3:::b/aab", "arn:aws:s3:::b/u/x", "arn:aws:s3:::b", "arn:aws:s3:::c/a", "arn:aws:iam::111122223333:role/R", "arn:aws:s3:::b/111122223333/x"}
)

func genComparable(t *rapid.T, tb testing.TB, kind policy.Kind, name string) *policy.Document {
	list := make([]string, rapid.IntRange(1, 3).Draw(t, name))
	for i := range list {
		effect := rapid.SampledFrom([]string{"Allow", "Allow", "Deny"}).Draw(t, "effect")
		resources := []string{"*", "*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/a*", "arn:aws:s3:::b/*b", "arn:aws:s3:::b/a?", "arn:aws:s3:::b", "arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/${aws:PrincipalAccount}/*", "arn:aws:iam::*:role/*"}
		s := cond(effect, rapid.SampledFrom([]string{"s3:*", "*", "s3:Get*", "s3:GetObject"}).Draw(t, "action"), rapid.SampledFrom(resources).Draw(t, "resource"), rapid.SampledFrom(compareConditions).Draw(t, "condition"))
		if kind != policy.KindIdentity {
			who := `"Principal":`
			if rapid.IntRange(0, 4).Draw(t, "notPrincipal") == 0 {
				who = `"NotPrincipal":`
			}
			s = who + rapid.SampledFrom(compareEntries).Draw(t, "entry") + "," + s
		}
		if rapid.IntRange(0, 5).Draw(t, "notResource") == 0 {
			s = strings.Replace(s, `"Resource"`, `"NotResource"`, 1)
		}
		list[i] = s
	}
	return statements(tb, kind, list...)
}

func genRequest(t *rapid.T, kind policy.Kind) policy.Request {
	callers := comparePrincipals
	if kind == policy.KindIdentity {
		callers = callers[:4]
	}
	r := policy.Request{
		Principal: principal(rapid.SampledFrom(callers).Draw(t, "caller")),
		Action:    rapid.SampledFrom(compareActions).Draw(t, "asked"), Resource: rapid.SampledFrom(compareResources).Draw(t, "object"),
	}
	r.Context = policy.NewContext(r.Principal)
	for _, k := range sortedKeys(compareValues) {
		if v := rapid.SampledFrom(compareValues[k]).Draw(t, k); v != nil {
			r.Context[k] = policy.Value{State: policy.KeyKnown, Values: v, Multi: policy.Multivalued(k)}
		}
	}
	if kind == policy.KindEndpoint { // P124
		r.Context["aws:sourcevpce"] = policy.Value{State: policy.KeyKnown, Values: []string{"vpce-1"}}
	}
	if v, ok := r.Context["aws:sourcevpce"]; ok { // P190
		r.Context["aws:sourcevpc"] = policy.Value{State: v.State, Values: []string{"vpc-1"}}
		delete(r.Context, "aws:sourceip")
	}
	return r
}

// fits reports whether a request's action is authorised against its resource.
func fits(q *policy.Request) bool {
	return slices.ContainsFunc(resourceTypes(q.Action), func(name string) bool { return arnForms[name].Match(q.Resource) })
}

// An example is a request that a service can send, as far as the tables tell
// (P367): of the action's service, or of no resource.
func TestCompareExamplesAreOfTheService(t *testing.T) {
	for _, tt := range []struct{ action, resource, want string }{
		{"ec2:StopInstances", "*", "arn:aws:ec2:us-east-1:111122223333:instance/"},
		{"ec2:StopInstances", "arn:aws:ec2:eu-west-1:*:instance/i-*", "arn:aws:ec2:eu-west-1:"},
		{"iam:GetRole", "*", "arn:aws:iam::111122223333:role/"},
		{"s3:ListBucket", "*", "arn:aws:s3:::"},
		{"dynamodb:PutItem", "*", "arn:aws:dynamodb:us-east-1:111122223333:table/"},
		{"dynamodb:PutItem", "arn:aws:dynamodb:eu-west-1:*:*", "arn:aws:dynamodb:eu-west-1:"},
		{"sqs:SendMessage", "*", "arn:aws:sqs:us-east-1:111122223333:"},
		{"secretsmanager:GetSecretValue", "*", "arn:aws:secretsmanager:us-east-1:111122223333:secret:"},
		{"lambda:InvokeFunction", "arn:aws:lambda:*", "arn:aws:lambda:us-east-1:111122223333:function:"},
		{"s3:ListAllMyBuckets", "*", "arn:aws:s3:::*"},
	} {
		c := Compare(statements(t, policy.KindIdentity, cond("Allow", "sts:GetCallerIdentity", "*", "")), statements(t, policy.KindIdentity, cond("Allow", tt.action, tt.resource, "")), policy.KindIdentity, Options{})
		if c.New.Example == nil || !strings.HasPrefix(c.New.Example.Request.Resource, tt.want) || c.New.Example.Request.Action != tt.action {
			t.Errorf("%s on %s: %+v", tt.action, tt.resource, c.New.Example)
		}
	}
}

// TestCompareAgreesWithEvaluate draws requests that the evaluator allows under
// one document and denies under the other: Compare must not have missed them.
func TestCompareAgreesWithEvaluate(t *testing.T) {
	for _, x := range []struct {
		kind     policy.Kind
		endpoint policy.EndpointType
	}{{kind: policy.KindIdentity}, {kind: policy.KindResource}, {policy.KindEndpoint, policy.EndpointGateway}, {policy.KindEndpoint, policy.EndpointInterface}, {policy.KindEndpoint, policy.EndpointUnspecified}} {
		kind, endpoint := x.kind, x.endpoint
		rapid.Check(t, func(r *rapid.T) {
			old, new := genComparable(r, t, kind, "old"), genComparable(r, t, kind, "new")
			got := Compare(old, new, kind, Options{Endpoint: endpoint})
			for range 30 {
				q := genRequest(r, kind)
				if len(resourceTypes(q.Action)) > 0 && !fits(&q) {
					continue // no such request exists (P53)
				}
				was, is := decide(old, kind, endpoint, &q).Outcome, decide(new, kind, endpoint, &q).Outcome
				if is == policy.True && was == policy.False && got.New.Exists == policy.False {
					r.Fatalf("new access missed: %+v", q)
				}
				if was == policy.True && is == policy.False && got.Less.Exists == policy.False {
					r.Fatalf("less access missed: %+v", q)
				}
			}
		})
	}
}

// TestCompareWorstCases: what overlaps in 2^n ways ends, soon, in an answer or
// in the reason why there is none.
func TestCompareWorstCases(t *testing.T) {
	infixes := func(from, to int) []string {
		var out []string
		for i := from; i < to; i++ {
			out = append(out, fmt.Sprintf("arn:aws:s3:::b/*t%03d*u%03d*", i, i))
		}
		return out
	}
	clauses := func(vars, n int, seed uint64) []string {
		rnd := rand.New(rand.NewPCG(seed, seed))
		list := []string{allow("arn:aws:s3:::b/" + strings.Repeat("?", vars))}
		for range n {
			var lits []string
			for range 3 {
				v := rnd.IntN(vars)
				lits = append(lits, "arn:aws:s3:::b/"+strings.Repeat("?", v)+[]string{"t", "f"}[rnd.IntN(2)]+strings.Repeat("?", vars-v-1))
			}
			list = append(list, fmt.Sprintf(`"Effect":"Deny","Action":"*","NotResource":["%s"]`, strings.Join(lits, `","`)))
		}
		return list
	}
	nothing := []string{cond("Deny", "*", "*", "")}
	var keys []string
	for i := range 60 {
		keys = append(keys, cond("Deny", "*", "*", fmt.Sprintf(`"StringNotLike":{"k:a%d":"*a*","k:b%d":"*b*"}`, i, (i*7)%60)))
	}
	var growing, variables, accounts, numbers, turned []string
	for i := range 300 {
		turned = append(turned, fmt.Sprintf("arn:aws:s3:::b/*u%03d*t%03d*", i, i))
	}
	for i := range 99 {
		growing = append(growing, "arn:aws:s3:::b/*"+strings.Repeat("a?", i+1))
	}
	for i := range 20 {
		var resources []string
		conditions := map[string][]string{}
		for _, v := range []string{"aws:PrincipalTag/a", "aws:PrincipalTag/b", "aws:PrincipalTag/c"} {
			resources = append(resources, fmt.Sprintf("arn:aws:s3:::b/${%s}/*%d", v, i))
			for j := range 30 {
				conditions[v] = append(conditions[v], fmt.Sprintf("a%d*", j))
			}
		}
		text, err := json.Marshal(conditions)
		if err != nil {
			t.Fatal(err)
		}
		variables = append(variables, cond("Allow", "s3:*", strings.Join(resources, `","`), `"StringLike":`+string(text)))
		variables[i] = strings.Replace(variables[i], `"Resource":`, `"Resource":[`, 1)
		variables[i] = strings.Replace(variables[i], `,"Condition"`, `],"Condition"`, 1)
	}
	for i := range 400 {
		accounts = append(accounts, cond("Allow", "s3:*", "*", fmt.Sprintf(`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::%d:role/r%d"}`, 111111111111+i, i)))
	}
	for i := range 3000 {
		numbers = append(numbers, fmt.Sprint(i))
	}
	tests := []struct {
		name     string
		old, new []string
		want     []Relation
	}{
		{"300 infixes turned round", []string{allow(infixes(0, 300)...)}, []string{allow(infixes(150, 300)...), allow(infixes(0, 150)...)}, []Relation{Equivalent}},
		{"300 infixes, one more", []string{allow(infixes(0, 300)...)}, []string{allow(infixes(0, 301)...)}, []Relation{NewAccess}},
		{"300 infixes under a star", []string{allow("arn:aws:s3:::b/*")}, []string{allow(infixes(0, 300)...)}, []Relation{NoNewAccess}},
		{"300 infixes, turned round each", []string{allow(infixes(0, 300)...)}, []string{allow(turned...)}, []Relation{Incomparable}},
		{"3-SAT, 40 variables", nothing, clauses(40, 170, 1), []Relation{RelationUnknown, NewAccess, Equivalent}},
		{"3-SAT, 12 variables", nothing, clauses(12, 80, 2), []Relation{RelationUnknown, NewAccess, Equivalent}},
		{"no ARN has 10,000 characters", nothing, []string{allow("arn:aws:s3:::b/" + strings.Repeat("*a", 5000))}, []Relation{Equivalent}},
		{"2,000 characters", []string{allow("arn:aws:s3:::b/" + strings.Repeat("*a", 1000))}, []string{allow("arn:aws:s3:::b/*" + strings.Repeat("a", 1900))}, []Relation{RelationUnknown, NoNewAccess}},
		{"99 patterns of growing length", nothing, []string{allow(growing...)}, []Relation{RelationUnknown, NewAccess}},
		{"variables of 30 values each", nothing, variables, []Relation{RelationUnknown, NewAccess}},
		{"400 accounts", accounts, append(accounts[:0:0], accounts[1:]...), []Relation{NoNewAccess}},
		{"3,000 numbers", []string{cond("Allow", "*", "*", `"NumericEquals":{"k:n":["`+strings.Join(numbers, `","`)+`"]}`)}, []string{allow("*")}, []Relation{Incomparable}},
		{"60 pairs of keys", nothing, append(keys, allow("*")), []Relation{RelationUnknown, NewAccess}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			old, new := statements(t, policy.KindIdentity, tt.old...), statements(t, policy.KindIdentity, tt.new...)
			got := Compare(old, new, policy.KindIdentity, Options{})
			if !slices.Contains(tt.want, got.Relation) {
				t.Errorf("%s, want one of %s", got.Relation, tt.want)
				checkRelation(t, got, tt.want[0])
			}
			if tr := got.New.Trouble; got.Relation == RelationUnknown && (tr.Dimension == "" || tr.Count == 0 || tr.Budget == 0 || len(tr.Patterns) == 0) {
				t.Errorf("the reason is not whole: %+v", tr)
			}
		})
	}
}

// TestLazyAgreesWithAtoms compares what atoms settle with some or all of the
// patterns on levels of their own.
func TestLazyAgreesWithAtoms(t *testing.T) {
	settled, asked := 0, 0
	for _, kind := range []policy.Kind{policy.KindIdentity, policy.KindResource} {
		rapid.Check(t, func(r *rapid.T) {
			old, new := genComparable(r, t, kind, "old"), genComparable(r, t, kind, "new")
			attempt := rapid.IntRange(1, 4).Draw(r, "attempt")
			atoms, lazy := Compare(old, new, kind, Options{}), Compare(old, new, kind, Options{attempt: attempt})
			for _, d := range [][2]policy.Truth{{atoms.New.Exists, lazy.New.Exists}, {atoms.Less.Exists, lazy.Less.Exists}} {
				if d[0] != d[1] && d[0] != policy.Unknown && d[1] != policy.Unknown {
					r.Fatalf("atoms %+v, lazy %+v", atoms, lazy)
				}
				asked++
				if d[1] != policy.Unknown {
					settled++
				}
			}
		})
	}
	if settled*5 < asked {
		t.Errorf("the lazy mode settled %d of %d only", settled, asked)
	}
}

// TestHardPatternsAgreeWithAtoms is TestLazyAgreesWithAtoms on documents in
// which patterns that cross meet ones that hold one another.
func TestHardPatternsAgreeWithAtoms(t *testing.T) {
	pool := []string{"b/*a*b*", "b/*b*a*", "b/*a*", "b/*b", "b/a*b*a", "b/?a*", "b/??", "b/a*", "b/ab*", "b/ab", "b/*", "c/*a*b", "c/*", "*/*b*", "b/b*a*b"}
	document := func(r *rapid.T, name string) *policy.Document {
		list := make([]string, rapid.IntRange(1, 4).Draw(r, name))
		for i := range list {
			var resources []string
			for range rapid.IntRange(1, 3).Draw(r, "resources") {
				resources = append(resources, `"arn:aws:s3:::`+rapid.SampledFrom(pool).Draw(r, "resource")+`"`)
			}
			effect := rapid.SampledFrom([]string{"Allow", "Allow", "Deny"}).Draw(r, "effect")
			not := rapid.SampledFrom([]string{"", "", "Not"}).Draw(r, "not")
			list[i] = fmt.Sprintf(`"Effect":"%s","Action":"s3:GetObject","%sResource":[%s]`, effect, not, strings.Join(resources, ","))
		}
		return statements(t, policy.KindIdentity, list...)
	}
	rapid.Check(t, func(r *rapid.T) {
		old, new := document(r, "old"), document(r, "new")
		want := Compare(old, new, policy.KindIdentity, Options{})
		for attempt := 1; attempt <= 4; attempt++ {
			if got := Compare(old, new, policy.KindIdentity, Options{attempt: attempt}); got.Relation != want.Relation {
				r.Fatalf("attempt %d: %s, with atoms %s", attempt, got.Relation, want.Relation)
			}
		}
	})
}

// TestCompareEndpoint is P118 to P124 for comparisons: gateway and interface
// endpoints read principals differently, and what passes an endpoint has its
// keys.
func TestCompareEndpoint(t *testing.T) {
	const (
		account = `{"AWS":"111122223333"}`
		role    = `{"AWS":"arn:aws:iam::111122223333:role/R"}`
	)
	grant := func(p string) string { return by(p, cond("Allow", "s3:*", "*", "")) }
	everyone := func(effect, c string) string { return by(`"*"`, cond(effect, "s3:*", "*", c)) }
	root := everyone("Allow", `"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:root"}`)
	for _, tt := range []struct {
		name                       string
		old, new                   []string
		gateway, elsewhere, either Relation
	}{
		{"P118 an account is its root user", []string{grant(account)}, []string{root}, Equivalent, NoNewAccess, NoNewAccess},
		{"P118 the other way round", []string{root}, []string{grant(account)}, Equivalent, NewAccess, RelationUnknown},
		{"P118 two forms of an account", []string{grant(account)}, []string{grant(`{"AWS":"arn:aws:iam::111122223333:root"}`)}, Equivalent, Equivalent, Equivalent},
		{"P117 everyone", []string{grant(account)}, []string{everyone("Allow", "")}, NewAccess, NewAccess, NewAccess},
		{"P119 a role", []string{everyone("Deny", "")}, []string{grant(role)}, RelationUnknown, NewAccess, RelationUnknown},
		{"P119 a role against everyone", []string{grant(role)}, []string{everyone("Allow", "")}, NewAccess, NewAccess, NewAccess},
		{"P119 a role, both times", []string{grant(role)}, []string{grant(role)}, Equivalent, Equivalent, Equivalent},
		{"P119 a role and more objects", []string{by(role, cond("Allow", "s3:*", "arn:aws:s3:::b/*", ""))}, []string{by(role, cond("Allow", "s3:*", "arn:aws:s3:::b*", ""))}, RelationUnknown, NewAccess, RelationUnknown},
		{"P121 NotPrincipal", []string{everyone("Allow", "")}, []string{everyone("Allow", ""), `"NotPrincipal":` + account + `,` + cond("Deny", "s3:*", "*", "")}, NoNewAccess, NoNewAccess, NoNewAccess},
		{"P124 its own keys are there", []string{everyone("Allow", "")}, []string{everyone("Allow", `"Null":{"aws:SourceVpce":"false"}`)}, Equivalent, Equivalent, Equivalent},
		{"P124 and aws:SourceIp is not", []string{everyone("Allow", "")}, []string{everyone("Allow", `"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}`)}, Equivalent, Equivalent, Equivalent},
	} {
		t.Run(tt.name, func(t *testing.T) {
			old, new := statements(t, policy.KindEndpoint, tt.old...), statements(t, policy.KindEndpoint, tt.new...)
			for _, as := range []struct {
				endpoint policy.EndpointType
				want     Relation
			}{{policy.EndpointGateway, tt.gateway}, {policy.EndpointInterface, tt.elsewhere}, {policy.EndpointNone, tt.either}} {
				c := Compare(old, new, policy.KindEndpoint, Options{Endpoint: as.endpoint})
				if c.Relation != as.want {
					t.Errorf("endpoint type %d: %v, want %v\n%+v\n%+v", as.endpoint, c.Relation, as.want, c.New, c.Less)
				}
			}
		})
	}
}

// TestExampleRolesHavePaths: a session names a role of any path, and a path is
// one that a role can have.
func TestExampleRolesHavePaths(t *testing.T) {
	old := statements(t, policy.KindResource, by(`{"AWS":"arn:aws:iam::111122223333:role/R"}`, cond("Allow", "s3:*", "*", "")))
	new := statements(t, policy.KindResource, by(`{"AWS":"arn:aws:sts::111122223333:assumed-role/R/S"}`, cond("Allow", "s3:*", "*", "")))
	c := Compare(old, new, policy.KindResource, Options{})
	if x := c.New.Example; x == nil || strings.Contains(x.Request.Principal.RoleARN, "//") {
		t.Errorf("example %+v", x)
	}
}
