package denial

import (
	"errors"
	"testing"
)

func TestReadsWhatAWSSays(t *testing.T) {
	const session, role = "arn:aws:sts::111122223333:assumed-role/Neo/SageMaker", "arn:aws:iam::111122223333:role/service-role/Neo"
	for _, c := range []struct {
		name, text string
		want       Denial
	}{
		{"an endpoint policy that allows nothing", `An error occurred (AccessDenied) when calling the GetObject operation: User: ` + session + ` is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::models/a b.tar" because no VPC endpoint policy allows the s3:GetObject action`,
			Denial{Kind: Denied, Principal: session, Role: "Neo", Action: "s3:GetObject", Resource: "arn:aws:s3:::models/a", Service: "s3", Layer: "VPC endpoint policy"}},
		{"an explicit deny", `User: ` + session + ` is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::out/x" with an explicit deny in a resource-based policy`,
			Denial{Kind: Denied, Principal: session, Role: "Neo", Action: "s3:PutObject", Resource: "arn:aws:s3:::out/x", Service: "s3", Layer: "resource-based policy", Explicit: true}},
		{"a terse denial", "download failed: s3://models/m.tar.gz to ./m An error occurred (403) when calling the HeadObject operation: Forbidden",
			Denial{Kind: Denied, Action: "s3:HeadObject", Resource: "arn:aws:s3:::models/m.tar.gz", Service: "s3"}},
		{"a timeout", `Connect timeout on endpoint URL: "https://sts.amazonaws.com/"`, Denial{Kind: Unreachable, Host: "sts.amazonaws.com", Service: "sts"}},
		{"a timeout of a bucket's name", `Could not connect to the endpoint URL: "https://models.s3.us-east-1.amazonaws.com/a/b?list-type=2"`,
			Denial{Kind: Unreachable, Host: "models.s3.us-east-1.amazonaws.com", Service: "s3", Resource: "arn:aws:s3:::models/a/b"}},
		{"a Regional service", `Connect timeout on endpoint URL: "https://api.ecr.eu-west-1.amazonaws.com/"`, Denial{Kind: Unreachable, Host: "api.ecr.eu-west-1.amazonaws.com", Service: "api.ecr"}},
		{"a name without an address", "dial tcp: lookup s3.us-east-1.amazonaws.com: no such host", Denial{Kind: Unresolved, Host: "s3.us-east-1.amazonaws.com", Service: "s3"}},
		{"a FailureReason", "ClientError: Failed to download data. ListObjectsV2 failed for s3://models/in. nextToken:[null]: Unable to execute request to S3",
			Denial{Kind: Unreachable, Action: "s3:ListObjectsV2", Resource: "arn:aws:s3:::models/in", Service: "s3"}},
		{"a FailureReason of a role", `ClientError: Please ensure that the role "` + role + `" exists and that its trust relationship policy allows the action "sts:AssumeRole" for the service principal "sagemaker.amazonaws.com".`,
			Denial{Kind: Denied, Principal: role, Role: "Neo", Action: "sts:AssumeRole", Service: "sts", Layer: "resource-based policy"}},
		{"a job's description", `{"CompilationJobName": "j", "FailureReason": "ClientError: Access denied to s3://models/m.tar.gz"}`,
			Denial{Kind: Denied, Resource: "arn:aws:s3:::models/m.tar.gz"}},
		{"an event", `{"eventType":"AwsApiCall","eventTime":"2026-11-23T08:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","errorCode":"AccessDenied","errorMessage":"Access Denied","sourceIPAddress":"10.0.1.4","vpcEndpointId":"vpce-0a1b2c3d",` +
			`"userIdentity":{"arn":"` + session + `"},"requestParameters":{"bucketName":"models","key":"m"}}`,
			Denial{Kind: Denied, Principal: session, Role: "Neo", Action: "s3:GetObject", Resource: "arn:aws:s3:::models/m", Service: "s3", Endpoint: "vpce-0a1b2c3d", Source: "10.0.1.4", Time: "2026-11-23T08:00:00Z"}},
		{"a network event in a log file", `{"Records":[{"eventSource":"s3.amazonaws.com","eventName":"PutObject"},{"eventType":"AwsVpceEvent","eventSource":"s3.amazonaws.com","eventName":"ListBuckets","errorCode":"VpceAccessDenied","vpcEndpointId":"vpce-0a1b2c3d"}]}`,
			Denial{Kind: Denied, Action: "s3:ListBuckets", Service: "s3", Endpoint: "vpce-0a1b2c3d", Layer: "VPC endpoint policy"}},
	} {
		got, err := Read(c.text)
		if err != nil || got != c.want {
			t.Errorf("%s: %v\n got %+v\nwant %+v", c.name, err, got, c.want)
		}
	}
	for _, text := range []string{"", "hello", "{}", `{"eventSource":"s3.amazonaws.com","eventName":"GetObject"}`, "[1]"} {
		if _, err := Read(text); !errors.Is(err, ErrNotRead) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`Connect timeout on endpoint URL: "https://sts.amazonaws.com/"`)
	f.Add(`{"Records":[{"eventSource":"s3.amazonaws.com","eventName":"PutObject","errorCode":"x","resources":[{"ARN":"a"}]}]}`)
	f.Add(`{"Events":[{"CloudTrailEvent":"{\"Records\":[]}"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := Read(text); err == nil && d.Kind == "" {
			t.Errorf("%q was read as nothing", text)
		}
	})
}
