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
	"sort"
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
	var kind, endpointType, input, output string
	cmd := &cobra.Command{
		Use:   "compare OLD NEW",
		Short: "Does a new policy allow anything that the old one did not?",
		Long: `Compares two policies over all requests: every caller, action, resource and
condition key, present or absent. It prints equivalent, no-new-access, new-access,
incomparable (each allows something that the other does not) or UNKNOWN, and for
each difference a request that shows it, with the statement that allows it.

The exit status is 0 where the new policy allows nothing more, 1 where it does,
3 where that is not known, and 2 where the input can't be read. With --input the
worst of all lines counts: 2, then 1, then 3.`,
		Example: `  canreach policy compare old.json new.json
  canreach policy compare --type resource old-bucket-policy.json new-bucket-policy.json -o json
  canreach policy compare --input pairs.jsonl
    {"id": "1", "type": "identity", "reference": {"Version": "2012-10-17", …}, "candidate": {…}}`,
		Args: func(_ *cobra.Command, args []string) error {
			if (input == "") != (len(args) == 2) {
				return errors.New("give either OLD and NEW or --input FILE")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if output != "text" && output != "json" {
				return fmt.Errorf("unknown output format %q: it is text or json", output)
			}
			as := pairType{kind: kind, endpoint: endpointType}
			if input != "" {
				return compareBatch(env, input, as)
			}
			return compareFiles(env, args[0], args[1], as, output)
		},
	}
	f := cmd.Flags()
	f.StringVar(&kind, "type", "", "identity, resource or endpoint (default: resource where a statement names a principal, else identity)")
	f.StringVar(&endpointType, "endpoint-type", "", "what endpoint policies are on: gateway or interface (default: what both have in common)")
	f.StringVar(&input, "input", "", "compare the pairs of a JSON Lines file, or - for standard input")
	f.StringVarP(&output, "output", "o", "text", "text or json")
	return cmd
}

func compareFiles(env *Env, oldName, newName string, as pairType, output string) error {
	if oldName == "-" && newName == "-" {
		return errors.New("only one of OLD and NEW can be standard input")
	}
	oldText, err := readPolicy(env, oldName)
	if err != nil {
		return err
	}
	newText, err := readPolicy(env, newName)
	if err != nil {
		return err
	}
	p, err := parsePair(oldText, newText, as)
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
	return exit(comparisonStatus(c))
}

func comparisonStatus(c symbolic.Comparison) int {
	switch c.New.Exists {
	case policy.True:
		return ExitViolated
	case policy.False:
		return ExitHolds
	case policy.Unknown:
		return ExitUnknown
	}
	panic("unreachable: no such truth")
}

func readPolicy(env *Env, name string) ([]byte, error) {
	in := env.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, policyBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(text) > policyBytes {
		return nil, fmt.Errorf("%s: larger than %d bytes, which no policy of AWS is", name, policyBytes)
	}
	return text, nil
}

// policyPair is two policies of one kind.
type policyPair struct {
	old, new *policy.Document
	kind     policy.Kind
	endpoint policy.EndpointType
}

// pairType is what the policies of a pair are said to be.
type pairType struct {
	kind     string // of --type; "" is by their form
	endpoint string // of --endpoint-type; "" is either
}

// endpointTypes are the types of endpoints whose policies can be compared.
var endpointTypes = map[string]policy.EndpointType{"": policy.EndpointUnspecified, "gateway": policy.EndpointGateway, "interface": policy.EndpointInterface}

func (t pairType) endpointType() (policy.EndpointType, error) {
	e, ok := endpointTypes[strings.ToLower(t.endpoint)]
	if !ok {
		return e, fmt.Errorf("unknown endpoint type %q: it is gateway or interface", t.endpoint)
	}
	return e, nil
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
func parsePair(oldText, newText []byte, as pairType) (*policyPair, error) {
	kinds, err := kindsOf(as.kind)
	if err != nil {
		return nil, err
	}
	endpoint, err := as.endpointType()
	if err != nil {
		return nil, err
	}
	if as.kind == "" && (bytes.Contains(oldText, []byte(`Principal"`)) || bytes.Contains(newText, []byte(`Principal"`))) {
		kinds = kinds[1:]
	}
	var first error
	for _, k := range kinds {
		p := &policyPair{kind: k, endpoint: endpoint}
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

func (p *policyPair) compare() symbolic.Comparison {
	return symbolic.Compare(p.old, p.new, p.kind, symbolic.Options{Endpoint: p.endpoint})
}

// comparisonJSON is a comparison as JSON.
type comparisonJSON struct {
	Schema   string `json:"schema"`
	Relation string `json:"relation"`
	differencesJSON
}

type differencesJSON struct {
	NewAccess         *bool        `json:"newAccess"`
	LessAccess        *bool        `json:"lessAccess"`
	NewAccessExample  *exampleJSON `json:"newAccessExample,omitempty"`
	LessAccessExample *exampleJSON `json:"lessAccessExample,omitempty"`
	// Why an answer is null.
	NewAccessUnknown  string `json:"newAccessUnknown,omitempty"`
	LessAccessUnknown string `json:"lessAccessUnknown,omitempty"`
}

type exampleJSON struct {
	Principal any            `json:"principal"`
	Session   string         `json:"session,omitempty"`
	Action    string         `json:"action"`
	Resource  string         `json:"resource"`
	Context   map[string]any `json:"context"`
	Statement statementJSON  `json:"statement"`
}

type statementJSON struct {
	Index int    `json:"index"`
	Sid   string `json:"sid"`
}

func (p *policyPair) report(c symbolic.Comparison) comparisonJSON {
	return comparisonJSON{Schema: comparisonSchema, Relation: c.Relation.String(), differencesJSON: p.differences(c)}
}

func (p *policyPair) differences(c symbolic.Comparison) differencesJSON {
	var d differencesJSON
	d.NewAccess, d.NewAccessExample, d.NewAccessUnknown = p.difference(c.New)
	d.LessAccess, d.LessAccessExample, d.LessAccessUnknown = p.difference(c.Less)
	return d
}

func (p *policyPair) difference(d symbolic.Difference) (exists *bool, example *exampleJSON, unknown string) {
	switch d.Exists {
	case policy.Unknown:
		return nil, nil, d.Trouble.Text
	case policy.False:
		return new(bool), nil, ""
	}
	yes := true
	r := &d.Example.Request
	x := &exampleJSON{
		Principal: principalJSON(&r.Principal), Action: r.Action, Resource: r.Resource, Context: map[string]any{},
		Statement: statementJSON{Index: d.Example.Statement.Index, Sid: d.Example.Statement.Sid},
	}
	if r.Principal.Kind == policy.PrincipalRole {
		x.Session = r.Principal.Session
	}
	names := p.keyNames()
	for k, v := range r.Context {
		name, ok := names[k]
		switch {
		case !ok || v.State != policy.KeyKnown:
		case v.Multi:
			x.Context[name] = v.Values
		default:
			x.Context[name] = v.Values[0]
		}
	}
	return &yes, x, ""
}

// keyNames are the condition keys that the policies name, as they write them,
// by lower-case name.
func (p *policyPair) keyNames() map[string]string {
	names := map[string]string{}
	note := func(key string) {
		if _, ok := names[strings.ToLower(key)]; !ok {
			names[strings.ToLower(key)] = key
		}
	}
	for _, d := range []*policy.Document{p.new, p.old} {
		for i := range d.Statements {
			st := &d.Statements[i]
			for _, c := range st.Conditions {
				note(c.Key)
			}
			texts := slices.Clone(st.Resources)
			for _, c := range st.Conditions {
				texts = append(texts, c.Values...)
			}
			for _, text := range texts {
				for _, part := range policy.PatternParts(text, d.Variables(), false) {
					if part.Variable != "" {
						note(part.Variable)
					}
				}
			}
		}
	}
	return names
}

// principalJSON is a principal as `policy eval` reads it.
func principalJSON(p *policy.Principal) any {
	switch p.Kind {
	case policy.PrincipalAnonymous:
		return "anonymous"
	case policy.PrincipalService:
		for _, kind := range []string{"federated", "canonical"} {
			if name, ok := strings.CutPrefix(p.Service, kind+"/"); ok {
				return map[string]string{kind: name}
			}
		}
		return map[string]string{"service": p.Service}
	case policy.PrincipalRole:
		return p.RoleARN
	}
	return p.ARN
}

// print writes a comparison for people.
func (p *policyPair) print(w io.Writer, c symbolic.Comparison) error {
	var b strings.Builder
	fmt.Fprintln(&b, c.Relation)
	for _, d := range []struct {
		symbolic.Difference
		title string
	}{{c.New, "allowed by NEW, not by OLD"}, {c.Less, "allowed by OLD, not by NEW"}} {
		exists, x, unknown := p.difference(d.Difference)
		switch {
		case exists == nil:
			fmt.Fprintf(&b, "\n%s: UNKNOWN\n  %s\n", d.title, safeText(unknown))
		case *exists:
			fmt.Fprintf(&b, "\n%s, for example:\n", d.title)
			x.print(&b)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (x *exampleJSON) print(b *strings.Builder) {
	line := func(name string, value any) {
		text, ok := value.(string)
		if !ok {
			text = jsonText(value)
		}
		fmt.Fprintf(b, "  %-10s %s\n", name, safeText(text))
	}
	line("principal", x.Principal)
	if x.Session != "" {
		line("session", x.Session)
	}
	line("action", x.Action)
	line("resource", x.Resource)
	keys := make([]string, 0, len(x.Context))
	for k := range x.Context {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		line("context", k+" = "+jsonText(x.Context[k]))
	}
	statement := fmt.Sprintf("number %d", x.Statement.Index)
	if x.Statement.Sid != "" {
		statement += fmt.Sprintf(", Sid %q", x.Statement.Sid)
	}
	line("allowed by", "statement "+statement)
}

func jsonText(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("unreachable: " + err.Error()) // strings, lists and maps of strings
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func writeJSONLine(w io.Writer, v any, indent bool) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if indent {
		e.SetIndent("", "  ")
	}
	return e.Encode(v)
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
func compareBatch(env *Env, name string, as pairType) error {
	if _, err := kindsOf(as.kind); err != nil {
		return err
	}
	if _, err := as.endpointType(); err != nil {
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
		answer, status := compareLine(lines.Bytes(), as)
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

func compareLine(line []byte, as pairType) (answer any, status int) {
	p, id, err := parseLine(line, as)
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
	return batchResult{ID: id, differencesJSON: p.differences(c)}, comparisonStatus(c)
}

// parseLine reads a line strictly: unknown, repeated and missing members are
// errors.
func parseLine(line []byte, as pairType) (*policyPair, any, error) {
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
	if text, ok := members["type"]; ok {
		if err := json.Unmarshal(text, &as.kind); err != nil {
			return nil, id, errors.New("type is no string")
		}
	}
	if text, ok := members["endpointType"]; ok {
		if err := json.Unmarshal(text, &as.endpoint); err != nil {
			return nil, id, errors.New("endpointType is no string")
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
	p, err := parsePair(texts[0], texts[1], as)
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
			return nil, fmt.Errorf("member %q stands twice", name)
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
