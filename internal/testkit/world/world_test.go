package world

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestBaseWorldsAreJSONAndEditable(t *testing.T) {
	for name, w := range map[string]*World{"network": Network(NAT(), IFE()), "policy": Policy()} {
		var v Obj
		if err := json.Unmarshal(w.JSON(), &v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if v["schema"] != "canreach.snapshot/v1" {
			t.Errorf("%s: schema %v", name, v["schema"])
		}
	}
}

// TestWorldsShareNothing: an edit of one world must not show in another,
// although AllowAll and its like are shared values.
func TestWorldsShareNothing(t *testing.T) {
	before := Network().JSON()
	Network(Do(func(w *World) {
		w.Get("NetworkAcls", "acl-1")["Entries"].(List)[0].(Obj)["RuleAction"] = "deny"
	}))
	if !bytes.Equal(before, Network().JSON()) {
		t.Error("editing one world changed the base")
	}
}
