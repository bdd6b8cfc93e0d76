package snapshot

import (
	"fmt"
	"strings"
	"testing"
)

// serviceSummary is a job of another service in one line.
func serviceSummary(j Job) string {
	refs := func(list []JobReference) string {
		var out []string
		for _, r := range list {
			out = append(out, r.Name)
		}
		return strings.Join(out, ",")
	}
	var code []string
	for _, l := range j.Code {
		code = append(code, l.Bucket+"/"+l.Prefix)
	}
	s := summary(j)
	for _, m := range []struct{ name, value string }{
		{"start", j.ExecutionRoleARN}, {"profile", j.InstanceProfile}, {"account", j.ServiceAccount}, {"code", strings.Join(code, ",")}, {"images", refs(j.Images)},
		{"logs", refs(j.LogGroups)}, {"secrets", refs(j.Secrets)}, {"parameters", refs(j.Parameters)}, {"keys", refs(j.VolumeKeys)},
	} {
		if m.value != "" {
			s += " " + m.name + "=" + m.value
		}
	}
	for _, m := range []struct {
		name string
		set  bool
	}{{"public", j.AssignPublicIP}, {"running", j.Running}, {"catalog", j.Catalog}} {
		if m.set {
			s += " " + m.name
		}
	}
	return s
}

const (
	ecsServiceJSON = `{"services":[{"serviceName":"s","serviceArn":"arn:aws:ecs:eu-west-1:111122223333:service/c/s","launchType":"%s","networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-a"],"securityGroups":["sg-1"],"assignPublicIp":"%s"}}}]}`
	taskJSON       = `{"taskDefinition":{"family":"f","taskRoleArn":` + role + `,"executionRoleArn":"arn:aws:iam::111122223333:role/Start","requiresCompatibilities":["FARGATE"],"containerDefinitions":[
		{"image":"i:1","logConfiguration":{"logDriver":"awslogs","options":{"awslogs-group":"/g"}},
		 "secrets":[{"name":"A","valueFrom":"arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf:password::"},{"name":"B","valueFrom":"/app/b"}],
		 "environmentFiles":[{"type":"s3","value":"arn:aws:s3:::cfg/app.env"}],"environment":[{"name":"P","value":"s3cret"}]}]}}`
	connectionJSON = `{"Connection":{"Name":"net","ConnectionProperties":{"SECRET_ID":"db"},"PhysicalConnectionRequirements":{"SubnetId":"subnet-a","SecurityGroupIdList":["sg-1"]}}}`
	glueJSON       = `{"Job":{"Name":"etl","Role":"GlueRole","Connections":{"Connections":["net"]},"Command":{"ScriptLocation":"s3://code/etl.py"},"DefaultArguments":{"--TempDir":"s3://tmp/x/","--extra-py-files":"s3://code/a.zip,s3://code/b.zip","--enable-glue-datacatalog":"true","--continuous-log-logGroup":"/glue/etl"}}}`
)

func TestServiceJobsAreRecognisedByContent(t *testing.T) {
	const vpc = "vpc=true [subnet-a] [sg-1] "
	neo := strings.Trim(role, `"`)
	for _, tt := range []struct{ name, text, want string }{
		{"ECS on Fargate", "[" + fmt.Sprintf(ecsServiceJSON, "FARGATE", "ENABLED") + "," + taskJSON + "]",
			"ECSTask s " + neo + " " + vpc + "n=1 in= out= eu-west-1 start=arn:aws:iam::111122223333:role/Start code=cfg/app.env images=i:1 logs=/g secrets=arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf parameters=/app/b public"},
		{"ECS on EC2", "[" + fmt.Sprintf(ecsServiceJSON, "EC2", "DISABLED") + "," + taskJSON + "]",
			"ECSTaskOnEC2 s " + neo + " " + vpc + "n=1 in= out= eu-west-1 start=arn:aws:iam::111122223333:role/Start code=cfg/app.env images=i:1 logs=/g secrets=arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf parameters=/app/b"},
		{"an ECS request with its task definition inside", `{"capacityProviderStrategy":[{"capacityProvider":"FARGATE_SPOT"}],"networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-a"]}},"overrides":{"taskRoleArn":` + role + `},"taskDefinition":{"family":"f","containerDefinitions":[]}}`,
			"ECSTask f " + neo + " vpc=true [subnet-a] [] n=1 in= out= "},
		{"Glue", "[" + glueJSON + "," + connectionJSON + "]",
			"GlueJob etl GlueRole " + vpc + "n=1 in=tmp|x/| out=tmp|x/|  code=code/etl.py,code/a.zip,code/b.zip logs=/glue/etl secrets=db catalog"},
		{"a Glue job without a connection", `{"Name":"etl","Role":` + role + `,"Command":{"ScriptLocation":"s3://code/etl.py"}}`,
			"GlueJob etl " + neo + " vpc=false [] [] n=1 in= out=  code=code/etl.py logs=/aws-glue/jobs"},
		{"Lambda", `{"FunctionName":"f","FunctionArn":"arn:aws:lambda:eu-west-1:111122223333:function:f","Role":` + role + `,"State":"Active","KMSKeyArn":"k","VpcConfig":{"SubnetIds":["subnet-a"],"SecurityGroupIds":["sg-1"],"VpcId":"vpc-1"}}`,
			"Function f " + neo + " " + vpc + "n=1 in= out= eu-west-1 logs=/aws/lambda/f keys=k running"},
		{"Lambda outside of every VPC, as get-function prints it", `{"Configuration":{"FunctionName":"f","Role":` + role + `,"VpcConfig":{"SubnetIds":[],"SecurityGroupIds":[],"VpcId":""}},"Code":{"RepositoryType":"S3"}}`,
			"Function f " + neo + " vpc=false [] [] n=1 in= out=  logs=/aws/lambda/f"},
		{"Batch", `[{"computeEnvironments":[{"computeEnvironmentName":"e","computeResources":{"type":"SPOT","subnets":["subnet-a"],"securityGroupIds":["sg-1"]}}]},{"jobDefinitions":[{"jobDefinitionName":"d","containerProperties":{"image":"i","jobRoleArn":` + role + `}}]}]`,
			"BatchJobOnEC2 d " + neo + " " + vpc + "n=1 in= out=  images=i logs=/aws/batch/job"},
		{"EMR Serverless", `[{"application":{"applicationId":"a","name":"spark","releaseLabel":"emr-7","type":"Spark","networkConfiguration":{"subnetIds":["subnet-a"],"securityGroupIds":["sg-1"]}}},{"jobRun":{"name":"r","executionRole":` + role + `,"jobDriver":{"sparkSubmit":{"entryPoint":"s3://code/m.py"}},"configurationOverrides":{"monitoringConfiguration":{"s3MonitoringConfiguration":{"logUri":"s3://logs/x"},"cloudWatchLoggingConfiguration":{"enabled":true}}}}}]`,
			"EMRServerlessJob r " + neo + " " + vpc + "n=1 in= out=logs|x|  code=code/m.py logs=/aws/emr-serverless"},
		{"EMR", `{"Cluster":{"Name":"c","ClusterArn":"arn:aws:elasticmapreduce:eu-west-1:111122223333:cluster/j-1","LogUri":"s3n://logs/emr/","Ec2InstanceAttributes":{"Ec2SubnetId":"subnet-a","EmrManagedSlaveSecurityGroup":"sg-1","IamInstanceProfile":"P"}}}`,
			"EMRCluster c  " + vpc + "n=1 in= out=logs|emr/| eu-west-1 profile=P"},
		{"an EMR request", `{"Name":"c","JobFlowRole":"P","Instances":{"Ec2SubnetIds":["subnet-a"],"EmrManagedSlaveSecurityGroup":"sg-1"},"BootstrapActions":[{"ScriptBootstrapAction":{"Path":"s3://code/b.sh"}}],"Steps":[{"HadoopJarStep":{"Jar":"command-runner.jar"}}]}`,
			"EMRCluster c  " + vpc + "n=1 in= out=  profile=P code=code/b.sh"},
		{"CodeBuild", `{"projects":[{"name":"b","arn":"arn:aws:codebuild:eu-west-1:111122223333:project/b","serviceRole":` + role + `,"source":{"type":"S3","location":"src/a.zip"},"artifacts":{"type":"S3","location":"out","path":"p"},"cache":{"type":"NO_CACHE"},"environment":{"image":"i","environmentVariables":[{"name":"T","type":"SECRETS_MANAGER","value":"t"}]},"vpcConfig":{"vpcId":"vpc-1","subnets":["subnet-a"],"securityGroupIds":["sg-1"]},"encryptionKey":"k"}]}`,
			"BuildProject b " + neo + " " + vpc + "n=1 in=src|a.zip| out=out|p/| eu-west-1 images=i logs=/aws/codebuild/b secrets=t keys=k"},
		{"MWAA", `{"Environment":{"Name":"m","ExecutionRoleArn":` + role + `,"SourceBucketArn":"arn:aws:s3:::dags","DagS3Path":"dags","PluginsS3Path":"p.zip","NetworkConfiguration":{"SubnetIds":["subnet-a"],"SecurityGroupIds":["sg-1"]}}}`,
			"AirflowEnvironment m " + neo + " " + vpc + "n=1 in= out=  code=dags/dags/,dags/p.zip"},
		{"an EKS node group and its cluster", `[{"nodegroup":{"nodegroupName":"n","nodeRole":` + role + `,"subnets":["subnet-a"]}},{"cluster":{"name":"c","resourcesVpcConfig":{"subnetIds":["subnet-z"],"clusterSecurityGroupId":"sg-1"}}}]`,
			"NodeGroup n " + neo + " " + vpc + "n=1 in= out= "},
		{"a pod with groups of its own", `[{"nodegroup":{"nodegroupName":"n","nodeRole":"arn:aws:iam::111122223333:role/Node","subnets":["subnet-a"]}},{"cluster":{"name":"c","resourcesVpcConfig":{"clusterSecurityGroupId":"sg-9"}}},
			{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"ml"},"spec":{"serviceAccountName":"a","containers":[{"image":"i"}]}},
			{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"a","namespace":"ml","annotations":{"eks.amazonaws.com/role-arn":` + role + `}}},
			{"apiVersion":"vpcresources.k8s.aws/v1beta1","kind":"SecurityGroupPolicy","spec":{"securityGroups":{"groupIds":["sg-1"]}}}]`,
			"Pod p " + neo + " " + vpc + "n=1 in= out=  account=ml:a images=i"},
		{"Redshift", `[{"Clusters":[{"ClusterIdentifier":"d","EnhancedVpcRouting":true,"VpcSecurityGroups":[{"VpcSecurityGroupId":"sg-1"}],"IamRoles":[{"IamRoleArn":` + role + `}]}]},{"ClusterSubnetGroups":[{"ClusterSubnetGroupName":"g","Subnets":[{"SubnetIdentifier":"subnet-a"}]}]}]`,
			"RedshiftCluster d " + neo + " " + vpc + "n=1 in= out= "},
		{"Redshift by AWS's own network", `{"Clusters":[{"ClusterIdentifier":"d","EnhancedVpcRouting":false,"VpcSecurityGroups":[{"VpcSecurityGroupId":"sg-1"}],"IamRoles":[{"IamRoleArn":` + role + `}]}]}`,
			"RedshiftCluster d " + neo + " vpc=false [] [] n=1 in= out= "},
		{"what a training job names", `{"TrainingJobName":"t","AlgorithmSpecification":{"TrainingImage":"i"},"ResourceConfig":{"InstanceCount":1,"VolumeKmsKeyId":"k"},"HyperParameters":{"sagemaker_submit_directory":"\"s3://code/s.tar.gz\""}}`,
			"TrainingJob t  vpc=false [] [] n=1 in= out=  code=code/s.tar.gz images=i keys=k"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j, err := ParseJob([]byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if got := serviceSummary(j); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if strings.Contains(fmt.Sprintf("%+v", j), "s3cret") {
				t.Error("a value of the environment is kept")
			}
		})
	}
}

func TestServiceJobsThatAreNotWhole(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"two services", "[" + fmt.Sprintf(ecsServiceJSON, "FARGATE", "") + "," + connectionJSON + "]", "a Glue connection beside an ECS service"},
		{"two of one", "[" + connectionJSON + "," + connectionJSON + "]", "more than one of: a Glue connection"},
		{"a Glue job's connection", glueJSON, "the Glue job's connection"},
		{"Redshift's subnets", `{"Clusters":[{"ClusterIdentifier":"d","EnhancedVpcRouting":true,"IamRoles":[]}]}`, "the cluster's subnet group"},
		{"a subnet group alone", `{"ClusterSubnetGroups":[{"ClusterSubnetGroupName":"g","Subnets":[]}]}`, "the Redshift cluster"},
		{"a role that is none", `{"FunctionName":"f","Role":"x"}`, "not the ARN of a role"},
		{"a list that is none", `{"networkConfiguration":{"awsvpcConfiguration":{"subnets":"subnet-a"}}}`, "expected an array"},
		{"nothing known", `{"toaster":1}`, "an ECS task definition"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseJob([]byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}
