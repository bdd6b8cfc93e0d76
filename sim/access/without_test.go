package access_test

import (
	"context"
	"testing"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/access"
	"github.com/canreach/canreach/snapshot"
)

func TestWithout(t *testing.T) {
	for _, tt := range []struct {
		what, via string
		lost      bool
	}{
		{"vpce-0a1b2c3d4e5f60718", "vpce-0a1b2c3d4e5f60718", true},
		{"nat-0f3e2d1c4b5a69780", "internet", true},
		{"zone:us-east-1a", "internet", true},
		{"pl-63a5400a=3.5.0.0/19", "vpce-0a1b2c3d4e5f60718", true},
		{"pl-02cd2c6b=52.94.0.0/22", "", false},
	} {
		changed, err := snapshot.Load(example+"snapshot.json", snapshot.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := access.Without(changed, tt.what); err != nil {
			t.Fatal(err)
		}
		r, err := access.Compare(context.Background(), load(t, "snapshot.json"), sim.NewWorld(changed), access.Query{Jobs: []snapshot.Job{exampleJob(t)}})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Gained) > 0 || (len(r.Lost) > 0) != tt.lost || !r.Exact() {
			t.Errorf("without %s: %+v", tt.what, r)
		}
		for _, c := range r.Lost {
			if len(c.Causes) == 0 || len(c.Via) != 1 || c.Via[0] != tt.via {
				t.Errorf("without %s: %+v", tt.what, c)
			}
		}
	}
}

// One entry of a prefix list goes, and only that; what is not there is an error.
func TestWithoutAnEntry(t *testing.T) {
	s, err := snapshot.Load(example+"snapshot.json", snapshot.Options{})
	if err != nil {
		t.Fatal(err)
	}
	list := &s.Accounts[0].Regions[0].EC2.PrefixLists.Items[0]
	before := len(list.Entries)
	name := string(list.ID) + "=" + list.Entries[0].CIDR.String()
	if err := access.Without(s, name); err != nil || len(list.Entries) != before-1 {
		t.Errorf("%s: %v, %d of %d entries", name, err, len(list.Entries), before)
	}
	for _, what := range []string{name, "nat-1", "zone:us-east-1z", "pl-63a5400a=x", ""} {
		if access.Without(s, what) == nil {
			t.Errorf("%q is taken", what)
		}
	}
}
