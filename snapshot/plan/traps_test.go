package plan_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/plan"
)

func TestWhatIsNoPlan(t *testing.T) {
	for _, tt := range []struct{ name, text, says string }{
		{"a plan file", "PK\x03\x04", "terraform show -json PLANFILE"},
		{"UTF-16", "\xff\xfe{\x00", "UTF-16"},
		{"a raw state", `{"version":4,"serial":3,"lineage":"x","resources":[]}`, "terraform show -json"},
		{"another tool's state", `{"version":3,"deployment":{"manifest":{}},"manifest":{}}`, "not a Terraform plan"},
		{"a template", `{"AWSTemplateFormatVersion":"2010-09-09","Resources":{}}`, "CloudFormation"},
		{"an unknown major version", `{"format_version":"2.0","resource_changes":[]}`, "2.0"},
		{"a wrong type", "{\"format_version\":\"1.0\",\n\"resource_changes\":[{\"address\":3}]}", "line 2, column "},
		{"half a file", `{"format_version":"1.0","resource_changes":[`, "unexpected end"},
		{"nothing", ``, "unexpected end"},
	} {
		if _, err := plan.Read([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v does not say %q", tt.name, err, tt.says)
		}
	}
	if p, err := plan.Read([]byte("\xef\xbb\xbf" + `{"format_version":"1.0","resource_changes":[]}`)); err != nil || p == nil {
		t.Errorf("a byte-order mark is refused: %v", err)
	}
}

func TestAPolicyThatIsNotJSONIsAnError(t *testing.T) {
	p, err := plan.Read(planJSON(t, with(network(), planned{"aws_s3_bucket_policy.b", "create", nil, m{"policy": "not json"}, m{"id": true, "bucket": true}, m{"bucket": refs("aws_s3_bucket.models.id")}})...))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Apply(nil, plan.Options{}); err == nil || !strings.Contains(err.Error(), "aws_s3_bucket_policy.b.policy") {
		t.Errorf("%v does not name the attribute", err)
	}
}

func TestSensitiveValuesAreNotRead(t *testing.T) {
	text := planJSON(t, with(network(), planned{"aws_s3_bucket_policy.b", "create", nil,
		m{"policy": `{"Version":"2012-10-17","Statement":{"Sid":"SECRETWORD","Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"*"}}`},
		m{"id": true, "bucket": true}, m{"bucket": refs("aws_s3_bucket.models.id"), "policy": m{}}})...)
	text = []byte(strings.Replace(string(text), `"after_sensitive":{}`, `"after_sensitive":{"policy":true}`, -1))
	p, err := plan.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	res, err := p.Apply(nil, plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(res.Native), "SECRETWORD") {
		t.Error("a sensitive value is in the snapshot")
	}
	if !strings.Contains(string(res.Native), "aws_s3_bucket_policy.b.policy") {
		t.Error("the sensitive attribute is not named")
	}
}

func TestModulesForEachAndAliases(t *testing.T) {
	text := `{"format_version":"1.2","terraform_version":"1.9.0","variables":{"where":{"value":"eu-west-1"}},
	"resource_changes":[
	 {"address":"module.net[\"a\"].aws_vpc.this","module_address":"module.net[\"a\"]","mode":"managed","type":"aws_vpc","name":"this","change":{"actions":["create"],"before":null,"after":{"cidr_block":"10.1.0.0/16"},"after_unknown":{"id":true}}},
	 {"address":"module.net[\"b\"].aws_vpc.this","module_address":"module.net[\"b\"]","mode":"managed","type":"aws_vpc","name":"this","change":{"actions":["create"],"before":null,"after":{"cidr_block":"10.2.0.0/16"},"after_unknown":{"id":true}}},
	 {"address":"module.sub.aws_subnet.this[\"x\"]","module_address":"module.sub","mode":"managed","type":"aws_subnet","name":"this","index":"x","change":{"actions":["create"],"before":null,"after":{"cidr_block":"10.1.1.0/24"},"after_unknown":{"id":true,"vpc_id":true}}},
	 {"address":"aws_subnet.own","mode":"managed","type":"aws_subnet","name":"own","change":{"actions":["create"],"before":null,"after":{"cidr_block":"10.9.1.0/24","region":"ap-south-1"},"after_unknown":{"id":true,"vpc_id":true}}}],
	"configuration":{"provider_config":{"aws":{"name":"aws","expressions":{"region":{"constant_value":"us-east-1"}}},"aws.west":{"name":"aws","alias":"west","expressions":{"region":{"references":["var.where"]}}}},
	 "root_module":{"resources":[{"address":"aws_subnet.own","mode":"managed","type":"aws_subnet","name":"own","provider_config_key":"aws","expressions":{"vpc_id":{"references":["local.nobody"]}}}],
	 "module_calls":{
	  "net":{"module":{"outputs":{"vpc_id":{"expression":{"references":["aws_vpc.this.id","aws_vpc.this"]}}},"resources":[{"address":"aws_vpc.this","mode":"managed","type":"aws_vpc","name":"this","provider_config_key":"aws.west","expressions":{}}]}},
	  "sub":{"expressions":{"vpc":{"references":["module.net[\"a\"].vpc_id","module.net[\"a\"]","module.net"]}},
	    "module":{"variables":{"vpc":{}},"resources":[{"address":"aws_subnet.this","mode":"managed","type":"aws_subnet","name":"this","provider_config_key":"aws.west","expressions":{"vpc_id":{"references":["var.vpc"]}}}]}}}}}}`
	p, err := plan.Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	res, err := p.Apply(nil, plan.Options{Account: "111122223333"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := snapshot.Parse(res.Native)
	if err != nil {
		t.Fatal(err)
	}
	where := map[string]string{}
	for _, r := range s.Accounts[0].Regions {
		for _, n := range r.EC2.Subnets.Items {
			where[string(n.ID)] = r.Name + " " + string(n.VPC)
		}
		for _, v := range r.EC2.VPCs.Items {
			where[string(v.ID)] = r.Name
		}
	}
	want := map[string]string{
		`module.net["a"].aws_vpc.this`:    "eu-west-1",
		`module.net["b"].aws_vpc.this`:    "eu-west-1",
		`module.sub.aws_subnet.this["x"]`: `eu-west-1 module.net["a"].aws_vpc.this`,
		"aws_subnet.own":                  "", // its VPC is not known: a gap, no subnet without one
	}
	for id, place := range want {
		if where[id] != place {
			t.Errorf("%s is at %q, want %q", id, where[id], place)
		}
	}
	if !strings.Contains(string(res.Native), "aws_subnet.own.vpc_id is known after apply only") {
		t.Error("the unknown VPC is not named")
	}
}

// changed is the shipped example with one change laid over it, asked about
// its own job.
func changed(t *testing.T, list ...planned) *sim.Answer {
	t.Helper()
	base, _, err := snapshot.Native("../../testdata/examples/neo-compile/snapshot.json", snapshot.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, _ := overlaid(t, base, list...)
	job, err := snapshot.LoadJob("../../testdata/examples/neo-compile/job.json", snapshot.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a, err := sim.NewWorld(s).Check(t.Context(), sim.Question{Job: job})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAPlanOverASnapshot(t *testing.T) {
	group := m{"id": "sg-0e9f1a2b3c4d5e6f7", "name": "neo-jobs", "vpc_id": "vpc-0c3f9e1a7b2d84e65"}
	rule := m{"id": "sgr-1", "security_group_id": "sg-0e9f1a2b3c4d5e6f7", "ip_protocol": "tcp", "from_port": 443.0, "to_port": 443.0, "prefix_list_id": "pl-63a5400a"}
	endpoint := m{"id": "vpce-0a1b2c3d4e5f60718", "vpc_id": "vpc-0c3f9e1a7b2d84e65", "service_name": "com.amazonaws.us-east-1.s3", "vpc_endpoint_type": "Gateway", "route_table_ids": []any{"rtb-0b9d3c7a5e1f28460"}}
	role := m{"id": "NeoCompilationRole", "name": "NeoCompilationRole", "arn": "arn:aws:iam::111122223333:role/service-role/NeoCompilationRole", "path": "/service-role/"}
	for _, tt := range []struct {
		name    string
		plan    planned
		verdict sim.Verdict
	}{
		{"a no-op changes nothing", planned{"aws_security_group.jobs", "no-op", group, group, m{}, m{}}, sim.Reachable},
		{"a rule is deleted", planned{"aws_vpc_security_group_egress_rule.s3", "delete", rule, nil, m{}, m{}}, sim.Blocked},
		{"an update of a group without inline rules keeps the rules of others", planned{"aws_security_group.jobs", "update", group, m{"id": group["id"], "name": "neo-jobs", "vpc_id": group["vpc_id"], "description": "x", "egress": []any{}, "ingress": []any{}}, m{}, m{"name": m{}}}, sim.Reachable},
		{"an update with inline rules replaces them", planned{"aws_security_group.jobs", "update", group, m{"id": group["id"], "name": "neo-jobs", "vpc_id": group["vpc_id"], "egress": []any{}, "ingress": []any{}}, m{}, m{"egress": m{"constant_value": []any{}}}}, sim.Blocked},
		{"the endpoint is deleted", planned{"aws_vpc_endpoint.s3", "delete", endpoint, nil, m{}, m{}}, sim.Blocked},
		{"the endpoint loses its table", planned{"aws_vpc_endpoint.s3", "update", endpoint, m{"id": endpoint["id"], "vpc_id": endpoint["vpc_id"], "service_name": endpoint["service_name"], "vpc_endpoint_type": "Gateway", "route_table_ids": []any{"rtb-0e7b5d3f1a9c82640"}}, m{}, m{"route_table_ids": m{}}}, sim.Blocked},
		{"the role is deleted", planned{"aws_iam_role.job", "delete", role, nil, m{}, m{}}, sim.Unknown},
		{"a new Deny among the role's policies", planned{"aws_iam_role_policy.deny", "create", nil, m{"name": "deny", "policy_owner": "111122223333", "role": "NeoCompilationRole", "policy": `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}`}, m{"id": true}, m{"policy": m{}}}, sim.Blocked},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if a := changed(t, tt.plan); a.Verdict != tt.verdict {
				t.Errorf("%v, want %v\n%s", a.Verdict, tt.verdict, codes(a))
			}
		})
	}
}

// A plan that begins a collection tells of its own alone: what else there is in
// VPCs that it does not make is not known.
func TestWhatTheSnapshotDidNotCollectStaysUnknown(t *testing.T) {
	base, _, err := snapshot.Native("../../testdata/examples/neo-compile/snapshot.json", snapshot.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		collection string
		plan       planned
	}{
		{"VpcEndpoints", planned{"aws_vpc_endpoint.logs", "create", nil, m{"vpc_id": "vpc-0c3f9e1a7b2d84e65", "service_name": "com.amazonaws.us-east-1.logs", "vpc_endpoint_type": "Interface"}, m{"id": true}, m{}}},
		{"NetworkAcls", planned{"aws_network_acl.other", "create", nil, m{"vpc_id": "vpc-0c3f9e1a7b2d84e65"}, m{"id": true}, m{}}},
		{"serviceControlPolicies", planned{"aws_organizations_policy.p", "create", nil, m{"name": "p", "content": `{"Version":"2012-10-17","Statement":[]}`}, m{"id": true}, m{"content": m{}}}},
	} {
		t.Run(tt.collection, func(t *testing.T) {
			tree, err := jsontree.Parse(base)
			if err != nil {
				t.Fatal(err)
			}
			tree.Root.Get("organizations").Delete(tt.collection)
			for _, a := range tree.Root.Get("accounts").Elements() {
				for _, g := range a.Get("regions").Elements() {
					g.Get("ec2").Delete(tt.collection)
				}
			}
			s, _ := overlaid(t, tree.Bytes(), network()[0], tt.plan)
			e := &s.Accounts[0].Regions[0].EC2
			got := map[string]snapshot.Presence{"VpcEndpoints": e.VPCEndpoints.Presence, "NetworkAcls": e.NetworkACLs.Presence, "serviceControlPolicies": s.Organizations.SCPs.Presence}
			if got[tt.collection] != snapshot.Unreadable {
				t.Errorf("%v", got[tt.collection])
			}
		})
	}
}

// What a plan says beside its changes is said: drift, what is deferred, and
// that more is to come.
func TestWhatAPlanLeavesOpenIsNoted(t *testing.T) {
	text := `{"format_version":"1.2","terraform_version":"1.9.0","complete":false,
	"resource_drift":[{"address":"aws_route.r","mode":"managed","type":"aws_route","name":"r","change":{"actions":["update"],"before":{},"after":{}}}],
	"deferred_changes":[{"reason":"provider_config_unknown","resource_change":{"address":"aws_vpc.later","mode":"managed","type":"aws_vpc","name":"later","change":{"actions":["create"],"before":null,"after":{}}}}],
	"resource_changes":[{"address":"aws_db_instance.d","mode":"managed","type":"aws_db_instance","name":"d","change":{"actions":["create"],"before":null,"after":{}}}]}`
	for _, tool := range []string{text, strings.NewReplacer(`"terraform_version":"1.9.0"`, `"terraform_version":"1.10.0","timestamp":"2026-11-23T08:00:00Z","errored":false`,
		`"mode":"managed"`, `"mode":"managed","provider_name":"registry.opentofu.org/hashicorp/aws"`).Replace(text)} {
		p, err := plan.Read([]byte(tool))
		if err != nil {
			t.Fatal(err)
		}
		res, err := p.Apply(nil, plan.Options{Account: "111122223333", Region: "us-east-1"})
		if err != nil {
			t.Fatal(err)
		}
		notes := strings.Join(res.Notes, "\n")
		for _, says := range []string{"aws_vpc.later is deferred", "not complete", "aws_route.r was changed outside", "1 × aws_db_instance"} {
			if !strings.Contains(notes, says) {
				t.Errorf("no note says %q\n%s", says, notes)
			}
		}
		if strings.Contains(string(res.Native), "aws_vpc.later") {
			t.Error("what is deferred is in the snapshot")
		}
	}
}

// Every row takes a resource of which nothing is known without a crash, and
// the snapshot that results can be read.
func TestEveryTypeWithNothingKnown(t *testing.T) {
	for _, typ := range plan.Types() {
		for _, after := range []m{{}, {"id": "x", "arn": "arn:aws:x:us-east-1:111122223333:y/z"}} {
			list := with(network(), planned{typ + ".x", "create", nil, after, m{"id": len(after) == 0, "vpc_id": true, "policy": true}, m{}})
			p, err := plan.Read(planJSON(t, list...))
			if err != nil {
				t.Fatal(err)
			}
			res, err := p.Apply(nil, plan.Options{Account: "111122223333"})
			if err != nil {
				t.Errorf("%s: %v", typ, err)
				continue
			}
			if _, err := snapshot.Parse(res.Native); err != nil {
				t.Errorf("%s: %v", typ, err)
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	b, _ := json.Marshal(m{"format_version": "1.2"})
	f.Add(b)
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := plan.Read(data)
		if err != nil {
			return
		}
		_, _ = p.Apply(nil, plan.Options{Account: "111122223333"})
	})
}
