// Package access decides questions over a whole snapshot at once: every role
// against every bucket from every place that its requests can come from.
// Interfaces that no rule tells apart are decided once, as a class; so is
// every path that their traffic shares. Each row is what sim.World.Check
// answers for a member of its class; sim.World.Decide gives it without the rest.
package access

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

// Query selects what is decided. Empty fields select everything.
type Query struct {
	Resource string // bucket or object ARN; empty: every bucket of the snapshot
	// Resources are further ARNs.
	Resources []string
	Actions   []string // empty: s3:GetObject and s3:PutObject
	Roles     []string // role ARNs
	Subnet    snapshot.SubnetID
	VPC       snapshot.VPCID
	// Jobs adds the interfaces of jobs that the snapshot does not hold.
	Jobs    []snapshot.Job
	Options sim.Options
	// Chains tells sources apart by how they reach STS, too, as Table.Chains needs.
	Chains bool
	// Hidden: what both worlds of a comparison lack may differ, too, as between
	// two captures; between a snapshot and the same with a plan nothing does.
	Hidden     bool
	Workers    int  // 0: as many as there are processors
	everything bool // prunes nothing by the component graph; only tests set it
	// Progress is told how many of all questions are decided; nil: nobody.
	Progress func(done, all int)
}

// Table is what the query's roles can do from the query's sources.
type Table struct {
	Sources []Source
	Rows    []Row
	Asked   int // role × source × bucket × action
	Decided int // questions decided for all of those: one for each class
	Walked  int // classes of interfaces whose paths were walked: nothing links the others to S3

	w       *sim.World
	options sim.Options
}

// Row is what one role can do to one bucket from one source.
type Row struct {
	Role     string
	Source   int // index into Table.Sources
	Resource string
	Action   string
	*Answer
}

// Answer is what rows of one class share.
type Answer struct {
	Verdict sim.Verdict
	Objects string            // "all" or "some", where some request passes
	Via     []string          // endpoints, or "internet"
	Ways    []sim.PathVerdict // what becomes of the requests by each of them

	action string // as AWS spells it
	first  item   // whose question was decided
	detail Detail
}

// Detail is of one row alone: it names the row's role and bucket.
type Detail struct {
	Witness *sim.Example    // a request that passes
	Allows  []sim.Statement // that allow it
	Missing []sim.Missing   // on which an UNKNOWN row hangs
}

// Facts are the missing facts of the class's first row in words, each once.
func (a *Answer) Facts() []string { return a.detail.Facts() }

// Facts are the missing facts in words, each once.
func (d *Detail) Facts() (out []string) {
	for _, m := range d.Missing {
		if !slices.Contains(out, m.Fact) {
			out = append(out, m.Fact)
		}
	}
	return out
}

// Explain gives a row's detail. It asks the row's own question, where that of
// another row of its class was decided.
func (t *Table) Explain(r *Row) Detail {
	if a := r.Answer; a == nil || a.first.role == r.Role && a.first.resource == r.Resource && a.first.source == r.Source {
		if a == nil {
			return Detail{}
		}
		return a.detail
	}
	out, err := t.w.Decide(t.question(item{r.Role, r.Source, r.Resource, []string{r.Action}}))
	if err != nil || len(out) != 1 {
		return Detail{} // the same question of another row of the class had an answer
	}
	return detailOf(&out[0])
}

func detailOf(o *sim.Outcome) Detail {
	return Detail{Witness: o.Witness, Allows: o.Allows, Missing: o.Missing}
}

// Question is the single question that a row answers, from one of its source's
// classes; a row of the internet has none, and takes any number.
func (t *Table) Question(r *Row, class int, o sim.Options) sim.Question {
	s := &t.Sources[r.Source]
	q := s.question
	if class < len(s.Classes) {
		q = s.Classes[class].question()
	}
	q.Job.RoleARN, q.Bucket, q.Actions, q.Options = r.Role, r.Resource, []string{r.Action}, o
	return q
}

// Reaches tells whether some request of the row passes.
func (r *Row) Reaches() bool { return r.Verdict == sim.Reachable || r.Verdict == sim.Partial }

// item is one question to decide.
type item struct {
	role     string
	source   int
	resource string
	actions  []string
}

// Decide answers the query: one question of each class of roles, sources and
// buckets. The rows are ordered by resource, action, role and source, whatever
// the number of workers. An error means that the query names something that
// makes no sense, or that ctx ended.
func Decide(ctx context.Context, w *sim.World, q Query) (*Table, error) {
	resources := q.resources(w.Snapshot())
	if len(resources) == 0 {
		return nil, fmt.Errorf("the snapshot holds no bucket: name one")
	}
	if err := q.fill(); err != nil {
		return nil, err
	}
	p, err := newPlan(w, &q, q.roles(w.Snapshot()), resources)
	if err != nil {
		return nil, err
	}
	s, err := sourcesOf(ctx, w, &q, p.resources, p.policies)
	if err != nil {
		return nil, err
	}
	if err := p.sort(ctx, s, nil); err != nil {
		return nil, err
	}
	t, err := p.decide(ctx, &q)
	if err != nil {
		return nil, err
	}
	t.Walked = s.walked
	t.Asked = len(p.resources) * len(p.roles) * len(s.list) * len(p.actions)
	return t, nil
}

// decide asks one question of each class.
func (p *plan) decide(ctx context.Context, q *Query) (*Table, error) {
	t := &Table{Sources: p.sources.list, w: p.w, options: q.Options}
	answers := make([][]*Answer, len(p.classes))
	if err := Each(ctx, *q, len(p.classes), func(i int) error {
		a, err := t.decide(p.classes[i])
		answers[i] = a
		return err
	}); err != nil {
		return nil, err
	}
	t.Decided = len(p.classes)
	t.Rows = p.rows(answers)
	return t, nil
}

// fill refuses actions that AWS does not have: that nobody may perform them is
// no answer.
func (q *Query) fill() error {
	if len(q.Actions) == 0 {
		q.Actions = []string{"s3:GetObject", "s3:PutObject"}
	}
	return sim.CheckActions(q.Actions)
}

func (q *Query) resources(s *snapshot.Snapshot) []string {
	if q.Resource != "" || q.Resources != nil {
		out := slices.Clone(q.Resources)
		if q.Resource != "" {
			out = append(out, q.Resource)
		}
		return out
	}
	var out []string
	for _, a := range s.Accounts {
		for i := range a.S3.Buckets.Items {
			out = append(out, "arn:"+partition(a)+":s3:::"+a.S3.Buckets.Items[i].Name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// partition is that of an account's Regions.
func partition(a *snapshot.Account) string {
	for _, r := range a.Regions {
		switch {
		case strings.HasPrefix(r.Name, "cn-"):
			return "aws-cn"
		case strings.HasPrefix(r.Name, "us-gov-"):
			return "aws-us-gov"
		}
	}
	return "aws"
}

func (q *Query) roles(s *snapshot.Snapshot) []string {
	if len(q.Roles) > 0 {
		return q.Roles
	}
	var out []string
	for _, a := range s.Accounts {
		for i := range a.IAM.Roles.Items {
			out = append(out, a.IAM.Roles.Items[i].ARN)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (t *Table) question(it item) sim.Question {
	q := t.Sources[it.source].question
	q.Job.RoleARN, q.Bucket, q.Actions, q.Options = it.role, it.resource, it.actions, t.options
	return q
}

// decide asks one question: an answer for each of its actions; nil is BLOCKED.
func (t *Table) decide(it item) ([]*Answer, error) {
	outcomes, err := t.w.Decide(t.question(it))
	if err != nil {
		return nil, fmt.Errorf("%s from %s to %s: %w", it.role, t.Sources[it.source].Name(), it.resource, err)
	}
	out := make([]*Answer, len(it.actions))
	for i, action := range it.actions {
		n := slices.IndexFunc(outcomes, func(o sim.Outcome) bool { return strings.EqualFold(o.Action, action) })
		if n < 0 || outcomes[n].Verdict == sim.Blocked {
			continue
		}
		o := &outcomes[n]
		a := &Answer{action: o.Action, Verdict: o.Verdict, Via: o.Via, Ways: o.Paths, first: it, detail: detailOf(o)}
		a.Objects = objects(o.Verdict)
		out[i] = a
	}
	return out, nil
}

// objects says how many of a resource's objects a verdict lets through.
func objects(v sim.Verdict) string {
	switch v {
	case sim.Reachable:
		return "all"
	case sim.Partial:
		return "some"
	}
	return ""
}

// Each calls do for 0 to n-1 from several goroutines until one fails or ctx
// ends; the error is the first by number. Of q, Workers and Progress count.
func Each(ctx context.Context, q Query, n int, do func(int) error) error {
	workers := q.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var next, done atomic.Int64
	errs := make([]error, n)
	var wg sync.WaitGroup
	for range min(workers, n) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				errs[i] = do(i)
				if d := done.Add(1); q.Progress != nil && (d%64 == 0 || int(d) == n) {
					q.Progress(int(d), n)
				}
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
