package access

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// survey asks how classes of interfaces reach S3.
type survey struct {
	world   *sim.World
	regions []string // of buckets
	// perAddress: a policy tells interfaces apart by their addresses; publicIP: by
	// their public ones. exact: answers are compared in full.
	perAddress, publicIP, exact bool
	calls                       bool // paths to STS count, too

	everything bool // also what cannot get to S3; only tests set it
	walked     int  // classes whose paths were walked
}

func newSurvey(w *sim.World, resources []string, policies *sim.Classes) survey {
	return survey{world: w, regions: regionsOf(w, w.Snapshot(), resources), perAddress: policies.PerInterface(), publicIP: policies.Name("aws:SourceIp")}
}

// answers asks for every class.
func (v *survey) answers(ctx context.Context, q *Query, list []Class) ([]pathAnswer, error) {
	out := make([]pathAnswer, len(list))
	extent := v.world.Network().Extent()
	var linked []int
	for i := range list {
		if !v.everything && !v.calls && extent.Isolated(list[i].Subnet) {
			out[i] = isolated(&list[i])
		} else {
			linked = append(linked, i)
		}
	}
	v.walked += len(linked)
	err := Each(ctx, Query{Workers: q.Workers}, len(linked), func(i int) error {
		out[linked[i]] = v.paths(&list[linked[i]])
		return nil
	})
	return out, err
}

// isolated is the answer of a class from which nothing leads to S3.
func isolated(c *Class) pathAnswer {
	signs := fmt.Sprintf("%s %s %s|isolated", c.Account, c.Region, c.VPC)
	return pathAnswer{class: *c, own: sim.Blocked, open: map[string]bool{}, signs: signs, like: signs, exact: signs}
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
	calls       string       // equal where two classes reach STS alike
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
	for _, to := range v.destinations(c) {
		all, err := v.world.Network().Brief(query(c.Job(), to))
		if err != nil || !all.Uniform {
			return false
		}
		one, err := v.world.Network().Brief(query(c.End(), to))
		if err != nil || one.Outcome != all.Outcome || !slices.EqualFunc(one.Paths, all.Paths, func(x, y network.BriefPath) bool {
			return x.Outcome == y.Outcome && x.Context.Via == y.Context.Via && x.Context.Endpoint == y.Context.Endpoint
		}) {
			return false
		}
	}
	return true
}

func query(from, to network.Endpoint) network.Query {
	return network.Query{From: from, Protocol: 6, To: to}
}

func s3In(region string) network.Endpoint {
	return network.Endpoint{S3: &network.S3Destination{Region: region}}
}

// destinations are the ends that a class's traffic goes to: S3 of each Region,
// and with chains STS of its own.
func (v *survey) destinations(c *Class) []network.Endpoint {
	var out []network.Endpoint
	for _, region := range v.regions {
		out = append(out, s3In(region))
	}
	if v.calls {
		out = append(out, stsIn(c.Region))
	}
	return out
}

func stsIn(region string) network.Endpoint {
	s, _ := rules.ServiceOfAction(assumeRole, region)
	return network.Endpoint{Service: s.Endpoint.Name, Host: s.Endpoint.Host}
}

// callsOf says how a class reaches STS.
func (v *survey) callsOf(c *Class) string {
	var b strings.Builder
	brief, err := v.world.Network().Brief(query(c.End(), stsIn(c.Region)))
	fmt.Fprint(&b, "STS ", c.Account, c.Region, c.VPC, err, brief.Outcome)
	for i := range brief.Paths {
		fmt.Fprint(&b, brief.Paths[i].Outcome, brief.Paths[i].Context)
	}
	return b.String()
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
		b, err := v.brief(query(c.End(), s3In(region)), &exact)
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
		for i := range b.Paths {
			f := &b.Paths[i]
			write("%d %s %s %s %v %v;", f.Outcome, f.Context.Via, f.Context.Endpoint, f.Context.EndpointVPC, f.Context.VPCSourceIP, f.Context.Uncertain)
			fmt.Fprint(&signs, f.Context.PublicIPs)
			if v.publicIP {
				fmt.Fprint(&like, f.Context.PublicIPs)
			}
			out.passes(f)
		}
	}
	if v.calls {
		out.calls = v.callsOf(&c)
		write("%s|", out.calls)
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
	for _, list := range [][]network.Missing{r.Unknowns, r.Also, r.PathFacts} {
		for i := range list {
			fmt.Fprintln(b, list[i].Code, list[i].Component, list[i].Fact)
		}
	}
}

// passes notes what a way goes through.
func (a *pathAnswer) passes(f *network.BriefPath) {
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
