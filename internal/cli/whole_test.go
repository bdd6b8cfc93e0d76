package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"
)

func TestLongWorkShowsProgress(t *testing.T) {
	for _, tt := range []struct {
		terminal bool
		since    time.Duration
		want     string
	}{{true, 0, ""}, {true, time.Second, "deciding"}, {false, time.Second, ""}, {false, 11 * time.Second, "decided 3 of 10 questions\n"}} {
		var stderr bytes.Buffer
		env := &Env{Stderr: &stderr, StderrTerminal: tt.terminal, Getenv: func(string) string { return "" }}
		p := &workProgress{env: env, start: time.Now().Add(-tt.since)}
		p.show(3, 10)
		if got := stderr.String(); tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("terminal %v, after %v: %q", tt.terminal, tt.since, got)
		}
		p.close()
	}
}

func TestInterruptedWorkHasAStatusOfItsOwn(t *testing.T) {
	env := &Env{Stderr: &bytes.Buffer{}, Getenv: func(string) string { return "" }}
	err := env.whole(func(context.Context, func(done, all int)) error { return context.Canceled })
	if e, ok := err.(*exitError); !ok || e.code != exitInterrupted {
		t.Errorf("%v", err)
	}
}
