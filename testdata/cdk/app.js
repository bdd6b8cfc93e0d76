// Three stacks as people write them: a network with a gateway endpoint, data
// with a role and a bucket that only the endpoint may read, and jobs that use
// both. CDK makes the exports and imports between them.
const { App, Stack, RemovalPolicy, aws_ec2: ec2, aws_iam: iam, aws_kms: kms, aws_lambda: lambda, aws_s3: s3 } = require('aws-cdk-lib');

const app = new App({ outdir: process.argv[2], analyticsReporting: false });
const env = { account: '111122223333', region: 'us-east-1' };

const net = new Stack(app, 'Net', { env });
const vpc = new ec2.Vpc(net, 'Vpc', {
  ipAddresses: ec2.IpAddresses.cidr('10.0.0.0/16'),
  availabilityZones: ['us-east-1a', 'us-east-1b'],
  natGateways: 0,
  subnetConfiguration: [{ name: 'jobs', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
});
const endpoint = vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
const group = new ec2.SecurityGroup(net, 'JobGroup', { vpc, allowAllOutbound: false });
group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443));

const data = new Stack(app, 'Data', { env });
const key = new kms.Key(data, 'Key', { removalPolicy: RemovalPolicy.DESTROY });
const models = new s3.Bucket(data, 'Models', { bucketName: 'models-111122223333', enforceSSL: true, blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL });
const sealed = new s3.Bucket(data, 'Sealed', { bucketName: 'sealed-111122223333', encryption: s3.BucketEncryption.KMS, encryptionKey: key });
models.addToResourcePolicy(new iam.PolicyStatement({
  sid: 'ThroughTheEndpoint', effect: iam.Effect.DENY, principals: [new iam.AnyPrincipal()], actions: ['s3:GetObject'], resources: [models.arnForObjects('*')],
  conditions: { StringNotEquals: { 'aws:SourceVpce': endpoint.vpcEndpointId } },
}));

const jobs = new Stack(app, 'Jobs', { env });
const role = new iam.Role(jobs, 'Role', { roleName: 'job', assumedBy: new iam.ServicePrincipal('sagemaker.amazonaws.com') });
models.grantRead(role);
sealed.grantRead(role);
role.addToPolicy(new iam.PolicyStatement({ actions: ['ec2:*'], resources: ['*'] }));
const stranger = new iam.Role(jobs, 'Stranger', { roleName: 'stranger', assumedBy: new iam.ServicePrincipal('sagemaker.amazonaws.com') });
stranger.addToPolicy(new iam.PolicyStatement({ actions: ['ec2:*'], resources: ['*'] }));
new lambda.Function(jobs, 'Reader', {
  functionName: 'reader', runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => 1'),
  vpc, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED }, securityGroups: [group], environment: { TOKEN: 'SECRETWORD' },
});

app.synth();
