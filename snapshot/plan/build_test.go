package plan_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/plan"
)

// planned is one resource of a plan written by hand, after the provider's
// schema. After holds known values, unknown the attributes known after apply
// only, expr the configuration's references.
type planned struct {
	address string
	actions string // "create", "update", "delete", "delete,create", "no-op", "read"
	before  m
	after   m
	unknown m
	expr    m
}

type m = map[string]any

// refs is a configuration expression: what it refers to.
func refs(names ...string) m {
	var all []string
	for _, n := range names {
		all = append(all, n)
		if parts := strings.Split(n, "."); len(parts) > 2 && parts[0] != "data" && parts[0] != "module" {
			all = append(all, parts[0]+"."+parts[1])
		} else if len(parts) > 3 {
			all = append(all, strings.Join(parts[:3], "."))
		}
	}
	return m{"references": all}
}

// planJSON writes a plan as `terraform show -json` does.
func planJSON(t *testing.T, list ...planned) []byte {
	t.Helper()
	var changes, config []any
	seen := map[string]bool{}
	for _, p := range list {
		address, index := p.address, any(nil)
		bare := address
		if i := strings.IndexByte(address, '['); i > 0 {
			bare = address[:i]
			if err := json.Unmarshal([]byte(strings.Trim(address[i:], "[]")), &index); err != nil {
				t.Fatal(err)
			}
		}
		parts := strings.Split(bare, ".")
		mode := "managed"
		if parts[0] == "data" {
			mode, parts = "data", parts[1:]
		}
		change := m{"actions": strings.Split(p.actions, ","), "before": p.before, "after": p.after, "after_unknown": p.unknown, "after_sensitive": m{}}
		if p.before == nil {
			change["before"] = nil
		}
		if p.after == nil {
			change["after"] = nil
		}
		r := m{"address": address, "mode": mode, "type": parts[0], "name": parts[1], "change": change}
		if index != nil {
			r["index"] = index
		}
		changes = append(changes, r)
		if !seen[bare] {
			seen[bare] = true
			config = append(config, m{"address": bare, "mode": mode, "type": parts[0], "name": parts[1], "provider_config_key": "aws", "expressions": p.expr})
		}
	}
	out, err := json.Marshal(m{"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": changes,
		"configuration": m{"provider_config": m{"aws": m{"name": "aws", "expressions": m{"region": m{"constant_value": "us-east-1"}}}},
			"root_module": m{"resources": config}}})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const all = "0.0.0.0/0"

// network is a plan that makes everything a job needs: VPC, two subnets by
// count, a table, an endpoint, a group, a bucket and a role.
func network() []planned {
	id := m{"id": true, "arn": true}
	return []planned{
		{"data.aws_caller_identity.me", "read", nil, m{"account_id": "111122223333"}, m{}, m{}},
		{"data.aws_prefix_list.s3", "read", nil, m{"id": "pl-63a5400a", "name": "com.amazonaws.us-east-1.s3", "cidr_blocks": []any{"52.216.0.0/15", "3.5.0.0/19"}}, m{}, m{}},
		{"aws_vpc.main", "create", nil, m{"cidr_block": "10.0.0.0/16", "enable_dns_support": true, "enable_dns_hostnames": true, "instance_tenancy": "default"},
			m{"id": true, "main_route_table_id": true}, m{"cidr_block": m{"constant_value": "10.0.0.0/16"}}},
		{"aws_subnet.private[0]", "create", nil, m{"cidr_block": "10.0.0.0/24", "availability_zone": "us-east-1a"}, m{"id": true, "vpc_id": true}, m{"vpc_id": refs("aws_vpc.main.id")}},
		{"aws_subnet.private[1]", "create", nil, m{"cidr_block": "10.0.1.0/24", "availability_zone": "us-east-1b"}, m{"id": true, "vpc_id": true}, m{"vpc_id": refs("aws_vpc.main.id")}},
		{"aws_route_table.private", "create", nil, m{}, m{"id": true, "vpc_id": true, "route": true}, m{"vpc_id": refs("aws_vpc.main.id")}},
		{"aws_route_table_association.private[0]", "create", nil, m{}, m{"id": true, "route_table_id": true, "subnet_id": true},
			m{"route_table_id": refs("aws_route_table.private.id"), "subnet_id": m{"references": []any{"aws_subnet.private", "count.index"}}}},
		{"aws_route_table_association.private[1]", "create", nil, m{}, m{"id": true, "route_table_id": true, "subnet_id": true},
			m{"route_table_id": refs("aws_route_table.private.id"), "subnet_id": m{"references": []any{"aws_subnet.private", "count.index"}}}},
		{"aws_vpc_endpoint.s3", "create", nil, m{"service_name": "com.amazonaws.us-east-1.s3", "vpc_endpoint_type": "Gateway"},
			m{"id": true, "vpc_id": true, "route_table_ids": true, "policy": true},
			m{"vpc_id": refs("aws_vpc.main.id"), "service_name": m{"constant_value": "com.amazonaws.us-east-1.s3"}, "route_table_ids": refs("aws_route_table.private.id")}},
		{"aws_security_group.job", "create", nil, m{"name": "job"}, m{"id": true, "vpc_id": true, "ingress": true, "egress": true}, m{"vpc_id": refs("aws_vpc.main.id")}},
		{"aws_vpc_security_group_egress_rule.s3", "create", nil, m{"ip_protocol": "tcp", "from_port": 443, "to_port": 443, "prefix_list_id": "pl-63a5400a"},
			m{"id": true, "security_group_id": true}, m{"security_group_id": refs("aws_security_group.job.id")}},
		{"aws_s3_bucket.models", "create", nil, m{"bucket": "models-111122223333"}, id, m{"bucket": m{"constant_value": "models-111122223333"}}},
		{"aws_iam_role.job", "create", nil, m{"name": "job", "path": "/", "assume_role_policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]}`},
			m{"id": true, "arn": true}, m{"name": m{"constant_value": "job"}, "assume_role_policy": m{}}},
		{"data.aws_iam_policy_document.job", "read", nil, m{"version": "2012-10-17", "statement": []any{
			m{"effect": "Allow", "actions": []any{"s3:GetObject"}, "resources": []any{"arn:aws:s3:::models-111122223333/*"}},
			m{"effect": "Allow", "actions": []any{"ec2:*"}, "resources": []any{"*"}}}}, m{"json": true}, m{}},
		{"aws_iam_role_policy.job", "create", nil, m{"name": "s3"}, m{"id": true, "policy": true, "role": true},
			m{"role": refs("aws_iam_role.job.id"), "policy": refs("data.aws_iam_policy_document.job.json")}},
	}
}

// without leaves resources out of a plan.
func without(list []planned, addresses ...string) (out []planned) {
next:
	for _, p := range list {
		for _, a := range addresses {
			if p.address == a {
				continue next
			}
		}
		out = append(out, p)
	}
	return out
}

// with replaces resources of a plan by those of the same address, or adds them.
func with(list []planned, more ...planned) []planned {
	var names []string
	for _, p := range more {
		names = append(names, p.address)
	}
	return append(without(list, names...), more...)
}

func overlaid(t *testing.T, base []byte, list ...planned) (*snapshot.Snapshot, *plan.Result) {
	t.Helper()
	p, err := plan.Read(planJSON(t, list...))
	if err != nil {
		t.Fatal(err)
	}
	res, err := p.Apply(base, plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := snapshot.Parse(res.Native)
	if err != nil {
		t.Fatalf("%v\n%s", err, res.Native)
	}
	return s, res
}

// ask asks whether the planned job can read the planned bucket.
func ask(t *testing.T, s *snapshot.Snapshot) *sim.Answer {
	t.Helper()
	job := snapshot.Job{RoleARN: "arn:aws:iam::111122223333:role/job", Subnets: []snapshot.SubnetID{"aws_subnet.private[0]", "aws_subnet.private[1]"},
		SecurityGroups: []snapshot.SecurityGroupID{"aws_security_group.job"}, HasVPCConfig: true, Instances: 1}
	a, err := sim.NewWorld(s).Check(t.Context(), sim.Question{Job: job, Bucket: "arn:aws:s3:::models-111122223333/*", Actions: []string{"s3:GetObject"}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}
