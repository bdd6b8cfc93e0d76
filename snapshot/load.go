package snapshot

import (
	"bytes"
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
	// MaxInput bounds what is read, in bytes, of a file as it is unpacked and of
	// all files of a directory together. Zero: 2 GiB, and of a compressed file
	// 64 MiB or 200 times its size, whichever is more, up to 1 GiB.
	MaxInput int64
}

// The limits where Options names none.
const (
	maxInput       = 2 << 30
	maxUnpacked    = 1 << 30
	freelyUnpacked = 64 << 20 // whatever the file's size
	packedRatio    = 200      // beyond which a compressed file is taken for a bomb
)

// A SizeError says that an input is larger than it may be.
type SizeError struct {
	Limit    int64 // in bytes
	Unpacked bool
}

func (e *SizeError) Error() string {
	what := "larger than"
	if e.Unpacked {
		what = "unpacks to more than"
	}
	return fmt.Sprintf("%s %d MiB, the limit for this input (raise it with --max-input)", what, max(e.Limit>>20, 1))
}

// Load reads a snapshot: a native file (.json, .json.gz, .json.zst, or "-"),
// or a directory of AWS CLI outputs. Its error joins every LoadError found,
// each at its place in the file that it came from.
func Load(path string, opt Options) (*Snapshot, error) {
	native, from, warnings, err := readNative(path, opt)
	if err != nil {
		return nil, err
	}
	s, err := Parse(native)
	if err != nil {
		return nil, located(err, path, from)
	}
	s.Warnings = append(warnings, s.Warnings...)
	return s, nil
}

// located sets the files of the errors of parsing what path holds.
func located(err error, path string, from *origins) error {
	es, ok := err.(LoadErrors)
	if !ok || from == nil {
		return inFile(err, path)
	}
	for _, e := range es {
		from.locate(e)
	}
	return inFile(joined(es), path)
}

// Native returns the native form's bytes of what path holds: a file's own,
// decompressed, or a directory converted.
func Native(path string, opt Options) ([]byte, []Warning, error) {
	native, _, warnings, err := readNative(path, opt)
	return native, warnings, err
}

// readNative is Native, and tells which files the parts came from, where there
// are several.
func readNative(path string, opt Options) ([]byte, *origins, []Warning, error) {
	if path == "-" {
		if opt.Stdin == nil {
			return nil, nil, nil, errors.New(`path "-": there is no standard input`)
		}
		data, err := readCompressed(opt.Stdin, 0, opt.MaxInput)
		return bytes.TrimPrefix(data, byteOrderMark), nil, nil, at("standard input", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, nil, err
	}
	if info.IsDir() {
		return importDirectory(path, opt)
	}
	if !info.Mode().IsRegular() && info.Mode()&(os.ModeNamedPipe|os.ModeCharDevice) == 0 {
		return nil, nil, nil, fmt.Errorf("%s: neither a file nor a directory", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, nil, err
	}
	defer f.Close()
	data, err := readCompressed(f, info.Size(), opt.MaxInput)
	return bytes.TrimPrefix(data, byteOrderMark), nil, nil, at(path, err)
}

// byteOrderMark is what some editors and shells put in front of a text.
var byteOrderMark = []byte("\ufeff")

// at names the file of an error that does not.
func at(file string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", file, err)
}
