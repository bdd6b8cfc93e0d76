package access

import (
	"context"
	"fmt"
	"io"
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
	like      int                      // the first source that no policy tells from this one
}

// Class is interfaces that fare alike, or one that jobs and functions get.
type Class struct {
	network.Class
	// Users names the jobs and functions that get such interfaces.
	Users []string `json:"users,omitempty"`
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
}

// classKey tells interface classes apart.
type classKey struct {
	account, region, vpc, subnet, groups string
	public, ipv6                         bool
}

func (c *Class) key() classKey {
	return classKey{c.Account, c.Region, string(c.VPC), string(c.Subnet), fmt.Sprint(c.Groups), c.Public, c.IPv6}
}

// survey asks how classes of interfaces reach S3.
type survey struct {
	world   *sim.World
	regions []string // of buckets
	// perAddress: a policy tells interfaces apart by their addresses; publicIP: by
	// their public ones. exact: answers are compared in full.
	perAddress, publicIP, exact bool
}

func newSurvey(w *sim.World, resources []string, policies *sim.Classes) survey {
	return survey{world: w, regions: regionsOf(w, w.Snapshot(), resources), perAddress: policies.PerInterface(), publicIP: policies.Name("aws:SourceIp")}
}

// answers asks for every class.
func (v *survey) answers(ctx context.Context, q *Query, list []Class) ([]pathAnswer, error) {
	out := make([]pathAnswer, len(list))
	err := Each(ctx, Query{Workers: q.Workers}, len(list), func(i int) error {
		out[i] = v.paths(&list[i])
		return nil
	})
	return out, err
}

func sourcesOf(ctx context.Context, w *sim.World, q *Query, resources []string, policies *sim.Classes) (*sources, error) {
	v := newSurvey(w, resources, policies)
	answers, err := v.answers(ctx, q, interfaceClasses(w, q))
	if err != nil {
		return nil, err
	}
	return joinSources(q, answers, v.regions), nil
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
					Network: a.own, Via: a.via, question: a.class.question(), endpoints: a.endpoints, signs: a.signs, like: alike[a.like]})
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
		out.list = append(out.list, Source{Kind: "internet", Network: sim.Reachable, Via: []string{"internet"}, question: sim.Question{Source: sim.FromInternet}, like: len(out.list)})
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
			for _, id := range j.Subnets {
				c.placement(a, r, id, j.SecurityGroups, rec.Kind+" "+rec.Name)
			}
		}
	}
	for i := range r.Functions.Items {
		f := &r.Functions.Items[i]
		for _, id := range f.Subnets {
			c.placement(a, r, id, f.Groups, "Function "+f.Name)
		}
	}
}

// job adds the interfaces of a job that the caller names.
func (c *classes) job(s *snapshot.Snapshot, j *snapshot.Job) {
	for _, a := range s.Accounts {
		for _, r := range a.Regions {
			for _, id := range j.Subnets {
				c.placement(a, r, id, j.SecurityGroups, j.Kind+" "+j.Name)
			}
		}
	}
}

// placement adds what an interface in a subnet of the Region would be.
func (c *classes) placement(a *snapshot.Account, r *snapshot.Region, id snapshot.SubnetID, groups []snapshot.SecurityGroupID, user string) {
	for i := range r.EC2.Subnets.Items {
		if n := &r.EC2.Subnets.Items[i]; n.ID == id && c.wanted(n.VPC, id) {
			c.add(network.Class{Account: a.ID, Region: r.Name, VPC: n.VPC, Subnet: id, Groups: slices.Compact(slices.Sorted(slices.Values(groups)))}, user)
		}
	}
}

func (c *classes) add(fresh network.Class, user string) {
	key := placementKey(&fresh)
	n, known := c.index[key]
	if !known {
		n = len(c.list)
		c.index[key] = n
		c.list = append(c.list, Class{Class: fresh})
	}
	if one := &c.list[n]; user != "" && !slices.Contains(one.Users, user) {
		one.Users = append(one.Users, user)
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

// pathAnswer is how one class's traffic reaches S3.
type pathAnswer struct {
	class Class
	own   sim.Verdict
	via   []string
	open  map[string]bool // Regions where some traffic may arrive
	// endpoints are those of every flow, whatever becomes of it.
	endpoints []snapshot.VPCEndpointID
	// signs are equal where two classes take the same paths, like where no policy
	// tells them apart besides.
	signs, like string
	exact       string       // equal where nothing tells two answers apart
	members     []pathAnswer // of the class's interfaces one by one, where they may fare differently
}

// parts are the answers of which the class's consists.
func (a *pathAnswer) parts() []pathAnswer {
	if len(a.members) > 0 {
		return a.members
	}
	return []pathAnswer{*a}
}

// paths asks the network half how a class reaches S3 in each Region: for one of
// its interfaces, or for each, where they may fare differently.
func (v *survey) paths(c *Class) pathAnswer {
	if v.alike(c) {
		return v.answer(*c)
	}
	out := pathAnswer{class: *c}
	for _, id := range c.Members {
		one := *c
		one.Example, one.Members, one.Count = id, []snapshot.NetworkInterfaceID{id}, 1
		a := v.answer(one)
		out.signs, out.exact = out.signs+a.signs, out.exact+a.exact
		out.endpoints = append(out.endpoints, a.endpoints...)
		out.members = append(out.members, a)
	}
	return out
}

// alike tells that no rule and no policy tells the interfaces of a class apart
// by their addresses: whatever address of the subnet they have, the outcome is
// the same.
func (v *survey) alike(c *Class) bool {
	if c.Count < 2 {
		return true
	}
	if v.perAddress || v.publicIP && c.Public {
		return false
	}
	for _, region := range v.regions {
		all, err := v.world.Network().Brief(query(c.Job(), region))
		if err != nil || !all.Uniform {
			return false
		}
		one, err := v.world.Network().Brief(query(c.End(), region))
		if err != nil || one.Outcome != all.Outcome || !slices.EqualFunc(one.Ways, all.Ways, func(x, y network.Way) bool {
			return x.Outcome == y.Outcome && x.Context.Via == y.Context.Via && x.Context.Endpoint == y.Context.Endpoint
		}) {
			return false
		}
	}
	return true
}

func query(from network.Endpoint, region string) network.Query {
	return network.Query{From: from, Protocol: 6, To: network.Endpoint{S3: &network.S3Destination{Region: region}}}
}

func (v *survey) answer(c Class) pathAnswer {
	out := pathAnswer{class: c, open: map[string]bool{}}
	var signs, like, exact strings.Builder
	write := func(format string, args ...any) {
		fmt.Fprintf(io.MultiWriter(&signs, &like), format, args...)
	}
	write("%s %s %s|", c.Account, c.Region, c.VPC)
	if v.perAddress {
		write("%s %s %v|", c.Example, c.Subnet, c.Groups)
	}
	for _, region := range v.regions {
		b, err := v.brief(query(c.End(), region), &exact)
		if err != nil {
			write("%s error %s %s|", region, c.Example, err)
			out.open[region] = true
			continue
		}
		outcome := sim.Verdict(b.Outcome)
		if region == c.Region || len(v.regions) == 1 {
			out.own = outcome
		}
		write("%s %d ", region, outcome)
		if outcome != sim.Blocked {
			out.open[region] = true
		}
		for i := range b.Ways {
			f := &b.Ways[i]
			write("%d %s %s %s %v %v;", f.Outcome, f.Context.Via, f.Context.Endpoint, f.Context.EndpointVPC, f.Context.VPCSourceIP, f.Context.Uncertain)
			fmt.Fprint(&signs, f.Context.PublicIPs)
			if v.publicIP {
				fmt.Fprint(&like, f.Context.PublicIPs)
			}
			out.passes(f)
		}
	}
	slices.Sort(out.via)
	slices.Sort(out.endpoints)
	out.signs, out.like, out.exact = signs.String(), like.String(), exact.String()
	return out
}

// brief asks; where answers are compared in full, it writes all of the answer.
func (v *survey) brief(q network.Query, exact *strings.Builder) (network.Brief, error) {
	if v.exact {
		res, err := v.world.Network().Ask(q)
		if err != nil {
			return network.Brief{}, err
		}
		exactly(exact, res)
	}
	return v.world.Network().Brief(q)
}

// exactly writes all that the policy half and its answers read of a result.
func exactly(b *strings.Builder, r *network.Result) {
	fmt.Fprint(b, r.Outcome)
	for i := range r.Flows {
		f := &r.Flows[i]
		fmt.Fprint(b, f.Outcome, f.Context, f.Destinations)
		for _, c := range []*network.Cases{&f.Passed, &f.Blocked, &f.Open} {
			fmt.Fprint(b, c.Empty, c.Sources, c.Whole)
		}
	}
	for _, list := range [][]network.Missing{r.Unknowns, r.Also, r.Steering} {
		for i := range list {
			fmt.Fprintln(b, list[i].Code, list[i].Component, list[i].Fact)
		}
	}
}

// passes notes what a way goes through.
func (a *pathAnswer) passes(f *network.Way) {
	via := string(f.Context.Endpoint)
	if via != "" && !slices.Contains(a.endpoints, f.Context.Endpoint) {
		a.endpoints = append(a.endpoints, f.Context.Endpoint)
	}
	if via == "" && f.Context.Via == "public" {
		via = "internet"
	}
	if via != "" && sim.Verdict(f.Outcome) != sim.Blocked && !slices.Contains(a.via, via) {
		a.via = append(a.via, via)
	}
}
