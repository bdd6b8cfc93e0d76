package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/pflag"

	"github.com/canreach/canreach/internal/jsontree"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
	"github.com/canreach/canreach/snapshot/plan"
)

// snapshotFlags name a snapshot, for every command that reads one.
type snapshotFlags struct {
	path, account, region string
	live                  liveFlags
	maxInput              sizeFlag
}

// sizeFlag is a number of bytes: 512M, 4G.
type sizeFlag int64

func (f *sizeFlag) String() string {
	if *f == 0 {
		return ""
	}
	return strconv.FormatInt(int64(*f), 10)
}

func (f *sizeFlag) Type() string { return "size" }

func (f *sizeFlag) Set(text string) error {
	number := strings.TrimSuffix(strings.TrimSuffix(strings.ToUpper(text), "B"), "I")
	shift := 0
	for i, unit := range []string{"K", "M", "G"} {
		if rest, ok := strings.CutSuffix(number, unit); ok {
			number, shift = rest, 10*(i+1)
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 1 || n > 1<<40>>shift {
		return errors.New("not a size; write it as 512M or 4G")
	}
	*f = sizeFlag(n << shift)
	return nil
}

func (f *snapshotFlags) register(fs *pflag.FlagSet) {
	fs.StringVarP(&f.path, "snapshot", "s", "", "snapshot: a native `file` (.json, .json.gz, .json.zst, or - for standard input) or a directory of AWS CLI outputs; default: snapshot.json[.gz|.zst] or snapshot/ here")
	fs.StringVar(&f.account, "account", "", "account id of files that do not tell it")
	fs.StringVar(&f.region, "region", "", "region of files that do not tell it")
	fs.Var(&f.maxInput, "max-input", "how much to read of the snapshot at most, unpacked; default: 2G, and 64M or 200 times its `size` of a compressed file")
}

func (f *snapshotFlags) options(env *Env) snapshot.Options {
	return snapshot.Options{Account: f.account, Region: f.region, Stdin: env.Stdin, MaxInput: int64(f.maxInput)}
}

// defaultSnapshots are taken from the working directory where none is named.
var defaultSnapshots = []string{"snapshot.json", "snapshot.json.gz", "snapshot.json.zst", "snapshot"}

// find takes a default snapshot where none is named, and says so.
func (f *snapshotFlags) find(env *Env) error {
	if f.path != "" {
		return nil
	}
	for _, name := range defaultSnapshots {
		st, err := os.Stat(name)
		if err != nil || st.IsDir() != (name == "snapshot") || st.IsDir() && !holdsJSON(name) {
			continue
		}
		fmt.Fprintf(env.Stderr, "using %s\n", name)
		f.path = name
		return nil
	}
	return withHint(errors.New("no snapshot: --snapshot is missing, and there is no snapshot.json[.gz|.zst] or snapshot/ here"),
		"take one with canreach snapshot --out snapshot.json, or name one with --snapshot")
}

// holdsJSON tells whether a directory looks like one of AWS CLI outputs.
func holdsJSON(dir string) bool {
	for _, pattern := range []string{"*.json", "*/*.json", "*/*/*.json", "*/*/*/*.json"} {
		if found, _ := filepath.Glob(filepath.Join(dir, pattern)); len(found) > 0 {
			return true
		}
	}
	return false
}

// native returns the snapshot's native form and prints its warnings.
func (f *snapshotFlags) native(env *Env) ([]byte, error) {
	if err := f.find(env); err != nil {
		return nil, err
	}
	native, warnings, err := snapshot.Native(f.path, f.options(env))
	if err != nil {
		return nil, err
	}
	printWarnings(env, warnings)
	return f.planned(env, native)
}

// inFiles gives the errors of a snapshot's text their places in the files that
// it was read from.
func (f *snapshotFlags) inFiles(env *Env, err error) error {
	var problems snapshot.LoadErrors
	if !errors.As(err, &problems) {
		return err
	}
	if f.path == "-" {
		for _, p := range problems {
			p.File = "standard input"
		}
		return err
	}
	if _, located := snapshot.Load(f.path, f.options(env)); located != nil {
		return located
	}
	return err
}

// load reads the snapshot and prints its warnings.
func (f *snapshotFlags) load(env *Env) (*snapshot.Snapshot, error) {
	if err := f.find(env); err != nil {
		return nil, err
	}
	if isIndex(f.path) {
		return nil, withHint(fmt.Errorf("%s: the index of an organization's capture, not a snapshot", f.path),
			"canreach snapshot merge "+f.path+" --out all.json.zst makes one of its files")
	}
	s, err := snapshot.Load(f.path, f.options(env))
	if err != nil {
		if text, _, e := snapshot.Native(f.path, f.options(env)); e == nil {
			native, e := f.planned(env, text)
			if e != nil {
				return nil, e
			}
			if plan.Is(text) {
				return snapshot.Parse(native)
			}
		}
		return nil, err
	}
	printWarnings(env, s.Warnings)
	return s, nil
}

func printWarnings(env *Env, list []snapshot.Warning) {
	for _, w := range list {
		place := w.File
		if place == "" {
			place = w.At.Pointer()
		}
		if place != "" {
			place += ": "
		}
		fmt.Fprintf(env.Stderr, "warning: %s%s\n", safeText(place), safeText(w.Message))
	}
}

// exitStatus maps a verdict to the contract's exit status.
func exitStatus(v sim.Verdict) int {
	switch v {
	case sim.Reachable:
		return ExitHolds
	case sim.Partial, sim.Blocked:
		return ExitViolated
	case sim.Unknown:
		return ExitUnknown
	}
	panic("unreachable: verdict")
}

// writeJSON writes v indented, with a final newline and without HTML escapes.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// writeYAML writes the same value as writeJSON, as YAML.
func writeYAML(w io.Writer, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	text, err = visible(text)
	if err != nil {
		return err
	}
	out, err := yaml.JSONToYAML(text)
	if err != nil {
		return err
	}
	_, err = w.Write(out)
	return err
}

// visible replaces hidden characters in the strings of a JSON text by \uXXXX as
// text: YAML has no plain way to write them.
func visible(text []byte) ([]byte, error) {
	if !bytes.ContainsFunc(text, hidden) && !bytes.Contains(text, []byte(`\u`)) {
		return text, nil
	}
	tree, err := jsontree.Parse(text)
	if err != nil {
		return nil, err
	}
	showHidden(tree.Root)
	return tree.Bytes(), nil
}

func showHidden(n *jsontree.Node) {
	if n.Kind() != jsontree.Object && n.Kind() != jsontree.Array {
		return
	}
	for i := range n.Len() {
		v := n.At(i)
		if v.Kind() == jsontree.String {
			if s := v.Text(); safeText(s) != s {
				n.ReplaceAt(i, jsontree.NewString(safeText(s)))
			}
			continue
		}
		showHidden(v)
	}
}

// writeValue writes v as JSON, or as YAML where format says so.
func writeValue(w io.Writer, v any, format string) error {
	if format == "yaml" {
		return writeYAML(w, v)
	}
	return writeJSON(w, v)
}
