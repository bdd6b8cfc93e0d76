package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// withJobs writes the example's snapshot with jobs in it, and returns its path.
func withJobs(t *testing.T, jobs ...string) string {
	t.Helper()
	text, err := os.ReadFile(neo + "snapshot.json")
	if err != nil {
		t.Fatal(err)
	}
	job, err := os.ReadFile(neo + "job.json")
	if err != nil {
		t.Fatal(err)
	}
	var s map[string]any
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	var list []any
	for _, name := range jobs {
		var j map[string]any
		if err := json.Unmarshal(job, &j); err != nil {
			t.Fatal(err)
		}
		j["CompilationJobName"], j["CompilationJobArn"] = name, "arn:aws:sagemaker:us-east-1:111122223333:compilation-job/"+name
		list = append(list, j)
	}
	account := s["accounts"].([]any)[0].(map[string]any)
	region := account["regions"].([]any)[0].(map[string]any)
	region["sagemaker"] = map[string]any{"CompilationJobs": list}
	path := filepath.Join(t.TempDir(), "jobs.json")
	out, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAJobIsTakenByFileNameAndARN(t *testing.T) {
	one, two := withJobs(t, "resnet"), withJobs(t, "resnet", "vgg16")
	for _, c := range []struct {
		name, args string
		status     int
		out, errs  string
	}{
		{"by name", "-s " + two + " -j vgg16", ExitHolds, "REACHABLE  vgg16", ""},
		{"by ARN", "-s " + two + " -j arn:aws:sagemaker:us-east-1:111122223333:compilation-job/resnet", ExitHolds, "REACHABLE  resnet", ""},
		{"a file", "-s " + two + " -j " + neo + "job.json", ExitHolds, "REACHABLE", ""},
		{"the only one", "-s " + one, ExitHolds, "REACHABLE  resnet", "using job resnet\n"},
		{"none named, and two there", "-s " + two, ExitUsage, "", "it holds resnet, vgg16"},
		{"a name mistyped", "-s " + two + " -j vgg61", ExitUsage, "", "did you mean vgg16?"},
		{"none there", "-s " + neo + "snapshot.json", ExitUsage, "", "no job"},
	} {
		status, out, errs := runWith(t, nil, "", append([]string{"check"}, strings.Fields(c.args)...)...)
		if status != c.status || !strings.HasPrefix(out, c.out) || !strings.Contains(errs, c.errs) {
			t.Errorf("%s: status %d\n%s%s", c.name, status, out, errs)
		}
	}
}

func TestResourcesAreTakenByIDARNAndName(t *testing.T) {
	ask := func(args ...string) (int, string, string) {
		return runWith(t, nil, "", append([]string{"check", "-s", neo + "snapshot.json", "-o", "json"}, args...)...)
	}
	ids := []string{"--subnets", "subnet-0a7c1e5b93d2f4681", "--security-groups", "sg-0e9f1a2b3c4d5e6f7",
		"--role", "arn:aws:iam::111122223333:role/service-role/NeoCompilationRole", "--bucket", "arn:aws:s3:::neo-models-111122223333-use1/resnet50/model.tar.gz"}
	_, want, errs := ask(ids...)
	if errs != "" {
		t.Fatal(errs)
	}
	for _, other := range [][]string{
		{"--subnets", "ml-private-1a", "--security-groups", "neo-jobs", "--role", "NeoCompilationRole", "--bucket", "s3://neo-models-111122223333-use1/resnet50/model.tar.gz"},
		{"--subnets", "arn:aws:ec2:us-east-1:111122223333:subnet/subnet-0a7c1e5b93d2f4681", "--security-groups", "arn:aws:ec2:us-east-1:111122223333:security-group/sg-0e9f1a2b3c4d5e6f7",
			"--role", "NeoCompilationRole", "--bucket", "neo-models-111122223333-use1/resnet50/model.tar.gz"},
	} {
		if _, got, errs := ask(other...); got != want {
			t.Errorf("%v: another answer: %s", other, errs)
		}
	}
	for flag, c := range map[string]struct{ word, hint string }{
		"--subnets": {"ml-privat-1a", "did you mean ml-private-1a?"}, "--security-groups": {"neo-job", "did you mean neo-jobs?"},
		"--role": {"NeoCompilationRol", "did you mean NeoCompilationRole?"}, "--instance": {"web", "holds no instance"},
		"--action": {"s3:GetObjct", "did you mean s3:GetObject?"},
	} {
		if status, _, errs := ask(append(append([]string{}, ids...), flag, c.word)...); status != ExitUsage || !strings.Contains(errs, c.hint) {
			t.Errorf("%s: status %d, %s", flag, status, errs)
		}
	}
}

func TestANameOfSeveralResourcesIsRefusedWithTheirIDs(t *testing.T) {
	all := []resource{{kind: kindSubnet, id: "subnet-1", name: "a"}, {kind: kindSubnet, id: "subnet-2", name: "a"}, {kind: kindGroup, id: "sg-1", name: "a"}}
	_, err := id(all, kindSubnet, "--subnets", "a")
	he, ok := err.(*hintError)
	if !ok || !strings.Contains(he.hint, "subnet-1, subnet-2") {
		t.Errorf("%v", err)
	}
	if got, err := id(all, kindSubnet, "--subnets", "subnet-9"); got != "subnet-9" || err != nil {
		t.Errorf("%s %v: an id that the snapshot lacks is for the answer to tell", got, err)
	}
}
