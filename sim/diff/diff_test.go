package diff

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

func trees(t testing.TB, a, b *world.World) (x, y *jsontree.Tree) {
	t.Helper()
	var err error
	if x, err = jsontree.Parse(a.JSON()); err != nil {
		t.Fatal(err)
	}
	if y, err = jsontree.Parse(b.JSON()); err != nil {
		t.Fatal(err)
	}
	return x, y
}

func summary(list []ResourceChange) string {
	var out []string
	for _, r := range list {
		s := r.Kind + " " + r.ID + " " + r.Change + " " + strings.Join(r.Members, ",")
		for _, p := range r.Policies {
			s += " " + p.Policy + "=" + p.Relation
		}
		if r.SameMeaning {
			s += " same"
		}
		out = append(out, strings.TrimSpace(s))
	}
	return strings.Join(out, "; ")
}

func policyDoc(effect, action, resource string, more ...any) world.Obj {
	s := world.Obj{"Effect": effect, "Principal": "*", "Action": action, "Resource": resource}
	for i := 0; i < len(more); i += 2 {
		s[more[i].(string)] = more[i+1]
	}
	return world.Obj{"Version": "2012-10-17", "Statement": world.List{s}}
}

// without is a document whose statement lacks an element.
func without(doc world.Obj, element string) world.Obj {
	delete(doc["Statement"].(world.List)[0].(world.Obj), element)
	return doc
}

func TestResourcesThatDiffer(t *testing.T) {
	endpoint := func(vpce string) world.Edit {
		return world.BucketPolicy(world.Bucket, policyDoc("Deny", "s3:*", "arn:aws:s3:::reports/*", "Condition", world.Obj{"StringNotEquals": world.Obj{"aws:SourceVpce": vpce}}))
	}
	for _, tc := range []struct {
		name string
		a, b []world.Edit
		want string
	}{
		{"nothing", nil, nil, ""},
		{"a route", nil, []world.Edit{world.NoRoute("rtb-1", world.PL)}, "RouteTables rtb-1 changed Routes"},
		{"order is no difference", []world.Edit{world.Routes("rtb-1", world.To("1.0.0.0/8", "igw-1"), world.To("2.0.0.0/8", "igw-1"))},
			[]world.Edit{world.Routes("rtb-1", world.To("2.0.0.0/8", "igw-1"), world.To("1.0.0.0/8", "igw-1"))}, ""},
		{"added and removed", []world.Edit{world.Group("sg-2", "vpc-a", nil, nil)}, []world.Edit{world.Group("sg-3", "vpc-a", nil, nil)},
			"SecurityGroups sg-2 removed; SecurityGroups sg-3 added"},
		{"an endpoint policy in other words", []world.Edit{world.EndpointPolicy("vpce-g", policyDoc("Allow", "s3:GetObject", "*"))},
			[]world.Edit{world.EndpointPolicy("vpce-g", policyDoc("Allow", "S3:getobject", "*", "Sid", "x"))}, "VpcEndpoints vpce-g changed PolicyDocument PolicyDocument=equivalent same"},
		{"P118 a gateway endpoint reads an account as its root user", []world.Edit{world.EndpointPolicy("vpce-g", policyDoc("Allow", "s3:GetObject", "*", "Principal", world.Obj{"AWS": "111111111111"}))},
			[]world.Edit{world.EndpointPolicy("vpce-g", policyDoc("Allow", "s3:GetObject", "*", "Condition", world.Obj{"ArnEquals": world.Obj{"aws:PrincipalArn": "arn:aws:iam::111111111111:root"}}))}, "VpcEndpoints vpce-g changed PolicyDocument PolicyDocument=equivalent same"},
		{"P32 a Deny that spares fewer", []world.Edit{world.BucketPolicy(world.Bucket, without(policyDoc("Deny", "s3:*", "arn:aws:s3:::reports/*", "NotPrincipal", world.Obj{"AWS": world.List{"111111111111", "arn:aws:iam::111111111111:user/u"}}), "Principal"))},
			[]world.Edit{world.BucketPolicy(world.Bucket, without(policyDoc("Deny", "s3:*", "arn:aws:s3:::reports/*", "NotPrincipal", world.Obj{"AWS": "111111111111"}), "Principal"))}, "buckets reports changed Policy Policy=no-new-access"},
		{"a bucket policy that allows more", []world.Edit{world.BucketPolicy(world.Bucket, policyDoc("Allow", "s3:GetObject", "arn:aws:s3:::reports/a/*"))},
			[]world.Edit{world.BucketPolicy(world.Bucket, policyDoc("Allow", "s3:GetObject", "arn:aws:s3:::reports/*"))}, "buckets reports changed Policy Policy=new-access"},
		{"denies that differ are a difference though neither policy allows anything", []world.Edit{endpoint("vpce-g")}, []world.Edit{endpoint("vpce-x")},
			"buckets reports changed Policy Policy=incomparable"},
		{"a wider deny", []world.Edit{world.BucketPolicy(world.Bucket, policyDoc("Deny", "s3:GetObject", "arn:aws:s3:::reports/*"))},
			[]world.Edit{world.BucketPolicy(world.Bucket, policyDoc("Deny", "s3:*", "arn:aws:s3:::reports/*"))}, "buckets reports changed Policy Policy=no-new-access"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := summary(Resources(trees(t, world.Network(tc.a...), world.Network(tc.b...)))); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

var edits = []world.Edit{
	world.NoRoute("rtb-1", world.PL), world.Egress("sg-1"), world.EndpointPolicy("vpce-g", policyDoc("Deny", "s3:*", "*")),
	world.BucketPolicy(world.Bucket, policyDoc("Deny", "s3:*", "arn:aws:s3:::reports/*")), world.Group("sg-2", "vpc-a", nil, nil),
	world.Subnet("subnet-2", "vpc-a", "10.0.2.0/24", "us-east-1b"), world.AddBucket("other", "us-east-1", nil), world.DNS("vpc-a", false, true),
}

// Making every change of the second snapshot in the first gives the second.
func TestPuttingAllChangesGivesTheOtherSnapshot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pick := func(label string) []world.Edit {
			var out []world.Edit
			for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, len(edits)-1), 0, 4, rapid.ID[int]).Draw(t, label) {
				out = append(out, edits[i])
			}
			return out
		}
		a, errA := jsontree.Parse(world.Network(pick("a")...).JSON())
		b, errB := jsontree.Parse(world.Network(pick("b")...).JSON())
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		for _, r := range Resources(a, b) {
			if !r.put(a.Root) {
				t.Fatalf("%s %s can't be put", r.Kind, r.ID)
			}
		}
		if left := Resources(a, b); len(left) > 0 {
			t.Fatalf("left: %s", summary(left))
		}
	})
}

var job = snapshot.Job{Name: "j", RoleARN: world.Role, Subnets: []snapshot.SubnetID{"subnet-1"}, SecurityGroups: []snapshot.SecurityGroupID{"sg-1"}, HasVPCConfig: true, Instances: 1}

func compare(t testing.TB, a, b *world.World) *Result {
	t.Helper()
	res, err := Snapshots(t.Context(), a.JSON(), b.JSON(), Options{Jobs: []snapshot.Job{job}, Buckets: []string{"arn:aws:s3:::reports"}})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func texts(list []Cause) string {
	var out []string
	for _, c := range list {
		out = append(out, c.Text)
	}
	return strings.Join(out, "; ")
}

func TestCauses(t *testing.T) {
	noise := world.All(world.AddBucket("other", "us-east-1", nil), world.Group("sg-9", "vpc-a", nil, nil))
	for _, tc := range []struct {
		name             string
		b                []world.Edit
		after            sim.Verdict
		causes, together string
	}{
		{"one resource among others", []world.Edit{noise, world.Egress("sg-1")}, sim.Blocked, "SecurityGroups sg-1 changed (IpPermissionsEgress)", ""},
		{"two, each alone", []world.Edit{world.Egress("sg-1"), world.DNS("vpc-a", false, true)}, sim.Blocked,
			"SecurityGroups sg-1 changed (IpPermissionsEgress); VpcAttributes vpc-a changed (EnableDnsSupport)", ""},
		{"two, only together", []world.Edit{noise, world.NoS3Route()}, sim.Blocked, "",
			"RouteTables rtb-1 changed (Routes); VpcEndpoints vpce-g changed (RouteTableIds)"},
	} {
		t.Run(tc.name+", by halves", func(t *testing.T) {
			res, err := Snapshots(t.Context(), world.Network().JSON(), world.Network(tc.b...).JSON(), Options{Jobs: []snapshot.Job{job}, Buckets: []string{"arn:aws:s3:::reports"}, Causes: 1})
			if err != nil {
				t.Fatal(err)
			}
			if got := texts(res.Differences[0].Causes) + "|" + texts(res.Differences[0].Together); got != tc.causes+"|"+tc.together {
				t.Errorf("got %s", got)
			}
		})
		t.Run(tc.name, func(t *testing.T) {
			res := compare(t, world.Network(), world.Network(tc.b...))
			if len(res.Differences) != 1 || res.Differences[0].Delta.After != tc.after {
				t.Fatalf("%+v", res.Differences)
			}
			d := res.Differences[0]
			if got := texts(d.Causes); got != tc.causes {
				t.Errorf("causes %q, want %q", got, tc.causes)
			}
			if got := texts(d.Together); got != tc.together {
				t.Errorf("together %q, want %q", got, tc.together)
			}
		})
	}
}

func TestNoDifferenceWhereOnlyWordsDiffer(t *testing.T) {
	res := compare(t, world.Network(), world.Network(world.AddBucket("other", "us-east-1", nil)))
	if len(res.Differences) != 0 || res.Asked != 1 || len(res.Resources) != 1 {
		t.Errorf("%+v", res)
	}
}

func TestEverybodyIsAsked(t *testing.T) {
	more := world.All(world.Subnet("subnet-2", "vpc-a", "10.0.2.0/24", "us-east-1b"), world.OnTable("rtb-1", "subnet-2"), world.Group("sg-2", "vpc-a", nil, []world.Obj{world.Rule("-1", "0.0.0.0/0")}))
	a := world.Network(more, world.AddBucket("gone", "us-east-1", nil))
	b := world.Network(more, world.Egress("sg-1"), world.AddBucket("new", "us-east-1", nil))
	res, err := Snapshots(t.Context(), a.JSON(), b.JSON(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	// subnet-1 stands for subnet-2; sg-1 and sg-2 differ in the second snapshot.
	if res.Asked != 2 || len(res.Differences) != 1 || !slices.Equal(res.Differences[0].Alike, []string{"subnet-2"}) {
		t.Errorf("%d asked, %+v", res.Asked, res.Differences)
	}
	if !slices.Contains(res.OnlyA, Source{"bucket", "gone"}) || !slices.Contains(res.OnlyB, Source{"bucket", "new"}) {
		t.Errorf("only in A %v, only in B %v", res.OnlyA, res.OnlyB)
	}
	if cut, err := Snapshots(t.Context(), a.JSON(), b.JSON(), Options{Questions: 1}); err != nil || cut.Asked != 1 || cut.LeftOut != 1 || len(cut.Notes) == 0 {
		t.Errorf("%+v %v", cut, err)
	}
}

// The twin of quickXplain tries every set, smallest first; every set that it
// returns must be minimal.
func TestQuickXplainFindsMinimalSets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 9).Draw(t, "n")
		needs := rapid.SliceOfN(rapid.Uint16Range(1, 1<<n-1), 1, 3).Draw(t, "needs") // any of these sets is enough
		mask := func(set []int) (m uint16) {
			for _, i := range set {
				m |= 1 << i
			}
			return m
		}
		holds := func(set []int) bool {
			return slices.ContainsFunc(needs, func(want uint16) bool { return mask(set)&want == want })
		}
		all := make([]int, n)
		for i := range all {
			all[i] = i
		}
		got := quickXplain(nil, nil, all, holds)
		if !holds(got) {
			t.Fatalf("%v does not hold for %b", got, needs)
		}
		for i := range got {
			if less := slices.Delete(slices.Clone(got), i, i+1); len(less) > 0 && holds(less) {
				t.Fatalf("%v is not minimal for %b: %v", got, needs, less)
			}
		}
	})
}

func TestAnswersTellFindingsApart(t *testing.T) {
	f := func(code finding.Code, component string, s sim.Severity) sim.Finding {
		return sim.Finding{Code: code, Component: component, Severity: s}
	}
	a := &sim.Answer{Verdict: sim.Blocked, Findings: []sim.Finding{f(finding.BadState, "x", sim.Blocker), f(finding.BadStateRoute, "x", sim.Warning), f(finding.BadStateAttachment, "x", sim.Info)}, Unknowns: []sim.Missing{{Code: finding.UnknownVPC, Decisive: true}}}
	b := &sim.Answer{Verdict: sim.Reachable, Findings: []sim.Finding{f(finding.BadStateRoute, "x", sim.Warning), f(finding.RoutingLoop, "x", sim.Warning), f(finding.NoPath, "x", sim.Info)}}
	d := Answers(a, b)
	if len(d.Removed) != 1 || d.Removed[0].Code != finding.BadState || len(d.New) != 1 || d.New[0].Code != finding.RoutingLoop || len(d.Settled) != 1 || len(d.Opened) != 0 {
		t.Errorf("%+v", d)
	}
	if same := Answers(a, a); same.Differs() {
		t.Errorf("%+v", same)
	}
	for _, tc := range []struct {
		a, b sim.Verdict
		want string
	}{{sim.Blocked, sim.Reachable, "opens"}, {sim.Reachable, sim.Partial, "breaks"}, {sim.Reachable, sim.Unknown, "becomes unknown"}, {sim.Unknown, sim.Blocked, "becomes BLOCKED"}, {sim.Partial, sim.Partial, "unchanged"}} {
		if got := Direction(tc.a, tc.b); got != tc.want {
			t.Errorf("%v to %v: %s", tc.a, tc.b, got)
		}
	}
}
