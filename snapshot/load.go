package snapshot

import (
	"errors"
	"io"
)

// Options say how a snapshot is read.
type Options struct {
	Account string    // for files that don't tell: twelve digits
	Region  string    // for files that don't tell
	Stdin   io.Reader // what the path "-" reads; native form only
}

// Load reads a snapshot: a native file (.json, .json.gz, .json.zst, or "-"),
// or a directory of AWS CLI outputs. Its error joins every LoadError found.
func Load(path string, opt Options) (*Snapshot, error) {
	native, warnings, err := Native(path, opt)
	if err != nil {
		return nil, err
	}
	s, err := Parse(native)
	if err != nil {
		return nil, err
	}
	s.Warnings = append(warnings, s.Warnings...)
	return s, nil
}

// Native returns the native form's bytes of what path holds: a file's own,
// decompressed, or a directory converted.
func Native(path string, opt Options) ([]byte, []Warning, error) {
	return nil, nil, errors.New("not built yet")
}

// Parse reads the native form. The snapshot keeps parts of native: the
// caller must not change it afterwards.
func Parse(native []byte) (*Snapshot, error) { return nil, errors.New("not built yet") }

// LoadJob reads a job file, recognised by content.
func LoadJob(path string, opt Options) (Job, error) { return Job{}, errors.New("not built yet") }

// DecodeDocument undoes the encodings that AWS's APIs put around a policy
// document (P18): a JSON string, URL encoding, at most two levels. The result
// is the document's own text.
func DecodeDocument(raw []byte) ([]byte, error) { return raw, nil }
