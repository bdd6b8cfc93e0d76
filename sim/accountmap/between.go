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

// maxCrossings bounds the questions about traffic between VPCs.
const maxCrossings = 4000

// crossing is a question about traffic between two groups of different VPCs.
type crossing struct {
	from, to *tile
	protocol int
	takes    map[string]string // ports by peering or transit gateway
}

// traffic asks which VPCs reach each other over a peering or a transit
// gateway. Only pairs that the component graph joins are asked about; of each
// group, the first subnet.
func (b *builder) traffic(ctx context.Context) error {
	list := b.crossings()
	if len(list) > maxCrossings {
		b.m.BetweenLeftOut = len(list) - maxCrossings
		list = list[:maxCrossings]
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
				x := Crossing{b.m.VPCs[list[j].from.vpc].ID, b.m.VPCs[list[j].to.vpc].ID, takes}
				if !slices.Contains(c.Crossings, x) {
					c.Crossings = append(c.Crossings, x)
				}
				b.link(Link{VPC: list[j].from.vpc, Group: b.groupOf(list[j].from), To: c.ID}, takes+" to "+x.To)
				c.Carries = true
			}
		}
		slices.SortFunc(c.Crossings, func(x, y Crossing) int {
			return cmp.Or(cmp.Compare(x.From, y.From), cmp.Compare(x.To, y.To), cmp.Compare(x.Takes, y.Takes))
		})
	}
	return nil
}

// groupOf is the position of a tile's group in its VPC.
func (b *builder) groupOf(t *tile) int {
	return slices.IndexFunc(b.m.VPCs[t.vpc].Groups, func(g Group) bool {
		return slices.ContainsFunc(g.Subnets, func(s Subnet) bool { return s.ID == t.ID })
	})
}

// crossings lists the questions, in the order of the map.
func (b *builder) crossings() []crossing {
	if len(b.m.Between) == 0 {
		return nil
	}
	graph := b.w.Network().Topology()
	var firsts []*tile
	seen := map[string]bool{}
	for _, id := range b.order {
		if t := b.tiles[id]; !seen[t.signature()] {
			seen[t.signature()] = true
			firsts = append(firsts, t)
		}
	}
	joined := map[[2]int]bool{}
	var out []crossing
	for _, from := range firsts {
		for _, to := range firsts {
			pair := [2]int{from.vpc, to.vpc}
			yes, known := joined[pair]
			if !known && from.vpc != to.vpc {
				_, yes = graph.Path(b.m.VPCs[from.vpc].ID, b.m.VPCs[to.vpc].ID)
				joined[pair] = yes
			}
			if yes {
				out = append(out, crossing{from, to, 6, nil}, crossing{from, to, 17, nil})
			}
		}
	}
	return out
}

// cross asks for every class of the one against every class of the other.
func (b *builder) cross(x *crossing) {
	x.takes = map[string]string{}
	for _, from := range x.from.ends() {
		for _, to := range x.to.ends() {
			q := b.query(from, to)
			q.Protocol, q.Ports = x.protocol, []network.PortRange{{From: 0, To: 65535}}
			res, err := b.w.Network().Ask(q)
			if err != nil {
				continue // an end that the snapshot does not tell enough of
			}
			for i := range res.Flows {
				x.add(&res.Flows[i])
			}
		}
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
		x.takes[id] = portWords(x.protocol, ports)
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
