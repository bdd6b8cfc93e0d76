package snapshot_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime"
	"testing"

	"github.com/canreach/canreach/internal/jsonscan"
	"github.com/canreach/canreach/internal/testkit/synth"
	"github.com/canreach/canreach/snapshot"
)

// generated returns a snapshot of an account with n interfaces: 33,000 are
// about 50 MB.
func generated(tb testing.TB, n int) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := synth.New(synth.Options{Interfaces: n, Seed: 1}).Write(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// BenchmarkParse reads generated snapshots of 1.5, 15 and 50 MB.
func BenchmarkParse(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 33_000} {
		data := generated(b, n)
		b.Run(fmt.Sprintf("%dMB", len(data)>>20), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := snapshot.Parse(data); err != nil {
					b.Fatal(err)
				}
			}
			b.StopTimer()
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			s, _ := snapshot.Parse(data)
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(len(data)), "live-B/B")
			runtime.KeepAlive(s)
		})
	}
}

// BenchmarkSkip steps over the same text, checking its grammar only.
func BenchmarkSkip(b *testing.B) {
	data := generated(b, 10_000)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		s := jsonscan.New(data)
		s.Skip()
		if s.Err() != nil {
			b.Fatal(s.Err())
		}
	}
}

// BenchmarkEncodingJSON is what encoding/json takes to read the same text into
// maps and slices, for comparison.
func BenchmarkEncodingJSON(b *testing.B) {
	data := generated(b, 10_000)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		var v any
		if err := json.Unmarshal(data, &v); err != nil {
			b.Fatal(err)
		}
	}
}
