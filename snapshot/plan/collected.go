package plan

import (
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
)

// regional are the services whose collections tell of a Region's VPCs.
var regional = map[string]string{"ec2": "Describe", "route53": "List", "route53resolver": "List", "route53profiles": "List"}

// collections are the collections that the base holds, and its VPCs.
func (v *overlay) collections() map[string]bool {
	out := map[string]bool{}
	v.eachCollection(func(account, region *jsontree.Node, service, key string) {
		out[placeOf(account, region, service, key)] = true
		if key == "Vpcs" {
			for _, n := range region.Get(service).Get(key).Elements() {
				out[n.Get("VpcId").Text()] = true
			}
		}
	})
	for _, key := range controlPolicies {
		out[key] = v.root.Get("organizations").Get(key) != nil
	}
	return out
}

func placeOf(account, region *jsontree.Node, service, key string) string {
	return strings.Join([]string{account.Get("accountId").Text(), region.Get("region").Text(), service, key}, "/")
}

func (v *overlay) eachCollection(visit func(account, region *jsontree.Node, service, key string)) {
	for _, a := range v.root.Get("accounts").Elements() {
		for _, g := range a.Get("regions").Elements() {
			for _, service := range sortedKeys(regional) {
				s := g.Get(service)
				for i := range s.Len() {
					visit(a, g, service, s.Key(i))
				}
			}
		}
	}
}

// uncollected names the collections that the base lacks and the plan begins:
// of VPCs that the plan does not make they say nothing, and an organization has
// other policies.
func (v *overlay) uncollected(had map[string]bool) {
	v.eachCollection(func(a, g *jsontree.Node, service, key string) {
		if had[placeOf(a, g, service, key)] || key == "VpcBlockPublicAccessOptions" || !v.holdsOthers(g, had) {
			return
		}
		v.addGap(object{"account": a.Get("accountId").Text(), "region": g.Get("region").Text(), "service": service, "operation": regional[service] + key, "code": "NotCollected",
			"message": "the snapshot was taken without " + key + "; the plan tells of its own alone"})
	})
	for i, key := range controlPolicies {
		kind := []string{"SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"}[i]
		if l := v.root.Get("organizations").Get(key); l != nil && !had[key] {
			v.addGap(object{"service": "organizations", "operation": "ListPolicies", "resource": kind, "code": "NotCollected",
				"message": "the snapshot was taken without " + key + "; the plan tells of its own alone"})
		}
	}
}

// holdsOthers tells whether a Region has VPCs that were there before the plan,
// or that it knows from a data source alone.
func (v *overlay) holdsOthers(region *jsontree.Node, had map[string]bool) bool {
	for _, n := range region.Get("ec2").Get("Vpcs").Elements() {
		if id := n.Get("VpcId").Text(); had[id] || v.partial[id] {
			return true
		}
	}
	return false
}

func (v *overlay) addGap(g object) { list(v.root, "capture", "gaps").Append(node(g)) }
