package plan

import "github.com/canreach/canreach/internal/jsontree"

// candidates are the items that a part may belong to whose owner is known
// after apply only: those of the resources that the plan makes. What exists is
// known by its id.
func (v *overlay) candidates(typ, collection, idKey string) (out []*jsontree.Node) {
	for _, r := range v.all {
		if r.typ == typ && r.created() {
			if n := v.within("ec2", collection, idKey, v.idOf(r)); n != nil {
				out = append(out, n)
			}
		}
	}
	return out
}

// mayAdd adds an item to a list of every candidate, unknown by the attribute
// that would tell which of them has it.
func (v *overlay) mayAdd(candidates []*jsontree.Node, list string, o object, place string) {
	o["KnownAfterApply"] = place
	addTo(candidates, list, o)
}

func addTo(candidates []*jsontree.Node, list string, o object) {
	for _, n := range candidates {
		if l := n.Get(list); l != nil {
			l.Append(node(o))
		}
	}
}

// mayRoute adds a route to every candidate: its destination is a prefix list of
// which nobody knows the entries.
func (v *overlay) mayRoute(candidates []*jsontree.Node, o object, place string) {
	for _, key := range routeKeys {
		delete(o, key)
	}
	o["DestinationPrefixListId"] = place
	addTo(candidates, "Routes", o)
}

// mayLead gives every table of an endpoint's VPC a route to it that may be there.
func (v *overlay) mayLead(n *jsontree.Node, place string) {
	if n.Get("VpcEndpointType").Text() != "Gateway" {
		return
	}
	vpc := n.Get("VpcId").Text()
	v.networkParts().each("RouteTables", func(t *jsontree.Node) {
		if vpc == "" || t.Get("VpcId").Text() == vpc {
			v.mayRoute([]*jsontree.Node{t}, v.endpointRoute(n), place)
		}
	})
}

// rolePolicyGap says of the new roles that their policies are not all known.
func (v *overlay) rolePolicyGap(r *resource, operation string) {
	v.note("%s: its role is not in the snapshot", r.address)
	if v.id(r, "role") != "" {
		return
	}
	for _, c := range v.all {
		if c.typ == "aws_iam_role" && c.created() {
			v.gap(r, "iam", operation, v.arnOf(c), "role")
		}
	}
}
