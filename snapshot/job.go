package snapshot

// Job is what a SageMaker job file (or flags) asks the network and S3 for.
// It is read by content: see sources.md of the specification, "The job".
type Job struct {
	File           string // as given by the user; empty: flags
	Kind           string // "CompilationJob", "TrainingJob", "ProcessingJob", "TransformJob", "Model", "NotebookInstance", "Domain"; empty: flags
	Name           string // CompilationJobName and its like
	ARN            string
	RoleARN        string
	Subnets        []SubnetID
	SecurityGroups []SecurityGroupID
	HasVPCConfig   bool // false: the job runs in service-owned networking (N156)
	Instances      int  // instance count, at least 1
	Inputs         []S3Location
	Outputs        []S3Location
	Region         string // where the file tells (an ARN in it); else empty
	Account        string
	Pointers       map[string]string // member → JSON pointer in the job file, for error messages
}

// S3Location is an S3 URI of a job with the KMS key that it names.
type S3Location struct {
	URI      string // as given, "s3://bucket/prefix"
	Bucket   string
	Prefix   string // may be empty; an object key or a key prefix
	KMSKeyID string // OutputConfig.KmsKeyId and its like
	Pointer  string // JSON pointer in the job file
}
