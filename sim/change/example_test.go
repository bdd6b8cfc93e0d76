package change_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/canreach/canreach/sim"
	"github.com/canreach/canreach/sim/change"
	"github.com/canreach/canreach/snapshot"
)

const neo = "../../testdata/examples/neo-compile/"

// What if the group let HTTPS out again? Ask the changed snapshot, and print the
// commands that make the change.
func Example() {
	native, err := os.ReadFile(neo + "broken/sg-without-egress.json")
	if err != nil {
		log.Fatal(err)
	}
	job, err := snapshot.LoadJob(neo+"job.json", snapshot.Options{})
	if err != nil {
		log.Fatal(err)
	}
	base, err := change.Open(native)
	if err != nil {
		log.Fatal(err)
	}
	changes, err := change.Parse("change.yaml", []byte(`
authorizeSecurityGroupEgress:
  groupId: sg-0e9f1a2b3c4d5e6f7
  ipPermissions:
  - {ipProtocol: tcp, fromPort: 443, toPort: 443, ipRanges: [{cidrIp: 0.0.0.0/0}]}
`))
	if err != nil {
		log.Fatal(err)
	}
	changed, _, err := base.Try(changes)
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range []*snapshot.Snapshot{base.Snapshot(), changed} {
		answer, err := sim.NewWorld(s).Check(context.Background(), sim.Question{Job: job})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(answer.Verdict)
	}
	for _, c := range change.Commands(changes) {
		fmt.Println(c)
	}
	// Output:
	// BLOCKED
	// REACHABLE
	// aws ec2 authorize-security-group-egress --group-id sg-0e9f1a2b3c4d5e6f7 --ip-permissions '[{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]'
}
