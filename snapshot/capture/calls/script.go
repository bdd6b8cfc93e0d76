package calls

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/canreach/canreach/snapshot"
)

// Script returns a shell script of plain AWS CLI calls that asks what a capture
// of the request asks, and keeps each answer in a directory that snapshot.Load
// reads: ACCOUNT/REGION/SERVICE/COMMAND.SUBJECT.json, and beside it .err for
// what AWS refused. It needs the AWS CLI and POSIX tools, and calls nothing
// that Operations does not list.
func Script(r Request) (string, error) {
	if err := r.Check(); err != nil {
		return "", err
	}
	if len(r.AssumeRoles) > 0 || r.OrganizationRole != "" {
		return "", errors.New("a script assumes no roles: give each a profile with role_arn, and pass --profile")
	}
	s := scripter{request: r}
	if err := s.jobFiles(); err != nil {
		return "", err
	}
	s.raw(scriptHead)
	s.raw("capture() {")
	if len(r.Regions) > 0 {
		s.line("export AWS_REGION=%s", quote(r.Regions[0]))
	}
	s.raw(scriptAccount)
	s.line("for region in %s; do", s.regions())
	s.raw("export AWS_REGION=$region AWS_DEFAULT_REGION=$region")
	s.names()
	for _, o := range s.request.Operations() {
		if regional(o) {
			s.operation(o)
		}
	}
	s.raw("done")
	s.raw("region=")
	for _, o := range s.request.Operations() {
		if !regional(o) && o.InsteadOf == "" {
			s.operation(o)
		}
	}
	s.raw("}")
	if len(r.Profiles) == 0 {
		s.raw("capture || exit 2")
	} else {
		s.line("for AWS_PROFILE in %s; do export AWS_PROFILE; capture || exit 2; done", quoted(r.Profiles))
	}
	s.raw(scriptEnd)
	return s.text.String(), nil
}

const scriptHead = `#!/bin/sh
# Made by "canreach snapshot script": read-only AWS CLI calls, one file an answer.
# Usage: sh SCRIPT [DIR]; then: canreach check --snapshot DIR --job JOB …
set -u
umask 077
out=${1:-aws-outputs}
if [ -e "$out" ]; then echo "$out is there already: name another directory" >&2; exit 2; fi
refused=0
# save FILE ARGS: one call; its answer, or else what the CLI said of it
save() {
	file=$out/$account/$1
	shift
	mkdir -p "${file%/*}" || exit 2
	if aws "$@" --output json >"$file.json" 2>"$file.err"; then rm -f "$file.err"; else
		rm -f "$file.json"
		refused=$((refused + 1))
	fi
}
# values MEMBER FILES: what a member says in answers, one a line
values() {
	member=$1
	shift
	for file in "$@"; do [ -f "$file" ] && grep -o "\"$member\": *\"[^\"]*\"" "$file" | cut -d '"' -f 4; done | sort -u
}
# found PATTERN FILES: what fits a pattern anywhere in answers
found() {
	pattern=$1
	shift
	for file in "$@"; do [ -f "$file" ] && grep -o "$pattern" "$file"; done | sort -u
}
# ids ARGS: the ids that a call's --query gives
ids() { aws "$@" --output text 2>/dev/null | tr '\t' '\n' | grep -v '^None$' | sort -u; }
# joined WORDS: a filter's values
joined() { echo "$*" | tr ' ' ','; }`

const scriptAccount = `export AWS_DEFAULT_REGION="${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region)}}"
account=$(aws sts get-caller-identity --query Account --output text) || return 2
dir=$out/$account
roles= buckets= keys=`

const scriptEnd = `echo "wrote $out; calls that AWS refused: $refused (NAME.err)" >&2`

type scripter struct {
	request Request
	keys    []string // of jobs' files
	text    strings.Builder
}

func (s *scripter) line(format string, a ...any) {
	fmt.Fprintf(&s.text, format+"\n", a...)
}

func (s *scripter) raw(text string) { s.text.WriteString(text + "\n") }

// jobFiles replaces jobs that are files by what they refer to.
func (s *scripter) jobFiles() error {
	r := &s.request
	for _, name := range r.Jobs {
		if !IsFile(name) {
			continue
		}
		job, err := snapshot.LoadJob(name, snapshot.Options{})
		if err != nil {
			return err
		}
		for _, id := range job.Subnets {
			r.Subnets = append(slices.Clip(r.Subnets), string(id))
		}
		for _, id := range job.SecurityGroups {
			r.Groups = append(slices.Clip(r.Groups), string(id))
		}
		if job.RoleARN != "" {
			r.Roles = append(slices.Clip(r.Roles), job.RoleARN)
		}
		for _, l := range slices.Concat(job.Inputs, job.Outputs) {
			r.Buckets = append(slices.Clip(r.Buckets), l.Bucket)
			s.keys = append(s.keys, l.KMSKeyID)
		}
	}
	r.Buckets = slices.DeleteFunc(r.Buckets, func(b string) bool { return b == "" })
	return nil
}

func (s *scripter) regions() string {
	switch {
	case s.request.AllRegions:
		return "$(ids ec2 describe-regions --query 'Regions[].RegionName')"
	case len(s.request.Regions) > 0:
		return quoted(s.request.Regions)
	}
	return "${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region)}}"
}

// names sets the shell's lists of what the request names and its jobs refer to.
func (s *scripter) names() {
	r := s.request
	if !r.Scoped() {
		return
	}
	s.line("vpcs=%s subnets=%s groups=%s", list(r.VPCs), list(r.Subnets), list(r.Groups))
	var buckets []string
	for _, b := range r.Buckets {
		buckets = append(buckets, BucketName(b))
	}
	s.line(`roles="$roles "%s buckets="$buckets "%s keys="$keys "%s`, list(r.Roles), list(buckets), list(s.keys))
	for _, job := range r.Jobs {
		if !IsFile(job) {
			s.job(job)
		}
	}
	if !r.Wants(Network) {
		return
	}
	s.raw(`for id in $subnets; do vpcs="$vpcs $(ids ec2 describe-subnets --filters "Name=subnet-id,Values=$id" --query 'Subnets[].VpcId')"; done`)
	s.raw(`for id in $groups; do vpcs="$vpcs $(ids ec2 describe-security-groups --filters "Name=group-id,Values=$id" --query 'SecurityGroups[].VpcId')"; done`)
	s.raw(`vpcs=$(printf '%s\n' $vpcs | sort -u)`)
	s.raw(`tables=$(ids ec2 describe-route-tables --filters "Name=vpc-id,Values=$(joined $vpcs)" --query 'RouteTables[].Routes[].[TransitGatewayId,VpcPeeringConnectionId][]')`)
	s.raw(`for id in $tables; do`)
	s.raw(`case $id in`)
	s.raw(`tgw-*) more=$(ids ec2 describe-transit-gateway-attachments --filters "Name=transit-gateway-id,Values=$id" "Name=resource-type,Values=vpc" --query 'TransitGatewayAttachments[].ResourceId') ;;`)
	s.raw(`*) more=$(ids ec2 describe-vpc-peering-connections --filters "Name=vpc-peering-connection-id,Values=$id" --query 'VpcPeeringConnections[].[AccepterVpcInfo.VpcId,RequesterVpcInfo.VpcId][]') ;;`)
	s.raw(`esac`)
	s.raw(`vpcs="$vpcs $more"`)
	s.raw(`done`)
	s.raw(`vpcs=$(printf '%s\n' $vpcs | sort -u)`)
}

// job describes a job by name, and follows it: its kinds nest what they refer
// to differently.
func (s *scripter) job(job string) {
	path := job
	if strings.HasPrefix(job, "arn:") {
		path = job[strings.LastIndex(job, ":")+1:]
	}
	kind, name := JobKind(path)
	command := kebab(strings.TrimPrefix(string(JobKinds[kind]), "sagemaker."))
	s.line("job=$dir/$region/sagemaker/%s.%s.json", command, quote(name))
	s.line("save $region/sagemaker/%s.%s sagemaker %s %s %s", command, quote(name), command, nameFlag(command), quote(name))
	if kind == "transform-job" {
		s.raw(`for id in $(values ModelName "$job"); do save "$region/sagemaker/describe-model.$id" sagemaker describe-model --model-name "$id"; job="$job $dir/$region/sagemaker/describe-model.$id.json"; done`)
	}
	s.raw(`subnets="$subnets $(found 'subnet-[0-9a-f]*' $job)" groups="$groups $(found 'sg-[0-9a-f]*' $job)"`)
	s.raw(`roles="$roles $(found 'arn:[a-z-]*:iam::[0-9]*:role/[^"]*' $job)" buckets="$buckets $(found 's3://[^/"]*' $job | cut -c 6-)" keys="$keys $(values '[A-Za-z]*KmsKeyId' $job)"`)
}

// nameFlag is the option that names what a describe command of SageMaker is for.
func nameFlag(command string) string {
	if command == "describe-domain" {
		return "--domain-id"
	}
	return "--" + strings.TrimPrefix(command, "describe-") + "-name"
}

// regional tells whether a script makes a call in each region; keys are
// asked for there, too, after the buckets that name them.
func regional(o Operation) bool {
	switch o.Service {
	case "ec2", "route53", "route53resolver", "route53profiles", "lambda", "sagemaker":
		return o.Name != "DescribeRegions"
	}
	return false
}

func quote(word string) string {
	if strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:") == "" && word != "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func quoted(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = quote(w)
	}
	return strings.Join(out, " ")
}

func list(words []string) string {
	return "'" + strings.ReplaceAll(strings.Join(words, " "), "'", "") + "'"
}
