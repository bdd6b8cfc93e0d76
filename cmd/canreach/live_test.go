package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/canreach/canreach/internal/cli"
	"github.com/canreach/canreach/internal/testkit/awswire"
	"github.com/canreach/canreach/snapshot/capture"
	"github.com/canreach/canreach/snapshot/capture/calls"
)

// wire answers from the capture's file of answers, and refuses one operation.
type wire struct {
	answers awswire.Answers
	refused string
}

func (w wire) Do(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
	}
	op := awswire.Operation(req, body)
	status, text, ok := w.answers.Find(op, req, body)
	if !ok || op == w.refused {
		status, text = http.StatusForbidden, awswire.Error(op, "AccessDenied")
	}
	header := http.Header{}
	if op == "s3.HeadBucket" {
		header.Set("X-Amz-Bucket-Region", "eu-west-1")
	}
	return &http.Response{StatusCode: status, Header: header, Request: req, Body: io.NopCloser(strings.NewReader(text)), ContentLength: int64(len(text))}, nil
}

// TestLiveFromAJobsName: nothing but a job's name, and AWS, to the answer.
func TestLiveFromAJobsName(t *testing.T) {
	text, err := os.ReadFile("../../snapshot/capture/testdata/wire.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range os.Environ() {
		if name, _, _ := strings.Cut(e, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	for refused, want := range map[string]string{
		"":                        "",
		"ec2.DescribeNetworkAcls": "could not read: 111122223333 ec2 DescribeNetworkAcls: AccessDenied: allow ec2:DescribeNetworkAcls",
	} {
		var out, errs bytes.Buffer
		env := &cli.Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Now: time.Now, Getenv: func(string) string { return "" }, Version: "test"}
		env.Capture = func(ctx context.Context, o calls.Options) (*calls.Report, error) {
			return capture.Run(ctx, o, config.WithHTTPClient(wire{awswire.File(string(text)), refused}),
				config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "SECRETEXAMPLE", "")))
		}
		status := cli.Main([]string{"check", "--live", "--job", "compile-resnet", "--region", "us-east-1"}, env)
		if status == cli.ExitUsage || !strings.Contains(out.String(), "compile-resnet") || !strings.Contains(errs.String(), want) {
			t.Errorf("without %q: status %d\n%s%s", refused, status, errs.String(), out.String())
		}
		t.Logf("%s%s", errs.String(), out.String())
	}
}
