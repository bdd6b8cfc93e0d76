package reachtest

import (
	"fmt"
	"strings"
	"testing"
)

const example = "../../testdata/examples/neo-compile/"

func TestTheExamplesAssertionsHold(t *testing.T) { RunFiles(t, example+"uses/tests.yaml") }

func TestQuestionsInGo(t *testing.T) {
	Load(t, example+"snapshot.json").Job(t, example+"job.json").
		Reaches("").
		Reaches("arn:aws:s3:::neo-models-111122223333-use1/resnet50/*", "s3:GetObject").
		DoesNotReach("arn:aws:s3:::neo-models-111122223333-use1/*", "s3:DeleteObject")
}

// recorder is a test that notes what it is told.
type recorder struct {
	testing.TB
	errors []string
}

func (r *recorder) Helper()                   {}
func (r *recorder) Errorf(f string, a ...any) { r.errors = append(r.errors, fmt.Sprintf(f, a...)) }

func TestAFailureSaysWhatStopsIt(t *testing.T) {
	r := &recorder{TB: t}
	Load(t, example+"broken/wrong-route-table.json").Job(r, example+"job.json").Reaches("").DoesNotReach("")
	if len(r.errors) != 1 || !strings.Contains(r.errors[0], "expected REACHABLE, is BLOCKED") || !strings.Contains(r.errors[0], "NO_ROUTE_TO_DESTINATION") {
		t.Errorf("%q", r.errors)
	}
}
