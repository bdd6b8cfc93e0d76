package accountmap

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/sim/access"
	"github.com/canreach/canreach/sim/network"
)

// MaxCrossings bounds the questions about traffic between VPCs, a pair of
// interface classes and a protocol each.
const MaxCrossings = 1000

// crossing is a question about traffic between two groups of different VPCs.
type crossing struct {
	from, to *tile
	query    network.Query
	takes    map[string]string // ports by peering or transit gateway
}

// traffic asks which VPCs reach each other over a peering or a transit
// gateway. Only pairs that the component graph joins are asked about; of each
// group, the first subnet, and of that one interface of each class.
func (b *builder) traffic(ctx context.Context) error {
	list := b.crossings()
	if len(list) > MaxCrossings {
		b.m.BetweenLeftOut = len(list) - MaxCrossings
		list = list[:MaxCrossings]
	}
	err := access.Each(ctx, access.Query{Workers: b.q.Workers}, len(list), func(i int) error {
		b.cross(&list[i])
		return nil
	})
	if err != nil {
		return err
	}
	for i := range b.m.Between {
		c := &b.m.Between[i]
		for j := range list {
			if takes := list[j].takes[c.ID]; takes != "" {
				b.addCrossing(c, &list[j], takes)
			}
		}
		slices.SortFunc(c.Crossings, func(x, y Crossing) int {
			return cmp.Or(cmp.Compare(x.From, y.From), cmp.Compare(x.To, y.To), cmp.Compare(x.Takes, y.Takes))
		})
	}
	return nil
}

func (b *builder) addCrossing(c *Component, q *crossing, takes string) {
	x := Crossing{b.m.VPCs[q.from.vpc].ID, b.m.VPCs[q.to.vpc].ID, takes}
	if !slices.Contains(c.Crossings, x) {
		c.Crossings = append(c.Crossings, x)
	}
	c.Carries = true
	b.link(Link{VPC: q.from.vpc, Group: b.groupOf(q.from), To: c.ID}, takes+" to "+x.To)
}

// groupOf is the position of a tile's group in its VPC.
func (b *builder) groupOf(t *tile) int {
	return slices.IndexFunc(b.m.VPCs[t.vpc].Groups, func(g Group) bool {
		return slices.ContainsFunc(g.Subnets, func(s Subnet) bool { return s.ID == t.ID })
	})
}

// crossings lists the questions: the first of every two VPCs, the second of
// every two, and so on, so that a bound leaves no two VPCs out.
func (b *builder) crossings() []crossing {
	if len(b.m.Between) == 0 {
		return nil
	}
	var firsts []*tile
	seen := map[string]bool{}
	for _, id := range b.order {
		if t := b.tiles[id]; !seen[t.signature()] {
			seen[t.signature()] = true
			firsts = append(firsts, t)
		}
	}
	graph := b.w.Network().Topology()
	joined := map[[2]int]bool{}
	count := map[[2]int]int{}
	type ranked struct {
		crossing
		rank int
	}
	var all []ranked
	for _, from := range firsts {
		for _, to := range firsts {
			pair := [2]int{from.vpc, to.vpc}
			yes, known := joined[pair]
			if !known && from.vpc != to.vpc {
				_, yes = graph.Path(b.m.VPCs[from.vpc].ID, b.m.VPCs[to.vpc].ID)
				joined[pair] = yes
			}
			if !yes {
				continue
			}
			for _, q := range b.crossQueries(from, to) {
				all = append(all, ranked{crossing{from: from, to: to, query: q}, count[pair]})
				count[pair]++
			}
		}
	}
	slices.SortStableFunc(all, func(x, y ranked) int { return cmp.Compare(x.rank, y.rank) })
	out := make([]crossing, len(all))
	for i := range all {
		out[i] = all[i].crossing
	}
	return out
}

func (b *builder) crossQueries(from, to *tile) (out []network.Query) {
	for _, f := range from.ends() {
		for _, t := range to.ends() {
			for _, protocol := range []int{6, 17} {
				q := b.query(f, t)
				q.Protocol, q.Ports = protocol, []network.PortRange{{From: 0, To: 65535}}
				out = append(out, q)
			}
		}
	}
	return out
}

// cross asks one question, and in full only where something passes.
func (b *builder) cross(x *crossing) {
	brief, err := b.w.Network().Brief(x.query)
	if err != nil || brief.Outcome != network.Reachable && brief.Outcome != network.Partial {
		return // an error: an end that the snapshot does not tell enough of
	}
	res, err := b.w.Network().Ask(x.query)
	if err != nil {
		return
	}
	x.takes = map[string]string{}
	for i := range res.Flows {
		x.add(&res.Flows[i])
	}
}

func (x *crossing) add(f *network.Flow) {
	if f.Outcome != network.Reachable && f.Outcome != network.Partial || f.Context.Uncertain {
		return
	}
	ports := []network.PortRange{{From: 0, To: 65535}}
	var over []string
	for i := range f.Hops {
		h := &f.Hops[i]
		if h.Through != nil && len(h.Through.Ports) > 0 {
			ports = overlap(ports, h.Through.Ports)
		}
		if strings.HasPrefix(h.Component, "pcx-") || strings.HasPrefix(h.Component, "tgw-") && !strings.HasPrefix(h.Component, "tgw-attach-") && !strings.HasPrefix(h.Component, "tgw-rtb-") {
			over = append(over, h.Component)
		}
	}
	for _, id := range over {
		x.takes[id] = portWords(x.query.Protocol, ports)
	}
}

// overlap is the ports that are in both lists.
func overlap(x, y []network.PortRange) (out []network.PortRange) {
	for _, a := range x {
		for _, b := range y {
			if lo, hi := max(a.From, b.From), min(a.To, b.To); lo <= hi {
				out = append(out, network.PortRange{From: lo, To: hi})
			}
		}
	}
	return out
}

func portWords(protocol int, ports []network.PortRange) string {
	name := map[int]string{6: "tcp", 17: "udp"}[protocol]
	if len(ports) == 0 || len(ports) == 1 && ports[0].From == 0 && ports[0].To == 65535 {
		return name
	}
	var list []string
	for _, p := range ports {
		if p.From == p.To {
			list = append(list, fmt.Sprint(p.From))
		} else {
			list = append(list, fmt.Sprintf("%d-%d", p.From, p.To))
		}
	}
	return name + " " + strings.Join(list, ", ")
}
