package cli

import (
	"errors"

	"github.com/spf13/cobra"
)

func newGraphCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "graph",
		Short: "Not built yet",
		RunE:  func(*cobra.Command, []string) error { return errors.New("not built yet") },
	}
}
