package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/canreach/canreach/snapshot"
)

const exampleDirectory = "../../testdata/examples/neo-compile/aws"

func TestSnapshotImportWritesTheFileWholeAndPrivate(t *testing.T) {
	want, _, err := snapshot.Native(exampleDirectory, snapshot.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"s.json", "s.json.gz", "s.json.zst"} {
		path := filepath.Join(t.TempDir(), name)
		status, out, errs := runGraph(t, "", "snapshot", "import", exampleDirectory, "--out", path)
		if status != ExitHolds || out != "" || !strings.Contains(errs, "2 accounts") {
			t.Fatalf("%s: status %d, %q, %s", name, status, out, errs)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
		if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
			t.Errorf("%s: %d files are left", name, len(left))
		}
		got, _, err := snapshot.Native(path, snapshot.Options{})
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: read back %d bytes of %d, %v", name, len(got), len(want), err)
		}
		if status, out, errs := runGraph(t, "", "snapshot", "validate", path); status != ExitHolds || !strings.Contains(out, "valid snapshot: 2 accounts") {
			t.Errorf("%s: validate: status %d, %s%s", name, status, out, errs)
		}
	}
	if status, _, errs := runGraph(t, "", "snapshot", "import", exampleDirectory); status != ExitUsage || !strings.Contains(errs, "--out") {
		t.Errorf("without --out: status %d, %s", status, errs)
	}
}

func TestSnapshotImportKeepsTheOldFileOnErrors(t *testing.T) {
	dir, path := t.TempDir(), filepath.Join(t.TempDir(), "s.json")
	for file, text := range map[string]string{filepath.Join(dir, "Vpcs.json"): `{"Vpcs":[{"VpcId":7}]}`, path: "old"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	status, _, errs := runGraph(t, "", "snapshot", "import", dir, "--account", "111122223333", "--region", "us-east-1", "--out", path)
	if old, _ := os.ReadFile(path); status != ExitUsage || string(old) != "old" || !strings.Contains(errs, "Vpcs.json:1:") {
		t.Errorf("status %d, file %q, %s", status, old, errs)
	}
}

func TestSnapshotValidateListsEveryProblemAtItsPlace(t *testing.T) {
	text := `{"schema":"canreach.snapshot/v1","accounts":[{"accountId":"111122223333","regions":[{"region":"us-east-1","ec2":{
"Vpcs":[{"VpcId":"vpc-1","CidrBlock":"10.0.0.0/99"}],
"RouteTables":[{"RouteTableId":"rtb-1","Routes":[{"DestinationCidrBlock":"0.0.0.0/0","State":7}]}]}}]}]}`
	path := filepath.Join(t.TempDir(), "s.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, errs := runGraph(t, "", "snapshot", "validate", path)
	if status != ExitUsage || out != "" || !strings.Contains(errs, path+":2:38: /accounts/0/regions/0/ec2/Vpcs/0/CidrBlock") || !strings.Contains(errs, path+":3:") {
		t.Errorf("status %d, %q, %s", status, out, errs)
	}
}

func TestSnapshotShow(t *testing.T) {
	status, out, errs := runGraph(t, "", "snapshot", "show", exampleDirectory)
	if status != ExitHolds || errs != "" {
		t.Fatalf("status %d, %s", status, errs)
	}
	for _, want := range []string{"account 111122223333   organization: none", "rtb-01f2e3d4c5b6a7980 (main)", "ml-private-1a", "not collected: transit gateway route tables", "no gaps"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	_, out, _ = runGraph(t, "", "snapshot", "show", exampleDirectory, "-o", "json")
	var inv inventory
	if err := json.Unmarshal([]byte(out), &inv); err != nil || len(inv.Accounts) != 2 || len(inv.Accounts[0].Regions[0].VPCs[0].Subnets) != 6 {
		t.Errorf("%v in %s", err, out)
	}
}

func TestSnapshotShowEscapesWhatTheSnapshotSays(t *testing.T) {
	text := `{"schema":"canreach.snapshot/v1","capture":{"gaps":[{"service":"ec2\u001b[31m","operation":"x\ny","code":"\u202e"}]},"accounts":[{"accountId":"111122223333","regions":[{"region":"us-east-1","ec2":{"Vpcs":[{"VpcId":"vpc-1","Tags":[{"Key":"Name","Value":"a\u001b]0;title\u0007\nfaked line\u202e"}]}]}}]}]}`
	status, out, errs := runGraph(t, text, "snapshot", "show", "-")
	if status != ExitHolds || strings.ContainsAny(out+errs, "\x1b\x07\u202e") || strings.Contains(out, "\nfaked") {
		t.Errorf("status %d, %q %q", status, out, errs)
	}
}

func TestEverySnapshotCommandHasAnExample(t *testing.T) {
	for _, cmd := range newSnapshotCommand(&Env{}).Commands() {
		if !strings.Contains(cmd.Example, "canreach snapshot ") || cmd.Long == "" {
			t.Errorf("%s has no example", cmd.Name())
		}
	}
}

func TestSnapshotMerge(t *testing.T) {
	out := filepath.Join(t.TempDir(), "all.json")
	env, _, errs := captureEnv(nil)
	if status := Main([]string{"snapshot", "merge", exampleDir + "snapshot.json", exampleDir + "aws", "--out", out}, env); status != 0 {
		t.Fatalf("status %d: %s", status, errs)
	}
	env, stdout, errs := captureEnv(nil)
	if status := Main([]string{"check", "-q", "-s", out, "-j", exampleDir + "job.json"}, env); status != 0 {
		t.Errorf("status %d: %s%s", status, stdout, errs)
	}
	for want, args := range map[string][]string{
		"contradict one another": {exampleDir + "snapshot.json", exampleDir + "broken/wrong-route-table.json", "--out", out},
		"--out is missing":       {exampleDir + "snapshot.json", exampleDir + "aws"},
		"two are needed":         {exampleDir + "snapshot.json", "--out", out},
	} {
		env, _, errs := captureEnv(nil)
		if status := Main(append([]string{"snapshot", "merge"}, args...), env); status != ExitUsage || !strings.Contains(errs.String(), want) {
			t.Errorf("%v: status %d: %s", args, status, errs)
		}
	}
}
