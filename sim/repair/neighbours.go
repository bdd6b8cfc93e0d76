package repair

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/sim/diff"
	"github.com/canreach/canreach/snapshot"
)

// Neighbour is something else that a repair breaks or opens.
type Neighbour struct {
	Who    string      `json:"who"`  // "i-0a1b2c3d (web-server) and 3 alike", "function metrics", "job train-1"
	What   string      `json:"what"` // "s3:GetObject on arn:aws:s3:::web-assets/*", "the network to s3"
	Before sim.Verdict `json:"before"`
	After  sim.Verdict `json:"after"`
	Effect string      `json:"effect"` // "breaks" or "opens"
}

// Bounds of what is asked of neighbours.
const (
	maxClasses   = 64 // classes of interfaces asked for one repair, and as many roles
	maxBuckets   = 6  // buckets asked for one class
	maxQuestions = 2_000
)

// neighbours are the other workloads of a snapshot, in classes that fare alike.
type neighbours struct {
	world   *sim.World
	q       Query
	classes []*class
	asked   int
}

// class is workloads with one subnet, one set of groups and one role.
type class struct {
	who     string
	alike   int // more of them
	subnets []snapshot.SubnetID
	groups  []string
	vpc     snapshot.VPCID
	role    string                  // its ARN; empty: not known
	list    func() []neighbourQuery // the questions, listed when somebody asks
	queries []neighbourQuery
}

// neighbourQuery is a question of a class with its answer before any change.
type neighbourQuery struct {
	Query
	what   string
	role   string // of a question about a bucket
	before *sim.Answer
}

// answer asks in a world; of a question about a bucket, for the verdict alone.
func (q *neighbourQuery) answer(ctx context.Context, w *sim.World) (*sim.Answer, error) {
	if q.role == "" {
		return q.Query.Ask(ctx, w)
	}
	if !w.MayAllow(q.role, q.Check.Bucket, q.Check.Actions[0]) {
		return &sim.Answer{Verdict: sim.Blocked}, nil
	}
	outcomes, err := w.Decide(q.Check)
	if err != nil || len(outcomes) != 1 {
		return nil, cmp.Or(err, errNoChange)
	}
	return &sim.Answer{Verdict: outcomes[0].Verdict}, nil
}

// Others are all other workloads of a snapshot, asked before and after changes.
type Others struct {
	n    *neighbours
	self source
}

// NewOthers lists everybody on w but who asks q.
func NewOthers(ctx context.Context, w *sim.World, q Query) (*Others, error) {
	a, err := q.Ask(ctx, w)
	if err != nil {
		return nil, err
	}
	o := &Others{n: &neighbours{world: w, q: q}, self: sourceOf(w.Snapshot(), &q, a)}
	o.n.collect(&o.self)
	return o, nil
}

// Ask asks everybody whom the changes that made after concern, and returns
// whom they break or open; fewer where ctx ends before.
func (o *Others) Ask(ctx context.Context, changes []change.Change, after *sim.World) []Neighbour {
	list, _ := o.n.ask(ctx, changes, after)
	return list
}

func (s *search) neighbours() *neighbours {
	if s.others == nil {
		s.others = &neighbours{world: s.world, q: s.q}
		s.others.collect(&s.source)
	}
	return s.others
}

// collect lists the classes, without the source itself.
func (n *neighbours) collect(self *source) {
	byKey := map[string]*class{}
	add := func(key string, make func() *class) {
		if old := byKey[key]; old != nil {
			old.alike++
			return
		}
		byKey[key] = make()
		n.classes = append(n.classes, byKey[key])
	}
	for _, a := range n.world.Snapshot().Accounts {
		for _, r := range a.Regions {
			n.interfaces(r, self, add)
			n.functions(r, self, add)
			n.jobs(r, add)
		}
	}
	n.otherRoles(self)
}

// startsTraffic are the types of interfaces that start connections of their own.
//
// AWS: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html
var startsTraffic = []string{"", "interface", "efa", "efa-only", "trunk", "branch", "api_gateway_managed", "aws_codestar_connections_managed", "iot_rules_managed"}

func (n *neighbours) interfaces(r *snapshot.Region, self *source, add func(string, func() *class)) {
	instances := map[string]*snapshot.Instance{}
	for i := range r.EC2.Instances.Items {
		instances[r.EC2.Instances.Items[i].ID] = &r.EC2.Instances.Items[i]
	}
	for i := range r.EC2.NetworkInterfaces.Items {
		e := &r.EC2.NetworkInterfaces.Items[i]
		if !slices.Contains(startsTraffic, e.InterfaceType) || self.id != "" && (string(e.ID) == self.id || e.InstanceID == self.id) || strings.HasPrefix(e.Description, "VPC Endpoint Interface") {
			continue
		}
		in := instances[e.InstanceID]
		key := fmt.Sprint(e.Subnet, e.Groups)
		if in != nil {
			key += in.ProfileARN
		}
		add(key, func() *class { return n.interfaceClass(r, e, in) })
	}
}

func (n *neighbours) interfaceClass(r *snapshot.Region, e *snapshot.NetworkInterface, in *snapshot.Instance) *class {
	c := &class{who: named(string(e.ID), e.Tags), subnets: []snapshot.SubnetID{e.Subnet}, vpc: e.VPC, groups: idTexts(e.Groups)}
	var role *snapshot.Role
	if in != nil {
		c.who = named(in.ID, in.Tags)
		if in.ProfileARN != "" {
			role = roleOfProfile(r.Account, in.ProfileARN)
		}
	}
	if role != nil {
		c.role = role.ARN
	}
	c.list = func() []neighbourQuery {
		out := []neighbourQuery{network(string(e.ID), "s3"), network(string(e.ID), "internet")}
		if role != nil {
			out = append(out, n.buckets(sim.Question{Source: in.ID}, r, role)...)
		}
		return out
	}
	return c
}

func idTexts(ids []snapshot.SecurityGroupID) []string {
	var out []string
	for _, id := range ids {
		out = append(out, string(id))
	}
	sort.Strings(out)
	return out
}

func (n *neighbours) functions(r *snapshot.Region, self *source, add func(string, func() *class)) {
	for i := range r.Functions.Items {
		f := &r.Functions.Items[i]
		if len(f.Subnets) == 0 || f.Name == self.id || f.ARN == self.id {
			continue
		}
		add("function "+fmt.Sprint(f.Subnets, f.Groups, f.RoleARN), func() *class {
			return &class{who: "function " + f.Name, role: f.RoleARN, subnets: f.Subnets, vpc: f.VPC, groups: idTexts(f.Groups), list: func() []neighbourQuery {
				role, _ := n.world.FindRole(f.RoleARN)
				return n.buckets(sim.Question{Source: f.Name}, r, role)
			}}
		})
	}
}

// jobs are those that the snapshot holds, each asked for its own buckets.
func (n *neighbours) jobs(r *snapshot.Region, add func(string, func() *class)) {
	for _, rec := range r.SageMaker.Jobs.Items {
		j, err := snapshot.ParseJob(rec.Raw)
		if err != nil || !j.InVPC() || len(j.Inputs)+len(j.Outputs) == 0 || j.Name == n.q.Check.Job.Name {
			continue
		}
		add("job "+j.Name, func() *class {
			return &class{who: "job " + j.Name, role: j.RoleARN, subnets: j.Subnets, groups: idTexts(j.SecurityGroups), list: func() []neighbourQuery {
				return []neighbourQuery{{Query: Query{Check: sim.Question{Job: j}}, what: "its own buckets"}}
			}}
		})
	}
}

func named(id string, tags []snapshot.Tag) string {
	if name, ok := snapshot.TagValue(tags, "Name"); ok && name != "" {
		return id + " (" + name + ")"
	}
	return id
}

func roleOfProfile(a *snapshot.Account, profile string) *snapshot.Role {
	for i := range a.IAM.Roles.Items {
		if r := &a.IAM.Roles.Items[i]; slices.Contains(r.InstanceProfiles, profile) {
			return r
		}
	}
	return nil
}

func network(from, to string) neighbourQuery {
	return neighbourQuery{Query: Query{Trace: &sim.TraceQuestion{From: from, To: to}}, what: "the network to " + to}
}

// buckets are the questions of a role for the buckets that its policies name;
// one whose policies name none is asked for the first buckets there are.
func (n *neighbours) buckets(q sim.Question, r *snapshot.Region, role *snapshot.Role) []neighbourQuery {
	if role == nil {
		return nil
	}
	text := n.policies(role)
	var by, any []string
	for _, a := range n.world.Snapshot().Accounts {
		for i := range a.S3.Buckets.Items {
			name := a.S3.Buckets.Items[i].Name
			if strings.Contains(text, name) {
				by = append(by, name)
			}
			any = append(any, name)
		}
	}
	if len(by) == 0 {
		by = any
	}
	slices.Sort(by)
	partition, _, _ := strings.Cut(strings.TrimPrefix(role.ARN, "arn:"), ":")
	var out []neighbourQuery
	for _, name := range by[:min(len(by), maxBuckets)] {
		for _, action := range bucketActions {
			x := q
			x.Bucket, x.Actions, x.Account, x.Region = "arn:"+partition+":s3:::"+name+"/*", []string{action}, r.Account.ID, r.Name
			out = append(out, neighbourQuery{Query: Query{Check: x}, role: role.ARN, what: action + " on " + x.Bucket})
		}
	}
	return out
}

// policies is the text of a role's policies.
func (n *neighbours) policies(role *snapshot.Role) string {
	var b strings.Builder
	for i := range role.Inline {
		b.Write(role.Inline[i].Document.Raw)
	}
	for _, a := range n.world.Snapshot().Accounts {
		for i := range a.IAM.Policies.Items {
			p := &a.IAM.Policies.Items[i]
			if slices.ContainsFunc(role.Attached, func(x snapshot.AttachedPolicy) bool { return x.ARN == p.ARN }) {
				b.Write(p.Document.Raw)
			}
		}
	}
	return b.String()
}

// ask asks everybody whom the changes concern, and returns whom they break or
// open, and how many classes were left out.
func (n *neighbours) ask(ctx context.Context, changes []change.Change, after *sim.World) (list []Neighbour, left int) {
	touched := n.touched(changes)
	if touched.none() {
		return nil, 0
	}
	interfaces, roles := 0, 0
	for _, c := range n.classes {
		if !touched.concerns(c) {
			continue
		}
		count := &interfaces
		if len(c.subnets) == 0 {
			count = &roles
		}
		if *count >= maxClasses || n.asked > maxQuestions || ctx.Err() != nil {
			left++
			continue
		}
		*count++
		list = append(list, n.askClass(context.WithoutCancel(ctx), c, touched, after)...)
	}
	slices.SortStableFunc(list, func(a, b Neighbour) int { return strings.Compare(a.Effect, b.Effect) })
	return list, left
}

func (n *neighbours) askClass(ctx context.Context, c *class, t *touched, after *sim.World) []Neighbour {
	who := c.who
	if c.alike > 0 {
		who = fmt.Sprintf("%s and %d alike", who, c.alike)
	}
	if c.queries == nil {
		c.queries = c.list()
	}
	n.bucketsOf(c, t)
	var out []Neighbour
	for i := range c.queries {
		q := &c.queries[i]
		if q.before == nil {
			a, err := q.answer(ctx, n.world)
			if err != nil {
				a = &sim.Answer{Verdict: sim.Unknown}
			}
			q.before = a
		}
		a, err := q.answer(ctx, after)
		if n.asked++; err != nil {
			continue
		}
		effect := diff.Direction(q.before.Verdict, a.Verdict)
		switch {
		case effect == "breaks" || effect == "opens":
			out = append(out, Neighbour{who, q.what, q.before.Verdict, a.Verdict, effect})
		case q.Trace != nil && q.Trace.To == "s3" && q.before.Verdict == sim.Reachable && a.Verdict == sim.Reachable && len(c.queries) == 2:
			// Its role is not known: a policy on its path may be in the way from now on.
			if id := newPolicyOn(q.before, a, after.Snapshot()); id != "" {
				out = append(out, Neighbour{who, "what the policy of " + id + ", now on its path to S3, does not allow", q.before.Verdict, sim.Unknown, "breaks"})
			}
		}
	}
	return out
}

// newPolicyOn is an endpoint that was on no path before and whose policy does
// not allow everything; "" where there is none.
func newPolicyOn(before, after *sim.Answer, snap *snapshot.Snapshot) string {
	had := endpointsOf(before)
	for _, id := range endpointsOf(after) {
		if slices.Contains(had, id) {
			continue
		}
		for _, a := range snap.Accounts {
			for _, r := range a.Regions {
				for i := range r.EC2.VPCEndpoints.Items {
					if e := &r.EC2.VPCEndpoints.Items[i]; string(e.ID) == id && !allowsAll(&e.Policy) {
						return id
					}
				}
			}
		}
	}
	return ""
}

func endpointsOf(a *sim.Answer) []string {
	var out []string
	for _, p := range a.Placements {
		for _, path := range p.Network.Paths {
			if path.Endpoint != "" {
				out = append(out, path.Endpoint)
			}
		}
	}
	return out
}

// allowsAll tells whether an endpoint's policy is AWS's default: everything.
func allowsAll(d *snapshot.Document) bool {
	t, err := document(d)
	if err != nil {
		return false
	}
	list := t.Root.Get("Statement").Elements()
	if len(list) == 0 && d.Presence != snapshot.Collected {
		return true
	}
	if len(list) != 1 {
		return false
	}
	s, all := list[0], func(key string) bool { return strings.Trim(string(list[0].Get(key).Raw()), `[]" `) == "*" }
	return s.Get("Effect").Text() == "Allow" && s.Get("Condition") == nil && all("Action") && all("Resource") && (all("Principal") || strings.Join(strings.Fields(string(s.Get("Principal").Raw())), "") == `{"AWS":"*"}`)
}
