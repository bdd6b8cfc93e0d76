package network

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// What is said here never changes an outcome: warnings where a snapshot
// contradicts itself or AWS's words can be read in two ways, and notes where a
// component holds more than AWS's default quotas allow, which usually means
// that the snapshot is a plan, or that a quota was raised.

// Default quotas (N40, N60, N92).
//
// AWS: https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
const (
	maxStaticRoutes       = 500 // in a table, for each family
	maxPropagatedRoutes   = 100 // in a table
	maxEndpointsOfRegion  = 20  // gateway endpoints
	maxEndpointsOfVPC     = 255 // gateway endpoints; not adjustable
	maxRulesOfGroup       = 60  // for each direction and family
	maxGroupsOfInterface  = 5
	mostGroupsOfInterface = 16   // after every increase
	maxGroupsTimesRules   = 1000 // of an interface, after every increase
)

// maxCompared bounds the entries of prefix lists that one question compares
// for the sake of a warning.
const maxCompared = 1 << 17

// lastRoute is the route that traffic was last handed on by.
type lastRoute struct {
	table *snapshot.RouteTable
	route *snapshot.Route
}

// once reports whether a component is linted for the first time in this question.
func (a lints) once(kind, id string) bool {
	k := kind + " " + id
	if a.linted[k] {
		return false
	}
	if a.linted == nil {
		a.linted = map[string]bool{}
	}
	a.linted[k] = true
	return true
}

// lintTable notes what is odd about a table as a whole.
func (a lints) lintTable(id snapshot.RouteTableID) {
	tb := a.x.RouteTables.Get(id).Item
	if !a.explain || tb == nil || !a.once("route-table", string(id)) {
		return
	}
	a.noLocalRoute(tb)
	n := a.countRoutes(tb)
	f := Finding{Code: finding.LimitRoutes, Gate: finding.GateRoute, Severity: finding.Info, Component: string(id), Name: nameOf(tb.Tags), At: tb.At, Rule: "N40", URL: urlLimits}
	for _, q := range []struct {
		n, most int
		of      string
	}{{n.v4, maxStaticRoutes, "IPv4 routes that are not propagated"}, {n.v6, maxStaticRoutes, "IPv6 routes that are not propagated"}, {n.propagated, maxPropagatedRoutes, "propagated routes"}} {
		if q.n > q.most {
			f.Message = fmt.Sprintf("%s counts as %d %s; AWS's default quota is %d.", id, q.n, q.of, q.most)
			a.note(f)
		}
	}
}

// noLocalRoute warns of a table that lacks a VPC CIDR's local route, which AWS
// never omits; one is assumed (N19).
func (a lints) noLocalRoute(tb *snapshot.RouteTable) {
	v := a.x.VPCs.Get(tb.VPC).Item
	if v == nil {
		return
	}
	var lacks []string
	for _, c := range append(append([]netip.Prefix(nil), v.CIDRs...), v.IPv6CIDRs...) {
		if !hasRoute(tb.Routes, c) {
			lacks = append(lacks, c.String())
		}
	}
	if len(lacks) == 0 {
		return
	}
	if more := len(lacks) - 3; more > 0 {
		lacks = append(lacks[:3], fmt.Sprintf("%d more", more))
	}
	a.note(Finding{Code: finding.SnapshotInconsistent, Gate: finding.GateRoute, Severity: finding.Warning, Component: string(tb.ID), Name: nameOf(tb.Tags), At: tb.At,
		Message: fmt.Sprintf("%s has no route for %s of %s, although AWS gives every table one; a local route is assumed.", tb.ID, strings.Join(lacks, ", "), tb.VPC),
		Fix:     "Collect aws ec2 describe-route-tables and describe-vpcs anew, together.", Rule: "N19", URL: urlSubnetRoute})
}

// routeCount is how much of its quotas a table uses.
type routeCount struct{ v4, v6, propagated int }

func (a lints) countRoutes(tb *snapshot.RouteTable) routeCount {
	var n routeCount
	for i := range tb.Routes {
		r := &tb.Routes[i]
		switch {
		case strings.EqualFold(r.Origin, "EnableVgwRoutePropagation"):
			n.propagated++
		case strings.EqualFold(r.Origin, "Advertisement"): // by a route server, which has quotas of its own
		case r.PrefixList != "":
			weight, v6 := a.listWeight(r.PrefixList)
			if v6 {
				n.v6 += weight
			} else {
				n.v4 += weight
			}
		case r.CIDR.Addr().Is6():
			n.v6++
		default:
			n.v4++
		}
	}
	return n
}

// listWeight is what a reference to a prefix list counts: a customer's list
// its MaxEntries; S3's own list 1, and any other of AWS's lists at least that.
func (a lints) listWeight(id snapshot.PrefixListID) (weight int, v6 bool) {
	l := a.x.PrefixLists.Get(id).Item
	if l == nil {
		return 1, false
	}
	v6 = strings.EqualFold(l.Family, "IPv6") || len(l.Entries) > 0 && l.Entries[0].CIDR.Addr().Is6()
	if rules.AWSManaged(l) {
		return 1, v6
	}
	// A list never holds more than it may, so a MaxEntries beyond AWS's own
	// bound for it is nonsense, and must not overflow a sum.
	return min(max(l.MaxEntries, len(l.Entries), 1), 1<<20), v6
}

// lintRoute notes what is odd about a route that takes traffic.
func (a lints) lintRoute(t *flow, tb *snapshot.RouteTable, routes []snapshot.Route, won *snapshot.Route) {
	if !a.explain || won.PrefixList == "" || !a.once("route", fmt.Sprint(tb.ID, " ", routeText(won), " ", t.cases)) {
		return
	}
	list := a.x.PrefixLists.Get(won.PrefixList).Item
	if list == nil {
		return
	}
	for i := range routes {
		lost := &routes[i]
		if a.compared > maxCompared {
			return
		}
		if lost.PrefixList == "" || lost.PrefixList == won.PrefixList || lost.TargetKind == won.TargetKind && lost.Target == won.Target {
			continue
		}
		if c, wide, ok := a.longerEntry(t, list, a.x.PrefixLists.Get(lost.PrefixList).Item); ok {
			a.note(Finding{Code: finding.OverlappingPrefixLists, Gate: finding.GateRoute, Severity: finding.Warning, Component: string(tb.ID), Name: nameOf(tb.Tags), At: won.At,
				Message: fmt.Sprintf("In %s the route %s is taken to win over %s because its entry %s is longer than %s. AWS's words for prefix lists that overlap can also be read as an arbitrary choice.",
					tb.ID, routeText(won), routeText(lost), c, wide),
				Fix:  fmt.Sprintf("Take the overlap out of %s or %s, or give both routes one target.", won.PrefixList, lost.PrefixList),
				Rule: "N28", URL: urlRoute})
		}
	}
}

// longerEntry finds an entry of won that some of the traffic is addressed to
// and that is inside a shorter entry of lost.
func (a lints) longerEntry(t *flow, won, lost *snapshot.PrefixList) (inner, outer netip.Prefix, ok bool) {
	if lost == nil {
		return inner, outer, false
	}
	a.compared += len(won.Entries) + len(lost.Entries)
	wide := make(map[netip.Prefix]bool, len(lost.Entries))
	for i := range lost.Entries {
		if c := lost.Entries[i].CIDR; c.IsValid() {
			wide[c.Masked()] = true
		}
	}
	for i := range won.Entries {
		c := won.Entries[i].CIDR
		if !c.IsValid() {
			continue
		}
		if p, found := around(c, wide); found && a.s.And(t.cases, a.destination(t.view, c).Yes) != packetset.None {
			return c.Masked(), p, true
		}
	}
	return inner, outer, false
}

// around finds the longest prefix of wide that is shorter than c and holds it.
func around(c netip.Prefix, wide map[netip.Prefix]bool) (netip.Prefix, bool) {
	for n := c.Bits() - 1; n >= 0; n-- {
		if p := netip.PrefixFrom(c.Addr(), n).Masked(); wide[p] {
			return p, true
		}
	}
	return netip.Prefix{}, false
}

// deadTarget warns where a route that is said to be active leads to what was
// just found dead (N36).
func (a lints) deadTarget(t *flow, h Hop, f *Finding) {
	r := t.by.route
	if !a.explain || r == nil || f.Code != finding.BadState && f.Code != finding.BadStateAttachment || !strings.EqualFold(r.State, "active") || !a.leadsTo(t, h) {
		return
	}
	tb := t.by.table
	a.note(Finding{Code: finding.SnapshotInconsistent, Gate: finding.GateRoute, Severity: finding.Warning, Component: string(tb.ID), Name: nameOf(tb.Tags), At: r.At,
		Message: fmt.Sprintf("The route %s of %s is in state active, although its target can't carry traffic; the target's own state is what counts here.", routeText(r), tb.ID),
		Fix:     "If the target works by now, collect the route tables and their targets anew, together.", Rule: "N36", URL: urlRoute})
}

// leadsTo reports whether h is what the route that traffic was last handed on
// by names as its target.
func (a lints) leadsTo(t *flow, h Hop) bool {
	r := t.by.route
	switch {
	case h.Component == r.Target:
		return true
	case r.TargetKind == snapshot.TargetTransitGateway:
		return h.Component == string(a.x.vpcAttachment[tgwVPC{snapshot.TransitGatewayID(r.Target), t.by.table.VPC}])
	case r.TargetKind == snapshot.TargetInstance:
		e, _ := a.applianceInterface(r)
		return e.Item != nil && h.Component == string(e.Item.ID)
	}
	return false
}

// lintGatewayEndpoints counts the gateway endpoints beside one (N60).
func (a lints) lintGatewayEndpoints(e snapshot.Located[snapshot.VPCEndpoint]) {
	if !a.explain || !a.once("vpc-endpoint", string(e.Item.ID)) {
		return
	}
	f := Finding{Code: finding.LimitGatewayEndpoints, Gate: finding.GateEndpoint, Severity: finding.Info, Component: string(e.Item.VPC), At: e.Item.At, Rule: "N60", URL: urlLimits}
	inVPC := 0
	for _, id := range a.x.vpcEndpoints[e.Item.VPC] {
		if liveGateway(a.x.VPCEndpoints.Get(id).Item) {
			inVPC++
		}
	}
	if inVPC > maxEndpointsOfVPC {
		f.Message = fmt.Sprintf("%s has %d gateway endpoints; AWS allows %d.", e.Item.VPC, inVPC, maxEndpointsOfVPC)
		a.note(f)
	}
	if e.Region == nil {
		return
	}
	here := 0
	for i := range e.Region.EC2.VPCEndpoints.Items {
		if liveGateway(&e.Region.EC2.VPCEndpoints.Items[i]) {
			here++
		}
	}
	if here > maxEndpointsOfRegion {
		f.Component, f.At = e.Region.Name, e.Region.At
		f.Message = fmt.Sprintf("%s has %d gateway endpoints in this account; AWS's default quota is %d.", e.Region.Name, here, maxEndpointsOfRegion)
		a.note(f)
	}
}

func liveGateway(e *snapshot.VPCEndpoint) bool {
	return rules.KindOfEndpoint(e) == rules.EndpointGateway && rules.EndpointState(e.State) != rules.StateBroken
}

// lintGroups counts an interface's groups and their rules in one direction (N92).
func (a lints) lintGroups(groups []*snapshot.SecurityGroup, owner string, gate finding.Gate, dir rules.Direction) {
	if !a.explain || !a.once("security-groups "+dir.String(), owner) {
		return
	}
	f := Finding{Gate: gate, Severity: finding.Info, Rule: "N92", URL: urlLimits}
	most := 0
	for _, g := range groups {
		if g == nil {
			continue
		}
		v4, v6 := a.countRules(g, dir)
		most = max(most, v4, v6)
		for _, q := range []struct {
			n      int
			family string
		}{{v4, "IPv4"}, {v6, "IPv6"}} {
			if q.n > maxRulesOfGroup {
				f.Code, f.Component, f.Name, f.At = finding.LimitSGRules, string(g.ID), nameOf(g.Tags), g.At
				f.Message = fmt.Sprintf("%s counts as %d %s rules for %s; AWS's default quota is %d.", g.ID, q.n, dir, q.family, maxRulesOfGroup)
				a.note(f)
			}
		}
	}
	f.Code, f.Component, f.Name, f.At = finding.LimitSGPerInterface, owner, "", snapshot.Source{}
	if len(groups) > 0 && groups[0] != nil {
		f.At = groups[0].At
	}
	if n := len(groups); n > maxGroupsOfInterface {
		f.Message = fmt.Sprintf("%s has %d security groups; AWS's default quota is %d, and %d is the most that it grants.", owner, n, maxGroupsOfInterface, mostGroupsOfInterface)
		a.note(f)
	}
	if n := len(groups); n*most > maxGroupsTimesRules {
		f.Message = fmt.Sprintf("%s has %d security groups with up to %d %s rules each; AWS grants no quotas whose product exceeds %d.", owner, n, most, dir, maxGroupsTimesRules)
		a.note(f)
	}
}

// countRules is what a group's rules in one direction count, by family. A
// reference to a group is a rule of both families.
func (a lints) countRules(g *snapshot.SecurityGroup, dir rules.Direction) (v4, v6 int) {
	list := g.Ingress
	if dir == rules.Outbound {
		list = g.Egress
	}
	for i := range list {
		p := &list[i]
		for j := range p.Ranges {
			if p.Ranges[j].CIDR.Addr().Is6() {
				v6++
			} else {
				v4++
			}
		}
		for j := range p.PrefixLists {
			if weight, six := a.listWeight(p.PrefixLists[j].List); six {
				v6 += weight
			} else {
				v4 += weight
			}
		}
		v4, v6 = v4+len(p.Groups), v6+len(p.Groups)
	}
	return v4, v6
}
