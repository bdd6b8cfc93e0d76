package cli

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const neo = "../../testdata/examples/neo-compile/"

func runUses(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Main(args, &Env{Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" },
		Now: func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }, Version: "0.1.0"})
	return code, out.String(), errs.String()
}

func TestUsesExitStatuses(t *testing.T) {
	change := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(change, []byte("modifyVpcEndpoint: {vpcEndpointId: vpce-0a1b2c3d4e5f60718, addRouteTableIds: [rtb-0b9d3c7a5e1f28460]}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	broken := neo + "broken/wrong-route-table.json"
	assertion := "tests:\n- {name: ml-private stays off the internet, from: {tags: {Name: 'ml-private-*'}, securityGroups: neo-jobs, role: 'arn:aws:iam::111122223333:role/service-role/NeoCompilationRole'}, bucket: 'neo-*', neverInternet: true}\n"
	if err := os.WriteFile(filepath.Join(filepath.Dir(change), "t.yaml"), []byte(assertion), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, args, stdin string
		code              int
		out, err          string
	}{
		{"a change that mends", "whatif -s " + broken + " -j " + neo + "job.json -c " + change, "", 0, "after   REACHABLE", ""},
		{"a change that breaks", "whatif -s " + neo + "snapshot.json -j " + neo + "job.json -c -", "revokeSecurityGroupEgress: {groupId: sg-0e9f1a2b3c4d5e6f7, ipPermissions: [{ipProtocol: '-1', ipRanges: [{cidrIp: 0.0.0.0/0}]}]}", 2, "", "InvalidPermission.NotFound"},
		{"a change that AWS refuses", "whatif -s " + neo + "snapshot.json -j " + neo + "job.json -c " + change, "", 2, "", "RouteAlreadyExists: rtb-0b9d3c7a5e1f28460 is associated with vpce-0a1b2c3d4e5f60718 already"},
		{"a change of nothing that is known", "whatif -s " + neo + "snapshot.json -j " + neo + "job.json -c -", "frob: {}", 2, "", `standard input:1:1: "frob" is not an operation`},
		{"no change", "whatif -s " + neo + "snapshot.json -j " + neo + "job.json", "", 2, "", "--change is missing"},
		{"a repair", "whatif -s " + broken + " -j " + neo + "job.json --fix --show 1", "", 0, "aws ec2 modify-vpc-endpoint --vpc-endpoint-id vpce-0a1b2c3d4e5f60718 --add-route-table-ids rtb-0b9d3c7a5e1f28460", ""},
		{"a repair that breaks an assertion", "whatif -s " + broken + " -j " + neo + "job.json --fix --repairs 10 --against " + filepath.Join(filepath.Dir(change), "t.yaml"), "", 0, "breaks   ml-private stays off the internet", ""},
		{"only assertions, after the change", "whatif -s " + broken + " --against " + neo + "uses/tests.yaml -c " + change, "", 1, "fail → pass", ""},
		{"no difference", "diff " + neo + "snapshot.json " + neo + "aws -j " + neo + "job.json", "", 0, "0 of 1 questions", ""},
		{"a difference", "diff " + neo + "snapshot.json " + broken + " -j " + neo + "job.json", "", 1, "breaks REACHABLE → BLOCKED", ""},
		{"a snapshot that is not there", "diff nope.json " + broken, "", 2, "", "nope.json"},
		{"assertions that hold", "test " + neo + "uses/tests.yaml", "", 0, "4 passed, 0 failed, 0 unknown, 1 skipped", ""},
		{"assertions that fail", "test -s " + broken + " " + neo + "uses/tests.yaml", "", 1, "3 failed", ""},
		{"a test file that is not there", "test nope.yaml", "", 2, "", "nope.yaml"},
		{"no test file", "test", "", 2, "", "no test file"},
		{"an output format that is not there", "test -o html x.yaml", "", 2, "", "output format"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			code, out, errs := runUses(t, tc.stdin, strings.Fields(tc.args)...)
			if code != tc.code || !strings.Contains(out, tc.out) || !strings.Contains(errs, tc.err) {
				t.Errorf("exit %d, want %d\n%s\n%s", code, tc.code, out, errs)
			}
			if code == 2 && out != "" {
				t.Errorf("standard output of a usage error: %s", out)
			}
		})
	}
}

func TestUsesPrintTheSameBytesEachTime(t *testing.T) {
	for _, args := range []string{
		"whatif -s " + neo + "broken/sg-and-bucket-policy.json -j " + neo + "job.json --fix -o json", "diff " + neo + "snapshot.json " + neo + "broken/wrong-route-table.json -o json",
		"test -o json " + neo + "uses/tests.yaml", "test -o sarif -s " + neo + "broken/wrong-route-table.json " + neo + "uses/tests.yaml",
	} {
		_, first, _ := runUses(t, "", strings.Fields(args)...)
		_, second, _ := runUses(t, "", strings.Fields(args)...)
		if first != second || !json.Valid([]byte(first)) {
			t.Errorf("%s: not the same, or no JSON", args)
		}
	}
}

// Names come from strangers: no format may let one break out of its place.
func TestTestReportsAreSafe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "t.yaml")
	snapshot, err := filepath.Abs(neo + "broken/wrong-route-table.json")
	if err != nil {
		t.Fatal(err)
	}
	job, err := filepath.Abs(neo + "job.json")
	if err != nil {
		t.Fatal(err)
	}
	name := `a # SKIP "<x>&]]>::error::\u001b[31m\n::set-output name=x::y`
	text := "snapshot: " + snapshot + "\ntests:\n- {name: \"" + strings.ReplaceAll(name, `"`, `\"`) + "\", job: " + job + ", expect: reach}\n"
	text = strings.ReplaceAll(text, `\"a # SKIP`, `"a # SKIP`)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"text", "json", "junit", "sarif", "github", "tap"} {
		code, out, errs := runUses(t, "", "test", "-o", format, file)
		if code != 1 {
			t.Fatalf("%s: exit %d %s", format, code, errs)
		}
		if strings.Contains(out, "\x1b") || strings.Contains(out, "\n::set-output") {
			t.Errorf("%s lets the name out:\n%s", format, out)
		}
		switch format {
		case "json", "sarif":
			if !json.Valid([]byte(out)) {
				t.Errorf("%s: no JSON", format)
			}
		case "junit":
			var v junitSuites
			if err := xml.Unmarshal([]byte(out), &v); err != nil || v.Failures != 1 || len(v.Suites) != 1 || v.Suites[0].Cases[0].Failure == nil {
				t.Errorf("%v\n%s", err, out)
			}
		case "github":
			if strings.Count(out, "\n::")+strings.Count(out[:2], "::") != 1 {
				t.Errorf("more than one command:\n%s", out)
			}
		case "tap":
			if !strings.Contains(out, `not ok 1 - a \# SKIP`) {
				t.Errorf("a directive got out:\n%s", out)
			}
		}
	}
}

func TestABaselineOfTheExampleHolds(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "tests.yaml")
	snapshot, _ := filepath.Abs(neo + "snapshot.json")
	job, _ := filepath.Abs(neo + "job.json")
	if code, _, errs := runUses(t, "", "test", "--init", "-s", snapshot, "-j", job, file); code != 0 {
		t.Fatal(errs)
	}
	if code, out, errs := runUses(t, "", "test", file); code != 0 || !strings.Contains(out, "0 failed") {
		t.Fatalf("exit %d\n%s%s", code, out, errs)
	}
	if code, _, errs := runUses(t, "", "test", "--init", "-s", snapshot, "-j", job, file); code != 2 || !strings.Contains(errs, "never replaces") {
		t.Errorf("exit %d %s", code, errs)
	}
}

func TestTheChangedSnapshotIsWrittenAndReadsBack(t *testing.T) {
	out := filepath.Join(t.TempDir(), "changed.json")
	if code, _, errs := runUses(t, "", "whatif", "-s", neo+"broken/wrong-route-table.json", "-j", neo+"job.json", "--fix", "--repairs", "1", "--out", out); code != 0 {
		t.Fatal(errs)
	}
	if code, text, errs := runUses(t, "", "check", "-s", out, "-j", neo+"job.json"); code != 0 || !strings.HasPrefix(text, "REACHABLE") {
		t.Errorf("exit %d\n%s%s", code, text, errs)
	}
}

// What --watch looks at: the test file, its jobs and its snapshot.
func TestWatchSeesEveryFileOfTheRun(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("s.json", "{}")
	write("j.json", "{}")
	write("t.yaml", "snapshot: s.json\ntests:\n- {job: j.json, expect: reach}\n")
	file := filepath.Join(dir, "t.yaml")
	last := fingerprint(&testFlags{}, []string{file})
	if fingerprint(&testFlags{}, []string{file}) != last {
		t.Error("changes without a change")
	}
	for _, name := range []string{"s.json", "j.json", "t.yaml"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		write(name, string(text)+" ")
		if now := fingerprint(&testFlags{}, []string{file}); now == last {
			t.Errorf("a change of %s is not seen", name)
		} else {
			last = now
		}
	}
}
