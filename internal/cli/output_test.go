package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/canreach/canreach/internal/testkit/synth"
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
	for file, text := range map[string][]byte{snap: world.Network().JSON(), pol: []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}]}`)} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	question := " -s " + snap + " --subnets subnet-1 --security-groups sg-1 --role " + world.Role + " --bucket arn:aws:s3:::reports"
	folder := filepath.Join(dir, "evidence")
	if status, _, errs := runWith(t, nil, "", strings.Fields("evidence --out "+folder+question)...); status != ExitHolds {
		t.Fatal(errs)
	}
	index := writeOrganization(t, dir, synth.Organization{Accounts: 1, Regions: 1, Roles: 2, Buckets: 1})
	status, shards, errs := runWith(t, nil, "", "worker", "plan", "--index", index)
	if status != ExitHolds {
		t.Fatal(errs)
	}
	written := map[string]bool{}
	for _, c := range []struct{ args, stdin string }{
		{"check" + question, ""}, {"check -o json" + question, ""}, {"check -q" + question, ""}, {"trace -s " + snap + " --from subnet-1 --security-groups sg-1 --to s3", ""}, {"graph" + question, ""}, {"map -s " + snap, ""},
		{"who-can arn:aws:s3:::reports -s " + snap, ""}, {"reach -s " + snap + " --role " + world.Role, ""}, {"matrix -s " + snap, ""}, {"review --base " + snap + " --head " + snap, ""},
		{"whatif --fix" + question, ""}, {"whatif --schema", ""}, {"diff " + snap + " " + snap, ""}, {"test --schema", ""}, {"test " + neo + "uses/tests.yaml", ""}, {"explain N1", ""}, {"ready -s " + neo + "snapshot.json -j " + neo + "job.json", ""},
		{"evidence --out " + folder + "2" + question, ""}, {"evidence verify " + folder, ""}, {"snapshot show " + snap, ""}, {"snapshot validate " + snap, ""}, {"snapshot permissions", ""}, {"snapshot script --region us-east-1", ""},
		{"snapshot import " + snap + " --out -", ""}, {"snapshot merge " + snap + " " + snap + " --out -", ""}, {"snapshot --dry-run --region us-east-1", ""},
		{"policy compare " + pol + " " + pol, ""}, {"policy lint " + pol, ""}, {"policy eval --policy " + pol + " --principal " + world.Role + " --action s3:GetObject --resource arn:aws:s3:::b/k", ""}, {"policy eval", "{}\n"},
		{"version", ""}, {"man", ""}, {"help", ""}, {"completion bash", ""}, {"completion zsh", ""}, {"completion fish", ""}, {"completion powershell", ""}, {"--version", ""}, {"worker plan --index " + index, ""}, {"worker --index " + index, shards},
	} {
		var errs bytes.Buffer
		env := &Env{Stdin: strings.NewReader(c.stdin), Stdout: fullWriter{}, Stderr: &errs, Version: "1", Now: time.Now, Getenv: func(string) string { return "" }}
		if status := Main(strings.Fields(c.args), env); status != ExitUsage || !strings.Contains(errs.String(), "no space left") {
			t.Errorf("%s: status %d, %s", c.args, status, errs.String())
		}
		if found, _, err := NewRoot(env).Find(strings.Fields(c.args)); err == nil {
			written[found.CommandPath()] = true
		}
	}
	// They serve pages, write to the process's own output, write files, and have no
	// output but that of their subcommands.
	silent := []string{"canreach explore", "canreach mcp", "canreach snapshot redact", "canreach completion", "canreach policy"}
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Runnable() && !written[c.CommandPath()] && !slices.Contains(silent, c.CommandPath()) {
			t.Errorf("%s is not in the table", c.CommandPath())
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(NewRoot(&Env{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard, Getenv: func(string) string { return "" }}))
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
