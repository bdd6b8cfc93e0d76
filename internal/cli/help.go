package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagGroups are the headings under which --help lists flags, in order. Every
// flag is in one of them.
var flagGroups = []struct {
	title string
	flags []string
}{
	{"Question", []string{"job", "bucket", "resource", "action", "write", "service", "subnets", "subnet", "security-groups", "role", "caller", "principal", "eni", "instance",
		"lambda", "from", "to", "protocol", "port", "source-port", "ephemeral-ports", "hostname", "at", "assume", "context", "unknown", "session", "resource-account",
		"object-tag", "presigned", "strict", "strict-dns", "assume-public-dns", "assume-defaults", "assume-no-organization", "assume-no-resource-policy", "may-be-absent",
		"assume-sse-s3", "question", "answer", "through", "avoid", "why-not", "from-internet", "from-on-premises", "change", "also", "against", "without", "fix",
		"fail-on", "may-be-absent", "denials", "assume-role-depth"}},
	{"Source", []string{"snapshot", "account", "region", "live", "profile", "assume-role", "external-id", "save", "all", "vpc", "organization-role", "base", "head",
		"plan", "parameter", "sources", "stack-resources", "library", "index", "shards", "phase", "dir", "input", "type", "endpoint-type", "policy", "boundary",
		"session-policy", "scp", "rcp", "bucket-policy", "access-point-policy", "endpoint-policy", "resource-policy", "key", "seed", "public-key", "tsa"}},
	{"Options", []string{"max-input", "max-bytes", "max-jobs", "max-checks", "max-questions", "fix-timeout", "timeout", "concurrency", "rate", "workers", "resume",
		"dry-run", "watch", "help", "version"}},
	{"Output", []string{"output", "out", "by", "rows", "names", "parts", "created", "init", "schema", "print-schema", "show", "show-passed", "repairs", "explain", "members",
		"resources", "no-descriptions", "verbose", "quiet", "color", "columns"}},
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

// annotationManual is a command's text beyond --help, which its manual page has.
const annotationManual = "canreach_manual"

func manual(text string) map[string]string { return map[string]string{annotationManual: text} }

// WithManual gives every command below c, and c, the whole text of its manual.
func WithManual(c *cobra.Command) {
	if more := c.Annotations[annotationManual]; more != "" {
		c.Long += "\n\n" + more
	}
	for _, sub := range c.Commands() {
		WithManual(sub)
	}
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
	if c.Annotations[annotationManual] != "" {
		fmt.Fprintf(w, "\nMore: %s man%s\n", c.Root().Name(), strings.TrimPrefix(c.CommandPath(), c.Root().Name()))
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
