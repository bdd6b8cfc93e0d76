package symbolic

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/canreach/canreach/rules/policy"
)

func TestCompareEndpointPolicies(t *testing.T) {
	grant := func(principal string) []string { return []string{by(principal, cond("Allow", "s3:*", "*", ""))} }
	const (
		isRole  = `{"AWS":"arn:aws:iam::111122223333:role/p/R"}`
		account = `{"AWS":"arn:aws:iam::111122223333:root"}`
		root    = `"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:root"}`
		anyone  = `"StringEquals":{"aws:PrincipalAccount":"111122223333"}`
	)
	star := func(condition string) []string { return []string{by(`"*"`, cond("Allow", "s3:*", "*", condition))} }
	nothing := []string{by(`"*"`, cond("Deny", "*", "*", ""))}
	tests := []struct {
		name                    string
		old, new                []string
		gateway, iface, neither Relation
	}{
		{"P117 everyone", nothing, star(""), NewAccess, NewAccess, NewAccess},
		{"T13 P118 the account form is the root user", star(root), grant(account), Equivalent, NewAccess, RelationUnknown},
		{"T80 P120 the account form is the account", star(anyone), grant(account), NoNewAccess, Equivalent, Equivalent},
		{"T79 P119 a role's ARN", nothing, grant(isRole), RelationUnknown, NewAccess, RelationUnknown},
		{"P119 the same role's ARN", grant(isRole), grant(isRole), Equivalent, Equivalent, Equivalent},
		{"P119 whoever takes it or not, everyone is more", grant(isRole), star(""), NewAccess, NewAccess, NewAccess},
		{"P121 NotPrincipal", nothing, []string{`"NotPrincipal":{"AWS":"111122223333"},` + cond("Allow", "s3:*", "*", "")}, RelationUnknown, NewAccess, RelationUnknown},
		{"P121 NotPrincipal star", nothing, []string{`"NotPrincipal":"*",` + cond("Allow", "s3:*", "*", "")}, Equivalent, Equivalent, Equivalent},
		{"P26 every service", nothing, grant(`{"Service":"*"}`), NewAccess, NewAccess, NewAccess},
		{"P26 a service", nothing, grant(`{"Service":"s3.amazonaws.com"}`), NewAccess, NewAccess, NewAccess},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			old, new := statements(t, policy.KindEndpoint, tt.old...), statements(t, policy.KindEndpoint, tt.new...)
			checkRelation(t, Compare(old, new, policy.KindEndpoint, Options{Endpoint: policy.EndpointGateway}), tt.gateway)
			checkRelation(t, Compare(old, new, policy.KindEndpoint, Options{Endpoint: policy.EndpointInterface}), tt.iface)
			neither := Compare(old, new, policy.KindEndpoint, Options{})
			if tt.neither == Equivalent && tt.gateway == NoNewAccess { // only less access hangs on the type
				if neither.New.Exists != policy.False || neither.Less.Exists != policy.Unknown || !strings.Contains(neither.Less.Trouble.Text, "endpoint's type: yes on a gateway endpoint, no on an interface") {
					t.Errorf("new %+v, less %+v", neither.New, neither.Less)
				}
				return
			}
			checkRelation(t, neither, tt.neither)
		})
	}
}

// TestCompareEndpointExample: the example does for both types where one does.
func TestCompareEndpointExample(t *testing.T) {
	account := by(`{"AWS":"111122223333"}`, cond("Allow", "s3:*", "*", ""))
	nothing := statements(t, policy.KindEndpoint, by(`"*"`, cond("Deny", "*", "*", "")))
	got := Compare(nothing, statements(t, policy.KindEndpoint, account), policy.KindEndpoint, Options{})
	if got.New.Exists != policy.True || got.New.Endpoint != policy.EndpointNone || got.New.Example.Request.Principal.Kind != policy.PrincipalRoot {
		t.Errorf("%+v", got.New)
	}
}

func TestCompareDenials(t *testing.T) {
	guard := func(resource string) string { return cond("Deny", "s3:*", resource, "") }
	tests := []struct {
		name     string
		old, new []string
		want     Relation // as if everything were allowed elsewhere
	}{
		{"other buckets", []string{guard("arn:aws:s3:::a/*")}, []string{guard("arn:aws:s3:::b/*")}, Incomparable},
		{"fewer", []string{guard("arn:aws:s3:::a*")}, []string{guard("arn:aws:s3:::ab*")}, NewAccess},
		{"more", []string{guard("arn:aws:s3:::ab*")}, []string{guard("arn:aws:s3:::a*")}, NoNewAccess},
		{"the same, split", []string{guard("*")}, []string{cond("Deny", "s3:Get*", "*", ""), `"Effect":"Deny","NotAction":"s3:Get*","Resource":"*"`, cond("Deny", "s3:*", "*", "")}, NoNewAccess},
		{"none at all", []string{allow("*")}, []string{allow("arn:aws:s3:::b/*")}, Equivalent},
		{"what is allowed does not matter", []string{allow("*"), guard("arn:aws:s3:::a/*")}, []string{guard("arn:aws:s3:::a/*")}, Equivalent},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			old, new := statements(t, policy.KindIdentity, tt.old...), statements(t, policy.KindIdentity, tt.new...)
			got := CompareDenials(old, new, policy.KindIdentity, Options{})
			checkRelation(t, got, tt.want)
			for _, d := range []Difference{got.New, got.Less} {
				if d.Example != nil && d.Example.Statement.Index < 0 {
					t.Errorf("no statement denies %+v", d.Example.Request)
				}
			}
		})
	}
}

// TestCompareDenialsNotPrincipal: whom a Deny spares is read as a Deny (P32).
func TestCompareDenialsNotPrincipal(t *testing.T) {
	spares := func(who string) string { return `"NotPrincipal":` + who + `,` + cond("Deny", "s3:*", "*", "") }
	old := statements(t, policy.KindResource, spares(`{"AWS":["111122223333","arn:aws:iam::111122223333:role/R"]}`))
	new := statements(t, policy.KindResource, spares(`{"AWS":"arn:aws:iam::111122223333:role/R"}`))
	checkRelation(t, CompareDenials(old, new, policy.KindResource, Options{}), NoNewAccess)
}

// TestCompareDenialsAgreesWithEvaluate draws requests that one document denies
// and the other does not.
func TestCompareDenialsAgreesWithEvaluate(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		kind := rapid.SampledFrom([]policy.Kind{policy.KindIdentity, policy.KindResource}).Draw(r, "kind")
		old, new := genComparable(r, t, kind, "old"), genComparable(r, t, kind, "new")
		got := CompareDenials(old, new, kind, Options{})
		for range 20 {
			q := genRequest(r, kind)
			if len(resourceTypes(q.Action)) > 0 && !fits(&q) {
				continue // no such request exists (P53)
			}
			was, is := explicitly(decide(old, kind, 0, &q)), explicitly(decide(new, kind, 0, &q))
			if was == policy.True && is == policy.False && got.New.Exists == policy.False {
				r.Fatalf("missed what is no longer denied: %+v", q)
			}
			if was == policy.False && is == policy.True && got.Less.Exists == policy.False {
				r.Fatalf("missed what is newly denied: %+v", q)
			}
		}
	})
}

// explicitly tells whether the policy that decide asks denies by a statement.
func explicitly(d policy.Decision) policy.Truth {
	if d.Outcome == policy.Unknown {
		return policy.Unknown
	}
	if denying(d).Index >= 0 {
		return policy.True
	}
	for _, l := range d.Layers {
		if l.Outcome == policy.LayerUnknown {
			return policy.Unknown
		}
	}
	return policy.False
}
