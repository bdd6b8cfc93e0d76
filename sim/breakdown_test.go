package sim_test

import (
	"testing"

	. "github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
)

// A placement's verdict is made of its requests': where it is blocked, each of
// them is, at whichever gate; where it is reachable, each of them is.
func TestPlacementsAreMadeOfTheirRequests(t *testing.T) {
	for i := range traps {
		t.Run(traps[i].id, func(t *testing.T) {
			a, err := sim.NewWorld(Policy(traps[i].edits...).Snapshot(t)).Check(t.Context(), traps[i].question())
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range a.Placements {
				for _, r := range p.Requests {
					if (p.Verdict == sim.Blocked || p.Verdict == sim.Reachable) && r.Verdict != p.Verdict {
						t.Errorf("%s is %s, its %s is %s", p.Subnet, p.Verdict, r.Action, r.Verdict)
					}
				}
			}
		})
	}
}

// What the job gate refuses makes no request: no action of such a placement
// passes, however open the way is behind the gate (N147).
func TestTheJobGateStandsBeforeEveryRequest(t *testing.T) {
	snap := Policy(Set("Subnets", "subnet-1", "AvailableIpAddressCount", 1)).Snapshot(t)
	a, err := sim.NewWorld(snap).Check(t.Context(), (&trap{}).question())
	if err != nil {
		t.Fatal(err)
	}
	if a.Verdict != sim.Blocked || len(a.Placements) == 0 || len(a.Placements[0].Requests) == 0 {
		t.Fatalf("%s with %d placements", a.Verdict, len(a.Placements))
	}
	for _, r := range a.Placements[0].Requests {
		if r.Verdict != sim.Blocked || r.Allowed != nil {
			t.Errorf("%s is %s, allowed %v", r.Action, r.Verdict, r.Allowed)
		}
	}
}
