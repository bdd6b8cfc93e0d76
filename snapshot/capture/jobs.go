package capture

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/capture/calls"
)

// listed is how many jobs SageMaker lists at a time.
const listed = 100

// newestJobs describes a region's newest jobs of each kind.
func (r *run) newestJobs(ctx context.Context, p part) {
	if !r.request.Wants(calls.JobLists) {
		return
	}
	each(calls.SortedJobKinds(), func(_ int, kind string) {
		names, more, ok := r.newest(ctx, p, kind)
		if !ok {
			return
		}
		op := r.operations[calls.JobKinds[kind]]
		p.region.add("sagemaker", op.Key)
		each(names, func(_ int, name string) { r.describeJob(ctx, p, op, name, name) })
		if more {
			r.addGap(snapshot.Gap{Account: p.account.session.account, Region: p.region.name, Service: "sagemaker",
				Operation: r.operations[calls.ListOf(kind)].Name, Resource: kind + "/*", Code: notAsked,
				Message: fmt.Sprintf("there are more than the %d newest: --max-jobs takes more", r.request.MaxJobs)})
		}
	})
}

// notAsked is the code of a gap that the request itself makes.
const notAsked = "NotAsked"

// newest lists the names of a kind's newest jobs, and tells whether there are more.
func (r *run) newest(ctx context.Context, p part, kind string) (names []string, more, ok bool) {
	op := r.operations[calls.ListOf(kind)]
	in := args{}
	if op.Name != "ListDomains" { // it does not sort: there are few
		in["SortBy"], in["SortOrder"] = "CreationTime", "Descending"
	}
	for left := r.request.MaxJobs; left > 0; left = r.request.MaxJobs - len(names) {
		in["MaxResults"] = min(left, listed)
		res := r.call(ctx, p.at(kind+"/*"), op.ID(), in)
		if res.status != done {
			return nil, false, false
		}
		var page []json.RawMessage
		var token string
		mustDecode(res.member(op.Items), &page)
		mustDecode(res.member("NextToken"), &token)
		names = append(names, ids(page, op.SortBy)...)
		if token == "" || len(page) == 0 {
			return names, false, true
		}
		in["NextToken"] = token
	}
	return names, true, true
}

// jobNotFound are SageMaker's words for a name that it does not know.
var jobNotFound = []string{"ResourceNotFound", "ResourceNotFoundException", "ValidationException"}

// job adds what a job refers to. A file is read; anything else is described
// in every account and region where it may be.
func (r *run) job(ctx context.Context, w *world, name string) error {
	if calls.IsFile(name) {
		return r.jobFile(name)
	}
	op, short, account, region, err := jobCall(name)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	found, gaps := 0, len(r.gaps)
	each(w.parts(), func(_ int, p part) {
		if account != "" && account != p.account.session.account || region != "" && region != p.region.name {
			return
		}
		if r.describeJob(ctx, p, op, short, name) {
			mu.Lock()
			defer mu.Unlock()
			found++
		}
	})
	if found == 0 && len(r.gaps) == gaps && ctx.Err() == nil {
		return &notThere{fmt.Sprintf("job %q in the accounts and regions", name)}
	}
	return nil
}

func (r *run) describeJob(ctx context.Context, p part, op calls.Operation, short, name string) bool {
	member := strings.TrimPrefix(op.Name, "Describe") + "Name" // e.g. CompilationJobName
	if op.Name == "DescribeDomain" {
		member = "DomainId"
	}
	ops := r.operations[op.ID()]
	ops.Absent = jobNotFound
	res := r.callAs(ctx, p.at(name), ops, args{member: short})
	if res.status != done {
		return false
	}
	p.region.add("sagemaker", op.Key, res.rest)
	if model := idOf(res.rest, "ModelName"); op.Name == "DescribeTransformJob" && model != "" {
		r.describeJob(ctx, p, r.operations["sagemaker.DescribeModel"], model, model)
	}
	r.followJob(res.rest)
	return true
}

// jobCall tells what "NAME", "training-job/NAME" or an ARN asks for. A name
// alone is a compilation job's.
func jobCall(name string) (op calls.Operation, short, account, region string, err error) {
	path := name
	if strings.HasPrefix(name, "arn:") {
		p := strings.SplitN(name, ":", 6)
		if len(p) != 6 || p[2] != "sagemaker" {
			return op, "", "", "", fmt.Errorf("--job %q is not a SageMaker ARN", name)
		}
		region, account, path = p[3], p[4], p[5]
	}
	kind, short := calls.JobKind(path)
	id, ok := calls.JobKinds[kind]
	if !ok {
		return op, "", "", "", fmt.Errorf("--job %q: there is no such file, and %q is none of %s", name, kind, strings.Join(sortedKeys(calls.JobKinds), ", "))
	}
	for _, o := range calls.All() {
		if o.ID() == id {
			op = o
		}
	}
	return op, short, account, region, nil
}

// jobFile adds what a job's file refers to; the job need not exist yet.
func (r *run) jobFile(path string) error {
	job, err := snapshot.LoadJob(path, snapshot.Options{})
	if err != nil {
		return err
	}
	for _, s := range job.Subnets {
		r.scope.add(scopeSubnet, string(s))
	}
	for _, g := range job.SecurityGroups {
		r.scope.add(scopeGroup, string(g))
	}
	r.scope.add(scopeRole, job.RoleARN)
	for _, l := range slices.Concat(job.Inputs, job.Outputs) {
		r.scope.add(scopeBucket, l.Bucket)
		r.scope.add(scopeKey, l.KMSKeyID)
	}
	return nil
}

// followJob adds what a job's description refers to, wherever in it the
// members stand: the kinds of jobs nest them differently.
func (r *run) followJob(description json.RawMessage) {
	var v any
	mustDecode(description, &v)
	r.followMember("", v)
}

func (r *run) followMember(name string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range sortedKeys(v) {
			r.followMember(k, v[k])
		}
	case []any:
		for _, item := range v {
			r.followMember(name, item)
		}
	case string:
		switch {
		case strings.HasSuffix(name, "KmsKeyId"):
			r.scope.add(scopeKey, v)
		case !r.request.Scoped(): // all else is taken anyway
		case name == "Subnets" || name == "SubnetIds" || name == "SubnetId":
			r.scope.add(scopeSubnet, v)
		case name == "SecurityGroupIds" || name == "SecurityGroups":
			r.scope.add(scopeGroup, v)
		case name == "RoleArn" || name == "ExecutionRoleArn" || name == "ExecutionRole":
			r.scope.add(scopeRole, v)
		case strings.HasPrefix(v, "s3://"):
			r.scope.add(scopeBucket, calls.BucketName(strings.TrimPrefix(v, "s3://")))
		}
	}
}
