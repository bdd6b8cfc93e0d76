package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Names of the files in a folder.
const (
	fileReadme    = "README.txt"
	fileSnapshot  = "snapshot.json"
	fileQuestion  = "question.json"
	fileVerdict   = "verdict.json"
	fileRules     = "rules.json"
	fileRecord    = "record.json"
	filePage      = "index.html"
	filePicture   = "picture.svg"
	fileOSCAL     = "oscal-assessment-results.json"
	fileManifest  = "MANIFEST"
	fileStatement = "statement.json"      // unsigned
	fileEnvelope  = "statement.dsse.json" // signed
	fileKey       = "public-key.pem"      // with fileEnvelope
	// What follows is made of the statement, or of its signature.
	fileBundle    = "statement.sigstore.json" // the envelope as a Sigstore bundle
	fileTimestamp = "statement.tsr"           // an RFC 3161 time stamp of the statement's file, put there by whoever wants one
)

// sealed are the files that no hash in the folder covers: the statement and what is made of it.
var sealed = []string{fileStatement, fileEnvelope, fileBundle, fileTimestamp}

// content are the files that follow from the case, in the order of a listing.
var content = []string{fileReadme, filePage, fileOSCAL, filePicture, fileQuestion, fileRecord, fileRules, fileSnapshot, fileVerdict}

// Folder is a record as files, by name.
type Folder struct {
	files map[string][]byte
}

// Names lists the files, sorted.
func (f *Folder) Names() []string {
	names := make([]string, 0, len(f.files))
	for n := range f.files {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// File returns a file's content; nil: there is no such file.
func (f *Folder) File(name string) []byte { return f.files[name] }

// manifest lists files with their hashes, as sha256sum prints and checks them.
func manifest(files map[string][]byte) []byte {
	names := make([]string, 0, len(files))
	for n := range files {
		if n != fileManifest && !slices.Contains(sealed, n) {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	var b strings.Builder
	for _, n := range names {
		b.WriteString(digest(files[n]) + "  " + n + "\n")
	}
	return []byte(b.String())
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Write puts the folder at dir, whole or not at all: beside its place first,
// then there. What stands at dir already is never overwritten, but for an
// empty directory. Only its owner can read it: a snapshot says much of an account.
func (f *Folder) Write(dir string) error {
	dir = filepath.Clean(dir)
	if left, err := os.ReadDir(dir); err == nil && len(left) > 0 {
		return fmt.Errorf("%s: is there already, and evidence is never overwritten", dir)
	} else if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(parent, ".evidence-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	for _, n := range f.Names() {
		if err := writeSynced(filepath.Join(temp, n), f.files[n]); err != nil {
			return err
		}
	}
	if err := os.Chmod(temp, 0o700); err != nil {
		return err
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.Rename(temp, dir)
}

func writeSynced(path string, data []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}
