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

func TestDiffPictures(t *testing.T) {
	const example = "../../testdata/examples/neo-compile/"
	diff := func(args ...string) (string, string, int) {
		status, out, errs := runWith(t, nil, "", append([]string{"diff", example + "snapshot.json", example + "broken/sg-and-bucket-policy.json"}, args...)...)
		return out, errs, status
	}
	job := []string{"-j", example + "job.json", "-o"}
	for format, wants := range map[string][]string{"html": {"<h1>1 of 1 question is answered differently</h1>", "<h3>Before</h3>", ">changed<", "NeoCompilationRole"}, "svg": {"Before: 2 subnets", ">changed<"}} {
		out, errs, code := diff(append(job, format)...)
		for _, want := range wants {
			if code != ExitViolated || !strings.Contains(out, want) {
				t.Errorf("-o %s: exit %d, %s no %q", format, code, errs, want)
			}
		}
	}
	if out, _, _ := diff("-o", "html"); strings.Count(out, `class="difference"`) < 2 || strings.Count(out, ` id="p0-t"`) != 1 {
		t.Error("several differences are not each drawn, with ids of their own")
	}
	if _, errs, code := diff("-o", "svg"); code != ExitUsage || !strings.Contains(errs, "draws one difference, and there are") {
		t.Errorf("exit %d, %s", code, errs)
	}
	if status, out, _ := runWith(t, nil, "", "diff", example+"snapshot.json", example+"snapshot.json", "-j", example+"job.json", "-o", "html"); status != ExitHolds || !strings.Contains(out, "No question is answered differently") {
		t.Errorf("no difference: exit %d", status)
	}
}

func TestReadyPictures(t *testing.T) {
	const example = "../../testdata/examples/neo-compile/"
	for format, wants := range map[string][]string{
		"html": {"<h1>BLOCKED: resnet50-ml-c5", "What the job needs", "What it runs without", "ENI_SG_RULES_MISMATCH", "what the job writes: 2 subnets", "Content-Security-Policy"},
		"svg":  {"what the job reads: 2 subnets", "the job's log", `class="pic"`},
	} {
		status, out, errs := runWith(t, nil, "", "ready", "-s", example+"broken/sg-and-bucket-policy.json", "-j", example+"job.json", "-o", format)
		for _, want := range wants {
			if status != ExitViolated || !strings.Contains(strings.ReplaceAll(out, "&#39;", "'"), want) {
				t.Errorf("-o %s: exit %d, %s: no %q", format, status, errs, want)
			}
		}
	}
	if status, _, errs := runWith(t, nil, "", "ready", "-s", example+"snapshot.json", "-j", example+"job.json", "-o", "svg", "--fix"); status != ExitUsage || !strings.Contains(errs, "--fix writes text or JSON") {
		t.Errorf("exit %d, %s", status, errs)
	}
}
