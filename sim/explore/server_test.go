package explore_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/sim/explore"
	"github.com/canreach/canreach/sim/repair"
	"github.com/canreach/canreach/snapshot"
)

const (
	host  = "127.0.0.1:8080"
	token = "SECRET"
)

// newServer serves a snapshot's text with a job that has everything from it.
func newServer(t testing.TB, native []byte) *explore.Server {
	t.Helper()
	base, err := change.Open(native)
	if err != nil {
		t.Fatal(err)
	}
	job, err := snapshot.LoadJob("../../testdata/examples/neo-compile/job.json", snapshot.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return explore.New(explore.Config{
		Snapshots: []explore.Snapshot{{Name: "snapshot.json", Args: []string{"--snapshot", "snapshot.json"}, Base: base}},
		Host:      host, Token: token, Now: time.Now,
		Reader: explore.Reader{
			Check: func(s *snapshot.Snapshot, flags url.Values) (explore.Asked, error) {
				if flags.Has("nonsense") {
					return explore.Asked{}, errors.New("no such <flag>")
				}
				return explore.Asked{Query: repair.Query{Check: sim.Question{Job: job, Bucket: flags.Get("bucket")}}, Flags: flags}, nil
			},
			Names: func(*snapshot.Snapshot) map[string][]explore.Name { return nil },
			Rule:  func(string) string { return "" },
		},
	})
}

func example(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("../../testdata/examples/neo-compile/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func ask(s *explore.Server, method, path string, edit func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://"+host+path, strings.NewReader("text=x"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if edit != nil {
		edit(r)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func TestWhoIsAnswered(t *testing.T) {
	s := newServer(t, example(t, "snapshot.json"))
	for _, c := range []struct {
		name, method, path string
		edit               func(*http.Request)
		want               int
	}{
		{"the address that was printed", "GET", "/SECRET/", nil, 200},
		{"by the other name of loopback", "GET", "/SECRET/", func(r *http.Request) { r.Host = "localhost:8080" }, 200},
		{"typed into the browser", "GET", "/SECRET/check", header("Sec-Fetch-Site", "none"), 200},
		{"a link of its own", "GET", "/SECRET/check", header("Sec-Fetch-Site", "same-origin"), 200},
		{"without the secret", "GET", "/", nil, 404},
		{"with another secret", "GET", "/SECRE7/check", nil, 404},
		{"with a part of it", "GET", "/SECRET", nil, 404},
		{"a name that an attacker leads to loopback", "GET", "/SECRET/", func(r *http.Request) { r.Host = "attacker.example:8080" }, 421},
		{"loopback without the port", "GET", "/SECRET/", func(r *http.Request) { r.Host = "127.0.0.1" }, 421},
		{"a script of another site", "GET", "/SECRET/check", header("Origin", "http://attacker.example"), 403},
		{"another port of this machine", "GET", "/SECRET/check", header("Origin", "http://127.0.0.1:9999"), 403},
		{"an image on another site", "GET", "/SECRET/check", header("Sec-Fetch-Site", "cross-site"), 403},
		{"a page of the same site on another port", "GET", "/SECRET/check", header("Sec-Fetch-Site", "same-site"), 403},
		{"a form of its own", "POST", "/SECRET/change", header("Origin", "http://"+host), 422},
		{"a form without an origin", "POST", "/SECRET/change", nil, 403},
		{"a form from a file", "POST", "/SECRET/change", header("Origin", "null"), 403},
		{"a form of another site", "POST", "/SECRET/change", header("Origin", "http://attacker.example"), 403},
		{"another method", "PUT", "/SECRET/change", header("Origin", "http://"+host), 405},
		{"preflight", "OPTIONS", "/SECRET/change", header("Origin", "http://attacker.example"), 403},
		{"a page that is not there", "GET", "/SECRET/../etc/passwd", nil, 404},
	} {
		w := ask(s, c.method, c.path, c.edit)
		if w.Code != c.want {
			t.Errorf("%s: status %d, want %d", c.name, w.Code, c.want)
		}
		h := w.Header()
		if h.Get("Access-Control-Allow-Origin") != "" || !strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'") ||
			strings.Contains(h.Get("Content-Security-Policy"), "script-src") != (c.want == 422) || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: headers %v", c.name, h)
		}
		if c.want >= 400 && c.want != 422 && strings.Contains(w.Body.String(), "SECRET") {
			t.Errorf("%s: the answer tells the secret", c.name)
		}
	}
}

func TestErrorsAreText(t *testing.T) {
	s := newServer(t, example(t, "snapshot.json"))
	w := ask(s, "GET", "/SECRET/check?nonsense=1", nil)
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "no such &lt;flag&gt;") {
		t.Error(w.Code, w.Body)
	}
}

func TestAPageThatWasLeftIsNotWorkedOn(t *testing.T) {
	s := newServer(t, example(t, "broken/wrong-route-table.json"))
	ctx, leave := context.WithCancel(context.Background())
	leave()
	for _, page := range []string{"fix", "map", "invariants", "who-can?arn=neo-models-111122223333-use1"} {
		start := time.Now()
		w := ask(s, "GET", "/SECRET/"+page, func(r *http.Request) { *r = *r.WithContext(ctx) })
		if strings.Contains(w.Body.String(), "Apply this repair") || strings.Contains(w.Body.String(), "</table>") || strings.Contains(w.Body.String(), " passed, ") {
			t.Errorf("%s: worked on for %s", page, time.Since(start))
		}
	}
	if w := ask(s, "GET", "/SECRET/fix", nil); !strings.Contains(w.Body.String(), "Apply this repair") {
		t.Error("the search that was stopped is remembered as whole")
	}
}

// Whatever a stranger put into the snapshot, nothing of it is markup.
func TestNothingOfASnapshotIsMarkup(t *testing.T) {
	attack := `"><script>alert(1)</script><img src=x onerror=alert(2)>'</textarea></pre><form action=//evil.example>&lt;`
	quoted := `\"><script>alert(1)</script><img src=x onerror=alert(2)>'</textarea></pre><form action=//evil.example>&lt;`
	text := string(example(t, "broken/sg-and-bucket-policy.json"))
	for _, name := range []string{"ml-private", "neo-job", "s3-gateway", "ModelsOnlyThroughTheEndpoint", "ml-prod", "TLSOnly"} {
		text = strings.ReplaceAll(text, `"`+name+`"`, `"`+quoted+name+`"`)
		text = strings.ReplaceAll(text, `\"`+name+`\"`, `\"`+strings.ReplaceAll(quoted, `\"`, `\\\"`)+name+`\"`)
	}
	s := newServer(t, []byte(text))
	seen := 0
	pages := []string{"", "check", "fix", "change", "change?op=putBucketPolicy", "who-can?arn=neo-models-111122223333-use1", "invariants",
		"check?bucket=" + url.QueryEscape(attack), "who-can?arn=" + url.QueryEscape(attack), "change?op=" + url.QueryEscape(attack), "gate?place=" + url.QueryEscape(attack)}
	for i := range 12 {
		pages = append(pages, "gate?lane=0&stop="+strconv.Itoa(i))
	}
	for _, page := range pages {
		body := ask(s, "GET", "/SECRET/"+page, nil).Body.String()
		body = strings.Replace(body, `<script src="complete.js"></script>`, "", 1) // the program's own
		for _, bad := range []string{"<script", "<img", "//evil.example>", "</textarea></pre>"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s holds %s", page, bad)
			}
		}
		seen += strings.Count(body, "&lt;script&gt;")
	}
	if seen < 10 {
		t.Errorf("the attack is on the pages %d times: the test looks at nothing", seen)
	}
}

// One page runs one script, the program's own, which writes no markup.
func TestOnlyTheChangePageRunsAScript(t *testing.T) {
	s := newServer(t, example(t, "snapshot.json"))
	for _, page := range []string{"", "check", "gate?lane=0&stop=2", "fix", "change", "change?op=createRoute", "who-can", "invariants", "compare"} {
		w := ask(s, "GET", "/SECRET/"+page, nil)
		may := strings.Contains(w.Header().Get("Content-Security-Policy"), "script-src 'self'")
		if has := strings.Contains(w.Body.String(), "<script"); has != may || has != strings.HasPrefix(page, "change") {
			t.Errorf("%s: script %v, allowed %v", page, has, may)
		}
	}
	script := ask(s, "GET", "/SECRET/complete.js", nil)
	if !strings.HasPrefix(script.Header().Get("Content-Type"), "text/javascript") || script.Body.Len() == 0 {
		t.Errorf("complete.js: %v", script.Header())
	}
	for _, bad := range []string{"innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function("} {
		if strings.Contains(script.Body.String(), bad) {
			t.Errorf("complete.js uses %s", bad)
		}
	}
	var schema map[string]any
	if err := json.Unmarshal(ask(s, "GET", "/SECRET/change.schema.json", nil).Body.Bytes(), &schema); err != nil || schema["$defs"] == nil {
		t.Errorf("the schema: %v", err)
	}
}

// Tabs with different changes, asked at the same time, know nothing of each other.
func TestTabs(t *testing.T) {
	s := newServer(t, example(t, "snapshot.json"))
	changes := []string{
		`{"revokeSecurityGroupEgress": {"GroupId": "sg-0e9f1a2b3c4d5e6f7", "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListIds": [{"PrefixListId": "pl-63a5400a"}]}]}}`,
		`{"deleteVpcEndpoints": {"VpcEndpointIds": ["vpce-0a1b2c3d4e5f60718"]}}`,
		`{"createTags": {"Resources": ["vpc-0c3f9e1a7b2d84e65"], "Tags": [{"Key": "a", "Value": "b"}]}}`,
	}
	wants := []string{"ENI_SG_RULES_MISMATCH", "NO_ROUTE_TO_DESTINATION", "REACHABLE"}
	var all sync.WaitGroup
	for n := range 24 {
		all.Go(func() {
			i := n % len(changes)
			body := url.Values{"text": {changes[i]}}.Encode()
			w := ask(s, "POST", "/SECRET/change", func(r *http.Request) {
				r.Header.Set("Origin", "http://"+host)
				r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
			})
			page := ask(s, "GET", w.Header().Get("Location"), nil).Body.String()
			if !strings.Contains(page, wants[i]) || !strings.Contains(page, "with 1 change<") {
				t.Errorf("tab %d: status %d %s %.2000s", n, w.Code, w.Header().Get("Location"), page)
			}
			for _, other := range []string{"/gate?lane=0&stop=2&", "/fix?"} {
				ask(s, "GET", strings.Replace(w.Header().Get("Location"), "/check?", other, 1), nil)
			}
		})
	}
	all.Wait()
	if page := ask(s, "GET", "/SECRET/check", nil).Body.String(); !strings.Contains(page, "as captured<") || !strings.Contains(page, "<title>REACHABLE") {
		t.Error("the snapshot without changes is another one")
	}
}

// Whatever a form's fields hold, the change that they say is one that a change
// file could say; what it lacks or AWS would refuse is told.
func TestEveryOperationHasAForm(t *testing.T) {
	s := newServer(t, example(t, "snapshot.json"))
	for _, o := range change.Operations() {
		page := ask(s, "GET", "/SECRET/change?op="+url.QueryEscape(o.Key), nil).Body.String()
		form := url.Values{"op": {o.Key}}
		fill := func(p *change.Parameter, name string) {
			if !strings.Contains(page, `name="p.`+name+`"`) {
				t.Errorf("%s: there is no field %s", o.Key, name)
			}
			switch p.Form {
			case change.FormNumber:
				form.Set("p."+name, "1")
			case change.FormChoice:
				form.Set("p."+name, p.Words[0])
			case change.FormJSON:
				form.Set("p."+name, `{"Version": "2012-10-17", "Statement": []}`)
			case change.FormText, change.FormTexts:
				form.Set("p."+name, "x-1")
			}
		}
		for _, p := range o.Parameters {
			for _, part := range p.Parts {
				fill(&part, p.Name+"."+part.Name)
			}
			if len(p.Parts) == 0 {
				fill(&p, p.Name)
			} else if !strings.Contains(page, `name="p.`+p.Name+`"`) {
				t.Errorf("%s: there is no field for the JSON of %s", o.Key, p.Name)
			}
		}
		w := ask(s, "POST", "/SECRET/change", func(r *http.Request) {
			r.Header.Set("Origin", "http://"+host)
			body := form.Encode()
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		})
		text := w.Body.String()
		if w.Code != http.StatusSeeOther && w.Code != http.StatusUnprocessableEntity || strings.Contains(text, "has no parameter") || strings.Contains(text, " takes ") && strings.Contains(text, "the form:") && !strings.Contains(text, "AWS would refuse") {
			_, problem, _ := strings.Cut(text, `id="problem"`)
			t.Errorf("%s: status %d %.300s", o.Key, w.Code, problem)
		}
	}
}
