package cli

import (
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func newManCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "man [COMMAND]…",
		Short: "Print a command's manual page",
		Long: `Man prints the manual page of canreach, or of one of its commands, in man's own
format: the help and what there is to say beyond it. Packages install the pages;
this is for a binary that came alone: canreach man check | man -l -`,
		Example: `  canreach man > canreach.1
  canreach man check > canreach-check.1
  canreach man snapshot import --out canreach-snapshot-import.1`,
		RunE: func(c *cobra.Command, args []string) error {
			at, rest, err := c.Root().Find(args)
			if err == nil && len(rest) > 0 {
				err = unknownCommand(at, rest[0])
			}
			if err != nil {
				return err
			}
			c.Root().DisableAutoGenTag = true
			WithManual(at)
			date := time.Unix(0, 0).UTC()
			return doc.GenMan(at, &doc.GenManHeader{Title: "CANREACH", Section: "1", Source: "canreach " + env.Version, Manual: "canreach manual", Date: &date}, env.Stdout)
		},
	}
}
