package symbolic

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/canreach/canreach/rules/policy"
)

// labelled is one of AWS's own samples for CheckNoNewAccess, which testdata
// holds with their source.
type labelled struct {
	source   string // and the candidate's number
	kind     policy.Kind
	old, new string
	pass     bool
}

func labelledPairs(t testing.TB) (list []labelled) {
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
	for _, g := range samples.Groups {
		for i, c := range g.Candidates {
			list = append(list, labelled{fmt.Sprintf("%s, candidate %d", g.Source, i+1), kinds[g.Type], string(g.Reference), string(c.Policy), c.Pass})
		}
	}
	return list
}

// TestCompareAgreesWithAWS compares the verdicts with AWS's own.
func TestCompareAgreesWithAWS(t *testing.T) {
	list := labelledPairs(t)
	for _, p := range list {
		got := Compare(parse(t, p.kind, p.old), parse(t, p.kind, p.new), p.kind, Options{})
		want := policy.True
		if p.pass {
			want = policy.False
		}
		if got.New.Exists != want {
			t.Errorf("%s: %s, AWS passes it: %v", p.source, got.Relation, p.pass)
			if got.New.Example != nil {
				t.Logf("example %+v", got.New.Example.Request)
			} else if got.New.Trouble != nil {
				t.Log(got.New.Trouble.Text)
			}
		}
	}
	if len(list) != 26 {
		t.Errorf("%d rows", len(list))
	}
}

// BenchmarkLabelledPairs is the parsing and comparison of each pair in turn.
func BenchmarkLabelledPairs(b *testing.B) {
	list := labelledPairs(b)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p := &list[i%len(list)]
		Compare(parse(b, p.kind, p.old), parse(b, p.kind, p.new), p.kind, Options{})
	}
}
