package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// waypoints are components that traffic has to pass, and components that it
// must not: a case succeeds only if it gets through so (N184).
type waypoints struct {
	through, avoid []string
	whyNot         string // one of through that the question names as WhyNot
}

func (p *waypoints) any() bool { return len(p.through)+len(p.avoid) > 0 }

// check refuses ids that the snapshot does not hold.
func (p *waypoints) check(w *World) error {
	for _, list := range []struct {
		field Field
		ids   []string
	}{{FieldThrough, p.through}, {FieldAvoid, p.avoid}} {
		for _, id := range list.ids {
			if a, lacks := w.AbsentComponent(id); lacks {
				if id == p.whyNot {
					list.field = FieldWhyNot
				}
				return badQuestion("%s %q: not a component in the snapshot; name it by its id%s", list.field, id, a.suggestion())
			}
			if strings.HasPrefix(id, "pl-") {
				return badQuestion("%s %q: a prefix list is no component that traffic passes; name a route table or an endpoint", list.field, id)
			}
		}
	}
	return nil
}

// waypoints are the question's.
func (r *jobRun) waypoints() *waypoints {
	return &waypoints{through: r.q.Options.Through, avoid: r.q.Options.Avoid}
}

// eachComponent visits what can lie on a path, by kind and id, until a visit
// returns true, and returns whether one did.
func eachComponent(e *snapshot.EC2, visit func(kind, id string) bool) bool {
	return visited("endpoint", e.VPCEndpoints.Items, func(x *snapshot.VPCEndpoint) string { return string(x.ID) }, visit) ||
		visited("NAT gateway", e.NATGateways.Items, func(x *snapshot.NATGateway) string { return string(x.ID) }, visit) ||
		visited("internet gateway", e.InternetGateways.Items, func(x *snapshot.InternetGateway) string { return string(x.ID) }, visit) ||
		visited("egress-only internet gateway", e.EgressOnlyGateways.Items, func(x *snapshot.InternetGateway) string { return string(x.ID) }, visit) ||
		visited("transit gateway", e.TransitGateways.Items, func(x *snapshot.TransitGateway) string { return string(x.ID) }, visit) ||
		visited("transit gateway attachment", e.TGWAttachments.Items, func(x *snapshot.TGWAttachment) string { return string(x.ID) }, visit) ||
		visited("transit gateway route table", e.TGWRouteTables.Items, func(x *snapshot.TGWRouteTable) string { return string(x.ID) }, visit) ||
		visited("peering", e.Peerings.Items, func(x *snapshot.Peering) string { return string(x.ID) }, visit) ||
		visited("VPN gateway", e.VPNGateways.Items, func(x *snapshot.VPNGateway) string { return string(x.ID) }, visit) ||
		visited("network interface", e.NetworkInterfaces.Items, func(x *snapshot.NetworkInterface) string { return string(x.ID) }, visit) ||
		visited("route table", e.RouteTables.Items, func(x *snapshot.RouteTable) string { return string(x.ID) }, visit) ||
		visited("network ACL", e.NetworkACLs.Items, func(x *snapshot.NetworkACL) string { return string(x.ID) }, visit) ||
		visited("security group", e.SecurityGroups.Items, func(x *snapshot.SecurityGroup) string { return string(x.ID) }, visit) ||
		visited("subnet", e.Subnets.Items, func(x *snapshot.Subnet) string { return string(x.ID) }, visit)
}

func visited[T any](kind string, items []T, idOf func(*T) string, visit func(kind, id string) bool) bool {
	for i := range items {
		if visit(kind, idOf(&items[i])) {
			return true
		}
	}
	return false
}

// hold makes a network answer's cases fail that take another way than they
// should, and says so. The result is the memo's, so that a changed one is a copy.
func (p *waypoints) hold(res *network.Result) *network.Result {
	if !p.any() {
		return res
	}
	out := *res
	out.Flows, out.Findings = slices.Clone(res.Flows), slices.Clone(res.Findings)
	var total verdictParts
	var alternatives []verdictParts
	var perhaps []network.Finding // of ways that may not be taken
	out.Passes, out.Fails = nil, nil
	for i := range out.Flows {
		f := &out.Flows[i]
		if bad, ok := p.violation(f); ok {
			switch {
			case f.Passed.Empty && f.Open.Empty: // stopped anyway
			case f.Context.Uncertain:
				perhaps = append(perhaps, bad)
			default:
				out.Findings = append(out.Findings, bad)
			}
			failAll(f)
		}
		v := verdictParts{pass: !f.Passed.Empty, fail: !f.Blocked.Empty, open: !f.Open.Empty}
		if f.Context.Uncertain {
			alternatives = append(alternatives, v)
		} else {
			total.join(v)
		}
		if !f.Passed.Empty && out.Passes == nil {
			out.Passes = f.Passed.Example
		}
		if !f.Blocked.Empty && out.Fails == nil {
			out.Fails = f.Blocked.Example
		}
	}
	way, settled := settleAlternatives(alternatives)
	if settled {
		out.Findings = append(out.Findings, perhaps...)
	}
	total.join(way)
	out.Outcome = network.Outcome(total.judge())
	return &out
}

// violation is what is wrong with a flow's way, if anything is, for every case
// that takes it. A way that is not known to its end violates nothing yet.
func (p *waypoints) violation(f *network.Flow) (network.Finding, bool) {
	for _, id := range p.avoid {
		for i := range f.Hops {
			if h := &f.Hops[i]; h.Component == id {
				return waypointFinding(finding.WaypointNotAvoided, id, h, f, fmt.Sprintf("The traffic passes %s, which it must not: %s.", id, wayOf(f, h.Reply)),
					"Route the traffic another way than by "+id+"."), true
			}
		}
	}
	if f.Context.Via == "" && len(f.Destinations) == 0 && f.Passed.Empty {
		return network.Finding{}, false
	}
	for _, id := range p.through {
		forward := passes(f, id, false)
		back := !forward || string(f.Context.Endpoint) == id || passes(f, id, true) || !repliesPass(f, id) // an endpoint that traffic ends at sends the replies
		if forward && back {
			continue
		}
		at := &network.Hop{Component: id}
		return waypointFinding(finding.WaypointMissed, id, at, f, fmt.Sprintf("The traffic does not pass %s, as it must: %s.", id, wayOf(f, forward)),
			"Route the traffic through "+id+"."), true
	}
	return network.Finding{}, false
}

func passes(f *network.Flow, id string, reply bool) bool {
	return slices.ContainsFunc(f.Hops, func(h network.Hop) bool { return h.Component == id && h.Reply == reply }) ||
		!reply && string(f.Context.Endpoint) == id
}

// repliesPass tells whether replies have to come by the component, too: they
// are routed, and it is a link, of which each direction names its own.
func repliesPass(f *network.Flow, id string) bool {
	routed := slices.ContainsFunc(f.Hops, func(h network.Hop) bool { return h.Reply && h.Kind == "route-table" })
	return routed && slices.ContainsFunc(f.Hops, func(h network.Hop) bool {
		return h.Component == id && (h.Kind == "transit-gateway-attachment" || h.Kind == "vpc-peering-connection" || h.Kind == "vpc-endpoint")
	})
}

// wayOf words a way by the components that lead on.
func wayOf(f *network.Flow, reply bool) string {
	var out []string
	for _, h := range f.Hops {
		if h.Reply == reply && h.Kind != "security-group" && h.Kind != "network-acl" && !slices.Contains(out, h.Component) {
			out = append(out, h.Component)
		}
	}
	lead := "it goes by "
	if reply {
		lead = "its replies come by "
	}
	if len(out) == 0 { // of a client outside of every VPC
		return lead + map[string]string{"public": "the internet", "service": "AWS's own network", "interface-endpoint": string(f.Context.Endpoint)}[f.Context.Via]
	}
	return lead + strings.Join(out, ", ")
}

func waypointFinding(code Code, id string, h *network.Hop, f *network.Flow, message, fix string) network.Finding {
	example := f.Passed.Example
	if example == nil {
		example = f.Open.Example
	}
	return network.Finding{Code: code, Gate: finding.GateRoute, Severity: finding.Blocker, Component: id, At: h.At, Message: message, Fix: fix, Rule: "N184", Example: example}
}

// failAll counts every case of a flow as failed.
func failAll(f *network.Flow) {
	b := network.Cases{Sources: flowSources(f), Whole: flowSources(f), Example: f.Blocked.Example}
	for _, c := range []*network.Cases{&f.Passed, &f.Open} {
		if b.Example == nil {
			b.Example = c.Example
		}
	}
	f.Passed, f.Open, f.Blocked, f.Outcome = network.Cases{Empty: true}, network.Cases{Empty: true}, b, network.Blocked
}
