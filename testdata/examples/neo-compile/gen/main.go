// Gen makes snapshot.json and broken/*.json of the example from aws/:
//
//	go run ./testdata/examples/neo-compile/gen
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/canreach/canreach/internal/testkit/world"
)

func main() {
	if err := run("testdata/examples/neo-compile"); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		fmt.Fprintln(os.Stderr, "hint: run it in the repository's root folder")
		os.Exit(1)
	}
}

func run(dir string) error {
	files, err := world.NeoCompile(dir)
	if err != nil {
		return err
	}
	for name, data := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
