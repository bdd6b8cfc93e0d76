package rules

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// NoRoute stands for a table in which nothing matches (N38).
const NoRoute = -1

// RoutePart is traffic that one route takes. Where more than one is named, the
// snapshot or AWS's documentation leaves open which of them does (N2), and
// Code says why.
type RoutePart struct {
	Cases  packetset.Set
	Routes []int // positions in Routes, or NoRoute
	Code   finding.Code
	Fact   string
	// Beaten is a route of another class for the very same destination that
	// lost by priority (N25), or NoRoute.
	Beaten int
}

// RouteTraffic is what a look-up asks of its surroundings.
type RouteTraffic struct {
	Space  *packetset.Space
	Cases  packetset.Set
	Remote func(netip.Prefix) Match // cases by the address that is looked up
	// Symbolic is the part of Cases whose address can't be listed (N33), and
	// Symbols what it consists of: sets of addresses that fare alike. None: one.
	Symbolic packetset.Set
	Symbols  []packetset.Set
	// Entries is the body of a prefix list; known is false where the snapshot
	// lacks it.
	Entries func(snapshot.PrefixListID) (cidrs []netip.Prefix, known bool)
	// List is the cases in a prefix list, as far as is known.
	List func(snapshot.PrefixListID) Match
	// Managed tells of AWS's own lists.
	Managed func(snapshot.PrefixListID) bool
}

// Routing classes in order of priority for one destination (N25).
const (
	classLocal = iota
	classStatic
	classList
	classPropagated
	classAdvertised // by a route server: how it ranks is not documented (N28)
)

func routeClass(r *snapshot.Route) int {
	switch {
	case r.TargetKind == snapshot.TargetLocal:
		return classLocal
	case r.PrefixList != "":
		return classList
	case strings.EqualFold(r.Origin, "EnableVgwRoutePropagation"):
		return classPropagated
	case strings.EqualFold(r.Origin, "Advertisement"):
		return classAdvertised
	}
	return classStatic
}

// Blackhole reports whether a route is one (N35).
func Blackhole(r *snapshot.Route) bool { return strings.EqualFold(r.State, "blackhole") }

// candidate is one route for one destination. Prefix-list routes have one for
// each entry (N27), or a single one without a length where those are unknown.
type candidate struct {
	route  int
	class  int
	prefix netip.Prefix // invalid: a list whose entries are unknown
	match  Match
}

// neverForwarded is the space that no table forwards (N34).
var neverForwarded = []netip.Prefix{netip.MustParsePrefix("169.254.168.0/22"), netip.MustParsePrefix("fd00:ec2::/32")}

// LookUp splits the cases of t by the route that takes them. Longest prefix
// first; among equal ones static before prefix list before propagated; a
// blackhole wins like any other route.
//
// AWS: https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html
func LookUp(routes []snapshot.Route, t *RouteTraffic) []RoutePart {
	return doubted(routes, t, lookUp(routes, t))
}

func lookUp(routes []snapshot.Route, t *RouteTraffic) []RoutePart {
	l := &lookup{routes: routes, t: t, rest: t.Cases}
	for _, p := range neverForwarded {
		if m := t.Space.And(l.rest, t.Remote(p).Yes); m != packetset.None {
			l.add(m, RoutePart{Routes: []int{NoRoute}, Beaten: NoRoute})
		}
	}
	l.expand()
	l.localOverlaps()
	l.symbolic()
	l.longestPrefix()
	if l.rest != packetset.None {
		l.add(l.rest, RoutePart{Routes: []int{NoRoute}, Beaten: NoRoute})
	}
	return l.parts
}

type lookup struct {
	routes []snapshot.Route
	t      *RouteTraffic
	all    []candidate
	local  packetset.Set
	rest   packetset.Set
	parts  []RoutePart
}

// add gives cases to a part, joining it with one alike.
func (l *lookup) add(cases packetset.Set, p RoutePart) {
	cases = l.t.Space.And(cases, l.rest)
	if cases == packetset.None {
		return
	}
	l.rest = l.t.Space.Diff(l.rest, cases)
	for i := range l.parts {
		q := &l.parts[i]
		if q.Code == p.Code && q.Beaten == p.Beaten && slices.Equal(q.Routes, p.Routes) {
			q.Cases = l.t.Space.Or(q.Cases, cases)
			return
		}
	}
	p.Cases = cases
	l.parts = append(l.parts, p)
}

func (l *lookup) expand() {
	s := l.t.Space
	for i := range l.routes {
		r := &l.routes[i]
		class := routeClass(r)
		if noDestination(r) {
			continue
		}
		if r.PrefixList == "" {
			m := l.t.Remote(r.CIDR)
			if class == classLocal && r.CIDR.Addr().Is6() {
				m.Maybe = packetset.None // a VPC's own addresses are no service's
			}
			if m.Yes == packetset.None && m.Maybe == packetset.None {
				continue
			}
			l.all = append(l.all, candidate{i, class, r.CIDR.Masked(), m})
			if class == classLocal || r.Origin == "CreateRouteTable" {
				l.local = s.Or(l.local, m.Yes)
			}
			continue
		}
		cidrs, known := l.t.Entries(r.PrefixList)
		list := l.t.List(r.PrefixList)
		if !known {
			l.all = append(l.all, candidate{route: i, class: class, match: list})
		}
		for _, c := range cidrs {
			m := l.t.Remote(c)
			m.Maybe = s.And(m.Maybe, list.Maybe)
			if m.Yes != packetset.None || m.Maybe != packetset.None {
				l.all = append(l.all, candidate{i, class, c.Masked(), m})
			}
		}
	}
	slices.SortStableFunc(l.all, func(x, y candidate) int {
		return cmp.Or(cmp.Compare(bits(y), bits(x)), cmp.Compare(x.class, y.class), cmp.Compare(x.route, y.route))
	})
}

func bits(c candidate) int {
	if !c.prefix.IsValid() {
		return -1
	}
	return c.prefix.Bits()
}

// localOverlaps takes out the cases for which both a local route and an entry
// of one of AWS's own lists match (N23).
func (l *lookup) localOverlaps() {
	s := l.t.Space
	for _, c := range l.all {
		if c.class != classList || !c.prefix.IsValid() || !l.t.Managed(l.routes[c.route].PrefixList) {
			continue
		}
		for _, loc := range l.all {
			if loc.class != classLocal {
				continue
			}
			if both := s.And(c.match.Yes, loc.match.Yes); both != packetset.None {
				l.add(both, RoutePart{Routes: []int{loc.route, c.route}, Beaten: NoRoute, Code: finding.UnknownLocalOverlapsS3,
					Fact: "which of the local route and the prefix-list route takes addresses that are in both"})
			}
		}
	}
}

// longestPrefix decides the cases whose address is known.
func (l *lookup) longestPrefix() {
	s := l.t.Space
	for i := 0; i < len(l.all); {
		c := l.all[i]
		if !c.prefix.IsValid() {
			i++
			continue
		}
		// Candidates for the very same destination, best class first.
		n := i + 1
		for n < len(l.all) && bits(l.all[n]) == bits(c) {
			n++
		}
		l.level(l.all[i:n])
		i = n
		if l.rest == packetset.None {
			break
		}
	}
	// Lists without a body that may hold what is left, or what was given away.
	for _, c := range l.all {
		if !c.prefix.IsValid() {
			if m := s.And(s.Diff(l.t.Cases, l.t.Symbolic), s.Or(c.match.Yes, c.match.Maybe)); m != packetset.None {
				l.unknownList(c, m)
			}
		}
	}
}

// level decides among candidates of one prefix length.
func (l *lookup) level(same []candidate) {
	at := make(map[netip.Prefix]int, len(same))
	var groups [][]candidate
	for _, c := range same {
		i, ok := at[c.prefix]
		if !ok {
			i = len(groups)
			at[c.prefix] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], c)
	}
	for _, g := range groups {
		l.equal(g)
	}
}

// equal decides among candidates for one and the same prefix.
func (l *lookup) equal(group []candidate) {
	s := l.t.Space
	yes := s.Diff(group[0].match.Yes, l.t.Symbolic)
	// A propagated route never beats the local one, however specific (N21).
	inside := s.And(yes, l.local)
	var fixed []candidate
	for _, c := range group {
		if c.class < classPropagated {
			fixed = append(fixed, c)
		}
	}
	if len(fixed) > 0 {
		l.add(inside, l.choose(fixed))
	}
	l.add(s.Diff(yes, inside), l.choose(group))
}

func (l *lookup) choose(group []candidate) RoutePart {
	best := group[0]
	p := RoutePart{Routes: []int{best.route}, Beaten: NoRoute}
	for _, c := range group[1:] {
		a, b := &l.routes[best.route], &l.routes[c.route]
		if sameTarget(a, b) {
			continue
		}
		switch {
		case c.class == classAdvertised || best.class == classAdvertised:
			p.Routes, p.Code = append(p.Routes, c.route), finding.UnknownRouteTarget
			p.Fact = "how a route that a route server advertises ranks against another for the same destination"
		case c.class == best.class && c.class == classList:
			p.Routes, p.Code = append(p.Routes, c.route), finding.UnknownOverlappingPrefixLists
			p.Fact = "which of the prefix lists with the same entry decides; AWS picks one arbitrarily"
		case c.class == best.class:
			p.Routes, p.Code = append(p.Routes, c.route), finding.SnapshotInconsistent
			p.Fact = "which of two routes of one kind for the same destination is real"
		case best.class == classStatic && Blackhole(a) && c.class == classPropagated && !Blackhole(b):
			p.Routes, p.Code = append(p.Routes, c.route), finding.UnknownRouteTarget
			p.Fact = "whether a static blackhole route keeps a live propagated one for the same destination from being used"
		case p.Beaten == NoRoute:
			p.Beaten = c.route
		}
	}
	return p
}

func sameTarget(a, b *snapshot.Route) bool {
	return a.TargetKind == b.TargetKind && a.Target == b.Target && Blackhole(a) == Blackhole(b)
}

// unknownList doubts the parts that a list without a body might take away.
func (l *lookup) unknownList(c candidate, m packetset.Set) {
	s := l.t.Space
	parts := append([]RoutePart(nil), l.parts...)
	left := l.rest
	l.parts = nil
	for _, p := range parts {
		hit := s.And(p.Cases, m)
		if hit == packetset.None || l.outranks(p, c) {
			l.parts = append(l.parts, p)
			continue
		}
		if p.Cases = s.Diff(p.Cases, hit); p.Cases != packetset.None {
			l.parts = append(l.parts, p)
		}
		l.parts = append(l.parts, RoutePart{Cases: hit, Routes: append(append([]int(nil), p.Routes...), c.route), Beaten: NoRoute,
			Code: finding.UnknownPrefixList, Fact: "the entries of prefix list " + string(l.routes[c.route].PrefixList)})
	}
	if hit := s.And(left, m); hit != packetset.None {
		l.rest = s.Diff(left, hit)
		l.parts = append(l.parts, RoutePart{Cases: hit, Routes: []int{NoRoute, c.route}, Beaten: NoRoute,
			Code: finding.UnknownPrefixList, Fact: "the entries of prefix list " + string(l.routes[c.route].PrefixList)})
	}
}

// outranks tells whether a part's route has the same target as the list's, or
// a full-length destination that no list entry can beat.
func (l *lookup) outranks(p RoutePart, c candidate) bool {
	if len(p.Routes) != 1 || p.Routes[0] == NoRoute {
		return false
	}
	r := &l.routes[p.Routes[0]]
	if sameTarget(r, &l.routes[c.route]) {
		return true
	}
	return r.TargetKind == snapshot.TargetLocal || r.CIDR.IsValid() && r.CIDR.Bits() == r.CIDR.Addr().BitLen() && routeClass(r) == classStatic
}

// shortPrefix is a length that every entry of AWS's lists exceeds (N33).
const shortPrefix = 8

// symbolic decides the cases whose address can't be listed (N33).
func (l *lookup) symbolic() {
	for _, x := range l.t.Symbols {
		l.symbol(x)
	}
	l.symbol(l.t.Symbolic)
}

func (l *lookup) symbol(x packetset.Set) {
	s := l.t.Space
	cases := s.And(l.rest, s.And(x, l.t.Symbolic))
	if cases == packetset.None {
		return
	}
	sure := RoutePart{Routes: []int{NoRoute}, Beaten: NoRoute}
	rivals := l.symbolicRivals(cases, &sure)
	if len(rivals) == 0 {
		l.add(cases, sure)
		return
	}
	routes := append([]int(nil), sure.Routes...)
	for _, r := range rivals {
		if routes[0] == NoRoute || !sameTarget(&l.routes[routes[0]], &l.routes[r]) {
			routes = append(routes, r)
		}
	}
	if len(routes) > 1 {
		sure = RoutePart{Routes: routes, Beaten: NoRoute, Code: finding.UnknownPrefixList,
			Fact: "the entries of the prefix list that holds the destination's addresses"}
	}
	l.add(cases, sure)
}

// symbolicRivals finds the route that surely matches, the list's own first,
// and those that may take some of the cases from it.
func (l *lookup) symbolicRivals(cases packetset.Set, sure *RoutePart) (rivals []int) {
	s := l.t.Space
	var own *candidate
	for i := range l.all {
		c := &l.all[i]
		if !c.prefix.IsValid() && s.And(c.match.Yes, cases) == cases {
			own = c
			sure.Routes = []int{c.route}
			break
		}
	}
	for i := range l.all {
		c := &l.all[i]
		switch {
		case c == own || own != nil && c.route == own.route:
		case c.prefix.IsValid() && s.And(c.match.Yes, cases) == cases:
			if own == nil && sure.Routes[0] == NoRoute {
				sure.Routes = []int{c.route}
			}
		case s.And(s.Or(c.match.Maybe, c.match.Yes), cases) == packetset.None:
		case own != nil && c.prefix.IsValid() && c.prefix.Bits() <= shortPrefix && c.prefix.Addr().Is4():
		default:
			rivals = append(rivals, c.route)
		}
	}
	return rivals
}
