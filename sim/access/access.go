// Package access decides questions over a whole snapshot at once: every role
// against every bucket from every place that its requests can come from.
// Interfaces that no rule tells apart are decided once, as a class; so is
// every path that their traffic shares. Each row is what sim.World.Check
// answers for a member of its class; sim.World.Decide gives it without the rest.
package access

import (
	"cmp"
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
	Workers int // 0: as many as there are processors
	// Progress is told how many of all questions are decided; nil: nobody.
	Progress func(done, all int)
}

// Table is what the query's roles can do from the query's sources.
type Table struct {
	Sources []Source `json:"sources"`
	Rows    []Row    `json:"rows"`
	Asked   int      `json:"asked"` // role × source × bucket × action
}

// Row is what one role can do to one bucket from one source.
type Row struct {
	Role     string      `json:"role"`
	Source   int         `json:"source"` // index into Table.Sources
	Resource string      `json:"resource"`
	Action   string      `json:"action"`
	Verdict  sim.Verdict `json:"verdict"`
	Objects  string      `json:"objects,omitempty"` // "all" or "some", where some request passes
	Via      []string    `json:"via,omitempty"`     // endpoints, or "internet"
	// Witness is a request that passes, Allows the statements that allow it.
	Witness *sim.Example    `json:"witness,omitempty"`
	Allows  []sim.Statement `json:"allows,omitempty"`
	// Missing names the facts on which an UNKNOWN row hangs.
	Missing  []string      `json:"missing,omitempty"`
	Unknowns []sim.Missing `json:"-"` // the same facts in full
	Ways     []sim.Way     `json:"-"`
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

// Decide answers the query. The rows are ordered by resource, action, role and
// source, whatever the number of workers. An error means that the query names
// something that makes no sense, or that ctx ended.
func Decide(ctx context.Context, w *sim.World, q Query) (*Table, error) {
	resources := q.resources(w.Snapshot())
	if len(resources) == 0 {
		return nil, fmt.Errorf("the snapshot holds no bucket: name one")
	}
	if len(q.Actions) == 0 {
		q.Actions = []string{"s3:GetObject", "s3:PutObject"}
	}
	t := &Table{Rows: []Row{}}
	sources, err := sourcesOf(ctx, w, &q, resources)
	if err != nil {
		return nil, err
	}
	t.Sources = sources.list
	roles := q.roles(w.Snapshot())
	var items []item
	for _, res := range resources {
		for _, role := range roles {
			actions := q.grantable(w, role, res)
			if len(actions) == 0 {
				continue
			}
			for _, s := range sources.toward(w, res) {
				items = append(items, item{role, s, res, actions})
			}
		}
	}
	t.Asked = len(resources) * len(roles) * len(t.Sources) * len(q.Actions)
	rows := make([][]Row, len(items))
	if err := Each(ctx, q, len(items), func(i int) error {
		r, err := decide(w, &q, t, items[i])
		rows[i] = r
		return err
	}); err != nil {
		return nil, err
	}
	t.Rows = slices.Concat(rows...)
	slices.SortFunc(t.Rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Action, b.Action), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Source, b.Source))
	})
	return t, nil
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

// decide asks one question and keeps what is not blocked.
func decide(w *sim.World, q *Query, t *Table, it item) ([]Row, error) {
	question := t.Sources[it.source].question
	question.Job.RoleARN = it.role
	question.Bucket, question.Actions, question.Options = it.resource, it.actions, q.Options
	outcomes, err := w.Decide(question)
	if err != nil {
		return nil, fmt.Errorf("%s from %s to %s: %w", it.role, t.Sources[it.source].Name(), it.resource, err)
	}
	var rows []Row
	for i := range outcomes {
		o := &outcomes[i]
		if o.Verdict == sim.Blocked {
			continue
		}
		r := Row{Role: it.role, Source: it.source, Resource: it.resource, Action: o.Action, Verdict: o.Verdict,
			Via: o.Via, Witness: o.Witness, Allows: o.Allows, Unknowns: o.Missing, Ways: o.Ways}
		switch o.Verdict {
		case sim.Reachable:
			r.Objects = "all"
		case sim.Partial:
			r.Objects = "some"
		}
		for _, m := range o.Missing {
			if !slices.Contains(r.Missing, m.Fact) {
				r.Missing = append(r.Missing, m.Fact)
			}
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// grantable lists the actions that some statement may allow a role on a
// resource; nothing else is worth a question.
func (q *Query) grantable(w *sim.World, role, resource string) (out []string) {
	for _, a := range q.Actions {
		if w.MayAllow(role, resource, a) {
			out = append(out, a)
		}
	}
	return out
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
