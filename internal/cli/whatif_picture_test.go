package cli

import (
	"bytes"
	"strings"
	"testing"
)

func TestWhatifPictures(t *testing.T) {
	const example = "../../testdata/examples/neo-compile/"
	whatif := func(args ...string) (string, string, int) {
		var out, errs bytes.Buffer
		env := &Env{Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }}
		code := Main(args, env)
		return out.String(), errs.String(), code
	}
	asked := []string{"whatif", "-s", example + "snapshot.json", "-j", example + "job.json", "--change", example + "uses/move-the-endpoint.yaml", "-o"}
	for format, want := range map[string]string{"html": "<h2>Before</h2>", "svg": "Before: 2 subnets"} {
		out, _, code := whatif(append(asked, format)...)
		if code != ExitViolated || !strings.Contains(out, want) || !strings.Contains(out, ">changed<") {
			t.Errorf("-o %s: exit %d, %.80q", format, code, out)
		}
	}
	if _, stderr, code := whatif(append(asked, "svg", "--fix")...); code != ExitUsage || !strings.Contains(stderr, "--fix writes") {
		t.Errorf("a picture of repairs: exit %d, %s", code, stderr)
	}
}
