// Gen writes a native snapshot of realistic accounts of any size to standard
// output, from a seed, and with -job the job file of a question about it:
//
//	go run ./testdata/gen -interfaces 10000 -seed 1 > big.json
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"

	"github.com/canreach/canreach/internal/testkit/synth"
)

// planned is how many resources the plan has.
const planned = 5_000

func main() {
	n := flag.Int("interfaces", 1000, "network interfaces, at about 1.5 KB of JSON each")
	seed := flag.Uint64("seed", 1, "the same seed gives the same bytes")
	job := flag.String("job", "", "also write a CreateCompilationJob request to this `file`")
	plan := flag.String("plan", "", "also write a Terraform plan of 5,000 resources to this `file`")
	flag.Parse()
	if err := run(synth.Options{Interfaces: *n, Seed: *seed}, *job, *plan); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(o synth.Options, job, plan string) error {
	if o.Interfaces < 1 {
		return fmt.Errorf("-interfaces %d: at least 1", o.Interfaces)
	}
	p := synth.New(o)
	if job != "" {
		if err := os.WriteFile(job, p.Job, 0o644); err != nil {
			return err
		}
	}
	if plan != "" {
		var b bytes.Buffer
		if err := p.WriteTerraform(&b, planned); err != nil {
			return err
		}
		if err := os.WriteFile(plan, b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return p.Write(os.Stdout)
}
