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

// chainTable decides a world for chains; without interfaces its one source is
// the internet.
func chainTable(t *testing.T, q Query, edits ...world.Edit) *Table {
	t.Helper()
	q.Chains = true
	tab, err := Decide(t.Context(), sim.NewWorld(world.Policy(edits...).Snapshot(t)), q)
	if err != nil {
		t.Fatal(err)
	}
	return tab
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
			list, left, err := chainTable(t, Query{}, c.edits...).Chains(t.Context(), []string{roleARN("Target")}, c.depth, false)
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
				if !slices.Equal(x.Sources, []int{0}) {
					t.Errorf("%s from %v", text, x.Sources)
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
	tab := chainTable(t, Query{}, assumed("C", trusting(roleARN("B")), nil), assumed("B", trusting(roleARN("A")), nil), assumed("A", trusting(roleARN("A")), nil))
	to, _, err := tab.Chains(t.Context(), []string{roleARN("C")}, 3, false)
	if err != nil {
		t.Fatal(err)
	}
	from, _, err := tab.Chains(t.Context(), []string{roleARN("A")}, 3, true)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := fmt.Sprint(to[len(to)-1]), fmt.Sprint(from[len(from)-1]); len(to) != 2 || len(from) != 2 || a != b {
		t.Errorf("%v and %v", to, from)
	}
}

// A chain holds from where its credentials are used: an instance behind a NAT
// gateway, one without a way to STS, and the internet.
func TestChainsFromEachSource(t *testing.T) {
	from := func(op, key, value string) world.Obj {
		return world.Obj{"Condition": world.Obj{op: world.Obj{key: value}}}
	}
	edits := []world.Edit{
		world.Interface("eni-1", "subnet-1", "10.0.1.20", "sg-1"),
		world.IGW("igw-1", "vpc-1"), world.Subnet("subnet-2", "vpc-1", "10.0.2.0/24", "us-east-1a"),
		world.Table("rtb-2", "vpc-1", []string{"subnet-2"}, world.To("0.0.0.0/0", "igw-1")),
		world.Interface("eni-2", "subnet-2", "10.0.2.20", "sg-1"), world.PublicIP("eni-2", "203.0.113.9"),
		assumed("Target", trusting(roleARN("Anywhere")), world.Doc(world.Allow("s3:*", "*"))),
		assumed("Anywhere", trusting(roleARN("Office"), from("IpAddress", "aws:SourceIp", "203.0.113.9/32")), nil),
		assumed("Office", trusting("arn:aws:iam::999999999999:root"), nil),
	}
	tab := chainTable(t, Query{Actions: []string{"s3:GetObject"}}, edits...)
	list, _, err := tab.Chains(t.Context(), []string{roleARN("Target")}, 2, false)
	if err != nil {
		t.Fatal(err)
	}
	where := func(sources []int) (out string) {
		for _, n := range sources {
			if s := &tab.Sources[n]; s.Kind == "internet" {
				out += "internet "
			} else {
				out += string(s.Classes[0].Example) + " "
			}
		}
		return out
	}
	var got []string
	for i := range list {
		c := &list[i]
		got = append(got, fmt.Sprint(len(c.Principals), " ", c.Verdict, " from ", where(c.Sources), "reaches from ", where(c.Reaches)))
	}
	want := []string{"2 REACHABLE from eni-2 internet reaches from eni-2 internet ", "3 REACHABLE from eni-2 reaches from eni-2 ", "3 UNKNOWN from internet reaches from internet "}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// The public and services are decided, since no policy of their own counts;
// what a user may do is not known.
func TestPrincipalsThatTheBucketPolicyNames(t *testing.T) {
	open := world.Obj{"BlockPublicAcls": false, "IgnorePublicAcls": false, "BlockPublicPolicy": false, "RestrictPublicBuckets": false}
	allow := func(principal any, more ...world.Obj) world.Obj {
		s := world.For(principal, world.Allow("s3:GetObject", "arn:aws:s3:::b/*"))
		for _, m := range more {
			for k, v := range m {
				s[k] = v
			}
		}
		return s
	}
	vpce := world.Obj{"Condition": world.Obj{"StringEquals": world.Obj{"aws:SourceVpce": "vpce-1"}}}
	policy := world.Doc(allow("*", vpce), world.Obj{"Effect": "Allow", "Principal": world.Obj{"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*"},
		allow("arn:aws:iam::111111111111:user/u", vpce))
	tab := chainTable(t, Query{}, world.Interface("eni-1", "subnet-1", "10.0.1.20", "sg-1"), world.BucketPolicy("b", policy), world.Set("buckets", "b", "PublicAccessBlockConfiguration", open),
		world.Do(func(w *world.World) {
			w.Account(world.PolicyAccount)["s3"].(world.Obj)["accountPublicAccessBlock"] = open
		}))
	list, err := tab.Principals(t.Context(), "arn:aws:s3:::b", []string{"s3:GetObject", "s3:PutObject"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range list {
		for _, g := range list[i].Access {
			got = append(got, fmt.Sprint(list[i].Kind, " ", g.Action, " ", g.Verdict, " ", tab.Sources[g.Sources[0]].Kind, " ", len(g.Missing) > 0))
		}
	}
	for _, w := range []string{"public s3:GetObject REACHABLE interfaces false", "service s3:PutObject REACHABLE internet false", "user s3:GetObject UNKNOWN interfaces true"} {
		if !slices.Contains(got, w) {
			t.Errorf("%q lacks %q", got, w)
		}
	}
	if slices.ContainsFunc(got, func(s string) bool { return s == "public s3:GetObject REACHABLE internet false" }) {
		t.Errorf("the public reaches the bucket around the endpoint: %q", got)
	}
}

// A user of the snapshot is decided by its own policies, its groups' and its
// boundary; one in a group that the snapshot lacks is UNKNOWN.
func TestUsers(t *testing.T) {
	const prefix = "arn:aws:iam::111111111111:user/"
	all := world.Doc(world.Allow("s3:*", "*"))
	user := func(name string, groups world.List, policies ...world.Obj) world.Obj {
		inline := world.List{}
		for _, p := range policies {
			inline = append(inline, world.Obj{"PolicyName": "p", "PolicyDocument": p})
		}
		return world.Obj{"Arn": prefix + name, "UserName": name, "UserId": "AIDA" + name, "Path": "/", "Tags": world.List{}, "GroupList": groups, "UserPolicyList": inline, "AttachedManagedPolicies": world.List{}}
	}
	bounded := user("bounded", world.List{}, all)
	bounded["PermissionsBoundary"] = world.Obj{"PermissionsBoundaryArn": "arn:aws:iam::111111111111:policy/B", "PermissionsBoundaryType": "Policy"}
	edit := world.Do(func(w *world.World) {
		iam := w.Account(world.PolicyAccount)["iam"].(world.Obj)
		iam["UserDetailList"] = world.List{user("nothing", world.List{}), user("own", world.List{}, all), user("member", world.List{"Readers"}), user("lost", world.List{"Gone"}), bounded,
			user("denied", world.List{"Readers"}, world.Doc(world.Deny("s3:GetObject", "*")))}
		iam["GroupDetailList"] = world.List{world.Obj{"Arn": "arn:aws:iam::111111111111:group/Readers", "GroupName": "Readers", "AttachedManagedPolicies": world.List{},
			"GroupPolicyList": world.List{world.Obj{"PolicyName": "g", "PolicyDocument": all}}}}
		iam["Policies"] = append(iam["Policies"].(world.List), world.Obj{"Arn": "arn:aws:iam::111111111111:policy/B", "PolicyName": "B", "DefaultVersionId": "v1",
			"PolicyVersionList": world.List{world.Obj{"VersionId": "v1", "IsDefaultVersion": true, "Document": world.Doc(world.Allow("ec2:*", "*"))}}})
	})
	tab := chainTable(t, Query{}, edit)
	list, err := tab.Principals(t.Context(), "arn:aws:s3:::b", []string{"s3:GetObject"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range list {
		got = append(got, fmt.Sprint(list[i].Principal[len(prefix):], " ", list[i].Statement, " ", list[i].Access[0].Verdict))
	}
	if want := []string{"lost -1 UNKNOWN", "member -1 REACHABLE", "own -1 REACHABLE"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if slices.Contains(UsersMissing(tab.w.Snapshot()), world.PolicyAccount) {
		t.Error("the users are said to be missing")
	}
}
