package services

const (
	docSM       = "https://docs.aws.amazon.com/sagemaker/latest/dg/"
	docNeo      = docSM + "neo-vpc.html"
	docSMRoles  = docSM + "sagemaker-roles.html"
	docSMLinked = docSM + "security-iam-service-linked-roles.html"
	docSMTrain  = docSM + "train-vpc.html"
	docSMKMS    = docSM + "key-management.html"
)

// sageMakerActions are the EC2 actions of a VPC job's role (N155, P316). The
// role may do without ModifyNetworkInterfaceAttribute, it seems:
// AmazonSageMakerFullAccess lacks it.
var sageMakerActions = []InterfaceAction{
	{Name: "ec2:CreateNetworkInterface", Resources: []string{"network-interface", "subnet", "security-group"}},
	{Name: "ec2:CreateNetworkInterfacePermission", Resources: []string{"network-interface"}},
	{Name: "ec2:DeleteNetworkInterface", Resources: []string{"network-interface"}},
	{Name: "ec2:DeleteNetworkInterfacePermission", Resources: []string{"network-interface"}},
	{Name: "ec2:DescribeDhcpOptions"},
	{Name: "ec2:DescribeNetworkInterfaces"},
	{Name: "ec2:DescribeSecurityGroups"},
	{Name: "ec2:DescribeSubnets"},
	{Name: "ec2:DescribeVpcEndpoints"},
	{Name: "ec2:DescribeVpcs"},
	{Name: "ec2:ModifyNetworkInterfaceAttribute", Resources: []string{"network-interface"}, Optional: true},
}

var (
	sageMakerSession = Session{Name: "SageMaker", Form: "SageMaker", Seen: true}
	sageMakerByRole  = Interfaces{By: ByRole, Maker: "SageMaker", Actions: sageMakerActions, Page: docNeo}
	s3Read           = []string{"s3:GetObject", "s3:ListBucket"}
	s3Write          = []string{"s3:PutObject"}
	pullImage        = []string{"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}
	writeLogs        = []string{"logs:CreateLogStream", "logs:PutLogEvents"}
)

func sageMakerTrust(resource string) Trust {
	t := Trust{Principals: []string{"sagemaker.amazonaws.com"}, Page: docSMRoles}
	if resource != "" {
		t.SourceARN = "arn:PARTITION:sagemaker:REGION:ACCOUNT:" + resource + "/NAME"
	}
	return t
}

// aroundContainers are the calls that SageMaker makes itself for a job: image,
// logs, metrics and the volume's key (N154).
var aroundContainers = []Call{
	{To: "ecr.api", Actions: append([]string{"ecr:GetAuthorizationToken"}, pullImage...), On: OnImage, From: FromService, By: SignedByRole, For: "the image", Page: docSMRoles},
	{To: "logs", Actions: []string{"logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"}, On: Always, From: FromService, By: SignedByRole, Optional: true, For: "the job's log", Page: docSMRoles},
	{To: "monitoring", Actions: []string{"cloudwatch:PutMetricData"}, On: Always, From: FromService, By: SignedByRole, Optional: true, For: "the job's metrics", Page: docSMRoles},
	{To: "kms", Actions: []string{"kms:CreateGrant"}, On: OnVolumeKey, From: FromService, By: SignedByRole, For: "the volume's key", Page: docSMKMS},
}

func dataCalls(page string) []Call {
	return []Call{
		{To: "s3", Actions: s3Read, On: OnInput, From: FromInterface, By: SignedByRole, For: "what the job reads", Page: page},
		{To: "s3", Actions: s3Read, On: OnCode, From: FromInterface, By: SignedByRole, For: "code, models and checkpoints", Page: page},
		{To: "s3", Actions: s3Write, On: OnOutput, From: FromInterface, By: SignedByRole, For: "what the job writes", Page: page},
		{To: "kms", Actions: []string{"kms:GenerateDataKey", "kms:Decrypt"}, On: OnObjectKey, From: FromService, By: SignedByRole, For: "objects under the customer's key: S3 calls KMS", Page: docSMKMS},
	}
}

func sageMakerJob(kind, title, resource, page string, dhcp DHCP) Workload {
	return Workload{Kind: kind, Service: "sagemaker", Title: title, Name: "SageMaker", Page: page,
		Trust: sageMakerTrust(resource), Interfaces: sageMakerByRole,
		Subnets: Limit{Min: 1, Max: 16}, Groups: Limit{Min: 1, Max: 5}, Field: "VpcConfig", Addresses: 2, DefaultTenancy: true, DHCP: dhcp, OwnSubnets: true, Prechecks: true,
		Session: sageMakerSession, Calls: append(dataCalls(page), aroundContainers...)}
}

// sageMaker is SageMaker's rows. A compilation job is the first of its kind
// (N144 to N156): the API's limits are those of every VpcConfig.
var sageMaker = []Workload{
	sageMakerJob("CompilationJob", "SageMaker Neo compilation job", "compilation-job", docNeo, DHCPWarns),
	sageMakerJob("TrainingJob", "SageMaker training job", "training-job", docSMTrain, DHCPRefused),
	sageMakerJob("ProcessingJob", "SageMaker processing job", "processing-job", docSM+"process-vpc.html", DHCPRefused),
	sageMakerJob("TransformJob", "SageMaker batch transform job", "transform-job", docSM+"batch-vpc.html", DHCPWarns),
	sageMakerJob("Model", "SageMaker model (hosting)", "model", docSM+"host-vpc.html", DHCPIgnored),
	sageMakerJob("OptimizationJob", "SageMaker inference optimization job", "", docSM+"model-optimize.html", DHCPIgnored),
	{Kind: "NotebookInstance", Service: "sagemaker", Title: "SageMaker notebook instance", Name: "SageMaker", Page: docSM + "appendix-notebook-and-internet-access.html",
		Trust:      sageMakerTrust("notebook-instance"),
		Interfaces: Interfaces{By: ByServiceLinkedRole, Maker: "AWSServiceRoleForAmazonSageMakerNotebooks", Page: docSMLinked},
		Subnets:    Limit{Min: 1, Max: 1}, Groups: Limit{Min: 1, Max: 5}, Field: "SecurityGroups", Addresses: 2, DefaultTenancy: true, OwnSubnets: true, Prechecks: true,
		Session: sageMakerSession, Calls: studioCalls},
	{Kind: "Domain", Service: "sagemaker", Title: "SageMaker Studio domain", Name: "SageMaker", Page: docSM + "studio-notebooks-and-internet-access.html",
		Trust:      sageMakerTrust(""),
		Interfaces: Interfaces{By: ByServiceLinkedRole, Maker: "AWSServiceRoleForAmazonSageMakerNotebooks", Page: docSMLinked},
		Subnets:    Limit{Min: 1, Max: 16}, Groups: Limit{Min: 1, Max: 5}, Field: "DefaultUserSettings.SecurityGroups", Addresses: 2, DefaultTenancy: true, OwnSubnets: true, Prechecks: true,
		Session: sageMakerSession, Calls: studioCalls},
}

// studioCalls are those of the user's own session: all leave through the VPC
// in VpcOnly mode.
var studioCalls = []Call{
	{To: "s3", Actions: s3Read, On: OnInput, From: FromInterface, By: SignedByRole, For: "data", Page: docSM + "studio-notebooks-and-internet-access.html"},
	{To: "s3", Actions: s3Write, On: OnOutput, From: FromInterface, By: SignedByRole, For: "data", Page: docSM + "studio-notebooks-and-internet-access.html"},
	{To: "api.sagemaker", Actions: []string{"sagemaker:DescribeDomain"}, On: Always, From: FromInterface, By: SignedByRole, For: "Studio and its jobs: SageMaker's API", Page: docSM + "studio-notebooks-and-internet-access.html"},
	{To: "runtime.sagemaker", Actions: []string{"sagemaker:InvokeEndpoint"}, On: Always, From: FromInterface, By: SignedByRole, Optional: true, For: "endpoints", Page: docSM + "studio-notebooks-and-internet-access.html"},
	{To: "sts", Actions: []string{"sts:GetCallerIdentity"}, On: Always, From: FromInterface, By: SignedByRole, Optional: true, For: "the SageMaker SDK's default bucket", Page: docSM + "studio-notebooks-and-internet-access.html"},
}
