package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/spf13/cobra"

	"github.com/canreach/canreach/snapshot"
)

// newSnapshotCommand builds the commands around the snapshot as a file. Run on
// its own it captures from AWS (snapshot_capture.go).
func newSnapshotCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{Use: "snapshot"}
	cmd.AddCommand(newSnapshotImportCommand(env), newSnapshotMergeCommand(env), newSnapshotValidateCommand(env), newSnapshotShowCommand(env))
	addCaptureCommands(env, cmd)
	return cmd
}

func newSnapshotImportCommand(env *Env) *cobra.Command {
	sf := snapshotFlags{}
	var output string
	cmd := &cobra.Command{
		Use:   "import DIR|PLAN",
		Short: "Turn a directory of AWS CLI outputs, or a Terraform plan, into one native file",
		Long: `Import reads what "aws … --output json" printed into a directory, or a Terraform
plan, and writes the same as one native snapshot. Files are recognised by their
content; NAME.err beside NAME.json is what AWS refused.`,
		Annotations: manual(`The account and the region are told by folders named like them, or by what the files hold. What AWS
refused (NAME.err beside NAME.json) becomes "there is none" or a gap. Environments,
hyperparameters, container arguments and VPN keys are left out.

What terraform show -json prints of a plan or a state becomes the snapshot that
it leaves: what is created has its address as id, what is known after apply
only is a gap.

The file appears at once and whole, readable by you alone, and is compressed if
its name ends in .gz or .zst. The same directory gives the same bytes.`),
		Example: `  canreach snapshot import aws --out imported.json
  canreach snapshot import aws --account 111122223333 --region us-east-1 --out imported.json.zst
  canreach snapshot import ../../plans/clean.json --account 111122223333 --region us-east-1 --out planned.json`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			sf.path = args[0]
			return runImport(env, &sf, output)
		},
	}
	cmd.Flags().StringVar(&output, "out", "", "`file` to write: .json, .json.gz or .json.zst; - is standard output (required)")
	cmd.Flags().StringVar(&sf.account, "account", "", "account id of files that do not tell it")
	cmd.Flags().StringVar(&sf.region, "region", "", "region of files that do not tell it")
	return cmd
}

func runImport(env *Env, sf *snapshotFlags, output string) error {
	if output == "" {
		return withHint(errors.New("no output file: --out is missing"), "name the file to write, e.g. --out snapshot.json")
	}
	native, warnings, err := snapshot.Native(sf.path, sf.options(env))
	if err != nil {
		return err
	}
	if native, err = sf.planned(env, native); err != nil {
		return err
	}
	native = snapshot.WithoutSecrets(native)
	s, err := snapshot.Parse(native)
	if err != nil {
		return sf.inFiles(env, err)
	}
	printWarnings(env, warnings)
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

// writeSnapshotFile writes native to path, compressed as its name says, so that
// path holds what it held before or all of it, for the owner's eyes only.
func writeSnapshotFile(path string, native []byte) (err error) {
	if info, e := os.Stat(path); e == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s: not a regular file", path)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // made with 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	switch {
	case strings.HasSuffix(path, ".gz"):
		z := gzip.NewWriter(f)
		if _, err = z.Write(native); err == nil {
			err = z.Close()
		}
	case strings.HasSuffix(path, ".zst"):
		var z *zstd.Encoder
		if z, err = zstd.NewWriter(f, zstd.WithEncoderConcurrency(1)); err == nil {
			if _, err = z.Write(native); err == nil {
				err = z.Close()
			}
		}
	default:
		_, err = f.Write(native)
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = f.Close()
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}

func newSnapshotValidateCommand(env *Env) *cobra.Command {
	sf := snapshotFlags{}
	var printSchema bool
	cmd := &cobra.Command{
		Use:   "validate FILE|DIR",
		Short: "Check a snapshot against its JSON Schema and the loader's own rules",
		Long: `Validate reads a snapshot as every other command does, checks it against the
published JSON Schema as well, and lists all that is wrong, each with its place.
Exit status: 0 valid, 2 not valid.`,
		Example: `  canreach snapshot validate snapshot.json
  canreach snapshot validate aws
  canreach snapshot validate --print-schema > snapshot.schema.json`,
		Args: func(_ *cobra.Command, args []string) error {
			if printSchema {
				return cobra.NoArgs(nil, args)
			}
			if len(args) != 1 {
				return withHint(fmt.Errorf("%d snapshots given, and one is needed", len(args)), "name a snapshot file or directory")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if printSchema {
				_, err := env.Stdout.Write(snapshot.JSONSchema())
				return err
			}
			s, err := snapshot.Validate(args[0], sf.options(env))
			if err != nil {
				return err
			}
			printWarnings(env, s.Warnings)
			fmt.Fprintf(env.Stdout, "%s is a valid snapshot: %s\n", safeText(args[0]), snapshotCounts(s))
			return nil
		},
	}
	cmd.Flags().StringVar(&sf.account, "account", "", "account id of files that do not tell it")
	cmd.Flags().StringVar(&sf.region, "region", "", "region of files that do not tell it")
	cmd.Flags().BoolVar(&printSchema, "print-schema", false, "print the JSON Schema, and read nothing")
	return cmd
}

// snapshotCounts says in a few words how much a snapshot holds.
func snapshotCounts(s *snapshot.Snapshot) string {
	regions, vpcs, roles, buckets := 0, 0, 0, 0
	for _, a := range s.Accounts {
		regions += len(a.Regions)
		roles += len(a.IAM.Roles.Items)
		buckets += len(a.S3.Buckets.Items)
		for _, r := range a.Regions {
			vpcs += len(r.EC2.VPCs.Items)
		}
	}
	return strings.Join([]string{plural(len(s.Accounts), "account"), plural(regions, "region"), plural(vpcs, "VPC"),
		plural(roles, "role"), plural(buckets, "bucket"), plural(len(s.Capture.Gaps), "gap")}, ", ")
}
