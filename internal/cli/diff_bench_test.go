package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/canreach/canreach/internal/testkit/synth"
)

// BenchmarkDiff compares two snapshots that differ in one rule, without a job
// named, and reports the most memory taken from the system by the size of the files.
func BenchmarkDiff(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			before, after, size := twoSnapshots(b, n)
			debug.FreeOSMemory()
			peak, stop := memoryPeak()
			for b.Loop() {
				env := &Env{Stdin: bytes.NewReader(nil), Stdout: io.Discard, Stderr: io.Discard, Now: time.Now, Version: "1", Getenv: func(string) string { return "" }}
				if status := Main([]string{"diff", before, after}, env); status == ExitUsage {
					b.Fatal("diff failed")
				}
			}
			close(stop)
			most := float64(<-peak)
			b.ReportMetric(most/float64(size), "x-files")
			if most > 5*float64(size) {
				b.Errorf("%.0f MB of memory for %d MB of files: more than five times as much", most/1e6, size/1e6)
			}
		})
	}
}

func twoSnapshots(b *testing.B, interfaces int) (before, after string, size int) {
	var native bytes.Buffer
	if err := synth.New(synth.Options{Interfaces: interfaces, Seed: 1}).Write(&native); err != nil {
		b.Fatal(err)
	}
	egress := bytes.Index(native.Bytes(), []byte(`"IpPermissionsEgress"`))
	changed := bytes.Clone(native.Bytes())
	copy(changed[egress:], bytes.Replace(changed[egress:], []byte(`"ToPort":443`), []byte(`"ToPort":444`), 1))
	dir := b.TempDir()
	before, after = filepath.Join(dir, "before.json"), filepath.Join(dir, "after.json")
	for path, text := range map[string][]byte{before: native.Bytes(), after: changed} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	return before, after, 2 * len(changed)
}

// memoryPeak watches how much memory the program holds, until stop is closed.
func memoryPeak() (peak chan uint64, stop chan struct{}) {
	peak, stop = make(chan uint64, 1), make(chan struct{})
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	go func() {
		most := uint64(0)
		for {
			metrics.Read(sample)
			most = max(most, sample[0].Value.Uint64()-sample[1].Value.Uint64())
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return peak, stop
}
