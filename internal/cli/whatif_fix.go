package cli

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/assert"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/sim/repair"
	"github.com/canreach/canreach/snapshot"
)

// schemaRepairs names the JSON form of what whatif --fix finds.
const schemaRepairs = "canreach.repairs/v1"

// runFix searches for repairs of the question on the snapshot, with the
// changes of --change already made.
func runFix(env *Env, f *whatifFlags, applied *change.Applied) error {
	s, err := snapshot.Parse(applied.Native)
	if err != nil {
		return err
	}
	q, err := f.question.question(env, &f.snapshot, s)
	if err != nil {
		return err
	}
	res, err := repair.Find(applied.Native, q, repair.Options{Limit: f.limit, Checks: f.checks})
	if err != nil {
		return err
	}
	if err := f.breaks(env, applied.Native, res); err != nil {
		return err
	}
	code := exitStatus(res.Before.Verdict)
	if len(res.Repairs) > 0 {
		code = ExitHolds
	}
	if f.out != "" && len(res.Repairs) > 0 {
		best, err := change.Apply(applied.Native, res.Repairs[0].Changes)
		if err != nil {
			return err
		}
		if err := writeSnapshot(f.out, best.Native); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	switch f.format {
	case "json", "yaml":
		v := struct {
			Schema string `json:"schema"`
			*repair.Result
		}{schemaRepairs, res}
		write := writeJSON
		if f.format == "yaml" {
			write = writeYAML
		}
		if err := write(&b, v); err != nil {
			return err
		}
	default:
		writeRepairs(&b, env.painter(), res)
	}
	if _, err := env.Stdout.Write(b.Bytes()); err != nil {
		return err
	}
	return exit(code)
}

// breaks runs the assertions of --against on every repair, and notes those
// that held before and would not hold after it.
func (f *whatifFlags) breaks(env *Env, native []byte, res *repair.Result) error {
	if len(f.against) == 0 || len(res.Repairs) == 0 {
		return nil
	}
	files, err := readTests(env, f.against)
	if err != nil {
		return err
	}
	run := func(native []byte) (*assert.Report, error) {
		w, err := parseWorld(native)
		if err != nil {
			return nil, err
		}
		r := assert.Runner{Snapshot: "as given", Now: env.Now(), Load: func(string) (assert.Asker, error) { return w, nil }}
		return r.Run(files)
	}
	before, err := run(native)
	if err != nil {
		return err
	}
	for i := range res.Repairs {
		r := &res.Repairs[i]
		changed, err := change.Apply(native, r.Changes)
		if err != nil {
			return err
		}
		after, err := run(changed.Native)
		if err != nil {
			return err
		}
		for n := range after.Results {
			if before.Results[n].Outcome == assert.Passed && after.Results[n].Outcome != assert.Passed {
				r.Breaks = append(r.Breaks, after.Results[n].Name)
			}
		}
	}
	return nil
}

func writeRepairs(w io.Writer, p painter, res *repair.Result) {
	fmt.Fprintf(w, "%s  %s\n", p.verdict(res.Before.Verdict), oneLine(questionText(res.Before)))
	if res.Before.Verdict == sim.Reachable {
		fmt.Fprintf(w, "\nThere is nothing to repair.\n")
		return
	}
	if res.OwnersMustAct != "" {
		fmt.Fprintf(w, "\n%s\n", p.paint("1", oneLine(res.OwnersMustAct)))
	}
	for i := range res.Repairs {
		writeRepair(w, p, i+1, &res.Repairs[i])
	}
	if len(res.Repairs) == 0 {
		fmt.Fprintf(w, "\nNo repair was found.\n")
	}
	if len(res.Stuck) > 0 && len(res.Repairs) == 0 {
		fmt.Fprintf(w, "\n%s\n", p.paint("1", "What nothing here mends"))
		for i := range res.Stuck {
			s := &res.Stuck[i]
			fmt.Fprintf(w, "  [%s] %s %s\n    %s\n", s.Finding.Gate, oneLine(s.Finding.Code.String()), oneLine(s.Finding.Component), wrap(safeText(s.Reason), 4))
		}
	}
	if len(res.Unknown) > 0 && len(res.Repairs) == 0 {
		fmt.Fprintf(w, "\n%s\n", p.paint("1", "Without every blocker it would still hang on"))
		for i := range res.Unknown {
			u := &res.Unknown[i]
			fmt.Fprintf(w, "  [%s] %s: %s\n", u.Gate, oneLine(u.Code.String()), wrap(safeText(u.Fact), 4))
		}
	}
	fmt.Fprintf(w, "\n%d changed snapshots were tried", res.Tried)
	if !res.Whole {
		fmt.Fprint(w, "; there may be further repairs (--repairs, --max-checks)")
	}
	fmt.Fprintln(w, ".")
}

func writeRepair(w io.Writer, p painter, n int, r *repair.Repair) {
	fmt.Fprintf(w, "\n%s\n", p.paint("1", fmt.Sprintf("Repair %d", n)))
	line := func(title, text string) {
		fmt.Fprintf(w, "  %-8s %s\n", title, wrap(safeText(text), 11))
	}
	for _, why := range r.Why {
		line("", why)
	}
	for _, o := range r.Others {
		line("needs", o)
	}
	for _, o := range r.Wide {
		line("opens", o)
	}
	for _, b := range r.Breaks {
		line("breaks", b)
	}
	for i := range r.Warnings {
		line("warning", r.Warnings[i].Code.String()+": "+r.Warnings[i].Message)
	}
	fmt.Fprintf(w, "\n")
	for l := range strings.Lines(change.YAML(r.Changes)) {
		fmt.Fprintf(w, "    %s\n", strings.TrimRight(safeText(l), "\n"))
	}
	fmt.Fprintf(w, "\n")
	for _, c := range r.Commands {
		fmt.Fprintf(w, "    %s\n", oneLine(c))
	}
}
