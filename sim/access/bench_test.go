package access_test

import (
	"bytes"
	"context"
	"runtime"
	"testing"

	"github.com/canreach/canreach/internal/testkit/synth"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/access"
	"github.com/canreach/canreach/snapshot"
)

// account is a made-up account, and how large its file is.
func account(b *testing.B, o synth.Options) (*synth.Plan, *snapshot.Snapshot, int) {
	b.Helper()
	plan := synth.New(o)
	var native bytes.Buffer
	if err := plan.Write(&native); err != nil {
		b.Fatal(err)
	}
	s, err := snapshot.Parse(native.Bytes())
	if err != nil {
		b.Fatal(err)
	}
	return plan, s, native.Len()
}

// BenchmarkWholeAccount decides every question of a large snapshot.
func BenchmarkWholeAccount(b *testing.B) {
	for _, c := range []struct {
		name     string
		o        synth.Options
		everyone bool
	}{
		{"1-role-1000-buckets-100000-interfaces", synth.Options{Seed: 1, Interfaces: 100_000, Buckets: 1000}, false},
		{"1000-roles-500-buckets", synth.Options{Seed: 1, Interfaces: 1_000, Buckets: 500, Roles: 1000}, true},
	} {
		b.Run(c.name, func(b *testing.B) {
			if testing.Short() && c.o.Interfaces > 10_000 {
				b.Skip("large")
			}
			plan, s, size := account(b, c.o)
			q := access.Query{Actions: []string{"s3:GetObject"}}
			if !c.everyone {
				q.Roles = plan.Roles[:1]
			}
			runtime.GC()
			b.ReportAllocs()
			for b.Loop() {
				t, err := access.Decide(context.Background(), sim.NewWorld(s), q)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(t.Asked), "questions/op")
				b.ReportMetric(float64(len(t.Rows)), "rows/op")
				b.ReportMetric(float64(t.Decided), "decided/op")
				b.ReportMetric(float64(len(t.Sources)), "sources/op")
			}
			b.ReportMetric(float64(size), "file-B")
		})
	}
}
