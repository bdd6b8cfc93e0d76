package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/denial"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

// denialAnswer holds what AWS said against what the model answers; explain - -o
// json prints it.
type denialAnswer struct {
	Schema string        `json:"schema"`
	Denial denial.Denial `json:"denial"`
	// Agrees is "yes", "no" or "unknown"; empty without a snapshot.
	Agrees string `json:"agrees,omitempty"`
	Reason string `json:"reason"`
	// Facts would account for a difference.
	Facts  []string    `json:"facts,omitempty"`
	Answer *sim.Answer `json:"answer,omitempty"`
}

// explainDenial reads what AWS said, asks the snapshot the same, and compares.
func explainDenial(env *Env, sf *snapshotFlags, qf *questionFlags, word, format string) error {
	text := []byte(word)
	if word == "-" {
		var err error
		if text, err = io.ReadAll(io.LimitReader(env.Stdin, 4<<20)); err != nil {
			return err
		}
	}
	d, err := denial.Read(string(text))
	if err != nil {
		return withHint(err, "paste the whole message, a job's FailureReason, or an event of CloudTrail as JSON")
	}
	c := &denialAnswer{Schema: schemaExplain, Denial: d}
	if err := sf.find(env); err != nil {
		c.Reason = "Without a snapshot the question cannot be asked: name one with --snapshot."
		return writeComparison(env, c, nil, format)
	}
	s, err := sf.load(env)
	if err != nil {
		return err
	}
	if c.Answer, err = askDenial(env, sf, qf, s, &d); err != nil {
		return err
	}
	c.compare(s)
	if err := writeComparison(env, c, labels(s), format); err != nil {
		return err
	}
	return exit(map[string]int{"yes": ExitHolds, "no": ExitViolated, "unknown": ExitUnknown}[c.Agrees])
}

// askDenial asks the question that AWS answered with d.
func askDenial(env *Env, sf *snapshotFlags, qf *questionFlags, s *snapshot.Snapshot, d *denial.Denial) (*sim.Answer, error) {
	f := *qf
	if err := f.sourceOf(s, d); err != nil {
		return nil, err
	}
	if d.Service == "s3" && d.Resource != "" && f.bucket == "" {
		f.bucket, f.actions = d.Resource, f.actionsOf(d)
	}
	q, err := f.question(env, sf, s)
	if err != nil {
		return nil, withHint(err, "say who made the call with --job, --instance, --eni or --subnets, --security-groups and --role")
	}
	w := sim.NewWorld(s)
	if d.Kind == denial.Denied || d.Service == "s3" || d.Service == "" {
		return w.Check(env.context(), q)
	}
	t := sim.TraceQuestion{From: q.Source, To: d.Host}
	if q.Source == "" {
		t.Job = &q.Job
	}
	return w.Trace(env.context(), t)
}

// sourceOf lets what AWS said of the caller stand for flags that are not given.
func (f *questionFlags) sourceOf(s *snapshot.Snapshot, d *denial.Denial) error {
	if f.job != "" || len(f.subnets) > 0 || f.eni+f.instance+f.lambda != "" {
		return nil
	}
	if d.Source != "" {
		for _, a := range s.Accounts {
			for _, r := range a.Regions {
				for _, n := range r.EC2.NetworkInterfaces.Items {
					if slices.ContainsFunc(n.Addresses, func(x snapshot.InterfaceAddress) bool { return x.Private.String() == d.Source }) {
						f.eni = string(n.ID)
						return nil
					}
				}
			}
		}
	}
	var jobs []string
	for _, r := range resourcesOf(s) {
		if r.kind != kindJob {
			continue
		}
		if j, err := snapshot.ParseJob(r.job.Raw); err == nil && d.Role != "" && strings.HasSuffix(j.RoleARN, "/"+d.Role) {
			jobs = append(jobs, cmp.Or(r.arn, r.name))
		}
	}
	if len(jobs) > 1 {
		return withHint(fmt.Errorf("%d jobs of the snapshot have role %s", len(jobs), d.Role), "name the one that failed with --job: "+strings.Join(jobs, ", "))
	}
	if len(jobs) == 1 {
		f.job = jobs[0]
	}
	return nil
}

// actionsOf are the actions that the call is authorised as, and the resource in
// the form that they ask for.
func (f *questionFlags) actionsOf(d *denial.Denial) []string {
	action := d.Action
	if service, name, ok := strings.Cut(action, ":"); ok {
		if as, found := sim.ActionOfOperation(name); found {
			action = as
		} else if service != "s3" {
			action = ""
		}
	}
	bucket, key, _ := strings.Cut(f.bucket, "/")
	switch action {
	case "s3:ListBucket", "s3:ListBucketVersions", "s3:GetBucketLocation":
		f.bucket = bucket
	case "s3:GetObject", "s3:PutObject", "s3:DeleteObject":
		if key == "" {
			f.bucket = bucket + "/*"
		}
	case "":
		return nil
	}
	return []string{action}
}

// gatesOf are the gates at which a failure as AWS tells it stands.
func gatesOf(d *denial.Denial) []sim.Gate {
	switch {
	case d.Kind == denial.Unresolved:
		return []sim.Gate{sim.GateDNS}
	case d.Kind == denial.Unreachable:
		return networkGates
	case d.Action == "sts:AssumeRole":
		return []sim.Gate{sim.GateJob}
	case d.Layer == "VPC endpoint policy":
		return []sim.Gate{sim.GateEndpointPolicy}
	case d.Layer == "service control policy":
		return []sim.Gate{sim.GateSCP}
	case d.Layer == "resource control policy":
		return []sim.Gate{sim.GateRCP}
	case d.Layer == "resource-based policy" && d.Service == "kms":
		return []sim.Gate{sim.GateKMS}
	case d.Layer == "resource-based policy" && d.Explicit:
		return []sim.Gate{sim.GateBucketPolicy}
	case d.Layer == "resource-based policy":
		return []sim.Gate{sim.GateBucketPolicy, sim.GateBucket, sim.GateRole}
	case d.Layer != "":
		return []sim.Gate{sim.GateRole, sim.GateKMS}
	}
	return []sim.Gate{sim.GateEndpointPolicy, sim.GateRole, sim.GateSCP, sim.GateRCP, sim.GateBucketPolicy, sim.GateBucket, sim.GateKMS}
}

var networkGates = []sim.Gate{sim.GateDNS, sim.GateSGEgress, sim.GateNACLEgress, sim.GateRoute, sim.GateEndpoint, sim.GateNACLIngress, sim.GateSGIngress}

// compare decides whether the model agrees, and says what would account for it
// where it does not.
func (c *denialAnswer) compare(s *snapshot.Snapshot) {
	gates, a := gatesOf(&c.Denial), c.Answer
	at := func(g sim.Gate) bool { return slices.Contains(gates, g) }
	var stops, network []string
	for _, f := range causesOf(a, sim.Blocker) {
		text := f.Code.String() + " at " + f.Gate.String()
		if at(f.Gate) {
			stops = append(stops, text)
		}
		if slices.Contains(networkGates, f.Gate) || f.Gate == sim.GateJob {
			network = append(network, text)
		}
	}
	for _, m := range a.DecisiveUnknowns() {
		if at(m.Gate) {
			c.Facts = append(c.Facts, "Not in the snapshot: "+m.Fact)
		}
	}
	switch {
	case len(stops) > 0 && (c.Denial.Kind != denial.Denied || len(network) == 0 || at(sim.GateJob)):
		c.Agrees, c.Reason = "yes", "The model finds the same: "+strings.Join(stops, ", ")+"."
		c.Facts = nil
		return
	case c.Denial.Kind == denial.Denied && len(network) > 0:
		c.Agrees, c.Reason = "no", "AWS answered the call, so it got through the network; the model says that "+strings.Join(network, ", ")+" stops it."
		if len(stops) > 0 {
			c.Reason += " It finds the denial, too: " + strings.Join(stops, ", ") + "."
		}
	case len(c.Facts) > 0:
		c.Agrees, c.Reason = "unknown", "The model cannot tell: a fact is missing that would decide it."
	default:
		c.Agrees, c.Reason = "no", "The model says "+a.Verdict.String()+", and finds nothing at "+gateList(gates)+" that stops it."
	}
	c.Facts = append(c.Facts, c.accounts(s)...)
}

func gateList(gates []sim.Gate) string {
	var out []string
	for _, g := range gates {
		out = append(out, g.String())
	}
	return strings.Join(out, ", ")
}

// accounts lists facts that would account for a difference.
func (c *denialAnswer) accounts(s *snapshot.Snapshot) []string {
	d, a := &c.Denial, c.Answer
	var out []string
	if role := a.Question.Role; d.Role != "" && role != "" && !strings.HasSuffix(role, "/"+d.Role) {
		out = append(out, "The call was made by role "+d.Role+", and the question is about "+role+": ask with --role "+d.Role+".")
	}
	if used := endpointsOf(a); d.Endpoint != "" && !slices.Contains(used, d.Endpoint) {
		out = append(out, "The call came through "+d.Endpoint+"; the model's path goes through "+cmp.Or(strings.Join(used, ", "), "no endpoint")+".")
	}
	if captured := s.Capture.FinishedAt; d.Time != "" && captured != "" {
		word := "before"
		if captured > d.Time {
			word = "after"
		}
		out = append(out, "The snapshot was taken "+word+" the call ("+captured+", "+d.Time+"): what changed in between is not in it.")
	}
	switch {
	case d.Layer == "session policy":
		out = append(out, "A session policy is passed with the credentials and is not in a snapshot.")
	case d.Kind == denial.Denied && d.Layer == "" && strings.HasSuffix(d.Action, "Object"):
		out = append(out, "S3 also answers 403 for an object that is not there, where the caller may not list the bucket.")
	case d.Kind == denial.Unreachable:
		out = append(out, "The client may have called another name or port than the model takes (--hostname, --port), or a proxy.")
	}
	for _, text := range a.Assumptions {
		out = append(out, "Assumed: "+text)
	}
	return out
}

// endpointsOf are the endpoints on an answer's paths.
func endpointsOf(a *sim.Answer) []string {
	var out []string
	add := func(hops []sim.Hop) {
		for _, h := range hops {
			if h.Kind == "vpc-endpoint" && !slices.Contains(out, h.Component) {
				out = append(out, h.Component)
			}
		}
	}
	for i := range a.Placements {
		add(a.Placements[i].Network.Path)
		for _, p := range a.Placements[i].Network.Paths {
			add(p.Hops)
		}
	}
	return out
}

func writeComparison(env *Env, c *denialAnswer, names map[string]string, format string) error {
	if format != "text" {
		return writeValue(env.Stdout, c, format)
	}
	var b bytes.Buffer
	p := env.painter()
	p.names = names
	fmt.Fprintf(&b, "AWS says     %s\n", p.wrap(safeText(denialText(&c.Denial)), 13))
	if c.Answer != nil {
		fmt.Fprintf(&b, "canreach     %s  %s\n", p.verdict(c.Answer.Verdict), map[string]string{"yes": "agrees", "no": "does not agree", "unknown": "cannot tell"}[c.Agrees])
	}
	fmt.Fprintf(&b, "\n%s\n", p.wrap(safeText(c.Reason), 0))
	for i, f := range c.Facts {
		if i == 0 {
			fmt.Fprintf(&b, "\nWhat would account for it\n")
		}
		fmt.Fprintf(&b, "  - %s\n", p.wrap(p.named(safeText(f), ""), 4))
	}
	if c.Answer != nil {
		for i, f := range causesOf(c.Answer, sim.Blocker) {
			renderCause(&b, c.Answer, p, i+1, f, space{})
		}
	} else if gates := gatesOf(&c.Denial); len(gates) == 1 {
		fmt.Fprintf(&b, "\n[%s] %s\n  %s\n", gates[0], p.wrap(gateTexts[gates[0]][0], 2), p.wrap(gateTexts[gates[0]][1], 2))
	}
	_, err := io.Copy(env.Stdout, &b)
	if err == nil && c.Answer == nil {
		return errors.Join(err, exit(ExitUnknown))
	}
	return err
}

// denialText is what AWS said, in one sentence.
func denialText(d *denial.Denial) string {
	what := cmp.Or(d.Action, "a call")
	if d.Resource != "" {
		what += " on " + shortARN(d.Resource)
	}
	if who := cmp.Or(d.Role, d.Principal); who != "" {
		what += " by " + who
	}
	if d.Endpoint != "" {
		what += " through " + d.Endpoint
	}
	switch {
	case d.Kind == denial.Unresolved:
		return cmp.Or(d.Host, what) + " has no address"
	case d.Kind == denial.Unreachable && d.Host != "":
		return "no answer from " + d.Host
	case d.Kind == denial.Unreachable:
		return "no answer to " + what
	case d.Explicit:
		return what + " is denied, with an explicit deny in a " + d.Layer
	case d.Layer != "":
		return what + " is denied, because no " + d.Layer + " allows it"
	}
	return what + " is denied"
}
