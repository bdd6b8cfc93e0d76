package cli

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/canreach/canreach/internal/testkit/synth"
)

// BenchmarkReview reviews a plan of 5,000 resources over 100,000 interfaces:
// a route table of its own for one subnet, and a new bucket. It reads both
// from files, as the command does.
func BenchmarkReview(b *testing.B) {
	interfaces := 100_000
	if testing.Short() {
		interfaces = 10_000
	}
	dir := b.TempDir()
	p := synth.New(synth.Options{Interfaces: interfaces, Seed: 1})
	base, plan := filepath.Join(dir, "base.json"), filepath.Join(dir, "plan.json")
	for name, write := range map[string]func(io.Writer) error{base: p.Write, plan: func(w io.Writer) error { return p.WriteTerraform(w, 5_000) }} {
		f, err := os.Create(name)
		if err != nil {
			b.Fatal(err)
		}
		if err := write(f); err != nil {
			b.Fatal(err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		var out, errs bytes.Buffer
		env := &Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Now: time.Now, Getenv: func(string) string { return "" }}
		if code := Main([]string{"review", "--base", base, "--plan", plan}, env); code != ExitViolated {
			b.Fatalf("exit %d\n%s", code, errs.String())
		}
	}
}
