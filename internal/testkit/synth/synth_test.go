package synth

import (
	"bytes"
	"testing"

	"github.com/canreach/canreach/snapshot"
)

func write(t *testing.T, o Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := New(o).Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSameSeedSameBytes(t *testing.T) {
	a, b, c := write(t, Options{Interfaces: 500, Seed: 7}), write(t, Options{Interfaces: 500, Seed: 7}), write(t, Options{Interfaces: 500, Seed: 8})
	if !bytes.Equal(a, b) {
		t.Error("the same seed gave different bytes")
	}
	if bytes.Equal(a, c) {
		t.Error("another seed gave the same bytes")
	}
}

func TestItIsASnapshotOfThatSize(t *testing.T) {
	const n = 12_000
	data := write(t, Options{Interfaces: n, Seed: 1})
	s, err := snapshot.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	interfaces, subnets := 0, map[snapshot.SubnetID]bool{}
	for _, a := range s.Accounts {
		for _, r := range a.Regions {
			interfaces += len(r.EC2.NetworkInterfaces.Items)
			for _, s := range r.EC2.Subnets.Items {
				subnets[s.ID] = true
			}
			for _, i := range r.EC2.NetworkInterfaces.Items {
				if !subnets[i.Subnet] {
					t.Fatalf("%s is in %s, which is not there", i.ID, i.Subnet)
				}
			}
		}
	}
	if interfaces != n {
		t.Errorf("%d interfaces, want %d", interfaces, n)
	}
	if perInterface := len(data) / n; perInterface < 1_200 || perInterface > 2_000 {
		t.Errorf("%d bytes an interface, want about 1,500", perInterface)
	}
	for _, c := range New(Options{Interfaces: n, Seed: 1}).Classes {
		if !subnets[snapshot.SubnetID(c.Subnet)] {
			t.Errorf("class in %s, which is not there", c.Subnet)
		}
	}
}

func TestTheJobReads(t *testing.T) {
	j, err := snapshot.ParseJob(New(Options{Interfaces: 100, Seed: 1}).Job)
	if err != nil {
		t.Fatal(err)
	}
	if len(j.Subnets) != zones || j.RoleARN == "" || len(j.Inputs) != 1 {
		t.Errorf("job %+v", j)
	}
}
