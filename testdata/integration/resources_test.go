//go:build integration

package integration

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/canreach/canreach/snapshot"
)

// TestResourcePoliciesOfOtherServices captures the policies of a secret, a
// queue, a topic and a repository without one, with the program and with the
// script.
func TestResourcePoliciesOfOtherServices(t *testing.T) {
	w, p := setUp(t)
	policy := `{"Version":"2012-10-17","Statement":[{"Sid":"mine","Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	secret, err := secretsmanager.NewFromConfig(w.cfg).CreateSecret(w.ctx, &secretsmanager.CreateSecretInput{Name: aws.String("it-db"), SecretString: aws.String("x")})
	must(err)
	_, err = secretsmanager.NewFromConfig(w.cfg).PutResourcePolicy(w.ctx, &secretsmanager.PutResourcePolicyInput{SecretId: secret.ARN, ResourcePolicy: &policy})
	must(err)
	_, err = sqs.NewFromConfig(w.cfg).CreateQueue(w.ctx, &sqs.CreateQueueInput{QueueName: aws.String("it-jobs"), Attributes: map[string]string{"Policy": policy}})
	must(err)
	topic, err := sns.NewFromConfig(w.cfg).CreateTopic(w.ctx, &sns.CreateTopicInput{Name: aws.String("it-done"), Attributes: map[string]string{"Policy": policy}})
	must(err)
	_, err = ecr.NewFromConfig(w.cfg).CreateRepository(w.ctx, &ecr.CreateRepositoryInput{RepositoryName: aws.String("it/train")})
	must(err)
	prefix := "arn:aws:"
	queue, repository := prefix+"sqs:"+region+":"+account+":it-jobs", prefix+"ecr:"+region+":"+account+":repository/it/train"
	resources := []string{*secret.ARN, queue, *topic.TopicArn, repository}
	var args []string
	for _, arn := range resources {
		args = append(args, "--resource", arn)
	}
	p.mustCapture("resources.json", args...)
	s, err := snapshot.Load(filepath.Join(p.dir, "resources.json"), snapshot.Options{})
	must(err)
	found := map[string]string{}
	for _, g := range s.Accounts[0].Regions {
		for _, r := range g.ResourcePolicies.Items {
			found[r.ARN] = string(r.Policy.Raw)
		}
	}
	for _, arn := range resources {
		text, ok := found[arn]
		if !ok || strings.Contains(text, "mine") == (arn == repository) {
			t.Errorf("%s: %q, %v", arn, text, ok)
		}
	}
	out, errs, status := p.run(append([]string{"snapshot", "script", "--region", region}, args...)...)
	if status != 0 {
		t.Fatal(errs)
	}
	script := filepath.Join(p.dir, "resources.sh")
	must(os.WriteFile(script, []byte(out), 0o600))
	cmd := exec.Command("sh", script, filepath.Join(p.dir, "resources"))
	cmd.Env = append(p.environ(), "PATH="+filepath.Dir(os.Getenv("CANREACH_AWS"))+string(os.PathListSeparator)+os.Getenv("PATH"))
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	s, err = snapshot.Load(filepath.Join(p.dir, "resources"), snapshot.Options{})
	must(err)
	for _, g := range s.Accounts[0].Regions {
		for _, r := range g.ResourcePolicies.Items {
			if string(r.Policy.Raw) == "" != (found[r.ARN] == "") {
				t.Errorf("%s: the script says %s", r.ARN, r.Policy.Raw)
			}
			delete(found, r.ARN)
		}
	}
	delete(found, repository) // the CLI's refusal of a policy that is not there is no file
	delete(found, queue)      // the CLI's version 1 asks its own SQS host, whatever AWS_ENDPOINT_URL says
	if len(found) > 0 {
		t.Errorf("the script does not tell of %v", found)
	}
}
