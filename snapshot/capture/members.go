package capture

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/capture/calls"
)

// memberAccount is an account of an organization that is captured whole.
type memberAccount struct {
	candidate candidate
	reader    *account // the account that reads the organization
}

// rate spaces calls; nil does not.
type rate struct {
	every time.Duration

	mu   sync.Mutex
	next time.Time
}

func newRate(perSecond float64) *rate {
	if perSecond <= 0 {
		return nil
	}
	return &rate{every: time.Duration(float64(time.Second) / perSecond)}
}

// wait returns when the next call may be made.
func (r *rate) wait(ctx context.Context) error {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	now := time.Now()
	at := r.next
	if at.Before(now) {
		at = now
	}
	r.next = at.Add(r.every)
	r.mu.Unlock()
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// organizationRun is the capture of an organization's accounts, each to a file
// of its own in o.Output.
type organizationRun struct {
	*run
	o      calls.Options
	base   candidate
	reader *account

	mu     sync.Mutex
	index  snapshot.CaptureIndex
	report calls.Report
}

// wholeOrganization captures every account of the organization that the
// credentials are in. What is captured already is noted in the index's
// journal, for Resume.
func (r *run) wholeOrganization(ctx context.Context, o calls.Options) (*calls.Report, error) {
	ctx, r.cancel = context.WithCancel(ctx)
	defer r.cancel()
	if err := os.MkdirAll(o.Output, 0o700); err != nil {
		return nil, err
	}
	started := o.Now()
	path := filepath.Join(o.Output, calls.IndexName)
	j, err := openJournal(path, o.Resume, started)
	if err != nil {
		return nil, err
	}
	r.journal = j
	defer j.abandon()
	run := &organizationRun{run: r, o: o}
	if err := run.capture(ctx); err != nil {
		return nil, cmp.Or(r.fatal, err)
	}
	run.index.Schema, run.index.Tool = snapshot.SchemaIndex, o.Tool
	run.index.StartedAt, run.index.FinishedAt = j.started.UTC().Format(time.RFC3339), o.Now().UTC().Format(time.RFC3339)
	if err := run.index.Write(path); err != nil {
		return nil, err
	}
	j.remove()
	return run.summed(o.Now().Sub(started)), nil
}

// accountsAtOnce bounds how many accounts' answers are in memory.
const accountsAtOnce = 16

func (r *organizationRun) capture(ctx context.Context) error {
	ids, err := r.members(ctx)
	if err != nil {
		return err
	}
	if err := r.policies(ctx); err != nil {
		return err
	}
	turns := make(chan struct{}, accountsAtOnce)
	each(ids, func(_ int, id string) {
		turns <- struct{}{}
		defer func() { <-turns }()
		if ctx.Err() == nil {
			r.account(ctx, id)
		}
	})
	switch {
	case r.fatal != nil:
		return r.fatal
	case ctx.Err() != nil:
		return ctx.Err()
	case len(r.index.Accounts) == 0:
		g := r.index.Gaps[0]
		return fmt.Errorf("no account could be captured: %s: %s %s answered %s: %s", g.Account, g.Service, g.Operation, g.Code, g.Message)
	}
	slices.SortFunc(r.index.Gaps, func(a, b snapshot.Gap) int { return strings.Compare(gapKey(a), gapKey(b)) })
	return nil
}

// members signs in, and lists the organization's accounts. One that is not
// active answers no call: it is a gap.
//
// AWS: https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html
func (r *organizationRun) members(ctx context.Context) ([]string, error) {
	bases, err := r.signingIn().profiles(ctx)
	if err != nil {
		return nil, err
	}
	r.base = bases[0]
	s, err := r.signingIn().identify(ctx, r.base.cfg)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.base.name, r.signingIn().explain(r.base, err))
	}
	r.reader = newAccount(s, []string{r.base.cfg.Region})
	r.orgCapture().membership(ctx, &world{accounts: []*account{r.reader}}, r.reader)
	res := r.call(ctx, r.reader.home(), "organizations.ListAccounts", nil)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if res.status != done || r.reader.organizationID == "" {
		cause := "it is in no organization"
		if n := len(r.gaps); n > 0 {
			cause = r.gaps[n-1].Operation + " answered " + r.gaps[n-1].Code + ": " + r.gaps[n-1].Message
		}
		return nil, fmt.Errorf("account %s can't list the organization's accounts (%s): use the management account or a delegated administrator", s.account, cause)
	}
	var ids []string
	for _, item := range res.lists["Accounts"] {
		var a struct{ Id, Status, State string }
		mustDecode(item, &a)
		if state := cmp.Or(a.State, a.Status, "ACTIVE"); state != "ACTIVE" {
			r.missed(snapshot.Gap{Account: a.Id, Service: "organizations", Operation: "ListAccounts", Code: state, Message: "the account is not active: it answers no call"})
			continue
		}
		ids = append(ids, a.Id)
	}
	return ids, nil
}

// policies captures what the organization attaches to its accounts.
func (r *organizationRun) policies(ctx context.Context) error {
	w := &world{accounts: []*account{r.reader}}
	r.orgCapture().controlPolicies(ctx, w)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	w.accounts = nil
	w.header = header{StartedAt: r.journal.started.UTC().Format(time.RFC3339), FinishedAt: r.o.Now().UTC().Format(time.RFC3339),
		Tool: r.o.Tool, Caller: r.reader.session.caller, Gaps: r.sortedGaps()}
	path := filepath.Join(r.o.Output, "organization.json")
	if _, err := writeFile(path, w); err != nil {
		return err
	}
	f, _, err := snapshot.NewIndexFile(path)
	r.index.Organization = &f
	r.report.Gaps = append(r.report.Gaps, w.header.Gaps...)
	r.report.Bytes += f.Bytes
	return err
}

// account captures one account, unless an interrupted capture did.
func (r *organizationRun) account(ctx context.Context, id string) {
	path := filepath.Join(r.o.Output, id+".json.zst")
	if r.captured(id, path) {
		return
	}
	sub := newRun(r.o, r.load)
	sub.slots, sub.rate = r.slots, r.rate
	sub.member = &memberAccount{candidate: r.candidateOf(id), reader: r.reader}
	o := r.o
	o.Output = path
	_, err := os.Lstat(path + calls.JournalSuffix)
	o.Resume = r.o.Resume && err == nil
	rep, err := sub.toFile(ctx, o)
	switch {
	case ctx.Err() != nil:
	case sub.fatal != nil:
		r.fail(sub.fatal)
	case err != nil:
		r.missed(sub.whyNot(id, err))
	default:
		r.keep(id, path, rep)
	}
}

// candidateOf is an account's role; the reader's own account is captured with
// the credentials that are there already.
func (r *organizationRun) candidateOf(id string) candidate {
	if id == r.reader.session.account {
		return r.base
	}
	return r.signingIn().assumed(r.base, "arn:"+r.reader.session.partition+":iam::"+id+":role/"+r.request.OrganizationRole)
}

// whyNot is the gap that a whole account is.
func (r *run) whyNot(id string, err error) snapshot.Gap {
	var none *nothingReadError
	switch {
	case errors.As(err, &none):
		return none.first
	case len(r.gaps) > 0 && r.gaps[0].Service == "sts":
		g := r.gaps[0]
		g.Account = id
		return g
	}
	return snapshot.Gap{Account: id, Service: "sts", Operation: "AssumeRole", Resource: r.member.candidate.name, Code: errorCode(err), Message: errorMessage(err)}
}

func (r *organizationRun) missed(g snapshot.Gap) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.index.Gaps = append(r.index.Gaps, g)
}

func memberKey(id string) string { return "member " + id }

// captured takes an account from the capture that is resumed, if its file is
// still the one that was written.
func (r *organizationRun) captured(id, path string) bool {
	res, ok := r.journal.find(memberKey(id))
	if !ok {
		return false
	}
	var e snapshot.IndexEntry
	mustDecode(res.rest, &e)
	now, err := snapshot.NewIndexEntry(path)
	if err != nil || now.SHA256 != e.SHA256 {
		return false
	}
	r.take(now, &calls.Report{Resumed: 1, Bytes: now.Bytes})
	return true
}

func (r *organizationRun) keep(id, path string, rep *calls.Report) {
	e, err := snapshot.NewIndexEntry(path)
	if err == nil {
		var text json.RawMessage
		text, err = json.Marshal(e)
		if err == nil {
			err = r.journal.add(memberKey(id), result{status: done, rest: text})
		}
	}
	if err != nil {
		r.fail(err)
		return
	}
	r.take(e, rep)
}

func (r *organizationRun) take(e snapshot.IndexEntry, rep *calls.Report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.index.Accounts = append(r.index.Accounts, e)
	sum := &r.report
	sum.Accounts, sum.Regions = append(sum.Accounts, e.Account), append(sum.Regions, e.Regions...)
	sum.Things, sum.Calls, sum.Resumed, sum.Bytes = sum.Things+rep.Things, sum.Calls+rep.Calls, sum.Resumed+rep.Resumed, sum.Bytes+rep.Bytes
	sum.Gaps = append(sum.Gaps, rep.Gaps...)
}

func (r *organizationRun) summed(d time.Duration) *calls.Report {
	sum := &r.report
	sum.Duration = d
	sum.Calls += int(r.calls.Load())
	sum.Gaps = append(sum.Gaps, r.index.Gaps...)
	slices.Sort(sum.Accounts)
	slices.Sort(sum.Regions)
	sum.Regions = slices.Compact(sum.Regions)
	slices.SortFunc(sum.Gaps, func(a, b snapshot.Gap) int { return strings.Compare(gapKey(a), gapKey(b)) })
	return sum
}
