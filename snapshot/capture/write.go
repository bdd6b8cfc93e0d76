package capture

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/canreach/canreach/snapshot"
)

// object is a JSON object whose members keep their order.
type object []field

// field is one member: an object, a list of objects ([]any), a list of
// resources ([]json.RawMessage, one a line), or one JSON value.
type field struct {
	name  string
	value any
}

// marshal returns v as JSON without HTML's escapes, which would hide "<" and
// "&" of a policy from its reader. v is ours: it can't fail.
func marshal(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("unreachable: " + err.Error())
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// printer writes JSON: the frame indented, each resource on a line of its
// own, so that two snapshots can be compared line by line. It notes how many
// resources it wrote.
type printer struct {
	w      *bufio.Writer
	things int
}

func (p *printer) value(v any, indent string) {
	switch v := v.(type) {
	case object:
		p.w.WriteByte('{')
		for i, f := range v {
			p.line(i, indent)
			p.w.Write(appendString(nil, f.name))
			p.w.WriteString(": ")
			p.value(f.value, indent+"  ")
		}
		p.end(len(v), indent, '}')
	case []any:
		p.w.WriteByte('[')
		for i, item := range v {
			p.line(i, indent)
			p.value(item, indent+"  ")
		}
		p.end(len(v), indent, ']')
	case []json.RawMessage:
		p.things += len(v)
		p.w.WriteByte('[')
		for i, item := range v {
			p.line(i, indent)
			p.w.Write(item)
		}
		p.end(len(v), indent, ']')
	case json.RawMessage:
		if v == nil {
			v = json.RawMessage("null")
		}
		p.w.Write(v)
	default:
		panic(fmt.Sprintf("unreachable: %T", v))
	}
}

func (p *printer) line(i int, indent string) {
	if i > 0 {
		p.w.WriteByte(',')
	}
	p.w.WriteString("\n  ")
	p.w.WriteString(indent)
}

func (p *printer) end(n int, indent string, bracket byte) {
	if n > 0 {
		p.w.WriteString("\n")
		p.w.WriteString(indent)
	}
	p.w.WriteByte(bracket)
}

// encode writes the native form of w.
func encode(out io.Writer, w *world) error {
	p := printer{w: bufio.NewWriterSize(out, 1<<20)}
	p.value(w.native(), "")
	p.w.WriteByte('\n')
	w.things = p.things - len(w.header.Gaps)
	return p.w.Flush()
}

// unreadableError says that what AWS answered makes a file that canreach
// itself does not read. The older file is worth more.
type unreadableError struct {
	path string
	err  error
}

func (e *unreadableError) Error() string {
	return fmt.Sprintf("%s was not written: what AWS answered does not make a readable snapshot: %v", e.path, e.err)
}

func (e *unreadableError) Unwrap() error { return e.err }

// writeFile writes w to path, compressed as its name says, so that path holds
// either what it held before or all of w, for the owner's eyes only. It
// returns the file's size.
func writeFile(path string, w *world) (int64, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // created with 0600
	if err != nil {
		return 0, err
	}
	size, err := fill(f, path, w)
	if err == nil {
		if _, bad := snapshot.Load(f.Name(), snapshot.Options{}); bad != nil {
			err = &unreadableError{path, bad}
		}
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return 0, err
	}
	return size, nil
}

func fill(f *os.File, path string, w *world) (int64, error) {
	out, err := compressor(f, path)
	if err == nil {
		err = encode(out, w)
	}
	if err == nil {
		err = out.Close()
	}
	if err == nil {
		err = f.Sync()
	}
	var size int64
	if st, e := f.Stat(); e == nil {
		size = st.Size()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return size, err
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// compressor returns a writer that compresses as the path's ending says.
func compressor(f io.Writer, path string) (io.WriteCloser, error) {
	switch {
	case strings.HasSuffix(path, ".gz"):
		return gzip.NewWriter(f), nil
	case strings.HasSuffix(path, ".zst"):
		return zstd.NewWriter(f, zstd.WithEncoderConcurrency(1))
	}
	return nopCloser{f}, nil
}
