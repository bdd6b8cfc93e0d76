// Package located reads YAML and JSON documents that people write by hand
// into values that know their line and column, so that every complaint about
// their content can say where it is.
//
// Scalars keep their text: an account id of twelve digits that begins with a
// zero stays one, quoted or not. Input is hostile: size, nesting and the
// expansion of YAML aliases are bounded.
package located

import (
	"fmt"
	"strconv"
)

// Limits of what is read.
const (
	MaxBytes = 4 << 20 // of one file
	maxDepth = 200     // of nesting
	maxNodes = 400_000 // after the expansion of aliases
)

// Kind is the type of a value.
type Kind uint8

const (
	Null Kind = iota
	Bool
	Number
	String
	List
	Map
)

var kindNames = [...]string{"nothing", "a boolean", "a number", "text", "a list", "a mapping"}

// String names the kind as messages do.
func (k Kind) String() string { return kindNames[k] }

// Position is a place in a file, 1-based; the zero value is no place.
type Position struct{ Line, Column int }

// Value is one value with its place.
type Value struct {
	Kind    Kind
	Text    string // of a scalar; a boolean's is "true" or "false"
	Items   []Value
	Members []Member
	At      Position
}

// Member is one member of a map.
type Member struct {
	Key   string
	At    Position
	Value Value
}

// Error is one complaint at one place of a file.
type Error struct {
	File    string
	At      Position
	Problem string
}

func (e *Error) Error() string {
	switch {
	case e.At.Line == 0 && e.File == "":
		return e.Problem
	case e.At.Line == 0:
		return fmt.Sprintf("%s: %s", e.File, e.Problem)
	case e.File == "":
		return fmt.Sprintf("line %d, column %d: %s", e.At.Line, e.At.Column, e.Problem)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.At.Line, e.At.Column, e.Problem)
}

// Errorf returns an error at the value's place; the file's name is added by whoever knows it.
func (v Value) Errorf(format string, args ...any) *Error {
	return &Error{At: v.At, Problem: fmt.Sprintf(format, args...)}
}

// Get returns a map's member and whether there is one.
func (v Value) Get(key string) (Value, bool) {
	for _, m := range v.Members {
		if m.Key == key {
			return m.Value, true
		}
	}
	return Value{}, false
}

// Int returns an integer's value; text that spells one counts as well.
func (v Value) Int() (int, bool) {
	if v.Kind != Number && v.Kind != String {
		return 0, false
	}
	i, err := strconv.Atoi(v.Text)
	return i, err == nil
}

// Of makes a value of Go values: nil, bool, int, string, []string, []Value,
// Value, and []any of these; Pairs makes maps.
func Of(v any) Value {
	switch v := v.(type) {
	case nil:
		return Value{}
	case Value:
		return v
	case bool:
		return Value{Kind: Bool, Text: strconv.FormatBool(v)}
	case int:
		return Value{Kind: Number, Text: strconv.Itoa(v)}
	case string:
		return Value{Kind: String, Text: v}
	case []string:
		out := Value{Kind: List}
		for _, s := range v {
			out.Items = append(out.Items, Of(s))
		}
		return out
	case []Value:
		return Value{Kind: List, Items: v}
	case []any:
		out := Value{Kind: List}
		for _, e := range v {
			out.Items = append(out.Items, Of(e))
		}
		return out
	}
	panic(fmt.Sprintf("unreachable: a %T is not a value", v))
}

// Pairs makes a map of alternating keys and values.
func Pairs(pairs ...any) Value {
	out := Value{Kind: Map}
	for i := 0; i < len(pairs); i += 2 {
		out.Members = append(out.Members, Member{Key: pairs[i].(string), Value: Of(pairs[i+1])})
	}
	return out
}
