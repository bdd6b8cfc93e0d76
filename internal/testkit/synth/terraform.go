package synth

import (
	"encoding/json"
	"fmt"
	"io"
)

// WriteTerraform writes a plan as `terraform show -json` prints it, by the
// provider's schema: size resources that exist as the snapshot has them, one
// module a VPC, and among them a pull request's changes: a subnet of the first
// VPC gets a route table of its own, without the endpoint, and a new bucket.
func (p *Plan) WriteTerraform(w io.Writer, size int) error {
	t := &terraform{config: map[string][]obj{}}
	v := p.vpcs[0]
	t.change("", "aws_route_table", "split", "create", nil, obj{"tags": obj{"Name": "split"}, "route": []obj{}, "vpc_id": v.id("vpc", 0), "propagating_vgws": []string{}}, obj{"id": true, "arn": true}, obj{"vpc_id": obj{}})
	old := obj{"id": v.id("rtbassoc", 400), "subnet_id": v.subnet(mlSubnet, 0), "route_table_id": v.id("rtb", 4), "gateway_id": ""}
	t.change("", "aws_route_table_association", "ml", "update", old, obj{"id": old["id"], "subnet_id": old["subnet_id"], "gateway_id": ""}, obj{"route_table_id": true},
		obj{"subnet_id": obj{}, "route_table_id": obj{"references": []string{"aws_route_table.split.id", "aws_route_table.split"}}})
	t.change("", "aws_s3_bucket", "new", "create", nil, obj{"bucket": "new-" + account(0), "force_destroy": false, "tags": obj{}}, obj{"id": true, "arn": true, "region": true}, obj{"bucket": obj{}})
	for _, v := range p.vpcs {
		p.terraformVPC(t, v)
	}
	for i, name := range p.Buckets {
		if i%p.opt.accounts() == 0 {
			t.keep("", "aws_s3_bucket", "b"+fmt.Sprint(i), obj{"id": name, "bucket": name, "arn": "arn:aws:s3:::" + name, "region": Region, "tags": obj{"team": "ml"}})
			t.keep("", "aws_s3_bucket_public_access_block", "b"+fmt.Sprint(i), obj{"id": name, "bucket": name, "block_public_acls": true, "block_public_policy": true, "ignore_public_acls": true, "restrict_public_buckets": true})
		}
	}
	for i, arn := range p.Roles {
		if i%p.opt.accounts() == 0 {
			name := fmt.Sprintf("Job%03d", i)
			t.keep("", "aws_iam_role", "r"+fmt.Sprint(i), obj{"id": name, "name": name, "arn": arn, "path": "/service-role/", "assume_role_policy": text(doc(obj{"Effect": "Allow", "Principal": obj{"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}))})
			t.keep("", "aws_iam_role_policy", "r"+fmt.Sprint(i), obj{"id": name + ":Job", "name": "Job", "role": name, "policy": text(p.rolePolicy(i))})
		}
	}
	for i := len(t.changes); i < size; i++ {
		t.keep("", "aws_cloudwatch_log_group", fmt.Sprint("g", i), obj{"id": fmt.Sprint("/jobs/", i), "name": fmt.Sprint("/jobs/", i), "retention_in_days": 30, "tags": obj{}, "kms_key_id": ""})
	}
	return t.write(w)
}

func (p *Plan) terraformVPC(t *terraform, v vpc) {
	module := fmt.Sprintf("module.net%d", v.n)
	named := obj{"Name": v.name(), "cost-center": "4711", "managed-by": "terraform"}
	id := v.id("vpc", 0)
	t.keep(module, "aws_vpc", "this", obj{"id": id, "cidr_block": v.cidr(), "instance_tenancy": "default", "enable_dns_support": true, "enable_dns_hostnames": true, "tags": named})
	for kind := range kinds {
		for zone := range zones {
			t.keep(module, "aws_subnet", fmt.Sprint(kindNames[kind], zone), obj{"id": v.subnet(kind, zone), "vpc_id": id, "cidr_block": v.subnetCIDR(kind, zone), "availability_zone": zoneName(zone),
				"map_public_ip_on_launch": kind == publicSubnet, "assign_ipv6_address_on_creation": false, "tags": named})
		}
	}
	for n := range 6 {
		t.keep(module, "aws_route_table", fmt.Sprint("t", n), obj{"id": v.id("rtb", n), "vpc_id": id, "propagating_vgws": []string{}, "tags": named})
	}
	for n := range groupsInVPC {
		t.keep(module, "aws_security_group", fmt.Sprint("g", n), obj{"id": v.id("sg", n), "vpc_id": id, "name": fmt.Sprint("g", n), "description": "managed", "tags": named})
	}
	t.keep(module, "aws_vpc_endpoint", "s3", obj{"id": v.id("vpce", 0), "vpc_id": id, "service_name": "com.amazonaws." + Region + ".s3", "vpc_endpoint_type": "Gateway", "state": "available", "policy": text(p.endpointPolicy(v)), "tags": named})
}

// terraform collects the parts of a plan.
type terraform struct {
	changes, prior []obj
	config         map[string][]obj // by module
}

func (t *terraform) keep(module, typ, name string, values obj) {
	t.change(module, typ, name, "no-op", values, values, obj{}, obj{"tags": obj{}})
}

func (t *terraform) change(module, typ, name, action string, before, after, unknown, expressions obj) {
	address := typ + "." + name
	local := address
	r := obj{"mode": "managed", "type": typ, "name": name, "provider_name": "registry.terraform.io/hashicorp/aws"}
	if module != "" {
		address = module + "." + address
		r["module_address"] = module
	}
	r["address"] = address
	r["change"] = obj{"actions": []string{action}, "before": before, "after": after, "after_unknown": unknown, "before_sensitive": obj{}, "after_sensitive": obj{}}
	t.changes = append(t.changes, r)
	if before != nil {
		t.prior = append(t.prior, obj{"address": address, "mode": "managed", "type": typ, "name": name, "provider_name": "registry.terraform.io/hashicorp/aws", "schema_version": 1, "values": before, "sensitive_values": obj{}})
	}
	t.config[module] = append(t.config[module], obj{"address": local, "mode": "managed", "type": typ, "name": name, "provider_config_key": "aws", "expressions": expressions, "schema_version": 1})
}

func (t *terraform) write(w io.Writer) error {
	calls := obj{}
	for module, resources := range t.config {
		if module != "" {
			calls[module[len("module."):]] = obj{"source": "./net", "module": obj{"resources": resources}}
		}
	}
	return json.NewEncoder(w).Encode(obj{"format_version": "1.2", "terraform_version": "1.9.8", "resource_changes": t.changes,
		"prior_state":   obj{"format_version": "1.0", "terraform_version": "1.9.8", "values": obj{"root_module": obj{"resources": t.prior}}},
		"configuration": obj{"provider_config": obj{"aws": obj{"name": "aws", "expressions": obj{"region": obj{"constant_value": Region}}}}, "root_module": obj{"resources": t.config[""], "module_calls": calls}}})
}
