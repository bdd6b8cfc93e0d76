package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagGroups are the headings under which --help lists flags, in order; a flag
// that none names is an option.
var flagGroups = []struct {
	title string
	flags []string
}{
	{"Question", []string{"job", "bucket", "resource", "action", "write", "service", "subnets", "security-groups", "role", "caller", "eni", "instance", "lambda", "from",
		"to", "protocol", "port", "source-port", "ephemeral-ports", "hostname", "at", "assume", "object-tag", "strict", "strict-dns", "assume-public-dns",
		"assume-defaults", "question", "answer", "through", "avoid", "from-internet", "from-on-premises"}},
	{"Source", []string{"snapshot", "account", "region", "live", "profile", "assume-role", "external-id", "save", "all", "vpc"}},
	{"Options", nil},
	{"Output", []string{"output", "out", "verbose", "quiet", "color", "columns"}},
}

// groupOf is the heading of a flag.
func groupOf(flag string) string {
	for _, g := range flagGroups {
		for _, name := range g.flags {
			if name == flag {
				return g.title
			}
		}
	}
	return "Options"
}

// writeHelp writes what --help prints.
func writeHelp(w io.Writer, c *cobra.Command, width int) {
	text := c.Long
	if text == "" {
		text = c.Short
	}
	fmt.Fprintf(w, "%s\n\nUsage:\n  %s\n", strings.TrimSpace(text), useLine(c))
	if c.Example != "" {
		fmt.Fprintf(w, "\nExamples:\n%s\n", strings.TrimRight(c.Example, "\n"))
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(w, "\nCommands:\n")
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(w, "  %-12s %s\n", sub.Name(), wrapAt(sub.Short, 15, width))
			}
		}
	}
	for _, g := range flagGroups {
		fs := pflag.NewFlagSet("", pflag.ContinueOnError)
		add := func(f *pflag.Flag) {
			if groupOf(f.Name) == g.title && fs.Lookup(f.Name) == nil {
				fs.AddFlag(f)
			}
		}
		c.LocalFlags().VisitAll(add)
		c.InheritedFlags().VisitAll(add)
		if fs.HasAvailableFlags() {
			fmt.Fprintf(w, "\n%s:\n%s", g.title, fs.FlagUsagesWrapped(width))
		}
	}
	if !c.HasParent() {
		fmt.Fprintf(w, "\nEvery flag has an environment variable: --object-tag is CANREACH_OBJECT_TAG.\nExit status: 0 it holds, 1 it does not, 2 wrong usage or unreadable input,\n3 a fact is missing.\n")
	}
}

// useLine is how a command is called.
func useLine(c *cobra.Command) string {
	if c.HasAvailableSubCommands() && !strings.Contains(c.Use, " ") {
		return c.CommandPath() + " COMMAND"
	}
	if c.HasParent() {
		return c.Parent().CommandPath() + " " + c.Use
	}
	return c.Use
}

// newHelpCommand is "canreach help COMMAND".
func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]…", Short: "Print the help of a command",
		Example: "  canreach help check\n  canreach help snapshot import\n  canreach check --help",
		RunE: func(c *cobra.Command, args []string) error {
			at, rest, err := c.Root().Find(args)
			if err == nil && len(rest) > 0 {
				err = unknownCommand(at, rest[0])
			}
			if err != nil {
				return err
			}
			return at.Help()
		},
	}
}
