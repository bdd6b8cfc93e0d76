package sim_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/canreach/canreach/internal/testkit/world"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

// A program that asks is told the field to change; a front end says it in its
// own words.
func TestErrorsNameFields(t *testing.T) {
	w := sim.NewWorld(world.Network().Snapshot(t))
	job := snapshot.Job{RoleARN: world.Role, Subnets: []snapshot.SubnetID{"subnet-1"}, SecurityGroups: []snapshot.SecurityGroupID{"sg-1"}}
	for field, q := range map[sim.Field]sim.Question{
		sim.FieldRole:     {Bucket: "arn:aws:s3:::b"},
		sim.FieldJob:      {Bucket: "arn:aws:s3:::b", Job: snapshot.Job{RoleARN: world.Role}},
		sim.FieldBucket:   {Job: job},
		sim.FieldAssume:   {Job: job, Bucket: "arn:aws:s3:::b", Options: sim.Options{Assume: []string{"x"}}},
		sim.FieldAt:       {Job: job, Bucket: "arn:aws:s3:::b", Options: sim.Options{At: "x"}},
		sim.FieldHostname: {Job: job, Bucket: "arn:aws:s3:::b", Options: sim.Options{Hostname: "x"}},
		sim.FieldThrough:  {Job: job, Bucket: "arn:aws:s3:::b", Options: sim.Options{Through: []string{"x"}}},
		sim.FieldActions:  {Job: job, Bucket: "arn:aws:sqs:us-east-1:111111111111:q"},
	} {
		_, err := w.Check(t.Context(), q)
		var e *sim.QuestionError
		if !errors.As(err, &e) || !strings.Contains(err.Error(), string(field)) || strings.Contains(err.Error(), "--") {
			t.Errorf("%s: %v", field, err)
			continue
		}
		if got := e.In(map[sim.Field]string{field: "--flag"}); !strings.Contains(got, "--flag") {
			t.Errorf("%s: %s", field, got)
		}
	}
}

// A question ends with its context.
func TestQuestionsEndWithTheirContext(t *testing.T) {
	w := sim.NewWorld(world.Network().Snapshot(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	q := sim.Question{Bucket: "arn:aws:s3:::" + world.Bucket, Job: snapshot.Job{RoleARN: world.Role, Subnets: []snapshot.SubnetID{"subnet-1"}, SecurityGroups: []snapshot.SecurityGroupID{"sg-1"}}}
	if _, err := w.Check(ctx, q); !errors.Is(err, context.Canceled) {
		t.Errorf("Check: %v", err)
	}
	if _, err := w.Trace(ctx, sim.TraceQuestion{From: "subnet-1", SecurityGroups: q.Job.SecurityGroups, To: "s3"}); !errors.Is(err, context.Canceled) {
		t.Errorf("Trace: %v", err)
	}
}
