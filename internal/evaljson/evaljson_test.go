package evaljson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

const allowAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`

// request is a line about GetObject by a role, with more members.
func request(id, more string) string {
	return `{"id":"` + id + `","request":{"principal":"arn:aws:iam::111122223333:role/Neo","action":"s3:GetObject","resource":"arn:aws:s3:::b/k","resourceAccount":"111122223333"}` + more + `}`
}

func decide(t *testing.T, line string) (string, bool) {
	t.Helper()
	out, ok := NewWorker(Options{}).Decide([]byte(line), nil)
	if !json.Valid(out) {
		t.Fatalf("no JSON: %s", out)
	}
	return string(out), ok
}

func TestDecide(t *testing.T) {
	for _, tt := range []struct{ name, line, want string }{
		{"an identity grant", request("a", `,"identityPolicies":[{"name":"p","document":`+allowAll+`}]`),
			`{"id":"a","decision":"ALLOW","layers":[{"layer":"role","decision":"allow","statements":[{"policy":"p","index":0,"sid":""}]}],"unknownKeys":[]}`},
		{"nothing grants", request("a", ""),
			`{"id":"a","decision":"DENY","layers":[{"layer":"role","decision":"implicitDeny","statements":[]}],"unknownKeys":[]}`},
		{"a null layer does not apply", request("a", `,"identityPolicies":[`+allowAll+`],"endpointPolicy":null,"endpointType":"Gateway","permissionsBoundary":null,"serviceControlPolicies":null`),
			`{"id":"a","decision":"ALLOW","layers":[{"layer":"role","decision":"allow","statements":[{"policy":"identityPolicies/0","index":0,"sid":""}]}],"unknownKeys":[]}`},
		{"a document in a string", request("a", fmt.Sprintf(`,"identityPolicies":[{"name":"p","document":%q}]`, allowAll)),
			`{"id":"a","decision":"ALLOW","layers":[{"layer":"role","decision":"allow","statements":[{"policy":"p","index":0,"sid":""}]}],"unknownKeys":[]}`},
		{"a malformed policy", request("a", `,"resourcePolicy":{"Statement":[{"Effect":"allow","Principal":"*","Action":"s3:*","Resource":"*"}]}`),
			`{"id":"a","error":{"code":"POLICY_MALFORMED","message":"Effect must be \"Allow\" or \"Deny\", got \"allow\" (line 1, column 25 of the document)","pointer":"/resourcePolicy/Statement/0/Effect"}}`},
		{"a malformed policy in a list", request("a", `,"serviceControlPolicies":[[`+allowAll+`],[{"Statement":[]}]]`),
			`{"id":"a","error":{"code":"POLICY_MALFORMED","message":"Statement is an empty array (line 1, column 14 of the document)","pointer":"/serviceControlPolicies/1/0/Statement"}}`},
		{"an id behind the mistake", `{"request":5,"id":7}`,
			`{"id":7,"error":{"code":"REQUEST_MALFORMED","message":"request must be an object, got '5' (byte 11 of the line)","pointer":"/request"}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := decide(t, tt.line); got != tt.want || ok == strings.Contains(got, `"error"`) {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// The keys that would settle a line are named as the line names them, else as
// the policy writes them.
func TestUnknownKeysAreSpelled(t *testing.T) {
	ask := func(unknown, statement string) string {
		out, _ := decide(t, `{"id":"a","request":{"principal":"arn:aws:iam::111122223333:role/Neo","action":"s3:GetObject","resource":"arn:aws:s3:::b/k","resourceAccount":"111122223333","unknown":["`+unknown+`"]},
			"identityPolicies":[{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*",`+statement+`}]}]}`)
		var d struct{ UnknownKeys []string }
		if err := json.Unmarshal([]byte(out), &d); err != nil {
			t.Fatal(err)
		}
		return strings.Join(d.UnknownKeys, " ")
	}
	for _, tt := range []struct{ name, unknown, statement, want string }{
		{"a variable", "aws:PrincipalTag/*", `"Resource":"arn:aws:s3:::b/${aws:PrincipalTag/Team}*"`, "aws:PrincipalTag/Team"},
		{"a variable that the line names", "aws:PrincipalTag/team", `"Resource":"arn:aws:s3:::b/${aws:PrincipalTag/Team}*"`, "aws:PrincipalTag/team"},
		{"a variable in a condition", "aws:PrincipalTag/*", `"Resource":"*","Condition":{"StringEquals":{"aws:PrincipalAccount":"${aws:PrincipalTag/Team}"}}`, "aws:PrincipalTag/Team"},
		{"a condition key", "s3:ExistingObjectTag/*", `"Resource":"*","Condition":{"StringEquals":{"s3:ExistingObjectTag/pii":"no"}}`, "s3:ExistingObjectTag/pii"},
		{"a condition key that the line names", "s3:ExistingObjectTag/pii", `"Resource":"*","Condition":{"StringEquals":{"S3:existingobjecttag/PII":"no"}}`, "s3:ExistingObjectTag/pii"},
	} {
		if got := ask(tt.unknown, tt.statement); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// T155: of a request that names an access point, nobody knows whether the
// bucket behind it has to permit it, too.
func TestAccessPointAlone(t *testing.T) {
	const point = "arn:aws:s3:us-east-1:111122223333:accesspoint/ap"
	grant := `,"resourcePolicy":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/Neo"},"Action":"s3:*","Resource":"` + point + `/object/*"}]}`
	for _, tt := range []struct{ name, resource, more, want string }{
		{"an identity policy alone", point + "/object/k", "", "UNKNOWN"},
		{"a resource policy too", point + "/object/k", grant, "ALLOW"},
		{"an object of such a name", "arn:aws:s3:::accesspoint/ap/object/k", "", "ALLOW"},
	} {
		out, _ := decide(t, `{"id":"a","request":{"principal":"arn:aws:iam::111122223333:role/Neo","action":"s3:GetObject","resource":"`+tt.resource+`","resourceAccount":"111122223333"},"identityPolicies":[`+allowAll+`]`+tt.more+`}`)
		if !strings.Contains(out, `"decision":"`+tt.want+`"`) {
			t.Errorf("%s: got %s, want %s", tt.name, out, tt.want)
		}
	}
}

// P219: aws:ResourceAccount and the owner of the resource are one fact.
func TestOwnerByItsKey(t *testing.T) {
	for key, want := range map[string]string{"aws:ResourceAccount": "ALLOW", "s3:ResourceAccount": "ALLOW", "aws:SourceAccount": "UNKNOWN"} {
		out, _ := decide(t, `{"id":"a","request":{"principal":"arn:aws:iam::111122223333:role/Neo","action":"s3:GetObject","resource":"arn:aws:s3:::b/k","context":{"`+key+`":"111122223333"}},"identityPolicies":[`+allowAll+`]}`)
		if !strings.Contains(out, `"decision":"`+want+`"`) {
			t.Errorf("%s: got %s, want %s", key, out, want)
		}
	}
}

// P300, T93: what "s3:…" allows is nothing on a directory bucket.
func TestDirectoryBucket(t *testing.T) {
	const session = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3express:CreateSession","Resource":"arn:aws:s3express:us-east-1:111122223333:bucket/x--use1-az4--x-s3"}]}`
	for _, tt := range []struct{ name, action, resource, policy, want string }{
		{"an object by the ARN of S3", "s3:GetObject", "arn:aws:s3:::x--use1-az4--x-s3/k", allowAll, "DENY"},
		{"an object by the ARN of S3 Express", "s3:GetObject", "arn:aws:s3express:us-east-1:111122223333:bucket/x--use1-az4--x-s3/k", allowAll, "DENY"},
		{"the bucket", "s3:ListBucket", "arn:aws:s3:::x--use1-az4--x-s3", allowAll, "DENY"},
		{"a session", "s3:PutObject", "arn:aws:s3:::x--use1-az4--x-s3/k", session, "ALLOW"},
		{"a session in another Region", "s3:PutObject", "arn:aws:s3:::x--usw2-az1--x-s3/k", session, "DENY"},
		{"a bucket action of its own", "s3:GetBucketPolicy", "arn:aws:s3:::x--use1-az4--x-s3", session, "DENY"},
		{"an object of that name", "s3:GetObject", "arn:aws:s3:::b/x--use1-az4--x-s3", allowAll, "ALLOW"},
	} {
		out, _ := decide(t, `{"id":"a","request":{"principal":"arn:aws:iam::111122223333:role/Neo","action":"`+tt.action+`","resource":"`+tt.resource+`","resourceAccount":"111122223333"},"identityPolicies":[`+tt.policy+`]}`)
		if !strings.Contains(out, `"decision":"`+tt.want+`"`) {
			t.Errorf("%s: got %s, want %s", tt.name, out, tt.want)
		}
	}
}

func TestDecideRefuses(t *testing.T) {
	for name, line := range map[string]string{
		"empty":                   ``,
		"no object":               `[]`,
		"truncated":               request("a", "")[:40],
		"two objects":             request("a", "") + request("b", ""),
		"no request":              `{"id":"a"}`,
		"unknown key":             request("a", `,"policies":[]`),
		"duplicate key":           request("a", `,"id":"b"`),
		"id is an object":         `{"id":{},"request":{}}`,
		"no action":               `{"request":{"principal":"anonymous","resource":"*"}}`,
		"wildcard action":         `{"request":{"principal":"anonymous","action":"s3:*","resource":"*"}}`,
		"resource is no ARN":      `{"request":{"principal":"anonymous","action":"s3:GetObject","resource":"b/k"}}`,
		"principal is a word":     `{"request":{"principal":"me","action":"s3:GetObject","resource":"*"}}`,
		"account too short":       `{"request":{"principal":"anonymous","action":"s3:GetObject","resource":"*","resourceAccount":"1"}}`,
		"star inside unknown":     `{"request":{"principal":"anonymous","action":"s3:GetObject","resource":"*","unknown":["a*b"]}}`,
		"context value":           `{"request":{"principal":"anonymous","action":"s3:GetObject","resource":"*","context":{"a":{}}}}`,
		"context key twice":       `{"request":{"principal":"anonymous","action":"s3:GetObject","resource":"*","context":{"a":"1","a":"2"}}}`,
		"endpoint type":           request("a", `,"endpointType":"Gate"`),
		"invalid UTF-8":           "{\"id\":\"\xff\"}",
		"lone surrogate":          `{"id":"\ud800"}`,
		"control character":       "{\"id\":\"\x01\"}",
		"policies is an object":   request("a", `,"identityPolicies":{}`),
		"policy without document": request("a", `,"identityPolicies":[{"name":"p"}]`),
		"policy is a number":      request("a", `,"endpointPolicy":5`),
		"a long resource":         `{"request":{"principal":"anonymous","action":"s3:GetObject","resource":"arn:aws:s3:::` + strings.Repeat("x", maxText) + `"}}`,
	} {
		if got, ok := decide(t, line); ok || !strings.Contains(got, `"error":{"code":"`) {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

// The trap catalogue, as far as a line can say it (docs/semantics/policy.md,
// section 12).
func TestTraps(t *testing.T) {
	b, err := os.ReadFile("../../rules/policy/testdata/traps.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	w := NewWorker(Options{})
	for row := range bytes.Lines(b) {
		var trap struct {
			Want string
			Line json.RawMessage
		}
		if err := json.Unmarshal(row, &trap); err != nil {
			t.Fatal(err)
		}
		got, _ := w.Decide(trap.Line, nil)
		var answer struct {
			ID, Decision string
			Error        struct{ Code string }
		}
		if err := json.Unmarshal(got, &answer); err != nil {
			t.Fatal(err)
		}
		if answer.Decision+answer.Error.Code != trap.Want {
			t.Errorf("%s: want %s\n%s\n%s", answer.ID, trap.Want, trap.Line, got)
		}
	}
}

// The principal's own keys follow from it unless they are given.
func TestDerivedKeys(t *testing.T) {
	guard := func(condition string) string {
		return `,"identityPolicies":[{"name":"p","document":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":` + condition + `}]}}]}`
	}
	line := func(principal, more, condition string) string {
		return `{"request":{"principal":` + principal + `,"action":"s3:GetObject","resource":"arn:aws:s3:::b/k","resourceAccount":"111122223333"` + more + `}` + guard(condition)
	}
	const role = `"arn:aws:iam::111122223333:role/p/Neo"`
	for _, tt := range []struct{ name, line, want string }{
		{"PrincipalArn", line(role, "", `{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/p/Neo"}}`), "ALLOW"},
		{"PrincipalAccount", line(role, "", `{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}`), "ALLOW"},
		{"PrincipalType", line(role, "", `{"StringEquals":{"aws:PrincipalType":"AssumedRole"}}`), "ALLOW"},
		{"given instead", line(role, `,"context":{"aws:PrincipalAccount":"1"}`, `{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}`), "DENY"},
		{"keys that are not given are absent", line(role, "", `{"Null":{"aws:SourceVpce":"true","aws:MultiFactorAuthAge":"true"}}`), "ALLOW"},
		{"an empty list is absent", line(role, `,"context":{"aws:TagKeys":[]}`, `{"Null":{"aws:TagKeys":"true"}}`), "ALLOW"},
		{"a session ARN", line(`"arn:aws:sts::111122223333:assumed-role/Neo/s"`, "", `{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/Neo"}}`), "ALLOW"},
		{"a number", line(role, `,"context":{"s3:max-keys":10}`, `{"NumericLessThan":{"s3:max-keys":"11"}}`), "ALLOW"},
		{"a boolean", line(role, `,"context":{"aws:SecureTransport":true}`, `{"Bool":{"aws:SecureTransport":"true"}}`), "ALLOW"},
		{"P143 keys that differ by case", line(role, `,"context":{"aws:PrincipalTag/T":"a","aws:PrincipalTag/t":"b"}`, `{"StringEquals":{"aws:PrincipalTag/t":"a"}}`), "UNKNOWN"},
		{"a list of one for a key of one value", line(role, `,"context":{"aws:SourceVpce":["vpce-1"]}`, `{"StringEquals":{"aws:SourceVpce":"vpce-1"}}`), "ALLOW"},
		{"P170 a multivalued key", line(role, `,"context":{"aws:PrincipalOrgPaths":["o/"]}`, `{"StringEquals":{"aws:PrincipalOrgPaths":"o/"}}`), "DENY"},
		{"unknown, with a star", line(role, `,"unknown":["aws:Source*"]`, `{"StringEquals":{"aws:SourceVpce":"vpce-1"}}`), "UNKNOWN"},
		{"P149 unknown, but never supplied", line(role, `,"unknown":["s3:*"]`, `{"Null":{"s3:prefix":"true"}}`), "ALLOW"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := decide(t, tt.line); !strings.Contains(got, `"decision":"`+tt.want+`","layers"`) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// A worker's answers do not hang on what it answered before.
func TestWorkerForgets(t *testing.T) {
	lines := []string{
		request("a", `,"identityPolicies":[`+allowAll+`]`), "garbage", request("b", ""),
		request("c", `,"identityPolicies":[`+allowAll+`],"resourcePolicy":{"Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}`),
		request("d", `,"identityPolicies":[`+allowAll+`]`), request("e", `,"endpointPolicy":`+allowAll), request("f", `,"identityPolicies":[`+allowAll+`]`),
	}
	w := NewWorker(Options{})
	for range 2 {
		for _, l := range lines {
			want, _ := NewWorker(Options{}).Decide([]byte(l), nil)
			if got, _ := w.Decide([]byte(l), nil); !bytes.Equal(got, want) {
				t.Errorf("got %s\nwant %s", got, want)
			}
		}
	}
}

// slowReader gives one byte, then many, at a time.
type slowReader struct {
	r io.Reader
	n int
}

func (s *slowReader) Read(p []byte) (int, error) {
	s.n = s.n*3%1021 + 1
	return s.r.Read(p[:min(len(p), s.n)])
}

func TestRunKeepsOrder(t *testing.T) {
	var in, want bytes.Buffer
	for i := range 3000 {
		l := request(fmt.Sprint(i), `,"identityPolicies":[`+allowAll+`]`)
		if i%7 == 0 {
			l = strings.Repeat("x", i%50)
		}
		in.WriteString(l + "\n")
		out, _ := NewWorker(Options{}).Decide([]byte(l), nil)
		want.Write(append(out, '\n'))
	}
	for _, r := range []io.Reader{bytes.NewReader(in.Bytes()), &slowReader{r: bytes.NewReader(in.Bytes())}, bytes.NewReader(bytes.TrimSuffix(in.Bytes(), []byte("\n")))} {
		var got bytes.Buffer
		failed, err := Run(r, &got, 2, Options{})
		if err != nil || failed != 429 || !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("failed %d, error %v, same %v", failed, err, bytes.Equal(got.Bytes(), want.Bytes()))
		}
	}
}

// endless is a line without end.
type endless struct{ left int }

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return copy(p, "\n"+request("z", "")+"\n"), io.EOF
	}
	n := min(len(p), e.left)
	for i := range n {
		p[i] = ' '
	}
	e.left -= n
	return n, nil
}

func TestRunBoundsLines(t *testing.T) {
	var got bytes.Buffer
	failed, err := Run(&endless{left: MaxLine + 5<<20}, &got, 1, Options{})
	lines := strings.Split(strings.TrimSpace(got.String()), "\n")
	if err != nil || failed != 1 || len(lines) != 2 || !strings.Contains(lines[0], codeLine) || !strings.Contains(lines[1], `"id":"z","decision":"DENY"`) {
		t.Errorf("failed %d, error %v, output %q", failed, err, clip(got.String()))
	}
}

func TestAppendString(t *testing.T) {
	for _, s := range []string{"", "a\"b\\c", "\x1b[31m\u009b\u202e\n", "é日😀", "a\u2028b"} {
		b := appendString(nil, s)
		var back string
		if err := json.Unmarshal(b, &back); err != nil || back != s {
			t.Errorf("%q: %s gives %q, %v", s, b, back, err)
		}
		if bytes.ContainsAny(b, "\x1b\u009b\u202e\n") {
			t.Errorf("%q: %s holds a control character", s, b)
		}
	}
}

func FuzzDecide(f *testing.F) {
	f.Add(request("a", `,"identityPolicies":[{"name":"p","document":`+allowAll+`}],"unknown":["s3:*"]`))
	f.Add(request("a", `,"endpointPolicy":`+allowAll+`,"endpointType":"Interface"`))
	f.Add(`{"id":1,"request":{"principal":{"service":"x"},"action":"a:b","resource":"*","context":{"a":["b",1,true]},"unknown":["c*"]}}`)
	w := NewWorker(Options{Explain: true})
	f.Fuzz(func(t *testing.T, line string) {
		out, ok := w.Decide([]byte(line), nil)
		if !json.Valid(out) {
			t.Fatalf("no JSON: %s", out)
		}
		if ok && !json.Valid([]byte(line)) {
			t.Fatalf("no JSON was decided: %q", line)
		}
	})
}
