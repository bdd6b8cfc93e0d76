package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// fuzzed runs a command on standard input and checks status and output.
func fuzzed(t *testing.T, stdin string, args ...string) {
	t.Helper()
	var out, errs bytes.Buffer
	env := &Env{Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs, Version: "1", Now: time.Now, Getenv: func(string) string { return "" }}
	if status := Main(args, env); status < ExitHolds || status > ExitUnknown {
		t.Fatalf("exit status %d", status)
	}
	checkOutput(t, out.String())
	checkOutput(t, errs.String())
}

func FuzzAnswer(f *testing.F) {
	f.Add(`{"schema":"canreach.verdict/v1","verdict":"BLOCKED","placements":[{"verdict":"BLOCKED"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, format := range []string{"svg", "dot", "mermaid", "html"} {
			fuzzed(t, text, "graph", "--answer", "-", "-o", format)
		}
	})
}

func FuzzTraceWords(f *testing.F) {
	f.Add("i-0a8b7c6d5e4f3a2b1", "https://sts.us-east-1.amazonaws.com/", "443")
	f.Add("10.20.0.0/16", "s3:us-east-1", "80,443-444")
	f.Fuzz(func(t *testing.T, from, to, port string) {
		fuzzed(t, "", "trace", "-s", neo+"snapshot.json", "--from="+from, "--to="+to, "--port="+port)
	})
}

func FuzzCompareInput(f *testing.F) {
	f.Add(`{"id":1,"type":"identity","reference":{"Version":"2012-10-17","Statement":[]},"candidate":{"Statement":[]}}`)
	f.Fuzz(func(t *testing.T, line string) { fuzzed(t, line, "policy", "compare", "--input", "-") })
}
