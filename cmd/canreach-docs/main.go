// Command canreach-docs writes canreach's man pages, shell completions and
// command reference from its own command tree. It is a program of its own so
// that canreach need not carry what renders them.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/canreach/canreach/internal/cli"
)

func main() {
	out := flag.String("o", "dist/docs", "directory to write man/, completions/ and reference/ into")
	date := flag.String("date", "", "date of the man pages, 2006-01-02; default: none")
	version := flag.String("version", "", "version that the man pages name; default: that of the build")
	flag.Parse()
	if err := write(*out, *date, *version); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func write(out, date, version string) error {
	root := commands()
	if version == "" {
		version = root.Version
	}
	return errors.Join(
		writeMan(root, filepath.Join(out, "man"), date, version),
		writeCompletions(root, filepath.Join(out, "completions")),
		writeReference(root, filepath.Join(out, "reference")))
}

// commands is canreach's command tree, without anything of this machine in it.
func commands() *cobra.Command {
	env := cli.SystemEnv()
	env.Stdout, env.Stderr, env.Stdin = io.Discard, io.Discard, bytes.NewReader(nil)
	env.Getenv = func(string) string { return "" }
	root := cli.NewRoot(env)
	root.DisableAutoGenTag = true
	cli.WithManual(root)
	return root
}

func writeMan(root *cobra.Command, dir, date, version string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	header := &doc.GenManHeader{Title: "CANREACH", Section: "1", Source: "canreach " + version, Manual: "canreach manual"}
	at := time.Unix(0, 0).UTC()
	if date != "" {
		var err error
		if at, err = time.Parse(time.DateOnly, date); err != nil {
			return err
		}
	}
	header.Date = &at
	return doc.GenManTree(root, header, dir)
}

func writeCompletions(root *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return errors.Join(
		root.GenBashCompletionFileV2(filepath.Join(dir, "canreach.bash"), true),
		root.GenZshCompletionFile(filepath.Join(dir, "_canreach")),
		root.GenFishCompletionFile(filepath.Join(dir, "canreach.fish"), true),
		root.GenPowerShellCompletionFileWithDesc(filepath.Join(dir, "canreach.ps1")))
}

// writeReference writes one Markdown page for each command.
func writeReference(root *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return doc.GenMarkdownTreeCustom(root, dir, func(string) string { return "" }, strings.ToLower)
}
