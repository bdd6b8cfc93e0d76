package concrete

import (
	"encoding/json"
	"strings"

	"github.com/canreach/canreach/snapshot"
)

// fromProfiles are the IDs of one kind of resource that the Route 53 Profiles
// of a VPC hold, and told whether their contents are known (N171).
func (e *Evaluator) fromProfiles(vpc snapshot.VPCID, kind string) (held map[string]snapshot.ProfileResource, told bool) {
	told, held = true, map[string]snapshot.ProfileResource{}
	home := e.regionOf(vpc)
	for _, a := range e.snap.Accounts {
		for _, r := range a.Regions {
			for _, p := range r.Resolver.Profiles.Items {
				if r.Name != home.Name || p.VPC != vpc || is(p.Status, "DELETING", "DELETED", "FAILED") {
					continue
				}
				told = told && e.holds(home, p.Profile, "/"+kind+"/", held)
			}
		}
	}
	return held, told
}

func (e *Evaluator) holds(home *snapshot.Region, profile, kind string, held map[string]snapshot.ProfileResource) bool {
	told := home.Resolver.ProfileResources.Presence == snapshot.Collected
	for _, a := range e.snap.Accounts {
		for _, r := range a.Regions {
			for _, x := range r.Resolver.ProfileResources.Items {
				if r.Name != home.Name || x.Profile != profile {
					continue
				}
				told = true
				if _, id, ok := strings.Cut("/"+x.Resource[strings.LastIndex(x.Resource, ":")+1:], kind); ok && !is(x.Status, "DELETING", "DELETED", "FAILED") {
					held[id] = x
				}
			}
		}
	}
	return told
}

func priorityOf(x snapshot.ProfileResource) int {
	var v struct{ Priority int }
	_ = json.Unmarshal([]byte(x.Properties), &v)
	return v.Priority
}
