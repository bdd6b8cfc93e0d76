package sim_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

// What an answer gives as an example, asked as a question of its own, fares as
// the answer says: the allowed one is not blocked, the denied one does not
// pass.
func TestExamplesFareAsTold(t *testing.T) {
	told := 0
	for i := range traps {
		tr := &traps[i]
		t.Run(tr.id, func(t *testing.T) {
			w := sim.NewWorld(Policy(tr.edits...).Snapshot(t))
			a, err := w.Check(t.Context(), tr.question())
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range a.Placements {
				for _, r := range p.Requests {
					if r.Allowed != nil && askExample(t, w, tr, r.Allowed) == sim.Blocked && a.Verdict != sim.Blocked {
						t.Errorf("%s of %s is told to succeed and is blocked", r.Allowed.Action, r.Allowed.Resource)
					}
					if r.Denied != nil && askExample(t, w, tr, r.Denied) == sim.Reachable {
						t.Errorf("%s of %s is told to fail and passes", r.Denied.Action, r.Denied.Resource)
					}
					if r.Allowed != nil || r.Denied != nil {
						told++
					}
				}
			}
		})
	}
	if told < 20 {
		t.Errorf("only %d answers gave an example", told)
	}
}

func askExample(t *testing.T, w *sim.World, tr *trap, e *sim.Example) sim.Verdict {
	t.Helper()
	q := tr.question()
	q.Bucket, q.Actions = e.Resource, []string{e.Action}
	a, err := w.Check(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return a.Verdict
}

// A Deny that is added permits nothing that was not permitted before.
func TestAddedDenyNeverPermits(t *testing.T) {
	rank := map[sim.Verdict]int{sim.Blocked: 0, sim.Partial: 1, sim.Unknown: 1, sim.Reachable: 2}
	deny := Do(func(w *World) {
		policies := w.Get("RoleDetailList", roleR)["RolePolicyList"].(List)
		w.Get("RoleDetailList", roleR)["RolePolicyList"] = append(policies, Obj{"PolicyName": "more",
			"PolicyDocument": Doc(Deny(get, objects("/zz*", "/k")), If("StringEquals", "aws:SourceVpce", "vpce-9", Deny("s3:*", "*")))})
	})
	fell := 0
	for i := range traps {
		tr := &traps[i]
		t.Run(tr.id, func(t *testing.T) {
			before, err := sim.NewWorld(Policy(tr.edits...).Snapshot(t)).Check(t.Context(), tr.question())
			if err != nil {
				t.Fatal(err)
			}
			after, err := sim.NewWorld(Policy(append(append([]Edit{}, tr.edits...), deny)...).Snapshot(t)).Check(t.Context(), tr.question())
			if err != nil {
				t.Fatal(err)
			}
			if rank[after.Verdict] > rank[before.Verdict] {
				t.Errorf("%v became %v", before.Verdict, after.Verdict)
			}
			if rank[after.Verdict] < rank[before.Verdict] {
				fell++
			}
		})
	}
	if fell == 0 {
		t.Error("the Deny did nothing anywhere")
	}
}

// T45: of a managed policy only the default version counts (P73).
func TestDefaultVersionCounts(t *testing.T) {
	arn := "arn:aws:iam::111111111111:policy/M"
	managed := Obj{"Arn": arn, "PolicyName": "M", "DefaultVersionId": "v2", "PolicyVersionList": List{
		Obj{"VersionId": "v1", "IsDefaultVersion": false, "Document": Doc(Allow("*", "*"))},
		Obj{"VersionId": "v2", "IsDefaultVersion": true, "Document": Doc(Allow(list, "*"))}}}
	attach := Set("RoleDetailList", roleR, "AttachedManagedPolicies", List{Obj{"PolicyArn": arn, "PolicyName": "M"}})
	checkTrap(t, &trap{edits: []Edit{none(), Add("Policies", managed), attach}, want: sim.Blocked, code: "ROLE_NO_ALLOW"})
	checkTrap(t, &trap{edits: []Edit{none(), Add("Policies", managed), attach}, action: list, want: sim.Reachable})
}

// T159: get-bucket-location prints null for us-east-1 (P279).
func TestLocationNullIsUSEast1(t *testing.T) {
	dir := t.TempDir()
	at := filepath.Join(dir, "111111111111", "us-east-1", "s3", "b")
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(at, "get-bucket-location.json"), []byte(`{"LocationConstraint": null}`), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := snapshot.Load(dir, snapshot.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b, ok := sim.NewWorld(s).FindBucket("b")
	if !ok || b.Region != "us-east-1" {
		t.Errorf("bucket %+v, want one in us-east-1", b)
	}
}

// who asks is one row of "who can GET?".
type who struct {
	name      string
	principal string
	identity  bool // its own account lets it
	want      policy.Truth
}

// T181, T182: who can read the bucket. Principals of other accounts are let by
// whoever administrates them; anonymous callers by nobody but the bucket.
func TestWhoCanRead(t *testing.T) {
	for _, tt := range []struct {
		id, bucket string
		callers    []who
	}{
		{"T181", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}`, []who{
			{"R, by its own identity policy", roleR, true, policy.True},
			{"a principal of X that X lets", "arn:aws:iam::222222222222:role/S", true, policy.True},
			{"a principal of X that X does not let", "arn:aws:iam::222222222222:role/S", false, policy.False},
			{"another account", "arn:aws:iam::333333333333:role/S", true, policy.False},
			{"anonymous", "anonymous", false, policy.False},
		}},
		{"T182", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"}}}]}`, []who{
			{"R, without an identity policy", roleR, false, policy.True},
			{"foreign credentials through the endpoint", "arn:aws:iam::222222222222:role/S", true, policy.True},
			{"anonymous through the endpoint", "anonymous", false, policy.True},
		}},
	} {
		bucket, err := policy.Parse([]byte(tt.bucket), policy.KindBucket)
		if err != nil {
			t.Fatal(err)
		}
		everything, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`), policy.KindIdentity)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range tt.callers {
			p := policy.Principal{Kind: policy.PrincipalAnonymous}
			if strings.HasPrefix(c.principal, "arn:") {
				if p, err = policy.ParsePrincipal(c.principal); err != nil {
					t.Fatal(err)
				}
			}
			l := policy.Layers{Resource: &policy.Policy{Name: "b", Document: bucket}, ResourceKind: policy.KindBucket, EndpointType: policy.EndpointGateway}
			if c.identity {
				l.Identity = []policy.Policy{{Name: "all", Document: everything}}
			}
			r := policy.Request{Principal: p, Action: get, Resource: "arn:aws:s3:::b/k", ResourceAccount: accountA, Context: policy.NewContext(p)}
			r.Context["aws:sourcevpce"] = policy.Value{State: policy.KeyKnown, Values: []string{"vpce-1"}}
			if d := policy.Evaluate(&l, &r); d.Outcome != c.want {
				t.Errorf("%s, %s: %v, want %v", tt.id, c.name, d.Outcome, c.want)
			}
		}
	}
}

// Replaying the steps of a path gives its verdict: what gets through was
// denied nowhere, and what is blocked was denied at some step, or stopped for
// lack of a way on.
func TestStepsGiveTheVerdict(t *testing.T) {
	seen := make(map[sim.Verdict]int)
	worlds := map[string][]Edit{
		"works":         nil,
		"no egress":     {Egress("sg-1")},
		"acl out":       {FilterExactly("subnet-1", Entry(100, "in", "allow", "-1", "0.0.0.0/0"))},
		"acl in":        {FilterExactly("subnet-1", Entry(100, "out", "allow", "-1", "0.0.0.0/0"))},
		"no route":      {NoRoute("rtb-1", PL), Set("VpcEndpoints", "vpce-1", "RouteTableIds", List{})},
		"dead endpoint": {Set("VpcEndpoints", "vpce-1", "State", "failed")},
		"nat":           {natWay("rtb-1")},
		"half the list": {Egress("sg-1", Rule("tcp", "52.216.0.0/15"))},
		"acl unknown":   {Unset("NetworkAcls", "acl-1", "Entries")},
	}
	for name, edits := range worlds {
		t.Run(name, func(t *testing.T) {
			tr := trap{}
			a, err := sim.NewWorld(Policy(edits...).Snapshot(t)).Check(t.Context(), tr.question())
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range a.Placements {
				for _, path := range p.Network.Paths {
					seen[path.Verdict]++
					if got := replay(path.Hops); got != path.Verdict && !(got == sim.Reachable && path.Via == "") {
						t.Errorf("the steps give %v, the path says %v: %+v", got, path.Verdict, path.Hops)
					}
				}
			}
		})
	}
	if seen[sim.Reachable] == 0 || seen[sim.Blocked] == 0 || seen[sim.Partial] == 0 {
		t.Errorf("paths by verdict: %v", seen)
	}
}

// replay joins what the steps let through, as sets that may miss each other:
// a partial step leaves a part.
func replay(hops []sim.Hop) sim.Verdict {
	v := sim.Reachable
	for _, h := range hops {
		switch h.Decision {
		case "deny":
			return sim.Blocked
		case "unknown":
			v = sim.Unknown
		case "partial":
			if v == sim.Reachable {
				v = sim.Partial
			}
		}
	}
	return v
}
