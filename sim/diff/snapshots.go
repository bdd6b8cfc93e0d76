package diff

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

// Options say what is asked of both snapshots.
type Options struct {
	Jobs      []snapshot.Job // empty: jobs that both hold, and every role × place × bucket that both know
	Buckets   []string       // ARNs; empty with Jobs: the jobs' own
	Questions int            // at most; 0: 2,000
	Causes    int            // resource changes that are tried alone; 0: 200
	Workers   int            // 0: as many as there are processors
	Base      sim.Question   // account, region and options of every question
	Names     [2]string      // what errors call the snapshots: their files
}

// Result is what two snapshots answer differently.
type Result struct {
	Asked       int              `json:"asked"`
	LeftOut     int              `json:"leftOut"` // questions beyond the bound
	Unknown     int              `json:"unknown"` // questions with UNKNOWN on either side
	Differences []Difference     `json:"differences"`
	Resources   []ResourceChange `json:"resources"`
	OnlyA       []Source         `json:"onlyInA"` // what only one of them knows, and so nobody was asked about
	OnlyB       []Source         `json:"onlyInB"`
	Notes       []string         `json:"notes"`
	x, y        *side
}

// After is the second snapshot.
func (r *Result) After() *snapshot.Snapshot { return r.y.world.Snapshot() }

// Ask returns both answers to the question of a difference.
func (r *Result) Ask(ctx context.Context, d *Difference) (before, after *sim.Answer, err error) {
	if before, err = r.x.world.Check(ctx, d.q); err == nil {
		after, err = r.y.world.Check(ctx, d.q)
	}
	return before, after, err
}

// Source is something that only one snapshot knows.
type Source struct {
	Kind string `json:"kind"` // "role", "subnet", "security group", "bucket", "job"
	ID   string `json:"id"`
}

// Difference is one question with two answers.
type Difference struct {
	Question string   `json:"question"`
	Alike    []string `json:"alike,omitempty"` // subnets that fare the same
	Effect   string   `json:"effect"`          // "opens", "breaks", …
	Delta    Delta    `json:"delta"`
	// Causes are the resource changes each of which alone gives the new
	// verdict; Together is a smallest set that does where none does alone.
	Causes   []Cause `json:"causes"`
	Together []Cause `json:"together,omitempty"`
	q        sim.Question
}

// Cause names a resource change: an index into Result.Resources.
type Cause struct {
	Resource int    `json:"resource"`
	Text     string `json:"text"`
}

// side is one snapshot with its tree.
type side struct {
	native []byte
	tree   *jsontree.Tree
	world  *sim.World
}

// newSide reads a snapshot; errors name it.
func newSide(native []byte, name string) (*side, error) {
	w, err := worldOf(native)
	var problems snapshot.LoadErrors
	if errors.As(err, &problems) && name != "" {
		for _, p := range problems {
			p.File = name
		}
	}
	if err != nil {
		return nil, err
	}
	tree, err := jsontree.Parse(native)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &side{native, tree, w}, nil
}

func worldOf(native []byte) (*sim.World, error) {
	s, err := snapshot.Parse(native)
	if err != nil {
		return nil, err
	}
	return sim.NewWorld(s), nil
}

// Snapshots compares what two native snapshots answer.
func Snapshots(ctx context.Context, a, b []byte, o Options) (*Result, error) {
	x, err := newSide(a, o.Names[0])
	if err != nil {
		return nil, err
	}
	y, err := newSide(b, o.Names[1])
	if err != nil {
		return nil, err
	}
	res := &Result{Differences: []Difference{}, Resources: Resources(x.tree, y.tree), OnlyA: []Source{}, OnlyB: []Source{}, Notes: []string{}, x: x, y: y}
	if res.Resources == nil {
		res.Resources = []ResourceChange{}
	}
	questions := o.questions(x.world.Snapshot(), y.world.Snapshot(), res)
	if len(questions) == 0 {
		return nil, errors.New("there is nothing to ask that both snapshots know: no job, and no role, subnet and bucket in both")
	}
	if err := askBoth(ctx, x, y, questions, o, res); err != nil {
		return nil, err
	}
	findCauses(ctx, x, res, o)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return res, nil
}

func (o *Options) workers() int {
	if o.Workers > 0 {
		return o.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// each calls do for 0 to n-1 from several goroutines.
func each(n, workers int, do func(int)) {
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(n, workers) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				do(i)
			}
		}()
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// askBoth asks both sides and keeps the questions that are answered differently.
func askBoth(ctx context.Context, x, y *side, questions []question, o Options, res *Result) error {
	// Only what differs of a pair of answers is kept: an answer may be large.
	type pair struct {
		before, after sim.Verdict
		delta         Delta
		err           error
	}
	answers := make([]pair, len(questions))
	each(len(questions), o.workers(), func(i int) {
		p := &answers[i]
		a, err := x.world.Check(ctx, questions[i].q)
		if err != nil {
			p.err = err
			return
		}
		b, err := y.world.Check(ctx, questions[i].q)
		if err != nil {
			p.err = err
			return
		}
		if p.before, p.after = a.Verdict, b.Verdict; p.before != p.after {
			p.delta = Answers(a, b)
		}
	})
	res.Asked = len(questions)
	for i, p := range answers {
		if p.err != nil {
			if questions[i].given {
				return fmt.Errorf("%s: %w", questions[i].name, p.err)
			}
			res.Asked--
			continue
		}
		if p.before == sim.Unknown || p.after == sim.Unknown {
			res.Unknown++
		}
		if p.before == p.after {
			continue
		}
		res.Differences = append(res.Differences, Difference{Question: questions[i].name, Alike: questions[i].alike, q: questions[i].q,
			Effect: Direction(p.before, p.after), Delta: p.delta, Causes: []Cause{}})
	}
	return nil
}
