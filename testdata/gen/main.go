// Gen writes a native snapshot of realistic accounts of any size to standard
// output, from a seed, and with -job the job file of a question about it:
//
//	go run ./testdata/gen -interfaces 10000 -seed 1 > big.json
//
// With -organization it writes an organization, one file an account with an
// index, to a directory:
//
//	go run ./testdata/gen -organization org -accounts 50 -regions 4
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/canreach/canreach/internal/testkit/synth"
	"github.com/canreach/canreach/snapshot"
)

// planned is how many resources the plan has.
const planned = 5_000

func main() {
	n := flag.Int("interfaces", 1000, "network interfaces, at about 1.5 KB of JSON each")
	seed := flag.Uint64("seed", 1, "the same seed gives the same bytes")
	job := flag.String("job", "", "also write a CreateCompilationJob request to this `file`")
	plan := flag.String("plan", "", "also write a Terraform plan of 5,000 resources to this `file`")
	dir := flag.String("organization", "", "write an organization to this `directory`")
	var org synth.Organization
	flag.IntVar(&org.Accounts, "accounts", 50, "accounts of the organization")
	flag.IntVar(&org.Regions, "regions", 4, "Regions of each account, at most 4")
	flag.IntVar(&org.Roles, "roles", 8, "roles of each account")
	flag.IntVar(&org.Buckets, "buckets", 4, "buckets of each account")
	flag.Parse()
	org.Seed = *seed
	if *dir != "" {
		if err := organization(*dir, org); err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
		return
	}
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

func organization(dir string, o synth.Organization) error {
	if o.Accounts < 1 || o.Accounts > 1024 || o.Regions < 1 || o.Regions > len(synth.OrganizationRegions) {
		return fmt.Errorf("-accounts %d -regions %d: 1 to 1024 accounts in 1 to %d Regions", o.Accounts, o.Regions, len(synth.OrganizationRegions))
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	path := filepath.Join(dir, "organization.json")
	if err := os.WriteFile(path, o.OrganizationFile(), 0o600); err != nil {
		return err
	}
	f, _, err := snapshot.NewIndexFile(path)
	if err != nil {
		return err
	}
	x := &snapshot.CaptureIndex{Schema: snapshot.SchemaIndex, Tool: "testdata/gen", Organization: &f}
	for n := range o.Accounts {
		path := filepath.Join(dir, o.Account(n)+".json")
		if err := os.WriteFile(path, o.AccountFile(n), 0o600); err != nil {
			return err
		}
		e, err := snapshot.NewIndexEntry(path)
		if err != nil {
			return err
		}
		x.Accounts = append(x.Accounts, e)
	}
	return x.Write(filepath.Join(dir, "index.json"))
}
