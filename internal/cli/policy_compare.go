package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/rules/policy/symbolic"
)

// comparisonSchema names the JSON form of a comparison.
const comparisonSchema = "canreach.policy-comparison/v1"

// Limits of what is read.
const (
	policyBytes = 1 << 20
	lineBytes   = 8 << 20
)

func newPolicyCompareCommand(env *Env) *cobra.Command {
	var input, output string
	var o compareOptions
	cmd := &cobra.Command{
		Use:   "compare OLD NEW",
		Short: "Does a new policy allow anything that the old one did not?",
		Long: `Compare decides two policies over all requests: every caller, action, resource
and condition key. For each difference it prints a request that shows it, with
the statement that allows it.`,
		Annotations: manual(`It prints equivalent, no-new-access, new-access, incomparable (each allows something that the
other does not) or UNKNOWN.

What the two deny is compared, too, since a Deny counts beside what other policies
allow. A request that OLD denies and NEW does not is reported; with --denials, the
way to compare guardrails, it is new access.

A gateway endpoint reads the principals of its policy otherwise than an interface
endpoint does: an account is its root user alone. Without --endpoint-type, endpoint
policies are compared as both, and where that decides, the answer is UNKNOWN.

The exit status is 0 where the new policy gives no new access, 1 where it does,
3 where that is not known, and 2 where the input can't be read. With --input the
worst of all lines counts: 2, then 1, then 3.`),
		Example: `  canreach policy compare policies/role.json policies/role-wider.json
  canreach policy compare --type resource policies/bucket.json policies/bucket.json -o json
  canreach policy compare --input policies/pairs.jsonl`,
		Args: func(_ *cobra.Command, args []string) error {
			if (input == "") != (len(args) == 2) {
				return errors.New("give either OLD and NEW or --input FILE")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if _, err := o.endpoint(); err != nil {
				return err
			}
			if input != "" {
				return compareBatch(env, input, o)
			}
			return compareFiles(env, args[0], args[1], output, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.kind, "type", "", "identity, resource or endpoint (default: resource where a statement names a principal, else identity)")
	_ = f.SetAnnotation("type", annotationValues, []string{"identity", "resource", "endpoint"})
	f.StringVar(&o.endpointType, "endpoint-type", "", "what an endpoint policy is on: gateway or interface (default: what both agree on)")
	f.BoolVar(&o.denials, "denials", false, "count what NEW no longer denies as new access, because other policies may allow it")
	f.StringVar(&input, "input", "", "compare the pairs of a JSON Lines file, or - for standard input")
	formatFlag(f, &output, "text", "json")
	return cmd
}

// compareOptions say how the policies are read.
type compareOptions struct {
	kind         string // --type
	endpointType string
	denials      bool
}

// endpoint is the type of endpoint that endpoint policies are on.
func (o *compareOptions) endpoint() (policy.EndpointType, error) {
	switch strings.ToLower(o.endpointType) {
	case "":
		return policy.EndpointUnspecified, nil
	case "gateway":
		return policy.EndpointGateway, nil
	case "interface":
		return policy.EndpointInterface, nil
	}
	return policy.EndpointNone, fmt.Errorf("unknown endpoint type %q: write gateway or interface", o.endpointType)
}

func compareFiles(env *Env, oldName, newName, output string, o compareOptions) error {
	if oldName == "-" && newName == "-" {
		return errors.New("only one of OLD and NEW can be standard input")
	}
	oldText, err := readInput(env, oldName, policyBytes)
	if err != nil {
		return err
	}
	newText, err := readInput(env, newName, policyBytes)
	if err != nil {
		return err
	}
	p, err := parsePair(oldText, newText, o)
	if err != nil {
		var bad *pairError
		if errors.As(err, &bad) {
			return fmt.Errorf("%s: %w", []string{oldName, newName}[bad.which], bad.err)
		}
		return err
	}
	c := p.compare()
	if output == "json" {
		err = writeJSONLine(env.Stdout, p.report(c), true)
	} else {
		err = p.print(env.Stdout, c)
	}
	if err != nil {
		return err
	}
	return exit(c.status())
}

// comparison is what a pair of policies allows and denies differently.
type comparison struct {
	allowed symbolic.Comparison
	denied  symbolic.Comparison // New is what NEW no longer denies
	// guardrails tells that what is no longer denied is new access.
	guardrails bool
}

func (c *comparison) status() int {
	switch c.newAccess() {
	case policy.True:
		return ExitViolated
	case policy.False:
		return ExitHolds
	case policy.Unknown:
		return ExitUnknown
	}
	panic("unreachable: no such truth")
}

// policyPair is two policies of one kind.
type policyPair struct {
	old, new *policy.Document
	kind     policy.Kind
	endpoint policy.EndpointType
	denials  bool
}

// pairError is what is wrong with one of them.
type pairError struct {
	which int // 0 the old one, 1 the new one
	err   error
}

func (e *pairError) Error() string { return e.err.Error() }
func (e *pairError) Unwrap() error { return e.err }

// kindsOf lists the kinds that a pair may be read as, for the --type that was
// given. A resource policy without Resource is a role's trust policy.
func kindsOf(name string) ([]policy.Kind, error) {
	switch strings.ToLower(name) {
	case "":
		return []policy.Kind{policy.KindIdentity, policy.KindResource, policy.KindTrust}, nil
	case "identity":
		return []policy.Kind{policy.KindIdentity}, nil
	case "resource":
		return []policy.Kind{policy.KindResource, policy.KindTrust}, nil
	case "endpoint":
		return []policy.Kind{policy.KindEndpoint}, nil
	}
	return nil, fmt.Errorf("unknown policy type %q: it is identity, resource or endpoint", name)
}

// parsePair reads both policies as the first kind that fits them. Where none
// does, the error is of the kind that the old one comes nearest to.
func parsePair(oldText, newText []byte, o compareOptions) (*policyPair, error) {
	endpoint, err := o.endpoint()
	if err != nil {
		return nil, err
	}
	kinds, err := kindsOf(o.kind)
	if err != nil {
		return nil, err
	}
	if o.kind == "" && (bytes.Contains(oldText, []byte(`Principal"`)) || bytes.Contains(newText, []byte(`Principal"`))) {
		kinds = kinds[1:]
	}
	var first error
	for _, k := range kinds {
		p := &policyPair{kind: k, endpoint: endpoint, denials: o.denials}
		var which int
		if p.old, err = policy.Parse(oldText, k); err == nil {
			which = 1
			p.new, err = policy.Parse(newText, k)
		}
		if err == nil {
			return p, nil
		}
		if first == nil {
			first = &pairError{which: which, err: err}
		}
	}
	return nil, first
}

func (p *policyPair) compare() *comparison {
	o := symbolic.Options{Endpoint: p.endpoint}
	c := &comparison{
		allowed:    symbolic.Compare(p.old, p.new, p.kind, o),
		denied:     symbolic.Comparison{Relation: symbolic.Equivalent, New: symbolic.Difference{Exists: policy.False}, Less: symbolic.Difference{Exists: policy.False}},
		guardrails: p.denials,
	}
	if denies(p.old) || denies(p.new) {
		c.denied = symbolic.CompareDenials(p.old, p.new, p.kind, o)
	}
	return c
}

// denies reports whether a document has a Deny statement.
func denies(d *policy.Document) bool {
	return slices.ContainsFunc(d.Statements, func(st policy.Statement) bool { return st.Deny })
}

// newAccess tells whether NEW gives access that OLD does not, lessAccess the
// reverse.
func (c *comparison) newAccess() policy.Truth {
	return c.access(c.allowed.New.Exists, c.denied.New.Exists)
}

func (c *comparison) lessAccess() policy.Truth {
	return c.access(c.allowed.Less.Exists, c.denied.Less.Exists)
}

func (c *comparison) access(allowed, undenied policy.Truth) policy.Truth {
	if c.guardrails {
		return allowed.Or(undenied)
	}
	return allowed
}

// relation is the relation in a word.
func (c *comparison) relation() symbolic.Relation {
	return symbolic.Relate(c.newAccess(), c.lessAccess())
}

// batchResult is the answer to one line.
type batchResult struct {
	ID any `json:"id"`
	differencesJSON
}

type batchFailure struct {
	ID    any        `json:"id"`
	Error batchError `json:"error"`
}

type batchError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Pointer string `json:"pointer,omitempty"`
}

// compareBatch answers the pairs of a JSON Lines file, in order.
func compareBatch(env *Env, name string, o compareOptions) error {
	if _, err := kindsOf(o.kind); err != nil {
		return err
	}
	in := env.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	out := bufio.NewWriter(env.Stdout)
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 64<<10), lineBytes)
	seen := map[int]bool{}
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		answer, status := compareLine(bytes.TrimPrefix(lines.Bytes(), byteOrderMark), o)
		seen[status] = true
		if err := writeJSONLine(out, answer, false); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, status := range []int{ExitUsage, ExitViolated, ExitUnknown} {
		if seen[status] {
			return exit(status)
		}
	}
	return nil
}

func compareLine(line []byte, o compareOptions) (answer any, status int) {
	p, id, err := parseLine(line, o)
	if err != nil {
		out := batchFailure{ID: id, Error: batchError{Code: "INPUT_MALFORMED", Message: err.Error()}}
		var bad *pairError
		if errors.As(err, &bad) {
			out.Error.Code = "POLICY_MALFORMED"
			out.Error.Pointer = []string{"/reference", "/candidate"}[bad.which]
			var syntax *policy.SyntaxError
			if errors.As(err, &syntax) {
				out.Error.Pointer += syntax.Pointer
			}
		}
		return out, ExitUsage
	}
	c := p.compare()
	return batchResult{ID: id, differencesJSON: p.differences(c)}, c.status()
}

// parseLine reads a line strictly: unknown, repeated and missing members are
// errors.
func parseLine(line []byte, o compareOptions) (*policyPair, any, error) {
	members, err := objectMembers(line)
	if err != nil {
		return nil, nil, err
	}
	var id any
	if text, ok := members["id"]; ok {
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&id); err != nil {
			return nil, nil, fmt.Errorf("id: %w", err)
		}
	}
	for name := range members {
		if !slices.Contains([]string{"id", "type", "endpointType", "reference", "candidate"}, name) {
			return nil, id, fmt.Errorf("unknown member %q: a line has id, type, endpointType, reference and candidate", name)
		}
	}
	for name, to := range map[string]*string{"type": &o.kind, "endpointType": &o.endpointType} {
		if text, ok := members[name]; ok {
			if err := json.Unmarshal(text, to); err != nil {
				return nil, id, fmt.Errorf("%s is not a string", name)
			}
		}
	}
	var texts [2][]byte
	for i, name := range []string{"reference", "candidate"} {
		text, ok := members[name]
		if !ok {
			return nil, id, fmt.Errorf("member %q is missing", name)
		}
		var quoted string
		if json.Unmarshal(text, &quoted) == nil && text[0] == '"' {
			text = []byte(quoted) // a document as AWS's APIs give it: JSON in a string
		}
		texts[i] = text
	}
	p, err := parsePair(texts[0], texts[1], o)
	return p, id, err
}

// objectMembers splits a JSON object into its members.
func objectMembers(line []byte) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(line))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("a line is a JSON object")
	}
	members := map[string]json.RawMessage{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := t.(string)
		if _, twice := members[name]; twice {
			return nil, fmt.Errorf("duplicate member %q", name)
		}
		var text json.RawMessage
		if err := d.Decode(&text); err != nil {
			return nil, err
		}
		members[name] = text
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("more text after the object")
	}
	return members, nil
}
