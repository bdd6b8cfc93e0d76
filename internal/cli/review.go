package cli

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/access"
	"github.com/canreach/canreach/sim/diff"
	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/plan"
)

const schemaReview = "canreach.review/v1"

type reviewFlags struct {
	base    snapshotFlags
	head    string
	plan    planFlags
	against []string
	jobs    []string
	actions []string
	failOn  []string
	sources string
	format  string

	places map[string]string // ids → addresses of the plans
	plans  []*plan.Plan
}

func newReviewCommand(env *Env) *cobra.Command {
	f := &reviewFlags{}
	cmd := &cobra.Command{
		Use:   "review --base S (--plan P | --head S2) [--against TESTS]",
		Short: "Who gains access and who loses it: a change reviewed over the whole account",
		Long: `Review decides every role against every bucket from every class of interfaces,
before and after a change (a plan or a second snapshot), and says who gains
access, who loses it, by which path, and which resource is the cause.`,
		Annotations: manual(`Exit status: 0 if nothing is gained or lost, 1 if something is or a test fails,
3 if something is UNKNOWN that was decided before or the plan does not tell all,
2 if the input could not be read. --fail-on names what counts.`),
		Example: `  canreach review --base snapshot.json --head broken/wrong-route-table.json
  canreach review --base snapshot.json --plan ../../plans/split-route-table.json -j job.json -o markdown --out comment.md
  canreach review --base snapshot.json --head broken/sg-without-egress.json --against uses/tests.yaml --fail-on lost`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return runReview(env, f) },
	}
	fs := cmd.Flags()
	fs.StringVar(&f.base.path, "base", "", "snapshot before the change (required)")
	fs.StringVar(&f.head, "head", "", "snapshot after the change")
	f.plan.register(fs)
	fs.StringVar(&f.base.account, "account", "", "account id of files that do not tell it")
	fs.StringVar(&f.base.region, "region", "", "region of files that do not tell it")
	fs.StringArrayVar(&f.against, "against", nil, "test file whose assertions are run before and after; repeatable")
	fs.StringArrayVarP(&f.jobs, "job", "j", nil, "job file whose interfaces are asked from too; repeatable")
	fs.StringArrayVarP(&f.actions, "action", "a", nil, "S3 action, repeatable; default: s3:GetObject and s3:PutObject")
	fs.StringSliceVar(&f.failOn, "fail-on", []string{"lost", "gained", "unknown", "tests"}, "what makes the exit status other than 0: lost, gained, unknown, tests, none")
	fs.StringVar(&f.sources, "sources", "", "directory of the Terraform files that the plan is of, for the lines of its resources; default: the plan's own")
	formatFlag(fs, &f.format, "markdown", "json", "github", "sarif", "gitlab")
	return cmd
}

// reviewResult is what -o json prints.
type reviewResult struct {
	Schema  string          `json:"schema"`
	Base    sim.SnapshotRef `json:"base"`
	Head    sim.SnapshotRef `json:"head"`
	Plan    []plan.Action   `json:"plan,omitempty"`
	Exact   bool            `json:"exact"` // no question is UNKNOWN on either side, and the plan tells all
	Review  *access.Review  `json:"review"`
	Against []testDelta     `json:"against,omitempty"`
	Notes   []string        `json:"notes,omitempty"`
	// Open are the notes by which more may change than was decided.
	Open []string `json:"open,omitempty"`

	names map[string]string // of both sides' resources, by id
}

// named puts names before the ids in a text.
func (r *reviewResult) named(text string) string { return painter{names: r.names}.named(text, "") }

func runReview(env *Env, f *reviewFlags) error {
	if f.base.path == "" || (f.head == "") == !f.plan.given() {
		return withHint(errors.New("review compares two sides: --base and either --head or --plan"), "canreach review --base before.json --plan plan.json")
	}
	for _, word := range f.failOn {
		if words := []string{"lost", "gained", "unknown", "tests", "none"}; !slices.Contains(words, word) {
			return withHint(fmt.Errorf("--fail-on %s: want %s", word, strings.Join(words, ", ")), didYouMean(word, words))
		}
	}
	res, err := f.review(env)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(env.Stdout)
	switch f.format {
	case "json":
		err = writeJSON(w, res)
	case "github":
		writeReviewGitHub(w, f.source(), res)
	case "sarif":
		err = writeReviewSARIF(w, env, f.source(), res)
	case "gitlab":
		err = writeReviewGitLab(w, f.source(), res)
	default:
		writeReviewMarkdown(w, res)
	}
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		return err
	}
	return exit(f.status(res))
}

func (f *reviewFlags) review(env *Env) (*reviewResult, error) {
	base, err := f.base.native(env)
	if err != nil {
		return nil, err
	}
	res := &reviewResult{Schema: schemaReview}
	before, after, changes, err := f.sides(env, base, res)
	if err != nil {
		return nil, err
	}
	defer holdMemory(before.Snapshot().Size + after.Snapshot().Size)()
	res.names = labels(before.Snapshot())
	maps.Copy(res.names, labels(after.Snapshot()))
	q := access.Query{Actions: f.actions, Hidden: !f.plan.given()}
	for _, name := range f.jobs {
		j, err := snapshot.LoadJob(name, f.base.options(env))
		if err != nil {
			return nil, err
		}
		q.Jobs = append(q.Jobs, j)
	}
	if err := env.whole(func(ctx context.Context, progress func(done, all int)) error {
		q.Progress = progress
		res.Review, err = access.CompareChanged(ctx, before, after, q, changes)
		return err
	}); err != nil {
		return nil, err
	}
	locate(res.Review, f.places, f.writtenAt(f.plans))
	res.Exact = res.Review.Exact() && len(res.Open) == 0
	res.Base.SHA256 = before.Snapshot().SHA256
	tests := &whatifFlags{snapshot: f.base, against: f.against}
	deltas := &whatifResult{}
	if _, err := tests.compareTests(env, before, after, deltas); err != nil {
		return nil, err
	}
	res.Against = deltas.Against
	return res, nil
}

// sides are the snapshot before and after the change, and what is different.
func (f *reviewFlags) sides(env *Env, base []byte, res *reviewResult) (before, after *sim.World, changes []diff.ResourceChange, err error) {
	var snap, head *snapshot.Snapshot
	var plans []*plan.Plan
	read := make(chan error, 1)
	go func() {
		var err error
		snap, err = snapshot.Parse(base)
		read <- f.base.inFiles(env, err)
	}()
	if f.plan.given() {
		plans, err = f.plan.read(env, &f.base)
	}
	if err := cmp.Or(<-read, err); err != nil {
		return nil, nil, nil, err
	}
	if f.plan.given() {
		l, err := f.plan.lay(&f.base, base, snap, plans)
		if err != nil {
			return nil, nil, nil, err
		}
		if f.format == "json" {
			res.Head.SHA256 = fmt.Sprintf("%x", sha256.Sum256(l.tree.Bytes()))
		}
		res.Plan, res.Notes, res.Open, f.places, f.plans = f.plan.actions, l.notes, l.open, l.places, plans
		return sim.NewWorld(snap), sim.NewWorld(l.after), l.edits, nil
	}
	if head, changes, err = f.headOf(env, base); err != nil {
		return nil, nil, nil, err
	}
	res.Head.SHA256 = head.SHA256
	return sim.NewWorld(snap), sim.NewWorld(head), changes, nil
}

// headOf is the second snapshot, and what is different in it.
func (f *reviewFlags) headOf(env *Env, base []byte) (*snapshot.Snapshot, []diff.ResourceChange, error) {
	side := f.base
	side.path = f.head
	head, err := side.native(env)
	if err != nil {
		return nil, nil, err
	}
	snap, err := snapshot.Parse(head)
	if err != nil {
		return nil, nil, side.inFiles(env, err)
	}
	return snap, diff.Resources(jsontree.Of(base), jsontree.Of(head)), nil
}

// source is the file that the change is in.
func (f *reviewFlags) source() string {
	if f.plan.given() {
		return f.plan.files[0]
	}
	return f.head
}

func (f *reviewFlags) status(res *reviewResult) int {
	counts := func(word string, n int) bool { return n > 0 && slices.Contains(f.failOn, word) }
	switch r := res.Review; {
	case counts("lost", len(r.Lost)), counts("gained", len(r.Gained)), counts("tests", len(res.Against)):
		return ExitViolated
	case counts("unknown", len(r.Opened)+len(res.Open)):
		return ExitUnknown
	}
	return ExitHolds
}

// writeReviewGitHub writes workflow commands: an error for each loss, a
// warning for each gain and each fact that is missing now.
func writeReviewGitHub(w io.Writer, file string, res *reviewResult) {
	write := func(level string, list []access.Change) {
		for i := range list {
			at := first(&list[i], file)
			fmt.Fprintf(w, commandMark+"::%s file=%s,line=%d,title=canreach review::%s\n", level, escapeProperty(at.file), at.line, escapeCommand(changeLine(&list[i], res.named)))
		}
	}
	write("error", res.Review.Lost)
	write("warning", res.Review.Gained)
	write("warning", res.Review.Opened)
	fmt.Fprintf(w, commandMark+"::notice title=canreach review::%s\n", escapeCommand(reviewTitle(res)))
}

// escapeProperty escapes a property of a workflow command.
func escapeProperty(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(escapeCommand(safeText(s)))
}

func escapeCommand(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}
