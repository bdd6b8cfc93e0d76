package capture

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/canreach/canreach/snapshot/capture/calls"
)

// journal keeps every answer as it comes, one a line, in a file beside the
// output, so that an interrupted capture can go on. Only answers are kept:
// what failed is asked again.
type journal struct {
	path    string
	started time.Time // of the first capture that wrote to it

	mu      sync.Mutex
	file    *os.File
	answers map[string]entry
	lines   int // answers in the file
	broken  bool
}

// entry is one line. The first line has Started alone.
type entry struct {
	Started *time.Time                   `json:"started,omitempty"`
	Call    string                       `json:"call,omitempty"`
	Absent  bool                         `json:"absent,omitempty"`
	Lists   map[string][]json.RawMessage `json:"lists,omitempty"`
	Rest    json.RawMessage              `json:"rest,omitempty"`
}

// openJournal begins a journal or, with resume, reads the one that is there
// and goes on with it.
func openJournal(output string, resume bool, now time.Time) (*journal, error) {
	j := &journal{path: output + calls.JournalSuffix, started: now, answers: map[string]entry{}}
	whole := int64(0)
	if resume {
		n, err := j.read()
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("nothing to resume: there is no %s: leave out --resume", j.path)
		}
		if err != nil {
			return nil, err
		}
		whole = n
	}
	f, err := j.open(resume)
	if err != nil {
		return nil, err
	}
	j.file = f
	if err := f.Truncate(whole); err != nil {
		return nil, err
	}
	if _, err := f.Seek(whole, io.SeekStart); err != nil {
		return nil, err
	}
	if whole == 0 {
		if err := j.append(entry{Started: &j.started}); err != nil {
			j.remove()
			return nil, err
		}
	}
	return j, nil
}

// open makes the file anew, or opens the one to resume. What somebody else put
// at its place, such as a link, is never written through.
func (j *journal) open(resume bool) (*os.File, error) {
	if !resume {
		if err := os.Remove(j.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		return os.OpenFile(j.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	}
	f, err := openRegular(j.path, os.O_RDWR)
	if err != nil {
		return nil, err
	}
	return f, f.Chmod(0o600)
}

// openRegular opens a regular file that is not a link.
func openRegular(path string, flag int) (*os.File, error) {
	listed, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, flag|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if opened, err := f.Stat(); err != nil || !opened.Mode().IsRegular() || !os.SameFile(listed, opened) {
		f.Close()
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	return f, nil
}

// read takes the whole lines of the file, and returns how many bytes they
// are. A line that was being written when the capture was killed is left out.
func (j *journal) read() (int64, error) {
	f, err := openRegular(j.path, os.O_RDONLY)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 1<<20)
	whole := int64(0)
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return whole, nil
		}
		if err != nil {
			return 0, err
		}
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			return 0, fmt.Errorf("%s: line %d is not part of an interrupted capture (%v): remove the file and capture anew", j.path, n, err)
		}
		if n == 1 && e.Started == nil {
			return 0, fmt.Errorf("%s is not an interrupted capture: remove the file and capture anew", j.path)
		}
		if e.Started != nil {
			j.started = *e.Started
		} else {
			j.answers[e.Call] = e
			j.lines++
		}
		whole += int64(len(line))
	}
}

func (j *journal) find(call string) (result, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e, ok := j.answers[call]
	if !ok {
		return result{}, false
	}
	if e.Absent {
		return result{status: absent}, true
	}
	if e.Lists == nil {
		e.Lists = map[string][]json.RawMessage{}
	}
	return result{status: done, lists: e.Lists, rest: e.Rest}, true
}

func (j *journal) add(call string, r result) error {
	return j.append(entry{Call: call, Absent: r.status == absent, Lists: r.lists, Rest: r.rest})
}

// append writes one line. It is put together by hand: an answer may be large,
// and encoding/json would copy it twice. After a write that failed nothing
// more is written: its line must stay the last, which read leaves out.
func (j *journal) append(e entry) (err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil || j.broken {
		return nil
	}
	defer func() { j.broken = err != nil }()
	w := bufio.NewWriterSize(j.file, 64<<10)
	if e.Started != nil {
		fmt.Fprintf(w, `{"started":%q}`+"\n", e.Started.UTC().Format(time.RFC3339Nano))
		return w.Flush()
	}
	w.WriteString(`{"call":`)
	w.Write(appendString(nil, e.Call))
	if e.Absent {
		w.WriteString(`,"absent":true`)
	}
	if len(e.Rest) > 0 {
		w.WriteString(`,"rest":`)
		w.Write(e.Rest)
	}
	if len(e.Lists) > 0 {
		w.WriteString(`,"lists":{`)
		for i, name := range sortedKeys(e.Lists) {
			if i > 0 {
				w.WriteByte(',')
			}
			w.Write(append(appendString(nil, name), ':', '['))
			for k, item := range e.Lists[name] {
				if k > 0 {
					w.WriteByte(',')
				}
				w.Write(item)
			}
			w.WriteByte(']')
		}
		w.WriteByte('}')
	}
	w.WriteString("}\n")
	if err := w.Flush(); err != nil {
		return err
	}
	j.lines++
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (j *journal) close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file != nil {
		j.file.Close()
		j.file = nil
	}
}

// abandon closes the journal of a capture that did not end well; one without
// any answer is of no use and goes.
func (j *journal) abandon() {
	if j.file != nil && j.lines == 0 {
		j.remove()
	}
	j.close()
}

// remove drops the journal: the snapshot is written.
func (j *journal) remove() {
	j.close()
	os.Remove(j.path)
}
