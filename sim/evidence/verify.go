package evidence

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// VerifyOptions say what a check knows.
type VerifyOptions struct {
	Key     *PublicKey // nil: the key that lies in the folder, which proves nothing about who signed
	Program Program    // the one that checks
}

// Problem is one thing that is not as it was written.
type Problem struct {
	File   string // empty: the folder
	What   string
	Repair string // what to do, where there is something
}

func (p Problem) String() string {
	if p.File == "" {
		return p.What
	}
	return p.File + ": " + p.What
}

// Report is what a check found.
type Report struct {
	Problems []Problem // empty: the folder is as it was written
	Notes    []string  // what the check could not do, or does not prove
	Record   *Record   // nil where it could not be read
	Signed   bool
	Key      string // fingerprint of the key that the signature was checked with
	KeyGiven bool   // it came from the caller and not from the folder
	Replayed bool   // the question was asked again, and the answer is the same, byte for byte
	Whole    bool   // the files are those that manifest, statement and signature tell, whatever the question's answer is now
}

func (r *Report) problem(file, format string, args ...any) {
	r.Problems = append(r.Problems, Problem{File: file, What: fmt.Sprintf(format, args...)})
}

// ErrNotEvidence is returned for a folder that holds no evidence.
var ErrNotEvidence = errors.New("not an evidence folder: it has neither a manifest nor a statement")

// Verify checks the folder at dir: that every file is there and nothing else,
// hashes, signature, and that the question has the same answer today. Links
// are not followed. An error means that the folder could not be read at all.
func Verify(dir string, opt VerifyOptions) (*Report, error) {
	r := &Report{}
	files, err := r.read(dir)
	if err != nil {
		return nil, err
	}
	return r, r.check(files, opt)
}

// check looks at files that were read.
func (r *Report) check(files map[string][]byte, opt VerifyOptions) error {
	if files[fileManifest] == nil && files[fileStatement] == nil && files[fileEnvelope] == nil {
		return ErrNotEvidence
	}
	r.Signed = files[fileEnvelope] != nil
	r.complete(files)
	r.hashes(files, opt.Key)
	if opt.Key != nil && !r.Signed {
		r.problem("", "the folder is not signed, and a key was given to check it with")
	}
	var err error
	if r.Record, err = parseRecord(files[fileRecord]); err != nil && len(r.Problems) == 0 {
		r.problem(fileRecord, "can't be read: %v", err)
	}
	if len(r.Problems) == 0 {
		r.Whole = true
		r.replay(files, opt.Program)
	}
	return nil
}

// known are all names that a folder may have.
var known = append([]string{fileManifest, fileStatement, fileEnvelope, fileKey}, content...)

// read reads the files of the folder. What is none, or has another name, is a
// problem, and is not opened.
func (r *Report) read(dir string) (map[string][]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	d, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	defer d.Close()
	entries, err := d.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(entries, func(a, b os.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	files := map[string][]byte{}
	for _, e := range entries {
		switch {
		case !slices.Contains(known, e.Name()):
			r.problem(e.Name(), "does not belong here")
		case !e.Type().IsRegular():
			r.problem(e.Name(), "is not a regular file")
		default:
			if files[e.Name()], err = readFile(root, e.Name()); err != nil {
				return nil, err
			}
		}
	}
	return files, nil
}

// readFile reads a regular file; another may have taken its place meanwhile.
func readFile(root *os.Root, name string) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", name)
	}
	data, err := io.ReadAll(f)
	if data == nil {
		data = []byte{}
	}
	return data, err
}

// complete looks for files that are missing or that exclude each other.
func (r *Report) complete(files map[string][]byte) {
	want := append([]string{fileManifest}, content...)
	switch {
	case files[fileEnvelope] != nil && files[fileStatement] != nil:
		r.problem(fileStatement, "does not belong into a signed folder")
	case files[fileEnvelope] != nil:
		want = append(want, fileKey)
	case files[fileKey] != nil:
		r.problem(fileEnvelope, "is missing, though there is a key")
	case files[fileStatement] == nil:
		r.problem(fileStatement, "is missing")
	}
	for _, n := range want {
		if files[n] == nil && !slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.File == n }) {
			r.problem(n, "is missing")
		}
	}
}

// claims are the hashes that manifest or statement tell.
type claims struct {
	sums map[string]string
	err  error // why they can't be believed
	// signed: the signature over them is good, so they are the truth.
	signed bool
	absent bool // there is nothing that could be believed
}

// hashes compares the files with what statement and manifest say of them.
func (r *Report) hashes(files map[string][]byte, key *PublicKey) {
	list := parseManifest(files[fileManifest])
	state := r.stated(files, key, list)
	if state.signed {
		r.believe(files, state)
		return
	}
	// Both say the same, so where one disagrees with a file and the other does
	// not, it is the one that was changed.
	for _, n := range (&Folder{files}).Names() {
		if n == fileManifest || n == fileStatement || n == fileEnvelope {
			continue
		}
		sum := digest(files[n])
		byList, byState := list.sums[n] == sum, state.sums[n] == sum
		switch {
		case !byList && !byState && (list.err == nil || state.err == nil):
			r.changed(n, sum)
		case !byList && list.err == nil:
			list.err = fmt.Errorf("does not have the SHA-256 of %s", n)
		case !byState && state.err == nil && !state.absent:
			state.err = fmt.Errorf("does not have the SHA-256 of %s", n)
		}
	}
	if list.err == nil && files[fileManifest] != nil {
		if len(r.Problems) == 0 && !bytes.Equal(manifest(files), files[fileManifest]) {
			list.err = errors.New("is not the list of the files that are here")
		} else if !state.absent && state.err == nil && state.sums[fileManifest] != digest(files[fileManifest]) {
			state.err = fmt.Errorf("does not have the SHA-256 of %s", fileManifest)
		}
	}
	if list.err != nil && files[fileManifest] != nil {
		r.problem(fileManifest, "is not as it was written: %v", list.err)
	}
	if state.err == nil && !state.absent && len(r.Problems) == 0 {
		if text, err := makeStatement(files); err != nil || !bytes.Equal(text, files[fileStatement]) {
			state.err = errors.New("does not say what the files say")
		}
	}
	if state.err != nil {
		r.problem(r.statementFile(), "is not as it was written: %v", state.err)
	}
}

// believe compares every file with the signed statement.
func (r *Report) believe(files map[string][]byte, state claims) {
	for _, n := range (&Folder{files}).Names() {
		if n == fileStatement || n == fileEnvelope {
			continue
		}
		if sum := digest(files[n]); state.sums[n] != sum {
			r.changed(n, sum)
		}
	}
}

func (r *Report) changed(name, sum string) {
	r.problem(name, "is not as it was written: its SHA-256 is %s", sum)
}

func (r *Report) statementFile() string {
	if r.Signed {
		return fileEnvelope
	}
	return fileStatement
}

// stated returns what the statement says, checking its signature.
func (r *Report) stated(files map[string][]byte, key *PublicKey, list claims) claims {
	if !r.Signed {
		if files[fileStatement] == nil {
			return claims{absent: true}
		}
		return parseStatement(files[fileStatement])
	}
	r.KeyGiven = key != nil
	if key == nil {
		return r.statedByOwnKey(files, list)
	}
	r.Key = key.Fingerprint()
	return openStatement(files[fileEnvelope], key)
}

// statedByOwnKey checks the signature with the key that lies in the folder.
func (r *Report) statedByOwnKey(files map[string][]byte, list claims) claims {
	key, err := ParsePublicKey(files[fileKey])
	state := claims{err: err}
	if err == nil {
		r.Key = key.Fingerprint()
		state = openStatement(files[fileEnvelope], key)
	}
	if state.err != nil && list.err == nil && list.sums[fileKey] != digest(files[fileKey]) {
		// It is the key that was changed, as the manifest says.
		r.Notes = append(r.Notes, "The signature could not be checked: the key in the folder is not as it was written.")
		return claims{absent: true}
	}
	r.Notes = append(r.Notes, "The signature was checked with the key that lies in the folder. That shows that nothing was changed by accident, and not who signed: give the signer's key to check that.")
	return state
}

func openStatement(envelope []byte, key *PublicKey) claims {
	text, err := openEnvelope(envelope, key)
	if err != nil {
		return claims{err: err}
	}
	state := parseStatement(text)
	state.signed = state.err == nil
	return state
}

// parseManifest reads MANIFEST.
func parseManifest(text []byte) claims {
	sums := map[string]string{}
	for l := range strings.SplitSeq(strings.TrimSuffix(string(text), "\n"), "\n") {
		sum, name, ok := strings.Cut(l, "  ")
		if !ok || len(sum) != 64 || !slices.Contains(known, name) || sums[name] != "" {
			return claims{err: fmt.Errorf("line %q is not a SHA-256 and the name of a file", l)}
		}
		sums[name] = sum
	}
	return claims{sums: sums}
}

// replay asks the question again and compares everything that follows from it.
func (r *Report) replay(files map[string][]byte, checker Program) {
	q, err := ParseQuestion(files[fileQuestion])
	if err != nil {
		r.problem(fileQuestion, "%v", err)
		return
	}
	created, err := time.Parse(time.RFC3339, r.Record.CreatedAt)
	if err != nil {
		r.problem(fileRecord, "createdAt: %v", err)
		return
	}
	again, answer, err := Build(Case{Native: files[fileSnapshot], Question: q, WholeSHA256: r.Record.Snapshot.WholeSHA256, Program: r.Record.Program, CreatedAt: created})
	if err != nil {
		r.problem("", "the question can't be asked again: %v", err)
		return
	}
	same := checker.SHA256 != "" && checker.SHA256 == r.Record.Program.SHA256
	r.Replayed = bytes.Equal(again.files[fileVerdict], files[fileVerdict])
	if !r.Replayed {
		what := fmt.Sprintf("the question has another answer now: %s", answer.Verdict)
		if answer.Verdict == r.Record.Verdict {
			if r.Signed && r.KeyGiven && !same {
				// The signer vouches for the words; the verdict was found again.
				r.Notes = append(r.Notes, fileVerdict+" was written by another build of canreach. This one gives the same verdict, in other words or with other findings; the signed ones were checked by their hash alone. "+r.otherProgram(same))
				return
			}
			what = fmt.Sprintf("the question has the same verdict now, %s, and other words or findings", answer.Verdict)
		}
		r.Problems = append(r.Problems, Problem{File: fileVerdict, What: what, Repair: r.otherProgram(same)})
		return
	}
	for _, n := range content {
		if bytes.Equal(again.files[n], files[n]) {
			continue
		}
		if same || n == fileQuestion || n == fileRules {
			r.Problems = append(r.Problems, Problem{File: n, What: "does not follow from snapshot and question", Repair: r.otherProgram(same)})
			continue
		}
		r.Notes = append(r.Notes, n+" was written by another build of canreach, which words it otherwise; it was checked by its hash alone.")
	}
}

func (r *Report) otherProgram(same bool) string {
	if same {
		return ""
	}
	return fmt.Sprintf("The folder was written by %s %s (sha256 %s), and this is another build: check it with that one, too.",
		r.Record.Program.Name, r.Record.Program.Version, orUnknown(r.Record.Program.SHA256))
}
