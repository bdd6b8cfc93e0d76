package repair

import (
	"context"
	"slices"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/sim/finding"
)

// Joint is one set of changes for several questions.
type Joint struct {
	Repair
	Left []sim.Question `json:"-"` // for which no repair was found
}

// All searches for one set of changes that makes every question REACHABLE: each
// question is repaired on what the repairs before it left, and what the others
// make needless goes. Repair.Verdict is the worst that remains.
func All(ctx context.Context, base *change.Base, questions []sim.Question, opt Options) (*Joint, error) {
	out := &Joint{Repair: Repair{Verdict: sim.Reachable, Changes: []change.Change{}, Commands: []string{}, Why: []string{}, Others: []string{}}}
	opt.Limit = 1
	now := base
	for _, q := range questions {
		res, err := Find(ctx, now, Query{Check: q}, opt)
		if err != nil {
			return nil, err
		}
		if res.Before.Verdict == sim.Reachable {
			continue
		}
		if len(res.Repairs) == 0 {
			out.Left = append(out.Left, q)
			out.Verdict = finding.Worst(out.Verdict, res.Before.Verdict)
			continue
		}
		out.join(&res.Repairs[0])
		applied, err := change.Apply(base.Native(), out.Changes)
		if err != nil {
			return nil, err
		}
		if now, err = change.Open(applied.Native); err != nil {
			return nil, err
		}
	}
	if err := out.minimal(ctx, base, questions); err != nil {
		return nil, err
	}
	out.Commands = change.Commands(out.Changes)
	return out, nil
}

func (j *Joint) join(r *Repair) {
	j.Verdict = finding.Worst(j.Verdict, r.Verdict)
	j.Changes = append(j.Changes, r.Changes...)
	j.Neighbours = append(j.Neighbours, r.Neighbours...)
	for _, list := range []struct {
		into *[]string
		add  []string
	}{{&j.Why, r.Why}, {&j.Others, r.Others}, {&j.Wide, r.Wide}, {&j.Notes, r.Notes}, {&j.Breaks, r.Breaks}} {
		for _, s := range list.add {
			if !slices.Contains(*list.into, s) {
				*list.into = append(*list.into, s)
			}
		}
	}
}

// minimal drops changes without which every question fares as with all of them.
func (j *Joint) minimal(ctx context.Context, base *change.Base, questions []sim.Question) error {
	verdicts := func(changes []change.Change) ([]sim.Verdict, error) {
		s, _, err := base.Try(changes)
		if err != nil {
			return nil, nil // one of them needs what was left out
		}
		w := sim.NewWorld(s)
		var out []sim.Verdict
		for _, q := range questions {
			a, err := w.Check(ctx, q)
			if err != nil {
				return nil, err
			}
			out = append(out, a.Verdict)
		}
		return out, nil
	}
	want, err := verdicts(j.Changes)
	if err != nil {
		return err
	}
	for i := len(j.Changes) - 1; i >= 0 && len(j.Changes) > 1; i-- {
		without := slices.Delete(slices.Clone(j.Changes), i, i+1)
		got, err := verdicts(without)
		if err != nil {
			return err
		}
		if slices.Equal(got, want) {
			j.Changes = without
		}
	}
	return nil
}
