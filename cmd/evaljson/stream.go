package evaljson

import (
	"bufio"
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
	long    bool // in is the beginning of a line that is longer than MaxLine
	failed  int
	done    chan struct{}
}

// Run answers every line of in, in order, with the given number of workers. It
// returns how many lines could not be read. The error is one of reading or
// writing; every line before it is answered.
func Run(in io.Reader, out io.Writer, workers int, o Options) (failed int, err error) {
	work, order := make(chan *batch), make(chan *batch, maxBatches)
	stop := make(chan struct{})
	pool := sync.Pool{New: func() any { return &batch{} }}
	var wg sync.WaitGroup
	for range max(1, workers) {
		wg.Go(func() {
			w := NewWorker(o)
			for b := range work {
				b.answer(w)
				close(b.done)
			}
		})
	}
	var readErr error
	go func() {
		defer close(order)
		defer close(work)
		readErr = split(in, func(lines []byte, long bool) bool {
			b := pool.Get().(*batch)
			*b = batch{in: append(b.in[:0], lines...), out: b.out[:0], long: long, done: make(chan struct{})}
			select {
			case order <- b:
			case <-stop:
				return false
			}
			work <- b
			return true
		})
	}()
	var writeErr error
	for b := range order {
		<-b.done
		if writeErr == nil {
			if _, writeErr = out.Write(b.out); writeErr != nil {
				close(stop)
			}
		}
		failed += b.failed
		if cap(b.in)+cap(b.out) < 8*chunkSize {
			pool.Put(b)
		}
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

// split reads in and hands on whole lines as soon as they are there. A line
// longer than MaxLine is handed on as long, without its text.
func split(in io.Reader, give func(lines []byte, long bool) bool) error {
	r := bufio.NewReaderSize(in, chunkSize)
	buf := make([]byte, 0, 2*chunkSize)
	skipping := false
	for {
		if len(buf)+chunkSize > cap(buf) {
			buf = append(make([]byte, 0, 2*cap(buf)), buf...)
		}
		n, err := r.Read(buf[len(buf) : len(buf)+chunkSize])
		fresh := len(buf)
		buf = buf[:len(buf)+n]
		if skipping {
			i := bytes.IndexByte(buf, '\n')
			if i < 0 {
				buf = buf[:0]
			} else {
				buf, skipping, fresh = append(buf[:0], buf[i+1:]...), false, 0
			}
		}
		if i := bytes.LastIndexByte(buf[fresh:], '\n'); i >= 0 {
			if !give(buf[:fresh+i+1], false) {
				return nil
			}
			buf = append(buf[:0], buf[fresh+i+1:]...)
			if cap(buf) > 8*chunkSize {
				buf = append(make([]byte, 0, 2*chunkSize), buf...)
			}
		}
		if len(buf) > MaxLine {
			if !give(nil, true) {
				return nil
			}
			buf, skipping = make([]byte, 0, 2*chunkSize), true
		}
		if err != nil {
			if len(buf) > 0 && !give(buf, false) {
				return nil
			}
			if err == io.EOF {
				return nil
			}
			return fmt.Errorf("reading standard input: %w", err)
		}
	}
}
