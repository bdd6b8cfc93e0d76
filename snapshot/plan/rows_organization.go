package plan

import (
	"slices"

	"github.com/canreach/canreach/internal/jsontree"
)

// organizationRows tell where accounts are in the organization: which control
// policies they inherit.
var organizationRows = []row{
	part("aws_organizations_organization", func(v *overlay, r *resource) {
		if types, whole := r.texts("enabled_policy_types"); whole && !r.data && len(types) > 0 {
			list := []object{}
			for _, t := range types {
				list = append(list, object{"Type": t, "Status": "ENABLED"})
			}
			organization := v.organization()
			organization.Set("Roots", node([]object{{"PolicyTypes": list}}))
		}
	}, nil),
	part("aws_organizations_organizational_unit", func(v *overlay, r *resource) {
		v.parents[v.idOf(r)] = v.id(r, "parent_id")
	}, nil),
	part("aws_organizations_account", func(v *overlay, r *resource) {
		if parent := v.id(r, "parent_id"); parent != "" && !r.unchanged() {
			id := v.idOf(r)
			v.late = append(v.late, func() { v.moveAccount(r, id, parent) })
		}
	}, nil),
}

func (v *overlay) organization() *jsontree.Node {
	if v.root.Get("organizations") == nil {
		v.root.Set("organizations", jsontree.NewObject())
	}
	return v.root.Get("organizations")
}

// moveAccount gives an account of the snapshot the path of its new parent.
func (v *overlay) moveAccount(r *resource, id, parent string) {
	for _, a := range v.root.Get("accounts").Elements() {
		if a.Get("accountId").Text() != id {
			continue
		}
		path := v.pathTo(parent)
		if path == nil {
			v.note("%s: where %s is in the organization is not known", r.address, parent)
			a.Delete("organizationPath")
			return
		}
		a.Set("organizationPath", node(path))
	}
}

// pathTo is the path of a root or unit: that of the plan's units, up to one
// that some account of the snapshot is below.
func (v *overlay) pathTo(id string) []string {
	var below []string
	for range maxDepth {
		below = append([]string{id}, below...)
		for _, a := range v.root.Get("accounts").Elements() {
			var path []string
			for _, p := range a.Get("organizationPath").Elements() {
				path = append(path, p.Text())
			}
			if i := slices.Index(path, id); i >= 0 {
				return append(path[:i], below...)
			}
		}
		if id = v.parents[id]; id == "" {
			return nil
		}
	}
	return nil
}
