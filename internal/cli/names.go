package cli

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/snapshot"
)

// kind is a kind of resource that a flag names.
type kind int

const (
	kindJob kind = iota
	kindSubnet
	kindGroup
	kindRole
	kindBucket
	kindInstance
	kindInterface
	kindEndpoint
	kindFunction
	kindTable
	kindVPC
	kindGateway
)

// kindWords are the kinds in words, and how their ids begin.
var kindWords = [...]struct{ word, prefix string }{
	{"job", ""}, {"subnet", "subnet-"}, {"security group", "sg-"}, {"role", ""}, {"bucket", ""}, {"instance", "i-"},
	{"network interface", "eni-"}, {"endpoint", "vpce-"}, {"function", ""}, {"route table or ACL", ""}, {"VPC", "vpc-"}, {"gateway", ""},
}

// resource is one resource under all of its names.
type resource struct {
	kind     kind
	id, name string // name: its Name tag, or the name that AWS's API gives it
	arn      string
	job      *snapshot.JobRecord
}

// label shows a resource by name and id.
func (r *resource) label() string {
	if r.name == "" || r.name == r.id {
		return r.id
	}
	return r.name + " (" + r.id + ")"
}

// resourcesOf lists what a snapshot holds that flags can name, in its order.
func resourcesOf(s *snapshot.Snapshot) []resource {
	var out []resource
	add := func(k kind, id, name, arn string) { out = append(out, resource{kind: k, id: id, name: name, arn: arn}) }
	for _, a := range s.Accounts {
		for _, r := range a.IAM.Roles.Items {
			add(kindRole, r.ARN, r.Name, r.ARN)
		}
		for _, b := range a.S3.Buckets.Items {
			add(kindBucket, b.Name, b.Name, "")
		}
		for _, r := range a.Regions {
			out = append(out, regionalResources(r)...)
		}
	}
	return out
}

func regionalResources(r *snapshot.Region) []resource {
	var out []resource
	add := func(k kind, id, name string) { out = append(out, resource{kind: k, id: id, name: name}) }
	for i := range r.SageMaker.Jobs.Items {
		rec := &r.SageMaker.Jobs.Items[i]
		j, _ := snapshot.ParseJob(rec.Raw)
		name := strings.TrimSpace(rec.Name)
		out = append(out, resource{kind: kindJob, id: name, name: name, arn: j.ARN, job: rec})
	}
	for _, x := range r.EC2.Subnets.Items {
		add(kindSubnet, string(x.ID), nameTag(x.Tags))
	}
	for _, x := range r.EC2.SecurityGroups.Items {
		name := x.Name
		if tag := nameTag(x.Tags); tag != "" {
			name = tag
		}
		add(kindGroup, string(x.ID), name)
		if name != x.Name {
			add(kindGroup, string(x.ID), x.Name)
		}
	}
	for _, x := range r.EC2.Instances.Items {
		add(kindInstance, x.ID, nameTag(x.Tags))
	}
	for _, x := range r.EC2.NetworkInterfaces.Items {
		add(kindInterface, string(x.ID), nameTag(x.Tags))
	}
	for _, x := range r.EC2.VPCEndpoints.Items {
		add(kindEndpoint, string(x.ID), nameTag(x.Tags))
	}
	for _, x := range r.Functions.Items {
		add(kindFunction, x.Name, x.Name)
	}
	for _, x := range r.EC2.RouteTables.Items {
		add(kindTable, string(x.ID), nameTag(x.Tags))
	}
	for _, x := range r.EC2.NetworkACLs.Items {
		add(kindTable, string(x.ID), nameTag(x.Tags))
	}
	for _, x := range r.EC2.VPCs.Items {
		add(kindVPC, string(x.ID), nameTag(x.Tags))
	}
	for _, x := range r.EC2.NATGateways.Items {
		add(kindGateway, string(x.ID), nameTag(x.Tags))
	}
	for _, x := range r.EC2.InternetGateways.Items {
		add(kindGateway, string(x.ID), nameTag(x.Tags))
	}
	for _, x := range r.EC2.TransitGateways.Items {
		add(kindGateway, string(x.ID), nameTag(x.Tags))
	}
	for _, x := range r.EC2.Peerings.Items {
		add(kindGateway, string(x.ID), nameTag(x.Tags))
	}
	return out
}

func nameTag(tags []snapshot.Tag) string {
	for _, t := range tags {
		if t.Key == "Name" {
			return t.Value
		}
	}
	return ""
}

// labels are the names of the resources by id, for those that have one.
func labels(s *snapshot.Snapshot) map[string]string {
	out := map[string]string{}
	for _, r := range resourcesOf(s) {
		if r.name != "" && r.name != r.id && r.kind != kindRole && out[r.id] == "" {
			out[r.id] = r.name
		}
	}
	return out
}

// find returns the resources of a kind that a word means: by id, by ARN, or by
// name. A resource with two names is there once.
func find(all []resource, k kind, word string) []*resource {
	last := word[strings.LastIndexAny(word, "/:")+1:]
	var byID, byName []*resource
	add := func(list []*resource, r *resource) []*resource {
		if slices.ContainsFunc(list, func(x *resource) bool { return x.id == r.id && x.arn == r.arn && x.job == r.job }) {
			return list
		}
		return append(list, r)
	}
	for i := range all {
		r := &all[i]
		if r.kind != k {
			continue
		}
		switch {
		case r.arn != "" && r.arn == word, r.id == word, k != kindJob && k != kindRole && strings.HasPrefix(word, "arn:") && r.id == last:
			byID = add(byID, r)
		case r.name == word:
			byName = add(byName, r)
		}
	}
	if len(byID) > 0 {
		return byID
	}
	return byName
}

// id turns a word into the id of the one resource that it means. A word that
// looks like an id or ARN stays, though nothing has it: the answer says so.
func id(all []resource, k kind, flag, word string) (string, error) {
	word = strings.TrimSpace(word)
	found := find(all, k, word)
	w := kindWords[k]
	switch {
	case len(found) == 1:
		return found[0].id, nil
	case len(found) > 1:
		var ids []string
		for _, r := range found {
			ids = append(ids, r.id)
		}
		return "", withHint(fmt.Errorf("%s %s: %d resources have that name", flag, word, len(found)), "name one by its id: "+strings.Join(ids, ", "))
	case w.prefix != "" && strings.HasPrefix(word, w.prefix), strings.HasPrefix(word, "arn:"):
		if k == kindRole {
			return word, nil
		}
		return word[strings.LastIndex(word, "/")+1:], nil
	}
	return "", withHint(fmt.Errorf("%s %s: the snapshot holds no %s of that id or name", flag, word, w.word), nearestHint(all, k, word))
}

// namesOf lists the names and ids of resources of the kinds.
func namesOf(all []resource, kinds []kind) (names []string) {
	for i := range all {
		if slices.Contains(kinds, all[i].kind) {
			names = append(names, all[i].id)
			if all[i].name != "" && all[i].name != all[i].id {
				names = append(names, all[i].name)
			}
		}
	}
	return names
}

// componentKinds are what lies on a path and has an id.
var componentKinds = []kind{kindEndpoint, kindGateway, kindTable, kindGroup, kindSubnet, kindInterface, kindInstance}

// components turns the names of components on a path into ids. What is nothing
// of that name stays: the answer says that the snapshot lacks it.
func components(all []resource, flag string, words []string) ([]string, error) {
	out := slices.Clone(words)
	for i, word := range words {
		at := slices.IndexFunc(componentKinds, func(k kind) bool { return word != "" && len(find(all, k, word)) > 0 })
		var err error
		if at >= 0 {
			out[i], err = id(all, componentKinds[at], flag, word)
		} else if n := located.Nearest(word, namesOf(all, componentKinds)); n != "" {
			err = withHint(fmt.Errorf("%s %s: the snapshot holds no component of that id or name", flag, word), "did you mean "+n+"?")
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// shownNames is how many names a hint lists.
const shownNames = 8

// nearestHint names what the snapshot has that is like the word, or some of what it has.
func nearestHint(all []resource, k kind, word string) string {
	var shown []string
	for i := range all {
		if r := &all[i]; r.kind == k && !slices.Contains(shown, r.label()) {
			shown = append(shown, r.label())
		}
	}
	if n := located.Nearest(word, namesOf(all, []kind{k})); n != "" {
		return "did you mean " + n + "?"
	}
	if len(shown) == 0 {
		return "the snapshot holds no " + kindWords[k].word
	}
	more := ""
	if len(shown) > shownNames {
		shown, more = shown[:shownNames], fmt.Sprintf(" and %d more", len(shown)-shownNames)
	}
	return "it holds " + strings.Join(shown, ", ") + more
}

// findJob returns the job that --job means: a file, or a job of the snapshot by
// name or ARN. Without a word it is the snapshot's only one.
func findJob(env *Env, s *snapshot.Snapshot, opt snapshot.Options, word string) (snapshot.Job, error) {
	if word == "" {
		return onlyJob(env, resourcesOf(s))
	}
	if _, err := os.Stat(word); err == nil || word == "-" {
		return snapshot.LoadJob(word, opt)
	}
	all := resourcesOf(s)
	found := find(all, kindJob, word)
	switch {
	case len(found) == 1:
		return snapshot.ParseJob(found[0].job.Raw)
	case len(found) > 1:
		var arns []string
		for _, r := range found {
			arns = append(arns, strings.TrimSpace(r.job.Kind+" "+r.arn))
		}
		return snapshot.Job{}, withHint(fmt.Errorf("--job %s: %d jobs have that name", word, len(found)), "name one by its ARN: "+strings.Join(arns, ", "))
	}
	return snapshot.Job{}, withHint(fmt.Errorf("--job %s: no such file, and the snapshot holds no job of that name", word), nearestHint(all, kindJob, word))
}

// errNoJob is a question without a job, where the snapshot has none either.
var errNoJob = errors.New("no job: --job is missing")

// onlyJob is the one job with a VpcConfig that a snapshot holds.
func onlyJob(env *Env, all []resource) (snapshot.Job, error) {
	var jobs []snapshot.Job
	var names []resource
	for _, r := range all {
		if r.kind != kindJob {
			continue
		}
		if j, err := snapshot.ParseJob(r.job.Raw); err == nil && j.InVPC() {
			jobs, names = append(jobs, j), append(names, r)
		}
	}
	switch len(jobs) {
	case 0:
		return snapshot.Job{}, withHint(errNoJob, "name a job file with --job, or say --subnets, --security-groups and --role")
	case 1:
		fmt.Fprintf(env.Stderr, "using job %s\n", safeText(names[0].name))
		return jobs[0], nil
	}
	return snapshot.Job{}, withHint(fmt.Errorf("no job: --job is missing, and the snapshot holds %d", len(jobs)), nearestHint(names, kindJob, ""))
}

// bucketARN turns a bucket's name, or an s3:// URI, into an ARN.
func bucketARN(s *snapshot.Snapshot, word string) string {
	word = strings.TrimPrefix(word, "s3://")
	if word == "" || strings.HasPrefix(word, "arn:") {
		return word
	}
	partition := "aws"
	for _, a := range s.Accounts {
		for _, r := range a.Regions {
			switch {
			case strings.HasPrefix(r.Name, "cn-"):
				partition = "aws-cn"
			case strings.HasPrefix(r.Name, "us-gov-"):
				partition = "aws-us-gov"
			}
		}
	}
	return "arn:" + partition + ":s3:::" + strings.TrimSuffix(word, "/")
}
