package policy

import "errors"

// Parse reads a policy document strictly: what AWS would refuse is a
// *SyntaxError with line, column and JSON pointer.
func Parse(text []byte, kind Kind) (*Document, error) { return nil, errors.New("not built yet") }

// Evaluate decides one request.
func Evaluate(l *Layers, r *Request) Decision { return Decision{} }
