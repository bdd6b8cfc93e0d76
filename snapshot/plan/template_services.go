package plan

import "fmt"

// serviceTypes are those of further services, and those whose properties become
// more than one resource.
func serviceTypes() map[string]templateType {
	return map[string]templateType{
		"AWS::SQS::QueueInlinePolicy":                        {"aws_sqs_queue_policy", one(renamed("queue", "queue_url"), document("policy_document", "policy"))},
		"AWS::SNS::TopicInlinePolicy":                        {"aws_sns_topic_policy", one(renamed("topic_arn", "arn"), document("policy_document", "policy"))},
		"AWS::Organizations::Account":                        {"aws_organizations_account", one(parentOf)},
		"AWS::Organizations::OrganizationalUnit":             {"aws_organizations_organizational_unit", nil},
		"AWS::S3Express::DirectoryBucket":                    {"aws_s3_directory_bucket", one(renamed("bucket_name", "bucket"))},
		"AWS::S3Express::BucketPolicy":                       {"aws_s3_bucket_policy", one(document("policy_document", "policy"))},
		"AWS::KMS::ReplicaKey":                               {"aws_kms_replica_key", one(tagMap, document("key_policy", "policy"))},
		"AWS::IAM::InstanceProfile":                          {"aws_iam_instance_profile", each("roles", "role", renamed("instance_profile_name", "name"))},
		"AWS::EC2::EIPAssociation":                           {"aws_eip_association", nil},
		"AWS::EC2::NetworkInterface":                         {"aws_network_interface", one(tagMap, renamed("group_set", "security_groups"), renamed("private_ip_address", "private_ip"))},
		"AWS::EC2::NetworkInterfaceAttachment":               {"aws_network_interface_attachment", nil},
		"AWS::EC2::Instance":                                 {"aws_instance", one(tagMap, renamed("security_group_ids", "vpc_security_group_ids"), renamed("private_ip_address", "private_ip"))},
		"AWS::EC2::SecurityGroupVpcAssociation":              {"aws_vpc_security_group_vpc_association", one(renamed("group_id", "security_group_id"))},
		"AWS::EC2::VPCEncryptionControl":                     {"aws_vpc_encryption_control", one(tagMap, exclusionInputs)},
		"AWS::EC2::VPNConnection":                            {"aws_vpn_connection", one(tagMap)},
		"AWS::EC2::VPNGatewayRoutePropagation":               {"aws_vpn_gateway_route_propagation", each("route_table_ids", "route_table_id")},
		"AWS::EC2::TransitGatewayPeeringAttachment":          {"aws_ec2_transit_gateway_peering_attachment", one(tagMap)},
		"AWS::Route53::RecordSetGroup":                       {"aws_route53_record", recordSets},
		"AWS::Route53Resolver::FirewallDomainList":           {"aws_route53_resolver_firewall_domain_list", one(tagMap)},
		"AWS::Route53Resolver::FirewallRuleGroup":            {"aws_route53_resolver_firewall_rule", firewallRules},
		"AWS::Route53Resolver::FirewallRuleGroupAssociation": {"aws_route53_resolver_firewall_rule_group_association", one(tagMap)},
		"AWS::Route53Resolver::ResolverEndpoint":             {"aws_route53_resolver_endpoint", one(tagMap, renamed("ip_addresses", "ip_address"), lowerBlocks("ip_address"))},
		"AWS::Route53Profiles::ProfileAssociation":           {"aws_route53profiles_association", one(tagMap)},
		"AWS::Route53Profiles::ProfileResourceAssociation":   {"aws_route53profiles_resource_association", nil},
	}
}

// each is a resource for every element of a list.
func each(list, attr string, changes ...func(*evaluator, *resource)) func(*evaluator, *resource) []*resource {
	return func(e *evaluator, r *resource) (out []*resource) {
		for _, c := range changes {
			c(e, r)
		}
		items, whole := r.texts(list)
		if !whole {
			e.notes = append(e.notes, fmt.Sprintf("%s: some of its %s are not known", r.address, list))
		}
		for _, item := range items {
			c := *r
			c.values = map[string]any{attr: item}
			for k, v := range r.values {
				if k != list {
					c.values[k] = v
				}
			}
			out = append(out, &c)
		}
		return out
	}
}

// blocksAs is a resource for every object of a list, with what they share.
func blocksAs(r *resource, list string, shared map[string]any) (out []*resource) {
	l, _ := r.values[list].([]any)
	marks := child(r.unknown, list)
	for i := range l {
		o, _ := l[i].(map[string]any)
		u, _ := child(marks, i).(map[string]any)
		c := *r
		c.values, c.unknown = snakeKeys(o), snakeKeys(u)
		for k, v := range shared {
			c.values[k] = v
		}
		out = append(out, &c)
	}
	return out
}

func recordSets(e *evaluator, r *resource) (out []*resource) {
	if _, known := r.list("record_sets"); !known {
		e.notes = append(e.notes, r.address+": some of its records are not known")
	}
	shared := map[string]any{"region": r.values["region"], "hosted_zone_id": r.values["hosted_zone_id"]}
	for _, c := range blocksAs(r, "record_sets", shared) {
		recordProperties(e, c)
		out = append(out, c)
	}
	return out
}

// firewallRules are the rules of a group, which is nothing but them.
func firewallRules(e *evaluator, r *resource) []*resource {
	if _, known := r.list("firewall_rules"); !known {
		e.notes = append(e.notes, r.address+": some of its rules are not known")
	}
	out := blocksAs(r, "firewall_rules", map[string]any{"region": r.values["region"], "firewall_rule_group_id": e.id(r.name)})
	for i, c := range out {
		c.values["name"] = fmt.Sprint(r.name, i)
	}
	return out
}

// exclusionInputs drops the ending that CloudFormation's names have.
func exclusionInputs(_ *evaluator, r *resource) {
	for _, attr := range encryptionExclusions {
		r.move(attr+"_input", attr)
	}
}

func parentOf(_ *evaluator, r *resource) {
	if l, ok := r.values["parent_ids"].([]any); ok && len(l) == 1 {
		r.values["parent_id"] = l[0]
	}
}
