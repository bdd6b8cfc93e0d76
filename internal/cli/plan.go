package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/sim/diff"
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
		if path == "-" && sf.path == "-" {
			return nil, errors.New("the snapshot and the plan cannot both be standard input")
		}
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
		if err := plan.Mistaken(native); err != nil {
			return nil, fmt.Errorf("%s: %w", f.path, err)
		}
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
	tree, err := jsontree.Parse(base)
	if err != nil {
		return nil, nil, fmt.Errorf("the snapshot: %w", err)
	}
	l := &laid{tree: tree}
	if err := f.edit(l, sf, plans); err != nil {
		return nil, nil, err
	}
	applied := &change.Applied{Native: tree.Bytes(), Notes: l.notes}
	if _, err := snapshot.Parse(applied.Native); err != nil {
		return nil, nil, fmt.Errorf("%s, laid over the snapshot: %w", strings.Join(f.files, ", "), err)
	}
	return base, applied, nil
}

// edit lays the plans over the tree of a snapshot, in order.
func (f *planFlags) edit(l *laid, sf *snapshotFlags, plans []*plan.Plan) error {
	l.places = map[string]string{}
	for i, p := range plans {
		f.actions = append(f.actions, p.Actions()...)
		res, err := p.Edit(l.tree, sf.planOptions())
		if err != nil {
			return fmt.Errorf("%s: %w", f.files[i], err)
		}
		l.notes, l.open = append(l.notes, res.Notes...), append(l.open, res.Open...)
		maps.Copy(l.places, res.Places)
	}
	return nil
}

// laid is a snapshot with plans laid over it.
type laid struct {
	tree  *jsontree.Tree
	after *snapshot.Snapshot
	edits []diff.ResourceChange
	notes []string
	open  []string // those by which more may change
	// places says which resource of the plans each id is.
	places map[string]string
}

// lay lays the plans over a snapshot that has been read, and reads anew only
// the lists that they change.
func (f *planFlags) lay(sf *snapshotFlags, base []byte, before *snapshot.Snapshot, plans []*plan.Plan) (*laid, error) {
	l := &laid{tree: jsontree.Of(base)}
	err := f.edit(l, sf, plans)
	if err != nil {
		return nil, err
	}
	l.edits = diff.Edits(l.tree)
	if slices.ContainsFunc(l.edits, func(c diff.ResourceChange) bool {
		return slices.Contains([]string{"gaps", "accounts", "regions"}, c.Kind)
	}) {
		l.after, err = snapshot.Parse(l.tree.Bytes()) // a gap may be of any list
	} else {
		text, empty := l.tree.BytesWithout(before.Arrays())
		l.after, err = before.Reread(text, empty)
	}
	if err != nil {
		return nil, fmt.Errorf("%s, laid over the snapshot: %w", strings.Join(f.files, ", "), err)
	}
	return l, nil
}
