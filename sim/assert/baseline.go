package assert

import (
	"bytes"
	"context"
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
func Baseline(ctx context.Context, w Checker, snapshotName string, jobs []BaselineJob) ([]byte, error) {
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
			add(ctx, &tests, w, j.says(), sim.Question{Job: j.Job}, j.Name+": its own input and output")
		}
		for _, n := range names {
			add(ctx, &tests, w, j.says(), sim.Question{Job: j.Job, Bucket: "arn:aws:s3:::" + n}, fmt.Sprintf("%s: reads %s", j.Name, n))
		}
	}
	if len(tests.Items) == 0 {
		return nil, fmt.Errorf("there is nothing to ask: the snapshot has no jobs with buckets; name one with --job")
	}
	return testFile("A baseline: what the snapshot answers today. Read it before you keep it: what\n# is here is what is, not what should be.",
		located.Pairs("schema", Schema, "snapshot", snapshotName, "tests", tests)), nil
}

func testFile(comment string, doc located.Value) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# yaml-language-server: $schema=%s\n# %s\n", SchemaURL, comment)
	located.WriteYAML(&b, doc, 0, false)
	return b.Bytes()
}

// says is who asks, as a test file has it.
func (j *BaselineJob) says() located.Value { return located.Pairs("job", j.Ref) }

// Keep writes a test file that asserts what w answers to q now. ref is the
// job of q as a test file has it; nil where flags say who asks.
func Keep(ctx context.Context, w Checker, q sim.Question, ref *located.Value) ([]byte, error) {
	a, err := w.Check(ctx, q)
	if err != nil {
		return nil, err
	}
	var tests located.Value
	tests.Kind = located.List
	for _, t := range targetsOf(&q, a) {
		for _, who := range baselineSources(&q, a, ref) {
			one := who.question
			one.Bucket, one.Actions, one.Write = t.Bucket, t.Actions, false
			add(ctx, &tests, w, who.says, one, fmt.Sprintf("%s: %s on %s", who.name, strings.Join(t.Actions, ", "), t.Bucket))
		}
	}
	if len(tests.Items) == 0 {
		return nil, fmt.Errorf("the question comes to nothing that a test can assert")
	}
	return testFile("What the snapshot answers now: read it before you keep it.", located.Pairs("schema", Schema, "tests", tests)), nil
}

// targetsOf are the destinations of a question, with the actions that were asked.
func targetsOf(q *sim.Question, a *sim.Answer) []sim.Target {
	if len(a.Question.Targets) > 0 {
		return a.Question.Targets
	}
	return []sim.Target{{Bucket: a.Question.Bucket, Actions: a.Question.Actions}}
}

type baselineSource struct {
	name     string
	says     located.Value
	question sim.Question
}

// baselineSources are who a question asks for. A test file has no job of flags: each
// subnet is a test of its own.
func baselineSources(q *sim.Question, a *sim.Answer, ref *located.Value) []baselineSource {
	from := located.Pairs()
	say := func(key, value string) {
		if value != "" {
			from.Members = append(from.Members, located.Member{Key: key, Value: located.Of(value)})
		}
	}
	switch {
	case ref != nil:
		return []baselineSource{{a.Question.Job, located.Pairs("job", *ref), *q}}
	case q.Source != "":
		say("instance", q.Source)
		say("role", q.Job.RoleARN)
		say("account", q.Account)
		say("region", q.Region)
		return []baselineSource{{q.Source, located.Pairs("from", from), *q}}
	}
	var out []baselineSource
	for _, id := range q.Job.Subnets {
		from = located.Pairs("subnets", []string{string(id)}, "securityGroups", idTexts(q.Job.SecurityGroups))
		say("role", a.Question.Role)
		say("account", q.Account)
		say("region", q.Region)
		one := *q
		one.Job.Subnets = []snapshot.SubnetID{id}
		out = append(out, baselineSource{string(id), located.Pairs("from", from), one})
	}
	return out
}

func idTexts(ids []snapshot.SecurityGroupID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = string(id)
	}
	return out
}

func add(ctx context.Context, tests *located.Value, w Checker, who located.Value, q sim.Question, name string) {
	a, err := w.Check(ctx, q)
	if err != nil {
		return
	}
	t := located.Pairs("name", name)
	t.Members = append(t.Members, who.Members...)
	say := func(key string, v any) {
		t.Members = append(t.Members, located.Member{Key: key, Value: located.Of(v)})
	}
	if q.Bucket != "" {
		say("bucket", q.Bucket)
	}
	if len(q.Actions) > 0 {
		say("actions", q.Actions)
	}
	if o := optionsOf(&q.Options); len(o.Members) > 0 {
		say("options", o)
	}
	say("expect", a.Verdict.String())
	one := &Test{Job: &q.Job}
	if len(one.misnamed(w, []asked{{question: q}})) > 0 {
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

// optionsOf are a question's options as a test file has them.
func optionsOf(o *sim.Options) located.Value {
	out := located.Pairs()
	say := func(key string, given bool, v any) {
		if given {
			out.Members = append(out.Members, located.Member{Key: key, Value: located.Of(v)})
		}
	}
	for _, x := range []struct {
		key string
		on  bool
	}{{"strict", o.Strict}, {"strictDNS", o.StrictDNS}, {"assumeSSES3", o.AssumeSSES3}, {"assumeNoOrganization", o.AssumeNoOrganization},
		{"assumePublicDNS", o.AssumePublicDNS}, {"presigned", o.Presigned}} {
		say(x.key, x.on, true)
	}
	say("hostname", o.Hostname != "", o.Hostname)
	say("at", o.At != "", o.At)
	say("assume", len(o.Assume) > 0, o.Assume)
	say("objectTags", len(o.ObjectTags) > 0, o.ObjectTags)
	say("port", o.Port != 0, o.Port)
	say("ephemeralPorts", o.Ephemeral != [2]int{}, fmt.Sprintf("%d-%d", o.Ephemeral[0], o.Ephemeral[1]))
	return out
}

// deliveringEndpoints returns the endpoints of the ways on which traffic gets
// through, and whether all of these ways have one.
func deliveringEndpoints(a *sim.Answer) ([]string, bool) {
	var out []string
	for i := range a.Placements {
		for _, way := range pathsOf(&a.Placements[i]) {
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
				if err != nil || err2 != nil || !j.InVPC() {
					continue
				}
				out = append(out, BaselineJob{Name: strings.TrimSpace(rec.Name), Ref: ref, Job: j})
			}
		}
	}
	return out
}
