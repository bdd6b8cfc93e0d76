// Command canreach answers "can this job reach that bucket, and if not, why
// not?" from a snapshot, offline.
package main

import (
	"context"
	"os"

	"github.com/canreach/canreach/internal/cli"
	"github.com/canreach/canreach/snapshot/capture"
	"github.com/canreach/canreach/snapshot/capture/calls"
)

func main() {
	env := cli.SystemEnv()
	env.Capture = func(ctx context.Context, o calls.Options) (*calls.Report, error) { return capture.Run(ctx, o) }
	os.Exit(cli.Main(os.Args[1:], env))
}
