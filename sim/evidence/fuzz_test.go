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
			if err := r.check(t.Context(), files, VerifyOptions{Key: k, Program: program}); err != nil || len(r.Problems) == 0 {
				t.Fatalf("%s was replaced: %v, %+v", names[i], err, r)
			}
		}
	})
}

// FuzzReseal replaces one file of a folder, as FuzzFolder does, and then seals the
// forgery with a key of the forger's own and any program's hash. What follows
// from snapshot and question must follow, or be named; and no verdict but the
// replay's may be reported.
func FuzzReseal(f *testing.F) {
	key := ed25519Key(f, 2)
	whole := build(f, testCase(), nil).files
	for i, n := range content {
		f.Add(i, whole[n], true)
		f.Add(i, bytes.ReplaceAll(whole[n], []byte("BLOCKED"), []byte("REACHABLE")), false)
	}
	f.Fuzz(func(t *testing.T, i int, data []byte, signed bool) {
		if i < 0 || i >= len(content) {
			return
		}
		files := maps.Clone(whole)
		delete(files, fileStatement)
		delete(files, fileManifest)
		files[content[i]] = data
		forged := &Folder{files}
		var by *PrivateKey
		if signed {
			by = key
		}
		if forged.Seal(by) != nil {
			return
		}
		r := &Report{}
		if err := r.check(t.Context(), forged.files, VerifyOptions{Program: Program{SHA256: "00"}}); err != nil {
			t.Fatal(err)
		}
		if r.KeyGiven {
			t.Fatal("no key was given")
		}
		if len(r.Problems) > 0 {
			return
		}
		q, err := ParseQuestion(files[fileQuestion])
		if err != nil {
			t.Fatal(err)
		}
		a, err := ask(t.Context(), files[fileSnapshot], q)
		if err != nil || r.Answer == nil || r.Answer.Verdict != a.Verdict || !bytes.Contains(files[fileVerdict], []byte(`"verdict": "`+a.Verdict.String()+`"`)) {
			t.Fatalf("%s was forged: %+v, %v", content[i], r, err)
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
