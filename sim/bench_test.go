package sim_test

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"

	"github.com/canreach/canreach/internal/testkit/synth"
	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

// sizes are numbers of network interfaces. -short leaves the largest out.
var sizes = []int{100, 1_000, 10_000, 100_000}

func perSize(b *testing.B, run func(b *testing.B, plan *synth.Plan, native []byte)) {
	for _, n := range sizes {
		if testing.Short() && n > 10_000 {
			continue
		}
		b.Run(fmt.Sprintf("interfaces=%d", n), func(b *testing.B) {
			plan := synth.New(synth.Options{Interfaces: n, Seed: 1})
			var native bytes.Buffer
			if err := plan.Write(&native); err != nil {
				b.Fatal(err)
			}
			runtime.GC()
			b.ReportAllocs()
			run(b, plan, native.Bytes())
		})
	}
}

func parse(b *testing.B, native []byte) *snapshot.Snapshot {
	b.Helper()
	s, err := snapshot.Parse(native)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func readJob(b *testing.B, plan *synth.Plan) snapshot.Job {
	b.Helper()
	j, err := snapshot.ParseJob(plan.Job)
	if err != nil {
		b.Fatal(err)
	}
	return j
}

// BenchmarkLoad reads a snapshot that is in memory.
func BenchmarkLoad(b *testing.B) {
	perSize(b, func(b *testing.B, _ *synth.Plan, native []byte) {
		b.SetBytes(int64(len(native)))
		for b.Loop() {
			parse(b, native)
		}
	})
}

// BenchmarkBuild prepares a loaded snapshot for questions.
func BenchmarkBuild(b *testing.B) {
	perSize(b, func(b *testing.B, _ *synth.Plan, native []byte) {
		s := parse(b, native)
		for b.Loop() {
			sim.NewWorld(s)
		}
	})
}

// BenchmarkVerdict asks one question of a world that has been asked before.
func BenchmarkVerdict(b *testing.B) {
	perSize(b, func(b *testing.B, plan *synth.Plan, native []byte) {
		w, job := sim.NewWorld(parse(b, native)), readJob(b, plan)
		for b.Loop() {
			if _, err := w.Check(b.Context(), sim.Question{Job: job}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkFirstVerdict asks one question of a world that is new.
func BenchmarkFirstVerdict(b *testing.B) {
	perSize(b, func(b *testing.B, plan *synth.Plan, native []byte) {
		s, job := parse(b, native), readJob(b, plan)
		for b.Loop() {
			if _, err := sim.NewWorld(s).Check(b.Context(), sim.Question{Job: job}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkEveryClass decides the network for every distinct (subnet, set of
// groups) of the job subnets: what all interfaces alike share.
func BenchmarkEveryClass(b *testing.B) {
	perSize(b, func(b *testing.B, plan *synth.Plan, native []byte) {
		s := parse(b, native)
		for b.Loop() {
			m := network.NewModel(s)
			for _, c := range plan.Classes {
				askClass(b, m, c)
			}
		}
		b.ReportMetric(float64(len(plan.Classes)), "classes/op")
	})
}

func askClass(b *testing.B, m *network.Model, c synth.Class) {
	j := &network.HypotheticalInterface{Account: c.Account, Subnet: snapshot.SubnetID(c.Subnet)}
	for _, g := range c.Groups {
		j.Groups = append(j.Groups, snapshot.SecurityGroupID(g))
	}
	_, err := m.Ask(network.Query{From: network.Endpoint{Job: j}, To: network.Endpoint{S3: &network.S3Destination{Region: synth.Region}}, Protocol: 6})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkClassesTimesBuckets asks whole questions, network and policies:
// every class against every bucket, at most 2,000 pairs evenly spread.
func BenchmarkClassesTimesBuckets(b *testing.B) {
	perSize(b, func(b *testing.B, plan *synth.Plan, native []byte) {
		s, job := parse(b, native), readJob(b, plan)
		pairs := len(plan.Classes) * len(plan.Buckets)
		step := max(1, pairs/2_000)
		asked := 0
		for b.Loop() {
			w := sim.NewWorld(s)
			asked = 0
			for i := 0; i < pairs; i += step {
				askBucket(b, w, job, plan.Classes[i/len(plan.Buckets)], plan.Buckets[i%len(plan.Buckets)])
				asked++
			}
		}
		b.ReportMetric(float64(asked), "questions/op")
	})
}

func askBucket(b *testing.B, w *sim.World, job snapshot.Job, c synth.Class, bucket string) {
	job.Subnets, job.SecurityGroups = []snapshot.SubnetID{snapshot.SubnetID(c.Subnet)}, nil
	for _, g := range c.Groups {
		job.SecurityGroups = append(job.SecurityGroups, snapshot.SecurityGroupID(g))
	}
	if _, err := w.Check(b.Context(), sim.Question{Job: job, Bucket: "arn:aws:s3:::" + bucket}); err != nil {
		b.Fatal(err)
	}
}
