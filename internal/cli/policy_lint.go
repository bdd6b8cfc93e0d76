package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/canreach/canreach/internal/jsonscan"
	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/sim/finding"
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

// kindWord is the word of --type for a kind.
func kindWord(kind policy.Kind) string {
	for _, k := range policyKinds {
		if k.kind == kind {
			return k.name
		}
	}
	panic("unreachable: policy kind")
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
	File     string        `json:"file,omitempty"` // where there is one policy
	Type     string        `json:"type,omitempty"`
	Policies []lintPolicy  `json:"policies"`
	Findings []lintFinding `json:"findings"`
}

// lintPolicy is a policy that was read.
type lintPolicy struct {
	File    string `json:"file"`
	Pointer string `json:"pointer"`
	Type    string `json:"type"`
}

type lintFinding struct {
	File      string `json:"file"`
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
	l := &lintRun{env: env}
	var kindName, endpointType, output string
	cmd := &cobra.Command{
		Use:   "lint FILE...|DIR",
		Short: "Say what is malformed, dead or dangerous in policies",
		Long: `Lint reads policy documents and says what in them does not do what it seems to:
statements that can never match, actions and condition keys that do not exist,
principals that match nobody, grants to everyone, and the like.`,
		Annotations: manual(`A FILE is a document, or what aws s3api get-bucket-policy, iam get-role-policy,
get-policy-version, get-role, kms get-key-policy or ec2 describe-vpc-endpoints
print; "-" is standard input. Of a DIR every .json file that holds a policy is
read. A document that AWS would refuse is an error with line and column, exit
status 2. The exit status is 1 where there is a warning or an error, 0 where
there is none.`),
		Example: `  canreach policy lint policies
  canreach policy lint -o sarif --out policies.sarif policies/role.json
  canreach policy lint - < policies/bucket.json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			l.options = policy.LintOptions{EndpointType: policy.EndpointGateway, Strict: true}
			if endpointType == "interface" {
				l.options.EndpointType = policy.EndpointInterface
			}
			if kindName != "" {
				kind, err := parsePolicyKind(kindName)
				if err != nil {
					return err
				}
				l.kind = &kind
			}
			return l.run(args, output)
		},
	}
	cmd.Flags().StringVar(&kindName, "type", "", "what the documents are: identity, boundary, session, scp, rcp, endpoint, bucket, access-point, trust, key or resource (default: bucket where one names principals, else identity)")
	cmd.Flags().StringVar(&endpointType, "endpoint-type", "gateway", "what an endpoint policy is on: gateway or interface")
	_ = cmd.Flags().SetAnnotation("endpoint-type", annotationValues, []string{"gateway", "interface"})
	formatFlag(cmd.Flags(), &output, "text", "json", "sarif", "github", "junit")
	return cmd
}

// lintRun reads policies and collects what is found in them.
type lintRun struct {
	env     *Env
	kind    *policy.Kind // of --type; nil: as the document tells
	options policy.LintOptions
	answer  lintAnswer
	errs    []error // documents that are malformed
}

func (l *lintRun) run(args []string, output string) error {
	l.answer = lintAnswer{Schema: schemaLint, Policies: []lintPolicy{}, Findings: []lintFinding{}}
	for _, name := range args {
		if info, err := os.Stat(name); name == "-" || err != nil || !info.IsDir() {
			if err := l.file(name, false); err != nil {
				return err
			}
		} else if err := l.directory(name); err != nil {
			return err
		}
	}
	if one := l.answer.Policies; len(one) == 1 {
		l.answer.File, l.answer.Type = one[0].File, one[0].Type
	}
	slices.SortStableFunc(l.answer.Findings, func(x, y lintFinding) int {
		if x.File != y.File {
			return 0 // in the order of the arguments
		}
		return cmp.Or(x.Line-y.Line, x.Column-y.Column)
	})
	if err := lintWriters[output](l.env, &l.answer); err != nil {
		return err
	}
	if len(l.errs) > 0 {
		return errors.Join(l.errs...)
	}
	if slices.ContainsFunc(l.answer.Findings, func(f lintFinding) bool { return f.Severity != policy.LintInfo.String() }) {
		return exit(ExitViolated)
	}
	return nil
}

// directory reads the JSON files that hold policies.
func (l *lintRun) directory(dir string) error {
	before := len(l.answer.Policies)
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	err = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		case !d.Type().IsRegular() || filepath.Ext(path) != ".json":
			return nil
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		return l.file(filepath.Join(dir, name), true)
	})
	if err == nil && len(l.answer.Policies) == before {
		err = fmt.Errorf("%s: no .json file holds a policy", dir)
	}
	return err
}

// file lints the policies of a file. One that was only met in a directory need
// not hold any.
func (l *lintRun) file(name string, met bool) error {
	text, err := readInput(l.env, name, policyBytes)
	if err != nil {
		return err
	}
	found := findPolicies(text)
	if met && !found[0].known && !bytes.Contains(text, []byte("Statement")) {
		return nil
	}
	for i := range found {
		l.lint(name, text, &found[i])
	}
	return nil
}

func (l *lintRun) lint(file string, whole []byte, p *policyText) {
	kind := p.kind
	switch {
	case l.kind != nil:
		kind = *l.kind
	case !p.known:
		kind = guessKind(p.text)
	}
	l.answer.Policies = append(l.answer.Policies, lintPolicy{file, p.pointer, kindWord(kind)})
	d, err := policy.Parse(p.text, kind)
	if err != nil {
		row := lintFinding{File: file, Code: finding.PolicyMalformed.String(), Severity: policy.LintError.String(), Line: 1, Column: 1, Message: err.Error()}
		var se *policy.SyntaxError
		if errors.As(err, &se) {
			row.Pointer, row.Line, row.Column, row.Message = se.Pointer, se.Line, se.Column, se.Problem
		}
		if p.pointer != "" {
			row.place(whole, p)
		}
		l.answer.Findings = append(l.answer.Findings, row)
		l.errs = append(l.errs, row.malformed(kind))
		return
	}
	for _, f := range policy.Lint(d, kind, l.options) {
		row := lintFinding{
			File: file, Code: f.Code, Severity: f.Severity.String(), Sid: f.Sid, Pointer: f.Pointer, Line: f.Line, Column: f.Column,
			Message: f.Message, Fix: f.Fix, Rule: f.Rule,
		}
		if f.Statement >= 0 {
			row.Statement = &f.Statement
		}
		row.place(whole, p)
		l.answer.Findings = append(l.answer.Findings, row)
	}
}

// guessKind is bucket where the text names principals.
func guessKind(text []byte) policy.Kind {
	if bytes.Contains(text, []byte(`Principal"`)) || bytes.Contains(text, []byte(`Principal\"`)) || bytes.Contains(text, []byte("Principal%22")) {
		return policy.KindBucket
	}
	return policy.KindIdentity
}

// malformed words a syntax error as FILE:LINE:COLUMN.
func (f *lintFinding) malformed(kind policy.Kind) error {
	at := f.Pointer
	if at != "" {
		at = " at " + at
	}
	return withHint(fmt.Errorf("%s:%d:%d: %s%s: %s", f.File, f.Line, f.Column, f.Code, at, f.Message),
		"AWS would refuse this as a policy of type "+kindWord(kind)+"; --type names another")
}

// place places a finding as exactly as the file allows: a document that is a
// string in its file is pointed at as a whole.
func (f *lintFinding) place(whole []byte, p *policyText) {
	if f.Pointer == "" && p.pointer == "" {
		return
	}
	for _, at := range []string{p.pointer + f.Pointer, p.pointer} {
		if offset, ok := jsonscan.Find(whole, at); ok && at != "" {
			place := jsonscan.Locate(whole, offset)
			f.Pointer, f.Line, f.Column = at, place.Line, place.Column
			return
		}
	}
}
