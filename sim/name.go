package sim

import "github.com/canreach/canreach/snapshot"

// NameOf shows a subnet's, a security group's or a VPC's id with its Name tag
// (a group's name where it has none): "ml-private-1a (subnet-0a7c…)". Other
// ids are returned as they are.
func (w *World) NameOf(id string) string {
	name := ""
	if p := w.x.Subnets.All(snapshot.SubnetID(id)); len(p) > 0 {
		name = nameTag(p[0].Item.Tags)
	} else if p := w.x.SecurityGroups.All(snapshot.SecurityGroupID(id)); len(p) > 0 {
		if name = nameTag(p[0].Item.Tags); name == "" {
			name = p[0].Item.Name
		}
	} else if p := w.x.VPCs.All(snapshot.VPCID(id)); len(p) > 0 {
		name = nameTag(p[0].Item.Tags)
	}
	if name == "" {
		return id
	}
	return name + " (" + id + ")"
}
