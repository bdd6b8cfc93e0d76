// Package change edits a snapshot the way AWS would: a change is an AWS
// operation with its parameters, or a JSON Patch. It makes the side effects
// that AWS makes, and refuses with the reason what AWS would refuse.
package change

import (
	"errors"
	"fmt"
	"strings"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/internal/located"
)

// Schema names the form of change files.
const Schema = "canreach.change/v1"

// MaxChanges is how many changes one file may hold.
const MaxChanges = 10_000

// Change is one edit: an AWS operation under AWS's own name with AWS's own
// parameters, or the operation "Patch".
type Change struct {
	Operation  string        // "AuthorizeSecurityGroupEgress"
	parameters located.Value // a map, keys in AWS's spelling; of a patch, a list
	Account    string        // where ids alone don't tell; usually empty
	Region     string
	As         string // the id to give what the operation creates
	Comment    string
	File       string
	at         located.Position
	op         *operation
}

// Names lists the parameters that the change gives, in AWS's spelling.
func (c *Change) Names() []string {
	out := make([]string, len(c.parameters.Members))
	for i, m := range c.parameters.Members {
		out[i] = m.Key
	}
	return out
}

// Text is the value of a parameter, by its name in AWS's spelling, where that is
// a text; else "".
func (c *Change) Text(parameter string) string {
	v, _ := c.parameters.Get(parameter)
	return v.Text
}

// Texts lists every text in the parameters: ids, names, policy documents.
func (c *Change) Texts() []string {
	var out []string
	var walk func(v *located.Value)
	walk = func(v *located.Value) {
		for i := range v.Members {
			walk(&v.Members[i].Value)
		}
		for i := range v.Items {
			walk(&v.Items[i])
		}
		if v.Text != "" {
			out = append(out, v.Text)
		}
	}
	walk(&c.parameters)
	return out
}

// New makes a change of alternating parameter names and values. It panics on
// a change that could not stand in a file: what a program writes must be right.
func New(operation string, pairs ...any) Change {
	c, err := read(located.Pairs(operation, located.Pairs(pairs...)))
	if err != nil {
		panic("unreachable: " + err.Error())
	}
	return c
}

// Service returns the AWS CLI's name of the service that is changed, e.g. "ec2".
func (c Change) Service() string {
	if c.op == nil {
		return ""
	}
	return c.op.service
}

// Parse reads a change file: YAML documents or one JSON text. A document is
// one change, a list of changes, or a mapping with the list under "changes";
// a list of {op, path} is a JSON Patch. Errors have file, line and column.
func Parse(file string, text []byte) ([]Change, error) {
	docs, err := located.Parse(file, text)
	if err != nil {
		return nil, err
	}
	var out []Change
	var problems []error
	for _, d := range docs {
		changes, errs := readDocument(d)
		out = append(out, changes...)
		problems = append(problems, errs...)
	}
	if len(out) == 0 && len(problems) == 0 {
		problems = append(problems, &located.Error{Problem: "no change is in the file"})
	}
	if len(out) > MaxChanges {
		problems = append(problems, &located.Error{Problem: fmt.Sprintf("more than %d changes", MaxChanges)})
	}
	for i := range out {
		out[i].File = file
	}
	for _, p := range problems {
		var le *located.Error
		if errors.As(p, &le) {
			le.File = file
		}
	}
	return out, errors.Join(problems...)
}

func readDocument(d located.Value) ([]Change, []error) {
	items := []located.Value{d}
	if list, ok := d.Get("changes"); ok && d.Kind == located.Map {
		if err := checkHeader(d); err != nil {
			return nil, []error{err}
		}
		if list.Kind != located.List {
			return nil, []error{list.Errorf("changes takes a list, not %s", list.Kind)}
		}
		items = list.Items
		if isPatch(list) {
			items = []located.Value{list}
		}
	} else if d.Kind == located.List && !isPatch(d) {
		items = d.Items
	}
	var out []Change
	var problems []error
	for _, item := range items {
		c, err := read(item)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		out = append(out, c)
	}
	return out, problems
}

func checkHeader(d located.Value) error {
	for _, m := range d.Members {
		switch m.Key {
		case "changes", "$schema", "comment", "description":
		case "schema":
			if m.Value.Text != Schema {
				return m.Value.Errorf("schema %q is not %s", m.Value.Text, Schema)
			}
		default:
			return &located.Error{At: m.At, Problem: fmt.Sprintf("%q does not belong beside changes", m.Key)}
		}
	}
	return nil
}

func isPatch(v located.Value) bool {
	if v.Kind != located.List || len(v.Items) == 0 {
		return false
	}
	_, op := v.Items[0].Get("op")
	_, path := v.Items[0].Get("path")
	return op && path
}

// read reads one change.
func read(v located.Value) (Change, error) {
	c := Change{at: v.At}
	if isPatch(v) {
		c.Operation, c.parameters, c.op = patchOperation.name, v, patchOperation
		return c, checkPatch(v)
	}
	if v.Kind != located.Map {
		return c, v.Errorf("a change is a mapping from an AWS operation to its parameters, not %s", v.Kind)
	}
	for _, m := range v.Members {
		switch strings.ToLower(m.Key) {
		case "account":
			c.Account = m.Value.Text
		case "region":
			c.Region = m.Value.Text
		case "as":
			c.As = m.Value.Text
		case "comment":
			c.Comment = m.Value.Text
		default:
			if c.op != nil {
				return c, &located.Error{At: m.At, Problem: fmt.Sprintf("%q stands beside %s; one list item is one change", m.Key, c.op.key())}
			}
			if err := c.readOperation(m); err != nil {
				return c, err
			}
		}
	}
	if c.op == nil {
		return c, v.Errorf("no operation is in the change")
	}
	return c, nil
}

func (c *Change) readOperation(m located.Member) error {
	c.at = m.At
	op, err := findOperation(m.Key, m.Value)
	if err != nil {
		return &located.Error{At: m.At, Problem: err.Error()}
	}
	c.Operation, c.op = op.name, op
	if op == patchOperation {
		c.parameters = m.Value
		return checkPatch(m.Value)
	}
	if m.Value.Kind == located.Null {
		m.Value = located.Value{Kind: located.Map, At: m.At}
	}
	c.parameters, err = conform(m.Value, structure(op.parameters...), op.key())
	return err
}

// RefusedError is a change that AWS would refuse, or that this snapshot gives
// no hold for.
type RefusedError struct {
	Change Change
	Code   string // AWS's error code; empty: the snapshot, not AWS, is in the way
	Reason string
}

func (e *RefusedError) Error() string {
	reason := e.Reason
	if e.Code != "" {
		reason = fmt.Sprintf("AWS would refuse this: %s: %s", e.Code, e.Reason)
	}
	at := &located.Error{File: e.Change.File, At: e.Change.at, Problem: fmt.Sprintf("%s: %s", e.Change.Key(), reason)}
	return at.Error()
}

// Key returns the operation as change files spell it, e.g. "createRoute".
func (c Change) Key() string {
	if c.op == nil {
		return c.Operation
	}
	return c.op.key()
}

// Applied is a changed snapshot.
type Applied struct {
	Native []byte   // the native form's bytes
	Notes  []string // side effects that were made, quotas that may stand in the way
}

// Apply makes the changes, in order, on a native snapshot. What they don't
// touch keeps its bytes. The error is a *RefusedError where a change is at fault.
func Apply(native []byte, changes []Change) (*Applied, error) {
	tree, err := jsontree.Parse(native)
	if err != nil {
		return nil, fmt.Errorf("the snapshot: %w", err)
	}
	notes, err := apply(tree.Root, changes)
	if err != nil {
		return nil, err
	}
	return &Applied{Native: tree.Bytes(), Notes: notes}, nil
}

// apply makes the changes and returns the side effects in words.
func apply(root *jsontree.Node, changes []Change) ([]string, error) {
	e := &editor{root: root}
	for _, c := range changes {
		e.change = c
		if c.op == nil {
			return nil, e.refuse("", "the change was not made by Parse or New")
		}
		if err := c.op.apply(e, parameters{c.parameters}); err != nil {
			return nil, err
		}
	}
	return e.notes, nil
}
