package located

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/canreach/canreach/internal/jsonscan"
)

// ParseJSON reads one JSON text strictly: a key twice in one object is refused.
func ParseJSON(file string, text []byte) (Value, error) {
	if len(text) > MaxBytes {
		return Value{}, &Error{File: file, Problem: fmt.Sprintf("the file is larger than %d bytes", MaxBytes)}
	}
	r := &jsonReader{Scanner: jsonscan.New(text), lines: []int{0}}
	for i, c := range text {
		if c == '\n' {
			r.lines = append(r.lines, i+1)
		}
	}
	v, err := r.document()
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

// jsonReader builds values with their places from a scanner.
type jsonReader struct {
	*jsonscan.Scanner
	lines []int // offsets at which lines begin
}

func (r *jsonReader) place(offset int) Position {
	n, found := slices.BinarySearch(r.lines, offset)
	if !found {
		n--
	}
	return Position{n + 1, offset - r.lines[n] + 1} // in bytes: counting runes would be quadratic
}

func (r *jsonReader) document() (Value, *Error) {
	v := r.value()
	r.End()
	if err := r.Err(); err != nil {
		return Value{}, &Error{At: r.place(err.Offset), Problem: err.Problem}
	}
	return v, nil
}

func (r *jsonReader) value() Value {
	v := Value{}
	kind := r.Peek()
	v.At = r.place(r.Offset())
	switch kind {
	case jsonscan.Object:
		v.Kind = Map
		for r.EnterObject(); r.NextKey(); {
			m := Member{Key: strings.Clone(r.Key()), At: r.place(r.KeyOffset())}
			m.Value = r.value()
			v.Members = append(v.Members, m)
		}
	case jsonscan.Array:
		v.Kind = List
		for r.EnterArray(); r.NextItem(); {
			v.Items = append(v.Items, r.value())
		}
	case jsonscan.String:
		v.Kind, v.Text = String, strings.Clone(r.Text())
	case jsonscan.Number:
		v.Kind, v.Text = Number, strings.Clone(r.Digits())
	case jsonscan.Bool:
		v.Kind, v.Text = Bool, strconv.FormatBool(r.Bool())
	case jsonscan.Null:
		r.Null()
	default:
		r.Skip() // says what is wrong
	}
	return v
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
