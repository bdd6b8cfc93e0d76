//go:build integration

package integration

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/canreach/canreach/sim"
)

// TestEveryCallDenied refuses the calls of a capture one after the other.
func TestEveryCallDenied(t *testing.T) {
	w, p := setUp(t)
	furnish(w, p)
	for _, args := range [][]string{{"--job", w.job}, nil} {
		p.proxy.cause(nil)
		p.mustCapture("calm.json", args...)
		made := slices.Sorted(maps.Keys(p.proxy.calls))
		for _, denied := range made {
			p.proxy.cause(func(op string, _ int) trouble {
				if op == denied {
					return trouble{status: 403, code: "AccessDenied"}
				}
				return trouble{}
			})
			stderr, status := p.capture(append([]string{"-o", "denied.json", "--strict"}, args...)...)
			if status != 3 {
				t.Logf("%s: status %d: %s", denied, status, stderr)
				continue
			}
			a, codes := p.check("denied.json", w.job)
			u, _ := json.Marshal(a.Unknowns)
			t.Logf("%s %v: %s %v %s", denied, args, a.Verdict, codes, u)
		}
	}
	_ = filepath.Join
	_ = strings.Join
	_ = sim.Reachable
}
