package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unicode/utf16"
)

// Editors and PowerShell put a byte-order mark in front of a text.
func TestAByteOrderMarkIsAcceptedByEveryReader(t *testing.T) {
	dir := t.TempDir()
	marked := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("\ufeff"+text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	shipped := func(name string) string {
		text, err := os.ReadFile(neo + name)
		if err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(string(text), ": ../", ": ")
	}
	snap, job := marked("snapshot.json", shipped("snapshot.json")), marked("job.json", shipped("job.json"))
	question := " -s " + snap + " -j " + job
	_, answer, _ := runWith(t, nil, "", strings.Fields("check -o json"+question)...)
	pol := marked("policy.json", mutatedPolicy)
	pair := `{"id": 1, "type": "identity", "reference": ` + strings.ReplaceAll(mutatedPolicy, "\n", "") + `, "candidate": ` + strings.ReplaceAll(mutatedPolicy, "\n", "") + "}\n"
	for _, args := range []string{
		"check -q" + question, "snapshot validate " + snap, "diff " + snap + " " + snap + " -j " + job,
		"snapshot redact " + snap + " --seed x --out " + filepath.Join(dir, "redacted.json"),
		"snapshot merge " + snap + " " + snap + " --out " + filepath.Join(dir, "merged.json"),
		"evidence --out " + filepath.Join(dir, "evidence") + question,
		"graph -o dot --answer " + marked("answer.json", answer),
		"test " + marked("tests.yaml", shipped("uses/tests.yaml")),
		"whatif --change " + marked("change.yaml", shipped("uses/move-the-endpoint.yaml")) + question,
		"policy compare " + pol + " " + pol, "policy compare --input " + marked("pairs.jsonl", pair), "policy lint " + pol,
		"whatif --plan " + marked("template.yaml", shipped("../../plans/network.template.yaml")) + " --account 111122223333 --region us-east-1" + question,
	} {
		if status, out, errs := runWith(t, nil, "", strings.Fields(args)...); status != ExitHolds && (status == ExitUsage || !strings.HasPrefix(args, "whatif")) || strings.Contains(out, "error") {
			t.Errorf("%s: status %d, %s%s", args, status, out, errs)
		}
	}
}

// What Windows PowerShell's > writes is UTF-16.
func TestUTF16IsRead(t *testing.T) {
	dir := t.TempDir()
	wide := func(name, from string) string {
		text, err := os.ReadFile(neo + from)
		if err != nil {
			t.Fatal(err)
		}
		out := []byte("\xff\xfe")
		for _, u := range utf16.Encode([]rune(strings.ReplaceAll(string(text), ": ../", ": "))) {
			out = append(out, byte(u), byte(u>>8))
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, out, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	snap, job := neo+"snapshot.json", wide("job.json", "job.json")
	if text, err := os.ReadFile(snap); err != nil || os.WriteFile(filepath.Join(dir, "snapshot.json"), text, 0o600) != nil {
		t.Fatal(err)
	}
	for _, args := range []string{
		"check -q -s " + snap + " -j " + job,
		"test " + wide("tests.yaml", "uses/tests.yaml"),
		"whatif -s " + snap + " -j " + job + " --change " + wide("change.yaml", "uses/move-the-endpoint.yaml"),
	} {
		if status, out, errs := runWith(t, nil, "", strings.Fields(args)...); status == ExitUsage || errs != "" {
			t.Errorf("%s: status %d, %s%s", args, status, out, errs)
		}
	}
}

func TestInputsAreBounded(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var groups []string
	for i := range 100_000 {
		groups = append(groups, fmt.Sprintf(`"sg-%017x"`, i))
	}
	many := write("many.json", `{"CompilationJobName":"x","RoleArn":"arn:aws:iam::111122223333:role/x","InputConfig":{"S3Uri":"s3://b/x"},"OutputConfig":{"S3OutputLocation":"s3://b/y"},`+
		`"VpcConfig":{"Subnets":["subnet-1"],"SecurityGroupIds":[`+strings.Join(groups, ",")+`]}}`)
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, want string }{
		{"check -s " + neo + "snapshot.json -j " + many, "/VpcConfig/SecurityGroupIds: 100000 elements; AWS takes tens"},
		{"snapshot redact " + neo + "snapshot.json --out " + filepath.Join(dir, "o.json") + " --key " + write("key", strings.Repeat("x", keyBytes+1)), "larger than"},
		{"evidence verify " + dir + " --public-key /dev/zero", "larger than"},
		{"test /dev/zero", "larger than"},
		{"policy lint /dev/zero", "larger than"},
		{"graph --answer " + write("big.json", strings.Repeat(" ", 1<<10)), "not an answer"},
		{"test -s " + neo + "snapshot.json " + write("t.yaml", "tests:\n- {job: "+fifo+", expect: reach}\n"), "not a regular file"},
	} {
		status, out, errs := runWith(t, nil, "", strings.Fields(c.args)...)
		if status != ExitUsage || !strings.Contains(errs, c.want) || len(out)+len(errs) > 4<<10 {
			t.Errorf("%s: status %d, %d bytes, %.300s", c.args, status, len(out), errs)
		}
	}
}
