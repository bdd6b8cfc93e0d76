package services

const (
	docGlue       = "https://docs.aws.amazon.com/glue/latest/dg/"
	docGlueVPC    = docGlue + "start-connecting.html"
	docGlueSelf   = docGlue + "setup-vpc-for-glue-access.html"
	docEMR        = "https://docs.aws.amazon.com/emr/latest/ManagementGuide/"
	docEMRPrivate = docEMR + "emr-plan-vpc-subnet.html"
	docServerless = "https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/"
	docMWAA       = "https://docs.aws.amazon.com/mwaa/latest/userguide/"
	docMWAAVPCE   = docMWAA + "vpc-vpe-create-access.html"
	docRedshift   = "https://docs.aws.amazon.com/redshift/latest/mgmt/"
)

var readCatalog = []string{"glue:GetDatabase", "glue:GetTable", "glue:GetPartitions"}

var analytics = []Workload{
	{Kind: "GlueJob", Service: "glue", Title: "AWS Glue job with a connection", Name: "AWS Glue", Page: docGlueVPC,
		Trust: Trust{Principals: []string{"glue.amazonaws.com"}, SourceARN: "arn:PARTITION:glue:REGION:ACCOUNT:*", Page: docGlue + "create-an-iam-role.html"},
		Interfaces: Interfaces{By: ByRole, Maker: "Glue", Page: docGlue + "create-service-policy.html", Actions: []InterfaceAction{
			{Name: "ec2:CreateNetworkInterface", Resources: interfaceOf},
			{Name: "ec2:DeleteNetworkInterface", Resources: []string{"network-interface"}},
			{Name: "ec2:DescribeNetworkInterfaces"},
			{Name: "ec2:DescribeRouteTables"},
			{Name: "ec2:DescribeSecurityGroups"},
			{Name: "ec2:DescribeSubnets"},
			{Name: "ec2:DescribeVpcAttribute"},
			{Name: "ec2:DescribeVpcEndpoints"},
			{Name: "ec2:CreateTags", Resources: []string{"network-interface"}, Optional: true},
		}},
		Subnets: Limit{Min: 1, Max: 1}, Groups: Limit{Min: 1, Max: 50}, Field: "PhysicalConnectionRequirements", Addresses: 1, SelfIngress: true,
		Session: Session{Name: "GlueJobRunnerSession", Form: "GlueJobRunnerSession", Seen: true},
		Calls: append(dataGlue,
			Call{To: "glue", Actions: readCatalog, On: OnCatalog, From: FromInterface, By: SignedByRole, For: "the Data Catalog", Page: docGlue + "vpc-interface-endpoints.html"},
			Call{To: "glue", Actions: []string{"glue:GetConnection"}, On: Always, From: FromUndocumented, By: SignedByRole, For: "the job's own connection", Page: docGlue + "vpc-interface-endpoints.html"},
			Call{To: "logs", Actions: append([]string{"logs:CreateLogGroup"}, writeLogs...), On: OnLogGroup, From: FromUndocumented, By: SignedByRole, For: "the job's log", Page: docGlue + "monitor-continuous-logging.html"},
			Call{To: "secretsmanager", Actions: []string{"secretsmanager:GetSecretValue"}, On: OnSecret, From: FromInterface, By: SignedByRole, For: "the connection's secret", Page: docGlue + "connection-properties-secrets-manager.html"},
			Call{To: "kms", Actions: []string{"kms:Decrypt", "kms:GenerateDataKey"}, On: OnObjectKey, From: FromUndocumented, By: SignedByRole, For: "the security configuration's keys", Page: docGlue + "encryption-security-configuration.html"})},
	{Kind: "EMRCluster", Service: "emr", Title: "Amazon EMR cluster", Name: "Amazon EMR", Page: docEMRPrivate,
		Trust:      Trust{Principals: []string{"ec2.amazonaws.com"}, Page: docEMR + "emr-iam-role-for-ec2.html"},
		Interfaces: Interfaces{By: ByOther, Maker: "EMR's service role (ServiceRole of the cluster)", Page: docEMR + "emr-iam-role.html"},
		Subnets:    Limit{Min: 1}, Groups: Limit{Min: 1, Max: 5}, Field: "Ec2InstanceAttributes", Addresses: 1, PublicAddress: PublicBySubnet, Session: instanceID, Keys: instanceKeys,
		Calls: append(roleData(docEMRPrivate),
			Call{To: "s3", Actions: []string{"s3:GetObject"}, On: OnCode, From: FromInterface, By: SignedByRole, For: "bootstrap actions and steps", Page: docEMRPrivate},
			Call{To: "elasticmapreduce", Actions: []string{"elasticmapreduce:DescribeCluster"}, On: Always, From: FromInterface, By: SignedByRole, Optional: true, For: "EMR's API; debugging", Page: docEMR + "interface-vpc-endpoint.html"},
			Call{To: "glue", Actions: readCatalog, On: OnCatalog, From: FromInterface, By: SignedByRole, For: "the Glue Data Catalog as metastore", Page: "https://docs.aws.amazon.com/emr/latest/ReleaseGuide/emr-spark-glue.html"})},
	{Kind: "EMRServerlessJob", Service: "emr-serverless", Title: "Amazon EMR Serverless job run", Name: "Amazon EMR Serverless", Page: docServerless + "vpc-access.html",
		Trust:      Trust{Principals: []string{"emr-serverless.amazonaws.com"}, SourceARN: "arn:PARTITION:emr-serverless:REGION:ACCOUNT:/applications/*", Page: docServerless + "security-iam-runtime-role.html"},
		Interfaces: Interfaces{By: ByServiceLinkedRole, Maker: "AWSServiceRoleForAmazonEMRServerless", Page: docServerless + "using-service-linked-roles.html"},
		Subnets:    Limit{Min: 1, Max: 16}, Groups: Limit{Min: 1, Max: 5}, Field: "networkConfiguration", Addresses: 1,
		Session: Session{Form: "the job run's id"},
		Calls: append(roleData(docServerless+"vpc-access.html"),
			Call{To: "s3", Actions: []string{"s3:GetObject"}, On: OnCode, From: FromInterface, By: SignedByRole, For: "the script or JAR", Page: docServerless + "vpc-access.html"},
			Call{To: "glue", Actions: readCatalog, On: OnCatalog, From: FromInterface, By: SignedByRole, For: "the Glue Data Catalog", Page: docServerless + "metastore-config.html"},
			Call{To: "logs", Actions: append([]string{"logs:CreateLogGroup", "logs:DescribeLogGroups"}, writeLogs...), On: OnLogGroup, From: FromUndocumented, By: SignedByRole, For: "logs in CloudWatch", Page: docServerless + "logging.html"},
			Call{To: "ecr.api", Actions: pullImage, On: OnImage, From: FromService, By: SignedByService, For: "a custom image", Page: docServerless + "application-custom-image.html"})},
	{Kind: "AirflowEnvironment", Service: "mwaa", Title: "Amazon MWAA environment", Name: "Amazon MWAA", Page: docMWAA + "networking-about.html",
		Trust:      Trust{Principals: []string{"airflow.amazonaws.com", "airflow-env.amazonaws.com"}, All: true, SourceARN: "arn:PARTITION:airflow:REGION:ACCOUNT:environment/NAME", Page: docMWAA + "mwaa-create-role.html"},
		Interfaces: Interfaces{By: ByServiceLinkedRole, Maker: "AWSServiceRoleForAmazonMWAA", Page: docMWAA + "mwaa-slr.html"},
		Subnets:    Limit{Min: 2, Max: 2, Zones: 2}, Groups: Limit{Min: 1, Max: 5}, Field: "NetworkConfiguration", Addresses: 1, SelfIngress: true,
		Session: Session{Name: "AmazonMWAA-airflow", Form: "AmazonMWAA-airflow", Seen: true},
		Calls: append(roleData(docMWAA+"networking-about.html"),
			Call{To: "s3", Actions: []string{"s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation"}, On: OnCode, From: FromInterface, By: SignedByRole, For: "DAGs, plugins and requirements", Page: docMWAAVPCE},
			Call{To: "logs", Actions: append([]string{"logs:CreateLogGroup"}, writeLogs...), On: Always, From: FromInterface, By: SignedByRole, For: "Airflow's logs", Page: docMWAAVPCE},
			Call{To: "monitoring", Actions: []string{"cloudwatch:PutMetricData"}, On: Always, From: FromInterface, By: SignedByRole, For: "Airflow's metrics", Page: docMWAAVPCE},
			Call{To: "sqs", Actions: []string{"sqs:ReceiveMessage", "sqs:SendMessage"}, On: Always, From: FromInterface, By: SignedByRole, For: "Airflow's task queue, of an AWS account", Page: docMWAAVPCE},
			Call{To: "kms", Actions: []string{"kms:Decrypt", "kms:GenerateDataKey*"}, On: Always, From: FromInterface, By: SignedByRole, For: "the queue's and the environment's key", Page: docMWAAVPCE},
			Call{To: "ecr.api", Actions: []string{"ecr:GetAuthorizationToken"}, On: Always, From: FromInterface, By: SignedByService, For: "Airflow's image", Page: docMWAAVPCE},
			Call{To: "ecr.dkr", Actions: pullImage, On: Always, From: FromInterface, By: SignedByService, For: "Airflow's image", Page: docMWAAVPCE})},
	{Kind: "RedshiftCluster", Service: "redshift", Title: "Amazon Redshift cluster, COPY and UNLOAD", Name: "Amazon Redshift", Page: docRedshift + "enhanced-vpc-routing.html",
		Trust:      Trust{Principals: []string{"redshift.amazonaws.com"}, SourceARN: "arn:PARTITION:redshift:REGION:ACCOUNT:*", Page: docRedshift + "copy-unload-iam-role.html"},
		Interfaces: Interfaces{By: ByServiceLinkedRole, Maker: "AWSServiceRoleForRedshift", Page: docRedshift + "using-service-linked-roles.html"},
		Subnets:    Limit{Min: 1}, Groups: Limit{Default: true}, Field: "VpcSecurityGroups", Addresses: 1,
		Session: Session{Form: "RedshiftIamRoleSession", Name: "RedshiftIamRoleSession", Seen: true},
		Calls: append(roleData(docRedshift+"enhanced-vpc-routing.html"),
			Call{To: "kms", Actions: []string{"kms:Decrypt", "kms:GenerateDataKey"}, On: OnObjectKey, From: FromService, By: SignedByRole, For: "objects under the customer's key: S3 calls KMS", Page: docRedshift + "copy-unload-iam-role.html"})},
}

// dataGlue is what a Glue job reads and writes: script, temporary directory
// and data, all through its connection's subnet.
var dataGlue = append(roleData(docGlueVPC),
	Call{To: "s3", Actions: s3Read, On: OnCode, From: FromInterface, By: SignedByRole, For: "the script and its libraries", Page: docGlueVPC})
