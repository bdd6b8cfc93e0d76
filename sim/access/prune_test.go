package access_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/internal/testkit/synth"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/access"
	"github.com/canreach/canreach/sim/diff"
	"github.com/canreach/canreach/snapshot"
)

// What is decided of a change alone is what a full comparison says, over drawn
// worlds and drawn changes of any resource that the snapshots hold.
// CANREACH_PRUNE_ROUNDS draws more.
func TestPrunedReviewIsTheFullOne(t *testing.T) {
	rounds := 24
	if testing.Short() {
		rounds = 8
	}
	if n, err := strconv.Atoi(os.Getenv("CANREACH_PRUNE_ROUNDS")); err == nil {
		rounds = n
	}
	differing, left := 0, 0
	for seed := range uint64(rounds) {
		r := rand.New(rand.NewPCG(seed, 15))
		base := drawnAccounts(t, r)
		head, what := drawnChange(t, r, base)
		before, err := snapshot.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		after, err := snapshot.Parse(head)
		if err != nil {
			continue // the change left something that cannot be read
		}
		a, b := parse(t, base), parse(t, head)
		q := access.Query{Actions: []string{"s3:GetObject"}, Jobs: []snapshot.Job{drawnJob(before)}}
		full, err1 := access.Compare(context.Background(), sim.NewWorld(before), sim.NewWorld(after), q)
		pruned, err2 := access.CompareChanged(context.Background(), sim.NewWorld(before), sim.NewWorld(after), q, diff.Resources(a, b))
		if err1 != nil || err2 != nil {
			t.Fatalf("seed %d: %s: %v, %v", seed, what, err1, err2)
		}
		if pruned.StillUnknown > full.StillUnknown {
			t.Errorf("seed %d: %s: %d still unknown, %d in the full comparison", seed, what, pruned.StillUnknown, full.StillUnknown)
		}
		differing += min(1, len(full.Gained)+len(full.Lost)+len(full.Opened)+len(full.Settled))
		left += min(1, full.Asked-pruned.Asked)
		if x, y := changesOf(full), changesOf(pruned); x != y {
			t.Errorf("seed %d: %s\nfull\n%s\npruned\n%s", seed, what, x, y)
		}
	}
	t.Logf("%d rounds: %d changes differ in some answer, %d leave something out", rounds, differing, left)
	if differing < rounds/4 || left < rounds/2 {
		t.Errorf("the draws show little: %d of %d changes differ in some answer, %d leave something out", differing, rounds, left)
	}
}

// Classes of interfaces that nothing links to S3 are never walked, and every row
// is what it is when all are: over drawn worlds with subnets that have local
// routes alone.
func TestWhatCannotBeConnectedIsNotWalked(t *testing.T) {
	pruned := 0
	for seed := range uint64(24) {
		r := rand.New(rand.NewPCG(seed, 7))
		tree := parse(t, drawnAccounts(t, r))
		for _, table := range collections(tree, "RouteTables") {
			for i := table.Get("Routes").Len() - 1; i >= 0 && r.IntN(2) == 0; i-- {
				if table.Get("Routes").At(i).Get("GatewayId").Text() != "local" {
					table.Get("Routes").RemoveAt(i)
				}
			}
		}
		if r.IntN(2) == 0 {
			for _, e := range collections(tree, "VpcEndpoints") {
				e.Set("RouteTableIds", jsontree.NewArray())
			}
		}
		s, err := snapshot.Parse(tree.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		q := access.Query{Actions: []string{"s3:GetObject"}, Jobs: []snapshot.Job{drawnJob(s)}}
		a, err1 := access.Decide(t.Context(), sim.NewWorld(s), q)
		b, err2 := access.Decide(t.Context(), sim.NewWorld(s), access.Unpruned(q))
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		classes := 0
		for i := range b.Sources {
			classes += len(b.Sources[i].Classes)
		}
		if b.Walked != classes || a.Walked > b.Walked {
			t.Errorf("seed %d: %d of %d classes walked, unpruned %d", seed, a.Walked, classes, b.Walked)
		}
		pruned += b.Walked - a.Walked
		if x, y := rowsOf(a), rowsOf(b); x != y {
			t.Errorf("seed %d: pruned\n%s\nunpruned\n%s", seed, x, y)
		}
	}
	if pruned < 24 {
		t.Errorf("only %d classes were not walked", pruned)
	}
}

// rowsOf is a line for each row and class.
func rowsOf(tab *access.Table) string {
	var lines []string
	for i := range tab.Rows {
		r := &tab.Rows[i]
		classes := tab.Sources[r.Source].Classes
		for k := range max(1, len(classes)) {
			from := "internet"
			if len(classes) > 0 {
				from = fmt.Sprint(classes[k].Subnet, classes[k].Groups, classes[k].Public, classes[k].Count, classes[k].Example)
			}
			lines = append(lines, fmt.Sprintln(r.Resource, r.Action, r.Role, r.Verdict, r.Via, from))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// changesOf lists the changes, one subnet a line: which class of several gives
// the witness depends on how many are asked together.
func changesOf(r *access.Review) string {
	var lines []string
	for i, list := range [][]access.Change{r.Gained, r.Lost, r.Opened, r.Settled} {
		for _, c := range list {
			for _, subnet := range append(c.Subnets, "") {
				lines = append(lines, fmt.Sprintln(i, c.Role, c.Resource, c.Action, c.Before, c.After, c.Source, c.Via, subnet))
			}
		}
	}
	slices.Sort(lines)
	return strings.Join(slices.Compact(lines), "")
}

func parse(t *testing.T, text []byte) *jsontree.Tree {
	t.Helper()
	tree, err := jsontree.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// drawnAccounts is a small made-up organization: VPCs with ways out of their own,
// and in some draws one by which another's traffic leaves, by the transit
// gateway or a peering.
func drawnAccounts(t *testing.T, r *rand.Rand) []byte {
	t.Helper()
	var native bytes.Buffer
	o := synth.Options{Seed: r.Uint64(), Interfaces: 24, Accounts: 1 + r.IntN(2), VPCs: 3, Buckets: 4, Roles: 4}
	if err := synth.New(o).Write(&native); err != nil {
		t.Fatal(err)
	}
	tree := parse(t, native.Bytes())
	if r.IntN(2) == 0 {
		centralEgress(tree)
	}
	for range r.IntN(3) {
		tables := collections(tree, "RouteTables")
		vpcs := collections(tree, "Vpcs")
		table, other := tables[r.IntN(len(tables))], vpcs[r.IntN(len(vpcs))].Get("VpcId").Text()
		id := fmt.Sprintf("pcx-%08x", r.Uint32())
		side := func(vpc string) *jsontree.Node {
			return jsontree.NewObject("VpcId", vpc, "OwnerId", "111122223333", "Region", synth.Region)
		}
		collectionNodes(tree, "VpcPeeringConnections")[0].Append(jsontree.NewObject("VpcPeeringConnectionId", id, "Status", jsontree.NewObject("Code", "active"),
			"RequesterVpcInfo", side(table.Get("VpcId").Text()), "AccepterVpcInfo", side(other)))
		table.Get("Routes").Append(jsontree.NewObject("DestinationCidrBlock", "52.0.0.0/8", "VpcPeeringConnectionId", id, "State", "active", "Origin", "CreateRoute"))
	}
	if r.IntN(4) == 0 { // a zone that answers S3's names
		zones := collectionNodes(tree, "HostedZones")
		zones[r.IntN(len(zones))].Append(jsontree.NewObject("Id", "/hostedzone/Z1", "Name", "s3.us-east-1.amazonaws.com.", "Config", jsontree.NewObject("PrivateZone", jsontree.NewBool(true)),
			"VPCs", jsontree.NewArray(jsontree.NewObject("VPCId", collections(tree, "Vpcs")[0].Get("VpcId").Text(), "VPCRegion", synth.Region)), "ResourceRecordSets", jsontree.NewArray()))
	}
	return tree.Bytes()
}

// centralEgress sends what the first VPC's applications send out through the
// NAT gateway of the second.
func centralEgress(tree *jsontree.Tree) {
	vpcs := collections(tree, "Vpcs")
	spoke, hub := vpcs[0].Get("VpcId").Text(), vpcs[1].Get("VpcId").Text()
	gateway := collections(tree, "TransitGateways")[0].Get("TransitGatewayId").Text()
	nat := ""
	for _, n := range collections(tree, "NatGateways") {
		if n.Get("VpcId").Text() == hub && nat == "" {
			nat = n.Get("NatGatewayId").Text()
		}
	}
	to := func(cidr, key, id string) *jsontree.Node {
		return jsontree.NewObject("DestinationCidrBlock", cidr, key, id, "State", "active", "Origin", "CreateRoute")
	}
	for _, t := range collections(tree, "RouteTables") {
		routes := t.Get("Routes")
		switch t.Get("VpcId").Text() {
		case spoke:
			for i := routes.Len() - 1; i >= 0; i-- {
				if routes.At(i).Get("NatGatewayId") != nil {
					routes.ReplaceAt(i, to("0.0.0.0/0", "TransitGatewayId", gateway))
				} else if routes.At(i).Get("DestinationPrefixListId") != nil {
					routes.RemoveAt(i)
				}
			}
		case hub:
			if t.Get("Associations").At(0).Get("Main").True() {
				routes.Append(to("0.0.0.0/0", "NatGatewayId", nat))
			}
			routes.Append(to("10.0.0.0/8", "TransitGatewayId", gateway))
		}
	}
	for _, a := range collections(tree, "TransitGatewayVpcAttachments") {
		if a.Get("VpcId").Text() == hub {
			collections(tree, "TransitGatewayRouteTables")[0].Get("Routes").Append(jsontree.NewObject("DestinationCidrBlock", "0.0.0.0/0", "Type", "static", "State", "active",
				"TransitGatewayAttachments", jsontree.NewArray(jsontree.NewObject("TransitGatewayAttachmentId", a.Get("TransitGatewayAttachmentId").Text(), "ResourceType", "vpc", "ResourceId", hub))))
		}
	}
}

// zones is how many subnets of the first VPC come first.
const zones = 3

// drawnJob is a job in those subnets, whose interfaces are there only once it runs.
func drawnJob(s *snapshot.Snapshot) snapshot.Job {
	e := &s.Accounts[0].Regions[0].EC2
	j := snapshot.Job{RoleARN: s.Accounts[0].IAM.Roles.Items[0].ARN, HasVPCConfig: true, Instances: 1}
	for i := range zones {
		j.Subnets = append(j.Subnets, e.Subnets.Items[i].ID)
	}
	for i := range e.SecurityGroups.Items {
		if g := &e.SecurityGroups.Items[i]; g.VPC == e.Subnets.Items[0].VPC && len(j.SecurityGroups) < 2 {
			j.SecurityGroups = append(j.SecurityGroups, g.ID)
		}
	}
	return j
}

const denyAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}`

// strokes are changes that seldom leave all answers as they are.
var strokes = []struct {
	kind string
	do   func(r *rand.Rand, n *jsontree.Node)
}{
	{"RouteTables", func(r *rand.Rand, n *jsontree.Node) {
		if l := n.Get("Routes"); l.Len() > 1 {
			l.RemoveAt(1 + r.IntN(l.Len()-1))
		}
	}},
	{"NetworkAcls", func(r *rand.Rand, n *jsontree.Node) {
		l := n.Get("Entries")
		l.At(r.IntN(l.Len())).Set("RuleAction", jsontree.NewString("deny"))
	}},
	{"NatGateways", func(_ *rand.Rand, n *jsontree.Node) { n.Set("State", jsontree.NewString("failed")) }},
	{"Subnets", func(_ *rand.Rand, n *jsontree.Node) { n.Set("AvailableIpAddressCount", jsontree.NewInt(0)) }},
	{"SecurityGroups", func(_ *rand.Rand, n *jsontree.Node) { n.Set("IpPermissionsEgress", jsontree.NewArray()) }},
	{"VpcEndpoints", func(_ *rand.Rand, n *jsontree.Node) {
		n.Set("PolicyDocument", jsontree.NewString(strings.Replace(denyAll, `"Action"`, `"Principal":"*","Action"`, 1)))
	}},
	{"InternetGateways", func(_ *rand.Rand, n *jsontree.Node) { n.Set("Attachments", jsontree.NewArray()) }},
	{"TransitGatewayRouteTables", func(_ *rand.Rand, n *jsontree.Node) { n.Get("Routes").RemoveAt(n.Get("Routes").Len() - 1) }},
	{"VpcAttributes", func(_ *rand.Rand, n *jsontree.Node) {
		n.Set("EnableDnsSupport", jsontree.NewObject("Value", jsontree.NewBool(false)))
	}},
	{"RoleDetailList", func(_ *rand.Rand, n *jsontree.Node) { n.Set("RolePolicyList", jsontree.NewArray()) }},
	{"Policies", func(_ *rand.Rand, n *jsontree.Node) {
		n.Get("PolicyVersionList").At(0).Set("Document", jsontree.NewString(denyAll))
	}},
	{"buckets", func(_ *rand.Rand, n *jsontree.Node) {
		n.Set("Policy", jsontree.NewString(strings.Replace(denyAll, `"Action"`, `"Principal":"*","Action"`, 1)))
	}},
	{"serviceControlPolicies", func(_ *rand.Rand, n *jsontree.Node) { n.Set("Content", jsontree.NewString(denyAll)) }},
}

// drawnChange takes a resource out, or gives one a value that another of its
// kind has, once or more.
func drawnChange(t *testing.T, r *rand.Rand, base []byte) (head []byte, what string) {
	t.Helper()
	tree := parse(t, base)
	var said []string
	kinds := []string{"Vpcs", "VpcAttributes", "Subnets", "RouteTables", "RouteTables", "RouteTables", "NetworkAcls", "NetworkAcls", "SecurityGroups", "SecurityGroups", "VpcEndpoints", "VpcEndpoints",
		"VpcEndpoints", "PrefixLists", "DhcpOptions", "InternetGateways", "NatGateways", "VpcPeeringConnections", "TransitGateways", "TransitGatewayVpcAttachments", "TransitGatewayAttachments",
		"TransitGatewayRouteTables", "VpcBlockPublicAccessOptions", "NetworkInterfaces", "HostedZones", "RoleDetailList", "RoleDetailList", "Policies", "buckets", "buckets",
		"serviceControlPolicies", "resourceControlPolicies"}
	if r.IntN(2) == 0 {
		stroke := strokes[r.IntN(len(strokes))]
		list := collections(tree, stroke.kind)
		i := r.IntN(len(list))
		for stroke.kind == "VpcEndpoints" && list[i].Get("VpcEndpointType").Text() != "Gateway" {
			i = r.IntN(len(list))
		}
		if stroke.kind == "Subnets" {
			i = r.IntN(zones)
		}
		stroke.do(r, list[i])
		return tree.Bytes(), fmt.Sprintf("%s/%d, a stroke", stroke.kind, i)
	}
	for len(said) < 1+r.IntN(2) {
		kind := kinds[r.IntN(len(kinds))]
		lists := collectionNodes(tree, kind)
		if len(lists) == 0 {
			continue
		}
		list := lists[r.IntN(len(lists))]
		if list.Len() == 0 {
			continue
		}
		i := r.IntN(list.Len())
		one := list.At(i)
		name := fmt.Sprintf("%s/%d", kind, i)
		if r.IntN(6) == 0 {
			list.RemoveAt(i)
			said = append(said, name+" goes")
			continue
		}
		if how := blend(r, one, list.At(r.IntN(list.Len())), 0); how != "" {
			said = append(said, name+how)
		}
	}
	return tree.Bytes(), strings.Join(said, "; ")
}

// blend changes one member deep inside of a value to what another has, drops
// an element, or repeats one.
func blend(r *rand.Rand, a, b *jsontree.Node, depth int) string {
	if a.Len() == 0 || depth > 6 {
		return ""
	}
	i := r.IntN(a.Len())
	name := "/" + strconv.Itoa(i)
	if a.Kind() == jsontree.Object {
		name = "/" + a.Key(i)
		if strings.HasSuffix(name, "Id") && depth == 0 || name == "/Arn" || name == "/Name" {
			return "" // what tells it from others stays
		}
	}
	v := a.At(i)
	if a.Kind() == jsontree.Array && r.IntN(3) == 0 {
		a.RemoveAt(i)
		return name + " goes"
	}
	if v.Len() > 0 && r.IntN(5) > 0 {
		other := b
		if b.Kind() == jsontree.Object && a.Kind() == jsontree.Object {
			other = b.Get(a.Key(i))
		} else if b.Kind() == jsontree.Array && b.Len() > 0 {
			other = b.At(r.IntN(b.Len()))
		}
		if how := blend(r, v, other, depth+1); how != "" {
			return name + how
		}
		return ""
	}
	var with *jsontree.Node
	switch {
	case b.Kind() == jsontree.Object && a.Kind() == jsontree.Object:
		with = b.Get(a.Key(i))
	case b.Kind() == jsontree.Array && b.Len() > 0:
		with = b.At(r.IntN(b.Len()))
	}
	if with == nil || with.Kind() != v.Kind() || jsontree.Equal(v, with) {
		return ""
	}
	a.ReplaceAt(i, with.Copy())
	return name + " becomes " + string(with.Raw()[:min(40, len(with.Raw()))])
}

// collectionNodes are the arrays of a kind, of all accounts and Regions.
func collectionNodes(tree *jsontree.Tree, kind string) (out []*jsontree.Node) {
	add := func(n *jsontree.Node) {
		if l := n.Get(kind); l.Kind() == jsontree.Array {
			out = append(out, l)
		}
	}
	add(tree.Root.Get("organizations"))
	for _, a := range tree.Root.Get("accounts").Elements() {
		add(a.Get("iam"))
		add(a.Get("s3"))
		for _, g := range a.Get("regions").Elements() {
			add(g.Get("ec2"))
			add(g.Get("route53"))
		}
	}
	return out
}

func collections(tree *jsontree.Tree, kind string) (out []*jsontree.Node) {
	for _, l := range collectionNodes(tree, kind) {
		out = append(out, l.Elements()...)
	}
	return out
}
