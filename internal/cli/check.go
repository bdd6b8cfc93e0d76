package cli

import (
	"bufio"

	"github.com/spf13/cobra"

	"github.com/canreach/canreach/sim"
)

func newCheckCommand(env *Env) *cobra.Command {
	var sf snapshotFlags
	var qf questionFlags
	var format string
	var shown detail
	cmd := &cobra.Command{
		Use:   "check --snapshot S --job J [--bucket ARN] [--action A]…",
		Short: "Can this job perform these S3 actions on this bucket, and if not, why not?",
		Long: `Check decides, from a snapshot alone, whether a job can perform S3 actions on a
bucket or on objects in it, and if not, why not. Without --bucket it asks about
the job's own input and output; --live captures what the question needs first.`,
		Annotations: manual(`It decides all cases: every subnet that the job may be placed in, every address there, every ephemeral
port, every S3 address and every object that the ARN names.

Exit status: 0 REACHABLE, 1 PARTIAL or BLOCKED, 3 UNKNOWN, 2 if the input could not be read.`),
		Example: `  canreach check -j job.json
  canreach check -j job.json --bucket neo-models-111122223333-use1 --action s3:PutObject -o json
  canreach check --live --job compile-resnet --save mine.json`,
		Args: qf.callerArgument,
		RunE: func(*cobra.Command, []string) error {
			defer sf.discard()
			snap, a, err := qf.ask(env, &sf)
			if err != nil {
				return err
			}
			p := env.painter()
			p.names = labels(snap)
			if err := writeAnswer(env, a, format, p, shown); err != nil {
				return err
			}
			return exit(exitStatus(a.Verdict))
		},
	}
	sf.register(cmd.Flags())
	sf.registerLive(cmd.Flags())
	qf.register(cmd.Flags())
	formatFlag(cmd.Flags(), &format, "text", "json", "yaml")
	cmd.Flags().BoolVarP(&shown.verbose, "verbose", "v", false, "show placements, layers, warnings and assumptions in full")
	cmd.Flags().BoolVarP(&shown.quiet, "quiet", "q", false, "print the verdict alone")
	cmd.MarkFlagsMutuallyExclusive("verbose", "quiet")
	return cmd
}

// writeAnswer renders one answer.
func writeAnswer(env *Env, a *sim.Answer, format string, p painter, d detail) error {
	w := bufio.NewWriter(env.Stdout)
	var err error
	switch format {
	case "json":
		err = writeJSON(w, a)
	case "yaml":
		err = writeYAML(w, a)
	default:
		renderAnswer(w, a, p, d)
	}
	if err != nil {
		return err
	}
	return w.Flush()
}
