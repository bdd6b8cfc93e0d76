package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/canreach/canreach/internal/located"
	"github.com/canreach/canreach/snapshot"
)

// Annotations of flags.
const (
	annotationValues = "canreach_values" // the values that the flag takes
	annotationEnv    = "canreach_env"    // set from the environment
)

// formatFlag registers -o. The first format is the default.
func formatFlag(fs *pflag.FlagSet, format *string, formats ...string) {
	last := len(formats) - 1
	text := formats[last]
	if last > 0 {
		text = strings.Join(formats[:last], ", ") + " or " + text
	}
	fs.StringVarP(format, "output", "o", formats[0], "output `format`: "+text)
	_ = fs.SetAnnotation("output", annotationValues, formats)
}

// prepare gives every command of the tree what all have in common: flags from
// the environment, checked formats, --out, and errors with suggestions.
func prepare(env *Env, cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		prepare(env, sub)
	}
	completeFlags(env, cmd)
	if !cmd.Runnable() {
		cmd.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	}
	checkArgs := cmd.Args
	cmd.Args = func(c *cobra.Command, args []string) error {
		if len(args) > 0 && c.HasSubCommands() {
			return unknownCommand(c, args[0])
		}
		if err := errors.Join(flagsFromEnvironment(env, c), checkValues(c), checkStdin(c, args)); err != nil || checkArgs == nil {
			return err
		}
		return argsError(c, args, checkArgs(c, args))
	}
	if run := cmd.RunE; run != nil && !cmd.HasSubCommands() && cmd.Flags().Lookup("out") == nil {
		out := cmd.Flags().String("out", "", "write to this `file` instead of standard output")
		cmd.RunE = func(c *cobra.Command, args []string) error {
			if *out == "" || *out == "-" {
				return run(c, args)
			}
			return env.toFile(*out, func() error { return run(c, args) })
		}
	}
}

// argsError words an error about a command's arguments, with how it is called.
func argsError(c *cobra.Command, args []string, err error) error {
	var hint *hintError
	if err == nil || errors.As(err, &hint) {
		return err
	}
	usage := "usage: " + useLine(c)
	switch {
	case !strings.HasPrefix(err.Error(), "accepts ") && !strings.HasPrefix(err.Error(), "requires ") && !strings.HasPrefix(err.Error(), "unknown command "):
		return withHint(err, usage)
	case len(args) == 0:
		return withHint(fmt.Errorf("%s: an argument is missing", c.CommandPath()), usage)
	}
	return withHint(fmt.Errorf("%s does not take these arguments: %s", c.CommandPath(), strings.Join(args, " ")), usage)
}

// toFile writes what run prints to a file, whole or not at all.
func (e *Env) toFile(path string, run func() error) error {
	stdout, terminal := e.Stdout, e.StdoutTerminal
	var b bytes.Buffer
	safe := &safeWriter{w: &b, unbroken: true, escapes: e.Color}
	e.Stdout, e.StdoutTerminal = safe, false
	err := run()
	_ = safe.close() // a buffer takes everything
	e.Stdout, e.StdoutTerminal = stdout, terminal
	var ee *exitError
	if err != nil && (!errors.As(err, &ee) || ee.err != nil) {
		return err
	}
	if writeErr := replaceFile(path, b.Bytes()); writeErr != nil {
		return writeErr
	}
	return err
}

// environmentName is the environment variable of a flag.
func environmentName(flag string) string {
	return "CANREACH_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// flagsFromEnvironment sets the flags that the command line leaves out. A flag
// that may be repeated takes one value a line.
func flagsFromEnvironment(env *Env, c *cobra.Command) error {
	var problems []error
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed || f.Name == "help" || f.Name == "version" {
			return
		}
		value := env.Getenv(environmentName(f.Name))
		if value == "" {
			return
		}
		values := []string{value}
		if f.Value.Type() == "stringArray" {
			values = strings.Split(strings.TrimSpace(value), "\n")
		}
		for _, v := range values {
			if err := c.Flags().Set(f.Name, v); err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", environmentName(f.Name), err))
			}
		}
		_ = c.Flags().SetAnnotation(f.Name, annotationEnv, []string{value})
	})
	return errors.Join(problems...)
}

// given tells whether the command line itself sets a flag.
func given(c *cobra.Command, flag string) bool {
	f := c.Flags().Lookup(flag)
	return f != nil && f.Changed && f.Annotations[annotationEnv] == nil
}

// checkValues checks the flags that take one of a few values.
func checkValues(c *cobra.Command) error {
	var problem error
	c.Flags().VisitAll(func(f *pflag.Flag) {
		values := f.Annotations[annotationValues]
		if problem != nil || len(values) == 0 || f.Value.String() == "" || slices.Contains(values, f.Value.String()) {
			return
		}
		if f.Name == "output" {
			problem = errFormat(f.Value.String(), values...)
			return
		}
		problem = withHint(fmt.Errorf("--%s %q: want %s", f.Name, f.Value, strings.Join(values, ", ")), didYouMean(f.Value.String(), values))
	})
	return problem
}

// checkStdin refuses a command line that reads standard input twice.
func checkStdin(c *cobra.Command, args []string) error {
	var readers []string
	for _, a := range args {
		if a == "-" {
			readers = append(readers, "an argument")
		}
	}
	c.Flags().Visit(func(f *pflag.Flag) {
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, v := range values {
			if v == "-" && f.Name != "out" {
				readers = append(readers, "--"+f.Name)
			}
		}
	})
	if len(readers) > 1 {
		return fmt.Errorf("standard input can be read once only, and %s read it", strings.Join(readers, " and "))
	}
	return nil
}

// errFormat is the error of an output format that a command does not have.
func errFormat(got string, have ...string) error {
	err := fmt.Errorf("output format %q: want %s", got, strings.Join(have, ", "))
	if strings.ContainsAny(got, `./\`) || got == "-" {
		return withHint(err, "did you mean --out "+got+"?")
	}
	return withHint(err, didYouMean(got, have))
}

// didYouMean is a hint, or "".
func didYouMean(got string, have []string) string {
	if n := located.Nearest(got, have); n != "" {
		return "did you mean " + n + "?"
	}
	return ""
}

// unknownCommand is the error of a word that is not a command of c.
func unknownCommand(c *cobra.Command, word string) error {
	var names []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			names = append(names, sub.Name())
		}
	}
	path := c.CommandPath() + " "
	hint := "the commands are listed by " + path + "--help"
	if n := located.Nearest(word, names); n != "" {
		hint = "did you mean " + path + n + "?"
	} else if i := slices.IndexFunc(names, func(n string) bool { return len(word) > 1 && strings.HasPrefix(n, word) }); i >= 0 {
		hint = "did you mean " + path + names[i] + "?"
	}
	return withHint(fmt.Errorf("unknown command %q", strings.TrimSpace(path+word)), hint)
}

// flagError adds a suggestion to an error of pflag's. args is the whole command line.
func flagError(c *cobra.Command, err error, args []string) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return withHint(err, "see "+c.CommandPath()+" --help")
	}
	if unknown.GetSpecifiedShortnames() != "" {
		if i := slices.Index(args, "-o"); unknown.GetSpecifiedName() == "o" && c.Flags().Lookup("out") != nil {
			file := "FILE"
			if i >= 0 && i+1 < len(args) {
				file = args[i+1]
			}
			return withHint(fmt.Errorf("%s has no output format -o", c.CommandPath()), "did you mean --out "+file+"?")
		}
		return withHint(err, "see "+c.CommandPath()+" --help")
	}
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	c.InheritedFlags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if n := located.Nearest(unknown.GetSpecifiedName(), names); n != "" {
		return withHint(fmt.Errorf("unknown flag --%s", unknown.GetSpecifiedName()), "did you mean --"+n+"?")
	}
	return withHint(fmt.Errorf("unknown flag --%s", unknown.GetSpecifiedName()), "see "+c.CommandPath()+" --help")
}

// How much is read of a file at most: of a key, and of an answer or a question,
// which are as large as the snapshot is. Other readers have their own bounds.
const (
	keyBytes    = 64 << 10
	answerBytes = 256 << 20
)

// readInput reads a file, or standard input for "-", whole: at most limit
// bytes, as UTF-8 and without its byte-order mark.
func readInput(env *Env, file string, limit int64) ([]byte, error) {
	in := env.Stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if int64(len(text)) > limit {
		return nil, fmt.Errorf("%s: larger than the %d bytes that are read of such a file", file, limit)
	}
	return bytes.TrimPrefix(snapshot.UTF8(text), byteOrderMark), nil
}

var byteOrderMark = []byte("\ufeff")

// replaceFile writes a file whole or not at all: beside its place first, then there.
func replaceFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(0o600)
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
