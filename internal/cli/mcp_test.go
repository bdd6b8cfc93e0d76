package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// session connects the SDK's own client to a server that serves dir.
func mcpSession(t *testing.T, dir string) *mcp.ClientSession {
	t.Helper()
	server, err := newMCPServer(&Env{Version: "1.2.3", Now: func() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }}, dir)
	if err != nil {
		t.Fatal(err)
	}
	here, there := mcp.NewInMemoryTransports()
	ctx := context.Background()
	if _, err := server.Connect(ctx, there, nil); err != nil {
		t.Fatal(err)
	}
	s, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(ctx, here, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestAgentsAskOverTheirProtocol(t *testing.T) {
	s := mcpSession(t, neo)
	list, err := s.ListTools(context.Background(), nil)
	if err != nil || len(list.Tools) != 7 {
		t.Fatalf("%v, %d tools", err, len(list.Tools))
	}
	for _, tool := range list.Tools {
		if tool.Annotations == nil || !tool.Annotations.ReadOnlyHint {
			t.Errorf("%s is not said to be read-only", tool.Name)
		}
	}
	secret := filepath.Join(t.TempDir(), "snapshot.json")
	if err := os.WriteFile(secret, []byte(`{"secret": 1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	type args = map[string]any
	for _, c := range []struct {
		tool   string
		args   args
		failed bool
		want   string
	}{
		{"check", args{"job": "job.json"}, false, "REACHABLE"},
		{"check", args{"snapshot": "broken/sg-and-bucket-policy.json", "job": "job.json"}, false, "1. [sg-egress] ENI_SG_RULES_MISMATCH"},
		{"check", args{"job": "job.json", "detail": "full"}, false, `"schema": "canreach.verdict/v1"`},
		{"check", args{"job": "job.json", "resource": "arn:aws:ecr:us-east-1:111122223333:repository/ml", "actions": []string{"ecr:BatchGetImage"}}, false, "NO_ROUTE_TO_DESTINATION"},
		{"check", args{"job": "job.json", "caller": "unsigned", "bucket": "neo-models-111122223333-use1"}, false, "BLOCKED"},
		{"check", args{"fromInternet": "198.51.100.7", "role": "NeoCompilationRole", "bucket": "neo-models-111122223333-use1", "actions": []string{"s3:GetObject"}}, false, "BLOCKED  198.51.100.7"},
		{"check", args{"fromOnPremises": "10.0.0.0/8", "role": "NeoCompilationRole", "bucket": "neo-models-111122223333-use1", "actions": []string{"s3:GetObject"}}, false, "10.0.0.0/8"},
		{"check", args{"job": "job.json", "avoid": []string{"vpce-0a1b2c3d4e5f60718"}}, false, "WAYPOINT_NOT_AVOIDED"},
		{"check", args{"job": "job.json", "through": []string{"nat-0f3e2d1c4b5a69780"}}, false, "WAYPOINT_MISSED"},
		{"ready", args{"service": "ecs", "subnets": []string{"subnet-0a7c1e5b93d2f4681"}, "securityGroups": []string{"sg-0e9f1a2b3c4d5e6f7"}, "role": "NeoCompilationRole"}, false, "UNKNOWN  Amazon ECS task"},
		{"ready", args{"job": "job.json"}, false, "REACHABLE  resnet50-ml-c5 (SageMaker Neo compilation job)"},
		{"who-can", args{"job": "job.json", "bucket": "neo-models-111122223333-use1", "actions": []string{"s3:GetObject"}}, false, "NeoCompilationRole"},
		{"who-can", args{"bucket": "--help"}, false, "bucket --help is not in the snapshot"},
		{"trace", args{"from": "subnet-0a7c1e5b93d2f4681", "to": "s3"}, false, "REACHABLE"},
		{"explain", args{"word": "endpoint-policy"}, false, "(gate)"},
		{"explain", args{"message": `Connect timeout on endpoint URL: "https://s3.us-east-1.amazonaws.com/"`, "job": "job.json"}, false, "does not agree"},
		{"whatif", args{"snapshot": "broken/wrong-route-table.json", "job": "job.json", "fix": true}, false, "Associate rtb-"},
		{"policy", args{"document": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObjct","Resource":"*"}]}`}, false, "ACTION_UNKNOWN"},
		{"check", args{"job": "nope"}, true, "no such file"},
		{"check", args{"snapshot": "../neo-compile/../../../go.mod"}, true, "outside the directory"},
		{"check", args{"snapshot": secret}, true, "outside the directory"},
		{"check", args{"snapshot": "snapshot.json", "job": "../../../go.mod"}, true, "outside the directory"},
		{"explain", args{"word": "--out=x"}, true, "not a code"},
	} {
		r, err := s.CallTool(context.Background(), &mcp.CallToolParams{Name: c.tool, Arguments: c.args})
		if err != nil {
			t.Errorf("%s %v: %v", c.tool, c.args, err)
			continue
		}
		text := r.Content[0].(*mcp.TextContent).Text
		if r.IsError != c.failed || !strings.Contains(text, c.want) {
			t.Errorf("%s %v: error %v\n%s", c.tool, c.args, r.IsError, text)
		}
	}
}

func TestASymbolicLinkDoesNotLeadOutOfTheDirectory(t *testing.T) {
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "s.json")
	if err := os.WriteFile(outside, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "s.json")); err != nil {
		t.Fatal(err)
	}
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (&tools{dir: root}).inside("s.json"); err == nil || !strings.Contains(err.Error(), "outside") {
		t.Errorf("%v", err)
	}
}
