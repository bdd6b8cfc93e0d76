package diff

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

// question is one that both sides are asked.
type question struct {
	q     sim.Question
	name  string
	alike []string
	given bool // by the caller: an error is one
}

func (o *Options) questions(a, b *snapshot.Snapshot, res *Result) []question {
	limit := o.Questions
	if limit <= 0 {
		limit = 2000
	}
	var out []question
	if len(o.Jobs) > 0 {
		out = o.forJobs(o.Jobs, true)
	} else {
		out = o.forJobs(sharedJobs(a, b, res), false)
		everybody, total := o.everybody(a, b, res, max(0, limit-len(out)))
		out, res.LeftOut = append(out, everybody...), total-len(everybody)
	}
	res.LeftOut += max(0, len(out)-limit)
	if res.LeftOut > 0 {
		res.Notes = append(res.Notes, fmt.Sprintf("%d questions were left out: %d at most are asked; --job and --bucket narrow them, --max-questions asks more.", res.LeftOut, limit))
		out = out[:min(len(out), limit)]
	}
	return out
}

func (o *Options) forJobs(jobs []snapshot.Job, given bool) []question {
	var out []question
	for i, j := range jobs {
		name := j.Name
		if name == "" {
			name = fmt.Sprintf("job %d", i+1)
		}
		buckets := o.Buckets
		if len(buckets) == 0 {
			buckets = []string{""}
		}
		for _, bucket := range buckets {
			q := o.Base
			q.Job, q.Bucket = j, bucket
			title := name
			if bucket != "" {
				title += " to " + bucket
			}
			out = append(out, question{q: q, name: title, given: given})
		}
	}
	return out
}

// sharedJobs are the jobs with networks of their own that both snapshots hold.
func sharedJobs(a, b *snapshot.Snapshot, res *Result) []snapshot.Job {
	x, y := jobs(a), jobs(b)
	res.only("job", keys(x), keys(y))
	var out []snapshot.Job
	for _, name := range both(keys(x), keys(y)) {
		out = append(out, y[name])
	}
	return out
}

func jobs(s *snapshot.Snapshot) map[string]snapshot.Job {
	out := map[string]snapshot.Job{}
	for _, acc := range s.Accounts {
		for _, r := range acc.Regions {
			for _, rec := range r.SageMaker.Jobs.Items {
				if j, err := snapshot.ParseJob(rec.Raw); err == nil && j.InVPC() && len(j.Inputs)+len(j.Outputs) > 0 {
					out[acc.ID+"/"+r.Name+"/"+rec.Kind+"/"+rec.Name] = j
				}
			}
		}
	}
	return out
}

func keys[T any](m map[string]T) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

func both(a, b []string) []string {
	var out []string
	for _, k := range a {
		if _, ok := slices.BinarySearch(b, k); ok {
			out = append(out, k)
		}
	}
	return out
}

func (res *Result) only(kind string, a, b []string) {
	for _, k := range a {
		if _, ok := slices.BinarySearch(b, k); !ok {
			res.OnlyA = append(res.OnlyA, Source{kind, k})
		}
	}
	for _, k := range b {
		if _, ok := slices.BinarySearch(a, k); !ok {
			res.OnlyB = append(res.OnlyB, Source{kind, k})
		}
	}
}

// maxPlaces bounds the places of one VPC that are asked about.
const maxPlaces = 24

// everybody asks for every role, every class of subnets with every class of
// security groups, and every bucket that both know. Subnets are of one class
// that have the same route table and network ACL in both; groups that have the
// same outbound rules in both. It returns the first limit questions, and how
// many there are: in a large account their product fills any memory.
func (o *Options) everybody(a, b *snapshot.Snapshot, res *Result, limit int) ([]question, int) {
	rolesA, rolesB := roles(a), roles(b)
	bucketsA, bucketsB := buckets(a), buckets(b)
	subnetsA, subnetsB := subnetClasses(a), subnetClasses(b)
	groupsA, groupsB := groupClasses(a), groupClasses(b)
	res.only("role", keys(rolesA), keys(rolesB))
	res.only("bucket", keys(bucketsA), keys(bucketsB))
	res.only("subnet", keys(subnetsA), keys(subnetsB))
	res.only("security group", keys(groupsA), keys(groupsB))
	places := placesOf(subnetsA, subnetsB, groupsA, groupsB, res)
	who := both(keys(rolesA), keys(rolesB))
	// Roles that SageMaker may assume come first: where there is too much to
	// ask, they are what jobs have.
	slices.SortStableFunc(who, func(x, y string) int { return rank(rolesB[y]) - rank(rolesB[x]) })
	wanted := o.Buckets
	if len(wanted) == 0 {
		for _, name := range both(keys(bucketsA), keys(bucketsB)) {
			wanted = append(wanted, "arn:"+partitionOf(bucketsB[name])+":s3:::"+name)
		}
	}
	total := len(who) * len(places) * len(wanted)
	var out []question
	for _, role := range who {
		for _, p := range places {
			for _, bucket := range wanted {
				if len(out) == limit {
					return out, total
				}
				q := o.Base
				q.Job = snapshot.Job{RoleARN: role, Subnets: []snapshot.SubnetID{snapshot.SubnetID(p.subnet)}, SecurityGroups: []snapshot.SecurityGroupID{snapshot.SecurityGroupID(p.group)}, Instances: 1}
				q.Bucket = bucket
				out = append(out, question{q: q, name: fmt.Sprintf("%s in %s with %s to %s", role, p.subnet, p.group, bucket), alike: p.alike})
			}
		}
	}
	return out, total
}

func rank(trusted bool) int {
	if trusted {
		return 1
	}
	return 0
}

func partitionOf(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// roles maps role ARNs to whether their trust policy names SageMaker.
func roles(s *snapshot.Snapshot) map[string]bool {
	out := map[string]bool{}
	for _, a := range s.Accounts {
		for i := range a.IAM.Roles.Items {
			r := &a.IAM.Roles.Items[i]
			out[r.ARN] = strings.Contains(string(r.Trust.Raw), "sagemaker.amazonaws.com")
		}
	}
	return out
}

// buckets maps bucket names to their regions.
func buckets(s *snapshot.Snapshot) map[string]string {
	out := map[string]string{}
	for _, a := range s.Accounts {
		for i := range a.S3.Buckets.Items {
			out[a.S3.Buckets.Items[i].Name] = a.S3.Buckets.Items[i].Region
		}
	}
	return out
}

type class struct{ vpc, key string }

func subnetClasses(s *snapshot.Snapshot) map[string]class {
	out := map[string]class{}
	for _, a := range s.Accounts {
		for _, r := range a.Regions {
			tables, acls := map[snapshot.SubnetID]string{}, map[snapshot.SubnetID]string{}
			for i := range r.EC2.RouteTables.Items {
				for _, as := range r.EC2.RouteTables.Items[i].Associations {
					tables[as.Subnet] = string(r.EC2.RouteTables.Items[i].ID)
				}
			}
			for i := range r.EC2.NetworkACLs.Items {
				for _, id := range r.EC2.NetworkACLs.Items[i].Subnets {
					acls[id] = string(r.EC2.NetworkACLs.Items[i].ID)
				}
			}
			for i := range r.EC2.Subnets.Items {
				n := &r.EC2.Subnets.Items[i]
				out[string(n.ID)] = class{string(n.VPC), tables[n.ID] + "/" + acls[n.ID] + "/" + fmt.Sprint(n.FreeKnown && n.FreeAddresses < 2, n.IPv6Native)}
			}
		}
	}
	return out
}

func groupClasses(s *snapshot.Snapshot) map[string]class {
	out := map[string]class{}
	for _, a := range s.Accounts {
		for _, r := range a.Regions {
			for i := range r.EC2.SecurityGroups.Items {
				g := &r.EC2.SecurityGroups.Items[i]
				out[string(g.ID)] = class{string(g.VPC), egressKey(g)}
			}
		}
	}
	return out
}

// egressKey is equal for groups with the same outbound rules.
func egressKey(g *snapshot.SecurityGroup) string {
	var rules []string
	for _, p := range g.Egress {
		port := func(n *int) string {
			if n == nil {
				return ""
			}
			return fmt.Sprint(*n)
		}
		lead := p.Protocol + " " + port(p.FromPort) + "-" + port(p.ToPort) + " "
		for _, c := range p.Ranges {
			rules = append(rules, lead+c.CIDR.String())
		}
		for _, l := range p.PrefixLists {
			rules = append(rules, lead+string(l.List))
		}
		for _, o := range p.Groups {
			rules = append(rules, lead+string(o.Group))
		}
	}
	sort.Strings(rules)
	return fmt.Sprint(g.EgressKnown, slices.Compact(rules))
}

// placement is a subnet with a security group.
type placement struct {
	subnet, group string
	alike         []string
}

func placesOf(subnetsA, subnetsB, groupsA, groupsB map[string]class, res *Result) []placement {
	reps := func(a, b map[string]class) (map[string][]string, map[string][]string) {
		byVPC, alike := map[string][]string{}, map[string][]string{}
		first := map[string]string{}
		for _, id := range both(keys(a), keys(b)) {
			key := b[id].vpc + "\x00" + a[id].key + "\x00" + b[id].key
			if rep, ok := first[key]; ok {
				alike[rep] = append(alike[rep], id)
				continue
			}
			first[key] = id
			byVPC[b[id].vpc] = append(byVPC[b[id].vpc], id)
		}
		return byVPC, alike
	}
	nets, alikeNets := reps(subnetsA, subnetsB)
	groups, _ := reps(groupsA, groupsB)
	var out []placement
	for _, vpc := range keys(nets) {
		n := len(groups[vpc]) * len(nets[vpc])
		for i := range min(n, maxPlaces) {
			s := nets[vpc][i%len(nets[vpc])]
			out = append(out, placement{s, groups[vpc][i/len(nets[vpc])], alikeNets[s]})
		}
		if n > maxPlaces {
			res.Notes = append(res.Notes, fmt.Sprintf("%s: %d of %d pairs of subnet class and security group class were asked about; --job asks about the job's own.", vpc, maxPlaces, n))
		}
	}
	return out
}
