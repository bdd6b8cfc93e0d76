package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/canreach/canreach/rules/policy/sar"
	"github.com/canreach/canreach/snapshot"
)

// completedKinds are the flags whose values are names of resources in the snapshot.
var completedKinds = map[string][]kind{
	"job": {kindJob}, "subnets": {kindSubnet}, "security-groups": {kindGroup}, "role": {kindRole}, "bucket": {kindBucket}, "resource": {kindBucket},
	"eni": {kindInterface}, "instance": {kindInstance}, "lambda": {kindFunction},
	"from": {kindSubnet, kindInstance, kindInterface}, "to": {kindSubnet, kindInstance, kindInterface, kindEndpoint},
}

// completeFlags lets the shell complete the values of a command's flags: what
// the flag takes, the actions of AWS's tables, and names in the snapshot.
func completeFlags(env *Env, c *cobra.Command) {
	add := func(f *pflag.Flag) {
		switch values := f.Annotations[annotationValues]; {
		case len(values) > 0:
			_ = c.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
		case f.Name == "action":
			_ = c.RegisterFlagCompletionFunc(f.Name, completeAction)
		case c.Flags().Lookup("snapshot") != nil && completedKinds[f.Name] != nil:
			_ = c.RegisterFlagCompletionFunc(f.Name, func(c *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
				return completeNames(env, c, completedKinds[f.Name], word, f.Name == "job")
			})
		}
	}
	c.Flags().VisitAll(add)
	c.PersistentFlags().VisitAll(add)
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

func completeAction(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	service, _ := sar.FindService("s3")
	var out []string
	for _, a := range service.Actions {
		if action := "s3:" + a.Name; len(word) <= len(action) && strings.EqualFold(action[:len(word)], word) {
			out = append(out, action)
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// completeNames lists names and ids in the snapshot that the command line, the
// environment or the working directory names. files lets the shell go on with
// file names.
func completeNames(env *Env, c *cobra.Command, kinds []kind, word string, files bool) ([]string, cobra.ShellCompDirective) {
	directive := cobra.ShellCompDirectiveNoFileComp
	if files {
		directive = cobra.ShellCompDirectiveDefault
	}
	quiet := *env
	quiet.Stderr = io.Discard
	sf := snapshotFlags{path: c.Flags().Lookup("snapshot").Value.String()}
	if sf.path == "" {
		sf.path = env.Getenv(environmentName("snapshot"))
	}
	if sf.path == "-" || sf.find(&quiet) != nil {
		return nil, directive
	}
	s, err := snapshot.Load(sf.path, snapshot.Options{})
	if err != nil {
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
