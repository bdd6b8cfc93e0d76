package network

import (
	"fmt"
	"net/netip"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// copied reports whether p is a copy of some of the destination's public
// addresses: such a rule does not follow when S3's ranges change (N58).
func (a explanation) copied(p netip.Prefix) bool {
	return p.IsValid() && p.Bits() > 8 && rules.MayBePublic(p) && a.askedOf(p.Masked())
}

// openTo reports whether p is every address of its family, or nearly.
func openTo(p netip.Prefix) bool { return p.IsValid() && p.Bits() <= 1 && p.Addr().Is4() }

// groupDrift warns where the client's groups let S3 through by copied ranges
// alone, and not by its prefix list or for every destination.
func (a explanation) groupDrift(groups []*snapshot.SecurityGroup) {
	if a.q.To.S3 == nil || len(a.targets) > 0 {
		return
	}
	var at *snapshot.Range
	var owner *snapshot.SecurityGroup
	for _, g := range groups {
		if g == nil {
			continue
		}
		for i := range g.Egress {
			p := &g.Egress[i]
			if n, ok := rules.ProtocolNumber(p.Protocol); !ok || n != rules.AllProtocols && n != a.q.Protocol {
				continue
			}
			if len(p.PrefixLists) > 0 {
				return
			}
			for j := range p.Ranges {
				if openTo(p.Ranges[j].CIDR) {
					return
				}
				// The lowest address, so that the order of the rules says nothing.
				if r := &p.Ranges[j]; a.copied(r.CIDR) && (at == nil || r.CIDR.Addr().Less(at.CIDR.Addr())) {
					at, owner = r, g
				}
			}
		}
	}
	if at != nil {
		a.note(a.driftFinding(finding.GateSGEgress, string(owner.ID), nameOf(owner.Tags), at.At, "the prefix list of S3"))
	}
}

// aclDrift is the same for a network ACL, which can't name a prefix list.
func (a explanation) aclDrift(l *snapshot.NetworkACL, d side, gate finding.Gate) {
	if a.q.To.S3 == nil || len(a.targets) > 0 || !d.remoteIsDestination() {
		return
	}
	var at *snapshot.ACLEntry
	for _, i := range rules.ACLOrder(l, d.dir) {
		e := &l.Entries[i]
		if !e.Allow {
			continue
		}
		if openTo(e.CIDR) {
			return
		}
		if at == nil && a.copied(e.CIDR) {
			at = e
		}
	}
	if at != nil {
		a.note(a.driftFinding(gate, string(l.ID), nameOf(l.Tags), at.At, "0.0.0.0/0 on TCP port 443 outbound and the client ports inbound, and leave the choice of destinations to the security group"))
	}
}

// routeDrift is the same for a route table whose routes to S3 are copies, with
// no route for its prefix list and none for everything.
func (a explanation) routeDrift(tb *snapshot.RouteTable) {
	if !a.explain || a.q.To.S3 == nil || len(a.targets) > 0 || !a.lints().once("route-drift", string(tb.ID)) {
		return
	}
	var at *snapshot.Route
	for i := range tb.Routes {
		r := &tb.Routes[i]
		if r.PrefixList != "" && r.PrefixList == a.destinationList() || openTo(r.CIDR) {
			return
		}
		if a.copied(r.CIDR) && r.TargetKind != snapshot.TargetLocal && !equalFold(r.Origin, "EnableVgwRoutePropagation") && (at == nil || r.CIDR.Addr().Less(at.CIDR.Addr())) {
			at = r
		}
	}
	if at != nil {
		a.note(a.driftFinding(finding.GateRoute, string(tb.ID), nameOf(tb.Tags), at.At, "a route for the prefix list of S3, or a gateway endpoint's,"))
	}
}

func (a explanation) driftFinding(gate finding.Gate, id, name string, at snapshot.Source, instead string) Finding {
	does, verb := "lets S3 through", "allow"
	if gate == finding.GateRoute {
		does, verb = "routes S3", "use"
	}
	return Finding{Code: finding.S3RangesCopied, Gate: gate, Severity: finding.Warning, Component: id, Name: name, At: at,
		Message: fmt.Sprintf("%s %s by a copy of its address ranges, which AWS changes now and then; what is added later is blocked.", id, does),
		Fix:     fmt.Sprintf("In %s, %s %s instead.", id, verb, instead), Rule: "N58", URL: urlGatewayEndpoint}
}
