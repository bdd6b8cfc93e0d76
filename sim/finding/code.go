package finding

import (
	"slices"
	"strings"
)

// Code names a kind of finding or of missing fact, as answers print it. Only
// the catalogue makes codes, so that an unknown one does not compile. The zero
// Code is none.
type Code struct{ name string }

// String returns the code as answers print it, e.g. "NO_ROUTE_TO_DESTINATION".
func (c Code) String() string { return c.name }

// MarshalText implements encoding.TextMarshaler.
func (c Code) MarshalText() ([]byte, error) { return []byte(c.name), nil }

// UnmarshalText implements encoding.TextUnmarshaler. A word that the catalogue
// lacks is an *UnknownWordError.
func (c *Code) UnmarshalText(b []byte) error {
	e, ok := Lookup(string(b))
	if !ok {
		return &UnknownWordError{Kind: "finding code", Word: string(b)}
	}
	*c = e.Code
	return nil
}

// Analyzer returns AWS's Reachability Analyzer code for the same thing, or "".
//
// AWS: https://docs.aws.amazon.com/vpc/latest/reachability/explanation-codes.html
func (c Code) Analyzer() string { return catalogue[c.name].Analyzer }

// Kind tells what a code says.
type Kind uint8

const (
	Blocking    Kind = iota // something stops requests, or may
	PartOf                  // in which respect an answer holds for part of the question
	MissingFact             // a fact that the snapshot does not tell
	Lint                    // a policy does not do what it seems to
)

var kindNames = [...]string{"finding", "part", "missing fact", "lint"}

// String names the kind.
func (k Kind) String() string { return kindNames[k] }

// Entry is what the catalogue says of one code.
type Entry struct {
	Code     Code
	Kind     Kind
	Title    string   // a few words, no full stop
	Gates    []Gate   // where it is found; none: not bound to a gate
	Meaning  string   // one sentence
	Do       string   // what to do about it; for a missing fact, what to collect
	Analyzer string   // AWS's Reachability Analyzer code, or ""
	Rules    []string // of docs/semantics, e.g. "N38"
	Since    string   // the first version that has it
}

var catalogue = map[string]Entry{}

const firstVersion = "0.1"

func define(name string, e Entry) Code {
	if _, ok := catalogue[name]; ok {
		panic("unreachable: code defined twice: " + name)
	}
	e.Code = Code{name}
	if e.Since == "" {
		e.Since = firstVersion
	}
	catalogue[name] = e
	return e.Code
}

// Lookup finds a code's entry by the code's text.
func Lookup(code string) (Entry, bool) {
	e, ok := catalogue[code]
	return e, ok
}

// All returns the catalogue, sorted by code.
func All() []Entry {
	list := make([]Entry, 0, len(catalogue))
	for _, e := range catalogue {
		list = append(list, e)
	}
	slices.SortFunc(list, func(x, y Entry) int { return strings.Compare(x.Code.name, y.Code.name) })
	return list
}
