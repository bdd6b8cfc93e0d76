package network

import (
	"slices"
	"strings"
	"sync"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/snapshot"
)

// index is a snapshot's with what is attached to what. It is built once and
// not changed afterwards.
type index struct {
	snapshot.Index
	encryption map[snapshot.VPCID][]*snapshot.VPCEncryptionControl

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

	graph     *lazyTopology
	lost      *lostEndpoints
	byService *listIndex
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

// lostEndpoints is built when somebody first asks for an interface of an
// endpoint that the snapshot lacks.
type lostEndpoints struct {
	once sync.Once
	by   map[snapshot.VPCID]snapshot.NetworkInterfaceID
}

func accountID(r *snapshot.Region) string {
	return snapshot.Located[snapshot.VPC]{Region: r}.AccountID()
}

func newIndex(s *snapshot.Snapshot) *index {
	x := &index{Index: *snapshot.NewIndex(s), graph: &lazyTopology{}, lost: &lostEndpoints{}, byService: &listIndex{},
		subnetACL: map[snapshot.SubnetID][]snapshot.NetworkACLID{}, untoldACL: map[snapshot.VPCID]snapshot.NetworkACLID{}, untoldTable: map[snapshot.VPCID]snapshot.RouteTableID{},
		lostTable:   map[snapshot.VPCID]snapshot.RouteTableID{},
		subnetTable: map[snapshot.SubnetID][]tableOf{}, mainTable: map[snapshot.VPCID][]tableOf{}, edgeTable: map[string]snapshot.RouteTableID{},
		vpcEndpoints: map[snapshot.VPCID][]snapshot.VPCEndpointID{}, vpcSubnets: map[snapshot.VPCID][]snapshot.SubnetID{},
		vpcAttachment: map[tgwVPC]snapshot.TGWAttachmentID{}, encryption: map[snapshot.VPCID][]*snapshot.VPCEncryptionControl{},
	}
	x.associate()
	return x
}

// associate notes who belongs to whom, walking the snapshot in its own order
// so that the result does not depend on a map's.
func (x *index) associate() {
	for _, a := range x.Snapshot.Accounts {
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
			for _, t := range x.VPCEndpoints.Get(id).Item.RouteTables {
				if _, known := x.RouteTables.Find(t); !known && x.lostTable[vpc] == "" {
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
	for _, a := range x.Snapshot.Accounts {
		for _, r := range a.Regions {
			for i := range r.EC2.TGWAttachments.Items {
				o := &r.EC2.TGWAttachments.Items[i]
				own := x.TGWAttachments.Get(o.ID)
				if own.Item == o || own.Item.SubnetsKnown || !o.SubnetsKnown {
					continue
				}
				joined := *own.Item
				joined.Subnets, joined.SubnetsKnown = o.Subnets, true
				joined.ApplianceMode = orElse(joined.ApplianceMode, o.ApplianceMode)
				joined.IPv6Support = orElse(joined.IPv6Support, o.IPv6Support)
				joined.SecurityGroupReferencing = orElse(joined.SecurityGroupReferencing, o.SecurityGroupReferencing)
				x.TGWAttachments, _ = x.TGWAttachments.Replace(o.ID, &joined)
			}
		}
	}
}

func (x *index) associateRegion(e *snapshot.EC2) {
	for i := range e.EncryptionControls.Items {
		c := &e.EncryptionControls.Items[i]
		x.encryption[c.VPC] = append(x.encryption[c.VPC], c)
	}
	for i := range e.Subnets.Items {
		if s := &e.Subnets.Items[i]; x.Subnets.Get(s.ID).Item == s {
			x.vpcSubnets[s.VPC] = append(x.vpcSubnets[s.VPC], s.ID)
		}
	}
	for i := range e.NetworkACLs.Items {
		if a := &e.NetworkACLs.Items[i]; x.NetworkACLs.Get(a.ID).Item == a {
			x.associateACL(a)
		}
	}
	for i := range e.RouteTables.Items {
		if t := &e.RouteTables.Items[i]; x.RouteTables.Get(t.ID).Item == t {
			x.associateTable(t)
		}
	}
	for i := range e.VPCEndpoints.Items {
		if p := &e.VPCEndpoints.Items[i]; x.VPCEndpoints.Get(p.ID).Item == p {
			x.vpcEndpoints[p.VPC] = append(x.vpcEndpoints[p.VPC], p.ID)
		}
	}
	for i := range e.TGWAttachments.Items {
		t := &e.TGWAttachments.Items[i]
		k := tgwVPC{t.Gateway, snapshot.VPCID(t.ResourceID)}
		if x.TGWAttachments.Get(t.ID).Item != t || t.ResourceType != "" && t.ResourceType != "vpc" {
			continue
		}
		// A dead attachment stays in the listing for a while: prefer a live one.
		if old, ok := x.vpcAttachment[k]; !ok || rules.AttachmentState(x.TGWAttachments.Get(old).Item.State) == rules.StateBroken {
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

// lostEndpoint returns an interface in the VPC of an interface endpoint that the
// snapshot lacks. AWS names the endpoint in the interface's description.
func (x *index) lostEndpoint(vpc snapshot.VPCID) (snapshot.NetworkInterfaceID, bool) {
	n := x.lost
	n.once.Do(func() {
		n.by = map[snapshot.VPCID]snapshot.NetworkInterfaceID{}
		for _, a := range x.Snapshot.Accounts {
			for _, r := range a.Regions {
				for i := range r.EC2.NetworkInterfaces.Items {
					e := &r.EC2.NetworkInterfaces.Items[i]
					_, id, named := strings.Cut(e.Description, "VPC Endpoint Interface ")
					if _, known := x.VPCEndpoints.Find(snapshot.VPCEndpointID(id)); named && !known && n.by[e.VPC] == "" {
						n.by[e.VPC] = e.ID
					}
				}
			}
		}
	})
	id, ok := n.by[vpc]
	return id, ok
}

// interfacesOf lists the interfaces of an instance, that in its own subnet
// first: what it says itself, else what says to be attached to it.
func (x *index) interfacesOf(instance string) []snapshot.NetworkInterfaceID {
	if i := x.Instances.Get(instance).Item; i != nil && len(i.Interfaces) > 0 {
		ids := slices.Clone(i.Interfaces)
		slices.SortStableFunc(ids, func(y, z snapshot.NetworkInterfaceID) int {
			return x.awayFrom(i.Subnet, y) - x.awayFrom(i.Subnet, z)
		})
		return ids
	}
	var out []snapshot.NetworkInterfaceID
	for _, a := range x.Snapshot.Accounts {
		for _, r := range a.Regions {
			for i := range r.EC2.NetworkInterfaces.Items {
				if e := &r.EC2.NetworkInterfaces.Items[i]; instance != "" && e.InstanceID == instance && x.NetworkInterfaces.Get(e.ID).Item == e {
					out = append(out, e.ID)
				}
			}
		}
	}
	return out
}

// awayFrom is 0 for an interface in the subnet, and 1 for one elsewhere.
func (x *index) awayFrom(subnet snapshot.SubnetID, id snapshot.NetworkInterfaceID) int {
	if e := x.NetworkInterfaces.Get(id).Item; e != nil && e.Subnet == subnet {
		return 0
	}
	return 1
}

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
		for _, a := range x.Snapshot.Accounts {
			for _, r := range a.Regions {
				for i := range r.EC2.PrefixLists.Items {
					x.nameList(&r.EC2.PrefixLists.Items[i])
				}
			}
		}
		for _, a := range x.Snapshot.Accounts {
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
	if old, ok := x.byService.by[k]; !ok || !x.PrefixLists.Get(old).Item.EntriesKnown && x.PrefixLists.Get(l.ID).Item.EntriesKnown {
		x.byService.by[k] = l.ID
	}
}

func (x *index) listsByRoute(t *snapshot.RouteTable) {
	for i := range t.Routes {
		r := &t.Routes[i]
		e := x.VPCEndpoints.Get(snapshot.VPCEndpointID(r.Target)).Item
		if r.PrefixList == "" || r.TargetKind != snapshot.TargetVPCEndpoint || e == nil || rules.KindOfEndpoint(e) != rules.EndpointGateway {
			continue
		}
		l := x.PrefixLists.Get(r.PrefixList).Item
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
	for _, a := range x.Snapshot.Accounts {
		for _, r := range a.Regions {
			for i := range r.EC2.PrefixLists.Items {
				if l := x.PrefixLists.Get(r.EC2.PrefixLists.Items[i].ID).Item; l.EntriesKnown && rules.AWSManaged(l) && len(l.Entries) > 0 {
					out = append(out, l)
				}
			}
		}
	}
	return out
}
