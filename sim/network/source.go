package network

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/packetset"
	"github.com/canreach/canreach/snapshot"
)

// source is where the traffic of a question starts.
type source struct {
	job         bool                        // hypothetical: no public address, whatever the subnet says (N111), but for jobPublic
	jobPublic   PublicAddress               // N183
	iface       snapshot.NetworkInterfaceID // empty: none in particular
	component   string
	kind        string
	name        string
	at          snapshot.Source
	subnet      snapshot.Located[snapshot.Subnet]
	vpcID       snapshot.VPCID
	groups      []snapshot.SecurityGroupID
	groupsKnown bool
	unfiltered  bool // AWS manages it, and no group filters it (N159)
	groupsKey   string
	addresses   packetset.Set // by source address, of every family
	v4, v6      bool
	v6Open      bool                        // whether it has an IPv6 address is not told
	public      []snapshot.InterfaceAddress // those that a public address is mapped to
	v6addrs     []netip.Addr
}

func (f *source) words() string {
	if f.job {
		return "the job's interface in " + string(f.subnet.Item.ID)
	}
	return f.component
}

// reserved is how many addresses at the start of a subnet AWS keeps for
// itself; the last one is kept, too (SUBSZ).
const reserved = 4

// usable is the addresses of a subnet that an interface may get.
func usable(s *packetset.Space, e packetset.End, n *snapshot.Subnet, v4, v6 bool) packetset.Set {
	x := packetset.None
	if v4 && n.CIDR.IsValid() {
		x = usableIn(s, e, n.CIDR)
	}
	if v6 {
		for _, c := range n.IPv6CIDRs {
			x = s.Or(x, usableIn(s, e, c))
		}
	}
	return x
}

func usableIn(s *packetset.Space, e packetset.End, c netip.Prefix) packetset.Set {
	from, to := c.Masked().Addr(), packetset.Last(c).Prev()
	for range reserved {
		from = from.Next()
	}
	if !from.IsValid() || !to.IsValid() || to.Less(from) {
		return packetset.None
	}
	return s.Addresses(e, from, to)
}

// QueryError is a question that makes no sense.
type QueryError struct{ Problem string }

func (e *QueryError) Error() string { return e.Problem }

func nonsense(format string, args ...any) error {
	return &QueryError{Problem: fmt.Sprintf(format, args...)}
}

// begin finds the source of a question. An id that the snapshot lacks is an
// error: whoever asks checks first whether that is so because of a gap.
func (a *question) begin() error {
	f := &a.q.From
	switch {
	case f.Job != nil:
		return a.fromJob(f.Job)
	case f.Interface != "":
		return a.fromInterface(f.Interface)
	case f.Instance != "":
		ids := a.x.interfacesOf(f.Instance)
		if len(ids) == 0 {
			return nonsense("instance %s is not in the snapshot, or has no interface", f.Instance)
		}
		return a.fromInterface(ids[0])
	case f.Subnet != "":
		return a.fromSubnet(f.Subnet)
	case f.Address.IsValid():
		return a.fromAddress(f.Address)
	case f.Internet:
		return nil
	}
	return nonsense("traffic can't start there: name an interface, an instance, a subnet, an address or the internet")
}

func (a *question) fromJob(j *HypotheticalInterface) error {
	n, ok := a.x.Subnets.Find(j.Subnet)
	if !ok {
		return nonsense("subnet %s is not in the snapshot", j.Subnet)
	}
	a.from = source{job: true, jobPublic: j.Public, component: string(n.Item.ID), kind: "subnet", name: nameOf(n.Item.Tags), at: n.Item.At, subnet: n, vpcID: n.Item.VPC,
		groups: dedupe(j.Groups), groupsKnown: true, v4: !n.Item.IPv6Native && n.Item.CIDR.IsValid()}
	// New interfaces of a dual-stack subnet get IPv6 where the subnet says so.
	assigned := n.Item.AssignIPv6
	a.from.v6 = !a.from.v4 || len(n.Item.IPv6CIDRs) > 0 && (assigned.Value || a.reading == withIPv6)
	a.from.v6Open = !a.from.v6 && len(n.Item.IPv6CIDRs) > 0 && assigned.Presence != snapshot.Collected && a.reading == asTold
	a.from.addresses = usable(a.s, packetset.Source, n.Item, a.from.v4, a.from.v6)
	a.from.groupsKey = fmt.Sprint(a.from.groups)
	return nil
}

func dedupe(ids []snapshot.SecurityGroupID) []snapshot.SecurityGroupID {
	var out []snapshot.SecurityGroupID
	for _, id := range ids {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

func (a *question) fromInterface(id snapshot.NetworkInterfaceID) error {
	e, ok := a.x.NetworkInterfaces.Find(id)
	if !ok {
		return nonsense("network interface %s is not in the snapshot", id)
	}
	n, ok := a.x.Subnets.Find(e.Item.Subnet)
	if !ok {
		return nonsense("subnet %s of network interface %s is not in the snapshot", e.Item.Subnet, id)
	}
	a.from = source{iface: id, component: string(id), kind: "network-interface", name: nameOf(e.Item.Tags), at: e.Item.At, subnet: n, vpcID: n.Item.VPC,
		groups: dedupe(e.Item.Groups), groupsKnown: e.Item.GroupsKnown, unfiltered: rules.Unfiltered(e.Item), v4: len(e.Item.Addresses) > 0, v6: len(e.Item.IPv6) > 0, v6addrs: e.Item.IPv6}
	var addrs []netip.Addr
	for i, p := range e.Item.Addresses {
		if p.Public.IsValid() {
			a.from.public = append(a.from.public, p)
		}
		// New connections start from the primary address.
		if p.Primary || i == 0 && !slices.ContainsFunc(e.Item.Addresses, func(x snapshot.InterfaceAddress) bool { return x.Primary }) {
			addrs = append(addrs, p.Private)
		}
	}
	addrs = append(addrs, e.Item.IPv6...)
	a.from.addresses = addrSet(a.s, packetset.Source, addrs)
	a.from.groupsKey = fmt.Sprint(a.from.groups, a.from.groupsKnown)
	if a.from.addresses == packetset.None {
		return nonsense("network interface %s has no address in the snapshot", id)
	}
	return nil
}

func (a *question) fromSubnet(id snapshot.SubnetID) error {
	n, ok := a.x.Subnets.Find(id)
	if !ok {
		return nonsense("subnet %s is not in the snapshot", id)
	}
	a.from = source{component: string(id), kind: "subnet", name: nameOf(n.Item.Tags), at: n.Item.At, subnet: n, vpcID: n.Item.VPC, v4: n.Item.CIDR.IsValid(), v6: len(n.Item.IPv6CIDRs) > 0}
	a.from.groups, a.from.groupsKnown = a.defaultGroup(n)
	a.from.addresses = usable(a.s, packetset.Source, n.Item, true, true)
	a.from.groupsKey = fmt.Sprint(a.from.groups, a.from.groupsKnown)
	a.assumed = append(a.assumed, fmt.Sprintf("Traffic of %s is judged with the default security group of %s, and without public addresses.", id, n.Item.VPC))
	return nil
}

// defaultGroup is the group that an interface gets where nobody names one.
func (a *question) defaultGroup(n snapshot.Located[snapshot.Subnet]) ([]snapshot.SecurityGroupID, bool) {
	v := a.x.VPCs.Get(n.Item.VPC)
	if v.Region == nil {
		v.Region = n.Region
	}
	if v.Region == nil {
		return nil, false
	}
	for i := range v.Region.EC2.SecurityGroups.Items {
		if g := &v.Region.EC2.SecurityGroups.Items[i]; g.VPC == n.Item.VPC && g.Name == "default" {
			return []snapshot.SecurityGroupID{g.ID}, true
		}
	}
	return nil, false
}

// fromAddress starts at an interface that has the address, private or public,
// or else at any interface that would have it.
func (a *question) fromAddress(p netip.Prefix) error {
	p = p.Masked()
	if p.IsSingleIP() {
		if e, private, err := a.ownerOf(p); e.Item != nil || err != nil {
			if err == nil {
				err = a.fromInterface(e.Item.ID)
			}
			a.from.v4, a.from.v6 = private.Is4(), private.Is6()
			a.from.addresses = addrSet(a.s, packetset.Source, []netip.Addr{private})
			return err
		}
	}
	n, err := a.subnetAround(p)
	if err != nil {
		return err
	}
	if err := a.fromSubnet(n.Item.ID); err != nil {
		return err
	}
	a.from.v4, a.from.v6 = p.Addr().Is4(), p.Addr().Is6()
	a.from.addresses = a.s.And(a.from.addresses, a.s.Prefix(packetset.Source, p))
	if a.from.addresses == packetset.None {
		return nonsense("%s is an address that AWS reserves in %s", p, n.Item.ID)
	}
	a.from.component = strings.TrimSuffix(strings.TrimSuffix(p.String(), "/32"), "/128")
	return nil
}

// ownerOf is the interface that has a private or public address, and the
// private one that it sends from then. VPCs may have the same addresses.
func (a *question) ownerOf(p netip.Prefix) (owner snapshot.Located[snapshot.NetworkInterface], private netip.Addr, err error) {
	list := a.interfacesIn(p)
	private = p.Addr()
	if len(list) == 0 {
		list = a.publicOwners(p)
	}
	if len(list) == 0 {
		return owner, private, nil
	}
	for _, e := range list[1:] {
		if e.Item.VPC != list[0].Item.VPC {
			return owner, private, nonsense("%s is the address of %s in %s and of %s in %s: name the interface", private, list[0].Item.ID, list[0].Item.VPC, e.Item.ID, e.Item.VPC)
		}
	}
	for _, x := range list[0].Item.Addresses {
		if x.Public == private {
			private = x.Private
		}
	}
	return list[0], private, nil
}

// subnetAround is the subnet that holds all of p.
func (a *question) subnetAround(p netip.Prefix) (snapshot.Located[snapshot.Subnet], error) {
	var in snapshot.Located[snapshot.Subnet]
	for _, acc := range a.x.Snapshot.Accounts {
		for _, r := range acc.Regions {
			for i := range r.EC2.Subnets.Items {
				n := &r.EC2.Subnets.Items[i]
				if !within(n, p) || a.x.Subnets.Get(n.ID).Item != n {
					continue
				}
				if in.Item != nil {
					return in, nonsense("%s is in %s and in %s: name the subnet", p, in.Item.ID, n.ID)
				}
				in = snapshot.Located[snapshot.Subnet]{Item: n, Region: r}
			}
		}
	}
	if in.Item == nil {
		return in, nonsense("%s is in no subnet of the snapshot, or in more than one", p)
	}
	return in, nil
}

func within(n *snapshot.Subnet, p netip.Prefix) bool {
	for _, c := range append([]netip.Prefix{n.CIDR}, n.IPv6CIDRs...) {
		if c.IsValid() && c.Bits() <= p.Bits() && c.Masked().Contains(p.Addr()) {
			return true
		}
	}
	return false
}

// interfacesIn lists the interfaces with an address in p, in the order of the
// snapshot.
func (a *question) interfacesIn(p netip.Prefix) []snapshot.Located[snapshot.NetworkInterface] {
	var out []snapshot.Located[snapshot.NetworkInterface]
	for _, acc := range a.x.Snapshot.Accounts {
		for _, r := range acc.Regions {
			for i := range r.EC2.NetworkInterfaces.Items {
				e := &r.EC2.NetworkInterfaces.Items[i]
				if hasAddressIn(e, p) && a.x.NetworkInterfaces.Get(e.ID).Item == e {
					out = append(out, snapshot.Located[snapshot.NetworkInterface]{Item: e, Region: r})
				}
			}
		}
	}
	return out
}

func hasAddressIn(e *snapshot.NetworkInterface, p netip.Prefix) bool {
	return slices.ContainsFunc(e.Addresses, func(x snapshot.InterfaceAddress) bool { return p.Contains(x.Private) }) ||
		slices.ContainsFunc(e.IPv6, p.Contains)
}

// publicOwners lists the interfaces to which a public address in p is mapped.
func (a *question) publicOwners(p netip.Prefix) []snapshot.Located[snapshot.NetworkInterface] {
	var out []snapshot.Located[snapshot.NetworkInterface]
	for _, acc := range a.x.Snapshot.Accounts {
		for _, r := range acc.Regions {
			for i := range r.EC2.NetworkInterfaces.Items {
				e := &r.EC2.NetworkInterfaces.Items[i]
				if slices.ContainsFunc(e.Addresses, func(x snapshot.InterfaceAddress) bool { return p.Contains(x.Public) }) && a.x.NetworkInterfaces.Get(e.ID).Item == e {
					out = append(out, snapshot.Located[snapshot.NetworkInterface]{Item: e, Region: r})
				}
			}
		}
	}
	return out
}
