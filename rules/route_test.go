package rules

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/snapshot"
)

var lists = map[snapshot.PrefixListID][]netip.Prefix{
	"pl-s3":   {pfx("52.216.0.0/15"), pfx("54.231.0.0/16")},
	"pl-mine": {pfx("52.216.0.0/15"), pfx("10.9.0.0/16")},
}

func routing(s *packetset.Space) *RouteTraffic {
	t := &RouteTraffic{Space: s, Cases: s.Prefix(packetset.Destination, pfx("0.0.0.0/0")),
		Remote:  func(p netip.Prefix) Match { return Match{Yes: s.Prefix(packetset.Destination, p)} },
		Entries: func(id snapshot.PrefixListID) ([]netip.Prefix, bool) { l, ok := lists[id]; return l, ok },
		Managed: func(id snapshot.PrefixListID) bool { return id == "pl-s3" },
	}
	t.List = func(id snapshot.PrefixListID) Match {
		var m Match
		for _, c := range lists[id] {
			m.Yes = s.Or(m.Yes, t.Remote(c).Yes)
		}
		if _, ok := lists[id]; !ok {
			m.Maybe = packetset.All
		}
		return m
	}
	return t
}

func to(cidr, target string) snapshot.Route {
	r := snapshot.Route{Target: target, State: "active", Origin: "CreateRoute", TargetKind: snapshot.TargetNATGateway}
	if target == "local" {
		r.TargetKind = snapshot.TargetLocal
	}
	if p, err := netip.ParsePrefix(cidr); err == nil {
		r.CIDR = p
	} else {
		r.PrefixList = snapshot.PrefixListID(cidr)
	}
	return r
}

func propagated(r snapshot.Route) snapshot.Route { r.Origin = "EnableVgwRoutePropagation"; return r }
func advertised(r snapshot.Route) snapshot.Route { r.Origin = "Advertisement"; return r }
func strange(r snapshot.Route) snapshot.Route {
	r.UnknownFields = []string{"DestinationService"}
	if r.PrefixList == "pl-none" {
		r.PrefixList = ""
	}
	return r
}
func blackholed(r snapshot.Route) snapshot.Route { r.State = "blackhole"; return r }

// winners is the targets that may take a packet, and the code where more may.
func winners(routes []snapshot.Route, addr string) string {
	s := packetset.New(packetset.DefaultBudget)
	out := "none"
	for _, p := range LookUp(routes, routing(s)) {
		if s.And(p.Cases, one(s, addr, 443)) == packetset.None {
			continue
		}
		if out != "none" {
			return "twice"
		}
		out = ""
		for _, r := range p.Routes {
			if r == NoRoute {
				out += "no route "
				continue
			}
			out += routes[r].Target + " "
		}
		out += p.Code.String()
	}
	return out
}

func TestRoutePriority(t *testing.T) {
	local := to("10.0.0.0/16", "local")
	for _, c := range []struct {
		name   string
		routes []snapshot.Route
		addr   string
		want   string
	}{
		{"N38 nothing matches", []snapshot.Route{local}, "52.216.0.1", "no route "},
		{"N24 the longest prefix wins", []snapshot.Route{to("0.0.0.0/0", "a"), to("52.216.0.0/16", "b")}, "52.216.0.1", "b "},
		{"N24 ::/0 covers no IPv4", []snapshot.Route{to("::/0", "a")}, "52.216.0.1", "no route "},
		{"N28 the list beats a default route", []snapshot.Route{to("0.0.0.0/0", "a"), to("pl-s3", "b")}, "52.216.0.1", "b "},
		{"N28 the list beats halves of everything", []snapshot.Route{to("0.0.0.0/1", "a"), to("pl-s3", "b")}, "52.216.0.1", "b "},
		{"N28 a shorter static route loses", []snapshot.Route{to("52.0.0.0/8", "a"), to("pl-s3", "b")}, "52.216.0.1", "b "},
		{"N28 an equal static route wins, for that entry", []snapshot.Route{to("52.216.0.0/15", "a"), to("pl-s3", "b")}, "52.216.0.1", "a "},
		{"N28 and the list keeps its other entries", []snapshot.Route{to("52.216.0.0/15", "a"), to("pl-s3", "b")}, "54.231.0.1", "b "},
		{"N28 a longer static route wins its slice", []snapshot.Route{to("52.216.8.0/24", "a"), to("pl-s3", "b")}, "52.216.8.1", "a "},
		{"N28 an equal propagated route loses", []snapshot.Route{propagated(to("52.216.0.0/15", "a")), to("pl-s3", "b")}, "52.216.0.1", "b "},
		{"N28 a longer propagated route wins", []snapshot.Route{propagated(to("52.216.0.0/16", "a")), to("pl-s3", "b")}, "52.216.0.1", "a "},
		{"N29 two lists with one entry: arbitrary", []snapshot.Route{to("pl-mine", "a"), to("pl-s3", "b")}, "52.216.0.1", "a b UNK_OVERLAPPING_PREFIX_LISTS"},
		{"N29 two lists to one target agree", []snapshot.Route{to("pl-mine", "b"), to("pl-s3", "b")}, "52.216.0.1", "b "},
		{"N28 a route server's equal route", []snapshot.Route{advertised(to("52.216.0.0/15", "a")), to("pl-s3", "b")}, "52.216.0.1", "b a UNK_ROUTE_TARGET"},
		{"N20 a more specific static route beats local", []snapshot.Route{local, to("10.0.5.0/24", "a")}, "10.0.5.1", "a "},
		{"N21 a propagated route never does", []snapshot.Route{local, propagated(to("10.0.5.0/24", "a"))}, "10.0.5.1", "local "},
		{"N23 local overlaps AWS's list", []snapshot.Route{to("52.216.0.0/16", "local"), to("pl-s3", "b")}, "52.216.0.1", "local b UNK_LOCAL_OVERLAPS_S3"},
		{"N35 a blackhole wins and does not fall through", []snapshot.Route{to("0.0.0.0/0", "a"), blackholed(to("52.216.0.0/15", "b"))}, "52.216.0.1", "b "},
		{"N35 a static blackhole against a live propagated route", []snapshot.Route{blackholed(to("0.0.0.0/0", "a")), propagated(to("0.0.0.0/0", "b"))}, "52.216.0.1", "a b UNK_ROUTE_TARGET"},
		{"N37 a kind not known here takes part", []snapshot.Route{to("0.0.0.0/0", "a"), {CIDR: pfx("52.216.0.0/15"), Target: "x", State: "active"}}, "52.216.0.1", "x "},
		{"N37 a member not known here leaves its route open", []snapshot.Route{to("0.0.0.0/0", "a"), strange(to("52.216.0.0/15", "b"))}, "52.216.0.1", "b a UNK_ROUTE_TARGET"},
		{"N37 and no other", []snapshot.Route{to("0.0.0.0/0", "a"), strange(to("52.216.0.0/15", "b"))}, "8.8.8.8", "a "},
		{"N37 nor one that it loses to", []snapshot.Route{strange(to("0.0.0.0/0", "a")), to("52.216.0.0/15", "b")}, "52.216.0.1", "b "},
		{"N37 a route whose destination is such a member may take all", []snapshot.Route{to("0.0.0.0/0", "a"), strange(to("pl-none", "b"))}, "8.8.8.8", "a b UNK_ROUTE_TARGET"},
		{"N37 alone in its table", []snapshot.Route{strange(to("0.0.0.0/0", "a"))}, "8.8.8.8", "a no route UNK_ROUTE_TARGET"},
		{"N33 a list without a body may hold it", []snapshot.Route{to("0.0.0.0/0", "a"), to("pl-gone", "b")}, "52.216.0.1", "a b UNK_PREFIX_LIST"},
		{"N34 link-local service space is not forwarded", []snapshot.Route{to("0.0.0.0/0", "a")}, "169.254.169.1", "no route "},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := winners(c.routes, c.addr); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// scan is the slow twin: every route that matches, the longest, then the best
// class; for tables without lists that lack a body or overlap.
func scan(routes []snapshot.Route, a netip.Addr) string {
	best, target := [2]int{-1, 0}, "no route "
	local := slices.ContainsFunc(routes, func(r snapshot.Route) bool { return r.TargetKind == snapshot.TargetLocal && r.CIDR.Contains(a) })
	for i := range routes {
		r := &routes[i]
		cidrs := []netip.Prefix{r.CIDR}
		if r.PrefixList != "" {
			cidrs = lists[r.PrefixList]
		}
		class := routeClass(r)
		for _, c := range cidrs {
			if !c.Contains(a) || class == classPropagated && local {
				continue
			}
			if k := [2]int{c.Bits(), -class}; k[0] > best[0] || k[0] == best[0] && k[1] > best[1] {
				best, target = k, r.Target+" "
			}
		}
	}
	return target
}

func TestLookUpAgreesWithTheScan(t *testing.T) {
	pool := []string{"0.0.0.0/0", "0.0.0.0/1", "52.0.0.0/8", "52.216.0.0/15", "52.216.0.0/16", "52.216.8.0/24", "54.231.0.0/16", "10.0.0.0/16", "10.0.5.0/24"}
	rapid.Check(t, func(t *rapid.T) {
		routes := []snapshot.Route{to("10.0.0.0/16", "local")}
		seen := map[string]bool{"10.0.0.0/16 static": true}
		for i := range rapid.IntRange(0, 6).Draw(t, "routes") {
			c, prop := rapid.SampledFrom(pool).Draw(t, "cidr"), rapid.Bool().Draw(t, "propagated")
			kind := " static"
			if prop {
				kind = " propagated"
			}
			if seen[c+kind] {
				continue // AWS refuses a second one
			}
			seen[c+kind] = true
			r := to(c, fmt.Sprintf("t%d", i))
			if prop {
				r = propagated(r)
			}
			routes = append(routes, r)
		}
		if rapid.Bool().Draw(t, "list") {
			routes = append(routes, to("pl-s3", "vpce"))
		}
		routes = rapid.Permutation(routes).Draw(t, "order")
		for _, a := range []string{"52.216.0.1", "52.216.8.1", "52.217.0.1", "52.1.0.0", "54.231.1.1", "10.0.1.1", "10.0.5.5", "8.8.8.8", "200.1.1.1"} {
			if got, want := winners(routes, a), scan(routes, netip.MustParseAddr(a)); got != want {
				t.Fatalf("%s: sets %q, scan %q in %v", a, got, want, routes)
			}
		}
	})
}
