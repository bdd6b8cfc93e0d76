package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"

	"github.com/canreach/canreach/rules/policy"
	"github.com/canreach/canreach/rules/policy/symbolic"
)

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
	// What the candidate no longer denies, and what it denies in addition,
	// whether or not either policy would allow it.
	DeniesLess        *bool        `json:"deniesLess"`
	DeniesMore        *bool        `json:"deniesMore"`
	DeniesLessExample *exampleJSON `json:"deniesLessExample,omitempty"`
	DeniesMoreExample *exampleJSON `json:"deniesMoreExample,omitempty"`
	DeniesLessUnknown string       `json:"deniesLessUnknown,omitempty"`
	DeniesMoreUnknown string       `json:"deniesMoreUnknown,omitempty"`
}

type exampleJSON struct {
	Principal any            `json:"principal"`
	Session   string         `json:"session,omitempty"`
	Action    string         `json:"action"`
	Resource  string         `json:"resource"`
	Context   map[string]any `json:"context"`
	Statement statementJSON  `json:"statement"` // that allows the request, or denies it
	// EndpointType is the type of endpoint that the example is of, where it
	// shows nothing on one of the other type.
	EndpointType string `json:"endpointType,omitempty"`
}

type statementJSON struct {
	Index int    `json:"index"`
	Sid   string `json:"sid"`
}

func (p *policyPair) report(c *comparison) comparisonJSON {
	return comparisonJSON{Schema: comparisonSchema, Relation: c.relation().String(), differencesJSON: p.differences(c)}
}

func (p *policyPair) differences(c *comparison) differencesJSON {
	var d differencesJSON
	d.NewAccess, d.NewAccessExample, d.NewAccessUnknown = p.difference(c.allowed.New)
	d.LessAccess, d.LessAccessExample, d.LessAccessUnknown = p.difference(c.allowed.Less)
	d.DeniesLess, d.DeniesLessExample, d.DeniesLessUnknown = p.difference(c.denied.New)
	d.DeniesMore, d.DeniesMoreExample, d.DeniesMoreUnknown = p.difference(c.denied.Less)
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
	switch d.Endpoint {
	case policy.EndpointGateway:
		x.EndpointType = "Gateway"
	case policy.EndpointInterface:
		x.EndpointType = "Interface"
	case policy.EndpointNone, policy.EndpointUnspecified:
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

// comparedPart is one difference in words: an example, or why it is not known.
type comparedPart struct {
	title, unknown string
	example        [][2]string // name and value
}

// parts are the differences that people are told.
func (p *policyPair) parts(c *comparison) []comparedPart {
	var out []comparedPart
	aside := ""
	if !c.guardrails {
		aside = " (which counts where another policy allows it: --denials)"
	}
	for _, d := range []struct {
		symbolic.Difference
		title, verb string
		told        bool // by another difference
	}{
		{c.allowed.New, "allowed by NEW, not by OLD", "allowed", false},
		{c.allowed.Less, "allowed by OLD, not by NEW", "allowed", false},
		{c.denied.New, "denied by OLD, not by NEW" + aside, "denied", c.allowed.New.Exists == policy.True},
		{c.denied.Less, "denied by NEW, not by OLD" + aside, "denied", c.allowed.Less.Exists == policy.True},
	} {
		exists, x, unknown := p.difference(d.Difference)
		switch {
		case d.told:
		case exists == nil:
			out = append(out, comparedPart{title: d.title, unknown: unknown})
		case *exists:
			out = append(out, comparedPart{title: d.title + ", for example", example: x.lines(d.verb)})
		}
	}
	return out
}

// print writes a comparison for people.
func (p *policyPair) print(w io.Writer, c *comparison) error {
	var b strings.Builder
	fmt.Fprintln(&b, c.relation())
	for _, part := range p.parts(c) {
		if part.unknown != "" {
			fmt.Fprintf(&b, "\n%s: UNKNOWN\n  %s\n", part.title, safeText(part.unknown))
			continue
		}
		fmt.Fprintf(&b, "\n%s:\n", part.title)
		for _, l := range part.example {
			fmt.Fprintf(&b, "  %-10s %s\n", l[0], safeText(l[1]))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// lines are an example's names and values; verb is what the statement did.
func (x *exampleJSON) lines(verb string) [][2]string {
	var out [][2]string
	line := func(name string, value any) {
		text, ok := value.(string)
		if !ok {
			text = jsonText(value)
		}
		out = append(out, [2]string{name, text})
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
	if x.EndpointType != "" {
		line("endpoint", x.EndpointType)
	}
	line(verb+" by", "statement "+statement)
	return out
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
