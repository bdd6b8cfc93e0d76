package sim_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/canreach/canreach/internal/jsontree"
	. "github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// fate is what an answer says, as far as deletions are compared.
type fate struct {
	verdict sim.Verdict
	gates   map[sim.Gate]sim.GateStatus
}

func fateOf(text []byte, q sim.Question) (fate, bool) {
	s, err := snapshot.Parse(text)
	if err != nil {
		return fate{}, false
	}
	a, err := sim.NewWorld(s).Check(context.Background(), q)
	if err != nil {
		return fate{}, false
	}
	f := fate{a.Verdict, map[sim.Gate]sim.GateStatus{}}
	for _, g := range sim.Gates() {
		f.gates[g] = a.GateState(g)
	}
	return f, true
}

// flips says what a deletion turned into something else.
func flips(before, after fate) (out []string) {
	if after.verdict != before.verdict && after.verdict != sim.Unknown {
		out = append(out, fmt.Sprintf("%v turns %v", before.verdict, after.verdict))
	}
	for _, g := range sim.Gates() {
		if b, a := before.gates[g], after.gates[g]; a == sim.GatePasses && (b == sim.GateStops || b == sim.GateInPart || b == sim.GateUnknown) {
			out = append(out, fmt.Sprintf("%v: %v turns %v", g, b, a))
		}
	}
	return out
}

// A deletion is one member or element taken out of a snapshot.
type deletion struct {
	pointer string
	element bool // of an array
	alone   bool // nothing else is left beside it
}

// optional are members whose absence says something by itself.
var optional = []string{
	"PermissionsBoundary", // a role without one
	"PortRange",           // all ports (N95)
	"State",               // of a subnet: nearly always available (N149); of others, see the components
}

// lenient is off by default and rare: without --strict its absence is taken for
// that, with a warning (P372).
const lenient = "/VpcBlockPublicAccessOptions"

// fallbacks are collections of which AWS's own rule takes what no item names, and
// nothing else in the snapshot tells that an item is missing: no further control
// policy. A list that was collected is taken whole for that.
var fallbacks = []string{"serviceControlPolicies", "resourceControlPolicies"}

// mayDiffer tells a deletion that makes another world of the snapshot rather
// than a hole in it.
func (d *deletion) mayDiffer() bool {
	parts := strings.Split(d.pointer, "/")
	last, parent := parts[len(parts)-1], parts[len(parts)-2]
	for _, p := range parts[:len(parts)-1] {
		switch p {
		case "PolicyDocument", "Document", "Content", "Policy", "AssumeRolePolicyDocument":
			// Another policy, unless a principal or an operator is left empty.
			return d.element || !d.alone || parent != "Principal" && parts[len(parts)-3] != "Condition"
		}
	}
	if !d.element {
		return slices.Contains(optional, last)
	}
	inside := slices.ContainsFunc(parts[:len(parts)-2], func(p string) bool { _, err := strconv.Atoi(p); return err == nil })
	collection := slices.Contains([]string{"ec2", "iam", "s3", "kms", "organizations", "route53", "route53resolver", "route53profiles"}, parts[len(parts)-3])
	return inside && !collection || slices.Contains(fallbacks, parent)
}

// A fact taken away never turns one verdict into another, nor lets a gate pass
// that did not: for every member and element of rich snapshots. A few of them
// in go test, all in make deletions.
func TestDeletionsNeverFlip(t *testing.T) {
	stride := 23
	if os.Getenv("CANREACH_DELETIONS") == "all" {
		stride = 1
	}
	n, found := 0, map[string]string{}
	for _, w := range deletionWorlds(t) {
		before, ok := fateOf(w.text, w.q)
		if !ok {
			t.Fatalf("%s: no answer", w.name)
		}
		eachDeletion(w.text, func(d *deletion) {
			if n++; n%stride != 0 || d.mayDiffer() || w.main && d.element && strings.HasSuffix(path.Dir(d.pointer), "/RouteTables") {
				return
			}
			q, before := w.q, before
			if strings.Contains(d.pointer, lenient) {
				q.Options.Strict = true
				before, _ = fateOf(w.text, q)
			}
			if after, ok := fateOf(d.spoil(w.text), q); ok {
				for _, f := range flips(before, after) {
					found[pattern(d.pointer)+": "+f] = w.name
				}
			}
		})
	}
	for _, k := range slices.Sorted(maps.Keys(found)) {
		t.Errorf("%s (%s)", k, found[k])
	}
	t.Logf("%d deletions, every %d. tried", n, stride)
}

type deletionWorld struct {
	name string
	text []byte
	q    sim.Question
	// main: nothing but the list of route tables tells that the subnet has one
	// of its own, so that without it the VPC's main table is taken.
	main bool
}

// deletionWorlds are the shipped example, whole and broken, the worlds of the
// policy traps, and worlds that stop at each of the network's gates.
func deletionWorlds(t *testing.T) (out []deletionWorld) {
	t.Helper()
	const neo = "../testdata/examples/neo-compile/"
	j, err := snapshot.LoadJob(neo+"job.json", snapshot.Options{})
	if err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(neo + "broken/*.json")
	for _, f := range append(files, neo+"snapshot.json") {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, deletionWorld{name: filepath.Base(f), text: text, q: sim.Question{Job: j}})
		if filepath.Base(f) == "snapshot.json" {
			out = append(out, deletionWorld{name: "another account's bucket", text: text, q: sim.Question{Job: j, Bucket: "arn:aws:s3:::datalake-models-444455556666/x"}})
			public := j
			public.Subnets = []snapshot.SubnetID{"subnet-0e5d4c3b2a1f09876"}
			out = append(out, deletionWorld{name: "by the internet", text: text, q: sim.Question{Job: public}, main: true})
		}
	}
	for i := range traps {
		out = append(out, deletionWorld{name: traps[i].id, text: Policy(traps[i].edits...).JSON(), q: traps[i].question()})
	}
	q := deletionQuestion()
	worlds := networkWorlds()
	for _, name := range slices.Sorted(maps.Keys(worlds)) {
		out = append(out, deletionWorld{name: name, text: worlds[name].JSON(), q: q})
	}
	return out
}

func deletionQuestion() sim.Question {
	return sim.Question{Bucket: "arn:aws:s3:::" + Bucket + "/k", Actions: []string{get}, Job: snapshot.Job{RoleARN: Role, HasVPCConfig: true, Instances: 1,
		Name: "job", Kind: "CompilationJob", Subnets: []snapshot.SubnetID{"subnet-1"}, SecurityGroups: []snapshot.SecurityGroupID{"sg-1"}}}
}

func networkWorlds() map[string]*World {
	nat := func(edits ...Edit) *World {
		return Network(append([]Edit{NAT(), NoS3Route(), Routes("rtb-1", To("0.0.0.0/0", "nat-1"))}, edits...)...)
	}
	ife := func(edits ...Edit) *World { return Network(append([]Edit{IFE(), NoS3Route()}, edits...)...) }
	return map[string]*World{
		"base": Network(), "no S3 route": Network(NoS3Route()), "IFE": ife(), "NAT": nat(),
		"IFE, group closed": ife(Ingress("sg-5")), "IFE, no private DNS": ife(PrivateDNS("vpce-i", false, false)),
		"IFE, cross": ife(Egress("sg-1", Rule("tcp", "sg-5"))),
		"NAT failed": nat(Set("NatGateways", "nat-1", "State", "failed")), "NAT without public": nat(NoRoute("rtb-9", "0.0.0.0/0")),
		"NAT, BPA": nat(BPA("block-bidirectional")),
		"ACL in":   Network(Filter("subnet-1", Entry(100, "in", "allow", "6", "0.0.0.0/0", 443, 443))), "ACL out": Network(Filter("subnet-1", Entry(100, "out", "deny", "6", "0.0.0.0/0", 443, 443), Entry(200, "out", "allow", "-1", "0.0.0.0/0"))),
		"egress to another group": Network(Egress("sg-1", Rule("tcp", "10.0.0.0/16"))), "egress list": Network(Egress("sg-1", Rule("tcp", PL))),
		"DNS off": Network(DNS("vpc-a", false, false)), "pending": Network(Set("VpcEndpoints", "vpce-g", "State", "pending")),
		"subnet pending": Network(Set("Subnets", "subnet-1", "State", "pending")), "no address": Network(Set("Subnets", "subnet-1", "AvailableIpAddressCount", 0)),
		"dedicated": Network(Set("Vpcs", "vpc-a", "InstanceTenancy", "dedicated")),
		"main":      Network(Table("rtb-m", "vpc-a", nil), NoAssociation("rtb-1", "subnet-1")),
	}
}

func pattern(pointer string) string {
	parts := strings.Split(pointer, "/")
	for i, p := range parts {
		if _, err := strconv.Atoi(p); err == nil && len(p) < 4 {
			parts[i] = "#"
		}
	}
	return strings.Join(parts, "/")
}

// eachDeletion visits every member and element of a JSON text.
func eachDeletion(text []byte, f func(*deletion)) {
	base, err := jsontree.Parse(text)
	if err != nil {
		panic(err)
	}
	var walk func(n *jsontree.Node, pointer string)
	walk = func(n *jsontree.Node, pointer string) {
		array := n.Kind() == jsontree.Array
		if n.Kind() != jsontree.Object && !array {
			return
		}
		for i := range n.Len() {
			name := strconv.Itoa(i)
			if !array {
				name = strings.NewReplacer("~", "~0", "/", "~1").Replace(n.Key(i))
			}
			f(&deletion{pointer: pointer + "/" + name, element: array, alone: n.Len() == 1})
			walk(n.At(i), pointer+"/"+name)
		}
	}
	walk(base.Root, "")
}

// spoil is the text without what the deletion takes.
func (d *deletion) spoil(text []byte) []byte {
	tree, err := jsontree.Parse(text)
	if err != nil {
		panic(err)
	}
	i := strings.LastIndex(d.pointer, "/")
	parent := tree.Root.Resolve(d.pointer[:i])
	name := strings.NewReplacer("~1", "/", "~0", "~").Replace(d.pointer[i+1:])
	if n, err := strconv.Atoi(name); err == nil && d.element {
		parent.RemoveAt(n)
	} else {
		parent.Delete(name)
	}
	return tree.Bytes()
}

// Block Public Access that AWS answered nothing about is not off: AWS names it
// where it is. Without --strict that is a warning and an assumption.
func TestAnEmptyAnswerAboutBlockPublicAccess(t *testing.T) {
	empty := func(complete bool) []byte {
		w := networkWorlds()["NAT, BPA"]
		r := w.Region("111122223333", "us-east-1")
		r["ec2"].(Obj)["VpcBlockPublicAccessOptions"] = List{}
		if complete {
			r["complete"] = List{"VpcBlockPublicAccessOptions"}
		}
		return w.JSON()
	}
	q := deletionQuestion()
	for _, tt := range []struct {
		complete, strict bool
		want             sim.GateStatus
		warned           bool
	}{{false, false, sim.GateUnknown, true}, {false, true, sim.GateUnknown, false}, {true, true, sim.GatePasses, false}} {
		s, err := snapshot.Parse(empty(tt.complete))
		if err != nil {
			t.Fatal(err)
		}
		q.Options.Strict = tt.strict
		a, err := sim.NewWorld(s).Check(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		warned := slices.ContainsFunc(a.Findings, func(f sim.Finding) bool { return f.Code == finding.BPANotCollected })
		if a.GateState(sim.GateRoute) != tt.want || warned != tt.warned {
			t.Errorf("%+v: route %v, warned %v, %v", tt, a.GateState(sim.GateRoute), warned, a.Verdict)
		}
	}
}
