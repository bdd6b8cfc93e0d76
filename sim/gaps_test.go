package sim_test

import (
	"strings"
	"testing"

	. "github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
)

// refused makes a capture that could not read a collection.
func refused(collection, service, operation, resource string) Edit {
	return All(NotCollected(collection), Do(func(w *World) {
		capture := w.Root()["capture"].(Obj)
		capture["gaps"] = append(capture["gaps"].(List), Obj{"account": PolicyAccount, "region": RegionID, "service": service, "operation": operation, "resource": resource, "code": "AccessDenied"})
	}))
}

// A verdict that depends on a gap is UNKNOWN and names it; leniency about
// Route 53 (N104) is for what was not asked, not for what was refused.
func TestGapsAreNamed(t *testing.T) {
	for _, tt := range []struct {
		name    string
		edits   []Edit
		verdict sim.Verdict
		code    string
		gap     string // of the unknown with the code; empty: none
	}{
		{"refused", []Edit{refused("NetworkAcls", "ec2", "DescribeNetworkAcls", "")}, sim.Unknown, "UNK_NACL", "ec2 DescribeNetworkAcls answered AccessDenied"},
		{"not collected", []Edit{NotCollected("NetworkAcls")}, sim.Unknown, "UNK_NACL", ""},
		{"DNS Firewall refused", []Edit{refused("FirewallRuleGroupAssociations", "route53resolver", "ListFirewallRuleGroupAssociations", "")},
			sim.Unknown, "UNK_DNS", "route53resolver ListFirewallRuleGroupAssociations answered AccessDenied"},
		{"zones refused", []Edit{refused("HostedZones", "route53", "ListHostedZonesByVPC", "")}, sim.Unknown, "UNK_DNS", "route53 ListHostedZonesByVPC answered AccessDenied"},
		{"DNS Firewall not collected", []Edit{NotCollected("FirewallRuleGroupAssociations")}, sim.Reachable, "", ""},
		{"the bucket's Region refused", []Edit{refused("TransitGateways", "s3", "GetBucketLocation", PolicyBucket), Do(func(w *World) { delete(w.Get("buckets", PolicyBucket), "region") })},
			sim.Unknown, "UNK_BUCKET_REGION", "s3 GetBucketLocation answered AccessDenied"},
		{"a gap that has nothing to do with the question", []Edit{refused("TransitGateways", "ec2", "DescribeTransitGateways", "")}, sim.Reachable, "", ""},
		{"a gap about another resource", []Edit{NotCollected("VpcAttributes"), refused("TransitGateways", "ec2", "DescribeVpcAttribute", "vpc-other")}, sim.Unknown, "UNK_DNS_ATTRS", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr := trap{edits: tt.edits, action: get}
			a, err := sim.NewWorld(Policy(tr.edits...).Snapshot(t)).Check(t.Context(), tr.question())
			if err != nil {
				t.Fatal(err)
			}
			if a.Verdict != tt.verdict {
				t.Errorf("%v: %+v", a.Verdict, a.Unknowns)
			}
			found := tt.code == ""
			for _, m := range a.Unknowns {
				if m.Code.String() == tt.code && m.Gap == tt.gap {
					found = true
				}
				if tt.gap == "" && strings.Contains(m.Gap, "answered") {
					t.Errorf("%s blames %s", m.Code.String(), m.Gap)
				}
			}
			if !found {
				t.Errorf("want %s with %q: %+v", tt.code, tt.gap, a.Unknowns)
			}
		})
	}
}

// TestStrict is N104 and N161: what nobody asked for is taken as absent, unless the
// question is strict.
func TestStrict(t *testing.T) {
	for _, collection := range []string{"FirewallRuleGroupAssociations", "ProfileAssociations"} {
		tr := trap{action: get}
		q := tr.question()
		w := sim.NewWorld(Policy(NotCollected(collection)).Snapshot(t))
		for strict, want := range map[bool]sim.Verdict{false: sim.Reachable, true: sim.Unknown} {
			q.Options.Strict = strict
			a, err := w.Check(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if a.Verdict != want {
				t.Errorf("%s, strict %v: %v, want %v: %+v", collection, strict, a.Verdict, want, a.Unknowns)
			}
		}
	}
}
