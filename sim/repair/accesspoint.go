package repair

import (
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/snapshot"
)

// accessPoints are those that the question goes through.
func (g policyRepairs) accessPoints() []*snapshot.AccessPoint {
	var named []string
	add := func(arn string) {
		if strings.Contains(arn, ":accesspoint/") {
			arn, _, _ = strings.Cut(arn, "/object/")
			named = append(named, arn)
		}
	}
	add(g.q.Check.Bucket)
	if g.q.Check.Bucket == "" {
		for _, l := range append(slices.Clone(g.q.Check.Job.Inputs), g.q.Check.Job.Outputs...) {
			add(l.Bucket)
		}
	}
	var out []*snapshot.AccessPoint
	for _, a := range g.snap.Accounts {
		for i := range a.S3.AccessPoints.Items {
			if ap := &a.S3.AccessPoints.Items[i]; slices.Contains(named, ap.ARN) {
				out = append(out, ap)
			}
		}
	}
	return out
}

// through are the requests as the policies at a gate see them: the identity's
// and the access point's see the access point's ARN, an endpoint's sees the
// bucket's as well (P59, P123).
func (g policyRepairs) through(requests []request, gate sim.Gate) []request {
	points := g.accessPoints()
	if len(points) == 0 || gate == sim.GateBucketPolicy || gate == sim.GateKMS {
		return requests
	}
	var out []request
	for _, r := range requests {
		_, rest, _ := strings.Cut(r.resource, ":s3:::")
		bucket, key, object := strings.Cut(rest, "/")
		seen := false
		for _, ap := range points {
			if ap.Bucket != bucket {
				continue
			}
			seen = true
			arn := ap.ARN
			if object {
				arn += "/object/" + key
			}
			out = append(out, request{r.action, arn})
		}
		if !seen || gate == sim.GateEndpointPolicy {
			out = append(out, r)
		}
	}
	return out
}

// accessPoint lets the policies of the access points allow the requests, or
// spare them.
func (g policyRepairs) accessPoint(f *sim.Finding) []candidate {
	if strings.HasSuffix(f.Code.String(), "_EXPLICIT_DENY") {
		return g.exempt(f)
	}
	var out []candidate
	requests := g.requests(sim.GateBucket)
	for _, ap := range g.accessPoints() {
		if ap.ARN != f.Component {
			continue
		}
		statements := g.grants(requests, located.Pairs("AWS", g.source.role), located.Value{})
		text, err := addStatements(&ap.Policy, statements...)
		if err != nil || len(statements) == 0 {
			continue
		}
		h := g.accessPointHolder(ap)
		out = append(out, candidate{changes: h.set(text), cost: h.cost, actor: h.actor, target: h.name,
			why: "Let the policy of the access point " + ap.Name + " allow the role what the job asks for."})
	}
	return out
}

func (g policyRepairs) accessPointHolder(ap *snapshot.AccessPoint) holder {
	account := accountOf(ap.ARN)
	return holder{&ap.Policy, "the policy of the access point " + ap.Name, costShared, g.actor(account, "the access point's owner"), "", func(text string) []change.Change {
		return []change.Change{change.New("PutAccessPointPolicy", "AccountId", account, "Name", ap.Name, "Policy", text)}
	}}
}

func (g policyRepairs) accessPointHolders() []holder {
	var out []holder
	for _, ap := range g.accessPoints() {
		out = append(out, g.accessPointHolder(ap))
	}
	return out
}
