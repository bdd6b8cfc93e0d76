package cli

import (
	"bytes"
	"strings"
	"testing"
)

func TestMapFormats(t *testing.T) {
	for format, want := range map[string]string{"html": "<!DOCTYPE html>", "svg": "<svg ", "dot": "digraph", "mermaid": "flowchart LR"} {
		var out, errs bytes.Buffer
		env := &Env{Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }}
		code := Main([]string{"map", "-s", "../../testdata/examples/neo-compile/snapshot.json", "--vpc", "vpc-0c3f9e1a7b2d84e65", "-o", format}, env)
		if code != ExitHolds || !strings.Contains(out.String(), want) || !strings.Contains(out.String(), "ml-private-1a") {
			t.Errorf("%s: status %d, %s", format, code, errs.String())
		}
	}
}
