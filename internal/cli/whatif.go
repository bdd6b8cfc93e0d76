package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/assert"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/sim/diff"
	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/plan"
)

// schemaWhatif names the JSON form of what whatif answers.
const schemaWhatif = "canreach.whatif/v1"

type whatifFlags struct {
	snapshot snapshotFlags
	question questionFlags
	changes  []string
	plan     planFlags
	against  []string
	also     []string
	out      string
	format   string
	schema   bool
	fix      fixFlags
}

func newWhatifCommand(env *Env) *cobra.Command {
	f := &whatifFlags{}
	cmd := &cobra.Command{
		Use:   "whatif --snapshot S --job J --change FILE…",
		Short: "The question before and after a change, or the changes that would make it work",
		Long: `Whatif asks a question of a snapshot before and after a change, AWS operations
or a Terraform plan, and prints what differs, and what else the change breaks or
opens. With --fix it searches for the smallest changes that help.`,
		Annotations: manual(`What else is asked about before and after: jobs (--also) and assertions (--against).

A change is YAML or JSON: AWS operations with AWS's own parameters, by id, or a
JSON Patch (RFC 6902). The operations are in docs/guide-whatif.md and in a JSON
Schema for editors (canreach whatif --schema). What AWS would refuse is refused
with the reason, exit status 2.

With --fix it searches for minimal sets of changes that make the question
REACHABLE, and asks whatever else uses the tables, endpoints and groups before
and after each. Every repair that is printed has been tried out.

Exit status, by the verdict after the change (with --fix: of the best repair):
0 REACHABLE, 1 PARTIAL or BLOCKED, 3 UNKNOWN. Without a job it comes from
--against after the change: 0 all hold, 1 some fail, 3 some are undecided.`),
		Example: `  canreach whatif -j job.json --change uses/move-the-endpoint.yaml
  canreach whatif -j job.json --plan ../../plans/split-route-table.json
  canreach whatif -s broken/wrong-route-table.json -j job.json --fix`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runWhatif(cmd.Context(), env, f) },
	}
	fs := cmd.Flags()
	f.snapshot.register(fs)
	f.snapshot.registerLive(fs)
	f.question.register(fs)
	fs.StringArrayVarP(&f.changes, "change", "c", nil, "change file, YAML or JSON, or - for standard input; repeatable, in order")
	f.plan.register(fs)
	fs.StringArrayVar(&f.against, "against", nil, "test file whose assertions are run before and after; repeatable")
	fs.StringArrayVar(&f.also, "also", nil, "another job file whose own buckets are asked about before and after; repeatable")
	fs.StringVar(&f.out, "out", "", "write the changed snapshot to this file (native form)")
	formatFlag(fs, &f.format, "text", "json", "yaml", "html", "svg")
	fs.BoolVar(&f.schema, "schema", false, "print the JSON Schema of change files")
	f.fix.register(fs)
	return cmd
}

// whatifResult is what a change did; whatif -o json prints it.
type whatifResult struct {
	Schema  string          `json:"schema"`
	Plan    []plan.Action   `json:"plan,omitempty"` // what a Terraform plan does
	Changes []change.Change `json:"changes"`
	Notes   []string        `json:"notes"` // side effects made, quotas that may stand in the way
	Before  *sim.Answer     `json:"before,omitempty"`
	After   *sim.Answer     `json:"after,omitempty"`
	Delta   *diff.Delta     `json:"delta,omitempty"`
	Also    []alsoResult    `json:"also,omitempty"`
	Against []testDelta     `json:"against,omitempty"`
	SHA256  string          `json:"changedSha256"`
	names   map[string]string
}

// alsoResult is another job's question before and after.
type alsoResult struct {
	Job    string     `json:"job"`
	Effect string     `json:"effect"` // "unchanged", "opens", "breaks", …
	Delta  diff.Delta `json:"delta"`
}

// testDelta is an assertion whose outcome the change changed.
type testDelta struct {
	Name   string         `json:"name"`
	File   string         `json:"file"`
	Before assert.Outcome `json:"before"`
	After  assert.Result  `json:"after"`
}

func runWhatif(ctx context.Context, env *Env, f *whatifFlags) error {
	if f.schema {
		_, err := env.Stdout.Write(change.JSONSchema())
		return err
	}
	if len(f.changes) == 0 && !f.fix.on && !f.plan.given() {
		return withHint(errors.New("no change: --change is missing"), "name a change file or a plan (--plan), or let --fix search for one")
	}
	if f.snapshot.live.on { // once before, so that the snapshot holds what the question needs
		defer f.snapshot.discard()
		if _, _, err := f.question.ask(env, &f.snapshot); err != nil {
			return err
		}
	}
	native, applied, err := f.base(env)
	if err != nil {
		return err
	}
	changes, err := readChanges(env, f.changes)
	if err != nil {
		return err
	}
	if len(changes) > 0 {
		notes := applied.Notes
		before := applied.Native
		if applied, err = change.Apply(before, changes); err != nil {
			if _, bad := snapshot.Parse(before); bad != nil {
				err = f.snapshot.inFiles(env, bad)
			}
			return err
		}
		applied.Notes = append(notes, applied.Notes...)
	}
	if f.fix.on && (f.format == "html" || f.format == "svg") {
		return errors.New("--fix writes text, json or yaml; -o " + f.format + " shows a --change or --plan")
	}
	if f.fix.on {
		return runFix(ctx, env, f, applied)
	}
	res, code, err := f.compare(env, native, changes, applied)
	if err != nil {
		return err
	}
	if f.out != "" {
		if err := writeSnapshot(f.out, applied.Native); err != nil {
			return err
		}
	}
	if err := writeWhatif(env, f.format, res); err != nil {
		return err
	}
	return exit(code)
}

// base is the snapshot before, and with the plan laid over it, if there is one.
func (f *whatifFlags) base(env *Env) ([]byte, *change.Applied, error) {
	var native []byte
	var err error
	if f.snapshot.path != "" || !f.plan.given() {
		if native, err = f.snapshot.native(env); err != nil {
			return nil, nil, err
		}
	}
	if f.plan.given() {
		return f.plan.apply(env, &f.snapshot, native)
	}
	return native, &change.Applied{Native: native}, nil
}

func readChanges(env *Env, names []string) ([]change.Change, error) {
	var out []change.Change
	var problems []error
	for _, name := range names {
		text, err := readInput(env, name, located.MaxBytes)
		if err != nil {
			return nil, err
		}
		title := name
		if name == "-" {
			title = "standard input"
		}
		changes, err := change.Parse(title, text)
		out, problems = append(out, changes...), append(problems, err)
	}
	return out, errors.Join(problems...)
}

// writeSnapshot writes a changed snapshot whole or not at all.
func writeSnapshot(path string, native []byte) error {
	if strings.HasSuffix(path, ".gz") || strings.HasSuffix(path, ".zst") {
		return withHint(fmt.Errorf("--out %s: the changed snapshot is written as plain JSON", path), "leave the ending out, and compress the file afterwards")
	}
	return replaceFile(path, native)
}

// asked tells whether the command line says a question of its own.
func (f *whatifFlags) asked() bool {
	q := &f.question
	return q.job != "" || len(q.subnets) > 0 || q.eni+q.instance+q.lambda != "" || len(f.against) == 0 && len(f.also) == 0
}

// compare asks everything before and after.
func (f *whatifFlags) compare(env *Env, native []byte, changes []change.Change, applied *change.Applied) (*whatifResult, int, error) {
	before, err := parseWorld(native)
	if err != nil {
		return nil, 0, f.snapshot.inFiles(env, err)
	}
	after, err := parseWorld(applied.Native)
	if err != nil {
		return nil, 0, fmt.Errorf("the changed snapshot: %w", err)
	}
	res := &whatifResult{Schema: schemaWhatif, Plan: f.plan.actions, Changes: changes, Notes: applied.Notes, SHA256: after.Snapshot().SHA256, names: labels(after.Snapshot())}
	if res.Notes == nil {
		res.Notes = []string{}
	}
	code := ExitHolds
	if f.asked() {
		if err := f.compareQuestion(env, before, after, res); err != nil {
			return nil, 0, err
		}
		if res.After != nil {
			code = exitStatus(res.After.Verdict)
		}
	}
	if err := f.compareJobs(env, before, after, res); err != nil {
		return nil, 0, err
	}
	status, err := f.compareTests(env, before, after, res)
	if err != nil {
		return nil, 0, err
	}
	if !f.asked() {
		code = status
	}
	return res, code, nil
}

func parseWorld(native []byte) (*sim.World, error) {
	s, err := snapshot.Parse(native)
	if err != nil {
		return nil, err
	}
	return sim.NewWorld(s), nil
}

func (f *whatifFlags) compareQuestion(env *Env, before, after *sim.World, res *whatifResult) error {
	known := before
	if f.plan.given() {
		known = after // what a plan creates can be asked about
	}
	q, err := f.question.question(env, &f.snapshot, known.Snapshot())
	if errors.Is(err, errNoJob) && f.out != "" && !f.fix.on {
		return nil // nothing is asked: the changed snapshot is written
	}
	if err != nil {
		return err
	}
	if res.Before, err = before.Check(env.context(), q); err != nil {
		return err
	}
	if res.After, err = after.Check(env.context(), q); err != nil {
		return fmt.Errorf("after the change: %w", err)
	}
	d := diff.Answers(res.Before, res.After)
	res.Delta = &d
	return nil
}

func (f *whatifFlags) compareJobs(env *Env, before, after *sim.World, res *whatifResult) error {
	for _, name := range f.also {
		j, err := snapshot.LoadJob(name, f.snapshot.options(env))
		if err != nil {
			return err
		}
		q := sim.Question{Job: j, Account: f.snapshot.account, Region: f.snapshot.region}
		a, err := before.Check(env.context(), q)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		b, err := after.Check(env.context(), q)
		if err != nil {
			return fmt.Errorf("%s: after the change: %w", name, err)
		}
		d := diff.Answers(a, b)
		title := j.Name
		if title == "" {
			title = name
		}
		res.Also = append(res.Also, alsoResult{title, diff.Direction(d.Before, d.After), d})
	}
	return nil
}

func (f *whatifFlags) compareTests(env *Env, before, after *sim.World, res *whatifResult) (int, error) {
	if len(f.against) == 0 {
		return ExitHolds, nil
	}
	files, err := readTests(env, f.against, nil)
	if err != nil {
		return 0, err
	}
	run := func(w *sim.World) (*assert.Report, error) {
		r := assert.Runner{Snapshot: "as given", Now: env.Now(), Load: func(string) (assert.Checker, error) { return w, nil }}
		return r.Run(env.context(), files)
	}
	a, err := run(before)
	if err != nil {
		return 0, err
	}
	b, err := run(after)
	if err != nil {
		return 0, fmt.Errorf("after the change: %w", err)
	}
	res.Against = []testDelta{}
	for i := range b.Results {
		if a.Results[i].Outcome != b.Results[i].Outcome {
			res.Against = append(res.Against, testDelta{b.Results[i].Name, b.Results[i].File, a.Results[i].Outcome, b.Results[i]})
		}
	}
	return testStatus(b), nil
}
