package network_test

import (
	"strings"
	"testing"

	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/network"
)

// TestAnswersThatDiffer is N2 for names: which of two answers a name gets is
// not known, and only one of them leads anywhere.
func TestAnswersThatDiffer(t *testing.T) {
	open := world.All(world.IFE(), world.Unset("VpcEndpoints", "vpce-i", "DnsOptions"))
	for _, tr := range []trap{
		{id: "one passes", edits: edits(open, world.NoS3Route()), want: unknown, code: "UNK_DNS", also: []string{"NO_ROUTE_TO_DESTINATION"}},
		{id: "both pass", edits: edits(open), want: reachable},
		{id: "neither passes", edits: edits(open, world.NoS3Route(), world.Set("SecurityGroups", "sg-5", "IpPermissions", world.List{})), want: blocked, code: "NO_ROUTE_TO_DESTINATION"},
		{id: "one passes in part", edits: edits(open, world.Routes("rtb-1", world.Blackhole(world.To("3.5.0.0/19", "nat-old")))), want: unknown, code: "UNK_DNS", also: []string{"BAD_STATE_ROUTE"}},
	} {
		t.Run(tr.id, func(t *testing.T) { report(t, tr.failures(t)) })
	}
}

// TestUnknownWords is N11: a word that AWS may add later is no known word, and
// the case of letters says nothing.
func TestUnknownWords(t *testing.T) {
	for _, tr := range []trap{
		{id: "connectivity", edits: and(natDefault, world.Set("NatGateways", "nat-1", "ConnectivityType", "hybrid")), want: unknown, code: "UNK_NAT"},
		{id: "connectivity in capitals", edits: and(natDefault, world.Set("NatGateways", "nat-1", "ConnectivityType", "PUBLIC")), want: reachable},
		{id: "rule action in capitals", edits: edits(world.Filter("subnet-1", world.Entry(100, "out", "ALLOW", "-1", "0.0.0.0/0"), world.Entry(100, "in", "Allow", "-1", "0.0.0.0/0"))), want: reachable},
	} {
		t.Run(tr.id, func(t *testing.T) { report(t, tr.failures(t)) })
	}
	for _, tr := range []jobTrap{
		{id: "tenancy", edits: edits(world.Set("Vpcs", "vpc-a", "InstanceTenancy", "shared")), want: sim.Unknown, code: "UNK_VPC"},
		{id: "tenancy host", edits: edits(world.Set("Vpcs", "vpc-a", "InstanceTenancy", "Host")), want: sim.Blocked, code: "JOB_TENANCY"},
		{id: "subnet state", edits: edits(world.Set("Subnets", "subnet-1", "State", "resting")), want: sim.Unknown, code: "UNK_VPC"},
		{id: "subnet pending", edits: edits(world.Set("Subnets", "subnet-1", "State", "Pending")), want: sim.Blocked, code: "BAD_STATE"},
	} {
		t.Run(tr.id, func(t *testing.T) { report(t, tr.failures(t)) })
	}
}

// TestRouteFixNamesNoDeadEndpoint: a route to an endpoint that carries nothing
// (N42) mends nothing.
func TestRouteFixNamesNoDeadEndpoint(t *testing.T) {
	for state, want := range map[string]string{"available": "Associate rtb-1 with the gateway endpoint vpce-g", "failed": "Create a gateway endpoint"} {
		tr := trap{edits: edits(world.NoS3Route(), world.Set("VpcEndpoints", "vpce-g", "State", state))}
		r, err := network.NewModel(tr.world().Snapshot(t)).Ask(tr.query())
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.Findings {
			if f.Code.String() == "NO_ROUTE_TO_DESTINATION" && !strings.HasPrefix(f.Fix, want) {
				t.Errorf("%s: %s", state, f.Fix)
			}
		}
		if r.Outcome != blocked {
			t.Errorf("%s: %v", state, r.Outcome)
		}
	}
}
