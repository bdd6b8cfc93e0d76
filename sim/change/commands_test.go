package change

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// fakeAWS answers every create with an id, and writes down its arguments.
const fakeAWS = `#!/bin/sh
for a in "$@"; do printf '[%s]' "$a" >>"$LOG"; done
echo >>"$LOG"
case "$2" in create-*|allocate-*) echo made-by-$2 ;; esac
`

// Commands are run in order by a shell: the id of what one makes reaches the
// later ones, inside quoted policies too, and nothing made up does.
func TestCommandsHoldNoPlaceholder(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell")
	}
	changes, err := Parse("c.yaml", []byte(`
- as: vpce-new1
  createVpcEndpoint: {vpcId: vpc-1, serviceName: com.amazonaws.us-east-1.s3, routeTableIds: [rtb-1]}
- modifyVpcEndpoint: {vpcEndpointId: vpce-new1, addRouteTableIds: [rtb-2]}
- putBucketPolicy:
    bucket: it
    policy: {Version: "2012-10-17", Statement: [{Sid: "isn't $HOME", Effect: Deny, Principal: "*", Action: "s3:*", Resource: "arn:aws:s3:::it/*",
      Condition: {StringNotEquals: {"aws:SourceVpce": [vpce-new1, vpce-new10, vpce-0a]}}}]}
- as: vpce-new10
  createVpcEndpoint: {vpcId: vpc-1, serviceName: com.amazonaws.us-east-1.s3, routeTableIds: [rtb-3]}
- modifyVpcEndpoint: {vpcEndpointId: vpce-new10, removeRouteTableIds: [rtb-3]}
`))
	if err != nil {
		t.Fatal(err)
	}
	script := strings.Join(Commands(changes), "\n")
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	if err := os.WriteFile(filepath.Join(dir, "aws"), []byte(fakeAWS), 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(sh, "-n", "-c", script).CombinedOutput(); err != nil {
		t.Fatalf("%v %s\n%s", err, out, script)
	}
	cmd := exec.Command(sh, "-eu", "-c", script)
	cmd.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "LOG=" + log, "HOME=/nowhere"}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v %s\n%s", err, out, script)
	}
	ran, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(ran)), "\n")
	if len(lines) != len(changes) {
		t.Fatalf("%d commands ran of %d:\n%s", len(lines), len(changes), ran)
	}
	for i, want := range map[int]string{0: "[--query][VpcEndpoint.VpcEndpointId][--output][text]", 1: "[--vpc-endpoint-id][made-by-create-vpc-endpoint]",
		2: `"aws:SourceVpce":["made-by-create-vpc-endpoint","vpce-new10","vpce-0a"]`, 4: "[made-by-create-vpc-endpoint][--remove"} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("command %d: no %s in\n%s", i, want, lines[i])
		}
	}
	if !strings.Contains(lines[2], "isn't $HOME") || strings.Contains(string(ran), "vpce-new1]") {
		t.Error(string(ran))
	}
}

// A command that would need an id which no variable can hold is left out.
func TestACommandWithoutAnIDIsLeftOut(t *testing.T) {
	changes, err := Parse("c.yaml", []byte(`
- as: p-new
  organizations.createPolicy: {name: n, type: SERVICE_CONTROL_POLICY, content: {Version: "2012-10-17", Statement: []}}
- attachPolicy: {policyId: p-new, targetId: r-1}
- patch: [{op: remove, path: /x}]
- modifyVpcEndpoint: {vpcEndpointId: vpce-1, addRouteTableIds: [rtb-2]}
`))
	if err != nil {
		t.Skip(err)
	}
	for _, c := range Commands(changes) {
		if strings.Contains(c, "p-new") {
			t.Error(c)
		}
	}
	if lines := Lines(changes); len(lines) != 4 || !strings.HasPrefix(lines[2], `[{"patch"`) {
		t.Errorf("%q", lines)
	}
}
