package plan

import (
	"fmt"
	"maps"
)

// templateType is a CloudFormation type: the row that reads it, and what its
// properties must be turned into first. Most properties need nothing but
// their names in snake case.
type templateType struct {
	typ   string
	adapt func(*evaluator, *resource) []*resource
}

var templateTypes map[string]templateType

func init() {
	templateTypes = networkTypes()
	maps.Copy(templateTypes, otherTypes())
	maps.Copy(templateTypes, serviceTypes())
	// rows never refer to a template's own parts
	for _, t := range []string{"AWS::CDK::Metadata", "AWS::CloudFormation::WaitConditionHandle", "AWS::Logs::LogGroup"} {
		irrelevant["aws_"+t] = true
	}
}

func networkTypes() map[string]templateType {
	return map[string]templateType{
		"AWS::EC2::VPC":                                 {"aws_vpc", one(tagMap, vpcDNS)},
		"AWS::EC2::Subnet":                              {"aws_subnet", one(tagMap)},
		"AWS::EC2::VPCCidrBlock":                        {"aws_vpc_ipv4_cidr_block_association", nil},
		"AWS::EC2::DHCPOptions":                         {"aws_vpc_dhcp_options", one(tagMap)},
		"AWS::EC2::VPCDHCPOptionsAssociation":           {"aws_vpc_dhcp_options_association", nil},
		"AWS::EC2::RouteTable":                          {"aws_route_table", one(tagMap)},
		"AWS::EC2::SubnetRouteTableAssociation":         {"aws_route_table_association", nil},
		"AWS::EC2::GatewayRouteTableAssociation":        {"aws_route_table_association", nil},
		"AWS::EC2::Route":                               {"aws_route", one(renamed("egress_only_internet_gateway_id", "egress_only_gateway_id"))},
		"AWS::EC2::NetworkAcl":                          {"aws_network_acl", one(tagMap)},
		"AWS::EC2::NetworkAclEntry":                     {"aws_network_acl_rule", one(aclEntryProperties)},
		"AWS::EC2::SubnetNetworkAclAssociation":         {"aws_network_acl_association", nil},
		"AWS::EC2::SecurityGroup":                       {"aws_security_group", one(tagMap, groupProperties)},
		"AWS::EC2::SecurityGroupIngress":                {"aws_security_group_rule", one(groupRuleProperties("ingress"))},
		"AWS::EC2::SecurityGroupEgress":                 {"aws_security_group_rule", one(groupRuleProperties("egress"))},
		"AWS::EC2::VPCEndpoint":                         {"aws_vpc_endpoint", one(tagMap, endpointProperties)},
		"AWS::EC2::InternetGateway":                     {"aws_internet_gateway", one(tagMap)},
		"AWS::EC2::VPCGatewayAttachment":                {"aws_internet_gateway_attachment", gatewayAttachment},
		"AWS::EC2::EgressOnlyInternetGateway":           {"aws_egress_only_internet_gateway", nil},
		"AWS::EC2::NatGateway":                          {"aws_nat_gateway", one(tagMap)},
		"AWS::EC2::EIP":                                 {"aws_eip", one(tagMap)},
		"AWS::EC2::VPNGateway":                          {"aws_vpn_gateway", one(tagMap)},
		"AWS::EC2::VPCPeeringConnection":                {"aws_vpc_peering_connection", one(tagMap, sameOwner)},
		"AWS::EC2::PrefixList":                          {"aws_ec2_managed_prefix_list", one(tagMap, renamed("prefix_list_name", "name"), renamed("entries", "entry"), lowerBlocks("entry"))},
		"AWS::EC2::TransitGateway":                      {"aws_ec2_transit_gateway", one(tagMap)},
		"AWS::EC2::TransitGatewayVpcAttachment":         {"aws_ec2_transit_gateway_vpc_attachment", one(tagMap)},
		"AWS::EC2::TransitGatewayAttachment":            {"aws_ec2_transit_gateway_vpc_attachment", one(tagMap)},
		"AWS::EC2::TransitGatewayRouteTable":            {"aws_ec2_transit_gateway_route_table", one(tagMap)},
		"AWS::EC2::TransitGatewayRoute":                 {"aws_ec2_transit_gateway_route", nil},
		"AWS::EC2::TransitGatewayRouteTableAssociation": {"aws_ec2_transit_gateway_route_table_association", nil},
		"AWS::EC2::TransitGatewayRouteTablePropagation": {"aws_ec2_transit_gateway_route_table_propagation", nil},
		"AWS::EC2::VPCBlockPublicAccessExclusion":       {"aws_vpc_block_public_access_exclusion", one(tagMap)},
		"AWS::Route53::HostedZone":                      {"aws_route53_zone", one(zoneProperties)},
		"AWS::Route53::RecordSet":                       {"aws_route53_record", one(recordProperties)},
		"AWS::Route53Resolver::ResolverRule":            {"aws_route53_resolver_rule", one(renamed("target_ips", "target_ip"), lowerBlocks("target_ip"))},
		"AWS::Route53Resolver::ResolverRuleAssociation": {"aws_route53_resolver_rule_association", nil},
		"AWS::IAM::Role":                                {"aws_iam_role", one(roleProperties)},
		"AWS::IAM::Policy":                              {"aws_iam_role_policy", policyOfRoles},
		"AWS::IAM::RolePolicy":                          {"aws_iam_role_policy", one(renamed("role_name", "role"), document("policy_document", "policy"), renamed("policy_name", "name"))},
		"AWS::IAM::ManagedPolicy":                       {"aws_iam_policy", managedPolicyOfRoles},
		"AWS::S3::Bucket":                               {"aws_s3_bucket", bucketProperties},
		"AWS::S3::BucketPolicy":                         {"aws_s3_bucket_policy", one(document("policy_document", "policy"))},
		"AWS::S3::AccessPoint":                          {"aws_s3_access_point", one(listOf("vpc_configuration"), document("policy", "policy"))},
		"AWS::KMS::Key":                                 {"aws_kms_key", one(tagMap, document("key_policy", "policy"))},
		"AWS::KMS::Alias":                               {"aws_kms_alias", one(renamed("alias_name", "name"))},
	}
}

func otherTypes() map[string]templateType {
	return map[string]templateType{
		"AWS::SQS::Queue":                     {"aws_sqs_queue", one(withARN, renamed("queue_name", "name"))},
		"AWS::SNS::Topic":                     {"aws_sns_topic", one(withARN, renamed("topic_name", "name"))},
		"AWS::ECR::Repository":                {"aws_ecr_repository", one(withARN, renamed("repository_name", "name"), document("repository_policy_text", "policy"))},
		"AWS::SecretsManager::Secret":         {"aws_secretsmanager_secret", one(withARN)},
		"AWS::SQS::QueuePolicy":               {"aws_sqs_queue_policy", policyOfEach("queues", "queue_url")},
		"AWS::SNS::TopicPolicy":               {"aws_sns_topic_policy", policyOfEach("topics", "arn")},
		"AWS::SecretsManager::ResourcePolicy": {"aws_secretsmanager_secret_policy", one(renamed("secret_id", "secret_arn"), document("resource_policy", "policy"))},
		"AWS::Lambda::Function":               {"aws_lambda_function", one(withoutSecrets, listOf("vpc_config"))},
		"AWS::SageMaker::Model":               {"aws_sagemaker_model", one(tagMap, listOf("vpc_config"))},
		"AWS::SageMaker::NotebookInstance":    {"aws_sagemaker_notebook_instance", one(tagMap, renamed("security_group_ids", "security_groups"))},
		"AWS::SageMaker::Domain":              {"aws_sagemaker_domain", one(tagMap, listOf("default_user_settings"))},
		"AWS::Organizations::Policy":          {"aws_organizations_policy", one(document("content", "content"))},
	}
}

// one changes a resource in place.
func one(changes ...func(*evaluator, *resource)) func(*evaluator, *resource) []*resource {
	return func(e *evaluator, r *resource) []*resource {
		for _, c := range changes {
			c(e, r)
		}
		return []*resource{r}
	}
}

// move renames an attribute with what marks it unknown.
func (r *resource) move(from, to string) {
	if v, ok := r.values[from]; ok {
		r.values[to] = v
		delete(r.values, from)
	}
	if u, ok := r.unknown.(map[string]any); ok && u[from] != nil {
		u[to] = u[from]
		delete(u, from)
	}
}

func renamed(from, to string) func(*evaluator, *resource) {
	return func(_ *evaluator, r *resource) { r.move(from, to) }
}

// listOf makes a block of one object, and its members' names snake case.
func listOf(key string) func(*evaluator, *resource) {
	return func(_ *evaluator, r *resource) {
		if m, ok := r.values[key].(map[string]any); ok {
			r.values[key] = []any{snakeKeys(m)}
		}
		if u, ok := r.unknown.(map[string]any); ok {
			if m, ok := u[key].(map[string]any); ok {
				u[key] = []any{snakeKeys(m)}
			}
		}
	}
}

// lowerBlocks makes the names of a list's objects snake case.
func lowerBlocks(key string) func(*evaluator, *resource) {
	return func(_ *evaluator, r *resource) {
		for _, tree := range []any{r.values, r.unknown} {
			m, _ := tree.(map[string]any)
			l, _ := m[key].([]any)
			for i := range l {
				if o, ok := l[i].(map[string]any); ok {
					l[i] = snakeKeys(o)
				}
			}
		}
	}
}

func snakeKeys(m map[string]any) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[snake(k)] = v
	}
	return out
}

// tagMap turns AWS's list of tags into a map.
func tagMap(_ *evaluator, r *resource) {
	l, _ := r.values["tags"].([]any)
	out := map[string]any{}
	for _, t := range l {
		if m, ok := t.(map[string]any); ok {
			out[asText(m["Key"])] = m["Value"]
		}
	}
	r.values["tags"] = out
}

// vpcDNS sets what CloudFormation takes where a template leaves it out.
//
// AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpc.html
func vpcDNS(_ *evaluator, r *resource) {
	for key, otherwise := range map[string]any{"enable_dns_support": true, "enable_dns_hostnames": false, "instance_tenancy": "default"} {
		if _, known := r.get(key); known && r.values[key] == nil {
			r.values[key] = otherwise
		}
	}
}

func sameOwner(_ *evaluator, r *resource) {
	if r.values["peer_owner_id"] == nil && r.values["peer_region"] == nil {
		r.values["auto_accept"] = true
	}
}

// withoutSecrets drops what may hold secrets and bears on no answer.
func withoutSecrets(_ *evaluator, r *resource) {
	for _, key := range []string{"environment", "code", "code_uri"} {
		delete(r.values, key)
	}
}

func aclEntryProperties(_ *evaluator, r *resource) {
	if m, ok := r.values["port_range"].(map[string]any); ok {
		r.values["from_port"], r.values["to_port"] = m["From"], m["To"]
	}
	if m, ok := r.values["icmp"].(map[string]any); ok {
		r.values["icmp_type"], r.values["icmp_code"] = m["Type"], m["Code"]
	}
	r.values["protocol"] = asText(r.values["protocol"])
}

// ruleKeys are the parts of a security group rule, and the rows' names.
var ruleKeys = []struct {
	from, to string
	list     bool
}{
	{"ip_protocol", "protocol", false}, {"cidr_ip", "cidr_blocks", true}, {"cidr_ipv6", "ipv6_cidr_blocks", true},
	{"source_prefix_list_id", "prefix_list_ids", true}, {"destination_prefix_list_id", "prefix_list_ids", true},
	{"source_security_group_id", "security_groups", true}, {"destination_security_group_id", "security_groups", true},
}

// ruleParts gives a rule's parts the rows' names and shapes.
func ruleParts(values, unknown map[string]any) {
	for _, k := range ruleKeys {
		if v, ok := values[k.from]; ok {
			if delete(values, k.from); k.list {
				v = []any{v}
			} else {
				v = asText(v)
			}
			values[k.to] = v
		}
		if unknown != nil && unknown[k.from] == true {
			unknown[k.to] = true
		}
	}
}

func groupRuleProperties(side string) func(*evaluator, *resource) {
	return func(_ *evaluator, r *resource) {
		u, _ := r.unknown.(map[string]any)
		ruleParts(r.values, u)
		r.values["type"] = side
		r.move("group_id", "security_group_id")
	}
}

// groupProperties turns the two lists of rules into blocks. A group without
// egress rules keeps the one that AWS gives it.
//
// AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
func groupProperties(_ *evaluator, r *resource) {
	r.move("group_name", "name")
	for from, to := range map[string]string{"security_group_ingress": "ingress", "security_group_egress": "egress"} {
		r.move(from, to)
		l, isList := r.values[to].([]any)
		if !isList && r.values[to] != nil {
			l = []any{r.values[to]}
		}
		u, _ := r.unknown.(map[string]any)
		marks, _ := u[to].([]any)
		for i := range l {
			if o, ok := l[i].(map[string]any); ok {
				o = snakeKeys(o)
				var mark map[string]any
				if i < len(marks) {
					m, _ := marks[i].(map[string]any)
					mark = snakeKeys(m)
					marks[i] = mark
				}
				ruleParts(o, mark)
				l[i] = o
			}
		}
		if l != nil {
			r.values[to] = l
		}
	}
	if _, known := r.get("egress"); known && r.values["egress"] == nil && r.created() {
		r.values["egress"] = []any{map[string]any{"protocol": "-1", "cidr_blocks": []any{"0.0.0.0/0"}}}
	}
}

func endpointProperties(e *evaluator, r *resource) {
	document("policy_document", "policy")(e, r)
	if _, known := r.get("policy"); known && r.values["policy"] == nil {
		delete(r.values, "policy")
	}
}

// gatewayAttachment attaches an internet gateway or a virtual private gateway.
func gatewayAttachment(_ *evaluator, r *resource) []*resource {
	if v, known := r.get("internet_gateway_id"); known && v == nil {
		r.typ = "aws_vpn_gateway_attachment"
	}
	return []*resource{r}
}

func zoneProperties(_ *evaluator, r *resource) {
	r.move("vpcs", "vpc")
	l, _ := r.values["vpc"].([]any)
	for i := range l {
		if o, ok := l[i].(map[string]any); ok {
			l[i] = map[string]any{"vpc_id": o["VPCId"], "vpc_region": o["VPCRegion"]}
		}
	}
}

func recordProperties(_ *evaluator, r *resource) {
	r.move("hosted_zone_id", "zone_id")
	r.move("resource_records", "records")
	if m, ok := r.values["alias_target"].(map[string]any); ok {
		r.values["alias"] = []any{map[string]any{"name": m["DNSName"]}}
	}
}

func roleProperties(e *evaluator, r *resource) {
	r.move("role_name", "name")
	document("assume_role_policy_document", "assume_role_policy")(e, r)
	tagMap(e, r)
	u, _ := r.unknown.(map[string]any)
	l, _ := r.values["policies"].([]any)
	marks, _ := u["policies"].([]any)
	var blocks []any
	for i, p := range l {
		o, _ := p.(map[string]any)
		var mark map[string]any
		if i < len(marks) {
			mark, _ = marks[i].(map[string]any)
		}
		if o == nil {
			blocks = append(blocks, map[string]any{"name": fmt.Sprint("Policies ", i), "policy": unknownDocument(r.place("Policies", i))})
			continue
		}
		blocks = append(blocks, map[string]any{"name": o["PolicyName"], "policy": documentText(o["PolicyDocument"], mark["PolicyDocument"], r.place("Policies", i))})
	}
	r.values["inline_policy"] = blocks
	if u["policies"] == true {
		u["inline_policy"] = true
	}
	r.move("policies", "inline_policies")
}

// rolesOf are the roles that a policy names.
func (e *evaluator) rolesOf(r *resource) []string {
	roles, whole := r.texts("roles")
	if !whole {
		e.notes = append(e.notes, r.address+": some of the roles that it is attached to are not known")
	}
	return roles
}

// policyOfRoles is an inline policy of each of its roles.
func policyOfRoles(e *evaluator, r *resource) (out []*resource) {
	document("policy_document", "policy")(e, r)
	r.move("policy_name", "name")
	roles := e.rolesOf(r)
	for _, role := range roles {
		c := *r
		c.values = map[string]any{"role": role, "name": r.values["name"], "policy": r.values["policy"], "region": r.values["region"]}
		out = append(out, &c)
	}
	return out
}

// policyOfEach parts a policy that is set on a list of resources.
func policyOfEach(list, attr string) func(*evaluator, *resource) []*resource {
	return func(e *evaluator, r *resource) (out []*resource) {
		document("policy_document", "policy")(e, r)
		resources, known := r.texts(list)
		if !known {
			resources = []string{""} // which they are is not known
		}
		for _, id := range resources {
			c := *r
			c.values = map[string]any{attr: id, "policy": r.values["policy"], "region": r.values["region"]}
			out = append(out, &c)
		}
		return out
	}
}

// withARN sets the ARN that a resource has, or will have.
func withARN(e *evaluator, r *resource) {
	if arn, ok := e.arn(r.name, e.resources[r.name]); ok {
		r.values["arn"] = arn
	}
}

// managedPolicyOfRoles is a managed policy with its attachments.
func managedPolicyOfRoles(e *evaluator, r *resource) []*resource {
	document("policy_document", "policy")(e, r)
	r.move("managed_policy_name", "name")
	out := []*resource{r}
	arn, ok := e.arn(r.name, e.resources[r.name])
	roles := e.rolesOf(r)
	if !ok {
		return out
	}
	r.values["arn"] = arn
	for _, role := range roles {
		out = append(out, &resource{address: r.address, typ: "aws_iam_role_policy_attachment", name: r.name, actions: r.actions, evaluated: true,
			values: map[string]any{"role": role, "policy_arn": arn}})
	}
	return out
}

// bucketProperties parts a bucket into the resources that rows read.
func bucketProperties(e *evaluator, r *resource) []*resource {
	tagMap(e, r)
	r.move("bucket_name", "bucket")
	out := []*resource{r}
	bucket := r.values["bucket"]
	if bucket == nil {
		bucket = e.id(r.name)
	}
	part := func(typ string, values map[string]any) {
		values["bucket"], values["region"] = bucket, r.values["region"]
		out = append(out, &resource{address: r.address, typ: typ, name: r.name, actions: r.actions, evaluated: true, values: values})
	}
	if m, ok := r.values["public_access_block_configuration"].(map[string]any); ok {
		part("aws_s3_bucket_public_access_block", snakeKeys(m))
	}
	if m, ok := r.values["ownership_controls"].(map[string]any); ok {
		part("aws_s3_bucket_ownership_controls", map[string]any{"rule": snakeList(m["Rules"])})
	}
	if m, ok := r.values["bucket_encryption"].(map[string]any); ok {
		if rules, _ := m["ServerSideEncryptionConfiguration"].([]any); len(rules) > 0 {
			rule, _ := rules[0].(map[string]any)
			by, _ := rule["ServerSideEncryptionByDefault"].(map[string]any)
			part("aws_s3_bucket_server_side_encryption_configuration", map[string]any{"rule": []any{map[string]any{
				"apply_server_side_encryption_by_default": []any{map[string]any{"sse_algorithm": by["SSEAlgorithm"], "kms_master_key_id": by["KMSMasterKeyID"]}}}}})
		}
	}
	return out
}

func snakeList(v any) []any {
	l, _ := v.([]any)
	out := make([]any, 0, len(l))
	for _, i := range l {
		if m, ok := i.(map[string]any); ok {
			out = append(out, snakeKeys(m))
		}
	}
	return out
}
