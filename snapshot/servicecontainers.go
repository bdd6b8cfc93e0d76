package snapshot

import (
	"slices"
	"strings"
)

// ecsService reads a service as describe-services prints it, or the request of
// create-service or run-task.
//
// AWS: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AwsVpcConfiguration.html
func (p *jobParser) ecsService(n *node) {
	p.named("", p.text(n, "serviceName"), p.text(n, "serviceArn"))
	v := n.get("networkConfiguration", "awsvpcConfiguration")
	p.network(v, "subnets", "securityGroups")
	p.job.AssignPublicIP = p.text(v, "assignPublicIp") == "ENABLED"
	p.launch(p.text(n, "launchType"))
	for _, c := range p.items(n, "capacityProviderStrategy") {
		p.launch(p.text(c, "capacityProvider"))
	}
	if o := n.get("overrides"); o != nil {
		if p.text(o, "taskRoleArn") != "" {
			p.role(o, "taskRoleArn")
		}
		if r := p.text(o, "executionRoleArn"); r != "" {
			p.job.ExecutionRoleARN = r
		}
	}
}

// launch notes what a job runs on: "EC2" or "FARGATE" first come first served.
func (p *jobParser) launch(word string) {
	if word == "" || p.launched != "" {
		return
	}
	p.launched = "EC2"
	if strings.HasPrefix(word, "FARGATE") {
		p.launched = "FARGATE"
	}
}

// ecsTaskDefinition reads describe-task-definition or the request of
// register-task-definition.
//
// AWS: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html
func (p *jobParser) ecsTaskDefinition(n *node) {
	p.named("", p.text(n, "family"), "")
	if p.job.RoleARN == "" {
		p.role(n, "taskRoleArn")
	}
	if p.job.ExecutionRoleARN == "" {
		p.job.ExecutionRoleARN = p.text(n, "executionRoleArn")
	}
	p.compatible = p.texts(n, "requiresCompatibilities")
	for _, c := range p.items(n, "containerDefinitions") {
		p.container(c)
	}
}

// container reads what a container definition of ECS or Batch names.
func (p *jobParser) container(c *node) {
	p.reference(&p.job.Images, c, "image")
	p.reference(&p.job.Secrets, c, "repositoryCredentials", "credentialsParameter")
	if p.text(c, "logConfiguration", "logDriver") == "awslogs" {
		p.reference(&p.job.LogGroups, c, "logConfiguration", "options", "awslogs-group")
	}
	for _, s := range append(p.items(c, "secrets"), p.items(c, "logConfiguration", "secretOptions")...) {
		p.secret(s, "valueFrom")
	}
	for _, f := range p.items(c, "environmentFiles") {
		if bucket, key, ok := strings.Cut(strings.TrimPrefix(p.text(f, "value"), "arn:aws:s3:::"), "/"); ok {
			if l, ok := p.s3Bucket(f.get("value"), bucket, key); ok {
				p.job.Code = append(p.job.Code, l)
			}
		}
	}
}

func (p *jobParser) finishECS(seen map[string]bool) {
	p.job.Kind = "ECSTaskOnEC2"
	if p.launched == "FARGATE" || p.launched == "" && slices.Contains(p.compatible, "FARGATE") || p.job.AssignPublicIP {
		p.job.Kind = "ECSTask"
	}
}

// batchEnvironment reads describe-compute-environments or its request.
//
// AWS: https://docs.aws.amazon.com/batch/latest/APIReference/API_ComputeResource.html
func (p *jobParser) batchEnvironment(n *node) {
	r := n.get("computeResources")
	p.network(r, "subnets", "securityGroupIds")
	p.launch(p.text(r, "type"))
	p.named("", p.text(n, "computeEnvironmentName"), "")
}

// batchDefinition reads describe-job-definitions or its request.
//
// AWS: https://docs.aws.amazon.com/batch/latest/APIReference/API_ContainerProperties.html
func (p *jobParser) batchDefinition(n *node) {
	c := n.get("containerProperties")
	p.job.Name = p.text(n, "jobDefinitionName")
	p.role(c, "jobRoleArn")
	p.job.ExecutionRoleARN = p.text(c, "executionRoleArn")
	p.job.AssignPublicIP = p.text(c, "networkConfiguration", "assignPublicIp") == "ENABLED"
	p.container(c)
	if c.get("logConfiguration") == nil {
		p.refer(&p.job.LogGroups, c, "/aws/batch/job")
	}
	p.compatible = p.texts(n, "platformCapabilities")
}

func (p *jobParser) finishBatch(seen map[string]bool) {
	if p.job.Kind = "BatchJobOnEC2"; p.launched == "FARGATE" || p.launched == "" && slices.Contains(p.compatible, "FARGATE") {
		p.job.Kind = "BatchJob"
	}
}

// nodeGroup reads describe-nodegroup. Its groups are the cluster's.
//
// AWS: https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html
func (p *jobParser) nodeGroup(n *node) {
	p.nodeRole = n.get("nodeRole")
	p.job.Name = p.text(n, "nodegroupName")
	p.job.ARN = p.text(n, "nodegroupArn")
	p.network(n, "subnets", "securityGroups")
}

// eksCluster reads describe-cluster: nodes and pods carry its security group,
// unless a launch template or a SecurityGroupPolicy says otherwise.
//
// AWS: https://docs.aws.amazon.com/eks/latest/userguide/sec-group-reqs.html
func (p *jobParser) eksCluster(n *node) {
	v := n.get("resourcesVpcConfig")
	p.clusterGroup = v.get("clusterSecurityGroupId")
	p.clusterSubnets = v
}

// pod reads a pod as kubectl prints it.
func (p *jobParser) pod(n *node) {
	p.isPod = true
	p.podName, p.podSpace = p.text(n, "metadata", "name"), p.text(n, "metadata", "namespace")
	p.podAccount = p.text(n, "spec", "serviceAccountName")
	for _, list := range []string{"initContainers", "containers"} {
		for _, c := range p.items(n, "spec", list) {
			p.reference(&p.job.Images, c, "image")
		}
	}
}

// serviceAccount reads a service account with the role that it names.
//
// AWS: https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
func (p *jobParser) serviceAccount(n *node) {
	p.isPod = true
	p.role(n, "metadata", "annotations", "eks.amazonaws.com/role-arn")
	p.job.ServiceAccount = p.text(n, "metadata", "namespace") + ":" + p.text(n, "metadata", "name")
}

// podIdentity reads describe-pod-identity-association.
//
// AWS: https://docs.aws.amazon.com/eks/latest/APIReference/API_PodIdentityAssociation.html
func (p *jobParser) podIdentity(n *node) {
	p.isPod = true
	p.role(n, "roleArn")
	p.job.ServiceAccount = p.text(n, "namespace") + ":" + p.text(n, "serviceAccount")
}

// securityGroupPolicy reads the groups that the VPC CNI gives to pods.
//
// AWS: https://docs.aws.amazon.com/eks/latest/userguide/security-groups-for-pods.html
func (p *jobParser) securityGroupPolicy(n *node) {
	p.isPod = true
	p.podGroups = n.get("spec", "securityGroups")
}

func (p *jobParser) finishEKS(seen map[string]bool) {
	j := &p.job
	j.Kind = "NodeGroup"
	if p.isPod {
		j.Kind, j.Name, j.ARN = "Pod", p.podName, ""
		if j.ServiceAccount == "" && p.podAccount != "" {
			j.ServiceAccount = p.podSpace + ":" + p.podAccount
		}
	} else if p.nodeRole != nil {
		j.RoleARN = p.nodeRole.text
		p.note("RoleArn", p.nodeRole)
	}
	if len(j.Subnets) == 0 && p.clusterSubnets != nil {
		p.setVPC(p.clusterSubnets, p.clusterSubnets.get("subnetIds"), p.texts(p.clusterSubnets, "subnetIds"), nil, nil)
	}
	switch {
	case p.podGroups != nil:
		j.SecurityGroups = nil
		for _, g := range p.texts(p.podGroups, "groupIds") {
			j.SecurityGroups = append(j.SecurityGroups, SecurityGroupID(g))
		}
	case len(j.SecurityGroups) == 0 && p.clusterGroup != nil:
		j.SecurityGroups = []SecurityGroupID{SecurityGroupID(p.clusterGroup.text)}
	}
	j.HasVPCConfig = true // nodes and pods are always in a VPC
}
