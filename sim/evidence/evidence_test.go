package evidence

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/snapshot"
)

var program = Program{Name: "canreach", Version: "1.2.3", SHA256: strings.Repeat("ab", 32), Go: "go1.26", Platform: "linux/amd64"}

// testCase asks for a read through an endpoint whose policy denies it.
func testCase() Case {
	deny := world.Doc(world.For("*", world.Allow("*", "*")), world.For("*", world.Deny("s3:GetObject", "arn:aws:s3:::reports/*")))
	return Case{
		Native: world.Network(world.EndpointPolicy("vpce-g", deny)).JSON(),
		Question: sim.Question{
			Job: snapshot.Job{Name: "neo", RoleARN: world.Role, Kind: "CompilationJob", HasVPCConfig: true, Instances: 1,
				Subnets: []snapshot.SubnetID{"subnet-1"}, SecurityGroups: []snapshot.SecurityGroupID{"sg-1"}},
			Bucket: "arn:aws:s3:::reports",
		},
		Program: program, CreatedAt: time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC),
	}
}

func build(t testing.TB, c Case, key *PrivateKey) *Folder {
	t.Helper()
	f, _, err := Build(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Seal(key); err != nil {
		t.Fatal(err)
	}
	return f
}

func keyPEM(t testing.TB, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func ed25519Key(t testing.TB, seed byte) *PrivateKey {
	t.Helper()
	k, err := ParsePrivateKey(keyPEM(t, ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, 32))))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func ecdsaKey(t testing.TB, curve elliptic.Curve) *PrivateKey {
	t.Helper()
	raw, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k, err := ParsePrivateKey(keyPEM(t, raw))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func check(t testing.TB, files map[string][]byte, opt VerifyOptions) *Report {
	t.Helper()
	r := &Report{}
	if err := r.check(t.Context(), files, opt); err != nil {
		t.Fatal(err)
	}
	return r
}

// blamed are the files that a report names.
func blamed(r *Report) []string {
	var names []string
	for _, p := range r.Problems {
		names = append(names, p.File)
	}
	return names
}

func TestAFolderThatNobodyTouchedIsAsItWasWritten(t *testing.T) {
	for name, key := range map[string]*PrivateKey{"unsigned": nil, "Ed25519": ed25519Key(t, 1), "ECDSA P-256": ecdsaKey(t, elliptic.P256()),
		"ECDSA P-384": ecdsaKey(t, elliptic.P384()), "ECDSA P-521": ecdsaKey(t, elliptic.P521())} {
		dir := filepath.Join(t.TempDir(), "out", "folder")
		if err := build(t, testCase(), key).Write(dir); err != nil {
			t.Fatal(err)
		}
		opt := VerifyOptions{Program: program}
		if key != nil {
			opt.Key = &key.PublicKey
		}
		r, err := Verify(t.Context(), dir, opt)
		if err != nil || len(r.Problems) > 0 || !r.Replayed || r.Signed != (key != nil) || len(r.Notes) != 1 {
			t.Errorf("%s: %v, %+v", name, err, r)
		}
	}
}

func TestTheQuestionIsAnsweredAndWhatDecidedIsThere(t *testing.T) {
	f := build(t, testCase(), nil)
	var a sim.Answer
	if err := json.Unmarshal(f.files[fileVerdict], &a); err != nil || a.Snapshot.SHA256 != digest(f.files[fileSnapshot]) {
		t.Errorf("%v, %+v", err, a.Snapshot)
	}
	var rules rulesFile
	if err := json.Unmarshal(f.files[fileRules], &rules); err != nil {
		t.Fatal(err)
	}
	for _, x := range a.Findings {
		if x.Pointer != "" && !slices.ContainsFunc(rules.Rules, func(r rule) bool { return r.Pointer == x.Pointer && r.Found }) {
			t.Errorf("%s points at %s, which rules.json lacks", x.Code.String(), x.Pointer)
		}
	}
	for _, r := range rules.Rules {
		if !r.Found {
			t.Errorf("there is nothing at %s, which %v points at", r.Pointer, r.By)
		}
	}
}

func TestSameCaseSameBytes(t *testing.T) {
	one, two := build(t, testCase(), ed25519Key(t, 1)), build(t, testCase(), ed25519Key(t, 1))
	if diff := cmp.Diff(one.files, two.files); diff != "" { // Ed25519 signatures are deterministic, too
		t.Error(diff)
	}
}

// positions are every byte of a small file, and some of a large one.
func positions(n int) []int {
	step := max(1, n/40)
	var at []int
	for i := 0; i < n; i += step {
		at = append(at, i)
	}
	return append(at, n-1)
}

func TestAChangedByteOfAnyFileIsCaughtAndNamed(t *testing.T) {
	key := ed25519Key(t, 1)
	for name, c := range map[string]struct {
		sign *PrivateKey
		with *PublicKey
	}{"unsigned": {}, "signed, checked with the signer's key": {key, &key.PublicKey}, "signed, checked with the folder's key": {key, nil}} {
		f := build(t, testCase(), c.sign)
		for _, n := range f.Names() {
			for i, at := range positions(len(f.files[n])) {
				files := maps.Clone(f.files)
				files[n] = bytes.Clone(files[n])
				files[n][at] ^= []byte{1, 0x20, 0x80, 4}[i%4]
				r := check(t, files, VerifyOptions{Key: c.with, Program: program})
				if got := blamed(r); !slices.Equal(got, []string{n}) {
					t.Fatalf("%s: byte %d of %s was changed, and %v are named: %v", name, at, n, got, r.Problems)
				}
				if r.Replayed {
					t.Fatalf("%s: byte %d of %s: replayed", name, at, n)
				}
			}
		}
	}
}

func TestMissingAndAddedAndCutFilesAreNamed(t *testing.T) {
	key := ed25519Key(t, 1)
	for _, k := range []*PrivateKey{nil, key} {
		f := build(t, testCase(), k)
		for _, n := range f.Names() {
			if n != fileEnvelope && n != fileStatement {
				files := maps.Clone(f.files)
				delete(files, n)
				if got := blamed(check(t, files, VerifyOptions{Program: program})); !slices.Contains(got, n) {
					t.Errorf("%s is missing, and %v are named", n, got)
				}
			}
			for what, change := range map[string]func([]byte) []byte{
				"cut":   func(b []byte) []byte { return b[:len(b)-1] },
				"added": func(b []byte) []byte { return append(bytes.Clone(b), '\n') },
				"empty": func([]byte) []byte { return []byte{} },
			} {
				files := maps.Clone(f.files)
				files[n] = change(files[n])
				if got := blamed(check(t, files, VerifyOptions{Program: program})); !slices.Contains(got, n) {
					t.Errorf("%s of %s: %v are named", what, n, got)
				}
			}
		}
	}
}

func TestWhoRewritesTheHashesStillHasToExplainTheAnswer(t *testing.T) {
	f := build(t, testCase(), nil)
	for n, change := range map[string]func([]byte) []byte{
		fileVerdict: func(b []byte) []byte {
			return regexp.MustCompile(`"verdict": "[A-Z]+"`).ReplaceAll(b, []byte(`"verdict": "REACHABLE"`))
		},
		fileRules:    func(b []byte) []byte { return bytes.Replace(b, []byte("rules/v1"), []byte("rules/v2"), 1) },
		filePage:     func(b []byte) []byte { return bytes.Replace(b, []byte("<h1>"), []byte("<h1>all well: "), 1) },
		fileReadme:   func(b []byte) []byte { return append(bytes.Clone(b), "All is well.\n"...) },
		fileQuestion: func(b []byte) []byte { return bytes.Replace(b, []byte("reports"), []byte("reportz"), 1) },
		fileSnapshot: func(b []byte) []byte { return bytes.Replace(b, []byte(`"Deny"`), []byte(`"Allow"`), 1) },
	} {
		files := maps.Clone(f.files)
		delete(files, fileStatement)
		if files[n] = change(files[n]); bytes.Equal(files[n], f.files[n]) {
			t.Errorf("%s: nothing to change", n)
			continue
		}
		forged := &Folder{files}
		if err := forged.Seal(nil); err != nil {
			t.Fatal(err)
		}
		if r := check(t, forged.files, VerifyOptions{Program: program}); len(r.Problems) == 0 {
			t.Errorf("%s was forged, and nobody notices: %+v", n, r)
		}
	}
}

func TestASignatureHoldsWhatWasSignedAndByWhom(t *testing.T) {
	key, other := ed25519Key(t, 1), ed25519Key(t, 2)
	f := build(t, testCase(), key)
	if got := blamed(check(t, f.files, VerifyOptions{Key: &other.PublicKey, Program: program})); !slices.Equal(got, []string{fileEnvelope}) {
		t.Errorf("another's key: %v are named", got)
	}
	// Somebody else signs a forgery with a key of their own.
	c := testCase()
	c.Native = world.Network().JSON()
	forged := build(t, c, other)
	if r := check(t, forged.files, VerifyOptions{Key: &key.PublicKey, Program: program}); len(r.Problems) == 0 {
		t.Error("a forgery passes for the signer's")
	}
	r := check(t, forged.files, VerifyOptions{Program: program})
	if len(r.Problems) > 0 || r.KeyGiven || len(r.Notes) == 0 {
		t.Errorf("checked with its own key: %+v", r)
	}
	// The signed statement is kept, and files with their manifest replaced.
	mixed := maps.Clone(forged.files)
	mixed[fileEnvelope] = f.files[fileEnvelope]
	if got := blamed(check(t, mixed, VerifyOptions{Key: &key.PublicKey, Program: program})); !slices.Contains(got, fileSnapshot) || !slices.Contains(got, fileManifest) || slices.Contains(got, fileEnvelope) {
		t.Errorf("replaced files: %v are named", got)
	}
	unsigned := build(t, testCase(), nil)
	if r := check(t, unsigned.files, VerifyOptions{Key: &key.PublicKey, Program: program}); len(r.Problems) == 0 {
		t.Error("an unsigned folder passes where a key was given")
	}
}

// A folder that says another build wrote it is excused nothing: a forger says so, too.
func TestEveryForgedFileIsNamedWhateverBuildTheFolderClaims(t *testing.T) {
	key := ed25519Key(t, 1)
	built, answer, err := Build(t.Context(), testCase())
	if err != nil {
		t.Fatal(err)
	}
	whole := built.files
	checker := program
	checker.SHA256 = strings.Repeat("cd", 32)
	for _, n := range []string{fileReadme, filePage, fileOSCAL, filePicture, fileQuestion, fileRecord, fileRules, fileVerdict} {
		files := maps.Clone(whole)
		delete(files, fileStatement)
		files[n] = bytes.Replace(files[n], []byte(answer.Verdict.String()), []byte("REACHABLE"), -1)
		if n == fileReadme || n == fileQuestion || n == fileRules || n == filePicture {
			files[n] = append(bytes.Clone(whole[n]), '\n')
		}
		forged := &Folder{files}
		if err := forged.Seal(key); err != nil {
			t.Fatal(err)
		}
		for _, opt := range []VerifyOptions{{Program: checker}, {Program: checker, Key: &key.PublicKey}, {Program: program, Key: &key.PublicKey}} {
			r := check(t, forged.files, opt)
			if !slices.Contains(blamed(r), n) || r.Replayed || r.Answer == nil || r.Answer.Verdict != answer.Verdict {
				t.Errorf("%s was forged: %+v", n, r)
			}
		}
	}
}

func TestClaimsAreNotedAsClaims(t *testing.T) {
	c, err := Parts(t.Context(), testCase())
	if err != nil {
		t.Fatal(err)
	}
	c.WholeSHA256 = strings.Repeat("ef", 32)
	r := check(t, build(t, c, nil).files, VerifyOptions{Program: program})
	if len(r.Problems) > 0 || len(r.Notes) != 2 || !strings.Contains(r.Notes[0], "claims that canreach 1.2.3") || !strings.Contains(r.Notes[1], "claims that its snapshot holds parts of one with sha256 efef") {
		t.Errorf("%+v", r)
	}
}

func TestAFolderIsReadUpToALimit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "folder")
	if err := build(t, testCase(), nil).Write(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(t.Context(), dir, VerifyOptions{MaxBytes: 1000}); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	info, err := os.Stat(filepath.Join(dir, fileSnapshot))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestAFolderIsReadWithoutFollowingLinks(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "folder")
	if err := build(t, testCase(), nil).Write(dir); err != nil {
		t.Fatal(err)
	}
	verify := func() []string {
		t.Helper()
		r, err := Verify(t.Context(), dir, VerifyOptions{Program: program})
		if err != nil {
			t.Fatal(err)
		}
		return blamed(r)
	}
	outside := filepath.Join(t.TempDir(), "verdict.json")
	inside := filepath.Join(dir, fileVerdict)
	if err := os.Rename(inside, outside); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, inside); err != nil {
		t.Fatal(err)
	}
	if got := verify(); !slices.Equal(got, []string{fileVerdict}) {
		t.Errorf("a link: %v are named", got)
	}
	if err := os.Remove(inside); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(outside, inside); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "extra"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got := verify(); !slices.Equal(got, []string{"extra"}) {
		t.Errorf("a directory: %v are named", got)
	}
}

func TestEvidenceIsNeverOverwritten(t *testing.T) {
	f := build(t, testCase(), nil)
	parent := t.TempDir()
	dir := filepath.Join(parent, "folder")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := f.Write(dir); err != nil { // an empty directory is taken
		t.Fatal(err)
	}
	if err := f.Write(dir); err == nil {
		t.Error("written twice")
	}
	if left, _ := os.ReadDir(parent); len(left) != 1 {
		t.Errorf("%d entries are left", len(left))
	}
}

func TestWhatIsNoEvidenceIsAnError(t *testing.T) {
	if _, err := Verify(t.Context(), t.TempDir(), VerifyOptions{}); err == nil {
		t.Error("an empty directory passes")
	}
	if _, err := Verify(t.Context(), filepath.Join(t.TempDir(), "none"), VerifyOptions{}); err == nil {
		t.Error("no directory passes")
	}
}

func TestKeysThatDoNotSign(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"RSA": keyPEM(t, rsaKey), "no PEM": []byte("x"), "a public key": ed25519Key(t, 1).PEM(),
		"encrypted": pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")}), "cut": keyPEM(t, rsaKey)[:200],
	} {
		if _, err := ParsePrivateKey(text); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	raw, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParsePrivateKey(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})); err != nil {
		t.Errorf("SEC 1: %v", err)
	}
}

// fill gives every field of v a value that is not zero.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0))
		fill(v.Index(1))
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{"a": "b"}))
	case reflect.String:
		v.SetString("x<&>" + v.Type().Name())
	case reflect.Int:
		v.SetInt(7)
	case reflect.Bool:
		v.SetBool(true)
	default:
		panic(v.Kind())
	}
}

func TestAQuestionKeepsEveryField(t *testing.T) {
	var full, empty sim.Question
	fill(reflect.ValueOf(&full).Elem())
	for _, q := range []sim.Question{full, empty, testCase().Question} {
		text, err := MarshalQuestion(q)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseQuestion(text)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(q, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestAQuestionWithAnUnknownMemberIsRefused(t *testing.T) {
	for _, text := range []string{`{}`, `{"schema":"canreach.question/v1","job":{},"options":{},"x":1}`, `{"schema":"canreach.question/v1"} {}`, `[]`, ``} {
		if _, err := ParseQuestion([]byte(text)); err == nil {
			t.Errorf("%s passes", text)
		}
	}
}

func TestRulesAreReadThroughPolicyDocumentsInStrings(t *testing.T) {
	native := []byte(`{"a":[{"Policy":"{\"Statement\":[{\"Sid\":\"x\"}]}"}],"n":null}`)
	a := &sim.Answer{Findings: []sim.Finding{{Code: finding.BadState, Pointer: "/a/0/Policy/Statement/0"}, {Code: finding.BadStateRoute, Pointer: "/a/7"}, {Code: finding.BadStateAttachment, Pointer: "/n"}, {Code: finding.RoutingLoop, Pointer: "/a/0/Policy"}, {Code: finding.NoPath, Pointer: "/n/x"}, {Code: finding.BadState, Pointer: "/a/0/Policy/Statement/0"}}}
	rules, err := decidingRules(native, a)
	if err != nil {
		t.Fatal(err)
	}
	want := []rule{
		{Pointer: "/a/0/Policy", By: []string{"finding ROUTING_LOOP"}, Found: true, Encoded: true, Text: json.RawMessage(`{"Statement":[{"Sid":"x"}]}`)},
		{Pointer: "/a/0/Policy/Statement/0", By: []string{"finding BAD_STATE"}, Found: true, Encoded: true, Text: json.RawMessage(`{"Sid":"x"}`)},
		{Pointer: "/a/7", By: []string{"finding BAD_STATE_ROUTE"}},
		{Pointer: "/n", By: []string{"finding BAD_STATE_ATTACHMENT"}, Found: true, Text: json.RawMessage(`null`)},
		{Pointer: "/n/x", By: []string{"finding NO_PATH"}},
	}
	if diff := cmp.Diff(want, rules); diff != "" {
		t.Error(diff)
	}
}

func TestPartsGiveTheSameAnswerAndLeaveOutWhatItCannotHangOn(t *testing.T) {
	c := testCase()
	elsewhere := []world.Edit{world.VPC("vpc-z", "10.9.0.0/16"), world.Subnet("subnet-z", "vpc-z", "10.9.1.0/24", "us-east-1a"),
		world.Group("sg-z", "vpc-z", nil, nil), world.AddBucket("elsewhere", "us-east-1", nil)}
	c.Native = world.Network(elsewhere...).JSON()
	part, err := Parts(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if part.WholeSHA256 != digest(c.Native) {
		t.Errorf("the whole is %s", part.WholeSHA256)
	}
	for _, gone := range []string{"vpc-z", "subnet-z", "sg-z", "elsewhere"} {
		if bytes.Contains(part.Native, []byte(`"`+gone+`"`)) {
			t.Errorf("%s is there", gone)
		}
	}
	for _, kept := range []string{"vpc-a", "subnet-1", "sg-1", "rtb-1", "acl-1", "vpce-g", "reports", world.Role, world.PL} {
		if !bytes.Contains(part.Native, []byte(`"`+kept+`"`)) {
			t.Errorf("%s is missing", kept)
		}
	}
	f := build(t, part, nil)
	if r := check(t, f.files, VerifyOptions{Program: program}); len(r.Problems) > 0 || !r.Replayed || r.Record.Snapshot.WholeSHA256 == "" {
		t.Errorf("%+v", r)
	}
}
