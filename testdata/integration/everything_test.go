//go:build integration

package integration

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/aws-sdk-go-v2/service/route53resolver"
	resolvertypes "github.com/aws/aws-sdk-go-v2/service/route53resolver/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	s3controltypes "github.com/aws/aws-sdk-go-v2/service/s3control/types"

	"github.com/canreach/canreach/sim"
)

// furniture is the rest of an account: what the job does not touch, but the
// capture must bring. The values are what the snapshot must hold, by the
// pointer of the collection with "*" for any index.
type furniture map[string]string

const (
	ec2At      = "/accounts/*/regions/*/ec2/"
	resolverAt = "/accounts/*/regions/*/route53resolver/"
)

// furnish builds one of everything that the server can hold.
func furnish(w *world, p program) furniture {
	f := furniture{}
	furnishNetwork(w, f)
	furnishTransit(w, f)
	furnishNames(w, f)
	furnishAccount(w, p, f)
	return f
}

func furnishNetwork(w *world, f furniture) {
	t, ctx := w.t, w.ctx
	list := must[*ec2.CreateManagedPrefixListOutput](t)(w.ec2.CreateManagedPrefixList(ctx, &ec2.CreateManagedPrefixListInput{PrefixListName: aws.String("offices"), AddressFamily: aws.String("IPv4"), MaxEntries: aws.Int32(5),
		Entries: []types.AddPrefixListEntry{{Cidr: aws.String("192.0.2.0/24"), Description: aws.String("Berlin")}}}))
	f[ec2At+"ManagedPrefixLists/*/PrefixListId"] = *list.PrefixList.PrefixListId
	f[ec2At+"ManagedPrefixLists/*/Entries/*/Cidr"] = "192.0.2.0/24"
	f[ec2At+"PrefixLists/*/PrefixListId"] = w.list

	egress := must[*ec2.CreateEgressOnlyInternetGatewayOutput](t)(w.ec2.CreateEgressOnlyInternetGateway(ctx, &ec2.CreateEgressOnlyInternetGatewayInput{VpcId: &w.vpc}))
	f[ec2At+"EgressOnlyInternetGateways/*/EgressOnlyInternetGatewayId"] = *egress.EgressOnlyInternetGateway.EgressOnlyInternetGatewayId
	private := must[*ec2.CreateVpnGatewayOutput](t)(w.ec2.CreateVpnGateway(ctx, &ec2.CreateVpnGatewayInput{Type: types.GatewayTypeIpsec1})).VpnGateway.VpnGatewayId
	must[*ec2.AttachVpnGatewayOutput](t)(w.ec2.AttachVpnGateway(ctx, &ec2.AttachVpnGatewayInput{VpcId: &w.vpc, VpnGatewayId: private}))
	f[ec2At+"VpnGateways/*/VpnGatewayId"] = *private
	f[ec2At+"VpnGateways/*/VpcAttachments/*/VpcId"] = w.vpc
	card := must[*ec2.CreateNetworkInterfaceOutput](t)(w.ec2.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: &w.subnetA, Groups: []string{w.group}}))
	f[ec2At+"NetworkInterfaces/*/NetworkInterfaceId"] = *card.NetworkInterface.NetworkInterfaceId
	images := must[*ec2.DescribeImagesOutput](t)(w.ec2.DescribeImages(ctx, &ec2.DescribeImagesInput{}))
	machine := must[*ec2.RunInstancesOutput](t)(w.ec2.RunInstances(ctx, &ec2.RunInstancesInput{ImageId: images.Images[0].ImageId, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: &w.subnetA, UserData: aws.String("cGFzc3dvcmQ9aHVudGVyMg==")}))
	f[ec2At+"Reservations/*/Instances/*/InstanceId"] = *machine.Instances[0].InstanceId

	attributes := must[*ec2.ModifyVpcAttributeOutput](t)
	attributes(w.ec2.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: &w.vpc, EnableDnsHostnames: &types.AttributeBooleanValue{Value: aws.Bool(true)}}))
	for key, id := range map[string]string{
		"Vpcs/*/VpcId": w.vpc, "VpcAttributes/*/VpcId": w.vpc, "VpcAttributes/*/EnableDnsSupport/Value": "true", "VpcAttributes/*/EnableDnsHostnames/Value": "true",
		"Subnets/*/SubnetId": w.subnetA, "RouteTables/*/RouteTableId": w.table,
		"RouteTables/*/Routes/*/GatewayId": w.endpoint, "NetworkAcls/*/NetworkAclId": w.acl, "SecurityGroups/*/GroupId": w.group, "SecurityGroupRules/*/PrefixListId": w.list,
		"VpcEndpoints/*/VpcEndpointId": w.endpoint, "NatGateways/*/NatGatewayId": w.nat, "InternetGateways/*/Attachments/*/VpcId": w.vpc,
		"DhcpOptions/*/DhcpConfigurations/*/Values/*/Value": "AmazonProvidedDNS", "Addresses/*/Domain": "vpc",
	} {
		f[ec2At+key] = id
	}
}

func furnishTransit(w *world, f furniture) {
	t, ctx := w.t, w.ctx
	other := must[*ec2.CreateVpcOutput](t)(w.ec2.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.30.0.0/16")})).Vpc.VpcId
	must[*ec2.AssociateDhcpOptionsOutput](t)(w.ec2.AssociateDhcpOptions(ctx, &ec2.AssociateDhcpOptionsInput{VpcId: other, DhcpOptionsId: &w.dhcp}))
	peering := must[*ec2.CreateVpcPeeringConnectionOutput](t)(w.ec2.CreateVpcPeeringConnection(ctx, &ec2.CreateVpcPeeringConnectionInput{VpcId: &w.vpc, PeerVpcId: other})).VpcPeeringConnection.VpcPeeringConnectionId
	must[*ec2.AcceptVpcPeeringConnectionOutput](t)(w.ec2.AcceptVpcPeeringConnection(ctx, &ec2.AcceptVpcPeeringConnectionInput{VpcPeeringConnectionId: peering}))
	f[ec2At+"VpcPeeringConnections/*/VpcPeeringConnectionId"] = *peering
	f[ec2At+"VpcPeeringConnections/*/AccepterVpcInfo/VpcId"] = *other

	gateway := must[*ec2.CreateTransitGatewayOutput](t)(w.ec2.CreateTransitGateway(ctx, &ec2.CreateTransitGatewayInput{})).TransitGateway.TransitGatewayId
	attachment := must[*ec2.CreateTransitGatewayVpcAttachmentOutput](t)(w.ec2.CreateTransitGatewayVpcAttachment(ctx, &ec2.CreateTransitGatewayVpcAttachmentInput{TransitGatewayId: gateway, VpcId: &w.vpc, SubnetIds: []string{w.subnetA}})).TransitGatewayVpcAttachment.TransitGatewayAttachmentId
	table := must[*ec2.CreateTransitGatewayRouteTableOutput](t)(w.ec2.CreateTransitGatewayRouteTable(ctx, &ec2.CreateTransitGatewayRouteTableInput{TransitGatewayId: gateway})).TransitGatewayRouteTable.TransitGatewayRouteTableId
	must[*ec2.CreateTransitGatewayRouteOutput](t)(w.ec2.CreateTransitGatewayRoute(ctx, &ec2.CreateTransitGatewayRouteInput{TransitGatewayRouteTableId: table, TransitGatewayAttachmentId: attachment, DestinationCidrBlock: aws.String("10.40.0.0/16")}))
	for key, id := range map[string]string{
		"TransitGateways/*/TransitGatewayId": *gateway, "TransitGatewayAttachments/*/TransitGatewayAttachmentId": *attachment, "TransitGatewayVpcAttachments/*/TransitGatewayAttachmentId": *attachment,
		"TransitGatewayVpcAttachments/*/SubnetIds/*": w.subnetA, "TransitGatewayRouteTables/*/TransitGatewayRouteTableId": *table,
		"TransitGatewayRoutes/*/TransitGatewayRouteTableId": *table, "TransitGatewayRoutes/*/Routes/*/DestinationCidrBlock": "10.40.0.0/16",
	} {
		f[ec2At+key] = id
	}
}

func furnishNames(w *world, f furniture) {
	t, ctx := w.t, w.ctx
	names := route53resolver.NewFromConfig(w.cfg)
	rule := must[*route53resolver.CreateResolverRuleOutput](t)(names.CreateResolverRule(ctx, &route53resolver.CreateResolverRuleInput{CreatorRequestId: aws.String("1"), DomainName: aws.String("corp.example"), Name: aws.String("corp"), RuleType: resolvertypes.RuleTypeOptionSystem})).ResolverRule.Id
	must[*route53resolver.AssociateResolverRuleOutput](t)(names.AssociateResolverRule(ctx, &route53resolver.AssociateResolverRuleInput{ResolverRuleId: rule, VPCId: &w.vpc}))
	f[resolverAt+"ResolverRules/*/Id"] = *rule
	f[resolverAt+"ResolverRuleAssociations/*/VPCId"] = w.vpc

	zones := route53.NewFromConfig(w.cfg)
	zone := must[*route53.CreateHostedZoneOutput](t)(zones.CreateHostedZone(ctx, &route53.CreateHostedZoneInput{CallerReference: aws.String("1"), Name: aws.String("corp.example"), HostedZoneConfig: &r53types.HostedZoneConfig{PrivateZone: true},
		VPC: &r53types.VPC{VPCId: &w.vpc, VPCRegion: region}})).HostedZone.Id
	must[*route53.ChangeResourceRecordSetsOutput](t)(zones.ChangeResourceRecordSets(ctx, &route53.ChangeResourceRecordSetsInput{HostedZoneId: zone, ChangeBatch: &r53types.ChangeBatch{Changes: []r53types.Change{{Action: r53types.ChangeActionCreate,
		ResourceRecordSet: &r53types.ResourceRecordSet{Name: aws.String("db.corp.example"), Type: r53types.RRTypeA, TTL: aws.Int64(60), ResourceRecords: []r53types.ResourceRecord{{Value: aws.String("10.20.1.5")}}}}}}}))
	f["/accounts/*/regions/*/route53/HostedZones/*/Id"] = *zone
	f["/accounts/*/regions/*/route53/HostedZones/*/VPCs/*/VPCId"] = w.vpc
	f["/accounts/*/regions/*/route53/HostedZones/*/ResourceRecordSets/*/ResourceRecords/*/Value"] = "10.20.1.5"
}

func furnishAccount(w *world, p program, f furniture) {
	t, ctx := w.t, w.ctx
	keys := kms.NewFromConfig(w.cfg)
	key := must[*kms.CreateKeyOutput](t)(keys.CreateKey(ctx, &kms.CreateKeyInput{})).KeyMetadata
	must[*kms.CreateAliasOutput](t)(keys.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String("alias/models"), TargetKeyId: key.KeyId}))
	must[*kms.CreateGrantOutput](t)(keys.CreateGrant(ctx, &kms.CreateGrantInput{KeyId: key.KeyId, GranteePrincipal: &w.role, Operations: []kmstypes.GrantOperation{kmstypes.GrantOperationDecrypt}}))
	must[*s3.CreateBucketOutput](t)(w.s3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("it-sealed")}))
	must[*s3.PutBucketEncryptionOutput](t)(w.s3.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{Bucket: aws.String("it-sealed"), ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{
		Rules: []s3types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{SSEAlgorithm: s3types.ServerSideEncryptionAwsKms, KMSMasterKeyID: key.Arn}}}}}))
	must[*s3.PutBucketTaggingOutput](t)(w.s3.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: aws.String("it-sealed"), Tagging: &s3types.Tagging{TagSet: []s3types.Tag{{Key: aws.String("team"), Value: aws.String("ml")}}}}))

	through := w.cfg.Copy()
	proxy, err := url.Parse(p.proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	through.HTTPClient = &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy)}}
	through.BaseEndpoint = aws.String("http://s3-control.test")
	control := s3control.NewFromConfig(through)
	must[*s3control.PutPublicAccessBlockOutput](t)(control.PutPublicAccessBlock(ctx, &s3control.PutPublicAccessBlockInput{AccountId: aws.String(account),
		PublicAccessBlockConfiguration: &s3controltypes.PublicAccessBlockConfiguration{BlockPublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true), IgnorePublicAcls: aws.Bool(true), RestrictPublicBuckets: aws.Bool(true)}}))
	point := must[*s3control.CreateAccessPointOutput](t)(control.CreateAccessPoint(ctx, &s3control.CreateAccessPointInput{AccountId: aws.String(account), Bucket: aws.String(bucket), Name: aws.String("it-point"), VpcConfiguration: &s3controltypes.VpcConfiguration{VpcId: &w.vpc}})).AccessPointArn
	must[*s3control.PutAccessPointPolicyOutput](t)(control.PutAccessPointPolicy(ctx, &s3control.PutAccessPointPolicyInput{AccountId: aws.String(account), Name: aws.String("it-point"), Policy: document("Allow", *point+"/object/*", "s3:GetObject")}))

	var code bytes.Buffer
	z := zip.NewWriter(&code)
	if _, err := z.Create("main.py"); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	must[*lambda.CreateFunctionOutput](t)(lambda.NewFromConfig(w.cfg).CreateFunction(ctx, &lambda.CreateFunctionInput{FunctionName: aws.String("it-reader"), Role: &w.role, Runtime: lambdatypes.RuntimePython312, Handler: aws.String("main.f"),
		Code: &lambdatypes.FunctionCode{ZipFile: code.Bytes()}, VpcConfig: &lambdatypes.VpcConfig{SubnetIds: []string{w.subnetA}, SecurityGroupIds: []string{w.group}},
		Environment: &lambdatypes.Environment{Variables: map[string]string{"PASSWORD": "hunter2"}}}))

	for pointer, value := range map[string]string{
		"kms/Keys/*/Arn": *key.Arn, "kms/Keys/*/Policy/Version": "2012-10-17", "kms/Keys/*/Grants/*/GranteePrincipal": w.role, "kms/Aliases/*/AliasName": "alias/models",
		"s3/buckets/*/ServerSideEncryptionConfiguration/Rules/*/ApplyServerSideEncryptionByDefault/KMSMasterKeyID": *key.Arn, "s3/buckets/*/TagSet/*/Value": "ml",
		"s3/buckets/*/Policy/Statement/*/Sid": "OnlyThroughTheEndpoint", "s3/buckets/*/PolicyStatus/IsPublic": "false", "s3/buckets/*/PublicAccessBlockConfiguration/RestrictPublicBuckets": "true",
		"s3/buckets/*/OwnershipControls/Rules/*/ObjectOwnership": "BucketOwnerEnforced", "s3/buckets/*/Grants/*/Permission": "FULL_CONTROL", "s3/buckets/*/region": region, "s3/buckets/*/Payer": "BucketOwner",
		"s3/accountPublicAccessBlock/BlockPublicPolicy": "true", "s3/accessPoints/*/AccessPointArn": *point, "s3/accessPoints/*/VpcConfiguration/VpcId": w.vpc, "s3/accessPoints/*/Policy/Statement/*/Resource": *point + "/object/*",
		"regions/*/lambda/Functions/*/VpcConfig/SubnetIds/*": w.subnetA, "managementAccount": "true",
		"iam/RoleDetailList/*/Arn": w.role, "iam/RoleDetailList/*/RolePolicyList/*/PolicyName": "it-s3", "iam/RoleDetailList/*/AttachedManagedPolicies/*/PolicyArn": w.managed,
		"iam/RoleDetailList/*/PermissionsBoundary/PermissionsBoundaryArn": w.boundary, "iam/RoleDetailList/*/AssumeRolePolicyDocument/Statement/*/Principal/Service": "sagemaker.amazonaws.com",
		"iam/Policies/*/Arn": w.boundary, "iam/Policies/*/PolicyVersionList/*/Document/Statement/*/Effect": "Allow",
	} {
		f["/accounts/*/"+pointer] = value
	}
	f["/organizations/serviceControlPolicies/*/Targets/*/TargetId"] = w.unit
	f["/organizations/serviceControlPolicies/*/PolicySummary/Name"] = "it-guard"
	f["/organizations/Organization/MasterAccountId"] = account
	f["/organizations/resourceControlPolicies/*/PolicySummary/Name"] = "RCPFullAWSAccess"
	f["/organizations/Roots/*/PolicyTypes/*/Type"] = "SERVICE_CONTROL_POLICY"
	f["/capture/caller"] = "arn:aws:sts::" + account + ":user/moto"
}

// valuesAt returns the values at a pointer with "*" for any index, as text.
func valuesAt(v any, pointer []string) []string {
	if len(pointer) == 0 {
		text, err := json.Marshal(v)
		if s, ok := v.(string); ok || err != nil {
			return []string{s}
		}
		return []string{string(text)}
	}
	switch v := v.(type) {
	case map[string]any:
		if next, ok := v[pointer[0]]; ok {
			return valuesAt(next, pointer[1:])
		}
	case []any:
		var out []string
		for _, item := range v {
			if pointer[0] == "*" {
				out = append(out, valuesAt(item, pointer[1:])...)
			}
		}
		return out
	}
	return nil
}

func readJSON(t *testing.T, path string) any {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestEveryCollectionIsCaptured builds one of everything that the server can
// hold, and finds it in the file. The rest comes from recorded answers:
// Block Public Access, DNS Firewall, associations of security groups.
func TestEveryCollectionIsCaptured(t *testing.T) {
	w, p := setUp(t)
	f := furnish(w, p)
	p.proxy.cause(nil)
	p.mustCapture("all.json")
	validate(t, filepath.Join(p.dir, "all.json"))
	captured := readJSON(t, filepath.Join(p.dir, "all.json"))
	for pointer, want := range f {
		if got := valuesAt(captured, strings.Split(pointer, "/")[1:]); !slices.Contains(got, want) {
			t.Errorf("%s has %q, not %q", pointer, got, want)
		}
	}
	text, err := os.ReadFile(filepath.Join(p.dir, "all.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"hunter2", "cGFzc3dvcmQ9aHVudGVyMg", "AWS4-HMAC"} {
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("the snapshot holds %q", secret)
		}
	}
	if a, codes := p.check("all.json", w.job); a.Verdict != sim.Reachable {
		t.Errorf("among all of this: %s %v %+v", a.Verdict, codes, a.Unknowns)
	}
}

// TestAJobByName captures what real jobs refer to, and what their files say.
func TestAJobByName(t *testing.T) {
	w, p := setUp(t)
	var job map[string]any
	text, err := os.ReadFile(w.job)
	if err != nil || json.Unmarshal(text, &job) != nil {
		t.Fatal(err)
	}
	job["StoppingCondition"] = map[string]any{"MaxRuntimeInSeconds": 900}
	w.sagemaker("CreateCompilationJob", job)
	w.sagemaker("CreateModel", map[string]any{"ModelName": "it-model", "ExecutionRoleArn": w.role, "VpcConfig": job["VpcConfig"],
		"PrimaryContainer": map[string]any{"Image": "i", "ModelDataUrl": "s3://" + bucket + "/model.tar.gz", "Environment": map[string]any{"TOKEN": "hunter2"}}})

	p.mustCapture("file.json", "--job", w.job)
	p.mustCapture("name.json", "--job", "it-compile")
	p.mustCapture("arn.json", "--job", "arn:aws:sagemaker:"+region+":"+account+":compilation-job/it-compile")
	p.mustCapture("model.json", "--job", "model/it-model")
	byName := withoutHeader(t, filepath.Join(p.dir, "name.json"))
	if byName != withoutHeader(t, filepath.Join(p.dir, "arn.json")) {
		t.Error("by name, another snapshot than by ARN")
	}
	if !strings.Contains(byName, `"CompilationJobName":"it-compile"`) || !strings.Contains(byName, `"CreationTime":"20`) {
		t.Errorf("no description of the job:\n%s", byName)
	}
	var accounts [2]any
	for i, file := range []string{"name.json", "file.json"} {
		accounts[i] = readJSON(t, filepath.Join(p.dir, file)).(map[string]any)["accounts"]
		delete(accounts[i].([]any)[0].(map[string]any)["regions"].([]any)[0].(map[string]any), "sagemaker")
	}
	if !reflect.DeepEqual(accounts[0], accounts[1]) {
		t.Error("but for the description, another snapshot than by the job's file")
	}
	for _, file := range []string{"file.json", "name.json", "model.json"} {
		validate(t, filepath.Join(p.dir, file))
		if a, codes := p.check(file, w.job); a.Verdict != sim.Reachable {
			t.Errorf("%s: %s %v %+v", file, a.Verdict, codes, a.Unknowns)
		}
		if strings.Contains(withoutHeader(t, filepath.Join(p.dir, file)), "hunter2") {
			t.Errorf("%s holds the model's environment", file)
		}
	}
	if stderr, status := p.capture("--out", "x.json", "--job", "it-typo"); status != 2 || !strings.Contains(stderr, "it-typo") {
		t.Errorf("a job that is not there: status %d\n%s", status, stderr)
	}
}

// sagemaker makes a call of SageMaker's JSON protocol, as the CLI would.
func (w *world) sagemaker(operation string, input any) {
	w.t.Helper()
	body, err := json.Marshal(input)
	if err != nil {
		w.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, *w.cfg.BaseEndpoint, bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", "SageMaker."+operation)
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(w.ctx, aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, req, hex.EncodeToString(sum[:]), "sagemaker", region, time.Now()); err != nil {
		w.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
		w.t.Fatalf("%s: %s\n%s", operation, resp.Status, text)
	}
}
