package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/canreach/canreach/internal/jsonscan"
	"github.com/canreach/canreach/rules/policy"
)

// schemaLint names the JSON contract of policy lint.
const schemaLint = "canreach.policy-lint/v1"

// policyKinds are the words of --type.
var policyKinds = []struct {
	name string
	kind policy.Kind
}{
	{"identity", policy.KindIdentity}, {"boundary", policy.KindBoundary}, {"session", policy.KindSession}, {"scp", policy.KindSCP}, {"rcp", policy.KindRCP},
	{"endpoint", policy.KindEndpoint}, {"bucket", policy.KindBucket}, {"access-point", policy.KindAccessPoint}, {"trust", policy.KindTrust},
	{"key", policy.KindKey}, {"resource", policy.KindResource},
}

// parsePolicyKind reads a word of --type.
func parsePolicyKind(word string) (policy.Kind, error) {
	var names []string
	for _, k := range policyKinds {
		if k.name == word {
			return k.kind, nil
		}
		names = append(names, k.name)
	}
	return 0, withHint(fmt.Errorf("unknown policy type %q", word), "the types are "+strings.Join(names, ", "))
}

// lintAnswer is the JSON form.
type lintAnswer struct {
	Schema   string        `json:"schema"`
	File     string        `json:"file"`
	Type     string        `json:"type"`
	Findings []lintFinding `json:"findings"`
}

type lintFinding struct {
	Code      string `json:"code"`
	Severity  string `json:"severity"`
	Statement *int   `json:"statement,omitempty"`
	Sid       string `json:"sid,omitempty"`
	Pointer   string `json:"pointer"`
	Line      int    `json:"line"`
	Column    int    `json:"column"`
	Message   string `json:"message"`
	Fix       string `json:"fix,omitempty"`
	Rule      string `json:"rule,omitempty"`
}

func newPolicyLintCommand(env *Env) *cobra.Command {
	var kindName, output, endpointType string
	cmd := &cobra.Command{
		Use:   "lint FILE",
		Short: "Say what is malformed, dead or dangerous in a policy",
		Long: `Reads one policy document and says what in it does not do what it seems to:
statements that can never match, actions and condition keys that do not exist,
endpoint policies that allow nothing, principals that match nobody, and the like.

FILE may be "-" for standard input. A document that AWS would refuse is an error
with line and column, exit status 2. The exit status is 1 where there is a
warning or an error, 0 where there is none.`,
		Example: `  canreach policy lint role.json
  canreach policy lint --type endpoint -o json endpoint-policy.json
  aws s3api get-bucket-policy --bucket models --query Policy --output text | canreach policy lint --type bucket -`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return lintFile(env, args[0], kindName, endpointType, output)
		},
	}
	cmd.Flags().StringVar(&kindName, "type", "", "what the document is: identity, boundary, session, scp, rcp, endpoint, bucket, access-point, trust, key or resource (default: bucket where it names principals, else identity)")
	cmd.Flags().StringVar(&endpointType, "endpoint-type", "gateway", "what an endpoint policy is on: gateway or interface")
	formatFlag(cmd.Flags(), &output, "text", "json")
	return cmd
}

func lintFile(env *Env, file, kindName, endpointType, output string) error {
	options := policy.LintOptions{EndpointType: policy.EndpointGateway}
	switch endpointType {
	case "gateway":
	case "interface":
		options.EndpointType = policy.EndpointInterface
	default:
		return fmt.Errorf("unknown endpoint type %q: write gateway or interface", endpointType)
	}
	text, err := readPolicy(env, file)
	if err != nil {
		return err
	}
	if kindName == "" {
		kindName = guessKind(text)
	}
	kind, err := parsePolicyKind(kindName)
	if err != nil {
		return err
	}
	d, err := policy.Parse(text, kind)
	if err != nil {
		return lintSyntax(file, kindName, err)
	}
	a := lintAnswer{Schema: schemaLint, File: file, Type: kindName, Findings: []lintFinding{}}
	found := policy.Lint(d, kind, options)
	for i := range found {
		a.Findings = append(a.Findings, lintRow(text, &found[i]))
	}
	slices.SortStableFunc(a.Findings, func(x, y lintFinding) int {
		if x.Line != y.Line {
			return x.Line - y.Line
		}
		return x.Column - y.Column
	})
	if err := writeLint(env, &a, output); err != nil {
		return err
	}
	if slices.ContainsFunc(found, func(f policy.LintFinding) bool { return f.Severity >= policy.LintWarning }) {
		return exit(ExitViolated)
	}
	return nil
}

// guessKind is bucket where the text names principals.
func guessKind(text []byte) string {
	if bytes.Contains(text, []byte(`Principal"`)) || bytes.Contains(text, []byte(`Principal\"`)) || bytes.Contains(text, []byte("Principal%22")) {
		return "bucket"
	}
	return "identity"
}

// lintSyntax words a syntax error as FILE:LINE:COLUMN.
func lintSyntax(file, kind string, err error) error {
	var se *policy.SyntaxError
	if !errors.As(err, &se) {
		return err
	}
	at := se.Pointer
	if at != "" {
		at = " at " + at
	}
	return withHint(fmt.Errorf("%s:%d:%d: POLICY_MALFORMED%s: %s", file, se.Line, se.Column, at, se.Problem),
		"AWS would refuse this as a policy of type "+kind+"; --type names another")
}

// lintRow places a finding as exactly as the file allows.
func lintRow(text []byte, f *policy.LintFinding) lintFinding {
	row := lintFinding{
		Code: f.Code, Severity: f.Severity.String(), Sid: f.Sid, Pointer: f.Pointer, Line: f.Line, Column: f.Column,
		Message: f.Message, Fix: f.Fix, Rule: f.Rule,
	}
	if f.Statement >= 0 {
		row.Statement = &f.Statement
	}
	if offset, ok := jsonscan.Find(text, f.Pointer); ok && f.Pointer != "" {
		at := jsonscan.Locate(text, offset)
		row.Line, row.Column = at.Line, at.Column
	}
	return row
}

func writeLint(env *Env, a *lintAnswer, output string) error {
	if output == "json" {
		e := json.NewEncoder(env.Stdout)
		e.SetIndent("", "  ")
		return e.Encode(a)
	}
	var b strings.Builder
	p := env.painter()
	for _, f := range a.Findings {
		colour := map[string]string{"error": "1;31", "warning": "1;33", "info": "1;34"}[f.Severity]
		fmt.Fprintf(&b, "%s:%d:%d: %s: %s: %s\n", safeText(a.File), f.Line, f.Column, p.paint(colour, f.Severity), f.Code, safeText(f.Message))
		if f.Fix != "" {
			fmt.Fprintf(&b, "    fix: %s\n", safeText(f.Fix))
		}
	}
	_, err := io.WriteString(env.Stdout, b.String())
	return err
}
