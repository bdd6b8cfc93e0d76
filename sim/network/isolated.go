package network

import (
	"net/netip"
	"reflect"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/snapshot"
)

// Isolated tells, by the component graph alone, that nothing of what interfaces
// in a subnet send can get to S3: the subnet's table has local routes only, S3's
// names have public addresses only, and none of these is in the VPC. False says
// nothing.
func (e *Extent) Isolated(id snapshot.SubnetID) bool {
	n := e.x.Subnets.Get(id).Item
	if n == nil {
		return false
	}
	outside, known := e.outside[n.VPC]
	if !known {
		outside = e.namesLeadOutside(n.VPC)
		e.outside[n.VPC] = outside
	}
	if !outside {
		return false
	}
	t, need := newQuestion(nil, e.x, question{}).tableOf(n)
	return need == nil && !e.listed[t.ID] && len(t.PropagatingVGWs) == 0 &&
		!slices.ContainsFunc(t.Routes, func(r snapshot.Route) bool { return r.TargetKind != snapshot.TargetLocal })
}

// namesLeadOutside tells that no name of S3 has an address in the VPC for
// interfaces there.
func (e *Extent) namesLeadOutside(id snapshot.VPCID) bool {
	v := e.x.VPCs.Get(id)
	if v.Item == nil || e.answers[id] || len(v.Item.CIDRs) == 0 || !e.resolvesAtHome(id) || !resolverRead(&v.Region.Resolver) {
		return false
	}
	if _, lost := e.x.lostEndpoint(id); lost {
		return false
	}
	return !slices.ContainsFunc(slices.Concat(v.Item.CIDRs, v.Item.IPv6CIDRs), func(c netip.Prefix) bool {
		return c.Addr().Is4() && rules.MayBePublic(c) || slices.ContainsFunc(e.x.awsLists(), func(l *snapshot.PrefixList) bool {
			return slices.ContainsFunc(l.Entries, func(entry snapshot.PrefixListEntry) bool { return entry.CIDR.Overlaps(c) })
		})
	})
}

// resolverRead tells that no part of what Route 53 has could not be read.
func resolverRead(r *snapshot.Resolver) bool {
	v := reflect.ValueOf(r).Elem()
	for i := range v.NumField() {
		if p := v.Field(i).FieldByName("Presence"); p.IsValid() && snapshot.Presence(p.Uint()) == snapshot.Unreadable {
			return false
		}
	}
	return true
}

// endpoint notes the tables that an endpoint serves, and the VPC whose names of
// S3 it may answer.
func (e *Extent) endpoint(p *snapshot.VPCEndpoint) {
	for _, t := range p.RouteTables {
		e.listed[t] = true
	}
	service := rules.ServiceOf(p)
	switch rules.KindOfEndpoint(p) {
	case rules.EndpointGateway:
		e.answers[p.VPC] = e.answers[p.VPC] || !p.RouteTablesKnown
	default:
		e.answers[p.VPC] = e.answers[p.VPC] || service == "" || strings.HasPrefix(service, "s3")
	}
}
