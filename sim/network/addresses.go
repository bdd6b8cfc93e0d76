package network

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// endpointOf is the interface endpoint that an interface belongs to.
func (a *question) endpointOf(id snapshot.NetworkInterfaceID) snapshot.Located[snapshot.VPCEndpoint] {
	for _, acc := range a.x.Snapshot.Accounts {
		for _, r := range acc.Regions {
			for i := range r.EC2.VPCEndpoints.Items {
				if e := &r.EC2.VPCEndpoints.Items[i]; slices.Contains(e.Interfaces, id) && a.x.VPCEndpoints.Get(e.ID).Item == e {
					return snapshot.Located[snapshot.VPCEndpoint]{Item: e, Region: r}
				}
			}
		}
	}
	return snapshot.Located[snapshot.VPCEndpoint]{}
}

// aliasDestinations follows a record to an endpoint's own name.
func (a resolver) aliasDestinations(alias string) packetset.Set {
	n, err := rules.ParseName(strings.TrimPrefix(alias, "*."))
	if err != nil || n.Form != rules.FormEndpoint {
		return packetset.None
	}
	e, ok := a.x.VPCEndpoints.Find(n.Endpoint)
	if !ok {
		return packetset.None
	}
	d, _ := a.endpointDestinations(e, n.Zone, true)
	return d
}

// publicBranch is the answer of the public name servers.
func (a resolver) publicBranch(at Hop) branch {
	b := branch{at: at, destinations: a.publicDestinations()}
	if a.name.Form == rules.FormOther {
		b.needs = append(b.needs, rules.Need{Code: finding.VPCEServiceMismatch, Component: a.name.Host, At: at.At, Fact: "how " + a.name.Host + " is reached: website endpoints, directory buckets and multi-Region access points are not modelled"})
	}
	if b.destinations == packetset.None {
		b.destinations, b.nowhere = a.nowhere(), true
		b.denies = append(b.denies, Finding{Code: finding.VPCEIPFamily, Gate: finding.GateDNS, Component: a.name.Host,
			Message: fmt.Sprintf("%s has no address in a family that %s has.", a.name.Host, a.from.words()),
			Fix:     "Use the dual-stack name, or DNS64 with NAT64.", Rule: "N53", URL: urlEndpointS3})
	}
	return b
}

// publicDestinations is the public addresses of the destination, in the
// families that the client and the name have (N53, N106, N109).
func (a resolver) publicDestinations() packetset.Set {
	d := packetset.None
	if a.from.v4 {
		d = a.s.Or(d, a.serviceAddresses(false, false))
	}
	if a.from.v6 && a.name.Dualstack {
		d = a.s.Or(d, a.serviceAddresses(true, false))
	}
	if a.from.v6 && !a.name.Dualstack && a.from.subnet.Item != nil && a.from.subnet.Item.EnableDNS64 {
		d = a.s.Or(d, a.serviceAddresses(false, true))
	}
	return d
}

// serviceAddresses is the public addresses of the destination's service: its
// prefix list's where the snapshot has the entries, else a symbol.
func (a resolver) serviceAddresses(v6, embedded bool) packetset.Set {
	region, service := a.name.Region, "s3"
	switch {
	case a.q.To.Service != "":
		if _, s, ok := rules.SplitServiceName(a.q.To.Service); ok {
			service = s
		} else {
			service = a.q.To.Service
		}
	case a.name.Form == rules.FormHost:
		return a.symbol(fmt.Sprint("host ", a.name.Host, v6, embedded), symbol{v6: v6 || embedded, embedded: embedded, name: a.name.Host})
	}
	id := a.serviceList(region, service, v6)
	l := a.x.PrefixLists.Get(id).Item
	key := fmt.Sprint("service ", region, " ", service, " ", v6, embedded, " ", id)
	if l != nil && l.EntriesKnown {
		key = fmt.Sprintf("%s %p", key, l)
		if d, ok := a.sets[key]; ok {
			return d
		}
		var d []packetset.Set
		all := slices.Clone(l.Unlisted)
		for _, c := range l.Entries {
			all = append(all, c.CIDR)
		}
		for _, p := range all {
			if p.Addr().Is6() != v6 {
				continue
			}
			if embedded {
				p = embed(p)
			}
			d = append(d, a.s.Prefix(packetset.Destination, p))
		}
		a.sets[key] = a.s.Union(d...)
		return a.sets[key]
	}
	return a.symbol(key, symbol{v6: v6 || embedded, embedded: embedded, list: id, name: fmt.Sprintf("%s in %s", strings.ToUpper(service), region)})
}

// embed puts an IPv4 prefix into 64:ff9b::/96 (N109).
func embed(p netip.Prefix) netip.Prefix {
	b := rules.NAT64().Addr().As16()
	v4 := p.Addr().As4()
	copy(b[12:], v4[:])
	return netip.PrefixFrom(netip.AddrFrom16(b), 96+p.Bits())
}

// serviceList finds AWS's prefix list of a service (N32): by its name, or as
// the one by which some table routes to a gateway endpoint for it (N31).
func (a *question) serviceList(region, service string, v6 bool) snapshot.PrefixListID {
	return a.x.serviceLists()[listKey{region, service, v6}]
}

// nowhere is a destination without any address.
func (a resolver) nowhere() packetset.Set {
	return a.symbol(fmt.Sprint("nowhere", !a.from.v4), symbol{v6: !a.from.v4, name: "no address"})
}

func (a resolver) covers(e *snapshot.VPCEndpoint) rules.Coverage {
	if a.q.To.Service == "" {
		return rules.PrivateDNSCovers(e, a.name)
	}
	if rules.KindOfEndpoint(e) != rules.EndpointInterface || e.ServiceName != a.q.To.Service {
		return rules.NotCovered
	}
	switch {
	case e.PrivateDNS.Presence != snapshot.Collected:
		return rules.CoverageUnknown
	case e.PrivateDNS.Value:
		return rules.Covered
	}
	return rules.NotCovered
}

// endpointNameBranch is the answer to an endpoint's own name, which is public
// and leads to private addresses (N63, N71).
func (a resolver) endpointNameBranch(at Hop) branch {
	e, ok := a.x.VPCEndpoints.Find(a.name.Endpoint)
	if !ok {
		return branch{at: at, destinations: a.nowhere(), unknown: true, needs: []rules.Need{{Code: finding.UnknownCrossAccount, Component: string(a.name.Endpoint), At: at.At,
			Fact: "the endpoint " + string(a.name.Endpoint), Collect: "aws ec2 describe-vpc-endpoints"}}}
	}
	return a.endpointBranch(e, a.name.Zone, at)
}

func (a resolver) endpointBranch(e snapshot.Located[snapshot.VPCEndpoint], zone string, at Hop) branch {
	b := branch{at: at}
	d, need := a.endpointDestinations(e, zone, a.name.Dualstack || a.name.Form == rules.FormEndpoint)
	if need != nil {
		b.needs = append(b.needs, *need)
	}
	if d != packetset.None {
		b.destinations = d
		return b
	}
	b.destinations, b.nowhere = a.nowhere(), true
	if need == nil && zone != "" && !a.coversZone(e.Item, zone) {
		b.denies = append(b.denies, Finding{Code: finding.VPCEServiceNotInstalledInAZ, Gate: finding.GateEndpoint, Component: string(e.Item.ID), Name: nameOf(e.Item.Tags), At: e.Item.At,
			Message: fmt.Sprintf("%s has no interface in %s, so %s does not resolve.", e.Item.ID, zone, a.name.Host),
			Fix:     fmt.Sprintf("Add a subnet in %s to %s, or use its Regional name.", zone, e.Item.ID), Rule: "N63", URL: urlInterfaceEndpoint})
		return b
	}
	if need == nil {
		b.denies = append(b.denies, Finding{Code: finding.VPCEIPFamily, Gate: finding.GateEndpoint, Component: string(e.Item.ID), Name: nameOf(e.Item.Tags), At: e.Item.At,
			Message: fmt.Sprintf("%s resolves to %s, which has no address in a family that %s has (IpAddressType %s).", a.name.Host, e.Item.ID, a.from.words(), orElse(e.Item.IPAddressType, "ipv4")),
			Fix:     fmt.Sprintf("Set the IpAddressType of %s to dualstack or ipv4.", e.Item.ID), Rule: "N74", URL: urlInterfaceEndpoint})
	}
	return b
}

// endpointDestinations is the addresses of an interface endpoint's interfaces
// (N62, N63), each a target. Interfaces that the snapshot lacks may have any
// address of their subnet.
func (a resolver) endpointDestinations(e snapshot.Located[snapshot.VPCEndpoint], zone string, bothFamilies bool) (packetset.Set, *rules.Need) {
	v4, v6 := rules.EndpointFamilies(e.Item)
	v4, v6 = v4 && a.from.v4, v6 && a.from.v6 && (bothFamilies || !v4)
	before := len(a.targets)
	seen := map[snapshot.SubnetID]bool{}
	for _, id := range e.Item.Interfaces {
		if n, ok := a.x.NetworkInterfaces.Find(id); ok {
			seen[n.Item.Subnet] = true
			if a.inZone(n.Item.Subnet, zone) {
				a.addTarget(n, e, func(x netip.Addr) bool { return x.Is4() && v4 || x.Is6() && v6 })
			}
		}
	}
	var need *rules.Need
	for _, id := range e.Item.Subnets {
		n, ok := a.x.Subnets.Find(id)
		if seen[id] || ok && !a.inZone(id, zone) {
			continue
		}
		if !ok {
			need = &rules.Need{Code: finding.UnknownEndpointInterfaces, Component: string(e.Item.ID), At: e.Item.At, Fact: "the interfaces of " + string(e.Item.ID), Collect: "aws ec2 describe-network-interfaces"}
			continue
		}
		y := target{component: string(e.Item.ID), kind: "vpc-endpoint", name: nameOf(e.Item.Tags), at: e.Item.At, vpc: n.Item.VPC, subnet: id,
			endpoint: e, addressUnknown: true, cases: usable(a.s, packetset.Destination, n.Item, v4, v6)}
		a.endpointGroups(&y, e.Item)
		a.targets = append(a.targets, y)
	}
	d := packetset.None
	for i := before; i < len(a.targets); i++ {
		d = a.s.Or(d, a.targets[i].cases)
	}
	if d == packetset.None && need == nil && len(e.Item.Interfaces)+len(e.Item.Subnets) == 0 {
		need = &rules.Need{Code: finding.UnknownEndpointInterfaces, Component: string(e.Item.ID), At: e.Item.At, Fact: "the interfaces of " + string(e.Item.ID), Collect: "aws ec2 describe-vpc-endpoints and describe-network-interfaces"}
	}
	return d, need
}

// coversZone reports whether an endpoint has a subnet in a zone, or one of
// which nobody knows.
func (a resolver) coversZone(e *snapshot.VPCEndpoint, zone string) bool {
	return slices.ContainsFunc(e.Subnets, func(id snapshot.SubnetID) bool { return a.x.Subnets.Get(id).Item == nil || a.inZone(id, zone) })
}

func (a resolver) inZone(id snapshot.SubnetID, zone string) bool {
	n := a.x.Subnets.Get(id).Item
	return zone == "" || n != nil && n.AvailabilityZone == zone
}
