package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/sim/explore"
	"github.com/canreach/canreach/snapshot"
)

func newExploreCommand(env *Env) *cobra.Command {
	x := &explorer{}
	cmd := &cobra.Command{
		Use:   "explore --snapshot S [SNAPSHOT…]",
		Short: "Ask, open a gate, change it and see the verdict turn, in the browser",
		Long: `Explore serves the snapshot's answers as pages in the browser, on this machine
alone (127.0.0.1), until it is interrupted: see the path, open a gate, change
the rule there, and see the verdict turn. The snapshot stays as it is.`,
		Annotations: manual(`Pick a job or any source and a bucket, see the path, open a gate: the rule's text with the lines that
decided. Change it there, or apply a repair, and see the verdict turn and whom else the change concerns.
Every page has an address of its own and the command line that gives
the same answer. Changes, tests, AWS CLI commands and evidence are downloads.

The snapshot stays as it is, and nothing is written. The address holds a secret:
who has it can read the snapshot. Further snapshots are arguments.`),
		Example: `  canreach explore -j job.json
  canreach explore -s broken/wrong-route-table.json -j job.json
  canreach explore -s snapshot.json broken/sg-without-egress.json`,
		RunE: func(cmd *cobra.Command, args []string) error { return x.run(cmd.Context(), env, args) },
	}
	fs := cmd.Flags()
	x.snapshot.register(fs)
	fs.StringArrayVarP(&x.jobs, "job", "j", nil, "job `file` that can be asked about, repeatable; the snapshot's own jobs always can")
	fs.IntVar(&x.port, "port", 0, "`port` to listen on; default: any that is free")
	return cmd
}

// explorer is what explore was asked for.
type explorer struct {
	snapshot snapshotFlags
	jobs     []string
	port     int
}

// Timeouts of the server. A page is written as its parts are decided.
const (
	headerTime = 10 * time.Second
	readTime   = 30 * time.Second
	writeTime  = 2 * time.Minute
	idleTime   = 2 * time.Minute
)

func (x *explorer) run(ctx context.Context, env *Env, more []string) error {
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	cfg, err := x.config(env, more)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", fmt.Sprint(x.port)))
	if err != nil {
		return withHint(err, "leave --port out to take any port that is free")
	}
	cfg.Host = listener.Addr().String()
	handler := explore.New(*cfg)
	if _, err := fmt.Fprintf(env.Stdout, "%s\nOpen this address in a browser; Ctrl-C ends.\n", handler.URL()); err != nil {
		_ = listener.Close()
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: idleTime,
		MaxHeaderBytes: 64 << 10, BaseContext: func(net.Listener) context.Context { return ctx }}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err = <-ended:
		return err
	case <-ctx.Done():
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := server.Shutdown(late); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// config reads the snapshots.
func (x *explorer) config(env *Env, more []string) (*explore.Config, error) {
	cfg := &explore.Config{Program: thisProgram(env), Now: env.Now, Token: rand.Text(), Reader: x.reader(env)}
	for i, name := range x.jobs {
		if name == "-" {
			return nil, errors.New("--job -: explore reads its jobs from files")
		}
		x.jobs[i] = filepath.Clean(name)
		j, err := snapshot.LoadJob(x.jobs[i], x.snapshot.options(env))
		if err != nil {
			return nil, err
		}
		cfg.Jobs = append(cfg.Jobs, explore.Job{File: x.jobs[i], Job: j})
	}
	first := x.snapshot
	if err := first.find(env); err != nil {
		return nil, err
	}
	x.snapshot = first
	for _, path := range append([]string{first.path}, more...) {
		sf := x.snapshot
		sf.path = path
		native, err := sf.native(env)
		if err != nil {
			return nil, err
		}
		base, err := change.Open(native)
		if err != nil {
			return nil, sf.inFiles(env, err)
		}
		args := []string{"--snapshot", path}
		for _, f := range [][2]string{{"--account", sf.account}, {"--region", sf.region}} {
			if f[1] != "" {
				args = append(args, f[0], f[1])
			}
		}
		cfg.Snapshots = append(cfg.Snapshots, explore.Snapshot{Name: path, Args: args, Base: base})
	}
	return cfg, nil
}

// quiet is env without streams, for what a page asks.
func quiet(env *Env) *Env {
	q := *env
	q.Stdin, q.Stdout, q.Stderr = strings.NewReader(""), io.Discard, io.Discard
	return &q
}
