package assert

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

// BaselineJob is a job that a baseline asks about.
type BaselineJob struct {
	Name string
	Ref  located.Value // what a test file says of it: a file's name, or the job itself
	Job  snapshot.Job
}

// Baseline writes a test file that holds today: what w answers for each job
// about its own buckets and about every bucket that the snapshot knows. A
// question that makes no sense for a job is left out.
func Baseline(w Asker, snapshotName string, jobs []BaselineJob) ([]byte, error) {
	var names []string
	for _, a := range w.Snapshot().Accounts {
		for i := range a.S3.Buckets.Items {
			names = append(names, a.S3.Buckets.Items[i].Name)
		}
	}
	slices.Sort(names)
	tests := located.Value{Kind: located.List}
	for _, j := range jobs {
		if len(j.Job.Inputs)+len(j.Job.Outputs) > 0 {
			add(&tests, w, j, "", j.Name+": its own input and output")
		}
		for _, n := range names {
			add(&tests, w, j, "arn:aws:s3:::"+n, fmt.Sprintf("%s: reads %s", j.Name, n))
		}
	}
	if len(tests.Items) == 0 {
		return nil, fmt.Errorf("there is nothing to ask: the snapshot has no jobs with buckets; name one with --job")
	}
	doc := located.Pairs("schema", Schema, "snapshot", snapshotName, "tests", tests)
	var b bytes.Buffer
	fmt.Fprintf(&b, "# yaml-language-server: $schema=%s\n# A baseline: what the snapshot answers today. Read it before you keep it: what\n# is here is what is, not what should be.\n", SchemaURL)
	located.WriteYAML(&b, doc, 0, false)
	return b.Bytes(), nil
}

func add(tests *located.Value, w Asker, j BaselineJob, bucket, name string) {
	a, err := w.Check(sim.Question{Job: j.Job, Bucket: bucket})
	if err != nil {
		return
	}
	t := located.Pairs("name", name, "job", j.Ref)
	say := func(key string, v any) {
		t.Members = append(t.Members, located.Member{Key: key, Value: located.Of(v)})
	}
	if bucket != "" {
		say("bucket", bucket)
	}
	say("expect", a.Verdict.String())
	one := &Test{Job: &j.Job}
	if len(one.misnamed(w.Snapshot(), []asked{{question: sim.Question{Job: j.Job, Bucket: bucket}}})) > 0 {
		say("mayBeAbsent", true)
	}
	if endpoints, only := deliveringEndpoints(a); only && len(endpoints) > 0 {
		say("onlyThrough", endpoints)
	}
	if codes := blockerCodes(a); len(codes) > 0 {
		say("findings", codes)
	}
	if a.Verdict == sim.Unknown {
		say("unknowns", unknownCodes(a))
	}
	tests.Items = append(tests.Items, t)
}

// deliveringEndpoints returns the endpoints of the ways on which traffic gets
// through, and whether all of these ways have one.
func deliveringEndpoints(a *sim.Answer) ([]string, bool) {
	var out []string
	for i := range a.Placements {
		for _, way := range ways(&a.Placements[i]) {
			if way.Verdict == sim.Blocked {
				continue
			}
			if way.Endpoint == "" {
				return nil, false
			}
			out = append(out, way.Endpoint)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), true
}

func blockerCodes(a *sim.Answer) []string {
	var out []string
	for _, f := range withSeverity(a, sim.Blocker) {
		out = append(out, f.Code.String())
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func unknownCodes(a *sim.Answer) []string {
	var out []string
	for _, m := range a.DecisiveUnknowns() {
		out = append(out, m.Code.String())
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// JobsOf returns the jobs that a snapshot holds, each as it stands there.
func JobsOf(s *snapshot.Snapshot) []BaselineJob {
	var out []BaselineJob
	for _, a := range s.Accounts {
		for _, r := range a.Regions {
			for _, rec := range r.SageMaker.Jobs.Items {
				j, err := snapshot.ParseJob(rec.Raw)
				ref, err2 := located.FromJSON(rec.Raw)
				if err != nil || err2 != nil || !j.HasVPCConfig {
					continue
				}
				out = append(out, BaselineJob{Name: strings.TrimSpace(rec.Name), Ref: ref, Job: j})
			}
		}
	}
	return out
}
