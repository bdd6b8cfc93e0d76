package jsonscan

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestUnmarshalNamesThePlaceInJSONsWords(t *testing.T) {
	type inner struct {
		N    int    `json:"n"`
		Name string `json:"name"`
	}
	var v struct {
		A    string           `json:"a"`
		List []inner          `json:"list"`
		Map  map[string]inner `json:"map"`
		Flag *bool            `json:"flag"`
	}
	for _, c := range []struct{ text, want string }{
		{"{\"a\":\n 7}", `2:2: /a: expected a string, found a number`},
		{"{\"list\": [{\"n\": 1},\n{\"n\": \"x\"}]}", `2:7: /list/1/n: expected a number, found a string`},
		{`{"list": {"n": 1}}`, `1:10: /list: expected an array, found an object`},
		{`{"map": {"x": [1]}}`, `1:15: /map/x: expected an object, found an array`},
		{`{"flag": "x"}`, `1:10: /flag: expected true or false, found a string`},
		{"{\"a\": \"\",\n \"b\": 1}", `2:2: /b: unknown member "b"`},
		{`{"a": }`, `1:7: /a: expected`},
		{`[1]`, `1:1: expected an object, found an array`},
		{"\ufeff{\"a\": \"x\"}", ""},
	} {
		err := Unmarshal([]byte(c.text), &v)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %s", c.text, err, c.want)
		}
	}
	if err := UnmarshalKnown([]byte(`{"a": "x", "b": 1}`), &v); err != nil {
		t.Error(err)
	}
	var want any
	if json.Unmarshal([]byte(`{}{}`), &want) == nil || UnmarshalKnown([]byte(`{}{}`), &v) == nil {
		t.Error("two values were accepted")
	}
}

func FuzzUnmarshal(f *testing.F) {
	f.Add(`{"a": 7, "b": [{"n": "x"}]}`)
	f.Add("\ufeff{\"a\":\n\"x\"}")
	f.Fuzz(func(t *testing.T, text string) {
		var v struct {
			A string             `json:"a"`
			B []struct{ N int }  `json:"b"`
			C map[string]float64 `json:"c"`
		}
		if err := Unmarshal([]byte(text), &v); err != nil && strings.Contains(err.Error(), "Go ") {
			t.Error(err)
		}
	})
}
