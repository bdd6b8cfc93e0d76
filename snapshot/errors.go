package snapshot

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// LoadError is one problem at one place of the input. Load joins them all,
// ordered by file and place, so that a snapshot is mended in one pass.
type LoadError struct {
	File         string // as the user may find it; empty for Parse
	At           Source // JSON pointer inside the file
	Line, Column int    // 1-based, the column in characters; 0: the file as a whole
	Problem      string // lower case, e.g. `"10.0.0.0/33" is not a CIDR block`
	Hint         string // what to do next; may be empty
	Err          error  // the cause, or nil
}

// Error names the place, then the problem, then the hint.
func (e *LoadError) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File + ":")
	}
	if e.Line > 0 {
		fmt.Fprintf(&b, "%d:%d:", e.Line, e.Column)
	}
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	if p := e.At.Pointer(); p != "" {
		b.WriteString(p + ": ")
	}
	b.WriteString(e.Problem)
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	if e.Hint != "" {
		b.WriteString(" (" + e.Hint + ")")
	}
	return b.String()
}

func (e *LoadError) Unwrap() error { return e.Err }

// LoadErrors are all the problems of one input, in order.
type LoadErrors []*LoadError

// shownErrors is how many problems an error's text lists.
const shownErrors = 20

// Error lists the problems, one on each line.
func (es LoadErrors) Error() string {
	lines := make([]string, 0, len(es))
	for i, e := range es {
		if i == shownErrors {
			lines = append(lines, fmt.Sprintf("and %d more", len(es)-i))
			break
		}
		lines = append(lines, e.Error())
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives errors.As each problem.
func (es LoadErrors) Unwrap() []error {
	out := make([]error, len(es))
	for i, e := range es {
		out[i] = e
	}
	return out
}

// joined returns es in order as one error, or nil.
func joined(es []*LoadError) error {
	if len(es) == 0 {
		return nil
	}
	slices.SortStableFunc(es, func(a, b *LoadError) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			strings.Compare(a.Problem, b.Problem))
	})
	return LoadErrors(es)
}

// inFile sets the file of every problem in err that names none.
func inFile(err error, file string) error {
	if es, ok := err.(LoadErrors); ok {
		for _, e := range es {
			if e.File == "" {
				e.File = file
			}
		}
	}
	return err
}
