package cli

import (
	"errors"

	"github.com/spf13/cobra"
)

func newEvidenceCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "evidence",
		Short: "Not built yet",
		RunE:  func(*cobra.Command, []string) error { return errors.New("not built yet") },
	}
}
