package policy

import "net/netip"

// PatternPart is a piece of a pattern of a policy: exactly one of Literal,
// Wildcard and Variable is set.
type PatternPart struct {
	Literal  string
	Wildcard byte   // '*' or '?'
	Variable string // a condition key, lower case
	// Default is the variable's default, where HasDefault (P64).
	Default    string
	HasDefault bool
}

// PatternParts takes a pattern apart as the evaluator does. Policy variables
// are recognised where variables is set (see Document.Variables), and * and ?
// are wildcards where glob is.
func PatternParts(text string, variables, glob bool) []PatternPart {
	tokens := tokenize(text, variables, glob)
	parts := make([]PatternPart, len(tokens))
	for i, t := range tokens {
		switch t.kind {
		case tokenLiteral:
			parts[i].Literal = t.text
		case tokenStar:
			parts[i].Wildcard = '*'
		case tokenAny:
			parts[i].Wildcard = '?'
		case tokenVariable:
			parts[i] = PatternPart{Variable: t.text, Default: t.fallback, HasDefault: t.hasDefault}
		}
	}
	return parts
}

// CompareNumbers orders two numbers as Numeric operators read them: -1, 0 or
// 1. It is false where one of them is no number (P157).
func CompareNumbers(a, b string) (order int, ok bool) {
	x, okX := parseDecimal(a)
	y, okY := parseDecimal(b)
	return x.compare(y), okX && okY
}

// ParseInstant reads a date as Date operators do, in milliseconds since the
// epoch (P159).
func ParseInstant(s string) (int64, bool) { return parseInstant(s) }

// ParseNetwork reads the value of an IpAddress operator; it is false for one
// that matches nothing (P160, P161).
func ParseNetwork(s string) (netip.Prefix, bool) { return parseNetwork(s) }
