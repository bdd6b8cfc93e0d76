package cli

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"regexp"
	"unicode/utf8"
)

// safeWriter is the writer that every command prints to. Names, tags and
// policies are written by strangers, so whatever is printed it shows control
// and bidirectional characters as \uXXXX, which is the same string in JSON,
// and lets no line be a command to the CI system that reads the log. It
// remembers the first error, so that a full disk is never taken for success.
type safeWriter struct {
	w        io.Writer
	escapes  func() bool // whether ESC is ours, for colour and links
	unbroken bool        // lines are written when they are whole
	line     []byte      // what was not written yet; only if unbroken
	midLine  bool        // the last byte written was not a newline
	err      error
}

// commandMark begins a line that canreach itself means as a workflow command.
// It is drawn anew in each process, so that no input can hold it.
var commandMark = "\x00" + rand.Text()

// Write implements io.Writer. An error is also kept for close.
func (s *safeWriter) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	text := p
	if s.unbroken {
		s.line = append(s.line, p...)
		end := bytes.LastIndexByte(s.line, '\n') + 1
		text, s.line = s.line[:end:end], s.line[end:]
	}
	if err := s.put(text); err != nil {
		return 0, err
	}
	return len(p), nil
}

// close writes what is left and returns the first error of all.
func (s *safeWriter) close() error {
	if s.err == nil {
		_ = s.put(s.line)
		s.line = nil
	}
	return s.err
}

func (s *safeWriter) put(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	out := make([]byte, 0, len(text)+16)
	for line := range bytes.Lines(text) {
		out = s.appendLine(out, line)
		s.midLine = line[len(line)-1] != '\n'
	}
	_, s.err = s.w.Write(out)
	return s.err
}

// foreignCommand is what Azure Pipelines, and GitHub's older syntax, take for a
// command anywhere in a line.
var foreignCommand = regexp.MustCompile(`##([A-Za-z]*\[)`)

func (s *safeWriter) appendLine(out, line []byte) []byte {
	if mine, ok := bytes.CutPrefix(line, []byte(commandMark)); ok && !s.midLine {
		return s.appendRunes(out, mine)
	}
	if !s.midLine {
		lead := len(line) - len(bytes.TrimLeft(line, " \t\r\v\f\u0085\u00a0\u3000"))
		if bytes.HasPrefix(line[lead:], []byte("::")) {
			out = append(append(out, line[:lead]...), `\u003a`...)
			line = line[lead+1:]
		}
	}
	if bytes.Contains(line, []byte("##")) {
		line = foreignCommand.ReplaceAll(line, []byte(`#\u0023$1`))
	}
	return s.appendRunes(out, line)
}

// appendRunes adds text with the characters escaped that change what a reader
// sees, or where a reader takes a line to begin: only progress needs a bare CR.
func (s *safeWriter) appendRunes(out, text []byte) []byte {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case r == '\t' || r == '\n' || r == '\r' && !s.unbroken || r == 0x1b && s.escapes(), !hidden(r):
			out = append(out, text[:n]...)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		text = text[n:]
	}
	return out
}

// hidden tells the characters that a terminal or browser does not show as they
// are: controls, bidirectional marks, invisible ones.
func hidden(r rune) bool {
	return r < 0x20 || r >= 0x7f && r < 0xa0 || r == 0xad || r == 0x61c || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e ||
		r >= 0x2060 && r <= 0x206f || r == 0xfeff || r == 0xfffd
}

// guarded is env with safe writers on both streams, and what closes them.
func guarded(env *Env) (*Env, func() error) {
	e := *env
	stdout := &safeWriter{w: env.Stdout, unbroken: true}
	stderr := &safeWriter{w: env.Stderr}
	e.Stdout, e.Stderr = stdout, stderr
	stdout.escapes = func() bool { return e.Color() || e.hyperlinks() }
	stderr.escapes = func() bool { return e.StderrTerminal }
	return &e, func() error {
		if err := stdout.close(); err != nil {
			return errors.Join(errOutput, err)
		}
		return nil
	}
}

// errOutput says that standard output did not take all of the answer.
var errOutput = errors.New("standard output could not be written, so the answer is incomplete")
