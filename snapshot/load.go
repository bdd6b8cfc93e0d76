package snapshot

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Options say how a snapshot is read.
type Options struct {
	Account string    // for files that don't tell: twelve digits
	Region  string    // for files that don't tell
	Stdin   io.Reader // what the path "-" reads; native form only
}

// maxNative is how large a native snapshot may be, decompressed.
const maxNative = 2 << 30

// Load reads a snapshot: a native file (.json, .json.gz, .json.zst, or "-"),
// or a directory of AWS CLI outputs. Its error joins every LoadError found.
func Load(path string, opt Options) (*Snapshot, error) {
	native, warnings, err := Native(path, opt)
	if err != nil {
		return nil, err
	}
	s, err := Parse(native)
	if err != nil {
		return nil, inFile(err, path)
	}
	s.Warnings = append(warnings, s.Warnings...)
	return s, nil
}

// Native returns the native form's bytes of what path holds: a file's own,
// decompressed, or a directory converted.
func Native(path string, opt Options) ([]byte, []Warning, error) {
	if path == "-" {
		if opt.Stdin == nil {
			return nil, nil, errors.New(`path "-": there is no standard input`)
		}
		data, err := readCompressed(opt.Stdin, 0)
		return data, nil, at("standard input", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if info.IsDir() {
		return nil, nil, errors.New("directories are not built yet")
	}
	if !info.Mode().IsRegular() && info.Mode()&(os.ModeNamedPipe|os.ModeCharDevice) == 0 {
		return nil, nil, fmt.Errorf("%s: neither a file nor a directory", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	data, err := readCompressed(f, info.Size())
	return data, nil, at(path, err)
}

// at names the file of an error that does not.
func at(file string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", file, err)
}
