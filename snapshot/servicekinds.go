package snapshot

import (
	"maps"
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/jsonscan"
)

// glueConnection reads get-connection or the request of create-connection.
//
// AWS: https://docs.aws.amazon.com/glue/latest/webapi/API_PhysicalConnectionRequirements.html
func (p *jobParser) glueConnection(n *node) {
	r := n.get("PhysicalConnectionRequirements")
	p.reference(&p.job.Secrets, n, "ConnectionProperties", "SECRET_ID")
	if subnet := r.get("SubnetId"); subnet != nil {
		p.setVPC(r, subnet, []string{p.text(r, "SubnetId")}, r.get("SecurityGroupIdList"), p.texts(r, "SecurityGroupIdList"))
	}
	p.named("GlueJob", p.text(n, "Name"), "")
}

// glueArguments are the special parameters that name S3 locations.
//
// AWS: https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html
var glueArguments = map[string]string{"--TempDir": "both", "--spark-event-logs-path": "output",
	"--extra-py-files": "code", "--extra-jars": "code", "--extra-files": "code", "--python-modules-installer-option": ""}

// glueJob reads get-job or the request of create-job.
//
// AWS: https://docs.aws.amazon.com/glue/latest/webapi/API_Job.html
func (p *jobParser) glueJob(n *node) {
	p.job.Kind, p.job.Name = "GlueJob", p.text(n, "Name")
	p.role(n, "Role")
	p.code(n, "Command", "ScriptLocation")
	p.glueConnections = len(p.texts(n, "Connections", "Connections")) > 0
	args := n.get("DefaultArguments")
	if args == nil || args.kind != jsonscan.Object {
		p.refer(&p.job.LogGroups, n, "/aws-glue/jobs")
		return
	}
	for _, key := range slices.Sorted(maps.Keys(glueArguments)) {
		p.glueArgument(args, key, glueArguments[key])
	}
	p.job.Catalog = args.get("--enable-glue-datacatalog") != nil
	if args.get("--continuous-log-logGroup") != nil {
		p.reference(&p.job.LogGroups, args, "--continuous-log-logGroup")
	} else {
		p.refer(&p.job.LogGroups, n, "/aws-glue/jobs")
	}
}

func (p *jobParser) glueArgument(args *node, key, use string) {
	value := args.get(key)
	if value == nil {
		return
	}
	for _, uri := range strings.Split(p.text(args, key), ",") {
		if !strings.HasPrefix(uri, "s3://") {
			continue
		}
		l, err := ParseS3URI(uri)
		if err != nil {
			p.problem(value.offset, "", "%v", err)
			continue
		}
		l.Pointer = p.pointer(value)
		switch use {
		case "code":
			p.job.Code = append(p.job.Code, l)
		case "both":
			p.job.Inputs = append(p.job.Inputs, l)
			p.job.Outputs = append(p.job.Outputs, l)
		case "output":
			p.job.Outputs = append(p.job.Outputs, l)
		}
	}
}

// finishGlue: a job that names connections runs in the subnet of one of them.
func (p *jobParser) finishGlue(seen map[string]bool) {
	if p.glueConnections && !seen["a Glue connection"] {
		p.need("the Glue job's connection, which names the subnet and the security groups,", "put both in one file: [the job as get-job prints it, the connection as get-connection prints it]")
	}
}

// function reads get-function-configuration, get-function or the request of
// create-function.
//
// AWS: https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html
func (p *jobParser) function(n *node) {
	p.named("Function", p.text(n, "FunctionName"), p.text(n, "FunctionArn"))
	p.job.Running = p.text(n, "State") == "Active"
	p.role(n, "Role")
	if v := n.get("VpcConfig"); v != nil && len(p.texts(v, "SubnetIds")) > 0 {
		p.network(v, "SubnetIds", "SecurityGroupIds")
	}
	p.reference(&p.job.VolumeKeys, n, "KMSKeyArn")
	p.reference(&p.job.Images, n, "Code", "ImageUri")
	if l, ok := p.s3Bucket(n.get("Code", "S3Bucket"), p.text(n, "Code", "S3Bucket"), p.text(n, "Code", "S3Key")); ok {
		p.job.Code = append(p.job.Code, l)
	}
	if n.get("LoggingConfig", "LogGroup") != nil {
		p.reference(&p.job.LogGroups, n, "LoggingConfig", "LogGroup")
	} else {
		p.refer(&p.job.LogGroups, n, "/aws/lambda/"+p.job.Name)
	}
}

// serverlessApplication reads get-application or the request of create-application.
//
// AWS: https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/vpc-access.html
func (p *jobParser) serverlessApplication(n *node) {
	p.network(n.get("networkConfiguration"), "subnetIds", "securityGroupIds")
	p.reference(&p.job.Images, n, "imageConfiguration", "imageUri")
	p.monitoring(n.get("monitoringConfiguration"))
	p.named("", p.text(n, "name"), "")
}

// serverlessRun reads get-job-run or the request of start-job-run.
//
// AWS: https://docs.aws.amazon.com/emr-serverless/latest/APIReference/API_StartJobRun.html
func (p *jobParser) serverlessRun(n *node) {
	p.job.Name = p.text(n, "name")
	p.job.ARN = p.text(n, "arn")
	member := "executionRole"
	if n.get(member) == nil {
		member = "executionRoleArn"
	}
	p.role(n, member)
	if !p.job.HasVPCConfig {
		p.network(n.get("networkConfiguration"), "subnetIds", "securityGroupIds")
	}
	p.code(n, "jobDriver", "sparkSubmit", "entryPoint")
	p.code(n, "jobDriver", "hive", "query")
	p.code(n, "jobDriver", "hive", "initQueryFile")
	p.monitoring(n.get("configurationOverrides", "monitoringConfiguration"))
	p.job.Catalog = strings.Contains(p.text(n, "jobDriver", "sparkSubmit", "sparkSubmitParameters"), "AWSGlueDataCatalog")
}

// monitoring is where EMR Serverless writes logs.
func (p *jobParser) monitoring(n *node) {
	if n == nil {
		return
	}
	p.output(n, p.text(n, "s3MonitoringConfiguration", "encryptionKeyArn"), "s3MonitoringConfiguration", "logUri")
	if c := n.get("cloudWatchLoggingConfiguration"); c != nil && c.get("enabled").isTrue() {
		if c.get("logGroupName") != nil {
			p.reference(&p.job.LogGroups, c, "logGroupName")
		} else {
			p.refer(&p.job.LogGroups, c, "/aws/emr-serverless")
		}
	}
}

func (p *jobParser) finishServerless(map[string]bool) { p.job.Kind = "EMRServerlessJob" }

// emrCluster reads describe-cluster or the request of run-job-flow. The groups
// are the core nodes': EMR's, and those added to them.
//
// AWS: https://docs.aws.amazon.com/emr/latest/APIReference/API_Ec2InstanceAttributes.html
func (p *jobParser) emrCluster(n *node) {
	p.named("EMRCluster", p.text(n, "Name"), p.text(n, "ClusterArn"))
	e := n.get("Ec2InstanceAttributes")
	profile := "IamInstanceProfile"
	if e == nil {
		e = n.get("Instances")
		p.job.InstanceProfile = p.text(n, "JobFlowRole")
		p.note("RoleArn", n.get("JobFlowRole"))
	} else {
		p.job.InstanceProfile = p.text(e, profile)
		p.note("RoleArn", e.get(profile))
	}
	subnets, at := []string{p.text(e, "Ec2SubnetId")}, e.get("Ec2SubnetId")
	for _, list := range []string{"RequestedEc2SubnetIds", "Ec2SubnetIds"} {
		if at == nil && e.get(list) != nil {
			subnets, at = p.texts(e, list), e.get(list)
		}
	}
	if at != nil {
		groups := p.texts(e, "AdditionalSlaveSecurityGroups")
		if g := p.text(e, "EmrManagedSlaveSecurityGroup"); g != "" {
			groups = append([]string{g}, groups...)
		}
		p.setVPC(e, at, subnets, e.get("EmrManagedSlaveSecurityGroup"), groups)
	}
	if l, ok := p.location(n, p.text(n, "LogEncryptionKmsKeyId"), "LogUri"); ok {
		p.job.Outputs = append(p.job.Outputs, l)
	}
	for _, b := range p.items(n, "BootstrapActions") {
		p.code(b, "ScriptBootstrapAction", "Path")
	}
	for _, s := range p.items(n, "Steps") {
		p.code(s, "HadoopJarStep", "Jar")
	}
}

// buildProject reads batch-get-projects or the request of create-project.
//
// AWS: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_Project.html
func (p *jobParser) buildProject(n *node) {
	p.named("BuildProject", p.text(n, "name"), p.text(n, "arn"))
	p.role(n, "serviceRole")
	if v := n.get("vpcConfig"); v != nil && v.get("vpcId") != nil {
		p.network(v, "subnets", "securityGroupIds")
	}
	p.reference(&p.job.Images, n, "environment", "image")
	p.reference(&p.job.VolumeKeys, n, "encryptionKey")
	for _, v := range p.items(n, "environment", "environmentVariables") {
		switch p.text(v, "type") {
		case "SECRETS_MANAGER":
			p.reference(&p.job.Secrets, v, "value")
		case "PARAMETER_STORE":
			p.reference(&p.job.Parameters, v, "value")
		}
	}
	p.buildPlace(n.get("source"), &p.job.Inputs)
	p.buildPlace(n.get("artifacts"), &p.job.Outputs)
	p.buildPlace(n.get("cache"), &p.job.Inputs, &p.job.Outputs)
	if p.text(n, "logsConfig", "cloudWatchLogs", "status") != "DISABLED" {
		if n.get("logsConfig", "cloudWatchLogs", "groupName") != nil {
			p.reference(&p.job.LogGroups, n, "logsConfig", "cloudWatchLogs", "groupName")
		} else {
			p.refer(&p.job.LogGroups, n, "/aws/codebuild/"+p.job.Name)
		}
	}
}

// buildPlace is a source, artifact or cache in S3: BUCKET/KEY, or a bucket and a path.
func (p *jobParser) buildPlace(n *node, to ...*[]S3Location) {
	if n == nil || p.text(n, "type") != "S3" {
		return
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(p.text(n, "location"), "arn:aws:s3:::"), "/")
	if path := p.text(n, "path"); path != "" {
		key = path + "/"
	}
	if l, ok := p.s3Bucket(n.get("location"), bucket, key); ok {
		for _, list := range to {
			*list = append(*list, l)
		}
	}
}

// airflow reads MWAA's get-environment or the request of create-environment.
//
// AWS: https://docs.aws.amazon.com/mwaa/latest/API/API_Environment.html
func (p *jobParser) airflow(n *node) {
	p.named("AirflowEnvironment", p.text(n, "Name"), p.text(n, "Arn"))
	p.role(n, "ExecutionRoleArn")
	p.network(n.get("NetworkConfiguration"), "SubnetIds", "SecurityGroupIds")
	p.reference(&p.job.VolumeKeys, n, "KmsKey")
	bucket := p.text(n, "SourceBucketArn")
	for _, path := range []string{"DagS3Path", "PluginsS3Path", "RequirementsS3Path", "StartupScriptS3Path"} {
		key := p.text(n, path)
		if key == "" {
			continue
		}
		if path == "DagS3Path" {
			key = strings.TrimSuffix(key, "/") + "/"
		}
		if l, ok := p.s3Bucket(n.get(path), bucket, key); ok {
			p.job.Code = append(p.job.Code, l)
		}
	}
}

// redshift reads describe-clusters. Without enhanced VPC routing COPY and
// UNLOAD leave by AWS's own network.
//
// AWS: https://docs.aws.amazon.com/redshift/latest/mgmt/enhanced-vpc-routing.html
func (p *jobParser) redshift(n *node) {
	p.named("RedshiftCluster", p.text(n, "ClusterIdentifier"), "")
	p.routed = n.get("EnhancedVpcRouting").isTrue()
	p.clusterSubnets = n
	for _, g := range p.items(n, "VpcSecurityGroups") {
		p.job.SecurityGroups = append(p.job.SecurityGroups, SecurityGroupID(p.text(g, "VpcSecurityGroupId")))
	}
	roles := p.items(n, "IamRoles")
	switch {
	case n.get("DefaultIamRoleArn") != nil:
		p.role(n, "DefaultIamRoleArn")
	case len(roles) == 1:
		p.role(roles[0], "IamRoleArn")
	}
}

func (p *jobParser) redshiftSubnets(n *node) {
	for _, s := range p.items(n, "Subnets") {
		p.job.Subnets = append(p.job.Subnets, SubnetID(p.text(s, "SubnetIdentifier")))
	}
}

func (p *jobParser) finishRedshift(seen map[string]bool) {
	switch {
	case p.clusterSubnets == nil:
		p.need("the Redshift cluster", "put both in one file: the answers of describe-clusters and describe-cluster-subnet-groups, as an array")
	case p.routed && len(p.job.Subnets) == 0:
		p.need("the cluster's subnet group", "put both in one file: the answers of describe-clusters and describe-cluster-subnet-groups, as an array")
	case !p.routed:
		p.job.Subnets, p.job.SecurityGroups = nil, nil
	}
	p.job.HasVPCConfig = p.routed
}
