package network_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/canreach/canreach/internal/testkit/synth"
	"github.com/canreach/canreach/sim/network"
	"github.com/canreach/canreach/snapshot"
)

func account(b *testing.B, interfaces int) *snapshot.Snapshot {
	b.Helper()
	var native bytes.Buffer
	if err := synth.New(synth.Options{Interfaces: interfaces, Seed: 1}).Write(&native); err != nil {
		b.Fatal(err)
	}
	s, err := snapshot.Parse(native.Bytes())
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func perSize(b *testing.B, run func(b *testing.B, s *snapshot.Snapshot)) {
	for _, n := range []int{100, 1_000, 10_000, 100_000} {
		if testing.Short() && n > 10_000 {
			continue
		}
		b.Run(fmt.Sprintf("interfaces=%d", n), func(b *testing.B) { run(b, account(b, n)) })
	}
}

func everyInterface(*snapshot.NetworkInterface) bool { return true }

// BenchmarkClasses decides every class of the interfaces of a new model, cold.
func BenchmarkClasses(b *testing.B) {
	perSize(b, func(b *testing.B, s *snapshot.Snapshot) {
		q := network.Query{To: network.Endpoint{S3: &network.S3Destination{Region: synth.Region}}, Protocol: 6}
		classes := 0
		for b.Loop() {
			m := network.NewModel(s)
			c := m.Classes(everyInterface)
			for i := range c {
				q.From = c[i].Job()
				if _, err := m.Brief(q); err != nil {
					b.Fatal(err)
				}
			}
			classes = len(c)
		}
		b.ReportMetric(float64(classes), "classes/op")
	})
}

// BenchmarkWhatIf replaces one security group and asks one of its classes again.
func BenchmarkWhatIf(b *testing.B) {
	perSize(b, func(b *testing.B, s *snapshot.Snapshot) {
		m := network.NewModel(s)
		c := m.Classes(everyInterface)[0]
		q := network.Query{From: network.Endpoint{Job: &network.HypotheticalInterface{Subnet: c.Subnet, Groups: c.Groups}},
			To: network.Endpoint{S3: &network.S3Destination{Region: synth.Region}}}
		if _, err := m.Ask(q); err != nil {
			b.Fatal(err)
		}
		var old snapshot.SecurityGroup
		for _, a := range s.Accounts {
			for _, r := range a.Regions {
				for _, g := range r.EC2.SecurityGroups.Items {
					if g.ID == c.Groups[0] {
						old = g
					}
				}
			}
		}
		for b.Loop() {
			changed := old
			changed.Egress = append(changed.Egress[:len(changed.Egress):len(changed.Egress)], snapshot.Permission{Protocol: "udp"})
			with, err := m.With(&changed)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := with.Ask(q); err != nil {
				b.Fatal(err)
			}
		}
	})
}
