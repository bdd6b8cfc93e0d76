package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhoCanReachAndMatrix(t *testing.T) {
	for _, tt := range []struct {
		args string
		says []string
		not  string
	}{
		{"who-can neo-models-111122223333-use1 -s " + neo + "snapshot.json -j " + neo + "job.json",
			[]string{"NeoCompilationRole", "ml-private-1a (subnet-0a7c1e5b93d2f4681)", "via   s3-gateway (vpce-0a1b2c3d4e5f60718)", "ReadModels of"}, "BatchWorkerRole"},
		{"reach --role arn:aws:iam::111122223333:role/BatchWorkerRole -s " + neo + "snapshot.json",
			[]string{"neo-compiled-111122223333-use1", "the internet, outside of every VPC"}, "neo-models"},
		{"reach --subnet subnet-0e5d4c3b2a1f09876 -s " + neo + "snapshot.json -o csv", []string{"resource,action,role", "subnet-0e5d4c3b2a1f09876,internet"}, "internet,,"},
		{"matrix -s " + neo + "snapshot.json -a s3:GetObject", []string{"BatchWorkerRole", "all", "neo-compiled-111122223333-use1"}, "PutObject"},
		{"matrix -s " + neo + "snapshot.json -o csv", []string{"s3:GetObject,arn:aws:iam::111122223333:role/BatchWorkerRole,arn:aws:s3:::neo-compiled-111122223333-use1,REACHABLE"}, ""},
		{"matrix -s " + neo + "snapshot.json -o html", []string{`<td class="all">all</td>`, "default-src 'none'"}, "http://"},
	} {
		code, out, errs := runGraph(t, "", strings.Fields(tt.args)...)
		if code != 0 {
			t.Errorf("%s: exit %d %s", tt.args, code, errs)
		}
		for _, s := range tt.says {
			if !strings.Contains(out, s) {
				t.Errorf("%s: no %q in\n%s", tt.args, s, out)
			}
		}
		if tt.not != "" && strings.Contains(out, tt.not) {
			t.Errorf("%s: %q in\n%s", tt.args, tt.not, out)
		}
	}
}

func TestReviewCommand(t *testing.T) {
	for _, tt := range []struct {
		args string
		exit int
		says string
	}{
		{"--plan " + plans + "split-route-table.json", 1, "`aws_route_table.ml_b`"},
		{"--plan " + plans + "split-route-table.json --fail-on gained,unknown", 0, "3 lost"},
		{"--plan " + plans + "clean.json", 0, "nothing gained and nothing lost"},
		{"--head " + neo + "broken/sg-without-egress.json -o github", 1, "title=canreach review::"},
		{"--head " + neo + "broken/sg-without-egress.json -o json", 1, `"schema": "canreach.review/v1"`},
	} {
		code, out, errs := runGraph(t, "", strings.Fields("review --base "+neo+"snapshot.json -j "+neo+"job.json "+tt.args)...)
		if code != tt.exit || !strings.Contains(out, tt.says) {
			t.Errorf("%s: exit %d\n%s%s", tt.args, code, out, errs)
		}
	}
	for args, says := range map[string]string{"": "--base", "--base x": "--head or --plan", "--base x --plan y --fail-on losst": "did you mean lost"} {
		if code, _, errs := runGraph(t, "", strings.Fields("review "+args)...); code != 2 || !strings.Contains(errs, says) {
			t.Errorf("review %s: exit %d %s", args, code, errs)
		}
	}
}

// Whatever strangers name their resources, a comment holds no markup and no
// output line is a workflow command of theirs.
func TestReviewOfAHostileSnapshot(t *testing.T) {
	text, err := os.ReadFile(neo + "snapshot.json")
	if err != nil {
		t.Fatal(err)
	}
	hostile := func(s string) string {
		return strings.NewReplacer("NeoReadsModels", "x`<script>|\\n::error::own", "neo-jobs", "\\n::stop-commands::x <img src=x>").Replace(s)
	}
	dir := t.TempDir()
	base, head := filepath.Join(dir, "a.json"), filepath.Join(dir, "b.json")
	broken, err := os.ReadFile(neo + "broken/sg-without-egress.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{base: text, head: broken} {
		if err := os.WriteFile(name, []byte(hostile(string(b))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, format := range []string{"markdown", "github", "json"} {
		_, out, errs := runGraph(t, "", "review", "--base", base, "--head", head, "-j", neo+"job.json", "-o", format)
		if format == "json" {
			if !json.Valid([]byte(out)) {
				t.Errorf("%s%s", out, errs)
			}
			continue
		}
		for line := range strings.Lines(out) {
			if strings.HasPrefix(line, "::") && !strings.Contains(line, " title=canreach review::") || strings.Contains(line, "<script") || strings.Contains(line, "<img") {
				t.Errorf("%s: %s", format, line)
			}
		}
	}
}

// A job's row is in every format of the matrix, and what is not known of it is
// told by the exit status.
func TestMatrixByJob(t *testing.T) {
	for format, want := range map[string]string{"text": "CompilationJob resnet50-ml-c5  all", "csv": "s3:GetObject,CompilationJob resnet50-ml-c5,arn:aws:s3:::neo-models-111122223333-use1,REACHABLE",
		"json": `"by": "job"`, "html": "<th>job</th>", "svg": "What each job can do"} {
		if status, out, _ := runGraph(t, "", "matrix", "-s", neo+"snapshot.json", "-j", neo+"job.json", "-a", "s3:GetObject", "--by", "job", "-o", format); status != ExitHolds || !strings.Contains(out, want) {
			t.Errorf("%s: %d\n%s", format, status, out)
		}
	}
	for _, args := range [][]string{{"--by", "bucket"}, {"--by", "job", "-o", "rows"}, {"--by", "job", "--without", "nat-0f3e2d1c4b5a69780"}} {
		if status, _, errs := runGraph(t, "", append([]string{"matrix", "-s", neo + "snapshot.json"}, args...)...); status != ExitUsage || !strings.Contains(errs, "--by") {
			t.Errorf("%v: %d %s", args, status, errs)
		}
	}
}
