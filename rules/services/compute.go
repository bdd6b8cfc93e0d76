package services

const (
	docLambda    = "https://docs.aws.amazon.com/lambda/latest/dg/"
	docLambdaVPC = docLambda + "configuration-vpc.html"
	docBuild     = "https://docs.aws.amazon.com/codebuild/latest/userguide/"
	docBuildVPC  = docBuild + "vpc-support.html"
	docBuildVPCE = docBuild + "use-vpc-endpoints-with-codebuild.html"
	docEC2       = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/"
)

var instanceID = Session{Form: "the instance's id"}

// instanceKeys are those of credentials that an instance got from its profile.
//
// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
var instanceKeys = []string{"aws:ec2instancesourcevpc", "aws:ec2instancesourceprivateipv4", "ec2:sourceinstancearn"}

// interfaceOf are the resource types that creating an interface is checked against.
var interfaceOf = []string{"network-interface", "subnet", "security-group"}

var compute = []Workload{
	{Kind: "Function", Service: "lambda", Title: "AWS Lambda function", Name: "AWS Lambda", Page: docLambdaVPC,
		Trust: Trust{Principals: []string{"lambda.amazonaws.com"}, SourceARN: "arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME", Page: docLambda + "lambda-intro-execution-role.html"},
		Interfaces: Interfaces{By: ByRole, Maker: "Lambda", Page: docLambdaVPC, Actions: []InterfaceAction{
			{Name: "ec2:CreateNetworkInterface", Resources: interfaceOf},
			{Name: "ec2:DescribeNetworkInterfaces"},
			{Name: "ec2:DescribeSubnets", Optional: true}, // AWSLambdaENIManagementAccess lacks it
			{Name: "ec2:DeleteNetworkInterface", Resources: []string{"network-interface"}},
			{Name: "ec2:AssignPrivateIpAddresses", Resources: []string{"network-interface"}, Optional: true},
			{Name: "ec2:UnassignPrivateIpAddresses", Resources: []string{"network-interface"}, Optional: true},
		}},
		Subnets: Limit{Min: 1, Max: 16}, Groups: Limit{Min: 1, Max: 5}, Field: "VpcConfig", DefaultTenancy: true, Keys: []string{"lambda:sourcefunctionarn"},
		Session: Session{Form: "the function's name"},
		Calls: append(roleData(docLambdaVPC),
			Call{To: "secretsmanager", Actions: []string{"secretsmanager:GetSecretValue"}, On: OnSecret, From: FromInterface, By: SignedByRole, For: "secrets that the code reads", Page: docLambdaVPC},
			Call{To: "ecr.api", Actions: pullImage, On: OnImage, From: FromService, By: SignedByService, For: "the function's image", Page: docLambda + "images-create.html"},
			Call{To: "s3", Actions: []string{"s3:GetObject"}, On: OnCode, From: FromService, By: SignedByService, For: "the function's code, when it is deployed", Page: docLambda + "configuration-function-zip.html"},
			Call{To: "logs", Actions: append([]string{"logs:CreateLogGroup"}, writeLogs...), On: OnLogGroup, From: FromService, By: SignedByRole, For: "the function's log", Page: docLambda + "monitoring-cloudwatchlogs.html"},
			Call{To: "kms", Actions: []string{"kms:Decrypt"}, On: OnVolumeKey, From: FromService, By: SignedByRole, For: "environment variables", Page: docLambda + "configuration-envvars-encryption.html"})},
	{Kind: "BuildProject", Service: "codebuild", Title: "AWS CodeBuild project", Name: "AWS CodeBuild", Page: docBuildVPC,
		Trust: Trust{Principals: []string{"codebuild.amazonaws.com"}, SourceARN: "arn:PARTITION:codebuild:REGION:ACCOUNT:project/NAME", Page: docBuild + "setting-up-service-role.html"},
		Interfaces: Interfaces{By: ByRole, Maker: "CodeBuild", Authorized: "codebuild.amazonaws.com", Page: docBuild + "auth-and-access-control-iam-identity-based-access-control.html", Actions: []InterfaceAction{
			{Name: "ec2:CreateNetworkInterface", Resources: interfaceOf},
			{Name: "ec2:DescribeDhcpOptions"},
			{Name: "ec2:DescribeNetworkInterfaces"},
			{Name: "ec2:DeleteNetworkInterface", Resources: []string{"network-interface"}},
			{Name: "ec2:DescribeSubnets"},
			{Name: "ec2:DescribeSecurityGroups"},
			{Name: "ec2:DescribeVpcs"},
			{Name: "ec2:CreateNetworkInterfacePermission", Resources: []string{"network-interface"}},
		}},
		Subnets: Limit{Min: 1, Max: 16}, Groups: Limit{Min: 1, Max: 5}, Field: "vpcConfig", Addresses: 1,
		Session: Session{Form: "AWSCodeBuild-UUID", Seen: true},
		Calls: append(append(roleData(docBuildVPC),
			Call{To: "logs", Actions: append([]string{"logs:CreateLogGroup"}, writeLogs...), On: OnLogGroup, From: FromInterface, By: SignedByRole, For: "the build's log", Page: docBuildVPCE},
			Call{To: "codebuild", Actions: []string{"codebuild:BatchPutTestCases"}, On: Always, From: FromInterface, By: SignedByRole, Optional: true, For: "test reports", Page: docBuildVPCE},
			Call{To: "secretsmanager", Actions: []string{"secretsmanager:GetSecretValue"}, On: OnSecret, From: FromInterface, By: SignedByRole, For: "secrets of the build", Page: docBuildVPCE},
			Call{To: "ssm", Actions: []string{"ssm:GetParameters"}, On: OnParameter, From: FromInterface, By: SignedByRole, For: "parameters of the build", Page: docBuildVPCE}),
			imageCalls(FromInterface, SignedByRole)...)},
	{Kind: "Instance", Service: "ec2", Title: "Amazon EC2 instance", Name: "Amazon EC2", Page: docEC2 + "iam-roles-for-amazon-ec2.html",
		Trust:      Trust{Principals: []string{"ec2.amazonaws.com"}, Page: docEC2 + "iam-roles-for-amazon-ec2.html"},
		Interfaces: Interfaces{By: ByOther, Maker: "whoever launches it", Page: docEC2 + "using-eni.html"},
		Subnets:    Limit{Min: 1}, Groups: Limit{Default: true}, Field: "NetworkInterfaces", Addresses: 1, PublicAddress: PublicBySubnet,
		Session: instanceID, Keys: instanceKeys, Calls: roleData(docEC2 + "iam-roles-for-amazon-ec2.html")},
}
