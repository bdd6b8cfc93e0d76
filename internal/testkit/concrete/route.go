package concrete

import (
	"net/netip"
	"slices"

	"github.com/seancfoley/ipaddress-go/ipaddr"

	"github.com/canreach/canreach/snapshot"
)

var (
	sharedSpace    = netip.MustParsePrefix("100.64.0.0/10")
	nat64          = netip.MustParsePrefix("64:ff9b::/96")
	neverForwarded = []netip.Prefix{netip.MustParsePrefix("169.254.168.0/22"), netip.MustParsePrefix("fd00:ec2::/32")}
)

// rank orders routes for one and the same destination, best first (N25).
type rank int

const (
	rankLocal rank = iota
	rankStatic
	rankList
	rankPropagated
	rankAdvertised // how a route server's routes rank is not documented (N28)
)

// choice is a route that may take the packet, with the prefix that matched.
type choice struct {
	route  *snapshot.Route // nil: no route
	prefix netip.Prefix    // invalid: an entry of a list that the snapshot lacks
	rank   rank
}

// lacksTable tells whether a gateway endpoint of a VPC names a route table that
// the snapshot lacks (N12).
func (e *Evaluator) lacksTable(vpc snapshot.VPCID) bool {
	tables := func(r *snapshot.Region) []snapshot.RouteTable { return r.EC2.RouteTables.Items }
	return find(e, func(r *snapshot.Region) []snapshot.VPCEndpoint { return r.EC2.VPCEndpoints.Items }, func(v *snapshot.VPCEndpoint) bool {
		return v.VPC == vpc && slices.ContainsFunc(v.RouteTables, func(id snapshot.RouteTableID) bool {
			return find(e, tables, func(t *snapshot.RouteTable) bool { return t.ID == id }) == nil
		})
	}) != nil
}

// tableOf finds the route table of a subnet (N15, N17). ok is false where the
// snapshot has none or contradicts itself (N16).
func (e *Evaluator) tableOf(s *snapshot.Subnet) (t *snapshot.RouteTable, ok bool) {
	var explicit, main []*snapshot.RouteTable
	untold := false
	for _, a := range e.snap.Accounts {
		for _, r := range a.Regions {
			for i := range r.EC2.RouteTables.Items {
				rt := &r.EC2.RouteTables.Items[i]
				untold = untold || rt.VPC == s.VPC && !rt.AssociationsKnown
				for _, as := range rt.Associations {
					switch {
					case as.Gateway != "":
					case as.Subnet == s.ID && s.ID != "":
						if as.State != "" && !is(as.State, "associated") {
							return nil, false
						}
						explicit = append(explicit, rt)
					case as.Main && rt.VPC == s.VPC:
						main = append(main, rt)
					}
				}
			}
		}
	}
	if len(explicit) == 0 && !untold && !e.lacksTable(s.VPC) {
		explicit = main
	}
	if len(explicit) != 1 || !explicit[0].RoutesKnown {
		return nil, false
	}
	return explicit[0], true
}

// choices returns the routes that may take a packet to the address: one where
// AWS's documentation and the snapshot decide, more where they don't (N2).
//
// AWS: https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html
func (e *Evaluator) choices(t *snapshot.RouteTable, a netip.Addr, memberOf snapshot.PrefixListID) []choice {
	if memberOf == "" && inside(a, neverForwarded...) {
		return []choice{{}}
	}
	if doubted := e.doubted(t, a, memberOf); doubted != nil {
		return doubted
	}
	known, unlisted := e.candidates(t, a, memberOf)
	best := bestOf(known, a)
	slices.SortStableFunc(unlisted, func(x, y choice) int { return x.prefix.Bits() - y.prefix.Bits() }) // lists first
	for _, u := range unlisted {
		best = againstUnlisted(best, u, memberOf)
	}
	if doubt := localOverlap(known, a); doubt != nil {
		best = doubt
	}
	return e.crossChecked(t, best, a, memberOf)
}

// doubted adds, where a route with a member that is not known takes part, what
// the table chooses without such routes (N37); nil: there is none.
func (e *Evaluator) doubted(t *snapshot.RouteTable, a netip.Addr, memberOf snapshot.PrefixListID) []choice {
	strange := func(r snapshot.Route) bool { return len(r.UnknownFields) > 0 }
	if !slices.ContainsFunc(t.Routes, strange) {
		return nil
	}
	without, asRead := *t, *t
	without.Routes, asRead.Routes = slices.DeleteFunc(slices.Clone(t.Routes), strange), nil
	var out []choice
	for _, r := range t.Routes {
		if r.UnknownFields = nil; r.PrefixList != "" || r.CIDR.IsValid() {
			asRead.Routes = append(asRead.Routes, r)
			continue
		}
		out = append(out, choice{route: &r})
	}
	return slices.Concat(e.choices(&asRead, a, memberOf), e.choices(&without, a, memberOf), out)
}

// candidates returns every route whose destination holds the address, and
// those to lists whose entries are missing and may.
func (e *Evaluator) candidates(t *snapshot.RouteTable, a netip.Addr, memberOf snapshot.PrefixListID) (known, unlisted []choice) {
	far := remote{addr: a, memberOf: memberOf}
	for i := range t.Routes {
		r := &t.Routes[i]
		if r.PrefixList == "" {
			switch cidrHolds(r.CIDR, far) {
			case Passes:
				known = append(known, choice{r, r.CIDR.Masked(), rankOf(r)})
			case Unknown:
				if r.TargetKind != snapshot.TargetLocal || r.CIDR.Addr().Is4() { // a VPC's IPv6 block is no service's
					unlisted = append(unlisted, choice{r, r.CIDR.Masked(), rankOf(r)})
				}
			}
			continue
		}
		if memberOf != "" && r.PrefixList == memberOf {
			unlisted = append(unlisted, choice{route: r, rank: rankList})
			continue
		}
		l := e.prefixList(r.PrefixList)
		if l != nil && is(l.OwnerID, "AWS") && inNoList(memberOf) {
			continue // N41
		}
		if l != nil && !l.EntriesKnown && e.listExcludes(l, far) {
			continue
		}
		if l == nil || !l.EntriesKnown {
			unlisted = append(unlisted, choice{route: r, rank: rankList})
			continue
		}
		for _, entry := range l.Entries {
			switch cidrHolds(entry.CIDR, far) {
			case Passes:
				known = append(known, choice{r, entry.CIDR.Masked(), rankList})
			case Unknown: // N33: any other CIDR; but AWS's lists share none (N32)
				if !is(l.OwnerID, "AWS") {
					unlisted = append(unlisted, choice{r, entry.CIDR.Masked(), rankList})
				}
			}
		}
	}
	return e.withLocal(known, t, a), unlisted
}

// withLocal adds the local routes that every table has but this snapshot does
// not show (N19), and takes out propagated routes that a local one covers (N21).
func (e *Evaluator) withLocal(known []choice, t *snapshot.RouteTable, a netip.Addr) []choice {
	v := e.vpc(t.VPC)
	if v == nil {
		return known
	}
	for _, block := range slices.Concat(v.CIDRs, v.IPv6CIDRs) {
		if !block.Contains(a) {
			continue
		}
		has := slices.ContainsFunc(t.Routes, func(r snapshot.Route) bool { return r.PrefixList == "" && r.CIDR.Masked() == block.Masked() })
		if !has {
			known = append(known, choice{&snapshot.Route{CIDR: block, TargetKind: snapshot.TargetLocal, Target: "local", State: "active"}, block.Masked(), rankLocal})
		}
		known = slices.DeleteFunc(known, func(c choice) bool { return c.rank == rankPropagated })
	}
	return known
}

func rankOf(r *snapshot.Route) rank {
	switch {
	case r.TargetKind == snapshot.TargetLocal:
		return rankLocal
	case is(r.Origin, "EnableVgwRoutePropagation"):
		return rankPropagated
	case is(r.Origin, "Advertisement"):
		return rankAdvertised
	}
	return rankStatic
}

// bestOf applies longest prefix, then rank (N24, N25, N29, N35).
func bestOf(known []choice, a netip.Addr) []choice {
	if len(known) == 0 {
		return []choice{{}}
	}
	trie := ipaddr.NewAssociativeTrie[*ipaddr.IPAddress, []choice]()
	for _, c := range known {
		key, err := ipaddr.NewIPAddressFromNetNetIPPrefix(c.prefix)
		if err != nil {
			panic("unreachable: a route's prefix is no prefix: " + err.Error())
		}
		same, _ := trie.Get(key)
		trie.Put(key, append(slices.Clone(same), c))
	}
	ties := trie.LongestPrefixMatchNode(ipaddr.NewIPAddressFromNetNetIPAddr(a)).GetValue()
	slices.SortStableFunc(ties, func(x, y choice) int { return int(x.rank - y.rank) })
	first := ties[0]
	open := []choice{first}
	for _, c := range ties[1:] {
		switch {
		case sameTarget(c.route, first.route):
		case c.rank == rankAdvertised,
			c.rank == first.rank && c.rank != rankStatic,
			first.rank == rankStatic && blackhole(first.route) && c.rank == rankPropagated && !blackhole(c.route):
			open = append(open, c)
		}
	}
	return open
}

func sameTarget(a, b *snapshot.Route) bool {
	return a.Target == b.Target && a.TargetKind == b.TargetKind
}

func blackhole(r *snapshot.Route) bool { return is(r.State, "blackhole") }

// againstUnlisted weighs a candidate whose match or length is not known
// against the best that is. An address known as a list's only is in an entry
// longer than /8 (N33).
func againstUnlisted(best []choice, u choice, memberOf snapshot.PrefixListID) []choice {
	isList := func(c choice) bool {
		return memberOf != "" && c.route != nil && c.route.PrefixList == memberOf && !c.prefix.IsValid()
	}
	short := func(c choice) bool {
		return c.route == nil || c.prefix.IsValid() && c.prefix.Bits() <= 8 && (c.prefix.Addr().Is4() || c.prefix.Bits() == 0)
	}
	switch {
	case isList(u) && !slices.ContainsFunc(best, func(c choice) bool { return !short(c) }):
		return []choice{u}
	case short(u) && slices.ContainsFunc(best, isList):
		return best
	}
	return append(slices.Clone(best), u)
}

// localOverlap finds an address that a local route and an entry of a prefix
// list both hold (N23).
func localOverlap(known []choice, a netip.Addr) []choice {
	if a.IsPrivate() {
		return nil
	}
	local := slices.IndexFunc(known, func(c choice) bool { return c.rank == rankLocal })
	list := slices.IndexFunc(known, func(c choice) bool { return c.rank == rankList })
	if local < 0 || list < 0 {
		return nil
	}
	return []choice{known[local], known[list]}
}

// crossChecked compares the table with what the VPC's S3 gateway endpoints
// say of it, and keeps both readings where they contradict (N44).
func (e *Evaluator) crossChecked(t *snapshot.RouteTable, best []choice, a netip.Addr, memberOf snapshot.PrefixListID) []choice {
	for _, c := range best {
		if c.route == nil || c.route.PrefixList == "" || c.route.TargetKind != snapshot.TargetVPCEndpoint {
			continue
		}
		v := e.endpoint(c.route.Target)
		if v != nil && is(v.Type, "Gateway") && v.RouteTablesKnown && !slices.Contains(v.RouteTables, t.ID) {
			stripped := *t
			stripped.Routes = slices.DeleteFunc(slices.Clone(t.Routes), func(r snapshot.Route) bool { return r.Target == c.route.Target })
			return append(slices.Clone(best), e.choices(&stripped, a, memberOf)...)
		}
	}
	if added := e.unshownRoute(t, a, memberOf); added != nil {
		shown := *t
		shown.Routes = append(slices.Clone(t.Routes), *added)
		return append(slices.Clone(best), e.choices(&shown, a, memberOf)...)
	}
	return best
}

// unshownRoute is the route to an S3 gateway endpoint that lists this table
// although the table has no route to it; nil: there is no such endpoint.
func (e *Evaluator) unshownRoute(t *snapshot.RouteTable, a netip.Addr, memberOf snapshot.PrefixListID) *snapshot.Route {
	v := find(e, func(r *snapshot.Region) []snapshot.VPCEndpoint { return r.EC2.VPCEndpoints.Items }, func(v *snapshot.VPCEndpoint) bool {
		return is(v.Type, "Gateway") && v.VPC == t.VPC && isS3(v.ServiceName) && slices.Contains(v.RouteTables, t.ID) &&
			!slices.ContainsFunc(t.Routes, func(r snapshot.Route) bool { return r.Target == string(v.ID) })
	})
	if v == nil {
		return nil
	}
	list := find(e, func(r *snapshot.Region) []snapshot.PrefixList { return r.EC2.PrefixLists.Items },
		func(l *snapshot.PrefixList) bool { return l.Name == v.ServiceName })
	if list == nil || inNoList(memberOf) || memberOf != list.ID && e.listHolds(list.ID, remote{addr: a, memberOf: memberOf}) == Blocks {
		return nil
	}
	return &snapshot.Route{PrefixList: list.ID, TargetKind: snapshot.TargetVPCEndpoint, Target: string(v.ID), State: "active"}
}
