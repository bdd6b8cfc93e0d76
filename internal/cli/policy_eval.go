package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/canreach/canreach/internal/evaljson"
	"github.com/canreach/canreach/rules/policy"
)

// evalWorkers is how many lines are decided at the same time.
const evalWorkers = 2

func newPolicyEvalCommand(env *Env) *cobra.Command {
	var assume []string
	var explain bool
	var s simulation
	cmd := &cobra.Command{
		Use:   "eval",
		Short: "Decide requests, given by flags or as JSON Lines",
		Long: `Eval decides what policies do to requests, as AWS would. With --principal and
--action it writes a table; without, it reads one JSON request a line from
standard input and writes one decision a line, in order.`,
		Annotations: manual(`With --principal and --action, decides each action on each --resource and writes
a table: the decision, the layer and statement that decided, and the statements
that nearly matched. Policy files are documents, or what aws iam get-role-policy,
get-policy-version, s3api get-bucket-policy and the like print. A layer without a
file does not apply. The exit status is 1 where something is denied, 3 where
something is unknown.

Without those flags, reads one JSON request a line from standard input and writes one decision a
line to standard output, in order, for as long as there is input. A policy that
repeats from line to line is compiled once. A layer that is missing or null does
not apply. A line that can't be read is answered with an error in its place; the
rest go on, and the exit status is 2 at the end.

decision is ALLOW, DENY or UNKNOWN. UNKNOWN is said only where the keys that a
line names as unknown, or points on which AWS's documentation is silent, really
make a difference; unknownKeys and unknownFacts name them.`),
		Example: `  canreach policy eval --policy policies/role.json --principal arn:aws:iam::111122223333:role/Neo --action s3:GetObject --resource arn:aws:s3:::models/m.tar.gz
  canreach policy eval < policies/requests.jsonl
  canreach policy eval --assume aws:MultiFactorAuthPresent=absent < policies/requests.jsonl`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settled, err := parseConditions("--assume", assume)
			if err != nil {
				return err
			}
			if asksSimulation(cmd) {
				return s.run(env, settled)
			}
			return evalLines(env, evaljson.Options{Assume: settled, Explain: explain})
		},
	}
	cmd.Flags().StringArrayVar(&assume, "assume", nil, "settle an unknown condition `KEY=VALUE`, or KEY=absent (may be repeated)")
	cmd.Flags().BoolVar(&explain, "explain", false, "add each layer's reason, and the statements that nearly matched (JSON Lines)")
	s.flags(cmd)
	return cmd
}

// evalLines decides the requests on standard input.
func evalLines(env *Env, o evaljson.Options) error {
	failed, err := evaljson.Run(env.Stdin, env.Stdout, evalWorkers, o)
	if err != nil {
		return err
	}
	if failed > 0 {
		return exit(ExitUsage)
	}
	return nil
}

// parseConditions reads the KEY=VALUE and KEY=absent of a flag. A multivalued key
// takes its values by repetition.
func parseConditions(flag string, list []string) (map[string]policy.Value, error) {
	settled := map[string]policy.Value{}
	for _, a := range list {
		key, value, ok := strings.Cut(a, "=")
		key = strings.ToLower(key)
		if !ok || key == "" {
			return nil, withHint(fmt.Errorf("%s %q is not KEY=VALUE", flag, a), "write e.g. "+flag+" aws:SecureTransport=true or "+flag+" aws:SourceIp=absent")
		}
		old, had := settled[key]
		switch {
		case had && !policy.Multivalued(key):
			return nil, fmt.Errorf("%s names %s twice", flag, key)
		case value == "absent":
			settled[key] = policy.Value{}
		default:
			settled[key] = policy.Value{State: policy.KeyKnown, Values: append(old.Values, value), Multi: policy.Multivalued(key)}
		}
	}
	return settled, nil
}
