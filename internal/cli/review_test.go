package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/access"
	"github.com/canreach/canreach/snapshot/plan"
)

// A comment has thirty lines at most, whatever there is to say, and the worst
// is not folded.
func TestACommentFoldsWhatIsLong(t *testing.T) {
	change := func(n int, after sim.Verdict) access.Change {
		return access.Change{Role: fmt.Sprint("arn:aws:iam::111122223333:role/r", n), Resource: "arn:aws:s3:::b", Action: "s3:GetObject", Before: sim.Reachable, After: after, Source: "interfaces", Subnets: []string{"subnet-1"},
			Via: []string{"vpce-1"}, Witness: &sim.Example{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/x"}, Causes: []access.Cause{{Code: "C", Component: fmt.Sprint("rtb-", n/7), Message: fmt.Sprint("for role ", n)}}}
	}
	for _, n := range []int{0, 1, 5, 40, 3000} {
		res := &reviewResult{Review: &access.Review{Asked: n}, Exact: true}
		for i := range n {
			res.Review.Lost = append(res.Review.Lost, change(i, sim.Blocked))
			res.Review.Opened = append(res.Review.Opened, change(i, sim.Unknown))
			res.Against = append(res.Against, testDelta{Name: fmt.Sprint("t", i)})
			res.Notes = append(res.Notes, fmt.Sprint("note ", i))
			res.Plan = append(res.Plan, plan.Action{Address: fmt.Sprint("aws_vpc.v", i), Action: "create"})
		}
		var out bytes.Buffer
		writeReviewMarkdown(&out, res)
		lines, folds := 0, 0
		for _, line := range strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n") {
			folds += strings.Count(line, "<details>")
			if folds == 0 || strings.Contains(line, "<summary>") {
				lines++
			}
			folds -= strings.Count(line, "</details>")
		}
		if lines > 30 || folds != 0 || out.Len() > 65_000 {
			t.Errorf("%d changes: %d lines are not folded, %d folds open, %d bytes", n, lines, folds, out.Len())
		}
		if head, _, _ := strings.Cut(out.String(), "<details>"); n > 0 && !strings.Contains(head, "Loses access") {
			t.Errorf("%d changes: what is lost is folded\n%s", n, head)
		}
	}
}

func TestReviewNamesTheLineOfTheCause(t *testing.T) {
	args := []string{"review", "--base", neo + "snapshot.json", "-j", neo + "job.json", "--plan", plans + "narrow-endpoint-policy.json"}
	for format, says := range map[string]string{"markdown": "(`aws_vpc_endpoint.s3`, `" + plans + "network.tf:2`)", "json": `"line": 2`, "github": "::error file=" + plans + "network.tf,line=2,",
		"sarif": `"startLine": 2`, "gitlab": `"begin": 2`} {
		code, out, errs := runGraph(t, "", append(args, "-o", format)...)
		if code != 1 || !strings.Contains(out, says) {
			t.Errorf("%s: exit %d, want %q\n%s%s", format, code, says, out, errs)
		}
	}
	code, out, errs := runGraph(t, "", "review", "--base", neo+"snapshot.json", "--plan", plans+"network.template.yaml", "--parameter", "ModelBucket=neo-models-111122223333-use1", "--account", "111122223333", "--region", "us-east-1", "-o", "json")
	if code == 2 || strings.Contains(out, `"file"`) && !strings.Contains(out, "network.template.yaml") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}

func TestReviewExitStatuses(t *testing.T) {
	for _, tt := range []struct {
		plan, failOn string
		code         int
	}{
		{"split-route-table.json", "", 1}, {"split-route-table.json", "gained", 0}, {"split-route-table.json", "lost", 1}, {"split-route-table.json", "none", 0},
		{"narrow-endpoint-policy.json", "", 1}, {"clean.json", "", 0},
	} {
		args := []string{"review", "--base", neo + "snapshot.json", "-j", neo + "job.json", "--plan", plans + tt.plan}
		if tt.failOn != "" {
			args = append(args, "--fail-on", tt.failOn)
		}
		if code, out, errs := runGraph(t, "", args...); code != tt.code {
			t.Errorf("%s --fail-on %q: exit %d, want %d\n%s%s", tt.plan, tt.failOn, code, tt.code, out, errs)
		}
	}
	if code, _, errs := runGraph(t, "", "review", "--base", neo+"snapshot.json", "--plan", plans+"clean.json", "--fail-on", "losst"); code != 2 || !strings.Contains(errs, "lost") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// Nothing gained and nothing lost is said of a whole plan alone: one that leaves
// something open, or makes an answer UNKNOWN, has exit status 3.
func TestReviewOfWhatAPlanLeavesOpen(t *testing.T) {
	edited := func(name string, edit func(plan map[string]any)) string {
		text, err := os.ReadFile(plans + name)
		if err != nil {
			t.Fatal(err)
		}
		var p map[string]any
		if err := json.Unmarshal(text, &p); err != nil {
			t.Fatal(err)
		}
		edit(p)
		if text, err = json.Marshal(p); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	change := func(typ string, actions ...any) map[string]any {
		return map[string]any{"address": typ + ".x", "mode": "managed", "type": typ, "name": "x", "change": map[string]any{"actions": actions, "before": nil, "after": map[string]any{}, "after_unknown": map[string]any{}}}
	}
	with := func(typ string) func(map[string]any) {
		return func(p map[string]any) {
			p["resource_changes"] = append(p["resource_changes"].([]any), change(typ, "create"))
		}
	}
	for _, tt := range []struct {
		name, plan, says string
		code             int
	}{
		{"a whole plan", edited("clean.json", func(map[string]any) {}), "nothing gained and nothing lost", 0},
		{"a plan that is not complete", edited("clean.json", func(p map[string]any) { p["complete"] = false }), "the plan does not tell all", 3},
		{"a deferred change", edited("clean.json", func(p map[string]any) {
			p["deferred_changes"] = []any{map[string]any{"reason": "provider_config_unknown", "resource_change": change("aws_vpc", "create")}}
		}), "aws_vpc.x is deferred", 3},
		{"a type that bears on answers and is not read", edited("clean.json", with("aws_networkfirewall_firewall")), "the plan does not tell all", 3},
		{"a type that does not bear", edited("clean.json", with("aws_db_instance")), "nothing gained and nothing lost", 0},
		{"drift", edited("clean.json", func(p map[string]any) { p["resource_drift"] = []any{change("aws_vpc", "update")} }), "nothing gained and nothing lost", 0},
		{"a policy that is known after apply only", edited("narrow-endpoint-policy.json", func(p map[string]any) {
			for _, r := range p["resource_changes"].([]any) {
				if r := r.(map[string]any); r["type"] == "aws_vpc_endpoint" {
					c := r["change"].(map[string]any)
					delete(c["after"].(map[string]any), "policy")
					c["after_unknown"] = map[string]any{"policy": true}
				}
			}
		}), "No longer known", 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := []string{"review", "--base", neo + "snapshot.json", "-j", neo + "job.json", "--plan", tt.plan}
			if code, out, errs := runGraph(t, "", args...); code != tt.code || !strings.Contains(out, tt.says) {
				t.Errorf("exit %d, want %d and %q\n%s%s", code, tt.code, tt.says, out, errs)
			}
			if code, _, _ := runGraph(t, "", append(args, "--fail-on", "unknown")...); code != tt.code {
				t.Errorf("--fail-on unknown: exit %d, want %d", code, tt.code)
			}
			if code, _, _ := runGraph(t, "", append(args, "--fail-on", "lost,gained")...); code != 0 {
				t.Errorf("--fail-on lost,gained: exit %d", code)
			}
		})
	}
}
