package cli

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/canreach/canreach/internal/picture"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/diff"
	"github.com/canreach/canreach/sim/report"
	"github.com/canreach/canreach/snapshot"
)

// schemaDiff names the JSON form of what diff answers.
const schemaDiff = "canreach.diff/v1"

type diffFlags struct {
	jobs, buckets   []string
	account, region string
	format          string
	questions       int
	resources       bool
}

func newDiffCommand(env *Env) *cobra.Command {
	f := &diffFlags{}
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "What two snapshots answer differently, and which resource's change caused it",
		Long: `Diff asks two snapshots the same questions and prints where their verdicts
differ, and which resource's change gives the new verdict. Without --job it asks
for every role, class of subnets and groups, and bucket that both know.`,
		Annotations: manual(`A cause is made in the first snapshot alone, and asked about. Policies are compared by
meaning, not by text.

-o html draws each difference before and after, side by side, with what changed
marked on the path; -o svg draws one.

Without --job it asks for the jobs that both hold, and for every role, every
class of subnets and security groups, and every bucket that both know. What only
one of them knows is listed apart.

Exit status: 0 no difference, 1 differences, 3 no difference that is sure, but
some answers are UNKNOWN, 2 if a snapshot could not be read.`),
		Example: `  canreach diff snapshot.json broken/wrong-route-table.json
  canreach diff snapshot.json broken/wrong-route-table.json --job job.json -o html --out diff.html
  canreach diff aws broken/sg-and-bucket-policy.json --resources`,
		Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error { return runDiff(env, f, args[0], args[1]) },
	}
	fs := cmd.Flags()
	fs.StringArrayVarP(&f.jobs, "job", "j", nil, "job file to ask about, repeatable")
	fs.StringArrayVarP(&f.buckets, "bucket", "b", nil, "bucket or object ARN to ask about, repeatable; default: the jobs' own, or all")
	fs.StringVar(&f.account, "account", "", "account id of files that do not tell it")
	fs.StringVar(&f.region, "region", "", "region of files that do not tell it")
	formatFlag(fs, &f.format, "text", "json", "yaml", "html", "svg")
	fs.IntVar(&f.questions, "max-questions", 2000, "how many questions to ask at most")
	fs.BoolVar(&f.resources, "resources", false, "text: list every resource that differs, not only the causes")
	return cmd
}

func runDiff(env *Env, f *diffFlags, a, b string) error {
	var sides [2][]byte
	for i, path := range []string{a, b} {
		sf := snapshotFlags{path: path, account: f.account, region: f.region}
		native, err := sf.native(env)
		if err != nil {
			return err
		}
		sides[i] = native
	}
	defer holdMemory(len(sides[0]) + len(sides[1]))()
	o := diff.Options{Buckets: f.buckets, Questions: f.questions, Base: sim.Question{Account: f.account, Region: f.region}, Names: [2]string{a, b}}
	for _, name := range f.jobs {
		j, err := snapshot.LoadJob(name, snapshot.Options{Account: f.account, Region: f.region, Stdin: env.Stdin})
		if err != nil {
			return err
		}
		o.Jobs = append(o.Jobs, j)
	}
	res, err := diff.Snapshots(env.context(), sides[0], sides[1], o)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	switch f.format {
	case "json", "yaml":
		v := struct {
			Schema string `json:"schema"`
			*diff.Result
		}{schemaDiff, res}
		write := writeJSON
		if f.format == "yaml" {
			write = writeYAML
		}
		if err := write(&out, v); err != nil {
			return err
		}
	case "html", "svg":
		if err := drawDiff(env, &out, f.format, res); err != nil {
			return err
		}
	default:
		p := env.painter()
		p.names = labels(res.After())
		writeDiff(&out, p, f, res)
	}
	if _, err := env.Stdout.Write(out.Bytes()); err != nil {
		return err
	}
	return exit(diffStatus(res))
}

// maxDrawn is how many differences a page draws.
const maxDrawn = 20

// drawDiff draws the differences, each before and after side by side.
func drawDiff(env *Env, w io.Writer, format string, res *diff.Result) error {
	if n := len(res.Differences); format == "svg" && n != 1 {
		return withHint(fmt.Errorf("-o svg draws one difference, and there are %d", n), "ask about one with --job and --bucket, or take -o html")
	}
	var list []report.Comparison
	for i := range res.Differences[:min(len(res.Differences), maxDrawn)] {
		d := &res.Differences[i]
		before, after, err := res.Ask(env.context(), d)
		if err != nil {
			return err
		}
		c := report.Comparison{Before: before, After: after, Gone: d.Delta.Removed, New: d.Delta.New}
		for _, x := range slices.Concat(d.Causes, d.Together) {
			c.Changes = append(c.Changes, x.Text)
		}
		list = append(list, c)
	}
	if format == "svg" {
		return picture.SVG(w, list[0].Diagram(), picture.SVGOptions{})
	}
	notes := res.Notes
	if left := len(res.Differences) - len(list); left > 0 {
		notes = append(slices.Clone(notes), fmt.Sprintf("%d more differences are not drawn; -o json has them all.", left))
	}
	title := fmt.Sprintf("%d of %s are answered differently", len(res.Differences), plural(res.Asked, "question"))
	switch len(res.Differences) {
	case 0:
		title = "No question is answered differently"
	case 1:
		title = fmt.Sprintf("1 of %s is answered differently", plural(res.Asked, "question"))
	}
	return report.ComparisonsHTML(w, title, notes, list)
}

// holdMemory makes the garbage collector keep near four and a half times the files, unless
// the environment sets a limit (GOMEMLIMIT), until the returned function is called.
func holdMemory(files int) (release func()) {
	was := debug.SetMemoryLimit(-1)
	if was == math.MaxInt64 {
		debug.SetMemoryLimit(max(9*int64(files)/2, leastMemory))
	}
	return func() { debug.SetMemoryLimit(was) }
}

// leastMemory is what every command may take.
const leastMemory = 96 << 20

func diffStatus(res *diff.Result) int {
	for i := range res.Differences {
		if d := &res.Differences[i].Delta; d.Before != sim.Unknown && d.After != sim.Unknown {
			return ExitViolated
		}
	}
	if res.Unknown > 0 {
		return ExitUnknown
	}
	return ExitHolds
}

// maxDifferences is how many differences text shows in full.
const maxDifferences = 50

func writeDiff(w io.Writer, p painter, f *diffFlags, res *diff.Result) {
	fmt.Fprintf(w, "%d of %d questions are answered differently", len(res.Differences), res.Asked)
	if res.Unknown > 0 {
		fmt.Fprintf(w, "; %d are UNKNOWN on one side or both", res.Unknown)
	}
	fmt.Fprintf(w, ".\n")
	for i := range res.Differences {
		if i == maxDifferences {
			fmt.Fprintf(w, "\nand %d more; -o json has them all\n", len(res.Differences)-i)
			break
		}
		writeDifference(w, p, &res.Differences[i])
	}
	writeSources(w, p, "Only in the first", res.OnlyA)
	writeSources(w, p, "Only in the second", res.OnlyB)
	writeResources(w, p, f, res)
	for _, n := range res.Notes {
		fmt.Fprintf(w, "\n%s\n", wrap(safeText(n), 0))
	}
}

func writeDifference(w io.Writer, p painter, d *diff.Difference) {
	fmt.Fprintf(w, "\n%s %s → %s  %s\n", p.paint("1", d.Effect), p.verdict(d.Delta.Before), p.verdict(d.Delta.After), wrap(p.named(safeText(d.Question), ""), 2))
	if len(d.Alike) > 0 {
		fmt.Fprintf(w, "  alike: %s\n", wrap(p.named(safeText(strings.Join(d.Alike, ", ")), ""), 9))
	}
	for _, c := range d.Causes {
		fmt.Fprintf(w, "  because of: %s\n", wrap(p.named(safeText(c.Text), ""), 14))
	}
	if len(d.Causes) > 1 {
		fmt.Fprintf(w, "  (each alone)\n")
	}
	for i, c := range d.Together {
		lead := "  because of: "
		if i > 0 {
			lead = "  and:        "
		}
		fmt.Fprintf(w, "%s%s\n", lead, wrap(p.named(safeText(c.Text), ""), 14))
	}
	if len(d.Causes)+len(d.Together) == 0 {
		fmt.Fprintf(w, "  because of: no single resource and no set of them that could be made alone\n")
	}
	writeDelta(w, p, &d.Delta, "  ")
}

func writeSources(w io.Writer, p painter, title string, list []diff.Source) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", p.paint("1", title))
	for i, s := range list {
		if i == maxDifferences {
			fmt.Fprintf(w, "  and %d more\n", len(list)-i)
			return
		}
		fmt.Fprintf(w, "  %s %s\n", s.Kind, oneLine(s.ID))
	}
}

func writeResources(w io.Writer, p painter, f *diffFlags, res *diff.Result) {
	same := 0
	for i := range res.Resources {
		if res.Resources[i].SameMeaning {
			same++
		}
	}
	if len(res.Resources) == 0 {
		fmt.Fprintf(w, "\nNo resource differs.\n")
		return
	}
	noun := "resources differ"
	if len(res.Resources) == 1 {
		noun = "resource differs"
	}
	fmt.Fprintf(w, "\n%d %s", len(res.Resources), noun)
	if same > 0 {
		fmt.Fprintf(w, ", %d of them in words only: their policies mean the same", same)
	}
	fmt.Fprintf(w, ".\n")
	if !f.resources {
		return
	}
	for i := range res.Resources {
		r := &res.Resources[i]
		note := ""
		if r.SameMeaning {
			note = " (means the same)"
		}
		fmt.Fprintf(w, "  %s %s %s%s %s\n", oneLine(strings.TrimSpace(r.Account+" "+r.Region)), oneLine(r.Kind), oneLine(r.ID), note, r.Change)
		if len(r.Members) > 0 {
			fmt.Fprintf(w, "    %s\n", wrap(safeText(strings.Join(r.Members, ", ")), 4))
		}
		for _, c := range r.Policies {
			fmt.Fprintf(w, "    %s: %s\n", oneLine(c.Policy), c.Relation)
		}
	}
}
