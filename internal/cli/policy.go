package cli

import "github.com/spf13/cobra"

func newPolicyCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Decide, lint and compare policies without a snapshot",
		Args:  cobra.NoArgs,
	}
	cmd.AddCommand(newPolicyEvalCommand(env), newPolicyLintCommand(env), newPolicyCompareCommand(env))
	return cmd
}
