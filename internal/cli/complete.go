package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/canreach/canreach/rules/policy/sar"
	"github.com/canreach/canreach/rules/services"
	"github.com/canreach/canreach/snapshot"
)

// completedKinds are the flags whose values are names of resources in the snapshot.
var completedKinds = map[string][]kind{
	"job": {kindJob}, "subnets": {kindSubnet}, "subnet": {kindSubnet}, "security-groups": {kindGroup}, "role": {kindRole}, "caller": {kindRole},
	"principal": {kindRole}, "bucket": {kindBucket}, "resource": {kindBucket}, "vpc": {kindVPC},
	"eni": {kindInterface}, "instance": {kindInstance}, "lambda": {kindFunction},
	"from": {kindSubnet, kindInstance, kindInterface}, "to": {kindSubnet, kindInstance, kindInterface, kindEndpoint},
	"through": componentKinds, "avoid": componentKinds, "why-not": {kindEndpoint}, "without": {kindEndpoint, kindGateway},
}

// completedWords are the flags that take one of a few words.
var completedWords = map[string][]string{
	"protocol": {"tcp", "udp", "icmp", "icmpv6", "all"}, "port": {"443", "80", "22", "53"}, "fail-on": {"lost", "gained", "unknown", "tests", "none"},
	"library": {"data-perimeter"}, "by": {"role", "job"}, "phase": {"1", "2"}, "from-internet": {"any"}, "endpoint-type": {"gateway", "interface"},
	"service": services.Words(), "type": {"identity", "boundary", "session", "scp", "rcp", "endpoint", "bucket", "access-point", "trust", "key", "resource"},
}

// fileFlags take files and directories, which the shell completes itself.
var fileFlags = []string{"snapshot", "out", "save", "against", "also", "answer", "question", "base", "head", "change", "plan", "sources", "stack-resources", "dir", "index",
	"rows", "shards", "input", "key", "names", "public-key", "tsa", "policy", "boundary", "session-policy", "scp", "rcp", "bucket-policy", "access-point-policy",
	"endpoint-policy", "resource-policy"}

// completeFlags lets the shell complete the values of a command's flags and its
// arguments: what the flag takes, the actions of AWS's tables, and names in the
// snapshot. Where it has nothing to offer, it offers no files either.
func completeFlags(env *Env, c *cobra.Command) {
	add := func(f *pflag.Flag) {
		var complete cobra.CompletionFunc
		switch values := f.Annotations[annotationValues]; {
		case f.NoOptDefVal != "" || slices.Contains(fileFlags, f.Name):
			return
		case len(values) > 0:
			complete = cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
		case f.Name == "action":
			complete = completeAction
		case f.Name == "account" || f.Name == "region":
			complete = func(c *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
				return completePlaces(env, c, f.Name, word), cobra.ShellCompDirectiveNoFileComp
			}
		case completedKinds[f.Name] != nil:
			complete = func(c *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
				return completeNames(env, c, completedKinds[f.Name], word, f.Name == "job")
			}
		default:
			complete = cobra.FixedCompletions(completedWords[f.Name], cobra.ShellCompDirectiveNoFileComp)
		}
		_ = c.RegisterFlagCompletionFunc(f.Name, complete)
	}
	c.Flags().VisitAll(add)
	c.PersistentFlags().VisitAll(add)
	switch {
	case c.Name() == "who-can":
		c.ValidArgsFunction = func(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return completeNames(env, c, []kind{kindBucket}, word, false)
		}
	case c.Name() == "man" || c.Name() == "help":
		c.ValidArgsFunction = completeCommand
	case c.ValidArgsFunction == nil && c.Flags().Lookup("job") != nil && !strings.Contains(c.Use, "…") && c.Name() != "diff":
		c.ValidArgsFunction = cobra.NoFileCompletions
	}
}

// completeCommand offers the commands below those that are there already.
func completeCommand(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	var out []string
	if at, rest, err := c.Root().Find(args); err == nil && len(rest) == 0 {
		for _, sub := range at.Commands() {
			if sub.IsAvailableCommand() && strings.HasPrefix(sub.Name(), word) {
				out = append(out, sub.Name()+"\t"+sub.Short)
			}
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// addCompletionCommand adds cobra's commands that print completions, with a help
// like that of the others.
func addCompletionCommand(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	completion, _, err := root.Find([]string{"completion"})
	if err != nil {
		panic("unreachable: " + err.Error())
	}
	const example = "  canreach completion SHELL > canreach.SHELL\n  canreach completion SHELL --no-descriptions\n  canreach completion SHELL --out canreach.SHELL"
	completion.Short = "Print what makes a shell complete commands, flags and their values"
	completion.Long = `Completion prints a script with which bash, zsh, fish or PowerShell completes
canreach's commands, flags and values: jobs, subnets, groups, roles and buckets
of your snapshot, actions, codes and formats.`
	completion.Example = "  canreach completion bash > canreach.bash\n  canreach completion zsh > _canreach\n  canreach completion fish > canreach.fish"
	for _, c := range completion.Commands() {
		c.Annotations = manual(c.Long)
		c.Long = fmt.Sprintf("%s prints the completion script of %s. Read it at the start\nof every session, or install it: canreach man completion %s", strings.ToUpper(c.Name()[:1])+c.Name()[1:], c.Name(), c.Name())
		c.Example = strings.ReplaceAll(example, "SHELL", c.Name())
	}
}

// completeAction offers the services, and the actions of the one that the word names.
func completeAction(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	var out []string
	prefix, _, named := strings.Cut(word, ":")
	if !named {
		for _, s := range sar.Services() {
			if strings.HasPrefix(s.Prefix, strings.ToLower(word)) {
				out = append(out, s.Prefix+":")
			}
		}
		return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
	if service, ok := sar.FindService(strings.ToLower(prefix)); ok {
		for _, a := range service.Actions {
			if action := service.Prefix + ":" + a.Name; len(word) <= len(action) && strings.EqualFold(action[:len(word)], word) {
				out = append(out, action)
			}
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// completionSnapshot is the snapshot that the command line, the environment or
// the working directory names; nil: none.
func completionSnapshot(env *Env, c *cobra.Command) *snapshot.Snapshot {
	quiet := *env
	quiet.Stderr = io.Discard
	sf := snapshotFlags{}
	for _, name := range []string{"snapshot", "base"} {
		if f := c.Flags().Lookup(name); f != nil && sf.path == "" {
			sf.path = cmp.Or(f.Value.String(), env.Getenv(environmentName(name)))
		}
	}
	if sf.path == "-" || sf.find(&quiet) != nil {
		return nil
	}
	s, err := snapshot.Load(sf.path, snapshot.Options{})
	if err != nil {
		return nil
	}
	return s
}

// completePlaces lists the snapshot's accounts or Regions.
func completePlaces(env *Env, c *cobra.Command, flag, word string) []string {
	s := completionSnapshot(env, c)
	if s == nil {
		return nil
	}
	var out []string
	for _, a := range s.Accounts {
		if flag == "account" {
			out = append(out, a.ID)
			continue
		}
		for _, r := range a.Regions {
			out = append(out, r.Name)
		}
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(s string) bool { return !strings.HasPrefix(s, word) })
}

// completeNames lists names and ids in the snapshot. files lets the shell go on
// with file names.
func completeNames(env *Env, c *cobra.Command, kinds []kind, word string, files bool) ([]string, cobra.ShellCompDirective) {
	directive := cobra.ShellCompDirectiveNoFileComp
	if files {
		directive = cobra.ShellCompDirectiveDefault
	}
	s := completionSnapshot(env, c)
	if s == nil {
		return nil, directive
	}
	lead, last := "", word
	if i := strings.LastIndexByte(word, ','); i >= 0 {
		lead, last = word[:i+1], word[i+1:]
	}
	var out []string
	for _, r := range resourcesOf(s) {
		if !slices.Contains(kinds, r.kind) {
			continue
		}
		if r.name != "" && r.name != r.id && strings.HasPrefix(r.name, last) {
			out = append(out, lead+r.name+"\t"+r.id)
		}
		if strings.HasPrefix(r.id, last) {
			out = append(out, lead+r.id+"\t"+r.name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), directive
}
