package policy

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/canreach/canreach/internal/jsonscan"
)

// MaxDocumentSize is the size in bytes beyond which a text is not read as a
// policy at all. AWS's own limits are far below and only warned of (P16).
const MaxDocumentSize = 1 << 20

// grammar is what a kind of policy asks of its statements (P3, P7 to P9, P101).
type grammar struct {
	id             bool // Id is legal
	principal      bool // Principal or NotPrincipal is required; else both are forbidden
	notPrincipal   bool // NotPrincipal is legal
	noResource     bool // there is no Resource element
	resourceOption bool // Resource may be left out
	iamCharacters  bool // P14 and the Sid rules of IAM (P4)
}

func (k Kind) grammar() grammar {
	switch k {
	case KindIdentity, KindBoundary, KindSession:
		return grammar{iamCharacters: true}
	case KindSCP:
		return grammar{}
	case KindRCP:
		return grammar{principal: true}
	case KindEndpoint, KindBucket, KindAccessPoint, KindKey:
		return grammar{id: true, principal: true, notPrincipal: true}
	case KindTrust:
		return grammar{id: true, principal: true, noResource: true, iamCharacters: true}
	case KindResource:
		return grammar{id: true, principal: true, notPrincipal: true, resourceOption: true}
	case KindUnspecified:
	}
	panic(fmt.Sprintf("unreachable: policy kind %d", k))
}

// parser reads one document.
type parser struct {
	scanner
	kind Kind
	grammar
	doc  *Document
	sids map[string]bool
	// values are those of the list that is being read.
	values []string
}

// Parse reads a policy document strictly: what AWS would refuse is a
// *SyntaxError with line, column and JSON pointer. The text may be JSON, JSON
// inside a JSON string, or URL-encoded JSON, two levels deep (P18).
//
// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
func Parse(text []byte, kind Kind) (*Document, error) {
	if kind == KindUnspecified {
		return nil, &SyntaxError{Line: 1, Column: 1, Problem: "no kind of policy is given to read the document as"}
	}
	if len(text) > MaxDocumentSize {
		return nil, &SyntaxError{Line: 1, Column: 1, Problem: fmt.Sprintf("document of %d bytes is larger than the %d that are read", len(text), MaxDocumentSize)}
	}
	text, err := jsonscan.DecodeDocument(text)
	if err != nil {
		return nil, &SyntaxError{Line: 1, Column: 1, Problem: "neither JSON nor URL-encoded JSON: " + err.Error()}
	}
	p := &parser{kind: kind, grammar: kind.grammar(), doc: &Document{Size: len(text), Kind: kind}, sids: map[string]bool{}}
	p.text = string(text) // whose parts the document's texts are
	p.ascii = isASCII(p.text)
	p.path = make([]string, 0, 8)
	p.latin1 = p.iamCharacters
	if err := p.document(); err != nil {
		return nil, err
	}
	if err := p.end(); err != nil {
		return nil, err
	}
	if p.doc.Characters = len(p.text); !p.ascii {
		p.doc.Characters = utf8.RuneCountInString(p.text)
	}
	p.doc.Compact = p.doc.Characters
	for _, space := range [...]string{" ", "\t", "\n", "\r"} {
		p.doc.Compact -= strings.Count(p.text, space)
	}
	return p.doc, nil
}

func (p *parser) warn(format string, args ...any) {
	p.doc.Warnings = append(p.doc.Warnings, pointer(p.path)+": "+fmt.Sprintf(format, args...))
}

func (p *parser) document() error {
	start := p.pos
	if p.space() != '{' {
		return p.fail(p.pos, "a policy document is a JSON object, got %s", p.describe())
	}
	p.doc.Version = "2008-10-17"
	found := false
	err := p.object(false, func(key string, off int) error {
		switch key {
		case "Version":
			return p.version()
		case "Id":
			if !p.id {
				return p.fail(off, "Id is legal in resource-based policies only")
			}
			var err error
			p.doc.ID, err = p.text1("Id")
			return err
		case "Statement":
			found = true
			return p.statements()
		}
		return p.fail(off, "unknown element %q%s", key, caseHint(key, "Version", "Id", "Statement"))
	})
	if err == nil && !found {
		err = p.fail(start, "Statement is missing")
	}
	return err
}

// caseHint helps where only the case of an element is wrong (P12).
func caseHint(key string, names ...string) string {
	for _, n := range names {
		if strings.EqualFold(key, n) {
			return ": element names are case-sensitive, write " + n
		}
	}
	return ""
}

func (p *parser) version() error {
	off := p.pos
	v, err := p.text1("Version")
	if err != nil {
		return err
	}
	if v != "2012-10-17" && v != "2008-10-17" {
		return p.fail(off, `Version must be "2012-10-17" or "2008-10-17", got %q`, clip(v))
	}
	p.doc.Version = v
	return nil
}

// text1 reads one string.
func (p *parser) text1(what string) (string, error) {
	if p.space() != '"' {
		return "", p.fail(p.pos, "%s must be a string, got %s", what, p.describe())
	}
	return p.str()
}

// clip shortens what an error repeats.
func clip(s string) string {
	const limit = 200
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

func (p *parser) statements() error {
	off := p.pos
	switch p.space() {
	case '{':
		p.doc.Single = true
		return p.statement()
	case '[':
		const many = 64 // beyond these the list grows
		p.doc.Statements = make([]Statement, 0, min(strings.Count(p.text, `"Effect"`), many))
		if err := p.array(func(int) error { return p.statement() }); err != nil {
			return err
		}
		if len(p.doc.Statements) == 0 {
			return p.fail(off, "Statement is an empty array")
		}
		return nil
	}
	return p.fail(off, "Statement must be an object or an array of objects, got %s", p.describe())
}

var statementElements = []string{"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}

// elementOffsets are the offsets of a statement's elements, and 1.
type elementOffsets [9]int

func (e *elementOffsets) set(name string, off int) {
	if i := slices.Index(statementElements, name); i >= 0 {
		e[i] = off + 1
	}
}

// of is -1 where the statement lacks the element.
func (e *elementOffsets) of(name string) int { return e[slices.Index(statementElements, name)] - 1 }

func (p *parser) statement() error {
	start := p.pos
	if p.space() != '{' {
		return p.fail(p.pos, "a statement must be an object, got %s", p.describe())
	}
	st := Statement{Index: len(p.doc.Statements)}
	st.Line, st.Column = p.position(start)
	var seen elementOffsets
	err := p.object(false, func(key string, off int) error {
		seen.set(key, off)
		return p.element(&st, key, off)
	})
	if err != nil {
		return err
	}
	if err := p.complete(&st, &seen, start); err != nil {
		return err
	}
	p.doc.Statements = append(p.doc.Statements, st)
	return nil
}

// element reads the value of one statement element.
func (p *parser) element(st *Statement, key string, off int) (err error) {
	switch key {
	case "Sid":
		return p.sid(st)
	case "Effect":
		return p.effect(st)
	case "Principal", "NotPrincipal":
		st.NotPrincipal = key == "NotPrincipal"
		return p.principal(st, key, off)
	case "Action", "NotAction":
		st.NotAction = key == "NotAction"
		if st.NotAction && p.kind == KindRCP {
			return p.fail(off, "NotAction is not legal in a resource control policy")
		}
		st.Actions, err = p.list(key, p.action)
		return err
	case "Resource", "NotResource":
		if p.noResource {
			return p.fail(off, "%s is not legal in a trust policy", key)
		}
		st.HasResource, st.NotResource = true, key == "NotResource"
		st.Resources, err = p.list(key, p.resource)
		return err
	case "Condition":
		return p.condition(st)
	}
	return p.fail(off, "unknown element %q%s", clip(key), caseHint(key, statementElements...))
}

// complete checks that the statement has one of each pair (P7, P8).
func (p *parser) complete(st *Statement, seen *elementOffsets, start int) error {
	if seen.of("Effect") < 0 {
		return p.fail(start, "Effect is missing")
	}
	pairs := [...]struct {
		a, b     string
		required bool
	}{
		{"Principal", "NotPrincipal", p.grammar.principal},
		{"Action", "NotAction", true},
		{"Resource", "NotResource", !p.noResource && !p.resourceOption},
	}
	for _, pr := range pairs {
		switch {
		case seen.of(pr.a) >= 0 && seen.of(pr.b) >= 0:
			return p.fail(max(seen.of(pr.a), seen.of(pr.b)), "%s and %s exclude each other", pr.a, pr.b)
		case pr.required && seen.of(pr.a) < 0 && seen.of(pr.b) < 0:
			return p.fail(start, "%s is missing", pr.a)
		}
	}
	if p.kind == KindBucket && st.NotPrincipal && !st.Deny {
		return p.fail(seen.of("NotPrincipal"), "NotPrincipal with Allow is not legal in a bucket policy: S3 refuses it")
	}
	if p.kind == KindRCP {
		return p.controlPolicy(st, start)
	}
	return nil
}

// controlPolicy holds a resource control policy to P101. The one Allow is that
// of RCPFullAWSAccess.
func (p *parser) controlPolicy(st *Statement, start int) error {
	if !st.Deny {
		full := len(st.Actions) == 1 && st.Actions[0] == "*" && !st.NotResource && len(st.Resources) == 1 && st.Resources[0] == "*" && len(st.Conditions) == 0
		if !full {
			return p.fail(start, "a resource control policy holds only Deny statements; the only Allow is RCPFullAWSAccess")
		}
		return nil
	}
	for _, a := range st.Actions {
		if a == "*" {
			return p.fail(start, `"Action": "*" is not legal in a resource control policy: name the service, e.g. "s3:*"`)
		}
	}
	return nil
}

func (p *parser) sid(st *Statement) error {
	off := p.pos
	var err error
	if st.Sid, err = p.text1("Sid"); err != nil || st.Sid == "" {
		return err
	}
	if p.iamCharacters {
		for _, r := range st.Sid {
			if !('0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z') {
				return p.fail(off, "Sid may hold only letters and digits, got %q", clip(st.Sid))
			}
		}
		if p.sids[st.Sid] {
			return p.fail(off, "Sid %q is used twice", clip(st.Sid))
		}
	} else if p.sids[st.Sid] {
		p.warn("Sid %q is used twice", clip(st.Sid))
	}
	p.sids[st.Sid] = true
	return nil
}

func (p *parser) effect(st *Statement) error {
	off := p.pos
	v, err := p.text1("Effect")
	if err != nil {
		return err
	}
	switch v {
	case "Allow":
	case "Deny":
		st.Deny = true
	default:
		return p.fail(off, `Effect must be "Allow" or "Deny", got %q`, clip(v))
	}
	return nil
}

// list reads a string or an array of strings (P6), checking each.
func (p *parser) list(what string, check func(v string) string) ([]string, error) {
	one := func() (string, error) {
		off := p.pos
		v, err := p.text1(what)
		if err == nil && check != nil {
			if problem := check(v); problem != "" {
				err = p.fail(off, "%s", problem)
			}
		}
		return v, err
	}
	if p.space() != '[' {
		v, err := one()
		return []string{v}, err
	}
	p.values = p.values[:0]
	err := p.array(func(int) error {
		v, err := one()
		p.values = append(p.values, v)
		return err
	})
	if err == nil && len(p.values) == 0 {
		p.warn("empty %s: the statement matches nothing", what)
	}
	return append(make([]string, 0, len(p.values)), p.values...), err
}

// action checks an action pattern's form (P35) and says what is wrong with it.
func (p *parser) action(v string) string {
	if v == "*" {
		return ""
	}
	service, name, ok := strings.Cut(v, ":")
	if !ok || service == "" || name == "" {
		return fmt.Sprintf(`an action is "*" or "service:Name", got %q`, clip(v))
	}
	return ""
}

// resource checks a resource pattern's form (P45, P48, P49).
func (p *parser) resource(v string) string {
	if v == "*" {
		return ""
	}
	parts := splitARNPattern(v)
	if parts[0] != "arn" || len(parts) < 2 {
		return fmt.Sprintf(`a resource is "*" or an ARN, got %q`, clip(v))
	}
	if len(parts) >= 6 {
		if strings.ContainsAny(withoutVariables(parts[2]), "*?") {
			return fmt.Sprintf("the service part of an ARN takes no wildcard, got %q", clip(v))
		}
		if parts[2] == "" {
			return fmt.Sprintf("the service part of the ARN is empty: %q", clip(v))
		}
		return ""
	}
	if slices.Contains(parts[1:], "") {
		return fmt.Sprintf("ARN %q has fewer than six parts, and one is empty", clip(v))
	}
	wild := strings.ContainsAny(v, "*?")
	switch p.kind {
	case KindSession:
		return fmt.Sprintf("ARN %q has fewer than six parts, which a session policy may not hold", clip(v))
	case KindRCP:
		return fmt.Sprintf("ARN %q has fewer than six parts", clip(v))
	case KindSCP:
		if !strings.HasSuffix(v, "*") {
			return fmt.Sprintf("ARN %q has fewer than six parts and no wildcard at its end", clip(v))
		}
	case KindEndpoint, KindBucket, KindAccessPoint:
		if !wild {
			return fmt.Sprintf("ARN %q has fewer than six parts and no wildcard", clip(v))
		}
	case KindIdentity, KindBoundary, KindTrust, KindKey, KindResource:
	}
	p.warn("ARN %q has fewer than six parts: AWS completes it with wildcards", clip(v))
	return ""
}
