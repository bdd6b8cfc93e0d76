package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// runPolicy runs canreach policy with standard input.
func runPolicy(t *testing.T, stdin string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs bytes.Buffer
	env := &Env{Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }, Version: "test"}
	status = Main(append([]string{"policy"}, args...), env)
	return out.String(), errs.String(), status
}

const evalLine = `{"id":"r1","request":{"principal":"arn:aws:iam::111122223333:role/Neo","action":"s3:GetObject","resource":"arn:aws:s3:::b/k","resourceAccount":"111122223333","unknown":["s3:ExistingObjectTag/*"]},"identityPolicies":[{"name":"p","document":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"s3:ExistingObjectTag/env":"prod"}}}]}}]}` + "\n"

func TestPolicyEval(t *testing.T) {
	for _, tt := range []struct {
		name, stdin, want string
		args              []string
		status            int
	}{
		{"unknown names the key", evalLine, `"decision":"UNKNOWN","layers":[{"layer":"role","decision":"unknown","statements":[{"policy":"p","index":0,"sid":""}]}],"unknownKeys":["s3:ExistingObjectTag/env"]}`, nil, ExitHolds},
		{"an assumption settles it", evalLine, `"decision":"ALLOW"`, []string{"--assume", "s3:ExistingObjectTag/env=prod"}, ExitHolds},
		{"an assumption is listed", evalLine, `"assumptions":["s3:existingobjecttag/env is absent"]`, []string{"--assume", "s3:ExistingObjectTag/env=absent"}, ExitHolds},
		{"explained", evalLine, `"reason":"no identity-based policy allows the s3:GetObject action","near":[{"policy":"p"`, []string{"--explain", "--assume", "s3:ExistingObjectTag/env=dev"}, ExitHolds},
		{"a bad line among good ones", "x\n" + evalLine, `{"id":"r1","decision"`, nil, ExitUsage},
		{"no lines", "", "", nil, ExitHolds},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stdout, stderr, status := runPolicy(t, tt.stdin, append([]string{"eval"}, tt.args...)...)
			if status != tt.status || !strings.Contains(stdout, tt.want) || stderr != "" || strings.Count(stdout, "\n") != strings.Count(tt.stdin, "\n") {
				t.Errorf("status %d, output %s, errors %s", status, stdout, stderr)
			}
		})
	}
	if stdout, stderr, status := runPolicy(t, evalLine, "eval", "--assume", "x"); status != ExitUsage || stdout != "" || !strings.Contains(stderr, "hint: ") {
		t.Errorf("bad flag: status %d, output %s, errors %s", status, stdout, stderr)
	}
}

func TestPolicyLint(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	dead := file("dead.json", "{\"Version\": \"2012-10-17\", \"Statement\": [\n  {\"Effect\": \"Allow\", \"Action\": \"s3:ListBucket\",\n   \"Resource\": \"arn:aws:s3:::models/*\"}]}")
	stdout, _, status := runPolicy(t, "", "lint", dead)
	want := dead + `:3:16: error: STATEMENT_NEVER_MATCHES: ["s3:ListBucket"] never applies to ["arn:aws:s3:::models/*"]` + "\n    fix: it needs the bucket: arn:aws:s3:::BUCKET\n"
	if status != ExitViolated || stdout != want {
		t.Errorf("status %d, got %s\nwant %s", status, stdout, want)
	}
	stdout, _, status = runPolicy(t, "", "lint", "-o", "json", dead)
	if status != ExitViolated || !strings.Contains(stdout, `"pointer": "/Statement/0/Resource"`) || !strings.Contains(stdout, schemaLint) {
		t.Errorf("status %d, got %s", status, stdout)
	}
	good := file("good.json", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::models/*"}}`)
	if stdout, _, status = runPolicy(t, "", "lint", good); status != ExitHolds || stdout != "" {
		t.Errorf("status %d, got %s", status, stdout)
	}
	stdout, stderr, status := runPolicy(t, "{\n\"statement\": []}", "lint", "-")
	if status != ExitUsage || stdout != "" || !strings.Contains(stderr, "-:2:1: POLICY_MALFORMED at /statement: unknown element") {
		t.Errorf("status %d, output %s, errors %s", status, stdout, stderr)
	}
	if _, stderr, status = runPolicy(t, "", "lint", "--type", "bucket policy", good); status != ExitUsage || !strings.Contains(stderr, "hint: the types are identity") {
		t.Errorf("status %d, errors %s", status, stderr)
	}
}

func TestPolicySimulate(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for name, text := range map[string]string{
		"role.json": `{"RoleName":"Neo","PolicyDocument":{"Version":"2012-10-17","Statement":[
			{"Sid":"Read","Effect":"Allow","Action":["s3:GetObject","kms:Decrypt"],"Resource":"*"},
			{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"}}}]}}`,
		"bucket.json": `{"Policy":"{\"Version\":\"2012-10-17\",\"Statement\":{\"Sid\":\"Only\",\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:*\",\"Resource\":\"arn:aws:s3:::b/*\",\"Condition\":{\"StringNotEquals\":{\"aws:SourceVpce\":\"vpce-1\"}}}}"}`,
		"all.json":    `{"PolicyVersion":{"Document":{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}}}`,
		"read.json":   `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}`,
		"bad.json":    `{"Statement":{"Efect":"Allow"}}`,
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, args, want string
		status           int
	}{
		{"allowed", "--action s3:GetObject", "ALLOW     role: statement 0 (Read) of role.json\n", ExitHolds},
		{"a near miss", "--action s3:PutObject", `nearest: statement 1 of role.json, condition: StringEquals aws:SourceVpce ["vpce-1"]: the request has no aws:SourceVpce`, ExitViolated},
		{"a bucket's deny", "--action s3:GetObject --bucket-policy bucket.json", "DENY      bucket-policy: statement 0 (Only) of bucket.json\n", ExitViolated},
		{"context", "--action s3:PutObject --bucket-policy bucket.json --context aws:SourceVpce=vpce-1", "ALLOW", ExitHolds},
		{"an unknown key", "--action s3:PutObject --unknown aws:SourceVpce", "not known: aws:SourceVpce (--context aws:SourceVpce=VALUE)", ExitUnknown},
		{"a denial beside an unknown", "--action s3:PutObject --action s3:DeleteObject --unknown aws:SourceVpce", "s3:DeleteObject", ExitViolated},
		{"a boundary", "--action s3:PutObject --context aws:SourceVpce=vpce-1 --boundary read.json", "boundary: no statement allows it", ExitViolated},
		{"policies of one level add up", "--action s3:GetObject --scp all.json,read.json", "ALLOW", ExitHolds},
		{"every level must allow", "--action s3:PutObject --context aws:SourceVpce=vpce-1 --scp all.json --scp read.json", "scp: no statement allows it", ExitViolated},
		{"an endpoint policy", "--action s3:GetObject --endpoint-policy bad.json", "error: bad.json: POLICY_MALFORMED at /Statement/Efect: unknown element", ExitUsage},
		{"no bucket policy for a key", "--action kms:Decrypt --bucket-policy bucket.json --resource-policy bad.json", "error: bad.json: POLICY_MALFORMED", ExitUsage},
		{"a typing mistake", "--action s3:GetObjet", "hint: did you mean s3:GetObject?", ExitUsage},
		{"an API operation", "--action s3:HeadObject", "hint: the API operation is authorized as s3:GetObject", ExitUsage},
		{"a service's typing mistake", "--action kmz:Decrypt", "hint: did you mean kms?", ExitUsage},
		{"json", "--action s3:GetObject -o json", `"decidedBy": {`, ExitHolds},
		{"no action", "", "--action is missing", ExitUsage},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := strings.Fields("eval --policy role.json --principal arn:aws:iam::111122223333:role/Neo --resource arn:aws:s3:::b/k --resource-account 111122223333 " + tt.args)
			stdout, stderr, status := runPolicy(t, "", args...)
			if status != tt.status || !strings.Contains(stdout+stderr, tt.want) {
				t.Errorf("status %d, output %s, errors %s", status, stdout, stderr)
			}
		})
	}
}

func TestPolicyLintFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	const dead = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::models"}]}`
	const deadGrant = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::models"}]}`
	quoted := func(text string) string { return `"` + strings.ReplaceAll(text, `"`, `\"`) + `"` }
	for name, text := range map[string]string{
		"bucket.json":      "{\n\"Policy\": " + quoted(deadGrant) + "}",
		"role-policy.json": "{\"RoleName\": \"R\", \"PolicyName\": \"p\",\n\"PolicyDocument\": " + dead + "}",
		"version.json":     `{"PolicyVersion":{"VersionId":"v1","Document":` + dead + `}}`,
		"key.json":         `{"PolicyName":"default","Policy":` + quoted(`{"Statement":[]}`) + `}`,
		"d/x/good.json":    `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::models/*"}}`,
		"d/a.json":         dead,
		"d/other.json":     `{"Buckets":[]}`,
		"none/other.json":  `{"Buckets":[]}`,
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, args, want string
		status           int
	}{
		{"get-bucket-policy", "bucket.json", "bucket.json:2:11: error: STATEMENT_NEVER_MATCHES", ExitViolated},
		{"get-bucket-policy is a bucket's", "-o json bucket.json", `"type": "bucket"`, ExitViolated},
		{"get-role-policy", "-o json role-policy.json", `"pointer": "/PolicyDocument/Statement/0/Resource"`, ExitViolated},
		{"get-policy-version", "version.json", "version.json:1:", ExitViolated},
		{"get-key-policy", "key.json", "key.json:1:34: POLICY_MALFORMED at /Policy: Statement is an empty array", ExitUsage},
		{"several files", "bucket.json version.json", "\nversion.json:1:", ExitViolated},
		{"a directory", "-o github d", "2 policies, 1 findings", ExitViolated},
		{"a directory without policies", "none", "none: no .json file holds a policy", ExitUsage},
		{"sarif", "-o sarif d key.json", `"ruleId": "POLICY_MALFORMED"`, ExitUsage},
		{"github", "-o github bucket.json", "::error file=bucket.json,line=2,col=11,title=STATEMENT_NEVER_MATCHES::", ExitViolated},
		{"junit", "-o junit d", `<testsuites tests="2" failures="1"`, ExitViolated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stdout, stderr, status := runPolicy(t, "", append([]string{"lint"}, strings.Fields(tt.args)...)...)
			if status != tt.status || !strings.Contains(stdout+stderr, tt.want) {
				t.Errorf("status %d, output %s, errors %s", status, stdout, stderr)
			}
		})
	}
}
