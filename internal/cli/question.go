package cli

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/canreach/canreach/rules"
	"github.com/canreach/canreach/rules/services"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

// questionFlags say a question on the command line.
type questionFlags struct {
	job, bucket, resource string
	actions               []string
	write                 bool
	service               string
	through, avoid        []string
	subnets, groups       []string
	role                  string
	eni, instance, lambda string
	internet, onPremises  string
	caller                string
	assume, tags          []string
	at, hostname          string
	strict                bool
	strictDNS, publicDNS  bool
	sseS3, presigned      bool
	noOrganization        bool
	noResourcePolicy      bool
	mayBeAbsent           bool
	defaults              bool
	port                  int
	ephemeral             string
}

func (f *questionFlags) register(fs *pflag.FlagSet) {
	fs.StringVarP(&f.job, "job", "j", "", "job: a `file` with its request or description as AWS prints it, or the name or ARN of one in the snapshot; default: its only one")
	fs.StringVarP(&f.bucket, "bucket", "b", "", "`bucket` or objects: an ARN with or without wildcards, s3://BUCKET/KEY, or a name; default: what the job itself reads and writes")
	fs.StringVar(&f.resource, "resource", "", "a resource of any service instead of a bucket: its `ARN`, with or without wildcards; with --action")
	fs.StringArrayVarP(&f.actions, "action", "a", nil, "`action`, repeatable, such as s3:PutObject or ecr:BatchGetImage; default: s3:GetObject and s3:ListBucket")
	fs.BoolVar(&f.write, "write", false, "ask about s3:PutObject instead of a read")
	fs.StringVar(&f.service, "service", "", serviceHelp)
	fs.StringSliceVar(&f.subnets, "subnets", nil, "subnets by `id`, ARN or Name tag, instead of a job")
	fs.StringSliceVar(&f.groups, "security-groups", nil, "security groups by `id`, ARN or name, instead of a job")
	fs.StringVar(&f.role, "role", "", "execution `role` by ARN or name, instead of the job's")
	fs.StringVar(&f.eni, "eni", "", "an existing network `interface` as the source")
	fs.StringVar(&f.instance, "instance", "", "an existing `instance` as the source: id, ARN or Name tag")
	fs.StringVar(&f.lambda, "lambda", "", "an existing Lambda `function` (name or ARN) as the source")
	fs.StringVar(&f.internet, "from-internet", "", "a client on the internet as the source: its `address` or CIDR block, or any")
	fs.StringVar(&f.onPremises, "from-on-premises", "", "a client on premises as the source: its private `address` or CIDR block")
	fs.StringVar(&f.caller, "caller", "", "who signs the requests: `role` (default), unsigned, \"presigned-by ARN\", \"principal ARN\" or \"service NAME\"")
	fs.StringArrayVar(&f.assume, "assume", nil, "settle a condition key: `KEY=VALUE` or KEY=absent; repeatable")
	fs.StringArrayVar(&f.tags, "object-tag", nil, "tags of the objects: `KEY=VALUE`, repeatable, or none")
	fs.StringVar(&f.at, "at", "", "the `time` of the request (aws:CurrentTime), e.g. 2026-01-31T12:00:00Z")
	fs.StringVar(&f.hostname, "hostname", "", "S3 `name` that the client calls; default: BUCKET.s3.REGION.amazonaws.com")
	fs.BoolVar(&f.noOrganization, "assume-no-organization", false, "take an account whose organization was not collected to be in none")
	fs.BoolVar(&f.noResourcePolicy, "assume-no-resource-policy", false, "take resources of other services than S3, whose policies were not collected, to have none")
	fs.BoolVar(&f.mayBeAbsent, "may-be-absent", false, "the bucket is meant as written, though the snapshot lacks it and holds one of nearly that name")
	fs.BoolVar(&f.defaults, "assume-defaults", false, "take AWS's defaults for what was never collected: no organization, SSE-S3, no policy of a resource's own")
	fs.BoolVar(&f.sseS3, "assume-sse-s3", false, "take bucket encryption that was not collected as SSE-S3, which needs no KMS key")
	fs.BoolVar(&f.presigned, "presigned", false, "the request is presigned")
	fs.BoolVar(&f.strict, "strict", false, strictHelp)
	fs.BoolVar(&f.strictDNS, "strict-dns", false, "answer UNKNOWN where Route 53 data was not collected")
	fs.BoolVar(&f.publicDNS, "assume-public-dns", false, "assume that custom DNS servers give the public answers")
	fs.StringSliceVar(&f.through, "through", nil, throughHelp)
	fs.StringSliceVar(&f.avoid, "avoid", nil, avoidHelp)
	fs.IntVar(&f.port, "port", 0, "destination `port`; default 443")
	fs.StringVar(&f.ephemeral, "ephemeral-ports", "", "client ports, `FROM-TO`; default 32768-60999")
}

// check asks the question of the snapshot that sf names.
func (f *questionFlags) check(env *Env, sf *snapshotFlags) (*snapshot.Snapshot, *sim.Answer, error) {
	snap, err := sf.load(env)
	if err != nil {
		return nil, nil, err
	}
	q, err := f.question(env, sf, snap)
	if err != nil {
		return nil, nil, err
	}
	a, err := sim.NewWorld(snap).Check(env.context(), q)
	return snap, a, err
}

// question builds the question, with the names of s in place of ids resolved.
func (f *questionFlags) question(env *Env, sf *snapshotFlags, s *snapshot.Snapshot) (sim.Question, error) {
	if f.bucket != "" && f.resource != "" {
		return sim.Question{}, errors.New("--bucket and --resource exclude one another")
	}
	q := sim.Question{Bucket: cmp.Or(f.resource, bucketARN(s, f.bucket)), Actions: f.actions, Write: f.write, Account: sf.account, Region: sf.region,
		Options: sim.Options{Hostname: f.hostname, Strict: f.strict, StrictDNS: f.strictDNS, AssumeSSES3: f.sseS3 || f.defaults, AssumeNoOrganization: f.noOrganization || f.defaults, AssumeNoResourcePolicy: f.noResourcePolicy || f.defaults, MayBeAbsent: f.mayBeAbsent, Presigned: f.presigned, Caller: f.caller, AssumePublicDNS: f.publicDNS, Port: f.port,
			Through: f.through, Avoid: f.avoid, At: f.at, Assume: f.assume, ObjectTags: f.tags}}
	if f.ephemeral != "" {
		var lo, hi int
		if n, err := fmt.Sscanf(f.ephemeral, "%d-%d", &lo, &hi); n != 2 || err != nil || lo < 1 || hi < lo || hi > 65535 {
			return q, fmt.Errorf("--ephemeral-ports %q: want FROM-TO, e.g. 32768-60999", f.ephemeral)
		}
		q.Options.Ephemeral = [2]int{lo, hi}
	}
	if err := ofService(&snapshot.Job{}, f.service); err != nil {
		return q, err
	}
	all := resourcesOf(s)
	if err := f.existing(&q, all); err != nil {
		return q, err
	}
	if err := waypoints(all, &q.Options.Through, &q.Options.Avoid); err != nil {
		return q, err
	}
	if f.job != "" || q.Source == "" && len(f.subnets) == 0 && !strings.HasPrefix(f.caller, "service") {
		j, err := findJob(env, s, sf.options(env), sf.jobWord(f.job))
		if err != nil {
			return q, err
		}
		q.Job = j
	}
	return q, f.override(&q.Job, all)
}

// existing lets a source that exists stand for a job.
func (f *questionFlags) existing(q *sim.Question, all []resource) error {
	given := 0
	for _, s := range []struct {
		kind       kind
		flag, word string
	}{{kindInterface, "--eni", f.eni}, {kindInstance, "--instance", f.instance}, {kindFunction, "--lambda", f.lambda}} {
		if s.word == "" {
			continue
		}
		given++
		q.Source = s.word
		if s.kind == kindFunction { // the engine takes its name and ARN
			continue
		}
		var err error
		if q.Source, err = id(all, s.kind, s.flag, s.word); err != nil {
			return err
		}
	}
	outside, err := f.outside()
	if err != nil {
		return err
	}
	if outside != "" {
		q.Source = outside
		given++
	}
	if given > 1 {
		return errors.New("--eni, --instance, --lambda, --from-internet and --from-on-premises exclude one another")
	}
	if given == 1 && (len(f.subnets) > 0 || len(f.groups) > 0) {
		return errors.New("--subnets and --security-groups do not go with an existing source: it has its own")
	}
	return nil
}

// callerArgument takes the second word of --caller presigned-by ARN, which the
// shell parts from the first unless it is quoted.
func (f *questionFlags) callerArgument(cmd *cobra.Command, args []string) error {
	if len(args) == 1 && slices.Contains([]string{"presigned-by", "principal", "service"}, f.caller) {
		f.caller += " " + args[0]
		return nil
	}
	return cobra.NoArgs(cmd, args)
}

// outside is a source outside of every VPC; "" where no flag names one.
func (f *questionFlags) outside() (string, error) {
	switch {
	case f.internet != "" && f.onPremises != "":
		return "", errors.New("--from-internet and --from-on-premises exclude one another")
	case f.internet == "any":
		return sim.FromInternet, nil
	case f.internet != "":
		p, err := sim.ParseAddresses(f.internet)
		if err != nil || !rules.OnInternet(p) {
			return "", fmt.Errorf("--from-internet %q: want a public address or CIDR block such as 203.0.113.7, or any", f.internet)
		}
	case f.onPremises != "":
		p, err := sim.ParseAddresses(f.onPremises)
		if err != nil || rules.OnInternet(p) {
			return "", fmt.Errorf("--from-on-premises %q: want a private address or CIDR block such as 10.0.0.0/8; public ones go with --from-internet", f.onPremises)
		}
	}
	return f.internet + f.onPremises, nil
}

// override lets flags stand for members of the job.
func (f *questionFlags) override(j *snapshot.Job, all []resource) error {
	err := ofService(j, f.service)
	if err != nil {
		return err
	}
	if f.role != "" {
		if j.RoleARN, err = id(all, kindRole, "--role", f.role); err != nil {
			return err
		}
	}
	if len(f.subnets) > 0 {
		j.Subnets = nil
	}
	for _, word := range f.subnets {
		s, err := id(all, kindSubnet, "--subnets", word)
		if err != nil {
			return err
		}
		j.Subnets = append(j.Subnets, snapshot.SubnetID(s))
	}
	if len(f.groups) > 0 {
		j.SecurityGroups = nil
	}
	for _, word := range f.groups {
		g, err := id(all, kindGroup, "--security-groups", word)
		if err != nil {
			return err
		}
		j.SecurityGroups = append(j.SecurityGroups, snapshot.SecurityGroupID(g))
	}
	j.Instances = max(j.Instances, 1)
	return nil
}

// waypoints turns what --through and --avoid name into ids.
func waypoints(all []resource, through, avoid *[]string) (err error) {
	if *through, err = components(all, "--through", *through); err == nil {
		*avoid, err = components(all, "--avoid", *avoid)
	}
	return err
}

// throughHelp and avoidHelp word --through and --avoid.
const (
	throughHelp = "`component` by id or name that the traffic has to pass: traffic that gets there another way fails"
	avoidHelp   = "`component` by id or name that neither the traffic nor its replies may pass"
)

// serviceHelp words --service.
const serviceHelp = "with --subnets, --security-groups and --role: the `service` whose job it is, such as ecs, glue or sagemaker; docs/services.md lists them"

// ofService sets the kind of job that --service means. What a file says of
// itself is not overridden.
func ofService(j *snapshot.Job, word string) error {
	if word == "" {
		return nil
	}
	work, ok := services.Named(word)
	switch {
	case !ok:
		return withHint(fmt.Errorf("--service %q: not a service of the table", word), cmp.Or(didYouMean(word, services.Words()), "one of "+strings.Join(services.Words(), ", ")))
	case j.Kind != "" && j.Kind != work.Kind:
		if is, _ := services.Find(j.Kind); is.Service != work.Service || strings.Contains(word, "/") {
			return fmt.Errorf("--service %q: the job is of another kind: %s", word, cmp.Or(is.Title, j.Kind))
		}
	default:
		j.Kind = work.Kind
	}
	return nil
}

// strictHelp words --strict wherever a question is asked.
const strictHelp = "answer UNKNOWN where what is off by default was never collected: Route 53 data, Block Public Access, encryption controls"
