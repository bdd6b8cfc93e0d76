package policy

// Document is a parsed policy. Built by Parse; immutable afterwards.
type Document struct {
	Version    string // "2012-10-17" or "2008-10-17"; absent is the latter (P1)
	ID         string
	Statements []Statement
	Size       int // bytes of the text
	Warnings   []string
}

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
