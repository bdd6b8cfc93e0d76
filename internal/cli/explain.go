package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/finding"
)

// schemaExplain names the JSON form of what explain says.
const schemaExplain = "canreach.explain/v1"

func newExplainCommand(env *Env) *cobra.Command {
	var sf snapshotFlags
	var qf questionFlags
	var format string
	cmd := &cobra.Command{
		Use:   "explain CODE|GATE|RULE|-",
		Short: "What a code, gate or rule means; or what an error message of AWS's comes from",
		Long: `Explain says, offline, what a finding's code, a gate or a rule of docs/semantics
means, how AWS behaves, and what to do. With - it reads an AWS error message, a
FailureReason or a CloudTrail event, and asks the snapshot the same question.`,
		Annotations: manual(`Exit status with -: 0 the model agrees with AWS, 1 it does not, 3 a fact is missing.`),
		Example: `  canreach explain SUBNET_ACL_RESTRICTION
  canreach explain endpoint-policy -o json
  echo 'Connect timeout on endpoint URL: "https://sts.amazonaws.com/"' | canreach explain - -j job.json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return withHint(errors.New("nothing to explain"), "name a code, a gate or a rule, or - for an error message on standard input")
			}
			if args[0] == "-" || strings.ContainsAny(args[0], " {") {
				return explainDenial(env, &sf, &qf, args[0], format)
			}
			e, err := explain(args[0])
			if err != nil {
				return err
			}
			return writeExplanation(env, e, format)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return explainable(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	sf.register(cmd.Flags())
	qf.register(cmd.Flags())
	formatFlag(cmd.Flags(), &format, "text", "json", "yaml")
	return cmd
}

// explainable lists the codes and gates that explain knows.
func explainable() []string {
	var out []string
	for _, g := range sim.Gates() {
		out = append(out, g.String())
	}
	for _, e := range finding.All() {
		out = append(out, e.Code.String())
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// codesAt lists the codes that are found at a gate.
func codesAt(g sim.Gate) []string {
	var out []string
	for _, e := range finding.All() {
		if slices.Contains(e.Gates, g) && e.Kind == finding.Blocking {
			out = append(out, e.Code.String())
		}
	}
	return out
}

// explain looks a code, gate or rule up.
func explain(word string) (*explanation, error) {
	rules := rulesByName()
	e := &explanation{Schema: schemaExplain, Word: word, Rules: []ruleEntry{}, Sources: []sourceText{}}
	upper := strings.ToUpper(word)
	var names []string
	if i := slices.IndexFunc(sim.Gates(), func(g sim.Gate) bool { return g.String() == strings.ToLower(word) }); i >= 0 {
		g := sim.Gates()[i]
		e.Word, e.Kind, e.Meaning, e.Do, e.Codes = g.String(), "gate", gateTexts[g][0], gateTexts[g][1], codesAt(g)
	} else if rules[upper] != "" || rules[strings.ToUpper(word[:1])+word[1:]] != "" {
		name := strings.ToUpper(word[:1]) + word[1:]
		e.Word, e.Kind, names = name, "rule", []string{name}
	} else if c, ok := finding.Lookup(upper); ok {
		e.Word, e.Kind, e.Meaning, e.Do, names = upper, "code", c.Title+". "+c.Meaning, c.Do, c.Rules
		for _, g := range c.Gates {
			e.Gates = append(e.Gates, g.String())
		}
		e.Analyzer = c.Analyzer
	} else {
		hint := "codes stand in canreach's answers, gates in canreach explain's completion, rules in docs/semantics"
		if n := located.Nearest(word, explainable()); n != "" {
			hint = "did you mean " + n + "?"
		}
		return nil, withHint(fmt.Errorf("%q is not a code, gate or rule", word), hint)
	}
	var tags []string
	for _, n := range names {
		if rules[n] == "" {
			continue
		}
		r, of := readRule(n, rules[n])
		e.Rules, tags = append(e.Rules, r), append(tags, of...)
	}
	e.Sources = append(e.Sources, sourcesOf(tags)...)
	if e.Kind == "rule" {
		e.Meaning = e.Rules[0].Text
	}
	return e, nil
}

func writeExplanation(env *Env, e *explanation, format string) error {
	if format != "text" {
		return writeValue(env.Stdout, e, format)
	}
	var b bytes.Buffer
	p := env.painter()
	fmt.Fprintf(&b, "%s (%s)\n", p.paint("1", e.Word), e.Kind)
	if e.Meaning != "" {
		fmt.Fprintf(&b, "  %s\n", p.wrap(e.Meaning, 2))
	}
	if e.Do != "" {
		fmt.Fprintf(&b, "\nWhat to do\n  %s\n", p.wrap(e.Do, 2))
	}
	for i, c := range e.Codes {
		if i == 0 {
			fmt.Fprintf(&b, "\nCodes\n")
		}
		entry, _ := finding.Lookup(c)
		fmt.Fprintf(&b, "  %s  %s\n", c, p.wrap(entry.Title, 4))
	}
	if e.Kind == "code" && len(e.Rules) > 0 {
		fmt.Fprintf(&b, "\nHow AWS behaves\n")
		for _, r := range e.Rules {
			fmt.Fprintf(&b, "  %s  %s\n", r.Rule, p.wrap(r.Text, len(r.Rule)+4))
		}
	}
	for i, s := range e.Sources {
		if i == 0 {
			fmt.Fprintf(&b, "\nSources\n")
		}
		fmt.Fprintf(&b, "  %s\n", p.link(s.URL, s.URL))
	}
	_, err := io.Copy(env.Stdout, &b)
	return err
}
