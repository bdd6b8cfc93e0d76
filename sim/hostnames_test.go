package sim_test

import (
	"slices"
	"strings"
	"testing"

	. "github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
)

// TestNamesThatFareDifferently is N168: the name that the client calls decides
// where something in the snapshot answers S3's names differently.
func TestNamesThatFareDifferently(t *testing.T) {
	private := All(NoRoute("rtb-1", PL), InterfaceEndpoint("vpce-2", "vpc-1", "sg-1", "subnet-1"), PrivateDNS("vpce-2", true, false), Ingress("sg-1", Rule("tcp", "10.0.0.0/16")))
	zone := func(domain string) Edit {
		return Add("HostedZones", Obj{"Id": "/hostedzone/Z1", "Name": domain, "Config": Obj{"PrivateZone": true}, "VPCs": List{Obj{"VPCId": "vpc-1", "VPCRegion": RegionID}}, "ResourceRecordSets": List{}})
	}
	point := Do(func(w *World) {
		w.Account(accountA)["s3"].(Obj)["accessPoints"] = List{Obj{"Name": "ap", "Bucket": PolicyBucket, "NetworkOrigin": "Internet", "AccessPointArn": "arn:aws:s3:us-east-1:111111111111:accesspoint/ap"}}
	})
	const ap = "arn:aws:s3:us-east-1:111111111111:accesspoint/ap/object/k"
	for _, tt := range []struct {
		name   string
		edits  []Edit
		bucket string
		host   string
		want   sim.Verdict
		code   string // of a finding
		says   string // in a finding or an assumption
	}{
		{"private DNS has the Regional names", []Edit{private}, "", "", sim.Reachable, "S3_NAME_FORM", "By the name b.s3.amazonaws.com the answer is UNKNOWN"},
		{"whether it has the global ones is not known", []Edit{private}, "", "b.s3.amazonaws.com", sim.Unknown, "", ""},
		{"a gateway endpoint serves all names alike", nil, "", "", sim.Reachable, "", ""},
		{"a zone over one bucket's name", []Edit{zone("b.s3.us-east-1.amazonaws.com.")}, "", "", sim.Blocked, "DNS_PHZ_NXDOMAIN", ""},
		{"and not over another's", []Edit{zone("c.s3.us-east-1.amazonaws.com.")}, "", "", sim.Reachable, "", "The client calls b.s3.us-east-1.amazonaws.com"},
		{"a zone over access points", []Edit{point, zone("s3-accesspoint.us-east-1.amazonaws.com.")}, ap, "", sim.Blocked, "DNS_PHZ_NXDOMAIN", "ap-111111111111.s3-accesspoint.us-east-1.amazonaws.com"},
		{"and not over buckets", []Edit{point, zone("s3-accesspoint.us-east-1.amazonaws.com.")}, "", "", sim.Reachable, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := (&trap{bucket: tt.bucket}).question()
			q.Options.Hostname = tt.host
			a, err := sim.NewWorld(Policy(tt.edits...).Snapshot(t)).Check(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			found, said := tt.code == "", strings.Contains(strings.Join(a.Assumptions, "\n"), tt.says)
			for i := range a.Findings {
				found = found || a.Findings[i].Code.String() == tt.code
				said = said || strings.Contains(a.Findings[i].Message, tt.says)
			}
			if a.Verdict != tt.want || !found || !said {
				t.Errorf("%s, want %s by %q that says %q: %+v %q", a.Verdict, tt.want, tt.code, tt.says, a.Findings, a.Assumptions)
			}
			if tt.edits == nil && slices.ContainsFunc(a.Findings, func(f sim.Finding) bool { return f.Code.String() == "S3_NAME_FORM" }) {
				t.Error("a warning where all names fare alike")
			}
		})
	}
}
