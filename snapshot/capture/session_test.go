package capture

import (
	"slices"
	"strings"
	"testing"

	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/capture/calls"
)

const auditor, other = "arn:aws:iam::111122223333:role/Auditor", "arn:aws:iam::444455556666:role/Auditor"

func TestAnAccountByItsRole(t *testing.T) {
	f := newFakeAWS(t)
	text, rep, err := f.capture(t, calls.Request{AssumeRoles: []string{auditor}, Buckets: []string{"models"}}, nil)
	if err != nil || f.called["sts.AssumeRole"] != 1 || !slices.Equal(rep.Accounts, []string{"111122223333"}) {
		t.Fatalf("err %v, calls %v", err, f.called)
	}
	for _, secret := range []string{"ASIAEXAMPLE", "ASSUMEDSECRET", "TOKENEXAMPLE"} {
		if strings.Contains(text, secret) {
			t.Errorf("the snapshot holds %q", secret)
		}
	}
}

func TestTwoRolesOfOneAccountAreRefused(t *testing.T) {
	_, _, err := newFakeAWS(t).capture(t, calls.Request{AssumeRoles: []string{auditor, other}}, nil)
	if err == nil || !strings.Contains(err.Error(), "111122223333") {
		t.Errorf("err = %v", err)
	}
}

func TestAnAccountThatCannotBeSignedInTo(t *testing.T) {
	f := newFakeAWS(t)
	f.hook = func(op string) (int, string) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if op == "sts.AssumeRole" && f.called[op] == 2 {
			return 403, "AccessDenied"
		}
		return 0, ""
	}
	_, rep, err := f.capture(t, calls.Request{AssumeRoles: []string{auditor, other}, Buckets: []string{"models"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(rep.Gaps, func(g snapshot.Gap) bool {
		return g.Account == "444455556666" && g.Operation == "AssumeRole" && g.Code == "AccessDenied"
	}) {
		t.Errorf("gaps: %+v", rep.Gaps)
	}
	f = newFakeAWS(t)
	f.hook = func(op string) (int, string) {
		if strings.HasPrefix(op, "sts.") {
			return 403, "ExpiredToken"
		}
		return 0, ""
	}
	if _, _, err := f.capture(t, calls.Request{}, nil); err == nil || !strings.Contains(err.Error(), "the default credentials") {
		t.Errorf("err = %v", err)
	}
}
