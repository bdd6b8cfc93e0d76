package cli

import "github.com/spf13/cobra"

func newPolicyCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Decide, lint and compare policies without a snapshot",
		Example: `  canreach policy lint role.json
  canreach policy compare old.json new.json
  canreach policy eval < requests.jsonl > decisions.jsonl`,
	}
	cmd.AddCommand(newPolicyEvalCommand(env), newPolicyLintCommand(env), newPolicyCompareCommand(env))
	return cmd
}
