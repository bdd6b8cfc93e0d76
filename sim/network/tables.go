package network

import (
	"fmt"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// tableOf is the route table that governs a subnet (N15, N16).
func (a *question) tableOf(n *snapshot.Subnet) (*snapshot.RouteTable, *rules.Need) {
	of := a.x.subnetTable[n.ID]
	untold, explicit := a.x.untoldTable[n.VPC], len(of) > 0
	if !explicit {
		of = a.x.mainTable[n.VPC]
	}
	need := rules.Need{Code: finding.UnknownRouteTable, Component: string(n.ID), At: n.At, Fact: "the route table of " + string(n.ID),
		Collect: "aws ec2 describe-route-tables"}
	switch {
	case !explicit && a.presence(n, func(e *snapshot.EC2) snapshot.Presence { return e.RouteTables.Presence }) == snapshot.Unreadable:
		need.Fact = fmt.Sprintf("the route table of %s: not all of them could be read", n.ID)
		return nil, &need
	case !explicit && untold != "":
		need.Fact = fmt.Sprintf("whether %s governs %s: its associations were not collected", untold, n.ID)
		return nil, &need
	case !explicit && a.x.lostTable[n.VPC] != "":
		need.Fact = fmt.Sprintf("whether %s governs %s: a gateway endpoint names it, and the snapshot lacks it", a.x.lostTable[n.VPC], n.ID)
		return nil, &need
	case len(of) == 0:
		return nil, &need
	case len(of) > 1:
		need.Fact = fmt.Sprintf("which route table governs %s: the snapshot has %d of them for it", n.ID, len(of))
		return nil, &need
	case rules.AssociationState(of[0].state) != rules.StateWorks:
		need.Fact = fmt.Sprintf("whether %s governs %s: the association is in state %s", of[0].table, n.ID, of[0].state)
		return nil, &need
	}
	tb := a.x.RouteTables.Get(of[0].table).Item
	if !tb.RoutesKnown {
		need.Component, need.At = string(tb.ID), tb.At
		need.Fact = fmt.Sprintf("the routes of %s, which governs %s", tb.ID, n.ID)
		return nil, &need
	}
	return tb, nil
}

// presence tells what is known of a collection of a subnet's own Region. What
// is missing in one that could not be read whole says nothing.
func (a *question) presence(n *snapshot.Subnet, of func(*snapshot.EC2) snapshot.Presence) snapshot.Presence {
	r := a.x.Subnets.Get(n.ID).Region
	if r == nil {
		return snapshot.NotCollected
	}
	return of(&r.EC2)
}

// aclOf is the network ACL of a subnet: the one that lists it (N93).
func (a *question) aclOf(n *snapshot.Subnet) (l *snapshot.NetworkACL, need *rules.Need) {
	of, untold := a.x.subnetACL[n.ID], a.x.untoldACL[n.VPC]
	need = &rules.Need{Code: finding.UnknownNACL, Component: string(n.ID), At: n.At, Fact: "the network ACL of " + string(n.ID), Collect: "aws ec2 describe-network-acls"}
	switch {
	case len(of) > 1:
		need.Fact = fmt.Sprintf("which network ACL filters %s: %s and %s both list it, and AWS has one for each subnet", n.ID, of[0], of[1])
		return nil, need
	case len(of) == 1:
		l = a.x.NetworkACLs.Get(of[0]).Item
	case a.presence(n, func(e *snapshot.EC2) snapshot.Presence { return e.NetworkACLs.Presence }) == snapshot.Unreadable:
		need.Fact = fmt.Sprintf("the network ACL of %s: not all of them could be read", n.ID)
		return nil, need
	case untold != "":
		need.Fact = fmt.Sprintf("whether %s filters %s: its associations were not collected", untold, n.ID)
		return nil, need
	case a.presence(n, func(e *snapshot.EC2) snapshot.Presence { return e.NetworkACLs.Presence }) == snapshot.Collected:
		need.Fact = fmt.Sprintf("the network ACL of %s: none that was collected lists it, and AWS lists each subnet under one", n.ID)
		return nil, need
	default:
		return nil, need
	}
	if !l.EntriesKnown {
		need.Component, need.At = string(l.ID), l.At
		need.Fact = fmt.Sprintf("the entries of %s, the network ACL of %s", l.ID, n.ID)
		return nil, need
	}
	return l, nil
}

// throughACL sends packets over the border of a subnet, as they look now.
func (a *walk) throughACL(t *flow, subnet snapshot.Located[snapshot.Subnet], d side) {
	a.throughACLView(t, subnet, t.view, d)
}

func (a *walk) throughACLView(t *flow, subnet snapshot.Located[snapshot.Subnet], v view, d side) {
	l, need := a.aclOf(subnet.Item)
	gate := finding.GateNACLEgress
	if d.dir == rules.Inbound {
		gate = finding.GateNACLIngress
	}
	if need != nil {
		h := Hop{Component: need.Component, Kind: "network-acl", Reply: d.reply, At: need.At, Via: d.dir.String()}
		t.add(&step{hops: []Hop{h}, gate: gate, key: stepKey{kind: h.Kind, component: h.Component, side: d}, needs: []rules.Need{*need}})
		return
	}
	f := a.acl(l, v, d)
	h := Hop{Component: string(l.ID), Kind: "network-acl", Via: d.dir.String() + " of " + string(subnet.Item.ID), Reply: d.reply, At: l.At}
	var blame func(packetset.Set) []Finding
	if a.explain {
		a.explanation().aclDrift(l, d, gate)
		blame = func(denied packetset.Set) []Finding { return a.explanation().blameACL(l, subnet, v, d, gate, denied) }
	}
	a.filter(t, []Hop{h}, gate, stepKey{kind: h.Kind, component: h.Component, side: d, view: v}, f, blame)
}

// local delivers inside the VPC that the traffic is in (N19).
func (a *walk) local(t *flow, from snapshot.Located[snapshot.Subnet]) {
	rest := t.cases
	for _, id := range a.x.vpcSubnets[t.vpcID] {
		n := a.x.Subnets.Get(id)
		cases := a.s.And(rest, a.inSubnet(t.view, n.Item))
		if cases == packetset.None {
			continue
		}
		rest = a.s.Diff(rest, cases)
		c := t.with(cases)
		if from.Item != nil && from.Item.ID == id {
			a.delivery().deliver(c, n)
			continue
		}
		a.enter(c, n)
	}
	if rest == packetset.None {
		return
	}
	t.cases = rest
	h := Hop{Component: string(t.vpcID), Kind: "vpc"}
	if v := a.x.VPCs.Get(t.vpcID).Item; v != nil {
		h.At = v.At
	}
	if a.nested || !a.subnetsKnown(t.vpcID) {
		a.leaveOpen(t, h, rest, finding.GateRoute, rules.Need{Code: finding.UnknownVPC, Component: string(t.vpcID), At: h.At,
			Fact: "the subnet of " + string(t.vpcID) + " that holds the destination", Collect: "aws ec2 describe-subnets"})
	} else {
		a.deny(t, h, rest, Finding{Code: finding.NoPossibleDestination, Gate: finding.GateRoute, Component: string(t.vpcID),
			Message: fmt.Sprintf("No subnet of %s holds the destination, although the local route covers it.", t.vpcID),
			Fix:     "Use a destination address inside a subnet of the VPC.", Rule: "N19", URL: urlSubnetRoute})
	}
	a.end(t, Context{}, true)
}

func (a *question) subnetsKnown(id snapshot.VPCID) bool {
	v := a.x.VPCs.Get(id)
	return ownView(v) && knownAbsent(&v.Region.EC2.Subnets)
}
