package cli

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/finding"
)

const broken = neo + "broken/sg-and-bucket-policy.json"

func TestTheFirstScreenHasVerdictCausesAndWhereTheyHold(t *testing.T) {
	_, out, _ := runWith(t, nil, "", "check", "-s", broken, "-j", neo+"job.json")
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(lines) > screenHeight {
		t.Errorf("%d lines", len(lines))
	}
	for _, l := range lines {
		if utf8.RuneCountInString(l) > defaultWidth {
			t.Errorf("too wide: %s", l)
		}
	}
	for _, want := range []string{"BLOCKED  resnet50-ml-c5", "1. [sg-egress] ENI_SG_RULES_MISMATCH neo-jobs (sg-0e9f1a2b3c4d5e6f7)", "at:  /accounts/0/s3/buckets/1/Policy", "fix: Narrow statement 1",
		"✗sg-egress", "✓route", "2 subnets alike: ml-private-1a, ml-private-1b", "1 warning (JOB_SG_SUBNET_EGRESS)"} {
		if !strings.Contains(out, want) {
			t.Errorf("without %q:\n%s", want, out)
		}
	}
	if regexp.MustCompile(`\b[NP]\d+\b`).MatchString(out) {
		t.Errorf("a rule's number:\n%s", out)
	}
}

func TestQuietAndVerbose(t *testing.T) {
	if status, out, _ := runWith(t, nil, "", "check", "-s", broken, "-j", neo+"job.json", "-q"); status != ExitViolated || out != "BLOCKED\n" {
		t.Errorf("status %d, %q", status, out)
	}
	_, out, _ := runWith(t, nil, "", "check", "-s", broken, "-j", neo+"job.json", "-v")
	for _, want := range []string{"Placements", "bucket-policy explicitDeny", "Warnings", "Assumptions", "example: tcp"} {
		if !strings.Contains(out, want) {
			t.Errorf("-v without %q", want)
		}
	}
	if n := strings.Count(out, "s3:ListBucket on neo-models-111122223333-use1\n"); n != 1 {
		t.Errorf("placements that fare alike are shown %d times", n)
	}
	if status, _, _ := runWith(t, nil, "", "check", "-s", broken, "-q", "-v"); status != ExitUsage {
		t.Errorf("-q -v: status %d", status)
	}
}

// answerWith is an answer with a blocker for each action, at the placements given.
func answerWith(actions ...string) *sim.Answer {
	a := &sim.Answer{Verdict: sim.Blocked, Question: sim.AskedOf{Job: "j", Bucket: "arn:aws:s3:::b", Actions: actions}}
	for i, action := range actions {
		a.Findings = append(a.Findings, sim.Finding{Code: finding.RoleNoAllow, Gate: sim.GateRole, Severity: sim.Blocker, Component: "role/r", Message: "No policy allows " + action + ".",
			Fix: "Allow it.", URL: "https://example.com/page", Placements: []int{i}, Example: &sim.Example{Action: action, Resource: "arn:aws:s3:::b"}})
		a.Placements = append(a.Placements, sim.Placement{Subnet: "subnet-" + action[len(action)-1:], Verdict: sim.Blocked, Requests: []sim.Request{{Action: action}}})
	}
	return a
}

func screenOf(a *sim.Answer, p painter) string {
	var b bytes.Buffer
	renderAnswer(&b, a, p, detail{})
	return b.String()
}

func TestOneCauseIsOneEntryWhateverItStops(t *testing.T) {
	out := screenOf(answerWith("s3:GetObject1", "s3:PutObject2", "s3:ListBucket3"), painter{width: 80})
	if strings.Count(out, "ROLE_NO_ALLOW") != 1 || !strings.Contains(out, "It stops as well: s3:PutObject2 on b; s3:ListBucket3 on b.") || !strings.Contains(out, "3 subnets alike: subnet-1, subnet-2, subnet-3.") {
		t.Errorf("%s", out)
	}
}

// A fix may hold a command: ids and ARNs in it stay.
func TestAFixIsShownAsItIs(t *testing.T) {
	a := answerWith("s3:GetObject1")
	a.Findings[0].Component, a.Findings[0].Fix = "rtb-1", "aws ec2 x --ids rtb-1 --arn arn:aws:s3:::b"
	out := screenOf(a, painter{width: 80, names: map[string]string{"rtb-1": "az2"}})
	if !strings.Contains(out, "fix: aws ec2 x --ids rtb-1 --arn arn:aws:s3:::b") || !strings.Contains(out, "az2 (rtb-1)") {
		t.Errorf("%s", out)
	}
}

func TestPlacementsThatFareDifferentlyAreTold(t *testing.T) {
	a := answerWith("s3:GetObject1", "s3:PutObject2")
	a.Findings, a.Verdict, a.Placements[1].Verdict = a.Findings[:1], sim.Partial, sim.Reachable
	if out := screenOf(a, painter{width: 80}); !strings.Contains(out, "BLOCKED in subnet-1 (1); REACHABLE in subnet-2.") {
		t.Errorf("%s", out)
	}
}

func TestUnknownFactsAreOneLineUnlessTheAnswerHangsOnThem(t *testing.T) {
	a := answerWith("s3:GetObject1")
	a.Unknowns = []sim.Missing{{Code: finding.UnknownKMS, Gate: sim.GateKMS, Fact: "The key policy was not collected.", Collect: "aws kms get-key-policy"},
		{Code: finding.UnknownDNS, Gate: sim.GateDNS, Fact: "The zones were not collected."}}
	if out := screenOf(a, painter{width: 80}); strings.Contains(out, "UNK_KMS") || !strings.Contains(out, "Also unknown, without changing the verdict: 2 facts (kms, dns).") {
		t.Errorf("%s", out)
	}
	a.Findings, a.Verdict = nil, sim.Unknown
	for i := range a.Unknowns {
		a.Unknowns[i].Decisive = true
	}
	if out := screenOf(a, painter{width: 80}); !strings.Contains(out, "UNK_KMS") || !strings.Contains(out, "collect: aws kms get-key-policy") || strings.Contains(out, "Also unknown") {
		t.Errorf("%s", out)
	}
}

func TestWidthAndLinksFollowTheTerminal(t *testing.T) {
	a := answerWith("s3:GetObject1")
	if out := screenOf(a, painter{width: 40}); strings.Contains(out, "✓job ✓dns ✓sg-egress ✓nacl-egress ✓route") {
		t.Errorf("not wrapped at 40:\n%s", out)
	}
	if out := screenOf(a, painter{width: 80, links: true}); !strings.Contains(out, "\x1b]8;;https://example.com/page\x1b\\ROLE_NO_ALLOW\x1b]8;;\x1b\\") {
		t.Errorf("no link: %q", out)
	}
	for _, c := range []struct {
		vars map[string]string
		want bool
	}{{map[string]string{"TERM": "xterm-kitty"}, true}, {map[string]string{"TERM": "xterm"}, false}, {map[string]string{"TERM_PROGRAM": "vscode"}, true},
		{map[string]string{"TERM_PROGRAM": "vscode", "CI": "true"}, false}, {map[string]string{"VTE_VERSION": "6800"}, true}, {map[string]string{"TERM": "dumb", "VTE_VERSION": "6800"}, false}} {
		env := &Env{StdoutTerminal: true, Getenv: func(n string) string { return c.vars[n] }}
		if env.hyperlinks() != c.want {
			t.Errorf("%v", c.vars)
		}
	}
	if env := (&Env{Getenv: func(n string) string { return map[string]string{"COLUMNS": "120"}[n] }}); env.Width() != 120 {
		t.Error("COLUMNS")
	}
}

// TestTheFirstScreenFits: the shipped example in each of its states, and an
// answer with more causes than a screen has room for. Only what is one word, a
// path or an ARN, may be wider than the screen.
func TestTheFirstScreenFits(t *testing.T) {
	files, err := filepath.Glob(neo + "broken/*.json")
	if err != nil || len(files) < 8 {
		t.Fatal(err, files)
	}
	check := func(name, text string) {
		if n := strings.Count(text, "\n"); n > screenHeight {
			t.Errorf("%s has %d lines:\n%s", name, n, text)
		}
		for line := range strings.Lines(text) {
			if utf8.RuneCountInString(strings.TrimRight(line, "\n")) > 80 && len(strings.Fields(line)) > 2 {
				t.Errorf("%s is wider than 80 columns: %s", name, line)
			}
		}
	}
	for _, f := range append(files, neo+"snapshot.json") {
		_, out, _ := runWith(t, nil, "", "check", "-s", f, "-j", neo+"job.json")
		check(f, out)
	}
	for _, n := range []int{1, 3, 5, 12, 40} {
		a := &sim.Answer{Verdict: sim.Blocked, Question: sim.AskedOf{Job: "messy", Bucket: "arn:aws:s3:::models", Actions: []string{"s3:GetObject"}}}
		for i := range n {
			a.Findings = append(a.Findings, sim.Finding{Code: finding.NoRouteToDestination, Gate: sim.GateRoute, Severity: sim.Blocker, Component: fmt.Sprintf("rtb-%017d", i),
				Pointer: fmt.Sprintf("/accounts/0/regions/0/ec2/RouteTables/%d", i), Message: strings.Repeat("a long message of many words ", 12), Fix: strings.Repeat("a long fix of many words ", 12)})
		}
		text := firstScreen(a, painter{width: 80})
		check(fmt.Sprint(n, " causes"), text)
		if left := strings.Count(text, "at:  "); left == 0 || left < n && !strings.Contains(text, fmt.Sprintf("And %s more (-v)", plural(n-left, "cause"))) {
			t.Errorf("%d causes: the screen does not count those that it leaves out:\n%s", n, text)
		}
	}
}
