package cli

import (
	"errors"

	"github.com/spf13/cobra"
)

func newTestCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "test",
		Short: "Not built yet",
		RunE:  func(*cobra.Command, []string) error { return errors.New("not built yet") },
	}
}
