package evaljson

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

// everyday is an identity policy of 20 statements, half of them with conditions.
func everyday() string {
	var b strings.Builder
	b.WriteString(`{"Version":"2012-10-17","Statement":[`)
	for i := range 20 {
		if i > 0 {
			b.WriteByte(',')
		}
		condition := ""
		if i%2 == 0 {
			condition = `,"Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"},"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/*"}}`
		}
		fmt.Fprintf(&b, `{"Sid":"s%d","Effect":"Allow","Action":["s3:Get*","s3:ListBucket","s3:PutObject"],"Resource":["arn:aws:s3:::bucket-%d","arn:aws:s3:::bucket-%d/*"]%s}`, i, i, i, condition)
	}
	return b.String() + "]}"
}

func everydayLine(i int) string {
	return fmt.Sprintf(`{"id":"r%d","request":{"principal":"arn:aws:iam::111122223333:role/Neo","session":"SageMaker","action":"s3:GetObject","resource":"arn:aws:s3:::bucket-%d/data/%d","resourceAccount":"111122223333","context":{"aws:SourceVpce":"vpce-1","aws:PrincipalTag/team":"ml","aws:PrincipalOrgPaths":["o-1/r-1/ou-1/"]}},"identityPolicies":[{"name":"p","document":%s}],"serviceControlPolicies":[[{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}]],"endpointPolicy":{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]},"endpointType":"Gateway"}`, i, i%25, i, everyday())
}

// BenchmarkRun is policy eval end to end: one op is one line, of which nearly
// all is policy that repeats.
func BenchmarkRun(b *testing.B) {
	const distinct = 5000
	var in bytes.Buffer
	for i := range distinct {
		in.WriteString(everydayLine(i) + "\n")
	}
	b.SetBytes(int64(in.Len() / distinct))
	b.ReportAllocs()
	for n := 0; n < b.N; n += distinct {
		if failed, err := Run(bytes.NewReader(in.Bytes()), io.Discard, 2, Options{}); err != nil || failed > 0 {
			b.Fatal(failed, err)
		}
	}
}

// BenchmarkDecide is one worker alone.
func BenchmarkDecide(b *testing.B) {
	w := NewWorker(Options{})
	lines := make([][]byte, 100)
	for i := range lines {
		lines[i] = []byte(everydayLine(i))
	}
	var out []byte
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		out, _ = w.Decide(lines[i%len(lines)], out[:0])
	}
}
