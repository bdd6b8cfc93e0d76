package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/canreach/canreach/sim"
)

const traceExample = "../../testdata/examples/neo-compile/aws"

func runTrace(t *testing.T, args ...string) (status int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	env := &Env{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Getenv: func(string) string { return "" }}
	status = Main(append([]string{"trace", "-s", traceExample}, args...), env)
	return status, stdout.String(), stderr.String()
}

func TestTraceStatuses(t *testing.T) {
	const subnet = "subnet-0a7c1e5b93d2f4681"
	for _, c := range []struct {
		name   string
		args   []string
		status int
		want   string
	}{
		{"a subnet reaches S3 by its gateway endpoint", []string{"--from", subnet, "--to", "s3"}, ExitHolds, "gateway endpoint for com.amazonaws.us-east-1.s3"},
		{"an ARN is an id, too", []string{"--from", "arn:aws:ec2:us-east-1:111122223333:subnet/" + subnet, "--to", "s3"}, ExitHolds, "REACHABLE"},
		{"there is no way to the internet", []string{"--from", subnet, "--to", "8.8.8.8"}, ExitViolated, "NO_ROUTE_TO_DESTINATION"},
		{"another service by its interface endpoint", []string{"--from", subnet, "--to", "sts"}, ExitHolds, "interface endpoint for com.amazonaws.us-east-1.sts"},
		{"port 80 to an endpoint that admits 443", []string{"--from", subnet, "--to", "sts", "--port", "80"}, ExitViolated, "ENI_SG_RULES_MISMATCH"},
		{"nothing comes in from the internet", []string{"--from", "internet", "--to", subnet}, ExitViolated, "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"},
		{"a subnet by its Name tag, with a group by its name", []string{"--from", "ml-private-1a", "--security-groups", "neo-jobs", "--to", "https://sts.us-east-1.amazonaws.com/"}, ExitHolds, "interface endpoint for com.amazonaws.us-east-1.sts"},
		{"a bucket", []string{"--from", subnet, "--to", "s3://neo-models-111122223333-use1/m"}, ExitHolds, "gateway endpoint for com.amazonaws.us-east-1.s3"},
		{"a service starts nothing", []string{"--from", "s3", "--to", "internet"}, ExitUsage, ""},
		{"an id that is not there", []string{"--from", "subnet-000", "--to", "s3"}, ExitUsage, ""},
		{"a word that is no end", []string{"--from", "vol-1", "--to", "s3"}, ExitUsage, ""},
		{"no end at all", nil, ExitUsage, ""},
		{"a port that is none", []string{"--from", subnet, "--to", "s3", "--port", "70000"}, ExitUsage, ""},
		{"a protocol that is none", []string{"--from", subnet, "--to", "s3", "--protocol", "tpc"}, ExitUsage, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, out, errs := runTrace(t, c.args...)
			if status != c.status || !strings.Contains(oneLine(out), c.want) {
				t.Errorf("status %d, want %d; output %q, want %q in it; %s", status, c.status, out, c.want, errs)
			}
			if status == ExitUsage && (out != "" || errs == "") {
				t.Errorf("an error must leave standard output empty and say why: %q, %q", out, errs)
			}
		})
	}
}

func TestTraceJSONIsTheVerdictContract(t *testing.T) {
	status, out, errs := runTrace(t, "--from", "subnet-0a7c1e5b93d2f4681", "--to", "s3", "-o", "json")
	var a sim.Answer
	if err := json.Unmarshal([]byte(out), &a); err != nil || status != ExitHolds {
		t.Fatalf("status %d, %v: %s", status, err, errs)
	}
	if a.Schema != sim.SchemaVerdict || a.Question.To != "s3" || a.Question.Port != 443 || len(a.Placements) != 1 || len(a.Placements[0].Network.Path) == 0 {
		t.Errorf("not the contract's shape: %+v", a)
	}
	_, again, _ := runTrace(t, "--from", "subnet-0a7c1e5b93d2f4681", "--to", "s3", "-o", "json")
	if again != out {
		t.Error("the same question gave other bytes")
	}
}
