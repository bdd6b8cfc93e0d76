package jsontree

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// NewString returns a fresh string.
func NewString(s string) *Node { return &Node{kind: String, raw: Quote(s)} }

// NewInt returns a fresh number.
func NewInt(i int) *Node { return &Node{kind: Number, raw: []byte(strconv.Itoa(i))} }

// NewBool returns a fresh boolean.
func NewBool(b bool) *Node { return &Node{kind: Bool, raw: []byte(strconv.FormatBool(b))} }

// NewNull returns a fresh null.
func NewNull() *Node { return &Node{kind: Null, raw: []byte("null")} }

// oneLine is the layout of what is in no tree yet.
var oneLine = &style{colon: ":"}

// NewArray returns a fresh array of nodes.
func NewArray(elements ...*Node) *Node {
	n := &Node{kind: Array, opened: true, edited: true, dirty: true, style: oneLine}
	for _, e := range elements {
		n.items = append(n.items, item{value: e})
	}
	n.settle(oneLine, 0)
	return n
}

// NewStrings returns a fresh array of strings.
func NewStrings(ss ...string) *Node {
	n := NewArray()
	for _, s := range ss {
		n.Append(NewString(s))
	}
	return n
}

// NewObject returns a fresh object of alternating keys (string) and values
// (*Node, string, int, bool). A nil *Node leaves its member out.
func NewObject(pairs ...any) *Node {
	n := &Node{kind: Object, opened: true, edited: true, dirty: true, style: oneLine}
	for i := 0; i < len(pairs); i += 2 {
		key, value := pairs[i].(string), fresh(pairs[i+1])
		if value != nil {
			n.items = append(n.items, item{key: key, label: string(Quote(key)), value: value})
		}
	}
	n.settle(oneLine, 0)
	return n
}

func fresh(v any) *Node {
	switch v := v.(type) {
	case *Node:
		if v == nil {
			return nil
		}
		return v
	case string:
		return NewString(v)
	case int:
		return NewInt(v)
	case bool:
		return NewBool(v)
	}
	panic(fmt.Sprintf("unreachable: a %T is not a JSON value", v))
}

// NewRaw returns a fresh value that will be laid out anew where it is put;
// text must be valid JSON.
func NewRaw(text []byte) (*Node, error) {
	t, err := Parse(text)
	if err != nil {
		return nil, err
	}
	return t.Root.Copy(), nil
}

// Copy returns a fresh value equal to n, to be put elsewhere.
func (n *Node) Copy() *Node {
	switch n.Kind() {
	case Array, Object:
		n.open()
		c := &Node{kind: n.kind, opened: true, edited: true, dirty: true, style: oneLine}
		for _, it := range n.items {
			c.items = append(c.items, item{key: it.key, label: it.label, value: it.value.Copy()})
		}
		c.settle(oneLine, 0)
		return c
	case Null:
		return NewNull()
	}
	return &Node{kind: n.kind, raw: n.raw}
}

// Quote returns the JSON text of a string; unlike encoding/json it leaves
// <, > and & as they are.
func Quote(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(s) != nil {
		panic("unreachable: a string always encodes")
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// settle gives a fresh value the layout of the tree at the depth.
func (n *Node) settle(s *style, depth int) {
	n.open() // by the notes of the tree that it was read in
	n.style, n.depth = s, depth
	if n.kind != Array && n.kind != Object {
		return
	}
	n.tail, n.empty = "", ""
	for i := range n.items {
		it := &n.items[i]
		it.lead, it.trailing = s.comma, ""
		if s.newline != "" {
			it.lead = s.newline + strings.Repeat(s.indent, depth+1)
		} else if i == 0 {
			it.lead = ""
		}
		if n.kind == Object {
			it.colon = s.colon
		}
		it.value.parent = n
		it.value.settle(s, depth+1)
	}
	if len(n.items) > 0 && s.newline != "" {
		n.tail = s.newline + strings.Repeat(s.indent, depth)
	}
}

// insert puts it at position i and takes over the layout around it.
func (n *Node) insert(i int, it item) {
	n.edit()
	it.value.parent = n
	it.value.settle(n.style, n.depth+1)
	s := n.style
	switch {
	case len(n.items) == 0:
		it.lead, n.tail = "", n.empty
		if s.newline != "" {
			it.lead = s.newline + strings.Repeat(s.indent, n.depth+1)
			n.tail = s.newline + strings.Repeat(s.indent, n.depth)
		}
	case i == 0:
		it.lead = n.items[0].lead
		n.items[0].lead = n.between()
	default:
		it.lead = n.between()
	}
	n.items = append(n.items, item{})
	copy(n.items[i+1:], n.items[i:])
	n.items[i] = it
}

// between returns the whitespace before a member that is not the first.
func (n *Node) between() string {
	if len(n.items) > 1 {
		return n.items[len(n.items)-1].lead
	}
	if lead := n.items[0].lead; strings.Contains(lead, "\n") {
		return lead
	}
	return n.style.comma
}

// InsertAt puts a fresh value before element i of an array.
func (n *Node) InsertAt(i int, value *Node) {
	n.open()
	n.insert(i, item{value: value})
}

// Append puts a fresh value at the end of an array.
func (n *Node) Append(value *Node) { n.InsertAt(n.Len(), value) }

// RemoveAt takes element or member i out.
func (n *Node) RemoveAt(i int) {
	n.open()
	n.edit()
	if i == 0 && len(n.items) > 1 {
		n.items[1].lead = n.items[0].lead
	}
	n.items = append(n.items[:i], n.items[i+1:]...)
	if len(n.items) == 0 {
		n.tail = n.empty
	}
}

// Set gives an object's member a fresh value, in its place or at the end.
func (n *Node) Set(key string, value *Node) {
	if i := n.index(key); i >= 0 {
		n.ReplaceAt(i, value)
		return
	}
	n.open()
	colon := n.style.colon
	if len(n.items) > 0 {
		colon = n.items[0].colon
	}
	n.insert(len(n.items), item{key: key, label: string(Quote(key)), colon: colon, value: value})
}

// ReplaceAt gives element or member i a fresh value.
func (n *Node) ReplaceAt(i int, value *Node) {
	n.open()
	if bytes.Equal(n.items[i].value.Raw(), value.Raw()) {
		return
	}
	value.parent = n
	value.settle(n.style, n.depth+1)
	n.edit()
	n.items[i].value = value
}

// Delete takes a member out of an object and tells whether it was there.
func (n *Node) Delete(key string) bool {
	i := n.index(key)
	if i >= 0 {
		n.RemoveAt(i)
	}
	return i >= 0
}

// SameText tells whether two values that nobody has edited have the same
// bytes. It is quick, and false says little: Equal looks at what they mean.
func SameText(a, b *Node) bool {
	return a != nil && b != nil && a.raw != nil && b.raw != nil && !a.dirty && !b.dirty && bytes.Equal(a.raw, b.raw)
}

// Equal tells whether two values are the same JSON: objects by members in any
// order, arrays in order, numbers by their text.
func Equal(a, b *Node) bool {
	if a.Kind() != b.Kind() {
		return false
	}
	switch a.Kind() {
	case Null:
		return true
	case Bool, Number:
		return bytes.Equal(a.raw, b.raw)
	case String:
		return a.Text() == b.Text()
	case Array:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !Equal(a.At(i), b.At(i)) {
				return false
			}
		}
		return true
	}
	if a.Len() != b.Len() {
		return false
	}
	for i := range a.Len() {
		if j := b.index(a.Key(i)); j < 0 || !Equal(a.At(i), b.At(j)) {
			return false
		}
	}
	return true
}
