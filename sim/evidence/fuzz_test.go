package evidence

import (
	"bytes"
	"maps"
	"testing"
)

// FuzzFolder replaces one file of a folder. Nothing may panic, and whatever
// differs from what was written must be a problem.
func FuzzFolder(f *testing.F) {
	key := ed25519Key(f, 1)
	whole := build(f, testCase(), key).files
	names := (&Folder{whole}).Names()
	for i, n := range names {
		f.Add(i, whole[n])
		f.Add(i, []byte("{}"))
	}
	f.Fuzz(func(t *testing.T, i int, data []byte) {
		if i < 0 || i >= len(names) || bytes.Equal(data, whole[names[i]]) {
			return
		}
		files := maps.Clone(whole)
		files[names[i]] = data
		for _, k := range []*PublicKey{nil, &key.PublicKey} {
			r := &Report{}
			if err := r.check(files, VerifyOptions{Key: k, Program: program}); err != nil || len(r.Problems) == 0 {
				t.Fatalf("%s was replaced: %v, %+v", names[i], err, r)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	files := build(f, testCase(), nil).files
	for _, n := range []string{fileQuestion, fileManifest, fileStatement} {
		f.Add(files[n])
	}
	f.Add(ed25519Key(f, 1).PEM())
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = ParseQuestion(data)
		_, _ = ParsePrivateKey(data)
		_, _ = ParsePublicKey(data)
		parseManifest(data)
		parseStatement(data)
	})
}
