package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/canreach/canreach/internal/picture"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/sim/ready"
	"github.com/canreach/canreach/sim/repair"
	"github.com/canreach/canreach/sim/report"
	"github.com/canreach/canreach/snapshot"
)

func newReadyCommand(env *Env) *cobra.Command {
	var sf snapshotFlags
	var qf questionFlags
	var format string
	var verbose bool
	var fix fixFlags
	cmd := &cobra.Command{
		Use:   "ready --snapshot S --job J",
		Short: "Everything that a job needs, one row a dependency",
		Long: `Ready decides everything that a job needs, one row a dependency: its data in S3,
image, logs, keys, secrets and its service's own calls (docs/services.md).
The verdict is the worst of the required rows.`,
		Annotations: manual(`Each dependency is asked about from where it is called: the interface in the VPC, or the service's own network.`),
		Example: `  canreach ready -j job.json
  canreach ready -j job.json -o html --out ready.html
  canreach ready --service glue --subnets ml-private-1a --security-groups neo-jobs --role NeoCompilationRole`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			defer sf.discard()
			if sf.live.on && qf.job == "" && len(qf.subnets) == 0 {
				return errLiveNeedsJob
			}
			var q sim.Question
			var r *ready.Report
			snap, _, err := sf.ask(env, qf.scope(), func() (snap *snapshot.Snapshot, a *sim.Answer, err error) {
				if snap, err = sf.load(env); err != nil {
					return nil, nil, err
				}
				if q, err = qf.question(env, &sf, snap); err != nil {
					return nil, nil, err
				}
				if r, err = ready.Ask(env.context(), sim.NewWorld(snap), q); err != nil {
					return nil, nil, err
				}
				return snap, r.Open(), nil
			})
			if err != nil {
				return err
			}
			if fix.on {
				return fix.ready(cmd.Context(), env, &sf, r, format)
			}
			p := env.painter()
			p.names = labels(snap)
			if err := writeReady(env, r, format, q.Job.File, p, verbose); err != nil {
				return err
			}
			return exit(exitStatus(r.Verdict))
		},
	}
	sf.register(cmd.Flags())
	sf.registerLive(cmd.Flags())
	qf.register(cmd.Flags())
	formatFlag(cmd.Flags(), &format, "text", "json", "sarif", "html", "svg")
	cmd.Flags().BoolVar(&fix.on, "fix", false, "search for one set of changes that makes everything reachable")
	cmd.Flags().IntVar(&fix.checks, "max-checks", 500, "with --fix: how many changed snapshots to try at most for each row")
	cmd.Flags().DurationVar(&fix.timeout, "fix-timeout", 30*time.Second, "with --fix: how long to search at most for each row")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "show the rows that pass in full, with AWS's page")
	return cmd
}

func writeReady(env *Env, r *ready.Report, format, file string, p painter, verbose bool) error {
	w := bufio.NewWriter(env.Stdout)
	var err error
	switch format {
	case "json":
		err = writeJSON(w, r)
	case "sarif":
		err = writeReadySARIF(w, env, r, file)
	case "html":
		err = writeReadyHTML(w, r)
	case "svg":
		err = picture.SVG(w, readyPaths(r), picture.SVGOptions{})
	default:
		renderReady(w, r, p, verbose)
	}
	if err != nil {
		return err
	}
	return w.Flush()
}

// ready searches for one set of changes for all that a job lacks.
func (f *fixFlags) ready(ctx context.Context, env *Env, sf *snapshotFlags, r *ready.Report, format string) error {
	if format != "text" && format != "json" {
		return errors.New("--fix writes text or JSON")
	}
	native, err := sf.native(env)
	if err != nil {
		return err
	}
	base, err := change.Open(native)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	res, err := repair.All(ctx, base, r.Questions(), repair.Options{Checks: f.checks, Time: f.timeout})
	if err != nil {
		return err
	}
	w, p := bufio.NewWriter(env.Stdout), env.painter()
	if format == "json" {
		err = writeJSON(w, struct {
			Schema string      `json:"schema"`
			Ready  sim.Verdict `json:"before"`
			*repair.Joint
		}{schemaRepairs, r.Verdict, res})
	} else {
		fmt.Fprintf(w, "%s  %s\n", p.verdict(r.Verdict), oneLine(r.Service))
		switch {
		case len(res.Changes) > 0:
			writeWholeRepair(w, p, 1, &res.Repair)
		case r.Verdict == sim.Reachable:
			fmt.Fprintln(w, "\nThere is nothing to repair.")
		}
		for _, q := range res.Left {
			fmt.Fprintf(w, "\nNo repair was found for %s.\n", oneLine(strings.Join(q.Actions, ", ")+" on "+q.Bucket))
		}
	}
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		return err
	}
	return exit(exitStatus(res.Verdict))
}

// callFrom are the words of Row.From in a sentence.
var callFrom = map[string]string{"interface": "from the VPC", "service": "by the service", "host": "from its host", "undocumented": "from where, AWS does not say"}

// renderReady writes a line a row, then each cause once, whatever number of
// rows it stops.
func renderReady(w io.Writer, r *ready.Report, p painter, verbose bool) {
	fmt.Fprintf(w, "%s  %s\n", p.verdict(r.Verdict), oneLine(readyName(r)))
	var causes readyCauses
	for i := range r.Rows {
		row := &r.Rows[i]
		mark := "·"
		if row.Asked {
			mark = p.mark(row.Verdict)
		}
		text := fmt.Sprintf("%s: %s on %s, %s", row.For, strings.Join(row.Actions, ", "), shortARN(row.Resource), callFrom[row.From])
		if row.Optional {
			text += ", optional"
		}
		if numbers := causes.add(row); numbers != "" {
			text += " → " + numbers
		}
		fmt.Fprintf(w, "  %s %s\n", mark, p.wrap(safeText(text), 4))
		if row.Note != "" {
			fmt.Fprintf(w, "    %s\n", p.wrap(safeText(row.Note), 4))
		}
		if verbose {
			fmt.Fprintf(w, "    %s\n", row.Page)
		}
	}
	for i, f := range causes.blockers {
		fmt.Fprintf(w, "\n%d. [%s] %s %s\n", i+1, f.Gate, p.link(f.URL, p.paint("1", oneLine(f.Code.String()))), p.component(f.Component, f.Name))
		fmt.Fprintf(w, "   %s\n", p.wrap(p.named(safeText(f.Message), f.Component), 3))
		if f.Pointer != "" {
			fmt.Fprintf(w, "   at:  %s\n", oneLine(f.Pointer))
		}
		if f.Fix != "" {
			fmt.Fprintf(w, "   fix: %s\n", p.wrap(safeText(f.Fix), 8))
		}
	}
	for _, m := range causes.missing {
		renderMissing(w, p, m, space{})
	}
	if !verbose {
		fmt.Fprintln(w, "\n"+p.wrap("-v shows AWS's page for each row; -o json holds each answer in full.", 0))
	}
}

func readyName(r *ready.Report) string {
	if r.Job == "" {
		return r.Service
	}
	return r.Job + " (" + r.Service + ")"
}

// readyPaths draws the path of each row that was asked about.
func readyPaths(r *ready.Report) *picture.Diagram {
	var answers []*sim.Answer
	var titles []string
	for i := range r.Rows {
		if row := &r.Rows[i]; row.Answer != nil {
			answers, titles = append(answers, row.Answer), append(titles, row.For)
		}
	}
	return report.Joined(readyName(r), r.Verdict, answers, titles)
}

// writeReadyHTML writes the rows with their causes, and below them their paths.
func writeReadyHTML(w io.Writer, r *ready.Report) error {
	l := &report.Listing{Title: r.Verdict.String() + ": " + readyName(r), Paths: readyPaths(r), Snapshot: r.Snapshot}
	at := map[bool]int{false: 0, true: 1}
	l.Sections = []report.ListingSection{{Title: "What the job needs"}, {Title: "What it runs without"}}
	for i := range r.Rows {
		row := &r.Rows[i]
		e := report.ListingEntry{Verdict: row.Verdict, Title: row.For + ", " + callFrom[row.From], Parts: []report.ListingPart{{Term: "Calls", Items: row.Actions}, {Term: "On", Items: []string{row.Resource}}}}
		if !row.Asked {
			e.Title += "; not asked"
		}
		if row.Note != "" {
			e.Parts = append(e.Parts, report.ListingPart{Term: "Note", Items: []string{row.Note}})
		}
		if row.Answer != nil && row.Verdict != sim.Reachable {
			var why, fix, open []string
			for _, c := range causesOf(row.Answer, sim.Blocker) {
				why, fix = append(why, c.Code.String()+": "+c.Message), append(fix, c.Fix)
			}
			for _, m := range row.Answer.DecisiveUnknowns() {
				open = append(open, m.Fact+"; "+m.Collect)
			}
			e.Parts = append(e.Parts, report.ListingPart{Term: "Why", Items: why}, report.ListingPart{Term: "Repair", Items: fix}, report.ListingPart{Term: "Not known", Items: open})
		}
		e.Parts = append(e.Parts, report.ListingPart{Term: "AWS's page", Items: []string{row.Page}})
		s := &l.Sections[at[row.Optional]]
		s.Entries = append(s.Entries, e)
	}
	l.Sections = slices.DeleteFunc(l.Sections, func(s report.ListingSection) bool { return len(s.Entries) == 0 })
	return report.ListingHTML(w, l)
}

// readyCauses are the blockers and decisive missing facts of all rows, each once.
type readyCauses struct {
	blockers []*sim.Finding
	missing  []sim.Missing
}

// add files a row's causes and returns the numbers of its blockers.
func (c *readyCauses) add(row *ready.Row) string {
	if row.Answer == nil || row.Verdict == sim.Reachable {
		return ""
	}
	var numbers []string
	for _, cause := range causesOf(row.Answer, sim.Blocker) {
		at := slices.IndexFunc(c.blockers, func(f *sim.Finding) bool {
			return f.Code == cause.Code && f.Component == cause.Component && f.Pointer == cause.Pointer && f.Message == cause.Message
		})
		if at < 0 {
			at, c.blockers = len(c.blockers), append(c.blockers, cause.Finding)
		}
		numbers = append(numbers, strconv.Itoa(at+1))
	}
	if decisive, _ := missingFacts(row.Answer); row.Verdict == sim.Unknown {
		for _, m := range decisive {
			if !slices.ContainsFunc(c.missing, func(o sim.Missing) bool { return o.Code == m.Code && o.Component == m.Component && o.Fact == m.Fact }) {
				c.missing = append(c.missing, m)
			}
		}
	}
	return strings.Join(numbers, ", ")
}

// writeReadySARIF writes what code scanning reads: each blocker once, at the job's file.
func writeReadySARIF(w io.Writer, env *Env, r *ready.Report, file string) error {
	run := newSARIFRun(env)
	var causes readyCauses
	for i := range r.Rows {
		causes.add(&r.Rows[i])
	}
	at := func(component string) []sarifLocation {
		uri := (&url.URL{Path: filepath.ToSlash(cmp.Or(file, "snapshot.json"))}).String()
		return []sarifLocation{{Physical: sarifPhysical{sarifArtifact{uri}, sarifRegion{1}}, Logical: []sarifLogical{{Name: safeText(component), Kind: "resource"}}}}
	}
	for _, f := range causes.blockers {
		run.add(sarifRule{safeText(f.Code.String()), sarifText{"The job is stopped by " + safeText(f.Code.String()) + "."}},
			sarifResult{Kind: "fail", Level: "error", Message: sarifText{safeText(f.Message)}, Locations: at(f.Component)})
	}
	for _, m := range causes.missing {
		run.add(sarifRule{safeText(m.Code.String()), sarifText{"Whether the job is stopped hangs on " + safeText(m.Code.String()) + "."}},
			sarifResult{Kind: "open", Level: "none", Message: sarifText{safeText(m.Fact)}, Locations: at(m.Component)})
	}
	return run.write(w)
}
