//go:build integration

package integration

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const (
	region  = "us-east-1"
	account = "123456789012" // moto's
	bucket  = "it-models"
)

// world is what the test built through the API, by the ids that it got.
type world struct {
	t   *testing.T
	ctx context.Context
	cfg aws.Config
	ec2 *ec2.Client
	iam *iam.Client
	s3  *s3.Client
	org *organizations.Client

	vpc, subnetA, subnetB, public string
	table, publicTable, acl       string
	group, endpoint, list, nat    string
	dhcp, unit                    string
	role, managed, boundary       string // ARNs
	job                           string // file
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// moto takes any keys for those of its own account.
var ownKeys = aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}

func configOf(t *testing.T, server string, keys aws.Credentials) aws.Config {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(context.Background(), config.WithRegion(region), config.WithBaseEndpoint(server),
		config.WithCredentialsProvider(credentials.StaticCredentialsProvider{Value: keys}))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// newWorld builds the VPC, role, bucket and job, and the organization that
// their account manages.
func newWorld(t *testing.T, server string) *world {
	t.Helper()
	w := newAccount(t, configOf(t, server, ownKeys))
	w.organization()
	return w
}

// newAccount builds the VPC, role, bucket and job in the account of cfg.
func newAccount(t *testing.T, cfg aws.Config) *world {
	t.Helper()
	ctx := context.Background()
	w := &world{t: t, ctx: ctx, cfg: cfg, ec2: ec2.NewFromConfig(cfg), iam: iam.NewFromConfig(cfg), org: organizations.NewFromConfig(cfg),
		s3: s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })}
	w.network()
	w.endpoints()
	w.roles()
	w.storage()
	w.jobFile()
	return w
}

func (w *world) network() {
	t := w.t
	w.vpc = *must[*ec2.CreateVpcOutput](t)(w.ec2.CreateVpc(w.ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.20.0.0/16")})).Vpc.VpcId
	// moto's VPC names DHCP options that it does not list: give it real ones.
	options := must[*ec2.CreateDhcpOptionsOutput](t)(w.ec2.CreateDhcpOptions(w.ctx, &ec2.CreateDhcpOptionsInput{
		DhcpConfigurations: []types.NewDhcpConfiguration{{Key: aws.String("domain-name-servers"), Values: []string{"AmazonProvidedDNS"}}}}))
	w.dhcp = *options.DhcpOptions.DhcpOptionsId
	must[*ec2.AssociateDhcpOptionsOutput](t)(w.ec2.AssociateDhcpOptions(w.ctx, &ec2.AssociateDhcpOptionsInput{VpcId: &w.vpc, DhcpOptionsId: &w.dhcp}))
	subnet := func(cidr, zone string) string {
		return *must[*ec2.CreateSubnetOutput](t)(w.ec2.CreateSubnet(w.ctx, &ec2.CreateSubnetInput{VpcId: &w.vpc, CidrBlock: &cidr, AvailabilityZone: &zone})).Subnet.SubnetId
	}
	w.subnetA, w.subnetB, w.public = subnet("10.20.1.0/24", "us-east-1a"), subnet("10.20.2.0/24", "us-east-1b"), subnet("10.20.100.0/24", "us-east-1a")
	table := func() string {
		return *must[*ec2.CreateRouteTableOutput](t)(w.ec2.CreateRouteTable(w.ctx, &ec2.CreateRouteTableInput{VpcId: &w.vpc})).RouteTable.RouteTableId
	}
	w.table, w.publicTable = table(), table()
	for subnet, table := range map[string]string{w.subnetA: w.table, w.subnetB: w.table, w.public: w.publicTable} {
		must[*ec2.AssociateRouteTableOutput](t)(w.ec2.AssociateRouteTable(w.ctx, &ec2.AssociateRouteTableInput{RouteTableId: &table, SubnetId: &subnet}))
	}
	igw := must[*ec2.CreateInternetGatewayOutput](t)(w.ec2.CreateInternetGateway(w.ctx, &ec2.CreateInternetGatewayInput{})).InternetGateway.InternetGatewayId
	must[*ec2.AttachInternetGatewayOutput](t)(w.ec2.AttachInternetGateway(w.ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: igw, VpcId: &w.vpc}))
	must[*ec2.CreateRouteOutput](t)(w.ec2.CreateRoute(w.ctx, &ec2.CreateRouteInput{RouteTableId: &w.publicTable, DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: igw}))
	eip := must[*ec2.AllocateAddressOutput](t)(w.ec2.AllocateAddress(w.ctx, &ec2.AllocateAddressInput{Domain: types.DomainTypeVpc}))
	w.nat = *must[*ec2.CreateNatGatewayOutput](t)(w.ec2.CreateNatGateway(w.ctx, &ec2.CreateNatGatewayInput{SubnetId: &w.public, AllocationId: eip.AllocationId})).NatGateway.NatGatewayId
	w.group = *must[*ec2.CreateSecurityGroupOutput](t)(w.ec2.CreateSecurityGroup(w.ctx, &ec2.CreateSecurityGroupInput{VpcId: &w.vpc, GroupName: aws.String("jobs"), Description: aws.String("jobs")})).GroupId
	w.acl = *must[*ec2.CreateNetworkAclOutput](t)(w.ec2.CreateNetworkAcl(w.ctx, &ec2.CreateNetworkAclInput{VpcId: &w.vpc})).NetworkAcl.NetworkAclId
	w.entry(false, 100, 1024, 65535)
	w.entry(true, 100, 443, 443)
	acls := must[*ec2.DescribeNetworkAclsOutput](t)(w.ec2.DescribeNetworkAcls(w.ctx, &ec2.DescribeNetworkAclsInput{Filters: []types.Filter{{Name: aws.String("vpc-id"), Values: []string{w.vpc}}}}))
	for _, acl := range acls.NetworkAcls {
		for _, a := range acl.Associations {
			if *a.SubnetId == w.subnetA || *a.SubnetId == w.subnetB {
				must[*ec2.ReplaceNetworkAclAssociationOutput](t)(w.ec2.ReplaceNetworkAclAssociation(w.ctx, &ec2.ReplaceNetworkAclAssociationInput{AssociationId: a.NetworkAclAssociationId, NetworkAclId: &w.acl}))
			}
		}
	}
}

// entry allows TCP ports from or to anywhere through the ACL.
func (w *world) entry(egress bool, number, from, to int32) {
	must[*ec2.CreateNetworkAclEntryOutput](w.t)(w.ec2.CreateNetworkAclEntry(w.ctx, &ec2.CreateNetworkAclEntryInput{NetworkAclId: &w.acl, Egress: &egress, RuleNumber: &number,
		Protocol: aws.String("6"), RuleAction: types.RuleActionAllow, CidrBlock: aws.String("0.0.0.0/0"), PortRange: &types.PortRange{From: &from, To: &to}}))
}

func (w *world) removeEntry(egress bool, number int32) {
	must[*ec2.DeleteNetworkAclEntryOutput](w.t)(w.ec2.DeleteNetworkAclEntry(w.ctx, &ec2.DeleteNetworkAclEntryInput{NetworkAclId: &w.acl, Egress: &egress, RuleNumber: &number}))
}

const openPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::it-models","arn:aws:s3:::it-models/*"]}]}`

func (w *world) endpoints() {
	t := w.t
	lists := must[*ec2.DescribePrefixListsOutput](t)(w.ec2.DescribePrefixLists(w.ctx, &ec2.DescribePrefixListsInput{}))
	for _, l := range lists.PrefixLists {
		if *l.PrefixListName == "com.amazonaws."+region+".s3" {
			w.list = *l.PrefixListId
		}
	}
	w.endpoint = *must[*ec2.CreateVpcEndpointOutput](t)(w.ec2.CreateVpcEndpoint(w.ctx, &ec2.CreateVpcEndpointInput{VpcId: &w.vpc, ServiceName: aws.String("com.amazonaws." + region + ".s3"),
		VpcEndpointType: types.VpcEndpointTypeGateway, RouteTableIds: []string{w.table}, PolicyDocument: aws.String(openPolicy)})).VpcEndpoint.VpcEndpointId
	w.allowEgress()
}

func (w *world) egressRule() []types.IpPermission {
	return []types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443), PrefixListIds: []types.PrefixListId{{PrefixListId: &w.list}}}}
}

func (w *world) allowEgress() {
	t := w.t
	must[*ec2.RevokeSecurityGroupEgressOutput](t)(w.ec2.RevokeSecurityGroupEgress(w.ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: &w.group,
		IpPermissions: []types.IpPermission{{IpProtocol: aws.String("-1"), IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}}}}))
	must[*ec2.AuthorizeSecurityGroupEgressOutput](t)(w.ec2.AuthorizeSecurityGroupEgress(w.ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: &w.group, IpPermissions: w.egressRule()}))
}

func document(effect, resource string, actions ...string) *string {
	b, _ := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": effect, "Action": actions, "Resource": resource}}})
	return aws.String(string(b))
}

// jobsNetwork is what SageMaker's role needs to put a job into a VPC.
var jobsNetwork = []string{"ec2:CreateNetworkInterface", "ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface", "ec2:DeleteNetworkInterfacePermission",
	"ec2:DescribeNetworkInterfaces", "ec2:DescribeVpcEndpoints", "ec2:DescribeVpcs", "ec2:DescribeDhcpOptions", "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups", "ec2:ModifyNetworkInterfaceAttribute"}

func (w *world) roles() {
	t := w.t
	w.boundary = *must[*iam.CreatePolicyOutput](t)(w.iam.CreatePolicy(w.ctx, &iam.CreatePolicyInput{PolicyName: aws.String("it-boundary"), PolicyDocument: document("Allow", "*", "s3:*", "ec2:*", "kms:*")})).Policy.Arn
	w.managed = *must[*iam.CreatePolicyOutput](t)(w.iam.CreatePolicy(w.ctx, &iam.CreatePolicyInput{PolicyName: aws.String("it-network"), PolicyDocument: document("Allow", "*", jobsNetwork...)})).Policy.Arn
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	w.role = *must[*iam.CreateRoleOutput](t)(w.iam.CreateRole(w.ctx, &iam.CreateRoleInput{RoleName: aws.String("it-neo"), AssumeRolePolicyDocument: &trust, PermissionsBoundary: &w.boundary})).Role.Arn
	must[*iam.AttachRolePolicyOutput](t)(w.iam.AttachRolePolicy(w.ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("it-neo"), PolicyArn: &w.managed}))
	w.inline(true)
}

// inline lets the role use S3, or takes that away.
func (w *world) inline(present bool) {
	name := aws.String("it-s3")
	if present {
		must[*iam.PutRolePolicyOutput](w.t)(w.iam.PutRolePolicy(w.ctx, &iam.PutRolePolicyInput{RoleName: aws.String("it-neo"), PolicyName: name, PolicyDocument: document("Allow", "*", "s3:GetObject", "s3:ListBucket")}))
		return
	}
	must[*iam.DeleteRolePolicyOutput](w.t)(w.iam.DeleteRolePolicy(w.ctx, &iam.DeleteRolePolicyInput{RoleName: aws.String("it-neo"), PolicyName: name}))
}

func (w *world) storage() {
	t := w.t
	must[*s3.CreateBucketOutput](t)(w.s3.CreateBucket(w.ctx, &s3.CreateBucketInput{Bucket: aws.String(bucket)}))
	must[*s3.PutBucketOwnershipControlsOutput](t)(w.s3.PutBucketOwnershipControls(w.ctx, &s3.PutBucketOwnershipControlsInput{Bucket: aws.String(bucket),
		OwnershipControls: &s3types.OwnershipControls{Rules: []s3types.OwnershipControlsRule{{ObjectOwnership: s3types.ObjectOwnershipBucketOwnerEnforced}}}}))
	must[*s3.PutPublicAccessBlockOutput](t)(w.s3.PutPublicAccessBlock(w.ctx, &s3.PutPublicAccessBlockInput{Bucket: aws.String(bucket),
		PublicAccessBlockConfiguration: &s3types.PublicAccessBlockConfiguration{BlockPublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true), IgnorePublicAcls: aws.Bool(true), RestrictPublicBuckets: aws.Bool(true)}}))
	must[*s3.PutBucketEncryptionOutput](t)(w.s3.PutBucketEncryption(w.ctx, &s3.PutBucketEncryptionInput{Bucket: aws.String(bucket), ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{
		Rules: []s3types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{SSEAlgorithm: s3types.ServerSideEncryptionAes256}}}}}))
	w.bucketPolicy(w.endpoint)
}

// bucketPolicy refuses requests that do not come through the endpoint.
func (w *world) bucketPolicy(endpoint string) {
	text := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Sid":"OnlyThroughTheEndpoint","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::%[1]s","arn:aws:s3:::%[1]s/*"],"Condition":{"StringNotEquals":{"aws:SourceVpce":"%[2]s"}}}]}`, bucket, endpoint)
	must[*s3.PutBucketPolicyOutput](w.t)(w.s3.PutBucketPolicy(w.ctx, &s3.PutBucketPolicyInput{Bucket: aws.String(bucket), Policy: &text}))
}

func (w *world) endpointPolicy(text string) {
	must[*ec2.ModifyVpcEndpointOutput](w.t)(w.ec2.ModifyVpcEndpoint(w.ctx, &ec2.ModifyVpcEndpointInput{VpcEndpointId: &w.endpoint, PolicyDocument: &text}))
}

func (w *world) organization() {
	t := w.t
	must[*organizations.CreateOrganizationOutput](t)(w.org.CreateOrganization(w.ctx, &organizations.CreateOrganizationInput{FeatureSet: orgtypes.OrganizationFeatureSetAll}))
	root := must[*organizations.ListRootsOutput](t)(w.org.ListRoots(w.ctx, &organizations.ListRootsInput{})).Roots[0].Id
	for _, kind := range []orgtypes.PolicyType{orgtypes.PolicyTypeServiceControlPolicy, orgtypes.PolicyTypeResourceControlPolicy} {
		must[*organizations.EnablePolicyTypeOutput](t)(w.org.EnablePolicyType(w.ctx, &organizations.EnablePolicyTypeInput{RootId: root, PolicyType: kind}))
	}
	ou := must[*organizations.CreateOrganizationalUnitOutput](t)(w.org.CreateOrganizationalUnit(w.ctx, &organizations.CreateOrganizationalUnitInput{ParentId: root, Name: aws.String("ml")})).OrganizationalUnit.Id
	scp := must[*organizations.CreatePolicyOutput](t)(w.org.CreatePolicy(w.ctx, &organizations.CreatePolicyInput{Type: orgtypes.PolicyTypeServiceControlPolicy, Name: aws.String("it-guard"), Description: aws.String("d"),
		Content: document("Deny", "*", "organizations:LeaveOrganization")}))
	must[*organizations.AttachPolicyOutput](t)(w.org.AttachPolicy(w.ctx, &organizations.AttachPolicyInput{PolicyId: scp.Policy.PolicySummary.Id, TargetId: ou}))
	w.unit = *ou
}

func (w *world) jobFile() {
	b, err := json.Marshal(map[string]any{
		"CompilationJobName": "it-compile", "RoleArn": w.role,
		"InputConfig":  map[string]any{"S3Uri": "s3://" + bucket + "/in/model.tar.gz", "DataInputConfig": "{}", "Framework": "PYTORCH"},
		"OutputConfig": map[string]any{"S3OutputLocation": "s3://" + bucket + "/out", "TargetDevice": "ml_c5"},
		"VpcConfig":    map[string]any{"SecurityGroupIds": []string{w.group}, "Subnets": []string{w.subnetA, w.subnetB}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.job = filepath.Join(w.t.TempDir(), "job.json")
	if err := os.WriteFile(w.job, b, 0o600); err != nil {
		w.t.Fatal(err)
	}
}
