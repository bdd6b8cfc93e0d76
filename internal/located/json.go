package located

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// ParseJSON reads one JSON text strictly: a key twice in one object is refused.
func ParseJSON(file string, text []byte) (Value, error) {
	p := &jsonParser{text: text, line: 1}
	v, err := p.document()
	if err != nil {
		err.File = file
		return Value{}, err
	}
	return v, nil
}

// FromJSON is ParseJSON for text that has no file of its own; its values have no place.
func FromJSON(text []byte) (Value, error) {
	v, err := ParseJSON("", text)
	if err != nil {
		return Value{}, err
	}
	return v.unplaced(), nil
}

func (v Value) unplaced() Value {
	v.At = Position{}
	for i := range v.Items {
		v.Items[i] = v.Items[i].unplaced()
	}
	for i := range v.Members {
		v.Members[i].At = Position{}
		v.Members[i].Value = v.Members[i].Value.unplaced()
	}
	return v
}

type jsonParser struct {
	text      []byte
	pos       int
	line      int
	lineStart int
}

func (p *jsonParser) at() Position {
	return Position{p.line, 1 + p.pos - p.lineStart} // in bytes: counting runes would be quadratic
}

func (p *jsonParser) fail(format string, args ...any) *Error {
	return &Error{At: p.at(), Problem: fmt.Sprintf(format, args...)}
}

func (p *jsonParser) document() (Value, *Error) {
	if len(p.text) > MaxBytes {
		return Value{}, &Error{Problem: fmt.Sprintf("the file is larger than %d bytes", MaxBytes)}
	}
	v, err := p.value(0)
	if err != nil {
		return Value{}, err
	}
	if p.space(); p.pos < len(p.text) {
		return Value{}, p.fail("something follows the JSON value")
	}
	return v, nil
}

func (p *jsonParser) space() {
	for p.pos < len(p.text) {
		switch p.text[p.pos] {
		case '\n':
			p.line, p.lineStart = p.line+1, p.pos+1
		case ' ', '\t', '\r':
		default:
			return
		}
		p.pos++
	}
}

func (p *jsonParser) value(depth int) (Value, *Error) {
	if depth > maxDepth {
		return Value{}, p.fail("nested deeper than %d levels", maxDepth)
	}
	p.space()
	if p.pos == len(p.text) {
		return Value{}, p.fail("the JSON text ends where a value should be")
	}
	switch c := p.text[p.pos]; {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"':
		at := p.at()
		s, err := p.str()
		return Value{Kind: String, Text: s, At: at}, err
	}
	return p.literal()
}

func (p *jsonParser) literal() (Value, *Error) {
	end := p.pos
	for end < len(p.text) && !strings.ContainsRune(",]}: \t\r\n\"[{", rune(p.text[end])) {
		end++
	}
	word := p.text[p.pos:end]
	v := Value{Text: string(word), At: p.at()}
	switch {
	case bytes.Equal(word, []byte("null")):
		v.Text = ""
	case bytes.Equal(word, []byte("true")), bytes.Equal(word, []byte("false")):
		v.Kind = Bool
	case len(word) > 0 && (word[0] == '-' || word[0] >= '0' && word[0] <= '9') && json.Valid(word):
		v.Kind = Number
	default:
		return Value{}, p.fail("%.40q is not a JSON value", word)
	}
	p.pos = end
	return v, nil
}

func (p *jsonParser) str() (string, *Error) {
	end := p.pos + 1
	for end < len(p.text) && p.text[end] != '"' && p.text[end] != '\n' {
		if p.text[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(p.text) || p.text[end] != '"' {
		return "", p.fail("a string that does not end")
	}
	raw := p.text[p.pos : end+1]
	var s string
	if !utf8.Valid(raw) || json.Unmarshal(raw, &s) != nil {
		return "", p.fail("%.40q is not a JSON string", raw)
	}
	p.pos = end + 1
	return s, nil
}

func (p *jsonParser) array(depth int) (Value, *Error) {
	v := Value{Kind: List, At: p.at()}
	p.pos++
	if p.space(); p.pos < len(p.text) && p.text[p.pos] == ']' {
		p.pos++
		return v, nil
	}
	for {
		e, err := p.value(depth + 1)
		if err != nil {
			return Value{}, err
		}
		v.Items = append(v.Items, e)
		if done, err := p.next(']'); done || err != nil {
			return v, err
		}
	}
}

func (p *jsonParser) object(depth int) (Value, *Error) {
	v := Value{Kind: Map, At: p.at()}
	p.pos++
	if p.space(); p.pos < len(p.text) && p.text[p.pos] == '}' {
		p.pos++
		return v, nil
	}
	seen := map[string]bool{}
	for {
		p.space()
		m := Member{At: p.at()}
		if p.pos == len(p.text) || p.text[p.pos] != '"' {
			return Value{}, p.fail("a key in quotes should be here")
		}
		var err *Error
		if m.Key, err = p.str(); err != nil {
			return Value{}, err
		}
		if seen[m.Key] {
			return Value{}, &Error{At: m.At, Problem: fmt.Sprintf("the key %q is here twice", m.Key)}
		}
		seen[m.Key] = true
		if p.space(); p.pos == len(p.text) || p.text[p.pos] != ':' {
			return Value{}, p.fail("a colon should be here")
		}
		p.pos++
		if m.Value, err = p.value(depth + 1); err != nil {
			return Value{}, err
		}
		v.Members = append(v.Members, m)
		if done, err := p.next('}'); done || err != nil {
			return v, err
		}
	}
}

// next steps over a comma, or over the closing bracket and reports that.
func (p *jsonParser) next(end byte) (bool, *Error) {
	p.space()
	if p.pos < len(p.text) {
		switch p.text[p.pos] {
		case ',':
			p.pos++
			return false, nil
		case end:
			p.pos++
			return true, nil
		}
	}
	return false, p.fail("a comma or %q should be here", string(end))
}

// JSON returns the value's compact JSON text.
func (v Value) JSON() []byte {
	var b bytes.Buffer
	v.writeJSON(&b)
	return b.Bytes()
}

func (v Value) writeJSON(b *bytes.Buffer) {
	switch v.Kind {
	case Null:
		b.WriteString("null")
	case Bool:
		b.WriteString(v.Text)
	case Number:
		if json.Valid([]byte(v.Text)) {
			b.WriteString(v.Text)
			return
		}
		writeString(b, v.Text) // 0123, 0x1f, 1_000, .inf: YAML's, not JSON's
	case String:
		writeString(b, v.Text)
	case List:
		b.WriteByte('[')
		for i, e := range v.Items {
			if i > 0 {
				b.WriteByte(',')
			}
			e.writeJSON(b)
		}
		b.WriteByte(']')
	case Map:
		b.WriteByte('{')
		for i, m := range v.Members {
			if i > 0 {
				b.WriteByte(',')
			}
			writeString(b, m.Key)
			b.WriteByte(':')
			m.Value.writeJSON(b)
		}
		b.WriteByte('}')
	}
}

func writeString(b *bytes.Buffer, s string) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if e.Encode(s) != nil {
		panic("unreachable: a string always encodes")
	}
	b.Truncate(b.Len() - 1) // Encode's newline
}
