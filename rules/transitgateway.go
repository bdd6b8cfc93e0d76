package rules

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/snapshot"
)

// TGWPart is traffic that one route of a transit gateway table takes; Route is
// NoRoute where none does. Unknown marks a part whose route is not decided.
type TGWPart struct {
	Cases   packetset.Set
	Route   int
	Unknown bool
}

// LookUpTransit splits cases by the route of a transit gateway route table:
// longest prefix, then static before prefix list before propagated (N134).
//
// AWS: https://docs.aws.amazon.com/vpc/latest/tgw/how-transit-gateways-work.html
func LookUpTransit(t *snapshot.TGWRouteTable, r *RouteTraffic) []TGWPart {
	s := r.Space
	var all []tgwCandidate
	for i := range t.Routes {
		all = append(all, tgwCandidates(t, i, r)...)
	}
	slices.SortStableFunc(all, func(x, y tgwCandidate) int {
		return cmp.Or(cmp.Compare(y.bits, x.bits), cmp.Compare(x.class, y.class), cmp.Compare(x.route, y.route))
	})
	rest := r.Cases
	var parts []TGWPart
	add := func(cases packetset.Set, route int, unknown bool) {
		if cases = s.And(cases, rest); cases != packetset.None {
			rest = s.Diff(rest, cases)
			parts = append(parts, TGWPart{cases, route, unknown})
		}
	}
	for _, c := range all {
		if c.bits < 0 || c.match.Maybe != packetset.None {
			// Nothing says how long the match is, or whether it is one.
			add(s.Or(c.match.Maybe, c.match.Yes), c.route, c.bits >= 0 || len(all) > 1)
			continue
		}
		add(c.match.Yes, c.route, false)
	}
	if t.MoreRoutes {
		add(rest, NoRoute, true)
	}
	add(rest, NoRoute, false)
	return parts
}

type tgwCandidate struct {
	route, class, bits int
	match              Match
}

func tgwCandidates(t *snapshot.TGWRouteTable, i int, r *RouteTraffic) []tgwCandidate {
	x := &t.Routes[i]
	class := 0
	switch {
	case x.PrefixList != "":
		class = 1
	case strings.EqualFold(x.Type, "propagated"):
		class = 2
	}
	if x.CIDR.IsValid() { // the search prints a list's route once for each entry
		return []tgwCandidate{{i, class, x.CIDR.Bits(), r.Remote(x.CIDR)}}
	}
	cidrs, known := r.Entries(x.PrefixList)
	if !known {
		return []tgwCandidate{{i, class, -1, r.List(x.PrefixList)}}
	}
	var out []tgwCandidate
	for _, c := range cidrs {
		out = append(out, tgwCandidate{i, class, c.Bits(), r.Remote(c)})
	}
	return out
}

// PeeringSides tells the two sides of a peering apart, as seen from vpc.
func PeeringSides(p *snapshot.Peering, vpc snapshot.VPCID) (own, other snapshot.PeeringSide, ok bool) {
	switch vpc {
	case p.Requester.VPC:
		return p.Requester, p.Accepter, true
	case p.Accepter.VPC:
		return p.Accepter, p.Requester, true
	}
	return own, other, false
}

// SameRegion reports whether both sides of a peering are in one Region; known
// is false where the snapshot does not tell (N83).
func SameRegion(p *snapshot.Peering) (same, known bool) {
	a, b := p.Requester.Region, p.Accepter.Region
	return a == b, a != "" && b != ""
}

// contains reports whether some prefix of list contains a.
func contains(list []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Masked().Contains(a) })
}

// InAny reports whether a is in one of the prefixes.
func InAny(list []netip.Prefix, a netip.Addr) bool { return contains(list, a) }
