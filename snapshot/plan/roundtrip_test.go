package plan_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/plan"
)

// grown is the planned network with more of what parts belong to, all of it
// with ids, as a snapshot.
const grown = `{"schema":"canreach.snapshot/v1","capture":{"gaps":[]},"organizations":{"serviceControlPolicies":[{"Id":"p-1","Name":"p","Content":"{}","Targets":[]}],"resourceControlPolicies":[]},
"accounts":[{"accountId":"111122223333","regions":[{"region":"us-east-1","ec2":{
"Vpcs":[{"VpcId":"vpc-1","CidrBlock":"10.0.0.0/16","DhcpOptionsId":"default","CidrBlockAssociationSet":[{"CidrBlock":"10.0.0.0/16","CidrBlockState":{"State":"associated"}}],"Ipv6CidrBlockAssociationSet":[]}],
"VpcAttributes":[],"DhcpOptions":[{"DhcpOptionsId":"dopt-1","DhcpConfigurations":[]}],
"Subnets":[{"SubnetId":"subnet-1","VpcId":"vpc-1","CidrBlock":"10.0.0.0/24"}],
"RouteTables":[{"RouteTableId":"rtb-1","VpcId":"vpc-1","Associations":[{"Main":true,"RouteTableId":"rtb-1","RouteTableAssociationId":"m","AssociationState":{"State":"associated"}}],"Routes":[{"DestinationCidrBlock":"10.0.0.0/16","GatewayId":"local","Origin":"CreateRouteTable","State":"active"}],"PropagatingVgws":[]},
 {"RouteTableId":"rtb-2","VpcId":"vpc-1","Associations":[],"Routes":[],"PropagatingVgws":[]}],
"NetworkAcls":[{"NetworkAclId":"acl-0","VpcId":"vpc-1","IsDefault":true,"Associations":[{"NetworkAclId":"acl-0","SubnetId":"subnet-1","NetworkAclAssociationId":"acl-0.subnet-1"}],"Entries":[]},
 {"NetworkAclId":"acl-1","VpcId":"vpc-1","IsDefault":false,"Associations":[],"Entries":[]}],
"SecurityGroups":[{"GroupId":"sg-1","VpcId":"vpc-1","GroupName":"a","IpPermissions":[],"IpPermissionsEgress":[]}],"SecurityGroupVpcAssociations":[],
"ManagedPrefixLists":[{"PrefixListId":"pl-1","PrefixListName":"own","Entries":[]}],
"VpcEndpoints":[{"VpcEndpointId":"vpce-1","VpcId":"vpc-1","VpcEndpointType":"Gateway","ServiceName":"com.amazonaws.us-east-1.s3","State":"available","RouteTableIds":[],"SubnetIds":[],"Groups":[],"PolicyDocument":"{\"Version\":\"2008-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}]}"}],
"PrefixLists":[{"PrefixListId":"pl-63a5400a","PrefixListName":"com.amazonaws.us-east-1.s3","Cidrs":["52.216.0.0/15"]}],
"InternetGateways":[{"InternetGatewayId":"igw-1","Attachments":[]}],"VpnGateways":[{"VpnGatewayId":"vgw-1","VpcAttachments":[]}],
"TransitGateways":[{"TransitGatewayId":"tgw-1","State":"available","Options":{}}],
"TransitGatewayVpcAttachments":[{"TransitGatewayAttachmentId":"tgw-attach-1","TransitGatewayId":"tgw-1","VpcId":"vpc-1","State":"available","SubnetIds":["subnet-1"],"Association":{}}],
"TransitGatewayRouteTables":[{"TransitGatewayRouteTableId":"tgw-rtb-1","TransitGatewayId":"tgw-1","State":"available","Routes":[]}],"NetworkInterfaces":[{"NetworkInterfaceId":"eni-1","SubnetId":"subnet-1","VpcId":"vpc-1","Status":"available","Groups":[],"PrivateIpAddress":"10.0.0.9","PrivateIpAddresses":[{"PrivateIpAddress":"10.0.0.9","Primary":true}]}],
"Addresses":[{"AllocationId":"eipalloc-1","PublicIp":"198.51.100.7"}],"VpcEncryptionControls":[],"NatGateways":[]},
"sagemaker":{"Models":[]},"lambda":{"Functions":[]},"route53":{"HostedZones":[{"Id":"/hostedzone/Z1","Name":"a.internal.","Config":{"PrivateZone":true},"VPCs":[],"ResourceRecordSets":[]}]},
"route53resolver":{"ResolverRules":[],"ResolverRuleAssociations":[],"FirewallRules":[],"FirewallDomainLists":[],"FirewallRuleGroupAssociations":[],"FirewallConfigs":[],"ResolverEndpoints":[]},
"route53profiles":{"ProfileAssociations":[],"ProfileResourceAssociations":[]},
"resources":{"ResourcePolicies":[{"ResourceArn":"arn:aws:sqs:us-east-1:111122223333:q","Policy":null},{"ResourceArn":"arn:aws:sns:us-east-1:111122223333:t","Policy":null},{"ResourceArn":"arn:aws:ecr:us-east-1:111122223333:repository/r","Policy":null},{"ResourceArn":"arn:aws:secretsmanager:us-east-1:111122223333:secret:s-AbCdEf","Policy":null}]}}],
"iam":{"RoleDetailList":[{"RoleName":"r","Arn":"arn:aws:iam::111122223333:role/r","Path":"/","AssumeRolePolicyDocument":{"Version":"2012-10-17","Statement":[]},"RolePolicyList":[],"AttachedManagedPolicies":[],"InstanceProfileList":[]}],"Policies":[]},
"s3":{"buckets":[{"Name":"b","region":"us-east-1","Policy":null,"PublicAccessBlockConfiguration":null,"OwnershipControls":null,"RequestPayment":{"Payer":"BucketOwner"},"ServerSideEncryptionConfiguration":{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}}],
 "accessPoints":[{"Name":"ap","AccessPointArn":"arn:aws:s3:us-east-1:111122223333:accesspoint/ap","Bucket":"b","Policy":null}],"accountPublicAccessBlock":null},
"kms":{"Keys":[{"KeyId":"k-1","Arn":"arn:aws:kms:us-east-1:111122223333:key/k-1","KeyState":"Enabled","Grants":[],"Policy":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"Enable IAM User Permissions\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:root\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}]}"}],"Aliases":[]}}]}`

const someDocument = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}`

// parts is one resource of each type that is created and destroyed.
var parts = map[string]m{
	"aws_vpc_ipv4_cidr_block_association":                {"vpc_id": "vpc-1", "cidr_block": "10.9.0.0/16"},
	"aws_vpc_ipv6_cidr_block_association":                {"vpc_id": "vpc-1", "ipv6_cidr_block": "2001:db8::/56"},
	"aws_vpc_dhcp_options_association":                   {"vpc_id": "vpc-1", "dhcp_options_id": "dopt-1"},
	"aws_ec2_managed_prefix_list_entry":                  {"prefix_list_id": "pl-1", "cidr": "10.0.0.0/8"},
	"aws_vpc":                                            {"cidr_block": "10.8.0.0/16", "dhcp_options_id": "dopt-1", "enable_dns_support": true},
	"aws_subnet":                                         {"vpc_id": "vpc-1", "cidr_block": "10.0.9.0/24"},
	"aws_network_acl":                                    {"vpc_id": "vpc-1", "subnet_ids": []any{"subnet-1"}},
	"aws_network_acl_association":                        {"network_acl_id": "acl-1", "subnet_id": "subnet-1"},
	"aws_network_acl_rule":                               {"network_acl_id": "acl-1", "rule_number": 100.0, "egress": true, "protocol": "-1", "rule_action": "allow", "cidr_block": all},
	"aws_security_group":                                 {"vpc_id": "vpc-1", "name": "x", "ingress": []any{}, "egress": []any{}},
	"aws_security_group_rule":                            {"security_group_id": "sg-1", "type": "egress", "protocol": "tcp", "from_port": 443.0, "to_port": 443.0, "cidr_blocks": []any{all}},
	"aws_vpc_security_group_egress_rule":                 {"security_group_id": "sg-1", "ip_protocol": "tcp", "from_port": 443.0, "to_port": 443.0, "cidr_ipv4": all},
	"aws_vpc_security_group_ingress_rule":                {"security_group_id": "sg-1", "ip_protocol": "tcp", "from_port": 443.0, "to_port": 443.0, "referenced_security_group_id": "sg-1"},
	"aws_vpc_security_group_vpc_association":             {"security_group_id": "sg-1", "vpc_id": "vpc-1"},
	"aws_route_table":                                    {"vpc_id": "vpc-1", "route": []any{}},
	"aws_route_table_association":                        {"route_table_id": "rtb-2", "subnet_id": "subnet-1"},
	"aws_main_route_table_association":                   {"vpc_id": "vpc-1", "route_table_id": "rtb-2", "original_route_table_id": "rtb-1", "id": "m"},
	"aws_route":                                          {"route_table_id": "rtb-2", "destination_cidr_block": all, "gateway_id": "igw-1"},
	"aws_vpn_gateway_route_propagation":                  {"route_table_id": "rtb-2", "vpn_gateway_id": "vgw-1"},
	"aws_vpc_endpoint":                                   {"vpc_id": "vpc-1", "service_name": "com.amazonaws.us-east-1.s3", "vpc_endpoint_type": "Gateway", "route_table_ids": []any{"rtb-2"}},
	"aws_vpc_endpoint_policy":                            {"vpc_endpoint_id": "vpce-1", "policy": someDocument},
	"aws_vpc_endpoint_route_table_association":           {"vpc_endpoint_id": "vpce-1", "route_table_id": "rtb-2"},
	"aws_vpc_endpoint_subnet_association":                {"vpc_endpoint_id": "vpce-1", "subnet_id": "subnet-1"},
	"aws_vpc_endpoint_security_group_association":        {"vpc_endpoint_id": "vpce-1", "security_group_id": "sg-1"},
	"aws_internet_gateway":                               {"vpc_id": "vpc-1"},
	"aws_internet_gateway_attachment":                    {"internet_gateway_id": "igw-1", "vpc_id": "vpc-1"},
	"aws_vpn_gateway_attachment":                         {"vpn_gateway_id": "vgw-1", "vpc_id": "vpc-1"},
	"aws_nat_gateway":                                    {"subnet_id": "subnet-1"},
	"aws_ec2_transit_gateway_route_table_association":    {"transit_gateway_attachment_id": "tgw-attach-1", "transit_gateway_route_table_id": "tgw-rtb-1"},
	"aws_ec2_transit_gateway_route_table_propagation":    {"transit_gateway_attachment_id": "tgw-attach-1", "transit_gateway_route_table_id": "tgw-rtb-1"},
	"aws_ec2_transit_gateway_route":                      {"transit_gateway_route_table_id": "tgw-rtb-1", "destination_cidr_block": all, "transit_gateway_attachment_id": "tgw-attach-1"},
	"aws_ec2_transit_gateway_prefix_list_reference":      {"transit_gateway_route_table_id": "tgw-rtb-1", "prefix_list_id": "pl-1", "transit_gateway_attachment_id": "tgw-attach-1"},
	"aws_route53_zone_association":                       {"zone_id": "Z1", "vpc_id": "vpc-1"},
	"aws_route53_record":                                 {"zone_id": "Z1", "name": "x.a.internal", "type": "A", "records": []any{"10.0.0.1"}},
	"aws_route53_resolver_rule":                          {"domain_name": "x", "rule_type": "FORWARD"},
	"aws_route53_resolver_rule_association":              {"resolver_rule_id": "rslvr-rr-1", "vpc_id": "vpc-1"},
	"aws_route53_resolver_firewall_rule":                 {"name": "a", "firewall_rule_group_id": "rslvr-frg-1", "firewall_domain_list_id": "d", "priority": 1.0, "action": "BLOCK"},
	"aws_route53_resolver_endpoint":                      {"direction": "OUTBOUND", "security_group_ids": []any{"sg-1"}, "ip_address": []any{m{"subnet_id": "subnet-1"}}},
	"aws_route53profiles_association":                    {"profile_id": "rp-1", "resource_id": "vpc-1"},
	"aws_route53profiles_resource_association":           {"profile_id": "rp-1", "resource_arn": "arn:aws:route53:::hostedzone/Z1"},
	"aws_vpc_encryption_control":                         {"vpc_id": "vpc-1", "mode": "enforce", "nat_gateway_exclusion": "enable"},
	"aws_network_interface_sg_attachment":                {"network_interface_id": "eni-1", "security_group_id": "sg-1"},
	"aws_network_interface_attachment":                   {"network_interface_id": "eni-1", "instance_id": "i-1"},
	"aws_eip_association":                                {"network_interface_id": "eni-1", "allocation_id": "eipalloc-1"},
	"aws_s3_directory_bucket":                            {"bucket": "d--use1-az4--x-s3"},
	"aws_iam_policy":                                     {"name": "p", "path": "/", "policy": someDocument},
	"aws_iam_role":                                       {"name": "x", "path": "/", "assume_role_policy": someDocument},
	"aws_iam_role_policy":                                {"name": "i", "role": "r", "policy": someDocument},
	"aws_iam_role_policy_attachment":                     {"role": "r", "policy_arn": "arn:aws:iam::111122223333:policy/p"},
	"aws_iam_policy_attachment":                          {"name": "n", "roles": []any{"r"}, "policy_arn": "arn:aws:iam::111122223333:policy/p"},
	"aws_iam_instance_profile":                           {"name": "prof", "role": "r"},
	"aws_organizations_policy":                           {"name": "s", "content": someDocument},
	"aws_organizations_policy_attachment":                {"policy_id": "p-1", "target_id": "111122223333"},
	"aws_kms_key_policy":                                 {"key_id": "k-1", "policy": someDocument},
	"aws_kms_alias":                                      {"name": "alias/a", "target_key_id": "k-1"},
	"aws_kms_grant":                                      {"key_id": "k-1", "grant_id": "g", "grantee_principal": "arn:aws:iam::111122223333:role/r", "operations": []any{"Decrypt"}},
	"aws_s3_bucket":                                      {"bucket": "c"},
	"aws_s3_bucket_policy":                               {"bucket": "b", "policy": someDocument},
	"aws_s3_bucket_public_access_block":                  {"bucket": "b", "block_public_acls": true},
	"aws_s3_bucket_ownership_controls":                   {"bucket": "b", "rule": []any{m{"object_ownership": "ObjectWriter"}}},
	"aws_s3_bucket_server_side_encryption_configuration": {"bucket": "b", "rule": []any{m{"apply_server_side_encryption_by_default": []any{m{"sse_algorithm": "aws:kms"}}}}},
	"aws_s3_bucket_request_payment_configuration":        {"bucket": "b", "payer": "Requester"},
	"aws_s3_account_public_access_block":                 {"block_public_acls": true},
	"aws_s3_access_point":                                {"name": "x", "bucket": "b"},
	"aws_s3control_access_point_policy":                  {"access_point_arn": "arn:aws:s3:us-east-1:111122223333:accesspoint/ap", "policy": someDocument},
	"aws_sqs_queue":                                      {"name": "other"},
	"aws_ecr_repository":                                 {"name": "other"},
	"aws_secretsmanager_secret":                          {"name": "other"},
	"aws_sqs_queue_policy":                               {"queue_url": "https://sqs.us-east-1.amazonaws.com/111122223333/q", "policy": someDocument},
	"aws_sns_topic_policy":                               {"arn": "arn:aws:sns:us-east-1:111122223333:t", "policy": someDocument},
	"aws_ecr_repository_policy":                          {"repository": "r", "policy": someDocument},
	"aws_secretsmanager_secret_policy":                   {"secret_arn": "arn:aws:secretsmanager:us-east-1:111122223333:secret:s-AbCdEf", "policy": someDocument},
	"aws_lambda_function":                                {"function_name": "f", "role": "arn:aws:iam::111122223333:role/r"},
	"aws_sagemaker_model":                                {"name": "m", "execution_role_arn": "arn:aws:iam::111122223333:role/r"},
}

// What a resource adds goes with it, so that the snapshot says what it said
// before.
func TestDestroyUndoesCreate(t *testing.T) {
	read := func(planned ...planned) *plan.Plan {
		p, err := plan.Read(planJSON(t, planned...))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, typ := range plan.Types() {
		values, known := parts[typ]
		if !known {
			continue
		}
		t.Run(typ, func(t *testing.T) {
			unknown := m{"id": values["id"] == nil}
			made, err := read(planned{typ + ".x", "create", nil, values, unknown, configured(values)}).Apply([]byte(grown), plan.Options{Region: "us-east-1"})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := snapshot.Parse(made.Native); err != nil {
				t.Fatal(err)
			}
			before := m{"id": typ + ".x"}
			switch typ { // known by their names
			case "aws_iam_role", "aws_iam_instance_profile", "aws_kms_alias":
				before["id"] = values["name"]
			case "aws_s3_bucket", "aws_s3_directory_bucket":
				before["id"] = values["bucket"]
			}
			for k, v := range values {
				before[k] = v
			}
			gone, err := read(planned{typ + ".x", "delete", before, nil, m{}, configured(values)}).Apply(made.Native, plan.Options{Region: "us-east-1"})
			if err != nil {
				t.Fatal(err)
			}
			if same(t, made.Native, []byte(grown)) {
				t.Error("creating it changes nothing")
			}
			if !same(t, gone.Native, []byte(grown)) {
				t.Errorf("destroying it leaves\n%s", gone.Native)
			}
		})
	}
}

// Types whose resources leave nothing that a question reads, or that AWS or
// the provider leaves as it is when the resource is destroyed.
var keepsState = []string{"aws_caller_identity", "aws_region", "aws_iam_policy_document", "aws_default_network_acl", "aws_default_security_group", "aws_default_route_table",
	"aws_vpc_endpoint_private_dns", "aws_vpc_peering_connection_accepter", "aws_vpc_peering_connection_options", "aws_ec2_transit_gateway_vpc_attachment_accepter",
	"aws_ec2_transit_gateway_peering_attachment_accepter",
	// what they removed is not known, and an account stays where it is
	"aws_iam_role_policies_exclusive", "aws_iam_role_policy_attachments_exclusive",
	"aws_organizations_organization", "aws_organizations_organizational_unit", "aws_organizations_account"}

func TestEveryTypeCanBeDestroyed(t *testing.T) {
	for _, typ := range plan.Types() {
		if plan.Removes(typ) == slices.Contains(keepsState, typ) {
			t.Errorf("%s: removes %v", typ, plan.Removes(typ))
		}
	}
}

func configured(values m) m {
	out := m{}
	for k := range values {
		out[k] = m{}
	}
	return out
}

// same compares two snapshots, but for the order of lists.
func same(t *testing.T, a, b []byte) bool {
	t.Helper()
	return bytes.Equal(canonical(t, a), canonical(t, b))
}

func canonical(t *testing.T, text []byte) []byte {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(sorted(v))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func sorted(v any) any {
	switch c := v.(type) {
	case map[string]any:
		for k := range c {
			c[k] = sorted(c[k])
		}
	case []any:
		texts := make([]string, len(c))
		for i := range c {
			b, _ := json.Marshal(sorted(c[i]))
			texts[i] = string(b)
		}
		slices.Sort(texts)
		return strings.Join(texts, ",")
	}
	return v
}
