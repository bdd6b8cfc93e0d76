package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/canreach/canreach/internal/testkit/world"
)

// analyzed runs who-can over a world and returns its findings.
func analyzed(t *testing.T, edits ...world.Edit) (findings []analyzerFinding, status int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "s.json")
	if err := os.WriteFile(file, world.Policy(edits...).JSON(), 0o600); err != nil {
		t.Fatal(err)
	}
	job := filepath.Join(t.TempDir(), "job.json")
	text := `{"CompilationJobName":"j","RoleArn":"` + world.PolicyRole + `","VpcConfig":{"Subnets":["subnet-1"],"SecurityGroupIds":["sg-1"]},"InputConfig":{"S3Uri":"s3://b/k"},"OutputConfig":{"S3OutputLocation":"s3://b/o"}}`
	if err := os.WriteFile(job, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, errs := runWith(t, nil, "", "who-can", world.PolicyBucket, "-s", file, "-j", job, "-a", "s3:GetObject", "-o", "access-analyzer")
	var res struct{ Findings []analyzerFinding }
	if err := json.Unmarshal([]byte(out), &res); err != nil {
		t.Fatal(err, errs)
	}
	return res.Findings, status
}

func TestFindingsAsAccessAnalyzerHasThem(t *testing.T) {
	found, status := analyzed(t, world.SCP("p-all", world.Doc(world.Allow("*", "*")), "r-1"))
	if status != ExitHolds || len(found) != 1 {
		t.Fatalf("exit %d, %d findings", status, len(found))
	}
	f := found[0]
	d, ok := f.FindingDetails[0]["internalAccessDetails"].(map[string]any)
	if !ok || f.FindingType != "InternalAccess" || d["accessType"] != "INTRA_ACCOUNT" || d["serviceControlPolicyRestriction"] != "APPLIED" || d["principalType"] != "IAM_ROLE" ||
		f.ResourceOwnerAccount != world.PolicyAccount || f.Error != "" || len(d["action"].([]any)) != 1 || len(f.Canreach.From) == 0 || f.Canreach.Witness == nil {
		t.Errorf("%+v", f)
	}
	// What is not known is a finding with an error, never an access.
	found, status = analyzed(t, world.Do(func(w *world.World) { delete(w.Get("buckets", world.PolicyBucket), "Policy") }))
	if status != ExitUnknown || len(found) != 1 || !strings.HasPrefix(found[0].Error, "not known: ") {
		t.Fatalf("exit %d, %+v", status, found)
	}
	if d := found[0].FindingDetails[0]["internalAccessDetails"].(map[string]any); len(d["action"].([]any)) != 0 {
		t.Errorf("an unknown access has actions: %v", d)
	}
}

func TestWhoCanAsAPage(t *testing.T) {
	const example = "../../testdata/examples/neo-compile/"
	status, out, errs := runWith(t, nil, "", "who-can", "neo-models-111122223333-use1", "-s", example+"snapshot.json", "-j", example+"job.json", "-o", "html")
	for _, want := range []string{"<h1>Who can reach arn:aws:s3:::neo-models-111122223333-use1</h1>", "NeoCompilationRole", "vpce-0a1b2c3d4e5f60718", "Content-Security-Policy"} {
		if status != ExitHolds || !strings.Contains(out, want) {
			t.Errorf("exit %d, %s: no %q", status, errs, want)
		}
	}
	if status, out, _ := runWith(t, nil, "", "who-can", "neo-models-111122223333-use1", "-s", example+"snapshot.json", "-o", "html"); status != ExitHolds || !strings.Contains(out, "Nobody.") {
		t.Errorf("exit %d: %.200s", status, out)
	}
}

func TestChainsAreShown(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.json")
	other := "arn:aws:iam::111111111111:role/Other"
	edits := []world.Edit{world.Add("RoleDetailList", world.RoleObj(other, world.Doc())), world.Do(func(w *world.World) {
		w.Get("RoleDetailList", world.PolicyRole)["AssumeRolePolicyDocument"] = world.Obj{"Version": "2012-10-17", "Statement": world.List{
			world.Obj{"Effect": "Allow", "Principal": world.Obj{"AWS": world.List{other, "arn:aws:iam::999999999999:root"}}, "Action": "sts:AssumeRole"}}}
	})}
	if err := os.WriteFile(file, world.Policy(edits...).JSON(), 0o600); err != nil {
		t.Fatal(err)
	}
	for format, wants := range map[string][]string{"text": {"REACHABLE  arn:aws:iam::111111111111:role/Other → ", "UNKNOWN  arn:aws:iam::999999999999:root", "lacks what the policies of"}, "json": {`"chains": [`}, "html": {"By sts:AssumeRole"}} {
		_, out, errs := runWith(t, nil, "", "who-can", world.PolicyBucket, "-s", file, "--assume-role-depth", "2", "-o", format)
		for _, want := range wants {
			if !strings.Contains(out, want) {
				t.Errorf("-o %s: no %q in %s %s", format, want, out, errs)
			}
		}
	}
	if status, _, errs := runWith(t, nil, "", "who-can", world.PolicyBucket, "-s", file, "--assume-role-depth", "9"); status != ExitUsage || !strings.Contains(errs, "want 0 to 5") {
		t.Errorf("exit %d, %s", status, errs)
	}
}
