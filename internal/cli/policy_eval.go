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
	cmd := &cobra.Command{
		Use:   "eval",
		Short: "Decide requests: one JSON request a line in, one decision a line out",
		Long: `Decides what policies do to requests, as AWS would.

Reads one JSON request a line from standard input and writes one decision a
line to standard output, in order, for as long as there is input. A policy that
repeats from line to line is compiled once. A layer that is missing or null does
not apply. A line that can't be read is answered with an error in its place; the
rest go on, and the exit status is 2 at the end.

decision is ALLOW, DENY or UNKNOWN. UNKNOWN is said only where the keys that a
line names as unknown, or points on which AWS's documentation is silent, really
make a difference; unknownKeys and unknownFacts name them.`,
		Example: `  echo '{"id": "r1",
    "request": {"principal": "arn:aws:iam::111122223333:role/Neo", "action": "s3:GetObject",
                "resource": "arn:aws:s3:::models/m.tar.gz", "resourceAccount": "111122223333",
                "context": {"aws:SourceVpce": "vpce-1"}},
    "identityPolicies": [{"name": "p", "document": {"Version": "2012-10-17",
      "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::models/*"}]}}]
  }' | tr -d '\n' | canreach policy eval

  canreach policy eval --assume aws:MultiFactorAuthPresent=absent < requests.jsonl > decisions.jsonl`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			settled, err := parseAssumptions(assume)
			if err != nil {
				return err
			}
			failed, err := evaljson.Run(env.Stdin, env.Stdout, evalWorkers, evaljson.Options{Assume: settled, Explain: explain})
			if err != nil {
				return err
			}
			if failed > 0 {
				return exit(ExitUsage)
			}
			return nil
		},
	}
	cmd.Flags().StringArrayVar(&assume, "assume", nil, "settle an unknown condition `KEY=VALUE`, or KEY=absent (may be repeated)")
	cmd.Flags().BoolVar(&explain, "explain", false, "add each layer's reason, and the statements that nearly matched")
	return cmd
}

// parseAssumptions reads KEY=VALUE and KEY=absent. A multivalued key takes its
// values by repetition.
func parseAssumptions(list []string) (map[string]policy.Value, error) {
	settled := map[string]policy.Value{}
	for _, a := range list {
		key, value, ok := strings.Cut(a, "=")
		key = strings.ToLower(key)
		if !ok || key == "" {
			return nil, withHint(fmt.Errorf("--assume %q is not KEY=VALUE", a), "write e.g. --assume aws:SecureTransport=true or --assume aws:SourceIp=absent")
		}
		old, had := settled[key]
		switch {
		case had && !policy.Multivalued(key):
			return nil, fmt.Errorf("--assume names %s twice", key)
		case value == "absent":
			settled[key] = policy.Value{}
		default:
			settled[key] = policy.Value{State: policy.KeyKnown, Values: append(old.Values, value), Multi: policy.Multivalued(key)}
		}
	}
	return settled, nil
}
