package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func comparePolicies(t *testing.T, stdin string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs bytes.Buffer
	env := &Env{Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }}
	status = Main(append([]string{"policy", "compare"}, args...), env)
	return out.String(), errs.String(), status
}

const (
	readAll  = `{"Version":"2012-10-17","Statement":{"Sid":"all","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}`
	readData = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/data/*"}}`
	tagged   = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Condition":{"ForAnyValue:StringEquals":{"aws:TagKeys":"a"}}}}`
	taggedOr = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Condition":{"ForAnyValue:StringEqualsIfExists":{"aws:TagKeys":"a"}}}}`
	grant    = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}`
	trust    = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}}`
	trustAll = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}`
)

func TestPolicyCompareStatus(t *testing.T) {
	tests := []struct {
		name, old, new, kind, relation string
		status                         int
	}{
		{"equal", readAll, readAll, "identity", "equivalent", ExitHolds},
		{"less", readAll, readData, "identity", "no-new-access", ExitHolds},
		{"more", readData, readAll, "identity", "new-access", ExitViolated},
		{"open: P169", tagged, taggedOr, "identity", "UNKNOWN", ExitUnknown},
		{"resource", grant, grant, "resource", "equivalent", ExitHolds},
		{"endpoint", grant, grant, "endpoint", "equivalent", ExitHolds},
		{"type by content", grant, grant, "", "equivalent", ExitHolds},
		{"trust policies have no Resource", trust, trustAll, "", "new-access", ExitViolated},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			oldFile, newFile := filepath.Join(dir, "old.json"), filepath.Join(dir, "new.json")
			for name, text := range map[string]string{oldFile: tt.old, newFile: tt.new} {
				if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			stdout, stderr, status := comparePolicies(t, "", oldFile, newFile, "--type", tt.kind, "-o", "json")
			var got struct{ Relation string }
			if err := json.Unmarshal([]byte(stdout), &got); err != nil {
				t.Fatalf("%v: %s%s", err, stdout, stderr)
			}
			if got.Relation != tt.relation || status != tt.status {
				t.Errorf("%s, status %d; want %s, %d", got.Relation, status, tt.relation, tt.status)
			}
			if text, _, status := comparePolicies(t, "", oldFile, newFile, "--type", tt.kind); !strings.HasPrefix(text, tt.relation+"\n") || status != tt.status {
				t.Errorf("text: status %d\n%s", status, text)
			}
		})
	}
}

// TestPolicyCompareEndpointType is P118 and P120: an account is its root user
// on a gateway endpoint, and all of the account on an interface endpoint.
func TestPolicyCompareEndpointType(t *testing.T) {
	const root = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:root"}}}}`
	dir := t.TempDir()
	oldFile, newFile := filepath.Join(dir, "old.json"), filepath.Join(dir, "new.json")
	for name, text := range map[string]string{oldFile: root, newFile: grant} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		typ, relation, newAccess string
		status                   int
	}{{"gateway", "equivalent", "false", ExitHolds}, {"interface", "new-access", "true", ExitViolated}, {"", "UNKNOWN", "null", ExitUnknown}} {
		text, _, status := comparePolicies(t, "", oldFile, newFile, "--type", "endpoint", "--endpoint-type", tt.typ)
		if !strings.HasPrefix(text, tt.relation+"\n") || status != tt.status {
			t.Errorf("%q: status %d\n%s", tt.typ, status, text)
		}
		line := `{"id":1,"type":"endpoint","endpointType":"` + tt.typ + `","reference":` + root + `,"candidate":` + grant + `}`
		text, _, status = comparePolicies(t, line, "--input", "-")
		if !strings.HasPrefix(text, `{"id":1,"newAccess":`+tt.newAccess) || status != tt.status {
			t.Errorf("%q in a batch: status %d\n%s", tt.typ, status, text)
		}
	}
	if _, stderr, status := comparePolicies(t, "", oldFile, newFile, "--endpoint-type", "gatewy"); status != ExitUsage || !strings.Contains(stderr, "gatewy") {
		t.Errorf("status %d: %s", status, stderr)
	}
}

// TestPolicyCompareDenials: a Deny counts beside what other policies allow.
func TestPolicyCompareDenials(t *testing.T) {
	deny := func(bucket string) string {
		return `{"Sid":"guard` + bucket + `","Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::` + bucket + `/*"}`
	}
	document := func(statements ...string) string {
		return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
	}
	const read = `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}`
	dir := t.TempDir()
	for _, tt := range []struct {
		name, old, new, flag, relation, says string
		status                               int
	}{
		{"guardrails, other buckets", document(deny("b")), document(deny("c")), "--denials", "incomparable", "\ndenied by OLD, not by NEW, for example:\n", ExitViolated},
		{"guardrails, fewer buckets", document(deny("b"), deny("c")), document(deny("b")), "--denials", "new-access", `denied by  statement number 1, Sid "guardc"`, ExitViolated},
		{"guardrails, more buckets", document(deny("b")), document(deny("b"), deny("c")), "--denials", "no-new-access", "\ndenied by NEW, not by OLD, for example:\n", ExitHolds},
		{"guardrails, of which neither allows anything", document(deny("b")), document(deny("c")), "", "equivalent", "\ndenied by OLD, not by NEW (which counts where another policy allows it: --denials), for example:\n", ExitHolds},
		{"guardrails, alike", document(deny("b"), deny("c")), document(deny("c"), deny("b")), "--denials", "equivalent", "", ExitHolds},
		{"what is not allowed here is no longer denied", document(read, deny("c")), document(read), "", "equivalent", "(which counts where another policy allows it: --denials)", ExitHolds},
		{"and counts on request", document(read, deny("c")), document(read), "--denials", "new-access", "denied by OLD, not by NEW, for example:", ExitViolated},
		{"what is said of access is not said twice", document(read, deny("b")), document(read), "", "new-access", "allowed by NEW, not by OLD", ExitViolated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			oldFile, newFile := filepath.Join(dir, "old.json"), filepath.Join(dir, "new.json")
			for name, text := range map[string]string{oldFile: tt.old, newFile: tt.new} {
				if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			args := []string{oldFile, newFile}
			if tt.flag != "" {
				args = append(args, tt.flag)
			}
			text, _, status := comparePolicies(t, "", args...)
			if !strings.HasPrefix(text, tt.relation+"\n") || !strings.Contains(text, tt.says) || status != tt.status {
				t.Errorf("status %d, want %d, %s and %q\n%s", status, tt.status, tt.relation, tt.says, text)
			}
			if tt.relation == "new-access" && tt.flag == "" && strings.Contains(tt.says, "allowed") && strings.Contains(text, "denied") {
				t.Errorf("said twice:\n%s", text)
			}
		})
	}
}

func TestPolicyCompareText(t *testing.T) {
	file := filepath.Join(t.TempDir(), "old.json")
	if err := os.WriteFile(file, []byte(readData), 0o600); err != nil {
		t.Fatal(err)
	}
	got, _, _ := comparePolicies(t, readAll, file, "-")
	want := `new-access

allowed by NEW, not by OLD, for example:
  principal  arn:aws:iam::111122223333:role/Example
  session    example
  action     s3:GetObject
  resource   arn:aws:s3:::b/x
  allowed by statement number 0, Sid "all"
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestPolicyCompareBadInput(t *testing.T) {
	for _, args := range [][]string{{"only-one"}, {"a", "b", "--input", "c"}, {"a", "b", "-o", "yaml"}, {"-", "-"}, {"/nonexistent/a", "/nonexistent/b"}, {"--input", "-", "--type", "vpc"}} {
		if stdout, stderr, status := comparePolicies(t, "", args...); status != ExitUsage || stdout != "" || stderr == "" {
			t.Errorf("%q: status %d, stdout %q, stderr %q", args, status, stdout, stderr)
		}
	}
}

func TestPolicyCompareBatch(t *testing.T) {
	in := strings.Join([]string{
		`{"id":"a","type":"identity","reference":` + readAll + `,"candidate":` + readData + `}`,
		`{"id":2,"type":"identity","reference":` + readData + `,"candidate":` + readAll + `}`,
		``,
		`{"id":"u","reference":` + tagged + `,"candidate":` + taggedOr + `}`,
		`{"id":"bad","reference":{"Version":"2012-10-17","Statement":{"Effect":"allow"}},"candidate":{}}`,
		`{"id":"twice","id":"x"}`,
		`[1]`,
	}, "\n")
	stdout, stderr, status := comparePolicies(t, in, "--input", "-")
	if status != ExitUsage || stderr != "" {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
	want := []string{
		`{"id":"a","newAccess":false,"lessAccess":true,"lessAccessExample":{"principal":"arn:aws:iam::111122223333:role/Example","session":"example","action":"s3:GetObject","resource":"arn:aws:s3:::b/x","context":{},"statement":{"index":0,"sid":"all"}},"deniesLess":false,"deniesMore":false}`,
		`{"id":2,"newAccess":true,"lessAccess":false,"newAccessExample":{`,
		`{"id":"u","newAccess":null,"lessAccess":false,"newAccessUnknown":"the answer hangs on`,
		`{"id":"bad","error":{"code":"POLICY_MALFORMED","message":`,
		`{"id":null,"error":{"code":"INPUT_MALFORMED","message":`,
		`{"id":null,"error":{"code":"INPUT_MALFORMED","message":`,
	}
	lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d lines:\n%s", len(lines), stdout)
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, want[i]) {
			t.Errorf("line %d: %s\nwant %s…", i, line, want[i])
		}
	}
}
