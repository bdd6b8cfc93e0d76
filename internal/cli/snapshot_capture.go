package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/canreach/canreach/snapshot/capture/calls"
)

// Capturer takes a snapshot from AWS. It is a value of Env, so that only the
// program itself, and neither this package nor its tests, links the AWS SDK.
type Capturer func(context.Context, calls.Options) (*calls.Report, error)

// exitInterrupted is what shells give for a command ended by Ctrl-C.
const exitInterrupted = 130

// requestFlags are the flags that say what to capture.
type requestFlags struct {
	calls.Request
}

func (f *requestFlags) register(fs *pflag.FlagSet) {
	r := &f.Request
	fs.StringSliceVar(&r.VPCs, "vpc", nil, "capture this VPC and what it refers to (repeatable)")
	fs.StringArrayVar(&r.Jobs, "job", nil, "capture what a SageMaker job refers to: its name (of a compilation job), training-job/NAME, ARN, or a job file (repeatable)")
	fs.StringSliceVar(&r.Buckets, "bucket", nil, "capture this bucket, by name or ARN (repeatable)")
	fs.StringSliceVar(&r.Roles, "role", nil, "capture this role, by name or ARN (repeatable)")
	fs.StringSliceVar(&r.Resources, "resource", nil, "capture the policy of this secret, ECR repository, queue or topic itself, by ARN (repeatable)")
	fs.StringSliceVar(&r.Regions, "region", nil, "region (repeatable; default: the one of your AWS configuration)")
	fs.BoolVar(&r.AllRegions, "all", false, "every region enabled in the account")
	fs.StringSliceVar(&r.Profiles, "profile", nil, "profile of your AWS configuration, one account each (repeatable)")
	fs.StringSliceVar(&r.AssumeRoles, "assume-role", nil, "ARN of a role to assume, one account each, instead of your own account (repeatable)")
	fs.IntVar(&r.MaxJobs, "max-jobs", 50, "of everything: how many of the newest SageMaker jobs of each kind (0: none)")
	fs.StringVar(&r.ExternalID, "external-id", "", "external id for --assume-role and --organization-role")
	fs.StringVar(&r.OrganizationRole, "organization-role", "", "capture every account of your organization, each with its role of this `name`; --out is a directory")
}

// captureFlags are the flags of a capture.
type captureFlags struct {
	requestFlags
	output         string
	resume, strict bool
	dryRun         bool
	concurrency    int
	rate           float64
	timeout        time.Duration
}

// addCaptureCommands makes parent capture from AWS, and adds what belongs to
// that.
func addCaptureCommands(env *Env, parent *cobra.Command) {
	var f captureFlags
	parent.Short = "Take a snapshot of AWS to ask questions of"
	parent.Long = `Snapshot asks AWS, with read-only calls, for what the other commands need, and
writes it to one file: all of the account in the region, or, with --job, --vpc,
--bucket or --role, what these name and what that refers to.`
	parent.Annotations = manual(`A job leads to its subnets, VPC, routes, endpoints, groups, role, policies, buckets and keys.

What AWS refuses to tell is written down as a gap, and the capture goes on;
answers that hang on it will be UNKNOWN. The file appears at once and whole,
readable by you alone. If the capture is interrupted, the old file stays, and
--resume goes on from what had been asked.

With --organization-role every active account of your organization is captured
whole, side by side: one file an account, one of the organization's policies,
and an index of them, in the directory --out. The management account or a
delegated administrator lists the accounts.

Credentials, profiles, SSO and endpoints are found as by every AWS tool.

Exit status: 0 captured, 2 not captured, 3 with --strict and gaps.`)
	parent.Example = `  canreach snapshot --out account.json
  canreach snapshot --job compile-resnet --region us-east-1 --out job.json.zst
  canreach snapshot --organization-role OrganizationAccountAccessRole --all --rate 50 --out organization`
	parent.Args = cobra.NoArgs
	parent.RunE = func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), env) }
	fs := parent.Flags()
	f.requestFlags.register(fs)
	fs.StringVar(&f.output, "out", "", "`file` to write: .json, .json.gz or .json.zst; with --organization-role a directory (required)")
	fs.BoolVar(&f.resume, "resume", false, "go on from an interrupted capture to the same file")
	fs.BoolVar(&f.strict, "strict", false, "exit with status 3 if anything could not be read")
	fs.BoolVar(&f.dryRun, "dry-run", false, "print the calls that would be made, and make none")
	fs.IntVar(&f.concurrency, "concurrency", 8, "calls at a time, of all accounts together")
	fs.Float64Var(&f.rate, "rate", 0, "calls a second, of all accounts together (0: no limit)")
	fs.DurationVar(&f.timeout, "timeout", 2*time.Minute, "how long one call may take with its retries")
	parent.AddCommand(newPermissionsCommand(env), newScriptCommand(env), newRedactCommand(env))
}

var errNoCapture = errors.New("this build of canreach can't capture from AWS: it was made without the AWS SDK")

// take captures, showing how far it is.
func (f *captureFlags) take(ctx context.Context, env *Env) (*calls.Report, error) {
	p := newProgress(env)
	defer p.close()
	report, err := env.Capture(ctx, calls.Options{
		Request: f.Request, Output: f.output, Resume: f.resume, Concurrency: f.concurrency, Rate: f.rate, Timeout: f.timeout,
		Tool: "canreach " + env.Version, Now: env.Now, Progress: p,
	})
	if err != nil {
		return nil, f.failure(ctx, err)
	}
	return report, nil
}

func newPermissionsCommand(env *Env) *cobra.Command {
	var f requestFlags
	cmd := &cobra.Command{
		Use:   "permissions",
		Short: "Print the smallest IAM policy that a capture needs",
		Long: `Permissions prints the IAM policy with the actions that "canreach snapshot"
needs with the same flags: all of them read-only. It calls nothing.`,
		Annotations: manual(`With --assume-role, sts:AssumeRole is for whoever runs the capture, and the rest for each role. Where a
bucket or role is given by name, --region tells whether the ARNs are of AWS's
partition for China, GovCloud or another.`),
		Example: `  canreach snapshot permissions > canreach-snapshot-policy.json
  canreach snapshot permissions --role NeoCompilationRole --bucket neo-models-111122223333-use1
  canreach snapshot permissions --organization-role OrganizationAccountAccessRole`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := f.Check(); err != nil {
				return err
			}
			_, err := env.Stdout.Write(calls.Permissions(f.Request))
			return err
		},
	}
	f.register(cmd.Flags())
	return cmd
}

func newScriptCommand(env *Env) *cobra.Command {
	var f requestFlags
	cmd := &cobra.Command{
		Use:   "script",
		Short: "Print a shell script of AWS CLI calls that asks what a capture asks",
		Long: `Script prints a shell script for whoever may run no new program: the calls of
"canreach snapshot" with the same flags, as plain AWS CLI commands. It needs aws
and POSIX tools. It writes a directory that every canreach command reads.`,
		Example: `  canreach snapshot script > ask-aws.sh
  canreach snapshot script --job compile-resnet --region us-east-1
  canreach snapshot script --vpc vpc-0c3f9e1a7b2d84e65 --role NeoCompilationRole --bucket neo-models-111122223333-use1`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			text, err := calls.Script(f.Request)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(env.Stdout, text)
			return err
		},
	}
	f.register(cmd.Flags())
	return cmd
}

func (f *captureFlags) run(ctx context.Context, env *Env) error {
	if err := f.Check(); err != nil {
		return err
	}
	if f.dryRun {
		return calls.Describe(env.Stdout, f.Request)
	}
	if err := f.checkOutput(); err != nil {
		return err
	}
	if env.Capture == nil {
		return errNoCapture
	}
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	report, err := f.take(ctx, env)
	if err != nil {
		return err
	}
	f.summary(env, report)
	if f.strict && len(report.Gaps) > 0 {
		return exit(ExitUnknown)
	}
	return nil
}

func (f *captureFlags) checkOutput() error {
	endings := []string{".json", ".json.gz", ".json.zst"}
	whole := f.OrganizationRole != ""
	switch {
	case whole && f.output == "":
		return withHint(errors.New("no directory to write to"), "pass --out organization")
	case f.output == "":
		return withHint(errors.New("no file to write"), "pass --out snapshot.json")
	case !whole && !slices.ContainsFunc(endings, func(e string) bool { return strings.HasSuffix(f.output, e) }):
		return fmt.Errorf("--out %q: the name must end in .json, .json.gz or .json.zst", f.output)
	case f.concurrency < 1 || f.concurrency > 256:
		return fmt.Errorf("--concurrency %d is not within 1 and 256", f.concurrency)
	case f.rate < 0:
		return fmt.Errorf("--rate %v is negative", f.rate)
	case f.timeout <= 0:
		return fmt.Errorf("--timeout %s is not positive", f.timeout)
	}
	st, err := os.Stat(f.output)
	if err == nil && whole && !st.IsDir() {
		return fmt.Errorf("--out %q: not a directory, which --organization-role writes", f.output)
	}
	if err == nil && !whole && !st.Mode().IsRegular() {
		return fmt.Errorf("--out %q: not a regular file", f.output)
	}
	return nil
}

// failure says what became of a capture that did not end well.
func (f *captureFlags) failure(ctx context.Context, err error) error {
	left, journal := "", f.output+calls.JournalSuffix
	if f.OrganizationRole != "" {
		journal = filepath.Join(f.output, calls.IndexName) + calls.JournalSuffix
	}
	if _, statErr := os.Stat(journal); statErr == nil {
		left = fmt.Sprintf("what was asked so far is in %s: the same command with --resume goes on from it", journal)
	}
	if ctx.Err() != nil {
		err = &exitError{code: exitInterrupted, err: fmt.Errorf("interrupted: %s was not written", f.output)}
	}
	if left != "" {
		return withHint(err, left)
	}
	return err
}

// shownGaps is how many gaps the summary spells out.
const shownGaps = 20

func (f *captureFlags) summary(env *Env, r *calls.Report) {
	for i, g := range r.Gaps {
		if i == shownGaps {
			fmt.Fprintf(env.Stderr, "gap: … and %d more, all in the file\n", len(r.Gaps)-i)
			break
		}
		where := strings.Join(slices.DeleteFunc([]string{g.Account, g.Region, g.Service, g.Operation, g.Resource}, func(s string) bool { return s == "" }), " ")
		fmt.Fprintf(env.Stderr, "gap: %s: %s: %s\n", safeText(where), safeText(g.Code), safeText(g.Message))
	}
	resumed := ""
	if r.Resumed > 0 {
		resumed = fmt.Sprintf(" (%s taken from before)", plural(r.Resumed, "answer"))
	}
	fmt.Fprintf(env.Stderr, "captured %s, %s: %s, %s%s, %s, in %s; %s written to %s\n",
		plural(len(r.Accounts), "account"), plural(len(r.Regions), "region"), plural(r.Things, "resource"), plural(r.Calls, "call"), resumed,
		plural(len(r.Gaps), "gap"), r.Duration.Round(100*time.Millisecond), plural(int(r.Bytes), "byte"), safeText(filepath.ToSlash(f.output)))
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// progress shows a bar on a terminal; elsewhere one line for each account and
// region.
type progress struct {
	env *Env

	mu    sync.Mutex
	bar   *progressbar.ProgressBar // nil: lines
	total int
	seen  map[string]bool
}

func newProgress(env *Env) *progress {
	p := &progress{env: env, seen: map[string]bool{}}
	if env.StderrTerminal {
		p.bar = newBar(env, 1, "asking AWS")
	}
	return p
}

// Started implements calls.Progress.
func (p *progress) Started() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total++
	if p.bar != nil {
		p.bar.ChangeMax(p.total + 1) // never full before the end
	}
}

// Finished implements calls.Progress.
func (p *progress) Finished(account, region string, op calls.Operation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		p.bar.Describe(fmt.Sprintf("%s %s %s", account, region, op.Service))
		_ = p.bar.Add(1)
		return
	}
	if place := strings.TrimSpace(account + " " + region); !p.seen[place] {
		p.seen[place] = true
		fmt.Fprintf(p.env.Stderr, "asking %s\n", place)
	}
}

func (p *progress) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
