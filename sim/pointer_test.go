package sim_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	. "github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
)

// Every pointer of an answer resolves in the native snapshot, so that a
// finding can be checked by eye.
func TestPointersResolve(t *testing.T) {
	for i := range traps {
		t.Run(traps[i].id, func(t *testing.T) {
			w := Policy(traps[i].edits...)
			a, err := sim.NewWorld(w.Snapshot(t)).Check(t.Context(), traps[i].question())
			if err != nil {
				t.Fatal(err)
			}
			var root any
			if err := json.Unmarshal(w.JSON(), &root); err != nil {
				t.Fatal(err)
			}
			for _, p := range pointersOf(a) {
				if !resolves(root, p) {
					t.Errorf("%s does not resolve", p)
				}
			}
			for _, f := range a.Findings {
				if f.Pointer == "" && f.Severity == sim.Blocker {
					t.Errorf("%s has no pointer", f.Code.String())
				}
			}
		})
	}
}

func pointersOf(a *sim.Answer) []string {
	var out []string
	add := func(p string) {
		if p != "" {
			out = append(out, p)
		}
	}
	for _, f := range a.Findings {
		add(f.Pointer)
	}
	for _, u := range a.Unknowns {
		add(u.Pointer)
	}
	for _, p := range a.Placements {
		for _, h := range p.Network.Path {
			add(h.Pointer)
		}
		for _, path := range p.Network.Paths {
			for _, h := range path.Hops {
				add(h.Pointer)
			}
		}
		for _, r := range p.Requests {
			for _, l := range r.Layers {
				for _, s := range l.Statements {
					add(s.Pointer)
				}
			}
		}
	}
	return out
}

func resolves(v any, pointer string) bool {
	for _, token := range strings.Split(pointer, "/")[1:] {
		token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		switch x := v.(type) {
		case map[string]any:
			var ok bool
			if v, ok = x[token]; !ok {
				return false
			}
		case []any:
			n, err := strconv.Atoi(token)
			if err != nil || n < 0 || n >= len(x) {
				return false
			}
			v = x[n]
		default:
			return false
		}
	}
	return true
}

// A group whose rules stand in SecurityGroupRules has no IpPermissionsEgress
// for a finding to point at.
func TestGroupWithoutOwnRulesIsPointedAtItself(t *testing.T) {
	a, err := sim.NewWorld(Policy(Unset("SecurityGroups", "sg-1", "IpPermissions"), Unset("SecurityGroups", "sg-1", "IpPermissionsEgress"),
		Add("SecurityGroupRules", Obj{"SecurityGroupRuleId": "sgr-1", "GroupId": "sg-1", "GroupOwnerId": "111111111111", "IsEgress": true,
			"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv4": "10.0.0.0/8"})).Snapshot(t)).Check(t.Context(), (&trap{}).question())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range a.Findings {
		if f.Code.String() == "ENI_SG_RULES_MISMATCH" {
			if strings.Contains(f.Pointer, "IpPermissions") {
				t.Errorf("pointer %s", f.Pointer)
			}
			return
		}
	}
	t.Errorf("%s, findings %+v", a.Verdict, a.Findings)
}
