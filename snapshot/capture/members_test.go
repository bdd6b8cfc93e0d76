package capture

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/canreach/canreach/internal/testkit/awswire"
	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/capture/calls"
)

// memberAWS gives each account's role credentials of its own, by which it
// knows who calls.
type memberAWS struct {
	*fakeAWS
	refuse string // account whose role may not be assumed
	after  func(op, account string)
}

func (f *memberAWS) Do(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
	}
	req.Body = io.NopCloser(strings.NewReader(string(body)))
	op := awswire.Operation(req, body)
	account := "111122223333"
	if _, key, ok := strings.Cut(req.Header.Get("Authorization"), "Credential=ASIA"); ok {
		account = key[:12]
	}
	if f.after != nil {
		defer f.after(op, account)
	}
	status, text := 200, ""
	switch op {
	case "sts.AssumeRole":
		_, id, _ := strings.Cut(string(body), "arn%3Aaws%3Aiam%3A%3A")
		text = strings.Replace(f.answers["sts.AssumeRole"], "ASIAEXAMPLE", "ASIA"+id[:12], 1)
		if id[:12] == f.refuse {
			status, text = 403, awswire.Error(op, "AccessDenied")
		}
		if !strings.Contains(string(body), "role%2FReader") {
			status, text = 400, awswire.Error(op, "WrongRole")
		}
	case "sts.GetCallerIdentity":
		text = strings.ReplaceAll(f.answers["sts.GetCallerIdentity"], "111122223333", account)
	case "organizations.ListParents", "organizations.ListPolicies", "organizations.ListAccounts":
		if account != "111122223333" {
			status, text = 400, awswire.Error(op, "AccessDeniedException")
		}
	}
	if text == "" {
		return f.fakeAWS.Do(req)
	}
	f.mu.Lock()
	f.called[op]++
	f.mu.Unlock()
	return &http.Response{StatusCode: status, Header: http.Header{}, Request: req, Body: io.NopCloser(strings.NewReader(text)), ContentLength: int64(len(text))}, nil
}

func (f *memberAWS) organization(t *testing.T, ctx context.Context, dir string, resume bool) (*calls.Report, error) {
	t.Helper()
	load := append(f.load(t), config.WithHTTPClient(f))
	return Run(ctx, calls.Options{Request: calls.Request{OrganizationRole: "Reader", Regions: []string{"eu-west-1", "us-east-1"}}, Output: dir,
		Resume: resume, Tool: "canreach test", Now: func() time.Time { return someTime }}, load...)
}

func readIndex(t *testing.T, dir string) *snapshot.CaptureIndex {
	t.Helper()
	x, err := snapshot.ReadIndex(filepath.Join(dir, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestAnOrganizationIsOneFileAnAccount(t *testing.T) {
	f, dir := &memberAWS{fakeAWS: newFakeAWS(t)}, filepath.Join(t.TempDir(), "org")
	rep, err := f.organization(t, context.Background(), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.strays) > 0 {
		t.Errorf("calls without an answer in the test:\n%s", strings.Join(f.strays, "\n"))
	}
	x := readIndex(t, dir)
	if len(x.Accounts) != 2 || x.Accounts[0].Account != "111122223333" || x.Accounts[1].Account != "444455556666" ||
		!slices.Equal(x.Accounts[1].Regions, []string{"eu-west-1", "us-east-1"}) || len(x.Gaps) != 1 || x.Gaps[0].Account != "777788889999" || x.Gaps[0].Code != "SUSPENDED" {
		t.Fatalf("%+v", x)
	}
	if f.called["sts.AssumeRole"] != 1 || !slices.Equal(rep.Accounts, []string{"111122223333", "444455556666"}) || rep.Things == 0 {
		t.Errorf("%d roles assumed; %+v", f.called["sts.AssumeRole"], rep)
	}
	if f.called["organizations.ListPolicies"] != 2 {
		t.Errorf("the policies were listed %d times", f.called["organizations.ListPolicies"])
	}
	var parts []snapshot.Part
	for _, file := range append([]snapshot.IndexFile{*x.Organization}, x.Accounts[0].IndexFile, x.Accounts[1].IndexFile) {
		native, err := x.Native(file)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, snapshot.Part{Name: file.File, Native: native})
	}
	whole, err := snapshot.Merge(parts[:2]) // the test's answers are the same in both accounts
	if err != nil {
		t.Fatal(err)
	}
	s, err := snapshot.Parse(whole)
	if err != nil {
		t.Fatal(err)
	}
	if a := s.Accounts[0]; a.OrganizationID != "o-1" || len(s.Organizations.SCPs.Items) != 1 || !slices.Equal(a.OrganizationPath, []string{"r-1", "ou-1"}) {
		t.Errorf("%+v %+v", a, s.Organizations)
	}
	if s, err = snapshot.Parse(parts[2].Native); err != nil || !slices.Equal(s.Accounts[0].OrganizationPath, []string{"r-1"}) {
		t.Errorf("a member does not read its own parents: %v %v", s, err)
	}
	if st, _ := os.Stat(x.Path(x.Accounts[0].IndexFile)); st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", st.Mode())
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*"+calls.JournalSuffix))
	if len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestAnAccountThatRefusesIsAGap(t *testing.T) {
	f, dir := &memberAWS{fakeAWS: newFakeAWS(t), refuse: "444455556666"}, t.TempDir()
	if _, err := f.organization(t, context.Background(), dir, false); err != nil {
		t.Fatal(err)
	}
	x := readIndex(t, dir)
	refused := func(g snapshot.Gap) bool {
		return g.Account == "444455556666" && g.Operation == "AssumeRole" && g.Code == "AccessDenied"
	}
	if len(x.Accounts) != 1 || !slices.ContainsFunc(x.Gaps, refused) {
		t.Errorf("%+v", x)
	}
}

// An interrupted capture goes on: an account that was written is not asked
// again, one that was begun goes on from its answers.
func TestAnOrganizationIsResumed(t *testing.T) {
	whole := t.TempDir()
	if _, err := (&memberAWS{fakeAWS: newFakeAWS(t)}).organization(t, context.Background(), whole, false); err != nil {
		t.Fatal(err)
	}
	for _, cut := range []int32{2, 9, 40, 60} {
		t.Run(fmt.Sprint(cut), func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			dir, n := t.TempDir(), atomic.Int32{}
			first := &memberAWS{fakeAWS: newFakeAWS(t), after: func(string, string) {
				if n.Add(1) == cut {
					cancel()
				}
			}}
			if _, err := first.organization(t, ctx, dir, false); err == nil {
				t.Skip("it was over before the cut")
			}
			second := &memberAWS{fakeAWS: newFakeAWS(t)}
			if _, err := second.organization(t, context.Background(), dir, true); err != nil {
				t.Fatal(err)
			}
			a, b := readIndex(t, whole), readIndex(t, dir)
			for i := range a.Accounts {
				x, y := nativeText(t, a, i), nativeText(t, b, i)
				if x != y {
					t.Errorf("account %s differs:\n%s\n%s", a.Accounts[i].Account, x, y)
				}
			}
		})
	}
}

// nativeText is an account's file without its header.
func nativeText(t *testing.T, x *snapshot.CaptureIndex, i int) string {
	t.Helper()
	native, err := x.Native(x.Accounts[i].IndexFile)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(native), `"accounts":`)
	return rest
}

func TestWhoMayNotListAccounts(t *testing.T) {
	f := &memberAWS{fakeAWS: newFakeAWS(t)}
	f.hook = func(op string) (int, string) {
		if op == "organizations.ListAccounts" {
			return 400, "AccessDeniedException"
		}
		return 0, ""
	}
	_, err := f.organization(t, context.Background(), t.TempDir(), false)
	if err == nil || !strings.Contains(err.Error(), "delegated administrator") || !strings.Contains(err.Error(), "AccessDeniedException") {
		t.Errorf("%v", err)
	}
}

func TestCallsAreSpaced(t *testing.T) {
	r := newRate(200)
	start := time.Now()
	for range 11 {
		if err := r.wait(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if d := time.Since(start); d < 50*time.Millisecond {
		t.Errorf("11 calls at 200 a second took %v", d)
	}
	if (*rate)(nil).wait(context.Background()) != nil {
		t.Error("no limit waits")
	}
}

// What the capture of an organization calls is what its permissions allow.
func TestPermissionsOfAnOrganization(t *testing.T) {
	f := &memberAWS{fakeAWS: newFakeAWS(t)}
	if _, err := f.organization(t, context.Background(), t.TempDir(), false); err != nil {
		t.Fatal(err)
	}
	r := calls.Request{OrganizationRole: "Reader", Regions: []string{"us-east-1"}}
	allowed := actionsOf(t, calls.Permissions(r))
	var needed []string
	for _, op := range r.Operations() {
		if f.called[string(op.ID())] > 0 {
			needed = append(needed, op.Actions...)
		} else if op.InsteadOf == "" {
			t.Errorf("%s is listed, but nothing calls it", op.ID())
		}
	}
	needed = append(needed, "sts:AssumeRole")
	slices.Sort(needed)
	if want := slices.Compact(needed); !slices.Equal(allowed, want) {
		t.Errorf("allowed %v\nneeded %v", allowed, want)
	}
	if text := string(calls.Permissions(r)); !strings.Contains(text, `"arn:aws:iam::*:role/Reader"`) {
		t.Error(text)
	}
}
