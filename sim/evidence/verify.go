package evidence

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/canreach/canreach/sim"
)

// VerifyOptions say what a check knows.
type VerifyOptions struct {
	Key     *PublicKey // nil: the key that lies in the folder, which proves nothing about who signed
	Program Program    // the one that checks
	// TSA are the certificates that a time stamp's chain may end in; empty: any.
	TSA []*x509.Certificate
	// MaxBytes bounds what is read of the folder; 0: DefaultMaxBytes.
	MaxBytes int64
}

// DefaultMaxBytes bounds the size of a folder's files, all together.
const DefaultMaxBytes = 1 << 30

// ErrTooLarge is returned for a folder with more bytes than VerifyOptions.MaxBytes.
var ErrTooLarge = errors.New("the folder's files are too large")

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
	Record   *Record   // what the folder claims of itself; nil where it could not be read
	Signed   bool
	Key      string      // fingerprint of the key that the signature was checked with
	KeyGiven bool        // it came from the caller and not from the folder
	Answer   *sim.Answer // of the question, asked again now; nil where it was not
	Replayed bool        // the question was asked again, and every file follows from the answer, byte for byte
	Stamped  time.Time   // by the folder's time stamp; zero: none, or not one that holds
	TSA      string      // who made it, and TSAGiven: by a certificate that the caller trusts
	TSAGiven bool
	Whole    bool // the files are those that manifest, statement and signature tell, whatever the replay answers
}

func (r *Report) problem(file, format string, args ...any) {
	r.Problems = append(r.Problems, Problem{File: file, What: fmt.Sprintf(format, args...)})
}

// ErrNotEvidence is returned for a folder that holds no evidence.
var ErrNotEvidence = errors.New("not an evidence folder: it has neither a manifest nor a statement")

// Verify checks the folder at dir: that every file is there and nothing else,
// hashes, signature, and that the question has the same answer today. Links
// are not followed. An error means that the folder could not be read at all.
func Verify(ctx context.Context, dir string, opt VerifyOptions) (*Report, error) {
	r := &Report{}
	if opt.MaxBytes == 0 {
		opt.MaxBytes = DefaultMaxBytes
	}
	files, err := r.read(dir, opt.MaxBytes)
	if err != nil {
		return nil, err
	}
	return r, r.check(ctx, files, opt)
}

// check looks at files that were read.
func (r *Report) check(ctx context.Context, files map[string][]byte, opt VerifyOptions) error {
	if files[fileManifest] == nil && files[fileStatement] == nil && files[fileEnvelope] == nil {
		return ErrNotEvidence
	}
	r.Signed = files[fileEnvelope] != nil
	r.complete(files)
	r.hashes(files, opt.Key)
	if !slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.File == r.statementFile() }) { // else what is made of it differs, too
		r.bundle(files)
		r.timestamp(files, opt.TSA)
	}
	if opt.Key != nil && !r.Signed {
		r.problem("", "the folder is not signed, and a key was given to check it with")
	}
	var err error
	if r.Record, err = parseRecord(files[fileRecord]); err != nil && len(r.Problems) == 0 {
		r.problem(fileRecord, "can't be read: %v", err)
	}
	if len(r.Problems) == 0 {
		r.Whole = true
		r.replay(ctx, files, opt.Program)
	}
	return nil
}

// known are all names that a folder may have.
var known = append([]string{fileManifest, fileStatement, fileEnvelope, fileKey, fileBundle, fileTimestamp}, content...)

// read reads the files of the folder. What is none, or has another name, is a
// problem, and is not opened.
func (r *Report) read(dir string, limit int64) (map[string][]byte, error) {
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
			data, err := readFile(root, e.Name(), limit)
			if err != nil {
				return nil, err
			}
			files[e.Name()] = data
			limit -= int64(len(data))
		}
	}
	return files, nil
}

// readFile reads a regular file of at most limit bytes. Another file may have
// taken its place since the folder was listed: a link is refused, and opening a
// FIFO does not wait for a writer.
func readFile(root *os.Root, name string, limit int64) ([]byte, error) {
	listed, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || !os.SameFile(listed, info) {
		return nil, fmt.Errorf("%s: not a regular file", name)
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if int64(len(data)) > limit {
		return nil, ErrTooLarge
	}
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
		want = append(want, fileKey, fileBundle)
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

// bundle compares the Sigstore bundle with the envelope that it is made of.
func (r *Report) bundle(files map[string][]byte) {
	if files[fileBundle] == nil {
		return
	}
	if made, err := makeBundle(files[fileEnvelope]); err != nil || !bytes.Equal(made, files[fileBundle]) {
		r.problem(fileBundle, "does not follow from %s", fileEnvelope)
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
		if n == fileManifest || slices.Contains(sealed, n) {
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
		if slices.Contains(sealed, n) {
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
	r.Notes = append(r.Notes, "The signature was checked with the key that lies in the folder. Whoever made the folder chose that key: give the signer's with --public-key.")
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

// replay asks the question again, remakes every file from that answer, and
// names each one that differs. Nothing is excused because the folder says that
// another build wrote it: whoever forges a folder writes that, too.
func (r *Report) replay(ctx context.Context, files map[string][]byte, checker Program) {
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
	again, answer, err := Build(ctx, Case{Native: files[fileSnapshot], Question: q, WholeSHA256: r.Record.Snapshot.WholeSHA256, Program: r.Record.Program, CreatedAt: created})
	if err != nil {
		r.problem("", "the question can't be asked again: %v", err)
		return
	}
	r.Answer = answer
	for _, n := range content {
		if bytes.Equal(again.files[n], files[n]) {
			continue
		}
		p := Problem{File: n, What: "differs from what this build makes of snapshot and question"}
		switch {
		case n == fileVerdict:
			p.What += differentVerdict(files[n], answer.Verdict)
		case n == fileRecord && r.Record.Verdict != answer.Verdict:
			p.What += fmt.Sprintf(": it says %s, the replay answers %s", r.Record.Verdict, answer.Verdict)
		}
		r.Problems = append(r.Problems, p)
	}
	r.Replayed = len(r.Problems) == 0
	r.claims(checker)
}

// differentVerdict says how the verdict in a file differs from the replay's.
func differentVerdict(text []byte, replayed sim.Verdict) string {
	var said struct {
		Verdict string `json:"verdict"`
	}
	if json.Unmarshal(text, &said) != nil || said.Verdict == replayed.String() {
		return ": same verdict, other words or findings"
	}
	return fmt.Sprintf(": it says %s, the replay answers %s", said.Verdict, replayed)
}

// claims notes what the folder says of itself and no check can show.
func (r *Report) claims(checker Program) {
	note := fmt.Sprintf("The folder claims that %s %s (sha256 %s) wrote it at %s; only the signer can vouch for that.",
		r.Record.Program.Name, r.Record.Program.Version, orUnknown(r.Record.Program.SHA256), r.Record.CreatedAt)
	if len(r.Problems) > 0 && (checker.SHA256 == "" || checker.SHA256 != r.Record.Program.SHA256) {
		note += " This is another build: if you trust the claim, verify the folder with the one that it names."
	}
	r.Notes = append(r.Notes, note)
	if whole := r.Record.Snapshot.WholeSHA256; whole != "" {
		r.Notes = append(r.Notes, fmt.Sprintf("The folder claims that its snapshot holds parts of one with sha256 %s; only the signer can vouch for that, and for the parts left out.", whole))
	}
}
