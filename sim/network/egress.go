package network

import (
	"net/netip"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/snapshot"
)

// Coverage is whether groups let out everything that they should.
type Coverage struct {
	Covered bool
	Known   bool            // false: a fact is missing, and Covered means nothing
	Missing []AddrRange     // addresses that some TCP port is not open to
	At      snapshot.Source // of the first group
}

// SubnetEgressCovered reports whether groups let out TCP on every port to
// every usable address of the subnets, as SageMaker asks of a job's groups
// (N152). References to one of the groups themselves count: every interface
// of the job carries all of them.
func (m *Model) SubnetEgressCovered(groups []snapshot.SecurityGroupID, subnets []snapshot.SubnetID) Coverage {
	return m.covered(groups, subnets, rules.Outbound)
}

// SelfIngressCovered reports whether a group lets in TCP on every port from
// the members of the group in the subnets, as Glue and MWAA ask (N182).
func (m *Model) SelfIngressCovered(group snapshot.SecurityGroupID, subnets []snapshot.SubnetID) Coverage {
	return m.covered([]snapshot.SecurityGroupID{group}, subnets, rules.Inbound)
}

// covered reports whether groups permit TCP on every port between their own
// members in the subnets.
func (m *Model) covered(groups []snapshot.SecurityGroupID, subnets []snapshot.SubnetID, dir rules.Direction) Coverage {
	e := m.take()
	defer m.give(e)
	a := newQuestion(e, m.x, question{q: Query{Protocol: 6}})
	end, remote := packetset.Destination, a.destination
	if dir == rules.Inbound {
		end, remote = packetset.Source, a.source
	}
	c := Coverage{Known: true}
	for _, id := range subnets {
		n, ok := m.x.Subnets.Find(id)
		if !ok {
			c.Known = false
			continue
		}
		a.universe = a.s.Or(a.universe, usable(a.s, end, n.Item, true, false))
	}
	a.universe = a.s.And(a.universe, a.s.Between(packetset.Protocol, 6, 6))
	t := a.traffic(view{}, side{dir: dir})
	t.Remote = func(p netip.Prefix) rules.Match { return remote(view{}, p) }
	t.Group = func(g snapshot.GroupReference) rules.Match {
		for _, id := range groups {
			if id == g.Group {
				return rules.Match{Yes: packetset.All}
			}
		}
		return rules.Match{}
	}
	list := a.groupsOf(groups)
	f := rules.PermittedByGroups(list, groups, dir, t)
	open := a.s.Diff(a.s.Diff(a.universe, f.Permit), f.Deny)
	if open != packetset.None || a.s.Err() != nil {
		c.Known = false
	}
	c.Covered = f.Deny == packetset.None
	for _, r := range a.s.AddressRanges(end, f.Deny, maxRanges) {
		c.Missing = append(c.Missing, AddrRange{r.From, r.To})
	}
	for _, g := range list {
		if g != nil {
			c.At = g.At
			break
		}
	}
	return c
}

// RegionOf is the Region that a source is in, "" where the snapshot does not tell.
func (m *Model) RegionOf(from Endpoint) string {
	e := m.take()
	defer m.give(e)
	a := newQuestion(e, m.x, question{q: Query{From: from}})
	if from.Internet || a.begin() != nil {
		return ""
	}
	return regionName(a.from.subnet.Region)
}

// InterfacesOf lists the interfaces of an instance, its primary one first.
func (m *Model) InterfacesOf(instance string) []snapshot.NetworkInterfaceID {
	return m.x.interfacesOf(instance)
}
