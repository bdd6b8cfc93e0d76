package sim

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// orMeant leaves open what hangs on the name of a bucket that the snapshot
// lacks while it holds one of nearly that name: which of the two is meant is a
// fact that no snapshot tells. What fails for both fails (P385).
func (w *World) orMeant(ctx context.Context, q Question, a *Answer, c *collector) error {
	if q.Options.MayBeAbsent || a.Verdict != Blocked && a.Verdict != Partial {
		return nil
	}
	names := map[string]string{}
	for _, n := range a.Absent {
		if n.Kind == "bucket" && n.Nearest != "" && !w.surelyElsewhere(n) {
			names[n.Name] = n.Nearest
		}
	}
	if len(names) == 0 || !q.rename(names) {
		return nil
	}
	b, err := w.check(ctx, q)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return nil
	}
	a.leaveOpen(b)
	c.keepBlockersOf(b, a.Verdict == Unknown)
	for _, n := range a.Absent {
		if near, ok := names[n.Name]; ok && n.Kind == "bucket" {
			c.missing(Missing{Code: finding.UnknownBucket, Gate: GateBucket, Component: n.Name,
				Fact:    fmt.Sprintf("whether bucket %s is meant, which the snapshot lacks, or %s, for which the answer is %s", n.Name, near, b.Verdict),
				Collect: "aws s3api head-bucket --bucket " + n.Name + " (or ask with --may-be-absent)"})
		}
	}
	return nil
}

// surelyElsewhere tells that the account of the bucket that an absent one
// resembles has none of its name (P363).
func (w *World) surelyElsewhere(n AbsentName) bool {
	b, ok := w.FindBucket(n.Nearest)
	return ok && b.Account != nil && w.layering().notOf(b.Account.ID, &target{bucket: n.Name})
}

// rename replaces the names of buckets that the question asks about.
func (q *Question) rename(names map[string]string) bool {
	if q.Bucket != "" {
		t, err := parseTarget(q.Bucket)
		before := "arn:" + t.partition + ":s3:::"
		key, ok := strings.CutPrefix(t.arn, before+t.bucket)
		if err != nil || !ok || names[t.bucket] == "" {
			return false
		}
		q.Bucket = before + names[t.bucket] + key
		return true
	}
	renamed := func(in []snapshot.S3Location) []snapshot.S3Location {
		out := slices.Clone(in)
		for i := range out {
			if near, ok := names[out[i].Bucket]; ok {
				out[i].Bucket = near
			}
		}
		return out
	}
	q.Job.Inputs, q.Job.Outputs = renamed(q.Job.Inputs), renamed(q.Job.Outputs)
	return true
}

// leaveOpen makes UNKNOWN of every request that another answer, to the same
// question about another bucket, decides otherwise.
func (a *Answer) leaveOpen(b *Answer) {
	total := verdictParts{}
	for i := range a.Placements {
		p := &a.Placements[i]
		here := verdictParts{}
		for j := range p.Requests {
			r := &p.Requests[j]
			if i >= len(b.Placements) || j >= len(b.Placements[i].Requests) || r.Verdict != b.Placements[i].Requests[j].Verdict {
				r.Verdict = Unknown
			}
			here.join(tallyOf(r.Verdict))
		}
		if len(p.Requests) > 0 {
			p.Verdict = here.judge()
		}
		total.join(tallyOf(p.Verdict))
	}
	if len(a.Placements) > 0 {
		a.Verdict = total.judge()
	}
}

// keepBlockersOf drops the blockers that another answer has not: all of them
// only where the verdict needs none.
func (c *collector) keepBlockersOf(b *Answer, none bool) {
	var kept []collected
	blockers := false
	for _, f := range c.findings {
		of := f.Severity != Blocker || slices.ContainsFunc(b.Findings, func(o Finding) bool {
			return o.Severity == Blocker && o.Gate == f.Gate && o.Code == f.Code && o.Component == f.Component && actionOf(&o) == actionOf(&f.Finding)
		})
		if of {
			kept = append(kept, f)
			blockers = blockers || f.Severity == Blocker
		}
	}
	if blockers || none {
		c.findings = kept
	}
}

// actionOf is the action of a blocker's example.
func actionOf(f *Finding) string {
	if f.Example == nil {
		return ""
	}
	return f.Example.Action
}
