package snapshot

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
)

type nativeText struct {
	Accounts []struct {
		ID      string `json:"accountId"`
		Regions []struct {
			EC2 map[string]json.RawMessage `json:"ec2"`
		} `json:"regions"`
		S3 struct {
			Buckets []map[string]any `json:"buckets"`
		} `json:"s3"`
	} `json:"accounts"`
}

// TestConfigSaysWhatTheCallsSay: an advanced query's results become the members
// that the services' own calls print, and nothing that Config's schema lacks.
func TestConfigSaysWhatTheCallsSay(t *testing.T) {
	text, _, warnings, err := importFS(os.DirFS("testdata/config"), Options{})
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	example, err := os.ReadFile("../testdata/examples/neo-compile/snapshot.json")
	if err != nil {
		t.Fatal(err)
	}
	var got, want nativeText
	for data, into := range map[string]*nativeText{string(text): &got, string(example): &want} {
		if err := json.Unmarshal([]byte(data), into); err != nil {
			t.Fatal(err)
		}
	}
	compared := 0
	same := func(kind, id string, got, want []map[string]any) {
		for _, w := range want {
			for _, g := range got {
				if g[id] != w[id] {
					continue
				}
				for key, v := range w {
					if key == "PolicyDocument" || key == "Policy" || key == "OwnershipControls" {
						if g[key] != nil {
							t.Errorf("%s %v: Config has no %s", kind, w[id], key)
						}
						continue
					}
					compared++
					if !reflect.DeepEqual(g[key], v) && key != "CreationDate" && key != "KMSMasterKeyID" && (key != "Tags" || len(v.([]any)) > 0) {
						t.Errorf("%s %v: %s is\n%v\nwant\n%v", kind, w[id], key, g[key], v)
					}
				}
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s: %d, want %d", kind, len(got), len(want))
		}
	}
	for _, key := range configKinds {
		var lists [2][]map[string]any
		for i, from := range []*nativeText{&got, &want} {
			if err := json.Unmarshal(from.Accounts[0].Regions[0].EC2[key], &lists[i]); err != nil {
				t.Fatal(key, err)
			}
		}
		same(key, kindsByKey[key].ids[0], lists[0], lists[1])
	}
	for i := range want.Accounts {
		same("bucket", "Name", got.Accounts[i].S3.Buckets, want.Accounts[i].S3.Buckets)
	}
	if compared < 100 {
		t.Errorf("%d members compared", compared)
	}
}

func TestConfigItemsThatSayTooLittle(t *testing.T) {
	for text, want := range map[string]string{
		`{"Results": ["{\"resourceType\": \"AWS::EC2::VPC\", \"resourceId\": \"vpc-1\"}"], "QueryInfo": {}}`: "lacks accountId",
		`{"Results": ["{\"resourceId\": \"vpc-1\"}"], "QueryInfo": {}}`:                                      "no resourceType",
		`{"Results": ["{"], "QueryInfo": {}}`:                                                                "not JSON",
		`{"Results": ["{\"resourceType\": 7}"], "QueryInfo": {}}`:                                            "another kind than",
		`{"configurationItems": [{"resourceType": "AWS::EC2::VPC", "accountId": "111122223333", "awsRegion": "us-east-1", "resourceId": "vpc-1", "configuration": {"vpcId": "vpc-2"}}]}`:                                      "no VpcId of that id",
		`{"configurationItems": [{"resourceType": "AWS::EC2::VPC", "accountId": "111122223333", "awsRegion": "us-east-1", "resourceId": "vpc-1", "configuration": "{\"vpcId\": \"vpc-1\", \"state\": {\"value\": \"x\"}}"}]}`: "",
	} {
		out, _, _, err := importFS(fstest.MapFS{"q.json": {Data: []byte(text)}}, Options{})
		if want == "" && (err != nil || !strings.Contains(string(out), `"State":"x"`)) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q\n%s", text, err, want, out)
		}
	}
}

// TestConfigLeavesOut what was deleted, and types that are of no use here.
func TestConfigLeavesOut(t *testing.T) {
	item := `{"resourceType": "AWS::EC2::VPC", "accountId": "111122223333", "awsRegion": "us-east-1", "resourceId": "vpc-1", "configuration": {"vpcId": "vpc-1"}`
	out, _, _, err := importFS(fstest.MapFS{"q.json": {Data: []byte(`{"configurationItems": [` + item + `, "configurationItemStatus": "ResourceDeleted"}, ` +
		strings.ReplaceAll(item, "vpc-1", "vpc-9") + `}, {"resourceType": "AWS::SQS::Queue"}]}`)}}, Options{})
	if err != nil || strings.Contains(string(out), "vpc-1") || !strings.Contains(string(out), "vpc-9") {
		t.Errorf("%v\n%s", err, out)
	}
}
