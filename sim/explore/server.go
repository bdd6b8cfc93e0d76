// Package explore serves a snapshot's answers in the browser, on loopback
// alone: pages made from the same values as text and JSON, forms that change
// the snapshot in memory, and downloads. It decides nothing and writes nothing.
package explore

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/sim/evidence"
	"github.com/canreach/canreach/sim/repair"
	"github.com/canreach/canreach/sim/report"
	"github.com/canreach/canreach/snapshot"
)

// Config is what a server serves, and to whom.
type Config struct {
	Snapshots []Snapshot
	Jobs      []Job // that the snapshots do not hold
	Reader    Reader
	Program   evidence.Program
	Now       func() time.Time
	Host      string // "127.0.0.1:PORT": requests for other hosts are refused
	Token     string // the first part of every path
}

// Snapshot is one snapshot that is explored.
type Snapshot struct {
	Name string   // for people
	Args []string // how a command line names it: "--snapshot", "S"
	Base *change.Base
}

// Job is a job that a command line names by its file.
type Job struct {
	File string
	Job  snapshot.Job
}

// Reader reads questions as the command line does: url.Values hold flags of
// the commands, by name.
type Reader struct {
	// Check and Trace read what those commands ask.
	Check, Trace func(s *snapshot.Snapshot, flags url.Values) (Asked, error)
	// Compare compares two policies, as policy compare does.
	Compare func(before, after []byte, flags url.Values) (Comparison, error)
	// Names lists what questions can name, by kind: "job", "subnet", …
	Names func(s *snapshot.Snapshot) map[string][]Name
	// Rule is the sentence of a documented rule; "" where there is none.
	Rule func(name string) string
}

// Asked is a question that was read.
type Asked struct {
	Query repair.Query
	Flags url.Values // what was read, with the job that no flag named
	Args  []string   // the same as a command line has them
	// Job returns the job as AWS prints it; nil where it does not or a flag changes it.
	Job func() *located.Value
}

// Name is a resource that a question can name.
type Name struct{ ID, Label string }

// Comparison is what two policies allow and deny differently.
type Comparison struct {
	Relation string
	Parts    []ComparedPart
}

// ComparedPart is one difference with an example, or why it is not known.
type ComparedPart struct {
	Title   string
	Unknown string
	Example [][2]string // name and value
}

// Bounds of a request.
const (
	bodyBytes   = 1 << 20
	requestTime = 90 * time.Second
)

// Server is an http.Handler.
type Server struct {
	cfg    Config
	store  store
	worlds worlds
	asked  memo[Asked]
	found  memo[*repair.Result]
	names  memo[map[string][]Name]
}

// New makes a server.
func New(cfg Config) *Server {
	return &Server{cfg: cfg}
}

// jobs are the jobs from files, and the flags that name them.
func (s *Server) jobs() (jobs []snapshot.Job, args []string) {
	for _, j := range s.cfg.Jobs {
		jobs, args = append(jobs, j.Job), append(args, "--job", j.File)
	}
	return jobs, args
}

// URL is the address of the first page.
func (s *Server) URL() string { return "http://" + s.cfg.Host + "/" + s.cfg.Token + "/" }

// pages are the pages by name.
var pages = map[string]func(*view) error{
	"": (*view).home, "check": (*view).check, "gate": (*view).gate, "fix": (*view).fix, "change": (*view).change, "save": (*view).save,
	"who-can": (*view).whoCan, "invariants": (*view).invariants, "compare": (*view).compare, "map": (*view).mapPage, "style.css": (*view).style,
	"complete.js": (*view).completion, "change.schema.json": (*view).changeSchema,
}

// policy is the Content-Security-Policy: no script at all. The page of changes
// runs complete.js, which fetches the schema.
const (
	policy       = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	changePolicy = policy + "; script-src 'self'; connect-src 'self'"
)

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	name, err := s.admit(r)
	if err != nil {
		http.Error(w, err.Error(), err.status)
		return
	}
	serve, ok := pages[name]
	if !ok {
		http.Error(w, "there is no such page", http.StatusNotFound)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, bodyBytes)
	ctx, cancel := context.WithTimeout(r.Context(), requestTime)
	defer cancel()
	v, fault := s.newView(w, r.WithContext(ctx))
	if fault == nil {
		fault = serve(v)
	}
	if fault != nil && ctx.Err() == nil {
		v.fail(fault)
	}
}

// refusal is a request that is not answered.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }

// admit checks that a request comes from a page of this server, or from who
// was told its address, and returns the name of the page. The host is checked
// because a name that an attacker owns may lead to loopback (DNS rebinding).
func (s *Server) admit(r *http.Request) (string, *refusal) {
	_, port, _ := strings.Cut(s.cfg.Host, ":")
	if r.Host != s.cfg.Host && r.Host != "localhost:"+port {
		return "", &refusal{http.StatusMisdirectedRequest, "this address is not served"}
	}
	origin := r.Header.Get("Origin")
	site := r.Header.Get("Sec-Fetch-Site")
	if origin != "" && origin != "http://"+r.Host || site != "" && site != "none" && site != "same-origin" {
		return "", &refusal{http.StatusForbidden, "requests of other sites are refused"}
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodPost:
		if origin == "" {
			return "", &refusal{http.StatusForbidden, "a POST must tell its Origin"}
		}
	default:
		return "", &refusal{http.StatusMethodNotAllowed, "GET and POST are answered"}
	}
	token, page, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if !ok || subtle.ConstantTimeCompare([]byte(token), []byte(s.cfg.Token)) != 1 {
		return "", &refusal{http.StatusNotFound, "open the address that canreach explore printed"}
	}
	return page, nil
}

// mistake is what a reader can mend: a question or a change that makes no sense.
type mistake struct{ err error }

func (m *mistake) Error() string { return m.err.Error() }
func (m *mistake) Unwrap() error { return m.err }

// fail shows an error as a page.
func (v *view) fail(err error) {
	status := http.StatusBadRequest
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		status, err = http.StatusRequestEntityTooLarge, fmt.Errorf("more than %d bytes were sent", big.Limit)
	}
	v.h.Take()
	v.begin("Not possible")
	v.h.El("h1", "", "Not possible")
	v.h.Open("pre", "class", "error", "role", "alert")
	v.h.Lines(report.ErrorText(err))
	v.h.Close("pre")
	v.h.El("p", "", "Nothing was changed. Go back, or start again at the top of the page.")
	v.end(status)
}
