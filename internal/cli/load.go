package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/pflag"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/terraform"
)

// snapshotFlags name a snapshot, for every command that reads one.
type snapshotFlags struct {
	path, account, region string
}

func (f *snapshotFlags) register(fs *pflag.FlagSet) {
	fs.StringVarP(&f.path, "snapshot", "s", "", "snapshot: a native `file` (.json, .json.gz, .json.zst, or - for standard input) or a directory of AWS CLI outputs; default: snapshot.json[.gz|.zst] or snapshot/ here")
	fs.StringVar(&f.account, "account", "", "account id of files that do not tell it")
	fs.StringVar(&f.region, "region", "", "region of files that do not tell it")
}

func (f *snapshotFlags) options(env *Env) snapshot.Options {
	return snapshot.Options{Account: f.account, Region: f.region, Stdin: env.Stdin}
}

// defaultSnapshots are taken from the working directory where none is named.
var defaultSnapshots = []string{"snapshot.json", "snapshot.json.gz", "snapshot.json.zst", "snapshot"}

// find takes a default snapshot where none is named, and says so.
func (f *snapshotFlags) find(env *Env) error {
	if f.path != "" {
		return nil
	}
	for _, name := range defaultSnapshots {
		st, err := os.Stat(name)
		if err != nil || st.IsDir() != (name == "snapshot") {
			continue
		}
		fmt.Fprintf(env.Stderr, "using %s\n", name)
		f.path = name
		return nil
	}
	return withHint(errors.New("no snapshot: --snapshot is missing, and there is no snapshot.json[.gz|.zst] or snapshot/ here"),
		"take one with canreach snapshot --out snapshot.json, or name one with --snapshot")
}

// native returns the snapshot's native form and prints its warnings.
func (f *snapshotFlags) native(env *Env) ([]byte, error) {
	if err := f.find(env); err != nil {
		return nil, err
	}
	native, warnings, err := snapshot.Native(f.path, f.options(env))
	if err != nil {
		return nil, err
	}
	printWarnings(env, warnings)
	return f.planned(env, native)
}

// load reads the snapshot and prints its warnings.
func (f *snapshotFlags) load(env *Env) (*snapshot.Snapshot, error) {
	if err := f.find(env); err != nil {
		return nil, err
	}
	s, err := snapshot.Load(f.path, f.options(env))
	if err != nil {
		if native, _, e := snapshot.Native(f.path, f.options(env)); e == nil && terraform.Is(native) {
			if native, e = f.planned(env, native); e != nil {
				return nil, e
			}
			return snapshot.Parse(native)
		}
		return nil, err
	}
	printWarnings(env, s.Warnings)
	return s, nil
}

func printWarnings(env *Env, list []snapshot.Warning) {
	for _, w := range list {
		place := w.File
		if place == "" {
			place = w.At.Pointer()
		}
		if place != "" {
			place += ": "
		}
		fmt.Fprintf(env.Stderr, "warning: %s%s\n", safeText(place), safeText(w.Message))
	}
}

// questionFlags say a question on the command line.
type questionFlags struct {
	job, bucket           string
	actions               []string
	write                 bool
	subnets, groups       []string
	role                  string
	eni, instance, lambda string
	assume, tags          []string
	at, hostname          string
	strictDNS, publicDNS  bool
	port                  int
	ephemeral             string
}

func (f *questionFlags) register(fs *pflag.FlagSet) {
	fs.StringVarP(&f.job, "job", "j", "", "job file: the request or description of a SageMaker job, as AWS prints it")
	fs.StringVarP(&f.bucket, "bucket", "b", "", "bucket or object ARN, with or without wildcards; default: what the job itself reads and writes")
	fs.StringArrayVarP(&f.actions, "action", "a", nil, "S3 action, repeatable; default: s3:GetObject and s3:ListBucket")
	fs.BoolVar(&f.write, "write", false, "ask about s3:PutObject instead of a read")
	fs.StringSliceVar(&f.subnets, "subnets", nil, "subnet ids, instead of a job file")
	fs.StringSliceVar(&f.groups, "security-groups", nil, "security group ids, instead of a job file")
	fs.StringVar(&f.role, "role", "", "ARN of the execution role, instead of the job's")
	fs.StringVar(&f.eni, "eni", "", "an existing network interface as the source")
	fs.StringVar(&f.instance, "instance", "", "an existing instance as the source")
	fs.StringVar(&f.lambda, "lambda", "", "an existing Lambda function (name or ARN) as the source")
	fs.StringArrayVar(&f.assume, "assume", nil, "settle a condition key: KEY=VALUE or KEY=absent; repeatable")
	fs.StringArrayVar(&f.tags, "object-tag", nil, "tags of the objects: KEY=VALUE, repeatable, or none")
	fs.StringVar(&f.at, "at", "", "the time of the request (aws:CurrentTime), e.g. 2026-01-31T12:00:00Z")
	fs.StringVar(&f.hostname, "hostname", "", "S3 name that the client calls; default: s3.REGION.amazonaws.com")
	fs.BoolVar(&f.strictDNS, "strict-dns", false, "answer UNKNOWN where Route 53 data was not collected")
	fs.BoolVar(&f.publicDNS, "assume-public-dns", false, "assume that custom DNS servers give the public answers")
	fs.IntVar(&f.port, "port", 0, "destination port; default 443")
	fs.StringVar(&f.ephemeral, "ephemeral-ports", "", "client ports, FROM-TO; default 32768-60999")
}

// question builds the question, reading the job file.
func (f *questionFlags) question(env *Env, sf *snapshotFlags) (sim.Question, error) {
	q := sim.Question{Bucket: f.bucket, Actions: f.actions, Write: f.write, Account: sf.account, Region: sf.region,
		Options: sim.Options{Hostname: f.hostname, StrictDNS: f.strictDNS, AssumePublicDNS: f.publicDNS, Port: f.port,
			At: f.at, Assume: f.assume, ObjectTags: f.tags}}
	if f.job != "" {
		j, err := snapshot.LoadJob(f.job, sf.options(env))
		if err != nil {
			return q, err
		}
		q.Job = j
	}
	if f.ephemeral != "" {
		var lo, hi int
		if n, err := fmt.Sscanf(f.ephemeral, "%d-%d", &lo, &hi); n != 2 || err != nil || lo < 1 || hi < lo || hi > 65535 {
			return q, fmt.Errorf("--ephemeral-ports %q: want FROM-TO, e.g. 32768-60999", f.ephemeral)
		}
		q.Options.Ephemeral = [2]int{lo, hi}
	}
	return q, f.source(&q)
}

// source lets flags stand for a job file, or override it.
func (f *questionFlags) source(q *sim.Question) error {
	given := 0
	for _, s := range []string{f.eni, f.instance, f.lambda} {
		if s != "" {
			given++
			q.Source = s
		}
	}
	if given > 1 {
		return errors.New("--eni, --instance and --lambda exclude one another")
	}
	if given == 1 && (len(f.subnets) > 0 || len(f.groups) > 0) {
		return errors.New("--subnets and --security-groups do not go with an existing source: it has its own")
	}
	if f.role != "" {
		q.Job.RoleARN = f.role
	}
	if len(f.subnets) > 0 || len(f.groups) > 0 {
		q.Job.HasVPCConfig = true
	}
	if len(f.subnets) > 0 {
		q.Job.Subnets = nil
		for _, s := range f.subnets {
			q.Job.Subnets = append(q.Job.Subnets, snapshot.SubnetID(strings.TrimSpace(s)))
		}
	}
	if len(f.groups) > 0 {
		q.Job.SecurityGroups = nil
		for _, s := range f.groups {
			q.Job.SecurityGroups = append(q.Job.SecurityGroups, snapshot.SecurityGroupID(strings.TrimSpace(s)))
		}
	}
	if f.job == "" && given == 0 && len(f.subnets) == 0 {
		return withHint(errors.New("no job: --job is missing"), "name a job file with --job, or say --subnets, --security-groups and --role")
	}
	if q.Job.Instances == 0 {
		q.Job.Instances = 1
	}
	return nil
}

// exitStatus maps a verdict to the contract's exit status.
func exitStatus(v sim.Verdict) int {
	switch v {
	case sim.Reachable:
		return ExitHolds
	case sim.Partial, sim.Blocked:
		return ExitViolated
	case sim.Unknown:
		return ExitUnknown
	}
	panic("unreachable: verdict")
}

// writeJSON writes v indented, with a final newline and without HTML escapes.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// writeYAML writes the same value as writeJSON, as YAML.
func writeYAML(w io.Writer, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	out, err := yaml.JSONToYAML(text)
	if err != nil {
		return err
	}
	_, err = w.Write(out)
	return err
}

// writeValue writes v as JSON, or as YAML where format says so.
func writeValue(w io.Writer, v any, format string) error {
	if format == "yaml" {
		return writeYAML(w, v)
	}
	return writeJSON(w, v)
}
