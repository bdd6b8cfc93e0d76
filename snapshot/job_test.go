package snapshot

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const role = `"arn:aws:iam::111122223333:role/Neo"`

const vpcConfig = `"VpcConfig":{"SecurityGroupIds":["sg-1"],"Subnets":["subnet-a","subnet-b"]}`

// summary is a job in one line.
func summary(j Job) string {
	uris := func(ls []S3Location) string {
		var out []string
		for _, l := range ls {
			out = append(out, l.Bucket+"|"+l.Prefix+"|"+l.KMSKeyID)
		}
		return strings.Join(out, ",")
	}
	return fmt.Sprintf("%s %s %s vpc=%v %v %v n=%d in=%s out=%s %s", j.Kind, j.Name, j.RoleARN, j.HasVPCConfig, j.Subnets, j.SecurityGroups, j.Instances, uris(j.Inputs), uris(j.Outputs), j.Region)
}

func TestJobsAreRecognisedByContent(t *testing.T) {
	const inVPC = "vpc=true [subnet-a subnet-b] [sg-1] "
	for _, tt := range []struct{ name, text, want string }{
		{"compilation", `{"CompilationJobName":"c","RoleArn":` + role + `,"InputConfig":{"S3Uri":"s3://b/in/m.tar.gz","Framework":"TFLITE"},"OutputConfig":{"S3OutputLocation":"s3://b/out","KmsKeyId":"k"},` + vpcConfig + `}`,
			"CompilationJob c arn:aws:iam::111122223333:role/Neo " + inVPC + "n=1 in=b|in/m.tar.gz| out=b|out|k "},
		{"compilation described", `{"CompilationJobArn":"arn:aws:sagemaker:eu-west-1:111122223333:compilation-job/c","CompilationJobName":"c","VpcConfig":null}`,
			"CompilationJob c  vpc=false [] [] n=1 in= out= eu-west-1"},
		{"compilation without a name", `{"InputConfig":{"S3Uri":"s3://b"}}`, "CompilationJob   vpc=false [] [] n=1 in=b|| out= "},
		{"training", `{"TrainingJobName":"t","RoleArn":` + role + `,"ResourceConfig":{"InstanceCount":3},"InputDataConfig":[{"DataSource":{"S3DataSource":{"S3Uri":"s3://d/x"}}},{"DataSource":{"FileSystemDataSource":{}}}],"OutputDataConfig":{"S3OutputPath":"s3://o/p","KmsKeyId":"k"},"CheckpointConfig":{"S3Uri":"s3://ck/1"},` + vpcConfig + `}`,
			"TrainingJob t arn:aws:iam::111122223333:role/Neo " + inVPC + "n=3 in=d|x|,ck|1| out=o|p|k,ck|1| "},
		{"training in instance groups", `{"TrainingJobName":"t","ResourceConfig":{"InstanceGroups":[{"InstanceCount":2},{"InstanceCount":3}]}}`, "TrainingJob t  vpc=false [] [] n=5 in= out= "},
		{"processing", `{"ProcessingJobName":"p","RoleArn":` + role + `,"NetworkConfig":{` + vpcConfig + `},"ProcessingInputs":[{"S3Input":{"S3Uri":"s3://i/1"}}],"ProcessingOutputConfig":{"KmsKeyId":"k","Outputs":[{"S3Output":{"S3Uri":"s3://o/1"}}]},"ProcessingResources":{"ClusterConfig":{"InstanceCount":2}}}`,
			"ProcessingJob p arn:aws:iam::111122223333:role/Neo " + inVPC + "n=2 in=i|1| out=o|1|k "},
		{"transform with its model", `{"TransformJob":{"TransformJobName":"x","ModelName":"m","TransformInput":{"DataSource":{"S3DataSource":{"S3Uri":"s3://i/1"}}},"TransformOutput":{"S3OutputPath":"s3://o/1"}},"Model":{"ModelName":"m","ExecutionRoleArn":` + role + `,` + vpcConfig + `,"PrimaryContainer":{"ModelDataUrl":"s3://m/model.tar.gz"}}}`,
			"TransformJob x arn:aws:iam::111122223333:role/Neo " + inVPC + "n=1 in=i|1|,m|model.tar.gz| out=o|1| "},
		{"model", `{"ModelName":"m","ExecutionRoleArn":` + role + `,` + vpcConfig + `,"Containers":[{"ModelDataSource":{"S3DataSource":{"S3Uri":"s3://m/dir/"}}}]}`,
			"Model m arn:aws:iam::111122223333:role/Neo " + inVPC + "n=1 in=m|dir/| out= "},
		{"notebook", `{"NotebookInstanceName":"n","RoleArn":` + role + `,"SubnetId":"subnet-a","SecurityGroups":["sg-1"]}`,
			"NotebookInstance n arn:aws:iam::111122223333:role/Neo vpc=true [subnet-a] [sg-1] n=1 in= out= "},
		{"domain", `{"DomainName":"d","AuthMode":"IAM","AppNetworkAccessType":"VpcOnly","SubnetIds":["subnet-a"],"DefaultUserSettings":{"ExecutionRole":` + role + `,"SecurityGroups":["sg-1"]}}`,
			"Domain d arn:aws:iam::111122223333:role/Neo vpc=true [subnet-a] [sg-1] n=1 in= out= "},
		{"domain on the internet", `{"DomainName":"d","SubnetIds":["subnet-a"],"DefaultUserSettings":{}}`, "Domain d  vpc=false [] [] n=1 in= out= "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j, err := ParseJob([]byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if got := summary(j); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestJobErrors(t *testing.T) {
	for _, tt := range []struct{ name, text, pointer, problem string }{
		{"unknown content", `{"Vpcs":[],"A":1}`, "", `its keys are ["A" "Vpcs"]`},
		{"not an object", `"x"`, "", "expected a job"},
		{"empty", ``, "", "truncated"},
		{"truncated", `{"CompilationJobName":"c`, "/CompilationJobName", "truncated"},
		{"duplicate key", `{"CompilationJobName":"c","RoleArn":"a","RoleArn":"b"}`, "/RoleArn", "duplicate"},
		{"subnets of the wrong type", `{"CompilationJobName":"c","VpcConfig":{"Subnets":"subnet-a"}}`, "/VpcConfig/Subnets", "expected an array"},
		{"subnet of the wrong type", `{"CompilationJobName":"c","VpcConfig":{"Subnets":[1]}}`, "/VpcConfig/Subnets/0", "expected a string"},
		{"no S3 URI", `{"CompilationJobName":"c","InputConfig":{"S3Uri":"models/x"}}`, "/InputConfig/S3Uri", "not an S3 URI"},
		{"no bucket", `{"CompilationJobName":"c","InputConfig":{"S3Uri":"s3:///x"}}`, "/InputConfig/S3Uri", "names no bucket"},
		{"role that is none", `{"CompilationJobName":"c","RoleArn":"Neo"}`, "/RoleArn", "not the ARN of a role"},
		{"no instances", `{"TrainingJobName":"t","ResourceConfig":{"InstanceCount":0}}`, "/ResourceConfig/InstanceCount", "at least 1"},
		{"transform without its model", `{"TransformJobName":"x","ModelName":"m"}`, "", `model "m" is not here`},
		{"two jobs", `[{"CompilationJobName":"a"},{"CompilationJobName":"b"}]`, "/1", "2 jobs"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseJob([]byte(tt.text))
			var e *LoadError
			if !errors.As(err, &e) {
				t.Fatalf("error %v", err)
			}
			if e.At.Pointer() != tt.pointer || !strings.Contains(e.Problem, tt.problem) || e.Line != 1 {
				t.Errorf("got %v", e)
			}
		})
	}
}

func TestParseS3URI(t *testing.T) {
	for _, tt := range []struct{ uri, bucket, prefix string }{
		{"s3://b", "b", ""}, {"s3://b/", "b", ""}, {"S3://b/a//b%20c", "b", "a//b%20c"},
		{"s3://arn:aws:s3:us-east-1:111122223333:accesspoint/ap/p/q", "arn:aws:s3:us-east-1:111122223333:accesspoint/ap", "p/q"},
		{"https://b.c.s3.eu-west-1.amazonaws.com/p", "b.c", "p"}, {"https://s3.eu-west-1.amazonaws.com/b/p/q", "b", "p/q"},
		{"https://b.s3.amazonaws.com", "b", ""}, {"https://s3-us-west-2.amazonaws.com/b", "b", ""},
	} {
		l, err := ParseS3URI(tt.uri)
		if err != nil || l.Bucket != tt.bucket || l.Prefix != tt.prefix {
			t.Errorf("%s: %+v, %v", tt.uri, l, err)
		}
	}
	for _, uri := range []string{"", "b/k", "s3://", "http://b.s3.amazonaws.com", "https://example.com/b", "s3://b\x1b[31m/x", "s3://a b/"} {
		if l, err := ParseS3URI(uri); err == nil {
			t.Errorf("%q: %+v", uri, l)
		}
	}
}

func TestLoadJobNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "job.json")
	if err := os.WriteFile(path, []byte("{\n \"x\": }"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadJob(path, Options{}); err == nil || !strings.HasPrefix(err.Error(), path+":2:7: /x: ") {
		t.Error(err)
	}
	if j, err := LoadJob("-", Options{Stdin: strings.NewReader(`{"CompilationJobName":"c"}`)}); err != nil || j.Name != "c" {
		t.Error(j, err)
	}
}
