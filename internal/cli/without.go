package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/access"
	"github.com/canreach/canreach/snapshot"
)

// writeWithout compares the snapshot with itself without some components.
func (f *accessFlags) writeWithout(env *Env) error {
	if f.format != "text" && f.format != "json" {
		return errors.New("--without writes text or json")
	}
	before, err := f.snapshot.load(env)
	if err != nil {
		return err
	}
	after, err := f.snapshot.load(env)
	if err != nil {
		return err
	}
	for _, what := range f.without {
		if err := access.Without(after, what); err != nil {
			return err
		}
	}
	defer holdMemory(before.Size + after.Size)()
	q := access.Query{Actions: f.actions, Workers: f.workers}
	for _, name := range f.jobs {
		j, err := snapshot.LoadJob(name, f.snapshot.options(env))
		if err != nil {
			return err
		}
		q.Jobs = append(q.Jobs, j)
	}
	var r *access.Review
	if err := env.whole(func(ctx context.Context, progress func(done, all int)) error {
		q.Progress = progress
		r, err = access.Compare(ctx, sim.NewWorld(before), sim.NewWorld(after), q)
		return err
	}); err != nil {
		return err
	}
	out := bufio.NewWriter(env.Stdout)
	if f.format == "json" {
		err = writeJSON(out, struct {
			Schema  string   `json:"schema"`
			Without []string `json:"without"`
			*access.Review
		}{"canreach.without/v1", f.without, r})
	} else {
		writeWithoutText(out, f.without, r)
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return err
	}
	switch {
	case len(r.Lost) > 0:
		return exit(ExitViolated)
	case !r.Exact():
		return exit(ExitUnknown)
	}
	return exit(ExitHolds)
}

func writeWithoutText(w io.Writer, without []string, r *access.Review) {
	fmt.Fprintf(w, "Without %s\n", oneLine(strings.Join(without, ", ")))
	for _, part := range []struct {
		title string
		list  []access.Change
	}{{"loses", r.Lost}, {"is no longer known for", r.Opened}, {"gains", r.Gained}} {
		for i := range part.list {
			c := &part.list[i]
			from := c.Source
			if len(c.Subnets) > 0 {
				from = strings.Join(c.Subnets, ", ")
			}
			fmt.Fprintf(w, "  %s\n", wrap(safeText(fmt.Sprintf("%s %s %s on %s: %s → %s, from %s via %s",
				oneLine(roleName(c.Role)), part.title, c.Action, c.Resource, c.Before, c.After, from, strings.Join(c.Via, ", "))), 4))
			for _, cause := range c.Causes {
				fmt.Fprintf(w, "    %s\n", wrap(safeText(cause.Component+": "+cause.Message), 6))
			}
		}
	}
	if len(r.Lost)+len(r.Opened)+len(r.Gained) == 0 {
		fmt.Fprintln(w, "  nothing changes")
	}
	fmt.Fprintf(w, "%s decided with and without; %d UNKNOWN in both.\n", counted(r.Asked, "question"), r.StillUnknown)
}
