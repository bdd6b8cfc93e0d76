package redact

import (
	"bytes"
	"fmt"
	"testing"
)

// manyRanges is a snapshot whose groups hold n ranges, no two alike.
func manyRanges(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"schema":"canreach.snapshot/v1","accounts":[{"accountId":"111122223333","regions":[{"region":"us-east-1","ec2":{"SecurityGroups":[`)
	for g := 0; n > 0; g++ {
		if g > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"GroupId":"sg-%08x","VpcId":"vpc-1","OwnerId":"111122223333","IpPermissions":[{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"IpRanges":[`, g)
		for i := range min(n, 1000) {
			if i > 0 {
				b.WriteByte(',')
			}
			x := g*1000 + i
			fmt.Fprintf(&b, `{"CidrIp":"%d.%d.%d.0/24","Description":"office %d"}`, 11+x>>16, x>>8&255, x&255, x)
		}
		n -= 1000
		b.WriteString(`]}],"IpPermissionsEgress":[]}`)
	}
	b.WriteString(`]}}]}]}`)
	return b.Bytes()
}

func BenchmarkRanges(b *testing.B) {
	native := manyRanges(100_000)
	b.SetBytes(int64(len(native)))
	for b.Loop() {
		r, err := New(native, []byte("k"))
		if err != nil {
			b.Fatal(err)
		}
		r.Snapshot(native)
	}
}
