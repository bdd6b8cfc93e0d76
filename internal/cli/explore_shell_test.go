package cli

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// sh runs the commands of a page in the directory dir, as a shell would, and
// returns the last one's status and output. more is appended to the last.
func sh(t testing.TB, dir, script string, more ...string) (int, string) {
	t.Helper()
	var code int
	var out string
	for script != "" {
		line, rest, _ := strings.Cut(script, "\n")
		stdin := ""
		if command, ok := strings.CutSuffix(line, " <<'EOF'"); ok {
			line = command
			stdin, rest, _ = strings.Cut(rest, "\nEOF")
			stdin += "\n"
			rest = strings.TrimPrefix(rest, "\n")
		}
		script = rest
		words := shellWords(t, line)
		if words[0] != "canreach" {
			t.Fatalf("not a canreach command: %s", line)
		}
		words = words[1:]
		for i, w := range words { // what pages write and read lies in dir
			if slices.Contains([]string{"changed.json", "old.json", "new.json", "tests.yaml", "test.yaml", "changes.yaml", "map.html"}, w) {
				words[i] = filepath.Join(dir, w)
			}
		}
		if script == "" {
			words = append(words, more...)
		}
		var stdout, stderr bytes.Buffer
		env := &Env{Stdin: strings.NewReader(stdin), Stdout: &stdout, Stderr: &stderr, Now: time.Now, Getenv: func(string) string { return "" }, Version: "test"}
		code, out = Main(words, env), stdout.String()
		if code == ExitUsage {
			t.Fatalf("%s\n%s", line, stderr.String())
		}
	}
	return code, out
}

// shellWords splits a command line: words are plain or in single quotes.
func shellWords(t testing.TB, line string) []string {
	t.Helper()
	var words []string
	word, quoted, open := "", false, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\'':
			quoted, open = !quoted, true
		case c == '\\' && !quoted:
			i++
			word += string(line[i])
		case c == ' ' && !quoted:
			if open || word != "" {
				words = append(words, word)
			}
			word, open = "", false
		default:
			word += string(c)
		}
	}
	return append(words, word)
}
