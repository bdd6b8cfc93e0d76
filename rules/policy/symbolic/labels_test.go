package symbolic

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/canreach/canreach/rules/policy"
)

// TestCompareAgreesWithAWS compares the verdicts with AWS's own on its samples
// for CheckNoNewAccess; testdata names their source.
func TestCompareAgreesWithAWS(t *testing.T) {
	text, err := os.ReadFile("testdata/checknonewaccess.json")
	if err != nil {
		t.Fatal(err)
	}
	var samples struct {
		Groups []struct {
			Source, Type string
			Reference    json.RawMessage
			Candidates   []struct {
				Pass   bool
				Policy json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(text, &samples); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]policy.Kind{"identity": policy.KindIdentity, "resource": policy.KindResource, "trust": policy.KindTrust}
	rows := 0
	for _, g := range samples.Groups {
		kind := kinds[g.Type]
		reference := parse(t, kind, string(g.Reference))
		for i, c := range g.Candidates {
			rows++
			got := Compare(reference, parse(t, kind, string(c.Policy)), kind, Options{})
			want := policy.True
			if c.Pass {
				want = policy.False
			}
			if got.New.Exists != want {
				t.Errorf("%s, candidate %d: %s, AWS passes it: %v", g.Source, i+1, got.Relation, c.Pass)
				if got.New.Example != nil {
					t.Logf("example %+v", got.New.Example.Request)
				} else if got.New.Trouble != nil {
					t.Log(got.New.Trouble.Text)
				}
			}
		}
	}
	if rows != 26 {
		t.Errorf("%d rows", rows)
	}
}
