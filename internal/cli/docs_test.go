package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Every ```console block of the README and of docs/ is a session with this
// program, run here from the repository's root: what it shows is what comes
// out. UPDATE_GOLDEN=1 rewrites the blocks.
func TestDocumentedSessions(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(root)
	docs, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	examples, err := filepath.Glob("testdata/examples/*/README.md")
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, file := range append(append([]string{"README.md"}, docs...), examples...) {
		t.Run(file, func(t *testing.T) { ran += checkSessions(t, file) })
	}
	if ran == 0 {
		t.Error("no documented session was found")
	}
}

func checkSessions(t *testing.T, file string) int {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(text), "```console\n")
	for i := 1; i < len(parts); i++ {
		block, rest, ok := strings.Cut(parts[i], "```")
		if !ok {
			t.Fatalf("%s: block %d is not closed", file, i)
		}
		got := runSession(t, block)
		if got != block && os.Getenv("UPDATE_GOLDEN") == "" {
			t.Errorf("%s, block %d: documented\n%s\nbut comes out as\n%s", file, i, block, got)
		}
		parts[i] = got + "```" + rest
	}
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if out := strings.Join(parts, "```console\n"); out != string(text) {
			if err := os.WriteFile(file, []byte(out), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return len(parts) - 1
}

// runSession runs the commands of a block, the lines that begin with "$ ",
// and returns the block with what they print.
func runSession(t *testing.T, block string) string {
	var out strings.Builder
	last := 0
	for _, line := range strings.Split(block, "\n") {
		command, ok := strings.CutPrefix(line, "$ ")
		if !ok {
			continue
		}
		fmt.Fprintf(&out, "$ %s\n", command)
		if command == "echo $?" {
			fmt.Fprintln(&out, last)
			continue
		}
		args, ok := sessionArgs(command)
		if !ok {
			t.Fatalf("%q is not a command of this program", command)
		}
		var stdout, stderr bytes.Buffer
		last = Main(args, &Env{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Getenv: func(string) string { return "" },
			Now: func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }, Version: "0.1.0"})
		out.Write(stderr.Bytes())
		out.Write(stdout.Bytes())
	}
	return out.String()
}

// sessionArgs splits a command line into the program's arguments.
func sessionArgs(command string) ([]string, bool) {
	for _, program := range []string{"go run ./cmd/canreach ", "canreach "} {
		if rest, ok := strings.CutPrefix(command, program); ok {
			return splitWords(rest), true
		}
	}
	return nil, false
}

// splitWords splits at spaces outside quotes.
func splitWords(s string) []string {
	var words []string
	var word strings.Builder
	quote, open := rune(0), false
	for _, c := range s {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(c)
		case c == '\'' || c == '"':
			quote, open = c, true
		case c == ' ':
			if open || word.Len() > 0 {
				words = append(words, word.String())
			}
			word.Reset()
			open = false
		default:
			word.WriteRune(c)
		}
	}
	if open || word.Len() > 0 {
		words = append(words, word.String())
	}
	return words
}
