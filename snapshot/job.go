package snapshot

// Job is what a job file (or flags) asks the network and AWS's services for.
// It is read by content: see sources.md of the specification, "The job".
type Job struct {
	File             string // as given by the user; empty: flags
	Kind             string // "CompilationJob", "ECSTask", …: a row of rules/services; empty: flags
	Name             string // CompilationJobName and its like
	ARN              string
	RoleARN          string
	ExecutionRoleARN string // of the role that starts the job, where that is another one (ECS, Batch)
	InstanceProfile  string // of instances, by ARN or name, instead of a role
	ServiceAccount   string // of a pod, "NAMESPACE:NAME"
	Subnets          []SubnetID
	SecurityGroups   []SecurityGroupID
	HasVPCConfig     bool // its file has a network configuration, even one that names nothing; see InVPC
	AssignPublicIP   bool // its interface gets a public address (ECS, Batch on Fargate)
	Running          bool // it exists and runs: AWS let it through its checks
	Instances        int  // instance count, at least 1
	Inputs           []S3Location
	Outputs          []S3Location
	Code             []S3Location // scripts, libraries, bootstrap actions: read before the job's own work
	Images           []JobReference
	LogGroups        []JobReference
	Secrets          []JobReference // Secrets Manager secrets, by ARN or name
	Parameters       []JobReference // Systems Manager parameters, by ARN or name
	VolumeKeys       []JobReference // KMS keys of volumes and of what the service itself encrypts
	Catalog          bool           // it uses the Glue Data Catalog
	Region           string         // where the file tells (an ARN in it); else empty
	Account          string
	Pointers         map[string]string // member → JSON pointer in the job file, for error messages
}

// InVPC tells that the job runs in a VPC of the account's own: subnets, groups
// or an empty network configuration say so. Another one runs in networking that
// the service owns (N156).
func (j *Job) InVPC() bool {
	return j.HasVPCConfig || len(j.Subnets) > 0 || len(j.SecurityGroups) > 0
}

// JobReference is a name or an ARN in a job file.
type JobReference struct {
	Name    string
	Pointer string // JSON pointer in the job file
}

// S3Location is an S3 URI of a job with the KMS key that it names.
type S3Location struct {
	URI      string // as given, "s3://bucket/prefix"
	Bucket   string
	Prefix   string // may be empty; an object key or a key prefix
	KMSKeyID string // OutputConfig.KmsKeyId and its like
	Pointer  string // JSON pointer in the job file
}
