package network

import (
	"slices"
	"strings"
	"sync"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/snapshot"
)

// located is a resource with the account and Region that it was captured in.
type located[T any] struct {
	of *T // nil: not in the snapshot
	in *snapshot.Region
}

// table is the resources of one kind by id.
type table[K comparable, T any] map[K]located[T]

// index finds resources by id and by what they are attached to. It is built
// once and not changed afterwards.
type index struct {
	snap        *snapshot.Snapshot
	vpcs        table[snapshot.VPCID, snapshot.VPC]
	attributes  table[snapshot.VPCID, snapshot.VPCAttribute]
	subnets     table[snapshot.SubnetID, snapshot.Subnet]
	routeTables table[snapshot.RouteTableID, snapshot.RouteTable]
	acls        table[snapshot.NetworkACLID, snapshot.NetworkACL]
	groups      table[snapshot.SecurityGroupID, snapshot.SecurityGroup]
	endpoints   table[snapshot.VPCEndpointID, snapshot.VPCEndpoint]
	lists       table[snapshot.PrefixListID, snapshot.PrefixList]
	dhcp        table[snapshot.DHCPOptionsID, snapshot.DHCPOptions]
	internet    table[snapshot.InternetGatewayID, snapshot.InternetGateway]
	egressOnly  table[snapshot.InternetGatewayID, snapshot.InternetGateway]
	nats        table[snapshot.NATGatewayID, snapshot.NATGateway]
	peerings    table[snapshot.PeeringID, snapshot.Peering]
	transits    table[snapshot.TransitGatewayID, snapshot.TransitGateway]
	attachments table[snapshot.TGWAttachmentID, snapshot.TGWAttachment]
	transitRTs  table[snapshot.TGWRouteTableID, snapshot.TGWRouteTable]
	vpns        table[string, snapshot.VPNGateway]
	encryption  map[snapshot.VPCID][]*snapshot.VPCEncryptionControl

	subnetACL     map[snapshot.SubnetID][]snapshot.NetworkACLID
	untoldACL     map[snapshot.VPCID]snapshot.NetworkACLID // one whose associations were not collected
	untoldTable   map[snapshot.VPCID]snapshot.RouteTableID // the same of route tables
	lostTable     map[snapshot.VPCID]snapshot.RouteTableID // one that a gateway endpoint names and no table is
	subnetTable   map[snapshot.SubnetID][]tableOf
	mainTable     map[snapshot.VPCID][]tableOf
	edgeTable     map[string]snapshot.RouteTableID // by igw or vgw id
	vpcEndpoints  map[snapshot.VPCID][]snapshot.VPCEndpointID
	vpcSubnets    map[snapshot.VPCID][]snapshot.SubnetID
	vpcAttachment map[tgwVPC]snapshot.TGWAttachmentID
	region        map[string]map[string]*snapshot.Region // account, region

	graph      *lazyTopology
	interfaces *interfaces
	byService  *listIndex
}

// listIndex is built when somebody first asks for a service's list.
type listIndex struct {
	once sync.Once
	by   map[listKey]snapshot.PrefixListID
}

type tgwVPC struct {
	gateway snapshot.TransitGatewayID
	vpc     snapshot.VPCID
}

// tableOf is an association of a route table.
type tableOf struct {
	table snapshot.RouteTableID
	state string
}

// interfaces is built when somebody first asks for an interface: questions
// about hypothetical ones need few or none.
type interfaces struct {
	once      sync.Once
	byID      table[snapshot.NetworkInterfaceID, snapshot.NetworkInterface]
	instances table[string, snapshot.Instance]

	endpointsOnce sync.Once
	endpoints     map[snapshot.VPCID]snapshot.NetworkInterfaceID // of one that the snapshot lacks
}

// fill adds a collection to a table. The first capture of an id wins, but an
// owner's own beats a participant's view of it.
func fill[K comparable, T any](t *table[K, T], r *snapshot.Region, c *snapshot.Collection[T], key func(*T) K, owner func(*T) string) {
	if len(c.Items) == 0 {
		return
	}
	if *t == nil {
		*t = make(table[K, T], len(c.Items))
	}
	for i := range c.Items {
		x := &c.Items[i]
		k := key(x)
		if old, ok := (*t)[k]; ok && (owner == nil || accountID(old.in) == owner(old.of) || accountID(r) != owner(x)) {
			continue
		}
		(*t)[k] = located[T]{x, r}
	}
}

func accountID(r *snapshot.Region) string {
	if r == nil || r.Account == nil {
		return ""
	}
	return r.Account.ID
}

func newIndex(s *snapshot.Snapshot) *index {
	x := &index{snap: s, graph: &lazyTopology{}, interfaces: &interfaces{}, byService: &listIndex{},
		subnetACL: map[snapshot.SubnetID][]snapshot.NetworkACLID{}, untoldACL: map[snapshot.VPCID]snapshot.NetworkACLID{}, untoldTable: map[snapshot.VPCID]snapshot.RouteTableID{},
		lostTable:   map[snapshot.VPCID]snapshot.RouteTableID{},
		subnetTable: map[snapshot.SubnetID][]tableOf{}, mainTable: map[snapshot.VPCID][]tableOf{}, edgeTable: map[string]snapshot.RouteTableID{},
		vpcEndpoints: map[snapshot.VPCID][]snapshot.VPCEndpointID{}, vpcSubnets: map[snapshot.VPCID][]snapshot.SubnetID{},
		vpcAttachment: map[tgwVPC]snapshot.TGWAttachmentID{}, region: map[string]map[string]*snapshot.Region{},
	}
	for _, a := range s.Accounts {
		for _, r := range a.Regions {
			x.addRegion(a, r)
		}
	}
	x.associate()
	return x
}

func (x *index) addRegion(a *snapshot.Account, r *snapshot.Region) {
	if x.region[a.ID] == nil {
		x.region[a.ID] = map[string]*snapshot.Region{}
	}
	x.region[a.ID][r.Name] = r
	e := &r.EC2
	fill(&x.vpcs, r, &e.VPCs, func(v *snapshot.VPC) snapshot.VPCID { return v.ID }, func(v *snapshot.VPC) string { return v.OwnerID })
	for i := range e.EncryptionControls.Items {
		if x.encryption == nil {
			x.encryption = map[snapshot.VPCID][]*snapshot.VPCEncryptionControl{}
		}
		c := &e.EncryptionControls.Items[i]
		x.encryption[c.VPC] = append(x.encryption[c.VPC], c)
	}
	fill(&x.attributes, r, &e.VPCAttributes, func(v *snapshot.VPCAttribute) snapshot.VPCID { return v.VPC }, nil)
	fill(&x.subnets, r, &e.Subnets, func(v *snapshot.Subnet) snapshot.SubnetID { return v.ID }, func(v *snapshot.Subnet) string { return v.OwnerID })
	fill(&x.routeTables, r, &e.RouteTables, func(v *snapshot.RouteTable) snapshot.RouteTableID { return v.ID }, func(v *snapshot.RouteTable) string { return v.OwnerID })
	fill(&x.acls, r, &e.NetworkACLs, func(v *snapshot.NetworkACL) snapshot.NetworkACLID { return v.ID }, func(v *snapshot.NetworkACL) string { return v.OwnerID })
	fill(&x.groups, r, &e.SecurityGroups, func(v *snapshot.SecurityGroup) snapshot.SecurityGroupID { return v.ID }, func(v *snapshot.SecurityGroup) string { return v.OwnerID })
	fill(&x.endpoints, r, &e.VPCEndpoints, func(v *snapshot.VPCEndpoint) snapshot.VPCEndpointID { return v.ID }, func(v *snapshot.VPCEndpoint) string { return v.OwnerID })
	fill(&x.lists, r, &e.PrefixLists, func(v *snapshot.PrefixList) snapshot.PrefixListID { return v.ID }, nil)
	fill(&x.dhcp, r, &e.DHCPOptions, func(v *snapshot.DHCPOptions) snapshot.DHCPOptionsID { return v.ID }, nil)
	fill(&x.internet, r, &e.InternetGateways, func(v *snapshot.InternetGateway) snapshot.InternetGatewayID { return v.ID }, nil)
	fill(&x.egressOnly, r, &e.EgressOnlyGateways, func(v *snapshot.InternetGateway) snapshot.InternetGatewayID { return v.ID }, nil)
	fill(&x.nats, r, &e.NATGateways, func(v *snapshot.NATGateway) snapshot.NATGatewayID { return v.ID }, nil)
	fill(&x.peerings, r, &e.Peerings, func(v *snapshot.Peering) snapshot.PeeringID { return v.ID }, nil)
	fill(&x.transits, r, &e.TransitGateways, func(v *snapshot.TransitGateway) snapshot.TransitGatewayID { return v.ID }, nil)
	fill(&x.attachments, r, &e.TGWAttachments, func(v *snapshot.TGWAttachment) snapshot.TGWAttachmentID { return v.ID }, func(v *snapshot.TGWAttachment) string { return v.GatewayOwner })
	fill(&x.transitRTs, r, &e.TGWRouteTables, func(v *snapshot.TGWRouteTable) snapshot.TGWRouteTableID { return v.ID }, nil)
	fill(&x.vpns, r, &e.VPNGateways, func(v *snapshot.VPNGateway) string { return v.ID }, nil)
}

// associate notes who belongs to whom, walking the snapshot in its own order
// so that the result does not depend on a map's.
func (x *index) associate() {
	for _, a := range x.snap.Accounts {
		for _, r := range a.Regions {
			x.associateRegion(&r.EC2)
		}
	}
	x.missTables()
	x.joinAttachments()
	x.propagate()
}

// missTables notes the VPCs of which a route table is missing: a gateway endpoint
// names it (N12).
func (x *index) missTables() {
	for vpc, ids := range x.vpcEndpoints {
		for _, id := range ids {
			for _, t := range x.endpoints[id].of.RouteTables {
				if _, known := x.routeTables[t]; !known && x.lostTable[vpc] == "" {
					x.lostTable[vpc] = t
				}
			}
		}
	}
}

// joinAttachments adds what another account's capture tells of a shared
// transit gateway's attachments: the gateway's owner sees the association,
// the VPC's owner the subnets.
func (x *index) joinAttachments() {
	for _, a := range x.snap.Accounts {
		for _, r := range a.Regions {
			for i := range r.EC2.TGWAttachments.Items {
				o := &r.EC2.TGWAttachments.Items[i]
				own := x.attachments[o.ID]
				if own.of == o || own.of.SubnetsKnown || !o.SubnetsKnown {
					continue
				}
				joined := *own.of
				joined.Subnets, joined.SubnetsKnown = o.Subnets, true
				joined.ApplianceMode = orElse(joined.ApplianceMode, o.ApplianceMode)
				joined.IPv6Support = orElse(joined.IPv6Support, o.IPv6Support)
				joined.SecurityGroupReferencing = orElse(joined.SecurityGroupReferencing, o.SecurityGroupReferencing)
				x.attachments[o.ID] = located[snapshot.TGWAttachment]{of: &joined, in: own.in}
			}
		}
	}
}

func (x *index) associateRegion(e *snapshot.EC2) {
	for i := range e.Subnets.Items {
		if s := &e.Subnets.Items[i]; x.subnets[s.ID].of == s {
			x.vpcSubnets[s.VPC] = append(x.vpcSubnets[s.VPC], s.ID)
		}
	}
	for i := range e.NetworkACLs.Items {
		if a := &e.NetworkACLs.Items[i]; x.acls[a.ID].of == a {
			x.associateACL(a)
		}
	}
	for i := range e.RouteTables.Items {
		if t := &e.RouteTables.Items[i]; x.routeTables[t.ID].of == t {
			x.associateTable(t)
		}
	}
	for i := range e.VPCEndpoints.Items {
		if p := &e.VPCEndpoints.Items[i]; x.endpoints[p.ID].of == p {
			x.vpcEndpoints[p.VPC] = append(x.vpcEndpoints[p.VPC], p.ID)
		}
	}
	for i := range e.TGWAttachments.Items {
		t := &e.TGWAttachments.Items[i]
		k := tgwVPC{t.Gateway, snapshot.VPCID(t.ResourceID)}
		if x.attachments[t.ID].of != t || t.ResourceType != "" && t.ResourceType != "vpc" {
			continue
		}
		// A dead attachment stays in the listing for a while: prefer a live one.
		if old, ok := x.vpcAttachment[k]; !ok || rules.AttachmentState(x.attachments[old].of.State) == rules.StateBroken {
			x.vpcAttachment[k] = t.ID
		}
	}
}

func (x *index) associateACL(a *snapshot.NetworkACL) {
	if !a.SubnetsKnown {
		x.untoldACL[a.VPC] = a.ID
	}
	for _, s := range a.Subnets {
		if !slices.Contains(x.subnetACL[s], a.ID) {
			x.subnetACL[s] = append(slices.Clip(x.subnetACL[s]), a.ID)
		}
	}
}

func (x *index) associateTable(t *snapshot.RouteTable) {
	if !t.AssociationsKnown {
		x.untoldTable[t.VPC] = t.ID
	}
	for _, a := range t.Associations {
		of := tableOf{t.ID, a.State}
		switch {
		case a.Gateway != "":
			x.edgeTable[a.Gateway] = t.ID // N17: steers nothing that leaves a subnet
		case a.Main:
			x.mainTable[t.VPC] = append(x.mainTable[t.VPC], of)
		case a.Subnet != "":
			x.subnetTable[a.Subnet] = append(x.subnetTable[a.Subnet], of)
		}
	}
}

// nics returns the interfaces, indexed at the first call.
func (x *index) nics() *interfaces {
	n := x.interfaces
	n.once.Do(func() {
		for _, a := range x.snap.Accounts {
			for _, r := range a.Regions {
				fill(&n.byID, r, &r.EC2.NetworkInterfaces, func(v *snapshot.NetworkInterface) snapshot.NetworkInterfaceID { return v.ID }, func(v *snapshot.NetworkInterface) string { return v.OwnerID })
				fill(&n.instances, r, &r.EC2.Instances, func(v *snapshot.Instance) string { return v.ID }, nil)
			}
		}
	})
	return n
}

// lostEndpoint returns an interface in the VPC of an interface endpoint that the
// snapshot lacks. AWS names the endpoint in the interface's description.
func (x *index) lostEndpoint(vpc snapshot.VPCID) (snapshot.NetworkInterfaceID, bool) {
	n := x.interfaces
	n.endpointsOnce.Do(func() {
		n.endpoints = map[snapshot.VPCID]snapshot.NetworkInterfaceID{}
		for _, a := range x.snap.Accounts {
			for _, r := range a.Regions {
				for i := range r.EC2.NetworkInterfaces.Items {
					e := &r.EC2.NetworkInterfaces.Items[i]
					_, id, named := strings.Cut(e.Description, "VPC Endpoint Interface ")
					if _, known := x.endpoints[snapshot.VPCEndpointID(id)]; named && !known && n.endpoints[e.VPC] == "" {
						n.endpoints[e.VPC] = e.ID
					}
				}
			}
		}
	})
	id, ok := n.endpoints[vpc]
	return id, ok
}

// interfacesOf lists the interfaces of an instance, that in its own subnet
// first: what it says itself, else what says to be attached to it.
func (x *index) interfacesOf(instance string) []snapshot.NetworkInterfaceID {
	if i := x.nics().instances[instance].of; i != nil && len(i.Interfaces) > 0 {
		ids := slices.Clone(i.Interfaces)
		slices.SortStableFunc(ids, func(y, z snapshot.NetworkInterfaceID) int {
			return x.awayFrom(i.Subnet, y) - x.awayFrom(i.Subnet, z)
		})
		return ids
	}
	var out []snapshot.NetworkInterfaceID
	for _, a := range x.snap.Accounts {
		for _, r := range a.Regions {
			for i := range r.EC2.NetworkInterfaces.Items {
				if e := &r.EC2.NetworkInterfaces.Items[i]; instance != "" && e.InstanceID == instance && x.nics().byID[e.ID].of == e {
					out = append(out, e.ID)
				}
			}
		}
	}
	return out
}

// awayFrom is 0 for an interface in the subnet, and 1 for one elsewhere.
func (x *index) awayFrom(subnet snapshot.SubnetID, id snapshot.NetworkInterfaceID) int {
	if e := x.nics().byID[id].of; e != nil && e.Subnet == subnet {
		return 0
	}
	return 1
}

// here returns the capture of an account and Region, or nil.
func (x *index) here(account, region string) *snapshot.Region { return x.region[account][region] }

// listKey names AWS's list of one service's addresses in one Region.
type listKey struct {
	region, service string
	v6              bool
}

// serviceLists finds AWS's own prefix lists by service. Lists with entries
// come first; a list that only routes to a gateway endpoint name is known by
// that endpoint's service (N31).
func (x *index) serviceLists() map[listKey]snapshot.PrefixListID {
	x.byService.once.Do(func() {
		x.byService.by = map[listKey]snapshot.PrefixListID{}
		for _, a := range x.snap.Accounts {
			for _, r := range a.Regions {
				for i := range r.EC2.PrefixLists.Items {
					x.nameList(&r.EC2.PrefixLists.Items[i])
				}
			}
		}
		for _, a := range x.snap.Accounts {
			for _, r := range a.Regions {
				for i := range r.EC2.RouteTables.Items {
					x.listsByRoute(&r.EC2.RouteTables.Items[i])
				}
			}
		}
	})
	return x.byService.by
}

func (x *index) nameList(l *snapshot.PrefixList) {
	name := strings.Replace(l.Name, ".ipv6.", ".", 1)
	region, service, ok := rules.SplitServiceName(name)
	if !ok || !rules.AWSManaged(l) {
		return
	}
	v6 := strings.EqualFold(l.Family, "IPv6") || name != l.Name
	if len(l.Entries) > 0 {
		v6 = l.Entries[0].CIDR.Addr().Is6()
	}
	service = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(service, "-ipv6"), "ipv6."), ".ipv6")
	k := listKey{region, service, v6}
	if old, ok := x.byService.by[k]; !ok || !x.lists[old].of.EntriesKnown && x.lists[l.ID].of.EntriesKnown {
		x.byService.by[k] = l.ID
	}
}

func (x *index) listsByRoute(t *snapshot.RouteTable) {
	for i := range t.Routes {
		r := &t.Routes[i]
		e := x.endpoints[snapshot.VPCEndpointID(r.Target)].of
		if r.PrefixList == "" || r.TargetKind != snapshot.TargetVPCEndpoint || e == nil || rules.KindOfEndpoint(e) != rules.EndpointGateway {
			continue
		}
		l := x.lists[r.PrefixList].of
		if l != nil && l.Name != "" {
			continue
		}
		k := listKey{rules.ServiceRegion(e), rules.ServiceOf(e), l != nil && strings.EqualFold(l.Family, "IPv6")}
		if _, ok := x.byService.by[k]; !ok {
			x.byService.by[k] = r.PrefixList
		}
	}
}

// awsLists is AWS's own lists whose entries the snapshot has.
func (x *index) awsLists() []*snapshot.PrefixList {
	var out []*snapshot.PrefixList
	for _, a := range x.snap.Accounts {
		for _, r := range a.Regions {
			for i := range r.EC2.PrefixLists.Items {
				if l := x.lists[r.EC2.PrefixLists.Items[i].ID].of; l.EntriesKnown && rules.AWSManaged(l) && len(l.Entries) > 0 {
					out = append(out, l)
				}
			}
		}
	}
	return out
}
