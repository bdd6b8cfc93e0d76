package snapshot_test

import (
	"fmt"
	"log"

	"github.com/canreach/canreach/snapshot"
)

// Load a snapshot and see what it holds. What was not collected is told from
// what AWS does not have.
func ExampleLoad() {
	s, err := snapshot.Load("../testdata/examples/neo-compile/snapshot.json", snapshot.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, a := range s.Accounts {
		for _, r := range a.Regions {
			fmt.Println(a.ID, r.Name, len(r.EC2.VPCEndpoints.Items), "endpoints", r.EC2.NATGateways.Presence)
		}
	}
	// Output:
	// 111122223333 us-east-1 2 endpoints collected
}
