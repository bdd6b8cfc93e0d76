package calls

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// ErrNotThere says that what a request names does not exist.
var ErrNotThere = errors.New("not there")

// Request is what a capture is asked for. With none of VPCs, Subnets, Groups,
// Jobs, Buckets, Roles and Resources it is everything; with any of them it is
// what they name and what that refers to, and nothing else.
type Request struct {
	VPCs        []string
	Subnets     []string // ids
	Groups      []string // security groups' ids
	Jobs        []string // a job's name, "training-job/NAME", an ARN, or a job file
	Buckets     []string // names or ARNs
	Roles       []string // names or ARNs
	Resources   []string // ARNs of secrets, repositories, queues and topics, whose own policies are read
	Regions     []string // empty: the one the SDK's configuration names
	AllRegions  bool     // every region enabled in the account
	Profiles    []string // shared configuration profiles, one account each; empty: the default chain
	AssumeRoles []string // role ARNs, one account each
	ExternalID  string   // for AssumeRoles and OrganizationRole
	MaxJobs     int      // of everything, how many of the newest jobs of each kind are described
	// OrganizationRole is a role's name: every account of the organization is
	// captured with its role of that name.
	OrganizationRole string
}

// Scoped tells whether the request names anything.
func (r Request) Scoped() bool {
	return r.network() || len(r.Buckets)+len(r.Roles)+len(r.Resources) > 0
}

// network tells whether the request names parts of networks.
func (r Request) network() bool { return len(r.VPCs)+len(r.Subnets)+len(r.Groups)+len(r.Jobs) > 0 }

// Wants tells whether the request takes the part of a capture.
func (r Request) Wants(n Need) bool {
	all, job := !r.Scoped(), len(r.Jobs) > 0
	switch n {
	case Always:
		return true
	case Network:
		return all || r.network()
	case AllRoles:
		return all
	case SomeRole:
		return job || len(r.Roles) > 0
	case Buckets:
		return all || job || len(r.Buckets) > 0
	case Jobs:
		return job || all && r.MaxJobs > 0
	case JobLists:
		return all && r.MaxJobs > 0
	case AllZones:
		return r.AllRegions
	case Members:
		return r.OrganizationRole != ""
	case Secrets, Repositories, Queues, Topics:
		return slices.ContainsFunc(r.Resources, func(arn string) bool { return needOf[serviceOf(arn)] == n })
	}
	panic("unreachable: need")
}

// needOf is the part of a capture that reads the resource policies of a service.
var needOf = map[string]Need{"secretsmanager": Secrets, "ecr": Repositories, "sqs": Queues, "sns": Topics}

func serviceOf(arn string) string {
	if p := strings.SplitN(arn, ":", 4); len(p) == 4 && p[0] == "arn" {
		return p[2]
	}
	return ""
}

// HasPolicy tells that the capture can read the policy of the resource itself.
func HasPolicy(arn string) bool { return isResource(arn) }

// Operations returns the operations that the request may call.
func (r Request) Operations() []Operation {
	return slices.DeleteFunc(All(), func(o Operation) bool {
		return !r.Wants(o.Need) || o.InsteadOf != "" && !r.Scoped() || o.Need == Jobs && r.Scoped() && !r.describes(o.ID())
	})
}

// describes tells whether one of the request's jobs is described with the
// operation. A job's file is not described, it is read.
func (r Request) describes(id ID) bool {
	for _, job := range r.Jobs {
		if IsFile(job) {
			continue
		}
		if strings.HasPrefix(job, "arn:") {
			job = job[strings.LastIndex(job, ":")+1:]
		}
		kind, _ := JobKind(job)
		if JobKinds[kind] == id || kind == "transform-job" && id == JobKinds["model"] {
			return true
		}
	}
	return false
}

// JobKinds are the operations that describe what a request may call a job, by
// the resource types of SageMaker's ARNs.
var JobKinds = map[string]ID{
	"compilation-job": "sagemaker.DescribeCompilationJob", "training-job": "sagemaker.DescribeTrainingJob",
	"processing-job": "sagemaker.DescribeProcessingJob", "transform-job": "sagemaker.DescribeTransformJob",
	"model": "sagemaker.DescribeModel", "notebook-instance": "sagemaker.DescribeNotebookInstance", "domain": "sagemaker.DescribeDomain",
	"optimization-job": "sagemaker.DescribeOptimizationJob",
}

// ListOf returns the operation that lists the jobs of a kind.
func ListOf(kind string) ID {
	return ID(strings.Replace(string(JobKinds[kind]), "Describe", "List", 1) + "s")
}

// SortedJobKinds are the kinds in order.
func SortedJobKinds() []string { return slices.Sorted(maps.Keys(JobKinds)) }

// ActionsOf returns the IAM actions that an operation needs.
func ActionsOf(service, name string) []string {
	for _, o := range All() {
		if o.Service == service && o.Name == name {
			return o.Actions
		}
	}
	return nil
}

// JobKind takes "training-job/NAME" apart. A name alone is a compilation job's.
func JobKind(job string) (kind, name string) {
	kind, name, typed := strings.Cut(job, "/")
	if !typed {
		return "compilation-job", job
	}
	return kind, name
}

// IsFile tells whether a request's job is a file, and not a name.
func IsFile(job string) bool {
	st, err := os.Stat(job)
	return err == nil && st.Mode().IsRegular()
}

// form is a regular expression that is compiled when first used: most runs of
// the program check no request.
func form(expr string) func(string) bool {
	compiled := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("^(?:" + expr + ")$") })
	return func(s string) bool { return compiled().MatchString(s) }
}

var (
	isVPC     = form(`vpc-[0-9a-f]{8,17}`)
	isRegion  = form(`[a-z]{2,}(-[a-z]+)+-[0-9]+`)
	isBucket  = form(`[a-zA-Z0-9][a-zA-Z0-9._-]{1,253}[a-zA-Z0-9]`)
	isRole    = form(`[\w+=,.@-]{1,64}`)
	isRoleARN = form(`arn:[a-z-]+:iam::[0-9]{12}:role/(?:[!-~]*/)?[\w+=,.@-]{1,64}`)

	isResource = form(`arn:[a-z-]+:(?:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[\w/+=.@-]{1,512}|ecr:[a-z0-9-]+:[0-9]{12}:repository/[a-z0-9._/-]{2,256}|(?:sqs|sns):[a-z0-9-]+:[0-9]{12}:[\w-]{1,256}(?:\.fifo)?)`)
)

// Check reports the first part of the request that AWS could not mean.
func (r Request) Check() error {
	if r.AllRegions && len(r.Regions) > 0 {
		return fmt.Errorf("--all takes every region: leave out --region")
	}
	if r.ExternalID != "" && len(r.AssumeRoles) == 0 && r.OrganizationRole == "" {
		return fmt.Errorf("--external-id goes with --assume-role or --organization-role")
	}
	if r.OrganizationRole != "" && (len(r.AssumeRoles) > 0 || len(r.Profiles) > 1 || r.Scoped()) {
		return fmt.Errorf("--organization-role captures every account whole, with one profile: leave out --assume-role, --vpc, --job, --bucket and --role")
	}
	if r.MaxJobs < 0 {
		return fmt.Errorf("--max-jobs %d is negative", r.MaxJobs)
	}
	for _, f := range []struct {
		flag   string
		values []string
		ok     func(string) bool
		want   string
	}{
		{"--vpc", r.VPCs, isVPC, "a VPC id such as vpc-0a1b2c3d4e5f60718"},
		{"--region", r.Regions, isRegion, "a region such as us-east-1"},
		{"--bucket", r.Buckets, func(s string) bool { return isBucket(BucketName(s)) }, "a bucket's name or ARN"},
		{"--role", r.Roles, func(s string) bool { return isRole(s) || isRoleARN(s) }, "a role's name or ARN"},
		{"--resource", r.Resources, isResource, "the ARN of a Secrets Manager secret, an ECR repository, an SQS queue or an SNS topic"},
		{"--assume-role", r.AssumeRoles, isRoleARN, "a role's ARN such as arn:aws:iam::111122223333:role/Auditor"},
		{"--organization-role", values(r.OrganizationRole), isRole, "a role's name such as OrganizationAccountAccessRole"},
		{"--job", r.Jobs, func(s string) bool { return s != "" }, "a job's name, ARN or file"},
	} {
		for _, v := range f.values {
			if !f.ok(v) {
				return fmt.Errorf("%s %q is not %s", f.flag, v, f.want)
			}
		}
	}
	return nil
}

func values(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// BucketName returns the name in a bucket's name, ARN or object ARN.
func BucketName(s string) string {
	if strings.HasPrefix(s, "arn:") {
		if p := strings.SplitN(s, ":", 6); len(p) == 6 {
			s = p[5]
		}
	}
	name, _, _ := strings.Cut(s, "/")
	return name
}

// statement is one statement of the policy that Permissions makes.
type statement struct {
	Sid      string
	Effect   string
	Action   []string
	Resource []string
}

// Permissions returns the smallest IAM policy that lets the request be
// captured: the actions of its operations, on the resources that it names.
func Permissions(r Request) []byte {
	on := map[string]map[string]bool{}
	for _, o := range r.Operations() {
		if o.InsteadOf != "" {
			continue
		}
		for _, a := range o.Actions {
			where := resources(r, o)
			if on[where] == nil {
				on[where] = map[string]bool{}
			}
			on[where][a] = true
		}
	}
	if len(r.AssumeRoles) > 0 || r.OrganizationRole != "" {
		on["assume"] = map[string]bool{"sts:AssumeRole": true}
	}
	doc := struct {
		Version   string
		Statement []statement
	}{Version: "2012-10-17"}
	for _, kind := range []string{"any", "buckets", "roles", "resources", "assume"} {
		if len(on[kind]) == 0 {
			continue
		}
		doc.Statement = append(doc.Statement, statement{
			Sid: sids[kind], Effect: "Allow", Action: sorted(on[kind]), Resource: resourceARNs(r, kind),
		})
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(doc); err != nil {
		panic("unreachable: " + err.Error())
	}
	return []byte(b.String())
}

var sids = map[string]string{
	"any": "CanreachSnapshot", "buckets": "CanreachSnapshotBuckets", "roles": "CanreachSnapshotRoles", "resources": "CanreachSnapshotResources", "assume": "CanreachSnapshotAccounts",
}

// resources names the set of resources that an operation's actions may be
// narrowed to. A job's buckets and roles are not known beforehand.
func resources(r Request, o Operation) string {
	switch {
	case o.Per == Bucket && len(r.Jobs) == 0 && len(r.Buckets) > 0:
		return "buckets"
	case o.Per == Role && len(r.Jobs) == 0 && len(r.Roles) > 0:
		return "roles"
	case o.Per == Resource:
		return "resources"
	}
	return "any"
}

func resourceARNs(r Request, kind string) []string {
	set := map[string]bool{}
	switch kind {
	case "any":
		set["*"] = true
	case "buckets":
		for _, b := range r.Buckets {
			set["arn:"+r.partition(b)+":s3:::"+BucketName(b)] = true
		}
	case "roles":
		for _, role := range r.Roles {
			if strings.HasPrefix(role, "arn:") {
				set[role] = true
				continue
			}
			any := "arn:" + r.partition("") + ":iam::*:role/"
			set[any+role], set[any+"*/"+role] = true, true
		}
	case "resources":
		for _, arn := range r.Resources {
			set[arn] = true
		}
	case "assume":
		for _, role := range r.AssumeRoles {
			set[role] = true
		}
		if r.OrganizationRole != "" {
			set["arn:"+r.partition("")+":iam::*:role/"+r.OrganizationRole] = true
		}
	}
	return sorted(set)
}

// partition returns an ARN's partition; for a name, that of the region or
// role by which the request says where its accounts are.
func (r Request) partition(named string) string {
	for _, arn := range append([]string{named}, r.AssumeRoles...) {
		if p := strings.SplitN(arn, ":", 3); len(p) == 3 && p[0] == "arn" {
			return p[1]
		}
	}
	for _, region := range r.Regions {
		for _, p := range partitions {
			if strings.HasPrefix(region, p.prefix) {
				return p.name
			}
		}
	}
	return "aws"
}

// partitions are AWS's others than "aws", by how their regions begin.
//
// AWS: https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
var partitions = []struct{ prefix, name string }{
	{"cn-", "aws-cn"}, {"us-gov-", "aws-us-gov"}, {"us-iso-", "aws-iso"}, {"us-isob-", "aws-iso-b"},
	{"eu-isoe-", "aws-iso-e"}, {"us-isof-", "aws-iso-f"}, {"eusc-", "aws-eusc"},
}

func sorted(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for s := range set {
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

// Describe writes the calls that the request would make, one a line: service
// and operation as the AWS CLI has them, and what each is made for. It makes
// none of them.
func Describe(w io.Writer, r Request) error {
	for _, o := range r.Operations() {
		service := o.Service
		if service == "s3" {
			service = "s3api" // so the AWS CLI calls it
		}
		line := fmt.Sprintf("%-16s %-42s for each %s", service, kebab(o.Name), o.Per)
		if o.Filter != "" && r.network() {
			line += ", filtered by " + o.Filter
		}
		if o.InsteadOf != "" {
			line += ", only where " + kebab(o.InsteadOf) + " is refused"
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

// kebab turns "DescribeVpcs" into "describe-vpcs".
func kebab(name string) string {
	var b strings.Builder
	for i, r := range name {
		upper := r >= 'A' && r <= 'Z'
		last := i > 0 && name[i-1] >= 'A' && name[i-1] <= 'Z'
		if upper && i > 0 && !last {
			b.WriteByte('-')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}
