package plan_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

func codes(a *sim.Answer) string {
	var out []string
	for _, f := range a.Findings {
		if f.Severity == sim.Blocker {
			out = append(out, string(f.Gate.String())+" "+f.Component+": "+f.Message)
		}
	}
	for _, u := range a.Unknowns {
		out = append(out, "? "+u.Component+": "+u.Fact+" "+u.Gap)
	}
	return strings.Join(out, "\n")
}

// withOrganization settles the one fact that a plan does not tell.
func settled(t *testing.T, list ...planned) *sim.Answer {
	t.Helper()
	_, res := overlaid(t, nil, list...)
	text := strings.Replace(string(res.Native), `"accountId":"111122223333"`, `"accountId":"111122223333","organizationId":null`, 1)
	s, err := snapshot.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return ask(t, s)
}

func TestAWholeNetworkInAPlan(t *testing.T) {
	tests := []struct {
		name    string
		plan    []planned
		verdict sim.Verdict
		says    string // part of a blocker or a missing fact
	}{
		{"everything is in the plan", network(), sim.Reachable, ""},
		{"one subnet without its association uses the main table", without(network(), "aws_route_table_association.private[1]"), sim.Partial, "aws_vpc.main.main_route_table_id"},
		{"Terraform removes the egress rule of a new group", without(network(), "aws_vpc_security_group_egress_rule.s3"), sim.Blocked, "aws_security_group.job"},
		{"an endpoint without route tables routes nothing", with(network(), planned{"aws_vpc_endpoint.s3", "create", nil,
			m{"service_name": "com.amazonaws.us-east-1.s3", "vpc_endpoint_type": "Gateway"}, m{"id": true, "vpc_id": true, "policy": true, "route_table_ids": true},
			m{"vpc_id": refs("aws_vpc.main.id"), "service_name": m{}}}), sim.Blocked, "aws_route_table.private"},
		{"the table association resource makes the route", with(network(), planned{"aws_vpc_endpoint.s3", "create", nil,
			m{"service_name": "com.amazonaws.us-east-1.s3", "vpc_endpoint_type": "Gateway"}, m{"id": true, "vpc_id": true, "policy": true, "route_table_ids": true},
			m{"vpc_id": refs("aws_vpc.main.id"), "service_name": m{}}},
			planned{"aws_vpc_endpoint_route_table_association.a", "create", nil, m{}, m{"id": true, "vpc_endpoint_id": true, "route_table_id": true},
				m{"vpc_endpoint_id": refs("aws_vpc_endpoint.s3.id"), "route_table_id": refs("aws_route_table.private.id")}}), sim.Reachable, ""},
		{"an endpoint policy that is unknown after apply is named", with(network(), planned{"aws_vpc_endpoint_policy.p", "create", nil, m{}, m{"id": true, "policy": true, "vpc_endpoint_id": true},
			m{"vpc_endpoint_id": refs("aws_vpc_endpoint.s3.id"), "policy": m{"references": []any{"local.policy"}}}}), sim.Unknown, "aws_vpc_endpoint_policy.p.policy"},
		{"a document's unknown resource is unknown, by name", with(network(), planned{"data.aws_iam_policy_document.job", "read", nil, m{"statement": []any{
			m{"effect": "Allow", "actions": []any{"s3:GetObject"}, "resources": []any{nil}}, m{"effect": "Allow", "actions": []any{"ec2:*"}, "resources": []any{"*"}}}},
			m{"json": true, "statement": []any{m{"resources": []any{true}}, m{}}}, m{}}), sim.Unknown, "data.aws_iam_policy_document.job.statement[0].resources"},
		{"a document's known Deny decides whatever is unknown beside it", with(network(), planned{"data.aws_iam_policy_document.job", "read", nil, m{"statement": []any{
			m{"effect": "Allow", "actions": []any{"s3:GetObject"}, "resources": []any{nil}}, m{"effect": "Deny", "actions": []any{"s3:*"}, "resources": []any{"*"}},
			m{"effect": "Allow", "actions": []any{"ec2:*"}, "resources": []any{"*"}}}},
			m{"json": true, "statement": []any{m{"resources": []any{true}}, m{}, m{}}}, m{}}), sim.Blocked, "explicit deny"},
		{"a bucket policy that is not known yet", with(network(), planned{"aws_s3_bucket_policy.b", "create", nil, m{}, m{"id": true, "bucket": true, "policy": true},
			m{"bucket": refs("aws_s3_bucket.models.id"), "policy": m{"references": []any{"aws_iam_role.job.arn", "aws_iam_role.job"}}}}), sim.Unknown, "aws_s3_bucket_policy.b.policy"},
		{"a new bucket policy that denies", with(network(), planned{"aws_s3_bucket_policy.b", "create", nil,
			m{"policy": `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::models-111122223333/*"}}`}, m{"id": true, "bucket": true},
			m{"bucket": refs("aws_s3_bucket.models.id"), "policy": m{}}}), sim.Blocked, "models-111122223333"},
		{"a network ACL with subnets by reference takes them from the default one", with(network(), planned{"aws_network_acl.a", "create", nil, m{"egress": []any{}, "ingress": []any{}},
			m{"id": true, "vpc_id": true, "subnet_ids": true}, m{"vpc_id": refs("aws_vpc.main.id"), "subnet_ids": m{"references": []any{"aws_subnet.private"}}, "egress": m{"constant_value": []any{}}}}),
			sim.Blocked, "aws_network_acl.a"},
		{"an ACL rule whose block is unknown makes the ACL's answer unknown", with(network(),
			planned{"aws_network_acl.a", "create", nil, m{}, m{"id": true, "vpc_id": true, "subnet_ids": true, "egress": true, "ingress": true},
				m{"vpc_id": refs("aws_vpc.main.id"), "subnet_ids": m{"references": []any{"aws_subnet.private"}}}},
			planned{"aws_network_acl_rule.in", "create", nil, m{"rule_number": 10.0, "egress": false, "protocol": "-1", "rule_action": "allow", "cidr_block": all}, m{"id": true, "network_acl_id": true}, m{"network_acl_id": refs("aws_network_acl.a.id")}},
			planned{"aws_network_acl_rule.out", "create", nil, m{"rule_number": 10.0, "egress": true, "protocol": "-1", "rule_action": "allow"}, m{"id": true, "network_acl_id": true, "cidr_block": true}, m{"network_acl_id": refs("aws_network_acl.a.id"), "cidr_block": m{"references": []any{"local.x"}}}}),
			sim.Unknown, "aws_network_acl.a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := settled(t, tt.plan...)
			if a.Verdict != tt.verdict {
				t.Errorf("%v, want %v\n%s", a.Verdict, tt.verdict, codes(a))
			}
			if text, _ := json.Marshal(a); tt.says != "" && !strings.Contains(string(text), tt.says) {
				t.Errorf("the answer does not name %s:\n%s", tt.says, codes(a))
			}
		})
	}
}
