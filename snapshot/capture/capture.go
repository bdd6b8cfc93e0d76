// Package capture takes a snapshot from AWS with read-only calls and writes
// the native form. What it asks stands in calls.All; a fact that AWS refuses
// to tell becomes a gap, and the capture goes on.
//
// It alone imports the AWS SDK, and nothing but a command may import it.
package capture

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/capture/calls"
)

type silent struct{}

func (silent) Started()                                 {}
func (silent) Finished(string, string, calls.Operation) {}

// run is one capture under way.
type run struct {
	caller
	request calls.Request
	load    []func(*config.LoadOptions) error
	scope   scope
	member  *memberAccount // nil: not one of an organization's accounts
}

// The parts of a capture, each with the file of its subject.
type (
	signingIn      struct{ *run } // session.go
	storageCapture struct{ *run } // storage.go: buckets, access points, keys
	orgCapture     struct{ *run } // organizations.go
)

func (r *run) signingIn() signingIn           { return signingIn{r} }
func (r *run) storageCapture() storageCapture { return storageCapture{r} }
func (r *run) orgCapture() orgCapture         { return orgCapture{r} }

// Run captures what o asks for and writes it to o.Output, at once and whole:
// if ctx ends first, the file that was there stays as it was, and what had
// been asked already is kept beside it for Resume.
func Run(ctx context.Context, o calls.Options, load ...func(*config.LoadOptions) error) (*calls.Report, error) {
	if err := o.Request.Check(); err != nil {
		return nil, err
	}
	r := newRun(o, load)
	if o.Request.OrganizationRole != "" {
		return r.wholeOrganization(ctx, o)
	}
	return r.toFile(ctx, o)
}

// toFile captures to o.Output.
func (r *run) toFile(ctx context.Context, o calls.Options) (*calls.Report, error) {
	ctx, r.cancel = context.WithCancel(ctx)
	defer r.cancel()
	start := o.Now()
	j, err := openJournal(o.Output, o.Resume, start)
	if err != nil {
		return nil, err
	}
	r.journal = j
	defer j.abandon()
	world, err := r.capture(ctx)
	switch {
	case r.fatal != nil: // and not that this ended the calls under way
		err = r.fatal
	case err == nil:
		err = ctx.Err()
	}
	if err == nil && r.answered.Load() == 0 {
		err = r.nothingRead()
	}
	if errors.As(err, new(*notThere)) || errors.As(err, new(*nothingReadError)) {
		j.remove()
	}
	if err != nil {
		return nil, err
	}
	world.header = header{
		StartedAt: j.started.UTC().Format(time.RFC3339), FinishedAt: o.Now().UTC().Format(time.RFC3339),
		Tool: o.Tool, Caller: world.caller(), Gaps: r.sortedGaps(), Resumed: r.resumed.Load() > 0,
	}
	size, err := writeFile(o.Output, world)
	if err != nil {
		return nil, err
	}
	j.remove()
	return r.report(world, o.Now().Sub(start), size), nil
}

func newRun(o calls.Options, load []func(*config.LoadOptions) error) *run {
	r := &run{request: o.Request, load: load, caller: caller{
		operations: map[calls.ID]calls.Operation{},
		slots:      make(chan struct{}, 8), timeout: defaultTimeout, progress: silent{},
	}}
	for _, op := range calls.All() {
		r.operations[op.ID()] = op
	}
	if o.Concurrency > 0 {
		r.slots = make(chan struct{}, o.Concurrency)
	}
	if o.Timeout > 0 {
		r.timeout = o.Timeout
	}
	if o.Progress != nil {
		r.progress = o.Progress
	}
	r.rate = newRate(o.Rate)
	return r
}

// capture asks everything: first what the request's names refer to, in every
// account and region, then what all of that needs.
func (r *run) capture(ctx context.Context) (*world, error) {
	sessions, err := r.sessions(ctx)
	if err != nil {
		return nil, err
	}
	w := &world{}
	for _, s := range sessions {
		regions, err := r.regions(ctx, s)
		if err != nil {
			return nil, err
		}
		w.accounts = append(w.accounts, newAccount(s, regions))
	}
	if err := r.resolve(ctx, w); err != nil {
		return nil, err
	}
	var parts []func()
	for _, a := range w.accounts {
		for _, g := range a.regions {
			if r.request.Wants(calls.Network) {
				parts = append(parts, func() { r.network(ctx, a, g) })
			}
		}
		parts = append(parts, func() { r.roles(ctx, a) }, func() { r.orgCapture().membership(ctx, w, a) })
	}
	parts = append(parts, func() { r.storageCapture().storage(ctx, w) })
	together(parts...)
	r.resourcePolicies(ctx, w)
	r.foreignRoles(w)
	r.orgCapture().controlPolicies(ctx, w)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return w, r.missing(w)
}

// nothingReadError says that AWS answered no call but those about who asks.
type nothingReadError struct {
	failed int
	first  snapshot.Gap
}

func (e *nothingReadError) Error() string {
	return fmt.Sprintf("nothing could be read: all %d calls failed, the first with %s %s: %s: %s: canreach snapshot permissions prints the policy to allow",
		e.failed, e.first.Service, e.first.Operation, e.first.Code, e.first.Message)
}

func (r *run) nothingRead() error {
	gaps := slices.DeleteFunc(r.sortedGaps(), func(g snapshot.Gap) bool { return g.Code == notCaptured })
	if len(gaps) == 0 {
		return nil // nothing was asked
	}
	return &nothingReadError{len(gaps), gaps[0]}
}

// fail ends the capture: nothing that is still to be asked can be answered or
// kept. The first reason is the one that counts.
func (r *caller) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fatal == nil {
		r.fatal = err
	}
	r.cancel()
}

// regions returns the regions to capture of an account, in order.
func (r *run) regions(ctx context.Context, s *session) ([]string, error) {
	if !r.request.AllRegions {
		if len(r.request.Regions) > 0 {
			return slices.Compact(slices.Sorted(slices.Values(r.request.Regions))), nil
		}
		return []string{s.cfg.Region}, nil
	}
	res := r.call(ctx, place{session: s}, "ec2.DescribeRegions", nil)
	var names []string
	for _, item := range res.lists["Regions"] {
		var region struct{ RegionName string }
		mustDecode(item, &region)
		names = append(names, region.RegionName)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if len(names) == 0 {
		return nil, r.noRegions(s)
	}
	return names, nil
}

// noRegions says why the regions of an account are not known, and what to do.
func (r *run) noRegions(s *session) error {
	cause := "AWS named none"
	if n := len(r.gaps); n > 0 {
		cause = r.gaps[n-1].Code + ": " + r.gaps[n-1].Message
	}
	return fmt.Errorf("account %s: could not list its regions (%s): name them with --region, or allow ec2:DescribeRegions", s.account, cause)
}

// together runs parts side by side and waits for all. The calls inside take
// turns at the run's slots.
func together(parts ...func()) {
	var wg sync.WaitGroup
	for _, part := range parts {
		wg.Go(part)
	}
	wg.Wait()
}

// each runs do for every item, side by side.
func each[T any](items []T, do func(int, T)) {
	parts := make([]func(), len(items))
	for i, item := range items {
		parts[i] = func() { do(i, item) }
	}
	together(parts...)
}

func (r *caller) sortedGaps() []snapshot.Gap {
	gaps := slices.Clone(r.gaps)
	slices.SortFunc(gaps, func(a, b snapshot.Gap) int { return strings.Compare(gapKey(a), gapKey(b)) })
	return slices.CompactFunc(gaps, func(a, b snapshot.Gap) bool { return gapKey(a) == gapKey(b) })
}

func gapKey(g snapshot.Gap) string {
	return strings.Join([]string{g.Account, g.Region, g.Service, g.Operation, g.Resource, g.Code, g.Message}, "\x00")
}

func (r *run) report(w *world, d time.Duration, size int64) *calls.Report {
	rep := &calls.Report{Things: w.things, Calls: int(r.calls.Load()), Resumed: int(r.resumed.Load()), Gaps: w.header.Gaps, Duration: d, Bytes: size}
	for _, a := range w.accounts {
		rep.Accounts = append(rep.Accounts, a.session.account)
		for _, g := range a.regions {
			if !slices.Contains(rep.Regions, g.name) {
				rep.Regions = append(rep.Regions, g.name)
			}
		}
	}
	slices.Sort(rep.Regions)
	return rep
}
