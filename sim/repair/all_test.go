package repair_test

import (
	"context"
	"os"
	"testing"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/sim/repair"
	"github.com/canreach/canreach/snapshot"
)

// One set of changes makes every question REACHABLE, and none of them is
// needless.
func TestOneRepairForAll(t *testing.T) {
	native, err := os.ReadFile("../../testdata/examples/neo-compile/broken/sg-and-bucket-policy.json")
	if err != nil {
		t.Fatal(err)
	}
	base, err := change.Open(native)
	if err != nil {
		t.Fatal(err)
	}
	job := snapshot.Job{Name: "j", RoleARN: "arn:aws:iam::111122223333:role/service-role/NeoCompilationRole", HasVPCConfig: true, Instances: 1,
		Subnets: []snapshot.SubnetID{"subnet-0a7c1e5b93d2f4681"}, SecurityGroups: []snapshot.SecurityGroupID{"sg-0e9f1a2b3c4d5e6f7"}}
	ask := func(resource string, actions ...string) sim.Question {
		return sim.Question{Job: job, Bucket: resource, Actions: actions, Options: sim.Options{AssumeNoResourcePolicy: true}}
	}
	questions := []sim.Question{
		ask("arn:aws:s3:::neo-models-111122223333-use1/*", "s3:GetObject"), ask("", "ecr:GetAuthorizationToken"),
		ask("arn:aws:ecr:us-east-1:111122223333:repository/ml", "ecr:BatchGetImage"), ask("arn:aws:sqs:us-east-1:111122223333:jobs", "sqs:SendMessage"),
	}
	res, err := repair.All(context.Background(), base, questions, repair.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if res.Verdict != sim.Reachable || len(res.Left) > 0 || len(res.Commands) != len(res.Changes) {
		t.Errorf("verdict %v, %d left, %d changes, %d commands", res.Verdict, len(res.Left), len(res.Changes), len(res.Commands))
	}
	reaches := func(changes []change.Change) bool {
		s, _, err := base.Try(changes)
		if err != nil {
			return false
		}
		w := sim.NewWorld(s)
		for _, q := range questions {
			if a, err := w.Check(t.Context(), q); err != nil || a.Verdict != sim.Reachable {
				return false
			}
		}
		return true
	}
	if !reaches(res.Changes) {
		t.Error("the changes do not make everything reachable")
	}
	for i := range res.Changes {
		if less := append(append([]change.Change{}, res.Changes[:i]...), res.Changes[i+1:]...); reaches(less) {
			t.Errorf("change %d is needless: %s", i, res.Changes[i].Operation)
		}
	}
}
