package cli

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestExplainSaysWhatCodesGatesAndRulesMean(t *testing.T) {
	for word, want := range map[string][]string{
		"SUBNET_ACL_RESTRICTION":      {"(code)", "How AWS behaves", "N96"},
		"BUCKET_POLICY_EXPLICIT_DENY": {"reference_policies_evaluation-logic.html"},
		"endpoint-policy":             {"(gate)", "What to do"},
		"n78":                         {"N78 (rule)", "https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html"},
		"P112":                        {"Deny-only grants nothing."},
		"N96a":                        {"N96a (rule)"},
	} {
		status, out, errs := runWith(t, nil, "", "explain", word)
		for _, w := range want {
			if status != ExitHolds || !strings.Contains(out, w) {
				t.Errorf("%s: status %d, without %q\n%s%s", word, status, w, out, errs)
			}
		}
		for _, markup := range []string{"**", "*Trap", "*Src", "→T"} {
			if strings.Contains(out, markup) {
				t.Errorf("%s: %s is left in\n%s", word, markup, out)
			}
		}
	}
	if status, _, errs := runWith(t, nil, "", "explain", "SUBNET_ACL_RESTRICTON"); status != ExitUsage || !strings.Contains(errs, "did you mean SUBNET_ACL_RESTRICTION?") {
		t.Errorf("status %d, %s", status, errs)
	}
}

// Every finding of the answers of the example name is explained, by code and rule.
func TestWhatTheAnswersNameIsExplained(t *testing.T) {
	for _, file := range []string{"sg-and-bucket-policy.json", "wrong-route-table.json", "acl-without-ephemeral-ports.json"} {
		_, out, _ := runWith(t, nil, "", "check", "-s", neo+"broken/"+file, "-j", neo+"job.json", "-o", "json")
		var a struct {
			Findings []struct{ Code, Rule string }
		}
		if err := json.Unmarshal([]byte(out), &a); err != nil {
			t.Fatal(err)
		}
		for _, f := range a.Findings {
			for _, word := range []string{f.Code, f.Rule} {
				if e, err := explain(word); err != nil || e.Meaning == "" && len(e.Rules) == 0 {
					t.Errorf("%s: %s is not explained: %v", file, word, err)
				}
			}
		}
	}
}

// Every rule of the pages can be asked for by its number.
func TestEveryRuleIsRead(t *testing.T) {
	rules := rulesByName()
	for _, page := range []string{"network", "policy"} {
		text, err := os.ReadFile("../../docs/semantics/" + page + ".md")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^- \*\*([NP]\d+)`).FindAllStringSubmatch(string(text), -1) {
			if r, _ := readRule(m[1], rules[m[1]]); !slices.Contains([]string{"P18"}, m[1]) && len(r.Text) < 10 {
				t.Errorf("%s: %q", m[1], r.Text)
			}
		}
	}
}

func TestADenialIsHeldAgainstTheModel(t *testing.T) {
	const user = "User: arn:aws:sts::111122223333:assumed-role/NeoCompilationRole/SageMaker is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::neo-models-111122223333-use1/resnet50/model.tar.gz\" "
	const deny = user + "with an explicit deny in a resource-based policy"
	const event = `{"eventType":"AwsVpceEvent","eventTime":"2026-11-30T08:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","errorCode":"VpceAccessDenied","vpcEndpointId":"vpce-0123456789abcdef0",
		"userIdentity":{"arn":"arn:aws:sts::111122223333:assumed-role/BatchWorkerRole/x"},"requestParameters":{"bucketName":"neo-models-111122223333-use1","key":"resnet50/model.tar.gz"}}`
	const timeout = `Connect timeout on endpoint URL: "https://neo-models-111122223333-use1.s3.us-east-1.amazonaws.com/resnet50/model.tar.gz"`
	works, sg := neo+"snapshot.json", neo+"broken/sg-and-bucket-policy.json"
	jobs := withJobs(t, "resnet")
	for _, c := range []struct {
		name, snapshot, text string
		status               int
		want                 string
	}{
		{"a timeout that a security group makes", sg, timeout, ExitHolds, "canreach     BLOCKED  agrees"},
		{"a timeout that nothing makes", works, timeout, ExitViolated, "called another name or port"},
		{"a denial behind a network that does not let through", sg, deny, ExitViolated, "got through the network; the model says that ENI_SG_RULES_MISMATCH"},
		{"a denial that the model does not find", works, deny, ExitViolated, "finds nothing at bucket-policy"},
		{"a terse denial", works, "fatal error: An error occurred (403) when calling the HeadObject operation: Forbidden", ExitViolated, "403 for an object that is not there"},
		{"an event through another endpoint by another role", works, event, ExitViolated, "came through vpce-0123456789abcdef0"},
		{"another role", works, event, ExitViolated, "made by role BatchWorkerRole"},
		{"the job is found by its role", jobs, deny, ExitViolated, "REACHABLE"},
		{"nothing that is read", works, "hello world", ExitUsage, ""},
	} {
		args := []string{"explain", "-", "-s", c.snapshot}
		if c.snapshot != jobs {
			args = append(args, "-j", neo+"job.json")
		}
		status, out, errs := runWith(t, nil, c.text, args...)
		if status != c.status || !strings.Contains(oneLine(out), oneLine(c.want)) {
			t.Errorf("%s: status %d\n%s%s", c.name, status, out, errs)
		}
	}
	file := t.TempDir() + "/s.json"
	policyDenies(t, file)
	if status, out, errs := runWith(t, nil, deny, "explain", "-", "-s", file, "-j", neo+"job.json", "-o", "json"); status != ExitHolds || !strings.Contains(out, `"agrees": "yes"`) {
		t.Errorf("a denial that the model finds: status %d\n%s%s", status, out, errs)
	}
}

// policyDenies writes the example with a bucket policy that denies every read.
func policyDenies(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(neo + "snapshot.json")
	if err != nil {
		t.Fatal(err)
	}
	var s map[string]any
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	for _, b := range s["accounts"].([]any)[0].(map[string]any)["s3"].(map[string]any)["buckets"].([]any) {
		if b := b.(map[string]any); b["Name"] == "neo-models-111122223333-use1" {
			b["Policy"] = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::neo-models-111122223333-use1/*"}]}`
		}
	}
	out, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, out, 0o600); err != nil {
		t.Fatal(err)
	}
}
