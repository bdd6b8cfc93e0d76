package symbolic

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/canreach/canreach/rules/policy"
)

func TestMatrixAgreesWithDecide(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		subjects := make([]Subject, rapid.IntRange(1, 3).Draw(r, "subjects"))
		for i := range subjects {
			l := genLayers(r, t)
			l.Resource = nil
			subjects[i] = Subject{Layers: *l, Base: genBase(r)}
		}
		targets := make([]Target, rapid.IntRange(1, 3).Draw(r, "targets"))
		for j := range targets {
			targets[j] = Target{
				Resource: rapid.SampledFrom([]string{"arn:aws:s3:::b/*", "arn:aws:s3:::b/a*", "arn:aws:s3:::c/*", "arn:aws:s3:::b/a"}).Draw(r, "target"),
				Account:  "111122223333", Policy: genLayers(r, t).Resource, Kind: policy.KindBucket,
			}
			if rapid.Bool().Draw(r, "value") {
				targets[j].Context = map[string]policy.Value{"k:v": {State: policy.KeyKnown, Values: []string{"a"}}}
			}
		}
		got := Matrix(subjects, targets)
		for i, s := range subjects {
			for j, target := range targets {
				l, base := s.Layers, s.Base
				l.Resource, l.ResourceKind = target.Policy, target.Kind
				base.Resource, base.ResourceAccount, base.Context = target.Resource, target.Account, clone(base.Context)
				for k, v := range target.Context {
					base.Context[k] = v
				}
				if want := Decide(&l, Question{Base: base}).Outcome; got[i][j] != want {
					r.Fatalf("subject %d, target %d: %d, want %d", i, j, got[i][j], want)
				}
			}
		}
	})
}

// account makes the policies of an account: 200 policies of ten statements,
// roles with three of them, an SCP of twenty statements, an endpoint policy of
// ten, and a policy for each bucket.
func account(t testing.TB, roles, buckets int) ([]Subject, []Target) {
	rnd := rand.New(rand.NewPCG(3, 5))
	policies := make([]*policy.Document, 200)
	for i := range policies {
		var list []string
		for j := range 10 {
			resource := fmt.Sprintf("arn:aws:s3:::acme-data-%d/team-%d/*", rnd.IntN(buckets), rnd.IntN(9))
			if j == 0 && i%4 == 0 {
				resource = fmt.Sprintf("arn:aws:s3:::acme-*/shared-%d/*", rnd.IntN(2))
			}
			if j == 1 {
				resource = fmt.Sprintf("arn:aws:s3:::acme-data-%d*", rnd.IntN(buckets))
			}
			list = append(list, allow(resource))
		}
		policies[i] = statements(t, policy.KindIdentity, list...)
	}
	guards := func(kind policy.Kind, n int) *policy.Document {
		list := []string{cond("Allow", "*", "*", "")}
		for i := range n {
			list = append(list, cond("Deny", "s3:*", fmt.Sprintf("arn:aws:s3:::acme-data-%d/private/*", i*7), `"StringNotEquals":{"aws:SourceVpce":"vpce-1"}`))
		}
		if kind == policy.KindEndpoint {
			for i := range list {
				list[i] = by(`"*"`, list[i])
			}
		}
		return statements(t, kind, list...)
	}
	scp, endpoint := guards(policy.KindSCP, 20), guards(policy.KindEndpoint, 10)
	subjects := make([]Subject, roles)
	for i := range subjects {
		base := getObject("")
		base.Context["aws:sourcevpce"] = policy.Value{State: policy.KeyKnown, Values: []string{"vpce-1"}}
		l := policy.Layers{SCPs: [][]policy.Policy{{{Document: scp}}}, Endpoint: &policy.Policy{Document: endpoint}, EndpointType: policy.EndpointGateway}
		for range 3 {
			l.Identity = append(l.Identity, policy.Policy{Document: policies[rnd.IntN(len(policies))]})
		}
		subjects[i] = Subject{Layers: l, Base: base}
	}
	targets := make([]Target, buckets)
	for j := range targets {
		d := statements(t, policy.KindBucket, by(`"*"`, cond("Deny", "s3:*", fmt.Sprintf("arn:aws:s3:::acme-data-%d/team-1/*", j), `"StringNotEquals":{"aws:SourceVpce":["vpce-1","vpce-2"]}`)))
		targets[j] = Target{Resource: fmt.Sprintf("arn:aws:s3:::acme-data-%d/*", j), Account: "111122223333", Policy: &policy.Policy{Document: d}, Kind: policy.KindBucket}
	}
	return subjects, targets
}

// The account of BenchmarkMatrix.
const matrixRoles, matrixBuckets = 1000, 500

// BenchmarkMatrix decides 1,000 roles against 500 buckets.
func BenchmarkMatrix(b *testing.B) {
	subjects, targets := account(b, matrixRoles, matrixBuckets)
	for b.Loop() {
		Matrix(subjects, targets)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(subjects)*len(targets)), "ns/pair")
}
