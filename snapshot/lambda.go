package snapshot

// Function is one of lambda list-functions: what --lambda names as a source.
//
// AWS: https://docs.aws.amazon.com/cli/latest/reference/lambda/list-functions.html
type Function struct {
	At      Source
	Name    string            `aws:"FunctionName"`
	ARN     string            `aws:"FunctionArn"`
	RoleARN string            `aws:"Role"`
	VPC     VPCID             `aws:"VpcConfig.VpcId"` // empty: the function is not in a VPC
	Subnets []SubnetID        `aws:"VpcConfig.SubnetIds"`
	Groups  []SecurityGroupID `aws:"VpcConfig.SecurityGroupIds"`
}
