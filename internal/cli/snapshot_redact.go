package cli

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/spf13/cobra"

	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/redact"
)

// redactFlags are the flags of snapshot redact.
type redactFlags struct {
	output, key, seed, names string
	snapshotFlags
}

func newRedactCommand(env *Env) *cobra.Command {
	var f redactFlags
	cmd := &cobra.Command{
		Use:   "redact IN --out OUT",
		Short: "Replace names, account ids, tags and addresses, and keep the verdicts",
		Long: `Redact copies a snapshot with account ids, names, tags, free text and addresses
replaced, each by the same replacement everywhere, policies included. The copy
gives the same verdicts, so that it can be shown to others.`,
		Annotations: manual(`AWS's own words and ids stay readable: regions, resource ids such as vpc-…,
AWS's policies and address ranges, and the layout inside a VPC. docs/redact.md
lists them, and the limits.

Without --key or --seed every run makes other replacements. With --names all
replacements, object keys, tags and addresses included, are written to a file of
their own: keep it private, it undoes the redaction, and questions need the new names.`),
		Example: `  canreach snapshot redact snapshot.json --out shared.json
  canreach snapshot redact snapshot.json --out shared.json --names names.json
  canreach snapshot redact broken/wrong-route-table.json --seed 'a long secret' --out shared.json.zst`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return f.run(env, args[0]) },
	}
	fs := cmd.Flags()
	fs.StringVar(&f.output, "out", "", "`file` to write: .json, .json.gz or .json.zst (required)")
	fs.StringVar(&f.key, "key", "", "file with a secret: the same secret makes the same replacements")
	fs.StringVar(&f.seed, "seed", "", "a text instead of --key; whoever guesses it can undo the redaction")
	fs.StringVar(&f.names, "names", "", "file for what became of every name, tag, object key and address")
	fs.StringVar(&f.account, "account", "", "account id of files that do not tell it")
	fs.StringVar(&f.region, "region", "", "region of files that do not tell it")
	return cmd
}

func (f *redactFlags) run(env *Env, path string) error {
	if f.output == "" {
		return withHint(errors.New("no file to write"), "pass --out shared.json")
	}
	if !strings.HasSuffix(f.output, ".json") && !strings.HasSuffix(f.output, ".json.gz") && !strings.HasSuffix(f.output, ".json.zst") {
		return fmt.Errorf("--out %q: the name must end in .json, .json.gz or .json.zst", f.output)
	}
	key, err := f.secret(env)
	if err != nil {
		return err
	}
	native, warnings, err := snapshot.Native(path, f.options(env))
	if err != nil {
		return err
	}
	native = snapshot.WithoutSecrets(native)
	printWarnings(env, warnings)
	r, err := redact.New(native, key)
	if err != nil {
		in := snapshotFlags{path: path, account: f.account, region: f.region}
		return in.inFiles(env, err)
	}
	if err := writePrivately(f.output, r.Snapshot(native)); err != nil {
		return err
	}
	if f.names == "" {
		return nil
	}
	names, err := json.MarshalIndent(r.Names(native), "", "  ")
	if err != nil {
		return err
	}
	return writePrivately(f.names, append(names, '\n'))
}

func (f *redactFlags) secret(env *Env) ([]byte, error) {
	switch {
	case f.key != "" && f.seed != "":
		return nil, errors.New("--key and --seed exclude each other")
	case f.seed != "":
		return []byte(f.seed), nil
	case f.key == "":
		return []byte(rand.Text()), nil
	}
	key, err := readInput(env, f.key, keyBytes)
	if err == nil && len(key) < 16 {
		err = fmt.Errorf("%s: a key needs at least 16 bytes", f.key)
	}
	return key, err
}

// writePrivately writes a file at once and whole, for its owner's eyes only,
// compressed as its name says.
func writePrivately(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // created with 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	var w io.WriteCloser = f
	switch {
	case strings.HasSuffix(path, ".gz"):
		w = gzip.NewWriter(f)
	case strings.HasSuffix(path, ".zst"):
		if w, err = zstd.NewWriter(f, zstd.WithEncoderConcurrency(1)); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	if _, err = w.Write(data); err == nil {
		err = w.Close()
	}
	if w != io.WriteCloser(f) {
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
