package capture

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/canreach/canreach/internal/testkit/awswire"
	"github.com/canreach/canreach/snapshot/capture/calls"
)

// fakeAWS is a transport that answers from testdata/wire.txtar.
type fakeAWS struct {
	answers awswire.Answers
	hook    func(operation string) (status int, code string) // 0: answer
	raw     func(req *http.Request, body []byte) string      // instead of answers

	mu     sync.Mutex
	called map[string]int
	bodies map[string][]string // of requests, by operation
	hosts  map[string]bool
	strays []string
}

func newFakeAWS(t *testing.T) *fakeAWS {
	t.Helper()
	text, err := os.ReadFile("testdata/wire.txtar")
	if err != nil {
		t.Fatal(err)
	}
	return &fakeAWS{answers: awswire.File(string(text)), called: map[string]int{}, bodies: map[string][]string{}, hosts: map[string]bool{}}
}

func (f *fakeAWS) Do(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
	}
	op := awswire.Operation(req, body)
	f.mu.Lock()
	f.called[op]++
	f.bodies[op] = append(f.bodies[op], string(body))
	f.hosts[req.URL.Host] = true
	f.mu.Unlock()
	status, text, ok := f.answers.Find(op, req, body)
	if f.raw != nil {
		status, text, ok = http.StatusOK, f.raw(req, body), true
	}
	if f.hook != nil {
		if s, code := f.hook(op); s != 0 {
			status, text, ok = s, awswire.Error(op, code), true
		}
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	if !ok {
		f.mu.Lock()
		f.strays = append(f.strays, op+" "+req.Method+" "+req.URL.String())
		f.mu.Unlock()
		status, text = http.StatusBadRequest, awswire.Error(op, "NotInTheTest")
	}
	h := http.Header{}
	if op == "s3.HeadBucket" {
		h.Set("X-Amz-Bucket-Region", "eu-west-1")
	}
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: h, Request: req,
		Body: io.NopCloser(strings.NewReader(text)), ContentLength: int64(len(text))}, nil
}

// load sets the transport, and keeps the machine's own AWS settings out.
func (f *fakeAWS) load(t *testing.T) []func(*config.LoadOptions) error {
	t.Helper()
	for _, e := range os.Environ() {
		if name, _, _ := strings.Cut(e, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	return []func(*config.LoadOptions) error{
		config.WithHTTPClient(f),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "SECRETEXAMPLE", "")),
	}
}

var someTime = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// capture captures what r asks for, in us-east-1 unless it says otherwise,
// and returns the file's text.
func (f *fakeAWS) capture(t *testing.T, r calls.Request, change func(*calls.Options)) (string, *calls.Report, error) {
	t.Helper()
	if len(r.Regions) == 0 && !r.AllRegions {
		r.Regions = []string{"us-east-1"}
	}
	load := f.load(t)
	if r.AllRegions {
		load = append(load, config.WithRegion("us-east-1"))
	}
	o := calls.Options{Request: r, Output: filepath.Join(t.TempDir(), "snapshot.json"), Tool: "canreach test", Now: func() time.Time { return someTime }}
	if change != nil {
		change(&o)
	}
	rep, err := Run(context.Background(), o, load...)
	if err != nil {
		return "", nil, err
	}
	text, err := os.ReadFile(o.Output)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.strays) > 0 {
		t.Errorf("calls without an answer in the test:\n%s", strings.Join(f.strays, "\n"))
	}
	return string(bytes.TrimSpace(text)), rep, nil
}
