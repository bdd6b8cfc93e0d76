package jsonscan

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestDecodeDocument(t *testing.T) {
	for _, tt := range []struct{ raw, want string }{
		{`{"Version":"2012-10-17"}`, `{"Version":"2012-10-17"}`},
		{`"{\"a\":1}"`, `{"a":1}`},
		{`"%7B%22a%22%3A%22x%2By+z%22%7D"`, `{"a":"x+y+z"}`},
		{`"\"{}\""`, `{}`},
		{`%7B%7D`, `{}`},
		{`"garbage"`, `garbage`},
	} {
		got, err := DecodeDocument([]byte(tt.raw))
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: %q, %v", tt.raw, got, err)
		}
	}
	for _, raw := range []string{`"\"\\\"{}\\\"\""`, `"unclosed`, `"%7B%zz"`} {
		if got, err := DecodeDocument([]byte(raw)); err == nil {
			t.Errorf("%s: %q", raw, got)
		}
	}
}

// FuzzDecodeDocument holds that decoding never panics and always ends.
func FuzzDecodeDocument(f *testing.F) {
	for _, s := range []string{`{}`, `"{}"`, `"%7B%7D"`, `"\"\\\"x\\\"\""`, `%25%37`, "\f\"", strings.Repeat(" ", 70) + `"{}"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if text, err := DecodeDocument(raw); err == nil && bytes.HasPrefix(bytes.TrimLeft(text, jsonSpace), []byte(`"`)) && utf8.Valid(text) {
			t.Fatalf("%q is still a string", text)
		}
	})
}
