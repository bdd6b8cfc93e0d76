package plan_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/plan"
)

// What a part belongs to may be known after apply only: a local value's
// references are not in a plan. The part is then nobody's for certain, and the
// answer is UNKNOWN by the attribute's name where the part decides.
func TestPartsOfUnknownOwners(t *testing.T) {
	local := m{"references": []any{"local.x"}}
	doc := refs("data.aws_iam_policy_document.job.json")
	for _, tt := range []struct {
		name string
		edit planned
		says string
	}{
		{"a group's rule", planned{"aws_vpc_security_group_egress_rule.s3", "create", nil, m{"ip_protocol": "tcp", "from_port": 443, "to_port": 443, "prefix_list_id": "pl-63a5400a"},
			m{"id": true, "security_group_id": true}, m{"security_group_id": local}}, "aws_security_group.job"},
		{"an endpoint's tables", planned{"aws_vpc_endpoint.s3", "create", nil, m{"service_name": "com.amazonaws.us-east-1.s3", "vpc_endpoint_type": "Gateway"},
			m{"id": true, "vpc_id": true, "route_table_ids": true, "policy": true}, m{"vpc_id": refs("aws_vpc.main.id"), "route_table_ids": local}}, "aws_vpc_endpoint.s3.route_table_ids"},
		{"a subnet's table", planned{"aws_route_table_association.other[1]", "create", nil, m{}, m{"id": true, "route_table_id": true, "subnet_id": true},
			m{"route_table_id": local, "subnet_id": m{"references": []any{"aws_subnet.private", "count.index"}}}}, "aws_route_table_association.other[1].route_table_id"},
		{"a table's subnet", planned{"aws_route_table_association.other[1]", "create", nil, m{}, m{"id": true, "route_table_id": true, "subnet_id": true},
			m{"route_table_id": refs("aws_route_table.private.id"), "subnet_id": local}}, "aws_subnet.private[1]"},
		{"a role's policy", planned{"aws_iam_role_policy.job", "create", nil, m{"name": "s3"}, m{"id": true, "policy": true, "role": true}, m{"role": local, "policy": doc}}, "role/job"},
		{"an ACL's subnets", planned{"aws_network_acl.a", "create", nil, m{"egress": []any{}, "ingress": []any{}}, m{"id": true, "vpc_id": true, "subnet_ids": true},
			m{"vpc_id": refs("aws_vpc.main.id"), "subnet_ids": local, "egress": m{"constant_value": []any{}}}}, "aws_subnet.private[0]"},
		{"an endpoint's policy", planned{"aws_vpc_endpoint_policy.p", "create", nil, m{"policy": someDocument}, m{"id": true, "vpc_endpoint_id": true}, m{"vpc_endpoint_id": local, "policy": m{}}},
			"aws_vpc_endpoint_policy.p.vpc_endpoint_id"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list := network()
			if strings.HasPrefix(tt.edit.address, "aws_route_table_association") {
				list = without(list, "aws_route_table_association.private[1]")
			}
			a := settled(t, with(list, tt.edit)...)
			if a.Verdict != sim.Unknown || !strings.Contains(codes(a), tt.says) {
				t.Errorf("%v, want UNKNOWN by %s\n%s", a.Verdict, tt.says, codes(a))
			}
		})
	}
}

// A statement whose effect is not known may deny; one that overrides another
// takes its place.
func TestRebuiltDocuments(t *testing.T) {
	document := func(after, unknown, expr m) []planned {
		unknown["json"] = true
		return with(network(), planned{"data.aws_iam_policy_document.job", "read", nil, after, unknown, expr})
	}
	allow := m{"sid": "S", "effect": "Allow", "actions": []any{"*"}, "resources": []any{"*"}}
	deny := m{"sid": "S", "effect": "Deny", "actions": []any{"s3:*"}, "resources": []any{"*"}}
	other := planned{"data.aws_iam_policy_document.other", "read", nil, m{"statement": []any{deny}}, m{"json": true}, m{}}
	refers := m{"override_policy_documents": refs("data.aws_iam_policy_document.other.json"), "source_policy_documents": refs("data.aws_iam_policy_document.other.json")}
	for _, tt := range []struct {
		name    string
		plan    []planned
		verdict sim.Verdict
	}{
		{"an unknown effect may deny", document(m{"statement": []any{allow, m{"actions": []any{"s3:*"}, "resources": []any{"*"}}}}, m{"statement": []any{m{}, m{"effect": true}}}, m{}), sim.Unknown},
		{"an override replaces the statement of its Sid", with(document(m{"statement": []any{deny}}, m{"override_policy_documents": []any{true}}, m{"override_policy_documents": refers["override_policy_documents"]}),
			planned{"data.aws_iam_policy_document.other", "read", nil, m{"statement": []any{allow}}, m{"json": true}, m{}}), sim.Reachable},
		{"a source's statement is replaced by the document's own", with(document(m{"statement": []any{allow}}, m{"source_policy_documents": []any{true}}, m{"source_policy_documents": refers["source_policy_documents"]}), other), sim.Reachable},
		{"an override denies", with(document(m{"statement": []any{allow}}, m{"override_policy_documents": []any{true}}, m{"override_policy_documents": refers["override_policy_documents"]}), other), sim.Blocked},
		{"an override that leads nowhere may replace anything", document(m{"statement": []any{deny}}, m{"override_policy_documents": []any{true}}, m{"override_policy_documents": m{"references": []any{"local.x"}}}), sim.Unknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if a := settled(t, tt.plan...); a.Verdict != tt.verdict {
				t.Errorf("%v, want %v\n%s", a.Verdict, tt.verdict, codes(a))
			}
		})
	}
}

// A jsonencode expression's text is not in a plan: its references alone do not
// tell what it says.
func TestJSONEncodeIsUnknownByName(t *testing.T) {
	a := settled(t, with(network(), planned{"aws_iam_role_policy.job", "create", nil, m{"name": "s3"}, m{"id": true, "policy": true, "role": true},
		m{"role": refs("aws_iam_role.job.id"), "policy": m{"references": []any{"aws_s3_bucket.models.arn", "aws_s3_bucket.models"}}}})...)
	if a.Verdict != sim.Unknown || !strings.Contains(codes(a), "aws_iam_role_policy.job.policy") {
		t.Errorf("%v\n%s", a.Verdict, codes(a))
	}
}

// stateJSON is a state as `terraform show -json` prints it.
func stateJSON(t *testing.T, resources ...m) []byte {
	t.Helper()
	for _, r := range resources {
		parts := strings.Split(r["address"].(string), ".")
		r["mode"] = "managed"
		if parts[0] == "data" {
			r["mode"], parts = "data", parts[1:]
		}
		r["type"], r["name"] = parts[0], parts[1]
	}
	text, err := json.Marshal(m{"format_version": "1.0", "terraform_version": "1.9.0", "values": m{"root_module": m{"resources": resources}}})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// state is a network of which a state has the resources that a module makes:
// the VPC's own table, ACL and group adopted.
func state() []m {
	arn := func(kind, id string) string { return "arn:aws:ec2:us-east-1:111122223333:" + kind + "/" + id }
	rule := func(egress bool, number float64, action string) m {
		return m{"rule_no": number, "action": action, "protocol": "-1", "cidr_block": all, "from_port": 0.0, "to_port": 0.0}
	}
	return []m{
		{"address": "data.aws_caller_identity.me", "values": m{"account_id": "111122223333"}},
		{"address": "aws_vpc.v", "values": m{"id": "vpc-1", "arn": arn("vpc", "vpc-1"), "owner_id": "111122223333", "cidr_block": "10.0.0.0/16", "enable_dns_support": true, "enable_dns_hostnames": true,
			"instance_tenancy": "default", "dhcp_options_id": "dopt-1"}},
		{"address": "aws_vpc_dhcp_options.d", "values": m{"id": "dopt-1", "arn": arn("dhcp-options", "dopt-1"), "domain_name_servers": []any{"AmazonProvidedDNS"}}},
		{"address": "aws_subnet.s", "values": m{"id": "subnet-1", "arn": arn("subnet", "subnet-1"), "vpc_id": "vpc-1", "cidr_block": "10.0.0.0/24", "availability_zone": "us-east-1a", "map_public_ip_on_launch": false}},
		{"address": "aws_default_network_acl.d", "values": m{"id": "acl-0", "arn": arn("network-acl", "acl-0"), "default_network_acl_id": "acl-0", "vpc_id": "vpc-1", "subnet_ids": []any{"subnet-1"},
			"ingress": []any{rule(false, 100, "allow")}, "egress": []any{rule(true, 100, "allow")}}},
		{"address": "aws_default_route_table.d", "values": m{"id": "rtb-0", "arn": arn("route-table", "rtb-0"), "default_route_table_id": "rtb-0", "vpc_id": "vpc-1", "route": []any{}}},
		{"address": "data.aws_ec2_managed_prefix_list.s3", "values": m{"id": "pl-63a5400a", "name": "com.amazonaws.us-east-1.s3", "address_family": "IPv4", "entries": []any{m{"cidr": "52.216.0.0/15"}, m{"cidr": "3.5.0.0/19"}},
			"arn": "arn:aws:ec2:us-east-1:aws:prefix-list/pl-63a5400a"}},
		{"address": "aws_vpc_endpoint.e", "values": m{"id": "vpce-1", "arn": arn("vpc-endpoint", "vpce-1"), "vpc_id": "vpc-1", "service_name": "com.amazonaws.us-east-1.s3", "vpc_endpoint_type": "Gateway", "state": "available",
			"route_table_ids": []any{"rtb-0"}, "policy": strings.Replace(someDocument, "Deny", "Allow", 1)}},
		{"address": "aws_default_security_group.g", "values": m{"id": "sg-0", "arn": arn("security-group", "sg-0"), "vpc_id": "vpc-1", "name": "default", "ingress": []any{},
			"egress": []any{m{"protocol": "-1", "from_port": 0.0, "to_port": 0.0, "cidr_blocks": []any{all}}}}},
		{"address": "aws_iam_role.r", "values": m{"id": "job", "name": "job", "path": "/", "arn": "arn:aws:iam::111122223333:role/job", "managed_policy_arns": []any{},
			"assume_role_policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
			"inline_policy":      []any{m{"name": "p", "policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`}}}},
		{"address": "aws_s3_bucket.b", "values": m{"id": "models", "bucket": "models", "arn": "arn:aws:s3:::models", "region": "us-east-1"}},
		{"address": "aws_s3_bucket_server_side_encryption_configuration.b", "values": m{"bucket": "models", "rule": []any{m{"apply_server_side_encryption_by_default": []any{m{"sse_algorithm": "AES256"}}}}}},
		{"address": "aws_s3_bucket_policy.b", "values": m{"bucket": "models", "policy": strings.Replace(someDocument, "Deny", "Allow", 1)}},
	}
}

// A state is a snapshot of its own. A data source tells less than a resource:
// nothing that it leaves out is taken for absent.
func TestStates(t *testing.T) {
	for _, tt := range []struct {
		name    string
		edit    func([]m) []m
		verdict sim.Verdict
		says    string
	}{
		{"everything is managed", func(l []m) []m { return l }, sim.Reachable, ""},
		{"the group is a data source, whose rules are not told", replaced("aws_default_security_group.g", "data.aws_security_group.g", "ingress", "egress"), sim.Unknown, "sg-0"},
		{"the role is a data source, whose policies are not told", replaced("aws_iam_role.r", "data.aws_iam_role.r", "inline_policy", "managed_policy_arns"), sim.Unknown, "role/job"},
		{"the VPC is a data source: it may have more endpoints and tables", replaced("aws_vpc.v", "data.aws_vpc.v"), sim.Unknown, "VpcEndpoints"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := plan.Read(stateJSON(t, tt.edit(state())...))
			if err != nil {
				t.Fatal(err)
			}
			res, err := p.Apply(nil, plan.Options{})
			if err != nil {
				t.Fatal(err)
			}
			// Neither the organization nor free addresses are in a state.
			s, err := snapshot.Parse([]byte(strings.NewReplacer(`"accountId":"111122223333"`, `"accountId":"111122223333","organizationId":null`,
				`"AvailabilityZone":"us-east-1a"`, `"AvailabilityZone":"us-east-1a","AvailableIpAddressCount":200`).Replace(string(res.Native))))
			if err != nil {
				t.Fatal(err)
			}
			job := snapshot.Job{RoleARN: "arn:aws:iam::111122223333:role/job", Subnets: []snapshot.SubnetID{"subnet-1"}, SecurityGroups: []snapshot.SecurityGroupID{"sg-0"}, HasVPCConfig: true, Instances: 1}
			a, err := sim.NewWorld(s).Check(t.Context(), sim.Question{Job: job, Bucket: "arn:aws:s3:::models/*", Actions: []string{"s3:GetObject"}, Options: sim.Options{}})
			if err != nil {
				t.Fatal(err)
			}
			if text, _ := json.Marshal(a); a.Verdict != tt.verdict || !strings.Contains(string(text), tt.says) {
				t.Errorf("%v, want %v and %q\n%s\n%v", a.Verdict, tt.verdict, tt.says, codes(a), res.Notes)
			}
		})
	}
}

// replaced gives a resource another address, without some of its attributes.
func replaced(address, by string, leaves ...string) func([]m) []m {
	return func(l []m) []m {
		for _, r := range l {
			if r["address"] == address {
				r["address"] = by
				for _, attr := range leaves {
					delete(r["values"].(m), attr)
				}
			}
		}
		return l
	}
}
