package snapshot_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/canreach/canreach/snapshot"
)

// What the AWS CLI prints of a resource's own policy is the policy of its ARN;
// one without a policy is known to have none.
func TestImportsResourcePolicies(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "111122223333", "us-east-1")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	policy := `{\"Version\":\"2012-10-17\",\"Statement\":[]}`
	for name, text := range map[string]string{
		"secret.json":      `{"ARN": "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-x1y2z3", "Name": "db", "ResourcePolicy": "` + policy + `"}`,
		"open-secret.json": `{"ARN": "arn:aws:secretsmanager:us-east-1:111122223333:secret:api-x1y2z3", "Name": "api"}`,
		"repository.json":  `{"registryId": "111122223333", "repositoryName": "ml/train", "policyText": "` + policy + `"}`,
		"queue.json":       `{"Attributes": {"QueueArn": "arn:aws:sqs:us-east-1:111122223333:jobs", "Policy": "` + policy + `"}}`,
		"topic.json":       `{"Attributes": {"TopicArn": "arn:aws:sns:us-east-1:111122223333:done"}}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := snapshot.Load(filepath.Dir(filepath.Dir(dir)), snapshot.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{
		"arn:aws:secretsmanager:us-east-1:111122223333:secret:db-x1y2z3": true, "arn:aws:secretsmanager:us-east-1:111122223333:secret:api-x1y2z3": false,
		"arn:aws:ecr:us-east-1:111122223333:repository/ml/train": true, "arn:aws:sqs:us-east-1:111122223333:jobs": true, "arn:aws:sns:us-east-1:111122223333:done": false,
	}
	items := s.Accounts[0].Regions[0].ResourcePolicies.Items
	if len(items) != len(want) {
		t.Errorf("%d policies, want %d", len(items), len(want))
	}
	for _, p := range items {
		has, ok := want[p.ARN]
		if !ok || p.Policy.Presence != snapshot.Collected || (p.Policy.Raw != nil) != has {
			t.Errorf("%s: presence %v, policy %s", p.ARN, p.Policy.Presence, p.Policy.Raw)
		}
	}
}
