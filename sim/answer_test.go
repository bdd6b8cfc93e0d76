package sim_test

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	. "github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
)

//go:embed verdict.schema.json
var verdictSchema []byte

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(verdictSchema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("verdict.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("verdict.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func followsSchema(t *testing.T, schema *jsonschema.Schema, text []byte) {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(v); err != nil {
		t.Error(err)
	}
}

// Every answer to a trap follows the published schema, twice the same bytes.
func TestAnswersFollowTheSchema(t *testing.T) {
	schema := compiledSchema(t)
	for i := range traps {
		t.Run(traps[i].id, func(t *testing.T) {
			snap := Policy(traps[i].edits...).Snapshot(t)
			var texts [2][]byte
			for n := range texts {
				a, err := sim.NewWorld(snap).Check(t.Context(), traps[i].question())
				if err != nil {
					t.Fatal(err)
				}
				if texts[n], err = json.Marshal(a); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(texts[0], texts[1]) {
				t.Errorf("two runs differ:\n%s\n%s", texts[0], texts[1])
			}
			followsSchema(t, schema, texts[0])
		})
	}
}
