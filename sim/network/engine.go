package network

import (
	"net/netip"
	"slices"
	"strconv"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// engine is a space of sets with what was compiled into it. One question uses
// it at a time; the next one finds the work of those before.
type engine struct {
	s       *packetset.Space
	symbols []symbol
	byKey   map[string]int
	filters map[filterKey]rules.Filter
	routes  map[routeKey][]rules.RoutePart
	nats    map[natKey]*translator
	sets    map[string]packetset.Set // destinations of services, by what names them
	lists   map[listMatchKey]rules.Match
	runs    map[packetset.Set][]packetset.AddressRange // destinations as addresses
	groupID map[*snapshot.SecurityGroup]uint32
	seen    map[string]*translator // public addresses that far ends see, by themselves
}

// space is an engine at work for one question: which cases it asks about, and
// what is compiled of the snapshot's rules for them.
type space struct {
	*engine
	x        *index
	protocol int
	universe packetset.Set // every case, whatever its source address
	casesSet bool
	asked    []packetset.AddressRange // destinations of the question that have an address
}

// listMatchKey names a prefix list as seen from one end.
type listMatchKey struct {
	list        *snapshot.PrefixList
	id          snapshot.PrefixListID
	view        view
	destination bool
	symbols     int
	universe    packetset.Set
}

// maxEdges is the size beyond which an engine forgets before a new question.
const maxEdges = 1 << 18

func newEngine() *engine {
	return &engine{s: packetset.New(packetset.DefaultBudget), byKey: map[string]int{},
		filters: map[filterKey]rules.Filter{}, routes: map[routeKey][]rules.RoutePart{}, nats: map[natKey]*translator{},
		sets: map[string]packetset.Set{}, lists: map[listMatchKey]rules.Match{}, runs: map[packetset.Set][]packetset.AddressRange{}, groupID: map[*snapshot.SecurityGroup]uint32{}, seen: map[string]*translator{}}
}

// translator is one that changes the source address: its addresses, of which
// it picks one, and the levels that hold its choices.
type translator struct {
	id           string
	at           snapshot.Source
	addrs        []netip.Addr // private ones
	public       []netip.Addr
	private      bool
	port, choice packetset.Level
}

type natKey struct {
	nat    *snapshot.NATGateway
	second bool
}

// view is how packets look at one place on the way.
type view struct {
	nat      *translator // nil: the client's own address and port
	embedded bool        // NAT64 has taken the destination out of 64:ff9b::/96 (N123)
}

func (v view) sourcePort() packetset.Level {
	if v.nat != nil {
		return v.nat.port
	}
	return packetset.SourcePort
}

// askedOf reports whether the question has a destination in p: rules about
// others are not worth compiling.
func (a *space) askedOf(p netip.Prefix) bool {
	if !a.casesSet {
		return true
	}
	last := packetset.Last(p)
	i, _ := slices.BinarySearchFunc(a.asked, p.Addr(), func(r packetset.AddressRange, x netip.Addr) int { return r.To.Compare(x) })
	return i < len(a.asked) && a.asked[i].From.BitLen() == p.Addr().BitLen() && a.asked[i].From.Compare(last) <= 0
}

// addressesOf is the destinations of d as runs of addresses.
func (a *space) addressesOf(d packetset.Set) []packetset.AddressRange {
	r, ok := a.runs[d]
	if !ok {
		r = a.s.AddressRanges(packetset.Destination, d, 1<<16)
		a.runs[d] = r
	}
	return r
}

// slice is the part of the choice level that stands for address i.
func (n *translator) slice(i int) packetset.Range {
	k := uint64(len(n.addrs))
	return packetset.Range{Lo: uint64(i) * 65536 / k, Hi: (uint64(i)+1)*65536/k - 1}
}

// address is the one that a case's choice stands for.
func (n *translator) address(c packetset.Case) netip.Addr {
	pick := c.TranslatedChoice
	if n.choice == packetset.SecondChoice {
		pick = c.SecondChoice
	}
	for i := range n.addrs {
		if r := n.slice(i); uint64(pick) >= r.Lo && uint64(pick) <= r.Hi {
			return n.addrs[i]
		}
	}
	return netip.Addr{}
}

// list is the cases whose remote address is in a prefix list.
func (a *space) list(id snapshot.PrefixListID, v view, destination bool) rules.Match {
	l := a.x.PrefixLists.Get(id).Item
	k := listMatchKey{l, id, v, destination, len(a.symbols), a.universe}
	if m, ok := a.lists[k]; ok {
		return m
	}
	remote := a.source
	if destination {
		remote = a.destination
	}
	m := a.listIn(l, id, v, func(p netip.Prefix) rules.Match { return remote(v, p) })
	a.lists[k] = m
	return m
}

func (a *space) listIn(l *snapshot.PrefixList, id snapshot.PrefixListID, v view, remote func(netip.Prefix) rules.Match) rules.Match {
	need := rules.Need{Code: finding.UnknownPrefixList, Component: string(id), Fact: "the entries of prefix list " + string(id),
		Collect: "aws ec2 get-managed-prefix-list-entries --prefix-list-id " + string(id)}
	var m rules.Match
	own := packetset.None // symbols that are this list
	for i := range a.symbols {
		if y := &a.symbols[i]; y.list == id && id != "" && (v.embedded || !y.embedded) { // N109: no list has 64:ff9b::/96
			own = a.s.Or(own, a.s.Exactly(a.symbols[i].family))
		}
	}
	switch {
	case l != nil && l.EntriesKnown:
		yes, maybe := make([]packetset.Set, 0, len(l.Entries)), packetset.None
		for _, c := range l.Entries {
			n := remote(c.CIDR)
			if n.Yes != packetset.None {
				yes = append(yes, n.Yes)
			}
			maybe = a.s.Or(maybe, n.Maybe)
		}
		m.Yes, m.Maybe, m.Why = a.s.Union(yes...), maybe, need
		if rules.AWSManaged(l) {
			// Another service's or Region's addresses are not in it (N32, N41).
			m.Maybe = packetset.None
		}
	case l != nil && rules.AWSManaged(l) || l == nil && own != packetset.None:
		// All of its entries are public, and no two services share any.
		m.Why, m.Maybe = need, a.s.Diff(a.publicConcrete(remote), a.ofOthers(id, remote))
	default:
		m.Why, m.Maybe = need, packetset.All
	}
	m.Yes = a.s.Or(m.Yes, own)
	m.Maybe = a.s.Diff(m.Maybe, m.Yes)
	return m
}

// ofOthers is the cases whose remote address is in AWS's list of another
// service, and so in none but that.
func (a *space) ofOthers(id snapshot.PrefixListID, remote func(netip.Prefix) rules.Match) packetset.Set {
	var sets []packetset.Set
	for _, other := range a.x.awsLists() {
		if other.ID == id {
			continue
		}
		for _, c := range other.Entries {
			if x := remote(c.CIDR).Yes; x != packetset.None {
				sets = append(sets, x)
			}
		}
	}
	return a.s.Union(sets...)
}

// publicConcrete is the cases whose remote address is a known public one.
func (a *space) publicConcrete(remote func(netip.Prefix) rules.Match) packetset.Set {
	x := a.s.Diff(packetset.All, a.symbolic())
	for _, p := range rules.SpecialPurpose() {
		x = a.s.Diff(x, remote(p).Yes)
	}
	return x
}

// side says which packets a filter sees.
type side struct {
	dir   rules.Direction
	reply bool
}

// remoteIsDestination tells whether the address that a rule at this side
// names is the question's destination.
func (d side) remoteIsDestination() bool { return (d.dir == rules.Outbound) != d.reply }

// traffic words the packets of this side for a filter. Its cases are the
// whole question's, whatever the sources, so that the result serves them all.
func (a *space) traffic(v view, d side) *rules.Traffic {
	t := &rules.Traffic{Space: a.s, Cases: a.universe, Protocol: a.protocol}
	if d.remoteIsDestination() {
		t.Remote = func(p netip.Prefix) rules.Match { return a.destination(v, p) }
	} else {
		t.Remote = func(p netip.Prefix) rules.Match { return a.source(v, p) }
	}
	t.List = func(id snapshot.PrefixListID) rules.Match { return a.list(id, v, d.remoteIsDestination()) }
	t.Group = func(snapshot.GroupReference) rules.Match { return rules.Match{} }
	t.Ports = a.ports(v, d)
	return t
}

// ports words destination ports. Echo replies answer echo requests; other
// ICMP messages have no reply to judge.
func (a *space) ports(v view, d side) func(from, to int) packetset.Set {
	level := packetset.DestinationPort
	if d.reply {
		level = v.sourcePort()
	}
	if reply, ok := echoReply(a.protocol); ok && d.reply {
		return func(from, to int) packetset.Set {
			if from <= reply && reply <= to {
				return a.echo()
			}
			return packetset.None
		}
	}
	return func(from, to int) packetset.Set {
		if to < 0 || from > to {
			return packetset.None
		}
		return a.s.Between(level, uint64(max(from, 0)), uint64(to))
	}
}

func echoReply(protocol int) (port int, ok bool) {
	switch protocol {
	case 1:
		return rules.ICMPPort(0, 0), true
	case 58:
		return rules.ICMPPort(129, 0), true
	}
	return 0, false
}

// echoRequest is the type and code of an echo request, as a port (N164).
func echoRequest(protocol int) int {
	if protocol == 58 {
		return rules.ICMPPort(128, 0)
	}
	return rules.ICMPPort(8, 0)
}

// echo is the cases that are echo requests.
func (a *space) echo() packetset.Set {
	port := uint64(echoRequest(a.protocol))
	return a.s.Between(packetset.DestinationPort, port, port)
}

// filterKey names a compiled filter. Objects are immutable once loaded, so
// their addresses stand for their contents.
type filterKey struct {
	what     any // *snapshot.NetworkACL, or the key of a list of groups
	view     view
	side     side
	peer     string // whose groups the other end carries
	universe packetset.Set
	protocol int
}

// acl compiles a network ACL for one side.
func (a *space) acl(l *snapshot.NetworkACL, v view, d side) rules.Filter {
	k := filterKey{what: l, view: v, side: d, universe: a.universe, protocol: a.protocol}
	if f, ok := a.filters[k]; ok {
		return f
	}
	f := rules.PermittedByACL(l, d.dir, a.traffic(v, d))
	if _, ok := echoReply(a.protocol); ok && d.reply {
		f.Permit = a.s.Or(f.Permit, a.s.Diff(a.universe, a.echo()))
		f.Deny = a.s.And(f.Deny, a.echo())
	}
	a.filters[k] = f
	return f
}

// groupsOf finds groups by id; nil stands for one that is missing.
func (a *space) groupsOf(ids []snapshot.SecurityGroupID) []*snapshot.SecurityGroup {
	out := make([]*snapshot.SecurityGroup, len(ids))
	for i, id := range ids {
		out[i] = a.x.SecurityGroups.Get(id).Item
	}
	return out
}

// groupsKey names a set of groups by what they hold.
func (a *space) groupsKey(groups []*snapshot.SecurityGroup, ids []snapshot.SecurityGroupID) string {
	b := make([]byte, 0, 64)
	for i, g := range groups {
		if g == nil {
			b = append(append(append(b, '?'), ids[i]...), ',')
			continue
		}
		n, ok := a.groupID[g]
		if !ok {
			n = uint32(len(a.groupID))
			a.groupID[g] = n
		}
		b = append(strconv.AppendUint(b, uint64(n), 36), ',')
	}
	return string(b)
}

// routeKey names a compiled look-up.
type routeKey struct {
	table    *snapshot.RouteTable
	view     view
	reply    bool
	universe packetset.Set
}

// lookUp splits the whole question by the routes of a table: by destination,
// or for replies by the client's address.
func (a *space) lookUp(t *snapshot.RouteTable, v view, reply bool) []rules.RoutePart {
	k := routeKey{table: t, view: v, reply: reply, universe: a.universe}
	if p, ok := a.routes[k]; ok {
		return p
	}
	rt := &rules.RouteTraffic{Space: a.s, Cases: a.universe,
		Entries: a.entries,
		Managed: func(id snapshot.PrefixListID) bool {
			l := a.x.PrefixLists.Get(id).Item
			return l != nil && rules.AWSManaged(l)
		},
	}
	if reply {
		rt.Remote = func(p netip.Prefix) rules.Match { return a.source(v, p) }
	} else {
		rt.Remote = func(p netip.Prefix) rules.Match { return a.destination(v, p) }
		rt.Symbolic, rt.Symbols = a.symbolic(), a.symbolSets()
	}
	rt.List = func(id snapshot.PrefixListID) rules.Match { return a.list(id, v, !reply) }
	p := rules.LookUp(a.routesOf(t), rt)
	a.routes[k] = p
	return p
}

func (a *space) entries(id snapshot.PrefixListID) ([]netip.Prefix, bool) {
	l := a.x.PrefixLists.Get(id).Item
	if l == nil || !l.EntriesKnown {
		return nil, false
	}
	out := make([]netip.Prefix, len(l.Entries))
	for i, c := range l.Entries {
		out[i] = c.CIDR
	}
	return out, true
}

// routesOf is a table's routes with a local one for each VPC CIDR that has
// none (N19).
func (a *space) routesOf(t *snapshot.RouteTable) []snapshot.Route {
	v := a.x.VPCs.Get(t.VPC).Item
	if v == nil {
		return t.Routes
	}
	routes := t.Routes
	for _, c := range append(append([]netip.Prefix(nil), v.CIDRs...), v.IPv6CIDRs...) {
		if !hasRoute(t.Routes, c) {
			routes = append(routes[:len(routes):len(routes)], snapshot.Route{At: t.At, CIDR: c, TargetKind: snapshot.TargetLocal,
				Target: "local", TargetField: "GatewayId", State: "active", Origin: "CreateRouteTable"})
		}
	}
	return routes
}

func hasRoute(routes []snapshot.Route, c netip.Prefix) bool {
	for i := range routes {
		if routes[i].CIDR.IsValid() && routes[i].CIDR.Masked() == c.Masked() {
			return true
		}
	}
	return false
}
