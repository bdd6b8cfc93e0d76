package access

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// Source is where requests come from: classes of interfaces whose traffic to S3
// takes the same paths, or the internet.
type Source struct {
	Kind    string      `json:"kind"` // "interfaces" or "internet"
	Account string      `json:"account,omitempty"`
	Region  string      `json:"region,omitempty"`
	VPC     string      `json:"vpc,omitempty"`
	Network sim.Verdict `json:"network"` // of the path to S3 in the source's own Region
	Via     []string    `json:"via,omitempty"`
	Count   int         `json:"count"` // interfaces
	Classes []Class     `json:"classes,omitempty"`

	question  sim.Question
	endpoints []snapshot.VPCEndpointID // that its traffic passes or may pass
	signs     string                   // of its paths
	calls     string                   // of its paths to STS; the sources with the same call it alike
	like      int                      // the first source that no policy tells from this one
}

// Class is interfaces that fare alike, or one that jobs and functions get.
type Class struct {
	network.Class
	// Users names the jobs and functions that get such interfaces.
	Users []string `json:"users,omitempty"`
	uses  []use    // the same with their roles
}

// question asks from the class.
func (c *Class) question() sim.Question {
	if c.Example != "" {
		return sim.Question{Source: string(c.Example)}
	}
	return sim.Question{Job: snapshot.Job{Subnets: []snapshot.SubnetID{c.Subnet}, SecurityGroups: c.Groups}}
}

// Name is a short text for the source.
func (s *Source) Name() string {
	if s.Kind == "internet" {
		return "the internet, outside of every VPC"
	}
	if s.Count == 1 {
		return "1 interface of " + s.VPC
	}
	return fmt.Sprintf("%d interfaces of %s", s.Count, s.VPC)
}

// sources are all sources with the paths that they take to each Region.
type sources struct {
	list []Source
	open map[string]map[int]bool // Region → sources some of whose traffic may arrive there
	q    *Query

	walked int // classes whose paths were walked
}

// classKey tells interface classes apart.
type classKey struct {
	account, region, vpc, subnet, groups string
	public, ipv6                         bool
}

func (c *Class) key() classKey {
	return classKey{c.Account, c.Region, string(c.VPC), string(c.Subnet), fmt.Sprint(c.Groups), c.Public, c.IPv6}
}

func sourcesOf(ctx context.Context, w *sim.World, q *Query, resources []string, policies *sim.Classes) (*sources, error) {
	v := newSurvey(w, resources, policies)
	v.calls, v.everything = q.Chains, q.everything
	answers, err := v.answers(ctx, q, interfaceClasses(w, q))
	if err != nil {
		return nil, err
	}
	out := joinSources(q, answers, v.regions)
	out.walked = v.walked
	return out, nil
}

// joinSources makes one source of the classes whose traffic takes the same paths.
func joinSources(q *Query, answers []pathAnswer, regions []string) *sources {
	out := &sources{open: map[string]map[int]bool{}, q: q}
	index, alike := map[string]int{}, map[string]int{}
	for i := range answers {
		for _, a := range answers[i].parts() {
			n, known := index[a.signs]
			if !known {
				n = len(out.list)
				index[a.signs] = n
				if _, known := alike[a.like]; !known {
					alike[a.like] = n
				}
				out.list = append(out.list, Source{Kind: "interfaces", Account: a.class.Account, Region: a.class.Region, VPC: string(a.class.VPC),
					Network: a.own, Via: a.via, question: a.class.question(), endpoints: a.endpoints, signs: a.signs, calls: a.calls, like: alike[a.like]})
				for region := range a.open {
					out.mark(region, n)
				}
			}
			s := &out.list[n]
			s.Count += a.class.Count
			s.Classes = append(s.Classes, a.class)
		}
	}
	if q.Subnet == "" && q.VPC == "" {
		out.list = append(out.list, Source{Kind: "internet", Network: sim.Reachable, Via: []string{"internet"}, question: sim.Question{Source: sim.FromInternet}, calls: "internet", like: len(out.list)})
		for _, region := range regions {
			out.mark(region, len(out.list)-1)
		}
	}
	return out
}

func (s *sources) mark(region string, n int) {
	if s.open[region] == nil {
		s.open[region] = map[int]bool{}
	}
	s.open[region][n] = true
}

// toward lists the sources some of whose traffic may reach a bucket.
func (s *sources) toward(w *sim.World, resource string) []int {
	region := ""
	if b, ok := w.FindBucket(bucketName(resource)); ok {
		region = b.Region
	}
	var out []int
	for i := range s.list {
		if region == "" || s.open[region][i] {
			out = append(out, i)
		}
	}
	return out
}

func bucketName(arn string) string {
	rest := arn
	if f := strings.SplitN(arn, ":", 6); len(f) == 6 {
		rest = f[5]
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// regionsOf are the Regions of the resources' buckets.
func regionsOf(w *sim.World, s *snapshot.Snapshot, resources []string) []string {
	var out []string
	for _, r := range resources {
		if b, ok := w.FindBucket(bucketName(r)); ok && b.Region != "" && !slices.Contains(out, b.Region) {
			out = append(out, b.Region)
		}
	}
	if len(out) == 0 {
		for _, a := range s.Accounts {
			for _, r := range a.Regions {
				if !slices.Contains(out, r.Name) {
					out = append(out, r.Name)
				}
			}
		}
	}
	slices.Sort(out)
	return out
}

// interfaceClasses sorts the snapshot's interfaces, and those that its jobs and
// functions get, into classes. Interfaces that AWS manages, and that carry
// nobody's role, are left out.
func interfaceClasses(w *sim.World, q *Query) []Class {
	c := &classes{q: q, index: map[string]int{}}
	for _, k := range w.Network().Classes(func(e *snapshot.NetworkInterface) bool { return c.wanted(e.VPC, e.Subnet) && !managed(e) }) {
		c.list = append(c.list, Class{Class: k})
		if !k.Public && !k.IPv6 {
			c.index[placementKey(&k)] = len(c.list) - 1
		}
	}
	for _, a := range w.Snapshot().Accounts {
		for _, r := range a.Regions {
			c.future(a, r)
		}
	}
	for i := range q.Jobs {
		c.job(w.Snapshot(), &q.Jobs[i])
	}
	slices.SortFunc(c.list, func(x, y Class) int { return network.CompareClasses(&x.Class, &y.Class) })
	return c.list
}

// classes collects interface classes.
type classes struct {
	q     *Query
	index map[string]int // those that a job's interface may be of
	list  []Class
}

func placementKey(c *network.Class) string {
	return fmt.Sprint(c.Account, c.Region, c.Subnet, c.Groups)
}

func (c *classes) wanted(vpc snapshot.VPCID, subnet snapshot.SubnetID) bool {
	return (c.q.Subnet == "" || c.q.Subnet == subnet) && (c.q.VPC == "" || c.q.VPC == vpc)
}

// Subnets are those that some of the query's interfaces are in.
func Subnets(w *sim.World, q Query) map[snapshot.SubnetID]bool {
	list := interfaceClasses(w, &q)
	out := map[snapshot.SubnetID]bool{}
	for i := range list {
		out[list[i].Subnet] = true
	}
	return out
}

// future adds the interfaces that jobs and functions of a Region get.
func (c *classes) future(a *snapshot.Account, r *snapshot.Region) {
	for _, rec := range r.SageMaker.Jobs.Items {
		if j, err := snapshot.ParseJob(rec.Raw); err == nil && j.InVPC() {
			u := use{rec.Kind + " " + rec.Name, j.RoleARN, &sim.Question{Job: j, Account: a.ID, Region: r.Name}}
			for _, id := range j.Subnets {
				c.placement(a, r, id, j.SecurityGroups, u)
			}
		}
	}
	for i := range r.Functions.Items {
		f := &r.Functions.Items[i]
		u := use{"Function " + f.Name, f.RoleARN, &sim.Question{Source: f.ARN}}
		for _, id := range f.Subnets {
			c.placement(a, r, id, f.Groups, u)
		}
	}
}

// job adds the interfaces of a job that the caller names.
func (c *classes) job(s *snapshot.Snapshot, j *snapshot.Job) {
	u := use{j.Kind + " " + j.Name, j.RoleARN, &sim.Question{Job: *j}}
	for _, a := range s.Accounts {
		for _, r := range a.Regions {
			for _, id := range j.Subnets {
				c.placement(a, r, id, j.SecurityGroups, u)
			}
		}
	}
}

// placement adds what an interface in a subnet of the Region would be.
func (c *classes) placement(a *snapshot.Account, r *snapshot.Region, id snapshot.SubnetID, groups []snapshot.SecurityGroupID, user use) {
	for i := range r.EC2.Subnets.Items {
		if n := &r.EC2.Subnets.Items[i]; n.ID == id && c.wanted(n.VPC, id) {
			c.add(network.Class{Account: a.ID, Region: r.Name, VPC: n.VPC, Subnet: id, Groups: slices.Compact(slices.Sorted(slices.Values(groups)))}, user)
		}
	}
}

func (c *classes) add(fresh network.Class, user use) {
	key := placementKey(&fresh)
	n, known := c.index[key]
	if !known {
		n = len(c.list)
		c.index[key] = n
		c.list = append(c.list, Class{Class: fresh})
	}
	one := &c.list[n]
	if !slices.Contains(one.Users, user.name) {
		one.Users = append(one.Users, user.name)
	}
	if !slices.Contains(one.uses, user) {
		one.uses = append(one.uses, user)
	}
}

// managed tells interfaces of AWS's own services from those that a role's
// code runs behind.
//
// AWS: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/requester-managed-eni.html
func managed(e *snapshot.NetworkInterface) bool {
	switch e.InterfaceType {
	case "", "interface", "efa", "efa-only", "trunk", "branch", "lambda":
		return false
	}
	return true
}
