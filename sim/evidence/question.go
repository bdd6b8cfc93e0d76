package evidence

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/canreach/canreach/internal/jsonscan"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

// SchemaQuestion names the JSON contract of a question.
const SchemaQuestion = "canreach.question/v1"

// question is a sim.Question as question.json holds it. A member that is not
// there has its zero value.
type question struct {
	Schema  string          `json:"schema"`
	Job     job             `json:"job"`
	Account string          `json:"account,omitempty"`
	Region  string          `json:"region,omitempty"`
	Bucket  string          `json:"bucket,omitempty"`
	Actions []string        `json:"actions,omitempty"`
	Write   bool            `json:"write,omitempty"`
	Source  string          `json:"source,omitempty"`
	Options questionOptions `json:"options"`
}

type job struct {
	File             string            `json:"file,omitempty"`
	Kind             string            `json:"kind,omitempty"`
	Name             string            `json:"name,omitempty"`
	ARN              string            `json:"arn,omitempty"`
	RoleARN          string            `json:"roleArn,omitempty"`
	ExecutionRoleARN string            `json:"executionRoleArn,omitempty"`
	InstanceProfile  string            `json:"instanceProfile,omitempty"`
	ServiceAccount   string            `json:"serviceAccount,omitempty"`
	Subnets          []string          `json:"subnets,omitempty"`
	SecurityGroups   []string          `json:"securityGroups,omitempty"`
	HasVPCConfig     bool              `json:"hasVpcConfig"`
	AssignPublicIP   bool              `json:"assignPublicIp,omitempty"`
	Running          bool              `json:"running,omitempty"`
	Instances        int               `json:"instances,omitempty"`
	Inputs           []location        `json:"inputs,omitempty"`
	Outputs          []location        `json:"outputs,omitempty"`
	Code             []location        `json:"code,omitempty"`
	Images           []reference       `json:"images,omitempty"`
	LogGroups        []reference       `json:"logGroups,omitempty"`
	Secrets          []reference       `json:"secrets,omitempty"`
	Parameters       []reference       `json:"parameters,omitempty"`
	VolumeKeys       []reference       `json:"volumeKeys,omitempty"`
	Catalog          bool              `json:"catalog,omitempty"`
	Region           string            `json:"region,omitempty"`
	Account          string            `json:"account,omitempty"`
	Pointers         map[string]string `json:"pointers,omitempty"`
}

type location struct {
	URI      string `json:"uri"`
	Bucket   string `json:"bucket,omitempty"`
	Prefix   string `json:"prefix,omitempty"`
	KMSKeyID string `json:"kmsKeyId,omitempty"`
	Pointer  string `json:"pointer,omitempty"`
}

type reference struct {
	Name    string `json:"name"`
	Pointer string `json:"pointer,omitempty"`
}

type questionOptions struct {
	Hostname               string   `json:"hostname,omitempty"`
	Strict                 bool     `json:"strict,omitempty"`
	StrictDNS              bool     `json:"strictDns,omitempty"`
	AssumePublicDNS        bool     `json:"assumePublicDns,omitempty"`
	Port                   int      `json:"port,omitempty"`
	Ephemeral              [2]int   `json:"ephemeralPorts,omitzero"`
	At                     string   `json:"at,omitempty"`
	Assume                 []string `json:"assume,omitempty"`
	ObjectTags             []string `json:"objectTags,omitempty"`
	Presigned              bool     `json:"presigned,omitempty"`
	Caller                 string   `json:"caller,omitempty"`
	AssumeNoOrganization   bool     `json:"assumeNoOrganization,omitempty"`
	AssumeNoResourcePolicy bool     `json:"assumeNoResourcePolicy,omitempty"`
	Through                []string `json:"through,omitempty"`
	Avoid                  []string `json:"avoid,omitempty"`
	MayBeAbsent            bool     `json:"mayBeAbsent,omitempty"`
	AssumeSSES3            bool     `json:"assumeSseS3,omitempty"`
}

// MarshalQuestion writes q as canreach.question/v1.
func MarshalQuestion(q sim.Question) ([]byte, error) {
	j := q.Job
	return marshal(question{
		Schema: SchemaQuestion,
		Job: job{
			File: j.File, Kind: j.Kind, Name: j.Name, ARN: j.ARN, RoleARN: j.RoleARN, ExecutionRoleARN: j.ExecutionRoleARN, InstanceProfile: j.InstanceProfile, ServiceAccount: j.ServiceAccount,
			Subnets: convert[string](j.Subnets), SecurityGroups: convert[string](j.SecurityGroups),
			HasVPCConfig: j.InVPC(), AssignPublicIP: j.AssignPublicIP, Running: j.Running, Instances: j.Instances, Inputs: toLocations(j.Inputs), Outputs: toLocations(j.Outputs), Code: toLocations(j.Code),
			Images: toReferences(j.Images), LogGroups: toReferences(j.LogGroups), Secrets: toReferences(j.Secrets), Parameters: toReferences(j.Parameters), VolumeKeys: toReferences(j.VolumeKeys), Catalog: j.Catalog,
			Region: j.Region, Account: j.Account, Pointers: j.Pointers,
		},
		Account: q.Account, Region: q.Region, Bucket: q.Bucket, Actions: q.Actions, Write: q.Write, Source: q.Source,
		Options: questionOptions(q.Options),
	})
}

// ParseQuestion reads canreach.question/v1. A member that it does not know is
// an error: it might change the answer.
func ParseQuestion(text []byte) (sim.Question, error) {
	var f question
	if err := jsonscan.Unmarshal(text, &f); err != nil {
		return sim.Question{}, fmt.Errorf("%w: not a question", err)
	}
	if f.Schema != SchemaQuestion {
		return sim.Question{}, fmt.Errorf("not a question: its schema is %q, not %q", f.Schema, SchemaQuestion)
	}
	j := f.Job
	return sim.Question{
		Job: snapshot.Job{
			File: j.File, Kind: j.Kind, Name: j.Name, ARN: j.ARN, RoleARN: j.RoleARN, ExecutionRoleARN: j.ExecutionRoleARN, InstanceProfile: j.InstanceProfile, ServiceAccount: j.ServiceAccount,
			Subnets: convert[snapshot.SubnetID](j.Subnets), SecurityGroups: convert[snapshot.SecurityGroupID](j.SecurityGroups),
			HasVPCConfig: j.HasVPCConfig, AssignPublicIP: j.AssignPublicIP, Running: j.Running, Instances: j.Instances, Inputs: fromLocations(j.Inputs), Outputs: fromLocations(j.Outputs), Code: fromLocations(j.Code),
			Images: fromReferences(j.Images), LogGroups: fromReferences(j.LogGroups), Secrets: fromReferences(j.Secrets), Parameters: fromReferences(j.Parameters), VolumeKeys: fromReferences(j.VolumeKeys), Catalog: j.Catalog,
			Region: j.Region, Account: j.Account, Pointers: j.Pointers,
		},
		Account: f.Account, Region: f.Region, Bucket: f.Bucket, Actions: f.Actions, Write: f.Write, Source: f.Source,
		Options: sim.Options(f.Options),
	}, nil
}

func convert[T, S ~string](in []S) []T {
	if in == nil {
		return nil
	}
	out := make([]T, len(in))
	for i, s := range in {
		out[i] = T(s)
	}
	return out
}

func toLocations(in []snapshot.S3Location) []location {
	var out []location
	for _, l := range in {
		out = append(out, location(l))
	}
	return out
}

func fromLocations(in []location) []snapshot.S3Location {
	var out []snapshot.S3Location
	for _, l := range in {
		out = append(out, snapshot.S3Location(l))
	}
	return out
}

func toReferences(in []snapshot.JobReference) []reference {
	var out []reference
	for _, r := range in {
		out = append(out, reference(r))
	}
	return out
}

func fromReferences(in []reference) []snapshot.JobReference {
	var out []snapshot.JobReference
	for _, r := range in {
		out = append(out, snapshot.JobReference(r))
	}
	return out
}

// marshal writes v as the commands do: indented, with a final newline, and
// without HTML escapes.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return b.Bytes(), err
}
