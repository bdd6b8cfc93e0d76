package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// whole runs work over a whole snapshot. An interrupt stops it; work that takes
// long shows a bar on a terminal, and a line now and then elsewhere.
func (e *Env) whole(work func(ctx context.Context, progress func(done, all int)) error) error {
	ctx, stop := signal.NotifyContext(e.context(), os.Interrupt)
	defer stop()
	p := &workProgress{env: e, start: time.Now()}
	err := work(ctx, p.show)
	p.close()
	if errors.Is(err, context.Canceled) {
		return &exitError{code: exitInterrupted, err: errors.New("interrupted: nothing is written")}
	}
	return err
}

const (
	barAfter  = 300 * time.Millisecond
	lineAfter = 10 * time.Second
)

// workProgress is told of work from several goroutines.
type workProgress struct {
	env   *Env
	mu    sync.Mutex
	start time.Time // of the work, or of the last line
	bar   *progressbar.ProgressBar
}

func (p *workProgress) show(done, all int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case !p.env.StderrTerminal:
		if time.Since(p.start) > lineAfter {
			p.start = time.Now()
			fmt.Fprintf(p.env.Stderr, "decided %d of %d questions\n", done, all)
		}
	case p.bar == nil && time.Since(p.start) < barAfter:
	default:
		if p.bar == nil {
			p.bar = newBar(p.env, all, "deciding")
		}
		p.bar.ChangeMax(all)
		_ = p.bar.Set(done)
	}
}

func (p *workProgress) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}

func newBar(env *Env, most int, what string) *progressbar.ProgressBar {
	return progressbar.NewOptions(most,
		progressbar.OptionSetWriter(env.Stderr), progressbar.OptionSetDescription(what), progressbar.OptionShowCount(),
		progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetPredictTime(false),
		progressbar.OptionEnableColorCodes(env.Getenv("NO_COLOR") == ""))
}
