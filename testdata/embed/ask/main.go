// Command ask is a program of another module that asks canreach: does the job
// reach its buckets, what stops it, and would a change help?
//
//	go run . SNAPSHOT JOB [CHANGE]
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/snapshot"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: ask SNAPSHOT JOB [CHANGE]")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(2)
	}
}

func run(file, jobFile string, changeFiles []string) error {
	native, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	base, err := change.Open(native)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	job, err := snapshot.LoadJob(jobFile, snapshot.Options{})
	if err != nil {
		return err
	}
	if err := ask(base.Snapshot(), job); err != nil {
		return err
	}
	for _, name := range changeFiles {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		changes, err := change.Parse(name, text)
		if err != nil {
			return err
		}
		changed, notes, err := base.Try(changes)
		if err != nil {
			return err
		}
		fmt.Printf("with %s:\n", name)
		for _, n := range notes {
			fmt.Println("  note:", n)
		}
		if err := ask(changed, job); err != nil {
			return err
		}
	}
	return nil
}

func ask(s *snapshot.Snapshot, job snapshot.Job) error {
	a, err := sim.NewWorld(s).Check(context.Background(), sim.Question{Job: job})
	if err != nil {
		return err
	}
	fmt.Println(a.Verdict)
	for _, f := range a.Findings {
		if f.Severity == sim.Blocker {
			fmt.Printf("  %s %s (%s)\n    %s\n", f.Code, f.Component, f.Pointer, f.Fix)
		}
	}
	for _, m := range a.Unknowns {
		fmt.Printf("  not known: %s; %s\n", m.Fact, m.Collect)
	}
	return nil
}
