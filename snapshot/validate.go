package snapshot

import (
	_ "embed" // the published schema
	"sync"

	"github.com/canreach/canreach/internal/jsonscan"
	"github.com/canreach/canreach/internal/schemacheck"
)

//go:embed snapshot.schema.json
var schemaText []byte

// JSONSchema returns the JSON Schema of the native form, as it is published.
func JSONSchema() []byte { return schemaText }

var compiledSchema = sync.OnceValues(func() (*schemacheck.Schema, error) { return schemacheck.Compile(schemaText) })

// Validate reads a snapshot, checks its native form against the published JSON
// Schema, and returns it with all that is wrong with it: the loader's own
// errors, which know more than a schema can say, and the schema's.
func Validate(path string, opt Options) (*Snapshot, error) {
	native, from, warnings, err := readNative(path, opt)
	if err != nil {
		return nil, err
	}
	s, loadErr := Parse(native)
	var all []*LoadError
	if es, ok := loadErr.(LoadErrors); ok {
		all = es
	}
	if s != nil {
		for _, m := range s.missing {
			all = append(all, lateProblem{m.at, m.member + ", which AWS always sends, is missing"}.locate(native))
		}
	}
	all = append(all, schemaProblems(native, all)...)
	if err := joined(all); err != nil {
		return nil, located(err, path, from)
	}
	s.Warnings = append(warnings, s.Warnings...)
	return s, nil
}

// schemaProblems returns what the schema forbids at places that known does not
// complain of already.
func schemaProblems(native []byte, known []*LoadError) []*LoadError {
	schema, err := compiledSchema()
	if err != nil {
		panic("unreachable: the published schema does not compile: " + err.Error())
	}
	type spot struct{ line, column int }
	seen := map[spot]bool{}
	for _, e := range known {
		seen[spot{e.Line, e.Column}] = true
	}
	problems := schema.Check(native)
	offsets := make([]int, len(problems))
	for i, p := range problems {
		offsets[i] = p.Offset
	}
	var out []*LoadError
	for i, pos := range locateUnordered(native, offsets) {
		if !seen[spot{pos.Line, pos.Column}] {
			out = append(out, &LoadError{At: At(pos.Pointer), Line: pos.Line, Column: pos.Column, Problem: problems[i].Text,
				Hint: "the JSON Schema asks for it"})
		}
	}
	return out
}

// locateUnordered is jsonscan.LocateAll for offsets that may step back: an
// object's missing member is found at its end.
func locateUnordered(data []byte, offsets []int) []jsonscan.Position {
	order := make([]int, len(offsets))
	for i := range order {
		order[i] = i
	}
	sortBy(order, func(i int) int { return offsets[i] })
	inOrder := make([]int, len(offsets))
	for k, i := range order {
		inOrder[k] = offsets[i]
	}
	out := make([]jsonscan.Position, len(offsets))
	for k, p := range jsonscan.LocateAll(data, inOrder) {
		out[order[k]] = p
	}
	return out
}
