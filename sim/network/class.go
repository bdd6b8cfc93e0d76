package network

import (
	"cmp"
	"slices"

	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/snapshot"
)

// Class is interfaces that no rule tells apart but by their address: those of
// one subnet that carry the same groups and kinds of addresses.
type Class struct {
	Account string                     `json:"-"`
	Region  string                     `json:"-"`
	VPC     snapshot.VPCID             `json:"-"`
	Subnet  snapshot.SubnetID          `json:"subnet"`
	Groups  []snapshot.SecurityGroupID `json:"groups"`           // sorted
	Public  bool                       `json:"public,omitempty"` // they have public addresses
	IPv6    bool                       `json:"-"`
	Count   int                        `json:"count"` // interfaces in the snapshot
	// Example is one of the interfaces; empty where there is none yet.
	Example snapshot.NetworkInterfaceID `json:"example,omitempty"`
	// Members are all of them.
	Members []snapshot.NetworkInterfaceID `json:"-"`
}

// End is the class as one end of a query.
func (c *Class) End() Endpoint {
	if c.Example != "" {
		return Endpoint{Interface: c.Example}
	}
	return c.Job()
}

// Job is an interface like those of the class, with any address of the subnet.
func (c *Class) Job() Endpoint {
	return Endpoint{Job: &HypotheticalInterface{Account: c.Account, Subnet: c.Subnet, Groups: c.Groups}}
}

// classKey tells classes apart.
type classKey struct {
	account, region    string
	subnet             snapshot.SubnetID
	groups             string
	known, public, ip6 bool
}

// Classes sorts the snapshot's interfaces that keep selects into classes,
// ordered by account, Region, subnet and groups.
func (m *Model) Classes(keep func(*snapshot.NetworkInterface) bool) []Class {
	index := map[classKey]int{}
	var out []Class
	var text []byte
	for _, acc := range m.x.Snapshot.Accounts {
		for _, r := range acc.Regions {
			for i := range r.EC2.NetworkInterfaces.Items {
				e := &r.EC2.NetworkInterfaces.Items[i]
				if !keep(e) {
					continue
				}
				groups := e.Groups
				if !slices.IsSorted(groups) {
					groups = slices.Sorted(slices.Values(groups))
				}
				text = text[:0]
				for _, g := range groups {
					text = append(append(text, g...), ',')
				}
				key := classKey{acc.ID, r.Name, e.Subnet, string(text), e.GroupsKnown, hasPublic(e), len(e.IPv6) > 0}
				k, ok := index[key]
				if !ok {
					k = len(out)
					index[key] = k
					out = append(out, Class{Account: acc.ID, Region: r.Name, VPC: e.VPC, Subnet: e.Subnet, Groups: slices.Compact(slices.Clone(groups)),
						Public: key.public, IPv6: key.ip6, Example: e.ID})
				}
				out[k].Count++
				out[k].Members = append(out[k].Members, e.ID)
			}
		}
	}
	SortClasses(out)
	return out
}

// SortClasses orders classes by account, Region, subnet, groups and example.
func SortClasses(list []Class) {
	slices.SortFunc(list, func(x, y Class) int { return CompareClasses(&x, &y) })
}

// CompareClasses is the order of classes.
func CompareClasses(x, y *Class) int {
	return cmp.Or(cmp.Compare(x.Account, y.Account), cmp.Compare(x.Region, y.Region), cmp.Compare(x.Subnet, y.Subnet), slices.Compare(x.Groups, y.Groups), cmp.Compare(x.Example, y.Example))
}

// Brief is the short answer: no findings, no packets.
type Brief struct {
	Outcome Outcome
	Paths   []BriefPath
	// Uniform: every case passes, every case is blocked, or of none is it known.
	Uniform bool
}

// BriefPath is one way of a brief answer's traffic.
type BriefPath struct {
	Outcome Outcome
	Context Context
	// Components are those on the way out, in order.
	Components []string
}

// Brief decides q as Ask does, and says less about it.
func (m *Model) Brief(q Query) (Brief, error) {
	if m.given != nil {
		return m.given.brief(&q)
	}
	e := m.take()
	defer m.give(e)
	a := newWalk(e, m.x, question{})
	r, err := a.decide(q)
	if err != nil {
		return Brief{}, err
	}
	if len(a.paths) == 0 { // it took several questions
		if r, err = newWalk(e, m.x, question{explain: true}).decide(q); err != nil {
			return Brief{}, err
		}
	}
	out := Brief{Outcome: r.Outcome, Uniform: a.summary().uniform(r)}
	for _, w := range a.paths {
		var hops []Hop
		for _, s := range w.steps {
			hops = append(hops, s.hops...)
		}
		out.Paths = append(out.Paths, BriefPath{outcome(w.passed, w.blocked, w.open), w.ctx, wayOutComponents(hops)})
	}
	for i := range r.Flows {
		f := &r.Flows[i]
		out.Paths = append(out.Paths, BriefPath{f.Outcome, f.Context, wayOutComponents(f.Hops)})
	}
	return out, nil
}

func (a summary) uniform(r *Result) bool {
	if len(a.paths) == 0 || a.s.Err() != nil {
		return r.Outcome == Reachable || r.Outcome == Blocked
	}
	passed, blocked := a.sum(a.paths)
	return passed == a.cases || blocked == a.cases || passed == packetset.None && blocked == packetset.None
}

// wayOutComponents are the components of the hops that are not of replies.
func wayOutComponents(hops []Hop) (out []string) {
	for i := range hops {
		if h := &hops[i]; !h.Reply && (len(out) == 0 || out[len(out)-1] != h.Component) {
			out = append(out, h.Component)
		}
	}
	return out
}
