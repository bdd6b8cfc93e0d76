// Package cli is canreach's command line: cobra commands, rendering and exit
// statuses. It decides nothing.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/canreach/canreach/sim/report"
)

// Exit statuses, the same for every output format.
const (
	ExitHolds    = 0 // reachable, or every assertion holds
	ExitViolated = 1 // blocked or partial, or an assertion fails
	ExitUsage    = 2 // the input could not be read, or the question makes no sense
	ExitUnknown  = 3 // a fact is missing
)

// Env is what a command may touch of its surroundings, so that tests need no
// patching.
type Env struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Now    func() time.Time
	Getenv func(string) string
	// Terminal tells whether standard output and standard error are terminals.
	StdoutTerminal, StderrTerminal bool
	Version                        string
	color                          string // --color
	// Capture takes snapshots from AWS; nil in a build without the AWS SDK.
	Capture Capturer
	// Ended, when it ends, stops a command; nil: nothing does.
	Ended context.Context
}

func (e *Env) context() context.Context {
	if e.Ended == nil {
		return context.Background()
	}
	return e.Ended
}

// SystemEnv is the process's own surroundings.
func SystemEnv() *Env {
	return &Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Now: time.Now, Getenv: os.Getenv,
		StdoutTerminal: isTerminal(os.Stdout), StderrTerminal: isTerminal(os.Stderr),
		Version: version(),
	}
}

func isTerminal(f *os.File) bool {
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}

// Version is set by the linker in releases.
var Version string

func version() string {
	if Version != "" {
		return Version
	}
	if bi, ok := debug.ReadBuildInfo(); ok && bi.Main.Version != "" && bi.Main.Version != "(devel)" {
		return strings.TrimPrefix(bi.Main.Version, "v")
	}
	return "0.1.0-dev"
}

// exitError carries an exit status. A nil Err prints nothing more.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// exit ends a command with the status, its output being written already.
func exit(code int) error {
	if code == ExitHolds {
		return nil
	}
	return &exitError{code: code}
}

// hintError is an error with a next step.
type hintError struct {
	err  error
	hint string
}

func (e *hintError) Error() string { return e.err.Error() }
func (e *hintError) Unwrap() error { return e.err }

// withHint adds what to do next to err.
func withHint(err error, hint string) error { return &hintError{err: err, hint: hint} }

// Main runs canreach and returns its exit status.
func Main(args []string, env *Env) int {
	env, finish := guarded(env)
	root := NewRoot(env)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return flagError(c, err, args) })
	root.SetArgs(args)
	err := root.Execute()
	if written := finish(); written != nil {
		err = written // whatever the verdict: nobody has read it whole
	}
	return status(err, env)
}

func status(err error, env *Env) int {
	if err == nil {
		return ExitHolds
	}
	var ee *exitError
	if errors.As(err, &ee) && ee.err == nil {
		return ee.code
	}
	fmt.Fprintf(env.Stderr, "error: %s\n", safeText(report.ErrorText(err)))
	var he *hintError
	if errors.As(err, &he) && he.hint != "" {
		fmt.Fprintf(env.Stderr, "hint: %s\n", safeText(he.hint))
	}
	if ee != nil {
		return ee.code
	}
	return ExitUsage
}

// safeText makes text from strangers safe for a terminal: control characters
// but newline and tab, and bidirectional overrides, are shown escaped.
func safeText(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n' || r == '\t':
			b.WriteRune(r)
		case hidden(r):
			fmt.Fprintf(&b, "\\u%04x", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// safeLine is safeText for a field that takes one line.
func safeLine(s string) string {
	return strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(safeText(s))
}

// NewRoot builds the whole command tree.
func NewRoot(env *Env) *cobra.Command {
	root := &cobra.Command{
		Use:   "canreach",
		Short: "Can this job reach that bucket, and if not, why not?",
		Long: `Canreach answers from a snapshot of an AWS account, without a call to AWS: can
this job reach that bucket, and if not, why not? It decides all cases at once.
The examples of every command run in testdata/examples/neo-compile.`,
		Example: `  canreach check -j job.json
  canreach check --live --job compile-resnet
  canreach explain NO_ROUTE_TO_DESTINATION`,
		Version:       env.Version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	root.AddCommand(
		newCheckCommand(env), newReadyCommand(env),
		newTraceCommand(env), newWhoCanCommand(env), newReachCommand(env), newMatrixCommand(env), newWorkerCommand(env), newMapCommand(env), newReviewCommand(env),
		newSnapshotCommand(env),
		newPolicyCommand(env),
		newWhatifCommand(env),
		newDiffCommand(env),
		newTestCommand(env),
		newEvidenceCommand(env),
		newGraphCommand(env), newExploreCommand(env),
		newExplainCommand(env),
		newMCPCommand(env),
		newManCommand(env),
		newVersionCommand(env),
	)
	root.PersistentFlags().StringVar(&env.color, "color", "auto", "colour: auto, always or never")
	_ = root.PersistentFlags().SetAnnotation("color", annotationValues, []string{"auto", "always", "never"})
	root.SetHelpFunc(func(c *cobra.Command, _ []string) { writeHelp(env.Stdout, c, env.Width()) })
	root.SetHelpCommand(newHelpCommand())
	root.InitDefaultHelpCmd()
	addCompletionCommand(root)
	prepare(env, root)
	return root
}
