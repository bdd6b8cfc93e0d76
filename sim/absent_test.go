package sim_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	. "github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// What a question names and the snapshot lacks is listed, with what it has of
// nearly that name; of a kind of which it holds nothing there is nothing to say.
func TestAbsentNames(t *testing.T) {
	edits := []Edit{AddBucket("models-1", RegionID, nil), Add("Subnets", Obj{"SubnetId": "subnet-abc", "VpcId": "vpc-1", "CidrBlock": "10.0.2.0/24"})}
	for _, tt := range []struct {
		name   string
		bucket string
		change func(*sim.Question)
		edits  []Edit
		want   []string
	}{
		{"everything is there", "", nil, nil, nil},
		{"a bucket", "arn:aws:s3:::model-1/x", nil, nil, []string{"bucket model-1 is not in the snapshot; did you mean models-1?"}},
		{"a bucket with no like", "arn:aws:s3:::elsewhere", nil, nil, []string{"bucket elsewhere is not in the snapshot"}},
		{"one of AWS's own buckets", "arn:aws:s3:::prod-us-east-1-starport-layer-bucket/x", nil, nil, nil},
		{"a job's own location", "-", func(q *sim.Question) {
			q.Bucket, q.Job.Inputs = "", []snapshot.S3Location{{Bucket: "models-2", Prefix: "m.tar.gz"}}
		}, nil, []string{"bucket models-2 is not in the snapshot; did you mean models-1?"}},
		{"a role", "", func(q *sim.Question) { q.Job.RoleARN = roleR + "r" }, nil, []string{"role " + roleR + "r is not in the snapshot; did you mean " + roleR + "?"}},
		{"a subnet and a group", "", func(q *sim.Question) {
			q.Job.Subnets, q.Job.SecurityGroups = []snapshot.SubnetID{"subnet-2bc"}, []snapshot.SecurityGroupID{"sg-1", "sg-2"}
		}, nil, []string{"subnet subnet-2bc is not in the snapshot; did you mean subnet-abc?", "security group sg-2 is not in the snapshot; did you mean sg-1?"}},
		{"no roles were collected", "", nil, []Edit{NotCollected("RoleDetailList")}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr := trap{bucket: strings.TrimPrefix(tt.bucket, "-"), change: tt.change}
			a, err := sim.NewWorld(Policy(append(slices.Clone(edits), tt.edits...)...).Snapshot(t)).Check(t.Context(), tr.question())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, n := range a.Absent {
				got = append(got, n.String())
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			text, err := json.Marshal(a)
			if err != nil {
				t.Fatal(err)
			}
			followsSchema(t, compiledSchema(t), text)
		})
	}
}

// Which bucket is meant, one that the snapshot lacks or one of nearly its name,
// no snapshot tells: what hangs on it is open, what fails for both fails, and
// no fix widens a policy before the name is settled (P385).
func TestAMisspeltBucketLeavesOpenWhatHangsOnItsName(t *testing.T) {
	models := AddBucket("models-1", RegionID, nil)
	narrow := EndpointPolicy("vpce-1", Doc(For("*", Allow("s3:*", List{"arn:aws:s3:::models-1", "arn:aws:s3:::models-1/*"}))))
	deny := Identity(roleR, Doc(Allow("*", "*"), Deny("s3:*", "arn:aws:s3:::model-1/*")))
	denyBoth := Identity(roleR, Doc(Allow("*", "*"), Deny("s3:*", "arn:aws:s3:::model*")))
	listed := Do(func(w *World) { w.Account(accountA)["s3"].(Obj)["complete"] = List{"buckets"} })
	meant := func(q *sim.Question) { q.Options.MayBeAbsent = true }
	input := func(q *sim.Question) {
		q.Bucket, q.Actions, q.Job.Inputs = "", nil, []snapshot.S3Location{{Bucket: "model-1", Prefix: "x"}}
	}
	for _, tt := range []struct {
		name, bucket string
		change       func(*sim.Question)
		edits        []Edit
		want         sim.Verdict
		stops        []sim.Gate
		widens       bool
	}{
		{"the policies let the other one pass", "model-1", nil, []Edit{narrow}, sim.Unknown, nil, false},
		{"a Deny of the name alone", "model-1", nil, []Edit{deny}, sim.Unknown, nil, false},
		{"as the job's own location", "", input, []Edit{narrow}, sim.Unknown, nil, false},
		{"a Deny of both", "model-1", nil, []Edit{narrow, denyBoth}, sim.Blocked, []sim.Gate{sim.GateRole}, false},
		{"the network stops both", "model-1", nil, []Edit{narrow, Set("SecurityGroups", "sg-1", "IpPermissionsEgress", List{})}, sim.Blocked, []sim.Gate{sim.GateSGEgress}, true},
		{"it is meant as written", "model-1", meant, []Edit{narrow, deny}, sim.Blocked, []sim.Gate{sim.GateEndpointPolicy, sim.GateRole}, true},
		{"the account is known to have none of its name", "model-1", nil, []Edit{narrow, listed}, sim.Blocked, []sim.Gate{sim.GateEndpointPolicy}, false},
		{"like none of the snapshot's", "elsewhere", nil, []Edit{narrow}, sim.Blocked, []sim.Gate{sim.GateEndpointPolicy}, false},
		{"like none, and meant as written", "elsewhere", meant, []Edit{narrow}, sim.Blocked, []sim.Gate{sim.GateEndpointPolicy}, true},
		{"the bucket that is there", "models-1", nil, []Edit{narrow}, sim.Reachable, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr := trap{bucket: "arn:aws:s3:::" + tt.bucket + "/x", change: tt.change}
			a, err := sim.NewWorld(Policy(append([]Edit{models}, tt.edits...)...).Snapshot(t)).Check(t.Context(), tr.question())
			if err != nil {
				t.Fatal(err)
			}
			var stops []sim.Gate
			for _, f := range a.Findings {
				if f.Severity != sim.Blocker {
					continue
				}
				stops = append(stops, f.Gate)
				if strings.HasPrefix(f.Fix, "Make sure of the bucket's name first") == tt.widens {
					t.Errorf("%s: %s", f.Code, f.Fix)
				}
			}
			if a.Verdict != tt.want || !slices.Equal(stops, tt.stops) {
				t.Errorf("%v, stops %v, want %v, %v", a.Verdict, stops, tt.want, tt.stops)
			}
			asks := slices.ContainsFunc(a.Unknowns, func(m sim.Missing) bool {
				return m.Code == finding.UnknownBucket && m.Component == "model-1" && m.Decisive
			})
			if asks != (tt.want == sim.Unknown) {
				t.Errorf("%+v", a.Unknowns)
			}
			for _, g := range []sim.Gate{sim.GateEndpointPolicy, sim.GateRole} {
				if a.Verdict == sim.Unknown && a.GateState(g) == sim.GateStops {
					t.Errorf("%v is shown as stopping", g)
				}
			}
		})
	}
}

// An end of a trace, or a component to pass, that is not there is an error that
// names the nearest.
func TestTraceNamesWhatIsAbsent(t *testing.T) {
	w := sim.NewWorld(Network(Interface("eni-abc1", "subnet-1", "10.0.1.50", "sg-1")).Snapshot(t))
	from := func(id string) sim.TraceQuestion { return sim.TraceQuestion{From: id, To: "s3"} }
	for _, tt := range []struct {
		q    sim.TraceQuestion
		want string
	}{
		{from("eni-abc2"), `From "eni-abc2": network interface eni-abc2 is not in the snapshot; did you mean eni-abc1?`},
		{from("subnet-11"), `From "subnet-11": subnet subnet-11 is not in the snapshot; did you mean subnet-1?`},
		{sim.TraceQuestion{From: "eni-abc1", To: "vpce-x"}, `To "vpce-x": endpoint vpce-x is not in the snapshot; did you mean vpce-g?`},
		{sim.TraceQuestion{From: "eni-abc1", To: "s3://report"}, `To "s3://report": bucket report is not in the snapshot; did you mean reports?`},
		{sim.TraceQuestion{From: "eni-abc1", To: "s3", Through: []string{"vpce-x"}}, `Options.Through "vpce-x": not a component in the snapshot; name it by its id; did you mean vpce-g?`},
		{sim.TraceQuestion{From: "eni-abc1", To: "s3", WhyNot: "vpce-x"}, `WhyNot "vpce-x": not a component in the snapshot; name it by its id; did you mean vpce-g?`},
	} {
		if _, err := w.Trace(t.Context(), tt.q); err == nil || err.Error() != tt.want {
			t.Errorf("%+v: %v, want %s", tt.q, err, tt.want)
		}
	}
	a, err := w.Trace(t.Context(), sim.TraceQuestion{From: "subnet-1", To: "s3", SecurityGroups: []snapshot.SecurityGroupID{"sg-2"}})
	if err != nil || len(a.Absent) != 1 || a.Absent[0].Nearest != "sg-1" || a.Verdict != sim.Unknown {
		t.Errorf("%+v, %v", a, err)
	}
}
