// Command canreach answers "can this job reach that bucket, and if not, why
// not?" from a snapshot, offline.
package main

import (
	"os"

	"github.com/canreach/canreach/cmd/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], cli.SystemEnv())) }
