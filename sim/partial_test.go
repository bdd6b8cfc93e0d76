package sim_test

import (
	"net/netip"
	"reflect"
	"testing"

	. "github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
)

// partialCases split at the network: by destination, and by source.
var partialCases = []struct {
	name   string
	edits  []Edit
	passes []string // what some passing packet's address must be in
	fails  []string
}{
	{"a slice of S3 goes to an internet gateway (N28)", []Edit{IGW("igw-1", "vpc-1"), Routes("rtb-1", To("52.216.8.0/24", "igw-1"))},
		[]string{"52.216.0.0/15", "54.231.0.0/16", "3.5.0.0/19"}, []string{"52.216.8.0/24"}},
	{"the endpoint's group admits half the subnet (N151)", []Edit{
		Subnet("subnet-5", "vpc-1", "10.0.5.0/24", "us-east-1a"), Table("rtb-5", "vpc-1", []string{"subnet-5"}),
		Group("sg-5", "vpc-1", []Obj{Rule("tcp", "10.0.1.128/25")}, nil), InterfaceEndpoint("vpce-i", "vpc-1", "sg-5", "subnet-5")},
		[]string{"10.0.5.50/32"}, []string{"10.0.5.50/32"}},
}

// A PARTIAL answer names one packet that passes and one that does not, and
// the request that it says succeeds goes the way that passes.
func TestPartialNamesOneOfEach(t *testing.T) {
	for _, c := range partialCases {
		t.Run(c.name, func(t *testing.T) {
			q := (&trap{}).question()
			a, err := sim.NewWorld(Policy(c.edits...).Snapshot(t)).Check(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			n := &a.Placements[0].Network
			if a.Verdict != sim.Partial || n.Passes == nil || n.Fails == nil {
				t.Fatalf("%s, passes %v, fails %v", a.Verdict, n.Passes, n.Fails)
			}
			if !within(n.Passes.Destination, c.passes) || reflect.DeepEqual(n.Passes, n.Fails) || !within(n.Fails.Destination, c.fails) {
				t.Errorf("passes %+v, fails %+v", n.Passes, n.Fails)
			}
			r := &a.Placements[0].Requests[0]
			if r.Allowed == nil || r.Allowed.Context["aws:SourceVpce"] == "" {
				t.Fatalf("allowed %+v, want a request through the endpoint", r.Allowed)
			}
			if c.passes[0] == "10.0.5.50/32" && !within(r.Allowed.Source, []string{"10.0.1.128/25"}) {
				t.Errorf("the request that succeeds comes from %s, which the endpoint's group drops", r.Allowed.Source)
			}
		})
	}
}

// Where nothing gets through, no request succeeds, whatever the policies say;
// and packets of each side are for PARTIAL answers.
func TestBlockedHasNoRequestThatSucceeds(t *testing.T) {
	a, err := sim.NewWorld(Policy(NoRoute("rtb-1", PL), Set("VpcEndpoints", "vpce-1", "RouteTableIds", List{})).Snapshot(t)).Check(t.Context(), (&trap{}).question())
	if err != nil {
		t.Fatal(err)
	}
	n := &a.Placements[0].Network
	if a.Verdict != sim.Blocked || n.Passes != nil || n.Fails != nil || a.Placements[0].Requests[0].Allowed != nil {
		t.Errorf("%s: passes %v, fails %v, allowed %v", a.Verdict, n.Passes, n.Fails, a.Placements[0].Requests[0].Allowed)
	}
}

// A host name that is none of S3's is no question (exit status 2).
func TestHostnameThatIsNoneOfS3(t *testing.T) {
	q := (&trap{}).question()
	q.Options.Hostname = "s3.example.com"
	if _, err := sim.NewWorld(Policy().Snapshot(t)).Check(t.Context(), q); err == nil {
		t.Error("no error")
	}
}

func within(address string, prefixes []string) bool {
	x, err := netip.ParseAddr(address)
	for _, p := range prefixes {
		if err == nil && netip.MustParsePrefix(p).Contains(x) {
			return true
		}
	}
	return false
}

// Two lists may carry the same addresses, one through the endpoint and one
// through NAT: the network lets all of it through, and what the role may do
// hangs on the way. The missing fact is named, and nothing on a way that may
// not be taken is called a blocker (N2).
func TestWayThatDecidesIsNamed(t *testing.T) {
	own := Obj{"PrefixListId": "pl-own", "PrefixListName": "own", "OwnerId": AccountID, "AddressFamily": "IPv4", "MaxEntries": 5, "Cidrs": List{"52.216.0.0/15"}}
	a, err := sim.NewWorld(Policy(natWay(), Add("PrefixLists", own), Routes("rtb-1", ToList("pl-own", "nat-1")),
		inline(0, Doc(Allow("*", "*"), If("StringNotEquals", "aws:SourceVpce", "vpce-1", Deny("s3:*", "*"))))).Snapshot(t)).Check(t.Context(), (&trap{}).question())
	if err != nil {
		t.Fatal(err)
	}
	if a.Verdict != sim.Unknown || len(a.Unknowns) != 1 || a.Unknowns[0].Code.String() != "UNK_OVERLAPPING_PREFIX_LISTS" {
		t.Fatalf("%s, missing %+v", a.Verdict, a.Unknowns)
	}
	warned := false
	for _, f := range a.Findings {
		if f.Severity == sim.Blocker {
			t.Errorf("blocker %s: %s", f.Code.String(), f.Message)
		}
		warned = warned || f.Code.String() == "ROLE_EXPLICIT_DENY" && f.Severity == sim.Warning
	}
	if !warned {
		t.Errorf("findings %+v", a.Findings)
	}
}
