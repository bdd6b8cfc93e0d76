package cli

import (
	"errors"

	"github.com/spf13/cobra"
)

func newTraceCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "trace",
		Short: "Not built yet",
		RunE:  func(*cobra.Command, []string) error { return errors.New("not built yet") },
	}
}
