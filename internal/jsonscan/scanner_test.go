package jsonscan

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// skipAll reads a whole document by Skip.
func skipAll(data []byte, thorough bool) *Error {
	s := New(data)
	s.Thorough = thorough
	s.Skip()
	s.End()
	return s.Err()
}

// read builds what encoding/json builds, as a slow twin of it.
func read(s *Scanner) any {
	switch s.Peek() {
	case Object:
		m := map[string]any{}
		if s.EnterObject() {
			for s.NextKey() {
				k := s.Key()
				m[k] = read(s)
			}
		}
		return m
	case Array:
		l := []any{}
		if s.EnterArray() {
			for s.NextItem() {
				l = append(l, read(s))
			}
		}
		return l
	case String:
		return s.Text()
	case Number:
		return json.Number(s.Digits())
	case Bool:
		return s.Bool()
	case Null:
		s.Null()
		return nil
	}
	s.Skip()
	return nil
}

func readAll(data []byte) (any, *Error) {
	s := New(data)
	v := read(s)
	s.End()
	return v, s.Err()
}

func TestErrorsNameThePlace(t *testing.T) {
	for _, tt := range []struct {
		name, in, problem, pointer string
		line, column               int
	}{
		{"truncated in a string", "{\"a\": [1,\n \"xy", "inside a string", "/a/1", 2, 5},
		{"truncated in an object", `{"a": {"b": 1`, "the text ends where", "/a/b", 1, 14},
		{"trailing bytes", `{} x`, "after the end", "", 1, 4},
		{"two documents", `{}{}`, "after the end", "", 1, 3},
		{"NaN", `{"a": NaN}`, "expected a value", "/a", 1, 7},
		{"trailing comma in array", `[1,]`, "expected a value", "/1", 1, 4},
		{"trailing comma in object", `{"a":1,}`, "key in double quotes", "", 1, 8},
		{"leading zero", `[01]`, "expected", "/0", 1, 3},
		{"plus", `[+1]`, "expected a value", "/0", 1, 2},
		{"no fraction", `[1.]`, "a digit", "/0", 1, 4},
		{"single quotes", `{'a':1}`, "key in double quotes", "", 1, 2},
		{"control character", "[\"a\x01\"]", "control character", "/0", 1, 4},
		{"bad escape", `["\x41"]`, "no such escape", "/0", 1, 3},
		{"lone surrogate", `["\ud800x"]`, "surrogate", "/0", 1, 3},
		{"not UTF-8", "[\"\xff\"]", "UTF-8", "/0", 1, 3},
		{"duplicate key", `{"a":1,"b":{"c":1,"\u0063":2}}`, "duplicate", "/b/c", 1, 19},
		{"escaped pointer", `{"a/b~":x}`, "value", "/a~1b~0", 1, 9},
		{"column in characters", "[\"äöü\", x]", "value", "/1", 1, 9},
		{"empty", ``, "the text ends", "", 1, 1},
		{"comment", "[1 // no\n]", "expected", "/0", 1, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := readAll([]byte(tt.in))
			if err == nil {
				t.Fatalf("accepted %q", tt.in)
			}
			if !strings.Contains(err.Problem, tt.problem) {
				t.Errorf("problem %q lacks %q", err.Problem, tt.problem)
			}
			p := Locate([]byte(tt.in), err.Offset)
			if p.Pointer != tt.pointer || p.Line != tt.line || p.Column != tt.column {
				t.Errorf("at %+v, want %d:%d %s", p, tt.line, tt.column, tt.pointer)
			}
		})
	}
}

func TestDepthIsBounded(t *testing.T) {
	deep := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	for _, thorough := range []bool{false, true} {
		if err := skipAll(deep(MaxDepth), thorough); err != nil {
			t.Errorf("%d levels: %v", MaxDepth, err)
		}
		if err := skipAll(deep(MaxDepth+1), thorough); err == nil {
			t.Errorf("%d levels accepted", MaxDepth+1)
		}
		objects := strings.Repeat(`{"a":`, 1_000_000)
		if err := skipAll([]byte(objects), thorough); err == nil || !strings.Contains(err.Problem, "deeper") {
			t.Errorf("a million open objects: %v", err)
		}
	}
	if p := Locate(bytes.Repeat([]byte("["), 5_000_000), 5_000_000); len(p.Pointer) > 10*MaxDepth {
		t.Errorf("pointer of %d bytes", len(p.Pointer))
	}
}

func TestManyKeysStayLinear(t *testing.T) {
	var b strings.Builder
	b.WriteByte('{')
	for i := range 20_000 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"k` + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + strings.Repeat("0", i%5) + jsonInt(i) + `":1`)
	}
	doc := b.String()
	if err := skipAll([]byte(doc+"}"), true); err != nil {
		t.Fatal(err)
	}
	if err := skipAll([]byte(doc+`,"ka0":1,"ka0":2}`), true); err == nil {
		t.Fatal("a duplicate behind many keys was accepted")
	}
}

func jsonInt(i int) string { b, _ := json.Marshal(i); return string(b) }

func TestLocateAllAgreesWithLocate(t *testing.T) {
	doc := []byte("{\"a\": [1, \"x\\\"y\", {\"b\": null}],\n \"c\": {\"d/e\": [[]]},\n\"f\":2}")
	offsets := make([]int, len(doc)+1)
	for i := range offsets {
		offsets[i] = i
	}
	for i, p := range LocateAll(doc, offsets) {
		if one := Locate(doc, i); one != p {
			t.Errorf("offset %d: %+v alone, %+v among all", i, one, p)
		}
	}
}

var seeds = []string{
	`{}`, `[]`, `null`, `true`, `-0.5e+10`, `"a\u00e4\ud83d\ude00\n"`, `{"a":[1,2,{"b":"c"}],"d":null}`,
	`{"a":1,"a":2}`, `[1,]`, "\"\xff\"", `{"Vpcs":[{"VpcId":"vpc-1","Tags":[]}]}`, "  [ 1 , 2 ]\r\n\t", `"\ud800"`, `[`, `{"a`,
}

// FuzzScan compares the scanner with encoding/json: it accepts nothing that
// encoding/json refuses, refuses only for the reasons that it is stricter in,
// and reads the same values.
func FuzzScan(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := readAll(data)
		skipErr := skipAll(data, false)
		if err != nil {
			if err.Offset < 0 || err.Offset > len(data) {
				t.Fatalf("offset %d of %d", err.Offset, len(data))
			}
			Locate(data, err.Offset)
			strict := !utf8.Valid(data) || strings.Contains(err.Problem, "duplicate") ||
				strings.Contains(err.Problem, "surrogate") || strings.Contains(err.Problem, "deeper")
			if json.Valid(data) && !strict {
				t.Fatalf("refused what encoding/json takes: %v", err)
			}
			if skipErr == nil && !strict {
				t.Fatalf("Skip accepts what reading refuses: %v", err)
			}
			return
		}
		if skipErr != nil {
			t.Fatalf("Skip refuses what reading accepts: %v", skipErr)
		}
		body := bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber()
		var want any
		if e := d.Decode(&want); e != nil {
			t.Fatalf("accepted what encoding/json refuses: %v", e)
		}
		a, _ := json.Marshal(want)
		b, _ := json.Marshal(got)
		if !bytes.Equal(a, b) {
			t.Fatalf("read %s, encoding/json %s", b, a)
		}
	})
}

func sample() []byte {
	item := `{"NetworkInterfaceId":"eni-0123456789abcdef0","VpcId":"vpc-0a1b2c3d4e5f","Groups":[{"GroupId":"sg-1","GroupName":"web servers"}],"SourceDestCheck":true,"PrivateIpAddresses":[{"Primary":true,"PrivateIpAddress":"10.0.1.4"}],"Description":"an interface of a job"}`
	return []byte("[" + strings.Repeat(item+",\n", 20_000) + item + "]")
}

func BenchmarkSkip(b *testing.B) {
	data := sample()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if err := skipAll(data, false); err != nil {
			b.Fatal(err)
		}
	}
}
