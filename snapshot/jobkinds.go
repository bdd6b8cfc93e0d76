package snapshot

import "strings"

// compilationJob reads CreateCompilationJob or DescribeCompilationJob.
//
// AWS: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateCompilationJob.html
func (p *jobParser) compilationJob(n *node) {
	p.role(n, "RoleArn")
	p.vpcConfig(n, "VpcConfig")
	p.input(n, "", "InputConfig", "S3Uri")
	p.output(n, p.text(n, "OutputConfig", "KmsKeyId"), "OutputConfig", "S3OutputLocation")
}

// optimizationJob reads CreateOptimizationJob or DescribeOptimizationJob.
//
// AWS: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateOptimizationJob.html
func (p *jobParser) optimizationJob(n *node) {
	p.role(n, "RoleArn")
	p.vpcConfig(n, "VpcConfig")
	p.input(n, "", "ModelSource", "S3", "S3Uri")
	p.output(n, p.text(n, "OutputConfig", "KmsKeyId"), "OutputConfig", "S3OutputLocation")
}

// trainingJob reads CreateTrainingJob or DescribeTrainingJob.
//
// AWS: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
func (p *jobParser) trainingJob(n *node) {
	p.role(n, "RoleArn")
	p.vpcConfig(n, "VpcConfig")
	p.instances(n, "ResourceConfig", "InstanceCount")
	total := 0
	for _, group := range p.items(n, "ResourceConfig", "InstanceGroups") {
		p.instances(group, "InstanceCount")
		total += p.job.Instances
	}
	p.job.Instances = max(p.job.Instances, total)
	for _, channel := range p.items(n, "InputDataConfig") {
		p.input(channel, "", "DataSource", "S3DataSource", "S3Uri")
	}
	p.output(n, p.text(n, "OutputDataConfig", "KmsKeyId"), "OutputDataConfig", "S3OutputPath")
	if l, ok := p.location(n, "", "CheckpointConfig", "S3Uri"); ok { // read at the start, written while it runs
		p.job.Inputs = append(p.job.Inputs, l)
		p.job.Outputs = append(p.job.Outputs, l)
	}
	p.reference(&p.job.Images, n, "AlgorithmSpecification", "TrainingImage")
	p.reference(&p.job.VolumeKeys, n, "ResourceConfig", "VolumeKmsKeyId")
	p.submitDirectory(n, "HyperParameters", "sagemaker_submit_directory")
	p.output(n, "", "DebugHookConfig", "S3OutputPath")
	p.output(n, "", "TensorBoardOutputConfig", "S3OutputPath")
	p.output(n, "", "ProfilerConfig", "S3OutputPath")
}

// processingJob reads CreateProcessingJob or DescribeProcessingJob.
//
// AWS: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html
func (p *jobParser) processingJob(n *node) {
	p.role(n, "RoleArn")
	p.vpcConfig(n, "NetworkConfig", "VpcConfig")
	p.instances(n, "ProcessingResources", "ClusterConfig", "InstanceCount")
	for _, in := range p.items(n, "ProcessingInputs") {
		p.input(in, "", "S3Input", "S3Uri")
	}
	p.reference(&p.job.Images, n, "AppSpecification", "ImageUri")
	p.reference(&p.job.VolumeKeys, n, "ProcessingResources", "ClusterConfig", "VolumeKmsKeyId")
	key := p.text(n, "ProcessingOutputConfig", "KmsKeyId")
	for _, out := range p.items(n, "ProcessingOutputConfig", "Outputs") {
		p.output(out, key, "S3Output", "S3Uri")
	}
}

// transformJob reads CreateTransformJob or DescribeTransformJob. Its role and
// its network are the model's.
//
// AWS: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html
func (p *jobParser) transformJob(n *node) {
	p.instances(n, "TransformResources", "InstanceCount")
	p.reference(&p.job.VolumeKeys, n, "TransformResources", "VolumeKmsKeyId")
	p.input(n, "", "TransformInput", "DataSource", "S3DataSource", "S3Uri")
	p.output(n, p.text(n, "TransformOutput", "KmsKeyId"), "TransformOutput", "S3OutputPath")
}

// modelOf takes from its model what a transform job leaves to it.
func (p *jobParser) modelOf(job *node, candidates []*node) {
	name := p.text(job, "ModelName")
	for _, m := range candidates {
		if m == nil || m.get("ModelName") == nil && len(candidates) > 1 {
			continue
		}
		if given := p.text(m, "ModelName"); name != "" && given != "" && given != name {
			p.problem(m.get("ModelName").offset, "", "the transform job's model is %q, and this is %q", short(name), short(given))
			continue
		}
		p.model(m)
		return
	}
	if len(p.errs) == 0 {
		p.problem(job.offset, `put both in one file: {"TransformJob": …, "Model": …}, the model as describe-model prints it`,
			"a transform job's role and network are its model's, and model %q is not here", short(name))
	}
}

// model reads CreateModel or DescribeModel.
//
// AWS: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModel.html
func (p *jobParser) model(n *node) {
	p.role(n, "ExecutionRoleArn")
	p.vpcConfig(n, "VpcConfig")
	containers := p.items(n, "Containers")
	if c := n.get("PrimaryContainer"); c != nil {
		containers = append([]*node{c}, containers...)
	}
	for _, c := range containers {
		p.reference(&p.job.Images, c, "Image")
		p.submitDirectory(c, "Environment", "SAGEMAKER_SUBMIT_DIRECTORY")
		p.input(c, "", "ModelDataUrl")
		p.input(c, "", "ModelDataSource", "S3DataSource", "S3Uri")
		for _, more := range p.items(c, "AdditionalModelDataSources") {
			p.input(more, "", "S3DataSource", "S3Uri")
		}
	}
}

// notebook reads CreateNotebookInstance (RoleArn, SecurityGroupIds) or
// DescribeNotebookInstance (SecurityGroups).
//
// AWS: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateNotebookInstance.html
func (p *jobParser) notebook(n *node) {
	p.role(n, "RoleArn")
	p.reference(&p.job.VolumeKeys, n, "KmsKeyId")
	subnet := n.get("SubnetId")
	if subnet == nil {
		return
	}
	groups := "SecurityGroupIds"
	if n.get(groups) == nil {
		groups = "SecurityGroups"
	}
	p.setVPC(subnet, subnet, []string{p.text(n, "SubnetId")}, n.get(groups), p.texts(n, groups))
}

// domain reads CreateDomain or DescribeDomain. Only AppNetworkAccessType
// VpcOnly sends the domain's traffic to S3 through the VPC.
//
// AWS: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateDomain.html
func (p *jobParser) domain(n *node) {
	p.role(n, "DefaultUserSettings", "ExecutionRole")
	p.reference(&p.job.VolumeKeys, n, "KmsKeyId")
	p.output(n, p.text(n, "DefaultUserSettings", "SharingSettings", "S3KmsKeyId"), "DefaultUserSettings", "SharingSettings", "S3OutputPath")
	if p.text(n, "AppNetworkAccessType") != "VpcOnly" {
		return
	}
	p.setVPC(n.get("SubnetIds"), n.get("SubnetIds"), p.texts(n, "SubnetIds"),
		n.get("DefaultUserSettings", "SecurityGroups"), p.texts(n, "DefaultUserSettings", "SecurityGroups"))
}

// submitDirectory is the archive with the user's script, as the SageMaker
// Python SDK names it: a hyperparameter is JSON itself.
func (p *jobParser) submitDirectory(n *node, path ...string) {
	uri := strings.Trim(p.text(n, path...), `"`)
	if l, err := ParseS3URI(uri); err == nil && strings.HasPrefix(uri, "s3://") {
		l.Pointer = p.pointer(n.get(path...))
		p.job.Code = append(p.job.Code, l)
	}
}
