package repair

import (
	"maps"
	"slices"
	"strings"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/snapshot"
)

// otherRoles are the roles that no interface is known to have: each is asked
// from outside of every VPC, so that only policies make a difference.
func (n *neighbours) otherRoles(self *source) {
	taken := map[string]bool{self.role: true}
	for _, c := range n.classes {
		taken[c.role] = true
	}
	for _, a := range n.world.Snapshot().Accounts {
		for i := range a.IAM.Roles.Items {
			role := &a.IAM.Roles.Items[i]
			if taken[role.ARN] || len(a.Regions) == 0 {
				continue
			}
			n.classes = append(n.classes, &class{who: "role " + role.Name, role: role.ARN, list: func() []neighbourQuery {
				return n.buckets(sim.Question{Source: sim.FromInternet, Job: snapshot.Job{RoleARN: role.ARN}}, a.Regions[0], role)
			}})
		}
	}
}

// policies adds the roles under the policies that changes touch, and the
// buckets whose policy, access point or key they touch.
func (t *touched) policies(s *snapshot.Snapshot, changes []change.Change) {
	for i := range changes {
		c := &changes[i]
		text := c.Text
		switch c.Operation {
		case "PutRolePolicy":
			eachRole(s, func(r *snapshot.Role) {
				if r.Name == text("RoleName") && (c.Account == "" || accountOf(r.ARN) == c.Account) {
					t.roles[r.ARN] = true
				}
			})
		case "CreatePolicyVersion":
			arn := text("PolicyArn")
			eachRole(s, func(r *snapshot.Role) {
				if r.BoundaryARN == arn || slices.ContainsFunc(r.Attached, func(p snapshot.AttachedPolicy) bool { return p.ARN == arn }) {
					t.roles[r.ARN] = true
				}
			})
		case "UpdatePolicy":
			eachRole(s, func(r *snapshot.Role) { t.roles[r.ARN] = true })
		case "PutBucketPolicy":
			t.buckets[text("Bucket")] = true
		case "PutAccessPointPolicy":
			for _, a := range s.Accounts {
				for _, p := range a.S3.AccessPoints.Items {
					if p.Name == text("Name") && a.ID == text("AccountId") {
						t.buckets[p.ARN] = true
					}
				}
			}
		case "PutKeyPolicy", "EnableKey":
			for _, a := range s.Accounts {
				for j := range a.S3.Buckets.Items {
					if b := &a.S3.Buckets.Items[j]; strings.HasSuffix(b.Encryption.KeyID, text("KeyId")) {
						t.buckets[b.Name] = true
					}
				}
			}
		}
	}
}

func eachRole(s *snapshot.Snapshot, visit func(*snapshot.Role)) {
	for _, a := range s.Accounts {
		for i := range a.IAM.Roles.Items {
			visit(&a.IAM.Roles.Items[i])
		}
	}
}

// bucketsOf adds to a class the questions about the touched buckets that its
// role's policies may be about.
func (n *neighbours) bucketsOf(c *class, t *touched) {
	if c.role == "" || len(t.buckets) == 0 || len(c.queries) == 0 {
		return
	}
	names := slices.Sorted(maps.Keys(t.buckets))
	for _, name := range names[:min(len(names), maxBuckets)] {
		for _, action := range bucketActions {
			q := c.queries[len(c.queries)-1].Query.Check // the same place and role
			if q.Bucket == "" {
				return // a job's own buckets
			}
			partition, _, _ := strings.Cut(strings.TrimPrefix(c.role, "arn:"), ":")
			q.Bucket, q.Actions = "arn:"+partition+":s3:::"+name+"/*", []string{action}
			if strings.HasPrefix(name, "arn:") {
				q.Bucket = name + "/object/*"
			}
			what := action + " on " + q.Bucket
			if !slices.ContainsFunc(c.queries, func(o neighbourQuery) bool { return o.what == what }) {
				c.queries = append(c.queries, neighbourQuery{Query: Query{Check: q}, role: c.role, what: what})
			}
		}
	}
}

// bucketActions are what neighbours are asked of a bucket.
var bucketActions = []string{"s3:GetObject", "s3:PutObject"}
