package policy

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

const allowAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

func TestParseAccepts(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		kind       Kind
	}{
		{"P1 absent version", `{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`, KindIdentity},
		{"P3 id in a bucket policy", `{"Id":"x","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}`, KindBucket},
		{"P4 spaces in a bucket policy's Sid", `{"Statement":{"Sid":"a b","Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}`, KindBucket},
		{"P5 P6 single statement and scalars (T5)", `{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`, KindIdentity},
		{"P15 empty containers", `{"Statement":{"Effect":"Allow","Action":[],"Resource":[],"Condition":{}}}`, KindIdentity},
		{"P20 several principal types (T184)", `{"Statement":{"Effect":"Allow","Principal":{"AWS":["222222222222","arn:aws:iam::111111111111:role/R"],"Service":"a.amazonaws.com"},"Action":"s3:*","Resource":"*"}}`, KindBucket},
		{"P37 wildcard in the service prefix (T22)", `{"Statement":{"Effect":"Allow","Action":"s*:Get*","Resource":"*"}}`, KindIdentity},
		{"P41 a space in an action is text", `{"Statement":{"Effect":"Allow","Action":"s3: GetObject","Resource":"*"}}`, KindIdentity},
		{"P48 short ARN in an identity policy (T28)", `{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3"}}`, KindIdentity},
		{"P49 partition wildcard (T190)", `{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:*:s3:::b"}}`, KindSCP},
		{"P101 RCPFullAWSAccess", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`, KindRCP},
		{"P7 trust policy without resource", `{"Statement":{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}}`, KindTrust},
		{"P144 operator in any case", `{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"forallvalues:STRINGLIKEifexists":{"aws:TagKeys":["a",1,true]}}}}`, KindIdentity},
		{"P14 Latin-1", `{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/é"}}`, KindIdentity},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Parse([]byte(tt.text), tt.kind); err != nil {
				t.Errorf("Parse: %v", err)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	stmt := func(s string) string { return `{"Statement":[{` + s + `}]}` }
	for _, tt := range []struct {
		name, text string
		kind       Kind
		pointer    string
	}{
		{"P1 version of today (T1)", `{"Version":"2026-01-01","Statement":[]}`, KindIdentity, "/Version"},
		{"P1 version null", `{"Version":null,"Statement":[]}`, KindIdentity, "/Version"},
		{"P1 version number", `{"Version":2012,"Statement":[]}`, KindIdentity, "/Version"},
		{"P3 id in an identity policy", `{"Id":"x","Statement":[]}`, KindIdentity, "/Id"},
		{"P5 empty statement array", `{"Statement":[]}`, KindIdentity, "/Statement"},
		{"statement missing", `{}`, KindIdentity, ""},
		{"P7 both actions", stmt(`"Effect":"Allow","Action":"s3:*","NotAction":"s3:*","Resource":"*"`), KindIdentity, "/Statement/0"},
		{"P15 an operator without keys", stmt(`"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Bool":{}}`), KindIdentity, "/Statement/0/Condition/Bool"},
		{"P15 a principal that names nobody", stmt(`"Effect":"Allow","Principal":{},"Action":"s3:*","Resource":"*"`), KindBucket, "/Statement/0/Principal"},
		{"P7 no action", stmt(`"Effect":"Allow","Resource":"*"`), KindIdentity, "/Statement/0"},
		{"P7 no resource", stmt(`"Effect":"Allow","Action":"s3:*"`), KindIdentity, "/Statement/0"},
		{"P7 resource in a trust policy", stmt(`"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"`), KindTrust, "/Statement/0/Resource"},
		{"P8 P132 endpoint policy without principal (T6)", stmt(`"Effect":"Allow","Action":"s3:*","Resource":"*"`), KindEndpoint, "/Statement/0"},
		{"P8 principal in an identity policy", stmt(`"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"`), KindIdentity, "/Statement/0/Principal"},
		{"P9 NotPrincipal in a trust policy", stmt(`"Effect":"Allow","NotPrincipal":{"AWS":"111111111111"},"Action":"sts:AssumeRole"`), KindTrust, "/Statement/0/NotPrincipal"},
		{"P368 NotPrincipal with Allow (T18)", stmt(`"Effect":"Allow","NotPrincipal":{"AWS":"111111111111"},"Action":"s3:*","Resource":"*"`), KindBucket, "/Statement/0"},
		{"P10 key twice (T7)", stmt(`"Effect":"Deny","Principal":"*","Action":"s3:*","Action":"s3:*","Resource":"*"`), KindBucket, "/Statement/0/Action"},
		{"P10 condition keys that differ by case", stmt(`"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpce":"a","AWS:sourcevpce":"b"}}`), KindIdentity, "/Statement/0/Condition/StringEquals/AWS:sourcevpce"},
		{"P10 operator twice", stmt(`"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Bool":{"a:b":true},"bool":{"a:c":true}}`), KindIdentity, "/Statement/0/Condition/bool"},
		{"P11 two documents (T8)", allowAll + allowAll, KindIdentity, ""},
		{"P11 comment", `{"Statement": /* x */ []}`, KindIdentity, "/Statement"},
		{"P11 NaN", stmt(`"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"NumericEquals":{"a:b":NaN}}`), KindIdentity, "/Statement/0/Condition/NumericEquals/a:b"},
		{"P12 element in lower case", `{"statement":[]}`, KindIdentity, "/statement"},
		{"P12 unknown element", stmt(`"Effect":"Allow","Action":"s3:*","Resource":"*","Foo":1`), KindIdentity, "/Statement/0/Foo"},
		{"P13 effect in lower case (T9)", stmt(`"Effect":"allow","Action":"s3:*","Resource":"*"`), KindIdentity, "/Statement/0/Effect"},
		{"P14 beyond Latin-1", stmt(`"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/日本"`), KindIdentity, "/Statement/0/Resource"},
		{"P18 three levels of strings", strconv.Quote(strconv.Quote(strconv.Quote(allowAll))), KindIdentity, ""},
		{"P20 bare string principal", stmt(`"Effect":"Allow","Principal":"111111111111","Action":"s3:*","Resource":"*"`), KindBucket, "/Statement/0/Principal"},
		{"P25 group", stmt(`"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:group/g"},"Action":"s3:*","Resource":"*"`), KindBucket, "/Statement/0/Principal/AWS"},
		{"P35 bare verb", stmt(`"Effect":"Allow","Action":["s3:*","GetObject"],"Resource":"*"`), KindIdentity, "/Statement/0/Action/1"},
		{"P35 empty name", stmt(`"Effect":"Allow","Action":"s3:","Resource":"*"`), KindIdentity, "/Statement/0/Action"},
		{"P45 resource is no ARN", stmt(`"Effect":"Allow","Action":"s3:*","Resource":"b/*"`), KindIdentity, "/Statement/0/Resource"},
		{"P49 wildcard service", stmt(`"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:*:::b"`), KindIdentity, "/Statement/0/Resource"},
		{"P98 principal in an SCP", stmt(`"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"`), KindSCP, "/Statement/0/Principal"},
		{"P101 allow in an RCP", stmt(`"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"`), KindRCP, "/Statement/0"},
		{"P101 every action in an RCP", stmt(`"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"`), KindRCP, "/Statement/0"},
		{"P101 principal object in an RCP", stmt(`"Effect":"Deny","Principal":{"AWS":"*"},"Action":"s3:*","Resource":"*"`), KindRCP, "/Statement/0/Principal"},
		{"P144 unknown operator (T98)", stmt(`"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringMatches":{"a:b":"c"}}`), KindIdentity, "/Statement/0/Condition/StringMatches"},
		{"P147 NullIfExists", stmt(`"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"NullIfExists":{"a:b":"true"}}`), KindIdentity, "/Statement/0/Condition/NullIfExists"},
		{"P165 ForAllValues:Null", stmt(`"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"ForAllValues:Null":{"a:b":"true"}}`), KindIdentity, "/Statement/0/Condition/ForAllValues:Null"},
		{"P177 null value", stmt(`"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"a:b":[null]}}`), KindIdentity, "/Statement/0/Condition/StringEquals/a:b/0"},
		{"P177 object value", stmt(`"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"a:b":{}}}`), KindIdentity, "/Statement/0/Condition/StringEquals/a:b"},
		{"lone surrogate", stmt(`"Sid":"\ud800"`), KindBucket, "/Statement/0/Sid"},
		{"invalid UTF-8", stmt("\"Sid\":\"\xff\""), KindBucket, "/Statement/0/Sid"},
		{"truncated", `{"Statement":[{"Effect":"Al`, KindIdentity, "/Statement/0/Effect"},
		{"empty", ``, KindIdentity, ""},
		{"no object", `[]`, KindIdentity, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.text), tt.kind)
			var se *SyntaxError
			if !errors.As(err, &se) {
				t.Fatalf("Parse: error %v, want a *SyntaxError", err)
			}
			if se.Pointer != tt.pointer {
				t.Errorf("pointer %q, want %q (%v)", se.Pointer, tt.pointer, se)
			}
			if se.Line < 1 || se.Column < 1 || se.Problem == "" {
				t.Errorf("incomplete error %+v", se)
			}
		})
	}
}

func TestParsePosition(t *testing.T) {
	text := "{\n \"Statement\": {\n  \"Sid\": \"é\", \"Effect\": \"allow\"}}"
	_, err := Parse([]byte(text), KindBucket)
	var se *SyntaxError
	if !errors.As(err, &se) || se.Line != 3 || se.Column != 25 || se.Pointer != "/Statement/Effect" {
		t.Errorf("got %v, want line 3, column 25, /Statement/Effect", err)
	}
}

// P18: strings, URL encoding and both, two levels deep.
func TestParseDecodes(t *testing.T) {
	plus := strings.ReplaceAll(allowAll, "s3:*", "s3:Get+")
	for name, text := range map[string]string{
		"string":            strconv.Quote(allowAll),
		"string in string":  strconv.Quote(strconv.Quote(allowAll)),
		"URL":               url.PathEscape(allowAll),
		"URL in a string":   strconv.Quote(url.QueryEscape(allowAll)),
		"path escape, plus": url.PathEscape(plus),
	} {
		if d, err := Parse([]byte(text), KindIdentity); err != nil || len(d.Statements) != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
	// P362: a plus is a plus, with and without spaces beside it.
	for _, space := range []string{"", "%20"} {
		text := "%7B%22Statement%22:%7B%22Effect%22:%22Allow%22,%22Action%22:%22s3:Get+%22,%22Resource%22:%22*%22%7D%7D" + space
		if d, err := Parse([]byte(text), KindIdentity); err != nil || d.Statements[0].Actions[0] != "s3:Get+" {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestParseKeepsPolicy(t *testing.T) {
	d, err := Parse([]byte(`{"Version":"2012-10-17","Statement":[{"Sid":"x","Effect":"Deny","NotAction":["s3:*"],"NotResource":"arn:aws:s3:::b/*",
 "Condition":{"NumericLessThan":{"s3:TlsVersion":1.20},"Bool":{"aws:SecureTransport":false}}},{"Effect":"Allow","Action":"*","Resource":"*"}]}`), KindIdentity)
	if err != nil {
		t.Fatal(err)
	}
	s := d.Statements[0]
	if !s.Deny || !s.NotAction || !s.NotResource || !s.HasResource || s.Sid != "x" || d.Statements[1].Index != 1 || d.Statements[1].Deny {
		t.Errorf("statement %+v", s)
	}
	if got := s.Conditions[0].Values[0] + s.Conditions[1].Values[0]; got != "1.20false" {
		t.Errorf("P177: values %q", got)
	}
	if s.Conditions[0].Line != 2 {
		t.Errorf("condition line %d, want 2", s.Conditions[0].Line)
	}
}
