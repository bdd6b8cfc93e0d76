package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
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

// wire answers from the capture's file of answers, and refuses one operation, or
// all but those that tell who calls.
type wire struct {
	answers      awswire.Answers
	refused      string
	identityOnly bool
}

func (w wire) Do(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
	}
	op := awswire.Operation(req, body)
	status, text, ok := w.answers.Find(op, req, body)
	if !ok || op == w.refused || w.identityOnly && !strings.HasPrefix(op, "sts.") {
		status, text = http.StatusForbidden, awswire.Error(op, "AccessDenied")
	}
	header := http.Header{}
	if op == "s3.HeadBucket" {
		header.Set("X-Amz-Bucket-Region", "eu-west-1")
	}
	return &http.Response{StatusCode: status, Header: header, Request: req, Body: io.NopCloser(strings.NewReader(text)), ContentLength: int64(len(text))}, nil
}

// wireAnswers are the capture's, in an environment without AWS settings.
func wireAnswers(t *testing.T) awswire.Answers {
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
	return awswire.File(string(text))
}

// against runs a command with an AWS of its own.
func against(w wire, args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	env := &cli.Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Now: time.Now, Getenv: func(string) string { return "" }, Version: "test"}
	env.Capture = func(ctx context.Context, o calls.Options) (*calls.Report, error) {
		return capture.Run(ctx, o, config.WithHTTPClient(w), config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "SECRETEXAMPLE", "")))
	}
	status = cli.Main(args, env)
	return status, out.String(), errs.String()
}

// TestNothingButTheIdentityIsNoSnapshot: the command fails, and the older file
// stays, byte for byte; with answers it is replaced.
func TestNothingButTheIdentityIsNoSnapshot(t *testing.T) {
	answers := wireAnswers(t)
	for _, only := range []bool{true, false} {
		file := filepath.Join(t.TempDir(), "s.json")
		if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		status, out, errs := against(wire{answers: answers, identityOnly: only}, "snapshot", "--out", file, "--region", "us-east-1")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if kept := string(text) == "old"; kept != only || (status == cli.ExitUsage) != only || out != "" || only && !strings.Contains(errs, "nothing could be read") {
			t.Errorf("identity only %v: status %d, kept %v\n%s%s", only, status, kept, out, errs)
		}
	}
}

// TestLiveFromAJobsName: nothing but a job's name, and AWS, to the answer.
func TestLiveFromAJobsName(t *testing.T) {
	answers := wireAnswers(t)
	for refused, want := range map[string]string{
		"":                        "",
		"ec2.DescribeNetworkAcls": "could not read: 111122223333 ec2 DescribeNetworkAcls: AccessDenied: allow ec2:DescribeNetworkAcls",
	} {
		status, out, errs := against(wire{answers: answers, refused: refused}, "check", "--live", "--job", "compile-resnet", "--region", "us-east-1")
		if status == cli.ExitUsage || !strings.Contains(out, "compile-resnet") || !strings.Contains(errs, want) {
			t.Errorf("without %q: status %d\n%s%s", refused, status, errs, out)
		}
		t.Logf("%s%s", errs, out)
	}
}
