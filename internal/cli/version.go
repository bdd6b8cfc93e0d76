package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

// versionInfo is what version -o json prints: canreach.version/v1.
type versionInfo struct {
	Schema   string   `json:"schema"`
	Version  string   `json:"version"`
	Commit   string   `json:"commit,omitempty"`
	Modified bool     `json:"modified,omitempty"` // built from files that differ from the commit
	Go       string   `json:"go"`
	Platform string   `json:"platform"`
	Schemas  []string `json:"schemas"` // the contracts that it reads and writes
}

func newVersionCommand(env *Env) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version, the commit and the platform",
		Long: `Version prints what this program was built from, and the JSON contracts that it
reads and writes.`,
		Example: `  canreach version
  canreach version -o json
  canreach --version`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := versionInfo{Schema: "canreach.version/v1", Version: env.Version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
				Schemas: []string{sim.SchemaVerdict, snapshot.SchemaV1}}
			if bi, ok := debug.ReadBuildInfo(); ok {
				for _, s := range bi.Settings {
					switch s.Key {
					case "vcs.revision":
						v.Commit = s.Value
					case "vcs.modified":
						v.Modified = s.Value == "true"
					}
				}
			}
			if format != "text" {
				return writeValue(env.Stdout, v, format)
			}
			text := "canreach " + v.Version
			if v.Commit != "" {
				text += " (" + v.Commit + ")"
			}
			_, err := fmt.Fprintf(env.Stdout, "%s %s %s\n", text, v.Go, v.Platform)
			return err
		},
	}
	formatFlag(cmd.Flags(), &format, "text", "json", "yaml")
	return cmd
}
