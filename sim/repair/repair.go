// Package repair searches for sets of changes that make a question REACHABLE.
// Candidates come from the blockers that the answer reports. Every set that is
// returned has been applied and asked about, and so has every set with one
// element less; everybody else whom it concerns has been asked before and after.
package repair

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/snapshot"
)

// Options bound the search.
type Options struct {
	Limit    int             // repairs to return; 0: 3
	Checks   int             // changed snapshots to ask; 0: 500
	Depth    int             // rounds of candidates in one set; 0: 8
	Time     time.Duration   // 0: 30 seconds
	Progress func(tried int) // called after every changed snapshot; may be nil
	// Breaks names the assertions that hold on the first snapshot and not on a
	// repaired one; nil: there are none.
	Breaks func(repaired *sim.World) ([]string, error)
}

// Query is what a repair must make REACHABLE: a job's access, or, where Trace
// is set, the network alone.
type Query struct {
	Check sim.Question
	Trace *sim.TraceQuestion
}

// Ask asks it.
func (q *Query) Ask(ctx context.Context, w *sim.World) (*sim.Answer, error) {
	if q.Trace != nil {
		return w.Trace(ctx, *q.Trace)
	}
	return w.Check(ctx, q.Check)
}

// Repair is one minimal set of changes that was tried out.
type Repair struct {
	Verdict    sim.Verdict     `json:"verdict"` // with the changes made; UNKNOWN where only facts that are missing remain
	Changes    []change.Change `json:"changes"`
	Commands   []string        `json:"commands"`
	Why        []string        `json:"why"`            // one sentence a candidate
	Others     []string        `json:"others"`         // who else must act: "account 444455556666 (the bucket's owner)", …
	Wide       []string        `json:"wide,omitempty"` // what it opens beyond the question, in words
	Notes      []string        `json:"notes,omitempty"`
	Warnings   []sim.Finding   `json:"warnings,omitempty"`   // that the changed snapshot has and the first one has not
	Neighbours []Neighbour     `json:"neighbours,omitempty"` // others whom it breaks or opens
	NotAsked   int             `json:"notAsked,omitempty"`   // classes of others that it touches, beyond the bound
	Breaks     []string        `json:"breaks,omitempty"`     // assertions that held and would not
	Unknown    []sim.Missing   `json:"unknown,omitempty"`    // facts on which an UNKNOWN verdict hangs
	cost       int
	key        string
	operations []string
}

// harms counts those who lose something.
func (r *Repair) harms() int {
	n := len(r.Breaks)
	for i := range r.Neighbours {
		if r.Neighbours[i].Effect == "breaks" {
			n++
		}
	}
	return n
}

// Stuck is a blocker for which no candidate is known.
type Stuck struct {
	Finding sim.Finding `json:"finding"`
	Reason  string      `json:"reason"`
}

// Wait is a resource that AWS is about to change by itself.
type Wait struct {
	Component string `json:"component"`
	State     string `json:"state"`
	Advice    string `json:"advice"`
}

// Result is what the search found, best first.
type Result struct {
	Before  *sim.Answer   `json:"before"`
	Wait    []Wait        `json:"wait,omitempty"` // what to wait for before anything is changed
	Repairs []Repair      `json:"repairs"`
	Stuck   []Stuck       `json:"stuck,omitempty"`
	Unknown []sim.Missing `json:"unknown,omitempty"` // facts that keep repaired snapshots UNKNOWN
	Tried   int           `json:"tried"`             // changed snapshots that were asked
	Whole   bool          `json:"complete"`          // no bound cut the search
	Limit   string        `json:"limit,omitempty"`   // the bound that cut it, in words
	// OwnersMustAct tells that no repair is on the role's own side.
	OwnersMustAct string `json:"ownersMustAct,omitempty"`
}

// candidate is one element of a repair: changes that go together.
type candidate struct {
	changes []change.Change
	cost    int    // least privilege is cheapest
	why     string // one sentence
	actor   string // who makes it, where that is not the role's account
	wide    string // what it opens beyond the question
	target  string // what it replaces whole, e.g. "policy of vpce-1": a later one with the same takes its place
}

func (c *candidate) key() string { return string(change.JSON(c.changes)) }

// operations names what is done, without the resources it is done to.
func (c *candidate) operations() string {
	var out []string
	for _, x := range c.changes {
		name := x.Service() + "." + x.Operation
		for _, key := range x.Names() {
			switch key {
			case "AddRouteTableIds", "RemoveRouteTableIds":
				name += "/RouteTableIds"
			case "PolicyDocument":
				if x.Operation == "ModifyVpcEndpoint" {
					name += "/PolicyDocument"
				}
			case "NatGatewayId", "GatewayId":
				name += "/" + key
			}
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return strings.Join(out, "+")
}

// Find searches until it has enough repairs, everything was tried, a bound is
// reached or ctx is done; what was found until then is in the result. An error
// means that the question makes no sense.
func Find(ctx context.Context, base *change.Base, q Query, opt Options) (*Result, error) {
	opt.Limit = orDefault(opt.Limit, 3)
	opt.Checks = orDefault(opt.Checks, 500)
	opt.Depth = orDefault(opt.Depth, 8)
	if opt.Time <= 0 {
		opt.Time = 30 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, opt.Time)
	defer cancel()
	s := &search{ctx: ctx, base: base, q: q, opt: opt, res: &Result{Repairs: []Repair{}, Whole: true}, stuck: map[string]bool{}}
	if err := s.run(); err != nil {
		return nil, err
	}
	s.finish()
	return s.res, nil
}

func orDefault(n, otherwise int) int {
	if n <= 0 {
		return otherwise
	}
	return n
}

// errNoChange is returned by builders of candidates that find nothing to change.
var errNoChange = errors.New("nothing to change")

// source is who asks, as the snapshot has it: a job's own configuration, or
// that of the interface, instance or function that the question names.
type source struct {
	id      string // of what exists; empty: the job's interfaces are hypothetical
	role    string
	signer  string // the role, where it signs the requests itself
	groups  []string
	subnets []snapshot.SubnetID
	account string
}

func accountOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[4]
	}
	return ""
}

// sourceOf finds the source of a query whose answer is known.
func sourceOf(snap *snapshot.Snapshot, q *Query, a *sim.Answer) source {
	s, job := source{id: q.Check.Source, role: a.Question.Role}, &q.Check.Job
	groups := job.SecurityGroups
	if t := q.Trace; t != nil {
		s.id, groups = t.From[strings.LastIndexAny(t.From, "/:")+1:], t.SecurityGroups
		if t.Job != nil {
			job, groups = t.Job, t.Job.SecurityGroups
		}
	}
	s.subnets = job.Subnets
	for _, g := range groups {
		s.groups = append(s.groups, string(g))
	}
	for _, acc := range snap.Accounts {
		for _, r := range acc.Regions {
			s.in(r)
		}
	}
	if s.role != "" {
		s.account = accountOf(s.role)
	}
	if a.Question.Caller == "" || a.Question.Caller == "role" {
		s.signer = s.role
	}
	return s
}

// in looks the source up among one region's resources.
func (s *source) in(r *snapshot.Region) {
	if s.id == "" {
		return
	}
	for i := range r.EC2.NetworkInterfaces.Items {
		if n := &r.EC2.NetworkInterfaces.Items[i]; string(n.ID) == s.id || n.InstanceID == s.id {
			s.add(n.Subnet, n.Groups, r)
		}
	}
	for i := range r.Functions.Items {
		if f := &r.Functions.Items[i]; f.Name == s.id || f.ARN == s.id {
			for _, id := range f.Subnets {
				s.add(id, f.Groups, r)
			}
		}
	}
	for i := range r.EC2.Subnets.Items {
		n := &r.EC2.Subnets.Items[i]
		switch {
		case string(n.ID) != s.id:
		case len(s.groups) > 0:
			s.add(n.ID, nil, r)
		default: // its interfaces have the VPC's default group
			for j := range r.EC2.SecurityGroups.Items {
				if g := &r.EC2.SecurityGroups.Items[j]; g.VPC == n.VPC && g.Name == "default" {
					s.add(n.ID, []snapshot.SecurityGroupID{g.ID}, r)
				}
			}
		}
	}
}

func (s *source) add(subnet snapshot.SubnetID, groups []snapshot.SecurityGroupID, r *snapshot.Region) {
	s.account = r.Account.ID
	if !slices.Contains(s.subnets, subnet) {
		s.subnets = append(s.subnets, subnet)
	}
	for _, g := range groups {
		if !slices.Contains(s.groups, string(g)) {
			s.groups = append(s.groups, string(g))
		}
	}
}
