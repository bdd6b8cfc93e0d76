package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/canreach/canreach/snapshot"
)

func newSnapshotMergeCommand(env *Env) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "merge A B…",
		Short: "Join snapshots of several accounts, regions or people into one",
		Long: `Merge joins snapshots into one native file: several accounts, regions or people,
and an organization's policies from another team. What two of them tell
differently is an error with both places.`,
		Annotations: manual(`Each may be anything that canreach reads, or the index of an organization's capture, which stands for its
files. The order does not matter. Gaps of all are kept, though another part may fill them.`),
		Example: `  canreach snapshot merge aws snapshot.json --out all.json
  canreach snapshot merge organization/index.json --out all.json.zst
  canreach snapshot merge organization/index.json snapshot.json --out all.json.gz`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 && !(len(args) == 1 && isIndex(args[0])) {
				return withHint(fmt.Errorf("%d snapshots given, and two are needed", len(args)), "name the snapshots to join")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return runMerge(env, args, output) },
	}
	cmd.Flags().StringVar(&output, "out", "", "`file` to write: .json, .json.gz or .json.zst; - is standard output (required)")
	return cmd
}

func runMerge(env *Env, args []string, output string) error {
	if output == "" {
		return withHint(errors.New("no output file: --out is missing"), "name the file to write, e.g. --out all.json")
	}
	var parts []snapshot.Part
	for _, name := range args {
		if isIndex(name) {
			indexed, err := indexParts(name)
			if err != nil {
				return err
			}
			parts = append(parts, indexed...)
			continue
		}
		sf := snapshotFlags{path: name}
		if _, err := sf.load(env); err != nil {
			return err
		}
		native, _, err := snapshot.Native(name, sf.options(env))
		if err != nil {
			return err
		}
		parts = append(parts, snapshot.Part{Name: name, Native: native})
	}
	native, err := snapshot.Merge(parts)
	if err != nil {
		return withHint(err, "capture one of them again, or leave it out")
	}
	native = append(native, '\n')
	s, err := snapshot.Parse(native)
	if err != nil {
		return err
	}
	if output == "-" {
		_, err := env.Stdout.Write(native)
		return err
	}
	if err := writeSnapshotFile(output, native); err != nil {
		return err
	}
	fmt.Fprintf(env.Stderr, "wrote %s: %s\n", safeText(output), snapshotCounts(s))
	return nil
}

// isIndex tells whether a file is the index of an organization's capture.
func isIndex(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 512)
	n, _ := io.ReadFull(f, head)
	return snapshot.IsIndex(head[:n])
}

// indexParts are the files that an index names.
func indexParts(name string) ([]snapshot.Part, error) {
	x, err := snapshot.ReadIndex(name)
	if err != nil {
		return nil, err
	}
	var files []snapshot.IndexFile
	if x.Organization != nil {
		files = append(files, *x.Organization)
	}
	for i := range x.Accounts {
		files = append(files, x.Accounts[i].IndexFile)
	}
	var parts []snapshot.Part
	for _, f := range files {
		native, err := x.Native(f)
		if err != nil {
			return nil, err
		}
		parts = append(parts, snapshot.Part{Name: x.Path(f), Native: native})
	}
	return parts, nil
}
