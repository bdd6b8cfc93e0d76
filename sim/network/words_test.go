package network_test

import (
	"net/netip"
	"slices"
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
	for state, want := range map[string]string{"available": "Associate rtb-1 with the gateway endpoint vpce-g", "failed": "Create a gateway endpoint",
		"pending": "Wait until vpce-g is no longer pending, then collect again."} {
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

// TestPendingWaits: what AWS is still making needs no repair but time.
func TestPendingWaits(t *testing.T) {
	for _, tt := range []struct {
		name string
		edit world.Edit
		want string
	}{
		{"an endpoint", world.Set("VpcEndpoints", "vpce-g", "State", "pending"), "Wait until vpce-g is no longer pending, then collect again."},
		{"one that failed", world.Set("VpcEndpoints", "vpce-g", "State", "failed"), "Create a gateway endpoint for com.amazonaws.us-east-1.s3 and associate it with the route table."},
		{"a NAT gateway", world.All(world.All(natDefault...), world.Set("NatGateways", "nat-1", "State", "pending")), "Wait until nat-1 is no longer pending, then collect again."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := network.NewModel((&trap{edits: edits(tt.edit)}).world().Snapshot(t)).Ask((&trap{}).query())
			if err != nil {
				t.Fatal(err)
			}
			if r.Outcome != blocked || !slices.ContainsFunc(r.Findings, func(f network.Finding) bool { return f.Fix == tt.want }) {
				t.Errorf("%v: %+v", r.Outcome, r.Findings)
			}
		})
	}
}

// TestFixesSpeakOfTheDestination: of S3 only where S3 was asked about.
func TestFixesSpeakOfTheDestination(t *testing.T) {
	spoilt := []world.Edit{world.NoS3Route(), world.All(natDefault...), world.All(world.All(natDefault...), world.Set("NatGateways", "nat-1", "State", "failed")),
		world.Egress("sg-1"), world.Filter("subnet-1"), world.DNS("vpc-a", true, false), world.DNS("vpc-a", false, true),
		world.Routes("rtb-1", world.To("0.0.0.0/0", "eni-x")), world.All(world.All(natDefault...), world.EncryptionControl("vpc-a", "enforce")), world.BPA("block-bidirectional")}
	for _, to := range []network.Endpoint{{Service: "com.amazonaws.us-east-1.sts", Host: "sts.us-east-1.amazonaws.com"}, {Host: "pypi.org"},
		{Address: netip.MustParsePrefix("8.8.8.8/32")}, {Service: "com.amazonaws.us-east-1.dynamodb", Host: "dynamodb.us-east-1.amazonaws.com"}} {
		for i, edit := range spoilt {
			q := (&trap{}).query()
			q.To = to
			r, err := network.NewModel((&trap{edits: edits(edit)}).world().Snapshot(t)).Ask(q)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range r.Findings {
				if strings.Contains(f.Message+f.Fix, "S3") {
					t.Errorf("%d, to %v: %s: %s %s", i, to, f.Code, f.Message, f.Fix)
				}
			}
		}
	}
}
