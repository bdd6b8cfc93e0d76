package network

import (
	"fmt"
	"maps"
	"slices"

	"github.com/canreach/canreach/snapshot"
)

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
			ok = swap(&x.SecurityGroups, o.ID, o)
		case *snapshot.VPCEndpoint:
			ok = swap(&x.VPCEndpoints, o.ID, o)
			x.byService = &listIndex{}
		case *snapshot.PrefixList:
			ok = swap(&x.PrefixLists, o.ID, o)
			x.byService, out.pool = &listIndex{}, &enginePool{} // what names a list was compiled with its entries
		case *snapshot.NetworkACL:
			ok = swap(&x.NetworkACLs, o.ID, o)
			x.moveACL(o)
		case *snapshot.RouteTable:
			ok = swap(&x.RouteTables, o.ID, o)
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
func swap[K comparable, T any](t **snapshot.Table[K, T], id K, o *T) (ok bool) {
	*t, ok = (*t).Replace(id, o)
	return ok
}

func (x *index) moveACL(a *snapshot.NetworkACL) {
	x.subnetACL, x.untoldACL = maps.Clone(x.subnetACL), maps.Clone(x.untoldACL)
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
