package network

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// orElsewhere adds the reading that the name leads elsewhere. Its cases are
// the public answer's, so that the readings can be compared. Where the client
// gets nowhere that could be S3, there is no such reading: what is known to
// fail fails whatever the answer is, and the rest hangs on it.
func (a resolver) orElsewhere(at Hop, r resolution, need *rules.Need) resolution {
	if a.leadsNowhereElse() {
		for i := range r.branches {
			r.branches[i].needs = append(slices.Clone(r.branches[i].needs), *need)
		}
		return r
	}
	b := a.unknownAnswer(at, r.branches[0])
	if r.why.Code == (finding.Code{}) {
		r.why = *need
	} else {
		b.needs = append(b.needs, *need)
	}
	r.branches = append(r.branches, b)
	return r
}

// unknownAnswer is an answer that is not known.
func (a resolver) unknownAnswer(at Hop, b branch) branch {
	return branch{destinations: b.destinations, unknown: true, at: at}
}

// leadsNowhereElse reports whether the client's packets get to none of the
// addresses that S3 may have wherever a name leads.
func (a resolver) leadsNowhereElse() bool {
	if a.nested || a.q.To.S3 == nil {
		return false
	}
	q := a.q
	q.To = Endpoint{unknownAnswer: true}
	r, err := a.ask(q)
	return err == nil && r.Outcome == Blocked
}

// wherever is every address that may be S3's for whom the snapshot does not
// tell what a name leads to: all outside of the client's VPC, where S3 and
// others' endpoints for it are, and those inside if the VPC may have an
// interface endpoint.
func (a resolver) wherever() packetset.Set {
	d := a.inFamilies("::/0")
	without := slices.Clone(ownLink)
	if v := a.vpc(); v.Item != nil && !a.mayHoldS3(v) {
		without = slices.Concat(without, v.Item.CIDRs, v.Item.IPv6CIDRs)
	}
	for _, p := range without {
		d = a.s.Diff(d, a.s.Prefix(packetset.Destination, p))
	}
	return a.s.Diff(d, addrSet(a.s, packetset.Destination, a.ownAddresses()))
}

// addNamedByGroups makes targets of the interfaces whose groups the client's own
// groups name in rules for outbound traffic: only there does such a rule let
// anything pass.
func (a resolver) addNamedByGroups() {
	named := map[snapshot.SecurityGroupID]bool{}
	for _, g := range a.groupsOf(a.from.groups) {
		if g == nil {
			continue
		}
		for i := range g.Egress {
			for _, ref := range g.Egress[i].Groups {
				named[ref.Group] = true
			}
		}
	}
	if len(named) == 0 {
		return
	}
	for _, all := range []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")} {
		for _, e := range a.interfacesIn(all) {
			if slices.ContainsFunc(e.Item.Groups, func(g snapshot.SecurityGroupID) bool { return named[g] }) {
				a.addTarget(e, a.endpointOf(e.Item.ID), all.Contains)
			}
		}
	}
}

// ownLink is the address space that leads no further than the client's host
// or link, or to no single host.
var ownLink = []netip.Prefix{
	netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("224.0.0.0/3"),
	netip.MustParsePrefix("::/127"), netip.MustParsePrefix("fe80::/10"), netip.MustParsePrefix("fd00:ec2::/32"), netip.MustParsePrefix("ff00::/8"),
}

// mayHoldS3 reports whether S3 may have an address in the VPC: that of an
// interface endpoint for it.
func (a resolver) mayHoldS3(v snapshot.Located[snapshot.VPC]) bool {
	if _, lost := a.x.lostEndpoint(v.Item.ID); lost || v.Region.EC2.VPCEndpoints.Presence != snapshot.Collected || !ownView(v) {
		return true
	}
	return slices.ContainsFunc(v.Region.EC2.VPCEndpoints.Items, func(e snapshot.VPCEndpoint) bool {
		_, service, ok := rules.SplitServiceName(e.ServiceName)
		return e.VPC == v.Item.ID && !strings.HasPrefix(strings.ToLower(e.Type), "gateway") && (!ok || service == "s3")
	})
}

// startElsewhere judges traffic to an address that nobody knows: only a
// client that may send to no address at all is blocked whatever it is.
func (a *walk) startElsewhere(t *flow, b branch) {
	any := func(netip.Prefix) rules.Match { return rules.Match{Yes: packetset.All} }
	tr := a.traffic(view{}, side{dir: rules.Outbound})
	tr.Remote = any
	tr.List = func(snapshot.PrefixListID) rules.Match { return any(netip.Prefix{}) }
	tr.Group = func(snapshot.GroupReference) rules.Match { return any(netip.Prefix{}) }
	groups := a.groupsOf(a.from.groups)
	if a.from.groupsKnown {
		f := rules.PermittedByGroups(groups, a.from.groups, rules.Outbound, tr)
		f.Permit = packetset.All
		f.Needs = nil
		var blame func(packetset.Set) []Finding
		if a.explain {
			blame = func(d packetset.Set) []Finding {
				return a.explanation().blameGroups(groups, a.from.groups, a.from.component, t.view, side{dir: rules.Outbound}, finding.GateSGEgress, sameVPC, false, d)
			}
		}
		a.filter(t, []Hop{{Component: a.from.component, Kind: "security-group", Via: "outbound"}}, finding.GateSGEgress, stepKey{kind: "security-group", component: a.groupsKey(groups, a.from.groups) + a.from.component, side: side{dir: rules.Outbound}}, f, blame)
	}
	t.add(&step{hops: []Hop{b.at}, gate: finding.GateDNS, key: stepKey{kind: "elsewhere"}})
	a.end(t, Context{}, true)
}
