package network_test

import (
	"testing"

	. "github.com/canreach/canreach/internal/world"
	"github.com/canreach/canreach/sim/network"
)

// TestAParticipantDoesNotSeeEverything: what a participant of a shared VPC is
// not shown may exist all the same, though its capture is complete (N12, N150).
func TestAParticipantDoesNotSeeEverything(t *testing.T) {
	owner := func(id string) Edit {
		return All(Set("Vpcs", "vpc-a", "OwnerId", id), Do(func(w *World) {
			w.Region(AccountID, RegionID)["complete"] = List{"NatGateways", "InternetGateways", "VpcPeeringConnections", "EgressOnlyInternetGateways", "VpcEndpoints", "Subnets", "NetworkInterfaces"}
		}))
	}
	for _, route := range []struct{ name, target string }{
		{"a NAT gateway", "nat-0ffff"}, {"a peering", "pcx-0ffff"},
	} {
		for id, want := range map[string]network.Outcome{AccountID: network.Blocked, "999988887777": network.Unknown} {
			w := Network(NoS3Route(), Routes("rtb-1", To("0.0.0.0/0", route.target)), owner(id))
			r, err := network.NewModel(w.Snapshot(t)).Ask((&trap{}).query())
			if err != nil {
				t.Fatal(err)
			}
			if r.Outcome != want {
				t.Errorf("a route to %s that is not listed, in a VPC of account %s: %v, not %v: %+v %+v", route.name, id, r.Outcome, want, r.Findings, r.Unknowns)
			}
		}
	}
}
