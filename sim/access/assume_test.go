package access

import (
	"fmt"
	"slices"
	"testing"

	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
)

func roleARN(name string) string { return "arn:aws:iam::111111111111:role/" + name }

// assumed adds a role that trusts a principal, with policies of its own.
func assumed(name string, trust, policies world.Obj) world.Edit {
	o := world.RoleObj(roleARN(name), trust)
	o["RolePolicyList"] = world.List{}
	if policies != nil {
		o["RolePolicyList"] = world.List{world.Obj{"PolicyName": "p", "PolicyDocument": policies}}
	}
	return world.Add("RoleDetailList", o)
}

func trusting(principal string, more ...world.Obj) world.Obj {
	s := world.Obj{"Effect": "Allow", "Principal": world.Obj{"AWS": principal}, "Action": "sts:AssumeRole"}
	for _, m := range more {
		for k, v := range m {
			s[k] = v
		}
	}
	return world.Obj{"Version": "2012-10-17", "Statement": world.List{s}}
}

func TestChainsOfAssumedRoles(t *testing.T) {
	const root = "arn:aws:iam::111111111111:root"
	may := world.Doc(world.Allow("sts:AssumeRole", "*"))
	target := func(trust world.Obj) world.Edit { return assumed("Target", trust, nil) }
	vpce := world.Obj{"Condition": world.Obj{"StringEquals": world.Obj{"aws:SourceVpce": "vpce-1"}}}
	for _, c := range []struct {
		name  string
		depth int
		edits []world.Edit
		want  []string
	}{
		{"trust in the account, and a policy", 1, []world.Edit{target(trusting(root)), assumed("A", trusting("arn:aws:iam::999999999999:root"), may), assumed("B", trusting(root), nil)}, []string{"A Target REACHABLE"}},
		{"trust in the role itself needs no policy", 1, []world.Edit{target(trusting(roleARN("A"))), assumed("A", trusting("arn:aws:iam::999999999999:root"), nil)}, []string{"A Target REACHABLE"}},
		{"two calls", 2, []world.Edit{target(trusting(roleARN("A"))), assumed("A", trusting(roleARN("B")), nil), assumed("B", trusting(roleARN("B")), nil)},
			[]string{"A Target REACHABLE", "B A Target REACHABLE"}},
		{"no circle", 5, []world.Edit{target(trusting(roleARN("A"))), assumed("A", trusting(roleARN("Target")), nil)}, []string{"A Target REACHABLE"}},
		{"an account that the snapshot does not hold", 1, []world.Edit{target(trusting("arn:aws:iam::999999999999:root"))}, []string{"arn:aws:iam::999999999999:root Target UNKNOWN"}},
		{"a user", 1, []world.Edit{target(trusting("arn:aws:iam::111111111111:user/u"))}, []string{"arn:aws:iam::111111111111:user/u Target UNKNOWN"}},
		{"used from outside of the VPC that the trust asks for", 1, []world.Edit{target(trusting(roleARN("A"), vpce)), assumed("A", trusting(roleARN("B")), may)}, nil},
		{"an SCP that denies", 1, []world.Edit{target(trusting(roleARN("A"))), assumed("A", trusting(roleARN("B")), may), world.SCP("p-sts", world.Doc(world.Deny("sts:*", "*")), "r-1")}, nil},
		{"no trust policy in the snapshot", 1, []world.Edit{target(trusting(root)), world.Do(func(w *world.World) { w.Get("RoleDetailList", roleARN("Target"))["AssumeRolePolicyDocument"] = nil })}, []string{"Target UNKNOWN"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := sim.NewWorld(world.Policy(c.edits...).Snapshot(t))
			list, left, err := Chains(t.Context(), w, []string{roleARN("Target")}, c.depth, false, sim.Options{})
			if err != nil || left != 0 {
				t.Fatal(left, err)
			}
			var got []string
			for _, x := range list {
				text := ""
				for _, p := range x.Principals {
					if len(p) > len(roleARN("")) && p[:len(roleARN(""))] == roleARN("") {
						p = p[len(roleARN("")):]
					}
					text += p + " "
				}
				got = append(got, text+x.Verdict.String())
				if x.Verdict == sim.Unknown && len(x.Missing) == 0 {
					t.Errorf("%s names nothing that is missing", text)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// The chains to a role and those from its first one are the same.
func TestChainsBothWays(t *testing.T) {
	w := sim.NewWorld(world.Policy(assumed("C", trusting(roleARN("B")), nil), assumed("B", trusting(roleARN("A")), nil), assumed("A", trusting(roleARN("A")), nil)).Snapshot(t))
	to, _, err := Chains(t.Context(), w, []string{roleARN("C")}, 3, false, sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	from, _, err := Chains(t.Context(), w, []string{roleARN("A")}, 3, true, sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := fmt.Sprint(to[len(to)-1]), fmt.Sprint(from[len(from)-1]); len(to) != 2 || len(from) != 2 || a != b {
		t.Errorf("%v and %v", to, from)
	}
}
