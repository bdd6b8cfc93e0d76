package sim_test

import (
	"slices"
	"strings"
	"testing"

	. "github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

// Why traffic does not use an endpoint, in AWS's order (N185).
func TestWhyNot(t *testing.T) {
	ife := func(private bool) Edit {
		return All(Interface("eni-e", "subnet-1", "10.0.1.9", "sg-1"), InterfaceEndpoint("vpce-2", "vpc-1", "sg-1", "subnet-1"), PrivateDNS("vpce-2", private, false), Ingress("sg-1", Rule("-1", "0.0.0.0/0")))
	}
	for _, tt := range []struct {
		name, endpoint string
		edits          []Edit
		want           sim.Verdict
		gate, says     string
	}{
		{"used", "vpce-1", nil, sim.Reachable, "", ""},
		{"the table is not associated", "vpce-1", []Edit{natWay("rtb-1")}, sim.Blocked, "route", "is not among the route tables of vpce-1 (none)"},
		{"a more specific route", "vpce-1", []Edit{natWay(), Routes("rtb-1", To("52.216.0.0/16", "nat-1"))}, sim.Partial, "route", "another one takes the traffic"},
		{"another VPC's", "vpce-3", []Edit{natWay("rtb-1"), VPC("vpc-2", "10.9.0.0/16"), Table("rtb-8", "vpc-2", nil), Gateway("vpce-3", "vpc-2", "rtb-8")}, sim.Blocked, "endpoint", "serves its own VPC only"},
		{"another service's", "vpce-1", []Edit{natWay("rtb-1"), Set("VpcEndpoints", "vpce-1", "ServiceName", "com.amazonaws.us-east-1.dynamodb")}, sim.Blocked, "endpoint", "serves com.amazonaws.us-east-1.dynamodb"},
		{"private DNS is off", "vpce-2", []Edit{natWay("rtb-1"), ife(false)}, sim.Blocked, "dns", "Private DNS of vpce-2 is off"},
		{"a policy without an Allow", "vpce-1", []Edit{natWay("rtb-1"), endpointDoc(For("*", Deny("*", "*")))}, sim.Blocked, "endpoint-policy", "no Allow statement"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			job := &snapshot.Job{Subnets: []snapshot.SubnetID{"subnet-1"}, SecurityGroups: []snapshot.SecurityGroupID{"sg-1"}}
			a, err := sim.NewWorld(Policy(tt.edits...).Snapshot(t)).Trace(t.Context(), sim.TraceQuestion{Job: job, To: "s3", WhyNot: tt.endpoint})
			if err != nil {
				t.Fatal(err)
			}
			var notes []string
			said := false
			for _, f := range a.Findings {
				if f.Code.String() == "ENDPOINT_NOT_USED" {
					notes = append(notes, f.Gate.String()+": "+f.Message)
					said = said || f.Gate.String() == tt.gate && strings.Contains(f.Message, tt.says)
				}
			}
			if a.Verdict != tt.want || said != (tt.says != "") || tt.says == "" && len(notes) > 0 {
				t.Errorf("%v, want %v; %q, want %s: %s", a.Verdict, tt.want, notes, tt.gate, tt.says)
			}
		})
	}
}

// An endpoint that nothing can use is noted.
func TestUnusedEndpoint(t *testing.T) {
	unused := func(edits ...Edit) bool {
		tr := trap{}
		a, err := sim.NewWorld(Policy(edits...).Snapshot(t)).Check(t.Context(), tr.question())
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(a.Findings, func(f sim.Finding) bool { return f.Code.String() == "ENDPOINT_NOT_USED" && f.Severity == sim.Info })
	}
	if unused() {
		t.Error("the endpoint is used")
	}
	if !unused(natWay("rtb-1")) {
		t.Error("the endpoint is not used, and nothing says so")
	}
	second := All(Group("sg-9", "vpc-1", []Obj{Rule("tcp", "10.0.0.0/16")}, nil), InterfaceEndpoint("vpce-2", "vpc-1", "sg-9", "subnet-1"))
	for name, edits := range map[string][]Edit{"no interface": {second, Set("VpcEndpoints", "vpce-2", "NetworkInterfaceIds", List{})}, "groups let nothing in": {second, Ingress("sg-9")}} {
		if !unused(edits...) {
			t.Error(name + ": nothing says so")
		}
	}
	for name, edits := range map[string][]Edit{"an interface endpoint": {second}, "a group's rules are not known": {second, Unset("SecurityGroups", "sg-9", "IpPermissions")}} {
		if unused(edits...) {
			t.Error(name + " is said to be unused")
		}
	}
}
