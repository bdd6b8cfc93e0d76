package services

const (
	docECS        = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/"
	docECSVPCE    = docECS + "vpc-endpoints.html"
	docECSExec    = docECS + "task_execution_IAM_role.html"
	docFargate    = docECS + "fargate-task-networking.html"
	docAwsvpc     = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AwsVpcConfiguration.html"
	docECR        = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html"
	docBatch      = "https://docs.aws.amazon.com/batch/latest/userguide/"
	docBatchLimit = "https://docs.aws.amazon.com/batch/latest/APIReference/API_ComputeResource.html"
	docEKS        = "https://docs.aws.amazon.com/eks/latest/userguide/"
	docEKSPrivate = docEKS + "private-clusters.html"
)

// imageCalls pull an image from Amazon ECR: authorization, manifest, layers.
// The layers come from S3 by URLs that ECR signs.
func imageCalls(from From, by Signer) []Call {
	return []Call{
		{To: "ecr.api", Actions: []string{"ecr:GetAuthorizationToken"}, On: OnImage, From: from, By: by, For: "the registry's token", Page: docECR},
		{To: "ecr.dkr", Actions: pullImage, On: OnImage, From: from, By: by, For: "the image's manifest", Page: docECR},
		{To: "s3", Actions: []string{"s3:GetObject"}, On: OnImage, From: from, By: Presigned, For: "the image's layers, in a bucket of AWS's", Page: docECR},
	}
}

// startCalls are those that start a task: made with the execution role, from
// the task's interface on Fargate, from the container instance on EC2.
func startCalls(from From) []Call {
	return append(imageCalls(from, SignedByExecutionRole),
		Call{To: "logs", Actions: writeLogs, On: OnLogGroup, From: from, By: SignedByExecutionRole, For: "the awslogs driver", Page: docECSVPCE},
		Call{To: "secretsmanager", Actions: []string{"secretsmanager:GetSecretValue"}, On: OnSecret, From: from, By: SignedByExecutionRole, For: "secrets of the task definition", Page: docECSExec},
		Call{To: "ssm", Actions: []string{"ssm:GetParameters"}, On: OnParameter, From: from, By: SignedByExecutionRole, For: "parameters of the task definition", Page: docECSExec},
		Call{To: "kms", Actions: []string{"kms:Decrypt"}, On: OnObjectKey, From: FromService, By: SignedByExecutionRole, Optional: true, For: "secrets and parameters under the customer's key", Page: docECSExec},
	)
}

// roleData is what the containers themselves read and write.
func roleData(page string) []Call {
	return []Call{
		{To: "s3", Actions: s3Read, On: OnInput, From: FromInterface, By: SignedByRole, For: "what the job reads", Page: page},
		{To: "s3", Actions: s3Write, On: OnOutput, From: FromInterface, By: SignedByRole, For: "what the job writes", Page: page},
	}
}

// agentCalls are the ECS agent's on a container instance.
var agentCalls = []Call{
	{To: "ecs", Actions: []string{"ecs:RegisterContainerInstance", "ecs:SubmitTaskStateChange"}, On: Always, From: FromHost, By: SignedByHost, For: "the ECS agent", Page: docECSVPCE},
	{To: "ecs-agent", Actions: []string{"ecs:Poll"}, On: Always, From: FromHost, By: SignedByHost, For: "the ECS agent", Page: docECSVPCE},
	{To: "ecs-telemetry", Actions: []string{"ecs:StartTelemetrySession"}, On: Always, From: FromHost, By: SignedByHost, For: "the ECS agent", Page: docECSVPCE},
}

var (
	ecsTrust = Trust{Principals: []string{"ecs-tasks.amazonaws.com"}, SourceARN: "arn:PARTITION:ecs:REGION:ACCOUNT:*", Page: docECS + "task-iam-roles.html"}
	ecsENI   = Interfaces{By: ByServiceLinkedRole, Maker: "AWSServiceRoleForECS", Page: docECS + "using-service-linked-roles-for-clusters.html"}
	taskName = Session{Form: "the task's id"}
)

var containers = []Workload{
	{Kind: "ECSTask", Service: "ecs", Title: "Amazon ECS task or service on Fargate", Name: "Amazon ECS", Page: docFargate,
		Trust: ecsTrust, Interfaces: ecsENI, Subnets: Limit{Min: 1, Max: 16}, Groups: Limit{Max: 5, Default: true}, Field: "awsvpcConfiguration",
		Addresses: 1, PublicAddress: PublicAsAsked, Session: taskName, Calls: append(roleData(docFargate), startCalls(FromInterface)...)},
	{Kind: "ECSTaskOnEC2", Service: "ecs", Title: "Amazon ECS task or service on EC2, awsvpc mode", Name: "Amazon ECS", Page: docECS + "task-networking-awsvpc.html",
		Trust: ecsTrust, Interfaces: ecsENI, Subnets: Limit{Min: 1, Max: 16}, Groups: Limit{Max: 5, Default: true}, Field: "awsvpcConfiguration",
		Addresses: 1, Session: taskName, Calls: append(append(roleData(docECS+"task-networking-awsvpc.html"), startCalls(FromHost)...), agentCalls...)},
	{Kind: "BatchJob", Service: "batch", Title: "AWS Batch job on Fargate", Name: "AWS Batch", Page: docBatch + "fargate.html",
		Trust:      Trust{Principals: []string{"ecs-tasks.amazonaws.com"}, SourceARN: "arn:PARTITION:ecs:REGION:ACCOUNT:*", Page: docBatch + "execution-IAM-role.html"},
		Interfaces: Interfaces{By: ByServiceLinkedRole, Maker: "AWSServiceRoleForBatch and AWSServiceRoleForECS", Page: docBatch + "using-service-linked-roles.html"},
		Subnets:    Limit{Min: 1, Max: 16}, Groups: Limit{Min: 1, Max: 5}, Field: "computeResources", Addresses: 1, PublicAddress: PublicAsAsked, Session: taskName,
		Calls: append(roleData(docBatch+"fargate.html"), startCalls(FromInterface)...)},
	{Kind: "BatchJobOnEC2", Service: "batch", Title: "AWS Batch job on EC2", Name: "AWS Batch", Page: docBatchLimit,
		Trust:      Trust{Principals: []string{"ecs-tasks.amazonaws.com"}, SourceARN: "arn:PARTITION:ecs:REGION:ACCOUNT:*", Page: docBatch + "execution-IAM-role.html"},
		Interfaces: Interfaces{By: ByServiceLinkedRole, Maker: "AWSServiceRoleForBatch", Page: docBatch + "using-service-linked-roles.html"},
		Subnets:    Limit{Min: 1, Max: 16}, Groups: Limit{Min: 1, Max: 5}, Field: "computeResources", Addresses: 1, PublicAddress: PublicBySubnet, Session: taskName,
		Calls: append(append(roleData(docBatchLimit), startCalls(FromInterface)...), onInterface(agentCalls)...)},
	{Kind: "Pod", Service: "eks", Title: "Amazon EKS pod", Name: "Amazon EKS", Page: docEKSPrivate,
		Trust:      Trust{Principals: []string{"pods.eks.amazonaws.com"}, Actions: []string{"sts:TagSession"}, WebIdentity: true, SourceARN: "arn:PARTITION:eks:REGION:ACCOUNT:cluster/*", Page: docEKS + "pod-identities.html"},
		Interfaces: Interfaces{By: ByOther, Maker: "the VPC CNI plugin, with its own or the node's role", Page: docEKS + "managing-vpc-cni.html"},
		Subnets:    Limit{Min: 1}, Groups: Limit{Min: 1, Max: 5}, Field: "subnets and security groups of the node or the SecurityGroupPolicy",
		Session: Session{Form: "chosen by the SDK, or eks-CLUSTER-POD-UUID with Pod Identity"},
		Calls: append(append(roleData(docEKSPrivate),
			Call{To: "sts", Actions: []string{"sts:AssumeRoleWithWebIdentity"}, On: Always, From: FromInterface, By: Unsigned, Optional: true, For: "credentials by IAM roles for service accounts", Page: docEKS + "iam-roles-for-service-accounts.html"},
			Call{To: "eks-auth", Actions: []string{"eks-auth:AssumeRoleForPodIdentity"}, On: Always, From: FromHost, By: SignedByHost, Optional: true, For: "credentials by EKS Pod Identity", Page: docEKS + "pod-id-how-it-works.html"}),
			imageCalls(FromHost, SignedByHost)...)},
	{Kind: "NodeGroup", Service: "eks", Title: "Amazon EKS node group", Name: "Amazon EKS", Page: docEKSPrivate,
		Trust:      Trust{Principals: []string{"ec2.amazonaws.com"}, Page: docEKS + "create-node-role.html"},
		Interfaces: Interfaces{By: ByServiceLinkedRole, Maker: "AWSServiceRoleForAmazonEKSNodegroup", Page: docEKS + "using-service-linked-roles-eks-nodegroups.html"},
		Subnets:    Limit{Min: 1}, Groups: Limit{Min: 1, Max: 5}, Field: "subnets", Addresses: 1, PublicAddress: PublicBySubnet, Session: instanceID, Keys: instanceKeys,
		Calls: append(imageCalls(FromInterface, SignedByRole),
			Call{To: "ec2", Actions: []string{"ec2:DescribeInstances", "ec2:CreateNetworkInterface"}, On: Always, From: FromInterface, By: SignedByRole, For: "the VPC CNI plugin and the node's bootstrap", Page: docEKSPrivate},
			Call{To: "eks", Actions: []string{"eks:DescribeCluster"}, On: Always, From: FromInterface, By: SignedByRole, Optional: true, For: "the bootstrap, where it is not told the cluster's endpoint", Page: docEKSPrivate},
			Call{To: "eks-auth", Actions: []string{"eks-auth:AssumeRoleForPodIdentity"}, On: Always, From: FromInterface, By: SignedByRole, Optional: true, For: "EKS Pod Identity", Page: docEKSPrivate},
			Call{To: "sts", Actions: []string{"sts:AssumeRoleWithWebIdentity"}, On: Always, From: FromInterface, By: Unsigned, Optional: true, For: "IAM roles for service accounts", Page: docEKSPrivate},
			Call{To: "logs", Actions: writeLogs, On: OnLogGroup, From: FromInterface, By: SignedByRole, Optional: true, For: "container logs", Page: docEKSPrivate})},
}

// onInterface says of calls of a host that its interface is the job's own.
func onInterface(calls []Call) []Call {
	out := make([]Call, len(calls))
	for i, c := range calls {
		if out[i] = c; c.From == FromHost {
			out[i].From = FromInterface
		}
	}
	return out
}
