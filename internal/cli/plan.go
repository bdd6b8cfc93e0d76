package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/plan"
)

// readPlan reads the JSON form of a Terraform plan or state; "-" is standard
// input.
func readPlan(env *Env, path string) (*plan.Plan, error) {
	in := env.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, plan.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	p, err := plan.Read(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// planned turns a plan that stands where a native snapshot is read into a
// snapshot of its own: what the plan leaves when it is applied.
func (f *snapshotFlags) planned(env *Env, native []byte) ([]byte, error) {
	if !plan.Is(native) {
		return native, nil
	}
	p, err := plan.Read(native)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.path, err)
	}
	res, err := p.Apply(nil, f.planOptions())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.path, err)
	}
	planNotes(env, res.Notes)
	return res.Native, nil
}

func (f *snapshotFlags) planOptions() plan.Options {
	return plan.Options{Account: f.account, Region: f.region}
}

func planNotes(env *Env, notes []string) {
	for _, n := range notes {
		fmt.Fprintf(env.Stderr, "note: %s\n", safeText(n))
	}
}

// applyPlan lays a plan over the snapshot: the snapshot as it is, and as the
// plan leaves it. Without a snapshot the plan's prior state is the base.
func (f *whatifFlags) applyPlan(env *Env, base []byte) ([]byte, *change.Applied, error) {
	if f.plan == "-" && f.snapshot.path == "-" {
		return nil, nil, errors.New("--snapshot and --plan cannot both be standard input")
	}
	p, err := readPlan(env, f.plan)
	if err != nil {
		return nil, nil, err
	}
	f.planned = p.Actions()
	if base == nil {
		before, err := p.Before(f.snapshot.planOptions())
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", f.plan, err)
		}
		base = before.Native
	}
	res, err := p.Apply(base, f.snapshot.planOptions())
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", f.plan, err)
	}
	if _, err := snapshot.Parse(res.Native); err != nil {
		return nil, nil, fmt.Errorf("%s, laid over the snapshot: %w", f.plan, err)
	}
	return base, &change.Applied{Native: res.Native, Notes: res.Notes}, nil
}
