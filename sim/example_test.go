package sim_test

import (
	"context"
	"fmt"
	"log"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/snapshot"
)

const neo = "../testdata/examples/neo-compile/"

// Load a snapshot and a job, and ask whether the job reaches its bucket.
func Example() {
	s, err := snapshot.Load(neo+"snapshot.json", snapshot.Options{})
	if err != nil {
		log.Fatal(err)
	}
	job, err := snapshot.LoadJob(neo+"job.json", snapshot.Options{})
	if err != nil {
		log.Fatal(err)
	}
	answer, err := sim.NewWorld(s).Check(context.Background(), sim.Question{Job: job})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.Verdict)
	for _, p := range answer.Placements {
		fmt.Println(p.Subnet, p.AvailabilityZone, p.Verdict)
	}
	// Output:
	// REACHABLE
	// subnet-0a7c1e5b93d2f4681 us-east-1a REACHABLE
	// subnet-0d4b8f2a6c9e17350 us-east-1b REACHABLE
}

// Walk the findings: each has a code, the gate that stops the job, the place in
// the snapshot that decided, and what to do.
func ExampleAnswer() {
	s, err := snapshot.Load(neo+"broken/sg-and-bucket-policy.json", snapshot.Options{})
	if err != nil {
		log.Fatal(err)
	}
	job, err := snapshot.LoadJob(neo+"job.json", snapshot.Options{})
	if err != nil {
		log.Fatal(err)
	}
	answer, err := sim.NewWorld(s).Check(context.Background(), sim.Question{Job: job})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.Verdict)
	for _, f := range answer.Findings {
		if f.Severity == sim.Blocker {
			fmt.Printf("%s at %s, %s\n", f.Code, f.Gate, f.Component)
		}
	}
	for _, m := range answer.Unknowns {
		fmt.Println("not known:", m.Fact)
	}
	// Output:
	// BLOCKED
	// ENI_SG_RULES_MISMATCH at sg-egress, sg-0e9f1a2b3c4d5e6f7
	// BUCKET_POLICY_EXPLICIT_DENY at bucket-policy, arn:aws:s3:::neo-models-111122223333-use1
}

// Ask about a job that exists nowhere yet, and about one object.
func ExampleWorld_Check() {
	s, err := snapshot.Load(neo+"snapshot.json", snapshot.Options{})
	if err != nil {
		log.Fatal(err)
	}
	answer, err := sim.NewWorld(s).Check(context.Background(), sim.Question{
		Job: snapshot.Job{
			RoleARN:        "arn:aws:iam::111122223333:role/service-role/NeoCompilationRole",
			Subnets:        []snapshot.SubnetID{"subnet-0a7c1e5b93d2f4681"},
			SecurityGroups: []snapshot.SecurityGroupID{"sg-0e9f1a2b3c4d5e6f7"},
		},
		Bucket:  "arn:aws:s3:::neo-models-111122223333-use1/resnet50/model.tar.gz",
		Actions: []string{"s3:GetObject", "s3:DeleteObject"},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range answer.Placements[0].Requests {
		fmt.Println(r.Action, r.Verdict)
	}
	// Output:
	// s3:GetObject REACHABLE
	// s3:DeleteObject BLOCKED
}

// Trace packets alone, without any policy.
func ExampleWorld_Trace() {
	s, err := snapshot.Load(neo+"snapshot.json", snapshot.Options{})
	if err != nil {
		log.Fatal(err)
	}
	answer, err := sim.NewWorld(s).Trace(context.Background(), sim.TraceQuestion{
		From:           "subnet-0a7c1e5b93d2f4681",
		SecurityGroups: []snapshot.SecurityGroupID{"sg-0e9f1a2b3c4d5e6f7"},
		To:             "s3",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.Verdict)
	for _, p := range answer.Placements[0].Network.Paths {
		for _, h := range p.Hops {
			fmt.Println(h.Kind, h.Component)
		}
	}
	// Output:
	// REACHABLE
	// subnet subnet-0a7c1e5b93d2f4681
	// security-group sg-0e9f1a2b3c4d5e6f7
	// network-acl acl-06f8e1d3b5c7a9204
	// route-table rtb-0b9d3c7a5e1f28460
	// vpc-endpoint vpce-0a1b2c3d4e5f60718
	// network-acl acl-06f8e1d3b5c7a9204
}
