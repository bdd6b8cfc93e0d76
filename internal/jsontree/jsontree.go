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

// style is the layout that added values take.
type style struct {
	newline string // "\n" or "\r\n"; empty: one line
	indent  string
	colon   string // between key and value, ":" or ": "
	comma   string // whitespace after a comma on one line, "" or " "
}

// Node is one JSON value of a tree, or a fresh one that will be put into a tree.
type Node struct {
	raw    []byte // the text as read; of a fresh node nil
	kind   Kind
	depth  int
	style  *style
	opened bool
	edited bool
	items  []item
	tail   string // whitespace before the closing bracket
	empty  string // the same while the container is empty
}

type item struct {
	lead  string // whitespace before the key or element
	key   string
	label string // the key's text with quotes
	colon string // colon with its whitespace
	value *Node
	trail string // whitespace after the value
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
	from, to := skipSpace(text, 0), len(bytes.TrimRight(text, " \t\r\n"))
	root := &Node{raw: text[from:to], style: detect(text[from:to])}
	root.kind = kindOf(root.raw[0])
	return &Tree{Root: root, prefix: text[:from], suffix: text[to:]}, nil
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
	t.Root.render(&b)
	b.Write(t.suffix)
	return b.Bytes()
}

// detect finds the layout of an object or array by its first members.
func detect(raw []byte) *style {
	s := &style{colon: ":"}
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

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// skipString returns the index after the string that begins at i.
func skipString(b []byte, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// skipValue returns the index after the value that begins at i. The text is
// valid, so counting brackets outside strings is enough.
func skipValue(b []byte, i int) int {
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		depth := 0
		for {
			switch b[i] {
			case '"':
				i = skipString(b, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
			i++
		}
	}
	for i < len(b) && strings.IndexByte(",]} \t\r\n", b[i]) < 0 {
		i++
	}
	return i
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
		end := skipValue(b, i)
		it.value = &Node{raw: b[i:end], kind: kindOf(b[i]), depth: n.depth + 1, style: n.style}
		start, i = end, skipSpace(b, end)
		if b[i] != ',' {
			n.tail = string(b[start:i])
			n.items = append(n.items, it)
			return
		}
		it.trail = string(b[start:i])
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

func (n *Node) changed() bool {
	if n.edited {
		return true
	}
	for _, it := range n.items {
		if it.value.changed() {
			return true
		}
	}
	return false
}

func (n *Node) render(b *bytes.Buffer) {
	if !n.opened || n.raw != nil && !n.changed() {
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
		it.value.render(b)
		if i < len(n.items)-1 {
			b.WriteString(it.trail)
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
	n.render(&b)
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
