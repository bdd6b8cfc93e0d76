// Command neo-compile asks canreach about the shipped example: first the job
// as it works, then in a network and with a policy that are broken. It is the
// README's first command:
//
//	go run ./testdata/examples/neo-compile
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/canreach/canreach/internal/cli"
)

// sessions are shown in order, with the status each ends with.
var sessions = []struct {
	snapshot string
	status   int
}{
	{"aws", cli.ExitHolds},
	{"broken/sg-and-bucket-policy.json", cli.ExitViolated},
}

func main() {
	const dir = "testdata/examples/neo-compile/"
	if err := toCheckout(dir + "job.json"); err != nil {
		fmt.Fprintln(os.Stderr, "error: run this from a checkout of the repository:", err)
		os.Exit(cli.ExitUsage)
	}
	for _, s := range sessions {
		args := []string{"check", "--snapshot", dir + s.snapshot, "--job", dir + "job.json"}
		fmt.Println("$ canreach " + strings.Join(args, " "))
		status := cli.Main(args, cli.SystemEnv())
		fmt.Printf("(exit status %d)\n\n", status)
		if status != s.status {
			fmt.Fprintf(os.Stderr, "error: this should have ended with status %d\n", s.status)
			os.Exit(cli.ExitUsage)
		}
	}
}

// toCheckout goes up to the directory that has the file.
func toCheckout(file string) error {
	at, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(at, file)); err == nil {
			return os.Chdir(at)
		}
		up := filepath.Dir(at)
		if up == at {
			return fmt.Errorf("there is no %s here or further up", file)
		}
		at = up
	}
	return err
}
