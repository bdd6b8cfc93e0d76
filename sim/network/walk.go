package network

import (
	"fmt"
	"net/netip"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// walk follows the traffic of a question from component to component, and
// collects the paths that it takes. What a component does is in the file of
// its kind: the parts below, each with the file of its name.
type walk struct {
	*question
	paths []*path
	steps int // taken so far, against hostile topologies
}

func newWalk(e *engine, x *index, q question) *walk { return &walk{question: newQuestion(e, x, q)} }

// The components, by kind; each is the walk itself with what that kind does.
type (
	endpoints struct{ *walk } // VPC endpoints as next hops
	gateways  struct{ *walk } // internet, egress-only, NAT and VPN gateways, appliances
	links     struct{ *walk } // peerings and transit gateways
	replies   struct{ *walk } // the way of replies through a link
	inbound   struct{ *walk } // what starts outside of every VPC
	delivery  struct{ *walk } // the interface that the traffic is for, and its groups
	summary   struct{ *walk } // the result of all paths
)

func (a *walk) endpoints() endpoints { return endpoints{a} }
func (a *walk) gateways() gateways   { return gateways{a} }
func (a *walk) links() links         { return links{a} }
func (a *walk) replies() replies     { return replies{a} }
func (a *walk) inbound() inbound     { return inbound{a} }
func (a *walk) delivery() delivery   { return delivery{a} }
func (a *walk) summary() summary     { return summary{a} }

// ambiguity is an open choice of way (N2) with the cases that hang on it.
type ambiguity struct {
	cases packetset.Set
	need  Missing
}

// step is one component's effect on the traffic of a flow. Cases of the
// flow in neither set hang on a missing fact.
type step struct {
	hops         []Hop
	gate         finding.Gate
	key          stepKey
	permit, deny packetset.Set
	findings     func(denied packetset.Set) []Finding
	needs        []rules.Need
}

// stepKey tells apart steps whose findings would say different things.
type stepKey struct {
	kind, component string
	code            finding.Code
	side            side
	view            view
}

// flow is traffic under way: the cases that were steered here, and what they
// met. It is copied where the traffic splits.
type flow struct {
	cases     packetset.Set
	steps     []*step
	back      []func(a *walk, t *flow) // what replies meet, last first
	view      view
	vpc       *snapshot.VPC
	vpcID     snapshot.VPCID
	region    *snapshot.Region
	home      home
	by        lastRoute
	entered   *snapshot.Subnet // from which it entered a transit gateway: whose zone it keeps
	branch    int              // which of the name's answers it follows
	uncertain bool
	opaque    bool          // group identities are lost (N124)
	otherLink packetset.Set // replies that go home by another link than the request came by (N160)
	via       []string      // translators, appliances and transit tables passed, against loops
}

// home says how replies get from the VPC where the traffic is back to the
// client: within the VPC, or by the link that it came in on.
type home struct {
	kind       snapshot.TargetKind // TargetLocal, TargetPeering or TargetTransitGateway
	link       string              // the peering's or gateway's id
	attachment snapshot.TGWAttachmentID
	client     snapshot.VPCID
}

// path is traffic that took the same path to its end.
type path struct {
	flow
	ctx                   Context
	passed, blocked, open packetset.Set
	dead                  bool // ended before any destination
}

const (
	maxPaths = 400
	maxSteps = 20000
	maxDepth = 24
)

// with returns a copy of t for part of its cases.
func (t *flow) with(cases packetset.Set) *flow {
	c := *t
	c.cases = cases
	c.steps = t.steps[:len(t.steps):len(t.steps)]
	c.back = t.back[:len(t.back):len(t.back)]
	c.via = t.via[:len(t.via):len(t.via)]
	return &c
}

func (t *flow) add(s *step) { t.steps = append(t.steps, s) }

// pass notes a component that lets everything through.
func (t *flow) pass(h Hop) {
	t.add(&step{hops: []Hop{h}, permit: packetset.All, key: stepKey{kind: h.Kind, component: h.Component}})
}

// deny notes a component that stops the cases, for the reason that f gives.
func (a *walk) deny(t *flow, h Hop, denied packetset.Set, f Finding) {
	s := &step{hops: []Hop{h}, gate: f.Gate, permit: a.s.Not(denied), deny: denied,
		key: stepKey{kind: h.Kind, component: f.Component, code: f.Code}}
	if a.explain {
		a.lints().deadTarget(t, h, &f)
		f.Severity = finding.Blocker
		if f.At == (snapshot.Source{}) {
			f.At = h.At
		}
		s.findings = func(packetset.Set) []Finding { return []Finding{f} }
	}
	t.add(s)
}

// leaveOpen notes a component of which too little is known.
func (a *walk) leaveOpen(t *flow, h Hop, open packetset.Set, gate finding.Gate, n rules.Need) {
	t.add(&step{hops: []Hop{h}, gate: gate, permit: a.s.Not(open), needs: []rules.Need{n},
		key: stepKey{kind: h.Kind, component: h.Component, code: n.Code}})
}

// filter notes what a filter does.
func (a *walk) filter(t *flow, hops []Hop, gate finding.Gate, k stepKey, f rules.Filter, blame func(packetset.Set) []Finding) {
	t.add(&step{hops: hops, gate: gate, key: k, permit: f.Permit, deny: f.Deny, needs: f.Needs, findings: blame})
}

// end closes a flow: what the replies meet, and the context that the other
// end sees. Replies are judged behind a dead end, too, since whoever mends it
// meets them next.
func (a *walk) end(t *flow, ctx Context, dead bool) {
	if len(a.paths) >= maxPaths || a.s.Err() != nil {
		a.overBudget(t)
		return
	}
	for i := len(t.back) - 1; i >= 0; i-- {
		before, gone := len(t.steps), t.otherLink
		t.back[i](a, t)
		a.replies().withoutOtherLink(t, before, gone)
	}
	w := &path{flow: *t, ctx: ctx, dead: dead}
	w.ctx.Uncertain = w.ctx.Uncertain || t.uncertain
	passed := t.cases
	for _, s := range t.steps {
		w.blocked = a.s.Or(w.blocked, a.s.And(s.deny, t.cases))
		passed = a.s.And(passed, s.permit)
	}
	w.passed = a.s.Diff(passed, w.blocked)
	w.open = a.s.Diff(a.s.Diff(t.cases, w.blocked), w.passed)
	a.paths = append(a.paths, w)
}

// overBudget leaves the cases open, and says why.
func (a *walk) overBudget(t *flow) {
	a.needs = append(a.needs, ambiguity{t.cases, Missing{Code: finding.UnknownBudget, Gate: finding.GateRoute, Component: string(t.vpcID),
		Fact: "the ways of this traffic: they are too many to follow"}})
	t.uncertain = true
	a.paths = append(a.paths, &path{flow: flow{cases: t.cases, branch: t.branch}, open: t.cases, dead: true})
}

// spent counts steps and stops runaway walks (N143).
func (a *walk) spent(t *flow) bool {
	a.steps++
	if a.steps > maxSteps || len(t.via) > maxDepth {
		a.overBudget(t)
		return true
	}
	return false
}

// fork follows each of several ways that the traffic may take (N2).
func (a *walk) fork(t *flow, gate finding.Gate, n rules.Need, branches ...func(*flow)) {
	a.needs = append(a.needs, ambiguity{t.cases, missing(gate, n)})
	for _, b := range branches {
		c := t.with(t.cases)
		c.uncertain = true
		b(c)
	}
}

func missing(gate finding.Gate, n rules.Need) Missing {
	return Missing{Code: n.Code, Gate: gate, Fact: n.Fact, Component: n.Component, Collect: n.Collect, At: n.At}
}

// leave takes traffic out of an interface in subnet: straight to another one
// in the same subnet (N22), or over the subnet's border and by its table.
func (a *walk) leave(t *flow, subnet snapshot.Located[snapshot.Subnet]) {
	if a.spent(t) {
		return
	}
	a.lints().lintZone(subnet)
	if same := a.s.And(t.cases, a.inSubnet(t.view, subnet.Item)); same != packetset.None {
		in := t.with(same)
		a.delivery().deliver(in, subnet)
		t.cases = a.s.Diff(t.cases, same)
	}
	if t.cases == packetset.None {
		return
	}
	a.throughACL(t, subnet, side{dir: rules.Outbound})
	v := t.view
	t.back = append(t.back, func(a *walk, t *flow) { a.throughACLView(t, subnet, v, side{dir: rules.Inbound, reply: true}) })
	a.route(t, subnet)
}

func (a *space) inSubnet(v view, n *snapshot.Subnet) packetset.Set {
	x := a.destination(v, n.CIDR).Yes
	for _, c := range n.IPv6CIDRs {
		x = a.s.Or(x, a.destination(v, c).Yes)
	}
	return x
}

// route looks the destination up in the subnet's table and follows each route.
func (a *walk) route(t *flow, subnet snapshot.Located[snapshot.Subnet]) {
	tb, n := a.tableOf(subnet.Item)
	if n != nil {
		a.leaveOpen(t, Hop{Component: string(subnet.Item.ID), Kind: "route-table", At: subnet.Item.At}, t.cases, finding.GateRoute, *n)
		a.end(t, Context{}, true)
		return
	}
	a.routeBy(t, tb, subnet)
}

// routeBy follows the routes of a table. subnet is the one whose border the
// traffic crossed; it is empty for a regional NAT gateway.
func (a *walk) routeBy(t *flow, tb *snapshot.RouteTable, subnet snapshot.Located[snapshot.Subnet]) {
	if a.endpoints().unlistedEndpoint(t, tb, subnet) {
		return
	}
	a.lints().lintTable(tb.ID)
	a.explanation().routeDrift(tb)
	routes := a.routesOf(tb)
	for _, p := range a.lookUp(tb, t.view, false) {
		cases := a.s.And(p.Cases, t.cases)
		if cases == packetset.None {
			continue
		}
		c := t.with(cases)
		if len(p.Routes) == 1 {
			a.follow(c, tb, routes, p.Routes[0], p, subnet)
			continue
		}
		var follow []func(*flow)
		for _, r := range p.Routes {
			follow = append(follow, func(t *flow) { a.follow(t, tb, routes, r, p, subnet) })
		}
		a.fork(c, finding.GateRoute, rules.Need{Code: p.Code, Component: string(tb.ID), Fact: p.Fact, At: tb.At, Collect: collectFor(p.Code, tb)}, follow...)
	}
}

func collectFor(code finding.Code, tb *snapshot.RouteTable) string {
	switch code {
	case finding.UnknownPrefixList:
		return "aws ec2 get-managed-prefix-list-entries"
	case finding.SnapshotInconsistent:
		return "aws ec2 describe-route-tables --route-table-ids " + string(tb.ID) + " and describe-vpc-endpoints, taken together"
	}
	return ""
}

// follow hands traffic to the target of a route.
func (a *walk) follow(t *flow, tb *snapshot.RouteTable, routes []snapshot.Route, i int, p rules.RoutePart, subnet snapshot.Located[snapshot.Subnet]) {
	h := Hop{Component: string(tb.ID), Kind: "route-table", At: tb.At}
	if i == rules.NoRoute {
		h.Via = "no route"
		a.deny(t, h, t.cases, a.explanation().noRoute(t, tb, subnet))
		a.end(t, Context{}, true)
		return
	}
	r := &routes[i]
	h.Via, h.At = routeText(r), r.At
	if a.explain && p.Beaten != rules.NoRoute && r.TargetKind != snapshot.TargetLocal {
		a.explanation().priorityNote(tb, r, &routes[p.Beaten], p.Beaten)
	}
	a.lints().lintRoute(t, tb, routes, r)
	if rules.Blackhole(r) {
		index := i
		a.deny(t, h, t.cases, Finding{Code: finding.BadStateRoute, Gate: finding.GateRoute, Component: string(tb.ID), Name: nameOf(tb.Tags), RuleIndex: &index,
			Message: fmt.Sprintf("The route %s of %s is a blackhole; it takes the traffic and drops it.", routeText(r), tb.ID),
			Fix:     fmt.Sprintf("Delete the route to %s from %s, or point it at a target that exists.", r.Target, tb.ID),
			Rule:    "N35", URL: urlRoute})
		a.end(t, Context{}, true)
		return
	}
	if r.State != "" && !equalFold(r.State, "active") {
		a.leaveOpen(t, h, t.cases, finding.GateRoute, rules.Need{Code: finding.UnknownRouteTarget, Component: string(tb.ID), At: r.At,
			Fact: fmt.Sprintf("what the state %q of the route %s means", r.State, routeText(r))})
	} else {
		t.pass(h)
	}
	a.handTo(t, tb, r, subnet)
}

// handTo hands the packets to the next hop of a route, by its row in components.
func (a *walk) handTo(t *flow, tb *snapshot.RouteTable, r *snapshot.Route, subnet snapshot.Located[snapshot.Subnet]) {
	t.by = lastRoute{tb, r}
	hand := notModelled
	for i := range components {
		if components[i].kind == r.TargetKind {
			hand = components[i].hand
		}
	}
	hand(a, t, tb, r, subnet)
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// enter takes traffic over the border of the subnet that it is for, from
// elsewhere in the VPC or from another one.
func (a *walk) enter(t *flow, subnet snapshot.Located[snapshot.Subnet]) {
	if a.spent(t) {
		return
	}
	v, home := t.view, t.home
	t.back = append(t.back, func(a *walk, t *flow) {
		a.throughACLView(t, subnet, v, side{dir: rules.Outbound, reply: true})
		a.replies().routeBack(t, subnet, v, home)
	})
	a.throughACL(t, subnet, side{dir: rules.Inbound})
	a.delivery().deliver(t, subnet)
}

func addrSet(s *packetset.Space, e packetset.End, addrs []netip.Addr) packetset.Set {
	x := packetset.None
	for _, a := range addrs {
		if a.IsValid() {
			x = s.Or(x, s.Addresses(e, a, a))
		}
	}
	return x
}
