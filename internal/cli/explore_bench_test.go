package cli

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/canreach/canreach/internal/testkit/synth"
	"github.com/canreach/canreach/sim/explore"
)

// largeExplorer serves an account of 10,000 interfaces, loaded before.
func largeExplorer(b *testing.B) (func() *tab, string) {
	plan := synth.New(synth.Options{Interfaces: 10_000, Seed: 1})
	var native bytes.Buffer
	if err := plan.Write(&native); err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	file, job := filepath.Join(dir, "snapshot.json"), filepath.Join(dir, "job.json")
	if err := os.WriteFile(file, native.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(job, plan.Job, 0o600); err != nil {
		b.Fatal(err)
	}
	x := &explorer{snapshot: snapshotFlags{path: file}, jobs: []string{job}}
	cfg, err := x.config(&Env{Stdin: strings.NewReader(""), Stdout: &bytes.Buffer{}, Stderr: &bytes.Buffer{}, Now: time.Now, Getenv: func(string) string { return "" }}, nil)
	if err != nil {
		b.Fatal(err)
	}
	cfg.Host = "127.0.0.1:8080"
	return func() *tab {
		s := explore.New(*cfg)
		base, _ := url.Parse(s.URL())
		return &tab{b, s, base}
	}, job
}

// firstFlush times how long a page takes until its first part is sent.
type firstFlush struct {
	*httptest.ResponseRecorder
	start time.Time
	took  time.Duration
}

func (f *firstFlush) Flush() {
	if f.took == 0 {
		f.took = time.Since(f.start)
	}
}

// BenchmarkExploreFirstView is the first answer's whole page; the aim is 300 ms.
func BenchmarkExploreFirstView(b *testing.B) {
	open, job := largeExplorer(b)
	for b.Loop() {
		open().get("check?job=" + url.QueryEscape(job))
	}
}

// BenchmarkExploreChange posts a change and opens the page that it leads to:
// until the new verdict is sent (the aim is 50 ms), and until the page is whole.
func BenchmarkExploreChange(b *testing.B) {
	open, job := largeExplorer(b)
	t := open()
	page := "?job=" + url.QueryEscape(job)
	home := t.get("check" + page)
	group := find1(b, `Security group (sg-[0-9a-f]+)`, home)
	var verdict time.Duration
	n := 0
	for b.Loop() {
		n++
		start := time.Now()
		w := t.post("change"+page, url.Values{"text": {`{"authorizeSecurityGroupEgress": {"groupId": "` + group + `", "ipPermissions": [{"ipProtocol": "tcp", "fromPort": ` + strconv.Itoa(1000+n%60000) + `, "toPort": ` + strconv.Itoa(1000+n%60000) + `, "ipRanges": [{"cidrIp": "192.0.2.0/24"}]}]}}`}})
		if w.Code != http.StatusSeeOther {
			b.Fatal(w.Code, w.Body)
		}
		f := &firstFlush{ResponseRecorder: httptest.NewRecorder(), start: start}
		t.server.ServeHTTP(f, httptest.NewRequest(http.MethodGet, t.address(w.Header().Get("Location")), nil))
		verdict += f.took
	}
	b.ReportMetric(float64(verdict.Milliseconds())/float64(n), "ms/verdict")
}
