package cli

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/capture/calls"
)

// liveFlags let a question capture what it needs, instead of reading a file.
type liveFlags struct {
	on      bool
	save    string
	request calls.Request // its Profiles, AssumeRoles and ExternalID
	scratch string        // folder of a snapshot that is not kept
}

// registerLive adds the flags to a command that asks.
func (f *snapshotFlags) registerLive(fs *pflag.FlagSet) {
	l := &f.live
	fs.BoolVar(&l.on, "live", false, "capture what the question needs from AWS first, with your own credentials, instead of reading a snapshot")
	fs.StringVar(&l.save, "save", "", "with --live: keep the snapshot in this `file`: .json, .json.gz or .json.zst")
	fs.StringSliceVar(&l.request.Profiles, "profile", nil, "with --live: profile of your AWS configuration, one account each (repeatable)")
	fs.StringSliceVar(&l.request.AssumeRoles, "assume-role", nil, "with --live: ARN of a role to assume, one account each (repeatable)")
	fs.StringVar(&l.request.ExternalID, "external-id", "", "with --live: external id for --assume-role")
}

// rounds bounds how often a live question grows.
const rounds = 4

// ask asks a question of the snapshot. With --live it captures first what
// scope names; while the answer is UNKNOWN for want of something that nobody
// asked AWS for, it captures that, too, and asks again.
func (f *snapshotFlags) ask(env *Env, scope calls.Request, question func() (*snapshot.Snapshot, *sim.Answer, error)) (*snapshot.Snapshot, *sim.Answer, error) {
	switch {
	case !f.live.on && f.live.save != "":
		return nil, nil, errors.New("--save goes with --live")
	case !f.live.on:
		return question()
	case f.path != "":
		fmt.Fprintf(env.Stderr, "asking AWS, not %s\n", safeText(f.path))
	}
	r := f.liveRequest(scope)
	for round := 1; ; round++ {
		report, err := f.capture(env, &r)
		if err != nil {
			return nil, nil, err
		}
		snap, a, err := question()
		if err != nil {
			return nil, nil, err
		}
		if a.Verdict != sim.Unknown || round == rounds || !grow(&r, snap, a.DecisiveUnknowns()) {
			writeUnreadable(env, report, a)
			return snap, a, nil
		}
		fmt.Fprintln(env.Stderr, "the answer hangs on more: asking AWS again")
	}
}

// liveRequest adds to a scope who asks, and where.
func (f *snapshotFlags) liveRequest(scope calls.Request) calls.Request {
	scope.Profiles, scope.AssumeRoles, scope.ExternalID = f.live.request.Profiles, f.live.request.AssumeRoles, f.live.request.ExternalID
	if f.region != "" {
		scope.Regions = []string{f.region}
	}
	return scope
}

// capture takes a snapshot to the file that is to be kept, or to one that
// discard removes, and lets f read it.
func (f *snapshotFlags) capture(env *Env, r *calls.Request) (*calls.Report, error) {
	if env.Capture == nil {
		return nil, errNoCapture
	}
	if err := r.Check(); err != nil {
		return nil, err
	}
	c := captureFlags{requestFlags: requestFlags{*r}, output: f.live.save, concurrency: 8, timeout: 2 * time.Minute}
	if c.output == "" {
		if f.live.scratch == "" {
			dir, err := os.MkdirTemp("", "canreach-*")
			if err != nil {
				return nil, err
			}
			f.live.scratch = dir
		}
		c.output = filepath.Join(f.live.scratch, "snapshot.json")
	}
	if err := c.checkOutput(); err != nil {
		return nil, err
	}
	report, err := c.takeJob(env)
	if err != nil {
		return nil, err
	}
	r.Jobs, f.path = c.Jobs, c.output
	return report, nil
}

// takeJob captures. A name alone may be that of any kind of job: each is
// looked for until one is there.
func (f *captureFlags) takeJob(env *Env) (*calls.Report, error) {
	ctx, stop := signal.NotifyContext(env.context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	report, err := f.take(ctx, env)
	if err == nil || !errors.Is(err, calls.ErrNotThere) || len(f.Jobs) != 1 || calls.IsFile(f.Jobs[0]) || strings.ContainsAny(f.Jobs[0], "/:") {
		return report, err
	}
	name := f.Jobs[0]
	for _, kind := range calls.SortedJobKinds() {
		f.Jobs = []string{kind + "/" + name}
		if report, err = f.take(ctx, env); err == nil || !errors.Is(err, calls.ErrNotThere) {
			return report, err
		}
	}
	return nil, fmt.Errorf("--job %s: no job of that name in the account and region; tried %s", name, strings.Join(calls.SortedJobKinds(), ", "))
}

// discard removes a snapshot that is not kept.
func (f *snapshotFlags) discard() {
	if f.live.scratch != "" {
		os.RemoveAll(f.live.scratch)
	}
}

var (
	vpcIn    = regexp.MustCompile(`\bvpc-[0-9a-f]{8,17}\b`)
	roleIn   = regexp.MustCompile(`\barn:[a-z-]+:iam::[0-9]{12}:role/[\w+=,.@/-]+`)
	bucketIn = regexp.MustCompile(`\barn:[a-z-]+:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]`)
	policyIn = regexp.MustCompile(`\barn:[a-z-]+:(?:secretsmanager|ecr|sqs|sns):[a-z0-9-]+:[0-9]{12}:[\w/+=.@:-]+`)
	regionIn = regexp.MustCompile(`--region ([a-z]{2,}(?:-[a-z]+)+-[0-9]+)`)
	bucketOf = regexp.MustCompile(`--bucket ([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])`)
	roleOf   = regexp.MustCompile(`--role-name ([\w+=,.@-]{1,64})`)
)

// grow adds what missing facts name, and the snapshot does not hold, to a
// request; false: nothing new. What AWS refused to tell is left alone.
func grow(r *calls.Request, s *snapshot.Snapshot, unknowns []sim.Missing) bool {
	grown := false
	held := map[string]bool{}
	for _, x := range resourcesOf(s) {
		held[x.id], held[x.name] = true, true
	}
	for _, a := range s.Accounts {
		for _, g := range a.Regions {
			for _, v := range g.EC2.VPCs.Items {
				held[string(v.ID)] = true
			}
		}
	}
	add := func(to *[]string, found []string) {
		for _, s := range found {
			if !slices.Contains(*to, s) && !held[s] {
				*to, grown = append(*to, s), true
			}
		}
	}
	for _, u := range unknowns {
		if u.Gap != "" {
			continue
		}
		text := u.Component + " " + u.Fact + " " + u.Collect
		add(&r.VPCs, vpcIn.FindAllString(text, -1))
		add(&r.Roles, roleIn.FindAllString(text, -1))
		for _, arn := range bucketIn.FindAllString(text, -1) {
			add(&r.Buckets, []string{calls.BucketName(arn)})
		}
		for _, arn := range policyIn.FindAllString(text, -1) {
			if calls.HasPolicy(arn) {
				add(&r.Resources, []string{arn})
			}
		}
		for _, m := range bucketOf.FindAllStringSubmatch(u.Collect, -1) {
			add(&r.Buckets, m[1:])
		}
		for _, m := range roleOf.FindAllStringSubmatch(u.Collect, -1) {
			add(&r.Roles, m[1:])
		}
		for _, m := range regionIn.FindAllStringSubmatch(text, -1) {
			if len(r.Regions) > 0 {
				add(&r.Regions, m[1:])
			}
		}
	}
	return grown
}

// writeUnreadable says which permissions would have settled an answer.
func writeUnreadable(env *Env, report *calls.Report, a *sim.Answer) {
	if a.Verdict != sim.Unknown {
		return
	}
	for _, g := range report.Gaps {
		named := func(u sim.Missing) bool { return strings.Contains(u.Gap, g.Service+" "+g.Operation) }
		if !slices.ContainsFunc(a.Unknowns, named) {
			continue
		}
		line := strings.TrimSpace(fmt.Sprintf("%s %s %s %s", g.Account, g.Service, g.Operation, g.Resource)) + ": " + g.Code
		if actions := calls.ActionsOf(g.Service, g.Operation); denied(g.Code) && len(actions) > 0 {
			line += ": allow " + strings.Join(actions, " and ")
		}
		fmt.Fprintf(env.Stderr, "could not read: %s\n", safeText(line))
	}
}

// ask asks the question of the snapshot, or of AWS. The snapshot is returned, too.
func (f *questionFlags) ask(env *Env, sf *snapshotFlags) (*snapshot.Snapshot, *sim.Answer, error) {
	if sf.live.on && f.job+f.eni+f.instance+f.lambda == "" && len(f.subnets) == 0 {
		return nil, nil, errLiveNeedsJob
	}
	return sf.ask(env, f.scope(), func() (*snapshot.Snapshot, *sim.Answer, error) { return f.check(env, sf) })
}

var errLiveNeedsJob = withHint(errors.New("no job: --live needs --job"), "name a job, or say --subnets, --security-groups and --role")

// scope is what a question on the command line needs captured; a source that
// exists, or a name that only a snapshot can tell, needs everything.
func (f *questionFlags) scope() calls.Request {
	var r calls.Request
	if f.eni+f.instance+f.lambda != "" {
		return r
	}
	if f.job != "" {
		r.Jobs = []string{f.job}
	}
	for _, word := range f.subnets {
		r.Subnets = append(r.Subnets, word[strings.LastIndex(word, "/")+1:])
	}
	for _, word := range f.groups {
		r.Groups = append(r.Groups, word[strings.LastIndex(word, "/")+1:])
	}
	named := func(prefix string) func(string) bool {
		return func(s string) bool { return !strings.HasPrefix(s, prefix) }
	}
	if slices.ContainsFunc(r.Subnets, named("subnet-")) || slices.ContainsFunc(r.Groups, named("sg-")) {
		return calls.Request{Jobs: r.Jobs} // a Name tag
	}
	if f.role != "" {
		r.Roles = []string{f.role}
	}
	if name := calls.BucketName(strings.TrimPrefix(f.bucket, "s3://")); name != "" && !strings.ContainsAny(name, "*?:") {
		r.Buckets = []string{name}
	}
	if calls.HasPolicy(f.resource) {
		r.Resources = []string{f.resource}
	}
	return r
}

// jobWord is what the snapshot of a live question calls a job.
func (f *snapshotFlags) jobWord(word string) string {
	if f.live.on && !calls.IsFile(word) && !strings.HasPrefix(word, "arn:") { // "training-job/NAME"
		return word[strings.LastIndex(word, "/")+1:]
	}
	return word
}

// traceScope is what a trace needs captured: with a job or a subnet at one
// end, its network and what that refers to.
func traceScope(job string, groups []string, ends ...string) calls.Request {
	r := (&questionFlags{job: job, groups: groups}).scope()
	for _, end := range ends {
		if id := end[strings.LastIndex(end, "/")+1:]; strings.HasPrefix(id, "subnet-") {
			r.Subnets = append(r.Subnets, id)
		}
	}
	for _, end := range ends {
		for _, prefix := range []string{"eni-", "i-", "vpce-", "10.", "172.", "192.168.", "arn:"} {
			if strings.HasPrefix(end, prefix) && !strings.Contains(end, ":subnet/") {
				return calls.Request{Jobs: r.Jobs} // only the capture tells in which network
			}
		}
	}
	return r
}

// denied tells whether a gap's code says that a permission is missing.
func denied(code string) bool {
	return strings.HasPrefix(code, "AccessDenied") || strings.HasPrefix(code, "UnauthorizedOperation") || code == "AuthorizationError"
}
