package repair

import (
	"slices"
	"strings"

	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/snapshot"
)

// touched is what a set of changes is about.
type touched struct {
	subnets map[snapshot.SubnetID]bool
	vpcs    map[snapshot.VPCID]bool
	groups  map[string]bool
	roles   map[string]bool // ARNs
	buckets map[string]bool // names, and ARNs of access points
}

func (t *touched) none() bool {
	return len(t.subnets)+len(t.vpcs)+len(t.groups)+len(t.roles)+len(t.buckets) == 0
}

func (t *touched) concerns(c *class) bool {
	return t.vpcs[c.vpc] || t.roles[c.role] || len(t.buckets) > 0 && c.role != "" || slices.ContainsFunc(c.subnets, func(id snapshot.SubnetID) bool { return t.subnets[id] }) ||
		slices.ContainsFunc(c.groups, func(id string) bool { return t.groups[id] })
}

// touched finds the subnets, VPCs and groups behind the ids that changes name.
func (n *neighbours) touched(changes []change.Change) *touched {
	t := &touched{map[snapshot.SubnetID]bool{}, map[snapshot.VPCID]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	t.policies(n.world.Snapshot(), changes)
	ids := map[string]bool{}
	wholeVPC := false
	for i := range changes {
		for _, text := range changes[i].Texts() {
			quotedIDs(text, ids)
		}
		wholeVPC = wholeVPC || changes[i].Operation == "ModifyVpcAttribute" || changes[i].Operation == "CreateVpcBlockPublicAccessExclusion"
	}
	for _, a := range n.world.Snapshot().Accounts {
		for _, r := range a.Regions {
			t.region(r, ids, wholeVPC)
		}
	}
	return t
}

// quotedIDs adds a text that a change holds; of a policy, the ids that it quotes.
func quotedIDs(text string, out map[string]bool) {
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		for _, part := range strings.Split(text, `"`) {
			if strings.HasPrefix(part, "vpce-") {
				out[part] = true
			}
		}
		return
	}
	out[text] = true
}

// region adds what the ids mean in a region.
func (t *touched) region(r *snapshot.Region, ids map[string]bool, wholeVPC bool) {
	tables := map[snapshot.RouteTableID]bool{}
	for i := range r.EC2.VPCEndpoints.Items {
		e := &r.EC2.VPCEndpoints.Items[i]
		if !ids[string(e.ID)] {
			continue
		}
		if !strings.EqualFold(e.Type, "Gateway") {
			t.vpcs[e.VPC] = true // its names answer in the whole VPC
		}
		for _, id := range e.RouteTables {
			tables[id] = true
		}
	}
	associated, mains := map[snapshot.SubnetID]bool{}, map[snapshot.VPCID]bool{}
	for i := range r.EC2.RouteTables.Items {
		rtb := &r.EC2.RouteTables.Items[i]
		hit := ids[string(rtb.ID)] || tables[rtb.ID]
		for _, a := range rtb.Associations {
			associated[a.Subnet] = true
			if hit && a.Subnet != "" {
				t.subnets[a.Subnet] = true
			}
			mains[rtb.VPC] = mains[rtb.VPC] || hit && a.Main
		}
	}
	for i := range r.EC2.NetworkACLs.Items {
		if acl := &r.EC2.NetworkACLs.Items[i]; ids[string(acl.ID)] {
			for _, id := range acl.Subnets {
				t.subnets[id] = true
			}
		}
	}
	for i := range r.EC2.Subnets.Items {
		if s := &r.EC2.Subnets.Items[i]; ids[string(s.ID)] || mains[s.VPC] && !associated[s.ID] || wholeVPC && ids[string(s.VPC)] {
			t.subnets[s.ID] = true
		}
	}
	for i := range r.EC2.SecurityGroups.Items {
		if g := &r.EC2.SecurityGroups.Items[i]; ids[string(g.ID)] {
			t.groups[string(g.ID)] = true
		}
	}
}
