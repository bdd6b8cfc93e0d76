package network

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/canreach/canreach/snapshot"
)

// Class is interfaces that no rule tells apart but by their address: those of
// one subnet that carry the same groups.
type Class struct {
	Account string
	Subnet  snapshot.SubnetID
	Groups  []snapshot.SecurityGroupID // sorted
	Count   int                        // interfaces in the snapshot
}

// Classes sorts the snapshot's interfaces into classes, ordered by subnet and
// groups. Interfaces whose groups are not known are in none.
func (m *Model) Classes() []Class {
	type key struct {
		subnet snapshot.SubnetID
		groups string
	}
	index := map[key]int{}
	var out []Class
	var text []byte
	for _, acc := range m.x.snap.Accounts {
		for _, r := range acc.Regions {
			for i := range r.EC2.NetworkInterfaces.Items {
				e := &r.EC2.NetworkInterfaces.Items[i]
				if !e.GroupsKnown {
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
				k, ok := index[key{e.Subnet, string(text)}]
				if !ok {
					k = len(out)
					index[key{e.Subnet, string(text)}] = k
					out = append(out, Class{Account: acc.ID, Subnet: e.Subnet, Groups: slices.Compact(slices.Clone(groups))})
				}
				out[k].Count++
			}
		}
	}
	slices.SortFunc(out, func(x, y Class) int {
		if c := strings.Compare(string(x.Subnet), string(y.Subnet)); c != 0 {
			return c
		}
		return slices.Compare(x.Groups, y.Groups)
	})
	return out
}

// Verdict is the short answer for one class: no findings, no hops.
type Verdict struct {
	Outcome  Outcome
	Contexts []Context // of the flows that pass or may pass, in order
	Err      error     // the class makes no sense, e.g. its subnet is not in the snapshot
}

// Sweep asks q for an interface of every class, as a job's would be, on all
// processors. The answers are in the classes' order, whatever the scheduling.
func (m *Model) Sweep(q Query, classes []Class) []Verdict {
	out := make([]Verdict, len(classes))
	workers := min(runtime.GOMAXPROCS(0), max(1, len(classes)/32))
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			e := m.take()
			defer m.give(e)
			for i := w * len(classes) / workers; i < (w+1)*len(classes)/workers; i++ {
				if e.s.Err() != nil || e.s.Edges() > maxEdges {
					e = newEngine()
				}
				out[i] = m.short(e, q, &classes[i])
			}
		})
	}
	wg.Wait()
	return out
}

func (m *Model) short(e *engine, q Query, c *Class) Verdict {
	q.From = Endpoint{Job: &HypotheticalInterface{Account: c.Account, Subnet: c.Subnet, Groups: c.Groups}}
	a := &asking{engine: e, x: m.x}
	r, err := a.decide(q)
	if err != nil {
		return Verdict{Err: err}
	}
	v := Verdict{Outcome: r.Outcome}
	for _, w := range a.ways {
		if !w.dead && w.passed|w.open != 0 {
			v.Contexts = append(v.Contexts, w.ctx)
		}
	}
	return v
}

// With returns a model of the snapshot with some objects replaced by others of
// the same id: *snapshot.SecurityGroup, NetworkACL, RouteTable, VPCEndpoint or
// PrefixList. It shares everything else with m, and what was compiled of it,
// so that its cost does not grow with the number of interfaces. The objects
// must not change afterwards.
func (m *Model) With(objects ...any) (*Model, error) {
	x := *m.x
	x.graph = &lazyTopology{}
	out := &Model{x: &x, pool: m.pool}
	for _, o := range objects {
		var ok bool
		switch o := o.(type) {
		case *snapshot.SecurityGroup:
			ok = swap(&x.groups, o.ID, o)
		case *snapshot.VPCEndpoint:
			ok = swap(&x.endpoints, o.ID, o)
			x.byService = &listIndex{}
		case *snapshot.PrefixList:
			ok = swap(&x.lists, o.ID, o)
			x.byService, out.pool = &listIndex{}, &enginePool{} // what names a list was compiled with its entries
		case *snapshot.NetworkACL:
			ok = swap(&x.acls, o.ID, o)
			x.moveACL(o)
		case *snapshot.RouteTable:
			ok = swap(&x.routeTables, o.ID, o)
			x.moveTable(o)
		default:
			return nil, fmt.Errorf("a %T can't be replaced in a model", o)
		}
		if !ok {
			return nil, fmt.Errorf("%T replaces nothing: its id is not in the snapshot", o)
		}
	}
	return out, nil
}

// swap puts an object in the place of the one with its id, in a copy of t.
func swap[K comparable, T any](t *table[K, T], id K, o *T) bool {
	old, ok := (*t)[id]
	if ok {
		*t = maps.Clone(*t)
		(*t)[id] = located[T]{o, old.in}
	}
	return ok
}

func (x *index) moveACL(a *snapshot.NetworkACL) {
	x.subnetACL, x.defaultACL, x.untoldACL = maps.Clone(x.subnetACL), maps.Clone(x.defaultACL), maps.Clone(x.untoldACL)
	for s, of := range x.subnetACL {
		if i := slices.Index(of, a.ID); i >= 0 {
			x.subnetACL[s] = slices.Delete(slices.Clone(of), i, i+1)
		}
	}
	if x.untoldACL[a.VPC] == a.ID {
		delete(x.untoldACL, a.VPC)
	}
	x.associateACL(a)
}

func (x *index) moveTable(t *snapshot.RouteTable) {
	x.subnetTable, x.mainTable, x.edgeTable, x.untoldTable = maps.Clone(x.subnetTable), maps.Clone(x.mainTable), maps.Clone(x.edgeTable), maps.Clone(x.untoldTable)
	if x.untoldTable[t.VPC] == t.ID {
		delete(x.untoldTable, t.VPC)
	}
	gone := func(of []tableOf) []tableOf {
		return slices.DeleteFunc(slices.Clone(of), func(o tableOf) bool { return o.table == t.ID })
	}
	for k, of := range x.subnetTable {
		if slices.ContainsFunc(of, func(o tableOf) bool { return o.table == t.ID }) {
			x.subnetTable[k] = gone(of)
		}
	}
	x.mainTable[t.VPC] = gone(x.mainTable[t.VPC])
	maps.DeleteFunc(x.edgeTable, func(_ string, id snapshot.RouteTableID) bool { return id == t.ID })
	x.associateTable(t)
	x.byService = &listIndex{}
}
