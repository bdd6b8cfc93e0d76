package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/plan"
)

// planFlags name what infrastructure as code is about to do.
type planFlags struct {
	files      []string
	parameters []string
	stacks     []string // describe-stack-resources outputs
	actions    []plan.Action
}

func (f *planFlags) register(fs *pflag.FlagSet) {
	fs.StringArrayVar(&f.files, "plan", nil, "Terraform plan (terraform show -json), CloudFormation or CDK template, or change set (describe-change-set --include-property-values), or -; repeatable, in order")
	fs.StringArrayVar(&f.parameters, "parameter", nil, "KEY=VALUE of a template's parameter; repeatable")
	fs.StringArrayVar(&f.stacks, "stack-resources", nil, "what aws cloudformation describe-stack-resources prints: the ids of a template's resources that exist; repeatable")
}

func (f *planFlags) given() bool { return len(f.files) > 0 }

// read reads every file, templates with the exports of one another.
func (f *planFlags) read(env *Env, sf *snapshotFlags) ([]*plan.Plan, error) {
	texts := make([][]byte, len(f.files))
	for i, path := range f.files {
		text, err := readInput(env, path, plan.MaxBytes)
		if err != nil {
			return nil, err
		}
		texts[i] = text
	}
	stack, err := f.stack(sf)
	if err != nil {
		return nil, err
	}
	plans := make([]*plan.Plan, len(f.files))
	for range f.files { // as often as exports may depend on one another
		known := len(stack.Exports)
		for i, path := range f.files {
			if plans[i], err = readOnePlan(path, texts[i], stack); err != nil {
				return nil, err
			}
			maps.Copy(stack.Exports, plans[i].Exports())
		}
		if len(stack.Exports) == known {
			break
		}
	}
	return plans, nil
}

// stack is what the flags say of the templates' stacks.
func (f *planFlags) stack(sf *snapshotFlags) (plan.Stack, error) {
	s := plan.Stack{Account: sf.account, Region: sf.region, Parameters: map[string]string{}, Exports: map[string]string{}, Physical: map[string]string{}}
	for _, p := range f.parameters {
		key, value, ok := strings.Cut(p, "=")
		if !ok || key == "" {
			return s, fmt.Errorf("--parameter %q: want KEY=VALUE", p)
		}
		s.Parameters[key] = value
	}
	for _, name := range f.stacks {
		text, err := readSmallFile(name)
		if err != nil {
			return s, err
		}
		var d struct {
			StackResources []struct{ LogicalResourceId, PhysicalResourceId string }
		}
		if err := json.Unmarshal(text, &d); err != nil || d.StackResources == nil {
			return s, withHint(fmt.Errorf("%s: not the output of describe-stack-resources", name), "run aws cloudformation describe-stack-resources --stack-name NAME")
		}
		for _, r := range d.StackResources {
			s.Physical[r.LogicalResourceId] = r.PhysicalResourceId
		}
	}
	return s, nil
}

// readOnePlan reads a file by its content.
func readOnePlan(path string, text []byte, stack plan.Stack) (*plan.Plan, error) {
	switch {
	case !plan.Is(text) && plan.IsChangeSet(text):
		return plan.ReadChangeSet(path, text)
	case !plan.Is(text) && plan.IsTemplate(text):
		stack.Name = strings.TrimSuffix(strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), ".template")
		return plan.ReadTemplate(path, text, stack)
	}
	p, err := plan.Read(text)
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
	for _, n := range res.Notes {
		fmt.Fprintf(env.Stderr, "note: %s\n", safeText(n))
	}
	return res.Native, nil
}

func (f *snapshotFlags) planOptions() plan.Options {
	return plan.Options{Account: f.account, Region: f.region}
}

// apply lays the plans over the snapshot: the snapshot as it is, and as they
// leave it. Without a snapshot the first plan's prior state is the base.
func (f *planFlags) apply(env *Env, sf *snapshotFlags, base []byte) ([]byte, *change.Applied, error) {
	for _, file := range f.files {
		if file == "-" && sf.path == "-" {
			return nil, nil, errors.New("the snapshot and the plan cannot both be standard input")
		}
	}
	plans, err := f.read(env, sf)
	if err != nil {
		return nil, nil, err
	}
	if base == nil {
		before, err := plans[0].Before(sf.planOptions())
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", f.files[0], err)
		}
		base = before.Native
	}
	applied := &change.Applied{Native: base}
	for i, p := range plans {
		f.actions = append(f.actions, p.Actions()...)
		res, err := p.Apply(applied.Native, sf.planOptions())
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", f.files[i], err)
		}
		if _, err := snapshot.Parse(res.Native); err != nil {
			return nil, nil, fmt.Errorf("%s, laid over the snapshot: %w", f.files[i], err)
		}
		applied.Native, applied.Notes = res.Native, append(applied.Notes, res.Notes...)
	}
	return base, applied, nil
}
