package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// goWords are what errors of Go's own say of Go's own types.
var goWords = regexp.MustCompile(`Go (struct|value)|(^|[^.])json: |unmarshal|map\[|\*?sim\.|\[\]|interface \{|strconv\.|netip\.|0x[0-9a-f]+`)

// Whatever is wrong in a file, every command that reads it says where, in the
// words of the file.
func TestErrorsNameFileLineAndColumnInTheUsersWords(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, job := neo+"snapshot.json", neo+"job.json"
	snap := file("s.json", "{\"schema\": \"canreach.snapshot/v1\",\n \"accounts\": [{\"accountId\": \"111122223333\", \"regions\": [{\"region\": \"us-east-1\", \"ec2\": {\"Vpcs\": 7}}]}]}")
	cut := file("cut.json", "{\"schema\": \"canreach.snapshot/v1\",\n \"accounts\": [}")
	out := " --out " + filepath.Join(dir, "out.json")
	question := " --subnets subnet-1 --security-groups sg-1 --bucket arn:aws:s3:::b"
	for _, c := range []struct{ args, want string }{
		{"check -s SNAP -j " + job, ""}, {"trace -s SNAP --from subnet-1 --to s3", ""}, {"graph -s SNAP -j " + job, ""}, {"map -s SNAP", ""},
		{"whatif -s SNAP -j " + job + " --fix", ""}, {"whatif -s SNAP -j " + job + " --change " + file("c.yaml", "modifyVpcAttribute: {vpcId: vpc-1, enableDnsSupport: true}\n"), ""}, {"trace -s SNAP --from subnet-1 --to s3 --fix", ""},
		{"who-can arn:aws:s3:::b -s SNAP", ""}, {"reach -s SNAP --role x", ""}, {"matrix -s SNAP", ""}, {"review --base SNAP --head " + good, ""}, {"review --base " + good + " --head SNAP", ""},
		{"diff SNAP " + good, ""}, {"diff " + good + " SNAP", ""}, {"evidence -s SNAP" + out + question, ""}, {"explore -s SNAP", ""},
		{"snapshot show SNAP", ""}, {"snapshot validate SNAP", ""}, {"snapshot redact SNAP" + out, ""}, {"snapshot merge SNAP " + good + out, ""}, {"snapshot import SNAP" + out, ""},
		{"graph --answer " + file("a1.json", "{\"schema\": \"canreach.verdict/v1\",\n \"verdict\": 7}"), "a1.json:2:13: /verdict: expected a string, found a number"},
		{"graph --answer " + file("a2.json", "{\"schema\": \"canreach.verdict/v1\",\n \"placements\": {}}"), "a2.json:2:16: /placements: expected an array, found an object"},
		{"graph --answer " + file("a3.json", "{\"schema\": \"canreach.verdict/v1\",\n \"verdict\": \"MAYBE\"}"), "a3.json:2:13: /verdict: unknown verdict MAYBE"},
		{"graph --answer " + file("a4.json", "{\"schema\":\n }"), "a4.json:2:2:"},
		{"evidence -s " + good + " --question " + file("q.json", "{\"schema\": \"canreach.question/v1\",\n \"bucket\": 7}") + out, "q.json:2:12: /bucket: expected a string, found a number"},
		{"evidence -s " + good + " --question " + file("q2.json", "{\"schema\": \"canreach.question/v1\",\n \"buckett\": 7}") + out, `q2.json:2:2: /buckett: unknown member "buckett"`},
		{"check -s " + good + " -j " + file("job.json", "{\"CompilationJobName\": \"x\",\n\"RoleArn\": 7}"), "job.json:2:12: /RoleArn: expected a string, found a number"},
		{"test -s " + good + " " + file("t.yaml", "tests:\n- {name: x, job: "+job+", expect: reachh}\n"), "t.yaml:2:"},
		{"whatif -s " + good + " -j " + job + " -c " + file("c2.yaml", "modifyVpcEndpoint:\n  vpcEndpointId: [1]\n"), "c2.yaml:2:"},
		{"policy lint " + file("p.json", "{\"Version\": \"2012-10-17\",\n\"Statement\": [{\"Effect\": \"Alow\"}]}"), "p.json:2:"},
		{"policy compare " + filepath.Join(dir, "p.json") + " " + filepath.Join(dir, "p.json"), "p.json: line 2, column "},
		{"whatif -s " + good + " -j " + job + " --plan " + file("plan.json", "{\"format_version\": \"1.2\",\n\"planned_values\": 7}"), "plan.json: line 2, column "},
	} {
		runs := map[string]string{c.args: c.want}
		if strings.Contains(c.args, "SNAP") {
			runs = map[string]string{strings.Replace(c.args, "SNAP", snap, 1): "s.json:2:", strings.Replace(c.args, "SNAP", cut, 1): "cut.json:2:"}
		}
		for args, want := range runs {
			status, out, errs := runWith(t, nil, "", strings.Fields(args)...)
			if status != ExitUsage || out != "" && !strings.HasPrefix(args, "policy") || !strings.Contains(errs, want) {
				t.Errorf("%s: status %d, want %q in %s%s", args, status, want, out, errs)
			}
			if bad := goWords.FindString(errs); bad != "" {
				t.Errorf("%s: %q in %s", args, bad, errs)
			}
		}
	}
}

// A mistake in a command, a flag, a format, an action or a name is exit status
// 2, nothing on standard output, and a suggestion, at any depth.
func TestMistakesHaveSuggestions(t *testing.T) {
	s := " -s " + neo + "snapshot.json"
	job := " -j " + neo + "job.json"
	for args, want := range map[string]string{
		"chek":                                        "did you mean canreach check?",
		"snapshot imprt":                              "did you mean canreach snapshot import?",
		"worker pln":                                  "did you mean canreach worker plan?",
		"completion bsh":                              "did you mean canreach completion bash?",
		"help snapshot imprt":                         "did you mean canreach snapshot import?",
		"check --jbo x":                               "did you mean --job?",
		"check -o x.svg":                              "did you mean --out x.svg?",
		"snapshot -o x.json":                          "did you mean --out x.json?",
		"graph -o svgg":                               "did you mean svg?",
		"snapshot import":                             "usage: canreach snapshot import DIR|PLAN",
		"explain dnss":                                "did you mean dns?",
		"check --service lamda" + s:                   "did you mean lambda?",
		"check --through s3-gatewy" + s:               "did you mean s3-gateway?",
		"check --action s3:GetObjct" + s:              "did you mean s3:GetObject?",
		"check --subnets ml-privat-1a" + s:            "did you mean ml-private-1a?",
		"trace --from ml-private-1c --to s3" + s:      "did you mean ml-private-1a?",
		"matrix --action s3:GetObjct" + s:             "did you mean s3:GetObject?",
		"map --action s3:GetObjct" + s:                "did you mean s3:GetObject?",
		"map --vpc ml-prd" + s:                        "did you mean ml-prod?",
		"reach --role NeoCompilatonRole" + s:          "did you mean NeoCompilationRole?",
		"reach --subnet subnet-0a7c1e5b93d2f4682" + s: "did you mean subnet-0a7c1e5b93d2f4681?",
		"who-can b --action s3:GetObjct" + s:          "did you mean s3:GetObject?",
		"review --base " + neo + "snapshot.json --head " + neo + "broken/wrong-route-table.json --action s3:PutObjct": "did you mean s3:PutObject?",
	} {
		if strings.HasPrefix(args, "check --action") {
			args += job
		}
		code, out, errs := runWith(t, nil, "", strings.Fields(args)...)
		if code != ExitUsage || out != "" || !strings.Contains(errs, want) {
			t.Errorf("%s: exit status %d, %q, %q, want %q", args, code, out, errs, want)
		}
	}
	if code, out, _ := runWith(t, nil, "", strings.Fields("who-can neo-modles-111122223333-use1"+s)...); code != ExitUnknown || !strings.Contains(out, "neo-models-111122223333-use1?") {
		t.Errorf("who-can: exit status %d, %q", code, out)
	}
}
