package jsontree

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

func mustParse(t interface{ Fatal(...any) }, text string) *Tree {
	tree, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestAnAddedValueTakesTheLayoutAroundIt(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"indented", "{\n  \"a\": [\n    1\n  ]\n}\n", "{\n  \"a\": [\n    1,\n    {\n      \"k\": \"v\",\n      \"e\": []\n    }\n  ]\n}\n"},
		{"indented, empty", "{\n  \"a\": []\n}", "{\n  \"a\": [\n    {\n      \"k\": \"v\",\n      \"e\": []\n    }\n  ]\n}"},
		{"compact", `{"a":[1]}`, `{"a":[1,{"k":"v","e":[]}]}`},
		{"one line with spaces", `{"a": [1, 2]}`, `{"a": [1, 2, {"k": "v", "e": []}]}`},
		{"tabs", "{\n\t\"a\": []\n}", "{\n\t\"a\": [\n\t\t{\n\t\t\t\"k\": \"v\",\n\t\t\t\"e\": []\n\t\t}\n\t]\n}"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tree := mustParse(t, tc.text)
			tree.Root.Get("a").Append(NewObject("k", "v", "e", NewArray()))
			if got := string(tree.Bytes()); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}

func TestWhatIsNotEditedKeepsItsBytes(t *testing.T) {
	text := " { \"a\" :\t[1 , 2.50e+1,{ }],\n\"b\":\"\\u00e4<\" , \"c\" : {\"x\": [ ]} }\n\n"
	tree := mustParse(t, text)
	tree.Root.Get("a").At(2).Len() // looking is no edit
	if got := string(tree.Bytes()); got != text {
		t.Errorf("got %q", got)
	}
	tree.Root.Set("b", NewString("y"))
	if got, want := string(tree.Bytes()), " { \"a\" :\t[1 , 2.50e+1,{ }],\n\"b\":\"y\" , \"c\" : {\"x\": [ ]} }\n\n"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestResolve(t *testing.T) {
	tree := mustParse(t, `{"a/b":[{"~":7}]}`)
	if v, ok := tree.Root.Resolve("/a~1b/0/~0").Int(); !ok || v != 7 {
		t.Errorf("got %d", v)
	}
	for _, pointer := range []string{"x", "/a~1b/1", "/a~1b/00", "/a~1b/-", "/nope", "/a~1b/0/~0/x"} {
		if n := tree.Root.Resolve(pointer); n != nil {
			t.Errorf("%s resolves to %s", pointer, n.Raw())
		}
	}
}

// genValue draws small JSON values whose keys collide.
func genValue(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		kinds := 4
		if depth > 0 {
			kinds = 6
		}
		switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
		case 0:
			return nil
		case 1:
			return rapid.Bool().Draw(t, "bool")
		case 2:
			return float64(rapid.IntRange(-3, 3).Draw(t, "int"))
		case 3:
			return rapid.SampledFrom([]string{"", "a", "\"\\", "é<\u2028", "]", "{,"}).Draw(t, "string")
		case 4:
			return rapid.SliceOfN(genValue(depth-1), 0, 3).Draw(t, "array")
		}
		return rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c\"", "}"}), genValue(depth-1), 0, 3).Draw(t, "object")
	})
}

func genText(t *rapid.T) (string, any) {
	v := map[string]any{"x": genValue(3).Draw(t, "x"), "y": genValue(2).Draw(t, "y")}
	var b []byte
	var err error
	if indent := rapid.SampledFrom([]string{"", "  ", "\t"}).Draw(t, "indent"); indent != "" {
		b, err = json.MarshalIndent(v, "", indent)
	} else {
		b, err = json.Marshal(v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(b), v
}

// collect returns every container of the tree.
func collect(n *Node) []*Node {
	if n.Kind() != Array && n.Kind() != Object {
		return nil
	}
	out := []*Node{n}
	for i := range n.Len() {
		out = append(out, collect(n.At(i))...)
	}
	return out
}

func TestAddingAndRemovingGivesTheSameBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, _ := genText(t)
		tree := mustParse(t, text)
		all := collect(tree.Root)
		n := all[rapid.IntRange(0, len(all)-1).Draw(t, "where")]
		value, err := NewRaw([]byte(`{"k":[1,{"z":null}],"e":{}}`))
		if err != nil {
			t.Fatal(err)
		}
		if n.Kind() == Array {
			i := rapid.IntRange(0, n.Len()).Draw(t, "at")
			n.InsertAt(i, value)
			reparsed := mustParse(t, string(tree.Bytes())) // removal works on the written text, too
			if got := reparsed.Bytes(); string(got) != string(tree.Bytes()) {
				t.Fatalf("rendering is not stable: %s", got)
			}
			n.RemoveAt(i)
		} else {
			n.Set("new", value)
			if !json.Valid(tree.Bytes()) {
				t.Fatalf("not JSON: %s", tree.Bytes())
			}
			n.Delete("new")
		}
		if got := string(tree.Bytes()); got != text {
			t.Fatalf("got\n%s\nwant\n%s", got, text)
		}
	})
}

// Edits are undone whole, and can be made anew, whatever was opened by then.
func TestResetUndoesAllEdits(t *testing.T) {
	defer func(was int) { long = was }(long)
	long = 1 // a note for every container
	rapid.Check(t, func(t *rapid.T) {
		text, _ := genText(t)
		tree := mustParse(t, text)
		var edited []string
		seed := rapid.IntRange(0, 9).Draw(t, "seed")
		for range 2 {
			for i := range 4 {
				all := collect(tree.Root)
				n := all[(seed+3*i)%len(all)]
				switch {
				case n.Kind() == Array && n.Len() > 1:
					n.RemoveAt(0)
				case n.Kind() == Array:
					n.Append(NewObject("k", NewArray(NewInt(i))))
				default:
					n.Set("a", NewArray(NewObject("b", true)))
				}
			}
			edited = append(edited, string(tree.Bytes()))
			tree.Reset()
			if got := string(tree.Bytes()); got != text {
				t.Fatalf("after Reset\n%s\nwant\n%s", got, text)
			}
		}
		if edited[0] != edited[1] {
			t.Fatalf("the same edits gave\n%s\nand then\n%s", edited[0], edited[1])
		}
	})
}

func TestBytesWithout(t *testing.T) {
	tree := mustParse(t, "\n{\"a\": {\"big\": [1, 2], \"twin\": [3], \"none\": {}}, \"b\": [ {} ]}\n")
	groups := [][]string{{"/a/big", "/a/absent"}, {"/a/twin", "/a/none"}, {"/b"}}
	text, empty := tree.BytesWithout(groups)
	if got, want := string(text), `{"a": {"big": [], "twin": [3], "none": {}}, "b": []}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if want := []string{"/a/big", "/b"}; !reflect.DeepEqual(empty, want) {
		t.Errorf("empty are %v, not %v", empty, want)
	}
	tree.Root.Resolve("/b/0").Set("k", NewInt(1))
	if text, _ = tree.BytesWithout(groups); string(text) != `{"a": {"big": [], "twin": [3], "none": {}}, "b": [ {"k": 1} ]}` {
		t.Errorf("got %s", text)
	}
}

// The twin: encoding/json's own tree, edited the same way.
func TestEditsAgreeWithEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, want := genText(t)
		tree := mustParse(t, text)
		m := want.(map[string]any)
		for i := range rapid.IntRange(1, 5).Draw(t, "edits") {
			key := rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "key")
			switch arr, isArray := m[key].([]any); {
			case isArray && rapid.Bool().Draw(t, "insert"):
				at := rapid.IntRange(0, len(arr)).Draw(t, "at")
				tree.Root.Get(key).InsertAt(at, NewInt(i))
				m[key] = append(append(append([]any{}, arr[:at]...), float64(i)), arr[at:]...)
			case isArray && len(arr) > 0:
				at := rapid.IntRange(0, len(arr)-1).Draw(t, "at")
				tree.Root.Get(key).RemoveAt(at)
				m[key] = append(append([]any{}, arr[:at]...), arr[at+1:]...)
			case rapid.Bool().Draw(t, "set"):
				tree.Root.Set(key, NewArray(NewString("s")))
				m[key] = []any{"s"}
			default:
				tree.Root.Delete(key)
				delete(m, key)
			}
		}
		var got any
		if err := json.Unmarshal(tree.Bytes(), &got); err != nil {
			t.Fatalf("%v in %s", err, tree.Bytes())
		}
		if norm(got) != norm(want) {
			t.Fatalf("got %s want %v", tree.Bytes(), want)
		}
	})
}

func norm(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(err)
	}
	return string(b)
}

func TestEqualIgnoresLayoutAndMemberOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, av := genText(t)
		b, bv := genText(t)
		if got, want := Equal(mustParse(t, a).Root, mustParse(t, b).Root), reflect.DeepEqual(norm(av), norm(bv)); got != want {
			t.Fatalf("%s and %s: %v", a, b, got)
		}
		indented, err := json.MarshalIndent(av, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if !Equal(mustParse(t, a).Root, mustParse(t, string(indented)).Root) {
			t.Fatalf("%s differs from itself", a)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"a":[1,{"b":"c\""}]}`, `[ ]`, `"x"`, " null\n", `{"a": 1e5, "a": {}}`, `{`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tree, err := Parse([]byte(text))
		if err != nil {
			return
		}
		for _, n := range collect(tree.Root) {
			n.edit() // so that everything is rendered from its parts
		}
		if got := string(tree.Bytes()); got != text {
			t.Errorf("got %q want %q", got, text)
		}
	})
}
