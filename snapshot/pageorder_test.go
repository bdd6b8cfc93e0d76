package snapshot

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// How an answer's items lie in pages, and in which order the files come, says
// nothing: the native form is the same to the byte.
func TestTheOrderOfPagesChangesNothing(t *testing.T) {
	const example = "../testdata/examples/neo-compile/aws"
	whole := fstest.MapFS{}
	if err := fs.WalkDir(os.DirFS(example), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(example + "/" + p)
		whole[p] = &fstest.MapFile{Data: data}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	want, _, _, err := importFS(whole, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, swapped := range []bool{false, true} {
		files, split := pages(t, whole, swapped)
		got, _, _, err := importFS(files, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if split < 5 {
			t.Errorf("only %d answers came in pages", split)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("swapped %v: other bytes:\n%s\n%s", swapped, got, want)
		}
	}
}

// pages splits every answer with one list into two files, the second half first
// and reversed where they are swapped.
func pages(t *testing.T, whole fstest.MapFS, swapped bool) (fstest.MapFS, int) {
	t.Helper()
	out, split := fstest.MapFS{}, 0
	for name, f := range whole {
		var answer map[string]json.RawMessage
		key, items := "", []json.RawMessage(nil)
		if json.Unmarshal(f.Data, &answer) == nil && len(answer) == 1 {
			for key = range answer {
				_ = json.Unmarshal(answer[key], &items)
			}
		}
		if len(items) < 2 || !strings.Contains(name, "/describe-") {
			out[name] = f
			continue
		}
		split++
		half := len(items) / 2
		halves := [][]json.RawMessage{items[:half], items[half:]}
		if swapped {
			halves[0], halves[1] = halves[1], halves[0]
			slices.Reverse(halves[0])
		}
		for i, h := range halves {
			data, err := json.Marshal(map[string]any{key: h})
			if err != nil {
				t.Fatal(err)
			}
			out[strings.TrimSuffix(name, ".json")+[]string{".page-1.json", ".page-2.json"}[i]] = &fstest.MapFile{Data: data}
		}
	}
	return out, split
}
