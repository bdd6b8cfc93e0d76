package assert

import (
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/rules/services"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// misnamed lists what a test names and nothing has: codes outside of the
// catalogue, and, unless the test says mayBeAbsent, literal buckets, roles,
// subnets, groups and endpoints that the snapshot lacks. Such a test would
// pass or fail for want of what it is about.
func (t *Test) misnamed(s *snapshot.Snapshot, questions []asked) []Problem {
	var out []Problem
	add := func(kind, name string, have []string) {
		text := fmt.Sprintf("%s %s is not in the snapshot", kind, name)
		if kind == "code" {
			text = fmt.Sprintf("%s is not a finding code", name)
		}
		if near := located.Nearest(name, have); near != "" {
			text += "; did you mean " + near + "?"
		}
		if !slices.ContainsFunc(out, func(p Problem) bool { return p.Message == text }) {
			out = append(out, Problem{Message: text})
		}
	}
	var codes []string
	for _, e := range finding.All() {
		codes = append(codes, e.Code.String())
	}
	for _, code := range slices.Concat(t.Findings, t.NoFindings, t.Unknowns) {
		if !slices.Contains(codes, code) {
			add("code", code, codes)
		}
	}
	if t.MayBeAbsent {
		return out
	}
	h := heldBy(s)
	for i := range questions {
		q := &questions[i].question
		for _, name := range bucketsOf(q.Bucket) {
			if _, _, ok := services.FindAWSBucket(name); ok {
				continue
			}
			h.check("bucket", name, add)
		}
		h.check("role", q.Job.RoleARN, add)
		for _, id := range q.Job.Subnets {
			h.check("subnet", string(id), add)
		}
		for _, id := range q.Job.SecurityGroups {
			h.check("security group", string(id), add)
		}
	}
	for _, id := range slices.Concat(t.OnlyThrough, t.Avoid, []string{t.Through}) {
		if strings.HasPrefix(id, "vpce-") {
			h.check("endpoint", id, add)
		} else if id != "" && !sim.Holds(s, id) {
			add("component", id, h["endpoint"])
		}
	}
	return out
}

// bucketsOf is the literal bucket that an ARN names; none for access points
// and wildcards.
func bucketsOf(arn string) []string {
	name, _, _ := strings.Cut(arn[strings.LastIndexByte(arn, ':')+1:], "/")
	if name == "" || strings.ContainsAny(name, "*?") || strings.Contains(arn, ":accesspoint/") || strings.HasSuffix(name, "-s3alias") {
		return nil
	}
	return []string{name}
}

// held are the names of each kind that a snapshot holds.
type held map[string][]string

func heldBy(s *snapshot.Snapshot) held {
	h := held{}
	for _, a := range s.Accounts {
		for i := range a.S3.Buckets.Items {
			h["bucket"] = append(h["bucket"], a.S3.Buckets.Items[i].Name)
		}
		for i := range a.IAM.Roles.Items {
			h["role"] = append(h["role"], a.IAM.Roles.Items[i].ARN)
		}
		for _, r := range a.Regions {
			for i := range r.EC2.Subnets.Items {
				h["subnet"] = append(h["subnet"], string(r.EC2.Subnets.Items[i].ID))
			}
			for i := range r.EC2.SecurityGroups.Items {
				h["security group"] = append(h["security group"], string(r.EC2.SecurityGroups.Items[i].ID))
			}
			for i := range r.EC2.VPCEndpoints.Items {
				h["endpoint"] = append(h["endpoint"], string(r.EC2.VPCEndpoints.Items[i].ID))
			}
		}
	}
	return h
}

// check reports a name that is not there. A kind of which the snapshot holds
// nothing was not collected, and says nothing of names.
func (h held) check(kind, name string, add func(kind, name string, have []string)) {
	if have := h[kind]; name != "" && len(have) > 0 && !slices.Contains(have, name) {
		add(kind, name, have)
	}
}
