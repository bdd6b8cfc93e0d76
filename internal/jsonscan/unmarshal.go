package jsonscan

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// Unmarshal is json.Unmarshal of one whole text into v, with errors for people:
// line, column, pointer, and what was expected there, never a type of Go.
// Members that v does not know are refused.
func Unmarshal(text []byte, v any) error { return unmarshal(text, v, true) }

// UnmarshalKnown is Unmarshal that ignores the members that v does not know.
func UnmarshalKnown(text []byte, v any) error { return unmarshal(text, v, false) }

func unmarshal(text []byte, v any, strict bool) error {
	s := New(text)
	s.Skip()
	s.End()
	if e := s.Err(); e != nil {
		return located(text, e.Offset, e.Problem)
	}
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	if strict {
		dec.DisallowUnknownFields()
	}
	err := dec.Decode(v)
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil || errors.Is(err, io.EOF):
		return err
	case errors.As(err, &wrong):
		begin, ok := Find(text, Locate(text, int(wrong.Offset)-1).Pointer)
		if !ok {
			begin = int(wrong.Offset) - 1
		}
		return located(text, begin, fmt.Sprintf("expected %s, found %s", wordFor(wrong.Type), At(text, begin).Peek()))
	}
	problem := strings.TrimPrefix(err.Error(), "json: ")
	name := problem[strings.LastIndexByte(problem, ' ')+1:]
	if member, ok := strings.CutPrefix(problem, "unknown field "); ok {
		problem, name = "unknown member "+member, member
	}
	return located(text, bytes.Index(text, []byte(`"`+strings.Trim(name, `"`)+`"`)), problem)
}

// located names the place of a problem; an offset below zero is the text's begin.
func located(text []byte, offset int, problem string) error {
	p := Locate(text, max(offset, 0))
	if p.Pointer != "" {
		problem = p.Pointer + ": " + problem
	}
	return fmt.Errorf("%d:%d: %s", p.Line, p.Column, problem)
}

// wordFor is JSON's word for what a type of Go is read from.
func wordFor(t reflect.Type) string {
	if reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return "a string"
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.Map, reflect.Struct:
		return "an object"
	case reflect.Pointer:
		return wordFor(t.Elem())
	case reflect.Interface:
		return "another value"
	}
	return "a number"
}
