package capture

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53profiles"
	"github.com/aws/aws-sdk-go-v2/service/route53resolver"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithyendpoints "github.com/aws/smithy-go/endpoints"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/canreach/canreach/snapshot/capture/calls"
)

// binding ties an operation of the list to the SDK.
type binding struct {
	client func(aws.Config) any
	input  func() reflect.Value // a pointer to a new input
	invoke func(ctx context.Context, client, input any) (reflect.Value, error)
	output reflect.Type
	target string // instead of invoke: the JSON protocol's name of the operation
}

// bind makes a binding of one SDK client's methods. It takes method
// expressions, never names: reflection on methods would keep every operation
// of the SDK in the binary.
func bind[C, I, O, F any](client func(aws.Config) *C, op func(*C, context.Context, *I, ...func(*F)) (*O, error)) binding {
	return binding{
		client: func(cfg aws.Config) any { return client(cfg) },
		input:  func() reflect.Value { return reflect.ValueOf(new(I)) },
		output: reflect.TypeFor[O](),
		invoke: func(ctx context.Context, c, in any) (reflect.Value, error) {
			out, err := op(c.(*C), ctx, in.(*I))
			if err != nil {
				return reflect.Value{}, err
			}
			return reflect.ValueOf(out).Elem(), nil
		},
	}
}

func ec2Client(cfg aws.Config) *ec2.Client { return ec2.NewFromConfig(cfg) }
func ecrClient(cfg aws.Config) *ecr.Client { return ecr.NewFromConfig(cfg) }
func secretsClient(cfg aws.Config) *secretsmanager.Client {
	return secretsmanager.NewFromConfig(cfg)
}
func snsClient(cfg aws.Config) *sns.Client       { return sns.NewFromConfig(cfg) }
func sqsClient(cfg aws.Config) *sqs.Client       { return sqs.NewFromConfig(cfg) }
func iamClient(cfg aws.Config) *iam.Client       { return iam.NewFromConfig(cfg) }
func kmsClient(cfg aws.Config) *kms.Client       { return kms.NewFromConfig(cfg) }
func lambdaClient(cfg aws.Config) *lambda.Client { return lambda.NewFromConfig(cfg) }
func organizationsClient(cfg aws.Config) *organizations.Client {
	return organizations.NewFromConfig(cfg)
}
func route53Client(cfg aws.Config) *route53.Client { return route53.NewFromConfig(cfg) }
func profilesClient(cfg aws.Config) *route53profiles.Client {
	return route53profiles.NewFromConfig(cfg)
}
func resolverClient(cfg aws.Config) *route53resolver.Client {
	return route53resolver.NewFromConfig(cfg)
}
func s3Client(cfg aws.Config) *s3.Client {
	return s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = o.UsePathStyle || undivided(o.BaseEndpoint) != "" })
}
func s3controlClient(cfg aws.Config) *s3control.Client {
	return s3control.NewFromConfig(cfg, withoutAccountHost)
}
func stsClient(cfg aws.Config) *sts.Client { return sts.NewFromConfig(cfg) }

// undivided returns the host of an endpoint below which there are no names:
// an address, http://127.0.0.1:5000, or a name without a domain,
// http://localhost:5000. It is empty for all others.
func undivided(endpoint *string) string {
	u, err := url.Parse(aws.ToString(endpoint))
	if err != nil || net.ParseIP(u.Hostname()) == nil && strings.Contains(u.Hostname(), ".") {
		return ""
	}
	return u.Host
}

// withoutAccountHost lets S3 Control be at an endpoint like these, though the
// SDK puts the account before the host's name. The request's header names the
// account as well.
func withoutAccountHost(o *s3control.Options) {
	host := undivided(o.BaseEndpoint)
	if host == "" {
		return
	}
	o.EndpointResolverV2 = addressed{o.EndpointResolverV2, host}
	o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
		return s.Initialize.Add(middleware.InitializeMiddlewareFunc("NoAccountInHost",
			func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
				return next.HandleInitialize(smithyhttp.DisableEndpointHostPrefix(ctx, true), in)
			}), middleware.Before)
	})
}

// addressed resolves endpoints at one host. The SDK's rules see another, for
// the account before an IPv6 address would be no URL.
type addressed struct {
	s3control.EndpointResolverV2
	host string
}

func (r addressed) ResolveEndpoint(ctx context.Context, p s3control.EndpointParameters) (smithyendpoints.Endpoint, error) {
	p.Endpoint = aws.String(strings.Replace(aws.ToString(p.Endpoint), r.host, "endpoint.invalid", 1))
	e, err := r.EndpointResolverV2.ResolveEndpoint(ctx, p)
	if err == nil {
		e.URI.Host = r.host
	}
	return e, err
}

// bindings has every operation of calls.All; a test compares the two.
var bindings = map[calls.ID]binding{
	"lambda.ListFunctions": bind(lambdaClient, (*lambda.Client).ListFunctions),

	"ecr.GetRepositoryPolicy":          bind(ecrClient, (*ecr.Client).GetRepositoryPolicy),
	"secretsmanager.GetResourcePolicy": bind(secretsClient, (*secretsmanager.Client).GetResourcePolicy),
	"sns.GetTopicAttributes":           bind(snsClient, (*sns.Client).GetTopicAttributes),
	"sqs.GetQueueAttributes":           bind(sqsClient, (*sqs.Client).GetQueueAttributes),
	"sqs.GetQueueUrl":                  bind(sqsClient, (*sqs.Client).GetQueueUrl),

	"sagemaker.DescribeCompilationJob":   {target: "SageMaker.DescribeCompilationJob"},
	"sagemaker.DescribeDomain":           {target: "SageMaker.DescribeDomain"},
	"sagemaker.DescribeModel":            {target: "SageMaker.DescribeModel"},
	"sagemaker.DescribeNotebookInstance": {target: "SageMaker.DescribeNotebookInstance"},
	"sagemaker.DescribeOptimizationJob":  {target: "SageMaker.DescribeOptimizationJob"},
	"sagemaker.DescribeProcessingJob":    {target: "SageMaker.DescribeProcessingJob"},
	"sagemaker.DescribeTrainingJob":      {target: "SageMaker.DescribeTrainingJob"},
	"sagemaker.DescribeTransformJob":     {target: "SageMaker.DescribeTransformJob"},
	"sagemaker.ListCompilationJobs":      {target: "SageMaker.ListCompilationJobs"},
	"sagemaker.ListDomains":              {target: "SageMaker.ListDomains"},
	"sagemaker.ListModels":               {target: "SageMaker.ListModels"},
	"sagemaker.ListNotebookInstances":    {target: "SageMaker.ListNotebookInstances"},
	"sagemaker.ListOptimizationJobs":     {target: "SageMaker.ListOptimizationJobs"},
	"sagemaker.ListProcessingJobs":       {target: "SageMaker.ListProcessingJobs"},
	"sagemaker.ListTrainingJobs":         {target: "SageMaker.ListTrainingJobs"},
	"sagemaker.ListTransformJobs":        {target: "SageMaker.ListTransformJobs"},

	"sts.GetCallerIdentity": bind(stsClient, (*sts.Client).GetCallerIdentity),

	"ec2.DescribeAddresses":                       bind(ec2Client, (*ec2.Client).DescribeAddresses),
	"ec2.DescribeDhcpOptions":                     bind(ec2Client, (*ec2.Client).DescribeDhcpOptions),
	"ec2.DescribeEgressOnlyInternetGateways":      bind(ec2Client, (*ec2.Client).DescribeEgressOnlyInternetGateways),
	"ec2.DescribeInstances":                       bind(ec2Client, (*ec2.Client).DescribeInstances),
	"ec2.DescribeInternetGateways":                bind(ec2Client, (*ec2.Client).DescribeInternetGateways),
	"ec2.DescribeManagedPrefixLists":              bind(ec2Client, (*ec2.Client).DescribeManagedPrefixLists),
	"ec2.DescribeNatGateways":                     bind(ec2Client, (*ec2.Client).DescribeNatGateways),
	"ec2.DescribeNetworkAcls":                     bind(ec2Client, (*ec2.Client).DescribeNetworkAcls),
	"ec2.DescribeNetworkInterfaces":               bind(ec2Client, (*ec2.Client).DescribeNetworkInterfaces),
	"ec2.DescribePrefixLists":                     bind(ec2Client, (*ec2.Client).DescribePrefixLists),
	"ec2.DescribeRegions":                         bind(ec2Client, (*ec2.Client).DescribeRegions),
	"ec2.DescribeRouteTables":                     bind(ec2Client, (*ec2.Client).DescribeRouteTables),
	"ec2.DescribeSecurityGroupRules":              bind(ec2Client, (*ec2.Client).DescribeSecurityGroupRules),
	"ec2.DescribeSecurityGroupVpcAssociations":    bind(ec2Client, (*ec2.Client).DescribeSecurityGroupVpcAssociations),
	"ec2.DescribeSecurityGroups":                  bind(ec2Client, (*ec2.Client).DescribeSecurityGroups),
	"ec2.DescribeSubnets":                         bind(ec2Client, (*ec2.Client).DescribeSubnets),
	"ec2.DescribeTransitGatewayAttachments":       bind(ec2Client, (*ec2.Client).DescribeTransitGatewayAttachments),
	"ec2.DescribeTransitGatewayRouteTables":       bind(ec2Client, (*ec2.Client).DescribeTransitGatewayRouteTables),
	"ec2.DescribeTransitGatewayVpcAttachments":    bind(ec2Client, (*ec2.Client).DescribeTransitGatewayVpcAttachments),
	"ec2.DescribeTransitGateways":                 bind(ec2Client, (*ec2.Client).DescribeTransitGateways),
	"ec2.DescribeVpcAttribute":                    bind(ec2Client, (*ec2.Client).DescribeVpcAttribute),
	"ec2.DescribeVpcBlockPublicAccessExclusions":  bind(ec2Client, (*ec2.Client).DescribeVpcBlockPublicAccessExclusions),
	"ec2.DescribeVpcBlockPublicAccessOptions":     bind(ec2Client, (*ec2.Client).DescribeVpcBlockPublicAccessOptions),
	"ec2.DescribeVpcEncryptionControls":           bind(ec2Client, (*ec2.Client).DescribeVpcEncryptionControls),
	"ec2.DescribeVpcEndpoints":                    bind(ec2Client, (*ec2.Client).DescribeVpcEndpoints),
	"ec2.DescribeVpcPeeringConnections":           bind(ec2Client, (*ec2.Client).DescribeVpcPeeringConnections),
	"ec2.DescribeVpcs":                            bind(ec2Client, (*ec2.Client).DescribeVpcs),
	"ec2.DescribeVpnGateways":                     bind(ec2Client, (*ec2.Client).DescribeVpnGateways),
	"ec2.DescribeVpnConnections":                  bind(ec2Client, (*ec2.Client).DescribeVpnConnections),
	"ec2.GetTransitGatewayRouteTableAssociations": bind(ec2Client, (*ec2.Client).GetTransitGatewayRouteTableAssociations),
	"ec2.GetTransitGatewayRouteTablePropagations": bind(ec2Client, (*ec2.Client).GetTransitGatewayRouteTablePropagations),
	"ec2.GetManagedPrefixListEntries":             bind(ec2Client, (*ec2.Client).GetManagedPrefixListEntries),
	"ec2.SearchTransitGatewayRoutes":              bind(ec2Client, (*ec2.Client).SearchTransitGatewayRoutes),

	"route53resolver.ListFirewallConfigs":               bind(resolverClient, (*route53resolver.Client).ListFirewallConfigs),
	"route53resolver.ListFirewallDomainLists":           bind(resolverClient, (*route53resolver.Client).ListFirewallDomainLists),
	"route53resolver.ListFirewallDomains":               bind(resolverClient, (*route53resolver.Client).ListFirewallDomains),
	"route53resolver.ListFirewallRuleGroupAssociations": bind(resolverClient, (*route53resolver.Client).ListFirewallRuleGroupAssociations),
	"route53resolver.ListFirewallRules":                 bind(resolverClient, (*route53resolver.Client).ListFirewallRules),
	"route53resolver.ListResolverEndpoints":             bind(resolverClient, (*route53resolver.Client).ListResolverEndpoints),
	"route53resolver.ListResolverRuleAssociations":      bind(resolverClient, (*route53resolver.Client).ListResolverRuleAssociations),
	"route53resolver.ListResolverRules":                 bind(resolverClient, (*route53resolver.Client).ListResolverRules),

	"route53profiles.ListProfileAssociations":         bind(profilesClient, (*route53profiles.Client).ListProfileAssociations),
	"route53profiles.ListProfileResourceAssociations": bind(profilesClient, (*route53profiles.Client).ListProfileResourceAssociations),

	"route53.GetHostedZone":          bind(route53Client, (*route53.Client).GetHostedZone),
	"route53.ListHostedZonesByVPC":   bind(route53Client, (*route53.Client).ListHostedZonesByVPC),
	"route53.ListResourceRecordSets": bind(route53Client, (*route53.Client).ListResourceRecordSets),

	"s3.GetBucketAbac":              bind(s3Client, (*s3.Client).GetBucketAbac),
	"s3.GetBucketAcl":               bind(s3Client, (*s3.Client).GetBucketAcl),
	"s3.GetBucketEncryption":        bind(s3Client, (*s3.Client).GetBucketEncryption),
	"s3.GetBucketLocation":          bind(s3Client, (*s3.Client).GetBucketLocation),
	"s3.GetBucketOwnershipControls": bind(s3Client, (*s3.Client).GetBucketOwnershipControls),
	"s3.GetBucketPolicy":            bind(s3Client, (*s3.Client).GetBucketPolicy),
	"s3.GetBucketPolicyStatus":      bind(s3Client, (*s3.Client).GetBucketPolicyStatus),
	"s3.GetBucketRequestPayment":    bind(s3Client, (*s3.Client).GetBucketRequestPayment),
	"s3.GetBucketTagging":           bind(s3Client, (*s3.Client).GetBucketTagging),
	"s3.GetPublicAccessBlock":       bind(s3Client, (*s3.Client).GetPublicAccessBlock),
	"s3.HeadBucket":                 bind(s3Client, (*s3.Client).HeadBucket),
	"s3.ListBuckets":                bind(s3Client, (*s3.Client).ListBuckets),

	"s3control.GetAccessPoint":       bind(s3controlClient, (*s3control.Client).GetAccessPoint),
	"s3control.GetAccessPointPolicy": bind(s3controlClient, (*s3control.Client).GetAccessPointPolicy),
	"s3control.GetPublicAccessBlock": bind(s3controlClient, (*s3control.Client).GetPublicAccessBlock),
	"s3control.ListAccessPoints":     bind(s3controlClient, (*s3control.Client).ListAccessPoints),

	"iam.GetAccountAuthorizationDetails": bind(iamClient, (*iam.Client).GetAccountAuthorizationDetails),
	"iam.GetPolicy":                      bind(iamClient, (*iam.Client).GetPolicy),
	"iam.GetPolicyVersion":               bind(iamClient, (*iam.Client).GetPolicyVersion),
	"iam.GetRole":                        bind(iamClient, (*iam.Client).GetRole),
	"iam.GetRolePolicy":                  bind(iamClient, (*iam.Client).GetRolePolicy),
	"iam.ListAttachedRolePolicies":       bind(iamClient, (*iam.Client).ListAttachedRolePolicies),
	"iam.ListRolePolicies":               bind(iamClient, (*iam.Client).ListRolePolicies),

	"kms.DescribeKey":  bind(kmsClient, (*kms.Client).DescribeKey),
	"kms.GetKeyPolicy": bind(kmsClient, (*kms.Client).GetKeyPolicy),
	"kms.ListAliases":  bind(kmsClient, (*kms.Client).ListAliases),
	"kms.ListGrants":   bind(kmsClient, (*kms.Client).ListGrants),

	"organizations.DescribeOrganization": bind(organizationsClient, (*organizations.Client).DescribeOrganization),
	"organizations.DescribePolicy":       bind(organizationsClient, (*organizations.Client).DescribePolicy),
	"organizations.ListAccounts":         bind(organizationsClient, (*organizations.Client).ListAccounts),
	"organizations.ListParents":          bind(organizationsClient, (*organizations.Client).ListParents),
	"organizations.ListPolicies":         bind(organizationsClient, (*organizations.Client).ListPolicies),
	"organizations.ListRoots":            bind(organizationsClient, (*organizations.Client).ListRoots),
	"organizations.ListTargetsForPolicy": bind(organizationsClient, (*organizations.Client).ListTargetsForPolicy),
}

// args are an input's members by AWS's names. Their types are those of the
// SDK's input but for pointers.
type args map[string]any

// inputOf makes the SDK's input from a. It panics on a member that the input
// does not have: that is our own bug, and a test calls every operation.
func inputOf(b binding, a args) (reflect.Value, []byte) {
	text, err := json.Marshal(a)
	if b.target != "" {
		return reflect.Value{}, text
	}
	in := b.input()
	if err == nil {
		err = json.Unmarshal(text, in.Interface())
	}
	for name := range a {
		if !in.Elem().FieldByName(name).IsValid() {
			err = fmt.Errorf("no member %s", name)
		}
	}
	if err != nil {
		panic(fmt.Sprintf("unreachable: %s: %v", in.Type(), err))
	}
	return in, text
}
