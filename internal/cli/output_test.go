package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/canreach/canreach/internal/testkit/world"
)

func TestNoLineOfAStrangerIsACommand(t *testing.T) {
	for in, want := range map[string]string{
		"::stop-commands::x\n":                     `\u003a:stop-commands::x` + "\n",
		"a\n \t::error::x\n":                       "a\n \t" + `\u003a:error::x` + "\n",
		"\u00a0::error::x\n":                       "\u00a0" + `\u003a:error::x` + "\n",
		"x\r::error::x\n":                          `x\u000d::error::x` + "\n",
		"x ##[group]\n":                            `x #\u0023[group]` + "\n",
		"{\"a\": \"##vso[task.setvariable]\"}\n":   `{"a": "#\u0023vso[task.setvariable]"}` + "\n",
		"arn:aws:s3:::b a::b # ## x\n":             "arn:aws:s3:::b a::b # ## x\n",
		"a\u202eb\u0085c\x07d\u200be\x7f\x1b[1m\n": `a\u202eb\u0085c\u0007d\u200be\u007f\u001b[1m` + "\n",
		commandMark + "::error::mine\n":            "::error::mine\n",
		"x" + commandMark + "::error::mine\n":      "x" + strings.ReplaceAll(commandMark, "\x00", `\u0000`) + "::error::mine\n",
	} {
		var whole, pieces bytes.Buffer
		a := &safeWriter{w: &whole, unbroken: true, escapes: func() bool { return false }}
		fmt.Fprint(a, in)
		b := &safeWriter{w: &pieces, unbroken: true, escapes: func() bool { return false }}
		for _, c := range []byte(in) {
			_, _ = b.Write([]byte{c})
		}
		if a.close() != nil || b.close() != nil || whole.String() != want || pieces.String() != want {
			t.Errorf("%q: %q, byte by byte %q, want %q", in, whole.String(), pieces.String(), want)
		}
	}
}

// Whatever a stranger writes into a name, JSON keeps its meaning.
func TestEscapedJSONIsTheSameValue(t *testing.T) {
	in := map[string]string{"name": "::x \u202e ##[group] \u0085 \ufeff"}
	var out bytes.Buffer
	s := &safeWriter{w: &out, unbroken: true, escapes: func() bool { return false }}
	if err := writeJSON(s, in); err != nil || s.close() != nil {
		t.Fatal(err)
	}
	var got map[string]string
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || got["name"] != in["name"] {
		t.Errorf("%q, %v", got, err)
	}
	var yaml bytes.Buffer
	if err := writeYAML(&yaml, in); err != nil || strings.ContainsFunc(yaml.String(), func(r rune) bool { return r != '\n' && hidden(r) }) {
		t.Errorf("%q, %v", yaml.String(), err)
	}
}

type fullWriter struct{}

func (fullWriter) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestAFullStandardOutputIsAnErrorOfEveryCommand(t *testing.T) {
	dir := t.TempDir()
	snap, pol := filepath.Join(dir, "s.json"), filepath.Join(dir, "p.json")
	for file, text := range map[string][]byte{snap: world.Network().JSON(), pol: []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`)} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	question := []string{"-s", snap, "--subnets", "subnet-1", "--security-groups", "sg-1", "--role", world.Role, "--bucket", "arn:aws:s3:::reports"}
	for _, args := range [][]string{
		append([]string{"check"}, question...), append([]string{"check", "-o", "json"}, question...), append([]string{"graph"}, question...),
		{"snapshot", "show", snap}, {"snapshot", "validate", snap}, {"snapshot", "import", snap, "--out", "-"}, {"snapshot", "permissions"},
		{"diff", snap, snap, "--bucket", "arn:aws:s3:::reports"}, {"policy", "compare", pol, pol}, {"explain", "N1"},
		{"version"}, {"help"}, {"completion", "bash"}, {"--version"},
	} {
		var errs bytes.Buffer
		env := &Env{Stdin: strings.NewReader(""), Stdout: fullWriter{}, Stderr: &errs, Version: "1", Now: time.Now, Getenv: func(string) string { return "" }}
		if status := Main(args, env); status != ExitUsage || !strings.Contains(errs.String(), "no space left") {
			t.Errorf("%v: status %d, %s", args, status, errs.String())
		}
	}
}

func FuzzSafeWriter(f *testing.F) {
	f.Add("a\n::error::x", "##[x]")
	f.Fuzz(func(t *testing.T, a, b string) {
		var out bytes.Buffer
		s := &safeWriter{w: &out, unbroken: true, escapes: func() bool { return false }}
		_, _ = io.WriteString(s, a)
		_, _ = io.WriteString(s, b)
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
		checkOutput(t, out.String())
	})
}

// checkOutput fails if text holds anything that a terminal or a CI system obeys.
func checkOutput(t *testing.T, text string) {
	t.Helper()
	if bad := obeyed(text); bad != "" {
		t.Fatal(bad)
	}
}
