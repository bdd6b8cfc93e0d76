package ready_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/canreach/canreach/rules/services"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/finding"
	"github.com/canreach/canreach/sim/ready"
	"github.com/canreach/canreach/snapshot"
)

const example = "../../testdata/examples/neo-compile/"

func load(t *testing.T, name string) *sim.World {
	t.Helper()
	s, err := snapshot.Load(example+name, snapshot.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return sim.NewWorld(s)
}

func ask(t *testing.T, w *sim.World, text string) *ready.Report {
	t.Helper()
	j, err := snapshot.ParseJob([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	r, err := ready.Ask(t.Context(), w, sim.Question{Job: j})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const compile = `{"CompilationJobName": "c", "RoleArn": "arn:aws:iam::111122223333:role/service-role/NeoCompilationRole",
	"InputConfig": {"S3Uri": "s3://neo-models-111122223333-use1/resnet50/model.tar.gz"}, "OutputConfig": {"S3OutputLocation": "s3://neo-compiled-111122223333-use1/resnet50/"},
	"VpcConfig": {"Subnets": ["subnet-0a7c1e5b93d2f4681"], "SecurityGroupIds": ["sg-0e9f1a2b3c4d5e6f7"]}}`

// A compilation job needs S3 alone from the VPC; the rest the service calls
// itself (N154).
func TestCompilationJob(t *testing.T) {
	r := ask(t, load(t, "snapshot.json"), compile)
	if r.Verdict != sim.Reachable {
		t.Errorf("verdict %v", r.Verdict)
	}
	for _, row := range r.Rows {
		if vpc := row.From == "interface"; vpc != (row.Service == "s3") {
			t.Errorf("%s (%s) is called from %s", row.For, row.Service, row.From)
		}
	}
	if r := ask(t, load(t, "broken/sg-and-bucket-policy.json"), compile); r.Verdict != sim.Blocked {
		t.Errorf("broken: verdict %v", r.Verdict)
	}
}

const task = `{"taskDefinition": {"family": "t", "taskRoleArn": "arn:aws:iam::111122223333:role/service-role/NeoCompilationRole", "executionRoleArn": "arn:aws:iam::111122223333:role/service-role/NeoCompilationRole",
	"networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "containerDefinitions": [{"name": "a", "image": "111122223333.dkr.ecr.us-east-1.amazonaws.com/ml/train:1",
	"logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/t"}}, "secrets": [{"name": "DB", "valueFrom": "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-AbCdEf:password::"}]}]},
	"service": {"serviceName": "t", "taskDefinition": "t", "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0a7c1e5b93d2f4681"], "securityGroups": ["sg-0e9f1a2b3c4d5e6f7"]}}}}`

// A Fargate task pulls its image, logs and reads its secrets from the VPC, by
// the execution role.
func TestTask(t *testing.T) {
	r := ask(t, load(t, "snapshot.json"), task)
	want := map[string]string{ // resource by service
		"ecr.dkr": "arn:aws:ecr:us-east-1:111122223333:repository/ml/train", "s3": "arn:aws:s3:::prod-us-east-1-starport-layer-bucket/*",
		"logs": "arn:aws:logs:us-east-1:111122223333:log-group:/ecs/t:*", "secretsmanager": "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-AbCdEf", "ecr.api": "*",
	}
	for _, row := range r.Rows {
		if want[row.Service] != row.Resource || !row.Asked || row.From != "interface" || row.Verdict != sim.Blocked {
			t.Errorf("%s: %s on %s from %s, asked %v: %v", row.For, row.Service, row.Resource, row.From, row.Asked, row.Verdict)
		}
		delete(want, row.Service)
	}
	for service := range want {
		t.Errorf("no row for %s", service)
	}
	if r.Verdict != sim.Blocked {
		t.Errorf("verdict %v", r.Verdict)
	}
}

// Every row of the table is a question, or says why it is none.
func TestEveryService(t *testing.T) {
	w := load(t, "snapshot.json")
	for _, work := range services.All() {
		ref := func(name string) []snapshot.JobReference { return []snapshot.JobReference{{Name: name}} }
		at := []snapshot.S3Location{{URI: "s3://neo-models-111122223333-use1/a", Bucket: "neo-models-111122223333-use1", Prefix: "a", KMSKeyID: "alias/models"}}
		j := snapshot.Job{Kind: work.Kind, Name: "j", RoleARN: "arn:aws:iam::111122223333:role/service-role/NeoCompilationRole", ExecutionRoleARN: "arn:aws:iam::111122223333:role/service-role/NeoCompilationRole",
			HasVPCConfig: true, Instances: 1, Subnets: []snapshot.SubnetID{"subnet-0a7c1e5b93d2f4681"}, SecurityGroups: []snapshot.SecurityGroupID{"sg-0e9f1a2b3c4d5e6f7"},
			Inputs: at, Outputs: at, Code: at, Images: ref("111122223333.dkr.ecr.us-east-1.amazonaws.com/ml@sha256:ab"), LogGroups: ref("/g"), Secrets: ref("db"), Parameters: ref("/p"), VolumeKeys: ref("alias/v"), Catalog: true}
		r, err := ready.Ask(t.Context(), w, sim.Question{Job: j})
		if err != nil {
			t.Errorf("%s: %v", work.Kind, err)
			continue
		}
		for _, row := range r.Rows {
			if row.Asked == (row.Answer == nil) || !row.Asked && row.Note == "" || !strings.HasPrefix(row.Page, "https://") {
				t.Errorf("%s: %s on %s: asked %v, note %q, page %q", work.Kind, row.For, row.Resource, row.Asked, row.Note, row.Page)
			}
		}
	}
	if _, err := ready.Ask(t.Context(), w, sim.Question{}); err == nil {
		t.Error("a question without a service is answered")
	}
}

// AWS's own buckets that a job reaches by its VPC's endpoint are rows: the
// endpoint's policy has to admit them (P384).
func TestAWSOwnedBuckets(t *testing.T) {
	q := sim.Question{Job: snapshot.Job{Kind: "EMRCluster", Name: "c", RoleARN: "arn:aws:iam::111122223333:role/service-role/NeoCompilationRole",
		Subnets: []snapshot.SubnetID{"subnet-0a7c1e5b93d2f4681"}, SecurityGroups: []snapshot.SecurityGroupID{"sg-0e9f1a2b3c4d5e6f7"}}}
	r, err := ready.Ask(t.Context(), load(t, "snapshot.json"), q)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, row := range r.Rows {
		for _, b := range services.BucketsFor("EMRCluster") {
			if row.Resource != "arn:aws:s3:::"+b.In("us-east-1")+"/*" {
				continue
			}
			found[b.Name] = true
			if row.Verdict != sim.Blocked || row.Optional != b.Optional || row.From != "interface" ||
				!slices.ContainsFunc(row.Answer.Findings, func(f sim.Finding) bool { return f.Code == finding.EndpointPolicyNoAllow }) {
				t.Errorf("%s: %v, optional %v, %d findings", row.Resource, row.Verdict, row.Optional, len(row.Answer.Findings))
			}
		}
	}
	if len(found) != len(services.BucketsFor("EMRCluster")) {
		t.Errorf("rows for %v", found)
	}
}
