package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/assert"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/sim/repair"
	"github.com/canreach/canreach/snapshot"
)

// schemaRepairs names the JSON form of what --fix finds.
const schemaRepairs = "canreach.repairs/v1"

// fixFlags are those of a search for repairs.
type fixFlags struct {
	on      bool
	limit   int
	show    int
	checks  int
	timeout time.Duration
}

func (f *fixFlags) register(fs *pflag.FlagSet) {
	fs.BoolVar(&f.on, "fix", false, "search for minimal sets of changes that make the question REACHABLE")
	fs.IntVar(&f.limit, "repairs", 3, "with --fix: how many repairs to print at most")
	fs.IntVar(&f.show, "show", 0, "with --fix: print repair N whole, with its change file and its commands")
	fs.IntVar(&f.checks, "max-checks", 500, "with --fix: how many changed snapshots to try at most")
	fs.DurationVar(&f.timeout, "fix-timeout", 30*time.Second, "with --fix: how long to search at most")
}

// find searches for repairs, until they are found or the user interrupts.
func (f *fixFlags) find(ctx context.Context, env *Env, base *change.Base, q repair.Query, breaks func(*sim.World) ([]string, error)) (*repair.Result, error) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	o := repair.Options{Limit: max(f.limit, f.show), Checks: f.checks, Time: f.timeout, Breaks: breaks}
	if env.StderrTerminal {
		o.Progress = func(tried int) { fmt.Fprintf(env.Stderr, "\r%d changed snapshots tried", tried) }
		defer fmt.Fprint(env.Stderr, "\r\x1b[K")
	}
	return repair.Find(ctx, base, q, o)
}

// runFix searches for repairs of the question on the snapshot, with the
// changes of --change already made.
func runFix(ctx context.Context, env *Env, f *whatifFlags, applied *change.Applied) error {
	base, err := change.Open(applied.Native)
	if err != nil {
		return f.snapshot.inFiles(env, err)
	}
	q, err := f.question.question(env, &f.snapshot, base.Snapshot())
	if err != nil {
		return err
	}
	breaks, err := f.breaks(env, base)
	if err != nil {
		return err
	}
	res, err := f.fix.find(ctx, env, base, repair.Query{Check: q}, breaks)
	if err != nil {
		return err
	}
	return f.fix.write(env, f.format, f.out, base, res)
}

// trace searches for repairs of the network between two ends.
func (f *fixFlags) trace(ctx context.Context, env *Env, sf *snapshotFlags, format string, question func(*snapshot.Snapshot) (sim.TraceQuestion, error)) error {
	native, err := sf.native(env)
	if err != nil {
		return err
	}
	base, err := change.Open(native)
	if err != nil {
		return sf.inFiles(env, err)
	}
	q, err := question(base.Snapshot())
	if err != nil {
		return err
	}
	res, err := f.find(ctx, env, base, repair.Query{Trace: &q}, nil)
	if err != nil {
		return withHint(err, "canreach snapshot show lists what the snapshot holds")
	}
	return f.write(env, format, "", base, res)
}

// write prints what was found, and gives the exit status of the best repair.
func (f *fixFlags) write(env *Env, format, out string, base *change.Base, res *repair.Result) error {
	code := exitStatus(res.Before.Verdict)
	if len(res.Repairs) > 0 && len(res.Wait) == 0 {
		code = exitStatus(res.Repairs[0].Verdict)
	}
	n := max(f.show, 1) - 1
	if f.show > len(res.Repairs) {
		return withHint(fmt.Errorf("--show %d: there are %d repairs", f.show, len(res.Repairs)), "leave --show out to list them")
	}
	if out != "" && len(res.Repairs) > 0 {
		best, err := change.Apply(base.Native(), res.Repairs[n].Changes)
		if err != nil {
			return err
		}
		if err := writeSnapshot(out, best.Native); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	switch format {
	case "json", "yaml":
		v := struct {
			Schema string `json:"schema"`
			*repair.Result
		}{schemaRepairs, res}
		write := writeJSON
		if format == "yaml" {
			write = writeYAML
		}
		if err := write(&b, v); err != nil {
			return err
		}
	default:
		writeRepairs(&b, env.painter(), res, f.show)
	}
	if _, err := env.Stdout.Write(b.Bytes()); err != nil {
		return err
	}
	return exit(code)
}

// breaks returns what names the assertions of --against that hold before a
// repair and not after it; nil without --against.
func (f *whatifFlags) breaks(env *Env, base *change.Base) (func(*sim.World) ([]string, error), error) {
	if len(f.against) == 0 {
		return nil, nil
	}
	files, err := readTests(env, f.against, nil)
	if err != nil {
		return nil, err
	}
	run := func(w *sim.World) (*assert.Report, error) {
		r := assert.Runner{Snapshot: "as given", Now: env.Now(), Load: func(string) (assert.Checker, error) { return w, nil }}
		return r.Run(env.context(), files)
	}
	before, err := run(sim.NewWorld(base.Snapshot()))
	if err != nil {
		return nil, err
	}
	return func(w *sim.World) ([]string, error) {
		after, err := run(w)
		if err != nil {
			return nil, err
		}
		var out []string
		for i := range after.Results {
			if before.Results[i].Outcome == assert.Passed && after.Results[i].Outcome != assert.Passed {
				out = append(out, after.Results[i].Name)
			}
		}
		return out, nil
	}, nil
}

func writeRepairs(w io.Writer, p painter, res *repair.Result, show int) {
	fmt.Fprintf(w, "%s  %s\n", p.verdict(res.Before.Verdict), oneLine(fixTitle(res.Before)))
	renderAbsent(w, res.Before.Absent, p)
	if res.Before.Verdict == sim.Reachable {
		fmt.Fprintf(w, "\nThere is nothing to repair.\n")
		return
	}
	for i, x := range res.Wait {
		if i == 0 {
			fmt.Fprintf(w, "\n%s\n", p.paint("1", "Wait"))
		}
		fmt.Fprintf(w, "  %s\n", p.wrap(safeText(x.Advice), 2))
	}
	if res.OwnersMustAct != "" {
		fmt.Fprintf(w, "\n%s\n", p.paint("1", oneLine(res.OwnersMustAct)))
	}
	if show > 0 {
		writeWholeRepair(w, p, show, &res.Repairs[show-1])
		return
	}
	for i := range res.Repairs {
		if i == 0 {
			fmt.Fprintf(w, "\n%s\n", p.paint("1", repairsTitle(res)))
		}
		writeRepair(w, p, i+1, &res.Repairs[i], false)
	}
	if len(res.Repairs) == 0 {
		writeNoRepair(w, p, res)
	}
	fmt.Fprintf(w, "\n%d changed snapshots were tried", res.Tried)
	switch {
	case res.Limit != "":
		fmt.Fprintf(w, "; %s", safeText(res.Limit))
	case !res.Whole:
		fmt.Fprint(w, "; there may be further repairs (--repairs)")
	}
	fmt.Fprintln(w, ".")
	if len(res.Repairs) > 0 {
		fmt.Fprintln(w, "--show N prints the change file and the commands of a repair.")
	}
}

func repairsTitle(res *repair.Result) string {
	if len(res.Wait) > 0 {
		return "Repairs of what remains then"
	}
	return "Repairs"
}

// fixTitle is the question in one line.
func fixTitle(a *sim.Answer) string {
	if a.Question.To != "" {
		return fmt.Sprintf("%s → %s", a.Question.From, a.Question.To)
	}
	return questionText(a)
}

func writeNoRepair(w io.Writer, p painter, res *repair.Result) {
	if len(res.Wait) == 0 {
		fmt.Fprintf(w, "\nNo repair was found.\n")
	}
	for i := range res.Stuck {
		if i == 0 {
			fmt.Fprintf(w, "\n%s\n", p.paint("1", "No automatic fix"))
		}
		s := &res.Stuck[i]
		fmt.Fprintf(w, "  [%s] %s %s\n    %s\n", s.Finding.Gate, oneLine(s.Finding.Code.String()), oneLine(s.Finding.Component), p.wrap(safeText(s.Reason), 4))
	}
	for i := range res.Unknown {
		if i == 0 {
			fmt.Fprintf(w, "\n%s\n", p.paint("1", "Without the blockers it would depend on"))
		}
		u := &res.Unknown[i]
		fmt.Fprintf(w, "  [%s] %s: %s\n", u.Gate, oneLine(u.Code.String()), p.wrap(safeText(u.Fact), 4))
	}
}

// writeRepair writes a repair in one line, and below it what else to know of
// it. Neighbours that fare alike are one line, unless all are to be named.
func writeRepair(w io.Writer, p painter, n int, r *repair.Repair, all bool) {
	fmt.Fprintf(w, "  %d. %s\n", n, p.wrap(safeText(strings.Join(r.Why, " ")), 5))
	line := func(title, text string) {
		fmt.Fprintf(w, "     %s %s\n", p.paint("1", fmt.Sprintf("%-8s", title)), p.wrap(safeText(text), 14))
	}
	for _, o := range r.Others {
		line("needs", o)
	}
	for _, o := range r.Wide {
		line("opens", o)
	}
	for i := range r.Neighbours {
		x := &r.Neighbours[i]
		alike := func(o repair.Neighbour) bool { o.Who = x.Who; return o == *x }
		first := slices.IndexFunc(r.Neighbours, alike)
		who := x.Who
		if !all {
			if first < i {
				continue
			}
			more := 0
			for _, o := range r.Neighbours[i+1:] {
				if alike(o) {
					more++
				}
			}
			if more > 0 {
				who = fmt.Sprintf("%s, and %d others (--show %d names them)", who, more, n)
			}
		}
		line(x.Effect, fmt.Sprintf("%s: %s (%s → %s)", who, x.What, x.Before, x.After))
	}
	if r.NotAsked > 0 {
		line("unasked", fmt.Sprintf("%d further classes of interfaces and roles that it touches", r.NotAsked))
	}
	for _, note := range r.Notes {
		if all {
			line("note", note)
		}
	}
	for _, b := range r.Breaks {
		line("breaks", b)
	}
	for i := range r.Warnings {
		line("warning", r.Warnings[i].Code.String()+": "+r.Warnings[i].Message)
	}
	for i := range r.Unknown {
		line("then", "UNKNOWN: "+r.Unknown[i].Fact)
	}
}

func writeWholeRepair(w io.Writer, p painter, n int, r *repair.Repair) {
	fmt.Fprintf(w, "\n%s\n", p.paint("1", fmt.Sprintf("Repair %d", n)))
	writeRepair(w, p, n, r, true)
	fmt.Fprintf(w, "\n")
	for l := range strings.Lines(change.YAML(r.Changes)) {
		fmt.Fprintf(w, "    %s\n", strings.TrimRight(safeText(l), "\n"))
	}
	fmt.Fprintf(w, "\n")
	for _, c := range r.Commands {
		fmt.Fprintf(w, "    %s\n", oneLine(c))
	}
}
