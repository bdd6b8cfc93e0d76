package policy

import (
	"fmt"
	"strings"
	"testing"
)

// everyday is an identity policy of 20 statements with 40 patterns, half of
// them with conditions.
func everyday() string {
	var list []string
	for i := range 20 {
		condition := ""
		if i%2 == 0 {
			condition = cond(`"StringEquals":{"aws:SourceVpce":"vpce-1"},"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/*"}`)
		}
		list = append(list, allow(fmt.Sprintf(`"Action":["s3:Get*","s3:ListBucket","s3:PutObject"],"Resource":["arn:aws:s3:::bucket-%d","arn:aws:s3:::bucket-%d/*"]%s`, i, i, condition)))
	}
	return strings.Join(list, ",")
}

// BenchmarkDecide is one decision about 20 statements, of which most requests
// visit all.
func BenchmarkDecide(b *testing.B) {
	w := world{identity: []string{everyday()}, endpoint: "-"}
	l, _ := w.layers()
	requests := make([]Request, 25)
	for i := range requests {
		r := w.request()
		r.Resource = fmt.Sprintf("arn:aws:s3:::bucket-%d/data/x", i)
		requests[i] = r
	}
	var e Evaluator
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		e.Decide(&l, &requests[i%len(requests)])
	}
}

// BenchmarkParse is the parsing of the same policy.
func BenchmarkParse(b *testing.B) {
	text := []byte(doc(everyday()))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(text, KindIdentity); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCompile is what its first evaluation adds.
func BenchmarkCompile(b *testing.B) {
	d, err := Parse([]byte(doc(everyday())), KindIdentity)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(d.Size))
	b.ReportAllocs()
	for b.Loop() {
		compile(d)
	}
}

// A compiled policy decides without allocation.
func TestDecideAllocatesNothing(t *testing.T) {
	w := world{identity: []string{everyday()}, bucket: exemptions}
	l, _ := w.layers()
	r := w.request()
	var e Evaluator
	e.Decide(&l, &r)
	if n := testing.AllocsPerRun(100, func() { e.Decide(&l, &r) }); n != 0 {
		t.Errorf("%v allocations a decision", n)
	}
}
