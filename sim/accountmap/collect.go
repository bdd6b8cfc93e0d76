package accountmap

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/access"
	"github.com/canreach/canreach/snapshot"
)

// builder collects a Map.
type builder struct {
	w     *sim.World
	q     Query
	m     Map
	tiles map[snapshot.SubnetID]*tile
	order []snapshot.SubnetID
	// gateway holds the ids of gateway endpoints.
	gateway map[string]bool
	linkAt  map[string]int // in Map.Links
}

// tile is a subnet with its answers, before it is in a group.
type tile struct {
	Subnet
	vpc     int // in Map.VPCs
	account string
	region  string
	vpcID   snapshot.VPCID
	classes []class
	answers []Answer
}

// class is one class of the tile's interfaces.
type class struct {
	access.Class
	source int // in the access table
}

// collect lists the VPCs, their components and subnets.
func (b *builder) collect() error {
	index := map[snapshot.VPCID]int{}
	snap := b.w.Snapshot()
	for _, a := range snap.Accounts {
		for _, r := range a.Regions {
			for i := range r.EC2.VPCs.Items {
				v := &r.EC2.VPCs.Items[i]
				if _, known := index[v.ID]; known || b.q.VPC != "" && v.ID != b.q.VPC {
					continue
				}
				index[v.ID] = 0
				b.m.VPCs = append(b.m.VPCs, VPC{ID: string(v.ID), Name: name(v.Tags), Account: a.ID, Region: r.Name,
					Ranges: texts(v.CIDRs, v.IPv6CIDRs), Tags: v.Tags})
			}
		}
	}
	// A subnet tells its VPC, if the VPC itself was not collected.
	for _, a := range snap.Accounts {
		for _, r := range a.Regions {
			for i := range r.EC2.Subnets.Items {
				id := r.EC2.Subnets.Items[i].VPC
				if _, known := index[id]; !known && (b.q.VPC == "" || id == b.q.VPC) {
					index[id] = 0
					b.m.VPCs = append(b.m.VPCs, VPC{ID: string(id), Account: a.ID, Region: r.Name})
				}
			}
		}
	}
	if b.q.VPC != "" && len(b.m.VPCs) == 0 {
		return fmt.Errorf("VPC %s is not in the snapshot", b.q.VPC)
	}
	slices.SortStableFunc(b.m.VPCs, func(x, y VPC) int {
		return cmp.Or(cmp.Compare(x.Account, y.Account), cmp.Compare(x.Region, y.Region), cmp.Compare(x.ID, y.ID))
	})
	for i := range b.m.VPCs {
		index[snapshot.VPCID(b.m.VPCs[i].ID)] = i
	}
	for _, a := range snap.Accounts {
		for _, r := range a.Regions {
			b.subnets(a, r, index)
			b.components(r, index)
		}
	}
	for i := range b.m.VPCs {
		sortComponents(b.m.VPCs[i].Components)
	}
	sortComponents(b.m.Between)
	b.m.Subnets = len(b.order)
	return nil
}

func (b *builder) subnets(a *snapshot.Account, r *snapshot.Region, index map[snapshot.VPCID]int) {
	for i := range r.EC2.Subnets.Items {
		n := &r.EC2.Subnets.Items[i]
		at, wanted := index[n.VPC]
		if _, known := b.tiles[n.ID]; known || !wanted {
			continue
		}
		t := &tile{vpc: at, account: a.ID, region: r.Name, vpcID: n.VPC, Subnet: Subnet{ID: string(n.ID), Name: name(n.Tags),
			Zone: cmp.Or(n.AvailabilityZone, n.AZID), Ranges: texts([]netip.Prefix{n.CIDR}, n.IPv6CIDRs), Free: n.FreeAddresses, FreeKnown: n.FreeKnown, Tags: n.Tags}}
		b.tiles[n.ID] = t
		b.order = append(b.order, n.ID)
	}
}

func texts(lists ...[]netip.Prefix) []string {
	var out []string
	for _, l := range lists {
		for _, p := range l {
			if p.IsValid() {
				out = append(out, p.String())
			}
		}
	}
	return out
}

// components lists what traffic of a Region can pass.
func (b *builder) components(r *snapshot.Region, index map[snapshot.VPCID]int) {
	in := func(vpc snapshot.VPCID, c Component, tags []snapshot.Tag) {
		if at, wanted := index[vpc]; wanted {
			c.Name = name(tags)
			b.m.VPCs[at].Components = once(b.m.VPCs[at].Components, c)
		}
	}
	e := &r.EC2
	for i := range e.RouteTables.Items {
		t := &e.RouteTables.Items[i]
		in(t.VPC, Component{ID: string(t.ID), Kind: "route table"}, t.Tags)
	}
	for i := range e.NATGateways.Items {
		g := &e.NATGateways.Items[i]
		in(g.VPC, Component{ID: string(g.ID), Kind: "NAT gateway", Note: unusual(g.State)}, g.Tags)
	}
	for kind, list := range map[string][]snapshot.InternetGateway{"internet gateway": e.InternetGateways.Items, "egress-only internet gateway": e.EgressOnlyGateways.Items} {
		for i := range list {
			for _, a := range list[i].Attachments {
				in(a.VPC, Component{ID: string(list[i].ID), Kind: kind}, list[i].Tags)
			}
		}
	}
	for i := range e.VPNGateways.Items {
		g := &e.VPNGateways.Items[i]
		for _, a := range g.Attachments {
			in(a.VPC, Component{ID: g.ID, Kind: "VPN gateway", Note: unusual(g.State)}, g.Tags)
		}
	}
	for i := range e.VPCEndpoints.Items {
		p := &e.VPCEndpoints.Items[i]
		b.gateway[string(p.ID)] = strings.EqualFold(p.Type, "Gateway")
		in(p.VPC, Component{ID: string(p.ID), Kind: strings.ToLower(p.Type) + " endpoint", Note: strings.TrimSpace(p.ServiceName + " " + unusual(p.State))}, p.Tags)
	}
	b.between(r, index)
}

// between lists what joins VPCs.
func (b *builder) between(r *snapshot.Region, index map[snapshot.VPCID]int) {
	for i := range r.EC2.Peerings.Items {
		p := &r.EC2.Peerings.Items[i]
		_, one := index[p.Requester.VPC]
		if _, other := index[p.Accepter.VPC]; one || other {
			b.m.Between = once(b.m.Between, Component{ID: string(p.ID), Kind: "peering", Name: name(p.Tags), Note: string(p.Requester.VPC) + " – " + string(p.Accepter.VPC)})
		}
	}
	for i := range r.EC2.TransitGateways.Items {
		t := &r.EC2.TransitGateways.Items[i]
		b.m.Between = once(b.m.Between, Component{ID: string(t.ID), Kind: "transit gateway", Name: name(t.Tags), Note: attached(t.ID, r)})
	}
}

// attached names the VPCs of a transit gateway.
func attached(id snapshot.TransitGatewayID, r *snapshot.Region) string {
	var out []string
	for i := range r.EC2.TGWAttachments.Items {
		if a := &r.EC2.TGWAttachments.Items[i]; a.Gateway == id && !slices.Contains(out, a.ResourceID) {
			out = append(out, a.ResourceID)
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// once adds a component, if it is not there.
func once(list []Component, c Component) []Component {
	if slices.ContainsFunc(list, func(o Component) bool { return o.ID == c.ID }) {
		return list
	}
	return append(list, c)
}

func name(tags []snapshot.Tag) string {
	n, _ := snapshot.TagValue(tags, "Name")
	return n
}

// unusual is a state that is worth telling.
func unusual(state string) string {
	if strings.EqualFold(state, "available") {
		return ""
	}
	return state
}

var componentOrder = []string{"route table", "NAT gateway", "internet gateway", "egress-only internet gateway", "VPN gateway", "gateway endpoint", "interface endpoint"}

func sortComponents(list []Component) {
	rank := func(c *Component) int {
		if i := slices.Index(componentOrder, c.Kind); i >= 0 {
			return i
		}
		return len(componentOrder)
	}
	slices.SortFunc(list, func(x, y Component) int {
		return cmp.Or(cmp.Compare(rank(&x), rank(&y)), cmp.Compare(x.ID, y.ID))
	})
}

// assumed is a job for each VPC with subnets that no interface is in yet: an
// interface with the VPC's default group, as AWS gives where none is named.
//
// AWS: https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
func (b *builder) assumed(q access.Query) []snapshot.Job {
	occupied := access.Subnets(b.w, q)
	groups := map[snapshot.VPCID]snapshot.SecurityGroupID{}
	for _, a := range b.w.Snapshot().Accounts {
		for _, r := range a.Regions {
			for i := range r.EC2.SecurityGroups.Items {
				if g := &r.EC2.SecurityGroups.Items[i]; g.Name == "default" {
					groups[g.VPC] = g.ID
				}
			}
		}
	}
	empty := map[snapshot.VPCID][]snapshot.SubnetID{}
	var order []snapshot.VPCID
	for _, id := range b.order {
		t := b.tiles[id]
		t.Assumed = !occupied[id]
		if _, known := groups[t.vpcID]; !t.Assumed || !known {
			continue
		}
		if len(empty[t.vpcID]) == 0 {
			order = append(order, t.vpcID)
		}
		empty[t.vpcID] = append(empty[t.vpcID], id)
	}
	var jobs []snapshot.Job
	for _, v := range order {
		jobs = append(jobs, snapshot.Job{Kind: "default", Name: "group", Subnets: empty[v], SecurityGroups: []snapshot.SecurityGroupID{groups[v]}})
	}
	return jobs
}
