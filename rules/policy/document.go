package policy

import (
	"strconv"
	"sync/atomic"
)

// Document is a parsed policy. Built by Parse; immutable afterwards.
type Document struct {
	Version    string // "2012-10-17" or "2008-10-17"; absent is the latter (P1)
	ID         string
	Statements []Statement
	Size       int // bytes of the text
	// Characters are those of the text, Compact those that are no white space,
	// as IAM counts (P16).
	Characters, Compact int
	Warnings            []string
	Kind                Kind // what it was parsed as
	// Single tells that Statement is one object, not an array (P5).
	Single bool

	program atomic.Pointer[program] // compiled when first evaluated
}

// StatementPointer is the JSON pointer of statement i from the document's root.
func (d *Document) StatementPointer(i int) string {
	if d.Single {
		return "/Statement"
	}
	return "/Statement/" + strconv.Itoa(i)
}

// Variables tells whether policy variables are expanded (P2).
func (d *Document) Variables() bool { return d.Version == "2012-10-17" }

// Statement is one statement, in the document's order.
type Statement struct {
	Index int // position, 0-based
	Sid   string
	Deny  bool
	// Principals is nil where the policy type has none. NotPrincipal tells
	// that it is to be read as "everyone but".
	Principals   *Principals
	NotPrincipal bool
	Actions      []string // patterns as written
	NotAction    bool
	Resources    []string // patterns as written; nil in trust policies
	NotResource  bool
	HasResource  bool
	Conditions   []Condition // all must hold
	Line, Column int         // of the statement in its text, 1-based
}

// Principals is a Principal or NotPrincipal element. All is "*".
type Principals struct {
	All       bool
	AWS       []string
	Service   []string
	Federated []string
	Canonical []string
}

// Condition is one operator applied to one key.
type Condition struct {
	Operator Operator
	Key      string   // as written
	Values   []string // coerced to text (P177)
	// Line and Column are of the key in the document's text, 1-based.
	Line, Column int
}

// Qualifier is a set qualifier of a condition operator.
type Qualifier uint8

const (
	NoQualifier Qualifier = iota
	ForAllValues
	ForAnyValue
)

// Operator is a condition operator taken apart.
type Operator struct {
	Base      string // canonical spelling, e.g. "StringNotLike"
	Qualifier Qualifier
	IfExists  bool
}
