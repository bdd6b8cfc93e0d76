package cli

import (
	"errors"

	"github.com/spf13/cobra"
)

func newPolicyCompareCommand(*Env) *cobra.Command {
	return &cobra.Command{
		Use:    "compare OLD NEW",
		Short:  "Not built yet",
		Hidden: true,
		RunE:   func(*cobra.Command, []string) error { return errors.New("not built yet") },
	}
}
