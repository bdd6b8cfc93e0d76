package network

import (
	"testing"

	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

func TestBriefAgreesWithAsk(t *testing.T) {
	w := base()
	w.nat()
	w.ife()
	w.ec2.SecurityGroups.Items = append(w.ec2.SecurityGroups.Items, snapshot.SecurityGroup{ID: "sg-none", VPC: "vpc-1", EgressKnown: true, IngressKnown: true})
	var classes []Class
	for _, s := range []snapshot.SubnetID{"s1", "s5", "s9"} {
		for _, g := range []snapshot.SecurityGroupID{"sg1", "sg-none", "sg5", "sg-gone"} {
			classes = append(classes, Class{Subnet: s, Groups: []snapshot.SecurityGroupID{g}})
		}
	}
	m := NewModel(w.snap)
	q := w.s3()
	for i := range classes {
		q.From = classes[i].Job()
		r, err := NewModel(w.snap).Ask(q)
		if err != nil {
			t.Fatal(err)
		}
		if differs := BriefDiffers(m, q, r); differs != "" {
			t.Errorf("%v: %s", classes[i], differs)
		}
	}
}

func TestClassesCountInterfacesAlike(t *testing.T) {
	w := base()
	eni := func(id snapshot.NetworkInterfaceID, groups ...snapshot.SecurityGroupID) snapshot.NetworkInterface {
		return snapshot.NetworkInterface{ID: id, Subnet: "s1", Groups: groups, GroupsKnown: true}
	}
	w.ec2.NetworkInterfaces = got(eni("a", "sg1", "sg2"), eni("b", "sg2", "sg1"), eni("c", "sg1"))
	c := NewModel(w.snap).Classes(func(e *snapshot.NetworkInterface) bool { return e.GroupsKnown })
	if len(c) != 2 || c[0].Count != 1 || c[1].Count != 2 {
		t.Errorf("classes %+v", c)
	}
}

func TestWithReplacesOneObject(t *testing.T) {
	w := base()
	m := NewModel(w.snap)
	ask := func(m *Model) Outcome {
		r, err := m.Ask(w.s3())
		if err != nil {
			t.Fatal(err)
		}
		return r.Outcome
	}
	closed := w.ec2.SecurityGroups.Items[0]
	closed.Egress = nil
	acl := allowAll("acl-1", true, "s1")
	acl.Entries = acl.Entries[:1]
	bare := *w.table("rt1")
	bare.Routes = bare.Routes[:1]
	unlisted := w.ec2.VPCEndpoints.Items[0]
	unlisted.RouteTables = nil
	for _, c := range []struct {
		name string
		with []any
	}{{"a group without rules", []any{&closed}}, {"an ACL that lets nothing back", []any{&acl}}, {"a table without the list", []any{&bare, &unlisted}}} {
		changed, err := m.With(c.with...)
		if err != nil {
			t.Fatal(err)
		}
		if got := ask(changed); got != Blocked {
			t.Errorf("%s: %v, want blocked", c.name, got)
		}
		if got := ask(m); got != Reachable {
			t.Errorf("%s changed the model that it was made from: %v", c.name, got)
		}
	}
	if _, err := m.With(&snapshot.SecurityGroup{ID: "sg-new"}); err == nil {
		t.Error("an object with a new id replaces nothing, and must be refused")
	}
	if _, err := m.With(&snapshot.Bucket{}); err == nil {
		t.Error("a bucket is no part of the network, and must be refused")
	}
}

func TestSubnetEgressCovered(t *testing.T) {
	w := base()
	m := NewModel(w.snap)
	if c := m.SubnetEgressCovered([]snapshot.SecurityGroupID{"sg1"}, []snapshot.SubnetID{"s1"}); !c.Covered || !c.Known {
		t.Errorf("all open: %+v", c)
	}
	only := w.ec2.SecurityGroups.Items[0]
	only.Egress = []snapshot.Permission{rule("tcp", 443, 443, "0.0.0.0/0")}
	m, _ = m.With(&only)
	if c := m.SubnetEgressCovered([]snapshot.SecurityGroupID{"sg1"}, []snapshot.SubnetID{"s1"}); c.Covered || !c.Known || len(c.Missing) == 0 {
		t.Errorf("443 only: %+v", c)
	}
	only2 := only
	only2.Egress = []snapshot.Permission{{Protocol: "-1", Groups: []snapshot.GroupReference{{Group: "sg1"}}}}
	m, _ = m.With(&only2)
	if c := m.SubnetEgressCovered([]snapshot.SecurityGroupID{"sg1"}, []snapshot.SubnetID{"s1"}); !c.Covered {
		t.Errorf("a reference to itself covers the job's own interfaces: %+v", c)
	}
}

func TestCopiedRangesAreWarnedOf(t *testing.T) { // N58
	w := base()
	g := &w.ec2.SecurityGroups.Items[0]
	all := []snapshot.Permission{rule("tcp", 443, 443, "52.216.0.0/15", "54.231.0.0/16", "3.5.0.0/19")}
	g.Egress = all
	warned := func() bool {
		r, err := NewModel(w.snap).Ask(w.s3())
		if err != nil || r.Outcome != Reachable {
			t.Fatal(r, err)
		}
		for _, f := range r.Findings {
			if f.Code.String() == "S3_RANGES_COPIED" && f.Severity == finding.Warning {
				return true
			}
		}
		return false
	}
	if !warned() {
		t.Error("ranges copied from the list: no warning")
	}
	g.Egress = append(g.Egress, snapshot.Permission{Protocol: "tcp", FromPort: num(443), ToPort: num(443), PrefixLists: []snapshot.PrefixListRef{{List: "pl-s3"}}})
	if warned() {
		t.Error("the list itself is allowed, too: a warning")
	}
}

// Each of group and ACL lets some of S3 through, and both together nothing.
func TestNoSingleCulprit(t *testing.T) {
	w := base()
	w.ec2.SecurityGroups.Items[0].Egress = []snapshot.Permission{rule("tcp", 443, 443, "52.216.0.0/15")}
	w.ec2.NetworkACLs.Items[0].Entries[0].CIDR = pfx("54.231.0.0/16")
	r, err := NewModel(w.snap).Ask(w.s3())
	if err != nil || r.Outcome != Blocked {
		t.Fatalf("%v %v", r, err)
	}
	together := 0
	for _, f := range r.Findings {
		if f.Severity == finding.Blocker {
			if !f.Together || f.Example == nil {
				t.Errorf("%s: together %v, example %v", f.Code.String(), f.Together, f.Example)
			}
			together++
		}
	}
	if together != 2 {
		t.Errorf("%d blockers, want the group and the ACL: %s", together, codes(r))
	}
}
