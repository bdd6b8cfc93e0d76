package plan_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/canreach/canreach/snapshot/plan"
)

// policiesOf reads the resource policies of a native snapshot: "-" is none,
// "?" one that is known after apply only.
func policiesOf(t *testing.T, native []byte) map[string]string {
	t.Helper()
	var s struct {
		Accounts []struct {
			Regions []struct {
				Resources struct {
					ResourcePolicies []struct {
						ResourceArn string
						Policy      *string
					}
				}
			}
		}
	}
	if err := json.Unmarshal(native, &s); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, a := range s.Accounts {
		for _, g := range a.Regions {
			for _, p := range g.Resources.ResourcePolicies {
				switch {
				case p.Policy == nil:
					out[p.ResourceArn] = "-"
				case strings.Contains(*p.Policy, "known-after-apply:"):
					out[p.ResourceArn] = "?"
				default:
					out[p.ResourceArn] = *p.Policy
				}
			}
		}
	}
	return out
}

func TestResourcePoliciesOfAPlan(t *testing.T) {
	me := planned{"data.aws_caller_identity.me", "read", nil, m{"account_id": "111122223333"}, m{}, m{}}
	unknown := m{"id": true, "arn": true}
	const empty = `{"schema":"canreach.snapshot/v1","capture":{"tool":"t","gaps":[]},"accounts":[]}`
	const queue, other = "arn:aws:sqs:us-east-1:111122223333:jobs", "arn:aws:sqs:us-east-1:111122223333:other"
	jobs := planned{"aws_sqs_queue.jobs", "create", nil, m{"name": "jobs"}, unknown, m{"name": m{"constant_value": "jobs"}}}
	for _, c := range []struct {
		name string
		base string
		list []planned
		want map[string]string
	}{
		{"a new queue has none", empty, []planned{me, jobs}, map[string]string{queue: "-"}},
		{"one by reference", empty, []planned{me, jobs, {"aws_sqs_queue_policy.p", "create", nil, m{"policy": someDocument}, m{"id": true, "queue_url": true}, m{"queue_url": refs("aws_sqs_queue.jobs.id"), "policy": m{}}}},
			map[string]string{queue: someDocument}},
		{"one by URL, with a policy known after apply only", empty, []planned{me, {"aws_sqs_queue_policy.p", "create", nil, m{"queue_url": "https://sqs.us-east-1.amazonaws.com/111122223333/jobs"}, m{"id": true, "policy": true}, m{"policy": m{"references": []any{}}}}},
			map[string]string{queue: "?"}},
		{"of a queue that is not known: it may be any", empty, []planned{me, jobs, {"aws_sqs_queue.other", "create", nil, m{"name": "other"}, unknown, m{"name": m{}}},
			{"aws_sqs_queue_policy.p", "create", nil, m{"policy": someDocument}, m{"id": true, "queue_url": true}, m{"queue_url": m{"references": []any{"local.queue"}}}}},
			map[string]string{queue: "?", other: "?"}},
		{"a repository by name", empty, []planned{me, {"aws_ecr_repository_policy.p", "create", nil, m{"repository": "ml/train", "policy": someDocument}, m{"id": true}, m{}}},
			map[string]string{"arn:aws:ecr:us-east-1:111122223333:repository/ml/train": someDocument}},
		{"a topic whose policy goes", grown, []planned{me, {"aws_sns_topic.t", "no-op", m{"arn": "arn:aws:sns:us-east-1:111122223333:t", "policy": someDocument}, m{"arn": "arn:aws:sns:us-east-1:111122223333:t", "policy": someDocument}, m{}, m{}},
			{"aws_sns_topic_policy.p", "delete", m{"arn": "arn:aws:sns:us-east-1:111122223333:t", "policy": someDocument}, nil, m{}, m{}}},
			map[string]string{"arn:aws:sns:us-east-1:111122223333:t": "-"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := plan.Read(planJSON(t, c.list...))
			if err != nil {
				t.Fatal(err)
			}
			res, err := p.Apply([]byte(c.base), plan.Options{Region: "us-east-1"})
			if err != nil {
				t.Fatal(err)
			}
			got := policiesOf(t, res.Native)
			for arn, want := range c.want {
				if got[arn] != want {
					t.Errorf("%s: %q, want %q (%v)", arn, got[arn], want, got)
				}
			}
		})
	}
}

func TestResourcePoliciesOfATemplate(t *testing.T) {
	const text = `Resources:
  Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}
  Open: {Type: AWS::SQS::Queue, Properties: {QueueName: open}}
  JobsPolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Jobs]
      PolicyDocument: {Version: "2012-10-17", Statement: [{Sid: q, Effect: Allow, Principal: "*", Action: "sqs:*", Resource: !GetAtt Jobs.Arn}]}
  Done: {Type: AWS::SNS::Topic, Properties: {TopicName: done}}
  DonePolicy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref Done]
      PolicyDocument: {Version: "2012-10-17", Statement: [{Sid: t, Effect: Allow, Principal: "*", Action: "sns:Publish", Resource: !Ref Done}]}
  Images:
    Type: AWS::ECR::Repository
    Properties:
      RepositoryName: ml/train
      RepositoryPolicyText: {Version: "2012-10-17", Statement: [{Sid: r, Effect: Allow, Principal: "*", Action: "ecr:*"}]}
  Db: {Type: AWS::SecretsManager::Secret, Properties: {Name: db}}
  DbPolicy:
    Type: AWS::SecretsManager::ResourcePolicy
    Properties:
      SecretId: !Ref Db
      ResourcePolicy: {Version: "2012-10-17", Statement: [{Sid: s, Effect: Deny, Principal: "*", Action: "*", Resource: "*"}]}
`
	p, err := plan.ReadTemplate("t.yaml", []byte(text), stackOf())
	if err != nil {
		t.Fatal(err)
	}
	res, err := p.Apply([]byte(`{"schema":"canreach.snapshot/v1","accounts":[]}`), plan.Options{Account: "111122223333", Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	got := policiesOf(t, res.Native)
	for arn, want := range map[string]string{
		"arn:aws:sqs:us-east-1:111122223333:jobs": `"Sid":"q"`, "arn:aws:sqs:us-east-1:111122223333:open": "-", "arn:aws:sns:us-east-1:111122223333:done": `"Sid":"t"`,
		"arn:aws:ecr:us-east-1:111122223333:repository/ml/train": `"Sid":"r"`, "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-known-after-apply": `"Sid":"s"`,
	} {
		if !strings.Contains(got[arn], want) {
			t.Errorf("%s: %q, want %q", arn, got[arn], want)
		}
	}
	if len(got) != 5 || !strings.Contains(got["arn:aws:sqs:us-east-1:111122223333:jobs"], `"Resource":"arn:aws:sqs:us-east-1:111122223333:jobs"`) {
		t.Errorf("%v", got)
	}
}
