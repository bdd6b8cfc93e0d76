package snapshot

import (
	"github.com/canreach/canreach/internal/jsonscan"
)

// node is a JSON value of a small file, with the place that it stands at.
type node struct {
	kind    jsonscan.Kind
	offset  int
	text    string // of a string; the digits of a number; "true"
	keys    []string
	members map[string]*node
	items   []*node
}

// parseTree reads a whole small document.
func parseTree(data []byte) (*node, *jsonscan.Error) {
	s := jsonscan.New(data)
	n := readNode(s)
	s.End()
	if e := s.Err(); e != nil {
		return nil, e
	}
	return n, nil
}

func readNode(s *jsonscan.Scanner) *node {
	n := &node{kind: s.Peek()}
	n.offset = s.Offset()
	switch n.kind {
	case jsonscan.Object:
		n.members = map[string]*node{}
		for ok := s.EnterObject(); ok && s.NextKey(); {
			key := s.Key()
			n.keys = append(n.keys, key)
			n.members[key] = readNode(s)
		}
	case jsonscan.Array:
		for ok := s.EnterArray(); ok && s.NextItem(); {
			n.items = append(n.items, readNode(s))
		}
	case jsonscan.String:
		n.text = s.Text()
	case jsonscan.Number:
		n.text = s.Digits()
	case jsonscan.Bool:
		if s.Bool() {
			n.text = "true"
		}
	default:
		s.Skip()
	}
	return n
}

func (n *node) isTrue() bool { return n != nil && n.kind == jsonscan.Bool && n.text == "true" }

// get returns a member, or nil where there is none or it is null.
func (n *node) get(path ...string) *node {
	for _, key := range path {
		if n == nil || n.kind != jsonscan.Object {
			return nil
		}
		n = n.members[key]
	}
	if n == nil || n.kind == jsonscan.Null {
		return nil
	}
	return n
}
