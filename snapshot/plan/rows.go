package plan

import (
	"slices"
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
)

// row is one Terraform type: how it stands in a snapshot. Rows are in the
// order in which resources are added; they are removed in the reverse order.
type row struct {
	typ    string
	put    func(*overlay, *resource)
	remove func(*overlay, *resource)
}

var rows []row

var rowOf = map[string]*row{}

func init() {
	rows = slicesConcat(networkRows, filterRows, routeRows, endpointRows, gatewayRows, transitRows, dnsRows, identityRows, organizationRows, bucketRows, resourceRows, sourceRows)
	for i := range rows {
		rowOf[rows[i].typ] = &rows[i]
	}
}

func slicesConcat(parts ...[]row) (out []row) {
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// irrelevant are types that bear on no answer.
var irrelevant = map[string]bool{
	"aws_s3_object": true, "aws_s3_object_copy": true, "aws_s3_bucket_accelerate_configuration": true, "aws_s3_bucket_analytics_configuration": true,
	"aws_s3_bucket_intelligent_tiering_configuration": true, "aws_s3_bucket_inventory": true, "aws_s3_bucket_object_lock_configuration": true,
	"aws_s3_bucket_replication_configuration": true, "aws_s3_bucket_website_configuration": true, "aws_s3_bucket_metadata_configuration": true,
	"aws_sqs_queue_redrive_policy": true, "aws_sqs_queue_redrive_allow_policy": true, "aws_ecr_lifecycle_policy": true, "aws_sns_topic_subscription": true,
	"aws_secretsmanager_secret_version": true, "aws_secretsmanager_secret_rotation": true, "aws_lambda_permission": true, "aws_lambda_alias": true,
	"aws_iam_user": true, "aws_iam_user_policy": true, "aws_iam_user_policy_attachment": true, "aws_iam_user_group_membership": true, "aws_iam_user_login_profile": true,
	"aws_iam_access_key": true, "aws_iam_group": true, "aws_iam_group_policy": true, "aws_iam_group_policy_attachment": true, "aws_iam_group_membership": true,
	"aws_iam_openid_connect_provider": true, "aws_iam_saml_provider": true, "aws_iam_service_linked_role": true, "aws_iam_account_alias": true,
	"aws_iam_account_password_policy": true, "aws_ecs_cluster": true, "aws_route53_health_check": true, "aws_route53_query_log": true,
	"aws_ec2_subnet_cidr_reservation": true, "aws_network_interface_permission": true, "aws_route53_vpc_association_authorization": true,
	"aws_route53_resolver_firewall_rule_group": true, "aws_route53_resolver_config": true, "aws_route53_resolver_query_log_config": true,
	"aws_route53_resolver_query_log_config_association": true, "aws_route53_resolver_dnssec_config": true, "aws_route53profiles_profile": true,
	"aws_vpc_endpoint_connection_notification": true, "aws_vpc_ipam": true, "aws_vpc_ipam_pool": true, "aws_vpc_ipam_scope": true, "aws_vpc_ipam_pool_cidr": true,
	"aws_s3_bucket_versioning": true, "aws_s3_bucket_lifecycle_configuration": true, "aws_s3_bucket_logging": true,
	"aws_s3_bucket_notification": true, "aws_s3_bucket_metric": true, "aws_s3_bucket_cors_configuration": true, "aws_ec2_tag": true,
	"aws_cloudwatch_log_group": true, "aws_cloudwatch_metric_alarm": true, "aws_flow_log": true, "aws_key_pair": true,
	"aws_customer_gateway": true,
}

// families begin the types that bear on who reaches what: networks, policies,
// buckets and keys, and what runs in a VPC. Template types are named as they
// are, behind "aws_".
var families = []string{"vpc", "subnet", "route", "ec2_", "network", "default_", "security_group", "internet_gateway", "nat_", "egress_", "eip", "vpn", "dx_", "iam_", "s3", "kms_",
	"organizations_", "ram_", "instance", "spot_", "launch_", "autoscaling_", "lambda_function", "sagemaker_", "ecs_", "eks_", "batch_", "glue_", "emr", "mwaa_", "codebuild_project", "redshift_",
	"AWS::EC2::", "AWS::Route53", "AWS::NetworkFirewall::", "AWS::IAM::", "AWS::S3", "AWS::KMS::", "AWS::Organizations::", "AWS::RAM::", "AWS::AutoScaling::", "AWS::Lambda::Function",
	"AWS::SageMaker::", "AWS::ECS::", "AWS::EKS::", "AWS::Batch::", "AWS::Glue::", "AWS::EMR", "AWS::MWAA::", "AWS::CodeBuild::", "AWS::Redshift", "AWS::Serverless::", "AWS::CloudFormation::Stack"}

func bears(typ string) bool {
	return slices.ContainsFunc(families, func(f string) bool { return strings.HasPrefix(typ, "aws_"+f) })
}

// member is one member of an AWS resource and the attribute that fills it.
type member struct {
	key, attr string
	kind      kind
	required  bool // without it there is no item
}

// members reads "VpcId=vpc_id! CidrBlock=cidr_block SubnetIds=subnet_ids*":
// ! marks another resource's id, * a list of them, + what an item cannot be
// without.
func members(spec string) (out []member) {
	for _, f := range strings.Fields(spec) {
		key, attr, _ := strings.Cut(f, "=")
		m := member{key: key}
		attr, m.required = strings.CutSuffix(attr, "+")
		m.attr = attr
		if a, ok := strings.CutSuffix(attr, "!"); ok {
			m.attr, m.kind = a, refKind
		} else if a, ok := strings.CutSuffix(attr, "*"); ok {
			m.attr, m.kind = a, refsKind
		}
		out = append(out, m)
	}
	return out
}

// ec2 is the row of a type that is one item of a regional EC2 collection.
// More adds what the members do not say.
func ec2(typ, collection, idKey, spec string, more func(*overlay, *resource, object)) row {
	return item(typ, "ec2", collection, idKey, spec, more)
}

func item(typ, service, collection, idKey, spec string, more func(*overlay, *resource, object)) row {
	fields := members(spec)
	return row{typ: typ,
		put: func(v *overlay, r *resource) {
			id := v.idOf(r)
			l := v.home(r, service, collection, idKey, id)
			if r.unchanged() && v.find(l, idKey, id) != nil {
				return
			}
			o := object{}
			for _, f := range fields {
				if !v.set(r, o, f.key, f.kind, f.attr) {
					v.gap(r, service, "Describe"+collection, id, f.attr)
				}
				if f.required && o[f.key] == nil {
					return
				}
			}
			if _, tagged := r.values["tags"]; tagged || r.values["tags_all"] != nil {
				o["Tags"] = tags(r)
			}
			if !r.data && (r.created() || v.find(l, idKey, id) == nil) {
				o["OwnerId"] = v.accountOf(r).Get("accountId").Text()
			}
			if more != nil {
				more(v, r, o)
			}
			v.upsert(l, idKey, id, o)
		},
		remove: func(v *overlay, r *resource) {
			id := v.idOf(r)
			v.removeItem(v.home(r, service, collection, idKey, id), idKey, id)
		}}
}

// state sets the state of what exists, or will.
func state(value string) func(*overlay, *resource, object) {
	return func(_ *overlay, _ *resource, o object) { o["State"] = value }
}

// within finds an item by id in any Region of any account: what a part
// belongs to may be another account's.
func (v *overlay) within(service, collection, idKey, id string) *jsontree.Node {
	for _, a := range v.root.Get("accounts").Elements() {
		for _, g := range a.Get("regions").Elements() {
			if s := g.Get(service); s != nil && s.Get(collection) != nil {
				if n := v.find(s.Get(collection), idKey, id); n != nil {
					return n
				}
			}
		}
	}
	return nil
}

// home is the list that holds, or is to hold, an item: what exists stays where
// it is, whatever the plan does not tell of its Region.
func (v *overlay) home(r *resource, service, collection, idKey, id string) *jsontree.Node {
	for _, a := range v.root.Get("accounts").Elements() {
		for _, g := range a.Get("regions").Elements() {
			if l := g.Get(service).Get(collection); l != nil && v.find(l, idKey, id) != nil {
				return l
			}
		}
	}
	return list(v.regionOf(r), service, collection)
}

// adopt adds what AWS made with a VPC and the base lacks: a state tells all of it.
func (v *overlay) adopt(r *resource, collection, idKey, id string, members object) *jsontree.Node {
	vpc := v.id(r, "vpc_id")
	if id == "" || vpc == "" || r.created() {
		v.note("%s: what it manages is not in the snapshot", r.address)
		return nil
	}
	v.places[id] = r.address
	members["VpcId"], members["OwnerId"] = vpc, v.accountOf(r).Get("accountId").Text()
	return v.upsert(list(v.regionOf(r), "ec2", collection), idKey, id, members)
}

// part is the row of a type that is a part of another resource. Missing says
// what is not in the snapshot.
func part(typ string, put, remove func(*overlay, *resource)) row {
	return row{typ: typ, remove: remove, put: put}
}

// without removes what an attribute names from a list of the resource that
// another attribute names.
func without(of func(*overlay, *resource) *jsontree.Node, list, key, attr string) func(*overlay, *resource) {
	return func(v *overlay, r *resource) {
		n, id := of(v, r), v.id(r, attr)
		if n == nil || id == "" {
			return
		}
		removeWhere(n.Get(list), func(x *jsontree.Node) bool { return x.Text() == id || key != "" && x.Get(key).Text() == id })
	}
}

// owner finds the item that an attribute names.
func owner(service, collection, idKey, attr string) func(*overlay, *resource) *jsontree.Node {
	return func(v *overlay, r *resource) *jsontree.Node {
		return v.within(service, collection, idKey, v.id(r, attr))
	}
}

// Types lists the Terraform types that are read, in the order in which they
// are added.
func Types() []string {
	var out []string
	for _, r := range rows {
		out = append(out, r.typ)
	}
	return out
}

// Removes tells whether a destroyed resource of a type leaves the snapshot.
func Removes(typ string) bool { return rowOf[typ] != nil && rowOf[typ].remove != nil }
