package access

import (
	"cmp"
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

// Class is interfaces that no rule tells apart but by their address.
type Class struct {
	Subnet snapshot.SubnetID          `json:"subnet"`
	Groups []snapshot.SecurityGroupID `json:"groups"`
	Public bool                       `json:"public,omitempty"` // they have public addresses
	Count  int                        `json:"count"`            // interfaces in the snapshot
	// Example is one of the interfaces; empty where there is none yet.
	Example snapshot.NetworkInterfaceID `json:"example,omitempty"`
	// Users names the jobs and functions that get such interfaces.
	Users []string `json:"users,omitempty"`
}

// End is the class as one end of a network query.
func (c *Class) End(account string) network.Endpoint {
	if c.Example != "" {
		return network.Endpoint{Interface: c.Example}
	}
	return network.Endpoint{Job: &network.HypotheticalInterface{Account: account, Subnet: c.Subnet, Groups: c.Groups}}
}

// question asks from the class.
func (c *Class) question() sim.Question {
	if c.Example != "" {
		return sim.Question{Source: string(c.Example)}
	}
	return sim.Question{Job: snapshot.Job{Subnets: []snapshot.SubnetID{c.Subnet}, SecurityGroups: c.Groups, HasVPCConfig: true}}
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
func (v *survey) answers(ctx context.Context, q *Query, list []Class, keys []classKey) ([]pathAnswer, error) {
	out := make([]pathAnswer, len(list))
	err := Each(ctx, Query{Workers: q.Workers}, len(list), func(i int) error {
		out[i] = v.paths(keys[i], list[i])
		return nil
	})
	return out, err
}

func sourcesOf(ctx context.Context, w *sim.World, q *Query, resources []string, policies *sim.Classes) (*sources, error) {
	list, keys := interfaceClasses(w.Snapshot(), q)
	v := newSurvey(w, resources, policies)
	answers, err := v.answers(ctx, q, list, keys)
	if err != nil {
		return nil, err
	}
	return joinSources(q, list, keys, answers, v.regions), nil
}

// joinSources makes one source of the classes whose traffic takes the same paths.
func joinSources(q *Query, list []Class, keys []classKey, answers []pathAnswer, regions []string) *sources {
	out := &sources{open: map[string]map[int]bool{}, q: q}
	index, alike := map[string]int{}, map[string]int{}
	for i, c := range list {
		a := &answers[i]
		n, known := index[a.signs]
		if !known {
			n = len(out.list)
			index[a.signs] = n
			if _, known := alike[a.like]; !known {
				alike[a.like] = n
			}
			out.list = append(out.list, Source{Kind: "interfaces", Account: keys[i].account, Region: keys[i].region, VPC: keys[i].vpc,
				Network: a.own, Via: a.via, question: c.question(), endpoints: a.endpoints, signs: a.signs, like: alike[a.like]})
			for region := range a.open {
				out.mark(region, n)
			}
		}
		s := &out.list[n]
		s.Count += c.Count
		s.Classes = append(s.Classes, c)
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

// classes collects interface classes.
type classes struct {
	q     *Query
	index map[classKey]int
	list  []Class
	keys  []classKey
}

// interfaceClasses sorts the snapshot's interfaces, and those that its jobs and
// functions get, into classes. Interfaces that AWS manages, and that carry
// nobody's role, are left out.
func interfaceClasses(s *snapshot.Snapshot, q *Query) ([]Class, []classKey) {
	c := &classes{q: q, index: map[classKey]int{}}
	for _, a := range s.Accounts {
		for _, r := range a.Regions {
			for i := range r.EC2.NetworkInterfaces.Items {
				if e := &r.EC2.NetworkInterfaces.Items[i]; !managed(e) {
					k := classKey{a.ID, r.Name, string(e.VPC), string(e.Subnet), groupKey(e.Groups, e.GroupsKnown), hasPublic(e), len(e.IPv6) > 0}
					c.add(k, Class{Subnet: e.Subnet, Groups: sorted(e.Groups), Public: k.public, Example: e.ID}, 1, "")
				}
			}
			c.future(a, r)
		}
	}
	for i := range q.Jobs {
		c.job(s, &q.Jobs[i])
	}
	return sortClasses(c.list, c.keys)
}

// Subnets are those that some of the query's interfaces are in.
func Subnets(s *snapshot.Snapshot, q Query) map[snapshot.SubnetID]bool {
	list, _ := interfaceClasses(s, &q)
	out := map[snapshot.SubnetID]bool{}
	for i := range list {
		out[list[i].Subnet] = true
	}
	return out
}

// future adds the interfaces that jobs and functions of a Region get.
func (c *classes) future(a *snapshot.Account, r *snapshot.Region) {
	for _, rec := range r.SageMaker.Jobs.Items {
		if j, err := snapshot.ParseJob(rec.Raw); err == nil && j.HasVPCConfig {
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
		if n := &r.EC2.Subnets.Items[i]; n.ID == id {
			c.add(classKey{a.ID, r.Name, string(n.VPC), string(id), groupKey(groups, true), false, false}, Class{Subnet: id, Groups: sorted(groups)}, 0, user)
		}
	}
}

func (c *classes) add(k classKey, fresh Class, count int, user string) {
	if c.q.Subnet != "" && fresh.Subnet != c.q.Subnet || c.q.VPC != "" && k.vpc != string(c.q.VPC) {
		return
	}
	n, known := c.index[k]
	if !known {
		n = len(c.list)
		c.index[k] = n
		c.list, c.keys = append(c.list, fresh), append(c.keys, k)
	}
	one := &c.list[n]
	one.Count += count
	if user != "" && !slices.Contains(one.Users, user) {
		one.Users = append(one.Users, user)
	}
}

func sorted(g []snapshot.SecurityGroupID) []snapshot.SecurityGroupID {
	return slices.Compact(slices.Sorted(slices.Values(g)))
}

func groupKey(g []snapshot.SecurityGroupID, known bool) string { return fmt.Sprint(sorted(g), known) }

func sortClasses(classes []Class, keys []classKey) ([]Class, []classKey) {
	order := make([]int, len(classes))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(keys[a].account, keys[b].account), cmp.Compare(keys[a].region, keys[b].region), cmp.Compare(keys[a].subnet, keys[b].subnet),
			slices.Compare(classes[a].Groups, classes[b].Groups), cmp.Compare(classes[a].Example, classes[b].Example))
	})
	c, k := make([]Class, len(order)), make([]classKey, len(order))
	for i, n := range order {
		c[i], k[i] = classes[n], keys[n]
	}
	return c, k
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

func hasPublic(e *snapshot.NetworkInterface) bool {
	for _, a := range e.Addresses {
		if a.Public.IsValid() {
			return true
		}
	}
	return false
}

// pathAnswer is how one class's traffic reaches S3.
type pathAnswer struct {
	own  sim.Verdict
	via  []string
	open map[string]bool // Regions where some traffic may arrive
	// endpoints are those of every flow, whatever becomes of it.
	endpoints []snapshot.VPCEndpointID
	// signs are equal where two classes take the same paths, like where no policy
	// tells them apart besides.
	signs, like string
	exact       string // equal where nothing tells two answers apart
}

// paths asks the network half how a class reaches S3 in each Region.
func (v *survey) paths(k classKey, c Class) pathAnswer {
	out := pathAnswer{open: map[string]bool{}}
	var signs, like, exact strings.Builder
	write := func(format string, args ...any) {
		fmt.Fprintf(io.MultiWriter(&signs, &like), format, args...)
	}
	write("%s %s %s|", k.account, k.region, k.vpc)
	if v.perAddress {
		write("%s %s %v|", c.Example, c.Subnet, c.Groups)
	}
	for _, region := range v.regions {
		res, err := v.world.Network().Ask(network.Query{From: c.End(k.account), Protocol: 6,
			To: network.Endpoint{S3: &network.S3Destination{Region: region}}})
		if err != nil {
			write("%s error %s %s|", region, c.Example, err)
			out.open[region] = true
			continue
		}
		if v.exact {
			exactly(&exact, res)
		}
		outcome := sim.Verdict(res.Outcome)
		if region == k.region || len(v.regions) == 1 {
			out.own = outcome
		}
		write("%s %d ", region, outcome)
		if outcome != sim.Blocked {
			out.open[region] = true
		}
		for i := range res.Flows {
			f := &res.Flows[i]
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

// passes notes what a flow goes through.
func (a *pathAnswer) passes(f *network.Flow) {
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
