package sim

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/rules/services"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// Check decides q. An error means that the question makes no sense (exit
// status 2), or that ctx ended; everything else, a missing fact included, is in
// the Answer.
func (w *World) Check(ctx context.Context, q Question) (*Answer, error) {
	a, err := w.check(ctx, q)
	o := &q.Options
	if err != nil || a.Verdict != Unknown || o.AssumeSSES3 && o.AssumeNoOrganization && o.AssumeNoResourcePolicy {
		return a, err
	}
	o.AssumeSSES3, o.AssumeNoOrganization, o.AssumeNoResourcePolicy = true, true, true
	if b, err := w.check(ctx, q); err == nil && b.Verdict != Unknown {
		a.WithDefaults = &WithDefaults{Verdict: b.Verdict, Assumptions: []string{}}
		for _, s := range b.Assumptions {
			if !slices.Contains(a.Assumptions, s) {
				a.WithDefaults.Assumptions = append(a.WithDefaults.Assumptions, s)
			}
		}
	}
	return a, nil
}

func (w *World) check(ctx context.Context, q Question) (*Answer, error) {
	r, targets, slots, err := w.start(&q, false)
	if err != nil {
		return nil, err
	}
	a := &Answer{Schema: SchemaVerdict, Snapshot: SnapshotRef{SHA256: w.snap.SHA256, CapturedAt: w.snap.Capture.FinishedAt}}
	if a.Snapshot.CapturedAt == "" {
		a.Snapshot.CapturedAt = w.snap.Capture.StartedAt
	}
	all := verdictParts{}
	if len(slots) == 0 {
		all = r.jobGate()
	}
	for n, s := range slots {
		s.gate = andGate(s.gate, r.jobGate())
		p := Placement{Subnet: s.subnet, AvailabilityZone: s.az, Target: s.name, Requests: []Request{}}
		v, err := r.place(ctx, &p, n, s)
		if err != nil {
			return nil, err
		}
		all.join(v)
		a.Placements = append(a.Placements, p)
	}
	a.Verdict = all.judge()
	a.Absent = w.AbsentNames(&q)
	if err := w.orMeant(ctx, q, a, r.c); err != nil {
		return nil, err
	}
	r.describe(a, targets)
	r.kmsPathNote()
	r.unusedEndpoints()
	r.c.finish(a)
	w.nameGaps(a.Unknowns)
	markSubnetChoice(a)
	settle(a, r.c)
	return a, nil
}

// start reads a question: its targets, and the placements to decide.
func (w *World) start(q *Question, brief bool) (*jobRun, []target, []placing, error) {
	existing, err := w.resolveSource(q)
	if err != nil {
		return nil, nil, nil, err
	}
	by, err := parseCaller(q.Options.Caller)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := w.resolveRole(&q.Job); err != nil {
		return nil, nil, nil, err
	}
	targets, err := q.validate(&by, w.regionOf(q, &existing))
	if err != nil {
		return nil, nil, nil, err
	}
	if err := (&waypoints{through: q.Options.Through, avoid: q.Options.Avoid}).check(w); err != nil {
		return nil, nil, nil, err
	}
	for i := range targets {
		if targets[i].accessPoint != nil {
			w.findAccessPoint(&targets[i])
		}
	}
	work, _ := services.Find(q.Job.Kind)
	r := &jobRun{w: w, q: q, work: work, c: newCollector(), brief: brief, runner: w.layering().askerOf(q.Job.RoleARN, sessionOf(&work, &existing), q.Options.AssumeNoOrganization), existing: existing}
	if by.ofSource() && q.Options.Caller == "" {
		if word, ok := w.awsCaller(targets); ok {
			q.Options.Caller = word
			by, _ = parseCaller(word)
		}
	}
	r.awsNote(targets)
	if r.who = r.runner; !by.ofSource() {
		r.who = w.layering().askerFor(by, q.Options.AssumeNoOrganization)
	}
	for _, a := range r.who.assumed {
		r.c.assume(a)
	}
	slots, err := r.placements(targets)
	if err != nil {
		return nil, nil, nil, err
	}
	if p := arnField(q.Bucket, 1); p != "" && !strings.ContainsAny(p, "*?") && p != q.partition() {
		r.block(Finding{Code: finding.JobPartition, Component: q.Bucket, Rule: "N108",
			Message: fmt.Sprintf("%s is of the partition %s, the role of %s: no role of one reaches a bucket of another.", q.Bucket, p, q.partition()),
			Fix:     fmt.Sprintf("Name a bucket of the partition %s.", q.partition())}, everywhere)
	}
	return r, targets, slots, nil
}

// markSubnetChoice says of blockers that only some subnets of the job have
// that the placement, which the caller can't choose, decides (N148).
func markSubnetChoice(a *Answer) {
	for i := range a.Findings {
		f := &a.Findings[i]
		if f.Severity != Blocker || len(f.Placements) == 0 {
			continue
		}
		at := a.Placements[f.Placements[0]]
		elsewhere := slices.ContainsFunc(a.Placements, func(p Placement) bool {
			return p.Subnet != at.Subnet && p.Target == at.Target && p.Network.Verdict == Reachable
		})
		if at.Network.Verdict == Blocked && elsewhere {
			f.Also = append(slices.Clone(f.Also), finding.PSubnetChoice)
		}
	}
}

// jobGate is the job gate over the whole job, which concerns every placement:
// a job that AWS refuses reaches nothing. What hangs on the job's own missing
// fact is open; what fails fails whatever that fact is.
func (r *jobRun) jobGate() verdictParts {
	switch {
	case r.jobs.fail:
		return verdictParts{fail: true}
	case r.jobs.open || !r.jobs.pass:
		return verdictParts{open: true}
	}
	return verdictParts{pass: true}
}

// settle marks the missing facts on which a verdict hangs, that of the answer
// or of a placement, and judges the gates.
func settle(a *Answer, c *collector) {
	a.onlyIfPartial()
	open := a.Verdict == Unknown || slices.ContainsFunc(a.Placements, func(p Placement) bool { return p.Verdict == Unknown })
	for i := range a.Unknowns {
		a.Unknowns[i].Decisive = open && a.Unknowns[i].Decisive
	}
	a.judgeGates(c.judged)
}

// onlyIfPartial drops the packets that tell a PARTIAL answer's cases apart
// where there is nothing to tell apart.
func (a *Answer) onlyIfPartial() {
	if a.Verdict == Partial {
		return
	}
	for i := range a.Placements {
		a.Placements[i].Network.Passes, a.Placements[i].Network.Fails = nil, nil
	}
}

func (q *Question) validate(by *caller, region string) ([]target, error) {
	j := &q.Job
	switch {
	case q.noRole(by):
	case j.RoleARN == "" && j.File != "":
		return nil, badQuestion("%s: the job names no role for its own calls; add it, or pass %s", j.File, FieldRole)
	case j.RoleARN == "":
		return nil, badQuestion("no role: the job has no RoleArn; pass %s, or %s where another signs", FieldRole, FieldCaller)
	case !isRoleARN(j.RoleARN) && !(q.Source != "" && strings.Contains(j.RoleARN, ":instance-profile/")):
		return nil, fmt.Errorf("%q is not the ARN of a role; want arn:aws:iam::111122223333:role/NAME", j.RoleARN)
	}
	if q.Source == "" && !by.service() && len(j.Subnets) == 0 && len(j.SecurityGroups) == 0 && j.Kind == "" {
		return nil, errNoJob
	}
	if work, _ := services.Find(j.Kind); work.Service == "eks" && j.File != "" && len(j.SecurityGroups) == 0 {
		return nil, badQuestion("%s: no security groups: add the cluster as describe-cluster prints it, or pass %s", j.File, FieldSecurityGroups)
	}
	for _, a := range q.Options.Assume {
		k, _, ok := strings.Cut(a, "=")
		if !ok || strings.TrimSpace(k) == "" {
			return nil, badQuestion("%s %q: want KEY=VALUE or KEY=absent", FieldAssume, a)
		}
	}
	if q.Options.At != "" {
		if _, ok := epochOf(q.Options.At); !ok {
			return nil, badQuestion("%s %q: want a time such as 2026-01-31T12:00:00Z", FieldAt, q.Options.At)
		}
	}
	if h := q.Options.Hostname; h != "" && !q.otherService() {
		if _, err := rules.ParseName(h); err != nil {
			return nil, badQuestion("%s %q: %v (want one such as s3.us-east-1.amazonaws.com)", FieldHostname, h, err)
		}
	}
	if p := q.Options.Port; p < 0 || p > 65535 {
		return nil, fmt.Errorf("port %d is not between 1 and 65535", p)
	}
	return q.targets(region)
}

func epochOf(at string) (string, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02"} {
		if t, err := time.Parse(layout, at); err == nil {
			return fmt.Sprint(t.Unix()), true
		}
	}
	return "", false
}

// describe repeats the question in the answer.
func (r *jobRun) describe(a *Answer, targets []target) {
	work, _ := services.Find(r.q.Job.Kind)
	a.Question = AskedOf{Job: r.q.Job.Name, Service: work.Title, Role: r.q.Job.RoleARN, Caller: r.q.Options.Caller, VPC: string(r.vpc), Bucket: targets[0].arn}
	if r.q.Source != "" {
		a.Question.From = r.q.Source
	}
	for i := range targets {
		t := &targets[i]
		for _, act := range t.actions {
			if !slices.Contains(a.Question.Actions, act) {
				a.Question.Actions = append(a.Question.Actions, act)
			}
		}
		if len(targets) > 1 {
			a.Question.Targets = append(a.Question.Targets, Target{Bucket: t.arn, Actions: t.actions, Use: t.use})
		}
	}
	for _, assumed := range r.q.Options.Assume {
		r.c.assume("Assumed by the caller: " + assumed + ".")
	}
	if r.q.Options.At != "" {
		r.c.assume("Assumed by the caller: the time is " + r.q.Options.At + ".")
	}
}

// source is one place that the job's traffic may come from.
type source struct {
	id      snapshot.SubnetID
	subnet  string
	az      string
	region  string
	account string
	from    network.Endpoint
	public  bool         // outside of every VPC: the internet, on premises, or service-owned networking (N156)
	service bool         // with public: an AWS service that calls as itself
	clients netip.Prefix // with public: the client's addresses; invalid: not known
	missing bool         // the subnet is not in the snapshot
}

// placing is one placement to decide: a source, and the targets that one network
// answer serves.
type placing struct {
	source
	gate    verdictParts
	name    string // the targets' name, where the source has several slots
	to      string // region of the targets' buckets
	known   bool   // false: the snapshot does not tell the region, and the source's stands in
	targets []*target
}

// placements lists the placements: every subnet of the job, or the one thing that
// --eni and its like name, each once for every region of the targets.
func (r *jobRun) placements(targets []target) ([]placing, error) {
	sources, err := r.sources()
	if err != nil {
		return nil, err
	}
	var out []placing
	for _, s := range sources {
		first := len(out)
		out = append(out, r.split(s, targets)...)
		n := make([]int, 0, len(out)-first)
		for i := first; i < len(out); i++ {
			n = append(n, i)
		}
		gate := verdictParts{pass: true}
		if s.id != "" {
			gate = r.jobRules().checkPlacement(n, s.id)
		}
		for _, i := range n {
			out[i].gate = gate
			if len(n) > 1 {
				out[i].name = out[i].targets[0].arn
			}
		}
	}
	return out, nil
}

func (r *jobRun) sources() ([]source, error) {
	if r.who.principal.Kind == policy.PrincipalService {
		r.jobs.pass = true
		return []source{r.serviceOwned()}, nil
	}
	if r.existing.from != nil {
		r.jobs.pass = true
		r.vpc = r.existing.vpc
		return []source{*r.existing.from}, nil
	}
	if r.q.Job.RoleARN != "" {
		r.jobRules().checkRole()
	} else {
		r.jobs.pass = true // no job is asked about: another than a role calls
	}
	if !r.q.Job.InVPC() {
		r.jobs.pass = true
		r.c.judge(GateJob, network.Judged{Pass: true})
		r.c.assume("The job has no VpcConfig: it runs in networking that " + nonEmpty(r.work.Name, "SageMaker") + " owns, and calls S3 over the internet from an address that is not known (N156).")
		return []source{{public: true, region: r.regionName(), account: r.runner.account}}, nil
	}
	r.jobRules().checkConfig()
	r.c.judge(GateJob, network.Judged{Pass: true})
	r.jobRules().checkSubnetEgress()
	if r.work.PublicAddress == services.PublicAsAsked && r.q.Job.File == "" {
		r.c.assume("The job gets no public address: assignPublicIp is taken to be DISABLED (N183).")
	}
	var out []source
	for _, id := range uniqueSubnets(r.q.Job.Subnets) {
		s := source{id: id, subnet: string(id)}
		p, ok := r.jobSubnet(id)
		if !ok {
			s.missing = true
		} else {
			s.az, s.region, s.account = p.Item.AvailabilityZone, p.Region.Name, p.Region.Account.ID
			s.from = network.Endpoint{Job: &network.HypotheticalInterface{Account: s.account, Subnet: id, Groups: r.q.Job.SecurityGroups, Public: publicAddress(&r.q.Job, p.Item)}}
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		out = append(out, source{missing: true})
	}
	return out, nil
}

func uniqueSubnets(in []snapshot.SubnetID) []snapshot.SubnetID {
	var out []snapshot.SubnetID
	for _, s := range in {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func overlaps(ranges []network.AddrRange, p netip.Prefix) bool {
	for _, a := range ranges {
		if p.Contains(a.From) || p.Contains(a.To) || a.From.Compare(p.Addr()) <= 0 && a.To.Compare(p.Addr()) >= 0 {
			return true
		}
	}
	return false
}

// split makes a slot for each region that the targets' buckets are in.
func (r *jobRun) split(s source, targets []target) []placing {
	var out []placing
next:
	for i := range targets {
		t := &targets[i]
		region, known := r.bucketRegion(t, s.region)
		for j := range out {
			if out[j].to == region && out[j].known == known && out[j].targets[0].sameEndpoint(t) && (!r.w.byBucket || out[j].targets[0].bucket == t.bucket) {
				out[j].targets = append(out[j].targets, t)
				continue next
			}
		}
		out = append(out, placing{source: s, to: region, known: known, targets: []*target{t}})
	}
	return out
}

// multiRegion stands for the global front door of multi-Region access points:
// no Region's list holds its addresses (P136).
const multiRegion = "s3-global"

// bucketRegion is where a bucket lives; where the snapshot does not tell, the
// job's own region stands in and the second result is false.
func (r *jobRun) bucketRegion(t *target, own string) (string, bool) {
	if t.service != nil {
		return t.serviceRegion(own), true
	}
	if t.accessPoint != nil && strings.HasSuffix(t.accessPoint.name, ".mrap") {
		return multiRegion, true
	}
	if t.accessPoint != nil && t.accessPoint.region != "" {
		return t.accessPoint.region, true
	}
	if b, ok := r.w.FindBucket(t.bucket); ok && b.Region != "" {
		return b.Region, true
	}
	if region := arnField(t.arn, 3); region != "" {
		return region, true
	}
	return own, false
}

// place decides one placement.
func (r *jobRun) place(ctx context.Context, p *Placement, n int, s placing) (verdictParts, error) {
	if s.missing {
		p.Verdict = s.gate.judge()
		p.Network = Network{Verdict: p.Verdict, Path: []Hop{}}
		return s.gate, nil
	}
	net := r.networkRun().askNetwork(n, &s)
	p.Network = net.render(r.w)
	r.policyReport().deadEndpoint(n, &s, net)
	total := verdictParts{}
	for _, t := range s.targets {
		for _, action := range t.actions {
			if err := ctx.Err(); err != nil {
				return verdictParts{}, err
			}
			req, v := r.requests().request(n, &s, t, action, net)
			p.Requests = append(p.Requests, req)
			total.join(v)
		}
	}
	p.Verdict = total.judge()
	return total, nil
}
