// Package ready asks about everything that a job needs, one row a dependency:
// what it reads and writes, its image, logs, keys, secrets and its service's
// own calls, as the table of rules/services lists them.
package ready

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/services"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

// Schema names the JSON contract of a Report.
const Schema = "canreach.ready/v1"

// Report says whether everything that a job needs can be had. Verdict is the
// worst of its required rows.
type Report struct {
	Schema   string          `json:"schema"`
	Verdict  sim.Verdict     `json:"verdict"`
	Job      string          `json:"job,omitempty"`
	Service  string          `json:"service"` // "SageMaker Neo compilation job"
	Page     string          `json:"page"`    // where AWS describes its network
	Rows     []Row           `json:"rows"`
	Snapshot sim.SnapshotRef `json:"snapshot"`
}

// Open is an answer with the report's verdict and what its rows lack.
func (r *Report) Open() *sim.Answer {
	a := &sim.Answer{Verdict: r.Verdict}
	for i := range r.Rows {
		if row := &r.Rows[i]; row.Answer != nil {
			a.Unknowns = append(a.Unknowns, row.Answer.Unknowns...)
		}
	}
	return a
}

// Row is one dependency: a call that the job makes, or that is made for it.
type Row struct {
	For       string      `json:"for"`      // "the image"
	Service   string      `json:"service"`  // "ecr.api"
	Resource  string      `json:"resource"` // ARN, or "*"
	Actions   []string    `json:"actions"`
	From      string      `json:"from"`     // "interface": in the VPC; "service": AWS's network; "host"; "undocumented"
	By        string      `json:"by"`       // "role", "execution-role", "service", "host", "presigned", "unsigned"
	Optional  bool        `json:"optional"` // the job runs without it
	Asked     bool        `json:"asked"`    // false: it hangs on nothing that the job's owner sets, or on what no job file tells; Note says which
	Verdict   sim.Verdict `json:"verdict"`
	Note      string      `json:"note,omitempty"`
	Page      string      `json:"page"` // where AWS documents the call
	Answer    *sim.Answer `json:"answer,omitempty"`
	questions []sim.Question
}

var fromWords = map[services.From]string{services.FromInterface: "interface", services.FromService: "service", services.FromHost: "host", services.FromUndocumented: "undocumented"}

var byWords = map[services.Signer]string{services.SignedByRole: "role", services.SignedByExecutionRole: "execution-role", services.SignedByService: "service",
	services.SignedByHost: "host", services.Presigned: "presigned", services.Unsigned: "unsigned"}

// Checker answers questions about one snapshot; *sim.World is one.
type Checker interface {
	Check(context.Context, sim.Question) (*sim.Answer, error)
	Region(sim.Question) string
}

// Ask decides every row for the job of q. An error means that q names no job of
// a service that the table knows, or that a question makes no sense.
func Ask(ctx context.Context, w Checker, q sim.Question) (*Report, error) {
	work, _ := services.Find(q.Job.Kind)
	r := &Report{Schema: Schema, Job: q.Job.Name, Service: work.Title, Page: work.Page, Verdict: sim.Reachable}
	rows, err := Rows(q, w.Region(q))
	if err != nil {
		return nil, err
	}
	decided := false
	for i := range rows {
		row := &rows[i]
		if err := row.ask(ctx, w); err != nil {
			return nil, fmt.Errorf("%s (%s): %w", row.For, row.Resource, err)
		}
		if row.Answer != nil {
			r.Snapshot = row.Answer.Snapshot
		}
		if row.Asked && !row.Optional {
			r.Verdict, decided = finding.Worst(r.Verdict, row.Verdict), true
		}
	}
	if !decided { // nothing that it needs could be asked about
		r.Verdict = sim.Unknown
	}
	r.Rows = rows
	return r, nil
}

// Rows lists what the job of q needs in a Region, undecided.
func Rows(q sim.Question, region string) ([]Row, error) {
	work, ok := services.Find(q.Job.Kind)
	if !ok {
		return nil, errors.New("what the job needs hangs on its service: name a job file, a job of the snapshot, or a service")
	}
	l := list{q: q, work: &work, region: region, account: accountOf(&q.Job)}
	return l.rows()
}

// Questions are those that decide the required rows.
func (r *Report) Questions() []sim.Question {
	var out []sim.Question
	for i := range r.Rows {
		if q, ok := r.Rows[i].Question(); ok {
			out = append(out, q)
		}
	}
	return out
}

// Question is what decides a required row, where there is one.
func (r *Row) Question() (sim.Question, bool) {
	if r.Optional || len(r.questions) == 0 {
		return sim.Question{}, false
	}
	return r.questions[0], true
}

// ask decides a row. Where AWS does not say where a call leaves from, both ways
// are asked, and where they differ it is not known.
func (r *Row) ask(ctx context.Context, w Checker) error {
	if len(r.questions) == 0 {
		return nil
	}
	r.Asked = true
	for i, q := range r.questions {
		a, err := w.Check(ctx, q)
		if err != nil {
			return err
		}
		if i == 0 {
			r.Answer, r.Verdict = a, a.Verdict
			continue
		}
		if a.Verdict != r.Verdict {
			r.Verdict = sim.Unknown
			r.Note = fmt.Sprintf("AWS does not say where this call leaves from: %s from the interface in the VPC, %s from the service's network.", r.Answer.Verdict, a.Verdict)
		}
	}
	if r.Verdict == sim.Partial && strings.HasSuffix(r.Resource, ":log-group:*") {
		r.Verdict = sim.Unknown
		r.Note = "The name of the log group is not known, and only some may be written."
	}
	return nil
}

func accountOf(j *snapshot.Job) string {
	if j.Account != "" {
		return j.Account
	}
	for _, arn := range []string{j.ARN, j.RoleARN} {
		if p := strings.SplitN(arn, ":", 6); len(p) == 6 && p[4] != "" {
			return p[4]
		}
	}
	return ""
}

// list makes the rows of a job.
type list struct {
	q               sim.Question
	work            *services.Workload
	region, account string
}

func (l *list) rows() ([]Row, error) {
	var out []Row
	for i := range l.work.Calls {
		c := &l.work.Calls[i]
		for _, d := range l.needs(c) {
			out = append(out, l.row(c, d)...)
		}
	}
	for _, b := range services.BucketsFor(l.work.Kind) {
		arn := "arn:" + snapshot.Partition(l.region) + ":s3:::" + b.In(l.region) + "/*"
		out = append(out, l.row(&services.Call{For: b.For, To: "s3", Actions: b.Actions, By: b.By, From: services.FromInterface, Optional: b.Optional, Page: b.Page}, need{resource: arn, layers: arn})...)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("the table names nothing that a %s calls", l.work.Title)
	}
	return out, nil
}

// row makes the rows of one call for one need: its actions on one resource.
func (l *list) row(c *services.Call, d need) []Row {
	var out []Row
	byResource := map[string]int{}
	for _, action := range c.Actions {
		resource := d.resource
		if wholeService(action) {
			resource = "*"
		}
		i, ok := byResource[resource]
		if !ok {
			i = len(out)
			byResource[resource] = i
			out = append(out, Row{For: c.For, Service: c.To, Resource: resource, From: fromWords[c.From], By: byWords[c.By], Optional: c.Optional, Page: c.Page, Note: d.note})
		}
		out[i].Actions = append(out[i].Actions, strings.TrimSuffix(action, "*"))
	}
	for i := range out {
		l.ask(c, &out[i], d)
	}
	return out
}

// ask makes the questions of a row: by whoever signs, from wherever it leaves.
func (l *list) ask(c *services.Call, r *Row, d need) {
	q := l.q
	q.Bucket, q.Actions, q.Write = r.Resource, r.Actions, false
	switch c.By {
	case services.SignedByRole:
	case services.SignedByExecutionRole:
		if q.Job.ExecutionRoleARN == "" {
			r.Note = "The job names no role that starts it."
			return
		}
		q.Options.Caller = "principal " + q.Job.ExecutionRoleARN
	case services.Unsigned:
		q.Options.Caller = "unsigned"
	case services.Presigned:
		q.Bucket, r.Resource = d.layers, d.layers // AWS's own: sim tells who signs
	case services.SignedByService:
		r.Note = "The service signs this call itself: no policy of the job decides it."
		return
	case services.SignedByHost:
		r.Note = "The instance or node that runs the job signs this call; the job does not name it."
		return
	}
	if host := l.host(c.To, r.Actions); host != "" {
		q.Options.Hostname = host
	}
	service := outside(q, l.region)
	switch c.From {
	case services.FromInterface:
		r.questions = []sim.Question{q}
	case services.FromService:
		r.questions = []sim.Question{service}
	case services.FromHost:
		r.Note = "The call leaves from the instance or node that runs the job; ask about it with --instance."
	case services.FromUndocumented:
		r.questions = []sim.Question{q, service}
	}
}

// outside is q as AWS's own network asks it: no interface of the job's, and an
// address that is not known.
func outside(q sim.Question, region string) sim.Question {
	if q.Options.Caller == "" {
		q.Options.Caller = "principal " + q.Job.RoleARN
	}
	q.Source, q.Region = sim.FromInternet, region
	q.Job = snapshot.Job{Name: q.Job.Name, RoleARN: q.Job.RoleARN}
	return q
}

// host is the name that a call uses where it is not the one of its actions.
func (l *list) host(to string, actions []string) string {
	if to == "s3" || len(actions) == 0 {
		return ""
	}
	s, ok := rules.FindService(to, l.region)
	if !ok {
		return ""
	}
	if own, ok := rules.ServiceOfAction(actions[0], l.region); ok && own.Endpoint.Host == s.Host {
		return ""
	}
	if to == "ecr.dkr" {
		return l.account + "." + s.Host
	}
	return s.Host
}
