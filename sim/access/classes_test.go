package access_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/access"
	"github.com/canreach/canreach/snapshot"
)

// Small pools, so that roles and buckets often fare alike and often just don't.
var (
	drawnBuckets = []string{"data-a", "data-b", "logs", "dat", "data-a-2"}
	drawnRoles   = []string{"R", "Q", "Reader", "x/Reader2", "Admin"}
	drawnActions = []string{"s3:*", "s3:Get*", "s3:GetObject", "s3:PutObject", "kms:*", "*"}
	drawnParts   = []string{"*", "data-*", "data-?", "dat*", "${aws:PrincipalTag/team}", "*a", "data-a*/x*", "*/shared/*"}
	drawnKeys    = []string{"aws:PrincipalArn", "aws:PrincipalTag/team", "aws:SourceVpce", "aws:PrincipalAccount", "aws:SourceIp", "s3:ExistingObjectTag/a", "aws:userid"}
	drawnValues  = map[string][]string{
		"aws:PrincipalArn":      {"arn:aws:iam::111111111111:role/R*", "arn:aws:iam::*:role/Reader", "arn:aws:iam::111111111111:role/x/*", "*"},
		"aws:PrincipalTag/team": {"data", "logs", "data-a"},
		"aws:SourceVpce":        {"vpce-1", "vpce-2"}, "aws:PrincipalAccount": {"111111111111", "222222222222"},
		"aws:SourceIp": {"203.0.113.0/24"}, "s3:ExistingObjectTag/a": {"b"}, "aws:userid": {"AROAR:*", "AROAReader:*"},
	}
)

func drawn[T any](t *rapid.T, list []T) T { return rapid.SampledFrom(list).Draw(t, "of") }

func often(t *rapid.T, in int) bool { return rapid.IntRange(0, in).Draw(t, "often") == 0 }

// resource names a bucket, its objects, or a pattern over both.
func resource(t *rapid.T) string {
	name := drawn(t, drawnBuckets)
	if often(t, 2) {
		name = drawn(t, drawnParts)
	}
	prefix := "arn:aws:s3:::"
	if often(t, 6) {
		prefix = drawn(t, []string{"arn:*:s3:::", "arn:aws:s3:*:*:", "arn:aws:*:::", "arn:aws:s3"})
	}
	return prefix + name + drawn(t, []string{"/*", "/*", "/a/*", "", "*"})
}

func statement(t *rapid.T) world.Obj {
	s := world.Obj{"Effect": "Allow", "Action": drawn(t, drawnActions)}
	if often(t, 2) {
		s["Effect"] = "Deny"
	}
	list := world.List{resource(t)}
	if often(t, 1) {
		list = append(list, resource(t))
	}
	s[drawn(t, []string{"Resource", "Resource", "Resource", "NotResource"})] = list
	if often(t, 1) {
		key := drawn(t, drawnKeys)
		op := drawn(t, []string{"StringEquals", "StringLike", "StringNotLike", "StringNotEqualsIfExists", "StringEqualsIgnoreCase"})
		if key == "aws:PrincipalArn" {
			op = drawn(t, []string{"ArnLike", "ArnNotLike", "StringLike", "StringEquals"})
		}
		if key == "aws:SourceIp" {
			op = drawn(t, []string{"IpAddress", "NotIpAddress"})
		}
		world.If(op, key, drawn(t, drawnValues[key]), s)
	}
	return s
}

func document(t *rapid.T, principals bool) world.Obj {
	var list []world.Obj
	for range rapid.IntRange(1, 3).Draw(t, "statements") {
		s := statement(t)
		if principals {
			world.For(drawn(t, []any{"*", "*", "*", "111111111111", "arn:aws:iam::111111111111:role/Reader", "arn:aws:iam::222222222222:root",
				"arn:aws:sts::111111111111:assumed-role/Q/SageMaker", "AROAAdmin"}), s)
		}
		list = append(list, s)
	}
	return world.Doc(list...)
}

// drawnWorld is a few roles and buckets whose policies say much the same.
func drawnWorld(t *rapid.T) *world.World {
	docs := []world.Obj{document(t, false), document(t, false), world.Doc(world.Allow("s3:*", "*"))}
	bucketDocs := []any{document(t, true), document(t, true), nil}
	w := world.Policy()
	w.Apply(world.Interface("eni-1", "subnet-1", "10.0.1.20", "sg-1"), world.IGW("igw-1", "vpc-1"), world.Subnet("subnet-2", "vpc-1", "10.0.2.0/24", "us-east-1a"),
		world.Table("rtb-2", "vpc-1", []string{"subnet-2"}, world.To("0.0.0.0/0", "igw-1")))
	for i, ip := range []string{"203.0.113.9", "198.51.100.7"} {
		eni := fmt.Sprint("eni-", 2+i)
		w.Apply(world.Interface(eni, "subnet-2", fmt.Sprint("10.0.2.2", i), "sg-1"), world.PublicIP(eni, ip))
	}
	for i, name := range drawnRoles {
		arn := "arn:aws:iam::111111111111:role/" + name
		if i > 0 {
			w.Apply(world.Add("RoleDetailList", world.RoleObj(arn, world.Trust("sagemaker.amazonaws.com"), drawn(t, docs))))
		} else {
			w.Apply(world.Identity(arn, drawn(t, docs)))
		}
		role := w.Get("RoleDetailList", arn)
		role["Tags"] = world.List{world.Obj{"Key": "team", "Value": drawn(t, []string{"data", "logs", "data-a"})}, world.Obj{"Key": "n", "Value": fmt.Sprint(i)}}
		if often(t, 8) {
			delete(role, drawn(t, []string{"RolePolicyList", "AttachedManagedPolicies", "Tags"}))
		}
	}
	if often(t, 3) {
		w.Apply(world.Boundary("arn:aws:iam::111111111111:role/"+drawn(t, drawnRoles), document(t, false)))
	}
	for _, name := range drawnBuckets {
		policy := drawn(t, bucketDocs)
		if often(t, 1) { // the same policy for each bucket by its own name
			own := world.If("StringNotEquals", "aws:SourceVpce", "vpce-1", world.For("*", world.Deny("s3:*", world.List{"arn:aws:s3:::" + name, "arn:aws:s3:::" + name + "/*"})))
			policy = world.Doc(own)
		}
		owner := drawn(t, []string{world.PolicyAccount, world.PolicyAccount, world.ForeignAccount})
		w.Apply(world.In(owner, world.RegionID, world.AddBucket(name, world.RegionID, policy), world.Do(func(w *world.World) {
			b := w.Get("buckets", name)
			if often(t, 8) {
				delete(b, drawn(t, []string{"Policy", "ServerSideEncryptionConfiguration", "OwnershipControls", "region"}))
			}
		})))
	}
	if often(t, 2) {
		w.Apply(world.SCP("p-1", document(t, false), world.PolicyAccount))
	}
	if often(t, 2) {
		w.Apply(world.EndpointPolicy("vpce-1", document(t, true)))
	}
	return w
}

// Two roles and two buckets that are the same but for their names, until a
// policy, a key or a setting of the bucket tells them apart.
func TestWhatTellsClassesApart(t *testing.T) {
	const q = "arn:aws:iam::111111111111:role/Q"
	onBucket := func(principal any) world.Edit {
		return world.All(world.BucketPolicy("b", world.Doc(world.For(principal, world.Deny("s3:*", world.List{"arn:aws:s3:::b/*"})))),
			world.BucketPolicy("c", world.Doc(world.For(principal, world.Deny("s3:*", world.List{"arn:aws:s3:::c/*"})))))
	}
	perimeter := func(bucket, key, value string) world.Edit {
		return world.BucketPolicy(bucket, world.Doc(world.If("StringNotEquals", key, value, world.For("*", world.Deny("s3:*", "arn:aws:s3:::"+bucket+"/*")))))
	}
	set := func(key string, value any) world.Edit { return world.Set("buckets", "c", key, value) }
	key := func(policy world.Obj, grants ...world.Obj) world.Edit {
		list := world.List{}
		for _, g := range grants {
			list = append(list, g)
		}
		sse := world.Obj{"Rules": world.List{world.Obj{"ApplyServerSideEncryptionByDefault": world.Obj{"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k-1"}}}}
		return world.All(world.Add("Keys", world.Obj{"KeyId": "k-1", "Arn": "arn:aws:kms:us-east-1:111111111111:key/k-1", "KeyState": "Enabled", "KeyManager": "CUSTOMER", "Policy": policy, "Grants": list}),
			world.Set("buckets", "b", "ServerSideEncryptionConfiguration", sse), world.Set("buckets", "c", "ServerSideEncryptionConfiguration", sse))
	}
	for name, tt := range map[string]struct {
		edit   world.Edit
		differ string // "roles" or "buckets"
	}{
		"nothing":                        {world.All(), ""},
		"a bucket policy names a role":   {onBucket(q), "roles"},
		"by its unique id":               {onBucket("AROAQ"), "roles"},
		"by its session":                 {onBucket("arn:aws:sts::111111111111:assumed-role/Q/i-1"), "roles"},
		"by its ARN in a condition":      {world.SCP("p-1", world.Doc(world.If("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/Q", world.Deny("s3:*", "*"))), world.PolicyAccount), "roles"},
		"by its user id":                 {world.SCP("p-1", world.Doc(world.If("StringLike", "aws:userid", "AROAQ:*", world.Deny("s3:*", "*"))), world.PolicyAccount), "roles"},
		"by a tag":                       {world.SCP("p-1", world.Doc(world.If("StringEquals", "aws:PrincipalTag/n", "Q", world.Deny("s3:*", "*"))), world.PolicyAccount), "roles"},
		"by a tag in a resource":         {world.SCP("p-1", world.Doc(world.Deny("s3:*", "arn:aws:s3:::${aws:PrincipalTag/bucket}/*")), world.PolicyAccount), "roles"},
		"a key policy names a role":      {key(world.Doc(world.For("arn:aws:iam::111111111111:role/R", world.Allow("kms:*", "*")))), "roles"},
		"a grant names a role":           {key(world.Doc(world.For("arn:aws:iam::111111111111:role/None", world.Allow("kms:*", "*"))), world.Obj{"GrantId": "g", "KeyId": "k-1", "GranteePrincipal": q, "Operations": world.List{"Decrypt"}}), "roles"},
		"a boundary":                     {world.Boundary(q, world.Doc(world.Allow("ec2:*", "*"))), "roles"},
		"an encryption context":          {world.All(key(world.Doc(world.If("StringLike", "kms:EncryptionContext:aws:s3:arn", "arn:aws:s3:::b*", world.For("*", world.Allow("kms:*", "*")))))), "buckets"},
		"a boundary names one bucket":    {world.SCP("p-1", world.Doc(world.Deny("s3:*", "arn:aws:s3:::c/*")), world.PolicyAccount), "buckets"},
		"a resource control policy does": {world.RCP("p-1", world.Doc(world.For("*", world.Deny("s3:*", "arn:aws:s3:::?/x*")), world.For("*", world.Deny("s3:*", "arn:aws:s3:::c*"))), world.PolicyAccount), "buckets"},
		"an endpoint policy does":        {world.EndpointPolicy("vpce-1", world.Doc(world.For("*", world.Allow("s3:*", "arn:aws:s3:::b/*")))), "buckets"},
		"another key":                    {world.All(key(world.Doc(world.For("*", world.Allow("kms:*", "*")))), set("ServerSideEncryptionConfiguration", world.Obj{"Rules": world.List{world.Obj{"ApplyServerSideEncryptionByDefault": world.Obj{"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k-2"}}}})), "buckets"},
		"what was not collected":         {world.Do(func(w *world.World) { delete(w.Get("buckets", "c"), "Policy") }), "buckets"},
		"the order in which policies name roles": {world.All(
			world.BucketPolicy("b", world.Doc(world.For(world.PolicyRole, world.Deny("s3:GetObject", "arn:aws:s3:::b/*")), world.For(q, world.Deny("s3:PutObject", "arn:aws:s3:::b/*")))),
			world.BucketPolicy("c", world.Doc(world.For(q, world.Deny("s3:GetObject", "arn:aws:s3:::c/*")), world.For(world.PolicyRole, world.Deny("s3:PutObject", "arn:aws:s3:::c/*"))))), "roles"},
		"the endpoint that a policy asks for": {world.All(perimeter("b", "aws:SourceVpce", "vpce-1"), perimeter("c", "aws:SourceVpce", "vpce-2")), "buckets"},
		"and its VPC":                         {world.All(perimeter("b", "aws:SourceVpc", "vpc-1"), perimeter("c", "aws:SourceVpc", "vpc-2")), "buckets"},
		"two that it is not":                  {world.All(perimeter("b", "aws:SourceVpc", "vpc-3"), perimeter("c", "aws:SourceVpc", "vpc-2")), ""},
		"a bucket that is gone":               {set("missing", true), "buckets"},
	} {
		t.Run(name, func(t *testing.T) {
			w := world.Policy(world.Interface("eni-1", "subnet-1", "10.0.1.20", "sg-1"), world.AddBucket("c", world.RegionID, nil),
				world.Add("RoleDetailList", world.RoleObj(q, world.Trust("sagemaker.amazonaws.com"), world.Doc(world.Allow("s3:*", "*")), world.Doc(world.Allow("ec2:*", "*")))), world.Add("Keys"), world.Add("Aliases"))
			for _, role := range []string{world.PolicyRole, q} {
				w.Get("RoleDetailList", role)["Tags"] = world.List{world.Obj{"Key": "n", "Value": role[len(role)-1:]}, world.Obj{"Key": "bucket", "Value": map[bool]string{true: "b", false: "none"}[role == q]}}
			}
			w.Apply(tt.edit)
			tab, err := access.Decide(context.Background(), sim.NewWorld(w.Snapshot(t)), access.Query{Actions: []string{"s3:GetObject"}})
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]sim.Verdict{}
			for i := range tab.Rows {
				if r := &tab.Rows[i]; r.Source == 0 {
					got[r.Role[len(r.Role)-1:]+r.Resource[len(r.Resource)-1:]] = r.Verdict
				}
			}
			differ := ""
			for _, role := range []string{world.PolicyRole, q} {
				for _, b := range []string{"b", "c"} {
					row := access.Row{Role: role, Resource: "arn:aws:s3:::" + b, Action: "s3:GetObject"}
					o, err := sim.NewWorld(w.Snapshot(t)).Decide(tab.Question(&row, 0, sim.Options{}))
					if err != nil {
						t.Fatal(err)
					}
					want, k := o[0].Verdict, role[len(role)-1:]+b
					if v, known := got[k]; known && v != want || !known && want != sim.Blocked {
						t.Errorf("%s to %s: %v alone, %v by class", role, b, want, v)
					}
				}
			}
			switch {
			case got["Rb"] != got["Qb"]:
				differ = "roles"
			case got["Rb"] != got["Rc"]:
				differ = "buckets"
			}
			if differ != tt.differ {
				t.Errorf("%q fare differently, want %q: %v", differ, tt.differ, got)
			}
		})
	}
}

// Interfaces of one subnet and group that a rule or policy tells apart by their
// addresses are asked about one by one; others are not.
func TestMembersThatFareDifferently(t *testing.T) {
	firewalled := world.All(world.NAT(), world.NoS3Route(), world.Routes("rtb-1", world.To("0.0.0.0/0", "nat-1")),
		world.Filter("subnet-9", world.Entry(10, "in", "allow", "-1", "10.0.1.20/32"), world.Entry(20, "in", "deny", "-1", "10.0.1.0/24"), world.AllowIn))
	deny := func(operator, key string, value any) world.Edit {
		return world.BucketPolicy(world.Bucket, world.Doc(world.If(operator, key, value, world.For("*", world.Deny("s3:*", world.List{"arn:aws:s3:::" + world.Bucket, "arn:aws:s3:::" + world.Bucket + "/*"})))))
	}
	outside := world.All(world.NoS3Route(), world.IGW("igw-1", "vpc-a"), world.Routes("rtb-1", world.To("0.0.0.0/0", "igw-1")), world.PublicIP("eni-1", "203.0.113.9"), world.PublicIP("eni-2", "198.51.100.7"), world.PublicIP("eni-3", "198.51.100.8"))
	for name, tt := range map[string]struct {
		edit    world.Edit
		reaches string
		classes int
	}{
		"alike":                                    {world.All(), "eni-1 eni-2 eni-3", 1},
		"an ACL on the way knows one address":      {firewalled, "eni-1", 3},
		"a policy knows the private address":       {deny("NotIpAddress", "aws:VpcSourceIp", "10.0.1.20/31"), "eni-1 eni-2", 3},
		"a policy knows the public address":        {world.All(outside, deny("NotIpAddress", "aws:SourceIp", "203.0.113.0/24")), "eni-1", 3},
		"public addresses that nobody asks about":  {outside, "eni-1 eni-2 eni-3", 3},
		"a policy knows the instance, as its user": {deny("StringNotLike", "aws:userid", "*:i-2"), "eni-2", 3},
	} {
		t.Run(name, func(t *testing.T) {
			w := world.Network(world.Interface("eni-1", "subnet-1", "10.0.1.20", "sg-1"), world.Interface("eni-2", "subnet-1", "10.0.1.21", "sg-1"), world.Interface("eni-3", "subnet-1", "10.0.1.33", "sg-1"), tt.edit)
			made := sim.NewWorld(w.Snapshot(t))
			tab, err := access.Decide(context.Background(), made, access.Query{Actions: []string{"s3:GetObject"}, Options: sim.Options{AssumeNoOrganization: true}, VPC: "vpc-a"})
			if err != nil {
				t.Fatal(err)
			}
			var reaches []string
			classes := 0
			for s := range tab.Sources {
				classes += len(tab.Sources[s].Classes)
				for i := range tab.Rows {
					if r := &tab.Rows[i]; r.Source == s && r.Verdict == sim.Reachable {
						for _, c := range tab.Sources[s].Classes {
							for _, m := range c.Members {
								reaches = append(reaches, string(m))
							}
						}
					}
				}
			}
			slices.Sort(reaches)
			if got := strings.Join(reaches, " "); got != tt.reaches || classes != tt.classes {
				t.Errorf("%s reach the bucket, in %d classes; want %s in %d", got, classes, tt.reaches, tt.classes)
			}
			for _, eni := range []string{"eni-1", "eni-2", "eni-3"} {
				a, err := made.Check(t.Context(), sim.Question{Source: eni, Job: snapshot.Job{RoleARN: world.Role}, Bucket: "arn:aws:s3:::" + world.Bucket, Actions: []string{"s3:GetObject"}, Options: sim.Options{AssumeNoOrganization: true}})
				if err != nil || (a.Verdict == sim.Reachable) != strings.Contains(tt.reaches, eni) {
					t.Errorf("%s alone: %v %v", eni, a.Verdict, err)
				}
			}
		})
	}
}

// A class that one of two snapshots splits is compared interface by interface.
func TestReviewOfAClassThatIsSplit(t *testing.T) {
	made := func(edits ...world.Edit) *sim.World {
		w := world.Network(world.NAT(), world.NoS3Route(), world.Routes("rtb-1", world.To("0.0.0.0/0", "nat-1")), world.Interface("eni-1", "subnet-1", "10.0.1.20", "sg-1"), world.Interface("eni-2", "subnet-1", "10.0.1.21", "sg-1"))
		return sim.NewWorld(w.Apply(edits...).Snapshot(t))
	}
	before, after := made(), made(world.Filter("subnet-9", world.Entry(10, "in", "deny", "-1", "10.0.1.20/32"), world.AllowIn))
	q := access.Query{Actions: []string{"s3:GetObject"}, VPC: "vpc-a", Options: sim.Options{AssumeNoOrganization: true}}
	lost, err := access.Compare(context.Background(), before, after, q)
	if err != nil || len(lost.Lost) != 1 || len(lost.Gained) != 0 {
		t.Errorf("an address that is shut out: %+v %v", lost, err)
	}
	gained, err := access.Compare(context.Background(), after, before, q)
	if err != nil || len(gained.Gained) != 1 || len(gained.Lost) != 0 {
		t.Errorf("an address that is let in: %+v %v", gained, err)
	}
	same, err := access.Compare(context.Background(), after, after, q)
	if err != nil || len(same.Gained)+len(same.Lost) != 0 {
		t.Errorf("nothing changed: %+v %v", same, err)
	}
}

// Every question of a drawn world gets the same answer by its class as alone:
// the verdict, and, where a row is explained, the same facts and statements.
func TestDrawnWorldsAgreeWithSingleQuestions(t *testing.T) {
	decided, asked := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		built := drawnWorld(t)
		w := parsed(t, built)
		q := access.Query{Actions: []string{drawn(t, []string{"s3:GetObject", "s3:PutObject"})}, Workers: 2}
		tab, err := access.Decide(context.Background(), w, q)
		if err != nil {
			t.Fatal(err)
		}
		decided, asked = decided+tab.Decided, asked+tab.Asked
		rows := map[string]*access.Row{}
		for i := range tab.Rows {
			r := &tab.Rows[i]
			rows[fmt.Sprint(r.Role, r.Source, r.Resource, r.Action)] = r
		}
		alone := parsed(t, built)
		for range 2 {
			s := rapid.IntRange(0, len(tab.Sources)-1).Draw(t, "source")
			for _, name := range append(drawnBuckets, "b") {
				for _, role := range drawnRoles {
					for _, action := range q.Actions {
						r := &access.Row{Role: "arn:aws:iam::111111111111:role/" + role, Source: s, Resource: "arn:aws:s3:::" + name, Action: action}
						compare(t, alone, tab, r, rows[fmt.Sprint(r.Role, s, r.Resource, action)])
					}
				}
			}
		}
	})
	if decided*4 > asked*3 {
		t.Errorf("%d of %d questions were decided: nothing is shared", decided, asked)
	}
}

func parsed(t *rapid.T, w *world.World) *sim.World {
	s, err := snapshot.Parse(w.JSON())
	if err != nil {
		t.Fatal(err)
	}
	return sim.NewWorld(s)
}

func compare(t *rapid.T, alone *sim.World, tab *access.Table, want, row *access.Row) {
	t.Helper()
	out, err := alone.Decide(tab.Question(want, 0, sim.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	o := &out[0]
	if row == nil {
		if o.Verdict != sim.Blocked {
			t.Errorf("%s %s on %s from %s: %v, the table says BLOCKED", want.Role, want.Action, want.Resource, tab.Sources[want.Source].Name(), o.Verdict)
		}
		return
	}
	d := tab.Explain(row)
	if o.Verdict != row.Verdict || !reflect.DeepEqual(o.Via, row.Via) || !reflect.DeepEqual(o.Paths, row.Ways) {
		t.Errorf("%s %s on %s from %s: %v %v %v, the table says %v %v %v", want.Role, want.Action, want.Resource, tab.Sources[want.Source].Name(), o.Verdict, o.Via, o.Paths, row.Verdict, row.Via, row.Ways)
	}
	if !reflect.DeepEqual(o.Allows, d.Allows) || !reflect.DeepEqual(o.Missing, d.Missing) || o.Witness != nil && !strings.HasPrefix(o.Witness.Resource, want.Resource) {
		t.Errorf("%s on %s: explained by %v %v, alone by %v %v", want.Role, want.Resource, d.Allows, d.Missing, o.Allows, o.Missing)
	}
}
