package rules

import (
	"slices"

	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// noDestination tells a route whose destination is in a member that is not
// known: it may take anything.
func noDestination(r *snapshot.Route) bool { return r.PrefixList == "" && !r.CIDR.IsValid() }

// doubted leaves open what a route with a member that is not known takes:
// either it applies as read, or the look-up goes as if it were not there (N37).
func doubted(routes []snapshot.Route, t *RouteTraffic, parts []RoutePart) []RoutePart {
	var sure []snapshot.Route
	var at, anywhere []int // positions of sure, and of the routes without a destination
	for i := range routes {
		switch {
		case len(routes[i].UnknownFields) == 0:
			sure, at = append(sure, routes[i]), append(at, i)
		case noDestination(&routes[i]):
			anywhere = append(anywhere, i)
		}
	}
	if len(sure) == len(routes) {
		return parts
	}
	without := lookUp(sure, t)
	var out []RoutePart
	for _, p := range parts {
		i := slices.IndexFunc(p.Routes, func(r int) bool { return r != NoRoute && len(routes[r].UnknownFields) > 0 })
		if i < 0 && len(anywhere) == 0 {
			out = append(out, p)
			continue
		}
		by := slices.Concat(p.Routes, anywhere)
		open := by[max(i, 0)]
		if i < 0 {
			open = anywhere[0]
		}
		for _, q := range without {
			hit := t.Space.And(p.Cases, q.Cases)
			if hit == packetset.None {
				continue
			}
			out = append(out, RoutePart{Cases: hit, Routes: joined(by, q.Routes, at), Beaten: NoRoute, Code: finding.UnknownRouteTarget,
				Fact: "what the member " + routes[open].UnknownFields[0] + " of a route says: this version does not know it"})
		}
	}
	return out
}

// joined adds routes that another table numbers, each once.
func joined(by, more, at []int) []int {
	out := slices.Clone(by)
	for _, r := range more {
		if r != NoRoute {
			r = at[r]
		}
		if !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}
