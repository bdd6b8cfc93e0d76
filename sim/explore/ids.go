package explore

import (
	"strings"

	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/snapshot"
)

// idLists list the ids that a parameter takes, by the parameter's name.
var idLists = map[string]func(r *snapshot.Region, add func(id, name string)){
	"VpcId": func(r *snapshot.Region, add func(id, name string)) {
		each(r.EC2.VPCs.Items, func(x *snapshot.VPC) { add(string(x.ID), named(x.Tags)) })
	},
	"SubnetId": func(r *snapshot.Region, add func(id, name string)) {
		each(r.EC2.Subnets.Items, func(x *snapshot.Subnet) { add(string(x.ID), named(x.Tags)) })
	},
	"RouteTableId": func(r *snapshot.Region, add func(id, name string)) {
		each(r.EC2.RouteTables.Items, func(x *snapshot.RouteTable) { add(string(x.ID), named(x.Tags)) })
	},
	"NetworkAclId": func(r *snapshot.Region, add func(id, name string)) {
		each(r.EC2.NetworkACLs.Items, func(x *snapshot.NetworkACL) { add(string(x.ID), named(x.Tags)) })
	},
	"GroupId": func(r *snapshot.Region, add func(id, name string)) {
		each(r.EC2.SecurityGroups.Items, func(x *snapshot.SecurityGroup) { add(string(x.ID), x.Name) })
	},
	"VpcEndpointId": func(r *snapshot.Region, add func(id, name string)) {
		each(r.EC2.VPCEndpoints.Items, func(x *snapshot.VPCEndpoint) { add(string(x.ID), named(x.Tags)) })
	},
	"NatGatewayId": func(r *snapshot.Region, add func(id, name string)) {
		each(r.EC2.NATGateways.Items, func(x *snapshot.NATGateway) { add(string(x.ID), named(x.Tags)) })
	},
	"GatewayId": func(r *snapshot.Region, add func(id, name string)) {
		each(r.EC2.InternetGateways.Items, func(x *snapshot.InternetGateway) { add(string(x.ID), named(x.Tags)) })
		each(r.EC2.VPNGateways.Items, func(x *snapshot.VPNGateway) { add(string(x.ID), named(x.Tags)) })
	},
	"EgressOnlyInternetGatewayId": func(r *snapshot.Region, add func(id, name string)) {
		each(r.EC2.EgressOnlyGateways.Items, func(x *snapshot.InternetGateway) { add(string(x.ID), named(x.Tags)) })
	},
	"TransitGatewayId": func(r *snapshot.Region, add func(id, name string)) {
		each(r.EC2.TransitGateways.Items, func(x *snapshot.TransitGateway) { add(string(x.ID), named(x.Tags)) })
	},
	"VpcPeeringConnectionId": func(r *snapshot.Region, add func(id, name string)) {
		each(r.EC2.Peerings.Items, func(x *snapshot.Peering) { add(string(x.ID), named(x.Tags)) })
	},
	"PrefixListId": func(r *snapshot.Region, add func(id, name string)) {
		each(r.EC2.PrefixLists.Items, func(x *snapshot.PrefixList) { add(string(x.ID), x.Name) })
	},
	"NetworkInterfaceId": func(r *snapshot.Region, add func(id, name string)) {
		each(r.EC2.NetworkInterfaces.Items, func(x *snapshot.NetworkInterface) { add(string(x.ID), named(x.Tags)) })
	},
	"InstanceId": func(r *snapshot.Region, add func(id, name string)) {
		each(r.EC2.Instances.Items, func(x *snapshot.Instance) { add(x.ID, named(x.Tags)) })
	},
}

// sameIDs are parameters that take the ids of another.
var sameIDs = map[string]string{"DestinationPrefixListId": "PrefixListId", "InternetGatewayId": "GatewayId"}

func each[T any](items []T, do func(*T)) {
	for i := range items {
		do(&items[i])
	}
}

func named(tags []snapshot.Tag) string {
	name, _ := snapshot.TagValue(tags, "Name")
	return name
}

func lastPart(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// listOf is the id of the list that offers a parameter's values; empty: none does.
func listOf(p *change.Parameter) string {
	name := lastPart(p.Name)
	if same, ok := sameIDs[name]; ok {
		name = same
	}
	switch {
	case p.Form != change.FormText:
		return ""
	case name == "Bucket", name == "RoleName", idLists[name] != nil:
		return "ids-" + name
	}
	return ""
}

// offers writes the lists that the fields of operations take their values from.
func (v changeForms) offers(s *snapshot.Snapshot, ops []change.Described) {
	done := map[string]bool{}
	for i := range ops {
		for _, p := range ops[i].Parameters {
			for _, x := range append([]change.Parameter{p}, p.Parts...) {
				list := listOf(&x)
				if list == "" || done[list] {
					continue
				}
				done[list] = true
				v.datalist(list, idsOf(s, list))
			}
		}
	}
}

func idsOf(s *snapshot.Snapshot, list string) []Name {
	var out []Name
	add := func(id, name string) {
		if len(out) < maxNames {
			out = append(out, Name{id, name})
		}
	}
	for _, a := range s.Accounts {
		switch list {
		case "ids-Bucket":
			each(a.S3.Buckets.Items, func(x *snapshot.Bucket) { add(x.Name, "") })
		case "ids-RoleName":
			each(a.IAM.Roles.Items, func(x *snapshot.Role) { add(x.Name, "") })
		}
		for _, r := range a.Regions {
			if ids := idLists[list[len("ids-"):]]; ids != nil {
				ids(r, add)
			}
		}
	}
	return out
}
