package snapshot

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// SchemaIndex is the schema of an index.
const SchemaIndex = "canreach.index/v1"

// CaptureIndex names the files of an organization's capture: one an account, and one
// of the organization's own policies.
type CaptureIndex struct {
	Schema       string       `json:"schema"`
	StartedAt    string       `json:"startedAt,omitempty"`
	FinishedAt   string       `json:"finishedAt,omitempty"`
	Tool         string       `json:"tool,omitempty"`
	Organization *IndexFile   `json:"organization,omitempty"`
	Accounts     []IndexEntry `json:"accounts"`
	Gaps         []Gap        `json:"gaps,omitempty"` // accounts that could not be captured

	dir string
}

// IndexFile is a file of an index.
type IndexFile struct {
	File   string `json:"file"` // beside the index
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
	Gaps   int    `json:"gaps"` // facts that the file says could not be read
}

// IndexEntry is one account's file.
type IndexEntry struct {
	Account string   `json:"account"`
	Regions []string `json:"regions"`
	IndexFile
}

// NewIndexFile reads what an index says of a file.
func NewIndexFile(path string) (IndexFile, *Snapshot, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return IndexFile{}, nil, err
	}
	s, err := Load(path, Options{})
	if err != nil {
		return IndexFile{}, nil, err
	}
	sum := sha256.Sum256(data)
	return IndexFile{File: filepath.Base(path), SHA256: hex.EncodeToString(sum[:]), Bytes: int64(len(data)), Gaps: len(s.Capture.Gaps)}, s, nil
}

// NewIndexEntry reads what an index says of one account's file.
func NewIndexEntry(path string) (IndexEntry, error) {
	f, s, err := NewIndexFile(path)
	if err != nil {
		return IndexEntry{}, err
	}
	if len(s.Accounts) != 1 {
		return IndexEntry{}, fmt.Errorf("%s: expected one account, found %d", path, len(s.Accounts))
	}
	e := IndexEntry{Account: s.Accounts[0].ID, IndexFile: f, Regions: []string{}}
	for _, r := range s.Accounts[0].Regions {
		e.Regions = append(e.Regions, r.Name)
	}
	slices.Sort(e.Regions)
	return e, nil
}

// IsIndex tells whether data begins as an index does.
func IsIndex(data []byte) bool {
	head := data[:min(len(data), 512)]
	return bytes.Contains(head, []byte(`"`+SchemaIndex+`"`))
}

// maxIndex bounds an index: 100,000 accounts take a tenth of it.
const maxIndex = 512 << 20

// ReadIndex reads an index and checks that it names each account and file
// once, and no file outside of its own folder.
func ReadIndex(path string) (*CaptureIndex, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxIndex+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxIndex {
		return nil, fmt.Errorf("%s: larger than %d MiB", path, maxIndex>>20)
	}
	x := &CaptureIndex{dir: filepath.Dir(path)}
	if err := json.Unmarshal(data, x); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if x.Schema != SchemaIndex {
		return nil, fmt.Errorf("%s: schema %q: expected %q", path, short(x.Schema), SchemaIndex)
	}
	return x, x.check(path)
}

func (x *CaptureIndex) check(path string) error {
	seen := map[string]bool{}
	once := func(what string) error {
		if seen[what] {
			return fmt.Errorf("%s: duplicate %s", path, what)
		}
		seen[what] = true
		return nil
	}
	files := []IndexFile{}
	if x.Organization != nil {
		files = append(files, *x.Organization)
	}
	for i := range x.Accounts {
		if err := once("account " + short(x.Accounts[i].Account)); err != nil {
			return err
		}
		files = append(files, x.Accounts[i].IndexFile)
	}
	for _, f := range files {
		if f.File == "" || f.File != filepath.Base(f.File) || strings.HasPrefix(f.File, ".") || strings.ContainsAny(f.File, `/\`) {
			return fmt.Errorf("%s: file %q: expected the name of a file beside the index", path, short(f.File))
		}
		if err := once("file " + f.File); err != nil {
			return err
		}
	}
	return nil
}

// Path is where a file of the index is.
func (x *CaptureIndex) Path(f IndexFile) string { return filepath.Join(x.dir, f.File) }

// Native reads a file of the index in the native form. A file that is not the
// one that was indexed is an error.
func (x *CaptureIndex) Native(f IndexFile) ([]byte, error) {
	path := x.Path(f)
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return nil, err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != f.SHA256 {
		return nil, fmt.Errorf("%s: not the file that was indexed: sha256 %s, expected %s", path, got, short(f.SHA256))
	}
	native, _, err := Native(path, Options{})
	return native, err
}

// Write writes the index to path, at once and whole, for its owner alone.
func (x *CaptureIndex) Write(path string) error {
	slices.SortFunc(x.Accounts, func(a, b IndexEntry) int { return strings.Compare(a.Account, b.Account) })
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(x); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(b.Bytes())
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
