package snapshot

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// published compiles the schema with a full implementation of JSON Schema.
func published(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(JSONSchema())))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("snapshot.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("snapshot.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSchemaAgreesWithAFullImplementation(t *testing.T) {
	full := published(t)
	for _, tt := range []struct {
		text string
		ok   bool
	}{
		{native("", "", ""), true},
		{native(`"Vpcs":[{"VpcId":"vpc-1","CidrBlock":"10.0.0.0/16","Future":1}]`, "", ""), true},
		{native(`"Vpcs":null`, `"s3":{"buckets":[{"Name":"b","Policy":null}]}`, ""), true},
		{native(`"Vpcs":[{"CidrBlock":"10.0.0.0/16"}]`, "", ""), false},
		{native(`"Vpcs":[{"VpcId":""}]`, "", ""), false},
		{native(`"Vpcs":[{"VpcId":"v","CidrBlock":"banana"}]`, "", ""), false},
		{native(`"Vpcs":{}`, "", ""), false},
		{native(`"NetworkAcls":[{"NetworkAclId":"a","Entries":[{"RuleNumber":1.5,"Egress":true,"RuleAction":"allow"}],"VpcId":"vpc-1"}]`, "", ""), false},
		{native(`"NetworkAcls":[{"NetworkAclId":"a","Entries":[{"RuleNumber":1,"Egress":true,"RuleAction":"reject"}],"VpcId":"vpc-1"}]`, "", ""), false},
		{native("", `"iam":{"RoleDetailList":[{"RoleName":"x"}]}`, ""), false},
		{strings.Replace(native("", "", ""), "111122223333", "1111", 1), false},
		{`{"schema":"canreach.snapshot/v2"}`, false},
		{`{}`, false},
		{`[]`, false},
	} {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(tt.text))
		if err != nil {
			t.Fatal(err)
		}
		if got := full.Validate(doc) == nil; got != tt.ok {
			t.Errorf("full implementation says %v of %s", got, tt.text)
		}
		if got := len(schemaProblems([]byte(tt.text), nil)) == 0; got != tt.ok {
			t.Errorf("ours says %v of %s", got, tt.text)
		}
	}
}

func TestExamplesAreValid(t *testing.T) {
	full := published(t)
	root := "../testdata/examples/neo-compile"
	files, _ := filepath.Glob(root + "/*.json")
	broken, _ := filepath.Glob(root + "/broken/*.json")
	for _, path := range append(append(files, broken...), root+"/aws") {
		if filepath.Base(path) == "job.json" {
			if _, err := LoadJob(path, Options{}); err != nil {
				t.Error(err)
			}
			continue
		}
		s, err := Validate(path, Options{})
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if len(s.Warnings) > 0 {
			t.Errorf("%s: %+v", path, s.Warnings)
		}
		text, _, _ := Native(path, Options{})
		doc, _ := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
		if err := full.Validate(doc); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestValidateFindsWhatTheLoaderAndTheSchemaFind(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.json")
	// The loader reads no Description of a subnet's state; the schema knows its type.
	text := native(`"Vpcs":[{"VpcId":"vpc-1","CidrBlock":"10.0.0.0/99"}],"RouteTables":[{"RouteTableId":"r","Routes":[{"DestinationCidrBlock":"10.0.0.0/8","State":7}],"VpcId":"vpc-1"}]`, `"complete":7`, "")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Validate(path, Options{})
	if err == nil || strings.Count(err.Error(), "\n") != 1 || !strings.Contains(err.Error(), path+":1:") {
		t.Errorf("%v", err)
	}
}
