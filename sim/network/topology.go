package network

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/yourbasic/graph"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/snapshot"
)

// Topology is the components of a snapshot and what leads to what, without
// any packet: routes by their targets, gateways by where they let out. It
// tells what is linked at all; what gets through is Ask's to say.
type Topology struct {
	ids   []string
	index map[string]int
	out   *graph.Immutable
}

// Nodes that stand for what is outside of every VPC.
const (
	NodeS3       = "s3"
	NodeInternet = "internet"
)

// Topology is the component graph of the model, built at the first call.
func (m *Model) Topology() *Topology { return m.x.topology() }

// lazyTopology is built when somebody first asks for a path.
type lazyTopology struct {
	once sync.Once
	t    *Topology
}

func (x *index) topology() *Topology {
	x.graph.once.Do(func() { x.graph.t = topologyOf(x) })
	return x.graph.t
}

// sisterTable finds another table of the VPC that leads to S3 without crossing
// into a VPC, and its next hop: the nearest one, by the component graph.
func (x *index) sisterTable(tb *snapshot.RouteTable) (sister, next string) {
	best := 0
	for _, id := range slices.Sorted(maps.Keys(x.RouteTables.Map())) {
		if x.RouteTables.Get(id).Item.VPC != tb.VPC || id == tb.ID {
			continue
		}
		path, ok := x.topology().Path(string(id), NodeS3)
		if !ok || len(path) < 3 || best > 0 && len(path) >= best || slices.ContainsFunc(path, func(c string) bool { return strings.HasPrefix(c, "vpc-") }) {
			continue
		}
		if strings.HasPrefix(path[1], "vpce-") || strings.HasPrefix(path[1], "nat-") { // an internet gateway needs a public address, too
			best, sister, next = len(path), string(id), path[1]
		}
	}
	return sister, next
}

func topologyOf(x *index) *Topology {
	b := &topologyBuilder{x: x, t: &Topology{index: map[string]int{}}}
	for _, acc := range x.Snapshot.Accounts {
		for _, r := range acc.Regions {
			b.region(&r.EC2)
		}
	}
	g := graph.New(len(b.t.ids))
	for _, e := range b.edges {
		g.AddCost(e.from, e.to, e.cost)
	}
	b.t.out = graph.Sort(g)
	return b.t
}

type topologyBuilder struct {
	x     *index
	t     *Topology
	edges []topologyEdge
}

type topologyEdge struct {
	from, to int
	cost     int64
}

func (b *topologyBuilder) node(id string) int {
	n, ok := b.t.index[id]
	if !ok {
		n = len(b.t.ids)
		b.t.index[id] = n
		b.t.ids = append(b.t.ids, id)
	}
	return n
}

func (b *topologyBuilder) link(from, to string) { b.linkAt(from, to, 1) }

// localCost keeps paths from cutting across a VPC where a gateway leads on.
const localCost = 4

func (b *topologyBuilder) linkAt(from, to string, cost int64) {
	if from != "" && to != "" {
		b.edges = append(b.edges, topologyEdge{b.node(from), b.node(to), cost})
	}
}

func (b *topologyBuilder) region(e *snapshot.EC2) {
	for i := range e.Subnets.Items {
		n := &e.Subnets.Items[i]
		b.link(string(n.VPC), string(n.ID))
		of := b.x.subnetTable[n.ID]
		if len(of) == 0 {
			of = b.x.mainTable[n.VPC]
		}
		for _, t := range of {
			b.link(string(n.ID), string(t.table))
		}
	}
	for i := range e.RouteTables.Items {
		b.table(&e.RouteTables.Items[i])
	}
	for i := range e.NATGateways.Items {
		n := &e.NATGateways.Items[i]
		b.link(string(n.ID), string(n.Subnet))
		b.link(string(n.ID), string(n.RouteTable))
	}
	for i := range e.VPCEndpoints.Items {
		if p := &e.VPCEndpoints.Items[i]; rules.ServiceOf(p) == "s3" {
			b.link(string(p.ID), NodeS3)
			for _, n := range p.Subnets {
				b.link(string(n), string(p.ID))
			}
		}
	}
	for i := range e.InternetGateways.Items {
		b.link(string(e.InternetGateways.Items[i].ID), NodeInternet)
	}
	b.link(NodeInternet, NodeS3)
	for i := range e.Peerings.Items {
		if p := &e.Peerings.Items[i]; rules.PeeringState(p.Status) != rules.StateBroken {
			b.link(string(p.ID), string(p.Requester.VPC))
			b.link(string(p.ID), string(p.Accepter.VPC))
		}
	}
	for i := range e.TGWAttachments.Items {
		if a := &e.TGWAttachments.Items[i]; rules.AttachmentState(a.State) != rules.StateBroken {
			b.link(string(a.Gateway), string(a.ID))
			b.link(string(a.ID), a.ResourceID)
		}
	}
}

func (b *topologyBuilder) table(t *snapshot.RouteTable) {
	for i := range t.Routes {
		r := &t.Routes[i]
		switch {
		case rules.Blackhole(r):
		case r.TargetKind == snapshot.TargetLocal:
			b.linkAt(string(t.ID), string(t.VPC), localCost)
		default:
			b.link(string(t.ID), r.Target)
		}
	}
}

// Path is a shortest chain of components from one to another, both included;
// ok is false where nothing links them.
func (t *Topology) Path(from, to string) (path []string, ok bool) {
	v, known := t.index[from]
	w, alsoKnown := t.index[to]
	if !known || !alsoKnown {
		return nil, false
	}
	steps, _ := graph.ShortestPath(t.out, v, w)
	for _, n := range steps {
		path = append(path, t.ids[n])
	}
	return path, len(path) > 0
}

// Circles is the sets of components that lead to each other without passing
// a local route: where a routing loop is possible at all (N117, N143), e.g. a
// NAT gateway in the subnet that routes to it. Each is sorted.
func (m *Model) Circles() [][]string {
	b := &topologyBuilder{x: m.x, t: &Topology{index: map[string]int{}}}
	for _, acc := range m.x.Snapshot.Accounts {
		for _, r := range acc.Regions {
			b.forwarding(&r.EC2)
		}
	}
	return b.circles()
}

// forwarding links what sends traffic on: a subnet's table, its gateways, and
// the subnets in which those send it out again.
func (b *topologyBuilder) forwarding(e *snapshot.EC2) {
	for i := range e.Subnets.Items {
		n := &e.Subnets.Items[i]
		of := b.x.subnetTable[n.ID]
		if len(of) == 0 {
			of = b.x.mainTable[n.VPC]
		}
		for _, t := range of {
			b.link(string(n.ID), string(t.table))
		}
	}
	for i := range e.RouteTables.Items {
		for j := range e.RouteTables.Items[i].Routes {
			if r := &e.RouteTables.Items[i].Routes[j]; r.TargetKind != snapshot.TargetLocal && !rules.Blackhole(r) {
				b.link(string(e.RouteTables.Items[i].ID), r.Target)
			}
		}
	}
	for i := range e.NATGateways.Items {
		n := &e.NATGateways.Items[i]
		b.link(string(n.ID), string(n.Subnet))
		b.link(string(n.ID), string(n.RouteTable))
	}
}

func (b *topologyBuilder) circles() [][]string {
	g := graph.New(len(b.t.ids))
	for _, e := range b.edges {
		g.Add(e.from, e.to)
	}
	var out [][]string
	for _, c := range graph.StrongComponents(g) {
		if len(c) < 2 {
			continue
		}
		var ids []string
		for _, n := range c {
			ids = append(ids, b.t.ids[n])
		}
		slices.Sort(ids)
		out = append(out, ids)
	}
	slices.SortFunc(out, slices.Compare)
	return out
}

// GroupCircles is the sets of security groups whose rules name each other, so
// that none can be deleted before the others' rules are. Each is sorted.
func (m *Model) GroupCircles() [][]string {
	b := &topologyBuilder{x: m.x, t: &Topology{index: map[string]int{}}}
	for _, acc := range m.x.Snapshot.Accounts {
		for _, r := range acc.Regions {
			for i := range r.EC2.SecurityGroups.Items {
				g := &r.EC2.SecurityGroups.Items[i]
				for _, p := range slices.Concat(g.Ingress, g.Egress) {
					for _, ref := range p.Groups {
						b.link(string(g.ID), string(ref.Group))
					}
				}
			}
		}
	}
	return b.circles()
}
