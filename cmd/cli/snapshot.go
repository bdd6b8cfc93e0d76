package cli

import (
	"errors"

	"github.com/spf13/cobra"
)

func newSnapshotCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "snapshot",
		Short: "Not built yet",
		RunE:  func(*cobra.Command, []string) error { return errors.New("not built yet") },
	}
}
