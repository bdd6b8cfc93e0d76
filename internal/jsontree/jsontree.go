// Package jsontree edits JSON text in place: what is not edited keeps its
// bytes, member order and whitespace included, and what is added takes the
// layout of its surroundings. Adding a value and removing it again gives the
// first text back.
//
// Containers are opened only where somebody looks, so that one edit of a
// large document costs one scan of the way to it.
package jsontree

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Kind is the JSON type of a node.
type Kind uint8

const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

// Tree is one JSON text.
type Tree struct {
	Root           *Node
	prefix, suffix []byte
}

// style is the layout that added values take, and what else is one for a tree.
type style struct {
	ends    ends
	newline string // "\n" or "\r\n"; empty: one line
	indent  string
	colon   string // between key and value, ":" or ": "
	comma   string // whitespace after a comma on one line, "" or " "
}

// Node is one JSON value of a tree, or a fresh one that will be put into a tree.
type Node struct {
	raw    []byte // the text as read; of a fresh node nil
	at     int    // where raw begins in the tree's text
	kind   Kind
	depth  int
	style  *style
	parent *Node
	opened bool
	edited bool // its own members are others than in raw
	dirty  bool // it, or something in it, is edited
	items  []item
	tail   string // whitespace before the closing bracket
	empty  string // the same while the container is empty
}

type item struct {
	lead     string // whitespace before the key or element
	key      string
	label    string // the key's text with quotes
	colon    string // colon with its whitespace
	value    *Node
	trailing string // whitespace after the value
}

// Parse reads one JSON text. Nesting deeper than 10,000 is refused.
func Parse(text []byte) (*Tree, error) {
	if !json.Valid(text) {
		var v any
		err := json.Unmarshal(text, &v)
		var se *json.SyntaxError
		if errors.As(err, &se) {
			line, col := Position(text, int(se.Offset))
			return nil, fmt.Errorf("line %d, column %d: %w", line, col, err)
		}
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	return Of(text), nil
}

// Of is Parse for a text that is known to be JSON: somebody has read it whole.
func Of(text []byte) *Tree {
	from, to := skipSpace(text, 0), len(bytes.TrimRight(text, " \t\r\n"))
	root := &Node{raw: text[from:to], style: detect(text[from:to])}
	root.kind = kindOf(root.raw[0])
	return &Tree{Root: root, prefix: text[:from], suffix: text[to:]}
}

// Original is the tree as it was read, without its edits.
func (t *Tree) Original() *Tree {
	n := t.Root
	return &Tree{Root: &Node{raw: n.raw, at: n.at, kind: n.kind, depth: n.depth, style: n.style}, prefix: t.prefix, suffix: t.suffix}
}

// Position returns line and column, 1-based and in bytes, of an offset.
func Position(text []byte, offset int) (line, column int) {
	offset = min(max(offset, 0), len(text))
	head := text[:offset]
	return 1 + bytes.Count(head, []byte("\n")), offset - (bytes.LastIndexByte(head, '\n') + 1) + 1
}

// Bytes returns the text with all edits.
func (t *Tree) Bytes() []byte {
	var b bytes.Buffer
	b.Grow(len(t.prefix) + len(t.Root.raw) + len(t.suffix))
	b.Write(t.prefix)
	t.Root.render(&b, nil)
	b.Write(t.suffix)
	return b.Bytes()
}

// BytesWithout is Bytes with the arrays at the pointers empty. Those of one
// group stay where something in one of them was edited. It tells which groups
// are empty, by their first pointers.
func (t *Tree) BytesWithout(groups [][]string) (text []byte, empty []string) {
	hide := map[*Node]bool{}
	for _, group := range groups {
		nodes := make([]*Node, len(group))
		for i, p := range group {
			nodes[i] = t.Root.Resolve(p)
		}
		if slices.ContainsFunc(nodes, func(n *Node) bool { return n != nil && (n.dirty || n.kind != Array) }) {
			continue
		}
		empty = append(empty, group[0])
		for _, n := range nodes {
			if n == nil {
				continue
			}
			hide[n] = true
			for up := n.parent; up != nil; up = up.parent {
				hide[up] = false
			}
		}
	}
	var b bytes.Buffer
	t.Root.render(&b, hide)
	return b.Bytes(), empty
}

// Reset undoes all edits.
func (t *Tree) Reset() { t.Root.reset() }

func (n *Node) reset() {
	switch {
	case !n.dirty:
		return
	case n.edited: // to be opened anew
		n.opened, n.edited, n.items, n.tail = false, false, nil, ""
	default:
		for i := range n.items {
			n.items[i].value.reset()
		}
	}
	n.dirty = false
}

// edit notes that the node's own members change.
func (n *Node) edit() {
	n.edited = true
	for ; n != nil && !n.dirty; n = n.parent {
		n.dirty = true
	}
}

// detect finds the layout of an object or array by its first members.
func detect(raw []byte) *style {
	s := &style{ends: ends{}, colon: ":"}
	if len(raw) == 0 || raw[0] != '{' && raw[0] != '[' {
		return s
	}
	end := skipSpace(raw, 1)
	lead := string(raw[1:end])
	if i := strings.LastIndexByte(lead, '\n'); i >= 0 {
		s.newline, s.indent, s.colon, s.comma = "\n", lead[i+1:], ": ", " "
		if strings.Contains(lead, "\r\n") {
			s.newline = "\r\n"
		}
		return s
	}
	if raw[0] == '{' && raw[end] == '"' {
		if after := skipSpace(raw, skipString(raw, end)) + 1; after < len(raw) && raw[after] == ' ' {
			s.colon, s.comma = ": ", " "
		}
	}
	return s
}

func kindOf(c byte) Kind {
	switch c {
	case '{':
		return Object
	case '[':
		return Array
	case '"':
		return String
	case 't', 'f':
		return Bool
	case 'n':
		return Null
	}
	return Number
}

func (n *Node) open() {
	if n.opened || n.kind != Array && n.kind != Object {
		return
	}
	n.opened = true
	b, i := n.raw, 1
	for {
		start := i
		i = skipSpace(b, i)
		if b[i] == ']' || b[i] == '}' { // only reached when empty
			n.tail = string(b[start:i])
			n.empty = n.tail
			return
		}
		it := item{lead: string(b[start:i])}
		if n.kind == Object {
			end := skipString(b, i)
			it.label = string(b[i:end])
			it.key = unquote(b[i:end])
			start, i = end, skipSpace(b, skipSpace(b, end)+1)
			it.colon = string(b[start:i])
		}
		end := n.style.ends.skipValue(b, i, n.at)
		it.value = &Node{raw: b[i:end], at: n.at + i, kind: kindOf(b[i]), depth: n.depth + 1, style: n.style, parent: n}
		start, i = end, skipSpace(b, end)
		if b[i] != ',' {
			n.tail = string(b[start:i])
			n.items = append(n.items, it)
			return
		}
		it.trailing = string(b[start:i])
		n.items = append(n.items, it)
		i++
	}
}

func unquote(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return string(raw)
	}
	return s
}

// render writes the node. Of hide, nodes that are true are written as empty
// arrays, and those that are false stand above such.
func (n *Node) render(b *bytes.Buffer, hide map[*Node]bool) {
	hidden, above := hide[n]
	switch {
	case hidden:
		b.WriteString("[]")
		return
	case !n.opened, n.raw != nil && !n.dirty && !above:
		b.Write(n.raw)
		return
	}
	open, end := byte('{'), byte('}')
	if n.kind == Array {
		open, end = '[', ']'
	}
	b.WriteByte(open)
	for i, it := range n.items {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(it.lead)
		b.WriteString(it.label)
		b.WriteString(it.colon)
		it.value.render(b, hide)
		if i < len(n.items)-1 {
			b.WriteString(it.trailing)
		}
	}
	b.WriteString(n.tail)
	b.WriteByte(end)
}

// Kind returns the JSON type; of a nil node, Null.
func (n *Node) Kind() Kind {
	if n == nil {
		return Null
	}
	return n.kind
}

// Raw returns the value's text with all edits.
func (n *Node) Raw() []byte {
	if n == nil {
		return []byte("null")
	}
	var b bytes.Buffer
	n.render(&b, nil)
	return b.Bytes()
}

// Text returns a string's value, or a number's or boolean's text, and else "".
func (n *Node) Text() string {
	switch n.Kind() {
	case String:
		return unquote(n.raw)
	case Number, Bool:
		return string(n.raw)
	}
	return ""
}

// Int returns an integer's value.
func (n *Node) Int() (int, bool) {
	if n.Kind() != Number {
		return 0, false
	}
	v, err := strconv.Atoi(string(n.raw))
	return v, err == nil
}

// True tells whether the node is the boolean true.
func (n *Node) True() bool { return n.Kind() == Bool && n.raw[0] == 't' }

// Len returns the number of members or elements.
func (n *Node) Len() int {
	if n == nil {
		return 0
	}
	n.open()
	return len(n.items)
}

// At returns element i of an array, or the value of member i of an object.
func (n *Node) At(i int) *Node { n.open(); return n.items[i].value }

// Key returns the name of member i of an object.
func (n *Node) Key(i int) string { n.open(); return n.items[i].key }

// Elements returns the elements of an array; of anything else, none.
func (n *Node) Elements() []*Node {
	if n.Kind() != Array {
		return nil
	}
	n.open()
	out := make([]*Node, len(n.items))
	for i, it := range n.items {
		out[i] = it.value
	}
	return out
}

// Get returns an object's member, or nil. Of members with one name the last
// counts, as for encoding/json.
func (n *Node) Get(key string) *Node {
	if i := n.index(key); i >= 0 {
		return n.items[i].value
	}
	return nil
}

func (n *Node) index(key string) int {
	if n.Kind() != Object {
		return -1
	}
	n.open()
	for i := len(n.items) - 1; i >= 0; i-- {
		if n.items[i].key == key {
			return i
		}
	}
	return -1
}

// Resolve returns the value at a JSON pointer (RFC 6901), or nil.
func (n *Node) Resolve(pointer string) *Node {
	if pointer == "" {
		return n
	}
	if pointer[0] != '/' {
		return nil
	}
	for _, token := range strings.Split(pointer[1:], "/") {
		token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		switch n.Kind() {
		case Object:
			n = n.Get(token)
		case Array:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= n.Len() || token != strconv.Itoa(i) {
				return nil
			}
			n = n.At(i)
		default:
			return nil
		}
	}
	return n
}
