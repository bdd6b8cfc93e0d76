package snapshot

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/canreach/canreach/internal/jsonscan"
)

// maxJobFile is how large a job file may be. SageMaker's requests are a few
// kilobytes.
const maxJobFile = 8 << 20

// LoadJob reads a job file, recognised by content: the request or the
// description of a SageMaker job, as AWS prints it. Path "-" is standard input.
func LoadJob(path string, opt Options) (Job, error) {
	data, err := readJobFile(path, opt)
	if err != nil {
		return Job{}, err
	}
	job, err := ParseJob(data)
	job.File = path
	return job, inFile(err, path)
}

func readJobFile(path string, opt Options) ([]byte, error) {
	in := opt.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil && info.IsDir() {
			return nil, fmt.Errorf("%s: expected a job file, found a directory", path)
		}
		in = f
	} else if in == nil {
		return nil, errors.New(`path "-": there is no standard input`)
	}
	data, err := io.ReadAll(io.LimitReader(in, maxJobFile+1))
	if err == nil && len(data) > maxJobFile {
		err = fmt.Errorf("larger than %d MiB: no job file is", maxJobFile>>20)
	}
	return UTF8(data), at(path, err)
}

// ParseJob reads the text of a job file.
func ParseJob(data []byte) (Job, error) {
	p := &jobParser{jobReader: jobReader{data: data}}
	root, scanError := parseTree(data)
	if scanError != nil {
		p.problem(scanError.Offset, "", "%s", scanError.Problem)
		return Job{}, joined(p.errs)
	}
	p.root(root)
	p.finish()
	if err := joined(p.errs); err != nil {
		return Job{}, err
	}
	return p.job, nil
}

// jobReader reads the members of a job file into a Job, and collects what is
// wrong with them.
type jobReader struct {
	data []byte
	job  Job
	errs []*LoadError
}

// jobParser fills a Job from a file of any kind of job.
type jobParser struct {
	jobReader
	serviceParts
}

// serviceParts is what the parts of another service's job say, until all are read.
type serviceParts struct {
	launched                     string   // "EC2" or "FARGATE"
	compatible                   []string // what a task or job definition may be launched on
	glueConnections              bool     // the Glue job names connections
	isPod, routed                bool
	podName, podSpace            string
	podAccount                   string
	nodeRole, podGroups          *node
	clusterGroup, clusterSubnets *node
}

func (p *jobReader) problem(offset int, hint, format string, args ...any) {
	pos := jsonscan.Locate(p.data, offset)
	p.errs = append(p.errs, &LoadError{At: At(pos.Pointer), Line: pos.Line, Column: pos.Column, Problem: fmt.Sprintf(format, args...), Hint: hint})
}

// jobKind recognises one kind of job and reads it.
type jobKind struct {
	kind string
	// name and arn are the members that only this kind has, and that every
	// request or description of it has one of.
	name, arn string
	// alike tells a request whose name is left out.
	alike func(n *node) bool
	read  func(p *jobParser, n *node)
}

// hasAll recognises an object by members that it must all have.
func hasAll(keys ...string) func(*node) bool {
	return func(n *node) bool {
		return !slices.ContainsFunc(keys, func(k string) bool { return n.get(k) == nil })
	}
}

var readableJobs = []jobKind{
	{"CompilationJob", "CompilationJobName", "CompilationJobArn", func(n *node) bool {
		return n.get("InputConfig", "S3Uri") != nil || n.get("OutputConfig", "S3OutputLocation") != nil
	}, (*jobParser).compilationJob},
	{"TrainingJob", "TrainingJobName", "TrainingJobArn", hasAll("AlgorithmSpecification", "OutputDataConfig"), (*jobParser).trainingJob},
	{"ProcessingJob", "ProcessingJobName", "ProcessingJobArn", hasAll("AppSpecification", "ProcessingResources"), (*jobParser).processingJob},
	{"TransformJob", "TransformJobName", "TransformJobArn", hasAll("TransformInput", "TransformOutput"), (*jobParser).transformJob},
	{"OptimizationJob", "OptimizationJobName", "OptimizationJobArn", hasAll("ModelSource", "OptimizationConfigs"), (*jobParser).optimizationJob},
	{"NotebookInstance", "NotebookInstanceName", "NotebookInstanceArn", nil, (*jobParser).notebook},
	{"Domain", "DomainName", "DomainArn", hasAll("AuthMode", "DefaultUserSettings"), (*jobParser).domain},
	{"Model", "ExecutionRoleArn", "ModelArn", hasAll("PrimaryContainer"), (*jobParser).model},
}

// root recognises what the file is: a job, or a transform job and its model
// together, as an array or as {"TransformJob": …, "Model": …}.
func (p *jobParser) root(n *node) {
	var others []*node
	whole := n
	switch {
	case n.kind == jsonscan.Array && len(n.items) > 0:
		n, others = p.pickJob(n.items)
	case n.kind == jsonscan.Object && n.get("TransformJob") != nil:
		others = []*node{n.get("Model")}
		n = n.get("TransformJob")
	case n.kind == jsonscan.Object && n.get("Model", "ExecutionRoleArn") != nil:
		others = []*node{n.get("Model")}
	}
	if n.kind != jsonscan.Object {
		p.problem(n.offset, "", "expected a job, an object, found %s", n.kind)
		return
	}
	kind, ok := recogniseJob(n)
	if !ok && p.serviceJob(whole) {
		return
	}
	if !ok {
		p.unrecognised(n)
		return
	}
	p.job.Kind, p.job.Instances = kind.kind, 1
	p.job.Pointers = map[string]string{}
	p.job.Name = p.text(n, kind.nameMember())
	p.job.ARN = p.text(n, kind.arn)
	kind.read(p, n)
	if kind.kind == "TransformJob" {
		p.modelOf(n, others)
	}
	p.place()
}

func (k jobKind) nameMember() string {
	if k.kind == "Model" {
		return "ModelName"
	}
	return k.name
}

// pickJob takes a transform job and its model apart.
func (p *jobParser) pickJob(items []*node) (job *node, others []*node) {
	for _, n := range items {
		kind, ok := recogniseJob(n)
		if job == nil && ok && (kind.kind != "Model" || len(items) == 1) {
			job = n
			continue
		}
		others = append(others, n)
	}
	if job == nil {
		return items[0], nil
	}
	if kind, _ := recogniseJob(job); len(items) > 1 && (kind.kind != "TransformJob" || len(items) > 2) {
		p.problem(items[1].offset, "give one job at a time", "%d jobs in one file", len(items))
	}
	return job, others
}

func recogniseJob(n *node) (jobKind, bool) {
	if n.kind != jsonscan.Object {
		return jobKind{}, false
	}
	for _, k := range readableJobs {
		if n.get(k.name) != nil || n.get(k.arn) != nil {
			return k, true
		}
	}
	for _, k := range readableJobs {
		if k.alike != nil && k.alike(n) {
			return k, true
		}
	}
	return jobKind{}, false
}

func (p *jobParser) unrecognised(n *node) {
	keys := slices.Clone(n.keys)
	slices.Sort(keys)
	for i, k := range keys {
		keys[i] = short(k)
	}
	names := make([]string, len(readableJobs))
	for i, k := range readableJobs {
		names[i] = k.kind
	}
	p.problem(n.offset, "give the request or the description of a "+strings.Join(names, ", ")+", or of "+partNames()+", as AWS prints it",
		"not a job that this program knows: its keys are %q", keys[:min(len(keys), 12)])
}

// text reads a member that is a string; "" where there is none.
func (p *jobReader) text(n *node, path ...string) string {
	m := n.get(path...)
	if m == nil {
		return ""
	}
	if m.kind != jsonscan.String {
		p.problem(m.offset, "", "expected a string, found %s", m.kind)
		return ""
	}
	return m.text
}

func (p *jobReader) pointer(n *node) string { return jsonscan.Locate(p.data, n.offset).Pointer }

// note keeps the place of a member under a name.
func (p *jobReader) note(name string, n *node) {
	if n != nil {
		p.job.Pointers[name] = p.pointer(n)
	}
}

func (p *jobReader) role(n *node, path ...string) {
	p.job.RoleARN = p.text(n, path...)
	p.note("RoleArn", n.get(path...))
}

// maxListed bounds the arrays of a job file. AWS takes tens of each; an answer
// about a hundred thousand groups would fill the disk.
const maxListed = 1000

// bounded refuses an array that is longer than any job's.
func (p *jobReader) bounded(m *node) bool {
	if len(m.items) > maxListed {
		p.problem(m.offset, "", "%d elements; AWS takes tens, and at most %d are read", len(m.items), maxListed)
		return false
	}
	return true
}

// texts reads a member that is an array of strings.
func (p *jobReader) texts(n *node, path ...string) []string {
	m := n.get(path...)
	if m == nil {
		return nil
	}
	if m.kind != jsonscan.Array {
		p.problem(m.offset, "", "expected an array of strings, found %s", m.kind)
		return nil
	}
	if !p.bounded(m) {
		return nil
	}
	var out []string
	for _, item := range m.items {
		if item.kind != jsonscan.String {
			p.problem(item.offset, "", "expected a string, found %s", item.kind)
			continue
		}
		out = append(out, item.text)
	}
	return out
}

// vpcConfig reads a VpcConfig {SecurityGroupIds, Subnets}.
func (p *jobParser) vpcConfig(n *node, path ...string) {
	v := n.get(path...)
	if v == nil {
		return
	}
	if v.kind != jsonscan.Object {
		p.problem(v.offset, "", "expected an object, found %s", v.kind)
		return
	}
	p.setVPC(v, v.get("Subnets"), p.texts(v, "Subnets"), v.get("SecurityGroupIds"), p.texts(v, "SecurityGroupIds"))
}

func (p *jobParser) setVPC(v, subnetsAt *node, subnets []string, groupsAt *node, groups []string) {
	p.job.HasVPCConfig = true
	p.note("VpcConfig", v)
	p.note("Subnets", subnetsAt)
	p.note("SecurityGroupIds", groupsAt)
	for _, id := range subnets {
		p.job.Subnets = append(p.job.Subnets, SubnetID(id))
	}
	for _, id := range groups {
		p.job.SecurityGroups = append(p.job.SecurityGroups, SecurityGroupID(id))
	}
}

// input and output add the S3 location that a member names, if there is one.
func (p *jobParser) input(n *node, key string, path ...string) {
	if l, ok := p.location(n, key, path...); ok {
		p.job.Inputs = append(p.job.Inputs, l)
	}
}

func (p *jobParser) output(n *node, key string, path ...string) {
	if l, ok := p.location(n, key, path...); ok {
		p.job.Outputs = append(p.job.Outputs, l)
	}
}

func (p *jobReader) location(n *node, key string, path ...string) (S3Location, bool) {
	m := n.get(path...)
	uri := p.text(n, path...)
	if uri == "" {
		return S3Location{}, false
	}
	l, err := ParseS3URI(uri)
	if err != nil {
		p.problem(m.offset, "", "%v", err)
		return S3Location{}, false
	}
	l.KMSKeyID, l.Pointer = key, p.pointer(m)
	return l, true
}

// instances reads a count of instances, which is at least one.
func (p *jobParser) instances(n *node, path ...string) {
	m := n.get(path...)
	if m == nil {
		return
	}
	count, err := strconv.Atoi(m.text)
	if m.kind != jsonscan.Number || err != nil || count < 1 || count > 1_000_000 {
		p.problem(m.offset, "", "an instance count is a whole number, at least 1")
		return
	}
	p.job.Instances = count
	p.note("InstanceCount", m)
}

// items returns the elements of a member that is an array.
func (p *jobReader) items(n *node, path ...string) []*node {
	m := n.get(path...)
	if m == nil {
		return nil
	}
	if m.kind != jsonscan.Array {
		p.problem(m.offset, "", "expected an array, found %s", m.kind)
		return nil
	}
	if !p.bounded(m) {
		return nil
	}
	return m.items
}

// place takes the region and the account from the ARNs in the file.
func (p *jobParser) place() {
	if a, ok := parseARN(p.job.ARN); ok {
		p.job.Region, p.job.Account = a.region, a.account
	}
	if a, ok := parseARN(p.job.RoleARN); ok && p.job.Account == "" {
		p.job.Account = a.account
	}
}

var roleName = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)

// finish checks what holds for every kind.
func (p *jobParser) finish() {
	if p.job.RoleARN == "" {
		return
	}
	if p.job.Kind == "GlueJob" && roleName.MatchString(p.job.RoleARN) {
		return // Glue takes a name, too
	}
	if a, ok := parseARN(p.job.RoleARN); !ok || a.service != "iam" || !strings.HasPrefix(a.resource, "role/") {
		e := &LoadError{At: At(p.job.Pointers["RoleArn"]), Problem: fmt.Sprintf("%q is not the ARN of a role", short(p.job.RoleARN)),
			Hint: "it looks like arn:aws:iam::111122223333:role/Name"}
		if offset, ok := jsonscan.Find(p.data, e.At.Base); ok {
			pos := jsonscan.Locate(p.data, offset)
			e.Line, e.Column = pos.Line, pos.Column
		}
		p.errs = append(p.errs, e)
	}
}
