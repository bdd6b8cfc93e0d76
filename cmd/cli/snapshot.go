package cli

import "github.com/spf13/cobra"

func newSnapshotCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{Use: "snapshot"}
	addCaptureCommands(env, cmd)
	return cmd
}
