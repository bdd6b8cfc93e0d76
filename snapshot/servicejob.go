package snapshot

import (
	"fmt"
	"strings"

	"github.com/canreach/canreach/internal/jsonscan"
)

// jobPart is one document of which a job of another service than SageMaker is
// made: an ECS service and its task definition, a Glue job and its connection.
type jobPart struct {
	name   string // "an ECS task definition"
	family string // parts of one family make one job
	is     func(n *node) bool
	read   func(p *jobParser, n *node)
}

var jobParts = []jobPart{
	{"an ECS service or run-task request", "ecs", func(n *node) bool { return n.get("networkConfiguration", "awsvpcConfiguration") != nil }, (*jobParser).ecsService},
	{"an ECS task definition", "ecs", hasAll("containerDefinitions"), (*jobParser).ecsTaskDefinition},
	{"a Glue connection", "glue", hasAll("PhysicalConnectionRequirements"), (*jobParser).glueConnection},
	{"a Glue job", "glue", func(n *node) bool { return n.get("Command", "ScriptLocation") != nil && n.get("Role") != nil }, (*jobParser).glueJob},
	{"a Lambda function", "lambda", func(n *node) bool {
		return n.get("Role") != nil && (n.get("FunctionName") != nil || n.get("FunctionArn") != nil)
	}, (*jobParser).function},
	{"a Batch compute environment", "batch", hasAll("computeResources"), (*jobParser).batchEnvironment},
	{"a Batch job definition", "batch", func(n *node) bool {
		return n.get("containerProperties") != nil && (n.get("jobDefinitionName") != nil || n.get("jobDefinitionArn") != nil)
	}, (*jobParser).batchDefinition},
	{"an EMR Serverless job run", "emr-serverless", func(n *node) bool { return n.get("jobDriver") != nil }, (*jobParser).serverlessRun},
	{"an EMR Serverless application", "emr-serverless", hasAll("releaseLabel", "type"), (*jobParser).serverlessApplication},
	{"an EMR cluster", "emr", func(n *node) bool {
		return n.get("Ec2InstanceAttributes") != nil || n.get("JobFlowRole") != nil && n.get("Instances") != nil
	}, (*jobParser).emrCluster},
	{"a CodeBuild project", "codebuild", hasAll("serviceRole", "source", "environment"), (*jobParser).buildProject},
	{"an MWAA environment", "mwaa", hasAll("ExecutionRoleArn", "NetworkConfiguration", "SourceBucketArn"), (*jobParser).airflow},
	{"an EKS node group", "eks", hasAll("nodeRole"), (*jobParser).nodeGroup},
	{"an EKS cluster", "eks", hasAll("resourcesVpcConfig"), (*jobParser).eksCluster},
	{"a pod", "eks", kubernetes("Pod"), (*jobParser).pod},
	{"a service account", "eks", kubernetes("ServiceAccount"), (*jobParser).serviceAccount},
	{"a SecurityGroupPolicy", "eks", kubernetes("SecurityGroupPolicy"), (*jobParser).securityGroupPolicy},
	{"a Pod Identity association", "eks", func(n *node) bool { return n.get("serviceAccount") != nil && n.get("roleArn") != nil }, (*jobParser).podIdentity},
	{"a Redshift cluster", "redshift", hasAll("ClusterIdentifier", "IamRoles"), (*jobParser).redshift},
	{"a Redshift subnet group", "redshift", hasAll("ClusterSubnetGroupName", "Subnets"), (*jobParser).redshiftSubnets},
}

// partNames lists what other services' jobs are made of.
func partNames() string {
	var out []string
	for i := range jobParts {
		out = append(out, jobParts[i].name)
	}
	return strings.Join(out[:len(out)-1], ", ") + " or " + out[len(out)-1]
}

// kubernetes recognises an object as kubectl prints it.
func kubernetes(kind string) func(*node) bool {
	return func(n *node) bool {
		k := n.get("kind")
		return k != nil && k.text == kind && n.get("apiVersion") != nil
	}
}

// wrappers are the members in which AWS's answers hold what they describe.
var wrappers = []string{"service", "services", "taskDefinition", "Connection", "ConnectionInput", "Job", "Configuration", "computeEnvironment", "computeEnvironments",
	"jobDefinition", "jobDefinitions", "application", "jobRun", "Cluster", "Clusters", "cluster", "project", "projects", "Environment", "nodegroup", "association",
	"pod", "serviceAccount", "securityGroupPolicy", "ClusterSubnetGroup", "ClusterSubnetGroups", "connection", "job", "environment", "items"}

// foundPart is a part with where it is.
type foundPart struct {
	*jobPart
	at *node
}

// maxPartDepth is how deep parts lie: an array of answers, each with its wrapper and a list.
const maxPartDepth = 4

// partsOf lists the parts of a job file, in its order.
func partsOf(n *node, depth int) []foundPart {
	if n == nil || depth > maxPartDepth {
		return nil
	}
	var out []foundPart
	if n.kind == jsonscan.Array {
		for _, item := range n.items {
			out = append(out, partsOf(item, depth+1)...)
		}
		return out
	}
	if n.kind != jsonscan.Object {
		return nil
	}
	for i := range jobParts {
		if jobParts[i].is(n) {
			out = append(out, foundPart{&jobParts[i], n})
			break
		}
	}
	for _, w := range wrappers {
		if c := n.get(w); c != nil && (c.kind == jsonscan.Object || c.kind == jsonscan.Array) {
			out = append(out, partsOf(c, depth+1)...)
		}
	}
	return out
}

// serviceJob reads a job of another service than SageMaker, if the file holds
// one: one of each part, all of one family.
func (p *jobParser) serviceJob(root *node) bool {
	parts := partsOf(root, 0)
	if len(parts) == 0 {
		return false
	}
	p.job.Instances, p.job.Pointers = 1, map[string]string{}
	seen := map[string]bool{}
	for _, f := range parts {
		switch {
		case f.family != parts[0].family:
			p.problem(f.at.offset, "give one job at a time", "%s beside %s", f.name, parts[0].name)
			return true
		case seen[f.name]:
			p.problem(f.at.offset, "give one job at a time", "more than one of: %s", f.name)
			return true
		}
		seen[f.name] = true
	}
	for _, f := range parts {
		f.read(p, f.at)
	}
	if finish := familyFinish[parts[0].family]; finish != nil {
		finish(p, seen)
	}
	p.place()
	return true
}

// familyFinish is what is left to say once every part of a job was read.
var familyFinish = map[string]func(p *jobParser, seen map[string]bool){
	"ecs": (*jobParser).finishECS, "batch": (*jobParser).finishBatch, "emr-serverless": (*jobParser).finishServerless, "glue": (*jobParser).finishGlue,
	"eks": (*jobParser).finishEKS, "redshift": (*jobParser).finishRedshift,
}

// named sets what a job is called, unless another part did.
func (p *jobParser) named(kind, name, arn string) {
	if kind != "" {
		p.job.Kind = kind
	}
	if p.job.Name == "" {
		p.job.Name = name
	}
	if p.job.ARN == "" {
		p.job.ARN = arn
	}
}

// network sets subnets and groups from two members of an object.
func (p *jobParser) network(at *node, subnets, groups string) {
	if at != nil {
		p.setVPC(at, at.get(subnets), p.texts(at, subnets), at.get(groups), p.texts(at, groups))
	}
}

func (p *jobReader) reference(to *[]JobReference, n *node, path ...string) {
	if name := p.text(n, path...); name != "" {
		p.refer(to, n.get(path...), name)
	}
}

func (p *jobReader) refer(to *[]JobReference, at *node, name string) {
	for _, r := range *to {
		if r.Name == name {
			return
		}
	}
	*to = append(*to, JobReference{Name: name, Pointer: p.pointer(at)})
}

// code adds an S3 location that is read before the job's own work. Other paths
// (https://, local) are no S3 locations.
func (p *jobParser) code(n *node, path ...string) {
	if !strings.HasPrefix(p.text(n, path...), "s3") {
		return
	}
	if l, ok := p.location(n, "", path...); ok {
		p.job.Code = append(p.job.Code, l)
	}
}

// secret adds what valueFrom names: a secret or a parameter, by ARN or name.
func (p *jobParser) secret(n *node, path ...string) {
	name := p.text(n, path...)
	switch {
	case name == "":
	case strings.Contains(name, ":secretsmanager:"):
		part := strings.SplitN(name, ":", 8)
		p.refer(&p.job.Secrets, n.get(path...), strings.Join(part[:min(len(part), 7)], ":")) // a JSON key and a version may follow
	default:
		p.refer(&p.job.Parameters, n.get(path...), name)
	}
}

// s3Bucket is a location of a bucket and a key, each in a member of its own.
func (p *jobReader) s3Bucket(at *node, bucket, key string) (S3Location, bool) {
	if at == nil || bucket == "" {
		return S3Location{}, false
	}
	bucket = bucket[strings.LastIndexByte(bucket, ':')+1:] // an ARN
	l, err := ParseS3URI("s3://" + bucket + "/" + strings.TrimPrefix(key, "/"))
	if err != nil {
		p.problem(at.offset, "", "%v", err)
		return S3Location{}, false
	}
	l.Pointer = p.pointer(at)
	return l, true
}

// need says of a part that is missing.
func (p *jobParser) need(what, hint string) {
	p.errs = append(p.errs, &LoadError{Problem: fmt.Sprintf("%s is missing", what), Hint: hint})
}
