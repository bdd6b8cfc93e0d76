package reachtest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/canreach/canreach/sim/reachtest"
)

// printer stands for the *testing.T that go test gives a test.
type printer struct{ testing.TB }

func (printer) Context() context.Context       { return context.Background() }
func (printer) Helper()                        {}
func (printer) Errorf(format string, a ...any) { fmt.Printf("FAIL: "+format+"\n", a...) }
func (printer) Fatalf(format string, a ...any) { panic(fmt.Sprintf(format, a...)) }

// A test of the network: the job reaches its model, and no other bucket.
func Example() {
	t := printer{} // func TestNetwork(t *testing.T)
	s := reachtest.Load(t, "../../testdata/examples/neo-compile/snapshot.json")
	s.Job(t, "../../testdata/examples/neo-compile/job.json").
		Reaches("arn:aws:s3:::neo-models-111122223333-use1/resnet50/*", "s3:GetObject").
		DoesNotReach("arn:aws:s3:::neo-models-111122223333-use1/resnet50/*", "s3:DeleteObject")
	fmt.Println("done")
	// Output:
	// done
}
