// Command goreleaser reads .goreleaser.yaml as GoReleaser does, strictly, and
// names what GoReleaser does not know. It is a module of its own. The whole of
// GoReleaser takes minutes to build, and its check does this and fills in defaults.
package main

import (
	"fmt"
	"os"

	"github.com/goreleaser/goreleaser/v2/pkg/config"
)

func main() {
	p, err := config.Load(os.Args[1])
	if err == nil && (p.ProjectName == "" || len(p.Builds) == 0 || len(p.SBOMs) == 0 || p.Checksum.NameTemplate == "") {
		err = fmt.Errorf("%s: expected a project's name, builds, SBOMs and checksums", os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	fmt.Printf("%s: as GoReleaser reads it\n", os.Args[1])
}
