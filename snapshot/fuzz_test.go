package snapshot

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"
)

// nativeSeeds are documents near the edges of what the loader takes.
func nativeSeeds() []string {
	seeds := []string{
		native("", "", ""), `{}`, `[]`, `{"schema":"canreach.snapshot/v2"}`,
		native(`"Vpcs":[{"VpcId":"vpc-1","CidrBlock":"10.0.0.0/16"},{"VpcId":"vpc-1","CidrBlock":"10.1.0.0/16"}]`, "", ""),
		native(`"NetworkAcls":null`, `"s3":{"buckets":[{"Name":"b","Policy":null}]}`, `"gaps":[{"service":"s3","operation":"GetBucketPolicy","resource":"b"}]`),
		native(`"TransitGatewayRouteTables":[{"TransitGatewayRouteTableId":"t","Routes":[{}]}],"SecurityGroupRules":[{}]`, `"organizationId":null`, ""),
		native(`"NetworkInterfaces":[{"NetworkInterfaceId":"eni-1","PrivateIpAddress":"10.0.0.1"}]`, `"iam":{"RoleDetailList":[{"Arn":"a","RolePolicyList":[{}]}]}`, ""),
	}
	for _, path := range []string{"snapshot.json", "broken/sg-without-egress.json"} {
		if text, err := os.ReadFile(filepath.Join("../testdata/examples/neo-compile", path)); err == nil {
			seeds = append(seeds, string(text))
		}
	}
	return seeds
}

// FuzzParse holds that no text panics, that reading is repeatable, and that
// every problem has a place in the text.
func FuzzParse(f *testing.F) {
	for _, s := range nativeSeeds() {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse(data)
		if (s == nil) == (err == nil) {
			t.Fatalf("snapshot %v, error %v", s, err)
		}
		if err == nil {
			for _, a := range s.Accounts {
				for _, r := range a.Regions {
					if r.Account != a {
						t.Fatal("a region of no account")
					}
				}
			}
			return
		}
		es, ok := err.(LoadErrors)
		if !ok || len(es) == 0 {
			t.Fatalf("%T %v", err, err)
		}
		for _, e := range es {
			if e.Line < 1 || e.Column < 1 || e.Line > 1+bytes.Count(data, []byte{'\n'}) {
				t.Fatalf("%v is at no place", e)
			}
		}
		if _, again := Parse(data); again.Error() != err.Error() {
			t.Fatalf("once %v, then %v", err, again)
		}
	})
}

// FuzzDirectory holds that no set of files panics the importer, and that what
// it makes is a native snapshot that is valid or whose problems lie in the
// files.
func FuzzDirectory(f *testing.F) {
	f.Add("111122223333/us-east-1/vpcs.json", `{"Vpcs":[{"VpcId":"vpc-1"}]}`, "111122223333/us-east-1/vpcs2.json", `{"Vpcs":[{"VpcId":"vpc-1","State":"x"}],"NextToken":"t"}`)
	f.Add("s3/b/get-bucket-policy.json", "", "s3/b/get-bucket-policy.err", "An error occurred (NoSuchBucketPolicy) when calling the GetBucketPolicy operation: x")
	f.Add("iam/get-role.json", `{"Role":{"Arn":"arn:aws:iam::111122223333:role/R","RoleName":"R"}}`, "iam/get-policy-version.json", `{"PolicyVersion":{"Document":{}}}`)
	f.Add("organizations/list-policies.json", `{"Policies":[{"Id":"p-1","Type":"SERVICE_CONTROL_POLICY"}]}`, "organizations/list-parents.r-1.json", `{"Parents":[{"Id":"r-1"}]}`)
	f.Add("kms/list-grants.k.json", `{"Grants":[]}`, "route53/list-resource-record-sets.json", `{"ResourceRecordSets":[]}`)
	f.Add("us-east-1/get-managed-prefix-list-entries.pl-1.json", `{"Entries":[{}]}`, "us-east-1/describe-vpc-attribute.json", `{"VpcId":"","EnableDnsSupport":{"Value":1}}`)
	f.Fuzz(func(t *testing.T, name1, text1, name2, text2 string) {
		fsys := fstest.MapFS{}
		for name, text := range map[string]string{name1: text1, name2: text2} {
			if len(name) > 200 || !utf8.ValidString(name) || !validPath(name) {
				t.Skip()
			}
			fsys[name] = &fstest.MapFile{Data: []byte(text)}
		}
		opt := Options{Account: "999988887777", Region: "eu-west-1"}
		native, from, _, err := importFS(fsys, opt)
		again, _, _, againErr := importFS(fsys, opt)
		if !bytes.Equal(native, again) || (err == nil) != (againErr == nil) || err != nil && err.Error() != againErr.Error() {
			t.Fatalf("two readings differ: %v, %v", err, againErr)
		}
		if err != nil {
			return
		}
		if _, err := Parse(native); err != nil {
			for _, e := range err.(LoadErrors) {
				if strings.Contains(e.Problem, "truncated") || strings.Contains(e.Problem, "expected: ") {
					t.Fatalf("the importer wrote no JSON: %v\n%s", e, native)
				}
				from.locate(e)
			}
		}
	})
}

func validPath(name string) bool {
	for _, part := range strings.Split(name, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return name != ""
}

// FuzzJob holds that no text panics, and that what is read is a job.
func FuzzJob(f *testing.F) {
	for _, s := range []string{`{"CompilationJobName":"c","InputConfig":{"S3Uri":"s3://b/k"},"VpcConfig":{"Subnets":["s"],"SecurityGroupIds":["g"]}}`,
		`[{"TransformJobName":"t"},{"ModelName":"m","ExecutionRoleArn":"arn:aws:iam::1:role/R"}]`, `{"Domain":1}`, `{"TrainingJobName":7,"ResourceConfig":{"InstanceGroups":[{"InstanceCount":1e9}]}}`} {
		f.Add([]byte(s))
	}
	for _, s := range []string{"[" + ecsServiceJSON + "," + taskJSON + "]", "[" + glueJSON + "," + connectionJSON + "]",
		`[{"nodegroup":{"nodeRole":"r","subnets":["s"]}},{"cluster":{"resourcesVpcConfig":{"clusterSecurityGroupId":"g"}}},{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"image":"i"}]}}]`,
		`{"Cluster":{"LogUri":"s3n://b/k","Ec2InstanceAttributes":{"Ec2SubnetId":"s"}}}`, `{"projects":[{"serviceRole":"r","source":{"type":"S3","location":"b/k"},"environment":{}}]}`,
		`[{"Clusters":[{"ClusterIdentifier":"d","IamRoles":[{}]}]},{"ClusterSubnetGroups":[{"ClusterSubnetGroupName":"g","Subnets":[{}]}]}]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		j, err := ParseJob(data)
		if err == nil && (j.Kind == "" || j.Instances < 1) {
			t.Fatalf("%+v", j)
		}
		for _, l := range slices.Concat(j.Inputs, j.Outputs, j.Code) {
			if again, err := ParseS3URI(l.URI); err != nil || again.Bucket != l.Bucket || l.Bucket == "" {
				t.Fatalf("%+v, %v", l, err)
			}
		}
	})
}
