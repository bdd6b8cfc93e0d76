package cli

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/canreach/canreach/sim/explore"
)

const (
	exploreDir = "../../testdata/examples/neo-compile/"
	exploreJob = exploreDir + "job.json"
)

// tab is a browser's tab on an explorer: no scripts, links and forms only.
type tab struct {
	t      testing.TB
	server *explore.Server
	base   *url.URL
}

func openExplorer(t testing.TB, snapshot string, more ...string) *tab {
	t.Helper()
	x := &explorer{snapshot: snapshotFlags{path: snapshot}, jobs: []string{exploreJob}}
	env := &Env{Stdin: strings.NewReader(""), Stdout: &bytes.Buffer{}, Stderr: &bytes.Buffer{}, Now: func() time.Time { return time.Unix(1_770_000_000, 0) }, Getenv: func(string) string { return "" }, Version: "test"}
	cfg, err := x.config(env, more)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Host = "127.0.0.1:8080"
	s := explore.New(*cfg)
	base, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	return &tab{t, s, base}
}

func (b *tab) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	b.server.ServeHTTP(w, r)
	return w
}

func (b *tab) address(page string) string {
	u, err := b.base.Parse(page)
	if err != nil {
		b.t.Fatal(err)
	}
	return u.String()
}

// get opens a page that must be there, and returns its text.
func (b *tab) get(page string) string {
	b.t.Helper()
	w := b.do(httptest.NewRequest(http.MethodGet, b.address(page), nil))
	if w.Code != http.StatusOK {
		b.t.Fatalf("%s: status %d\n%s", page, w.Code, w.Body)
	}
	return w.Body.String()
}

// post sends a form and returns the response.
func (b *tab) post(page string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, b.address(page), strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "http://127.0.0.1:8080")
	return b.do(r)
}

// follow sends a form and returns the page that it leads to, with its address.
func (b *tab) follow(page string, form url.Values) (address, text string) {
	b.t.Helper()
	w := b.post(page, form)
	if w.Code != http.StatusSeeOther {
		b.t.Fatalf("%s: status %d\n%s", page, w.Code, w.Body)
	}
	address = w.Header().Get("Location")
	return address, b.get(address)
}

// find returns what a pattern's group matches, with the markup's escapes read.
func find1(t testing.TB, pattern, text string) string {
	t.Helper()
	m := regexp.MustCompile(`(?s)` + pattern).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no match of %s in\n%s", pattern, text)
	}
	return html.UnescapeString(m[1])
}

// commandOf is the command line that a page shows.
func commandOf(t testing.TB, page string) string {
	t.Helper()
	return find1(t, `<section class="command"><h2>Command line</h2>\n<pre tabindex="0">(.*?)</pre>`, page)
}

func TestExploreTheJourney(t *testing.T) {
	b := openExplorer(t, exploreDir+"broken/wrong-route-table.json")
	if home := b.get(""); !strings.Contains(home, "Can this job reach that bucket") {
		t.Error("the first page does not ask")
	}
	blocked := b.get("check?job=" + url.QueryEscape(exploreJob))
	if !strings.Contains(blocked, "<title>BLOCKED") {
		t.Fatal(blocked)
	}
	red := find1(t, `<a href="([^"]*)" aria-label="Route table rtb-[^"]*stops here`, blocked)
	gate := b.get(red)
	for _, want := range []string{"NO_ROUTE_TO_DESTINATION", "https://docs.aws.amazon.com/", "No matching route", "&#34;RouteTableId&#34;: &#34;rtb-0b9d3c7a5e1f28460&#34;", "CreateRoute"} {
		if !strings.Contains(gate, want) {
			t.Errorf("the gate's page lacks %s", want)
		}
	}
	action := find1(t, `<form method="post" action="([^"]*)"><input type="hidden" name="repair"`, gate)
	id := find1(t, `name="repair" value="([^"]*)"`, gate)
	address, after := b.follow(action, url.Values{"repair": {id}})
	if !strings.Contains(after, "<title>REACHABLE") || !strings.Contains(after, "Gone: NO_ROUTE_TO_DESTINATION") {
		t.Fatal(after)
	}
	dir := t.TempDir()
	save(t, b, dir, address, "changes", "changes.yaml")
	save(t, b, dir, address, "test", "test.yaml")
	code, out := sh(t, dir, "canreach whatif -s "+exploreDir+"broken/wrong-route-table.json -j "+exploreJob+" --change changes.yaml -o json")
	if code != ExitHolds {
		t.Fatal(code, out)
	}
	if code, out = sh(t, dir, commandOf(t, after), "--out", filepath.Join(dir, "changed.json")); code != ExitHolds {
		t.Fatal(code, out)
	}
	if code, out = sh(t, dir, "canreach test test.yaml -s changed.json"); code != ExitHolds {
		t.Error("the saved test does not hold on the changed snapshot", out)
	}
	if code, _ = sh(t, dir, "canreach test test.yaml -s "+exploreDir+"broken/wrong-route-table.json"); code != ExitViolated {
		t.Error("the saved test holds on the snapshot without the change")
	}
	undo := find1(t, `<a class="button" href="([^"]*)">Undo change 1`, after)
	if !strings.Contains(b.get(undo), "<title>BLOCKED") {
		t.Error("undo does not give the first answer back")
	}
	if !strings.Contains(b.get("save?as=commands&"+query(address)), "aws ec2 ") {
		t.Error("the AWS CLI commands are missing")
	}
}

// A gate's forms hold what the snapshot has, and what is filled in is made.
func TestExploreSmallForms(t *testing.T) {
	b := openExplorer(t, exploreDir+"broken/acl-without-ephemeral-ports.json")
	page := b.get("check?job=" + url.QueryEscape(exploreJob))
	gate := b.get(find1(t, `<a href="([^"]*)" aria-label="Network ACL [^"]*replies: stops`, page))
	form := find1(t, `<summary>ReplaceNetworkAclEntry</summary>(.*?)</form>`, gate)
	for field, want := range map[string]string{"NetworkAclId": "acl-06f8e1d3b5c7a9204", "RuleNumber": "32767", "Protocol": "-1", "CidrBlock": "0.0.0.0/0"} {
		if got := find1(t, `name="p.`+field+`"[^>]* value="([^"]*)"`, form); got != want {
			t.Errorf("%s is filled in with %q, want %q", field, got, want)
		}
	}
	if !strings.Contains(gate, "<mark>▶     &#34;RuleNumber&#34;: 32767") && !strings.Contains(gate, "&#34;RuleNumber&#34;: 32767") {
		t.Error("the rule that decided is not there")
	}
	if n := strings.Count(gate, "<mark>"); n < 3 || n > 20 {
		t.Errorf("%d lines are marked", n)
	}
	_, after := b.follow("change?job="+url.QueryEscape(exploreJob), url.Values{"op": {"createNetworkAclEntry"}, "p.NetworkAclId": {"acl-06f8e1d3b5c7a9204"}, "p.RuleNumber": {"90"}, "p.Egress": {"false"},
		"p.Protocol": {"6"}, "p.RuleAction": {"allow"}, "p.CidrBlock": {"0.0.0.0/0"}, "p.PortRange.From": {"1024"}, "p.PortRange.To": {"65535"}})
	if !strings.Contains(after, "<title>REACHABLE") {
		t.Errorf("the entry does not mend it: %s", commandOf(t, after))
	}

	b = openExplorer(t, exploreDir+"broken/sg-without-egress.json")
	_, after = b.follow("change?job="+url.QueryEscape(exploreJob), url.Values{"op": {"authorizeSecurityGroupEgress"}, "p.GroupId": {"sg-0e9f1a2b3c4d5e6f7"}, "p.IpPermissions.0.IpProtocol": {"tcp"},
		"p.IpPermissions.0.FromPort": {"443"}, "p.IpPermissions.0.ToPort": {"443"}, "p.IpPermissions.0.IpRanges.0.CidrIp": {"0.0.0.0/0"}})
	if !strings.Contains(after, "Gone: SG_HAS_NO_RULES") {
		t.Errorf("the rule does not mend it: %s", commandOf(t, after))
	}
}

func query(address string) string {
	_, q, _ := strings.Cut(address, "?")
	return q
}

// save downloads what a page offers into dir.
func save(t testing.TB, b *tab, dir, address, as, name string) string {
	t.Helper()
	text := b.get("save?as=" + as + "&" + query(address))
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return text
}

func TestExploreEvidenceVerifies(t *testing.T) {
	b := openExplorer(t, exploreDir+"snapshot.json")
	text := b.get("save?as=evidence")
	z, err := zip.NewReader(strings.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, z); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	env := &Env{Stdout: &out, Stderr: &errs, Now: time.Now, Getenv: func(string) string { return "" }}
	if code := Main([]string{"evidence", "verify", filepath.Join(dir, "evidence")}, env); code == ExitUsage || code == ExitViolated {
		t.Error(code, out.String(), errs.String())
	}
}

// Every page's command line gives what the page shows.
func TestExploreCommandLines(t *testing.T) {
	b := openExplorer(t, exploreDir+"broken/wrong-route-table.json")
	address, _ := b.follow("change", url.Values{"op": {"createRoute"}, "p.RouteTableId": {"rtb-0b9d3c7a5e1f28460"}, "p.DestinationCidrBlock": {"0.0.0.0/0"}, "p.GatewayId": {"igw-0d1c2b3a4f5e69788"}})
	c := "&c=" + mustQuery(t, address).Get("c")
	dir := t.TempDir()
	bucket := "neo-models-111122223333-use1"
	answers := []string{
		"check?job=" + exploreJob,
		"check?job=" + exploreJob + "&bucket=" + bucket + "&action=s3:GetObject%2C+s3:PutObject&assume-defaults=true",
		"check?subnets=subnet-0a7c1e5b93d2f4681&security-groups=sg-0e9f1a2b3c4d5e6f7&role=NeoCompilationRole&write=true&bucket=" + bucket,
		"check?from-internet=any&role=NeoCompilationRole&action=s3:GetObject&bucket=" + bucket,
		"check?job=" + exploreJob + "&caller=unsigned&through=vpce-0a1b2c3d4e5f60718",
		"check?service=lambda&subnets=subnet-0a7c1e5b93d2f4681&security-groups=sg-0e9f1a2b3c4d5e6f7&role=NeoCompilationRole&resource=arn:aws:sqs:us-east-1:111122223333:jobs&action=sqs:SendMessage",
		"check?from=subnet-0a7c1e5b93d2f4681&to=s3&why-not=vpce-0a1b2c3d4e5f60718",
		"check?from=subnet-0a7c1e5b93d2f4681&to=s3&port=443",
		"check?from=subnet-0a7c1e5b93d2f4681&to=internet" + c,
		"check?job=" + exploreJob + c,
		"gate?lane=0&stop=1&job=" + exploreJob,
	}
	for _, page := range answers {
		_, out := sh(t, dir, commandOf(t, b.get(page)), "-o", "json")
		var res struct{ After json.RawMessage }
		if err := json.Unmarshal([]byte(out), &res); err != nil {
			t.Fatal(page, err, out)
		}
		got := []byte(out)
		if res.After != nil {
			got = res.After
		}
		want := []byte(b.get("save?as=answer&" + query(page)))
		if !bytes.Equal(compacted(t, got), compacted(t, want)) {
			t.Errorf("%s: the command line gives another answer:\n%s\nthe page has\n%s", page, got, want)
		}
	}
	for page, wants := range map[string]func(out string) []string{
		"fix?job=" + exploreJob:     repairCommands,
		"fix?job=" + exploreJob + c: repairCommands,
	} {
		text := html.UnescapeString(b.get(page))
		_, out := sh(t, dir, commandOf(t, b.get(page)), "-o", "json")
		for _, want := range wants(out) {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %s", page, want)
			}
		}
	}
}

func repairCommands(out string) []string {
	var res struct {
		Repairs []struct{ Commands []string }
	}
	_ = json.Unmarshal([]byte(out), &res)
	var all []string
	for _, r := range res.Repairs {
		all = append(all, r.Commands...)
	}
	return append(all, "Apply this repair")
}

func mustQuery(t testing.TB, address string) url.Values {
	t.Helper()
	q, err := url.ParseQuery(query(address))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func compacted(t testing.TB, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		t.Fatal(err, string(text))
	}
	return b.Bytes()
}

// The pages over accounts, tests and policies say what their commands print.
func TestExploreOtherPages(t *testing.T) {
	b := openExplorer(t, exploreDir+"snapshot.json", exploreDir+"broken/sg-without-egress.json")
	dir := t.TempDir()
	who := b.get("who-can?arn=neo-models-111122223333-use1&can=s3:GetObject")
	_, out := sh(t, dir, commandOf(t, who), "-o", "json")
	var access accessResult
	if err := json.Unmarshal([]byte(out), &access); err != nil {
		t.Fatal(err)
	}
	if len(access.Groups) == 0 || strings.Count(who, "<tr>")-1 != len(access.Groups) {
		t.Errorf("who-can shows %d rows of %d groups", strings.Count(who, "<tr>")-1, len(access.Groups))
	}
	path := b.get(find1(t, `<td><div><a href="([^"]*)"`, who))
	if want := access.Groups[0].Verdict.String(); !strings.Contains(path, "<title>"+want) {
		t.Errorf("the path of the first row is not %s", want)
	}

	tests := b.get("invariants?parameter=trusted-buckets%3Ddatalake-*")
	code, out := sh(t, dir, commandOf(t, tests))
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if !strings.Contains(tests, "<h2>"+lines[len(lines)-1]) {
		t.Errorf("status %d: the page does not say %q", code, lines[len(lines)-1])
	}

	own := "tests:\n  - {name: mine, from: {subnets: private, securityGroups: [sg-0e9f1a2b3c4d5e6f7], role: 'arn:aws:iam::111122223333:role/service-role/NeoCompilationRole'}, bucket: neo-models-111122223333-use1, expect: REACHABLE}\n"
	address, mine := b.follow("invariants", url.Values{"tests": {own}})
	save(t, b, dir, address, "tests", "tests.yaml")
	_, out = sh(t, dir, commandOf(t, mine))
	lines = strings.Split(strings.TrimSpace(out), "\n")
	if !strings.Contains(mine, "<h2>"+lines[len(lines)-1]) {
		t.Errorf("the page does not say %q", lines[len(lines)-1])
	}

	policy := func(resource string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"` + resource + `"}]}`
	}
	address, compared := b.follow("compare", url.Values{"old": {policy("arn:aws:s3:::b/in/*")}, "new": {policy("arn:aws:s3:::b/*")}})
	save(t, b, dir, address, "old", "old.json")
	save(t, b, dir, address, "new", "new.json")
	code, out = sh(t, dir, commandOf(t, compared))
	relation, _, _ := strings.Cut(out, "\n")
	if code != ExitViolated || !strings.Contains(compared, "<strong>"+relation+"</strong>") {
		t.Errorf("status %d, and the page does not say %q", code, relation)
	}

	if other := b.get("check?s=1"); !strings.Contains(other, "<title>BLOCKED") || !strings.Contains(commandOf(t, other), "sg-without-egress.json") {
		t.Error("the second snapshot is not asked")
	}
	if !strings.Contains(b.get(""), `<a href="./?s=1">`) {
		t.Error("the second snapshot is not offered")
	}
	drawn := b.get("map")
	sh(t, dir, commandOf(t, drawn))
	alone, err := os.ReadFile(filepath.Join(dir, "map.html"))
	if err != nil {
		t.Fatal(err)
	}
	tiles := regexp.MustCompile(`<span class="now">[^<]*</span>|data-v="[^"]*"`)
	if got, want := tiles.FindAllString(string(alone), -1), tiles.FindAllString(drawn, -1); len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("the command line draws another map: %v, not %v", got, want)
	}
	traced := b.get(find1(t, `<b><a href="([^"]*)">ml-private-1a`, drawn))
	if !strings.Contains(traced, "<title>REACHABLE: subnet-0a7c1e5b93d2f4681 → ") {
		t.Error("the map does not lead to a subnet's path")
	}
}

func TestExploreRefusals(t *testing.T) {
	b := openExplorer(t, exploreDir+"snapshot.json")
	secret := filepath.Join(t.TempDir(), "secret.json")
	job, err := os.ReadFile(exploreJob)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(secret, job, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, page := range map[string]string{
		"a file that the command line did not name": "check?job=" + url.QueryEscape(secret),
		"standard input":                  "check?job=-",
		"a flag that check does not have": "check?output=json",
		"a snapshot that is not there":    "check?s=7",
		"changes that nobody made":        "check?c=0123456789abcdef",
		"a gate that is not there":        "gate?lane=9&stop=0",
		"what can't be saved":             "save?as=passwords",
		"a test of a trace":               "save?as=test&from=internet&to=s3",
		"an address that can't be read":   "check?a=%zz",
	} {
		w := b.do(httptest.NewRequest(http.MethodGet, b.base.String()+page, nil))
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `role="alert"`) {
			t.Errorf("%s: status %d\n%s", name, w.Code, w.Body)
		}
	}
	w := b.post("change?job="+url.QueryEscape(exploreJob), url.Values{"op": {"deleteRoute"}, "p.RouteTableId": {"rtb-none"}, "p.DestinationCidrBlock": {"0.0.0.0/0"}})
	if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "rtb-none") || !strings.Contains(w.Body.String(), `value="0.0.0.0/0"`) {
		t.Errorf("a change that AWS would refuse: status %d\n%s", w.Code, w.Body)
	}
	if w := b.post("change", url.Values{"text": {strings.Repeat("x", 2<<20)}}); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a body of 2 MB: status %d", w.Code)
	}
}

// No flag of the questions has the name of a parameter of the pages.
func TestExploreParametersAreNoFlags(t *testing.T) {
	var qf questionFlags
	var tf traceFlags
	for _, register := range []func(*pflag.FlagSet){qf.register, tf.register} {
		fs := pflag.NewFlagSet("", pflag.ContinueOnError)
		register(fs)
		for _, name := range explore.Parameters() {
			if fs.Lookup(name) != nil {
				t.Errorf("%s is both a flag and a parameter of a page", name)
			}
		}
	}
}
