package evaljson

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
)

// MaxLine is the length in bytes beyond which a line is not read, but answered
// with an error.
const MaxLine = 64 << 20

// Sizes of the pipeline: what is read at once, and how many batches of lines
// are under way.
const (
	chunkSize  = 256 << 10
	maxBatches = 8
)

// batch is some whole lines, and the answers to them.
type batch struct {
	in, out []byte
	long    bool // there is a line that is longer than MaxLine, and no text
	failed  int
	done    chan struct{}
}

// Run answers every line of in, in order, with the given number of workers. It
// returns how many lines could not be read. The error is one of reading or
// writing; every line before it is answered.
func Run(in io.Reader, out io.Writer, workers int, o Options) (failed int, err error) {
	s := &splitter{
		in: in, work: make(chan *batch), order: make(chan *batch, maxBatches),
		free: make(chan *batch, maxBatches), stop: make(chan struct{}),
	}
	for range maxBatches {
		s.free <- &batch{done: make(chan struct{}, 1)}
	}
	var wg sync.WaitGroup
	for range max(1, workers) {
		wg.Go(func() {
			w := NewWorker(o)
			for b := range s.work {
				b.answer(w)
				b.done <- struct{}{}
			}
		})
	}
	var readErr, writeErr error
	go func() {
		defer close(s.order)
		defer close(s.work)
		readErr = s.run()
	}()
	for b := range s.order {
		<-b.done
		if writeErr == nil {
			if _, writeErr = out.Write(b.out); writeErr != nil {
				close(s.stop)
			}
		}
		failed += b.failed
		if cap(b.in) > 8*chunkSize || cap(b.out) > 8*chunkSize {
			b.in, b.out = nil, nil
		}
		s.free <- b
	}
	wg.Wait()
	return failed, errors.Join(readErr, writeErr)
}

func (b *batch) answer(w *Worker) {
	if b.long {
		w.line = line{}
		message := fmt.Sprintf("the line is longer than %d bytes", MaxLine)
		b.out = append(appendError(b.out, nil, &lineError{code: codeLine, message: message}), '\n')
		b.failed++
		return
	}
	for rest := b.in; len(rest) > 0; {
		text := rest
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			text, rest = rest[:i], rest[i+1:]
		} else {
			rest = nil
		}
		var ok bool
		b.out, ok = w.Decide(text, b.out)
		b.out = append(b.out, '\n')
		if !ok {
			b.failed++
		}
	}
}

// splitter cuts the input into batches of whole lines.
type splitter struct {
	in                io.Reader
	work, order, free chan *batch
	stop              chan struct{}
}

// next is an unused batch, nil where nobody wants the answers any more.
func (s *splitter) next() *batch {
	select {
	case b := <-s.free:
		b.in, b.out, b.long, b.failed = b.in[:0], b.out[:0], false, 0
		return b
	case <-s.stop:
		return nil
	}
}

func (s *splitter) give(b *batch) {
	s.order <- b
	s.work <- b
}

// run reads into a batch until a line is whole, and hands it on as soon as it
// is: who writes a line and waits for the answer gets it. Of a line longer than
// MaxLine the text is dropped.
func (s *splitter) run() error {
	b := s.next()
	skipping := false
	for b != nil {
		if cap(b.in)-len(b.in) < chunkSize {
			b.in = append(make([]byte, 0, max(2*cap(b.in), 2*chunkSize)), b.in...)
		}
		fresh := len(b.in)
		n, err := s.in.Read(b.in[fresh : fresh+chunkSize])
		b.in = b.in[:fresh+n]
		if skipping {
			i := bytes.IndexByte(b.in, '\n')
			if skipping = i < 0; skipping {
				b.in = b.in[:0]
			} else {
				b.in, fresh = append(b.in[:0], b.in[i+1:]...), 0
			}
		}
		if i := bytes.LastIndexByte(b.in[fresh:], '\n'); i >= 0 {
			whole := b
			if b = s.next(); b == nil {
				return nil
			}
			b.in = append(b.in, whole.in[fresh+i+1:]...)
			whole.in = whole.in[:fresh+i+1]
			s.give(whole)
		}
		if len(b.in) > MaxLine {
			b.in, b.long, skipping = nil, true, true
			s.give(b)
			b = s.next()
		}
		if err != nil {
			if b != nil && len(b.in) > 0 {
				s.give(b)
			}
			if err == io.EOF {
				return nil
			}
			return fmt.Errorf("reading standard input: %w", err)
		}
	}
	return nil
}
