package located

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	yaml "github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// byteOrderMark is what some editors and shells put in front of a text.
var byteOrderMark = []byte("\ufeff")

// Parse reads a file of YAML documents, or one JSON text. Empty documents are left out.
func Parse(file string, text []byte) ([]Value, error) {
	text = bytes.TrimPrefix(text, byteOrderMark)
	if len(text) > MaxBytes {
		return nil, &Error{File: file, Problem: fmt.Sprintf("the file is larger than %d bytes", MaxBytes)}
	}
	trimmed := bytes.TrimLeft(text, " \t\r\n")
	if isJSON := strings.HasSuffix(file, ".json"); isJSON || len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[') {
		v, err := ParseJSON(file, text)
		if err == nil {
			return []Value{v}, nil
		}
		if isJSON {
			return nil, err
		}
	}
	docs, err := parseYAML(text)
	var le *Error
	if errors.As(err, &le) {
		le.File = file
	}
	return docs, err
}

// ParseTemplate reads one CloudFormation template, YAML or JSON: short forms
// such as !Ref and !GetAtt become the maps that they stand for.
//
// AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
func ParseTemplate(file string, text []byte) (Value, error) {
	text = bytes.TrimPrefix(text, byteOrderMark)
	trimmed := bytes.TrimLeft(text, " \t\r\n")
	if len(trimmed) > 0 && trimmed[0] == '{' {
		return ParseJSON(file, text)
	}
	if len(text) > MaxBytes {
		return Value{}, &Error{File: file, Problem: fmt.Sprintf("the file is larger than %d bytes", MaxBytes)}
	}
	docs, err := readYAML(text, true)
	var le *Error
	if errors.As(err, &le) {
		le.File = file
	}
	if err == nil && len(docs) != 1 {
		err = &Error{File: file, Problem: fmt.Sprintf("expected one document, found %d", len(docs))}
	}
	if err != nil {
		return Value{}, err
	}
	return docs[0], nil
}

func parseYAML(text []byte) ([]Value, error) { return readYAML(text, false) }

func readYAML(text []byte, shortForms bool) (docs []Value, err error) {
	if !utf8.Valid(text) {
		return nil, &Error{Problem: "the file is not UTF-8 text"}
	}
	if err := checkNesting(text); err != nil {
		return nil, err
	}
	defer func() { // the YAML library panics on some malformed input
		if r := recover(); r != nil {
			docs, err = nil, &Error{Problem: "not YAML that can be read"}
		}
	}()
	f, err := parser.ParseBytes(text, 0)
	if err != nil {
		var ye yaml.Error
		if errors.As(err, &ye) && ye.GetToken() != nil {
			return nil, &Error{At: place(ye.GetToken()), Problem: ye.GetMessage()}
		}
		return nil, &Error{Problem: firstLine(err.Error())}
	}
	for _, d := range f.Docs {
		if d.Body == nil || d.Body.Type() == ast.CommentType {
			continue
		}
		r := &yamlReader{anchors: map[string]ast.Node{}, shortForms: shortForms}
		v, err := r.read(d.Body, 0)
		if err != nil {
			return nil, err
		}
		if v.Kind != Null {
			docs = append(docs, v)
		}
	}
	return docs, nil
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

var nestedMarks = regexp.MustCompile(`(?:[-?:][ \t]+){50}`)

// checkNesting refuses text that would drive the YAML parser's recursion
// deep, before the parser sees it: brackets, and marks nested on one line.
// A file that nests honestly comes nowhere near.
func checkNesting(text []byte) *Error {
	depth, line := 0, 1
	for i, c := range text {
		switch c {
		case '\n':
			line++
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(depth-1, 0)
		}
		if depth > maxDepth {
			return &Error{At: Position{line, i - bytes.LastIndexByte(text[:i], '\n')}, Problem: fmt.Sprintf("nested deeper than %d levels", maxDepth)}
		}
	}
	if loc := nestedMarks.FindIndex(text); loc != nil {
		return &Error{At: Position{1 + bytes.Count(text[:loc[0]], []byte("\n")), 1}, Problem: "too many nested marks on one line"}
	}
	return checkIndents(text)
}

// checkIndents bounds how many ever deeper indentations are open at once.
func checkIndents(text []byte) *Error {
	var open []int
	for i, line := range bytes.Split(text, []byte("\n")) {
		content := bytes.TrimLeft(line, " ")
		if len(content) == 0 {
			continue
		}
		indent := len(line) - len(content)
		for len(open) > 0 && open[len(open)-1] >= indent {
			open = open[:len(open)-1]
		}
		if open = append(open, indent); len(open) > maxDepth {
			return &Error{At: Position{i + 1, 1}, Problem: fmt.Sprintf("nested deeper than %d levels", maxDepth)}
		}
	}
	return nil
}

func place(t *token.Token) Position {
	if t == nil || t.Position == nil {
		return Position{}
	}
	return Position{t.Position.Line, t.Position.Column}
}

type yamlReader struct {
	shortForms bool // CloudFormation's
	anchors    map[string]ast.Node
	nodes      int
	aliases    int // aliases being expanded around here
}

func (r *yamlReader) read(n ast.Node, depth int) (Value, error) {
	if n == nil {
		return Value{}, nil
	}
	at := place(n.GetToken())
	if r.nodes++; r.nodes > maxNodes {
		return Value{}, &Error{At: at, Problem: fmt.Sprintf("more than %d values", maxNodes)}
	}
	if depth > maxDepth {
		return Value{}, &Error{At: at, Problem: fmt.Sprintf("nested deeper than %d levels", maxDepth)}
	}
	switch n := n.(type) {
	case *ast.NullNode:
		return Value{At: at}, nil
	case *ast.BoolNode:
		return Value{Kind: Bool, Text: strconv.FormatBool(n.Value), At: at}, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return Value{Kind: Number, Text: n.GetToken().Value, At: at}, nil
	case *ast.StringNode:
		return Value{Kind: String, Text: n.Value, At: at}, nil
	case *ast.LiteralNode:
		return Value{Kind: String, Text: n.Value.Value, At: at}, nil
	case *ast.SequenceNode:
		v := Value{Kind: List, At: at}
		for _, e := range n.Values {
			item, err := r.read(e, depth+1)
			if err != nil {
				return Value{}, err
			}
			v.Items = append(v.Items, item)
		}
		return v, nil
	case *ast.MappingNode:
		return r.mapping(n.Values, at, depth)
	case *ast.MappingValueNode:
		return r.mapping([]*ast.MappingValueNode{n}, at, depth)
	case *ast.AnchorNode:
		r.anchors[n.Name.GetToken().Value] = n.Value
		return r.read(n.Value, depth+1)
	case *ast.AliasNode:
		return r.alias(n, depth)
	case *ast.TagNode:
		return r.tagged(n, depth)
	}
	return Value{}, &Error{At: at, Problem: fmt.Sprintf("%s can't be used here", strings.ToLower(n.Type().String()))}
}

func (r *yamlReader) tagged(n *ast.TagNode, depth int) (Value, error) {
	v, err := r.read(n.Value, depth+1)
	if err == nil && n.Start.Value == "!!str" && v.Kind != List && v.Kind != Map {
		v.Kind = String
		return v, nil
	}
	if short, ok := strings.CutPrefix(n.Start.Value, "!"); ok && err == nil && r.shortForms && !strings.HasPrefix(short, "!") {
		return longForm(short, v), nil
	}
	if err == nil {
		return Value{}, &Error{At: place(n.Start), Problem: fmt.Sprintf("the tag %q can't be used here", n.Start.Value)}
	}
	return v, err
}

// longForm is the map that a short form stands for.
func longForm(short string, v Value) Value {
	key := "Fn::" + short
	switch short {
	case "Ref", "Condition":
		key = short
	case "GetAtt":
		if name, attr, ok := strings.Cut(v.Text, "."); ok && v.Kind == String {
			v = Value{Kind: List, At: v.At, Items: []Value{{Kind: String, Text: name, At: v.At}, {Kind: String, Text: attr, At: v.At}}}
		}
	}
	return Value{Kind: Map, At: v.At, Members: []Member{{Key: key, At: v.At, Value: v}}}
}

func (r *yamlReader) alias(n *ast.AliasNode, depth int) (Value, error) {
	at := place(n.GetToken())
	name := n.Value.GetToken().Value
	target, ok := r.anchors[name]
	if !ok {
		return Value{}, &Error{At: at, Problem: fmt.Sprintf("the alias *%s has no anchor before it", name)}
	}
	if r.aliases++; r.aliases > 20 {
		return Value{}, &Error{At: at, Problem: "aliases within aliases"}
	}
	defer func() { r.aliases-- }()
	v, err := r.read(target, depth+1)
	v.At = at
	return v, err
}

func (r *yamlReader) mapping(values []*ast.MappingValueNode, at Position, depth int) (Value, error) {
	v := Value{Kind: Map, At: at}
	if len(values) > 0 {
		v.At = place(values[0].Key.GetToken())
	}
	seen := map[string]bool{}
	var merged []Member
	for _, mv := range values {
		value, err := r.read(mv.Value, depth+1)
		if err != nil {
			return Value{}, err
		}
		if mv.Key.IsMergeKey() {
			if value.Kind != Map {
				return Value{}, value.Errorf("<< takes a mapping")
			}
			merged = append(merged, value.Members...)
			continue
		}
		key, err := r.read(mv.Key, depth+1)
		if err != nil {
			return Value{}, err
		}
		if key.Kind == List || key.Kind == Map {
			return Value{}, key.Errorf("a key must be text")
		}
		if seen[key.Text] {
			return Value{}, key.Errorf("the key %q is here twice", key.Text)
		}
		seen[key.Text] = true
		v.Members = append(v.Members, Member{Key: key.Text, At: key.At, Value: value})
	}
	for _, m := range merged {
		if !seen[m.Key] {
			seen[m.Key] = true
			v.Members = append(v.Members, m)
		}
	}
	return v, nil
}
