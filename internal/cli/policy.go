package cli

import "github.com/spf13/cobra"

func newPolicyCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Decide, lint and compare policies without a snapshot",
		Long: `Policy decides requests by policies alone, without a snapshot (eval), says what
is malformed, dead or dangerous in them (lint), and what a new policy allows
that the old one did not (compare).`,
		Example: `  canreach policy eval < policies/requests.jsonl
  canreach policy lint policies
  canreach policy compare policies/role.json policies/role-wider.json`,
	}
	cmd.AddCommand(newPolicyEvalCommand(env), newPolicyLintCommand(env), newPolicyCompareCommand(env))
	return cmd
}
