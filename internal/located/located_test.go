package located

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestValuesKnowTheirPlaceAndText(t *testing.T) {
	docs, err := Parse("c.yaml", []byte("# c\n- a: 012345678901\n  b: [true, ~, 0x1f, '7', 1.50]\n---\nk: |\n  one\n  two\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(docs) != 2 {
		t.Fatalf("%d documents", len(docs))
	}
	a, _ := docs[0].Items[0].Get("a")
	if a.Text != "012345678901" || a.At != (Position{2, 6}) {
		t.Errorf("a is %q at %v", a.Text, a.At)
	}
	if got := string(docs[0].JSON()); got != `[{"a":"012345678901","b":[true,null,"0x1f","7",1.50]}]` {
		t.Errorf("JSON %s", got)
	}
	if got := string(docs[1].JSON()); got != `{"k":"one\ntwo\n"}` {
		t.Errorf("JSON %s", got)
	}
}

func TestMergeKeysAndAliases(t *testing.T) {
	docs, err := Parse("c.yaml", []byte("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\nagain: *b\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(docs[0].JSON()); got != `{"base":{"x":1,"y":2},"use":{"y":3,"x":1},"again":{"x":1,"y":2}}` {
		t.Error(got)
	}
}

func TestComplaintsSayWhere(t *testing.T) {
	for _, tc := range []struct{ file, text, want string }{
		{"a.yaml", "a: 1\na: 2\n", "a.yaml:2:1: "},
		{"a.yaml", "a: [1, 2\n", "a.yaml:1:4: "},
		{"a.json", "{\"a\": 1,\n \"a\": 2}", `a.json:2:2: duplicate key "a" in one object`},
		{"a.json", "{\"a\": 1} x", "a.json:1:10: 'x' after the end of the document"},
		{"a.json", "[1,]", `a.json:1:4: expected a value, found ']'`},
		{"a.json", "[01]", `a.json:1:3: expected "," or "]", found '1'`},
		{"a.yaml", "a: *x\n", "a.yaml:1:4: the alias *x has no anchor before it"},
		{"a.yaml", "a: !!binary x\n", `a.yaml:1:4: the tag "!!binary" can't be used here`},
		{"a.yaml", "\xff", "a.yaml: the file is not UTF-8 text"},
	} {
		_, err := Parse(tc.file, []byte(tc.text))
		if err == nil || !strings.HasPrefix(err.Error(), tc.want) {
			t.Errorf("%q: %v, want %s", tc.text, err, tc.want)
		}
	}
}

func TestHostileDocumentsAreRefusedFast(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for i := 'b'; i < 'k'; i++ {
		bomb += string(i) + ": &" + string(i) + " [" + strings.Repeat("*"+string(i-1)+",", 8) + "*" + string(i-1) + "]\n"
	}
	var stairs strings.Builder
	for i := range 1000 {
		stairs.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	for name, text := range map[string]string{
		"billion laughs":      bomb,
		"self reference":      "a: &a [*a]\n",
		"brackets":            strings.Repeat("[", 1_000_000),
		"braces":              strings.Repeat("{a: ", 100_000),
		"nested sequences":    strings.Repeat("- ", 1_000_000),
		"nested complex keys": strings.Repeat("? ", 1_000_000),
		"stairs":              stairs.String(),
		"too large":           strings.Repeat("# x\n", MaxBytes/4+1),
	} {
		if _, err := Parse("x.yaml", []byte(text)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestJSONRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := map[string]any{
			"a": rapid.SliceOfN(rapid.SampledFrom([]string{"", "é\u2028", "\"\\\n", "~", "null", "- a: b"}), 0, 4).Draw(t, "a"),
			"b": rapid.Int64().Draw(t, "b"), "c": nil, "d": rapid.Bool().Draw(t, "d"),
		}
		text, err := json.MarshalIndent(v, "", rapid.SampledFrom([]string{"", " ", "\t"}).Draw(t, "indent"))
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := FromJSON(text)
		if err != nil {
			t.Fatal(err)
		}
		if want, _ := json.Marshal(v); string(parsed.JSON()) != strings.NewReplacer(`\u2028`, `\u2028`).Replace(string(want)) {
			t.Fatalf("got %s want %s", parsed.JSON(), want)
		}
	})
}

// What WriteYAML writes reads back as the same value.
func TestWrittenYAMLReadsBack(t *testing.T) {
	words := []string{"", "a", "aws:PrincipalArn", "s3:*", "*", "arn:aws:s3:::b/*", "yes", "null", "~", "012", "1.5", "- x", "a: b", "a #b", "{x}", "[", "é\u2028", "tab\t", "line\nline", "'q'", "\"", "a  b", " lead", "trail ", "2012-10-17", "key with spaces", "%x", "@x", "&a", "!t", "|", ">", "?", ":", "-", "a:", ":a", "0x1f", "1e3", ".inf", "=", "<<", "a,b"}
	var gen func(depth int) *rapid.Generator[Value]
	gen = func(depth int) *rapid.Generator[Value] {
		return rapid.Custom(func(t *rapid.T) Value {
			kinds := 4
			if depth > 0 {
				kinds = 6
			}
			switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
			case 0:
				return Of(nil)
			case 1:
				return Of(rapid.Bool().Draw(t, "bool"))
			case 2:
				return Of(rapid.IntRange(-5, 70000).Draw(t, "int"))
			case 3:
				return Of(rapid.SampledFrom(words).Draw(t, "text"))
			case 4:
				return Of(rapid.SliceOfN(gen(depth-1), 0, 3).Draw(t, "list"))
			}
			v := Pairs()
			for _, k := range rapid.SliceOfNDistinct(rapid.SampledFrom(words), 0, 3, rapid.ID[string]).Draw(t, "keys") {
				v.Members = append(v.Members, Member{Key: k, Value: gen(depth-1).Draw(t, "member")})
			}
			return v
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		v := Pairs("root", gen(4).Draw(t, "value"), "tail", "x")
		for _, item := range []bool{false, true} {
			var b bytes.Buffer
			WriteYAML(&b, v, 0, item)
			docs, err := Parse("x.yaml", b.Bytes())
			if err != nil {
				t.Fatalf("%v in\n%s", err, b.String())
			}
			got, want := string(docs[0].JSON()), string(v.JSON())
			if item {
				want = "[" + want + "]"
			}
			if got != want {
				t.Fatalf("got  %s\nwant %s\nin\n%s", got, want, b.String())
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a: 1\n", "- b: &x [1]\n- *x\n", "{\"a\": [1]}", "? a\n: b\n", "a: |\n  x\n---\nb: !!str 1\n", "<<: {a: 1}\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		docs, err := Parse("x", []byte(text))
		if err != nil {
			return
		}
		for _, d := range docs {
			if !json.Valid(d.JSON()) {
				t.Errorf("no JSON: %s", d.JSON())
			}
		}
	})
}
